"""`examiner vault list|search|show|variants`: look into the question bank."""

from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say, table
from examiner.reports.words import flowed


def _rows(families: Any, as_json: bool) -> None:
    if as_json:
        emit(
            [
                {
                    "id": f.id,
                    "kind": f.kind,
                    "phase": f.phase,
                    "level": f.level,
                    "zone": f.zone,
                    "track": f.track,
                    "title": f.title,
                }
                for f in families
            ]
        )
        return
    rows = [("id", "phase", "level", "zone", "title")] if families else []
    rows += [(f.id, str(f.phase), f.level, f.zone, f.title) for f in families]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:  # a table that measures and wraps takes seconds for thousands of rows
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def list_families(
    phase: Annotated[int | None, typer.Option(help="Only this phase.")] = None,
    kind: Annotated[str | None, typer.Option(help="question, design or debug.")] = None,
    level: Annotated[str | None, typer.Option(help="L1 to L6+.")] = None,
    area: Annotated[str | None, typer.Option(help="Only this area, as in memory.")] = None,
    as_json: Json = False,
) -> None:
    """List the question families."""
    cards = list(open_examiner().vault.cards.values())
    families = [
        f
        for f in cards
        if (phase is None or f.phase == phase)
        and (kind is None or f.kind == kind)
        and (level is None or f.level == level)
        and (area is None or area in f.areas)
    ]
    _rows(sorted(families, key=lambda f: (f.phase, f.id)), as_json)
    if not families:
        levels, areas = {f.level for f in cards}, {a for f in cards for a in f.areas}
        say(f"none fits; levels: {', '.join(sorted(levels))}; areas: {', '.join(sorted(areas))}")


def search(words: list[str], as_json: Json = False) -> None:
    """Find families whose title, topic, prompt or claims hold every word."""
    wanted = [w.lower() for w in words]
    found = [
        f
        for f in open_examiner().vault.families.values()
        if all(
            w in f"{f.id} {f.title} {f.topic} {f.prompt} {' '.join(p.claim for p in f.rubric)}".lower() for w in wanted
        )
    ]
    _rows(sorted(found, key=lambda f: f.id), as_json)
    if not found:
        say("no question holds every word")


def show(
    question: Annotated[str, typer.Argument(help="An id, or id@seed for a variant.")], as_json: Json = False
) -> None:
    """Show a question in full, keys and rubric included: not for candidates."""
    examiner = open_examiner()
    instance = examiner.instance(question)
    if as_json:
        emit(instance.model_dump(mode="json"))
        return
    out = console()
    out.print(
        f"[bold]{instance.title}[/bold]  {instance.ref}  phase {instance.phase}, {instance.level}, {instance.zone}\n"
    )
    out.print(flowed(instance.prompt) + "\n", markup=False)
    table(
        ("quantity", "role", "key", "formula"),
        ((k.name, k.role, f"{k.value:.4g} {k.unit}", k.formula) for k in instance.keys),
    )
    out.print()
    table(
        ("criterion", "point", "claim"),
        ((p.criterion, p.id + (" !" if p.critical else ""), p.claim) for p in instance.points),
    )
    out.print()
    table(
        ("mistake", "number", "means"),
        (
            (
                m.id,
                next((f"{s.value:.4g} {s.unit}" for s in instance.signatures if s.mistake == m.id), ""),
                m.means,
            )
            for m in instance.mistakes
        ),
    )
    out.print("\n[bold]Follow-ups[/bold]")
    for f in instance.follow_ups:
        out.print(f"  {f.ask}  [dim]{', '.join((*f.points, *f.mistakes))}[/dim]")
    out.print("\n[bold]Model answer[/bold]")
    out.print(flowed(instance.model_answer), markup=False)


def variants(family: str, count: Annotated[int, typer.Option(min=1, max=1000)] = 10, as_json: Json = False) -> None:
    """Show variants of a family with their final keys."""
    examiner = open_examiner()
    rows: list[dict[str, Any]] = []
    for seed in range(count):
        instance = examiner.instance(f"{family}@{seed}")
        rows.append({"ref": instance.ref, "keys": {k.name: k.value for k in instance.keys if k.role == "final"}})
    if as_json:
        emit(rows)
    else:
        table(
            ("variant", "final keys"),
            ((r["ref"], ", ".join(f"{n} = {v:.4g}" for n, v in r["keys"].items())) for r in rows),
        )
