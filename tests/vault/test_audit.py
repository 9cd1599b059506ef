"""The audit finds what is wrong in others' keys and in ours."""

import pytest
from tests.conftest import ROOT

from examiner.evals.keys import second_routes
from examiner.evals.keys.registry import route
from examiner.vault.audit import Published, audit, audit_family, audit_imported, match, plain, read_published
from examiner.vault.catalogue import (
    Catalogue,
    ClaimSpec,
    Entry,
    InputSpec,
    WrongTurn,
    check_claims,
    contradictions,
    read_catalogue,
)
from examiner.vault.importing import import_from
from examiner.vault.render import draws


def disputes(vault, shared, format_name, path):
    findings = audit_imported(import_from(format_name, shared / path), read_catalogue(ROOT), vault)
    return [f for f in findings if not f.agrees], findings


def test_the_wrong_sample_is_disputed_with_its_reason(vault, shared):
    against, findings = disputes(vault, shared, "staffml", "data/staffml_samples")
    assert [(f.where.split()[0], f.claimed, f.computed) for f in against] == [("cloud-4539", 21, 19)]
    assert "binary gibibytes" in against[0].reason
    assert len(findings) > len(against)


def test_the_wrong_samples_of_the_readme(vault, shared):
    """Three wrong numbers, and one probability that the sample's own figures make far too modest."""
    against, findings = disputes(vault, shared, "staffml", "seeds/003_18e405a1a50d5459.txt")
    assert {f.where.split("-")[1] for f in against} == {"02", "05", "10", "11"}
    assert {f.where.split("-")[1] for f in findings if f.agrees} >= {"01", "03", "04", "06", "08", "12"}


def test_the_wrong_keys_of_the_collection(vault, shared):
    """Claims that a recomputation by script found wrong; modules by their numbers."""
    against, findings = disputes(vault, shared, "transformer-math", "seeds/004_a6af7bce5f20eaff.txt")
    wrong = {(f.entry, round(f.claimed)) for f in against}
    assert {
        ("kv-cache-bytes", 512), ("full-finetune-memory", 560), ("kv-cache-bytes", 10), ("output-cost-ratio", 4),
        ("wald-half-width", 6), ("prefill-scaling", 500), ("goodput-hours", 4320), ("cluster-hour", 175000),
        ("checkpoint-cadence", 2), ("repeated-prefix", 12), ("slo-fleet-cost", 18073040), ("queue-percentiles", 2),
        ("square-matmul-intensity", 2048), ("hnsw-memory", 34), ("knn-scan", 10), ("agent-gateway", 20000),
        ("vocab-growth", 2), ("equal-compute", 1), ("decode-floor", 500), ("training-memory-sum", 32),
        ("compaction-trigger", 80), ("pixel-ratio", 4), ("uniform-variance", 1), ("score-matrix", 4),
        ("moe-layers", 61), ("relu-std", 1), ("budget-of-chinchilla", round(1e24)), ("golden-set", 6147), ("burn-page", 5),
        ("long-success", 1), ("slo-fleet-cost", 5298040),
    } <= wrong  # fmt: skip
    computed = {(f.entry, f.claimed): f.computed for f in against}
    for claim, value in {
        ("kv-cache-bytes", 512): 2147.48, ("kv-cache-bytes", 10): 1.342, ("full-finetune-memory", 560): 1120,
        ("goodput-hours", 4320): 432, ("repeated-prefix", 12.5): 11.25, ("slo-fleet-cost", 18073040): 18068960,
        ("output-cost-ratio", 3.75): 1.876, ("wald-half-width", 6): 4.27,
    }.items():  # fmt: skip
        assert computed[claim] == pytest.approx(value, rel=1e-3)
    right = {(f.entry, f.claimed) for f in findings if f.agrees}
    assert {
        ("kv-cache-bytes", 1.34), ("kv-cache-bytes", 10.7), ("full-finetune-memory", 112), ("ridge-point", 295),
        ("wald-half-width", 2), ("world-size", 1024), ("miss-ratio", 1.78), ("downtime-budget", 43),
    } <= right  # fmt: skip


ENTRY = Entry(
    id="double",
    name="twice",
    formula="2 * n",
    source="arithmetic",
    holds="any n",
    words=(("twice",),),
    inputs={"n": InputSpec(find=("of {value}",))},
    claims=(ClaimSpec(find="is {value}"),),
    mistakes=(WrongTurn(formula="n * n", means="squares it"),),
)


def check(text, entry=ENTRY):
    return check_claims(Catalogue(entries=(entry,)), [("here", text)], {})


def test_a_claim_is_compared_and_its_mistake_named():
    assert check("twice of 4 is 8")[0].agrees
    finding = check("twice of 4 is 16")[0]
    assert not finding.agrees and finding.computed == 8 and "squares it" in finding.reason


def test_no_verdict_without_inputs_or_words():
    assert check("twice is 16") == [] and check("of 4 is 16") == []


def test_a_wrong_dimension_is_a_dispute():
    finding = check("twice of 4 is 16", ENTRY.model_copy(update={"unit": "1/s"}))[0]
    assert not finding.agrees and finding.computed is None and "1/s" in finding.reason


def test_one_formula_with_the_same_inputs_and_two_claims_is_a_contradiction():
    said = check("twice of 4 is 8") + check("twice of 4 is 16") + check("twice of 5 is 10")
    assert contradictions(said) == ["double: here claims 8, here 16"]


@pytest.mark.parametrize(("text", "value"), [("4,096", 4096), ("70B", 70e9), ("1.5K", 1500), ("3,", 3), ("2 MB", 2)])
def test_numbers_as_people_write_them(text, value):
    finding = check(f"twice of {text} is 1")[0]
    assert finding.inputs["n"] == value


@pytest.mark.slow
def test_every_quantitative_family_has_a_second_route_that_agrees(vault):
    result = audit(vault, second_routes(), read_published(ROOT))
    assert result.disputed == 0
    assert result.second_route_families >= 59
    assert result.published >= 60 and result.published_matched == result.published


def test_a_second_route_that_differs_is_a_dispute(vault):
    family = vault.family("littles-law")
    row = audit_family(family, vault.tables, lambda p: {"flight": p["rate"] / p["itl"]})
    assert "by the second route" in row.disputed[0] and row.second_route == 0
    broken = audit_family(family, vault.tables, lambda p: {"flight": p["nothing"]})
    assert "fails" in broken.disputed[0]


def test_the_second_route_sees_plain_numbers(vault):
    family = vault.family("decode-floor")
    values = plain(family, vault.tables, next(draws(family)))
    assert values["model"]["params"] == 8.03e9 and values["gpu"]["bandwidth"] == 2.039 and values["tp"] == 2


def test_two_routes_of_one_family_are_refused():
    second_routes()
    with pytest.raises(ValueError, match="two second routes"):
        route("littles-law")(lambda p: {})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"value": 150}, "the key is 128"),
        ({"family": "none"}, "no family"),
        ({"quantity": "none"}, "no quantity"),
        ({"parameters": {"colour": 1}}, "no parameter colour"),
        ({"unit": "ms"}, "cannot be expressed"),
        ({"value": 131072, "unit": "byte/token"}, ""),
    ],
)
def test_published_values_are_matched_in_their_own_unit(vault, change, reason):
    entry = Published(
        family="kv-per-token-gqa",
        quantity="grouped",
        parameters={"model": "llama-3-8b", "bits": 16},
        value=128,
        unit="KiB/token",
        source="a test",
    ).model_copy(update=change)
    found = match(vault, vault.tables, entry)
    assert found.agrees == (reason == "") and reason in found.reason
