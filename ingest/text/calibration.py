"""How sure a pattern may be: from how often what it found was right where people looked.

`calibration.json` holds, for each kind of text and each pattern, how many findings were judged and how
many of them were right; a finding's confidence is (right + 1) / (judged + 2), never as high as that
of a table's cell. Patterns that nobody judged are as likely wrong as right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

HIGHEST = 0.89
"""No sentence is as sure as a cell of a table, which is 1."""


class Genre(StrEnum):
    """What kind of text is read; each has its own calibration."""

    ABSTRACT = "abstract"
    PROSE = "prose"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was judged of one kind of text."""

    threshold: float
    """From here on a finding is a claim; below it is a candidate."""
    judged: dict[str, tuple[int, int]]
    """Pattern -> (right, judged)."""

    def confidence(self, pattern: str) -> float:
        """Return how sure a finding of a pattern is, 0 to `HIGHEST`.

        Examples
        --------
        >>> Calibration(0.8, {"beside": (9, 10)}).confidence("beside")
        0.83
        """
        right, judged = self.judged.get(pattern, (0, 0))
        return min(HIGHEST, round((right + 1) / (judged + 2), 2))


@cache
def calibration_of(genre: Genre) -> Calibration:
    """Return what is known of a kind of text."""
    stored = json.loads(Path(__file__).with_name("calibration.json").read_text(encoding="utf-8"))
    told = stored[str(genre)]
    judged = {name: (int(right), int(of)) for name, (right, of) in told["patterns"].items()}
    return Calibration(float(told["threshold"]), judged)
