"""Things beside each other: what is said of each, property by property."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kg.model import JsonValue, Kind, Property, Relation, Stance
from kg.store import Entity, Store, StoredClaim
from queries.answers import (
    Answer,
    Answers,
    evidence_of,
)
from queries.export import shown_value

_ASIDE = (
    Property.ALIAS,
    Property.LABEL,
    Property.LINK,
    Property.NOTE,
    Property.BIBTEX,
    Property.ABSTRACT,
)
"""What does not describe, or is too long to stand beside another."""
_COMPARED = {
    Relation.TRAINED_ON: "trained on",
    Relation.EVALUATED_ON: "evaluated on",
    Relation.DERIVED_FROM: "derived from",
}


def compare_things(
    store: Store,
    things: Sequence[Entity],
    properties: Sequence[Property] = (),
    *,
    question: str = "",
) -> Answers:
    """Put what is said of some things side by side.

    Parameters
    ----------
    store : where to look
    things : two or more
    properties : only these; all that describe, and what they are trained on and made of, without

    Returns
    -------
    Answers
        One answer a thing in the given order; what sources disagree on is a list. What no source
        says of a thing is missing from its attributes, and told in the remark where it was asked.
    """
    answers, lacking = [], []
    for thing in things:
        wanted: Sequence[Property | Relation] = properties or [
            *(p for p in Property if p not in _ASIDE),
            *_COMPARED,
        ]
        claims = [
            c
            for c in store.iter_claims(subject=thing.id, predicates=list(wanted))
            if c.claim.stance is Stance.STATES
        ]
        shown = _shown(claims)
        lines = evidence_of(claims)
        answers.append(Answer(thing.id, thing.kind, thing.name, "direct", shown, lines))
        lacking += [f"{p} of {thing.name}" for p in properties if str(p) not in shown]
    both = _shared(answers) if not properties else ""
    missing = f"nothing recorded: {', '.join(lacking)}" if lacking else ""
    named = " and ".join(t.name for t in things)
    what = ", ".join(map(str, properties)) or "what is recorded"
    return Answers(
        question,
        f"{what} of {named}, side by side",
        tuple(answers),
        remark="; ".join(filter(None, (missing, both))),
    )


def _shown(claims: Sequence[StoredClaim]) -> dict[str, JsonValue]:
    by: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in claims:
        relation = stored.claim.predicate
        by[_COMPARED.get(relation, str(relation)) if isinstance(relation, Relation) else str(relation)].append(stored)  # fmt: skip
    shown: dict[str, JsonValue] = {}
    for key, said in by.items():
        if said[0].object is not None:
            names: list[JsonValue] = list(
                dict.fromkeys(c.object.name for c in said if c.object is not None)
            )
        elif key == Property.LINK:
            names = list(dict.fromkeys(str(c.claim.values["text"]) for c in said))
        else:
            first = str(shown_value(said))
            texts = dict.fromkeys([first, *(str(c.claim.values["text"]) for c in said)])
            names = list(texts)
        shown[key] = names[0] if len(names) == 1 else names
    return shown


def _shared(answers: Sequence[Answer]) -> str:
    """Say what all of them were trained on and made of."""
    told = []
    for key in _COMPARED.values():
        lists = [_names(a.attributes.get(key)) for a in answers]
        common = [n for n in lists[0] if all(n in rest for rest in lists[1:])]
        if common:
            told.append(f"all {key} {', '.join(common)}")
    return "; ".join(told)


def _names(value: JsonValue) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def comparable(kinds: Sequence[Sequence[Entity]]) -> list[Entity]:
    """Return one thing of each name, all of one kind; empty where there is no such kind."""
    for kind in (Kind.MODEL, Kind.DATASET, Kind.PAPER):
        chosen = [next((e for e in things if e.kind is kind), None) for things in kinds]
        if all(chosen) and len({e.id for e in chosen if e}) == len(chosen):
            return [e for e in chosen if e]
    return []
