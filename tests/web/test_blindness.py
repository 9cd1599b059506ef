"""Nobody who may rate an answer reads what the judge made of it before the own rating is locked: pages and API alike."""

import itertools

import pytest
from walking import sat, signed_in, token

from examiner.domain.errors import Refused
from examiner.service.access.authority import STAFF, create_key, staff
from examiner.service.people import appealing, reviewing, waiting


def judged(house, session, number=0):
    """Return the words that give the judge's verdict on an answer away."""
    item = reviewing.report(house, session)["items"][number]
    points = [p for c in item["score"]["criteria"] for p in c["points"]]
    return {p["quote"] for p in points if p["quote"]}


def who(house, role, scopes=()):
    _, key = create_key(house, role, role, scopes)
    return staff(house, key), {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("role", STAFF)
def test_no_role_reads_a_withheld_verdict_over_the_api(browser_of, hiring_house, role):
    session, client = sat(hiring_house), browser_of(hiring_house)
    assert judged(hiring_house, session)  # there is something to seal
    _, headers = who(hiring_house, role)
    for path in ("report", "reviews/0", "transcript", "events", "receipt"):
        reply = client.get(f"/v1/sessions/{session}/{path}", headers=headers)
        assert '"verdict"' not in reply.text and '"quote"' not in reply.text, (role, path)
        assert '"quality"' not in reply.text and '"mistakes":["' not in reply.text, (role, path)
    if role in ("hiring", "admin"):
        report = client.get(f"/v1/sessions/{session}/report", headers=headers).json()
        assert all(item["blind"] and item["score"] is None for item in report["items"])
        assert all(row["final"]["value"] is None and row["value"] is None for row in report["rows"])
        assert report["revision"] == [] and all(part["derivations"] is None for part in report["sections"])


@pytest.mark.parametrize("role", ["hiring", "admin"])
def test_the_report_page_seals_what_the_api_seals(browser_of, hiring_house, role):
    session, browser = sat(hiring_house), browser_of(hiring_house)
    signed_in(browser, hiring_house, role)
    page = browser.get(f"/staff/reports/{session}").text
    assert "stays sealed until a person has graded it" in page
    assert "<mark" not in page and "Points and the words" not in page and "<q>" not in page


def test_an_own_rating_opens_that_answer_and_no_other_and_to_nobody_else(browser_of, hiring_house):
    house = hiring_house
    session = sat(house)
    admin, _ = who(house, "admin")
    hiring, _ = who(house, "hiring")
    reviewing.rate(house, session, 0, admin, 2, {}, "")
    mine = reviewing.report(house, session, admin)["items"]
    assert [item["blind"] for item in mine] == [False, True, True] and mine[0]["score"]["criteria"]
    assert all(item["blind"] for item in reviewing.report(house, session, hiring)["items"])


def test_a_persons_grade_opens_an_answer_and_ends_blind_rating_for_its_readers(hiring_house):
    house = hiring_house
    session = sat(house)
    (admin, _), (hiring, _), (reviewer, _) = (who(house, role) for role in ("admin", "hiring", "reviewer"))
    reviewing.overrule(house, session, 0, hiring.id, 2, "derived it", blind_first=False)
    assert reviewing.report(house, session, hiring)["items"][0]["score"]["criteria"]
    with pytest.raises(Refused, match="not blind"):
        reviewing.rate(house, session, 0, admin, 2, {}, "")
    # A reviewer reads no report, so a second opinion of theirs is blind as before.
    assert reviewing.rate(house, session, 0, reviewer, 1, {}, "")["score"] == 1


def test_an_estimate_is_sealed_to_those_who_rate_and_shown_to_the_others(house):
    session = sat(house)  # the practice policy shows estimates
    admin, _ = who(house, "admin")
    hiring, _ = who(house, "hiring")
    shown = reviewing.report(house, session, hiring)
    assert not any(item["blind"] for item in shown["items"]) and any(row["value"] is not None for row in shown["rows"])
    sealed = reviewing.report(house, session, admin)
    assert all(item["blind"] for item in sealed["items"]) and all(row["value"] is None for row in sealed["rows"])
    reviewing.rate(house, session, 1, admin, 2, {}, "")
    half = reviewing.report(house, session, admin)
    known = {level for row in half["rows"] for level in row["scores"]}
    assert known == {half["items"][1]["release"]["shown"]}


def test_reading_first_and_rating_then_is_refused_over_the_api(browser_of, hiring_house):
    session, client = sat(hiring_house), browser_of(hiring_house)
    _, headers = who(hiring_house, "admin")
    path = f"/v1/sessions/{session}/reviews/0"
    assert client.put(f"{path}/grade", json={"score": 2, "why": "w"}, headers=headers).is_success
    late = client.post(f"{path}/ratings", json={"score": 2}, headers=headers)
    assert late.status_code == 403 and late.json()["code"] == "not_blind"


def test_hiring_gets_no_rating_form_that_could_only_be_refused(browser_of, hiring_house):
    session, browser = sat(hiring_house), browser_of(hiring_house)
    desk = signed_in(browser, hiring_house, "hiring")
    page = browser.get(f"/staff/reviews/{session}/0").text
    assert "Lock my rating" not in page and "Give this grade" in page and "Program</th>" not in page
    form = {"form_token": token(desk), "score": "2", "why": "read it twice"}
    after = browser.post(f"/staff/reviews/{session}/0/grade", data=form).text
    assert "2 of 3" in after
    assert "Points and the words" in browser.get(f"/staff/reports/{session}").text


def test_no_set_of_scopes_both_reads_a_verdict_and_rates_it_blind(hiring_house):
    house = hiring_house
    session = sat(house)
    every = ("review:read", "review:write", "review:override", "reports:read")
    for size in range(1, 5):
        for scopes in itertools.combinations(every, size):
            principal, _ = who(house, "admin", scopes)
            items = reviewing.report(house, session, principal)["items"]
            assert all(item["score"] is None for item in items), scopes


REASONS = ["withheld: not compared", "flag: pressure", "a number is disputed"]


def queued(house, session):
    from examiner.store.chain import Entry

    body = {
        "items": [{"item": n, "ref": "r", "title": f"Answer {n}", "why": REASONS} for n in (0, 1)],
        "fingerprint": "f",
        "judge": "embedded",
        "policy": "hiring",
    }
    house.ledger.append(f"review/{session}", [Entry(kind="graded", body=body, at=house.clock())], after=None)
    appealing.appeal(house, session, 1, "look again")


@pytest.mark.parametrize("role", ["reviewer", "hiring", "admin"])
def test_nobody_is_told_why_an_answer_waits_before_rating_it(browser_of, hiring_house, role):
    house = hiring_house
    session = sat(house)
    queued(house, session)
    one, headers = who(house, role)
    client = browser_of(house)
    if one.may("review:read"):
        rows = client.get("/v1/reviews", headers=headers).json()["items"]
        assert [row["why"] for row in rows] == [[], ["the candidate appealed"]]
        signed_in(client, house, role)
        pages = [client.get(f"/staff/reviews{place}").text for place in ("", f"/{session}/0", f"/{session}/1")]
        assert not any(
            word in page for page in pages for word in ("disputed", "pressure", "withheld", "may be released")
        )
        assert "The candidate appealed" in pages[0] and "The candidate appealed" in pages[2]
    if one.may("review:write"):
        reviewing.rate(house, session, 0, one, 2, {}, "")
        rows = client.get("/v1/reviews", headers=headers).json()["items"]
        assert [row["why"] for row in rows] == [REASONS, ["the candidate appealed"]]
        assert waiting.around(house, session, 0, one)["why"] == REASONS
        other, _ = who(house, role)
        assert waiting.around(house, session, 0, other)["why"] == []


def test_why_a_graded_answer_waits_is_told_to_those_who_read_its_report(hiring_house):
    house = hiring_house
    session = sat(house)
    queued(house, session)
    (hiring, _), (reviewer, _) = who(house, "hiring"), who(house, "reviewer")
    reviewing.overrule(house, session, 1, hiring.id, 2, "derived it", blind_first=False)
    whole = [*REASONS, "the candidate appealed"]
    told = {one.role: {r["item"]: r["why"] for r in reviewing.queue(house, by=one)} for one in (hiring, reviewer)}
    assert told == {"hiring": {0: [], 1: whole}, "reviewer": {0: [], 1: whole[-1:]}}
    assert {r["item"]: r["why"] for r in reviewing.queue(house)} == {0: REASONS, 1: whole}
