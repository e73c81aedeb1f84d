"""Pages of arXiv's OAI-PMH interface, in the formats ``arXiv``, ``arXivRaw`` and ``oai_dc``.

References
----------
OAI-PMH 2.0: http://www.openarchives.org/OAI/openarchivesprotocol.html. arXiv's formats and sets:
https://info.arxiv.org/help/oa/index.html.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ingest.arxiv.authors import MAX_AUTHORS, from_line, from_parts
from ingest.arxiv.markup import Field, Place, Scan, Unit
from ingest.arxiv.records import (
    ArxivRecord,
    Limits,
    UnreadableError,
    Version,
    days_of,
    read_categories,
    read_day,
    read_dois,
    read_id,
    read_moment,
    read_number,
    shown,
)
from ingest.arxiv.wording import heading, one_line, prose, says_withdrawn
from kg.model import Rejected

FORMATS = ("arXiv", "arXivRaw", "oai_dc")
"""The metadata formats that are read, as `metadataPrefix` names them."""


@dataclass(frozen=True, slots=True)
class OaiError:
    """An answer that is an error of OAI-PMH: 'noRecordsMatch', 'badResumptionToken', ..."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class OaiPage:
    """What one answer of the interface says.

    Parameters
    ----------
    records : in the order of the page, deleted ones included (`is_deleted`)
    rejected : what could not be read; `line` counts in the page
    token : the resumption token; '' when there is none
    has_token : whether there is an element for it, which the last page of a long list has empty
    list_size, token_cursor : what the token says of the list; arXiv leaves them out since 2025
    response_date : the server's clock, as written
    errors : the answer's errors; then there are no records
    is_oai : it is an answer of the interface at all
    is_whole : it ended where it should
    damage : what was wrong with its form; '' when nothing was
    """

    records: tuple[ArxivRecord, ...]
    rejected: tuple[Rejected, ...]
    token: str = ""
    has_token: bool = False
    list_size: int | None = None
    token_cursor: int | None = None
    response_date: str = ""
    errors: tuple[OaiError, ...] = ()
    is_oai: bool = True
    is_whole: bool = True
    damage: str = ""


@dataclass(slots=True)
class OaiReader:
    """Reads one document of the interface as its bytes arrive, also one far larger than a page.

    Parameters
    ----------
    source : what it is called in messages
    start : where to go on in a document read before
    """

    source: str = ""
    limits: Limits = field(default_factory=Limits)
    start: Place = field(default_factory=Place)
    scan: Scan = field(init=False)
    place: Place = field(init=False)
    """Where reading goes on behind the record given last."""

    def __post_init__(self) -> None:
        self.scan = Scan("record", ("resumptionToken",), self.source, self.limits, self.start)
        self.place = self.start

    def read(self, chunks: Iterable[bytes]) -> Iterator[ArxivRecord | Rejected]:
        """Give the records and what could not be read, in order.

        Raises
        ------
        InputError
            It has a document type or entities, or it is larger than allowed.
        """
        for unit in self.scan.read(chunks):
            if isinstance(unit, Rejected):
                yield unit
                continue
            self.place = self.scan.place(unit)
            try:
                yield _record(unit.fields)
            except UnreadableError as error:
                yield Rejected(unit.line, _told(unit), str(error))


def read_oai_page(
    content: bytes | Iterable[bytes], *, source: str = "", limits: Limits | None = None
) -> OaiPage:
    """Read one answer: ListRecords, GetRecord or an error.

    Raises
    ------
    InputError
        It has a document type or entities, or it is larger than allowed.
    """
    reader = OaiReader(source, limits or Limits())
    records: list[ArxivRecord] = []
    rejected: list[Rejected] = []
    for found in reader.read([content] if isinstance(content, bytes) else content):
        if isinstance(found, Rejected):
            rejected.append(found)
        else:
            records.append(found)
    scan = reader.scan
    token, has_token, attributes = "", False, dict[str, str]()
    errors, response_date = [], ""
    for name, text, given in scan.outside:
        if name == "resumptionToken":
            token, has_token, attributes = text.strip(), True, given
        elif name == "error":
            errors.append(OaiError(given.get("code", ""), one_line(text)))
        elif name == "responseDate":
            response_date = text.strip()
    return OaiPage(
        tuple(records),
        tuple(rejected),
        token,
        has_token,
        read_number(attributes.get("completeListSize", "")),
        read_number(attributes.get("cursor", "")),
        response_date,
        tuple(errors),
        scan.roots[:1] == ["OAI-PMH"],
        scan.is_whole,
        scan.damage,
    )


def _told(unit: Unit) -> str:
    return shown(" ".join(text for _, text, _ in unit.fields[:12] if text.strip()))


# ---------------------------------------------------------------------- one record


def _record(fields: list[Field]) -> ArxivRecord:
    identifier = datestamp = ""
    sets: list[str] = []
    at = 0
    is_deleted = False
    for at, (name, text, attributes) in enumerate(fields):  # noqa: B007 - used behind the loop
        if name == "identifier":
            identifier = text
        elif name == "datestamp":
            datestamp = text
        elif name == "setSpec":
            sets.append(text.strip())
        elif name == "header":
            is_deleted = attributes.get("status", "") == "deleted"
            break
    else:
        raise UnreadableError("it has no header")
    if not identifier:
        raise UnreadableError("its header has no identifier")
    id_, _ = read_id(identifier)
    day = read_day(datestamp)
    if is_deleted:
        return ArxivRecord(id_, datestamp=day, is_deleted=True)
    # The last is the record itself, the one before its <metadata>, and before it the format.
    known = next(
        (_READERS[name] for name, _, _ in reversed(fields[at + 1 :]) if name in _READERS), None
    )
    if known is None:
        raise UnreadableError(
            "it has no metadata in a format that is read (arXiv, arXivRaw, oai_dc)"
        )
    return known(id_, day, sets, fields[at + 1 :])


def _same_id(id_: str, text: str) -> None:
    if text.strip() != id_ and read_id(text)[0] != id_:
        raise UnreadableError(f"its header is of {id_} and its metadata of {text.strip()[:40]!a}")


def _titled(id_: str, title: str) -> str:
    title = heading(title)
    if not title:
        raise UnreadableError(f"{id_} has no title")
    return title


def _split(
    id_: str, day: datetime.date | None, sets: list[str], fields: list[Field]
) -> ArxivRecord:
    """Read the format ``arXiv``: authors split, no versions."""
    texts: dict[str, str] = {}
    people: list[tuple[str, str, str, tuple[str, ...]]] = []
    keyname = forenames = suffix = ""
    affiliations: list[str] = []
    for name, text, _ in fields:
        if name == "keyname":
            keyname = text.strip()
        elif name == "forenames":
            forenames = text.strip()
        elif name == "author":
            people.append((keyname, forenames, suffix, tuple(affiliations)))
            keyname = forenames = suffix = ""
            affiliations = []
        elif name == "affiliation":
            affiliations.append(heading(text))
        elif name == "suffix":
            suffix = text.strip()
        else:
            texts[name] = text
    get = texts.get
    _same_id(id_, get("id", ""))
    if len(people) > MAX_AUTHORS:
        raise UnreadableError(f"{id_} has {len(people):,} authors")
    categories = read_categories(get("categories", ""))
    abstract, comments = prose(get("abstract", "")), heading(get("comments", ""))
    return ArxivRecord(
        id_,
        _titled(id_, get("title", "")),
        from_parts(people),
        categories[0] if categories else "",
        categories,
        abstract,
        comments,
        read_dois(get("doi", "")),
        heading(get("journal-ref", "")),
        get("license", "").strip(),
        (),
        read_day(get("created", "")),
        read_day(get("updated", "")),
        day,
        says_withdrawn(comments, abstract),
    )


_SIZE = re.compile(r"0+(?:\.0+)?\s*(?:b|kb|bytes)?", re.IGNORECASE)


def _raw(id_: str, day: datetime.date | None, sets: list[str], fields: list[Field]) -> ArxivRecord:
    """Read the format ``arXivRaw``: all versions, authors on one line."""
    texts: dict[str, str] = {}
    versions: list[Version] = []
    date = size = source = ""
    for name, text, attributes in fields:
        if name == "date":
            date = text
        elif name == "size":
            size = text.strip()
        elif name == "source_type":
            source = text.strip()
        elif name == "version":
            number = attributes.get("version", "").removeprefix("v")
            if not (number.isascii() and number.isdigit() and 0 < int(number[:6]) < 1000):
                raise UnreadableError(f"{id_} has a version without a number")
            versions.append(Version(int(number), read_moment(date)))
            last = (size, source)
            date = size = source = ""
        else:
            texts[name] = text
    get = texts.get
    _same_id(id_, get("id", ""))
    versions.sort(key=lambda version: version.number)
    categories = read_categories(get("categories", ""))
    abstract, comments = prose(get("abstract", "")), heading(get("comments", ""))
    created, updated = days_of(tuple(versions))
    withdrawn = says_withdrawn(comments, abstract)
    if versions and not withdrawn and _SIZE.fullmatch(last[0]):
        withdrawn = "I" in last[1] or "withdr" in f"{comments} {abstract[:300]}".lower()
    return ArxivRecord(
        id_,
        _titled(id_, get("title", "")),
        from_line(get("authors", "")),
        categories[0] if categories else "",
        categories,
        abstract,
        comments,
        read_dois(get("doi", "")),
        heading(get("journal-ref", "")),
        get("license", "").strip(),
        tuple(versions),
        created,
        updated,
        day,
        withdrawn,
    )


_NEW_SET = re.compile(r"(?:(?P<group>[a-z-]+):)(?P<archive>[a-z-]+)(?::(?P<category>[A-Za-z-]+))?")


def category_of_set(spec: str) -> str:
    """Give the category that a set of arXiv's stands for; '' for a whole archive.

    Examples
    --------
    >>> [category_of_set(s) for s in ("cs:cs:AI", "physics:hep-th", "physics:physics:optics", "cs")]
    ['cs.AI', 'hep-th', 'physics.optics', '']
    """
    match = _NEW_SET.fullmatch(spec)
    if match is None:
        return ""
    if match["category"]:
        return f"{match['archive']}.{match['category']}"
    return match["archive"] if match["group"] == "physics" and match["archive"] != "physics" else ""


def _dublin(
    id_: str, day: datetime.date | None, sets: list[str], fields: list[Field]
) -> ArxivRecord:
    """Read the format ``oai_dc``; its subjects are names, so categories are those of the sets."""
    texts: dict[str, list[str]] = {}
    for name, text, _ in fields:
        texts.setdefault(name, []).append(text)
    get = texts.get
    people: list[tuple[str, str, str, tuple[str, ...]]] = []
    for creator in get("creator", [])[:MAX_AUTHORS]:
        keyname, comma, forenames = creator.partition(",")
        forenames, _, suffix = forenames.partition(",") if comma else ("", "", "")
        people.append((keyname.strip(), forenames.strip(), suffix.strip(), ()))
    described = get("description", [])
    comments = [d.strip()[8:] for d in described if d.strip().startswith("Comment:")]
    abstract = prose(next((d for d in described if not d.strip().startswith("Comment:")), ""))
    dois: list[str] = []
    journal = ""
    for text in get("identifier", []):
        stripped = text.strip()
        if stripped.lower().startswith(("doi:", "https://doi.org/", "http://dx.doi.org/")):
            dois += read_dois(stripped)
        elif not stripped.startswith(("http://", "https://", "oai:")):
            journal = journal or heading(text)
    days = sorted(d for text in get("date", []) if (d := read_day(text)) is not None)
    comment = heading(comments[0]) if comments else ""
    return ArxivRecord(
        id_,
        _titled(id_, "".join(get("title", [""])[:1])),
        from_parts(people),
        "",
        tuple(dict.fromkeys(c for s in sets if (c := category_of_set(s)))),
        abstract,
        comment,
        tuple(dict.fromkeys(dois)),
        journal,
        next((r.strip() for r in get("rights", [])), ""),
        (),
        days[0] if days else None,
        days[-1] if len(days) > 1 else None,
        day,
        says_withdrawn(comment, abstract),
    )


_Reader = Callable[[str, datetime.date | None, list[str], list[Field]], ArxivRecord]
_READERS: dict[str, _Reader] = {"arXiv": _split, "arXivRaw": _raw, "dc": _dublin}
