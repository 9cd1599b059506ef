"""Schedules, choices, forecasts, progress, reruns and the calendar: pure parts of practice."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given
from hypothesis import strategies as st

from examiner.domain.errors import Invalid, NotFound
from examiner.domain.report import CandidateCard, Revision
from examiner.practice import log
from examiner.practice.calendar import ics
from examiner.practice.choose import Filter, chain_step, daily, following, parallel_form
from examiner.practice.forecast import WINDOW, calibration
from examiner.practice.log import Review
from examiner.practice.progress import progress
from examiner.practice.rerun import AFTER, other_form, rerun
from examiner.practice.schedule import due, schedule
from examiner.vault.chains import chain_of, chains
from examiner.vault.render import draw

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEVELS = ["L1", "L2", "L3", "L4", "L5", "L6+"]


def review(family="a", quality=3, days=0, predicted=None, **more):
    at = NOW + timedelta(days=days)
    return Review(family=family, ref=f"{family}@1", at=at, source="next", quality=quality, predicted=predicted, **more)


# --- schedule ---------------------------------------------------------------------------------


def test_the_schedule_is_fsrs_own():
    """The same reviews through the library by hand give the same date and memory state."""
    scheduler = Scheduler(desired_retention=0.9, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card = Card(card_id=1, due=NOW)
    for days, grade in ((0, Rating.Good), (3, Rating.Good), (12, Rating.Again), (13, Rating.Hard)):
        card, _ = scheduler.review_card(card, grade, NOW + timedelta(days=days))
    deck = schedule([review(quality=q, days=d) for d, q in ((0, 3), (3, 3), (12, 1), (13, 2))], NOW)
    assert deck["a"].due == card.due
    assert deck["a"].stability == pytest.approx(card.stability, abs=1e-3)
    assert (deck["a"].reviews, deck["a"].lapses, deck["a"].quality) == (4, 1, 2)


@given(st.lists(st.integers(2, 3), min_size=1, max_size=6))
def test_better_answers_are_never_asked_sooner(qualities):
    """Law: replacing the last answer by a better one never brings the next date forward."""

    def last_due(final):
        days, made = 0, []
        for quality in [*qualities, final]:
            made.append(review(quality=quality, days=days))
            days += 5
        return schedule(made, NOW)["a"].due

    assert last_due(0) == last_due(1) <= last_due(2) <= last_due(3)


def test_due_goes_by_the_day_not_the_hour():
    deck = schedule([review(quality=0)], NOW)
    early = NOW + timedelta(hours=22)
    assert deck["a"].due > early and early.date() == deck["a"].due.date()
    assert [d.family for d in due(deck, early)] == ["a"]
    assert due(deck, NOW) == []


# --- choosing ---------------------------------------------------------------------------------


def test_overdue_comes_before_new_and_new_comes_easiest_first(vault):
    families = vault.questions
    first = following(families, {}, NOW, Filter(), LEVELS)
    assert first.level == "L1"
    deck = schedule([review("kv-concurrency", quality=0)], NOW)
    assert following(families, deck, NOW + timedelta(days=2), Filter(), LEVELS).id == "kv-concurrency"


def test_a_drill_asks_nothing_else(vault):
    for drill in (Filter(area="memory"), Filter(track="global"), Filter(level="L4"), Filter(zone="realization")):
        assert drill.fits(following(vault.questions, {}, NOW, drill, LEVELS))
    with pytest.raises(Invalid, match=r"no question has the level 'L9'.*L1, L2.*L6"):
        following(vault.questions, {}, NOW, Filter(level="L9"), LEVELS)
    with pytest.raises(Invalid, match="fits this drill"):
        following(vault.questions, {}, NOW, Filter(level="L1", zone="debug"), LEVELS)


def test_a_finished_drill_says_when_it_goes_on(vault):
    deck = schedule([review("kv-concurrency")], NOW)
    only = [vault.family("kv-concurrency")]
    with pytest.raises(Invalid, match="due before 2026-03"):
        following(only, deck, NOW, Filter(), LEVELS)


def test_the_daily_question_is_the_same_for_everybody_and_changes(vault):
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(60)]
    picked = [daily(vault.questions, day) for day in days]
    assert picked == [daily(reversed(vault.questions), day) for day in days]
    assert len({f.id for f, _ in picked}) > 20


def test_a_new_family_changes_few_days(vault):
    """Rendezvous hashing: leaving one family out changes only the days that it had won."""
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(200)]
    before = [daily(vault.questions, day)[0].id for day in days]
    left_out = Counter(before).most_common(1)[0][0]
    after = [daily([f for f in vault.questions if f.id != left_out], day)[0].id for day in days]
    assert all(a == b for a, b in zip(after, before, strict=True) if b != left_out)


def test_parallel_forms_differ_and_repeat():
    assert parallel_form("a", 0, "x") == parallel_form("a", 0, "x")
    assert len({parallel_form("a", n, "x") for n in range(20)}) == 20


def chained(vault, *links):
    base = vault.family("littles-law")
    return {name: base.model_copy(update={"id": name, "chain_next": following_}) for name, following_ in links}


def test_chains_go_in_order(vault):
    families = chained(vault, ("a", "b"), ("b", "c"), ("c", None), ("d", None))
    assert chains(families) == {"a": ["a", "b", "c"]}
    assert chain_of(families, "c") == ["a", "b", "c"]
    with pytest.raises(NotFound, match="no chain"):
        chain_of(families, "d")


@pytest.mark.parametrize(
    ("answers", "step", "why"),
    [
        ([], "a", "begins"),
        ([("a", 3)], "b", "on to"),
        ([("a", 2), ("b", 1)], "b", "another form"),
        ([("a", 2), ("b", 0)], "a", "one step back"),
        ([("a", 0)], "a", "another form"),
        ([("a", 3), ("b", 0), ("a", 3)], "b", "on to"),
        ([("c", 3)], "b", "on to"),
        ([("a", 3), ("c", 3), ("b", 3)], None, "all steps"),
        ([("a", 3), ("b", 3), ("c", 3), ("d", 3)], None, "all steps"),
    ],
)
def test_the_last_answer_leads_along_a_chain(answers, step, why):
    deck = schedule([review(f, quality=q, days=n) for n, (f, q) in enumerate(answers)], NOW)
    chosen, reason = chain_step(["a", "b", "c"], deck)
    assert chosen == step and why in reason


def test_circles_and_missing_links_do_not_hang(vault):
    assert chains(chained(vault, ("a", "b"), ("b", "a"))) == {}
    assert chains(chained(vault, ("a", "b"), ("b", "gone"))) == {"a": ["a", "b"]}


# --- log --------------------------------------------------------------------------------------


def test_an_answer_without_a_judgement_waits():
    answered = log.Answered(ref="a@1", source="next", text="x", predicted=2).model_dump(mode="json")
    judged = log.Reviewed(ref="a@1", quality=1).model_dump(mode="json")
    axes = {"a": {"areas": ("memory",), "track": "cloud", "level": "L1", "zone": "recall", "phase": 0}}
    events = [(log.ANSWERED, answered, NOW), (log.REVIEWED, judged, NOW), (log.ANSWERED, answered, NOW)]
    assert [r.quality for r in log.reviews(events, axes)] == [1]
    assert len(log.unjudged(events)) == 1
    assert log.reviews(events, {}) == []


# --- forecasts --------------------------------------------------------------------------------


def test_forecasts_by_hand():
    """Forecasts 3, 2, 1 against 1, 2, 2: off by +2, 0, -1."""
    made = calibration([review(predicted=p, quality=q) for p, q in ((3, 1), (2, 2), (1, 2))])
    assert made.forecasts == 3 and made.bias == pytest.approx(1 / 3, abs=1e-3)
    assert made.error == 1.0 and made.exact == pytest.approx(1 / 3, abs=1e-3)
    assert made.windows == () and "no trend yet" in made.why


def test_forecasts_in_windows_show_a_trend():
    early = [review(predicted=3, quality=1) for _ in range(WINDOW)]
    late = [review(predicted=2, quality=2) for _ in range(WINDOW)]
    made = calibration(early + late + [review(predicted=0, quality=0)])
    assert [w.bias for w in made.windows] == [2.0, 0.0] and made.forecasts == 2 * WINDOW + 1


def test_no_forecast_is_nothing_not_zero():
    made = calibration([review()])
    assert made.bias is None and made.error is None and made.why


# --- progress ---------------------------------------------------------------------------------


def test_progress_counts_each_family_by_its_last_answer(vault):
    axes = {"areas": ("memory",), "track": "cloud", "level": "L3", "zone": "realization", "phase": 2}
    made = progress(
        vault.families.values(),
        [
            review("kv-concurrency", quality=0, **axes),
            review("kv-concurrency", quality=2, **axes),
            review("x", quality=3, **axes),
        ],
        vault.taxonomy,
    )
    cell = made.cells["memory"]["cloud"]
    assert (cell.asked, cell.answers, cell.quality) == (2, 3, 2.5)
    assert made.cells["roofline"]["cloud"].quality is None
    assert made.by_level["L3"].asked == 2 and made.by_phase["2"].answers == 3
    assert sum(t.families for t in made.by_level.values()) == made.families == len(vault.families)


# --- rerun ------------------------------------------------------------------------------------


def a_card(*lines):
    return CandidateCard(
        sitting="s-1", candidate="c", loop="l", seed=1, started=NOW.isoformat(), ended=NOW.isoformat(), judge="embedded",
        fingerprint="f", policy="practice", released=False, standing="", sections=(), rows=(), revision=lines, items=(),
    )  # fmt: skip


def a_line(area, *refs):
    return Revision(area=area, title=area, phases=(), phase_titles=(), missing=(), mistakes=(), refs=refs)


def test_only_rows_on_the_list_are_rerun_and_in_another_form(vault):
    made = rerun(
        a_card(a_line("memory", "kv-concurrency@7", "gone@1"), a_line("scheduling", "kv-concurrency@7")), vault.families
    )
    assert made.due == NOW + AFTER and [i.before for i in made.items] == ["kv-concurrency@7"]
    item, family = made.items[0], vault.family("kv-concurrency")
    assert item.parallel and draw(family, int(item.ref.split("@")[1])) != draw(family, 7)
    assert rerun(a_card(), vault.families).items == ()


def test_a_family_with_one_form_is_asked_again_as_it_is(vault):
    family = vault.family("prefill-vs-decode").model_copy(update={"parameters": {}})
    assert other_form(family, "prefill-vs-decode@3", set()) == ("prefill-vs-decode@3", False)


# --- calendar ---------------------------------------------------------------------------------


def test_the_calendar_keeps_to_its_standard():
    text = ics(
        {date(2026, 3, 4): ["Commas, semicolons; and a very long title " * 4]}, [(date(2026, 4, 1), "memory")], NOW, "é"
    )
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert all(len(line.encode()) <= 75 for line in lines) and "\n" not in text.replace("\r\n", "")
    unfolded = text.replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20260304" in unfolded and "DTEND;VALUE=DATE:20260305" in unfolded
    assert "Commas\\, semicolons\\; and" in unfolded and unfolded.count("BEGIN:VEVENT") == 2
    assert "SUMMARY:Rerun: memory" in unfolded
