"""How answers look on a terminal: clean text, colour only there, lines that fit."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from kg.model import JsonValue
from kg.store import StoredClaim
from queries.answers import Answers, Evidence
from queries.show import Sight

WIDTH = 80
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\x1b\\[[0-9;?]*[A-Za-z]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?"
)


def clean(text: str) -> str:
    """Return text that cannot move the cursor, colour the screen or turn the line around."""
    return _CONTROL.sub("", text.replace("\n", " ").replace("\t", " "))


def short_source(source: str) -> str:
    """Return a source as a person would type it here: relative to the folder, where it is below."""
    if "://" in source:
        return clean(source)
    path = Path(source)
    try:
        return clean(str(path.relative_to(Path.cwd())))
    except ValueError:
        return clean(source)


def fit(text: str, width: int, indent: str = "") -> str:
    """Cut a text to one line of a width, with an ellipsis where something is lost."""
    text = clean(text)
    room = width - len(indent)
    return indent + (text if len(text) <= room else text[: max(1, room - 1)].rstrip() + "…")


def place(source: str, line: int, width: int, indent: str = "") -> str:
    """Write where something stands on one line; the file's name and the line always stay."""
    text = f"{short_source(source)}:{line}"
    room = width - len(indent)
    return indent + (text if len(text) <= room else "…" + text[-max(1, room - 1) :])


def wrapped(text: str, indent: str) -> str:
    """Wrap a text to the width, each line indented."""
    return textwrap.fill(clean(text), WIDTH, initial_indent=indent, subsequent_indent=indent)


def told(value: JsonValue) -> str:
    """Write an attribute as people read it: an amount by its text, a list by its members."""
    if isinstance(value, dict):
        return str(value.get("text", value))
    if isinstance(value, list):
        return " / ".join(told(v) for v in value)
    return str(value)


def answer_lines(found: Answers, *, evidence: int | None = 2) -> Iterator[str]:
    """Yield the lines of an answer: what was understood, each answer with its lines, coverage."""
    yield click.style(wrapped(f"{found.understood}:", ""), dim=True)
    if found.remark:
        yield wrapped(f"({found.remark})", "  ")
    if not found.answers:
        yield "  nothing recorded"
    for answer in found.answers:
        attributes = "; ".join(
            f"{k.replace('_', ' ')} {told(v)}"
            for k, v in answer.attributes.items()
            if v != "unknown"
        )
        name = click.style(clean(answer.name), bold=True)
        yield f"\n{name}" + (
            f"  ({fit(attributes, WIDTH - 4 - len(answer.name))})" if attributes else ""
        )
        shown = answer.evidence if evidence is None else answer.evidence[:evidence]
        for line in shown:
            yield from evidence_lines(line)
        if len(shown) < len(answer.evidence):
            yield f"  … {len(answer.evidence) - len(shown)} more lines (--evidence shows all)"
    if found.coverage:
        c = found.coverage
        yield click.style(
            wrapped(
                f"{len(found.answers)} found among {c.with_record} {c.what} ({c.of} models in all)",
                "",
            ),
            dim=True,
        )


def evidence_lines(evidence: Evidence) -> Iterator[str]:
    """Yield where something is said and the quoted text."""
    yield click.style(place(evidence.source, evidence.line, WIDTH, "  "), fg="cyan")
    yield wrapped(f"“{evidence.quote}”", "    ")


def sight_lines(sight: Sight, *, evidence: int | None = 3) -> Iterator[str]:
    """Yield the lines of `kg show`."""
    entity = sight.entity
    yield click.style(clean(entity.name), bold=True) + f"  {entity.kind}  {clean(entity.id)}"
    if sight.remark:
        yield wrapped(f"({sight.remark})", "  ")
    others = [(n, w) for n, w in sight.reasons if n != entity.name]
    if others:
        yield "\nnames"
        for name, why in others:
            yield fit(f"{name}  [{why}]", WIDTH, "  ")
    if sight.properties:
        yield "\nproperties"
        for name, claims in sight.properties.items():
            if name in ("alias", "label", "bibtex", "abstract"):
                continue
            for stored in claims[: evidence or len(claims)]:
                qualifier = next(iter(stored.claim.qualifiers.values()), "")
                label = f"{name} ({qualifier})" if qualifier else name
                yield fit(f"{label}: {stored.claim.values['text']}", WIDTH - 1, "  ")
                yield click.style(
                    fit(f"{short_source(stored.source)}:{stored.claim.line}", WIDTH, "      "),
                    fg="cyan",
                )
    for title, groups, outgoing in (
        ("relations", sight.outgoing, True),
        ("named by", sight.incoming, False),
    ):
        if groups:
            yield f"\n{title}"
        for relation, claims in groups.items():
            limit = len(claims) if evidence is None else 12
            for stored in claims[:limit]:
                yield from _relation_lines(relation, stored, outgoing)
            if len(claims) > limit:
                yield f"  … {len(claims) - limit} more {relation} (--evidence shows all)"


def _relation_lines(relation: str, stored: StoredClaim, outgoing: bool) -> Iterator[str]:
    claim = stored.claim
    said = {**claim.qualifiers, **claim.values}
    attributes = ", ".join(told(v) for v in said.values() if v != "unknown")
    other = stored.object if outgoing else stored.subject
    name = other.name if other else f"({claim.stance})"
    arrow = f"{relation} {name}" if outgoing else f"{name} {relation} this"
    yield fit(arrow + (f"  ({attributes})" if attributes else ""), WIDTH, "  ")
    yield click.style(place(stored.source, claim.line, WIDTH, "      "), fg="cyan")
