"""What comes from what: the parts of models and datasets, up and down, each with its path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kg.model import Kind, Relation, Role, Stance
from kg.names import fold
from kg.store import End, Entity, Store, StoredClaim
from queries.answers import Answer, Coverage, claims_at, evidence_of, grouped, merged_attributes

DEEPEST = 8
"""Steps after which a lineage is not followed any further."""
DERIVED_ROLES = (Role.SOURCE, Role.FILTERED, Role.ANNOTATED)
"""Roles by which one dataset is made out of another."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing reached along a lineage."""

    end: End
    path: tuple[str, ...]
    """Names from the first thing to this one."""
    claims: tuple[StoredClaim, ...]
    """The claims of the last step."""


def coverage_of_origins(store: Store) -> Coverage:
    """Count the models and datasets that are said to come from something, of all of them."""
    return Coverage(
        store.count_subjects(Relation.DERIVED_FROM),
        store.count_entities(Kind.MODEL) + store.count_entities(Kind.DATASET),
        "things with a recorded origin",
        "models and datasets",
    )


def follow(
    store: Store,
    start: Sequence[str],
    *,
    up: bool,
    roles: Iterable[Role] = (),
    kind: Kind | None = None,
    depth: int = DEEPEST,
) -> list[Step]:
    """Follow DERIVED_FROM from things up to their origins, or down to what came from them.

    Parameters
    ----------
    store : where to look
    start : ids of the things to begin with
    up : to origins (True) or to descendants
    roles : follow only these; all without any
    kind : keep only things of this kind, and go on through those alone
    depth : steps at most

    Returns
    -------
    list of Step
        Nearest first, every thing once, by its shortest path.
    """
    wanted = {str(r) for r in roles}
    paths: dict[str, tuple[str, ...]] = dict.fromkeys(start, ())
    seen = set(start)
    found: list[Step] = []
    for _ in range(depth):
        claims = claims_at(store, paths, Relation.DERIVED_FROM, as_subject=up)
        if not found:
            # An id of the past leads to the thing of today, which is no step from itself.
            paths.update((ident, ()) for ident in claims if ident not in paths)
            seen |= set(claims)
        layer: dict[str, tuple[End, tuple[str, ...], list[StoredClaim]]] = {}
        for thing, path in paths.items():
            for stored in claims.get(thing, ()):
                here, end = (
                    (stored.subject, stored.object) if up else (stored.object, stored.subject)
                )
                if here is None or end is None or stored.claim.stance is not Stance.STATES:
                    continue
                if wanted and str(stored.claim.qualifiers.get("role")) not in wanted:
                    continue
                if (kind is not None and end.kind is not kind) or end.id in seen:
                    continue
                way = (*(path or (here.name,)), end.name)
                layer.setdefault(end.id, (end, way, []))[2].append(stored)
        seen |= set(layer)
        found += [Step(end, path, tuple(claims)) for end, path, claims in layer.values()]
        paths = {end.id: path for end, path, _ in layer.values()}
        if not paths:
            break
    return found


def answers_of(steps: Iterable[Step], *, verb: str) -> tuple[Answer, ...]:
    """Write lineage steps as answers: 'direct', or the path by which they are reached."""
    return tuple(
        Answer(
            s.end.id,
            s.end.kind,
            s.end.name,
            "direct" if len(s.path) == 2 else f"{verb} {' → '.join(s.path[1:-1])}",
            merged_attributes(s.claims),
            evidence_of(s.claims),
        )
        for s in steps
    )


def family_of(store: Store, head: Entity) -> list[Entity]:
    """Return the members of a family: what lists say so, and names that go on from its name.

    GPT-4V and GPT-4o belong to GPT-4; LLaVA-1.5 belongs to LLaVA; GPT-40 does not.
    """
    own = fold(head.name)
    members = {head.id: head}
    for step in follow(store, [head.id], up=False, roles=(Role.FAMILY, Role.VERSION), depth=3):
        for entity in store.find_entities(step.end.id):
            members.setdefault(entity.id, entity)
    for name in store.iter_names(head.kind):
        rest = name.folded.removeprefix(own)
        is_number = own[-1].isdigit() and rest[:1].isdigit()
        if rest and rest != name.folded and not is_number and name.entity not in members:
            members.update((e.id, e) for e in store.find_entities(name.entity))
    return list(members.values())


def things_by_role(
    store: Store, thing: Entity, role: Role | None, *, users: bool
) -> tuple[Answer, ...]:
    """Find what a model is made of, or which models are made with it, by role where one is asked.

    Versions and members of the family of an asked component count with their path.
    """
    found: list[StoredClaim] = []
    path: dict[str, str] = {}
    heads = family_of(store, thing) if users else [thing]
    claims = claims_at(store, [h.id for h in heads], Relation.DERIVED_FROM, as_subject=not users)
    for head in heads:
        for stored in claims.get(head.id, ()):
            end = stored.subject if users else stored.object
            if end is None or end.kind is not Kind.MODEL:
                continue
            if role is not None and stored.claim.qualifiers.get("role") != str(role):
                continue
            found.append(stored)
            path.setdefault(end.id, "direct" if head.id == thing.id else f"through {head.name}")
    answers = [replace(a, how=path[a.id]) for a in grouped(found, by_subject=users)]
    return tuple(sorted(answers, key=lambda a: a.how != "direct"))  # else as grouped: by name
