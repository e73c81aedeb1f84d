"""Which names of the store are one thing, kept true around what a change touched."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence

from kg.identity import Key, NameNode, Support, resolve
from kg.model import Kind, Name
from kg.names import fold, is_shouted
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
        reasons = []
        for group in resolve(list(nodes.values())):
            entity = group.members[0]
            moved += [(entity, m) for m in group.members if held[m] != entity]
            reasons += [(entity, r.a, r.b, r.why) for r in group.reasons]
        self._db.executemany("UPDATE node SET entity = ? WHERE id = ?", moved)
        self._db.executemany("DELETE FROM reason WHERE entity = ?", [(e,) for e in reasoned])
        self._db.executemany("INSERT OR IGNORE INTO reason VALUES (?, ?, ?, ?)", reasons)

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
                        f" UNION SELECT m.id FROM node n JOIN node m ON m.entity = n.entity WHERE n.id IN ({marks_})",
                        (*chunk, *chunk, *chunk, *chunk),
                    )
                )
            frontier = reached - component
            component |= frontier
        return component

    def _name_nodes(self, ids: set[int]) -> dict[int, NameNode]:
        nodes: dict[int, NameNode] = {}
        listed: dict[int, set[tuple[int, int, int, str]]] = defaultdict(set)
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
                for node, source, line, subject, predicate in self._db.execute(
                    "SELECT object, source, line, subject, predicate FROM claim WHERE withdrawn_load IS NULL"  # noqa: S608
                    f" AND predicate IN ('TRAINED_ON', 'EVALUATED_ON', 'DERIVED_FROM') AND object IN ({marks_})",
                    chunk,
                ):
                    listed[node].add((source, line, subject, predicate))
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
            for node, details in self._db.execute(
                "SELECT subject, details FROM claim WHERE withdrawn_load IS NULL AND predicate IN ('alias', 'label')"  # noqa: S608
                f" AND subject IN ({marks_})",
                chunk,
            ):
                try:
                    found[node][str(json.loads(details)["text"])] += 0
                except (ValueError, TypeError, KeyError) as error:
                    raise DamagedRowError(f"details of a claim ({error})") from error
        return found


def node_key(name: Name) -> tuple[str, str, str]:
    """Return what makes a name that name: kind, folded spelling, owner."""
    return str(name.kind), folded_name(name.text), name.scope


def folded_name(text: str) -> str:
    """Return the folded spelling; a name of symbols alone stays as it is written."""
    return fold(text) or text.casefold()


def support_of(extractor: str, source: int, line: int) -> Support:
    """Weigh a place that gives an identifier: BibTeX counts double."""
    return Support(2 if extractor == "bibtex" else 1, source, line)


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def to_json(value: object) -> str:
    """Write attributes so that equal ones give equal text."""
    return _encode(value) if value else "{}"


def display_order(kind: Kind, text: str, count: int) -> tuple[object, ...]:
    """Order spellings: real titles before ids, frequent ones first, then the best-looking."""
    is_id = text.startswith(("arXiv:", "ACL:", "doi:", "OpenReview:", "http://", "https://"))
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
