"""A judge and a human as two correlated normals cut into levels: the model behind sample sizes and simulations."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.levels import weights
from examiner.stats.special import normal_cdf, normal_quantile
from examiner.stats.statistic import Array

BALANCED = (0.2, 0.3, 0.3, 0.2)
SKEWED = (0.05, 0.10, 0.25, 0.60)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


def probabilities(r: float, margins: ArrayLike, *, shift: float = 0.0, scale: float = 1.0) -> Array:
    """Return the probability of each pair of levels, (K, K), human in rows.

    Args:
        r: correlation of the two latent scores.
        margins: share of each level among the human labels; the same cuts serve the judge.
        shift: added to the judge's latent score, in standard deviations; positive is lenient.
        scale: the judge's latent spread; below 1 it compresses.

    """
    share = np.asarray(margins, dtype=float)
    cuts = np.array([normal_quantile(p) for p in np.cumsum(share)[:-1]])
    edges = np.concatenate([[-8.5], cuts, [8.5]])
    judged = (cuts - shift) / scale
    rows = []
    for low, high in pairwise(edges):
        x = (high + low) / 2 + (high - low) / 2 * _NODES
        density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * _WEIGHTS * (high - low) / 2
        below = normal_cdf((judged[None, :] - r * x[:, None]) / np.sqrt(max(1e-12, 1 - r * r)))
        steps = np.diff(np.concatenate([np.zeros((len(x), 1)), below, np.ones((len(x), 1))], axis=1), axis=1)
        rows.append(density @ steps)
    table = np.maximum(np.array(rows), 0)
    return np.asarray(table / table.sum())


def true_qwk(table: Array) -> float:
    """Return quadratic weighted kappa of a table of probabilities."""
    w = 1 - weights(len(table), 2)
    return float(1 - (w * table).sum() / (table.sum(axis=1) @ w @ table.sum(axis=0)))


def correlation_for(qwk: float, margins: ArrayLike) -> float:
    """Return the latent correlation at which two unbiased raters have that QWK, by bisection.

    Raises:
        ValueError: no correlation below 1 gives it.

    """
    if not 0 <= qwk < 1:
        raise ValueError("a QWK between 0 and 1 is needed")
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if true_qwk(probabilities(middle, margins)) < qwk:
            low = middle
        else:
            high = middle
    return (low + high) / 2
