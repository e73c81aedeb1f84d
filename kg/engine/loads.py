"""Making the claims of a source exactly those of a reading, and withdrawing them."""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kg.decisions import YOU, YOUR_FORMAT
from kg.engine.encoding import claim_to_json, to_json
from kg.engine.front import Front
from kg.engine.rows import (
    ClaimRow,
    DoubtedRow,
    EvidenceRow,
    HeldClaim,
    LoadRow,
    NameRow,
    Numbered,
    PlaceRow,
    SourceRow,
)
from kg.engine.sameness import support_of, wished_idents
from kg.errors import InputError, NotFoundError
from kg.identity import Key, NameKey, NameNode, chosen_identifiers, keys_of, name_key
from kg.model import Claim, Kind, Property, Reading
from kg.records import RECORDS_FORMAT
from kg.store import Change, Diff, LoadReport


@dataclass(slots=True)
class Compared:
    """What is to be done so that a source says other claims than are held."""

    added: list[Claim] = field(default_factory=list)
    gone: list[HeldClaim] = field(default_factory=list)
    moved: list[HeldClaim] = field(default_factory=list)
    places: list[PlaceRow] = field(default_factory=list)
    """Where those that moved are said now."""
    changes: list[Change] = field(default_factory=list)
    edited: int = 0
    """How many of those added are others of those gone with another value."""
    unchanged: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.added or self.gone or self.places)

    @property
    def diff(self) -> Diff:
        """What it changes, as it is counted."""
        added, gone = len(self.added) - self.edited, len(self.gone) - self.edited
        return Diff(added, self.edited, gone, self.unchanged, tuple(self.changes))


class Loads(Front):
    """The writing half of the contract that sources drive."""

    def has_content(self, source: str, content_hash: str) -> LoadReport | None:
        """Say that this very content is already loaded, under this name or as a copy."""
        with self._rows.reading():
            same = sorted(self._rows.find_sources(content_hash=content_hash), key=_by_name)
            known = next((s for s in same if s.name == source), None)
            if known:
                copied = known.copy_of
                original = self._rows.find_sources(id=copied)[0].name if copied else ""
                return self._nothing_new(source, known, original, is_new=False)
            other = next((s for s in same if s.copy_of is None), None)
            if other and not _is_current(self._source(source)):
                return self._nothing_new(source, other, other.name, is_new=True)
        return None

    def _nothing_new(
        self, source: str, held: SourceRow, copy_of: str, *, is_new: bool
    ) -> LoadReport:
        """Report that a source says what is held already."""
        unchanged, rejected = self._rows.count_of_sources([held.id])[held.id]
        return LoadReport(source, 0, Diff(unchanged=unchanged), rejected, copy_of, is_new)

    def add_copy(self, source: str, format: str, content_hash: str, original: str) -> None:
        """Note that a source says what another says, so that it still does when that one changes."""
        _check_is_not_you(source)
        with self._writing():
            copied, known = self._source(original), self._source(source)
            if copied is None or _is_current(known):
                return
            if copied.format == RECORDS_FORMAT:
                raise InputError(
                    f"{original!r} is what a harvest fills; no list can be a copy of it"
                )
            load = self._next_load()
            copy = self._begin_load(
                load, source, known, format, content_hash, Reading(()), copied.id
            )
            self._end_load(copy, load, "copy", Diff())

    def _part_copies(self, source: SourceRow) -> set[int]:
        """Give the claims of a source that is about to change to its copies; the names touched."""
        copies = sorted(self._rows.find_sources(copy_of=source.id), key=_by_name)
        if not copies:
            return set()
        heir, load = copies[0].id, self._next_load()
        first = self._rows.last_number(Numbered.CLAIM) + 1
        rows = self._rows.held_claims(source.id)
        number = {row.id: first + i for i, row in enumerate(rows)}
        self._rows.add_claims(
            [ClaimRow(number[r.id], heir, *r[2:14], load, None) for r in rows],
            [e._replace(claim=number[e.claim]) for e in self._rows.held_evidence(source.id)],
        )
        self._rows.replace_remains(
            heir,
            self._rows.rejected(source.id),
            [remark for _, remark in self._rows.remarks([source.id])],
        )
        self._add_doubted(heir, ((r.line, r.said) for r in [*self._rows.doubted_of(source.id)]))
        said = copies[0]._replace(
            copy_of=None, last_load=load, title=source.title, date=source.date
        )
        self._rows.put_sources([said, *(c._replace(copy_of=heir) for c in copies[1:])])
        self._end_load(heir, load, "load", Diff(len(rows)))
        return _named(rows)

    def load(self, source: str, format: str, content_hash: str, reading: Reading) -> LoadReport:
        """Make the claims of a source exactly those of a reading, in one transaction."""
        _check_is_not_you(source)
        with self._writing():
            known = self._source(source)
            if known is not None and known.format == RECORDS_FORMAT and _is_current(known):
                raise InputError(
                    f"{source!r} is what a harvest of records fills ('kg harvest') and no list; name"
                    " another source (--as NAME), or forget that one first"
                )
            parted = self._part_copies(known) if known else set()
            load = self._next_load()
            number = self._begin_load(load, source, known, format, content_hash, reading)
            names = self._names_for(reading.claims)
            diff, touched = self._apply(number, load, reading.claims, names)
            touched |= parted
            self._rows.replace_remains(number, reading.rejected, reading.remarks)
            self._rows.remove_doubted(number, None)
            self._add_doubted(number, ((c.line, claim_to_json(c)) for c in reading.doubted))
            self._end_load(number, load, "load", diff)
            self._settle(touched)
        return LoadReport(source, load, diff, len(reading.rejected))

    def note_seen(self, source: str) -> None:
        """Note that a source was read just now and had not changed."""
        with self._writing():
            known = self._rows.find_sources(name=source)
            seen_at = _now()
            self._rows.put_sources([s._replace(seen_at=seen_at) for s in known])

    def rename_source(self, source: str, new: str) -> None:
        """Give a source another id; its claims, history and numbers stay."""
        _check_is_not_you(source)
        _check_is_not_you(new)
        with self._writing():
            known = self._known_source(source)
            forgotten = self._source(new)
            if _is_current(forgotten):
                raise InputError(f"there is a source {new} already; forget one of the two first")
            if forgotten and forgotten.id != known.id:
                # What it once said becomes the history of the source that is to have its name.
                self._rows.take_history(known.id, forgotten.id)
            load = self._next_load()
            self._rows.put_sources([known._replace(name=new, seen_at=_now())])
            unchanged, _ = self._rows.count_of_sources([known.id])[known.id]
            self._end_load(known.id, load, "move", Diff(unchanged=unchanged))
            if self._rows.has_front:
                # Links tell the names of their sources.
                speaking = {c.subject for c in self._rows.held_claims(known.id)}
                self._show({n.entity for n in self._rows.names(speaking)})

    def _source(self, name: str) -> SourceRow | None:
        return next(iter(self._rows.find_sources(name=name)), None)

    def _known_source(self, source: str) -> SourceRow:
        known = self._source(source)
        if known is None:
            names = sorted(s.name for s in self._rows.find_sources())
            raise NotFoundError(
                f"no source is called {source!r}; 'kg sources' lists them",
                name=source,
                nearest=tuple(names[:3]),
            )
        return known

    def forget(self, source: str) -> LoadReport:
        """Withdraw everything a source says; its history stays."""
        with self._writing():
            known = self._known_source(source)
            if known.format == YOUR_FORMAT:
                _check_is_not_you(source)
            parted = self._part_copies(known)
            load = self._next_load()
            diff, touched = self._apply(known.id, load, (), {})
            touched |= parted
            if known.format == RECORDS_FORMAT:
                diff = replace(
                    diff, withdrawn=diff.withdrawn + self._forget_records(known.id, load)
                )
            self._rows.replace_remains(known.id, (), ())
            self._rows.remove_doubted(known.id, None)
            # Who follows the source has to begin anew: what it had come to is held no more.
            for of, place, _ in self._rows.cursors():
                if of == known.id:
                    self._rows.set_cursor(of, place, "")
            self._end_load(known.id, load, "forget", diff)
            self._rows.put_sources([known._replace(content_hash="", copy_of=None, last_load=load)])
            self._settle(touched)
        return LoadReport(source, load, diff, 0)

    def _forget_records(self, source: int, load: int) -> int:
        """Withdraw all records of a source; how many claims they stood for."""
        stood_for = self._all_claims.counted_by_source().get(source, 0)
        self._rows.withdraw_records([r.id for r in self._rows.held_records(source, None)], load)
        return stood_for

    def keep_cursor(self, source: str, place: str, cursor: str) -> None:
        """Keep how far something that follows a source has come; '' forgets it."""
        with self._writing():
            known = self._known_source(source)
            if cursor:
                self._check_is_current(known)
            self._rows.set_cursor(known.id, place, cursor)

    def _check_is_current(self, known: SourceRow) -> None:
        """Refuse to follow what was forgotten: nobody would read again what is held no more."""
        if not _is_current(known):
            raise NotFoundError(
                f"{known.name!r} was forgotten, so there is nothing to follow; read it again first",
                name=known.name,
            )

    def _moment(self) -> str:
        """Return the present moment as a store writes it down."""
        return _now()

    def _next_load(self) -> int:
        return self._rows.last_number(Numbered.LOAD) + 1

    def _begin_load(
        self,
        load: int,
        source: str,
        known: SourceRow | None,
        format: str,
        content_hash: str,
        reading: Reading,
        copy_of: int | None = None,
    ) -> int:
        """Hold what is known of a source itself from this load on; return its number."""
        number = known.id if known else self._rows.last_number(Numbered.SOURCE) + 1
        said = (format, content_hash, reading.title, reading.date)
        self._rows.put_sources([SourceRow(number, source, *said, load, copy_of, _now())])
        return number

    def _end_load(self, source: int, load: int, action: str, diff: Diff) -> None:
        counted = (diff.added, diff.edited, diff.withdrawn, diff.unchanged)
        self._rows.add_loads([LoadRow(load, source, _now(), action, *counted)])

    def _names_for(self, claims: Sequence[Claim]) -> dict[NameKey, int]:
        """Find or make every name in the claims."""
        wanted: dict[NameKey, str] = {}
        for claim in claims:
            for name in (claim.subject, claim.object):
                if name is not None:
                    wanted.setdefault(name_key(name), name.text)
        arxiv = _arxiv_owners(claims)
        found = self._rows.numbers_of(wanted.keys())
        new = [k for k in wanted if k not in found]
        idents = self._free_idents([wished_idents(k, wanted[k], arxiv.get(k)) for k in new])
        number = self._rows.last_number(Numbered.NAME)
        rows = []
        for key, ident in zip(new, idents, strict=True):
            number += 1
            rows.append(NameRow(number, *key, "", ident, number, None))
            found[key] = number
        self._rows.add_names(rows)
        return found

    def _apply(
        self,
        source: int,
        load: int,
        claims: Sequence[Claim],
        names: Mapping[NameKey, int],
    ) -> tuple[Diff, set[int]]:
        """Add, edit, withdraw and move claims until the source says exactly `claims`."""
        held = self._rows.held_claims(source)
        if not held:
            touched = self._insert(source, load, claims, names)
            first = tuple(Change("added", _told(c), c.line) for c in claims)
            return Diff(len(claims), changes=first), touched
        compared = compare(held, claims)
        return compared.diff, self._change(source, load, compared, names)

    def _change(
        self, source: int, load: int, compared: Compared, names: Mapping[NameKey, int]
    ) -> set[int]:
        """Let a source say what it was compared with; the names touched."""
        self._rows.withdraw_claims([h.id for h in compared.gone], load)
        self._rows.move_claims(compared.places)
        touched = self._insert(source, load, compared.added, names)
        return touched | _named(compared.gone) | _named(compared.moved)

    def _add_doubted(self, source: int, said: Iterable[tuple[int, str]]) -> None:
        """Hold candidates of a source: line, and what they say as JSON."""
        found = [*said]
        if found:
            first = self._rows.last_number(Numbered.DOUBTED) + 1
            self._rows.add_doubted([DoubtedRow(n, source, *c) for n, c in enumerate(found, first)])

    def _insert(
        self,
        source: int,
        load: int,
        added: Sequence[Claim],
        names: Mapping[NameKey, int],
    ) -> set[int]:
        """Hold new claims of a source and what they say about sameness; the names touched."""
        number = self._rows.last_number(Numbered.CLAIM)
        rows: list[ClaimRow] = []
        evidence: list[EvidenceRow] = []
        touched: set[int] = set()
        for claim in added:
            number += 1
            subject = names[name_key(claim.subject)]
            target = names[name_key(claim.object)] if claim.object is not None else None
            touched.add(subject)
            if target is not None:
                touched.add(target)
            rows.append(
                ClaimRow(
                    number,
                    source,
                    subject,
                    claim.subject.text,
                    str(claim.predicate),
                    target,
                    claim.object.text if claim.object else None,
                    to_json(claim.qualifiers),
                    to_json(claim.values),
                    str(claim.stance),
                    claim.line,
                    claim.quote,
                    claim.extractor,
                    float(claim.confidence),
                    load,
                    None,
                )
            )
            if isinstance(claim.predicate, Property):
                kind = str(claim.subject.kind)
                is_entry = claim.values.get("own") == "entry"
                for key in keys_of(claim.subject.kind, str(claim.predicate), claim.values):
                    evidence.append(
                        EvidenceRow(number, subject, kind, key.type, key.value, is_entry)
                    )
        self._rows.add_claims(rows, evidence)
        return touched


def compare(
    held: Iterable[HeldClaim], claims: Iterable[Claim], *, line_by_line: bool = False
) -> Compared:
    """Compare what is held with what is said now: first by what is said, then by its values.

    Parameters
    ----------
    line_by_line : what is said at another line is another claim
    """
    old_ones: dict[tuple[object, ...], list[HeldClaim]] = defaultdict(list)
    for row in held:
        old_ones[row.line if line_by_line else 0, *_held_key(row)].append(row)
    new: dict[tuple[object, ...], list[Claim]] = defaultdict(list)
    for claim in claims:
        new[claim.line if line_by_line else 0, *_claim_key(claim)].append(claim)
    found = Compared()
    for key in [*new, *(k for k in old_ones if k not in new)]:
        old, fresh = list(old_ones.get(key, ())), []
        for claim in new.get(key, ()):
            said = (to_json(claim.values), str(claim.stance))
            match = next((h for h in old if (h.details, h.stance) == said), None)
            if match is None:
                fresh.append(claim)
                continue
            old.remove(match)
            found.unchanged += 1
            place = PlaceRow(
                claim.line, claim.quote, claim.extractor, float(claim.confidence), match.id
            )
            if place[:4] != match[10:14]:
                found.places.append(place)
                found.moved.append(match)
        pairs = min(len(old), len(fresh))
        found.edited += pairs
        found.changes += [Change("edited", _told(c), c.line) for c in fresh[:pairs]]
        found.changes += [Change("added", _told(c), c.line) for c in fresh[pairs:]]
        found.changes += [Change("withdrawn", _told_held(h), h.line) for h in old[pairs:]]
        found.added += fresh
        found.gone += old
    return found


def _check_is_not_you(source: str) -> None:
    """Refuse what would make a list of what the user says, or withdraw it as one."""
    if source == YOU:
        raise InputError(
            f"{YOU!r} is the source of what you assert and add yourself: 'kg log' lists that and"
            " 'kg undo N' takes an entry back; a list is read under another name (--as NAME)"
        )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _arxiv_owners(claims: Iterable[Claim]) -> dict[tuple[str, str, str], str]:
    """For each paper of one reading the arXiv id that is its own by the weight of evidence."""
    nodes: dict[tuple[str, str, str], NameNode] = {}
    for claim in claims:
        if claim.predicate is Property.ARXIV:
            key = name_key(claim.subject)
            node = nodes.setdefault(key, NameNode(len(nodes), Kind.PAPER, key[1], key[1]))
            value = Key("identifier", f"arxiv:{str(claim.values['text']).casefold()}")
            node.keys.setdefault(value, []).append(support_of(claim.extractor, 0, claim.line))
    return {
        key: chosen[0].value.partition(":")[2]
        for key, node in nodes.items()
        if (chosen := chosen_identifiers(node))
    }


def _claim_key(claim: Claim) -> tuple[object, ...]:
    """Return what a claim is known by within its source; never line, quote or what it resolves to."""
    target = claim.object
    return (
        str(claim.subject.kind), claim.subject.scope, claim.subject.text, str(claim.predicate),
        str(target.kind) if target else None, target.scope if target else None, target.text if target else None,
        to_json(claim.qualifiers),
    )  # fmt: skip


def _told(claim: Claim) -> str:
    target = claim.object.text if claim.object else claim.values.get("text", claim.stance)
    return f"{claim.subject.text} {claim.predicate} {target}"


def _held_key(held: HeldClaim) -> tuple[object, ...]:
    """Return what a stored claim is known by within its source, as `_claim_key`."""
    return (
        held.subject_kind, held.subject_scope, held.subject_text, held.predicate,
        held.object_kind, held.object_scope, held.object_text, held.qualifiers,
    )  # fmt: skip


def _told_held(held: HeldClaim) -> str:
    target = held.object_text
    if target is None:
        target = json.loads(held.details).get("text", held.stance)
    return f"{held.subject_text} {held.predicate} {target}"


def _named(claims: Iterable[HeldClaim]) -> set[int]:
    """Return the names of which claims speak."""
    return {n for c in claims for n in (c.subject, c.object) if n is not None}


def _is_current(known: SourceRow | None) -> bool:
    """Whether there is a source and it was not forgotten."""
    return known is not None and known.content_hash != ""


def _by_name(source: SourceRow) -> str:
    return source.name
