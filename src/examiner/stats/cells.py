"""Pairs of scores as distinct cells with counts, and the coding of levels and groups."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.levels import half_up
from examiner.stats.statistic import Array, Ints


@dataclass(frozen=True, eq=False)
class Cells:
    """The distinct (human label, judge score) pairs of a table.

    Attributes:
        human: the human label of each cell, unrounded, (C,).
        judge: the judge's score of each cell, unrounded, (C,).
        levels: the declared scale.
        counts: how often each cell occurs, (C,).
        member: the cell of each pair, (n,).

    """

    human: Array
    judge: Array
    levels: tuple[int, int]
    counts: Array
    member: Ints

    @cached_property
    def human_codes(self) -> Ints:
        """Human labels rounded half up, from 0."""
        return half_up(self.human) - self.levels[0]

    @cached_property
    def judge_codes(self) -> Ints:
        """Judge scores rounded half up, from 0."""
        return half_up(self.judge) - self.levels[0]

    @property
    def size(self) -> int:
        """How many levels the scale has."""
        return self.levels[1] - self.levels[0] + 1

    @cached_property
    def confusion(self) -> Array:
        """Counts of levels, human in rows, (K, K)."""
        k = self.size
        flat = np.bincount(self.human_codes * k + self.judge_codes, weights=self.counts, minlength=k * k)
        return np.asarray(flat.reshape(k, k), dtype=float)


def cells_of(human: ArrayLike, judge: ArrayLike, levels: tuple[int, int]) -> Cells:
    """Return the cells of paired scores.

    Raises:
        ValueError: lengths differ, or a score lies outside the levels.

    """
    h, j = np.asarray(human, dtype=float), np.asarray(judge, dtype=float)
    if h.shape != j.shape or h.ndim != 1:
        raise ValueError("the human labels and the judge's scores differ in number")
    low, high = levels
    if h.size and (min(h.min(), j.min()) < low or max(h.max(), j.max()) > high):
        raise ValueError(f"a score lies outside the levels {low}..{high}")
    rows, row = np.unique(h, return_inverse=True)
    columns, column = np.unique(j, return_inverse=True)
    flat, member, counts = np.unique(row * max(1, len(columns)) + column, return_inverse=True, return_counts=True)
    width = max(1, len(columns))
    return Cells(rows[flat // width], columns[flat % width], levels, counts.astype(float), member.astype(np.int64))
