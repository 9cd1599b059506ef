"""One event loop in a thread of its own, for callers that are not async: clients keep their connections between calls."""

import asyncio
import atexit
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Portal:
    """Runs coroutines to their end from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closers: list[Callable[[], Coroutine[Any, Any, None]]] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns; an interrupt cancels it."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="models", daemon=True)
                self._thread.start()
                atexit.register(self.close)
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def at_close(self, closer: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Await `closer()` before the loop ends."""
        self._closers.append(closer)

    def close(self) -> None:
        """Close what was opened here, and the loop."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        atexit.unregister(self.close)
        for closer in self._closers:
            asyncio.run_coroutine_threadsafe(closer(), loop).result(timeout=5)
        self._closers.clear()
        loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(timeout=5)
        loop.close()
