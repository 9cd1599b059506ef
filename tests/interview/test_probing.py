"""Follow-ups serve what the answer lacked."""

from examiner.domain.score import Judgement, NumberVerdict, PointVerdict
from examiner.interview.probing import choose, find_fact, hint
from examiner.vault.render import render


def judged(instance, verdicts, mistakes=(), numbers=()):
    points = tuple(
        PointVerdict(point=p.id, criterion=p.criterion, claim=p.claim, verdict=verdicts.get(p.id, "met"))
        for p in instance.points
    )
    return Judgement(judge="t", observed_fingerprint="f", points=points, mistakes=mistakes, numbers=numbers)


def test_a_recognised_mistake_comes_first(vault):
    instance = render(vault.family("kv-concurrency"), vault.tables, 1)
    choice = choose(instance, judged(instance, {"count": "not_met"}, mistakes=("query-heads",)), [])
    assert choice.probe == "which-heads" and "query heads" in choice.reason


def test_the_heaviest_open_points_come_next_and_no_probe_twice(vault):
    instance = render(vault.family("kv-concurrency"), vault.tables, 1)
    verdicts = judged(instance, {"next-waits": "not_met"})
    assert choose(instance, verdicts, []).probe == "one-more"
    assert choose(instance, verdicts, ["one-more"]).probe == "invited"
    assert choose(instance, verdicts, ["one-more", "invited"]) is None


def test_skipped_arithmetic_is_asked_for_without_giving_it_away(vault):
    instance = render(vault.family("kv-concurrency"), vault.tables, 1)
    numbers = (NumberVerdict(quantity="resident", verdict="absent", role="final"),)
    asked = [f.id for f in instance.follow_ups]
    choice = choose(instance, judged(instance, {"count": "not_met"}, numbers=numbers), asked)
    assert choice.probe == "numbers" and "16" not in choice.ask


def test_facts_only_when_asked_for(vault):
    instance = render(vault.family("hourly-itl-spikes"), vault.tables, 1)
    assert find_fact(instance, "How long are the prompts, what prompt length do you see?").id == "lengths"
    assert find_fact(instance, "What is the meaning of life?") is None
    assert find_fact(instance, "Any garbage collection pauses?").herring


def test_a_hint_is_never_the_key(vault):
    for family in vault.families.values():
        instance = render(family, vault.tables, 3)
        for follow_up in instance.follow_ups:
            text = hint(instance, follow_up.id)
            assert all(f"{k.value:g}" not in text.split() for k in instance.keys if k.role == "final" and k.value > 20)
