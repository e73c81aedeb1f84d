"""How a store's file is set up, and brought from every earlier schema to the present one.

`data/schema-1/store.sql` is a store that the code of schema 1 wrote (commit 641dbb1): it read
`birds-before.md` as birds.md, birds.bib, ponds.md, then `birds.md`, a copy of it as birds-copy.md,
and forgot ponds.md. `export.jsonl` is what that code exported then: claims, properties, entities.
`data/schema-2` is the same of schema 2 (commit 14ff665), where Heron-2 was then merged into Heron;
`data/schema-3` the same of schema 3 (commit 0bd14de), and `data/schema-4` the store of schema 2
brought to schema 4 (commit 16af22b). `data/schema-5` is that one brought to schema 5 (commit f267a51),
which then harvested two papers and a second version of one, with what it exported; `data/schema-6`
that one brought to schema 6 (commit b69f139), with a third version that a watch brought.
"""

from __future__ import annotations

import functools
import hashlib
import os
import random
import re
import signal
import sqlite3
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.from_markdown import read_list
from ingest.load import ingest_file
from kg.decisions import Action, pair_payload
from kg.errors import KGError, SchemaVersionError, StoreError
from kg.model import Claim, Kind, Name, Reading, Relation
from kg.sqlite import database
from kg.sqlite.schema import APPLICATION_ID, MIGRATIONS
from kg.sqlite.store import SqliteStore
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)

WREN_TALK = Name(Kind.DATASET, "WrenTalk-50K")
SCHEMA_1 = Path(__file__).parent / "data" / "schema-1"

RELEASED = (
    "04a425d2188ffb4032410250127dbf65ff16d37dd979e556b900578c1b85a557",
    "c1e3de90289e98b3f93ee501a6b1752cf12a84467b457443d967c7707afbc4dc",
    "844fd438bc002aa80d58aef2bbdbeaa2c14f425962e0cda23ee336662fc63da0",
    "fe9a3b7dbaaed3193bb34e76108b7e0bb3b149ac6e1acb90b0c4fe015e9b3395",
    "b21b75b291b03c5edf0109253c437c7b4cfb1ec297c9f214c7bf6ac7f81f9e23",
    "0a37f9c0b92992a9dfdaec5d8e930326f0ebe33bf9f0c6a4fc7bb0dbdaff0707",
    "27aee1ed42a44435734ba8a4a1176aae023ef33ed0f67715a44ee523078f0e71",
)
"""SHA-256 of the text of every schema that stores are out there of: one line more for a new one."""


def exported(store: SqliteStore) -> list[str]:
    """Everything a store exports, byte by byte."""
    records = [*iter_claim_records(store), *iter_property_records(store)]
    return [to_json_line(r) for r in [*records, *iter_entity_records(store)]]


def export_of(path: Path) -> list[str]:
    with closing(SqliteStore(path)) as store:
        return exported(store)


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as file:
        return file.execute(f"PRAGMA {name}").fetchone()[0]


def tables(path: Path) -> list[tuple[str, str]]:
    """Give the definition of everything in a file."""
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1")
        return [(name, re.sub(r"\s+", " ", sql)) for name, sql in rows]


def store_of_schema(number: int, folder: Path) -> Path:
    """Give a store of a schema, with the log of what it had not yet moved into the file."""
    path = folder / f"old-{number}.sqlite"
    kept = SCHEMA_1.with_name(f"schema-{number}") / "store.sql"
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.executescript(kept.read_text(encoding="utf-8"))
    assert pragma(path, "user_version") == number
    assert pragma(path, "application_id") == APPLICATION_ID
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Give a store of schema 1."""
    return store_of_schema(1, tmp_path)


@pytest.fixture(scope="module")
def wanted() -> list[str]:
    """Give what the store of schema 1 exported."""
    return (SCHEMA_1 / "export.jsonl").read_text(encoding="utf-8").splitlines()


# ---------------------------------------------------------------------- numbered migrations


def test_the_text_of_a_released_schema_is_never_edited() -> None:
    sums = [hashlib.sha256(sql.encode()).hexdigest() for _, sql in MIGRATIONS]
    assert tuple(sums) == RELEASED, (
        "stores with these schemas are on people's disks: leave the text of a migration as it is,"
        " add another one, and its sum here"
    )


def test_there_is_a_store_of_every_earlier_schema_to_test_with() -> None:
    kept = sorted(p.name for p in SCHEMA_1.parent.iterdir() if p.name.startswith("schema-"))
    assert kept == [f"schema-{n}" for n in range(1, len(MIGRATIONS))]


def test_a_store_of_schema_1_opens_in_the_present_one_and_says_what_it_said(
    old: Path, wanted: list[str]
) -> None:
    assert export_of(old) == wanted
    assert pragma(old, "user_version") == len(MIGRATIONS)
    assert pragma(old, "integrity_check") == "ok"
    assert export_of(old) == wanted


@pytest.mark.parametrize(("number", "exported"), [(2, 2), (3, 3), (4, 2), (5, 5), (6, 6)])
def test_a_store_of_an_earlier_schema_opens_in_the_present_one_and_keeps_decisions(
    number: int, exported: int, tmp_path: Path
) -> None:
    path = store_of_schema(number, tmp_path)
    kept = (SCHEMA_1.with_name(f"schema-{exported}") / "export.jsonl").read_text(encoding="utf-8")
    assert export_of(path) == kept.splitlines()
    assert pragma(path, "user_version") == len(MIGRATIONS)
    assert pragma(path, "integrity_check") == "ok"
    with closing(SqliteStore(path)) as store:
        assert store.find_entities("Heron-2") == store.find_entities("Heron")
        store.add_user_fact(Action.UNDO, {"of": 1})
        assert store.find_entities("Heron-2") != store.find_entities("Heron")


def test_a_store_of_schema_5_keeps_its_harvest_and_takes_news(tmp_path: Path) -> None:
    with closing(SqliteStore(store_of_schema(5, tmp_path))) as store:
        assert store.cursor_of("arxiv", "cs") == "page 2"
        [naming] = store.papers_naming("dataset:meadowcalls-120k")
        assert (naming.arxiv, naming.first_load) == ("2401.01234", 8)
        assert [*store.iter_news()] == []
        kept = {r.record.arxiv: r.record for r in store.iter_records()}
        assert {a: r.version for a, r in kept.items()} == {"2401.01234": 2, "2402.05678": 2}
        third = (*kept["2401.01234"].versions, (3, "2024-06-01T00:00:00+00:00"))
        newer = replace(kept["2401.01234"], versions=third, updated="2024-06-01")
        found = {"2401.01234": "new", "2402.05678": "new"}
        report = store.add_records("arxiv", [newer], watch="birds", found=found)
        told = [(n.n, n.what, n.arxiv, n.version) for n in report.news]
        assert told == [(1, "new version", "2401.01234", 3), (2, "new", "2402.05678", 2)]
        assert [*store.iter_news()] == [*report.news]


def test_a_store_of_schema_6_keeps_its_news_and_takes_what_texts_say(tmp_path: Path) -> None:
    wren, owls = Name(Kind.MODEL, "Wren-7B"), Name(Kind.DATASET, "OwlHours")
    claim = Claim(wren, Relation.TRAINED_ON, 240101234, "Wren hears.", owls, extractor="text:of")
    with closing(SqliteStore(store_of_schema(6, tmp_path))) as store:
        assert store.cursor_of("arxiv", "cs") == "page 3"
        assert [(n.what, n.arxiv) for n in store.iter_news()] == [
            ("new version", "2401.01234"),
            ("new", "2402.05678"),
        ]
        assert [*store.iter_doubted()] == []
        before = exported(store)
        diff = store.put_said("arxiv", {"2401.01234": [claim]}, {"2402.05678": [claim]})
        assert diff.added == 1
        [candidate] = store.iter_doubted()
        assert (candidate.source, candidate.claim.line) == ("arxiv", 240205678)
        assert claim in [c.claim for c in store.iter_claims(source="arxiv")]
        store.put_said("arxiv", {"2401.01234": (), "2402.05678": ()})
        assert (exported(store), [*store.iter_doubted()]) == (before, [])


def test_a_migrated_store_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.sqlite"
    SqliteStore(new, create=True).close()
    SqliteStore(old).close()
    assert tables(old) == tables(new)


def test_a_migrated_store_knows_when_its_sources_were_seen(old: Path) -> None:
    with closing(sqlite3.connect(old)) as file:
        told = dict(
            file.execute("SELECT s.name, max(l.at) FROM source s JOIN load l ON l.source = s.id GROUP BY 1")
        )  # fmt: skip
    with closing(SqliteStore(old)) as store:
        sources = store.sources()
        assert {s.id: s.seen_at for s in sources} == told
        assert all(told.values())
        assert {s.id: (s.is_forgotten, s.copy_of) for s in sources} == {
            "birds-copy.md": (False, "birds.md"),
            "birds.bib": (False, ""),
            "birds.md": (False, ""),
            "ponds.md": (True, ""),
        }
        assert [load.action for load in store.loads()] == ["load"] * 4 + ["copy", "forget"]
        assert len(list(store.iter_claims(withdrawn=True))) == len(list(store.iter_claims())) + 9
        assert store.user_facts() == []


def test_a_migrated_store_takes_decisions_back_and_forth(old: Path, wanted: list[str]) -> None:
    a, b = Name(Kind.MODEL, "Heron"), Name(Kind.MODEL, "Heron-2")
    gone = Name(Kind.DATASET, "PondLife-9K")
    with closing(SqliteStore(old)) as store:
        store.add_user_fact(Action.MERGE, pair_payload(a, b))
        assert exported(store) != wanted
        assert store.find_entities("Heron-2") == store.find_entities("Heron")
        store.add_user_fact(Action.MERGE, pair_payload(Name(Kind.DATASET, "OwlHours"), gone))
        store.add_user_fact(Action.UNDO, {"of": 2})
        store.add_user_fact(Action.UNDO, {"of": 1})
        assert exported(store) == wanted
        assert store.number_pairs([(a, b), (gone, Name(Kind.DATASET, "OwlHours"))]) == [1, 2]
    assert pragma(old, "integrity_check") == "ok"


def test_a_migrated_store_goes_on_loading_changed_lists(old: Path, wanted: list[str]) -> None:
    # Readings are made of the store's own claims, so that a reader that learns changes nothing here.
    with closing(SqliteStore(old)) as store:
        first = Reading(tuple(c.claim for c in store.iter_claims(source="birds.md")))
        assert store.load("birds.md", "markdown", "same", first).diff.is_empty
        kept = [c for c in first.claims if c.object is None or c.object.text != "WrenTalk-45K"]
        assert len(kept) == len(first.claims) - 1
        other = Claim(Name(Kind.MODEL, "Heron"), Relation.TRAINED_ON, 9, "Heron", WREN_TALK)
        diff = store.load("birds.md", "markdown", "other", Reading((*kept, other))).diff
        assert (diff.added, diff.withdrawn) == (1, 1)
        assert diff.unchanged
        [copy] = [s for s in store.sources() if s.id == "birds-copy.md"]
        assert (copy.copy_of, copy.claims) == ("", diff.unchanged + 1)
        assert ingest_file(store, SCHEMA_1 / "ponds.md", name="ponds.md").diff.added == 2
        store.forget("ponds.md")
        store.forget("birds-copy.md")
        store.load("birds.md", "markdown", "same", first)
        assert exported(store) == wanted
        for source in ("birds.md", "birds.bib"):
            assert store.forget(source).diff.withdrawn
        assert exported(store) == []
    assert pragma(old, "integrity_check") == "ok"


def test_a_migrated_store_finds_misspelt_names_and_ids(old: Path) -> None:
    with closing(SqliteStore(old)) as store:
        assert store.find_similar_names("MeadowCall-120")[0] == "MeadowCalls-120K"
        [found] = store.find_entities("2401.01234")
        assert found.id == "paper:arxiv:2401.01234"


# ---------------------------------------------------------------------- migrations that fail


BAD = (
    "one that breaks off",
    "CREATE TABLE half (id INTEGER PRIMARY KEY);\n"
    "DROP TABLE evidence;\n"
    "INSERT INTO nowhere VALUES (1);\n",
)


@pytest.mark.parametrize("start", [0, 1, 2])
def test_a_migration_that_fails_leaves_the_schema_before_it_and_everything_in_the_store(
    start: int, old: Path, wanted: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old
    if start == 0:
        path = tmp_path / "new.sqlite"
    elif start == 2:
        SqliteStore(old).close()
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (*MIGRATIONS, BAD))
        with pytest.raises(StoreError, match=re.escape(str(path))) as caught:
            SqliteStore(path, create=True)
    assert "nowhere" in str(caught.value)
    assert pragma(path, "user_version") == len(MIGRATIONS)
    assert "half" not in dict(tables(path))
    assert pragma(path, "integrity_check") == "ok"
    assert export_of(path) == ([] if start == 0 else wanted)


def test_a_first_migration_that_fails_leaves_the_old_schema_and_everything_in_the_store(
    old: Path, wanted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(old)
    second = MIGRATIONS[1][1]
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (MIGRATIONS[0], ("breaks off", second + BAD[1])))
        with pytest.raises(KGError):
            SqliteStore(old)
    assert pragma(old, "user_version") == 1
    assert tables(old) == before
    assert export_of(old) == wanted


def test_a_full_disk_leaves_a_store_of_the_old_schema_whole(
    disk: Path, fill: Callable[..., Path], old: Path, wanted: list[str]
) -> None:
    path = disk / "old.sqlite"
    path.write_bytes(old.read_bytes())
    ballast = fill(leave=0)
    with pytest.raises(StoreError, match=re.escape(str(path))):
        SqliteStore(path)
    ballast.unlink()
    assert pragma(path, "user_version") == 1
    assert export_of(path) == wanted


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_migration_killed_at_any_moment_leaves_one_of_the_schemas(
    old: Path, wanted: list[str], tmp_path: Path
) -> None:
    """Every statement of the migrations is one at which a child dies; ten more die about COMMIT.

    Each migration is whole by itself: a later kill leaves what the ones before made. After the last
    one the store is only asked whether it is a copy that is not complete.
    """
    rng = random.Random("migrations")
    path = tmp_path / "kg.sqlite"
    at = 0
    found: list[Any] = []
    while killed_while_opening(path, old, at):
        found.append(pragma(path, "user_version"))
        assert pragma(path, "integrity_check") == "ok"
        assert export_of(path) == wanted
        at += 1
    assert at > 10
    assert found == sorted(found)
    # After the last one a store is asked whether it is whole: there too a child dies.
    assert set(found) == set(range(1, len(MIGRATIONS) + 1))
    for _ in range(10):
        assert killed_while_opening(path, old, None, rng.uniform(0, 0.002))
        assert pragma(path, "integrity_check") == "ok"
        assert pragma(path, "user_version") in range(1, len(MIGRATIONS) + 1)
        assert export_of(path) == wanted
        assert pragma(path, "user_version") == len(MIGRATIONS)


def killed_while_opening(path: Path, old: Path, at: int | None, delay: float = 0.0) -> bool:
    """Open a copy of a store in a child that is killed before one statement of the migration.

    Without the number of one it is killed some time after COMMIT began. Says whether it came there.
    """
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.write_bytes(old.read_bytes())
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests, from 3.12 on
        child = os.fork()
    if child == 0:
        try:
            sqlite3.connect = functools.partial(traced, sqlite3.connect, write, at)  # type: ignore[assignment]
            SqliteStore(path)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the parent raises it
            os.write(write, traceback.format_exc().encode())
            os._exit(1)
    os.close(write)
    with os.fdopen(read, "rb", buffering=0) as pipe:
        told = pipe.read(1)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        told += pipe.read() or b""
    os.waitpid(child, 0)
    assert not told.strip(b"."), told.decode()
    return bool(told)


def traced(
    connect: Callable[..., sqlite3.Connection],
    pipe: int,
    at: int | None,
    *arguments: Any,
    **more: Any,
) -> sqlite3.Connection:
    """Connect so that the statement of a transaction that is asked for is told before it runs."""
    statements: list[str] = []

    def trace(statement: str) -> None:
        if statements or statement == "BEGIN IMMEDIATE":
            statements.append(statement)
        if at is None and statement == "COMMIT":
            os.write(pipe, b".")
        elif len(statements) - 1 == at:
            os.write(pipe, b".")
            time.sleep(60)

    connection = connect(*arguments, **more)
    connection.set_trace_callback(trace)
    return connection


# ---------------------------------------------------------------------- stores of a newer program


def test_a_store_of_a_newer_schema_is_refused_and_left_as_it_is_in_any_form(old: Path) -> None:
    SqliteStore(old).close()
    for mode in ("WAL", "DELETE"):
        with closing(sqlite3.connect(old)) as file:
            file.execute(f"PRAGMA journal_mode = {mode}")
            file.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        before = old.read_bytes()
        with pytest.raises(SchemaVersionError, match="upgrade the program") as caught:
            SqliteStore(old)
        assert str(old) in str(caught.value)
        assert (caught.value.found, caught.value.supported) == (
            len(MIGRATIONS) + 1,
            len(MIGRATIONS),
        )
        assert old.read_bytes() == before


# ---------------------------------------------------------------------- how the file is set up


@pytest.fixture
def connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    """Give the connection that a store itself has to its file."""
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remembered(*arguments: Any, **more: Any) -> sqlite3.Connection:
        made.append(connect(*arguments, **more))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", remembered)
    SqliteStore(tmp_path / "kg.sqlite", create=True)
    assert len(made) == 1
    return made[0]


def test_a_store_is_written_ahead_into_a_log(old: Path, tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "new.sqlite", create=True)) as store:
        store.load("a", "markdown", "one", read_list("| Model | Training Data |\n|-|-|\n| A | B |"))
        assert (tmp_path / "new.sqlite-wal").stat().st_size
    assert pragma(tmp_path / "new.sqlite", "journal_mode") == "wal"
    with closing(sqlite3.connect(old)) as file:
        file.execute("PRAGMA journal_mode = DELETE")
    SqliteStore(old).close()
    assert pragma(old, "journal_mode") == "wal"


def test_every_commit_is_on_the_disk_before_it_is_told(connection: sqlite3.Connection) -> None:
    full = 2
    with closing(connection):
        assert connection.execute("PRAGMA synchronous").fetchone() == (full,)


def test_no_extension_can_be_loaded(connection: sqlite3.Connection, tmp_path: Path) -> None:
    with closing(connection), pytest.raises(sqlite3.OperationalError, match="not authorized"):
        connection.execute("SELECT load_extension(?)", (str(tmp_path / "any.so"),))


def test_references_between_tables_are_enforced(connection: sqlite3.Connection) -> None:
    with closing(connection), pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO rejected VALUES (99, 1, 'text', 'reason')")


def test_names_are_searched_in_a_full_text_index(
    connection: sqlite3.Connection, tmp_path: Path
) -> None:
    connection.close()
    path = tmp_path / "kg.sqlite"
    assert "fts5" in dict(tables(path))["name_search"]
    with closing(SqliteStore(path)) as store:
        ingest_file(store, SCHEMA_1 / "birds.md", name="birds.md")
        assert store.find_similar_names("medowcalls 120")[0] == "MeadowCalls-120K"
        store.forget("birds.md")
        assert store.find_similar_names("medowcalls 120") == []
    with closing(sqlite3.connect(path)) as file:
        file.execute("INSERT INTO name_search (name_search) VALUES ('integrity-check')")
