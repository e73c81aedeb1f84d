"""Measure what RESULTS.md reports; every figure is a ratio against a peer in the same run.

Run with ``make bench``; ``make bench LARGE=--large`` adds what needs a store of a million papers
(KG_BENCH_LARGE names where that is kept). Parts whose data are not there say so and are left out.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
RUNS = 7


def seconds(function: Callable[[], object]) -> float:
    """Time one call, garbage collected before."""
    gc.collect()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def paired(
    ours: Callable[[], object], peer: Callable[[], object]
) -> tuple[list[float], list[float]]:
    """Time both in turn, A B A B ..., after one warm-up of each."""
    ours()
    peer()
    a, b = [], []
    for _ in range(RUNS):
        a.append(seconds(ours))
        b.append(seconds(peer))
    return a, b


def forget_lookups() -> None:
    """Empty every remembered look-up, so that a run is like the first of a process."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("kg", "ingest"):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def report(name: str, a: list[float], b: list[float], bar: float) -> None:
    """Print medians and the ratio pair by pair."""
    ratios = [x / y for x, y in zip(a, b, strict=True)]
    print(
        f"{name}: ours {statistics.median(a):.3f} s, peer {statistics.median(b):.3f} s,"
        f" ratio median {statistics.median(ratios):.2f}, worst {max(ratios):.2f} (bar {bar:g})"
    )


def bench_reading(lists: list[Path]) -> None:
    """All lists in one process into an on-disk store with sync on, against markdown-it-py alone."""
    from markdown_it import MarkdownIt

    from ingest.load import ingest_file
    from kg.sqlite.store import SqliteStore

    texts = [p.read_text(encoding="utf-8") for p in lists]
    parser = MarkdownIt("commonmark").enable("table")

    def ours() -> None:
        forget_lookups()
        with (
            tempfile.TemporaryDirectory() as folder,
            SqliteStore(Path(folder) / "kg.sqlite", create=True) as store,
        ):
            for path in lists:
                ingest_file(store, path)

    def peer() -> None:
        for text in texts:
            parser.parse(text)

    a, b = paired(ours, peer)
    size = sum(len(t.encode()) for t in texts) / 1e6
    report(
        f"reading {len(lists)} lists ({size:.2f} MB) into a store / markdown-it-py parse", a, b, 3.0
    )

    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteStore(Path(folder) / "kg.sqlite", create=True) as store,
    ):
        for path in lists:
            ingest_file(store, path)

        def again() -> None:
            for path in lists:
                ingest_file(store, path)

        a, b = paired(again, peer)
    report("reading the same lists again, unchanged / markdown-it-py parse", a, b, 1.0)


PAPERS_IN_LARGE = 1_000_000


def bench_changed_list(history: Path, large: Path) -> None:
    """A list that changed, loaded into a store of a million papers and into an empty one.

    The older and the newer version of three real lists in turn, so that every load is a change.
    The large store is made where it is not there yet, which takes some minutes.
    """
    from benchmarks.generated import fill_with_papers
    from ingest.load import ingest_file
    from kg.sqlite.store import SqliteStore

    versions: dict[str, list[Path]] = {}
    for path in sorted(history.glob("*.md")):
        versions.setdefault(path.name.split("@")[0], []).append(path)
    if not large.exists():
        part = large.with_suffix(".part")
        with SqliteStore(part, create=True) as store:
            print(f"filling {large} with {PAPERS_IN_LARGE:,} generated papers ...", flush=True)
            took = seconds(lambda: fill_with_papers(store, PAPERS_IN_LARGE))
            print(f"... {took:.0f} s")
        part.rename(large)
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteStore(large) as million,
        SqliteStore(Path(folder) / "kg.sqlite", create=True) as empty,
    ):
        turn = [0, 0]
        stores = (million, empty)

        def change(which: int) -> None:
            turn[which] += 1
            for name, files in versions.items():
                ingest_file(stores[which], files[turn[which] % len(files)], name=name)

        a, b = paired(lambda: change(0), lambda: change(1))
    report(
        f"a changed list into a store of {PAPERS_IN_LARGE:,} papers / into an empty one",
        [x / len(versions) for x in a],
        [x / len(versions) for x in b],
        2.0,
    )


def bench_questions(large: Path) -> None:
    """Which models use X, and lineage, in process: a graph of a million papers and a small one.

    The large store also holds 200,000 models and datasets and 600,000 links; the small one a
    hundredth of all.
    """
    import random

    from benchmarks.generated import fill_with_papers, fill_with_things
    from kg.errors import NotFoundError
    from kg.sqlite.store import SqliteStore
    from queries.lineage import follow
    from queries.training import find_models_using

    things = PAPERS_IN_LARGE // 10
    with tempfile.TemporaryDirectory() as folder, SqliteStore(large) as million:
        if not million.find_entities("Set1data"):
            fill_with_things(million, things, things)
        small = SqliteStore(Path(folder) / "kg.sqlite", create=True)
        fill_with_papers(small, PAPERS_IN_LARGE // 100)
        fill_with_things(small, things // 100, things // 100)
        for name, store, size in (("1/100", small, things // 100), ("whole", million, things)):
            random_ = random.Random(7)
            find_models_using(store, "Set1data")  # counts are kept from here on
            asked = {
                "few users": [f"Set{random_.randrange(size // 2, size)}data" for _ in range(200)],
                "many users": [f"Set{n}data" for n in range(40)],
            }
            for label, names in asked.items():
                times, users = [], []
                for dataset in names:
                    start = time.perf_counter()
                    try:
                        found = find_models_using(store, dataset)
                    except NotFoundError:
                        continue
                    times.append((time.perf_counter() - start) * 1000)
                    users.append(len(found.answers))
                print(
                    f"which models use X, {name} graph, {label} (median {statistics.median(users):.0f}):"
                    f" median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms (bar 5 ms)"
                )
            times = []
            for n in range(size // 2, size // 2 + 100):
                (model, *_) = store.find_entities(f"Mod{n}el-{n % 13}B")
                start = time.perf_counter()
                follow(store, [model.id], up=True, depth=5)
                times.append((time.perf_counter() - start) * 1000)
            print(
                f"lineage up, depth 5, {name} graph: median {statistics.median(times):.1f} ms,"
                f" worst {max(times):.1f} ms"
            )
        small.close()


def bench_ask() -> None:
    """`kg ask` as a whole process on the bundled graph."""
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "kg.sqlite")
        kg = [sys.executable, "-m", "app.cli", "--store", store]
        subprocess.run(
            [*kg, "ingest", str(ROOT / "ingest" / "lists")],
            check=True,
            capture_output=True,
            cwd=ROOT,
        )
        question = [*kg, "ask", "which models use LLaVA-665K"]

        def ours() -> None:
            subprocess.run(question, check=True, capture_output=True, cwd=ROOT)

        def peer() -> None:
            subprocess.run(
                [sys.executable, "-c", "pass"], check=True, capture_output=True, cwd=ROOT
            )

        a, b = paired(ours, peer)
        print(
            f"kg ask as a process: median {statistics.median(a):.3f} s, worst {max(a):.3f} s (bar 0.5 s);"
            f" an empty Python process {statistics.median(b):.3f} s"
        )


def main() -> None:
    """Run everything and print it in the form of RESULTS.md."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    ).stdout.strip()
    print(f"Python {platform.python_version()}, {platform.machine()}, commit {commit or 'unknown'}")
    corpora = ROOT.parent / "shared" / "corpora" / "lists"
    if corpora.is_dir():
        bench_reading(sorted(corpora.glob("*.md")))
    else:
        print("the real lists are not beside the repository; the bundled ones instead")
        bench_reading(sorted((ROOT / "ingest" / "lists").glob("*.md")))
    bench_ask()
    history = corpora / "history"
    if "--large" in sys.argv and history.is_dir():
        large = Path(os.environ.get("KG_BENCH_LARGE", ROOT / "benchmarks" / "million.sqlite"))
        bench_changed_list(history, large)
        bench_questions(large)


if __name__ == "__main__":
    main()
