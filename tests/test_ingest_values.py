"""Amounts, scores, dates and venues read from cells."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.values import parse_amount, parse_date, parse_score, parse_venue

# --- amounts


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("52000", 52_000, "unknown"),
        ("1.2M", 1_200_000, "unknown"),
        ("1177.6K", 1_177_600, "unknown"),
        ("~558K", 558_000, "unknown"),
        ("665k+", 665_000, "unknown"),
        ("> 1 B", 1_000_000_000, "unknown"),
        ("534,530 entries", 534_530, "samples"),
        ("52K entries\n21.4MB", 52_000, "samples"),
        ("21.4MB, 52K entries", 52_000, "samples"),
        ("120 K pairs", 120_000, "samples"),
        ("5 million images", 5_000_000, "images"),
        ("10M video clips", 10_000_000, "videos"),
        ("2k hours", 2_000, "hours"),
        ("30.4 T Tokens", 30_400_000_000_000, "tokens"),
        ("1.4 trillion tokens", 1_400_000_000_000, "tokens"),
        ("825 GiB", 825 * 2**30, "bytes"),
        ("21.4MB", 21_400_000, "bytes"),
        ("1.5 TB", 1_500_000_000_000, "bytes"),
        ("约 52K 条", 52_000, "samples"),
        ("100万", 1_000_000, "unknown"),
        ("1.2亿", 120_000_000, "unknown"),
        ("3百万", 3_000_000, "unknown"),
        ("52，002", 52_002, "unknown"),
        ("1,234,567 images", 1_234_567, "images"),
    ],
)
def test_an_amount_is_its_number_with_the_scale_worked_out(
    text: str, value: float, unit: str
) -> None:
    found = parse_amount(text)
    assert found is not None
    assert found["value"] == pytest.approx(value)
    assert found["unit"] == unit
    assert found["text"] == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "unit", "value", "name"),
    [
        ("665", "K", 665_000, "unknown"),
        ("1.2", "M", 1_200_000, "unknown"),
        ("1.2K", "M", 1_200, "unknown"),
        ("1.4T", "tokens", 1_400_000_000_000, "tokens"),
        ("12", "images", 12, "images"),
        ("12 videos", "images", 12, "videos"),
        ("12", "nonsense", 12, "unknown"),
    ],
)
def test_brackets_of_the_header_give_the_scale_or_unit_that_the_cell_leaves_out(
    text: str, unit: str, value: float, name: str
) -> None:
    found = parse_amount(text, unit=unit)
    assert found == {"text": text, "value": pytest.approx(value), "unit": name}


@pytest.mark.parametrize("text", ["", "-", "N/A", "many", "无", "several thousand", "K", "large"])
def test_a_cell_without_a_number_is_no_amount(text: str) -> None:
    assert parse_amount(text) is None


@pytest.mark.parametrize("text", ["10K-100K", "10k ~ 20k", "1,000 to 2,000"])
def test_a_range_has_no_single_value(text: str) -> None:
    found = parse_amount(text)
    assert found is not None
    assert found["text"] == text
    assert found["value"] is None


@pytest.mark.parametrize("text", ["GPT-4", "v1.5", "LLaVA-1.5"])
def test_the_number_of_a_name_is_no_amount(text: str) -> None:
    assert parse_amount(text) is None


@given(st.integers(0, 10**12), st.sampled_from(["", " samples", "条", " 条", "+"]))
def test_thousands_commas_change_nothing(number: int, unit: str) -> None:
    plain, commas = parse_amount(f"{number}{unit}"), parse_amount(f"{number:,}{unit}")
    assert plain is not None
    assert commas is not None
    assert plain["value"] == commas["value"] == number
    assert plain["unit"] == commas["unit"]


@given(
    st.integers(1, 9999),
    st.sampled_from([("k", 3), ("K", 3), ("M", 6), ("m", 6), ("B", 9), ("T", 12), (" million", 6)]),
)
def test_a_scale_multiplies(number: int, scale: tuple[str, int]) -> None:
    found = parse_amount(f"{number / 10}{scale[0]}")
    assert found is not None
    assert found["value"] == pytest.approx(number / 10 * 10 ** scale[1])


@given(st.text(), st.text(max_size=8))
def test_any_text_is_an_amount_with_its_words_or_none(text: str, unit: str) -> None:
    found = parse_amount(text, unit=unit)
    assert found is None or found["text"] == " ".join(text.split())


# --- scores


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("78.5", 78.5, "unknown"),
        ("78.5%", 78.5, "%"),
        ("1487", 1487, "unknown"),
        ("1,487", 1487, "unknown"),
        ("1,487.5", 1487.5, "unknown"),
        ("-3.2", -3.2, "unknown"),
        (".85", 0.85, "unknown"),
        ("61.3*", 61.3, "unknown"),
        ("†61.3", 61.3, "unknown"),
        ("85.2±0.3", 85.2, "unknown"),
        (" 85.2 ± 0.3 ", 85.2, "unknown"),
    ],
)
def test_a_score_is_one_number(text: str, value: float, unit: str) -> None:
    assert parse_score(text) == {"text": text.strip(), "value": value, "unit": unit}


def test_the_metric_may_say_that_scores_are_percentages() -> None:
    assert parse_score("61.3", metric="Acc %") == {"text": "61.3", "value": 61.3, "unit": "%"}


@pytest.mark.parametrize(
    "text", ["", "-", "—", "best", "1st", "2nd", "#3", "✓", "🥇", "70.1/65.2", "7B", "N/A", "v1.5"]
)
def test_ranks_marks_and_pairs_are_no_scores(text: str) -> None:
    assert parse_score(text) is None


@given(st.text())
def test_any_text_is_a_score_or_none(text: str) -> None:
    found = parse_score(text)
    assert found is None or re.search(r"\d", str(found["text"]))


@given(st.decimals(-1000, 10_000, places=1, allow_nan=False))
def test_every_number_is_a_score(number: object) -> None:
    found = parse_score(str(number))
    assert found is not None
    assert found["value"] == float(str(number))


# --- dates


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [
        ("2023", "2023", "year"),
        ("2019/10", "2019-10", "month"),
        ("2023-04", "2023-04", "month"),
        ("2023.4", "2023-04", "month"),
        ("2023年4月", "2023-04", "month"),
        ("2023年4月18日", "2023-04-18", "day"),
        ("2023-04-18", "2023-04-18", "day"),
        ("2023.04.18", "2023-04-18", "day"),
        ("2023/4/8", "2023-04-08", "day"),
        ("March 2023", "2023-03", "month"),
        ("Apr. 2023", "2023-04", "month"),
        ("Sept, 2023", "2023-09", "month"),
        ("April 18, 2023", "2023-04-18", "day"),
        ("April 18th 2023", "2023-04-18", "day"),
        ("released in 2021", "2021", "year"),
        ("2023-13", "2023", "year"),
    ],
)
def test_a_date_has_the_precision_that_is_written(text: str, value: str, precision: str) -> None:
    assert parse_date(text) == {"text": text, "value": value, "precision": precision}


@pytest.mark.parametrize("text", ["", "-", "soon", "13B", "2304.08485", "12023", "1850", "TBD"])
def test_what_names_no_year_of_ours_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@given(st.dates(dt.date(1990, 1, 1), dt.date(2049, 12, 31)))
def test_every_date_comes_back(date: dt.date) -> None:
    found = parse_date(str(date))
    assert found is not None
    assert (found["value"], found["precision"]) == (str(date), "day")


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = parse_date(text)
    assert found is None or re.fullmatch(r"\d{4}(-\d\d){0,2}", str(found["value"]))


# --- venues


@pytest.mark.parametrize(
    ("text", "venue"),
    [
        ("NIPS 2023 Oral", ("NIPS 2023 Oral", 2023)),
        ("CVPR2024", ("CVPR2024", 2024)),
        ("ICLR'24", ("ICLR'24", 2024)),
        ("(EMNLP 2022 Findings)", ("EMNLP 2022 Findings", 2022)),
        ("Nature", ("Nature", None)),
        ("arXiv", ("", None)),
        ("arXiv 2023", ("", 2023)),
        ("arXiv preprint, 2023", ("", 2023)),
    ],
)
def test_a_venue_is_kept_as_written_with_its_year(text: str, venue: tuple[str, int | None]) -> None:
    assert parse_venue(text) == venue


@pytest.mark.parametrize("text", ["", "LLaVA-1.5", "2023", "Vicuna", "a short remark"])
def test_other_text_is_no_venue(text: str) -> None:
    assert parse_venue(text) is None


@given(st.text())
def test_any_text_is_a_venue_or_none(text: str) -> None:
    found = parse_venue(text)
    assert found is None or isinstance(found[0], str)
