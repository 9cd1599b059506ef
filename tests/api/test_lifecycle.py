"""A session's life in any order, through the HTTP door, against a model in memory: a crash anywhere changes nothing."""

import os
import tempfile
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from examiner.api.app import create_app
from examiner.service.examiner import Examiner
from examiner.service.upkeep import sweeping
from examiner.settings import Settings

STAFF = {"Authorization": "Bearer k"}
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30).filter(str.strip)


class Life(RuleBasedStateMachine):
    """What the model knows: every acknowledged answer and draft, the time that has passed, whether it must have ended."""

    @initialize(pace=st.sampled_from([1.0, None]))
    def begin(self, pace):
        self.time = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self.home = tempfile.TemporaryDirectory()
        self.open()
        body = {"loop": "demo", "seed": 7, "pace": pace}
        made = self.client.post("/v1/sessions", json=body, headers=STAFF).json()
        self.base, self.token = f"/v1/sessions/{made['session']}", made["token"]
        self.answers, self.draft, self.over = {}, None, False
        self.look()

    def open(self):
        self.house = Examiner(Settings(home=self.home.name, api_keys="k"), clock=lambda: self.time)
        self.client = TestClient(create_app(self.house), raise_server_exceptions=False)

    def call(self, method, path, body=None):
        reply = self.client.request(
            method, self.base + path, json=body, headers={"Authorization": f"Bearer {self.token}"}
        )
        assert reply.status_code < 500, reply.text
        return reply

    def look(self):
        self.now = self.call("GET", "/current").json()
        if self.draft and self.draft[0] != self.now["turn"]:
            self.draft = None
        self.over = self.over or self.now["status"] == "ended"

    @rule()
    def start(self):
        was = self.now["status"]
        self.call("POST", "/start")
        self.look()
        assert was != "ready" or self.now["status"] == "open"

    @precondition(lambda self: self.now["status"] == "open")
    @rule(text=texts)
    def save(self, text):
        turn = self.now["turn"]
        reply = self.call("PUT", "/draft", {"turn": turn, "text": text})
        if reply.status_code == 200:
            self.draft = (turn, text)
        self.look()

    @precondition(lambda self: self.now["status"] == "open")
    @rule(text=texts, again=st.booleans())
    def answer(self, text, again):
        turn = self.now["turn"]
        reply = self.call("POST", "/answers", {"turn": turn, "text": text})
        if reply.status_code == 200:
            self.answers[turn] = text
            assert reply.json()["saved"]["turn"] == turn
            if again:
                repeated = self.call("POST", "/answers", {"turn": turn, "text": text}).json()
                assert repeated["saved"]["seq"] == reply.json()["saved"]["seq"]
        self.look()

    @rule(text=texts, turn=st.sampled_from(["0.0", "0.1", "1.0", "2.0", "9.9", ""]))
    def answer_what_is_not_open(self, text, turn):
        if turn == self.now["turn"]:
            return
        known = turn in self.answers and self.answers[turn] == text
        assert self.call("POST", "/answers", {"turn": turn, "text": text}).status_code == (200 if known else 403)

    @precondition(lambda self: self.now["status"] == "predicting")
    @rule(value=st.none() | st.integers(0, 3))
    def predict(self, value):
        assert self.call("POST", "/prediction", {"value": value}).status_code in (200, 403)
        self.look()

    @rule()
    def peek(self):
        assert (self.call("POST", "/peek").status_code == 200) == (self.now["status"] == "open")

    @rule()
    def pause(self):
        self.call("POST", "/break")
        self.look()

    @rule()
    def go_on(self):
        self.call("DELETE", "/break")
        self.look()

    @rule(seconds=st.sampled_from([1, 4, 30, 400, 4000]))
    def time_passes(self, seconds):
        if self.now.get("deadline") and self.now["status"] != "choosing":
            late = self.time + timedelta(seconds=seconds) >= datetime.fromisoformat(self.now["deadline"]) + timedelta(
                seconds=5
            )
            if late and self.draft and self.now["status"] == "open":
                self.answers[self.draft[0]] = self.draft[1]  # submitted by itself
        self.time += timedelta(seconds=seconds)
        sweeping.sweep(self.house)
        self.look()

    @rule()
    def crash(self):
        before = self.now
        self.house.ledger.close()
        self.open()
        self.look()
        assert {k: v for k, v in self.now.items() if k != "seq"} == {k: v for k, v in before.items() if k != "seq"}

    @rule()
    def another_device(self):
        old = self.token
        self.token = self.call("POST", "/resume").json()["token"]
        headers = {"Authorization": f"Bearer {old}"}
        assert self.client.get(f"{self.base}/current", headers=headers).status_code == 409

    @precondition(lambda self: self.now["status"] in ("open", "ready") and len(self.answers) > 1)
    @rule()
    def finish(self):
        if self.now["status"] == "open" and self.draft:
            self.answers[self.draft[0]] = self.draft[1]
        self.call("POST", "/finish-section")
        self.look()

    @invariant()
    def nothing_that_was_acknowledged_is_lost(self):
        if not hasattr(self, "answers"):
            return
        stored = self.call("GET", "/export").json()
        said = {turn["turn"]: turn["answer"] for turn in stored["turns"] if turn["answer"]}
        assert said == self.answers
        if self.draft and self.now["status"] == "open":
            assert self.now["draft"] == self.draft[1]
        report = self.client.get(f"{self.base}/report", headers=STAFF)
        assert (report.status_code == 200) == self.over

    def teardown(self):
        if hasattr(self, "house"):
            assert self.house.ledger.check() == []
            self.house.ledger.close()
            self.home.cleanup()


TestLife = pytest.mark.slow(Life.TestCase)
TestLife.settings = settings(
    max_examples=int(os.environ.get("EXAMINER_LIVES", "8")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
