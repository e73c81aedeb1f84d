"""One paper as arXiv describes it, whatever the format it came in."""

from __future__ import annotations

import datetime
import email.utils
import re
from dataclasses import dataclass
from functools import lru_cache

from ingest.arxiv.authors import Author
from ingest.arxiv.wording import one_line
from kg.ids import parse_arxiv_id, parse_doi
from kg.model import Property


@dataclass(frozen=True, slots=True)
class Limits:
    """How much outside text is read.

    Parameters
    ----------
    record_bytes : of one record; the longest real ones (three thousand authors) stay under 1 MB
    page_bytes : of one page or saved page, expanded; real pages of 1,000 records have about 2 MB
    flaws : how many records of one page may be damaged before the rest is not read any more
    """

    record_bytes: int = 4_000_000
    page_bytes: int = 64_000_000
    flaws: int = 1_000


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a paper; the moment is in UTC, None where the source has none."""

    number: int
    submitted: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class ArxivRecord:
    r"""What one source of arXiv's says of one paper at one time.

    Parameters
    ----------
    id : without version; old ones as ``quant-ph/0201082``, without the subject class
    title : one line; TeX accents as letters, formulas and other TeX as written
    authors : in order
    primary_category : '' where the source does not say which is the first (``oai_dc``)
    categories : in order, the primary one first where it is known
    abstract : a line for each paragraph; written as the title is
    comments, journal_ref : one line; '' when there is none
    dois : lower case, in order; arXiv's own DOI of the paper is left out
    licence : its address; '' when the source names none
    versions : all of them for ``arXivRaw`` and the snapshot; the first and the latest for the API,
        the latest (without a moment) for the daily feed; none for ``arXiv`` and ``oai_dc``, which
        do not number them
    created : the day of the first version
    updated : the day of the latest version; None when there was only one, or when nothing is said
    datestamp : the day arXiv last changed the *record*, whatever it changed (OAI-PMH); the daily
        feed's day of announcement
    is_withdrawn : see `ingest.arxiv.wording.says_withdrawn`; also where the latest version is empty
        (0 bytes) and the record speaks of withdrawal or has arXiv's source type I
    is_deleted : the record is gone from arXiv; then only `id` and `datestamp` are set
    announced : of the daily feed: 'new', 'cross', 'replace' or 'replace-cross'
    """

    id: str
    title: str = ""
    authors: tuple[Author, ...] = ()
    primary_category: str = ""
    categories: tuple[str, ...] = ()
    abstract: str = ""
    comments: str = ""
    dois: tuple[str, ...] = ()
    journal_ref: str = ""
    licence: str = ""
    versions: tuple[Version, ...] = ()
    created: datetime.date | None = None
    updated: datetime.date | None = None
    datestamp: datetime.date | None = None
    is_withdrawn: bool = False
    is_deleted: bool = False
    announced: str = ""


class UnreadableError(ValueError):
    """A record cannot be read; the readers turn it into a counted `kg.model.Rejected`."""


_FOUR = re.compile(r"[0-9]{4}\.[0-9]{4}")
_FIVE = re.compile(r"[0-9]{4}\.[0-9]{5}")
_OAI = "oai:arXiv.org:"


def read_id(text: str) -> tuple[str, int]:
    """Give id and version number (0: none) of an id in any form arXiv writes it in.

    Raises
    ------
    UnreadableError
        It is no arXiv id.

    Examples
    --------
    >>> read_id("oai:arXiv.org:2203.01250v3"), read_id("http://arxiv.org/abs/math.GT/0309136v1")
    (('2203.01250', 3), ('math/0309136', 1))
    """
    text = text.strip()
    bare = text.removeprefix(_OAI)
    if _FOUR.fullmatch(bare) and "0704" <= bare[:4] <= "1412" and "00" < bare[2:4] < "13":
        return bare, 0
    if _FIVE.fullmatch(bare) and "1501" <= bare[:4] < "9000" and "00" < bare[2:4] < "13":
        return bare, 0  # nearly all of them; the rest is read by `kg.ids`
    if "/abs/" in bare:
        bare = bare.partition("/abs/")[2]
    found = parse_arxiv_id(bare) if len(bare) < 60 else None
    if found is None:
        raise UnreadableError(f"its id {text[:60]!a} is not an arXiv id")
    return found.value, int(found.version[1:]) if found.version else 0


_DOI_SPLIT = re.compile(r"[\s,;]+(?=10\.|doi:|https?:)", re.IGNORECASE)


def read_dois(text: str) -> tuple[str, ...]:
    """Give the DOIs of a field that may hold several, parted by blanks."""
    text = text.strip()
    if not text:
        return ()
    found = [parse_doi(part) for part in _DOI_SPLIT.split(text)]
    return tuple(
        dict.fromkeys(f.value for f in found if f is not None and f.scheme is Property.DOI)
    )


_CATEGORY = re.compile(r"[A-Za-z-]+(?:\.[A-Za-z-]+)?")


@lru_cache(maxsize=65_536)
def read_categories(text: str) -> tuple[str, ...]:
    """Give the categories of a field, in order, each once."""
    return tuple(dict.fromkeys(c for c in text.split() if _CATEGORY.fullmatch(c)))


def read_number(text: str) -> int | None:
    """Read a count or place of a page; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def read_day(text: str) -> datetime.date | None:
    """Read the day of an ISO date or moment; None for none and for nonsense."""
    text = text.strip()
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        return None


def read_moment(text: str) -> datetime.datetime | None:
    """Read a moment as RFC 822 ('Tue, 3 Apr 2007 22:04:11 GMT') or ISO 8601 writes it, in UTC."""
    text = text.strip()
    try:
        if text[:1].isdigit():
            moment = datetime.datetime.fromisoformat(text)
        else:
            moment = email.utils.parsedate_to_datetime(text)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=datetime.UTC)
        return moment.astimezone(datetime.UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def shown(text: str) -> str:
    """Quote a damaged record in a report: on one line and not long."""
    return one_line(text[:400])[:160]


def days_of(versions: tuple[Version, ...]) -> tuple[datetime.date | None, datetime.date | None]:
    """Give the days on which a paper was created and, if it ever was, last updated."""
    first = versions[0].submitted if versions and versions[0].number == 1 else None
    last = versions[-1].submitted if versions and versions[-1].number > 1 else None
    return (first.date() if first else None, last.date() if last else None)
