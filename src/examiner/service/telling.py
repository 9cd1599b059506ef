"""Logs as one JSON object a line: what happened, never what somebody said, never a secret."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

# Attributes every record has; what else stands on it was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_SECRET = re.compile(r"(exm_[A-Za-z0-9]+_|ct_[A-Za-z0-9-]+_\d+_|cl_|whsec_|sk-)[A-Za-z0-9_+/=-]+")


class Lines(logging.Formatter):
    """A record as a line of JSON; anything that looks like a key, token or link is masked, wherever it stands."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        data: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        data |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            data["error"] = self.formatException(record.exc_info)
        return masked(json.dumps(data, ensure_ascii=False, default=str))


def masked(text: str) -> str:
    """Return a text without the secret part of any key, token or link in it."""
    return _SECRET.sub(r"\1***", text)


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send every log of this process to a stream (stderr) as lines of JSON."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpx2", "httpcore", "alembic", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
