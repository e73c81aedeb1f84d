"""The whole of the contract on one SQLite file."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from kg.engine.copying import Copying
from kg.engine.decisions import Decisions
from kg.engine.harvests import Harvests
from kg.engine.reads import Reads
from kg.sqlite.copies import Copies
from kg.sqlite.rows import SqliteRows


class SqliteStore(Decisions, Harvests, Reads, Copying):
    """A store in one SQLite file; see `Database` for what opening it takes and can raise.

    With `completing` it may be a copy that is not complete.
    """

    def __init__(self, path: Path | str, *, create: bool = False, completing: bool = False) -> None:
        self._file = Copies(path, create=create)
        self.path = self._file.path
        try:
            super().__init__(SqliteRows(self._file), self._file.url, completing=completing)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Release the file; a second call does nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def backup(self, path: Path) -> None:
        """Write a whole copy of the store to a file, also while others use it."""
        self._file.backup(path)
