"""`examiner vault lint|build|audit|coverage`: is the question bank right, and what does it cover."""

from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say, table


def lint(
    files: Annotated[list[Path] | None, typer.Argument(help="Only these files; all of the vault by default.")] = None,
    as_json: Json = False,
) -> None:
    """Check every rule of docs/vault.md; exit 1 where something stands against one."""
    from examiner.judge.model_answers import check_answers
    from examiner.vault.check import check, check_family
    from examiner.vault.loops_check import check_loops
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
        problems = check(vault) + check_loops(vault)
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


def audit(
    imported: Annotated[
        bool, typer.Option("--imported/--no-imported", help="Check the claims of imported questions too.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Recompute every key over the draws of every family, twice, and match keys to published values.

    Exit 1 where one of our own keys is disputed. Claims of imported questions are listed beside the recomputed value;
    a wrong one is their author's, so it does not fail the audit. --json: families, keys, quantities, second_route,
    second_route_quantities, second_route_families, without_second_route, published, published_matched, variants,
    disputed, rows, matches, imported {collections, claims, agreed, disputed, contradictions, findings}.
    """
    from examiner.evals.keys import second_routes
    from examiner.vault.audit import audit as run
    from examiner.vault.audit import read_published

    examiner = open_examiner()
    result = run(examiner.vault, second_routes(), read_published(examiner.root))
    claims = _claims(examiner) if imported else {}
    if as_json:
        emit(result.model_dump(mode="json") | {"imported": _claims_data(claims)})
    else:
        _print_audit(result, claims)
    raise typer.Exit(1 if result.disputed else 0)


def _claims(examiner: Any) -> dict[str, list[Any]]:
    """Return what the recomputation of their claims found, by collection of imported questions."""
    from examiner.vault.audit import audit_imported
    from examiner.vault.catalogue import read_catalogue
    from examiner.vault.importing.drafts import Drafts

    collections = Drafts(examiner.settings.home_path).collections()
    if not collections:
        return {}
    catalogue = read_catalogue(examiner.root)
    return {name: audit_imported(read, catalogue, examiner.vault) for name, read in collections.items()}


def _contrary(claims: dict[str, list[Any]]) -> list[str]:
    from examiner.vault.catalogue import contradictions

    return [f"{name}: {says}" for name, found in claims.items() for says in contradictions(found)]


def _claims_data(claims: dict[str, list[Any]]) -> dict[str, Any]:
    findings = [(name, f) for name, found in claims.items() for f in found]
    agreed = sum(f.agrees for _, f in findings)
    return {
        "collections": list(claims),
        "claims": len(findings),
        "agreed": agreed,
        "disputed": len(findings) - agreed,
        "contradictions": _contrary(claims),
        "findings": [{"collection": name, **f.model_dump(mode="json")} for name, f in findings],
    }


def _print_audit(result: Any, claims: dict[str, list[Any]]) -> None:
    for row in result.rows:
        for text in row.disputed:
            typer.echo(f"{row.family}: {text}")
    for m in result.matches:
        if not m.agrees:
            typer.echo(f"{m.published.family}: published value disputed: {m.reason} ({m.published.source})")
    against = [f"{name}: {f.where}: {f.reason}" for name, found in claims.items() for f in found if not f.agrees]
    for line in against:
        typer.echo(f"imported {line}")
    for says in _contrary(claims):
        typer.echo(f"imported {says}")
    typer.echo(
        f"{result.families} families, {result.keys} keys computed over all draws ({result.quantities} quantities), "
        f"{result.variants} distinct variants"
    )
    typer.echo(
        f"second route: {result.second_route} keys of {result.second_route_families} families agree; "
        f"{len(result.without_second_route)} families have none"
    )
    typer.echo(f"published values: {result.published_matched} of {result.published} matched")
    recomputed = sum(map(len, claims.values()))
    if recomputed:
        typer.echo(f"imported claims: {recomputed} recomputed, {len(against)} disputed")
    typer.echo(f"{result.disputed} of our own keys disputed")


def coverage(
    html: Annotated[Path | None, typer.Option("--html", help="Write the heat map as a page.")] = None,
    cells: Annotated[bool, typer.Option("--cells", help="Print every cell, excluded ones with their reason.")] = False,
    as_json: Json = False,
) -> None:
    """Show what the vault covers: cells, capacity, fill, evenness over topics, and phases that no loop samples.

    --json: families, by_kind, by_zone, by_track, by_level, by_phase, by_area, cells, filled, full, theoretical,
    empirical, fill, excluded, evenness, even, empty_topics, loops, unsampled, grid.
    """
    from examiner.reports import coverage_map
    from examiner.vault.audit import audit as run
    from examiner.vault.coverage import coverage as measure

    vault = open_examiner().vault
    result = measure(vault, {row.family: row.variants for row in run(vault).rows})
    data = result.model_dump(mode="json")
    if html is not None:
        areas = {topic: entry["area"] for topic, entry in vault.taxonomy["topics"].items()}
        titles = {area: entry["title"] for area, entry in vault.taxonomy["areas"].items()}
        html.write_text(coverage_map.html(data, areas, titles), encoding="utf-8")
        say(f"written to {html}")
    if as_json:
        emit(data)
        return
    out = console()
    for name in ("kind", "zone", "track", "level", "phase", "area"):
        out.print(f"{name:6} " + "  ".join(f"{k} {v}" for k, v in data[f"by_{name}"].items()))
    out.print(
        f"cells  {result.filled} of {result.cells} applicable (topic, track) cells filled, {result.full} full;"
        f" {len(result.excluded)} excluded by physics"
    )
    out.print(f"capacity  {result.empirical} distinct variants of {result.theoretical} draws; mean fill {result.fill}")
    out.print(f"spread σ/μ over topics {result.evenness} (below 0.5 is even)")
    out.print(f"empty  {', '.join(result.empty_topics) or 'none'}")
    for name, phases in result.loops.items():
        out.print(f"loop {name}: phases {', '.join(map(str, phases)) or 'all'}")
    out.print(f"phases no loop samples: {', '.join(map(str, result.unsampled)) or 'none'}")
    if cells:
        table(
            ("topic", "track", "state", "families", "variants", "reason"),
            ((c.topic, c.track, c.state, c.families, c.empirical, c.reason) for c in result.grid),
        )
