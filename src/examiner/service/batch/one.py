"""One answer judged on the spot: a line of `grade` without its file."""

import json
from pathlib import Path
from typing import Any

from examiner.domain.errors import Corrupt, ExaminerError, NotFound, Refused, Upstream
from examiner.service.batch.job import Job, run
from examiner.service.examiner import Examiner

_KINDS: dict[str, type[ExaminerError]] = {"notfound": NotFound, "refused": Refused, "corrupt": Corrupt}


def judged(examiner: Examiner, question: str, answer: str, *, record: Path | None = None) -> dict[str, Any]:
    """Return what the settings' judge makes of an answer, as `grade` writes it, with the judge's name.

    Args:
        examiner: the house.
        question: a question of the vault.
        answer: the text.
        record: a folder for a recording that `replay:DIR` plays.

    Raises:
        Corrupt: a recording is stale or was not played to its end.
        ExaminerError: what else kept the judge from answering.

    """
    examiner.instance(question)  # a question that is none is said before anything is opened
    lines: list[str] = []
    name = examiner.settings.judge
    row = json.dumps({"id": question, "question": question, "answer": answer})
    tally = run(examiner, Job(name, record=record, concurrency=1), [row], 0, lambda *_: None, lines.append)
    if tally.stopped is not None:
        raise tally.stopped
    found: dict[str, Any] = json.loads(lines[0])
    if "error" in found:
        raise _KINDS.get(found["error_kind"], Upstream)(found["error"])
    return {"judge": name, "question": question, **found}
