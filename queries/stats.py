"""What is in a store, and what there is to do with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from kg.decisions import YOU, Action, seen_until
from kg.ids import year_of_arxiv_id
from kg.model import JsonValue, Kind, Property, Relation
from kg.store import Diff, Store, StoredClaim
from queries.answers import Coverage
from queries.doctor import Section, find_findings
from queries.export import shown_value
from queries.reader import Queue, find_lost, find_notes, get_marks, get_queue
from queries.review import find_reviews

_MOST_TO_COMPARE = 20_000
"""Things above which comparing them all is too slow for a greeting."""


@dataclass(frozen=True, slots=True)
class Stats:
    """How much of what is in a store."""

    kinds: dict[str, int]
    relations: dict[str, int]
    properties: dict[str, int]
    sources: tuple[tuple[str, int, int], ...]
    """(source, claims, lines rejected), most claims first."""
    years: dict[str, int]
    """Papers by year; '' for those of which no source says it."""
    coverage: Coverage
    states: dict[str, int]
    """Things by read state, the user's word first."""

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg stats --json``."""
        return {
            "kinds": dict(self.kinds),
            "relations": dict(self.relations),
            "properties": dict(self.properties),
            "sources": [
                {"source": s, "claims": claims, "rejected": rejected}
                for s, claims, rejected in self.sources
            ],
            "years": {year or "unknown": n for year, n in self.years.items()},
            "coverage": {
                "with_record": self.coverage.with_record,
                "of": self.coverage.of,
                "what": self.coverage.what,
            },
            "states": dict(self.states),
        }


def get_stats(store: Store) -> Stats:
    """Count what a store holds."""
    counts = store.counts()
    sources = [(s.id, s.claims, s.rejected) for s in store.sources() if not s.is_forgotten]
    states = Counter(str(m.state) for m in get_marks(store).values() if m.state)
    years = _years(store)
    years[""] = counts.get(Kind.PAPER, 0) - sum(years.values())
    return Stats(
        {str(k): counts.get(k, 0) for k in Kind},
        {str(r): counts[r] for r in Relation if r in counts},
        {str(p): counts[p] for p in Property if p in counts},
        tuple(sorted(sources, key=lambda s: (-s[1], s[0]))),
        {year: years[year] for year in sorted(years, reverse=True) if years[year]},
        Coverage(
            store.count_subjects(Relation.TRAINED_ON),
            counts.get(Kind.MODEL, 0),
            "models with recorded training data",
        ),
        dict(sorted(states.items())),
    )


def _years(store: Store) -> Counter[str]:
    """Count papers by the year shown for them, else by that of their arXiv id."""
    years = Counter(store.count_values(Property.YEAR, Kind.PAPER))
    differing: dict[str, list[StoredClaim]] = defaultdict(list)
    for c in store.iter_claims(predicates=[Property.YEAR], contested=True):
        if c.subject.kind is Kind.PAPER:
            differing[c.subject.id].append(c)
    years.update(str(shown_value(claims)) for claims in differing.values())
    for identifiers in store.identifiers(without=Property.YEAR).values():
        of_id = year_of_arxiv_id(identifiers.get("arxiv", ""))
        if of_id:
            years[str(of_id)] += 1
    return years


@dataclass(frozen=True, slots=True)
class News:
    """What the loads since the user last looked have changed in one source."""

    source: str
    diff: Diff


@dataclass(frozen=True, slots=True)
class Status:
    """What there is, what is new, and what there is to do."""

    kinds: dict[str, int]
    sources: int
    new_since: str
    """When the user last looked; '' for never."""
    news: tuple[News, ...]
    last_load: int
    """Number of the last load, to be noted as seen."""
    queue: Queue
    states: dict[str, int]
    open_notes: int
    lost: int
    """Entries of the user about names that no source uses now."""
    to_review: int | None
    """None where the store is too large to compare all names for a greeting."""
    contradictions: int | None

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg status --json``."""
        return {
            "kinds": dict(self.kinds),
            "sources": self.sources,
            "new_since": self.new_since or None,
            "news": [
                {
                    "source": n.source,
                    "added": n.diff.added,
                    "edited": n.diff.edited,
                    "withdrawn": n.diff.withdrawn,
                }
                for n in self.news
            ],
            "queue": [item.to_json() for item in self.queue.items],
            "waiting": self.queue.waiting,
            "states": dict(self.states),
            "open_notes": self.open_notes,
            "unknown_names": self.lost,
            "to_review": self.to_review,
            "contradictions": self.contradictions,
        }


def get_status(store: Store, progress: Callable[[str], None] | None = None) -> Status:
    """Collect what fits one screen; on large stores names and claims are not compared."""
    counts = store.counts()
    kinds = {str(k): counts.get(k, 0) for k in Kind if counts.get(k)}
    loads = store.loads()
    seen = [f for f in store.user_facts() if f.action is Action.SEEN and f.holds]
    since = max((seen_until(f.payload) for f in seen), default=0)
    changed: dict[str, Diff] = {}
    for load in loads:
        if load.n > since and load.source != YOU and not load.diff.is_empty:
            held = changed.get(load.source, Diff())
            changed[load.source] = Diff(
                held.added + load.diff.added,
                held.edited + load.diff.edited,
                held.withdrawn + load.diff.withdrawn,
            )
    reviews = contradictions = None
    if sum(kinds.values()) <= _MOST_TO_COMPARE:
        if progress:
            progress("comparing names and claims")
        reviews = len(find_reviews(store))
        findings = find_findings(store)
        contradictions = sum(f.section is Section.CONTRADICTION for f in findings)
    return Status(
        kinds,
        sum(not s.is_forgotten for s in store.sources()),
        max((f.at for f in seen), default=""),
        tuple(News(source, diff) for source, diff in sorted(changed.items())),
        max((load.n for load in loads), default=0),
        get_queue(store, 3),
        dict(sorted(Counter(str(m.state) for m in get_marks(store).values() if m.state).items())),
        len(find_notes(store, only_open=True)),
        len(find_lost(store)),
        reviews,
        contradictions,
    )


def note_seen(store: Store, status: Status) -> None:
    """Note that the user was told of all loads so far, where there was one to be told of."""
    facts = [f for f in store.user_facts() if f.action is Action.SEEN and f.holds]
    seen = [seen_until(f.payload) for f in facts]
    if status.last_load > max(seen, default=0):
        store.add_user_fact(Action.SEEN, {"load": status.last_load})
