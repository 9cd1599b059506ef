"""CSV with the columns that the CSV importer reads."""

import csv
import io
from collections.abc import Sequence

from examiner.domain.question import Instance
from examiner.vault.exporting.about import About, key_line, point_lines, tags

COLUMNS = (
    "id", "title", "question", "answer", "working", "mistake", "level", "track", "zone", "topic", "area", "phase",
    "minutes", "tags", "licence", "attribution", "source", "rubric",
)  # fmt: skip
_RISKY = ("=", "+", "@", "\t")  # a spreadsheet would run a cell that begins so


def write(instances: Sequence[Instance], about: About) -> bytes:
    """Return UTF-8 CSV, one instance a line."""
    out = io.StringIO()
    rows = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    rows.writeheader()
    for i in instances:
        row = {
            "id": i.ref,
            "title": i.title,
            "question": i.prompt,
            "answer": i.model_answer,
            "working": "\n".join(key_line(k) for k in i.keys),
            "mistake": "\n".join(m.means for m in i.mistakes),
            "level": i.level,
            "track": i.track,
            "zone": i.zone,
            "topic": i.topic,
            "area": i.areas[0],
            "phase": str(i.phase),
            "minutes": f"{i.minutes:g}",
            "tags": "|".join(tags(i)),
            "licence": about.licence,
            "attribution": about.title,
            "source": about.source,
            "rubric": "\n".join(point_lines(i)),
        }
        rows.writerow({name: f"'{text}" if text.startswith(_RISKY) else text for name, text in row.items()})
    return out.getvalue().encode()
