"""What an interviewer must not say is refused by code; authored probes and plain rewordings pass."""

import pytest

from examiner.interview.leaks import alike, check, faithful, forbidden, leaks, manners, territory
from examiner.vault.render import render


@pytest.fixture(scope="module")
def secret(instance):
    return forbidden(instance, canary="zanzibar7")


@pytest.mark.slow
def test_every_authored_probe_of_the_vault_may_be_said(vault):
    for family in vault.families.values():
        one = render(family, vault.tables, 2)
        known = forbidden(one)
        for probe in one.follow_ups:
            assert leaks(probe.ask, known, [], probe.ask) == [], (family.id, probe.ask)
            assert set(manners(probe.ask, [], [], probe.ask)) <= {"repeats a question"}


def test_claims_answers_hints_and_keys_are_refused(instance, secret):
    for point in instance.points:
        assert leaks(f"Since {point.claim[0].lower()}{point.claim[1:]} what follows?", secret, []), point.claim
    words = instance.model_answer.split()
    for start in range(0, len(words) - 12, 5):
        assert leaks(" ".join(words[start : start + 12]), secret, [])
    for probe in instance.follow_ups:
        if len(probe.hint.split()) > 1:
            assert leaks(f"{probe.hint} {probe.ask}", secret, [], probe.ask)
    for key in instance.keys:
        assert leaks(f"Is it about {key.value:g}?", secret, []) or f"{key.value:g}" in instance.prompt


def test_disguise_does_not_help_a_leak(instance, secret):
    claim = max((p.claim for p in instance.points), key=len)
    assert leaks(claim.replace(" ", "\u200b ") + "?", secret, [])
    assert leaks(claim.upper() + "?", secret, [])
    assert leaks("Z a n z i b a r 7?", secret, [])


def test_what_the_candidate_said_is_no_secret_any_more(instance, secret):
    claim = next(p.claim for p in instance.points if p.quantity is None)
    assert leaks(f"Why? {claim}", secret, []) and not leaks(f"Why? {claim}", secret, [claim])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Great! What is stored?", "praise or verdict"),
        ("Not quite. What is stored?", "praise or verdict"),
        ("So you are saying that it grows. Why?", "summary"),
        ("Let us move on.", "asks nothing"),
        ("", "empty"),
        ("What is stored? " * 12, "too long"),
        ("What is <b>stored</b>?", "markup"),
        ("What would the rubric want?", "talks about grading"),
        ("What is stored for one token?", "repeats a question"),
    ],
)
def test_what_is_no_follow_up(text, why):
    assert why in manners(text, ["It grows with the context."], ["What is stored for one token, what?"])


def test_parroting_the_candidate_is_a_summary():
    said = "The cache grows with each token because keys and values are kept for all layers"
    assert "summary" in manners(f"{said}, right?", [said], [])


def test_a_rewording_passes_and_another_question_does_not(secret):
    probe = "Which heads have an entry in the cache?"
    fine = "You spoke of attention: which heads have an entry in the cache?"
    assert check(fine, secret, ["attention reads it"], [], probe) == () and faithful(fine, probe)
    assert not faithful("What does a replica cost?", probe)
    assert not faithful("What at 4 GPUs?", "What happens at 8 GPUs?")


def test_territory_and_likeness(secret):
    assert territory("What happens to the sequences when memory is full?", secret, [])
    assert not territory("Which sorting algorithm would your favourite library choose?", secret, [])
    assert alike("What is stored for one token?", "what is stored, for one token") and not alike("Why?", "What now?")


def test_the_probes_own_word_does_not_excuse_praise_in_the_same_word():
    probe = "What exactly does a greater batch cost?"
    assert manners(probe, [], [], probe) == []
    for praise in ("Exactly right.", "Great answer!"):
        assert "praise or verdict" in manners(f"{praise} {probe}", [], [], probe)
