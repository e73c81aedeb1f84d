"""The graph, or a part of it, as a networkx graph for analysis."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from kg.errors import InputError, SetupError
from kg.model import JsonValue, Relation, Stance
from kg.store import End, Entity, Store, StoredClaim
from queries.answers import get_entity
from queries.export import PROPERTIES, shown_values
from queries.narrow import Narrow, Sieve

if TYPE_CHECKING:
    import networkx

    Network: TypeAlias = "networkx.MultiDiGraph[str]"

_RELATIONS = tuple(str(r) for r in Relation)


def to_networkx(
    store: Store,
    narrow: Narrow | None = None,
    around: str | None = None,
    depth: int = 1,
    *,
    things: Iterable[str] | None = None,
) -> Network:
    """Build a MultiDiGraph of the graph, a part of it, or what is around one thing.

    A part is what `queries.narrow` says, and what ``kg export`` writes of it.

    Nodes are ids with `kind`, `name`, `properties` and `inside`: whether the thing itself is in
    the part, and not only named by a claim about one that is. An edge is a link: all claims of one
    subject, relation, object and qualifiers. Its key is 'RELATION' or 'RELATION stage=sft'; it
    has `relation`, the qualifiers (`stage`, `role`, ...), the values (`amount`, ...; a list where
    claims differ), and `claims`, each with source, line, quote and confidence. What a source
    denies or does not disclose is no edge.

    Parameters
    ----------
    store : where to read
    narrow : which claims and things; the whole graph when not given
    around : a name or id; only what is reached from it is read then, in either direction
    depth : over how many links at most around it
    things : names or ids that make the part; only what is said of and with them is read then

    Raises
    ------
    SetupError
        If networkx is not installed.
    NotFoundError
        If nothing is called `around` or one of `things`, or a topic or source to narrow by is
        unknown.
    InputError
        If `depth` is negative, a date to narrow by is none, or both `around` and `things` are given.

    Notes
    -----
    The whole graph of a large store does not fit: a million links take some gigabytes.
    """
    try:
        import networkx
    except ImportError as error:
        raise SetupError(
            "networkx is not installed; pip install 'research-kg[analysis]' brings it"
        ) from error
    if depth < 0:
        raise InputError(f"a depth is 0 or more, not {depth}")
    if around is not None and things is not None:
        raise InputError("'around' and 'things' choose different parts; give one of them")
    graph: Network = networkx.MultiDiGraph()
    whole = around is None and things is None
    chosen = None if things is None else {get_entity(store, name)[0].id for name in things}
    sieve = (narrow or Narrow()).on(store, whole=whole, chosen=chosen)
    if around is not None:
        found = _neighbourhood(store, sieve, graph, around, depth)
    elif chosen is not None:
        found = _chosen(store, sieve, graph)
    else:
        found = _whole(store, sieve, graph)
    links: dict[tuple[str, str, str], list[StoredClaim]] = defaultdict(list)
    for stored in found:
        if stored.object is not None:
            for end in (stored.subject, stored.object):
                if end.id not in graph:
                    _add_node(graph, end, sieve)
            links[stored.subject.id, stored.object.id, _link_key(stored)].append(stored)
    for (subject, target, key), claims in sorted(links.items()):
        graph.add_edge(subject, target, key=key, **_attributes(claims))
    _describe(store, sieve, graph, whole=whole)
    return graph


def _whole(store: Store, sieve: Sieve, graph: Network) -> Iterator[StoredClaim]:
    """Add the things that are in; yield what is said of them."""
    if not sieve.filters_claims:
        for entity in store.iter_entities():
            if sieve.keeps_entity(entity):
                _add_node(graph, entity, sieve)
    for stored in store.iter_claims(predicates=_RELATIONS):
        if _is_edge(stored) and sieve.keeps_said(stored):
            yield stored


def _chosen(store: Store, sieve: Sieve, graph: Network) -> Iterator[StoredClaim]:
    """Add the chosen things; yield what is said of them and of others with them, each once."""
    things = sieve.chosen or frozenset()
    for ident in sorted(things):
        for entity in store.find_entities(ident):
            if sieve.keeps_entity(entity) and not sieve.filters_claims:
                _add_node(graph, entity, sieve)
    for ident in sorted(things):
        for stored in _claims_at(store, ident):
            is_read = stored.subject.id != ident and stored.subject.id in things
            if not is_read and sieve.keeps_said(stored):
                yield stored


def _neighbourhood(
    store: Store, sieve: Sieve, graph: Network, around: str, depth: int
) -> Iterator[StoredClaim]:
    """Add one thing; yield the claims that lead from it, and from what they lead to, and so on.

    The way goes on only through things that are in. Last come the claims between things at the
    rim, read from their subjects alone, for a dataset at the rim may have very many users.
    """
    start, _ = get_entity(store, around)
    _add_node(graph, start, sieve)
    seen, rim = {start.id}, {start.id}
    inner: set[str] = set()
    for _ in range(depth):
        reached: set[str] = set()
        for entity in sorted(rim):
            for stored in _claims_at(store, entity):
                other = _other_end(stored, entity)
                if other is None or not sieve.keeps_claim(stored) or not sieve.keeps_entity(other):
                    continue
                # What led here is known, and of two things at the rim the subject tells.
                if other.id in inner or (other.id in rim and stored.subject.id != entity):
                    continue
                if other.id not in seen:
                    reached.add(other.id)
                yield stored
        seen |= reached
        inner |= rim
        rim = reached
    for entity in sorted(rim):
        for stored in store.iter_claims(subject=entity, predicates=_RELATIONS):
            is_at_rim = stored.object is not None and stored.object.id in rim
            if is_at_rim and _is_edge(stored) and sieve.keeps_claim(stored):
                yield stored


def _claims_at(store: Store, entity: str) -> Iterator[StoredClaim]:
    for stored in store.iter_claims(subject=entity, predicates=_RELATIONS):
        if _is_edge(stored):
            yield stored
    for stored in store.iter_claims(object=entity, predicates=_RELATIONS):
        if _is_edge(stored) and stored.subject.id != entity:
            yield stored


def _other_end(stored: StoredClaim, entity: str) -> End | None:
    return stored.subject if stored.subject.id != entity else stored.object


def _is_edge(stored: StoredClaim) -> bool:
    return stored.object is not None and stored.claim.stance is Stance.STATES


def _add_node(graph: Network, thing: Entity | End, sieve: Sieve) -> None:
    graph.add_node(
        thing.id,
        kind=str(thing.kind),
        name=thing.name,
        inside=sieve.keeps_entity(thing),
        properties={},
    )


def _link_key(stored: StoredClaim) -> str:
    said = [f"{name}={value}" for name, value in sorted(stored.claim.qualifiers.items())]
    return " ".join([str(stored.claim.predicate), *said])


def _attributes(claims: list[StoredClaim]) -> dict[str, Any]:
    """Write what all claims of a link say together."""
    first = claims[0].claim
    values: dict[str, dict[str, JsonValue]] = defaultdict(dict)
    for stored in claims:
        for name, value in stored.claim.values.items():
            values[name].setdefault(json.dumps(value, sort_keys=True), value)
    return {
        "relation": str(first.predicate),
        **first.qualifiers,
        **{
            name: next(iter(found.values())) if len(found) == 1 else list(found.values())
            for name, found in sorted(values.items())
        },
        "claims": [
            {
                "source": c.source,
                "line": c.claim.line,
                "quote": c.claim.quote,
                "confidence": c.claim.confidence,
            }
            for c in claims
        ],
    }


def _describe(store: Store, sieve: Sieve, graph: Network, *, whole: bool) -> None:
    """Give every node the properties to show; add things that nothing else is said of."""
    things = [*graph, *sorted((sieve.chosen or frozenset()) - set(graph))]
    claims = (
        store.iter_claims(predicates=PROPERTIES)
        if whole
        else (c for n in things for c in store.iter_claims(subject=n, predicates=PROPERTIES))
    )
    found: dict[str, dict[str, list[StoredClaim]]] = defaultdict(lambda: defaultdict(list))
    for stored in claims:
        entity = stored.subject
        if not sieve.keeps_claim(stored):
            continue
        if entity.id not in graph:
            if not sieve.keeps_entity(entity):
                continue
            _add_node(graph, entity, sieve)
        found[entity.id][str(stored.claim.predicate)].append(stored)
    for entity_id, said in found.items():
        graph.nodes[entity_id]["properties"] = shown_values(said)
