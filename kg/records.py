"""What arXiv holds of one paper, kept as one row that stands for the claims it makes.

arXiv has three million records with ten facts each: as single claims they would be thirty million
rows. A store keeps the record, and makes its claims when somebody asks for them (`claims_of`).
Nothing here reads arXiv's formats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from kg.model import Attributes, Claim, JsonValue, Kind, Name, Property

ARXIV = "arxiv"
"""The source of all records of arXiv's, whichever way they came."""
RECORDS_FORMAT = "records"
"""The format of a source whose records are kept so; no list has it."""
EXTRACTOR = "arxiv"
"""The extractor of the claims that a record stands for."""

KEPT_AS_CLAIMS = frozenset({Property.ARXIV, Property.DOI})
"""Properties that a store holds as claims beside the record: they say which names are one paper."""


@dataclass(frozen=True)
class PaperRecord:
    """What arXiv says of one paper at one time.

    Parameters
    ----------
    arxiv : its id without version: '2304.08485', 'quant-ph/0201082'
    title : one line, not empty
    authors : in order, as they are read
    categories : the primary one first
    abstract, comments : '' where there is none
    dois : lower case, without arXiv's own
    journal : the journal reference as the authors wrote it
    licence : its address
    versions : (number, moment as ISO 8601 or ''), by number; none where arXiv did not number them
    created, updated : days as ISO 8601; updated is '' where there is only one version
    is_withdrawn : whether its authors or arXiv took it back
    """

    arxiv: str
    title: str
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    abstract: str = ""
    comments: str = ""
    dois: tuple[str, ...] = ()
    journal: str = ""
    licence: str = ""
    versions: tuple[tuple[int, str], ...] = ()
    created: str = ""
    updated: str = ""
    is_withdrawn: bool = False

    @cached_property
    def line(self) -> int:
        """Where the record stands among all: the digits of its id, so that no order changes it."""
        return line_of(self.arxiv)

    @property
    def version(self) -> int:
        """The number of the latest version; 0 where that is not told."""
        return self.versions[-1][0] if self.versions else 0

    @cached_property
    def _told(self) -> Mapping[str, Attributes]:
        """Property -> (values) of what is said beside the identifiers, in the order of claims."""
        said: dict[str, Attributes] = {}
        if self.abstract:
            said[Property.ABSTRACT] = {"text": self.abstract}
        if self.authors:
            said[Property.AUTHORS] = {
                "text": "; ".join(self.authors),
                "authors": [*self.authors],
            }
        if self.categories:
            said[Property.CATEGORY] = {
                "text": self.categories[0],
                "categories": [*self.categories],
            }
        if self.created:
            said[Property.DATE] = {"text": self.created, "precision": "day"}
        if self.journal:
            said[Property.JOURNAL] = {"text": self.journal}
        if self.licence:
            said[Property.LICENCE] = {"text": self.licence}
        if self.version or self.updated:
            said[Property.VERSION] = self._version_told()
        if self.is_withdrawn:
            said[Property.WITHDRAWN] = {"text": "withdrawn"}
        return said

    def _version_told(self) -> Attributes:
        told: dict[str, JsonValue] = {"text": f"v{self.version}" if self.version else self.updated}
        if self.updated:
            told["updated"] = self.updated
        if self.versions:
            told["versions"] = [[number, moment] for number, moment in self.versions]
        return told

    @cached_property
    def says(self) -> str:
        """The properties that the row stands for, each between blanks: ' abstract date '."""
        said = [
            name
            for name, value in (
                ("abstract", self.abstract),
                ("authors", self.authors),
                ("category", self.categories),
                ("date", self.created),
                ("journal", self.journal),
                ("licence", self.licence),
                ("version", self.version or self.updated),
                ("withdrawn", self.is_withdrawn),
            )
            if value
        ]
        return f" {' '.join(said)} " if said else ""

    def to_json(self) -> str:
        """Write it down; equal records give equal text."""
        return _encode(
            [
                self.arxiv, self.title, self.authors, self.categories, self.abstract,
                self.comments, self.dois, self.journal, self.licence, self.versions,
                self.created, self.updated, int(self.is_withdrawn),
            ]
        )  # fmt: skip

    @classmethod
    def from_json(cls, text: str) -> PaperRecord:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            It is something else.
        """
        given = json.loads(text)
        if not isinstance(given, list) or len(given) != _FIELDS:
            raise ValueError(f"no record of a paper: {text[:60]!r}")
        (arxiv, title, authors, categories, abstract, comments, dois, journal, licence, versions,
         created, updated, is_withdrawn) = given  # fmt: skip
        return cls(
            arxiv, title, tuple(authors), tuple(categories), abstract, comments, tuple(dois),
            journal, licence, tuple((number, moment) for number, moment in versions), created,
            updated, bool(is_withdrawn),
        )  # fmt: skip


_FIELDS = 13
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_NO_DIGIT = re.compile(r"[^0-9]+")


def line_of(arxiv: str) -> int:
    """Return the line that stands for an arXiv id: all its digits as a number.

    Only ids of before 2007 from several archives have the same.

    Examples
    --------
    >>> line_of("2304.08485"), line_of("quant-ph/0201082")
    (230408485, 201082)
    """
    return int(_NO_DIGIT.sub("", arxiv) or 1) or 1


def arxiv_of_line(line: int) -> str:
    """Return the arXiv id that a line stands for; '' where several may (ids of before 2007).

    Examples
    --------
    >>> arxiv_of_line(230408485), arxiv_of_line(13035778), arxiv_of_line(201082)
    ('2304.08485', '1303.5778', '')
    """
    digits = str(line)
    if len(digits) == 7 + 2:
        return f"{digits[:4]}.{digits[4:]}"
    # Of 2007 to 2014, four digits behind the month; those of 2007 to 2009 lost their first zero.
    padded = digits.rjust(8, "0")
    is_id = len(digits) in (7, 8) and "07" <= padded[:2] <= "14" and "01" <= padded[2:4] <= "12"
    return f"{padded[:4]}.{padded[4:]}" if is_id else ""


def identifiers_of(record: PaperRecord) -> Iterator[tuple[Property, Attributes]]:
    """Yield the identifiers of a record: its arXiv id and then its DOIs."""
    yield Property.ARXIV, {"text": record.arxiv}
    for doi in dict.fromkeys(record.dois):
        yield Property.DOI, {"text": doi}


def told_beside(record: PaperRecord) -> Iterator[tuple[Property, Attributes, Attributes]]:
    """Yield (property, qualifiers, values) of what a record says beside its identifiers."""
    for name, values in record._told.items():
        yield Property(name), (_PREPRINT if name == Property.DATE else {}), values


_PREPRINT: Attributes = {"kind": "preprint"}


def claims_of(record: PaperRecord) -> list[Claim]:
    """Make the claims that a record stands for.

    The journal reference is no venue: authors write volume, pages and remarks into it.
    """
    subject = Name(Kind.PAPER, record.title)

    def claim(of: Property, qualifiers: Attributes, values: Attributes) -> Claim:
        return Claim(
            subject, of, record.line, record.title, None, qualifiers, values, extractor=EXTRACTOR
        )

    return [
        *(claim(of, {}, values) for of, values in identifiers_of(record)),
        *(claim(*told) for told in told_beside(record)),
    ]
