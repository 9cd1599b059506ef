"""Scores as levels: rounding by a declared rule, coding, cross tables, weights."""

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.statistic import Array, Ints


def half_up(scores: ArrayLike) -> Ints:
    """Return scores rounded half up: x.5 goes to x+1, where Python's and numpy's own rounding goes to the even neighbour.

    >>> half_up([0.5, 1.5, 2.5, 1.49]).tolist()
    [1, 2, 3, 1]
    """
    return np.floor(np.asarray(scores, dtype=float) + 0.5).astype(np.int64)


def crosstab(a: ArrayLike, b: ArrayLike, levels: tuple[int, int]) -> Array:
    """Return the counts of level pairs, (K, K), rows for `a`; half marks are rounded half up.

    The range of levels is declared, never inferred: a level that nobody used still belongs to the scale.

    Raises:
        ValueError: lengths differ, or a score lies outside the levels.

    """
    low, high = levels
    x, y = half_up(a) - low, half_up(b) - low
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError("the two raters' scores differ in number")
    k = high - low + 1
    if x.size and (min(x.min(), y.min()) < 0 or max(x.max(), y.max()) >= k):
        raise ValueError(f"a score lies outside the levels {low}..{high}")
    return np.bincount(x * k + y, minlength=k * k).reshape(k, k).astype(float)


def weights(k: int, power: int) -> Array:
    """Return agreement weights `1 - |i-j|**power / (k-1)**power`, (k, k); power 0 gives the identity."""
    if power == 0:
        return np.eye(k)
    distance = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
    return np.asarray(1 - (distance / max(1, k - 1)) ** power)
