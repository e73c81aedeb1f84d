"""Which of several values to show, where sources differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


def most_supported(said: Iterable[tuple[str, object, float]]) -> str:
    """Choose among texts: the one that most sources give, then the surest, then the first in order.

    Parameters
    ----------
    said : (text, source, confidence), at least one

    Examples
    --------
    >>> most_supported([("3M", "a", 0.9), ("3M", "a", 0.9), ("1M", "b", 1.0)])
    '1M'
    """
    pairs: set[tuple[str, object]] = set()
    confidence: dict[str, float] = {}
    for text, source, sure in said:
        pairs.add((text, source))
        confidence[text] = max(confidence.get(text, 0.0), sure)
    support = Counter(text for text, _ in pairs)
    return min(support, key=lambda t: (-support[t], -confidence[t], t))
