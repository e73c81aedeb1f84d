"""The rows of a store in SQLite: all of its SQL, and nothing of what rows mean."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from kg.engine.rows import (
    ClaimRow,
    ClaimView,
    CopyNote,
    DoubtedRow,
    EvidencePlace,
    EvidenceRow,
    FactRow,
    HeldClaim,
    ListedRow,
    LoadRow,
    MentionRow,
    NamePair,
    NameRow,
    NewsRow,
    Numbered,
    PlaceRow,
    ReasonRow,
    RecordRow,
    RecordView,
    Rows,
    RulingRow,
    SharedPlaceRow,
    SourceRow,
    SpellingRow,
)
from kg.identity import NameKey
from kg.model import Rejected, Remark
from kg.sqlite.database import Database, chunks

_AT_ONCE = 500
"""How many values one statement takes in a list; SQLite takes a limited number of '?'."""

_LAST = {
    Numbered.SOURCE: "SELECT coalesce(max(id), 0) FROM source",
    Numbered.LOAD: "SELECT coalesce(max(n), 0) FROM load",
    Numbered.NAME: "SELECT coalesce(max(id), 0) FROM node",
    Numbered.CLAIM: "SELECT coalesce(max(id), 0) FROM claim",
    Numbered.FACT: "SELECT coalesce(max(n), 0) FROM user_fact",
    Numbered.REVIEW: "SELECT coalesce(max(n), 0) FROM review",
    Numbered.RECORD: "SELECT coalesce(max(id), 0) FROM record",
    Numbered.NEWS: "SELECT coalesce(max(n), 0) FROM news",
    Numbered.DOUBTED: "SELECT coalesce(max(id), 0) FROM doubted",
}

_SOURCE = (
    "SELECT id, name, format, content_hash, title, date, last_load, copy_of, seen_at FROM source"
)
_RECORD = "id, source, arxiv, name, line, says, data, first_load, withdrawn_load"
_OWN_NAME = (
    " CASE WHEN s.entity = s.id AND NOT EXISTS (SELECT 1 FROM node m WHERE m.entity = s.id"
    " AND m.id <> m.entity) THEN s.text END"
)
_NAME = "n.id, n.kind, n.fold, n.scope, n.text, n.ident, n.entity, n.heir"


class SqliteRows(Rows):
    """The rows in one SQLite file; see `Rows` for what each method promises."""

    def __init__(self, file: Database) -> None:
        self._file = file
        self._db = file.connection

    def _each(
        self, query: str, values: Collection[Any], *before: Any, times: int = 1
    ) -> Iterator[Any]:
        """Run a query for all values, some at a time; '{}' in it stands for their list.

        Parameters
        ----------
        before : values of '?' that come before the first list
        times : how often the list stands in the query
        """
        for chunk in chunks(sorted(values), _AT_ONCE):
            listed = ",".join("?" * len(chunk))
            yield from self._db.execute(query.replace("{}", listed), (*before, *(*chunk,) * times))

    # -- transactions -------------------------------------------------------------------------

    def writing(self) -> AbstractContextManager[None]:
        """Run a block in one write transaction."""
        return self._file.transaction()

    def reading(self) -> AbstractContextManager[None]:
        """Run a block that reads."""
        return self._file.translated()

    def last_number(self, of: Numbered) -> int:
        """Return the largest number of these rows."""
        return self._count(_LAST[of])

    def _count(self, query: str, *values: str) -> int:
        return int(self._db.execute(query, values).fetchone()[0])

    # -- sources and loads --------------------------------------------------------------------

    def find_sources(
        self,
        *,
        id: int | None = None,
        name: str | None = None,
        content_hash: str | None = None,
        copy_of: int | None = None,
    ) -> list[SourceRow]:
        """Return the sources that fit all that is given."""
        asked = {"id": id, "name": name, "content_hash": content_hash, "copy_of": copy_of}
        given = {column: value for column, value in asked.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in given) or "TRUE"
        rows = self._db.execute(f"{_SOURCE} WHERE {where}", (*given.values(),))
        return [SourceRow(*row) for row in rows]

    def put_sources(self, rows: Sequence[SourceRow]) -> None:
        """Hold sources, new or changed."""
        self._db.executemany(
            "INSERT INTO source (id, name, format, content_hash, title, date, last_load, copy_of,"
            " seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " name = excluded.name, format = excluded.format, content_hash = excluded.content_hash,"
            " title = excluded.title, date = excluded.date, last_load = excluded.last_load,"
            " copy_of = excluded.copy_of, seen_at = excluded.seen_at",
            rows,
        )

    def take_history(self, heir: int, source: int) -> None:
        """Give the claims and loads of a source to another, and remove it."""
        self._db.execute("UPDATE claim SET source = ? WHERE source = ?", (heir, source))
        self._db.execute("UPDATE record SET source = ? WHERE source = ?", (heir, source))
        self._db.execute("DELETE FROM harvest WHERE source = ?", (source,))
        self._db.execute("DELETE FROM doubted WHERE source = ?", (source,))
        self._db.execute("UPDATE load SET source = ? WHERE source = ?", (heir, source))
        self._db.execute("DELETE FROM source WHERE id = ?", (source,))

    def find_loads(self, numbers: Collection[int] | None = None) -> list[LoadRow]:
        """Return loads by number, or all."""
        query = "SELECT n, source, at, action, added, edited, withdrawn, unchanged FROM load"
        if numbers is None:
            return [LoadRow(*row) for row in self._db.execute(query)]
        found = self._each(query + " WHERE n IN ({})", set(numbers))
        return [LoadRow(*row) for row in found]

    def add_loads(self, rows: Sequence[LoadRow]) -> None:
        """Hold new loads."""
        self._db.executemany("INSERT INTO load VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def count_of_sources(self, sources: Collection[int]) -> dict[int, tuple[int, int]]:
        """Return how many current claims and rejected lines sources have."""
        return {
            source: self._db.execute(
                "SELECT (SELECT count(*) FROM claim WHERE source = ? AND withdrawn_load IS NULL),"
                " (SELECT count(*) FROM rejected WHERE source = ?)",
                (source, source),
            ).fetchone()
            for source in sources
        }

    def replace_remains(
        self, source: int, rejected: Sequence[Rejected], remarks: Sequence[Remark]
    ) -> None:
        """Make the rejected lines and remarks of a source exactly these."""
        self._db.execute("DELETE FROM rejected WHERE source = ?", (source,))
        self._db.executemany(
            "INSERT INTO rejected VALUES (?, ?, ?, ?)",
            [(source, r.line, r.text, r.reason) for r in rejected],
        )
        self._db.execute("DELETE FROM remark WHERE source = ?", (source,))
        self._db.executemany(
            "INSERT INTO remark VALUES (?, ?, ?, ?)",
            [(source, r.line, r.text, r.kind) for r in remarks],
        )

    def rejected(self, source: int) -> list[Rejected]:
        """Return the rejected lines of a source in their order."""
        rows = self._db.execute(
            "SELECT line, text, reason FROM rejected WHERE source = ? ORDER BY rowid", (source,)
        )
        return [Rejected(*row) for row in rows]

    def remarks(self, sources: Collection[int] | None = None) -> list[tuple[int, Remark]]:
        """Return the remarks of sources, those of one in their order."""
        query = "SELECT source, line, text, kind FROM remark {} ORDER BY rowid"
        rows = (
            self._db.execute(query.format(""))
            if sources is None
            else self._each(query.format("WHERE source IN ({})"), set(sources))
        )
        return [(source, Remark(*rest)) for source, *rest in rows]

    # -- names --------------------------------------------------------------------------------

    def numbers_of(self, keys: Collection[NameKey]) -> dict[NameKey, int]:
        """Return the numbers of names."""
        folds: dict[str, set[str]] = defaultdict(set)
        for kind, folded, _ in keys:
            folds[kind].add(folded)
        wanted = keys if isinstance(keys, (set, frozenset, dict)) else set(keys)
        found: dict[NameKey, int] = {}
        for kind, of_kind in folds.items():
            for number, folded, scope in self._each(
                "SELECT id, fold, scope FROM node WHERE kind = ? AND fold IN ({})", of_kind, kind
            ):
                key = (kind, folded, scope)
                if key in wanted:
                    found[key] = number
        return found

    def names(self, numbers: Collection[int]) -> list[NameRow]:
        """Return names by number."""
        found = self._each(f"SELECT {_NAME} FROM node n WHERE n.id IN ({{}})", set(numbers))  # noqa: S608
        return [*map(NameRow._make, found)]

    def names_of_idents(self, idents: Collection[str]) -> dict[str, NameRow]:
        """Return the names that have or had ids."""
        found = self._each(
            f"SELECT n.ident, {_NAME} FROM node n WHERE n.ident IN ({{}}) UNION ALL"  # noqa: S608
            f" SELECT f.ident, {_NAME} FROM former_ident f JOIN node n ON n.id = f.node"
            " WHERE f.ident IN ({})",
            set(idents),
            times=2,
        )
        return {row[0]: NameRow._make(row[1:]) for row in found}

    def taken_idents(self, idents: Collection[str]) -> set[str]:
        """Return those of the ids that a name has or had."""
        found = self._each(
            "SELECT ident FROM node WHERE ident IN ({}) UNION ALL"
            " SELECT ident FROM former_ident WHERE ident IN ({})",
            set(idents),
            times=2,
        )
        return {row[0] for row in found}

    def arxiv_idents(self, names: Collection[int]) -> dict[int, tuple[str, set[str]]]:
        """Return the present and former ids of names that have or had an arXiv id in one."""
        present: dict[int, tuple[str, set[str]]] = {}
        for name, ident, former in self._each(
            "SELECT n.id, n.ident, f.ident FROM node n LEFT JOIN former_ident f ON f.node = n.id"
            " AND f.ident LIKE 'paper:arxiv:%' WHERE (n.ident LIKE 'paper:arxiv:%'"
            " OR f.ident IS NOT NULL) AND n.id IN ({})",
            set(names),
        ):
            formers = present.setdefault(name, (ident, set()))[1]
            if former is not None:
                formers.add(former)
        return present

    def add_names(self, rows: Sequence[NameRow]) -> None:
        """Hold new names."""
        self._db.executemany(
            "INSERT INTO node (id, kind, fold, scope, text, ident, entity, heir)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._db.executemany(
            "INSERT INTO name_search (text, rowid) VALUES (?, ?)",
            [(r.text, r.id) for r in rows if r.text],
        )

    def give_idents(self, idents: Mapping[int, str]) -> None:
        """Give names other ids; their present ones become former ones."""
        for name, ident in idents.items():
            self._db.execute("DELETE FROM former_ident WHERE ident = ? AND node = ?", (ident, name))
            self._db.execute(
                "INSERT INTO former_ident SELECT ident, id FROM node WHERE id = ?", (name,)
            )
            self._db.execute("UPDATE node SET ident = ? WHERE id = ?", (ident, name))

    def spell(self, changes: Sequence[SpellingRow]) -> None:
        """Set the text of names, here and where they are searched."""
        self._db.executemany(
            "UPDATE node SET text = ? WHERE id = ?", [(c.now, c.name) for c in changes]
        )
        self._db.executemany(
            "DELETE FROM name_search WHERE rowid = ?", [(c.name,) for c in changes if c.before]
        )
        self._db.executemany(
            "INSERT INTO name_search (text, rowid) VALUES (?, ?)",
            [(c.now, c.name) for c in changes if c.now],
        )

    def set_entities(self, rows: Sequence[tuple[int, int]]) -> None:
        """Set the entity of names."""
        self._db.executemany(
            "UPDATE node SET entity = ? WHERE id = ?", [(entity, name) for name, entity in rows]
        )

    def set_heirs(self, rows: Sequence[tuple[int, int]]) -> None:
        """Set the heir of names."""
        self._db.executemany(
            "UPDATE node SET heir = ? WHERE id = ?", [(heir, name) for name, heir in rows]
        )

    # -- sameness -----------------------------------------------------------------------------

    def linked_to(self, names: Collection[int]) -> set[int]:
        """Return the names one step away from any of these."""
        found = self._each(
            "SELECT b.node FROM evidence a JOIN evidence b ON b.value = a.value AND b.kind = a.kind"
            " WHERE a.node IN ({})"
            " UNION SELECT n.id FROM evidence a JOIN node n ON n.fold = a.value AND n.kind = a.kind"
            " AND n.scope = '' WHERE a.type IN ('repository', 'alias') AND a.node IN ({})"
            " UNION SELECT b.node FROM node n JOIN evidence b ON b.value = n.fold AND b.kind = n.kind"
            " WHERE n.scope = '' AND b.type IN ('repository', 'alias') AND n.id IN ({})"
            " UNION SELECT m.id FROM node n JOIN node m ON m.entity = n.entity WHERE n.id IN ({})"
            " UNION SELECT m.id FROM node n"
            " JOIN ruled r ON r.kind = n.kind AND r.fold = n.fold AND r.scope = n.scope"
            " JOIN ruled q ON q.number = r.number"
            " JOIN node m ON m.kind = q.kind AND m.fold = q.fold AND m.scope = q.scope"
            " WHERE n.id IN ({})",
            names,
            times=5,
        )
        return {row[0] for row in found}

    def evidence_of(self, names: Collection[int]) -> list[EvidencePlace]:
        """Return the evidence of names with its places."""
        found = self._each(
            "SELECT e.node, e.type, e.value, e.is_entry, c.source, c.line, c.extractor"
            " FROM evidence e JOIN claim c ON c.id = e.claim WHERE e.node IN ({})",
            set(names),
        )
        return [*found]

    def listed_with(
        self, names: Collection[int], predicates: Collection[str]
    ) -> Iterable[ListedRow]:
        """Return what sources list these names with."""
        asked = ",".join("?" * len(predicates))
        return self._each(
            "SELECT object, source, subject, predicate, qualifiers FROM claim"  # noqa: S608
            f" WHERE withdrawn_load IS NULL AND predicate IN ({asked}) AND object IN ({{}})"
            " AND substr(extractor, 1, 5) <> 'text:'",
            set(names),
            *map(str, predicates),
        )

    def spellings(self, names: Collection[int]) -> Iterable[tuple[int, str, int]]:
        """Return how often current claims spell names in which way."""
        return self._each(
            "SELECT subject, subject_text, count(*) FROM claim WHERE withdrawn_load IS NULL"
            " AND subject IN ({}) GROUP BY 1, 2 UNION ALL"
            " SELECT object, object_text, count(*) FROM claim WHERE withdrawn_load IS NULL"
            " AND object IN ({}) GROUP BY 1, 2",
            set(names),
            times=2,
        )

    def stated_texts(
        self, names: Collection[int], predicates: Collection[str]
    ) -> list[tuple[int, str]]:
        """Return the details of current claims of these predicates about names."""
        asked = ",".join("?" * len(predicates))
        found = self._each(
            "SELECT subject, details FROM claim"  # noqa: S608
            f" WHERE withdrawn_load IS NULL AND predicate IN ({asked}) AND subject IN ({{}})",
            set(names),
            *map(str, predicates),
        )
        return [*found]

    def replace_reasons(self, entities: Collection[int], rows: Sequence[ReasonRow]) -> None:
        """Hold these reasons instead of all of these entities."""
        self._db.executemany("DELETE FROM reason WHERE entity = ?", [(e,) for e in entities])
        self._db.executemany("INSERT OR IGNORE INTO reason VALUES (?, ?, ?, ?)", rows)

    def replace_rulings(
        self, rows: Sequence[RulingRow], apart: Collection[tuple[int, int]]
    ) -> None:
        """Hold exactly these rulings."""
        self._db.execute("DELETE FROM ruled")
        self._db.executemany("INSERT INTO ruled VALUES (?, ?, ?, ?, ?)", rows)
        self._db.execute("DELETE FROM ruled_apart")
        self._db.executemany("INSERT INTO ruled_apart VALUES (?, ?)", apart)

    def rulings_of(self, names: Collection[int]) -> list[tuple[int, int, str]]:
        """Return the groups of names."""
        if self._db.execute("SELECT 1 FROM ruled LIMIT 1").fetchone() is None:
            return []
        found = self._each(
            "SELECT n.id, r.number, r.decisions FROM node n JOIN ruled r"
            " ON r.kind = n.kind AND r.fold = n.fold AND r.scope = n.scope WHERE n.id IN ({})",
            set(names),
        )
        return [*found]

    def ruled_apart(self) -> list[tuple[int, int]]:
        """Return all pairs of groups that were split."""
        return self._db.execute("SELECT a, b FROM ruled_apart").fetchall()

    def parted_folds(self, names: Collection[int]) -> list[tuple[int, str]]:
        """Return what the things of names were split from."""
        if self._db.execute("SELECT 1 FROM ruled_apart LIMIT 1").fetchone() is None:
            return []
        found = self._each(
            "SELECT n.id, q.fold FROM node n JOIN node m ON m.entity = n.entity"
            " JOIN ruled r ON r.kind = m.kind AND r.fold = m.fold AND r.scope = m.scope"
            " JOIN ruled_apart x ON x.a = r.number JOIN ruled q ON q.number = x.b"
            " WHERE n.id IN ({})",
            set(names),
        )
        return [*found]

    # -- claims -------------------------------------------------------------------------------

    def held_claims(self, source: int) -> list[HeldClaim]:
        """Return the current claims of a source, sorted by id."""
        rows = self._db.execute(
            "SELECT c.*, s.kind, s.scope, o.kind, o.scope FROM claim c"
            " JOIN node s ON s.id = c.subject LEFT JOIN node o ON o.id = c.object"
            " WHERE c.source = ? AND c.withdrawn_load IS NULL ORDER BY c.id",
            (source,),
        )
        return [*map(HeldClaim._make, rows)]

    def held_evidence(self, source: int) -> list[EvidenceRow]:
        """Return the evidence that claims of a source give."""
        rows = self._db.execute(
            "SELECT e.* FROM evidence e JOIN claim c ON c.id = e.claim WHERE c.source = ?",
            (source,),
        )
        return [*map(EvidenceRow._make, rows)]

    def add_claims(self, rows: Sequence[ClaimRow], evidence: Sequence[EvidenceRow]) -> None:
        """Hold new claims and their evidence."""
        self._db.executemany(
            "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        self._db.executemany("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?)", evidence)

    def move_claims(self, rows: Sequence[PlaceRow]) -> None:
        """Set where claims are said."""
        self._db.executemany(
            "UPDATE claim SET line = ?, quote = ?, extractor = ?, confidence = ? WHERE id = ?", rows
        )

    def withdraw_claims(self, claims: Sequence[int], load: int) -> None:
        """Withdraw claims."""
        self._db.executemany(
            "UPDATE claim SET withdrawn_load = ? WHERE id = ?", [(load, c) for c in claims]
        )
        self._db.executemany("DELETE FROM evidence WHERE claim = ?", [(c,) for c in claims])

    def held_claims_of(self, source: int, names: Collection[int]) -> list[HeldClaim]:
        """Return the current claims of a source about names, sorted by id."""
        rows = self._each(
            "SELECT c.*, s.kind, s.scope, o.kind, o.scope FROM claim c"
            " JOIN node s ON s.id = c.subject LEFT JOIN node o ON o.id = c.object"
            " WHERE +c.source = ? AND c.withdrawn_load IS NULL AND c.subject IN ({})",
            set(names),
            source,
        )
        return sorted(map(HeldClaim._make, rows))

    def held_from_text(self, source: int, lines: Collection[int]) -> list[HeldClaim]:
        """Return the current claims of a source at lines that were read from running text."""
        # Word for word what the index claim_text is of.
        rows = self._each(
            "SELECT c.*, s.kind, s.scope, o.kind, o.scope FROM claim c INDEXED BY claim_text"
            " JOIN node s ON s.id = c.subject LEFT JOIN node o ON o.id = c.object"
            " WHERE c.source = ? AND c.withdrawn_load IS NULL"
            " AND substr(c.extractor, 1, 5) = 'text:' AND c.line IN ({})",
            set(lines),
            source,
        )
        return sorted(map(HeldClaim._make, rows))

    # -- candidates ---------------------------------------------------------------------------

    def add_doubted(self, rows: Sequence[DoubtedRow]) -> None:
        """Hold candidates."""
        self._db.executemany("INSERT INTO doubted VALUES (?, ?, ?, ?)", rows)

    def remove_doubted(self, source: int, lines: Collection[int] | None) -> None:
        """Hold no candidates of a source any more, or none at these lines."""
        if lines is None:
            self._db.execute("DELETE FROM doubted WHERE source = ?", (source,))
        else:
            gone = [(source, line) for line in set(lines)]
            self._db.executemany("DELETE FROM doubted WHERE source = ? AND line = ?", gone)

    def doubted_at(self, source: int, lines: Collection[int]) -> list[DoubtedRow]:
        """Return the candidates of a source at lines."""
        found = self._each(
            "SELECT id, source, line, said FROM doubted WHERE source = ? AND line IN ({})",
            set(lines),
            source,
        )
        return [*map(DoubtedRow._make, found)]

    def doubted_of(self, source: int) -> Iterator[DoubtedRow]:
        """Yield the candidates of a source by line."""
        rows = self._db.execute(
            "SELECT id, source, line, said FROM doubted WHERE source = ? ORDER BY line", (source,)
        )
        yield from map(DoubtedRow._make, rows)

    def sources_doubted(self) -> set[int]:
        """Return the sources that have candidates."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT source FROM doubted")}

    def count_doubted(self) -> int:
        """Return how many candidates there are."""
        return self._count("SELECT count(*) FROM doubted")

    def doubted_numbered(self, after: int, last: int) -> list[DoubtedRow]:
        """Return the candidates of some numbers."""
        rows = self._db.execute(
            "SELECT id, source, line, said FROM doubted WHERE id > ? AND id <= ?", (after, last)
        )
        return [*map(DoubtedRow._make, rows)]

    # -- records ------------------------------------------------------------------------------

    def held_records(self, source: int, arxiv: Collection[str] | None) -> list[RecordRow]:
        """Return the current records of a source."""
        query = f"SELECT {_RECORD} FROM record WHERE source = ? AND withdrawn_load IS NULL"  # noqa: S608
        if arxiv is None:
            rows: Iterator[Any] = iter(self._db.execute(query, (source,)))
        else:
            rows = self._each(f"{query} AND arxiv IN ({{}})", set(arxiv), source)
        return [*map(RecordRow._make, rows)]

    def add_records(self, rows: Sequence[RecordRow]) -> None:
        """Hold new records."""
        self._db.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def withdraw_records(self, records: Collection[int], load: int) -> None:
        """Withdraw records."""
        self._db.executemany(
            "UPDATE record SET withdrawn_load = ? WHERE id = ?", [(load, r) for r in records]
        )

    def records(
        self,
        *,
        subjects: Collection[int] | None,
        predicates: Collection[str],
        source: str | None,
        withdrawn: bool,
    ) -> Iterator[RecordView]:
        """Yield records by source and line; each source by its index, so that nothing is sorted."""
        where = ["r.source = ?"] if subjects is None else []
        values: list[Any] = []
        if not withdrawn:
            where.append("r.withdrawn_load IS NULL")
        if predicates:
            where.append(f"({' OR '.join(['instr(r.says, ?) > 0'] * len(predicates))})")
            values += [f" {p} " for p in predicates]
        if subjects is not None:
            where.append(
                "r.name IN (SELECT id FROM node WHERE entity IN (SELECT value FROM json_each(?)))"
            )
            values.append(json.dumps([*subjects]))
            if source is not None:
                where.append("src.name = ?")
                values.append(source)
        query = (
            "SELECT src.name, r.line, r.id, r.data, r.first_load, r.withdrawn_load, s.id, s.kind,"  # noqa: S608
            f" s.scope, s.entity, s.ident,{_OWN_NAME} FROM record r"
            " CROSS JOIN source src ON src.id = r.source CROSS JOIN node s ON s.id = r.name"
            f" WHERE {' AND '.join(where) or 'TRUE'} ORDER BY"
            f" {'src.name, ' if subjects is not None else ''}r.line"
        )
        if subjects is not None:
            yield from map(RecordView._make, self._db.execute(query, values))
            return
        asked = self._db.execute(
            "SELECT id FROM source WHERE ? IS NULL OR name = ? ORDER BY name", (source, source)
        )
        for (number,) in asked.fetchall():
            yield from map(RecordView._make, self._db.execute(query, [number, *values]))

    def records_numbered(self, after: int, last: int) -> list[RecordRow]:
        """Return the records of some numbers."""
        rows = self._db.execute(
            f"SELECT {_RECORD} FROM record WHERE id > ? AND id <= ?",  # noqa: S608
            (after, last),
        )
        return [*map(RecordRow._make, rows)]

    def add_mentions(self, rows: Sequence[MentionRow]) -> None:
        """Hold what records name."""
        self._db.executemany("INSERT INTO mention VALUES (?, ?, ?)", rows)

    def mentions_of(self, entities: Collection[int]) -> list[tuple[str, int, str, int]]:
        """Return where current records name entities."""
        found = self._each(
            "SELECT r.arxiv, r.name, m.place, r.first_load FROM node n"
            " CROSS JOIN mention m ON m.name = n.id CROSS JOIN record r ON r.id = m.record"
            " WHERE r.withdrawn_load IS NULL AND n.entity IN ({})",
            set(entities),
        )
        return [*found]

    def mentions_in(self, records: Collection[int]) -> list[MentionRow]:
        """Return what these records name."""
        found = self._each(
            "SELECT record, name, place FROM mention WHERE record IN ({})", set(records)
        )
        return [*map(MentionRow._make, found)]

    def mentions_numbered(self, after: int, last: int) -> list[MentionRow]:
        """Return what records of some numbers name."""
        rows = self._db.execute(
            "SELECT record, name, place FROM mention WHERE record > ? AND record <= ?",
            (after, last),
        )
        return [*map(MentionRow._make, rows)]

    def count_records(self) -> list[tuple[int, str, int]]:
        """Return how many current records of sources say what."""
        return self._db.execute(
            "SELECT source, says, count(*) FROM record WHERE withdrawn_load IS NULL GROUP BY 1, 2"
        ).fetchall()

    def entities_of_records(self, beside: Collection[str]) -> set[int]:
        """Return the entities of which not only one record speaks."""
        asked = ",".join("?" * len(beside))
        rows = self._db.execute(
            "SELECT n.entity FROM record r JOIN node n ON n.id = r.name"  # noqa: S608
            " WHERE r.withdrawn_load IS NULL GROUP BY n.entity HAVING count(*) > 1"
            " UNION SELECT n.entity FROM claim c NOT INDEXED CROSS JOIN node n ON n.id = c.subject"
            f" WHERE c.withdrawn_load IS NULL AND c.predicate IN ({asked}) AND EXISTS (SELECT 1"
            " FROM node m CROSS JOIN record r ON r.name = m.id WHERE m.entity = n.entity"
            " AND r.withdrawn_load IS NULL)",
            (*map(str, beside),),
        )
        return {row[0] for row in rows}

    def cursors(self) -> list[tuple[int, str, str]]:
        """Return how far harvests have come."""
        return self._db.execute("SELECT source, place, cursor FROM harvest").fetchall()

    def set_cursor(self, source: int, place: str, cursor: str) -> None:
        """Hold how far a harvest has come."""
        self._db.execute("DELETE FROM harvest WHERE source = ? AND place = ?", (source, place))
        if cursor:
            self._db.execute("INSERT INTO harvest VALUES (?, ?, ?)", (source, place, cursor))

    def add_news(self, rows: Sequence[NewsRow]) -> None:
        """Hold what watches brought."""
        self._db.executemany("INSERT INTO news VALUES (?, ?, ?, ?, ?, ?)", rows)

    def news_of(self, watch: str, arxiv: Collection[str]) -> list[NewsRow]:
        """Return what a watch brought of papers."""
        found = self._each(
            "SELECT n, at, watch, what, arxiv, version FROM news WHERE watch = ? AND arxiv IN ({})",
            set(arxiv),
            watch,
        )
        return [*map(NewsRow._make, found)]

    def news_numbered(self, after: int, last: int) -> list[NewsRow]:
        """Return what watches brought, of some numbers."""
        rows = self._db.execute(
            "SELECT n, at, watch, what, arxiv, version FROM news WHERE n > ? AND n <= ?",
            (after, last),
        )
        return [*map(NewsRow._make, rows)]

    # -- what the user says -------------------------------------------------------------------

    def facts(self) -> list[FactRow]:
        """Return the user's log."""
        rows = self._db.execute("SELECT n, at, action, payload FROM user_fact ORDER BY n")
        return [FactRow(*row) for row in rows]

    def add_facts(self, rows: Sequence[FactRow]) -> None:
        """Hold new entries of the log."""
        self._db.executemany(
            "INSERT INTO user_fact (n, at, action, payload) VALUES (?, ?, ?, ?)", rows
        )

    def review_numbers(self, pairs: Collection[NamePair]) -> dict[NamePair, int]:
        """Return the numbers of pairs."""
        found: dict[NamePair, int] = {}
        for pair in pairs:
            (kind, *a), (_, *b) = pair
            row = self._db.execute(
                "SELECT n FROM review WHERE kind = ? AND fold_a = ? AND scope_a = ?"
                " AND fold_b = ? AND scope_b = ?",
                (kind, *a, *b),
            ).fetchone()
            if row is not None:
                found[pair] = row[0]
        return found

    def add_reviews(self, rows: Sequence[tuple[int, NamePair]]) -> None:
        """Hold the numbers of pairs."""
        self._db.executemany(
            "INSERT INTO review VALUES (?, ?, ?, ?, ?, ?)",
            [(n, a[0], *a[1:], *b[1:]) for n, (a, b) in rows],
        )

    # -- whole copies -------------------------------------------------------------------------

    def names_numbered(self, after: int, last: int) -> list[NameRow]:
        """Return the names of some numbers."""
        query = f"SELECT {_NAME} FROM node n WHERE n.id > ? AND n.id <= ?"  # noqa: S608
        return [*map(NameRow._make, self._db.execute(query, (after, last)))]

    def claims_numbered(self, after: int, last: int) -> list[ClaimRow]:
        """Return the claims of some numbers."""
        rows = self._db.execute("SELECT * FROM claim WHERE id > ? AND id <= ?", (after, last))
        return [*map(ClaimRow._make, rows)]

    def evidence_numbered(self, after: int, last: int) -> list[EvidenceRow]:
        """Return the evidence of claims of some numbers."""
        rows = self._db.execute(
            "SELECT * FROM evidence WHERE claim > ? AND claim <= ?", (after, last)
        )
        return [*map(EvidenceRow._make, rows)]

    def reasons_numbered(self, after: int, last: int) -> list[ReasonRow]:
        """Return the reasons of entities of some numbers."""
        rows = self._db.execute(
            "SELECT entity, a, b, why FROM reason WHERE entity > ? AND entity <= ?", (after, last)
        )
        return [*map(ReasonRow._make, rows)]

    def reviews_numbered(self, after: int, last: int) -> list[tuple[int, NamePair]]:
        """Return the pairs of names of some numbers."""
        rows = self._db.execute(
            "SELECT n, kind, fold_a, scope_a, fold_b, scope_b FROM review WHERE n > ? AND n <= ?",
            (after, last),
        )
        return [(n, ((kind, a, of_a), (kind, b, of_b))) for n, kind, a, of_a, b, of_b in rows]

    def former_idents(self) -> list[tuple[str, int]]:
        """Return all former ids."""
        return self._db.execute("SELECT ident, node FROM former_ident").fetchall()

    def add_former_idents(self, rows: Sequence[tuple[str, int]]) -> None:
        """Hold former ids."""
        self._db.executemany("INSERT INTO former_ident VALUES (?, ?)", rows)

    def rulings(self) -> list[RulingRow]:
        """Return all rulings."""
        rows = self._db.execute("SELECT kind, fold, scope, number, decisions FROM ruled")
        return [*map(RulingRow._make, rows)]

    def copy_note(self) -> CopyNote | None:
        """Return how far the store is with becoming a copy."""
        row = self._db.execute("SELECT origin, state, stage, number FROM copying").fetchone()
        return None if row is None else CopyNote._make(row)

    def set_copy_note(self, note: CopyNote | None) -> None:
        """Hold how far the store is with becoming a copy."""
        self._db.execute("DELETE FROM copying")
        if note is not None:
            self._db.execute("INSERT INTO copying VALUES (1, ?, ?, ?, ?)", note)

    # -- answers: names and entities ----------------------------------------------------------

    def names_folded(self, folds: Collection[str]) -> list[NameRow]:
        """Return the names that have one of these folds."""
        found = self._each(f"SELECT {_NAME} FROM node n WHERE n.fold IN ({{}})", set(folds))  # noqa: S608
        return [*map(NameRow._make, found)]

    def names_giving(self, type: str, values: Collection[str]) -> list[tuple[str, NameRow]]:
        """Return the names with evidence of a type and values."""
        found = self._each(
            f"SELECT DISTINCT e.value, {_NAME} FROM evidence e JOIN node n ON n.id = e.node"  # noqa: S608
            " WHERE e.type = ? AND e.value IN ({})",
            set(values),
            type,
        )
        return [(row[0], NameRow._make(row[1:])) for row in found]

    def names_sharing(self, grams: Collection[str], limit: int) -> list[tuple[str, str]]:
        """Return the names in use that share most of these trigrams."""
        rows = self._db.execute(
            "WITH shared AS MATERIALIZED (SELECT s.rowid AS name, count(*) AS n FROM json_each(?) g"
            " CROSS JOIN name_search s ON s.name_search MATCH g.value GROUP BY s.rowid)"
            " SELECT n.text, n.kind FROM shared s JOIN node n ON n.id = s.name"
            " WHERE s.n >= coalesce((SELECT n FROM shared ORDER BY n DESC LIMIT 1 OFFSET ?), 1)"
            " ORDER BY s.n DESC, length(n.fold), n.id LIMIT ?",
            (json.dumps(['"' + g.replace('"', '""') + '"' for g in grams]), limit - 1, limit),
        )
        return rows.fetchall()

    def names_beginning(self, prefix: str, limit: int) -> list[tuple[str, str]]:
        """Return the first names in use whose fold begins so."""
        rows = self._db.execute(
            "SELECT text, kind FROM node WHERE text <> '' AND substr(fold, 1, ?) = ?"
            " ORDER BY id LIMIT ?",
            (len(prefix), prefix, limit),
        )
        return rows.fetchall()

    def names_in_use(
        self, kind: str | None, entity: int | None, *, merged: bool
    ) -> Iterator[tuple[str, str, str, str, str, str]]:
        """Yield the names in use, by number."""
        yield from self._db.execute(
            "SELECT n.kind, n.text, n.scope, n.ident, e.ident, n.fold FROM node n"
            " JOIN node e ON e.id = n.entity"
            " WHERE n.text <> '' AND (? IS NULL OR n.kind = ?) AND (? IS NULL OR n.entity = ?)"
            " AND (NOT ? OR n.entity IN (SELECT entity FROM node WHERE text <> ''"
            " GROUP BY entity HAVING count(*) > 1)) ORDER BY n.id",
            (kind, kind, entity, entity, merged),
        )

    def idents_of(self, keys: Collection[NameKey]) -> dict[NameKey, str]:
        """Return the ids of the entities of names in use."""
        folds: dict[str, set[str]] = defaultdict(set)
        for kind, folded, _ in keys:
            folds[kind].add(folded)
        found: dict[NameKey, str] = {}
        for kind, of_kind in folds.items():
            for folded, scope, ident in self._each(
                "SELECT n.fold, n.scope, e.ident FROM node n JOIN node e ON e.id = n.entity"
                " WHERE n.kind = ? AND n.text <> '' AND n.fold IN ({})",
                of_kind,
                kind,
            ):
                found[kind, folded, scope] = ident
        return {key: found[key] for key in keys if key in found}

    def entities_in_use(self, kind: str | None) -> list[int]:
        """Return the entities of names in use."""
        rows = self._db.execute(
            "SELECT DISTINCT entity FROM node WHERE text <> '' AND (? IS NULL OR kind = ?)",
            (kind, kind),
        )
        return [row[0] for row in rows]

    def entities_unspoken_of(self) -> list[int]:
        """Return the entities that are no subject of a current claim."""
        rows = self._db.execute(
            "SELECT DISTINCT n.entity FROM node n WHERE n.text <> '' AND NOT EXISTS"
            " (SELECT 1 FROM node m JOIN claim c ON c.subject = m.id"
            " AND c.withdrawn_load IS NULL WHERE m.entity = n.entity)"
        )
        return [row[0] for row in rows]

    def members(self, entities: Collection[int]) -> list[NameRow]:
        """Return all names of entities."""
        found = self._each(f"SELECT {_NAME} FROM node n WHERE n.entity IN ({{}})", set(entities))  # noqa: S608
        return [*map(NameRow._make, found)]

    def entities(self, numbers: Collection[int]) -> list[tuple[int, str, str, str, int]]:
        """Return what entities are called by their first names, and how many names they have."""
        found = self._each(
            "SELECT id, ident, kind, text, (SELECT count(*) FROM node m"
            " WHERE m.entity = node.id AND m.text <> '') FROM node WHERE id IN ({})",
            set(numbers),
        )
        return [*found]

    def taken_aliases(self, entities: Collection[int]) -> list[tuple[int, str]]:
        """Return the aliases of entities that are names of others."""
        found = self._each(
            "SELECT m.entity, e.value FROM node m JOIN evidence e ON e.node = m.id"
            " JOIN node h ON h.kind = e.kind AND h.fold = e.value AND h.scope = '' AND h.text <> ''"
            " WHERE e.type = 'alias' AND h.entity <> m.entity AND m.entity IN ({})",
            set(entities),
        )
        return [*found]

    def shared_places(self, types: Collection[str]) -> list[SharedPlaceRow]:
        """Return the places of evidence that several entities share."""
        asked = ",".join("?" * len(types))
        rows = self._db.execute(
            "SELECT e.kind, e.type, e.value, e.node, c.source, c.line FROM evidence e"  # noqa: S608
            " JOIN claim c ON c.id = e.claim"
            " JOIN (SELECT f.kind, f.type, f.value FROM evidence f JOIN node m ON m.id = f.node"
            f" WHERE f.type IN ({asked})"
            " GROUP BY f.kind, f.type, f.value HAVING count(DISTINCT m.entity) > 1) d"
            " ON d.kind = e.kind AND d.type = e.type AND d.value = e.value",
            (*types,),
        )
        return [*map(SharedPlaceRow._make, rows)]

    def taken_alias_places(self) -> list[SharedPlaceRow]:
        """Return the places of aliases that are names of others."""
        rows = self._db.execute(
            "SELECT e.kind, e.type, e.value, e.node, c.source, c.line FROM evidence e"
            " JOIN node n ON n.id = e.node JOIN claim c ON c.id = e.claim"
            " JOIN node h ON h.kind = e.kind AND h.fold = e.value AND h.scope = ''"
            " AND h.text <> '' AND h.entity <> n.entity WHERE e.type = 'alias'"
        )
        return [*map(SharedPlaceRow._make, rows)]

    def reasons(self, entity: int) -> list[ReasonRow]:
        """Return the reasons of an entity."""
        rows = self._db.execute("SELECT entity, a, b, why FROM reason WHERE entity = ?", (entity,))
        return [*map(ReasonRow._make, rows)]

    # -- answers: claims ----------------------------------------------------------------------

    def claims(
        self,
        *,
        subjects: Collection[int] | None,
        objects: Collection[int] | None,
        predicates: Collection[str],
        source: str | None,
        withdrawn: bool,
        contested: bool,
    ) -> Iterator[ClaimView]:
        """Yield claims by source and line."""
        where: list[str] = ["TRUE" if withdrawn else "c.withdrawn_load IS NULL"]
        values: list[str] = []
        for end, entities in (("subject", subjects), ("object", objects)):
            if entities is not None:
                # One parameter for any number: SQLite takes a limited number of '?'.
                where.append(
                    f"c.{end} IN (SELECT id FROM node"  # noqa: S608
                    " WHERE entity IN (SELECT value FROM json_each(?)))"
                )
                values.append(json.dumps([*entities]))
        asked = ",".join("?" * len(predicates))
        if predicates:
            where.append(f"c.predicate IN ({asked})")
            values += predicates
        if source is not None:
            where.append("src.name = ?")
            values.append(source)
        if contested:
            where.append(
                "(s.entity, c.predicate) IN (SELECT n.entity, d.predicate FROM claim d"  # noqa: S608
                " JOIN node n ON n.id = d.subject WHERE d.withdrawn_load IS NULL"
                f" {f'AND d.predicate IN ({asked})' if predicates else ''}"
                " GROUP BY n.entity, d.predicate HAVING min(d.details) <> max(d.details))"
            )
            values += predicates
        rows = self._db.execute(
            "SELECT src.name, c.subject_text, s.id, s.kind, s.scope, s.entity, s.ident,"  # noqa: S608
            f"{_OWN_NAME}, coalesce(c.object_text, ''), o.id,"
            " coalesce(o.kind, ''), coalesce(o.scope, ''), coalesce(o.entity, 0), c.predicate, c.qualifiers, c.details, c.stance, c.line, c.quote,"
            " c.extractor, c.confidence, c.first_load, c.withdrawn_load, c.id"
            " FROM claim c JOIN source src ON src.id = c.source JOIN node s ON s.id = c.subject"
            f" LEFT JOIN node o ON o.id = c.object WHERE {' AND '.join(where)}"
            " ORDER BY src.name, c.line, c.predicate, c.subject_text, c.object_text, c.qualifiers,"
            " c.details, c.first_load, c.id",
            values,
        )
        return rows

    def identifiers(
        self, entities: Collection[int] | None, without: str | None
    ) -> Iterable[tuple[int, str, str, str, str, str, int, int]]:
        """Return the identifiers that are given to names."""
        where, values = ["e.type = 'identifier'"], list[str]()
        if entities is not None:
            where.append("n.entity IN (SELECT value FROM json_each(?))")
            values.append(json.dumps([*entities]))
        if without is not None:
            where.append(
                "NOT EXISTS (SELECT 1 FROM node m JOIN claim d ON d.subject = m.id"
                " AND d.predicate = ? AND d.withdrawn_load IS NULL WHERE m.entity = n.entity)"
            )
            values.append(without)
        return self._db.execute(
            "SELECT n.id, n.text, n.fold, t.ident, e.value, c.extractor, c.source, c.line"  # noqa: S608
            " FROM evidence e JOIN node n ON n.id = e.node JOIN node t ON t.id = n.entity"
            f" JOIN claim c ON c.id = e.claim WHERE {' AND '.join(where)}",
            values,
        )

    def count_values(self, predicate: str, kind: str) -> list[tuple[str, int]]:
        """Return how many entities have which details of a predicate, where there is just one."""
        # Read in the order of the file: an index would fetch a million rows one by one.
        return self._db.execute(
            "SELECT said, count(*) FROM (SELECT min(d.details) AS said FROM claim d NOT INDEXED"
            " CROSS JOIN node n ON n.id = d.subject WHERE d.predicate = ? AND n.kind = ?"
            " AND d.withdrawn_load IS NULL GROUP BY n.entity"
            " HAVING min(d.details) = max(d.details)) GROUP BY said",
            (predicate, kind),
        ).fetchall()

    def count_subjects(self, predicate: str, stance: str) -> int:
        """Return how many entities a current claim or record says this of."""
        return self._count(
            "SELECT count(*) FROM (SELECT n.entity FROM claim c JOIN node n ON n.id = c.subject"
            " WHERE c.predicate = ? AND c.stance = ? AND c.withdrawn_load IS NULL"
            " UNION SELECT n.entity FROM record r JOIN node n ON n.id = r.name"
            " WHERE instr(r.says, ?) > 0 AND ? = 'states' AND r.withdrawn_load IS NULL)",
            predicate,
            stance,
            f" {predicate} ",
            stance,
        )

    def count_entities(self, kind: str | None = None) -> dict[str, int]:
        """Return how many entities of each kind there are."""
        rows = self._db.execute(
            "SELECT kind, count(DISTINCT entity) FROM node NOT INDEXED"
            " WHERE text <> '' AND (? IS NULL OR kind = ?) GROUP BY kind",
            (kind, kind),
        )
        return dict(rows.fetchall())

    def count_claims(self) -> dict[str, int]:
        """Return how many current claims of each predicate there are."""
        rows = self._db.execute(
            "SELECT predicate, count(*) FROM claim WHERE withdrawn_load IS NULL GROUP BY predicate"
        )
        return dict(rows.fetchall())

    def kept_count(self, what: str, load: int, fact: int) -> int | None:
        """Return a count that was kept."""
        row = self._db.execute(
            "SELECT n FROM tally WHERE what = ? AND load = ? AND fact = ?", (what, load, fact)
        ).fetchone()
        return int(row[0]) if row else None

    def keep_count(self, what: str, n: int, load: int, fact: int) -> None:
        """Keep a count, where the file can be written now."""
        if not self._db.in_transaction:
            with contextlib.suppress(sqlite3.OperationalError):
                self._db.execute(
                    "INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)", (what, n, load, fact)
                )
