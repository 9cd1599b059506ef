"""Recordings of a judge: what lies beside the replies so that the same calls can be made again, by nobody's model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examiner.domain.errors import NotFound
from examiner.llm.call import Form
from examiner.llm.cassette import Cassette

PREFIX = "replay:"
_LABEL = "recording.json"


@dataclass(frozen=True)
class Played:
    """A recording about to be played: the judge that made it, the secret of its markers and decoys, its replies.

    `forms` gives for each model the form of its requests then; whatever is known of the model now, the calls are these.
    """

    judge: str
    secret: bytes
    cassette: Cassette
    forms: dict[str, Form]

    @property
    def more(self) -> dict[str, Any]:
        """What a judge is opened with to make the same calls, its model never asked."""
        return {"cassette": self.cassette, "offline": True, "secret": self.secret, "forms": self.forms}


def play(name: str) -> Played | None:
    """Return the recording that `replay:DIR` names; None for other names. Raises NotFound, Corrupt."""
    if not name.startswith(PREFIX):
        return None
    folder = Path(name.removeprefix(PREFIX))
    label = read_label(folder)
    return Played(label["judge"], bytes.fromhex(label["salt"]), Cassette(folder, "replay"), label.get("forms", {}))


def write_label(folder: Path, judge: str, secret: bytes, forms: Mapping[str, Form] | None = None) -> None:
    """Write beside a recording what replaying it needs to make the same calls."""
    folder.mkdir(parents=True, exist_ok=True)
    label = {"judge": judge, "salt": secret.hex(), "forms": dict(forms or {})}
    (folder / _LABEL).write_text(json.dumps(label) + "\n", encoding="utf-8")


def read_label(folder: Path) -> dict[str, Any]:
    """Return the label of a recording. Raises NotFound."""
    try:
        return dict(json.loads((folder / _LABEL).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise NotFound(
            f"{folder} holds no recording", hint="grade or judge answer with --record DIR makes one"
        ) from None
