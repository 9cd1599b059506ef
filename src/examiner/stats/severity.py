"""How severe each rater is on one common scale, people and judges alike: a many-facet Rasch model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.intervals import wald
from examiner.stats.levels import half_up
from examiner.stats.statistic import LEVEL, Array, Statistic, undefined


@dataclass(frozen=True, slots=True)
class Rater:
    """One rater on the common scale.

    Attributes:
        severity: logits above (harsher) or below the mean rater.
        infit: mean squared residual weighted by information; 1 is as the model expects, .5 to 1.5 is usable.
        outfit: the same unweighted, so single surprises weigh more.

    """

    severity: Statistic
    infit: Statistic
    outfit: Statistic


def severities(
    ratings: ArrayLike, levels: tuple[int, int], *, steps: int = 300, tolerance: float = 1e-6, level: float = LEVEL
) -> list[Rater]:
    """Return each rater's severity by joint maximum likelihood.

    log P(score k) / P(score k-1) = ability of the answer - severity of the rater - threshold k (Linacre 1989, with the
    thresholds of Andrich 1978). Answers with the lowest or the highest score throughout tell nothing and are left out.
    Joint estimates are too wide by about L / (L - 1) for L scores an answer and are shrunk by that (Wright and
    Douglas 1977). Undefined where the raters are not linked by common answers, or one of them is extreme throughout.

    Args:
        ratings: scores, (items, raters), NaN where missing.
        levels: the scale.
        steps: of the Newton iteration, at most.
        tolerance: stop when nothing moves by more, in logits.
        level: of each bound.

    """
    table = np.asarray(ratings, dtype=float)
    raters = table.shape[1]
    there = np.isfinite(table)
    scores = np.where(there, half_up(np.where(there, table, levels[0])) - levels[0], 0)
    scores, there = _telling(scores, there, levels[1] - levels[0])
    if not len(scores) or not _linked(there):
        return [Rater(*[undefined("the raters are not linked by answers that tell them apart")] * 3)] * raters
    if _extreme(scores, there, levels[1] - levels[0]):
        return [Rater(*[undefined("a rater gave the lowest or the highest score throughout")] * 3)] * raters
    ability, severity, thresholds = _fit(scores, there, levels[1] - levels[0], steps, tolerance)
    mean, variance = _moments(ability[:, None] - severity, thresholds)
    per_item = float(there.sum() / len(scores))
    shrink = (per_item - 1) / per_item
    residual = np.where(there, scores - mean, 0)
    information = np.where(there, variance, 0).sum(axis=0)
    squares = np.where(there, residual**2 / np.maximum(variance, 1e-9), 0)
    out = []
    for r in range(raters):
        infit = Statistic(float((residual[:, r] ** 2).sum() / information[r]))
        outfit = Statistic(float(squares[:, r].sum() / there[:, r].sum()))
        out.append(Rater(wald(float(severity[r] * shrink), float(information[r] ** -0.5), level), infit, outfit))
    return out


def _telling(scores: Array, there: Array, top: int) -> tuple[Array, Array]:
    """Leave out answers with fewer than two scores, or with the lowest or highest throughout."""
    total, given = (scores * there).sum(axis=1), there.sum(axis=1)
    keep = (given >= 2) & (total > 0) & (total < top * given)
    return scores[keep], there[keep]


def _extreme(scores: Array, there: Array, top: int) -> bool:
    total, given = (scores * there).sum(axis=0), there.sum(axis=0)
    return bool(((total == 0) | (total == top * given)).any())


def _linked(there: Array) -> bool:
    """Tell whether all raters are joined by common answers."""
    shared = (there.astype(float).T @ there.astype(float)) > 0
    reached = shared[0]
    for _ in range(len(shared)):
        reached = reached | shared[reached].any(axis=0)
    return bool(reached.all())


def _fit(scores: Array, there: Array, top: int, steps: int, tolerance: float) -> tuple[Array, Array, Array]:
    ability, severity, thresholds = np.zeros(len(scores)), np.zeros(scores.shape[1]), np.zeros(top)
    reached = [(np.where(there, scores >= k, False)).sum() for k in range(1, top + 1)]
    for _ in range(steps):
        before = np.concatenate([severity, thresholds])
        mean, variance = _moments(ability[:, None] - severity, thresholds)
        ability = ability + _step((there * (scores - mean)).sum(axis=1), (there * variance).sum(axis=1))
        mean, variance = _moments(ability[:, None] - severity, thresholds)
        severity = severity - _step((there * (scores - mean)).sum(axis=0), (there * variance).sum(axis=0))
        severity = severity - severity.mean()
        thresholds = _thresholds(ability[:, None] - severity, there, thresholds, np.array(reached, dtype=float))
        if np.abs(np.concatenate([severity, thresholds]) - before).max() < tolerance:
            break
    return ability, severity, thresholds


def _thresholds(location: Array, there: Array, thresholds: Array, reached: Array) -> Array:
    """Move each threshold so that the expected number of scores at or above it meets the observed."""
    p = _probabilities(location, thresholds)
    above = np.cumsum(p[..., ::-1], axis=-1)[..., ::-1][..., 1:]
    expected = (there[..., None] * above).sum(axis=(0, 1))
    spread = (there[..., None] * above * (1 - above)).sum(axis=(0, 1))
    moved = thresholds + _step(expected - reached, spread)
    return np.asarray(moved - moved.mean())


def _step(gradient: Array, curvature: Array) -> Array:
    return np.clip(gradient / np.maximum(curvature, 1e-9), -1.0, 1.0)


def _probabilities(location: Array, thresholds: Array) -> Array:
    """Return the probability of each score, (..., K)."""
    levels = np.arange(len(thresholds) + 1)
    logits = location[..., None] * levels - np.concatenate([[0.0], np.cumsum(thresholds)])
    weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


def _moments(location: Array, thresholds: Array) -> tuple[Array, Array]:
    p = _probabilities(location, thresholds)
    levels = np.arange(p.shape[-1])
    mean = (p * levels).sum(axis=-1)
    return mean, (p * levels**2).sum(axis=-1) - mean**2
