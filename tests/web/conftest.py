"""Pages over a wired house, and people who walk through them."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.service.examiner import Examiner
from examiner.settings import Settings
from examiner.web.app import attach


def pytest_collection_modifyitems(config, items):
    """Leave the real browser to `make browser`, and the pages to `make test`: each of them wires a whole application."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.slow)
    if "browser" in config.option.markexpr:
        return
    for item in here:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="real-browser tests are run by `make browser`"))


@pytest.fixture(scope="session")
def chromium():
    """Debian's browser, driven by playwright; skip where either is absent."""
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed; `make browser` does")
    from tour import CHROMIUM, FLAGS

    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}; install chromium or set CHROMIUM")
    with sync.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def hiring_house(tmp_path, clock):
    made = Examiner(Settings(home=str(tmp_path / "home"), policy="hiring"), clock=clock)
    yield made
    made.ledger.close()


@pytest.fixture
def app_of():
    def make(house):
        app = create_app(house)
        attach(app, house)
        return app

    return make


@pytest.fixture
def browser_of(app_of):
    """A browser without scripts, as far as a form goes."""
    opened = []

    def make(house):
        client = TestClient(app_of(house))
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def own_set(house):
    """Three answers of the shipped anchors, without labels, in a set that may be written to."""
    from examiner.calibration.anchors.sets import find, folders, read_set, write_set

    shipped = read_set(find("reference", folders(house.settings.home_path, house.root)))
    fresh = [anchor.model_copy(update={"labels": (), "decisions": ()}) for anchor in shipped.anchors[:3]]
    write_set(house.settings.home_path / "calibration" / "anchors" / "own", fresh, about="three answers", levels=(0, 3))
    return "own"
