"""From files on disk to a store: which files are read, what is said of the others, and encodings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest import load
from ingest.from_markdown import read_list
from ingest.load import Found, find_files, ingest_bytes, ingest_file, source_id
from kg.errors import InputError, KGError
from kg.model import Kind
from kg.sqlite.store import SqliteStore
from kg.store import Store

TABLE = "| Model | Training Data |\n|---|---|\n| LLaVA-1.5 | LLaVA-Instruct-665K, CC3M |\n"

needs_links = pytest.mark.skipif(os.name != "posix", reason="links and pipes of a POSIX system")


@pytest.fixture
def store() -> Iterator[Store]:
    """Give an empty store in memory."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


def write(path: Path, text: str = TABLE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def found(folder: Path) -> dict[str, str]:
    """Give what is found below a folder: relative path -> why it is skipped, or nothing."""
    return {f.path.relative_to(folder).as_posix(): f.skipped for f in find_files(folder)}


def datasets(store: Store) -> set[str]:
    return {entity.name for entity in store.iter_entities(Kind.DATASET)}


# ---------------------------------------------------------------------- finding


def test_the_files_of_a_folder_are_found_in_order_and_below_it(tmp_path: Path) -> None:
    names = ["a.md", "b/c.markdown", "b/d/e.txt", "f.bib", "g.html", "h.HTM", "ä 数据.MD"]
    for name in reversed(names):
        write(tmp_path / name)
    assert list(found(tmp_path)) == sorted(names)
    assert not any(found(tmp_path).values())


def test_a_file_is_found_as_itself(tmp_path: Path) -> None:
    file = write(tmp_path / "a.md")
    assert list(find_files(file)) == [Found(file)]


def test_files_of_other_kinds_are_named_with_their_ending(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.docx", "README", "c.md.bak"):
        write(tmp_path / name)
    skipped = found(tmp_path)
    assert ".pdf" in skipped["a.pdf"]
    assert ".docx" in skipped["b.docx"]
    assert "missing" in skipped["README"]
    assert ".bak" in skipped["c.md.bak"]
    assert all(".md" in why for why in skipped.values())


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a.md")
    write(tmp_path / ".hidden.md")
    write(tmp_path / ".git" / "b.md")
    write(tmp_path / "c" / ".d" / "e.md")
    assert found(tmp_path) == {"a.md": ""}


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert found(tmp_path) == {}


@pytest.mark.parametrize(
    "name",
    ["missing.md", "missing", "missing/a.md", "a.md/b.md", pytest.param("x" * 5000, id="long")],
)
def test_a_path_where_nothing_is_is_named(tmp_path: Path, name: str) -> None:
    write(tmp_path / "a.md")
    path = tmp_path / name
    with pytest.raises(InputError) as caught:
        list(find_files(path))
    assert str(path) in str(caught.value)
    assert caught.value.source == str(path)


@needs_links
def test_links_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "outside" / "secret.md")
    folder = tmp_path / "folder"
    inside = write(folder / "inside.md")
    (folder / "in.md").symlink_to(inside)
    (folder / "out.md").symlink_to(secret)
    (folder / "up.md").symlink_to("../outside/secret.md")
    (folder / "away").symlink_to(secret.parent)
    (folder / "etc").symlink_to("/etc")
    skipped = found(folder)
    assert skipped.pop("in.md") == ""
    assert skipped.pop("inside.md") == ""
    assert set(skipped) == {"out.md", "up.md", "away", "etc"}
    assert all("out of the folder" in why for why in skipped.values())


@needs_links
def test_a_folder_that_is_itself_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "real" / "a.md")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    assert found(link) == {"a.md": ""}


@needs_links
def test_links_in_a_ring_are_no_files(tmp_path: Path) -> None:
    write(tmp_path / "a.md")
    (tmp_path / "ring.md").symlink_to(tmp_path / "ring.md")
    (tmp_path / "self").symlink_to(tmp_path)
    (tmp_path / "nowhere.md").symlink_to(tmp_path / "gone.md")
    skipped = found(tmp_path)
    assert skipped.pop("a.md") == ""
    assert set(skipped) == {"ring.md", "self", "nowhere.md"}
    assert all(skipped.values())


@needs_links
def test_pipes_are_named_and_not_opened(tmp_path: Path, store: Store) -> None:
    write(tmp_path / "a.md")
    os.mkfifo(tmp_path / "pipe.md")
    assert found(tmp_path) == {"a.md": "", "pipe.md": "no ordinary file"}
    for path in (tmp_path / "pipe.md", Path("/dev/zero")):
        with pytest.raises(InputError, match="pipes and devices"):
            list(find_files(path))


# ---------------------------------------------------------------------- reading a file


def test_a_list_is_loaded_under_its_full_path(tmp_path: Path, store: Store) -> None:
    file = write(tmp_path / "a.md")
    report = ingest_file(store, file)
    assert report.source == source_id(file) == file.resolve().as_posix()
    assert report.diff.added == len(list(store.iter_claims()))
    assert datasets(store) == {"LLaVA-Instruct-665K", "CC3M"}


def test_a_list_has_one_id_however_its_path_is_written(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "deep" / "a.md")
    monkeypatch.chdir(tmp_path)
    ingest_file(store, file)
    for path in (Path("deep/a.md"), tmp_path / "deep" / ".." / "deep" / "a.md"):
        assert ingest_file(store, path).load == 0
    assert len(store.sources()) == 1


def test_a_list_can_have_a_name_of_its_own(tmp_path: Path, store: Store) -> None:
    assert ingest_file(store, write(tmp_path / "a.md"), name="my list").source == "my list"
    assert [s.id for s in store.sources()] == ["my list"]


def test_the_same_bytes_are_not_loaded_again(tmp_path: Path, store: Store) -> None:
    file = write(tmp_path / "a.md")
    first = ingest_file(store, file)
    again = ingest_file(store, file)
    assert (again.load, again.copy_of) == (0, "")
    assert again.diff.unchanged == first.diff.added


def test_a_copy_of_a_list_adds_nothing(tmp_path: Path, store: Store) -> None:
    first = ingest_file(store, write(tmp_path / "a.md"))
    claims = list(store.iter_claims())
    copy = ingest_file(store, write(tmp_path / "copy.md"))
    assert copy.copy_of == first.source
    assert copy.diff.is_empty
    assert list(store.iter_claims()) == claims


def test_what_a_copy_says_stays_when_the_first_list_is_forgotten(
    tmp_path: Path, store: Store
) -> None:
    first = ingest_file(store, write(tmp_path / "a.md"))
    ingest_file(store, write(tmp_path / "copy.md"))
    store.forget(first.source)
    assert datasets(store) == {"LLaVA-Instruct-665K", "CC3M"}


def test_a_changed_list_changes_what_changed(tmp_path: Path, store: Store) -> None:
    file = write(tmp_path / "a.md")
    ingest_file(store, file)
    write(file, "# A new heading\n\n" + TABLE.replace("CC3M", "CC12M"))
    report = ingest_file(store, file)
    assert (report.diff.added, report.diff.edited, report.diff.withdrawn) == (1, 0, 1)
    assert datasets(store) == {"LLaVA-Instruct-665K", "CC12M"}
    lines = {s.claim.line for s in store.iter_claims(predicates=["TRAINED_ON"])}
    assert lines == {5}


@pytest.mark.parametrize("ending", ["", ".pdf", ".docx", ".md~"])
def test_a_file_of_another_ending_is_refused(tmp_path: Path, store: Store, ending: str) -> None:
    file = write(tmp_path / f"a{ending}")
    with pytest.raises(InputError) as caught:
        ingest_file(store, file)
    assert str(file) in str(caught.value)
    assert ".md" in str(caught.value)
    assert store.sources() == []


def test_a_file_that_is_gone_is_an_error_of_ours(tmp_path: Path, store: Store) -> None:
    with pytest.raises(InputError) as caught:
        ingest_file(store, tmp_path / "gone.md")
    assert caught.value.source == str(tmp_path / "gone.md")


def test_a_folder_that_is_called_like_a_list_is_an_error_of_ours(
    tmp_path: Path, store: Store
) -> None:
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(InputError):
        ingest_file(store, tmp_path / "folder.md")


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path, store: Store) -> None:
    file = write(tmp_path / "large.md")
    os.truncate(file, load.LARGEST + 1)  # sparse: takes no room
    with pytest.raises(InputError, match="64 MiB") as caught:
        ingest_file(store, file)
    assert str(file) in str(caught.value)
    assert store.sources() == []


def test_an_empty_file_is_a_source_that_says_nothing(tmp_path: Path, store: Store) -> None:
    for name in ("a.md", "b.bib", "c.html"):
        assert ingest_file(store, write(tmp_path / name, "")).diff.added == 0
    assert len(store.sources()) == 3
    assert list(store.iter_claims()) == []


@pytest.mark.parametrize("ending", [".md", ".html", ".bib", ".txt"])
@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 64,
        b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n\x00\x01\x02" * 500,
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(255, -1, -1)) * 64,
        b"\x00" * 10_000,
        b"\xff" * 10_000,
        b"\xff\xfe" + b"\x00\xd8" * 1000,
        b"\xef\xbb\xbf",
        b"|" * 5000,
    ],
    ids=["program", "pdf", "picture", "zeros", "ones", "surrogates", "bom", "bars"],
)
def test_a_binary_file_named_as_a_list_does_no_harm(
    tmp_path: Path, store: Store, ending: str, data: bytes
) -> None:
    file = tmp_path / f"binary{ending}"
    file.write_bytes(data)
    report = ingest_file(store, file)
    assert report.source == source_id(file)
    assert [s.id for s in store.sources()] == [report.source]
    store.find_similar_names("binary")
    assert len(list(store.iter_claims())) == report.diff.added


@needs_links
@pytest.mark.skipif(sys.platform == "darwin", reason="this system takes only names in UTF-8")
def test_a_file_whose_name_is_no_utf8_is_loaded_or_refused_as_an_error_of_ours(
    tmp_path: Path, store: Store
) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path / "caf") + b"\xe9.md"))
    write(file)
    try:
        ingest_file(store, file)
    except KGError as error:
        assert "caf" in str(error)  # noqa: PT017
    else:
        assert datasets(store) == {"LLaVA-Instruct-665K", "CC3M"}


# ---------------------------------------------------------------------- encodings

FRENCH = (
    "# Données d'entraînement des modèles\n\n"
    "Voici les jeux de données utilisés pour l'entraînement, triés par étape et vérifiés à la main.\n\n"
    "| Model | Training Data |\n|---|---|\n| Modèle-Élan | Données-Été, Leçons-Noël |\n"
)


@pytest.mark.parametrize(
    "data",
    [
        FRENCH.encode(),
        FRENCH.encode("utf-8-sig"),
        FRENCH.encode("utf-16"),
        b"\xff\xfe" + FRENCH.encode("utf-16-le"),
        b"\xfe\xff" + FRENCH.encode("utf-16-be"),
        FRENCH.encode("latin-1"),
        FRENCH.encode("cp1252"),
        FRENCH.replace("\n", "\r\n").encode(),
        FRENCH.replace("\n", "\r").encode(),
        FRENCH.encode().decode("latin-1").encode(),
    ],
    ids=["utf-8", "bom", "utf-16", "le", "be", "latin-1", "cp1252", "crlf", "cr", "mojibake"],
)
def test_a_list_says_the_same_in_every_encoding(tmp_path: Path, store: Store, data: bytes) -> None:
    file = tmp_path / "liste.md"
    file.write_bytes(data)
    ingest_file(store, file)
    assert datasets(store) == {"Données-Été", "Leçons-Noël"}
    (model,) = store.iter_entities(Kind.MODEL)
    assert model.name == "Modèle-Élan"
    assert {s.claim.line for s in store.iter_claims(predicates=["TRAINED_ON"])} == {7}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8"])
def test_a_chinese_list_says_the_same_in_every_encoding(
    tmp_path: Path, store: Store, encoding: str
) -> None:
    text = (
        "# 多模态大模型的训练数据\n\n这是一个整理好的列表，每一行都有来源，欢迎补充和指正。\n\n"
        "| 模型 | 训练数据 |\n|---|---|\n| 悟空-Chat | 悟空数据集, 流萤 |\n"
    )
    file = tmp_path / "liste.md"
    file.write_bytes(text.encode(encoding))
    ingest_file(store, file)
    assert {"流萤"} <= datasets(store)
    assert {e.name for e in store.iter_entities(Kind.MODEL)} == {"悟空-Chat"}


@pytest.mark.parametrize(
    "charset", ["utf-7", "unicode_escape", "rot13", "idna", "hex", "\x00", "x"]
)
def test_a_charset_that_a_server_names_does_no_harm(store: Store, charset: str) -> None:
    data = TABLE.replace("CC3M", "Caf\\ud800 +2AA-").encode() + b"\xe9\n"
    ingest_bytes(store, "https://example.org", data, "markdown", read_list, charset)
    assert "LLaVA-Instruct-665K" in datasets(store)


# ---------------------------------------------------------------------- what was repaired


def test_what_decoding_and_reading_repaired_is_kept_with_the_source(
    tmp_path: Path, store: Store
) -> None:
    file = write(tmp_path / "a.md", f"# ðŸ”¥ List\n\n{TABLE}| OtterLM |\n\n> ❓ why?\n")
    ingest_file(store, file)
    assert [(r.line, r.kind) for _, r in store.remarks()] == [
        (1, "repair"),
        (6, "repair"),
        (8, "question"),
    ]
