"""What the store answers: sources, entities, claims."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby, islice
from operator import attrgetter
from typing import Final

from kg.engine.encoding import claim_from_json, to_json
from kg.engine.front import Front
from kg.engine.rows import ClaimView, DamagedRowError, Numbered
from kg.engine.sameness import is_bare_id
from kg.errors import ClaimError, NotFoundError
from kg.identity import (
    NameKey,
    chosen_identifiers,
    folded_name,
    is_identifier,
    name_key,
)
from kg.model import Claim, JsonValue, Kind, Name, Property, Rejected, Relation, Remark, Stance
from kg.names import fold, marks
from kg.store import (
    Diff,
    Doubted,
    End,
    Entity,
    LoadInfo,
    NameInfo,
    SharedEvidence,
    SharedPlace,
    SourceInfo,
    StoredClaim,
)

_AT_A_TIME = 4000
"""Rows that are worked on together."""
_CANDIDATES = 400
"""Names that are compared letter by letter with one that was not found."""
_WORTH_KEEPING = 200
"""Counts below are made in a few milliseconds each time."""
_NAMES_KEPT = 100_000
"""Bounds of what reading all claims of a large store holds in memory."""
_SHARED = ("identifier", "target", "repository page")
"""Evidence that only one thing should have."""


class Reads(Front):
    """The reading half of the contract."""

    def sources(self) -> list[SourceInfo]:
        """All sources, sorted by id."""
        with self._rows.reading():
            rows = self._rows.find_sources()
            names = {r.id: r.name for r in rows}
            loads = {n.n: n for n in self._rows.find_loads({r.last_load for r in rows})}
            counted = self._rows.count_of_sources(names.keys())
            stood_for = self._all_claims.counted_by_source()
        found = []
        for row in sorted(rows, key=attrgetter("name")):
            claims, rejected = counted[row.id]
            claims += stood_for.get(row.id, 0)
            load = loads.get(row.last_load)
            if load is not None:
                found.append(
                    SourceInfo(
                        row.name, row.format, row.title, row.date, load.n, load.at, row.seen_at,
                        claims, rejected, names.get(row.copy_of or 0, ""), row.content_hash == "",
                        Diff(load.added, load.edited, load.withdrawn, load.unchanged),
                    )
                )  # fmt: skip
        return found

    def loads(self) -> list[LoadInfo]:
        """Every load that changed something, oldest first."""
        with self._rows.reading():
            names = {r.id: r.name for r in self._rows.find_sources()}
            loads = sorted(self._rows.find_loads())
        return [
            LoadInfo(
                n.n, n.at, names[n.source], n.action,
                Diff(n.added, n.edited, n.withdrawn, n.unchanged),
            )
            for n in loads
        ]  # fmt: skip

    def rejected(self, source: str) -> list[Rejected]:
        """Lines of a source that could not be read, in order."""
        with self._rows.reading():
            known = self._rows.find_sources(name=source)
            found = self._rows.rejected(known[0].id) if known else []
        return sorted(found, key=attrgetter("line", "reason"))

    def remarks(self, source: str | None = None) -> list[tuple[str, Remark]]:
        """Readers' remarks with their source."""
        with self._rows.reading():
            names = {r.id: r.name for r in self._rows.find_sources(name=source)}
            found = self._rows.remarks(None if source is None else names.keys())
        told = [(names[number], remark) for number, remark in found]
        return sorted(told, key=lambda t: (t[0], t[1].line))

    def iter_doubted(self, source: str | None = None) -> Iterator[Doubted]:
        """Candidates, sorted by source, line and what they say."""
        with self._rows.reading():
            having = self._rows.sources_doubted()
            among = [s for s in self._rows.find_sources(name=source) if s.id in having]
            for of in sorted(among, key=attrgetter("name")):
                for _, same in groupby(self._rows.doubted_of(of.id), key=attrgetter("line")):
                    found = ((r.said, claim_from_json(r.said)) for r in same)
                    for _, claim in sorted(found, key=_what_it_says):
                        yield Doubted(claim, of.name)

    def find_entities(self, name: str, kind: Kind | None = None) -> list[Entity]:
        """Entities that have this name, alias or (old) id; empty when there are none."""
        with self._rows.reading():
            known = self._entity_of(name)
            if known is not None:
                return self._entities([known])
            folded = folded_name(name)
            written = [n for n in self._rows.names_folded([folded]) if n.text]
            named = {n.entity for n in written if kind in (None, n.kind)}
            taken = {n.kind for n in written if not n.scope}
            stated = [
                n
                for _, n in self._rows.names_giving("alias", [folded])
                if kind in (None, n.kind) and n.kind not in taken
            ]
            parted = self._parted_from([n.id for n in stated])
            named |= {n.entity for n in stated if folded not in parted.get(n.id, ())}
            found = self._entities(named)
            if not found and kind in (None, Kind.PAPER):
                found = self._entities(self._identified(_identifier_value(name)))
            if not found:
                found = self._by_repository(name, folded, kind)
            return found

    def _identified(self, value: str) -> list[int]:
        """Return the papers that own an identifier, or else those that it is written beside."""
        names = [name for _, name in self._rows.names_giving("identifier", [value])]
        entity_of = {name.id: name.entity for name in names}
        owners = [
            entity_of[node.id]
            for node in self._name_nodes(names).values()
            if any(key.value == value for key in chosen_identifiers(node))
        ]
        return owners or list(entity_of.values())

    def _by_repository(self, name: str, folded: str, kind: Kind | None) -> list[Entity]:
        """A thing whose own repository or file has this name and whose marks do not contradict."""
        wanted = set(marks(name))
        fitting = {
            n.entity
            for _, n in self._rows.names_giving("repository", [folded])
            if kind in (None, n.kind) and (not wanted or wanted & set(marks(n.text)))
        }
        return self._entities(fitting) if len(fitting) == 1 else []

    def find_similar_names(self, name: str, limit: int = 3, kind: Kind | None = None) -> list[str]:
        """Names of the store that are spelt most like this one."""
        folded = fold(name)
        grams = [folded[i : i + 3] for i in range(len(folded) - 2)]
        with self._rows.reading():
            rows = (
                self._rows.names_sharing(dict.fromkeys(grams), _CANDIDATES)
                if grams
                else self._rows.names_beginning(folded, _CANDIDATES)
            )
        scored: dict[str, float] = {}
        for text, found in rows:
            if kind is None or found == kind:
                ratio = SequenceMatcher(None, folded, fold(text)).ratio()
                scored[text] = max(
                    scored.get(text, 0.0), ratio + (0.05 if found in ("model", "dataset") else 0)
                )
        best = sorted(scored, key=lambda t: (-scored[t], t))
        unique: dict[str, str] = {}
        for text in best:
            unique.setdefault(fold(text), text)
        return list(unique.values())[:limit]

    def iter_entities(self, kind: Kind | None = None) -> Iterator[Entity]:
        """All current entities, sorted by id."""
        with self._rows.reading():
            found = self._entities(self._rows.entities_in_use(kind))
        yield from sorted(found, key=_by_id)

    def entities_of_names(self, names: Sequence[Name]) -> list[str | None]:
        """For each name the id of the thing that it stands for; None where nothing does."""
        keys = [name_key(n) for n in names]
        with self._rows.reading():
            found: dict[NameKey, str] = self._rows.idents_of(set(keys))
            rest = {key: name for key, name in zip(keys, names, strict=True) if key not in found}
            stated = defaultdict[NameKey, set[int]](set)
            folds = {key[1] for key, name in rest.items() if not (name.scope or _is_id(name))}
            for value, giver in self._rows.names_giving("alias", folds):
                stated[giver.kind, value, ""].add(giver.entity)
            for key, name in rest.items():
                thing = self._unused_name(name, stated.get(key, set()))
                if thing is not None:
                    found[key] = thing.id
        return [found.get(key) for key in keys]

    def _unused_name(self, name: Name, stated: Collection[int]) -> Entity | None:
        """Return what a name stands for that is no thing's spelling: an identifier, an alias.

        Parameters
        ----------
        stated : entities of the names of which a source states it as an alias
        """
        if _is_id(name):
            left = self._entities(self._identified(_identifier_value(name.text)))
        elif stated:
            idents = {n.ident for n in self._rows.names(stated)}
            left = [e for e in self.find_entities(name.text, name.kind) if e.id in idents]
        else:
            return None
        return left[0] if len(left) == 1 else None

    def stubs(self) -> list[Entity]:
        """Entities that others refer to and nothing is said of, sorted by id."""
        with self._rows.reading():
            return sorted(self._entities(self._rows.entities_unspoken_of()), key=_by_id)

    def iter_names(
        self, kind: Kind | None = None, *, of: str | None = None, merged: bool = False
    ) -> Iterator[NameInfo]:
        """All current names, or those of one entity, each with the entity it stands for."""
        with self._rows.reading():
            entity = None if of is None else self._entity_of(of)
            if of is not None and entity is None:
                raise NotFoundError(f"no thing has the id {of!r}", name=of)
            for of_kind, text, scope, ident, owner, folded in self._rows.names_in_use(
                kind, entity, merged=merged
            ):
                yield NameInfo(Name(Kind(of_kind), text, scope), ident, owner, folded)

    def shared_evidence(self) -> list[SharedEvidence]:
        """Evidence that two or more things share which were nevertheless kept apart."""
        with self._rows.reading():
            places = {*self._rows.shared_places(_SHARED), *self._rows.taken_alias_places()}
            names = {n.id: n for n in self._rows.names({p.name for p in places})}
            owners = {n.id: n.ident for n in self._rows.names({n.entity for n in names.values()})}
            sources = {s.id: s.name for s in self._rows.find_sources()}
        told = []
        for place in places:
            n = names[place.name]
            info = NameInfo(Name(Kind(n.kind), n.text, n.scope), n.ident, owners[n.entity], n.fold)
            told.append(
                (place.kind, place.type, place.value, n.text, n.ident,
                 SharedPlace(info, sources[place.source], place.line))
            )  # fmt: skip
        told.sort(key=lambda t: (*t[:5], t[5].source, t[5].line))
        found: dict[tuple[str, str, str], list[SharedPlace]] = defaultdict(list)
        for kind, type_, value, _, _, shared in told:
            found[kind, type_, value].append(shared)
        return [
            SharedEvidence(Kind(kind), type_, value, tuple(shared))
            for (kind, type_, value), shared in found.items()
        ]

    def iter_claims(
        self,
        *,
        subject: str | Collection[str] | None = None,
        object: str | Collection[str] | None = None,
        predicates: Iterable[str] = (),
        source: str | None = None,
        withdrawn: bool = False,
        contested: bool = False,
    ) -> Iterator[StoredClaim]:
        """Claims about the given entities (ids), sorted by source, line and what they say."""
        maker = _ClaimMaker()
        with self._rows.reading():
            rows = self._all_claims.find(
                subjects=None if subject is None else self._entities_of(subject),
                objects=None if object is None else self._entities_of(object),
                predicates=[str(p) for p in predicates],
                source=source,
                withdrawn=withdrawn,
                contested=contested,
            )
            while piece := list(islice(rows, _AT_A_TIME)):
                maker.forget_what_is_too_much()
                maker.shown.update(self._shown(maker.unknown_entities(piece)))
                try:
                    claims = [maker.claim_of(row) for row in piece]
                except (ValueError, TypeError, KeyError, ClaimError) as error:
                    raise DamagedRowError(
                        f"a row that no program of ours wrote ({error})"
                    ) from error
                yield from claims

    def _shown(self, ids: Collection[int]) -> Iterator[tuple[int, Entity]]:
        """Yield number and name of each entity; of one that is gone what its id and kind were.

        A thing of one name goes by that name's best spelling, which the store holds: only for the
        others must the spellings of all claims be counted.
        """
        by_ident: dict[str, int] = {}
        others: dict[int, tuple[str, str]] = {}
        for number, ident, kind, text, names in self._rows.entities(ids):
            if text and names == 1 and not (kind == Kind.PAPER and is_bare_id(text)):
                yield number, Entity(ident, Kind(kind), text)
                continue
            by_ident[ident] = number
            others[number] = (ident, kind)
        for entity in self._entities(others):
            number = by_ident[entity.id]
            yield number, entity
            del others[number]
        for number, (ident, kind) in others.items():
            yield number, Entity(ident, Kind(kind), "")

    def identifiers(
        self, of: str | Collection[str] | None = None, *, without: Property | None = None
    ) -> Mapping[str, Mapping[str, str]]:
        """For every paper id, or some, the identifiers that stand for it: scheme -> value."""
        with self._rows.reading():
            return self._identifiers(None if of is None else self._entities_of(of), without)

    def count_values(self, predicate: Property, kind: Kind) -> Mapping[str, int]:
        """How many things of a kind have which value of a property, where claims give just one."""
        found: Counter[str] = Counter()
        with self._rows.reading():
            for details, n in self._all_claims.values(str(predicate), str(kind)):
                try:
                    found[str(json.loads(details)["text"])] += n
                except (ValueError, TypeError, KeyError) as error:
                    raise DamagedRowError(f"details of a claim ({error})") from error
        return found

    def count_subjects(self, predicate: str) -> int:
        """How many entities a current claim states this of; a denial states nothing."""
        return self._tallied(
            f"subjects of {predicate}",
            lambda: self._rows.count_subjects(str(predicate), Stance.STATES),
        )

    def count_entities(self, kind: Kind) -> int:
        """How many entities of a kind current claims speak of."""
        return self._tallied(
            f"entities of {kind}", lambda: self._rows.count_entities(kind).get(str(kind), 0)
        )

    def _tallied(self, what: str, count: Callable[[], int]) -> int:
        """Return a count of the whole store; kept until the next load or decision.

        Keeping it is no more than a help: where the store cannot be written now, it is counted
        anew next time.
        """
        with self._rows.reading():
            now = (self._rows.last_number(Numbered.LOAD), self._rows.last_number(Numbered.FACT))
            kept = self._rows.kept_count(what, *now)
            if kept is not None:
                return kept
            n = count()
        if n >= _WORTH_KEEPING:
            self._rows.keep_count(what, n, *now)
        return n

    def reasons(self, entity: str) -> Mapping[str, str]:
        """Each spelling of an entity with the reason why it is taken as this thing."""
        with self._rows.reading():
            known = self._entity_of(entity)
            if known is None:
                raise NotFoundError(f"no thing has the id {entity!r}", name=entity)
            reasons = self._rows.reasons(known)
            place_of = {
                n.id: (n.fold, n.scope)
                for n in self._rows.names({n for r in reasons for n in (r.a, r.b)})
            }
            why: dict[int, str] = {}
            for r in sorted(reasons, key=lambda r: (place_of[r.a], place_of[r.b], r.why)):
                why.setdefault(r.b, r.why)
                why.setdefault(r.a, r.why)
            members = [
                n.id for n in sorted(self._rows.members([known]), key=attrgetter("fold", "scope"))
            ]
            spellings = self._spellings(members)
            found: dict[str, str] = {}
            for _, place, _, text in sorted(
                (n == 0, place, -n, text)
                for place, member in enumerate(members)
                for text, n in spellings.get(member, Counter()).items()
            ):
                node = members[place]
                reason = _reason_told(why[node]) if node in why else "written so"
                is_used = spellings[node][text] > 0
                found.setdefault(text, reason if is_used else "stated as another name")
            return found

    def counts(self) -> Mapping[str, int]:
        """How many entities of each kind and claims of each predicate there are."""
        with self._rows.reading():
            entities, claims = self._rows.count_entities(), self._all_claims.counted()
        return dict([*sorted(entities.items()), *sorted(claims.items())])


def _reason_told(why: str) -> str:
    """Say a stored reason in words."""
    kind, _, value = why.partition(":")
    told = {
        "identifier": "same identifier",
        "target": "same repository or file",
        "repository": "name of its repository",
        "repository page": "same repository page",
        "alias": "stated as another name",
        "decision": "merged by your decision",
    }.get(kind, why)
    if kind == "decision":
        return f"{told} {value}"
    named = value and kind in ("identifier", "target", "repository page")
    return f"{told} ({value})" if named else told


def _identifier_value(name: str) -> str:
    """Write 'arXiv:2304.08485' or '2304.08485' as evidence holds it."""
    text = name.strip().casefold()
    scheme, _, value = text.partition(":")
    if value and scheme in ("arxiv", "doi", "acl", "openreview"):
        return f"{scheme}:{value}"
    return f"arxiv:{text}" if text[:4].isdigit() and "." in text else f"doi:{text}"


def _is_id(name: Name) -> bool:
    return name.kind is Kind.PAPER and is_identifier(name.text)


def _by_id(entity: Entity) -> str:
    return entity.id


_KINDS = {str(k): k for k in Kind}
_PREDICATES: Mapping[str, Relation | Property] = {
    **{str(r): r for r in Relation},
    **{str(p): p for p in Property},
}
_STANCES = {str(s): s for s in Stance}


_SUBJECT_KIND: Final = 3
_SUBJECT_ENTITY: Final = 5
_OWN_NAME: Final = 7
_OBJECT_ENTITY: Final = 12
"""Positions in a `ClaimView`, which are quicker than names where there are millions."""


def _own_name(row: ClaimView) -> str | None:
    """Return what the subject is called where the row itself says it (else `Reads._shown` does)."""
    name = row[_OWN_NAME]
    if name and row[_SUBJECT_KIND] == "paper" and is_bare_id(name):
        return None
    return name


class _ClaimMaker:
    """Makes claims of rows; what many rows share is made once."""

    def __init__(self) -> None:
        self.shown: dict[int, Entity] = {}
        """Entities that are looked up: objects, which rows share, and subjects of several names."""
        self._sides: dict[tuple[int, str], tuple[Name, End]] = {}
        self._qualifiers: dict[str, dict[str, JsonValue]] = {}

    def forget_what_is_too_much(self) -> None:
        """Bound what reading all claims of a large store holds in memory."""
        for held in (self.shown, self._sides, self._qualifiers):
            if len(held) > _NAMES_KEPT:
                held.clear()

    def unknown_entities(self, rows: Sequence[ClaimView]) -> set[int]:
        """Return the entities of rows whose names must be looked up."""
        unknown = {row[_SUBJECT_ENTITY] for row in rows if not _own_name(row)}
        unknown.update(row[_OBJECT_ENTITY] for row in rows)
        unknown.discard(0)
        return unknown - self.shown.keys()

    def claim_of(self, row: ClaimView) -> StoredClaim:
        """Build the claim that a row holds."""
        (source, subject_text, subject_name, _, _, _, _, _, object_text, object_name, object_kind,
         object_scope, object_entity, predicate, qualifiers, details, stance, line, quote,
         extractor, confidence, first, withdrawn, _) = row  # fmt: skip
        subject, left = self._sides.get((subject_name, subject_text)) or self._subject(row)
        target, right = None, None
        if object_name is not None:
            target, right = self._sides.get((object_name, object_text)) or self._side(
                object_text, object_name, object_kind, object_scope, object_entity
            )
        said_with = self._qualifiers.get(qualifiers)
        if said_with is None:
            said_with = self._qualifiers[qualifiers] = json.loads(qualifiers)
        claim = Claim(
            subject, _PREDICATES[predicate], int(line), str(quote), target, said_with,
            {} if details == "{}" else json.loads(details), _STANCES[stance], str(extractor),
            float(confidence),
        )  # fmt: skip
        return StoredClaim(
            claim, source, left, right, int(first), None if withdrawn is None else int(withdrawn)
        )

    def _subject(self, row: ClaimView) -> tuple[Name, End]:
        _, text, number, kind, scope, entity, ident, *_ = row
        return self._side(text, number, kind, scope, entity, ident, _own_name(row))

    def _side(
        self,
        written: str,
        node: int,
        kind: str,
        scope: str,
        entity: int,
        ident: str = "",
        own_name: str | None = None,
    ) -> tuple[Name, End]:
        """Make a name as a claim writes it, and the thing that it stands for.

        A thing that no current claim names goes by what the claim wrote.
        """
        name = Name(_KINDS[kind], str(written), scope)
        if own_name:
            end = End(ident, name.kind, own_name, name.text)
        else:
            thing = self.shown[entity]
            end = End(thing.id, thing.kind, thing.name or name.text, name.text)
        self._sides[node, written] = name, end
        return name, end


def _what_it_says(candidate: tuple[str, Claim]) -> tuple[str, ...]:
    """Order candidates of one line as claims are ordered."""
    text, c = candidate
    target = c.object.text if c.object else ""
    qualifiers, values = to_json(c.qualifiers), to_json(c.values)
    return (str(c.predicate), c.subject.text, target, qualifiers, values, text)
