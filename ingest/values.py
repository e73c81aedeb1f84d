"""Amounts, scores, dates and venues read from cells, their text always kept."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from ingest.vocabulary import VENUES
from kg.model import JsonValue

_SCALE = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "千": 1e3, "万": 1e4, "百万": 1e6, "亿": 1e8,
          "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}  # fmt: skip
_BYTES = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15, "gib": 2.0**30, "mib": 2.0**20,
          "tib": 2.0**40, "kib": 2.0**10}  # fmt: skip
_UNITS = (
    ("tokens", r"tokens?|词元"),
    ("images", r"images?|pictures?|photos?|imgs?|图片|图像"),
    ("videos", r"videos?|clips?|视频"),
    ("hours", r"hours?|hrs?|小时"),
    ("samples", r"samples?|entries|entry|examples?|instances?|instructions?|pairs?|rows?|items?|records?|questions?|"
     r"conversations?|dialog(?:ue)?s?|comparisons?|prompts?|documents?|docs?|books?|条|样本|对|篇|个"),
)  # fmt: skip
_AMOUNT = re.compile(
    r"(?<![\w.])(?<![^\W\d_]{2}[-_])[~≈>≥约超]?\s*(?P<number>\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*"
    r"(?P<scale>[kmgtp]i?b\b|thousand|million|billion|trillion|[kmbt](?![a-z])|百万|[千万亿])?\s*\+?\s*"
    r"(?P<unit>[a-z]+|[\u4e00-\u9fff]{1,2})?",
    re.I,
)


def parse_amount(text: str, *, unit: str = "") -> dict[str, JsonValue] | None:
    """Read how much data a cell says: ``{'text', 'value', 'unit'}``, None when it has no number.

    Parameters
    ----------
    text : the cell, e.g. '1.2M', '52K entries<br/>21.4MB', '534,530 entries'
    unit : what the header's brackets say: a scale ('K', 'T') or a unit ('tokens')

    Returns
    -------
    dict or None
        `value` is the number with its scale worked out (None for several or a range), `unit` one
        of samples, images, videos, tokens, hours, bytes, unknown. The first count of the cell is
        taken, bytes only when there is no count.

    Examples
    --------
    >>> parse_amount("1177.6K")
    {'text': '1177.6K', 'value': 1177600.0, 'unit': 'unknown'}
    >>> parse_amount("30.4 T Tokens")
    {'text': '30.4 T Tokens', 'value': 30400000000000.0, 'unit': 'tokens'}
    """
    text = " ".join(text.split())
    found = [m for m in _AMOUNT.finditer(text[:400])]
    if not found or len(text) > 200:
        return None
    chosen = next((m for m in found if not _is_bytes(m)), found[0])
    number = float(re.sub("[,，]", "", chosen.group("number")))
    scale = (chosen.group("scale") or "").casefold()
    if _is_bytes(chosen):
        value, name = number * _BYTES.get(scale, 1.0), "bytes"
    else:
        value, name = number * _SCALE.get(scale, 1.0), _unit(chosen.group("unit") or "")
    if any(
        _RANGE.fullmatch(
            text, a.end("scale") if a.group("scale") else a.end("number"), b.start("number")
        )
        for a, b in itertools.pairwise(found)
    ):
        return {"text": text, "value": None, "unit": name if name != "unknown" else _unit(unit)}
    scale_word = unit.casefold().strip()
    if scale_word in _SCALE and not scale:
        value *= _SCALE[scale_word]
    elif unit and name == "unknown":
        name = _unit(unit)
    return {"text": text, "value": round(value, 6), "unit": name}


_RANGE = re.compile(r"\s*(?:-|–|—|~|～|to|至|到)\s*", re.I)
"""What stands between the two ends of a range."""


def _is_bytes(match: re.Match[str]) -> bool:
    return (match.group("scale") or "").casefold() in _BYTES


def _unit(word: str) -> str:
    for name, pattern in _UNITS:
        if re.fullmatch(pattern, word, re.I):
            return name
    return "unknown"


_SCORE = re.compile(
    r"^[*†‡_ ]*([-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?|[-+]?\.\d+)\s*(%|±\s*\d+(?:\.\d+)?)?[*†‡_ ]*$"
)


def parse_score(text: str, *, metric: str = "") -> dict[str, JsonValue] | None:
    """Read a benchmark cell: ``{'text', 'value', 'unit'}``; None for anything but one number.

    'best' marks and ranks are not scores.

    Examples
    --------
    >>> parse_score("78.5%")
    {'text': '78.5%', 'value': 78.5, 'unit': '%'}
    """
    match = _SCORE.match(text.strip())
    if not match:
        return None
    value = float(match.group(1).replace(",", ""))
    percent = "%" in (match.group(2) or "") or "%" in metric
    return {"text": text.strip(), "value": value, "unit": "%" if percent else "unknown"}


_MONTHS = {m: i for i, m in enumerate(
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}  # fmt: skip
_DATE = re.compile(
    r"(?<![\d.])(?P<year>19[89]\d|20[0-4]\d)(?:\s*(?:[-./年]\s*)(?P<month>0?[1-9]|1[0-2])(?!\d)"
    r"(?:\s*[-./月]\s*(?P<day>0?[1-9]|[12]\d|3[01])(?!\d))?)?"
)
_MONTH_YEAR = re.compile(
    r"\b(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+)?(?P<year>(?:19[89]|20[0-4])\d)\b",
    re.I,
)


def parse_date(text: str) -> dict[str, JsonValue] | None:
    """Read a date with the precision it has: ``{'text', 'value', 'precision'}``.

    Examples
    --------
    >>> parse_date("2019/10")
    {'text': '2019/10', 'value': '2019-10', 'precision': 'month'}
    >>> parse_date("March 2023")
    {'text': 'March 2023', 'value': '2023-03', 'precision': 'month'}
    """
    text = " ".join(text.split())
    match = _MONTH_YEAR.search(text[:200])
    if match:
        month = _MONTHS[match.group("name").casefold()]
        value = f"{match.group('year')}-{month:02d}"
        if match.group("day") and 1 <= int(match.group("day")) <= 31:
            return {
                "text": text,
                "value": f"{value}-{int(match.group('day')):02d}",
                "precision": "day",
            }
        return {"text": text, "value": value, "precision": "month"}
    match = _DATE.search(text[:200])
    if not match:
        return None
    value = match.group("year")
    precision = "year"
    if match.group("month"):
        value, precision = f"{value}-{int(match.group('month')):02d}", "month"
        if match.group("day"):
            value, precision = f"{value}-{int(match.group('day')):02d}", "day"
    return {"text": text, "value": value, "precision": precision}


_VENUE_YEAR = re.compile(r"(?<!\d)(19[89]\d|20[0-4]\d)(?!\d)|'(\d{2})\b")


@lru_cache(maxsize=8192)
def parse_venue(text: str) -> tuple[str, int | None] | None:
    """Read 'NIPS 2023 Oral' or 'CVPR2024': the venue as written and its year.

    Returns None when nothing in the text is known as a venue. A bare 'arXiv' gives an empty venue.
    """
    text = " ".join(text.strip(" .,;()[]").split())
    if not text or len(text) > 120:
        return None
    spaced = re.sub(r"(?<=[A-Za-z])(?=(?:19|20)\d\d)|(?<=[A-Za-z])(?=')", " ", text)
    match = _VENUE_YEAR.search(spaced)
    year = int(match.group(1) or f"20{match.group(2)}") if match else None
    if not VENUES.search(spaced):
        return None
    name = (
        ""
        if re.fullmatch(r"(?:arxiv|corr|preprint)(?: preprint)?[\s,.]*(?:\d{4})?", spaced, re.I)
        else text
    )
    return name, year
