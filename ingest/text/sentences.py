"""Where the sentences of a text begin and end, by offsets; nothing is changed on the way.

A full stop after an abbreviation, an initial, in a number or a version ends no sentence; an empty
line, a heading and a bullet begin a new one, stop or none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 1500
"""Characters; what is longer is no sentence, and is cut so that all work stays linear."""

_END = re.compile(r"[.!?。！？]+[\"')\]”’]*(?=\s|$)|[。！？]")
_BREAK = re.compile(r"\n[^\S\n]*(?=\n|[-*+•#>|][^\S\n]|#|\||\d{1,3}[.)][^\S\n])")
"""The end of a line after which a sentence cannot go on: an empty line, a bullet, a heading follows."""
_ABBREVIATION = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|cf|vs|approx|resp|etc|viz|ca|fig|figs|eq|eqs|sec|secs|tab|ref|refs|no"
    r"|nos|vol|dr|prof|mr|mrs|ms|st|dept|inc|ltd|co|al|incl|aka|a\.k\.a|w\.r\.t|i\.i\.d|ver|v)"
    r"|\b[A-Za-z])\.$",
    re.IGNORECASE,
)
_ENDS_ALSO = re.compile(r"\b(?:et al|etc|inc|ltd|co|I)\.$", re.IGNORECASE)
"""Abbreviations that may well be a sentence's last word."""
_BEGINS = re.compile(r"\s+[\"'(\[“‘*_]*(\S)")
_OPENER = re.compile(
    r"\s+(?:We|Our|The|This|These|It|In|On|To|For|However|Moreover|Furthermore|Finally|Experiments?"
    r"|Extensive|Code)\b"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """The place of one sentence: ``text[start:end]``, without blanks around it."""

    start: int
    end: int


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences of a text in order.

    Examples
    --------
    >>> text = "See Fig. 2 of Li et al. (2023). It holds for v1.5, e.g. on COCO. Done"
    >>> [text[s.start : s.end] for s in split_sentences(text)]
    ['See Fig. 2 of Li et al. (2023).', 'It holds for v1.5, e.g. on COCO.', 'Done']
    """
    cuts = {match.end() for match in _END.finditer(text) if _ends(text, match)}
    cuts |= {match.end() for match in _BREAK.finditer(text)}
    found: list[Sentence] = []
    start = 0
    for cut in [*sorted(cuts), len(text)]:
        found += _pieces(text, start, cut)
        start = cut
    return found


def _ends(text: str, stop: re.Match[str]) -> bool:
    """Say whether a stop ends a sentence."""
    if stop[0][0] != ".":
        return True
    after = _BEGINS.match(text, stop.end(), stop.end() + 20)
    if after is None:
        return True
    if not (after[1].isupper() or after[1].isdigit() or not after[1].isalpha()):
        return False  # goes on in lower case
    before = text[max(0, stop.start() - 12) : stop.start() + 1]
    if _ABBREVIATION.search(before) is None or len(stop[0]) > 1:
        return True
    if _ENDS_ALSO.search(before):
        return _OPENER.match(text, stop.end()) is not None
    return False


def _pieces(text: str, start: int, end: int) -> list[Sentence]:
    """Trim the blanks of a stretch, and cut it where it is too long."""
    found = []
    while end - start > LONGEST:
        cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = start + LONGEST if cut < 0 else cut
        found += _pieces(text, start, cut)
        start = cut
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return found + [Sentence(start, end)] * (end > start)
