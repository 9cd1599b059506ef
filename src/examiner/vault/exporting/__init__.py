"""Exporters: instances of the vault in other programs' formats. Each module has `write(instances, about) -> bytes`."""

import importlib
from collections.abc import Sequence

from examiner.domain.errors import NotFound
from examiner.domain.question import Instance
from examiner.vault.exporting.about import About

# name -> (module of this package, file suffix)
EXPORTERS = {
    "qti": ("qti", ".zip"),
    "anki": ("anki", ".apkg"),
    "csv": ("table", ".csv"),
    "moodle": ("moodle", ".xml"),
}


def export(format_name: str, instances: Sequence[Instance], about: About) -> bytes:
    """Return the file that holds these instances in a named format. Raises NotFound."""
    if format_name not in EXPORTERS:
        raise NotFound(f"no exporter '{format_name}'", hint=f"there are: {', '.join(EXPORTERS)}")
    module = importlib.import_module(f"{__name__}.{EXPORTERS[format_name][0]}")
    made: bytes = module.write(instances, about)
    return made
