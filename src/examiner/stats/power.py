"""How many anchors a rule needs, and how often it passes which judge: simulated tables, all of them at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.latent import correlation_for, probabilities
from examiner.stats.levels import weights
from examiner.stats.special import normal_quantile
from examiner.stats.statistic import LEVEL, Array

Rule = Callable[[Array], Array]
"""Tables of counts (S, K, K) to whether each passes, (S,)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the simulated gate demands; None means not demanded.

    Attributes:
        qwk: least value.
        qwk_lower: least one-sided lower bound.
        spearman: least value.
        spearman_lower: least lower bound.
        smd_interval: the 90 % interval lies within plus or minus this.
        smd_point: the value does.
        sd_ratio: least and greatest.
        per_level: fewest human labels on each level.
        judge_levels: every level is used by the judge.
        level: of each one-sided bound.

    """

    qwk: float | None = None
    qwk_lower: float | None = None
    spearman: float | None = None
    spearman_lower: float | None = None
    smd_interval: float | None = None
    smd_point: float | None = None
    sd_ratio: tuple[float, float] | None = None
    per_level: int = 0
    judge_levels: bool = False
    level: float = LEVEL


def draw(table: Array, n: int, times: int, rng: np.random.Generator) -> Array:
    """Return tables of n pairs drawn from a table of probabilities: (K, K) to counts (times, K, K), human in rows."""
    k = len(table)
    return rng.multinomial(n, table.ravel(), size=times).reshape(times, k, k).astype(float)


def passes(tables: Array, limits: Limits) -> Array:
    """Return which tables meet every limit; an undefined statistic meets none."""
    z = normal_quantile(1 - limits.level)
    kappa, kappa_se = qwk_with_se(tables)
    fine = np.ones(len(tables), dtype=bool)
    if limits.qwk is not None:
        fine &= kappa >= limits.qwk
    if limits.qwk_lower is not None:
        fine &= lower_bound(kappa, kappa_se, z) >= limits.qwk_lower
    if limits.spearman is not None or limits.spearman_lower is not None:
        fine &= _spearman_passes(tables, limits, z)
    if limits.smd_interval is not None or limits.smd_point is not None:
        value, se = smd_with_se(tables)
        if limits.smd_point is not None:
            fine &= np.abs(value) <= limits.smd_point
        if limits.smd_interval is not None:
            fine &= np.abs(value) + z * se <= limits.smd_interval
    if limits.sd_ratio is not None:
        _, _, _, vx, vy = _moments(tables)
        ratio = np.sqrt(_over(vy, vx))
        fine &= (ratio >= limits.sd_ratio[0]) & (ratio <= limits.sd_ratio[1])
    if limits.per_level:
        fine &= tables.sum(axis=2).min(axis=1) >= limits.per_level
    if limits.judge_levels:
        fine &= tables.sum(axis=1).min(axis=1) > 0
    return fine


def rate(table: Array, n: int, limits: Limits, times: int, rng: np.random.Generator) -> float:
    """Return how often, 0 to 1, a judge passes on n anchors whose pairs of levels have these probabilities, (K, K).

    `times` sets of anchors are drawn by `rng`; the standard error of the result is at most `0.5 / sqrt(times)`.
    """
    return float(passes(draw(table, n, times, rng), limits).mean())


def anchors_needed(
    qwk: float, margins: ArrayLike, limits: Limits, times: int, seed: int, *, power: float = 0.8, most: int = 3000
) -> int | None:
    """Return the fewest anchors with which a judge of that true QWK passes with the given power; None above `most`.

    Each size is simulated with the same seed, so that the search moves on a smooth curve.

    Args:
        qwk: what the judge would have on endlessly many anchors.
        margins: the shares of the levels, (K,), the same for people and the judge.
        limits: what the gate demands.
        times: sets of anchors that are simulated for each size.
        seed: of the simulation.
        power: how often such a judge should pass.
        most: the largest size that is tried.

    """
    table = probabilities(correlation_for(qwk, margins), margins)

    def enough(n: int) -> bool:
        return rate(table, n, limits, times, np.random.default_rng(seed)) >= power

    if not enough(most):
        return None
    low, high = 5, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def ever_passes(table: Array, n: int, attempts: int, limits: Limits, times: int, rng: np.random.Generator) -> float:
    """Return how often, 0 to 1, one of several attempts on the same n anchors passes.

    The labels are kept and the judge's errors drawn anew, from the probabilities of the pairs, (K, K), human in rows:
    this is what trying again until it fits would gain.
    """
    k = len(table)
    human = rng.multinomial(n, table.sum(axis=1), size=times)
    given = table / table.sum(axis=1, keepdims=True)
    passed = np.zeros(times, dtype=bool)
    for _ in range(attempts):
        tables = np.stack([rng.multinomial(human[:, i], given[i]) for i in range(k)], axis=1)
        passed |= passes(tables.astype(float), limits)
    return float(passed.mean())


def qwk_with_se(tables: Array) -> tuple[Array, Array]:
    """Return QWK and its standard error (Fleiss, Cohen and Everitt 1969) of tables (S, K, K); NaN where undefined."""
    w = weights(tables.shape[-1], 2)
    n = tables.sum(axis=(1, 2))
    p = tables / n[:, None, None]
    rows, columns = p.sum(axis=2), p.sum(axis=1)
    observed, expected = (p * w).sum(axis=(1, 2)), ((rows @ w) * columns).sum(axis=1)
    value = _over(observed - expected, 1 - expected)
    chance = (columns @ w)[:, :, None] + (rows @ w)[:, None, :]
    spread = w * (1 - expected)[:, None, None] - chance * (1 - observed)[:, None, None]
    variance = (p * spread**2).sum(axis=(1, 2)) - (observed * expected - 2 * expected + observed) ** 2
    return value, _over(np.sqrt(np.maximum(variance, 0) / n), (1 - expected) ** 2)


def lower_bound(value: Array, se: Array, z: float) -> Array:
    """Return lower bounds on Fisher's z; NaN where the value is undefined, 1 where agreement is perfect."""
    inside = np.clip(value, -1 + 1e-12, 1 - 1e-12)
    return np.where(value >= 1 - 1e-12, value, np.tanh(np.arctanh(inside) - z * se / (1 - inside**2)))


def spearman_of(tables: Array) -> Array:
    """Return Spearman's rho of tables (S, K, K), from mid-ranks of the levels; NaN where undefined."""
    n = tables.sum(axis=(1, 2))[:, None]
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    x, y = (np.cumsum(m, axis=1) - m / 2 - n / 2 for m in (rows, columns))
    products = np.einsum("si,sij,sj->s", x, tables, y)
    return _over(products, np.sqrt((rows * x * x).sum(axis=1) * (columns * y * y).sum(axis=1)))


def smd_with_se(tables: Array) -> tuple[Array, Array]:
    """Return the standardised mean difference, judge (columns) less human, and its standard error; NaN where undefined."""
    k = tables.shape[-1]
    n, mx, my, vx, vy = _moments(tables)
    pooled = (vx + vy) / 2 * n / (n - 1)
    value = _over(my - mx, np.sqrt(pooled))
    x, y = np.arange(k)[None, :, None], np.arange(k)[None, None, :]
    dx, dy = x - mx[:, None, None], y - my[:, None, None]
    root, twice = np.sqrt(pooled)[:, None, None], (2 * pooled)[:, None, None]
    squares = (dx**2 + dy**2) / 2 - ((vx + vy) / 2)[:, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        influence = (dy - dx) / root - value[:, None, None] / twice * squares
        return value, np.sqrt((tables * influence**2).sum(axis=(1, 2)) / (n - 1) / n)


def _spearman_passes(tables: Array, limits: Limits, z: float) -> Array:
    rho = spearman_of(tables)
    fine = np.ones(len(tables), dtype=bool)
    if limits.spearman is not None:
        fine &= rho >= limits.spearman
    if limits.spearman_lower is not None:
        n = tables.sum(axis=(1, 2))
        se = np.sqrt((1 + rho * rho / 2) / np.maximum(n - 3, 1)) * (1 - rho * rho)
        fine &= lower_bound(rho, se, z) >= limits.spearman_lower
    return fine


def _moments(tables: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Return n, both means and both variances over n, rows first."""
    k = np.arange(tables.shape[-1])
    n = tables.sum(axis=(1, 2))
    rows, columns = tables.sum(axis=2) / n[:, None], tables.sum(axis=1) / n[:, None]
    mx, my = rows @ k, columns @ k
    return n, mx, my, rows @ (k * k) - mx**2, columns @ (k * k) - my**2


def _over(a: Array, b: Array) -> Array:
    return np.asarray(np.divide(a, b, out=np.full(np.shape(a), np.nan), where=b > 1e-12))
