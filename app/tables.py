"""Rows of any values on a terminal: a table where it fits, else one value on a line."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import click

from app.terminal import clean

_LEAST = 8
"""What a column of a table has at least; where that does not fit, values stand on lines."""
_GAP = "  "


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[Any]], width: int) -> Iterator[str]:
    """Yield the lines of a table, none of them wider than this.

    Parameters
    ----------
    columns : their names
    rows : plain values, as JSON has them
    width : of the terminal
    """
    if not columns:
        return
    names = [clean(name) for name in columns]
    cells = [[_cell(value) for value in row] for row in rows]
    widest = [max(map(_width, column)) for column in zip(names, *cells, strict=True)]
    room = width - len(_GAP) * (len(names) - 1)
    if room < _LEAST * len(names) and sum(widest) > room:
        yield from _records(names, cells, width)
        return
    shares = _shares(widest, room)
    yield click.style(_line(names, shares), bold=True)
    for row in cells:
        yield _line(row, shares)
    if not rows:
        yield click.style("no rows", dim=True)


def _records(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    for n, row in enumerate(cells, 1):
        yield click.style(f"row {n}", bold=True)
        for name, cell in zip(names, row, strict=True):
            yield _cut(f"  {name}: {cell}", width)
    if not cells:
        yield click.style("no rows", dim=True)


def _shares(widest: Sequence[int], room: int) -> list[int]:
    """Give each column what it needs; the widest ones share what is left."""
    shares = [*widest]
    while sum(shares) > room:
        most = max(shares)
        second = max((s for s in shares if s < most), default=0)
        many = shares.count(most)
        lower = max(second, most - -(-(sum(shares) - room) // many))
        shares = [lower if s == most else s for s in shares]
    return shares


def _line(cells: Sequence[str], shares: Sequence[int]) -> str:
    cut = [_cut(cell, share) for cell, share in zip(cells, shares, strict=True)]
    padded = [c + " " * (share - _width(c)) for c, share in zip(cut, shares, strict=True)]
    return _GAP.join(padded).rstrip()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    held, taken = [], 0
    for character in text:
        taken += _width(character)
        if taken > width - 1:
            break
        held.append(character)
    return "".join(held) + "…"


def _width(text: str) -> int:
    """How many places of a terminal a text takes: two for each Chinese character."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
