"""A table of scores to figures and verdicts: what `calibrate stats` reports. Chance comes in as a seed."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examiner.calibration.policies import Thresholds
from examiner.calibration.study.table import Ratings, Table
from examiner.calibration.study.verdict import Evidence, decide
from examiner.stats.agreement import clusters_of, measure
from examiner.stats.alpha import METRICS, krippendorff_alpha
from examiner.stats.alt_test import alt_test
from examiner.stats.bias import smd
from examiner.stats.bootstrap import percentile, resample
from examiner.stats.catalogue import STATISTICS
from examiner.stats.cells import Cells, cells_of
from examiner.stats.chance import fleiss_kappa, gwet
from examiner.stats.icc import icc
from examiner.stats.intervals import clopper_pearson
from examiner.stats.kappa import kappa_of_table
from examiner.stats.levels import weights
from examiner.stats.raters import degradation, human_agreement
from examiner.stats.statistic import LEVEL, Array, Ints, Statistic, undefined
from examiner.stats.within import within_question_qwk

Bools = NDArray[np.bool_]
_ORDER = (
    *("qwk", "kappa", "kappa_linear", "ac1", "ac2", "spearman", "pearson", "kendall_tau_b"),
    *("smd", "sd_ratio", "exact", "adjacent", "degradation", "within_question_qwk"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """How a table is studied; the fields are arguments of `study`."""

    seed: int
    attempts: int
    resamples: int
    epsilon: float

    def chance(self, judge: str, criterion: str) -> np.random.Generator:
        """Return the stream of one judge and criterion, whatever else the table holds."""
        return np.random.default_rng([self.seed, zlib.crc32(judge.encode()), zlib.crc32(criterion.encode())])


def study(
    table: Table,
    policy: str,
    limits: Thresholds,
    *,
    seed: int = 0,
    attempts: int = 1,
    resamples: int = 2000,
    epsilon: float | None = None,
    by_question: bool = False,
) -> dict[str, Any]:
    """Return the object of `calibrate stats --json`.

    Args:
        table: the scores.
        policy: the policy's name.
        limits: its thresholds.
        seed: of the bootstrap; each judge and criterion draws from a stream of its own.
        attempts: how often these anchors were used; bounds are at 5 % over this number.
        resamples: of the bootstrap.
        epsilon: allowance of the alternative annotator test; None takes the policy's.
        by_question: add figures of each question.

    """
    run = Run(seed, attempts, resamples, limits.alt_test_epsilon if epsilon is None else epsilon)
    humans: dict[str, Any] = {}
    judges: dict[str, dict[str, Any]] = {}
    for criterion, ratings in table.criteria.items():
        humans[criterion], reliability = _humans(ratings, table.levels, run.chance("", criterion), run.resamples)
        for name in ratings.judges:
            rng = run.chance(name, criterion)
            judges.setdefault(name, {})[criterion] = _judge(ratings, name, table.levels, limits, reliability, run, rng)
            if by_question:
                judges[name][criterion]["by_question"] = _by_question(ratings, name, table.levels)
    return {
        "policy": policy,
        "levels": list(table.levels),
        "attempts": attempts,
        "humans": humans,
        "judges": judges,
    }


def _humans(
    ratings: Ratings, levels: tuple[int, int], rng: np.random.Generator, resamples: int
) -> tuple[dict[str, Any], Statistic]:
    labelled = np.isfinite(ratings.human).any(axis=1)
    scores = ratings.human[labelled]
    if not len(ratings.raters):
        scores = np.zeros((0, 0))
    clusters = None if ratings.questions is None else clusters_of(ratings.questions[labelled])
    qwk, reliability = human_agreement(scores, rng, clusters=clusters, resamples=resamples)
    return {
        "raters": len(ratings.raters),
        "items": int(labelled.sum()),
        "qwk": qwk.as_dict(),
        "alpha": {metric: krippendorff_alpha(scores, metric).as_dict() for metric in METRICS},
        "fleiss_kappa": fleiss_kappa(scores, levels).as_dict(),
        "ac1": gwet(scores, levels).as_dict(),
        "ac2": gwet(scores, levels, power=2).as_dict(),
        "icc": {form: one.as_dict() for form, one in icc(scores).items()},
        "label_reliability": reliability.as_dict(),
    }, reliability


def _judge(
    ratings: Ratings,
    name: str,
    levels: tuple[int, int],
    limits: Thresholds,
    reliability: Statistic,
    run: Run,
    rng: np.random.Generator,
) -> dict[str, Any]:
    use, label, judge = _paired(ratings, name)
    people = ratings.human[use]
    questions = None if ratings.questions is None else ratings.questions[use]
    clusters, cells = clusters_of(questions), cells_of(label, judge, levels)
    found = _statistics(people, label, judge, levels, questions, run, rng)
    unscored, scored = ratings.unscored[name], int(np.isfinite(ratings.judges[name]).sum())
    closed, drawn = _two_bounds(cells, found["qwk"], clusters, run, rng)
    evidence = Evidence(
        anchors=int(use.sum()),
        questions=int(use.sum()) if questions is None else len(np.unique(questions)),
        human_levels=tuple(int(x) for x in cells.confusion.sum(axis=1)),
        judge_levels=tuple(int(x) for x in cells.confusion.sum(axis=0)),
        unscored=unscored / max(1, unscored + scored),
        double_scored=int((np.isfinite(people).sum(axis=1) >= 2).sum()),
        label_reliability=reliability,
        statistics=found,
        closed_lower=closed,
        drawn_lower=drawn,
    )
    checks, verdict = decide(evidence, limits)
    test = alt_test(people, judge, epsilon=run.epsilon)
    return {
        "n": evidence.anchors,
        "questions": evidence.questions,
        **{key: found[key].as_dict() for key in _ORDER},
        "alt_test": test and {key: getattr(test, key) for key in ("winning_rate", "advantage_probability", "passed")},
        "confusion": cells.confusion.astype(int).tolist(),
        "checks": [check.model_dump() for check in checks],
        "verdict": verdict,
    }


def _paired(ratings: Ratings, name: str) -> tuple[Bools, Array, Array]:
    """Return which answers have both, the mean human label and the judge's score of those."""
    use = np.isfinite(ratings.human).any(axis=1) & np.isfinite(ratings.judges[name])
    label = np.nanmean(ratings.human[use], axis=1) if use.any() else np.zeros(0)
    return use, label, ratings.judges[name][use]


def _statistics(
    people: Array,
    label: Array,
    judge: Array,
    levels: tuple[int, int],
    questions: Ints | None,
    run: Run,
    rng: np.random.Generator,
) -> dict[str, Statistic]:
    level, clusters = LEVEL / run.attempts, clusters_of(questions)
    found = measure(label, judge, levels, rng, clusters=clusters, resamples=run.resamples, level=level)
    found["degradation"] = degradation(people, judge, rng, clusters=clusters, resamples=run.resamples, level=level)
    found["within_question_qwk"] = (
        undefined("the table names no questions")
        if questions is None
        else within_question_qwk(label, judge, questions, rng, resamples=run.resamples, level=level)
    )
    return found


def _two_bounds(
    cells: Cells, qwk: Statistic, clusters: Ints | None, run: Run, rng: np.random.Generator
) -> tuple[float | None, float | None]:
    """Return the lower bound of QWK in closed form and by bootstrap, answers taken as independent in both."""
    level = LEVEL / run.attempts
    closed = kappa_of_table(cells.confusion, weights(cells.size, 2), level=level).lower
    if clusters is None or qwk.value is None:
        return closed, qwk.lower
    counts = resample(cells.member, len(cells.counts), rng, min(1000, run.resamples))
    return closed, percentile(qwk.value, STATISTICS["qwk"](cells, counts), level).lower


def _by_question(ratings: Ratings, name: str, levels: tuple[int, int]) -> dict[str, Any]:
    """Return n and closed-form figures of each question."""
    if ratings.questions is None:
        return {}
    use, label, judge = _paired(ratings, name)
    codes = ratings.questions[use]
    return {
        ratings.question_names[code]: _one_question(label[codes == code], judge[codes == code], levels)
        for code in np.unique(codes)
    }


def _one_question(label: Array, judge: Array, levels: tuple[int, int]) -> dict[str, Any]:
    table = cells_of(label, judge, levels).confusion
    return {
        "n": len(label),
        "qwk": kappa_of_table(table, weights(len(table), 2)).as_dict(),
        "exact": clopper_pearson(int(np.trace(table)), len(label)).as_dict(),
        "smd": smd(judge, label).as_dict(),
    }
