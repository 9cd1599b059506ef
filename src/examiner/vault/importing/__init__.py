"""Importers: each format is one module with `read(path) -> Imported`; what is read are drafts, not families."""

import importlib
from pathlib import Path

from examiner.domain.errors import NotFound
from examiner.vault.importing.drafts import Imported

# name -> module of this package; imported when used, so that no format costs the others anything.
IMPORTERS = {
    "staffml": "staffml",
    "transformer-math": "transformer_math",
    "interview-md": "interview_md",
    "qti": "qti",
    "csv": "table",
}


def import_from(format_name: str, path: Path) -> Imported:
    """Read a file or folder in a named format.

    Raises:
        NotFound: no such format or path.
        Invalid: the file is not what the format says; one line says where.

    """
    if format_name not in IMPORTERS:
        raise NotFound(f"no importer '{format_name}'", hint=f"there are: {', '.join(IMPORTERS)}")
    if not path.exists():
        raise NotFound(f"{path} does not exist")
    module = importlib.import_module(f"{__name__}.{IMPORTERS[format_name]}")
    result: Imported = module.read(path)
    return result
