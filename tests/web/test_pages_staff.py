"""Staff pages: who may see what, blind rating, grades that win, decisions by name, labels."""

import html

import pytest
import tour
from walking import sat, signed_in, token

from examiner.service.access.authority import SCOPES, revoke_key
from examiner.service.people import appealing, reviewing
from examiner.service.people import candidates as people
from examiner.service.trust import labelling

PAGES = {
    "/staff/reviews": "review:read",
    "/staff/appeals": "appeals:settle",
    "/staff/anchors": "anchors:read",
    "/staff/sessions": "sessions:manage",
    "/staff/candidates": "candidates:read",
    "/staff/cohort": "reports:read",
    "/staff/certificates": "certificates:read",
    "/staff/drift": "drift:read",
    "/staff/probes": "drift:read",
    "/staff/keys": "keys:write",
    "/staff/webhooks": "hooks:write",
    "/staff/audit": "audit:read",
}


@pytest.mark.parametrize("role", ["reviewer", "hiring", "researcher", "admin"])
def test_a_role_sees_its_pages_and_no_others(browser_of, house, role):
    browser = browser_of(house)
    desk = signed_in(browser, house, role)
    for path, scope in PAGES.items():
        may = scope in SCOPES[role]
        assert browser.get(path).status_code == (200 if may else 403), path
        assert (f'href="{path}"' in desk.text) == may or path == "/staff/cohort"


@pytest.mark.parametrize("path", [*PAGES, "/staff/reports/s-1", "/staff/sessions/s-1", "/staff/reviews/s-1/0"])
def test_signed_out_leads_to_the_sign_in_page(browser_of, house, path):
    page = browser_of(house).get(path)
    assert page.url.path == "/staff" and 'name="key"' in page.text


def test_a_wrong_key_is_told_apart_from_nothing(browser_of, house):
    page = browser_of(house).post("/staff", data={"key": "exm_no_such"})
    assert page.status_code == 401 and "opens nothing" in page.text
    assert not page.cookies


def test_a_revoked_key_ends_its_browser_session_at_once(browser_of, house):
    browser = browser_of(house)
    signed_in(browser, house, "reviewer")
    revoke_key(house, house.registry.many("api_keys")[0]["id"])
    assert 'name="key"' in browser.get("/staff/reviews").text


def test_a_browser_session_runs_out(browser_of, house, clock):
    browser = browser_of(house)
    signed_in(browser, house, "reviewer")
    clock.pass_(10 * 3600 + 1)
    assert 'name="key"' in browser.get("/staff/reviews").text


@pytest.mark.parametrize("change", ["mac", "id", "until"])
def test_a_forged_cookie_opens_nothing(browser_of, house, change):
    browser = browser_of(house)
    signed_in(browser, house, "reviewer")
    identity, until, nonce, mac = browser.cookies["examiner_staff"].split(".")
    parts = {"mac": [identity, until, nonce, "0" * len(mac)], "id": ["env-0", until, nonce, mac]}
    forged = ".".join(parts.get(change, [identity, "99990101T000000", nonce, mac]))
    other = browser_of(house)
    other.cookies.set("examiner_staff", forged)
    assert 'name="key"' in other.get("/staff/reviews").text


def test_signing_in_leads_on_inside_and_nowhere_else(browser_of, house):
    for to, lands in [
        ("/staff/reviews", "/staff/reviews"),
        ("https://evil.example", "/staff"),
        ("//evil.example", "/staff"),
    ]:
        browser = browser_of(house)
        reply = browser.post("/staff", data={"key": "staff-key", "to": to}, follow_redirects=False)
        assert reply.headers["location"] == lands


def test_the_judge_is_hidden_until_the_own_rating_is_locked(browser_of, hiring_house):
    house, browser = hiring_house, browser_of(hiring_house)
    session = sat(house, candidate="Hana Secret")
    signed_in(browser, house, "reviewer")
    path = f"/staff/reviews/{session}/0"
    score = reviewing.report(house, session)["items"][0]["score"]
    quotes = [p["quote"] for c in score["criteria"] for p in c["points"] if p["quote"]]
    assert quotes  # there is something to hide
    before = browser.get(path)
    assert "Program</th>" not in before.text and "<mark" not in before.text and "<q>" not in before.text
    assert "Hana" not in before.text
    locked = browser.post(
        f"{path}/rating", data={"form_token": token(before), "score": "2", "criterion:mechanism": "3"}
    )
    assert "Program</th>" in locked.text and "<mark" in locked.text
    again = browser.post(f"{path}/rating", data={"form_token": token(before), "score": "3"})
    assert again.status_code == 409 and "locked" in again.text


def test_a_reviewer_cannot_grade_before_rating(browser_of, hiring_house):
    house, browser = hiring_house, browser_of(hiring_house)
    session = sat(house)
    desk = signed_in(browser, house, "reviewer")
    form = {"form_token": token(desk), "score": "3", "why": "because"}
    assert browser.post(f"/staff/reviews/{session}/0/grade", data=form).status_code == 403
    assert reviewing.human_grades(reviewing.history(house, session)) == {}


def test_a_human_grade_wins_on_the_report(browser_of, hiring_house):
    house, browser = hiring_house, browser_of(hiring_house)
    session = sat(house)
    desk = signed_in(browser, house, "admin")
    form = {"form_token": token(desk), "score": "3", "why": "Derived it cold."}
    browser.post(f"/staff/reviews/{session}/0/grade", data=form)
    page = browser.get(f"/staff/reports/{session}")
    assert "3 of 3, by a person" in page.text and "Derived it cold." in page.text


def test_withheld_scores_stay_withheld_and_say_why(browser_of, hiring_house):
    house, browser = hiring_house, browser_of(hiring_house)
    session = sat(house)
    signed_in(browser, house, "hiring")
    page = html.unescape(browser.get(f"/staff/reports/{session}").text)
    assert "Why there is no score" in page and "withheld" in page
    assert "of 3</span>" not in page


def test_a_decision_needs_a_name_and_a_reason(browser_of, hiring_house):
    house, browser = hiring_house, browser_of(hiring_house)
    session = sat(house)
    desk = signed_in(browser, house, "hiring")
    path, form = f"/staff/reports/{session}/decision", {"form_token": token(desk), "outcome": "advance"}
    assert browser.post(path, data=form | {"by": "  ", "why": "strong"}).status_code == 422
    assert browser.post(path, data=form | {"by": "M. Example", "why": " "}).status_code == 422
    assert reviewing.report(house, session)["decision"] is None
    page = browser.post(path, data=form | {"by": "M. Example", "why": "strong"})
    assert "decided by M. Example" in page.text
    assert "Advance" in browser.get("/staff/cohort").text


def test_reading_a_report_is_in_the_audit_log(browser_of, hiring_house):
    house, browser = hiring_house, browser_of(hiring_house)
    session = sat(house)
    signed_in(browser, house, "hiring")
    browser.get(f"/staff/reports/{session}")
    log = house.ledger.audits.read("staff")
    assert [r.kind for r in log if r.body.get("session") == session] == ["read_report"]


def test_staff_make_a_session_and_its_link(browser_of, house):
    browser = browser_of(house)
    desk = signed_in(browser, house, "hiring")
    page = browser.post("/staff/sessions", data={"form_token": token(desk), "loop": "demo", "candidate": "Ada Example"})
    assert "Ada Example" in page.text
    session = house.registry.many("sittings")[0]["id"]
    made = browser.post(f"/staff/sessions/{session}/links", data={"form_token": token(page)})
    path = made.text.split('value="http://testserver')[1].split('"')[0]
    assert browser_of(house).post(path).status_code == 200


def test_labels_are_given_blind_and_one_after_another(browser_of, house, own_set):
    browser = browser_of(house)
    desk = signed_in(browser, house, "reviewer", name="rae")
    page = browser.get(f"/staff/anchors/{own_set}/label")
    first = labelling.next_task(house, own_set, "rae")
    assert 'name="score"' in page.text
    task = first["task"]
    form = {"form_token": token(desk), "item": task["item"], "criterion": task["criterion"], "score": "u", "skip": "0"}
    after = browser.post(f"/staff/anchors/{own_set}/label", data=form, headers={"HX-Request": "true"})
    assert "cannot say" in after.text and "<html" not in after.text
    then = labelling.next_task(house, own_set, "rae")
    assert (then["given"], then["left"]) == (1, first["left"] - 1)
    later = labelling.next_task(house, own_set, "rae", 1)
    assert later["task"] != then["task"]
    assert labelling.next_task(house, own_set, "rae", then["left"])["task"] == then["task"]


def test_an_erased_candidate_leaves_the_desk_the_queue_and_the_appeals_working(browser_of, hiring_house):
    house, browser = hiring_house, browser_of(hiring_house)
    gone, stays = sat(house, candidate="Gone Example"), sat(house, candidate="Ada Example")
    appealing.appeal(house, gone, 0, "please look again")
    signed_in(browser, house, "admin")
    people.erase(house, next(r["id"] for r in people.listed(house, 9)[0] if r["name"] == "Gone Example"), "env-0")
    for path in ("/staff", *PAGES):
        assert browser.get(path).status_code == 200, path
    queue = browser.get("/staff/reviews").text
    assert stays in queue and gone not in queue
    assert "No appeal is open" in browser.get("/staff/appeals").text


def test_every_page_of_the_tour_opens_in_a_house_that_nobody_has_used(browser_of, house):
    browser = browser_of(house)
    signed_in(browser, house, "admin")
    for name, place in tour.places({}):
        assert browser.get(f"/staff/{place}").status_code == 200, name
