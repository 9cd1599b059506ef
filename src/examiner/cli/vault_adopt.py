"""`examiner vault adopt|export`: make a draft a family; write questions in other programs' formats."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, emit, open_examiner, say
from examiner.domain.errors import Invalid, Refused


def adopt(
    draft_id: Annotated[str, typer.Argument(metavar="ID", help="A draft's id; see `examiner vault drafts`.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="A YAML file with the fields that are missing; no editor is opened.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Let a model draft the family: openai/NAME, anthropic/NAME, litellm/NAME, scripted:FILE."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where the family file goes; else adopted/ in the data folder."),
    ] = None,
    by: Annotated[str, typer.Option(help="Who fills it in: human or model; recorded in the file.")] = "human",
    as_json: Json = False,
) -> None:
    """Turn an imported draft into a family file, and list what lint still demands of it.

    Writes what is known, opens $EDITOR on it or takes the rest from --from FILE, and runs the linter; with --model a
    model drafts the rest, lint's findings go back to it once, and what is left for a person is listed. A model writes
    formulas, never values: a draft with a key typed in is refused and not written. Exit 1 while lint has demands. The
    file is yours: put it under vault/questions/ of your content folder when its licence allows.

    --json: draft, file, demands, ready; with --model also outcome, model, prompts, refused, left, asked_again, calls,
    tokens, cost_usd.
    """
    from examiner.service.adopting import claims_of
    from examiner.vault.adopt import as_yaml, notes, skeleton, slug
    from examiner.vault.importing.drafts import Drafts
    from examiner.vault.read import load_yaml

    if by not in ("human", "model"):
        raise Invalid(f"--by is human or model, not '{by}'")
    if model is not None and source is not None:
        raise Invalid("--model and --from both fill the draft", hint="give one of them")
    examiner = open_examiner()
    draft = Drafts(examiner.settings.home_path).get(draft_id)
    where = output or examiner.settings.home_path / "adopted" / f"{slug(draft.title)}.yaml"
    if source is None and where.exists():
        raise Refused(f"{where} exists", hint="edit it and run `examiner vault lint` on it, or give --from or -o")
    if model is not None:
        _drafted(examiner, draft, model, where, as_json)
    raw = skeleton(draft, examiner.vault.taxonomy, "model" if by == "model" else "human")
    if source is not None:
        given = load_yaml(source)
        if not isinstance(given, dict):
            raise Invalid(f"{source}: must be a mapping of family fields")
        raw |= given | {"provenance": raw["provenance"] | (given.get("provenance") or {}) | {"origin": "imported"}}
    _write(where, as_yaml(raw, notes(draft, claims_of(examiner, draft))))
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if source is None and editor and sys.stdin.isatty():
        subprocess.run([*shlex.split(editor), str(where)], check=False)  # noqa: S603 - the user's own editor
    asked = _asked(examiner, where)
    if as_json:
        emit({"draft": draft.id, "file": str(where), "demands": asked, "ready": not asked})
    else:
        for line in asked:
            typer.echo(line)
        say(f"{where}: " + (f"lint has {len(asked)} demands" if asked else "lint has no demands"))
    raise typer.Exit(1 if asked else 0)


def _drafted(examiner: Any, draft: Any, model: str, where: Path, as_json: bool) -> None:
    """Let the model draft the family, write it unless it is refused, and exit."""
    from examiner.service.adopting import by_model, claims_of, open_drafter
    from examiner.vault.adopt import as_yaml, notes

    gateway, name = open_drafter(examiner, model)
    made = examiner.portal.run(by_model(examiner, draft, gateway, name))
    if made.outcome != "refused":
        drafted = f"drafted by the model {name}; nobody has reviewed it"
        left = [f"left for you: {line}" for line in made.left]
        sound = [f for f in claims_of(examiner, draft) if f.agrees]  # what is disputed stands among what is left
        _write(where, as_yaml(made.family, [drafted, *left, *notes(draft, sound)]))
    written = str(where) if made.outcome != "refused" else None
    if as_json:
        about = made.model_dump(mode="json", exclude={"family"})
        emit({"draft": draft.id, "file": written, "ready": made.outcome == "ready"} | about)
        raise typer.Exit(0 if made.outcome == "ready" else 1)
    for line in made.refused:
        typer.echo(f"refused: {line}")
    for line in made.demands:
        typer.echo(f"lint: {line}")
    for line in made.left if written else ():
        typer.echo(f"left for you: {line}")
    cost = "cost unknown" if made.cost_usd is None else f"{made.cost_usd:.4f} USD"
    say(f"{name}: {made.calls} calls{', asked again with the findings' if made.asked_again else ''}, {cost}")
    say(f"{where}: lint has {len(made.demands) or 'no'} demands; not reviewed" if written else "nothing was written")
    raise typer.Exit(0 if made.outcome == "ready" else 1)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _asked(examiner: Any, path: Path) -> list[str]:
    from examiner.service.adopting import lint
    from examiner.vault.read import load_yaml

    return lint(examiner, load_yaml(path), path.name)


def export_questions(
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help="qti, anki, csv or moodle.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; else vault with the format's suffix.")
    ] = None,
    phase: Annotated[int | None, typer.Option(help="Only this phase.")] = None,
    level: Annotated[str | None, typer.Option(help="Only this level, L1 to L6+.")] = None,
    area: Annotated[str | None, typer.Option(help="Only this competency area.")] = None,
    family: Annotated[list[str] | None, typer.Option(help="Only these families; repeat the option.")] = None,
    variants: Annotated[int, typer.Option(min=1, max=60, help="Variants of each family.")] = 1,
) -> None:
    """Write questions with their answers and rubric points for another program. Not for candidates.

    Every instance is exported with its drawn numbers; the keys are computed, as everywhere.
    """
    from examiner.vault.exporting import EXPORTERS, export
    from examiner.vault.exporting.about import About
    from examiner.vault.render import render

    examiner = open_examiner()
    chosen = [examiner.vault.family(name) for name in family] if family else list(examiner.vault.families.values())
    chosen = [
        f
        for f in chosen
        if (phase is None or f.phase == phase)
        and (level is None or f.level == level)
        and (area is None or area in f.areas)
    ]
    if not chosen:
        raise Invalid("no family fits these options", hint="see `examiner vault list`")
    instances = [render(f, examiner.vault.tables, seed) for f in chosen for seed in range(variants)]
    data = export(format_name, instances, About(title="examiner vault", at=examiner.clock()))
    path = output or Path(f"vault{EXPORTERS[format_name][1]}")
    path.write_bytes(data)
    say(f"{len(instances)} questions of {len(chosen)} families in {path}")
