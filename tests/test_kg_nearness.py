"""Names that are probably one thing: never across marks, never certain, never missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kg.model import Kind
from kg.names import fold, marks
from kg.nearness import differ_in_size_only, find_nearness, near_keys, size_of

THINGS = (Kind.DATASET, Kind.MODEL)

NEAR = [
    ("MultiIntruct", "MultiInstruct"),
    ("LLaMA-Adapter V2", "Llama-Adpter v2"),
    ("Vicna", "Vicuna"),
    ("Vicuna-7B", "Vicnua-7B"),
    ("Alpaca-GPT4 dataset", "Alpaca-GPT4"),
    ("openai/webgpt_comparisons", "WebGPT comparisons"),
    ("LLaVA-665K-Instruct", "LLaVA-Instruct-665K"),
    ("Vicuna-v1.5-7B", "Vicuna-7B-v1.5"),
    ("Instruct LLaVA", "LLaVA-Instruct"),
]
DIFFERENT = [
    ("RefCOCO", "RefCOCO+"),
    ("RefCOCO", "RefCOCOg"),
    ("RefCOCO+", "RefCOCOg"),
    ("Chattering", "Chattering+"),
    ("Chatterin", "Chattering"),
    ("LLaVA-Instruct-150K", "LLaVA-Instruct-665K"),
    ("LLaVA-Instruct-150K", "LLaVA-Instruct-158K"),
    ("LLaVA-v1.5", "LLaVA-v1.6"),
    ("CC3M", "CC12M"),
    ("ShareGPT", "ShareGPT4V"),
    ("MiniGPT-4", "MiniGPT-v2"),
    ("MultiIntruct-150K", "MultiInstruct-158K"),
    ("Multistage v1", "Multistaeg v2"),
    ("Vicuna-7B", "Vicuna-13B"),
    ("BLIP", "CLIP"),
    ("LLaVA", "LLaMA"),
    ("HC3", "HC3-Chinese"),
    ("OPT", "OPT-IML"),
    ("Video-LLaVA", "LLaVA"),
    ("Koala dataset", "Koala corpus"),
    ("", "lab/"),
    ("∞", "→"),
    ("dataset", "+"),
]


@pytest.mark.parametrize("kind", THINGS)
@pytest.mark.parametrize(("a", "b"), NEAR)
def test_near_names_are_near_in_both_orders_and_share_a_key(a: str, b: str, kind: Kind) -> None:
    near = find_nearness(kind, a, b)
    assert near is not None
    assert near == find_nearness(kind, b, a)
    assert set(near_keys(kind, a, fold(a))) & set(near_keys(kind, b, fold(b)))


@pytest.mark.parametrize("kind", THINGS)
@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_names_that_only_look_alike_are_not_near(a: str, b: str, kind: Kind) -> None:
    assert find_nearness(kind, a, b) is None
    assert find_nearness(kind, b, a) is None


@pytest.mark.parametrize(("a", "b"), [("VQA-v2", "VQAv2"), ("OK-VQA", "OKVQA"), ("cc3m", "CC3M")])
def test_one_spelling_is_not_near_itself(a: str, b: str) -> None:
    assert find_nearness(Kind.DATASET, a, b) is None


def test_the_same_words_in_another_order_are_only_perhaps_one() -> None:
    near = find_nearness(Kind.DATASET, "Instruct LLaVA", "LLaVA-Instruct")
    assert near is not None
    assert not near.is_probable


TITLE = "Visual Instruction Tuning of Large Language Models"


@pytest.mark.parametrize(
    ("a", "b", "is_near"),
    [
        (TITLE, f"LLaVA: {TITLE}", True),
        (TITLE, TITLE.replace("Tuning", "Tunning"), True),
        (TITLE, TITLE.replace("Large", "Larger Vision"), False),
        (TITLE + " 2", TITLE + " 3", False),
        (f"LLaVA: {TITLE}", f"Otter: {TITLE}", False),
        ("Short Title", "Short Titel", False),
    ],
)
def test_titles_are_near_by_one_letter_or_a_name_before_them(a: str, b: str, is_near: bool) -> None:
    assert (find_nearness(Kind.PAPER, a, b) is not None) == is_near
    assert find_nearness(Kind.PAPER, a, b) == find_nearness(Kind.PAPER, b, a)


# ---------------------------------------------------------------------- any names

WORDS = st.sampled_from(
    ("Vicuna", "Alpaca", "Otter", "Chatter", "Instruct", "Captions", "Conceptual", "Silkie",
     "LLaVA", "Valley", "Dataset", "corpus", "benchmark", "quuxen", "plover", "多模态",
     "Caf\u00e9", "Video", "mini", "COCO")
)  # fmt: skip
MARKS = st.sampled_from(["150K", "665k", "v1.5", "V2", "7B", "3M", "4", "+", "g", "2.5M"])


@st.composite
def made_up(draw: st.DrawFn) -> str:
    """Draw a name as people make them: one to four words, up to two marks, some separator."""
    parts = draw(st.lists(WORDS, min_size=1, max_size=4)) + draw(st.lists(MARKS, max_size=2))
    if draw(st.booleans()):
        parts = draw(st.permutations(parts))
    text = draw(st.sampled_from(["-", " ", "_", ""])).join(parts)
    return draw(st.sampled_from(["", "", "", "lab/", "open-lab/"])) + text


def lose_letter(text: str, i: int) -> str:
    return text[:i] + text[i + 1 :]


def double_letter(text: str, i: int) -> str:
    return text[:i] + text[i] + text[i:]


def swap_letters(text: str, i: int) -> str:
    return text[:i] + text[i : i + 2][::-1] + text[i + 2 :]


def change_letter(text: str, i: int) -> str:
    return text[:i] + "q" + text[i + 1 :]


def turn_words(text: str, i: int) -> str:
    return text[i:] + " " + text[:i]


def add_word(text: str, i: int) -> str:
    return f"{text} dataset" if i % 2 else f"lab/{text}"


EDITS = [lose_letter, double_letter, swap_letters, change_letter, turn_words, add_word]


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a made-up name, and what one or two slips make of it."""
    text = other = draw(made_up())
    for edit in draw(st.lists(st.sampled_from(EDITS), min_size=1, max_size=2)):
        change: Callable[[str, int], str] = edit
        other = change(other, draw(st.integers(0, len(other) - 1))) or "x"
    return text, other


@given(edited(), st.sampled_from(list(Kind)))
def test_near_names_always_share_a_key(pair: tuple[str, str], kind: Kind) -> None:
    a, b = pair
    near = find_nearness(kind, a, b)
    assert near == find_nearness(kind, b, a)
    if near:
        assert set(near_keys(kind, a, fold(a))) & set(near_keys(kind, b, fold(b)))


@given(
    st.lists(WORDS, min_size=1, max_size=3),
    st.sampled_from([lose_letter, double_letter, swap_letters, change_letter]),
    st.data(),
)
def test_one_slip_inside_a_long_word_is_seen(
    parts: list[str], slip: Callable[[str, int], str], data: st.DataObject
) -> None:
    long = [i for i, w in enumerate(parts) if len(w) >= 8 and w.isascii()]
    assume(long)
    which = data.draw(st.sampled_from(long))
    word = parts[which]
    other = slip(word, data.draw(st.integers(1, len(word) - 3)))
    a, b = "-".join(parts), "-".join([*parts[:which], other, *parts[which + 1 :]])
    assume(fold(a) != fold(b))
    near = find_nearness(Kind.DATASET, a, b)
    assert near is not None
    assert near.why == "one letter apart"


@given(edited(), st.sampled_from(THINGS))
def test_no_two_names_with_unlike_marks_are_near(pair: tuple[str, str], kind: Kind) -> None:
    if find_nearness(kind, *pair):
        assert Counter(marks(pair[0])) == Counter(marks(pair[1]))
        assert fold(pair[0]) != fold(pair[1])
        assert fold(pair[0]).count("plus") == fold(pair[1]).count("plus")


@given(made_up(), MARKS, MARKS, st.sampled_from(THINGS))
def test_names_that_differ_in_a_mark_at_the_end_are_never_near(
    text: str, a: str, b: str, kind: Kind
) -> None:
    assume(fold(a) != fold(b))
    assert find_nearness(kind, f"{text}-{a}", f"{text}-{b}") is None


@pytest.mark.parametrize("end", ["+", "g", " +", "G"])
@given(text=made_up(), kind=st.sampled_from(THINGS))
def test_a_plus_or_a_g_at_the_end_makes_another_name(end: str, text: str, kind: Kind) -> None:
    assert find_nearness(kind, text, text + end) is None
    assert find_nearness(kind, text + end, text) is None


@given(st.text(), st.text(), st.sampled_from(list(Kind)))
def test_any_two_texts_can_be_compared(a: str, b: str, kind: Kind) -> None:
    near = find_nearness(kind, a, b)
    assert near == find_nearness(kind, b, a)
    assert find_nearness(kind, a, a) is None
    if near:
        assert set(near_keys(kind, a, fold(a))) & set(near_keys(kind, b, fold(b)))


# ---------------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("a", "b", "close"),
    [
        ("LLaVA-Instruct-150K", "LLaVA-Instruct-158k", True),
        ("LLaVA-Instruct-150K", "LLaVA-Instruct-665K", False),
        ("MiniGPT-4 3k", "MiniGPT-4 3.5K", True),
        ("WebVid-2.5M", "WebVid-10M", False),
        ("CC3M", "CC12M", False),
        ("Vicuna-7B", "Vicuna-13B", False),
        ("LLaVA-v1.5", "LLaVA-v1.6", False),
        ("Otter-150K", "Silkie-158K", False),
        ("VideoChat-11K", "VideoChat2-11.2K", True),
        ("LLaVA-150K-665K", "LLaVA-158K-700K", False),
        ("LLaVA", "LLaVA-158K", False),
        ("Zero-0K", "Zero-0.0K", False),
    ],
)
def test_sizes_are_close_within_a_quarter(a: str, b: str, close: bool) -> None:
    assert differ_in_size_only(a, b) is close
    assert differ_in_size_only(b, a) is close
    if close:
        shared = set(near_keys(Kind.DATASET, a, fold(a))) & set(near_keys(Kind.DATASET, b, fold(b)))
        assert any(k.startswith("s:") for k in shared)


@pytest.mark.parametrize(
    ("mark", "size"), [("158k", 158e3), ("2.5m", 2.5e6), ("7b", 7e9), ("1t", 1e12), ("4", 4)]
)
def test_a_size_mark_stands_for_a_number(mark: str, size: float) -> None:
    assert size_of(mark) == size
