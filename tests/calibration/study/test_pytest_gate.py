"""The pytest plugin, used as its user uses it: in a suite of its own."""

import numpy as np
import pytest
import scipy.stats  # noqa: F401 - a suite run in this process forgets what it imported, and scipy bears one import only

pytest_plugins = ["pytester"]


@pytest.fixture
def table(pytester):
    def write(noise):
        rng = np.random.default_rng(5)
        rows = ["item,question,criterion,rater,kind,score"]
        for n in range(240):
            truth = rng.normal()
            for rater, kind, spread in (("anna", "human", 0.2), ("ben", "human", 0.2), ("ours", "judge", noise)):
                level = int(np.digitize(truth + rng.normal() * spread, [-0.8, 0, 0.8]))
                rows.append(f"{n},q{n % 40},overall,{rater},{kind},{level}")
        (pytester.path / "scores.csv").write_text("\n".join(rows) + "\n")

    return write


TEST = """
import pytest
@pytest.mark.examiner_gate("scores.csv", levels="0..3"{extra})
def test_judge(gate_report):
    assert gate_report["policy"] == "hiring"
"""


@pytest.mark.slow
def test_the_plugin_is_found_by_a_suite_in_a_process_of_its_own(pytester, table):
    table(0.2)
    pytester.makepyfile(TEST.format(extra=""))
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_a_good_judge_passes_and_the_report_is_at_hand(pytester, table):
    table(0.2)
    pytester.makepyfile(TEST.format(extra=""))
    pytester.runpytest_inprocess("-q").assert_outcomes(passed=1)


def test_a_noisy_judge_fails_with_its_reasons(pytester, table):
    table(2.0)
    pytester.makepyfile(TEST.format(extra=""))
    result = pytester.runpytest_inprocess("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*does not pass its gate*", "*ours, overall: fail; *qwk*"])


@pytest.mark.parametrize(
    ("extra", "says"), [(', judge="theirs"', "*no judge theirs*"), (', policy="lax"', "*no policy 'lax'*")]
)
def test_what_cannot_be_decided_is_no_pass(pytester, table, extra, says):
    table(0.2)
    pytester.makepyfile(TEST.format(extra=extra))
    result = pytester.runpytest_inprocess("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([says])
