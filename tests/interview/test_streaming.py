"""What may be shown of a follow-up that is still arriving: no word of what the filter would stop, ever."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.interview import interviewer as interviewing
from examiner.interview.interviewer import NAMES, Brief, Interviewer, faults, judged
from examiner.interview.leaks import LEAKS, RUN, check, forbidden, spoken_runs, words
from examiner.interview.streaming import Cutter
from examiner.llm.call import CallFailed, Reply
from examiner.vault.render import render

SAID = ("The cache holds something for each token.",)
TEXTS = dict.fromkeys(NAMES, "x") | {"private": "{{ canary }}", "rephrase": "{{ probe }}"}


def fed(secret, pieces, probe=""):
    cutter = Cutter(secret, SAID, probe)
    return cutter, [shown for piece in pieces for shown in cutter.feed(piece)]


def by_word(text):
    return [f"{word} " for word in text.split()]


def test_a_sentence_is_shown_once_the_word_behind_it_is_there(instance):
    cutter = Cutter(forbidden(instance), SAID, "")
    assert cutter.feed("Staying with ") == cutter.feed("that:") == cutter.feed(" How") == []
    assert cutter.feed(" many") == ["Staying with that:"]
    assert cutter.feed(" bytes is it? Say") == [] and cutter.feed(" the unit. ") == ["How many bytes is it?"]
    assert cutter.shown == "Staying with that: How many bytes is it?" and not cutter.stopped


def test_a_sentence_whose_end_may_belong_to_a_protected_run_waits_for_the_rest_of_the_run(instance):
    # The run crosses the end of the sentence: "... a b c. d e f g h".
    secret = forbidden(instance)
    model = words(instance.model_answer)
    run = model[5 : 5 + RUN]
    text = f"Then say: {' '.join(run[:3])}. {' '.join(run[3:])} and so on."
    cutter, shown = fed(secret, by_word(text))
    assert "wording of protected material" in cutter.stopped
    assert shown == ["Then say:"] and not set(run) & set(words(cutter.shown))


def test_what_comes_after_a_leak_is_never_shown(instance):
    claim = max((p.claim for p in instance.points), key=len)
    cutter, shown = fed(forbidden(instance), by_word(f"Going on. {claim} Why is that? And what then?"))
    assert set(cutter.stopped) & LEAKS and shown in ([], ["Going on."])


@pytest.mark.parametrize(
    "text",
    [
        "Great answer! Why does it grow?",
        "So you are saying that. Why?",
        "I cannot help with that. Ask me else.",
        "My rubric: more. Why?",
    ],
)
def test_bad_manners_are_seen_before_they_are_shown(instance, text):
    cutter, shown = fed(forbidden(instance), by_word(text + " And so on."))
    assert cutter.stopped and not shown


def test_the_canary_in_any_spelling_is_a_leak(instance):
    secret = forbidden(instance, canary="a1b2c3d4e5f6")
    for said in ("a1b2c3d4e5f6", "A1B2C3D4E5F6", "a1b2 c3d4 e5f6", "a-1-b-2-c-3-d-4-e-5-f-6", "6f5e4d3c2b1a"):
        assert "canary" in check(f"The word is {said}. Why does it grow?", secret, SAID, ())
    assert "canary" not in check("Why does it grow?", secret, SAID, ())


def test_the_value_of_a_key_is_told_from_a_number_of_ones_own(instance):
    secret = forbidden(instance)
    key = next(k for k in instance.keys if k.role == "final")
    assert "the value of a key" in check(f"Is it {key.value!r} then?", secret, SAID, ())
    assert "a number of its own" in check("Is it 123.25 then?", secret, SAID, ())


@given(data=st.data())
def test_however_it_arrives_nothing_is_shown_that_the_filter_stops(vault, data):
    instance = render(vault.family("kv-concurrency"), vault.tables, 1)
    secret = forbidden(instance, canary="a1b2c3d4e5f6")
    parts = [
        *(p.claim for p in instance.points),
        *(f.hint for f in instance.follow_ups if f.hint),
        *(f.ask for f in instance.follow_ups),
        *(
            "Great.",
            "Staying with that:",
            "Not quite.",
            "Why?",
            "a1b2c3d4e5f6.",
            "e.g. this",
            "3.5 of them.",
            "Then what?",
        ),
        *[instance.model_answer[n : n + 60] for n in range(0, 240, 60)],
    ]
    text = " ".join(data.draw(st.lists(st.sampled_from(parts), min_size=1, max_size=5)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    cutter, shown = fed(secret, pieces)
    whole = " ".join(text.split())
    assert whole.startswith(cutter.shown) and " ".join(shown) == cutter.shown
    assert not set(check(cutter.shown, secret, SAID, ())) - {"empty", "asks nothing"}
    # No word of a protected run is shown that the rest of the text completes.
    spelled, seen = words(whole), len(words(cutter.shown))
    free = secret.open_ | spoken_runs(" ".join(SAID))
    for start in range(seen):
        for size in range(2, RUN + 1):
            run = spoken_runs(" ".join(spelled[start : start + size])) - free
            assert not {r for r in run if r[0] == size} & secret.runs, spelled[start : start + size]


# --- what is asked in the end -------------------------------------------------------------------


class Speaks:
    """A model that says its words one by one, and may stall, break or decline at one of them."""

    def __init__(self, text, at=None, then=None):
        self.text, self.at, self.then = text, at, then
        self.calls = []

    async def reply(self, call):
        self.calls.append(call)
        for number, word in enumerate(by_word(self.text)):
            if number == self.at:
                await self._break()
            call.on_text(word)
            await asyncio.sleep(0)
        if self.at is not None and self.at >= len(self.text.split()):
            await self._break()
        return Reply(text=self.text)

    async def _break(self):
        if isinstance(self.then, Exception):
            raise self.then
        await asyncio.sleep(self.then)


def asked(model, instance, probe="", deadline=0.6, times=1):
    probe = probe or instance.follow_ups[0].ask
    shown = []
    talker = Interviewer(model, "m", TEXTS, deadline=deadline)

    async def run():
        for _ in range(times):
            worded = await talker.word(Brief(instance.prompt, "", probe), forbidden(instance), SAID, shown.append)
        return worded

    return asyncio.run(run()), shown, probe


def test_words_that_pass_are_asked_as_they_were_shown(instance):
    text = "Staying with that: " + instance.follow_ups[0].ask
    worded, shown, _ = asked(Speaks(text), instance)
    assert worded.source == "model" and worded.text == " ".join(text.split())
    assert shown[0] == "Staying with that:" and worded.text.startswith(" ".join(shown))


@pytest.mark.parametrize(
    "then", [9.0, CallFailed("connection", "reset"), CallFailed("overloaded", "529")], ids=["stalls", "resets", "529"]
)
def test_what_breaks_off_is_ended_in_the_authors_words(instance, then):
    worded, shown, probe = asked(Speaks("Staying with that: " + instance.follow_ups[0].ask, at=5, then=then), instance)
    assert shown == ["Staying with that:"] and worded.source == "begun"
    assert worded.text == f"Staying with that: {probe}"


def test_a_leak_in_a_later_sentence_is_replaced_by_the_authored_probe(instance):
    claim = max((p.claim for p in instance.points), key=len)
    worded, shown, probe = asked(Speaks(f"Staying with that: {claim} Why?"), instance)
    assert worded.text in (probe, f"Staying with that: {probe}") and set(worded.leaks) & LEAKS
    assert " ".join(shown) in ("", "Staying with that:")


def test_a_leak_behind_a_whole_follow_up_is_cut_off(instance):
    probe = instance.follow_ups[0].ask
    claim = max((p.claim for p in instance.points), key=len)
    worded, _, _ = asked(Speaks(f"{probe} And now hear this. {claim}"), instance)
    assert worded.leaks and claim not in worded.text and worded.text.startswith(probe.split()[0])
    assert not faults(worded.text, Brief(instance.prompt, "", probe), forbidden(instance), SAID)


@pytest.mark.parametrize("kind", ["server", "overloaded", "connection", "rate_limited"])
def test_a_passing_failure_before_the_first_word_is_asked_once_more(instance, kind):
    class Recovers(Speaks):
        async def reply(self, call):
            if not self.calls:
                self.calls.append(call)
                raise CallFailed(kind, "once")
            return await super().reply(call)

    model = Recovers("Staying with that: " + instance.follow_ups[0].ask)
    worded, _, _ = asked(model, instance, deadline=3.0)
    assert worded.source == "model" and len(model.calls) == 2


def test_who_asks_to_wait_too_long_is_not_waited_for(instance):
    worded, _, probe = asked(Speaks("x", at=0, then=CallFailed("rate_limited", "429", retry_after=60.0)), instance)
    assert worded.text == probe and "rate_limited" in worded.why


def test_a_model_that_failed_twice_is_left_alone_for_a_while(instance, monkeypatch):
    model = Speaks("x", at=0, then=CallFailed("rejected", "no such model"))
    worded, _, probe = asked(model, instance, times=5)
    assert len(model.calls) == 2 and worded.text == probe and "lately" in worded.why
    monkeypatch.setattr(interviewing, "REST", -1.0)
    model = Speaks("x", at=0, then=CallFailed("rejected", "no such model"))
    asked(model, instance, times=5)
    assert len(model.calls) == 5


def test_a_repeated_request_that_says_something_else_is_not_joined_to_what_was_shown(instance):
    probe = instance.follow_ups[0].ask
    cutter, shown = fed(forbidden(instance), by_word("Staying with that: And so"), probe)
    cutter.heard = json.dumps({"follow_up": "another reply"})
    worded = judged(cutter, Brief("", "", probe), forbidden(instance), SAID)
    assert shown == ["Staying with that:"] and worded.text == f"Staying with that: {probe}"


def test_a_lecture_is_not_shown_bit_by_bit(instance):
    lecture = "Consider first what the memory does in each step. " * 8
    worded, shown, probe = asked(Speaks(lecture + instance.follow_ups[0].ask), instance)
    assert shown == ["Consider first what the memory does in each step."]
    assert worded.text == f"{shown[0]} {probe}"


def test_a_lead_in_alone_is_no_follow_up_though_the_probe_is_no_question_in_form(instance):
    worded, shown, probe = asked(
        Speaks("The rates and the factor: And then", at=6, then=9.0), instance, "Rates, factor."
    )
    assert shown == ["The rates and the factor:"] and worded.text == f"{shown[0]} {probe}"


def test_what_is_composed_is_shown_whole_or_not_at_all(instance):
    shown = []
    talker = Interviewer(Speaks("Staying with that: what of the cache? And the weather?"), "m", TEXTS, deadline=2.0)
    brief = Brief(instance.prompt, "", side="How it works.")
    worded = asyncio.run(talker.word(brief, forbidden(instance), SAID, shown.append))
    assert shown == [] and worded.source in ("model", "authored")
