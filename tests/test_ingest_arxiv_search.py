"""Searches end with the same papers whatever the API does, and say what did not come."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arxiv_server import API_ONLY, FAULTS, OAI_ONLY, ArxivServer, Clock, made_papers, running
from ingest.arxiv.client import ArxivClient
from ingest.arxiv.feeds import read_atom
from ingest.arxiv.harvest import Batch
from ingest.arxiv.pace import Pace
from ingest.arxiv.records import ArxivRecord
from ingest.arxiv.search import SearchCursor, fetch_ids, record_of, search_windows, window_key
from kg.errors import HarvestError, InputError

arxiv = pytest.importorskip("arxiv")
logging.getLogger("arxiv").setLevel(logging.ERROR)

SINCE = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
UNTIL = datetime.datetime(2024, 1, 14, tzinfo=datetime.UTC)
API_FAULTS = sorted(set(FAULTS) - OAI_ONLY)


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with running(ArxivServer(made_papers(40))) as server:
        yield server


@pytest.fixture
def client(tmp_path: Path) -> ArxivClient:
    clock = Clock()
    return ArxivClient(
        Pace(tmp_path, wall=clock.wall, steady=clock.steady, sleep=clock.sleep),
        tries=3,
        deadline_seconds=0.6,
        limit_bytes=2_000_000,
        allow_private=True,
        wall=clock.wall,
        sleep=clock.sleep,
    )


def search(
    server: ArxivServer, client: ArxivClient, cursor: str | None = None, **given: Any
) -> Iterator[Batch]:
    return search_windows(
        "cat:cs.CV",
        SINCE,
        UNTIL,
        client=client,
        cursor=SearchCursor.from_json(cursor) if cursor else None,
        base=server.url("api"),
        **{"page": 5, **given},
    )


def papers(batches: list[Batch]) -> dict[str, ArxivRecord]:
    return {record.id: record for batch in batches for record in batch.records}


def wanted(server: ArxivServer) -> set[str]:
    return {p.id for p in server.papers if not p.is_deleted and SINCE <= p.versions[0] <= UNTIL}


def test_a_search_gives_every_paper_of_the_time_with_its_first_and_latest_version(
    server: ArxivServer, client: ArxivClient
) -> None:
    found = papers(list(search(server, client)))
    assert set(found) == wanted(server)
    paper = next(p for p in server.papers if p.number == 3 and p.id in found)
    assert [(v.number, v.submitted) for v in found[paper.id].versions] == [
        (1, paper.versions[0]),
        (3, paper.versions[-1]),
    ]


def test_what_the_package_gives_is_what_our_own_reader_reads(server: ArxivServer) -> None:
    answer = server.api({"search_query": "all:x", "max_results": "40"}).body
    results = arxiv._feed.parse(answer).results
    assert tuple(record_of(r) for r in results) == read_atom(answer).records


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("fault", API_FAULTS)
def test_after_a_fault_a_search_has_the_papers_of_an_undisturbed_one(
    server: ArxivServer, client: ArxivClient, fault: str, at: int
) -> None:
    server.break_(fault, kind="api", at=at)
    expected = {window_key(("202401010000", "202401072359")): 20}
    found: dict[str, ArxivRecord] = {}
    rejected = 0
    try:
        for batch in search(server, client, expected=expected):
            found |= papers([batch])
            rejected += len(batch.rejected)
    except HarvestError as stopped:
        found |= papers(list(search(server, client, stopped.cursor)))
    assert set(found) == wanted(server)
    assert not rejected


@pytest.mark.parametrize("fault", API_FAULTS)
def test_a_fault_that_stays_ends_a_search_with_its_place_or_is_told(
    server: ArxivServer, client: ArxivClient, fault: str
) -> None:
    server.break_(fault, kind="api", at=3, times=500)
    batches: list[Batch] = []
    expected = {window_key(("202401080000", "202401140000")): 20}
    try:
        batches += search(server, client, expected=expected)
    except HarvestError as stopped:
        assert len(papers(batches)) >= 10
        server.broken.clear()
        batches += search(server, client, stopped.cursor)
        assert set(papers(batches)) == wanted(server)
    else:
        told = any(batch.remarks or batch.rejected for batch in batches)
        assert told or set(papers(batches)) == wanted(server)
    assert len(server.asked) < 300


def test_a_search_stopped_behind_any_page_goes_on_from_there(
    server: ArxivServer, client: ArxivClient
) -> None:
    for pages in range(1, 9):
        first = [batch for batch, _ in zip(search(server, client), range(pages), strict=False)]
        rest = list(search(server, client, first[-1].cursor))
        assert set(papers(first + rest)) == wanted(server)


def test_results_that_came_twice_before_a_search_was_stopped_do_not_stand_for_others(
    server: ArxivServer, client: ArxivClient
) -> None:
    server.break_("entries twice in a page", kind="api")
    first = next(iter(search(server, client)))
    rest = list(search(server, client, first.cursor))
    assert set(papers([first, *rest])) == wanted(server)


def test_a_window_with_too_many_results_is_halved(server: ArxivServer, client: ArxivClient) -> None:
    found = papers(list(search(server, client, window_limit=6)))
    assert set(found) == wanted(server)
    assert max(int(asked["start"]) for _, _, asked in server.asked) < 6


def test_no_results_where_there_were_some_is_asked_again_at_the_end_and_told(
    server: ArxivServer, client: ArxivClient
) -> None:
    expected = {window_key(("202401010000", "202401072359")): 20}
    server.break_("no results at all", kind="api", times=1)
    batches = list(search(server, client, expected=expected))
    assert set(papers(batches)) == wanted(server)
    server.broken.clear()
    server.papers = [p for p in server.papers if p.versions[0] > SINCE + datetime.timedelta(days=7)]
    batches = list(search(server, client, expected=expected))
    assert any("suspect" in remark for batch in batches for remark in batch.remarks)


def test_a_question_that_arxiv_does_not_understand_is_ours_to_mend(
    server: ArxivServer, client: ArxivClient
) -> None:
    with pytest.raises(InputError):
        list(fetch_ids(["not an id"], client=client, base=server.url("api")))
    with pytest.raises(InputError, match="kept place"):
        list(search_windows("a", SINCE, UNTIL, client=client, cursor=SearchCursor("b", ())))
    with pytest.raises(InputError, match="zone"):
        list(search_windows("a", SINCE.replace(tzinfo=None), UNTIL, client=client))


def test_papers_fetched_by_id_come_with_those_that_did_not(
    server: ArxivServer, client: ArxivClient
) -> None:
    known = [p.id for p in server.papers if not p.is_deleted]
    gone = [p.id for p in server.papers if p.is_deleted]
    (batch,) = fetch_ids([*known, *gone, f"{known[0]}v2"], client=client, base=server.url("api"))
    assert {r.id for r in batch.records} == set(known)
    assert set(batch.missing) == set(gone)
    assert batch.is_last


def test_ids_left_out_once_are_asked_for_again(server: ArxivServer, client: ArxivClient) -> None:
    known = [p.id for p in server.papers if not p.is_deleted]
    server.break_("fewer entries than asked for", kind="api")
    (batch,) = fetch_ids(known, client=client, base=server.url("api"))
    assert len(batch.records) == len(known)
    assert not batch.missing


@pytest.mark.parametrize("fault", ["an entry without a date", "an empty page that claims results"])
def test_an_id_whose_entry_is_damaged_or_left_out_is_not_unknown_to_arxiv(
    server: ArxivServer, client: ArxivClient, fault: str
) -> None:
    known = [p.id for p in server.papers if not p.is_deleted]
    server.break_(fault, kind="api", times=99)
    (batch,) = fetch_ids(known, client=client, base=server.url("api"))
    assert len(batch.records) < len(known)
    assert not batch.missing
    assert "not whole" in batch.remarks[0]


def test_fetching_by_id_goes_on_with_the_ids_that_are_left(
    server: ArxivServer, client: ArxivClient
) -> None:
    server.papers = [replace(p, is_deleted=False) for p in made_papers(230)]
    ids = [p.id for p in server.papers]
    first = next(iter(fetch_ids(ids, client=client, base=server.url("api"))))
    rest = list(fetch_ids(json.loads(first.cursor), client=client, base=server.url("api")))
    assert set(papers([first, *rest])) == set(ids)


def test_there_are_faults_of_the_api_alone() -> None:
    assert set(API_FAULTS) >= API_ONLY
