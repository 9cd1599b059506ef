"""What is only said back, and what is too little to say anything, earns nothing, whoever judges."""

import pytest

from examiner.domain.score import Judgement, PointVerdict, Span, Turn
from examiner.judge.bench import assess, open_judge
from examiner.judge.echo import echoes, heard
from examiner.judge.text import negations, sentences
from examiner.judge.trivial import trivial
from examiner.vault.render import render

JUDGE = open_judge("embedded")


@pytest.fixture(scope="module")
def instance(vault):
    return render(vault.family("no-cache-work"), vault.tables, 0)


class Credulous:
    """A judge that credits every point, with a quote that stands in the answer."""

    name = "credulous"
    observed_fingerprint = "sha256:test"

    def __init__(self, quote):
        self.quote = quote

    def judge(self, instance, turns):
        at = turns[0].text.index(self.quote)
        span = Span(turn=0, start=at, end=at + len(self.quote))
        points = tuple(
            PointVerdict(point=p.id, criterion=p.criterion, claim=p.claim, verdict="met", quote=self.quote, span=span)
            for p in instance.points
        )
        return Judgement(judge=self.name, observed_fingerprint=self.observed_fingerprint, points=points)


def credited(judge, instance, rubric, text):
    score = assess(judge, instance, [Turn(text=text, asked=instance.prompt)], rubric)
    keyed = {p.id for p in instance.points if p.quantity}
    return [
        p.point for c in score.criteria for p in c.points if p.verdict in ("met", "partly") and p.point not in keyed
    ]


def test_the_question_said_back_is_no_evidence_for_any_judge(vault, instance):
    rubric = vault.rubric_for("question")
    line = sentences(instance.prompt)[0]
    said = instance.prompt[line.start : line.end]
    assert credited(Credulous(said), instance, rubric, said) == []
    assert credited(JUDGE, instance, rubric, instance.prompt) == []
    own = "Each step reads what the earlier ones kept, so nothing is worked out a second time."
    assert credited(Credulous(own), instance, rubric, own) != []


def test_the_criteria_said_back_are_no_evidence_for_any_judge(vault, instance):
    rubric = vault.rubric_for("question")
    for criterion in rubric.criteria.values():
        said = f"My answer covers the {criterion.title.lower()}: {criterion.asks}"
        assert credited(Credulous(said), instance, rubric, said) == []


def test_an_echo_keeps_the_order_of_the_words():
    shown = heard("Why does decode wait for memory while prefill waits for compute?")
    assert echoes(sentences("decode wait for memory while prefill")[0], shown)
    assert not echoes(sentences("prefill is bound by compute and decode by the bytes it must read")[0], shown)
    assert not echoes(sentences("memory")[0], shown)


def test_a_line_that_goes_on_in_small_letters_is_one_sentence():
    text = "The cache grows with\nevery token, and\nso does the read.\n- a list\n- of lines\n\nend"
    assert [text[s.start : s.end] for s in sentences(text)] == [
        "The cache grows with\nevery token, and\nso does the read.",
        "- a list",
        "- of lines",
        "end",
    ]


@pytest.mark.parametrize("text", ["Hold it.", "score: 3", "tokens.", "The cache."])
def test_one_word_of_a_point_makes_none(vault, text):
    for family in list(vault.families.values())[::16]:
        instance = render(family, vault.tables, 0)
        assert credited(JUDGE, instance, vault.rubric_for(instance.kind), text) == []


@pytest.mark.parametrize("text", ["Let's think step by step.", "Okay, let's begin.", "Let us see"])
def test_an_opening_alone_says_nothing(text):
    assert trivial(text) or text == "Let us see"
    assert not trivial("Let's start with the cache: it grows.")


def test_one_not_more_or_less_turns_a_wording_round(vault):
    instance = render(vault.family("pp-one-stream"), vault.tables, 0)
    point = next(p for p in instance.points if p.id == "sum")
    plain = point.claim
    turned = plain.replace(" is the sum", " is not the sum", 1)
    assert turned != plain and negations(turned) == negations(plain) + 1
    verdicts = [
        next(p.verdict for p in JUDGE.judge(instance, [Turn(text=t)]).points if p.point == point.id)
        for t in (plain, turned)
    ]
    assert verdicts == ["met", "contradicted"]


def test_not_only_negates_nothing():
    assert negations("It is not only slow but costly") == 0
    assert negations("Nobody waits and nothing is lost") == 2
    assert negations("It doesn't wait") == 1
