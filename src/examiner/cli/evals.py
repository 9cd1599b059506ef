"""`examiner evals`: the system against candidates and data of known quality."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say, table
from examiner.cli.lazy import Group
from examiner.domain.errors import NotFound

app = typer.Typer(
    cls=Group,
    add_completion=False,
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
    by_seed = {(t.candidate, t.seed): t for t in results}
    rows = [{"seed": seed, **{n: round(by_seed[n, seed].mean, 2) for n in NAMES}} for seed in range(1, draws + 1)]
    ordered = sum(
        by_seed["strong", s].mean > by_seed["mixed", s].mean > by_seed["bluffing", s].mean for s in range(1, draws + 1)
    )
    shy = max(t.highest for t in results if t.candidate == "arithmetic-shy")
    gained = sum(
        a > b
        for s in range(1, draws + 1)
        for a, b in zip(by_seed["injecting", s].scores, by_seed["mixed", s].scores, strict=True)
    )
    summary = {"draws": draws, "ordered": ordered, "shy_highest": shy, "injection_gains": gained}
    if as_json:
        emit({"rows": rows, **summary})
    else:
        cells = [[f"{v:.2f}" if isinstance(v, float) else v for v in row.values()] for row in rows]
        table(list(rows[0]), cells, right=list(rows[0]))
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
    from examiner.evals.human_graded import report
    from examiner.evals.human_graded import table as agreement_table

    data = report(path)
    if as_json:
        emit(data)
    else:
        console().print(agreement_table(data))


@app.command()
def attacks(
    clean: Annotated[
        list[Path] | None, typer.Option(help="Also count what is flagged in this JSONL file of answers.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Attack the graders with every payload; exit 1 where one gains a point or the guards change a clean answer.

    The held-out payloads were written after the detectors and are never tuned on: they are reported, not gated.
    """
    from examiner.evals.attacks import SETS, Bench, attack, flagged_answers, read_payloads
    from examiner.evals.attacks import clean as clean_table

    if lost := [str(path) for path in clean or () if not path.is_file()]:
        raise NotFound(f"no file {lost[0]}")
    bench = Bench(open_examiner())
    attacked: dict[str, Any] = {}
    runs = [(name, name, bench.bases) for name in SETS]
    runs.append(("heldout-bluffs", SETS[-1], bench.bluffs))  # the same, put into answers that name everything
    for name, source, bases in runs:
        payloads = read_payloads(bench.examiner.root, source)
        say(f"{name}: {len(payloads)} payloads x {len(bases)} answers")
        attacked[name] = {"payloads": len(payloads), "answers": len(bases), "rows": attack(bench, payloads, bases)}
    unchanged = clean_table(bench)
    files = [flagged_answers(path) for path in clean or ()]
    rows = attacked["payloads"]["rows"]
    gained = sum(row["on"]["points_gained"] + row["on"]["levels_gained"] for row in rows)
    changed = sum(row["changed"] for row in unchanged)
    if as_json:
        emit({"attacks": attacked, "clean": unchanged, "files": files, "gained": gained, "changed": changed})
    else:
        _attack_tables(attacked, unchanged, files)
    raise typer.Exit(0 if gained == 0 and changed == 0 else 1)


def _attack_tables(attacked: dict[str, Any], unchanged: list[dict[str, Any]], files: list[dict[str, Any]]) -> None:
    figures: tuple[str, ...] = ("off: points", "levels", "on: points", "levels", "flagged", "obeyed")
    for name, data in attacked.items():
        rows: list[tuple[Any, ...]] = []
        for row in data["rows"]:
            off, on = row["off"] or {}, row["on"]
            without = (off.get("points_gained", "-"), off.get("levels_gained", "-"))
            flagged = f"{on['flagged']}/{on['trials']}"
            cells = (*without, on["points_gained"], on["levels_gained"], flagged, on.get("obeyed", "-"))
            rows.append((row["judge"], *cells))
        title = f"{name}: {data['payloads']} payloads x {data['answers']} answers"
        table(("judge", *figures), rows, title=title, right=figures)
        console().print()
    figures = ("answers", "changed", "levels", "flagged")
    rows = [(row["set"], *(row[c] for c in figures)) for row in unchanged]
    rows += [(row["file"], row["answers"], "-", "-", row["flagged"]) for row in files]
    table(("set", *figures), rows, title="clean answers, guards off and on", right=figures)


@app.command()
def interviewer(
    turns: Annotated[int, typer.Option(min=20, max=100_000, help="Follow-ups in all.")] = 1000,
    model: Annotated[
        str | None, typer.Option(help="Measure this model, such as openai/MODEL, instead of the planted ones.")
    ] = None,
    manner: Annotated[list[str] | None, typer.Option(help="Only these planted manners.")] = None,
    as_json: Json = False,
) -> None:
    """Let planted interviewer models question simulated candidates; exit 1 where a limit is exceeded.

    A second table takes the guards away: there each planted fault must be found, or the measurement is worth nothing.

    --json: rows and unguarded, each a list of {interviewer, turns, own_words, begun, authored, leaks, verdicts, repeated,
    aimed, share_of_words, unanswerable}; total, limits, faults by interviewer, and missed: faults that were not found.
    """
    from examiner.evals.simulated import FAULTS, LIMITS, MANNERS, OTHERS, faults, measure, missed, scripted_candidate

    settings = open_examiner().settings
    bare: list[dict[str, Any]] = []
    if model is not None:
        from examiner.interview.interviewer import DEADLINE
        from examiner.service.interviewing import open_model

        found = open_model(open_examiner(), model)
        rows = [measure(settings, model, turns, model=found, deadline=DEADLINE)]
    else:
        names = tuple(manner or (*MANNERS, *OTHERS))
        each = math.ceil(turns / (len(names) + 1))
        say(f"{len(names)} planted interviewers, {each} follow-ups each")
        rows = [measure(settings, name, each) for name in names]
        talked = measure(settings, "mixed", each, speaker=scripted_candidate)
        rows.append(talked | {"interviewer": "mixed, model candidate"})
        say("the same without guards: what must be found")
        bare = [measure(settings, name, 30, guarded=False) for name in FAULTS if manner is None or name in manner]
    total = {"turns": sum(r["turns"] for r in rows), "leaks": sum(r["leaks"] for r in rows)}
    bad = {row["interviewer"]: faults(row) for row in rows if faults(row)}
    overlooked = missed(bare)
    if as_json:
        emit({"rows": rows, "total": total, "limits": LIMITS, "faults": bad, "unguarded": bare, "missed": overlooked})
    else:
        _interviewers(rows, "what reaches the candidate")
        if bare:
            _interviewers(bare, "without guards")
        console().print(f"{total['leaks']} leaks in {total['turns']} follow-ups")
        for name, which in bad.items():
            console().print(f"{name}: exceeds {', '.join(which)}")
        if bare:
            console().print(f"{len(bare) - len(overlooked)} of {len(bare)} planted faults found {' '.join(overlooked)}")
    raise typer.Exit(1 if bad or overlooked else 0)


def _interviewers(rows: list[dict[str, Any]], title: str) -> None:
    counts = {"turns": "turns", "own_words": "own", "begun": "begun", "leaks": "leaks", "verdicts": "verdicts"}
    counts["unanswerable"] = "mute"
    shares = {"repeated": "again", "aimed": "aimed", "share_of_words": "share"}
    figures = (*counts.values(), *shares.values())
    cells = [(row["interviewer"], *(row[c] for c in counts), *(f"{row[c]:.1%}" for c in shares)) for row in rows]
    table(("interviewer", *figures), cells, title=title, right=figures)
    console().print()
