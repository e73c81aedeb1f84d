"""Topics and what stands below them."""

from __future__ import annotations

from collections.abc import Iterable

from kg.model import Relation, Stance
from kg.store import Store


def with_subtopics(store: Store, topics: Iterable[str]) -> frozenset[str]:
    """Return the ids of some topics and of all below them; one question to the store a layer."""
    found = set(topics)
    layer = set(found)
    while layer:
        below = store.iter_claims(object=sorted(layer), predicates=[Relation.BROADER])
        layer = {c.subject.id for c in below if c.claim.stance is Stance.STATES} - found
        found |= layer
    return frozenset(found)
