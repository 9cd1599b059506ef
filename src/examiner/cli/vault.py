"""`examiner vault`: the question bank."""

from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The question bank: list, show, search, lint, build, audit, coverage.",
)


def _table(columns: tuple[str, ...], rows: Any) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console().print(table)


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
    _table(
        ("id", "phase", "level", "zone", "title"),
        ((f.id, f.phase, f.level, f.zone, f.title) for f in families),
    )


@app.command("list")
def list_families(
    phase: Annotated[int | None, typer.Option(help="Only this phase.")] = None,
    kind: Annotated[str | None, typer.Option(help="question, design or debug.")] = None,
    level: Annotated[str | None, typer.Option(help="L1 to L6+.")] = None,
    as_json: Json = False,
) -> None:
    """List the question families."""
    families = [
        f
        for f in open_examiner().vault.families.values()
        if (phase is None or f.phase == phase)
        and (kind is None or f.kind == kind)
        and (level is None or f.level == level)
    ]
    _rows(sorted(families, key=lambda f: (f.phase, f.id)), as_json)


@app.command()
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


@app.command()
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
    out.print(instance.prompt + "\n", markup=False)
    _table(
        ("quantity", "role", "key", "formula"),
        ((k.name, k.role, f"{k.value:.4g} {k.unit}", k.formula) for k in instance.keys),
    )
    out.print()
    _table(
        ("criterion", "point", "claim"),
        ((p.criterion, p.id + (" !" if p.critical else ""), p.claim) for p in instance.points),
    )
    out.print()
    _table(
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
    out.print(f"\n[bold]Model answer[/bold]\n{instance.model_answer}")


@app.command()
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
        _table(
            ("variant", "final keys"),
            ((r["ref"], ", ".join(f"{n} = {v:.4g}" for n, v in r["keys"].items())) for r in rows),
        )


@app.command()
def lint(
    files: Annotated[list[Path] | None, typer.Argument(help="Only these files; all of the vault by default.")] = None,
    as_json: Json = False,
) -> None:
    """Check every rule of docs/vault.md; exit 1 where something stands against one."""
    from examiner.judge.model_answers import check_answers
    from examiner.vault.check import check, check_family
    from examiner.vault.read import load_yaml, parse_family, read

    examiner = open_examiner()
    vault = read(examiner.root)
    judge = examiner.judge_named("embedded")
    if files:
        problems = []
        for path in files:
            family = parse_family(load_yaml(path), str(path))
            rubric = vault.rubric_for(family.kind)
            problems += check_family(family, vault.tables, vault.taxonomy, str(path), list(rubric.criteria))
            problems += check_answers(family, vault.tables, rubric, judge, str(path))
    else:
        problems = check(vault)
        for family in vault.families.values():
            where = vault.files[family.id]
            problems += check_answers(family, vault.tables, vault.rubric_for(family.kind), judge, where)
    if as_json:
        emit({"families": len(vault.families), "findings": [p.model_dump() for p in problems]})
    else:
        for p in problems:
            typer.echo(f"{p.where}: {p.rule}: {p.says}")
        checked = len(files) if files else len(vault.families)
        say(f"{checked} families, {len(problems)} findings")
    raise typer.Exit(1 if problems else 0)


@app.command()
def build() -> None:
    """Build the cache that warm starts read."""
    from examiner.vault.read import read

    examiner = open_examiner()
    vault = read(examiner.root, examiner.settings.cache_path)
    typer.echo(f"{len(vault.families)} families, {len(vault.loops)} loops; cache in {examiner.settings.cache_path}")


@app.command()
def audit(as_json: Json = False) -> None:
    """Recompute every key over the draws of every family; exit 1 where one is disputed."""
    from examiner.vault.audit import audit as run

    result = run(open_examiner().vault)
    if as_json:
        emit(result.model_dump(mode="json"))
    else:
        for row in result.rows:
            for text in row.disputed:
                typer.echo(f"{row.family}: {text}")
        typer.echo(
            f"{result.families} families, {result.keys} keys computed, {result.variants} distinct variants, {result.disputed} disputed"
        )
    raise typer.Exit(1 if result.disputed else 0)


@app.command()
def coverage(as_json: Json = False) -> None:
    """Show what the vault covers, and what no loop samples."""
    from examiner.vault.coverage import coverage as measure

    result = measure(open_examiner().vault)
    if as_json:
        emit(result.model_dump(mode="json"))
        return
    out = console()
    for name in ("by_kind", "by_zone", "by_track", "by_level", "by_phase"):
        counts = getattr(result, name)
        out.print(f"{name.removeprefix('by_'):6} " + "  ".join(f"{k} {v}" for k, v in counts.items()))
    out.print(
        f"cells  {result.filled} of {result.cells} applicable (topic, track) cells filled; {len(result.excluded)} excluded by physics"
    )
    out.print(f"spread σ/μ over topics {result.evenness} (below 0.5 is even)")
    out.print(f"empty  {', '.join(result.empty_topics) or 'none'}")
    out.print(f"phases no loop samples: {', '.join(map(str, result.unsampled)) or 'none'}")
