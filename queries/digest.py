"""What is new for each watch: papers, relations, and what lists gained, lost and changed."""

from __future__ import annotations

import datetime
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kg.decisions import Action, State, told_until, watches_of
from kg.errors import InputError
from kg.model import JsonValue, Kind, Relation
from kg.moments import parse_moment, parse_span
from kg.records import ARXIV, RECORDS_FORMAT
from kg.store import Diff, LoadInfo, Named, News, RecordedPaper, SourceInfo, Store, StoredClaim
from kg.watches import Watch, WatchKind, relation_of
from queries.answers import Evidence, evidence_of, merged_attributes
from queries.reader import Marks, get_marks

_ORDER = {"new": 0, "new version": 1, "cross-listed": 2, "withdrawn": 3}
_RELATIONS = tuple(str(r) for r in Relation)


@dataclass(frozen=True, slots=True)
class Since:
    """From where on something is told.

    Parameters
    ----------
    told : in words
    load, news : numbers of the last load and piece of news that were told before
    is_asked : whether it was asked for by a day: then also what was told before is told
    """

    told: str
    load: int = 0
    news: int = 0
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class PaperNews:
    """A paper that a watch brought."""

    what: tuple[str, ...]
    """'new', 'new version', 'cross-listed', 'withdrawn': all that happened to it."""
    n: int
    """The number of the last piece of news of it."""
    at: str
    """When the last of it came: ISO 8601, UTC."""
    arxiv: str
    paper: str
    """Its id; '' when arXiv holds it no more."""
    title: str
    authors: tuple[str, ...]
    date: str
    """The day of its first version."""
    categories: tuple[str, ...]
    abstract: str
    version: int
    named: tuple[Named, ...]
    """Known models and datasets in its title and abstract."""
    state: str = ""
    """How far the reader is with it."""
    tags: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Other watches that brought it too."""

    @property
    def url(self) -> str:
        """Its page at arXiv."""
        return f"https://arxiv.org/abs/{self.arxiv}"

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg digest --json``."""
        return {
            "what": list[JsonValue](self.what),
            "at": self.at,
            "arxiv": self.arxiv,
            "id": self.paper or None,
            "title": self.title,
            "authors": list[JsonValue](self.authors),
            "date": self.date or None,
            "categories": list[JsonValue](self.categories),
            "abstract": self.abstract,
            "version": self.version or None,
            "url": self.url,
            "names": [
                {"id": n.id, "kind": str(n.kind), "name": n.name, "where": n.place}
                for n in self.named
            ],
            "state": self.state or None,
            "tags": list[JsonValue](self.tags),
            "also": list[JsonValue](self.also),
        }


@dataclass(frozen=True, slots=True)
class RelationNews:
    """A relation of which sources say something else than before."""

    what: str
    """'new', 'changed' or 'gone'."""
    subject: str
    subject_id: str
    relation: str
    object: str
    """'' where what it relates to is not told: undisclosed training data."""
    object_id: str
    attributes: Mapping[str, JsonValue]
    stance: str
    evidence: tuple[Evidence, ...]

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg digest --json``."""
        return {
            "what": self.what,
            "subject": {"id": self.subject_id, "name": self.subject},
            "relation": self.relation,
            "object": {"id": self.object_id or None, "name": self.object or None},
            "attributes": dict(self.attributes),
            "stance": self.stance,
            "evidence": [e.to_json() for e in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class ListedThing:
    """A thing of which a list says something else than before."""

    what: str
    """'new', 'changed' or 'gone', as far as this list goes."""
    id: str
    kind: Kind
    name: str
    changes: tuple[tuple[str, str, int], ...]
    """(what, fact, line), what being 'added', 'edited' or 'withdrawn'."""

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg digest --json``."""
        return {
            "what": self.what,
            "id": self.id,
            "kind": str(self.kind),
            "name": self.name,
            "changes": [{"what": w, "fact": f, "line": n} for w, f, n in self.changes],
        }


@dataclass(frozen=True, slots=True)
class Section:
    """What is new for one watch."""

    watch: Watch
    reached: str
    """How far what it follows was read, in words."""
    papers: tuple[PaperNews, ...] = ()
    relations: tuple[RelationNews, ...] = ()
    listed: tuple[ListedThing, ...] = ()
    first_read: Diff | None = None
    """Of a list that was read for the first time: how much it says."""
    dismissed: int = 0
    """Papers that are left out because the reader skips them."""
    told_before: int = 0
    """Papers that another watch brought, and that were told before."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is new."""
        return not (self.papers or self.relations or self.listed or self.first_read)

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg digest --json``."""
        first = self.first_read
        return {
            "watch": self.watch.name,
            "kind": str(self.watch.kind),
            "of": self.watch.of,
            "paused": self.watch.is_paused,
            "reached": self.reached,
            "papers": [p.to_json() for p in self.papers],
            "relations": [r.to_json() for r in self.relations],
            "list": [t.to_json() for t in self.listed],
            "first_read": first.added if first else None,
            "dismissed": self.dismissed,
            "told_before": self.told_before,
        }


@dataclass(frozen=True, slots=True)
class Digest:
    """What is new since some moment."""

    since: Since
    at: str
    """When it was put together: ISO 8601, UTC."""
    load: int
    news: int
    """Numbers of the last load and piece of news that it looked at."""
    sections: tuple[Section, ...]
    others: tuple[tuple[str, Diff], ...] = field(default=())
    """Other sources that were read and had changed."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is new for any watch."""
        return all(s.is_empty for s in self.sections)

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg digest --json``."""
        return {
            "since": self.since.told,
            "at": self.at,
            "watches": [s.to_json() for s in self.sections],
            "other_sources": [
                {"source": s, "added": d.added, "edited": d.edited, "withdrawn": d.withdrawn}
                for s, d in self.others
            ],
        }


# ---------------------------------------------------------------------- from where on


_DAYS = re.compile(r"([0-9]{1,4})d")


def since_last(store: Store, *, again: bool = False) -> Since:
    """Return where the last digest ended; for the first, the beginning.

    Parameters
    ----------
    again : where the last digest began instead
    """
    marks = [f for f in store.user_facts() if f.action is Action.TOLD and f.holds]
    if again and marks:
        marks.pop()
    if not marks:
        return Since("the beginning")
    load, news = told_until(marks[-1].payload)
    return Since(f"{marks[-1].at[:16].replace('T', ' ')} UTC", load, news)


def since_day(store: Store, text: str, now: datetime.datetime) -> Since:
    """Return where a day (or a number of days ago) begins; all of it is told, also once more.

    Parameters
    ----------
    text : '2026-11-14', '2026-11', '2026-11-14T10:00', '7d'

    Raises
    ------
    InputError
        It is none of these.
    """
    days = _DAYS.fullmatch(text.strip())
    span = parse_span(text)
    if days:
        moment = now - datetime.timedelta(days=int(days[1]))
    elif span:
        moment = datetime.datetime.combine(span.first, datetime.time(), datetime.UTC)
    else:
        try:
            moment = parse_moment(text)
        except InputError:
            raise InputError(
                f"{text!r} is no time; write last, 2026-11-14, 2026-11-14T10:00 or 7d"
            ) from None
    # By numbers, as all else: a clock that was set back must not hide what came later.
    load = _before(((n.n, n.at) for n in store.loads()), moment)
    news = _before(((n.n, n.at) for n in store.iter_news()), moment)
    return Since(f"{moment:%Y-%m-%d %H:%M} UTC", load, news, is_asked=True)


def _before(numbered: Iterable[tuple[int, str]], moment: datetime.datetime) -> int:
    """Return the number before the first that is of the moment or later; else the last."""
    last = 0
    for n, at in numbered:
        if parse_moment(at) >= moment:
            return last
        last = n
    return last


def begin_telling(store: Store) -> None:
    """Let the first digest begin here, where there was none yet: what is there is no news."""
    if not any(f.action is Action.TOLD and f.holds for f in store.user_facts()):
        payload = {
            "load": max((n.n for n in store.loads()), default=0),
            "news": max((n.n for n in store.iter_news()), default=0),
        }
        store.add_user_fact(Action.TOLD, payload)


def note_told(store: Store, digest: Digest) -> None:
    """Note that the user was told of all that a digest tells, where there was something new."""
    held = since_last(store)
    if digest.load > held.load or digest.news > held.news:
        payload = {
            "load": max(digest.load, held.load),
            "news": max(digest.news, held.news),
        }
        store.add_user_fact(Action.TOLD, payload)


# ---------------------------------------------------------------------- the digest


def get_digest(store: Store, since: Since, now: datetime.datetime) -> Digest:
    """Collect what is new for each watch.

    A paper or a relation is told once, under the first of its watches. What the reader skips is
    left out and counted, and so is what an earlier digest told already.

    Parameters
    ----------
    since : of `since_last` or `since_day`
    now : when it is asked
    """
    watches = watches_of(store.user_facts())
    loads = store.loads()
    sources = {s.id: s for s in store.sources()}
    all_news = list(store.iter_news())
    collected = _papers(store, watches, all_news, since)
    sections = []
    heard: set[tuple[str, ...]] = set()
    for watch in watches.values():
        papers, dismissed, told_before = collected.get(watch.name, ((), 0, 0))
        relations: tuple[RelationNews, ...] = ()
        listed: tuple[ListedThing, ...] = ()
        first: Diff | None = None
        if watch.kind is WatchKind.LIST:
            listed, first = _of_list(store, sources.get(watch.of), loads, since.load)
        elif watch.kind in (WatchKind.RELATION, WatchKind.THING):
            relations = tuple(
                r
                for r in _relations(store, watch, since.load)
                if (r.what, r.subject_id, r.relation, r.object_id) not in heard
            )
            heard |= {(r.what, r.subject_id, r.relation, r.object_id) for r in relations}
        sections.append(
            Section(
                watch,
                reached(store, watch),
                papers,
                relations,
                listed,
                first,
                dismissed,
                told_before,
            )
        )
    return Digest(
        since,
        now.astimezone(datetime.UTC).isoformat(timespec="seconds"),
        max((load.n for load in loads), default=0),
        max((n.n for n in all_news), default=0),
        tuple(sections),
        _others(watches.values(), sources, loads, since),
    )


def _papers(
    store: Store, watches: Mapping[str, Watch], all_news: Sequence[News], since: Since
) -> dict[str, tuple[tuple[PaperNews, ...], int, int]]:
    """Return for each watch its papers, how many are skipped, and how many were told before."""
    known: set[tuple[str, ...]] = set()
    by_paper: dict[str, list[News]] = defaultdict(list)
    for news in all_news:
        if news.watch not in watches:
            continue
        if news.n <= since.news:
            known.update(_telling(news))
        else:
            by_paper[news.arxiv].append(news)
    records = {r.record.arxiv: r for r in store.find_records(by_paper.keys())}
    marks = get_marks(store) if by_paper else {}
    papers: dict[str, list[PaperNews]] = defaultdict(list)
    dismissed: dict[str, int] = defaultdict(int)
    told_before: dict[str, int] = defaultdict(int)
    for arxiv, of in by_paper.items():
        first = min(n.watch for n in of)
        fresh = of if since.is_asked else [n for n in of if not known.intersection(_telling(n))]
        record = records.get(arxiv)
        mark = marks.get(record.paper, Marks()) if record else Marks()
        if not fresh:
            told_before[first] += 1
        elif mark.state == State.SKIPPED:
            dismissed[first] += 1
        else:
            papers[first].append(_paper(arxiv, fresh, record, mark, {n.watch for n in of}))
    return {
        name: (tuple(sorted(papers[name], key=_newest)), dismissed[name], told_before[name])
        for name in {*papers, *dismissed, *told_before}
    }


def _telling(news: News) -> list[tuple[str, ...]]:
    """Return what tells that a reader has been told of a piece of news."""
    if news.what == "new":
        return [(news.arxiv,)]
    # Who was told of a paper in any way does not hear of it as new any more.
    return [(news.arxiv, news.what, str(news.version))]


def _paper(
    arxiv: str, of: Sequence[News], record: RecordedPaper | None, mark: Marks, watches: set[str]
) -> PaperNews:
    what = {n.what for n in of}
    if "new" in what:
        what.discard("new version")  # it is the first that the reader hears of it
    said = record.record if record else None
    last = max(of, key=lambda n: n.n)
    first = min(watches)
    return PaperNews(
        tuple(sorted(what, key=lambda w: _ORDER[w])),
        last.n,
        last.at,
        arxiv,
        record.paper if record else "",
        said.title if said else f"arXiv:{arxiv}, which arXiv holds no more",
        said.authors if said else (),
        said.created if said else "",
        said.categories if said else (),
        said.abstract if said else "",
        said.version if said else 0,
        record.named if record else (),
        mark.state or "",
        tuple(sorted(mark.tags)),
        tuple(sorted(watches - {first})),
    )


def _newest(paper: PaperNews) -> tuple[int, tuple[int, ...], str]:
    return _ORDER[paper.what[0]], tuple(-ord(c) for c in paper.date), paper.arxiv


def _relations(store: Store, watch: Watch, begun: int) -> tuple[RelationNews, ...]:
    """Return the relations of a thing of which sources say something else than before."""
    things: list[str]
    if watch.kind is WatchKind.RELATION:
        asked = relation_of(watch.of)
        things = [e.id for e in store.find_entities(asked.name)]
        predicates: Iterable[str] = [str(asked.relation)]
        claims = list(
            store.iter_claims(object=things, predicates=predicates, withdrawn=True)
            if asked.is_object
            else store.iter_claims(subject=things, predicates=predicates, withdrawn=True)
        )
    else:
        things = [
            e.id for e in store.find_entities(watch.of) if e.kind in (Kind.MODEL, Kind.DATASET)
        ]
        claims = [
            *store.iter_claims(subject=things, predicates=_RELATIONS, withdrawn=True),
            *(
                c
                for c in store.iter_claims(object=things, predicates=_RELATIONS, withdrawn=True)
                if c.subject.id not in things
            ),
        ]
    links: dict[tuple[str, str, str], list[StoredClaim]] = defaultdict(list)
    for stored in claims:
        key = (
            stored.subject.id,
            str(stored.claim.predicate),
            stored.object.id if stored.object else "",
        )
        links[key].append(stored)
    found = []
    for (subject, relation, target), said in sorted(links.items()):
        what, came, went = _moved(said, begun)
        if not what:
            continue
        if what == "changed" and not came:
            continue  # one source fewer says what others go on saying
        shown = came or went
        end = shown[0].object
        found.append(
            RelationNews(
                what,
                shown[0].subject.name,
                subject,
                relation,
                end.name if end else "",
                target,
                merged_attributes(shown),
                str(shown[0].claim.stance),
                evidence_of(shown),
            )
        )
    found.sort(key=lambda r: (_RANK[r.what], r.relation, r.subject.casefold(), r.object.casefold()))
    return tuple(found)


def _of_list(
    store: Store, source: SourceInfo | None, loads: Sequence[LoadInfo], begun: int
) -> tuple[tuple[ListedThing, ...], Diff | None]:
    """Return the things of which a list says something else; of its first reading, only how much."""
    if source is None:
        return (), None
    own = [load.n for load in loads if load.source == source.id]
    if not any(n > begun for n in own):
        return (), None
    claims = list(store.iter_claims(source=source.id, withdrawn=True))
    if min(own) > begun:
        current = sum(c.withdrawn_load is None for c in claims)
        return (), Diff(added=current)
    by_thing: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in claims:
        by_thing[stored.subject.id].append(stored)
    listed = []
    for thing, said in by_thing.items():
        what, came, went = _moved(said, begun)
        if not what:
            continue
        end = said[-1].subject
        listed.append(
            ListedThing(
                what,
                thing,
                end.kind,
                end.name,
                tuple(_changes(came, went)),
            )
        )
    listed.sort(key=lambda t: (_RANK[t.what], str(t.kind), t.name.casefold(), t.id))
    return tuple(listed), None


_RANK = {"new": 0, "changed": 1, "gone": 2}


def _moved(
    said: Sequence[StoredClaim], begun: int
) -> tuple[str, list[StoredClaim], list[StoredClaim]]:
    """Tell what became since a load of something of which all these claims were ever made.

    Returns
    -------
    tuple
        'new', 'changed' or 'gone', '' where nothing moved; the claims that came; those that went.
    """
    came = [c for c in said if c.first_load > begun and c.withdrawn_load is None]
    held = [
        c
        for c in said
        if c.first_load <= begun and (c.withdrawn_load is None or c.withdrawn_load > begun)
    ]
    went = [c for c in held if c.withdrawn_load is not None]
    if not came and not went:
        return "", came, went
    is_current = any(c.withdrawn_load is None for c in said)
    return ("changed" if held and is_current else "new" if is_current else "gone"), came, went


def _changes(
    came: Sequence[StoredClaim], went: Sequence[StoredClaim]
) -> Iterable[tuple[str, str, int]]:
    """Yield what is said newly, otherwise, and no more; an edit is one of each about the same."""
    old: dict[str, list[StoredClaim]] = defaultdict(list)
    for c in went:
        old[_known_by(c)].append(c)
    for c in came:
        before = old[_known_by(c)]
        if before:
            was = before.pop(0)
            yield "edited", f"{_fact(c)} (before: {_value(was)})", c.claim.line
        else:
            yield "added", _fact(c), c.claim.line
    for rest in old.values():
        for c in rest:
            yield "withdrawn", _fact(c), c.claim.line


def _known_by(stored: StoredClaim) -> str:
    claim = stored.claim
    target = claim.object.text if claim.object else ""
    return json.dumps([str(claim.predicate), target, dict(claim.qualifiers)], sort_keys=True)


def _fact(stored: StoredClaim) -> str:
    """Write what a claim says beside its subject: 'TRAINED_ON LLaVA-665K', 'year 2023'."""
    return f"{stored.claim.predicate} {_value(stored)}".strip()


def _value(stored: StoredClaim) -> str:
    claim = stored.claim
    words = [claim.object.text] if claim.object else []
    for key, value in {**claim.qualifiers, **claim.values}.items():
        text = value.get("text") if isinstance(value, Mapping) else value
        if isinstance(text, str | int | float) and str(text):
            words.append(str(text) if key == "text" else f"{key} {text}")
    return ", ".join(words) or str(claim.stance)


def _others(
    watches: Iterable[Watch],
    sources: Mapping[str, SourceInfo],
    loads: Sequence[LoadInfo],
    since: Since,
) -> tuple[tuple[str, Diff], ...]:
    """Return what changed in sources that no watch follows, in numbers."""
    followed = {w.of for w in watches if w.kind is WatchKind.LIST}
    changed: dict[str, Diff] = {}
    for load in loads:
        source = sources.get(load.source)
        if load.n <= since.load or load.diff.is_empty or load.source in followed:
            continue
        if source is not None and source.format == RECORDS_FORMAT:
            continue
        held = changed.get(load.source, Diff())
        changed[load.source] = Diff(
            held.added + load.diff.added,
            held.edited + load.diff.edited,
            held.withdrawn + load.diff.withdrawn,
        )
    return tuple(sorted(changed.items()))


def reached(store: Store, watch: Watch) -> str:
    """Say how far what a watch follows was read, in words."""
    if watch.kind is WatchKind.LIST:
        source = next((s for s in store.sources() if s.id == watch.of), None)
        if source is None or source.is_forgotten:
            return "not read yet"
        return f"read {source.seen_at[:16].replace('T', ' ')} UTC"
    if watch.kind is WatchKind.RELATION:
        last = max((load.at for load in store.loads()), default="")
        return f"from all sources, the last of {last[:10]}" if last else "no source yet"
    kept = store.cursor_of(ARXIV, watch.place)
    try:
        place = json.loads(kept) if kept else None
    except ValueError:
        place = None
    if not isinstance(place, dict):
        return "not searched yet"
    if watch.kind is WatchKind.CATEGORY:
        day = str(place.get("started") or "")[:10]
        return f"read up to {day}" if place.get("is_done") else f"on the way{_from(day)}"
    newest = str(place.get("newest") or "")
    if place.get("search"):
        return "broken off; the next update goes on"
    if not newest:
        return "searched, and nothing found yet"
    return f"searched; the newest paper found is of {newest[:4]}-{newest[4:6]}-{newest[6:8]}"


def _from(day: str) -> str:
    return f" since {day}" if day else ""
