"""What the user decided about names, and which of it holds: pure functions of the log.

The log only grows: a decision is undone by another entry, which can itself be undone. Of
decisions that cannot all hold (merge A and B, then split them) the newest holds and overrules the
older one, so that undoing any entry is always possible and undoing all of them leaves no trace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kg.errors import InputError
from kg.identity import NameKey, name_key
from kg.model import Attributes, JsonValue, Kind, Name


class Action(StrEnum):
    """What an entry of the user's log does."""

    MERGE = "merge"
    SPLIT = "split"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class UserFact:
    """One numbered entry of what the user said; sources never change it."""

    n: int
    at: str
    """When it was said: ISO 8601, UTC."""
    action: Action
    payload: Attributes
    """For a merge or split 'kind', 'a' and 'b' with the names as given; for an undo 'of'."""
    undone_by: int | None = None
    """Number of the undo that takes it back at present."""
    overruled_by: int | None = None
    """Number of the newer decision that cannot hold together with it."""

    @property
    def holds(self) -> bool:
        """Whether it has an effect at present."""
        return self.undone_by is None and self.overruled_by is None


@dataclass(frozen=True, slots=True)
class Rulings:
    """The merges and splits that hold together."""

    group: Mapping[NameKey, int]
    """Every name that a decision speaks of -> its group; merged names share one."""
    merges: Mapping[int, tuple[int, ...]]
    """Group -> numbers of the decisions that made it; a group of one name has none."""
    apart: Mapping[tuple[int, int], int]
    """Two groups that were split, in both orders -> number of the decision."""
    overruled: Mapping[int, int]
    """Number of a decision that does not hold -> number of the newer one that forbids it."""

    def effects(self) -> dict[NameKey, tuple[object, ...]]:
        """For every name what it was merged with, by which decisions, and what it was split from."""
        members: dict[int, set[NameKey]] = defaultdict(set)
        for name, number in self.group.items():
            members[number].add(name)
        parted: dict[int, set[NameKey]] = defaultdict(set)
        for a, b in self.apart:
            parted[a] |= members[b]
        together = {number: frozenset(names) for number, names in members.items()}
        apart = {number: frozenset(names) for number, names in parted.items()}
        return {
            name: (together[number], self.merges.get(number), apart.get(number))
            for name, number in self.group.items()
        }


def pair_payload(a: Name, b: Name) -> dict[str, JsonValue]:
    """Write two names as the payload of a merge or a split.

    Raises
    ------
    InputError
        If they are of two kinds, or spellings of one name, which no decision can part or join.
    """
    if a.kind is not b.kind:
        raise InputError(
            f"{a.text!r} is a {a.kind} and {b.text!r} a {b.kind}: things of two kinds are never one"
        )
    if name_key(a) == name_key(b):
        raise InputError(
            f"{a.text!r} and {b.text!r} are one spelling apart from case and punctuation; nothing"
            " can be merged or split there"
        )
    return {
        "kind": str(a.kind),
        "a": {"text": a.text, "scope": a.scope},
        "b": {"text": b.text, "scope": b.scope},
    }


def pair_of(payload: Attributes) -> tuple[Name, Name]:
    """Read the two names of a merge or a split.

    Raises
    ------
    InputError
        If the payload is not that of one.
    """
    try:
        kind = Kind(str(payload["kind"]))
        a, b = (_name(kind, payload[end]) for end in ("a", "b"))
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"a merge or split names a kind and two names; this one does not: {payload!r}"
        ) from error
    return a, b


def _name(kind: Kind, written: JsonValue) -> Name:
    if not isinstance(written, Mapping):
        raise TypeError(written)
    text, scope = written.get("text"), written.get("scope", "")
    if not isinstance(text, str) or not isinstance(scope, str) or not text.strip():
        raise TypeError(written)
    return Name(kind, text, scope)


def target_of_undo(payload: Attributes) -> int:
    """Read the number of the entry that an undo takes back.

    Raises
    ------
    InputError
        If the payload is not that of an undo.
    """
    of = payload.get("of") if isinstance(payload, Mapping) else None
    if not isinstance(of, int) or isinstance(of, bool):
        raise InputError(f"an undo names the number of a decision; this one does not: {payload!r}")
    return of


def check_payload(action: Action, payload: Attributes) -> None:
    """See that the payload of a new entry fits its action.

    Raises
    ------
    InputError
        If it does not, or a merge or split speaks of one spelling only.
    """
    if action is Action.UNDO:
        target_of_undo(payload)
    else:
        pair_payload(*pair_of(payload))


def undone(facts: Sequence[UserFact]) -> dict[int, int]:
    """For every entry that is taken back the number of the (newest) undo that does so.

    An undo that was itself undone takes nothing back.
    """
    by: dict[int, int] = {}
    for fact in sorted(facts, key=lambda f: -f.n):
        if fact.action is Action.UNDO and fact.n not in by:
            by.setdefault(target_of_undo(fact.payload), fact.n)
    return by


def rulings(facts: Iterable[UserFact]) -> Rulings:
    """Work out which merges and splits hold, the newest first.

    Merging is transitive: who merged A with B and B with C has said that A is C, also while no
    source names B; and a split parts everything that was merged with either side.

    Parameters
    ----------
    facts : entries that are not undone
    """
    held = _Held()
    overruled: dict[int, int] = {}
    pairs = [f for f in facts if f.action in (Action.MERGE, Action.SPLIT)]
    for fact in sorted(pairs, key=lambda f: -f.n):
        a, b = (name_key(n) for n in pair_of(fact.payload))
        if a == b:
            continue  # two spellings when it was decided, one by the folding of today
        join = held.merge if fact.action is Action.MERGE else held.split
        stronger = join(a, b, fact.n)
        if stronger is not None:
            overruled[fact.n] = stronger
    return Rulings(
        dict(held.group),
        {g: tuple(sorted(n)) for g, n in held.merges.items()},
        {(a, b): n for a, others in held.apart.items() for b, n in others.items()},
        overruled,
    )


class _Held:
    """Groups of names that were merged, and which of them were split from which."""

    def __init__(self) -> None:
        self.group: dict[NameKey, int] = {}
        self.members: dict[int, list[NameKey]] = {}
        self.merges: dict[int, list[int]] = defaultdict(list)
        self.pairs: dict[int, tuple[NameKey, NameKey]] = {}
        self.apart: dict[int, dict[int, int]] = defaultdict(dict)

    def split(self, a: NameKey, b: NameKey, fact: int) -> int | None:
        """Part two groups; or return the number of a decision that forbids it."""
        left, right = self._group(a), self._group(b)
        if left == right:
            return self._joined_by(a, b, left)
        self.apart[left].setdefault(right, fact)
        self.apart[right].setdefault(left, fact)
        return None

    def merge(self, a: NameKey, b: NameKey, fact: int) -> int | None:
        """Join two groups; or return the number of a decision that forbids it."""
        left, right = self._group(a), self._group(b)
        if left != right and right in self.apart[left]:
            return self.apart[left][right]
        self.pairs[fact] = (a, b)
        if left == right:
            self.merges[left].append(fact)
            return None
        if len(self.members[left]) < len(self.members[right]):
            left, right = right, left
        for name in self.members[right]:
            self.group[name] = left
        self.members[left] += self.members.pop(right)
        self.merges[left] += [*self.merges.pop(right, []), fact]
        for other, by in self.apart.pop(right, {}).items():
            del self.apart[other][right]
            self.apart[left].setdefault(other, by)
            self.apart[other].setdefault(left, by)
        return None

    def _joined_by(self, a: NameKey, b: NameKey, group: int) -> int:
        """Return the merge of a group with which two of its names first became one."""
        joined: dict[NameKey, set[NameKey]] = {}
        for fact in sorted(self.merges[group]):
            x, y = self.pairs[fact]
            both = joined.get(x, {x}) | joined.get(y, {y})
            joined.update(dict.fromkeys(both, both))
            if a in both and b in both:
                return fact
        return max(self.merges[group])

    def _group(self, name: NameKey) -> int:
        if name not in self.group:
            self.group[name] = len(self.group)
            self.members[self.group[name]] = [name]
        return self.group[name]
