"""Logs through structlog: one JSON line an event on stderr, colours on a terminal.

Rooms log with `logging.getLogger(__name__)` and `extra=`, so that only a process that serves pays for structlog. What is
bound with `structlog.contextvars` (the request's id, role, tenant) stands on every line of that request.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ProcessorReturnValue, WrappedLogger

from examiner.telemetry.masking import Mask, secrets_in

_HEARD = ("examiner", "uvicorn")  # of all others warnings alone: their news name addresses and what was sent to them
# What every record has; what else stands on it was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DEEP = 12  # frames of a failure that are named


def configure(stream: TextIO | None = None, level: int = logging.INFO, secrets: Iterable[str] = ()) -> None:
    """Send every log of this process to a stream.

    Args:
        stream: where to; stderr by default.
        level: the lowest that is shown of what examiner and its server say; of others, warnings.
        secrets: values to mask beside those that the environment holds.

    """
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(Mask([*secrets, *secrets_in(os.environ)]), terminal=out.isatty()))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _HEARD:
        logging.getLogger(name).setLevel(level)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()


def _formatter(mask: Mask, *, terminal: bool) -> logging.Formatter:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _ours,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _failure,
    ]
    last: Any = structlog.dev.ConsoleRenderer(timestamp_key="at") if terminal else _json
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last, _masked(mask)],
    )


def _ours(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add what was given as `extra`, from our own rooms alone: what others attach nobody has read."""
    record: logging.LogRecord = event["_record"]
    if record.name.startswith("examiner"):
        event.update({name: value for name, value in vars(record).items() if name not in _OWN})
    return event


def _failure(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Name a failure by its type and place. Its message stays out: it may quote what somebody said."""
    event.pop("exc_info", None)
    info = event["_record"].exc_info
    if info and info[1] is not None:
        event["failure"] = described(info[1])
        event["_record"].exc_info = event["_record"].exc_text = None
    return event


def described(error: BaseException) -> list[str]:
    """Return an error and its causes, each as its type and the places it came through, innermost last."""
    lines, one = [], error
    for _ in range(5):
        frames = traceback.extract_tb(one.__traceback__)[-_DEEP:]
        places = " > ".join(f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames)
        lines.append(f"{type(one).__module__}.{type(one).__qualname__} at {places}")
        cause = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if cause is None:
            break
        one = cause
    return lines


def _short(path: str) -> str:
    """Return a file as its package's own path; where it is installed says something of the machine."""
    for root in ("site-packages/", "/src/", "/lib/"):
        _, found, rest = path.rpartition(root)
        if found:
            return rest
    return path.rpartition("/")[2]


def _json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return json.dumps(event, ensure_ascii=False, default=str)


def _masked(mask: Mask) -> Callable[[WrappedLogger, str, Any], ProcessorReturnValue]:
    def masked(_: WrappedLogger, __: str, line: Any) -> str:
        return mask(line)

    return masked
