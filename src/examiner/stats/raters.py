"""Several raters of the same answers: mean pairwise QWK, reliability of their label, degradation of a judge."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.bootstrap import bootstrap, percentile
from examiner.stats.levels import half_up
from examiner.stats.statistic import LEVEL, Array, Ints, Statistic, undefined

_NO_PAIRS = "fewer than two human raters scored the same answers"
_CHANCE = "the raters gave one and the same level throughout"


@dataclass(frozen=True, eq=False)
class Patterns:
    """Distinct rows of a table of scores with their counts; a missing score is NaN.

    Attributes:
        rows: level codes as floats, (U, raters).
        counts: how often each row occurs, (U,).
        member: the row of each answer, (n,).

    """

    rows: Array
    counts: Array
    member: Ints


def patterns_of(ratings: ArrayLike) -> Patterns:
    """Return the patterns of (items, raters) scores, rounded half up."""
    table = np.asarray(ratings, dtype=float)
    there = np.isfinite(table)
    codes = np.where(there, half_up(np.where(there, table, 0)), np.nan)
    coded = np.where(there, codes, -(2.0**52))
    rows, member, counts = np.unique(coded, axis=0, return_inverse=True, return_counts=True)
    rows = np.where(rows == -(2.0**52), np.nan, rows)
    return Patterns(rows, counts.astype(float), member.ravel().astype(np.int64))


def pairwise_qwk(patterns: Patterns, counts: Array, pairs: list[tuple[int, int]]) -> Array:
    """Return the mean QWK over pairs of columns, weighted by shared answers; pairs without a QWK are left out.

    Light (1971) for the mean of pairs. `counts` is (..., U), the result (...); NaN where no pair has a QWK.
    """
    total, weight = np.zeros(counts.shape[:-1]), np.zeros(counts.shape[:-1])
    for a, b in pairs:
        both = np.isfinite(patterns.rows[:, a]) & np.isfinite(patterns.rows[:, b])
        x, y = patterns.rows[both, a], patterns.rows[both, b]
        n, sx, sy, squares, products = np.moveaxis(
            counts[..., both] @ np.column_stack([np.ones(len(x)), x, y, x * x + y * y, x * y]), -1, 0
        )
        expected = n * squares - 2 * sx * sy
        fine = expected > 1e-9
        value = 1 - np.divide(n * (squares - 2 * products), expected, out=np.zeros_like(n), where=fine)
        total, weight = total + np.where(fine, n * value, 0), weight + np.where(fine, n, 0)
    return np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)


def human_agreement(
    ratings: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: Ints | None = None,
    resamples: int = 2000,
    level: float = LEVEL,
) -> tuple[Statistic, Statistic]:
    """Return the mean pairwise QWK of the raters and the reliability of their averaged label.

    The reliability is that of the label in use, `k q / (1 + (k - 1) q)` (Spearman 1910, Brown 1910) with q the mean
    pairwise QWK and k the harmonic mean of the number of raters an answer has.

    Args:
        ratings: people's scores, (answers, raters), NaN where somebody did not score.
        rng: draws the resamples.
        clusters: the question of each answer, (answers,), from 0; questions are then resampled, and not answers.
        resamples: how many.
        level: of each one-sided bound.

    """
    table = np.asarray(ratings, dtype=float)
    given = np.isfinite(table).sum(axis=1)
    several = given >= 2
    if not several.any():
        return undefined(_NO_PAIRS), undefined(_NO_PAIRS)
    k = float((given > 0).sum() / (1 / given[given > 0]).sum())
    patterns = patterns_of(table[several])
    pairs = list(combinations(range(table.shape[1]), 2))

    def both(counts: Array) -> Array:
        q = pairwise_qwk(patterns, counts, pairs)
        return np.stack([q, spearman_brown(q, k)])

    values = both(patterns.counts[None, :])[:, 0]
    groups = None if clusters is None else np.unique(clusters[several], return_inverse=True)[1]
    draws = bootstrap(both, patterns.member, len(patterns.counts), rng, resamples, groups)
    qwk, reliability = (percentile(float(v), d, level, why=_CHANCE) for v, d in zip(values, draws, strict=True))
    return qwk, reliability


def spearman_brown(q: Array, k: float) -> Array:
    """Return the reliability of the mean of k raters whose single reliability is q; NaN where it has no meaning."""
    below = 1 + (k - 1) * np.asarray(q, dtype=float)
    return np.asarray(np.divide(k * np.asarray(q), below, out=np.full(below.shape, np.nan), where=below > 0))


def degradation(
    ratings: ArrayLike,
    judge: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: Ints | None = None,
    resamples: int = 2000,
    level: float = LEVEL,
) -> Statistic:
    """Return human-human QWK less judge-human QWK; positive where the judge agrees less than people do.

    Williamson, Xi and Breyer (2012). Like with like: the judge is compared with each single rater, as the raters are
    with each other, on the answers that at least two of them scored. Both terms come from the same resamples.

    Args:
        ratings: people's scores, (answers, raters), NaN where somebody did not score.
        judge: the judge's scores of the same answers, (answers,), NaN where it gave none.
        rng: draws the resamples.
        clusters: the question of each answer, (answers,), from 0; questions are then resampled, and not answers.
        resamples: how many.
        level: of each one-sided bound.

    """
    table, scores = np.asarray(ratings, dtype=float), np.asarray(judge, dtype=float)
    use = (np.isfinite(table).sum(axis=1) >= 2) & np.isfinite(scores)
    if not use.any():
        return undefined(_NO_PAIRS)
    raters = table.shape[1]
    patterns = patterns_of(np.column_stack([table[use], scores[use]]))
    people, machine = list(combinations(range(raters), 2)), [(r, raters) for r in range(raters)]

    def difference(counts: Array) -> Array:
        return (pairwise_qwk(patterns, counts, people) - pairwise_qwk(patterns, counts, machine))[None]

    value = float(difference(patterns.counts[None, :])[0, 0])
    groups = None if clusters is None else np.unique(clusters[use], return_inverse=True)[1]
    draws = bootstrap(difference, patterns.member, len(patterns.counts), rng, resamples, groups)
    return percentile(value, draws[0], level, why=_CHANCE)
