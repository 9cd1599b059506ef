"""Pages over a wired house, and people who walk through them."""

import pytest
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.service.examiner import Examiner
from examiner.settings import Settings
from examiner.web.app import attach


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
