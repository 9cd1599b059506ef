"""The API's own description, asked of the running application as each role: what the schema-driven tests share."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.api.openapi import document
from examiner.service import limiting as limits
from examiner.service.access.authority import create_key
from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.people import reviewing
from examiner.service.sitting import sessions
from examiner.settings import Settings

ROLES = ("nobody", "candidate", "reviewer", "hiring", "researcher", "admin")
EXCLUDED = frozenset({
    "positive_data_acceptance",  # a schema cannot say which session is open, so fitting data may still be refused
    "unsupported_method",  # asks OPTIONS and TRACE, which starlette answers before the application
})  # fmt: skip


@dataclass
class World:
    """A house with a session that runs and one that has ended, a credential for each role, and what was asked."""

    house: Examiner
    client: TestClient
    live: str
    ended: str
    keys: dict[str, str]
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)

    def headers(self, role: str, session: str) -> dict[str, str]:
        """Return what somebody of a role shows; a candidate shows the token of the session that is asked for."""
        if role == "nobody":
            return {}
        if role == "candidate":
            whose = session if session in (self.live, self.ended) else self.live
            epoch = sessions.epoch_of(self.house, whose)
            return {"Authorization": f"Bearer {candidate_token(self.house, whose, epoch)}"}
        return {"Authorization": f"Bearer {self.keys[role]}"}


def make_world(home: str, database: str = "") -> World:
    """Return a world; rate limits are tested elsewhere, and would be all that is seen here."""
    limits.Buckets.take = lambda *_: 1.0
    house = Examiner(Settings(home=home, database=database, api_keys="root-key"))
    live, ended = (sessions.create(house, "demo", candidate="A", seed=7, pace=None).id for _ in range(2))
    sessions.begin(house, live)
    now = sessions.begin(house, ended)
    sessions.submit(house, ended, now.turn, "Memory bandwidth.")
    sessions.abandon(house, ended)
    reviewing.grade_session(house, ended)
    keys = {role: create_key(house, role, role)[1] for role in ROLES[2:]}
    client = TestClient(create_app(house), raise_server_exceptions=False)
    return World(house, client, live, ended, keys)


def schema_of() -> Any:
    """Return the description as schemathesis reads it."""
    return schemathesis.openapi.from_dict(document())


def aimed(world: World, case: Any, role: str) -> None:
    """Put a real session into a case's path now and then: a made-up one is only ever not found."""
    known = case.path_parameters or {}
    if "session" not in known:
        return
    if case.path.endswith("/events"):  # a stream that goes on does not end
        case.path_parameters["session"] = world.ended
    elif sum(map(ord, str(known["session"]))) % 3:
        case.path_parameters["session"] = (world.live, world.ended)[len(str(known["session"])) % 2]
