"""The embedded store: one SQLite file, standard library only, WAL, FTS5, no extensions.

All SQL of the project stands in this module.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import TypeVar

from kg.errors import (
    ClaimError,
    NotFoundError,
    SchemaVersionError,
    SetupError,
    StoreBusyError,
    StoreError,
)
from kg.identity import Key, NameNode, Support, chosen_identifiers, keys_of, resolve
from kg.model import (
    Claim,
    JsonValue,
    Kind,
    Name,
    Property,
    Reading,
    Rejected,
    Relation,
    Remark,
    Stance,
)
from kg.names import fold, is_shouted, marks, slug
from kg.store import Change, Diff, End, Entity, LoadReport, SourceInfo, StoredClaim

_T = TypeVar("_T")

APPLICATION_ID = 0x6B673031
"""Marks a SQLite file as a store of this project ('kg01')."""

_FIRST_SCHEMA = """
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    format TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    date TEXT NOT NULL DEFAULT '',
    last_load INTEGER NOT NULL,
    copy_of INTEGER REFERENCES source(id)
);
CREATE TABLE load (
    n INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source(id),
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    added INTEGER NOT NULL, edited INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL, unchanged INTEGER NOT NULL
);
-- A name: one kind and folded spelling (and the owner of a generic name). Never deleted, so that
-- its id stays its own; text is the best spelling of current claims, '' when there is none.
CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    fold TEXT NOT NULL,
    scope TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL,
    ident TEXT NOT NULL UNIQUE,
    entity INTEGER NOT NULL,
    UNIQUE (kind, fold, scope)
);
CREATE INDEX node_entity ON node(entity);
CREATE INDEX node_fold ON node(fold);
-- Who a name is taken to be, and why: derived by kg.identity, rebuilt where evidence changes.
CREATE TABLE reason (
    entity INTEGER NOT NULL,
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (entity, a, b, why)
) WITHOUT ROWID;
-- Relations (object set) and properties (object null), current and withdrawn.
CREATE TABLE claim (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source(id),
    subject INTEGER NOT NULL REFERENCES node(id),
    subject_text TEXT NOT NULL,
    predicate TEXT NOT NULL,
    object INTEGER REFERENCES node(id),
    object_text TEXT,
    qualifiers TEXT NOT NULL,
    details TEXT NOT NULL,
    stance TEXT NOT NULL,
    line INTEGER NOT NULL,
    quote TEXT NOT NULL,
    extractor TEXT NOT NULL,
    confidence REAL NOT NULL,
    first_load INTEGER NOT NULL,
    withdrawn_load INTEGER
);
CREATE INDEX claim_source ON claim(source) WHERE withdrawn_load IS NULL;
CREATE INDEX claim_subject ON claim(subject, predicate) WHERE withdrawn_load IS NULL;
CREATE INDEX claim_object ON claim(object, predicate) WHERE withdrawn_load IS NULL;
-- What a current claim says about sameness.
CREATE TABLE evidence (
    claim INTEGER NOT NULL REFERENCES claim(id),
    node INTEGER NOT NULL REFERENCES node(id),
    kind TEXT NOT NULL,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    is_entry INTEGER NOT NULL,
    PRIMARY KEY (claim, type, value)
) WITHOUT ROWID;
CREATE INDEX evidence_value ON evidence(value, kind);
CREATE INDEX evidence_node ON evidence(node);
CREATE TABLE rejected (
    source INTEGER NOT NULL REFERENCES source(id),
    line INTEGER NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX rejected_source ON rejected(source);
CREATE TABLE remark (
    source INTEGER NOT NULL REFERENCES source(id),
    line INTEGER NOT NULL,
    text TEXT NOT NULL,
    kind TEXT NOT NULL
);
CREATE INDEX remark_source ON remark(source);
-- What the user says; the only thing that cannot be rebuilt from the sources.
CREATE TABLE user_fact (
    n INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    payload TEXT NOT NULL,
    undone_by INTEGER
);
CREATE VIRTUAL TABLE name_search USING fts5(text, tokenize = 'trigram');
"""

_PATIENCE_SECONDS = 30.0
"""How long to wait for another process that writes."""

MIGRATIONS: tuple[tuple[str, str], ...] = (("first form of the store", _FIRST_SCHEMA),)
"""(what it does, SQL) in order; the schema version is their number. Never edited, only added to."""


class SqliteStore:
    """A store in one SQLite file.

    Parameters
    ----------
    path : the file; ':memory:' for one that lives as long as the object
    create : make the file where there is none

    Raises
    ------
    SetupError
        If the file is not there and `create` is false.
    StoreError
        If the file is no store, is damaged, or cannot be read or written.
    SchemaVersionError
        If a newer version of this program wrote it.
    """

    def __init__(self, path: Path | str, *, create: bool = False) -> None:
        self.path = path if str(path) == ":memory:" else Path(path)
        self.url = str(path)
        if isinstance(self.path, Path):
            if not self.path.exists():
                if not create:
                    raise SetupError(
                        f"there is no store at {path}; 'kg ingest PATH' makes one, or name"
                        " another with --store or KG_STORE"
                    )
                try:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise StoreError(
                        f"cannot make the folder of the store {path}: {error.strerror}"
                    ) from error
            elif self.path.is_dir():
                raise StoreError(
                    f"{path} is a folder; a store is a file, for example {path}/kg.sqlite"
                )
        with self._translated():
            self._db = sqlite3.connect(str(path), timeout=_PATIENCE_SECONDS, isolation_level=None)
            self._db.execute("PRAGMA foreign_keys = ON")
            self._check_is_store()
            self._use_write_ahead_log()
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA cache_size = -65536")
            self._migrate()

    def close(self) -> None:
        """Release the file; a second call does nothing."""
        self._db.close()

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- opening ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn SQLite's errors into ours, at this one place."""
        try:
            yield
        except sqlite3.OperationalError as error:
            text = str(error)
            if "locked" in text or "busy" in text:
                raise StoreBusyError(
                    f"the store {self.url} is being written by another process; nothing was"
                    " changed, try again when it is done"
                ) from error
            if "disk is full" in text or "disk I/O" in text:
                raise StoreError(
                    f"cannot write the store {self.url}: {text}; what was committed before is"
                    " whole, make room and try again"
                ) from error
            if "readonly" in text or "unable to open" in text:
                raise StoreError(
                    f"cannot open or write the store {self.url}: {text}; check the permissions of"
                    " the file and its folder"
                ) from error
            raise StoreError(f"the store {self.url} failed: {text}") from error
        except UnicodeEncodeError as error:
            raise StoreError(
                f"a text cannot be stored: {error.object[error.start : error.end]!r} is half of a"
                " character; nothing was changed, repair the encoding of the source"
            ) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError, _DamagedRowError) as error:
            raise StoreError(
                f"{self.url} is no store or is damaged: {error}; restore a backup, or name another"
                " file with --store and ingest the lists again"
            ) from error

    def _use_write_ahead_log(self) -> None:
        """Set WAL; waits by itself, because SQLite does not for two that set it on a new file."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _check_is_store(self) -> None:
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        found = self._db.execute("PRAGMA application_id").fetchone()[0]
        if tables and found != APPLICATION_ID:
            raise StoreError(
                f"{self.url} is a SQLite file of another program; name another file with --store"
            )

    def _migrate(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise SchemaVersionError(
                f"the store {self.url} has schema {version}, this program knows up to"
                f" {len(MIGRATIONS)}; upgrade the program",
                found=version,
                supported=len(MIGRATIONS),
            )
        for number in range(version + 1, len(MIGRATIONS) + 1):
            with self._transaction():
                if self._db.execute("PRAGMA user_version").fetchone()[0] >= number:
                    continue
                for statement in _statements(MIGRATIONS[number - 1][1]):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {number:d}")
                self._db.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Run a block in one write transaction; any exception rolls it back and goes on."""
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # -- loading ------------------------------------------------------------------------------

    def has_content(self, source: str, content_hash: str) -> LoadReport | None:
        """Say that this very content is already loaded, under this name or as a copy."""
        with self._translated():
            row = self._db.execute(
                "SELECT s.id, o.name FROM source s LEFT JOIN source o ON o.id = s.copy_of"
                " WHERE s.name = ? AND s.content_hash = ?",
                (source, content_hash),
            ).fetchone()
            if row:
                unchanged, rejected = self._source_counts(row[0])
                return LoadReport(
                    source, 0, Diff(unchanged=unchanged), rejected, copy_of=row[1] or ""
                )
            other = self._db.execute(
                "SELECT name FROM source WHERE content_hash = ? AND name <> ? AND copy_of IS NULL"
                " ORDER BY name",
                (content_hash, source),
            ).fetchone()
            known = self._db.execute("SELECT 1 FROM source WHERE name = ?", (source,)).fetchone()
        if other and not known:
            return LoadReport(source, 0, Diff(), 0, copy_of=other[0])
        return None

    def add_copy(self, source: str, format: str, content_hash: str, original: str) -> None:
        """Note that a source says what another says, so that it still does when that one changes."""
        with self._transaction():
            row = self._db.execute("SELECT id FROM source WHERE name = ?", (original,)).fetchone()
            if (
                row is None
                or self._db.execute("SELECT 1 FROM source WHERE name = ?", (source,)).fetchone()
            ):
                return
            copy, load = self._begin_load(source, format, content_hash, Reading(()))
            self._db.execute("UPDATE source SET copy_of = ? WHERE id = ?", (row[0], copy))
            self._end_load(copy, load, "copy", Diff())

    def _part_copies(self, source: int) -> set[int]:
        """Give the claims of a source that is about to change to its copies; the names touched."""
        copies = [
            r[0]
            for r in self._db.execute(
                "SELECT id FROM source WHERE copy_of = ? ORDER BY name", (source,)
            )
        ]
        if not copies:
            return set()
        heir, load = copies[0], self._next_load()
        first = self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM claim").fetchone()[0]
        rows = self._db.execute(
            "SELECT * FROM claim WHERE source = ? AND withdrawn_load IS NULL ORDER BY id", (source,)
        ).fetchall()
        number = {row[0]: first + i for i, row in enumerate(rows)}
        evidence = self._db.execute(
            "SELECT e.* FROM evidence e JOIN claim c ON c.id = e.claim WHERE c.source = ?",
            (source,),
        ).fetchall()
        self._db.executemany(
            "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(number[r[0]], heir, *r[2:14], load, None) for r in rows],
        )
        self._db.executemany(
            "INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?)",
            [(number[e[0]], *e[1:]) for e in evidence],
        )
        for table in ("rejected", "remark"):
            self._db.execute(
                f"INSERT INTO {table} SELECT ?, line, text, {'reason' if table == 'rejected' else 'kind'}"  # noqa: S608
                f" FROM {table} WHERE source = ?",
                (heir, source),
            )
        self._db.execute(
            "UPDATE source SET copy_of = NULL, last_load = ?, (title, date) ="
            " (SELECT title, date FROM source WHERE id = ?) WHERE id = ?",
            (load, source, heir),
        )
        self._db.executemany(
            "UPDATE source SET copy_of = ? WHERE id = ?", [(heir, c) for c in copies[1:]]
        )
        self._end_load(heir, load, "load", Diff(len(rows)))
        return {r[2] for r in rows} | {r[5] for r in rows if r[5] is not None}

    def _source_counts(self, source: int) -> tuple[int, int]:
        claims = self._db.execute(
            "SELECT count(*) FROM claim WHERE source = ? AND withdrawn_load IS NULL", (source,)
        ).fetchone()[0]
        rejected = self._db.execute(
            "SELECT count(*) FROM rejected WHERE source = ?", (source,)
        ).fetchone()[0]
        return claims, rejected

    def load(self, source: str, format: str, content_hash: str, reading: Reading) -> LoadReport:
        """Make the claims of a source exactly those of a reading, in one transaction."""
        with self._transaction():
            row = self._db.execute("SELECT id FROM source WHERE name = ?", (source,)).fetchone()
            parted = self._part_copies(row[0]) if row else set()
            source_id, load = self._begin_load(source, format, content_hash, reading)
            nodes = self._nodes_for(reading.claims)
            diff, touched = self._apply(source_id, load, reading.claims, nodes)
            touched |= parted
            self._replace_remains(source_id, reading)
            self._end_load(source_id, load, "load", diff)
            self._settle(touched)
        return LoadReport(source, load, diff, len(reading.rejected))

    def forget(self, source: str) -> LoadReport:
        """Withdraw everything a source says; its history stays."""
        with self._transaction():
            row = self._db.execute("SELECT id FROM source WHERE name = ?", (source,)).fetchone()
            if row is None:
                known = tuple(
                    r[0] for r in self._db.execute("SELECT name FROM source ORDER BY name")
                )
                raise NotFoundError(
                    f"no source is called {source!r}; 'kg sources' lists them",
                    name=source,
                    nearest=known[:3],
                )
            parted = self._part_copies(row[0])
            load = self._next_load()
            diff, touched = self._apply(row[0], load, (), {})
            touched |= parted
            self._replace_remains(row[0], Reading(()))
            self._end_load(row[0], load, "forget", diff)
            self._db.execute(
                "UPDATE source SET content_hash = '', copy_of = NULL WHERE id = ?", (row[0],)
            )
            self._settle(touched)
        return LoadReport(source, load, diff, 0)

    def _next_load(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(n), 0) + 1 FROM load").fetchone()[0])

    def _begin_load(
        self, source: str, format: str, content_hash: str, reading: Reading
    ) -> tuple[int, int]:
        load = self._next_load()
        self._db.execute(
            "INSERT INTO source (name, format, content_hash, title, date, last_load)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET format = excluded.format,"
            " content_hash = excluded.content_hash, title = excluded.title, date = excluded.date,"
            " last_load = excluded.last_load, copy_of = NULL",
            (source, format, content_hash, reading.title, reading.date, load),
        )
        return self._db.execute("SELECT id FROM source WHERE name = ?", (source,)).fetchone()[
            0
        ], load

    def _end_load(self, source: int, load: int, action: str, diff: Diff) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self._db.execute(
            "INSERT INTO load VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (load, source, now, action, diff.added, diff.edited, diff.withdrawn, diff.unchanged),
        )

    def _replace_remains(self, source: int, reading: Reading) -> None:
        self._db.execute("DELETE FROM rejected WHERE source = ?", (source,))
        self._db.executemany(
            "INSERT INTO rejected VALUES (?, ?, ?, ?)",
            [(source, r.line, r.text, r.reason) for r in reading.rejected],
        )
        self._db.execute("DELETE FROM remark WHERE source = ?", (source,))
        self._db.executemany(
            "INSERT INTO remark VALUES (?, ?, ?, ?)",
            [(source, r.line, r.text, r.kind) for r in reading.remarks],
        )

    def _nodes_for(self, claims: Sequence[Claim]) -> dict[tuple[str, str, str], int]:
        """Find or make the node of every name in the claims."""
        wanted: dict[tuple[str, str, str], str] = {}
        for claim in claims:
            for name in (claim.subject, claim.object):
                if name is not None:
                    wanted.setdefault(node_key(name), name.text)
        arxiv = _arxiv_owners(claims)
        keys = list(wanted)
        found: dict[tuple[str, str, str], int] = {}
        for kind in Kind:
            folds = [k[1] for k in keys if k[0] == kind]
            for chunk in _chunks(folds, 400):
                marks_ = ",".join("?" * len(chunk))
                rows = self._db.execute(
                    f"SELECT id, fold, scope FROM node WHERE kind = ? AND fold IN ({marks_})",  # noqa: S608
                    (str(kind), *chunk),
                )
                for node, folded, scope in rows:
                    found[str(kind), folded, scope] = node
        new = [k for k in keys if k not in found]
        wishes = {k: _wished_idents(k, wanted[k], arxiv.get(k)) for k in new}
        taken = self._taken_idents(w for ws in wishes.values() for w in ws)
        next_id = self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM node").fetchone()[0]
        rows_ = []
        for key in new:
            ident = next((w for w in wishes[key] if w not in taken), None)
            ident = ident or self._numbered_ident(wishes[key][-1], taken)
            taken.add(ident)
            rows_.append((next_id, *key, "", ident, next_id))
            found[key] = next_id
            next_id += 1
        self._db.executemany("INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, ?)", rows_)
        return found

    def _taken_idents(self, idents: Iterable[str]) -> set[str]:
        """Return those of the given ids that some name already has."""
        taken: set[str] = set()
        for chunk in _chunks(list(idents), 500):
            marks_ = ",".join("?" * len(chunk))
            taken.update(
                r[0]
                for r in self._db.execute(
                    f"SELECT ident FROM node WHERE ident IN ({marks_})",  # noqa: S608
                    chunk,
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

    def _apply(
        self,
        source: int,
        load: int,
        claims: Sequence[Claim],
        nodes: Mapping[tuple[str, str, str], int],
    ) -> tuple[Diff, set[int]]:
        """Add, edit, withdraw and move claims until the source says exactly `claims`."""
        held: dict[tuple[object, ...], list[_Held]] = defaultdict(list)
        for row in self._db.execute(
            "SELECT c.id, s.kind, s.scope, c.subject_text, c.predicate, o.kind, o.scope, c.object_text,"
            " c.qualifiers, c.details, c.stance, c.line, c.quote, c.extractor, c.confidence, c.subject, c.object"
            " FROM claim c JOIN node s ON s.id = c.subject LEFT JOIN node o ON o.id = c.object"
            " WHERE c.source = ? AND c.withdrawn_load IS NULL ORDER BY c.id",
            (source,),
        ):
            held[row[1:9]].append(
                _Held(row[0], row[9:11], row[11:15], row[15], row[16], row[3], row[7])
            )
        touched: set[int] = set()
        if not held:
            touched = self._insert(source, load, claims, nodes)
            first = tuple(Change("added", _told(c), c.line) for c in claims)
            return Diff(len(claims), changes=first), touched
        new: dict[tuple[object, ...], list[Claim]] = defaultdict(list)
        for claim in claims:
            new[_claim_key(claim)].append(claim)
        added: list[Claim] = []
        gone: list[_Held] = []
        moved: list[tuple[object, ...]] = []
        changes: list[Change] = []
        edited = unchanged = 0
        for key in [*new, *(k for k in held if k not in new)]:
            old, fresh = list(held.get(key, ())), []
            for claim in new.get(key, ()):
                said = (_json(claim.values), str(claim.stance))
                match = next((h for h in old if h.said == said), None)
                if match is None:
                    fresh.append(claim)
                    continue
                old.remove(match)
                unchanged += 1
                where = (claim.line, claim.quote, claim.extractor, claim.confidence)
                if where != match.where:
                    moved.append((*where, match.id))
                    touched.add(match.subject)
                    if match.object is not None:
                        touched.add(match.object)
            pairs = min(len(old), len(fresh))
            edited += pairs
            changes += [Change("edited", _told(c), c.line) for c in fresh[:pairs]]
            changes += [Change("added", _told(c), c.line) for c in fresh[pairs:]]
            changes += [
                Change("withdrawn", _told_key(key, h), int(str(h.where[0]))) for h in old[pairs:]
            ]
            added += fresh
            gone += old
        touched |= {h.subject for h in gone} | {h.object for h in gone if h.object is not None}
        self._withdraw(gone, load)
        self._db.executemany(
            "UPDATE claim SET line = ?, quote = ?, extractor = ?, confidence = ? WHERE id = ?",
            moved,
        )
        touched |= self._insert(source, load, added, nodes)
        diff = Diff(len(added) - edited, edited, len(gone) - edited, unchanged, tuple(changes))
        return diff, touched

    def _withdraw(self, gone: Sequence[_Held], load: int) -> None:
        self._db.executemany(
            "UPDATE claim SET withdrawn_load = ? WHERE id = ?", [(load, h.id) for h in gone]
        )
        self._db.executemany("DELETE FROM evidence WHERE claim = ?", [(h.id,) for h in gone])

    def _insert(
        self,
        source: int,
        load: int,
        added: Sequence[Claim],
        nodes: Mapping[tuple[str, str, str], int],
    ) -> set[int]:
        claim_id = self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM claim").fetchone()[0]
        rows, evidence, touched = [], [], set()
        for claim in added:
            subject = nodes[node_key(claim.subject)]
            target = nodes[node_key(claim.object)] if claim.object is not None else None
            touched.add(subject)
            if target is not None:
                touched.add(target)
            rows.append(
                (
                    claim_id,
                    source,
                    subject,
                    claim.subject.text,
                    str(claim.predicate),
                    target,
                    claim.object.text if claim.object else None,
                    _json(claim.qualifiers),
                    _json(claim.values),
                    str(claim.stance),
                    claim.line,
                    claim.quote,
                    claim.extractor,
                    claim.confidence,
                    load,
                    None,
                )  # fmt: skip
            )
            if isinstance(claim.predicate, Property):
                is_entry = claim.values.get("own") == "entry"
                for key in keys_of(claim.subject.kind, str(claim.predicate), claim.values):
                    evidence.append(
                        (claim_id, subject, str(claim.subject.kind), key.type, key.value, is_entry)
                    )
            claim_id += 1
        self._db.executemany(
            "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        self._db.executemany("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?)", evidence)
        return touched

    # -- sameness -----------------------------------------------------------------------------

    def _settle(self, touched: set[int]) -> None:
        """Work out anew which names are one thing, around the names that a change touched."""
        self._respell(touched)
        component = self._connected(touched)
        nodes = self._name_nodes(component)
        held: dict[int, int] = {}
        reasoned: set[int] = set()
        for chunk in _chunks(sorted(component), 500):
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
        for chunk in _chunks(sorted(touched), 500):
            marks_ = ",".join("?" * len(chunk))
            for node, kind, text in self._db.execute(
                f"SELECT id, kind, text FROM node WHERE id IN ({marks_})",  # noqa: S608
                chunk,
            ):
                counted = {t: n for t, n in spellings.get(node, Counter()).items() if n}
                best = min(
                    counted, key=lambda t: _display_order(Kind(kind), t, counted[t]), default=""
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
            for chunk in _chunks(sorted(frontier), 300):
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
        for chunk in _chunks(sorted(ids), 500):
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
                support = _support(extractor, source, line)
                nodes[node].keys.setdefault(Key(type_, value), []).append(support)
                if is_entry:
                    nodes[node].entries_in |= {source}
        with_keys = [n for n in nodes.values() if n.kind in (Kind.MODEL, Kind.DATASET) and (n.keys)]
        if with_keys:
            for chunk in _chunks([n.id for n in nodes.values()], 500):
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

    # -- reading ------------------------------------------------------------------------------

    def sources(self) -> list[SourceInfo]:
        """All sources, sorted by id."""
        with self._translated():
            rows = self._db.execute(
                "SELECT s.id, s.name, s.format, s.title, s.date, s.last_load, l.at, l.added, l.edited, l.withdrawn,"
                " l.unchanged FROM source s JOIN load l ON l.n = (SELECT max(n) FROM load WHERE source = s.id)"
                " ORDER BY s.name"
            ).fetchall()
            return [
                SourceInfo(
                    r[1], r[2], r[3], r[4], r[5], r[6], *self._source_counts(r[0]), Diff(*r[7:11])
                )
                for r in rows
            ]

    def rejected(self, source: str) -> list[Rejected]:
        """Lines of a source that could not be read, in order."""
        with self._translated():
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
        with self._translated():
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
        with self._translated():
            row = self._db.execute("SELECT entity FROM node WHERE ident = ?", (name,)).fetchone()
            if row:
                return self._entities([row[0]])
            folded = _folded(name)
            rows = self._db.execute(
                "SELECT DISTINCT entity FROM node WHERE fold = ? AND (? IS NULL OR kind = ?)"
                " UNION SELECT DISTINCT n.entity FROM evidence e JOIN node n ON n.id = e.node"
                " WHERE e.value = ? AND e.type = 'alias' AND (? IS NULL OR n.kind = ?)",
                (folded, kind, kind, folded, kind, kind),
            ).fetchall()
            found = self._entities([r[0] for r in rows])
            if not found and kind in (None, Kind.PAPER):
                found = self._entities(self._identified(_identifier_value(name)))
            if not found:
                found = self._by_repository(name, folded, kind)
            return found

    def _identified(self, value: str) -> list[int]:
        """Return the papers that own an identifier, or else those that it is written beside."""
        entity_of = dict(
            self._db.execute(
                "SELECT n.id, n.entity FROM evidence e JOIN node n ON n.id = e.node"
                " WHERE e.value = ? AND e.type = 'identifier'",
                (value,),
            ).fetchall()
        )
        nodes = self._name_nodes(set(entity_of))
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
        with self._translated():
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
        with self._translated():
            ids = [
                r[0]
                for r in self._db.execute(
                    "SELECT DISTINCT entity FROM node WHERE text <> '' AND (? IS NULL OR kind = ?)",
                    (kind, kind),
                )
            ]
            found = sorted(self._entities(ids), key=lambda e: e.id)
        yield from found

    def _entities(self, ids: Sequence[int]) -> list[Entity]:
        """Build entities from their node ids, each with the spellings of current claims."""
        result: list[Entity] = []
        for chunk in _chunks(sorted(set(ids)), 300):
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
            for entity in chunk:
                if entity not in own:
                    continue
                ident, kind = own[entity]
                counted: Counter[str] = Counter()
                for node in members[entity]:
                    counted.update(spellings.get(node) or {})
                names = sorted(counted, key=lambda t: _display_order(Kind(kind), t, counted[t]))
                if names:
                    result.append(Entity(ident, Kind(kind), names[0], tuple(names[1:])))
        return result

    def _spellings(self, nodes: Sequence[int], *, given: bool = True) -> dict[int, Counter[str]]:
        """How often current claims spell each name in which way; `given` aliases and labels too."""
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for chunk in _chunks(sorted(nodes), 400):
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
                    raise _DamagedRowError(f"details of a claim ({error})") from error
        return found

    def iter_claims(
        self,
        *,
        subject: str | None = None,
        object: str | None = None,
        predicates: Iterable[str] = (),
        source: str | None = None,
    ) -> Iterator[StoredClaim]:
        """Current claims about the given entities (ids), sorted by source, line and what they say."""
        where, values = ["c.withdrawn_load IS NULL"], []
        if subject is not None:
            where.append(
                "c.subject IN (SELECT id FROM node WHERE entity = (SELECT entity FROM node WHERE ident = ?))"
            )
            values.append(subject)
        if object is not None:
            where.append(
                "c.object IN (SELECT id FROM node WHERE entity = (SELECT entity FROM node WHERE ident = ?))"
            )
            values.append(object)
        wanted = [str(p) for p in predicates]
        if wanted:
            where.append(f"c.predicate IN ({','.join('?' * len(wanted))})")
            values += wanted
        if source is not None:
            where.append("src.name = ?")
            values.append(source)
        query = (
            "SELECT src.name, c.subject_text, s.kind, s.scope, s.entity, c.predicate, c.object_text, o.kind, o.scope,"  # noqa: S608
            " o.entity, c.qualifiers, c.details, c.stance, c.line, c.quote, c.extractor, c.confidence, c.first_load,"
            " c.withdrawn_load FROM claim c JOIN source src ON src.id = c.source JOIN node s ON s.id = c.subject"
            f" LEFT JOIN node o ON o.id = c.object WHERE {' AND '.join(where)}"
            " ORDER BY src.name, c.line, c.predicate, c.subject_text, c.object_text, c.qualifiers, c.details"
        )
        with self._translated():
            rows = self._db.execute(query, values).fetchall()
            names = {
                e: i
                for e, i in self._shown(
                    {r[4] for r in rows} | {r[9] for r in rows if r[9] is not None}
                )
            }
            try:
                claims = [_stored_claim(row, names) for row in rows]
            except (ValueError, TypeError, KeyError, ClaimError) as error:
                raise _DamagedRowError(f"a row that no program of ours wrote ({error})") from error
        yield from claims

    def _shown(self, ids: set[int]) -> Iterator[tuple[int, Entity]]:
        by_ident = {
            r[0]: r[1]
            for chunk in _chunks(sorted(ids), 500)
            for r in self._db.execute(
                f"SELECT ident, id FROM node WHERE id IN ({','.join('?' * len(chunk))})",  # noqa: S608
                chunk,
            )
        }
        for entity in self._entities(sorted(ids)):
            yield by_ident[entity.id], entity

    def identifiers(self) -> Mapping[str, Mapping[str, str]]:
        """For every paper id the identifiers that stand for it: scheme -> value."""
        with self._translated():
            nodes: dict[int, NameNode] = {}
            entity_of: dict[int, int] = {}
            for (
                node,
                text,
                folded,
                entity,
                type_,
                value,
                extractor,
                source,
                line,
            ) in self._db.execute(
                "SELECT n.id, n.text, n.fold, n.entity, e.type, e.value, c.extractor, c.source, c.line FROM evidence e"
                " JOIN node n ON n.id = e.node JOIN claim c ON c.id = e.claim WHERE e.type = 'identifier'"
            ):
                held = nodes.setdefault(node, NameNode(node, Kind.PAPER, folded, text))
                entity_of[node] = entity
                support = _support(extractor, source, line)
                held.keys.setdefault(Key(type_, value), []).append(support)
            idents = dict(
                self._db.execute("SELECT id, ident FROM node WHERE kind = 'paper'").fetchall()
            )
        result: dict[str, dict[str, str]] = defaultdict(dict)
        for node in sorted(nodes.values(), key=lambda n: (n.fold, n.id)):
            for key in chosen_identifiers(node):
                scheme, value = key.value.split(":", 1)
                result[idents[entity_of[node.id]]].setdefault(scheme, value)
        return result

    def count_subjects(self, predicate: str) -> int:
        """How many entities a current claim states this of; a denial states nothing."""
        with self._translated():
            return int(
                self._db.execute(
                    "SELECT count(DISTINCT n.entity) FROM claim c JOIN node n ON n.id = c.subject"
                    " WHERE c.predicate = ? AND c.stance = 'states' AND c.withdrawn_load IS NULL",
                    (str(predicate),),
                ).fetchone()[0]
            )

    def reasons(self, entity: str) -> Mapping[str, str]:
        """Each spelling of an entity with the reason why it is taken as this thing."""
        with self._translated():
            row = self._db.execute("SELECT entity FROM node WHERE ident = ?", (entity,)).fetchone()
            if row is None:
                raise NotFoundError(f"no thing has the id {entity!r}", name=entity)
            why: dict[int, str] = {}
            for a, b, reason in self._db.execute(
                "SELECT a, b, why FROM reason WHERE entity = ? ORDER BY a, b, why", (row[0],)
            ):
                why.setdefault(b, reason)
                why.setdefault(a, reason)
            members = [
                r[0]
                for r in self._db.execute(
                    "SELECT id FROM node WHERE entity = ? ORDER BY id", (row[0],)
                )
            ]
            spellings = self._spellings(members)
            found: dict[str, str] = {}
            for node in members:
                for text, n in sorted(
                    spellings.get(node, Counter()).items(), key=lambda kv: (-kv[1], kv[0])
                ):
                    stated = "stated as another name" if n == 0 else ""
                    reason = stated or (_reason_told(why[node]) if node in why else "written so")
                    found.setdefault(text, reason)
            return found

    def counts(self) -> Mapping[str, int]:
        """How many entities of each kind and claims of each predicate there are."""
        counts: dict[str, int] = {}
        with self._translated():
            for kind, n in self._db.execute(
                "SELECT kind, count(DISTINCT entity) FROM node WHERE text <> '' GROUP BY kind"
            ):
                counts[kind] = n
            for predicate, n in self._db.execute(
                "SELECT predicate, count(*) FROM claim WHERE withdrawn_load IS NULL GROUP BY predicate"
            ):
                counts[predicate] = n
        return counts


class _DamagedRowError(Exception):
    """A row that cannot be what this program wrote."""


class _Held:
    """A current claim of the store, as the diff sees it."""

    __slots__ = ("id", "object", "object_text", "said", "subject", "subject_text", "where")

    def __init__(
        self,
        id: int,
        said: tuple[str, str],
        where: tuple[object, ...],
        subject: int,
        object: int | None,
        subject_text: str,
        object_text: str | None,
    ) -> None:
        self.id = id
        self.said = said
        self.where = where
        self.subject = subject
        self.object = object
        self.subject_text = subject_text
        self.object_text = object_text


def _wished_idents(key: tuple[str, str, str], text: str, arxiv: str | None) -> list[str]:
    """Return the ids that a name would like, best first: its arXiv id, else its slug."""
    kind, _, scope = key
    wishes = [f"{kind}:{slug(text)}" + (f"@{scope[:40]}" if scope else "")]
    if arxiv:
        wishes.insert(0, f"{kind}:arxiv:{arxiv}")
    elif kind == Kind.PAPER and text.startswith(("arXiv:", "ACL:", "doi:", "OpenReview:")):
        scheme, value = text.split(":", 1)
        wishes.insert(0, f"{kind}:{scheme.lower()}:{value}")
    return wishes


def node_key(name: Name) -> tuple[str, str, str]:
    """Return what makes a name that name: kind, folded spelling, owner."""
    return str(name.kind), _folded(name.text), name.scope


def _folded(text: str) -> str:
    """Return the folded spelling; a name of symbols alone stays as it is written."""
    return fold(text) or text.casefold()


def _arxiv_owners(claims: Iterable[Claim]) -> dict[tuple[str, str, str], str]:
    """For each paper of one reading the arXiv id that is its own by the weight of evidence."""
    nodes: dict[tuple[str, str, str], NameNode] = {}
    for claim in claims:
        if claim.predicate is Property.ARXIV:
            key = node_key(claim.subject)
            node = nodes.setdefault(key, NameNode(len(nodes), Kind.PAPER, key[1], key[1]))
            value = Key("identifier", f"arxiv:{str(claim.values['text']).casefold()}")
            node.keys.setdefault(value, []).append(_support(claim.extractor, 0, claim.line))
    return {
        key: chosen[0].value.partition(":")[2]
        for key, node in nodes.items()
        if (chosen := chosen_identifiers(node))
    }


def _support(extractor: str, source: int, line: int) -> Support:
    return Support(2 if extractor == "bibtex" else 1, source, line)


def _claim_key(claim: Claim) -> tuple[object, ...]:
    """Return what a claim is known by within its source; never line, quote or what it resolves to."""
    target = claim.object
    return (
        str(claim.subject.kind), claim.subject.scope, claim.subject.text, str(claim.predicate),
        str(target.kind) if target else None, target.scope if target else None, target.text if target else None,
        _json(claim.qualifiers),
    )  # fmt: skip


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def _json(value: object) -> str:
    return _encode(value) if value else "{}"


def _told(claim: Claim) -> str:
    target = claim.object.text if claim.object else claim.values.get("text", claim.stance)
    return f"{claim.subject.text} {claim.predicate} {target}"


def _told_key(key: tuple[object, ...], held: _Held) -> str:
    target = key[6] if key[6] is not None else json.loads(held.said[0]).get("text", held.said[1])
    return f"{key[2]} {key[3]} {target}"


def _statements(script: str) -> list[str]:
    found, statement = [], ""
    for line in script.splitlines():
        if line.strip().startswith("--"):
            continue
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            found.append(statement)
            statement = ""
    return found


def _chunks(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for i in range(0, len(values), size):
        yield values[i : i + size]


def _reason_told(why: str) -> str:
    """Say a stored reason in words."""
    kind, _, value = why.partition(":")
    told = {
        "identifier": "same identifier",
        "target": "same repository or file",
        "repository": "name of its repository",
        "repository page": "same repository page",
        "alias": "stated as another name",
    }.get(kind, why)
    return (
        f"{told} ({value})"
        if value and kind in ("identifier", "target", "repository page")
        else told
    )


def _identifier_value(name: str) -> str:
    """Write 'arXiv:2304.08485' or '2304.08485' as evidence holds it."""
    text = name.strip().casefold()
    scheme, _, value = text.partition(":")
    if value and scheme in ("arxiv", "doi", "acl", "openreview"):
        return f"{scheme}:{value}"
    return f"arxiv:{text}" if text[:4].isdigit() and "." in text else f"doi:{text}"


def _display_order(kind: Kind, text: str, count: int) -> tuple[object, ...]:
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


def _stored_claim(row: Sequence[object], names: Mapping[int, Entity]) -> StoredClaim:
    (source, subject_text, subject_kind, subject_scope, subject_entity, predicate, object_text, object_kind, object_scope,
     object_entity, qualifiers, details, stance, line, quote, extractor, confidence, first, withdrawn) = row  # fmt: skip
    subject = Name(Kind(str(subject_kind)), str(subject_text), str(subject_scope))
    target = (
        Name(Kind(str(object_kind)), str(object_text), str(object_scope))
        if object_text is not None
        else None
    )
    relation: Relation | Property = (
        Relation(str(predicate)) if str(predicate).isupper() else Property(str(predicate))
    )
    values: dict[str, JsonValue] = json.loads(str(details))
    claim = Claim(
        subject, relation, int(str(line)), str(quote), target, json.loads(str(qualifiers)), values,
        Stance(str(stance)), str(extractor), float(str(confidence)),
    )  # fmt: skip
    left = names[int(str(subject_entity))]
    end = None
    if object_entity is not None:
        right = names[int(str(object_entity))]
        end = End(right.id, right.kind, right.name, str(object_text))
    return StoredClaim(
        claim, str(source), End(left.id, left.kind, left.name, str(subject_text)), end, int(str(first)),
        None if withdrawn is None else int(str(withdrawn)),
    )  # fmt: skip
