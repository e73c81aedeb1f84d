"""The graph in the formats of other programs: CSV and GraphML, safe for any text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from kg.model import JsonValue

_NOT_XML = re.compile("[^\x09\x0a\x0d\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def csv_cell(text: str) -> str:
    """Return a cell that a spreadsheet takes as text, never as a formula.

    Cells that begin with ``= + - @``, a tab or a carriage return get an apostrophe in front
    (OWASP, CSV Injection).

    Examples
    --------
    >>> csv_cell("=HYPERLINK(1)"), csv_cell("LLaVA")
    ("'=HYPERLINK(1)", 'LLaVA')
    """
    text = text.replace("\x00", "")
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def iter_claims_csv(records: Iterable[dict[str, JsonValue]]) -> Iterator[str]:
    """Yield claim records (of `queries.export`) as the lines of a CSV file, header first."""
    columns = (
        "subject", "subject_kind", "subject_id", "relation", "object", "object_kind", "object_id",
        "attributes", "stance", "confidence", "source", "line", "quote",
    )  # fmt: skip
    yield _csv_line(columns)
    for record in records:
        subject, target = record["subject"], record["object"]
        if not isinstance(subject, dict) or not isinstance(target, dict):
            continue
        yield _csv_line(
            (
                str(subject["name"]), str(subject["kind"]), str(subject["id"]), str(record["relation"]),
                str(target["name"] or ""), str(target["kind"] or ""), str(target["id"] or ""),
                json.dumps(record["attributes"], ensure_ascii=False), str(record["stance"]), str(record["confidence"]),
                str(record["source"]), str(record["line"]), str(record["quote"]),
            )
        )  # fmt: skip


def _csv_line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    # With both line ends as terminator the writer quotes every cell that holds one of them.
    csv.writer(buffer, lineterminator="\r\n").writerow([csv_cell(c) for c in cells])
    return buffer.getvalue().removesuffix("\r\n")


def iter_graphml(
    entities: Iterable[dict[str, JsonValue]], claims: Iterable[dict[str, JsonValue]]
) -> Iterator[str]:
    """Yield entity and claim records as the lines of a GraphML file.

    Characters that XML 1.0 does not allow are left out.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    for key, element in (
        ("name", "node"),
        ("kind", "node"),
        ("relation", "edge"),
        ("attributes", "edge"),
        ("source", "edge"),
        ("line", "edge"),
    ):
        yield f'  <key id="{key}" for="{element}" attr.name="{key}" attr.type="string"/>'
    yield '  <graph edgedefault="directed">'
    for entity in entities:
        yield f"    <node id={_attribute(str(entity['id']))}>{_data('name', entity['name'])}{_data('kind', entity['kind'])}</node>"
    for claim in claims:
        subject, target = claim["subject"], claim["object"]
        if not isinstance(subject, dict) or not isinstance(target, dict) or target["id"] is None:
            continue
        attributes = json.dumps(claim["attributes"], ensure_ascii=False)
        yield (
            f"    <edge source={_attribute(str(subject['id']))} target={_attribute(str(target['id']))}>"
            f"{_data('relation', claim['relation'])}{_data('attributes', attributes)}"
            f"{_data('source', claim['source'])}{_data('line', claim['line'])}</edge>"
        )
    yield "  </graph>"
    yield "</graphml>"


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("", text))


def _data(key: str, value: JsonValue) -> str:
    return f'<data key="{key}">{escape(_NOT_XML.sub("", str(value)))}</data>'
