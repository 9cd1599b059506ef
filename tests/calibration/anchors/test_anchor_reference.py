"""The constructed anchors: labels by rule, no words of the rubric, balanced, and never called human."""

from collections import Counter
from pathlib import Path

import pytest

from examiner.calibration.anchors.reference import constructed_labels, lint, restated, shared_runs, wording
from examiner.calibration.anchors.sets import read_set
from examiner.domain.anchor import Label, standing_of
from examiner.domain.errors import Refused
from examiner.judge.text import tokenise
from examiner.vault.render import render

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def reference():
    return read_set(ROOT / "calibration" / "anchors" / "reference")


@pytest.fixture(scope="module")
def question(vault):
    def found(ref):
        family, _, seed = ref.partition("@")
        instance = render(vault.family(family), vault.tables, int(seed))
        return instance, vault.rubric_for(instance.kind)

    return found


def test_the_reference_set_holds_what_it_promises(reference):
    anchors = reference.anchors
    assert len(anchors) >= 240
    assert len({a.family for a in anchors}) >= 40
    assert sum(a.canary for a in anchors) >= 30
    assert len({a.style for a in anchors if not a.canary}) >= 7
    assert all("@" in a.question for a in anchors)


def test_it_is_no_human_calibration(reference):
    assert {label.by for a in reference.anchors for label in a.labels} == {"constructed"}
    assert {a.wrote for a in reference.anchors} == {"constructed"}
    assert standing_of(reference.anchors).best == "reference"


def test_every_level_of_every_criterion_stands_in_the_gate_half(reference):
    for criterion in ("mechanism", "invariant", "arithmetic", "consequence", "overall"):
        found = Counter(a.level(criterion) for a in reference.part("gate") if a.level(criterion) is not None)
        assert all(found[level] >= 5 for level in range(4)), (criterion, found)


def test_the_halves_share_no_question(reference):
    tuning, gate = ({a.family for a in reference.part(half)} for half in ("tuning", "gate"))
    assert not tuning & gate
    assert abs(len(tuning) - len(gate)) <= 1


def test_the_lint_finds_nothing(reference, question):
    found = lint(reference.anchors, question)
    assert not found, "\n".join(f"{f.item}: {f.rule}: {f.says}" for f in found[:20]) + (
        "\nafter a rubric was edited: examiner anchors restate reference --to FOLDER/reference"
    )


def test_no_answer_repeats_five_words_of_its_question_by_another_count(reference, question):
    """The same rule once more over the judge's own tokens, ends of sentences ignored."""
    for anchor in reference.anchors:
        instance, _ = question(anchor.question)
        said = _fives(anchor.text)
        for other in wording(instance):
            assert not said & _fives(other), anchor.id


def _fives(text):
    words = [t.word if t.word[0].isalpha() else None for t in tokenise(text)]
    runs = (tuple(words[n : n + 5]) for n in range(len(words) - 4))
    return {run for run in runs if None not in run}


def test_canaries_are_worth_nothing(reference):
    canaries = [a for a in reference.anchors if a.canary]
    assert {label.score for a in canaries for label in a.labels} == {0}
    kinds = {"empty", "master", "echo", "other", "salad", "injected", "negated"}
    assert {a.style.removeprefix("canary-") for a in canaries} == kinds


def test_labels_are_the_arithmetic_of_the_points(question):
    instance, rubric = question("decode-floor@39")
    everything = {p.id: "met" for p in instance.points}
    full = {label.criterion: label.score for label in constructed_labels(instance, rubric, everything)}
    assert set(full.values()) == {3}
    nothing = {label.criterion: label.score for label in constructed_labels(instance, rubric, {})}
    assert set(nothing.values()) == {0}
    assert set(nothing) == {*full}
    half = {x.criterion: x.score for x in constructed_labels(instance, rubric, {"weight-size": "met"})}
    # One of the two arithmetic points: weight 1 of 2.5 is .40, between the cuts .15 and .45.
    assert half["arithmetic"] == 1
    with pytest.raises(Refused, match="no point nonsense"):
        constructed_labels(instance, rubric, {"nonsense": "met"})


def test_a_critical_point_that_is_missing_keeps_the_whole_at_two(question):
    instance, rubric = question("embedding-share@3")
    assert [p.id for p in instance.points if p.critical] == ["table"]
    most = {p.id: "met" for p in instance.points if p.id != "table"}
    found = {x.criterion: x.score for x in constructed_labels(instance, rubric, most)}
    assert found["overall"] == 2


def test_copied_words_are_found_and_figures_are_not():
    rubric = "The cache grows linearly with the tokens held, by 256 KiB per token in all."
    assert shared_runs("I think the cache grows linearly with length", [rubric]) == ["the cache grows linearly with"]
    assert shared_runs("Grows LINEARLY, with the (tokens) held", [rubric])
    assert not shared_runs("held by 256 KiB per token", [rubric])
    assert not shared_runs("The cache grows. Linearly with the tokens", [rubric])


def test_a_changed_label_a_shared_sentence_and_a_stale_hash_are_found(reference, question):
    a = next(x for x in reference.anchors if not x.canary)
    instance, _ = question(a.question)
    wrong = a.model_copy(update={"labels": (*a.labels[:-1], a.labels[-1].model_copy(update={"score": 9}))})
    copied = a.model_copy(update={"turns": (a.turns[0].model_copy(update={"text": instance.model_answer}),)})
    stale = a.model_copy(update={"question_hash": "sha256:0"})
    gone = a.model_copy(update={"question": "no-such-question@1"})
    spoiled = reference.anchor("embedding-share-canary").model_copy(update={"points": {"table": "met"}})
    rules = [{f.rule for f in lint([x], question)} for x in (wrong, copied, stale, gone, spoiled)]
    assert rules[:4] == [{"labels"}, {"shared"}, {"stale"}, {"question"}]
    assert "labels" in rules[4]
    assert {f.rule for f in lint([a, a.model_copy(update={"id": "b"})], question)} == {"twice"}


def test_only_constructed_labels_can_be_restated(reference, question):
    a = reference.anchors[0]
    stale = a.model_copy(update={"question_hash": "sha256:0", "labels": ()})
    assert restated(stale, *question(a.question)) == a
    person = a.model_copy(update={"labels": (Label(rater="ana", criterion="mechanism", score=1, by="human"),)})
    with pytest.raises(Refused, match="no rule made"):
        restated(person, *question(a.question))
