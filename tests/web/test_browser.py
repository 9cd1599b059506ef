"""The pages in a real browser: chromium, driven by playwright; `make browser` runs them."""

import re
import threading
import time

import pytest
import tour
from walking import ANSWER, invited, sat

from examiner.domain.events import FollowUpChosen, Spoke
from examiner.service.access.authority import create_key
from examiner.service.people import candidates as people
from examiner.service.people import reviewing
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import sessions, thinking

pytestmark = pytest.mark.browser


@pytest.fixture
def served(house):
    """The address of a server over the house."""
    with tour.serving(house) as address:
        yield address


@pytest.fixture
def context(chromium, served):
    """A browser profile whose pages must log no error: a policy's violation, a script's failure."""
    made = chromium.new_context(base_url=served, reduced_motion="reduce")
    made.set_default_timeout(10_000)
    with tour.errors_of(made, offline=True) as errors:
        yield made
    made.close()
    assert errors == []


def until(holds, seconds=15.0):
    """Wait until something holds, and fail where it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "never came"
        time.sleep(0.05)


def into_the_room(context, house, **more):
    session, path = invited(house, **more)
    page = context.new_page()
    page.goto(path)
    page.get_by_role("button", name="Open the interview").click()
    page.get_by_role("button", name="I have read this and agree").click()
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Your answer").wait_for()
    return session, page


def staff_page(context, house, role="admin", name="Rae Example"):
    _, key = create_key(house, name, role)
    page = context.new_page()
    page.goto("/staff")
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def said(house, session):
    return [t["answer"] for t in people.own_export(house, session)["turns"] if t["answer"]]


def test_the_whole_interview(context, house):
    session, page = into_the_room(context, house)
    answers = []
    for _ in range(30):
        page.wait_for_load_state()
        if page.get_by_label("Your answer", exact=True).count():
            answers.append(f"{ANSWER}\n\n  140 GB / 3.35 TB/s = 42 ms – “memory bound”. Number {len(answers)}.")
            assert page.evaluate("document.activeElement.id") == "asked"
            page.keyboard.press("Tab")  # from the question right into the box, then key by key
            page.keyboard.type(answers[-1])
            with page.expect_navigation():
                page.get_by_role("button", name="Submit the answer").click()
        elif page.get_by_text("How do you think you did").count():
            with page.expect_navigation():
                page.get_by_role("button", name="mostly, with gaps").click()
        elif page.get_by_role("button", name="Begin").count():
            with page.expect_navigation():
                page.get_by_role("button", name="Begin").click()
        else:
            break
    page.get_by_role("heading", name="Everything is in").wait_for()
    assert len(answers) >= 3 and said(house, session) == answers
    page.get_by_role("link", name="See your feedback").click()
    page.get_by_role("heading", name="Your feedback").wait_for()


def test_typing_is_saved_and_says_when(context, house):
    session, page = into_the_room(context, house)
    page.get_by_label("Your answer").press_sequentially("half a thought")
    page.locator("#saved[data-state=saved]").wait_for()
    assert re.fullmatch(r"Saved \d\d:\d\d:\d\d\.", page.locator("#saved").inner_text())
    assert sessions.current(house, session).draft == "half a thought"
    page.reload()
    assert page.get_by_label("Your answer").input_value() == "half a thought"


def test_a_cut_network_loses_no_word(context, house):
    session, page = into_the_room(context, house)
    box = page.get_by_label("Your answer")
    box.fill("before the cut;")
    page.locator("#saved[data-state=saved]").wait_for()
    context.set_offline(True)
    box.press("End")
    box.press_sequentially(" during the cut;")
    page.get_by_text("No connection.").wait_for()
    assert "kept in this browser" in page.locator("#saved").inner_text()
    assert sessions.current(house, session).draft == "before the cut;"
    context.set_offline(False)
    until(lambda: sessions.current(house, session).draft == "before the cut; during the cut;")
    page.locator("#banner").wait_for(state="hidden")


def test_an_answer_submitted_without_a_network_arrives_once(context, house):
    session, page = into_the_room(context, house)
    context.set_offline(True)
    page.get_by_label("Your answer").fill("said into the dark")
    page.get_by_role("button", name="Submit the answer").click()
    page.get_by_text("is submitted as soon as").wait_for()
    context.set_offline(False)
    until(lambda: said(house, session) == ["said into the dark"])
    page.wait_for_url("**/interview")
    kinds = [r.kind for r in house.ledger.read(sittings.stream_of(session))]
    assert kinds.count("answered") == 1


def test_what_a_closed_tab_held_is_restored(context, house):
    session, page = into_the_room(context, house)
    context.set_offline(True)
    page.get_by_label("Your answer").fill("typed and never sent")
    page.locator("#saved[data-state=kept]").wait_for()
    page.close(run_before_unload=False)
    assert sessions.current(house, session).draft == ""
    context.set_offline(False)
    again = context.new_page()
    again.goto("/interview")
    until(lambda: again.get_by_label("Your answer").input_value() == "typed and never sent")
    until(lambda: sessions.current(house, session).draft == "typed and never sent")


def test_the_second_tab_fences_the_first(context, house):
    session, one = into_the_room(context, house)
    one.get_by_label("Your answer").fill("from the first tab")
    two = context.new_page()
    two.goto("/interview")
    one.get_by_text("opened in another tab").wait_for()
    assert one.get_by_label("Your answer").get_attribute("readonly") is not None
    until(lambda: sessions.current(house, session).draft == "from the first tab")
    one.get_by_role("button", name="Go on in this tab").click()
    two.get_by_text("opened in another tab").wait_for()
    until(lambda: one.get_by_label("Your answer").input_value() == "from the first tab")


def test_a_second_device_takes_over_and_both_texts_are_kept(chromium, served, context, house):
    from examiner.service.sitting import links

    session, one = into_the_room(context, house)
    other = chromium.new_context(base_url=served)
    two = other.new_page()
    two.goto(f"/i/{links.make(house, session)[0]}")
    two.get_by_role("button", name="Open the interview").click()
    two.get_by_label("Your answer").fill("from the phone")
    two.locator("#saved[data-state=saved]").wait_for()
    one.get_by_label("Your answer").fill("from the laptop")
    one.get_by_text("opened on another device").wait_for()
    assert sessions.current(house, session).draft == "from the phone"
    assert "from the laptop" in [a["text"] for a in people.own_export(house, session)["aside"]]
    other.close()


def test_time_runs_out_while_away(context, house, clock):
    session, page = into_the_room(context, house)
    page.get_by_label("Your answer").fill("what stood in the box")
    page.locator("#saved[data-state=saved]").wait_for()
    page.goto("about:blank")
    clock.pass_(3600)
    page.goto("/interview")
    page.get_by_role("heading", name="The time of that part is up").wait_for()
    page.get_by_text("Submitted by itself when time ran out").wait_for()
    assert said(house, session) == ["what stood in the box"]


def test_the_page_notices_the_end_by_itself(context, house, clock):
    session, page = into_the_room(context, house)
    page.get_by_label("Your answer").fill("to the last second")
    page.locator("#saved[data-state=saved]").wait_for()
    clock.pass_(3600)
    page.evaluate("document.dispatchEvent(new CustomEvent('time-up'))")
    page.get_by_role("heading", name="The time of that part is up").wait_for()
    assert said(house, session) == ["to the last second"]


def test_the_countdown_can_be_hidden_and_follows_the_server(context, house, clock):
    _, page = into_the_room(context, house)
    timer = page.get_by_role("timer")
    assert timer.inner_text() in ("12:00", "11:59", "11:58")
    page.clock.install()  # this computer's clock is put forward; the countdown does not care
    page.evaluate("Date.now = () => 0")
    clock.pass_(120)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    until(lambda: timer.inner_text().startswith(("10:0", "9:5")))
    page.get_by_role("button", name="Hide clock").click()
    assert not timer.is_visible()
    page.reload()
    assert not page.get_by_role("timer").is_visible()
    page.get_by_role("button", name="Show clock").click()
    assert page.get_by_role("timer").is_visible()


def test_the_calculator_answers_beside_the_box(context, house):
    _, page = into_the_room(context, house)
    page.get_by_label("Your answer").fill("unsent")
    page.get_by_label("With units").fill("80 GB / 4 TB/s in ms")
    page.get_by_label("With units").press("Enter")
    page.get_by_text("20 ms").wait_for()
    assert page.get_by_label("Your answer").input_value() == "unsent"


def test_an_interview_by_keyboard_alone(context, house):
    session, path = invited(house)
    page = context.new_page()
    page.goto(path)

    def reach(name):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()").startswith(name):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        raise AssertionError(f"no way to '{name}' by Tab")

    for name in ("Open the interview", "I have read this and agree", "Begin"):
        reach(name)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    page.keyboard.type("typed without a mouse")
    reach("Submit the answer")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert said(house, session) == ["typed without a mouse"]


def test_blind_rating_by_keys(context, house):
    session = sat(house)
    body = {"items": [{"item": n, "ref": "r", "title": f"Answer {n}", "why": ["a test"]} for n in (0, 1)]}
    reviewing.add(house, session, "graded", body)
    page = staff_page(context, house, "reviewer")
    page.goto(f"/staff/reviews/{session}/0")
    assert page.get_by_role("columnheader", name="Program").count() == 0
    page.keyboard.press("n")
    page.wait_for_url("**/1")
    page.keyboard.press("p")
    page.wait_for_url("**/0")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.get_by_role("columnheader", name="Program").wait_for()
    rated = [r.body for r in reviewing.history(house, session) if r.kind == "rated"]
    assert [(r["item"], r["score"]) for r in rated] == [(0, 2)]


def test_blind_labels_by_keys(context, house, own_set):
    from examiner.service.trust import labelling

    page = staff_page(context, house, "reviewer", name="rae")
    page.goto(f"/staff/anchors/{own_set}/label")
    total = labelling.next_task(house, own_set, "rae")["left"]
    for given, key in enumerate("3u0", 1):
        page.keyboard.press(key)
        page.get_by_text(f"{given} given, {total - given} to go").wait_for()
    found = labelling.opened(house, own_set)
    assert sorted(str(x.score) for a in found.anchors for x in a.labels) == ["0.0", "3.0", "None"]


def test_the_laptop_is_closed_and_the_phone_goes_on(chromium, served, context, house, clock):
    from examiner.service.sitting import links

    session, laptop = into_the_room(context, house)
    laptop.get_by_label("Your answer").fill("on the laptop")
    laptop.locator("#saved[data-state=saved]").wait_for()
    context.set_offline(True)  # the lid is closed: what was typed last never left
    laptop.get_by_label("Your answer").fill("on the laptop, and a last thought")
    laptop.locator("#saved[data-state=kept]").wait_for()
    laptop.close(run_before_unload=False)
    clock.pass_(90)
    pocket = chromium.new_context(base_url=served, viewport={"width": 390, "height": 844}, has_touch=True)
    phone = pocket.new_page()
    phone.goto(f"/i/{links.make(house, session)[0]}")
    phone.get_by_role("button", name="Open the interview").tap()
    box = phone.get_by_label("Your answer")
    assert box.input_value() == "on the laptop"
    assert phone.get_by_role("timer").inner_text().startswith(("10:2", "10:3"))
    box.press("End")
    box.press_sequentially(", then on the phone")
    phone.get_by_role("button", name="Submit the answer").tap()
    until(lambda: said(house, session) == ["on the laptop, then on the phone"])
    context.set_offline(False)  # the lid is opened again: the last thought arrives beside the answer
    again = context.new_page()
    again.goto("/interview")
    again.get_by_role("heading", name="open on another device").wait_for()
    again.get_by_role("button", name="Go on here instead").click()
    until(lambda: "last thought" in str(people.own_export(house, session)))
    assert said(house, session)[0] == "on the laptop, then on the phone"
    pocket.close()


def test_time_runs_out_while_the_network_is_gone(context, house, clock):
    session, page = into_the_room(context, house)
    page.get_by_label("Your answer").fill("before the cut")
    page.locator("#saved[data-state=saved]").wait_for()
    context.set_offline(True)
    page.get_by_label("Your answer").fill("before the cut, and what came too late")
    page.locator("#saved[data-state=kept]").wait_for()
    clock.pass_(3600)
    sessions.current(house, session)
    context.set_offline(False)
    page.get_by_role("heading", name="The time of that part is up").wait_for()
    assert said(house, session) == ["before the cut"]
    until(lambda: "what came too late" in str(people.own_export(house, session)["aside"]))


@pytest.mark.parametrize(("status", "says"), [(503, "kept in this browser since"), (507, "The server cannot save now")])
def test_the_server_is_gone_or_full_for_a_while(context, house, status, says):
    session, page = into_the_room(context, house)
    page.route("**/interview/draft", lambda route: route.fulfill(status=status, json={"says": "not now"}))
    page.get_by_label("Your answer").fill("typed while the server cannot")
    page.get_by_text(says).wait_for()
    page.unroute("**/interview/draft")
    until(lambda: sessions.current(house, session).draft == "typed while the server cannot")
    page.locator("#saved[data-state=saved]").wait_for()


def test_a_whole_interview_without_scripts(chromium, served, house):
    context = chromium.new_context(base_url=served, java_script_enabled=False)
    session, page = into_the_room(context, house)
    page.get_by_label("Your answer").fill("saved by the button")
    page.get_by_role("button", name="Save").click()
    assert sessions.current(house, session).draft == "saved by the button"
    page.get_by_label("With units").fill("2 * 3.5 GB")
    with context.expect_page() as tools:
        page.get_by_label("With units").press("Enter")
    tools.value.get_by_text("7 GB").first.wait_for()
    for _ in range(30):
        if page.get_by_label("Your answer", exact=True).count():
            page.get_by_label("Your answer", exact=True).fill(ANSWER)
            page.get_by_role("button", name="Submit the answer").click()
        elif page.get_by_text("How do you think you did").count():
            page.get_by_role("button", name="I would rather not say").click()
        elif page.get_by_role("button", name="Begin").count():
            page.get_by_role("button", name="Begin").click()
        elif page.get_by_role("heading", name="Everything is in").count():
            break
        else:  # a follow-up is being chosen; without scripts the page is loaded again
            page.wait_for_timeout(300)
            page.reload()
    page.get_by_role("heading", name="Everything is in").wait_for()
    assert set(said(house, session)) == {ANSWER}
    context.close()


def test_a_follow_up_is_read_while_it_is_said(context, house, monkeypatch):
    go_on = threading.Event()

    def choose(examiner, state, index, tell):
        tell(Spoke(item=index, probe="p", text="Staying with that:"))
        go_on.wait(15)
        return FollowUpChosen(item=index, probe="p", ask="Staying with that: what does one step read?")

    monkeypatch.setattr(thinking, "choose", choose)
    _, page = into_the_room(context, house)
    page.get_by_label("Your answer", exact=True).fill(ANSWER)
    page.get_by_role("button", name="Submit the answer").click()
    page.get_by_text("Staying with that:", exact=True).wait_for()
    other = context.new_page()  # who comes back in the middle sees what was said so far
    other.goto("/interview")
    other.get_by_text("Staying with that:", exact=True).wait_for()
    other.close()
    go_on.set()
    page.get_by_text("Staying with that: what does one step read?").wait_for()
    page.get_by_label("Your answer", exact=True).wait_for()
