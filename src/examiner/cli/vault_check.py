"""`examiner vault lint|build|audit|coverage`: is the question bank right, and what does it cover."""

from pathlib import Path
from typing import Annotated

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say


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


def build() -> None:
    """Build the cache that warm starts read."""
    from examiner.vault.read import read

    examiner = open_examiner()
    vault = read(examiner.root, examiner.settings.cache_path)
    typer.echo(f"{len(vault.families)} families, {len(vault.loops)} loops; cache in {examiner.settings.cache_path}")


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
