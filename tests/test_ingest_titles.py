"""Titles and headings: the names they introduce, what kind these are, and what is no part of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.titles import (
    clean_heading,
    clean_title,
    is_acronym_of,
    is_name,
    kind_of_introduced,
    name_in_report,
    names_in_brackets,
    split_pair,
    split_prefix,
)
from kg.model import Kind

# --- names


@pytest.mark.parametrize(
    "text",
    ["LLaVA-1.5", "CC3M", "RefCOCO+", "GPT-4V", "Visual Genome", "Common Crawl", "The Pile", "llava", "C4", "OK-VQA",
     "CLIP ViT-L/14", "Qwen2-VL-7B", "COCO caption", "Gemini 1.5 Pro", "GLM-130B", "悟道", "M3IT", "LAION 400M",
     "SynthDoG-en&zh", "Dolly 2.0", "Unnatural Instruction Dataset"],
)  # fmt: skip
def test_proper_names_are_names(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    ["", "7B", "52K", "1.2M", "1,000", "10k samples", "3.5k pairs", "cheap and quick", "web crawler data", "a dataset",
     "We collect it.", "what is it?", "https://a.example", "image and video", "large language models", "the model",
     "trained on a mixture of public and private data", "> 30", "<b>", "x = y", "...", "7B-13B"],
)  # fmt: skip
def test_phrases_sizes_and_sentences_are_no_names(text: str) -> None:
    assert not is_name(text)


@given(st.text(max_size=100))
def test_any_text_is_a_name_or_not(text: str) -> None:
    assert is_name(text) in (True, False)
    assert is_name(text) == is_name(f"  {text} ")


# --- prefixes


@pytest.mark.parametrize(
    ("title", "name", "rest"),
    [
        ("Glimmer: A Lantern for Images", "Glimmer", "A Lantern for Images"),
        ("Glimmer-7B：看图说话", "Glimmer-7B", "看图说话"),
        ("LLaMA-VID: An Image is Worth 2 Tokens", "LLaMA-VID", "An Image is Worth 2 Tokens"),
        ("stanford alpaca: An instruction model", "stanford alpaca", "An instruction model"),
        ("Introducing MPT-7B: A New Standard", "MPT-7B", "A New Standard"),
        ("Mini-Gemini: Mining the Potential", "Mini-Gemini", "Mining the Potential"),
        ("Llama 2: Open Foundation Models", "Llama 2", "Open Foundation Models"),
        ("GlimVLM - Seeing in the Dark", "GlimVLM", "Seeing in the Dark"),
        ("Lantern Seeker: Finding Lights", "Lantern Seeker", "Finding Lights"),
    ],
)
def test_the_prefix_of_a_title_is_the_name_it_introduces(title: str, name: str, rest: str) -> None:
    assert split_prefix(title) == (name, rest)


@pytest.mark.parametrize(
    "title",
    [
        "Visual Instruction Tuning",
        "Visual Instruction Tuning: A Survey",
        "Multimodal Learning: A Review of the Field",
        "Large Language Models: Trends and Challenges",
        "Learn to Explain: Reasoning by Thought Chains",
        "Cheap and Quick: Efficient Tuning",
        "What Matters in Training: A Study",
        "How Far Are We? Looking Back",
        "Towards Better Captions: Lessons Learned",
        "LLMs Meet Lanterns: Seeing Farther",
        "Lanterns Matter: Seeing Farther",
        "Better Together: Seeing Farther",
        "Street Lighting: Seeing Farther",
        "2023: A Year of Models",
        "",
        ":",
        "Glimmer:",
    ],
)
def test_phrases_before_a_colon_introduce_nothing(title: str) -> None:
    assert split_prefix(title) is None


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Glimmer and Glimmer-Pro: Seeing in the Dark", ("Glimmer", "Glimmer-Pro")),
        ("GlimVLM2 & GlimVLM2.5: Native Sight", ("GlimVLM2", "GlimVLM2.5")),
        ("GlimBench and GlimRM: Judging Sight", ("GlimBench", "GlimRM")),
        ("Sense and Sensitivity: A Study", None),
        ("Glim-2 and Dusk-3: A Comparison", None),
        ("Glimmer and Glimmer-Pro", None),
    ],
)
def test_two_names_of_one_family_before_a_colon_are_both_introduced(
    title: str, names: tuple[str, str] | None
) -> None:
    assert split_pair(title) == names


@given(st.text(max_size=120))
def test_a_prefix_is_part_of_its_title(title: str) -> None:
    found = split_prefix(title)
    if found:
        assert found[0] in title
        assert title.endswith(found[1])


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Qwen2 Technical Report", "Qwen2"),
        ("The Glimmer-7B Technical Report.", "Glimmer-7B"),
        ("GPT-4V(ision) System Card", "GPT-4V(ision)"),
        ("GPT-4o System Card", "GPT-4o"),
        ("A Technical Report", None),
        ("Technical Report", None),
        ("Qwen2", None),
    ],
)
def test_a_technical_report_is_about_its_model(title: str, name: str | None) -> None:
    assert name_in_report(title) == name


# --- kinds


@pytest.mark.parametrize(
    ("name", "title", "heading", "kind"),
    [
        ("Glimmer", "Glimmer: A Large Multimodal Model for Night Scenes", None, Kind.MODEL),
        ("Glimmer", "Glimmer: A Lantern for Images", None, Kind.MODEL),
        ("GlimBench", "GlimBench: Testing Models in the Dark", None, Kind.DATASET),
        ("Night-VQA", "Night-VQA: Questions about the Dark", None, Kind.DATASET),
        ("Glimmer", "Glimmer: A Benchmark for Night Scenes", None, Kind.DATASET),
        ("Glimmer", "Glimmer: A Large-Scale Dataset of Night Scenes", None, Kind.DATASET),
        ("Glimmer", "Glimmer: An Open Corpus of Night Talk", None, Kind.DATASET),
        ("Glimmer", "Glimmer: Lights from Afar", Kind.DATASET, Kind.DATASET),
        ("Glimmer", "Glimmer: Lights from Afar", Kind.MODEL, Kind.MODEL),
        ("Glimmer", "Glimmer: A Vision Language Model", Kind.DATASET, Kind.MODEL),
        ("Glimmer", "Glimmer: A Model Evaluated on a New Benchmark", None, Kind.MODEL),
        ("Glim-665K", "Glim-665K", None, Kind.DATASET),
        ("GlimBench", "", None, Kind.DATASET),
        ("Glimmer-7B", "", None, Kind.MODEL),
        ("Codex", "Evaluating Writers of Programs", None, Kind.MODEL),
        ("LLaVA", "", Kind.DATASET, Kind.MODEL),
        ("Dusk", "Dusk: A Hard Seeing Challenge for Lanterns", None, Kind.DATASET),
        ("Dusk", "Dusk: A Winner of the Seeing Challenge", None, Kind.MODEL),
        ("DUSK", "Broad Evaluation of Large Lantern Models", None, Kind.DATASET),
        ("DuskInstructions", "DuskInstructions: Learning from Walks", None, Kind.DATASET),
        ("LLaVA-Instruct", "", Kind.DATASET, Kind.DATASET),
    ],
)
def test_what_a_title_introduces_is_a_model_or_a_dataset(
    name: str, title: str, heading: Kind | None, kind: Kind
) -> None:
    assert kind_of_introduced(name, title, heading) is kind


# --- brackets


@pytest.mark.parametrize(
    ("remark", "title", "names"),
    [
        ("LLaVA-v1.5", "Improved Baselines", ["LLaVA-v1.5"]),
        ("GLIM, GLIM-3M", "A New Lantern", ["GLIM", "GLIM-3M"]),
        ("GLIM", "Guided Lanterns for Image Models", ["GLIM"]),
        ("TiTok, by ByteDance", "", ["TiTok"]),
        ("CMU", "Frame Selection for Video", []),
        ("Tsinghua University", "Frame Selection", []),
        ("CVPR 2024", "Frame Selection", []),
        ("2023", "Frame Selection", []),
        ("7B", "Frame Selection", []),
        ("not released", "Frame Selection", []),
        ("code", "Frame Selection", []),
        ("a short remark about it", "Frame Selection", []),
        ("", "", []),
    ],
)
def test_names_stand_in_brackets_behind_titles_but_institutes_and_venues_are_none(
    remark: str, title: str, names: list[str]
) -> None:
    assert names_in_brackets(remark, title) == names


@pytest.mark.parametrize(
    ("short", "title", "fits"),
    [
        ("GLIM", "Guided Lanterns for Image Models", True),
        ("DGMR", "Diversity-Guided MLP Reduction for Efficient Transformers", True),
        ("CIT", "Customised Image Tuning", True),
        ("XYZ", "Guided Lanterns for Image Models", False),
        ("GL", "Guided Lanterns", False),
        ("Guided", "Guided Lanterns", False),
        ("", "", False),
    ],
)
def test_an_acronym_is_spelt_by_the_beginnings_of_words(short: str, title: str, fits: bool) -> None:
    assert is_acronym_of(short, title) is fits


# --- cleaning


@pytest.mark.parametrize(
    ("heading", "clean"),
    [
        ("🔥 Video-LLM", "Video-LLM"),
        ("3 Visual Instruction Tuning", "Visual Instruction Tuning"),
        ("3.1. Data", "Data"),
        ("IV. Data", "Data"),
        ("一、数据集", "数据集"),
        ("VLIT Data[2]", "VLIT Data"),
        ("Method [1][2]", "Method"),
        ("Models:", "Models"),
        ("模型：", "模型"),
        (":fire: News", "News"),
        ("More Modalities (Beyond VL)", "More Modalities (Beyond VL)"),
        ("3D Models", "3D Models"),
        ("2023", "2023"),
        ("C++ and RefCOCO+", "C++ and RefCOCO+"),
        ("   Spaced    out  ", "Spaced out"),
        ("🔥", ""),
    ],
)
def test_headings_lose_numbers_emoji_and_reference_marks(heading: str, clean: str) -> None:
    assert clean_heading(heading) == clean


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("✨ [Survey] On Lanterns. arXiv, 2023", "On Lanterns"),
        ("Glimmer: A Lantern [65]", "Glimmer: A Lantern"),
        ("Glimmer: A Lantern for Images.", "Glimmer: A Lantern for Images"),
        (
            "Glimmer: Lantern models. Advances in Neural Information Processing Systems, 35",
            "Glimmer: Lantern models",
        ),
        (
            "Glimmer: Lantern models. In Proceedings of the Lantern Meeting, 2021.",
            "Glimmer: Lantern models",
        ),
        ("“Why Not?” and ‘Other’ Questions", "“Why Not?” and ‘Other’ Questions"),
        ("Eﬃcient ﬁne-tuning of Models", "Eﬃcient ﬁne-tuning of Models"),
        ("Is Seeing Believing?", "Is Seeing Believing?"),
        ("Seeing is Believing!", "Seeing is Believing!"),
        ("《A Lantern for Night Scenes》", "A Lantern for Night Scenes"),
        ('"A Lantern for Night Scenes"', "A Lantern for Night Scenes"),
        ("Glimmer | Lantern", "Glimmer / Lantern"),
        ("A  Title\twith\nspaces", "A Title with spaces"),
        ("Scaling to 1.5", "Scaling to 1.5"),
        ("", ""),
    ],
)
def test_titles_are_as_the_paper_prints_them(title: str, clean: str) -> None:
    assert clean_title(title) == clean


@given(st.text(max_size=120))
def test_a_cleaned_title_is_one_line_and_never_longer(title: str) -> None:
    once = clean_title(title)
    assert once == once.strip()
    assert "\n" not in once
    assert len(once) <= len(title)


WORDS = st.lists(
    st.from_regex(r"[A-Z][a-z]{4,8}", fullmatch=True).filter(
        lambda w: w not in ("Arxiv", "Preprint")
    ),
    min_size=3,
    max_size=8,
).map(" ".join)


@given(WORDS)
def test_a_clean_title_stays_as_it_is(title: str) -> None:
    assert clean_title(title) == title
    assert clean_title(f"*{title}*") == title
    assert clean_title(f"{title}.") == title
    assert clean_title(f"🔥 {title} [12]") == title
