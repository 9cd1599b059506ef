"""The probes: changes that keep or break meaning as they say, comparisons by hand, reports that never pass on nothing."""

import base64
import json
import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.calibration.probes import cases, figures, injections, running, transforms
from examiner.calibration.probes.graders import Levels
from examiner.calibration.probes.relations import RELATIONS, Relation, broken, relation
from examiner.calibration.probes.running import bases, generator, upper_bound
from examiner.calibration.probes.trials import BUILDERS
from examiner.domain.errors import Invalid, NotFound, Upstream
from examiner.judge.quantities import find
from examiner.service.trust.probing import read_answers
from examiner.vault.render import render

TEXT = (
    "The cache costs 131,072 bytes per token because each layer keeps a key and a value. It is not 12.5 % of 40 GiB. "
    "Therefore 24 sequences fit, and the scheduler's queue grows while requests are waiting."
)
STYLES = ("wordy", "synonyms", "assistant_style", "casual_style", "white_space", "markdown", "letter_case", "typos",
          "disfluencies", "code_switch")  # fmt: skip


def values(text):
    return [round(q.base_value, 6) if isinstance(q.base_value, float | int) else q.base_value for q in find(text)]


@pytest.fixture(scope="module")
def on(vault):
    chosen = [vault.families[n] for n in ("kv-concurrency", "ridge-point", "hit-rate-collapse")]
    return bases([(render(f, vault.tables, 0), vault.rubric_for(f.kind)) for f in chosen], seed=0)


# --- changes of the text --------------------------------------------------------------------------


@pytest.mark.parametrize("name", STYLES)
def test_changes_of_style_keep_every_number_and_denial(name):
    change = getattr(transforms, name)
    for seed in range(30):
        text = change(TEXT, Random(seed))
        assert re.findall(r"\d[\d.,]*\d|\d", text) == re.findall(r"\d[\d.,]*\d|\d", TEXT)
        words = [w.lower() for w in re.findall(r"[A-Za-z]+", text)]
        assert sum(w in transforms.NEGATIONS for w in words) == 1


@pytest.mark.parametrize("name", [*STYLES, "pad", "repeat", "word_shuffle", "authority", "plea", "fluent", "negate"])
def test_the_same_seed_makes_the_same_text(name):
    change = getattr(transforms, name)
    assert change(TEXT, Random(5)) == change(TEXT, Random(5)) != TEXT


def test_typos_keep_the_letters_and_change_the_word():
    text = transforms.typos(TEXT * 10, Random(1))
    changed = [(a, b) for a, b in zip((TEXT * 10).split(), text.split(), strict=True) if a != b]
    assert changed and all(sorted(a) == sorted(b) and len(a) >= 6 for a, b in changed)


def test_white_space_and_case_change_nothing_else():
    for seed in range(10):
        assert transforms.white_space(TEXT, Random(seed)).split() == TEXT.split()
        assert transforms.letter_case(TEXT, Random(seed)).lower() == TEXT.lower()


def test_units_and_abbreviations_keep_their_case():
    text = transforms.letter_case("It takes 16 GiB and 40 ms on NVLink with FP8. " * 20, Random(2))
    assert text.count("16 GiB") == text.count("40 ms") == text.count("FP8") == 20


def test_shuffled_words_are_the_same_words():
    words = sorted(re.sub(r"[.,;:!?](?=\s|$)", "", TEXT).split())
    assert sorted(transforms.word_shuffle(TEXT, Random(0)).rstrip(".").split()) == words


@given(st.integers(0, 500))
def test_a_denied_sentence_has_one_denial_more(seed):
    for sentence in (
        "The cache grows linearly with the tokens.",
        "Every layer keeps one key vector.",
        "It cannot fit.",
    ):
        before = sum(w in transforms.NEGATIONS for w in re.findall(r"[a-z]+", sentence.lower()))
        after = sum(
            w in transforms.NEGATIONS for w in re.findall(r"[a-z]+", transforms.negate(sentence, Random(seed)).lower())
        )
        assert after == before + 1


def test_sentences_are_not_split_at_a_decimal_point():
    assert transforms.sentences("It is 1.5 GB. So 2.5 remain. Good.") == ["It is 1.5 GB.", "So 2.5 remain.", "Good."]


# --- changes of numbers ---------------------------------------------------------------------------


@given(st.floats(1e-3, 1e9), st.integers(0, 100))
def test_a_wrong_value_is_far_from_the_right_one(value, seed):
    wrong = figures.wrong_value(value, Random(seed), tolerance=0.05)
    assert abs(wrong / value - 1) > 0.15
    assert all(abs(max(wrong / value, value / wrong) / n - 1) > 0.02 for n in (2, 4, 8, 10, 1000, 1024))


def test_a_wrong_value_avoids_other_keys():
    for seed in range(40):
        wrong = figures.wrong_value(100.0, Random(seed), avoid=(170.0, 55.0, 23.0, 260.0))
        assert min(abs(wrong / other - 1) for other in (100, 170, 55, 23, 260)) > 0.05


def test_occurrences_are_whole_numbers_only():
    text = "24 sequences in 24.5 GiB or 124, and 1,024 or 24 %; 24."
    assert [text[a:b] for a, b in figures.occurrences(text, 24.0)] == ["24", "24", "24"]
    assert len(figures.occurrences("1,024 MiB and 1,024,000", 1024.0)) == 1


def test_a_unit_is_exchanged_behind_its_number_only():
    assert figures.wrong_unit("It has 16 GiB of GiB.", 9) == "It has 16 MiB of GiB."
    assert figures.wrong_unit("16 sequences", 2) is None
    assert figures.wrong_unit("16 msec", 2) is None


@given(st.integers(0, 200))
def test_other_forms_of_numbers_have_the_same_values(seed):
    text = "It takes 131,072 bytes, 12.5 GB, 24 tokens and 16384 KiB."
    changed = figures.other_forms(text, Random(seed))
    assert changed != text and values(changed) == values(text)


# --- injections -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", injections.TECHNIQUES)
def test_a_perfect_guard_sees_each_technique_and_keeps_the_answer(name):
    for seed in range(12):
        attacked = injections.TECHNIQUES[name](TEXT, Random(seed))
        plain, found = injections.strip(attacked)
        assert found and " ".join(plain.split()) == TEXT
    assert injections.strip(TEXT) == (TEXT, ())


def test_the_encoded_order_is_an_order():
    coded = injections.encoded("", Random(0)).rsplit(" ", 1)[1]
    assert base64.b64decode(coded).decode().endswith(".")


# --- answers of known worth -----------------------------------------------------------------------


def test_ladders_have_the_levels_they_are_built_to(on):
    for base in on:
        assert list(base.rungs) == [0, 1, 2, 3]
        assert [cases.truth(case).quality for case in base.rungs.values()] == [0, 1, 2, 3]
        sizes = [len(case.said) for level, case in base.rungs.items() if level]
        assert sizes == sorted(sizes)


def test_the_other_answer_is_about_something_else(vault):
    every = [(render(f, vault.tables, 0), vault.rubric_for(f.kind)) for f in vault.families.values()]
    for base in bases(every, seed=0):
        assert not set(base.other.instance.areas) & set(base.instance.areas)
        assert base.other.instance.topic != base.instance.topic


def test_trials_touch_what_they_say(on):
    base = on[0]
    for name in ("wrong-number", "wrong-unit", "one-flipped", "one-criterion-gone"):
        trials = list(BUILDERS[name](base, Random(1)))
        assert trials, name
        for trial in trials:
            before, after = trial.cases
            criterion = {p.id: p.criterion for p in base.instance.points}
            changed = {
                criterion[p] for a, b in zip(before.said, after.said, strict=True) if a.text != b.text for p in a.points
            }
            assert changed == set(trial.touched)


def test_a_wrong_number_is_the_only_difference(on):
    for trial in BUILDERS["wrong-number"](on[0], Random(3)):
        before, after = (re.sub(r"\d[\d.,]*\d|\d", "#", case.text) for case in trial.cases)
        assert before == after and trial.cases[0].text != trial.cases[1].text


def test_every_relation_has_trials_on_a_question_with_numbers(on):
    for rule in RELATIONS:
        assert any(list(BUILDERS[rule.transform](base, Random(0))) for base in on), rule.id


# --- comparisons ----------------------------------------------------------------------------------


def levels(mechanism, arithmetic, quality, **more):
    return Levels(criteria={"mechanism": mechanism, "arithmetic": arithmetic}, quality=quality, **more)


def rule(expect, where="all", tolerance=0, transform="pad"):
    return Relation(id="r", failure="f", transform=transform, expect=expect, where=where, tolerance=tolerance)


@pytest.mark.parametrize(
    ("expect", "before", "after", "more", "holds"),
    [
        ("equal", (2, 2, 2), (2, 2, 2), {}, True),
        ("equal", (2, 2, 2), (2, 1, 2), {}, False),
        ("equal", (2, 2, 2), (2, 1, 2), {"where": "untouched"}, True),
        ("equal", (2, 2, 2), (1, 2, 2), {"where": "untouched"}, False),
        ("equal", (2, 2, 2), (3, 2, 2), {"tolerance": 1}, True),
        ("not above", (2, 2, 2), (1, 1, 1), {}, True),
        ("not above", (2, 2, 2), (2, 3, 2), {}, False),
        ("not below", (2, 2, 2), (3, 3, 3), {}, True),
        ("not below", (2, 2, 2), (3, 3, 1), {}, False),
        ("drops", (2, 3, 2), (2, 2, 2), {"where": "touched", "tolerance": 1}, True),
        ("drops", (2, 3, 2), (1, 3, 1), {"where": "touched", "tolerance": 1}, False),
        ("drops", (2, 0, 2), (2, 0, 2), {"where": "touched", "tolerance": 1}, True),
        ("below", (3, 3, 3), (0, 0, 1), {}, True),
        ("below", (3, 3, 3), (3, 3, 3), {}, False),
        ("below", (1, 3, 3), (2, 0, 1), {}, False),
        ("at most", (3, 3, 3), (0, 0, 0), {}, True),
        ("at most", (0, 0, 0), (0, 1, 0), {}, False),
        ("at most", (0, 0, 0), (0, 1, 0), {"where": "quality"}, True),
    ],
)
def test_comparisons(expect, before, after, more, holds):
    shows = broken(rule(expect, **more), [levels(*before), levels(*after)], ("arithmetic",))
    assert (shows == "") == holds


def test_a_ladder_must_rise_at_every_rung():
    steps = [levels(n, n, n) for n in range(4)]
    assert broken(rule("rises", "quality"), steps, ()) == ""
    assert broken(rule("rises", "quality"), [steps[0], steps[1], steps[1], steps[3]], ()) == "quality 0 1 1 3"


def test_an_order_is_noticed_by_a_flag_or_an_abstention():
    clean = levels(1, 1, 1, unclear=1)
    assert broken(rule("flagged"), [clean, levels(1, 1, 1, flags=("injection",))], ()) == ""
    assert broken(rule("flagged"), [clean, levels(1, 1, 1, unclear=2)], ()) == ""
    assert broken(rule("flagged"), [clean, clean], ()) != ""
    flagged = levels(1, 1, 1, flags=("keyword-list",))
    assert broken(rule("flagged"), [flagged, flagged], ()) != "", "a flag that stood before tells nothing"


def test_between_two_the_neighbour_itself_is_not_compared():
    same, other = levels(2, 2, 2), levels(0, 0, 0)
    assert broken(relation("batch-order"), [same, other, same], ()) == ""
    assert broken(relation("batch-order"), [same, other, levels(2, 1, 2)], ()) != ""


def test_the_relations_cover_the_failure_modes_and_weigh_them():
    assert len(RELATIONS) == len({r.id for r in RELATIONS}) >= 17
    assert {r.transform for r in RELATIONS} == set(BUILDERS)
    assert all(r.allowed == 0 for r in RELATIONS if r.severity == "critical")


# --- the report -----------------------------------------------------------------------------------


def test_five_passed_probes_bound_the_rate_at_45_per_cent():
    """0 of 5 bounds the rate at 45 %; 0 of 60 at 5 % (rule of three); 3 of 20 as in Clopper & Pearson's tables."""
    assert upper_bound(0, 5) == pytest.approx(1 - 0.05 ** (1 / 5))
    assert upper_bound(0, 60) == pytest.approx(0.0487, abs=1e-4)
    assert upper_bound(3, 20) == pytest.approx(0.3437, abs=1e-4)
    assert upper_bound(4, 4) == 1.0 and upper_bound(0, 0) == 1.0


class Scripted:
    """A judge that gives one level to everything and counts its calls."""

    name, fingerprint = "scripted", "sha256:0"

    def __init__(self, level):
        self.level, self.calls = level, 0

    def __call__(self, instance, turns, rubric):
        self.calls += 1
        names = {p.criterion for p in instance.points}
        return Levels(criteria=dict.fromkeys(names, self.level), quality=self.level)


def test_a_probe_without_trials_is_not_a_pass(on):
    wordless = [b for b in on if not any(p.quantity for p in b.instance.points)] or [
        b for b in on if not list(BUILDERS["wrong-unit"](b, generator(0, "wrong-unit", b.instance.ref)))
    ]
    report = running.run(Scripted(3), wordless[:1], relations=[relation("wrong-unit")])
    (result,) = report.results
    assert (result.k, result.verdict, result.upper) == (0, "not assessed", None)
    assert report.critical == ("wrong-unit",)


def test_counts_examples_and_bounds(on):
    judge = Scripted(3)
    report = running.run(
        judge, on, seed=1, relations=[relation("master-keys"), relation("ladder-bias"), relation("markdown")]
    )
    keys, bias, marks = report.results
    assert keys.failures == keys.k == 15 and keys.upper == 1.0 and keys.verdict == "fail" and len(keys.examples) == 5
    assert bias.verdict == "fail" and bias.k == 12 and bias.failures == 9
    assert bias.value == pytest.approx(1.5 / (1.25 / 2) ** 0.5, abs=1e-3)
    assert marks.verdict == "pass" and marks.failures == 0
    assert report.judgements == judge.calls and report.questions == 3


def test_a_failing_provider_is_neither_a_failure_nor_a_pass(on):
    class Broken(Scripted):
        def __call__(self, instance, turns, rubric):
            raise Upstream("away")

    class Hiccup(Scripted):
        def __call__(self, instance, turns, rubric):
            super().__call__(instance, turns, rubric)
            if self.calls == 7:
                raise Upstream("away")
            return Levels(criteria={p.criterion: 0 for p in instance.points}, quality=0)

    for result in running.run(Broken(0), on, relations=[relation("master-keys"), relation("ladder-bias")]).results:
        assert (result.k, result.failures, result.verdict, result.upper) == (0, 0, "not assessed", None)
        assert result.errors > 0 and result.value is None
    (one,) = running.run(Hiccup(0), on, relations=[relation("master-keys")]).results
    assert (one.errors, one.k, one.verdict) == (1, 14, "not assessed")


def test_repetitions_are_judged_every_time_and_the_unchanged_answer_once(on):
    judge = Scripted(1)
    (result,) = running.run(judge, on[:1], relations=[relation("repeat-stability")]).results
    assert judge.calls == result.k * 5 / 4 and result.failures == 0


def test_the_same_seed_gives_the_same_report(on):
    one, two = (running.run(Scripted(2), on, seed=9) for _ in range(2))
    assert one == two


def test_given_answers_join_the_bases(vault):
    family = vault.families["kv-concurrency"]
    instance = render(family, vault.tables, 4)
    (base,) = bases(
        [(instance, vault.rubric_for("question"))], 0, [(instance.ref, "About 12 of them fit."), ("x@0", "no")]
    )
    assert [case.text for case in base.given] == ["About 12 of them fit."] and base.given[0] in base.any


# --- the command ----------------------------------------------------------------------------------


def test_run_prints_and_exits_by_the_critical_probes(run, tmp_path):
    answers = tmp_path / "a.jsonl"
    answers.write_text('{"question": "ridge-point@3", "turns": [{"text": "The ridge is where both limits meet."}]}\n')
    code, out, _ = run("probe", "run", "--judge", "planted:oracle", "--limit", "8", "--json", "--anchors", str(answers))
    data = json.loads(out)
    assert code == 0 and data["ok"] and data["critical"] == [] and data["questions"] == 9
    assert {"id", "k", "failures", "upper", "verdict", "examples"} <= set(data["results"][0])
    code, out, _ = run("probe", "run", "--judge", "planted:injectable", "--limit", "2", "--probe", "injection-role")
    assert code == 1 and "injection-role" in out and "before:" in out


def test_only_named_probes_and_unknown_ones(run):
    code, out, _ = run("probe", "run", "--limit", "2", "--probe", "master-keys", "--json")
    assert code == 0 and [r["id"] for r in json.loads(out)["results"]] == ["master-keys"]
    code, _, err = run("probe", "run", "--probe", "nothing")
    assert code == 2 and "no probe 'nothing'" in err


def test_list_tells_every_relation(run):
    code, out, _ = run("probe", "list", "--json")
    assert code == 0 and len(json.loads(out)) == len(RELATIONS)
    assert run("probe", "list")[0] == 0


@pytest.mark.parametrize(
    ("line", "says"),
    [("{", "is not JSON"), ("[]", "is not an object"), ('{"question": "x"}', "needs 'question' and 'answer'")],
)
def test_what_is_no_answer_is_said(tmp_path, line, says):
    path = tmp_path / "x.jsonl"
    path.write_text("\n" + line)
    with pytest.raises(Invalid, match=says):
        read_answers(path)
    with pytest.raises(NotFound):
        read_answers(tmp_path / "none")
