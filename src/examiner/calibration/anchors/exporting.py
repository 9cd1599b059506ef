"""Anchors for other tools: JSONL, CSV with the answers, Label Studio tasks, the long table of `calibrate stats`. Pure."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from examiner.domain.anchor import Anchor, Label, half_up

TABLE = ("item", "question", "criterion", "rater", "kind", "score")
WIDE = (*TABLE, "at", "split", "style", "canary", "wrote", "question_hash", "prompt", "reference", "answer")
_KIND = {"human": "human", "model": "judge", "constructed": "constructed"}


def to_table(anchors: Iterable[Anchor], *, judge: str = "", whole: bool = False, extra: Sequence[Any] = ()) -> str:
    """Return the long table that `calibrate stats` reads; labels that could not say are left out.

    Args:
        anchors: what to write.
        judge: the rater whose labels are written as kind `judge`, so that a person can be measured as one.
        whole: round each score half up; otherwise scores stand as they were given.
        extra: further rows (a machine's scores), as sequences in the order of `TABLE`.

    A constructed label is written as kind `constructed`: nothing is called human that no person rated.
    """
    rows = []
    for anchor in anchors:
        for label in latest(anchor):
            if label.score is None:
                continue
            kind = "judge" if label.rater == judge else _KIND[label.by]
            score = half_up(label.score) if whole else label.score
            rows.append((anchor.id, anchor.question, label.criterion, label.rater, kind, f"{score:g}"))
    return _csv(TABLE, [*rows, *extra])


def to_csv(anchors: Iterable[Anchor]) -> str:
    """Return one row a label with the answer beside it; `anchors import --format csv` reads it back."""
    rows = []
    for a in anchors:
        for label in a.labels:
            score = "" if label.score is None else f"{label.score:g}"
            kind = _KIND[label.by]
            rest = (a.split, a.style, int(a.canary), a.wrote or "", a.question_hash, a.prompt, a.reference, a.text)
            rows.append((a.id, a.question, label.criterion, label.rater, kind, score, label.at, *rest))
    return _csv(WIDE, rows)


def to_jsonl(anchors: Iterable[Anchor]) -> str:
    """Return one JSON object a line, everything in it; `anchors import --format jsonl` reads it back."""
    return "".join(json.dumps(a.model_dump(mode="json"), ensure_ascii=False) + "\n" for a in anchors)


def to_label_studio(
    anchors: Iterable[Anchor], prompt_of: Callable[[Anchor], str], *, with_labels: bool = False
) -> list[dict[str, Any]]:
    """Return Label Studio tasks. Without `with_labels` no score of anybody is in them, so that raters stay blind."""
    tasks = []
    for number, a in enumerate(anchors, 1):
        data: dict[str, Any] = {
            "item": a.id,
            "question": a.question,
            "prompt": prompt_of(a),
            "reference": a.reference,
            "answer": a.text,
            "split": a.split,
            "wrote": a.wrote or "",
            "question_hash": a.question_hash,
        }
        task: dict[str, Any] = {"id": number, "data": data}
        if with_labels:
            data |= {"style": a.style, "canary": a.canary}
            human = [label for label in a.labels if label.by == "human"]
            task["annotations"] = [
                {
                    "completed_by": {"email": rater},
                    "created_at": next(label.at for label in human if label.rater == rater),
                    "result": [_choice(label) for label in human if label.rater == rater],
                }
                for rater in dict.fromkeys(label.rater for label in human)
            ]
            other = [label for label in a.labels if label.by == "model"]
            task["predictions"] = [
                {"model_version": rater, "result": [_choice(label) for label in other if label.rater == rater]}
                for rater in dict.fromkeys(label.rater for label in other)
            ]
        tasks.append(task)
    return tasks


def latest(anchor: Anchor) -> list[Label]:
    """Return each rater's last label of each criterion, in order."""
    return list({(label.rater, label.criterion): label for label in anchor.labels}.values())


def _choice(label: Label) -> dict[str, Any]:
    said = "cannot say" if label.score is None else f"{label.score:g}"
    return {"from_name": label.criterion, "to_name": "answer", "type": "choices", "value": {"choices": [said]}}


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
