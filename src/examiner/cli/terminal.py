"""Reading answers in a terminal: multi-line, every change journalled before anything else, the clock in view."""

import difflib
import os
import select
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

END = "."  # a line of its own that ends an answer in plain mode


@dataclass(frozen=True)
class Typed:
    """What came in: `text` of an answer, a `command` with its argument, `expired`, or `closed` (end of input).

    Beside a command `text` is what had been typed before it: the answer so far.
    """

    text: str = ""
    command: str = ""
    argument: str = ""
    expired: bool = False
    closed: bool = False


class Reader(Protocol):
    """Reads one answer; `save` is called with the text so far before the user sees it acknowledged."""

    shows_draft: ClassVar[bool]  # whether `read` shows the draft that it goes on from

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


COMMANDS = ("hint", "ask", "skip", "clear", "finish", "break", "quit", "help")


def command_of(text: str) -> Typed | None:
    """Return the command that the last line of a text is, such as `/ask how long are prompts` or `?how long`.

    None for an answer. A word that is no command is one all the same where nothing else was typed, or where it stands
    alone and is a command but for a slip: it brings the help and is no part of an answer.
    """
    before, _, line = text.strip().rpartition("\n")
    line = line.strip()
    if line.startswith("?") and line.strip("? "):
        return Typed(command="ask", argument=line[1:].strip(), text=before)
    name, _, argument = line[1:].partition(" ")
    slip = not argument and bool(difflib.get_close_matches(name.lower(), COMMANDS, n=1, cutoff=0.7))
    known = name.lower() in COMMANDS or (name.isalpha() and (slip or not before.strip()))
    if not line.startswith("/") or not known:
        return None
    return Typed(command=name.lower(), argument=argument.strip(), text=before)


def begins_command(text: str) -> bool:
    """Tell whether the last line of a text may be on its way to a command: no part of an answer yet."""
    return text.rpartition("\n")[2].lstrip().startswith(("/", "?"))


@dataclass
class PlainReader:
    """Lines from stdin; an answer ends with a line holding a single dot, or with the end of the input."""

    shows_draft: ClassVar[bool] = False
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
            found = command_of("\n".join([*lines, line]))
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
    """A multi-line editor with a countdown; Ctrl-D submits, Enter obeys a command on the last line."""

    shows_draft: ClassVar[bool] = True

    def read(self, draft: str, seconds: float | None, save: Callable[[str], None], status: str) -> Typed:
        """Edit until submitted or until time is up; every keystroke is journalled."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.key_binding import KeyBindings

        limit = None if seconds is None else time.monotonic() + seconds
        keys = KeyBindings()
        keys.add("c-d")(lambda event: event.current_buffer.validate_and_handle())

        @keys.add("enter")
        def _(event: Any) -> None:
            """Obey a command at once; else begin a new line."""
            buffer = event.current_buffer
            if command_of(buffer.text) is not None and buffer.document.is_cursor_at_the_end:
                buffer.validate_and_handle()
            else:
                buffer.newline(copy_margin=False)

        session: Any = PromptSession(multiline=True, key_bindings=keys, refresh_interval=0.5 if limit else 0)

        def toolbar() -> str:
            left = None if limit is None else max(0.0, limit - time.monotonic())
            if left == 0.0 and session.app.is_running and not session.app.future.done():
                session.app.exit(result=None)
            clock = "untimed" if left is None else f"{int(left) // 60}:{int(left) % 60:02d} left"
            return f" {status}   {clock}   Ctrl-D submits, /help for commands"

        session.default_buffer.on_text_changed += lambda buffer: (
            None if begins_command(buffer.text) else save(buffer.text)
        )
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
