"""Names to look for from a file: one a line, with its kind before a tab, or `kg export entities`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ingest.arxiv.naming import Dictionary
from kg.errors import InputError
from kg.model import Kind, Name

NO_ID = "?"
"""How the id of a name begins for which the file gives none."""
_KINDS = (Kind.MODEL, Kind.DATASET)
_IS_DATA = re.compile(
    r"bench|corpus|dataset|instruct(?!BLIP)|caption|\d[KMB]?-?(?:QA|VQA)|QA$|\d{2,}k\b|set$|data$"
    r"|eval\b|wiki|pile|crawl|squad|glue|coco|imagenet|mnist|cifar|mmlu|gsm8k",
    re.IGNORECASE,
)
"""Names that say themselves that they are of data."""


def dictionary_from(text: str, source: str) -> Dictionary:
    """Make a dictionary of the names in a file.

    Parameters
    ----------
    text : lines of a name, of a kind, a tab and a name, or of JSON as `kg export entities` writes;
        a name without a kind counts as a dataset where it says so (Bench, QA, 665K), else as a model
    source : what the file is called in messages

    Raises
    ------
    InputError
        A line is none of these.
    SetupError
        As for a `Dictionary`.
    """
    return Dictionary(_names(text, source))


def _names(text: str, source: str) -> Iterator[tuple[str, Name, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("# "):
            continue
        if line.lstrip().startswith("{"):
            yield from _entity(line, source, number)
            continue
        kind, tab, name = line.partition("\t")
        if not tab:
            name, kind = line, (Kind.DATASET if _IS_DATA.search(line) else Kind.MODEL)
        name = name.strip()
        if kind.strip().lower() not in _KINDS or not name:
            raise InputError(
                f"{source}, line {number}: expected a name, or 'model' or 'dataset', a tab and a name,"
                f" but read {line[:60]!r}",
                source=source,
                line=number,
            )
        kept = Name(Kind(kind.strip().lower()), name)
        yield f"{NO_ID}{kept.kind}:{name}", kept, name


def _entity(line: str, source: str, number: int) -> Iterator[tuple[str, Name, str]]:
    """Read one line of JSON; what is neither model nor dataset is passed over."""
    try:
        record = json.loads(line)
        kind, name = record["kind"], record["name"]
        aliases, thing = record.get("aliases") or [], record.get("id") or f"{NO_ID}{kind}:{name}"
        if not all(isinstance(x, str) for x in (kind, name, thing, *aliases)):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{source}, line {number}: not a record of an entity; write names one a line, or the"
            " lines of 'kg export entities'",
            source=source,
            line=number,
        ) from error
    if kind in _KINDS and name.strip():
        kept = Name(Kind(kind), name)
        for spelling in dict.fromkeys([name, *aliases]):
            yield thing, kept, spelling
