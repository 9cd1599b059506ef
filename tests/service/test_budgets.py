"""What a tenant may spend on models: never passed, however many ask at once; said in full; no answer is lost to it."""

import asyncio
import random
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from examiner.api.app import create_app
from examiner.domain.errors import Invalid, NotFound
from examiner.llm.budget import Budget, Reservation, Unpriced
from examiner.llm.call import Call, Message, Reply, Usage
from examiner.llm.gateway import Gateway
from examiner.llm.prices import Prices
from examiner.llm.scripted import ScriptedModel
from examiner.service import budgets
from examiner.service.access import tenants
from examiner.service.access.authority import SCOPES, Principal
from examiner.service.budgets import OverBudget, TenantBudget, standing
from examiner.service.examiner import Examiner
from examiner.service.people import reviewing
from examiner.service.sitting import sessions
from examiner.service.upkeep import sweeping
from examiner.settings import Settings
from examiner.store.tenancy import within
from provider import Provider

MODEL = "gpt-5-mini"
STAFF = {"Authorization": "Bearer staff-key"}


@pytest.fixture
def model_house(tmp_path, clock, monkeypatch):
    """A house whose judge is a model behind a small provider on loopback."""
    with Provider() as provider:
        for name, value in provider.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        settings = Settings(home=str(tmp_path / "home"), api_keys="staff-key", judge=f"openai/{MODEL}")
        made = Examiner(settings, clock=clock)
        made.provider = provider
        yield made
        made.portal.close()
        made.ledger.close()


def call_of(house, text="x"):
    return Call("judge", MODEL, ("s",), (Message("user", text),), max_tokens=1000)


def gateway(house, usage=None, latency=0.0, budget=None):
    async def slowly(call):
        await asyncio.sleep(latency)
        return Reply(text="ok", model=MODEL, usage=usage or Usage(input=1000, output=1000))

    class Slow(ScriptedModel):
        async def reply(self, call):
            self.calls.append(call)
            return await slowly(call)

    model = Slow([])
    prices = Prices(house.vault.tables["prices"])
    return Gateway(model, prices=prices, budget=budget or Budget(parent=TenantBudget(house))), model


def used(house, tenant="default"):
    found = standing(house, tenant)["day"]
    return found["spent_usd"], found["held_usd"]


def test_the_limit_holds_however_many_processes_ask_at_once(tmp_path, clock):
    """Eight writers with databases of their own, as eight processes have: the truth is counted beside the books."""
    settings = Settings(home=str(tmp_path / "home"), tenant_day_usd="0.5")
    houses = [Examiner(settings, clock=clock) for _ in range(8)]
    truth, refused, most, lock = [0.0], [0], [0.0], threading.Lock()
    flying = [0.0]

    def work(house, rng):
        purse = TenantBudget(house)
        for _ in range(40):
            wanted = Reservation(round(rng.uniform(0.001, 0.02), 6), 0)
            try:
                if purse.why_not(wanted, 0.0):
                    continue
                purse.hold(wanted)
            except OverBudget:
                with lock:
                    refused[0] += 1
                continue
            with lock:
                flying[0] += wanted.usd
                most[0] = max(most[0], truth[0] + flying[0])
            cost = round(wanted.usd * rng.random(), 6)
            with lock:
                truth[0] += cost
                flying[0] -= wanted.usd
            purse.settle(wanted, Usage(), cost)

    threads = [threading.Thread(target=work, args=(h, random.Random(n))) for n, h in enumerate(houses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent, held = used(houses[0])
    assert held == 0 and spent == pytest.approx(truth[0], abs=320e-6)  # each rounded up to a millionth
    assert truth[0] <= 0.5 and most[0] <= 0.5 + 1e-9 and spent <= 0.5
    assert refused[0] > 0 and spent > 0.4  # the limit was reached, and used
    for house in houses:
        house.ledger.close()


def test_calls_in_flight_together_cannot_overshoot_and_wait_for_what_comes_back(house):
    budgets.set_limits(house, "default", {"day": "0.02"})
    asked, model = gateway(house, Usage(input=1000, output=500), latency=0.01)  # 0.00125 USD each, 0.002 reserved

    async def all_of_them():
        return await asyncio.gather(*(asked.reply(call_of(house, str(n))) for n in range(40)), return_exceptions=True)

    done = asyncio.run(all_of_them())
    refused = [r for r in done if isinstance(r, OverBudget)]
    assert len(refused) + len(model.calls) == 40 and refused
    spent, held = used(house)
    assert held == 0 and spent == pytest.approx(len(model.calls) * 0.00125) and spent <= 0.02
    assert len(model.calls) >= 14  # 9 reservations fit at once; the others waited for what those gave back


def test_a_long_run_enters_what_no_limit_holds_together_and_what_one_holds_call_by_call(house, monkeypatch):
    purse, writes, write = TenantBudget(house), [], TenantBudget._write
    monkeypatch.setattr(TenantBudget, "_write", lambda self, deed: (writes.append(deed), write(self, deed)))
    budget = Budget(parent=Budget(parent=purse))

    def spend(count):
        for _ in range(count):
            wanted = Reservation(0.01, 0)
            budget.hold(wanted)
            budget.settle(wanted, Usage(), 0.0015)

    budgets.set_limits(house, "default", {"day": "none", "month": "none"})
    with budget.gathering(), budget.gathering():
        spend(50)
    assert len(writes) <= 2  # the first of a run, and the rest
    assert used(house) == (pytest.approx(0.075), 0)
    spend(3)
    assert len(writes) <= 5
    assert used(house) == (pytest.approx(0.0795), 0)
    assert standing(house)["day"]["calls"] == 53
    budgets.set_limits(house, "default", {"day": "5"})
    before = len(writes)
    with budget.gathering():
        spend(4)
        assert len(writes) == before + 8
    assert used(house) == (pytest.approx(0.0855), 0)


def test_a_tenants_money_is_its_own(house):
    for name in ("one", "two"):
        tenants.add(house, name)
    budgets.set_limits(house, "one", {"month": "0.0001"})
    asked, model = gateway(house)
    with within("one"), pytest.raises(OverBudget) as error:
        asyncio.run(asked.reply(call_of(house)))
    assert error.value.extra["budget"]["period"] == "month" and not model.calls
    with within("two"):
        asyncio.run(asked.reply(call_of(house)))
    assert used(house, "two")[0] == pytest.approx(0.00225) and used(house, "one") == used(house) == (0, 0)


def test_what_was_under_way_when_a_process_died_counts_that_day(house, clock):
    budgets.set_limits(house, "default", {"day": "1", "month": "1.5"})
    TenantBudget(house).hold(Reservation(0.6, 0))  # and dies
    left = TenantBudget(house)
    with pytest.raises(OverBudget, match=r"0\.6000 USD held"):
        left.why_not(Reservation(0.5, 0), 0.0)
    clock.pass_(86_400)
    assert left.why_not(Reservation(0.5, 0), 0.0) == ""
    with pytest.raises(OverBudget) as error:  # it stays in the month
        left.why_not(Reservation(0.95, 0), 0.0)
    assert error.value.extra["budget"]["resets_at"] == "2026-04-01T00:00:00+00:00"


def test_a_failed_call_gives_its_money_back(house):
    budgets.set_limits(house, "default", {"day": "1"})
    purse, wanted = TenantBudget(house), Reservation(0.6, 0)
    outer = Budget(parent=purse)
    outer.hold(wanted)
    assert used(house) == (0, 0.6)
    outer.settle(wanted, Usage(), 0.0)
    assert used(house) == (0, 0)
    outer.hold(wanted)
    outer.settle(wanted, Usage(), None)  # no price known: it cost what was reserved
    assert used(house) == (0.6, 0)
    with pytest.raises(OverBudget):
        outer.hold(Reservation(0.6, 0))
    assert outer.in_flight == 0  # nothing is held within where the outermost grain refused


@given(at=st.integers(min_value=1_700_000_000, max_value=1_950_000_000))
def test_periods_reset_in_the_future_at_midnight(at):
    now = datetime.fromtimestamp(at, UTC)
    day, month = (budgets._resets(period, now) for period in budgets.PERIODS)
    assert 0 < (day - now).total_seconds() <= 86_400 and 0 < (month - now).total_seconds() <= 31 * 86_400
    assert (day.hour, day.minute, day.second, day.microsecond) == (0, 0, 0, 0) and month.day == 1 and month >= day


@given(usd=st.floats(min_value=0, max_value=1000))
def test_amounts_are_never_rounded_down(usd):
    assert budgets._micros(usd) >= usd * 1e6 - 1e-3


def test_a_limit_is_the_tenants_own_or_the_settings_or_none(house):
    house.settings = replace(house.settings, tenant_day_usd="2")
    limit = lambda: standing(house)["day"]["limit_usd"]  # noqa: E731
    assert limit() == 2
    for given_, shown in (("0.5", 0.5), ("0", 0.0), ("none", None), ("", 2)):
        budgets.set_limits(house, "default", {"day": given_})
        assert limit() == shown
    with pytest.raises(Invalid):
        budgets.set_limits(house, "default", {"day": "much"})
    with pytest.raises(NotFound):
        budgets.set_limits(house, "nobody", {"day": "1"})


def test_a_refusal_says_what_how_much_until_when_and_who(model_house, clock):
    house = model_house
    budgets.set_limits(house, "default", {"day": "0.00001"})
    line = {
        "id": "1",
        "question": "kv-per-token-gqa",
        "answer": "Several query heads share one pair of keys and values.",
    }
    with TestClient(create_app(house)) as client:
        reply = client.post("/v1/gradings", json={"answers": [line]}, headers=STAFF)
        assert reply.status_code == 429 and reply.headers["content-type"] == "application/problem+json"
        body = reply.json()
        assert body["code"] == "over_budget" and body["title"] == "OverBudget" and "0.00 USD a day" in body["detail"]
        told = body["budget"]
        assert (told["tenant"], told["period"], told["limit_usd"]) == ("default", "day", 0.00001)
        assert told["resets_at"] == "2026-03-03T00:00:00+00:00" and "PUT /v1/tenants" in told["raised_by"]
        assert int(reply.headers["retry-after"]) == 15 * 3600
        assert house.provider.requests == []
        raised = client.put("/v1/tenants/default/budget", json={"day_usd": "1"}, headers=STAFF)
        assert raised.json()["day"]["limit_usd"] == 1
        assert client.post("/v1/gradings", json={"answers": [line]}, headers=STAFF).status_code == 201
        shown = client.get("/v1/budget", headers=STAFF).json()["day"]
        assert shown["spent_usd"] == pytest.approx(0.00027) and shown["calls"] == 1
        assert client.put("/v1/tenants/default/budget", json={"day_usd": "-1"}, headers=STAFF).status_code == 422


@pytest.mark.parametrize(
    ("limit", "judge", "why"), [("0", MODEL, "resets at"), ("10", "gpt-unpriced", "no price is known")]
)
def test_no_answer_is_lost_and_people_get_what_no_judge_can_be_paid_for(model_house, limit, judge, why):
    house = model_house
    house.settings = replace(house.settings, judge=f"openai/{judge}")
    budgets.set_limits(house, "default", {"month": limit})
    state = sessions.create(house, "demo", candidate="A", seed=7)
    now, said = sessions.begin(house, state.id), []
    while now.status != "ended":
        if now.status == "ready":
            now = sessions.begin(house, state.id)
        elif now.status == "predicting":
            now = sessions.predict(house, state.id, None)
        elif now.status == "posing":
            now = sessions.pose(house, state.id, "", "")
        else:
            text = f"my words {len(said)}: memory bandwidth bounds each step"
            assert sessions.save_draft(house, state.id, now.turn, text).sha256
            now = sessions.submit(house, state.id, now.turn, text)
            said.append(text)
    assert len(said) > 4 and house.provider.requests == []  # follow-ups were asked, at no cost
    stored = [r.body["text"] for r in house.ledger.read(f"sitting/{state.id}") if r.kind == "answered"]
    assert stored == said
    for _ in range(3):
        sweeping.sweep(house)
    waiting = reviewing.queue(house)
    assert waiting and all("not judged yet" in row["why"][0] and why in row["why"][0] for row in waiting)
    assert len([r for r in reviewing.history(house, state.id) if r.kind == "graded"]) == 1
    ana = Principal("ana", "Ana", "reviewer", SCOPES["reviewer"])
    reviewing.rate(house, state.id, 0, ana, 2, {}, "")
    assert reviewing.task(house, state.id, 0, "ana")["machine"] is None
    assert reviewing.overrule(house, state.id, 0, "ana", 2, "w", blind_first=True)["machine"] is None
    with pytest.raises((OverBudget, Unpriced)):
        reviewing.report(house, state.id)
    budgets.set_limits(house, "default", {"month": "none"})
    sweeping.sweep(house)
    graded = [r.body for r in reviewing.history(house, state.id) if r.kind == "graded"][-1]
    assert graded["fingerprint"] and house.provider.requests
    report = reviewing.report(house, state.id)
    assert report["items"][0]["final"] == {"score": 2, "source": "human"}
    assert house.registry.one("sittings", id=state.id)["waiting"] == 0
