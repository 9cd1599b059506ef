"""Worked examples come from anchors that nothing is measured on, and from nowhere else."""

from dataclasses import replace

import pytest

from examiner.calibration.anchors.sets import read_set, write_set
from examiner.calibration.drift.sentinels import frozen_from
from examiner.calibration.probes.graders import BenchGrader
from examiner.domain.anchor import Anchor, Label
from examiner.domain.errors import Invalid, NotFound, Refused
from examiner.domain.identity import fingerprint
from examiner.domain.score import Turn
from examiner.service.judges import open_guarded, with_examples
from examiner.service.trust.shown import shown_prompt
from examiner.service.trust.watching import FROZEN, _append
from examiner.service.trust.worked import examples, spread
from examiner.vault.content import content_root

FAMILY = "kv-concurrency"


@pytest.fixture(scope="module")
def reference():
    return read_set(content_root() / "calibration" / "anchors" / "reference")


def labelled(house, text, score, *, split="tuning", rater="r1", family=FAMILY):
    return Anchor(
        id=fingerprint(text)[7:19],
        question=f"{family}@0",
        question_hash=house.instance(f"{family}@0").rubric_hash,
        turns=(Turn(text=text),),
        labels=tuple(Label(rater=rater, criterion=c, score=score, by="human") for c in ("mechanism", "consequence")),
        split=split,
    )


def own(house, name, anchors):
    return write_set(house.settings.home_path / "calibration" / "anchors" / name, anchors, about="test")


def fresh(house, reference):
    """The tuning anchors whose question stands as it was labelled."""
    tuning = [a for a in reference.part("tuning") if not a.canary]
    return [a for a in tuning if house.instance(a.question).rubric_hash == a.question_hash]


def prompt(house, question, count=3, name="openai/m"):
    return shown_prompt(house, with_examples(name, count), question).text


def test_no_gate_anchor_is_ever_in_a_prompt(house, reference):
    gate = {" ".join(a.text.split()) for a in reference.part("gate")}
    found = examples(house, 8)
    assert set(found) == {a.family for a in fresh(house, reference)}
    shown = {e.answer for rows in found.values() for e in rows}
    assert len(shown) > 3 * len(found) and not shown & gate
    for family in sorted(found)[:6]:
        text = prompt(house, f"{family}@1", 8)
        assert text.count("A worked example") == len(found[family])
        assert not any(answer in text for answer in gate if len(answer) > 30)


def test_a_gate_text_of_one_set_is_no_example_of_another(house):
    texts = ["They share a pool of blocks.", "It has to wait in the queue.", "Memory grows with tokens."]
    own(house, "mine", [labelled(house, t, n) for n, t in enumerate(texts)])
    own(house, "theirs", [labelled(house, texts[1], 1, split="gate")])
    answers = [e.answer for e in examples(house, 8, "mine")[FAMILY]]
    assert sorted(answers) == sorted([texts[0], texts[2]])


def test_a_sentinel_is_no_example(house):
    own(house, "mine", [labelled(house, t, n) for n, t in enumerate(["Blocks are shared.", "The next one waits."])])
    line = f'{{"question": "{FAMILY}@0", "answer": "The next one waits."}}'
    ask = lambda ref: (house.instance(ref), house.rubric(house.instance(ref)))  # noqa: E731
    frozen = frozen_from(BenchGrader(house.judge_named("embedded")), line, ask, "here")
    _append(house, frozen.judge, FROZEN, frozen)
    assert [e.answer for e in examples(house, 8, "mine")[FAMILY]] == ["Blocks are shared."]


def test_where_none_exists_one_line_says_so(house, reference):
    family = next(a.family for a in reference.part("gate"))
    with pytest.raises(Refused, match=f"no worked example for question '{family}'"):
        prompt(house, f"{family}@0")
    own(house, "gates", [labelled(house, "Only a gate anchor.", 1, split="gate")])
    with pytest.raises(Refused, match="no anchor of set gates may be a worked example"):
        shown_prompt(house, "openai/m,examples=2,anchors=gates", f"{FAMILY}@0")
    with pytest.raises(NotFound):
        shown_prompt(house, "openai/m,examples=2,anchors=none", f"{FAMILY}@0")
    with pytest.raises(Invalid):
        with_examples("embedded", 3)


def test_examples_are_spread_over_the_levels_and_always_the_same(house):
    anchors = [labelled(house, f"Answer number {n}.", n % 4) for n in range(12)]
    rows = [(float(n % 4), a) for n, a in enumerate(anchors)]
    assert [a.mean("mechanism") for a in spread(rows, 4)] == [0, 1, 2, 3]
    assert spread(rows, 3) == spread(rows[::-1], 3) and len(spread(rows, 20)) == 12
    own(house, "mine", anchors)
    text = shown_prompt(house, "openai/m,examples=4,anchors=mine", f"{FAMILY}@0").text
    assert text.count("labelled by people") == 4
    assert [f"mechanism: level {n} of 3" in text for n in range(4)] == [True] * 4


def test_a_decoy_is_decided_like_any_point(house, reference):
    anchor = next(a for a in fresh(house, reference) if a.points)
    judge = open_guarded(house, "openai/m,examples=2", run=house.portal.run, offline=True)
    instance = house.instance(anchor.question)
    [call] = judge.calls(instance, [Turn(text="An answer.", asked=instance.prompt)])
    block = call.system[-1].partition("A worked example")[2].partition("A worked example")[0]
    asked = sum(1 for name in call.shape.model.model_fields if name[0] == "p")
    assert sum(line.startswith("  p") for line in block.splitlines()) == asked


def test_examples_are_in_the_fingerprint_and_known_to_the_gate(house, reference):
    plain, three, two = (
        open_guarded(house, name, run=house.portal.run, offline=True)
        for name in ("openai/m", "openai/m,examples=3", "openai/m,examples=2")
    )
    assert len({j.identity for j in (plain, three, two)}) == 3
    assert plain.tuned_on == frozenset()
    assert three.tuned_on and not three.tuned_on & {fingerprint(a.text) for a in reference.part("gate")}


@pytest.mark.slow
def test_the_prefix_stays_nine_tenths_of_the_prompt(house, reference):
    anchors = [a for a in fresh(house, reference) if len(a.text) > 200][:12]
    for name in ("openai/m,examples=3", "openai/m,examples=3,by=criterion"):
        shares = [shown_prompt(house, name, a.question, a.text).share for a in anchors]
        assert sum(shares) / len(shares) >= 0.9


def test_settings_name_examples_with_the_judge(house):
    judge = replace(house.settings, judge="openai/m,examples=3").judge
    assert open_guarded(house, judge, run=house.portal.run, offline=True).within.options.examples == 3
