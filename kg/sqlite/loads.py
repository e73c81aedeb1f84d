"""Making the claims of a source exactly those of a reading, and withdrawing them."""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from kg.decisions import YOU, YOUR_FORMAT
from kg.errors import InputError, NotFoundError
from kg.identity import Key, NameNode, chosen_identifiers, keys_of, name_key
from kg.model import Claim, Kind, Property, Reading
from kg.sqlite.database import chunks
from kg.sqlite.sameness import Sameness, support_of, to_json, wished_idents
from kg.store import Change, Diff, LoadReport


class Loads(Sameness):
    """The writing half of the contract that sources drive."""

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
                diff = Diff(unchanged=unchanged)
                return LoadReport(source, 0, diff, rejected, copy_of=row[1] or "", is_new=False)
            other = self._db.execute(
                "SELECT id, name FROM source WHERE content_hash = ? AND name <> ?"
                " AND copy_of IS NULL ORDER BY name",
                (content_hash, source),
            ).fetchone()
            if other and not self._is_current(source):
                unchanged, rejected = self._source_counts(other[0])
                diff = Diff(unchanged=unchanged)
                return LoadReport(source, 0, diff, rejected, copy_of=other[1])
        return None

    def add_copy(self, source: str, format: str, content_hash: str, original: str) -> None:
        """Note that a source says what another says, so that it still does when that one changes."""
        _check_is_not_you(source)
        with self._transaction():
            row = self._db.execute("SELECT id FROM source WHERE name = ?", (original,)).fetchone()
            if row is None or self._is_current(source):
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

    def load(self, source: str, format: str, content_hash: str, reading: Reading) -> LoadReport:
        """Make the claims of a source exactly those of a reading, in one transaction."""
        _check_is_not_you(source)
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

    def note_seen(self, source: str) -> None:
        """Note that a source was read just now and had not changed."""
        with self._transaction():
            self._db.execute("UPDATE source SET seen_at = ? WHERE name = ?", (_now(), source))

    def rename_source(self, source: str, new: str) -> None:
        """Give a source another id; its claims, history and numbers stay."""
        _check_is_not_you(source)
        _check_is_not_you(new)
        with self._transaction():
            row = self._known_source(source)
            if self._is_current(new):
                raise InputError(f"there is a source {new} already; forget one of the two first")
            self._take_history_of(new, row)
            load = self._next_load()
            self._db.execute(
                "UPDATE source SET name = ?, seen_at = ? WHERE id = ?", (new, _now(), row)
            )
            self._end_load(row, load, "move", Diff(unchanged=self._source_counts(row)[0]))

    def _is_current(self, source: str) -> bool:
        """Whether there is a source of this name that was not forgotten."""
        found = self._db.execute(
            "SELECT 1 FROM source WHERE name = ? AND content_hash <> ''", (source,)
        )
        return found.fetchone() is not None

    def _take_history_of(self, forgotten: str, heir: int) -> None:
        """Give what a forgotten source once said to the source that is to have its name."""
        row = self._db.execute("SELECT id FROM source WHERE name = ?", (forgotten,)).fetchone()
        if row is not None:
            self._db.execute("UPDATE claim SET source = ? WHERE source = ?", (heir, row[0]))
            self._db.execute("UPDATE load SET source = ? WHERE source = ?", (heir, row[0]))
            self._db.execute("DELETE FROM source WHERE id = ?", (row[0],))

    def _known_source(self, source: str) -> int:
        row = self._db.execute("SELECT id FROM source WHERE name = ?", (source,)).fetchone()
        if row is None:
            known = [r[0] for r in self._db.execute("SELECT name FROM source ORDER BY name")]
            raise NotFoundError(
                f"no source is called {source!r}; 'kg sources' lists them",
                name=source,
                nearest=tuple(known[:3]),
            )
        return int(row[0])

    def forget(self, source: str) -> LoadReport:
        """Withdraw everything a source says; its history stays."""
        with self._transaction():
            known = self._known_source(source)
            row = self._db.execute("SELECT format FROM source WHERE id = ?", (known,)).fetchone()
            if row[0] == YOUR_FORMAT:
                _check_is_not_you(source)
            parted = self._part_copies(known)
            load = self._next_load()
            diff, touched = self._apply(known, load, (), {})
            touched |= parted
            self._replace_remains(known, Reading(()))
            self._end_load(known, load, "forget", diff)
            self._db.execute(
                "UPDATE source SET content_hash = '', copy_of = NULL, last_load = ? WHERE id = ?",
                (load, known),
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
            "INSERT INTO source (name, format, content_hash, title, date, last_load, seen_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET format = excluded.format,"
            " content_hash = excluded.content_hash, title = excluded.title, date = excluded.date,"
            " last_load = excluded.last_load, seen_at = excluded.seen_at, copy_of = NULL",
            (source, format, content_hash, reading.title, reading.date, load, _now()),
        )
        return self._db.execute("SELECT id FROM source WHERE name = ?", (source,)).fetchone()[
            0
        ], load

    def _end_load(self, source: int, load: int, action: str, diff: Diff) -> None:
        self._db.execute(
            "INSERT INTO load VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (load, source, _now(), action, diff.added, diff.edited, diff.withdrawn, diff.unchanged),
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
                    wanted.setdefault(name_key(name), name.text)
        arxiv = _arxiv_owners(claims)
        keys = list(wanted)
        found: dict[tuple[str, str, str], int] = {}
        for kind in Kind:
            folds = [k[1] for k in keys if k[0] == kind]
            for chunk in chunks(folds, 400):
                marks_ = ",".join("?" * len(chunk))
                rows = self._db.execute(
                    f"SELECT id, fold, scope FROM node WHERE kind = ? AND fold IN ({marks_})",  # noqa: S608
                    (str(kind), *chunk),
                )
                for node, folded, scope in rows:
                    found[str(kind), folded, scope] = node
        new = [k for k in keys if k not in found]
        wishes = {k: wished_idents(k, wanted[k], arxiv.get(k)) for k in new}
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
        self._db.executemany(
            "INSERT INTO node (id, kind, fold, scope, text, ident, entity)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows_,
        )
        return found

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
                said = (to_json(claim.values), str(claim.stance))
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
            subject = nodes[name_key(claim.subject)]
            target = nodes[name_key(claim.object)] if claim.object is not None else None
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
                    to_json(claim.qualifiers),
                    to_json(claim.values),
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


def _check_is_not_you(source: str) -> None:
    """Refuse what would make a list of what the user says, or withdraw it as one."""
    if source == YOU:
        raise InputError(
            f"{YOU!r} is the source of what you assert and add yourself: 'kg log' lists that and"
            " 'kg undo N' takes an entry back; a list is read under another name (--as NAME)"
        )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _arxiv_owners(claims: Iterable[Claim]) -> dict[tuple[str, str, str], str]:
    """For each paper of one reading the arXiv id that is its own by the weight of evidence."""
    nodes: dict[tuple[str, str, str], NameNode] = {}
    for claim in claims:
        if claim.predicate is Property.ARXIV:
            key = name_key(claim.subject)
            node = nodes.setdefault(key, NameNode(len(nodes), Kind.PAPER, key[1], key[1]))
            value = Key("identifier", f"arxiv:{str(claim.values['text']).casefold()}")
            node.keys.setdefault(value, []).append(support_of(claim.extractor, 0, claim.line))
    return {
        key: chosen[0].value.partition(":")[2]
        for key, node in nodes.items()
        if (chosen := chosen_identifiers(node))
    }


def _claim_key(claim: Claim) -> tuple[object, ...]:
    """Return what a claim is known by within its source; never line, quote or what it resolves to."""
    target = claim.object
    return (
        str(claim.subject.kind), claim.subject.scope, claim.subject.text, str(claim.predicate),
        str(target.kind) if target else None, target.scope if target else None, target.text if target else None,
        to_json(claim.qualifiers),
    )  # fmt: skip


def _told(claim: Claim) -> str:
    target = claim.object.text if claim.object else claim.values.get("text", claim.stance)
    return f"{claim.subject.text} {claim.predicate} {target}"


def _told_key(key: tuple[object, ...], held: _Held) -> str:
    target = key[6] if key[6] is not None else json.loads(held.said[0]).get("text", held.said[1])
    return f"{key[2]} {key[3]} {target}"
