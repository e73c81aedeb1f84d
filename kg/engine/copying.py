"""A whole store copied into another, whatever each is made of: row by row, in pieces.

Each piece is one transaction of the target together with a note of how far the copy is
(`Rows.copy_note`), so that a copy that was killed is whole up to there, says of itself that it is
not complete, and is completed by beginning again. Nothing is decided anew: names keep their ids,
claims and loads their numbers, so that the copy answers as its origin does, and the next load makes
the same of both. The front of a store that has one is derived at the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from kg.engine.front import Front
from kg.engine.rows import (
    ClaimRow,
    CopyNote,
    EvidenceRow,
    MentionRow,
    Numbered,
    RecordRow,
    Rows,
    RulingRow,
    SourceRow,
)
from kg.errors import InputError, StoreError
from kg.model import Rejected, Remark
from kg.store import CopyProgress, CopyReport, Store

_T = TypeVar("_T")

_Numbers: TypeAlias = Mapping[Numbered, int]

_AT_A_TIME = 10_000
"""Rows that are copied in one transaction: a commit costs little beside them, and a server's memory
holds them; how many go with one statement is the store's business."""
_THINGS_AT_A_TIME = 4000
"""Things that are shown in one transaction, with all claims about them."""


class Copying(Front):
    """A store that can become the copy of another."""

    def copy_from(
        self, origin: Store, tell: Callable[[CopyProgress], None] | None = None
    ) -> CopyReport:
        """Become a copy of another store, from where an earlier try broke off."""
        if not isinstance(origin, Copying):
            raise InputError(f"{origin.url} is no store that can be copied row by row")
        source = origin._rows
        with source.reading():
            numbers = _numbers(source)
            state = _state(source, numbers)
        with self._rows.reading():
            begun, held = self._rows.copy_note(), _numbers(self._rows)
            if begun is None and any(held.values()) and _state(self._rows, held) == state:
                return CopyReport(_counted(source, numbers), is_new=False)
            self._check_may_become(origin.url, state, begun, held)
        note = begun
        stages = [s for s in _STAGES if self._rows.has_front or not s.is_front]
        at = next((n for n, s in enumerate(stages) if begun and s.name == begun.stage), 0)
        for stage in stages[at:]:
            number = note.number if note and note.stage == stage.name else 0
            last = stage.last(numbers)
            while number < last:
                upto = min(number + stage.size, last)
                with source.reading():
                    rows = stage.read(source, number, upto)
                    if not stage.is_front:
                        self._check_is_unchanged(origin, state)
                number = upto
                with self._going_on(note):
                    stage.put(self, rows)
                    note = CopyNote(origin.url, state, stage.name, number)
                    self._rows.set_copy_note(note)
                if tell is not None:
                    tell(CopyProgress(stage.name, number, last))
        with self._going_on(note):
            if _state(self._rows, _numbers(self._rows)) != state:
                raise StoreError(
                    f"the copy at {self.url} does not hold what was copied into it; remove it and copy"
                    f" {origin.url} into a fresh store"
                )
            self._rows.set_copy_note(None)
            counted = _counted(self._rows, numbers)
        return CopyReport(counted, is_resumed=begun is not None)

    def _check_may_become(
        self, origin: str, state: str, begun: CopyNote | None, held: _Numbers
    ) -> None:
        """Refuse to make a copy of what holds something else, or of what has changed since."""
        if begun is None:
            if any(held.values()):
                raise InputError(
                    f"the store {self.url} is not empty and no copy of {origin} as that is now; name"
                    " a fresh one to copy into"
                )
        elif begun.state != state:
            what = (
                f"{origin} before it changed"
                if begun.origin == origin
                else f"{begun.origin}, not of {origin} as that is now"
            )
            raise InputError(
                f"the store {self.url} is a copy of {what}, and was not completed; it cannot be any"
                " more: remove it, or name a fresh one to copy into"
            )

    def _check_is_unchanged(self, origin: Copying, state: str) -> None:
        """See that what was read just now is of the same moment as all before."""
        if _state(origin._rows, _numbers(origin._rows)) != state:
            raise StoreError(
                f"the store {origin.url} was changed while it was copied, so the copy begun at"
                f" {self.url} cannot be completed; copy it again into a fresh store when nobody"
                " writes it (a backup of a store in a file can be copied at any time: 'kg backup"
                " FILE')"
            )

    @contextmanager
    def _going_on(self, note: CopyNote | None) -> Iterator[None]:
        """Run a block in one transaction, if the store still is what the last one left."""
        with self._rows.writing():
            is_ours = self._rows.copy_note() == note
            if not is_ours or (note is None and any(_numbers(self._rows).values())):
                raise StoreError(
                    f"another process writes the store {self.url} too; when it has ended, begin the"
                    " same copy again: it goes on from where it is"
                )
            yield


def _numbers(rows: Rows) -> dict[Numbered, int]:
    return {of: rows.last_number(of) for of in Numbered}


def _counted(rows: Rows, numbers: _Numbers) -> dict[str, int]:
    """Count the rows of each kind; of all but candidates the last number is how many there are."""
    return {str(of): n for of, n in numbers.items()} | {Numbered.DOUBTED: rows.count_doubted()}


def _state(rows: Rows, numbers: _Numbers) -> str:
    """Return what tells whether a store changed: how many rows, when loads were made, the last news."""
    times = sorted((n.n, n.at) for n in rows.find_loads({1, numbers[Numbered.LOAD]}))
    last = numbers[Numbered.NEWS]
    return json.dumps([_counted(rows, numbers), times, rows.news_numbered(last - 1, last)])


# ---------------------------------------------------------------------- what is copied, in order


@dataclass(frozen=True, slots=True)
class _Stage(Generic[_T]):
    """Rows of one kind: how they are read from a store, and put into the copy."""

    name: str
    last: Callable[[_Numbers], int]
    """The last number; 1 for what is copied at once."""
    read: Callable[[Rows, int, int], _T]
    put: Callable[[Copying, _T], None]
    size: int = _AT_A_TIME
    is_front: bool = False
    """Whether it is derived from what has been copied: the origin may change by then."""


def _last(of: Numbered) -> Callable[[_Numbers], int]:
    return lambda numbers: numbers[of]


def _once(_: _Numbers) -> int:
    return 1


def _put_sources(copy: Copying, sources: Sequence[SourceRow]) -> None:
    # A copy may have a smaller number than what it is a copy of.
    copy._rows.put_sources([s._replace(copy_of=None) for s in sources])
    copy._rows.put_sources([s for s in sources if s.copy_of is not None])


_Remains: TypeAlias = list[tuple[int, list[Rejected], list[Remark]]]


def _read_remains(rows: Rows, after: int, last: int) -> _Remains:
    sources = [s.id for s in rows.find_sources() if after < s.id <= last]
    remarks: dict[int, list[Remark]] = {source: [] for source in sources}
    for source, remark in rows.remarks(sources):
        remarks[source].append(remark)
    return [(source, rows.rejected(source), remarks[source]) for source in sources]


def _put_remains(copy: Copying, remains: _Remains) -> None:
    for source, rejected, remarks in remains:
        if rejected or remarks:
            copy._rows.replace_remains(source, rejected, remarks)


_Said: TypeAlias = tuple[list[ClaimRow], list[EvidenceRow]]


def _read_claims(rows: Rows, after: int, last: int) -> _Said:
    return rows.claims_numbered(after, last), rows.evidence_numbered(after, last)


_Recorded: TypeAlias = tuple[list[RecordRow], list[MentionRow]]


def _read_records(rows: Rows, after: int, last: int) -> _Recorded:
    return rows.records_numbered(after, last), rows.mentions_numbered(after, last)


def _put_records(copy: Copying, recorded: _Recorded) -> None:
    records, mentions = recorded
    copy._rows.add_records(records)
    copy._rows.add_mentions(mentions)


def _put_cursors(copy: Copying, cursors: Sequence[tuple[int, str, str]]) -> None:
    for cursor in cursors:
        copy._rows.set_cursor(*cursor)


_Ruled: TypeAlias = tuple[list[RulingRow], list[tuple[int, int]]]


def _put_rulings(copy: Copying, ruled: _Ruled) -> None:
    copy._rows.replace_rulings(*ruled)


def _range(_: Rows, after: int, last: int) -> range:
    """Name the things that are shown: all of the numbers that are things in use."""
    return range(after + 1, last + 1)


_STAGES: tuple[_Stage[Any], ...] = (
    _Stage("sources", _once, lambda rows, *_: rows.find_sources(), _put_sources),
    _Stage(
        "loads",
        _last(Numbered.LOAD),
        lambda rows, after, last: rows.find_loads(range(after + 1, last + 1)),
        lambda copy, loads: copy._rows.add_loads(loads),
    ),
    _Stage("lines of no use", _last(Numbered.SOURCE), _read_remains, _put_remains, 500),
    _Stage(
        "names",
        _last(Numbered.NAME),
        lambda rows, after, last: rows.names_numbered(after, last),
        lambda copy, names: copy._rows.add_names(names),
    ),
    _Stage(
        "former ids",
        _once,
        lambda rows, *_: rows.former_idents(),
        lambda copy, former: copy._rows.add_former_idents(former),
    ),
    _Stage(
        "claims",
        _last(Numbered.CLAIM),
        _read_claims,
        lambda copy, said: copy._rows.add_claims(*said),
    ),
    _Stage(
        "records",
        _last(Numbered.RECORD),
        _read_records,
        _put_records,
    ),
    _Stage(
        "candidates",
        _last(Numbered.DOUBTED),
        lambda rows, after, last: rows.doubted_numbered(after, last),
        lambda copy, doubted: copy._rows.add_doubted(doubted),
    ),
    _Stage("places of harvests", _once, lambda rows, *_: rows.cursors(), _put_cursors),
    _Stage(
        "news",
        _last(Numbered.NEWS),
        lambda rows, after, last: rows.news_numbered(after, last),
        lambda copy, news: copy._rows.add_news(news),
    ),
    _Stage(
        "reasons",
        _last(Numbered.NAME),
        lambda rows, after, last: rows.reasons_numbered(after, last),
        lambda copy, reasons: copy._rows.replace_reasons((), reasons),
    ),
    _Stage(
        "your log",
        _once,
        lambda rows, *_: rows.facts(),
        lambda copy, facts: copy._rows.add_facts(facts),
    ),
    _Stage(
        "rulings",
        _once,
        lambda rows, *_: (rows.rulings(), rows.ruled_apart()),
        _put_rulings,
    ),
    _Stage(
        "reviews",
        _last(Numbered.REVIEW),
        lambda rows, after, last: rows.reviews_numbered(after, last),
        lambda copy, reviews: copy._rows.add_reviews(reviews),
    ),
    _Stage(
        "things to browse",
        _last(Numbered.NAME),
        _range,
        lambda copy, things: copy._show_things(things),
        _THINGS_AT_A_TIME,
        is_front=True,
    ),
    _Stage(
        "links to browse",
        _last(Numbered.NAME),
        _range,
        lambda copy, things: copy._show_links(things),
        _THINGS_AT_A_TIME,
        is_front=True,
    ),
)
