"""The statistical part of the gate: each check with what is needed and what was got, and the verdict they give.

Pure. What a table cannot show (probes, sealed attempts, groups of candidates) is listed as not assessed and does not
block here; `calibrate run` assesses it. Undefined and insufficient are never a pass.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from examiner.calibration.policies import Thresholds
from examiner.domain.certificate import CheckResult
from examiner.stats.statistic import Statistic

Verdict = Literal["pass", "fail", "insufficient", "undefined"]
NOT_ASSESSED = "not assessed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gate looks at, for one judge and criterion.

    Attributes:
        anchors: answers with a human label and a score of the judge.
        questions: distinct questions among them.
        human_levels: human labels on each level, rounded half up.
        judge_levels: the judge's scores on each level.
        unscored: share of answers the judge left without a score.
        double_scored: answers that two people scored.
        label_reliability: of the human label in use.
        statistics: the judge's figures by name, degradation among them.
        closed_lower: the bound of QWK in closed form, answers taken as independent; None where it does not exist.
        drawn_lower: the same by bootstrap.

    """

    anchors: int
    questions: int
    human_levels: tuple[int, ...]
    judge_levels: tuple[int, ...]
    unscored: float
    double_scored: int
    label_reliability: Statistic
    statistics: Mapping[str, Statistic]
    closed_lower: float | None
    drawn_lower: float | None


def decide(evidence: Evidence, limits: Thresholds) -> tuple[tuple[CheckResult, ...], Verdict]:
    """Return the checks in order and the verdict.

    The verdict is `undefined` where a statistic that the policy asks for does not exist, else `insufficient` where
    there are too few labels to tell, else `fail` where a limit is missed, else `pass`.
    """
    enough, measured = _enough(evidence, limits), _measured(evidence, limits)
    checks = (*enough, *measured, *_not_assessed(limits))
    if any(c.ok is False and c.got is None for c in measured):
        return checks, "undefined"
    if any(c.ok is False for c in enough):
        return checks, "insufficient"
    return checks, "fail" if any(c.ok is False for c in measured) else "pass"


def _enough(e: Evidence, t: Thresholds) -> list[CheckResult]:
    """Return the checks of whether there is enough to decide on."""
    levels = f"at least {t.anchors_per_level} human labels on each of {len(e.human_levels)} levels"
    checks = [
        _least("anchors", t.anchors, e.anchors),
        _least("questions", t.questions, e.questions),
        CheckResult(name="levels", need=levels, got=e.human_levels, ok=min(e.human_levels) >= t.anchors_per_level),
    ]
    if t.double_scored:
        checks.append(_least("double_scored", t.double_scored, e.double_scored))
    if e.closed_lower is not None and e.drawn_lower is not None:
        gap = abs(e.closed_lower - e.drawn_lower)
        checks.append(
            CheckResult(
                name="interval_agreement",
                need=f"at most {t.interval_agreement:g}",
                got=gap,
                ok=gap <= t.interval_agreement,
            )
        )
    return checks


def _measured(e: Evidence, t: Thresholds) -> list[CheckResult]:
    s = e.statistics
    checks = [CheckResult(name="unscored", need=f"at most {t.unscored:g}", got=e.unscored, ok=e.unscored <= t.unscored)]
    every = all(e.judge_levels) if t.judge_uses_every_level else None
    checks.append(
        CheckResult(
            name="judge_levels",
            need="every level used" if t.judge_uses_every_level else "reported",
            got=e.judge_levels,
            ok=every,
        )
    )
    if e.double_scored or not t.double_scored:
        checks += _floor("label_reliability", e.label_reliability, t.label_reliability, t.label_reliability_lower)
    checks += _floor("qwk", s["qwk"], t.qwk, t.qwk_lower)
    checks += _floor("spearman", s["spearman"], t.spearman, t.spearman_lower)
    if e.double_scored or not t.double_scored:
        checks += _degradation(s["degradation"], t)
    checks.append(_bias(s["smd"], e.anchors, t))
    low, high = t.sd_ratio
    checks.append(_limit("sd_ratio", f"{low:g} to {high:g}", s["sd_ratio"].value, lambda x: low <= x <= high))
    return checks


def _floor(name: str, one: Statistic, value: float | None, lower: float | None) -> list[CheckResult]:
    """Return the checks of a statistic and of its lower bound."""
    return [
        _reported(name, one.value)
        if value is None
        else _limit(name, f"at least {value:g}", one.value, lambda x: x >= value),
        _reported(f"{name}_lower", one.lower)
        if lower is None
        else _limit(f"{name}_lower", f"at least {lower:g}", one.lower, lambda x: x >= lower),
    ]


def _degradation(one: Statistic, t: Thresholds) -> list[CheckResult]:
    if t.degradation is None and t.degradation_upper is None:
        return [_reported("degradation", one.value)]
    checks = []
    if t.degradation is not None:
        most = t.degradation
        checks.append(_limit("degradation", f"at most {most:g}", one.value, lambda x: x <= most))
    if t.degradation_upper is not None:
        top = t.degradation_upper
        checks.append(_limit("degradation_upper", f"at most {top:g}", one.upper, lambda x: x <= top))
    return checks


def _bias(one: Statistic, n: int, t: Thresholds) -> CheckResult:
    """Return the check of the standardised mean difference: its interval at small n, its value from there on."""
    if (t.smd_point is not None and n >= t.smd_point_from) or t.smd_interval is None:
        most = t.smd_point or 0.0
        return _limit("smd", f"within +-{most:g}", one.value, lambda x: abs(x) <= most)
    wide = t.smd_interval
    got = None if one.lower is None or one.upper is None else (one.lower, one.upper)
    inside = got is not None and -wide <= got[0] and got[1] <= wide
    return CheckResult(name="smd_interval", need=f"90 % interval within +-{wide:g}", got=got, ok=inside)


def _not_assessed(t: Thresholds) -> list[CheckResult]:
    items = f"no false credit of {t.critical_items}" if t.critical_items else "no false credit"
    attempts = {"log": "recorded", "split": "5 % shared among attempts", "once": "one attempt"}[t.attempts]
    needs = {
        "probes": "no critical failure",
        "critical_items": items,
        "repeat_stability": f"at most {t.flip_rate:g} of scores change",
        "sealed_attempts": attempts,
    }
    if t.subgroup_smd is not None:
        needs["subgroup_smd"] = f"within +-{t.subgroup_smd:g} in each group"
    return [CheckResult(name=name, need=need, got=NOT_ASSESSED, ok=None) for name, need in needs.items()]


def _least(name: str, need: int, got: int) -> CheckResult:
    return CheckResult(name=name, need=f"at least {need}", got=got, ok=got >= need)


def _limit(name: str, need: str, got: float | None, fits: Callable[[float], bool]) -> CheckResult:
    return CheckResult(name=name, need=need, got=got, ok=got is not None and fits(got))


def _reported(name: str, got: float | None) -> CheckResult:
    return CheckResult(name=name, need="reported", got=got, ok=None)
