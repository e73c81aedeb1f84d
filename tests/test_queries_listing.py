"""Questions for things by what is said of them, counted, compared, changed."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from ingest.from_markdown import read_list
from ingest.load import ingest_bytes
from kg.errors import InputError, NotFoundError
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.answers import Answers
from queries.ask import ask
from queries.changes import find_changes
from queries.narrow import Narrow

DATA = """# Instruction Data for Robots

| Dataset | Size | Language | License | Domain | Release |
|---|---|---|---|---|---|
| [GripTalk](https://huggingface.co/datasets/made/griptalk) | 120K samples | EN/ZH | Apache-2.0 | Kitchen | 2023-04 |
| [ArmChat](https://huggingface.co/datasets/made/armchat) | 2M samples | English | MIT | Kitchen, Garden | 2024-02 |
| [LegMove](https://huggingface.co/datasets/made/legmove) | 40 GB | Chinese | Apache 2.0 | Street | 2024-06 |
"""
PAPERS = """# Robot Papers

## Walking

- **Striding Far With Small Feet**, *CVPR 2024*. [[paper](https://arxiv.org/abs/2311.01001)]
- **Feet That Learn From Falling**, *CVPR 2023*. [[paper](https://arxiv.org/abs/2302.01002)]

## Grasping

- **Hands For Every Cup And Glass**, *NeurIPS 2024*. [[paper](https://arxiv.org/abs/2405.01003)]
"""
OTHER = """# Seen in the Reading Group

- **Feet That Learn From Falling**, *CVPR 2023*. [[paper](https://arxiv.org/abs/2302.01002)]
- **Songs That Robots Hum At Night**, *ICLR 2025*. [[paper](https://arxiv.org/abs/2409.01004)]
"""
MODELS = """# Models

| Model | Parameters | License | Training data |
|---|---|---|---|
| StrideNet | 7B | MIT | GripTalk (120K), ArmChat |
| CupHand | 1.5B | Apache-2.0 | ArmChat |
"""


@pytest.fixture
def robots() -> Iterator[Store]:
    with closing(SqliteStore(":memory:", create=True)) as store:
        for name, text in (
            ("lists/data.md", DATA),
            ("lists/papers.md", PAPERS),
            ("lists/group.md", OTHER),
            ("lists/models.md", MODELS),
        ):
            ingest_bytes(store, name, text.encode(), "markdown", read_list)
        yield store


def names(found: Answers) -> list[str]:
    return [a.name for a in found.answers]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("which Chinese datasets are there", ["GripTalk", "LegMove"]),
        ("datasets in English", ["ArmChat", "GripTalk"]),
        ("Which datasets have an Apache-2.0 licence?", ["GripTalk", "LegMove"]),
        ("MIT licensed datasets", ["ArmChat"]),
        ("which models come with an MIT license", ["StrideNet"]),
        ("Chinese datasets under the Apache 2.0 license", ["GripTalk", "LegMove"]),
        ("kitchen datasets in Chinese", ["GripTalk"]),
        ("which datasets have more than 1M samples", ["ArmChat"]),
        ("datasets with fewer than 1M samples", ["GripTalk"]),
        ("datasets of at least 10 GB", ["LegMove"]),
        ("models with less than 3B parameters", ["CupHand"]),
        ("models under 3B", ["CupHand"]),
        ("datasets since 2024", ["ArmChat", "LegMove"]),
        ("which datasets were released in 2023", ["GripTalk"]),
        ("datasets between 2024-01 and 2024-03", ["ArmChat"]),
        ("CVPR 2024 papers", ["Striding Far With Small Feet"]),
        ("papers at CVPR in 2023", ["Feet That Learn From Falling"]),
        (
            "papers published at CVPR",
            ["Feet That Learn From Falling", "Striding Far With Small Feet"],
        ),
        ("which CVPR papers are about walking in 2024", ["Striding Far With Small Feet"]),
        ("papers under Walking since 2023-10", ["Striding Far With Small Feet"]),
        (
            "which papers are in the reading group list",
            ["Feet That Learn From Falling", "Songs That Robots Hum At Night"],
        ),
        (
            "papers in both Robot Papers and the reading group list",
            ["Feet That Learn From Falling"],
        ),
        (
            "which papers are in the reading group list but missing from Robot Papers",
            ["Songs That Robots Hum At Night"],
        ),
        (
            "Which papers does the reading group list have that Robot Papers does not?",
            ["Songs That Robots Hum At Night"],
        ),
        ("list all models", ["CupHand", "StrideNet"]),
    ],
)
def test_things_are_found_by_what_is_said_of_them(
    robots: Store, question: str, answer: list[str]
) -> None:
    assert names(ask(robots, question)) == answer


def test_each_answer_shows_the_line_of_every_condition(robots: Store) -> None:
    (found,) = ask(robots, "kitchen datasets in Chinese").answers
    assert dict(found.attributes) == {"language": "EN/ZH", "domain": "Kitchen"}
    assert {e.line for e in found.evidence} == {5}


def test_coverage_counts_what_has_a_record_at_all(robots: Store) -> None:
    coverage = ask(robots, "which datasets have more than 1M samples").coverage
    assert coverage is not None
    assert (coverage.with_record, coverage.of, coverage.of_what) == (3, 3, "datasets")


@pytest.mark.parametrize(
    "question",
    [
        "which datasets are large",
        "Klingon datasets",
        "which models under 3B use ArmChat",
        "best kitchen datasets",
        "papers at CVPR but not",
        "models",
        "datasets of the moon",
    ],
)
def test_a_condition_that_nothing_in_the_store_explains_is_no_guess(
    robots: Store, question: str
) -> None:
    with pytest.raises((InputError, NotFoundError)):
        ask(robots, question)


def test_a_date_in_a_question_narrows_every_kind_of_answer(robots: Store) -> None:
    assert names(ask(robots, "what was StrideNet trained on")) == ["ArmChat", "GripTalk"]
    found = ask(robots, "what was StrideNet trained on since 2024")
    assert names(found) == ["ArmChat"]
    assert found.understood.endswith("since 2024-01-01")


def test_a_date_in_the_question_and_one_beside_it_are_one_too_many(robots: Store) -> None:
    with pytest.raises(InputError, match="date of its own"):
        ask(robots, "datasets since 2024", Narrow(since="2023"))


def test_a_document_in_a_question_narrows_what_is_said(robots: Store) -> None:
    ingest_bytes(
        robots,
        "lists/rivals.md",
        MODELS.replace("CupHand", "MugHand").encode(),
        "markdown",
        read_list,
    )
    assert "MugHand" in names(ask(robots, "which models use ArmChat"))
    assert names(ask(robots, "which models use ArmChat in the rivals list")) == [
        "MugHand",
        "StrideNet",
    ]


def test_how_many_says_the_number_and_shows_them(robots: Store) -> None:
    found = ask(robots, "how many models use ArmChat")
    assert names(found) == ["CupHand", "StrideNet"]
    assert found.remark == "2 in all"


def test_things_are_counted_by_year_and_by_month(robots: Store) -> None:
    by_year = ask(robots, "how many datasets came out each year")
    assert [(a.name, a.attributes["count"]) for a in by_year.answers] == [("2024", 2), ("2023", 1)]
    by_month = ask(robots, "number of kitchen datasets per month")
    assert [(a.name, a.attributes["count"]) for a in by_month.answers] == [
        ("2024-02", 1),
        ("2023-04", 1),
    ]
    papers = ask(robots, "how many papers per year since 2024")
    assert [(a.name, a.attributes["count"]) for a in papers.answers] == [("2024", 2)]


def test_two_things_are_put_side_by_side(robots: Store) -> None:
    found = ask(robots, "GripTalk vs ArmChat: size, licence")
    assert [(a.name, dict(a.attributes)) for a in found.answers] == [
        ("GripTalk", {"size": "120K samples", "licence": "Apache-2.0"}),
        ("ArmChat", {"size": "2M samples", "licence": "MIT"}),
    ]
    whole = ask(robots, "compare StrideNet with CupHand")
    assert [a.attributes["trained on"] for a in whole.answers] == [
        ["ArmChat", "GripTalk"],
        "ArmChat",
    ]
    assert whole.remark == "all trained on ArmChat"


def test_what_is_not_recorded_of_one_side_is_told(robots: Store) -> None:
    found = ask(robots, "compare StrideNet and CupHand: venue")
    assert found.remark == "nothing recorded: venue of StrideNet, venue of CupHand"


def test_where_sources_differ_is_told_with_all_values(robots: Store) -> None:
    ingest_bytes(
        robots,
        "lists/data2.md",
        DATA.replace("120K samples", "300K samples").encode(),
        "markdown",
        read_list,
    )
    found = ask(robots, "on which datasets' size do the lists disagree")
    assert [(a.name, a.attributes["size"]) for a in found.answers] == [
        ("GripTalk", ["120K samples", "300K samples"])
    ]
    assert {e.source for e in found.answers[0].evidence} == {"lists/data.md", "lists/data2.md"}


def test_what_changed_is_told_thing_by_thing(robots: Store) -> None:
    assert {a.how for a in ask(robots, "what changed since yesterday").answers} == {"new"}
    assert ask(robots, "what changed since 2025 until 2025-12").answers == ()
    first = datetime.datetime.now(datetime.UTC)
    # Loads are dated to the second: what comes after `first` is in a later one.
    while datetime.datetime.now(datetime.UTC) < first + datetime.timedelta(seconds=1.1):
        time.sleep(0.05)
    kept = [line for line in DATA.splitlines() if "LegMove" not in line]
    edited = "\n".join(kept).replace("2M samples", "3M samples")
    ingest_bytes(robots, "lists/data.md", edited.encode(), "markdown", read_list)
    found = find_changes(robots, first)
    assert [(a.name, a.how, dict(a.attributes)) for a in found.answers] == [
        ("ArmChat", "changed", {"said": 1, "withdrawn": 1}),
        ("LegMove", "gone", {"withdrawn": 6}),
    ]
    assert {e.quote for e in found.answers[0].evidence} == {
        "ArmChat | Size: 2M samples",
        "ArmChat | Size: 3M samples",
    }
    assert names(ask(robots, "what is new since yesterday in ArmChat")) == ["ArmChat"]


def test_a_maker_before_a_name_is_read_where_a_source_says_so(robots: Store) -> None:
    text = DATA.replace("Domain |", "Institute |").replace("| Kitchen |", "| Anthill Labs |")
    ingest_bytes(robots, "lists/makers.md", text.encode(), "markdown", read_list)
    assert names(ask(robots, "which models use Anthill's GripTalk")) == ["StrideNet"]
    with pytest.raises((InputError, NotFoundError)):
        ask(robots, "which models use Beehive's GripTalk")
