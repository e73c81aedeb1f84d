"""The metadata snapshot that arXiv publishes on Kaggle: one JSON object a line.

Its fields are those of ``arXivRaw`` (https://www.kaggle.com/datasets/Cornell-University/arxiv), with
`authors_parsed` as (keyname, forenames, suffix, affiliations ...) and `update_date`, the day on which
the record changed last.
"""

from __future__ import annotations

import json

from ingest.arxiv.authors import MAX_AUTHORS, Author, from_line, from_parts
from ingest.arxiv.records import (
    ArxivRecord,
    UnreadableError,
    Version,
    days_of,
    read_categories,
    read_day,
    read_dois,
    read_id,
    read_moment,
)
from ingest.arxiv.wording import heading, prose, says_withdrawn


def read_snapshot_line(line: bytes) -> ArxivRecord:
    """Read one line of the snapshot.

    Raises
    ------
    UnreadableError
        It is no JSON object, or one without id or title, or a field is not of the kind it should be.
    """
    try:
        given = json.loads(line)
    except RecursionError:
        raise UnreadableError("its JSON is nested too deep") from None
    except ValueError as error:
        raise UnreadableError(f"it is not JSON in UTF-8: {str(error)[:80]}") from None
    if not isinstance(given, dict):
        raise UnreadableError("it is JSON, but not an object")

    def text(key: str) -> str:
        value = given.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise UnreadableError(f"its {key} is not a text")
        return value

    if not text("id"):
        raise UnreadableError("it has no id")
    id_, _ = read_id(text("id"))
    title = heading(text("title"))
    if not title:
        raise UnreadableError(f"{id_} has no title")
    versions = _versions(given.get("versions"))
    categories = read_categories(text("categories"))
    abstract, comments = prose(text("abstract")), heading(text("comments"))
    created, updated = days_of(versions)
    return ArxivRecord(
        id_,
        title,
        _authors(given.get("authors_parsed")) or from_line(text("authors")),
        categories[0] if categories else "",
        categories,
        abstract,
        comments,
        read_dois(text("doi")),
        heading(text("journal-ref")),
        text("license").strip(),
        versions,
        created,
        updated,
        read_day(text("update_date")),
        says_withdrawn(comments, abstract),
    )


def _versions(given: object) -> tuple[Version, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > 1000:
        raise UnreadableError("its versions are not a list of versions")
    found = []
    for one in given:
        number = str(one.get("version", "")).removeprefix("v") if isinstance(one, dict) else ""
        if not (number.isascii() and number.isdigit() and 0 < int(number[:6]) < 1000):
            raise UnreadableError("one of its versions has no number")
        found.append(Version(int(number), read_moment(str(one.get("created", "")))))
    return tuple(sorted(found, key=lambda version: version.number))


def _authors(given: object) -> tuple[Author, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > MAX_AUTHORS:
        raise UnreadableError("its authors_parsed are not a list of authors")
    parts = []
    for one in given:
        if not (isinstance(one, list) and one and all(isinstance(part, str) for part in one)):
            raise UnreadableError("one of its authors_parsed is not a list of texts")
        keyname, forenames, suffix, *affiliations = [*one, "", ""] if len(one) < 3 else one
        known = tuple(a for part in affiliations if (a := heading(part)))
        parts.append((keyname.strip(), forenames.strip(), suffix.strip(), known))
    return from_parts(parts)
