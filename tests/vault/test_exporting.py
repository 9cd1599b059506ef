"""Exports are read back by the formats' own rules."""

import csv
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from examiner.domain.errors import NotFound
from examiner.vault.exporting import EXPORTERS, export
from examiner.vault.exporting.about import About
from examiner.vault.importing import import_from
from examiner.vault.render import render

ABOUT = About(title="a deck <&>", at=datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def instances(vault):
    return [
        render(vault.family(name), vault.tables, seed) for name in ("kv-concurrency", "tenant-seven") for seed in (0, 1)
    ]


@pytest.mark.parametrize("name", ["qti", "csv"])
def test_round_trip_keeps_question_answer_and_level(name, instances, tmp_path):
    path = tmp_path / f"out{EXPORTERS[name][1]}"
    path.write_bytes(export(name, instances, ABOUT))
    read = import_from(name, path)
    drafts = read.drafts
    assert len(drafts) == len(instances)
    assert {read.licence, *(d.origin.licence for d in drafts)} == {"Apache-2.0"}, "the licence travels along"
    for draft, instance in zip(sorted(drafts, key=lambda d: d.id), sorted(instances, key=lambda i: i.ref), strict=True):
        assert draft.prompt.split() == instance.prompt.split()
        assert instance.model_answer.split()[:20] == draft.answer.split()[:20]
        assert draft.title == instance.title


def test_qti_item_names_what_the_scorer_needs_and_shows_none_of_it_to_candidates(instances):
    with zipfile.ZipFile(io.BytesIO(export("qti", instances, ABOUT))) as archive:
        manifest = ET.fromstring(archive.read("imsmanifest.xml"))
        hrefs = [r.get("href") for r in manifest.iter() if r.tag.endswith("}resource")]
        assert sorted(hrefs) == sorted(n for n in archive.namelist() if n.startswith("items/"))
        root = ET.fromstring(archive.read(hrefs[0]))
    space = "{http://www.imsglobal.org/xsd/imsqtiasi_v3p0}"
    assert root.tag == f"{space}qti-assessment-item"
    blocks = list(root.iter(f"{space}qti-rubric-block"))
    assert [b.get("view") for b in blocks] == ["scorer"]
    body = root.find(f"{space}qti-item-body")
    body.remove(blocks[0])
    assert "resident sequences" not in "".join(body.itertext())


def test_anki_package_is_a_sound_collection(instances, tmp_path):
    with zipfile.ZipFile(io.BytesIO(export("anki", instances, ABOUT))) as archive:
        archive.extract("collection.anki2", tmp_path)
        assert json.loads(archive.read("media")) == {}
    with closing(sqlite3.connect(tmp_path / "collection.anki2")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT ver FROM col").fetchone() == (11,)
        models, decks = (json.loads(t) for t in connection.execute("SELECT models, decks FROM col").fetchone())
        rows = connection.execute(
            "SELECT n.mid, n.flds, n.guid, c.did FROM notes n JOIN cards c ON c.nid = n.id"
        ).fetchall()
    assert len(rows) == len(instances) and len({guid for _, _, guid, _ in rows}) == len(instances)
    for model, fields, _, deck in rows:
        assert len(fields.split("\x1f")) == len(models[str(model)]["flds"])
        assert decks[str(deck)]["name"] == ABOUT.title


@pytest.mark.parametrize("name", EXPORTERS)
def test_the_same_questions_give_the_same_bytes_but_for_sqlite_pages(name, instances):
    assert export(name, instances, ABOUT) == export(name, instances, ABOUT)


def test_moodle_numerical_tolerance_is_the_keys(instances):
    root = ET.fromstring(export("moodle", instances, ABOUT))
    essays = root.findall("question[@type='essay']")
    assert len(essays) == len(instances)
    key = next(k for k in instances[0].keys if k.role == "final")
    number = next(
        q for q in root.findall("question[@type='numerical']") if instances[0].title in q.findtext("name/text")
    )
    assert float(number.findtext("answer/text")) == key.value
    assert float(number.findtext("answer/tolerance")) == pytest.approx(key.value * key.tolerance)


def test_csv_never_starts_a_cell_with_a_formula(instances):
    risky = instances[0].model_copy(update={"prompt": "=HYPERLINK(1)"})
    rows = csv.reader(io.StringIO(export("csv", [risky], ABOUT).decode()))
    assert not any(cell.startswith(("=", "+", "@", "\t")) for row in rows for cell in row)


def test_unknown_exporter():
    with pytest.raises(NotFound, match="there are: qti"):
        export("pdf", [], ABOUT)
