"""Which way an answer says a claim: denials, words of the other direction, halves of a claim, words taken back."""

import pytest

from examiner.domain.question import Point
from examiner.domain.score import Turn
from examiner.judge.align import bag, terms, wording
from examiner.judge.bench import open_judge
from examiner.judge.polarity import flipped, opposites
from examiner.judge.text import negations, tokenise, unlimited
from examiner.vault.render import render

JUDGE = open_judge("embedded")
CLAIMS = {
    "bound": "Decode at a batch of one is memory-bound, so its time falls with the bytes of the weights.",
    "halves": "Full blocks are shared between conversations; the last block belongs to one conversation alone.",
    "only": "Frozen matrices stay in flash and are only read, while trained ones must live in writable memory.",
}


@pytest.fixture(scope="module")
def instance(vault):
    base = render(vault.family("no-cache-work"), vault.tables, 0)
    like = next(p for p in base.points if not p.quantity)
    points = tuple(
        Point.model_validate(
            like.model_dump() | {"id": name, "claim": claim, "variants": (), "needs": (), "denies": ()}
        )
        for name, claim in CLAIMS.items()
    )
    return base.model_copy(update={"points": points, "keys": (), "rubric_hash": "polarity"})


def verdict(instance, point, *said):
    judged = JUDGE.judge(instance, [Turn(text=text) for text in said])
    return next(p.verdict for p in judged.points if p.point == point)


@pytest.mark.parametrize("point", CLAIMS)
def test_each_claim_as_it_stands_is_met(instance, point):
    assert verdict(instance, point, CLAIMS[point]) == "met"


@pytest.mark.parametrize(
    ("point", "text"),
    [
        ("bound", "It is not true that decode at a batch of one is memory-bound, so its time falls with the bytes."),
        ("bound", "Decode at a batch of one is never memory-bound, so its time falls with the bytes of the weights."),
        ("bound", "Decode at a batch of one is compute-bound, so its time falls with the bytes of the weights."),
        ("bound", "Decode at a batch of one is memory-bound, so its time rises with the bytes of the weights."),
        (
            "halves",
            "It is false that full blocks are shared between conversations; the last block belongs to one alone.",
        ),
        (
            "halves",
            "Full blocks are not shared between conversations; the last block belongs to one conversation alone.",
        ),
        (
            "only",
            "Frozen matrices stay in flash and are not only read, while trained ones must live in writable memory.",
        ),
    ],
)
def test_the_opposite_in_the_claims_words_is_contradicted(instance, point, text):
    assert verdict(instance, point, text) == "contradicted"


def test_a_neighbouring_sentence_hides_no_denial(instance):
    denied = "Decode at a batch of one is not memory-bound, so its time falls with the bytes of the weights."
    assert verdict(instance, "bound", f"{CLAIMS['halves']} {denied} {CLAIMS['only']}") == "contradicted"


def test_a_denial_does_not_reach_another_point(instance):
    denied = "Decode at a batch of one is not memory-bound, so its time falls with the bytes of the weights."
    assert verdict(instance, "halves", f"{denied} {CLAIMS['halves']}") == "met"


def test_what_is_taken_back_in_a_later_turn_is_met(instance):
    denied = "Decode at a batch of one is not memory-bound, so its time falls with the bytes of the weights."
    assert verdict(instance, "bound", denied, CLAIMS["bound"]) == "met"
    assert verdict(instance, "bound", CLAIMS["bound"], denied) == "contradicted"


@pytest.mark.parametrize(
    ("claim", "said", "words"),
    [
        ("The cache grows at every step", "The cache shrinks at every step", {"+increas"}),
        ("The cache grows at every step", "At every step the cache grows", set()),
        ("The cache never shrinks", "The cache shrinks", {"+decreas"}),
        ("Reads are fast and writes are slow", "Writes are slow and reads are fast", set()),
    ],
)
def test_words_of_the_other_direction(claim, said, words):
    passage = bag(terms(tokenise(said)), frozenset(), negations(said), unlimited=unlimited(said))
    assert flipped(wording(claim, frozenset()), passage) == words


def test_opposites_go_both_ways():
    table = opposites()
    assert all(name in table[other] for name, others in table.items() for other in others)
    assert all(name not in others for name, others in table.items())


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("The error is not larger than half a step", {"larger"}),
        ("Users lose nothing and tests fail", set()),
        ("It does not read and write", {"read", "write"}),
    ],
)
def test_where_a_negation_ends(text, negated):
    function = {"a", "and", "is", "it", "the"}
    assert {t.word for t in tokenise(text) if t.negated} - function == negated
