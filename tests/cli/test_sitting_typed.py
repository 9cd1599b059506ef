"""What is typed in a sitting: answers, commands below an unfinished answer, words that arrive piece by piece."""

import io

import pytest
from rich.console import Console

from examiner.cli.sit import Conversation, Quit
from examiner.cli.terminal import Typed, begins_command, command_of
from examiner.domain.events import FollowUpChosen, SectionStarted, Spoke
from examiner.reports.words import flowed
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import thinking


@pytest.mark.parametrize(
    ("text", "command", "argument", "before"),
    [
        ("/hint", "hint", "", ""),
        ("\n?what is the head dimension\n", "ask", "what is the head dimension", ""),
        ("It is bound by memory.\n/hint", "hint", "", "It is bound by memory."),
        ("One line.\n\nAnother.\n  /ask how long are prompts ", "ask", "how long are prompts", "One line.\n\nAnother."),
        ("One.\n? how long", "ask", "how long", "One."),
        ("/nonsense", "nonsense", "", ""),
    ],
)
def test_a_command_is_the_last_line_and_leaves_the_rest_alone(text, command, argument, before):
    assert command_of(text) == Typed(command=command, argument=argument, text=before)


@pytest.mark.parametrize(
    "text", ["An answer.", "An answer.\n/etc/hosts", "/hint\nand more", "a / b", "??", "?", "", "So?\nYes"]
)
def test_an_answer_is_no_command(text):
    assert command_of(text) is None


def test_what_may_become_a_command_is_not_kept_as_an_answer():
    assert begins_command("/hi") and begins_command("An answer.\n?wh")
    assert not begins_command("An answer.") and not begins_command("?what\nAn answer.")


def test_a_prompts_paragraphs_are_lines_for_the_terminal_to_wrap():
    assert (
        flowed("It was trained on\n4,096 tokens.\n\nWhy\n- a\n- b\n2. c\n")
        == "It was trained on 4,096 tokens.\n\nWhy\n- a\n- b\n2. c"
    )


class Reader:
    """Gives what was typed beforehand; remembers the drafts it was handed."""

    shows_draft = False

    def __init__(self, *typed):
        self._typed, self.drafts = list(typed), []

    def read(self, draft, seconds, save, status):
        self.drafts.append(draft)
        said = self._typed.pop(0) if self._typed else Typed(closed=True)
        if not isinstance(said, Typed):
            said()
            return self.read(draft, seconds, save, status)
        return said

    def line(self, prompt, seconds):
        return Typed(closed=True)


def sit(house, *typed):
    state = sittings.start(house, "drill-deep", seed=4)
    sittings.handle(house, state.id, SectionStarted(section="deep-dive"))
    return again(house, state.id, *typed)


def again(house, sitting, *typed):
    out = io.StringIO()
    reader = Reader(*typed)
    with pytest.raises(Quit):
        Conversation(house, sitting, reader, Console(file=out, width=100)).run()
    return sitting, reader, out.getvalue()


def test_a_hint_in_the_middle_of_an_answer_keeps_the_answer(house):
    so_far = "The last pair is the longest."
    sitting, reader, shown = sit(house, Typed(command="hint", text=so_far), Typed(closed=True, text=so_far))
    state, _ = sittings.load(house, sitting)
    assert reader.drafts == ["", f"{so_far}\n"] and state.draft.text == so_far and state.turn.peeked
    assert "/hint" not in [r.body.get("text") for r in house.ledger.read(f"sitting/{sitting}") if r.kind == "drafted"]
    _, reader, shown = again(house, sitting)
    assert reader.drafts == [f"{so_far}\n"] and "Your draft was kept" in shown


def test_a_command_alone_leaves_no_draft_behind(house):
    _, reader, shown = sit(house, Typed(command="ask", argument="what is the head dimension"), Typed(command="help"))
    assert reader.drafts == ["", "", ""] and "draft was kept" not in shown and "/hint" in shown


def speaks(house, monkeypatch, *pieces, then=None):
    def choose(examiner, state, index, tell):
        for piece in pieces:
            tell(Spoke(item=index, probe="p", text=piece))
        if then is not None:
            raise then
        return FollowUpChosen(item=index, probe="p", ask=" ".join(("Staying there:", "why [1] so?", "Say it.")))

    monkeypatch.setattr(thinking, "choose", choose)


def test_the_words_are_shown_as_they_come_and_once(house, monkeypatch):
    speaks(house, monkeypatch, "Staying there:", "why [1] so?")
    _, _, shown = sit(house, Typed(text="An answer."))
    assert shown.count("Staying there:") == 1 and "Follow-up: Staying there: why [1] so? Say it." in shown
    assert shown.index("saved") < shown.index("Follow-up:")


def test_resumed_in_the_middle_of_a_follow_up_it_shows_what_was_shown_and_goes_on(house, monkeypatch):
    speaks(house, monkeypatch, "Staying there:", then=KeyboardInterrupt)
    state = sittings.start(house, "drill-deep", seed=4)
    sittings.handle(house, state.id, SectionStarted(section="deep-dive"))
    with pytest.raises(KeyboardInterrupt):
        sittings.answer(house, state.id, "0.0", "An answer.")
    speaks(house, monkeypatch, "why [1] so?")
    _, _, shown = again(house, state.id)
    assert "Follow-up: Staying there: why [1] so? Say it." in shown and shown.count("Staying there:") == 1
    assert shown.index("Question 1 of 5") < shown.index("You said: An answer.") < shown.index("Follow-up:")


class Talker(Reader):
    """A reader whose lines are given too; without more of them the input has ended."""

    def __init__(self, *typed, lines=()):
        super().__init__(*typed)
        self.lines, self.prompts = list(lines), []

    def line(self, prompt, seconds):
        self.prompts.append(prompt)
        return Typed(text=self.lines.pop(0)) if self.lines else Typed(closed=True)


def talk(house, *typed, lines=(), sitting=None, loop="drill-deep"):
    out = io.StringIO()
    sitting = sitting or sittings.start(house, loop, seed=4).id
    reader = Talker(*typed, lines=lines)
    with pytest.raises(Quit):
        Conversation(house, sitting, reader, Console(file=out, width=100)).run()
    return sittings.load(house, sitting)[0], reader, out.getvalue()


def test_only_enter_alone_starts_the_clock(house):
    state, reader, shown = talk(house, lines=["/help", "what now"])
    assert state.status == "ready" and len(reader.prompts) == 3
    assert "/hint" in shown and "has not started" in shown
    state, _, _ = talk(house, lines=["/quit", ""], sitting=state.id)
    assert state.status == "ready"
    state, _, _ = talk(house, lines=[""], sitting=state.id)
    assert state.status == "running"


def test_a_text_too_long_for_an_answer_is_kept_and_not_the_end_of_the_sitting(house):
    long = "Unicode é∑ " * 2_000
    state, reader, shown = talk(
        house, Typed(text=long), Typed(command="hint", text=long), Typed(closed=True, text=long), lines=[""]
    )
    assert "22,000 characters" in shown and "20,000" in shown
    assert state.turn.text is None and reader.drafts[1] == long
    _, reader, _ = talk(house, Typed(command="clear", text=long), Typed(text="Short."), sitting=state.id)
    assert reader.drafts == [f"{long}\n", "", ""]
    assert sittings.load(house, state.id)[0].items[0].turns[0].text == "Short."


def test_a_slip_in_a_command_is_no_part_of_an_answer(house):
    assert command_of("An answer.\n/skp") == Typed(command="skp", text="An answer.")
    state, _, shown = talk(house, Typed(command="skp", text="An answer."), lines=[""])
    assert "/skp is no command" in shown and state.turn.text is None


def test_at_the_forecast_a_slip_is_asked_again_and_quit_leaves(house):
    state = sittings.start(house, "drill-deep", seed=4)
    sittings.handle(house, state.id, SectionStarted(section="deep-dive"))
    typed = [Typed(text="An answer.")] * 9
    state, reader, shown = talk(house, *typed, lines=["/skip", "seven", "/quit", "2"], sitting=state.id)
    assert "'seven' is no forecast" in shown and len(reader.lines) == 1
    assert state.items[state.item].stage == "predicting"
