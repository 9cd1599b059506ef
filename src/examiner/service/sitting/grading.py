"""Grade what was said, store the judgement, and ask the gate what may be shown."""

import statistics
from collections.abc import Sequence
from datetime import datetime

from examiner.calibration import gate
from examiner.domain.question import Instance
from examiner.domain.report import AskedItem, CandidateCard, Revision, Row, SectionReport
from examiner.domain.score import Release, Score, State, Turn
from examiner.domain.session import ItemState, Sitting
from examiner.judge.bench import assess, request_fingerprint
from examiner.llm.cassette import speaking_of
from examiner.service.examiner import Examiner
from examiner.service.sitting.asking import turns_of
from examiner.service.sitting.streams import stream_of
from examiner.service.trust.certifying import Backings
from examiner.telemetry import genai, traces

_DERIVATION = frozenset({"right", "carried", "disputed"})
REVISE = 1  # rows at or below this go on the revision list


def grade(examiner: Examiner, instance: Instance, turns: Sequence[Turn], stream: str = "") -> Score | None:
    """Return the score of one row and store its judgement; None where nothing was said. What was judged is not again.

    `stream` is the sitting that the judgement is erased with.
    """
    if not turns:
        return None
    judge, rubric = examiner.judge, examiner.rubric(instance)
    key = request_fingerprint(judge, instance, turns, rubric)
    body = examiner.ledger.judgements.get(key)
    if body is None:
        with traces.span(*genai.evaluation(judge.name, instance.ref)), speaking_of(stream):
            body = assess(judge, instance, turns, rubric).model_dump(mode="json")
    examiner.ledger.judgements.save(key, body, examiner.clock(), stream)
    return Score.model_validate(body)


def card(examiner: Examiner, sitting: Sitting, backings: Backings | None = None) -> CandidateCard:
    """Return the whole report of a sitting that has ended.

    `backings` is shared by whoever makes many reports at once.

    Raises:
        Refused: the sitting still runs; nothing is disclosed before it ends.

    """
    from examiner.domain.errors import Refused  # noqa: PLC0415 - one path

    if sitting.status != "ended":
        raise Refused("the sitting has not ended; nothing is disclosed before", hint="finish it first")
    policy = examiner.policy_named(sitting.created.policy)
    backings = backings or Backings(examiner)
    items = tuple(_item(examiner, sitting, item, policy, backings) for item in sitting.items)
    judge = examiner.judge
    rows = _rows(examiner, items)
    return CandidateCard(
        sitting=sitting.id,
        candidate=sitting.created.candidate,
        loop=sitting.created.blueprint.title,
        seed=sitting.created.plan.seed,
        started=_first(sitting).isoformat(timespec="seconds"),
        ended=sitting.last.isoformat(timespec="seconds"),
        judge=judge.name,
        fingerprint=judge.observed_fingerprint,
        policy=policy.name,
        released=any(i.release.released is not None for i in items),
        standing=gate.standing(judge.name, _weakest(items), policy),
        sections=tuple(_section(sitting, n, items) for n in range(len(sitting.sections))),
        rows=rows,
        revision=_revision(examiner, rows, items),
        items=items,
        notes=_notes(sitting),
    )


def _weakest(items: Sequence[AskedItem]) -> State:
    """Return the weakest state that any judged answer of the card rests on."""
    return min((i.release.state for i in items if i.score is not None), key=gate.ORDER.index, default="uncalibrated")


def _first(sitting: Sitting) -> datetime:
    started = [s.started for s in sitting.sections if s.started]
    return min(started) if started else sitting.last


def _item(examiner: Examiner, sitting: Sitting, item: ItemState, policy: gate.Policy, backings: Backings) -> AskedItem:
    instance = examiner.instance(item.planned.ref)
    turns = turns_of(item, instance)
    score = grade(examiner, instance, turns, stream_of(sitting.id))
    release = gate.release(score, backings.of(score), policy)
    answered = [t.answered_at for t in item.turns if t.answered_at]
    seconds = (max(answered) - item.turns[0].asked_at).total_seconds() if answered else None
    kind = next(s.kind for s in sitting.created.blueprint.sections if s.id == item.planned.section)
    return AskedItem(
        ref=item.planned.ref,
        title=instance.title,
        section=item.planned.section,
        kind=kind,
        phase=instance.phase,
        areas=instance.areas,
        level=instance.level,
        prompt=instance.prompt,
        turns=turns,
        score=score,
        release=release,
        prediction=item.prediction,
        seconds=seconds,
        minutes=item.planned.minutes,
        model_answer=instance.model_answer,
        invites=instance.invites.ask if instance.invites else "",
        invites_answer=instance.invites.answer if instance.invites else "",
        note="; ".join(_item_notes(item)),
    )


def _item_notes(item: ItemState) -> list[str]:
    notes = []
    if any(t.auto for t in item.turns):
        notes.append("submitted by itself when time ran out")
    if any(t.skipped for t in item.turns):
        notes.append("skipped")
    if item.facts:
        notes.append(f"{len(item.facts)} facts asked for")
    return notes


def _section(sitting: Sitting, number: int, items: Sequence[AskedItem]) -> SectionReport:
    plan, state = sitting.created.blueprint.sections[number], sitting.sections[number]
    used = (state.ended - state.started).total_seconds() - state.credit if state.started and state.ended else None
    counted = plan.kind in ("rapid", "design")
    return SectionReport(
        id=plan.id,
        title=plan.title,
        kind=plan.kind,
        minutes=plan.minutes,
        used_seconds=used,
        ended=state.reason or "not started",
        derivations=sum(derivations(i.score) for i in items if i.section == plan.id) if counted else None,
    )


def derivations(score: Score | None) -> int:
    """Return how many derivations with numbers an answer surfaced."""
    if score is None:
        return 0
    return sum(1 for n in score.judgement.numbers if n.verdict in _DERIVATION)


def _rows(examiner: Examiner, items: Sequence[AskedItem]) -> tuple[Row, ...]:
    rows = []
    for area, entry in examiner.vault.taxonomy["areas"].items():
        asked = [i for i in items if area in i.areas]
        shown = [(i, i.release.shown) for i in asked]
        scores = tuple(s for _, s in shown if s is not None)
        rows.append(
            Row(
                area=area,
                title=entry["title"],
                value=float(statistics.median(scores)) if scores else None,
                lowest=min(scores) if scores else None,
                scores=scores,
                refs=tuple(i.ref for i in asked),
                phases=tuple(sorted({i.phase for i in asked})),
                label=asked[0].release.label if asked else "not asked",
            )
        )
    return tuple(rows)


def _revision(examiner: Examiner, rows: Sequence[Row], items: Sequence[AskedItem]) -> tuple[Revision, ...]:
    titles = examiner.vault.taxonomy["phases"]
    lines = []
    for row in rows:
        if row.value is None or row.value > REVISE:
            continue
        weak = [i for i in items if row.area in i.areas and (i.release.shown or 0) <= REVISE]
        phases = tuple(sorted({i.phase for i in weak}))
        missing = [
            p.claim
            for i in weak
            if i.score
            for c in i.score.criteria
            for p in c.points
            if p.verdict in ("not_met", "contradicted", "unclear")
        ]
        lines.append(
            Revision(
                area=row.area,
                title=row.title,
                phases=phases,
                phase_titles=tuple(titles[p] for p in phases),
                missing=tuple(missing[:4]),
                mistakes=tuple(_mistakes(examiner, weak)),
                refs=tuple(i.ref for i in weak),
            )
        )
    return tuple(lines)


def _mistakes(examiner: Examiner, items: Sequence[AskedItem]) -> list[str]:
    found = []
    for item in items:
        means = {m.id: m.means for m in examiner.instance(item.ref).mistakes}
        if item.score is not None:
            found += [means[m] for m in item.score.judgement.mistakes if m in means]
    return list(dict.fromkeys(found))


def _notes(sitting: Sitting) -> tuple[str, ...]:
    notes = []
    if sitting.ended == "abandoned":
        notes.append("The sitting was ended before its last section.")
    if sitting.late:
        notes.append(f"{len(sitting.late)} answers came after time was up; they are kept and not graded.")
    if sitting.created.pace is None:
        notes.append("Untimed: no clock ran.")
    elif sitting.created.pace != 1.0:
        notes.append(f"The clock ran {sitting.created.pace:g} times as fast.")
    return tuple(notes)


__all__ = ["Release", "card", "derivations", "grade"]
