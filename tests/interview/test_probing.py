"""Follow-ups serve what the answer lacked."""

import pytest

from examiner.domain.question import FollowUp
from examiner.domain.score import Judgement, NumberVerdict, PointVerdict
from examiner.interview.probing import INVITED, NUMBERS, choose, find_fact, hint
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


def absent(instance):
    return tuple(
        NumberVerdict(quantity=k.name, verdict="absent", role="final") for k in instance.keys if k.role == "final"
    )


def stripped(instance, **parts):
    """The question with other points, follow-ups or without its invitation."""
    return instance.model_copy(update=parts)


@pytest.fixture
def three(vault):
    """Three open points, each with its probe: light and critical, heavy, middling."""
    instance = render(vault.family("kv-concurrency"), vault.tables, 1)
    points = tuple(
        p.model_copy(update={"weight": w, "critical": c, "quantity": None})
        for p, w, c in zip(instance.points[:3], (0.5, 4.0, 2.0), (True, False, False), strict=True)
    )
    probes = tuple(FollowUp(id=f"to-{n}", ask="?", points=(p.id,)) for n, p in enumerate(points))
    return stripped(instance, points=points, follow_ups=probes, mistakes=())


def test_critical_points_come_before_heavier_ones(three):
    judgement = judged(three, {p.id: "not_met" for p in three.points})
    asked = []
    for expected in ("to-0", "to-1", "to-2", INVITED):
        choice = choose(three, judgement, asked)
        assert choice.probe == expected
        asked.append(choice.probe)
    assert choose(three, judgement, asked) is None


@pytest.mark.parametrize("verdict", ["not_met", "partly", "unclear", "contradicted"])
def test_whatever_is_not_met_is_probed(three, verdict):
    assert choose(three, judged(three, {three.points[2].id: verdict}), []).probe == "to-2"


@pytest.mark.parametrize("verdict", ["met", "disputed"])
def test_what_is_met_or_goes_to_a_person_is_not_probed(three, verdict):
    assert choose(three, judged(three, {three.points[2].id: verdict}), []).probe == INVITED


def test_a_full_answer_to_a_question_that_invites_nothing_is_probed_once(three):
    bare = stripped(three, invites=None)
    choice = choose(bare, judged(bare, {}), [])
    assert choice.probe == "to-1"
    assert "survive" in choice.reason
    assert choose(bare, judged(bare, {}), ["to-1"]) is None


def test_numbers_stand_in_line_by_weight_where_no_probe_aims_at_them(three):
    final = next(k for k in three.keys if k.role == "final")
    points = (three.points[0], three.points[1].model_copy(update={"quantity": final.name}), three.points[2])
    orphan = stripped(three, points=points, follow_ups=(three.follow_ups[0], three.follow_ups[2]))
    judgement = judged(orphan, {p.id: "not_met" for p in points}, numbers=absent(orphan))
    order = [choose(orphan, judgement, asked).probe for asked in ([], ["to-0"], ["to-0", NUMBERS])]
    assert order == ["to-0", NUMBERS, "to-2"]
    served = stripped(three, points=points)
    assert choose(served, judgement, ["to-0"]).probe == "to-1", "its own probe is better than the generic one"
    assert choose(served, judgement, ["to-0", "to-1"]).probe == "to-2"
    assert choose(served, judgement, ["to-0", "to-1", "to-2"]).probe == NUMBERS


def test_a_stated_number_is_not_asked_for_again(three):
    stated = tuple(n.model_copy(update={"verdict": "wrong"}) for n in absent(three))
    assert choose(three, judged(three, {}, numbers=stated), []).probe == INVITED
    assert choose(three, judged(three, {}, numbers=absent(three)), [NUMBERS]).probe == INVITED


def test_every_question_of_the_vault_can_be_probed_and_none_twice(vault):
    for family in vault.families.values():
        instance = render(family, vault.tables, 2)
        for verdict in ("met", "not_met"):
            judgement = judged(
                instance, {p.id: verdict for p in instance.points}, [m.id for m in instance.mistakes], absent(instance)
            )
            asked = []
            while (choice := choose(instance, judgement, asked)) is not None:
                assert choice.probe not in asked, instance.ref
                asked.append(choice.probe)
            assert asked, instance.ref


def test_the_request_for_numbers_never_holds_the_number(vault):
    for family in vault.families.values():
        instance = render(family, vault.tables, 2)
        if not absent(instance):
            continue
        judgement = judged(instance, {}, numbers=absent(instance))
        choice = choose(instance, judgement, [])
        assert choice.probe == NUMBERS
        final = next(k for k in instance.keys if k.role == "final")
        said = choice.ask.replace(",", " ").replace(".", " ").split()
        assert f"{final.value:g}" not in said, instance.ref
