"""Cohen's kappa, unweighted, linear, quadratic or with weights of one's own."""

import math

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.intervals import fisher_z
from examiner.stats.levels import crosstab, weights
from examiner.stats.statistic import LEVEL, Array, Statistic, undefined

CONSTANT = "both raters gave one and the same level throughout, so agreement by chance is certain"


def kappa(a: ArrayLike, b: ArrayLike, levels: tuple[int, int], *, power: int = 0, level: float = LEVEL) -> Statistic:
    """Return kappa of two raters' scores; power 0 unweighted, 1 linear, 2 quadratic (QWK).

    Cohen (1960, 1968). Undefined where chance agreement is complete; 0 where just one rater is constant.

    Args:
        a: whole scores of one rater, (N,).
        b: those of the other, of the same answers.
        levels: lowest and highest score of the scale, whether or not anybody gave them.
        power: of the distance that a disagreement weighs.
        level: of each one-sided bound.

    """
    table = crosstab(a, b, levels)
    return kappa_of_table(table, weights(len(table), power), level=level)


def kappa_of_table(table: Array, agreement: Array, *, n: float | None = None, level: float = LEVEL) -> Statistic:
    """Return weighted kappa of a (K, K) table of counts, or of proportions with `n` given.

    `agreement`, (K, K), weighs each cell from 0 to 1, 1 on the diagonal (`levels.weights`). Standard error of Fleiss, Cohen and Everitt (1969) for a kappa other than zero; bounds on Fisher's z.
    """
    total = float(table.sum())
    if total == 0:
        return undefined("no pairs of scores")
    p = np.asarray(table, dtype=float) / total
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((agreement * p).sum()), float(rows @ agreement @ columns)
    if math.isclose(expected, 1.0, abs_tol=1e-12):
        return undefined(CONSTANT)
    value = (observed - expected) / (1 - expected)
    if n is None and total <= 1 + 1e-9:
        return Statistic(value, why="proportions without their number have no interval")
    return fisher_z(value, _standard_error(p, agreement, observed, expected, n or total), level)


def kappa_by_disagreement(table: Array, disagreement: Array) -> Statistic:
    """Return kappa for disagreement weights, `1 - observed / expected` (Cohen 1968, with his own weights)."""
    top = float(disagreement.max())
    return kappa_of_table(table, 1 - disagreement / top) if top else undefined("all disagreements weigh nothing")


def _standard_error(p: Array, w: Array, observed: float, expected: float, n: float) -> float:
    by_row, by_column = w @ p.sum(axis=0), w.T @ p.sum(axis=1)
    spread = w * (1 - expected) - np.add.outer(by_row, by_column) * (1 - observed)
    variance = float((p * spread**2).sum()) - (observed * expected - 2 * expected + observed) ** 2
    return math.sqrt(max(0.0, variance) / n) / (1 - expected) ** 2
