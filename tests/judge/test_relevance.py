"""A quote that has nothing to do with its point carries nothing; one that has, is left alone."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examiner.domain.score import Flag, Judgement, PointVerdict, Span, Turn
from examiner.judge import relevance
from examiner.judge.text import pieces
from examiner.vault.render import render

FAMILIES = ("kv-concurrency", "static-batch-waste", "prefill-vs-decode", "mha-headline")


@pytest.fixture(scope="module")
def instances(vault):
    return [render(vault.family(name), vault.tables, 1) for name in FAMILIES]


def worded(instance):
    keyed = {k.name for k in instance.keys}
    return [p for p in instance.points if p.quantity not in keyed]


def credit(point, turns, quote, turn=0):
    start = turns[turn].text.index(quote)
    span = Span(turn=turn, start=start, end=start + len(quote))
    return PointVerdict(
        point=point.id, criterion=point.criterion, claim=point.claim, verdict="met", quote=quote, span=span
    )


def said(*points, flags=()):
    return Judgement(judge="j", observed_fingerprint="f", points=points, flags=flags)


def sentence(text):
    return text[0].upper() + text[1:].rstrip(".") + "."


def test_every_wording_of_a_point_speaks_of_it(instances):
    for instance in instances:
        turns = (Turn(text=" ".join(sentence(p.variants[0]) for p in worded(instance))),)
        credits_ = [credit(p, turns, sentence(p.variants[0])) for p in worded(instance)]
        found = relevance.supports(said(*credits_), instance, turns)
        assert len(found) == len(credits_) and not any(s.none for s in found.values())
        assert not relevance.quotes_anything(found)


def test_words_about_something_else_carry_no_point(instances):
    instance = instances[0]
    turns = (Turn(text="My grandmother baked excellent bread because her oven held its heat."),)
    judgement = said(*(credit(p, turns, turns[0].text) for p in worded(instance)))
    found = relevance.supports(judgement, instance, turns)
    assert all(s.none and s.doubtful and s.common < relevance.LITTLE for s in found.values())
    assert relevance.quotes_anything(found)
    assert {p.verdict for p in relevance.enforce(judgement, found).points} == {"unclear"}
    flagged = said(*judgement.points, flags=(Flag(kind="injection"),))
    assert {p.verdict for p in relevance.enforce(flagged, found).points} == {"not_met"}


def test_hardly_any_sentence_carries_every_point_of_a_question(instances):
    caught = []
    for instance in instances:
        points = worded(instance)
        for point in points:
            turns = (Turn(text=sentence(point.claim)),)
            found = relevance.supports(said(*(credit(p, turns, turns[0].text) for p in points)), instance, turns)
            assert not found[point.id].none
            caught.append(relevance.quotes_anything(found))
    assert sum(caught) >= 0.8 * len(caught)


def test_one_doubtful_credit_makes_no_suspicion():
    doubt, fine = relevance.Support(0.0, doubtful=True, none=True), relevance.Support(3.0, doubtful=False, none=False)
    assert not relevance.quotes_anything({})
    assert not relevance.quotes_anything({"a": doubt})
    assert relevance.quotes_anything({"a": doubt, "b": doubt})
    assert relevance.quotes_anything({"a": doubt, "b": doubt, "c": fine})
    assert not relevance.quotes_anything({"a": doubt, "b": doubt, "c": fine, "d": fine})


def test_a_point_worded_in_one_way_is_never_doubted(instances):
    instance = instances[0]
    short = worded(instance)[0].model_copy(update={"variants": ()})
    bare = instance.model_copy(update={"points": (short, *worded(instance)[1:]), "rubric_hash": "bare"})
    turns = (Turn(text="My grandmother baked excellent bread because her oven held its heat."),)
    found = relevance.supports(said(*(credit(p, turns, turns[0].text) for p in bare.points)), bare, turns)
    assert short.id not in found and len(found) == len(bare.points) - 1


def test_the_sentence_before_counts_where_the_quote_points_back_to_it_and_is_shown(instances):
    instance = instances[0]
    point = worded(instance)[0]
    turns = (Turn(text=f"{sentence(point.claim)} That is why."),)
    beside = relevance.supports(said(credit(point, turns, "That is why.")), instance, turns)[point.id]
    hidden = (Turn(text=" " * len(sentence(point.claim)) + " That is why."),)
    alone = relevance.supports(said(credit(point, hidden, "That is why.")), instance, hidden)[point.id]
    assert not beside.none and beside.common > alone.common == 0 and alone.none
    other = (Turn(text=f"{sentence(point.claim)} Bread rises."),)
    assert relevance.supports(said(credit(point, other, "Bread rises.")), instance, other)[point.id].none


def test_an_answer_to_a_follow_up_need_not_repeat_it(instances):
    instance = instances[0]
    point = worded(instance)[0]
    bare = (Turn(text="x"), Turn(text="Yes, it does.", asked="And then?"))
    asked = (Turn(text="x"), Turn(text="Yes, it does.", asked=point.claim))
    values = [
        relevance.supports(said(credit(point, t, "Yes, it does.", 1)), instance, t)[point.id].common
        for t in (bare, asked)
    ]
    assert values[0] == 0 < values[1]


def test_notes_of_a_calculation_are_doubted_and_never_dismissed(instances):
    instance = instances[0]
    turns = (Turn(text="544 - 141 - 32 = 371"),)
    found = relevance.supports(said(credit(worded(instance)[0], turns, turns[0].text)), instance, turns)
    assert [(s.doubtful, s.none) for s in found.values()] == [(True, False)]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_laws(instances, seed):
    chance = random.Random(seed)
    instance = chance.choice(instances)
    text = " ".join(sentence(chance.choice((p.claim, *p.variants))) for p in instance.points)
    turns = (Turn(text=text),)
    cuts = [text[a:b] for a, b in pieces(text)]
    judgement = said(*(credit(p, turns, chance.choice(cuts)) for p in instance.points))
    found = relevance.supports(judgement, instance, turns)
    assert set(found) == {p.id for p in worded(instance)}
    for point in judgement.points:
        if point.point in found:
            whole = credit(instance.point(point.point), turns, text)
            wider = relevance.supports(said(whole), instance, turns)[point.point]
            assert wider.common >= found[point.point].common  # more words never have less in common
            assert not (wider.none and not found[point.point].none)
            assert found[point.point].doubtful or not found[point.point].none
    done = relevance.enforce(judgement, found)
    assert [p.point for p in done.points] == [p.point for p in judgement.points]
    for before, after in zip(judgement.points, done.points, strict=True):
        kept = before.point not in found or not found[before.point].none
        assert (after == before) if kept else (after.verdict == "unclear" and after.span == before.span)
    assert relevance.enforce(done, relevance.supports(done, instance, turns)) == done
