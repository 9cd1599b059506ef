"""`examiner anchors list|show|verify|lint|restate`: what a set holds and whether it is whole."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner
from examiner.domain.anchor import Anchor, standing_of
from examiner.domain.errors import ExaminerError, Invalid
from examiner.domain.identity import short

Set = Annotated[str, typer.Option("--set", help="The set's name.")]


def where(examiner: Any) -> tuple[Path, Path]:
    """Return the folders that hold sets: the user's own, then the shipped ones."""
    from examiner.calibration.anchors.sets import folders

    return folders(examiner.home, examiner.root)


def load_set(examiner: Any, name: str) -> Any:
    """Return a verified set by name, or by the path of its folder."""
    from examiner.calibration.anchors.sets import find, read_set

    path = Path(name)
    return read_set(path if path.name != name and path.is_dir() else find(name, where(examiner)))


def list_sets(as_json: Json = False) -> None:
    """List the sets: how many anchors, whose labels, and the best state they can give a judge."""
    from examiner.calibration.anchors.sets import names

    examiner = open_examiner()
    rows = []
    for name in names(where(examiner)):
        found = load_set(examiner, name)
        standing = standing_of(found.anchors)
        rows.append(
            {
                "set": name,
                "anchors": len(found.anchors),
                "questions": len({a.family for a in found.anchors}),
                "raters": list(found.raters),
                "best_state": standing.best,
                "why": standing.why,
                "hash": found.hash,
            }
        )
    if as_json:
        emit(rows)
        return
    for row in rows:
        console().print(
            f"[bold]{row['set']}[/bold]  {row['anchors']} anchors, {row['questions']} questions, "
            f"raters {', '.join(row['raters']) or 'none'}\n  at most: {row['best_state']}; {row['why']}"
        )
    if not rows:
        console().print("no anchor sets")


def show(
    name: Annotated[str, typer.Argument(help="The set.")],
    item: Annotated[str, typer.Argument(help="One anchor's id; all by default.")] = "",
    as_json: Json = False,
) -> None:
    """Show a set's make-up, or one anchor with every raw label. The chain is verified first."""
    found = load_set(open_examiner(), name)
    if item:
        anchor = found.anchor(item)
        if as_json:
            emit(anchor.model_dump(mode="json"))
        else:
            _show_anchor(anchor)
        return
    data = summary(found)
    if as_json:
        emit(data)
        return
    out = console()
    out.print(f"[bold]{found.name}[/bold]  {found.about}\n  {found.hash}")
    out.print(f"  at most: {data['best_state']}; {data['why']}")
    out.print(
        f"  {data['anchors']} anchors over {data['questions']} questions; tuning {data['split']['tuning']}, "
        f"gate {data['split']['gate']}; canaries {data['canaries']}; scores {found.levels[0]} to {found.levels[1]}"
    )
    for criterion, counts in data["levels"].items():
        out.print(f"  {criterion}: " + ", ".join(f"{n} at {level}" for level, n in sorted(counts.items())))
    out.print("  styles: " + ", ".join(f"{k} {n}" for k, n in sorted(data["styles"].items())))


def summary(found: Any) -> dict[str, Any]:
    """Return what a set is made of."""
    standing = standing_of(found.anchors)
    criteria = dict.fromkeys(c for a in found.anchors for c in a.criteria)
    return {
        "set": found.name,
        "about": found.about,
        "hash": found.hash,
        "items_hash": found.items_hash,
        "score_range": list(found.levels),
        "rounding": found.rounding,
        "anchors": len(found.anchors),
        "questions": len({a.family for a in found.anchors}),
        "raters": list(found.raters),
        "split": {"tuning": len(found.part("tuning")), "gate": len(found.part("gate"))},
        "canaries": sum(a.canary for a in found.anchors),
        "best_state": standing.best,
        "why": standing.why,
        "styles": dict(Counter(a.style for a in found.anchors if a.style)),
        "levels": {
            c: dict(Counter(level for a in found.anchors if (level := a.level(c)) is not None)) for c in criteria
        },
    }


def _show_anchor(anchor: Anchor) -> None:
    out = console()
    out.print(f"[bold]{anchor.id}[/bold]  {anchor.question}  {anchor.split}  {anchor.style}")
    for turn in anchor.turns:
        out.print(turn.text, markup=False)
    for label in anchor.labels:
        said = "cannot say" if label.score is None else f"{label.score:g}"
        out.print(f"  {label.criterion}: {said}  by {label.rater} ({label.by}) {label.at}")
    for d in anchor.decisions:
        out.print(f"  {d.criterion}: decided {d.score} by {d.by}: {d.why}")


def verify(name: Annotated[str, typer.Argument(help="The set.")], as_json: Json = False) -> None:
    """Check every byte of a set against its hash chain; exit 6 where one was changed."""
    found = load_set(open_examiner(), name)
    data = {"set": found.name, "anchors": len(found.anchors), "hash": found.hash, "chain": "whole"}
    if as_json:
        emit(data)
    else:
        console().print(f"{found.name}: {len(found.anchors)} anchors, chain whole, {found.hash}")


def prompt_of(examiner: Any, anchor: Anchor) -> str:
    """Return the question's text: the anchor's own, else the vault's."""
    return anchor.prompt or str(examiner.instance(anchor.question).prompt)


def lint(
    name: Annotated[str, typer.Argument(help="The set.")] = "reference",
    as_json: Json = False,
) -> None:
    """Check constructed anchors: labels follow from points, no words shared with the rubric, questions unchanged."""
    from examiner.calibration.anchors.reference import lint as check

    examiner = open_examiner()
    found = load_set(examiner, name)
    findings = check(found.anchors, lambda ref: _question(examiner, ref))
    if as_json:
        emit({"set": name, "anchors": len(found.anchors), "findings": [f.model_dump() for f in findings]})
    else:
        for f in findings:
            console().print(f"{f.item}: {f.rule}: {f.says}", markup=False)
        console().print(f"{len(found.anchors)} anchors, {len(findings)} findings")
    raise typer.Exit(1 if findings else 0)


def _question(examiner: Any, ref: str) -> tuple[Any, Any]:
    instance = examiner.instance(ref)
    return instance, examiner.rubric(instance)


def restate(
    name: Annotated[str, typer.Argument(help="A set of constructed anchors.")],
    to: Annotated[Path, typer.Option(help="The folder of the new set; it must not exist.")],
) -> None:
    """Write a constructed set anew with labels and hashes as the questions stand now; people's labels are refused."""
    from examiner.calibration.anchors.reference import restated
    from examiner.calibration.anchors.sets import write_set

    examiner = open_examiner()
    found = load_set(examiner, name)
    fresh, lost = [], []
    for anchor in found.anchors:
        try:
            fresh.append(restated(anchor, *_question(examiner, anchor.question)))
        except ExaminerError as error:
            lost.append(f"{anchor.id}: {error.message}")
    if lost:
        raise Invalid(f"{len(lost)} anchors do not fit their questions any more: {lost[0]}", hint="write them anew")
    made = write_set(to, fresh, about=found.about, levels=found.levels, rounding=found.rounding)
    changed = sum(a != b for a, b in zip(found.anchors, made.anchors, strict=True))
    console().print(f"{made.name}: {len(made.anchors)} anchors, {changed} restated, {short(made.hash)}\n{to}")
