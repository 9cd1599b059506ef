"""Practice with state: what is kept, what is judged, what survives."""

import json
from datetime import date, timedelta

import pytest

from examiner.domain.errors import Invalid
from examiner.domain.events import SectionStarted
from examiner.practice import log
from examiner.practice.choose import Filter
from examiner.reports.words import biting, within
from examiner.service.practising import Practice
from examiner.service.sitting import acts as sittings
from examiner.store.chain import Entry


def full_answer(house, ref, **more):
    return log.Answered(ref=ref, source="next", text=house.instance(ref).model_answer, **more)


def test_an_answer_is_judged_scheduled_and_not_asked_again_today(house, clock):
    practice = Practice(house)
    instance = practice.following(Filter(area="memory"))
    outcome = practice.answer(full_answer(house, instance.ref, predicted=1))
    assert outcome.score.quality == 3 and outcome.label == "practice estimate" and "not scores" in outcome.standing
    assert outcome.due.due > clock.now + timedelta(days=1)
    assert practice.following(Filter(area="memory")).family != instance.family
    clock.now = outcome.due.due
    again = practice.following(Filter(area="memory"))
    assert again.family == instance.family and again.ref != instance.ref


def test_what_was_kept_and_not_judged_is_judged_later(house):
    practice = Practice(house)
    answered = full_answer(house, "kv-concurrency@3")
    entry = Entry(kind=log.ANSWERED, body=answered.model_dump(mode="json"), at=house.clock())
    house.ledger.append(practice.stream, [entry], 0)
    assert practice.reviews() == []
    assert [o.answered.ref for o in practice.catch_up()] == ["kv-concurrency@3"]
    assert practice.catch_up() == [] and [r.quality for r in practice.reviews()] == [3]


def test_decks_are_apart(house):
    Practice(house, "one").answer(full_answer(house, "kv-concurrency@3"))
    assert Practice(house, "two").deck() == {} and list(Practice(house, "one").deck()) == ["kv-concurrency"]
    with pytest.raises(Invalid, match="more than"):
        Practice(house, "x" * 101)


def test_an_empty_answer_is_refused_and_not_kept(house):
    practice = Practice(house)
    with pytest.raises(Invalid, match="nothing was answered"):
        practice.answer(log.Answered(ref="kv-concurrency@3", source="next", text="  \n"))
    assert house.ledger.head(practice.stream) == 0


def test_the_daily_question_is_the_same_for_two_people(house):
    one, two = Practice(house, "one"), Practice(house, "two")
    day = date(2026, 3, 2)
    instance, done = one.daily(day)
    assert not done and two.daily(day)[0] == instance
    one.answer(log.Answered(ref=instance.ref, source="daily", text=instance.model_answer))
    assert one.daily(day)[1] and not two.daily(day)[1]


def test_an_interview_counts_and_its_weak_rows_are_rerun(house, clock):
    state = sittings.start(house, "gauntlet-15", candidate="candidate", seed=4)
    sittings.handle(house, state.id, SectionStarted(section="fundamentals"))
    state, _ = sittings.load(house, state.id)
    sittings.answer(house, state.id, state.turn.id, "I would guess about a hundred of them, honestly.")
    clock.pass_(3600)
    state = sittings.tick(house, state.id)
    assert state.status == "ended"
    practice = Practice(house)
    (review,) = practice.everything()
    assert review.source == "interview" and review.quality == 0
    (made,) = practice.reruns()
    assert made.due > clock.now + timedelta(days=29)
    item = made.items[0]
    assert item.before == review.ref and item.ref != item.before
    assert practice.compared(made)[0]["after"] is None
    practice.answer(log.Answered(ref=item.ref, source="rerun", text=house.instance(item.ref).model_answer))
    after = practice.compared(practice.rerun(state.id))[0]
    assert (after["before"], after["after"]) == (0, 3)
    assert "Rerun" in practice.calendar(practice.reruns())
    data, count = practice.anki()
    assert data.startswith(b"PK") and count >= 1


def test_nothing_to_export_is_said(house):
    with pytest.raises(Invalid, match="nothing is due"):
        Practice(house).anki()


def test_an_estimate_that_a_cap_would_hold_names_it_with_its_interval(house, run, tmp_path):
    """A full answer to one question earns 3, and is worth 2 at most while no follow-up was survived."""
    answer = tmp_path / "answer.txt"
    answer.write_text(house.instance("kv-concurrency@3").model_answer, encoding="utf-8")
    outcome = Practice(house).answer(full_answer(house, "kv-concurrency@3"))
    low, high = outcome.score.interval
    assert outcome.score.quality == 3 and high == 2
    assert within(outcome.score) == f"capped at 2 because no follow-up was survived: between {low} and 2"
    free = outcome.score.model_copy(update={"caps": (), "interval": (2, 3)})
    assert within(free) == "between 2 and 3" and biting(free) is None
    one_row = outcome.score.model_copy(
        update={"caps": tuple(c.model_copy(update={"criterion": "mechanism"}) for c in outcome.score.caps)}
    )
    assert biting(one_row) is None  # a cap on one criterion holds no score
    drill = ["practice", "next", "--area", "memory", "--answer", answer]
    code, told, _ = run(*drill, "--json")
    said = json.loads(told)
    assert code == 0 and set(said) >= {"quality", "interval", "cap"}
    assert (said["cap"] is not None) == (said["quality"] > said["interval"][1])
    assert "between" in run(*drill)[1]
