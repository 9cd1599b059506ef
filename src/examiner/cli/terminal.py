"""Reading answers in a terminal: multi-line, every change journalled before anything else, the clock in view."""

import os
import select
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

END = "."  # a line of its own that ends an answer in plain mode


@dataclass(frozen=True)
class Typed:
    """What came in: `text` of an answer, a `command` with its argument, `expired`, or `closed` (end of input)."""

    text: str = ""
    command: str = ""
    argument: str = ""
    expired: bool = False
    closed: bool = False


class Reader(Protocol):
    """Reads one answer; `save` is called with the text so far before the user sees it acknowledged."""

    def read(self, draft: str, seconds: float | None, save: Callable[[str], None], status: str) -> Typed:
        """Return what was typed, at the latest when `seconds` have passed."""
        ...

    def line(self, prompt: str, seconds: float | None) -> Typed:
        """Return one line."""
        ...


def open_reader(*, plain: bool) -> Reader:
    """Return the line-by-line reader for pipes, screen readers and --plain, else the full editor."""
    if plain or not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        return PlainReader()
    return EditorReader()


def command_of(text: str) -> Typed | None:
    """Return the command that a line such as `/ask how long are prompts` or `?how long` is; None for an answer."""
    if text.startswith("?") and "\n" not in text.strip() and text.strip("? \n"):
        return Typed(command="ask", argument=text.strip()[1:].strip())
    if not text.startswith("/") or "\n" in text.strip():
        return None
    name, _, argument = text.strip()[1:].partition(" ")
    return Typed(command=name.lower(), argument=argument.strip()) if name.isalpha() else None


@dataclass
class PlainReader:
    """Lines from stdin; an answer ends with a line holding a single dot, or with the end of the input."""

    _buffer: bytes = b""
    _ended: bool = False
    _out: Any = field(default_factory=lambda: sys.stdout)

    def read(self, draft: str, seconds: float | None, save: Callable[[str], None], status: str) -> Typed:
        """Read to the closing dot; each line is saved as it arrives."""
        limit = None if seconds is None else time.monotonic() + seconds
        lines = [draft] if draft else []
        while True:
            left = None if limit is None else limit - time.monotonic()
            line, state = self._line(left)
            if state == "expired":
                return Typed(text="\n".join(lines), expired=True)
            if state == "ended":
                return Typed(text="\n".join(lines), closed=True)
            found = command_of(line) if not lines else None
            if found is not None:
                return found
            if line.strip() == END:
                return Typed(text="\n".join(lines))
            lines.append(line)
            save("\n".join(lines))

    def line(self, prompt: str, seconds: float | None) -> Typed:
        """Read one line."""
        self._out.write(prompt)
        self._out.flush()
        text, state = self._line(seconds)
        return Typed(text=text, expired=state == "expired", closed=state == "ended")

    def _line(self, seconds: float | None) -> tuple[str, str]:
        limit = None if seconds is None else time.monotonic() + max(0.0, seconds)
        while b"\n" not in self._buffer and not self._ended:
            left = None if limit is None else max(0.0, limit - time.monotonic())
            ready, _, _ = select.select([sys.stdin], [], [], left)
            if not ready:
                return "", "expired"
            chunk = os.read(sys.stdin.fileno(), 65536)
            self._ended = not chunk
            self._buffer += chunk
        if not self._buffer:
            return "", "ended"
        raw, _, self._buffer = self._buffer.partition(b"\n")
        return raw.decode("utf-8", "replace").rstrip("\r"), "line"


class EditorReader:
    """A multi-line editor with a countdown; Esc then Enter, or Ctrl-D, submits."""

    def read(self, draft: str, seconds: float | None, save: Callable[[str], None], status: str) -> Typed:
        """Edit until submitted or until time is up; every keystroke is journalled."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.key_binding import KeyBindings

        limit = None if seconds is None else time.monotonic() + seconds
        keys = KeyBindings()
        keys.add("c-d")(lambda event: event.current_buffer.validate_and_handle())
        session: Any = PromptSession(multiline=True, key_bindings=keys, refresh_interval=0.5 if limit else 0)

        def toolbar() -> str:
            left = None if limit is None else max(0.0, limit - time.monotonic())
            if left == 0.0 and session.app.is_running and not session.app.future.done():
                session.app.exit(result=None)
            clock = "untimed" if left is None else f"{int(left) // 60}:{int(left) % 60:02d} left"
            return f" {status}   {clock}   Ctrl-D submits, /help for commands"

        session.default_buffer.on_text_changed += lambda buffer: save(buffer.text)
        try:
            text = session.prompt("> ", default=draft, bottom_toolbar=toolbar, prompt_continuation="  ")
        except EOFError:
            return Typed(text=session.default_buffer.text, closed=True)
        if text is None:
            return Typed(text=session.default_buffer.text, expired=True)
        return command_of(text) or Typed(text=text)

    def line(self, prompt: str, seconds: float | None) -> Typed:
        """Read one line."""
        from prompt_toolkit import prompt as ask

        try:
            return Typed(text=ask(prompt))
        except EOFError:
            return Typed(closed=True)
