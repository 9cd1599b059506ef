"""Pearson, Spearman and Kendall's tau-b, ties handled, constants undefined."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.intervals import fisher_z
from examiner.stats.statistic import LEVEL, Array, Ints, Statistic, undefined

CONSTANT = "one side gave the same score throughout, so there is nothing to correlate"


def ranks(values: ArrayLike) -> Array:
    """Return mid-ranks from 1; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    return np.asarray((upper - (counts - 1) / 2)[inverse], dtype=float)


def pearson(x: ArrayLike, y: ArrayLike, *, level: float = LEVEL) -> Statistic:
    """Return the product-moment correlation with Fisher's (1921) interval."""
    return _product_moment(np.asarray(x, dtype=float), np.asarray(y, dtype=float), lambda r, n: 1 / (n - 3), level)


def spearman(x: ArrayLike, y: ArrayLike, *, level: float = LEVEL) -> Statistic:
    """Return Spearman's rho: Pearson of mid-ranks (the formula in squared differences is wrong with ties).

    Interval of Bonett and Wright (2000): variance of Fisher's z is (1 + rho**2 / 2) / (n - 3).
    """
    return _product_moment(ranks(x), ranks(y), lambda r, n: (1 + r * r / 2) / (n - 3), level)


def kendall(x: ArrayLike, y: ArrayLike, *, level: float = LEVEL) -> Statistic:
    """Return tau-b (Kendall 1945); variance of Fisher's z is 0.437 / (n - 4) (Fieller, Hartley, Pearson 1957)."""
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    n = len(a)
    value = _tau_b(np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]) if n > 1 else math.nan
    if not math.isfinite(value):
        return undefined(CONSTANT if n > 1 else "fewer than two pairs")
    se = math.sqrt(0.437 / (n - 4)) * (1 - value**2) if n > 4 else math.inf
    return _bounded(value, se, level)


def _product_moment(x: Array, y: Array, variance: Callable[[float, int], float], level: float) -> Statistic:
    n = len(x)
    if n < 2:
        return undefined("fewer than two pairs")
    dx, dy = x - x.mean(), y - y.mean()
    sxx, syy = float(dx @ dx), float(dy @ dy)
    if sxx <= 1e-18 * n or syy <= 1e-18 * n:
        return undefined(CONSTANT)
    r = max(-1.0, min(1.0, float(dx @ dy) / math.sqrt(sxx * syy)))
    return _bounded(r, math.sqrt(variance(r, n)) * (1 - r * r) if n > 3 else math.inf, level)


def _bounded(value: float, se: float, level: float) -> Statistic:
    if math.isinf(se):
        return Statistic(value, why="too few pairs for an interval")
    return fisher_z(value, se, level)


def _tau_b(a: Ints, b: Ints) -> float:
    """Return tau-b of coded values by Knight's (1966) merge count, O(n log n)."""
    n = len(a)
    pairs = n * (n - 1) // 2
    order = np.lexsort((b, a))
    a, b = a[order], b[order]
    tied_a, tied_b = _ties(a), _ties(b)
    tied_both = _ties(a.astype(np.int64) * (int(b.max()) + 1) + b)
    if pairs in (tied_a, tied_b):
        return math.nan
    discordant = _inversions(b)
    concordant_less = pairs - tied_a - tied_b + tied_both - 2 * discordant
    return float(concordant_less / math.sqrt((pairs - tied_a) * (pairs - tied_b)))


def _ties(codes: Ints) -> int:
    counts = np.unique(codes, return_counts=True)[1].astype(np.int64)
    return int((counts * (counts - 1) // 2).sum())


def _inversions(codes: Ints) -> int:
    """Count pairs out of order, one bit of the code at a time, stable within."""
    total, width = 0, int(codes.max()).bit_length()
    current = codes
    group = np.zeros(len(codes), dtype=np.int64)
    for bit in range(width - 1, -1, -1):
        ones = (current >> bit) & 1
        start = np.r_[True, group[1:] != group[:-1]]
        before = np.cumsum(ones) - ones
        base = np.maximum.accumulate(np.where(start, before, 0))
        total += int(((before - base) * (1 - ones)).sum())
        group = group * 2 + ones
        order = np.argsort(group, kind="stable")
        current, group = current[order], group[order]
    return total
