"""Watches run once: what is new since the last time comes into the store, each page with its place.

The place of a search is the newest submission that it has ever brought, and never the clock of this
machine: a clock that runs ahead or behind asks for too much or too little once, and loses nothing.
"""

from __future__ import annotations

import datetime
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ingest.arxiv.client import API_URL, OAI_URL, ArxivClient
from ingest.arxiv.harvest import Batch, Cursor, harvest
from ingest.arxiv.keep import SOURCE, Harvested, find_names_again, keep, names_to_find
from ingest.arxiv.naming import Dictionary
from ingest.arxiv.records import ArxivRecord
from ingest.arxiv.search import SearchCursor, search_windows, window_key
from ingest.load import reread_url
from kg.decisions import Action, told_until
from kg.errors import FetchError, InputError, KGError, NotFoundError
from kg.identity import NameKey, name_key
from kg.model import Kind
from kg.store import Entity, LoadReport, News, Store
from kg.watches import Watch, WatchKind, set_of_category

OVERLAP = datetime.timedelta(days=14)
"""How far a search goes back behind the newest paper that it has brought: moderation holds papers
for days, and they are announced with the date on which they were submitted."""
_AHEAD = datetime.timedelta(days=30)
"""How far a search goes beyond today: a clock that is behind must not hide papers."""
_FEW_RECORDS = 50_000
"""Records up to which an update looks in all of them for names that lists brought: some seconds."""
_MOST_NAMES = 8
"""Names of a thing that are searched for: an address is refused beyond some 4,000 characters."""


@dataclass(slots=True)
class Updated:
    """What an update did for one watch."""

    watch: Watch
    summary: Harvested = field(default_factory=Harvested)
    report: LoadReport | None = None
    """Of a list: what changed in it."""
    error: KGError | None = None
    is_left: bool = False
    """Whether it was not tried, because arXiv could not be read for another watch."""

    @property
    def news(self) -> Sequence[News]:
        """What is new to the watch, of arXiv."""
        return self.summary.news


def update(
    store: Store,
    watches: Iterable[Watch],
    *,
    api_client: ArxivClient | None = None,
    oai_client: ArxivClient | None = None,
    api: str = API_URL,
    oai: str = OAI_URL,
    allow_private: bool = False,
    now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC),
    tell: Callable[[Watch, Batch, Harvested], None] | None = None,
) -> Iterator[Updated]:
    """Bring in what is new for each watch, lists first, and yield what it did.

    What was read is in the store with each page; a run that is broken off is gone on with by the
    next. A watch that fails does not keep the others from being read, except where arXiv itself
    cannot be read: then the rest of what it would be asked is left for the next time.

    Parameters
    ----------
    watches : paused ones are left out
    allow_private : also read lists on this machine and on private networks
    now : only for how far beyond today a search goes
    tell : called after each page
    """
    run = [w for w in watches if not w.is_paused]
    names: Dictionary | None = None
    has_names = False
    down: set[str] = set()
    for watch in sorted(run, key=lambda w: w.kind is not WatchKind.LIST):
        done = Updated(watch)
        interface = "oai" if watch.kind is WatchKind.CATEGORY else "api"
        if watch.kind not in (WatchKind.LIST, WatchKind.RELATION):
            if interface in down:
                done.is_left = True
                yield done
                continue
            if not has_names:  # behind the lists, which bring names
                names, has_names = names_to_find(store, done.summary), True
                if names and not find_names_again(store, names, most=_FEW_RECORDS).is_done:
                    done.summary.remarks.append(
                        "names came to the graph since its many records were read; 'kg harvest"
                        " --names' looks for them"
                    )
        told = None if tell is None else _telling(tell, watch)
        client = (oai_client if interface == "oai" else api_client) or ArxivClient()
        following = _Following(store, watch, names, done.summary, client, now, told)
        try:
            if watch.kind is WatchKind.LIST:
                done.report = reread_url(store, watch.of, allow_private=allow_private)
            elif watch.kind is WatchKind.CATEGORY:
                following.category(oai)
            elif watch.kind is WatchKind.THING:
                following.thing(api)
            elif watch.kind is WatchKind.AUTHOR:
                following.author(api)
            elif watch.kind is WatchKind.QUERY:
                following.search(api, watch.of)
        except KGError as error:
            done.error = error
            if isinstance(error, FetchError) and watch.kind is not WatchKind.LIST:
                down.add(interface)
        yield done


def _telling(
    tell: Callable[[Watch, Batch, Harvested], None], watch: Watch
) -> Callable[[Batch, Harvested], None]:
    return lambda batch, summary: tell(watch, batch, summary)


# ---------------------------------------------------------------------- one watch


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a search has come.

    Parameters
    ----------
    newest : minute of the newest submission that it has brought, as in a `SearchCursor`
    search : the cursor of one that was broken off, as JSON; '' when it came to its end
    load : of what other sources brought everything up to this load was looked at
    """

    newest: str = ""
    search: str = ""
    load: int = 0

    def to_json(self) -> str:
        return json.dumps({"newest": self.newest, "search": self.search, "load": self.load})

    @classmethod
    def from_json(cls, text: str) -> _Place:
        try:
            given = json.loads(text)
            place = cls(str(given["newest"]), str(given["search"]), int(given["load"]))
            if place.newest:
                _moment(place.newest)
        except (ValueError, TypeError, KeyError):
            raise InputError(
                f"the kept place of a watch is damaged: {text[:60]!r}; remove the watch ('kg watch"
                " remove') and add it under another name"
            ) from None
        return place


@dataclass(slots=True)
class _Following:
    store: Store
    watch: Watch
    names: Dictionary | None
    summary: Harvested
    client: ArxivClient
    now: Callable[[], datetime.datetime]
    tell: Callable[[Batch, Harvested], None] | None

    def category(self, base: str) -> None:
        """Ask OAI-PMH for what changed in a category: new papers, versions and cross-lists."""
        place = self.watch.place
        kept = self.store.cursor_of(SOURCE, place)
        begun = Cursor(base, "arXivRaw", set_of_category(self.watch.of), self.watch.since)
        if kept:
            begun = replace(Cursor.from_json(kept), base=base)
        first = datetime.date.fromisoformat(self.watch.since)

        def found(record: ArxivRecord) -> str:
            """Say what a record that nobody had seen is, which arXiv names for any change of it."""
            if record.created is None or record.created >= first - OVERLAP:
                return "new"
            latest = record.versions[-1].submitted if record.versions else None
            if len(record.versions) > 1 and latest and latest.date() >= first - OVERLAP:
                return "new version"
            return "" if record.primary_category == self.watch.of else "cross-listed"

        keep(
            self.store,
            harvest(begun, self.client),
            place=place,
            summary=self.summary,
            names=self.names,
            tell=self.tell,
            watch=self.watch.name,
            found=found,
            reads_texts=True,
        )

    def author(self, base: str) -> None:
        """Search for a person; arXiv's search takes all who have these words in their name."""
        last, comma, first = self.watch.of.replace('"', " ").partition(",")
        name = f"{first.strip()} {last.strip()}" if comma else last
        self.search(base, f'au:"{name}"', lambda r: is_by(r, name))

    def thing(self, base: str) -> None:
        """Search for the names of a thing, and look at what other sources brought of it."""
        thing = get_watched(self.store, self.watch.of)
        spellings = list(dict.fromkeys((thing.name, *thing.aliases)))
        asked = [s.replace('"', " ") for s in spellings if s.strip()][:_MOST_NAMES]
        query = " OR ".join(f'ti:"{s}" OR abs:"{s}"' for s in asked)
        keys = {name_key(n.name) for n in self.store.iter_names(of=thing.id)}
        self.search(base, query, lambda r: self._names(r, keys))
        self._look_beside(thing)

    def _names(self, record: ArxivRecord, keys: set[NameKey]) -> bool:
        """Say whether a record names the thing; arXiv's search takes any words of it."""
        if self.names is None:
            return True
        found = self.names.find(record.title, record.abstract)
        return any(name_key(name) in keys for name, _ in found)

    def _look_beside(self, thing: Entity) -> None:
        """Note the papers that name a thing and came otherwise since the last time."""
        place = _Place.from_json(self.store.cursor_of(SOURCE, self.watch.place))
        loads = self.store.loads()
        last = max((load.n for load in loads), default=0)
        # At first: what came since the last digest. What was there before is no news.
        begun = place.load or max(
            (told_until(f.payload)[0] for f in self.store.user_facts() if f.action is Action.TOLD),
            default=last,
        )
        found = {n.arxiv: "new" for n in self.store.papers_naming(thing.id) if n.first_load > begun}
        report = self.store.add_records(
            SOURCE,
            [],
            cursor=replace(place, load=last).to_json(),
            place=self.watch.place,
            watch=self.watch.name,
            found=found,
        )
        self.summary.news += report.news

    def search(
        self, base: str, query: str, fits: Callable[[ArxivRecord], bool] = lambda record: True
    ) -> None:
        """Search arXiv from the place of the watch on; first what an earlier run broke off."""
        kept = self.store.cursor_of(SOURCE, self.watch.place)
        place = _Place.from_json(kept) if kept else _Place()
        if place.search and SearchCursor.from_json(place.search).query == query:
            place = self._searched(base, query, place, SearchCursor.from_json(place.search), fits)
        self._searched(base, query, place, None, fits)

    def _searched(
        self,
        base: str,
        query: str,
        place: _Place,
        cursor: SearchCursor | None,
        fits: Callable[[ArxivRecord], bool],
    ) -> _Place:
        first = _day(self.watch.since)
        newest = _moment(place.newest) if place.newest else first
        since = max(first, newest - OVERLAP)
        until = max(self.now(), newest) + _AHEAD
        # Where there was a paper, an answer without any is not believed at once.
        whole = window_key((since.strftime(_MINUTES), until.strftime(_MINUTES)))
        batches = search_windows(
            query,
            since,
            until,
            client=self.client,
            cursor=cursor,
            window=until - since + datetime.timedelta(minutes=1),
            expected={whole: 1} if place.newest else None,
            base=base,
        )
        held = place

        def placed() -> Iterator[Batch]:
            nonlocal held
            for batch in batches:
                newest = max([held.newest, *_submitted(batch.records, until)])
                search = "" if batch.is_last else batch.cursor
                held = replace(held, newest=newest, search=search)
                records = tuple(r for r in batch.records if fits(r))
                yield replace(batch, records=records, cursor=held.to_json())

        keep(
            self.store,
            placed(),
            place=self.watch.place,
            summary=self.summary,
            names=self.names,
            tell=self.tell,
            watch=self.watch.name,
            reads_texts=True,
        )
        return held


def _submitted(records: Iterable[ArxivRecord], until: datetime.datetime) -> Iterator[str]:
    """Yield when papers were submitted, in minutes; what cannot have been asked for is left out."""
    for record in records:
        moment = record.versions[0].submitted if record.versions else None
        if moment is None and record.created is not None:
            moment = _day(record.created.isoformat())
        if moment is not None and moment <= until:
            yield moment.astimezone(datetime.UTC).strftime(_MINUTES)


_MINUTES = "%Y%m%d%H%M"


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, _MINUTES).replace(tzinfo=datetime.UTC)


def _day(text: str) -> datetime.datetime:
    return datetime.datetime.combine(
        datetime.date.fromisoformat(text), datetime.time(), datetime.UTC
    )


def get_watched(store: Store, name: str) -> Entity:
    """Return the model or dataset that a watch is of.

    Raises
    ------
    NotFoundError
        Nothing is called so at present.
    """
    found = [e for e in store.find_entities(name) if e.kind in (Kind.MODEL, Kind.DATASET)]
    if not found:
        raise NotFoundError(
            f"no model or dataset is called {name!r} at present", name=name, nearest=()
        )
    return found[0]


def is_by(record: ArxivRecord, author: str) -> bool:
    """Say whether a person is among the authors: the same last name, first names or their initials.

    Parameters
    ----------
    author : 'Haotian Liu' or 'H. Liu'
    """
    wanted = _words(author)
    return any(_is_same(wanted, _words(a.name)) for a in record.authors)


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name)
    letters = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return "".join(c if c.isalnum() or c in "'" else " " for c in letters).split()


def _is_same(wanted: list[str], given: list[str]) -> bool:
    if not wanted or not given or wanted[-1] != given[-1]:
        return False
    return all(
        a == b or (min(len(a), len(b)) == 1 and a[0] == b[0])
        for a, b in zip(wanted[:-1], given[:-1], strict=False)
    )
