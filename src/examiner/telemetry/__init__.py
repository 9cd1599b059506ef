"""What the house says to whoever runs it: logs and traces, never what somebody said, never a secret."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def telling(version: str, settings: Mapping[str, str]) -> Iterator[None]:
    """Log and trace while the block runs; what is left of the traces is sent at its end.

    Args:
        version: this examiner's.
        settings: values by name; those that are secret by name, and passwords in URLs, are masked in every line.

    """
    from examiner.telemetry import logs, traces  # noqa: PLC0415 - structlog costs a fifth of a second: servers only
    from examiner.telemetry.masking import secrets_in  # noqa: PLC0415

    logs.configure(secrets=secrets_in(settings))
    traces.start(version)
    try:
        yield
    finally:
        traces.stop()
