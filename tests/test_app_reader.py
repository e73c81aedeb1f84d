"""The commands of the reader's own side as a person types them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from kg.model import Claim, Kind, Name, Property, Reading, Remark
from kg.sqlite.store import SqliteStore

Kg = Callable[..., Result]

NOTES = """# Notes

#### Visual Instruction Tuning (LLaVA) [`READ`]

paper link: [here](https://arxiv.org/abs/2304.08485)

#### Improved Baselines with Visual Instruction Tuning (LLaVA-v1.5) [`UNREAD`]

paper link: [here](https://arxiv.org/abs/2310.03744)

> ❓ Is the resolution what matters?
"""
TABLE = "| Model | Training Data |\n|---|---|\n| LLaVA-1.5 | LLaVA-665K |\n| Otter | CC3M |\n"


def run(*arguments: str | Path, code: int = 0, color: bool = False) -> Result:
    """Run the command in this process and check how it ends: never with a traceback."""
    result = CliRunner().invoke(main, [str(a) for a in arguments], color=color)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def records(result: Result) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in result.stdout.split("\n") if line]


def lines(result: Result) -> list[str]:
    return [line.strip() for line in result.stdout.splitlines()]


@pytest.fixture
def kg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kg:
    """Give the command with a store of two small lists, run in their folder."""
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "notes.md").write_text(NOTES, "utf-8")
    (folder / "table.md").write_text(TABLE, "utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KG_STORE", str(tmp_path / "kg.sqlite"))
    run("ingest", "notes.md", "table.md")
    return run


def exported(kg: Kg) -> list[str]:
    return [kg("export", what).stdout for what in ("claims", "properties", "entities")]


# ---------------------------------------------------------------------- read


def test_many_papers_are_marked_at_once_and_lists_that_say_otherwise_are_told(kg: Kg) -> None:
    told = lines(kg("read", "2304.08485", "https://arxiv.org/abs/2310.03744", "--state", "reading"))
    assert [re.sub(r"^\d+ \S+ ", "", t) for t in told] == [
        "reading Visual Instruction Tuning",
        "reading Improved Baselines with Visual Instruct…",
        "notes.md:3 says read",
        "notes.md:7 says unread",
    ]
    shown = kg("show", "2304.08485").stdout
    assert re.search(r"your word\n  reading since \d{4}-\d\d-\d\d\n  lists say\n    read\n", shown)
    (sight,) = records(kg("show", "2304.08485", "--json"))
    assert (sight["reader"]["state"], sight["reader"]["said_by"]) == ("reading", "you")
    assert sight["reader"]["lists"][0]["line"] == 3


def test_a_state_takes_a_day_and_a_priority_which_stays_until_it_is_read(kg: Kg) -> None:
    kg("read", "2310.03744", "--state", "to-read", "--priority", "3", "--date", "2026-11-01")
    (record,) = records(kg("read", "2310.03744", "--state", "reading", "--json"))
    assert (record["state"], record["priority"]) == ("reading", 3)
    (record,) = records(kg("read", "2310.03744", "--json"))
    assert (record["state"], record["priority"]) == ("read", None)
    kg("undo")
    kg("undo")
    (sight,) = records(kg("show", "2310.03744", "--json"))
    assert (sight["reader"]["state_at"], sight["reader"]["priority"]) == ("2026-11-01", 3)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "kg read 2310.03744"),
        (("2304.08485", "2401.00001"), 3, "'kg add arXiv:2401.00001' adds it"),
        (("2304.08485", "No Such Paper"), 3, "No Such Paper"),
        (("2304.08485", "--state", "finished"), 2, "finished"),
        (("2304.08485", "--date", "today"), 2, "write it as 2026-11-21"),
        (("2304.08485", "--date", "20261121"), 2, "write it as 2026-11-21"),
        (("2304.08485", "--priority", "0"), 2, "0"),
    ],
)
def test_what_cannot_be_marked_is_said_and_nothing_is(
    kg: Kg, arguments: tuple[str, ...], code: int, told: str
) -> None:
    assert told in kg("read", *arguments, code=code).output
    assert kg("export", "user").stdout == ""


def test_a_models_name_stands_for_its_paper_and_its_id_for_itself(kg: Kg) -> None:
    told = kg("read", "LLaVA", "--state", "to-read")
    assert "to-read Visual Instruction Tuning" in told.stdout
    assert "LLaVA is a model: its paper is meant; give model:llava for itself" in told.stderr
    assert records(kg("queue", "--json"))[0]["id"].startswith("paper:")
    assert lines(kg("read", "model:llava", "2304.08485"))[0].endswith("read LLaVA")
    assert lines(kg("read", "LLaVA", "--state", "reading"))[0].endswith("reading LLaVA")


def test_what_was_said_of_a_name_that_is_gone_is_listed(kg: Kg) -> None:
    assert lines(kg("read", "--lost")) == ["every name that you said something of is known"]
    kg("read", "Otter")
    kg("forget", "table.md")
    assert lines(kg("read", "--lost"))[0].endswith("read Otter")
    assert [r["text"] for r in records(kg("read", "--lost", "--json"))] == ["Otter"]
    assert "said of names that no source uses now  1" in kg("status").stdout


# ---------------------------------------------------------------------- notes and tags


def test_open_notes_and_the_questions_of_lists_are_listed_with_lines(kg: Kg) -> None:
    kg("note", "2310.03744", "is", "it", "the", "data?", "--open")
    told = lines(kg("notes", "--open"))
    assert re.fullmatch(r"\[1\] open \d{4}-\d\d-\d\d Improved Baselines .*", told[0])
    assert told[1:] == ["is it the data?", "notes.md:11", "❓ Is the resolution what matters?"]
    mine, theirs = records(kg("notes", "--open", "--json"))
    assert (mine["n"], mine["id"], mine["source"]) == (1, "paper:arxiv:2310.03744", None)
    assert (theirs["n"], theirs["line"], theirs["open"]) == (None, 11, True)


def test_a_closed_note_keeps_its_text_and_is_opened_by_undoing(kg: Kg) -> None:
    kg("note", "Otter", "why?", "--open")
    kg("note", "--done", "1")
    assert len(records(kg("notes", "--open", "--json"))) == 1
    assert records(kg("notes", "--json"))[0]["note"] == "why?"
    assert "no note 1" in kg("note", "--done", "1", code=3).output
    assert "not open" in kg("note", "--done", "3", code=2).output
    assert "no note 99" in kg("note", "--done", "99", code=3).output
    kg("note", "Otter", code=2)
    kg("note", code=2)


def test_tags_are_put_on_once_and_taken_off(kg: Kg) -> None:
    assert len(lines(kg("tag", "Otter", "thesis", "baseline", "thesis"))) == 2
    assert "nothing to do" in kg("tag", "Otter", "thesis").stdout
    assert "tags: baseline, thesis" in kg("show", "Otter").stdout
    kg("tag", "Otter", "thesis", "--remove")
    assert "tags: baseline\n" in kg("show", "Otter").stdout
    assert "its tags: baseline" in kg("tag", "Otter", "thesis", "--remove", code=2).output
    assert "one word" in kg("tag", "Otter", "two words", code=2).output
    assert "one word" in kg("tag", "Otter", "a,b", code=2).output


# ---------------------------------------------------------------------- queue


def test_the_queue_gives_reasons_and_the_readers_priority_first(kg: Kg) -> None:
    told = kg("queue").stdout
    assert "notes.md:7 marks it unread" in told
    kg("read", "Otter", "--state", "to-read", "--priority", "1")
    first, second = records(kg("queue", "--json"))
    assert (first["id"], first["priority"]) == ("model:otter", 1)
    assert first["reasons"][0] == "your priority 1"
    assert second["state"] == "new"
    assert lines(kg("queue", "-n", "1"))[-1] == "… 1 more (--all shows them)"
    kg("read", "Otter", "2310.03744")
    assert lines(kg("queue"))[0].startswith("nothing waits")
    assert records(kg("queue", "--json")) == []


# ---------------------------------------------------------------------- add


def test_papers_are_added_offline_into_a_new_store_and_completed_by_a_list(
    kg: Kg, tmp_path: Path
) -> None:
    store = ("--store", tmp_path / "new.sqlite")
    told = lines(
        kg("add", "2304.08485", "10.1000/182", "https://aclanthology.org/P18-1238", *store)
    )
    assert [t.split(" add ")[1] for t in told] == [
        "arXiv:2304.08485", "doi:10.1000/182", "ACL:P18-1238",
    ]  # fmt: skip
    assert len(records(kg("queue", "--json", *store))) == 3
    kg("ingest", "notes.md", *store)
    (sight,) = records(kg("show", "2304.08485", "--json", *store))
    assert (sight["id"], sight["name"]) == ("paper:arxiv:2304.08485", "Visual Instruction Tuning")
    assert "was added before" in kg("add", "arXiv:2304.08485v2", *store).stdout
    assert "is known: Improved" in kg("add", "2310.03744", *store).stdout


def test_a_bib_file_is_added_as_a_source(kg: Kg) -> None:
    Path("refs.bib").write_text("@article{a, title={A Title of Its Own}, year={2023}}\n")
    assert re.search(r"refs\.bib: \d+ claims added", kg("add", "refs.bib", "2401.00001").stdout)
    assert "refs.bib" in kg("sources").stdout
    kg("add", "missing.bib", code=1)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("https://github.com/a/b", "'kg ingest https://github.com/a/b' reads a page"),
        ("LLaVA", "an arXiv id looks like 2310.03744"),
        ("https://example.org/refs.bib", "kg ingest"),
        ("", "arXiv id"),
    ],
)
def test_what_is_no_paper_is_refused_with_what_to_do_instead(kg: Kg, given: str, told: str) -> None:
    assert told in kg("add", "2401.00001", given, code=2).output
    assert kg("export", "user").stdout == ""


# ---------------------------------------------------------------------- assert


def test_an_assertion_answers_questions_as_yours_and_goes_with_its_undo(kg: Kg) -> None:
    before = exported(kg)
    told = kg(
        "assert", "Otter", "trained-on", "LLaVA-665K", "--stage", "sft", "--amount", "665K samples",
        "--source", "https://user:secret@arxiv.org/abs/2310.03744", "--quote", "we use it",
    ).stdout  # fmt: skip
    assert re.search(r"  1 \S+ assert Otter TRAINED_ON LLaVA-665K\n", told)
    (record,) = [r for r in records(kg("export", "claims")) if r["source"] == "you"]
    assert record["subject"]["id"] == "model:otter"
    assert record["attributes"]["stage"] == "sft"
    assert record["attributes"]["amount"]["value"] == 665_000
    assert (record["line"], record["extractor"]) == (1, "user")
    assert record["quote"] == "we use it [https://arxiv.org/abs/2310.03744]"
    assert "you:1" in kg("ask", "which models use LLaVA-665K").stdout
    kg("undo", "1")
    assert exported(kg) == before


def test_an_assertion_may_deny_or_say_that_nothing_is_disclosed(kg: Kg) -> None:
    kg("assert", "Otter", "trained-on", "CC3M", "--denies")
    kg("assert", "Otter", "trained-on", "--undisclosed")
    stances = [r["stance"] for r in records(kg("export", "claims")) if r["source"] == "you"]
    assert stances == ["denies", "undisclosed"]
    kg("assert", "Otter", "trained-on", "CC3M", "--denies", "--undisclosed", code=2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Otter", "eats", "CC3M"), "eats"),
        (("Otter", "trained-on"), "states no object"),
        (("Otter", "trained-on", "CC3M", "--role", "base"), "no qualifier ['role']"),
        (("Otter", "trained-on", "CC3M", "--amount", "much"), "'much' is no amount"),
        (("Otter", "evaluated-on", "CC3M", "--score", "good"), "'good' is no score"),
        (("dataset:cc3m", "trained-on", "CC3M"), "a model is needed here"),
        (("Otter", "trained-on", "CC3M", "--source", "ftp://x"), "no http(s) address"),
    ],
)
def test_what_cannot_be_asserted_is_said(kg: Kg, arguments: tuple[str, ...], told: str) -> None:
    assert told in kg("assert", *arguments, code=2).output
    assert kg("export", "user").stdout == ""


def test_a_list_cannot_be_ingested_as_you_and_you_are_not_forgotten(kg: Kg) -> None:
    kg("assert", "Otter", "trained-on", "SBU")
    before = exported(kg)
    assert "'kg undo N'" in kg("forget", "you", code=2).output
    Path("mine.md").write_text(TABLE.replace("CC3M", "SBU"))
    assert "--as NAME" in kg("ingest", "mine.md", "--as", "you", code=1).output
    assert "--as NAME" in kg("ingest", "table.md", "--as", "you", code=1).output
    assert exported(kg) == before
    assert re.search(r"^you\n  1 claim", kg("sources").stdout, re.M)


# ---------------------------------------------------------------------- export and import


def test_what_you_said_goes_to_a_file_and_onto_a_graph_built_anew(kg: Kg, tmp_path: Path) -> None:
    kg("read", "2304.08485", "--priority", "2")
    kg("tag", "Otter", "thesis")
    kg("note", "Otter", "why?", "--open")
    kg("tag", "Otter", "gone")
    kg("undo")
    kg("assert", "Otter", "trained-on", "SBU")
    kg("add", "2401.00001")
    kg("merge", "CC3M", "LLaVA-665K")
    kg("export", "user", "-o", "mine.jsonl")
    new = ("--store", tmp_path / "new.sqlite")
    assert "6 entries added, 0 known" in kg("import", "user", "mine.jsonl", *new).stdout
    assert (
        "1 are of names"
        in kg("import", "user", "mine.jsonl", "--store", tmp_path / "b.sqlite").stdout
    )
    kg("ingest", "notes.md", "table.md", *new)
    assert kg("export", "user", *new).stdout == Path("mine.jsonl").read_text("utf-8")
    assert kg("show", "Otter", *new).stdout.count("thesis") == 1
    assert "CC3M" in kg("show", "LLaVA-665K", *new).stdout
    assert "0 entries added, 6 known" in kg("import", "user", "mine.jsonl", *new).stdout


def test_a_bad_file_is_told_by_line_and_imports_nothing(kg: Kg) -> None:
    kg("tag", "Otter", "thesis")
    good = kg("export", "user").stdout
    kg("undo")
    Path("bad.jsonl").write_text(good.replace("thesis", "new") + "{}\n")
    assert "bad.jsonl:2: an entry is an object" in kg("import", "user", "bad.jsonl", code=1).output
    assert kg("export", "user").stdout == ""
    Path("bom.jsonl").write_bytes(b"\xef\xbb\xbf" + good.replace("\n", "\r\n").encode())
    assert "1 known, 1 of them undone here" in kg("import", "user", "bom.jsonl").stdout
    Path("bad.jsonl").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in kg("import", "user", "bad.jsonl", code=1).output
    assert "cannot read" in kg("import", "user", "missing.jsonl", code=1).output
    kg("import", "other", "bad.jsonl", code=2)


# ---------------------------------------------------------------------- stats and status


def test_statistics_are_printed_and_given_as_json(kg: Kg) -> None:
    told = kg("stats").stdout
    assert "2 models with recorded training data, of 3 models" in told
    assert "table.md  " in told
    (record,) = records(kg("stats", "--json"))
    assert set(record) == {
        "kinds", "relations", "properties", "sources", "years", "coverage", "states",
    }  # fmt: skip
    assert record["states"] == {"new": 1, "read": 1}
    assert record["years"] == {"2023": 2}


def test_kg_alone_shows_what_is_new_since_it_was_last_looked_at(kg: Kg) -> None:
    (record,) = records(kg("status", "--json"))
    assert [n["source"].rsplit("/")[-1] for n in record["news"]] == ["notes.md", "table.md"]
    first = kg().stdout
    assert "new so far" in first
    assert "notes.md" in first
    again = kg("status").stdout
    assert re.search(r"nothing new since \d{4}-\d\d-\d\d \d\d:\d\d UTC", again)
    assert len(again.splitlines()) <= 24
    Path("table.md").write_text(TABLE.replace("CC3M", "SBU"), "utf-8")
    kg("ingest", "table.md")
    assert re.search(r"\+1 ~0 -1  table.md", kg().stdout)
    assert kg("log").stdout.startswith("no decisions yet")
    kg("undo", code=2)


def test_kg_alone_without_a_store_prints_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KG_STORE", str(tmp_path / "none.sqlite"))
    result = CliRunner().invoke(main, [])
    assert "Usage:" in result.output
    assert "queue" in result.output
    assert not (tmp_path / "none.sqlite").exists()
    assert "there is no store" in run("--store", tmp_path / "none.sqlite", code=2).output


def test_a_file_that_is_no_store_is_told_by_kg_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("no store")
    monkeypatch.setenv("KG_STORE", str(tmp_path / "x"))
    run(code=1)
    monkeypatch.setenv("KG_STORE", "mysql://host")
    assert "mysql" in run(code=2).output


# ---------------------------------------------------------------------- hostile text

HOSTILE = "Evil\x1b[31m\x07 \u202etitle\u200b " + "very long " * 30


def test_hostile_names_neither_colour_the_screen_nor_leave_it(kg: Kg, tmp_path: Path) -> None:
    path = tmp_path / "hostile.sqlite"
    name = Name(Kind.PAPER, HOSTILE)
    claims = tuple(
        Claim(name, p, 1, HOSTILE, values={"text": text})
        for p, text in ((Property.READ, "unread"), (Property.ARXIV, "2304.08485"))
    )
    with closing(SqliteStore(path, create=True)) as store:
        remark = Remark(1, HOSTILE, "question")
        store.load("list\x1b[2J.md", "markdown", "1", Reading(claims, remarks=(remark,)))
    at = ("--store", path)
    kg("note", "2304.08485", HOSTILE, "--open", *at)
    kg("read", "2304.08485", "--state", "to-read", *at)
    kg("assert", HOSTILE, "trained-on", HOSTILE + "2", "--quote", HOSTILE, *at)
    for command in (["queue"], ["notes"], ["stats"], ["status"], ["log"], ["show", "2304.08485"],
                    ["read", "2304.08485"], ["add", "2304.08485"]):  # fmt: skip
        for line in kg(*command, *at).output.splitlines():
            assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cf")], (command, line)
            assert len(line) <= 80, (command, line)
