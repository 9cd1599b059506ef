"""The level of an adaptive section: a pure function of what was earned, inside what the plan holds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from examiner.domain.ladder import nearest, wanted
from examiner.domain.loop import Blueprint, Draw, Ladder, PlannedItem, Rung, SectionPlan
from examiner.interview.climbing import next_step
from examiner.vault.chains import ascent
from examiner.vault.select import plan

LEVELS = ["L1", "L2", "L3", "L4", "L5", "L6+"]
EARNED = st.sampled_from([None, 0, 1, 2, 3])


def item(ref):
    return PlannedItem(section="s", ref=ref, kind="question", title=ref, minutes=4, ladder=0)


def ladder(*widths, start=0):
    rungs = [
        Rung(level=LEVELS[n], items=tuple(item(f"{LEVELS[n]}-{k}@1") for k in range(width)))
        for n, width in enumerate(widths)
    ]
    return Ladder(chain="c", start=start, rungs=tuple(rungs))


@pytest.mark.parametrize(
    ("earned", "helped", "move"),
    [
        *[(3, False, "up"), (2, False, "up"), (1, False, "stay"), (0, False, "down"), (None, False, "down")],
        *[(3, True, "stay"), (2, True, "stay"), (1, True, "stay"), (0, True, "down")],
    ],
)
def test_what_an_answer_points_to(earned, helped, move):
    assert wanted(earned, helped=helped) == move


def level_after(walked, last, earned, asked=(), helped=False):
    return next_step(1, walked, last, {last, *asked}, earned, helped=helped)


def test_one_level_up_the_same_or_one_down():
    walked = ladder(2, 2, 2, 2)
    assert level_after(walked, "L2-0@1", 3).ref == "L3-0@1"
    assert level_after(walked, "L2-0@1", 1).ref == "L2-1@1"
    assert level_after(walked, "L2-0@1", 0).ref == "L1-0@1"
    assert level_after(walked, "L2-0@1", 3, helped=True).ref == "L2-1@1"


def test_at_an_end_it_stays_and_says_why():
    walked = ladder(2, 2)
    top, bottom = level_after(walked, "L2-0@1", 3), level_after(walked, "L1-0@1", None)
    assert (top.ref, top.move) == ("L2-1@1", "up") and "no more of: L2 instead" in top.reason
    assert (bottom.ref, bottom.move) == ("L1-1@1", "down") and "earned nothing" in bottom.reason
    assert level_after(ladder(1), "L1-0@1", 3) is None


def test_what_is_used_up_is_passed_over_in_the_wanted_direction():
    walked = ladder(1, 1, 1, 1)
    assert level_after(walked, "L1-0@1", 3, asked=["L2-0@1"]).ref == "L3-0@1"
    assert level_after(walked, "L4-0@1", 0, asked=["L3-0@1"]).ref == "L2-0@1"


@given(at=st.integers(0, 6), free=st.sets(st.integers(0, 6)), move=st.sampled_from(["up", "stay", "down"]))
def test_nearest_goes_nowhere_that_is_not_free_and_no_further_than_it_must(at, free, move):
    to = nearest(move, at, free)
    if to is None:
        assert not free
        return
    assert to in free
    ahead = {"up": [r for r in free if r > at], "down": [r for r in free if r < at], "stay": []}[move]
    pool = ahead or [r for r in free if (r <= at if move == "up" else r >= at if move == "down" else True)] or free
    assert abs(to - at) == min(abs(r - at) for r in pool)


@given(
    widths=st.lists(st.integers(1, 3), min_size=3, max_size=6),
    answers=st.lists(st.tuples(EARNED, st.booleans()), max_size=3),
    data=st.data(),
)
def test_a_walk_never_asks_twice_never_runs_dry_and_repeats_itself(widths, answers, data):
    walked = ladder(*widths, start=data.draw(st.integers(0, len(widths) - 1)))
    steps = min(len(answers), sum(widths) - 1)

    def walk():
        asked = [walked.rungs[walked.start].items[0].ref]
        for earned, helped in answers[:steps]:
            asked.append(next_step(len(asked), walked, asked[-1], asked, earned, helped=helped).ref)
        return asked

    asked = walk()
    assert len(set(asked)) == len(asked) and asked == walk()


def test_the_plan_holds_the_way_up_and_everything_beside_it(vault):
    for seed in range(20):
        drawn = plan(vault, vault.loop("drill-ladder"), seed)
        refs = [i.ref for walked in drawn.ladders for rung in walked.rungs for i in rung.items]
        assert len(set(refs)) == len(refs) and {i.ref for i in drawn.items} <= set(refs)
        for number, walked in enumerate(drawn.ladders):
            mine = [i for i in drawn.items if i.ladder == number]
            levels = [vault.family(i.ref.partition("@")[0]).level for i in mine]
            assert [LEVELS.index(x) for x in levels] == sorted(LEVELS.index(x) for x in levels)
            assert LEVELS.index(walked.rungs[walked.start].level) <= LEVELS.index("L3")
            assert mine == ascent(walked, 3)


def test_only_a_blueprint_that_says_so_adapts(vault):
    assert [name for name, loop in vault.loops.items() if loop.adaptive] == ["drill-ladder"]
    for name in set(vault.loops) - {"drill-ladder"}:
        drawn = plan(vault, vault.loop(name), 3)
        assert not drawn.ladders and all(i.ladder is None for i in drawn.items)


@pytest.mark.parametrize(
    ("adaptive", "draw", "says"),
    [
        (False, {"steps": 2}, "not adaptive"),
        (False, {"start": "L3"}, "not adaptive"),
        (True, {"steps": 3}, "need start"),
        (True, {"start": "L3"}, "steps >= 2"),
        (True, {"start": "L3", "steps": 2, "pool": "debug"}, "pool questions"),
    ],
)
def test_a_draw_that_does_not_fit_its_section_is_refused(adaptive, draw, says):
    with pytest.raises(ValidationError, match=says):
        SectionPlan(id="s", title="s", kind="practice", minutes=9, adaptive=adaptive, draws=(Draw(count=1, **draw),))


def test_lint_proves_that_the_chains_suffice(vault):
    from examiner.vault.loops_check import check_loops, spare

    loop = vault.loop("drill-ladder")
    ((section, needs, least),) = spare(vault, loop)
    assert section == "ladders" and needs == 2 and least >= 2
    many = loop.sections[0].model_copy(update={"draws": (loop.sections[0].draws[0].model_copy(update={"count": 60}),)})
    greedy = Blueprint(id="greedy", title="greedy", sections=(many,))
    found = check_loops(replace(vault, loops={"greedy": greedy}))
    assert any("a draw needs 60" in p.says for p in found)
