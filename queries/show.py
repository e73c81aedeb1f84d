"""Everything the graph holds about one thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from kg.decisions import Action, pair_of
from kg.identity import name_key
from kg.model import JsonValue, Name, Property, Relation
from kg.nearness import find_nearness
from kg.store import Entity, Naming, Store, StoredClaim
from queries.answers import get_entity
from queries.export import claim_record
from queries.narrow import Narrow
from queries.reader import Marks, get_mark


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing with its names, properties and relations in both directions."""

    entity: Entity
    remark: str
    reasons: tuple[tuple[str, str], ...]
    """(spelling, why it is taken as this thing)."""
    doubts: tuple[str, ...]
    """Other things of the store whose names are so near that they may be this one."""
    properties: dict[str, list[StoredClaim]]
    outgoing: dict[str, list[StoredClaim]]
    incoming: dict[str, list[StoredClaim]]
    marks: Marks
    """What the reader says of it, and what lists say of whether it was read."""
    papers: tuple[Naming, ...] = ()
    """Harvested papers whose title or abstract names it, the newest first."""

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg show --json``."""
        return {
            "id": self.entity.id,
            "kind": str(self.entity.kind),
            "name": self.entity.name,
            "names": [{"name": n, "why": w} for n, w in self.reasons],
            "remark": self.remark,
            "perhaps_also": list(self.doubts),
            "reader": self.marks.to_json(),
            "properties": {
                name: [
                    {
                        "value": c.claim.values["text"],
                        "attributes": {
                            **c.claim.qualifiers,
                            **{k: v for k, v in c.claim.values.items() if k != "text"},
                        },
                        "source": c.source,
                        "line": c.claim.line,
                    }
                    for c in claims
                ]
                for name, claims in self.properties.items()
            },
            "papers": [
                {"id": n.paper, "arxiv": n.arxiv, "title": n.title, "where": n.place}
                for n in self.papers
            ],
            "outgoing": [claim_record(c) for claims in self.outgoing.values() for c in claims],
            "incoming": [claim_record(c) for claims in self.incoming.values() for c in claims],
        }


def get_sight(store: Store, name: str, narrow: Narrow | None = None) -> Sight:
    """Collect everything about the thing of a name or id.

    Narrowed, only what such sources say as surely, and only relations with such things.

    Raises
    ------
    NotFoundError
        If nothing has this name; it carries the nearest names.
    InputError
        For a date or confidence to narrow by that is none.
    """
    entity, remark = get_entity(store, name)
    sieve = (narrow or Narrow()).on(store)
    properties: dict[str, list[StoredClaim]] = defaultdict(list)
    outgoing: dict[str, list[StoredClaim]] = defaultdict(list)
    incoming: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in store.iter_claims(subject=entity.id):
        if not sieve.keeps_claim(stored):
            continue
        if stored.object is not None and not sieve.keeps_entity(stored.object):
            continue
        group = properties if isinstance(stored.claim.predicate, Property) else outgoing
        group[str(stored.claim.predicate)].append(stored)
    for stored in store.iter_claims(object=entity.id, predicates=[str(r) for r in Relation]):
        if sieve.keeps_claim(stored) and sieve.keeps_entity(stored.subject):
            incoming[str(stored.claim.predicate)].append(stored)
    remark = "; ".join(part for part in (remark, sieve.remark) if part)
    reasons = tuple(store.reasons(entity.id).items())
    doubts = tuple(_near_things(store, entity))
    return Sight(
        entity, remark, reasons, doubts, dict(properties), dict(outgoing), dict(incoming),
        get_mark(store, entity.id), tuple(store.papers_naming(entity.id)),
    )  # fmt: skip


def _near_things(store: Store, entity: Entity) -> Iterator[str]:
    """Yield ids of things with a near name that nobody has said to be another's."""
    decided = {
        frozenset(map(name_key, pair_of(f.payload)))
        for f in store.user_facts()
        if f.holds and f.action is Action.SPLIT
    }
    for text in store.find_similar_names(entity.name, 8, entity.kind):
        near = find_nearness(entity.kind, entity.name, text)
        pair = frozenset(name_key(Name(entity.kind, t)) for t in (entity.name, text))
        if near is not None and pair not in decided:
            yield from (e.id for e in store.find_entities(text, entity.kind) if e.id != entity.id)
