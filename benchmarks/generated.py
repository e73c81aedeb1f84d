"""Generated graphs, the same for the same seed: for what real lists are too small."""

from __future__ import annotations

import random
from collections.abc import Iterator

from kg.model import Claim, Kind, Name, Property, Reading
from kg.store import Store

_SYLLABLES = [
    c + v + e for c in "bdfgklmnprstvz" for v in "aeiou" for e in ("", "n", "r", "s", "l")
]
PAPERS_A_SOURCE = 20_000


def iter_papers(count: int, seed: int = 1) -> Iterator[Claim]:
    """Yield two claims for each paper: its arXiv id and its year; titles of 6 to 12 made-up words."""
    random_ = random.Random(seed)
    words = ["".join(random_.choices(_SYLLABLES, k=random_.randint(1, 3))) for _ in range(30_000)]
    for n in range(count):
        title = " ".join(random_.choices(words, k=random_.randint(6, 12))).capitalize()
        month, number = divmod(n, 99_999)
        year = 30 + month // 12
        arxiv = f"{year:02d}{month % 12 + 1:02d}.{number + 1:05d}"
        paper = Name(Kind.PAPER, title)
        line = n % PAPERS_A_SOURCE + 1
        quote = title[:60]
        yield Claim(paper, Property.ARXIV, line, quote, values={"text": arxiv}, extractor="made")
        yield Claim(
            paper, Property.YEAR, line, quote, values={"text": str(2000 + year)}, extractor="made"
        )


def fill_with_papers(store: Store, count: int) -> None:
    """Load generated papers, in sources of `PAPERS_A_SOURCE` each."""
    claims: list[Claim] = []
    number = 0
    for claim in iter_papers(count):
        claims.append(claim)
        if len(claims) == 2 * PAPERS_A_SOURCE:
            number += 1
            store.load(f"made:{number}", "made", f"{number}", Reading(tuple(claims)))
            claims = []
    if claims:
        store.load(f"made:{number + 1}", "made", f"{number + 1}", Reading(tuple(claims)))
