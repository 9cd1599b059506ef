"""A statistic as a value: what it is, between which bounds, or why there is none."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.05
"""Each bound is one-sided at this level, so that the two together are a 90 % interval."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """One figure with its uncertainty.

    Attributes:
        value: the figure; None where it is undefined, never NaN and never 0 in its place.
        lower: one-sided lower bound.
        upper: one-sided upper bound.
        se: standard error.
        why: why there is no value, or no bound.

    """

    value: float | None
    lower: float | None = None
    upper: float | None = None
    se: float | None = None
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return `{"value", "lower", "upper", "se"?, "why"?}`."""
        shown: dict[str, Any] = {"value": self.value, "lower": self.lower, "upper": self.upper}
        if self.se is not None:
            shown["se"] = self.se
        if self.why:
            shown["why"] = self.why
        return shown


def undefined(why: str) -> Statistic:
    """Return a statistic that does not exist, and why."""
    return Statistic(None, why=why)


def of(
    value: float, *, why: str, lower: float | None = None, upper: float | None = None, se: float | None = None
) -> Statistic:
    """Return a statistic from floats that may be NaN or infinite; `why` is said where the value is not finite."""
    if not math.isfinite(value):
        return undefined(why)
    return Statistic(float(value), _finite(lower), _finite(upper), _finite(se))


def _finite(x: float | None) -> float | None:
    return float(x) if x is not None and math.isfinite(x) else None
