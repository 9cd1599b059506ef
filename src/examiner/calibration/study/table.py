"""Read a long table of scores: one row an item, criterion and rater, people and judges alike.

The columns are `item,question,criterion,rater,kind,score`; `question` and `criterion` may be absent. What does not fit
is said in one line with its row; a blank score of a judge is an answer it left unscored, never a zero.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from examiner.domain.errors import Invalid, NotFound
from examiner.stats.statistic import Array, Ints

NEEDED = ("item", "rater", "kind", "score")
OPTIONAL = ("question", "criterion")
KINDS = ("human", "judge")
MOST_LEVELS = 101
ONE_CRITERION = "overall"
"""The criterion's name in a table that has no such column."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """The scores of one criterion.

    Attributes:
        items: names of the answers, in the order of the file.
        questions: the question of each answer, coded from 0; None in a table without that column.
        question_names: the names behind the codes.
        raters: names of the people.
        human: their scores, (items, raters), NaN where missing.
        judges: each judge's scores, (items,), NaN where it gave none.
        unscored: how many rows of each judge have a blank score.

    """

    items: tuple[str, ...]
    questions: Ints | None
    question_names: tuple[str, ...]
    raters: tuple[str, ...]
    human: Array
    judges: dict[str, Array]
    unscored: dict[str, int]


@dataclass(frozen=True, eq=False)
class Table:
    """A whole file: the scale, declared or taken from all scores, and the criteria by name."""

    levels: tuple[int, int]
    criteria: dict[str, Ratings]


@dataclass(frozen=True, eq=False)
class _Rows:
    """The file by column; names are coded in the order in which they appear, `lines` are those of the file."""

    path: str
    lines: list[int]
    names: dict[str, list[str]]
    codes: dict[str, Ints]
    score: Array

    def name(self, column: str, row: int) -> str:
        """Return what stands in that column of that row."""
        return self.names[column][int(self.codes[column][row])]


def read_table(path: Path, levels: tuple[int, int] | None = None) -> Table:
    """Return the table of a CSV file.

    Args:
        path: the file, UTF-8; cells are separated by commas, semicolons or tabs, whichever the header has.
        levels: the declared scale; without it the least and greatest score of the whole file, of people and judges.

    Raises:
        NotFound: there is no such file.
        Invalid: a column is missing, or a row does not fit; the message names the row of the file.

    """
    if not path.is_file():
        raise NotFound(f"no file {path}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            rows = _parsed(path.name, csv.reader(file, delimiter=max(",;\t", key=head.count)))
    except UnicodeDecodeError as error:
        raise Invalid(f"{path.name}: not UTF-8 at byte {error.start}") from None
    except csv.Error as error:
        raise Invalid(f"{path.name}: {error}") from None
    _one_kind_a_rater(rows)
    _one_question_an_item(rows)
    _no_duplicates(rows)
    scale = _scale(rows, levels)
    split = np.argsort(rows.codes["criterion"], kind="stable")
    parts = np.split(split, np.nonzero(np.diff(rows.codes["criterion"][split]))[0] + 1)
    return Table(scale, {rows.name("criterion", int(part[0])): _ratings(rows, part) for part in parts})


def parse_levels(text: str) -> tuple[int, int]:
    """Return the scale of `LOW..HIGH`. Raises Invalid."""
    low, dots, high = text.partition("..")
    try:
        found = int(low), int(high)
    except ValueError:
        found = (0, 0)
    if not dots or not 0 < found[1] - found[0] < MOST_LEVELS:
        raise Invalid(
            f"levels '{text}' are no scale", hint=f"two whole numbers, as in 0..3, at most {MOST_LEVELS} levels"
        )
    return found


def _parsed(name: str, reader: Any) -> _Rows:
    numbered = [(reader.line_num, line) for line in reader if line]
    if not numbered:
        raise Invalid(f"{name}: the file is empty")
    header = [cell.strip().lower() for cell in numbered[0][1]]
    missing = [column for column in NEEDED if column not in header]
    if missing:
        raise Invalid(
            f"{name}: no column '{missing[0]}'",
            hint=f"needed: {', '.join((*NEEDED, *OPTIONAL))}; the last two may be absent",
        )
    if len(numbered) < 2:
        raise Invalid(f"{name}: no rows under the header")
    lines, body = zip(*numbered[1:], strict=True)
    for number, line in numbered[1:]:
        if len(line) != len(header):
            raise Invalid(f"{name}: row {number} has {len(line)} cells, the header {len(header)}")
    columns = dict(zip(header, zip(*body, strict=True), strict=True))
    names, codes = {}, {}
    for column in (*NEEDED[:3], *OPTIONAL):
        cells = columns.get(column)
        absent = ONE_CRITERION if column == "criterion" else ""
        names[column], codes[column] = _coded(cells) if cells else ([absent], np.zeros(len(body), dtype=np.int64))
    rows = _Rows(name, list(lines), names, codes, _scores(name, columns["score"], lines))
    for column in NEEDED[:3]:
        if "" in names[column]:
            raise Invalid(f"{name}: row {_first(rows, column, '')} has no {column}")
    for kind in names["kind"]:
        if kind not in KINDS:
            raise Invalid(
                f"{name}: row {_first(rows, 'kind', kind)} has the kind '{kind}'", hint="kind is human or judge"
            )
    return rows


def _coded(cells: Sequence[str]) -> tuple[list[str], Ints]:
    """Return the distinct names, blanks around them taken off, and the code of each cell."""
    seen: dict[str, int] = {}
    codes = np.fromiter((seen.setdefault(cell, len(seen)) for cell in cells), dtype=np.int64, count=len(cells))
    names: dict[str, int] = {}
    bare = np.array([names.setdefault(cell.strip(), len(names)) for cell in seen], dtype=np.int64)
    return list(names), bare[codes]


def _first(rows: _Rows, column: str, name: str) -> int:
    return rows.lines[int(np.argmax(rows.codes[column] == rows.names[column].index(name)))]


def _scores(name: str, cells: Sequence[str], lines: Sequence[int]) -> Array:
    try:
        scores = np.array([cell or "nan" for cell in cells], dtype=float)
    except ValueError:
        scores = np.array([_score(name, row, cell) for row, cell in zip(lines, cells, strict=True)], dtype=float)
    blank = np.array([not cell.strip() for cell in cells])
    odd = ~np.isfinite(scores) & ~blank
    if odd.any():
        row = int(np.argmax(odd))
        raise Invalid(f"{name}: row {lines[row]} has the score '{cells[row]}', which is no number")
    return scores


def _score(name: str, row: int, cell: str) -> float:
    try:
        return float(cell) if cell.strip() else math.nan
    except ValueError:
        raise Invalid(f"{name}: row {row} has the score '{cell}', which is no number") from None


def _one_kind_a_rater(rows: _Rows) -> None:
    row, other = _conflict(rows.codes["rater"], rows.codes["kind"])
    if row is not None:
        rater = rows.name("rater", row)
        raise Invalid(
            f"{rows.path}: row {rows.lines[row]} has the rater '{rater}' as {rows.name('kind', row)}, "
            f"row {rows.lines[other]} as {rows.name('kind', other)}"
        )


def _one_question_an_item(rows: _Rows) -> None:
    row, other = _conflict(rows.codes["item"], rows.codes["question"])
    if row is not None:
        raise Invalid(
            f"{rows.path}: row {rows.lines[row]} has the item '{rows.name('item', row)}' under question "
            f"'{rows.name('question', row)}', row {rows.lines[other]} under '{rows.name('question', other)}'",
            hint="give each answer a name of its own",
        )


def _conflict(key: Ints, value: Ints) -> tuple[int | None, int]:
    """Return the first row whose key had another value before, and the row where it had it."""
    first = np.full(int(key.max()) + 1, -1, dtype=np.int64)
    first[key[::-1]] = np.arange(len(key))[::-1]
    differs = value != value[first[key]]
    if not differs.any():
        return None, 0
    row = int(np.argmax(differs))
    return row, int(first[key[row]])


def _no_duplicates(rows: _Rows) -> None:
    key = rows.codes["item"]
    for column in ("criterion", "rater"):
        key = key * len(rows.names[column]) + rows.codes[column]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    repeats = first[inverse] != np.arange(len(key))
    if repeats.any():
        row = int(np.argmax(repeats))
        raise Invalid(
            f"{rows.path}: row {rows.lines[row]} repeats row {rows.lines[int(first[inverse[row]])]}: item '{rows.name('item', row)}', "
            f"criterion '{rows.name('criterion', row)}', rater '{rows.name('rater', row)}'"
        )


def _scale(rows: _Rows, declared: tuple[int, int] | None) -> tuple[int, int]:
    scored = rows.score[np.isfinite(rows.score)]
    if declared is None:
        if not scored.size:
            raise Invalid(f"{rows.path}: no row has a score")
        low, high = math.floor(scored.min()), math.ceil(scored.max())
        if high - low >= MOST_LEVELS:
            raise Invalid(
                f"{rows.path}: scores from {low} to {high} are no scale of levels", hint=f"at most {MOST_LEVELS}"
            )
        return low, high
    outside = (rows.score < declared[0]) | (rows.score > declared[1])
    if outside.any():
        row = int(np.argmax(outside))
        raise Invalid(
            f"{rows.path}: row {rows.lines[row]} has the score {rows.score[row]:g}, outside the levels {declared[0]}..{declared[1]}"
        )
    return declared


def _ratings(rows: _Rows, part: Ints) -> Ratings:
    human = rows.codes["kind"][part] == (rows.names["kind"].index("human") if "human" in rows.names["kind"] else -1)
    _, at, item = np.unique(rows.codes["item"][part], return_index=True, return_inverse=True)
    n = len(at)
    people, person = np.unique(rows.codes["rater"][part][human], return_inverse=True)
    table = np.full((n, len(people)), np.nan)
    table[item[human], person] = rows.score[part][human]
    judges, unscored = {}, {}
    rater, score = rows.codes["rater"][part], rows.score[part]
    for code in np.unique(rater[~human]):
        own = rater == code
        scores = np.full(n, np.nan)
        scores[item[own]] = score[own]
        judges[rows.names["rater"][code]] = scores
        unscored[rows.names["rater"][code]] = int(np.isnan(score[own]).sum())
    named = rows.names["question"] != [""]
    return Ratings(
        items=tuple(rows.name("item", int(part[i])) for i in at),
        questions=rows.codes["question"][part][at] if named else None,
        question_names=tuple(rows.names["question"]) if named else (),
        raters=tuple(rows.names["rater"][code] for code in people),
        human=table,
        judges=judges,
        unscored=unscored,
    )
