"""The user's own log in the store, and what of it holds for names and as claims."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence

from kg.decisions import (
    YOU,
    YOUR_FORMAT,
    Action,
    Rulings,
    UserFact,
    check_payload,
    claims_of,
    moment,
    rulings,
    target_of_undo,
    undone,
)
from kg.errors import InputError, NotFoundError
from kg.identity import NameKey, pair_key
from kg.model import Attributes, Claim, Name, Reading
from kg.sqlite.database import DamagedRowError
from kg.sqlite.loads import Loads
from kg.sqlite.sameness import to_json

_RULING = {Action.MERGE, Action.SPLIT, Action.UNDO}
_CLAIMING = {Action.ASSERT, Action.ADD, Action.UNDO}


class Decisions(Loads):
    """What the user says, kept apart from what sources say."""

    def add_user_fact(self, action: Action, payload: Attributes, *, at: str = "") -> UserFact:
        """Put one entry into the log and let it hold at once, in one transaction."""
        return self.add_user_facts([(action, payload, at)])[0]

    def add_user_facts(self, entries: Sequence[tuple[Action, Attributes, str]]) -> list[UserFact]:
        """Put entries into the log, all or none, and let them hold at once."""
        for action, payload, _ in entries:
            check_payload(action, payload)
        with self._transaction():
            before = now = self._facts()
            first = n = now[-1].n + 1 if now else 1
            latest = max((f.at for f in now), default="")
            for action, payload, at in entries:
                if action is Action.UNDO:
                    now = now if n == first else self._facts()
                    _check_undo(now, payload)
                at = moment(at) if at else _after(latest)
                latest = max(latest, at)
                self._db.execute(
                    "INSERT INTO user_fact (n, at, action, payload) VALUES (?, ?, ?, ?)",
                    (n, at, str(action), to_json(payload)),
                )
                n += 1
            after = self._facts()
            actions = {action for action, _, _ in entries}
            if actions & _RULING:
                self._rule(_holding(before), _holding(after))
            if actions & _CLAIMING:
                self._claim(_claimed(before), _claimed(after))
            return [f for f in after if f.n >= first]

    def user_facts(self) -> list[UserFact]:
        """The user's log, oldest first, each entry with whether it holds."""
        with self._translated():
            return self._facts()

    def number_pairs(self, pairs: Sequence[tuple[Name, Name]]) -> list[int]:
        """Give each pair of names its number for reviewing: always the same, never reused."""
        keys = [pair_key(a, b) for a, b in pairs]
        found = [self._pair_number(*key) for key in keys]
        if all(found):
            return [n for n in found if n]
        with self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO review (kind, fold_a, scope_a, fold_b, scope_b)"
                " VALUES (?, ?, ?, ?, ?)",
                [(a[0], *a[1:], *b[1:]) for a, b in keys],
            )
            found = [self._pair_number(*key) for key in keys]
        return [n for n in found if n]

    def _pair_number(self, a: NameKey, b: NameKey) -> int | None:
        with self._translated():
            row = self._db.execute(
                "SELECT n FROM review WHERE kind = ? AND fold_a = ? AND scope_a = ?"
                " AND fold_b = ? AND scope_b = ?",
                (a[0], *a[1:], *b[1:]),
            ).fetchone()
        return int(row[0]) if row else None

    def _facts(self) -> list[UserFact]:
        rows = self._db.execute(
            "SELECT n, at, action, payload FROM user_fact ORDER BY n"
        ).fetchall()
        try:
            facts = [UserFact(n, at, Action(a), json.loads(p)) for n, at, a, p in rows]
            for fact in facts:
                moment(fact.at)
                if fact.action not in _RULING:
                    check_payload(fact.action, fact.payload)
            by = undone(facts)
            over = rulings(f for f in facts if f.n not in by).overruled
        except (ValueError, KeyError) as error:
            raise DamagedRowError(f"an entry of the user's log ({error})") from error
        return [UserFact(f.n, f.at, f.action, f.payload, by.get(f.n), over.get(f.n)) for f in facts]

    def _rule(self, before: Rulings, now: Rulings) -> None:
        """Let exactly the merges and splits hold that are neither undone nor overruled."""
        self._db.execute("DELETE FROM ruled")
        self._db.executemany(
            "INSERT INTO ruled VALUES (?, ?, ?, ?, ?)",
            [
                (*name, number, ", ".join(map(str, now.merges.get(number, ()))))
                for name, number in now.group.items()
            ],
        )
        self._db.execute("DELETE FROM ruled_apart")
        self._db.executemany("INSERT INTO ruled_apart VALUES (?, ?)", now.apart)
        old, new = before.effects(), now.effects()
        changed = {name for name in {*old, *new} if old.get(name) != new.get(name)}
        self._settle(self._nodes_called(changed))

    def _claim(self, before: Sequence[Claim], now: Sequence[Claim]) -> None:
        """Let the source of the user say exactly what they assert and added."""
        if before == now:
            return
        row = self._db.execute(
            "SELECT format, content_hash FROM source WHERE name = ?", (YOU,)
        ).fetchone()
        if row and row[0] != YOUR_FORMAT and row[1]:
            raise InputError(
                f"a list was read as {YOU!r}, which is the name for what you say yourself;"
                f" 'kg forget {YOU}' and read it again under another name"
            )
        reading = Reading(tuple(now))
        stamp = f"{YOUR_FORMAT}:{self._next_load()}" if now else ""
        source, load = self._begin_load(YOU, YOUR_FORMAT, stamp, reading)
        diff, touched = self._apply(source, load, now, self._nodes_for(now))
        self._end_load(source, load, "load", diff)
        self._settle(touched)

    def _nodes_called(self, names: Iterable[NameKey]) -> set[int]:
        found = set()
        for name in names:
            row = self._db.execute(
                "SELECT id FROM node WHERE kind = ? AND fold = ? AND scope = ?", name
            ).fetchone()
            if row:
                found.add(int(row[0]))
        return found


def _holding(facts: Iterable[UserFact]) -> Rulings:
    return rulings(f for f in facts if f.undone_by is None)


def _claimed(facts: Iterable[UserFact]) -> tuple[Claim, ...]:
    try:
        return claims_of(f for f in facts if f.holds)
    except InputError as error:
        raise DamagedRowError(f"an entry of the user's log ({error})") from error


def _after(latest: str) -> str:
    """Return the present moment; later than all that was said, whatever the clock shows."""
    now = moment(datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"))
    if now > latest:
        return now
    last = datetime.datetime.fromisoformat(latest)
    return moment((last + datetime.timedelta(microseconds=1)).isoformat())


def _check_undo(facts: Sequence[UserFact], payload: Attributes) -> None:
    """See that there is an entry of the number, and that it is not undone already."""
    of = target_of_undo(payload)
    fact = next((f for f in facts if f.n == of), None)
    if fact is None:
        raise NotFoundError(f"there is no decision {of}; 'kg log' lists them", name=str(of))
    if fact.undone_by is not None:
        raise InputError(
            f"decision {of} is undone already, by {fact.undone_by};"
            f" 'kg undo {fact.undone_by}' brings it back"
        )
