"""`examiner calibrate`: what a judge's scores are worth against human labels, and how many labels that takes."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say, table
from examiner.cli.lazy import Group

# The matrices are small: threads that wait for one another cost three times what they save. Before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Agreement of judges with human labels, and the gate on it.",
)


@app.callback()
def _group() -> None:
    """Keep the commands sub-commands."""


@app.command()
def stats(
    file: Annotated[Path, typer.Argument(help="A CSV file: item,question,criterion,rater,kind,score.")],
    policy: Annotated[
        str, typer.Option(help="practice, hiring, high-stakes, research, or the path of a .toml file.")
    ] = "hiring",
    levels: Annotated[
        str | None, typer.Option(help="The scale, LOW..HIGH; else taken from all scores of the file.")
    ] = None,
    epsilon: Annotated[
        float | None, typer.Option(min=0, max=0.99, help="Allowance of the alternative annotator test.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="`question`: figures of each question too.")] = None,
    resamples: Annotated[int, typer.Option(min=200, max=100_000, help="Of the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Markdown on stdout.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a self-contained page with plots here.")] = None,
) -> None:
    """Report agreement, bias, reliability and the gate's verdict for anybody's judges, from a table of scores.

    kind is human or judge; question and criterion may be absent. Half marks are rounded half up for statistics on
    levels and taken as they are for means and ranks. Bounds are one-sided at 5 %. Exits 0 where every verdict is
    `pass`, 1 otherwise. --json: policy, levels, attempts, humans by criterion, judges by rater and criterion; each
    statistic is {value, lower, upper, se?, why?} with value null where it is undefined.
    """
    from examiner.calibration.policies import read_thresholds
    from examiner.calibration.study.measure import study
    from examiner.calibration.study.table import parse_levels, read_table
    from examiner.domain.errors import Invalid

    if by not in (None, "question"):
        raise Invalid(f"--by {by} is not known", hint="--by question")
    name, limits = read_thresholds(open_examiner().root, policy)
    ratings = read_table(file, parse_levels(levels) if levels else None)
    data = study(ratings, name, limits, seed=seed, resamples=resamples, epsilon=epsilon, by_question=by is not None)
    _show(data, file.name, html, as_json, as_markdown)
    if not data["judges"]:
        say("the table has no judge: human labels only, nothing to pass")
    verdicts = [found["verdict"] for criteria in data["judges"].values() for found in criteria.values()]
    raise typer.Exit(0 if all(v == "pass" for v in verdicts) else 1)


def _show(data: dict[str, Any], name: str, html: Path | None, as_json: bool, as_markdown: bool) -> None:
    """Write the report where it was asked for; a summary where nothing was."""
    if html is not None:
        from examiner.reports.agreement import page

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page(data, name), encoding="utf-8")
        say(f"written {html}")
    if as_json:
        emit(data)
    elif as_markdown:
        from examiner.reports.agreement_markdown import markdown

        sys.stdout.write(markdown(data, name) + "\n")
    elif html is None:
        from examiner.reports.agreement_terminal import summary

        console().print(summary(data))


@app.command()
def power(
    policy: Annotated[
        str, typer.Option(help="practice, hiring, high-stakes, research, or the path of a .toml file.")
    ] = "hiring",
    simulations: Annotated[int, typer.Option(min=100, max=100_000, help="Simulated tables a cell.")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulation.")] = 0,
    as_json: Json = False,
) -> None:
    """Simulate how many anchors a gate needs, and which judges it passes how often.

    --json: policy, simulations, seed, margins, anchors_needed (rule, qwk, balanced, skewed), rules (margins, n, rule,
    pass by true QWK), gate (judge, qwk, composite and pass by n), attempts (n, attempts, point, gate, gate_alpha_split).
    """
    from examiner.calibration.policies import read_thresholds
    from examiner.calibration.study.characteristics import characteristics

    name, limits = read_thresholds(open_examiner().root, policy)
    data = characteristics(name, limits, simulations=simulations, seed=seed)
    if as_json:
        emit(data)
    else:
        from examiner.reports.agreement_power import power_markdown

        sys.stdout.write(power_markdown(data) + "\n")


@app.command()
def run(
    judge: Annotated[str, typer.Option(help="The judge to calibrate.")] = "embedded",
    anchors: Annotated[
        str, typer.Option("--anchors", "--set", help="The anchor set; its half `gate` is judged.")
    ] = "reference",
    policy: Annotated[str, typer.Option(help="practice, hiring, high-stakes, or the path of a .toml file.")] = "hiring",
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap and the probes.")] = 0,
    as_json: Json = False,
) -> None:
    """Judge sealed anchors, probe the judge, and certify it criterion by criterion, or say why not.

    Every try is entered in the ledger first and spends its share of the 5 %. Exits 0 where every criterion earned a
    certificate, 1 otherwise. --json: judge, fingerprint, anchors, policy, attempts, conduct, criteria.
    """
    from examiner.service.trust.calibrating import calibrate

    report = calibrate(open_examiner(), judge, anchors, policy, seed=seed, say=say)
    if as_json:
        emit(report)
    else:
        table(
            ("criterion", "state", "n", "QWK (lower)", "Spearman (lower)", "SMD", "SD ratio"),
            [
                (
                    name,
                    found["state"],
                    found["statistics"]["n"],
                    *(_figure(found["statistics"][s]) for s in ("qwk", "spearman")),
                    *(_figure(found["statistics"][s], bound=False) for s in ("smd", "sd_ratio")),
                )
                for name, found in report["criteria"].items()
            ],
            title=f"judge {judge} on {anchors}, policy {report['policy']}, attempt {report['attempts']}",
        )
        for name, found in report["criteria"].items():
            console().print(f"{name}: {'; '.join(found['reasons']) or 'nothing stands against it'}")
        console().print(report["anchors"]["why"])
    raise typer.Exit(0 if all(f["certificates"] for f in report["criteria"].values()) else 1)


def _figure(statistic: dict[str, Any], *, bound: bool = True) -> str:
    if statistic["value"] is None:
        return "undefined"
    lower = f" ({statistic['lower']:.2f})" if bound and statistic.get("lower") is not None else ""
    return f"{statistic['value']:.2f}{lower}"
