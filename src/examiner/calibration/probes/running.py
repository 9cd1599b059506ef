"""Run the metamorphic relations against a judge: how often each was tried, how often it broke, and what that bounds."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from random import Random
from statistics import mean, pstdev
from typing import Any, Literal

from examiner.calibration.probes.cases import Base, Case, build, constructed, truth
from examiner.calibration.probes.graders import Grader, Levels
from examiner.calibration.probes.relations import RELATIONS, STATISTICS, Relation, broken
from examiner.calibration.probes.trials import BUILDERS, Trial
from examiner.domain.base import Frozen
from examiner.domain.errors import Upstream
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric

EXAMPLES = 5
ERROR_LIMIT = 0.02  # of the trials; a judge that answers less often is not assessed
BIAS_LIMIT = 0.30  # |standardised mean difference|, the outer limit of the gate
SPREAD_LIMITS = (0.80, 1.25)  # judge's standard deviation over the true one, as the gate has it
Progress = Callable[[str], None]


class Example(Frozen):
    """One trial that broke a relation."""

    question: str
    shows: str
    before: str
    after: str


class ProbeResult(Frozen):
    """What one probe found.

    `upper` is the one-sided 95 % Clopper-Pearson bound on the failure rate; None where nothing was tried.
    `errors` counts trials in which the judge gave no levels; they are not among the `k`. `value` is the statistic of a
    ladder probe. `verdict` is never `pass` for a probe without a trial or with more than 2 % errors.
    """

    id: str
    failure: str
    severity: str
    k: int
    failures: int
    errors: int
    allowed: float
    upper: float | None
    verdict: Literal["pass", "fail", "not assessed"]
    value: float | None = None
    examples: tuple[Example, ...] = ()


class ProbeReport(Frozen):
    """All probes of one judge."""

    judge: str
    fingerprint: str
    seed: int
    questions: int
    judgements: int
    results: tuple[ProbeResult, ...]

    @property
    def critical(self) -> tuple[str, ...]:
        """The critical probes that failed or could not be assessed."""
        return tuple(r.id for r in self.results if r.severity == "critical" and r.verdict != "pass")

    @property
    def fired(self) -> frozenset[str]:
        """The probes that failed."""
        return frozenset(r.id for r in self.results if r.verdict == "fail")


def bases(
    questions: Sequence[tuple[Instance, Rubric]], seed: int, given: Iterable[tuple[str, str]] = ()
) -> tuple[Base, ...]:
    """Return the base answers of these questions.

    Args:
        questions: instances with the rubric that applies.
        seed: draws the parts of an answer that its ladder is made of.
        given: answers that the caller brings, as (question ref, text).

    """
    brought: dict[str, list[str]] = {}
    for ref, text in given:
        brought.setdefault(ref, []).append(text)
    made = []
    for n, (instance, rubric) in enumerate(questions):
        other = constructed(*_far(questions, n))
        rng = generator(seed, "base", instance.ref)
        made.append(build(instance, rubric, other, rng, brought.get(instance.ref, ())))
    return tuple(made)


def generator(seed: int, *names: str) -> Random:
    """Return the chance of one place: the same seed and names always give the same draws."""
    return Random("/".join((str(seed), *names)))  # noqa: S311 - reproducible draws, no secret


def run(
    grader: Grader,
    on: Sequence[Base],
    *,
    seed: int = 0,
    relations: Sequence[Relation] = RELATIONS,
    progress: Progress = lambda _: None,
) -> ProbeReport:
    """Put every relation to a judge and count.

    Args:
        grader: the judge.
        on: the base answers.
        seed: draws the changes; the same seed tries the same texts.
        relations: the relations to try.
        progress: told the name of each probe as it starts.

    """
    bench = _Bench(grader)
    results = []
    for rule in relations:
        progress(rule.id)
        trials = [t for base in on for t in BUILDERS[rule.transform](base, generator(seed, rule.transform, _ref(base)))]
        results.append(_statistic(rule, trials, bench) if rule.expect in STATISTICS else _count(rule, trials, bench))
    return ProbeReport(
        judge=grader.name,
        fingerprint=grader.fingerprint,
        seed=seed,
        questions=len(on),
        judgements=bench.judged,
        results=tuple(results),
    )


class _Bench:
    """Judges cases; of a pair the unchanged answer is judged once a run, its repetitions every time."""

    def __init__(self, grader: Grader) -> None:
        self._grader = grader
        self._known: dict[tuple[str, str], Levels] = {}
        self.judged = 0

    def levels(self, trial: Trial) -> list[Levels] | None:
        """Return the levels of a trial's answers in order; None where the judge failed, which is no score."""
        try:
            return self._levels(trial)
        except Upstream:
            return None

    def _levels(self, trial: Trial) -> list[Levels]:
        first, *others = trial.cases
        if len(trial.cases) != 2:
            return [self._judge(case) for case in trial.cases]
        key = (first.instance.ref, first.text)
        if key not in self._known:
            self._known[key] = self._judge(first)
        return [self._known[key], *(self._judge(case) for case in others)]

    def _judge(self, case: Case) -> Levels:
        self.judged += 1
        return self._grader(case.instance, case.turns, case.rubric)


def _count(rule: Relation, trials: Sequence[Trial], bench: _Bench) -> ProbeResult:
    failures = errors = 0
    examples: list[Example] = []
    for trial in trials:
        levels = bench.levels(trial)
        if levels is None:
            errors += 1
            continue
        shows = broken(rule, levels, trial.touched)
        if shows:
            failures += 1
            if len(examples) < EXAMPLES:
                examples.append(_example(trial, shows))
    k = len(trials) - errors
    return _result(rule, k, failures, errors, ok=failures <= rule.allowed * k, examples=tuple(examples))


def _statistic(rule: Relation, trials: Sequence[Trial], bench: _Bench) -> ProbeResult:
    """A property of all rungs together: offset, spread, or which levels are used. `failures` counts rungs off."""
    true: list[int] = []
    seen: list[int] = []
    errors = 0
    for trial in trials:
        levels = bench.levels(trial)
        if levels is None:
            errors += 1
            continue
        true += [truth(case).quality for case in trial.cases]
        seen += [level.quality for level in levels]
    off = sum(a != b for a, b in zip(true, seen, strict=True))
    value, ok = _measure(rule.expect, true, seen) if true else (0.0, False)
    return _result(rule, len(true), off, errors, ok=ok, value=round(value, 4) if true else None)


def _result(rule: Relation, k: int, failures: int, errors: int, *, ok: bool, **more: Any) -> ProbeResult:
    known = k > 0 and errors <= ERROR_LIMIT * (k + errors)
    return ProbeResult(
        id=rule.id,
        failure=rule.failure,
        severity=rule.severity,
        k=k,
        failures=failures,
        errors=errors,
        allowed=rule.allowed,
        upper=upper_bound(failures, k) if k else None,
        verdict="fail" if k and not ok else "pass" if known else "not assessed",
        **more,
    )


def _measure(expect: str, true: Sequence[int], seen: Sequence[int]) -> tuple[float, bool]:
    spread_true, spread_seen = pstdev(true), pstdev(seen)
    if expect == "uses":
        used = len(set(seen) & set(true)) / len(set(true))
        return used, used == 1
    if expect == "spread":
        ratio = spread_seen / spread_true
        return ratio, SPREAD_LIMITS[0] <= ratio <= SPREAD_LIMITS[1]
    pooled = ((spread_true**2 + spread_seen**2) / 2) ** 0.5
    offset = (mean(seen) - mean(true)) / pooled
    return offset, abs(offset) <= BIAS_LIMIT


def upper_bound(failures: int, k: int) -> float:
    """Return the one-sided 95 % upper bound on a failure rate; 1 where nothing was tried."""
    from examiner.stats.intervals import clopper_pearson  # noqa: PLC0415 - numpy takes its time to import

    bound = clopper_pearson(failures, k).upper
    return 1.0 if bound is None else float(bound)


def _example(trial: Trial, shows: str) -> Example:
    return Example(
        question=trial.cases[0].instance.ref,
        shows=shows,
        before=trial.cases[0].text if len(trial.cases) > 1 else "",
        after=trial.cases[-1].text,
    )


def _far(questions: Sequence[tuple[Instance, Rubric]], n: int) -> tuple[Instance, Rubric]:
    """Return the next question that shares no area and no topic with this one; the next one where all do."""
    own = questions[n][0]
    ring: Iterator[tuple[Instance, Rubric]] = (
        questions[(n + step) % len(questions)] for step in range(1, len(questions))
    )
    around = list(islice(ring, len(questions)))
    far = [q for q in around if not set(q[0].areas) & set(own.areas) and q[0].topic != own.topic]
    return (far or around or [questions[n]])[0]


def _ref(base: Base) -> str:
    return base.instance.ref
