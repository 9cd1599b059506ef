"""What a cohort scores on average when a judge read everything and people only a part."""

import math

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.intervals import wald, wilson
from examiner.stats.special import normal_quantile
from examiner.stats.statistic import LEVEL, Array, Statistic, undefined

FEWEST = 30
"""Labelled answers below which no corrected figure is given; its interval would not cover."""


def prediction_powered_mean(
    labels: ArrayLike, scores: ArrayLike, unlabelled: ArrayLike, *, level: float = LEVEL
) -> Statistic:
    """Return the mean human label of a cohort, the judge's scores corrected by a labelled sample of it.

    PPI++ (Angelopoulos, Duchi and Zrnic 2023): `mean(y) + w (mean(f unlabelled) - mean(f labelled))`, the weight w
    chosen for least variance and held within 0..1, so a useless judge costs nothing. The labelled answers must be a
    random sample of the cohort.

    Args:
        labels: human labels of the sample.
        scores: the judge's scores of the same answers.
        unlabelled: the judge's scores of the rest.
        level: of each bound.

    Raises:
        ValueError: labels and scores differ in number.

    """
    y, f, rest = (np.asarray(v, dtype=float) for v in (labels, scores, unlabelled))
    n, more = len(y), len(rest)
    if len(f) != n:
        raise ValueError("labels and scores differ in number")
    if n < FEWEST or more < FEWEST:
        return undefined(f"fewer than {FEWEST} labelled or unlabelled answers")
    spread = float(np.concatenate([f, rest]).var(ddof=1))
    covariance = float(np.cov(y, f, ddof=1)[0, 1])
    w = min(1.0, max(0.0, covariance / (spread * (1 + n / more)))) if spread > 0 else 0.0
    value = float(y.mean() + w * (rest.mean() - f.mean()))
    variance = float((y - w * f).var(ddof=1)) / n + w * w * float(rest.var(ddof=1)) / more
    return wald(value, math.sqrt(variance), level)


def rogan_gladen(labels: ArrayLike, scores: ArrayLike, unlabelled: ArrayLike, *, level: float = LEVEL) -> Statistic:
    """Return the true pass rate of a cohort from a judge's passes, corrected for its errors; everything is 0 or 1.

    Rogan and Gladen (1978): `(p + specificity - 1) / (sensitivity + specificity - 1)`, with the errors of all three
    rates in the standard error (delta method). Refused where the judge is too weak for the division to mean anything:
    the lower bound of sensitivity + specificity - 1 must exceed one half.

    Args:
        labels: what people decided on a random sample of the cohort, (n,).
        scores: what the judge decided on the same answers, (n,).
        unlabelled: what the judge decided on the rest.
        level: of each one-sided bound.

    Raises:
        ValueError: a value is neither 0 nor 1.

    """
    y, f, rest = (np.asarray(v, dtype=float) for v in (labels, scores, unlabelled))
    if any(not np.isin(v, (0, 1)).all() for v in (y, f, rest)):
        raise ValueError("a pass rate needs values of 0 and 1")
    good, bad = f[y == 1], f[y == 0]
    if len(y) < FEWEST or len(rest) < FEWEST:
        return undefined(f"fewer than {FEWEST} labelled or unlabelled answers")
    if not len(good) or not len(bad):
        return undefined("the labelled answers all passed or all failed")
    sensitivity, specificity, p = float(good.mean()), float(1 - bad.mean()), float(rest.mean())
    youden = sensitivity + specificity - 1
    if _youden_lower(good, bad, level) <= 0.5:
        return undefined("the judge is too weak: the lower bound of sensitivity + specificity - 1 is not above 0.5")
    value = (p + specificity - 1) / youden
    variance = (
        p * (1 - p) / len(rest)
        + value**2 * sensitivity * (1 - sensitivity) / len(good)
        + (1 - value) ** 2 * specificity * (1 - specificity) / len(bad)
    ) / youden**2
    half = normal_quantile(1 - level) * math.sqrt(variance)
    low, middle, high = (min(1.0, max(0.0, x)) for x in (value - half, value, value + half))
    return Statistic(middle, low, high, math.sqrt(variance))


def _youden_lower(good: Array, bad: Array, level: float) -> float:
    """Return the lower bound of Youden's J by combining two Wilson intervals (Newcombe 1998)."""
    hit, false = float(good.mean()), float(bad.mean())
    low, _ = wilson(float(good.sum()), len(good), level)
    _, high = wilson(float(bad.sum()), len(bad), level)
    return hit - false - math.sqrt((hit - low) ** 2 + (high - false) ** 2)
