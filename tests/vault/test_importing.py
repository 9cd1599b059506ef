"""Importers: synthetic files of each shape, and the real ones where they are at hand."""

import json
import random
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.domain.errors import ExaminerError, Invalid, NotFound
from examiner.vault.importing import IMPORTERS, import_from
from examiner.vault.importing.drafts import Drafts
from examiner.vault.importing.mojibake import repair
from examiner.vault.importing.staffml_terms import level_of

BODY = """\
schema_version: '1.0'
id: {id}
track: cloud
level: {level}
zone: recall
topic: kv-cache
competency_area: memory
title: Budget of a cache
scenario: A model of ten layers keeps four kilobytes per layer for every token it has seen.
question: How much is that for a hundred tokens?
details:
  realistic_solution: Four megabytes.
  napkin_math: 10 * 4 KB * 100 = 4 MB
  options: [a, b, c, d]
  correct_index: 2
  colour: blue
status: published
invented_field: kept
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_staffml_v1_0_has_chains_in_the_body(tmp_path):
    write(tmp_path / "questions/cloud/a.yaml", BODY.format(id="a", level="L6+") + "chains: [{id: c, position: 1}]\n")
    write(tmp_path / "questions/cloud/b.yaml", BODY.format(id="b", level="L1") + "chains: [{id: c, position: 0}]\n")
    read = import_from("staffml", tmp_path)
    assert {d.id: d.level for d in read.drafts} == {"a": "L6+", "b": "L1"}
    assert [c.members for c in read.chains] == [("b", "a")]
    assert read.counts["layout v1.0"] == 2 and read.counts["level L6+"] == 1
    draft = read.drafts[0]
    assert draft.extra["invented_field"] == "kept" and draft.extra["details.colour"] == "blue"
    assert draft.correct == 2 and draft.origin.release == read.release and "NC" in draft.origin.licence


def test_staffml_v1_1_has_chains_in_a_sidecar(tmp_path):
    write(tmp_path / "questions/cloud/memory/a.yaml", BODY.format(id="a", level="L2"))
    chain = {
        "chain_id": "c",
        "questions": [{"id": "a", "level": "L2"}, {"id": "gone", "level": "L3"}],
        "tier": "primary",
    }
    write(tmp_path / "chains.json", json.dumps([chain]))
    write(tmp_path / "schema/taxonomy_data.yaml", "topics: [{id: kv-cache, area: memory, edges: []}]")
    write(tmp_path / "release.json", json.dumps({"release_hash": "abc"}))
    read = import_from("staffml", tmp_path)
    assert read.counts["layout v1.1"] == 1
    assert read.drafts[0].chains[0].position == 0 and read.chains[0].extra["tier"] == "primary"
    assert read.taxonomy["topics"][0]["id"] == "kv-cache"
    assert read.drafts[0].origin.release == "abc"
    assert any("1 of 2 members" in u.why for u in read.unusable)


def test_staffml_v0_has_its_axes_in_the_path(tmp_path):
    text = BODY.format(id="a", level="x").replace("schema_version: '1.0'", "schema_version: 1")
    text = "".join(line for line in text.splitlines(True) if not line.startswith(("level", "zone", "track")))
    write(tmp_path / "vault/questions/edge/l6/diagnosis/a.yaml", text + "chain: {id: c, position: 1}\n")
    draft = import_from("staffml", tmp_path).drafts[0]
    assert (draft.track, draft.level, draft.zone) == ("edge", "L6+", "diagnosis")
    assert draft.chains[0].position == 0


def test_a_level_that_contradicts_its_path_is_reported_not_guessed(tmp_path):
    text = BODY.format(id="a", level="L1").replace("schema_version: '1.0'", "schema_version: 1")
    write(tmp_path / "questions/edge/l6/diagnosis/a.yaml", text)
    read = import_from("staffml", tmp_path)
    assert not read.drafts and "L1 in the file and L6+ in its path" in read.unusable[0].why


@pytest.mark.parametrize(
    ("written", "level"), [("L6+", "L6+"), ("l6", "L6+"), ("L1", "L1"), ("l3", "L3"), ("L9", "L9")]
)
def test_no_level_is_lost(written, level):
    assert level_of(written) == level


def test_a_bad_file_in_a_checkout_is_one_line_of_the_report(tmp_path):
    write(tmp_path / "questions/cloud/a.yaml", BODY.format(id="a", level="L2"))
    write(tmp_path / "questions/cloud/b.yaml", "title: [unclosed")
    write(tmp_path / "questions/cloud/c.yaml", BODY.format(id="a", level="L2"))
    read = import_from("staffml", tmp_path)
    assert len(read.drafts) == 1 and read.found == 2
    assert [u.where for u in read.unusable] == ["questions/cloud/b.yaml", "questions/cloud/c.yaml"]


COLLECTION = (
    '# Collection Source: https://example.org Last updated: 2026-01-02 --- --- title: "Rooflines" part: "P" number: 3 '
    'emoji: "x" subtitle: "s" tags: ["a"] --- # x Rooflines > s > [!question] Key Question > Why? ## Key Insights '
    '> [!tip] Insight > The cache is{" "} , not{" "} . ## Code Examples ```python ## Task ### x ``` '
    "## Interview Questions ### ★★☆ _(Alpha, Beta)_ **Q:** What limits a decode step on one device?\n"
    "Answer Memory bandwidth, because every weight is read once for each token.\n"
    "### ★☆☆ _(Alpha)_ **Q:** What\n"
    "Answer Don\n"
    "### ★★★ _(Beta)_ **Q:** A colleague says 'batching is free', is it so, 'and why?'\n"
    "Answer Until the ridge point it nearly is, because the weights are read once and the operations don\n"
    "## Related A · B --- "
)


def test_an_interview_file_may_number_its_questions_without_a_letter(tmp_path):
    text = (
        "# Phase 3: Scheduling\n\n## 1. Goals\n\nNothing here asks.\n\n### 2. Why batch at all?\n\n**Model answer**\n\n"
        "Weights are read once.\n\n## Question 3: What limits it?\n\nModel answer: memory.\n\n### 4. And what then?\n"
    )
    read = import_from("interview-md", write(tmp_path / "INTERVIEW.md", text))
    assert [(d.prompt, d.answer) for d in read.drafts] == [
        ("Why batch at all?", "Weights are read once."),
        ("What limits it?", "memory."),
        ("And what then?", ""),
    ]
    assert [u.why for u in read.unusable] == ["there is no answer"]


def test_transformer_math_tells_whole_from_cut(tmp_path):
    read = import_from("transformer-math", write(tmp_path / "c.md", COLLECTION))
    assert read.found == 3 and read.counts["whole"] == 1 and read.counts["truncated_answer"] == 2
    assert [set(d.flags) for d in read.drafts] == [
        set(),
        {"truncated_question", "stub_question", "truncated_answer", "stub_answer"},
        {"truncated_answer"},
    ]
    assert read.drafts[0].tags == ("Alpha", "Beta") and read.drafts[0].extra["stars"] == 2
    assert read.counts["passages_with_maths_lost"] == 1
    assert "example.org" in read.attribution


def test_the_real_collection_gives_all_its_questions(shared):
    read = import_from("transformer-math", shared / "seeds/004_a6af7bce5f20eaff.txt")
    assert read.found == len(read.drafts) == 459
    assert read.counts["truncated_answer"] == 282
    assert len({d.id for d in read.drafts}) == 459
    stars = [d.extra["stars"] for d in read.drafts]
    assert (stars.count(1), stars.count(2), stars.count(3)) == (21, 231, 207)
    assert read.counts["runs_repaired"] == 2927


def test_the_readme_has_twelve_samples_whatever_it_says(shared):
    read = import_from("staffml", shared / "seeds/003_18e405a1a50d5459.txt")
    levels = [d.level for d in read.drafts]
    assert read.found == 12 and levels.count("L6+") == 3 and levels.count("L1") == 1
    assert any("says it has 15" in note for note in read.notes)


@given(st.text(alphabet=st.characters(min_codepoint=0x80, exclude_categories=["Cs"]), min_size=1, max_size=6))
def test_a_run_broken_by_a_code_page_comes_back(text):
    """Law: what was decoded from cp1252 without losing a byte is repaired to what it was."""
    try:
        broken = text.encode().decode("cp1252")
    except UnicodeDecodeError:
        return  # a byte was lost: nothing can bring it back
    if repair(text)[0] == text:
        assert repair(broken)[0] == text


def test_sound_characters_survive():
    text = "“quoted” — 2 × 3 ± 0.5 °C"
    assert repair(text)[0] == text


def test_interview_md_folds_and_lines(tmp_path):
    text = (
        "# Phase 02 - Interview Questions: Paging\n\nQ1. What is a block table?\n<details><summary>Model answer</summary>\n"
        "It maps `logical blocks` to physical ones.\n</details>\n\n## Q2. Why are blocks small?\nModel answer\n"
        "Because the last one is half empty.\n\n## Going deeper\nMore.\n"
    )
    read = import_from("interview-md", write(tmp_path / "02/INTERVIEW.md", text).parent)
    assert [d.prompt for d in read.drafts] == ["What is a block table?", "Why are blocks small?"]
    assert [d.answer for d in read.drafts] == [
        "It maps `logical blocks` to physical ones.",
        "Because the last one is half empty.",
    ]
    assert read.drafts[0].phase == "2" and read.drafts[0].extra["marked"] == ["logical blocks"]


ITEM = """<?xml version="1.0"?><qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="q1"
title="Ridge" adaptive="false"><qti-response-declaration identifier="R"><qti-correct-response><qti-value>B</qti-value>
</qti-correct-response></qti-response-declaration><qti-item-body><p>Which limit?</p><qti-choice-interaction
response-identifier="R"><qti-simple-choice identifier="A">Compute</qti-simple-choice><qti-simple-choice identifier="B">
Memory bandwidth.</qti-simple-choice></qti-choice-interaction></qti-item-body></qti-assessment-item>"""


def test_qti_choice_item(tmp_path):
    draft = import_from("qti", write(tmp_path / "q.xml", ITEM)).drafts[0]
    assert (draft.prompt, draft.correct, draft.answer) == ("Which limit?", 1, "Memory bandwidth.")


def test_qti_2_names_are_read_too(tmp_path):
    text = (
        '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="old" title="Old">'
        "<itemBody><p>Why?</p><extendedTextInteraction/></itemBody></assessmentItem>"
    )
    draft = import_from("qti", write(tmp_path / "q.xml", text)).drafts[0]
    assert draft.prompt == "Why?" and draft.extra["interactions"] == ["extended-text-interaction"]


def test_qti_refuses_entities(tmp_path):
    with pytest.raises(Invalid, match="document type"):
        import_from("qti", write(tmp_path / "q.xml", '<!DOCTYPE x [<!ENTITY a "b">]>' + ITEM))


def test_qti_package_with_a_bad_item(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("a.xml", ITEM)
        archive.writestr("b.xml", "<oops>")
    read = import_from("qti", tmp_path / "p.zip")
    assert len(read.drafts) == 1 and read.found == 2 and "not well-formed" in read.unusable[0].why


def test_csv_keeps_unknown_columns_and_reports_lines(tmp_path):
    text = 'id,question,answer,level,shade\na,"Why, then?",Because.,L6+,red\nb,,x,L1,\na,Again?,Yes.,L1,\n'
    read = import_from("csv", write(tmp_path / "q.csv", text))
    assert read.found == 3 and read.drafts[0].level == "L6+" and read.drafts[0].extra == {"shade": "red"}
    assert [u.where for u in read.unusable] == ["line 3", "line 4"]


@pytest.mark.parametrize("name", IMPORTERS)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00bad", b"{]", b"<a>", b"a,b\n1,2,3\n", b"# nothing\n"])
def test_a_bad_file_gives_one_clear_line(name, content, tmp_path):
    path = tmp_path / {"qti": "x.xml", "csv": "x.csv", "staffml": "x.yaml"}.get(name, "x.md")
    path.write_bytes(content)
    with pytest.raises(ExaminerError) as caught:
        import_from(name, path)
    assert "\n" not in str(caught.value) and path.name in str(caught.value)


@pytest.mark.parametrize("name", IMPORTERS)
def test_garbage_never_breaks_an_importer(name, tmp_path):
    rng = random.Random(7)
    path = tmp_path / {"qti": "x.xml", "csv": "x.csv", "staffml": "x.yaml"}.get(name, "x.md")
    for _ in range(40):
        path.write_bytes(bytes(rng.choices(b"abc{}[]<>,:-#\n'\"Q1. Answer \xe2\x98\x85", k=rng.randrange(1, 200))))
        message = ""
        try:
            import_from(name, path)
        except ExaminerError as error:
            message = str(error)
        assert "\n" not in message


def test_unknown_format_and_missing_path(tmp_path):
    with pytest.raises(NotFound, match="no importer 'docx'"):
        import_from("docx", tmp_path)
    with pytest.raises(NotFound, match="does not exist"):
        import_from("csv", tmp_path / "none.csv")


def test_drafts_are_kept_and_found_again(tmp_path):
    read = import_from("csv", write(tmp_path / "q.csv", "id,question,answer\na,Why?,Because.\n"))
    store = Drafts(tmp_path / "home")
    store.save(read)
    store.save(read)
    assert list(store.collections()) == [read.collection]
    assert store.get("a") == store.get(f"{read.collection}/a") == read.drafts[0]
    with pytest.raises(NotFound):
        store.get("zzz")
