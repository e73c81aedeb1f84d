"""Where in a document an entry stands: heading path, topics, and what the headings say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingest.blocks import Block, Heading
from ingest.titles import clean_heading
from ingest.vocabulary import NO_TOPIC, find_kind, find_stage, names_benchmarks
from kg.model import Kind, Stage


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading that is a subject."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """The headings above a line, outermost first."""

    path: tuple[tuple[int, str, int], ...] = ()
    """(level, cleaned text, line) of each heading."""
    title_line: int = 0
    """Line of the document's title, which is no topic."""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Headings that are subjects, outermost first; the last one is the nearest."""
        return _topics(self)

    @property
    def kind(self) -> Kind | None:
        """Whether the nearest heading that says so is about datasets or models."""
        return _kind(self)

    @property
    def is_of_benchmarks(self) -> bool:
        """Whether the nearest heading on datasets or models is about benchmarks alone."""
        return _is_of_benchmarks(self)

    @property
    def stage(self) -> Stage | None:
        """The training stage that the nearest heading with one names."""
        return _stage(self)

    def above(self, heading: Heading) -> Section:
        """Return the section that a heading stands in."""
        return Section(tuple(p for p in self.path if p[0] < heading.level), self.title_line)

    def under(self, heading: Heading) -> Section:
        """Return the section that a heading opens."""
        text = clean_heading(heading.inline.text)
        kept = tuple(p for p in self.path if p[0] < heading.level)
        return Section((*kept, (heading.level, text, heading.line)), self.title_line)


@lru_cache(maxsize=1024)
def _topics(section: Section) -> tuple[Topic, ...]:
    return tuple(
        Topic(text, line)
        for level, text, line in section.path
        if line != section.title_line and is_topic(text) and level < 7
    )


@lru_cache(maxsize=1024)
def _kind(section: Section) -> Kind | None:
    for _, text, line in reversed(section.path):
        found = find_kind(text)
        if found and (line != section.title_line or found is Kind.DATASET):
            return found
    return None


@lru_cache(maxsize=1024)
def _is_of_benchmarks(section: Section) -> bool:
    for _, text, line in reversed(section.path):
        if line != section.title_line and (find_kind(text) or names_benchmarks(text)):
            return names_benchmarks(text)
    return False


@lru_cache(maxsize=1024)
def _stage(section: Section) -> Stage | None:
    for _, text, line in reversed(section.path):
        if line != section.title_line and (found := find_stage(text)):
            return found
    return None


@lru_cache(maxsize=8192)
def is_topic(text: str) -> bool:
    """Say whether a heading names a subject ('Training Set' and 'Citation' do not).

    Examples
    --------
    >>> is_topic("Video-LLM"), is_topic("Table of Contents"), is_topic("Training Set")
    (True, False, False)
    """
    text = text.strip()
    return bool(
        text
        and len(text) <= 120
        and re.search(r"[^\W\d_]", text)
        and not NO_TOPIC.match(text)
        and not re.search(r"https?:|[<>|`]|\]\(", text)
    )


def title_line(blocks: Sequence[Block]) -> int:
    """Line of the heading that is the document's title; 0 when no heading is.

    The title is the first heading when it is the only one of its level and no deeper than the
    others.
    """
    headings = [b for b in blocks if isinstance(b, Heading) and b.level < 7]
    if not headings:
        return 0
    first = headings[0]
    others = [h for h in headings[1:] if h.level <= first.level]
    return first.line if not others and len(headings) > 1 else 0
