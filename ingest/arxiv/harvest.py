"""Harvesting arXiv by OAI-PMH, page by page, so that nothing is lost and any page may be the last.

`harvest` gives one `Batch` a page. Its consumer keeps the records and `Batch.cursor` in one
transaction and then asks for the next; from any kept cursor a later run goes on. Records may come
twice (the consumer upserts by id), never not at all. The rules:

- The next harvest asks ``from`` one day before the server's time at the *start* of the list, and
  never ``until`` (https://info.arxiv.org/help/oa/index.html): what changes while a list is read is
  then in the next.
- Tokens expire daily and cannot be counted on. Without one the list starts anew from the last
  datestamp that was finished, but only if the list has come in the order of datestamps so far;
  real lists also come in the order of ids, and then it starts anew from its own ``from``.
- A page that is torn, damaged, empty though there is a token, the same as the one before, or whose
  token is the one it was asked with, is asked for again. If it stays so the list is started anew
  as above, and after that the harvest ends with `HarvestError` and the cursor of the last good page.
  Only a page that is whole but has single damaged records goes on, with these counted as rejected.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from ingest.arxiv.client import OAI_URL, ArxivClient
from ingest.arxiv.oai import FORMATS, OaiPage, read_oai_page
from ingest.arxiv.records import ArxivRecord, Limits
from kg.errors import FetchError, HarvestError, InputError
from kg.model import Rejected

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a harvest has come: all that is needed to go on, as JSON in a store.

    Parameters
    ----------
    base : the address of the interface
    format : 'arXiv' (authors split, licence) or 'arXivRaw' (all versions) or 'oai_dc'
    set : 'cs', 'cs:cs:CV', ...; '' for all of arXiv
    since : the ``from`` of the list that is being read; '' for all of it
    token : the resumption token of the next page; '' at the start of a list and when it is done
    started : the server's time in the first answer of this list
    last_datestamp : the largest datestamp that was finished in this list, if it is in order
    is_ordered : whether the list has come in the order of datestamps so far
    page, seen, size : how many pages and records of this list were read, and how many it is said to
        have (0: not said)
    full : how many records the largest page has had, also of lists before
    last_page : a fingerprint of the ids of the page before
    restarts, stuck_at, stuck_page : how often this list was started anew at the same place, and which
    is_done : the list was read to its end; the next harvest from here asks for what changed since
    """

    base: str = OAI_URL
    format: str = "arXiv"
    set: str = ""
    since: str = ""
    token: str = ""
    started: str = ""
    last_datestamp: str = ""
    is_ordered: bool = True
    page: int = 0
    seen: int = 0
    size: int = 0
    full: int = 0
    last_page: str = ""
    restarts: int = 0
    stuck_at: str = ""
    stuck_page: int = 0
    is_done: bool = False

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Cursor:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            It is something else.
        """
        cursor = read_cursor(cls, text)
        if cursor.format not in FORMATS:
            raise InputError(f"the format is {cursor.format!r}: expected one of {FORMATS}")
        if cursor.since and not _DAY.fullmatch(cursor.since):
            raise InputError(f"from is {cursor.since!r}: expected a day like 2026-01-31")
        return cursor


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_cursor(kind: type[C], text: str) -> C:
    """Read a cursor of a kind from JSON, checking the type of each of its parts.

    Raises
    ------
    InputError
        It is something else.
    """
    try:
        given: Any = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(given, dict) or not set(given) <= set(known):
        raise InputError(
            f"{text[:60]!r} is not the place of a harvest ({kind.__name__}): expected the JSON that "
            "an earlier run kept; start without one to read everything anew"
        )
    for name, value in given.items():
        if isinstance(value, list):  # JSON knows no tuples
            given[name] = tuple(tuple(v) if isinstance(v, list) else v for v in value)
        expected = type(known[name].default) if known[name].default is not None else None
        if expected in (str, int, bool) and type(value) is not expected:
            raise InputError(f"{name} of the kept place of a harvest is {value!r}: it was changed")
    try:
        return kind(**given)
    except TypeError as error:
        raise InputError(f"the kept place of a harvest is not complete: {error}") from None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one page gave, and the place behind it; to be kept together.

    Parameters
    ----------
    records : each id once, the newest if the page had several
    deleted : ids that are gone from arXiv
    rejected : records that could not be read; `line` counts in `source`
    cursor : as JSON: of `Cursor`, `ingest.arxiv.files.FileCursor` or `ingest.arxiv.search.SearchCursor`
    source : the page in words or by name, for reports
    remarks : what was odd and is told the user: 'the list was started anew', ...
    missing : ids that were asked for and did not come (`fetch_ids`)
    is_last : nothing follows for now
    share : of saved files how much of their bytes has been read, from 0 to 1; 0 where nobody knows
    """

    records: tuple[ArxivRecord, ...]
    deleted: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    cursor: str
    source: str = ""
    remarks: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    is_last: bool = False
    share: float = 0.0


def each_once(records: tuple[ArxivRecord, ...]) -> tuple[tuple[ArxivRecord, ...], tuple[str, ...]]:
    """Part records from deletions, each id once: the newest datestamp, then the later in the page."""
    newest: dict[str, ArxivRecord] = {}
    for record in records:
        known = newest.get(record.id)
        if known is None or _age(known) <= _age(record):
            newest[record.id] = record
    if len(newest) == len(records) and not any(r.is_deleted for r in records):
        return records, ()
    kept = tuple(r for r in newest.values() if not r.is_deleted)
    return kept, tuple(r.id for r in newest.values() if r.is_deleted)


def _age(record: ArxivRecord) -> tuple[datetime.date, int]:
    number = record.versions[-1].number if record.versions else 0
    return record.datestamp or datetime.date.min, number


# ---------------------------------------------------------------------- the harvest


class _AgainError(Exception):
    """The page came, but is not to be believed: ask again."""


class _TokenError(_AgainError):
    """The token is not known any more: asking again with it is of no use."""


_MAX_RESTARTS = 2


def harvest(
    cursor: Cursor,
    client: ArxivClient | None = None,
    *,
    page_tries: int = 3,
    limits: Limits | None = None,
    today: Callable[[], datetime.date] = lambda: datetime.datetime.now(datetime.UTC).date(),
) -> Iterator[Batch]:
    """Harvest from a cursor to the end of the list, a batch for each page.

    Parameters
    ----------
    cursor : ``Cursor(set="cs:cs:CV")`` for a first harvest, a kept one to go on; a kept one that is
        done begins the list of what changed since
    client : who asks; a new one when None
    page_tries : how often a page that came damaged is asked for
    today : the day by our clock, for answers whose own time cannot be true

    Raises
    ------
    InputError
        The cursor cannot be used, or arXiv knows no such set or format.
    HarvestError
        arXiv cannot be read now; `.cursor` is where to go on.
    """
    return _Harvest(
        cursor, client or ArxivClient(), page_tries, limits or Limits(), today
    ).batches()


def next_list(cursor: Cursor, today: datetime.date) -> Cursor:
    """Give the cursor of the list that comes after one that is done."""
    day, since = _date(cursor.started[:10]), cursor.since
    if day is not None:
        # A server whose clock runs ahead must not make us skip days.
        since = (min(day, today) - datetime.timedelta(days=1)).isoformat()
    return Cursor(cursor.base, cursor.format, cursor.set, since, full=cursor.full)


def _date(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


@dataclass(slots=True)
class _Harvest:
    cursor: Cursor
    client: ArxivClient
    page_tries: int
    limits: Limits
    today: Callable[[], datetime.date]

    def batches(self) -> Iterator[Batch]:
        remarks: list[str] = []
        self.cursor = replace(self.cursor, restarts=0)  # a new run may try again
        if self.cursor.is_done:
            self.cursor = next_list(self.cursor, self.today())
        while True:
            try:
                page = self._page(remarks)
            except _AgainError as why:
                self._restart(str(why), remarks)
                continue
            if page is None:
                self.cursor = replace(self.cursor, token="", is_done=True, restarts=0)
                yield Batch(
                    (), (), (), self.cursor.to_json(), self._source(), tuple(remarks), is_last=True
                )
                return
            batch = self._batch(page, tuple(remarks))
            remarks.clear()
            yield batch
            if batch.is_last:
                return

    def _url(self) -> str:
        cursor = self.cursor
        asked = {"verb": "ListRecords"}
        if cursor.token:
            asked["resumptionToken"] = cursor.token
        else:
            asked["metadataPrefix"] = cursor.format
            if cursor.since:
                asked["from"] = cursor.since
            if cursor.set:
                asked["set"] = cursor.set
        return f"{cursor.base}?{urlencode(asked)}"

    def _source(self) -> str:
        cursor = self.cursor
        since = f" from {cursor.since}" if cursor.since else ""
        return f"OAI-PMH {cursor.set or 'all'}{since}, page {cursor.page + 1}"

    def _page(self, remarks: list[str]) -> OaiPage | None:
        """Give the next page; None when the list has nothing. `_AgainError`: start the list anew."""
        number = 0
        while True:
            number += 1
            last_try = number >= self.page_tries
            try:
                fetched = self.client.get(self._url())
                try:
                    page = read_oai_page(fetched.content, source=self._source(), limits=self.limits)
                except InputError as error:
                    # A document type, or far too large: perhaps somebody else answered (a proxy).
                    raise _AgainError(str(error)) from error
                return self._believed(page, remarks, last_try=last_try)
            except FetchError as error:
                if error.status in (400, 404, 410, 422) and self.cursor.token:
                    # What some versions of arXiv answer to a token they do not know any more.
                    raise _TokenError(
                        f"the token was refused with status {error.status}"
                    ) from error
                raise self._stopped(str(error), error) from error
            except _AgainError as why:
                if last_try or isinstance(why, _TokenError):
                    raise
            self.client.pause(number)

    def _believed(self, page: OaiPage, remarks: list[str], *, last_try: bool) -> OaiPage | None:
        cursor = self.cursor
        if not page.is_oai:
            raise _AgainError("the answer is not one of OAI-PMH")
        for error in page.errors:
            if error.code == "noRecordsMatch":
                if cursor.token:
                    raise _TokenError("the middle of the list is answered with noRecordsMatch")
                if cursor.restarts:  # the last finished day had records
                    raise _AgainError("a list that had records before has none now")
                # `started` stays empty, so that the next list asks from the same day: that nothing
                # matches may be a mistake of the server's, and costs nothing to ask again.
                remarks.append(f"nothing matches; arXiv says: {error.message}")
                return None
            if error.code == "badResumptionToken":
                raise _TokenError(f"the token was refused: {error.message}")
            if error.code in (
                "badArgument",
                "cannotDisseminateFormat",
                "noSetHierarchy",
                "badVerb",
            ):
                if cursor.token:
                    raise _TokenError(f"the token was refused: {error.code} {error.message}")
                if cursor.started or not last_try:  # the same was understood before, or may be
                    raise _AgainError(f"arXiv answers {error.code}: {error.message}")
                raise InputError(
                    f"arXiv does not know what is asked for ({error.code}: {error.message}): check "
                    f"set {cursor.set!r}, format {cursor.format!r} and from {cursor.since!r}"
                )
            raise _AgainError(f"arXiv answers with the error {error.code!r}: {error.message}")
        if not page.is_whole:
            raise _AgainError(f"the page is torn ({page.damage or 'it does not end'})")
        if not page.records and not page.rejected:
            raise _AgainError("the page is empty though it should have records")
        if page.token and page.token == cursor.token:
            raise _AgainError("the page names the token that it was asked with as the next")
        if self._fingerprint(page) == cursor.last_page:
            raise _AgainError("the page is the one before once more")
        if (page.damage or page.rejected) and not last_try:
            raise _AgainError(page.damage or "the page has damaged records")
        if why := self._is_cut_short(page):
            if not last_try or (cursor.page and not cursor.restarts):
                raise _AgainError(why)
            remarks.append(f"{why}, also when asked again; the next harvest begins where this did")
        if page.damage:
            remarks.append(f"{self._source()}: {page.damage}")
        return page

    def _is_cut_short(self, page: OaiPage) -> str:
        """Say why a page without a token may not be the end of the list; '' when it is.

        The last page of a list with several has an empty element for the token (OAI-PMH, section
        3.5); all of arXiv, or of one set, is never a single page; and a page as full as any before
        has no reason to be the last.
        """
        if page.token:
            return ""
        size = page.list_size or self.cursor.size
        if size and self._seen(page) < size:
            return f"the list ends after {self._seen(page)} of {size} records"
        goes_on = self.cursor.page or self.cursor.restarts  # it has had several pages
        is_full = 0 < self.cursor.full <= _count(page)
        if not page.has_token and (goes_on or is_full or not self.cursor.since):
            return "the list ends without saying that it does"
        return ""

    def _seen(self, page: OaiPage) -> int:
        if page.token_cursor is not None:  # counts from the server's own start of the list
            return page.token_cursor + _count(page)
        return self.cursor.seen + _count(page)

    def _fingerprint(self, page: OaiPage) -> str:
        ids = "\n".join(record.id for record in page.records)
        return hashlib.sha256(ids.encode()).hexdigest()[:16]

    def _note_start(self, page: OaiPage) -> None:
        if not self.cursor.started:
            day = _date(page.response_date[:10])
            started = page.response_date[:32] if day else self.today().isoformat()
            self.cursor = replace(self.cursor, started=started)

    def _batch(self, page: OaiPage, remarks: tuple[str, ...]) -> Batch:
        source = self._source()
        self._note_start(page)
        cursor = self.cursor
        records, deleted = each_once(page.records)
        last, ordered = cursor.last_datestamp, cursor.is_ordered
        today = self.today().isoformat()
        for record in page.records:
            if record.datestamp is None:
                continue
            stamp = record.datestamp.isoformat()
            if (
                stamp > today or stamp < last
            ):  # a record from the future is no reason to skip the present
                ordered = False
            else:
                last = stamp
        is_done = not page.token
        started, since = cursor.started, cursor.since
        if is_done and self._is_cut_short(page):
            # Only a list that surely was whole lets the next one begin later than it did.
            started, since = "", last if ordered else since
        got_on = cursor.page + 1 > cursor.stuck_page or (ordered and last > cursor.stuck_at)
        self.cursor = replace(
            cursor,
            since=since,
            started=started,
            token=page.token,
            size=page.list_size or cursor.size,
            last_datestamp=last,
            is_ordered=ordered,
            page=cursor.page + 1,
            seen=cursor.seen + _count(page),
            full=max(cursor.full, _count(page)),
            last_page=self._fingerprint(page),
            restarts=0 if got_on or is_done else cursor.restarts,
            is_done=is_done,
        )
        return Batch(
            records, deleted, page.rejected, self.cursor.to_json(), source, remarks, is_last=is_done
        )

    def _restart(self, why: str, remarks: list[str]) -> None:
        """Start the list anew from where it surely is complete, or stop."""
        cursor = self.cursor
        if cursor.restarts >= _MAX_RESTARTS or (not cursor.page and cursor.restarts):
            raise self._stopped(f"{self._source()}: {why}")
        since = (
            cursor.last_datestamp if cursor.is_ordered and cursor.last_datestamp else cursor.since
        )
        # `started` stays: the next list must reach back to the start of this one.
        self.cursor = Cursor(
            cursor.base,
            cursor.format,
            cursor.set,
            since,
            started=cursor.started,
            full=cursor.full,
            restarts=cursor.restarts + 1,
            stuck_at=since,
            stuck_page=max(cursor.page, cursor.stuck_page)
            if since == cursor.since
            else cursor.page,
        )
        remarks.append(
            f"the list was started anew from {since or 'its beginning'} ({why}); records may come twice"
        )

    def _stopped(self, why: str, error: FetchError | None = None) -> HarvestError:
        return HarvestError(
            f"the harvest stopped: {why}. What was read before is kept; the next run goes on at page "
            f"{self.cursor.page + 1} of {self.cursor.set or 'all of arXiv'}",
            url=self._url(),
            status=error.status if error else None,
            cursor=self.cursor.to_json(),
        )


def _count(page: OaiPage) -> int:
    return len(page.records) + len(page.rejected)
