"""`examiner loops`: the loop blueprints."""

from typing import Annotated

import typer

from examiner.cli.common import Json, console, emit, open_examiner, table
from examiner.cli.lazy import Group

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List and show the loop blueprints.",
)


@app.command("list")
def list_loops(as_json: Json = False) -> None:
    """List the loops."""
    loops = open_examiner().vault.loops
    if as_json:
        emit(
            [
                {
                    "id": b.id,
                    "title": b.title,
                    "minutes": sum(s.minutes for s in b.sections),
                    "sections": len(b.sections),
                }
                for b in loops.values()
            ]
        )
        return
    table(
        ("loop", "minutes", "sections", "about"),
        [
            (b.id, f"{sum(s.minutes for s in b.sections):g}", len(b.sections), b.about)
            for b in sorted(loops.values(), key=lambda b: b.id)
        ],
    )


@app.command()
def show(
    loop: str,
    seed: Annotated[int | None, typer.Option(help="Show what this seed draws.")] = None,
    as_json: Json = False,
) -> None:
    """Show one loop's sections, or with --seed the questions it draws."""
    from examiner.vault.chains import climbable
    from examiner.vault.select import candidates, plan

    examiner = open_examiner()
    blueprint = examiner.vault.loop(loop)
    drawn = plan(examiner.vault, blueprint, seed) if seed is not None else None
    if as_json:
        emit(blueprint.model_dump(mode="json") | ({"plan": drawn.model_dump(mode="json")} if drawn else {}))
        return
    out = console()
    out.print(f"[bold]{blueprint.title}[/bold]  {blueprint.about}")
    for section in blueprint.sections:
        out.print(f"\n[bold]{section.title}[/bold]  {section.minutes:g} min, follow-ups up to {section.follow_ups}")
        if drawn:
            for item in drawn.items:
                if item.section == section.id:
                    out.print(f"  {item.ref:40} {item.title}")
            if section.adaptive:
                out.print("  [dim](for somebody who goes up at each step; other answers lead to other steps)[/dim]")
            continue
        for draw in section.draws:
            if section.adaptive:
                found = climbable(examiner.vault, [f.id for f in candidates(examiner.vault, section, draw)], draw)
                levels = f"{draw.levels[0]} to {draw.levels[-1]}" if draw.levels else "all levels"
                out.print(f"  {draw.count} of {len(found)} chains, {draw.steps} steps each from {draw.start}, {levels}")
                continue
            pool = candidates(examiner.vault, section, draw)
            phases = f" from phases {', '.join(map(str, draw.phases))}" if draw.phases else ""
            out.print(f"  {draw.count} of {len(pool)} {draw.pool}{phases}")
