"""A claim of the user's own, made of names as they give them."""

from __future__ import annotations

from dataclasses import dataclass

from kg.decisions import assertion, names_of
from kg.errors import ClaimError, InputError
from kg.model import (
    RELATIONS,
    Claim,
    JsonValue,
    Kind,
    Name,
    Relation,
    Role,
    Stance,
)
from kg.store import Entity, Store
from queries.reader import lasting_name, read_identifier

_IDS = tuple(f"{kind}:" for kind in Kind)


@dataclass(frozen=True, slots=True)
class Assertion:
    """What is to be put into the log, and what the user should know about it."""

    payload: dict[str, JsonValue]
    new_names: tuple[str, ...]
    """Ends that nothing in the store has the name of."""


def make_assertion(
    store: Store,
    subject: str,
    relation: Relation,
    object: str | None,
    *,
    qualifiers: dict[str, JsonValue],
    values: dict[str, JsonValue],
    stance: Stance = Stance.STATES,
    quote: str = "",
    url: str = "",
    object_kind: Kind | None = None,
) -> Assertion:
    """Make the payload of an assertion; a name that is not known yet becomes a new thing.

    Where a relation joins things of several kinds, those are taken that the store knows, and of
    these such as the role is said of; `object_kind` settles it.

    Raises
    ------
    InputError
        If the relation cannot join such things, or cannot say what is to be said with it.
    """
    ends = [(subject, store.find_entities(_searched(subject)))]
    if object is not None:
        ends.append((object, store.find_entities(_searched(object))))
    kinds = _kinds(relation, ends, str(qualifiers.get("role", "")), object_kind)
    written: list[dict[str, JsonValue]] = []
    new: list[str] = []
    for kind, (given, found) in zip(kinds, ends, strict=True):
        entity = next((e for e in found if e.kind is kind), None)
        if entity is None:
            _check_is_free(given, kind, found)
            near = ", ".join(store.find_similar_names(given, 3, kind))
            new.append(f"new {kind} {given!r}" + (f"; known are {near}" if near else ""))
        written.append(_end(store, kind, given, entity))
    names = [names_of(end)[0] for end in written]
    identifiers = [str(end.get("identifier", "")) for end in written] + [""]
    said = f"{subject} {relation}" + (f" {object}" if object else f" ({stance})")
    try:
        claim = Claim(
            names[0], relation, 1, quote.strip() or said, names[1] if object is not None else None,
            qualifiers, values, stance,
        )  # fmt: skip
    except ClaimError as error:
        raise InputError(str(error).removeprefix("line 1: ")) from error
    payload = assertion(claim, url, subject=identifiers[0], object=identifiers[1])
    return Assertion(payload, tuple(new))


def _searched(given: str) -> str:
    identifier = read_identifier(given)
    return str(identifier) if identifier is not None else given


_OF_DATASETS = frozenset(
    {
        Role.SOURCE, Role.SUBSET, Role.PART, Role.VERSION, Role.FAMILY, Role.FILTERED,
        Role.ANNOTATED, Role.GENERATED_BY,
    }
)  # fmt: skip


def _kinds(
    relation: Relation,
    ends: list[tuple[str, list[Entity]]],
    role: str,
    object_kind: Kind | None,
) -> tuple[Kind, ...]:
    """Choose the kinds of the ends: a pair that the relation can join, of which most is known."""
    known = [{e.kind for e in found} for _, found in ends]
    order = list(Kind)
    allowed = RELATIONS[relation].ends
    if object_kind is not None and len(ends) > 1:
        allowed = frozenset(pair for pair in allowed if pair[1] is object_kind)
        if not allowed:
            raise InputError(f"{relation} joins nothing to a {object_kind}")

    def rank(pair: tuple[Kind, ...]) -> tuple[object, ...]:
        of_dataset = pair[0] is Kind.DATASET
        return (
            -sum(k in of for k, of in zip(pair, known, strict=True)),
            bool(role) and of_dataset != (role in _OF_DATASETS),
            (len(set(pair)) > 1) != (role == Role.GENERATED_BY),
            [order.index(k) for k in pair],
        )

    return min({pair[: len(ends)] for pair in allowed}, key=rank)


def _check_is_free(given: str, kind: Kind, found: list[Entity]) -> None:
    """See that a name for a new thing is no id, which names one thing for good."""
    if not given.strip():
        raise InputError("a name is empty; give the name of what it is about")
    if given.startswith(_IDS):
        what = f"is a {found[0].kind}" if found else "is no id of this store"
        raise InputError(f"{given} {what}; a {kind} is needed here")


def _end(store: Store, kind: Kind, given: str, entity: Entity | None) -> dict[str, JsonValue]:
    if entity is not None:
        return lasting_name(store, entity, given)
    identifier = read_identifier(given) if kind is Kind.PAPER else None
    if identifier is None:
        return {"kind": str(kind), "text": " ".join(given.split()), "scope": ""}
    name = Name(kind, str(identifier))
    return {"kind": str(kind), "text": name.text, "scope": "", "identifier": name.text}
