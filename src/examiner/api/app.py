"""The application: routes under /v1 behind one door, problems for errors, one envelope around everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

import examiner
from examiner.api import problems
from examiner.api.describing import described
from examiner.api.envelope import Envelope
from examiner.api.events import Bell
from examiner.api.metrics import Metrics
from examiner.api.routes import (
    bank,
    candidate,
    candidates,
    hooks,
    live,
    operations,
    research,
    review,
    sessions,
    tenants,
)
from examiner.api.routes import house as house_routes
from examiner.api.security import door
from examiner.service.examiner import Examiner
from examiner.service.upkeep.sweeping import Sweeper


def create_app(house: Examiner, *, sweep: bool = False) -> FastAPI:
    """Return the application over a wired examiner.

    Args:
        house: the wired examiner.
        sweep: close what runs out, grade and deliver in the background; `examiner serve` does.

    """
    bell, metrics, sweeper = Bell(), Metrics(lambda: operations.gauges(house)), Sweeper(house)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        bell.attach(house)
        if sweep:
            sweeper.start()
        yield
        sweeper.stop()
        bell.detach(house)

    app = FastAPI(
        title="examiner",
        version=examiner.__version__,
        summary="Interviews, grades and calibration of a technical interviewer whose judge must earn its scores.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        lifespan=lifespan,
    )
    app.state.house, app.state.door, app.state.bell = house, door(house), bell
    problems.install(app)
    guarded = [Depends(app.state.door)]
    app.include_router(live.routes(house, bell), dependencies=guarded)
    for room in (sessions, candidate, review, candidates, research, bank, hooks, tenants, house_routes):
        app.include_router(room.routes(house), dependencies=guarded)
    app.include_router(operations.routes(house, metrics, sweeper))
    app.openapi = described(app)  # type: ignore[method-assign]
    app.add_middleware(Envelope, clock=house.clock, metrics=metrics)
    return app
