"""The report in a terminal."""

from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from examiner.domain.report import AskedItem, CandidateCard
from examiner.reports.words import NUMBERS, VERDICTS, figure, flowed, number, within

_COLOUR = {0: "red", 1: "red", 2: "yellow", 3: "green"}


def rich_card(card: CandidateCard, *, details: bool, words: bool = True) -> Any:
    """Return the report as something rich can print.

    Args:
        card: what is reported.
        details: every question too, with its points.
        words: with details, what was asked and answered; False where the reader has just seen it.

    """
    parts: list[Any] = [
        Text(""),
        Panel(escape(card.standing), border_style="yellow", title="how far to trust this"),
    ]
    if details:
        parts += [block for item in card.items for block in item_block(item, card.standing, words=words)]
    parts += [Text(""), matrix(card), Text(""), *_revision(card), *_sections(card)]
    parts += [f"[dim]{escape(note)}[/dim]" for note in card.notes]
    return Group(*parts)


def matrix(card: CandidateCard) -> Table:
    """Return the competency matrix."""
    table = Table(
        title=f"Competency matrix: {escape(card.candidate)}, {escape(card.loop)}",
        title_justify="left",
        pad_edge=False,
    )
    for name, justify in (
        ("row", "left"),
        ("level", "left"),
        ("median", "right"),
        ("lowest", "right"),
        ("asked", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in card.rows:
        if not row.refs:
            continue
        if row.value is None:
            table.add_row(row.title, f"[dim]{row.label}[/dim]", "", "", str(len(row.refs)))
            continue
        full = int(row.value)
        bar = f"[{_COLOUR[full]}]{'■' * full}{'□' * (3 - full)}[/]"
        table.add_row(row.title, bar, f"{row.value:g}", str(row.lowest), str(len(row.refs)))
    empty = [row.title for row in card.rows if not row.refs]
    if empty:
        table.caption = f"not asked: {', '.join(empty)}"
        table.caption_justify = "left"
    return table


def item_block(item: AskedItem, standing: str = "", *, words: bool = True) -> list[Any]:
    """Return one question as it went; a reason that `standing` has given already is not said again."""
    parts: list[Any] = [
        Text(""),
        f"[bold]{escape(item.title)}[/bold]  [dim]{item.ref}, phase {item.phase}, {item.level}[/dim]",
    ]
    if words:
        parts.append(Text(flowed(item.prompt), style="dim"))
    for turn in item.turns if words else ():
        if turn.probe:
            parts.append(
                f"[bold cyan]follow-up[/bold cyan] {escape(turn.asked)}"
                + (" [yellow](after a hint)[/yellow]" if turn.peeked else "")
            )
        parts.append(Panel(Text(turn.text), border_style="dim"))
    if item.score is None:
        parts.append("[dim]no answer[/dim]")
        return parts
    table = Table(box=None, pad_edge=False, show_header=False)
    for criterion in item.score.criteria:
        for p in criterion.points:
            sign, word = VERDICTS[p.verdict]
            quote = " ".join(p.quote.split())
            quote = quote if len(quote) < 110 else quote[:107] + "..."
            when = " after a follow-up" if p.prompted and p.verdict in ("met", "partly") else ""
            table.add_row(
                criterion.criterion,
                f"{sign} {word}{when}",
                escape(p.claim),
                f"[italic]{escape(quote)}[/italic]",
            )
    parts.append(table)
    for n in item.score.judgement.numbers:
        if not n.stated:  # its point says the figure
            continue
        note = f", {escape(n.note)}" if n.note else ""
        key = "" if n.verdict == "right" else f"; it is {number(n.key)} {n.key_unit}"
        parts.append(f"  number  {n.quantity}: {escape(n.stated)}, [bold]{NUMBERS[n.verdict]}[/bold]{note}{key}")
    parts += [f"  cap     at {cap.ceiling:g}: {escape(cap.reason)}" for cap in item.score.caps]
    parts += [f"  flag    {flag.kind}: {escape(flag.detail)}" for flag in item.score.judgement.flags]
    low, high = item.score.interval
    shown = figure(item)
    differs = shown != str(item.score.quality) or low < high
    said = f" (quality {item.score.quality}, {escape(within(item.score))})" if differs else ""
    known = item.release.reason.rpartition(": ")[2] in standing
    why = "" if known else f"  [dim]{escape(item.release.reason)}[/dim]"
    parts.append(f"  [bold]{item.release.label}: {shown}[/bold]{said}{why}")
    return parts


def _revision(card: CandidateCard) -> list[Any]:
    if not card.revision:
        return ["[bold]Revision list[/bold]: nothing at 1 or below."]
    parts: list[Any] = ["[bold]Revision list[/bold] (rows at 1 or below)"]
    told: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}
    for line in card.revision:
        phases = ", ".join(f"{p} {t}" for p, t in zip(line.phases, line.phase_titles, strict=True))
        parts.append(f"  [bold]{line.title}[/bold]: phase {phases}")
        before = told.setdefault((tuple(line.missing), tuple(line.mistakes)), line.title)
        if before != line.title:
            parts.append(f"    the same as under {before}")
            continue
        parts += [f"    missing: {escape(m)}" for m in line.missing[:2]]
        parts += [f"    mistake: {escape(m)}" for m in line.mistakes[:2]]
    return parts


def _sections(card: CandidateCard) -> list[Any]:
    parts: list[Any] = [""]
    for section in card.sections:
        used = "" if section.used_seconds is None else f", {section.used_seconds / 60:.1f} of {section.minutes:g} min"
        count = (
            ""
            if section.derivations is None
            else f", numbers derived: {section.derivations} (aim at {section.derivations_mark})"
        )
        parts.append(f"[dim]{escape(section.title)}: {section.ended}{used}{count}[/dim]")
    return parts
