"""The conversation of a sitting in the terminal: show what is asked, hand over what is typed."""

import time
from pathlib import Path
from typing import Any

from rich.markup import escape

from examiner.cli.terminal import Reader, Typed
from examiner.domain.errors import Refused
from examiner.domain.events import (
    MAX_ANSWER,
    MAX_ASK,
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
from examiner.reports.words import flowed
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.store.journal import DraftJournal

HELP = """Commands, on a line of their own, also below an answer that is not finished:
  /hint        take a hint for this question (caps the row at 2)
  /ask TEXT    ask what the question leaves open; `?TEXT` is the same
  /skip        pass on this question
  /clear       begin this answer anew
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
        while said := self._line("Enter starts the clock (/help, /break, /quit): ", None):
            if said == "/break":
                sittings.handle(self._x, self._id, BreakTaken())
                return
            self._out.print(HELP if said == "/help" else "The clock has not started; press Enter alone to start it.")
        sittings.handle(self._x, self._id, SectionStarted(section=plan.id))

    def _line(self, prompt: str, left: float | None) -> str:
        """Return what was typed on one line. Raises Quit at the end of the input and for /quit."""
        typed = self._reader.line(prompt, left)
        said = typed.text.strip()
        if typed.closed or said.lower() == "/quit":
            raise Quit
        return said

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
        if time.monotonic() - self._stored >= _DRAFT_EVERY:
            self._stored = time.monotonic()
            self._store(turn, text)

    def _store(self, turn: str, text: str) -> None:
        """Send a draft to the store; one that is too long for an answer stays in the journal only."""
        if text.strip() and len(text) <= MAX_ANSWER:
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
            self._store(turn, typed.text)
            raise Quit
        if not typed.text.strip():
            self._out.print("Nothing typed; /skip passes on the question.")
            return
        if len(typed.text) > MAX_ANSWER:
            self._journal.save(turn, typed.text)
            self._out.print(f"{_too_long(typed.text)} It is kept: shorten it, or /clear begins anew.")
            return
        self._said = ""
        with sittings.hearing(self._x, self._id, self._hear):
            sittings.answer(self._x, self._id, turn, typed.text)
        self._journal.clear()

    def _submit_late(self, turn: str, text: str) -> None:
        if not text.strip() or len(text) > MAX_ANSWER:
            if text.strip():
                self._out.print(f"{_too_long(text)} The last draft that was short enough counts.")
            sittings.tick(self._x, self._id)
            return
        try:
            sittings.answer(self._x, self._id, turn, text)
        except Refused as refusal:
            self._out.print(f"[dim]{refusal.message}[/dim]")

    def _command(self, state: Sitting, turn: str, typed: Typed) -> None:
        # The answer so far, without the command; it goes on below.
        self._journal.save(turn, f"{typed.text}\n" if typed.text.strip() else "")
        self._store(turn, typed.text)
        if typed.command == "quit":
            raise Quit
        try:
            self._obey(turn, typed)
        except Refused as refusal:
            self._out.print(escape(refusal.message))

    def _obey(self, turn: str, typed: Typed) -> None:
        if typed.command == "hint":
            self._out.print(
                f"[italic]{escape(sittings.hint(self._x, self._id))}[/italic] (this row is now capped at 2)"
            )
        elif typed.command == "ask" and len(typed.argument) > MAX_ASK:
            self._out.print(_too_long(typed.argument, "a question", MAX_ASK))
        elif typed.command == "ask" and typed.argument:
            self._out.print(f"[italic]{escape(sittings.ask_fact(self._x, self._id, typed.argument))}[/italic]")
        elif typed.command == "ask":
            self._out.print("Ask what? As in: /ask what is the batch size")
        elif typed.command == "skip":
            sittings.handle(self._x, self._id, Skipped(turn=turn))
        elif typed.command == "clear":
            self._journal.save(turn, "")
            sittings.draft(self._x, self._id, turn, "")
        elif typed.command == "finish":
            sittings.handle(self._x, self._id, SectionFinished())
        elif typed.command == "break":
            sittings.handle(self._x, self._id, BreakTaken())
        else:
            self._out.print(
                HELP if typed.command == "help" else f"/{typed.command} is no command.\n{HELP}", markup=False
            )

    def _try(self, event: Any) -> None:
        try:
            sittings.handle(self._x, self._id, event)
        except Refused as refusal:
            self._out.print(refusal.message)

    def _posing(self, state: Sitting) -> None:
        ask = self._line("\nWhich follow-up does your answer invite? Pose it (empty passes): ", self._left(state))
        if ask == "/help":
            self._out.print(HELP)
        elif len(ask) > MAX_ASK:
            self._out.print(f"{_too_long(ask, 'a question', MAX_ASK)} Once more, shorter.")
        else:
            self._pose(state, "" if ask == "/skip" else ask)

    def _pose(self, state: Sitting, ask: str) -> None:
        """Take the answer to the candidate's own question, journalled like any other, and hand both over."""
        key, answer = f"{state.item}.posed", ""
        if ask:
            self._out.print("And your answer to it:")
            typed = self._reader.read(
                self._journal.last(key) or "",
                self._left(state),
                lambda text: self._journal.save(key, text),
                "your own follow-up",
            )
            answer = typed.text
            if typed.command or (typed.closed and not answer.strip()):
                self._journal.save(key, answer)
                if typed.command in ("", "quit"):
                    raise Quit
                self._out.print("Only /quit works here; pose and answer it once more.")
                return
            if len(answer) > MAX_ANSWER:
                self._journal.save(key, answer)
                self._out.print(f"{_too_long(answer)} Once more, shorter.")
                return
        self._try(SelfPosed(item=state.item, ask=ask, answer=answer))

    def _predicting(self, state: Sitting) -> None:
        title = state.items[state.item].planned.title
        said = self._line(f"\nHow will '{title}' be graded, 0 to 3? (empty passes) ", self._left(state))
        if said not in ("", "0", "1", "2", "3", "/skip"):
            self._out.print(f"'{said}' is no forecast: 0, 1, 2 or 3, or Enter alone to pass.", markup=False)
            return
        self._try(Predicted(item=state.item, value=int(said) if said.isdigit() else None))

    def _left(self, state: Sitting) -> float | None:
        return machine.remaining(state, self._x.clock())


def _too_long(text: str, what: str = "an answer", most: int = MAX_ANSWER) -> str:
    return f"Your text has {len(text):,} characters; {what} holds {most:,}."


def journal_path(examiner: Examiner, sitting: str) -> Path:
    """Return where a sitting's drafts are journalled."""
    return examiner.home / "drafts" / f"{sitting}.jsonl"
