"""Which names of the store are one thing, kept true around what a change touched."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from kg.engine.rows import DamagedRowError, NameRow, ReasonRow, SpellingRow
from kg.engine.whole import Whole
from kg.identity import (
    Enumeration,
    Key,
    NameNode,
    Support,
    chosen_identifiers,
    folded_name,
    resolve,
)
from kg.model import Kind, Property, Relation
from kg.names import is_shouted, slug

_LISTING = (Relation.TRAINED_ON, Relation.EVALUATED_ON, Relation.DERIVED_FROM)
"""Relations whose objects a source enumerates."""
_GIVING = (Property.ALIAS, Property.LABEL)
"""Properties whose text is another spelling of the thing."""


class Sameness(Whole):
    """Settles names into entities; what every load, decision and answer stands on."""

    def _settle(self, touched: set[int]) -> Mapping[int, tuple[int, int]]:
        """Work out anew which names are one thing, around the names that a change touched.

        Returns
        -------
        Mapping
            For every name that was looked at the entity that it had before and has now.
        """
        self._respell(touched)
        component = self._connected(touched)
        names = self._rows.names(component)
        held = {name.id: name.entity for name in names}
        nodes = self._name_nodes(names)
        moved = [(n, n) for n in held if n not in nodes and held[n] != n]
        self._leave_to_heirs(held, nodes)
        self._rename_wrongly_identified(nodes)
        apart, together = self._decided(nodes)
        reasons = []
        for group in resolve(list(nodes.values()), apart=apart, together=together):
            entity = group.members[0]
            moved += [(m, entity) for m in group.members if held[m] != entity]
            reasons += [ReasonRow(entity, r.a, r.b, r.why) for r in group.reasons]
        self._rows.set_entities(moved)
        self._rows.replace_reasons(component, reasons)
        now = held | dict(moved)
        return {name: (held[name], now[name]) for name in held}

    def _entity_of(self, ident: str) -> int | None:
        """Return the entity that an id leads to at present, also one merged away or forgotten."""
        return next(iter(self._entities_of(ident)), None)

    def _entities_of(self, idents: str | Collection[str]) -> list[int]:
        """Return the entities that ids lead to at present; nothing for what is no id."""
        asked = [idents] if isinstance(idents, str) else dict.fromkeys(idents)
        known = self._rows.names_of_idents(asked)
        at = {ident: name for ident, name in known.items() if not name.text}
        seen: dict[str, set[int]] = {ident: {name.id} for ident, name in at.items()}
        while at := {i: n for i, n in at.items() if not n.text and n.heir is not None}:
            heirs = {n.id: n for n in self._rows.names({n.heir for n in at.values() if n.heir})}
            for ident, name in list(at.items()):
                heir = heirs.get(name.heir or 0)
                if heir is None:
                    del known[ident], at[ident]
                    continue
                known[ident] = heir
                if heir.id in seen[ident]:
                    del at[ident]
                else:
                    at[ident] = heir
                    seen[ident].add(heir.id)
        return [known[ident].entity for ident in asked if ident in known]

    def _rename_wrongly_identified(self, nodes: Mapping[int, NameNode]) -> None:
        """Give a paper another id when every source has taken back the arXiv id in it for another.

        A list once linked GPT-NeoX-20B to another paper's arXiv id; after the correction nothing
        but the redirection of the old id may say so.
        """
        given: dict[int, str] = {}
        wishes: dict[int, list[str]] = {}
        present = self._rows.arxiv_idents([n.id for n in nodes.values() if n.kind is Kind.PAPER])
        for number, (ident, formers) in sorted(present.items()):
            paper = nodes[number]
            own = [k.value for k in chosen_identifiers(paper) if k.value.startswith("arxiv:")]
            if not own:
                continue
            held = ident.removeprefix("paper:")
            if f"paper:{own[0]}" in formers:
                given[number] = f"paper:{own[0]}"
            elif held.startswith("arxiv:") and not any(k.value == held for k in paper.keys):
                arxiv = own[0].partition(":")[2]
                wishes[number] = wished_idents(("paper", paper.fold, ""), paper.text, arxiv)
        if wishes:
            given.update(zip(wishes, self._free_idents([*wishes.values()]), strict=True))
        if given:
            self._rows.give_idents(given)

    def _free_idents(self, wishes: Sequence[Sequence[str]]) -> list[str]:
        """For each list of wishes, in order, return the first one that no name has yet.

        Where all are taken, it is the last with the first number that makes it free. Numbers are
        looked up for all at once, and twice as many each time.
        """
        taken = self._rows.taken_idents({w for ws in wishes for w in ws})
        numbers: dict[str, int] = {}
        while True:
            used, given = set(taken), []
            short: set[str] = set()
            for wished in wishes:
                free = next((w for w in wished if w not in used), None)
                last = wished[-1]
                if free is None:
                    tried = (f"{last}-{n}" for n in range(2, numbers.get(last, 1) + 1))
                    free = next((w for w in tried if w not in used), None)
                if free is None:
                    short.add(last)
                else:
                    used.add(free)
                    given.append(free)
            if not short:
                return given
            asked = []
            for wish in short:
                first = numbers.get(wish, 1) + 1
                numbers[wish] = max(2 * first, 8)
                asked += [f"{wish}-{n}" for n in range(first, numbers[wish] + 1)]
            taken |= self._rows.taken_idents(asked)

    def _leave_to_heirs(self, held: Mapping[int, int], nodes: Mapping[int, NameNode]) -> None:
        """Let the id of a name that no source uses any more lead to what it was one thing with.

        Where all names of a thing go at once, each leads to the next, in a ring: whichever of them
        comes back, all ids find it.
        """
        left: dict[int, list[int]] = defaultdict(list)
        gone: dict[int, list[int]] = defaultdict(list)
        for node, entity in sorted(held.items()):
            (left if node in nodes else gone)[entity].append(node)
        heirs: list[tuple[int, int]] = []
        for entity, members in gone.items():
            if left[entity]:
                heirs += [(node, left[entity][0]) for node in members]
            elif len(members) > 1:
                heirs += zip(members, [*members[1:], members[0]], strict=True)
        self._rows.set_heirs(heirs)

    def _decided(
        self, nodes: Mapping[int, NameNode]
    ) -> tuple[frozenset[tuple[int, int]], list[tuple[list[int], str]]]:
        """Return what the user decided about some names: pairs apart, and groups together."""
        groups: dict[int, list[int]] = defaultdict(list)
        decisions: dict[int, str] = {}
        for node, number, made_by in self._rows.rulings_of(nodes.keys()):
            groups[number].append(node)
            decisions[number] = made_by
        if not groups:
            return frozenset(), []
        apart = {
            (x, y)
            for a, b in self._rows.ruled_apart()
            for x in groups.get(a, ())
            for y in groups.get(b, ())
        }
        together = [
            (sorted(members, key=lambda m: (nodes[m].fold, m)), f"decision:{decisions[number]}")
            for number, members in groups.items()
            if len(members) > 1
        ]
        return frozenset(apart), sorted(
            together, key=lambda t: (nodes[t[0][0]].fold, nodes[t[0][0]].kind)
        )

    def _respell(self, touched: set[int]) -> None:
        """Write names as current claims spell them; one that no claim uses is offered no more."""
        spellings = self._spellings(touched, given=False)
        changed: list[SpellingRow] = []
        for name in self._rows.names(touched):
            counted = spellings.get(name.id) or Counter()
            kind = Kind(name.kind)
            best = min(counted, key=lambda t: display_order(kind, t, counted[t]), default="")
            if best != name.text:
                changed.append(SpellingRow(name.id, name.text, best))
        self._rows.spell(changed)

    def _connected(self, start: set[int]) -> set[int]:
        """Return the names that share evidence with the given ones, directly or through others."""
        component, frontier = set(start), set(start)
        while frontier:
            frontier = self._rows.linked_to(frontier) - component
            component |= frontier
        return component

    def _name_nodes(self, names: Collection[NameRow]) -> dict[int, NameNode]:
        """Give those of some names that are in use with all evidence that concerns them."""
        nodes: dict[int, NameNode] = {}
        for name in names:
            if name.text:
                own = name.fold if not name.scope else f"{name.fold}@{name.scope}"
                nodes[name.id] = NameNode(name.id, Kind(name.kind), own, name.text)
        for node, type_, value, is_entry, source, line, extractor in self._rows.evidence_of(
            [name.id for name in names]
        ):
            support = support_of(extractor, source, line)
            nodes[node].keys.setdefault(Key(type_, value), []).append(support)
            if is_entry:
                nodes[node].entries_in |= {source}
        if any(n.kind in (Kind.MODEL, Kind.DATASET) and n.keys for n in nodes.values()):
            listed: dict[int, set[Enumeration]] = defaultdict(set)
            for row in self._rows.listed_with(nodes.keys(), _LISTING):
                listed[row[0]].add(row[1:])
            for node, contexts in listed.items():
                nodes[node].listed_with = frozenset(contexts)
        return nodes

    def _spellings(self, names: Collection[int], *, given: bool = True) -> dict[int, Counter[str]]:
        """How often current claims spell each name in which way; `given` aliases and labels too."""
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for node, text, n in self._rows.spellings(names):
            found[node][text] += n
        if not given:
            return found
        parted = self._parted_from(names)
        for node, details in self._rows.stated_texts(names, _GIVING):
            try:
                text = str(json.loads(details)["text"])
            except (ValueError, TypeError, KeyError) as error:
                raise DamagedRowError(f"details of a claim ({error})") from error
            if folded_name(text) not in parted.get(node, ()):
                found[node][text] += 0
        return found

    def _parted_from(self, names: Collection[int]) -> dict[int, set[str]]:
        """For names of things that the user split from others the folded spellings of those."""
        found: dict[int, set[str]] = defaultdict(set)
        for node, folded in self._rows.parted_folds(names):
            found[node].add(folded)
        return found


def wished_idents(key: tuple[str, str, str], text: str, arxiv: str | None) -> list[str]:
    """Return the ids that a name would like, best first: its arXiv id, else its slug."""
    kind, _, scope = key
    wishes = [f"{kind}:{slug(text)}" + (f"@{scope[:40]}" if scope else "")]
    if arxiv:
        wishes.insert(0, f"{kind}:arxiv:{arxiv}")
    elif kind == Kind.PAPER and text.startswith(("arXiv:", "ACL:", "doi:", "OpenReview:")):
        scheme, value = text.split(":", 1)
        wishes.insert(0, f"{kind}:{scheme.lower()}:{value}")
    return wishes


def support_of(extractor: str, source: int, line: int) -> Support:
    """Weigh a place that gives an identifier: BibTeX counts double."""
    return Support(2 if extractor == "bibtex" else 1, source, line)


def is_bare_id(text: str) -> bool:
    """Whether a paper's name is no title but only an identifier or address."""
    return text.startswith(("arXiv:", "ACL:", "doi:", "OpenReview:", "http://", "https://"))


def display_order(kind: Kind, text: str, count: int) -> tuple[object, ...]:
    """Order spellings: real titles before ids, frequent ones first, then the best-looking."""
    is_id = is_bare_id(text)
    label_only = count == 0
    capitals = sum(1 for c in text if c.isupper())
    return (
        is_id and kind is Kind.PAPER,
        label_only,
        is_shouted(text),
        text == text.lower(),
        -count,
        -capitals,
        len(text),
        text,
    )
