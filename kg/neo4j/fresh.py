"""What a write transaction has itself added, so that it need not ask the server for it.

A harvest brings tens of thousands of names that nobody has spoken of before; the engine then asks
in turn for their rows, spellings, evidence and claims. All of that was sent a moment ago, and a
store has one writer at a time: it is still known here. Everything is written to the server at once
all the same; here is only what saves reading it back.

A name is *fresh* while it was added by the open transaction, stands for itself alone, and has the id
it was added with. Any other name is the server's to answer for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from kg.engine.rows import (
    ClaimRow,
    EvidencePlace,
    EvidenceRow,
    ListedRow,
    NameRow,
    SpellingRow,
)
from kg.identity import NameKey
from kg.model import FROM_TEXT


class Fresh:
    """Names, claims and evidence that the open transaction has added."""

    def __init__(self) -> None:
        self.names: dict[int, NameRow] = {}
        """The fresh names."""
        self.idents: dict[str, int] = {}
        """Id -> fresh name."""
        self.keys: dict[NameKey, int] = {}
        """Every name added, fresh or not any more."""
        self.new_keys: set[tuple[str, str]] = set()
        """(kind, value) of evidence that nobody had given before."""
        self.unshown: set[int] = set()
        """Fresh names that were never shown as things."""
        self.unlinked: set[int] = set()
        """Fresh names that links never led from."""
        self._by_subject: dict[int, list[ClaimRow]] = defaultdict(list)
        self._by_object: dict[int, list[ClaimRow]] = defaultdict(list)
        self._evidence: dict[int, list[tuple[EvidenceRow, ClaimRow]]] = defaultdict(list)
        self._givers: dict[tuple[str, str], set[tuple[int, str]]] = defaultdict(set)

    # -- what is added and changed ------------------------------------------------------------

    def add_names(self, rows: Iterable[NameRow]) -> None:
        """Note new names."""
        for row in rows:
            self.keys[row.kind, row.fold, row.scope] = row.id
            if row.entity == row.id and row.heir is None:
                self.names[row.id] = row
                self.idents[row.ident] = row.id
                self.unshown.add(row.id)
                self.unlinked.add(row.id)

    def add_claims(self, rows: Sequence[ClaimRow], evidence: Iterable[EvidenceRow]) -> None:
        """Note new claims and their evidence, each of its own."""
        claims = {}
        for row in rows:
            claims[row.id] = row
            self._by_subject[row.subject].append(row)
            if row.object is not None:
                self._by_object[row.object].append(row)
        for given in evidence:
            claim = claims[given.claim]
            self._evidence[claim.subject].append((given, claim))
            self._givers[given.kind, given.value].add((claim.subject, given.type))

    def spell(self, changes: Iterable[SpellingRow]) -> None:
        """Note how names are spelt."""
        for change in changes:
            if change.name in self.names:
                self.names[change.name] = self.names[change.name]._replace(text=change.now)

    def leave_to_the_server(self, names: Iterable[int]) -> None:
        """Take names as fresh no more: they are one thing with others, or have another id."""
        for name in names:
            row = self.names.pop(name, None)
            if row is not None:
                del self.idents[row.ident]
                self.unshown.discard(name)
                self.unlinked.discard(name)

    # -- what is asked ------------------------------------------------------------------------

    def parted(self, names: Collection[int]) -> tuple[list[int], set[int]]:
        """Part names into fresh ones and those that the server is asked for."""
        fresh = [n for n in dict.fromkeys(names) if n in self.names]
        return fresh, set(names).difference(fresh)

    def claims_of(self, names: Iterable[int]) -> Iterator[ClaimRow]:
        """Yield the claims of which fresh names are the subject."""
        for name in names:
            yield from self._by_subject.get(name, ())

    def listed_with(self, names: Iterable[int], predicates: Collection[str]) -> Iterator[ListedRow]:
        """Yield what sources list fresh names with, as `Rows.listed_with`."""
        for name in names:
            for c in self._by_object.get(name, ()):
                if c.predicate in predicates and not c.extractor.startswith(FROM_TEXT):
                    yield name, c.source, c.subject, c.predicate, c.qualifiers

    def spellings(self, names: Iterable[int]) -> Iterator[tuple[int, str, int]]:
        """Yield how often claims spell fresh names in which way."""
        for name in names:
            counted = Counter(c.subject_text for c in self._by_subject.get(name, ()))
            counted.update(c.object_text or "" for c in self._by_object.get(name, ()))
            for text, times in counted.items():
                yield name, text, times

    def evidence_of(self, names: Iterable[int], type: str | None = None) -> Iterator[EvidencePlace]:
        """Yield the evidence of fresh names with its places, of all types or one."""
        for name in names:
            for given, c in self._evidence.get(name, ()):
                if type in (None, given.type):
                    yield (
                        name, given.type, given.value, given.is_entry, c.source, c.line, c.extractor
                    )  # fmt: skip

    def sharing(self, names: Iterable[int]) -> tuple[set[int], set[NameKey], set[NameKey]]:
        """Say who is one step from fresh names by evidence (see `Rows.linked_to`).

        Returns
        -------
        tuple
            The names known here; evidence as (kind, value, '') whose givers the server knows; keys
            of names that it may know.
        """
        found: set[int] = set()
        evidence: set[NameKey] = set()
        spelt: set[NameKey] = set()
        for name in names:
            found.add(name)
            for given, _ in self._evidence.get(name, ()):
                if (given.kind, given.value) in self.new_keys:
                    found.update(giver for giver, _ in self._givers[given.kind, given.value])
                else:
                    evidence.add((given.kind, given.value, ""))
                if given.type in ("repository", "alias"):
                    key = (given.kind, given.value, "")
                    if key in self.keys:
                        found.add(self.keys[key])
                    else:
                        spelt.add(key)
        return found, evidence, spelt

    def giving_the_name(self, names: Iterable[int]) -> tuple[set[int], list[NameKey]]:
        """Say whose repository or alias fresh names are: those known here, and keys to ask for."""
        found: set[int] = set()
        asked: list[NameKey] = []
        for name in names:
            row = self.names[name]
            if row.scope:
                continue
            if (row.kind, row.fold) in self.new_keys:
                found.update(
                    giver
                    for giver, type_ in self._givers[row.kind, row.fold]
                    if type_ in ("repository", "alias")
                )
            else:
                asked.append((row.kind, row.fold, ""))
        return found, asked
