"""Searches in arXiv's API through the package `arxiv`, in windows of time, with their place kept.

Why windows: paging grows slow and wrong beyond a few thousand results, and nothing beyond 30,000 is
given at all (https://info.arxiv.org/help/api/user-manual.html). A search is cut by `submittedDate`,
the one date that can be asked for, into windows that stay small; one that is larger is halved.

Why the package does not do the asking: its session knows no time limit, no Retry-After and no other
process, and its parser drops torn answers and entries without a word (``recover=True``). So its
private session is replaced, here and nowhere else, by ours: `ArxivClient` asks, our own reader looks
at each answer first, and what the package makes of it is compared with what stood there.
"""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ingest.arxiv.authors import Author, person
from ingest.arxiv.client import API_URL, ArxivClient
from ingest.arxiv.feeds import FeedPage, from_answer, read_atom
from ingest.arxiv.harvest import Batch, read_cursor
from ingest.arxiv.records import ArxivRecord, Limits, UnreadableError, read_id, shown
from kg.errors import FetchError, HarvestError, InputError, SetupError
from kg.model import Rejected

PAGE = 200
"""Results asked for at a time; arXiv allows 2,000, but long pages fail more often."""
WINDOW_LIMIT = 5_000
"""Results above which a window is halved: far below arXiv's 30,000, where paging still works."""
ID_LIST = 100
"""Ids asked for at a time: an address longer than some 4,000 characters is refused."""

_MINUTE = datetime.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SearchCursor:
    """How far a search has come.

    Parameters
    ----------
    query : in arXiv's syntax, without dates
    windows : those still to be read, as (from, until) in minutes, both included
    start : how many results of the first window were read
    came : how many different ones these were
    most : the largest total that arXiv has named for the first window
    again : windows that were asked once more because their answer was suspect
    """

    query: str = ""
    windows: tuple[tuple[str, str], ...] = ()
    start: int = 0
    came: int = 0
    most: int = 0
    again: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> SearchCursor:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            It is something else.
        """
        return read_cursor(cls, text)


def search_windows(
    query: str,
    since: datetime.datetime,
    until: datetime.datetime,
    *,
    client: ArxivClient | None = None,
    cursor: SearchCursor | None = None,
    window: datetime.timedelta = datetime.timedelta(days=7),
    expected: Mapping[str, int] | None = None,
    base: str = API_URL,
    page: int = PAGE,
    window_limit: int = WINDOW_LIMIT,
    page_tries: int = 4,
) -> Iterator[Batch]:
    """Search for what was submitted from `since` until `until`, a batch for each page.

    The cursor in each batch is where to go on; an id may come in several batches.

    Parameters
    ----------
    query : in arXiv's syntax: 'cat:cs.CV AND abs:"visual instruction tuning"'
    since, until : moments with a zone; whole minutes, both included
    cursor : a kept one of the same query, instead of the whole time
    window : how much time is asked for at once; halved where it has too much
    expected : 'YYYYMMDDHHMM-YYYYMMDDHHMM' of a window -> how many results it had before: none at all
        is then suspect, asked for again at the end, and told if it stays so
    page_tries : how often a page that came damaged, empty or short is asked for

    Raises
    ------
    InputError
        The query or the times cannot be used, or arXiv calls the query wrong.
    HarvestError
        arXiv cannot be read now; `.cursor` is where to go on.
    SetupError
        The package `arxiv` is not there.
    """
    if since.tzinfo is None or until.tzinfo is None:
        raise InputError("since and until need a zone: expected moments in UTC")
    if not 1 <= page <= 2000:
        raise InputError(f"page is {page}: arXiv gives at most 2000 results at a time")
    if cursor is None:
        cursor = SearchCursor(query, _cut(since, until, window))
    elif cursor.query != query:
        raise InputError(f"the kept place is of the search {cursor.query!r}, not of {query!r}")
    asker = _Asker(client or ArxivClient(), base, page, page_tries)
    return _Search(asker, cursor, window_limit, dict(expected or {})).batches()


def fetch_ids(
    ids: Sequence[str],
    *,
    client: ArxivClient | None = None,
    base: str = API_URL,
    page_tries: int = 3,
) -> Iterator[Batch]:
    """Fetch papers by id, some at a time, and say which did not come.

    The cursor of a batch is the JSON list of the ids that are still to be asked for: give these to go
    on. An id that arXiv leaves out is asked for once more by itself before it is `missing`; a
    version suffix is ignored. While some came damaged, or fewer than arXiv says there are, nothing is
    known of those that did not come: they are neither among the records nor missing.

    Raises
    ------
    InputError
        One of the ids is none.
    HarvestError
        arXiv cannot be read now; `.cursor` is where to go on.
    SetupError
        The package `arxiv` is not there.
    """
    wanted: list[str] = []
    for text in ids:
        try:
            wanted.append(read_id(text)[0])
        except UnreadableError as error:
            raise InputError(f"{text[:60]!a} cannot be fetched: {error}") from error
    asker = _Asker(client or ArxivClient(), base, ID_LIST, page_tries)
    return _by_id(asker, list(dict.fromkeys(wanted)))


def window_key(window: tuple[str, str]) -> str:
    """Name a window as `expected` of `search_windows` does."""
    return f"{window[0]}-{window[1]}"


# ---------------------------------------------------------------------- the package


@dataclass(slots=True)
class _Answer:
    """What the package wants of a response."""

    content: bytes
    status_code: int = 200


@dataclass(slots=True)
class _Session:
    """Stands where the package has its session from `requests`."""

    client: ArxivClient
    limits: Limits = field(default_factory=Limits)
    page: FeedPage | None = None

    def get(self, url: str, **_: object) -> _Answer:
        """Ask, look at the answer with our own reader, and hand it on if it is whole."""
        if self.page is not None:
            raise _OnePageError  # for a short page the package would ask on, unseen by us
        fetched = self.client.get(url)
        self.page = read_atom(fetched.content, source="the answer of the API", limits=self.limits)
        if self.page.error:
            raise _WrongQuestionError(self.page.error)
        if not self.page.is_feed:
            raise _SuspectError("the answer is no feed")
        if not self.page.is_whole or self.page.damage:
            raise _SuspectError(f"the answer is torn or damaged ({self.page.damage or 'no end'})")
        return _Answer(fetched.content)


class _SuspectError(Exception):
    """An answer that is not to be believed."""


class _OnePageError(Exception):
    """The package has had its page."""


class _WrongQuestionError(Exception):
    """The API says what is wrong with the question."""


@dataclass(slots=True)
class _Found:
    records: tuple[ArxivRecord, ...]
    rejected: tuple[Rejected, ...]
    total: int
    entries: int


@dataclass(slots=True)
class _Asker:
    client: ArxivClient
    base: str
    page: int
    tries: int

    def ask(
        self, *, query: str = "", ids: Sequence[str] = (), start: int = 0, least: int = 0
    ) -> _Found:
        """Ask for one page; again while it is damaged or has fewer entries than `least`.

        Raises
        ------
        _SuspectError
            It stayed damaged.
        InputError
            The API calls the question wrong, or the answer is hostile.
        FetchError
            As `ArxivClient.get`.
        """
        trouble = _SuspectError("it was not asked for")
        for number in range(1, self.tries + 1):
            try:
                found = self._once(query, ids, start)
                good = found.entries >= least and not found.rejected
                if number == self.tries or (good and found.total >= found.entries):
                    return found
                trouble = _SuspectError(f"{found.entries} results, expected {least}")
            except _WrongQuestionError as error:
                raise InputError(f"arXiv does not understand the search: {error}") from error
            except _SuspectError as error:
                trouble = error
            except InputError as error:  # a document type, for example from a proxy
                trouble = _SuspectError(str(error))
            if number < self.tries:
                self.client.pause(number)
        raise trouble

    def _once(self, query: str, ids: Sequence[str], start: int) -> _Found:
        arxiv = _package()
        session = _Session(self.client)
        asker = arxiv.Client(page_size=self.page, delay_seconds=0, num_retries=0)
        asker.query_url_format = self.base + "?{}"
        asker._session = session
        search = arxiv.Search(
            query,
            list(ids),
            max_results=start + self.page,
            sort_by=arxiv.SortCriterion.SubmittedDate,
            sort_order=arxiv.SortOrder.Ascending,
        )
        results = []
        with contextlib.suppress(_OnePageError):
            for result in asker.results(search, offset=start):
                results.append(result)  # those before the second page are wanted
        return self._compared(results, session.page)

    def _compared(self, results: list[Any], page: FeedPage | None) -> _Found:
        if page is None:
            raise _SuspectError("the package asked nothing")
        records: list[ArxivRecord] = []
        rejected = list(page.rejected)
        for result in results:
            try:
                records.append(record_of(result))
            except UnreadableError as error:
                if not page.rejected:  # else our reader has rejected it too
                    rejected.append(Rejected(0, shown(str(result.entry_id)), str(error)))
        given = {record.id for record in records}
        # What the package left out, as it does with entries that lack a date.
        records += [record for record in page.records if record.id not in given]
        entries = len(page.records) + len(page.rejected)
        return _Found(tuple(records), tuple(rejected), page.total or 0, entries)


def _package() -> Any:
    try:
        import arxiv
    except ImportError as error:
        raise SetupError(
            "searching arXiv needs the package 'arxiv': install research-kg with the extra [arxiv]"
        ) from error
    return arxiv


def record_of(result: Any) -> ArxivRecord:
    """Make our record of a result of the package `arxiv` (an ``arxiv.Result``).

    Raises
    ------
    UnreadableError
        It has no arXiv id, no title or no date.
    """
    authors: list[Author] = []
    for author in result.authors:
        authors += person(author.name or "", tuple(author.affiliation))
    return from_answer(
        result.entry_id,
        title=result.title or "",
        authors=authors,
        primary=result.primary_category or "",
        categories=list(result.categories),
        abstract=result.summary or "",
        comments=result.comment or "",
        doi=result.doi or "",
        journal_ref=result.journal_ref or "",
        published=result.published,
        updated=result.updated,
    )


# ---------------------------------------------------------------------- windows


def _minutes(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y%m%d%H%M")


def _moment(text: str) -> datetime.datetime:
    try:
        return datetime.datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=datetime.UTC)
    except ValueError:
        raise InputError(f"{text!r} in the kept place of a search is no time") from None


def _cut(
    since: datetime.datetime, until: datetime.datetime, window: datetime.timedelta
) -> tuple[tuple[str, str], ...]:
    if window < _MINUTE or since > until:
        raise InputError("expected since before until, and a window of a minute or more")
    if (until - since) / window > 20_000:
        raise InputError("so much time in so small windows is more than arXiv should be asked for")
    found, start = [], since
    while start <= until:
        end = min(start + window - _MINUTE, until)
        found.append((_minutes(start), _minutes(end)))
        start = end + _MINUTE
    return tuple(found)


def _halves(window: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    start, end = _moment(window[0]), _moment(window[1])
    minutes = int((end - start) / _MINUTE)
    if minutes < 1:
        return ()
    middle = start + (minutes // 2) * _MINUTE
    return (
        (window[0], _minutes(middle)),
        (_minutes(middle + _MINUTE), window[1]),
    )


@dataclass(slots=True)
class _Search:
    asker: _Asker
    cursor: SearchCursor
    window_limit: int
    expected: dict[str, int]
    ids: set[str] = field(default_factory=set)
    """Of the window that is being read: a page that repeats another brings nothing new."""
    unread: int = 0
    """How many results of it this run has not seen as ids: read by an earlier run, or rejected."""

    def batches(self) -> Iterator[Batch]:
        while self.cursor.windows:
            batch = self._page()
            if batch is not None:
                yield batch
        yield Batch((), (), (), self.cursor.to_json(), "search", is_last=True)

    def _page(self) -> Batch | None:
        cursor = self.cursor
        window = cursor.windows[0]
        name = (
            f"search {cursor.query!r}, {window[0]} to {window[1]}, from result {cursor.start + 1}"
        )
        dated = f"submittedDate:[{window[0]} TO {window[1]}]"
        query = f"({cursor.query}) AND {dated}" if cursor.query else dated
        least = min(self.asker.page, cursor.most - cursor.start)
        try:
            found = self.asker.ask(query=query, start=cursor.start, least=max(least, 0))
        except FetchError as error:
            raise self._stopped(str(error), error.status, error.url) from error
        except _SuspectError as error:
            raise self._stopped(f"{name}: {error}") from error
        if not cursor.start:
            if found.total > self.window_limit and (halves := _halves(window)):
                self.cursor = replace(cursor, windows=(*halves, *cursor.windows[1:]), most=0)
                return None
            self.ids, self.unread = set(), 0
        elif not self.ids:
            self.unread = cursor.came
        most = max(found.total, cursor.most)
        self.ids.update(record.id for record in found.records)
        self.unread += len(found.rejected)
        read = cursor.start + found.entries
        came = len(self.ids) + self.unread
        remarks: list[str] = []
        if found.entries and (read < most or found.entries >= self.asker.page):
            # Go on behind what came, as the package does: pages may be short. Behind a full page
            # also against what the total says, which has been seen to shrink.
            self.cursor = replace(cursor, start=read, came=came, most=most)
        elif (short := self._is_short(window, came, most)) and window not in cursor.again:
            self.cursor = replace(
                cursor,
                windows=(*cursor.windows[1:], window),
                start=0,
                came=0,
                most=0,
                again=(*cursor.again, window),
            )
            self.expected[window_key(window)] = max(short, most)
            remarks.append(f"{name}: {came} of {short} results came; asked for again at the end")
        else:
            if short:
                remarks.append(
                    f"{name}: {came} results came where there were {short}, also when asked again: "
                    "suspect; ask for this time again another day"
                )
            self.cursor = replace(cursor, windows=cursor.windows[1:], start=0, came=0, most=0)
        return Batch(
            _each_once(found.records),
            (),
            found.rejected,
            self.cursor.to_json(),
            name,
            tuple(remarks),
        )

    def _is_short(self, window: tuple[str, str], came: int, most: int) -> int:
        """Give how many results there should be when fewer came; 0 when all is well."""
        before = self.expected.get(window_key(window), 0)
        if came < most:
            return most
        return before if before and not came else 0

    def _stopped(self, why: str, status: int | None = None, url: str = "") -> HarvestError:
        return HarvestError(
            f"the search stopped: {why}. What was read before is kept; the next run goes on there",
            url=url or self.asker.base,
            status=status,
            cursor=self.cursor.to_json(),
        )


def _each_once(records: tuple[ArxivRecord, ...]) -> tuple[ArxivRecord, ...]:
    return tuple({record.id: record for record in records}.values())


def _by_id(asker: _Asker, wanted: list[str]) -> Iterator[Batch]:
    while wanted:
        some, rest = wanted[:ID_LIST], wanted[ID_LIST:]
        try:
            found = asker.ask(ids=some)
            records = {record.id: record for record in found.records}
            rejected = list(found.rejected)
            missing = [i for i in some if i not in records]
            if missing and len(some) > 1:
                again = asker.ask(ids=missing)
                records.update({record.id: record for record in again.records})
                rejected += [r for r in again.rejected if r not in rejected]
                missing = [i for i in some if i not in records]
                found = again
            remarks: list[str] = []
            if missing and (found.rejected or found.total > found.entries):
                # One that came damaged, or that was left out, is not unknown to arXiv.
                remarks.append(
                    f"of {len(missing)} ids arXiv's answer is not whole: ask again another day"
                )
                missing = []
        except FetchError as error:
            raise _stopped_at(wanted, str(error), error.status) from error
        except _SuspectError as error:
            raise _stopped_at(wanted, str(error)) from error
        strangers = set(records) - set(some)
        remarks += [f"{i} came without being asked for" for i in sorted(strangers)]
        wanted = rest
        yield Batch(
            tuple(record for i, record in records.items() if i not in strangers),
            (),
            tuple(rejected),
            json.dumps(wanted),
            f"{len(some)} papers by id",
            tuple(remarks),
            tuple(missing),
            is_last=not wanted,
        )


def _stopped_at(wanted: list[str], why: str, status: int | None = None) -> HarvestError:
    return HarvestError(
        f"fetching papers by id stopped: {why}. {len(wanted)} are still to be asked for",
        status=status,
        cursor=json.dumps(wanted),
    )
