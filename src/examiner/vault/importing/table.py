"""A CSV of questions: a header line that names its columns, one question a line.

Known columns: id, title, question (or prompt), answer, working, mistake, level, track, zone, topic, area, phase,
minutes, options (separated by `|`), correct (from 0), tags (separated by `|`), licence, attribution, source. Columns
of any other name are kept.
"""

import csv
import io
from pathlib import Path
from typing import Any

from examiner.domain.errors import Invalid
from examiner.domain.identity import fingerprint
from examiner.vault.importing.drafts import Draft, Imported, Origin, Unusable, stamped
from examiner.vault.importing.files import read_text
from examiner.vault.importing.prose import answer_flags, question_flags

_ASKS = ("question", "prompt", "scenario", "front")
_ANSWERS = ("answer", "model_answer", "solution", "back")
_PLAIN = ("title", "working", "mistake", "level", "track", "zone", "topic", "area", "phase")
_OTHERS = ("id", "minutes", "options", "correct", "tags", "licence", "attribution", "source")
_LIMIT = 1_000_000  # characters in a field; the module's own 131,072 stops at a long scenario
LICENCE = "not stated in the file"


def read(path: Path) -> Imported:
    """Return the questions of a CSV or TSV file.

    Raises:
        Invalid: no header, no question column, or a line with more fields than the header; says which line.

    """
    text = read_text(path)
    csv.field_size_limit(_LIMIT)
    dialect = "excel-tab" if path.suffix == ".tsv" or "\t" in text.split("\n", 1)[0] else "excel"
    rows = csv.DictReader(io.StringIO(text, newline=""), dialect=dialect, strict=True)
    names = {n: n.strip().lower() for n in rows.fieldnames or ()}
    ask = next((n for n in _ASKS if n in names.values()), None)
    if ask is None:
        raise Invalid(f"{path.name}: no question column", hint=f"name one of its columns {', '.join(_ASKS)}")
    answer = next((n for n in _ANSWERS if n in names.values()), "answer")
    drafts: dict[str, Draft] = {}
    unusable: list[Unusable] = []
    found = 0
    try:
        for raw in rows:
            found += 1
            where = f"line {rows.line_num}"
            if None in raw:
                unusable.append(Unusable(where=where, why="has more fields than the header"))
                continue
            row = {names[k]: (v or "").strip() for k, v in raw.items()}
            if not row[ask]:
                unusable.append(Unusable(where=where, why="has no question"))
                continue
            draft = _draft(row, ask, answer, where, path.name)
            if draft.id in drafts:
                unusable.append(Unusable(where=where, why=f"id '{draft.id}' stands at {drafts[draft.id].origin.where}"))
                continue
            drafts[draft.id] = draft
    except csv.Error as error:
        raise Invalid(
            f"{path.name} line {rows.line_num}: {error}", hint="the file must be CSV with quoted fields"
        ) from None
    if not found:
        raise Invalid(f"{path.name}: there is no line below the header")
    return stamped(
        drafts.values(),
        format="csv",
        source=path.name,
        licence="; ".join(sorted({d.origin.licence for d in drafts.values()})) or LICENCE,
        found=found,
        unusable=tuple(unusable),
        counts={"columns": len(names), "whole": sum(d.whole for d in drafts.values())},
    )


def _draft(row: dict[str, str], ask: str, answer: str, where: str, source: str) -> Draft:
    question, said = row[ask], row.get(answer, "")
    known = {ask, answer, *_PLAIN, *_OTHERS}
    fields: dict[str, Any] = {name: row.get(name, "") for name in _PLAIN}
    fields["title"] = fields["title"] or question.splitlines()[0][:100]
    return Draft(
        id=row.get("id") or f"csv-{fingerprint([question, said]).removeprefix('sha256:')[:10]}",
        prompt=question,
        answer=said,
        options=_split(row.get("options", "")),
        correct=int(row["correct"]) if row.get("correct", "").isdigit() else None,
        minutes=_minutes(row.get("minutes", "")),
        tags=_split(row.get("tags", "")),
        flags=(*question_flags(question), *answer_flags(said)),
        origin=Origin(
            source=row.get("source") or source,
            licence=row.get("licence") or LICENCE,
            attribution=row.get("attribution", ""),
            where=where,
        ),
        extra={k: v for k, v in row.items() if k not in known and v},
        **fields,
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _minutes(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value <= 600 else None
