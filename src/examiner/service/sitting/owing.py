"""What the house owes a sitting, and who is at it: the index says so, and whoever died with it is replaced at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from examiner.domain.session import Sitting
from examiner.interview import machine
from examiner.service.access.tokens import candidate_id
from examiner.service.examiner import Examiner

OWES_QUESTION, OWES_GRADE = 1, 2
ABANDONED = timedelta(seconds=20)  # whoever chose for longer without writing has given up, or was never known


def choosing(state: Sitting) -> bool:
    """Tell whether the interviewer owes the next question."""
    return state.status == "running" and state.item >= 0 and state.items[state.item].stage == "choosing"


def index_row(examiner: Examiner, state: Sitting, now: datetime) -> dict[str, Any]:
    """Return what the index says of a sitting; a question that is owed is chosen by the process that wrote last."""
    limit = machine.deadline(state)
    owes = choosing(state)
    return {
        "id": state.id,
        "candidate": candidate_id(examiner, state.created.candidate),
        "loop": state.created.blueprint.id,
        "policy": state.created.policy,
        "status": state.status,
        "deadline": limit.isoformat() if limit else "",
        "waiting": OWES_GRADE if state.status == "ended" else OWES_QUESTION if owes else 0,
        "updated": now.isoformat(),
        "chooser": examiner.presence.own() if owes else "",
    }


def abandoned(examiner: Examiner, row: Mapping[str, Any]) -> bool:
    """Tell whether nobody chooses an owed question any more: the process is gone, or has not written for long."""
    late = examiner.clock() - datetime.fromisoformat(row["updated"]) > ABANDONED
    return late or examiner.presence.gone(row["chooser"])


def take_over(examiner: Examiner, sitting: str) -> bool:
    """Become the one who chooses a question that nobody chooses any more; of several who try, one does."""
    row = examiner.registry.one("sittings", id=sitting)
    if row is None or not abandoned(examiner, row):
        return False
    mine = {"chooser": examiner.presence.own(), "updated": examiner.clock().isoformat()}
    return examiner.registry.change("sittings", mine, **{n: row[n] for n in ("id", "chooser", "updated")}) > 0
