"""The few distribution functions that scipy serves; it is imported on first use because it is slow to load."""

from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np

from examiner.stats.statistic import Array

_NORMAL = NormalDist()


@lru_cache(maxsize=1)
def _special() -> Any:
    import scipy.special  # noqa: PLC0415 - half a second that most commands need not pay

    return scipy.special


def normal_quantile(p: float) -> float:
    """Return z with P(Z <= z) = p for a standard normal Z."""
    return _NORMAL.inv_cdf(p)


def normal_cdf(z: Array | float) -> Array:
    """Return P(Z <= z) for a standard normal Z."""
    return np.asarray(_special().ndtr(z), dtype=float)


def beta_quantile(a: float, b: float, p: float) -> float:
    """Return x with P(X <= x) = p for X ~ Beta(a, b)."""
    return float(_special().betaincinv(a, b, p))


def f_quantile(df1: float, df2: float, p: float) -> float:
    """Return x with P(F <= x) = p for F with df1 and df2 degrees of freedom."""
    return float(_special().fdtri(df1, df2, p))


def t_cdf(df: float, t: float) -> float:
    """Return P(T <= t) for Student's T."""
    return float(_special().stdtr(df, t))
