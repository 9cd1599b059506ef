"""Intervals in closed form. Bounds are one-sided at `level`."""

import math

import numpy as np

from examiner.stats.special import beta_quantile, normal_quantile
from examiner.stats.statistic import LEVEL, Array, Statistic, of, undefined


def clopper_pearson(hits: int, n: int, level: float = LEVEL) -> Statistic:
    """Return a proportion with exact bounds from beta quantiles (Clopper and Pearson 1934)."""
    if n == 0:
        return undefined("no observations")
    lower = 0.0 if hits == 0 else beta_quantile(hits, n - hits + 1, level)
    upper = 1.0 if hits == n else beta_quantile(hits + 1, n - hits, 1 - level)
    return Statistic(hits / n, lower, upper)


def wilson(hits: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the score interval of a proportion (Wilson 1927)."""
    z = normal_quantile(1 - level)
    p, shrink = hits / n, 1 + z * z / n
    centre = (p + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def fisher_z(value: float, se: float, level: float = LEVEL, *, why: str = "undefined") -> Statistic:
    """Return a coefficient in (-1, 1) with bounds from a normal on its transform, artanh (Fisher 1921).

    The standard error on the transformed scale is `se / (1 - value**2)` (delta method). At +-1 no bounds exist.

    Args:
        value: the coefficient; the statistic is undefined where it is not finite.
        se: its standard error, on its own scale.
        level: of each one-sided bound.
        why: the reason that is given where the value is undefined.

    """
    if not math.isfinite(value):
        return undefined(why)
    if abs(value) >= 1 - 1e-12:
        return Statistic(float(value), se=se, why="no disagreement was seen, so the interval has no width")
    z, half = math.atanh(value), normal_quantile(1 - level) * se / (1 - value * value)
    return Statistic(float(value), math.tanh(z - half), math.tanh(z + half), se)


def wald(value: float, se: float, level: float = LEVEL, *, top: float = math.inf, why: str = "undefined") -> Statistic:
    """Return a value with symmetric normal bounds, `value -+ z se`, the upper one at most `top`.

    `se` is in the value's units; `level` is that of each one-sided bound; `why` is given where the value is not finite.
    """
    half = normal_quantile(1 - level) * se
    return of(value, lower=value - half, upper=min(top, value + half), se=se, why=why)


def jackknife_se(left_out: Array) -> float:
    """Return the standard error from the values with one unit left out each, (n,) (Efron and Stein 1981).

    NaN for fewer than two units, or where the statistic is undefined without one of them.
    """
    n = len(left_out)
    if n < 2 or not np.isfinite(left_out).all():
        return math.nan
    return math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))


def jackknifed(value: float, left_out: Array, items: int, level: float = LEVEL) -> Statistic:
    """Return an agreement of at most 1 with the jackknife's bounds (Efron and Stein 1981), where it has any.

    Args:
        value: the agreement of all items; finite.
        left_out: its values with each item, or each group of items, left out.
        items: how many items there are; fewer than 3 give no interval.
        level: of the interval.

    """
    if items < 3:
        return Statistic(value, why="too few items for an interval")
    se = jackknife_se(left_out)
    if not math.isfinite(se):
        return Statistic(value, why="undefined with one item left out")
    return wald(value, se, level, top=1.0)
