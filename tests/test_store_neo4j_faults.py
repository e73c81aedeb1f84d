"""A real Neo4j whose clients, connection and server are lost at seeded moments.

Whatever is lost and when: the store then is what it was before the step or what it is after it, in
all that it exports, in its numbers and in what people browse; the user is told in words whether
trying again is safe; and doing the step again gives what an undisturbed run gives.

A few moments are tried each time; `KG_CLIENT_KILLS=50 KG_SERVER_KILLS=10` tries that many, and
`KG_KILL_SEED` others.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import select
import signal
import socket
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conftest import LISTS, front_of, opened_neo4j
from histories import History, exported, outcome, random_reading, remembered
from ingest.load import ingest_file
from kg.decisions import Action, pair_payload
from kg.engine import copying
from kg.engine.rows import Numbered
from kg.errors import KGError, StoreError
from kg.model import Claim, Kind, Name, Reading, Relation
from kg.neo4j.store import Neo4jStore
from kg.records import PaperRecord
from kg.sqlite.store import SqliteStore
from kg.store import Store
from neo4j_server import Neo4j, Neo4jServer
from test_store_together import LOADING, at_once

CLIENT_KILLS = int(os.environ.get("KG_CLIENT_KILLS", "5"))
SERVER_KILLS = int(os.environ.get("KG_SERVER_KILLS", "1"))
SEED = os.environ.get("KG_KILL_SEED", "1")

CUTS = 4
AT = "2026-11-21T10:00:00+00:00"

Step = Callable[[Store], object]


def state(store: Store) -> dict[str, object]:
    """Give all that a store says and remembers, but for the moments of loads."""
    return {**exported(store), **remembered(store)}


def assert_whole(store: Neo4jStore, server: Neo4j) -> None:
    """See that loads, log and news are numbered without a gap, and that the front is true."""
    loads, log, news = store.loads(), store.user_facts(), [*store.iter_news()]
    assert [load.n for load in loads] == [*range(1, len(loads) + 1)]
    assert [fact.n for fact in log] == [*range(1, len(log) + 1)]
    assert [n.n for n in news] == [*range(1, len(news) + 1)]
    front = front_of(server)
    store.rebuild_front()
    assert front_of(server) == front


def numbers(store: SqliteStore | Neo4jStore) -> list[int]:
    """Give the last number of rows of each sort."""
    return [store._rows.last_number(of) for of in Numbered]


def connected(server: Neo4j, *, completing: bool = False) -> Neo4jStore:
    """Open the store of a server as it is."""
    return Neo4jStore(
        server.url,
        user=server.user,
        password=server.password,
        database=server.database,
        create=True,
        completing=completing,
    )


# ---------------------------------------------------------------------- steps that come round


def large_reading(version: int) -> Reading:
    """Give a version of a list of some hundred claims, of which half are in every version."""
    kept = random_reading(random.Random("both"), 120).claims
    own = random_reading(random.Random(f"version {version}"), 120).claims
    return Reading((*kept, *own), title=f"Version {version}")


def loading(version: int) -> Step:
    reading = large_reading(version)
    return lambda store: store.load("changing", "markdown", f"{version}", reading)


def merging(store: Store) -> object:
    pair = pair_payload(Name(Kind.DATASET, "CC3M"), Name(Kind.DATASET, "WebGPT"))
    return store.add_user_fact(Action.MERGE, pair, at=AT)


def undoing(store: Store) -> object:
    return store.add_user_fact(Action.UNDO, {"of": store.user_facts()[-1].n}, at=AT)


def forgetting(store: Store) -> object:
    return store.forget("changing")


def bringing(store: Store) -> object:
    """Bring what a watch finds: new papers, and another version of the last ones."""
    said = len([*store.iter_news()])
    ids = [f"2401.{n:05}" for n in range(max(0, said - 20), said + 40)]
    records = [PaperRecord(a, f"Paper {a}", updated=f"2024-{said % 12 + 1:02}-01") for a in ids]
    owls = Name(Kind.DATASET, "OwlHours")
    heard = {
        r.arxiv: [
            Claim(Name(Kind.MODEL, f"Model of {r.arxiv}"), Relation.TRAINED_ON, 1, "It hears.", owls,
                  extractor="text:of")
        ]
        for r in records[::2]
    }  # fmt: skip
    return store.add_records(
        "arxiv", records, cursor=f"page {said}", watch="mllm", said=heard, doubted=heard
    )


STEPS: tuple[Step, ...] = (loading(1), bringing, merging, forgetting, undoing, loading(0))


@dataclass
class Twins:
    """A store in a server and one in memory that does the same undisturbed."""

    server: Neo4j
    store: Neo4jStore
    undisturbed: SqliteStore

    def check(self, before: dict[str, object], step: Step) -> str:
        """After a step that was disturbed: see that all is whole, and complete it."""
        with closing(connected(self.server)) as store:
            found = state(store)
            after = state(self.undisturbed)
            assert found in (before, after), "the store is neither as before nor as after"
            assert_whole(store, self.server)
            if found == before:
                step(store)
            assert state(store) == after
            assert numbers(store) == numbers(self.undisturbed)
            return "as before" if found == before else "done"


@contextlib.contextmanager
def twins_in(server: Neo4j) -> Iterator[Twins]:
    """Give stores that hold two lists already."""
    with (
        closing(connected(server)) as store,
        closing(SqliteStore(":memory:", create=True)) as undisturbed,
    ):
        for twin in (store, undisturbed):
            twin.load("other", "markdown", "1", random_reading(random.Random("other"), 60))
            loading(0)(twin)
        yield Twins(server, store, undisturbed)


# ---------------------------------------------------------------------- the client killed


def forked(action: Callable[[], object], at: str, delay: float) -> str:
    """Do something in a child that is killed some time after it told a word.

    Returns
    -------
    str
        What it had told last when it was killed; 'ended' when it came too late.
    """
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests, from 3.12 on
        child = os.fork()
    if child == 0:
        try:
            gc.freeze()
            tell_commits(write)
            os.write(write, b"started\n")
            action()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the parent raises it
            os.write(write, traceback.format_exc().encode())
            os._exit(1)
    os.close(write)
    told = b""
    with os.fdopen(read, "rb", buffering=0) as pipe:
        while f"{at}\n".encode() not in told and (more := pipe.read(4096)):
            told += more
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        while more := pipe.read(4096):
            told += more
    _, status = os.waitpid(child, 0)
    by_signal = os.WIFSIGNALED(status)
    assert by_signal or os.WEXITSTATUS(status) == 0, told.decode()
    return told.decode().split()[-1] if by_signal else "ended"


def tell_commits(pipe: int) -> None:
    """Let the driver of this process say when it is about to commit."""
    import neo4j

    commit = neo4j.Transaction.commit

    def told(transaction: neo4j.Transaction) -> None:
        os.write(pipe, b"commit\n")
        commit(transaction)
        os.write(pipe, b"committed\n")

    neo4j.Transaction.commit = told  # type: ignore[method-assign]


# How long a step takes is measured once, and the machine may be quicker then: who comes too late
# with a kill comes earlier the next time.


def seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_client_killed_at_any_moment_leaves_a_step_done_or_not(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j, record_property: Callable[..., None]
) -> None:
    rng = random.Random(f"clients {SEED}")
    ended: Counter[tuple[str, str]] = Counter()
    with twins_in(running_neo4j) as twins:
        took = seconds(lambda: loading(1)(twins.store)) * 1.2
        loading(1)(twins.undisturbed)
        for n in range(CLIENT_KILLS - CLIENT_KILLS // 3):
            step = STEPS[(n + 1) % len(STEPS)]
            before = state(twins.undisturbed)
            step(twins.undisturbed)

            def do(step: Step = step) -> None:
                with closing(connected(running_neo4j)) as store:
                    step(store)

            moment, within = ("commit", 0.02) if rng.random() < 0.3 else ("started", took)
            word = forked(do, moment, rng.uniform(0, within))
            took *= 0.7 if (moment, word) == ("started", "ended") else 1.05
            ended[word, twins.check(before, step)] += 1
    record_property("ended", str(dict(ended)))
    assert sum(ended.values()) == CLIENT_KILLS - CLIENT_KILLS // 3


@pytest.fixture
def lived_in(tmp_path: Path) -> Iterator[SqliteStore]:
    """Give a store of every sort of row, to be copied."""
    with closing(SqliteStore(tmp_path / "origin.sqlite", create=True)) as store:
        history = History(random.Random(6), store)
        for _ in range(100):
            outcome(store, history.step()[1])
        yield store


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_copy_killed_at_any_moment_is_refused_or_whole_and_is_completed(
    lived_in: SqliteStore,
    neo4j_store: Neo4jStore,
    running_neo4j: Neo4j,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[..., None],
) -> None:
    stages = tuple(replace(stage, size=40) for stage in copying._STAGES)
    monkeypatch.setattr(copying, "_STAGES", stages)
    rng = random.Random(f"copies {SEED}")
    wanted = state(lived_in)
    took = seconds(lambda: neo4j_store.copy_from(lived_in))
    ended: Counter[tuple[str, str]] = Counter()

    def copy() -> None:
        with (
            closing(SqliteStore(lived_in.path)) as origin,
            closing(connected(running_neo4j, completing=True)) as store,
        ):
            store.copy_from(origin)

    for _ in range(CLIENT_KILLS // 3):
        opened_neo4j(running_neo4j).close()  # empties it
        word = forked(copy, "started", rng.uniform(0, took))
        took *= 0.7 if word == "ended" else 1.05
        with closing(connected(running_neo4j, completing=True)) as store:
            left = "as before" if not any(numbers(store)) else "done"
            is_begun = store._rows.copy_note() is not None
        if is_begun:
            left = "refused"
            with pytest.raises(StoreError, match=f"kg copy {lived_in.url}"):
                connected(running_neo4j)
        ended[word, left] += 1
        with closing(connected(running_neo4j, completing=True)) as store:
            store.copy_from(lived_in)
            assert state(store) == wanted
            assert numbers(store) == numbers(lived_in)
        with closing(connected(running_neo4j)) as store:
            assert_whole(store, running_neo4j)
    record_property("ended", str(dict(ended)))


# ---------------------------------------------------------------------- the server killed


def test_a_server_killed_in_the_middle_of_a_load_comes_back_whole(
    killable_neo4j: Neo4jServer, record_property: Callable[..., None]
) -> None:
    rng = random.Random(f"servers {SEED}")
    ended: Counter[tuple[str, str]] = Counter()
    with twins_in(killable_neo4j) as twins:
        took = 0.0
        for version in (1, 0):
            took = seconds(lambda v=version: loading(v)(twins.store))  # type: ignore[misc]
            loading(version)(twins.undisturbed)
        for n in range(SERVER_KILLS):
            step = loading((n + 1) % 2)
            before = state(twins.undisturbed)
            step(twins.undisturbed)
            told: list[str] = []

            def do(step: Step = step, told: list[str] = told) -> None:
                try:
                    with closing(connected(killable_neo4j)) as store:
                        step(store)
                    told.append("ended")
                except KGError as error:
                    told.append(str(error))

            thread = threading.Thread(target=do)
            thread.start()
            time.sleep(rng.uniform(0, took * 1.1))
            killable_neo4j.kill()
            thread.join()
            killable_neo4j.start()
            left = twins.check(before, step)
            [words] = told
            assert left == "done" or words != "ended", "what was committed is gone"
            assert words == "ended" or "trying again is safe" in words, words
            ended["ended" if words == "ended" else "told", left] += 1
    record_property("ended", str(dict(ended)))


# ---------------------------------------------------------------------- the connection lost


class Proxy:
    """A loopback port before a server that cuts its connections after some bytes.

    Parameters
    ----------
    server : what is behind it
    """

    def __init__(self, server: Neo4j) -> None:
        parts = urlsplit(server.url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 7687)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"bolt://127.0.0.1:{self._listener.getsockname()[1]}"
        self.passed = [0, 0]
        """Bytes to the server, and from it."""
        self.cut_at: list[float] = [float("inf"), float("inf")]
        """After how many of these all is cut."""
        self.answered_until = float("inf")
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(
        self,
        *,
        to: float = float("inf"),
        back: float = float("inf"),
        answered_until: float = float("inf"),
    ) -> None:
        """Count from nothing, and cut after so many bytes to the server or back.

        Or let no answer back any more when so many bytes have gone to the server: what goes there is
        the same each time, and what comes back tells how long it took.
        """
        self.passed = [0, 0]
        self.cut_at = [to, back]
        self.answered_until = answered_until

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self._target) as server:
            ends = {client: (server, 0), server: (client, 1)}
            while True:
                for ready in select.select([*ends], [], [])[0]:
                    other, way = ends[ready]
                    data = ready.recv(65536)
                    self.passed[way] += len(data)
                    if not data or self.passed[way] > self.cut_at[way]:
                        return
                    if way == 1 and self.passed[0] >= self.answered_until:
                        return
                    other.sendall(data)


def test_a_connection_cut_anywhere_says_that_trying_again_is_safe_and_it_is(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j, record_property: Callable[..., None]
) -> None:
    rng = random.Random(f"cuts {SEED}")
    ended: Counter[str] = Counter()
    with twins_in(running_neo4j) as twins, closing(Proxy(running_neo4j)) as proxy:
        through = Neo4j(
            proxy.url, running_neo4j.user, running_neo4j.password, running_neo4j.database
        )
        bytes_of: dict[int, list[int]] = {}
        for version in (1, 0):
            with closing(connected(through)) as store:
                proxy.begin()
                loading(version)(store)
                bytes_of[version] = [*proxy.passed]
            loading(version)(twins.undisturbed)
        for n in range(CUTS):
            version = (n + 1) % 2
            step = loading(version)
            before = state(twins.undisturbed)
            step(twins.undisturbed)
            to, back = bytes_of[version]
            with closing(connected(through)) as store:
                # The last cut lets all go to the server and takes away the answer to the commit,
                # which is six bytes.
                if n == CUTS - 1:
                    proxy.begin(answered_until=to - 3)
                elif n % 2:
                    proxy.begin(back=rng.uniform(0, back * 0.98))
                else:
                    proxy.begin(to=rng.uniform(0, to * 0.98))
                with pytest.raises(StoreError, match="trying again is safe") as told:
                    step(store)
                proxy.begin()
                if n == CUTS - 1:
                    assert "whether it was is not known" in str(told.value)
                assert store.counts()  # the same store goes on
            left = twins.check(before, step)
            assert left == ("done" if n == CUTS - 1 else "as before")
            ended[left] += 1
    record_property("ended", str(dict(ended)))


# ---------------------------------------------------------------------- two writers


def test_two_processes_that_load_different_lists_lose_nothing(
    neo4j_store: Neo4jStore,
    running_neo4j: Neo4j,
    whole: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in running_neo4j.environment().items():
        monkeypatch.setenv(name, value)
    files = random.Random(SEED).sample(sorted(LISTS.iterdir()), 6)
    url = running_neo4j.url
    at_once((LOADING, [url, *files[::2]]), (LOADING, [url, *files[1::2]]))
    assert_whole(neo4j_store, running_neo4j)
    assert len(neo4j_store.loads()) == len(files)
    with closing(SqliteStore(":memory:", create=True)) as serial:
        for load in neo4j_store.loads():
            ingest_file(serial, LISTS / load.source, name=load.source)
        assert state(neo4j_store) == state(serial)
        assert numbers(neo4j_store) == numbers(serial)
    with closing(SqliteStore(whole)) as wanted:
        told = [(s.id, s.claims, s.rejected) for s in neo4j_store.sources()]
        assert told == [(s.id, s.claims, s.rejected) for s in wanted.sources()]
        assert neo4j_store.counts() == wanted.counts()
