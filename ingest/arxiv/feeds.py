"""Atom answers of arXiv's API, and the daily feeds in RSS and Atom.

References
----------
API: https://info.arxiv.org/help/api/user-manual.html, section 3.3. Daily feeds:
https://info.arxiv.org/help/rss_specifications.html and atom_specifications.html beside it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ingest.arxiv.authors import MAX_AUTHORS, Author, from_line, person
from ingest.arxiv.markup import Field, Scan
from ingest.arxiv.records import (
    ArxivRecord,
    Limits,
    UnreadableError,
    Version,
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

ANNOUNCEMENTS = ("new", "cross", "replace", "replace-cross")
"""What the daily feed announces; the last two are new versions."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """What one Atom or RSS document says.

    Parameters
    ----------
    records : in the order of the feed
    rejected : entries that could not be read
    total, start, per_page : of an answer of the API; None where it does not say
    error : the API's own message when the answer is an error ('incorrect id format for abc')
    updated : when the feed was made, as written
    is_feed : it is a feed at all, and not for example an HTML page
    is_whole, damage : as in `ingest.arxiv.oai.OaiPage`
    """

    records: tuple[ArxivRecord, ...]
    rejected: tuple[Rejected, ...]
    total: int | None = None
    start: int | None = None
    per_page: int | None = None
    error: str = ""
    updated: str = ""
    is_feed: bool = True
    is_whole: bool = True
    damage: str = ""


def read_atom(
    content: bytes | Iterable[bytes], *, source: str = "", limits: Limits | None = None
) -> FeedPage:
    """Read an answer of the API, or a daily feed in Atom.

    Raises
    ------
    InputError
        It has a document type or entities, or it is larger than allowed.
    """
    return _read("entry", ("feed",), content, source, limits or Limits())


def read_rss(
    content: bytes | Iterable[bytes], *, source: str = "", limits: Limits | None = None
) -> FeedPage:
    """Read a daily feed in RSS.

    Raises
    ------
    InputError
        It has a document type or entities, or it is larger than allowed.
    """
    return _read("item", ("rss", "RDF"), content, source, limits or Limits())


def _read(
    unit: str, roots: tuple[str, ...], content: bytes | Iterable[bytes], source: str, limits: Limits
) -> FeedPage:
    scan = Scan(unit, (), source, limits)
    records: list[ArxivRecord] = []
    rejected: list[Rejected] = []
    error = ""
    read: Callable[[list[Field]], ArxivRecord] = _item if unit == "item" else _entry
    for found in scan.read([content] if isinstance(content, bytes) else content):
        if isinstance(found, Rejected):
            rejected.append(found)
            continue
        try:
            records.append(read(found.fields))
        except _ApiError as said:
            error = str(said)
        except UnreadableError as why:
            text = shown(" ".join(t for _, t, _ in found.fields[:6] if t.strip()))
            rejected.append(Rejected(found.line, text, str(why)))
    said_outside = {name: text.strip() for name, text, _ in reversed(scan.outside)}
    return FeedPage(
        tuple(records),
        tuple(rejected),
        read_number(said_outside.get("totalResults", "")),
        read_number(said_outside.get("startIndex", "")),
        read_number(said_outside.get("itemsPerPage", "")),
        error,
        said_outside.get("updated", said_outside.get("lastBuildDate", "")),
        bool(scan.roots) and scan.roots[0] in roots,
        scan.is_whole,
        scan.damage,
    )


class _ApiError(Exception):
    """The entry is the API's way to say that the question was wrong."""


def _entry(fields: list[Field]) -> ArxivRecord:
    texts: dict[str, str] = {}
    authors: list[Author] = []
    affiliations: list[str] = []
    categories: list[str] = []
    primary = name = ""
    for tag, text, attributes in fields:
        if tag == "name":
            name = text
        elif tag == "affiliation":
            affiliations.append(heading(text))
        elif tag == "author":
            authors += person(name, tuple(affiliations))
            name, affiliations = "", []
        elif tag == "category":
            categories.append(attributes.get("term", text))
        elif tag == "primary_category":
            primary = attributes.get("term", text)
        elif tag not in texts:
            texts[tag] = text
    id_text = texts.get("id", "").strip()
    if "/api/errors" in id_text:
        raise _ApiError(one_line(texts.get("summary", "")) or "an error without words")
    if not id_text:
        raise UnreadableError("it has no id")
    if "announce_type" in texts or id_text.startswith("oai:"):
        return _announced(id_text, texts, texts.get("summary", ""), categories)
    published, updated = texts.get("published", ""), texts.get("updated", "")
    return from_answer(
        id_text,
        title=texts.get("title", ""),
        authors=authors,
        primary=primary,
        categories=categories,
        abstract=texts.get("summary", ""),
        comments=texts.get("comment", ""),
        doi=texts.get("doi", ""),
        journal_ref=texts.get("journal_ref", ""),
        published=read_moment(published),
        updated=read_moment(updated),
    )


def from_answer(
    entry_id: str,
    *,
    title: str,
    authors: list[Author],
    primary: str,
    categories: list[str],
    abstract: str,
    comments: str,
    doi: str,
    journal_ref: str,
    published: datetime.datetime | None,
    updated: datetime.datetime | None,
) -> ArxivRecord:
    """Make the record of one answer of the API: `published` is of version 1, `updated` of this one.

    Raises
    ------
    UnreadableError
        It has no arXiv id or no title, or it names no date, which only damaged answers do.
    """
    id_, number = read_id(entry_id)
    title = heading(title)
    if not title:
        raise UnreadableError(f"{id_} has no title")
    if published is None:
        raise UnreadableError(f"{id_} has no date of publication")
    if len(authors) > MAX_AUTHORS:
        raise UnreadableError(f"{id_} has {len(authors):,} authors")
    versions = [Version(1, published)]
    if number > 1:
        versions.append(Version(number, updated))
    known = read_categories(" ".join([primary, *categories]))
    text, comment = prose(abstract), heading(comments)
    return ArxivRecord(
        id_,
        title,
        tuple(authors),
        known[0] if known and primary else "",
        known,
        text,
        comment,
        read_dois(doi),
        heading(journal_ref),
        "",
        tuple(versions),
        published.date(),
        updated.date() if number > 1 and updated else None,
        is_withdrawn=says_withdrawn(comment, text),
    )


def _item(fields: list[Field]) -> ArxivRecord:
    texts: dict[str, str] = {}
    categories: list[str] = []
    for tag, text, _ in fields:
        if tag == "category":
            categories.append(text.strip())
        elif tag not in texts:
            texts[tag] = text
    id_text = texts.get("guid") or texts.get("link") or ""
    if not id_text.strip():
        raise UnreadableError("it has neither guid nor link")
    return _announced(id_text, texts, texts.get("description", ""), categories)


def _announced(
    id_text: str, texts: dict[str, str], description: str, categories: list[str]
) -> ArxivRecord:
    """Read what both daily feeds say, whose description holds id, kind of news and abstract."""
    id_, number = read_id(id_text)
    head, marker, abstract = description.partition("Abstract:")
    if not marker:
        head, abstract = "", description
    announced = texts.get("announce_type", "").strip().lower()
    if not announced and "Announce Type:" in head:
        announced = one_line(head.partition("Announce Type:")[2]).lower()
    if announced not in ANNOUNCEMENTS:
        raise UnreadableError(f"{id_} is announced as {announced[:40]!a}: expected {ANNOUNCEMENTS}")
    title = heading(texts.get("title", ""))
    if not title:
        raise UnreadableError(f"{id_} has no title")
    known = read_categories(" ".join(categories))
    day = read_moment(texts.get("pubDate", "") or texts.get("published", ""))
    text = prose(abstract)
    return ArxivRecord(
        id_,
        title,
        from_line(texts.get("creator", "")),
        known[0] if known else "",
        known,
        text,
        "",
        read_dois(texts.get("DOI", "")),
        heading(texts.get("journal_reference", "")),
        texts.get("rights", "").strip(),
        (Version(number),) if number else (),
        datestamp=day.date() if day else read_day(texts.get("pubDate", "")),
        is_withdrawn=says_withdrawn("", text),
        announced=announced,
    )
