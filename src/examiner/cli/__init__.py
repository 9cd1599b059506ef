"""The command line: argv to one service call each; no decisions here."""

from examiner.cli.app import main

__all__ = ["main"]
