"""Where sentences end, and how markup leaves every character at its place."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.markup import without_markup
from ingest.text.sentences import LONGEST, split_sentences


def split(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One is here. Two is there.", ["One is here.", "Two is there."]),
        ("Li et al. Showed it. Yes.", ["Li et al. Showed it.", "Yes."]),
        ("See Fig. 3 and Sec. 4. Then go.", ["See Fig. 3 and Sec. 4.", "Then go."]),
        ("Birds, e.g. Robins, sing. Yes.", ["Birds, e.g. Robins, sing.", "Yes."]),
        ("It has 3.5 wings in v1.5. Good.", ["It has 3.5 wings in v1.5.", "Good."]),
        ("Is it? It is! Good.", ["Is it?", "It is!", "Good."]),
        ("By J. Finch. He sings.", ["By J. Finch.", "He sings."]),
        ("- one\n- two", ["- one", "- two"]),
        ("# Heading\nText\n\nMore", ["# Heading\nText", "More"]),
        ("", []),
        ("   \n ", []),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@given(st.text(max_size=400))
def test_sentences_are_in_order_and_hold_all_that_is_not_blank(text: str) -> None:
    found = split_sentences(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert "".join("".join(split(text)).split()) == "".join(text.split())


def test_what_never_ends_is_cut() -> None:
    assert all(len(part) <= LONGEST for part in split("word " * 10_000))
    assert all(len(part) <= LONGEST for part in split("x" * 50_000))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("**Robin** sings", "Robin sings"),
        ("[Robin](https://x.org/a_(b)) sings", "Robin sings"),
        ("\\textbf{Robin} sings", "Robin sings"),
        ("a <!-- hidden --> b", "a b"),
        ("| cell | cell |\nText", "Text"),
        ("```\ncode\n```\nText", "Text"),
        ("see [12] there", "see [12] there"),
    ],
)
def test_markup_is_blank(text: str, clean: str) -> None:
    assert " ".join(without_markup(text).split()) == clean


@given(st.text(max_size=400))
def test_markup_never_moves_a_character(text: str) -> None:
    clean = without_markup(text)
    assert len(clean) == len(text)
    assert all(a in (b, " ") for a, b in zip(clean, text, strict=True))
