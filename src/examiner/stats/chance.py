"""Chance-corrected agreement of any number of raters: Gwet's AC1 and AC2, Fleiss' kappa."""

import math

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.counts import count_levels
from examiner.stats.intervals import jackknifed, wald
from examiner.stats.levels import weights
from examiner.stats.statistic import LEVEL, Array, Statistic, undefined


def gwet(ratings: ArrayLike, levels: tuple[int, int], *, power: int = 0, level: float = LEVEL) -> Statistic:
    """Return Gwet's AC1 (power 0) or AC2 (1 linear, 2 quadratic) of (items, raters) scores, NaN where missing.

    Gwet (2008, 2014): chance agreement is that of raters who guess on the items that are hard to classify. Do not
    put it in the place of kappa to pass a gate: it is generous where one level dominates.

    Args:
        ratings: whole scores, (items, raters), NaN where missing.
        levels: lowest and highest score of the scale.
        power: of the distance that a disagreement weighs.
        level: of each one-sided bound.

    """
    table = count_levels(ratings, levels)
    return gwet_of_counts(table, weights(table.shape[1], power), level=level)


def gwet_of_counts(table: Array, agreement: Array, *, level: float = LEVEL) -> Statistic:
    """Return AC1 or AC2 of (items, K) counts; variance by linearisation over items (Gwet 2014, chapter 5)."""
    table = table[table.sum(axis=1) > 0]
    given = table.sum(axis=1)
    several = given >= 2
    n, k = table.shape
    if not several.any():
        return undefined("no item was scored by two raters")
    if k < 2:
        return undefined("the scale has one level only")
    pairs = given * (given - 1)
    within = (table * (table @ agreement - 1)).sum(axis=1)
    per_item = np.divide(within, pairs, out=np.zeros(n), where=several)
    observed = float(per_item[several].mean())
    share = (table / given[:, None]).mean(axis=0)
    factor = float(agreement.sum()) / (k * (k - 1))
    expected = factor * float((share * (1 - share)).sum())
    value = (observed - expected) / (1 - expected)
    if n < 2:
        return Statistic(value, why="too few items for an interval")
    linear = (n / several.sum()) * (per_item - expected * several) / (1 - expected)
    guessed = factor * (table @ (1 - share)) / given
    linear = linear - 2 * (1 - value) * (guessed - expected) / (1 - expected)
    se = math.sqrt(float(((linear - value) ** 2).sum()) / (n * (n - 1)))
    return wald(value, se, level, top=1.0)


def fleiss_kappa(ratings: ArrayLike, levels: tuple[int, int], *, level: float = LEVEL) -> Statistic:
    """Return Fleiss' (1971) kappa of (items, raters) scores; items scored once are left out.

    With unequal numbers of raters the item agreements are averaged with equal weight and the shares of the levels
    taken over all ratings. Standard error by jackknife over items.
    """
    table = count_levels(ratings, levels)
    table = table[table.sum(axis=1) >= 2]
    if not len(table):
        return undefined("no item was scored by two raters")
    given = table.sum(axis=1)
    per_item = ((table * table).sum(axis=1) - given) / (given * (given - 1))
    value = float(_fleiss(per_item.sum(), table.sum(axis=0), len(table)))
    if not math.isfinite(value):
        return undefined("all raters gave one and the same level throughout, so agreement by chance is certain")
    left_out = _fleiss(per_item.sum() - per_item, table.sum(axis=0) - table, len(table) - 1)
    return jackknifed(value, left_out, len(table), level)


def _fleiss(agreement: Array, totals: Array, items: int) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):  # no item is left of a single one
        share = totals / totals.sum(axis=-1, keepdims=True)
        expected = (share * share).sum(axis=-1)
        return np.where(expected > 1 - 1e-12, math.nan, (agreement / items - expected) / (1 - expected))
