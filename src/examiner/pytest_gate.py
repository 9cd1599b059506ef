"""A pytest plugin: gate anybody's judge on its agreement with people, in anybody's test suite.

    @pytest.mark.examiner_gate("scores.csv", policy="hiring", levels="0..3")
    def test_our_judge(gate_report):
        assert gate_report["judges"]["ours"]["overall"]["smd"]["value"] < 0.1   # more than the gate asks for

The marked test fails, with the lines that stand against it, where any verdict of the table is not `pass`; a table
without a judge is no pass. The table is the one of `examiner calibrate stats`. docs/ci-gate.md has a recipe.
"""

from pathlib import Path
from typing import Any

import pytest

_KEY: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
MARK = "examiner_gate(table, policy='hiring', levels=None, judge=None, seed=0)"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", f"{MARK}: fail where a judge's agreement with people does not pass the policy")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Decide the gate of a marked test before its fixtures are made."""
    mark = item.get_closest_marker("examiner_gate")
    if mark is not None:
        report = _decide(item, *mark.args, **mark.kwargs)
        item.stash[_KEY] = report
        against = _against(report, mark.kwargs.get("judge"))
        if against:
            pytest.fail("the judge does not pass its gate\n" + "\n".join(against), pytrace=False)


@pytest.fixture
def gate_report(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The figures of the marked test's table, as `calibrate stats --json` gives them."""
    try:
        report: dict[str, Any] = request.node.stash[_KEY]
    except KeyError:
        pytest.fail(f"gate_report needs the marker {MARK}", pytrace=False)
    return report


def _decide(
    item: pytest.Item,
    table: str,
    policy: str = "hiring",
    levels: str | None = None,
    judge: str | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    from examiner.calibration.policies import read_thresholds  # noqa: PLC0415 - a suite without the marker stays light
    from examiner.calibration.study.measure import study  # noqa: PLC0415
    from examiner.calibration.study.table import parse_levels, read_table  # noqa: PLC0415
    from examiner.domain.errors import ExaminerError  # noqa: PLC0415
    from examiner.vault.content import content_root  # noqa: PLC0415

    path = Path(table) if Path(table).is_absolute() else item.path.parent / table
    try:
        name, limits = read_thresholds(content_root(None), policy)
        return study(read_table(path, parse_levels(levels) if levels else None), name, limits, seed=seed)
    except ExaminerError as error:
        pytest.fail(f"examiner_gate: {error}", pytrace=False)


def _against(report: dict[str, Any], judge: str | None) -> list[str]:
    chosen = {name: found for name, found in report["judges"].items() if judge in (None, name)}
    if not chosen:
        there = ", ".join(report["judges"]) or "none; their rows have the kind `judge`"
        return [f"there is no judge {judge or ''} in the table (there are: {there})".replace("  ", " ")]
    return [
        f"  {name}, {criterion}: {found['verdict']}; "
        + "; ".join(f"{c['name']} {c['got']}, needed {c['need']}" for c in found["checks"] if c["ok"] is False)
        for name, criteria in chosen.items()
        for criterion, found in criteria.items()
        if found["verdict"] != "pass"
    ]
