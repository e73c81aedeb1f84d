"""What things and links are called and said to be, all sources together.

A store with a front (`Rows.has_front`) holds that too, for people who look into its database; it is
derived here, around what a change touched, in the transaction of the change.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from kg.engine.rows import ClaimView, LinkRow, NameRow, PropertyValue, ThingRow
from kg.engine.sameness import Sameness, display_order, support_of
from kg.identity import Key, NameNode, chosen_identifiers, folded_name
from kg.ids import year_of_arxiv_id
from kg.model import IDENTIFIERS, JsonValue, Kind, Property, Relation, Stance
from kg.shown import most_supported
from kg.store import Entity

_AT_A_TIME = 4000
"""Things that are worked on together."""
_RELATIONS = frozenset(map(str, Relation))
_TOLD_APART = frozenset({*map(str, IDENTIFIERS), "alias", "label", "link", "bibtex", "abstract"})
"""Properties that a shown thing has otherwise, or not: long texts are in the claims."""
_LONGEST_INT = 2**63

_Said: TypeAlias = list[tuple[str, object, float]]
"""What `most_supported` chooses from."""


class Front(Sameness):
    """Things as they are shown, and a store's front of them."""

    def _entities(self, ids: Iterable[int]) -> list[Entity]:
        """Build entities, sorted by number, each with the spellings of current claims."""
        result: list[Entity] = []
        numbers = iter(sorted(set(ids)))
        while piece := list(islice(numbers, _AT_A_TIME)):
            members: dict[int, list[int]] = defaultdict(list)
            own: dict[int, NameRow] = {}
            for name in self._rows.members(piece):
                if name.text:
                    members[name.entity].append(name.id)
                    if name.id == name.entity:
                        own[name.id] = name
            spellings = self._spellings([n for m in members.values() for n in m])
            of_entity: dict[int, Counter[str]] = defaultdict(Counter)
            for entity, nodes in members.items():
                for node in nodes:
                    of_entity[entity].update(spellings.get(node) or {})
            self._drop_foreign_aliases(piece, of_entity)
            for entity in piece:
                if entity in own:
                    kind, counted = Kind(own[entity].kind), of_entity[entity]
                    names = sorted(counted, key=_shown_first(kind, counted))
                    if names:
                        shown, *aliases = names
                        result.append(Entity(own[entity].ident, kind, shown, tuple(aliases)))
        return result

    def _drop_foreign_aliases(
        self, entities: Collection[int], spelled: Mapping[int, Counter[str]]
    ) -> None:
        """Leave out a stated alias that is the name of another thing: the two were kept apart."""
        for entity, alias in self._rows.taken_aliases(entities):
            counted = spelled[entity]
            for text in [t for t, n in counted.items() if n == 0 and folded_name(t) == alias]:
                del counted[text]

    def _identifiers(
        self, entities: Collection[int] | None, without: str | None = None
    ) -> Mapping[str, Mapping[str, str]]:
        """For papers, by id, the identifiers that stand for them: scheme -> value."""
        nodes: dict[int, NameNode] = {}
        ident_of: dict[int, str] = {}
        for (
            number,
            text,
            folded,
            ident,
            value,
            extractor,
            source,
            line,
        ) in self._rows.identifiers(entities, without):
            held = nodes.setdefault(number, NameNode(number, Kind.PAPER, folded, text))
            ident_of[number] = ident
            support = support_of(extractor, source, line)
            held.keys.setdefault(Key("identifier", value), []).append(support)
        result: dict[str, dict[str, str]] = defaultdict(dict)
        for node in sorted(nodes.values(), key=lambda n: (n.fold, n.id)):
            for key in chosen_identifiers(node):
                scheme, value = key.value.split(":", 1)
                result[ident_of[node.id]].setdefault(scheme, value)
        return result

    # -- the front ----------------------------------------------------------------------------

    def _settle(self, touched: set[int]) -> Mapping[int, tuple[int, int]]:
        """Work out anew which names are one thing, and how what changed is shown."""
        settled = super()._settle(touched)
        if self._rows.has_front:
            moved = {name for name, (before, now) in settled.items() if before != now}
            self._show({entity for both in settled.values() for entity in both}, moved)
        return settled

    def rebuild_front(self) -> None:
        """Derive the whole front anew from what sources and the user say, in one transaction.

        Nothing changes by it: loads and decisions keep the front true.
        """
        with self._writing():
            if self._rows.has_front:
                self._rows.show_things(None, ())
                self._show(set(self._rows.entities_in_use(None)))

    def _show(self, entities: Collection[int], moved: Collection[int] = ()) -> None:
        """Show some entities as they now are, and the links from them.

        Parameters
        ----------
        moved : names that left an entity for another; links that lead to them are shown anew too
        """
        links: list[LinkRow] = []
        numbers = iter(sorted(entities))
        while piece := list(islice(numbers, _AT_A_TIME)):
            said = self._said_of(piece)
            self._rows.show_things(piece, self._things(piece, said))
            for subject, claims in said.items():
                links += _links(subject, claims)
        others = self._referring(moved).difference(entities)
        for subject, claims in self._said_of(others).items():
            links += _links(subject, claims)
        self._rows.show_links([*entities, *others], links)

    def _show_things(self, entities: Collection[int]) -> None:
        """Show some entities as they are, without their links: for a front made from nothing."""
        self._rows.show_things(entities, self._things(entities, self._said_of(entities)))

    def _show_links(self, subjects: Collection[int]) -> None:
        """Show the links from some entities; all that they lead to is shown."""
        said = self._said_of(subjects)
        links = [link for subject, claims in said.items() for link in _links(subject, claims)]
        self._rows.show_links(subjects, links)

    def _referring(self, names: Collection[int]) -> set[int]:
        """Return the entities of which some claim names one of these as its object."""
        if not names:
            return set()
        owners = {name.entity for name in self._rows.names(names)}
        claims = self._claims(objects=owners)
        return {c.subject_entity for c in claims if c.object in names}

    def _said_of(self, entities: Collection[int]) -> Mapping[int, list[ClaimView]]:
        said: dict[int, list[ClaimView]] = defaultdict(list)
        for claim in self._claims(subjects=entities):
            said[claim.subject_entity].append(claim)
        return said

    def _claims(
        self, *, subjects: Collection[int] | None = None, objects: Collection[int] | None = None
    ) -> Iterable[ClaimView]:
        rows = self._all_claims.find(subjects=subjects, objects=objects)
        return map(ClaimView._make, rows)

    def _things(
        self, entities: Collection[int], said: Mapping[int, Sequence[ClaimView]]
    ) -> list[ThingRow]:
        """Describe those of some entities that are in use."""
        found = self._entities(entities)
        known = self._rows.names_of_idents([e.id for e in found])
        identifiers = self._identifiers([known[e.id].id for e in found if e.kind is Kind.PAPER])
        return [
            ThingRow(
                known[e.id].id,
                str(e.kind),
                _description(e, said.get(known[e.id].id, ()), identifiers.get(e.id, {})),
            )
            for e in found
        ]


def _description(
    entity: Entity, claims: Sequence[ClaimView], identifiers: Mapping[str, str]
) -> dict[str, PropertyValue]:
    """Say what a thing is, as ``kg export entities`` does, in flat properties."""
    said: dict[str, _Said] = defaultdict(list)
    links: set[str] = set()
    for c in claims:
        if c.predicate == Property.LINK:
            links.add(str(json.loads(c.details)["text"]))
        elif c.predicate not in _RELATIONS and c.predicate not in _TOLD_APART:
            text = str(json.loads(c.details)["text"])
            said[c.predicate].append((text, c.source, c.confidence))
    shown: dict[str, PropertyValue] = {
        name: most_supported(values) for name, values in said.items()
    }
    year = year_of_arxiv_id(identifiers["arxiv"]) if "arxiv" in identifiers else None
    if year:
        shown.setdefault("year", str(year))
    written = str(shown.get("year", ""))
    if written.isascii() and written.isdigit() and len(written) == 4:
        shown["year"] = int(written)
    if links:
        shown["links"] = sorted(links)
    if not claims:
        shown["stub"] = True
    return {
        **shown,
        **identifiers,
        "id": entity.id,
        "kind": str(entity.kind),
        "name": entity.name,
        "aliases": list(entity.aliases),
    }


def _links(subject: int, claims: Iterable[ClaimView]) -> list[LinkRow]:
    """Add up what claims state about one thing: a link for each relation, object and qualifiers."""
    together: dict[tuple[str, int, str], list[ClaimView]] = defaultdict(list)
    for c in claims:
        if c.predicate in _RELATIONS and c.stance == Stance.STATES and c.object is not None:
            together[c.predicate, c.object_entity, c.qualifiers].append(c)
    return [
        LinkRow(subject, relation, target, _link_properties(qualifiers, same))
        for (relation, target, qualifiers), same in together.items()
    ]


def _link_properties(qualifiers: str, claims: Sequence[ClaimView]) -> dict[str, PropertyValue]:
    said: dict[str, _Said] = defaultdict(list)
    for c in claims:
        for name, value in json.loads(c.details).items():
            said[name].append((json.dumps(value, sort_keys=True), c.source, c.confidence))
    shown: dict[str, PropertyValue] = {}
    for name, value in json.loads(qualifiers).items():
        shown.update(_flat(name, value))
    for name, values in said.items():
        shown.update(_flat(name, json.loads(most_supported(values))))
    return {
        **shown,
        "confidence": max(c.confidence for c in claims),
        "claims": sorted(c.claim for c in claims),
        "sources": sorted({c.source for c in claims}),
    }


def _flat(name: str, value: JsonValue) -> dict[str, PropertyValue]:
    """Write a value as properties: of an amount its text, and its parts under names of their own."""
    if isinstance(value, dict):
        found: dict[str, PropertyValue] = {}
        for part, inner in value.items():
            found.update(_flat(name if part == "text" else f"{name}_{part}", inner))
        return found
    if value is None:
        return {}
    if isinstance(value, list):
        for one in (str, bool, int, float):
            if all(type(item) is one and _fits(item) for item in value):
                return {name: value}  # type: ignore[dict-item]
        return {name: json.dumps(value, ensure_ascii=False)}
    return {name: value if _fits(value) else str(value)}


def _fits(value: JsonValue) -> bool:
    """Whether a number is none that databases cannot hold."""
    return not isinstance(value, int) or -_LONGEST_INT <= value < _LONGEST_INT


def _shown_first(kind: Kind, counted: Mapping[str, int]) -> Callable[[str], tuple[object, ...]]:
    """Order the spellings of a thing: the one to show first."""
    return lambda text: display_order(kind, text, counted[text])
