"""Bullets without links under a heading that says what they are: '- DocVQA: 50K questions'.

Only a heading that is itself about datasets, or about what models were trained or evaluated on,
says that much. What cannot be read there is counted as rejected, never passed over.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ingest.entries import Entry, Field
from ingest.facts import interpret
from ingest.inline import Inline, drop_emoji
from ingest.items import Thing, read_cell
from ingest.output import Output
from ingest.titles import is_name
from ingest.values import parse_amount
from ingest.vocabulary import MODEL_FAMILY, TRAINING_COLUMNS, Column, find_role
from kg.model import Kind, Name, Property
from kg.names import fold

_OF_DATASETS = re.compile(
    r"(?:\bdata ?sets|\bbenchmarks|\bcorpora|\btraining data|数据集|语料库?)$|^(?:data|data ?set|数据)$",
    re.I,
)


_BEFORE_PREPOSITION = re.compile(r"\s(?:of|for|with|in|on|from|by|via|using)\s", re.I)
"""In 'Datasets for VQA' the words before it say what is listed, in 'Tags of datasets' too."""


def read_plain_item(entry: Entry, out: Output) -> None:
    """Read a bullet that nothing else could be made of, or count it as rejected."""
    if entry.form != "item" or entry.is_nested or entry.fields or entry.fences:
        return
    _, heading, line = entry.section.path[-1] if entry.section.path else (0, "", 0)
    if not heading or line == entry.section.title_line:
        return
    heading = drop_emoji(re.sub(r"[(（][^()（）]*[)）]", "", heading)).strip(" .:：")
    role = find_role(heading)
    if role is not None and role is not Column.DATA and role in _USES:
        use = _use(entry, heading, role)
        name = use.main.text if use else ""
        if use and any(_SCORED.search(t.name) for t in read_cell(use.fields[0].value).things):
            out.reject(entry.line, entry.main.text, "scores are read in tables only")
            return
        if use and (MODEL_FAMILY.fullmatch(name) or fold(name) in out.models()):
            interpret(use, out)
            return
        if use and not _read_datasets(entry, out):
            out.reject(entry.line, entry.main.text, f"nothing says that {name!r} is a model")
        if use:
            return
    if _OF_DATASETS.search(_BEFORE_PREPOSITION.split(heading)[0]) and not _read_datasets(
        entry, out
    ):
        reason = "nothing says which dataset this is about"
        if _names(entry.main):
            reason = "a dataset is named, but nothing is said about it"
        out.reject(entry.line, entry.main.text, reason)


_USES = frozenset({*TRAINING_COLUMNS, Column.EVALUATION_DATA})
_NAMED = re.compile(r"\s*(?P<name>[^:：]{2,60}?)\s*[:：]\s*(?=\S)")


def _use(entry: Entry, heading: str, column: Column) -> Entry | None:
    """Read 'X: A, B' as an entry on X with A and B under the heading's key; None for another form."""
    match = _NAMED.match(entry.main.text)
    if match is None or not is_name(match.group("name")):
        return None
    value = entry.main.slice(match.end(), len(entry.main.text)).strip()
    cell = read_cell(value, with_amounts=True)
    if cell.rest or not cell.things:
        return None
    head = entry.main.slice(match.start("name"), match.end("name"))
    return replace(entry, main=head, fields=(Field(column, heading, value, value.line),))


_SCORED = re.compile(r"\s[\d.]+%?$")


def _read_datasets(entry: Entry, out: Output) -> bool:
    """Read names with their sizes and other names; whether every one of them has some."""
    things = _sized(entry.main) or _names(entry.main)
    for thing in things:
        amount = parse_amount(thing.amount)
        if amount:
            out.describe(
                Name(Kind.DATASET, thing.name),
                Property.SIZE,
                str(amount["text"]),
                entry.line,
                entry.main.text,
                extractor=entry.form,
                confidence=0.9,
                more={"value": amount["value"], "unit": amount["unit"]},
            )
        for alias in thing.aliases:
            out.describe(
                Name(Kind.DATASET, thing.name),
                Property.ALIAS,
                alias,
                entry.line,
                entry.main.text,
                extractor="brackets",
                confidence=0.9,
            )
    return bool(things) and all(t.amount or t.aliases for t in things)


_AMOUNT = re.compile(
    r"[~≈]?\d[\d.,]*\s?(?:[KMB]|thousand|million|billion|万|亿)?\+?(?:\s?[a-z-]+){0,3}$", re.I
)
_BEHIND = re.compile(r"\s*(?:[:：]|\s[-–—]\s|[(（])\s*")


def _sized(main: Inline) -> list[Thing]:
    """The one name of a bullet with the size that is said behind it."""
    behind = _BEHIND.search(main.text) if len(main.text) <= 200 else None
    if behind is None:
        return []
    name, rest = main.text[: behind.start()].strip(), main.text[behind.end() :].strip(" )）.")
    if not is_name(name) or "," in name or not _AMOUNT.match(rest) or not parse_amount(rest):
        return []
    return [Thing(name, main.line, amount=rest)]


def _names(main: Inline) -> list[Thing]:
    """The names of a bullet that holds nothing else."""
    cell = read_cell(main, with_amounts=True)
    return [] if cell.rest or not all(is_name(t.name) for t in cell.things) else list(cell.things)
