"""`examiner worker`: the background work of the service in a process of its own."""

import signal
import threading
from typing import Annotated

import typer

from examiner.cli.common import Json, emit, open_examiner, say


def worker(
    once: Annotated[bool, typer.Option("--once", help="One pass, then stop.")] = False,
    as_json: Json = False,
) -> None:
    """Close what runs out, ask what is owed, grade, deliver webhooks and run jobs, until stopped.

    `examiner serve` does the same by itself; a worker is for when the server is stopped, or beside it.
    """
    from examiner.service.sweeping import Sweeper, sweep
    from examiner.service.telling import configure

    examiner = open_examiner()
    if once:
        done = sweep(examiner)
        if as_json:
            emit(done)
        else:
            say(", ".join(f"{name} {count}" for name, count in done.items()))
        return
    configure()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    Sweeper(examiner, cadence=1.0).run(stopped.is_set)
    say("stopped after the pass that ran")
