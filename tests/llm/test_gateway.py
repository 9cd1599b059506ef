"""The gateway's parts and order, with a scripted model and a clock that stands still."""

import asyncio
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from examiner.domain.errors import Corrupt, Exhausted, Invalid, NotFound
from examiner.llm.breaker import Breaker
from examiner.llm.budget import Budget, Ceiling, Reservation
from examiner.llm.call import Call, CallFailed, Limit, Message, Reply, Shape, Usage
from examiner.llm.cassette import Cassette
from examiner.llm.gateway import Gateway, Patience
from examiner.llm.pacer import Pacer
from examiner.llm.prices import Prices
from examiner.llm.scripted import ScriptedModel

TABLE = {
    "gpu-hour": {"price": {"value": 3.5, "unit": "USD/GPU/h"}},
    "m": {
        "input": {"value": 4, "unit": "USD/Mtoken"},
        "cache_write": {"value": 5, "unit": "USD/Mtoken"},
        "cache_read": {"value": 0.5, "unit": "USD/Mtoken"},
        "output": {"value": 20, "unit": "USD/Mtoken"},
        "date": "2026-11-01",
    },
}


class Colour(BaseModel):
    name: str


def call(text="red?", **more):
    return Call("judge", "m", ("rules",), (Message("user", text),), Shape(Colour), max_tokens=100, **more)


class Time:
    def __init__(self):
        self.now, self.slept = 0.0, []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def gateway(script, **more):
    time = Time()
    made = Gateway(
        ScriptedModel(script, model="m"), name="m", clock=time, sleep=time.sleep, rng=random.Random(0), **more
    )
    return made, time


RED = '{"name": "red"}'


def test_retry_after_is_honoured_to_the_second_and_failures_double_their_waits():
    made, time = gateway([CallFailed("rate_limited", "x", retry_after=7), CallFailed("server", "x"), RED])
    reply = asyncio.run(made.reply(call()))
    assert reply.attempts == 3
    assert time.slept[0] == 7
    assert 0.25 <= time.slept[-1] <= 2.0


def test_what_no_retry_mends_is_not_retried():
    made, time = gateway([CallFailed("rejected", "no such model"), RED])
    with pytest.raises(CallFailed, match="no such model"):
        asyncio.run(made.reply(call()))
    assert len(made.model.calls) == 1
    assert time.slept == []


def test_a_reply_that_does_not_fit_is_handed_back_once_then_asked_afresh():
    made, _ = gateway(["{}", "{}", RED])
    assert asyncio.run(made.reply(call())).value == Colour(name="red")
    first, second, third = made.model.calls
    assert first.rejected is None
    assert "Field required" in second.rejected.problem
    assert third.rejected is None
    assert third.messages == first.messages
    assert third.fingerprint != first.fingerprint  # a repeat is a sample of its own


def test_costs_are_by_class_and_sum_over_attempts():
    usage = Usage(input=1000, cache_write=2000, cache_read=10_000, output=500)
    bad, good = (Reply(t, model="m-2026-01-01", usage=usage) for t in ("{}", RED))
    made, _ = gateway([bad, good], prices=Prices(TABLE))
    # 1000*4 + 2000*5 + 10000*0.5 + 500*20 = 29,000 USD per million, twice
    assert asyncio.run(made.reply(call())).cost_usd == pytest.approx(0.058)
    unknown, _ = gateway([RED], prices=Prices({}))
    assert asyncio.run(unknown.reply(call())).cost_usd is None


def test_dated_names_take_their_familys_price_and_others_have_none():
    prices = Prices(TABLE)
    assert prices.of("m") == prices.of("m-20260101") == prices.of("openai/m-2026-01-01")
    assert prices.of("m-mini") is None
    assert prices.of("gpu-hour") is None


def test_a_budget_stops_before_the_call_that_would_break_it_and_goes_on_when_raised():
    spent = Usage(input=100, output=100)  # 0.0024 USD
    budget = Budget(Ceiling(usd=0.012))
    made, _ = gateway(lambda c: Reply(RED, model="m", usage=spent), prices=Prices(TABLE), budget=budget)

    async def many():
        return await asyncio.gather(*(made.reply(call(str(n))) for n in range(20)), return_exceptions=True)

    said = asyncio.run(many())
    done = [s for s in said if isinstance(s, Reply)]
    assert 0 < len(done) < 20
    assert all(isinstance(s, Exhausted) and s.exit_code == 5 for s in said if not isinstance(s, Reply))
    assert budget.spent.usd == pytest.approx(0.0024 * len(done))
    assert budget.spent.usd <= 0.012
    budget.ceiling = Ceiling(usd=1.0)
    assert all(isinstance(s, Reply) for s in asyncio.run(many()))


def test_a_budget_in_money_refuses_a_model_without_a_price():
    made, _ = gateway([RED], budget=Budget(Ceiling(usd=1)))
    with pytest.raises(Invalid, match="no price is known for m"):
        asyncio.run(made.reply(call()))


@given(
    ceiling=st.floats(0.01, 1.0),
    parent=st.floats(0.01, 1.0),
    costs=st.lists(st.floats(0.001, 0.2), max_size=30),
)
def test_no_grain_is_ever_overspent(ceiling, parent, costs):
    project = Budget(Ceiling(usd=parent), name="project")
    session = Budget(Ceiling(usd=ceiling), name="session", parent=project)
    held = []
    for n, cost in enumerate(costs):
        wanted = Reservation(cost, 10)
        if not session.why_not(wanted, 0.0):
            session.hold(wanted)
            held.append((wanted, cost * 0.9))
        if n % 3 == 2 and held:
            wanted, used = held.pop(0)
            session.settle(wanted, Usage(1), used)
    for wanted, used in held:
        session.settle(wanted, Usage(1), used)
    assert session.spent.usd <= ceiling + 1e-9
    assert project.spent.usd <= parent + 1e-9


def test_other_ceilings():
    assert "calls" in Budget(Ceiling(calls=0)).why_not(Reservation(0, 1), 0)
    assert "tokens" in Budget(Ceiling(tokens=5)).why_not(Reservation(0, 6), 0)
    assert "seconds" in Budget(Ceiling(seconds=5)).why_not(Reservation(0, 6), 6)
    assert "project" in Budget(parent=Budget(Ceiling(calls=0), name="project")).why_not(Reservation(0, 1), 0)


def test_the_pacer_spreads_what_is_left_and_closes_when_nothing_is():
    pacer = Pacer()
    assert [pacer.slot(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    pacer.hear([Limit(left=4, reset=8.0)], in_flight=64, now=0.0)
    assert [pacer.slot(0.0) for _ in range(3)] == [0.0, 2.0, 4.0]
    assert pacer.slot(20.0) == 20.0
    pacer.hear([Limit(left=0, reset=5.0)], in_flight=1, now=20.0)
    assert pacer.slot(21.0) == 25.0
    own = Pacer(per_minute=60)
    assert [own.slot(0.0) for _ in range(3)] == [0.0, 1.0, 2.0]


def test_the_breaker_opens_lets_one_try_and_closes():
    breaker = Breaker(failures=3, rest=10)
    for _ in range(3):
        assert breaker.wait(0.0) == 0.0
        breaker.failure(0.0)
    assert breaker.wait(4.0) == 6.0
    assert breaker.wait(10.0) == 0.0  # this one may try
    assert breaker.wait(10.0) > 0.0  # nobody else
    breaker.failure(10.0)
    assert breaker.wait(11.0) == 9.0
    assert breaker.wait(20.0) == 0.0
    breaker.success()
    assert breaker.wait(20.0) == 0.0


def test_an_open_circuit_fails_fast_for_those_who_cannot_wait():
    made, _ = gateway(
        lambda c: CallFailed("server", "down"),
        breaker=Breaker(failures=2, rest=50),
        patience=Patience(attempts=5, seconds=20),
    )
    with pytest.raises(CallFailed) as error:
        asyncio.run(made.reply(call()))
    assert error.value.kind == "circuit_open"
    assert len(made.model.calls) == 2


def test_what_was_recorded_is_replayed_and_a_changed_call_is_stale(tmp_path):
    with Cassette(tmp_path, "record") as tape:
        made, _ = gateway(["{}", RED], cassette=tape)
        asyncio.run(made.reply(call()))
    lines = [json.loads(line) for line in (tmp_path / "replies.jsonl").read_text().splitlines()]
    assert [line["reply"]["text"] for line in lines] == ["{}", RED]  # also the one that did not fit
    with Cassette(tmp_path, "replay") as tape:
        made, _ = gateway([], cassette=tape)
        assert asyncio.run(made.reply(call())).value == Colour(name="red")
        assert made.model.calls == []
    with pytest.raises(Corrupt, match="stale"), Cassette(tmp_path, "replay") as tape:
        asyncio.run(gateway([], cassette=tape)[0].reply(call(sample=1)))


def test_an_unplayed_recording_is_an_error(tmp_path):
    with Cassette(tmp_path, "record") as tape:
        asyncio.run(gateway([RED], cassette=tape)[0].reply(call()))
    with pytest.raises(Corrupt, match="1 recorded replies were not asked for"), Cassette(tmp_path, "replay"):
        pass
    with pytest.raises(NotFound):
        Cassette(tmp_path / "nothing", "replay")


def test_a_journal_cut_by_a_crash_is_taken_up(tmp_path):
    path = tmp_path / "j.jsonl"
    with Cassette(path, "record") as tape:
        asyncio.run(gateway([RED], cassette=tape)[0].reply(call()))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])
    with Cassette(path, "resume") as tape:
        made, _ = gateway([RED], cassette=tape, prices=Prices(TABLE))
        assert asyncio.run(made.reply(call())).cost_usd == 0.0  # found: paid for before
        assert made.model.calls == []
        asyncio.run(made.reply(call("another")))
        asyncio.run(made.reply(call("another")))
        assert len(made.model.calls) == 1
    with Cassette(path, "resume") as tape:
        made, _ = gateway([], cassette=tape)
        asyncio.run(made.reply(call("another")))


def test_the_record_is_there_before_the_reply_is_read(tmp_path):
    class Broken(BaseModel):
        @classmethod
        def model_validate_json(cls, *args, **more):
            raise RuntimeError("the parser died")

    path = tmp_path / "j.jsonl"
    broken = Call("judge", "m", ("r",), (Message("user", "x"),), Shape(Broken))
    made, _ = gateway([RED], cassette=Cassette(path, "record"))
    with pytest.raises(RuntimeError):
        asyncio.run(made.reply(broken))
    assert json.loads(path.read_text())["reply"]["text"] == RED
