"""Agreement inside questions: what is left when a judge cannot score by knowing which question was hard."""

import math

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.bootstrap import bootstrap, percentile
from examiner.stats.levels import half_up
from examiner.stats.statistic import LEVEL, Array, Statistic, undefined


def within_question_qwk(
    human: ArrayLike,
    judge: ArrayLike,
    questions: ArrayLike,
    rng: np.random.Generator,
    *,
    resamples: int = 2000,
    level: float = LEVEL,
) -> Statistic:
    """Return QWK with chance taken inside each question.

    `1 - sum of squared distances / sum of those expected if the judge's scores were dealt anew among the other answers
    to the same question` (a stratified kappa in the manner of Barlow, Lai and Azen 1991, without the pairs of an
    answer with itself). 0 for a judge who knows the questions and not the answers. Questions are resampled.

    Args:
        human: labels, (answers,), rounded half up here.
        judge: scores of the same answers.
        questions: the question of each answer, by any name.
        rng: draws the resamples.
        resamples: how many.
        level: of each one-sided bound.

    """
    h, j = half_up(human).astype(float), half_up(judge).astype(float)
    _, codes = np.unique(np.asarray(questions), return_inverse=True)
    m = np.bincount(codes)
    if not m.size or m.max() < 2:
        return undefined("no question has two answers")
    sums = [np.bincount(codes, weights=w) for w in (h, j, h * h + j * j, (h - j) ** 2)]
    many = m > 1
    m, sh, sj, squares, observed = m[many], *(s[many] for s in sums)
    expected = (m * squares - 2 * sh * sj - observed) / (m - 1)
    value = _ratio(np.array([observed.sum()]), np.array([expected.sum()]))[0]
    if not math.isfinite(value):
        return undefined("within each question all answers have the same score")
    if len(m) < 2:
        return Statistic(float(value), why="one question only, so there is no interval")

    def over(counts: Array) -> Array:
        return _ratio(counts @ observed, counts @ expected)[None]

    draws = bootstrap(over, np.arange(len(m)), len(m), rng, resamples)
    return percentile(float(value), draws[0], level)


def _ratio(observed: Array, expected: Array) -> Array:
    return np.asarray(1 - np.divide(observed, expected, out=np.full(observed.shape, np.nan), where=expected > 1e-12))
