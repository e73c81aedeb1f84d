"""What the user says, and which of it holds: pure functions of the log.

The log only grows: an entry is undone by another entry, which can itself be undone. Of decisions
about names that cannot all hold (merge A and B, then split them) the newest holds and overrules
the older one, so that undoing any entry is always possible and undoing all of them leaves no
trace. The newest is the one said last, whenever it came into this log.
"""

from __future__ import annotations

import datetime
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kg.errors import ClaimError, InputError, NotFoundError
from kg.identity import NameKey, name_key
from kg.ids import Identifier, parse_arxiv_id
from kg.model import (
    IDENTIFIERS,
    Attributes,
    Claim,
    JsonValue,
    Kind,
    Name,
    Property,
    Relation,
    Role,
    Stage,
    Stance,
)
from kg.watches import Watch, watch_of

YOU = "you"
"""The source of what the user asserts and adds."""
YOUR_FORMAT = "user"
"""The format and the extractor of that source."""


class Action(StrEnum):
    """What an entry of the user's log does."""

    MERGE = "merge"
    SPLIT = "split"
    UNDO = "undo"
    STATE = "state"
    NOTE = "note"
    TAG = "tag"
    ASSERT = "assert"
    ADD = "add"
    REJECT = "reject"
    WATCH = "watch"
    SEEN = "seen"
    TOLD = "told"


OF_THIS_STORE = frozenset({Action.UNDO, Action.SEEN, Action.TOLD})
"""Entries that speak of numbers of this one store, and mean nothing in another."""


class State(StrEnum):
    """How far the reader is with a thing; earlier ones are less done."""

    NEW = "new"
    TO_READ = "to-read"
    READING = "reading"
    READ = "read"
    SKIPPED = "skipped"


LOWEST_PRIORITY = 9
"""Priorities go from 1, to be read first, to this."""


@dataclass(frozen=True, slots=True)
class UserFact:
    """One numbered entry of what the user said; sources never change it."""

    n: int
    at: str
    """When it was said: ISO 8601, UTC."""
    action: Action
    payload: Attributes
    """For a merge or split 'kind', 'a' and 'b' with the names as given; for an undo 'of'; for a
    state, note or tag what `name_payload` writes and what is said; for an assertion what
    `assertion` writes; for a watch what `kg.watches.watch_payload` writes."""
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


def _name(kind: Kind, written: JsonValue | Attributes) -> Name:
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
    if not isinstance(payload, Mapping):
        raise InputError(f"the payload of an entry is a JSON object, not {payload!r}")
    if action is Action.UNDO:
        target_of_undo(payload)
    elif action in (Action.MERGE, Action.SPLIT):
        pair_payload(*pair_of(payload))
    elif action is Action.ASSERT:
        asserted(payload, 1)
    elif action is Action.ADD:
        added(payload)
    elif action is Action.SEEN:
        seen_until(payload)
    elif action is Action.TOLD:
        told_until(payload)
    elif action is Action.WATCH:
        watch_of(payload)
    elif action is Action.REJECT:
        rejected(payload)
    else:
        names_of(payload)
        _check_said(action, payload)


_NAMED = frozenset({"kind", "text", "scope", "identifier"})
_SAID = {
    Action.STATE: frozenset({"state", "date", "priority"}),
    Action.NOTE: frozenset({"note", "open"}),
    Action.TAG: frozenset({"tag"}),
}


def name_payload(name: Name, identifier: str = "") -> dict[str, JsonValue]:
    """Write the name of what a state, note or tag is about.

    Parameters
    ----------
    identifier : as in ``arXiv:2304.08485``; finds a paper also when lists change its title
    """
    payload: dict[str, JsonValue] = {
        "kind": str(name.kind),
        "text": name.text,
        "scope": name.scope,
    }
    return {**payload, "identifier": identifier} if identifier else payload


def names_of(payload: Attributes) -> tuple[Name, ...]:
    """Read the names by which the thing of a state, note or tag is found, best first.

    Raises
    ------
    InputError
        If the payload names nothing.
    """
    try:
        kind = Kind(str(payload["kind"]))
        name = _name(kind, payload)
        identifier = payload.get("identifier", "")
        if not isinstance(identifier, str) or (identifier and kind is not Kind.PAPER):
            raise TypeError(identifier)
        if identifier:
            identifier_of(identifier)
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"a state, note or tag names a kind and a text; this one does not: {payload!r}"
        ) from error
    return (name, Name(Kind.PAPER, identifier)) if identifier else (name,)


def _check_said(action: Action, payload: Attributes) -> None:
    extra = set(payload) - _NAMED - _SAID[action]
    if extra:
        raise InputError(f"a {action} has no {', '.join(sorted(map(repr, extra)))}: {payload!r}")
    if action is Action.STATE:
        _check_state(payload)
    elif action is Action.NOTE:
        _text(payload, "note")
        if not isinstance(payload.get("open", False), bool):
            raise InputError(f"'open' of a note is true or false: {payload!r}")
    else:
        tag = _text(payload, "tag")
        if tag != tag.strip() or any(c.isspace() or c == "," for c in tag):
            raise InputError(f"a tag is one word without commas: {tag!r}")


def _check_state(payload: Attributes) -> None:
    state = payload.get("state")
    if state not in list(State):
        raise InputError(f"{state!r} is no state; there are {', '.join(State)}")
    date, priority = payload.get("date", ""), payload.get("priority")
    try:
        if not isinstance(date, str) or (
            date and datetime.date.fromisoformat(date).isoformat() != date
        ):
            raise ValueError(date)
    except ValueError as error:
        raise InputError(f"{date!r} is no day; write it as 2026-11-21") from error
    if priority is not None and (
        not isinstance(priority, int)
        or isinstance(priority, bool)
        or not 1 <= priority <= LOWEST_PRIORITY
    ):
        raise InputError(f"{priority!r} is no priority; it goes from 1 to {LOWEST_PRIORITY}")


def _text(payload: Attributes, key: str) -> str:
    text = payload.get(key)
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"there is no text under {key!r}: {payload!r}")
    return text


def seen_until(payload: Attributes) -> int:
    """Read the number of the last load of which the user has been told.

    Raises
    ------
    InputError
        If the payload is not that of such an entry.
    """
    load = payload.get("load")
    if not isinstance(load, int) or isinstance(load, bool):
        raise InputError(f"what was seen is the number of a load; this is not: {payload!r}")
    return load


@dataclass(frozen=True, slots=True)
class Rejection:
    """A relation that the user says a sentence does not state."""

    source: str
    line: int
    subject: Name
    relation: Relation
    target: Name | None

    @property
    def key(self) -> tuple[object, ...]:
        """What tells the rejected reading from all others, whatever the case of its names."""
        ends = (name_key(self.subject), name_key(self.target) if self.target else None)
        return (self.source, self.line, str(self.relation), *ends)


def rejection_of(claim: Claim, source: str) -> Rejection:
    """Return what a rejection of a relation would say.

    Raises
    ------
    InputError
        The claim is no relation.
    """
    if not isinstance(claim.predicate, Relation):
        raise InputError(f"only relations are rejected, not {claim.predicate}")
    return Rejection(source, claim.line, claim.subject, claim.predicate, claim.object)


def rejection_payload(of: Rejection) -> dict[str, JsonValue]:
    """Write a rejection as the payload of its entry."""
    payload: dict[str, JsonValue] = {
        "source": of.source,
        "line": of.line,
        "subject": name_payload(of.subject),
        "predicate": str(of.relation),
    }
    return {**payload, "object": name_payload(of.target)} if of.target else payload


def rejected(payload: Attributes) -> Rejection:
    """Read which reading of which line an entry rejects.

    Raises
    ------
    InputError
        If the payload says none.
    """
    source, line = payload.get("source"), payload.get("line")
    extra = set(payload) - {"source", "line", "subject", "predicate", "object"}
    try:
        if extra or not isinstance(source, str) or not isinstance(line, int) or line < 1:
            raise TypeError(extra or (source, line))
        ends = [_end(payload[end]) if end in payload else None for end in ("subject", "object")]
        if ends[0] is None:
            raise TypeError("subject")
        return Rejection(source, line, ends[0], Relation(str(payload.get("predicate"))), ends[1])
    except (ValueError, TypeError) as error:
        raise InputError(f"this rejects no relation of a line ({error}): {payload!r}") from error


def told_until(payload: Attributes) -> tuple[int, int]:
    """Read up to where a digest told what is new: (number of the load, number of the news).

    Raises
    ------
    InputError
        If the payload is not that of such an entry.
    """
    numbers = [payload.get(key) for key in ("load", "news")]
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers):
        raise InputError(
            f"a digest ends with a load and a piece of news; this does not: {payload!r}"
        )
    load, news = numbers
    return int(str(load)), int(str(news))


def watches_of(facts: Iterable[UserFact]) -> dict[str, Watch]:
    """Return the watches that hold, by name in the order of the alphabet.

    Parameters
    ----------
    facts : the log, oldest first
    """
    held: dict[str, Watch] = {}
    for fact in facts:
        if fact.action is Action.WATCH and fact.holds:
            watch = watch_of(fact.payload, fact.at)
            before = held.get(watch.name)
            if before and (before.kind, before.of) == (watch.kind, watch.of):
                # It was paused or goes on: still what was begun then.
                watch = watch_of(fact.payload, before.at)
            held[watch.name] = watch
    return dict(sorted(held.items()))


def get_watch(facts: Iterable[UserFact], name: str) -> Watch:
    """Return the watch of a name.

    Raises
    ------
    NotFoundError
        There is none.
    """
    held = watches_of(facts)
    if name not in held:
        known = f"there are {', '.join(held)}" if held else "there is none yet"
        raise NotFoundError(f"no watch is called {name!r}; {known}", name=name)
    return held[name]


def assertion(
    claim: Claim, url: str = "", *, subject: str = "", object: str = ""
) -> dict[str, JsonValue]:
    """Write a claim of the user as the payload of its entry.

    Parameters
    ----------
    subject, object : identifiers of these where they are papers that have one
    """
    ends: dict[str, JsonValue] = {"subject": name_payload(claim.subject, subject)}
    if claim.object is not None:
        ends["object"] = name_payload(claim.object, object)
    return {
        **ends,
        "predicate": str(claim.predicate),
        "qualifiers": dict(claim.qualifiers),
        "values": dict(claim.values),
        "stance": str(claim.stance),
        "url": url,
        "quote": claim.quote,
    }


_ASSERTED = frozenset(
    {"subject", "object", "predicate", "qualifiers", "values", "stance", "url", "quote"}
)


def asserted(payload: Attributes, n: int) -> Claim:
    """Read the claim of an entry; its line is the number of the entry.

    Raises
    ------
    InputError
        If the payload is no claim, or one that the schema does not allow.
    """
    try:
        if set(payload) - _ASSERTED:
            raise TypeError(sorted(set(payload) - _ASSERTED))
        predicate = str(payload["predicate"])
        ends = [_end(payload[end]) if end in payload else None for end in ("subject", "object")]
        qualifiers, values = (payload.get(k, {}) for k in ("qualifiers", "values"))
        url, quote = payload.get("url", ""), payload.get("quote", "")
        if not (isinstance(qualifiers, Mapping) and isinstance(values, Mapping)):
            raise TypeError(qualifiers, values)
        if not (isinstance(url, str) and isinstance(quote, str)) or ends[0] is None:
            raise TypeError(url, quote)
        if not all(isinstance(v, str) for v in (*qualifiers.values(), values.get("text", ""))):
            raise TypeError(qualifiers)
        _check_finite(values)
        Stage(str(qualifiers.get("stage", Stage.UNKNOWN)))
        Role(str(qualifiers.get("role", Role.COMPONENT)))
        return Claim(
            ends[0],
            Relation(predicate) if predicate.isupper() else Property(predicate),
            n,
            f"{quote} [{url}]".strip() if url else quote,
            ends[1],
            dict(qualifiers),
            dict(values),
            Stance(str(payload.get("stance", Stance.STATES))),
            YOUR_FORMAT,
        )
    except ClaimError as error:
        raise InputError(str(error).removeprefix(f"line {n}: ")) from error
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"this is no assertion ({error}): {payload!r}") from error


def identifier_of(text: str) -> Identifier:
    """Read an identifier as `Identifier` is written: ``arXiv:2304.08485``, ``doi:10.1000/x``.

    Raises
    ------
    InputError
        If it is none.
    """
    scheme, _, value = text.partition(":")
    return added({"scheme": scheme.lower(), "value": value})


def _check_finite(value: object) -> None:
    """Refuse numbers that JSON cannot write."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    inner = value.values() if isinstance(value, Mapping) else value
    if isinstance(inner, Iterable) and not isinstance(inner, str):
        for member in inner:
            _check_finite(member)


def _end(written: JsonValue) -> Name:
    if not isinstance(written, Mapping):
        raise TypeError(written)
    return names_of(written)[0]


def added(payload: Attributes) -> Identifier:
    """Read the identifier of a paper that the user added.

    Raises
    ------
    InputError
        If the payload is none.
    """
    scheme, value = payload.get("scheme"), payload.get("value")
    known = [str(s) for s in IDENTIFIERS]
    if scheme not in known or not isinstance(value, str) or not value.strip():
        raise InputError(
            f"what is added has a scheme ({', '.join(known)}) and a value; this has not: {payload!r}"
        )
    if scheme == Property.ARXIV and parse_arxiv_id(value) is None:
        raise InputError(f"{value!r} is no arXiv id; one looks like 2304.08485")
    if set(payload) - {"scheme", "value"}:
        raise InputError(f"what is added has a scheme and a value only: {payload!r}")
    return Identifier(Property(str(scheme)), value)


def claims_of(facts: Iterable[UserFact]) -> tuple[Claim, ...]:
    """Return what the user asserts and added as claims, in the order of the log.

    Parameters
    ----------
    facts : entries that hold
    """
    claims = []
    for fact in facts:
        if fact.action is Action.ASSERT:
            claims.append(asserted(fact.payload, fact.n))
            claims += _identifier_claims(fact)
        elif fact.action is Action.ADD:
            paper = added(fact.payload)
            claims.append(_identified(Name(Kind.PAPER, str(paper)), paper, fact.n, str(paper)))
    return tuple(claims)


def _identifier_claims(fact: UserFact) -> Iterator[Claim]:
    """Yield which papers an assertion speaks of, so that it finds them under another title too."""
    for end in ("subject", "object"):
        written = fact.payload.get(end)
        if isinstance(written, Mapping) and written.get("identifier"):
            name, identified = names_of(written)
            paper = identifier_of(identified.text)
            yield _identified(name, paper, fact.n, str(paper))


def _identified(name: Name, paper: Identifier, n: int, quote: str) -> Claim:
    values = {"text": paper.value}
    return Claim(name, paper.scheme, n, quote, values=values, extractor=YOUR_FORMAT)


def moment(at: str) -> str:
    """Return when something was said, in UTC; a time without a zone is taken as that.

    Raises
    ------
    InputError
        If it is no time.
    """
    try:
        read = datetime.datetime.fromisoformat(at)
        utc = read.replace(tzinfo=read.tzinfo or datetime.UTC).astimezone(datetime.UTC)
        if utc.year == datetime.MAXYEAR:
            raise ValueError(at)  # nothing could be said after it
    except (ValueError, OverflowError) as error:
        raise InputError(f"{at!r} is no time like 2026-11-21T15:40:00+00:00") from error
    return utc.isoformat(timespec="microseconds" if utc.microsecond else "seconds")


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
    for fact in sorted(pairs, key=lambda f: (f.at, f.n), reverse=True):
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
