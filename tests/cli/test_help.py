"""What `--help` and a slip in a command's name say."""

import pytest

from examiner.cli.app import COMMANDS


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("interviw",), "interview"),
        (("practice", "nxt"), "next"),
        (("vault", "lst"), "list"),
        (("keys", "lst"), "list"),
    ],
)
def test_a_slip_in_a_command_is_answered_with_what_comes_near(run, words, meant):
    left, _, err = run(*words)
    assert left == 2 and f"Did you mean '{meant}'" in err


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_about_the_command_and_cuts_nothing_off(run, name):
    left, out, _ = run(name, "--help")
    assert left == 0 and "..." not in out.split("Commands:")[-1]
    assert "--install-completion" not in out
