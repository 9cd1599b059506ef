"""Numbers graded by code: every verdict name, on one instance whose keys are worked out by hand.

The model has 32 layers, 8 key-value heads, head dimension 128 and 2-byte values; the context is 4,096 tokens
and 24 GiB are free. So 2 * 32 * 8 * 128 * 2 = 131,072 bytes = 128 KiB per token; times 4,096 = 512 MiB per
sequence; 24 GiB / 512 MiB = 48 sequences.
"""

from typing import Any

import pytest

from examiner.domain.question import Alternative, Instance, Key, Measure, Mistake, Point, Signature
from examiner.domain.score import NumberVerdict, Turn
from examiner.judge.numbers import verify

PROMPT = "How many sequences of 4096 tokens fit in 24 GiB, with 32 layers and 8 key-value heads?"


def key(name: str, say: str, unit: str, value: float, formula: str, **more: Any) -> Key:
    return Key(name=name, say=say, role=more.pop("role", "step"), unit=unit, value=value, tolerance=0.02,
               formula=formula, **more)  # fmt: skip


PER_TOKEN = key(
    "per_token", "cache bytes per token", "KiB/token", 128.0,
    '2 * layers * kv_heads * head_dim * q(2, "byte")',
    alternatives=(Alternative(label="kv_heads = 32", value=512.0, words=("without grouping", "no GQA")),),
)  # fmt: skip
PER_SEQUENCE = key("per_sequence", "cache bytes per sequence", "MiB/sequence", 512.0, "per_token * context")
RESIDENT = key("resident", "resident sequences", "sequence", 48.0, "floor(free / per_sequence)", role="final")
INSTANCE = Instance(
    ref="kv@1", family="kv", seed=1, title="t", topic="t", track="t", zone="z", level="L3", phase=1,
    areas=("memory",), minutes=4, prompt=PROMPT, model_answer="",
    keys=(PER_TOKEN, PER_SEQUENCE, RESIDENT),
    inputs={
        "layers": Measure(value=32), "kv_heads": Measure(value=8), "head_dim": Measure(value=128),
        "context": Measure(value=4096, unit="token"), "free": Measure(value=24, unit="GiB"),
    },
    signatures=(Signature(mistake="one-tensor", quantity="per_token", value=64.0, unit="KiB/token"),),
    mistakes=(Mistake(id="one-tensor", means="counted keys or values, not both"),),
    points=(Point(id="p", criterion="arithmetic", claim="c"),),
)  # fmt: skip


def judged(*texts: str) -> dict[str, NumberVerdict]:
    return {v.quantity: v for v in verify([Turn(text=t, asked=PROMPT) for t in texts], INSTANCE)}


def names(*texts: str) -> tuple[str, ...]:
    return tuple(v.verdict for v in judged(*texts).values())


def test_one_verdict_for_every_key() -> None:
    assert names("I don't know.") == ("absent", "absent", "absent")
    assert names() == ("absent", "absent", "absent")


def test_a_full_answer_is_right() -> None:
    text = "2*32*8*128*2 = 128 KiB per token, so a sequence takes 512 MiB and 24 GiB / 512 MiB = 48 sequences."
    assert names(text) == ("right", "right", "right")


@pytest.mark.parametrize("text", ["= 131,072 bytes", "131072 bytes per token", "0.125 MiB per token", "= 1.05 Mbit"])
def test_any_compatible_unit_is_right(text: str) -> None:
    assert judged(text)["per_token"].verdict == "right"


def test_span_and_turn_point_at_the_words() -> None:
    texts = ("Let me think.", "It is 128 KiB per token.")
    verdict = judged(*texts)["per_token"]
    assert verdict.span is not None
    assert verdict.span.turn == 1
    assert texts[1][verdict.span.start : verdict.span.end].startswith("128 KiB")


@pytest.mark.parametrize("text", ["128 KB per token", "128 kB per token"])
def test_the_other_kilo_is_accepted_and_said(text: str) -> None:
    verdict = judged(text)["per_token"]
    assert verdict.verdict == "right"
    assert verdict.note


def test_gigabytes_said_for_gibibytes_are_accepted_and_said() -> None:
    free = key("free_memory", "free memory", "GiB", 24.0, "free", role="final")
    verdict = verify([Turn(text="That leaves = 24 GB.")], INSTANCE.model_copy(update={"keys": (free,)}))[0]
    assert verdict.verdict == "right"
    assert verdict.note


def test_a_bare_figure_in_the_unit_of_the_key_says_that_the_unit_is_missing() -> None:
    verdict = judged("2*32*8*128*2/1024 = 128")["per_token"]
    assert verdict.verdict == "right"
    assert "unit" in verdict.note
    # 131,072 is the figure in bytes, not in the key's unit: it cannot pass without saying bytes.
    assert judged("The product is = 131,072")["per_token"].verdict != "right"


def test_a_recognised_mistake_is_named() -> None:
    verdict = judged("32*8*128*2 = 64 KiB per token")["per_token"]
    assert (verdict.verdict, verdict.mistake) == ("mistake", "one-tensor")
    assert "keys or values" in verdict.note


def test_error_carried_forward() -> None:
    # From 64 KiB per token: 64 KiB * 4096 = 256 MiB, and 24 GiB / 256 MiB = 96.
    text = "32*8*128*2 = 64 KiB per token, times 4096 = 256 MiB per sequence: 24 GiB / 256 MiB = 96 sequences."
    assert names(text) == ("mistake", "carried", "carried")


def test_a_second_mistake_is_not_carried() -> None:
    # 256 MiB follows from 64 KiB; 30 follows from nothing.
    text = "32*8*128*2 = 64 KiB per token, times 4096 = 256 MiB per sequence: 24 GiB / 256 MiB = 30 sequences."
    assert names(text) == ("mistake", "carried", "wrong")


def test_an_assumption_is_disputed_only_where_it_is_stated() -> None:
    assert judged("Without grouping that is = 512 KiB per token")["per_token"].verdict == "disputed"
    assert judged("That is = 512 KiB per token")["per_token"].verdict not in ("right", "disputed")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("That makes = 128 MiB per token", "wrong_power"),
        ("That makes = 1310720 bytes per token", "wrong_power"),
        ("That makes = 256 KiB per token", "missing_factor"),
        ("That makes = 4 KiB per token", "missing_factor"),  # forgot the 32 layers, one of the inputs
        ("That makes = 128 ms", "wrong_unit"),
        ("That makes = 37 KiB per token", "wrong"),
    ],
)
def test_what_is_off_is_told_apart(text: str, verdict: str) -> None:
    assert judged(text)["per_token"].verdict == verdict


def test_a_later_statement_replaces_an_earlier_one() -> None:
    assert judged("It is 64 KiB per token.", "Sorry, I forgot V: = 128 KiB per token.")["per_token"].verdict == "right"
    assert judged("It is 128 KiB per token, not 64 KiB.")["per_token"].verdict == "right"


def test_a_right_number_that_is_taken_back_is_not_right() -> None:
    assert judged("It is not 128 KiB but = 64 KiB per token.")["per_token"].verdict == "mistake"
    later = judged("It is = 128 KiB per token.", "Correction: it is = 64 KiB per token.")["per_token"]
    assert later.verdict == "mistake"


def test_repeating_the_question_is_no_evidence() -> None:
    fits = key("fits", "sequences that fit", "GiB", 24.0, "free", role="final")
    instance = INSTANCE.model_copy(update={"keys": (fits,)})
    echo = [Turn(text="We have 24 GiB with 32 layers.", asked=PROMPT)]
    assert verify(echo, instance)[0].verdict == "absent"
    result = [Turn(text="Everything together = 24 GiB.", asked=PROMPT)]
    assert verify(result, instance)[0].verdict == "right"


def test_a_small_count_needs_its_place_or_its_name() -> None:
    eight = key("replicas", "replicas needed", "replica", 8.0, "kv_heads", role="final")
    instance = INSTANCE.model_copy(update={"keys": (eight,)})

    def verdict(text: str) -> str:
        return verify([Turn(text=text)], instance)[0].verdict

    assert verdict("The cache has 8 key-value heads.") == "absent"
    assert verdict("We need 8 replicas.") == "right"
    assert verdict("64 / 8 = 8") == "right"


def test_given_keys_are_not_judged() -> None:
    given = key("free_memory", "free memory", "GiB", 24.0, "free", role="given")
    assert verify([Turn(text="= 24 GiB")], INSTANCE.model_copy(update={"keys": (given,)})) == ()


def test_a_wrong_sign_or_zero_is_never_right() -> None:
    assert judged("= -128 KiB per token")["per_token"].verdict != "right"
    assert judged("= 0 KiB per token")["per_token"].verdict != "right"


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("A sequence takes = 512 MiB, so 48 sequences fit.", ("per_token",)),
        ("It is = 128 KiB per token.", ("per_sequence", "resident")),
        ("The weights take = 16 GB.", ("per_token", "per_sequence", "resident")),
    ],
)
def test_a_number_meant_for_something_else_makes_no_key_wrong(text: str, others: tuple[str, ...]) -> None:
    assert {judged(text)[name].verdict for name in others} == {"absent"}


def test_a_later_partial_result_does_not_undo_a_right_one() -> None:
    text = "Actually = 128 KiB per token, since 64 KiB is for K alone."
    assert judged(text)["per_token"].verdict == "right"


def test_a_factor_of_a_product_is_no_statement() -> None:
    assert names("2 × 32 × 8 × 128 × 2 bytes, I think.") == ("absent", "absent", "absent")
    assert names("64 × 8 bytes")[2] == "absent"


def test_the_word_one_before_a_noun_is_nobodys_slip() -> None:
    assert names("Each head is kept for one sequence and one batch.") == ("absent", "absent", "absent")


def test_a_figure_does_not_follow_from_itself() -> None:
    found = judged("That is 512 KiB per token.")
    assert found["per_token"].verdict != "right" and found["per_sequence"].verdict == "absent"


def test_a_result_for_the_key_outweighs_the_right_number_said_of_something_else() -> None:
    assert (
        judged("With 48 sequences of others running, resident sequences = 31 sequences.")["resident"].verdict != "right"
    )
    assert judged("Resident = 31 sequences, no: resident = 48 sequences.")["resident"].verdict == "right"
