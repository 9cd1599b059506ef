"""From figures to a state: what a judge has earned on a criterion. Pure.

The statistical verdict comes from `verdict.py`; here it meets the probes, the known-bad answers, repeat runs, attempts
and the provenance of the labels. Whatever is undefined or was not assessed is no pass.
"""

from collections.abc import Sequence

from examiner.calibration.policies import Thresholds
from examiner.domain.base import Frozen
from examiner.domain.certificate import CheckResult, Earned
from examiner.domain.score import State


class Conduct(Frozen):
    """How a judge behaved beyond its agreement with labels.

    Attributes:
        critical_probes: critical probes that failed or could not be tried; None where none was run.
        probes: how many probes were run.
        bad_items: known-bad answers judged; `credited` of them got more than 0 without a flag.
        repeated: levels judged again; `flipped` of them changed.
        attempts: tries of this judge on these anchors, this one included.

    """

    critical_probes: tuple[str, ...] | None
    probes: int
    bad_items: int
    credited: int
    repeated: int
    flipped: int
    attempts: int


class Decision(Frozen):
    """What was earned, and every line that led to it."""

    state: State
    checks: tuple[CheckResult, ...]
    reasons: tuple[str, ...]


def conduct_checks(conduct: Conduct, limits: Thresholds) -> tuple[CheckResult, ...]:
    """Return the gate's lines that no table of scores can show."""
    failed = conduct.critical_probes
    rate = conduct.flipped / conduct.repeated if conduct.repeated else None
    once = limits.attempts == "once"
    return (
        CheckResult(
            name="probes",
            need="no critical failure",
            got="none run" if failed is None else ", ".join(failed) or f"{conduct.probes} run, none",
            ok=failed == (),
        ),
        CheckResult(
            name="critical_items",
            need=f"no false credit of {limits.critical_items} or more" if limits.critical_items else "no false credit",
            got=f"{conduct.credited} of {conduct.bad_items}",
            ok=conduct.credited == 0 and conduct.bad_items >= limits.critical_items,
        ),
        CheckResult(
            name="repeat_stability",
            need=f"at most {limits.flip_rate:g} of the levels change",
            got=rate,
            ok=rate is not None and rate <= limits.flip_rate,
        ),
        CheckResult(
            name="sealed_attempts",
            need={"log": "recorded", "split": "5 % shared among attempts", "once": "one attempt"}[limits.attempts],
            got=conduct.attempts,
            ok=conduct.attempts == 1 if once else True,
        ),
    )


def decide(
    verdict: str, advisory: str, checks: Sequence[CheckResult], conduct: Sequence[CheckResult], best: State
) -> Decision:
    """Return the state that a judge has earned on one criterion.

    Args:
        verdict: of the statistics under the policy: pass, fail, insufficient, undefined.
        advisory: the same under the advisory limits (`practice`), which `provisional` takes.
        checks: the lines of the statistical part.
        conduct: the other lines.
        best: the best state that the labels' provenance allows (`reference` for constructed ones).

    """
    lines = (*(c for c in checks if c.got != "not assessed"), *conduct)
    failed = tuple(f"{c.name.replace('_', ' ')}: {_short(c.got)}, needed {c.need}" for c in lines if c.ok is False)
    sound = all(c.ok for c in conduct)
    state: State = "blocked"
    if best == "uncalibrated":
        state = "uncalibrated"
    elif sound and verdict == "pass":
        state = best
    elif sound and verdict == "insufficient" and advisory == "pass":
        state = "provisional" if best == "calibrated" else best
    return Decision(state=state, checks=lines, reasons=failed)


def _short(got: object) -> str:
    """Return a figure as people read it."""
    if isinstance(got, float):
        return f"{got:.2f}"
    if isinstance(got, tuple | list):
        return ", ".join(_short(g) for g in got)
    return str(got)


def earned(state: State) -> Earned | None:
    """Return the state as a certificate can carry it; None where there is nothing to certify."""
    return state if state in ("calibrated", "provisional", "reference") else None
