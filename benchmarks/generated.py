"""Generated graphs, the same for the same seed: for what real lists are too small."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice

from kg.model import Claim, Kind, Name, Property, Reading, Relation
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


def iter_paper_sources(count: int) -> Iterator[tuple[str, Reading]]:
    """Yield the claims of generated papers in sources of `PAPERS_A_SOURCE` each, with their names."""
    claims = iter_papers(count)
    number = 0
    while part := tuple(islice(claims, 2 * PAPERS_A_SOURCE)):
        number += 1
        yield f"made:{number}", Reading(part)


def fill_with_papers(store: Store, count: int) -> None:
    """Load generated papers, in sources of `PAPERS_A_SOURCE` each."""
    for name, reading in iter_paper_sources(count):
        store.load(name, "made", name.partition(":")[2], reading)


def iter_things(models: int, datasets: int, seed: int = 2) -> Iterator[Claim]:
    """Yield what made-up models were trained on and derived from, and datasets made from others.

    Each model has five datasets, the few first ones much more often than the rest (so that some
    have many users and most have few); every second model has a base and every second dataset a
    source among those before it.
    """
    random_ = random.Random(seed)
    for n in range(models):
        model = Name(Kind.MODEL, f"Mod{n}el-{n % 13}B")
        line = n % PAPERS_A_SOURCE + 1
        for place in {int(datasets * random_.random() ** 2) for _ in range(5)}:
            data = Name(Kind.DATASET, f"Set{place}data")
            yield Claim(
                model,
                Relation.TRAINED_ON,
                line,
                model.text,
                data,
                {"stage": "sft"},
                extractor="made",
            )
        if n % 2:
            base = Name(Kind.MODEL, f"Mod{n // 2}el-{n // 2 % 13}B")
            yield Claim(
                model,
                Relation.DERIVED_FROM,
                line,
                model.text,
                base,
                {"role": "base"},
                extractor="made",
            )
    for n in range(1, datasets, 2):
        data, source = Name(Kind.DATASET, f"Set{n}data"), Name(Kind.DATASET, f"Set{n // 2}data")
        line = n % PAPERS_A_SOURCE + 1
        yield Claim(
            data,
            Relation.DERIVED_FROM,
            line,
            data.text,
            source,
            {"role": "source"},
            extractor="made",
        )


def iter_thing_sources(models: int, datasets: int) -> Iterator[tuple[str, Reading]]:
    """Yield the claims about generated models and datasets, in sources of 50,000, with their names."""
    claims = iter_things(models, datasets)
    number = 0
    while part := tuple(islice(claims, 50_000)):
        number += 1
        yield f"made-things:{number}", Reading(part)


def fill_with_things(store: Store, models: int, datasets: int) -> None:
    """Load generated models and datasets, in sources of 50,000 claims each."""
    for name, reading in iter_thing_sources(models, datasets):
        store.load(name, "made", name.removeprefix("made-").replace(":", "-"), reading)


def iter_dictionary(names: int) -> Iterator[Claim]:
    """Invent datasets whose names are shaped like real ones, and take some real ones."""
    real = ["ImageNet", "MNIST", "CIFAR-10", "COCO", "SQuAD", "WordNet", "AlexNet", "word2vec"]
    for n, name in enumerate(real, 1):
        yield Claim(
            Name(Kind.DATASET, name),
            Property.SIZE,
            n,
            name,
            values={"text": "1K"},
            extractor="made",
        )
    syllables = [
        "Mad",
        "Cap",
        "Vis",
        "Lin",
        "Ro",
        "Tex",
        "Que",
        "Bird",
        "Geo",
        "Net",
        "Qa",
        "Bench",
    ]
    for n in range(names - len(real)):
        a, b, c = n % 12, n // 12 % 12, n // 144 % 12
        stem = f"{syllables[a]}{syllables[b]}{syllables[c]}"
        end = ("", f"-{n // 1728}K", f"{n // 1728}", f" v{n // 1728}")[n % 4]
        yield Claim(
            Name(Kind.DATASET, f"{stem}{n // 1728}{end}"),
            Property.SIZE,
            n % 50_000 + 1,
            stem,
            values={"text": f"{n}K"},
            extractor="made",
        )
