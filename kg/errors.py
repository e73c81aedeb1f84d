"""Every error the project raises, as one tree; no behaviour lives here.

::

    KGError                      what was wrong, where, what was expected, what to do next
    ├── InputError (ValueError)  outside data cannot be used: .source .line
    ├── FetchError               a web address cannot be read: .url .status
    │   └── HarvestError         a harvest stopped with its place kept: .cursor
    ├── ClaimError (ValueError)  a claim breaks the schema of kg.model
    ├── NotFoundError            no such name or id: .name .nearest
    ├── StoreError               the store cannot be read or written
    │   ├── StoreBusyError       another process is writing; trying again is safe
    │   └── SchemaVersionError   the store is newer than this program: .found .supported
    ├── BusyError                another process does the same just now
    └── SetupError               a setting is wrong or an optional package is missing
"""

from __future__ import annotations


class KGError(Exception):
    """Base of all errors the project raises on purpose.

    The message is written for the person at the terminal: what was wrong, where, what was
    expected, and what to do next.
    """


class InputError(KGError, ValueError):
    """A file, a line or an argument from outside cannot be used."""

    def __init__(self, message: str, *, source: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.source = source
        self.line = line

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


class FetchError(KGError):
    """A web address was refused or could not be read."""

    def __init__(
        self,
        message: str,
        *,
        url: str = "",
        status: int | None = None,
        location: str = "",
        retry_after: str = "",
        date: str = "",
    ) -> None:
        super().__init__(message)
        self.url = url
        self.status = status
        self.location = location
        """Where the server redirects to, when that is the reason."""
        self.retry_after = retry_after
        """When the server wants to be asked again: its Retry-After, as written."""
        self.date = date
        """The server's clock: its Date, as written."""

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


class HarvestError(FetchError):
    """A harvest or a search stopped; what was given before is whole, and it can be gone on with."""

    def __init__(
        self, message: str, *, url: str = "", status: int | None = None, cursor: str = ""
    ) -> None:
        super().__init__(message, url=url, status=status)
        self.cursor = cursor
        """Where to go on, as JSON: the cursor of the last batch that was given."""


class ClaimError(KGError, ValueError):
    """A claim does not fit the schema in `kg.model`: a mistake of a reader, not of a list."""


class NotFoundError(KGError, LookupError):
    """Nothing in the store has this name or id."""

    def __init__(self, message: str, *, name: str = "", nearest: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.nearest = nearest

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


class StoreError(KGError):
    """The store cannot be opened, read or written; what was committed before is whole."""


class StoreBusyError(StoreError):
    """Another process holds the store; nothing was written and trying again is safe."""


class SchemaVersionError(StoreError):
    """The store was written by a newer version of this program."""

    def __init__(self, message: str, *, found: int = 0, supported: int = 0) -> None:
        super().__init__(message)
        self.found = found
        self.supported = supported

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


class BusyError(KGError):
    """Another process does the same just now; nothing was done, and trying again later is safe."""


class SetupError(KGError):
    """A setting is wrong, or a package of an optional extra is not installed."""


def _rebuild(kind: type[KGError], args: tuple[object, ...], state: dict[str, object]) -> KGError:
    """Restore an error that was pickled between processes, attributes included."""
    error = kind(*args)
    error.__dict__.update(state)
    return error
