"""The agreement report in a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from examiner.reports.agreement_words import BOUNDS, VERDICTS, failing, value

_COLOUR = {"pass": "green", "fail": "red", "insufficient": "yellow", "undefined": "yellow"}


def summary(data: Mapping[str, Any]) -> Any:
    """Return the report of `calibrate stats` as something rich can print: one line a judge and criterion."""
    table = Table(box=None, pad_edge=False)
    for column in ("judge", "criterion", "verdict"):
        table.add_column(column, no_wrap=True)
    for column in ("n", "QWK (from)", "rho (from)", "SMD"):
        table.add_column(column, justify="right", no_wrap=True)
    notes: list[str] = []
    for judge, criteria in data["judges"].items():
        for criterion, found in criteria.items():
            colour = _COLOUR[found["verdict"]]
            shown = [f"{value(found[key])}{_lower(found[key])}" for key in ("qwk", "spearman")]
            shown.append(value(found["smd"]))
            table.add_row(
                escape(judge), escape(criterion), f"[{colour}]{found['verdict']}[/{colour}]", str(found["n"]), *shown
            )
            missed = f"; not met: {', '.join(failing(found))}" if failing(found) else ""
            notes.append(f"[bold]{escape(judge)}, {escape(criterion)}[/bold] {VERDICTS[found['verdict']]}{missed}")
    people = [
        f"[dim]{escape(criterion)}: raters {block['raters']}, labelled answers {block['items']}, "
        f"human-human QWK {value(block['qwk'])}, label reliability {value(block['label_reliability'])}[/dim]"
        for criterion, block in data["humans"].items()
    ]
    return Group(
        f"[bold]Agreement with human labels[/bold], policy {escape(data['policy'])}",
        table,
        "",
        *notes,
        "",
        *people,
        f"[dim]In brackets the lower bound. {BOUNDS}[/dim]",
    )


def _lower(one: Mapping[str, Any]) -> str:
    return "" if one["lower"] is None else f" ({one['lower']:.2f})"
