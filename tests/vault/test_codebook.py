"""What a prompt asks for decides its zone and its level, and lint holds every family to it."""

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.vault.check import check, check_family
from examiner.vault.codebook import SESSIONS, level_of, misread, skills_of, zone_of

KINDS = ("compute", "name", "explain", "check", "change", "choose", "specify", "design")
some_kinds = st.sets(st.sampled_from(KINDS), min_size=1)


def test_every_set_of_skills_stands_under_one_zone(vault):
    """Fifteen sets and no more: four skills have sixteen, and a prompt that asks nothing has no zone."""
    stands = [frozenset(s) for z in vault.taxonomy["zones"].values() for s in (z["skills"], *z.get("also", ()))]
    skills = list(vault.taxonomy["skills"])
    wanted = [frozenset(c) for n in range(1, 5) for c in itertools.combinations(skills, n)]
    assert sorted(map(sorted, stands)) == sorted(map(sorted, wanted)) and len(wanted) == 15
    assert zone_of((), vault.taxonomy) is None and level_of((), vault.taxonomy) is None


def test_a_zone_named_for_skills_asks_for_them(vault):
    assert set(vault.taxonomy["requests"]) == set(KINDS)
    for kind, entry in vault.taxonomy["requests"].items():
        assert entry["asked_when"] and set(entry["skills"]) <= set(vault.taxonomy["skills"]), kind
    assert all(entry["rule"] for table in ("zones", "levels") for entry in vault.taxonomy[table].values())
    assert sorted(k for entry in vault.taxonomy["levels"].values() for k in entry["asks"]) == sorted(KINDS)


@pytest.mark.parametrize(
    ("asks", "zone", "level"),
    [
        ("name", "recall", "L1"),
        ("explain", "analyze", "L2"),
        ("compute", "quantify", "L3"),
        ("compute name", "fluency", "L3"),
        ("compute explain", "realization", "L3"),
        ("check", "diagnosis", "L4"),
        ("compute check", "debug", "L4"),
        ("change", "optimization", "L4"),
        ("explain change", "optimization", "L4"),
        ("compute change", "evaluation", "L4"),
        ("compute explain change", "mastery", "L4"),
        ("choose", "design", "L5"),
        ("specify", "specification", "L5"),
        ("explain choose", "specification", "L5"),
        ("compute choose", "evaluation", "L5"),
        ("compute explain choose", "mastery", "L5"),
        ("compute specify", "mastery", "L5"),
        ("design", "design", "L6+"),
        ("compute design", "evaluation", "L6+"),
        ("compute explain design", "mastery", "L6+"),
    ],
)
def test_the_rules_say_what_the_data_does(vault, asks, zone, level):
    assert (zone_of(asks.split(), vault.taxonomy), level_of(asks.split(), vault.taxonomy)) == (zone, level)


@given(some_kinds, some_kinds)
def test_asking_for_more_never_lowers_the_level(vault, one, more):
    assert level_of(one | more, vault.taxonomy) >= level_of(one, vault.taxonomy)
    assert skills_of(one, vault.taxonomy) <= skills_of(one | more, vault.taxonomy)


@given(some_kinds)
def test_every_prompt_that_asks_has_a_zone_that_quantifies_where_it_computes(vault, asks):
    zone = vault.taxonomy["zones"][zone_of(asks, vault.taxonomy)]
    assert ("quantify" in zone["skills"]) == ("compute" in asks)


def test_no_zone_and_no_level_is_thin(vault):
    for axis in ("zone", "level"):
        counts = [sum(getattr(f, axis) == name for f in vault.families.values()) for name in vault.taxonomy[axis + "s"]]
        assert min(counts) >= 8, axis


def said(vault, family_id, **change):
    family = vault.family(family_id).model_copy(update=change)
    return " | ".join(misread(family, vault.taxonomy))


@pytest.mark.parametrize(
    ("family", "change", "finding"),
    [
        ("kv-concurrency", {"zone": "quantify"}, "zone 'quantify' is not what the requests give: realization"),
        ("kv-concurrency", {"level": "L5"}, "level 'L5' is not what the requests give: L3"),
        ("kv-concurrency", {"asks": ()}, "say which of compute, name"),
        ("kv-concurrency", {"asks": ("compute", "guess")}, "not guess"),
        (
            "kv-concurrency",
            {"asks": ("explain",), "zone": "analyze", "level": "L2"},
            "compute belongs to a final quantity",
        ),
        ("grammar-mask", {"asks": ("name", "compute")}, "compute belongs to a final quantity"),
        ("grammar-mask", {"asks": ("name", "explain")}, "name stands alone"),
        ("grammar-mask", {"asks": ("design",)}, "nothing in the prompt asks to design"),
        ("why-one-at-a-time", {"asks": ("name",)}, "'why' in the prompt asks to explain"),
        ("kv-concurrency", {"prompt": "What would you change, and how many fit?"}, "asks to change"),
        ("budget-guard", {"asks": ("design", "explain")}, "design takes in every other request"),
        ("swap-or-recompute", {"asks": ("compute", "change", "choose")}, "choose takes in change"),
        ("hourly-itl-spikes", {"asks": ("check",)}, "a debug session asks for compute, check"),
    ],
)
def test_lint_finds_what_contradicts_the_codebook(vault, family, change, finding):
    assert said(vault, family) == ""
    assert finding in said(vault, family, **change)


def test_sessions_are_what_their_form_says(vault):
    for kind, asks in SESSIONS.items():
        assert {f.asks for f in vault.of_kind(kind)} and all(set(f.asks) == set(asks) for f in vault.of_kind(kind))


def test_a_taxonomy_without_a_codebook_holds_no_family_to_one(vault):
    bare = {name: table for name, table in vault.taxonomy.items() if name != "requests"}
    assert list(misread(vault.family("kv-concurrency").model_copy(update={"asks": ()}), bare)) == []


def test_a_chain_that_falls_is_found(vault):
    top = next(f for f in vault.families.values() if f.level == "L6+")
    low = next(f for f in vault.families.values() if f.level == "L1").model_copy(update={"chain_next": None})
    two = {top.id: top.model_copy(update={"chain_next": low.id}), low.id: low}
    problems = check(dataclasses.replace(vault, families=two))
    assert [p.says for p in problems if p.rule == "chain"] == [
        f"chain_next '{low.id}' (L1) stands below L6+: a chain never falls"
    ]


def test_single_files_are_held_to_it_too(vault):
    family = vault.family("kv-concurrency").model_copy(update={"level": "L1"})
    problems = check_family(family, vault.tables, vault.taxonomy, "x", list(vault.rubric_for("question").criteria))
    assert [p.rule for p in problems] == ["asks"]
