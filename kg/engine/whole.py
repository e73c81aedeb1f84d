"""A store that is whole: no copy of another that broke off."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from kg.engine.records import Claims
from kg.engine.rows import Rows
from kg.errors import StoreError


class Whole:
    """Rows with an address, refused while they are a copy that is not complete.

    Parameters
    ----------
    rows : what the store holds
    url : where, as it may be shown
    completing : work with a copy that is not complete, to complete it

    Raises
    ------
    StoreError
        If the store is a copy that is not complete, and not to be completed.
    """

    def __init__(self, rows: Rows, url: str, *, completing: bool = False) -> None:
        self._rows = rows
        self._all_claims = Claims(rows)
        self.url = url
        self._completing = completing
        with rows.reading():
            self._check_is_whole()

    def _check_is_whole(self) -> None:
        note = None if self._completing else self._rows.copy_note()
        if note is not None:
            command = shlex.join(["kg", "copy", note.origin, self.url])
            raise StoreError(
                f"the store {self.url} is a copy of {note.origin} that is not complete, so nothing is"
                f" answered from it and nothing loaded; '{command}' completes it"
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Run a block in one write transaction; see `Rows.writing`.

        The copy may have begun after this store was opened, by another process.
        """
        with self._rows.writing():
            self._check_is_whole()
            yield
