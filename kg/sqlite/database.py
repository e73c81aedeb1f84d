"""One SQLite file: opening, errors in words, transactions, migrations."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self, TypeVar

from kg.engine.rows import DamagedRowError
from kg.errors import (
    SchemaVersionError,
    SetupError,
    StoreBusyError,
    StoreError,
)
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
            if not is_there(self.path):
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
        with self.translated():
            self.connection = sqlite3.connect(
                str(path), timeout=_PATIENCE_SECONDS, isolation_level=None
            )
            try:
                self.connection.execute("PRAGMA foreign_keys = ON")
                self._check_is_store()
                self._use_write_ahead_log()
                self.connection.execute("PRAGMA synchronous = FULL")
                self.connection.execute("PRAGMA cache_size = -65536")
                # 64 MB of log before it goes into the file: a tenth less time for harvests into a
                # store of a million papers, whose pages lie far apart (benchmarks/RESULTS.md).
                self.connection.execute("PRAGMA wal_autocheckpoint = 16000")
                self._migrate()
            except BaseException:
                self.connection.close()
                raise

    def close(self) -> None:
        """Release the file; a second call does nothing."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- opening ------------------------------------------------------------------------------

    def translated(self) -> contextlib.AbstractContextManager[None]:
        """Turn SQLite's errors into ours."""
        return translated(self.url)

    def _use_write_ahead_log(self) -> None:
        """Set WAL; waits by itself, because SQLite does not for two that set it on a new file."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _check_is_store(self) -> None:
        tables = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        found = self.connection.execute("PRAGMA application_id").fetchone()[0]
        if tables and found != APPLICATION_ID:
            raise StoreError(
                f"{self.url} is a SQLite file of another program; name another file with --store"
            )
        check_version(f"the store {self.url}", self._version())

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

    def _migrate(self) -> None:
        version = self._version()
        check_version(f"the store {self.url}", version)
        for number in range(version + 1, len(MIGRATIONS) + 1):
            with self.transaction():
                if self._version() >= number:
                    continue
                for statement in _statements(MIGRATIONS[number - 1][1]):
                    self.connection.execute(statement)
                self.connection.execute(f"PRAGMA user_version = {number:d}")
                self.connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block in one write transaction; any exception rolls it back and goes on."""
        with self.translated():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                # SQLite has done so itself where the disk is full; what it said first is what counts.
                if self.connection.in_transaction:
                    with contextlib.suppress(sqlite3.Error):
                        self.connection.execute("ROLLBACK")
                raise


def check_version(what: str, version: int) -> None:
    """Refuse what a newer version of this program wrote."""
    if version > len(MIGRATIONS):
        raise SchemaVersionError(
            f"{what} has schema {version}, this program knows up to {len(MIGRATIONS)}; upgrade the"
            " program",
            found=version,
            supported=len(MIGRATIONS),
        )


@contextlib.contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn SQLite's errors about a store into ours, at this one place."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise StoreBusyError(
                f"the store {url} is being written by another process; nothing was"
                " changed, try again when it is done"
            ) from error
        if "disk is full" in text or "disk I/O" in text:
            raise StoreError(
                f"cannot write the store {url}: {text}; what was committed before is"
                " whole, make room and try again"
            ) from error
        if "readonly" in text or "unable to open" in text:
            raise StoreError(
                f"cannot open or write the store {url}: {text}; check the permissions of"
                " the file, of those beside it that end in -wal and -shm, and of its folder"
            ) from error
        if "unsupported file format" in text:
            raise DamagedError(_damaged(url, error)) from error
        raise StoreError(f"the store {url} failed: {text}") from error
    except UnicodeEncodeError as error:
        raise StoreError(
            f"a text cannot be stored: {error.object[error.start : error.end]!r} is half of a"
            " character; nothing was changed, repair the encoding of the source"
        ) from error
    except sqlite3.ProgrammingError as error:
        raise StoreError(f"the store {url} cannot be used: {error}") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError, DamagedRowError) as error:
        raise DamagedError(_damaged(url, error)) from error


def _damaged(url: str, error: Exception) -> str:
    return (
        f"{url} is no store or is damaged: {error}; restore a backup, or name another"
        " file with --store and ingest the lists again"
    )


def is_there(path: Path) -> bool:
    """Say whether there is something at a path; an error of ours where nobody may look."""
    try:
        return path.exists()
    except OSError as error:
        raise StoreError(
            f"cannot look up {path}: {error.strerror}; check the permissions of its folder"
        ) from error


class DamagedError(StoreError):
    """What is in the file can be no store, whatever is done about room, rights and patience."""


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
