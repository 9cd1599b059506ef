"""Who lives among the processes of one database: known at once when one is killed, never mistaken while it lives."""

import subprocess
import sys

import pytest

from examiner.store.engine import open_engine
from examiner.store.presence import Presence

CHILD = """
import sys
from examiner.store.engine import open_engine
from examiner.store.presence import Presence
here = Presence(open_engine(sys.argv[1]))
print(here.own(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'x.db'}"


@pytest.fixture
def presence(url):
    return Presence(open_engine(url))


def other(url):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    return child, child.stdout.readline().strip()


def test_a_killed_process_is_gone_and_a_living_one_is_not(url, presence, tmp_path):
    child, name = other(url)
    try:
        assert not presence.gone(name) and not presence.gone(name)
    finally:
        child.kill()
        child.communicate()
    assert presence.gone(name) and presence.gone(name)
    assert not (tmp_path / "x.db-living" / name).exists()


def test_one_that_ended_well_is_gone_too(url, presence):
    child, name = other(url)
    child.communicate("")
    assert presence.gone(name)


def test_the_own_process_lives_and_nobody_is_not_gone(presence):
    assert presence.own() == presence.own() != ""
    assert not presence.gone(presence.own()) and not presence.gone("")


def test_what_the_dead_left_is_tidied_by_the_next_and_the_living_are_left_alone(url, presence, tmp_path):
    living, name = other(url)
    dead, left = other(url)
    dead.kill()
    dead.communicate()
    mine = presence.own()
    try:
        assert {p.name for p in (tmp_path / "x.db-living").iterdir()} == {name, mine}
        assert not presence.gone(name) and presence.gone(left)
    finally:
        living.communicate("")


def test_a_database_in_memory_has_nobody_else():
    presence = Presence(open_engine("sqlite://"))
    assert presence.own() and not presence.gone("0123456789abcdef")


def test_a_folder_that_cannot_be_made_names_nobody(url, tmp_path):
    engine = open_engine(url)
    (tmp_path / "x.db-living").write_text("in the way")
    presence = Presence(engine)
    assert presence.own() == "" and not presence.gone("")


def test_others_at_work_are_counted(url, presence):
    assert presence.others() == 0
    (one, _), (two, _) = other(url), other(url)
    assert presence.others() == 2
    one.kill()
    one.communicate()
    assert presence.others() == 1
    two.communicate("")
    assert presence.others() == 0
