"""Legends that contradict themselves: 'Red Apple -> GB' where 'Green Banana -> RA' stands too."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.blocks import Document, Heading, Item, Paragraph, Table
from ingest.inline import drop_emoji
from ingest.output import shorten
from ingest.titles import clean_heading
from kg.model import Remark
from kg.names import fold

_SIGN = r"\s*(?:-+>|→|=>|[:：=])\s*"
_WORDS = r"[A-Za-z][A-Za-z'’/-]*(?:\s[A-Za-z'’/-]+){0,7}"
_ENTRY = re.compile(
    rf"(?P<phrase>{_WORDS}){_SIGN}(?P<short>[A-Z]{{2,6}})"
    rf"|(?P<before>[A-Z]{{2,6}}){_SIGN}\[?(?P<after>{_WORDS})\]?"
)
_SMALL_WORD = re.compile("an?|and|at|by|for|from|in|of|on|or|the|to|via|with", re.I)
_MARKUP = " \t#*+-_`>.,;|[]"
_LONGEST = 120
"""Characters of a line that can be an entry of a legend."""
_EXPLAINED = 20
"""Contradictions of a document for which its headings and tables are looked through."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What one line of a legend says."""

    phrase: str
    short: str
    line: int

    @property
    def initials(self) -> tuple[str, str]:
        """The phrase's initials, with and without 'of', 'the' and the like."""
        words = re.findall("[A-Za-z]+", self.phrase)
        large = [w for w in words if not _SMALL_WORD.fullmatch(w)]
        return "".join(w[0] for w in words).upper(), "".join(w[0] for w in large).upper()


def find_contradictions(document: Document) -> Iterator[Remark]:
    """Yield a remark for each entry of a legend whose initials spell another's abbreviation.

    An entry is a heading, a bullet or a line of a paragraph that holds nothing but a phrase and
    2 to 6 capitals. An abbreviation that only differs from the initials is no contradiction
    (WWW is taken when another phrase needs it), so the other entry must not spell its own.
    """
    crossed: dict[str, list[_Entry]] = defaultdict(list)
    for entry in _read_legend(document.lines):
        if entry.short not in entry.initials:
            crossed[entry.short].append(entry)
    shown: frozenset[int] | None = None
    told = 0
    for entries in crossed.values():
        for entry in entries:
            other = next((o for i in entry.initials for o in crossed.get(i, ())), None)
            if other is None:
                continue
            shown = _lines_of_text(document) if shown is None else shown
            if not {entry.line, other.line} <= shown:
                continue
            text = (
                f"{entry.phrase!r} is called {entry.short} here, but its initials are {other.short},"
                f" which line {other.line} gives to {other.phrase!r}"
            )
            told += 1
            uses = "; ".join(_uses(document, entry, other.short)) if told <= _EXPLAINED else ""
            yield Remark(entry.line, shorten(f"{text}; {uses}".rstrip("; "), 1000), "contradiction")


def _read_legend(lines: Sequence[str]) -> Iterator[_Entry]:
    """Read the source line by line; the first look is a quick one, for it is at every line."""
    for number, line in enumerate(lines, 1):
        if not 7 <= len(line) <= _LONGEST:
            continue
        text = line.strip(_MARKUP)
        if text[-2:].isupper() or text[:2].isupper():
            for mark in ("*", "_", "`"):
                text = text.replace(mark, "")
            match = _ENTRY.fullmatch(text.replace("&gt;", ">"))
            phrase = (match["phrase"] or match["after"]) if match else ""
            if match and re.search("[ -]", phrase):  # one word has no initials to speak of
                short = match["short"] or match["before"]
                yield _Entry(phrase, short, number)


def _lines_of_text(document: Document) -> frozenset[int]:
    """Return the lines of headings, bullets and paragraphs: no code, tables or front matter."""
    return frozenset(
        line
        for block in document.blocks
        if isinstance(block, Heading | Item | Paragraph)
        for line in block.inline.lines
    )


def _uses(document: Document, entry: _Entry, initials: str) -> Iterator[str]:
    """Say which abbreviation a table gives to what stands under the phrase as a heading."""
    members = dict(_members(document, entry.phrase))
    if not members:
        return
    for block in document.blocks:
        for row in block.rows if isinstance(block, Table) else ():
            name = fold(row.cells[0].text) if row.cells else ""
            if name not in members:
                continue
            said = {w for c in row.cells[1:] for w in re.findall(r"\b[A-Z]{2,6}\b", c.text)}
            short = next((s for s in (initials, entry.short) if s in said), None)
            if short:
                text, line = members[name]
                yield f"{text}, line {line}, stands under {entry.phrase!r} and has {short} in line {row.line}"


def _members(document: Document, phrase: str) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield the bullets under a heading that is the phrase: folded name, then text and line."""
    wanted = fold(phrase)
    inside = False
    for block in document.blocks:
        if isinstance(block, Heading):
            inside = fold(clean_heading(block.inline.text)) == wanted
        elif inside and isinstance(block, Item):
            text = drop_emoji(block.inline.text.strip().split("\n")[0]).strip(_MARKUP)
            if fold(text):
                yield fold(text), (shorten(text, 80), block.line)
