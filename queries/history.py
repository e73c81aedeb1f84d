"""What was said of a thing over time, withdrawn claims included."""

from __future__ import annotations

from dataclasses import dataclass

from kg.errors import NotFoundError
from kg.identity import folded_name
from kg.model import JsonValue, Kind
from kg.store import Entity, LoadInfo, Store, StoredClaim
from queries.answers import get_entity
from queries.export import claim_record, property_record


@dataclass(frozen=True, slots=True)
class Event:
    """A claim that a load brought, or one that it took away."""

    load: LoadInfo
    what: str
    """'said' or 'withdrawn'."""
    stored: StoredClaim

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg history --json``."""
        record = claim_record if self.stored.claim.is_relation else property_record
        return {
            "load": self.load.n,
            "at": self.load.at,
            "what": self.what,
            "claim": record(self.stored),
        }


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened to the claims about one thing, oldest first."""

    entity: Entity
    remark: str
    events: tuple[Event, ...]


def get_history(store: Store, name: str) -> History:
    """Collect what sources said of a thing and took back.

    Raises
    ------
    NotFoundError
        If nothing has this name; it carries the nearest names.
    """
    remark = ""
    try:
        entity, remark = get_entity(store, name)
        claims = [
            *store.iter_claims(subject=entity.id, withdrawn=True),
            *store.iter_claims(object=entity.id, withdrawn=True),
        ]
    except NotFoundError:
        gone = _find_gone(store, name)
        if gone is None:
            raise
        entity, claims = gone
        remark = "no list names it any more"
    loads = {load.n: load for load in store.loads()}
    events: list[Event] = []
    for stored in claims:
        events.append(Event(loads[stored.first_load], "said", stored))
        if stored.withdrawn_load is not None:
            events.append(Event(loads[stored.withdrawn_load], "withdrawn", stored))
    events.sort(key=lambda e: (e.load.n, e.what, e.stored.claim.line))
    return History(entity, remark, tuple(events))


def _find_gone(store: Store, name: str) -> tuple[Entity, list[StoredClaim]] | None:
    """Find a thing that only withdrawn claims name, by reading all of them."""
    folded = folded_name(name)
    found: dict[str, tuple[Entity, list[StoredClaim]]] = {}
    for stored in store.iter_claims(withdrawn=True):
        if stored.withdrawn_load is None:
            continue
        for end in (stored.subject, stored.object):
            if end and (end.id == name or folded_name(end.as_written) == folded):
                thing = Entity(end.id, end.kind, end.as_written)
                found.setdefault(end.id, (thing, []))[1].append(stored)
    order = list(Kind)
    return min(found.values(), key=lambda f: (order.index(f[0].kind), f[0].id), default=None)
