"""The commands of `examiner anchors` that people work with: label, agree, adjudicate, plan."""

import sys
from typing import Annotated, Any

import typer

from examiner.cli.anchors import Set, app, load_set, prompt_of
from examiner.cli.common import Json, console, emit, open_examiner, say
from examiner.domain.anchor import OVERALL, Anchor
from examiner.domain.errors import Invalid, NotFound

Name = Annotated[str, typer.Option(help="Who you are: a short name, as in ana.")]


def criteria_for(examiner: Any, anchor: Anchor, *, overall: bool) -> tuple[str, ...]:
    """Return what is to be labelled: the criteria that the question has points of; for other questions the whole."""
    if anchor.prompt:
        return (OVERALL,)
    instance = examiner.instance(anchor.question)
    there = {p.criterion for p in instance.points}
    named = tuple(c for c in examiner.rubric(instance).criteria if c in there)
    return (*named, OVERALL) if overall else named


def key(prompt: str) -> str:
    """Read one key from a terminal, or one line from a pipe; the end of the input is `q`."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    if sys.stdin.isatty():
        import click

        pressed = click.getchar()
        sys.stdout.write(pressed + "\n")
        return pressed.lower()
    line = sys.stdin.readline()
    return line.strip().lower() if line else "q"


@app.command()
def label(
    name: Set,
    rater: Annotated[str, typer.Option(help="Who you are: a short name, as in ana.")],
    seed: Annotated[int, typer.Option(help="Of your order of answers.")] = 0,
    overall: Annotated[bool, typer.Option("--overall", help="Ask for the answer as a whole too.")] = False,
) -> None:
    """Label blind: one answer and criterion at a time, in your own order, nobody's scores in sight.

    Keys 0 to 3 give a level, u says that you cannot tell, q stops. Each label is on the disk before the next question;
    run the same command to go on.
    """
    from examiner.calibration.labelling import record, tasks

    examiner = open_examiner()
    found = load_set(examiner, name)
    criteria = {a.id: criteria_for(examiner, a, overall=overall) for a in found.anchors}
    left, given = tasks(found.anchors, rater, criteria, seed)
    say(f"{given} labels given, {len(left)} to go")
    shown = ""
    for task in left:
        if task.anchor.id != shown:
            _show_question(examiner, task.anchor)
            shown = task.anchor.id
        _show_criterion(examiner, task.anchor, task.criterion, found.levels)
        score = _ask(found.levels, f"{task.criterion} [{task.number}/{task.total}] > ")
        if score == "q":
            say(f"stopped; {given} labels are saved. Run the same command to go on.")
            raise typer.Exit(0 if given == task.total else 7)
        record(
            found,
            rater,
            task.anchor.id,
            task.criterion,
            None if score == "u" else float(score),
            examiner.clock().isoformat(timespec="seconds"),
        )
        given += 1
        say(f"saved ({given})")
    say("all labels given")


def _ask(levels: tuple[int, int], prompt: str) -> str:
    keys = [str(n) for n in range(levels[0], levels[1] + 1)]
    while True:
        pressed = key(prompt)
        if pressed in (*keys, "u", "q"):
            return pressed
        if pressed in ("\x03", "\x04"):
            return "q"
        say(f"{', '.join(keys)}, u for cannot say, q to stop")


def _show_question(examiner: Any, anchor: Anchor) -> None:
    out = console()
    out.rule(style="dim")
    out.print("[bold]Question[/bold]")
    out.print(prompt_of(examiner, anchor), markup=False)
    if anchor.reference:
        out.print("\n[bold]Reference[/bold]")
        out.print(anchor.reference, markup=False)
    for turn in anchor.turns:
        out.print(f"\n[bold]{'Follow-up' if turn.probe else 'Answer'}[/bold]")
        if turn.probe:
            out.print(turn.asked, markup=False)
        out.print(turn.text or "(nothing was said)", markup=False)


def _show_criterion(examiner: Any, anchor: Anchor, criterion: str, levels: tuple[int, int]) -> None:
    out = console()
    if anchor.prompt:
        out.print(f"\nHow good is the answer, from {levels[0]} to {levels[1]}?")
        return
    instance = examiner.instance(anchor.question)
    rubric = examiner.rubric(instance)
    definition = rubric.criteria.get(criterion)
    out.print(f"\n[bold]{definition.title if definition else 'The answer as a whole'}[/bold]", end="  ")
    out.print(definition.asks if definition else "Before any cap.", markup=False)
    for point in instance.points:
        if point.criterion == criterion:
            out.print(f"  - {point.claim}", markup=False)
    for level, meaning in sorted(rubric.levels.items()):
        out.print(f"  {level}  {meaning}", markup=False, style="dim")


@app.command()
def adjudicate(
    name: Set,
    by: Name,
    overall: Annotated[bool, typer.Option("--overall", help="The raters labelled the whole too.")] = False,
) -> None:
    """Decide where raters disagree, one by one, with a reason; their raw labels stay as they are."""
    from examiner.calibration.labelling import decide, may_adjudicate, tasks, undecided
    from examiner.domain.anchor import Decision

    examiner = open_examiner()
    found = load_set(examiner, name)
    criteria = {a.id: criteria_for(examiner, a, overall=overall) for a in found.anchors}
    may_adjudicate(found, by, len(tasks(found.anchors, by, criteria)[0]))
    open_ones = undecided(found)
    say(f"{len(open_ones)} disagreements to decide")
    for number, (anchor, criterion) in enumerate(open_ones, 1):
        _show_question(examiner, anchor)
        _show_criterion(examiner, anchor, criterion, found.levels)
        for given in anchor.labels:
            if given.criterion == criterion and given.by == "human":
                said = "cannot say" if given.score is None else f"{given.score:g}"
                console().print(f"  {given.rater}: {said}", markup=False)
        score = _ask(found.levels, f"{criterion} [{number}/{len(open_ones)}] > ")
        if score in ("q", "u"):
            if score == "u":
                continue
            say("stopped; what was decided is saved")
            raise typer.Exit(7)
        why = _reason()
        at = examiner.clock().isoformat(timespec="seconds")
        decide(found, anchor.id, Decision(criterion=criterion, score=int(score), by=by, why=why, at=at))
        say("saved")
    say("nothing more to decide")


def _reason() -> str:
    while True:
        sys.stdout.write("why > ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise Invalid("a decision needs a reason; the last one was not saved")
        if line.strip():
            return line.strip()


@app.command()
def plan(
    n: Annotated[list[int] | None, typer.Option("--n", help="How many anchors; may be repeated.")] = None,
    name: Annotated[str, typer.Option("--set", help="A set that exists: what it still lacks.")] = "",
    kind: Annotated[str, typer.Option(help="question, design or debug.")] = "question",
    raters: Annotated[int, typer.Option(min=1, max=10)] = 2,
    usd_per_hour: Annotated[float, typer.Option(min=0, help="What an hour of a rater costs.")] = 60.0,
    price: Annotated[str, typer.Option(help="An entry of vault/prices.yaml with `input` and `output`.")] = "",
    usd_in: Annotated[float | None, typer.Option(min=0, help="USD per million tokens read.")] = None,
    usd_out: Annotated[float | None, typer.Option(min=0, help="USD per million tokens written.")] = None,
    as_json: Json = False,
) -> None:
    """Say how many anchors, of which questions and levels, and what a round costs in labels, calls, money and hours."""
    from examiner.calibration.plan import Assumptions, estimate, missing

    examiner = open_examiner()
    if price:
        usd_in, usd_out = _prices(examiner, price)
    assume = Assumptions(
        raters=raters, usd_per_hour=usd_per_hour, usd_per_million_in=usd_in, usd_per_million_out=usd_out
    )
    needs = _needs(examiner, kind)
    if not needs:
        raise NotFound(f"no questions of kind '{kind}'", hint="question, design or debug")
    rounds = [estimate(needs, count, assume) for count in n or [100, 200]]
    data: dict[str, Any] = {"kind": kind, "rounds": rounds, "assumptions": assume.model_dump()}
    if name:
        found = load_set(examiner, name)
        criteria = dict.fromkeys(c for need in needs for c in need.criteria)
        data["set"] = {"name": name, "missing": missing(found.anchors, list(criteria), rounds[0]["anchors"])}
    if as_json:
        emit(data)
    else:
        _show_plan(data)


def _needs(examiner: Any, kind: str) -> list[Any]:
    from examiner.calibration.plan import Need

    out = []
    for family in examiner.vault.families.values():
        if family.kind != kind:
            continue
        there = {p.criterion for p in family.rubric}
        criteria = tuple(c for c in examiner.vault.rubric_for(kind).criteria if c in there)
        text = len(family.prompt) + sum(len(p.claim) for p in family.rubric)
        out.append(Need(id=family.id, area=family.areas[0], level=family.level, criteria=criteria, characters=text))
    return out


def _prices(examiner: Any, entry: str) -> tuple[float, float]:
    table = examiner.vault.tables["prices"]
    found = table.get(entry, {})
    try:
        return float(found["input"]["value"]), float(found["output"]["value"])
    except (KeyError, TypeError):
        there = ", ".join(k for k, v in table.items() if "input" in v and "output" in v)
        raise NotFound(
            f"vault/prices.yaml has no token price '{entry}'",
            hint=f"there are: {there}" if there else "pass --usd-in and --usd-out",
        ) from None


def _show_plan(data: dict[str, Any]) -> None:
    out = console()
    for r in data["rounds"]:
        per = ", ".join(f"{c} {v['anchors']}" for c, v in r["per_criterion"].items())
        spread = ", ".join(f"{count} at {level}" for level, count in r["levels"].items())
        model = r["judge"]["model"]
        usd = f"{model['usd']:.2f} USD" if model["usd"] is not None else model["why"]
        out.print(f"[bold]{r['anchors']} anchors[/bold] over {len(r['questions'])} questions; {spread}")
        out.print(f"  per criterion: {per}")
        out.print(
            f"  people: {r['labels']} labels and about {r['decisions']} decisions, {r['hours']} h in all "
            f"({r['hours_per_rater']} h a rater), {r['usd_people']:.0f} USD"
        )
        out.print("  embedded judge: no calls, 0 USD")
        out.print(
            f"  model judge: {model['calls']} calls, {model['tokens_in'] / 1e6:.2f} M tokens in, "
            f"{model['tokens_out'] / 1e6:.2f} M out; {usd}"
        )
        out.print(f"  questions: {', '.join(r['questions'])}", style="dim")
    if "set" in data:
        out.print(f"\n[bold]still lacking in {data['set']['name']}[/bold] (labels by people on gate anchors)")
        for criterion, lack in data["set"]["missing"].items():
            of_level = ", ".join(f"{k} of level {level}" for level, k in lack["more_of_level"].items() if k)
            out.print(
                f"  {criterion}: {lack['more_anchors']} anchors, {lack['more_questions']} questions, "
                f"{lack['more_double']} scored by two; {of_level or 'every level is there'}"
            )
    out.print("\nassumed: " + ", ".join(f"{k} {v}" for k, v in data["assumptions"].items()), style="dim")
