"""One SQLite file: opening, errors in words, transactions, migrations."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self, TypeVar

from kg.errors import InputError, SchemaVersionError, SetupError, StoreBusyError, StoreError
from kg.sqlite.schema import APPLICATION_ID, MIGRATIONS

_T = TypeVar("_T")

_PATIENCE_SECONDS = 30.0
"""How long to wait for another process that writes."""


class Database:
    """A store's file: opened, checked, brought to the present schema.

    Parameters
    ----------
    path : the file; ':memory:' for one that lives as long as the object
    create : make the file where there is none

    Raises
    ------
    SetupError
        If the file is not there and `create` is false.
    StoreError
        If the file is no store, is damaged, or cannot be read or written.
    SchemaVersionError
        If a newer version of this program wrote it.
    """

    def __init__(self, path: Path | str, *, create: bool = False) -> None:
        self.path = path if str(path) == ":memory:" else Path(path)
        self.url = str(path)
        if isinstance(self.path, Path):
            if not self.path.exists():
                if not create:
                    raise SetupError(
                        f"there is no store at {path}; 'kg ingest PATH' makes one, or name"
                        " another with --store or KG_STORE"
                    )
                try:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise StoreError(
                        f"cannot make the folder of the store {path}: {error.strerror}"
                    ) from error
            elif self.path.is_dir():
                raise StoreError(
                    f"{path} is a folder; a store is a file, for example {path}/kg.sqlite"
                )
        with self._translated():
            self._db = sqlite3.connect(str(path), timeout=_PATIENCE_SECONDS, isolation_level=None)
            self._db.execute("PRAGMA foreign_keys = ON")
            self._check_is_store()
            self._use_write_ahead_log()
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA cache_size = -65536")
            self._migrate()

    def close(self) -> None:
        """Release the file; a second call does nothing."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- opening ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn SQLite's errors into ours, at this one place."""
        try:
            yield
        except sqlite3.OperationalError as error:
            text = str(error)
            if "locked" in text or "busy" in text:
                raise StoreBusyError(
                    f"the store {self.url} is being written by another process; nothing was"
                    " changed, try again when it is done"
                ) from error
            if "disk is full" in text or "disk I/O" in text:
                raise StoreError(
                    f"cannot write the store {self.url}: {text}; what was committed before is"
                    " whole, make room and try again"
                ) from error
            if "readonly" in text or "unable to open" in text:
                raise StoreError(
                    f"cannot open or write the store {self.url}: {text}; check the permissions of"
                    " the file and its folder"
                ) from error
            raise StoreError(f"the store {self.url} failed: {text}") from error
        except UnicodeEncodeError as error:
            raise StoreError(
                f"a text cannot be stored: {error.object[error.start : error.end]!r} is half of a"
                " character; nothing was changed, repair the encoding of the source"
            ) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError, DamagedRowError) as error:
            raise StoreError(
                f"{self.url} is no store or is damaged: {error}; restore a backup, or name another"
                " file with --store and ingest the lists again"
            ) from error

    def _use_write_ahead_log(self) -> None:
        """Set WAL; waits by itself, because SQLite does not for two that set it on a new file."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _check_is_store(self) -> None:
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        found = self._db.execute("PRAGMA application_id").fetchone()[0]
        if tables and found != APPLICATION_ID:
            raise StoreError(
                f"{self.url} is a SQLite file of another program; name another file with --store"
            )

    def _migrate(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise SchemaVersionError(
                f"the store {self.url} has schema {version}, this program knows up to"
                f" {len(MIGRATIONS)}; upgrade the program",
                found=version,
                supported=len(MIGRATIONS),
            )
        for number in range(version + 1, len(MIGRATIONS) + 1):
            with self._transaction():
                if self._db.execute("PRAGMA user_version").fetchone()[0] >= number:
                    continue
                for statement in _statements(MIGRATIONS[number - 1][1]):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {number:d}")
                self._db.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Run a block in one write transaction; any exception rolls it back and goes on."""
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def backup(self, path: Path) -> None:
        """Write a whole copy of the store to a file, also while others use it."""
        part = path.with_name(path.name + ".part")
        try:
            part.unlink(missing_ok=True)
            with contextlib.closing(sqlite3.connect(str(part))) as copy:
                self._db.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(path)
        except (OSError, sqlite3.Error) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise StoreError(
                f"cannot write the backup {path}: {why}; the store itself is untouched"
            ) from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _source_counts(self, source: int) -> tuple[int, int]:
        """How many current claims a source has, and how many rejected lines."""
        claims = self._db.execute(
            "SELECT count(*) FROM claim WHERE source = ? AND withdrawn_load IS NULL", (source,)
        ).fetchone()[0]
        rejected = self._db.execute(
            "SELECT count(*) FROM rejected WHERE source = ?", (source,)
        ).fetchone()[0]
        return claims, rejected


def restore(store: Path, backup: Path) -> Path | None:
    """Put a store back as it is in a backup; where what was there before is kept.

    The pages are copied in one transaction of the store, so that a process that has it open sees
    either all of the old or all of the new. Only a file that is no database any more is replaced.
    """
    _check_backup(backup)
    kept: Path | None = None
    if store.exists():
        kept = _free_name(store, "before-restore")
        try:
            with Database(store) as present:
                present.backup(kept)
        except SchemaVersionError:
            raise
        except StoreError:
            # A damaged store: put aside as it is, with what SQLite had not yet written into it.
            for ending in ("", "-wal", "-shm"):
                part = store.with_name(store.name + ending)
                if part.exists():
                    part.rename(kept.with_name(kept.name + ending))
    with Database(store, create=True) as target, target._translated():
        with contextlib.closing(_opened_to_read(backup)) as source:
            source.backup(target._db)
        target._use_write_ahead_log()
        target._migrate()
    return kept


def _check_backup(backup: Path) -> None:
    if not backup.is_file():
        raise InputError(f"there is no backup {backup}", source=str(backup))
    try:
        with contextlib.closing(_opened_to_read(backup)) as source:
            version = source.execute("PRAGMA user_version").fetchone()[0]
            is_ours = source.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            verdict = source.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise InputError(
            f"{backup} cannot be restored: {error}; the store was not touched", source=str(backup)
        ) from error
    if not is_ours:
        raise InputError(
            f"{backup} is no backup of a store; 'kg backup FILE' writes one", source=str(backup)
        )
    if verdict != "ok":
        raise InputError(
            f"{backup} is damaged ({verdict}); the store was not touched", source=str(backup)
        )
    if version > len(MIGRATIONS):
        raise SchemaVersionError(
            f"the backup {backup} has schema {version}, this program knows up to"
            f" {len(MIGRATIONS)}; upgrade the program",
            found=version,
            supported=len(MIGRATIONS),
        )


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


class DamagedRowError(Exception):
    """A row that cannot be what this program wrote."""


def _statements(script: str) -> list[str]:
    found, statement = [], ""
    for line in script.splitlines():
        if line.strip().startswith("--"):
            continue
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            found.append(statement)
            statement = ""
    return found


def chunks(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Cut a sequence into pieces of at most `size`: SQLite takes a limited number of '?'."""
    for i in range(0, len(values), size):
        yield values[i : i + size]
