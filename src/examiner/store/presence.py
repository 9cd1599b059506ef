"""Which processes of one database live: each holds a lock that the system lets go of when it dies, however it dies.

Beside a SQLite file that is a locked file in a folder of its own: whoever writes there is on the same machine. On Postgres
it is an advisory lock of a connection. Neither has to be renewed, so a killed process is known to be gone at once.
"""

import os
import secrets
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

_HELD = (
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
    " AND classid::bigint = %s AND objid::bigint = %s"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)

# The lock of whoever writes has a small number, and so no upper half.
_HOLDERS = (
    "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
    " AND classid::bigint > 0 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Presence:
    """This process among those of a database. Nothing is taken before the first question.

    Args:
        engine: the database's.

    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._own, self._pid = "", 0

    def own(self) -> str:
        """Return the name under which this process is known to live until it ends; "" where that cannot be made known."""
        with self._lock:
            if self._pid != os.getpid():  # a forked child is another process, and outlives its parent's locks
                self._own = self._take()
                self._pid = os.getpid()
            return self._own

    def gone(self, who: str) -> bool:
        """Tell whether the process of a name is known to be gone. Of "" and where nothing can be known: no."""
        if not who or (who, os.getpid()) == (self._own, self._pid):
            return False
        folder = self._folder()
        if folder is not None:
            return _free(folder / who)
        return self._engine.dialect.name == "postgresql" and not self._connected(who)

    def others(self) -> int:
        """Return how many other processes are known to live."""
        mine, folder = self.own(), self._folder()
        if folder is not None:
            left = [path for path in folder.iterdir() if path.name != mine] if folder.is_dir() else []
            return sum(not path.name.startswith(".") and not _free(path) for path in left)
        if self._engine.dialect.name != "postgresql":
            return 0
        with self._engine.execution_options(read_only=True).connect() as connection:
            return int(connection.exec_driver_sql(_HOLDERS).scalar() or 1) - 1

    def _folder(self) -> Path | None:
        if self._engine.dialect.name != "sqlite" or not self._engine.url.database:
            return None
        path = Path(self._engine.url.database)
        return path.with_name(f"{path.name}-living") if path.is_file() else None

    def _take(self) -> str:
        name, folder = f"{secrets.randbits(63):016x}", self._folder()
        if folder is not None:
            held = _held(folder, name)
            if held is None:
                return ""
            self._let_go_with(os.close, held)
        elif self._engine.dialect.name == "postgresql":
            raw = self._engine.raw_connection()
            connection: Any = raw.driver_connection
            raw.detach()
            connection.autocommit = True
            connection.execute("SELECT pg_advisory_lock(%s)", (int(name, 16),))
            self._let_go_with(connection.close)
        return name

    def _let_go_with(self, deed: Callable[..., None], *held: int) -> None:
        weakref.finalize(self, _in_this_process, os.getpid(), deed, *held)

    def _connected(self, who: str) -> bool:
        high, low = divmod(int(who, 16), 1 << 32)
        with self._engine.execution_options(read_only=True).connect() as connection:
            return bool(connection.exec_driver_sql(_HELD, (high, low)).scalar())


def _in_this_process(pid: int, deed: Callable[..., None], *held: int) -> None:
    if os.getpid() == pid:  # a forked child does not let go of what its parent holds
        deed(*held)


def _held(folder: Path, name: str) -> int | None:
    """Return a file that is locked as long as this process lives, None where that is not to be had.

    What dead processes left in the folder is removed.
    """
    try:
        import fcntl  # noqa: PLC0415 - not everywhere
    except ImportError:  # without it nobody is known to live
        return None
    young = folder / f".{name}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.iterdir():
            if not left.name.startswith("."):
                _free(left)
        handle = os.open(young, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        young.rename(folder / name)  # seen only when it is locked
    except OSError:  # a full disk, a file system without locks: what is acknowledged does not depend on this
        return None
    return handle


def _free(path: Path) -> bool:
    """Tell whether nobody holds a file, and remove it then."""
    try:
        import fcntl  # noqa: PLC0415 - not everywhere
    except ImportError:
        return False
    try:
        with path.open() as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
