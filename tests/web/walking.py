"""Steps that people take through the pages, as functions."""

import re

from examiner.service.access.authority import create_key
from examiner.service.people import reviewing
from examiner.service.sitting import consenting, links, sessions

ANSWER = "One step streams all weights once, so it takes weight bytes over bandwidth; it is memory bound."


def token(page):
    """Return what the forms of a page carry."""
    return re.search(r'name="form_token" value="([^"]+)"', page.text)[1]


def value(page, name):
    """Return a hidden field's value."""
    return re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]


def invited(house, candidate="Ada Example", loop="demo", seed=7):
    """Return a session and the path of a link to it."""
    session = sessions.create(house, loop, candidate=candidate, seed=seed).id
    return session, f"/i/{links.make(house, session)[0]}"


def entered(browser, house, **more):
    """Open a link, accept the notice, begin; return the session and the room's page."""
    session, path = invited(house, **more)
    page = browser.post(path)
    page = browser.post("/interview/consent", data={"form_token": token(page), "sha256": value(page, "sha256")})
    return session, browser.post("/interview/begin", data={"form_token": token(page)})


def sat(house, candidate="Ada Example", text=ANSWER):
    """Return a session that has ended and is graded."""
    session = sessions.create(house, "demo", candidate=candidate, seed=7).id
    consenting.accept(house, session, consenting.notice().sha256)
    now = sessions.begin(house, session)
    while now.status != "ended":
        if now.status == "ready":
            now = sessions.begin(house, session)
        elif now.status == "predicting":
            now = sessions.predict(house, session, 2)
        else:
            now = sessions.submit(house, session, now.turn, text)
    reviewing.grade_session(house, session)
    return session


def signed_in(browser, house, role, name="Rae Example"):
    """Sign a browser in by the form with a new key of a role."""
    _, key = create_key(house, name, role)
    page = browser.post("/staff", data={"key": key})
    assert page.status_code == 200 and "Sign out" in page.text
    return page
