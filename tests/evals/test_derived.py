"""Every family can be played: by its written script, or by one made of its own rubric."""

import re

import pytest
from tests.conftest import ROOT

from examiner.domain.score import Turn
from examiner.evals.candidates import read_candidate, read_scripts
from examiner.evals.derived import derived, read_frames
from examiner.evals.run import play, simulated
from examiner.judge.bench import assess, open_judge
from examiner.settings import Settings
from examiner.vault.render import render

FRAMES = read_frames(ROOT)


@pytest.fixture(scope="module")
def unwritten(vault):
    written = read_scripts(ROOT)
    return [render(f, vault.tables, 3) for name, f in sorted(vault.families.items()) if name not in written]


@pytest.mark.slow
def test_strong_is_full_nearly_everywhere_and_bluffing_is_next_to_nothing(vault, unwritten):
    judge = open_judge("embedded")
    strong, bluffing = read_candidate(ROOT, "strong"), read_candidate(ROOT, "bluffing")
    full, bluffs = [], []
    for instance in unwritten:
        script = derived(instance, FRAMES)
        rubric = vault.rubric_for(instance.kind)
        best, worst = (
            assess(judge, instance, [Turn(text=c.answer(script, instance, None, 0, ()), asked=instance.prompt)], rubric)
            for c in (strong, bluffing)
        )
        full.append(best.quality)
        bluffs.append(worst.quality)
    assert min(full) >= 2 and sum(q == 3 for q in full) >= 0.99 * len(full)
    assert len(bluffs) > 200 and sum(b >= 2 for b in bluffs) <= 0.01 * len(bluffs) and sum(bluffs) < 0.2 * len(bluffs)


def test_a_script_names_its_points_and_leaves_no_gaps(unwritten):
    for instance in unwritten:
        script = derived(instance, FRAMES)
        assert [line.points for line in script.strong] == [(p.id,) for p in instance.points]
        text = " ".join((script.bluff, *(line.says for line in script.strong)))
        assert not re.search(r"[{}]|\.\.|  ", text) and script == derived(instance, FRAMES)
        assert not re.search(r"\d", script.bluff)


def test_a_probe_is_answered_with_the_points_it_aims_at(unwritten):
    strong, shy = read_candidate(ROOT, "strong"), read_candidate(ROOT, "arithmetic-shy")
    for instance in unwritten[::20]:
        script = derived(instance, FRAMES)
        for probe in instance.follow_ups:
            said = strong.answer(script, instance, probe.id, 0, probe.points)
            aimed = [line.says for line in script.strong if set(line.points) & set(probe.points)]
            assert said == (" ".join(aimed) or script.invited)
        assert not re.search(r"\d", shy.answer(script, instance, None, 0, ()))


@pytest.mark.parametrize("written", [True, False])
def test_what_a_sitting_draws_from(tmp_path, written):
    examiner, clock = simulated(Settings(home=str(tmp_path)), tmp_path)
    cards = [play(examiner, clock, read_candidate(ROOT, "strong"), "gauntlet-15", s, written=written) for s in (1, 2)]
    drawn = {item.ref.partition("@")[0] for card in cards for item in card.items}
    assert (drawn <= set(read_scripts(ROOT))) is written
    examiner.ledger.close()
