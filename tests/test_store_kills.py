"""Three hundred processes killed at seeded moments, on one store after the other.

Each child is forked from this process, which has everything imported, does one thing to a real
store file, and is sent SIGKILL: at a moment anywhere within what it does, or just after it said
that it is about to commit, to checkpoint, to copy or to close. Whatever the moment, the store then
passes SQLite's own check, opens, and exports byte for byte what it did before or what it would have
done after; and doing the same thing again completes it.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import signal
import sqlite3
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ingest.from_markdown import read_list
from kg.decisions import Action, pair_payload
from kg.model import Claim, Kind, Name, Reading, Relation
from kg.records import PaperRecord
from kg.sqlite.store import SqliteStore
from kg.store import Store, restore_store
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

LISTS = Path(__file__).resolve().parents[1] / "ingest" / "lists"
CHANGING = "visual-instruction-tuning-methods.md"
OTHER = "image-text-corpora.md"

State = tuple[str, ...]
"""Everything that a store exports, and the user's log."""


def state(store: SqliteStore) -> State:
    records = [*iter_claim_records(store), *iter_property_records(store)]
    told = [to_json_line(r) for r in [*records, *iter_entity_records(store)]]
    log = [f"{f.n} {f.action} {f.payload} {f.holds}" for f in store.user_facts()]
    return (*told, *log)


def state_of(path: Path) -> State:
    with closing(SqliteStore(path)) as store:
        return state(store)


def integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as file:
        return str(file.execute("PRAGMA integrity_check").fetchone()[0])


# ---------------------------------------------------------------------- what is loaded


def read_version(name: str, version: int) -> Reading:
    """Read one of several versions of a bundled list: lines are missing, names are others."""
    rng = random.Random(f"{name} {version}")
    lines = (LISTS / name).read_text(encoding="utf-8").split("\n")
    kept = [line for line in lines if version == 0 or rng.random() > 0.25]
    return read_list("\n".join(kept).replace("LLaVA", f"LLaVA{version or ''}"))


@pytest.fixture(scope="module")
def versions() -> tuple[Reading, Reading]:
    """Give two versions of the list that changes."""
    return read_version(CHANGING, 0), read_version(CHANGING, 1)


@pytest.fixture(scope="module")
def settled(
    versions: tuple[Reading, Reading], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, State, State]:
    """Give a store that knows both versions, and what it exports with the first and the second.

    From the second round on the ids of all names are given, so that what is exported repeats.
    """
    path = tmp_path_factory.mktemp("settled") / "kg.sqlite"
    with closing(SqliteStore(path, create=True)) as store:
        store.load(OTHER, "markdown", "other", read_version(OTHER, 0))
        store.load(CHANGING, "markdown", "1", versions[1])
        store.load(CHANGING, "markdown", "0", versions[0])
        first = state(store)
        store.load(CHANGING, "markdown", "1", versions[1])
        second = state(store)
        store.load(CHANGING, "markdown", "0", versions[0])
        assert state(store) == first != second
    return path, first, second


@pytest.fixture
def copied(settled: tuple[Path, State, State], tmp_path: Path) -> Path:
    """Give a copy of that store, with its first version."""
    return Path(shutil.copy(settled[0], tmp_path / "kg.sqlite"))


# ---------------------------------------------------------------------- killing

MARKED = {"BEGIN IMMEDIATE": "begin", "COMMIT": "commit", "PRAGMA journal_mode = DELETE": "seal"}


def tell(pipe: int, word: str) -> None:
    os.write(pipe, f"{word}\n".encode())


def telling(pipe: int) -> type[sqlite3.Connection]:
    """Make SQLite's own connection say what it is about to do, and when that is done."""

    class Telling(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            word = "checkpoint" if "wal_checkpoint" in sql else MARKED.get(sql)
            if word is None:
                return super().execute(sql, *parameters)
            tell(pipe, word)
            done = super().execute(sql, *parameters)
            tell(pipe, f"{word} done")
            return done

        def backup(self, *arguments: Any, **more: Any) -> None:
            tell(pipe, "copy")
            super().backup(*arguments, **more)
            tell(pipe, "copy done")

        def close(self) -> None:
            tell(pipe, "close")
            super().close()
            tell(pipe, "close done")

    return Telling


@dataclass
class Killed:
    """How one child ended."""

    by_signal: bool
    told: list[str]

    @property
    def during(self) -> str:
        """What it was doing when it died."""
        if not self.by_signal:
            return "nothing any more"
        words = [w for w in self.told if w != "started"]
        return words[-1] if words and not words[-1].endswith(" done") else "work"


@dataclass
class Killer:
    """Forks children that do one thing and kills them; counts what they were doing."""

    rng: random.Random
    died: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    share: dict[str, float] = field(default_factory=dict)

    def run(self, action: Callable[[], object], *, at: str = "started", within: float) -> Killed:
        """Kill a child at a moment up to `within` seconds after it told a word.

        The machine may have become quicker since the seconds were measured: who comes too late
        comes earlier the next time.
        """
        share = self.share.get(at, 1.0)
        ended = forked(action, at, self.rng.uniform(0, within * share))
        self.share[at] = min(1.0, share * 1.1) if ended.by_signal else share * 0.7
        self.kills += 1
        self.died[ended.during] += 1
        return ended


def forked(action: Callable[[], object], at: str = "", delay: float | None = None) -> Killed:
    """Do something in a child; kill it some time after it told a word, unless no delay is given."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests, from 3.12 on
        child = os.fork()
    if child == 0:
        in_child(action, write)
    os.close(write)
    told = b""
    with os.fdopen(read, "rb", buffering=0) as pipe:
        while delay is not None and f"{at}\n".encode() not in told:
            more = pipe.read(4096)
            if not more:
                break
            told += more
        if delay is not None:
            time.sleep(delay)
            os.kill(child, signal.SIGKILL)
        while more := pipe.read(4096):
            told += more
    _, status = os.waitpid(child, 0)
    words = told.decode().splitlines()
    by_signal = os.WIFSIGNALED(status)
    assert by_signal or os.WEXITSTATUS(status) == 0, told.decode()
    assert not by_signal or os.WTERMSIG(status) == signal.SIGKILL
    return Killed(by_signal, words)


def in_child(action: Callable[[], object], pipe: int) -> None:
    """Do something and end this process, whatever happens; nothing of the parent is cleaned up."""
    gc.freeze()
    try:
        connect = sqlite3.connect
        sqlite3.connect = lambda *a, **k: connect(*a, factory=telling(pipe), **k)  # type: ignore[assignment]
        tell(pipe, "started")
        action()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the parent raises it
        os.write(pipe, traceback.format_exc().encode())
        os._exit(1)


def seconds(*steps: Callable[[], object]) -> list[float]:
    """Say how long a child takes for each step, the shortest of three; only delays depend on it."""
    taken: list[list[float]] = [[] for _ in steps]
    for _ in range(3):
        for n, step in enumerate(steps):
            start = time.perf_counter()
            forked(step)
            taken[n].append(time.perf_counter() - start)
    return [min(t) for t in taken]


def check(path: Path, *possible: State) -> State:
    """See that a store is whole and in one of some states; say in which."""
    assert integrity(path) == "ok"
    found = state_of(path)
    assert found in possible, "the store is neither as before nor as after"
    return found


def kill_and_complete(
    killer: Killer,
    path: Path,
    steps: list[tuple[Callable[[], object], State]],
    times: int,
    moments: list[tuple[str, float | None]],
) -> None:
    """Kill each step in turn, see that the store is as before or after, and complete the step.

    A moment is a word and a number of seconds after it; without one it is anywhere in the step.
    """
    before = state_of(path)
    assert before == steps[-1][1]
    whole_steps = seconds(*(step for step, _ in steps))
    check(path, before)
    for n in range(times):
        step, after = steps[n % len(steps)]
        word, within = moments[n // len(steps) % len(moments)]
        killer.run(step, at=word, within=whole_steps[n % len(steps)] if within is None else within)
        if check(path, before, after) != after:
            step()
            check(path, after)
        before = after


@pytest.fixture(scope="module")
def died() -> Counter[str]:
    """Count over all tests of this file what the children were doing when they died."""
    return Counter()


@pytest.fixture
def killer(
    request: pytest.FixtureRequest, died: Counter[str], record_property: Callable[..., None]
) -> Iterator[Killer]:
    """Give what kills, with the seed of the test."""
    killer = Killer(random.Random(request.node.name))
    yield killer
    died.update(killer.died)
    died["children"] += killer.kills
    died["tests"] += 1
    record_property("children", killer.kills)
    record_property("died during", dict(killer.died))


# ---------------------------------------------------------------------- loads


def loading(path: Path, reading: Reading, version: str) -> Callable[[], object]:
    def load() -> None:
        with closing(SqliteStore(path)) as store:
            store.load(CHANGING, "markdown", version, reading)

    return load


@pytest.mark.parametrize("part", range(2))
def test_a_load_killed_anywhere_or_within_its_commit_is_done_or_not(
    part: int,
    copied: Path,
    settled: tuple[Path, State, State],
    versions: tuple[Reading, Reading],
    killer: Killer,
) -> None:
    _, first, second = settled
    steps = [
        (loading(copied, versions[1], "1"), second),
        (loading(copied, versions[0], "0"), first),
    ]
    moments: list[tuple[str, float | None]] = [("started", None), ("commit", 0.003)]
    kill_and_complete(killer, copied, steps, 60, moments)


def checkpointing(path: Path, reading: Reading, version: str) -> Callable[[], object]:
    def load_and_checkpoint() -> None:
        with closing(SqliteStore(path)) as store:
            store.load(CHANGING, "markdown", version, reading)
            with closing(sqlite3.connect(path)) as file:
                file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    return load_and_checkpoint


def test_a_checkpoint_killed_within_keeps_what_was_committed(
    copied: Path,
    settled: tuple[Path, State, State],
    versions: tuple[Reading, Reading],
    killer: Killer,
) -> None:
    _, first, second = settled
    steps = [
        (checkpointing(copied, versions[1], "1"), second),
        (checkpointing(copied, versions[0], "0"), first),
    ]
    before = first
    for n in range(50):
        step, after = steps[n % 2]
        ended = killer.run(step, at="checkpoint", within=0.003)
        assert "commit done" in ended.told
        assert check(copied, before, after) == after, "what was committed is gone"
        before = after


def test_the_checkpoint_of_closing_killed_within_keeps_what_was_committed(
    copied: Path,
    settled: tuple[Path, State, State],
    versions: tuple[Reading, Reading],
    killer: Killer,
) -> None:
    _, first, second = settled
    steps = [
        (loading(copied, versions[1], "1"), second),
        (loading(copied, versions[0], "0"), first),
    ]
    for n in range(30):
        step, after = steps[n % 2]
        ended = killer.run(step, at="close", within=0.003)
        assert "commit done" in ended.told
        assert check(copied, after) == after


def test_a_store_killed_while_it_is_made_opens_and_is_empty_or_loaded(
    tmp_path: Path, versions: tuple[Reading, Reading], killer: Killer
) -> None:
    def make(path: Path) -> Callable[[], object]:
        def load() -> None:
            with closing(SqliteStore(path, create=True)) as store:
                store.load(CHANGING, "markdown", "0", versions[0])

        return load

    whole = tmp_path / "whole.sqlite"
    make(whole)()
    wanted = state_of(whole)
    whole_step = min(seconds(*(make(tmp_path / f"timed-{n}.sqlite") for n in range(3))))
    for n in range(20):
        path = tmp_path / f"{n}.sqlite"
        killer.run(make(path), within=whole_step)
        if path.exists():
            assert integrity(path) == "ok"
        with closing(SqliteStore(path, create=True)) as store:
            assert state(store) in ((), wanted)
        make(path)()
        assert check(path, wanted)


# ---------------------------------------------------------------------- forgetting and deciding


def test_a_forget_killed_anywhere_or_within_its_commit_is_done_or_not(
    copied: Path,
    settled: tuple[Path, State, State],
    versions: tuple[Reading, Reading],
    killer: Killer,
) -> None:
    def forget() -> None:
        with closing(SqliteStore(copied)) as store:
            store.forget(CHANGING)

    load = loading(copied, versions[0], "0")
    forget()
    forgotten = state_of(copied)
    load()
    first = check(copied, settled[1])
    assert forgotten != first
    moments: list[tuple[str, float | None]] = [("started", None), ("commit", 0.003)]
    kill_and_complete(killer, copied, [(forget, forgotten), (load, first)], 30, moments)


def test_a_merge_or_undo_killed_anywhere_or_within_its_commit_is_done_or_not(
    copied: Path, killer: Killer
) -> None:
    with closing(SqliteStore(copied)) as store:
        one, two = [e.name for e in store.iter_entities(Kind.DATASET)][:2]
    pair = pair_payload(Name(Kind.DATASET, one), Name(Kind.DATASET, two))

    def merge() -> None:
        with closing(SqliteStore(copied)) as store:
            store.add_user_fact(Action.MERGE, pair, at="2026-11-21T10:00:00+00:00")

    def undo() -> None:
        with closing(SqliteStore(copied)) as store:
            last = store.user_facts()[-1].n
            store.add_user_fact(Action.UNDO, {"of": last}, at="2026-11-21T10:00:00+00:00")

    plain = state_of(copied)
    entries = 0
    held = {"merged": plain, "undone": plain}
    whole_step = 0.0
    for n in range(30):
        act, name = ((merge, "merged"), (undo, "undone"))[n % 2]
        if n >= 2:
            word, within = (("started", whole_step), ("commit", 0.003))[n // 2 % 2]
            killer.run(act, at=word, within=within)
        else:
            start = time.perf_counter()
            act()
            whole_step = time.perf_counter() - start
        assert integrity(copied) == "ok"
        with closing(SqliteStore(copied)) as store:
            numbers = [f.n for f in store.user_facts()]
            assert numbers in (list(range(1, entries + 1)), list(range(1, entries + 2)))
            if len(numbers) == entries:
                other = {"merged": "undone", "undone": "merged"}[name]
                assert without_log(store) == held[other]
                act_in(store, name, pair)
            entries += 1
            found = without_log(store)
            if n < 2:
                held[name] = found
            assert found == held[name]
            assert [f.n for f in store.user_facts()] == list(range(1, entries + 1))
    assert held["undone"] == plain != held["merged"]


def without_log(store: SqliteStore) -> State:
    """What is exported; the log of the user grows with every merge and undo."""
    told = state(store)
    return told[: len(told) - len(store.user_facts())]


def act_in(store: SqliteStore, name: str, pair: dict[str, Any]) -> None:
    if name == "merged":
        store.add_user_fact(Action.MERGE, pair, at="2026-11-21T10:00:00+00:00")
    else:
        store.add_user_fact(
            Action.UNDO, {"of": store.user_facts()[-1].n}, at="2026-11-21T10:00:00+00:00"
        )


# ---------------------------------------------------------------------- batches of a watch

HELD = PaperRecord("2400.00001", "Held Before")


def heard(record: PaperRecord) -> Claim:
    """Say what is read in the text of a record."""
    model, data = Name(Kind.MODEL, f"Model of {record.title}"), Name(Kind.DATASET, "OwlHours")
    return Claim(model, Relation.TRAINED_ON, 1, "It hears.", data, extractor="text:of")


def bring(store: Store, number: int) -> None:
    """Bring a batch of a watch: new papers, a version of one of the last batch, one that is held."""
    papers = [PaperRecord(f"{n:04}.00001", f"Paper {n}") for n in (number, number + 1)]
    changed = replace(papers[0], updated="2024-05-01")
    others = [PaperRecord(f"{number:04}.{n:05}", f"Other {number} {n}") for n in range(2, 40)]
    store.add_records(
        "arxiv",
        [changed, papers[1], *others],
        cursor=f"page {number}",
        watch=f"watch {number}",
        found={HELD.arxiv: "cross-listed"},
        said={r.arxiv: [heard(r)] for r in (changed, *others)},
        doubted={r.arxiv: [heard(r)] for r in papers},
    )


def brought(store: Store) -> list[object]:
    """Everything of batches that a store holds, but for moments."""
    news = [replace(n, at="") for n in store.iter_news()]
    loads = [replace(load, at="") for load in store.loads()]
    texts = [*store.iter_claims(withdrawn=True, predicates=["TRAINED_ON"]), *store.iter_doubted()]
    records = store.iter_records(withdrawn=True)
    return [*news, *loads, *records, *texts, store.cursor_of("arxiv")]


def test_a_batch_killed_anywhere_or_within_its_commit_leaves_its_news_and_place_or_nothing_of_it(
    tmp_path: Path, killer: Killer
) -> None:
    def bringing(path: Path, number: int) -> Callable[[], object]:
        def do() -> None:
            with closing(SqliteStore(path)) as store:
                bring(store, number)

        return do

    path, timed = tmp_path / "kg.sqlite", tmp_path / "timed.sqlite"
    with closing(SqliteStore(":memory:", create=True)) as undisturbed:
        undisturbed.add_records("arxiv", [HELD])
        undisturbed.backup(path)
        undisturbed.backup(timed)
        whole_step = min(seconds(*(bringing(timed, n) for n in range(1, 4))))
        for number in range(1, 31):
            before = brought(undisturbed)
            bring(undisturbed, number)
            after = brought(undisturbed)
            word, within = (("commit", 0.003), ("started", whole_step))[number % 2]
            killer.run(bringing(path, number), at=word, within=within)
            assert integrity(path) == "ok"
            with closing(SqliteStore(path)) as store:
                assert brought(store) in (before, after)
                bring(store, number)
                assert brought(store) == after
        news = [*undisturbed.iter_news()]
        assert [n.n for n in news] == [*range(1, len(news) + 1)]
        assert {n.what for n in news} == {"new", "new version", "cross-listed"}


# ---------------------------------------------------------------------- backup and restore


def test_a_backup_killed_anywhere_is_whole_or_absent_and_an_older_one_stays(
    copied: Path,
    settled: tuple[Path, State, State],
    versions: tuple[Reading, Reading],
    tmp_path: Path,
    killer: Killer,
) -> None:
    _, first, second = settled
    folder = tmp_path / "backups"
    folder.mkdir()
    new, kept = folder / "new.sqlite", folder / "kept.sqlite"
    with closing(SqliteStore(copied)) as store:
        store.backup(kept)
    loading(copied, versions[1], "1")()

    def backing_up(target: Path) -> Callable[[], object]:
        def back_up() -> None:
            with closing(SqliteStore(copied)) as store:
                store.backup(target)

        return back_up

    [whole_step] = seconds(backing_up(new))
    new.unlink()
    moments = [("started", whole_step), ("copy", 0.003), ("seal", 0.006)]
    older = kept.read_bytes()
    for n in range(30):
        word, within = moments[n % 3]
        target = (new, kept)[n // 3 % 2]
        killer.run(backing_up(target), at=word, within=within)
        check(copied, second)
        if target is new and new.exists():
            assert integrity(new) == "ok"
            assert backed_up(new, tmp_path) == second
        if kept.read_bytes() != older:
            assert integrity(kept) == "ok"
            assert backed_up(kept, tmp_path) == second
        backing_up(target)()
        assert backed_up(target, tmp_path) == second
        new.unlink(missing_ok=True)
        kept.write_bytes(older)
    assert backed_up(kept, tmp_path) == first


def backed_up(backup: Path, folder: Path) -> State:
    """What a backup holds, read from a copy of it."""
    copy = Path(shutil.copy(backup, folder / "read.sqlite"))
    found = state_of(copy)
    copy.unlink()
    return found


@pytest.mark.parametrize("target", ["healthy", "damaged", "absent"])
def test_a_restore_killed_anywhere_leaves_the_old_or_the_new(
    target: str,
    copied: Path,
    settled: tuple[Path, State, State],
    versions: tuple[Reading, Reading],
    tmp_path: Path,
    killer: Killer,
) -> None:
    _, first, second = settled
    backup = tmp_path / "backup.sqlite"
    with closing(SqliteStore(copied)) as store:
        store.backup(backup)
    loading(copied, versions[1], "1")()
    with closing(SqliteStore(copied)) as store:
        assert state(store) == second
    old = copied.read_bytes() if target == "healthy" else random.Random(1).randbytes(50_000)
    room = tmp_path / "room"

    def begin() -> Path:
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
        if target != "absent":
            (room / "kg.sqlite").write_bytes(old)
        return room / "kg.sqlite"

    path = begin()

    def restore() -> None:
        restore_store(str(path), backup)

    whole_step, _ = seconds(restore, begin)
    times = 30 if target == "healthy" else 10
    for n in range(times):
        begin()
        word, within = (("started", whole_step), ("copy", 0.004), ("copy done", 0.008))[n % 3]
        killer.run(restore, at=word, within=within)
        kept = sorted(room.glob("kg.sqlite.before-restore*"))
        if target == "healthy":
            check(path, first, second)
            if state_of(path) == first:
                assert [backed_up(k, tmp_path) for k in kept] == [second]
        elif path.exists() and path.read_bytes() != old:
            check(path, first)
            assert [k.read_bytes() for k in kept] == [old] * (target == "damaged")
        elif target == "damaged":
            assert path.exists() or [k.read_bytes() for k in kept] == [old]
        restore()
        check(path, first)


# ---------------------------------------------------------------------- all of them


def test_three_hundred_children_were_sent_the_signal_and_most_died_at_work(
    died: Counter[str],
) -> None:
    """The last of this file: so that none of the tests above says what it says of no kill at all."""
    if died["tests"] < 12:
        pytest.skip("only a part of this file was run")
    assert died["children"] >= 300
    assert (died["children"] - died["nothing any more"]) * 2 >= died["children"]
    for phase in ("work", "commit", "checkpoint", "close", "copy"):
        assert died[phase], f"no child died within {phase}"
