"""The conversation of a sitting in the terminal: show what is asked, hand over what is typed."""

import re
import time
from pathlib import Path
from typing import Any

from rich.markup import escape

from examiner.cli.terminal import Reader, Typed
from examiner.domain.errors import Refused
from examiner.domain.events import (
    BreakEnded,
    BreakTaken,
    Predicted,
    SectionFinished,
    SectionStarted,
    SelfPosed,
    Skipped,
)
from examiner.domain.session import Sitting
from examiner.interview import machine
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.store.journal import DraftJournal

HELP = """Commands, on a line of their own, also below an answer that is not finished:
  /hint        take a hint for this question (caps the row at 2)
  /ask TEXT    ask what the question leaves open; `?TEXT` is the same
  /skip        pass on this question
  /finish      close this section before its time
  /break       pause (between sections)
  /quit        leave; everything is saved, resume later
In plain mode an answer ends with a line holding a single dot."""
_DRAFT_EVERY = 5.0  # seconds between drafts sent to the store; the journal has every keystroke


class Quit(Exception):
    """The candidate leaves; the sitting can be resumed."""


class Conversation:
    """One candidate at one terminal.

    Args:
        examiner: the wired examiner.
        sitting: the sitting's id.
        reader: where answers come from.
        out: a rich console.

    """

    def __init__(self, examiner: Examiner, sitting: str, reader: Reader, out: Any) -> None:
        self._x = examiner
        self._id = sitting
        self._reader = reader
        self._out = out
        self._shown = ""
        self._told = -1  # the item whose question was shown
        self._said = ""  # of the follow-up that is being asked
        self._stored = 0.0
        self._journal = DraftJournal(journal_path(examiner, sitting), durable=False)

    def run(self) -> Sitting:
        """Go on until the sitting ends. Raises Quit when the candidate leaves."""
        while True:
            state = sittings.tick(self._x, self._id)
            if state.status == "ended":
                self._journal.clear()
                return state
            if state.status == "break":
                self._input_break()
            elif state.status == "ready":
                self._input_ready(state)
            else:
                self._running(state)

    def _input_break(self) -> None:
        if self._reader.line("Paused. Enter goes on. ", None).closed:
            raise Quit
        sittings.handle(self._x, self._id, BreakEnded())

    def _input_ready(self, state: Sitting) -> None:
        plan = state.created.blueprint.sections[state.section]
        count = state.sections[state.section].count
        pace = state.created.pace
        clock = "untimed" if pace is None else f"{plan.minutes * state.multiplier / pace:g} minutes"
        self._out.rule(f"[bold]{plan.title}[/bold]")
        self._out.print(
            f"{count} question{'s' if count != 1 else ''}, {clock}. Notes and results come after the last section."
        )
        typed = self._reader.line("Enter starts the clock (/break, /quit): ", None)
        if typed.closed or typed.text.strip() == "/quit":
            raise Quit
        if typed.text.strip() == "/break":
            sittings.handle(self._x, self._id, BreakTaken())
            return
        sittings.handle(self._x, self._id, SectionStarted(section=plan.id))

    def _running(self, state: Sitting) -> None:
        stage = state.items[state.item].stage
        if stage == "open":
            self._open(state)
        elif stage == "posing":
            self._posing(state)
        elif stage == "predicting":
            self._predicting(state)
        else:
            # A question was being chosen when the process died: what was shown of it is shown again, then it goes on.
            self._said = ""
            if state.items[state.item].turns and self._told != state.item:
                self._question(state)
            if state.items[state.item].saying:
                self._hear("spoke", state.items[state.item].saying)
            with sittings.hearing(self._x, self._id, self._hear):
                sittings.settle(self._x, state)

    def _hear(self, kind: str, piece: str) -> None:
        """Show that an answer is on the disk, or a piece of a follow-up that is, before the rest of it is there."""
        if kind == "answered":
            self._out.print("[dim]saved[/dim]")
            return
        self._out.print(escape(piece) if self._said else f"\n[bold]Follow-up:[/bold] {escape(piece)}", end=" ")
        self._said = f"{self._said} {piece}".strip()

    def _follow_up(self, asked: str) -> None:
        """Show a follow-up, or what of it was not shown yet."""
        if self._said and asked.startswith(self._said):
            self._out.print(escape(asked[len(self._said) :].strip()))
        else:
            self._out.print(f"\n[bold]Follow-up:[/bold] {escape(asked)}")
        self._said = ""

    def _open(self, state: Sitting) -> None:
        turn = state.turn
        assert turn is not None  # noqa: S101 - the stage says that a turn is open
        fresh = self._shown != turn.id
        if fresh:
            if self._told != state.item:
                self._question(state)
            self._shown = turn.id
            if turn.probe is not None:
                self._follow_up(turn.asked)
        draft = self._journal.last(turn.id) or (state.draft.text if state.draft and state.draft.turn == turn.id else "")
        if draft.strip() and fresh:
            self._remind(draft)
        left = machine.remaining(state, self._x.clock())
        typed = self._reader.read(draft, left, lambda text: self._save(turn.id, text), f"question {state.item + 1}")
        self._typed(state, turn.id, typed)

    def _question(self, state: Sitting) -> None:
        """Show a question, and what was said about it already where the sitting goes on in the middle of it."""
        item = state.items[state.item]
        self._told = state.item
        number = state.item - state.sections[state.section].first + 1
        self._out.print(
            f"\n[bold]Question {number} of {state.sections[state.section].count}: {escape(item.planned.title)}[/bold]"
        )
        self._out.print(flowed(self._x.instance(item.planned.ref).prompt), markup=False)
        for turn in item.turns:
            if turn.probe is not None and turn.text:
                self._out.print(f"\n[bold]Follow-up:[/bold] {escape(turn.asked)}")
            if turn.text:
                self._out.print(f"[dim]You said:[/dim] {escape(turn.text)}")

    def _remind(self, draft: str) -> None:
        """Say that a draft is there; the editor shows it, a plain reader cannot."""
        self._out.print("[dim]Your draft was kept:[/dim]")
        if not self._reader.shows_draft:
            self._out.print(draft, markup=False)

    def _save(self, turn: str, text: str) -> None:
        self._journal.save(turn, text)
        if time.monotonic() - self._stored >= _DRAFT_EVERY and text.strip():
            self._stored = time.monotonic()
            sittings.draft(self._x, self._id, turn, text)

    def _typed(self, state: Sitting, turn: str, typed: Typed) -> None:
        if typed.expired:
            self._out.print("\n[bold]Time is up for this section.[/bold] What you had typed is kept.")
            self._submit_late(turn, typed.text)
            return
        if typed.command:
            self._command(state, turn, typed)
            return
        if typed.closed:
            if typed.text.strip():
                sittings.draft(self._x, self._id, turn, typed.text)
            raise Quit
        if not typed.text.strip():
            self._out.print("Nothing typed; /skip passes on the question.")
            return
        self._said = ""
        with sittings.hearing(self._x, self._id, self._hear):
            sittings.answer(self._x, self._id, turn, typed.text)
        self._journal.clear()

    def _submit_late(self, turn: str, text: str) -> None:
        if not text.strip():
            sittings.tick(self._x, self._id)
            return
        try:
            sittings.answer(self._x, self._id, turn, text)
        except Refused as refusal:
            self._out.print(f"[dim]{refusal.message}[/dim]")

    def _command(self, state: Sitting, turn: str, typed: Typed) -> None:
        # The answer so far, without the command; it goes on below.
        self._journal.save(turn, f"{typed.text}\n" if typed.text.strip() else "")
        if typed.text.strip():
            sittings.draft(self._x, self._id, turn, typed.text)
        if typed.command == "quit":
            raise Quit
        if typed.command == "hint":
            self._out.print(f"[italic]{sittings.hint(self._x, self._id)}[/italic] (this row is now capped at 2)")
        elif typed.command == "ask" and typed.argument:
            self._out.print(f"[italic]{sittings.ask_fact(self._x, self._id, typed.argument)}[/italic]")
        elif typed.command == "skip":
            sittings.handle(self._x, self._id, Skipped(turn=turn))
        elif typed.command == "finish":
            sittings.handle(self._x, self._id, SectionFinished())
        elif typed.command == "break":
            self._try(BreakTaken())
        else:
            self._out.print(HELP)

    def _try(self, event: Any) -> None:
        try:
            sittings.handle(self._x, self._id, event)
        except Refused as refusal:
            self._out.print(refusal.message)

    def _posing(self, state: Sitting) -> None:
        left = machine.remaining(state, self._x.clock())
        typed = self._reader.line("\nWhich follow-up does your answer invite? Pose it (empty passes): ", left)
        if typed.closed:
            raise Quit
        answer = ""
        if typed.text.strip():
            self._out.print("And your answer to it:")
            answer = self._reader.read(
                "", machine.remaining(state, self._x.clock()), lambda _: None, "your own follow-up"
            ).text
        self._try(SelfPosed(item=state.item, ask=typed.text.strip(), answer=answer))

    def _predicting(self, state: Sitting) -> None:
        left = machine.remaining(state, self._x.clock())
        title = state.items[state.item].planned.title
        typed = self._reader.line(f"\nHow will '{title}' be graded, 0 to 3? (empty passes) ", left)
        if typed.closed:
            raise Quit
        value = int(typed.text) if typed.text.strip() in ("0", "1", "2", "3") else None
        self._try(Predicted(item=state.item, value=value))


def flowed(text: str) -> str:
    """Return a text whose paragraphs are lines, for a terminal to wrap; lists and indented lines stay as they are."""
    return re.sub(r"(?<=\S)[ \t]*\n(?!\s|[*|#-]|\d+[.)]\s)", " ", text.strip())


def journal_path(examiner: Examiner, sitting: str) -> Path:
    """Return where a sitting's drafts are journalled."""
    return examiner.home / "drafts" / f"{sitting}.jsonl"
