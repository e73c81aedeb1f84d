"""Which part of the graph a question is about: by date, topic, kind, confidence, source and marks.

A `Narrow` says what is wanted; `Narrow.on(store)` makes the `Sieve` that tells for one question,
reading from the store what it needs only once and only where something is asked for.

What a part of the graph is, is the same in every format. Its things are those that were chosen (by
name or as answers of a question; all, where nothing was chosen) and are not narrowed out. Its
claims are those of which the subject is not narrowed out and, where things were chosen, one end is
one of them: what is said of a chosen thing, and what is said of others with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from kg.errors import InputError, NotFoundError
from kg.model import JsonValue, Kind, Property, Relation, Stance
from kg.moments import Span, parse_span
from kg.store import End, Entity, Store, StoredClaim
from queries.answers import get_entity
from queries.export import shown_value
from queries.reader import Marks, get_marks
from queries.topics import with_subtopics

_DATED = (Property.ARXIV, Property.DATE, Property.YEAR)
_NEVER_DATED = (Kind.TOPIC, Kind.PERSON)
_PAPERS_BY = {
    Kind.MODEL: Relation.INTRODUCES,
    Kind.DATASET: Relation.INTRODUCES,
    Kind.TOPIC: Relation.ABOUT,
}


@dataclass(frozen=True, slots=True)
class Dated:
    """When a thing first appeared, as exactly as sources say."""

    span: Span
    via: str
    """'preprint' (arXiv ids too), 'published', 'list', 'venue' or 'year'; 'paper: ...' where it is that
    of the paper that introduces the thing."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """What a question is narrowed to; everything given must hold, of several values any one.

    Source and confidence are asked of claims, everything else of things. A model or dataset has
    the topics, dates, states and tags of the papers that introduce it beside its own, a person
    or topic those of their papers (but no date).
    """

    since: str = ""
    """A day, month or year: its first day."""
    until: str = ""
    """A day, month or year: its last day."""
    topics: tuple[str, ...] = ()
    """Names or ids; what is narrower than a topic belongs to it."""
    kinds: frozenset[Kind] = frozenset()
    min_confidence: float = 0.0
    sources: tuple[str, ...] = ()
    """Ids, files or folders as a person here would write them, or the end of an id after a '/'."""
    states: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is narrowed."""
        return not any(getattr(self, f.name) for f in fields(self))

    def on(
        self, store: Store, *, whole: bool = False, chosen: Collection[str] | None = None
    ) -> Sieve:
        """Make what tells of the claims and things of one store whether they are in.

        Parameters
        ----------
        store : the store that the question is put to
        whole : read dates of all things at once, for going through the whole graph
        chosen : ids of the things that make the part, before it is narrowed; all when not given

        Raises
        ------
        InputError
            For a date that is none, or a confidence that is not between 0 and 1.
        NotFoundError
            For a topic or source that the store does not have.
        """
        return Sieve(store, self, whole=whole, chosen=chosen)


class Sieve:
    """Says what is in for one question; made by `Narrow.on`.

    A date filter keeps what lies in the range for certain: of a thing known by its year alone,
    all of that year must. What could lie inside or outside, and what has no date, is left out and
    counted (`undecided`, `undated`). Topics and persons never have a date: they are left out by one
    and not counted.
    """

    def __init__(
        self,
        store: Store,
        narrow: Narrow,
        *,
        whole: bool = False,
        chosen: Collection[str] | None = None,
    ) -> None:
        self.narrow = narrow
        self.chosen = None if chosen is None else frozenset(chosen)
        self._store = store
        self._is_whole = whole
        if not 0.0 <= narrow.min_confidence <= 1.0:
            raise InputError(f"a confidence is between 0 and 1, not {narrow.min_confidence}")
        since, until = _bound(narrow.since), _bound(narrow.until)
        self._since = since.first if since else None
        self._until = until.last if until else None
        if self._since and self._until and self._since > self._until:
            raise InputError(f"nothing lies since {narrow.since} and until {narrow.until}")
        self._sources = self._find_sources()
        self._topics = self._find_topics()
        self._states = {state.casefold() for state in narrow.states}
        self._tags = {tag.casefold() for tag in narrow.tags}
        self._verdicts: dict[str, bool] = {}
        self._papers: dict[str, frozenset[str]] = {}
        self._dates: dict[str, Dated | None] = {}
        self.undated: set[str] = set()
        """Ids of things that were left out because they have no date."""
        self.undecided: set[str] = set()
        """Ids of things that were left out because their date is not exact enough."""

    def keeps_claim(self, stored: StoredClaim) -> bool:
        """Say whether a claim is of a source and as sure as asked for (of things see below)."""
        return stored.claim.confidence >= self.narrow.min_confidence and (
            self._sources is None or stored.source in self._sources
        )

    def keeps_entity(self, entity: Entity | End) -> bool:
        """Say whether a thing is chosen, and of a kind, topic, date, state and tag asked for.

        An `End` of a claim stands for its thing, so that claims can be asked about as they come.
        """
        return self._is_chosen(entity) and self.is_left(entity)

    def _is_chosen(self, entity: Entity | End | None) -> bool:
        return self.chosen is None or (entity is not None and entity.id in self.chosen)

    def is_left(self, entity: Entity | End) -> bool:
        """Say whether a thing is not narrowed out, chosen or not."""
        known = self._verdicts.get(entity.id)
        if known is None:
            known = self._verdicts[entity.id] = self._judge(entity.id, entity.kind)
        return known

    def keeps_said(self, stored: StoredClaim) -> bool:
        """Say whether a claim is of the part: its subject is left, and a chosen thing is an end."""
        return (
            self.keeps_claim(stored)
            and (self._is_chosen(stored.subject) or self._is_chosen(stored.object))
            and self.is_left(stored.subject)
        )

    @property
    def filters_claims(self) -> bool:
        """Whether claims can be out because of what they are themselves."""
        return self._sources is not None or self.narrow.min_confidence > 0.0

    @property
    def remark(self) -> str:
        """How many things were left out for want of a date, in words; '' when none were."""
        parts = []
        if self.undated:
            parts.append(f"{len(self.undated)} without a date")
        if self.undecided:
            parts.append(f"{len(self.undecided)} whose date is not exact enough")
        return f"left out: {', '.join(parts)}" if parts else ""

    def date_of(self, entity: Entity | End) -> Dated | None:
        """Return when a thing first appeared: its own date, else that of its earliest paper.

        The preprint comes first (what sources give as its date, or the arXiv id's month where that
        is more exact), then the publication, the date in a list, the venue, and a year alone. Where sources differ the date is shown as
        properties are: most sources, then confidence.
        """
        if entity.id not in self._dates:
            self._dates[entity.id] = self._find_date(entity.id, entity.kind)
        return self._dates[entity.id]

    # -- what is wanted ------------------------------------------------------------------------

    def _find_sources(self) -> frozenset[str] | None:
        if not self.narrow.sources:
            return None
        known = [s.id for s in self._store.sources()]
        found: set[str] = set()
        for wanted in self.narrow.sources:
            fitting = (
                [s for s in known if s == wanted]
                or _at_or_below(known, Path(wanted).resolve().as_posix())
                or _at_or_below(known, wanted.rstrip("/"))
                or [s for s in known if s.endswith("/" + wanted.removeprefix("./"))]
            )
            if not fitting:
                raise NotFoundError(
                    f"no source is called {wanted!r}; 'kg sources' lists them", name=wanted
                )
            found.update(fitting)
        return frozenset(found)

    def _find_topics(self) -> frozenset[str] | None:
        """Return the ids of the topics asked for and of all below them."""
        if not self.narrow.topics:
            return None
        named = (get_entity(self._store, name, Kind.TOPIC)[0].id for name in self.narrow.topics)
        return with_subtopics(self._store, named)

    @cached_property
    def _papers_on_topics(self) -> frozenset[str]:
        topics = self._topics or frozenset()
        return frozenset(p for t in topics for p in self._subjects(t, Relation.ABOUT))

    @cached_property
    def _marks(self) -> Mapping[str, Marks]:
        return get_marks(self._store)

    # -- one thing -----------------------------------------------------------------------------

    def _judge(self, entity: str, kind: Kind) -> bool:
        if self.narrow.kinds and kind not in self.narrow.kinds:
            return False
        if self._topics is not None and not self._is_on_topic(entity, kind):
            return False
        if (self._states or self._tags) and not self._is_marked(entity, kind):
            return False
        return (self._since is None and self._until is None) or self._is_in_range(entity, kind)

    def _is_on_topic(self, entity: str, kind: Kind) -> bool:
        if kind is Kind.TOPIC:
            return self._topics is not None and entity in self._topics
        return not self._papers_on_topics.isdisjoint(self._with_papers(entity, kind))

    def _is_marked(self, entity: str, kind: Kind) -> bool:
        found = [m for e in self._with_papers(entity, kind) if (m := self._marks.get(e))]
        has_state = any((m.state or "").casefold() in self._states for m in found)
        has_tag = any(t.casefold() in self._tags for m in found for t in m.tags)
        return (has_state or not self._states) and (has_tag or not self._tags)

    def _is_in_range(self, entity: str, kind: Kind) -> bool:
        dated = self.date_of(Entity(entity, kind, ""))
        if dated is None:
            if kind not in _NEVER_DATED:
                self.undated.add(entity)
            return False
        span = dated.span
        if (self._since and span.last < self._since) or (self._until and span.first > self._until):
            return False
        if (self._since and span.first < self._since) or (self._until and span.last > self._until):
            self.undecided.add(entity)
            return False
        return True

    def _with_papers(self, entity: str, kind: Kind) -> frozenset[str]:
        """Return a thing with its papers: that introduce it, are about it, or that it wrote."""
        if kind is Kind.PAPER:
            return frozenset((entity,))
        if entity not in self._papers:
            relation = _PAPERS_BY.get(kind, Relation.AUTHORED_BY)
            found = (
                self._all_papers(relation).get(entity, ())
                if self._is_whole
                else self._subjects(entity, relation)
            )
            self._papers[entity] = frozenset((entity, *found))
        return self._papers[entity]

    def _subjects(self, entity: str, relation: Relation) -> list[str]:
        return [
            c.subject.id
            for c in self._store.iter_claims(object=entity, predicates=[relation])
            if c.claim.stance is Stance.STATES
        ]

    def _all_papers(self, relation: Relation) -> Mapping[str, list[str]]:
        if relation not in self._read:
            found: dict[str, list[str]] = defaultdict(list)
            for c in self._store.iter_claims(predicates=[relation]):
                if c.object is not None and c.claim.stance is Stance.STATES:
                    found[c.object.id].append(c.subject.id)
            self._read[relation] = found
        return self._read[relation]

    @cached_property
    def _read(self) -> dict[Relation, Mapping[str, list[str]]]:
        return {}

    # -- dates ---------------------------------------------------------------------------------

    def _find_date(self, entity: str, kind: Kind) -> Dated | None:
        own = self._own_date(entity)
        if own is not None or kind is Kind.PAPER or kind in _NEVER_DATED:
            return own
        papers = sorted(self._with_papers(entity, kind) - {entity})
        dates = [d for p in papers if (d := self.date_of(Entity(p, Kind.PAPER, ""))) is not None]
        if not dates:
            return None
        first = min(dates, key=lambda d: (d.span.first, d.span.last))
        return Dated(first.span, f"paper: {first.via}")

    def _own_date(self, entity: str) -> Dated | None:
        claims: Iterable[StoredClaim] = (
            self._all_dated.get(entity, ())
            if self._is_whole
            else self._store.iter_claims(subject=entity, predicates=_DATED)
        )
        return find_date(claims)

    @cached_property
    def _all_dated(self) -> Mapping[str, list[StoredClaim]]:
        found: dict[str, list[StoredClaim]] = defaultdict(list)
        for stored in self._store.iter_claims(predicates=_DATED):
            found[stored.subject.id].append(stored)
        return found


def choose_entities(
    store: Store, sieve: Sieve, kind: Kind, among: Iterable[str] | None = None
) -> frozenset[str]:
    """Return the ids of the things of a kind that are in, or which of some are not narrowed out.

    Narrowed to sources or a confidence, a thing is in that such a claim names.
    """
    if among is None:
        things = list(store.iter_entities(kind))
    else:
        things = [e for i in sorted(set(among)) for e in store.find_entities(i) if e.kind is kind]
    if sieve.filters_claims:
        named = (
            _all_named(store.iter_claims(), sieve)
            if among is None
            else {e.id for e in things if _is_named(store, sieve, e.id)}
        )
        things = [e for e in things if e.id in named]
    is_in = sieve.keeps_entity if among is None else sieve.is_left
    return frozenset(e.id for e in things if is_in(e))


def _all_named(claims: Iterable[StoredClaim], sieve: Sieve) -> set[str]:
    named: set[str] = set()
    for stored in claims:
        if sieve.keeps_claim(stored):
            named.add(stored.subject.id)
            if stored.object is not None:
                named.add(stored.object.id)
    return named


def _is_named(store: Store, sieve: Sieve, entity: str) -> bool:
    return any(map(sieve.keeps_claim, store.iter_claims(subject=entity))) or any(
        map(sieve.keeps_claim, store.iter_claims(object=entity))
    )


def find_date(claims: Iterable[StoredClaim]) -> Dated | None:
    """Choose when a thing first appeared from its own claims of arXiv id, date and year."""
    by: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in claims:
        if stored.claim.stance is not Stance.STATES:
            continue
        if stored.claim.predicate is Property.DATE:
            by[str(stored.claim.qualifiers.get("kind", "published"))].append(stored)
        elif stored.claim.predicate in (Property.ARXIV, Property.YEAR):
            by[str(stored.claim.predicate)].append(stored)
    preprint, arxiv = _shown_span(by["preprint"]), _shown_span(by["arxiv"])
    if preprint is None or (arxiv and preprint.first <= arxiv.first <= arxiv.last < preprint.last):
        preprint = arxiv
    if preprint is not None:
        return Dated(preprint, "preprint")
    for via in ("published", "list", "venue", "year"):
        span = _shown_span(by[via])
        if span is not None:
            return Dated(span, via)
    return None


def _shown_span(claims: list[StoredClaim]) -> Span | None:
    spans = {str(c.claim.values["text"]): _span_of(c) for c in claims}
    readable = [c for c in claims if spans[str(c.claim.values["text"])] is not None]
    return spans[str(shown_value(readable))] if readable else None


def _span_of(stored: StoredClaim) -> Span | None:
    values = stored.claim.values
    text = str(values["text"])
    if stored.claim.predicate is Property.ARXIV:
        return _span_of_arxiv_id(text)
    value: JsonValue = values.get("value", text)
    return parse_span(str(value)) or parse_span(text)


def _span_of_arxiv_id(value: str) -> Span | None:
    """Return the month in which an arXiv id was given."""
    digits = value.rsplit("/", 1)[-1][:4]
    if len(digits) < 4 or not digits.isascii() or not digits.isdigit():
        return None
    century = 1900 if "/" in value and int(digits[:2]) >= 91 else 2000
    return parse_span(f"{century + int(digits[:2])}-{digits[2:]}")


def _at_or_below(sources: Iterable[str], place: str) -> list[str]:
    return [s for s in sources if s == place or s.startswith(place + "/")]


def _bound(text: str) -> Span | None:
    if not text:
        return None
    span = parse_span(text)
    if span is None:
        raise InputError(f"{text!r} is no date; write 2023-04-17, 2023-04 or 2023")
    return span
