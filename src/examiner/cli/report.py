"""`examiner report`: what came of a sitting."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from examiner.cli.common import deliver, open_examiner
from examiner.cli.lazy import Group
from examiner.cli.options import Out

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Write a candidate's report as HTML, Markdown or JSON.",
)


@app.callback()
def _group() -> None:
    """Keep `candidate` a sub-command."""


@app.command()
def candidate(
    sitting: Annotated[str, typer.Argument(help="The sitting's id; see `examiner interview list`.")],
    form: Annotated[Literal["html", "markdown", "json", "terminal"], typer.Option("--format", "-f")] = "terminal",
    out: Out = None,
    as_json: Annotated[bool, typer.Option("--json", help="Same as --format json.")] = False,
) -> None:
    """Report a sitting that has ended."""
    from examiner.service.sitting import acts as sittings
    from examiner.service.sitting import grading

    examiner = open_examiner()
    state, _ = sittings.load(examiner, sitting)
    if state.status != "ended":
        state = sittings.tick(examiner, sitting)
    write_card(grading.card(examiner, state), "json" if as_json else form, out)


def write_card(card: object, form: str, out: Path | None) -> None:
    """Write a card in one of the formats to a file or stdout."""
    from examiner.domain.report import CandidateCard

    assert isinstance(card, CandidateCard)  # noqa: S101 - for the type checker; the service makes nothing else
    if form == "terminal" and out is None:
        from examiner.cli.common import console
        from examiner.reports.terminal import rich_card

        console().print(rich_card(card, details=True))
        return
    text = render_card(card, form)
    deliver(text.rstrip("\n") + "\n", out)


def render_card(card: object, form: str) -> str:
    """Return a card as HTML, Markdown or JSON."""
    from examiner.domain.report import CandidateCard

    assert isinstance(card, CandidateCard)  # noqa: S101 - see write_card
    if form == "html":
        from examiner.reports.card import html

        return html(card)
    if form == "markdown":
        from examiner.reports.markdown import markdown

        return markdown(card)
    return card.model_dump_json(indent=2)
