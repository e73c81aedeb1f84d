"""Whole copies of a store: `kg copy FROM TO`, also ones that break off.

What the copy of a random history says, in a file and in a server, is in test_store_histories.py;
copies whose process is killed are in test_store_neo4j_faults.py.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from histories import History, answered, exported, outcome, random_reading, remembered
from kg.decisions import Action
from kg.engine import copying
from kg.errors import InputError, StoreError
from kg.sqlite.store import SqliteStore
from kg.store import CopyProgress, Store, open_store
from neo4j_server import Neo4j
from queries.fingerprints import iter_fingerprints


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[SqliteStore]:
    """Give a store that has been lived in: of every sort of row there are some."""
    with closing(SqliteStore(tmp_path / "origin.sqlite", create=True)) as store:
        history = History(random.Random(6), store)
        for _ in range(120):
            outcome(store, history.step()[1])
        assert all(count for count in rows_of(tmp_path / "origin.sqlite").values())
        yield store


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let copies have many pieces."""
    stages = tuple(replace(stage, size=7) for stage in copying._STAGES)
    monkeypatch.setattr(copying, "_STAGES", stages)


MADE_ANEW = ("tally", "copying", "name_search_")
"""Tables, or what their names begin with, that are no rows to copy: counts, parts of an index."""


def rows_of(path: Path) -> dict[str, list[object]]:
    """All rows of a store's file, by table."""
    with closing(sqlite3.connect(path)) as file:
        names = [n for (n,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {n: [*file.execute(f"SELECT * FROM {n}")] for n in names}
        found["name_search"] = [*file.execute("SELECT rowid, * FROM name_search")]
    kept = {
        n: rows for n, rows in found.items() if not n.startswith(MADE_ANEW) or n == "name_search"
    }
    return {name: sorted(rows, key=repr) for name, rows in kept.items()}


def assert_same(one: Store, other: Store) -> None:
    assert exported(one) == exported(other)
    assert remembered(one, times=True) == remembered(other, times=True)
    assert answered(one) == answered(other)
    assert dict(iter_fingerprints(one)) == dict(iter_fingerprints(other))


# ---------------------------------------------------------------------- what a copy is


@pytest.mark.usefixtures("small_pieces")
def test_a_copy_holds_every_row_as_it_is(origin: SqliteStore, tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "copy.sqlite", create=True)) as copy:
        done = copy.copy_from(origin)
        assert (done.is_new, done.is_resumed) == (True, False)
        held = rows_of(tmp_path / "origin.sqlite")
        assert (done.rows["claim"], done.rows["record"]) == (
            len(held["claim"]),
            len(held["record"]),
        )
        assert_same(copy, origin)
    assert rows_of(tmp_path / "copy.sqlite") == rows_of(tmp_path / "origin.sqlite")


def test_an_empty_store_is_copied_to_an_empty_store(tmp_path: Path) -> None:
    with (
        closing(SqliteStore(tmp_path / "a", create=True)) as origin,
        closing(SqliteStore(tmp_path / "b", create=True)) as copy,
    ):
        assert not any(copy.copy_from(origin).rows.values())
    open_store(str(tmp_path / "b")).close()


def test_a_copy_in_a_server_and_back_holds_every_row_as_it_is(
    origin: SqliteStore, neo4j_store: Store, tmp_path: Path
) -> None:
    neo4j_store.copy_from(origin)
    with closing(SqliteStore(tmp_path / "copy.sqlite", create=True)) as copy:
        copy.copy_from(neo4j_store)
        assert_same(copy, origin)
    assert rows_of(tmp_path / "copy.sqlite") == rows_of(tmp_path / "origin.sqlite")


def test_a_copy_made_again_of_what_has_not_changed_is_left_alone(
    origin: SqliteStore, tmp_path: Path
) -> None:
    with closing(SqliteStore(tmp_path / "copy.sqlite", create=True)) as copy:
        copy.copy_from(origin)
        before = rows_of(tmp_path / "copy.sqlite")
        assert not copy.copy_from(origin).is_new
        assert rows_of(tmp_path / "copy.sqlite") == before


# ---------------------------------------------------------------------- copies that break off


def breaking_off(after: int) -> Callable[[CopyProgress], None]:
    """Make what interrupts a copy after some of its pieces."""
    pieces = iter(range(1, after + 1))

    def tell(_: CopyProgress) -> None:
        if next(pieces) == after:
            raise KeyboardInterrupt

    return tell


def pieces_of(origin: Store) -> int:
    told: list[CopyProgress] = []
    with closing(SqliteStore(":memory:", create=True)) as whole:
        whole.copy_from(origin, told.append)
    return len(told)


@pytest.mark.usefixtures("small_pieces")
def test_a_copy_that_broke_off_anywhere_is_refused_and_then_completed(
    origin: SqliteStore, tmp_path: Path
) -> None:
    wanted = rows_of(tmp_path / "origin.sqlite")
    pieces = pieces_of(origin)
    assert pieces > 30
    for after in range(1, pieces + 1):
        path = tmp_path / f"{after}.sqlite"
        with closing(SqliteStore(path, create=True)) as copy, pytest.raises(KeyboardInterrupt):
            copy.copy_from(origin, breaking_off(after))
        with pytest.raises(StoreError, match=rf"'kg copy {origin.url} {path}' completes it"):
            open_store(str(path))
        with closing(open_store(str(path), completing=True)) as copy:
            assert copy.copy_from(origin).is_resumed
        assert rows_of(path) == wanted
        open_store(str(path)).close()


@pytest.mark.usefixtures("small_pieces")
def test_who_opened_a_store_before_it_became_a_copy_cannot_write_it(
    origin: SqliteStore, tmp_path: Path
) -> None:
    path = tmp_path / "copy.sqlite"
    with (
        closing(SqliteStore(path, create=True)) as early,
        closing(SqliteStore(path)) as copy,
    ):
        with pytest.raises(KeyboardInterrupt):
            copy.copy_from(origin, breaking_off(5))
        with pytest.raises(StoreError, match="not complete"):
            early.load("x", "markdown", "1", random_reading(random.Random(1)))
        with pytest.raises(StoreError, match="not complete"):
            early.add_user_fact(Action.SEEN, {"load": 1})
        copy.copy_from(origin)
        early.add_user_fact(Action.SEEN, {"load": 1})


@pytest.mark.usefixtures("small_pieces")
def test_what_changed_since_a_copy_broke_off_cannot_complete_it(
    origin: SqliteStore, tmp_path: Path
) -> None:
    with closing(SqliteStore(tmp_path / "copy.sqlite", create=True)) as copy:
        with pytest.raises(KeyboardInterrupt):
            copy.copy_from(origin, breaking_off(9))
        origin.load("new", "markdown", "1", random_reading(random.Random(1)))
        with pytest.raises(InputError, match=r"before it changed.*a fresh one"):
            copy.copy_from(origin)
    with closing(SqliteStore(tmp_path / "fresh.sqlite", create=True)) as fresh:
        fresh.copy_from(origin)
        assert_same(fresh, origin)


@pytest.mark.usefixtures("small_pieces")
def test_what_is_changed_while_it_is_copied_is_said(origin: SqliteStore, tmp_path: Path) -> None:
    def change(progress: CopyProgress) -> None:
        if progress.what == "names":
            origin.load("new", "markdown", "1", random_reading(random.Random(1)))

    with closing(SqliteStore(tmp_path / "copy.sqlite", create=True)) as copy:
        with pytest.raises(StoreError, match="was changed while it was copied"):
            copy.copy_from(origin, change)
        with pytest.raises(StoreError, match="not complete"):
            open_store(copy.url)


def test_what_holds_something_else_is_no_place_for_a_copy(
    origin: SqliteStore, tmp_path: Path
) -> None:
    with closing(SqliteStore(tmp_path / "other.sqlite", create=True)) as other:
        other.load("x", "markdown", "1", random_reading(random.Random(1)))
        before = rows_of(tmp_path / "other.sqlite")
        with pytest.raises(InputError, match="is not empty"):
            other.copy_from(origin)
        assert rows_of(tmp_path / "other.sqlite") == before


@pytest.mark.usefixtures("small_pieces")
def test_of_two_that_copy_at_once_one_is_told(origin: SqliteStore, tmp_path: Path) -> None:
    path = tmp_path / "copy.sqlite"
    with (
        closing(SqliteStore(path, create=True)) as one,
        closing(SqliteStore(path, completing=True)) as other,
    ):
        begun = iter([True])

        def meet(_: CopyProgress) -> None:
            if next(begun, False):
                other.copy_from(origin)

        with pytest.raises(StoreError, match="another process"):
            one.copy_from(origin, meet)
        assert_same(other, origin)


# ---------------------------------------------------------------------- as a command


def kg(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_the_command_copies_compares_and_tells_it_as_json(
    origin: SqliteStore, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    done = kg("copy", origin.url, copy, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["from"], told["to"]) == (origin.url, str(copy))
    assert (told["copied"], told["resumed"]) == (True, False)
    assert told["exports"].keys() == {"claims", "properties", "entities", "user", "history"}
    assert all(export["same"] for export in told["exports"].values())
    assert told["exports"]["claims"]["lines"] == len(exported(origin)["claims"])
    again = kg("copy", origin.url, copy)
    assert again.exit_code == 0
    assert "a copy already" in again.stdout
    assert "the same" in again.stdout


def test_the_command_completes_a_copy_that_broke_off(
    origin: SqliteStore, tmp_path: Path, small_pieces: None
) -> None:
    path = tmp_path / "copy.sqlite"
    with closing(SqliteStore(path, create=True)) as copy, pytest.raises(KeyboardInterrupt):
        copy.copy_from(origin, breaking_off(12))
    refused = kg("--store", path, "ask", "which models use CC3M")
    assert refused.exit_code == 1
    command = refused.stderr.split("'")[1].split()
    assert command[:2] == ["kg", "copy"]
    assert "completed" in kg(*command[1:]).stdout
    assert kg("--store", path, "ask", "which models use CC3M").exit_code == 0


def test_a_copy_of_nothing_and_into_something_else_is_refused_in_words(
    origin: SqliteStore, tmp_path: Path, copied: Path
) -> None:
    nothing = kg("copy", tmp_path / "nothing.sqlite", tmp_path / "copy.sqlite")
    assert nothing.exit_code == 2
    assert "there is no store" in nothing.stderr
    assert not (tmp_path / "copy.sqlite").exists()
    other = kg("copy", origin.url, copied)
    assert other.exit_code == 2
    assert "is not empty" in other.stderr


@pytest.mark.usefixtures("neo4j_store")
def test_the_command_copies_into_a_server_and_back(
    origin: SqliteStore, running_neo4j: Neo4j, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in running_neo4j.environment().items():
        monkeypatch.setenv(name, value)
    there = kg("copy", origin.url, running_neo4j.url, "--json")
    assert there.exit_code == 0, there.output
    assert running_neo4j.password not in there.output
    back = kg("copy", running_neo4j.url, tmp_path / "back.sqlite", "--json")
    assert back.exit_code == 0, back.output
    assert json.loads(back.stdout)["exports"] == json.loads(there.stdout)["exports"]
    assert rows_of(tmp_path / "back.sqlite") == rows_of(tmp_path / "origin.sqlite")
    again = kg("copy", tmp_path / "back.sqlite", running_neo4j.url)
    assert "a copy already" in again.stdout
