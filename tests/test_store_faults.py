"""Trouble under a store file: disks full, files damaged or not ours, places that cannot be written.

After each of them the store is whole, or an error of ours names the file. Killed processes, several
at once, migrations and backups have files of their own: test_store_*.py.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from ingest.from_markdown import read_list
from ingest.load import ingest_file
from kg.decisions import Action, name_payload, pair_payload
from kg.errors import InputError, KGError, SchemaVersionError, SetupError, StoreError
from kg.model import JsonValue, Kind, Name, Property, Reading
from kg.sqlite.store import SqliteStore
from kg.store import open_store
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)
from queries.reader import get_marks

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "ingest" / "lists"
CHANGING = (
    "multimodal-llm-training-sets.md",
    "visual-instruction-tuning-methods.md",
    "image-text-corpora.md",
)
"""Lists that the tests load in several versions."""
NEW_PAIR = (Name(Kind.DATASET, "CC3M"), Name(Kind.DATASET, "CC12M"))
SMALL, LARGE = LISTS / "image-text-corpora.md", LISTS / "large-multimodal-models-tutorial.md"

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals and mounts of a POSIX system")


def exported(store: SqliteStore) -> list[str]:
    """Everything a store exports, byte by byte."""
    records = [*iter_claim_records(store), *iter_property_records(store)]
    return [to_json_line(r) for r in [*records, *iter_entity_records(store)]]


def export_of(path: Path) -> list[str]:
    with closing(SqliteStore(path)) as store:
        return exported(store)


def integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as file:
        return str(file.execute("PRAGMA integrity_check").fetchone()[0])


def kg(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(a) for a in arguments])


def refused(result: Result, path: Path, code: int = 1) -> bool:
    """Whether the command ended with an error of ours that names the file, and no traceback."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert result.stderr.startswith("kg: ")
    assert str(path) in result.stderr
    return True


# ---------------------------------------------------------------------- places that cannot be written


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("# Notes\n")
    path = file / "kg.sqlite"
    with pytest.raises(StoreError, match=re.escape(str(path))):
        open_store(str(path), create=True)
    assert refused(kg("--store", path, "ingest", file), path)
    assert refused(kg("--store", path, "sources"), path, 2)
    assert file.read_text() == "# Notes\n"


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=re.escape(str(tmp_path))):
        open_store(str(tmp_path))
    assert refused(kg("--store", tmp_path, "sources"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def ingesting(path: Path, file: Path) -> Callable[[], object]:
    def ingest() -> None:
        with closing(open_store(str(path), create=True)) as store:
            ingest_file(store, file)

    return ingest


def test_a_file_that_may_not_be_written_is_refused_and_left_as_it_is(
    whole: Path, ordinary_user: Any
) -> None:
    path = Path(shutil.copy(whole, ordinary_user.folder / "kg.sqlite"))
    new = path.with_name("new.md")
    new.write_text("| Model | Training Data |\n|---|---|\n| LLaVA | CC3M |\n")
    before = path.read_bytes()
    path.chmod(0o444)
    error = ordinary_user.error_of(ingesting(path, new))
    assert isinstance(error, StoreError)
    assert str(path) in str(error)
    assert "permission" in str(error)
    assert path.read_bytes() == before
    # SQLite gave the files beside it the rights of the store, so that they have to be changed too.
    assert "-wal" in str(error)
    for file in path.parent.glob("kg.sqlite*"):
        file.chmod(0o644)
    assert ordinary_user.error_of(ingesting(path, new)) is None


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_folder_that_may_not_be_written_is_refused(mode: int, ordinary_user: Any) -> None:
    folder = ordinary_user.folder / "closed"
    folder.mkdir()
    new = ordinary_user.folder / "new.md"
    new.write_text("# Notes\n")
    for path in (folder / "kg.sqlite", folder / "new" / "kg.sqlite"):
        folder.chmod(mode)
        error = ordinary_user.error_of(ingesting(path, new))
        assert isinstance(error, StoreError)
        assert str(path) in str(error)
        assert "ermission" in str(error)
    folder.chmod(0o755)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("leave", [0, 65536, 262144])
def test_a_full_disk_is_told_and_what_was_committed_is_whole(
    disk: Path, fill: Callable[..., Path], leave: int
) -> None:
    path = disk / "kg.sqlite"
    with closing(SqliteStore(path, create=True)) as store:
        ingest_file(store, SMALL)
        before = exported(store)
        ballast = fill(leave=leave)
        with pytest.raises(StoreError, match=re.escape(str(path))) as caught:
            ingest_file(store, LARGE)
        assert "full" in str(caught.value) or "I/O" in str(caught.value)
        ballast.unlink()
        assert exported(store) == before
        assert ingest_file(store, LARGE).diff.added
    assert integrity(path) == "ok"
    assert len(export_of(path)) > len(before)


def test_a_full_disk_ends_the_command_without_a_traceback(
    disk: Path, fill: Callable[..., Path]
) -> None:
    path = disk / "kg.sqlite"
    assert kg("--store", path, "ingest", SMALL).exit_code == 0
    before = export_of(path)
    ballast = fill(leave=0)
    result = kg("--store", path, "ingest", LARGE)
    assert refused(result, path)
    ballast.unlink()
    assert export_of(path) == before
    assert integrity(path) == "ok"


NEW_PAPER: dict[str, JsonValue] = {"scheme": "arxiv", "value": "2401.00001"}
TAG: dict[str, JsonValue] = {**name_payload(NEW_PAIR[0]), "tag": "thesis"}

DECISIONS: dict[str, Callable[[SqliteStore], object]] = {
    "merge": lambda store: store.add_user_fact(Action.MERGE, pair_payload(*NEW_PAIR)),
    "undo": lambda store: store.add_user_fact(Action.UNDO, {"of": 1}),
    "add": lambda store: store.add_user_fact(Action.ADD, NEW_PAPER),
    "tag": lambda store: store.add_user_facts([(Action.TAG, TAG, "")] * 3),
    "number_pairs": lambda store: store.number_pairs([NEW_PAIR]),
    "forget": lambda store: store.forget(SMALL.name),
    "rename_source": lambda store: store.rename_source(SMALL.name, "renamed"),
}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_full_disk_takes_no_decision_and_loses_none(
    decision: str, disk: Path, fill: Callable[..., Path]
) -> None:
    path = disk / "kg.sqlite"
    with closing(SqliteStore(path, create=True)) as store:
        ingest_file(store, SMALL, name=SMALL.name)
        store.add_user_fact(Action.MERGE, pair_payload(*PAIR))
        assert store.number_pairs([PAIR]) == [1]
        before, log = exported(store), store.user_facts()
        ballast = fill(leave=0)
        for _ in range(2):
            with pytest.raises(StoreError, match=re.escape(str(path))) as caught:
                DECISIONS[decision](store)
            assert "full" in str(caught.value) or "I/O" in str(caught.value)
        assert (exported(store), store.user_facts()) == (before, log)
    with pytest.raises(StoreError, match=re.escape(str(path))), closing(SqliteStore(path)) as store:
        DECISIONS[decision](store)
    ballast.unlink()
    assert export_of(path) == before
    with closing(SqliteStore(path)) as store:
        assert store.user_facts() == log
        DECISIONS[decision](store)
        assert store.number_pairs([NEW_PAIR, PAIR]) == [2, 1]
    assert integrity(path) == "ok"


def test_a_disk_that_fills_in_the_middle_of_a_load_is_what_is_told(
    disk: Path, fill: Callable[..., Path]
) -> None:
    path = disk / "kg.sqlite"
    with closing(SqliteStore(path, create=True)) as store:
        ingest_file(store, SMALL)
        before = exported(store)
        # As if the load were larger than the memory.
        store._file.connection.execute("PRAGMA cache_size = 8")
        ballast = fill(leave=65536)
        with pytest.raises(StoreError, match="make room"):
            ingest_file(store, LARGE)
        assert exported(store) == before
        ballast.unlink()
        assert ingest_file(store, LARGE).diff.added
    assert integrity(path) == "ok"


def test_a_disk_that_became_read_only_is_told(disk: Path) -> None:
    path = disk / "kg.sqlite"
    assert kg("--store", path, "ingest", SMALL).exit_code == 0
    before = export_of(path)
    remount = ["mount", "-o", "remount,ro", str(disk)]
    if subprocess.run(remount, capture_output=True).returncode:
        pytest.skip("this machine cannot make a mounted disk read-only")
    assert refused(kg("--store", path, "ingest", LARGE), path)
    assert refused(kg("--store", disk / "new.sqlite", "ingest", LISTS), disk / "new.sqlite")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert export_of(path) == before


@needs_posix
def test_a_file_that_may_not_grow_is_told_and_what_was_committed_is_whole(copied: Path) -> None:
    before = export_of(copied)
    limit = copied.stat().st_size + 16384

    def stop_growing() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    copied_list = copied.with_name("list.md")
    text = LARGE.read_text(encoding="utf-8")
    copied_list.write_text("".join(text.replace("2023", str(n)) for n in range(2000, 2008)))
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "--store", copied, "ingest", copied_list],
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=stop_growing,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert str(copied) in done.stderr
    assert integrity(copied) == "ok"
    assert export_of(copied) == before


# ---------------------------------------------------------------------- files that are not ours


def test_a_text_file_is_no_store_and_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    path.write_text("# not a store\n" * 100)
    with pytest.raises(StoreError, match=re.escape(str(path))):
        open_store(str(path), create=True)
    assert refused(kg("--store", path, "ingest", LISTS), path)
    assert refused(kg("--store", path, "ask", "which models use CC3M"), path)
    assert path.read_text() == "# not a store\n" * 100


def test_a_file_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.sqlite"
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE claim (id INTEGER PRIMARY KEY, text TEXT)")
        file.execute("INSERT INTO claim (text) VALUES ('mine')")
        file.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program") as caught:
        open_store(str(path), create=True)
    assert str(path) in str(caught.value)
    assert refused(kg("--store", path, "ingest", LISTS), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["bookmarks.sqlite"]


def test_a_store_of_a_newer_program_is_refused_and_left_as_it_is(copied: Path) -> None:
    with closing(sqlite3.connect(copied)) as file:
        file.execute("PRAGMA user_version = 99")
    before = copied.read_bytes()
    with pytest.raises(SchemaVersionError, match=re.escape(str(copied))) as caught:
        open_store(str(copied), create=True)
    assert caught.value.found == 99
    assert 1 <= caught.value.supported < 99
    assert refused(kg("--store", copied, "ingest", LISTS), copied)
    assert refused(kg("--store", copied, "sources"), copied)
    assert copied.read_bytes() == before


def test_an_unknown_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="redis"):
        open_store("redis://localhost", create=True)
    result = kg("--store", "redis://localhost", "sources")
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------- damaged files

READING = (
    ["sources"],
    ["export", "claims"],
    ["export", "properties"],
    ["export", "entities"],
    ["export", "graphml"],
    ["ask", "which models use LLaVA-665K"],
    ["ask", "what was Video-LLaMA2 trained on", "--json"],
    ["show", "Video-LLaMA2"],
    ["show", "no such thing at all"],
)


@pytest.mark.parametrize(("at", "length"), [(0, 16), (0, 100), (16, 8), (100, 64), (0, 4096)])
def test_a_damaged_header_is_told(copied: Path, at: int, length: int) -> None:
    with copied.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * length)
    with pytest.raises(StoreError, match=re.escape(str(copied))):
        open_store(str(copied))
    assert refused(kg("--store", copied, "sources"), copied)
    assert refused(kg("--store", copied, "ingest", LISTS), copied)


def test_a_file_cut_in_the_middle_is_told(copied: Path) -> None:
    os.truncate(copied, copied.stat().st_size // 2)
    answers = [kg("--store", copied, *command) for command in READING]
    assert any(a.exit_code == 1 for a in answers)
    for answer in answers:
        assert answer.exit_code == 3 or refused(answer, copied)


@pytest.fixture(scope="module")
def answers(whole: Path) -> list[tuple[int, str]]:
    """Give what each command answers on the whole store."""
    told = [kg("--store", whole, *command) for command in READING]
    return [(t.exit_code, t.stdout) for t in told]


def damage_page(path: Path, part: int) -> None:
    """Overwrite one of ten pages, spread over the file; the first page is the header's."""
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        file.seek(max(1, pages * part // 11) * 4096)
        file.write(random.Random(part).randbytes(4096))


@pytest.mark.parametrize("part", range(1, 11))
def test_a_damaged_page_is_told_or_was_not_needed(
    copied: Path, answers: list[tuple[int, str]], part: int
) -> None:
    damage_page(copied, part)
    for command, wanted in zip(READING, answers, strict=True):
        told = kg("--store", copied, *command)
        assert (told.exit_code, told.stdout) == wanted or refused(told, copied)


PAIR = (Name(Kind.DATASET, "LLaVA-CC3M"), Name(Kind.DATASET, "LLaVA-Instruct-150K"))


@cache
def large_reading() -> Reading:
    return read_list(LARGE.read_text(encoding="utf-8"))


USES: dict[str, Callable[[SqliteStore], object]] = {
    "iter_claims": lambda store: list(store.iter_claims()),
    "iter_entities": lambda store: list(store.iter_entities()),
    "reasons": lambda store: [store.reasons(e.id) for e in store.find_entities("LLaVA-665K")],
    "find_similar_names": lambda store: store.find_similar_names("LLaVA-66K"),
    "identifiers": lambda store: store.identifiers(),
    "count_values": lambda store: store.count_values(Property.YEAR, Kind.PAPER),
    "counts": lambda store: (store.counts(), store.count_subjects("TRAINED_ON")),
    "sources": lambda store: (store.sources(), store.remarks(), store.rejected(LARGE.name)),
    "load": lambda store: store.load("another", "list", "another", large_reading()),
    "forget": lambda store: store.forget(LARGE.name),
    "merge": lambda store: store.add_user_fact(Action.MERGE, pair_payload(*PAIR)),
    "undo": lambda store: [
        store.add_user_fact(Action.UNDO, {"of": store.add_user_fact(action, pair_payload(*PAIR)).n})
        for action in (Action.SPLIT, Action.MERGE)
    ],
    "add": lambda store: store.add_user_fact(Action.ADD, NEW_PAPER),
    "marks": lambda store: (store.add_user_fact(Action.TAG, TAG), get_marks(store)),
    "user_facts": lambda store: store.user_facts(),
    "number_pairs": lambda store: store.number_pairs([PAIR]),
    "iter_names": lambda store: list(store.iter_names()),
    "shared_evidence": lambda store: store.shared_evidence(),
    "rename_source": lambda store: store.rename_source(LARGE.name, "renamed"),
    "backup": lambda store: store.backup(Path(store.url).with_suffix(".backup")),
}


@pytest.mark.parametrize("use", USES)
def test_a_damaged_page_is_an_error_of_ours_in_every_use_of_the_store(
    whole: Path, tmp_path: Path, use: str
) -> None:
    told, others = 0, []
    for part in range(1, 11):
        path = Path(shutil.copy(whole, tmp_path / f"{part}.sqlite"))
        damage_page(path, part)
        try:
            with closing(SqliteStore(path)) as store:
                USES[use](store)
        except KGError as error:
            told += str(path) in str(error)
        except Exception as error:  # noqa: BLE001
            others.append(f"page {part}: {error!r}")
    assert not others
    assert told or use not in {"iter_claims", "iter_entities", "load", "backup"}


def test_damaged_bytes_within_the_data_end_no_command_with_a_traceback(
    whole: Path, tmp_path: Path
) -> None:
    size = whole.stat().st_size
    others = []
    for seed in range(8):
        rng = random.Random(seed)
        path = Path(shutil.copy(whole, tmp_path / f"{seed}.sqlite"))
        with path.open("r+b") as file:
            for _ in range(60):
                file.seek(rng.randrange(4096, size - 8))
                file.write(rng.randbytes(rng.randint(1, 8)))
        for command in READING:
            told = kg("--store", path, *command)
            if told.exception is not None and not isinstance(told.exception, SystemExit):
                others.append(f"{' '.join(command)}: {told.exception!r}")
            elif told.exit_code == 1:
                assert str(path) in told.stderr
    assert not others


@pytest.mark.parametrize("payload", ["null", "[]", "5", '"of"', "{}", '{"of": []}', "{", "\xff"])
@pytest.mark.parametrize("action", [*Action, "nonsense"])
def test_an_entry_of_the_log_that_no_program_of_ours_wrote_is_told(
    action: str, payload: str, tmp_path: Path
) -> None:
    path = tmp_path / "kg.sqlite"
    SqliteStore(path, create=True).close()
    with closing(sqlite3.connect(path)) as file:
        file.execute(
            "INSERT INTO user_fact VALUES (1, '2026-11-21', ?, ?, NULL)", (action, payload)
        )
        file.commit()
    with closing(SqliteStore(path)) as store:
        with pytest.raises(StoreError, match=re.escape(str(path))):
            store.user_facts()
        with pytest.raises(StoreError, match=re.escape(str(path))):
            store.add_user_fact(Action.MERGE, pair_payload(*PAIR))
    assert refused(kg("--store", path, "log"), path)


def test_an_entry_of_no_time_is_told(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    SqliteStore(path, create=True).close()
    with closing(sqlite3.connect(path)) as file:
        file.execute("INSERT INTO user_fact VALUES (1, 'then', 'tag', ?, NULL)", (json.dumps(TAG),))
        file.commit()
    with closing(SqliteStore(path)) as store, pytest.raises(StoreError, match="then"):
        store.add_user_fact(Action.TAG, TAG)


@pytest.mark.parametrize("payload", [{}, {"of": "the last"}, {"of": None}, {"of": [1]}])
def test_an_undo_without_the_number_of_an_entry_is_refused(
    payload: dict[str, JsonValue], tmp_path: Path
) -> None:
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        with pytest.raises(InputError, match="number of a decision"):
            store.add_user_fact(Action.UNDO, payload)
        assert store.user_facts() == []


def test_a_row_that_no_program_of_ours_wrote_is_told(whole: Path, tmp_path: Path) -> None:
    others = []
    for column in ("details", "qualifiers", "stance", "predicate"):
        path = Path(shutil.copy(whole, tmp_path / f"{column}.sqlite"))
        with closing(sqlite3.connect(path)) as file:
            file.execute(f"UPDATE claim SET {column} = 'nonsense'")
            file.commit()
        told = kg("--store", path, "show", "Video-LLaMA2")
        if told.exit_code != 1 or str(path) not in told.output:
            others.append(f"{column}: exit {told.exit_code}, {told.exception!r}")
    assert not others


# ---------------------------------------------------------------------- in the middle of a load


def test_an_interrupted_load_in_this_process_leaves_the_store_usable(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    reading = read_list((LISTS / CHANGING[0]).read_text(encoding="utf-8"))
    with closing(SqliteStore(path, create=True)) as store:
        store.load("a", "list", "one", reading)
        before = exported(store)
        broken = Reading((*reading.claims[1:], "no claim"))  # type: ignore[arg-type]
        with pytest.raises((AttributeError, KGError)):
            store.load("a", "list", "two", broken)
        assert exported(store) == before
        assert store.load("a", "list", "three", Reading(reading.claims[1:])).diff.withdrawn == 1
    assert integrity(path) == "ok"
