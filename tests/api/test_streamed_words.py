"""The words of a follow-up over the API: each piece is an event of its own, and a client that comes back in between misses none."""

import json

import pytest
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.domain.events import FollowUpChosen, Spoke
from examiner.service.access.tokens import candidate_token
from examiner.service.sitting import sessions, thinking

PIECES = ("Staying with that:", "What does one step read?", "Say it in bytes.")


@pytest.fixture
def spoken(house, monkeypatch):
    """A session whose interviewer says three pieces; what a look at the session shows after each is kept."""
    looks = []

    def choose(examiner, state, index, tell):
        for piece in PIECES:
            tell(Spoke(item=index, probe="p", text=piece))
            looks.append(sessions.current(house, state.id))
        return FollowUpChosen(item=index, probe="p", ask=" ".join(PIECES))

    monkeypatch.setattr(thinking, "choose", choose)
    state = sessions.create(house, "demo", candidate="c", seed=7)
    now = sessions.begin(house, state.id)
    after = sessions.submit(house, state.id, now.turn, "Memory bandwidth.")
    sessions.abandon(house, state.id)
    return state.id, looks, after


def events(house, session, last=""):
    with TestClient(create_app(house)) as client:
        headers = {"Authorization": f"Bearer {candidate_token(house, session)}"}
        text = client.get(
            f"/v1/sessions/{session}/events", headers=headers | ({"Last-Event-ID": last} if last else {})
        ).text
    made = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":")
        if "id" in fields:
            made.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return made


def test_a_look_in_between_shows_what_was_said_so_far(spoken):
    _, looks, after = spoken
    assert [look.saying for look in looks] == [" ".join(PIECES[: n + 1]) for n in range(3)]
    assert {look.status for look in looks} == {"choosing"}
    assert (after.status, after.question, after.saying) == ("open", " ".join(PIECES), "")


def test_each_piece_is_an_event_and_a_client_comes_back_inside_a_turn(house, spoken):
    session, _, _ = spoken
    every = events(house, session)
    said = [(number, data["text"]) for number, kind, data in every if kind == "spoke"]
    assert [text for _, text in said] == list(PIECES)
    rest = events(house, session, last=said[0][0])
    assert [data["text"] for _, kind, data in rest if kind == "spoke"] == list(PIECES[1:])
    whole = next(data for _, kind, data in rest if kind == "follow_up_chosen")
    assert whole["ask"] == " ".join(PIECES) and "points" not in whole and "reason" not in whole


def test_a_piece_after_the_section_was_closed_is_neither_stored_nor_shown(house, monkeypatch):
    told = []

    def choose(examiner, state, index, tell):
        tell(Spoke(item=index, probe="p", text=PIECES[0]))
        sessions.finish_section(house, state.id)
        told.append("closed")
        tell(Spoke(item=index, probe="p", text=PIECES[1]))
        told.append("said behind it")

    monkeypatch.setattr(thinking, "choose", choose)
    state = sessions.create(house, "demo", candidate="c", seed=7)
    now = sessions.begin(house, state.id)
    after = sessions.submit(house, state.id, now.turn, "Memory bandwidth.")
    assert told == ["closed"] and after.status == "ready"
    kinds = [r.kind for r in house.ledger.read(f"sitting/{state.id}")]
    assert kinds.count("spoke") == 1 and "follow_up_chosen" not in kinds


def test_time_spent_speaking_is_given_back_once(house, clock, monkeypatch):
    def choose(examiner, state, index, tell):
        for piece in PIECES:
            clock.pass_(700)  # longer than the section has left
            tell(Spoke(item=index, probe="p", text=piece))
        return FollowUpChosen(item=index, probe="p", ask=" ".join(PIECES))

    monkeypatch.setattr(thinking, "choose", choose)
    state = sessions.create(house, "demo", candidate="c", seed=7)
    before = sessions.begin(house, state.id)
    after = sessions.submit(house, state.id, before.turn, "Memory bandwidth.")
    assert after.status == "open" and after.seconds_left == before.seconds_left
