"""A command group that knows its commands by name and imports only the one that runs."""

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

# name -> (module of examiner.cli, function, one line of help)
Commands = dict[str, tuple[str, str, str]]


def lazy_group(commands: Commands, about: str) -> typer.Typer:
    """Return a Typer group over `commands`; its `--help` imports none of them."""

    class Group(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return list(commands)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name not in commands:
                return None
            module, function, _ = commands[cmd_name]
            target: Any = getattr(importlib.import_module(f"examiner.cli.{module}"), function)
            if isinstance(target, typer.Typer):
                command = typer.main.get_command(target)
            else:
                single = typer.Typer(add_completion=False, rich_markup_mode=None)
                single.command(name=cmd_name)(target)
                command = typer.main.get_command(single)
            command.name = cmd_name
            return command

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, entry[2]) for name, entry in commands.items()])

    app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None, help=about)

    @app.callback()
    def group() -> None:
        pass

    group.__doc__ = about
    return app
