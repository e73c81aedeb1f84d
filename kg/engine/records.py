"""Records of papers answered as the claims that they stand for, beside those that are rows."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from kg.engine.encoding import to_json
from kg.engine.rows import ClaimView, DamagedRowError, Numbered, RecordView, Rows, in_order
from kg.model import Property, Stance
from kg.records import EXTRACTOR, PaperRecord, told_beside

TOLD = tuple(
    map(
        str,
        (
            Property.ABSTRACT,
            Property.AUTHORS,
            Property.CATEGORY,
            Property.DATE,
            Property.JOURNAL,
            Property.LICENCE,
            Property.VERSION,
            Property.WITHDRAWN,
        ),
    )
)
"""Properties that records stand for, without a claim of their own."""

_SUBJECT_KIND: Final = 3
_ENTITY: Final = 5
_PREDICATE: Final = 13
_DETAILS: Final = 15
"""Positions in a `ClaimView`, which rows may hold as plain tuples."""
_BY_PLACE = itemgetter(ClaimView._fields.index("source"), ClaimView._fields.index("line"))


def record_of(data: str) -> PaperRecord:
    """Read the record that a row holds."""
    try:
        return PaperRecord.from_json(data)
    except (ValueError, TypeError) as error:
        raise DamagedRowError(f"a record of a paper ({error})") from error


class Claims:
    """All claims of a store, those that records stand for among them.

    Parameters
    ----------
    rows : what the store holds
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._has_records = False

    def has_records(self) -> bool:
        """Say whether there is any record, current or not."""
        if not self._has_records:
            self._has_records = self._rows.last_number(Numbered.RECORD) > 0
        return self._has_records

    def find(
        self,
        *,
        subjects: Collection[int] | None = None,
        objects: Collection[int] | None = None,
        predicates: Collection[str] = (),
        source: str | None = None,
        withdrawn: bool = False,
        contested: bool = False,
    ) -> Iterator[ClaimView]:
        """Yield claims that fit, as `Rows.claims` does, in its order and as plain tuples."""
        told = [p for p in predicates if p in TOLD] if predicates else list(TOLD)
        held = self._rows.claims(
            subjects=subjects,
            objects=objects,
            predicates=predicates,
            source=source,
            withdrawn=withdrawn,
            contested=contested,
        )
        if objects is not None or not told or not self.has_records():
            return held
        if contested:
            return in_order(self._contested(held, subjects, told, source, withdrawn))
        records = self._rows.records(
            subjects=subjects,
            predicates=told if predicates else (),
            source=source,
            withdrawn=withdrawn,
        )
        stood_for = _claims(records, frozenset(told), coalesced=withdrawn)
        return in_order(heapq.merge(held, stood_for, key=_BY_PLACE))

    def _contested(
        self,
        held: Iterator[ClaimView],
        subjects: Collection[int] | None,
        told: Collection[str],
        source: str | None,
        withdrawn: bool,
    ) -> Iterator[ClaimView]:
        """Yield the contested claims by place.

        Only things of which a record and something else speak are looked at here: a record does
        not contradict itself.
        """
        doubled = self._rows.entities_of_records(told)
        if subjects is not None:
            doubled &= set(subjects)
        said: dict[tuple[int, str], set[str]] = defaultdict(set)
        for row in self.find(subjects=doubled, predicates=told):
            said[row[_ENTITY], row[_PREDICATE]].add(row[_DETAILS])
        differing = {pair for pair, details in said.items() if len(details) > 1}
        found = self.find(subjects=doubled, predicates=told, source=source, withdrawn=withdrawn)
        among = (row for row in found if (row[_ENTITY], row[_PREDICATE]) in differing)
        rest = (row for row in held if not (row[_ENTITY] in doubled and row[_PREDICATE] in told))
        return heapq.merge(rest, among, key=_BY_PLACE)

    def counted(self) -> Counter[str]:
        """Count the current claims of each predicate."""
        counted = Counter(self._rows.count_claims())
        for _, says, n in self._rows.count_records():
            counted.update(dict.fromkeys(says.split(), n))
        return counted

    def counted_by_source(self) -> Mapping[int, int]:
        """Count the current claims that records of each source stand for."""
        counted: Counter[int] = Counter()
        for source, says, n in self._rows.count_records():
            counted[source] += n * len(says.split())
        return counted

    def values(self, predicate: str, kind: str) -> Iterable[tuple[str, int]]:
        """Return (details, entities) as `Rows.count_values` does."""
        if predicate not in TOLD or kind != "paper" or not self.has_records():
            return self._rows.count_values(predicate, kind)
        said: dict[int, str | None] = {}
        for row in self.find(predicates=[predicate]):
            if row[_SUBJECT_KIND] == kind:
                details = row[_DETAILS]
                if said.setdefault(row[_ENTITY], details) != details:
                    said[row[_ENTITY]] = None
        return Counter(details for details in said.values() if details is not None).items()


def _claims(
    records: Iterable[RecordView], told: frozenset[str], *, coalesced: bool
) -> Iterator[ClaimView]:
    """Yield the claims that records stand for.

    Parameters
    ----------
    coalesced : a claim that a changed record goes on to make is one claim, not two
    """
    if not coalesced:
        for record in records:
            yield from _claims_of(record, told)
        return
    for _, group in groupby(records, key=itemgetter(0, 1)):
        going_on: dict[Any, ClaimView] = {}
        for record in sorted(group, key=lambda r: (r.first_load, r.record)):
            for row in _claims_of(record, told):
                known = going_on.get(key := row[1:21])
                if known is None:
                    going_on[key] = row
                elif known.withdrawn_load == row.first_load:
                    going_on[key] = row._replace(first_load=known.first_load)
                else:
                    yield known
                    going_on[key] = row
        yield from going_on.values()


def _claims_of(view: RecordView, told: frozenset[str]) -> Iterator[ClaimView]:
    """Yield the claims that a record stands for."""
    record = record_of(view.data)
    for of, qualifiers, values in told_beside(record):
        if of in told:
            yield ClaimView(
                view.source, record.title, view.subject, view.subject_kind, view.subject_scope,
                view.subject_entity, view.subject_ident, view.own_name, "", None, "", "", 0,
                str(of), to_json(qualifiers), to_json(values), str(Stance.STATES), view.line,
                record.title, EXTRACTOR, 1.0, view.first_load, view.withdrawn_load, -view.record,
            )  # fmt: skip
