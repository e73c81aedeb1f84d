"""Sizes told in running text: 'NAME contains 12K image-text pairs'.

A sentence is read only where it is sure whose size it is: the name is set off or known, the
verb follows it at once, and what is counted is data. Everything else in prose is left alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias

from ingest.blocks import Block, Item, Paragraph
from ingest.inline import Inline
from ingest.output import Output, shorten
from ingest.titles import is_name, kind_of_introduced
from ingest.values import parse_amount
from kg.model import Kind, Name, Property, Remark
from kg.names import fold

_HOLDS = ("contains", "comprises", "consists of", "has", "includes", "with", "containing",
          "comprising", "consisting of")  # fmt: skip
_ABOUT = r"(?:(?:a total of|about|around|over|more than|approximately|roughly|nearly|some)\s+)?"
_MAKES = "curates|builds|creates|constructs|collects|introduces|presents|releases|provides"
_STEMS = (" contain", " compris", " consist", " include", " has ", " with ")
"""What the verbs begin with: plain searches through a list cost less than one expression."""
_COUNTED = re.compile(rf" (?:{'|'.join(_HOLDS)})\s+{_ABOUT}[~≈]?\d")
"""What must stand in a text for it to be looked at."""
_AMOUNT = (
    rf"{_ABOUT}(?P<amount>[~≈]?(?P<number>\d[\d,]*(?:\.\d+)?\s?(?:[KMB](?![a-z])|thousand\b|million\b|billion\b)?)\+?)"
    r"\s+(?P<what>(?:[A-Za-z][\w/-]*\s+){0,3}?(?P<unit>"
    r"samples|examples|instances|pairs|images|pictures|videos|clips|hours|tokens|questions|instructions|"
    r"conversations|dialogues|dialogs|prompts|documents|entries|records|comparisons|data)\b)"
)
_REFERENCE = r"(?:\s*\[\d{1,3}(?:,\s*\d{1,3})*\])?"
_KIND = r"(?P<kind>\s+(?:dataset|corpus|benchmark))?"
_SIZE = re.compile(
    rf"{_REFERENCE}{_KIND}(?:,?\s+(?:which|that))?,?\s+(?P<verb>{'|'.join(_HOLDS)})\s+{_AMOUNT}"
)
_UNNAMED = re.compile(
    rf"{_REFERENCE}\s+(?:{_MAKES})\s+"
    r"(?P<set>an?\s+(?:[a-z][\w/-]*\s+){0,4}?(?:dataset|corpus|benchmark))(?:\s+(?:which|that))?\s+"
    rf"(?:{'|'.join(_HOLDS)})\s+{_AMOUNT}"
)
_RUNNING = (Paragraph, Item)
_END = re.compile(r"[.!?](?=\s|$)")
_Known: TypeAlias = Mapping[Kind, frozenset[str]]
_SENTENCE = re.compile(r"(?:^|\n|[.!?]\s+)(?:The\s+)?(?=\S)")


def write_sizes(blocks: Sequence[Block], out: Output) -> Iterator[Remark]:
    """Claim the sizes that running text tells; yield those of sets without a name as remarks.

    Parameters
    ----------
    blocks : the document's
    out : the claims so far, which say what is a dataset and what a model
    """
    known: _Known = {}
    for inline in _telling([block.inline for block in blocks if isinstance(block, _RUNNING)]):
        for start, end, is_set_off in _places(inline):
            name = " ".join(inline.text[start:end].split())
            found = _SIZE.match(inline.text, end)
            if found and (found["verb"] != "with" or _opens_sentence(inline.text, start)):
                if not is_name(name):
                    continue
                known = known or {k: _names(out, k) for k in (Kind.DATASET, Kind.MODEL)}
                says_so = found["kind"] or kind_of_introduced(name, "", None) is Kind.DATASET
                if _is_dataset(name, known, or_if=is_set_off and bool(says_so)):
                    _write_size(name, inline, start, found, out)
                continue
            found = _UNNAMED.match(inline.text, end)
            if found and is_name(name):
                what = " ".join(found["what"].split())
                yield Remark(
                    inline.line_at(start),
                    shorten(f"{found['set']} of {name}: {found['amount']} {what}", 1000),
                    "size",
                )


def _telling(texts: Sequence[Inline]) -> Iterator[Inline]:
    """Yield the texts in which a verb of holding stands before a number.

    They are looked through as one: thousands of short searches would cost three times as much.
    """
    whole = "\n".join([t.text for t in texts])
    places: list[int] = []
    for stem in _STEMS:
        at = whole.find(stem)
        while at >= 0:
            if _COUNTED.match(whole, at):
                places.append(at)
            at = whole.find(stem, at + len(stem))
    if places:
        starts = list(accumulate((len(t.text) + 1 for t in texts), initial=0))
        for index in sorted({bisect_right(starts, at) - 1 for at in places}):
            yield texts[index]


def _opens_sentence(text: str, at: int) -> bool:
    """Whether a sentence begins there; 'trained on X with 5K samples' says nothing about X."""
    before = text[max(0, at - 20) : at].rstrip(" \t")
    return not before or before[-1] in "\n.!?"


def _names(out: Output, kind: Kind) -> frozenset[str]:
    """Return the folded names of one kind that the claims so far speak of."""
    return frozenset(
        fold(name.text)
        for claim in out.claims
        for name in (claim.subject, claim.object)
        if name is not None and name.kind is kind and not name.scope
    )


_OPENING = re.compile(
    r"\S{1,60}(?: \S{1,60}){0,3}?(?=\s*\[\d"
    rf"|,?\s+(?:which|that|dataset|corpus|benchmark|{_MAKES}|{'|'.join(_HOLDS)})\b)"
)
"""The first words of a sentence, up to a word that may follow a name."""


def _places(inline: Inline) -> Iterator[tuple[int, int, bool]]:
    """Yield where names may stand, and whether set off: bold or linked, or a sentence's first."""
    seen = {(m.start, m.end) for m in inline.marks if m.kind == "bold"}
    seen |= {(k.start, k.end) for k in inline.links}
    yield from ((start, end, True) for start, end in sorted(seen))
    for match in _SENTENCE.finditer(inline.text):
        words = _OPENING.match(inline.text, match.end())
        if words and words.span() not in seen:
            yield words.start(), words.end(), False


def _is_dataset(name: str, known: _Known, *, or_if: bool) -> bool:
    """Whether a name is claimed as a dataset; one not known at all is one if the text says so."""
    key = fold(name)
    return key not in known[Kind.MODEL] and (key in known[Kind.DATASET] or or_if)


def _write_size(name: str, inline: Inline, start: int, found: re.Match[str], out: Output) -> None:
    amount = parse_amount(f"{found['amount']} {found['unit']}")
    if amount is None:
        return
    end = _END.search(inline.text, found.end())
    out.describe(
        Name(Kind.DATASET, name),
        Property.SIZE,
        found["amount"],
        inline.line_at(found.start("amount")),
        inline.text[start : end.end() if end else len(inline.text)],
        extractor="prose",
        confidence=0.85,
        more={"value": amount["value"], "unit": amount["unit"]},
    )
