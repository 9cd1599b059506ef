"""A backup put back in place: checked first, the old file kept, the swap a rename."""

import os
import shutil
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url

from examiner.domain.errors import Conflict, Corrupt, Invalid, NotFound
from examiner.service.examiner import Examiner
from examiner.store.ledger import Ledger


def restore(examiner: Examiner, backup: Path, *, force: bool = False) -> Path | None:
    """Replace the database by a backup; return where the old one is kept (None where there was none).

    The server must be stopped. What was committed after the backup is in the old file only.

    Raises:
        NotFound: there is no backup.
        Corrupt: the backup fails its own check; nothing was changed.
        Conflict: the database holds events and `force` was not given.
        Invalid: the database is no SQLite file.

    """
    url = make_url(examiner.settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise Invalid("restore works on SQLite files", hint="use pg_restore for Postgres")
    if not backup.is_file():
        raise NotFound(f"no backup at {backup}")
    target = Path(url.database)
    made = target.with_suffix(".restoring")
    shutil.copyfile(backup, made)
    made.chmod(0o600)
    _check(made, backup)
    kept = None
    if target.exists():
        if examiner.ledger.streams() and not force:
            made.unlink()
            raise Conflict(f"{target} holds events", hint="--force replaces it and keeps it beside")
        examiner.ledger.close()
        stamp = examiner.clock().strftime("%Y%m%dT%H%M%S")
        kept = target.with_name(f"{target.name}.before-{stamp}")
        for suffix in ("-wal", "-shm"):
            side = target.with_name(target.name + suffix)
            if side.exists():
                side.replace(kept.with_name(kept.name + suffix))
        target.replace(kept)
    made.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    examiner.replayed.clear()
    return kept


def check_copy(backup: Path) -> list[str]:
    """Return what is damaged in a backup; it is checked on a copy, which opening may bring to this version's schema.

    Raises:
        NotFound: there is no backup.
        Corrupt: it is no database at all.

    """
    if not backup.is_file():
        raise NotFound(f"no backup at {backup}")
    with tempfile.TemporaryDirectory(dir=backup.parent, prefix=".check-") as folder:
        copy = Path(folder) / "copy.db"
        shutil.copyfile(backup, copy)
        ledger = Ledger.open(f"sqlite:///{copy}")
        try:
            return ledger.check()
        finally:
            ledger.close()


def _check(copy: Path, named: Path) -> None:
    try:
        ledger = Ledger.open(f"sqlite:///{copy}")
        try:
            problems = ledger.check()
        finally:
            ledger.close()
    except Corrupt:
        copy.unlink()
        raise Corrupt(f"{named} is no usable database", hint="take another backup; nothing was changed") from None
    for suffix in ("-wal", "-shm"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    if problems:
        copy.unlink()
        raise Corrupt(f"{named} is damaged: {problems[0]}", hint="take an older backup")
    with copy.open("rb") as file:
        os.fsync(file.fileno())
