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
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where the family file goes; else adopted/ in the data folder."),
    ] = None,
    by: Annotated[str, typer.Option(help="Who fills it in: human or model; recorded in the file.")] = "human",
    as_json: Json = False,
) -> None:
    """Turn an imported draft into a family file, and list what lint still demands of it.

    Writes what is known, opens $EDITOR on it or takes the rest from --from FILE, and runs the linter. Exit 1 while lint
    has demands. The file is yours: put it under vault/questions/ of your content folder when its licence allows.
    """
    from examiner.vault.adopt import as_yaml, notes, skeleton, slug
    from examiner.vault.catalogue import check_claims, read_catalogue
    from examiner.vault.importing.drafts import Drafts
    from examiner.vault.read import load_yaml

    if by not in ("human", "model"):
        raise Invalid(f"--by is human or model, not '{by}'")
    examiner = open_examiner()
    draft = Drafts(examiner.settings.home_path).get(draft_id)
    where = output or examiner.settings.home_path / "adopted" / f"{slug(draft.title)}.yaml"
    raw = skeleton(draft, examiner.vault.taxonomy, "model" if by == "model" else "human")
    catalogue = read_catalogue(examiner.root)
    findings = check_claims(catalogue, [(draft.id, draft.claims_in)], examiner.vault.tables["models"])
    if source is not None:
        filled = load_yaml(source)
        if not isinstance(filled, dict):
            raise Invalid(f"{source}: must be a mapping of family fields")
        raw |= filled | {"provenance": raw["provenance"] | (filled.get("provenance") or {}) | {"origin": "imported"}}
    elif where.exists():
        raise Refused(f"{where} exists", hint="edit it and run `examiner vault lint` on it, or give --from or -o")
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(as_yaml(raw, notes(draft, findings)), encoding="utf-8")
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


def _asked(examiner: Any, path: Path) -> list[str]:
    from examiner.judge.model_answers import check_answers
    from examiner.vault.adopt import demands
    from examiner.vault.read import load_yaml

    vault = examiner.vault
    family, asked = demands(load_yaml(path), vault, path.name)
    if family is not None and not asked:
        judge = examiner.judge_named("embedded")
        problems = check_answers(family, vault.tables, vault.rubric_for(family.kind), judge, path.name)
        asked = [f"{p.rule}: {p.says}" for p in problems]
    return asked


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
