"""``kg extract``: what a text says of models and datasets, without a store."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.group import counted, main
from kg.errors import InputError

if TYPE_CHECKING:
    from ingest.text.extract import Finding
    from ingest.text.mentions import Mention
    from kg.model import JsonValue


@main.command()
@click.argument("file", metavar="FILE|-")
@click.option("--known", metavar="FILE", help="Names to look for: one a line, or kind, tab, name.")
@click.option("--title", metavar="TEXT", default="", help="The text is the abstract of this title.")
@click.option("--all", "with_candidates", is_flag=True, help="Also what is below the threshold.")
def extract(file: str, known: str | None, title: str, with_candidates: bool) -> None:
    """Print what a text says: who trained on what, introduces, is derived from what.

    FILE is Markdown or plain text, '-' is standard input. Each line printed is JSON
    in the form of 'kg export claims'. Nothing is stored. Without --known only what
    the text itself introduces is found; --known takes names one a line, with
    'model' or 'dataset' and a tab before, or the lines of 'kg export entities'.

    \b
    Example:
      kg extract abstract.txt --title "LLaVA: ..." --known names.jsonl

    where 'kg export entities > names.jsonl' has written the names.
    """
    from ingest.text.calibration import Genre, calibration_of
    from ingest.text.extract import extract as extracted
    from ingest.text.known import dictionary_from

    text = _read(file)
    find = dictionary_from(_read(known), known).find_spans if known else None
    heading = " ".join(title.split())
    genre = Genre.ABSTRACT if heading else Genre.PROSE
    before = f"{heading}\n" if heading else ""
    threshold = calibration_of(genre).threshold
    left_out = 0
    for found in extracted(before + text, title_ends=len(heading), find=find, genre=genre):
        if with_candidates or found.confidence >= threshold:
            line = (before + text).count("\n", 0, found.sentence.start) + (not before)
            record = _record(found, heading, "" if file == "-" else file, max(1, line))
            click.echo(json.dumps(record, ensure_ascii=False))
        else:
            left_out += 1
    if left_out:
        what = counted(left_out, "finding")
        click.echo(f"{what} below confidence {threshold:.2f} left out; --all prints all", err=True)


def _record(found: Finding, title: str, source: str, line: int) -> dict[str, JsonValue]:
    """Write a finding as `kg export claims` writes a claim; what is not known is null."""
    from kg.model import Relation

    if found.relation is Relation.INTRODUCES:
        subject: JsonValue = {
            "id": None, "kind": "paper", "name": title or None, "as_written": title or None,
        }  # fmt: skip
    else:
        subject = _end(found.subject)
    return {
        "subject": subject,
        "relation": str(found.relation),
        "object": _end(found.object),
        "attributes": dict(found.qualifiers),
        "stance": str(found.stance),
        "confidence": found.confidence,
        "source": source or None,
        "line": line,
        "quote": found.quote,
        "extractor": f"text:{found.pattern}",
    }


def _end(mention: Mention | None) -> JsonValue:
    from ingest.text.known import NO_ID

    if mention is None:
        return {"id": None, "kind": None, "name": None, "as_written": None}
    return {
        "id": None if mention.thing.startswith(NO_ID) else mention.thing or None,
        "kind": str(mention.name.kind),
        "name": mention.name.text,
        "as_written": mention.text,
    }


def _read(file: str) -> str:
    """Read a file, or standard input for '-'."""
    from ingest.decode import decode_text

    if file == "-":
        return decode_text(sys.stdin.buffer.read())
    path = Path(file).expanduser()
    if path.is_dir():
        raise InputError(f"{file} is a folder; name one file, or - for standard input")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{file} does not exist; name a file, or - for standard input") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read: {error}") from error
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{file} is no text; save it as Markdown or plain text first")
    return decode_text(data)
