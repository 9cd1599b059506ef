"""`examiner audit`: check receipts and chains, offline where it can be."""

from pathlib import Path
from typing import Annotated

import typer

from examiner.cli.common import Json, end_intact, open_examiner
from examiner.cli.lazy import Group
from examiner.domain.errors import Invalid

app = typer.Typer(
    cls=Group, add_completion=False, no_args_is_help=True, rich_markup_mode=None, help="Check receipts and hash chains."
)


@app.command()
def verify(
    receipt: Annotated[Path | None, typer.Argument(help="A receipt; without one the chains of this database.")] = None,
    key: Annotated[Path | None, typer.Option(help="The public key of the house that signed it (PEM).")] = None,
    answer: Annotated[
        list[str] | None, typer.Option(help="TURN=FILE: that this file is what the receipt says of that turn.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a receipt with the public key and nothing else; exit code 6 where it does not hold."""
    problems = open_examiner().ledger.check() if receipt is None else _receipt(receipt, key, answer or [])
    end_intact(problems, as_json=as_json)


def _receipt(path: Path, key: Path | None, answers: list[str]) -> list[str]:
    from examiner.calibration.certificates.signing import read_public
    from examiner.service.sitting.receipts import read_receipt
    from examiner.service.sitting.receipts import verify as check
    from examiner.service.sitting.sessions import digest

    if key is None:
        raise Invalid("a receipt is checked with a public key", hint="--key PUB; `examiner audit key` prints it")
    made = read_receipt(path)
    wrong = check(made, read_public(key))
    problems = [wrong] if wrong else []
    known = {line.turn: line.sha256 for line in made.answers}
    for pair in answers:
        turn, _, file = pair.partition("=")
        try:
            text = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise Invalid(f"--answer {pair}: no readable file '{file}'") from None
        if known.get(turn) != digest(text):
            problems.append(f"turn {turn}: {file} is not what the receipt says")
    return problems


@app.command()
def key() -> None:
    """Print the public key that this house's receipts are checked with."""
    from examiner.service.sitting.receipts import signer

    typer.echo(signer(open_examiner()).public, nl=False)
