"""Whose rows are being read and written: every read and write of the store belongs to one tenant, and sees no other.

This is the one place. `Ledger` and `Registry` ask it at each call, so no route, page or command can forget to. A tenant's
streams are kept under names of its own, its rows carry its id. The default tenant's names are those that were there before
there were tenants. Within a request nobody is signed in until the door says who: until then there is no tenant at all.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from examiner.domain.errors import Invalid, Refused
from examiner.domain.identity import fingerprint

DEFAULT = "default"
NOBODY = ""
_MARK = "@"
_ID = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
_current: ContextVar[str] = ContextVar("tenant", default=DEFAULT)


class NoTenant(Refused):
    """Something was asked of the store before anybody was let in."""


def current() -> str:
    """Return the tenant of the running request, command or pass. Raises NoTenant where nobody was let in."""
    found = _current.get()
    if found == NOBODY:
        raise NoTenant("nobody is signed in, so nothing may be read", hint="no_tenant")
    return found


def enter(tenant: str) -> None:
    """Belong to a tenant from now on, to the end of this request, command or thread."""
    _current.set(tenant)


@contextmanager
def within(tenant: str) -> Iterator[None]:
    """Belong to a tenant for a block; `NOBODY` is none."""
    before = _current.set(tenant)
    try:
        yield
    finally:
        _current.reset(before)


def valid(tenant: str) -> str:
    """Return an id that may name a tenant. Raises Invalid."""
    if not _ID.fullmatch(tenant):
        raise Invalid(
            f"'{tenant[:60]}' cannot name a tenant", hint="3 to 40 of a-z, 0-9 and -, the first a letter: acme-hiring"
        )
    return tenant


def stored(stream: str) -> str:
    """Return the name under which the current tenant's stream is kept. Raises Invalid for a name that is not plain."""
    if stream.startswith(_MARK):
        raise Invalid(f"a stream's name does not begin with {_MARK}")
    tenant = current()
    return stream if tenant == DEFAULT else f"{_MARK}{tenant}/{stream}"


def spoken(name: str) -> str:
    """Return the name that a tenant's own code knows a kept stream by."""
    return name.partition("/")[2] if name.startswith(_MARK) else name


def others(column: Any) -> Any:
    """Return the SQL condition that a kept name is another tenant's, as seen from the default tenant."""
    from sqlalchemy import false  # noqa: PLC0415 - a command that needs no database asks only whose it is

    return column.startswith(_MARK) if current() == DEFAULT else false()


def judgement_key(key: str) -> str:
    """Return the key of a judgement for the current tenant; one tenant's judgement never answers for another."""
    tenant = current()
    return key if tenant == DEFAULT else fingerprint([tenant, key])
