"""Who chooses an owed question: the one that lives; of those that come after a dead one, exactly one."""

import threading

import pytest

from examiner.domain.events import SectionStarted
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import asking, sessions, thinking
from examiner.service.upkeep import sweeping

WEAK = "The cache holds something for each token."


@pytest.fixture
def another(house, clock):
    """Make examiners as other processes of the same home would have them."""
    made = []

    def make():
        made.append(Examiner(house.settings, clock=clock))
        return made[-1]

    yield make
    for one in made:
        one.ledger.close()


@pytest.fixture
def begun(house):
    state = sittings.start(house, "mock-staff", seed=3)
    sittings.handle(house, state.id, SectionStarted(section=state.created.blueprint.sections[0].id))
    return state.id


class Choosing:
    """Stands in for what chooses: counts who chose, and keeps the ones that are told to wait until they are let go."""

    def __init__(self, monkeypatch):
        self.chose, self.slow, self.at_it, self.go = [], None, threading.Event(), threading.Event()
        monkeypatch.setattr(thinking, "choose", self)

    def __call__(self, examiner, *rest):
        self.chose.append(examiner)
        if examiner is self.slow:
            self.at_it.set()
            assert self.go.wait(30)
        return asking.choose(examiner, *rest)


@pytest.fixture
def choices(monkeypatch):
    return Choosing(monkeypatch)


def die(examiner):
    """What the system does when a process is gone: its lock is nobody's."""
    del vars(examiner)["presence"]


def answer_in_a_thread(house, sitting):
    thread = threading.Thread(target=sittings.answer, args=(house, sitting, "0.0", WEAK))
    thread.start()
    return thread


def killed_while_choosing(house, sitting, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(thinking, "choose", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            sittings.answer(house, sitting, "0.0", WEAK)
    die(house)


def asked(house, sitting):
    return [r.kind for r in house.ledger.read(f"sitting/{sitting}")].count("follow_up_chosen")


def test_one_that_died_is_replaced_at_once_by_whoever_looks_first(house, another, begun, monkeypatch):
    killed_while_choosing(house, begun, monkeypatch)
    assert sittings.load(another(), begun)[0].turn is None
    assert sessions.current(another(), begun).follow_up and asked(house, begun) == 1


def test_the_background_work_replaces_it_in_its_first_pass(house, another, begun, monkeypatch):
    killed_while_choosing(house, begun, monkeypatch)
    assert sweeping.work(another())["asked"] == 1 and asked(house, begun) == 1


def test_one_that_lives_is_left_to_choose(house, another, begun, choices, clock):
    choices.slow = house
    thread = answer_in_a_thread(house, begun)
    assert choices.at_it.wait(30)
    clock.pass_(19)
    for other in (another(), another()):
        assert sweeping.work(other)["asked"] == 0 and sessions.current(other, begun).status == "choosing"
    choices.go.set()
    thread.join()
    assert choices.chose == [house] and asked(house, begun) == 1


def test_of_many_that_find_it_dead_one_chooses(house, another, begun, choices, monkeypatch):
    killed_while_choosing(house, begun, monkeypatch)
    others = [another() for _ in range(6)]
    ready = threading.Barrier(len(others))

    def look(one):
        one.ledger.head("x")
        ready.wait(30)
        sweeping.work(one)
        sessions.current(one, begun)

    threads = [threading.Thread(target=look, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(choices.chose) == 1 and asked(house, begun) == 1
    assert sessions.current(house, begun).follow_up and house.ledger.verify() == []


def test_one_that_only_seemed_dead_stores_nothing_beside_the_other(house, another, begun, choices):
    choices.slow = house
    thread = answer_in_a_thread(house, begun)
    assert choices.at_it.wait(30)
    die(house)
    shown = sessions.current(another(), begun)
    choices.go.set()
    thread.join()
    assert shown.follow_up and asked(house, begun) == 1
    assert sessions.current(house, begun).question == shown.question


def test_where_nobody_is_known_to_choose_it_waits_as_long_as_one_may_take(house, another, begun, monkeypatch, clock):
    killed_while_choosing(house, begun, monkeypatch)
    house.registry.change("sittings", {"chooser": ""}, id=begun)
    other = another()
    clock.pass_(20)
    assert sweeping.work(other)["asked"] == 0 and sessions.current(other, begun).status == "choosing"
    clock.pass_(1)
    assert sweeping.work(other)["asked"] == 1


def test_one_that_hangs_is_replaced_after_a_while_and_its_successor_has_as_long(
    house, another, begun, choices, clock, monkeypatch
):
    killed_while_choosing(house, begun, monkeypatch)
    hanging, third = another(), another()
    choices.slow = hanging
    thread = threading.Thread(target=sessions.current, args=(hanging, begun))
    thread.start()
    assert choices.at_it.wait(30)
    clock.pass_(15)
    assert sessions.current(third, begun).status == "choosing"
    clock.pass_(6)
    assert sessions.current(third, begun).follow_up
    choices.go.set()
    thread.join()
    assert asked(house, begun) == 1


def test_nobody_chooses_where_nothing_is_owed(house, begun):
    assert house.registry.one("sittings", id=begun)["chooser"] == ""
    sittings.answer(house, begun, "0.0", WEAK)
    assert house.registry.one("sittings", id=begun)["chooser"] == ""
