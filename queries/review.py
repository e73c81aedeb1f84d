"""Names that may be one thing or two: the queue that a person settles, and what settling means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from kg.decisions import Action, pair_of
from kg.errors import InputError, NotFoundError
from kg.identity import NameKey, folded_name, name_key, pair_key
from kg.model import JsonValue, Kind, Name, Relation
from kg.names import fold
from kg.nearness import find_nearness, near_keys
from kg.store import Entity, NameInfo, Store, StoredClaim
from queries.answers import Evidence, get_entity

_MOST_CANDIDATES = 60
"""Names that share one half of a spelling; where more do, that half says nothing."""
_MOST_SHARING = 3
"""Things under one address or identifier that may still be meant as one."""
_THINGS = (Kind.MODEL, Kind.DATASET)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two names in doubt."""

    name: Name
    id: str
    """The thing it stands for at present."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """A question to the reader, whether two names are one thing."""

    n: int
    """The number by which it is accepted or rejected; always the same for these two names."""
    a: Side
    b: Side
    why: str
    is_probable: bool
    """Whether they are more likely one thing than two."""

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg review --json``."""
        return {
            "n": self.n,
            "kind": str(self.a.name.kind),
            "why": self.why,
            "probable": self.is_probable,
            "names": [
                {
                    "name": side.name.text,
                    "id": side.id,
                    "evidence": [
                        {"source": e.source, "line": e.line, "quote": e.quote}
                        for e in side.evidence
                    ],
                }
                for side in (self.a, self.b)
            ],
        }


def find_reviews(store: Store, progress: Callable[[str], None] | None = None) -> list[Review]:
    """Return every doubtful pair that the user has not decided, probable ones first.

    Looks at each name once: about ten seconds for a million papers.
    """
    doubts = _Doubts(store)
    if progress:
        progress("comparing names")
    doubts.add_near_names()
    if progress:
        progress("comparing addresses")
    doubts.add_shared_evidence()
    return doubts.reviews()


def get_reviews(store: Store, numbers: Iterable[int]) -> list[Review]:
    """Return doubtful pairs by their numbers, each once; the store is looked through once.

    Raises
    ------
    NotFoundError
        If no undecided pair has one of the numbers.
    """
    found = {review.n: review for review in find_reviews(store)}
    wanted = list(dict.fromkeys(numbers))
    for n in wanted:
        if n not in found:
            raise NotFoundError(
                f"there is no open review {n}; 'kg review' lists them, 'kg log' what was decided",
                name=str(n),
            )
    return [found[n] for n in wanted]


@dataclass(frozen=True, slots=True)
class _Doubt:
    a: NameInfo
    b: NameInfo
    why: str
    is_probable: bool


class _Doubts:
    """Collects doubtful pairs of a store, each once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.found: dict[tuple[NameKey, NameKey], _Doubt] = {}
        held = [
            f for f in store.user_facts() if f.holds and f.action in (Action.MERGE, Action.SPLIT)
        ]
        self.decided = {pair_key(*pair_of(f.payload)) for f in held}
        self.apart = _things_apart(
            store, [pair_of(f.payload) for f in held if f.action is Action.SPLIT]
        )

    def add(self, a: NameInfo, b: NameInfo, why: str, *, is_probable: bool) -> None:
        key = pair_key(a.name, b.name)
        things = frozenset((a.entity, b.entity))
        if a.entity != b.entity and key not in self.decided and things not in self.apart:
            left, right = sorted((a, b), key=lambda n: name_key(n.name))
            self.found.setdefault(key, _Doubt(left, right, why, is_probable))

    def add_near_names(self) -> None:
        near: list[tuple[NameInfo, NameInfo, str, bool]] = []
        for kind in (*_THINGS, Kind.PAPER):
            near += near_names(self.store, kind)
        candidates: dict[str, set[str]] = defaultdict(set)
        for a, b, _, _ in near:
            candidates[a.entity].add(b.entity)
            candidates[b.entity].add(a.entity)
        for a, b, why, sure in near:
            is_single = len(candidates[a.entity]) == 1 and len(candidates[b.entity]) == 1
            if not self._differ(a, b):
                self.add(a, b, why, is_probable=sure and is_single)

    def _differ(self, a: NameInfo, b: NameInfo) -> bool:
        """Whether a source tells the two apart: items of one enumeration, or two own identifiers."""
        if a.name.kind is Kind.PAPER:
            ids = [_identifiers(self.store, n.entity) for n in (a, b)]
            return any(scheme in ids[1] and ids[1][scheme] != ids[0][scheme] for scheme in ids[0])
        return _are_listed_together(self.store, a.entity, b.entity)

    def add_shared_evidence(self) -> None:
        for shared in self.store.shared_evidence():
            first: dict[str, NameInfo] = {}
            for place in shared.places:
                first.setdefault(place.name.entity, place.name)
            if shared.type == "alias":
                for name in first.values():
                    for other in self._called(shared.kind, shared.value):
                        self.add(name, other, "stated as another name", is_probable=False)
            elif len(first) <= _MOST_SHARING:
                what = {"identifier": "the same identifier"}.get(shared.type, "the same address")
                for a, b in combinations(first.values(), 2):
                    if _resemble(a.name.text, b.name.text):
                        self.add(a, b, f"{what} ({shared.value})", is_probable=False)

    def _called(self, kind: Kind, folded: str) -> list[NameInfo]:
        return [
            name
            for entity in self.store.find_entities(folded, kind)
            for name in self.store.iter_names(of=entity.id)
            if folded_name(name.name.text) == folded
        ]

    def reviews(self) -> list[Review]:
        doubts = sorted(
            self.found.values(), key=lambda d: (not d.is_probable, pair_key(d.a.name, d.b.name))
        )
        numbers = self.store.number_pairs([(d.a.name, d.b.name) for d in doubts])
        return [
            Review(n, self._side(d.a), self._side(d.b), d.why, d.is_probable)
            for n, d in zip(numbers, doubts, strict=True)
        ]

    def _side(self, name: NameInfo) -> Side:
        return Side(name.name, name.entity, evidence_of_name(self.store, name))


def _things_apart(store: Store, split: Sequence[tuple[Name, Name]]) -> set[frozenset[str]]:
    """Return the pairs of things that the user has parted, by whichever of their names."""
    wanted = {name_key(name) for pair in split for name in pair}
    if not wanted:
        return set()
    thing = {k: i.entity for i in store.iter_names() if (k := name_key(i.name)) in wanted}
    keys = [(name_key(a), name_key(b)) for a, b in split]
    return {frozenset((thing[a], thing[b])) for a, b in keys if a in thing and b in thing}


def near_names(store: Store, kind: Kind) -> Iterator[tuple[NameInfo, NameInfo, str, bool]]:
    """Yield pairs of near names of a kind that stand for two things: (a, b, why, is probable).

    Of papers only those without an arXiv id of their own are compared with all others.
    """
    index: dict[str, list[NameInfo]] = defaultdict(list)
    for name in store.iter_names(kind):
        if not name.name.scope and not name.entity.startswith("paper:arxiv:"):
            for key in near_keys(kind, name.name.text, name.folded):
                index[key].append(name)
    seen: set[tuple[str, str]] = set()
    for name in store.iter_names(kind) if index else ():
        if name.name.scope:
            continue
        for key in near_keys(kind, name.name.text, name.folded):
            others = index.get(key, ())
            if len(others) > _MOST_CANDIDATES:
                continue
            for other in others:
                pair = (min(name.id, other.id), max(name.id, other.id))
                if name.entity == other.entity or pair in seen:
                    continue
                seen.add(pair)
                near = find_nearness(kind, name.name.text, other.name.text)
                if near:
                    yield name, other, near.why, near.is_probable


def evidence_of_name(store: Store, name: NameInfo, limit: int = 3) -> tuple[Evidence, ...]:
    """Return lines that use this very name, in order."""
    key = name_key(name.name)
    claims: Iterable[StoredClaim] = (
        *store.iter_claims(subject=name.entity),
        *store.iter_claims(object=name.entity),
    )
    found: dict[tuple[str, int], Evidence] = {}
    for stored in claims:
        claim = stored.claim
        ends = [claim.subject] + ([claim.object] if claim.object else [])
        if any(name_key(end) == key for end in ends):
            found.setdefault((stored.source, claim.line), Evidence.of(stored))
    return tuple(found[k] for k in sorted(found)[:limit])


def _are_listed_together(store: Store, a: str, b: str) -> bool:
    """Whether two things are items of one enumeration, on one line or on lines without a gap."""
    left, right = _listed_at(store, a), _listed_at(store, b)
    for where in left.keys() & right.keys():
        source, subject, predicate = where
        of_all = store.iter_claims(subject=subject, predicates=[predicate], source=source)
        run: dict[int, int] = {}
        for line in sorted({c.claim.line for c in of_all}):
            run[line] = run.get(line - 1, line)
        if {run[n] for n in left[where]} & {run[n] for n in right[where]}:
            return True
    return False


def _listed_at(store: Store, entity: str) -> dict[tuple[str, str, str], set[int]]:
    """Return where a thing is an item: (source, of what, relation) -> lines."""
    listed = (Relation.TRAINED_ON, Relation.EVALUATED_ON, Relation.DERIVED_FROM)
    found: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for c in store.iter_claims(object=entity, predicates=map(str, listed)):
        found[c.source, c.subject.id, str(c.claim.predicate)].add(c.claim.line)
    return found


def _identifiers(store: Store, entity: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for c in store.iter_claims(subject=entity, predicates=("arxiv", "doi")):
        found[str(c.claim.predicate)].add(str(c.claim.values["text"]).casefold())
    return found


def _resemble(a: str, b: str) -> bool:
    """Whether two names have enough in common for the question to be worth asking."""
    left, right = fold(a), fold(b)
    short, long = sorted((left, right), key=len)
    return len(short) >= 3 and (short in long or short[:5] == long[:5])


# -- which names a command means --------------------------------------------------------------


def get_names_to_merge(store: Store, a: str, b: str) -> tuple[Name, Name]:
    """Return the two names that 'merge A and B' speaks of.

    Where a name is that of several kinds, the one kind is taken that both have.

    Raises
    ------
    NotFoundError
        If nothing has one of the names.
    InputError
        If they have no kind in common, or stand for several things of one.
    """
    left, right = _find(store, a), _find(store, b)
    pairs = [(x, y) for x in left for y in right if x.kind is y.kind]
    if not pairs:
        raise InputError(
            f"{a!r} is a {left[0].kind} and {b!r} a {right[0].kind}: things of two kinds are never one"
        )
    if len(pairs) > 1:
        listed = ", ".join(f"{x.id} and {y.id}" for x, y in pairs)
        raise InputError(f"these names stand for several things; give ids, for example {listed}")
    x, y = pairs[0]
    if x.id == y.id:
        raise InputError(f"{a!r} and {b!r} are one thing already ({x.id}); 'kg show' says why")
    return _name_within(store, x, a, stated=False), _name_within(store, y, b, stated=False)


def get_names_to_split(store: Store, name: str, alias: str) -> tuple[Name, Name]:
    """Return the two names that 'split ALIAS from NAME' speaks of.

    Raises
    ------
    NotFoundError
        If nothing has the name, or it has no such alias.
    InputError
        If the two are one spelling.
    """
    kinds = [e.kind for e in store.find_entities(alias)]
    entity = next((e for e in _find(store, name) if not kinds or e.kind in kinds), None)
    if entity is None:
        entity = get_entity(store, name)[0]
    first = _name_within(store, entity, name)
    known = {name_key(n.name): n.name for n in store.iter_names(of=entity.id)}
    wanted = Name(entity.kind, alias)
    by_id = {n.id: n.name for n in store.iter_names(of=entity.id)}
    second = by_id.get(alias) or known.get(name_key(wanted))
    if second is None:
        others = [e for e in store.find_entities(alias) if e.kind is entity.kind]
        if others:
            second = _name_within(store, others[0], alias)
        elif folded_name(alias) in {folded_name(a) for a in entity.aliases}:
            second = wanted
        else:
            raise NotFoundError(
                f"{entity.name} ({entity.id}) has no name {alias!r}; it has: "
                + ", ".join((entity.name, *entity.aliases)),
                name=alias,
                nearest=entity.aliases[:3],
            )
    if name_key(first) == name_key(second):
        rest = [n for k, n in known.items() if k != name_key(second)]
        if not rest:
            raise InputError(
                f"{name!r} and {alias!r} differ in case or punctuation only; that is one spelling"
                " and cannot be split"
            )
        first = rest[0]
    return first, second


def _find(store: Store, name: str) -> Sequence[Entity]:
    found = store.find_entities(name)
    return found or [get_entity(store, name)[0]]


def _name_within(store: Store, entity: Entity, given: str, *, stated: bool = True) -> Name:
    """Return the name of a thing that the user gave: by id, by spelling, else the shown one.

    Parameters
    ----------
    stated : whether a name that is only stated as another will do; a merge needs one in use
    """
    names = list(store.iter_names(of=entity.id))
    for name in names:
        if name.id == given or folded_name(name.name.text) == folded_name(given):
            return name.name
    if stated and folded_name(given) in {folded_name(a) for a in entity.aliases}:
        return Name(entity.kind, given)
    shown = folded_name(entity.name)
    return next((n.name for n in names if folded_name(n.name.text) == shown), names[0].name)
