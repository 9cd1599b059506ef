"""Agreement of a judge with human labels, each statistic for any number of resampled counts at once.

Each function takes the cells and counts of them, (..., C), and returns an array (...), NaN where undefined. NaN does
not leave this room: `agreement.measure` turns it into a `Statistic` without a value.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from examiner.stats.cells import Cells
from examiner.stats.levels import weights
from examiner.stats.statistic import Array, Ints

Measure = Callable[[Cells, Array], Array]
F = TypeVar("F", bound=Measure)
_EPS = 1e-12


class Meta(NamedTuple):
    """What is known about a statistic without computing it."""

    name: str
    title: str
    source: str
    on: str
    undefined: str


def statistic(name: str, title: str, source: str, *, on: str, undefined: str) -> Callable[[F], F]:
    """Mark a function as a statistic of the catalogue, from cells and counts (B, cells) to values (B,), NaN if undefined.

    Args:
        name: its key in reports and policies.
        title: what people call it.
        source: the publication that its formula stands in.
        on: "levels" (rounded half up) or "values" (unrounded).
        undefined: the reason that is given where it is NaN.

    """

    def mark(function: F) -> F:
        marked: Any = function
        marked.meta = Meta(name, title, source, on, undefined)
        return function

    return mark


_CHANCE = "both sides gave one and the same level throughout, so agreement by chance is certain"
_FLAT = "one side gave the same score throughout, so there is nothing to correlate"


@statistic("qwk", "quadratic weighted kappa", "Cohen 1968", on="levels", undefined=_CHANCE)
def qwk(cells: Cells, counts: Array) -> Array:
    """Return 1 - mean squared distance / expected squared distance; the latter from means and variances alone."""
    x, y = cells.human_codes.astype(float), cells.judge_codes.astype(float)
    n = counts.sum(axis=-1)
    moments = counts @ np.column_stack([x, y, x * x, y * y, x * y])
    mx, my, xx, yy, xy = np.moveaxis(moments, -1, 0) / n
    expected = xx + yy - 2 * mx * my
    return 1 - _over(xx + yy - 2 * xy, expected)


@statistic("kappa", "Cohen's kappa, unweighted", "Cohen 1960", on="levels", undefined=_CHANCE)
def kappa(cells: Cells, counts: Array) -> Array:
    """Return `(observed - expected) / (1 - expected)` of equal levels."""
    return _kappa(cells, counts, 0)


@statistic("kappa_linear", "linear weighted kappa", "Cohen 1968", on="levels", undefined=_CHANCE)
def kappa_linear(cells: Cells, counts: Array) -> Array:
    """Return kappa with weights that fall by the distance."""
    return _kappa(cells, counts, 1)


@statistic("ac1", "Gwet's AC1", "Gwet 2008", on="levels", undefined="the scale has one level only")
def ac1(cells: Cells, counts: Array) -> Array:
    """Return Gwet's AC1."""
    return _gwet(cells, counts, 0)


@statistic("ac2", "Gwet's AC2, quadratic weights", "Gwet 2014", on="levels", undefined="the scale has one level only")
def ac2(cells: Cells, counts: Array) -> Array:
    """Return Gwet's AC2 with quadratic weights."""
    return _gwet(cells, counts, 2)


@statistic("spearman", "Spearman's rho", "Spearman 1904, mid-ranks", on="values", undefined=_FLAT)
def spearman(cells: Cells, counts: Array) -> Array:
    """Return the correlation of mid-ranks; ranks are those of each resample."""
    (rx, vx), (ry, vy) = _centred_ranks(cells.human, counts), _centred_ranks(cells.judge, counts)
    return _over((counts * rx * ry).sum(axis=-1), np.sqrt(vx * vy))


@statistic("pearson", "Pearson's r", "Pearson 1895", on="values", undefined=_FLAT)
def pearson(cells: Cells, counts: Array) -> Array:
    """Return the product-moment correlation."""
    n, mx, my, vx, vy = _moments(cells, counts)
    xy = counts @ (cells.human * cells.judge) / n
    return np.clip(_over(xy - mx * my, np.sqrt(vx * vy)), -1, 1)


@statistic("kendall_tau_b", "Kendall's tau-b", "Kendall 1945", on="values", undefined=_FLAT)
def kendall_tau_b(cells: Cells, counts: Array) -> Array:
    """Return concordant less discordant pairs over the geometric mean of the untied."""
    x, y = np.sign(np.subtract.outer(cells.human, cells.human)), np.sign(np.subtract.outer(cells.judge, cells.judge))
    concordant, untied_x, untied_y = (((counts @ s) * counts).sum(axis=-1) for s in (x * y, x * x, y * y))
    return _over(concordant, np.sqrt(untied_x * untied_y))


@statistic(
    "smd",
    "standardised mean difference",
    "Williamson, Xi and Breyer 2012",
    on="values",
    undefined="neither side varies",
)
def smd(cells: Cells, counts: Array) -> Array:
    """Return judge minus human over the pooled standard deviation."""
    n, mx, my, vx, vy = _moments(cells, counts)
    return _over(my - mx, np.sqrt((vx + vy) / 2 * n / np.maximum(n - 1, 1)))


@statistic(
    "sd_ratio",
    "ratio of standard deviations",
    "judge over human",
    on="values",
    undefined="the human labels are all equal",
)
def sd_ratio(cells: Cells, counts: Array) -> Array:
    """Return the judge's standard deviation over the humans'."""
    _, _, _, vx, vy = _moments(cells, counts)
    return np.sqrt(_over(vy, vx))


@statistic("exact", "exact agreement", "share of equal levels", on="levels", undefined="no pairs")
def exact(cells: Cells, counts: Array) -> Array:
    """Return the share of equal levels."""
    return np.asarray(counts @ (cells.human_codes == cells.judge_codes).astype(float) / counts.sum(axis=-1))


@statistic("adjacent", "adjacent agreement", "share at most one level apart", on="levels", undefined="no pairs")
def adjacent(cells: Cells, counts: Array) -> Array:
    """Return the share of levels at most one apart."""
    near = (np.abs(cells.human_codes - cells.judge_codes) <= 1).astype(float)
    return np.asarray(counts @ near / counts.sum(axis=-1))


def _kappa(cells: Cells, counts: Array, power: int) -> Array:
    n = counts.sum(axis=-1)
    agreement = weights(cells.size, power)
    observed = counts @ agreement[cells.human_codes, cells.judge_codes] / n
    rows, columns = (counts @ _one_hot(c, cells.size) for c in (cells.human_codes, cells.judge_codes))
    expected = ((rows @ agreement) * columns).sum(axis=-1) / (n * n)
    return _over(observed - expected, 1 - expected)


def _gwet(cells: Cells, counts: Array, power: int) -> Array:
    n, k = counts.sum(axis=-1), cells.size
    if k < 2:
        return np.full(n.shape, np.nan)
    agreement = weights(k, power)
    observed = counts @ agreement[cells.human_codes, cells.judge_codes] / n
    share = counts @ (_one_hot(cells.human_codes, k) + _one_hot(cells.judge_codes, k)) / (2 * n[..., None])
    expected = agreement.sum() / (k * (k - 1)) * (share * (1 - share)).sum(axis=-1)
    return _over(observed - expected, 1 - expected)


def _moments(cells: Cells, counts: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Return n, both means and both variances (over n), human first; sums are taken about the middle of the scale."""
    middle = sum(cells.levels) / 2
    x, y = cells.human - middle, cells.judge - middle
    n = counts.sum(axis=-1)
    mx, my, xx, yy = np.moveaxis(counts @ np.column_stack([x, y, x * x, y * y]), -1, 0) / n
    return n, mx + middle, my + middle, np.maximum(0, xx - mx * mx), np.maximum(0, yy - my * my)


def _centred_ranks(values: Array, counts: Array) -> tuple[Array, Array]:
    """Return the mid-rank of each cell less the mean rank, (..., C), and their sum of squares, (...)."""
    distinct, codes = np.unique(values, return_inverse=True)
    margin = counts @ _one_hot(codes, len(distinct))
    middle = np.cumsum(margin, axis=-1) - (margin + margin.sum(axis=-1, keepdims=True)) / 2
    return middle[..., codes], (margin * middle * middle).sum(axis=-1)


def _one_hot(codes: Ints, k: int) -> Array:
    return np.asarray(codes[:, None] == np.arange(k), dtype=float)


def _over(a: Array, b: Array) -> Array:
    """Return a / b, NaN where b is nothing."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return np.asarray(np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=np.abs(b) > _EPS))
