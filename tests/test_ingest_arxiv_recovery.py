"""Whatever arXiv does, and wherever the process dies: the store ends as after an undisturbed run.

A harvest by OAI-PMH, a search in windows of time and papers fetched by id, each into a store on disk,
asked of a real server that has every one of its faults in turn. Each is called again as `kg harvest`
and `kg complete` would be, also after a process that was killed just before or just behind the commit
of any page. Which request a fault meets, and at which commit a process dies, is drawn by seed;
`KG_HARVEST_KILLS=5` draws five of both for each fault, and 100 are all there are.
"""

from __future__ import annotations

import datetime
import gc
import itertools
import logging
import os
import random
import shutil
import signal
import sqlite3
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from arxiv_server import API_ONLY, FAULTS, OAI_ONLY, ArxivServer, Clock, Paper, made_papers, running
from ingest.arxiv.client import ArxivClient
from ingest.arxiv.keep import SOURCE, Harvested, complete, keep, keep_set
from ingest.arxiv.naming import dictionary_of
from ingest.arxiv.pace import Pace
from ingest.arxiv.search import SearchCursor, search_windows
from ingest.load import ingest_file
from kg.errors import HarvestError
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)

pytest.importorskip("arxiv")
logging.getLogger("arxiv").setLevel(logging.ERROR)

KILLS = int(os.environ.get("KG_HARVEST_KILLS", "1"))
SEED = os.environ.get("KG_KILL_SEED", "1")
FORGED = "x" * 400_000
CALLS = 6
"""How often a command may have to be given until it comes to its end."""

State = dict[str, object]


# ---------------------------------------------------------------------- what is asked for


def of_birds(n: int, paper: Paper) -> Paper:
    """Let some papers name a dataset, and some have the title that a list gives them."""
    title = f"Counting birds, part {n}" if n % 4 == 1 else paper.title
    abstract = f"{paper.abstract}We use COCO-Birds." if n % 3 == 0 else paper.abstract
    return replace(paper, title=title, abstract=abstract)


FEW = [of_birds(n, p) for n, p in enumerate(made_papers(24))]
MANY = [of_birds(n, p) for n, p in enumerate(made_papers(104))]
"""So many that their ids are asked for in two parts."""

SINCE = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
UNTIL = datetime.datetime(2024, 1, 8, 23, 59, tzinfo=datetime.UTC)


def asker(folder: Path) -> ArxivClient:
    """A client that waits for nobody."""
    clock = Clock()
    return ArxivClient(
        Pace(folder, wall=clock.wall, steady=clock.steady, sleep=clock.sleep),
        tries=3,
        deadline_seconds=0.5,
        limit_bytes=2_000_000,
        allow_private=True,
        wall=clock.wall,
        sleep=clock.sleep,
    )


def harvest_set(
    store: Store, server: ArxivServer, folder: Path, summary: Harvested, *, again: bool = False
) -> None:
    since = "2024-01-01" if again else ""
    base = server.url("oai")
    keep_set(store, "cs", summary=summary, client=asker(folder), base=base, since=since)


def search(
    store: Store, server: ArxivServer, folder: Path, summary: Harvested, *, again: bool = False
) -> None:
    kept = "" if again else store.cursor_of(SOURCE, "search")
    batches = search_windows(
        "cat:cs.CV",
        SINCE,
        UNTIL,
        client=asker(folder),
        cursor=SearchCursor.from_json(kept) if kept else None,
        window=datetime.timedelta(days=6),
        expected={"202401010000-202401062359": 18, "202401070000-202401082359": 4},
        base=server.url("api"),
        page=10,
    )
    keep(store, batches, place="search", summary=summary, names=dictionary_of(store))


def fetch(
    store: Store, server: ArxivServer, folder: Path, summary: Harvested, *, again: bool = False
) -> None:
    base = server.url("api")
    complete(store, summary=summary, client=asker(folder), base=base, again=again)


@dataclass(frozen=True)
class Way:
    """One way of asking arXiv for papers."""

    kind: str
    papers: list[Paper]
    call: Callable[..., None]
    requests: int
    """How many an undisturbed run needs."""
    commits: int


WAYS = {
    "set": Way("oai", FEW, harvest_set, 4, 4),
    "search": Way("api", FEW, search, 3, 4),
    "ids": Way("api", MANY, fetch, 4, 2),
}
CASES = [
    *(("set", fault) for fault in sorted(set(FAULTS) - API_ONLY)),
    *(("search", fault) for fault in sorted(set(FAULTS) - OAI_ONLY)),
    *(("ids", fault) for fault in sorted(set(FAULTS) - OAI_ONLY)),
]
"""Every fault with every way of asking that can meet it."""
SOME_CASES = CASES if KILLS > 1 else sorted(random.Random(SEED).sample(CASES, 30))


def test_there_are_far_more_than_thirty_faults() -> None:
    assert len({fault for _, fault in CASES}) == len(FAULTS) > 80


# ---------------------------------------------------------------------- the stores


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give stores of a list that names papers by their ids, and a dataset: a few, and many."""
    folder = tmp_path_factory.mktemp("listed")
    found = {}
    for name, papers in (("few", FEW[:6]), ("many", MANY)):
        rows = "".join(
            f"- [Counting birds, part {n}](https://arxiv.org/abs/{p.id})\n"
            for n, p in enumerate(papers)
        )
        text = f"# Papers\n\n{rows}\n| Model | Training data |\n|---|---|\n| LLaVA | COCO-Birds |\n"
        (folder / "list.md").write_text(text)
        found[name] = folder / f"{name}.sqlite"
        with closing(SqliteStore(found[name], create=True)) as store:
            ingest_file(store, folder / "list.md", name="list.md")
    return found


def empty_store(way: Way, listed: dict[str, Path], folder: Path) -> Path:
    """Give a store that knows the list, and nothing of arXiv's yet."""
    for old in folder.glob("kg.sqlite*"):
        old.unlink()
    source = listed["many" if way.papers is MANY else "few"]
    return Path(shutil.copy(source, folder / "kg.sqlite"))


def state_of(path: Path) -> State:
    """Say all that a store says, and each record that it holds."""
    with closing(SqliteStore(path)) as store:
        (birds,) = store.find_entities("COCO-Birds")
        records = [*store.iter_records()]
        once = Counter(stored.record.arxiv for stored in records)
        assert set(once.values()) <= {1}, once.most_common(3)
        claims = [*iter_claim_records(store), *iter_property_records(store)]
        return {
            "told": [to_json_line(r) for r in [*claims, *iter_entity_records(store)]],
            "records": {stored.record.arxiv: stored.record for stored in records},
            # The load with which a record came is how it came, and not what it says.
            "naming": [replace(n, first_load=0) for n in store.papers_naming(birds.id)],
        }


def run_undisturbed(way: Way, papers: list[Paper], listed: dict[str, Path], folder: Path) -> State:
    """Say what a store says after a run in which nothing goes wrong."""
    path = empty_store(way, listed, folder)
    with running(ArxivServer(papers)) as server:
        summary = call(way, path, server)
        assert summary is not None
        assert (summary.is_done, summary.remarks, summary.rejected) == (True, [], 0)
        assert (len(server.asked), summary.batches) == (way.requests, way.commits)
    assert not lacking(path, way)
    return state_of(path)


@pytest.fixture(scope="module")
def undisturbed(
    listed: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, State]:
    """Give what the store says after an undisturbed run, for each way."""
    return {
        name: run_undisturbed(way, way.papers, listed, tmp_path_factory.mktemp(name))
        for name, way in WAYS.items()
    }


def wanted(
    name: str, fault: str, path: Path, undisturbed: dict[str, State], listed: dict[str, Path]
) -> State:
    """Say what a store should say after a fault: the same, but for titles that arXiv forged.

    Nobody can tell a long title in a whole and well-formed answer from a true one: it is believed
    until arXiv says another.
    """
    with closing(SqliteStore(path)) as store:
        titles = {s.record.arxiv: s.record.title for s in store.iter_records()}
    forged = {arxiv for arxiv, title in titles.items() if title.startswith(FORGED)}
    if not forged:
        return undisturbed[name]
    assert fault == "a huge record"
    way = WAYS[name]
    papers = [replace(p, title=FORGED + p.title) if p.id in forged else p for p in way.papers]
    (path.parent / "other").mkdir(exist_ok=True)
    return run_undisturbed(way, papers, listed, path.parent / "other")


# ---------------------------------------------------------------------- runs


def call(way: Way, path: Path, server: ArxivServer, *, again: bool = False) -> Harvested | None:
    """Give the command once, or let it begin anew; None when it ended with an error of arXiv's."""
    summary = Harvested()
    with closing(SqliteStore(path)) as store:
        try:
            way.call(store, server, path.parent, summary, again=again)
        except HarvestError:
            return None
    return summary


def finish(way: Way, path: Path, server: ArxivServer) -> None:
    """Give the command until it comes to its end without a remark."""
    for _ in range(CALLS):
        summary = call(way, path, server)
        if summary is not None and not summary.remarks:
            return


def killed(way: Way, path: Path, server: ArxivServer, commit: int, *, before: bool) -> None:
    """Give the command in a child, again if need be, until it dies around one of its commits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the server's threads, from 3.12 on
        child = os.fork()
    if child == 0:
        gc.freeze()
        try:
            connect, factory = sqlite3.connect, dying(commit, before=before)
            sqlite3.connect = lambda *a, **k: connect(*a, factory=factory, **k)  # type: ignore[assignment]
            finish(way, path, server)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the parent looks at how it ended
            traceback.print_exc()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert status == signal.SIGKILL


def dying(commit: int, *, before: bool) -> type[sqlite3.Connection]:
    """Make SQLite's own connection kill its process just before or just behind a commit."""
    left = itertools.count(commit, -1)

    class Dying(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            is_last = sql == "COMMIT" and next(left) == 1
            if is_last and before:
                os.kill(os.getpid(), signal.SIGKILL)
            done = super().execute(sql, *parameters)
            if is_last:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

    return Dying


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Give what draws for this test alone."""
    return random.Random(f"{SEED} {request.node.name}")


def break_anew(server: ArxivServer, fault: str, way: Way, at: int) -> None:
    """Let a fault meet one request of a server that counts from 1 again."""
    server.asked.clear()
    server.broken.clear()
    server.break_(fault, kind=way.kind, at=at)


@pytest.mark.parametrize(("name", "fault"), SOME_CASES)
def test_after_a_fault_the_store_is_that_of_an_undisturbed_run(
    name: str,
    fault: str,
    undisturbed: dict[str, State],
    listed: dict[str, Path],
    tmp_path: Path,
    dice: random.Random,
) -> None:
    way = WAYS[name]
    requests = range(1, way.requests + 1)
    with running(ArxivServer(way.papers)) as server:
        for at in dice.sample(requests, min(KILLS, way.requests)):
            path = empty_store(way, listed, tmp_path)
            break_anew(server, fault, way, at)
            finish(way, path, server)
            assert state_of(path) == wanted(name, fault, path, undisturbed, listed), at


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
@pytest.mark.parametrize(("name", "fault"), CASES)
def test_after_a_fault_and_a_kill_between_two_pages_the_store_is_that_of_an_undisturbed_run(
    name: str,
    fault: str,
    undisturbed: dict[str, State],
    listed: dict[str, Path],
    tmp_path: Path,
    dice: random.Random,
) -> None:
    way = WAYS[name]
    deaths = [*itertools.product(range(1, way.requests + 1), range(1, way.commits), (False, True))]
    with running(ArxivServer(way.papers)) as server:
        for at, commit, before in dice.sample(deaths, min(KILLS, len(deaths))):
            path = empty_store(way, listed, tmp_path)
            break_anew(server, fault, way, at)
            killed(way, path, server, commit, before=before)
            finish(way, path, server)
            expected = wanted(name, fault, path, undisturbed, listed)
            assert state_of(path) == expected, (at, commit, before)


# ---------------------------------------------------------------------- what arXiv withholds

FIRST_IN_PAGES = ["2401.00020", "2401.00022", "2401.00024"]
"""The first papers of the pages from the second on."""
LAST_IN_PAGES = ["2401.00015", "quant-ph/2401010", "quant-ph/2401020"]
WITH_OTHER_LETTERS = [
    *("2401.00002", "2401.00003", "2401.00005", "2401.00006", "2401.00008", "2401.00012"),
    *("2401.00014", "2401.00015", "2401.00017", "2401.00020", "2401.00022", "2401.00023"),
    *("2401.00024", "quant-ph/2401010", "quant-ph/2401020"),
]
"""Those of the same pages that are not in ASCII alone."""
BEHIND_TEN = [
    *("2401.00012", "2401.00013", "2401.00014", "2401.00015", "2401.00016", "2401.00017"),
    *("2401.00019", "2401.00020", "2401.00022", "2401.00023", "2401.00024", "quant-ph/2401020"),
]
"""All that a search finds behind its first page."""
LOST = {
    ("set", "a bare ampersand"): LAST_IN_PAGES,
    ("set", "a header without an id"): FIRST_IN_PAGES,
    ("set", "a record that is never closed"): FIRST_IN_PAGES,
    ("set", "a record without metadata"): FIRST_IN_PAGES,
    ("set", "an entity that nobody declared"): LAST_IN_PAGES,
    ("set", "an id that is none"): FIRST_IN_PAGES,
    ("set", "bytes that are not UTF-8"): WITH_OTHER_LETTERS,
    ("set", "control characters"): LAST_IN_PAGES,
    ("set", "half a surrogate pair"): LAST_IN_PAGES,
    ("set", "metadata of another paper"): FIRST_IN_PAGES,
    ("search", "an empty page that claims results"): BEHIND_TEN,
    ("search", "an entry without a date"): ["2401.00012", "2401.00020"],
    ("search", "no results at all"): BEHIND_TEN,
    ("ids", "no results at all"): ["quant-ph/2401070", "quant-ph/2401090", "quant-ph/2401100"],
}
"""What a store lacks after a day on which arXiv damaged every answer but the first of each way: these
were told as rejected, as missing or by a remark, and a harvest that goes on does not come back to them."""


@pytest.mark.parametrize(("name", "fault"), sorted({*SOME_CASES, *LOST}))
def test_after_a_day_of_nothing_but_faults_the_store_lacks_only_what_was_told(
    name: str,
    fault: str,
    undisturbed: dict[str, State],
    listed: dict[str, Path],
    tmp_path: Path,
) -> None:
    way = WAYS[name]
    path = empty_store(way, listed, tmp_path)
    with running(ArxivServer(way.papers)) as server:
        server.break_(fault, kind=way.kind, at=2, times=1000)
        told = [s for _ in range(2) if (s := call(way, path, server)) is not None]
        assert len(server.asked) < 100
        server.broken.clear()  # the next day
        finish(way, path, server)
        assert lacking(path, way) == LOST.get((name, fault), [])
        if (name, fault) in LOST:
            assert any(s.rejected or s.missing or s.remarks for s in told)
            call(way, path, server, again=True)
        assert state_of(path) == wanted(name, fault, path, undisturbed, listed)


def lacking(path: Path, way: Way) -> list[str]:
    """Say which papers a store has no record of."""
    with closing(SqliteStore(path)) as store:
        held = {stored.record.arxiv for stored in store.iter_records()}
    return sorted({p.id for p in way.papers if not p.is_deleted} - held)
