"""Everything about one judge against human labels on one criterion, from one set of resamples."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats import bias, correlation
from examiner.stats.bootstrap import bootstrap, percentile
from examiner.stats.catalogue import STATISTICS, meta
from examiner.stats.cells import Cells, cells_of
from examiner.stats.intervals import jackknife_se, wald
from examiner.stats.statistic import LEVEL, Array, Ints, Statistic, undefined

_MANY = 400
"""From this number of distinct pairs on, scores count as continuous: ranks and moments get intervals in closed form."""


def clusters_of(questions: ArrayLike | None) -> Ints | None:
    """Return cluster codes where any question has several answers; None where resampling answers is right."""
    if questions is None:
        return None
    _, codes, counts = np.unique(np.asarray(questions), return_inverse=True, return_counts=True)
    return codes.astype(np.int64) if counts.size and counts.max() > 1 else None


def measure(
    human: ArrayLike,
    judge: ArrayLike,
    levels: tuple[int, int],
    rng: np.random.Generator,
    *,
    clusters: Ints | None = None,
    resamples: int = 2000,
    level: float = LEVEL,
) -> dict[str, Statistic]:
    """Return every statistic of the catalogue by name.

    Args:
        human: labels, unrounded means of the raters.
        judge: the judge's scores of the same answers.
        levels: the declared scale; statistics on levels round half up.
        rng: the source of chance.
        clusters: see `clusters_of`; whole clusters are resampled.
        resamples: how many.
        level: of each one-sided bound.

    Raises:
        ValueError: lengths differ, or a score lies outside the levels.

    """
    fine = cells_of(human, judge, levels)
    if not len(fine.member):
        return dict.fromkeys(STATISTICS, undefined("no answer has both a human label and a score of this judge"))
    if len(fine.counts) <= _MANY:
        return _resampled(fine, list(STATISTICS), rng, clusters, resamples, level)
    coarse = cells_of(fine.human_codes[fine.member] + levels[0], fine.judge_codes[fine.member] + levels[0], levels)
    on_levels = [name for name in STATISTICS if meta(name).on == "levels"]
    found = _resampled(coarse, on_levels, rng, clusters, resamples, level)
    found |= _closed(fine.human[fine.member], fine.judge[fine.member], clusters, rng, level)
    return {name: found[name] for name in STATISTICS}


def _resampled(
    cells: Cells, names: list[str], rng: np.random.Generator, clusters: Ints | None, resamples: int, level: float
) -> dict[str, Statistic]:
    measures = [STATISTICS[name] for name in names]

    def all_of(counts: Array) -> Array:
        return np.stack([f(cells, counts) for f in measures])

    values = all_of(cells.counts[None, :])[:, 0]
    draws = bootstrap(all_of, cells.member, len(cells.counts), rng, resamples, clusters)
    found = {
        name: percentile(float(value), row, level, why=meta(name).undefined)
        for name, value, row in zip(names, values, draws, strict=True)
    }
    if cells.size > 1 and (cells.human_codes == cells.judge_codes).all():
        independent = len(cells.member) if clusters is None else int(clusters.max()) + 1
        found = _of_perfection(cells, found, 1 - level ** (1 / independent))
    return found


def _of_perfection(cells: Cells, found: dict[str, Statistic], unseen: float) -> dict[str, Statistic]:
    """Give lower bounds where no disagreement was seen, and resampling therefore shows none.

    The share of disagreements not excluded is `1 - level**(1/n)` (Clopper and Pearson, no hits); each statistic is
    taken with that share of every cell moved one level, half of it up and half down.
    """
    low, high = cells.levels
    share = np.concatenate([cells.counts * (1 - unseen), *[cells.counts * unseen / 2] * 2])
    up = np.where(cells.judge + 1 <= high, cells.judge + 1, cells.judge - 1)
    down = np.where(cells.judge - 1 >= low, cells.judge - 1, cells.judge + 1)
    judge = np.concatenate([cells.judge, up, down])
    moved = Cells(np.tile(cells.human, 3), judge, cells.levels, share, cells.member)
    out = dict(found)
    for name, one in found.items():
        if one.value is not None and one.value > 1 - 1e-12 and name not in ("sd_ratio", "smd"):
            bound = float(STATISTICS[name](moved, share[None, :])[0])
            if math.isfinite(bound):
                out[name] = Statistic(
                    one.value, bound, 1.0, why="no disagreement was seen; the bound is what that excludes"
                )
    return out


def _closed(
    human: Array, judge: Array, clusters: Ints | None, rng: np.random.Generator, level: float
) -> dict[str, Statistic]:
    """Return the statistics on values with closed intervals, widened by the design effect where answers cluster."""
    functions: dict[str, Callable[[Array, Array], Statistic]] = {
        "spearman": lambda h, j: correlation.spearman(h, j, level=level),
        "pearson": lambda h, j: correlation.pearson(h, j, level=level),
        "kendall_tau_b": lambda h, j: correlation.kendall(h, j, level=level),
        "smd": lambda h, j: bias.smd(j, h, level=level),
        "sd_ratio": lambda h, j: bias.sd_ratio(j, h, level=level),
    }
    found = {name: f(human, judge) for name, f in functions.items()}
    if clusters is None:
        return found
    parts = rng.permutation(int(clusters.max()) + 1)[clusters] % min(50, int(clusters.max()) + 1)
    keep = [parts != part for part in np.unique(parts)]
    return {
        name: _grouped(one, [functions[name](human[k], judge[k]).value for k in keep], level)
        for name, one in found.items()
    }


def _grouped(one: Statistic, left_out: list[float | None], level: float) -> Statistic:
    """Return a statistic with the standard error of a delete-a-group jackknife (Kott 2001)."""
    if one.value is None or any(v is None for v in left_out):
        return Statistic(one.value, why=one.why or "undefined with a part of the questions left out")
    return wald(one.value, jackknife_se(np.array(left_out, dtype=float)), level)
