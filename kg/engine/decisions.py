"""The user's own log in the store, and what of it holds for names and as claims."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence
from itertools import count

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
from kg.engine.encoding import to_json
from kg.engine.loads import Loads
from kg.engine.rows import DamagedRowError, FactRow, Numbered, RulingRow
from kg.errors import InputError, NotFoundError
from kg.identity import pair_key
from kg.model import Attributes, Claim, Name, Reading

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
        with self._writing():
            log = self._rows.facts()
            before = now = _understood(log)
            first = now[-1].n + 1 if now else 1
            latest = max((f.at for f in now), default="")
            new: list[FactRow] = []
            for n, (action, payload, at) in enumerate(entries, first):
                if action is Action.UNDO:
                    now = _understood([*log, *new]) if new else now
                    _check_undo(now, payload)
                at = moment(at) if at else _after(latest)
                latest = max(latest, at)
                new.append(FactRow(n, at, str(action), to_json(payload)))
            self._rows.add_facts(new)
            after = _understood([*log, *new])
            actions = {action for action, _, _ in entries}
            if actions & _RULING:
                self._rule(_holding(before), _holding(after))
            if actions & _CLAIMING:
                self._claim(_claimed(before), _claimed(after))
            return [f for f in after if f.n >= first]

    def user_facts(self) -> list[UserFact]:
        """The user's log, oldest first, each entry with whether it holds."""
        with self._rows.reading():
            return _understood(self._rows.facts())

    def number_pairs(self, pairs: Sequence[tuple[Name, Name]]) -> list[int]:
        """Give each pair of names its number for reviewing: always the same, never reused."""
        keys = [pair_key(a, b) for a, b in pairs]
        with self._rows.reading():
            found = self._rows.review_numbers(keys)
        if any(key not in found for key in keys):
            with self._writing():
                found = self._rows.review_numbers(keys)
                new = dict.fromkeys(key for key in keys if key not in found)
                numbers = dict(zip(new, count(self._rows.last_number(Numbered.REVIEW) + 1)))
                self._rows.add_reviews([(n, key) for key, n in numbers.items()])
                found |= numbers
        return [found[key] for key in keys]

    def _rule(self, before: Rulings, now: Rulings) -> None:
        """Let exactly the merges and splits hold that are neither undone nor overruled."""
        rows = [
            RulingRow(*name, number, ", ".join(map(str, now.merges.get(number, ()))))
            for name, number in now.group.items()
        ]
        self._rows.replace_rulings(rows, now.apart.keys())
        old, new = before.effects(), now.effects()
        changed = {name for name in {*old, *new} if old.get(name) != new.get(name)}
        self._settle(set(self._rows.numbers_of(changed).values()))

    def _claim(self, before: Sequence[Claim], now: Sequence[Claim]) -> None:
        """Let the source of the user say exactly what they assert and added."""
        if before == now:
            return
        known = self._source(YOU)
        if known and known.format != YOUR_FORMAT and known.content_hash:
            raise InputError(
                f"a list was read as {YOU!r}, which is the name for what you say yourself;"
                f" 'kg forget {YOU}' and read it again under another name"
            )
        load = self._next_load()
        stamp = f"{YOUR_FORMAT}:{load}" if now else ""
        source = self._begin_load(load, YOU, known, YOUR_FORMAT, stamp, Reading(tuple(now)))
        diff, touched = self._apply(source, load, now, self._names_for(now))
        self._end_load(source, load, "load", diff)
        self._settle(touched)


def _understood(log: Sequence[FactRow]) -> list[UserFact]:
    """Read the rows of the log, and say of each entry whether it is undone or overruled."""
    try:
        facts = [UserFact(n, at, Action(a), json.loads(p)) for n, at, a, p in log]
        for fact in facts:
            moment(fact.at)
            if fact.action not in _RULING:
                check_payload(fact.action, fact.payload)
        by = undone(facts)
        over = rulings(f for f in facts if f.n not in by).overruled
    except (ValueError, KeyError) as error:
        raise DamagedRowError(f"an entry of the user's log ({error})") from error
    return [UserFact(f.n, f.at, f.action, f.payload, by.get(f.n), over.get(f.n)) for f in facts]


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
