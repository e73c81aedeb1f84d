"""What the store answers: sources, entities, claims."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from kg.engine.rows import DamagedRowError
from kg.engine.sameness import Sameness, display_order, is_bare_id, support_of
from kg.errors import ClaimError, NotFoundError
from kg.identity import (
    Key,
    NameKey,
    NameNode,
    chosen_identifiers,
    folded_name,
    is_identifier,
    name_key,
)
from kg.model import Claim, JsonValue, Kind, Name, Property, Rejected, Relation, Remark, Stance
from kg.names import fold, marks
from kg.sqlite.database import chunks
from kg.store import (
    Diff,
    End,
    Entity,
    LoadInfo,
    NameInfo,
    SharedEvidence,
    SharedPlace,
    SourceInfo,
    StoredClaim,
)

_ROWS_AT_A_TIME = 4000
_WORTH_KEEPING = 200
"""Counts below are made in a few milliseconds each time."""
_NAMES_KEPT = 100_000
"""Bounds of what reading all claims of a large store holds in memory."""


class Reads(Sameness):
    """The reading half of the contract."""

    _db: sqlite3.Connection

    def sources(self) -> list[SourceInfo]:
        """All sources, sorted by id."""
        with self._rows.reading():
            rows = self._db.execute(
                "SELECT s.id, s.name, s.format, s.title, s.date, s.last_load, l.at, s.seen_at,"
                " coalesce(o.name, ''), s.content_hash = '', l.added, l.edited, l.withdrawn,"
                " l.unchanged FROM source s"
                " JOIN load l ON l.n = s.last_load"
                " LEFT JOIN source o ON o.id = s.copy_of ORDER BY s.name"
            ).fetchall()
            return [
                SourceInfo(
                    r[1], r[2], r[3], r[4], r[5], r[6], r[7], *self._rows.count_of_sources([r[0]])[r[0]],
                    r[8], bool(r[9]), Diff(r[10], r[11], r[12], r[13]),
                )
                for r in rows
            ]  # fmt: skip

    def loads(self) -> list[LoadInfo]:
        """Every load that changed something, oldest first."""
        with self._rows.reading():
            return [
                LoadInfo(r[0], r[1], r[2], r[3], Diff(r[4], r[5], r[6], r[7]))
                for r in self._db.execute(
                    "SELECT l.n, l.at, s.name, l.action, l.added, l.edited, l.withdrawn, l.unchanged"
                    " FROM load l JOIN source s ON s.id = l.source ORDER BY l.n"
                )
            ]

    def rejected(self, source: str) -> list[Rejected]:
        """Lines of a source that could not be read, in order."""
        with self._rows.reading():
            return [
                Rejected(*r)
                for r in self._db.execute(
                    "SELECT r.line, r.text, r.reason FROM rejected r JOIN source s ON s.id = r.source"
                    " WHERE s.name = ? ORDER BY r.line, r.reason",
                    (source,),
                )
            ]

    def remarks(self, source: str | None = None) -> list[tuple[str, Remark]]:
        """Readers' remarks with their source."""
        with self._rows.reading():
            return [
                (r[0], Remark(*r[1:]))
                for r in self._db.execute(
                    "SELECT s.name, r.line, r.text, r.kind FROM remark r JOIN source s ON s.id = r.source"
                    " WHERE ? IS NULL OR s.name = ? ORDER BY s.name, r.line",
                    (source, source),
                )
            ]

    def find_entities(self, name: str, kind: Kind | None = None) -> list[Entity]:
        """Entities that have this name, alias or (old) id; empty when there are none."""
        with self._rows.reading():
            known = self._entity_of(name)
            if known is not None:
                return self._entities([known])
            folded = folded_name(name)
            rows = self._db.execute(
                "SELECT DISTINCT entity FROM node WHERE fold = ? AND (? IS NULL OR kind = ?)"
                " AND text <> ''",
                (folded, kind, kind),
            ).fetchall()
            named = {r[0] for r in rows}
            taken = {r[0] for r in self._kinds_called(folded)}
            for node, entity, of_kind in self._db.execute(
                "SELECT DISTINCT n.id, n.entity, n.kind FROM evidence e JOIN node n ON n.id = e.node"
                " WHERE e.value = ? AND e.type = 'alias' AND (? IS NULL OR n.kind = ?)",
                (folded, kind, kind),
            ).fetchall():
                if of_kind not in taken and folded not in self._parted_from([node]).get(node, ()):
                    named.add(entity)
            found = self._entities(sorted(named))
            if not found and kind in (None, Kind.PAPER):
                found = self._entities(self._identified(_identifier_value(name)))
            if not found:
                found = self._by_repository(name, folded, kind)
            return found

    def _kinds_called(self, folded: str) -> list[tuple[str]]:
        """Return the kinds of which a current thing is written so."""
        return self._db.execute(
            "SELECT DISTINCT kind FROM node WHERE fold = ? AND scope = '' AND text <> ''", (folded,)
        ).fetchall()

    def _identified(self, value: str) -> list[int]:
        """Return the papers that own an identifier, or else those that it is written beside."""
        entity_of = dict(
            self._db.execute(
                "SELECT n.id, n.entity FROM evidence e JOIN node n ON n.id = e.node"
                " WHERE e.value = ? AND e.type = 'identifier'",
                (value,),
            ).fetchall()
        )
        nodes = self._name_nodes(self._rows.names(set(entity_of)))
        owners = [
            entity_of[node.id]
            for node in nodes.values()
            if any(key.value == value for key in chosen_identifiers(node))
        ]
        return owners or list(entity_of.values())

    def _by_repository(self, name: str, folded: str, kind: Kind | None) -> list[Entity]:
        """A thing whose own repository or file has this name and whose marks do not contradict."""
        rows = self._db.execute(
            "SELECT DISTINCT n.entity, n.text FROM evidence e JOIN node n ON n.id = e.node"
            " WHERE e.value = ? AND e.type = 'repository' AND (? IS NULL OR n.kind = ?)",
            (folded, kind, kind),
        ).fetchall()
        fitting = {r[0] for r in rows if set(marks(r[1])) & set(marks(name)) or not marks(name)}
        return self._entities(sorted(fitting)) if len(fitting) == 1 else []

    def find_similar_names(self, name: str, limit: int = 3, kind: Kind | None = None) -> list[str]:
        """Names of the store that are spelt most like this one."""
        folded = fold(name)
        grams = [folded[i : i + 3] for i in range(len(folded) - 2)] or [folded]
        with self._rows.reading():
            rows = (
                self._db.execute(
                    "SELECT n.text, n.kind FROM name_search s JOIN node n ON n.id = s.rowid"
                    " WHERE name_search MATCH ? ORDER BY rank LIMIT 400",
                    (" OR ".join('"' + g.replace('"', '""') + '"' for g in dict.fromkeys(grams)),),
                ).fetchall()
                if len(folded) >= 3
                else self._db.execute(
                    "SELECT text, kind FROM node WHERE text <> '' AND fold LIKE ? LIMIT 400",
                    (folded + "%",),
                ).fetchall()
            )
        scored: dict[str, float] = {}
        for text, found in rows:
            if kind is None or found == kind:
                ratio = SequenceMatcher(None, folded, fold(text)).ratio()
                scored[text] = max(
                    scored.get(text, 0.0), ratio + (0.05 if found in ("model", "dataset") else 0)
                )
        best = sorted(scored, key=lambda t: (-scored[t], t))
        unique: dict[str, str] = {}
        for text in best:
            unique.setdefault(fold(text), text)
        return list(unique.values())[:limit]

    def iter_entities(self, kind: Kind | None = None) -> Iterator[Entity]:
        """All current entities, sorted by id."""
        with self._rows.reading():
            ids = [
                r[0]
                for r in self._db.execute(
                    "SELECT DISTINCT entity FROM node WHERE text <> '' AND (? IS NULL OR kind = ?)",
                    (kind, kind),
                )
            ]
            found = sorted(self._entities(ids), key=lambda e: e.id)
        yield from found

    def entities_of_names(self, names: Sequence[Name]) -> list[str | None]:
        """For each name the id of the thing that it stands for; None where nothing does."""
        keys = [name_key(n) for n in names]
        found: dict[NameKey, str] = {}
        with self._rows.reading():
            for kind in {k[0] for k in keys}:
                folds = sorted({k[1] for k in keys if k[0] == kind})
                for chunk in chunks(folds, 400):
                    for folded, scope, ident in self._db.execute(
                        "SELECT n.fold, n.scope, e.ident FROM node n JOIN node e ON e.id = n.entity"  # noqa: S608
                        f" WHERE n.kind = ? AND n.fold IN ({','.join('?' * len(chunk))})"
                        " AND n.text <> ''",
                        (kind, *chunk),
                    ):
                        found[kind, folded, scope] = ident
            rest = {key: name for key, name in zip(keys, names, strict=True) if key not in found}
            for key, name in rest.items():
                thing = self._unused_name(key, name)
                if thing is not None:
                    found[key] = thing.id
        return [found.get(key) for key in keys]

    def _unused_name(self, key: NameKey, name: Name) -> Entity | None:
        """Return what a name stands for that is no thing's spelling: an identifier, an alias."""
        if name.kind is Kind.PAPER and is_identifier(name.text):
            left = self._entities(self._identified(_identifier_value(name.text)))
        elif name.scope:
            return None
        else:
            stated = {
                r[0]
                for r in self._db.execute(
                    "SELECT o.ident FROM evidence e JOIN node n ON n.id = e.node"
                    " JOIN node o ON o.id = n.entity"
                    " WHERE e.value = ? AND e.type = 'alias' AND n.kind = ?",
                    (key[1], key[0]),
                )
            }
            left = [e for e in self.find_entities(name.text, name.kind) if e.id in stated]
        return left[0] if len(left) == 1 else None

    def stubs(self) -> list[Entity]:
        """Entities that others refer to and nothing is said of, sorted by id."""
        with self._rows.reading():
            ids = [
                r[0]
                for r in self._db.execute(
                    "SELECT DISTINCT n.entity FROM node n WHERE n.text <> '' AND NOT EXISTS"
                    " (SELECT 1 FROM node m JOIN claim c ON c.subject = m.id"
                    " AND c.withdrawn_load IS NULL WHERE m.entity = n.entity)"
                )
            ]
            return sorted(self._entities(ids), key=lambda e: e.id)

    def iter_names(
        self, kind: Kind | None = None, *, of: str | None = None, merged: bool = False
    ) -> Iterator[NameInfo]:
        """All current names, or those of one entity, each with the entity it stands for."""
        with self._rows.reading():
            entity = None if of is None else self._entity_of(of)
            if of is not None and entity is None:
                raise NotFoundError(f"no thing has the id {of!r}", name=of)
            rows = self._db.execute(
                "SELECT n.kind, n.text, n.scope, n.ident, e.ident, n.fold FROM node n"
                " JOIN node e ON e.id = n.entity"
                " WHERE n.text <> '' AND (? IS NULL OR n.kind = ?) AND (? IS NULL OR n.entity = ?)"
                " AND (NOT ? OR n.entity IN (SELECT entity FROM node WHERE text <> ''"
                " GROUP BY entity HAVING count(*) > 1)) ORDER BY n.id",
                (kind, kind, entity, entity, merged),
            )
            for of_kind, text, scope, ident, owner, folded in rows:
                yield NameInfo(Name(Kind(of_kind), text, scope), ident, owner, folded)

    def shared_evidence(self) -> list[SharedEvidence]:
        """Evidence that two or more things share which were nevertheless kept apart."""
        with self._rows.reading():
            rows = self._db.execute(
                "SELECT e.kind, e.type, e.value, n.ident, n.text, n.fold, o.ident, s.name, c.line,"
                " n.scope FROM evidence e"
                " JOIN node n ON n.id = e.node JOIN node o ON o.id = n.entity"
                " JOIN claim c ON c.id = e.claim JOIN source s ON s.id = c.source"
                " JOIN (SELECT f.kind, f.type, f.value FROM evidence f JOIN node m ON m.id = f.node"
                " WHERE f.type IN ('identifier', 'target', 'repository page')"
                " GROUP BY f.kind, f.type, f.value HAVING count(DISTINCT m.entity) > 1) d"
                " ON d.kind = e.kind AND d.type = e.type AND d.value = e.value"
                " UNION SELECT e.kind, e.type, e.value, n.ident, n.text, n.fold, o.ident, s.name,"
                " c.line, n.scope"
                " FROM evidence e JOIN node n ON n.id = e.node JOIN node o ON o.id = n.entity"
                " JOIN claim c ON c.id = e.claim JOIN source s ON s.id = c.source"
                " JOIN node h ON h.kind = e.kind AND h.fold = e.value AND h.scope = ''"
                " AND h.text <> '' AND h.entity <> n.entity WHERE e.type = 'alias'"
                " ORDER BY 1, 2, 3, 5, 4, 8, 9"
            ).fetchall()
        found: dict[tuple[str, str, str], list[SharedPlace]] = defaultdict(list)
        for kind, type_, value, ident, text, folded, owner, source, line, scope in rows:
            name = NameInfo(Name(Kind(kind), text, scope), ident, owner, folded)
            found[kind, type_, value].append(SharedPlace(name, source, line))
        return [
            SharedEvidence(Kind(kind), type_, value, tuple(places))
            for (kind, type_, value), places in found.items()
        ]

    def _entities(self, ids: Sequence[int]) -> list[Entity]:
        """Build entities from their node ids, each with the spellings of current claims."""
        result: list[Entity] = []
        for chunk in chunks(sorted(set(ids)), 300):
            marks_ = ",".join("?" * len(chunk))
            members: dict[int, list[int]] = defaultdict(list)
            own: dict[int, tuple[str, str]] = {}
            for node, kind, ident, entity in self._db.execute(
                f"SELECT id, kind, ident, entity FROM node WHERE text <> '' AND entity IN ({marks_})",  # noqa: S608
                chunk,
            ):
                members[entity].append(node)
                if node == entity:
                    own[entity] = (ident, kind)
            spellings = self._spellings([n for m in members.values() for n in m])
            of_entity: dict[int, Counter[str]] = defaultdict(Counter)
            for entity, nodes in members.items():
                for node in nodes:
                    of_entity[entity].update(spellings.get(node) or {})
            self._drop_foreign_aliases(chunk, of_entity)
            for entity in chunk:
                if entity not in own:
                    continue
                ident, kind = own[entity]
                counted = of_entity[entity]
                names = sorted(counted, key=lambda t: display_order(Kind(kind), t, counted[t]))
                if names:
                    result.append(Entity(ident, Kind(kind), names[0], tuple(names[1:])))
        return result

    def _drop_foreign_aliases(
        self, entities: Sequence[int], spelled: Mapping[int, Counter[str]]
    ) -> None:
        """Leave out a stated alias that is the name of another thing: the two were kept apart."""
        marks_ = ",".join("?" * len(entities))
        for entity, alias in self._db.execute(
            "SELECT m.entity, e.value FROM node m JOIN evidence e ON e.node = m.id"  # noqa: S608
            " JOIN node h ON h.kind = e.kind AND h.fold = e.value AND h.scope = '' AND h.text <> ''"
            f" WHERE e.type = 'alias' AND h.entity <> m.entity AND m.entity IN ({marks_})",
            entities,
        ):
            counted = spelled[entity]
            for text in [t for t, n in counted.items() if n == 0 and folded_name(t) == alias]:
                del counted[text]

    def iter_claims(
        self,
        *,
        subject: str | Collection[str] | None = None,
        object: str | Collection[str] | None = None,
        predicates: Iterable[str] = (),
        source: str | None = None,
        withdrawn: bool = False,
        contested: bool = False,
    ) -> Iterator[StoredClaim]:
        """Claims about the given entities (ids), sorted by source, line and what they say."""
        where: list[str] = ["TRUE" if withdrawn else "c.withdrawn_load IS NULL"]
        values: list[str | int | None] = []
        for end, idents in (("subject", subject), ("object", object)):
            if idents is not None:
                # One parameter for any number of ids: SQLite takes a limited number of '?'.
                where.append(
                    f"c.{end} IN (SELECT id FROM node"  # noqa: S608
                    " WHERE entity IN (SELECT value FROM json_each(?)))"
                )
                with self._rows.reading():
                    values.append(json.dumps(self._entities_of(idents)))
        wanted = [str(p) for p in predicates]
        if wanted:
            where.append(f"c.predicate IN ({','.join('?' * len(wanted))})")
            values += wanted
        if source is not None:
            where.append("src.name = ?")
            values.append(source)
        if contested:
            asked = f"AND d.predicate IN ({','.join('?' * len(wanted))})" if wanted else ""
            where.append(
                "(s.entity, c.predicate) IN (SELECT n.entity, d.predicate FROM claim d"  # noqa: S608
                f" JOIN node n ON n.id = d.subject WHERE d.withdrawn_load IS NULL {asked}"
                " GROUP BY n.entity, d.predicate HAVING min(d.details) <> max(d.details))"
            )
            values += wanted
        query = (
            "SELECT src.name, c.subject_text, s.id, s.kind, s.scope, s.entity, s.ident,"  # noqa: S608
            f" {_OWN_NAME}, c.object_text, o.id, o.kind, o.scope, o.entity, c.predicate,"
            " c.qualifiers, c.details, c.stance, c.line, c.quote, c.extractor, c.confidence,"
            " c.first_load, c.withdrawn_load"
            " FROM claim c JOIN source src ON src.id = c.source JOIN node s ON s.id = c.subject"
            f" LEFT JOIN node o ON o.id = c.object WHERE {' AND '.join(where)}"
            " ORDER BY src.name, c.line, c.predicate, c.subject_text, c.object_text, c.qualifiers, c.details,"
            " c.first_load, c.id"
        )
        maker = _ClaimMaker()
        with self._rows.reading():
            cursor = self._db.execute(query, values)
            while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
                maker.forget_what_is_too_much()
                maker.shown.update(self._shown(maker.unknown_entities(rows)))
                try:
                    claims = [maker.claim_of(row) for row in rows]
                except (ValueError, TypeError, KeyError, ClaimError) as error:
                    raise DamagedRowError(
                        f"a row that no program of ours wrote ({error})"
                    ) from error
                yield from claims

    def _entities_of(self, idents: str | Collection[str]) -> list[int]:
        """Return the entities that ids lead to at present; nothing for what is no id."""
        asked = [idents] if isinstance(idents, str) else list(dict.fromkeys(idents))
        found: dict[str, int] = {}
        if len(asked) > 1:
            # Ids in use lead to their entity at once; only those of the past are followed one by one.
            found.update(
                self._db.execute(
                    "SELECT ident, entity FROM node WHERE text <> ''"
                    " AND ident IN (SELECT value FROM json_each(?))",
                    (json.dumps(asked),),
                ).fetchall()
            )
        entities = (found[i] if i in found else self._entity_of(i) for i in asked)
        return [entity for entity in entities if entity is not None]

    def _shown(self, ids: set[int]) -> Iterator[tuple[int, Entity]]:
        """Yield id and name of each node's entity; of one that is gone what its id and kind were.

        A thing of one name goes by that name's best spelling, which the store holds: only for the
        others must the spellings of all claims be counted.
        """
        by_ident: dict[str, int] = {}
        others: dict[int, tuple[str, str]] = {}
        for chunk in chunks(sorted(ids), 500):
            for node, ident, kind, text, names in self._db.execute(
                "SELECT id, ident, kind, text, (SELECT count(*) FROM node m"  # noqa: S608
                " WHERE m.entity = node.id AND m.text <> '') FROM node"
                f" WHERE id IN ({','.join('?' * len(chunk))})",
                chunk,
            ):
                if text and names == 1 and not (kind == "paper" and is_bare_id(text)):
                    yield node, Entity(ident, Kind(kind), text)
                    continue
                by_ident[ident] = node
                others[node] = (ident, kind)
        for entity in self._entities(sorted(others)):
            node = by_ident[entity.id]
            yield node, entity
            del others[node]
        for node, (ident, kind) in others.items():
            yield node, Entity(ident, Kind(kind), "")

    def identifiers(
        self, of: str | Collection[str] | None = None, *, without: Property | None = None
    ) -> Mapping[str, Mapping[str, str]]:
        """For every paper id, or some, the identifiers that stand for it: scheme -> value."""
        where, values = ["e.type = 'identifier'"], list[str]()
        with self._rows.reading():
            if of is not None:
                where.append("n.entity IN (SELECT value FROM json_each(?))")
                values.append(json.dumps(self._entities_of(of)))
            if without is not None:
                where.append(
                    "NOT EXISTS (SELECT 1 FROM node m JOIN claim d ON d.subject = m.id"
                    " AND d.predicate = ? AND d.withdrawn_load IS NULL WHERE m.entity = n.entity)"
                )
                values.append(str(without))
            nodes: dict[int, NameNode] = {}
            ident_of: dict[int, str] = {}
            for (
                node,
                text,
                folded,
                ident,
                type_,
                value,
                extractor,
                source,
                line,
            ) in self._db.execute(
                "SELECT n.id, n.text, n.fold, t.ident, e.type, e.value, c.extractor, c.source, c.line"  # noqa: S608
                " FROM evidence e JOIN node n ON n.id = e.node JOIN node t ON t.id = n.entity"
                f" JOIN claim c ON c.id = e.claim WHERE {' AND '.join(where)}",
                values,
            ):
                held = nodes.setdefault(node, NameNode(node, Kind.PAPER, folded, text))
                ident_of[node] = ident
                support = support_of(extractor, source, line)
                held.keys.setdefault(Key(type_, value), []).append(support)
        result: dict[str, dict[str, str]] = defaultdict(dict)
        for node in sorted(nodes.values(), key=lambda n: (n.fold, n.id)):
            for key in chosen_identifiers(node):
                scheme, value = key.value.split(":", 1)
                result[ident_of[node.id]].setdefault(scheme, value)
        return result

    def count_values(self, predicate: Property, kind: Kind) -> Mapping[str, int]:
        """How many things of a kind have which value of a property, where claims give just one."""
        found: Counter[str] = Counter()
        with self._rows.reading():
            for details, n in self._db.execute(
                "SELECT said, count(*) FROM (SELECT min(d.details) AS said FROM claim d"
                " JOIN node n ON n.id = d.subject WHERE d.predicate = ? AND n.kind = ?"
                " AND d.withdrawn_load IS NULL GROUP BY n.entity"
                " HAVING min(d.details) = max(d.details)) GROUP BY said",
                (str(predicate), str(kind)),
            ):
                try:
                    found[str(json.loads(details)["text"])] += n
                except (ValueError, TypeError, KeyError) as error:
                    raise DamagedRowError(f"details of a claim ({error})") from error
        return found

    def count_subjects(self, predicate: str) -> int:
        """How many entities a current claim states this of; a denial states nothing."""
        return self._tallied(
            f"subjects of {predicate}",
            "SELECT count(DISTINCT n.entity) FROM claim c JOIN node n ON n.id = c.subject"
            " WHERE c.predicate = ? AND c.stance = 'states' AND c.withdrawn_load IS NULL",
            str(predicate),
        )

    def count_entities(self, kind: Kind) -> int:
        """How many entities of a kind current claims speak of."""
        return self._tallied(
            f"entities of {kind}",
            "SELECT count(DISTINCT entity) FROM node WHERE text <> '' AND kind = ?",
            str(kind),
        )

    def _tallied(self, what: str, query: str, value: str) -> int:
        """Return a count of the whole store; kept until the next load or decision.

        Keeping it is no more than a help: where the file cannot be written now, it is counted
        anew next time.
        """
        with self._rows.reading():
            now = self._db.execute(
                "SELECT (SELECT coalesce(max(n), 0) FROM load),"
                " (SELECT coalesce(max(n), 0) FROM user_fact)"
            ).fetchone()
            kept = self._db.execute(
                "SELECT n FROM tally WHERE what = ? AND load = ? AND fact = ?", (what, *now)
            ).fetchone()
            if kept:
                return int(kept[0])
            n = int(self._db.execute(query, (value,)).fetchone()[0])
        if n >= _WORTH_KEEPING and not self._db.in_transaction:
            with contextlib.suppress(sqlite3.OperationalError):
                self._db.execute(
                    "INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)", (what, n, *now)
                )
        return n

    def reasons(self, entity: str) -> Mapping[str, str]:
        """Each spelling of an entity with the reason why it is taken as this thing."""
        with self._rows.reading():
            known = self._entity_of(entity)
            if known is None:
                raise NotFoundError(f"no thing has the id {entity!r}", name=entity)
            why: dict[int, str] = {}
            for a, b, reason in self._db.execute(
                "SELECT r.a, r.b, r.why FROM reason r JOIN node x ON x.id = r.a"
                " JOIN node y ON y.id = r.b WHERE r.entity = ?"
                " ORDER BY x.fold, x.scope, y.fold, y.scope, r.why",
                (known,),
            ):
                why.setdefault(b, reason)
                why.setdefault(a, reason)
            members = [
                r[0]
                for r in self._db.execute(
                    "SELECT id FROM node WHERE entity = ? ORDER BY fold, scope", (known,)
                )
            ]
            spellings = self._spellings(members)
            found: dict[str, str] = {}
            for _, place, _, text in sorted(
                (n == 0, place, -n, text)
                for place, member in enumerate(members)
                for text, n in spellings.get(member, Counter()).items()
            ):
                node = members[place]
                reason = _reason_told(why[node]) if node in why else "written so"
                is_used = spellings[node][text] > 0
                found.setdefault(text, reason if is_used else "stated as another name")
            return found

    def counts(self) -> Mapping[str, int]:
        """How many entities of each kind and claims of each predicate there are."""
        counts: dict[str, int] = {}
        with self._rows.reading():
            for kind, n in self._db.execute(
                "SELECT kind, count(DISTINCT entity) FROM node WHERE text <> '' GROUP BY kind"
            ):
                counts[kind] = n
            for predicate, n in self._db.execute(
                "SELECT predicate, count(*) FROM claim WHERE withdrawn_load IS NULL GROUP BY predicate"
            ):
                counts[predicate] = n
        return counts


def _reason_told(why: str) -> str:
    """Say a stored reason in words."""
    kind, _, value = why.partition(":")
    told = {
        "identifier": "same identifier",
        "target": "same repository or file",
        "repository": "name of its repository",
        "repository page": "same repository page",
        "alias": "stated as another name",
        "decision": "merged by your decision",
    }.get(kind, why)
    if kind == "decision":
        return f"{told} {value}"
    named = value and kind in ("identifier", "target", "repository page")
    return f"{told} ({value})" if named else told


def _identifier_value(name: str) -> str:
    """Write 'arXiv:2304.08485' or '2304.08485' as evidence holds it."""
    text = name.strip().casefold()
    scheme, _, value = text.partition(":")
    if value and scheme in ("arxiv", "doi", "acl", "openreview"):
        return f"{scheme}:{value}"
    return f"arxiv:{text}" if text[:4].isdigit() and "." in text else f"doi:{text}"


_OWN_NAME = (
    "CASE WHEN s.entity = s.id AND NOT EXISTS"
    " (SELECT 1 FROM node m WHERE m.entity = s.id AND m.id <> m.entity)"
    " AND NOT (s.kind = 'paper' AND s.text LIKE '%:%') THEN s.text END"
)
"""The name of a subject that has one name only; null where names are weighed (`Reads._shown`)."""
_KINDS = {str(k): k for k in Kind}
_PREDICATES: Mapping[str, Relation | Property] = {
    **{str(r): r for r in Relation},
    **{str(p): p for p in Property},
}
_STANCES = {str(s): s for s in Stance}


class _ClaimMaker:
    """Makes claims of rows; what many rows share is made once."""

    def __init__(self) -> None:
        self.shown: dict[int, Entity] = {}
        """Entities that are looked up: objects, which rows share, and subjects of several names."""
        self._sides: dict[tuple[int, str], tuple[Name, End]] = {}
        self._qualifiers: dict[str, dict[str, JsonValue]] = {}

    def forget_what_is_too_much(self) -> None:
        """Bound what reading all claims of a large store holds in memory."""
        for held in (self.shown, self._sides, self._qualifiers):
            if len(held) > _NAMES_KEPT:
                held.clear()

    def unknown_entities(self, rows: Sequence[tuple[Any, ...]]) -> set[int]:
        """Return the entities of rows whose names must be looked up."""
        unknown = {r[5] for r in rows if not r[7]}
        unknown |= {r[12] for r in rows}
        unknown.discard(None)
        return unknown - self.shown.keys()

    def claim_of(self, row: tuple[Any, ...]) -> StoredClaim:
        """Build the claim that a row of `Reads.iter_claims` holds."""
        (source, subject_text, subject_node, subject_kind, subject_scope, subject_entity, ident,
         own_name, object_text, object_node, object_kind, object_scope, object_entity, predicate,
         qualifiers, details, stance, line, quote, extractor, confidence, first,
         withdrawn) = row  # fmt: skip
        subject, left = self._sides.get((subject_node, subject_text)) or self._side(
            subject_text, subject_node, subject_kind, subject_scope, subject_entity, ident, own_name
        )
        target, right = None, None
        if object_text is not None:
            target, right = self._sides.get((object_node, object_text)) or self._side(
                object_text, object_node, object_kind, object_scope, object_entity
            )
        said_with = self._qualifiers.get(qualifiers)
        if said_with is None:
            said_with = self._qualifiers[qualifiers] = json.loads(qualifiers)
        claim = Claim(
            subject, _PREDICATES[predicate], int(line), str(quote), target, said_with,
            {} if details == "{}" else json.loads(details), _STANCES[stance], str(extractor),
            float(confidence),
        )  # fmt: skip
        return StoredClaim(
            claim, source, left, right, int(first), None if withdrawn is None else int(withdrawn)
        )

    def _side(
        self,
        written: str,
        node: int,
        kind: str,
        scope: str,
        entity: int,
        ident: str = "",
        own_name: str | None = None,
    ) -> tuple[Name, End]:
        """Make a name as a claim writes it, and the thing that it stands for.

        A thing that no current claim names goes by what the claim wrote.
        """
        name = Name(_KINDS[kind], str(written), scope)
        if own_name:
            end = End(ident, name.kind, own_name, name.text)
        else:
            thing = self.shown[entity]
            end = End(thing.id, thing.kind, thing.name or name.text, name.text)
        self._sides[node, written] = name, end
        return name, end
