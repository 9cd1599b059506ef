"""Ratings by several raters as counts, item by level; missing ratings are NaN in the input and absent here."""

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.levels import half_up
from examiner.stats.statistic import Array


def count_levels(ratings: ArrayLike, levels: tuple[int, int]) -> Array:
    """Return how many raters gave each item each level, (items, K), from (items, raters) with NaN where missing.

    Raises:
        ValueError: a score lies outside the levels.

    """
    low, high = levels
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2:
        raise ValueError("ratings must be a table of items by raters")
    there = np.isfinite(table)
    items, k = len(table), high - low + 1
    codes = half_up(np.where(there, table, low)) - low
    if codes.size and (codes.min() < 0 or codes.max() >= k):
        raise ValueError(f"a score lies outside the levels {low}..{high}")
    flat = (np.arange(items)[:, None] * k + codes)[there]
    return np.bincount(flat, minlength=items * k).reshape(items, k).astype(float)
