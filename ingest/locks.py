"""Locks between the processes of a user: files that the system takes back from one that was killed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import platformdirs

from kg.errors import BusyError

if os.name == "nt":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_folders() -> Iterator[Path]:
    """Yield the folders in which locks may lie, best first: the user's cache, else a temporary one."""
    yield Path(platformdirs.user_cache_dir("research-kg", appauthor=False))
    user = os.getuid() if hasattr(os, "getuid") else "user"
    yield Path(tempfile.gettempdir()) / f"research-kg-{user}"


def open_lock(name: str, folders: Iterable[Path]) -> int | None:
    """Open the file of a lock in the first folder that lets us; None when none does."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    for folder in folders:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(folder / name, flags, 0o600)
        except OSError:
            continue
    return None


def try_lock(file: int) -> bool:
    """Take the lock of an open file; False when another process has it.

    Raises
    ------
    OSError
        The file system has no locks.
    """
    try:
        _lock(file)
    except (BlockingIOError, PermissionError):  # the second is what Windows says
        return False
    return True


@contextlib.contextmanager
def alone(what: str, of: str, folders: Iterable[Path] | None = None) -> Iterator[None]:
    """Run a block that only one process of this user may run at a time.

    Where no folder can be written to, or a file system has no locks, nothing is held.

    Parameters
    ----------
    what : what is done, in words and in the name of the file: 'update'
    of : what it is done to; one at a time for each

    Raises
    ------
    BusyError
        Another process is in such a block.
    """
    digest = hashlib.sha256(of.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    file = open_lock(f"{what}-{digest}", lock_folders() if folders is None else folders)
    try:
        if file is not None:
            with contextlib.suppress(OSError):
                if not try_lock(file):
                    raise BusyError(f"another {what} of {of} is running; this one did nothing")
        yield
    finally:
        if file is not None:
            os.close(file)  # gives the lock back
