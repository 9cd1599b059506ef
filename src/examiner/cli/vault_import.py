"""`examiner vault import|drafts`: questions that others wrote, as drafts in the user's own data folder."""

from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say, table
from examiner.vault.importing.drafts import FLAGS, Draft, Drafts, Imported


def import_questions(
    format_name: Annotated[
        str, typer.Argument(metavar="FORMAT", help="staffml, transformer-math, interview-md, qti or csv.")
    ],
    path: Annotated[Path, typer.Argument(help="A file, or the folder of a checkout.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report; keep nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Read questions that others wrote. They become drafts without rubric; nothing of them is askable as it is.

    Reports what was found, what could not be used and why, which claimed numbers do not survive recomputation, and the
    licence and origin that travel with each draft. --json: format, collection, source, licence, attribution, release,
    found, drafts, whole, chains, counts, unusable, notes, claims, disputed, kept.
    """
    from examiner.vault.audit import audit_imported
    from examiner.vault.catalogue import read_catalogue
    from examiner.vault.importing import import_from

    examiner = open_examiner()
    imported = import_from(format_name, path)
    findings = audit_imported(imported, read_catalogue(examiner.root), examiner.vault)
    disputed = [f for f in findings if not f.agrees]
    kept = None if dry_run else Drafts(examiner.settings.home_path).save(imported)
    if as_json:
        claims = {"claims": len(findings), "disputed": [f.model_dump(mode="json") for f in disputed]}
        emit(summary(imported) | claims | {"kept": str(kept) if kept else None})
        return
    out = console()
    out.print(f"{_many(imported.found, 'question')} found in {imported.source}", markup=False)
    for name, n in imported.counts.items():
        out.print(f"  {n:>6,}  {name.replace('_', ' ')}", markup=False)
    if imported.unusable:
        out.print(f"{_many(len(imported.unusable), 'thing')} that cannot be used as found:")
    for line in imported.unusable[:10]:
        out.print(f"  {line.where}: {line.why}", markup=False)
    if len(imported.unusable) > 10:
        out.print(f"  ... and {len(imported.unusable) - 10} more; --json lists all")
    odd = [d.level for d in imported.drafts if d.level and d.level not in examiner.vault.taxonomy["levels"]]
    if odd:
        out.print(f"{_many(len(odd), 'level')} kept as written though there is none such here: {', '.join(odd[:5])}")
    out.print(f"{_many(len(findings), 'claimed number')} recomputed, {len(disputed)} disputed")
    for finding in disputed:
        out.print(f"  disputed: {finding.where}: {finding.reason}", markup=False)
    out.print(f"licence: {imported.licence}", markup=False)
    if imported.attribution:
        out.print(f"attribution: {imported.attribution}", markup=False)
    out.print(f"release: {imported.release}")
    for note in imported.notes:
        out.print(f"note: {note}", markup=False)
    say(f"kept in {kept}" if kept else "dry run: nothing was kept")
    if kept and imported.drafts:
        whole = next((d for d in imported.drafts if d.whole), imported.drafts[0])
        say(f"next: examiner vault drafts --whole, then examiner vault adopt {whole.id}")


def summary(imported: Imported) -> dict[str, Any]:
    """Return the report of an import, without the texts."""
    return {
        "format": imported.format,
        "collection": imported.collection,
        "source": imported.source,
        "licence": imported.licence,
        "attribution": imported.attribution,
        "release": imported.release,
        "found": imported.found,
        "drafts": len(imported.drafts),
        "whole": sum(d.whole for d in imported.drafts),
        "chains": len(imported.chains),
        "counts": imported.counts,
        "unusable": [u.model_dump() for u in imported.unusable],
        "notes": imported.notes,
    }


def drafts(
    draft: Annotated[str | None, typer.Argument(help="An id: show this one in full.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Only those whose question and answer are complete.")] = False,
    as_json: Json = False,
) -> None:
    """List the imported drafts, or show one."""
    store = Drafts(open_examiner().settings.home_path)
    if draft:
        _show(store.get(draft), as_json)
        return
    found = [
        (name, d) for name, imported in store.collections().items() for d in imported.drafts if d.whole or not whole
    ]
    if as_json:
        emit(
            {
                "drafts": [
                    {
                        "collection": name,
                        "id": d.id,
                        "title": d.title,
                        "level": d.level,
                        "whole": d.whole,
                        "flags": d.flags,
                    }
                    for name, d in found
                ]
            }
        )
        return
    table(
        ("id", "level", "title", "flags"),
        ((d.id, d.level, d.title, ", ".join(d.flags)) for _, d in found),
    )
    say(f"{len(found)} drafts")


def _show(draft: Draft, as_json: bool) -> None:
    if as_json:
        emit(draft.model_dump(mode="json") | {"whole": draft.whole})
        return
    out = console()
    out.print(f"{draft.title}  {draft.id}  {draft.level} {draft.zone} {draft.track}\n", markup=False)
    for name, text in (
        ("", draft.prompt),
        ("Answer", draft.answer),
        ("Working", draft.working),
        ("Mistake", draft.mistake),
    ):
        if text:
            out.print(f"{name}\n{text}\n".lstrip(), markup=False)
    for flag in draft.flags:
        out.print(f"flag: {FLAGS.get(flag, flag)}", markup=False)
    out.print(f"from {draft.origin.source}, {draft.origin.where}; licence: {draft.origin.licence}", markup=False)


def _many(count: int, name: str) -> str:
    return f"{count:,} {name}" + ("" if count == 1 else "s")
