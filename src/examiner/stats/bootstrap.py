"""Resampling by counting: what is drawn is how often each distinct row occurs, never the rows themselves.

Scores are few-valued, so n pairs are a handful of distinct pairs with counts. Drawing n pairs with replacement and
tabulating them is one multinomial draw; drawing whole questions is a product of two small matrices. Every statistic
is then computed for all resamples at once. Efron (1979); for clusters Davison and Hinkley (1997), section 3.8.
"""

import math

import numpy as np

from examiner.stats.statistic import LEVEL, Array, Ints, Statistic, of

_CELLS_AT_ONCE = 20_000_000
"""Resamples times clusters is kept below this, so that memory and time stay small."""


def resample(member: Ints, kinds: int, rng: np.random.Generator, resamples: int, groups: Ints | None = None) -> Array:
    """Return resampled counts of the kinds, (resamples, kinds).

    Args:
        member: the kind of each observation, (n,).
        kinds: how many kinds there are.
        rng: the source of chance.
        resamples: how many to draw; fewer, at least 500, where there are very many clusters.
        groups: the cluster of each observation, coded from 0; None draws observations one by one.

    """
    counts = np.bincount(member, minlength=kinds)
    if groups is None:
        seen = np.nonzero(counts)[0]
        drawn = rng.multinomial(len(member), counts[seen] / len(member), size=resamples)
        if len(seen) == kinds:
            return drawn.astype(float)
        out = np.zeros((resamples, kinds))
        out[:, seen] = drawn
        return out
    clusters = int(groups.max()) + 1
    table = np.bincount(groups * kinds + member, minlength=clusters * kinds).reshape(clusters, kinds).astype(float)
    times = max(min(resamples, _CELLS_AT_ONCE // clusters), min(resamples, 500))
    return np.concatenate([_draw(clusters, part, rng) @ table for part in _parts(times, clusters)])


def _parts(times: int, clusters: int) -> list[int]:
    size = max(1, 4_000_000 // clusters)
    return [min(size, times - start) for start in range(0, times, size)]


def _draw(clusters: int, times: int, rng: np.random.Generator) -> Array:
    """Return how often each cluster is drawn, (times, clusters)."""
    chosen = rng.integers(clusters, size=(times, clusters)) + np.arange(times)[:, None] * clusters
    return np.bincount(chosen.ravel(), minlength=times * clusters).reshape(times, clusters).astype(float)


def percentile(value: float, draws: Array, level: float = LEVEL, *, why: str = "undefined") -> Statistic:
    """Return a value with percentile bounds.

    A resample in which the statistic is undefined counts as worst for either bound; where there are too many of them
    the bound is absent, and `why` says so.
    """
    if not math.isfinite(value):
        return of(value, why=why)
    missing = ~np.isfinite(draws)
    share = float(missing.mean())
    low = np.quantile(np.where(missing, -math.inf, draws), level, method="lower")
    high = np.quantile(np.where(missing, math.inf, draws), 1 - level, method="higher")
    lower, upper = (float(x) if math.isfinite(x) else None for x in (low, high))
    se = float(draws[~missing].std(ddof=1)) if (~missing).sum() > 1 else None
    reason = f"undefined in {share:.0%} of the resamples" if lower is None or upper is None else ""
    return Statistic(float(value), lower, upper, se, reason)
