"""Who trained on what: models using a dataset, datasets a model was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from kg.model import Kind, Relation, Role, Stage, Stance
from kg.store import Entity, Store, StoredClaim
from queries.answers import (
    Answer,
    Answers,
    Coverage,
    Evidence,
    Later,
    claims_at,
    evidence_of,
    get_entity,
    grouped,
)
from queries.lineage import family_of, follow


def find_models_using(
    store: Store,
    *datasets: str | Entity,
    without: Sequence[str | Entity] = (),
    relation: Relation = Relation.TRAINED_ON,
    question: str = "",
) -> Answers:
    """Find the models that sources say were trained on a dataset, with stage and amount.

    Parameters
    ----------
    store : where to look
    datasets : names or things; several are taken as spellings of one
    without : models that were trained on one of these are left out
    relation : TRAINED_ON, or EVALUATED_ON for models tested on it
    question : the words of the question, for the answer

    Returns
    -------
    Answers
        Models that use it as it is; those that use a mixture, a part or data made of it stand in
        `indirect` with their path.

    Raises
    ------
    NotFoundError
        If no dataset of a name is known; it carries the nearest names.
    """
    wanted, remarks = _things(store, datasets, Kind.DATASET)
    excluded, _ = _things(store, without, Kind.DATASET)
    barred = {c.subject.id for c in _stated(store, relation, excluded)}
    claims = [c for c in _stated(store, relation, wanted) if c.subject.id not in barred]
    answers = grouped(claims, by_subject=True)
    understood = f"models {relation} {' = '.join(e.name for e in wanted)}" + (
        f" and not {', '.join(e.name for e in excluded)}" if excluded else ""
    )
    known = barred | {a.id for a in answers}
    indirect = Later(
        lambda: (a for a in _indirect_users(store, wanted, relation) if a.id not in known)
    )
    return Answers(question, understood, answers, coverage_of(store, relation), remarks, indirect)


def _things(store: Store, names: Sequence[str | Entity], kind: Kind) -> tuple[list[Entity], str]:
    found: dict[str, Entity] = {}
    remarks = []
    for name in names:
        entity, remark = (name, "") if isinstance(name, Entity) else get_entity(store, name, kind)
        found[entity.id] = entity
        remarks += [remark] if remark else []
    return list(found.values()), "; ".join(remarks)


def _stated(store: Store, relation: Relation, datasets: Iterable[Entity]) -> list[StoredClaim]:
    ids = [d.id for d in datasets]
    claims = claims_at(store, ids, relation, as_subject=False)
    return [c for i in ids for c in claims.get(i, ()) if c.claim.stance is Stance.STATES]


_DEEPEST_USE = 4
"""Datasets between a model and what it uses; farther uses are asked for as lineage."""
_THROUGH: Mapping[str, str] = MappingProxyType(
    {
        Role.PART: "through the mixture",
        Role.SUBSET: "in part, through",
        Role.VERSION: "through the version",
        Role.FAMILY: "through its member",
        Role.SOURCE: "through data made of it:",
        Role.FILTERED: "through data filtered from it:",
        Role.ANNOTATED: "through data annotated from it:",
    }
)
"""Role by which one dataset derives from another -> how a model then uses the other."""


def _indirect_users(
    store: Store, datasets: Sequence[Entity], relation: Relation
) -> Iterator[Answer]:
    """Models that use a dataset through another one, nearest first, each once."""
    seen: set[str] = set()
    start = [d.id for d in datasets]
    steps = follow(store, start, up=False, kind=Kind.DATASET, depth=_DEEPEST_USE)
    used = claims_at(store, [s.end.id for s in steps], relation, as_subject=False)
    for step in steps:
        role = str(step.claims[0].claim.qualifiers.get("role", ""))
        how = f"{_THROUGH.get(role, 'through')} {' → '.join(step.path[1:])}"
        claims = [c for c in used.get(step.end.id, ()) if c.claim.stance is Stance.STATES]
        lines = tuple(Evidence.of(c) for c in step.claims)
        for answer in grouped(claims, by_subject=True):
            if answer.id not in seen:
                seen.add(answer.id)
                evidence = (*answer.evidence, *lines)
                yield Answer(answer.id, answer.kind, answer.name, how, answer.attributes, evidence)


def add_heirs(store: Store, found: Answers) -> Answers:
    """Add the models made with those that use a dataset: they inherit what went into these.

    They stand in `indirect`, each with the way from a user to it.
    """

    def heirs() -> Iterator[Answer]:
        users = {a.id: a for a in (*found.answers, *found.indirect)}
        for step in follow(store, list(users), up=False, kind=Kind.MODEL):
            way = " → ".join(step.path[:-1])
            lines = evidence_of(step.claims)
            yield Answer(
                step.end.id, step.end.kind, step.end.name, f"inherited from {way}", {}, lines
            )

    understood = f"{found.understood}, inherited uses too"
    indirect = Later(lambda: (*found.indirect, *heirs()))
    return replace(found, understood=understood, indirect=indirect)


def add_inherited_data(store: Store, found: Answers, model: Entity) -> Answers:
    """Add what the models were trained on that a model is made with, each with its way."""

    def inherited() -> Iterator[Answer]:
        steps = follow(store, [model.id], up=True, kind=Kind.MODEL)
        used = claims_at(store, [s.end.id for s in steps], Relation.TRAINED_ON, as_subject=True)
        seen = {a.id for a in found.answers}
        for step in steps:
            claims = [c for c in used.get(step.end.id, ()) if c.claim.stance is Stance.STATES]
            lines = evidence_of(step.claims)
            how = f"inherited from {' → '.join(reversed(step.path[1:]))}"
            for answer in grouped(claims, by_subject=False):
                if answer.id not in seen:
                    seen.add(answer.id)
                    yield replace(answer, how=how, evidence=(*answer.evidence, *lines))

    understood = f"{found.understood}, what its parts were trained on too"
    return replace(found, understood=understood, indirect=Later(inherited))


def find_models_using_data_from(store: Store, dataset: Entity, *, question: str = "") -> Answers:
    """Find the models trained on data that were made out of a dataset, or on it itself."""
    direct = find_models_using(store, dataset, question=question)
    found = (*direct.answers, *direct.indirect)
    return replace(
        direct,
        understood=f"models TRAINED_ON data from {dataset.name}",
        answers=found,
        indirect=(),
    )


def find_shared_data(store: Store, a: Entity, b: Entity, *, question: str = "") -> Answers:
    """Find the datasets that two models were both trained on, with the lines of both."""
    sides = [
        {x.id: x for x in find_training_data(store, m, question=question).answers} for m in (a, b)
    ]
    shared = tuple(
        replace(x, attributes={}, evidence=(*x.evidence, *sides[1][ident].evidence))
        for ident, x in sides[0].items()
        if ident in sides[1]
    )
    understood = f"datasets that {a.name} and {b.name} were both TRAINED_ON"
    return Answers(question, understood, shared, coverage_of(store, Relation.TRAINED_ON))


def _at_stage(store: Store, stage: Stage) -> list[StoredClaim]:
    return [
        c
        for c in store.iter_claims(predicates=[Relation.TRAINED_ON])
        if c.claim.stance is Stance.STATES and c.claim.qualifiers.get("stage") == str(stage)
    ]


def find_models_by_stage(store: Store, stage: Stage, *, question: str = "") -> Answers:
    """Find the models with a recorded dataset for a stage of training."""
    answers = grouped(_at_stage(store, stage), by_subject=True)
    understood = f"models TRAINED_ON anything at stage {stage}"
    return Answers(question, understood, answers, coverage_of(store, Relation.TRAINED_ON))


def find_overlap(store: Store, model: Entity, *, question: str = "") -> Answers:
    """Find benchmarks that a model is evaluated on and that its training data meet.

    A benchmark counts when it is in the training data itself, or when data of it went into them.
    """
    trained = {a.id: a for a in find_training_data(store, model).answers}
    tested = store.iter_claims(subject=model.id, predicates=[Relation.EVALUATED_ON])
    found = []
    for answer in grouped([c for c in tested if c.claim.stance is Stance.STATES], by_subject=False):
        meets = {answer.id} & set(trained)
        path = "trained on it"
        for step in follow(store, [answer.id], up=False, kind=Kind.DATASET):
            if step.end.id in trained and not meets:
                meets, path = {step.end.id}, f"trained on {' → '.join(step.path[1:])}"
        for ident in sorted(meets):
            evidence = (*answer.evidence, *trained[ident].evidence)
            found.append(replace(answer, how=path, evidence=evidence))
    understood = f"benchmarks {model.name} is EVALUATED_ON that its training data meet"
    return Answers(question, understood, tuple(found), coverage_of(store, Relation.EVALUATED_ON))


def find_training_data(
    store: Store,
    model: str | Entity,
    *,
    relation: Relation = Relation.TRAINED_ON,
    stage: Stage | None = None,
    question: str = "",
) -> Answers:
    """Find the datasets that sources say a model was trained (or evaluated) on, or at one stage.

    'Not disclosed' and 'none' are told in the remark, apart from nothing being recorded; so are
    variants of the model of which something is.

    Raises
    ------
    NotFoundError
        If no model of that name is known; it carries the nearest names.
    """
    (entity,), remark = _things(store, [model], Kind.MODEL)
    claims = [
        c
        for c in store.iter_claims(subject=entity.id, predicates=[relation])
        if stage is None or c.claim.qualifiers.get("stage") == str(stage)
    ]
    stated = [c for c in claims if c.claim.stance is Stance.STATES]
    notes = [remark] if remark else []
    what = "training data" if relation is Relation.TRAINED_ON else "evaluations"
    for stance, said in (
        (Stance.UNDISCLOSED, f"a source says that {what} are not disclosed"),
        (Stance.DENIES, "a source says that there are none"),
    ):
        stages = {_told_stage(c) for c in claims if c.claim.stance is stance}
        notes += [f"{said}{told}" for told in sorted(stages)]
    if not claims:
        notes += _recorded_variants(store, entity, relation)
    at = f" at stage {stage}" if stage else ""
    understood = f"datasets {entity.name} was {relation}{at}"
    answers = grouped(stated, by_subject=False)
    coverage = coverage_of(store, relation)
    return Answers(question, understood, answers, coverage, "; ".join(notes))


def _told_stage(stored: StoredClaim) -> str:
    """Say at which stage a source takes back or keeps silent, where it names one."""
    stage = stored.claim.qualifiers.get("stage", Stage.UNKNOWN)
    return "" if stage == Stage.UNKNOWN else f" at stage {stage}"


def _recorded_variants(store: Store, model: Entity, relation: Relation) -> list[str]:
    """Name the variants of a model of which something is recorded: Apollo-7B for Apollo."""
    variants = {e.id: e.name for e in family_of(store, model) if e.id != model.id}
    said = claims_at(store, list(variants), relation, as_subject=True)
    names = sorted(variants[ident] for ident in said if ident in variants)
    return [f"recorded of its variants: {', '.join(names)}"] if names else []


def find_use(store: Store, model: Entity, dataset: Entity, *, question: str = "") -> Answers:
    """Find what sources say of one model being trained on one dataset, or on data from it.

    A source that denies it is told in the remark.
    """
    found = find_models_using(store, dataset, question=question)
    direct = tuple(a for a in found.answers if a.id == model.id)
    through = () if direct else tuple(a for a in found.indirect if a.id == model.id)
    denials = [
        Evidence.of(c)
        for c in store.iter_claims(subject=model.id, predicates=[Relation.TRAINED_ON])
        if c.claim.stance is Stance.DENIES and c.object is not None and c.object.id == dataset.id
    ]
    remark = "; ".join(f"denied at {e.source.rpartition('/')[2]}:{e.line}" for e in denials)
    understood = f"whether {model.name} was TRAINED_ON {dataset.name}"
    return replace(found, understood=understood, answers=direct, indirect=through, remark=remark)


def find_data_by_stage(store: Store, stage: Stage, *, question: str = "") -> Answers:
    """Find the datasets that models are recorded to have been trained on at a stage."""
    answers = grouped(_at_stage(store, stage), by_subject=False)
    understood = f"datasets that models were TRAINED_ON at stage {stage}"
    return Answers(question, understood, answers, coverage_of(store, Relation.TRAINED_ON))


def coverage_of(store: Store, relation: Relation) -> Coverage:
    """Count the models with anything recorded for a relation, of all models."""
    what = {
        Relation.TRAINED_ON: "models with recorded training data",
        Relation.EVALUATED_ON: "models with a recorded evaluation",
    }.get(relation, f"models with a recorded {relation}")
    return Coverage(store.count_subjects(relation), store.count_entities(Kind.MODEL), what)
