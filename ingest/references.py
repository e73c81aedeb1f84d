"""Documents that are papers: their own title and author, and the numbered references they cite."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.blocks import Block, Heading, Item, Paragraph, Quote
from ingest.inline import Inline
from ingest.output import Output, shorten
from ingest.titles import (
    clean_heading,
    clean_title,
    kind_of_introduced,
    name_in_report,
    split_prefix,
)
from ingest.values import parse_venue
from kg.ids import find_arxiv_id, identify, parse_doi, year_of_arxiv_id
from kg.model import Kind, Name, Property, Relation

_REFERENCES = re.compile(
    r"^\W*(?:references?|bibliography|works cited|literature|参考文献|参考资料|参考)\W*$", re.I
)
_ABSTRACT = re.compile(r"^\W*(?:abstract|摘\s*要)\b", re.I)
_NUMBERED = re.compile(r"^\s*\[(\d{1,3})\]\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a reference list."""

    number: str
    title: str
    line: int
    quote: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class PaperDocument:
    """What makes a document a paper."""

    title: str
    line: int
    authors: tuple[str, ...]


def find_paper(blocks: Sequence[Block]) -> PaperDocument | None:
    """Recognise a document that is itself a paper; None for a list or a note.

    It has an abstract and numbered references. The title may be split over several headings.
    """
    has_abstract = any(
        (isinstance(b, (Heading, Paragraph))) and _ABSTRACT.match(b.inline.text)
        for b in blocks[:40]
    )
    if not has_abstract or len(list(iter_references(blocks))) < 3:
        return None
    title: list[str] = []
    line = 0
    authors: list[str] = []
    for block in blocks:
        if (
            isinstance(block, Heading)
            and block.level < 7
            and not _ABSTRACT.match(block.inline.text)
        ):
            if authors or (title and re.match(r"^\W*\d", block.inline.text)):
                break
            title.append(
                clean_heading(block.inline.text) if title else " ".join(block.inline.text.split())
            )
            line = line or block.line
        elif title:
            if _ABSTRACT.match(_text(block)):
                break
            authors += _byline(block)
    if not title:
        return None
    joined = " ".join(
        t.strip(" :") + (":" if i < len(title) - 1 else "") for i, t in enumerate(title)
    )
    return PaperDocument(joined, line, tuple(authors[:20]))


def _text(block: Block) -> str:
    return block.inline.text if isinstance(block, Heading | Paragraph | Item | Quote) else ""


def _byline(block: Block) -> list[str]:
    """The authors on a bold line under the title."""
    if isinstance(block, Heading) or not isinstance(block, Paragraph):
        return []
    found = []
    for mark in block.inline.marks:
        if mark.kind == "bold":
            names = block.inline.text[mark.start : mark.end]
            found += [
                n.strip() for n in re.split(r",|\band\b|、", names) if 2 <= len(n.split()) <= 5
            ]
    return found


def iter_references(blocks: Sequence[Block]) -> Iterator[Reference]:
    """Yield the entries of a numbered reference list at the end of a document."""
    inside = False
    for block in blocks:
        text = _text(block)
        if isinstance(block, Heading):
            inside = bool(_REFERENCES.match(clean_heading(text) or text))
        elif isinstance(block, Paragraph) and any(map(_REFERENCES.match, text.splitlines())):
            inside = True
        elif inside and isinstance(block, Paragraph | Item):
            for line in _entries(block.inline):
                match = _NUMBERED.match(line.text)
                number = (
                    match.group(1) if match else (block.number if isinstance(block, Item) else "")
                )
                body = line.slice(match.end(), len(line.text)) if match else line
                if match or (number and re.fullmatch(r"\d{1,3}", number)):
                    reference = read_reference(body, number)
                    if reference:
                        yield reference


def _entries(inline: Inline) -> list[Inline]:
    """Split a paragraph in which several references stand on lines of their own."""
    at = [(m.start(), m.start()) for m in re.finditer(r"\n(?=\s*\[\d{1,3}\]\s)", inline.text)]
    return [p.strip() for p in inline.cut(at)] if at else [inline]


_PAGES = re.compile(r"(?<=[.\s>])(?:\d{1,3}(?:\s*,\s*\d{1,3})*)\s*$")
_INITIAL = re.compile(r"(?:^|[\s.\-(])(?:[A-Z\u00c0-\u017e]|Jr|Sr|St|Dr|Th|Yu|Ph)$")
_VENUE_START = re.compile(
    r"^(?:In\b|arXiv|CoRR|abs/|https?:|<|Proceedings|Advances|Journal|Transactions|IEEE|ACM|Nature|Science|Technical|OpenAI blog|"
    r"Accessed|URL|doi|International|[A-Z]{4,}\b|(?:19|20)\d\d|[A-Z][\w ]{2,50}, \d)",
)


def read_reference(entry: Inline, number: str) -> Reference | None:
    """Read 'Authors. Title. Venue, year. pages' despite damage; None when no title is found.

    The year is the last one given, never a page range or part of an arXiv id.
    """
    text = " ".join(entry.text.split())
    searched = " ".join([text, *(k.url for k in entry.links)])
    quoted = re.match(r"^[《“\"](.+?)[》”\"]", text)
    if quoted:
        return Reference(
            number, clean_title(quoted.group(1)), entry.line, shorten(text), text=searched
        )
    if entry.links and entry.links[0].start <= 2 and len(entry.links[0].label.split()) >= 3:
        return Reference(
            number, clean_title(entry.links[0].label), entry.line, shorten(text), text=searched
        )
    body = _PAGES.sub("", text).strip()
    cut = _end_of_authors(body)
    if cut is None:
        return None
    authors, rest = body[:cut].strip(" ."), body[cut + 1 :].strip()
    title = _title_of(rest)
    if len(title) < 3 or re.match(r"^\W*\w?\W*https?:", title):
        title = authors
    title = re.sub(
        r",?\s+(?:(?:January|February|March|April|May|June|July|August|September|October|November|December)\s+)?(?:19|20)\d\d$",
        "",
        title,
    )
    title = clean_title(title)
    if not re.search(r"[^\W\d_]", title) or len(title) > 300:
        return None
    names = tuple(_names(authors)) if title != authors else ()
    dated = re.split(r"\b(?:accessed|retrieved|last (?:access|visit)ed)\b", body[cut:], flags=re.I)[
        0
    ]
    years = re.findall(
        r"(?<![\d.:/–-])(?:19|20)\d\d(?![\d.]\d|\d|–)", re.sub(r"\d{4}\.\d{4,5}", "", dated)
    )
    found = find_arxiv_id(text)
    year = int(years[-1]) if years else (year_of_arxiv_id(found.value) if found else None)
    venue = _venue_of(rest, title)
    return Reference(number, title, entry.line, shorten(text), names, year, venue, searched)


def _end_of_authors(text: str) -> int | None:
    """Index of the full stop that ends the authors."""
    for match in re.finditer(r"\.(?=\s)", text[:1500]):
        before = text[: match.start()]
        if not _INITIAL.search(before):
            return match.start()
    return None


def _title_of(rest: str) -> str:
    """The title: up to the full stop before the venue, or to the year."""
    for match in re.finditer(r"\.(?=\s)|\?(?=\s+(?:In\b|arXiv))", rest):
        after = rest[match.end() :].lstrip(" *_")
        if _VENUE_START.match(after) or len(rest[: match.start()].split()) >= 3:
            return rest[: match.start()] + ("?" if match.group(0) == "?" else "")
    cut = re.search(r",\s+(?:19|20)\d\d\b|\.\s*$|\s*<?https?:", rest)
    return rest[: cut.start()] if cut else rest


def _names(authors: str) -> Iterator[str]:
    for name in re.split(r",\s*(?:and\s+)?|\s+and\s+", authors):
        name = re.sub(r"\bet al\b\.?", "", name).strip(" .")
        if 2 <= len(name) <= 60 and re.search(r"[^\W\d_]", name):
            yield name


def _venue_of(rest: str, title: str) -> str:
    tail = rest[len(title) :].strip(" .")
    match = re.match(r"(?:In\s+)?([^,]{3,120})", tail)
    if not match or re.match(r"arXiv|CoRR|https?:|<|(?:19|20)\d\d|Accessed", match.group(1), re.I):
        return ""
    venue = match.group(1).strip(" .*")
    return (
        venue
        if parse_venue(venue) or re.search(r"Advances|Proceedings|Journal|Transactions", venue)
        else ""
    )


def write_references(
    references: Sequence[Reference], paper: PaperDocument | None, out: Output
) -> None:
    """Claim what the references say; CITES only when the document itself is a paper."""
    own = Name(Kind.PAPER, paper.title) if paper else None
    for r in references:
        cited = Name(Kind.PAPER, r.title)
        if own:
            out.relate(
                own,
                Relation.CITES,
                cited,
                r.line,
                r.quote,
                extractor="reference",
                values={"reference": r.number},
            )
        else:
            out.describe(
                cited,
                Property.NOTE,
                f"reference {r.number}",
                r.line,
                r.quote,
                extractor="reference",
                qualifiers={"kind": "reference"},
            )
        found = (
            find_arxiv_id(r.text)
            or next(
                (
                    i
                    for u in re.findall(r"https?://[^\s<>]+", r.text)
                    if (i := identify(u.rstrip(".,")))
                ),
                None,
            )
            or parse_doi(r.text)
        )
        if found:
            out.identify(cited, found, r.line, r.quote, extractor="reference")
        if r.year:
            out.describe(cited, Property.YEAR, str(r.year), r.line, r.quote, extractor="reference")
        if r.venue:
            out.describe(cited, Property.VENUE, r.venue, r.line, r.quote, extractor="reference")
        for position, name in enumerate(r.authors, 1):
            out.relate(
                cited,
                Relation.AUTHORED_BY,
                Name(Kind.PERSON, name),
                r.line,
                r.quote,
                extractor="reference",
                values={"position": position},
            )
        if own is None and not r.authors:
            continue
        prefix = split_prefix(r.title)
        introduced = prefix[0] if prefix else name_in_report(r.title)
        if introduced:
            kind = kind_of_introduced(introduced, r.title, None)
            out.relate(
                cited,
                Relation.INTRODUCES,
                Name(kind, introduced),
                r.line,
                r.quote,
                extractor="title",
                confidence=0.9,
            )
