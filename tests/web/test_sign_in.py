"""Staff by the sign-in of their organisation: what lets them in, everything that does not, and the way out."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.service.examiner import Examiner
from examiner.settings import Settings
from examiner.web.app import attach
from oidc_provider import OpenIDProvider

STAFF, STATE = "examiner_staff", "examiner_sign_in"
ROLES = "root-team=admin, hr-team=hiring, a=b=reviewer"


@pytest.fixture(params=["RSA"])
def provider(request, clock):
    with OpenIDProvider(clock, request.param) as made:
        yield made


@pytest.fixture
def house(tmp_path, clock, provider):
    made = Examiner(settings(tmp_path, provider), clock=clock)
    yield made
    made.ledger.close()


def settings(tmp_path, provider, **more):
    base = {
        "home": str(tmp_path / "home"),
        "oidc_issuer": provider.issuer,
        "oidc_client_id": "examiner",
        "oidc_client_secret": "a secret of the client",
        "oidc_roles": ROLES,
    }
    return Settings(**(base | more))


@pytest.fixture
def browser(house):
    with browser_of(house) as made:
        yield made


def browser_of(house, base="http://127.0.0.1"):
    app = create_app(house)
    attach(app, house)
    return TestClient(app, base_url=base, follow_redirects=False)


def sent_off(browser, to=""):
    """Begin a sign-in; return the address at the provider."""
    reply = browser.get("/staff/sso", params={"to": to})
    assert reply.status_code == 303, reply.text
    return reply.headers["location"]


def come_back(url):
    """Sign in at the provider; return the address it sends the browser back to."""
    reply = httpx.get(url, trust_env=False)
    return reply.headers["location"]


def signed_in(browser, to=""):
    return browser.get(come_back(sent_off(browser, to)))


def wrong(reply):
    """Return the one line that a failed sign-in shows."""
    assert STAFF not in reply.cookies
    found = re.findall(r'role="alert" id="wrong">([^<]*)<', reply.text)
    assert len(found) == 1 and "Traceback" not in reply.text, reply.text
    return found[0].replace("&#39;", "'")


@pytest.mark.parametrize("provider", ["RSA", "EC"], indirect=True)
def test_in_and_out_again(browser, house, provider):
    page = browser.get("/staff").text
    assert "Sign in with your organisation" in page
    url = sent_off(browser, "/staff/sessions")
    asked = parse_qs(urlsplit(url).query)
    assert asked["scope"] == ["openid profile email"] and asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://127.0.0.1/staff/sso/back"]
    reply = browser.get(come_back(url))
    assert (reply.status_code, reply.headers["location"]) == (303, "/staff/sessions")
    made = {c.partition("=")[0]: c for c in reply.headers.get_list("set-cookie")}
    for flag in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert flag in made[STAFF]
    assert "Secure" not in made[STAFF] and "Max-Age=0" in made[STATE]  # loopback in clear; the state is used up
    desk = browser.get("/staff/sessions")
    assert desk.status_code == 200 and re.search(r"Ana Example \([0-9a-f]{6}\)", desk.text)
    assert browser.get("/staff/anchors").status_code == 403  # hiring labels nothing
    form = re.search(r'name="form_token" value="(\w+)"', desk.text)[1]
    cookie = browser.cookies[STAFF]
    bye = browser.post("/staff/out", data={"form_token": form})
    away = re.search(r'url=([^"]+)"', bye.text)[1].replace("&amp;", "&")
    assert away.startswith(f"{provider.issuer}/end?") and "Max-Age=0" in bye.headers["set-cookie"]
    assert httpx.get(away, trust_env=False).headers["location"] == "http://127.0.0.1/staff"
    assert provider.ended[0]["client_id"] == "examiner" and provider.ended[0]["id_token_hint"].count(".") == 2
    browser.cookies.set(STAFF, cookie)  # kept by somebody: it was ended here, not only forgotten there
    assert browser.get("/staff/sessions").status_code == 303
    assert house.registry.whole.many("staff_sessions") == []


def test_the_cookie_is_secure_off_loopback(tmp_path, provider, clock):
    made = Examiner(settings(tmp_path, provider, public_url="https://interviews.example.org"), clock=clock)
    with browser_of(made, "https://interviews.example.org") as browser:
        reply = browser.get("/staff/sso")
        assert "Secure" in reply.headers["set-cookie"] and "SameSite=lax" in reply.headers["set-cookie"]
        back = parse_qs(urlsplit(reply.headers["location"]).query)["redirect_uri"]
        assert back == ["https://interviews.example.org/staff/sso/back"]
    with browser_of(made, "http://interviews.example.org") as browser:  # in clear behind a proxy: still Secure
        assert "Secure" in browser.get("/staff/sso").headers["set-cookie"]
    made.ledger.close()


def test_a_name_that_a_request_claims_is_not_believed(house):
    with browser_of(house, "http://evil.example") as browser:
        assert "public_url is empty" in wrong(browser.get("/staff/sso"))


def _imitated(provider, claims):
    other = OpenIDProvider(provider.clock)
    return other.signed(claims, kid=provider.key.kid)


def _altered(provider, claims):
    head, _, mark = provider.signed(claims).split(".")
    body = provider.signed(claims | {"groups": ["root-team"]}).split(".")[1]
    return f"{head}.{body}.{mark}"


@pytest.mark.parametrize(
    ("name", "forge", "says"),
    [
        ("nonce", lambda p, c: p.signed(c | {"nonce": "another"}), "another sign-in"),
        ("no nonce", lambda p, c: p.signed({k: v for k, v in c.items() if k != "nonce"}), "lacks 'nonce'"),
        ("expired", lambda p, c: p.signed(c | {"exp": c["iat"] - 61}), "has expired"),
        ("early", lambda p, c: p.signed(c | {"nbf": c["iat"] + 600}), "compare the clocks"),
        ("future", lambda p, c: p.signed(c | {"iat": c["iat"] + 600}), "compare the clocks"),
        ("audience", lambda p, c: p.signed(c | {"aud": "another-service"}), "for another service"),
        ("party", lambda p, c: p.signed(c | {"aud": ["examiner", "x"], "azp": "x"}), "for another service"),
        ("issuer", lambda p, c: p.signed(c | {"iss": "https://evil.example"}), "from another issuer"),
        ("no subject", lambda p, c: p.signed({k: v for k, v in c.items() if k != "sub"}), "lacks 'sub'"),
        ("none", lambda p, c: p.by_hand({"alg": "none"}, c), "signed by 'none'"),
        ("None", lambda p, c: p.by_hand({"alg": "nOnE", "kid": p.key.kid}, c), "signed by 'nOnE'"),
        (
            "public key as secret",
            lambda p, c: p.by_hand({"alg": "HS256", "kid": p.key.kid}, c, p.key.as_pem(private=False)),
            "signed by 'HS256'",
        ),
        ("foreign key", lambda p, c: p.signed(c, key=OpenIDProvider(p.clock).key), "does not publish"),
        ("foreign key, our name", _imitated, "signature does not fit"),
        ("altered", _altered, "signature does not fit"),
        ("rubbish", lambda p, c: "a.b.c", "cannot be read"),
        ("half hash", lambda p, c: p.signed(c | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), "access token"),
    ],
    ids=lambda v: v if isinstance(v, str) and len(v) < 25 else "",
)
def test_an_id_token_that_proves_nothing(browser, house, provider, name, forge, says):
    provider.forge = forge
    reply = signed_in(browser)
    assert reply.status_code == 401 and says in wrong(reply)
    assert house.registry.whole.many("staff_sessions") == []


def test_keys_are_kept_and_asked_for_once_more_when_they_change(browser, provider):
    for _ in range(2):
        assert signed_in(browser).status_code == 303
    assert provider.asked == {"/jwks": 1, "/.well-known/openid-configuration": 1}
    provider.rotate()
    assert signed_in(browser).status_code == 303 and provider.asked["/jwks"] == 2
    provider.forge = lambda p, c: p.signed(c, key=OpenIDProvider(p.clock).key)
    assert signed_in(browser).status_code == 401 and provider.asked["/jwks"] == 3


def test_a_code_is_good_once(browser, provider):
    back = come_back(sent_off(browser))
    state = browser.cookies[STATE]
    assert browser.get(back).status_code == 303
    browser.cookies.clear()
    assert "not begun in this browser" in wrong(browser.get(back))
    browser.cookies.set(STATE, state)  # somebody kept the cookie too
    assert "refused the code (invalid_grant)" in wrong(browser.get(back))


def test_somebody_elses_way_back_signs_nobody_in(house, provider):
    with browser_of(house) as thief, browser_of(house) as victim:
        provider.claims |= {"sub": "thief"}
        back = come_back(sent_off(thief))
        assert "not begun in this browser" in wrong(victim.get(back))
        sent_off(victim)
        assert "not begun in this browser" in wrong(victim.get(back))  # another sign-in's state


def test_a_sign_in_is_begun_for_ten_minutes(browser, clock):
    back = come_back(sent_off(browser))
    clock.pass_(601)
    assert "more than 10 minutes ago" in wrong(browser.get(back))


def test_what_was_planted_is_not_what_signs_in(browser, house):
    browser.cookies.set(STAFF, "so_planted")
    signed_in(browser)
    first = browser.cookies.get(STAFF, domain="127.0.0.1") or [c.value for c in browser.cookies.jar][-1]
    assert first != "so_planted" and len(house.registry.whole.many("staff_sessions")) == 1
    browser.cookies.clear()
    browser.cookies.set(STAFF, first)
    signed_in(browser)
    assert len(house.registry.whole.many("staff_sessions")) == 1  # the one before was ended


def test_a_session_ends_with_the_day(browser, house, clock):
    signed_in(browser)
    assert browser.get("/staff/sessions").status_code == 200
    clock.pass_(10 * 3600 + 1)
    assert browser.get("/staff/sessions").status_code == 303


@pytest.mark.parametrize(
    ("claims", "status", "says"),
    [
        ({"groups": []}, 403, "nothing in 'groups' gives you a role"),
        ({"groups": None}, 403, "gives you a role"),
        ({"groups": ["hr-team2", "HR-TEAM", "candidate"]}, 403, "gives you a role"),
        ({"groups": "hr-team"}, 303, ""),
        ({"groups": ["x", "a=b"]}, 303, ""),
    ],
)
def test_nobody_has_a_role_by_default(browser, provider, claims, status, says):
    provider.claims |= claims
    reply = signed_in(browser)
    assert reply.status_code == status
    if says:
        assert says in wrong(reply)


def test_the_first_mapping_that_fits_wins_and_claims_may_be_nested(tmp_path, provider, clock):
    from examiner.service.access.staff_sso import person

    made = Examiner(settings(tmp_path, provider, oidc_role_claim="realm.roles"), clock=clock)
    claims = {"iss": "i", "sub": "s", "name": "N", "realm": {"roles": ["hr-team", "root-team"]}}
    assert person(made, claims).role == "admin"
    again = person(made, claims | {"name": "Another Name"})
    assert again.id == person(made, claims).id != person(made, claims | {"sub": "t"}).id
    whole = {"iss": "i", "sub": "s", "https://x/roles": ["hr-team"]}
    made.settings = settings(tmp_path, provider, oidc_role_claim="https://x/roles")
    assert person(made, whole).role == "hiring"
    made.ledger.close()


def test_a_claim_may_name_the_tenant(tmp_path, provider, clock):
    from examiner.service.access import tenants
    from examiner.service.access.staff_sso import NoRole, person

    made = Examiner(settings(tmp_path, provider, oidc_tenant_claim="org"), clock=clock)
    tenants.add(made, "acme")
    tenants.add(made, "other")
    claims = {"iss": "i", "sub": "s", "groups": ["root-team"]}
    who = person(made, claims | {"org": "acme"})
    assert who.tenant == "acme" and "tenants:write" not in who.scopes
    for org in (None, "nowhere", "default", ["acme", "other"]):
        with pytest.raises(NoRole):
            person(made, claims | {"org": org})
    made.ledger.close()


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil", "/staff/\\evil", "/staff/\r\nx: y", "/v1"]
)
def test_the_way_back_stays_inside(browser, to):
    assert signed_in(browser, to).headers["location"] == "/staff"


def test_the_provider_may_refuse_or_be_another(browser, provider):
    state = parse_qs(urlsplit(sent_off(browser)).query)["state"][0]
    refused = browser.get("/staff/sso/back", params={"error": "access_denied", "state": state})
    assert refused.status_code == 401 and "access_denied" in wrong(refused)
    state = parse_qs(urlsplit(sent_off(browser)).query)["state"][0]
    mixed = browser.get("/staff/sso/back", params={"code": "x", "state": state, "iss": "https://evil.example"})
    assert "another identity provider" in wrong(mixed)
    provider.metadata = {"authorization_response_iss_parameter_supported": True}


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"issuer": "https://evil.example"}, "speaks for 'https://evil.example'"),
        ({"token_endpoint": "http://evil.example/token"}, "token_endpoint is not https"),
        ({"jwks_uri": None}, "does not describe an identity provider"),
    ],
)
def test_a_provider_that_is_not_one(browser, provider, metadata, says):
    provider.metadata = metadata
    reply = browser.get("/staff/sso")
    assert reply.status_code == 502 and says in wrong(reply)


def test_the_provider_is_down(browser, house, provider):
    from examiner.service.access.authority import create_key

    provider.server.shutdown()
    provider.server.server_close()
    reply = browser.get("/staff/sso")
    assert reply.status_code == 502 and "did not answer" in wrong(reply) and "keys work meanwhile" in wrong(reply)
    _, key = create_key(house, "Ana", "hiring")
    assert browser.post("/staff", data={"key": key}).status_code == 303


def test_a_provider_that_hangs_does_not_take_the_threads_that_save_answers(house, provider, monkeypatch):
    """Forty browsers wait for a provider that does not answer; a candidate's page is served meanwhile."""
    import asyncio
    import threading
    import time

    from examiner.service.access import oidc

    provider.stuck = threading.Event()
    monkeypatch.setattr(oidc, "_SECONDS", 3.0)
    monkeypatch.setattr("examiner.web.routes.sso.STRANGER_BURST", 100.0)
    app = create_app(house)
    attach(app, house)

    async def everybody():
        transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
            await browser.get("/")  # templates and imports are warm
            waiting = [asyncio.create_task(browser.get("/staff/sso")) for _ in range(45)]
            await asyncio.sleep(0.3)
            begun = time.monotonic()
            page = await browser.get("/")
            taken = time.monotonic() - begun
            provider_was_asked = sum(not task.done() for task in waiting)
            replies = await asyncio.gather(*waiting)
        return page.status_code, taken, provider_was_asked, {r.status_code for r in replies}

    status, taken, still, codes = asyncio.run(everybody())
    provider.stuck.set()
    assert (status, still, codes) == (200, 45, {502}) and taken < 2.0
    assert provider.asked["/.well-known/openid-configuration"] == 1  # whoever waited too did not ask again


def test_the_provider_falls_away_in_the_middle_and_signing_out_still_works(browser, house, provider):
    back = come_back(sent_off(browser))
    signed_in(browser)
    page = browser.get("/staff/sessions").text
    provider.server.shutdown()
    provider.server.server_close()
    house.clock.pass_(7_200)
    form = re.search(r'name="form_token" value="(\w+)"', page)[1]
    assert browser.post("/staff/out", data={"form_token": form}).status_code == 303
    assert browser.get(back).status_code == 401


def test_without_a_provider_there_is_no_such_way(browser_of, tmp_path, clock):
    made = Examiner(Settings(home=str(tmp_path / "h2")), clock=clock)
    page = browser_of(made).get("/staff").text
    assert "organisation" not in page
    assert browser_of(made).get("/staff/sso", follow_redirects=False).headers["location"] == "/staff"
    made.ledger.close()


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"oidc_issuer": "http://idp.example.org"}, "not an https address"),
        ({"oidc_client_id": ""}, "oidc_client_id is not"),
        ({"oidc_scopes": "profile"}, "must include openid"),
        ({"oidc_roles": "x=candidate"}, "VALUE=ROLE"),
    ],
)
def test_settings_that_do_not_fit_are_named(tmp_path, provider, clock, setting, says):
    from examiner.service.access.oidc import Oidc
    from examiner.settings import SettingsError

    made = Examiner(settings(tmp_path, provider, **setting), clock=clock)
    with pytest.raises(SettingsError, match=says):
        Oidc(made)


def test_the_command_line_shows_and_ends_sign_ins(browser, house, monkeypatch):
    import json

    from typer.testing import CliRunner

    from examiner.cli.keys import app

    signed_in(browser)
    monkeypatch.setenv("EXAMINER_HOME", house.settings.home)
    monkeypatch.setattr("examiner.cli.keys.open_examiner", lambda **_: house)
    run = lambda *line: CliRunner().invoke(app, line)  # noqa: E731
    rows = json.loads(run("signed-in", "--json").stdout)["signed_in"]
    assert [(r["role"], r["name"][:11]) for r in rows] == [("hiring", "Ana Example")]
    assert "hiring" in run("signed-in").stdout
    assert run("sign-out").exit_code != 0 and run("sign-out", "p-nobody").exit_code != 0
    assert browser.get("/staff/sessions").status_code == 200
    assert run("sign-out", rows[0]["person"]).exit_code == 0
    assert browser.get("/staff/sessions").status_code == 303
    assert json.loads(run("signed-in", "--json").stdout)["signed_in"] == []
    kinds = [r.kind for r in house.ledger.audits.read("staff")]
    assert kinds == ["signed_in", "signed_out"]
