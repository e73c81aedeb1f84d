"""At most one request to arXiv at a time and one in three seconds, by all processes of a machine.

arXiv asks for that of all its interfaces together (https://info.arxiv.org/help/api/tou.html). The
turn is a lock on a file in the user's cache folder, which the system takes back from a process that
was killed; in the file stands when the last request ended. Clocks that jump make a turn wait at most
one whole interval longer than needed, and never come early as long as the machine stays up: the wall
clock is checked against the one that counts from the start of the machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.locks import lock_folders, open_lock, try_lock
from kg.errors import FetchError

INTERVAL = 3.0
"""Seconds between two requests, as arXiv asks."""
MAX_REST = 3600.0
"""The longest that a request may be put off for, in seconds, whatever stands in the file."""

_FILE = "arxiv-turn"
_LOOK_AGAIN = 0.05
_RUNNING = -1.0

_here = threading.Lock()
_last_here: dict[str, tuple[float, float, float]] = {}
"""What the file should hold, for folders that cannot be written to."""


@dataclass(slots=True)
class Pace:
    """Whose turn it is to ask arXiv.

    Parameters
    ----------
    folder : where the file is that processes share; the user's cache folder when None
    interval : seconds from the end of one request to the start of the next
    patience : how long to wait for the turn of others at most, in seconds
    wall, steady, sleep : the clocks, and how to wait (in tests nobody waits)
    """

    folder: Path | None = None
    interval: float = INTERVAL
    patience: float = 1800.0
    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    is_shared: bool = field(default=True, init=False)
    """Whether other processes take part: False when no folder can be written to."""
    _rest: float = field(default=0.0, init=False)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn and hold it; the request belongs inside.

        Raises
        ------
        FetchError
            Others held the turn for longer than `patience`.
        """
        with self._held() as file:
            self._wait(file)
            self._note(file, is_running=True)
            try:
                yield
            finally:
                self._note(file)

    def rest(self, seconds: float) -> None:
        """Let all processes wait so long behind the request that is being made now: arXiv said so."""
        self._rest = min(max(0.0, seconds), MAX_REST)

    # ------------------------------------------------------------------ the turn

    @contextlib.contextmanager
    def _held(self) -> Iterator[int | None]:
        given_up = self.steady() + self.patience
        while not _here.acquire(blocking=False):
            self._look_again(given_up)
        try:
            file = self._opened()
            try:
                while file is not None:
                    try:
                        if try_lock(file):
                            break
                        self._look_again(given_up)
                    except OSError:  # a file system without locks
                        os.close(file)
                        file, self.is_shared = None, False
                yield file
            finally:
                if file is not None:
                    os.close(file)  # gives the lock back
        finally:
            _here.release()

    def _look_again(self, given_up: float) -> None:
        if self.steady() > given_up:
            raise FetchError(
                f"another process has been asking arXiv for more than {self.patience:g} seconds: "
                "only one at a time may; wait for it, or end it if it hangs"
            )
        self.sleep(_LOOK_AGAIN)

    def _opened(self) -> int | None:
        """Open the file of the first folder that lets us; None when none does."""
        file = open_lock(_FILE, (self.folder,) if self.folder is not None else lock_folders())
        self.is_shared = file is not None
        return file

    # ------------------------------------------------------------------ the time

    def _wait(self, file: int | None) -> None:
        # Nobody else changes the file now, so it is looked at once; what follows is measured by the
        # clock that nobody sets.
        end = self.steady() + self._left(file)
        while (left := end - self.steady()) > 0:
            self.sleep(left)

    def _left(self, file: int | None) -> float:
        """Say how long to wait still, by the two clocks."""
        last = self._noted(file)
        if last is None:
            return 0.0
        wall, steady, gap = last
        if gap == _RUNNING:  # whoever asked was killed, and nobody knows when the request went out
            return self.interval
        gap = min(max(gap, self.interval), MAX_REST + self.interval)
        by_wall, by_steady = self.wall() - wall, self.steady() - steady
        if by_steady >= 0:
            # The machine has not been started anew, or has been up for longer than before: then
            # the wall clock knows better, unless it was set forward, which costs one interval.
            return gap - by_steady if by_steady < gap else 0.0
        return min(gap - by_wall, gap) if by_wall >= 0 else gap

    def _noted(self, file: int | None) -> tuple[float, float, float] | None:
        if file is None:
            return _last_here.get(str(self.folder))
        try:
            os.lseek(file, 0, os.SEEK_SET)
            given: Any = json.loads(os.read(file, 4096) or b"null")
            wall, steady, gap = (float(part) for part in given)
        except (OSError, ValueError, TypeError, OverflowError, RecursionError):
            # Empty: nobody asked yet. Torn or strange: somebody did, and nobody knows when.
            try:
                if os.fstat(file).st_size == 0:
                    return None
            except OSError:
                return None
            self._note(file)
            return self._noted_now()
        if not all(abs(part) < 1e12 for part in (wall, steady, gap)):
            self._note(file)
            return self._noted_now()
        return wall, steady, gap

    def _noted_now(self) -> tuple[float, float, float]:
        return self.wall(), self.steady(), self.interval

    def _note(self, file: int | None, *, is_running: bool = False) -> None:
        gap = _RUNNING if is_running else max(self.interval, self._rest)
        noted = (self.wall(), self.steady(), gap)
        self._rest = 0.0
        _last_here[str(self.folder)] = noted
        if file is None:
            return
        try:
            # One write of one block, so that a reader never sees half of it.
            os.lseek(file, 0, os.SEEK_SET)
            text = json.dumps(noted).encode()
            os.write(file, text)
            os.ftruncate(file, len(text))
        except OSError:
            self.is_shared = False  # a full disk: this process keeps the pace for itself
