"""Names of models and datasets found in titles and abstracts by dictionary: precision before recall.

A name counts where it stands alone: 'COCO' is not in 'COCO-Stuff', 'LLaVA' not in 'LLaVA-1.5', and
of two names at one place the longer one counts. Names that are short, one capitalised word, or two
things' but for their case count in exactly their case; a word that abstracts write in lower case
(`ordinary.txt`, counted over arXiv's harvest of computer science of 2016) counts only where the name
has capitals behind its first letter, and then exactly so: GLUE, never Glue. Several such words with
capitals (Visual Genome) count in abstracts only: titles write everything so.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kg.errors import SetupError
from kg.identity import folded_name
from kg.model import Kind, Name, Property
from kg.store import Store

_LOOKED_FOR = (Kind.MODEL, Kind.DATASET)
_SHORT = 5
"""Names with fewer characters count in exactly their case."""
_WORD = re.compile(r"[A-Za-z]+")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_SAID_OF_IT = re.compile(
    r"-(?:based|trained|pretrained|pre-trained|style|like|level|scale|initiali[sz]ed|tuned|format"
    r"|only|specific|compatible|derived|type)\b"
)
"""What may follow a name after a hyphen without being part of it."""


@cache
def ordinary_words() -> frozenset[str]:
    """Return the words that abstracts write in lower case."""
    text = Path(__file__).with_name("ordinary.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class _Entry:
    thing: str
    """The id of what is named."""
    name: Name
    exact: frozenset[str]
    """The spellings that count; none: whatever its case."""


@dataclass(frozen=True, slots=True)
class Span:
    """A thing named at ``text[start:end]``."""

    start: int
    end: int
    name: Name
    """What the mention is kept under, however the text writes it."""
    thing: str
    """Its id."""


class Dictionary:
    """The names that are looked for.

    Parameters
    ----------
    names : (id of a thing, the name that a mention is kept under, one spelling of it)

    Raises
    ------
    SetupError
        The library that finds many names at once is not installed.
    """

    def __init__(self, names: Iterable[tuple[str, Name, str]]) -> None:
        try:
            from ahocorasick_rs import AhoCorasick
        except ImportError as error:
            raise SetupError(
                "finding names in titles and abstracts needs ahocorasick_rs;"
                " pip install 'research-kg[arxiv]'"
            ) from error
        self._entries = _entries(names)
        self._spelt = [*self._entries]
        self._automaton = AhoCorasick(self._spelt)

    @property
    def digest(self) -> str:
        """What tells whether another dictionary looks for the same."""
        told = sorted(
            (text, entry.name.text, sorted(entry.exact))
            for text, entries in self._entries.items()
            for entry in entries
        )
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def __len__(self) -> int:
        """How many spellings are looked for, whatever their case."""
        return len(self._spelt)

    def find(self, title: str, abstract: str) -> list[tuple[Name, str]]:
        """Return the things that a paper names, each once, and where.

        Returns
        -------
        list
            (name, 'title', 'abstract' or 'title and abstract')
        """
        title_ends = len(title)
        found: dict[str, tuple[Name, set[str]]] = {}
        for span in self.find_spans(f"{title}\n{abstract}", title_ends):
            where = "title" if span.start < title_ends else "abstract"
            found.setdefault(span.thing, (span.name, set()))[1].add(where)
        return [(name, " and ".join(sorted(at, reverse=True))) for name, at in found.values()]

    def find_spans(self, text: str, title_ends: int = 0) -> list[Span]:
        """Return every place at which a text names a thing, in order; no two overlap.

        Parameters
        ----------
        text : what to look in
        title_ends : where its title ends, in which ordinary words with capitals say nothing
        """
        lowered = _lowered(text)
        hits = self._automaton.find_matches_as_indexes(lowered, overlapping=True)
        found: list[Span] = []
        reached = -1
        # The longest of those that begin first counts; what it covers does not.
        for start, minus_end, number in sorted((s, -e, n) for n, s, e in hits):
            end = -minus_end
            if start < reached or not stands_alone(text, start, end):
                continue
            if start < title_ends and _is_capitalised_phrase(text[start:end]):
                continue  # titles write all words so
            for entry in self._entries[self._spelt[number]]:
                if not entry.exact or text[start:end] in entry.exact:
                    found.append(Span(start, end, entry.name, entry.thing))
                    reached = end
        return found


def dictionary_of(store: Store) -> Dictionary:
    """Make the dictionary of all models and datasets of a store.

    Raises
    ------
    SetupError
        As for a `Dictionary`.
    """
    return Dictionary(_names_of(store))


def _names_of(store: Store) -> Iterator[tuple[str, Name, str]]:
    """Yield all names, and stated aliases that are no name of another thing."""
    owners: dict[tuple[Kind, str], str] = {}
    for kind in _LOOKED_FOR:
        for known in store.iter_names(kind):
            if not known.name.scope:
                owners[kind, known.folded] = known.entity
                yield known.entity, known.name, known.name.text
    for stored in store.iter_claims(predicates=[Property.ALIAS]):
        of, text = stored.claim.subject, str(stored.claim.values["text"])
        if of.kind in _LOOKED_FOR and not of.scope:
            owner = owners.get((of.kind, folded_name(text)), stored.subject.id)
            if owner == stored.subject.id:
                yield owner, of, text


def _entries(names: Iterable[tuple[str, Name, str]]) -> Mapping[str, list[_Entry]]:
    """Group spellings by what they are in lower case, and say in which case each counts."""
    by_text: dict[str, dict[str, tuple[Name, set[str]]]] = defaultdict(dict)
    owners: dict[str, set[str]] = defaultdict(set)
    for thing, name, spelling in names:
        text = " ".join(spelling.split())
        if _may_be_looked_for(text):
            by_text[_lowered(text)].setdefault(thing, (name, set()))[1].add(text)
            owners[text].add(thing)
    entries: dict[str, list[_Entry]] = {}
    for lowered, things in by_text.items():
        of = []
        for thing, (name, texts) in things.items():
            # What two things are called in the very same letters says nothing of either.
            own = {text for text in texts if len(owners[text]) == 1}
            is_exact = len(things) > 1 or any(map(_only_exactly, own))
            if own:
                of.append(_Entry(thing, name, frozenset(own) if is_exact else frozenset()))
        if of:
            entries[lowered] = of
    return entries


def _may_be_looked_for(text: str) -> bool:
    """Leave out what is no name in running text: numbers, single letters, ordinary words."""
    if len(text) < 2 or not _LETTER.search(text):
        return False
    if _DIGIT.search(text):
        return True
    words = _WORD.findall(text)
    if words and _are_ordinary(words):
        return any(c.isupper() for w in words for c in w[1:]) or _is_capitalised_phrase(text)
    return True


def _is_capitalised_phrase(text: str) -> bool:
    """Say whether a text is ordinary words written large: Visual Genome."""
    words = _WORD.findall(text)
    small = {"of", "in", "and", "the", "for", "on", "with", "to"}
    return len(words) > 1 and _are_ordinary(words) and all(w.istitle() or w in small for w in words)


def _only_exactly(text: str) -> bool:
    """Say whether a name counts in exactly its case."""
    words = _WORD.findall(text)
    return (
        len(text) < _SHORT or (text.isalpha() and text == text.capitalize()) or _are_ordinary(words)
    )


def _are_ordinary(words: Iterable[str]) -> bool:
    ordinary = ordinary_words()
    return all(w.lower() in ordinary for w in words)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether what stands between two places is no part of a longer name."""
    if start > 0:
        before = text[start - 1]
        if before.isalnum() or before in "_\\@#":
            return False
        if before in "-." and start > 1 and text[start - 2].isalnum():
            return False
    if end < len(text):
        after = text[end]
        if after.isalnum() or after in "_+@":
            return False
        if after in "-." and end + 1 < len(text) and text[end + 1].isalnum():
            return after == "-" and _SAID_OF_IT.match(text, end) is not None
    return True


def _lowered(text: str) -> str:
    """Write a text in lower case with every character at its place."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join([low if len(low := c.lower()) == 1 else c for c in text])
