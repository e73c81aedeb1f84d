"""What the reader said of things: states and tags."""

from __future__ import annotations

from dataclasses import dataclass

from kg.model import Property
from kg.store import Store


@dataclass(frozen=True, slots=True)
class Marks:
    """State and tags of one thing."""

    state: str | None = None
    tags: frozenset[str] = frozenset()


def get_marks(store: Store) -> dict[str, Marks]:
    """Return the marks of everything that has some, by id."""
    return {
        stored.subject.id: Marks(str(stored.claim.values["text"]))
        for stored in store.iter_claims(predicates=[Property.READ])
    }
