"""Things of which sources give different values where there can be but one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from kg.model import JsonValue, Kind, Property, Stance
from kg.names import fold
from kg.store import Store, StoredClaim
from queries.answers import (
    Answer,
    Answers,
    evidence_of,
)

SINGLE = (
    Property.SIZE,
    Property.PARAMETERS,
    Property.LICENCE,
    Property.READ,
    Property.YEAR,
    Property.VENUE,
)
"""Properties of which a thing has one value."""
ROUNDING = 0.03
"""Two amounts this close are one amount rounded: 1.2M and 1,177,600 are."""
_MOST_COMPARED = 20


def iter_differing(store: Store, predicate: Property) -> Iterator[list[StoredClaim]]:
    """Yield for each thing whose sources differ in a property all claims that state it, by id."""
    groups: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in store.iter_claims(predicates=[str(predicate)], contested=True):
        if stored.claim.stance is Stance.STATES:
            groups[stored.subject.id].append(stored)
    for thing in sorted(groups):
        if any(_values_differ(a, b) for a, b in combinations(_distinct(groups[thing]), 2)):
            yield groups[thing]


def find_differing(
    store: Store,
    predicates: Sequence[Property] = (),
    kind: Kind | None = None,
    *,
    question: str = "",
) -> Answers:
    """Find the things on whose properties sources differ, with all values and their lines.

    Parameters
    ----------
    store : where to look
    predicates : which properties; without any, all of which a thing has one value (`SINGLE`)
    kind : only things of this kind
    question : the words of the question, for the answer
    """
    wanted = predicates or SINGLE
    answers = []
    for predicate in wanted:
        for claims in iter_differing(store, predicate):
            thing = claims[0].subject
            if kind is None or thing.kind is kind:
                values: list[JsonValue] = list(
                    dict.fromkeys(str(c.claim.values["text"]) for c in claims)
                )
                lines = evidence_of(claims)
                shown = {str(predicate): values}
                answers.append(Answer(thing.id, thing.kind, thing.name, "direct", shown, lines))
    answers.sort(key=lambda a: (a.name.casefold(), a.id))
    what = ", ".join(map(str, wanted))
    understood = f"{kind or 'thing'}s on whose {what} sources differ"
    return Answers(question, understood, tuple(answers))


def _distinct(claims: Iterable[StoredClaim]) -> list[StoredClaim]:
    by_text = {str(c.claim.values["text"]).casefold(): c for c in claims}
    return list(by_text.values())[:_MOST_COMPARED]


def _values_differ(a: StoredClaim, b: StoredClaim) -> bool:
    x, y = a.claim.values, b.claim.values
    left, right = x.get("value"), y.get("value")
    if isinstance(left, int | float) and isinstance(right, int | float):
        if x.get("unit") != y.get("unit") and "unknown" not in (x.get("unit"), y.get("unit")):
            return False
        return abs(left - right) > ROUNDING * max(abs(left), abs(right))
    folded = fold(str(x["text"])), fold(str(y["text"]))
    if a.claim.predicate is Property.READ:
        return folded[0] != folded[1]  # 'unread' holds 'read' and says the contrary
    if a.claim.predicate is Property.VENUE and _is_one_venue(str(x["text"]), str(y["text"])):
        return False
    return folded[0] not in folded[1] and folded[1] not in folded[0]


def _is_one_venue(a: str, b: str) -> bool:
    """Whether one text has the other's abbreviation, and no other year stands in it.

    Examples
    --------
    >>> _is_one_venue("ICLR 2025", "International Conference on Learning Representations")
    True
    >>> _is_one_venue("ICML 2025", "International Conference on Learning Representations")
    False
    """
    years = [set(re.findall(r"\b(?:19|20)\d\d\b", text)) for text in (a, b)]
    if all(years) and not years[0] & years[1]:
        return False
    return _abbreviates(a, b) or _abbreviates(b, a)


def _abbreviates(short: str, full: str) -> bool:
    """Whether the capitals of a word are the initials of words that follow each other."""
    initials = "".join(w[0] for w in re.findall(r"[^\W\d_]{2,}", full) if w[0].isupper())
    capitals = ("".join(re.findall(r"[A-Z]", word)) for word in re.findall(r"[A-Za-z]+", short))
    return any(len(c) > 2 and c in initials for c in capitals)
