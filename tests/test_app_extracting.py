"""`kg extract`: what a text says, printed as `kg export claims` prints claims, without a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main

TEXT = """# Birds

We introduce **Robin**, a large vision-language model for songs.
It is trained on NestBank and evaluated on [SongQA](https://example.org/a).

Some other words.
"""


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "birds.md"
    file.write_text(TEXT, encoding="utf-8")
    return file


def run(*arguments: str | Path, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["extract", *map(str, arguments)], input=given)


def records(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def known(tmp_path: Path, lines: str) -> Path:
    file = tmp_path / "known.txt"
    file.write_text(lines, encoding="utf-8")
    return file


def test_findings_have_the_form_of_exported_claims(text: Path, tmp_path: Path) -> None:
    names = known(tmp_path, "dataset\tNestBank\nSongQA\n")
    found = records(run(text, "--known", names, "--all"))
    assert [(r["relation"], r["subject"]["name"], r["object"]["name"]) for r in found] == [
        ("INTRODUCES", None, "Robin"),
        ("TRAINED_ON", "Robin", "NestBank"),
        ("EVALUATED_ON", "Robin", "SongQA"),
    ]
    trained = found[1]
    assert list(trained) == [
        "subject", "relation", "object", "attributes", "stance", "confidence", "source", "line",
        "quote", "extractor",
    ]  # fmt: skip
    assert trained["object"] == {
        "id": None, "kind": "dataset", "name": "NestBank", "as_written": "NestBank",
    }  # fmt: skip
    assert (trained["line"], found[0]["line"]) == (4, 3)
    assert trained["quote"] == "It is trained on NestBank and evaluated on SongQA."
    assert trained["source"] == str(text)
    assert trained["stance"] == "states"
    assert 0 < trained["confidence"] < 0.9


def test_without_names_only_introductions_are_found(text: Path) -> None:
    assert {r["relation"] for r in records(run(text, "--all"))} == {"INTRODUCES"}


def test_what_is_below_the_threshold_is_counted_and_left_out(text: Path) -> None:
    result = run(text)
    assert records(result) == []
    assert "1 finding below confidence" in result.stderr


def test_a_title_makes_the_text_an_abstract() -> None:
    abstract = b"We introduce PlumageQA, a benchmark of feathers."
    (found,) = records(run("-", "--title", "PlumageQA: A Benchmark", given=abstract))
    assert found["subject"]["name"] == "PlumageQA: A Benchmark"
    assert (found["line"], found["source"]) == (1, None)


def test_names_come_from_an_export_of_entities(text: Path, tmp_path: Path) -> None:
    lines = [
        {"id": "dataset:n", "kind": "dataset", "name": "Nest Bank", "aliases": ["NestBank"]},
        {"id": "paper:p", "kind": "paper", "name": "Robin", "aliases": []},
    ]
    names = known(tmp_path, "\n".join(map(json.dumps, lines)))
    found = records(run(text, "--known", names, "--all"))
    trained = [r["object"] for r in found if r["relation"] == "TRAINED_ON"]
    assert trained == [
        {"id": "dataset:n", "kind": "dataset", "name": "Nest Bank", "as_written": "NestBank"}
    ]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("paper\tRobin\n", "line 1: expected a name"),
        ("Robin\n{not json}\n", "line 2: not a record"),
        ('{"kind": "model"}\n', "line 1: not a record"),
        ('{"kind": "model", "name": 7}\n', "line 1: not a record"),
        ("model\t\n", "line 1: expected a name"),
    ],
)
def test_names_that_cannot_be_read_are_refused_with_their_line(
    text: Path, tmp_path: Path, lines: str, told: str
) -> None:
    result = run(text, "--known", known(tmp_path, lines))
    assert result.exit_code == 1
    assert told in result.output
    assert "Traceback" not in result.output


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\0\1\2" * 50)
    for file in (tmp_path / "a.bin", tmp_path / "none.md", tmp_path):
        result = run(file)
        assert result.exit_code == 2
        assert result.output.startswith("kg: ")


@pytest.mark.parametrize(
    "given", [b"", b"\xff\xfe", b"\xc3\x28 model", "İ ß ﬁ".encode(), b"(" * 5000]
)
def test_any_bytes_are_read(given: bytes) -> None:
    assert run("-", "--all", given=given).exit_code == 0
