"""`kg watch`, `kg update` and `kg digest` as people and schedulers run them, against a loopback arXiv."""

from __future__ import annotations

import datetime
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from arxiv_days import DayServer, World, list_on, made
from arxiv_server import running
from ingest.locks import alone, lock_folders

UTC = datetime.UTC


@pytest.fixture(scope="module")
def world() -> World:
    return made()


@pytest.fixture
def arxiv(world: World) -> Iterator[DayServer]:
    with running(DayServer(world)) as server:
        assert isinstance(server, DayServer)
        server.go_to(0)
        server.pages["datasets.md"] = list_on(0)
        yield server


@pytest.fixture
def env(arxiv: DayServer, tmp_path: Path) -> dict[str, str]:
    """The environment of commands: their own store and cache, arXiv on loopback."""
    return {
        "KG_STORE": str(tmp_path / "kg.sqlite"),
        "KG_ARXIV_API": arxiv.url("api"),
        "KG_ARXIV_OAI": arxiv.url("oai"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


def kg(env: dict[str, str], *args: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, args, env=env)
    assert result.exit_code == code, result.output
    return result


def told(env: dict[str, str], *args: str) -> dict[str, Any]:
    """What a digest tells, by watch."""
    record = json.loads(kg(env, "digest", "--json", *args).stdout)
    return {section["watch"]: section for section in record["watches"]}


def started(world: World) -> str:
    return world.day(0).isoformat()


@pytest.fixture
def followed(env: dict[str, str], arxiv: DayServer, world: World) -> dict[str, str]:
    """A store with a list and a watch of each kind, updated on day 9."""
    url = arxiv.url("datasets.md")
    kg(env, "ingest", "--allow-private", url)
    since = ("--since", started(world))
    kg(env, "watch", "add", "vision", "--query", "cat:cs.CV", *since)
    kg(env, "watch", "add", "language", "--category", "cs.CL", *since)
    kg(env, "watch", "add", "digits", "--thing", "MNIST", *since)
    kg(env, "watch", "add", "trained", "--relation", "trained-on MNIST", *since)
    kg(env, "watch", "add", "list", "--list", url, *since)
    arxiv.go_to(9)
    arxiv.pages["datasets.md"] = list_on(9)
    kg(env, "update", "--allow-private")
    return env


# ---------------------------------------------------------------------- watches


def test_a_watch_is_added_shown_paused_and_removed(followed: dict[str, str]) -> None:
    listed = [json.loads(x) for x in kg(followed, "watch", "list", "--json").stdout.splitlines()]
    assert [w["name"] for w in listed] == ["digits", "language", "list", "trained", "vision"]
    assert all(w["kind"] and w["of"] and w["reached"] for w in listed)
    assert "paused" in kg(followed, "watch", "pause", "vision").stdout
    assert "paused" in kg(followed, "watch", "list").stdout
    assert "vision" not in kg(followed, "update", "--allow-private").stdout
    kg(followed, "watch", "resume", "vision")
    assert "vision" in kg(followed, "update", "--allow-private").stdout
    kg(followed, "watch", "remove", "vision")
    assert "vision" not in kg(followed, "watch", "list").stdout
    assert "no watch is called 'vision'" in kg(followed, "watch", "show", "vision", code=3).output


def test_looking_at_a_watch_moves_nothing(followed: dict[str, str]) -> None:
    before = told(followed, "--keep")
    for _ in range(2):
        kg(followed, "watch", "show", "vision")
        kg(followed, "watch", "list")
    assert told(followed, "--keep") == before
    assert before["vision"]["papers"] or before["language"]["papers"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--query", 'abs:"no end'), "quotation mark"),
        (("--query", "(cat:cs.CV"), "bracket"),
        (("--query", "colour:red"), "no field 'colour'"),
        (("--query", "submittedDate:[2020 TO 2021]"), "dates"),
        (("--category", "vision"), "no category"),
        (("--relation", "likes LLaVA"), "no relation"),
        (("--list", "notes.md"), "no address of a list"),
        (("--since", "soon", "--query", "cat:cs.CV"), "no day"),
        ((), "one thing a watch"),
        (("--query", "cat:cs.CV", "--author", "A B"), "one thing a watch"),
    ],
)
def test_what_cannot_be_followed_says_why_and_is_not_added(
    env: dict[str, str], given: tuple[str, ...], says: str
) -> None:
    kg(env, "watch", "add", "first", "--query", "cat:cs.LG")
    output = kg(env, "watch", "add", "other", *given, code=2).output
    assert says in output
    assert "other" not in kg(env, "watch", "list").stdout


def test_a_thing_that_nobody_knows_is_not_followed(followed: dict[str, str]) -> None:
    output = kg(followed, "watch", "add", "x", "--thing", "MNISTT", code=3).output
    assert "did you mean MNIST" in output


def test_one_name_is_one_watch(followed: dict[str, str]) -> None:
    output = kg(followed, "watch", "add", "vision", "--query", "cat:cs.LG", code=2).output
    assert "there is a watch 'vision' already" in output


def test_watches_go_along_with_what_the_user_said(followed: dict[str, str], tmp_path: Path) -> None:
    saved = tmp_path / "me.jsonl"
    saved.write_text(kg(followed, "export", "user").stdout)
    other = {**followed, "KG_STORE": str(tmp_path / "other.sqlite")}
    kg(other, "import", "user", str(saved))
    names = [
        json.loads(x)["name"] for x in kg(other, "watch", "list", "--json").stdout.splitlines()
    ]
    assert names == ["digits", "language", "list", "trained", "vision"]


# ---------------------------------------------------------------------- updates


def test_an_update_says_what_each_watch_brought(followed: dict[str, str], arxiv: DayServer) -> None:
    arxiv.go_to(12)
    arxiv.pages["datasets.md"] = list_on(13)
    lines = kg(followed, "update", "--allow-private", "--json").stdout.splitlines()
    done = {record["watch"]: record for record in map(json.loads, lines)}
    assert done["language"]["news"]["new"] > 0
    assert done["list"]["list"]["added"] > 0
    assert all(record["error"] is None for record in done.values())
    again = kg(followed, "update", "--allow-private").stdout
    assert again.count("nothing new") == 3
    assert "list: nothing changed" in again


def test_an_unchanged_list_is_not_sent_again(followed: dict[str, str], arxiv: DayServer) -> None:
    kg(followed, "update", "list", "--allow-private")
    assert arxiv.page_answers[-1] == 304
    arxiv.pages["datasets.md"] = list_on(20)
    kg(followed, "update", "list", "--allow-private")
    assert arxiv.page_answers[-1] == 200


def test_a_forgotten_list_is_read_again_in_full(followed: dict[str, str], arxiv: DayServer) -> None:
    kg(followed, "forget", arxiv.url("datasets.md"))
    kg(followed, "update", "list", "--allow-private")
    assert arxiv.page_answers[-1] == 200
    assert "MNIST" in kg(followed, "show", "MNIST").stdout


def test_a_watch_that_fails_does_not_keep_the_others_from_being_read(
    followed: dict[str, str], arxiv: DayServer
) -> None:
    del arxiv.pages["datasets.md"]
    result = kg(followed, "update", "--allow-private", code=1)
    assert "list: " in result.stdout
    assert "vision" in result.stdout
    assert "1 not to the end" in result.stdout


def test_an_arxiv_that_refuses_is_not_asked_for_the_next_watch(
    followed: dict[str, str], arxiv: DayServer
) -> None:
    asked = sum(kind == "api" for _, kind, _ in arxiv.asked)
    arxiv.break_("403", kind="api", at=asked + 1, times=9)
    result = kg(followed, "update", "--allow-private", code=1)
    assert "left for the next time" in result.stdout
    assert "language: " in result.stdout
    assert sum(kind == "api" for _, kind, _ in arxiv.asked) == asked + 1
    arxiv.broken.clear()
    kg(followed, "update", "--allow-private")


def test_an_empty_answer_where_papers_were_is_asked_for_again(
    followed: dict[str, str], arxiv: DayServer
) -> None:
    asked = sum(kind == "api" for _, kind, _ in arxiv.asked)
    arxiv.go_to(12)
    arxiv.break_("no results at all", kind="api", at=asked + 1)
    told_ = kg(followed, "update", "vision").stdout
    assert "asked for again" in told_
    assert re.search(r"\b[0-9]+ new,", told_)


def test_two_updates_of_a_store_never_overlap(
    followed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", followed["XDG_CACHE_HOME"])
    with alone("update", str(Path(followed["KG_STORE"]).resolve()), lock_folders()):
        result = kg(followed, "update", "--allow-private", code=75)
    assert "another update" in result.output
    kg(followed, "update", "--allow-private")


def test_updates_go_on_every_so_often_until_they_are_interrupted(
    followed: dict[str, str], arxiv: DayServer
) -> None:
    command = [sys.executable, "-m", "app.cli", "update", "vision", "--every", "1m"]
    import os

    with subprocess.Popen(
        command, env={**os.environ, **followed}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while lines[-1] and "next at" not in lines[-1]:
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert any(line.startswith("vision: ") for line in lines)
    assert "ended" in errors


def test_a_time_between_updates_is_a_minute_or_more(followed: dict[str, str]) -> None:
    for wrong in ("1s", "0h", "often", "30"):
        assert "no time between updates" in kg(followed, "update", "--every", wrong, code=2).output


# ---------------------------------------------------------------------- the digest


def test_a_digest_tells_nothing_twice_unless_asked(followed: dict[str, str]) -> None:
    first = told(followed)
    assert first["language"]["papers"]
    assert first["list"]["list"]
    assert first["trained"]["relations"] or first["digits"]["relations"]
    again = told(followed)
    assert not any(s["papers"] or s["relations"] or s["list"] for s in again.values())
    assert told(followed, "--again") == first
    assert told(followed, "--since", "1d")["language"]["papers"] == first["language"]["papers"]


def test_a_digest_names_what_the_graph_knows_of_each_paper(followed: dict[str, str]) -> None:
    papers = [p for s in told(followed).values() for p in s["papers"]]
    named = {n["name"] for p in papers for n in p["names"]}
    assert {"MNIST", "ImageNet"} <= named
    assert all(p["url"] == f"https://arxiv.org/abs/{p['arxiv']}" for p in papers)


def test_what_you_skip_stays_out_of_digests_and_what_you_read_is_marked(
    followed: dict[str, str], arxiv: DayServer
) -> None:
    first = told(followed, "--keep")["language"]["papers"]
    skipped, read = first[0]["arxiv"], first[1]["arxiv"]
    kg(followed, "read", skipped, "--state", "skipped")
    kg(followed, "read", read)
    now = told(followed)["language"]
    assert skipped not in {p["arxiv"] for p in now["papers"]}
    assert now["dismissed"] == 1
    assert {p["state"] for p in now["papers"] if p["arxiv"] == read} == {"read"}
    arxiv.go_to(29)  # with new versions of what was skipped
    kg(followed, "update", "--allow-private")
    assert skipped not in {p["arxiv"] for p in told(followed)["language"]["papers"]}


def test_a_digest_that_cannot_be_written_is_told_again(
    followed: dict[str, str], tmp_path: Path
) -> None:
    missing = tmp_path / "nowhere" / "d.html"
    assert "cannot write" in kg(followed, "digest", "--output", str(missing), code=1).output
    assert told(followed)["language"]["papers"]


def test_the_ending_of_the_file_says_how_a_digest_is_written(
    followed: dict[str, str], tmp_path: Path
) -> None:
    for name, begins in (
        ("d.md", "# New since"),
        ("d.html", "<!doctype html>"),
        ("d.json", '{"since"'),
        ("d.xml", "<?xml"),
    ):
        file = tmp_path / name
        kg(followed, "digest", "--keep", "--output", str(file))
        assert file.read_text().startswith(begins)
        assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_without_watches_a_digest_says_how_to_begin(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Papers\n\n- [A](https://arxiv.org/abs/2401.00001)\n")
    kg(env, "ingest", str(tmp_path / "a.md"))
    assert "kg watch add" in kg(env, "digest").stdout
    assert "nothing is watched yet" in kg(env, "update").stdout


def test_a_moment_that_is_none_says_what_to_write(followed: dict[str, str]) -> None:
    assert "write last, 2026-11-14" in kg(followed, "digest", "--since", "monday", code=2).output


# ---------------------------------------------------------------------- hostile text

HOSTILE = (
    '<script>alert("1")</script> [x](javascript:alert(1)) `a` | b \u202e\x1b[31m & "q" *c* # d'
    " <img src=x onerror=alert(2)> ]]> -->"
)


class Page(HTMLParser):
    """What a browser would make of a page: its elements, addresses and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def hostile(env: dict[str, str], arxiv: DayServer, world: World) -> dict[str, str]:
    from dataclasses import replace

    papers = [
        replace(p, title=HOSTILE.replace("\x1b", ""), abstract=HOSTILE.replace("\x1b", ""))
        for p in world.papers_on(3)[-3:]
    ]
    arxiv.papers = [replace(p, title=f"{p.title} {n}") for n, p in enumerate(papers)]
    kg(env, "watch", "add", "all", "--query", "cat:cs.CV", "--since", started(world))
    kg(env, "update")
    return env


def test_foreign_text_stays_text_in_html(hostile: dict[str, str]) -> None:
    text = kg(hostile, "digest", "--keep", "--format", "html").stdout
    page = Page(text)
    assert not {"script", "img", "iframe", "object", "link", "form"}.intersection(page.tags)
    assert not [k for k, _ in page.attributes if k.startswith("on")]
    addresses = [v for k, v in page.attributes if k in ("href", "src")]
    assert addresses
    assert all(v and v.startswith("https://arxiv.org/abs/") for v in addresses)
    assert '<script>alert("1")</script>' in page.text
    assert "\u202e" not in text
    assert "Content-Security-Policy" in text


def test_foreign_text_stays_text_in_markdown(hostile: dict[str, str]) -> None:
    from markdown_it import MarkdownIt

    text = kg(hostile, "digest", "--keep").stdout
    page = Page(MarkdownIt("commonmark").enable("table").render(text))
    assert not {"script", "img", "code", "table", "em"}.intersection(page.tags)
    addresses = [v for k, v in page.attributes if k == "href"]
    assert all(v and v.startswith("https://arxiv.org/abs/") for v in addresses)
    assert '<script>alert("1")</script>' in page.text


def test_a_feed_is_what_readers_of_atom_expect(hostile: dict[str, str]) -> None:
    text = kg(hostile, "digest", "--keep", "--format", "atom").stdout
    assert "<!DOCTYPE" not in text
    root = ElementTree.fromstring(text)
    atom = "{http://www.w3.org/2005/Atom}"
    for part in ("id", "title", "updated", "author"):
        assert root.find(atom + part) is not None
    entries = root.findall(f"{atom}entry")
    assert entries
    ids = [e.findtext(f"{atom}id") for e in entries]
    assert len(set(ids)) == len(ids)
    for entry in entries:
        assert re.match(r"\d{4}-\d\d-\d\dT", entry.findtext(f"{atom}updated") or "")
        assert "<script>" not in (entry.findtext(f"{atom}content") or "")
    again = ElementTree.fromstring(
        kg(hostile, "digest", "--since", "1d", "--format", "atom").stdout
    )
    assert [e.findtext(f"{atom}id") for e in again.findall(f"{atom}entry")] == ids


# ---------------------------------------------------------------------- names that come later


def test_names_that_come_after_the_records_are_found_by_the_next_update(
    env: dict[str, str], arxiv: DayServer, world: World, tmp_path: Path
) -> None:
    kg(env, "watch", "add", "vision", "--query", "cat:cs.CV", "--since", started(world))
    arxiv.go_to(9)
    kg(env, "update")
    late = tmp_path / "late.md"
    late.write_text("# Datasets\n\n| Dataset | Size |\n|---|---|\n| ImageNet | 14M |\n")
    kg(env, "ingest", str(late))
    assert not json.loads(kg(env, "show", "ImageNet", "--json").stdout)["papers"]
    kg(env, "update")
    assert json.loads(kg(env, "show", "ImageNet", "--json").stdout)["papers"]
    assert "looked for in all records before" in kg(env, "harvest", "--names").stdout


def test_looking_for_names_again_is_a_command_of_its_own(
    env: dict[str, str], arxiv: DayServer, world: World, tmp_path: Path
) -> None:
    kg(env, "harvest", "--set", "cs:cs:CV", "--from", started(world))
    late = tmp_path / "late.md"
    late.write_text("# Datasets\n\n| Dataset | Size |\n|---|---|\n| WordNet | 14M |\n")
    kg(env, "ingest", str(late))
    told_ = json.loads(kg(env, "harvest", "--names", "--json").stdout)
    assert told_["records"] > told_["found"] > 0
    again = json.loads(kg(env, "harvest", "--names", "--json").stdout)
    assert again == {"records": 0, "found": 0}
    assert "--names goes alone" in kg(env, "harvest", "--names", "--set", "cs", code=2).output
