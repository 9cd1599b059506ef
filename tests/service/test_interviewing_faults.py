"""The interviewer over real HTTP: words as they come, and where the provider fails the authored probe, in time."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from examiner.domain.events import SectionStarted
from examiner.llm.call import CallFailed, NoCredentials
from examiner.service.examiner import Examiner
from examiner.service.interviewing import Interviewing
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import asking, feed
from examiner.settings import Settings
from provider import Provider

WEAK = "The cache holds something for each token."
WAIT = 2.0  # seconds for a whole follow-up; the first words come in half of them
SLACK = 1.5  # for a busy machine
PLENTY = 60.0  # where the wait is not what is tested


def said(body):
    return "Staying with that: " + body["messages"][-1]["content"].rpartition("into your words: ")[2].strip()


@pytest.fixture(params=["openai/m", "anthropic/m"])
def named(request):
    return request.param


@pytest.fixture
def sit(tmp_path, clock, monkeypatch):
    def begin(provider, name, deadline=WAIT):
        for key, value in {**provider.environ, "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}.items():
            monkeypatch.setenv(key, value)
        house = Examiner(Settings(home=str(tmp_path / "home"), interviewer=name), clock=clock)
        vars(house)["interviewing"] = Interviewing(house, name, deadline=deadline)
        house.interviewing.ready()
        state = sittings.start(house, "mock-staff", seed=3)
        sittings.handle(house, state.id, SectionStarted(section=state.created.blueprint.sections[0].id))
        return house, state.id

    return begin


def authored(house, state):
    return {f.id: f.ask for f in house.instance(state.items[0].planned.ref).follow_ups}[state.items[0].turns[-1].probe]


def kinds(house, sitting):
    return [r.kind for r in house.ledger.read(f"sitting/{sitting}")]


def test_the_words_reach_the_candidate_while_the_model_speaks(sit, named):
    with Provider(say=said, pace=0.03) as provider:
        house, sitting = sit(provider, named, deadline=PLENTY)
        heard = []
        with sittings.hearing(house, sitting, lambda kind, text: heard.append((kind, text, time.perf_counter()))):
            state = sittings.answer(house, sitting, "0.0", WEAK).state
        done = time.perf_counter()
    assert state.turn.asked == f"Staying with that: {authored(house, state)}"
    assert [h[:2] for h in heard[:2]] == [("answered", WEAK), ("spoke", "Staying with that:")]
    assert done - heard[1][2] > 0.03 * 5  # shown while the rest was on its way
    assert provider.requests[0]["stream"] is True
    assert kinds(house, sitting)[-3:] != ["spoke"] * 3 and kinds(house, sitting)[-1] == "follow_up_chosen"
    house.portal.close()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["429", "500", "529", "reset", "truncated", "slow", "broken"])
def test_a_provider_that_fails_costs_the_candidate_no_waiting(sit, named, fault):
    with Provider(fault=lambda body, seen: fault, say=said) as provider:
        house, sitting = sit(provider, named)
        started = time.perf_counter()
        state = sittings.answer(house, sitting, "0.0", WEAK).state
        took = time.perf_counter() - started
        probe = authored(house, state)
    assert state.turn.asked in (probe, f"Staying with that: {probe}")
    assert took < WAIT + SLACK
    house.portal.close()


@pytest.mark.slow
def test_a_provider_that_stays_away_is_soon_not_waited_for(sit, named):
    with Provider(latency=30, say=said) as provider:
        house, sitting = sit(provider, named)
        took = []
        for _ in range(8):
            state, _ = sittings.load(house, sitting)
            started = time.perf_counter()
            state = sittings.answer(house, sitting, state.turn.id, WEAK).state
            while state.turn is None:
                state = sittings.handle(house, sitting, _forecast(state)).state
            took.append(time.perf_counter() - started)
    waited = [t for t in took if t > WAIT / 4]
    assert len(waited) == 2 and max(waited) < WAIT / 2 + SLACK and len(provider.requests) <= 2
    house.portal.close()


def _forecast(state):
    from examiner.domain.events import Predicted, SelfPosed

    posing = state.items[state.item].stage == "posing"
    return SelfPosed(item=state.item) if posing else Predicted(item=state.item)


def test_a_canary_that_comes_out_is_a_leak_event_that_no_candidate_sees(sit):
    def tells(body):
        mark = body["messages"][0]["content"].partition("The word ")[2].split()[0]
        return f"{said(body)} By the way, my word is {mark}. Go on?"

    with Provider(say=tells) as provider:
        house, sitting = sit(provider, "openai/m", deadline=PLENTY)
        state = sittings.answer(house, sitting, "0.0", WEAK).state
        canary = house.interviewing.canary(sitting)
    assert canary in provider.requests[0]["messages"][0]["content"] and len(canary) == 12
    assert canary != house.interviewing.canary("another") and canary not in state.turn.asked
    (leak,) = [r.body for r in house.ledger.read(f"sitting/{sitting}") if r.kind == "leak_stopped"]
    assert leak["found"] == ["canary"] and canary in leak["words"] and state.items[0].leaks == 1
    seen = json.dumps(feed.events(house, sitting, 0))
    assert canary not in seen and "leak" not in seen and '"spoke"' in seen
    house.portal.close()


CHILD = """
import sys
from examiner.domain.events import SectionStarted
from examiner.service.sitting import acts as sittings
from examiner.service.examiner import Examiner
from examiner.service.interviewing import Interviewing
from examiner.settings import Settings
house = Examiner(Settings(home=sys.argv[1], interviewer="openai/m"))
vars(house)["interviewing"] = Interviewing(house, "openai/m", deadline=60.0)
house.interviewing.ready()
state = sittings.start(house, "mock-staff", seed=3, sitting="s-1")
sittings.handle(house, "s-1", SectionStarted(section=state.created.blueprint.sections[0].id))
def show(kind, text):
    print(kind, text, flush=True)
with sittings.hearing(house, "s-1", show):
    sittings.answer(house, "s-1", "0.0", sys.argv[2])
"""


@pytest.mark.slow
def test_killed_while_it_speaks_what_was_shown_is_there_and_it_goes_on(tmp_path, clock):
    home = tmp_path / "home"
    with Provider(say=said, pace=0.25) as provider:
        env = {**os.environ, **provider.environ, "OPENAI_API_KEY": "k"}
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(home), WEAK], stdout=subprocess.PIPE, text=True, env=env
        )
        shown = [child.stdout.readline().strip(), child.stdout.readline().strip()]
        child.kill()
        child.communicate()
    assert shown == [f"answered {WEAK}", "spoke Staying with that:"]
    house = Examiner(Settings(home=str(home), interviewer="scripted:x"))
    vars(house)["interviewing"] = Interviewing(house, "scripted:x", model=_Silent())
    state, _ = sittings.load(house, "s-1")
    assert sittings.choosing(state) and state.items[0].saying == "Staying with that:"
    state = sittings.settle(house, state).state
    assert state.turn.asked == f"Staying with that: {authored(house, state)}"
    assert house.ledger.verify("sitting/s-1") == []


def test_a_sitting_whose_interviewer_is_gone_goes_on_with_the_authors_words(tmp_path, clock, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    house = Examiner(Settings(home=str(tmp_path / "home"), interviewer="openai/m"), clock=clock)
    with pytest.raises(NoCredentials):
        sittings.start(house, "mock-staff", seed=3)
    vars(house)["interviewing"] = Interviewing(house, "openai/m", model=_Silent())
    state = sittings.start(house, "mock-staff", seed=3)
    sittings.handle(house, state.id, SectionStarted(section=state.created.blueprint.sections[0].id))
    del vars(house)["interviewing"]  # another process, without the key
    state = sittings.answer(house, state.id, "0.0", WEAK).state
    assert state.turn.asked == authored(house, state)
    assert sittings.ask_fact(house, state.id, "what is the answer?")


@pytest.mark.parametrize("how", ["late", "fails"])
def test_a_judge_that_does_not_answer_in_time_keeps_nobody_waiting(house, monkeypatch, how):
    class Judge:
        def judge(self, instance, turns):
            if how == "fails":
                raise CallFailed("server", "down")
            time.sleep(5)

    monkeypatch.setattr(asking, "JUDGING", 0.05)
    vars(house)["settings"] = replace(house.settings, judge="openai/m")
    vars(house)["judge"] = Judge()
    state = sittings.start(house, "mock-staff", seed=3)
    sittings.handle(house, state.id, SectionStarted(section=state.created.blueprint.sections[0].id))
    started = time.perf_counter()
    state = sittings.answer(house, state.id, "0.0", WEAK).state
    assert time.perf_counter() - started < 3 and state.turn.asked == authored(house, state)


class _Silent:
    """A model that must not be asked: what was begun is ended in the author's words."""

    async def reply(self, call):
        raise AssertionError("asked again")


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["429", "500", "529", "reset", "truncated", "slow", "hang", "empty", "badjson"])
def test_every_fault_of_the_mock_provider_leaves_the_candidate_with_a_question_in_time(sit, shared, fault):
    sys.path.insert(0, str(shared / "tools"))
    from mock_llm import MockLLM

    with MockLLM(latency_ms=20, error_rate=1.0, faults=fault, slow_s=20.0) as server:

        class Address:
            environ = {"OPENAI_BASE_URL": server.openai_url}

        house, sitting = sit(Address, "openai/m")
        started = time.perf_counter()
        state = sittings.answer(house, sitting, "0.0", WEAK).state
        took = time.perf_counter() - started
        assert server.stats()["requests"] >= 1
    assert state.turn.asked == authored(house, state) and took < WAIT + SLACK
    house.portal.close()
