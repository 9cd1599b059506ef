"""The shipped vault holds its own rules."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import ROOT

from examiner.domain.errors import Invalid, NotFound
from examiner.judge.bench import open_judge
from examiner.judge.model_answers import check_answers
from examiner.vault.audit import audit
from examiner.vault.check import check
from examiner.vault.coverage import coverage
from examiner.vault.read import load_yaml, parse_family, read
from examiner.vault.render import combinations, render, show
from examiner.vault.select import plan


def test_lint_finds_nothing(vault):
    assert list(check(vault)) == []


@pytest.mark.slow
def test_model_answers_pass_and_mistakes_do_not(vault):
    judge = open_judge("embedded")
    problems = [
        p
        for f in vault.families.values()
        for p in check_answers(f, vault.tables, vault.rubric_for(f.kind), judge, f.id)
    ]
    assert problems == []


@pytest.mark.slow
def test_no_key_is_disputed(vault):
    result = audit(vault)
    assert result.disputed == 0 and result.families == len(vault.families) and result.keys > 0


@given(st.integers(0, 10**6))
def test_the_same_seed_gives_the_same_instance(vault_seed):
    vault = read_once()
    family = vault.family("kv-concurrency")
    assert render(family, vault.tables, vault_seed) == render(family, vault.tables, vault_seed)


_VAULT = []


def read_once():
    if not _VAULT:
        _VAULT.append(read(ROOT))
    return _VAULT[0]


def test_keys_are_the_published_ones(vault):
    """Llama 3 8B, 16-bit cache: 128 KiB per token, 256 MiB per 2,048 tokens, 32 sequences in 8 GiB."""
    from examiner.vault.render import render_with

    instance = render_with(
        vault.family("kv-concurrency"), vault.tables, {"model": "llama-3-8b", "context": 2048, "free": 8}
    )
    assert {k.name: k.value for k in instance.keys} == {
        "kv_per_token": 128,
        "kv_per_sequence": 256,
        "resident": 32,
    }


def test_loops_draw_without_repeats_and_say_what_is_missing(vault):
    loop = vault.loop("demo")
    drawn = plan(vault, loop, 3)
    refs = [i.ref.partition("@")[0] for i in drawn.items]
    assert len(refs) == len(set(refs)) and plan(vault, loop, 3) == drawn
    with pytest.raises(Invalid, match="draw 1 needs"):
        plan(vault, loop, 3, exclude=list(vault.families))


def test_three_mock_loops_share_no_question(vault):
    seen = set()
    for seed in (1, 2, 3):
        drawn = plan(vault, vault.loop("mock-staff"), seed, exclude=seen)
        refs = {i.ref.partition("@")[0] for i in drawn.items}
        assert not refs & seen and len(refs) == 16
        seen |= refs


def test_cache_is_read_back_and_renewed(tmp_path):
    cold = read(ROOT, tmp_path)
    (cache,) = tmp_path.glob("vault-*")
    began = time.process_time()
    warm = read(ROOT, tmp_path)
    assert time.process_time() - began < 3
    assert warm.families == cold.families and warm.loops == cold.loops
    cache.write_text("not json")
    assert read(ROOT, tmp_path).families == cold.families


def test_errors_name_file_and_field(tmp_path, vault):
    path = tmp_path / "x.yaml"
    path.write_text("id: a\nid: b\n")
    with pytest.raises(Invalid, match="'id' stands twice"):
        load_yaml(path)
    path.write_text("id: a\n  b: [\n")
    with pytest.raises(Invalid, match="line"):
        load_yaml(path)
    with pytest.raises(Invalid, match=r"x.yaml: .*"):
        parse_family({"id": "a"}, "x.yaml")
    with pytest.raises(NotFound, match="kv-concurrency"):
        vault.family("kv-concurency")


def test_yaml_means_what_it_says(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: no\nb: 012\nc: 2024-01-01\nd: 1e3\ne: 3\n")
    assert load_yaml(path) == {"a": "no", "b": "012", "c": "2024-01-01", "d": 1000.0, "e": 3}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (131072, "131,072"),
        (1.3421772, "1.342"),
        (0.00123456, "0.001235"),
        (9.5e-7, "9.5e-07"),
        (0, "0"),
        (2.0, "2"),
    ],
)
def test_numbers_as_people_write_them(value, text):
    assert show(value) == text


def test_coverage_counts_what_there_is(vault):
    result = coverage(vault)
    assert sum(result.by_kind.values()) == result.families == len(vault.families)
    assert sum(result.by_phase.values()) == result.families
    assert all(combinations(f) >= 1 for f in vault.families.values())
