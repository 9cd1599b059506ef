"""A walk through every page in a real browser; screenshots and axe go along."""

import os
import re
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from scenery import CODE, FIRM, key
from walking import invited

from examiner.api.app import create_app
from examiner.service.sitting import links, sessions
from examiner.web.app import attach

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# WCAG 2.5.8: 24 px, but for links within a sentence.
SMALL = """[...document.querySelectorAll('button, summary, input, select, nav a, .button')]
  .filter(e => e.checkVisibility() && !['hidden'].includes(e.type) && !e.closest('label'))
  .filter(e => { const b = e.getBoundingClientRect(); return b.width < 24 || b.height < 24; })
  .map(e => e.outerHTML.slice(0, 120))"""
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()


@contextmanager
def serving(house):
    """Serve a house; gives its address."""
    import uvicorn

    app = create_app(house)
    attach(app, house)
    held = socket.socket()  # bound here and handed over: a port that is looked up first may be taken by the time
    held.bind(("127.0.0.1", 0))
    port = held.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@contextmanager
def errors_of(context, *, offline=False):
    """Collect what pages log as errors: a policy's violation, a script's failure.

    A page that the server refused by its status is none, nor, where a test cuts the network, is what that breaks.
    """
    found = []
    known = ("Failed to load resource: the server responded", *(("net::ERR_INTERNET_DISCONNECTED",) if offline else ()))

    def heard(message):
        if message.type == "error" and not any(text in message.text for text in known):
            found.append(message.text)

    context.on("console", heard)
    context.on("weberror", lambda e: found.append(str(e.error)))
    context.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI))"
    )
    yield found


def _searched(page, tries=3):
    """Return what axe finds; a page that goes on by itself meanwhile (a follow-up has come) is searched anew."""
    from playwright.sync_api import Error

    page.wait_for_load_state()
    try:
        page.evaluate(AXE)  # evaluated in the page's world, which no policy of the page forbids
        return page.evaluate("rules => axe.run(document, rules)", RULES)
    except Error:
        if tries == 1:
            raise
        page.wait_for_timeout(500)
        return _searched(page, tries - 1)


def audit(page, where):
    """Raise where a page fails axe (WCAG 2.2 AA), is wider than its window, or has targets that are too small."""
    found = _searched(page)
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found["violations"]] == [], where
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert over <= 0, f"{where} is {over} px wider than the window"
    assert page.evaluate(SMALL) == [], where


def signed_in(context, house, role="admin"):
    """Return a page of somebody who signed in with a new key."""
    page = context.new_page()
    page.goto("/staff")
    page.get_by_label("Key").fill(key(house, role))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def candidates_way(context, house):
    """Walk a candidate's pages; yields each page's name, and the page, while it is open."""
    session, path = invited(house, "Ida Example")
    page = context.new_page()
    for name, place in (("front", "/"), ("not-found", "/nothing"), ("signed-out", "/interview"), ("link", path)):
        page.goto(place)
        yield name, page
    page.get_by_role("button", name="Open the interview").click()
    yield "notice", page
    page.get_by_role("button", name="I have read").click()
    yield "lobby", page
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Your answer", exact=True).wait_for()
    yield "room", page
    yield from _in_the_room(page)
    yield from _elsewhere(context, house, session, page)
    yield from _to_the_end(house, session, page)


def _in_the_room(page):
    page.get_by_label("Your answer", exact=True).fill(CODE)
    page.get_by_label("Ask a clarifying question").fill("How many requests arrive a second?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_role("heading", name="You asked").wait_for()
    page.get_by_role("button", name="Take a hint").click()
    page.locator("#hint").first.wait_for()
    page.get_by_label("With units").fill("70e9 * 2 B / 3.35 TB/s in ms")
    page.get_by_label("With units").press("Enter")
    page.locator(".worked").first.wait_for()
    for details in page.locator("summary").all()[:2]:
        details.click()
    yield "room-in-use", page
    page.get_by_label("Your answer", exact=True).fill(FIRM)
    with page.expect_navigation():
        page.get_by_role("button", name="Submit the answer").click()
    page.wait_for_load_state()
    yield "follow-up", page
    page.context.set_offline(True)
    if page.get_by_label("Your answer", exact=True).count():
        page.get_by_label("Your answer", exact=True).fill("Said while the network is gone.")
        page.get_by_text("No connection.").wait_for()
        yield "offline", page
    page.context.set_offline(False)
    page.goto("/interview/tools?line=80 GB / 3.35 TB/s in ms")
    yield "tools", page
    page.goto("/interview")


def _elsewhere(context, house, session, page):
    page.get_by_role("button", name="End the whole interview").click()
    yield "leave", page
    sessions.take_over(house, session)
    page.goto("/interview")
    yield "elsewhere", page
    page.get_by_role("button", name="Go on here instead").click()
    sessions.accommodate(house, session, 1.25, True, "asked for it")
    page.goto("/interview")
    page.get_by_role("button", name="Take a break").click()
    yield "break", page
    page.get_by_role("button", name="Go on").click()


def _to_the_end(house, session, page):
    told = set()
    for _ in range(40):
        page.wait_for_load_state()
        if page.get_by_label("Your answer", exact=True).count():
            page.get_by_label("Your answer", exact=True).fill(FIRM)
            press = page.get_by_role("button", name="Submit the answer")
        elif page.get_by_text("How do you think you did").count():
            name, press = "forecast", page.get_by_role("button", name="mostly, with gaps")
            if name not in told:
                yield name, page
            told.add(name)
        elif page.get_by_role("button", name="None comes to mind").count():
            name, press = "posing", page.get_by_role("button", name="None comes to mind")
            if name not in told:
                yield name, page
            told.add(name)
        elif page.get_by_role("button", name="Begin").count():
            if "between" not in told:
                yield "between", page
            told.add("between")
            press = page.get_by_role("button", name="Begin")
        else:
            break
        with page.expect_navigation():
            press.click()
    yield "receipt", page
    page.goto("/interview/feedback")
    yield "feedback", page
    page.goto(f"/i/{links.make(house, session)[0]}x")
    page.get_by_role("button", name="Open the interview").click()
    yield "link-gone", page


def staffs_way(context, house, seen, role="admin"):
    """Walk the pages of staff; yields each page's name, and the page."""
    page = context.new_page()
    page.goto("/staff")
    yield "sign-in", page
    page.close()
    page = signed_in(context, house, role)
    yield "desk", page
    for name, place in places(seen):
        page.goto(f"/staff/{place}")
        yield name, page
    yield from _pressed(page, seen)


def places(seen):
    """Return the name and address of each page of staff that a link leads to."""
    shown = "reviews anchors sessions candidates cohort appeals certificates drift probes keys webhooks audit".split()
    found = [(name, name) for name in shown]
    if not seen:
        return found
    return [
        *found,
        ("report-released", f"reports/{seen['ended']}"),
        ("report-withheld", f"reports/{seen['plain']}"),
        ("report-long-name", f"reports/{seen['long']}"),
        ("review-blind", f"reviews/{seen['plain']}/0"),
        ("session-ready", f"sessions/{seen['ready']}"),
        ("session-running", f"sessions/{seen['running']}"),
        ("candidate", f"candidates/{seen['candidate']}"),
        ("candidate-on-hold", f"candidates/{seen['on_hold']}"),
        ("candidate-erased", f"candidates/{seen['erased']}"),
        ("certificate", f"certificates/{seen['valid']}"),
        ("certificate-revoked", f"certificates/{seen['revoked']}"),
        ("certificate-expired", f"certificates/{seen['expired']}"),
        ("drift-alarm", "drift?judge=openai/demonstration"),
        ("drift-unknown", "drift?judge=openai/never-asked"),
        ("label", "anchors/spring/label"),
        ("agreement", "anchors/spring/agreement"),
        ("agreement-none", "anchors/reference/agreement"),
        ("disagreements-refused", "anchors/spring/disagreements"),
        ("not-found-staff", "reports/s-none"),
    ]


def _pressed(page, seen):
    if not seen:
        return
    page.goto(f"/staff/reviews/{seen['plain']}/1")
    if page.locator('input[name="score"]').count() > 2:
        page.locator('input[name="score"]').nth(2).check()
        page.get_by_role("button", name="Lock my rating").click()
        page.get_by_role("columnheader", name=re.compile("Program")).wait_for()
        yield "review-side-by-side", page
    page.goto(f"/staff/sessions/{seen['ready']}")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_label("The link").wait_for()
    yield "session-link", page
