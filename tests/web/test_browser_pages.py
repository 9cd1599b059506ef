"""Every page in a real browser, in every state that `scenery` makes: axe, no error and no violation in the console."""

import pytest
import scenery
import tour

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A hiring team in full work, served; and the ids that pages are opened by."""
    house, seen = scenery.hiring(tmp_path_factory.mktemp("full") / "home")
    with tour.serving(house) as address:
        yield house, seen, address
    house.ledger.close()


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A house that nobody has used yet, served."""
    house = scenery.opened(tmp_path_factory.mktemp("bare") / "home", policy="hiring")
    with tour.serving(house) as address:
        yield house, {}, address
    house.ledger.close()


@pytest.fixture
def context_of(chromium):
    """Make browser profiles whose pages must log no error."""
    made, heard = [], []

    def make(address, **more):
        options = {"base_url": address, "viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
        context = chromium.new_context(**(options | more))
        context.set_default_timeout(15_000)
        made.append(context)
        errors = tour.errors_of(context, offline=True)
        heard.append(errors.__enter__())
        return context

    yield make
    for context in made:
        context.close()
    assert [text for errors in heard for text in errors] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("way", ["candidate", "staff", "empty"])
def test_axe_finds_nothing_on_any_page(context_of, full, bare, scheme, width, way):
    house, seen, address = bare if way == "empty" else full
    context = context_of(address, color_scheme=scheme, viewport={"width": width, "height": 800})
    walk = tour.candidates_way(context, house) if way == "candidate" else tour.staffs_way(context, house, seen)
    told = set()
    for name, page in walk:
        tour.audit(page, f"{name} {scheme} {width}")
        told.add(name)
    assert len(told) >= {"candidate": 19, "staff": 35, "empty": 13}[way]


def test_at_200_percent_nothing_needs_sideways_scrolling(context_of, full):
    house, seen, address = full
    zoomed = context_of(address, viewport={"width": 640, "height": 400}, device_scale_factor=2)
    for name, page in tour.staffs_way(zoomed, house, seen):
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name


def test_forced_colours_keep_states_readable(context_of, full):
    house, seen, address = full
    page = tour.signed_in(context_of(address, forced_colors="active"), house)
    for place in (
        "reviews",
        "drift?judge=openai/demonstration",
        "anchors/spring/agreement",
        f"reports/{seen['ended']}",
    ):
        page.goto(f"/staff/{place}")
        tour.audit(page, place)
        page.keyboard.press("Tab")
        ring = page.evaluate("(s => [s.outlineStyle, s.outlineWidth])(getComputedStyle(document.activeElement))")
        assert ring[0] != "none" and ring[1] != "0px", place
    marked = "[...document.querySelectorAll('nav [aria-current]')].map(e => getComputedStyle(e).textDecorationLine)"
    assert page.evaluate(marked) and all("underline" in line for line in page.evaluate(marked))


def test_who_asked_for_less_motion_gets_none(context_of, full):
    _, _, address = full
    page = context_of(address).new_page()
    page.goto("/staff")
    page.get_by_role("button", name="Sign in").hover()
    assert page.evaluate("document.getAnimations().length") == 0


def test_staff_work_by_keyboard_alone(context_of, full):
    house, _, address = full
    page = tour.signed_in(context_of(address), house)

    def reach(text):
        for _ in range(120):
            page.keyboard.press("Tab")
            at = page.evaluate("document.activeElement.textContent.trim() + '|' + document.activeElement.id")
            if at.startswith(text) or at.endswith(f"|{text}"):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", text
                return
        raise AssertionError(f"no way to '{text}' by Tab")

    reach("House")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/keys")
    reach("Make a key")
    page.keyboard.press("Enter")
    reach("name")
    page.keyboard.type("Typed Example")
    reach("Make the key")
    page.keyboard.press("Enter")
    page.locator("#the-key").wait_for()
    assert page.locator("#the-key").input_value().startswith("exm_")


def test_the_whole_of_staffs_work_without_scripts(context_of, full):
    house, seen, address = full
    page = tour.signed_in(context_of(address, java_script_enabled=False), house)
    page.goto("/staff/keys")
    page.get_by_text("Make a key").click()
    page.get_by_label("Whose it is").fill("Scriptless Example")
    page.get_by_role("button", name="Make the key").click()
    assert page.locator("#the-key").input_value().startswith("exm_")
    page.goto("/staff/keys")
    row = page.get_by_role("row").filter(has_text="Scriptless Example")
    row.get_by_text("Revoke…").click()
    row.get_by_role("button", name="Revoke it").click()
    assert "✗ revoked" in page.get_by_role("row").filter(has_text="Scriptless Example").inner_text()
    page.goto("/staff/webhooks")
    row = page.get_by_role("row").filter(has_text="hooks.example")
    row.get_by_text("Delete…").click()
    row.get_by_role("button", name="Delete it").click()
    assert "hooks.example" not in page.get_by_role("table").inner_text()
    page.goto(f"/staff/certificates/{seen['valid']}")
    page.get_by_text("Revoke this certificate").click()
    page.get_by_label("Reason").fill("A rater was counted twice.")
    page.get_by_role("button", name="Revoke it").click()
    page.get_by_text("A rater was counted twice.").wait_for()


def test_a_hold_and_an_erasure_with_its_receipt(context_of, full):
    house, _, address = full
    session = scenery.finished(house, "Zoe Example", (scenery.VAGUE,))
    page = tour.signed_in(context_of(address), house, "hiring")
    page.goto("/staff/candidates")
    page.get_by_role("link", name="Zoe Example").click()
    page.get_by_label("Reason").first.fill("A claim is open.")
    page.get_by_role("button", name="Put it under a hold").click()
    page.get_by_text("Held: A claim is open.").wait_for()
    assert page.get_by_role("button", name="Erase for good").count() == 0
    page.get_by_role("button", name="Lift the hold").click()
    page.get_by_text("Erase everything").click()
    page.get_by_label("Type the name").fill("somebody else")
    page.get_by_role("button", name="Erase for good").click()
    page.get_by_text("The name does not fit").wait_for()
    page.go_back()
    page.get_by_text("Erase everything").click()
    page.get_by_label("Type the name").fill("zoe example")
    page.get_by_role("button", name="Erase for good").click()
    page.get_by_role("heading", name="Receipt of the erasure").wait_for()
    assert f"sitting/{session}" in page.locator("main").inner_text()
    assert house.ledger.check() == []
