"""A model drafts a family: what comes of good replies, of bad ones, and of none."""

import json

import pytest

from examiner.domain.errors import Exhausted
from examiner.domain.question import Family
from examiner.llm.budget import Budget, Ceiling
from examiner.llm.call import CallFailed
from examiner.llm.gateway import Gateway, Patience
from examiner.llm.scripted import ScriptedModel
from examiner.service.adopting import by_model, open_drafter
from examiner.vault.drafting import as_reply
from examiner.vault.importing.drafts import Draft, Origin
from provider import Provider

DRAFT = Draft(
    id="d1",
    title="A crowd in the hall",
    prompt="How many are inside at once?",
    answer="Arrivals times the stay.",
    origin=Origin(source="a.csv", licence="CC BY-NC 4.0", where="line 2"),
)


@pytest.fixture
def good(house):
    reply = as_reply(house.vault.family("littles-law")).model_dump(mode="json")
    return reply | {"title": "A crowd in the hall"}


def spoilt(good, **changes):
    return json.dumps(json.loads(json.dumps(good)) | changes)


def typed(good):
    reply = json.loads(json.dumps(good))
    for quantity in reply["quantities"]:
        if quantity["role"] == "final":
            quantity["formula"] = "50"
    return json.dumps(reply)


def ask(house, *replies, draft=DRAFT, **gateway):
    model = ScriptedModel(replies)
    made = house.portal.run(by_model(house, draft, Gateway(model, **gateway), "m"))
    house.portal.close()
    return made, model.calls


def test_a_good_reply_becomes_a_family_that_nobody_has_reviewed(house, good):
    made, calls = ask(house, json.dumps(good))
    assert (made.outcome, made.demands, made.asked_again, len(calls)) == ("ready", (), False, 1)
    family = Family.model_validate(made.family)
    assert family.id == "a-crowd-in-the-hall" and family.sources == ("a.csv, line 2",)
    assert family.provenance.written_by == "model" and family.provenance.reviewed_by == ()
    assert family.provenance.licence == "CC BY-NC 4.0"
    assert any("reviewed_by" in line for line in made.left) and any("BY-NC" in line for line in made.left)
    assert calls[0].purpose == "adopt" and "How many are inside" in calls[0].messages[0].text


def test_the_findings_go_back_once_and_the_better_draft_stands(house, good):
    made, calls = ask(house, spoilt(good, track="nowhere"), json.dumps(good))
    assert made.outcome == "ready" and made.asked_again and made.calls == 2
    assert "track 'nowhere'" in calls[1].rejected.problem
    made, calls = ask(house, spoilt(good, track="nowhere"), spoilt(good, track="nowhere", topic="moon"))
    assert made.outcome == "demands" and made.demands == ("axes: track 'nowhere' is not in taxonomy.yaml",)
    assert len(calls) == 2


def test_a_key_typed_in_is_refused(house, good):
    made, calls = ask(house, typed(good), typed(good))
    assert made.outcome == "refused" and made.family == {} and "never typed in" in made.refused[0]
    assert "never typed in" in calls[1].rejected.problem
    made, _ = ask(house, typed(good), spoilt(good, track="nowhere"))
    assert made.outcome == "demands" and made.family
    made, _ = ask(house, spoilt(good, track="nowhere"), typed(good))
    assert made.outcome == "demands"


def test_a_value_in_the_reply_does_not_fit_the_form(house, good):
    reply = json.loads(json.dumps(good))
    reply["quantities"][0]["value"] = 50
    made, calls = ask(house, json.dumps(reply), json.dumps(good))
    assert made.outcome == "ready" and "value" in calls[1].rejected.problem


def test_a_model_that_never_fits_is_an_upstream_failure(house, good):
    with pytest.raises(CallFailed) as error:
        ask(house, "{}", "{}", "{}")
    assert error.value.kind == "invalid" and error.value.exit_code == 4


def test_a_budget_holds(house, good):
    with pytest.raises(Exhausted):
        ask(house, spoilt(good, track="nowhere"), json.dumps(good), budget=Budget(Ceiling(calls=1)))


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_over_http_with_a_fault_on_the_way(house, good, monkeypatch, vendor):
    replies = iter([good | {"track": "nowhere"}, good])
    with Provider(fault=lambda body, seen: "" if seen else "529", say=lambda body: next(replies)) as provider:
        for name, value in {**provider.environ, "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}.items():
            monkeypatch.setenv(name, value)
        model, name = open_drafter(house, f"{vendor}/m")
        model.patience = Patience(first=0.01)
        made = house.portal.run(by_model(house, DRAFT, model, name))
        served = len(provider.requests)
        again = house.portal.run(by_model(house, DRAFT, open_drafter(house, f"{vendor}/m")[0], name))
        house.portal.close()
    assert made.outcome == again.outcome == "ready" and made.family == again.family
    assert len(provider.requests) == served == 4, "the journal answers the second time"
    assert again.cost_usd == 0 and [json.loads(x)["purpose"] for x in house.spending.path.read_text().splitlines()]
