"""The rows of a store in SQLite: all of its SQL, and nothing of what rows mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from kg.engine.rows import (
    ClaimRow,
    EvidencePlace,
    EvidenceRow,
    FactRow,
    HeldClaim,
    ListedRow,
    LoadRow,
    NamePair,
    NameRow,
    Numbered,
    PlaceRow,
    ReasonRow,
    Rows,
    RulingRow,
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
}

_SOURCE = (
    "SELECT id, name, format, content_hash, title, date, last_load, copy_of, seen_at FROM source"
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
        return int(self._db.execute(_LAST[of]).fetchone()[0])

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
        self._db.execute("UPDATE load SET source = ? WHERE source = ?", (heir, source))
        self._db.execute("DELETE FROM source WHERE id = ?", (source,))

    def find_loads(self, numbers: Collection[int] | None = None) -> list[LoadRow]:
        """Return loads by number, or all."""
        query = "SELECT n, source, at, action, added, edited, withdrawn, unchanged FROM load"
        if numbers is None:
            return [LoadRow(*row) for row in self._db.execute(query)]
        found = self._each(query + " WHERE n IN ({})", set(numbers))
        return [LoadRow(*row) for row in found]

    def add_load(self, row: LoadRow) -> None:
        """Hold a new load."""
        self._db.execute("INSERT INTO load VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

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
            f" WHERE withdrawn_load IS NULL AND predicate IN ({asked}) AND object IN ({{}})",
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
