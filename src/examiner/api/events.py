"""Server-sent events of a session, from the log and not from memory: whoever comes back misses nothing and sees nothing twice."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from examiner.service.examiner import Examiner
from examiner.service.sitting import feed
from examiner.service.sitting.sessions import epoch_of
from examiner.service.sitting.streams import stream_of

KEEPALIVE = 15.0  # seconds between comments on a quiet stream
POLL = 2.0  # seconds after which the log is looked at though nobody rang: another process may have written


class Bell:
    """Wakes the streams of a session when this process appends to it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.closing = False

    def attach(self, house: Examiner) -> None:
        """Listen to a ledger; called within the event loop."""
        self._loop = asyncio.get_running_loop()
        self.closing = False
        house.ledger.listeners.append(self._rung)

    def detach(self, house: Examiner) -> None:
        """Listen no more and let every stream end."""
        self.close()
        if self._rung in house.ledger.listeners:
            house.ledger.listeners.remove(self._rung)

    def close(self) -> None:
        """Let every stream end; its client takes it up again elsewhere. Safe to call from a signal handler."""
        self.closing = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring_all)

    def _ring_all(self) -> None:
        for events in self._waiting.values():
            for event in events:
                event.set()

    def _rung(self, stream: str, seq: int) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring, stream)

    def _ring(self, stream: str) -> None:
        for event in self._waiting.get(stream, ()):
            event.set()

    async def wait(self, stream: str, event: asyncio.Event, seconds: float) -> None:
        """Wait until the stream was appended to, or for so long."""
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return
        finally:
            event.clear()

    def register(self, stream: str) -> asyncio.Event:
        """Return an event that is set on each append."""
        event = asyncio.Event()
        self._waiting[stream].add(event)
        return event

    def release(self, stream: str, event: asyncio.Event) -> None:
        """Forget an event."""
        self._waiting[stream].discard(event)
        if not self._waiting[stream]:
            del self._waiting[stream]


async def stream(
    house: Examiner, bell: Bell, session: str, after: int, epoch: int | None = None
) -> AsyncIterator[bytes]:
    """Yield a session's events behind `after` as they come, `id:` being the number in the log.

    Ends with `event: end` when the session has ended, with `event: taken_over` when another device opened it, and with a
    hint to come back soon when this server stops.
    """
    name = stream_of(session)
    ring = bell.register(name)
    quiet = 0.0
    yield b"retry: 2000\n\n"
    try:
        while not bell.closing:
            found = await run_in_threadpool(feed.events, house, session, after)
            for seq, kind, body in found:
                yield _event(seq, kind, body)
                after = seq
            if await run_in_threadpool(_ended, house, session):
                rest = await run_in_threadpool(feed.events, house, session, after)
                if not rest:
                    yield b"event: end\ndata: {}\n\n"
                    return
                continue
            if epoch is not None and await run_in_threadpool(epoch_of, house, session) != epoch:
                yield b"event: taken_over\ndata: {}\n\n"
                return
            quiet = 0.0 if found else quiet + POLL
            if quiet >= KEEPALIVE:
                yield b": still here\n\n"
                quiet = 0.0
            await bell.wait(name, ring, POLL)
        yield b"retry: 500\n: this server stops; take the stream up again\n\n"
    finally:
        bell.release(name, ring)


def _ended(house: Examiner, session: str) -> bool:
    row = house.registry.one("sittings", id=session)
    return row is None or row["status"] in ("ended", "erased")


def _event(seq: int, kind: str, body: dict[str, object]) -> bytes:
    return f"id: {seq}\nevent: {kind}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode()
