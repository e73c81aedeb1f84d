"""Both stores side by side on one generated graph: what ``run.py --neo4j`` reports.

Needs what tests of Neo4j need (Java, and Maven once), and starts two servers of its own: one holds
the store, the other gets the same nodes and relationships plainly by the driver. So each source is
loaded by ours and by the peer in turn, into databases that have grown by the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.generated import iter_paper_sources, iter_papers, iter_thing_sources
from benchmarks.timing import Turns, load_of_machine, median_and_worst
from kg.model import Claim, Property, Reading, Relation
from kg.store import Store

if TYPE_CHECKING:
    import neo4j

    from kg.neo4j.store import Neo4jStore
    from neo4j_server import Neo4jServer

PAPERS = 100_000
SIZES = (500, 1_000, 2_000, 5_000, 10_000)
"""How many rows may go with one statement: those that are tried."""
PLAIN_AT_ONCE = 10_000
"""How many rows the plain peer gives a statement."""
TRIED_PAPERS = 5_000
"""Papers in the sources with which sizes are tried."""
WARMING_PAPERS, WARMING_SOURCES = 5_000, 5
"""What is loaded before anything is measured."""
ROUNDS = 3
"""How often each size is tried, and the whole exported."""

_JAVA = ("-Xms1g", "-Xmx3g")
_SETTINGS = {"server.memory.pagecache.size": "1g"}

_KEYS = {"Name": "id", "Claim": "id", "Key": "id", "Source": "id", "Load": "n", "Entity": "number"}
"""Label -> the unique property by which the plain peer finds a node."""
_NEW_NODES = (
    ("Source", "MATCH (x:Source) WHERE x.last_load > $load"),
    ("Load", "MATCH (x:Load) WHERE x.n > $load"),
    ("Name", "MATCH (x:Name) WHERE x.id > $name"),
    ("Claim", "MATCH (x:Claim) WHERE x.id > $claim"),
    ("Key", "MATCH (c:Claim) WHERE c.id > $claim MATCH (c)-[:GIVES]->(x:Key)"),
    ("Entity", "MATCH (x:Entity) WHERE x.number > $name"),
)
"""Statements that find what a load has added: constant, but for labels of our own."""
_NEW_RELATIONSHIPS = (
    ("Claim", "Source", "MATCH (a:Claim)-[r:SAID_IN]->(b:Source) WHERE a.id > $claim"),
    ("Claim", "Name", "MATCH (a:Claim)-[r:SUBJECT|OBJECT]->(b:Name) WHERE a.id > $claim"),
    ("Claim", "Key", "MATCH (a:Claim)-[r:GIVES]->(b:Key) WHERE a.id > $claim"),
    ("Load", "Source", "MATCH (a:Load)-[r:OF]->(b:Source) WHERE a.n > $load"),
    ("Name", "Entity", "MATCH (a:Name)-[r:NAME_OF]->(b:Entity) WHERE a.id > $name"),
    ("Entity", "Entity", "MATCH (a:Entity)-[r]->(b:Entity) WHERE r.claims[0] > $claim"),
)


class Measured:
    """A server with a driver of ours and the processor time that it has used."""

    def __init__(self, server: Neo4jServer, driver: neo4j.Driver) -> None:
        self.server = server
        self.driver = driver
        self._clock = os.sysconf("SC_CLK_TCK")
        self._process = _process_of(server.folder)

    def processor_seconds(self) -> float:
        """Return the processor time of the server and of this process together, so far."""
        told = (self._process / "stat").read_text().rpartition(")")[2].split()
        own = os.times()
        return (int(told[11]) + int(told[12])) / self._clock + own.user + own.system

    def ask(self, query: str, **given: Any) -> list[list[Any]]:
        """Ask the database itself."""
        with self.driver.session(database=self.server.database, fetch_size=-1) as session:
            return session.run(query, given).values()


class Timed:
    """What one side took for several pieces of work, in seconds.

    A server works for both sides in turn, so its share is what it used meanwhile.
    """

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def time(self, function: Callable[[], object], measured: Measured | None = None) -> None:
        """Call and note; of the processor with the share of a server, where there is one."""
        turns = Turns()
        before = measured.processor_seconds() if measured else 0.0
        turns.time(function)
        self.wall += turns.wall
        self.cpu += [measured.processor_seconds() - before] if measured else turns.cpu


def _process_of(folder: Path) -> Path:
    """Find a server's entry below /proc by the folder that it was started with."""
    wanted = f"--home-dir={folder}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                given = (entry / "cmdline").read_bytes().split(b"\0")
                if wanted in given and b"--supervise" not in given:
                    return entry
    raise SystemExit("the server's process was not found")


@contextlib.contextmanager
def _server() -> Iterator[Measured]:
    from neo4j_server import disposable_server

    with (
        disposable_server(java_options=_JAVA, settings=_SETTINGS) as server,
        server.connect() as driver,
    ):
        yield Measured(server, driver)


@contextlib.contextmanager
def _store(measured: Measured) -> Iterator[Neo4jStore]:
    """Open a server's store, made where there is none."""
    from kg.neo4j.store import Neo4jStore

    server = measured.server
    with Neo4jStore(server.url, password=server.password, create=True) as store:
        yield store


class Statements:
    """Counts the statements that a store sends, each at least one round trip, and their seconds."""

    def __init__(self, store: Neo4jStore) -> None:
        self.sent: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()
        database: Any = store._database  # a measurement may look behind the contract
        for name in ("ask", "change"):
            setattr(database, name, self._counting(getattr(database, name)))

    def _counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(query: str, **given: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(query, **given)
            finally:
                self.sent[query] += 1
                self.spent[query] += time.perf_counter() - start  # type: ignore[assignment]

        return counted

    def take(self) -> int:
        """Return how many were sent since this was last asked."""
        n = self.sent.total()
        if "--statements" in sys.argv:
            for query, took in self.spent.most_common(12):
                print(f"      {took:6.2f} s {self.sent[query]:4} {query[9:110]}")
        self.sent.clear()
        self.spent.clear()
        return n


def bench_stores(papers: int) -> None:
    """Print everything that is compared, on a graph of so many papers."""
    if "--plain-driver" in sys.argv:
        # The extension is found by import: what cannot be imported is not used.
        sys.modules["neo4j._rust"] = None  # type: ignore[assignment]
    packing: Any = importlib.import_module("neo4j._codec.packstream.v1")

    from kg.sqlite.store import SqliteStore

    print(
        f"{papers:,} papers and {papers // 5:,} things; driver"
        f" {'with' if packing._rust_pack else 'without'} neo4j-rust-ext; {load_of_machine()}",
        flush=True,
    )
    sources = [
        *iter_paper_sources(papers),
        *iter_thing_sources(papers // 10, papers // 10),
    ]
    with contextlib.ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        measured = opened.enter_context(_server())
        ours = opened.enter_context(_store(measured))
        sqlite = opened.enter_context(SqliteStore(Path(folder) / "kg.sqlite", create=True))
        peer = None
        if "--alone" not in sys.argv:
            peer = opened.enter_context(_server())
            with _store(peer):
                pass  # makes the same constraints and indexes
        statements = Statements(ours)
        _warm_up(papers, ours, sqlite, measured, peer)
        _bench_load(sources, ours, sqlite, measured, peer, statements)
        _bench_changed(sources, ours, sqlite, measured, statements)
        _bench_questions(papers // 10, papers, {"Neo4j": ours, "SQLite": sqlite}, statements)
        if papers == PAPERS:
            _bench_sizes(papers, ours, measured)


# -- loading ---------------------------------------------------------------------------------------


def _warm_up(
    papers: int, ours: Store, sqlite: Store, measured: Measured, peer: Measured | None
) -> None:
    """Load a little into all, so that Java has compiled what is measured; none of it is asked for."""
    claims = islice(iter_papers(papers + WARMING_PAPERS), 2 * papers, None)
    known: set[str] = set()
    for turn in range(WARMING_SOURCES):
        part = Reading(tuple(islice(claims, 2 * WARMING_PAPERS // WARMING_SOURCES)))
        before = _last_numbers(measured)
        for store in (ours, sqlite):
            store.load(f"warm:{turn}", "made", f"warm:{turn}", part)
        if peer is not None:
            _create(peer, *_added(measured, before, known))


def _bench_load(
    sources: Sequence[tuple[str, Reading]],
    ours: Store,
    sqlite: Store,
    measured: Measured,
    peer: Measured | None,
    statements: Statements,
) -> None:
    neo4j_, sqlite_, plain = Timed(), Timed(), Timed()
    sizes = []
    known_keys: set[str] = set()
    for name, reading in sources:
        before = _last_numbers(measured)
        statements.take()
        neo4j_.time(lambda n=name, r=reading: ours.load(n, "made", n, r), measured)
        sent = statements.take()
        sqlite_.time(lambda n=name, r=reading: sqlite.load(n, "made", n, r))
        sizes.append(len(reading.claims))
        if peer is None:
            print(
                f"  {name}: {sizes[-1]:,} claims; Neo4j {neo4j_.wall[-1]:.2f} s, SQLite"
                f" {sqlite_.wall[-1]:.2f} s; {load_of_machine()}",
                flush=True,
            )
            continue
        nodes, relationships = _added(measured, before, known_keys)
        plain.time(lambda n=nodes, r=relationships, p=peer: _create(p, n, r), peer)
        rows = sum(map(len, nodes.values())), sum(map(len, relationships.values()))
        print(
            f"  {name}: {sizes[-1]:,} claims, {rows[0]:,} nodes and {rows[1]:,} relationships;"
            f" Neo4j {neo4j_.wall[-1]:.2f} s in {sent} statements, plainly {plain.wall[-1]:.2f} s"
            f" (of all processors {neo4j_.cpu[-1]:.2f}, {plain.cpu[-1]:.2f}), SQLite"
            f" {sqlite_.wall[-1]:.2f} s; {load_of_machine()}",
            flush=True,
        )
    if peer is None:
        _report_rate("load", sizes, neo4j_, sqlite_)
        return
    for what, ask in (("nodes", "MATCH (n) WHERE NOT n:Meta"), ("links", "MATCH ()-[n]->()")):
        (((held,),), ((made,),)) = (m.ask(f"{ask} RETURN count(n)") for m in (measured, peer))
        if held != made:
            print(f"  the peer has {made:,} {what} and the store {held:,}")
    _report_rate("load", sizes, neo4j_, sqlite_, plain)


def _report_rate(
    what: str, sizes: Sequence[int], neo4j_: Timed, sqlite_: Timed, plain: Timed | None = None
) -> None:
    sides = {"Neo4j": neo4j_, "SQLite": sqlite_, **({"plainly": plain} if plain else {})}
    claims = sum(sizes)
    for side, timed in sides.items():
        rates = [n / s for n, s in zip(sizes, timed.wall, strict=True)]
        print(
            f"{what}, {side}: {claims:,} claims in {sum(timed.wall):.1f} s,"
            f" {claims / sum(timed.wall):,.0f} claims/s (sources: median"
            f" {statistics.median(rates):,.0f}, worst {min(rates):,.0f}); of the processors"
            f" {sum(timed.cpu):.1f} s"
        )
    if plain:
        ratios = [p / n for p, n in zip(plain.wall, neo4j_.wall, strict=True)]
        print(
            f"{what}: claims per second against the plain driver {sum(plain.wall) / sum(neo4j_.wall):.2f}"
            f" of it (sources: median {statistics.median(ratios):.2f}, worst {min(ratios):.2f}; of the"
            f" processors {sum(plain.cpu) / sum(neo4j_.cpu):.2f}), bar 0.5"
        )


def _last_numbers(measured: Measured) -> dict[str, int]:
    return {
        key: measured.ask(query)[0][0] or 0
        for key, query in (
            ("load", "MATCH (n:Load) RETURN max(n.n)"),
            ("name", "MATCH (n:Name) RETURN max(n.id)"),
            ("claim", "MATCH (n:Claim) RETURN max(n.id)"),
        )
    }


def _added(
    measured: Measured, before: Mapping[str, int], known_keys: set[str]
) -> tuple[dict[str, list[Any]], dict[tuple[str, str, str], list[Any]]]:
    """Read what a load has added: nodes by their labels, relationships by type and end labels."""
    nodes: dict[str, list[Any]] = defaultdict(list)
    for label, query in _NEW_NODES:
        for labels, properties in measured.ask(
            f"{query} WITH DISTINCT x RETURN labels(x), properties(x)", **before
        ):
            if label == "Key" and properties["id"] in known_keys:
                continue
            nodes[":".join(sorted(labels))].append(properties)
    known_keys.update(properties["id"] for properties in nodes.get("Key", ()))
    relationships: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for a, b, query in _NEW_RELATIONSHIPS:
        for type_, *row in measured.ask(
            f"{query} RETURN type(r), a.{_KEYS[a]}, b.{_KEYS[b]}, properties(r)", **before
        ):
            relationships[type_, a, b].append(row)
    return nodes, relationships


def _create(
    peer: Measured,
    nodes: Mapping[str, list[Any]],
    relationships: Mapping[tuple[str, str, str], list[Any]],
) -> None:
    """Create rows as one would who has nothing but the driver: UNWIND, CREATE, one transaction."""
    with (
        peer.driver.session(database=peer.server.database) as session,
        session.begin_transaction() as transaction,
    ):

        def put(query: str, rows: Sequence[Any]) -> None:
            for i in range(0, len(rows), PLAIN_AT_ONCE):
                transaction.run(query, rows=rows[i : i + PLAIN_AT_ONCE]).consume()

        for labels, rows in nodes.items():
            put(f"CYPHER 5 UNWIND $rows AS r CREATE (n:{labels}) SET n = r", rows)
        for (type_, a, b), rows in relationships.items():
            put(
                f"CYPHER 5 UNWIND $rows AS r MATCH (a:{a} {{{_KEYS[a]}: r[0]}})"
                f" MATCH (b:{b} {{{_KEYS[b]}: r[1]}}) CREATE (a)-[x:{type_}]->(b) SET x = r[2]",
                rows,
            )
        transaction.commit()


def _bench_changed(
    sources: Sequence[tuple[str, Reading]],
    ours: Store,
    sqlite: Store,
    measured: Measured,
    statements: Statements,
) -> None:
    """Load every source again with each hundredth claim another, and then as it was."""
    neo4j_, sqlite_ = Timed(), Timed()
    sizes = []
    sent = []
    for turn in ("changed", "back"):
        for name, reading in sources:
            claims = reading.claims
            if turn == "changed":
                claims = tuple(
                    _other(c) if i % 100 == 1 else c for i, c in enumerate(reading.claims)
                )
            now = replace(reading, claims=claims)
            told = f"{name} {turn}"
            statements.take()
            neo4j_.time(lambda n=name, r=now, t=told: ours.load(n, "made", t, r), measured)
            sent.append(statements.take())
            sqlite_.time(lambda n=name, r=now, t=told: sqlite.load(n, "made", t, r))
            sizes.append(len(claims))
    print(f"re-load with 1 % changed: {min(sent)} to {max(sent)} statements; {load_of_machine()}")
    _report_rate("re-load with 1 % changed", sizes, neo4j_, sqlite_)


def _other(claim: Claim) -> Claim:
    """Say something else of the same thing, where the claim is of a kind that can."""
    if claim.predicate is Property.YEAR:
        return replace(claim, values={"text": "1999"})
    if claim.predicate is Relation.TRAINED_ON:
        return replace(claim, qualifiers={"stage": "pretrain"})
    return claim


def _bench_sizes(papers: int, ours: Neo4jStore, measured: Measured) -> None:
    """Load sources of papers not seen yet with each size of a statement, there and back in turn."""
    import kg.neo4j.rows as rows_of_neo4j

    papers += WARMING_PAPERS
    claims = iter_papers(papers + TRIED_PAPERS * len(SIZES) * (ROUNDS + 1))
    for _ in islice(claims, 2 * papers):
        pass
    usual = rows_of_neo4j._AT_ONCE
    took: dict[int, Timed] = {size: Timed() for size in SIZES}
    try:
        for turn in range(ROUNDS + 1):
            for size in SIZES if turn % 2 else SIZES[::-1]:
                part = Reading(tuple(islice(claims, 2 * TRIED_PAPERS)))
                rows_of_neo4j._AT_ONCE = size
                name = f"tried:{turn}:{size}"
                timed = took[size] if turn else Timed()  # the first turn warms up
                timed.time(lambda n=name, r=part: ours.load(n, "made", n, r), measured)
    finally:
        rows_of_neo4j._AT_ONCE = usual
    print(f"rows a statement, sources of {TRIED_PAPERS:,} papers, {ROUNDS} in turn:")
    for size, timed in took.items():
        print(
            f"  {size:,}: median {statistics.median(timed.wall):.2f} s, worst"
            f" {max(timed.wall):.2f} s, {2 * TRIED_PAPERS / statistics.median(timed.wall):,.0f}"
            f" claims/s; of the processors {statistics.median(timed.cpu):.2f} s;"
            f" {load_of_machine()}",
            flush=True,
        )


# -- asking ----------------------------------------------------------------------------------------


def _bench_questions(
    things: int, papers: int, stores: Mapping[str, Store], statements: Statements
) -> None:
    """Ask both stores the same in turn, and compare what they answer."""
    from queries.export import iter_claim_records, to_json_line
    from queries.lineage import follow
    from queries.training import find_models_using

    random_ = random.Random(7)
    some = (f"Set{random_.randrange(things // 2, things)}data" for _ in range(200))
    few = [name for name in some if stores["SQLite"].find_entities(name)]
    many = [f"Set{n}data" for n in range(40)]
    bases = [*range(things // 2, things // 2 + 100)]
    titles = [c.subject.text for c in islice(iter_papers(papers), 0, 4000, 40)]
    anywhere = [*few[:50], *titles[:50]]

    def users(store: Store, name: str) -> list[str]:
        return [a.name for a in find_models_using(store, name).answers]

    def origins(store: Store, n: int) -> list[str]:
        (model, *_) = store.find_entities(f"Mod{n}el-{n % 13}B")
        return [s.end.name for s in follow(store, [model.id], up=True, depth=5)]

    def exported(store: Store, _: int) -> str:
        digest = hashlib.blake2b()
        for record in iter_claim_records(store):
            digest.update(to_json_line(record).encode())
        return digest.hexdigest()

    asked: Sequence[tuple[str, Iterable[Any], Callable[[Store, Any], object]]] = (
        ("which models use X, few users", few, users),
        ("which models use X, many users", many, users),
        ("lineage up, depth 5", bases, origins),
        ("finding a name", anywhere, lambda s, n: s.find_entities(n)),
        (
            "similar names of things",
            [f"{n[:-1]}t" for n in few[:15]],
            lambda s, n: s.find_similar_names(n),
        ),
        (
            "similar names of titles",
            [f"{t[:-1]}x" for t in titles[:15]],
            lambda s, n: s.find_similar_names(n),
        ),
        ("kg export claims", range(ROUNDS), exported),
    )
    for what, names, function in asked:
        turns = {side: Turns() for side in stores}
        sent = []
        begun = dict[str, float]()
        first = next(iter(names))
        for side, store in stores.items():  # counts of the whole are kept from the first on
            start = time.perf_counter()
            function(store, first)
            begun[side] = time.perf_counter() - start
        for name in names:
            statements.take()
            answers = {
                side: turns[side].time(lambda s=store, n=name, f=function: f(s, n))
                for side, store in stores.items()
            }
            sent.append(statements.take())
            if len({repr(answer) for answer in answers.values()}) > 1:
                raise SystemExit(f"{what}: {name} is answered differently")
        ratio = sum(turns["Neo4j"].wall) / sum(turns["SQLite"].wall)
        told = "; ".join(
            f"{side} {median_and_worst(t.wall)} ms, the first {1000 * begun[side]:.0f}"
            for side, t in turns.items()
        )
        print(
            f"{what}: {told}; ratio of sums {ratio:.1f}; statements {min(sent)} to {max(sent)};"
            f" {load_of_machine()}",
            flush=True,
        )
