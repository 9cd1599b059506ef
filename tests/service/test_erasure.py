"""After an erasure no file of the home holds a word of the candidate's, and every chain still verifies."""

import importlib.util
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.llm import cassette
from examiner.llm.call import Call, Message, Reply
from examiner.llm.cassette import Cassette, blank, speaking_of
from examiner.llm.scripted import ScriptedModel
from examiner.service.access.tokens import candidate_id, candidate_token
from examiner.service.examiner import Examiner
from examiner.service.people import appealing, reviewing
from examiner.service.people import candidates as people
from examiner.service.practising import Practice
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import sessions
from examiner.service.upkeep import sweeping
from examiner.settings import Settings
from examiner.store.chain import Entry

BENCH = Path(__file__).parents[2] / "evals" / "bench" / "server.py"
NAME = "Zebedee Quagmire"
WORDS = (
    "quokka bandwidth",
    "wombat draft",
    "numbat appeal",
    "dingo aside",
    "bilby practice",
    "kept in a journal potoroo",
)


def verdicts(call):
    """Say of every point that it is met, quoting the answer: what a model's reply holds of a candidate."""
    spec = importlib.util.spec_from_file_location("bench_server", BENCH)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made._line = lambda _, said: {"reason": "so it says", "verdict": "met", "quote": " ".join(said.split()[:6])}
    schema = {"json_schema": {"schema": call.shape.schema}}
    messages = [{"role": "user", "content": call.messages[-1].text}]
    return json.dumps(made.verdicts({"response_format": schema, "messages": messages, "system": "".join(call.system)}))


@pytest.fixture
def modelled(tmp_path, clock, monkeypatch):
    """A house whose judge is a model that quotes what it reads."""
    monkeypatch.setattr("examiner.service.judges.open_vendor", lambda _: ScriptedModel(verdicts, model="quoter-1"))
    (tmp_path / "script.jsonl").write_text('{"text": "x"}\n')
    settings = Settings(
        home=str(tmp_path / "home"), api_keys="staff-key", judge=f"scripted:{tmp_path / 'script.jsonl'}"
    )
    house = Examiner(settings, clock=clock)
    yield house
    house.portal.close()
    house.ledger.close()


def lives(house, name=NAME, said=WORDS):
    """Let a candidate leave words wherever the house takes them."""
    state = sessions.create(house, "demo", candidate=name, seed=7)
    now = sessions.begin(house, state.id)
    headers = {"Authorization": f"Bearer {candidate_token(house, state.id)}"}
    base = f"/v1/sessions/{state.id}"
    with TestClient(create_app(house)) as client:
        client.put(f"{base}/draft", json={"turn": now.turn, "text": said[1], "version": 1}, headers=headers)
        late = {"turn": now.turn, "text": said[3], "version": 1}
        assert client.put(f"{base}/draft", json=late, headers=headers).status_code == 409
        once = headers | {"Idempotency-Key": f"k-{name}"}
        answer = client.post(
            f"{base}/answers", json={"turn": now.turn, "text": f"{said[0]} bounds decode"}, headers=once
        )
        assert answer.is_success, answer.text
        assert client.post(f"{base}/abandon", headers=headers).is_success
        reviewing.grade_session(house, state.id)
        appeal = {"item": 0, "text": said[2]}
        assert client.post(
            f"{base}/appeals", json=appeal, headers=headers | {"Idempotency-Key": f"a-{name}"}
        ).is_success
    drafts = house.settings.home_path / "drafts"
    drafts.mkdir(exist_ok=True)
    (drafts / f"{state.id}.jsonl").write_text(json.dumps({"turn": "0.0", "text": said[5]}))
    return state.id


def practises(house, name=NAME, said=WORDS[4]):
    practice = Practice(house, name)
    practice.save_draft("hbm-bandwidth", said)
    house.ledger.append(practice.stream, [Entry(kind="answered", body={"text": said}, at=house.clock())], after=0)


def found(home, words):
    """Return which words stand in which files."""
    return sorted(
        (path.name, word)
        for path in home.rglob("*")
        if path.is_file()
        for word in words
        if word.encode() in path.read_bytes() or word.replace(" ", "\\u0020").encode() in path.read_bytes()
    )


def test_nothing_of_a_candidate_is_left_in_any_file(modelled):
    home = modelled.settings.home_path
    session = lives(modelled)
    practises(modelled)
    kept = lives(modelled, "Somebody Else", tuple(f"other {n} echidna" for n in range(6)))
    before = found(home, (*WORDS, NAME))
    assert {name for name, _ in before} >= {"replies.jsonl", "examiner.db-wal"} and {w for _, w in before} == {
        *WORDS,
        NAME,
    }
    done = people.erase(modelled, candidate_id(modelled, NAME), "admin")
    assert done["sessions"] == [session] and done["replies"] > 0
    modelled.portal.close()
    assert found(home, (*WORDS, NAME)) == []
    assert modelled.ledger.check() == []
    assert session not in {row["session"] for row in reviewing.queue(modelled)}
    assert appealing.open_appeals(modelled)[0]["session"] == kept and found(home, ("other 0 echidna",))
    with pytest.raises(sittings.Erased):
        sittings.load(modelled, session)
    sweeping.sweep(modelled)  # nothing brings it back, nothing falls over it
    assert found(home, (*WORDS, NAME)) == [] and modelled.ledger.check() == []


def test_retention_reaches_the_same_places_and_sessions_of_the_terminal(modelled, clock):
    lives(modelled)
    own = sittings.start(modelled, "demo", candidate="Terminal Tilda", seed=3)  # as the terminal does: nobody enrolled
    modelled.settings = replace(modelled.settings, retention_days=30)
    clock.pass_(31 * 86_400)
    assert people.retain(modelled) == 2 and people.retain(modelled) == 0
    assert found(modelled.settings.home_path, ("quokka bandwidth", "numbat appeal", NAME, "Terminal Tilda")) == []
    assert modelled.registry.one("sittings", id=own.id)["status"] == "erased" and modelled.ledger.check() == []


def test_gradings_of_the_api_go_by_their_age(house, clock):
    with TestClient(create_app(house)) as client:
        body = {"answers": [{"question": "kv-cache-size", "answer": "numbat said so"}]}
        reply = client.post("/v1/gradings", json=body, headers={"Authorization": "Bearer staff-key"})
    if not reply.is_success:
        pytest.fail(reply.text)
    stream = f"grading/{reply.json()['id']}"
    house.settings = replace(house.settings, retention_days=30)
    clock.now += timedelta(days=31)
    people.retain(house)
    assert house.ledger.read(stream)[0].body == {"erased": True} and house.ledger.check() == []


def test_older_copies_are_named(house, caplog):
    session = sessions.create(house, "demo", candidate=NAME)
    (house.settings.home_path / "examiner.db.before-20260101T000000").write_bytes(b"old")
    people.erase(house, candidate_id(house, NAME), "admin")
    assert session.id and [r.files for r in caplog.records] == [["examiner.db.before-20260101T000000"]]


def call(text):
    return Call(purpose="judge", model="m", system=(), messages=(Message("user", text),), max_tokens=9)


def journal(path, *said):
    made = Cassette(path, "resume")
    for stream, asked, text in said:
        with speaking_of(stream):
            if made.find(call(asked)) is None:
                made.keep(call(asked), Reply(text=text, model="m"))
    made.finish()


def test_replies_are_blanked_where_they_stand(tmp_path):
    path = tmp_path / "replies.jsonl"
    journal(path, ("sitting/a", "1", "quokka"), ("sitting/b", "2", "wombat"), ("", "3", "nobody's"))
    size, reader = path.stat().st_size, Cassette(path, "resume")
    assert blank(path, {"sitting/a"}) == 1 and path.stat().st_size == size and b"quokka" not in path.read_bytes()
    assert reader.find(call("1")) is None and reader.find(call("2")).text == "wombat"
    assert reader.find(call("3")).text == "nobody's" and blank(path, {"sitting/a"}) == 0
    again = Cassette(path, "resume")
    assert again.find(call("1")) is None and again.find(call("2")).text == "wombat"


def test_a_reply_that_two_shared_goes_with_either(tmp_path):
    path = tmp_path / "replies.jsonl"
    journal(path, ("sitting/a", "the same", "quokka"), ("sitting/b", "the same", "never asked"))
    assert path.read_bytes().count(b"quokka") == 1
    assert blank(path, {"sitting/b"}) == 1 and b"quokka" not in path.read_bytes()


def test_lines_that_do_not_say_whose_they_are_go_with_anybodys(tmp_path):
    path = tmp_path / "replies.jsonl"
    old = {"key": "k", "purpose": "judge", "asked": "m", "reply": {"text": "quokka"}}
    path.write_text(json.dumps(old) + "\n" + '{"key": "torn", "reply": {"text": "womb')
    assert blank(path, {"sitting/a"}) == 2 and b"quokka" not in path.read_bytes() and b"womb" not in path.read_bytes()
    assert cassette.Cassette(path, "resume").find(call("x")) is None


def test_erased_bytes_that_readers_held_are_shredded_later(house, clock):
    sessions.create(house, "demo", candidate=NAME)
    with house.ledger.reader.connect() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM events").all()
        people.erase(house, candidate_id(house, NAME), "admin")
        assert house.registry.one("facts", name=people.UNSHRED)
    people.retain(house)
    assert house.registry.one("facts", name=people.UNSHRED) is None
    assert found(house.settings.home_path, (NAME,)) == []
