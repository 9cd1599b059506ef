"""Frozen sentinels in the store: freeze them, audit a judge on them, read what the audits say."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from examiner.calibration.drift.sentinels import Ask, answers, audit, freeze, frozen_from
from examiner.calibration.drift.standing import charts, current, standing
from examiner.calibration.probes.graders import Grader
from examiner.domain.drift import Audit, Chart, SentinelSet, Standing
from examiner.domain.errors import NotFound
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.service.examiner import Examiner
from examiner.service.trust.probing import probe_bases, read_text
from examiner.store.chain import Entry

FROZEN, AUDIT = "frozen", "audit"
COUNT = 50
_LEVELS = 4  # sentinels that one question gives: an answer of each level


def freeze_sentinels(
    examiner: Examiner, grader: Grader, count: int = COUNT, seed: int = 0, source: Path | None = None
) -> SentinelSet:
    """Freeze a judge's levels on known answers and store them; audits from then on compare with these.

    Args:
        examiner: the wired examiner.
        grader: the judge.
        count: how many answers.
        seed: draws the questions.
        source: a JSONL file of answers (`question`, `answer`, and `levels` where they were frozen elsewhere).

    """
    if source is not None:
        made = frozen_from(grader, read_text(source), _ask(examiner), str(source))
    else:
        on = probe_bases(examiner, -(-count // _LEVELS), seed)
        made = freeze(grader, answers(on, count))
    _append(examiner, made.judge, FROZEN, made)
    return made


def run_audit(examiner: Examiner, grader: Grader) -> tuple[Audit, Standing]:
    """Judge the frozen sentinels of a judge again, store what came of it, and say how the judge stands.

    Raises:
        NotFound: nothing was frozen for this judge.

    """
    frozen = sentinels_of(examiner, grader.name)
    if frozen is None:
        raise NotFound(f"no sentinels are frozen for judge '{grader.name}'", hint="run `examiner drift freeze`")
    record = audit(grader, frozen, _ask(examiner), examiner.clock())
    _append(examiner, grader.name, AUDIT, record)
    return record, set_standing(examiner, frozen)


def judge_standing(examiner: Examiner, judge: str, fingerprint: str) -> Standing:
    """Return how a judge stands against the fingerprint that its certificate names."""
    return standing(audits_of(examiner, judge), fingerprint, examiner.clock())


def set_standing(examiner: Examiner, frozen: SentinelSet) -> Standing:
    """Return how a judge stands against the levels that were frozen last, whatever was certified."""
    return judge_standing(examiner, frozen.judge, frozen.fingerprints[0])


def audits_of(examiner: Examiner, judge: str) -> tuple[Audit, ...]:
    """Return all audits of a judge, oldest first."""
    records = examiner.ledger.audits.read(judge)
    return tuple(Audit.model_validate(r.body) for r in records if r.kind == AUDIT)


def charts_of(examiner: Examiner, judge: str) -> tuple[Chart, ...]:
    """Return the course of each criterion of a judge as it is now."""
    return tuple(charts(current(audits_of(examiner, judge))))


def sentinels_of(examiner: Examiner, judge: str) -> SentinelSet | None:
    """Return the set frozen last for a judge; None where there is none."""
    found = [r for r in examiner.ledger.audits.read(judge) if r.kind == FROZEN]
    return SentinelSet.model_validate(found[-1].body) if found else None


def sentinel_texts(examiner: Examiner) -> set[str]:
    """Return the answers that are frozen, or ever were, for any judge."""
    log = examiner.ledger.audits
    frozen = (r.body for s in log.streams() for r in log.read(s.stream) if r.kind == FROZEN)
    return {s.answer for body in frozen for s in SentinelSet.model_validate(body).sentinels}


def watch(
    examiner: Examiner,
    grader: Callable[[], Grader],
    every: float,
    times: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[Audit, Standing]]:
    """Audit again and again, `every` seconds apart; yields what came of each audit.

    Args:
        examiner: the wired examiner.
        grader: opens the judge anew for each audit, so that a change on the disk is seen.
        every: seconds between the beginnings of two audits.
        times: how many audits; without end where None.
        sleep: waits.

    """
    done = 0
    while times is None or done < times:
        if done:
            sleep(every)
        yield run_audit(examiner, grader())
        done += 1


def _ask(examiner: Examiner) -> Ask:
    def ask(ref: str) -> tuple[Instance, Rubric]:
        instance = examiner.instance(ref)
        return instance, examiner.rubric(instance)

    return ask


def _append(examiner: Examiner, judge: str, kind: str, body: Audit | SentinelSet) -> None:
    log = examiner.ledger.audits
    entry = Entry(kind=kind, body=body.model_dump(mode="json"), at=examiner.clock())
    log.append(judge, [entry], after=log.head(judge))
