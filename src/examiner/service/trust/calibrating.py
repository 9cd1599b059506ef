"""`calibrate run`: judge sealed anchors, probe the judge, decide per criterion, certify or refuse."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from examiner.calibration.anchors.sets import AnchorSet, find, folders, read_set
from examiner.calibration.certificates import certify
from examiner.calibration.policies import Thresholds, read_thresholds
from examiner.calibration.probes import running as probes
from examiner.calibration.probes.graders import BenchGrader
from examiner.calibration.study.measure import study
from examiner.calibration.study.table import Ratings, Table
from examiner.domain.anchor import OVERALL, Anchor, standing_of
from examiner.domain.certificate import Certificate, CheckResult
from examiner.domain.errors import Invalid, Refused
from examiner.domain.identity import fingerprint
from examiner.domain.score import Score
from examiner.judge.bench import Judge, assess
from examiner.service.examiner import Examiner
from examiner.service.trust.certifying import VALID, Say, criterion_hash, issue, record
from examiner.service.trust.probing import probe_bases

ATTEMPTS = "attempts/"
_REPEATS = 2  # further runs of each anchor in the stability check: three in all
_STABILITY = 60  # anchors that are judged again
_PROBED = 20  # questions that the probes are run on


@dataclass(frozen=True)
class _Judged:
    """One anchor and what the judge made of it."""

    anchor: Anchor
    score: Score
    flagged: bool


@dataclass(frozen=True)
class _Round:
    """One judge on the sealed anchors of one set, under one policy: what every criterion is decided from."""

    examiner: Examiner
    judge: Judge
    anchors: AnchorSet
    judged: Sequence[_Judged]
    policy: str
    limits: Thresholds
    attempt: int


def calibrate(
    examiner: Examiner, judge_name: str, set_name: str, policy: str, *, seed: int = 0, say: Say = lambda _: None
) -> dict[str, Any]:
    """Run one calibration round and return its report; certificates and refusals are recorded.

    Raises:
        NotFound: no such judge, set or policy.
        Invalid: the set has no gate anchors of the vault's questions as they stand.
        Refused: the judge was tuned on gate anchors, or the policy allows no further attempt.

    """
    name, limits = read_thresholds(examiner.root, policy)
    _, advisory = read_thresholds(examiner.root, "practice")
    anchors = read_set(find(set_name, folders(examiner.home, examiner.root)))
    judge = examiner.judge_named(judge_name)
    usable, stale = _usable(examiner, anchors)
    _disjoint(judge, anchors)
    attempt = _attempt(examiner, judge, anchors, limits)
    say(f"attempt {attempt} of judge {judge.name} on {anchors.name}: {len(usable)} gate anchors")
    judged = [_judge(examiner, judge, anchor) for anchor in usable]
    conduct = _conduct(examiner, judge, judged, attempt, seed, say)
    table = _table(anchors, judged, judge.name)
    figures = study(table, name, limits, seed=seed, attempts=attempt if limits.attempts == "split" else 1)
    weaker = study(table, "practice", advisory, seed=seed)
    lines = certify.conduct_checks(conduct, limits)
    best = standing_of(anchors.part("gate"))
    report: dict[str, Any] = {
        "judge": judge.name,
        "fingerprint": judge.observed_fingerprint,
        "anchors": {
            "set": anchors.name, "hash": anchors.hash, "gate": len(usable), "stale": len(stale), "human": best.human, "why": best.why,
        },
        "policy": name,
        "attempts": attempt,
        "conduct": conduct.model_dump(mode="json"),
        "criteria": {},
        "humans": figures["humans"],
    }  # fmt: skip
    run = _Round(examiner, judge, anchors, judged, name, limits, attempt)
    for criterion in table.criteria:
        found, less = figures["judges"][judge.name][criterion], weaker["judges"][judge.name][criterion]
        checks = [CheckResult(**c) for c in found["checks"]]
        made = certify.decide(found["verdict"], less["verdict"], checks, lines, best.best)
        ids = _settle(run, criterion, made, found)
        report["criteria"][criterion] = {
            "state": made.state, "verdict": found["verdict"], "certificates": ids, "reasons": list(made.reasons), "statistics": found,
        }  # fmt: skip
    return report


def _usable(examiner: Examiner, anchors: AnchorSet) -> tuple[list[Anchor], list[Anchor]]:
    """Return the gate anchors whose question stands as it was labelled, and those whose question was edited since."""
    fresh: list[Anchor] = []
    stale: list[Anchor] = []
    for anchor in anchors.part("gate"):
        same = examiner.instance(anchor.question).rubric_hash == anchor.question_hash
        (fresh if same else stale).append(anchor)
    if not fresh:
        raise Invalid(
            f"set '{anchors.name}' has no gate anchor of a question as it stands now",
            hint="anchors of the half `gate` are needed; `examiner anchors list` shows the halves",
        )
    return fresh, stale


def _disjoint(judge: Judge, anchors: AnchorSet) -> None:
    """Refuse a judge whose examples or optimiser saw gate anchors."""
    seen: frozenset[str] = getattr(judge, "tuned_on", frozenset())
    shared = [a.id for a in anchors.part("gate") if fingerprint(a.text) in seen or a.id in seen]
    if shared:
        raise Refused(
            f"judge '{judge.name}' was tuned on {len(shared)} gate anchors, first {shared[0]}",
            hint="tune on the half `tuning` only; what was looked at measures nothing",
        )


def _attempt(examiner: Examiner, judge: Judge, anchors: AnchorSet, limits: Thresholds) -> int:
    """Enter this try in the ledger and return how many there are; a fixed judge tried again as it was is no new try."""
    stream = f"{ATTEMPTS}{anchors.items_hash.partition(':')[2][:32]}"
    tries = [r.body for r in examiner.ledger.audits.read(stream) if r.body["judge"] == judge.name]
    again = getattr(judge, "deterministic", False) and any(
        t["fingerprint"] == judge.observed_fingerprint for t in tries
    )
    number = len({t["fingerprint"] for t in tries}) if again else len(tries) + 1
    if limits.attempts == "once" and number > 1:
        raise Refused(
            f"these anchors were used {number - 1} times for judge '{judge.name}'; the policy allows one attempt",
            hint="label a fresh block of anchors",
        )
    if not again:
        record(examiner, [("attempt", {"judge": judge.name, "fingerprint": judge.observed_fingerprint})], stream)
    return number


def _judge(examiner: Examiner, judge: Judge, anchor: Anchor) -> _Judged:
    instance = examiner.instance(anchor.question)
    turns = [t if t.asked or n else t.model_copy(update={"asked": instance.prompt}) for n, t in enumerate(anchor.turns)]
    score = assess(judge, instance, turns, examiner.rubric(instance))
    return _Judged(anchor, score, bool(score.judgement.flags or score.judgement.trivial))


def _conduct(
    examiner: Examiner, judge: Judge, judged: Sequence[_Judged], attempt: int, seed: int, say: Say
) -> certify.Conduct:
    """Probe the judge, count false credits of known-bad answers, judge some anchors again."""
    say(f"probing on {_PROBED} questions")
    report = probes.run(BenchGrader(judge), probe_bases(examiner, _PROBED, seed), seed=seed)
    bad = [j for j in judged if j.anchor.canary]
    again = [j for j in judged if not j.anchor.canary][:_STABILITY]
    say(f"judging {len(again)} anchors {_REPEATS} times more")
    repeated = flipped = 0
    for one in again:
        was = {c.criterion: c.quality for c in one.score.criteria}
        for _ in range(_REPEATS):
            now = {c.criterion: c.quality for c in _judge(examiner, judge, one.anchor).score.criteria}
            repeated += len(was)
            flipped += sum(now.get(name) != level for name, level in was.items())
    tried = {r.id: r for r in report.results if r.severity == "critical"}
    return certify.Conduct(
        critical_probes=report.critical,
        probes=len(report.results),
        bad_items=len(bad) + sum(r.k for r in tried.values()),
        credited=sum(j.score.quality > 0 and not j.flagged for j in bad)
        + sum(r.failures for r in tried.values() if r.verdict == "fail"),
        repeated=repeated,
        flipped=flipped,
        attempts=attempt,
    )


def _table(anchors: AnchorSet, judged: Sequence[_Judged], judge: str) -> Table:
    """Return labels and levels as a table, a criterion each; every label that counts is one column of a rater."""
    criteria = list(dict.fromkeys(c for j in judged for c in j.anchor.criteria))
    families = sorted({j.anchor.family for j in judged})
    out = {}
    for criterion in criteria:
        rows = [j for j in judged if j.anchor.mean(criterion) is not None]
        raters = sorted({r for j in rows for r in j.anchor.scores(criterion)})
        human = np.array(
            [[j.anchor.scores(criterion).get(r, math.nan) for r in raters] for j in rows], dtype=float
        ).reshape(len(rows), len(raters))
        levels = np.array([_level(j.score, criterion) for j in rows], dtype=float)
        out[criterion] = Ratings(
            items=tuple(j.anchor.id for j in rows),
            questions=np.array([families.index(j.anchor.family) for j in rows], dtype=np.int64),
            question_names=tuple(families),
            raters=tuple(raters),
            human=human,
            judges={judge: levels},
            unscored={judge: int(np.isnan(levels).sum())},
        )
    return Table(anchors.levels, out)


def _level(score: Score, criterion: str) -> float:
    if criterion == OVERALL:
        return float(score.quality)
    return next((float(c.quality) for c in score.criteria if c.criterion == criterion), math.nan)


def _settle(run: _Round, criterion: str, made: certify.Decision, found: dict[str, Any]) -> list[str]:
    """Record the outcome for one criterion: a certificate for each kind of question that has it, or a refusal."""
    state = certify.earned(made.state)
    if state is None:
        why = "; ".join(made.reasons[:3]) or made.state
        body = {
            "judge": run.judge.name,
            "fingerprint": run.judge.observed_fingerprint,
            "criterion": criterion,
            "why": why,
        }
        record(run.examiner, [("refused", body)])
        return []
    kinds = {_kind(run.examiner, j.anchor) for j in run.judged}
    rubrics = {k: run.examiner.vault.rubric_for(k) for k in sorted(kinds)}
    ids = []
    for kind, rubric in rubrics.items():
        if criterion not in rubric.criteria:
            continue
        asked = {j.anchor.family: j.anchor.question_hash for j in run.judged if _kind(run.examiner, j.anchor) == kind}
        now = run.examiner.clock()
        certificate = Certificate(
            id="",
            judge=run.judge.name,
            fingerprint=run.judge.observed_fingerprint,
            criterion=criterion,
            criterion_hash=criterion_hash(rubric, criterion),
            state=state,
            anchors=run.anchors.name,
            anchors_hash=run.anchors.hash,
            questions=asked,
            covers_new=run.limits.cover_new_questions and _covers(run, criterion),
            policy=run.policy,
            policy_hash=fingerprint(run.limits.model_dump(mode="json")),
            statistics={k: found[k] for k in ("n", "questions", "qwk", "spearman", "smd", "sd_ratio", "degradation")},
            checks=made.checks,
            attempts=run.attempt,
            issued=now,
            expires=now + VALID,
            key="",
        )
        ids.append(issue(run.examiner, certificate).id)
    return ids


def _kind(examiner: Examiner, anchor: Anchor) -> str:
    return examiner.vault.family(anchor.family).kind


def _covers(run: _Round, criterion: str) -> bool:
    """Tell whether agreement holds with any one question left out, over enough questions to speak of new ones."""
    from examiner.stats.correlation import spearman  # noqa: PLC0415 - one path
    from examiner.stats.kappa import kappa  # noqa: PLC0415

    limits = run.limits
    rows = [(j.anchor.family, j.anchor.mean(criterion), _level(j.score, criterion)) for j in run.judged]
    kept = [(f, m, s) for f, m, s in rows if m is not None and not math.isnan(s)]
    families = {f for f, _, _ in kept}
    if len(families) < limits.questions:
        return False
    for left_out in families:
        human = np.array([m for f, m, _ in kept if f != left_out])
        machine = np.array([s for f, _, s in kept if f != left_out])
        agreement = kappa(np.floor(human + 0.5).astype(int), machine.astype(int), run.anchors.levels, power=2).value
        rank = spearman(human, machine).value
        if agreement is None or rank is None or agreement < limits.qwk or rank < limits.spearman:
            return False
    return True
