"""What an exported file says about itself, and the parts of a question that every format shows."""

from datetime import datetime

from examiner.domain.base import Frozen
from examiner.domain.question import Instance, Key
from examiner.vault.render import show


class About(Frozen):
    """Title, licence and time of an export; `at` is the server's time, timezone-aware."""

    title: str
    at: datetime
    licence: str = "Apache-2.0"
    source: str = "examiner"


def key_line(key: Key) -> str:
    """Return a key as people read it: `resident sequences: 32 sequence (within 5 %)`."""
    unit = "" if key.unit == "1" else f" {key.unit}"
    return f"{key.say}: {show(key.value)}{unit} (within {show(key.tolerance * 100)} %)"


def point_lines(instance: Instance) -> list[str]:
    """Return the rubric points, one a line, with their criterion."""
    return [f"{p.criterion}: {p.claim}" + (" (critical)" if p.critical else "") for p in instance.points]


def tags(instance: Instance) -> list[str]:
    """Return the axes as tags without spaces."""
    level = instance.level.replace("+", "plus")
    return [f"phase-{instance.phase}", level, instance.zone, instance.track, instance.topic, *instance.areas]
