"""What an answer is: things with how they fit, the lines that say so, and what was covered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
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

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form that all answers share."""
        return {
            "source": self.source,
            "line": self.line,
            "quote": self.quote,
            "confidence": self.confidence,
        }


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
    of_what: str = "models"

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form that all answers share."""
        return {"with_record": self.with_record, "of": self.of, "what": self.what}


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
    indirect: tuple[Answer, ...] = ()
    """What fits only through something else, each with its path; no part of the answer proper."""

    def to_json(self) -> dict[str, JsonValue]:
        """Write the answers in the stable form of ``kg ask --json``."""
        return {
            "question": self.question,
            "understood": self.understood,
            "answers": [_record(a) for a in self.answers],
            "indirect": [_record(a) for a in self.indirect],
            "coverage": self.coverage.to_json() if self.coverage else None,
            "remark": self.remark,
            "nearest": [],
        }


def _record(answer: Answer) -> dict[str, JsonValue]:
    return {
        "id": answer.id,
        "kind": str(answer.kind),
        "name": answer.name,
        "how": answer.how,
        "attributes": dict(answer.attributes),
        "evidence": [e.to_json() for e in answer.evidence],
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
        own = {n for e in found for n in (e.name, *e.aliases)}  # of a kind that is not wanted
        similar = store.find_similar_names(name, 3, kinds[0] if len(kinds) == 1 else None)
        near = tuple(n for n in similar if n not in own)
        what = f"no {' or '.join(map(str, kinds))}" if kinds else "nothing"
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        also = f" (there is a {' and a '.join(others)} of that name)" if others else ""
        raise NotFoundError(f"{what} called {name!r} is known{also}{hint}", name=name, nearest=near)
    remark = ""
    rest = [e for e in found if e.id != chosen[0].id]
    if rest:
        listed = ", ".join(f"for the {e.kind} {e.name} give {e.id}" for e in rest)
        remark = f"taken as the {chosen[0].kind} {chosen[0].name} ({chosen[0].id}); {listed}"
    return chosen[0], remark


def grouped(claims: Iterable[StoredClaim], *, by_subject: bool) -> tuple[Answer, ...]:
    """One answer a thing, with all stages, amounts and lines that sources give."""
    groups: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in claims:
        end = stored.subject if by_subject else stored.object
        if end is not None:
            groups[end.id].append(stored)
    answers = []
    for members in groups.values():
        end = members[0].subject if by_subject else members[0].object
        if end is None:
            continue
        evidence = tuple(dict.fromkeys(Evidence.of(m) for m in members))
        answers.append(
            Answer(end.id, end.kind, end.name, "direct", merged_attributes(members), evidence)
        )
    return tuple(sorted(answers, key=lambda a: (a.name.casefold(), a.id)))


def merged_attributes(claims: Iterable[StoredClaim]) -> dict[str, JsonValue]:
    """Collect what several claims of one link say; a list where they differ.

    An unknown stage is left out where another claim knows it.
    """
    found: dict[str, list[JsonValue]] = defaultdict(list)
    for stored in claims:
        for key, value in {**stored.claim.qualifiers, **stored.claim.values}.items():
            if value not in found[key]:
                found[key].append(value)
    merged: dict[str, JsonValue] = {}
    for key, values in found.items():
        known = [v for v in values if v != "unknown"] or values
        merged[key] = known[0] if len(known) == 1 else known
    return merged
