"""Recordings of a judge: what lies beside the replies so that the same calls can be made again, by nobody's model."""

import json
from dataclasses import dataclass
from pathlib import Path

from examiner.domain.errors import NotFound
from examiner.llm.cassette import Cassette

PREFIX = "replay:"
_LABEL = "recording.json"


@dataclass(frozen=True)
class Played:
    """A recording about to be played: the judge that made it, the secret of its markers and decoys, its replies."""

    judge: str
    secret: bytes
    cassette: Cassette


def play(name: str) -> Played | None:
    """Return the recording that `replay:DIR` names; None for other names. Raises NotFound, Corrupt."""
    if not name.startswith(PREFIX):
        return None
    folder = Path(name.removeprefix(PREFIX))
    label = read_label(folder)
    return Played(label["judge"], bytes.fromhex(label["salt"]), Cassette(folder, "replay"))


def write_label(folder: Path, judge: str, secret: bytes) -> None:
    """Write beside a recording what replaying it needs to make the same calls."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _LABEL).write_text(json.dumps({"judge": judge, "salt": secret.hex()}) + "\n", encoding="utf-8")


def read_label(folder: Path) -> dict[str, str]:
    """Return the label of a recording. Raises NotFound."""
    try:
        return dict(json.loads((folder / _LABEL).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise NotFound(
            f"{folder} holds no recording", hint="grade or judge answer with --record DIR makes one"
        ) from None
