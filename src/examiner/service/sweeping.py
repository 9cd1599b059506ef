"""What must happen though nobody asks: sections close on time, owed questions come, ended sessions are graded.

One pass is a function of the clock; `Sweeper` runs it every few seconds in a thread. A pass that dies is made up for by
the next: everything it does is found in the database and harmless to do twice.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from examiner.domain.errors import ExaminerError, Refused
from examiner.domain.session import Credited, Ticked
from examiner.service import jobs, reviewing, webhooks
from examiner.service import sitting as sittings
from examiner.service.examiner import Examiner

CADENCE = 5.0  # seconds between passes: a section closes within ten of its deadline and grace
AWAY = timedelta(seconds=15)  # a longer silence of the sweeper means that the house was down
ABANDONED = timedelta(seconds=20)  # whoever chose a question for longer without writing has died
KEEP_REQUESTS = timedelta(hours=24)  # how long a repeated request is recognised
log = logging.getLogger(__name__)


def wake(house: Examiner) -> float:
    """Give back the time that the house was away to every section that ran meanwhile; return the seconds.

    Must run before the first pass: whoever ran out of time only because nobody could answer has not run out of time.
    """
    now = house.clock()
    fact = house.registry.one("facts", name="alive")
    reindex(house)
    if fact is None:
        return 0.0
    last = datetime.fromisoformat(fact["value"])
    if now - last <= AWAY:
        return 0.0
    for row in house.registry.many("sittings", status="running"):
        if not row["deadline"] or datetime.fromisoformat(row["deadline"]) <= last:
            continue
        state, _ = sittings.load(house, row["id"])
        started = state.sections[state.section].started or last
        seconds = (now - max(last, started)).total_seconds()
        _safely(row["id"], lambda s=row["id"], n=seconds: _credit(house, s, n))  # type: ignore[misc]
    return (now - last).total_seconds()


def _credit(house: Examiner, session: str, seconds: float) -> None:
    sittings.handle(house, session, Credited(seconds=seconds, reason="the service was not available"))


def reindex(house: Examiner) -> int:
    """Make the index rows of sittings that have none (written before there was an index); return how many."""
    known = {row["id"] for row in house.registry.many("sittings")}
    made = 0
    for stream in house.ledger.streams("sitting/"):
        name = stream.stream.removeprefix("sitting/")
        if name in known:
            continue
        state, _ = sittings.load(house, name)
        row = sittings.index_row(house, state, stream.last)
        made += house.registry.add("sittings", {"created": stream.first.isoformat(), "epoch": 1, **row})
    return made


def sweep(house: Examiner) -> dict[str, int]:
    """Make one pass; return what was done."""
    now = house.clock()
    done = {"closed": 0, "asked": 0, "graded": 0}
    overdue = house.registry.due(
        "sittings", "deadline", now - timedelta(seconds=house.settings.grace), status="running"
    )
    for row in overdue:
        done["closed"] += _safely(row["id"], lambda s=row["id"]: sittings.tick(house, s, grace=house.settings.grace))  # type: ignore[misc]
    for row in house.registry.many("sittings", waiting=sittings.OWES_QUESTION):
        # Whoever owed the question may still be choosing it, here or in another process.
        if row["id"] not in house.thinking and now - datetime.fromisoformat(row["updated"]) > ABANDONED:
            done["asked"] += _safely(row["id"], lambda s=row["id"]: sittings.handle(house, s, Ticked()))  # type: ignore[misc]
    for row in house.registry.many("sittings", waiting=sittings.OWES_GRADE, limit=10):
        done["graded"] += _safely(row["id"], lambda s=row["id"]: reviewing.grade_session(house, s))  # type: ignore[misc]
    done["delivered"] = webhooks.deliver(house)
    done["jobs"] = jobs.run_open(house)
    house.registry.drop_before("requests", "at", now - KEEP_REQUESTS)
    house.registry.put("facts", {"name": "alive", "value": house.clock().isoformat()})
    return done


def _safely(session: str, work: Callable[[], object]) -> int:
    """Do one thing for one session; what fails is logged and tried again by the next pass."""
    try:
        work()
    except Refused:
        return 0
    except ExaminerError as error:
        log.warning("sweeping failed", extra={"session": session, "error": str(error)})
        return 0
    return 1


class Sweeper:
    """Passes in a thread, until stopped."""

    def __init__(self, house: Examiner, cadence: float = CADENCE) -> None:
        self._house, self._cadence = house, cadence
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._last = ""

    def start(self) -> None:
        """Give back what an outage took, then begin."""
        wake(self._house)
        self._stop.clear()
        self._thread = threading.Thread(target=self.run, name="sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the pass that runs."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
            self._thread = None

    def run(self, stopped: Callable[[], bool] | None = None) -> None:
        """Pass after pass, until stopped."""
        while not (self._stop.is_set() or (stopped and stopped())):
            try:
                sweep(self._house)
                self._last = ""
            except Exception as error:
                log.exception("a sweep failed")
                self._last = type(error).__name__
            self._stop.wait(self._cadence)

    def health(self) -> str:
        """Return "ok", "off", or the kind of error the last pass ended with."""
        if self._thread is None:
            return "off"
        return self._last or ("ok" if self._thread.is_alive() else "dead")
