"""Real lists that changed: an older version, then the newer one under the same name.

The lists lie in ../shared and are read where they lie; without them these tests skip.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.load import ingest_bytes, ingest_file
from kg.store import LoadReport, Store
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)

PAIRS = [
    ("Zjh-819__LLMDataHub__README", "2023-04-23", "2023-07-13"),
    ("eugeneyan__open-llms__README", "2023-05-16", "2023-11-02"),
    ("patrick-tssn__Awesome-Colorful-LLM__Vision__Video", "2023-08-16", "2024-03-21"),
]
"""A list and two dates of its history."""


def versions(shared: Path, pair: tuple[str, str, str]) -> tuple[Path, Path]:
    name, *dates = pair
    older, newer = (shared / "corpora/lists/history" / f"{name}@{date}.md" for date in dates)
    if not (older.is_file() and newer.is_file()):
        pytest.skip(f"no history of {name} in ../shared")
    return older, newer


def exported(store: Store) -> list[str]:
    kinds = (iter_claim_records, iter_property_records, iter_entity_records)
    return [to_json_line(record) for export in kinds for record in export(store)]


def without_ids(lines: list[str]) -> list[str]:
    """Return exports in which every id is the name of its thing: which id came first is history."""
    return sorted(re.sub(r'"id": "[^"]*", ', "", line) for line in lines)


def said(store: Store) -> Counter[str]:
    """Count what the current claims say, wherever they stand and whatever they resolve to."""

    def statements() -> Iterator[str]:
        for record in (*iter_claim_records(store), *iter_property_records(store)):
            for end in ("subject", "object"):
                if end in record:
                    written = record[end]
                    assert isinstance(written, dict)
                    record[end] = [written["kind"], written["as_written"]]
            for place in ("source", "line", "quote", "extractor", "confidence"):
                del record[place]
            yield json.dumps(record, sort_keys=True)

    return Counter(statements())


@pytest.mark.parametrize("pair", PAIRS, ids=[p[0] for p in PAIRS])
def test_a_newer_version_leaves_the_graph_of_the_newer_version_alone(
    store: Store, pair: tuple[str, str, str], shared: Path, tmp_path: Path
) -> None:
    older, newer = versions(shared, pair)
    ingest_file(store, older, name="list")
    ingest_file(store, newer, name="list")
    from kg.store import open_store

    alone = open_store(str(tmp_path / "alone.sqlite"), create=True)
    ingest_file(alone, newer, name="list")
    assert without_ids(exported(store)) == without_ids(exported(alone))
    alone.close()


@pytest.mark.parametrize("pair", PAIRS, ids=[p[0] for p in PAIRS])
def test_the_difference_told_is_the_difference_of_the_exports(
    store: Store, pair: tuple[str, str, str], shared: Path
) -> None:
    older, newer = versions(shared, pair)
    ingest_file(store, older, name="list")
    before = said(store)
    diff = ingest_file(store, newer, name="list").diff
    after = said(store)
    assert diff.added + diff.edited == (after - before).total() > 0
    assert diff.withdrawn + diff.edited == (before - after).total() > 0
    assert diff.unchanged == (after & before).total() > 0
    told = Counter(change.what for change in diff.changes)
    assert (told["added"], told["edited"], told["withdrawn"]) == (
        diff.added,
        diff.edited,
        diff.withdrawn,
    )


def test_nothing_is_left_of_a_wrong_arxiv_link_that_was_corrected(
    store: Store, shared: Path
) -> None:
    older, newer = versions(shared, PAIRS[1])
    ingest_file(store, older, name="list")
    assert any("2304.04165" in line for line in exported(store))
    (wrong,) = store.find_entities("2304.04165", None)
    ingest_file(store, newer, name="list")
    assert not any("2304.04165" in line for line in exported(store))
    (right,) = store.find_entities("2204.06745")
    assert right.id == "paper:arxiv:2204.06745"
    assert [e.id for e in store.find_entities(wrong.id)] == [right.id]


@pytest.mark.parametrize("pair", PAIRS, ids=[p[0] for p in PAIRS])
def test_going_back_to_the_older_version_gives_the_older_export_again(
    store: Store, pair: tuple[str, str, str], shared: Path
) -> None:
    older, newer = versions(shared, pair)
    ingest_file(store, older, name="list")
    before = exported(store)
    ingest_file(store, newer, name="list")
    ingest_file(store, older, name="list")
    assert exported(store) == before


@pytest.mark.parametrize("pair", PAIRS, ids=[p[0] for p in PAIRS])
def test_a_line_on_top_changes_line_numbers_only(
    store: Store, pair: tuple[str, str, str], shared: Path
) -> None:
    _, newer = versions(shared, pair)
    data = newer.read_bytes()
    load_text(store, data)
    before = exported(store)
    report = load_text(store, b"\n" + data)
    assert report.diff.is_empty
    line = re.compile(r'"line": \d+')
    shifted = sorted(line.sub("", x) for x in exported(store))
    assert shifted == sorted(line.sub("", x) for x in before)


def load_text(store: Store, data: bytes) -> LoadReport:
    from ingest.from_markdown import read_list

    return ingest_bytes(store, "list", data, "markdown", read_list)
