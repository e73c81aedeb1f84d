"""How fast records of arXiv's come into a store, in how much memory, and where the time goes."""

from __future__ import annotations

import gc
import gzip
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.arxiv_reading import iter_snapshot
from benchmarks.timing import load_of_machine

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT.parent / "shared" / "corpora" / "arxiv" / "oai" / "harvest_cs_2016"
NAMES_LOOKED_FOR = 20_000
SNAPSHOT = 1_000_000
RUNS = 7
RUNS_IN_LARGE = 3


def bench_harvests(*, is_large: bool) -> None:
    """Measure harvests: saved pages into a store, and where it is large a snapshot of a million."""
    pages = sorted(PAGES.glob("*.xml.gz"))
    if not pages:
        print("the pages of a harvest are not beside the repository; left out")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared = folder / "names.sqlite"
        prepare(prepared)
        bench_pages("a store of names alone", prepared, pages, folder, RUNS)
        bench_stages(pages, prepared, folder)
        if is_large:
            million = bench_snapshot(prepared, folder)
            bench_pages(f"a store of {SNAPSHOT:,} papers", million, pages, folder, RUNS_IN_LARGE)


def prepare(path: Path) -> None:
    """Make a store whose names are those that are looked for."""
    from benchmarks.generated import iter_dictionary
    from kg.model import Reading
    from kg.sqlite.store import SqliteStore

    with SqliteStore(path, create=True) as store:
        store.load("made-names", "made", "names", Reading(tuple(iter_dictionary(NAMES_LOOKED_FOR))))


def processor_seconds(function: Callable[[], object]) -> float:
    """Time one call in seconds of the processor, garbage collected before."""
    gc.collect()
    start = time.process_time()
    function()
    return time.process_time() - start


def bench_pages(what: str, prepared: Path, pages: list[Path], folder: Path, runs: int) -> None:
    """Records of saved OAI-PMH pages into a store, with names found, and the bare minimum of it.

    The peer takes the pages apart with lxml and inserts the texts of each record's fields into one
    table with its id as the key, in one transaction. Both are measured in seconds of the processor.
    """
    from ingest.arxiv.keep import Harvested, keep_files
    from kg.sqlite.store import SqliteStore

    target = folder / "kg.sqlite"
    ours: list[float] = []
    bare: list[float] = []
    summary = Harvested()

    def kept() -> None:
        with SqliteStore(target) as store:
            keep_files(store, pages, summary=summary)

    for _ in range(runs):
        for beside in ("", "-wal", "-shm"):
            target.with_name(target.name + beside).unlink(missing_ok=True)
        shutil.copy(prepared, target)
        summary = Harvested()
        ours.append(processor_seconds(kept))
        bare.append(processor_seconds(lambda: insert_bare(pages, folder / "bare.sqlite")))
    target.unlink()
    ratios = [a / b for a, b in zip(ours, bare, strict=True)]
    rate = summary.records / statistics.median(ours)
    print(
        f"{summary.records:,} records ({summary.new:,} new) into {what}, {NAMES_LOOKED_FOR:,} names"
        f" looked for: {rate:,.0f} records a second of the processor (slowest"
        f" {summary.records / max(ours):,.0f}; bar 3,000); ours {statistics.median(ours):.2f} s, lxml"
        f" and bare rows {statistics.median(bare):.2f} s, ratio median {statistics.median(ratios):.2f},"
        f" worst {max(ratios):.2f} (bar 3), {load_of_machine()}"
    )


def insert_bare(pages: list[Path], path: Path) -> None:
    """Take pages apart with lxml and insert the texts of each record's fields into one table."""
    from lxml import etree

    space = "http://arxiv.org/OAI/arXiv/"
    fields = [
        *("id", "created", "updated", "title", "authors", "categories"),
        *("abstract", "comments", "journal-ref", "doi", "license"),
    ]
    with sqlite3.connect(path, isolation_level=None) as file:
        file.execute("DROP TABLE IF EXISTS record")
        columns = "id PRIMARY KEY, created, updated, title, authors, categories, abstract,"
        columns += " comments, journal, doi, licence"
        file.execute(f"CREATE TABLE record ({columns})")
        file.execute("BEGIN")
        for page in pages:
            root = etree.fromstring(gzip.decompress(page.read_bytes()))
            rows = []
            for described in root.iter(f"{{{space}}}arXiv"):
                texts = {field.tag: field.text for field in described}
                authors = described.find(f"{{{space}}}authors")
                texts[f"{{{space}}}authors"] = "; ".join(
                    " ".join(part.text or "" for part in author) for author in authors
                )
                rows.append([texts.get(f"{{{space}}}{of}") for of in fields])
            file.executemany(
                "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )
        file.execute("COMMIT")
    file.close()


def bench_stages(pages: list[Path], prepared: Path, folder: Path) -> None:
    """Say where the time of a harvest goes, each stage by itself and in this order."""
    from xml.parsers import expat

    from ingest.arxiv.keep import SOURCE, paper_record
    from ingest.arxiv.markup import Scan
    from ingest.arxiv.naming import dictionary_of
    from ingest.arxiv.oai import read_oai_page
    from ingest.load import cycles_left_alone
    from kg.sqlite.store import SqliteStore

    texts: list[bytes] = []
    times: dict[str, float] = {}

    def timed(stage: str, function: Callable[[], object]) -> None:
        with cycles_left_alone():  # as a harvest does
            times[stage] = processor_seconds(function)

    timed("gzip", lambda: texts.extend(gzip.decompress(p.read_bytes()) for p in pages))
    timed("expat alone", lambda: [expat.ParserCreate().Parse(t, True) for t in texts])
    timed("elements of records", lambda: [sum(1 for _ in Scan("record").read([t])) for t in texts])
    read = []
    timed("records read", lambda: read.extend(read_oai_page(t).records for t in texts))
    records = []
    timed("records written", lambda: records.extend([paper_record(r) for r in p] for p in read))
    target = Path(shutil.copy(prepared, folder / "stages.sqlite"))
    with SqliteStore(target) as store:
        made = []
        timed("dictionary made", lambda: made.append(dictionary_of(store)))
        found: list[dict[str, list[object]]] = []

        def find() -> None:
            for page in read:
                found.append({r.id: f for r in page if (f := made[0].find(r.title, r.abstract))})

        timed("names found", find)

        def keep() -> None:
            for n, page in enumerate(records):
                store.add_records(SOURCE, page, cursor=str(n), place="x", mentions=found[n])

        timed("store", keep)
    target.unlink()
    told = ", ".join(f"{stage} {took:.2f}" for stage, took in times.items())
    print(
        f"seconds of the processor by stage: {told} ('records read' has in it 'elements of records',"
        f" which has in it 'expat alone'), {load_of_machine()}"
    )


_KEEP = """
import resource, sys, time
from pathlib import Path
from ingest.arxiv.keep import Harvested, keep_files
from kg.sqlite.store import SqliteStore
summary, start, began = Harvested(), time.process_time(), time.perf_counter()
with SqliteStore(sys.argv[1]) as store:
    keep_files(store, [Path(sys.argv[2])], summary=summary)
took, by_clock = time.process_time() - start, time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
status = Path("/proc/self/status")  # what getrusage says on Linux is never less than the parent's
if status.exists():
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024
print(summary.new, summary.rejected, took, by_clock, peak)
"""


def bench_snapshot(prepared: Path, folder: Path) -> Path:
    """Stream a generated snapshot, plain and gzipped, into a store; give the store of the plain one."""
    plain, packed = folder / "snapshot.json", folder / "snapshot.json.gz"
    with plain.open("wb") as file, gzip.open(packed, "wb", compresslevel=1) as other:
        for line in iter_snapshot(SNAPSHOT):
            file.write(line)
            other.write(line)
    stores = {}
    for path in (plain, packed):
        stores[path] = Path(shutil.copy(prepared, folder / f"{path.name}.sqlite"))
        done = subprocess.run(
            [sys.executable, "-c", _KEEP, str(stores[path]), str(path)],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        new, rejected, took, by_clock, peak = done.stdout.split()
        print(
            f"a generated snapshot, {path.name}, {path.stat().st_size / 1e9:.2f} GB: {int(new):,} records"
            f" into a store ({rejected} rejected) in {float(by_clock):.0f} s,"
            f" {int(new) / float(took):,.0f} a second of the processor, peak memory"
            f" {int(peak) / 1e6:.0f} MB (bar 1,074), store {stores[path].stat().st_size / 1e9:.2f} GB,"
            f" {load_of_machine()}",
            flush=True,
        )
    stores[packed].unlink()
    return stores[plain]
