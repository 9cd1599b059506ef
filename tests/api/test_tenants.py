"""Teams that share a house and nothing else: what is another's is not there, on every route, page, list and table."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.api.limits import Limits
from examiner.api.matrix import MATRIX
from examiner.calibration.anchors.sets import write_set
from examiner.domain.anchor import Anchor, Label
from examiner.domain.certificate import Certificate
from examiner.domain.score import Turn
from examiner.service import webhooks
from examiner.service.access import tenants
from examiner.service.access.authority import create_key
from examiner.service.access.tokens import candidate_id
from examiner.service.batch import studying
from examiner.service.examiner import Examiner
from examiner.service.people import appealing, reviewing
from examiner.service.people import candidates as people
from examiner.service.sitting import consenting, sessions
from examiner.service.trust import certifying
from examiner.service.upkeep import jobs, sweeping
from examiner.settings import Settings
from examiner.store.tables import metadata
from examiner.store.tenancy import within
from examiner.web.app import attach

WORDS = "my own words about bandwidth"
# What a route takes, so that it is the tenant that it refuses and not the shape.
BODIES = {
    "links": {"hours": 1},
    "accommodations": {"multiplier": 1.5},
    "decision": {"outcome": "hold", "by": "B", "why": "w"},
    "ratings": {"score": 1},
    "grade": {"score": 1, "why": "w"},
    "settlement": {"outcome": "upheld", "why": "w"},
    "hold": {"reason": "r"},
    "labels": {"item": "a0", "criterion": "mechanism", "score": 1},
    "decisions": {"item": "a0", "criterion": "mechanism", "score": 1, "why": "w"},
    "revocation": {"why": "w"},
    "budget": {"day_usd": "1"},
}
HOUSE = "tenants:write"
SHARED = {"question", "tenant"}  # the vault is everybody's; tenants are named by whoever runs the house
NAMED = sorted(r for r in MATRIX if set(re.findall(r"{(\w+)}", r[1])) - SHARED)
LISTS = sorted(p for m, p in MATRIX if m == "GET" and "{" not in p and p not in ("/v1/notice", "/v1/me"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two tenants with the same people and the same of everything; a key of each and what each has, by name."""
    real, Limits.stranger = Limits.stranger, lambda *_: None
    home = str(tmp_path_factory.mktemp("home"))
    house = Examiner(Settings(home=home, policy="hiring", rate_key=10**6, rate_tenant=10**6))
    tenants.add(house, "acme", "Acme")
    app = create_app(house)
    attach(app, house)
    with TestClient(app) as client:
        yield client, house, {t: furnished(house, t) for t in ("default", "acme")}
    Limits.stranger = real
    house.ledger.close()


def furnished(house, tenant):
    """Give a tenant one of everything that a route names; return their ids, a key for each role, a candidate's token."""
    from examiner.service.access.tokens import candidate_token

    with within(tenant):
        state = sessions.create(house, "demo", candidate="Somebody Real", seed=7)
        session = state.id
        consenting.accept(house, session, consenting.notice().sha256)
        now = sessions.begin(house, session)
        sessions.submit(house, session, now.turn, WORDS)
        sessions.abandon(house, session)
        reviewing.grade_session(house, session)
        appeal = appealing.appeal(house, session, 0, "please look again")["appeal"]
        family = sorted(house.vault.families)[0]
        instance = house.instance(f"{family}@0")
        criterion = instance.points[0].criterion
        labels = tuple(Label(rater=r, criterion=criterion, score=3, by="human") for r in ("ana", "bo"))
        anchor = Anchor(
            id="a0",
            question=f"{family}@0",
            question_hash=instance.rubric_hash,
            turns=(Turn(text="x"),),
            labels=labels,
        )
        write_set(house.home / "calibration" / "anchors" / f"set-{tenant}", [anchor], about="one answer")
        hook = webhooks.add(house, "https://hooks.example.org/x", resolve=lambda *_: ["93.184.216.34"])["id"]
        return {
            "session": session,
            "item": "0",
            "appeal": appeal,
            "candidate": candidate_id(house, "Somebody Real"),
            "grading": studying.grade(house, [{"id": "1", "question": family, "answer": WORDS}])["id"],
            "job": jobs.ask(house, "calibration", {"judge": "embedded", "anchors": "none"})["id"],
            "certificate": certified(house).id,
            "name": f"set-{tenant}",
            "hook": hook,
            "key": create_key(house, "to be named", "reviewer")[0],
            "keys": {role: create_key(house, "Ana", role)[1] for role in ("admin", "reviewer")},
            "token": candidate_token(house, session),
        }


def certified(house):
    now = house.clock()
    blank = {"judge": "embedded", "fingerprint": "sha256:" + "0" * 64, "criterion": "mechanism", "state": "reference"}
    made = Certificate(
        id="", **blank, criterion_hash="h", anchors="a", anchors_hash="h", questions={}, covers_new=False,
        policy="hiring", policy_hash="h", statistics={}, checks=(), attempts=1, issued=now,
        expires=now + certifying.VALID, key="",
    )  # fmt: skip
    return certifying.issue(house, made)


def ask(client, key, method, path, names):
    filled = path
    for name in re.findall(r"{(\w+)}", path):
        filled = filled.replace(f"{{{name}}}", names[name])
    tail = path.rpartition("/")[2]
    query = "?one=ana&two=bo" if tail == "agreement" else ""
    headers = {"Authorization": f"Bearer {key}"}
    return client.request(
        method, filled + query, json=BODIES.get(tail, {}) if method != "GET" else None, headers=headers
    )


@pytest.mark.parametrize(("method", "path"), NAMED, ids=lambda v: v)
@pytest.mark.parametrize(
    ("who", "whose"), [("acme", "default"), ("default", "acme")], ids=["of the first", "of another"]
)
def test_what_is_another_tenants_is_not_there(world, method, path, who, whose):
    client, house, has = world
    rule = MATRIX[method, path]
    candidates_only = all(scope.startswith("own:") for scope in rule.scopes)
    key = has[who]["token"] if candidates_only else has[who]["keys"]["admin"]
    before = house.ledger.streams() and snapshot(house, whose)
    foreign = ask(client, key, method, path, has[whose])
    absent = ask(
        client, key, method, path, {k: f"{k[:1]}-never-was" if k != "item" else "0" for k in has[whose] if k != "keys"}
    )
    assert foreign.status_code == absent.status_code == 404, foreign.text
    kinds = [
        {k: v for k, v in r.json().items() if k not in ("detail", "instance", "trace_id")} for r in (foreign, absent)
    ]
    assert kinds[0] == kinds[1] and WORDS not in foreign.text
    assert snapshot(house, whose) == before


def snapshot(house, tenant):
    with within(tenant):
        rows = {t: house.registry.many(t) for t, made in metadata.tables.items() if "tenant" in made.c}
        return rows, [(s.stream, s.events) for s in house.ledger.streams()], house.ledger.audits.head("staff")


@pytest.mark.parametrize(
    ("method", "path"), [r for r in NAMED if r[0] == "GET" and not r[1].endswith("/next")], ids=lambda v: v
)
def test_what_is_ones_own_is_there(world, method, path):
    """The test above proves nothing where nobody gets an answer."""
    client, _, has = world
    if all(scope.startswith("own:") for scope in MATRIX[method, path].scopes):
        pytest.skip("a candidate's own session is walked through elsewhere")
    for tenant, names in has.items():
        assert ask(client, names["keys"]["admin"], method, path, names).status_code in (200, 403), tenant


@pytest.mark.parametrize("path", LISTS)
def test_lists_hold_nothing_of_another_tenant(world, path):
    client, _, has = world
    for who, whose in (("acme", "default"), ("default", "acme")):
        reply = client.get(path, headers={"Authorization": f"Bearer {has[who]['keys']['admin']}"})
        if path == "/v1/tenants":
            assert reply.status_code == (200 if who == "default" else 403)
            continue
        assert reply.status_code == 200
        for name, value in has[whose].items():
            if name not in ("keys", "item"):
                assert f'"{value}"' not in reply.text, (path, name)


PAGES = ["reviews", "anchors", "sessions", "candidates", "cohort", "appeals", "certificates", "drift"]


def test_pages_show_nothing_of_another_tenant(world):
    client, _, has = world
    for who, whose in (("acme", "default"), ("default", "acme")):
        names, other = has[who], has[whose]
        client.cookies.clear()
        assert client.post("/staff", data={"key": names["keys"]["admin"]}).status_code == 200
        for page in PAGES:
            text = client.get(f"/staff/{page}").text
            assert not any(v in text for k, v in other.items() if k not in ("keys", "item", "token")), page
        assert names["session"] in client.get("/staff/sessions").text
        for page in (
            "sessions/{session}",
            "reports/{session}",
            "reviews/{session}/0",
            "candidates/{candidate}",
            "anchors/{name}",
        ):
            assert client.get("/staff/" + page.format(**other)).status_code == 404, page
    client.cookies.clear()


def test_a_candidate_of_any_tenant_gets_on_by_link_and_token(world):
    client, house, has = world
    admin = {"Authorization": f"Bearer {has['acme']['keys']['admin']}"}
    made = client.post("/v1/sessions", json={"loop": "demo", "candidate": "N"}, headers=admin).json()
    link = client.post(f"/v1/sessions/{made['session']}/links", json={}, headers=admin).json()["link"]
    opened = client.post("/v1/links", json={"link": link}).json()
    token = {"Authorization": f"Bearer {opened['token']}"}
    assert client.get(f"/v1/sessions/{made['session']}/current", headers=token).json()["status"] == "ready"
    assert client.get("/v1/me", headers=token).json()["tenant"] == "acme"
    again = client.post(f"/v1/sessions/{made['session']}/links", json={}, headers=admin).json()["link"]
    assert client.post(f"/i/{again}").status_code == 200 and client.get("/interview").status_code == 200
    client.cookies.clear()
    with within("acme"):
        assert house.registry.one("sittings", id=made["session"])["tenant"] == "acme"


def test_the_same_name_is_another_pseudonym_elsewhere(world):
    _, _, has = world
    assert has["acme"]["candidate"] != has["default"]["candidate"]


def test_an_admin_of_a_tenant_does_not_run_the_house(world):
    client, _, has = world
    acme = {"Authorization": f"Bearer {has['acme']['keys']['admin']}"}
    assert client.get("/v1/tenants", headers=acme).status_code == 403
    assert client.put("/v1/tenants/acme/budget", json={"day_usd": "9"}, headers=acme).status_code == 403
    wide = client.post("/v1/keys", json={"role": "admin", "scopes": [HOUSE]}, headers=acme)
    assert wide.status_code == 403 and wide.json()["code"] == "not_your_scope"
    made = client.post("/v1/keys", json={"role": "admin"}, headers=acme).json()
    assert client.get("/v1/me", headers={"Authorization": f"Bearer {made['key']}"}).json()["tenant"] == "acme"


def test_tenants_are_made_over_the_network(world):
    client, _, has = world
    root = {"Authorization": f"Bearer {has['default']['keys']['admin']}"}
    made = client.post("/v1/tenants", json={"id": "globex", "name": "Globex"}, headers=root)
    assert made.status_code == 201
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    assert client.get("/v1/sessions", headers=key).json()["items"] == []
    assert client.post("/v1/tenants", json={"id": "globex"}, headers=root).status_code == 409
    for wrong in ("default", "Up", "a", "-a", "a/b", "x" * 41):
        assert client.post("/v1/tenants", json={"id": wrong}, headers=root).status_code in (409, 422)
    assert {t["id"] for t in client.get("/v1/tenants", headers=root).json()["items"]} >= {"default", "acme", "globex"}


def test_erasing_here_leaves_there_alone_and_every_chain_verifies(world):
    _, house, _ = world
    with within("acme"):
        state = sessions.create(house, "demo", candidate="To Erase", seed=7)
        before = people.candidate(house, candidate_id(house, "To Erase"))
        people.erase(house, before["id"], "x")
    with within("default"):
        kept = sessions.create(house, "demo", candidate="To Erase", seed=7)
        assert people.candidate(house, candidate_id(house, "To Erase"))["sessions"][0]["session"] == kept.id
        assert house.ledger.audits.read("erasures") == []
    with within("acme"):
        assert house.registry.one("sittings", id=state.id)["status"] == "erased"
    assert house.ledger.check() == []


def test_a_stream_of_another_tenant_cannot_be_named(world):
    from examiner.domain.errors import Invalid

    client, house, has = world
    with within("default"), pytest.raises(Invalid):
        house.ledger.read(f"@acme/sitting/{has['acme']['session']}")
    root = {"Authorization": f"Bearer {has['default']['keys']['admin']}"}
    assert client.get("/v1/drift", params={"judge": "@acme/embedded"}, headers=root).status_code == 422
    assert client.get(f"/v1/sessions/..%2F@acme%2F{has['acme']['session']}", headers=root).status_code == 404


def test_the_background_works_for_every_tenant(tmp_path, clock):
    house = Examiner(Settings(home=str(tmp_path / "h"), policy="practice"), clock=clock)
    ids = {}
    for tenant in ("default", "one", "two"):
        if tenant != "default":
            tenants.add(house, tenant)
        with within(tenant):
            state = sessions.create(house, "demo", candidate="N", seed=7)
            now = sessions.begin(house, state.id)
            sessions.save_draft(house, state.id, now.turn, WORDS)
            ids[tenant] = state.id
            jobs.ask(house, "calibration", {"judge": "embedded", "anchors": "none", "policy": "hiring", "seed": 0})
    clock.pass_(4 * 3600)
    done = sweeping.sweep(house)
    assert done["closed"] == 3 and done["jobs"] == 3
    for tenant, session in ids.items():
        with within(tenant):
            assert sessions.current(house, session).status != "open"
            assert house.registry.many("facts", value="open") == []
    assert house.ledger.check() == []
    house.ledger.close()


@pytest.mark.parametrize(
    "table", sorted(t for t, made in metadata.tables.items() if "tenant" in made.c and t != "costs")
)
def test_every_table_with_an_owner_is_confined_in_every_way(house, table):
    made = metadata.tables[table]
    key = next(iter(made.primary_key)).name
    text = next(c.name for c in made.c if c.name not in (key, "tenant"))
    row = {c.name: 0 if "INT" in str(c.type) else "1" for c in made.c if c.name != "tenant"}
    registry, whole = house.registry, house.registry.whole
    with within("one"):
        assert registry.add(table, row | {key: "a"}) and registry.one(table, **{key: "a"})["tenant"] == "one"
        registry.put(table, row | {key: "a", text: "2"})
    with within("two"):
        assert registry.one(table, **{key: "a"}) is None and registry.many(table) == []
        assert registry.many(table, tenant="one") == []  # nor by asking for it
        assert registry.page(table, text, 10) == ([], None) and registry.counts(table, text) == {}
        assert registry.due(table, text, house.clock().replace(year=9999)) == []
        assert registry.change(table, {text: "3"}, **{key: "a"}) == 0 and registry.drop(table, **{key: "a"}) == 0
        assert registry.drop_before(table, text, house.clock().replace(year=9999)) == 0
        assert not registry.add(table, row | {key: "a"})  # taken, and not told by whom
        registry.replace(table, list, **{key: "a"})
    assert whole.one(table, **{key: "a"})["tenant"] == "one" and whole.one(table, **{key: "a"})[text] == "2"


def test_before_anybody_is_let_in_there_is_nothing_to_read(house):
    from examiner.store.tenancy import NOBODY, NoTenant

    with within(NOBODY):
        for deed in (
            lambda: house.registry.many("sittings"),
            lambda: house.ledger.read("sitting/x"),
            house.ledger.streams,
            lambda: house.replayed,
            lambda: house.home,
        ):
            with pytest.raises(NoTenant):
                deed()


def test_few_files_see_all_tenants_at_once():
    source = Path(tenants.__file__).parents[2]
    found = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if re.search(r"registry\.whole|confined=False", path.read_text())
    }
    assert found == {
        "api/routes/operations.py",  # how many sessions there are
        "service/access/authority.py",  # whose a key is
        "service/access/signing_in.py",  # whose a cookie is
        "service/access/staff_sso.py",  # likewise
        "service/access/tenants.py",  # who there is
        "service/access/tokens.py",  # whose a token's session is
        "service/budgets.py",  # the tenants' limits
        "service/people/leaving.py",  # a tenant that goes
        "service/sitting/links.py",  # whose a link is
        "service/upkeep/sweeping.py",  # when the house was last alive
        "store/registry.py",
    }
