"""What an answer is: things with how they fit, the lines that say so, and what was covered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kg.errors import NotFoundError
from kg.model import JsonValue, Kind
from kg.store import Entity, Store, StoredClaim


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of one source that says so."""

    source: str
    line: int
    quote: str
    confidence: float

    @classmethod
    def of(cls, stored: StoredClaim) -> Evidence:
        """Take the provenance of a stored claim."""
        claim = stored.claim
        return cls(stored.source, claim.line, claim.quote, claim.confidence)


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that answers a question."""

    id: str
    kind: Kind
    name: str
    how: str
    """The path from the question to this answer: 'direct', or what it goes through."""
    attributes: Mapping[str, JsonValue] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the graph could have answered: those with a record, of all there are."""

    with_record: int
    of: int
    what: str


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers to one question."""

    question: str
    understood: str
    """The question in the graph's own words."""
    answers: tuple[Answer, ...]
    coverage: Coverage | None = None
    remark: str = ""
    """What the reader must know: a name of several kinds, sources that differ."""

    def to_json(self) -> dict[str, JsonValue]:
        """Write the answers in the stable form of ``kg ask --json``."""
        return {
            "question": self.question,
            "understood": self.understood,
            "answers": [
                {
                    "id": a.id,
                    "kind": str(a.kind),
                    "name": a.name,
                    "how": a.how,
                    "attributes": dict(a.attributes),
                    "evidence": [
                        {
                            "source": e.source,
                            "line": e.line,
                            "quote": e.quote,
                            "confidence": e.confidence,
                        }
                        for e in a.evidence
                    ],
                }
                for a in self.answers
            ],
            "coverage": None
            if self.coverage is None
            else {
                "with_record": self.coverage.with_record,
                "of": self.coverage.of,
                "what": self.coverage.what,
            },
            "remark": self.remark,
            "nearest": [],
        }


def get_entity(store: Store, name: str, *kinds: Kind) -> tuple[Entity, str]:
    """Return the one thing that a name stands for, and a remark where it could be another.

    Parameters
    ----------
    store : where to look
    name : a name, alias or id, in any spelling that folds to it
    kinds : kinds to choose among, best first; none for any kind

    Raises
    ------
    NotFoundError
        If nothing has this name; `.nearest` holds up to three similar names.
    """
    found = store.find_entities(name)
    chosen = [e for kind in kinds or tuple(Kind) for e in found if e.kind is kind]
    if not chosen:
        others = sorted({str(e.kind) for e in found})
        near = tuple(store.find_similar_names(name, 3, kinds[0] if len(kinds) == 1 else None))
        what = f"no {' or '.join(map(str, kinds))}" if kinds else "nothing"
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        also = f" (there is a {' and a '.join(others)} of that name)" if others else ""
        raise NotFoundError(f"{what} called {name!r} is known{also}{hint}", name=name, nearest=near)
    remark = ""
    rest = [e for e in found if e.id != chosen[0].id]
    if rest:
        listed = ", ".join(f"{e.kind} {e.name} ({e.id})" for e in rest)
        remark = (
            f"taken as the {chosen[0].kind} {chosen[0].name} ({chosen[0].id}); also known: {listed};"
            " give an id to take another"
        )
    return chosen[0], remark
