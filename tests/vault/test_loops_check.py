"""The linter of loops proves what it says."""

import dataclasses
import itertools

from hypothesis import given
from hypothesis import strategies as st

from examiner.domain.loop import Blueprint, Draw, SectionPlan
from examiner.vault.loops_check import check_loops, most_taken, respects_exposure, spare
from examiner.vault.select import plan


def a_loop(*draws, disjoint=1, minutes=60):
    section = SectionPlan(id="s", title="s", kind="practice", minutes=minutes, draws=draws)
    return Blueprint(id="l", title="l", sections=(section,), disjoint=disjoint)


def with_loop(vault, loop):
    return dataclasses.replace(vault, loops={"l": loop})


def test_the_shipped_loops_can_always_be_drawn(vault):
    assert check_loops(vault) == []
    assert {"mock-staff", "gauntlet-15", "gauntlet-30", "gauntlet-45", "drill-rapid", "drill-deep", "drill-design",
            "drill-debugging"} <= set(vault.loops)  # fmt: skip
    assert vault.loop("mock-staff").disjoint == 3


def test_gauntlets_last_as_long_as_they_are_called(vault):
    for minutes in (15, 30, 45):
        assert sum(s.minutes for s in vault.loop(f"gauntlet-{minutes}").sections) == minutes


def test_a_draw_that_overlaps_is_found_although_it_often_works(vault):
    """Two draws share a pool of two: the first may take what the second needs."""
    two = ("kv-concurrency", "littles-law")
    loop = a_loop(Draw(count=1, ids=two), Draw(count=1, ids=two[:1]))
    works = 0
    for seed in range(20):
        try:
            plan(vault, loop, seed)
            works += 1
        except Exception:
            pass
    assert 0 < works < 20
    (problem,) = check_loops(with_loop(vault, loop))
    assert "needs 1 and may find only 0" in problem.says


def test_disjoint_sittings_are_counted(vault):
    ids = ("kv-concurrency", "littles-law", "ridge-point")
    assert check_loops(with_loop(vault, a_loop(Draw(count=1, ids=ids), disjoint=3))) == []
    (problem,) = check_loops(with_loop(vault, a_loop(Draw(count=1, ids=ids), disjoint=4)))
    assert "sitting 4 of 4" in problem.says


def test_unknown_names_and_too_little_time(vault):
    says = [
        p.says for p in check_loops(with_loop(vault, a_loop(Draw(count=1, phases=(99,), areas=("x",), ids=("y",)))))
    ]
    assert says == [f"section 's': there is no {w}" for w in ("phase '99'", "area 'x'", "family 'y'")]
    (problem,) = check_loops(with_loop(vault, a_loop(Draw(count=10), minutes=1)))
    assert "of 1 minutes" in problem.says


POOLS = st.lists(st.tuples(st.sets(st.sampled_from("abcdef")), st.integers(1, 3)), max_size=3)


@given(st.sets(st.sampled_from("abcdef")), POOLS)
def test_most_taken_is_the_worst_that_can_happen(pool, earlier):
    """Law: the matching equals the worst case over all ways in which the earlier picks may fall."""
    slots = [sorted(taken & pool) for taken, count in earlier for _ in range(count)]
    worst = 0
    for choice in itertools.product(*[[None, *slot] for slot in slots]):
        named = [c for c in choice if c is not None]
        if len(set(named)) == len(named):
            worst = max(worst, len(named))
    assert most_taken(pool, earlier) == worst


def test_spare_is_what_is_left(vault):
    loop = a_loop(Draw(count=2, pool="debug"), Draw(count=1, pool="debug"), disjoint=2)
    there = len(vault.of_kind("debug"))
    assert spare(vault, loop) == [("s", 2, there - 3), ("s", 1, there - 5)]


def test_exposure_is_respected_and_a_breach_is_seen(vault):
    from collections import Counter

    loop = a_loop(Draw(count=2, pool="debug"))
    drawn = plan(vault, loop, 1)
    asked = Counter(item.ref.partition("@")[0] for item in drawn.items)
    again = plan(vault, loop, 1, exposure=asked)
    assert respects_exposure(vault, loop, again, asked) == []
    assert respects_exposure(vault, loop, drawn, asked)
