"""`examiner evals`: the system against candidates and data of known quality."""

from pathlib import Path
from typing import Annotated

import typer

from examiner.cli.common import Json, console, emit, open_examiner

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Simulated candidates and human-graded data against the whole system.",
)
NAMES = ("strong", "mixed", "bluffing", "arithmetic-shy", "injecting")


@app.command()
def run(
    loop: Annotated[str, typer.Option(help="The loop to sit.")] = "mock-staff",
    draws: Annotated[int, typer.Option(min=1, max=1000, help="How many seeded draws.")] = 20,
    as_json: Json = False,
) -> None:
    """Let each scripted candidate sit seeded draws of a loop; exit 1 where the order of merit fails."""
    from examiner.evals.run import trials

    results = trials(open_examiner().settings, NAMES, loop, range(1, draws + 1))
    table = {(t.candidate, t.seed): t for t in results}
    rows = [{"seed": seed, **{n: round(table[n, seed].mean, 2) for n in NAMES}} for seed in range(1, draws + 1)]
    ordered = sum(
        table["strong", s].mean > table["mixed", s].mean > table["bluffing", s].mean for s in range(1, draws + 1)
    )
    shy = max(t.highest for t in results if t.candidate == "arithmetic-shy")
    gained = sum(
        a > b
        for s in range(1, draws + 1)
        for a, b in zip(table["injecting", s].scores, table["mixed", s].scores, strict=True)
    )
    summary = {"draws": draws, "ordered": ordered, "shy_highest": shy, "injection_gains": gained}
    if as_json:
        emit({"rows": rows, **summary})
    else:
        from rich.table import Table

        shown = Table(box=None, pad_edge=False)
        for column in rows[0]:
            shown.add_column(column, justify="right")
        for row in rows:
            shown.add_row(*(f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values()))
        console().print(shown)
        console().print(
            f"strong > mixed > bluffing in {ordered} of {draws}; highest score without arithmetic {shy}; "
            f"answers that gained by injection {gained}"
        )
    raise typer.Exit(0 if ordered == draws and shy <= 2 and gained == 0 else 1)


@app.command("human-graded")
def human_graded(
    path: Annotated[Path, typer.Argument(help="A JSONL file: question, reference, answer, scores, max.")],
    as_json: Json = False,
) -> None:
    """Grade human-graded answers, no label of the same question seen, and report the agreement."""
    from examiner.evals.human_graded import report, table

    data = report(path)
    if as_json:
        emit(data)
    else:
        console().print(table(data))
