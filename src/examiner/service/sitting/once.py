"""Which request is being worked: its mark is stored in the commit of what it recorded, so a repeat is known for sure."""

from contextvars import ContextVar

# (key, hash of the body) of the running request; None outside of requests and once the mark was stored.
current: ContextVar[tuple[str, str] | None] = ContextVar("once", default=None)
