"""Measure what RESULTS.md reports; every figure is a ratio against a peer in the same run.

Run with ``make bench``; ``make bench LARGE=--large`` adds what needs a store of a million papers
(KG_BENCH_LARGE names where that is kept). Parts whose data are not there say so and are left out.
``make bench LARGE=--neo4j`` compares both stores instead (`benchmarks.stores`), on a hundred thousand
papers, with ``LARGE="--neo4j --large"`` on a million, with ``--plain-driver`` without the extension of
Neo4j's driver, with ``--papers=N`` on so many, with ``--alone`` without the plain driver as a peer. ``LARGE=--harvest`` measures harvests alone
(`benchmarks.harvesting`), ``LARGE="--harvest --large"`` also with a snapshot of a million records.
"""

from __future__ import annotations

import gc
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kg.sqlite.store import SqliteStore
    from queries.networks import Network

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from benchmarks.timing import Turns, seconds  # noqa: E402 - the path comes first

RUNS = 7


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
    """Which models use X, and lineage, in process, beside a networkx graph of the same facts.

    On a graph of a million papers, which also holds 200,000 models and datasets and 600,000 links,
    and on one of ten thousand, which holds a hundredth of all.
    """
    from benchmarks.generated import fill_with_papers, fill_with_things
    from kg.sqlite.store import SqliteStore

    things = PAPERS_IN_LARGE // 10
    with tempfile.TemporaryDirectory() as folder, SqliteStore(large) as million:
        if not million.find_entities("Set1data"):
            fill_with_things(million, things, things)
        with SqliteStore(Path(folder) / "kg.sqlite", create=True) as small:
            fill_with_papers(small, PAPERS_IN_LARGE // 100)
            fill_with_things(small, things // 100, things // 100)
            few = _time_questions(small, PAPERS_IN_LARGE // 100)
        many = _time_questions(million, PAPERS_IN_LARGE)
    print("growth of the median from ten thousand to a million papers:")
    for what, large_one in many.items():
        was, now = 1000 * few[what], 1000 * large_one
        print(f"  {what}: {was:.3f} ms to {now:.3f} ms, {now / was:.1f} times")


def _time_questions(store: SqliteStore, papers: int) -> dict[str, float]:
    """Ask one store and the networkx graph of the same facts in turn; return our medians."""
    from kg.model import Property
    from queries.lineage import follow
    from queries.papers import find_values
    from queries.stats import get_stats
    from queries.training import find_models_using

    size = papers // 10
    find_models_using(store, "Set1data")  # counts of the whole store are kept from here on
    before = _resident()
    start = time.perf_counter()
    network = _network(papers, size)
    took = time.perf_counter() - start
    print(
        f"{papers:,} papers: a networkx graph of {network.number_of_nodes():,} nodes and"
        f" {network.number_of_edges():,} edges takes {took:.0f} s to build in every process and"
        f" {(_resident() - before) / 1e6:,.0f} MB",
        flush=True,
    )
    # The peer's millions of objects would be walked by the garbage collector in our turn.
    gc.collect()
    gc.freeze()
    random_ = random.Random(7)
    asked = {
        "few users": [f"Set{random_.randrange(size // 2, size)}data" for _ in range(200)],
        "many users": [f"Set{n}data" for n in range(40)],
    }
    medians: dict[str, float] = {}
    for label, names in asked.items():
        ours, theirs, whole = Turns(), Turns(), Turns()
        users, through = 0, 0
        most = 0
        for dataset in (name for name in names if name in network):
            found = ours.time(lambda name=dataset: find_models_using(store, name))
            indirect = whole.time(lambda found=found: len(found.indirect))
            known = theirs.time(lambda name=dataset: _users_in(network, name))
            users, through = users + len(found.answers), through + indirect
            most = max(most, len(found.answers))
            if [a.name for a in found.answers] != [name for name, _ in known]:
                raise SystemExit(f"users of {dataset} differ from those in networkx")
        what = f"which models use X, {label}"
        medians[what] = statistics.median(ours.wall)
        medians[f"{what}, for each of them"] = sum(ours.wall) / users
        print(f"{what} (mean {users / len(ours.wall):.0f}, most {most}), bar 5 ms:")
        _report_ms("the models that use it as it is", ours, theirs)
        print(
            f"    {1e6 * sum(ours.cpu) / users:.0f} us of processor a direct answer,"
            f" {sum(ours.cpu) / sum(theirs.cpu):.1f} times networkx"
        )
        if through:
            _report_ms(f"then {through} in all through other data", whole)
            print(f"    {1e6 * sum(whole.cpu) / through:.0f} us of processor each")
    ours, theirs = Turns(), Turns()
    for n in range(size // 2, size // 2 + 100):
        name = f"Mod{n}el-{n % 13}B"
        (model, *_) = store.find_entities(name)
        steps = ours.time(lambda model=model: follow(store, [model.id], up=True, depth=5))
        reached = theirs.time(lambda name=name: _origins_in(network, name, 5))
        if [s.end.name for s in steps] != reached:
            raise SystemExit(f"lineage of {name} differs from that in networkx")
    medians["lineage up, depth 5"] = statistics.median(ours.wall)
    print("lineage up, depth 5:")
    _report_ms("every origin with its path and lines", ours, theirs)
    (paper,) = store.find_entities("arXiv:3001.00500")
    find_values(store, paper, Property.ARXIV)
    ours = Turns()
    for _ in range(100):
        ours.time(lambda: find_values(store, paper, Property.ARXIV))
    medians["arXiv id of a paper"] = statistics.median(ours.wall)
    _report_ms("arXiv id of a paper", ours)
    ours = Turns()
    for _ in range(3):
        ours.time(lambda: get_stats(store))
    medians["kg stats"] = statistics.median(ours.wall)
    _report_ms("kg stats", ours)
    gc.unfreeze()
    return medians


def _report_ms(what: str, ours: Turns, theirs: Turns | None = None) -> None:
    print(
        f"    {what}: {_median_and_worst(ours)}"
        + (f"; networkx {_median_and_worst(theirs)}" if theirs else ""),
        flush=True,
    )


def _median_and_worst(turns: Turns) -> str:
    wall, cpu = turns.wall, turns.cpu
    return (
        f"median {1000 * statistics.median(wall):.2f} ms, worst {1000 * max(wall):.2f} ms (of the"
        f" processor {1000 * statistics.median(cpu):.2f}, {1000 * max(cpu):.2f})"
    )


def _network(papers: int, things: int) -> Network:
    """Build a networkx graph of what the generated store holds, each node under its name."""
    import networkx

    from benchmarks.generated import iter_papers, iter_things

    network: Network = networkx.MultiDiGraph()
    for claim in iter_papers(papers):
        network.add_node(claim.subject.text, kind="paper")
        network.nodes[claim.subject.text][str(claim.predicate)] = claim.values["text"]
    for claim in iter_things(things, things):
        if claim.object is None:
            continue
        for end in (claim.subject, claim.object):
            network.add_node(end.text, kind=str(end.kind))
        network.add_edge(
            claim.subject.text,
            claim.object.text,
            relation=str(claim.predicate),
            line=claim.line,
            quote=claim.quote,
            **claim.qualifiers,
        )
    return network


def _users_in(network: Network, dataset: str) -> list[tuple[str, dict[str, Any]]]:
    found = [
        (model, said)
        for model, _, said in network.in_edges(dataset, data=True)
        if said["relation"] == "TRAINED_ON"
    ]
    return sorted(found, key=lambda f: f[0].casefold())


def _origins_in(network: Network, start: str, depth: int) -> list[str]:
    seen, layer, found = {start}, [start], list[str]()
    for _ in range(depth):
        reached = {
            origin: said
            for thing in layer
            for _, origin, said in network.out_edges(thing, data=True)
            if said["relation"] == "DERIVED_FROM" and origin not in seen
        }
        seen |= set(reached)
        layer = list(reached)
        found += layer
    return found


def _resident() -> int:
    """Bytes of memory that this process holds at present."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


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
    if "--neo4j" in sys.argv:
        from benchmarks.stores import PAPERS, bench_stores

        papers = PAPERS_IN_LARGE if "--large" in sys.argv else PAPERS
        named = [int(a.partition("=")[2]) for a in sys.argv if a.startswith("--papers=")]
        bench_stores(*(named or [papers]))
        return
    from benchmarks.harvesting import bench_harvests

    if "--harvest" in sys.argv:
        bench_harvests(is_large="--large" in sys.argv)
        return
    corpora = ROOT.parent / "shared" / "corpora" / "lists"
    if corpora.is_dir():
        bench_reading(sorted(corpora.glob("*.md")))
    else:
        print("the real lists are not beside the repository; the bundled ones instead")
        bench_reading(sorted((ROOT / "ingest" / "lists").glob("*.md")))
    bench_ask()
    bench_harvests(is_large="--large" in sys.argv)
    history = corpora / "history"
    if "--large" in sys.argv and history.is_dir():
        large = Path(os.environ.get("KG_BENCH_LARGE", ROOT / "benchmarks" / "million.sqlite"))
        bench_changed_list(history, large)
        bench_questions(large)


if __name__ == "__main__":
    main()
