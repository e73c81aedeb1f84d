"""What words mean: headers, keys, stages, placeholders, stances and names that are no names."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.vocabulary import (
    DENIED,
    GENERIC_LABEL,
    GENERIC_NAME,
    MODEL_FAMILY,
    NO_TOPIC,
    PLACEHOLDER,
    SYNONYMS,
    UNDISCLOSED,
    Column,
    find_kind,
    find_role,
    find_stage,
    is_institute,
    unit_of_header,
)
from kg.model import Kind, Stage

WORDS = [(word, column) for column, words in SYNONYMS.items() for word in words.split("; ")]
LONG_WORDS = [(w, c) for w, c in WORDS if w.isascii() and w.replace(" ", "").isalpha()]


# --- headers


@pytest.mark.parametrize("column", list(Column))
def test_every_synonym_of_a_column_is_found(column: Column) -> None:
    known = [w for w in SYNONYMS[column].split("; ") if any(c.isalnum() for c in w)]
    assert {w: find_role(w) for w in known} == dict.fromkeys(known, column)
    assert {w: find_role(f" **{w.upper()}**: ") for w in known} == dict.fromkeys(known, column)


def test_no_word_has_two_meanings() -> None:
    meanings: dict[str, set[Column]] = defaultdict(set)
    for word, column in WORDS:
        meanings["".join(c for c in word.casefold() if c.isalnum())].add(column)
    assert {w: c for w, c in meanings.items() if w and len(c) > 1} == {}


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Training Data[2]", Column.TRAINING_DATA),
        ("Vision Encoder [1][3]", Column.VISION_ENCODER),
        ("Inst[2]", Column.IGNORED),
        ("Params (B)", Column.PARAMETERS),
        ("Size (K)", Column.AMOUNT),
        ("数量（条）", Column.AMOUNT),
        ("Pre-Training_Data", Column.PRETRAINING_DATA),
        ("LICENSE", Column.LICENCE),
        ("训练数据", Column.TRAINING_DATA),
        ("视觉编码器", Column.VISION_ENCODER),
        ("Trainning Data", Column.TRAINING_DATA),
        ("Vison Encoder", Column.VISION_ENCODER),
        ("Langauge Model", Column.LANGUAGE_MODEL),
        ("Datset", Column.DATASET),
        ("Modalties", Column.MODALITY),
        ("Cnstruction Method", Column.IGNORED),
        ("Model ↑", Column.MODEL),
    ],
)
def test_headers_are_known_despite_marks_units_and_typing_errors(
    header: str, column: Column
) -> None:
    assert find_role(header) is column


@pytest.mark.parametrize(
    "header", ["", "  ", "Shoe size", "MMBench", "GQA", "颜色", "🔥", "Favourite colour", "[2]"]
)
def test_unknown_headers_have_no_meaning(header: str) -> None:
    assert find_role(header) is None


@given(st.text(max_size=60))
def test_any_header_means_something_or_nothing(header: str) -> None:
    found = find_role(header)
    assert found is None or isinstance(found, Column)


@given(st.sampled_from(LONG_WORDS).filter(lambda w: len(w[0]) >= 12), st.data())
def test_a_letter_left_out_of_a_long_header_does_no_harm(
    known: tuple[str, Column], data: st.DataObject
) -> None:
    word, column = known
    at = data.draw(st.integers(1, len(word) - 2))
    assert find_role(word[:at] + word[at + 1 :]) is column


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Params (B)", "B"),
        ("Tokens（T）", "T"),
        ("Size [K][2]", "K"),
        ("Size[2]", ""),
        ("Size", ""),
        ("MMBench (%)", "%"),
    ],
)
def test_brackets_of_a_header_hold_its_unit(header: str, unit: str) -> None:
    assert unit_of_header(header) == unit


# --- stages and kinds


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("PT video/image-caption", Stage.PRETRAIN),
        ("Pre-training", Stage.PRETRAIN),
        ("Pretrain", Stage.PRETRAIN),
        ("预训练", Stage.PRETRAIN),
        ("SFT image-video inst tuning", Stage.SFT),
        ("Supervised Finetuning", Stage.SFT),
        ("Instruction Tuning", Stage.SFT),
        ("指令微调", Stage.SFT),
        ("Preference Learning", Stage.PREFERENCE),
        ("RLHF", Stage.PREFERENCE),
        ("DPO", Stage.PREFERENCE),
        ("Feature Alignment", Stage.ALIGNMENT),
        ("RL", Stage.RL),
        ("Reinforcement Learning", Stage.RL),
        ("Distillation", Stage.DISTILLATION),
        ("Pre-training and fine-tuning", None),
        ("Stage1", None),
        ("Data", None),
        ("Video-LLM", None),
        ("", None),
    ],
)
def test_labels_and_headings_name_a_stage(text: str, stage: Stage | None) -> None:
    assert find_stage(text) is stage


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Datasets for Pre-training", Kind.DATASET),
        ("Evaluation Benchmarks", Kind.DATASET),
        ("训练语料", Kind.DATASET),
        ("Open Models", Kind.MODEL),
        ("Video-LLMs", Kind.MODEL),
        ("模型", Kind.MODEL),
        ("Tuning with Established Datasets", None),
        ("Visual Instruction Tuning", None),
    ],
)
def test_headings_are_about_datasets_or_models(text: str, kind: Kind | None) -> None:
    assert find_kind(text) is kind


@pytest.mark.parametrize(
    "text",
    ["Training Set", "Training Sets", "Training Recipe", "Evaluation Dataset", "Table of Contents", "目录",
     "References", "参考", "参考文献", "Citation", "Acknowledgements", "License", "Star History", "News", "Contents"],
)  # fmt: skip
def test_headings_that_only_group_are_no_topics(text: str) -> None:
    assert NO_TOPIC.match(text)


@pytest.mark.parametrize(
    "text", ["Video-LLM", "Preference Learning", "Training Set Design", "数据集", "Medical Models"]
)
def test_headings_that_are_subjects_are_topics(text: str) -> None:
    assert not NO_TOPIC.match(text)


# --- cells that say nothing, or that something is kept back


@pytest.mark.parametrize(
    "text",
    ["", "/", "—", "–", "-", "--", "?", "？", "N/A", "n/a", "NA", "TBD", "tbd", "place_holder", "placeholder", "...",
     "Coming soon", "unknown", "same as LLaVA-1.5", "Same as above", "同上"],
)  # fmt: skip
def test_placeholders_say_nothing(text: str) -> None:
    assert PLACEHOLDER.match(text)


@pytest.mark.parametrize("text", ["C", "CC3M", "7B", "N24News", "TBDBench", "Nature", "无界"])
def test_names_are_no_placeholders(text: str) -> None:
    assert not PLACEHOLDER.match(text)


@pytest.mark.parametrize(
    "text",
    ["undisclosed", "Undisclosed", "not disclosed", "proprietary", "Proprietary data", "未公开", "不公开", "not released"],
)  # fmt: skip
def test_cells_that_keep_something_back_say_so(text: str) -> None:
    assert UNDISCLOSED.search(text)
    assert not DENIED.match(text)


@pytest.mark.parametrize("text", ["none", "None", "✗", "❌", "×"])
def test_cells_that_deny_say_so(text: str) -> None:
    assert DENIED.match(text)
    assert not UNDISCLOSED.search(text)


@pytest.mark.parametrize("text", ["open", "CC3M", "N/A", "-", "Nonet", "NoCaps", "?"])
def test_other_cells_keep_nothing_back_and_deny_nothing(text: str) -> None:
    assert not UNDISCLOSED.search(text)
    assert not DENIED.match(text)


@pytest.mark.parametrize(
    "text",
    ["in-house data", "In-house Data", "inhouse dataset", "ours", "our data", "web data", "Web images", "internal data",
     "private data", "self-built", "self-collected data", "自建数据集", "内部数据", "网络数据"],
)  # fmt: skip
def test_names_that_mean_something_else_in_each_row_are_generic(text: str) -> None:
    assert GENERIC_NAME.match(text)


@pytest.mark.parametrize(
    "text",
    ["CC3M", "WebVid-2M", "WebText", "OurWorld", "Public Multimodal Corpus", "悟道", "ImageNet"],
)
def test_proper_names_are_not_generic(text: str) -> None:
    assert not GENERIC_NAME.match(text)


@pytest.mark.parametrize(
    "text",
    ["paper", "Paper", "[paper]", "here", "link", "Github", "code", "homepage", "model zoo", "dataset", "pdf", "论文",
     "website", "🤗 HF", "Project Page", "demo", "blog"],
)  # fmt: skip
def test_labels_that_name_only_the_kind_of_link_are_generic(text: str) -> None:
    assert GENERIC_LABEL.match(text)


@pytest.mark.parametrize("text", ["LLaVA-1.5", "CC3M", "Codex", "Papyrus", "PaperQA", "v1.5"])
def test_labels_that_name_a_thing_are_not_generic(text: str) -> None:
    assert not GENERIC_LABEL.match(text)


@pytest.mark.parametrize(
    "text",
    [
        "Baidu",
        "CMU",
        "Fudan, Shanghai AI Lab",
        "by ByteDance",
        "Tsinghua University",
        "Google & MIT",
        "清华大学",
    ],
)
def test_organisations_are_institutes(text: str) -> None:
    assert is_institute(text)


@pytest.mark.parametrize("text", ["", "LLaVA", "GLIM", "GLIM, CMU", "CVPR 2024"])
def test_other_remarks_are_no_institutes(text: str) -> None:
    assert not is_institute(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("generated by GPT-4 in 2023", "GPT-4"),
        ("made with text-davinci-003", "text-davinci-003"),
        ("by ChatGPT.", "ChatGPT"),
        ("using GPT-3.5-turbo and care", "GPT-3.5-turbo"),
        ("from Qwen2-72B", "Qwen2-72B"),
        ("written by people", None),
    ],
)
def test_families_of_models_are_found_in_prose(text: str, name: str | None) -> None:
    match = MODEL_FAMILY.search(text)
    assert (match.group(0).rstrip(".") if match else None) == name
