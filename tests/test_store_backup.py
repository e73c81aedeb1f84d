"""Copies of a store: `kg backup FILE` and `kg restore`, also while others use it and in trouble.

Whatever goes wrong, the store and a backup that was there before are as they were, nothing half is
left beside them, and an error of ours says what it was, where, and what to do.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import kg.sqlite.database
from app.cli import main
from ingest.load import ingest_file
from kg.decisions import Action, pair_payload
from kg.errors import InputError, KGError, SchemaVersionError, StoreBusyError, StoreError
from kg.model import Kind, Name
from kg.sqlite.schema import MIGRATIONS
from kg.sqlite.store import SqliteStore
from kg.store import restore_store
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "ingest" / "lists"
SMALL, LARGE = LISTS / "image-text-corpora.md", LISTS / "large-multimodal-models-tutorial.md"
SCHEMA_1 = Path(__file__).parent / "data" / "schema-1"

PAIR = (Name(Kind.DATASET, "CC3M"), Name(Kind.DATASET, "Conceptual Captions 3M"))
NOTES = "| Model | Training Data |\n|---|---|\n| Newt-3B | PondLife-9K |\n"


def exported(store: SqliteStore) -> list[str]:
    """Everything a store exports, byte by byte."""
    records = [*iter_claim_records(store), *iter_property_records(store)]
    return [to_json_line(r) for r in [*records, *iter_entity_records(store)]]


def export_of(path: Path) -> list[str]:
    with closing(SqliteStore(path)) as store:
        return exported(store)


def held_by(backup: Path) -> list[str]:
    """What a backup exports, read from a copy of it so that it stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        return export_of(Path(shutil.copy(backup, Path(folder) / "read.sqlite")))


def integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as file:
        return str(file.execute("PRAGMA integrity_check").fetchone()[0])


def names(folder: Path) -> list[str]:
    """Name what is in a folder, but for what SQLite keeps beside a store."""
    found = sorted(p.name for p in folder.iterdir())
    return [name for name in found if not name.endswith(("-wal", "-shm"))]


def use(path: Path, text: str = NOTES) -> None:
    """Load one more list, so that a store differs from its backup."""
    notes = path.with_name("pond-notes.md")
    notes.write_text(text)
    with closing(SqliteStore(path)) as store:
        assert ingest_file(store, notes, name=notes.name).diff.added
    notes.unlink()


def kg_command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def damage_pages(path: Path) -> None:
    """Overwrite every third page but the first ones."""
    with path.open("r+b") as file:
        for page in range(3, path.stat().st_size // 4096, 3):
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Give a store of one list, in a folder of its own."""
    path = tmp_path / "store" / "kg.sqlite"
    with closing(SqliteStore(path, create=True)) as store:
        ingest_file(store, SMALL, name=SMALL.name)
    return path


@pytest.fixture
def backup(small: Path, tmp_path: Path) -> Path:
    """Give a backup of that store."""
    path = tmp_path / "backups" / "kg.sqlite"
    path.parent.mkdir()
    with closing(SqliteStore(small)) as store:
        store.backup(path)
    return path


# ---------------------------------------------------------------------- what a backup is


def test_a_backup_is_one_file_that_holds_all_of_the_store(small: Path, backup: Path) -> None:
    assert names(backup.parent) == ["kg.sqlite"]
    assert integrity(backup) == "ok"
    assert held_by(backup) == export_of(small)


def test_a_backup_keeps_the_log_of_the_user_and_the_numbers_for_reviewing(
    small: Path, tmp_path: Path
) -> None:
    file = tmp_path / "backup.sqlite"
    with closing(SqliteStore(small)) as store:
        store.add_user_fact(Action.MERGE, pair_payload(*PAIR))
        numbers = store.number_pairs([PAIR])
        log, before = store.user_facts(), exported(store)
        store.backup(file)
        store.add_user_fact(Action.UNDO, {"of": 1})
    restore_store(str(small), file)
    with closing(SqliteStore(small)) as store:
        assert store.user_facts() == log
        assert store.number_pairs([PAIR]) == numbers
        assert exported(store) == before


def test_a_store_in_memory_can_be_backed_up(tmp_path: Path) -> None:
    with closing(SqliteStore(":memory:", create=True)) as store:
        ingest_file(store, SMALL, name=SMALL.name)
        store.backup(tmp_path / "backup.sqlite")
        assert held_by(tmp_path / "backup.sqlite") == exported(store)


WRITER = """
import pickle, sys
from contextlib import closing
from pathlib import Path
from kg.sqlite.store import SqliteStore
readings = pickle.loads(Path(sys.argv[2]).read_bytes())
with closing(SqliteStore(Path(sys.argv[1]))) as store:
    n = 0
    while True:
        n += 1
        store.load("changing", "markdown", str(n), readings[n % 2])
        print(n, flush=True)
"""


def test_backups_made_while_another_process_loads_each_hold_one_whole_load(
    small: Path, tmp_path: Path
) -> None:
    from ingest.from_markdown import read_list

    text = LARGE.read_text(encoding="utf-8")
    readings = [read_list(text[: len(text) // 3]), read_list(text.replace("LLaVA", "LLaVa"))]
    steps = tmp_path / "readings.pickle"
    steps.write_bytes(pickle.dumps(readings))
    possible = []
    with closing(SqliteStore(Path(shutil.copy(small, tmp_path / "planned.sqlite")))) as store:
        for n in range(1, 5):
            store.load("changing", "markdown", str(n), readings[n % 2])
            possible.append(exported(store))
    assert possible[2] == possible[0] != possible[1]
    command = [sys.executable, "-c", WRITER, str(small), str(steps)]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child,
        closing(SqliteStore(small)) as store,
    ):
        assert child.stdout is not None
        for _ in range(2):
            child.stdout.readline()
        made = [tmp_path / f"{n}.sqlite" for n in range(6)]
        for file in made:
            store.backup(file)
            child.stdout.readline()
        assert child.poll() is None
        child.kill()
    for file in made:
        assert integrity(file) == "ok"
        assert held_by(file) in possible


BACKING_UP = """
import sys
from contextlib import closing
from pathlib import Path
from kg.sqlite.store import SqliteStore
with closing(SqliteStore(Path(sys.argv[1]))) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(30):
        store.backup(Path(sys.argv[2]))
"""


def test_two_backups_to_one_file_at_once_leave_a_whole_one(small: Path, tmp_path: Path) -> None:
    file = tmp_path / "backups" / "kg.sqlite"
    file.parent.mkdir()
    command = [sys.executable, "-c", BACKING_UP, str(small), str(file)]
    children = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
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
    assert names(file.parent) == ["kg.sqlite"]
    assert held_by(file) == export_of(small)


# ---------------------------------------------------------------------- a backup that cannot be made


def refused_backup(store: Path, file: Path) -> str:
    """See that neither contract nor command makes this backup; return what is said."""
    with closing(SqliteStore(store)) as opened, pytest.raises(StoreError) as caught:
        opened.backup(file)
    assert str(file) in str(caught.value) or str(store) in str(caught.value)
    result = kg_command("--store", store, "backup", file)
    assert result.exit_code in (1, 2), result.output
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return str(caught.value)


def test_a_store_is_not_backed_up_onto_itself(small: Path, tmp_path: Path) -> None:
    before = export_of(small)
    linked = tmp_path / "linked.sqlite"
    linked.symlink_to(small)
    for file in (small, linked):
        assert "the store itself" in refused_backup(small, file)
    assert export_of(small) == before


def test_a_store_in_use_is_not_overwritten_by_the_backup_of_another(
    small: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copy(small, tmp_path / "other.sqlite"))
    with closing(SqliteStore(other)) as in_use:
        in_use.forget(SMALL.name)
        assert "in use" in refused_backup(small, other)
        assert exported(in_use) == []
    assert export_of(other) == []


def test_a_backup_is_a_file_in_a_folder_that_is_there(small: Path, tmp_path: Path) -> None:
    refused_backup(small, tmp_path)
    refused_backup(small, tmp_path / "nowhere" / "backup.sqlite")
    assert "no such file" in refused_backup(small, tmp_path / "no" / "backup.sqlite").lower()
    assert names(tmp_path) == ["store"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_backup_never_takes_the_place_of_a_pipe_or_device(small: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "no ordinary file" in refused_backup(small, pipe)
    assert pipe.is_fifo()


def test_a_full_disk_is_told_and_the_older_backup_stays(
    disk: Path, fill: Callable[..., Path], small: Path
) -> None:
    file = disk / "backup.sqlite"
    with closing(SqliteStore(small)) as store:
        store.backup(file)
    older, before = file.read_bytes(), export_of(small)
    use(small)
    for leave in (0, 65536, 131072):
        ballast = fill(leave=leave)
        told = refused_backup(small, file)
        assert "full" in told or "space" in told or "I/O" in told
        assert names(disk) == ["backup.sqlite", "ballast"]
        assert file.read_bytes() == older
        ballast.unlink()
    with closing(SqliteStore(small)) as store:
        store.backup(file)
    assert held_by(file) == export_of(small) != before


def test_a_damaged_store_does_not_take_the_place_of_its_last_good_backup(
    small: Path, backup: Path
) -> None:
    before, older = export_of(small), backup.read_bytes()
    damage_pages(small)
    assert "damaged" in refused_backup(small, backup)
    assert backup.read_bytes() == older
    assert names(backup.parent) == ["kg.sqlite"]
    assert kg_command("--store", small, "restore", backup).exit_code == 0
    assert export_of(small) == before


# ---------------------------------------------------------------------- what restoring does


def test_a_store_is_restored_and_what_was_there_before_is_kept(small: Path, backup: Path) -> None:
    before = export_of(small)
    use(small)
    used = export_of(small)
    kept = restore_store(str(small), backup)
    assert kept is not None
    assert kept.parent == small.parent
    assert export_of(small) == before
    assert held_by(kept) == used
    again = restore_store(str(small), kept)
    assert again not in (None, kept)
    assert export_of(small) == used
    assert integrity(small) == "ok"


def test_a_store_that_is_not_there_is_made(small: Path, backup: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "kg.sqlite"
    assert restore_store(str(path), backup) is None
    assert names(path.parent) == ["kg.sqlite"]
    assert export_of(path) == export_of(small)


def test_what_a_lost_store_left_beside_it_does_not_spoil_what_is_restored(
    small: Path, backup: Path
) -> None:
    before = export_of(small)
    with closing(SqliteStore(small)) as store:
        ingest_file(store, LARGE, name=LARGE.name)
        noted = small.with_name("kg.sqlite-wal")
        left = noted.read_bytes()
    small.unlink()
    noted.write_bytes(left)
    restore_store(str(small), backup)
    assert export_of(small) == before
    assert integrity(small) == "ok"


def test_a_restored_store_is_reached_through_the_link_that_leads_to_it(
    small: Path, backup: Path, tmp_path: Path
) -> None:
    before = export_of(small)
    linked = tmp_path / "linked.sqlite"
    linked.symlink_to(small)
    small.write_bytes(b"no database any more" * 500)
    kept = restore_store(str(linked), backup)
    assert kept is not None
    assert kept.parent == small.parent
    assert linked.is_symlink()
    assert export_of(small) == before


def test_who_has_the_store_open_sees_the_restored_one_and_goes_on(
    small: Path, backup: Path
) -> None:
    with closing(SqliteStore(small)) as opened:
        before = exported(opened)
        ingest_file(opened, LARGE, name=LARGE.name)
        used = exported(opened)
        kept = restore_store(str(small), backup)
        assert exported(opened) == before
        assert ingest_file(opened, LARGE, name=LARGE.name).diff.added
        assert exported(opened) == used
    assert export_of(small) == used
    assert kept is not None
    assert held_by(kept) == used


USING = """
import sys
from contextlib import closing
from pathlib import Path
from kg.sqlite.store import SqliteStore
from queries.export import iter_claim_records, to_json_line
with closing(SqliteStore(Path(sys.argv[1]))) as store:
    for line in sys.stdin:
        if line.strip() == "forget":
            store.forget(sys.argv[2])
        print(len(list(iter_claim_records(store))), flush=True)
"""


def test_another_process_that_has_the_store_open_sees_the_restored_one(
    small: Path, backup: Path
) -> None:
    with closing(SqliteStore(small)) as store:
        claims = len(list(iter_claim_records(store)))
    command = [sys.executable, "-c", USING, str(small), SMALL.name]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None

        def ask(what: str) -> int:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(f"{what}\n")
            child.stdin.flush()
            return int(child.stdout.readline())

        assert ask("count") == claims > 0
        assert ask("forget") == 0
        restore_store(str(small), backup)
        assert ask("count") == claims
        assert ask("forget") == 0
        child.stdin.close()
        assert child.wait(60) == 0
    assert export_of(small) == []
    assert integrity(small) == "ok"


def test_who_writes_for_too_long_keeps_the_store_and_restoring_says_so(
    small: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(small)
    before = export_of(small)
    monkeypatch.setattr(kg.sqlite.database, "_PATIENCE_SECONDS", 0.2)
    with closing(sqlite3.connect(small, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match=re.escape(str(small))):
            restore_store(str(small), backup)
        result = kg_command("--store", small, "restore", backup)
        assert result.exit_code == 1
        assert "another process" in result.stderr
        other.execute("ROLLBACK")
    assert export_of(small) == before
    assert names(small.parent) == ["kg.sqlite"]


def test_a_backup_of_an_earlier_schema_is_restored_in_the_present_one(
    small: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(old)) as file:
        file.executescript((SCHEMA_1 / "store.sql").read_text(encoding="utf-8"))
    wanted = (SCHEMA_1 / "export.jsonl").read_text(encoding="utf-8").splitlines()
    as_it_was = old.read_bytes()
    with closing(SqliteStore(small)) as opened:
        restore_store(str(small), old)
        assert exported(opened) == wanted
        assert opened.add_user_fact(Action.MERGE, pair_payload(*PAIR)).holds
    assert old.read_bytes() == as_it_was
    with closing(sqlite3.connect(small)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


# ---------------------------------------------------------------------- what cannot be restored


def cut(backup: Path) -> None:
    os.truncate(backup, backup.stat().st_size // 2)


def newer(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as file:
        file.execute("PRAGMA user_version = 99")


def foreign(backup: Path) -> None:
    backup.unlink()
    with closing(sqlite3.connect(backup)) as file:
        file.execute("CREATE TABLE bookmark (url TEXT)")
        file.commit()


def folder(backup: Path) -> None:
    backup.unlink()
    backup.mkdir()


SPOILT: dict[str, tuple[Callable[[Path], object], type[KGError], str]] = {
    "missing": (Path.unlink, InputError, "there is no backup"),
    "a folder": (folder, InputError, "no file"),
    "empty": (lambda b: b.write_bytes(b""), InputError, "no backup of a store"),
    "a text": (lambda b: b.write_text("# Notes\n" * 900), InputError, "cannot be restored"),
    "of another program": (foreign, InputError, "no backup of a store"),
    "damaged": (damage_pages, InputError, "damaged|malformed"),
    "cut": (cut, InputError, "malformed"),
    "of a newer program": (newer, SchemaVersionError, "upgrade the program"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_no_sound_backup_is_refused_and_the_store_not_touched(
    what: str, small: Path, backup: Path
) -> None:
    spoil, kind, told = SPOILT[what]
    spoil(backup)
    before = small.read_bytes()
    with pytest.raises(kind, match=told) as caught:
        restore_store(str(small), backup)
    assert str(backup) in str(caught.value)
    result = kg_command("--store", small, "restore", backup)
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    assert str(backup) in result.stderr
    absent = small.with_name("absent.sqlite")
    with pytest.raises(kind):
        restore_store(str(absent), backup)
    assert small.read_bytes() == before
    assert names(small.parent) == ["kg.sqlite"]


def test_a_store_is_not_restored_from_itself(small: Path) -> None:
    before = export_of(small)
    with pytest.raises(InputError, match="the store itself"):
        restore_store(str(small), small)
    assert export_of(small) == before


@pytest.mark.parametrize("at", [0, 16, 44, 100])
def test_a_damaged_store_is_restored_and_kept_as_it_is(at: int, small: Path, backup: Path) -> None:
    before = export_of(small)
    with small.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * 8)
    damaged = small.read_bytes()
    kept = restore_store(str(small), backup)
    assert kept is not None
    assert kept.read_bytes() == damaged
    assert export_of(small) == before
    assert names(small.parent) == ["kg.sqlite", kept.name]


@pytest.mark.parametrize("damage", [damage_pages, cut])
def test_a_store_with_damaged_pages_is_restored(
    damage: Callable[[Path], object], small: Path, backup: Path
) -> None:
    before = export_of(small)
    damage(small)
    assert restore_store(str(small), backup) is not None
    assert integrity(small) == "ok"
    assert export_of(small) == before


def test_a_file_of_another_program_does_not_give_way_to_a_store(small: Path, backup: Path) -> None:
    path = small.with_name("bookmarks.sqlite")
    path.touch()
    foreign(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        restore_store(str(path), backup)
    assert path.read_bytes() == before
    assert names(small.parent) == ["bookmarks.sqlite", "kg.sqlite"]


def test_a_store_of_a_newer_program_does_not_give_way_to_an_older_backup(
    small: Path, backup: Path
) -> None:
    newer(small)
    before = small.read_bytes()
    with pytest.raises(SchemaVersionError, match="upgrade"):
        restore_store(str(small), backup)
    assert small.read_bytes() == before


@pytest.mark.parametrize("leave", [0, 65536, 262144, 524288])
@pytest.mark.parametrize("schema", [1, 2])
def test_a_store_on_a_full_disk_stays_where_it_is(
    leave: int, schema: int, disk: Path, fill: Callable[..., Path], backup: Path
) -> None:
    if schema == 1:
        backup.unlink()
        with closing(sqlite3.connect(backup)) as file:
            file.executescript((SCHEMA_1 / "store.sql").read_text(encoding="utf-8"))
    path = disk / "kg.sqlite"
    with closing(SqliteStore(path, create=True)) as store:
        ingest_file(store, LARGE, name=LARGE.name)
        before = exported(store)
    ballast = fill(leave=leave)
    try:
        kept = restore_store(str(path), backup)
    except StoreError as error:
        assert str(path) in str(error)  # noqa: PT017 - with the room that is left it may succeed
        assert names(disk) == ["ballast", "kg.sqlite"]
        ballast.unlink()
        assert export_of(path) == before
        kept = restore_store(str(path), backup)
    assert kept is not None
    assert held_by(kept) == before
    assert export_of(path) == held_by(backup)
    assert integrity(path) == "ok"


def test_a_disk_without_room_for_a_new_store_is_told(
    disk: Path, fill: Callable[..., Path], backup: Path
) -> None:
    fill(leave=65536)
    path = disk / "kg.sqlite"
    with pytest.raises(StoreError, match=re.escape(str(path))):
        restore_store(str(path), backup)
    result = kg_command("--store", path, "restore", backup)
    assert result.exit_code == 1
    assert str(path) in result.stderr
    assert names(disk) == ["ballast"]


# ---------------------------------------------------------------------- no permission


@pytest.fixture
def theirs(ordinary_user: Any, small: Path, backup: Path) -> tuple[Path, Path]:
    """Give a store and a backup in folders of that user; the store was used since."""
    store, copy = (ordinary_user.folder / name / "kg.sqlite" for name in ("store", "backups"))
    for path, original in ((store, small), (copy, backup)):
        path.parent.mkdir()
        shutil.copy(original, path)
    use(store)
    return store, copy


def backing_up(store: Path, file: Path) -> Callable[[], object]:
    def back_up() -> None:
        with closing(SqliteStore(store)) as opened:
            opened.backup(file)

    return back_up


def test_that_user_may_back_up_and_restore(theirs: tuple[Path, Path], ordinary_user: Any) -> None:
    store, copy = theirs
    used, before = export_of(store), held_by(copy)
    file = copy.with_name("new.sqlite")
    assert ordinary_user.error_of(backing_up(store, file)) is None
    assert held_by(file) == used
    copy.chmod(0o444)
    copy.parent.chmod(0o555)
    assert ordinary_user.error_of(lambda: restore_store(str(store), copy)) is None
    assert export_of(store) == before


def test_a_folder_that_may_not_be_written_gets_no_backup_and_keeps_its_own(
    theirs: tuple[Path, Path], ordinary_user: Any
) -> None:
    store, copy = theirs
    older = copy.read_bytes()
    copy.parent.chmod(0o555)
    for file in (copy, copy.with_name("new.sqlite")):
        error = ordinary_user.error_of(backing_up(store, file))
        assert isinstance(error, StoreError)
        assert str(file) in str(error)
        assert "ermission" in str(error)
    copy.parent.chmod(0o000)
    assert isinstance(ordinary_user.error_of(backing_up(store, copy)), StoreError)
    copy.parent.chmod(0o755)
    assert copy.read_bytes() == older
    assert names(copy.parent) == ["kg.sqlite"]


def test_a_backup_that_may_not_be_read_is_told(
    theirs: tuple[Path, Path], ordinary_user: Any
) -> None:
    store, copy = theirs
    before = store.read_bytes()
    for forbid in (copy, copy.parent):
        forbid.chmod(0o000)
        error = ordinary_user.error_of(lambda: restore_store(str(store), copy))
        assert error is not None
        assert str(copy) in str(error)
    copy.parent.chmod(0o755)
    assert store.read_bytes() == before
    assert names(store.parent) == ["kg.sqlite"]


def test_a_store_that_may_not_be_written_is_not_restored_and_stays_where_it_is(
    theirs: tuple[Path, Path], ordinary_user: Any
) -> None:
    store, copy = theirs
    before = store.read_bytes()
    for forbid, mode in ((store, 0o444), (store.parent, 0o555), (store.parent, 0o000)):
        forbid.chmod(mode)
        error = ordinary_user.error_of(lambda: restore_store(str(store), copy))
        forbid.chmod(0o755)
        assert isinstance(error, StoreError), (forbid, error)
        assert str(store) in str(error)
        assert store.read_bytes() == before
        assert names(store.parent) == ["kg.sqlite"]


def test_a_store_that_may_not_be_written_takes_no_decision(
    theirs: tuple[Path, Path], ordinary_user: Any
) -> None:
    store, _ = theirs

    def with_store(action: Callable[[SqliteStore], object]) -> Callable[[], object]:
        def act() -> None:
            with closing(SqliteStore(store)) as opened:
                action(opened)

        return act

    with_store(lambda s: s.add_user_fact(Action.MERGE, pair_payload(*PAIR)))()
    before = export_of(store)
    for action in (
        lambda s: s.add_user_fact(Action.SPLIT, pair_payload(*PAIR)),
        lambda s: s.add_user_fact(Action.UNDO, {"of": 1}),
        lambda s: s.number_pairs([PAIR]),
        lambda s: s.forget(SMALL.name),
    ):
        store.chmod(0o444)
        error = ordinary_user.error_of(with_store(action))
        assert isinstance(error, StoreError)
        assert str(store) in str(error)
        assert "permission" in str(error)
    store.chmod(0o644)
    assert export_of(store) == before
    with closing(SqliteStore(store)) as opened:
        assert [f.n for f in opened.user_facts()] == [1]


def test_a_store_in_a_folder_that_nobody_may_look_into_is_an_error_of_ours(
    theirs: tuple[Path, Path], ordinary_user: Any
) -> None:
    store, _ = theirs
    store.parent.chmod(0o000)
    error = ordinary_user.error_of(lambda: SqliteStore(store, create=True))
    assert isinstance(error, StoreError)
    assert str(store) in str(error)
