"""What the loads since a moment changed, thing by thing."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from kg.moments import parse_moment
from kg.store import Entity, Store, StoredClaim
from queries.answers import (
    Answer,
    Answers,
    evidence_of,
)


def find_changes(
    store: Store,
    since: datetime,
    until: datetime | None = None,
    *,
    of: Entity | None = None,
    question: str = "",
) -> Answers:
    """Find the things of which sources say something else than at a moment.

    Parameters
    ----------
    store : its loads remember when each claim came and went
    since : changes after this moment count
    until : and up to this one; up to now without it
    of : only changes of this thing

    Returns
    -------
    Answers
        One answer a thing, the newest first: 'new' and 'gone' things, and those of which something
        else is said, each with how much came and went and its lines. Reading a list again that
        moved lines alone changes nothing.
    """
    loads = {load.n: parse_moment(load.at) for load in store.loads()}

    def is_in(load: int | None) -> bool:
        at = loads.get(load) if load is not None else None
        return at is not None and at > since and (until is None or at <= until)

    came: dict[str, list[StoredClaim]] = defaultdict(list)
    went: dict[str, list[StoredClaim]] = defaultdict(list)
    changed: dict[str, Entity] = {}
    before: set[str] = set()
    after: set[str] = set()
    for stored in store.iter_claims(subject=of.id if of else None, withdrawn=True):
        subject = stored.subject
        arrived, left = is_in(stored.first_load), is_in(stored.withdrawn_load)
        if not arrived and loads[stored.first_load] <= since:
            before.add(subject.id)
        if stored.withdrawn_load is None:
            after.add(subject.id)
        if arrived == left:
            continue  # it stayed, or came and went again in between
        (came if arrived else went)[subject.id].append(stored)
        changed[subject.id] = Entity(subject.id, subject.kind, subject.name)
    answers = []
    for ident, thing in changed.items():
        how = "changed"
        if ident not in before:
            how = "new"
        elif ident not in after:
            how = "gone"
        counts = {"said": len(came[ident]), "withdrawn": len(went[ident])}
        lines = evidence_of((*came[ident], *went[ident]))
        answers.append(
            Answer(
                ident,
                thing.kind,
                thing.name,
                how,
                {k: n for k, n in counts.items() if n},
                lines,
            )
        )
    order = {"new": 0, "changed": 1, "gone": 2}
    answers.sort(key=lambda a: (order[a.how], str(a.kind), a.name.casefold(), a.id))
    told = f"what sources say{f' of {of.name}' if of else ''} differently since {since:%Y-%m-%d}"
    span = f" until {until:%Y-%m-%d}" if until else ""
    return Answers(question, told + span, tuple(answers))
