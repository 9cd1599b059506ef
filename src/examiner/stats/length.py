"""The length-only baseline: how far a judge gets that counts words and reads none."""

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.agreement import clusters_of, measure
from examiner.stats.statistic import Array, Statistic


def length_only(
    lengths: ArrayLike, human: ArrayLike, questions: ArrayLike, levels: tuple[int, int], rng: np.random.Generator
) -> dict[str, Statistic]:
    """Return every statistic of a judge that scores by the logarithm of the length alone.

    A straight line on log(1 + words), fitted without the question it scores and stretched to the spread of the labels
    it was fitted to; a real judge should be far above it.

    Args:
        lengths: words of each answer.
        human: labels, unrounded.
        questions: the question of each answer.
        levels: the declared scale.
        rng: of the bootstrap.

    Raises:
        ValueError: fewer than two questions.

    """
    _, codes = np.unique(np.asarray(questions), return_inverse=True)
    if not codes.size or codes.max() < 1:
        raise ValueError("a baseline fitted without the question it scores needs two questions")
    scores = _left_out(np.log1p(np.asarray(lengths, dtype=float)), np.asarray(human, dtype=float), codes)
    judge = np.clip(np.floor(scores + 0.5), *levels)
    return measure(human, judge, levels, rng, clusters=clusters_of(questions))


def _left_out(x: Array, y: Array, codes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Array:
    """Return, for each answer, the score of the line fitted to all other questions."""
    terms = (np.ones_like(x), x, y, x * x, y * y, x * y)
    n, sx, sy, sxx, syy, sxy = (t.sum() - np.bincount(codes, weights=t) for t in terms)
    vx, vy, cov = sxx / n - (sx / n) ** 2, syy / n - (sy / n) ** 2, sxy / n - sx * sy / n**2
    slope = np.sign(cov) * np.sqrt(np.divide(np.maximum(vy, 0), vx, out=np.zeros_like(vx), where=vx > 1e-12))
    return np.asarray((sy / n)[codes] + slope[codes] * (x - (sx / n)[codes]))
