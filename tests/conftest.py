"""What every test stands on: no network but loopback, private homes, the vault read once."""

import gc
import itertools
import os
import shutil
import socket
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from hypothesis import settings as hypothesis_settings

from examiner.service import examiner as wiring
from examiner.service.examiner import Examiner
from examiner.settings import Settings
from examiner.store import ledger
from examiner.store.tenancy import DEFAULT, within
from examiner.vault.read import read, stamp

ROOT = Path(__file__).resolve().parents[1]
hypothesis_settings.register_profile("repo", deadline=None, derandomize=True)
hypothesis_settings.load_profile("repo")
MEMORY = Path("/dev/shm")
NEEDED = 2 << 30  # bytes; a container's default of 64 MB is too little
homes = itertools.count()


def pytest_configure():
    """Keep temporary folders in memory where there is room: the store waits for the disk at each commit."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > NEEDED:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish():
    """Leave what lives as long as the process (modules, items, schemas) out of every later collection of garbage.

    Walking it again and again is a sixth of the suite's CPU time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def only_loopback():
    """Fail any connection that leaves this machine."""
    real = socket.socket.connect

    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            raise AssertionError(f"a test tried to reach {address}")
        return real(self, address)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(autouse=True)
def private_home(request, monkeypatch, tmp_path_factory):
    for name in [n for n in os.environ if n.startswith("EXAMINER_") and n != "EXAMINER_SHARED"]:
        monkeypatch.delenv(name)
    if "tmp_path" in request.fixturenames:
        home = request.getfixturevalue("tmp_path") / "home"
    else:  # most tests have no home; a folder for each of them is made only by those that write to it
        home = tmp_path_factory.getbasetemp() / f"home-{next(homes)}"
    monkeypatch.setenv("EXAMINER_HOME", str(home))
    with within(DEFAULT):  # a command that was run for a tenant must not leave the next test there
        yield


@lru_cache(maxsize=8)
def _read_once(root, _):
    return read(root, ROOT / ".pytest_cache" / "vault" if root == ROOT else None)


@pytest.fixture(autouse=True)
def vault_read_once(monkeypatch):
    """Give every examiner of this process the vault as it was read first, until a file of it changes.

    Each test has a home of its own, so that each would find its build cache cold and parse all its files anew. The
    repository's own vault is what no test changes.
    """
    monkeypatch.setattr(wiring, "read", lambda root, cache=None: _read_once(root, root != ROOT and stamp(root)))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """The bytes of an empty database of today's schema."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    ledger.Ledger.open(f"sqlite:///{path}").close()
    return path.read_bytes()


@pytest.fixture(autouse=True)
def migrated_once(request, monkeypatch, migrated):
    """Begin each new database as a copy of one that was migrated; only the store's own tests walk all the versions."""
    real = ledger.open_engine

    def opened(url):
        engine = real(url)
        path = Path(engine.url.database or "")
        if engine.dialect.name == "sqlite" and path.is_file() and not path.stat().st_size:
            path.write_bytes(migrated)
        return engine

    if request.path.parent.name != "store":
        monkeypatch.setattr(ledger, "open_engine", opened)


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command line in this process: exit code, what it wrote to stdout, what it wrote to stderr."""
    from examiner.cli.app import main

    def call(*words, stdin=""):
        with TemporaryFile("w+", encoding="utf-8") as typed:  # has a descriptor, as a pipe has
            typed.write(stdin)
            typed.seek(0)
            monkeypatch.setattr("sys.stdin", typed)
            with pytest.raises(SystemExit) as left:
                main([str(word) for word in words])
        told = capsys.readouterr()
        return left.value.code or 0, told.out, told.err

    return call


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def house(tmp_path, clock):
    """A wired examiner with its own store and a clock that stands still."""
    settings = Settings(home=str(tmp_path / "home"), api_keys="staff-key")
    numbers = iter(range(1, 10_000))
    made = Examiner(settings, clock=clock, new_id=lambda prefix: f"{prefix}-{next(numbers):04d}")
    yield made
    made.ledger.close()


@pytest.fixture
def client(house):
    """A client of the house's HTTP API."""
    from fastapi.testclient import TestClient

    from examiner.api.app import create_app

    with TestClient(create_app(house)) as made:
        yield made


@pytest.fixture(scope="session")
def vault():
    return _read_once(ROOT, False)


@pytest.fixture(scope="session")
def shared():
    """The folder of shared data, or skip."""
    path = Path(os.environ.get("EXAMINER_SHARED", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip("the shared data folder is absent")
    return path
