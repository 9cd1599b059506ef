"""The build cache: read as far as it is needed, renewed by what changed, never trusted when damaged."""

import shutil

import pytest
from pydantic_core import from_json
from tests.conftest import ROOT

from examiner.domain.errors import Corrupt
from examiner.domain.question import Card, Family
from examiner.vault import read as reading
from examiner.vault.read import read
from examiner.vault.select import plan


@pytest.fixture
def small(tmp_path):
    """A content folder of five families."""
    root = tmp_path / "content"
    for name in ("vault", "rubrics"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("questions", "scenarios"))
    (root / "vault/questions").mkdir()
    for path in sorted((ROOT / "vault/questions/roofline").glob("*.yaml"))[:5]:
        shutil.copy(path, root / "vault/questions")
    return root


def test_a_warm_vault_reads_a_family_when_it_is_asked_for(tmp_path, monkeypatch):
    cold = read(ROOT, tmp_path)
    warm = read(ROOT, tmp_path)
    parsed = []
    monkeypatch.setattr(
        Family, "model_validate_json", lambda text: parsed.append(text) or Family.model_validate(from_json(text))
    )
    assert list(warm.cards) == list(warm.families) and not parsed
    assert plan(warm, warm.loop("mock-staff"), 1) == plan(cold, cold.loop("mock-staff"), 1) and not parsed
    assert warm.family("kv-concurrency") is warm.family("kv-concurrency") == cold.family("kv-concurrency")
    assert len(parsed) == 1


def test_a_card_says_what_its_family_says(tmp_path):
    read(ROOT, tmp_path)
    warm = read(ROOT, tmp_path)
    for name, card in warm.cards.items():
        assert card.model_dump() == warm.family(name).model_dump(include=set(Card.model_fields))


def test_an_edit_reads_one_file_again(small, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    before = read(small, cache)
    assert len(before.families) == 5
    path = small / before.files[next(iter(before.families))]
    path.write_text(path.read_text().replace("minutes: 4", "minutes: 5").replace("minutes: 3", "minutes: 5"))
    opened = []
    real = reading.load_yaml
    monkeypatch.setattr(reading, "load_yaml", lambda p: opened.append(p) or real(p))
    after = read(small, cache)
    assert [p for p in opened if "questions" in p.parts] == [path]
    assert after.family(path.stem).minutes == 5
    assert after.families == read(small).families
    assert len(list(cache.glob("*"))) == 1, "the old cache goes"
    path.unlink()
    assert path.stem not in read(small, cache).families


def test_two_content_folders_in_turn_each_find_their_cache_warm(small, tmp_path, monkeypatch):
    cache, other = tmp_path / "cache", tmp_path / "other"
    shutil.copytree(small, other)
    for root in (small, other):
        read(root, cache)
    monkeypatch.setattr(reading, "build", lambda *_: pytest.fail("a warm cache was not found"))
    assert read(small, cache).families == read(other, cache).families


def test_a_damaged_cache_is_built_anew_or_named(small, tmp_path):
    cache = tmp_path / "cache"
    fresh = read(small, cache)
    (path,) = cache.glob("*")
    whole = path.read_bytes()
    for damaged in (whole[:-10], b"", b"12\n", b"0\n{}\n{}\n{}\n"):
        path.write_bytes(damaged)
        assert read(small, cache).families == fresh.families
        assert path.read_bytes() == whole
    path.write_bytes(whole[:-60] + b"x" * 60)
    last = list(fresh.families)[-1]
    with pytest.raises(Corrupt, match=last):
        read(small, cache).family(last)
