"""A model is asked once what it accepts; its record is kept, shown, and decides how it is asked from then on."""

import json

import pytest

from examiner.domain.errors import Invalid
from examiner.domain.score import Turn
from examiner.service.capabilities import check, form_of, known
from examiner.service.judges import open_guarded
from provider import Provider, verdicts

ANSWER = [Turn(text="Several query heads share one pair of keys and values.")]


def ready(body):
    return (
        {"ready": True} if "ready" in json.dumps(body.get("response_format", body.get("tools", ""))) else verdicts(body)
    )


@pytest.fixture
def served(monkeypatch):
    with Provider(say=ready) as provider:
        for name, value in provider.environ.items():
            monkeypatch.setenv(name, value)
        yield provider


@pytest.mark.parametrize(("vendor", "form"), [("openai", "schema"), ("anthropic", "tool")])
def test_a_record_is_kept_with_the_fingerprint(house, served, vendor, form):
    name = f"{vendor}/gpt-5-mini"
    assert known(house, name) is None
    [record] = check(house, name)
    assert known(house, name) == record
    assert record["capabilities"]["form"] == form and record["capabilities"]["streaming"] is True
    assert record["observed_fingerprint"].startswith("sha256:")
    assert form_of(house, name) is None  # the vendor's usual way


def test_the_record_belongs_to_the_address(house, served, monkeypatch):
    check(house, "openai/m")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert known(house, "openai/m") is None


def test_what_was_refused_decides_the_request_and_the_fingerprint(house, served):
    usual = open_guarded(house, "openai/m", run=house.portal.run, offline=True)
    [record] = check(house, "openai/m")
    record["capabilities"]["form"] = "plain"
    path = house.settings.home_path / "capabilities.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(dict.fromkeys(kept, record)))
    judge = open_guarded(house, "openai/m", run=house.portal.run, offline=True)
    [call] = judge.calls(house.instance("kv-per-token-gqa"), ANSWER)
    assert call.form == "plain"
    assert judge.identity != usual.identity and judge.observed_fingerprint != usual.observed_fingerprint


def test_what_is_no_model_is_not_asked(house):
    with pytest.raises(Invalid):
        check(house, "embedded")
