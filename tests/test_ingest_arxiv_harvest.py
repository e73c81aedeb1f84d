"""A harvest ends with the same records whatever goes wrong on the way, and wherever it is stopped."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from arxiv_server import (
    API_ONLY,
    FAULTS,
    OAI_ONLY,
    TODAY,
    ArxivServer,
    Clock,
    made_papers,
    running,
)
from ingest.arxiv.client import ArxivClient
from ingest.arxiv.harvest import Batch, Cursor, harvest, next_list
from ingest.arxiv.pace import Pace
from ingest.arxiv.records import ArxivRecord, Limits
from kg.errors import HarvestError, InputError

LIMITS = Limits(record_bytes=200_000, page_bytes=3_000_000)
OAI_FAULTS = sorted(set(FAULTS) - API_ONLY)


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with running(ArxivServer(made_papers(40))) as server:
        yield server


@pytest.fixture
def client(tmp_path: Path) -> ArxivClient:
    return quick_client(tmp_path)


def quick_client(folder: Path) -> ArxivClient:
    """A client that waits for nobody, but counts how long it would."""
    clock = Clock()
    return ArxivClient(
        Pace(folder, wall=clock.wall, steady=clock.steady, sleep=clock.sleep),
        tries=4,
        deadline_seconds=0.6,
        limit_bytes=2_000_000,
        allow_private=True,
        wall=clock.wall,
        sleep=clock.sleep,
    )


class Kept:
    """What a consumer keeps: papers by id and the cursor, both of the same moment."""

    def __init__(self, cursor: Cursor) -> None:
        self.papers: dict[str, ArxivRecord] = {}
        self.cursor = cursor.to_json()
        self.rejected = 0
        self.remarks: list[str] = []

    def take(self, batch: Batch) -> None:
        for record in batch.records:
            self.papers[record.id] = replace(record, datestamp=None)
        for gone in batch.deleted:
            self.papers.pop(gone, None)
        self.rejected += len(batch.rejected)
        self.remarks += batch.remarks
        self.cursor = batch.cursor

    def run(self, client: ArxivClient, *, pages: int | None = None) -> HarvestError | None:
        """Harvest until the end, for some pages, or until it stops by itself."""
        try:
            for count, batch in enumerate(
                harvest(Cursor.from_json(self.cursor), client, limits=LIMITS, today=lambda: TODAY),
                1,
            ):
                self.take(batch)
                if batch.is_last or count == pages:
                    break
        except HarvestError as error:
            return error
        return None


def expected(server: ArxivServer) -> set[str]:
    return {p.id for p in server.papers if not p.is_deleted}


def undisturbed(server: ArxivServer, folder: Path, cursor: Cursor) -> dict[str, ArxivRecord]:
    """What a run without faults gives, asked of a server of its own."""
    with running(ArxivServer(server.papers, page=server.page, order=server.order)) as other:
        kept = Kept(replace(cursor, base=other.url("oai")))
        assert kept.run(quick_client(folder)) is None
        return kept.papers


def test_a_harvest_gives_every_paper_and_says_which_are_gone(
    server: ArxivServer, client: ArxivClient
) -> None:
    batches = list(harvest(Cursor(base=server.url("oai")), client, today=lambda: TODAY))
    assert {r.id for b in batches for r in b.records} == expected(server)
    assert {i for b in batches for i in b.deleted} == {p.id for p in server.papers if p.is_deleted}
    assert [b.is_last for b in batches] == [False] * 5 + [True]
    assert not any(b.rejected or b.remarks for b in batches)
    assert Cursor.from_json(batches[-1].cursor).is_done


@pytest.mark.parametrize("format", ["arXiv", "arXivRaw", "oai_dc"])
def test_every_format_gives_the_same_papers(
    server: ArxivServer, client: ArxivClient, format: str
) -> None:
    kept = Kept(Cursor(base=server.url("oai"), format=format))
    assert kept.run(client) is None
    paper = next(p for p in server.papers if p.number == 3 and p.doi and not p.is_deleted)
    record = kept.papers[paper.id]
    assert set(kept.papers) == expected(server)
    assert record.categories == paper.categories
    assert record.dois == (paper.doi,)
    assert record.created == paper.versions[0].date()
    assert [a.name for a in record.authors] == [
        f"{f} {k}".replace("\\H{o}", "ő") for k, f in paper.people
    ]
    if format == "arXivRaw":
        assert [v.submitted for v in record.versions] == list(paper.versions)


@pytest.mark.parametrize("order", ["datestamp", "id"])
@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("fault", OAI_FAULTS)
def test_after_a_fault_the_papers_are_those_of_an_undisturbed_run(
    client: ArxivClient, fault: str, at: int, order: str, tmp_path: Path
) -> None:
    with running(ArxivServer(made_papers(40), order=order)) as server:
        cursor = Cursor(base=server.url("oai"))
        wanted = undisturbed(server, tmp_path, cursor)
        server.break_(fault, at=at)
        kept = Kept(cursor)
        stopped = kept.run(client)
        if stopped is not None:
            assert stopped.cursor
            kept.cursor = stopped.cursor
            assert kept.run(client) is None
        elif Cursor.from_json(kept.cursor).page == 0:  # 'nothing matches': the next run asks again
            assert kept.run(client) is None
        assert kept.papers == wanted


@pytest.mark.parametrize("fault", OAI_FAULTS)
def test_a_fault_that_stays_ends_the_run_with_its_place_or_says_what_was_odd(
    server: ArxivServer, client: ArxivClient, fault: str, tmp_path: Path
) -> None:
    cursor = Cursor(base=server.url("oai"))
    wanted = undisturbed(server, tmp_path, cursor)
    server.break_(fault, at=3, times=500)
    kept = Kept(cursor)
    stopped = kept.run(client)
    assert len(server.asked) < 200
    if stopped is not None:
        assert stopped.cursor
        assert len(kept.papers) >= 11
    server.broken.clear()  # the next day
    kept.cursor = stopped.cursor if stopped else kept.cursor
    if kept.rejected:
        kept.cursor = cursor.to_json()
    assert kept.run(client) is None
    assert kept.papers == wanted


@pytest.mark.parametrize("order", ["datestamp", "id"])
@pytest.mark.parametrize(
    "fault",
    [
        None,
        "all tokens expire",
        "torn XML in an answer that seems whole",
        "429 without Retry-After",
    ],
)
def test_a_run_killed_between_any_two_pages_goes_on_from_what_was_kept(
    fault: str | None, order: str, tmp_path: Path
) -> None:
    for killed_after in range(1, 6):
        with running(ArxivServer(made_papers(40), order=order)) as server:
            cursor = Cursor(base=server.url("oai"))
            kept = Kept(cursor)
            kept.run(quick_client(tmp_path), pages=killed_after)
            if fault:
                server.break_(fault, at=killed_after + 1)
            while not Cursor.from_json(kept.cursor).is_done:
                assert kept.run(quick_client(tmp_path), pages=1) is None
            assert set(kept.papers) == expected(server)


def test_the_next_harvest_asks_from_the_day_before_the_list_was_started_and_never_until(
    server: ArxivServer, client: ArxivClient
) -> None:
    kept = Kept(Cursor(base=server.url("oai"), set="cs"))
    kept.run(client)
    before = len(server.asked)
    changed = replace(server.papers[3], title="Changed since", datestamp=TODAY)
    server.papers[3] = changed
    kept.run(client)
    assert server.asked[before][2] == {
        "verb": "ListRecords",
        "metadataPrefix": "arXiv",
        "set": "cs",
        "from": str(TODAY - datetime.timedelta(days=1)),
    }
    assert kept.papers[changed.id].title == "Changed since"
    assert not any("until" in asked for _, _, asked in server.asked)


def test_a_paper_that_changes_while_the_list_is_read_is_in_the_next_list(
    server: ArxivServer, client: ArxivClient
) -> None:
    kept = Kept(Cursor(base=server.url("oai")))
    kept.run(client, pages=3)
    server.papers[0] = replace(server.papers[0], title="Changed meanwhile", datestamp=TODAY)
    kept.run(client)
    kept.run(client)
    assert kept.papers[server.papers[0].id].title == "Changed meanwhile"


def test_a_token_lost_in_an_ordered_list_costs_only_the_days_from_the_last_finished_one(
    server: ArxivServer, client: ArxivClient
) -> None:
    kept = Kept(Cursor(base=server.url("oai")))
    kept.run(client, pages=4)
    last = Cursor.from_json(kept.cursor).last_datestamp
    server.break_("all tokens expire", at=5)
    kept.run(client)
    assert server.asked[5][2]["from"] == last
    assert "started anew" in kept.remarks[0]


def test_a_token_lost_in_a_list_out_of_order_costs_the_list(client: ArxivClient) -> None:
    with running(ArxivServer(made_papers(40), order="id")) as server:
        kept = Kept(Cursor(base=server.url("oai")))
        kept.run(client, pages=4)
        server.break_("all tokens expire", at=5)
        kept.run(client)
        assert "from" not in server.asked[5][2]
        assert set(kept.papers) == expected(server)


def test_a_full_page_without_a_token_is_not_the_end_of_what_changed_since(
    server: ArxivServer, client: ArxivClient, tmp_path: Path
) -> None:
    kept = Kept(Cursor(base=server.url("oai")))
    kept.run(client)
    server.papers = [replace(p, title=f"{p.title} now", datestamp=TODAY) for p in server.papers]
    server.break_("the token is missing", at=len(server.asked) + 1, times=3)
    kept.run(client)
    assert "ends without saying that it does" in kept.remarks[0]
    kept.run(client)
    assert all(kept.papers[i].title.endswith(" now") for i in expected(server))


def test_nothing_new_is_a_normal_end(server: ArxivServer, client: ArxivClient) -> None:
    (batch,) = harvest(
        Cursor(base=server.url("oai"), since="2026-12-01"), client, today=lambda: TODAY
    )
    assert batch.is_last
    assert not batch.records
    cursor = Cursor.from_json(batch.cursor)
    assert cursor.is_done
    assert next_list(cursor, TODAY).since == "2026-12-01"


def test_a_server_whose_clock_runs_ahead_makes_no_day_skipped() -> None:
    done = Cursor(started="2031-01-01T00:00:00Z", is_done=True)
    assert next_list(done, TODAY).since == str(TODAY - datetime.timedelta(days=1))


def test_a_wrong_format_or_argument_is_told_as_ours(
    server: ArxivServer, client: ArxivClient
) -> None:
    server.break_("badArgument", times=9)
    with pytest.raises(InputError, match="badArgument"):
        list(harvest(Cursor(base=server.url("oai")), client))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"page": "3"}',
        '{"token": 3}',
        '{"format": "pdf"}',
        '{"since": "x"}',
        '{"x": 1}',
    ],
)
def test_a_cursor_that_was_changed_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Cursor.from_json(text)


def test_a_cursor_says_everything_in_its_json() -> None:
    cursor = Cursor(set="cs", token="t|1", page=3, seen=21, last_datestamp="2024-01-01")
    assert Cursor.from_json(cursor.to_json()) == cursor
    assert json.loads(cursor.to_json())["token"] == "t|1"


def test_there_are_far_more_than_thirty_faults() -> None:
    assert len(FAULTS) > 80
    assert len(OAI_FAULTS) > 70
    assert set(FAULTS) >= OAI_ONLY | API_ONLY


def test_recorded_pages_of_a_real_harvest_are_harvested_whole(
    shared: Path, client: ArxivClient
) -> None:
    import gzip
    import re

    pages = [
        gzip.decompress(path.read_bytes())
        for path in sorted((shared / "corpora/arxiv/oai/harvest_cs_2016").glob("00*.xml.gz"))[:4]
    ]
    last = re.sub(rb"(<resumptionToken)[^>]*>[^<]*<", rb"\1><", pages[-1])
    pages = [re.sub(rb" completeListSize=\"\d+\"", b"", page) for page in [*pages[:-1], last]]

    class Recorded(ArxivServer):
        def oai(self, asked: dict[str, str], change: Callable[..., object] | None = None) -> str:
            offset = asked.get("resumptionToken", "|1").partition("|")[2]
            return pages[int(offset) // 1000].decode()

    with running(Recorded([])) as server:
        kept = Kept(Cursor(base=server.url("oai"), set="cs"))
        server.break_("torn XML in an answer that seems whole", at=2)
        server.break_("a reset in the middle of the body", at=4)
        with contextlib.suppress(HarvestError):
            client.limit_bytes = 8_000_000
            client.deadline_seconds = 20
            kept_limits = Limits()
            for batch in harvest(Cursor.from_json(kept.cursor), client, limits=kept_limits):
                kept.take(batch)
    assert len(kept.papers) == 4000
    assert not kept.rejected
