"""Several processes that write one store at once: one waits, nothing is lost, numbers stay unique."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ingest.load import ingest_file
from kg.decisions import Action, UserFact
from kg.errors import StoreBusyError
from kg.model import Kind, Name
from kg.sqlite import database
from kg.sqlite.store import SqliteStore
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "ingest" / "lists"


def exported(store: SqliteStore) -> list[str]:
    """Everything a store exports, byte by byte."""
    records = [*iter_claim_records(store), *iter_property_records(store)]
    return [to_json_line(r) for r in [*records, *iter_entity_records(store)]]


def integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as file:
        return str(file.execute("PRAGMA integrity_check").fetchone()[0])


START = """
import sys
from contextlib import closing
from pathlib import Path
from ingest.load import ingest_file
from kg.decisions import Action, pair_payload
from kg.model import Kind, Name
from kg.store import open_store
print("ready", flush=True)
sys.stdin.readline()
"""

LOADING = (
    START
    + """
with closing(open_store(sys.argv[1], create=True)) as store:
    for file in map(Path, sys.argv[2:]):
        ingest_file(store, file, name=file.name)
"""
)

DECIDING = (
    START
    + """
with closing(open_store(sys.argv[1], create=True)) as store:
    me, rounds = sys.argv[2], int(sys.argv[3])
    for n in range(rounds):
        common = Name(Kind.DATASET, f"common {n}")
        pair = (Name(Kind.DATASET, f"{me} {n}"), common)
        fact = store.add_user_fact(Action.MERGE, pair_payload(*pair))
        assert store.number_pairs([pair, (common, Name(Kind.DATASET, "of all"))])
        if n % 3 == 0:
            store.add_user_fact(Action.UNDO, {"of": fact.n})
    split = (Name(Kind.DATASET, "LLaVA-CC3M"), Name(Kind.DATASET, f"CC3M of {me}"))
    store.add_user_fact(Action.SPLIT, pair_payload(*split))
    store.add_user_fact(Action.MERGE, pair_payload(Name(Kind.DATASET, "CC3M"), split[1]))
"""
)


def at_once(*commands: tuple[str, list[str | Path]]) -> None:
    """Run each program in a process of its own, all started at one moment; all must end well."""
    with contextlib.ExitStack() as stack:
        children = []
        for program, arguments in commands:
            child = subprocess.Popen(
                [sys.executable, "-c", program, *map(str, arguments)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            children.append(stack.enter_context(child))
            stack.callback(child.kill)
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        for child in children:
            _, errors = child.communicate(timeout=60)
            assert (child.returncode, errors) == (0, "")


# ---------------------------------------------------------------------- loads


@pytest.mark.parametrize("again", range(3))
def test_two_processes_that_load_at_once_both_end_and_lose_nothing(
    again: int, whole: Path, tmp_path: Path
) -> None:
    files = random.Random(again).sample(sorted(LISTS.iterdir()), 6)
    path = tmp_path / "new" / "kg.sqlite"
    at_once((LOADING, [path, *files[::2]]), (LOADING, [path, *files[1::2]]))
    assert integrity(path) == "ok"
    with closing(SqliteStore(path)) as store, closing(SqliteStore(whole)) as wanted:
        assert store.counts() == wanted.counts()
        told = [(s.id, s.claims, s.rejected) for s in store.sources()]
        assert told == [(s.id, s.claims, s.rejected) for s in wanted.sources()]


def test_two_processes_that_load_the_same_lists_load_them_once(whole: Path, tmp_path: Path) -> None:
    files = sorted(LISTS.iterdir())
    path = tmp_path / "kg.sqlite"
    at_once((LOADING, [path, *files]), (LOADING, [path, *files]))
    with closing(SqliteStore(path)) as store, closing(SqliteStore(whole)) as wanted:
        assert store.counts() == wanted.counts()
        assert exported(store) == exported(wanted)


# ---------------------------------------------------------------------- decisions


def said(fact: UserFact) -> tuple[str, object]:
    return str(fact.action), dict(fact.payload)


def test_decisions_and_loads_at_once_all_hold_and_have_numbers_of_their_own(tmp_path: Path) -> None:
    files = sorted(LISTS.iterdir())
    path = tmp_path / "kg.sqlite"
    rounds = 12
    at_once(
        (LOADING, [path, *files]),
        (DECIDING, [path, "first", str(rounds)]),
        (DECIDING, [path, "second", str(rounds)]),
    )
    assert integrity(path) == "ok"
    with closing(SqliteStore(path)) as store:
        log, found = store.user_facts(), exported(store)
        assert [s.id for s in store.sources()] == [f.name for f in files]
        pairs = [
            (Name(Kind.DATASET, f"{me} {n}"), Name(Kind.DATASET, f"common {n}"))
            for n in range(rounds)
            for me in ("first", "second")
        ]
        numbers = store.number_pairs(pairs)
    undone = len(range(0, rounds, 3))
    assert [f.n for f in log] == list(range(1, 2 * (rounds + undone + 2) + 1))
    assert sum(f.action is Action.UNDO for f in log) == 2 * undone
    assert sum(f.undone_by is not None for f in log) == 2 * undone
    assert len(set(numbers)) == len(pairs)
    assert set(numbers) <= set(range(1, len(pairs) + rounds + 1))
    # One process that does the same after another gets the same graph.
    with closing(SqliteStore(":memory:", create=True)) as alone:
        for file in files:
            ingest_file(alone, file, name=file.name)
        for fact in log:
            assert alone.add_user_fact(fact.action, fact.payload).n == fact.n
        assert [said(f) for f in alone.user_facts()] == [said(f) for f in log]
        assert [f.holds for f in alone.user_facts()] == [f.holds for f in log]
        assert exported(alone) == found


def test_who_comes_second_waits_until_the_first_has_written(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    path.write_bytes(whole.read_bytes())
    command = [sys.executable, "-c", DECIDING, str(path), "waiting", "1"]
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as first,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child,
    ):
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        first.execute("BEGIN IMMEDIATE")
        first.execute("UPDATE source SET title = 'written first'")
        child.stdin.write("go\n")
        child.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.5)
        assert first.execute("SELECT count(*) FROM user_fact").fetchone() == (0,)
        first.execute("COMMIT")
        assert child.wait(60) == 0
    with closing(SqliteStore(path)) as store:
        assert {s.title for s in store.sources()} == {"written first"}
        assert [f.n for f in store.user_facts()] == [1, 2, 3, 4]


def test_who_waits_for_too_long_is_told_that_another_process_writes(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PATIENCE_SECONDS", 0.1)
    with (
        closing(sqlite3.connect(copied, isolation_level=None)) as first,
        closing(SqliteStore(copied)) as store,
    ):
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match="another process"):
            store.forget("references.bib")
        first.execute("ROLLBACK")
        assert store.forget("references.bib").diff.withdrawn
