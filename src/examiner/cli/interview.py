"""`examiner interview`: sit a loop in the terminal."""

from typing import Annotated

import typer

from examiner.cli.common import Json, console, deliver, emit, open_examiner, parse_pace, say, table
from examiner.cli.lazy import Group
from examiner.cli.options import Judge, Out, Plain, Policy
from examiner.domain.errors import NotFound
from examiner.service.examiner import Examiner

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Sit a timed interview in the terminal; resume, list, show, export.",
)


@app.command()
def start(
    loop: Annotated[str, typer.Option(help="The loop; see `examiner loops list`.")] = "mock-staff",
    candidate: Annotated[str | None, typer.Option(help="Your name on the report.")] = None,
    judge: Judge = None,
    interviewer: Annotated[
        str | None,
        typer.Option(help="Who words the follow-ups: embedded, anthropic/MODEL, openai/MODEL, scripted:FILE."),
    ] = None,
    policy: Policy = None,
    pace: Annotated[str, typer.Option(help="real, untimed, or a factor such as 4x.")] = "real",
    seed: Annotated[int | None, typer.Option(help="Draw the same questions again.")] = None,
    plain: Plain = False,
) -> None:
    """Start an interview."""
    from examiner.service.sitting import acts as sittings

    examiner = open_examiner(candidate=candidate, judge=judge, policy=policy, interviewer=interviewer)
    examiner.judge  # noqa: B018 - an unknown judge is refused before the clock starts
    examiner.policy  # noqa: B018 - likewise an unknown policy
    state = sittings.start(examiner, loop, pace=parse_pace(pace), seed=seed)
    out = console()
    out.print("You are talking to a program; your answers are stored on this machine. /help lists the commands.")
    out.print(f"[dim]sitting {state.id}, seed {state.created.plan.seed}[/dim]")
    _sit(examiner, state.id, plain=plain)


@app.command()
def resume(
    sitting: Annotated[str, typer.Argument(help="Which; without it the latest that has not ended.")] = "",
    plain: Plain = False,
) -> None:
    """Go on with an interview where its last saved word left it."""
    from examiner.service.sitting import acts as sittings

    examiner = open_examiner()
    sitting = sitting or _unfinished(examiner)
    state, _ = sittings.load(examiner, sitting)
    created = state.created
    examiner = open_examiner(judge=created.judge, policy=created.policy, interviewer=created.interviewer)
    _sit(examiner, sitting, plain=plain)


def _unfinished(examiner: Examiner) -> str:
    from examiner.service.sitting import acts as sittings

    for stream in examiner.ledger.streams("sitting/"):
        state, _ = sittings.load(examiner, stream.stream.removeprefix("sitting/"))
        if state.status != "ended":
            say(f"sitting {state.id}, {state.created.blueprint.title}, {state.created.candidate}")
            return state.id
    raise NotFound("no interview is unfinished", hint="start one: `examiner interview start`")


def _sit(examiner: Examiner, sitting: str, *, plain: bool) -> None:
    from examiner.cli.sit import Conversation, Quit
    from examiner.cli.terminal import open_reader
    from examiner.reports.terminal import rich_card
    from examiner.service.sitting import grading

    out = console()
    try:
        state = Conversation(examiner, sitting, open_reader(plain=plain), out).run()
    except (Quit, KeyboardInterrupt):
        say(
            f"\nleft; everything acknowledged is saved, the answer you had begun too. Go on with: examiner interview resume {sitting}"
        )
        raise typer.Exit(7) from None
    out.print(rich_card(grading.card(examiner, state), details=False))
    out.print(f"Every question with its points: examiner report candidate {sitting} (--format html -o report.html)")


@app.command("list")
def list_sittings(as_json: Json = False) -> None:
    """List the sittings, latest first."""
    from examiner.service.sitting import acts as sittings

    examiner = open_examiner()
    rows = []
    for stream in examiner.ledger.streams("sitting/"):
        state, _ = sittings.load(examiner, stream.stream.removeprefix("sitting/"))
        rows.append(
            {
                "sitting": state.id,
                "candidate": state.created.candidate,
                "loop": state.created.blueprint.id,
                "status": state.ended or state.status,
                "answered": sum(1 for i in state.items for t in i.turns if t.text),
                "last": stream.last.isoformat(timespec="seconds"),
            }
        )
    if as_json:
        emit(rows)
        return
    if not rows:
        console().print("No sittings yet. Start one: examiner interview start")
        return
    table(tuple(rows[0]), ([*list(row.values())[:-1], str(row["last"])[:16].replace("T", " ")] for row in rows))


@app.command()
def show(sitting: str, as_json: Json = False) -> None:
    """Show where a sitting stands; nothing of keys or grades."""
    from examiner.interview import machine
    from examiner.service.sitting import acts as sittings

    examiner = open_examiner()
    state, _ = sittings.load(examiner, sitting)
    left = machine.remaining(state, examiner.clock())
    turns = [
        {"turn": t.id, "question": i.planned.title, "asked": t.asked, "answer": t.text, "peeked": t.peeked}
        for i in state.items
        for t in i.turns
    ]
    data = {
        "sitting": state.id,
        "status": state.ended or state.status,
        "section": state.section + 1,
        "seconds_left": left,
        "turns": turns,
    }
    if as_json:
        emit(data)
        return
    out = console()
    at = state.turn.id if state.status == "running" and state.turn is not None else None
    out.print(
        f"[bold]{state.id}[/bold]  {data['status']}, section {data['section']}"
        + (f", {left:.0f} s left" if left is not None else "")
    )
    for turn in turns:
        out.print(f"\n[bold]{turn['question']}[/bold] {turn['asked']}")
        out.print(str(turn["answer"] or ("(open)" if turn["turn"] == at else "(passed)")), markup=False)


@app.command()
def export(
    sitting: str,
    out: Out = None,
) -> None:
    """Export a sitting's events with their hashes, one JSON object a line."""
    from examiner.service.sitting.streams import stream_of

    examiner = open_examiner()
    records = examiner.ledger.read(stream_of(sitting))
    if not records:
        raise NotFound(f"no sitting '{sitting}'", hint="see `examiner interview list`")
    deliver("".join(r.model_dump_json() + "\n" for r in records), out)


@app.command()
def peek(sitting: str) -> None:
    """Take the open question's hint; it is recorded and caps the row at 2."""
    from examiner.service.sitting import acts as sittings

    typer.echo(sittings.hint(open_examiner(), sitting))


@app.command("break")
def take_break(sitting: str) -> None:
    """Pause between two sections; `resume` ends the pause."""
    from examiner.domain.events import BreakTaken
    from examiner.service.sitting import acts as sittings

    sittings.handle(open_examiner(), sitting, BreakTaken())
    typer.echo(f"paused; go on with: examiner interview resume {sitting}")
