"""The alternative annotator test: may a judge stand in for one of the human raters?"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from examiner.stats.special import t_cdf
from examiner.stats.statistic import Array

EPSILON = 0.2
"""What a rater's hour is worth: .2 for experts, .15 for skilled, .1 for crowd raters (Calderon et al. 2025)."""


@dataclass(frozen=True, slots=True)
class AltTest:
    """Outcome of the test.

    Attributes:
        winning_rate: share of raters whom the judge may replace.
        advantage_probability: chance that the judge is at least as near to the others as the left-out rater is.
        passed: the winning rate is at least one half.
        raters: how many raters were tested.

    """

    winning_rate: float
    advantage_probability: float
    passed: bool
    raters: int


def alt_test(
    ratings: ArrayLike, judge: ArrayLike, *, epsilon: float = EPSILON, fdr: float = 0.05, fewest: int = 30
) -> AltTest | None:
    """Return the test's outcome; None with fewer than three raters who share `fewest` answers with others.

    Calderon, Reichart and Dror (2025). Each rater is left out in turn; on each answer the judge and the left-out rater
    are compared by root mean squared distance to the remaining raters; a one-sided t test asks whether the rater wins
    by less than epsilon; Benjamini and Yekutieli (2001) hold the false discovery rate. Relative: it says nothing of
    whether the raters agree among themselves.
    """
    table, scores = np.asarray(ratings, dtype=float), np.asarray(judge, dtype=float)
    tested = [_against(table, scores, rater) for rater in range(table.shape[1])]
    enough = [pair for pair in tested if len(pair[0]) >= fewest]
    if len(enough) < 3:
        return None
    rejected = benjamini_yekutieli(np.array([_p_value(h - m, epsilon) for m, h in enough]), fdr)
    winning = float(rejected.mean())
    return AltTest(winning, float(np.mean([m.mean() for m, _ in enough])), winning >= 0.5, len(enough))


def benjamini_yekutieli(p: Array, rate: float) -> Array:
    """Return which hypotheses are rejected at that false discovery rate under any dependence, as 0 and 1."""
    m = len(p)
    order = np.argsort(p)
    allowed = np.arange(1, m + 1) / m * rate / (1 / np.arange(1, m + 1)).sum()
    under = np.nonzero(p[order] <= allowed)[0]
    rejected = np.zeros(m)
    if under.size:
        rejected[order[: under[-1] + 1]] = 1
    return rejected


def _against(table: Array, judge: Array, rater: int) -> tuple[Array, Array]:
    """Return, per answer, whether the judge and whether the rater is at least as near to the others."""
    others = np.delete(table, rater, axis=1)
    use = np.isfinite(table[:, rater]) & np.isfinite(judge) & np.isfinite(others).any(axis=1)
    rest = others[use]
    far_judge = np.nanmean((rest - judge[use, None]) ** 2, axis=1) if use.any() else np.zeros(0)
    far_rater = np.nanmean((rest - table[use, rater, None]) ** 2, axis=1) if use.any() else np.zeros(0)
    slack = 1e-9
    return (far_judge <= far_rater + slack).astype(float), (far_rater <= far_judge + slack).astype(float)


def _p_value(advantage: Array, epsilon: float) -> float:
    """Return the one-sided p of the t test that the mean advantage is below epsilon."""
    n, mean = len(advantage), float(advantage.mean())
    se = float(advantage.std(ddof=1)) / math.sqrt(n)
    if se == 0:
        return 0.0 if mean < epsilon else 1.0
    return t_cdf(n - 1, (mean - epsilon) / se)
