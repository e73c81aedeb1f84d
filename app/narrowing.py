"""Options that narrow what a command looks at, shared by all that answer."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.group import opened
from kg.errors import NotFoundError
from kg.model import Kind

if TYPE_CHECKING:
    from kg.store import Store
    from queries.narrow import Narrow

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the command line narrows a command to."""

    narrow: Narrow
    as_of: str = ""

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """Open the store that the command line names, or what it was at --as-of."""
        with opened() as store:
            if not self.as_of:
                yield store
                return
            from kg.snapshot import is_present, snapshot

            if is_present(store, self.as_of):
                yield store
                return
            with closing(snapshot(store, self.as_of)) as then:
                try:
                    yield then
                except NotFoundError as error:
                    raise NotFoundError(
                        f"{error} (in the store as of {self.as_of})",
                        name=error.name,
                        nearest=error.nearest,
                    ) from error


_OPTIONS = (
    click.option("--since", metavar="DATE", help="Only what appeared on or after a date."),
    click.option("--until", metavar="DATE", help="Only what appeared on or before a date."),
    click.option("--topic", "topics", multiple=True, metavar="NAME", help="Only of a topic."),
    click.option(
        "--kind",
        "kinds",
        multiple=True,
        type=click.Choice([str(k) for k in Kind]),
        help="Only things of a kind.",
    ),
    click.option(
        "--min-confidence",
        type=click.FloatRange(0, 1),
        default=0.0,
        help="Only what is said as surely (0 to 1).",
    ),
    click.option(
        "--source", "sources", multiple=True, metavar="SOURCE", help="Only what a list says."
    ),
    click.option("--state", "states", multiple=True, help="Only what you gave a read state."),
    click.option("--tag", "tags", multiple=True, help="Only what you gave a tag."),
    click.option("--as-of", metavar="DATE", help="Answer from what was in the store then."),
)


def narrow_options(command: Callable[..., _R]) -> Callable[..., _R]:
    """Give a command the options, and their values as one `narrowing`.

    An option given several times means any of its values; different options must all hold.
    """

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> _R:
        return command(*args, narrowing=_narrowing(options), **options)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def _narrowing(options: dict[str, Any]) -> Narrowing:
    """Take the options that narrow out of all that were given."""
    from queries.narrow import Narrow

    narrow = Narrow(
        since=options.pop("since") or "",
        until=options.pop("until") or "",
        topics=tuple(options.pop("topics")),
        kinds=frozenset(Kind(k) for k in options.pop("kinds")),
        min_confidence=options.pop("min_confidence"),
        sources=tuple(options.pop("sources")),
        states=frozenset(options.pop("states")),
        tags=frozenset(options.pop("tags")),
    )
    return Narrowing(narrow, options.pop("as_of") or "")
