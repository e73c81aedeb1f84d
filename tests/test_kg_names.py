"""Spellings of one name, and the marks and words that tell two names apart."""

from __future__ import annotations

import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.identity import marks_agree
from kg.names import fold, is_shouted, letters, marks, slug, variants_differ, words

SAME = [
    ("VQA-v2", "VQAv2"),
    ("VQA-v2", "VQA v2"),
    ("OK-VQA", "OKVQA"),
    ("A-OKVQA", "AOK-VQA"),
    ("LLaVA-v1.5", "LLaVA-1.5"),
    ("LLaVA v1.5", "llava_1.5"),
    ("MiniGPT4", "miniGPT-4"),
    ("MiniGPT-v2", "MiniGPTv2"),
    ("Vicuna-7B-v1.5", "Vicuna-7Bv1.5"),
    ("Vicuna-7Bv-1.5", "Vicuna-7B-v1.5"),
    ("MathV360K", "MathV-360K"),
    ("AV-1", "AV1"),
    ("Flickr 30K", "flickr30k"),
    ("Conceptual Captions", "conceptual-captions"),
    ("ＬＬａＶＡ－１．５", "LLaVA-1.5"),
    ("Caf\u00e9", "Cafe\u0301"),
    ("Caf\u00e9", "CAFE"),
    ("R&D", "R and D"),
    ("RefCOCO+", "refcoco +"),
    (r"$\text{LLaVA}$", "LLaVA"),
    (r"\(\mathbf{A}\)-VQA", "A-VQA"),
    ("“Mix”", "Mix"),
    ("微调 数据", "微调数据"),
]
DIFFERENT = [
    ("RefCOCO", "RefCOCO+"),
    ("RefCOCO", "RefCOCOg"),
    ("LLaVA-Instruct-150K", "LLaVA-Instruct-665K"),
    ("CC3M", "CC12M"),
    ("ShareGPT", "ShareGPT4V"),
    ("MiniGPT-4", "MiniGPT-v2"),
    ("LLaVA-v1.5", "LLaVA-v1.6"),
    ("LLaMA-1.3B", "LLaMA-13B"),
    ("LLaMA-7B", "LLaMA-7M"),
    ("InternVid", "InternVid-10M"),
    ("VideoChat", "VideoChat2"),
    ("Video-LLaMA", "Video-LLaMA2"),
    ("HC3", "HC3-Chinese"),
    ("GPT-4", "GPT-4o"),
    ("MMBench", "MMBench-CN"),
    ("LAION-400M", "LAION-5B"),
    ("InternVL-Chat-V1-2", "InternVL-Chat-V1-5"),
    ("MathV360K", "Math360K"),
]

parts = st.one_of(
    st.sampled_from(["LLaVA", "v", "V", "1", "1.5", "665K", "7B", "-", "_", " ", "+", ".", "Chat"]),
    st.text(
        string.ascii_letters
        + string.digits
        + " .,-_+&/()'$:\u00e9\u00c9\u00fc\u0394\u03b4\u5fae\u8c03",
        max_size=5,
    ),
)
names = st.lists(parts, max_size=6).map("".join)
"""Texts that look like names; a backslash is left out, because LaTeX commands know case."""


# ---------------------------------------------------------------------- folding


@pytest.mark.parametrize(("a", "b"), SAME)
def test_two_spellings_of_one_name_fold_to_the_same(a: str, b: str) -> None:
    assert fold(a) == fold(b)
    assert fold(a)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_two_names_that_differ_in_size_version_or_variant_stay_apart(a: str, b: str) -> None:
    assert fold(a) != fold(b)


@given(names.map(lambda text: re.sub("v", "w", text, flags=re.IGNORECASE)))
def test_folding_a_folded_name_changes_nothing_but_a_v_before_a_number(text: str) -> None:
    # Whether a 'v' stands before a version is seen only with the punctuation, which folding drops.
    assert fold(fold(text)) == fold(text)


@given(names)
def test_folding_does_not_look_at_case(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) == fold(text)


@given(names)
def test_folding_does_not_look_at_unicode_forms(text: str) -> None:
    forms = {fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert forms == {fold(text)}


@pytest.mark.parametrize("name", ["GPT-4", "Kosmos-2", "MIMIC-IV-2", "TV-360", "Conv-3M"])
def test_folding_does_not_look_at_the_separator_before_a_number(name: str) -> None:
    word, number = name.rsplit("-", 1)
    assert {fold(word + between + number) for between in ("", "-", " ", "_", "/")} == {fold(name)}


@pytest.mark.parametrize("text", ["", " ", "-", "...", "🔥", "\u200b", "()"])
def test_a_text_without_letters_or_digits_folds_to_nothing(text: str) -> None:
    assert fold(text) == ""


# ---------------------------------------------------------------------- marks and variants


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LLaVA-Instruct-150K", ("150k",)),
        ("llava_v1_5_mix665k", ("1.5", "665k")),
        ("LLaVA-v1.5-13B", ("1.5", "13b")),
        ("CC3M", ("3m",)),
        ("CC12M", ("12m",)),
        ("MiniGPT-v2", ("2",)),
        ("ShareGPT4V", ("4",)),
        ("1.3B", ("1.3b",)),
        ("13B", ("13b",)),
        ("M4-Instruct", ("4",)),
        ("Conceptual Captions", ()),
        ("ＣＣ３Ｍ", ("3m",)),
        ("", ()),
    ],
)
def test_the_marks_of_a_name_are_its_sizes_and_versions(text: str, found: tuple[str, ...]) -> None:
    assert marks(text) == found


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("LLaVA-Instruct-150K", "LLaVA-Instruct-665K"),
        ("CC3M", "CC12M"),
        ("ShareGPT", "ShareGPT4V"),
        ("MiniGPT-4", "MiniGPT-v2"),
        ("LLaVA-v1.5", "LLaVA-v1.6"),
        ("LLaMA-1.3B", "LLaMA-13B"),
        ("RefCOCO", "RefCOCO+"),
        ("InternVid", "InternVid-10M"),
        ("HC3", "HC3-Chinese"),
        ("MMLU", "MMLU-Pro"),
        ("Vicuna", "Vicuna-chat"),
    ],
)
def test_marks_and_variant_words_tell_names_apart_whichever_is_first(a: str, b: str) -> None:
    assert not marks_agree(a, b)
    assert not marks_agree(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("llava-665k", "LLaVA-Instruct-665K"),
        ("LLaVA-665K", "llava_mix665k"),
        ("OpenAI WebGPT", "webgpt_comparisons"),
        ("LLaVA-v1.5", "LLaVA-1.5"),
        ("ShareGPT4V", "sharegpt4v"),
        ("InternVL-Chat-V1-2", "internvl_chat_v1.2".replace(".", "-")),
    ],
)
def test_marks_of_one_thing_agree_whichever_is_first(a: str, b: str) -> None:
    assert marks_agree(a, b)
    assert marks_agree(b, a)


@pytest.mark.parametrize(
    ("a", "b", "differ"),
    [
        ("HC3", "HC3-Chinese", True),
        ("MMBench", "MMBench-CN", True),
        ("LLaMA2", "LLaMA2-chat", True),
        ("GPT", "GPT-J", True),
        ("ShareGPT4V", "ShareGPT4Video", True),
        ("OpenAI WebGPT", "webgpt_comparisons", False),
        ("llava-665k", "LLaVA-Instruct-665K", False),
        ("VQAv2", "VQA-v2", False),
        ("MiniGPT-4", "minigpt4", False),
        ("VideoChat", "video-chat", False),
    ],
)
def test_a_variant_word_on_one_side_makes_another_thing(a: str, b: str, differ: bool) -> None:
    assert variants_differ(a, b) is differ
    assert variants_differ(b, a) is differ


@given(names, names)
def test_telling_two_names_apart_does_not_depend_on_which_is_first(a: str, b: str) -> None:
    assert variants_differ(a, b) == variants_differ(b, a)
    assert marks_agree(a, b) == marks_agree(b, a)


@given(names)
def test_a_name_agrees_with_itself(text: str) -> None:
    assert not variants_differ(text, text)
    assert marks_agree(text, text)


def test_letters_are_what_near_names_have_in_common() -> None:
    assert letters("LLaVA-v1.5-13B") == letters("LLaVA-v1.6-7B")
    assert letters("CC3M") == letters("CC12M")
    assert letters("ShareGPT") != letters("ShareGPT4V")


def test_words_are_split_at_case_digits_and_punctuation() -> None:
    assert words("HC3-Chinese") == {"hc", "chinese"}
    assert words("OpenAI WebGPT") == {"open", "ai", "web", "gpt"}
    assert words("webgpt_comparisons") == {"webgpt", "comparisons"}
    assert words("") == frozenset()


# ---------------------------------------------------------------------- slugs and titles


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("LLaVA-665K", "llava-665k"),
        ("LLaVA-v1.5", "llava-v1.5"),
        ("RefCOCO+", "refcoco-plus"),
        ("RefCOCO", "refcoco"),
        ("llava_v1_5_mix665k", "llava-v1-5-mix665k"),
        ("流萤", "流萤"),
        ("  A / B  ", "a-b"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "unnamed"),
        ("🔥", "unnamed"),
    ],
)
def test_a_slug_is_readable_and_safe_in_an_id(text: str, written: str) -> None:
    assert slug(text) == written


@given(st.text())
def test_a_slug_of_any_text_is_one_short_word(text: str) -> None:
    found = slug(text)
    assert 0 < len(found) <= 80
    assert re.fullmatch(r"[\w.-]+", found)
    assert not found.startswith("-")
    assert not found.endswith("-")
    assert found == slug(text)


def test_a_title_all_in_capitals_is_shouted() -> None:
    assert is_shouted("VISUAL INSTRUCTION TUNING")
    assert not is_shouted("Visual Instruction Tuning")
    assert not is_shouted("CC3M")
    assert not is_shouted("")


@given(st.text())
def test_any_text_is_folded_and_compared_without_an_error(text: str) -> None:
    folded = fold(text)
    assert not re.search(r"[\W_]", folded)
    assert all(isinstance(mark, str) and mark for mark in marks(text))
    assert not set(letters(text)) - set(folded)
    assert isinstance(words(text), frozenset)
    assert variants_differ(text, text) is False
    assert is_shouted(text) in {True, False}
