"""Gradings of answers from elsewhere, and how judges stand: for researchers, over the network."""

from typing import Annotated, Any

from pydantic import StringConstraints

from examiner.domain.errors import Conflict, NotFound
from examiner.service.batch.rows import grade_line
from examiner.service.examiner import Examiner
from examiner.service.trust import watching
from examiner.store.chain import Entry

# No `scripted:FILE` and no `replay:DIR`: over the network nobody names a path of this machine.
JudgeName = Annotated[
    str,
    StringConstraints(pattern=r"^(embedded|(anthropic|openai|litellm)/[A-Za-z0-9][A-Za-z0-9._/:-]*)$", max_length=120),
]
Body = dict[str, Any]


def grade(house: Examiner, lines: list[Body], once: str = "") -> Body:
    """Grade answers and store the results; with `once` a repeated call returns the first results.

    Raises OverBudget: the tenant's limit does not hold them all; what was judged is not paid for again.
    """
    identity = f"g-{once[:16]}" if once else house.new_id("g")
    if once and house.ledger.head(f"grading/{identity}"):
        return grading(house, identity)
    body = {"results": [grade_line(house, line) for line in lines], "judge": house.judge.name}
    try:
        house.ledger.append(f"grading/{identity}", [Entry(kind="graded", body=body, at=house.clock())], after=0)
    except Conflict:
        return grading(house, identity)
    return {"id": identity, **body}


def grading(house: Examiner, identity: str) -> Body:
    """Return stored results. Raises NotFound."""
    records = house.ledger.read(f"grading/{identity}")
    if not records:
        raise NotFound(f"no grading '{identity}'")
    return {"id": identity, **records[0].body}


def drift(house: Examiner, judge: str) -> Body:
    """Return how a judge stands against its frozen sentinels, with each criterion's course."""
    from examiner.calibration.drift.standing import charts, current  # noqa: PLC0415 - numpy, only where it is drawn

    frozen = watching.sentinels_of(house, judge)
    if frozen is None:
        return {"judge": judge, "fingerprints": [], "sentinels": None, "standing": None, "charts": []}
    drawn = charts(current(watching.audits_of(house, judge)))
    return {
        "judge": judge,
        "fingerprints": list(frozen.fingerprints),
        "sentinels": {"hash": frozen.hash, "count": len(frozen.sentinels)},
        "standing": watching.set_standing(house, frozen).model_dump(mode="json"),
        "charts": [chart.model_dump(mode="json") for chart in drawn],
    }


def audits(house: Examiner, judge: str) -> list[Body]:
    """Return the audits of a judge, the latest first."""
    return [audit.model_dump(mode="json") for audit in reversed(watching.audits_of(house, judge))]
