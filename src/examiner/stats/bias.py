"""Bias and spread of a judge against human labels: what rank statistics cannot see."""

import math

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.intervals import wald
from examiner.stats.special import normal_quantile
from examiner.stats.statistic import LEVEL, Array, Statistic, undefined

CONSTANT = "neither side varies, so there is no spread to measure by"


def smd(judge: ArrayLike, human: ArrayLike, *, level: float = LEVEL) -> Statistic:
    """Return the standardised mean difference, judge minus human, over the pooled standard deviation.

    Williamson, Xi and Breyer (2012). Paired scores; the standard error is that of the estimate's influence function,
    so the correlation of the two is accounted for. Human labels are unrounded means.
    """
    j, h = np.asarray(judge, dtype=float), np.asarray(human, dtype=float)
    if len(j) < 2:
        return undefined("fewer than two pairs")
    pooled = (float(j.var(ddof=1)) + float(h.var(ddof=1))) / 2
    if pooled <= 1e-18:
        return undefined(CONSTANT)
    value = float(j.mean() - h.mean()) / math.sqrt(pooled)
    squares = ((j - j.mean()) ** 2 + (h - h.mean()) ** 2) / 2
    influence = (j - h - (j - h).mean()) / math.sqrt(pooled) - value / (2 * pooled) * (squares - squares.mean())
    return wald(value, _se(influence), level)


def sd_ratio(judge: ArrayLike, human: ArrayLike, *, level: float = LEVEL) -> Statistic:
    """Return the judge's standard deviation over the humans'; below 1 the judge compresses the scale.

    Bounds on the logarithm, influence function of the log ratio of two dependent variances.
    """
    j, h = np.asarray(judge, dtype=float), np.asarray(human, dtype=float)
    if len(j) < 2:
        return undefined("fewer than two pairs")
    vj, vh = float(j.var(ddof=1)), float(h.var(ddof=1))
    if vh <= 1e-18:
        return undefined("the human labels are all equal, so there is no spread to compare with")
    value = math.sqrt(vj / vh)
    if vj <= 1e-18:
        return Statistic(0.0, why="the judge gave one and the same score throughout")
    influence = ((j - j.mean()) ** 2 / vj - (h - h.mean()) ** 2 / vh) / 2
    se = _se(influence)
    half = normal_quantile(1 - level) * se
    return Statistic(value, value * math.exp(-half), value * math.exp(half), value * se)


def _se(influence: Array) -> float:
    return float(influence.std(ddof=1)) / math.sqrt(len(influence))
