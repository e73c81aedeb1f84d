"""Bullets without links: what a heading says they are, and what is counted as not read."""

from __future__ import annotations

import inspect

import pytest

from ingest.from_markdown import read_list
from kg.model import Property


def told(text: str) -> list[str]:
    """Every claim as 'line subject predicate object or text (amount)'."""
    found = []
    for c in read_list(inspect.cleandoc(text)).claims:
        amount = c.values.get("amount")
        behind = c.object.text if c.object else str(c.values.get("text"))
        size = f" ({amount['text']})" if isinstance(amount, dict) else ""
        found.append(f"{c.line} {c.subject.kind}:{c.subject.text} {c.predicate} {behind}{size}")
    return found


def rejected(text: str) -> list[tuple[int, str]]:
    return [(r.line, r.reason) for r in read_list(inspect.cleandoc(text)).rejected]


@pytest.mark.parametrize(
    "heading", ["Datasets", "Lamp Benchmarks", "Training data", "数据集", "📚 Datasets"]
)
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("OtterVQA: 50K questions", "OtterVQA size 50K questions"),
        ("OtterVQA - 1.2M", "OtterVQA size 1.2M"),
        ("OtterVQA (595K)", "OtterVQA size 595K"),
        ("OTC4 (aka Otter Corpus)", "OTC4 alias Otter Corpus"),
    ],
)
def test_a_dataset_with_its_size_or_other_name_is_read_under_a_heading_on_datasets(
    heading: str, line: str, said: str
) -> None:
    assert told(f"## {heading}\n\n- {line}") == [f"3 dataset:{said}"]
    assert rejected(f"## {heading}\n\n- {line}") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("OtterVQA", "a dataset is named, but nothing is said about it"),
        ("LampVid-2M, LampVid-10M", "a dataset is named, but nothing is said about it"),
        ("OtterVQA: questions on scenes", "nothing says which dataset this is about"),
        ("20k comparisons of two answers each", "nothing says which dataset this is about"),
    ],
)
def test_what_says_nothing_of_a_dataset_is_counted_with_its_line(line: str, reason: str) -> None:
    text = f"## Datasets\n\n- {line}"
    assert told(text) == []
    assert rejected(text) == [(3, reason)]


@pytest.mark.parametrize("heading", ["Tags of datasets", "Models", "News", "Dataset information"])
def test_other_headings_say_nothing_of_plain_bullets(heading: str) -> None:
    text = f"## {heading}\n\n- SFT: supervised\n- OtterVQA: 50K questions"
    assert told(text) == []
    assert rejected(text) == []


def test_bullets_below_another_are_remarks_on_it() -> None:
    text = """
        ## Datasets

        - [OtterVQA](https://huggingface.co/datasets/otter/OtterVQA)
          - LampVid: 50K questions
        """
    assert [x for x in told(text) if "LampVid" in x] == []


@pytest.mark.parametrize("heading", ["Training data", "Training datasets", "训练数据"])
def test_a_model_before_a_colon_was_trained_on_what_follows(heading: str) -> None:
    text = f"## {heading}\n\n- LLaVA-9.5: OtterVQA, CC3M: 595K"
    assert told(text) == [
        "3 model:LLaVA-9.5 TRAINED_ON OtterVQA",
        "3 model:LLaVA-9.5 TRAINED_ON CC3M (595K)",
    ]


def test_a_name_before_a_colon_is_a_model_only_where_something_says_so() -> None:
    use = "## Training data\n\n- Glimmer: OtterVQA, CC3M\n"
    assert told(use) == []
    assert rejected(use) == [(3, "nothing says that 'Glimmer' is a model")]
    table = "| Model | Vision Encoder |\n|---|---|\n| Glimmer | LampViT |\n\n"
    assert [x.split(" ", 1)[1] for x in told(table + use)][1:] == [
        "model:Glimmer TRAINED_ON OtterVQA",
        "model:Glimmer TRAINED_ON CC3M",
    ]


def test_scores_in_a_line_are_counted_as_not_read() -> None:
    text = "## Evaluation\n\n- LLaVA-9.5: OtterBench 60.6, LampBench"
    assert told(text) == []
    assert rejected(text) == [(3, "scores are read in tables only")]


@pytest.mark.parametrize(
    ("line", "relation"),
    [
        ("Glimmer evaluated on: OtterBench, LampBench", "EVALUATED_ON"),
        ("Glimmer was evaluated on: OtterBench and LampBench", "EVALUATED_ON"),
        ("Glimmer is tested on: OtterBench, LampBench", "EVALUATED_ON"),
        ("Glimmer trained on: OtterBench, LampBench", "TRAINED_ON"),
        ("**Glimmer** was fine-tuned on: OtterBench, LampBench", "TRAINED_ON"),
    ],
)
def test_a_bullet_may_say_what_a_model_was_evaluated_or_trained_on(
    line: str, relation: str
) -> None:
    assert told(f"# Notes\n\n- {line}") == [
        f"3 model:Glimmer {relation} OtterBench",
        f"3 model:Glimmer {relation} LampBench",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "We evaluated on: OtterBench, LampBench",
        "All models are evaluated on: OtterBench",
        "Glimmer is evaluated on: everything there is",
    ],
)
def test_no_model_is_made_of_a_sentence(line: str) -> None:
    assert told(f"# Notes\n\n- {line}") == []


def test_other_names_in_bullets_are_said_of_the_dataset() -> None:
    reading = read_list("## Datasets\n\n- Otter Captions 3M (OC3M)")
    assert [(c.predicate, c.values["text"]) for c in reading.claims] == [(Property.ALIAS, "OC3M")]
