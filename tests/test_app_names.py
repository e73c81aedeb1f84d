"""The commands about names, decisions, findings and history as a person types them."""

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
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Remark
from kg.sqlite.store import SqliteStore

Kg = Callable[..., Result]

ROWS = [
    ("Otter", "MultiInstruct"),
    ("Silkie", "MultiIntruct"),
    ("Valley", "Conceptual Captions"),
    ("Koala", "CC3M"),
    ("ShareGPT4V", "ShareGPT4V"),
]


def table(*rows: tuple[str, str]) -> str:
    return "| Model | Training Data |\n|---|---|\n" + "".join(f"| {m} | {d} |\n" for m, d in rows)


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


@pytest.fixture
def kg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kg:
    """Give the command with a store of one small list, run in the folder of that list."""
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "list.md").write_text(table(*ROWS))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KG_STORE", str(tmp_path / "kg.sqlite"))
    run("ingest", "list.md")
    return run


def exported(kg: Kg) -> list[str]:
    return [kg("export", what).stdout for what in ("claims", "properties", "entities")]


def lines(result: Result) -> list[str]:
    return [line.strip() for line in result.stdout.splitlines()]


# ---------------------------------------------------------------------- review


def test_the_queue_shows_both_sides_with_their_lines(kg: Kg) -> None:
    assert lines(kg("review")) == [
        "[1] dataset, probably one: one letter apart",
        "MultiInstruct  (dataset:multiinstruct)",
        "list.md:3",
        "“Otter | Training Data: MultiInstruct”",
        "MultiIntruct  (dataset:multiintruct)",
        "list.md:4",
        "“Silkie | Training Data: MultiIntruct”",
        "'kg review accept N' makes two names one, 'kg review reject N' keeps them apart",
    ]
    (record,) = records(kg("review", "--json"))
    assert set(record) == {"n", "kind", "why", "probable", "names"}
    assert [n["name"] for n in record["names"]] == ["MultiInstruct", "MultiIntruct"]
    assert [n["evidence"][0]["line"] for n in record["names"]] == [3, 4]


def test_an_accepted_pair_is_one_thing_and_an_undo_puts_it_back_into_the_queue(kg: Kg) -> None:
    queue, before = kg("review").stdout, exported(kg)
    told = kg("review", "accept", "1").stdout
    assert re.fullmatch(r"  1 \d{4}-\d\d-\d\d merge dataset MultiInstruct = MultiIntruct\n", told)
    assert lines(kg("review")) == ["nothing to review"]
    assert records(kg("review", "--json")) == []
    assert "merged by your decision 1" in kg("show", "MultiIntruct").stdout
    kg("undo")
    assert kg("review").stdout == queue
    assert exported(kg) == before


def test_a_rejected_pair_stays_apart_and_out_of_the_queue(kg: Kg) -> None:
    before = exported(kg)
    assert "split dataset MultiInstruct ≠ MultiIntruct" in kg("review", "reject", "1").stdout
    assert lines(kg("review")) == ["nothing to review"]
    Path("other.md").write_text(table(*ROWS[:2], ("Plover", "SBU")))
    kg("ingest", "other.md")
    assert lines(kg("review")) == ["nothing to review"]
    kg("forget", "other.md")
    assert exported(kg) == before


def test_several_pairs_are_settled_at_once_or_none(kg: Kg) -> None:
    Path("other.md").write_text(table(("Plover", "Conceptul Captions")))
    kg("ingest", "other.md")
    assert len(records(kg("review", "--json"))) == 2
    kg("review", "accept", "1", "2", "99", code=3)
    assert len(records(kg("review", "--json"))) == 2
    assert len(kg("review", "accept", "1", "2", "1").stdout.splitlines()) == 2
    assert lines(kg("review")) == ["nothing to review"]


def test_only_twenty_pairs_are_shown_unless_all_are_wanted(kg: Kg) -> None:
    words = [f"{chr(97 + i)}{chr(98 + i)}quuxenplover{chr(97 + i)}" for i in range(22)]
    misspelt = [w.replace("plover", "plver") for w in words]
    Path("other.md").write_text(table(*[(f"M{i}", w) for i, w in enumerate(words + misspelt)]))
    kg("ingest", "other.md")
    assert len(records(kg("review", "--json"))) == 23
    assert "… 3 more (--all shows them)" in kg("review").stdout
    told = kg("review", "--all").stdout
    assert "more (" not in told
    assert len(re.findall(r"^\[\d+\]", told, re.M)) == 23


@pytest.mark.parametrize("verb", ["accept", "reject"])
@pytest.mark.parametrize(("number", "code"), [("7", 3), ("0", 3), ("one", 2), ("", 2)])
def test_a_number_that_is_no_open_review_is_said(kg: Kg, verb: str, number: str, code: int) -> None:
    result = kg("review", verb, number, code=code)
    assert result.stderr
    assert lines(kg("log")) == ["no decisions yet; 'kg review' lists what there is to decide"]


@pytest.mark.parametrize("command", ["review accept", "review reject"])
def test_each_way_to_settle_has_help_with_an_example(command: str) -> None:
    text = run(*command.split(), "--help").stdout
    assert f"kg {command} 1" in text[text.index("Example:") :]
    assert max(map(len, text.splitlines())) <= 80


# ---------------------------------------------------------------------- merge and split


def test_a_merge_joins_two_names_in_all_answers(kg: Kg) -> None:
    assert (
        "merge dataset Conceptual Captions = CC3M"
        in kg("merge", "conceptual captions", "dataset:cc3m").stdout
    )
    found = json.loads(kg("ask", "which models use CC3M", "--json").stdout)
    assert {a["name"] for a in found["answers"]} == {"Valley", "Koala"}
    sight = json.loads(kg("show", "CC3M", "--json").stdout)
    assert {n["name"]: n["why"] for n in sight["names"]} == {
        "CC3M": "merged by your decision 1",
        "Conceptual Captions": "merged by your decision 1",
    }


def test_every_command_takes_an_id_that_was_merged_away(kg: Kg) -> None:
    kg("merge", "Conceptual Captions", "CC3M")
    sights = {kg("show", old).stdout for old in ("dataset:cc3m", "dataset:conceptual-captions")}
    assert len(sights) == 1
    for old in ("dataset:cc3m", "dataset:conceptual-captions"):
        assert "Koala" in kg("ask", f"which models use {old}").stdout
        assert "Valley TRAINED_ON" in kg("history", old).stdout
        kg("merge", old, "dataset:multiinstruct")
        kg("undo")
        kg("split", old, "CC3M" if "captions" in old else "Conceptual Captions")
        kg("undo")
    Path("list.md").write_text(table(*ROWS[:3]))
    kg("ingest", "list.md")
    assert kg("show", "dataset:cc3m").stdout == kg("show", "dataset:conceptual-captions").stdout


def test_what_is_split_stays_apart_on_later_loads(kg: Kg) -> None:
    kg("merge", "Conceptual Captions", "CC3M")
    told = lines(kg("split", "CC3M", "Conceptual Captions"))
    assert "split dataset CC3M ≠ Conceptual Captions" in told[0]
    assert told[1] == "it overrules decision 1"
    Path("list.md").write_text("\n" + table(*ROWS))
    kg("ingest", "list.md")
    assert "Valley" not in kg("show", "CC3M").stdout


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        (["merge", "CC3M", "MultiInstrct"], 3, "did you mean MultiInstruct"),
        (["merge", "No-Such-Thing-7", "CC3M"], 3, "No-Such-Thing-7"),
        (["merge", "Otter", "CC3M"], 2, "two kinds"),
        (["merge", "CC3M", "cc-3m"], 2, "one thing already"),
        (["merge", "CC3M", "CC3M"], 2, "one thing already"),
        (["merge", "CC3M"], 2, "Missing argument"),
        (["split", "CC3M", "Unheard-of"], 3, "no name 'Unheard-of'"),
        (["split", "MultiInstrct", "CC3M"], 3, "did you mean MultiInstruct"),
        (["split", "CC3M", "cc-3m"], 2, "one spelling"),
        (["undo"], 2, "no decision to undo"),
        (["undo", "7"], 3, "no decision 7"),
        (["undo", "one"], 2, "one"),
        (["history", "MultiInstrct"], 3, "did you mean MultiInstruct"),
        (["history"], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    kg: Kg, command: list[str], code: int, told: str
) -> None:
    before = exported(kg)
    result = kg(*command, code=code)
    assert told in result.stderr
    assert result.stdout == ""
    assert exported(kg) == before
    assert lines(kg("log")) == ["no decisions yet; 'kg review' lists what there is to decide"]


def test_a_name_of_two_kinds_says_which_was_taken_and_how_to_take_the_other(kg: Kg) -> None:
    told = " ".join(kg("show", "ShareGPT4V").stdout.split())
    assert "taken as the model ShareGPT4V (model:sharegpt4v)" in told
    assert "for the dataset ShareGPT4V give dataset:sharegpt4v)" in told
    assert "ShareGPT4V  dataset" in kg("show", "dataset:sharegpt4v").stdout


# ---------------------------------------------------------------------- log and undo


def test_the_log_lists_decisions_with_what_became_of_them(kg: Kg) -> None:
    kg("merge", "Conceptual Captions", "CC3M")
    kg("split", "CC3M", "Conceptual Captions")
    kg("review", "accept", "1")
    kg("undo", "3")
    assert [re.sub(r"\d{4}-\d\d-\d\d ", "", line) for line in lines(kg("log"))] == [
        "1 merge dataset Conceptual Captions = CC3M  (overruled by 2)",
        "2 split dataset CC3M ≠ Conceptual Captions",
        "3 merge dataset MultiInstruct = MultiIntruct  (undone by 4)",
        "4 undo 3",
    ]
    found = records(kg("log", "--json"))
    assert [(r["n"], r["action"], r["holds"]) for r in found] == [
        (1, "merge", False),
        (2, "split", True),
        (3, "merge", False),
        (4, "undo", True),
    ]
    assert (found[0]["overruled_by"], found[2]["undone_by"], found[3]["of"]) == (2, 4, 3)
    assert found[0]["a"] == {"text": "Conceptual Captions", "scope": ""}
    assert all(r["at"].startswith("20") for r in found)


def test_an_undo_reverses_one_decision_after_a_new_load_and_later_decisions(kg: Kg) -> None:
    kg("review", "reject", "1")
    reference = exported(kg)
    kg("undo")
    kg("merge", "Conceptual Captions", "CC3M")
    Path("list.md").write_text(table(*ROWS, ("Plover", "SBU")))
    kg("ingest", "list.md")
    kg("review", "reject", "1")
    kg("undo", "3")
    Path("list.md").write_text(table(*ROWS))
    kg("ingest", "list.md")
    assert exported(kg) == reference


def test_a_second_undo_names_the_one_that_did_it_and_can_be_undone(kg: Kg) -> None:
    before = exported(kg)
    kg("review", "accept", "1")
    merged = exported(kg)
    assert lines(kg("undo", "1"))[0].endswith("undo 1")
    result = kg("undo", "1", code=2)
    assert "undone already, by 2" in result.stderr
    assert "kg undo 2" in result.stderr
    assert exported(kg) == before
    assert lines(kg("undo", "2"))[1:] == ["decision 1 holds again"]
    assert exported(kg) == merged
    kg("undo")
    assert exported(kg) == before
    assert "no decision to undo" in kg("undo", code=2).stderr


def test_a_decision_that_a_later_one_overrules_says_which(kg: Kg) -> None:
    kg("merge", "Conceptual Captions", "CC3M")
    kg("split", "CC3M", "Conceptual Captions")
    apart = exported(kg)
    assert "was overruled by 2 and had no effect" in kg("undo", "1").stdout
    told = kg("undo", "3").stdout
    assert "decision 1 has no effect yet: 2 overrules it" in told
    assert "'kg undo 2' lets it hold" in told
    assert exported(kg) == apart
    assert [re.sub(r"20\S+ ", "", t) for t in lines(kg("undo", "2"))[1:]] == [
        "decision 1 holds again",
        "2 split dataset CC3M ≠ Conceptual Captions  (undone by 5)",
    ]
    assert exported(kg) != apart


def test_an_undo_tells_what_it_took_back(kg: Kg) -> None:
    kg("tag", "CC3M", "web")
    made, taken = lines(kg("undo"))
    assert made.endswith("undo 1")
    assert re.sub(r"20\S+ ", "", taken) == "1 tag CC3M web  (undone by 2)"


def test_undoing_everything_leaves_the_export_of_no_decisions(kg: Kg) -> None:
    before = exported(kg)
    kg("merge", "Conceptual Captions", "CC3M")
    kg("review", "reject", "1")
    kg("merge", "CC3M", "MultiInstruct")
    kg("split", "MultiInstruct", "CC3M")
    for _ in range(4):
        kg("undo")
    assert exported(kg) == before


# ---------------------------------------------------------------------- doctor and history


def test_the_doctor_shows_each_value_with_its_line(kg: Kg) -> None:
    sizes = "| Dataset | Size |\n|---|---|\n| CC3M | {} |\n"
    Path("a.md").write_text(sizes.format("3M"))
    Path("b.md").write_text(sizes.format("12M"))
    kg("ingest", "a.md", "b.md")
    told = lines(kg("doctor"))
    assert told[0] == "contradictions: 1; possible duplicates: 1; stubs: 4"
    at = told.index("CC3M: sources differ in its size")
    assert told[at + 1 : at + 5] == ["3M", "a.md:3", "12M", "b.md:3"]
    assert "kg review accept 1" in told
    found = records(kg("doctor", "--json"))
    assert {tuple(sorted(f)) for f in found} == {("hint", "section", "severity", "values", "what")}
    assert [f["section"] for f in found] == ["contradictions", "possible duplicates", "stubs"]
    assert {v["value"] for v in found[0]["values"]} == {"3M", "12M"}


def test_the_doctor_finds_nothing_in_an_empty_store(kg: Kg) -> None:
    kg("forget", "list.md")
    assert "nothing found" in kg("doctor").stdout
    assert records(kg("doctor", "--json")) == []


def test_the_doctor_shortens_long_sections_unless_all_is_wanted(kg: Kg) -> None:
    rows = [(f"M{i}", f"D{i}") for i in range(20)]
    Path("other.md").write_text(table(*rows))
    kg("ingest", "other.md")
    assert "… 21 more" in kg("doctor").stdout
    assert "more" not in kg("doctor", "--all").stdout


def test_a_long_title_leaves_room_for_what_is_said_of_it(kg: Kg) -> None:
    title = "Koala: " + "A Dialogue Model for Academic Research that Sleeps All Day " * 2
    Path("papers.md").write_text(
        f"# L\n\n## Apes\n\n- [{title}](https://arxiv.org/abs/2304.00001)\n"
    )
    kg("ingest", "papers.md")
    told = lines(kg("history", "2304.00001"))
    assert [re.sub(r"^.*… ", "", t) for t in told if t.startswith("+")] == [
        "ABOUT Apes  line 5",
        "INTRODUCES Koala  line 5",
        "arxiv 2304.00001  line 5",
    ]
    (named,) = [t for t in lines(kg("show", "model:koala")) if "…" in t and t.startswith("Koala")]
    assert named.endswith("… INTRODUCES this")


def test_a_value_that_two_lists_give_is_shown_once_with_both_places(kg: Kg) -> None:
    for name in ("a.md", "b.md"):
        Path(name).write_text(
            f"# {name}\n\n## Apes\n\n- [Koala: A Sleepy Model](https://arxiv.org/abs/2304.00001)\n"
        )
    kg("ingest", "a.md", "b.md")
    told = lines(kg("show", "2304.00001"))
    at = told.index("arxiv: 2304.00001")
    assert told[at : at + 3] == ["arxiv: 2304.00001", "a.md:5", "b.md:5"]
    assert told.count("arxiv: 2304.00001") == 1


def test_history_tells_what_was_withdrawn_also_of_a_thing_that_is_gone(kg: Kg) -> None:
    Path("list.md").write_text(table(*ROWS[:3]))
    kg("ingest", "list.md")
    kg("show", "Koala", code=3)
    told = lines(kg("history", "Koala"))
    assert told[:2] == ["Koala  model  model:koala", "(no list names it any more)"]
    assert "+ Koala TRAINED_ON CC3M  line 6" in told
    assert "- Koala TRAINED_ON CC3M  line 6" in told
    assert [line.split(",")[0] for line in told if line.startswith("load")] == ["load 1", "load 2"]
    said, gone = records(kg("history", "model:koala", "--json"))
    assert (said["load"], said["what"], gone["load"], gone["what"]) == (1, "said", 2, "withdrawn")
    assert said["claim"]["object"]["name"] == "CC3M"
    assert said["claim"] == gone["claim"]


# ---------------------------------------------------------------------- moved, copied, gone


def test_a_moved_file_keeps_its_claims_and_is_told_as_moved(kg: Kg) -> None:
    Path("sub").mkdir()
    Path("list.md").rename("sub/new.md")
    before = [text.replace("list.md", "sub/new.md") for text in exported(kg)]
    (record,) = records(kg("ingest", ".", "--json"))
    assert record["moved_from"].endswith("/lists/list.md")
    assert (record["added"], record["withdrawn"], record["unchanged"]) == (0, 0, 5)
    assert exported(kg) == before
    (source,) = records(kg("sources", "--json"))
    assert (source["claims"], source["missing"], source["added"]) == (5, False, 5)
    Path("sub/new.md").rename("list.md")
    result = kg("ingest", ".")
    assert lines(result) == ["list.md: moved here from sub/new.md, keeps its 5 claims"]
    assert result.stderr == ""
    assert "nothing changed (5 claims)" in kg("ingest", ".").stdout


def test_a_file_moved_to_the_place_of_a_forgotten_one_keeps_its_claims(kg: Kg) -> None:
    Path("old.md").write_text(table(("Plover", "SBU")))
    kg("ingest", "old.md")
    kg("forget", "old.md")
    Path("list.md").replace("old.md")
    result = kg("ingest", ".")
    assert lines(result) == ["old.md: moved here from list.md, keeps its 5 claims"]
    assert result.stderr == ""
    (source,) = records(kg("sources", "--json"))
    assert (source["claims"], source["added"], source["forgotten"]) == (5, 5, False)
    assert "Plover TRAINED_ON SBU" in kg("history", "Plover").stdout


def test_a_copy_adds_no_support(kg: Kg) -> None:
    before = exported(kg)
    Path("copy.md").write_text(table(*ROWS))
    for _ in range(2):
        assert lines(kg("ingest", "copy.md")) == ["copy.md: a copy of list.md, adds nothing"]
    assert exported(kg) == before
    assert "copy.md  [a copy of list.md]" in kg("sources").stdout


def test_a_vanished_file_is_told_and_only_forget_withdraws_it(kg: Kg) -> None:
    before = exported(kg)
    Path("my other.md").write_text(table(("Plover", "SBU")))
    kg("ingest", ".")
    more = exported(kg)
    Path("my other.md").unlink()
    result = kg("ingest", ".")
    assert "my other.md is gone" in result.stderr
    assert "kg forget 'my other.md'" in result.stderr
    assert exported(kg) == more
    assert "my other.md  [the file is gone" in kg("sources").stdout
    assert "the file is gone" in kg("doctor").stdout
    kg("forget", "my other.md")
    assert exported(kg) == before
    assert kg("ingest", ".").stderr == ""
    assert "my other.md  [forgotten]" in kg("sources").stdout


def test_what_vanished_elsewhere_is_not_told_of_this_folder(kg: Kg, tmp_path: Path) -> None:
    Path("list.md").unlink()
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.md").write_text(table(("Plover", "SBU")))
    assert kg("ingest", other).stderr == ""


def test_a_line_on_top_or_a_new_column_changes_nothing_but_lines(kg: Kg) -> None:
    def without_lines() -> list[str]:
        return [
            re.sub(r'"(line|quote)": ("(?:[^"\\]|\\.)*"|\d+)', "", text) for text in exported(kg)
        ]

    before = without_lines()
    text = table(*ROWS)
    Path("list.md").write_text("A line on top.\n\n" + text)
    assert lines(kg("ingest", "list.md")) == ["list.md: nothing changed (5 claims)"]
    assert without_lines() == before
    head, rule, *rows = text.splitlines()
    wider = [f"{head} Colour |", f"{rule}---|", *[f"{row} blue |" for row in rows]]
    Path("list.md").write_text("\n".join(wider) + "\n")
    assert lines(kg("ingest", "list.md"))[0].startswith("list.md: nothing changed (5 claims)")
    assert without_lines() == before


def test_the_same_list_again_changes_no_byte_of_the_export(kg: Kg) -> None:
    before = exported(kg)
    assert lines(kg("ingest", "list.md")) == ["list.md: nothing changed (5 claims)"]
    assert exported(kg) == before


def test_a_changed_value_is_told_as_edited(kg: Kg) -> None:
    Path("a.md").write_text("| Dataset | Size |\n|---|---|\n| CC3M | 3M |\n")
    kg("ingest", "a.md")
    Path("a.md").write_text("| Dataset | Size |\n|---|---|\n| CC3M | 3.3M |\n")
    told = lines(kg("ingest", "a.md", "--changes"))
    assert told == [
        "a.md: 0 claims added, 1 edited, 0 withdrawn, 0 unchanged",
        "edited    CC3M size 3.3M  (line 3)",
    ]
    assert "0 added, 1 edited, 0 withdrawn" in kg("sources").stdout


# ---------------------------------------------------------------------- hostile and long text

HOSTILE = ["\x1b[2J\x1b[31m", "\x1b]0;title\x07", "\u202e", "\u2066", "\x9b31m", "\x08", "a\rb"]
OWN_STYLE = re.compile(r"\x1b\[(?:0|1|2|31|36)m")
"""What click writes for bold, dim, red, cyan and their end."""


def dangerous(text: str) -> set[str]:
    """Name the characters of an output that a terminal would act upon."""
    text = OWN_STYLE.sub("", text).replace("\n", "")
    bidi = set(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F]))
    return {ascii(c) for c in text if unicodedata.category(c) == "Cc" or c in bidi}


def put(store: Path, source: str, *claims: Claim, remarks: tuple[Remark, ...] = ()) -> None:
    with closing(SqliteStore(store, create=True)) as opened:
        opened.load(source, "markdown", source, Reading(claims, remarks=remarks))


def sized(name: str, text: str, line: int, quote: str) -> Claim:
    return Claim(Name(Kind.DATASET, name), Property.SIZE, line, quote, values={"text": text})


@pytest.mark.parametrize("evil", HOSTILE)
@pytest.mark.parametrize("color", [False, True], ids=["plain", "colour"])
def test_hostile_names_reach_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evil: str, color: bool
) -> None:
    path = tmp_path / "kg.sqlite"
    monkeypatch.setenv("KG_STORE", str(path))
    a, b = f"{evil}MultiInstruct", f"{evil}MultiIntruct"
    put(
        path, f"/nowhere/{evil}.md", sized(a, f"{evil}3M", 1, evil), sized(a, f"12M{evil}", 2, evil),
        sized(b, "3M", 3, evil), remarks=(Remark(1, f"{evil} repaired", "repair"),),
    )  # fmt: skip
    commands: list[list[str]] = [
        ["review"],
        ["review", "accept", "1"],
        ["log"],
        ["doctor", "--all"],
        ["show", a],
        ["history", b],
        ["undo"],
        ["split", a, b],
        ["merge", a, b],
        ["sources"],
        ["ingest", str(tmp_path)],
    ]
    for command in commands:
        assert not dangerous(run(*command, color=color).output), command
    for command in (["merge", a, evil], ["split", a, f"{evil} x"], ["history", f"{evil} x"]):
        result = CliRunner().invoke(main, command, color=color)
        assert result.exit_code in (2, 3), result.output
        assert not dangerous(result.output), command
    for command in (["review", "--json"], ["log", "--json"], ["doctor", "--json"]):
        assert records(run(*command)) is not None


def test_long_names_paths_and_quotes_fit_80_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kg.sqlite"
    monkeypatch.setenv("KG_STORE", str(path))
    title = "Teaching " + "Very Large and Patient " * 6 + "Otters to Follow Instructions"
    other = title.replace("Follow", "Folow")
    source = "/nowhere/" + "a-long-folder/" * 9 + "list.md"

    def said(text: str, value: str, line: int) -> Claim:
        values = {"text": value}
        return Claim(Name(Kind.PAPER, text), Property.VENUE, line, title * 3, values=values)

    dataset = Name(Kind.DATASET, "Zorgle-" * 15 + "3M")
    put(
        path, source, said(title, "Conference A " * 12, 10001), said(title, "Journal B " * 12, 10002),
        said(other, "Conference A", 10003),
        Claim(Name(Kind.PAPER, title), Relation.INTRODUCES, 10004, title * 3, dataset),
        remarks=(Remark(1, "a repair " * 30, "repair"),),
    )  # fmt: skip
    with closing(SqliteStore(path)) as store:
        pairs = [(Name(Kind.MODEL, f"m{i}"), Name(Kind.MODEL, f"n{i}")) for i in range(1200)]
        store.number_pairs(pairs)
    number = str(records(run("review", "--json"))[0]["n"])
    assert len(number) == 4
    for command in (
        ["review"],
        ["review", "accept", number],
        ["log"],
        ["doctor"],
        ["doctor", "--all"],
        ["show", title],
        ["history", title],
        ["split", title, other],
        ["log"],
        ["undo"],
    ):
        told = run(*command).stdout
        assert told
        # A command that is offered can be typed as it stands, however long the name in it is.
        broken = [x for x in told.splitlines() if not x.startswith("        /")]
        assert max(map(len, broken)) <= 80, command
