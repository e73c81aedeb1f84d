"""What was read otherwise than it is written, told in remarks of kind 'repair'.

Taking off markup is no repair. The readers repair without a word; this module looks at what they
made of a document and says where its text does not hold it. Mojibake is told by `ingest.decode`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ingest.inline import MARKED_NUMBER, Link
from ingest.output import shorten
from kg.model import Claim, Kind, Property, Remark

if TYPE_CHECKING:
    from ingest.blocks import Row, Table


def find_repairs(
    text: str,
    lines: Sequence[str],
    *,
    tables: Iterable[Table],
    claims: Sequence[Claim],
    links: Iterable[tuple[Link, int]],
) -> Iterator[Remark]:
    """Yield what was repaired in a list, its encoding aside.

    Parameters
    ----------
    text : the document; a repair is looked for only where a cheap sign of it is found
    lines : the same, line by line
    tables : its tables
    claims : what was read
    links : its links, each with its line
    """
    yield from broken_values(lines, claims)
    if "^" in text or "<sup" in text:
        yield from _marks(lines, claims)
    if "] (http" in text:
        yield from _spaced_links(lines, links)
    for table in tables:
        yield from _odd_rows(table)


_REACH = 40
"""Lines below the one of an entry in which its identifier may stand (in a BibTeX entry)."""


def broken_values(lines: Sequence[str], claims: Iterable[Claim]) -> Iterator[Remark]:
    """Yield the arXiv ids with a mark or blank inside, and the dates with a digit too many."""
    told: set[tuple[int, str]] = set()
    arxiv, date = Property.ARXIV, Property.DATE
    for claim in claims:
        predicate = claim.predicate
        if predicate is arxiv:
            value = str(claim.values["text"])
            if not 0 < claim.line <= len(lines) or value in lines[claim.line - 1]:
                continue
            found = _broken_id(lines, claim.line, value)
            if found and found not in told:
                told.add(found)
                number, written = found
                inside = "a blank" if re.search(r"\s", written) else "a mark"
                yield Remark(
                    number,
                    f"'{written}' is an arXiv id with {inside} inside, read as {value}",
                    "repair",
                )
        elif predicate is date and claim.values.get("precision") == "year":
            written = str(claim.values["text"])
            if _LONG_YEAR.match(written):
                yield Remark(
                    claim.line, f"'{written}' is no date, read as {claim.values['value']}", "repair"
                )


_LONG_YEAR = re.compile(r"\d{5}\s?[-./年]")


def _broken_id(lines: Sequence[str], line: int, value: str) -> tuple[int, str] | None:
    """Find where an id that its line does not hold is written with marks inside."""
    near = range(line - 1, min(line - 1 + _REACH, len(lines)))
    if any(value in lines[i] for i in near):
        return None
    first, _, rest = value.partition(".")
    pattern = re.compile(r"[*_`\\\s]{0,3}".join(map(re.escape, value)))
    for i in near:
        found = pattern.search(lines[i]) if first[0] in lines[i] and rest[-1:] in lines[i] else None
        if found and found.group(0).replace("\\", "") != value:  # an escape is markup
            return i + 1, found.group(0)
    return None


_SUPERSCRIPT = re.compile(r"(?<=\w)<sup\b[^<>]{0,40}>[\d,*†‡§ ]{1,12}</sup>")
_WORD_BEFORE = re.compile(r"[\w.-]{1,60}$")
_SHOWS_NAMES = (Property.ALIAS, Property.LABEL, Property.SIZE, Property.PARAMETERS)


def _marks(lines: Sequence[str], claims: Sequence[Claim]) -> Iterator[Remark]:
    """Yield the numbers and names that lost a footnote mark.

    A superscript behind anything else, such as the authors of a survey, is nothing that was read.
    """
    marked = [(n, line) for n, line in enumerate(lines, 1) if "^" in line or "<sup" in line]
    numbers = {number for number, line in marked if _SUPERSCRIPT.search(line)}
    read: dict[int, list[str]] = {}
    for claim in claims if numbers else ():
        if claim.line not in numbers:
            continue
        for name in (claim.subject, claim.object):
            if name is not None and name.kind in (Kind.MODEL, Kind.DATASET):
                read.setdefault(claim.line, []).append(name.text)
        if claim.predicate in _SHOWS_NAMES:
            read.setdefault(claim.line, []).append(str(claim.values["text"]))
    for number, line in marked:
        told = {
            f"'{found['written']}' read as {found['number']}, its mark as that of a footnote"
            for found in MARKED_NUMBER.finditer(line)
        }
        words = {w for text in read.get(number, ()) for w in re.findall(r"[\w.-]+", text)}
        for found in _SUPERSCRIPT.finditer(line) if words else ():
            word = _WORD_BEFORE.search(line[max(0, found.start() - 60) : found.start()])
            if word and word.group(0) in words:
                read_as = word.group(0)
                told.add(
                    f"'{read_as}{found.group(0)}' read as '{read_as}', its superscript as a footnote's"
                )
        for remark in sorted(told):
            yield Remark(number, shorten(remark, 1000), "repair")


def _spaced_links(lines: Sequence[str], links: Iterable[tuple[Link, int]]) -> Iterator[Remark]:
    """Yield the links that have a blank between label and address."""
    told = {
        (number, shorten(link.label, 60))
        for link, number in links
        if f"] ({link.url}" in lines[number - 1]
    }
    for number, label in sorted(told):
        text = f"'{label}' stands apart from its address by a blank, read as a link"
        yield Remark(number, text, "repair")


def _odd_rows(table: Table) -> Iterator[Remark]:
    """Yield the rows with more or fewer cells than headings; a habit of the table is told once."""
    groups: dict[int, list[Row]] = {}
    for row in table.rows:
        if row.written is not None:
            groups.setdefault(row.written, []).append(row)
    headings = [" ".join(h.text.split()) for h in table.header]
    for written, rows in groups.items():
        missing = ", ".join(f"'{h}'" for h in headings[written:])
        if missing:
            read = f"{missing} read as empty"
        elif "|" in rows[0].cells[-1].text:
            read = f"those from '{headings[-1]}' on read as one"
        else:
            read = f"those behind '{headings[-1]}' not read"
        text = f"{written} cells under {len(headings)} headings, {read}"
        if len(rows) > 2:
            others = ", ".join(str(row.line) for row in rows[1:_NAMED])
            more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
            text = f"{text}; so in lines {others}{more}"
            rows = rows[:1]
        for row in rows:
            yield Remark(row.line, shorten(text, 1000), "repair")


_NAMED = 12
"""Odd rows of one kind in one table that are named by their lines."""
