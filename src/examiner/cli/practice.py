"""`examiner practice`: one question at a time, judged as an estimate, asked again when it is about to be forgotten."""

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say, table
from examiner.cli.lazy import Group
from examiner.cli.options import Plain, takes
from examiner.domain.errors import Invalid

app = typer.Typer(
    cls=Group,
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Practise: what is due, the question of the day, chains, drills. Estimates, never scores.",
)
Candidate = Annotated[str | None, typer.Option(help="Whose practice; else the settings' candidate.")]
Answer = Annotated[Path | None, typer.Option(help="Read the answer from this file (- is stdin) instead of asking.")]
Forecast = Annotated[int | None, typer.Option("--predict", min=0, max=3, help="Your forecast, 0 to 3.")]
_LATER = 10  # shown of what is not due yet


@dataclass(frozen=True)
class Way:
    """Who practises, and how a question is put and answered: options of every command that asks one."""

    candidate: Candidate = None
    answer: Answer = None
    predict: Forecast = None
    plain: Plain = False
    as_json: Json = False


@app.callback()
def practice(ctx: typer.Context) -> None:
    """Without a sub-command: the next question."""
    if ctx.invoked_subcommand is None:
        following()


@app.command("next")
@takes(Way)
def following(
    way: Way,
    area: Annotated[str, typer.Option(help="A drill of this area.")] = "",
    track: Annotated[str, typer.Option(help="A drill of this track.")] = "",
    level: Annotated[str, typer.Option(help="A drill of this level, L1 to L6+.")] = "",
    zone: Annotated[str, typer.Option(help="A drill of this zone.")] = "",
    phase: Annotated[int | None, typer.Option(help="A drill of this phase.")] = None,
) -> None:
    """Answer the next question: the longest overdue, else a new one. Options make it a drill.

    --json without --answer shows the question: ref, title, level, areas, track, zone, prompt, source. With --answer it
    shows the outcome: ref, quality, interval, cap (what holds the interval below the quality), label, standing, predicted, met, missed, mistakes, model_answer, due.
    """
    from examiner.practice.choose import Filter

    house = _house(way.candidate)
    drill = Filter(area=area, track=track, level=level, zone=zone, phase=phase)
    _ask(house, house.following(drill), "next", way)


@app.command()
@takes(Way)
def daily(
    way: Way,
    day: Annotated[str | None, typer.Option(help="Another day, YYYY-MM-DD.")] = None,
) -> None:
    """Answer the question of the day: the same for everybody who has the same vault. Days turn at midnight UTC."""
    house = _house(way.candidate)
    instance, done = house.daily(_day(day) if day else house.today)
    if done:
        say("you have answered this one; once more then")
    _ask(house, instance, "daily", way)


@app.command()
def due(candidate: Candidate = None, as_json: Json = False) -> None:
    """List what is due, and what comes next.

    --json: due and later, each a list of {family, due, last, reviews, lapses, quality, stability, difficulty, recall}.
    """
    house = _house(candidate)
    deck = house.deck()
    now = house.due()
    names = {d.family for d in now}
    later = sorted((d for d in deck.values() if d.family not in names), key=lambda d: d.due)
    if as_json:
        emit({"due": [d.model_dump(mode="json") for d in now], "later": [d.model_dump(mode="json") for d in later]})
        return
    if not deck:
        say("nothing practised yet; `examiner practice` asks the first question")
        return
    table(
        ("question", "due", "estimate", "reviews", "recall"),
        (
            (d.family, f"{d.due:%Y-%m-%d}", d.quality, d.reviews, f"{100 * d.recall:.0f} %")
            for d in (*now, *later[:_LATER])
        ),
    )
    shown = f", the next {_LATER} of them shown (--json: all)" if len(later) > _LATER else ""
    say(f"{len(now)} due, {len(later)} later{shown}")


@app.command()
@takes(Way)
def chain(
    way: Way,
    family: Annotated[
        str | None, typer.Argument(metavar="ID", help="Any question of the chain; none lists the chains.")
    ] = None,
) -> None:
    """Walk a chain from its easiest question on: each answer leads a step up, to another form of the same, or back."""
    from examiner.vault.chains import chains

    house = _house(way.candidate)
    families = open_examiner().vault.cards
    if family is None:
        found = chains(families)
        if way.as_json:
            emit({"chains": [{"id": head, "steps": steps} for head, steps in found.items()]})
        else:
            table(("chain", "steps"), ((head, " > ".join(steps)) for head, steps in found.items()))
            say(f"{len(found)} chains")
        return
    while True:
        steps, instance, why = house.chain(family)
        if instance is None:
            say(f"all {len(steps)} steps of this chain are done")
            return
        if not way.as_json:
            say(f"step {steps.index(instance.family) + 1} of {len(steps)}: {' > '.join(steps)}; {why}")
        _ask(house, instance, "chain", way)
        if (
            way.answer is not None
            or way.as_json
            or not sys.stdin.isatty()
            or not typer.confirm("Next in the chain?", default=True)
        ):
            return


@app.command()
@takes(Way)
def rerun(
    way: Way,
    sitting: Annotated[str, typer.Argument(help="An ended interview; see `examiner interview list`.")],
    show: Annotated[bool, typer.Option("--list", help="List what would be asked, and what came of it.")] = False,
    early: Annotated[bool, typer.Option("--early", help="Do not wait for the month to pass.")] = False,
) -> None:
    """Ask the weak rows of an interview again a month later, each question in another form; the rest is left alone."""
    house = _house(way.candidate)
    made = house.rerun(sitting)
    compared = house.compared(made)
    if show or (way.as_json and way.answer is None):
        emit(
            {"sitting": sitting, "due": made.due.isoformat(), "rows": made.rows, "items": compared}
        ) if way.as_json else table(
            ("row", "question", "form", "then", "now"),
            ((c["area"], c["title"], c["ref"], _level(c["before"]), _level(c["after"])) for c in compared),
        )
        return
    if not made.items:
        say("no row of this interview is on the revision list")
        return
    if house.now < made.due and not early:
        raise Invalid(f"the rerun is due on {made.due:%Y-%m-%d}", hint="--early asks it now")
    open_items = [c["ref"] for c in compared if c["after"] is None]
    if not open_items:
        say("the rerun is done; --list shows then and now")
        return
    _ask(house, open_examiner().instance(open_items[0]), "rerun", way)
    say(f"{len(open_items) - 1} questions of this rerun are left")


def _house(candidate: str | None) -> Any:
    from examiner.service.practising import Practice

    house = Practice(open_examiner(), candidate or "")
    late = house.catch_up()
    if late:
        say(f"{len(late)} kept answer{'s were' if len(late) > 1 else ' was'} judged that the last run left")
    return house


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"'{text}' is no day", hint="as in 2026-03-01") from None


def _ask(house: Any, instance: Any, source: Any, way: Way) -> None:
    """Ask, keep, judge and show."""
    from examiner.practice.log import Answered

    if way.as_json and way.answer is None:
        names = ("ref", "title", "level", "areas", "track", "zone", "phase", "minutes", "prompt")
        emit({name: getattr(instance, name) for name in names} | {"source": source})
        return
    predict = way.predict
    if way.answer is not None:
        text = sys.stdin.read() if str(way.answer) == "-" else _file(way.answer)
    else:
        predict, text = _converse(house, instance, predict, way.plain)
    outcome = house.answer(Answered(ref=instance.ref, source=source, text=text, predicted=predict))
    house.forget()
    if way.as_json:
        emit(_summary(outcome, instance))
    else:
        _show(outcome, instance)


def _file(path: Path) -> str:
    from examiner.vault.importing.files import read_text

    return read_text(path)


def _converse(house: Any, instance: Any, predict: int | None, plain: bool) -> tuple[int | None, str]:
    from examiner.cli.terminal import open_reader
    from examiner.reports.words import flowed

    reader = open_reader(plain=plain)
    out = console()
    out.print(f"[bold]{instance.title}[/bold]  {instance.level}, {instance.zone}, about {instance.minutes:g} minutes\n")
    out.print(flowed(instance.prompt), markup=False)
    out.print("\n[dim]You are talking to a program; what you write is kept on this machine.[/dim]")
    if predict is None:
        predict = _forecast(reader)
    draft = house.draft(instance.ref)
    if draft:
        out.print("[dim]Your draft was kept:[/dim]")
        if not reader.shows_draft:
            out.print(draft, markup=False)
    return predict, _answer(reader, draft, lambda text: house.save_draft(instance.ref, text))


def _forecast(reader: Any) -> int | None:
    """Ask for a forecast until there is one, or none is wanted. Raises Exit when the candidate leaves."""
    while True:
        typed = reader.line("How well will you do, 0 to 3? (empty passes) ", None)
        said = typed.text.strip()
        if typed.closed or said.lower() == "/quit":
            _leave()
        if said in ("", "0", "1", "2", "3"):
            return int(said) if said else None
        say(f"'{said}' is no forecast: 0, 1, 2 or 3, or Enter alone to pass")


def _answer(reader: Any, draft: str, save: Any) -> str:
    """Read until there is an answer. Raises Exit when the candidate leaves; the draft is kept."""
    while True:
        typed = reader.read(draft, None, save, "practice")
        if typed.command == "quit" or (typed.closed and not typed.text.strip()):
            save(typed.text)
            _leave()
        if not typed.command and typed.text.strip():
            return str(typed.text)
        draft = "" if typed.command == "clear" else f"{typed.text}\n" if typed.text.strip() else ""
        save(draft)
        if typed.command not in ("", "clear"):
            say("practice has no hints and no clock: answer, /clear begins anew, /quit leaves and keeps the draft")
        elif not typed.command:
            say("nothing typed; /quit leaves")


def _leave() -> None:
    say("left; a draft is kept")
    raise typer.Exit(7)


def _summary(outcome: Any, instance: Any) -> dict[str, Any]:
    from examiner.reports.words import biting

    cap = biting(outcome.score)
    points = [p for c in outcome.score.criteria for p in c.points]
    means = {m.id: m.means for m in instance.mistakes}
    return {
        "ref": instance.ref,
        "quality": outcome.score.quality,
        "interval": outcome.score.interval,
        "cap": {"ceiling": cap.ceiling, "reason": cap.reason} if cap else None,
        "label": outcome.label,
        "standing": outcome.standing,
        "predicted": outcome.answered.predicted,
        "met": [p.claim for p in points if p.verdict == "met"],
        "missed": [p.claim for p in points if p.verdict != "met"],
        "mistakes": [means[m] for m in outcome.score.judgement.mistakes if m in means],
        "model_answer": instance.model_answer,
        "invites": instance.invites.ask if instance.invites else "",
        "due": outcome.due.due.isoformat(),
    }


def _show(outcome: Any, instance: Any) -> None:
    from examiner.reports.words import flowed, within

    out = console()
    said = _summary(outcome, instance)
    out.print(f"\n[bold]{said['label']}: {said['quality']} of 3[/bold] ({within(outcome.score)})")
    if said["predicted"] is not None:
        out.print(f"your forecast: {said['predicted']}")
    for mark, name in (("+", "met"), ("-", "missed"), ("!", "mistakes")):
        for line in said[name]:
            out.print(f"  {mark} {line}", markup=False)
    out.print("\n[bold]Model answer[/bold]")
    out.print(f"{flowed(said['model_answer'])}\n", markup=False)
    if said["invites"]:
        out.print(f"It invites: {said['invites']}", markup=False)
    out.print(f"[dim]{said['standing']}[/dim]")
    out.print(f"asked again on {said['due'][:10]}, in another form")


def _level(value: int | None) -> str:
    return "" if value is None else str(value)
