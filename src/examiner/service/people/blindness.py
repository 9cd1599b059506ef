"""Who may read what the judge made of an answer. Whoever may rate it rates first; what nobody released waits for a person.

The judge's side of an answer is open to a reader once that reader has locked a rating of it, or a person has graded it.
A released score, and in practice an estimate, is open too, but to nobody who is still to rate blind.
"""

import statistics
from collections.abc import Sequence
from typing import Any

from examiner.service.access.authority import Principal
from examiner.store.chain import Record

Body = dict[str, Any]
APPEALED = "the candidate appealed"


def locked(records: Sequence[Record], number: int, by: str) -> Body | None:
    """Return the rating that somebody locked on an answer; None where there is none."""
    return next((r.body for r in records if r.kind == "rated" and (r.body["item"], r.body["by"]) == (number, by)), None)


def open_to(reader: Principal, number: int, item: Body, records: Sequence[Record]) -> bool:
    """Tell whether a reader may see the judge's side of an answer.

    Args:
        reader: who reads.
        number: the answer's place in its session.
        item: the answer as the report has it, with `release` and `human`.
        records: what people did about the session.

    """
    if item["human"] or item["release"]["released"] is not None or locked(records, number, reader.id):
        return True
    return item["release"]["shown"] is not None and not reader.may("review:write")


def reasons(why: Sequence[str], reader: Principal, raters: Sequence[str], *, graded: bool) -> list[str]:
    """Return why a person must look at an answer, as far as a reader may know it: flags and disputes are the judge's side.

    Even that there is none of them tells something. So until its side is open only what the candidate did is said.

    Args:
        why: all reasons.
        reader: who reads.
        raters: who has locked a rating of the answer.
        graded: a person has graded it, which those who read reports may know.

    """
    known = reader.id in raters or (graded and reader.may("reports:read"))
    return [one for one in why if known or one == APPEALED]


def sealed(data: Body, reader: Principal, records: Sequence[Record]) -> Body:
    """Return a session's report without the judge's side of every answer that is not open to the reader.

    `blind` on each item says whether its side is sealed. What was worked out from a sealed answer goes with it: the
    level of its rows, the revision list, the count of derivations.
    """
    items = [
        item | {"blind": False} if open_to(reader, number, item, records) else _sealed(item)
        for number, item in enumerate(data["items"])
    ]
    refs = {item["ref"] for item in items if item["blind"]}
    parts = {item["section"] for item in items if item["blind"]}
    return data | {
        "items": items,
        "rows": [_row(row, items) if refs & set(row["refs"]) else row for row in data["rows"]],
        "revision": [line for line in data["revision"] if not refs & set(line["refs"])],
        "sections": [
            section | {"derivations": None} if section["id"] in parts else section for section in data["sections"]
        ],
    }


def _sealed(item: Body) -> Body:
    return item | {"blind": item["score"] is not None, "score": None, "release": item["release"] | {"shown": None}}


def _row(row: Body, items: Sequence[Body]) -> Body:
    shown = [i["release"]["shown"] for i in items if row["area"] in i["areas"]]
    known = [level for level in shown if level is not None]
    value = float(statistics.median(known)) if known else None
    return row | {"value": value, "lowest": min(known, default=None), "scores": known}
