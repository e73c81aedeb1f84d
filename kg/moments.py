"""Dates as people write them, as the stretch of time that they leave open; pure functions."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from kg.errors import InputError

_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """The days on which something may have happened: one, a month of them, or a year."""

    first: datetime.date
    last: datetime.date

    @property
    def precision(self) -> str:
        """'day', 'month' or 'year'."""
        days = (self.last - self.first).days
        return "day" if days == 0 else "month" if days < 31 else "year"

    def __str__(self) -> str:
        """Write it as exactly as it is known: 2023, 2023-04 or 2023-04-17."""
        return self.first.isoformat()[: {"year": 4, "month": 7, "day": 10}[self.precision]]


def parse_span(text: str) -> Span | None:
    """Read a year, a month or a day; None when it is none.

    Examples
    --------
    >>> str(parse_span("2023-04").last), parse_span("2023-02-30"), parse_span("2023").precision
    ('2023-04-30', None, 'year')
    """
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = (int(g) if g else 0 for g in match.groups())
    try:
        first = datetime.date(year, month or 1, day or 1)
        if day:
            return Span(first, first)
        after = (year + 1, 1) if month in (0, 12) else (year, month + 1)
        if after[0] > datetime.MAXYEAR:
            return Span(first, datetime.date.max)
        return Span(first, datetime.date(*after, 1) - _ONE_DAY)
    except ValueError:
        return None


def parse_moment(text: str) -> datetime.datetime:
    """Read a moment in UTC; a date without time is its end, a time without zone is UTC.

    Raises
    ------
    InputError
        If it is no date.

    Examples
    --------
    >>> parse_moment("2026-11-21T10:00+01:00").isoformat()
    '2026-11-21T09:00:00+00:00'
    >>> parse_moment("2026-11").isoformat(timespec="seconds")
    '2026-11-30T23:59:59+00:00'
    """
    span = parse_span(text)
    if span is not None:
        return datetime.datetime.combine(span.last, datetime.time.max, datetime.UTC)
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            return moment.replace(tzinfo=datetime.UTC)
        return moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{text!r} is no date; write 2026-11-21, 2026-11, 2026 or 2026-11-21T10:00"
        ) from error
