"""The whole graph as JSON lines: claims, properties and entities, sorted and without load times."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from kg.ids import year_of_arxiv_id
from kg.model import IDENTIFIERS, JsonValue, Property, Relation
from kg.shown import most_supported
from kg.store import End, Store, StoredClaim

if TYPE_CHECKING:
    from queries.narrow import Sieve

_RELATIONS = tuple(str(r) for r in Relation)
PROPERTIES = tuple(str(p) for p in Property)
"""What `iter_claims` is given to read what describes things."""
_NOT_SHOWN = frozenset({*map(str, IDENTIFIERS), "alias", "label", "link", "bibtex", "abstract"})


def iter_claim_records(store: Store, sieve: Sieve | None = None) -> Iterator[dict[str, JsonValue]]:
    """Yield every current relation claim in the form of ``kg export claims``.

    Of a part of the graph, those whose subject is in it, whatever their object is.
    """
    for claim in store.iter_claims(predicates=_RELATIONS):
        if sieve is None or sieve.keeps_said(claim):
            yield claim_record(claim)


def claim_record(stored: StoredClaim) -> dict[str, JsonValue]:
    """Write one relation claim as exported: ends, attributes, stance, and where it is said."""
    claim = stored.claim
    return {
        "subject": _end(stored.subject),
        "relation": str(claim.predicate),
        "object": _end(stored.object)
        if stored.object
        else {"id": None, "kind": None, "name": None, "as_written": None},
        "attributes": {**claim.qualifiers, **claim.values},
        **_provenance(stored),
    }


def iter_property_records(
    store: Store, sieve: Sieve | None = None
) -> Iterator[dict[str, JsonValue]]:
    """Yield every current property claim in the form of ``kg export properties``."""
    for stored in store.iter_claims(predicates=PROPERTIES):
        if sieve is None or sieve.keeps_said(stored):
            yield property_record(stored)


def property_record(stored: StoredClaim) -> dict[str, JsonValue]:
    """Write one property claim as exported: what it is of, value, and where it is said."""
    claim = stored.claim
    values = dict(claim.values)
    text = values.pop("text")
    return {
        "subject": _end(stored.subject),
        "property": str(claim.predicate),
        "value": text,
        "unit": values.pop("unit", None),
        "precision": values.pop("precision", None),
        "attributes": {**claim.qualifiers, **values},
        **_provenance(stored),
    }


def _end(end: End) -> dict[str, JsonValue]:
    return {"id": end.id, "kind": str(end.kind), "name": end.name, "as_written": end.as_written}


def _provenance(stored: StoredClaim) -> dict[str, JsonValue]:
    claim = stored.claim
    return {
        "stance": str(claim.stance),
        "confidence": claim.confidence,
        "source": stored.source,
        "line": claim.line,
        "quote": claim.quote,
        "extractor": claim.extractor,
    }


def iter_entity_records(
    store: Store, sieve: Sieve | None = None, *, with_objects: bool = False
) -> Iterator[dict[str, JsonValue]]:
    """Yield every current entity in the form of ``kg export entities``.

    Of a part of the graph, the things in it, and `with_objects` also what is said of them there;
    narrowed to sources or a confidence, those that such a claim names, described by such claims.

    Where sources give different values, the one shown is the one that most sources give, then
    the one with the higher confidence, then the first in order; all are in the properties.
    """
    values: dict[str, dict[str, list[StoredClaim]]] = defaultdict(lambda: defaultdict(list))
    described: set[str] = set()
    named: set[str] = set()
    objects: set[str] = set()
    for stored in store.iter_claims(predicates=PROPERTIES):
        described.add(stored.subject.id)
        if sieve is None or sieve.keeps_claim(stored):
            values[stored.subject.id][str(stored.claim.predicate)].append(stored)
            named.add(stored.subject.id)
    active: set[str] = set()
    for stored in store.iter_claims(predicates=_RELATIONS):
        active.add(stored.subject.id)
        if sieve is not None and sieve.keeps_claim(stored):
            ends = [end.id for end in (stored.subject, stored.object) if end is not None]
            named.update(ends)
            if with_objects and sieve.keeps_entity(stored.subject):
                objects.update(ends)
    identifiers = store.identifiers()
    for entity in store.iter_entities():
        if sieve is not None and entity.id not in objects:
            if sieve.filters_claims and entity.id not in named:
                continue
            if not sieve.keeps_entity(entity):
                continue
        own = values.get(entity.id, {})
        links: dict[str, list[str]] = defaultdict(list)
        for stored in own.get("link", ()):
            rel, url = (
                str(stored.claim.qualifiers.get("rel", "other")),
                str(stored.claim.values["text"]),
            )
            if url not in links[rel]:
                links[rel].append(url)
        found = dict(identifiers.get(entity.id, {}))
        properties = shown_values(own)
        year = year_of_arxiv_id(found["arxiv"]) if "arxiv" in found else None
        if year:
            properties.setdefault("year", str(year))
        yield {
            "id": entity.id,
            "kind": str(entity.kind),
            "name": entity.name,
            "aliases": list(entity.aliases),
            "identifiers": dict(sorted(found.items())),
            "links": {k: list[JsonValue](sorted(v)) for k, v in sorted(links.items())},
            "properties": properties,
            "stub": entity.id not in described and entity.id not in active,
        }


def shown_values(said: Mapping[str, list[StoredClaim]]) -> dict[str, JsonValue]:
    """Choose the value to show of each property of a thing; identifiers and links are told apart."""
    return {n: shown_value(claims) for n, claims in sorted(said.items()) if n not in _NOT_SHOWN}


def shown_value(claims: list[StoredClaim]) -> JsonValue:
    """Choose the value to show among what sources say: most sources, then confidence, then order."""
    return most_supported(
        (str(c.claim.values["text"]), c.source, c.claim.confidence) for c in claims
    )


def to_json_line(record: dict[str, JsonValue]) -> str:
    """Write a record as one line of JSON that any parser reads back."""
    return json.dumps(record, ensure_ascii=False, sort_keys=False)
