"""What a text names, and where: known names, what it introduces, and its own abbreviations of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ingest.arxiv.naming import Span, stands_alone
from kg.model import Name


@dataclass(frozen=True, slots=True)
class Mention:
    """A model or dataset named at ``text[start:end]``."""

    start: int
    end: int
    name: Name
    """What it is kept under: for an abbreviation the name it stands for."""
    is_known: bool = True
    """Whether it was looked for; else this text introduces it, and nothing else vouches for it."""
    thing: str = ""
    """The id of what is named, where it is known."""

    @property
    def key(self) -> tuple[str, str]:
        """What two mentions of one thing share."""
        return str(self.name.kind), self.name.text


Finder = Callable[[str, int], Iterable[Span]]
"""What finds known names: text and the end of its title to places (`Dictionary.find_spans`)."""

_SHORT = re.compile(r"\s?\(\s?(?:the\s|a\.k\.a\.\s|aka\s|or\s)?([A-Z][\w+.-]{1,14}?)s?\s?\)")
_LONG = re.compile(r"([A-Z][\w+-]{1,14})\s?\(\s?$")
_MOST_SHORT = 60
"""So many abbreviations are read from one text."""


def known_mentions(text: str, title_ends: int, find: Finder) -> list[Mention]:
    """Find known names, and the abbreviations that the text gives for them.

    'Visual Genome (VG)' and 'VG (Visual Genome)' make every later VG a mention of Visual Genome.
    """
    spans = sorted(find(text, title_ends), key=lambda s: s.start)
    mentions = [Mention(s.start, s.end, s.name, True, s.thing) for s in spans]
    short: dict[str, Mention] = {}
    known = {text[m.start : m.end] for m in mentions}
    for mention in mentions:
        after = _SHORT.match(text, mention.end, mention.end + 40)
        before = _LONG.search(text, max(0, mention.start - 24), mention.start)
        written = text[mention.start : mention.end]
        for word in [m[1] for m in (after, before) if m]:
            if word not in known and len(short) < _MOST_SHORT and abbreviates(word, written):
                short.setdefault(word, mention)
    found = [
        Mention(start, end, short[word].name, True, short[word].thing)
        for word, start, end in places_of(text, short)
    ]
    return merged([mentions, found])


def abbreviates(short: str, long: str) -> bool:
    """Say whether a word may stand for a longer one: its letters in order, the first at a start.

    Examples
    --------
    >>> abbreviates("VG", "Visual Genome"), abbreviates("COCO", "Visual Genome")
    (True, False)
    """
    letters = [c for c in short.lower() if c.isalnum()]
    if not letters or len(short) >= len(long) or not long.lower().startswith(letters[0]):
        return False
    rest = iter(long.lower())
    return all(letter in rest for letter in letters)


def places_of(text: str, names: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return where names stand alone, exactly as they are written; the longest at one place."""
    wanted = sorted({n for n in names if n}, key=lambda n: (-len(n), n))
    if not wanted:
        return []
    pattern = re.compile("|".join(re.escape(n).replace(r"\ ", r"\s") for n in wanted))
    return [
        (" ".join(m[0].split()), m.start(), m.end())
        for m in pattern.finditer(text)
        if stands_alone(text, m.start(), m.end())
    ]


def merged(layers: Sequence[Iterable[Mention]]) -> list[Mention]:
    """Put mentions together so that none overlap: the longer one, else that of the first layer."""
    ranked = sorted(
        ((m.start - m.end, layer, m.start, m) for layer, found in enumerate(layers) for m in found),
        key=lambda r: r[:3],
    )
    taken: dict[int, Mention] = {}
    kept: list[Mention] = []
    for _, _, _, mention in ranked:
        if not any(at in taken for at in range(mention.start, mention.end)):
            taken.update(dict.fromkeys(range(mention.start, mention.end), mention))
            kept.append(mention)
    return sorted(kept, key=lambda m: m.start)
