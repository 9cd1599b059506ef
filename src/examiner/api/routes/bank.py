"""The question bank, for staff: keys and model answers included."""

from typing import Any

from fastapi import APIRouter

from examiner.api.paging import Cursor, Limit, Page, slice_of
from examiner.service.examiner import Examiner


def routes(house: Examiner) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["vault"])

    @router.get("/v1/loops")
    def loops(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List the loop blueprints."""
        rows = [loop.model_dump(mode="json") for _, loop in sorted(house.vault.loops.items())]
        return slice_of(rows, limit, cursor)

    @router.get("/v1/vault/questions")
    def questions(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List the question families, by id."""
        names = ("id", "title", "kind", "topic", "track", "zone", "level", "phase")
        rows = [
            {name: getattr(family, name) for name in names if hasattr(family, name)}
            for _, family in sorted(house.vault.cards.items())
        ]
        return slice_of(rows, limit, cursor)

    @router.get("/v1/vault/questions/{question}")
    def question(question: str) -> dict[str, Any]:
        """Return one variant, `family` or `family@seed`, with its key, points and model answer."""
        return house.instance(question).model_dump(mode="json")

    return router
