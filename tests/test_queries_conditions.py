"""Dates, numbers, documents and values in the words of a question."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.model import Property
from queries.conditions import read_bounds, read_dates, value_tokens

TODAY = datetime.date(2026, 11, 21)  # a Saturday


def dates(text: str) -> list[tuple[str, str]]:
    words = text.split()
    return [(d.since, d.until) for d in read_dates(words, [True] * len(words), TODAY)]


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("papers since 2024", "2024-01-01", ""),
        ("papers since March 2024", "2024-03-01", ""),
        ("papers from 2024 on", "2024-01-01", ""),
        ("papers after 2023-06", "2023-07-01", ""),
        ("papers before 2024", "", "2023-12-31"),
        ("papers until 2024-02", "", "2024-02-29"),
        ("papers in 2023", "2023-01-01", "2023-12-31"),
        ("2023 papers", "2023-01-01", "2023-12-31"),
        ("papers between 2022 and 2023-06", "2022-01-01", "2023-06-30"),
        ("papers from June 2023 to August 2023", "2023-06-01", "2023-08-31"),
        ("papers of 2023/7", "2023-07-01", "2023-07-31"),
        ("papers of this month", "2026-11-01", "2026-11-30"),
        ("papers of last month", "2026-10-01", "2026-10-31"),
        ("papers of last year", "2025-01-01", "2025-12-31"),
        ("news since Monday", "2026-11-16", ""),
        ("news since Saturday", "2026-11-14", ""),
        ("news since yesterday", "2026-11-20", ""),
        ("news since last week", "2026-11-14", ""),
        ("news of this week", "2026-11-16", "2026-11-21"),
        ("papers on 2023-04-17", "2023-04-17", "2023-04-17"),
    ],
)
def test_a_date_is_read_as_people_write_it(text: str, since: str, until: str) -> None:
    assert dates(text) == [(since, until)]


@pytest.mark.parametrize(
    "text",
    [
        "GPT-2024",
        "2304.08485",
        "the 2019b version",
        "v2.2023",
        "papers from 2023-13",
        "4096 tokens",
    ],
)
def test_a_number_that_is_no_date_is_left_alone(text: str) -> None:
    assert dates(text) == []


def test_a_word_that_is_taken_is_no_date() -> None:
    assert read_dates(["CVPR", "2024"], [True, False], TODAY) == []


@given(st.lists(st.text(min_size=1, max_size=12), max_size=8))
def test_any_words_can_be_searched_for_dates_and_numbers(words: list[str]) -> None:
    free = [True] * len(words)
    for found in (*read_dates(words, free, TODAY), *read_bounds(words, free)):
        assert found.words
        assert set(found.words) <= set(range(len(words)))


@pytest.mark.parametrize(
    ("text", "predicate", "unit", "inside", "outside"),
    [
        ("datasets with more than 1M samples", Property.SIZE, "samples", 1e6 + 1, 1e6),
        ("datasets with at least 10,000 images", Property.SIZE, "images", 10_000, 9_999),
        ("datasets under 5 GB", Property.SIZE, "bytes", 4.9e9, 5e9),
        ("models with less than 3B parameters", Property.PARAMETERS, "", 2.9e9, 3e9),
        ("datasets of up to 2.5 million instances", Property.SIZE, "samples", 2.5e6, 2.6e6),
        ("datasets over 300 billion tokens", Property.SIZE, "tokens", 4e11, 3e11),
    ],
)
def test_a_number_is_compared_on_the_side_that_is_asked_for(
    text: str, predicate: Property, unit: str, inside: float, outside: float
) -> None:
    words = text.split()
    (bound,) = read_bounds(words, [True] * len(words))
    assert (bound.predicate, bound.unit) == (predicate, unit)
    assert bound.holds(inside)
    assert not bound.holds(outside)


@pytest.mark.parametrize(
    ("value", "predicate", "tokens"),
    [
        ("CVPR'24", Property.VENUE, ["cvpr", "2024"]),
        ("NeurIPS2023 Spotlight", Property.VENUE, ["neurips", "2023", "spotlight"]),
        ("EN/CN", Property.LANGUAGE, ["english", "chinese"]),
        ("Apache 2.0", Property.LICENCE, ["apache", "2", "0"]),
        ("Medical Questions", Property.DOMAIN, ["medical", "question"]),
    ],
)
def test_a_value_is_compared_word_by_word(
    value: str, predicate: Property, tokens: list[str]
) -> None:
    assert value_tokens(value, predicate) == tokens
