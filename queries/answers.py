"""What an answer is: things with how they fit, the lines that say so, and what was covered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from typing import overload

from kg.errors import NotFoundError
from kg.model import JsonValue, Kind, Relation
from kg.names import fold
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


class Later(Sequence[Answer]):
    """Answers that are found when somebody first looks at them, and then kept.

    What fits only through something else can be ten times the answer proper. The store must still
    be open when they are looked at; a load in between shows in them.

    Parameters
    ----------
    find : finds the answers; called once at most
    """

    def __init__(self, find: Callable[[], Iterable[Answer]]) -> None:
        self._find = find

    @cached_property
    def _found(self) -> tuple[Answer, ...]:
        return tuple(self._find())

    @overload
    def __getitem__(self, index: int) -> Answer: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Answer, ...]: ...

    def __getitem__(self, index: int | slice) -> Answer | tuple[Answer, ...]:
        return self._found[index]

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Later | tuple) and self._found == tuple(other)

    def __hash__(self) -> int:
        return hash(self._found)

    def __repr__(self) -> str:
        return repr(self._found)


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
    indirect: Sequence[Answer] = ()
    """What fits only through something else, each with its path; no part of the answer proper, and
    found only when looked at (`Later`), while the store is open."""

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


def _likeness(a: str, b: str) -> float:
    return SequenceMatcher(None, fold(a), fold(b)).ratio()


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
        similar = {n for kind in kinds or (None,) for n in store.find_similar_names(name, 3, kind)}
        near = tuple(sorted(similar - own, key=lambda n: (-_likeness(name, n), n)))[:3]
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


def claims_at(
    store: Store, ids: Collection[str], relation: Relation, *, as_subject: bool
) -> dict[str, list[StoredClaim]]:
    """Read the claims of a relation about several things at once, by the id of their thing.

    One question to the store however many things there are; things without claims are left out.
    """
    found: dict[str, list[StoredClaim]] = defaultdict(list)
    asked = list(ids)
    for stored in store.iter_claims(
        subject=asked if as_subject else None,
        object=None if as_subject else asked,
        predicates=[relation],
    ):
        end = stored.subject if as_subject else stored.object
        if end is not None:
            found[end.id].append(stored)
    return dict(found)


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
        if end is not None:
            attributes, evidence = merged_attributes(members), evidence_of(members)
            answers.append(Answer(end.id, end.kind, end.name, "direct", attributes, evidence))
    return tuple(sorted(answers, key=lambda a: (a.name.casefold(), a.id)))


def evidence_of(claims: Sequence[StoredClaim]) -> tuple[Evidence, ...]:
    """Return the lines that claims stand in, each once, in order."""
    lines = tuple(map(Evidence.of, claims))
    return lines if len(lines) < 2 else tuple(dict.fromkeys(lines))


def merged_attributes(claims: Sequence[StoredClaim]) -> dict[str, JsonValue]:
    """Collect what several claims of one link say; a list where they differ.

    An unknown stage is left out where another claim knows it.
    """
    if len(claims) == 1:
        return {**claims[0].claim.qualifiers, **claims[0].claim.values}
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
