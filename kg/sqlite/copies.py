"""Whole copies of a store: backups, and a store put back as it is in one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from kg.errors import InputError, KGError, StoreError
from kg.sqlite.database import DamagedError, Database, check_version, is_there, translated
from kg.sqlite.schema import APPLICATION_ID, MIGRATIONS


class Copies(Database):
    """A store that can be copied while others use it."""

    def backup(self, path: Path) -> None:
        """Write a whole copy of the store to a file, also while others use it."""
        try:
            self._check_place_of_backup(path)
            self._write_copy(path)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"cannot write the backup {path}: {_why(error)}; the store itself is untouched, and so"
                " is a backup that was there before; make room or name another file"
            ) from error

    def _check_place_of_backup(self, path: Path) -> None:
        """Refuse what a file moved to its place would break: devices, and stores in use."""
        if not path.exists():
            return
        if not path.is_file():
            raise StoreError(f"{path} is no ordinary file; name a file for the backup")
        if isinstance(self.path, Path) and path.samefile(self.path):
            raise StoreError(f"{path} is the store itself; name another file for its backup")
        # SQLite would apply to the new file what it had noted for the old one.
        for noted in (_beside(path, "-wal"), _beside(path, "-journal")):
            if noted.exists():
                raise StoreError(
                    f"{path} is in use as a store, or a program that used it broke off: {noted.name}"
                    " is beside it; name another file for the backup"
                )

    def _write_copy(self, path: Path, *, sound: bool = True) -> None:
        """Write a copy that comes to its place only when it is whole, and sound if so wished."""
        with _room_beside(path) as room:
            part = room / "copy.sqlite"
            with contextlib.closing(sqlite3.connect(str(part))) as copy:
                _copy_pages(self.connection, copy)
                copy.execute("PRAGMA journal_mode = DELETE")
                if sound:
                    self._check_sound(copy)
            _flush(part)
            part.replace(path)
            _flush(path.parent)

    def _check_sound(self, copy: sqlite3.Connection) -> None:
        try:
            verdict = str(copy.execute("PRAGMA quick_check").fetchone()[0])
        except sqlite3.DatabaseError as error:
            verdict = str(error)
        if verdict != "ok":
            raise DamagedError(
                f"the store {self.url} is damaged ({verdict}); no backup was written, and one that"
                " was there before is as it was: 'kg restore' brings it back"
            )


def restore(store: Path, backup: Path) -> Path | None:
    """Put a store back as it is in a backup; where what was there before is kept.

    The pages are copied in one transaction of the store, so that a process that has it open sees
    either all of the old or all of the new. Only a file that is no database any more is replaced.
    """
    try:
        store = store.resolve()
        version = _check_backup(store, backup)
        if not store.exists():
            _replace(store, backup, _free_name(store, "before-restore"))
            return None
        kept = _free_name(store, "before-restore")
        try:
            _restore_in_place(store, backup, version, kept)
        except DamagedError:
            _replace(store, backup, kept)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"cannot restore {store} from {backup}: {_why(error)}; the store is as it was, check"
            " room and permissions"
        ) from error
    return kept


def _restore_in_place(store: Path, backup: Path, version: int, kept: Path) -> None:
    with (
        Copies(store) as present,
        translated(str(store)),
        contextlib.ExitStack() as opened,
    ):
        present._write_copy(kept, sound=False)
        try:
            if version < len(MIGRATIONS):
                backup = _present_form(backup, opened.enter_context(_room_beside(store)))
            source = opened.enter_context(contextlib.closing(_opened_to_read(backup)))
            _copy_pages(source, present.connection)
        except (OSError, sqlite3.Error, KGError):
            kept.unlink()  # nothing was replaced
            raise


def _replace(store: Path, backup: Path, kept: Path) -> None:
    """Put a file made from a backup in the place of one that cannot be opened, or of none."""
    store.parent.mkdir(parents=True, exist_ok=True)
    with _room_beside(store) as room:
        fresh = _present_form(backup, room)
        _flush(fresh)
        for ending in ("-wal", "-shm", "-journal", ""):
            part = _beside(store, ending)
            if part.exists():
                part.rename(_beside(kept, ending))
        fresh.replace(store)
        _flush(store.parent)


def _present_form(backup: Path, room: Path) -> Path:
    """Copy a backup into a room of its own and bring the copy to the present schema."""
    fresh = room / "fresh.sqlite"
    with (
        contextlib.closing(_opened_to_read(backup)) as source,
        contextlib.closing(sqlite3.connect(str(fresh))) as copy,
    ):
        _copy_pages(source, copy)
    Database(fresh).close()
    return fresh


def _check_backup(store: Path, backup: Path) -> int:
    """Refuse what cannot be restored; return the schema of what can."""
    if not is_there(backup):
        raise InputError(f"there is no backup {backup}; give the path of one", source=str(backup))
    if not backup.is_file():
        raise InputError(f"{backup} is no file, so no backup of a store", source=str(backup))
    if store.exists() and store.samefile(backup):
        raise InputError(f"{backup} is the store itself; give a backup of it", source=str(backup))
    try:
        with contextlib.closing(_opened_to_read(backup)) as source:
            version = int(source.execute("PRAGMA user_version").fetchone()[0])
            is_ours = source.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            if is_ours:
                check_version(f"the backup {backup}", version)
            verdict = source.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise InputError(
            f"{backup} cannot be restored: {error}; the store was not touched, give another backup",
            source=str(backup),
        ) from error
    if not is_ours:
        raise InputError(
            f"{backup} is no backup of a store; 'kg backup FILE' writes one", source=str(backup)
        )
    if verdict != "ok":
        raise InputError(
            f"{backup} is damaged ({verdict}); the store was not touched, give another backup",
            source=str(backup),
        )
    return version


def _why(error: OSError | sqlite3.Error) -> str:
    return str(error.strerror if isinstance(error, OSError) else error)


def _copy_pages(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy a database in one transaction of the target; waits as long as any other writing."""

    def give_up(status: int, _left: int, _pages: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise sqlite3.OperationalError("database is locked")

    source.backup(target, progress=give_up)


@contextlib.contextmanager
def _room_beside(path: Path) -> Iterator[Path]:
    """Give a folder of our own on the same disk, so that a file made there can be moved in place."""
    import tempfile  # every other command starts without it

    with tempfile.TemporaryDirectory(
        prefix="kg-", suffix=".part", dir=path.parent, ignore_cleanup_errors=True
    ) as room:
        yield Path(room)


def _flush(path: Path) -> None:
    """See that a file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _opened_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _free_name(path: Path, ending: str) -> Path:
    """Return the first name beside a file that nothing has yet."""
    number = 1
    while True:
        free = path.with_name(f"{path.name}.{ending}" + (f"-{number}" if number > 1 else ""))
        if not free.exists():
            return free
        number += 1
