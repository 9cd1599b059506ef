"""Candidates side by side: what is released of each, what waits, what was decided. Nothing is ranked."""

from typing import Any

from examiner.domain.base import Frozen
from examiner.domain.errors import ExaminerError
from examiner.service.examiner import Examiner
from examiner.service.people import candidates as people
from examiner.service.people import reviewing, waiting
from examiner.service.trust.certifying import Backings

Body = dict[str, Any]


class Cell(Frozen):
    """One candidate's standing in one competency: `value` is released or a person's; None with `why` otherwise."""

    value: float | None
    lowest: int | None
    why: str


class Line(Frozen):
    """One ended session."""

    session: str
    name: str
    loop: str
    ended: str
    cells: tuple[Cell, ...]
    waiting: int
    decision: str


class Cohort(Frozen):
    """Ended sessions over the competencies that any of them was asked about."""

    titles: tuple[str, ...]
    lines: tuple[Line, ...]
    running: int
    more: bool = False


def cohort(house: Examiner, loop: str, limit: int, skip: int = 0) -> Cohort:
    """Return the ended sessions of a loop ("" means all), the latest first; `more` where others stand behind them."""
    where: dict[str, Any] = {"loop": loop} if loop else {}
    rows, place = house.registry.page("sittings", "created", limit, skip=skip, status="ended", **where)
    backings = Backings(house)
    reports = [(row, found) for row in rows if (found := _report(house, row["id"], backings)) is not None]
    areas = dict.fromkeys((r["area"], r["title"]) for _, card in reports for r in card["rows"] if r["refs"])
    lines = tuple(
        Line(
            session=row["id"],
            name=card["candidate"],
            loop=card["loop"],
            ended=card["ended"],
            cells=tuple(_cell(card, area) for area, _ in areas),
            waiting=waiting.count(house, waiting.ANSWER, session=row["id"]),
            decision=card["decision"]["outcome"] if card["decision"] else "",
        )
        for row, card in reports
    )
    return Cohort(
        titles=tuple(title for _, title in areas),
        lines=lines,
        running=house.registry.count("sittings", status="running", **where),
        more=place is not None,
    )


def candidates(house: Examiner, limit: int, skip: int = 0) -> tuple[list[Body], bool]:
    """Return candidates with the sessions of each, the latest first, and whether there are more."""
    rows, place = people.listed(house, limit, skip=skip)
    return [people.candidate(house, row["id"]) for row in rows], place is not None


def _report(house: Examiner, session: str, backings: Backings) -> Body | None:
    try:
        return reviewing.report(house, session, backings=backings)
    except ExaminerError:  # erased meanwhile, or a question that the vault no longer holds
        return None


def _cell(card: Body, area: str) -> Cell:
    row = next((r for r in card["rows"] if r["area"] == area), None)
    if row is None or not row["refs"]:
        return Cell(value=None, lowest=None, why="not asked")
    final = row["final"]
    return Cell(value=final["value"], lowest=final["lowest"], why="" if final["value"] is not None else "withheld")
