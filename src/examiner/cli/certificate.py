"""`examiner certificate`: what judges have earned, signed."""

from pathlib import Path
from typing import Annotated

import typer

from examiner.cli.common import Json, console, deliver, emit, open_examiner, say, table
from examiner.cli.lazy import Group

app = typer.Typer(
    cls=Group, add_completion=False, no_args_is_help=True, rich_markup_mode=None, help="Signed certificates of judges."
)


@app.command("list")
def list_certificates(as_json: Json = False) -> None:
    """List every certificate with its state, expiry and what became of it."""
    from examiner.service.trust.certifying import certificates

    examiner = open_examiner()
    rows = certificates(examiner)
    now = examiner.clock()
    words = {
        c.id: (revoked and f"revoked: {revoked}") or ("expired" if now >= c.expires else "valid") for c, revoked in rows
    }
    if as_json:
        emit([{**c.model_dump(mode="json"), "now": words[c.id]} for c, _ in rows])
        return
    if not rows:
        console().print("no certificates; `examiner calibrate run` decides on them")
    heads = {c.id: f"{c.judge} on {c.anchors}, policy {c.policy}" for c, _ in rows}
    for head in dict.fromkeys(heads.values()):  # what a calibration's certificates share, said once
        console().print(f"[bold]{head}[/bold]")
        table(
            ("  id", "criterion", "state", "until", "now"),
            (
                (f"  {c.id}", c.criterion, c.state, f"{c.expires:%Y-%m-%d}", words[c.id])
                for c, _ in rows
                if heads[c.id] == head
            ),
        )


@app.command()
def show(name: Annotated[str, typer.Argument(help="The certificate's id.")]) -> None:
    """Print one certificate as JSON, as it was signed."""
    from examiner.service.trust.certifying import certificate

    held, revoked = certificate(open_examiner(), name)
    if revoked:
        say(f"revoked: {revoked}")
    emit(held.model_dump(mode="json"))


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A certificate as JSON.")],
    key: Annotated[Path | None, typer.Option(help="The public key, PEM; this installation's by default.")] = None,
    as_json: Json = False,
) -> None:
    """Verify a certificate's signature with nothing but the public key. Exits 1 where it does not hold."""
    from examiner.calibration.certificates.signing import read_public
    from examiner.calibration.certificates.signing import verify as wrong_with
    from examiner.service.trust.certifying import read_certificate, signer

    held = read_certificate(file)
    problem = wrong_with(held, read_public(key) if key else signer(open_examiner()).public)
    if as_json:
        emit({"id": held.id, "ok": not problem, "problem": problem})
    else:
        console().print(f"{held.id}: {problem or 'the signature holds'}")
    raise typer.Exit(1 if problem else 0)


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The certificate's id.")],
    why: Annotated[str, typer.Option(help="The reason; it is kept and shown.")],
    by: Annotated[str, typer.Option(help="Who revokes.")] = "operator",
) -> None:
    """Append that a certificate counts no more; nothing is deleted."""
    from examiner.service.trust.certifying import revoke as end

    end(open_examiner(), name, why, by)
    say(f"{name} is revoked")


@app.command()
def key(out: Annotated[Path | None, typer.Option(help="Write it here; else print it.")] = None) -> None:
    """Give this installation's public key, made on first use."""
    from examiner.service.trust.certifying import signer

    deliver(signer(open_examiner()).public, out)


@app.command()
def fixture(
    folder: Annotated[Path, typer.Option(help="Where the test key lies or is made.")],
    judge: Annotated[str, typer.Option(help="The judge.")] = "embedded",
    question: Annotated[list[str] | None, typer.Option(help="Families it covers; all where none is named.")] = None,
) -> None:
    """Issue certificates signed by a test key, to try the release path.

    They are trusted only in a process that is started with EXAMINER_TEST_TRUST_ROOT naming that key's public half, and
    whatever they release is stamped TEST.
    """
    from examiner.service.trust.fixtures import issue_test_certificates

    public, ids = issue_test_certificates(open_examiner(), judge, folder, question or [])
    say(f"{len(ids)} TEST certificates; start with EXAMINER_TEST_TRUST_ROOT={public}")
