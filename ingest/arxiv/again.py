"""All held records once more, some at a time, when what is looked for in them has changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from kg.records import ARXIV, PaperRecord
from kg.store import Store

_ALL = "all"


def has_read_all(store: Store, place: str, state: str) -> bool:
    """Say whether a pass over all records in this state came to its end."""
    return store.cursor_of(ARXIV, place) == f"{state} {_ALL}"


def has_more_records(store: Store, most: int) -> bool:
    """Say whether there are more than so many records, without counting all of them."""
    return sum(1 for _ in islice(store.iter_records(source=ARXIV), most + 1)) > most


def records_to_reread(
    store: Store, place: str, state: str, at_once: int
) -> Iterator[tuple[list[PaperRecord], str]]:
    """Yield the records that were not read in this state yet, and the cursor to keep with each part.

    Goes on where an earlier pass was broken off. The last part is empty: its cursor says that all
    was read. Nothing comes when all was read before, or there is none.

    Parameters
    ----------
    place : under which the store keeps how far the pass is
    state : what is looked for, without blanks; another one begins anew
    at_once : how many records a part has
    """
    kept, _, after = store.cursor_of(ARXIV, place).partition(" ")
    if kept == state and after == _ALL:
        return
    line = int(after) if kept == state and after.isdigit() else 0
    rest = (r.record for r in store.iter_records(source=ARXIV) if r.record.line > line)
    is_begun = line > 0
    while part := list(islice(rest, at_once)):
        is_begun = True
        yield part, f"{state} {part[-1].line}"
    if is_begun:
        yield [], f"{state} {_ALL}"
