"""Intraclass correlations, all six of Shrout and Fleiss, with their intervals."""

import math

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.special import f_quantile
from examiner.stats.statistic import LEVEL, Array, Statistic, of, undefined

FORMS = ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")


def icc(ratings: ArrayLike, *, level: float = LEVEL) -> dict[str, Statistic]:
    """Return the six coefficients of (items, raters) scores: model (1 one-way, 2 random, 3 mixed), single or mean.

    Shrout and Fleiss (1979); intervals of McGraw and Wong (1996). Models 2 are absolute agreement, models 3
    consistency. The designs are complete: items that a rater missed are left out.
    """
    table = np.asarray(ratings, dtype=float)
    table = table[np.isfinite(table).all(axis=1)]
    n, k = table.shape
    if k < 2 or n < 2:
        return dict.fromkeys(FORMS, undefined("fewer than two raters, or fewer than two items that all of them scored"))
    squares = _mean_squares(table)
    rows, columns, error, within = squares
    if rows + within <= 1e-18:
        return dict.fromkeys(FORMS, undefined("all scores are equal"))
    with np.errstate(divide="ignore", invalid="ignore"):
        single = {
            "1,1": _ratio(rows - within, rows + (k - 1) * within),
            "2,1": _ratio(rows - error, rows + (k - 1) * error + k * (columns - error) / n),
            "3,1": _ratio(rows - error, rows + (k - 1) * error),
        }
        mean = {
            "1,k": _ratio(rows - within, rows),
            "2,k": _ratio(rows - error, rows + (columns - error) / n),
            "3,k": _ratio(rows - error, rows),
        }
    bounds = _bounds(squares, n, k, single["2,1"], level)
    why = "the items do not differ, so there is nothing to be reliable about"
    return {
        name: of(value, lower=bounds[name][0], upper=bounds[name][1], why=why)
        for name, value in {**single, **mean}.items()
    }


def _mean_squares(table: Array) -> tuple[float, float, float, float]:
    n, k = table.shape
    grand = table.mean()
    rows = k * float(((table.mean(axis=1) - grand) ** 2).sum()) / (n - 1)
    columns = n * float(((table.mean(axis=0) - grand) ** 2).sum()) / (k - 1)
    total = float(((table - grand) ** 2).sum())
    error = max(0.0, total - rows * (n - 1) - columns * (k - 1)) / ((n - 1) * (k - 1))
    within = max(0.0, total - rows * (n - 1)) / (n * (k - 1))
    return rows, columns, error, within


def _bounds(
    squares: tuple[float, float, float, float], n: int, k: int, agreement: float, level: float
) -> dict[str, tuple[float, float]]:
    rows, columns, error, within = squares
    one = _consistency(rows, within, n - 1, n * (k - 1), k, level)
    three = _consistency(rows, error, n - 1, (n - 1) * (k - 1), k, level)
    two = _absolute(rows, columns, error, n, k, agreement, level)
    single = {"1,1": one, "2,1": two, "3,1": three}
    return {**single, **{f"{name[0]},k": (_stepped(b[0], k), _stepped(b[1], k)) for name, b in single.items()}}


def _consistency(rows: float, rest: float, df1: int, df2: int, k: int, level: float) -> tuple[float, float]:
    if rest <= 1e-15:
        return 1.0, 1.0
    f = rows / rest
    low, high = f / f_quantile(df1, df2, 1 - level), f * f_quantile(df2, df1, 1 - level)
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _absolute(rows: float, columns: float, error: float, n: int, k: int, r: float, level: float) -> tuple[float, float]:
    """Return the bounds of ICC(2,1) with Satterthwaite's degrees of freedom."""
    if not math.isfinite(r) or (error <= 1e-15 and columns <= 1e-15):
        return (1.0, 1.0) if math.isfinite(r) else (math.nan, math.nan)
    if r >= 1:
        return 1.0, 1.0
    a, b = k * r / (n * (1 - r)), 1 + k * r * (n - 1) / (n * (1 - r))
    spread = (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    if spread <= 1e-15:
        return math.nan, math.nan
    v = (a * columns + b * error) ** 2 / spread
    f_low, f_high = f_quantile(n - 1, v, 1 - level), f_quantile(v, n - 1, 1 - level)
    rest = k * columns + (k * n - k - n) * error
    lower = n * (rows - f_low * error) / (f_low * rest + n * rows)
    upper = n * (f_high * rows - error) / (rest + n * f_high * rows)
    return lower, upper


def _stepped(r: float, k: int) -> float:
    return _ratio(k * r, 1 + (k - 1) * r)


def _ratio(a: float, b: float) -> float:
    return a / b if abs(b) > 1e-15 else math.nan
