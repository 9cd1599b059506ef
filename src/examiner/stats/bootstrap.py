"""Resampling by counting: what is drawn is how often each distinct row occurs, never the rows themselves.

Scores are few-valued, so n pairs are a handful of distinct pairs with counts. Drawing n pairs with replacement and
tabulating them is one multinomial draw; drawing whole questions is a product of two small matrices. Every statistic
is then computed for all resamples at once. Efron (1979); for clusters Davison and Hinkley (1997), section 3.8.
"""

import math
from collections.abc import Callable

import numpy as np

from examiner.stats.statistic import LEVEL, Array, Ints, Statistic, of

_WORK = 20_000_000
"""Resamples times distinct rows (or clusters) is kept below this, down to 500 resamples."""
_CHUNK = 4_000_000
"""Numbers held at once."""


def resample(member: Ints, kinds: int, rng: np.random.Generator, resamples: int, groups: Ints | None = None) -> Array:
    """Return resampled counts of the kinds, (resamples, kinds).

    Args:
        member: the kind of each observation, (n,).
        kinds: how many kinds there are.
        rng: the source of chance.
        resamples: how many to draw.
        groups: the cluster of each observation, coded from 0; None draws observations one by one.

    """
    if groups is not None:
        return _whole_clusters(member, kinds, rng, resamples, groups)
    n = len(member)
    counts = np.bincount(member, minlength=kinds)
    seen = np.nonzero(counts)[0]
    if n < 4 * len(seen):  # fewer random numbers one by one than one binomial a kind
        chosen = member[rng.integers(n, size=(resamples, n))] + np.arange(resamples)[:, None] * kinds
        return np.bincount(chosen.ravel(), minlength=resamples * kinds).reshape(resamples, kinds).astype(float)
    drawn = rng.multinomial(n, counts[seen] / n, size=resamples)
    if len(seen) == kinds:
        return drawn.astype(float)
    out = np.zeros((resamples, kinds))
    out[:, seen] = drawn
    return out


def bootstrap(
    statistics: Callable[[Array], Array],
    member: Ints,
    kinds: int,
    rng: np.random.Generator,
    resamples: int,
    groups: Ints | None = None,
) -> Array:
    """Return statistics of resampled counts, (S, resamples); computed in parts, fewer where the table is very large.

    Args:
        statistics: from counts (B, kinds) to S statistics of each, (S, B).
        member: the kind of each answer, (N,), from 0.
        kinds: how many kinds of answers there are.
        rng: draws the resamples.
        resamples: how many; where the table is very large fewer, but not fewer than 500.
        groups: the cluster of each answer, (N,), from 0; clusters are drawn whole. None: answers are drawn.

    """
    width = max(1, kinds, 0 if groups is None else int(groups.max()) + 1)
    times = max(min(resamples, _WORK // width), min(resamples, 500))
    size = max(1, _CHUNK // width)
    parts = [min(size, times - start) for start in range(0, times, size)]
    return np.concatenate([statistics(resample(member, kinds, rng, part, groups)) for part in parts], axis=1)


def _whole_clusters(member: Ints, kinds: int, rng: np.random.Generator, times: int, groups: Ints) -> Array:
    clusters = int(groups.max()) + 1
    chosen = rng.integers(clusters, size=(times, clusters)) + np.arange(times)[:, None] * clusters
    drawn = np.bincount(chosen.ravel(), minlength=times * clusters).reshape(times, clusters).astype(float)
    if clusters * kinds <= _WORK // 2:
        table = np.bincount(groups * kinds + member, minlength=clusters * kinds).reshape(clusters, kinds)
        return np.asarray(drawn @ table.astype(float))
    order = np.argsort(member, kind="stable")
    starts = np.nonzero(np.r_[True, np.diff(member[order]) > 0])[0]
    out = np.zeros((times, kinds))
    out[:, member[order][starts]] = np.add.reduceat(drawn[:, groups[order]], starts, axis=1)
    return out


def percentile(value: float, draws: Array, level: float = LEVEL, *, why: str = "undefined") -> Statistic:
    """Return a value with the percentile bounds of its bootstrap (Efron 1979), and their spread as the standard error.

    A resample in which the statistic is undefined counts as worst for either bound; where there are too many of them
    the bound is absent, and the statistic says so.

    Args:
        value: of the sample itself; the statistic is undefined where it is not finite.
        draws: of the resamples, (resamples,).
        level: of each one-sided bound.
        why: the reason that is given where the value is undefined.

    """
    if not math.isfinite(value):
        return of(value, why=why)
    missing = ~np.isfinite(draws)
    share = float(missing.mean())
    last = len(draws) - 1
    first, then = math.floor(level * last), math.ceil((1 - level) * last)
    if share:
        low, high = (
            np.partition(np.where(missing, worst, draws), k)[k] for worst, k in ((-math.inf, first), (math.inf, then))
        )
    else:
        low, high = np.partition(draws, (first, then))[[first, then]]
    lower, upper = (float(x) if math.isfinite(x) else None for x in (low, high))
    se = float(draws[~missing].std(ddof=1)) if (~missing).sum() > 1 else None
    reason = f"undefined in {share:.0%} of the resamples" if lower is None or upper is None else ""
    return Statistic(float(value), lower, upper, se, reason)
