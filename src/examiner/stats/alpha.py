"""Krippendorff's alpha with missing data: nominal, ordinal, interval, ratio."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.intervals import jackknife_se, wald
from examiner.stats.statistic import LEVEL, Array, Statistic, undefined

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval", "ratio")


def krippendorff_alpha(ratings: ArrayLike, metric: Metric, *, level: float = LEVEL) -> Statistic:
    """Return alpha of (items, raters) scores, NaN where missing; no rounding: values are taken as they are.

    Krippendorff (2011), from the coincidence matrix. The ordinal distance uses that matrix's margins; fixed ordinal
    weights would be another statistic. Standard error by jackknife over items.
    """
    table = np.asarray(ratings, dtype=float)
    there = np.isfinite(table)
    values, codes = np.unique(table[there], return_inverse=True)
    if metric == "ratio" and values.size and values[0] < 0:
        return undefined("ratio distances need scores of one sign")
    k = len(values)
    flat = np.nonzero(there)[0] * max(1, k) + codes
    counts = np.bincount(flat, minlength=len(table) * k).reshape(len(table), k).astype(float) if k else table[:, :0]
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return undefined("no item was scored by two raters")
    value, left_out = _alpha(counts, values, metric)
    if not math.isfinite(value):
        return undefined("all scores are equal, so no disagreement can be expected")
    if len(counts) < 3:
        return Statistic(value, why="too few items for an interval")
    se = jackknife_se(left_out)
    return (
        wald(value, se, level, top=1.0)
        if math.isfinite(se)
        else Statistic(value, why="undefined with one item left out")
    )


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
    difference = np.subtract.outer(values, values)
    if metric == "interval":
        return np.asarray(difference**2)
    added = np.add.outer(values, values)
    return np.asarray(np.divide(difference, added, out=np.zeros_like(added), where=added != 0) ** 2)
