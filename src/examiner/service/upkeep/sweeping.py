"""What must happen though nobody asks: sections close on time, owed questions come, ended sessions are graded.

One pass is a function of the clock; `Sweeper` runs it every few seconds in a thread. A pass that dies is made up for by
the next: everything it does is found in the database and harmless to do twice.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from examiner.domain.errors import ExaminerError, Exhausted, Refused
from examiner.domain.events import Credited, Ticked
from examiner.llm.budget import Unpriced
from examiner.service import webhooks
from examiner.service.access import tenants
from examiner.service.examiner import Examiner
from examiner.service.people import candidates as people
from examiner.service.people import reviewing, waiting
from examiner.service.sitting import acts as sittings
from examiner.service.sitting.owing import OWES_GRADE, OWES_QUESTION, abandoned, index_row
from examiner.service.upkeep import jobs
from examiner.service.upkeep.verifying import Rounds

CADENCE = 5.0  # seconds between passes: a section closes within ten of its deadline and grace
AWAY = timedelta(seconds=15)  # a longer silence of the sweeper means that the house was down
KEEP_REQUESTS = timedelta(hours=24)  # how long a repeated request is recognised
log = logging.getLogger(__name__)


def wake(house: Examiner) -> float:
    """Give back the time that the house was away to every section that ran meanwhile; return the seconds.

    Must run before the first pass: whoever ran out of time only because nobody could answer has not run out of time.
    """
    now = house.clock()
    fact = house.registry.whole.one("facts", name="alive")
    last = datetime.fromisoformat(fact["value"]) if fact else now
    for _ in tenants.each(house):
        reindex(house)
        if now - last > AWAY:
            _give_back(house, last, now)
    return (now - last).total_seconds() if now - last > AWAY else 0.0


def _give_back(house: Examiner, last: datetime, now: datetime) -> None:
    for row in house.registry.many("sittings", status="running"):
        if not row["deadline"] or datetime.fromisoformat(row["deadline"]) <= last:
            continue
        state, _ = sittings.load(house, row["id"])
        started = state.sections[state.section].started or last
        seconds = (now - max(last, started)).total_seconds()
        _safely(row["id"], partial(_credit, house, seconds))


def _credit(house: Examiner, seconds: float, session: str) -> None:
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
        row = index_row(house, state, stream.last)
        made += house.registry.add("sittings", {"created": stream.first.isoformat(), "epoch": 1, **row})
    return made


def sweep(house: Examiner) -> dict[str, int]:
    """Make one pass over everything; return what was done."""
    return tend(house) | work(house)


def tend(house: Examiner) -> dict[str, int]:
    """Do what cannot wait: close what has run out. Nothing here asks a model or a network."""
    now, grace = house.clock(), house.settings.grace
    closed = 0
    for _ in tenants.each(house):
        for row in house.registry.due("sittings", "deadline", now - timedelta(seconds=grace), status="running"):
            closed += _safely(row["id"], lambda s: sittings.tick(house, s, grace=grace))
    house.registry.whole.put("facts", {"name": "alive", "value": house.clock().isoformat()})
    return {"closed": closed}


def work(house: Examiner) -> dict[str, int]:
    """Do what may take long: ask what is owed, grade, deliver, run jobs, forget what is past its time."""
    done: dict[str, int] = {}
    failed: Exception | None = None
    for tenant in tenants.each(house):
        try:
            done = {name: done.get(name, 0) + count for name, count in _work(house).items()}
        except Exception as error:  # one tenant's trouble delays no other's work
            log.exception("a tenant's pass failed", extra={"tenant": tenant})
            failed = failed or error
    house.registry.drop_before("requests", "at", house.clock() - KEEP_REQUESTS)
    if failed is not None:
        raise failed
    return done


def _work(house: Examiner) -> dict[str, int]:
    owed = house.registry.many("sittings", waiting=OWES_QUESTION)
    dead = [r for r in owed if abandoned(house, r)]  # another is being chosen, here or in another process
    return {
        "asked": sum(_safely(r["id"], lambda s: sittings.handle(house, s, Ticked())) for r in dead),
        "graded": sum(
            _safely(r["id"], lambda s: _grade(house, s)) for r in house.registry.many("sittings", waiting=OWES_GRADE)
        ),
        "indexed": waiting.catch_up(house),
        "delivered": webhooks.deliver(house),
        "jobs": jobs.run_open(house),
        "erased": people.retain(house),
    }


def _grade(house: Examiner, session: str) -> None:
    """Grade a session; where no judge can be paid, people get it meanwhile and the next passes try again."""
    try:
        reviewing.grade_session(house, session)
    except (Exhausted, Unpriced) as error:
        reviewing.await_money(house, session, error.message)
        raise


def _safely(session: str, deed: Callable[[str], object]) -> int:
    """Do one thing for one session; what fails is logged, stops nothing else, and is tried again by the next pass."""
    try:
        deed(session)
    except Refused:
        return 0
    except ExaminerError as error:
        log.warning("sweeping failed", extra={"session": session}, exc_info=error)
        return 0
    except Exception:
        log.exception("sweeping failed", extra={"session": session})
        return 0
    return 1


class Sweeper:
    """Passes in threads of their own, until stopped: what takes long must not delay what cannot wait.

    Only the process that candidates reach may tend the clocks (`serving`): another one would close sections while nobody
    could answer, and would hide that the house was away.
    """

    def __init__(self, house: Examiner, cadence: float = CADENCE, *, serving: bool = True) -> None:
        self._house, self._cadence = house, cadence
        self._rounds = Rounds()
        self._parts: tuple[Callable[[Examiner], object], ...] = (
            (tend, work, self._rounds.verify) if serving else (work,)
        )
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._failed: dict[str, str] = {}

    def start(self) -> None:
        """Give back what an outage took, then begin."""
        if tend in self._parts:
            wake(self._house)
        self._stop.clear()
        self._threads = [
            threading.Thread(target=self._run, args=(part,), name=part.__name__, daemon=True) for part in self._parts
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the passes that run."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads = []

    def _run(self, part: Callable[[Examiner], object]) -> None:
        while not self._stop.is_set():
            try:
                part(self._house)
                self._failed.pop(part.__name__, None)
            except Exception as error:
                log.exception("a pass failed", extra={"part": part.__name__})
                self._failed[part.__name__] = type(error).__name__
            self._stop.wait(self._cadence)

    def tends(self) -> bool:
        """Tell whether the clocks are tended, as far as that was begun: whoever cannot write can serve nobody."""
        return not self._threads or (tend.__name__ not in self._failed and all(t.is_alive() for t in self._threads))

    def chains(self) -> str:
        """Return what the rounds over the chains have found: "ok" or how many breaks."""
        return self._rounds.health()

    def health(self) -> str:
        """Return "ok", "off", or what the last passes ended with."""
        if not self._threads:
            return "off"
        if not all(thread.is_alive() for thread in self._threads):
            return "dead"
        return ", ".join(f"{part}: {error}" for part, error in self._failed.items()) or "ok"
