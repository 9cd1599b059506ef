"""`examiner demo`: the main job, watched."""

import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say
from examiner.cli.options import Policy

_PAUSE = 0.35  # seconds between lines on a terminal; none in a pipe


def demo(
    candidate: Annotated[
        str, typer.Option(help="uneven, strong, mixed, bluffing, arithmetic-shy or injecting.")
    ] = "uneven",
    loop: Annotated[str, typer.Option(help="The loop to sit.")] = "demo",
    seed: Annotated[int, typer.Option(help="Which questions are drawn.")] = 7,
    policy: Policy = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the report page goes.")] = Path(
        "out/demo-report.html"
    ),
    as_json: Json = False,
) -> None:
    """Watch a scripted candidate sit a short loop; print the report and write it as a page.

    With --json: one object with `items` (each with `score`: points with quotes, numbers, caps; and `release`: state,
    label, reason, remedy), `rows`, `revision`, `standing` and `page`.
    """
    from examiner.cli.report import render_card
    from examiner.evals.candidates import read_candidate
    from examiner.evals.run import play, simulated

    settings = open_examiner(policy=policy).settings
    with tempfile.TemporaryDirectory(prefix="examiner-demo-") as folder:
        examiner, clock = simulated(settings, Path(folder), seed=seed)
        player = read_candidate(examiner.root, candidate)
        watcher = (lambda *_: None) if as_json else _Watcher(examiner)
        card = play(examiner, clock, player, loop, seed, watcher, written=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render_card(card, "html"), encoding="utf-8")
    if as_json:
        emit(card.model_dump(mode="json") | {"page": str(out)})
        return
    from examiner.reports.terminal import rich_card

    console().print(rich_card(card, details=True, words=False))
    console().print(f"\nThe same as a page: [bold]{out}[/bold]")
    say("Sit it yourself: .venv/bin/examiner interview start --loop mock-staff")


class _Watcher:
    """Prints what happens as it happens."""

    def __init__(self, examiner: Any) -> None:
        self._examiner = examiner
        self._out = console()

    def __call__(self, what: str, value: Any) -> None:
        from examiner.domain.effects import Ask

        if self._out.is_terminal:
            time.sleep(_PAUSE)
        if what == "start":
            self._out.print(
                f"[bold]{value.created.blueprint.title}[/bold]: '{value.created.candidate}' is a scripted candidate, judged offline"
            )
        elif what == "section":
            self._out.rule(f"{value.title}, {value.minutes:g} min")
        elif what == "answer":
            self._out.print(f"[green]candidate[/green]   {value}", markup=True)
        elif what == "effect" and isinstance(value[0], Ask):
            effect, state = value
            item = state.items[effect.item]
            if effect.text:
                self._out.print(f"[cyan]follow-up[/cyan]   {effect.text}")
            else:
                prompt = " ".join(self._examiner.instance(item.planned.ref).prompt.split())
                self._out.print(f"\n[blue]interviewer[/blue] {prompt}")
