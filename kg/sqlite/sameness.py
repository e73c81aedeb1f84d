"""Which names of the store are one thing, kept true around what a change touched."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from kg.identity import (
    Enumeration,
    Key,
    NameNode,
    Support,
    chosen_identifiers,
    folded_name,
    resolve,
)
from kg.model import Kind
from kg.names import is_shouted, slug
from kg.sqlite.database import DamagedRowError, Database, chunks


class Sameness(Database):
    """Settles names into entities; what every load, decision and answer stands on."""

    def _settle(self, touched: set[int]) -> None:
        """Work out anew which names are one thing, around the names that a change touched."""
        self._respell(touched)
        component = self._connected(touched)
        nodes = self._name_nodes(component)
        held: dict[int, int] = {}
        reasoned: set[int] = set()
        for chunk in chunks(sorted(component), 500):
            marks_ = ",".join("?" * len(chunk))
            held.update(
                self._db.execute(
                    f"SELECT id, entity FROM node WHERE id IN ({marks_})",  # noqa: S608
                    chunk,
                ).fetchall()
            )
            reasoned.update(
                r[0]
                for r in self._db.execute(
                    f"SELECT DISTINCT entity FROM reason WHERE entity IN ({marks_})",  # noqa: S608
                    chunk,
                )
            )
        moved = [(node, node) for node in held if node not in nodes and held[node] != node]
        self._leave_to_heirs(held, nodes)
        self._rename_wrongly_identified(nodes)
        apart, together = self._decided(nodes)
        reasons = []
        for group in resolve(list(nodes.values()), apart=apart, together=together):
            entity = group.members[0]
            moved += [(entity, m) for m in group.members if held[m] != entity]
            reasons += [(entity, r.a, r.b, r.why) for r in group.reasons]
        self._db.executemany("UPDATE node SET entity = ? WHERE id = ?", moved)
        self._db.executemany("DELETE FROM reason WHERE entity = ?", [(e,) for e in reasoned])
        self._db.executemany("INSERT OR IGNORE INTO reason VALUES (?, ?, ?, ?)", reasons)

    def _entity_of(self, ident: str) -> int | None:
        """Return the entity that an id leads to at present, also one merged away or forgotten."""
        row = self._db.execute(
            "SELECT id, text, heir, entity FROM node WHERE ident = ? OR id ="
            " (SELECT node FROM former_ident WHERE ident = ?)",
            (ident, ident),
        ).fetchone()
        seen = set()
        while row and not row[1] and row[2] is not None and row[0] not in seen:
            seen.add(row[0])
            row = self._db.execute(
                "SELECT id, text, heir, entity FROM node WHERE id = ?", (row[2],)
            ).fetchone()
        return int(row[3]) if row else None

    def _rename_wrongly_identified(self, nodes: Mapping[int, NameNode]) -> None:
        """Give a paper another id when every source has taken back the arXiv id in it for another.

        A list once linked GPT-NeoX-20B to another paper's arXiv id; after the correction nothing
        but the redirection of the old id may say so.
        """
        papers = [n.id for n in nodes.values() if n.kind is Kind.PAPER]
        for chunk in chunks(papers, 500):
            marks_ = ",".join("?" * len(chunk))
            present: dict[int, tuple[str, set[str]]] = {}
            for node, ident, former in self._db.execute(
                "SELECT n.id, n.ident, f.ident FROM node n LEFT JOIN former_ident f ON f.node = n.id"  # noqa: S608
                " AND f.ident LIKE 'paper:arxiv:%' WHERE (n.ident LIKE 'paper:arxiv:%'"
                f" OR f.ident IS NOT NULL) AND n.id IN ({marks_})",
                chunk,
            ):
                present.setdefault(node, (ident, set()))[1].add(former or "")
            for node, (ident, formers) in present.items():
                new = self._rightful_ident(nodes[node], ident, formers)
                if new is not None:
                    self._db.execute("DELETE FROM former_ident WHERE ident = ?", (new,))
                    self._db.execute("INSERT INTO former_ident VALUES (?, ?)", (ident, node))
                    self._db.execute("UPDATE node SET ident = ? WHERE id = ?", (new, node))

    def _rightful_ident(self, paper: NameNode, ident: str, formers: set[str]) -> str | None:
        """Return the id that a paper should have instead of its present one; None to keep it."""
        own = [k.value for k in chosen_identifiers(paper) if k.value.startswith("arxiv:")]
        if not own:
            return None
        if f"paper:{own[0]}" in formers:
            return f"paper:{own[0]}"
        held = ident.removeprefix("paper:")
        if not held.startswith("arxiv:") or any(k.value == held for k in paper.keys):
            return None
        wishes = wished_idents(("paper", paper.fold, ""), paper.text, own[0].partition(":")[2])
        taken = self._taken_idents(wishes)
        new = next((w for w in wishes if w not in taken), None)
        return new or self._numbered_ident(wishes[-1], taken)

    def _taken_idents(self, idents: Iterable[str]) -> set[str]:
        """Return those of the given ids that some name already has."""
        taken: set[str] = set()
        for chunk in chunks(list(idents), 500):
            marks_ = ",".join("?" * len(chunk))
            taken.update(
                r[0]
                for r in self._db.execute(
                    f"SELECT ident FROM node WHERE ident IN ({marks_})"  # noqa: S608
                    f" UNION ALL SELECT ident FROM former_ident WHERE ident IN ({marks_})",
                    (*chunk, *chunk),
                )
            )
        return taken

    def _numbered_ident(self, wish: str, taken: set[str]) -> str:
        """Return a wish with the first number that makes it free."""
        number = 2
        while True:
            ident = f"{wish}-{number}"
            if ident not in taken and not self._taken_idents([ident]):
                return ident
            number += 1

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
                heirs += [(left[entity][0], node) for node in members]
            elif len(members) > 1:
                heirs += zip([*members[1:], members[0]], members, strict=True)
        self._db.executemany("UPDATE node SET heir = ? WHERE id = ?", heirs)

    def _decided(
        self, nodes: Mapping[int, NameNode]
    ) -> tuple[frozenset[tuple[int, int]], list[tuple[list[int], str]]]:
        """Return what the user decided about some names: pairs apart, and groups together."""
        groups: dict[int, list[int]] = defaultdict(list)
        if self._db.execute("SELECT 1 FROM ruled LIMIT 1").fetchone() is None:
            return frozenset(), []
        for chunk in chunks(sorted(nodes), 500):
            marks_ = ",".join("?" * len(chunk))
            for node, number in self._db.execute(
                "SELECT n.id, r.number FROM node n JOIN ruled r"  # noqa: S608
                " ON r.kind = n.kind AND r.fold = n.fold AND r.scope = n.scope"
                f" WHERE n.id IN ({marks_})",
                chunk,
            ):
                groups[number].append(node)
        apart = {
            (x, y)
            for a, b in self._db.execute("SELECT a, b FROM ruled_apart")
            for x in groups.get(a, ())
            for y in groups.get(b, ())
        }
        decisions = dict(self._db.execute("SELECT number, decisions FROM ruled").fetchall())
        together = [
            (sorted(members, key=lambda m: nodes[m].fold), f"decision:{decisions[number]}")
            for number, members in groups.items()
            if len(members) > 1
        ]
        return frozenset(apart), sorted(together, key=lambda t: nodes[t[0][0]].fold)

    def _respell(self, touched: set[int]) -> None:
        """Write names as current claims spell them; one that no claim uses is offered no more."""
        spellings = self._spellings(sorted(touched), given=False)
        changed: list[tuple[str, int]] = []
        shown: list[int] = []
        for chunk in chunks(sorted(touched), 500):
            marks_ = ",".join("?" * len(chunk))
            for node, kind, text in self._db.execute(
                f"SELECT id, kind, text FROM node WHERE id IN ({marks_})",  # noqa: S608
                chunk,
            ):
                counted = {t: n for t, n in spellings.get(node, Counter()).items() if n}
                best = min(
                    counted, key=lambda t: display_order(Kind(kind), t, counted[t]), default=""
                )
                if best != text:
                    changed.append((best, node))
                    if text:
                        shown.append(node)
        self._db.executemany("UPDATE node SET text = ? WHERE id = ?", changed)
        self._db.executemany("DELETE FROM name_search WHERE rowid = ?", [(n,) for n in shown])
        self._db.executemany(
            "INSERT INTO name_search (text, rowid) VALUES (?, ?)", [c for c in changed if c[0]]
        )

    def _connected(self, start: set[int]) -> set[int]:
        """Return the names that share evidence with the given ones, directly or through others."""
        component, frontier = set(start), set(start)
        while frontier:
            reached: set[int] = set()
            for chunk in chunks(sorted(frontier), 300):
                marks_ = ",".join("?" * len(chunk))
                reached.update(
                    r[0]
                    for r in self._db.execute(
                        "SELECT b.node FROM evidence a JOIN evidence b ON b.value = a.value AND b.kind = a.kind"  # noqa: S608
                        f" WHERE a.node IN ({marks_})"
                        " UNION SELECT n.id FROM evidence a JOIN node n ON n.fold = a.value AND n.kind = a.kind"
                        f" AND n.scope = '' WHERE a.type IN ('repository', 'alias') AND a.node IN ({marks_})"
                        " UNION SELECT b.node FROM node n JOIN evidence b ON b.value = n.fold AND b.kind = n.kind"
                        f" WHERE n.scope = '' AND b.type IN ('repository', 'alias') AND n.id IN ({marks_})"
                        f" UNION SELECT m.id FROM node n JOIN node m ON m.entity = n.entity WHERE n.id IN ({marks_})"
                        " UNION SELECT m.id FROM node n"
                        " JOIN ruled r ON r.kind = n.kind AND r.fold = n.fold AND r.scope = n.scope"
                        " JOIN ruled q ON q.number = r.number"
                        " JOIN node m ON m.kind = q.kind AND m.fold = q.fold AND m.scope = q.scope"
                        f" WHERE n.id IN ({marks_})",
                        (*chunk, *chunk, *chunk, *chunk, *chunk),
                    )
                )
            frontier = reached - component
            component |= frontier
        return component

    def _name_nodes(self, ids: set[int]) -> dict[int, NameNode]:
        nodes: dict[int, NameNode] = {}
        listed: dict[int, set[Enumeration]] = defaultdict(set)
        for chunk in chunks(sorted(ids), 500):
            marks_ = ",".join("?" * len(chunk))
            for row in self._db.execute(
                f"SELECT id, kind, fold, text, scope FROM node WHERE text <> '' AND id IN ({marks_})",  # noqa: S608
                chunk,
            ):
                own = row[2] if not row[4] else f"{row[2]}@{row[4]}"
                nodes[row[0]] = NameNode(row[0], Kind(row[1]), own, row[3])
            for node, type_, value, extractor, source, line, is_entry in self._db.execute(
                "SELECT e.node, e.type, e.value, c.extractor, c.source, c.line, e.is_entry FROM evidence e"  # noqa: S608
                f" JOIN claim c ON c.id = e.claim WHERE e.node IN ({marks_})",
                chunk,
            ):
                support = support_of(extractor, source, line)
                nodes[node].keys.setdefault(Key(type_, value), []).append(support)
                if is_entry:
                    nodes[node].entries_in |= {source}
        with_keys = [n for n in nodes.values() if n.kind in (Kind.MODEL, Kind.DATASET) and (n.keys)]
        if with_keys:
            for chunk in chunks([n.id for n in nodes.values()], 500):
                marks_ = ",".join("?" * len(chunk))
                for node, source, subject, predicate, qualifiers in self._db.execute(
                    "SELECT object, source, subject, predicate, qualifiers FROM claim WHERE withdrawn_load IS NULL"  # noqa: S608
                    f" AND predicate IN ('TRAINED_ON', 'EVALUATED_ON', 'DERIVED_FROM') AND object IN ({marks_})",
                    chunk,
                ):
                    listed[node].add((source, subject, predicate, qualifiers))
        for node, contexts in listed.items():
            nodes[node].listed_with = frozenset(contexts)
        return nodes

    def _spellings(self, nodes: Sequence[int], *, given: bool = True) -> dict[int, Counter[str]]:
        """How often current claims spell each name in which way; `given` aliases and labels too."""
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for chunk in chunks(sorted(nodes), 400):
            marks_ = ",".join("?" * len(chunk))
            for node, text, n in self._db.execute(
                "SELECT subject, subject_text, count(*) FROM claim WHERE withdrawn_load IS NULL"  # noqa: S608
                f" AND subject IN ({marks_}) GROUP BY 1, 2 UNION ALL"
                " SELECT object, object_text, count(*) FROM claim WHERE withdrawn_load IS NULL"
                f" AND object IN ({marks_}) GROUP BY 1, 2",
                (*chunk, *chunk),
            ):
                found[node][text] += n
            if not given:
                continue
            parted = self._parted_from(chunk)
            for node, details in self._db.execute(
                "SELECT subject, details FROM claim WHERE withdrawn_load IS NULL AND predicate IN ('alias', 'label')"  # noqa: S608
                f" AND subject IN ({marks_})",
                chunk,
            ):
                try:
                    text = str(json.loads(details)["text"])
                except (ValueError, TypeError, KeyError) as error:
                    raise DamagedRowError(f"details of a claim ({error})") from error
                if folded_name(text) not in parted.get(node, ()):
                    found[node][text] += 0
        return found

    def _parted_from(self, nodes: Sequence[int]) -> dict[int, set[str]]:
        """For names of things that the user split from others the folded spellings of those."""
        found: dict[int, set[str]] = defaultdict(set)
        if self._db.execute("SELECT 1 FROM ruled_apart LIMIT 1").fetchone() is None:
            return found
        for chunk in chunks(nodes, 500):
            marks_ = ",".join("?" * len(chunk))
            for node, folded in self._db.execute(
                "SELECT n.id, q.fold FROM node n JOIN node m ON m.entity = n.entity"  # noqa: S608
                " JOIN ruled r ON r.kind = m.kind AND r.fold = m.fold AND r.scope = m.scope"
                " JOIN ruled_apart x ON x.a = r.number JOIN ruled q ON q.number = x.b"
                f" WHERE n.id IN ({marks_})",
                chunk,
            ):
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


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def to_json(value: object) -> str:
    """Write attributes so that equal ones give equal text."""
    return _encode(value) if value else "{}"


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
