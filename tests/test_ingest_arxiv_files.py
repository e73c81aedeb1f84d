"""Saved pages and snapshots are read in batches, from wherever an earlier run stopped."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from arxiv_server import atom_entry, atom_page, made_papers, oai_page, oai_record, snapshot_line
from ingest.arxiv.files import FileCursor, harvest_files
from ingest.arxiv.harvest import Batch
from ingest.arxiv.records import Limits
from kg.errors import InputError

PAPERS = made_papers(60)
LIVE = [p for p in PAPERS if not p.is_deleted]


@pytest.fixture(params=["lines", "lines.gz", "xml", "xml.gz", "several members.gz"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of each kind, with a damaged record in its middle."""
    if "xml" in request.param:
        texts = [oai_record(p, "arXivRaw") for p in PAPERS]
        texts.insert(30, "<record><header><identifier>x</identifier></header></record>\n")
        content = oai_page(f"<ListRecords>\n{''.join(texts)}</ListRecords>\n").encode()
    else:
        lines = [snapshot_line(p) for p in LIVE]
        lines.insert(30, '{"id": "x"}')
        content = "\n".join(lines).encode()
    if request.param.startswith("several"):
        half = len(content) // 2
        content = gzip.compress(content[:half]) + gzip.compress(content[half:]) + b"\0" * 512
    elif request.param.endswith("gz"):
        content = gzip.compress(content)
    path = tmp_path / "saved"
    path.write_bytes(content)
    return path


def ids(batches: list[Batch]) -> list[str]:
    return [record.id for batch in batches for record in batch.records]


def test_a_file_is_read_whole_with_its_damage_counted(saved: Path) -> None:
    batches = list(harvest_files([saved], batch_records=7))
    assert ids(batches) == [p.id for p in LIVE]
    assert [r.line for b in batches for r in b.rejected if r.line > 1]
    assert sum(len(b.rejected) for b in batches) == 1
    assert [b.is_last for b in batches] == [False] * (len(batches) - 1) + [True]
    assert max(len(b.records) for b in batches) <= 8


def test_reading_goes_on_behind_any_batch(saved: Path) -> None:
    whole = list(harvest_files([saved], batch_records=7))
    for stop in range(1, len(whole)):
        cursor = FileCursor.from_json(whole[stop - 1].cursor)
        rest = list(harvest_files([saved], cursor, batch_records=7))
        assert ids(whole[:stop] + rest) == ids(whole)
        assert [r for b in rest for r in b.rejected] == [
            r for b in whole[stop:] for r in b.rejected
        ]


def test_files_that_are_done_are_left_out_until_they_change(saved: Path) -> None:
    last = list(harvest_files([saved]))[-1]
    cursor = FileCursor.from_json(last.cursor)
    assert list(harvest_files([saved], cursor)) == []
    other = saved.with_name("other")
    other.write_text(snapshot_line(LIVE[0]))
    assert ids(list(harvest_files([saved, other], cursor))) == [LIVE[0].id]
    saved.write_text(snapshot_line(LIVE[1]))
    assert ids(list(harvest_files([saved], cursor))) == [LIVE[1].id]


def test_an_answer_of_the_api_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "answer"
    path.write_text(atom_page("".join(map(atom_entry, LIVE)), 60, 0))
    assert ids(list(harvest_files([path]))) == [p.id for p in LIVE]


def test_a_line_that_is_too_long_is_rejected_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    long = '{"id": "' + "9" * 3_000_000 + '"}'
    path.write_text(f"{snapshot_line(LIVE[0])}\n{long}\n\n{snapshot_line(LIVE[1])}\n")
    (batch,) = harvest_files([path], limits=Limits(record_bytes=100_000))
    assert ids([batch]) == [LIVE[0].id, LIVE[1].id]
    assert [(r.line, "larger" in r.reason) for r in batch.rejected] == [(2, True)]


def test_a_bomb_of_one_line_is_read_through_in_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "bomb"
    good = snapshot_line(LIVE[0]).encode()
    path.write_bytes(gzip.compress(b"{" + b" " * 60_000_000 + b"}\n" + good, 1))
    tracemalloc.start()
    batches = list(harvest_files([path], limits=Limits(record_bytes=1_000_000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ids(batches) == [LIVE[0].id]
    assert peak < 20_000_000


def test_a_bomb_of_a_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(b"<OAI-PMH >" + b" " * 5_000_000))
    with pytest.raises(InputError, match="larger than"):
        list(harvest_files([path], limits=Limits(page_bytes=1_000_000)))


@pytest.mark.parametrize("how", ["ends early", "is damaged"])
def test_gzip_that_breaks_off_gives_what_came_before_it_and_says_so(
    tmp_path: Path, how: str
) -> None:
    path = tmp_path / "broken"
    content = gzip.compress("\n".join(map(snapshot_line, LIVE * 20)).encode())
    middle = len(content) // 2
    path.write_bytes(content[:middle] + (b"" if how == "ends early" else b"\xff" * 64))
    batches: list[Batch] = []
    with pytest.raises(InputError, match="gzip"):
        batches.extend(harvest_files([path], batch_records=10))
    assert len(ids(batches)) > 50


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"<html><body>x</body></html>", b"id,title\n"]
)
def test_a_file_that_is_none_of_the_formats_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(InputError, match="none of what is read"):
        list(harvest_files([path]))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(harvest_files([tmp_path / "none"]))
