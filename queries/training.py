"""Who trained on what: models using a dataset, datasets a model was trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kg.model import JsonValue, Kind, Relation, Stance
from kg.store import Store, StoredClaim
from queries.answers import Answer, Answers, Coverage, Evidence, get_entity


def find_models_using(store: Store, dataset: str, *, question: str = "") -> Answers:
    """Find the models that sources say were trained on a dataset, with stage and amount.

    Raises
    ------
    NotFoundError
        If no dataset of that name is known; it carries the nearest names.
    """
    entity, remark = get_entity(store, dataset, Kind.DATASET)
    claims = [
        c
        for c in store.iter_claims(object=entity.id, predicates=[Relation.TRAINED_ON])
        if c.claim.stance is Stance.STATES
    ]
    answers = _grouped(claims, by_subject=True)
    understood = f"models TRAINED_ON {entity.name}"
    return Answers(question, understood, answers, training_coverage(store), remark)


def find_training_data(store: Store, model: str, *, question: str = "") -> Answers:
    """Find the datasets that sources say a model was trained on.

    'Not disclosed' and 'none' are told in the remark, apart from nothing being recorded.

    Raises
    ------
    NotFoundError
        If no model of that name is known; it carries the nearest names.
    """
    entity, remark = get_entity(store, model, Kind.MODEL)
    claims = list(store.iter_claims(subject=entity.id, predicates=[Relation.TRAINED_ON]))
    stated = [c for c in claims if c.claim.stance is Stance.STATES]
    notes = [remark] if remark else []
    if any(c.claim.stance is Stance.UNDISCLOSED for c in claims):
        notes.append("a source says that training data are not disclosed")
    if any(c.claim.stance is Stance.DENIES for c in claims):
        notes.append("a source says that there are none")
    understood = f"datasets {entity.name} was TRAINED_ON"
    return Answers(
        question,
        understood,
        _grouped(stated, by_subject=False),
        training_coverage(store),
        "; ".join(notes),
    )


def training_coverage(store: Store) -> Coverage:
    """Count the models with any recorded training data, of all models."""
    with_record = store.count_subjects(Relation.TRAINED_ON)
    return Coverage(
        with_record, store.counts().get(Kind.MODEL, 0), "models with recorded training data"
    )


def _grouped(claims: Iterable[StoredClaim], *, by_subject: bool) -> tuple[Answer, ...]:
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
