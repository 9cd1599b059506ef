"""The books of what models cost: one line a call, so that a project's ceiling holds over processes and crashes."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from examiner.domain.errors import Invalid
from examiner.llm.budget import Budget, Ceiling
from examiner.llm.call import Call, Usage
from examiner.settings import Settings
from examiner.store import tenancy


class Spending:
    """An append-only file of spent tokens and money.

    Args:
        path: the file; made on the first entry.
        clock: gives the time of an entry.

    """

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self.path = path
        self._clock = clock
        self._out: int | None = None

    def enter(self, call: Call, usage: Usage, usd: float | None) -> None:
        """Write down what a call took; `usd` None is an unknown price."""
        if self._out is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._out = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        line = {
            "at": self._clock().isoformat(timespec="seconds"),
            "purpose": call.purpose,
            "model": call.model,
            **asdict(usage),
            "tenant": tenancy.current(),
            "usd": usd,
        }
        os.write(self._out, json.dumps(line).encode() + b"\n")

    def total(self) -> float:
        """Return the USD of all entries whose price was known; a torn line counts as nothing."""
        if not self.path.is_file():
            return 0.0
        spent = 0.0
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    spent += json.loads(line).get("usd") or 0.0
                except (ValueError, AttributeError):
                    continue
        return spent

    def close(self) -> None:
        """Close the file."""
        if self._out is not None:
            os.close(self._out)
            self._out = None


def project_budget(settings: Settings, spending: Spending, parent: Budget | None = None) -> Budget | None:
    """Return the budget of the whole home, what was spent before included; `parent` where no ceiling is set."""
    ceiling = dollars(settings.project_usd, "project_usd")
    if ceiling is None:
        return parent
    return Budget(Ceiling(usd=ceiling), name="project", parent=parent, spent_usd=spending.total())


def dollars(text: str, name: str) -> float | None:
    """Return an amount from a setting, None where it is empty. Raises Invalid."""
    if not text:
        return None
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < 1e9:
        raise Invalid(f"{name} is '{text}', not an amount in USD")
    return amount
