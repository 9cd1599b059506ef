"""How exact a score is where on the scale it stands."""

import math

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.levels import half_up
from examiner.stats.special import normal_quantile
from examiner.stats.statistic import LEVEL, Statistic, undefined


def conditional_sem(
    a: ArrayLike, b: ArrayLike, levels: tuple[int, int], *, level: float = LEVEL
) -> dict[int, Statistic]:
    """Return the standard error of measurement at each level of the scale, from two ratings of the same answers.

    The square root of the mean half squared difference of pairs whose mean, rounded half up, is that level (Thorndike
    1951; Feldt and Brennan 1989; absolute error, so a constant shift counts). In units of the scale.

    Args:
        a: first ratings, (answers,).
        b: second ratings of the same answers.
        levels: lowest and highest score; each level between has an entry, undefined where no pair lies.
        level: of each one-sided bound.

    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    at = half_up((x + y) / 2)
    return {step: _root((x[at == step] - y[at == step]) ** 2 / 2, level) for step in range(levels[0], levels[1] + 1)}


def _root(squares: np.ndarray[tuple[int], np.dtype[np.float64]], level: float) -> Statistic:
    n = len(squares)
    if n == 0:
        return undefined("no pair of scores at this level")
    value = math.sqrt(float(squares.mean()))
    if n < 2 or value == 0:
        return Statistic(value, why="too few pairs, or no difference among them, for an interval")
    error = float(squares.std(ddof=1)) / math.sqrt(n)
    half = normal_quantile(1 - level) * error
    low, high = max(0.0, value**2 - half), value**2 + half
    return Statistic(value, math.sqrt(low), math.sqrt(high), error / (2 * value))
