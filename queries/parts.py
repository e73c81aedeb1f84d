"""Which things a part of the graph is made of: named ones, and the answers of a question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.store import Store
from queries.answers import get_entity
from queries.ask import ask


@dataclass(frozen=True, slots=True)
class Chosen:
    """The things that were chosen, for `queries.narrow.Narrow.on`."""

    ids: frozenset[str]
    remark: str
    """What the reader must know: a name of several kinds, a question without an answer."""


def choose(store: Store, names: Iterable[str] = (), question: str = "") -> Chosen:
    """Choose things by name or id, and by a question of ``kg ask``: what answers it directly.

    Raises
    ------
    NotFoundError
        If nothing has one of the names, or the question is about an unknown one.
    InputError
        If the question cannot be read.
    """
    found: set[str] = set()
    remarks = []
    for name in names:
        entity, remark = get_entity(store, name)
        found.add(entity.id)
        remarks.append(remark)
    if question:
        answers = ask(store, question)
        found.update(answer.id for answer in answers.answers)
        remarks.append(answers.remark if answers.answers else "nothing answers the question")
    return Chosen(frozenset(found), "; ".join(filter(None, remarks)))
