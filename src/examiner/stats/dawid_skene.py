"""The level an answer most likely has when several raters disagree, and each rater's habits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.levels import half_up
from examiner.stats.statistic import Array


@dataclass(frozen=True, eq=False)
class DawidSkene:
    """A fitted model.

    Attributes:
        posterior: probability of each level for each answer, (items, K).
        prevalence: share of each level, (K,).
        confusion: for each rater the probability of each score given the true level, (raters, K, K).
        log_likelihood: of the scores.
        converged: whether the last step changed no posterior by more than the tolerance.

    """

    posterior: Array
    prevalence: Array
    confusion: Array
    log_likelihood: float
    converged: bool


def dawid_skene(
    ratings: ArrayLike, levels: tuple[int, int], *, smoothing: float = 0.01, tolerance: float = 1e-6, steps: int = 500
) -> DawidSkene:
    """Fit true levels and rater confusions by EM (Dawid and Skene 1979).

    Args:
        ratings: scores, (items, raters), NaN where missing.
        levels: the scale.
        smoothing: added to every count, so that no probability is zero.
        tolerance: stop when no posterior moves by more.
        steps: at most so many.

    Raises:
        ValueError: fewer than three raters (their habits could not be told apart), or an answer without a score.

    """
    table = np.asarray(ratings, dtype=float)
    there = np.isfinite(table)
    k = levels[1] - levels[0] + 1
    if table.ndim != 2 or table.shape[1] < 3:
        raise ValueError("three raters are needed: with fewer their habits cannot be told apart")
    if not there.any(axis=1).all():
        raise ValueError("an answer has no score")
    codes = np.where(there, half_up(np.where(there, table, levels[0])) - levels[0], 0)
    given = (codes[:, :, None] == np.arange(k)) & there[:, :, None]
    votes = given.astype(float)
    posterior = votes.sum(axis=1) / votes.sum(axis=(1, 2))[:, None]
    converged, likelihood = False, 0.0
    prevalence, confusion = _maximise(posterior, votes, smoothing)
    for _ in range(steps):
        updated, likelihood = _expect(prevalence, confusion, votes)
        converged = bool(np.abs(updated - posterior).max() < tolerance)
        posterior = updated
        prevalence, confusion = _maximise(posterior, votes, smoothing)
        if converged:
            break
    return DawidSkene(posterior, prevalence, confusion, likelihood, converged)


def _maximise(posterior: Array, votes: Array, smoothing: float) -> tuple[Array, Array]:
    prevalence = posterior.sum(axis=0) + smoothing
    confusion = np.einsum("it,irs->rts", posterior, votes) + smoothing
    return prevalence / prevalence.sum(), confusion / confusion.sum(axis=2, keepdims=True)


def _expect(prevalence: Array, confusion: Array, votes: Array) -> tuple[Array, float]:
    logs = np.log(prevalence) + np.einsum("irs,rts->it", votes, np.log(confusion))
    top = logs.max(axis=1, keepdims=True)
    total = np.exp(logs - top).sum(axis=1, keepdims=True)
    return np.exp(logs - top) / total, float((np.log(total) + top).sum())
