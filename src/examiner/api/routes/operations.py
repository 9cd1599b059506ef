"""For whoever runs the house: alive, ready, measured. No session, no name and no secret is in any of it."""

import shutil

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from examiner.api.metrics import CONTENT_TYPE, Gauges, Metrics
from examiner.service.examiner import Examiner
from examiner.service.upkeep.sweeping import Sweeper

FULL = 32 * 2**20  # bytes free; below it writes are about to fail
LOW_DISK = 0.10  # of the file system free; below it the house says so before writes fail


def routes(house: Examiner, metrics: Metrics, sweeper: Sweeper) -> APIRouter:
    """Return the routes; they are outside /v1 and need no key: keep them from the outside at the proxy."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    def livez() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    def readyz(request: Request) -> Response:
        checks = {
            "database": house.ledger.standing(),
            "chains": sweeper.chains(),
            "disk": _disk(house),
            "sweeper": sweeper.health(),
        }
        whole = all(checks[name] == "ok" for name in ("database", "chains")) and not checks["disk"].startswith("full")
        ready = whole and sweeper.tends() and not request.app.state.bell.closing
        body = {"status": "ready" if ready else "not ready", "checks": checks}
        return JSONResponse(body, status_code=200 if ready else 503)

    @router.get("/metrics")
    def numbers() -> PlainTextResponse:
        return PlainTextResponse(metrics.text(), media_type=CONTENT_TYPE)

    return router


def gauges(house: Examiner) -> Gauges:
    """Return what is true of the house now."""
    return {
        "sessions": ("Sessions by status.", "status", house.registry.whole.counts("sittings", "status")),
        "disk_free_ratio": ("Free part of the disk that holds the home.", "", {"": _free(house)}),
    }


def _free(house: Examiner) -> float:
    try:
        usage = shutil.disk_usage(house.settings.home_path)
    except FileNotFoundError:
        return 1.0
    return usage.free / usage.total


def _disk(house: Examiner) -> str:
    try:
        usage = shutil.disk_usage(house.settings.home_path)
    except FileNotFoundError:
        return "ok"
    if usage.free < FULL:
        return f"full: {usage.free // 2**20} MB are free"
    free = usage.free / usage.total
    return "ok" if free > LOW_DISK else f"{free:.0%} of the disk is free"
