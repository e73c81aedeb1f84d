"""The command as a person types it: exit codes, options, clean output, formats for other programs."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.terminal import clean
from ingest.from_markdown import read_list
from kg.model import Claim, Kind, Name, Property, Reading, Rejected, Relation
from kg.sqlite.store import SqliteStore
from queries.formats import csv_cell

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "ingest" / "lists"
QUESTION = "which models use LLaVA-665K"
TABLE = "| Model | Training Data |\n|---|---|\n| LLaVA-1.5 | LLaVA-Instruct-665K, CC3M |\n"


def kg(*arguments: str | Path, code: int = 0, color: bool = False) -> Result:
    """Run the command in this process and check how it ends: never with a traceback."""
    result = CliRunner().invoke(main, [str(a) for a in arguments], color=color)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def records(result: Result) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in result.stdout.split("\n") if line]


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store of the bundled lists; not to be changed."""
    path = tmp_path_factory.mktemp("lists") / "kg.sqlite"
    kg("--store", path, "ingest", LISTS)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Give a small list in a file."""
    path = tmp_path / "table.md"
    path.write_text(TABLE)
    return path


# ---------------------------------------------------------------------- which store


def test_the_store_is_named_before_or_after_the_command(tmp_path: Path, table: Path) -> None:
    question = "which models use CC3M"
    first, second = tmp_path / "first.sqlite", tmp_path / "second.sqlite"
    kg("--store", first, "ingest", table)
    kg("ingest", table, "--store", second)
    for path in (first, second):
        assert path.is_file()
        before = kg("--store", path, "ask", "--json", question).stdout
        assert json.loads(before)["answers"]
        assert kg("ask", "--store", path, "--json", question).stdout == before
        assert kg("ask", "--json", question, "--store", path).stdout == before


def test_the_store_named_last_is_the_one(tmp_path: Path, table: Path) -> None:
    first, second = tmp_path / "first.sqlite", tmp_path / "second.sqlite"
    kg("--store", first, "ingest", table, "--store", second)
    assert not first.exists()
    assert second.is_file()


def test_without_an_option_kg_store_names_the_store(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, given_ = tmp_path / "named.sqlite", tmp_path / "given.sqlite"
    monkeypatch.setenv("KG_STORE", str(named))
    kg("ingest", table)
    assert named.is_file()
    kg("ingest", table, "--store", given_)
    assert given_.is_file()
    assert kg("sources").stdout.startswith(str(table))


def test_without_any_name_the_store_is_the_users_own(
    table: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KG_STORE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    kg("ingest", table)
    assert [p.name for p in tmp_path.rglob("kg.sqlite")] == ["kg.sqlite"]
    assert kg("sources").stdout


@pytest.mark.parametrize(
    "command",
    [
        ["ask", QUESTION],
        ["show", "LLaVA"],
        ["sources"],
        ["export", "claims"],
        ["forget", "a.md"],
    ],
)
def test_a_store_that_is_not_there_is_a_mistake_in_the_call_and_is_not_made(
    tmp_path: Path, command: list[str]
) -> None:
    path = tmp_path / "kg.sqlite"
    result = kg("--store", path, *command, code=2)
    assert str(path) in result.stderr
    assert "kg ingest" in result.stderr
    assert result.stdout == ""
    assert not path.exists()


# ---------------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["ask", QUESTION], 0),
        (["show", "Video-LLaMA2"], 0),
        (["lineage", "Vicuna"], 0),
        (["sources"], 0),
        (["--version"], 0),
        (["--help"], 0),
        (["ask", "why is the sky blue"], 2),
        (["ask"], 2),
        (["show"], 2),
        (["lineage"], 2),
        (["lineage", "Vicuna", "--depth", "0"], 2),
        (["export", "user", "LLaVA"], 2),
        (["export", "csv", "--question", "why is the sky blue"], 2),
        (["ingest"], 2),
        (["nonsense"], 2),
        (["export", "everything"], 2),
        (["--nonsense", "sources"], 2),
        (["ingest", "a.md", "b.md", "--as", "x"], 2),
        (["ask", "which models use No-Such-Dataset-7"], 3),
        (["show", "No-Such-Thing-7"], 3),
        (["lineage", "No-Such-Thing-7"], 3),
        (["export", "graphml", "No-Such-Thing-7"], 3),
        (["forget", "no-such-list.md"], 3),
        (["ingest", "no-such-list.md"], 1),
    ],
)
def test_the_exit_code_says_how_it_went(lists: Path, command: list[str], code: int) -> None:
    result = kg("--store", lists, *command, code=code)
    assert (result.stderr == "") == (code == 0)


def test_the_command_itself_ends_with_the_same_codes(lists: Path, tmp_path: Path) -> None:
    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "app.cli", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    done = run("--store", lists, "ask", QUESTION)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Video-LLaMA2" in done.stdout
    calls: tuple[tuple[list[str | Path], int], ...] = (
        (["--store", lists, "show", "No-Such-Thing-7"], 3),
        (["--store", tmp_path / "none.sqlite", "sources"], 2),
        (["--store", lists / "below", "ingest", LISTS], 1),
    )
    for arguments, code in calls:
        done = run(*arguments)
        assert done.returncode == code
        assert done.stdout == ""
        assert done.stderr.startswith("kg: ")
        assert "Traceback" not in done.stderr


def test_the_version_is_that_of_the_package() -> None:
    assert re.search(r"\d+\.\d+\.\d+", kg("--version").stdout)


# ---------------------------------------------------------------------- help

COMMANDS = sorted(main.commands)


def test_the_help_names_every_command() -> None:
    text = kg("--help").stdout
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", text, re.MULTILINE)


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_every_command_has_help_with_an_example_on_lines_of_its_own(command: str | None) -> None:
    text = kg(*([command] if command else []), "--help").stdout
    assert text == kg(*([command] if command else []), "-h").stdout
    lines = [line.strip() for line in text.splitlines()]
    assert "Example:" in lines
    example = lines[lines.index("Example:") + 1]
    assert example.startswith(f"kg {command}" if command else "kg ")
    assert "\\b" not in text
    assert max(map(len, text.splitlines())) <= 80 or command is None


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_does(command: str) -> None:
    for parameter in main.commands[command].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


# ---------------------------------------------------------------------- ingest


def test_a_list_ingested_again_changed_nothing(tmp_path: Path, table: Path) -> None:
    path = tmp_path / "kg.sqlite"
    first = kg("--store", path, "ingest", table).stdout
    assert re.search(r"\d+ claims added", first)
    again = kg("--store", path, "ingest", table).stdout
    assert "nothing changed" in again
    assert "added" not in again


def test_a_changed_list_tells_what_changed(tmp_path: Path, table: Path) -> None:
    path = tmp_path / "kg.sqlite"
    kg("--store", path, "ingest", table)
    table.write_text("\n" + TABLE.replace("CC3M", "CC12M"))
    told = kg("--store", path, "ingest", table, "--changes").stdout
    assert "1 claim added, 0 edited, 1 withdrawn" in told
    assert re.search(r"added +LLaVA-1.5 TRAINED_ON CC12M +\(line 4\)", told)
    assert re.search(r"withdrawn +LLaVA-1.5 TRAINED_ON CC3M", told)


def test_a_copy_is_told_as_one(tmp_path: Path, table: Path) -> None:
    path = tmp_path / "kg.sqlite"
    copy = tmp_path / "copy.md"
    copy.write_text(TABLE)
    kg("--store", path, "ingest", table)
    assert "a copy of" in kg("--store", path, "ingest", copy).stdout


def test_what_ingest_did_is_told_as_json(tmp_path: Path, table: Path) -> None:
    path = tmp_path / "kg.sqlite"
    (record,) = records(kg("--store", path, "ingest", table, "--json"))
    assert record["source"] == str(table.resolve())
    assert record["added"] > 0
    assert (record["edited"], record["withdrawn"], record["copy_of"]) == (0, 0, None)
    (again,) = records(kg("--store", path, "ingest", table, "--json"))
    assert (again["added"], again["unchanged"]) == (0, record["added"])


def test_a_source_is_called_what_as_says(tmp_path: Path, table: Path) -> None:
    path = tmp_path / "kg.sqlite"
    kg("--store", path, "ingest", table, "--as", "my list")
    assert [r["source"] for r in records(kg("--store", path, "sources", "--json"))] == ["my list"]
    assert {r["source"] for r in records(kg("--store", path, "export", "claims"))} == {"my list"}
    kg("--store", path, "forget", "my list")
    assert kg("--store", path, "export", "claims").stdout == ""


def test_as_names_one_file_and_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("a.md", "b.md"):
        (folder / name).write_text(TABLE.replace("CC3M", name))
    result = kg("--store", path, "ingest", folder, "--as", "one", code=2)
    assert "--as" in result.stderr
    kg("--store", path, "ingest", folder / "a.md", folder / "b.md", "--as", "one", code=2)
    assert kg("--store", path, "sources").stdout == ""


def test_a_file_that_cannot_be_read_does_not_keep_the_others_out(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.md").write_text(TABLE)
    (folder / "b.md").write_text("")
    os.truncate(folder / "b.md", 64 * 1024 * 1024 + 1)
    (folder / "c.md").write_text(TABLE.replace("CC3M", "CC12M"))
    (folder / "d.pdf").write_text("x")
    result = kg("--store", path, "ingest", folder, code=1)
    assert "b.md" in result.stderr
    assert "d.pdf" in result.stderr
    assert len(records(kg("--store", path, "sources", "--json"))) == 2


def test_rejected_lines_are_counted_and_shown_and_are_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    result = kg("--store", path, "ingest", LISTS, "--rejected")
    counted = sum(int(n) for n in re.findall(r", (\d+) lines rejected$", result.stdout, re.M))
    assert counted > 0
    assert len(re.findall(r"^  line \d+: ", result.stdout, re.M)) == counted
    shown = kg("--store", path, "sources", "--rejected").stdout
    assert len(re.findall(r"^    line \d+: ", shown, re.M)) == counted
    assert " 0 lines rejected" in kg("--store", path, "sources").stdout
    assert " 0 lines rejected" not in shown


def test_a_forgotten_source_is_found_by_its_path(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kg.sqlite"
    kg("--store", path, "ingest", table)
    monkeypatch.chdir(tmp_path)
    assert re.search(r"\d+ claims withdrawn", kg("--store", path, "forget", "table.md").stdout)
    assert kg("--store", path, "export", "entities").stdout == ""
    kg("--store", path, "ask", QUESTION, code=3)


# ---------------------------------------------------------------------- answers


def test_the_answer_shows_the_lines_that_say_so_and_what_was_covered(lists: Path) -> None:
    told = kg("--store", lists, "ask", QUESTION).stdout
    assert "LLaVA-1.5" in told
    assert "Video-LLaMA2" in told
    assert "multimodal-llm-training-sets.md:105" in told
    assert "multimodal-llm-training-sets.md:186" in told
    assert re.search(r"2 found among \d+ models with recorded training data", told)
    assert max(map(len, told.splitlines())) <= 80


def test_a_question_needs_no_quotes(lists: Path) -> None:
    apart = kg("--store", lists, "ask", *QUESTION.split(), "--json").stdout
    assert json.loads(apart) == json.loads(kg("--store", lists, "ask", QUESTION, "--json").stdout)


def test_an_answer_as_json_has_the_fields_of_the_design(lists: Path) -> None:
    answer = json.loads(kg("--store", lists, "ask", QUESTION, "--json").stdout)
    assert set(answer) >= {"question", "understood", "answers", "coverage", "nearest"}
    assert answer["question"] == QUESTION
    assert answer["understood"]
    assert answer["nearest"] == []
    assert set(answer["coverage"]) == {"with_record", "of", "what"}
    assert len(answer["answers"]) == 2
    for one in answer["answers"]:
        assert set(one) == {"id", "kind", "name", "how", "attributes", "evidence"}
        assert one["kind"] == "model"
        for line in one["evidence"]:
            assert set(line) == {"source", "line", "quote", "confidence"}
            assert Path(line["source"]).name == "multimodal-llm-training-sets.md"


def test_an_unknown_name_as_json_has_the_same_fields_and_the_nearest_names(lists: Path) -> None:
    result = kg("--store", lists, "ask", "which models use LLaVA-Instruct-66K", "--json", code=3)
    answer = json.loads(result.stdout)
    known = json.loads(kg("--store", lists, "ask", QUESTION, "--json").stdout)
    assert set(answer) == set(known)
    assert answer["answers"] == []
    assert answer["coverage"] is None
    assert "LLaVA-Instruct-665K" in answer["nearest"]
    assert "LLaVA-Instruct-66K" in result.stderr
    assert "did you mean" in result.stderr


def test_an_unreadable_question_shows_questions_that_can_be_read(lists: Path) -> None:
    result = kg("--store", lists, "ask", "why is the sky blue", code=2)
    examples = re.findall(r'^  kg ask "(.+)"$', result.stderr, re.MULTILINE)
    assert len(examples) >= 3
    for example in examples:
        kg("--store", lists, "ask", example)


def test_show_as_json_has_names_properties_and_relations_with_their_lines(lists: Path) -> None:
    sight = json.loads(kg("--store", lists, "show", "LLaVA-665K", "--json").stdout)
    assert (sight["kind"], sight["name"]) == ("dataset", "LLaVA-Instruct-665K")
    assert {n["name"] for n in sight["names"]} >= {"llava-665k", "LLaVA-Instruct-665K"}
    assert all(n["why"] for n in sight["names"])
    assert {r["relation"] for r in sight["incoming"]} >= {"TRAINED_ON", "INTRODUCES"}
    assert all(r["line"] and r["source"] for r in sight["incoming"] + sight["outgoing"])


def test_a_thing_is_shown_by_its_id(lists: Path) -> None:
    (ident,) = {
        r["id"]
        for r in records(kg("--store", lists, "export", "entities"))
        if r["name"] == "LLaVA-Instruct-665K"
    }
    assert ident in kg("--store", lists, "show", ident).stdout


# ---------------------------------------------------------------------- exports


def test_exports_have_the_fields_of_the_design(lists: Path) -> None:
    end = {"id", "kind", "name", "as_written"}
    provenance = {"stance", "confidence", "source", "line", "quote", "extractor"}
    claims = records(kg("--store", lists, "export", "claims"))
    assert claims
    for claim in claims:
        assert set(claim) == {"subject", "relation", "object", "attributes", *provenance}
        assert set(claim["subject"]) == set(claim["object"]) == end
    for said in records(kg("--store", lists, "export", "properties")):
        assert set(said) >= {"subject", "property", "value", "unit", "precision", *provenance}
    for entity in records(kg("--store", lists, "export", "entities")):
        assert set(entity) == {
            "id",
            "kind",
            "name",
            "aliases",
            "identifiers",
            "links",
            "properties",
            "stub",
        }


@pytest.mark.parametrize("what", ["claims", "properties", "entities", "csv", "graphml"])
def test_an_export_into_a_file_is_what_is_printed(lists: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "out"
    assert kg("--store", lists, "export", what, "-o", path).stdout == ""
    printed = kg("--store", lists, "export", what).stdout
    assert path.read_bytes().decode() == printed
    assert kg("--store", lists, "export", what, "--output", path).stdout == ""
    assert path.read_bytes().decode() == printed


def test_an_export_that_cannot_be_written_is_told(lists: Path, table: Path) -> None:
    path = table / "out.jsonl"
    result = kg("--store", lists, "export", "claims", "-o", path, code=1)
    assert str(path) in result.stderr


# ---------------------------------------------------------------------- hostile text

FORMULAS = ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "x\n=1"]
MARKUP = [
    "<script>alert(1)</script>",
    "]]>",
    "&amp;<![CDATA[",
    "\"'><",
    "a\x00b\x0bc",
    "\ufffe\uffff",
]
CONTROLS = [
    "\x1b[2J\x1b[35mred",
    "\x1b]0;title\x07",
    "bell\x07",
    "\x9b31m",
    "\u202eright",
    "a\rb",
    "\x08\x08x",
    "\x1bP1$r\x1b\\",
]
HOSTILE = [*FORMULAS, *MARKUP, *CONTROLS]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store in which every text is hostile."""
    path = tmp_path_factory.mktemp("hostile") / "kg.sqlite"
    claims = []
    for n, text in enumerate(HOSTILE):
        model, dataset = Name(Kind.MODEL, f"{text}m{n}"), Name(Kind.DATASET, f"{text}d{n}")
        claims += [
            Claim(model, Relation.TRAINED_ON, n + 1, text, dataset, {"stage": text}),
            Claim(
                Name(Kind.PAPER, f"{text}p{n}"), Relation.INTRODUCES, n + 1, f"{text} q", dataset
            ),
            Claim(dataset, Property.LICENCE, n + 1, text, values={"text": text}),
            Claim(dataset, Relation.DERIVED_FROM, n + 1, text, model, {"role": text}),
            Claim(dataset, Property.ALIAS, n + 1, text, values={"text": f"{text}a{n}"}),
        ]
    rejected = tuple(Rejected(n + 1, text, text) for n, text in enumerate(HOSTILE))
    with closing(SqliteStore(path, create=True)) as store:
        store.load("=evil\x1b[2J\x07.md", "markdown", "x", Reading(tuple(claims), rejected))
    return path


def test_no_cell_of_the_csv_is_a_formula(hostile: Path) -> None:
    rows = list(csv.reader(io.StringIO(kg("--store", hostile, "export", "csv").stdout, newline="")))
    assert len(rows) == 1 + 3 * len(HOSTILE)
    assert len({len(row) for row in rows}) == 1
    for row in rows:
        for cell in row:
            assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r"}, row
            assert "\x00" not in cell


@given(st.text())
def test_a_cell_of_the_csv_is_never_a_formula_and_loses_nothing_else(text: str) -> None:
    cell = csv_cell(text)
    assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert cell.removeprefix("'") == text.replace("\x00", "").removeprefix("'")


def test_the_graphml_of_hostile_names_is_well_formed_and_whole(hostile: Path) -> None:
    root = ET.fromstring(kg("--store", hostile, "export", "graphml").stdout.encode())
    space = "{http://graphml.graphdrawing.org/xmlns}"
    graph = root.find(f"{space}graph")
    assert graph is not None
    nodes = [node.attrib["id"] for node in graph.iter(f"{space}node")]
    edges = [(e.attrib["source"], e.attrib["target"]) for e in graph.iter(f"{space}edge")]
    assert len(nodes) == len(set(nodes)) == 3 * len(HOSTILE)
    assert len(edges) == 3 * len(HOSTILE)
    assert {end for edge in edges for end in edge} <= set(nodes)
    names = [d.text or "" for d in graph.iter(f"{space}data") if d.attrib["key"] == "name"]
    assert any("<script>alert(1)</script>m" in name for name in names)
    assert any("]]>m" in name for name in names)


def test_the_graphml_of_the_bundled_lists_holds_every_entity_and_claim(lists: Path) -> None:
    root = ET.fromstring(kg("--store", lists, "export", "graphml").stdout)
    count = {kind: sum(1 for e in root.iter() if e.tag.endswith(kind)) for kind in ("node", "edge")}
    assert count["node"] == len(records(kg("--store", lists, "export", "entities")))
    claims = records(kg("--store", lists, "export", "claims"))
    assert count["edge"] == sum(1 for c in claims if c["object"]["id"])


@pytest.mark.parametrize("what", ["claims", "properties", "entities"])
def test_every_line_of_a_hostile_export_is_json(hostile: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "out.jsonl"
    kg("--store", hostile, "export", what, "-o", path)
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(found) >= len(HOSTILE)


OWN_STYLE = re.compile(r"\x1b\[(?:0|1|2|31|36)m")
"""What click writes for bold, dim, red, cyan and their end."""


def dangerous(text: str) -> set[str]:
    """Name the characters of an output that a terminal would act upon."""
    text = OWN_STYLE.sub("", text).replace("\n", "")
    bidi = set(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F]))
    return {ascii(c) for c in text if unicodedata.category(c) == "Cc" or c in bidi}


@pytest.mark.parametrize("color", [False, True], ids=["plain", "colour"])
def test_hostile_names_reach_no_terminal(hostile: Path, color: bool) -> None:
    names = [f"{text}d{n}" for n, text in enumerate(HOSTILE)]
    with closing(SqliteStore(hostile)) as store:
        ids = [e.id for name in names for e in store.find_entities(name, Kind.DATASET)]
    assert len(ids) >= len(names)
    for ident in ids[:: 1 if color else 5]:
        for command in ("show", "lineage"):
            told = kg("--store", hostile, command, ident, color=color)
            assert not dangerous(told.output), ident
    for name in names:
        told = kg("--store", hostile, "ask", f"which models use {name}", color=color)
        assert not dangerous(told.output), name
    for command in (["sources", "--rejected"], ["sources"]):
        assert not dangerous(kg("--store", hostile, *command, color=color).output)


@pytest.mark.parametrize("text", CONTROLS)
def test_hostile_words_of_the_call_are_not_echoed(lists: Path, text: str) -> None:
    for command, code in (
        (["show", f"{text} unknown"], 3),
        (["lineage", f"{text} unknown"], 3),
        (["ask", f"which models use {text}unknown-1"], 3),
        (["ask", f"{text} why"], 2),
        (["ingest", f"{text} missing.md"], 1),
        (["forget", f"{text} missing"], 3),
    ):
        told = kg("--store", lists, *command, code=code, color=True)
        assert not dangerous(told.output), command


def test_a_hostile_list_is_ingested_without_touching_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    folder = tmp_path / "folder"
    folder.mkdir()
    rows = "".join(f"| A{text}m{n} | B{text}d{n} |\n" for n, text in enumerate(CONTROLS))
    (folder / "a\x1b[2J\x07.md").write_text("| Model | Training Data |\n|---|---|\n" + rows)
    (folder / "b\x1b]0;x\x07.pdf").write_text("x")
    (folder / "c\u202e.md").write_text("")
    for _ in range(2):
        told = kg("--store", path, "ingest", folder, "--changes", "--rejected", color=True)
        assert not dangerous(told.output)
    with closing(SqliteStore(path)) as store:
        assert len(list(store.iter_claims(predicates=["TRAINED_ON"]))) >= len(CONTROLS) - 1


@given(st.text())
def test_cleaned_text_holds_nothing_a_terminal_acts_upon(text: str) -> None:
    assert not dangerous(clean(text))
    assert "\n" not in clean(text)
    assert clean("LLaVA-1.5 多模态 é") == "LLaVA-1.5 多模态 é"


# ---------------------------------------------------------------------- signals


@pytest.fixture
def command() -> list[str]:
    """Give the command as a process of its own."""
    if os.name != "posix":
        pytest.skip("signals and pipes of a POSIX system")
    return [sys.executable, "-m", "app.cli"]


@pytest.mark.parametrize("what", ["claims", "properties", "graphml"])
def test_a_reader_that_has_enough_is_no_error(lists: Path, command: list[str], what: str) -> None:
    with subprocess.Popen(
        [*command, "--store", str(lists), "export", what],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert errors == ""
    assert process.returncode in {0, 141, -signal.SIGPIPE}


def test_ctrl_c_leaves_a_whole_store_and_no_traceback(tmp_path: Path, command: list[str]) -> None:
    folder, path = tmp_path / "folder", tmp_path / "kg.sqlite"
    folder.mkdir()
    text = (LISTS / "visual-instruction-tuning-methods.md").read_text(encoding="utf-8")
    for n in range(200):
        (folder / f"{n:03}.md").write_text(f"{text}\nversion {n}\n", encoding="utf-8")
    wanted = len(read_list(f"{text}\nversion 0\n").claims)
    with subprocess.Popen(
        [*command, "--store", str(path), "ingest", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background have interrupts turned off, which a child would keep.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(3):
            assert "claims added" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        told, errors = process.communicate(timeout=60)
    assert process.returncode not in {0, None}
    assert "Traceback" not in errors
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    with closing(SqliteStore(path)) as store:
        claims = [s.claims for s in store.sources()]
    assert 3 <= len(claims) < 200
    assert set(claims) == {wanted}
    assert len(claims) - 3 - told.count("claims added") in {0, 1}
    assert len(kg("--store", path, "export", "entities").stdout) > 0


def test_a_long_path_keeps_the_files_name_and_the_line(tmp_path: Path) -> None:
    folder = tmp_path / ("a-long-name-" * 8)
    folder.mkdir()
    (folder / "list.md").write_text("| Model | Training Data |\n|---|---|\n| Otter-7B | CC3M |\n")
    store = str(tmp_path / "kg.sqlite")
    assert CliRunner().invoke(main, ["--store", store, "ingest", str(folder)]).exit_code == 0
    for command in (["show", "Otter-7B"], ["ask", "which models use CC3M"]):
        told = CliRunner().invoke(main, ["--store", store, *command])
        assert "list.md:3" in told.output
        assert max(len(line) for line in told.output.splitlines()) <= 80
