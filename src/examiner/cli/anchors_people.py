"""The commands of `examiner anchors` that people work with: label, agree, adjudicate."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from examiner.cli.anchors_sets import Set, load_set, prompt_of
from examiner.cli.common import Json, console, emit, open_examiner, say, table
from examiner.domain.anchor import OVERALL, Anchor
from examiner.domain.errors import Invalid, NotFound, Refused
from examiner.reports.words import flowed

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
        pressed = typer.getchar()
        sys.stdout.write(pressed + "\n")
        return pressed.lower()
    line = sys.stdin.readline()
    return line.strip().lower() if line else "q"


def label(
    name: Set,
    rater: Annotated[str, typer.Option(help="Who you are: a short name, as in ana.")],
    seed: Annotated[int, typer.Option(help="Of your order of answers.")] = 0,
    overall: Annotated[bool, typer.Option("--overall", help="Ask for the answer as a whole too.")] = False,
    criterion: Annotated[str, typer.Option(help="Only this criterion: a pass for each keeps them apart.")] = "",
) -> None:
    """Label blind: one answer and criterion at a time, in your own order, nobody's scores in sight.

    Keys 0 to 3 give a level, u says that you cannot tell, q stops. Each label is on the disk before the next question;
    run the same command to go on.
    """
    from examiner.calibration.anchors.labelling import record, tasks
    from examiner.calibration.anchors.sets import name_checked

    name_checked(rater, "rater")
    examiner = open_examiner()
    found = load_set(examiner, name)
    _own(examiner, found)
    criteria = {a.id: criteria_for(examiner, a, overall=overall) for a in found.anchors}
    if criterion:
        if not any(criterion in named for named in criteria.values()):
            there = dict.fromkeys(c for named in criteria.values() for c in named)
            raise NotFound(f"no answer is labelled on '{criterion}'", hint=f"there are: {', '.join(there)}")
        criteria = {item: tuple(c for c in named if c == criterion) for item, named in criteria.items()}
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


def _own(examiner: Any, found: Any) -> None:
    if found.folder is not None and found.folder.resolve().is_relative_to(examiner.root.resolve()):
        raise Refused(
            f"'{found.name}' is shipped with examiner and is not written to",
            hint=f"examiner anchors export {found.name} --format jsonl -o F, "
            "then examiner anchors import F --format jsonl --blank --set NAME",
        )


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
    out.print(flowed(prompt_of(examiner, anchor)), markup=False)
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


def agree(
    name: Set,
    raters: Annotated[list[str] | None, typer.Option("--rater", help="Two raters; twice.")] = None,
    as_json: Json = False,
) -> None:
    """Show how far two people agree: exact, adjacent, quadratic kappa with its interval, per criterion."""
    from examiner.calibration.anchors.agreement import agreement

    found = load_set(open_examiner(), name)
    one, two = _two(found, raters)
    data = {
        "set": name,
        "hash": found.hash,
        "raters": [one, two],
        "criteria": agreement(found.anchors, one, two, found.levels),
    }
    if as_json:
        emit(data)
        return
    console().print(f"{one} and {two}")
    table(
        ("criterion", "answers", "questions", "exact", "adjacent", "QWK", "90 % interval", "cannot say"),
        [
            (
                criterion,
                row["answers"],
                row["questions"],
                _figure(row["exact"]),
                _figure(row["adjacent"]),
                _figure(row["qwk"]),
                _bounds(row["qwk"]),
                f"{row['cannot_say'][0]} / {row['cannot_say'][1]}",
            )
            for criterion, row in data["criteria"].items()
        ],
    )


def _figure(statistic: dict[str, Any]) -> str:
    value = statistic["value"]
    return f"{value:.3f}" if value is not None else f"undefined: {statistic.get('why', '')}"


def _bounds(statistic: dict[str, Any]) -> str:
    if statistic.get("lower") is None or statistic.get("upper") is None:
        return ""
    return f"{statistic['lower']:.3f} to {statistic['upper']:.3f}"


def _two(found: Any, raters: Sequence[str] | None) -> tuple[str, str]:
    people = sorted({label.rater for a in found.anchors for label in a.labels if label.by == "human"})
    chosen = list(raters or people)
    for rater in chosen:
        if rater not in people:
            raise NotFound(f"nobody named '{rater}' labelled '{found.name}'", hint=f"people: {', '.join(people)}")
    if len(chosen) != 2:
        named = ", ".join(people) or "nobody yet"
        raise Invalid(
            f"agreement is between two people; '{found.name}' was labelled by {named}",
            hint="--rater twice chooses two" if len(people) > 1 else f"examiner anchors label --set {found.name}",
        )
    return chosen[0], chosen[1]


def adjudicate(
    name: Set,
    by: Name,
    overall: Annotated[bool, typer.Option("--overall", help="The raters labelled the whole too.")] = False,
) -> None:
    """Decide where raters disagree, one by one, with a reason; their raw labels stay as they are."""
    from examiner.calibration.anchors.labelling import decide, may_adjudicate, tasks, undecided
    from examiner.domain.anchor import Decision

    examiner = open_examiner()
    found = load_set(examiner, name)
    _own(examiner, found)
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
