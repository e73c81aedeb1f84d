"""What was read from the texts of records: claims of the record's line, and candidates for some."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kg.engine.encoding import claim_to_json
from kg.engine.loads import Compared, Loads, compare
from kg.engine.rows import SourceRow
from kg.errors import InputError
from kg.model import FROM_TEXT, IDENTIFIERS, Claim, Property
from kg.records import line_of
from kg.store import NOTHING_SAID, Diff

_NAMING: Final = frozenset({*IDENTIFIERS, Property.ALIAS, Property.LABEL, Property.LINK})
"""Properties by which a source says who is who."""


@dataclass(frozen=True, slots=True)
class TextChanges:
    """What is to be done so that records say in their texts what was read there now."""

    claims: Compared
    doubted: Mapping[int, Sequence[str]]
    """Line -> all candidates there, as JSON, where they are others than are held."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.claims.is_empty and not self.doubted


class Texts(Loads):
    """Reads texts of records that are held, and serves the harvests that bring some."""

    def put_said(
        self,
        source: str,
        said: Mapping[str, Sequence[Claim]],
        doubted: Mapping[str, Sequence[Claim]] = NOTHING_SAID,
        *,
        cursor: str = "",
        place: str = "",
    ) -> Diff:
        """Hold what is read now from the texts of records that are held."""
        check_said(said)
        with self._writing():
            known = self._known_source(source)
            if cursor:
                self._check_is_current(known)
            asked = dict.fromkeys([*said, *doubted])
            held = {r.arxiv for r in self._rows.held_records(known.id, asked)}
            among = [arxiv for arxiv in asked if arxiv in held]
            texts = self._compared_texts(known, among, said, doubted)
            diff = texts.claims.diff
            if not texts.is_empty:
                load = self._next_load()
                self._rows.put_sources([known._replace(last_load=load)])
                self._end_load(known.id, load, "harvest", diff)
                if touched := self._put_texts(known.id, load, texts):
                    self._settle(touched)
            if cursor:
                self._rows.set_cursor(known.id, place, cursor)
        return diff

    def _compared_texts(
        self,
        known: SourceRow | None,
        read: Iterable[str],
        said: Mapping[str, Sequence[Claim]],
        doubted: Mapping[str, Sequence[Claim]],
        lost: Collection[str] = (),
    ) -> TextChanges:
        """Compare what was read from texts with what is held.

        Parameters
        ----------
        known : the source; None: nothing is held yet
        read : arXiv ids of records whose texts may have been read
        lost : of records that changed or went; where nothing is said of them, nothing stays
        """
        claims: dict[int, list[Claim]] = {line_of(arxiv): [] for arxiv in lost}
        candidates: dict[int, list[str]] = {line: [] for line in claims}
        for arxiv in read if said or doubted else ():
            if arxiv in said or arxiv in doubted:
                line = line_of(arxiv)
                found = map(claim_to_json, _at(line, doubted.get(arxiv, ())))
                candidates.setdefault(line, []).extend(found)
                if arxiv in said:
                    claims.setdefault(line, []).extend(_at(line, said[arxiv]))
        held = self._rows.held_from_text(known.id, claims.keys()) if known and claims else []
        told = [claim for of_line in claims.values() for claim in of_line]
        before: dict[int, Counter[str]] = defaultdict(Counter)
        if known and candidates:
            for row in self._rows.doubted_at(known.id, candidates.keys()):
                before[row.line][row.said] += 1
        return TextChanges(
            compare(held, told, line_by_line=True),
            {n: now for n, now in candidates.items() if Counter(now) != before.get(n, Counter())},
        )

    def _put_texts(self, source: int, load: int, texts: TextChanges) -> set[int]:
        """Hold what texts say now; the names touched, for all of which there are rows."""
        touched: set[int] = set()
        if not texts.claims.is_empty:
            names = self._names_for(texts.claims.added)
            touched = self._change(source, load, texts.claims, names)
        if texts.doubted:
            self._rows.remove_doubted(source, texts.doubted.keys())
            self._add_doubted(source, ((n, c) for n, now in texts.doubted.items() for c in now))
        return touched


def check_said(said: Mapping[str, Sequence[Claim]]) -> None:
    """Refuse what could not be told from other claims again, or says who is who."""
    for arxiv, claims in said.items():
        for claim in claims:
            if not claim.extractor.startswith(FROM_TEXT):
                raise InputError(
                    f"what is said in the text of {arxiv} has the extractor {claim.extractor!r}; one"
                    f" that reads text begins with {FROM_TEXT!r}"
                )
            if claim.predicate in _NAMING:
                raise InputError(
                    f"the text of {arxiv} says who is who ({claim.predicate} of"
                    f" {claim.subject.text!r}); running text is not taken as evidence of that"
                )


def _at(line: int, claims: Iterable[Claim]) -> Iterable[Claim]:
    return (c if c.line == line else replace(c, line=line) for c in claims)
