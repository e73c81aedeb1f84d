"""Sizes in running text are claimed where it is sure whose they are, and left alone elsewhere."""

from __future__ import annotations

import pytest

from ingest.from_markdown import read_list
from kg.model import JsonValue, Property


def sizes(text: str) -> list[tuple[str, JsonValue, JsonValue, JsonValue, int]]:
    return [
        (c.subject.text, c.values["text"], c.values["value"], c.values["unit"], c.line)
        for c in read_list(text).claims
        if c.predicate is Property.SIZE and c.extractor == "prose"
    ]


KNOWN = "\n\n| Model | Training Data |\n|---|---|\n| OtterLM | RiverSet |\n"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        (
            "**River-Instruct-158k** [9] contains 158 image-text instruction data, including **58k talks**.",
            ("River-Instruct-158k", "158", 158.0, "unknown"),
        ),
        (
            "**RiverSet** comprises 12,345 question-answer pairs.",
            ("RiverSet", "12,345", 12345.0, "samples"),
        ),
        ("[RiverSet](https://x.org) has over 3.5M images.", ("RiverSet", "3.5M", 3.5e6, "images")),
        ("The RiverSet dataset contains ~93K examples.", ("RiverSet", "~93K", 93e3, "samples")),
        ("RiverSet contains 93K examples.", ("RiverSet", "93K", 93e3, "samples")),
        (
            "It uses **RiverSet**, which consists of 2 million clips.",
            ("RiverSet", "2 million", 2e6, "videos"),
        ),
        ("RiverSet with 5K images is new.", ("RiverSet", "5K", 5e3, "images")),
        ("**Lake** corpus includes 40 hours of birds.", ("Lake", "40", 40.0, "hours")),
    ],
)
def test_the_size_that_a_sentence_gives_a_dataset_is_claimed(
    sentence: str, said: tuple[str, str, float, str]
) -> None:
    assert sizes(f"# Notes\n\nFirst.\n\n{sentence}{KNOWN}") == [(*said, 5)]


def test_the_line_is_the_number_s_own() -> None:
    assert sizes(
        f"# Notes\n\n- River\n  **RiverSet** is\n  ours. RiverSet contains 9K pairs.{KNOWN}"
    ) == [("RiverSet", "9K", 9000.0, "samples", 5)]


@pytest.mark.parametrize(
    "sentence",
    [
        "**OtterLM** has 7B total parameters.",
        "**OtterLM** contains 975B total and 41B active parameters.",
        "**OtterLM** comprises 3 images.",  # a model has no such size
        "We train OtterLM on **RiverSet** with 5K images.",
        "It contains 22k comparisons.",
        "The first dataset contains 10k instances.",
        "RiverSet has 5 authors.",
        "RiverSet was made in 2021 and contains 5K images.",
        "LakeSet contains 5K images.",  # nothing says that it is a dataset
        "RiverSet contains many of 5K images.",
        "| RiverSet contains 5K images |",
    ],
)
def test_a_sentence_that_is_not_sure_gives_no_size(sentence: str) -> None:
    assert sizes(f"# Notes\n\n{sentence}{KNOWN}") == []


def test_the_size_of_a_set_without_a_name_is_a_remark() -> None:
    text = "# Notes\n\n+ OtterLM\n**OtterLM** [3] curates a river description dataset that contains 3439 image-text pairs for tuning.\n"
    assert [(r.line, r.text, r.kind) for r in read_list(text).remarks] == [
        (4, "a river description dataset of OtterLM: 3439 image-text pairs", "size")
    ]
    assert sizes(text) == []
