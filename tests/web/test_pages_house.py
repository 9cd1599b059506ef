"""Keys, webhooks, the audit log, certificates' end, appeals told: the pages of who runs the house."""

import re

import pytest
from walking import sat, signed_in, token

from examiner.service import webhooks
from examiner.service.access import audit, authority, granting
from examiner.service.people import appealing
from examiner.service.people import candidates as people
from examiner.service.trust import certifying
from examiner.service.trust.fixtures import issue_test_certificates


@pytest.fixture
def admin(browser_of, hiring_house):
    browser = browser_of(hiring_house)
    return browser, token(signed_in(browser, hiring_house, "admin", name="Ann Example"))


def test_a_key_is_shown_once_does_what_it_may_and_ends(browser_of, hiring_house, admin):
    browser, form = admin
    data = {"form_token": form, "role": "hiring", "name": "Nightly", "scopes": ["reports:read"], "days": "30"}
    page = browser.post("/staff/keys", data=data).text
    key = re.search(r'value="(exm_[^"]+)"', page)[1]
    assert key not in browser.get("/staff/keys").text
    made = authority.staff(hiring_house, key)
    assert (made.role, made.scopes) == ("hiring", frozenset({"reports:read"}))
    headers = {"Authorization": f"Bearer {key}"}
    assert browser.get("/v1/sessions/s-none/report", headers=headers).status_code == 404
    browser.post(f"/staff/keys/{made.id}/revocation", data={"form_token": form})
    assert authority.staff(hiring_house, key) is None
    assert "✗ revoked" in browser.get("/staff/keys").text
    again = browser.post(f"/staff/keys/{made.id}/revocation", data={"form_token": form})
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [({"name": " "}, 422), ({"role": "candidate"}, 403), ({"days": "0"}, 422), ({"scopes": ["decisions:write"]}, 422)],
)
def test_a_key_that_does_not_fit_is_not_made(hiring_house, admin, change, status):
    browser, form = admin
    before = len(authority.list_keys(hiring_house))
    data = {"form_token": form, "role": "reviewer", "name": "x"} | change
    assert browser.post("/staff/keys", data=data).status_code == status
    assert len(authority.list_keys(hiring_house)) == before


def test_a_narrowed_administrator_gives_no_more_than_it_has(browser_of, hiring_house):
    _, key = authority.create_key(hiring_house, "narrow", "admin", ("keys:write",))
    browser = browser_of(hiring_house)
    desk = browser.post("/staff", data={"key": key})
    page = browser.get("/staff/keys")
    assert page.status_code == 200 and "review:read" not in page.text
    data = {"form_token": token(desk), "role": "reviewer", "name": "x"}
    refused = browser.post("/staff/keys", data=data)
    assert refused.status_code == 403 and "cannot give what it does not have" in refused.text


def test_a_webhook_shows_its_secret_once_and_refuses_an_address_inside(hiring_house, admin, monkeypatch):
    browser, form = admin
    monkeypatch.setattr(webhooks, "_resolve", lambda host, port: ["10.0.0.7" if "inside" in host else "93.184.215.14"])
    inside = browser.post("/staff/webhooks", data={"form_token": form, "url": "https://inside.example/x"})
    assert inside.status_code == 403 and webhooks.listed(hiring_house) == []
    data = {"form_token": form, "url": "https://hooks.example/x", "kinds": ["appeal.made"]}
    page = browser.post("/staff/webhooks", data=data).text
    assert page.count("whsec_") == 1 and "whsec_" not in browser.get("/staff/webhooks").text
    (made,) = webhooks.listed(hiring_house)
    assert made["kinds"] == ["appeal.made"]
    browser.post(f"/staff/webhooks/{made['id']}/replay", data={"form_token": form})
    browser.post(f"/staff/webhooks/{made['id']}/deletion", data={"form_token": form})
    assert webhooks.listed(hiring_house) == [] and "Nobody is told" in browser.get("/staff/webhooks").text


def test_the_audit_log_tells_who_did_what_and_can_be_narrowed(hiring_house, admin):
    browser, form = admin
    session = sat(hiring_house, candidate="Ada Example")
    browser.get(f"/staff/reports/{session}")
    browser.post("/staff/keys", data={"form_token": form, "role": "reviewer", "name": "x"})
    page = browser.get("/staff/audit").text
    assert "read a report" in page and "made a key" in page and "Ann Example" in page
    narrowed = browser.get("/staff/audit?kind=key_made").text
    assert '"cell" data-label="What">made a key' in narrowed and 'data-label="What">read a report' not in narrowed
    audit.note(hiring_house, "signed_in", "p-0123", {"name": "Sso Example (0a1b2c)", "role": "hiring", "issuer": "i"})
    assert "Sso Example (0a1b2c) <code" in browser.get("/staff/audit?by=p-0123").text
    assert "No line fits" in browser.get("/staff/audit?by=nobody").text


def test_the_audit_log_has_pages(hiring_house, admin):
    browser, _ = admin
    for n in range(120):
        audit.note(hiring_house, "read_report", "env-0", {"session": f"s-{n:03}"})
    first, last = browser.get("/staff/audit").text, browser.get("/staff/audit?page=2").text
    assert "Earlier" in first and "s-119" in first and "s-010" not in first
    assert "Earlier" not in last and "s-010" in last
    assert len(granting.audit_log(hiring_house)) == 120


def test_a_certificate_is_revoked_with_a_reason_by_who_may(browser_of, hiring_house, admin, tmp_path):
    _, (name, *_) = issue_test_certificates(hiring_house, "embedded", tmp_path)
    browser, form = admin
    path = f"/staff/certificates/{name}/revocation"
    assert browser.post(path, data={"form_token": form, "why": " "}).status_code == 422
    other = browser_of(hiring_house)
    theirs = token(signed_in(other, hiring_house, "researcher"))
    assert other.post(path, data={"form_token": theirs, "why": "w"}).status_code == 403
    assert "Revoke this certificate" not in other.get(f"/staff/certificates/{name}").text
    page = browser.post(path, data={"form_token": form, "why": "two raters had talked"}).text
    assert "✗ Revoked" in page and "two raters had talked" in page
    assert certifying.certificate(hiring_house, name)[1] == "two raters had talked"


def test_what_the_gate_refused_is_told(hiring_house, admin):
    browser, _ = admin
    body = {"judge": "embedded", "fingerprint": "f", "criterion": "mechanism", "why": "qwk: 0.41, needed at least 0.7"}
    certifying.record(hiring_house, [("refused", body)])
    assert "qwk: 0.41, needed at least 0.7" in browser.get("/staff/certificates").text


def test_an_erasure_leaves_its_receipt_and_needs_the_name(browser_of, hiring_house):
    session = sat(hiring_house, candidate="Gone Example")
    browser = browser_of(hiring_house)
    form = token(signed_in(browser, hiring_house, "hiring"))
    identity = people.listed(hiring_house, 5)[0][0]["id"]
    path = f"/staff/candidates/{identity}"
    assert session in browser.get(f"{path}/export.json").text
    wrong = browser.post(f"{path}/erasure", data={"form_token": form, "why": "asked", "name": "Somebody"})
    assert wrong.status_code == 422 and people.candidate(hiring_house, identity)["name"]
    browser.post(f"{path}/hold", data={"form_token": form, "reason": "a claim"})
    held = browser.post(f"{path}/erasure", data={"form_token": form, "why": "asked", "name": "Gone Example"})
    assert held.status_code == 409
    browser.post(f"{path}/hold", data={"form_token": form, "reason": ""})
    page = browser.post(
        f"{path}/erasure", data={"form_token": form, "why": "by letter", "name": " gone  EXAMPLE "}
    ).text
    assert "Receipt of the erasure" in page and "by letter" in page and f"review/{session}" in page
    assert "Gone Example" not in page and hiring_house.ledger.check() == []


def test_a_candidate_reads_what_became_of_an_appeal(browser_of, hiring_house):
    from examiner.service.access.tokens import candidate_token
    from examiner.web.view import CANDIDATE

    session = sat(hiring_house)
    made = appealing.appeal(hiring_house, session, 0, "please look again")
    browser = browser_of(hiring_house)
    browser.cookies.set(CANDIDATE, candidate_token(hiring_house, session))
    assert "being looked at" in browser.get("/interview/feedback").text
    appealing.settle(hiring_house, session, made["appeal"], "changed", "k", "You are right.")
    page = browser.get("/interview/feedback").text
    assert "looked at: changed" in page and "You are right." in page
