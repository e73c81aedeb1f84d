"""The reader's own side: states, tags and notes of things, what lists say of them, what to read next.

The user's word wins over what a list says with READ or UNREAD; both are kept and shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from kg.decisions import LOWEST_PRIORITY, Action, State, UserFact, added, name_payload, names_of
from kg.errors import NotFoundError
from kg.identity import folded_name, is_identifier, name_key
from kg.ids import Identifier, identify, parse_arxiv_id, parse_doi
from kg.model import IDENTIFIERS, JsonValue, Kind, Name, Property, Relation, Stance
from kg.store import Entity, Store, StoredClaim
from queries.answers import get_entity

_OF_LISTS = {
    "unread": State.NEW,
    "un-read": State.NEW,
    "toread": State.TO_READ,
    **{str(s): s for s in State},
}
"""What a list's tag says, in the reader's words: UNREAD is 'new', not yet a wish to read it."""
_DONE = (State.READ, State.SKIPPED)


@dataclass(frozen=True, slots=True)
class Note:
    """One note of the user; an open one is a question that waits for an answer."""

    n: int
    """Number of its entry in the log."""
    at: str
    text: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """What a line of a list says about the state of a thing."""

    state: str
    """In the reader's words; UNREAD is 'new'."""
    source: str
    line: int

    @property
    def told(self) -> str:
        """The state in the words of lists."""
        return "unread" if self.state == State.NEW else self.state


@dataclass(frozen=True, slots=True)
class Marks:
    """What the reader, or else a list, says of one thing."""

    state: str | None = None
    """The user's state where they gave one, else what most lists say; see `said_by`."""
    state_at: str = ""
    """The day that the user gave, or on which they said it; '' where only lists speak."""
    tags: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()
    priority: int | None = None
    """1 comes first."""
    said_by: str = ""
    """'you', 'lists', or '' without a state."""
    listed: tuple[Listed, ...] = ()
    """What lists say, also where the user's word wins."""

    @property
    def lists_disagree(self) -> bool:
        """Whether two lists, or two lines, give two states."""
        return len({line.state for line in self.listed}) > 1

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form that ``kg show --json`` and ``kg read --json`` share."""
        return {
            "state": self.state,
            "state_at": self.state_at or None,
            "said_by": self.said_by or None,
            "priority": self.priority,
            "tags": list[JsonValue](sorted(self.tags)),
            "notes": [
                {"n": n.n, "at": n.at, "note": n.text, "open": n.is_open} for n in self.notes
            ],
            "lists": [
                {"state": line.state, "source": line.source, "line": line.line}
                for line in self.listed
            ],
        }


def get_marks(store: Store) -> dict[str, Marks]:
    """Return what the reader and lists say of every thing that they say something of, by its id.

    The newest state of any of a thing's names holds. Entries for names that the store does not
    hold at present are left out here; `find_lost` lists them.
    """
    listed = _listed(store.iter_claims(predicates=[Property.READ]))
    said, _ = _said(store)
    return {thing: _marks(said.get(thing, ()), listed.get(thing, ())) for thing in {*said, *listed}}


def get_mark(store: Store, thing: str) -> Marks:
    """Return what the reader and lists say of one thing (its id)."""
    listed = _listed(store.iter_claims(subject=thing, predicates=[Property.READ]))
    return _marks(_said_of(store, thing), listed.get(thing, ()))


def find_lost(store: Store) -> list[UserFact]:
    """Return the states, notes and tags that hold for names which the store does not know."""
    return _said(store)[1]


def _said_of(store: Store, thing: str) -> list[UserFact]:
    """Return the states, notes and tags that hold of one thing (its id)."""
    spellings = {folded_name(t) for e in store.find_entities(thing) for t in (e.name, *e.aliases)}
    identifiers = {
        str(Identifier(Property(c.claim.predicate), str(c.claim.values["text"]))).casefold()
        for c in store.iter_claims(subject=thing, predicates=map(str, IDENTIFIERS))
    }
    facts = [
        f
        for f in _facts(store)
        if any(
            folded_name(n.text) in spellings or n.text.casefold() in identifiers
            for n in names_of(f.payload)
        )
    ]
    return _resolved(store, facts)[0].get(thing, [])


def _facts(store: Store) -> list[UserFact]:
    return [
        f
        for f in store.user_facts()
        if f.holds and f.action in (Action.STATE, Action.NOTE, Action.TAG)
    ]


def _said(store: Store) -> tuple[dict[str, list[UserFact]], list[UserFact]]:
    """Return the states, notes and tags that hold by the id of their thing, and the lost ones."""
    return _resolved(store, _facts(store))


def _resolved(
    store: Store, facts: Sequence[UserFact]
) -> tuple[dict[str, list[UserFact]], list[UserFact]]:
    names = [names_of(f.payload) for f in facts]
    things = iter(store.entities_of_names([name for of in names for name in of]))
    found: dict[str, list[UserFact]] = defaultdict(list)
    lost: list[UserFact] = []
    for fact, of in zip(facts, names, strict=True):
        ids = [thing for thing in islice(things, len(of)) if thing is not None]
        if ids:
            found[ids[0]].append(fact)
        else:
            lost.append(fact)
    return found, lost


def _listed(claims: Iterable[StoredClaim]) -> dict[str, list[Listed]]:
    found: dict[str, list[Listed]] = defaultdict(list)
    for c in claims:
        state = _OF_LISTS.get(str(c.claim.values["text"]).casefold())
        if state is not None and c.claim.stance is Stance.STATES:
            found[c.subject.id].append(Listed(str(state), c.source, c.claim.line))
    return found


def _marks(facts: Iterable[UserFact], listed: Sequence[Listed]) -> Marks:
    marks = Marks(listed=tuple(listed))
    if listed:
        by_source = Counter(state for state, _ in {(x.state, x.source) for x in listed})
        least_done = list(map(str, State))
        state = min(by_source, key=lambda s: (-by_source[s], least_done.index(s)))
        marks = replace(marks, state=state, said_by="lists")
    for fact in sorted(facts, key=lambda f: (f.at, f.n)):
        said = fact.payload
        if fact.action is Action.STATE:
            priority = said.get("priority")
            marks = replace(
                marks,
                state=str(said["state"]),
                state_at=str(said.get("date") or fact.at[:10]),
                said_by="you",
                priority=priority if isinstance(priority, int) else None,
            )
        elif fact.action is Action.TAG:
            marks = replace(marks, tags=marks.tags | {str(said["tag"])})
        else:
            note = Note(fact.n, fact.at, str(said["note"]), bool(said.get("open", False)))
            marks = replace(marks, notes=(*marks.notes, note))
    return marks


# -- which thing is meant, and by which durable name ------------------------------------------


def read_identifier(text: str) -> Identifier | None:
    """Read what a person gives to name a paper: an arXiv id, a DOI, or an address of either.

    Examples
    --------
    >>> str(read_identifier("https://arxiv.org/abs/2310.03744v2"))
    'arXiv:2310.03744'
    """
    text = text.strip()
    if "://" in text:
        return identify(text)
    scheme, _, value = text.partition(":")
    if value and scheme.casefold() in ("acl", "openreview"):
        return Identifier(Property(scheme.casefold()), value)
    if scheme.casefold() == "doi" or text.startswith("10."):
        return parse_doi(text)
    return parse_arxiv_id(text)


def get_thing(store: Store, given: str) -> tuple[Entity, str]:
    """Return the thing that a name, id, identifier or address stands for, and a remark.

    Raises
    ------
    NotFoundError
        If nothing has this name; for an identifier it says how to add the paper.
    """
    identifier = read_identifier(given)
    if identifier is not None and not store.find_entities(given):
        if not store.find_entities(str(identifier), Kind.PAPER):
            raise NotFoundError(
                f"no paper {identifier} is known; 'kg add {identifier}' adds it",
                name=str(identifier),
            )
        given = str(identifier)
    return get_entity(store, given)


def get_readable(store: Store, given: str) -> tuple[Entity, str]:
    """Return what a person means who says how far they are with it, and a remark.

    A model or dataset stands for the one paper that introduces it, unless its id is given or
    the reader has a state for the thing itself already.

    Raises
    ------
    NotFoundError
        As `get_thing`.
    """
    thing, remark = get_thing(store, given)
    if thing.kind not in (Kind.MODEL, Kind.DATASET) or given == thing.id:
        return thing, remark
    if get_mark(store, thing.id).said_by == "you":
        return thing, remark
    claims = store.iter_claims(object=thing.id, predicates=[Relation.INTRODUCES])
    papers = {c.subject.id for c in claims if c.claim.stance is Stance.STATES}
    found = [p for ident in papers for p in store.find_entities(ident) if p.id == ident]
    if len(found) != 1:
        return thing, remark
    meant = f"{thing.name} is a {thing.kind}: its paper is meant; give {thing.id} for itself"
    return found[0], remark or meant


def lasting_name(store: Store, entity: Entity, given: str) -> dict[str, JsonValue]:
    """Write how an entry of the log names a thing so that it is found after a rebuild too."""
    names = [n for n in store.iter_names(of=entity.id)]
    wanted, shown = folded_name(given), folded_name(entity.name)
    name = min(
        names,
        key=lambda n: (
            n.id != given and n.folded != wanted,
            is_identifier(n.name.text),
            n.folded != shown,
        ),
    ).name
    return name_payload(name, _identifier_of(store, entity, name))


def _identifier_of(store: Store, entity: Entity, name: Name) -> str:
    """Return the identifier by which a paper is found whatever its title; '' without one.

    It is that of this very name: another that the user merged with it may be parted again.
    """
    if entity.kind is not Kind.PAPER:
        return ""
    key = name_key(name)
    counted: Counter[tuple[int, str]] = Counter()
    for c in store.iter_claims(subject=entity.id, predicates=map(str, IDENTIFIERS)):
        if name_key(c.claim.subject) == key:
            scheme = IDENTIFIERS.index(Property(c.claim.predicate))
            counted[scheme, str(c.claim.values["text"])] += 1
    if not counted:
        return ""
    at, text = min(counted, key=lambda k: (k[0], -counted[k], k[1]))
    return str(Identifier(IDENTIFIERS[at], text))


def find_entries(store: Store, thing: str, action: Action) -> list[UserFact]:
    """Return the entries of one action that hold for a thing (its id), oldest first."""
    return [f for f in _said_of(store, thing) if f.action is action]


# -- notes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenNote:
    """A note with what it is about: the user's, or a question that a list leaves open."""

    text: str
    about: str = ""
    """The shown name of its thing; '' for a question of a list."""
    id: str | None = None
    n: int | None = None
    """Number of the user's entry."""
    at: str = ""
    is_open: bool = True
    source: str = ""
    line: int = 0

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg notes --json``."""
        return {
            "note": self.text,
            "open": self.is_open,
            "about": self.about or None,
            "id": self.id,
            "n": self.n,
            "at": self.at or None,
            "source": self.source or None,
            "line": self.line or None,
        }


def find_notes(store: Store, *, only_open: bool = False) -> list[OpenNote]:
    """Return the user's notes, oldest first, then the questions that lists leave open, by line."""
    said, lost = _said(store)
    of = {f.n: thing for thing, facts in said.items() for f in facts}
    facts = [f for f in (*lost, *(f for fs in said.values() for f in fs))]
    notes = []
    for fact in sorted(facts, key=lambda f: (f.at, f.n)):
        if fact.action is not Action.NOTE:
            continue
        is_open = bool(fact.payload.get("open", False))
        if is_open or not only_open:
            thing = of.get(fact.n)
            about = names_of(fact.payload)[0].text
            entities = store.find_entities(thing) if thing else []
            name = entities[0].name if entities else about
            text = str(fact.payload["note"])
            notes.append(OpenNote(text, name, thing, fact.n, fact.at, is_open))
    for source, remark in store.remarks():
        if remark.kind == "question":
            notes.append(OpenNote(remark.text, source=source, line=remark.line))
    return notes


# -- what to read next ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to read, with the reasons."""

    id: str
    name: str
    state: str | None
    priority: int | None
    reasons: tuple[str, ...]
    connections: int
    """How many things that were read it connects to."""

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg queue --json``."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "priority": self.priority,
            "reasons": list[JsonValue](self.reasons),
            "connections": self.connections,
        }


@dataclass(frozen=True, slots=True)
class Queue:
    """What to read next, best first."""

    items: tuple[Suggestion, ...]
    waiting: int
    """How many there are in all, shown or not."""


_MOST_READ = 300
"""Things that were read, the latest first, from which connections are followed."""
_MOST_SHARING = 200
"""Papers under one topic, author or dataset above which sharing it says nothing."""
_REASONS_SHOWN = 3


def get_queue(store: Store, limit: int | None = 10) -> Queue:
    """Return what to read next: by the reader's priority, then by what it connects to.

    Things that the reader wants to read come first (those with a priority in its order), then
    papers that the reader added, then those that a list marks as not read, then papers that
    nothing marks but that connect to what was read.
    """
    marks = get_marks(store)
    mine = _added(store)
    read = [t for t, m in marks.items() if m.state in (State.READ, State.READING)]
    read.sort(key=lambda t: (marks[t].said_by != "you", _backwards(marks[t].state_at), t))
    linked = _Links(store).connections(read[:_MOST_READ])
    waiting: list[tuple[tuple[object, ...], str]] = []
    for thing in {*marks, *mine, *linked}:
        mark = marks.get(thing, Marks())
        if mark.state in _DONE or (thing not in mine and not mark.state and thing not in linked):
            continue
        rank = _rank(mark, is_mine=thing in mine)
        close = sum(closeness for closeness, _ in linked.get(thing, {}).values())
        order = (mark.priority or LOWEST_PRIORITY + 1, rank, -close, mark.state_at, thing)
        waiting.append((order, thing))
    waiting.sort()
    shown = waiting if limit is None else waiting[:limit]
    items = []
    for _, thing in shown:
        mark, links = marks.get(thing, Marks()), linked.get(thing, {})
        entities = store.find_entities(thing)
        name = entities[0].name if entities else thing
        reasons = (*_own_reasons(mark, thing in mine), *_told_links(links))
        items.append(Suggestion(thing, name, mark.state, mark.priority, reasons, len(links)))
    return Queue(tuple(items), len(waiting))


def _backwards(day: str) -> tuple[int, ...]:
    return tuple(-ord(c) for c in day) or (0,)


def _added(store: Store) -> set[str]:
    """Return the papers that the user added."""
    names = [
        Name(Kind.PAPER, str(added(f.payload)))
        for f in store.user_facts()
        if f.holds and f.action is Action.ADD
    ]
    return {thing for thing in store.entities_of_names(names) if thing is not None}


def _rank(mark: Marks, *, is_mine: bool) -> int:
    if mark.said_by == "you":
        return {State.READING: 0, State.TO_READ: 1}.get(State(str(mark.state)), 2)
    if is_mine:
        return 2
    return 3 if mark.state else 4


def _own_reasons(mark: Marks, is_mine: bool) -> Iterator[str]:
    if mark.priority is not None:
        yield f"your priority {mark.priority}"
    if mark.said_by == "you":
        told = {State.READING: "you are reading it", State.TO_READ: "you want to read it"}
        yield f"{told.get(State(str(mark.state)), 'new to you')} since {mark.state_at}"
    elif is_mine:
        yield "you added it"
    if mark.said_by == "lists":
        line = next(x for x in mark.listed if x.state == mark.state)
        yield f"{line.source}:{line.line} marks it {line.told}"


def _told_links(links: Mapping[str, tuple[int, str]]) -> Iterator[str]:
    closest = sorted(links, key=lambda k: (-links[k][0], k))
    yield from (links[k][1] for k in closest[:_REASONS_SHOWN])
    if len(links) > _REASONS_SHOWN:
        yield f"and {len(links) - _REASONS_SHOWN} more connections"


@dataclass
class _Links:
    """Follows claims from what was read to papers that have to do with it."""

    store: Store
    found: dict[str, dict[str, tuple[int, str]]] = field(default_factory=lambda: defaultdict(dict))
    """Thing to read -> thing that was read -> how closely (3 most) and how it connects to it."""
    _introducing: dict[str, list[str]] = field(default_factory=dict)

    def connections(self, read: Sequence[str]) -> Mapping[str, Mapping[str, tuple[int, str]]]:
        for thing in read:
            entities = self.store.find_entities(thing)
            if entities and entities[0].kind is Kind.PAPER:
                self._from_paper(thing, entities[0].name)
            elif entities:
                self._from_thing(thing, thing, entities[0].name)
        for thing in read:
            self.found.pop(thing, None)
        return self.found

    def _link(self, paper: str, read: str, why: str, closeness: int = 3) -> None:
        if paper != read and closeness > self.found.get(paper, {}).get(read, (0, ""))[0]:
            self.found[paper][read] = closeness, why

    def _from_paper(self, read: str, title: str) -> None:
        for c in self._claims(subject=read):
            predicate, end = c.claim.predicate, c.object
            if end is None:
                continue
            if predicate is Relation.CITES:
                self._link(end.id, read, f"cited by {title}")
            elif predicate is Relation.INTRODUCES:
                self._from_thing(read, end.id, end.name)
            elif predicate in (Relation.ABOUT, Relation.AUTHORED_BY):
                how = "also about" if predicate is Relation.ABOUT else "also by"
                for other in self._sharing(end.id, predicate):
                    why = f"{how} {end.name}, as {title}"
                    self._link(other.subject.id, read, why, 1)
        for c in self._claims(object=read):
            if c.claim.predicate is Relation.CITES:
                self._link(c.subject.id, read, f"cites {title}")
            elif c.claim.predicate is Relation.SUPERSEDES:
                self._link(c.subject.id, read, f"supersedes {title}")

    def _from_thing(self, read: str, thing: str, name: str) -> None:
        """Follow what a thing that was read about is made of and used for."""
        uses = {
            Relation.TRAINED_ON: "trained on",
            Relation.DERIVED_FROM: "derived from",
            Relation.EVALUATED_ON: "evaluated on",
        }
        for c in self._claims(object=thing):
            if c.claim.predicate in uses:
                how = uses[Relation(c.claim.predicate)]
                for paper in self._papers_of(c.subject.id):
                    self._link(paper, read, f"its {c.subject.name} is {how} {name}")
        for c in self._claims(subject=thing):
            if c.claim.predicate not in uses or c.object is None:
                continue
            how, target = uses[Relation(c.claim.predicate)], c.object
            for paper in self._papers_of(target.id):
                self._link(paper, read, f"{name} is {how} its {target.name}")
            if c.claim.predicate is not Relation.EVALUATED_ON:
                for other in self._sharing(target.id, c.claim.predicate):
                    if other.subject.id != thing:
                        for paper in self._papers_of(other.subject.id):
                            why = f"its {other.subject.name} is {how} {target.name}, as {name}"
                            self._link(paper, read, why, 2)

    def _papers_of(self, thing: str) -> list[str]:
        if thing not in self._introducing:
            claims = self.store.iter_claims(object=thing, predicates=[Relation.INTRODUCES])
            self._introducing[thing] = [c.subject.id for c in claims]
        return self._introducing[thing]

    def _sharing(self, thing: str, predicate: Relation | Property) -> list[StoredClaim]:
        """Return the claims that say the same of a thing; none where too many do to mean much."""
        claims = self._claims(object=thing, predicates=[predicate])
        return claims if len(claims) <= _MOST_SHARING else []

    def _claims(
        self,
        *,
        subject: str | None = None,
        object: str | None = None,
        predicates: Sequence[str] = tuple(map(str, Relation)),
    ) -> list[StoredClaim]:
        claims = self.store.iter_claims(subject=subject, object=object, predicates=predicates)
        return [c for c in islice(claims, 5000) if c.claim.stance is Stance.STATES]
