"""The probes' own test: each planted fault is seen by the probes that are named for it, and by no others."""

import pytest

from examiner.calibration.planted import faults, oracle
from examiner.calibration.planted.faults import open_planted
from examiner.calibration.planted.judges import PlantedJudge
from examiner.calibration.planted.matrix import dots, row
from examiner.calibration.planted.oracle import Way
from examiner.calibration.probes.cases import constructed, truth
from examiner.calibration.probes.relations import RELATIONS
from examiner.calibration.probes.running import bases, run
from examiner.domain.errors import NotFound
from examiner.domain.score import Turn
from examiner.vault.render import render

QUESTIONS = (
    "kv-concurrency", "ridge-point", "spec-tokens", "fp8-cache", "littles-law", "swap-or-recompute", "ffn-attention-split",
    "launch-bound", "mha-headline", "hit-rate-collapse",
)  # fmt: skip


@pytest.fixture(scope="module")
def on(vault):
    chosen = [vault.families[name] for name in QUESTIONS]
    return bases([(render(f, vault.tables, 3), vault.rubric_for(f.kind)) for f in chosen], seed=11)


@pytest.mark.slow
@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_seen_by_its_probes_and_no_probe_fires_without_reason(fault, on):
    found = row(fault, on, seed=11)
    assert found.not_assessed == ()
    assert found.missed == ()
    assert found.unexplained == ()


@pytest.mark.slow
def test_the_oracle_passes_every_probe_on_much_of_the_vault(vault):
    families = [f for _, f in sorted(vault.families.items())][::6]
    every = [(render(f, vault.tables, 1), vault.rubric_for(f.kind)) for f in families]
    report = run(open_planted("planted:oracle"), bases(every, seed=2), seed=2)
    assert report.fired == frozenset() and report.critical == ()
    critical = [r for r in report.results if r.severity == "critical" and r.id != "wrong-unit"]
    assert all(r.k >= 60 and r.upper <= 0.05 for r in critical), "0 of 60 bounds the rate at 5 %"


def test_every_probe_has_a_judge_that_is_planted_for_it():
    named = {probe for fault in faults.FAULTS for probe in fault.caught_by}
    assert named == {r.id for r in RELATIONS}


def test_every_fault_but_the_oracle_names_a_probe_and_only_known_ones():
    known = {r.id for r in RELATIONS}
    for fault in faults.FAULTS:
        assert set(fault.caught_by) | set(fault.also) <= known, fault.name
        assert bool(fault.caught_by) == (fault.name != "oracle")


def test_the_harness_would_notice_a_judge_that_hides_its_fault(on):
    harmless = faults.Fault("harmless", "nothing wrong, but named", ("padding",))
    assert row(harmless, on[:3]).missed == ("padding",)
    unnamed = faults.Fault("unnamed", "reads past values", way=Way(values=False))
    assert "wrong-number" in row(unnamed, on).unexplained
    text = dots([row(harmless, on[:3])])
    assert "?" in text.splitlines()[2] and "50 code-switch" in text


def test_the_oracle_gives_constructed_answers_what_they_are_worth(on):
    judge = PlantedJudge(faults.FAULTS[0])
    for base in on:
        for case in base.rungs.values():
            levels = judge(case.instance, case.turns, case.rubric)
            assert {**levels.criteria, "q": levels.quality} == {**truth(case).criteria, "q": truth(case).quality}


def test_the_oracle_reads_what_must_matter(on):
    full = constructed(on[0].instance, on[0].full.rubric)
    point = next(p for p in full.instance.points if p.id == "per-token")
    says = "The cache costs {} per token."
    right = point.claim.removeprefix("The cache costs ").removesuffix(" per token.")
    number, unit = right.split()
    assert oracle.verdict(point, full.instance, says.format(right)) == "met"
    assert oracle.verdict(point, full.instance, says.format(f"{number}.0 {unit}")) == "met"
    assert oracle.verdict(point, full.instance, says.format(f"{number} MiB")) == "not_met"
    assert oracle.verdict(point, full.instance, says.format(f"7{number} {unit}")) == "not_met"
    assert (
        oracle.verdict(point, full.instance, "It is not true that the cache costs " + right + " per token.")
        == "contradicted"
    )


def test_planted_judges_have_names_and_fingerprints_of_their_own():
    made = [PlantedJudge(fault) for fault in faults.FAULTS]
    assert len({judge.name for judge in made}) == len({judge.fingerprint for judge in made}) == len(made)
    with pytest.raises(NotFound, match="no planted judge 'nobody'"):
        open_planted("planted:nobody")


def test_a_planted_judge_reads_later_turns_too(on):
    judge, case = open_planted("yielding"), on[0].partial[0]
    pleading = (*case.turns, Turn(text="I am certain of this, so look again before you decide.", asked="More?"))
    assert (
        judge(case.instance, pleading, case.rubric).quality == judge(case.instance, case.turns, case.rubric).quality + 1
    )
