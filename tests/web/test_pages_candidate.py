"""A candidate's way through the pages with forms alone: no script runs here."""

import html

import pytest
from walking import ANSWER, entered, invited, sat, token, value

from examiner.service.people import appealing
from examiner.service.people import candidates as people
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import links, sessions


def shown(page):
    return html.unescape(page.text)


def test_a_link_opens_by_a_press_and_only_once(browser_of, house):
    _, path = invited(house)
    browser = browser_of(house)
    for _ in range(2):  # a mail scanner looks at it: it stays whole
        assert "Open the interview" in browser.get(path).text
    opened = browser.post(path)
    assert opened.status_code == 200 and "What you are talking to" in opened.text
    again = browser_of(house).post(path)
    assert again.status_code == 410 and "opens nothing any more" in again.text


def test_the_cookie_is_closed_to_scripts_and_other_sites(browser_of, house):
    _, path = invited(house)
    reply = browser_of(house).post(path, follow_redirects=False)
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie


def test_nothing_begins_before_the_notice_is_accepted(browser_of, house):
    session, path = invited(house)
    browser = browser_of(house)
    page = browser.post(path)
    assert "not to a person" in page.text
    assert sittings.load(house, session)[0].status == "ready"
    lobby = browser.post("/interview/consent", data={"form_token": token(page), "sha256": value(page, "sha256")})
    assert "Begin" in lobby.text and "12 minutes" in lobby.text
    stored = house.ledger.read(f"consent/{session}")
    assert stored[0].body["sha256"] == value(page, "sha256")


def test_the_whole_interview_without_scripts(browser_of, house):
    browser = browser_of(house)
    session, page = entered(browser, house)
    seen = set()
    for _ in range(30):
        if 'id="answer-form"' in page.text:
            seen.add("answer")
            data = {"form_token": token(page), "turn": value(page, "turn"), "typed": "1", "text": ANSWER}
            page = browser.post("/interview/answer", data=data | {"version": value(page, "version")})
        elif "/interview/predict" in page.text:
            seen.add("predict")
            page = browser.post("/interview/predict", data={"form_token": token(page), "value": "2"})
        elif "/interview/begin" in page.text:
            seen.add("rest")
            page = browser.post("/interview/begin", data={"form_token": token(page)})
        else:
            break
    assert seen == {"answer", "predict", "rest"}
    assert "Everything is in" in page.text
    said = [t["answer"] for t in people.own_export(house, session)["turns"] if t["answer"]]
    assert said and set(said) == {ANSWER}
    receipt = browser.get("/interview/receipt.json").json()
    assert len(receipt["answers"]) == len(said)


def test_every_button_keeps_what_stands_in_the_box(browser_of, house):
    browser = browser_of(house)
    session, page = entered(browser, house)
    turn, words = value(page, "turn"), "half a thought\nand a second line"
    form = {"form_token": token(page), "turn": turn, "typed": "1", "version": "0"}
    page = browser.post("/interview/hint", data=form | {"text": words.replace("\n", "\r\n")})
    assert sessions.current(house, session).draft == words
    assert "Hint." in page.text and words in shown(page)
    assert "Take a hint" not in page.text  # it is taken
    page = browser.post("/interview/fact", data=form | {"text": words + "!", "version": "1", "ask": "which GPU?"})
    assert sessions.current(house, session).draft == words + "!"
    assert "which GPU?" in page.text


def test_the_hint_says_its_cost_before_it_is_taken(browser_of, house):
    _, page = entered(browser_of(house), house)
    assert "limits this question to 2 of 3" in page.text


def test_two_tabs_show_both_texts_and_lose_neither(browser_of, house):
    browser = browser_of(house)
    session, page = entered(browser, house)
    form = {"form_token": token(page), "turn": value(page, "turn"), "typed": "1", "version": "0"}
    browser.post("/interview/draft", data=form | {"text": "from the first tab"})
    both = browser.post("/interview/answer", data=form | {"text": "from the second tab"})
    assert both.status_code == 409
    assert "from the first tab" in both.text and "from the second tab" in both.text
    assert sittings.load(house, session)[0].items[0].turns[0].text is None  # nothing was submitted
    assert "from the second tab" in [a["text"] for a in people.own_export(house, session)["aside"]]
    browser.post("/interview/prefer", data=form | {"text": "from the second tab"})
    assert sessions.current(house, session).draft == "from the second tab"


def test_a_second_device_fences_the_first_and_can_be_fenced_back(browser_of, house):
    one, two = browser_of(house), browser_of(house)
    session, page = entered(one, house)
    two.post(f"/i/{links.make(house, session)[0]}")
    assert two.get("/interview").status_code == 200
    away = one.get("/interview")
    assert away.status_code == 409 and "open on another device" in away.text
    form = {"form_token": token(page), "turn": value(page, "turn"), "typed": "1", "version": "0"}
    late = one.post(
        "/interview/draft", data=form | {"text": "typed on the first"}, headers={"Accept": "application/json"}
    )
    assert (late.status_code, late.json()["code"]) == (409, "taken_over")
    assert "typed on the first" in [a["text"] for a in people.own_export(house, session)["aside"]]
    assert one.post("/interview/here", data={"form_token": token(away)}).status_code == 200
    assert two.get("/interview").status_code == 409


def test_what_expired_meanwhile_is_shown(browser_of, house, clock):
    browser = browser_of(house)
    session, page = entered(browser, house)
    form = {"form_token": token(page), "turn": value(page, "turn"), "typed": "1", "version": "0"}
    browser.post("/interview/draft", data=form | {"text": "what stood in the box"})
    clock.pass_(3600)
    page = browser.get("/interview")
    assert "The time of that part is up" in page.text
    assert "what stood in the box" in page.text and "Submitted by itself" in page.text
    late = browser.post("/interview/answer", data=form | {"text": "too late", "version": "1"})
    assert late.status_code == 200  # back on the page, which says so
    assert "reached us after its time" in late.text
    assert "too late" in str(people.own_export(house, session))


def test_the_script_is_told_why_a_draft_was_not_taken(browser_of, house, clock):
    browser = browser_of(house)
    _, page = entered(browser, house)
    form = {"form_token": token(page), "turn": value(page, "turn"), "typed": "1", "version": "1"}
    json_ = {"Accept": "application/json"}
    saved = browser.post("/interview/draft", data=form | {"text": "one"}, headers=json_).json()
    assert saved["version"] == 1 and len(saved["sha256"]) == 64
    stale = browser.post("/interview/draft", data=form | {"text": "two"}, headers=json_)
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]) == (409, "stale_draft", "one")
    clock.pass_(3600)
    late = browser.post("/interview/draft", data=form | {"text": "three", "version": "2"}, headers=json_)
    assert late.json()["code"] == "time_up"


@pytest.mark.parametrize("path", ["feedback", "answers.json", "receipt.json"])
def test_papers_are_the_candidates_own(browser_of, house, path):
    assert browser_of(house).get(f"/interview/{path}").status_code == 401


def test_nothing_is_disclosed_before_the_end(browser_of, house):
    browser = browser_of(house)
    session, page = entered(browser, house)
    assert browser.get("/interview/feedback").status_code == 403
    item = sittings.load(house, session)[0].items[0]
    instance = house.instance(item.planned.ref)
    for point in instance.points:
        assert point.claim not in shown(page)
    assert instance.model_answer not in shown(page)


def test_practice_feedback_is_called_an_estimate(browser_of, house):
    browser = browser_of(house)
    session = sat(house)
    browser.post(f"/i/{links.make(house, session)[0]}")
    page = browser.get("/interview/feedback")
    assert "practice estimate" in page.text
    assert "A model answer" in page.text


def test_hiring_feedback_gives_away_neither_question_nor_estimate(browser_of, hiring_house):
    browser = browser_of(hiring_house)
    session = sat(hiring_house)
    browser.post(f"/i/{links.make(hiring_house, session)[0]}")
    page = shown(browser.get("/interview/feedback"))
    instance = hiring_house.instance(sittings.load(hiring_house, session)[0].items[0].planned.ref)
    assert instance.model_answer not in page
    assert not any(point.claim in page for point in instance.points)
    assert "no score yet" in page and "a person looks at this answer" in page
    assert "estimate" not in page


def test_an_appeal_reaches_the_reviewers(browser_of, house):

    browser = browser_of(house)
    session = sat(house)
    browser.post(f"/i/{links.make(house, session)[0]}")
    page = browser.get("/interview/feedback")
    sent = browser.post("/interview/appeal", data={"form_token": token(page), "item": "0", "why": "look again"})
    assert "with the reviewers" in sent.text
    assert [(a["item"], a["text"]) for a in appealing.open_appeals(house)] == [(0, "look again")]
