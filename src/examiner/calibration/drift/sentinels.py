"""Freeze a judge's levels on known answers, and judge those answers again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from examiner.calibration.probes.cases import Base, Case
from examiner.calibration.probes.graders import QUALITY, Grader, Levels
from examiner.domain.drift import Audit, Flip, Sentinel, SentinelSet, Tally
from examiner.domain.errors import Invalid, Upstream
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.domain.score import Turn

Level = Annotated[int, Field(ge=0, le=3)]


class Line(BaseModel):
    """One line of a sentinel file; other fields are ignored."""

    id: str = ""
    question: str
    answer: str
    levels: dict[str, Level] | None = Field(default=None, min_length=1)


Ask = Callable[[str], tuple[Instance, Rubric]]


def answers(bases: Sequence[Base], count: int) -> list[Case]:
    """Return at most `count` answers to freeze, spread over questions and levels.

    Each round takes another level of each question; answers that were given come first. Raises Invalid where there are
    none at all.
    """
    rounds = [
        [base.given[0] for base in bases if base.given],
        *([base.rungs[level] for base in bases if level in base.rungs] for level in (2, 1, 3, 0)),
    ]
    found = [case for cases in rounds for case in cases]
    if not found:
        raise Invalid("there is no answer to freeze", hint="name a content folder with questions")
    return found[:count]


def freeze(grader: Grader, cases: Sequence[Case]) -> SentinelSet:
    """Judge each answer once and keep its levels.

    Raises:
        Upstream: the judge failed; a set with holes would not be frozen.

    """
    made = []
    for n, case in enumerate(cases):
        levels = grader(case.instance, case.turns, case.rubric)
        made.append(
            Sentinel(
                id=f"{case.instance.ref}#{n}",
                question=case.instance.ref,
                answer=case.text,
                levels=flat(levels),
                fingerprint=levels.fingerprint or grader.fingerprint,
                rubric_hash=case.instance.rubric_hash,
            )
        )
    return SentinelSet(judge=grader.name, sentinels=tuple(made))


def frozen_from(grader: Grader, text: str, ask: Ask, where: str) -> SentinelSet:
    """Return the set that a JSONL text describes: `question`, `answer`, and `levels` where they are known already.

    Raises:
        Invalid: a line does not fit; says which.

    """
    made = []
    for n, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = Line.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise Invalid(
                f"{where}: line {n}: {place} {first['msg']}".replace("  ", " "),
                hint='such as {"question": "kv-concurrency@0", "answer": "…", "levels": {"quality": 2}}',
            ) from None
        instance, rubric = ask(item.question)
        # Judged even where the levels are known: the fingerprint shows only then.
        levels = grader(instance, [Turn(text=item.answer, asked=instance.prompt)], rubric)
        made.append(
            Sentinel(
                id=item.id or f"{instance.ref}#{n}",
                question=instance.ref,
                answer=item.answer,
                levels=item.levels or flat(levels),
                fingerprint=levels.fingerprint or grader.fingerprint,
                rubric_hash=instance.rubric_hash,
            )
        )
    if not made:
        raise Invalid(f"{where} holds no sentinel")
    return SentinelSet(judge=grader.name, sentinels=tuple(made))


def audit(grader: Grader, frozen: SentinelSet, ask: Ask, now: datetime) -> Audit:
    """Judge every sentinel again and count the levels that flipped.

    Args:
        grader: the judge as it is today.
        frozen: the set.
        ask: gives the question and rubric of a reference.
        now: the time to record.

    """
    tallies: dict[str, Tally] = {}
    flips: list[Flip] = []
    errors, stale = [], []
    changed: set[str] = set()
    for sentinel in frozen.sentinels:
        instance, rubric = ask(sentinel.question)
        if instance.rubric_hash != sentinel.rubric_hash:
            stale.append(sentinel.id)
            continue
        try:
            levels = grader(instance, [Turn(text=sentinel.answer, asked=instance.prompt)], rubric)
        except Upstream as error:
            errors.append(f"{sentinel.id}: {error.message}")
            continue
        changed |= {levels.fingerprint or grader.fingerprint} - {sentinel.fingerprint}
        found = flat(levels)
        for name, was in sentinel.levels.items():
            if name in found:
                tallies[name] = _count(tallies.get(name, Tally(n=0, flips=0)), was, found[name])
                if found[name] != was:
                    flips.append(Flip(sentinel=sentinel.id, criterion=name, was=was, now=found[name]))
    return Audit(
        at=now,
        judge=grader.name,
        frozen=frozen.fingerprints,
        sentinels=frozen.hash,
        changed=tuple(sorted(changed)),
        tallies=tallies,
        flips=tuple(flips),
        errors=tuple(errors),
        stale=tuple(stale),
    )


def flat(levels: Levels) -> dict[str, int]:
    """Return the levels of an answer by name, the whole answer's under `quality`."""
    return {**levels.criteria, QUALITY: levels.quality}


def _count(tally: Tally, was: int, now: int) -> Tally:
    return Tally(
        n=tally.n + 1, flips=tally.flips + (was != now), up=tally.up + (now > was), down=tally.down + (now < was)
    )
