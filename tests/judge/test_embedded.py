"""What the embedded judge credits and what it does not, on texts whose truth is known by construction."""

import json
import random
import re
from pathlib import Path

import pytest

from examiner.domain.score import Turn
from examiner.evals.candidates import read_scripts, values_of
from examiner.judge.bench import open_judge
from examiner.judge.grammar import disordered, gain
from examiner.judge.text import sentences, tokenise
from examiner.judge.vague import CLAIMS, substance
from examiner.vault.render import fill, render

ROOT = Path(__file__).parents[2]
HELD_OUT = json.loads((ROOT / "evals" / "fit" / "frames.json").read_text("utf-8"))["held"]
JUDGE = open_judge("embedded")


@pytest.fixture(scope="module")
def lines(vault):
    """Scripted lines in words that the rubric does not use: (instance, point, text)."""
    out = []
    for name, script in sorted(read_scripts(ROOT).items()):
        instance = render(vault.families[name], vault.tables)
        worded = {p.id for p in instance.points if not p.quantity}
        for line in script.strong:
            out += [(instance, p, fill(line.says, values_of(instance), name)) for p in line.points if p in worded]
    return out


def verdict(instance, point, text):
    return next(p.verdict for p in JUDGE.judge(instance, [Turn(text=text)]).points if p.point == point)


def share_met(cases):
    cases = list(cases)
    return sum(verdict(*case) == "met" for case in cases) / len(cases)


def test_a_claim_in_other_words_is_met(lines):
    assert share_met(lines) > 0.9


def test_denied_claims_are_not_met(lines):
    denied = [(i, p, f"It is not true that {t[0].lower()}{t[1:]}") for i, p, t in lines]
    assert share_met(denied) < 0.12


def test_shuffled_answers_are_not_met(lines):
    chance = random.Random(4)
    mixed = []
    for instance, point, _ in lines:
        words = " ".join(t for i, _, t in lines if i is instance).split()
        chance.shuffle(words)
        mixed.append((instance, point, " ".join(words)))
    assert share_met(mixed) < 0.1


def test_fluent_use_of_the_rubrics_words_is_not_a_claim(lines):
    chance = random.Random(9)
    cases = []
    for instance, point, _ in lines:
        aimed = next(p for p in instance.points if p.id == point)
        words = [chance.choice(g) for g in aimed.needs] + re.findall(r"[a-z-]{5,}", aimed.claim.lower())
        frames = chance.sample(HELD_OUT, 2)
        slots = dict(zip("ABCD", words + words, strict=False))
        cases.append((instance, point, " ".join(f.format(**slots) for f in frames)))
    assert share_met(cases) < 0.2


def test_what_answers_another_question_is_not_met(lines):
    chance = random.Random(2)
    cases = []
    for instance, point, _ in lines:
        other = chance.choice([i for i, _, _ in lines if i.family != instance.family])
        cases.append((instance, point, " ".join(t for i, _, t in lines if i is other)))
    assert share_met(cases) < 0.1


def test_a_wording_said_in_full_is_met_however_it_sounds(vault):
    for family in list(vault.families)[:20]:
        instance = render(vault.families[family], vault.tables)
        for point in instance.points:
            # A claim that says little beyond the question's own words is flagged as its echo and is no evidence.
            echoes = any(f.kind == "echo" for f in JUDGE.judge(instance, [Turn(text=point.claim)]).flags)
            if not point.quantity and not echoes:
                assert verdict(instance, point.id, point.claim) == "met", (family, point.id)


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("The weights are not read once but twice", {"read", "once"}),
        ("It is not only the weights that count", set()),
        ("It is wrong to say that heads are divided", {"heads", "divided"}),
        ("We have no idle time and the batch grows", {"idle", "time"}),
        ("A wrong number earns nothing", set()),
        ("The claim that caches shrink is a myth", {"caches", "shrink"}),
        ("Without a cache, each step recomputes", {"cache"}),
    ],
)
def test_reach_of_a_negation(text, negated):
    function = {"a", "and", "are", "that", "is", "myth", "wrong", "say", "to", "not", "true"}
    assert {t.word for t in tokenise(text) if t.negated} - function == negated


def test_order_of_words():
    said = "Every step has to read all of the weights once, so the time of a step is bytes over bandwidth."
    mixed = "bytes the so step weights has once a over read of every the time all bandwidth step to of is."
    assert not disordered(*_order(said))
    assert disordered(*_order(mixed))


def _order(text):
    pieces = sentences(text)
    return sum(gain(s.tokens) for s in pieces), sum(len(s.tokens) for s in pieces)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Each decode step reads every weight once, so the time is bytes over bandwidth.", True),
        ("Two sequences then share one copy until one of them writes.", True),
        ("The cache is an important aspect that has to be balanced carefully against throughput.", False),
        ("Latency, memory and batching all play a crucial role in the bigger picture.", False),
    ],
)
def test_whether_a_sentence_claims_anything(text, claims):
    assert (substance(tokenise(text), text) >= CLAIMS) is claims
