"""Krippendorff's alpha with missing data: nominal, ordinal, interval, ratio."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.intervals import jackknifed
from examiner.stats.statistic import LEVEL, Array, Statistic, undefined

_WORK = 20_000_000
"""Items times squared number of values; above it, scores count as continuous."""
_VALUES = 4000
"""Distinct values up to which ratio distances are summed in pairs."""
_GROUPS = 50

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval", "ratio")


def krippendorff_alpha(ratings: ArrayLike, metric: Metric, *, level: float = LEVEL) -> Statistic:
    """Return alpha of (items, raters) scores, NaN where missing; no rounding: values are taken as they are.

    Krippendorff (2011), from the coincidence matrix. The ordinal distance uses that matrix's margins; fixed ordinal
    weights would be another statistic. Standard error by jackknife over items.
    """
    table = np.asarray(ratings, dtype=float)
    there = np.isfinite(table)
    table = table[there.sum(axis=1) >= 2]
    if not len(table):
        return undefined("no item was scored by two raters")
    values, codes = np.unique(table[np.isfinite(table)], return_inverse=True)
    if metric == "ratio" and values[0] < 0:
        return undefined("ratio distances need scores of one sign")
    k = len(values)
    if len(table) * k * k <= _WORK:
        flat = np.nonzero(np.isfinite(table))[0] * k + codes
        counts = np.bincount(flat, minlength=len(table) * k).reshape(len(table), k).astype(float)
        value, left_out = _alpha(counts, values, metric)
    elif metric == "ratio" and k > _VALUES:
        return undefined(f"ratio distances of more than {_VALUES} distinct values are not summed")
    else:
        groups = np.arange(len(table)) % _GROUPS
        value = _direct(table, metric)
        left_out = np.array([_direct(table[groups != g], metric) for g in range(_GROUPS)])
    if not math.isfinite(value):
        return undefined("all scores are equal, so no disagreement can be expected")
    return jackknifed(value, left_out, len(table), level)


def _alpha(counts: Array, values: Array, metric: Metric) -> tuple[float, Array]:
    """Return alpha and its values with each item left out; items with equal counts are computed once."""
    patterns, member = np.unique(counts, axis=0, return_inverse=True)
    given = patterns.sum(axis=1)
    own = patterns[:, :, None] * patterns[:, None, :] - patterns[:, :, None] * np.eye(patterns.shape[1])
    own /= (given - 1)[:, None, None]
    total = (own * np.bincount(member.ravel(), minlength=len(patterns))[:, None, None]).sum(axis=0)
    value = _of_coincidences(total, values, metric)
    without = np.array([_of_coincidences(total - each, values, metric) for each in own])
    return value, without[member.ravel()]


def _of_coincidences(coincidences: Array, values: Array, metric: Metric) -> float:
    margin = coincidences.sum(axis=1)
    total = float(margin.sum())
    distance = _distance(values, margin, metric)
    expected = float(margin @ distance @ margin)
    if expected <= 1e-12 or total <= 1:
        return math.nan
    return 1 - (total - 1) * float((coincidences * distance).sum()) / expected


def _distance(values: Array, margin: Array, metric: Metric) -> Array:
    """Return squared distances of the values, (K, K)."""
    if metric == "nominal":
        return 1 - np.eye(len(values))
    if metric == "ordinal":
        middle = np.cumsum(margin) - margin / 2
        return np.asarray(np.subtract.outer(middle, middle) ** 2)
    if metric == "interval":
        return np.asarray(np.subtract.outer(values, values) ** 2)
    return _ratio(values[:, None], values[None, :])


def _direct(table: Array, metric: Metric) -> float:
    """Return alpha without a coincidence matrix, for scores of many values; items have two scores at least."""
    there = np.isfinite(table)
    item = np.nonzero(there)[0]
    values, codes, counts = np.unique(table[there], return_inverse=True, return_counts=True)
    given = there.sum(axis=1).astype(float)
    n = float(given.sum())
    if metric == "nominal":
        own = np.unique(item * len(values) + codes, return_counts=True)
        same = np.bincount(own[0] // len(values), weights=own[1].astype(float) ** 2, minlength=len(table))
        observed, expected = ((given**2 - same) / (given - 1)).sum(), n * n - float((counts.astype(float) ** 2).sum())
    elif metric == "ratio":
        pairs = [(table[:, a], table[:, b]) for a in range(table.shape[1]) for b in range(a)]
        apart = sum(np.nan_to_num(_ratio(x, y)) for x, y in pairs)
        observed = 2 * (np.asarray(apart) / (given - 1)).sum()
        expected = float(counts @ _ratio(values[:, None], values[None, :]) @ counts)
    else:  # the ordinal distance is the difference of mid-ranks
        scale = np.cumsum(counts) - counts / 2 if metric == "ordinal" else values - values.mean()
        x = scale[codes]
        sums, squares = (np.bincount(item, weights=w, minlength=len(table)) for w in (x, x * x))
        observed = 2 * ((given * squares - sums**2) / (given - 1)).sum()
        expected = 2 * (n * float((x * x).sum()) - float(x.sum()) ** 2)
    return 1 - (n - 1) * float(observed) / expected if expected > 1e-12 else math.nan


def _ratio(x: Array, y: Array) -> Array:
    added = x + y
    return np.asarray(np.divide(x - y, added, out=np.zeros_like(added), where=added != 0) ** 2)
