import json

import pytest

from examiner.domain.errors import Invalid, NotFound
from examiner.domain.score import Turn
from examiner.judge.panel_judge import PanelJudge
from examiner.service.judges import open_llm_judge, salt
from examiner.service.spending import Spending, dollars
from provider import Provider

ANSWER = [Turn(text="Several query heads share one pair of keys and values.")]


def opened(house, name, **more):
    return open_llm_judge(house, name, run=house.portal.run, offline=True, **more)


def test_options_stand_after_commas(house):
    judge = opened(house, "openai/m,by=criterion,replicates=3,temperature=0,effort=low")
    assert (judge.options.by, judge.options.replicates) == ("criterion", 3)
    assert judge.options.parameters == {"temperature": 0, "effort": "low"}
    assert opened(house, "openai/m").identity != opened(house, "openai/m,by=criterion").identity


@pytest.mark.parametrize("name", ["openai/m,by=mood", "openai/m,replicates=0", "openai/m,what"])
def test_options_that_are_none_are_refused(house, name):
    with pytest.raises(Invalid):
        opened(house, name)


@pytest.mark.parametrize("name", ["nobody/m", "openai/", "replay:nowhere", "scripted:nowhere.jsonl"])
def test_judges_that_are_none_are_not_found(house, name):
    with pytest.raises(NotFound):
        open_llm_judge(house, name, run=house.portal.run)


def test_plus_makes_a_panel(house):
    assert isinstance(opened(house, "openai/a+anthropic/b"), PanelJudge)


def test_a_scripted_judge_works_without_a_network(house, tmp_path):
    instance = house.instance("kv-per-token-gqa")
    asked = opened(house, "openai/m").calls(instance, ANSWER)[0].shape.model.model_fields
    line = {"reason": "r", "verdict": "met", "quote": "share one pair"}
    path = tmp_path / "s.jsonl"
    path.write_text(
        json.dumps({"json": {n: line if n[0] == "p" else {"made": False, "quote": ""} for n in asked}}) + "\n"
    )
    judge = open_llm_judge(house, f"scripted:{path}", run=house.portal.run)
    judgement = judge.judge(instance, ANSWER)
    house.portal.close()
    assert [p.verdict for p in judgement.points if p.quote] == ["met"] * sum(n[0] == "p" for n in asked)


def test_a_judge_for_callers_that_are_not_async_keeps_its_replies_and_pays_once(house, monkeypatch):
    with Provider() as provider:
        for name, value in provider.environ.items():
            monkeypatch.setenv(name, value)
        instance = house.instance("kv-per-token-gqa")
        judge = house.judge_named("openai/gpt-5-mini")
        first = judge.judge(instance, ANSWER)
        assert judge.judge(instance, ANSWER).points == first.points
        again = house.judge_named("openai/gpt-5-mini")
        assert again.judge(instance, ANSWER).points == first.points
        house.portal.close()
        assert len(provider.requests) == 1
    assert house.spending.total() == pytest.approx(0.00027)  # 200 x 0.25 + 800 x 0.025 + 100 x 2 per million


def test_the_secret_of_a_home_is_made_once_and_is_private(tmp_path):
    secret = salt(tmp_path / "h")
    assert salt(tmp_path / "h") == secret
    assert len(secret) == 32
    assert salt(tmp_path / "other") != secret
    assert (tmp_path / "h" / "marker.key").stat().st_mode & 0o777 == 0o600


def test_the_books_survive_a_torn_line(tmp_path, clock):
    from examiner.llm.call import Call, Usage

    books = Spending(tmp_path / "spending.jsonl", clock)
    for usd in (0.5, None, 0.25):
        books.enter(Call("judge", "m", (), ()), Usage(1, 2, 3, 4), usd)
    books.close()
    with books.path.open("a") as file:
        file.write('{"usd": 9')
    assert books.total() == 0.75


def test_amounts():
    assert dollars("", "x") is None
    assert dollars("2.5", "x") == 2.5
    for bad in ("-1", "much", "nan"):
        with pytest.raises(Invalid):
            dollars(bad, "x")
