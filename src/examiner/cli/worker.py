"""`examiner worker`: the background work of the service in a process of its own."""

import logging
import signal
import threading
from typing import Annotated

import typer

from examiner.cli.common import Json, emit, open_examiner, say, told

log = logging.getLogger(__name__)


def worker(
    once: Annotated[bool, typer.Option("--once", help="One pass, then stop.")] = False,
    as_json: Json = False,
) -> None:
    """Ask what is owed, grade, deliver webhooks and run jobs, until stopped.

    `examiner serve` does the same by itself, and closes what runs out; a worker takes the load off it, or finishes what is
    left while it is stopped.
    """
    from examiner.service.upkeep.sweeping import Sweeper, work

    examiner = open_examiner()
    if once:
        done = work(examiner)
        if as_json:
            emit(done)
        else:
            say(", ".join(f"{name} {count}" for name, count in done.items()))
        return
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with told(examiner):
        sweeper = Sweeper(examiner, serving=False)
        sweeper.start()
        stopped.wait()
        sweeper.stop()
        log.info("stopped after the passes that ran")
