"""A command group that knows its commands by name and imports only the one that runs."""

import importlib
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperGroup

# name -> (module of examiner.cli, function, one line of help)
Commands = dict[str, tuple[str, str, str]]


class Group(TyperGroup):
    """A group that says which command a slip may have meant, and each command's line of help in full."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is meant; a slip is a usage error with what comes near."""
        names = self.list_commands(ctx)
        if args and args[0] not in names and (near := get_close_matches(args[0], names, n=2)):
            ctx.fail(f"No such command '{args[0]}'. Did you mean {' or '.join(repr(n) for n in near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with their first sentence whole."""
        with formatter.section("Commands"):
            found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
            formatter.write_dl([(name, one.get_short_help_str(limit=400)) for name, one in found if one is not None])


def lazy_group(commands: Commands, about: str) -> typer.Typer:
    """Return a Typer group over `commands`; its `--help` imports none of them."""

    class Lazy(Group):
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

    app = typer.Typer(add_completion=False, cls=Lazy, no_args_is_help=True, rich_markup_mode=None, help=about)

    @app.callback()
    def group() -> None:
        pass

    group.__doc__ = about
    return app
