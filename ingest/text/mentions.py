"""What a text names, and where: known names, what it introduces, and its own abbreviations of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.arxiv.naming import Span, stands_alone
from kg.model import Kind, Name


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
    text: str = ""
    """The name as this place writes it."""

    @property
    def key(self) -> tuple[str, str]:
        """What two mentions of one thing share."""
        return str(self.name.kind), self.name.text


Finder = Callable[[str, int], Iterable[Span]]
"""What finds known names: text and the end of its title to places (`Dictionary.find_spans`)."""

_SHORT = re.compile(r"\s?\(\s?(?:the\s|a\.k\.a\.\s|aka\s|or\s)?([A-Z][\w+.-]{1,14}?)s?\s?\)")
_LONG = re.compile(r"([A-Z][\w+-]{1,14})\s?\(\s?$")
_DEFINED = re.compile(r"((?:[a-z][a-z-]{0,30}[\s-]){1,7})\(([A-Z][A-Za-z0-9-]{1,12}?)s?\)")
_BY_NOUN = re.compile(
    r"\b((?:[A-Z][A-Za-z0-9]*|[a-z]{1,5}[A-Z][A-Za-z0-9]*)(?:[-+./][A-Za-z0-9]+){0,4}"
    r"(?:[ ](?:[A-Z][A-Za-z0-9-]*|\d+[A-Za-z]?|v\d[\d.]*)){0,3})\s(?:dataset|corpus|benchmark|database|challenge dataset)s?\b"
)
_LISTED = re.compile(r"[A-Z0-9)][\w)]*,?\s(?:and|or|&)\s(?:the\s)?$|[\w)],\s$|\bthe\s$")
"""What stands before the last of several names."""
_NO_NAMES_TEXT = (
    "The A An This These Our We In On For Each Both Existing Most Several Two Three English Chinese"
    " French German Japanese Korean Arabic Hindi Spanish Russian Indian Large Real New Open Public"
    " Standard Benchmark Experiments Results Using RGB RGB-D LiDAR MRI CT EEG ECG X-ray 2D 3D 4D 5G"
    " AI ML NLP QA Multi Such Many All Its Their While When With And Or By From Of To As At It Current"
    " Training Test Image Video Text Audio Speech Synthetic Human Graph Vision Code Web Twitter UCI"
)
_NO_NAMES = frozenset(_NO_NAMES_TEXT.split())
_FEW_LETTERS = re.compile(r"[A-Z][A-Za-z]{1,2}")
"""Two or three letters say too little: OPT, RGB, Cox."""
_OTHER_VERSION = re.compile(
    r"[ -]v?\d(?:\.\d+)?(?![\w%-]|\.\d|[ ](?:%|points?|times|million|billion|datasets))"
)
"""What makes another thing of a name: 'AlpacaEval 2' is not AlpacaEval."""
_MOST_SHORT = 60
"""So many abbreviations are read from one text."""


def known_mentions(text: str, title_ends: int, find: Finder) -> list[Mention]:
    """Find known names, and the abbreviations that the text gives for them.

    'Visual Genome (VG)' and 'VG (Visual Genome)' make every later VG a mention of Visual Genome.
    """
    terms = general_terms() | set(defined_terms(text))
    spans = sorted(
        (
            s
            for s in find(text, title_ends)
            if text[s.start : s.end] not in terms
            and not _FEW_LETTERS.fullmatch(text, s.start, s.end)
            and not _is_common(text[s.start : s.end], s.name.text)
            and not _OTHER_VERSION.match(text, s.end)
        ),
        key=lambda s: s.start,
    )
    mentions = [
        Mention(s.start, s.end, s.name, True, s.thing, text[s.start : s.end]) for s in spans
    ]
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
        Mention(start, end, short[word].name, True, short[word].thing, word)
        for word, start, end in places_of(text, short)
    ]
    return merged([mentions, found])


def _is_common(written: str, name: str) -> bool:
    """Say whether a text writes a name small as it writes common words: 'English webtext data'."""
    return written.islower() and written.isalpha() and not name.islower()


def named_by_noun(text: str, others: Sequence[Mention]) -> list[Mention]:
    """Find datasets that no list knows by the noun behind them: 'the ADE20K dataset'.

    Where a known name stands in it, the known name counts.
    """
    found = []
    for match in _BY_NOUN.finditer(text):
        start, end = match.span(1)
        words = match[1].split()
        if _FEW_LETTERS.fullmatch(match[1]):
            continue
        if match[0].endswith("s") and not _LISTED.search(text, max(0, start - 8), start):
            continue  # 'four public MRI datasets'
        if match[1].rstrip("s") in general_terms() or words[0] in _NO_NAMES:
            continue
        if not stands_alone(text, start, end) or any(
            m.start < end and start < m.end for m in others
        ):
            continue
        name = Name(Kind.DATASET, " ".join(words))
        found.append(Mention(start, end, name, False, "", match[1]))
    return found


@cache
def general_terms() -> frozenset[str]:
    """Return abbreviations that stand for no one thing: VQA, DPO, VLM.

    Counted: those that two or more abstracts of arXiv explain by words in lower case
    (`benchmarks/text_relations.py terms`).
    """
    terms = Path(__file__).with_name("terms.txt").read_text(encoding="utf-8").split()
    return frozenset([*terms, *(f"{term}s" for term in terms)])


def defined_terms(text: str) -> list[str]:
    """Return the abbreviations that a text explains by words in lower case.

    Examples
    --------
    >>> defined_terms("visual question answering (VQA) on Visual Genome (VG)")
    ['VQA']
    """
    found = []
    for match in _DEFINED.finditer(text):
        words = re.split(r"[\s-]+", match[1].strip())
        letters = [c for c in match[2].lower() if c.isalpha()]
        for count in range(max(1, len(letters) - 1), min(len(words), len(letters) + 1) + 1):
            few = words[-count:]
            rest = iter("".join(few))
            if letters and few[0][0] == letters[0] and all(c in rest for c in letters):
                found.append(match[2])
                break
    return found


def abbreviates(short: str, long: str) -> bool:
    """Say whether a word may stand for a longer one: its letters in order, the first at a start.

    Examples
    --------
    >>> abbreviates("VG", "Visual Genome"), abbreviates("COCO", "Visual Genome")
    (True, False)
    """
    letters = [c for c in short.lower() if c.isalpha()]
    if not letters or len(short) >= len(long) or not long.lower().startswith(letters[0]):
        return False
    rest = iter(long.lower())
    return all(letter in rest for letter in letters)


def places_of(text: str, names: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return where names stand alone, exactly as they are written; the longest at one place."""
    wanted = sorted({n for n in names if n}, key=lambda n: (-len(n), n))
    if not wanted:
        return []
    pattern = re.compile("|".join(re.escape(n).replace(r"\ ", r"\s{1,3}") for n in wanted))
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
