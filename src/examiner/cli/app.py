"""The root command: knows its sub-commands by name and imports only the one that runs."""

import importlib
import os
import sys
from typing import Annotated, Any

import typer

import examiner
from examiner.cli.lazy import Group
from examiner.domain.errors import ExaminerError
from examiner.settings import SettingsError

# name -> (module, attribute, one line of help). The help is repeated here so that `--help` imports nothing.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("demo", "demo", "Watch a scripted candidate sit a short loop and read the report."),
    "interview": ("interview", "app", "Sit a timed interview in the terminal; resume, list, show, export."),
    "loops": ("loops", "app", "List and show the loop blueprints."),
    "practice": ("practice", "app", "Practise: what is due, the question of the day, chains, drills."),
    "progress": ("progress", "progress", "Progress by area and track, forecasts, what is due; page, calendar, Anki."),
    "vault": ("vault", "app", "The question bank: browse, lint, audit, coverage; import, adopt and export."),
    "grade": ("grade", "grade", "Grade answers from a JSONL file."),
    "judge": ("judge", "app", "List and show judges; the numbers found in a text."),
    "calibrate": ("calibrate", "app", "Agreement of judges with human labels; how many labels a gate needs."),
    "anchors": ("anchors", "app", "Human labels: import, export, label blind, agree, adjudicate, plan."),
    "certificate": ("certificate", "app", "Signed certificates: list, show, verify, revoke."),
    "batch": ("batch", "app", "Judge through provider batch files."),
    "report": ("report", "app", "Write a candidate's report as HTML, Markdown or JSON."),
    "probe": ("probe", "app", "Metamorphic probes of a judge; planted judges that test the probes."),
    "drift": ("drift", "app", "Frozen sentinels judged again: which criterion moved, whether a certificate stands."),
    "evals": ("evals", "app", "Simulated candidates and human-graded data against the whole system."),
    "serve": ("serve", "serve", "Serve the HTTP API."),
    "worker": ("worker", "worker", "The background work of the service in a process of its own."),
    "db": ("db", "app", "Migrate, check, back up and restore the event log."),
    "audit": ("audit", "app", "Check receipts and hash chains."),
    "keys": ("keys", "app", "API keys of staff: create, list, revoke."),
    "tenants": ("tenants", "app", "Tenants: add, list; what each may spend on models."),
    "config": ("config", "app", "Show the settings and where each came from."),
}


class LazyGroup(Group):
    """A group that lists its commands from `COMMANDS` and imports a command when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and return one command; None where there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module_name, attribute, _ = COMMANDS[cmd_name]
        target: Any = getattr(importlib.import_module(f"examiner.cli.{module_name}"), attribute)
        if not isinstance(target, typer.Typer):
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(name=cmd_name)(target)
            target = single
        command = typer.main.get_command(target)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the command list without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry[2]) for name, entry in COMMANDS.items()])


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"examiner {examiner.__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `examiner demo`, then `examiner interview start --loop mock-staff`.",
)


@app.callback()
def cli(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """A technical interviewer and grader whose judge must earn its scores.

    Numbers are graded by code, points need a quote from the answer, and no score is released from a judge that was
    not calibrated against human graders. Everything works offline; what that is worth stands beside each figure.
    """


def main(argv: list[str] | None = None) -> None:
    """Run the command line; user errors become one line and an exit code, never a traceback."""
    try:
        app(args=argv, prog_name="examiner")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except SettingsError as error:
        typer.echo(f"examiner: {error}", err=True)
        sys.exit(3)
    except ExaminerError as error:
        typer.echo(f"examiner: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:  # a folder that cannot be written, a file that may not be read
        typer.echo(f"examiner: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""), err=True)
        sys.exit(6)
    except KeyboardInterrupt:
        typer.echo("stopped; what was acknowledged is saved", err=True)
        sys.exit(130)
