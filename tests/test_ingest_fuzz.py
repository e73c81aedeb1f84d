"""Whatever the text, a list is read without an exception, twice alike, and with true lines."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.decode import decode_text
from ingest.from_markdown import read_list
from kg.model import Claim, Reading

ROOT = Path(__file__).resolve().parents[1]
BUNDLED = sorted((ROOT / "ingest" / "lists").glob("*.md"))
CORPUS = sorted((ROOT.parent / "shared" / "corpora" / "lists").glob("*.md"))

quick = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@lru_cache(maxsize=64)
def source(path: Path) -> str:
    return decode_text(path.read_bytes())


def assert_sound(text: str, *, is_html: bool = False) -> Reading:
    """Read a text and check what must hold of every reading."""
    reading = read_list(text, is_html=is_html)
    last = text.count("\n") + 1
    for claim in reading.claims:
        assert 1 <= claim.line <= last, claim
        assert claim.quote.strip(), claim
        assert claim.subject.text.strip(), claim
        assert "\n" not in claim.quote, claim
        assert claim.object is None or claim.object.text.strip(), claim
        assert 0 < claim.confidence <= 1, claim
    for rejected in reading.rejected:
        assert 1 <= rejected.line <= last, rejected
        assert rejected.reason
    for remark in reading.remarks:
        assert 1 <= remark.line <= last, remark
        assert remark.kind in ("question", "answer", "repair", "contradiction", "size")
        assert remark.text.strip()
        assert "\n" not in remark.text, remark
    return reading


# --- any text, any bytes


@quick
@given(st.text(max_size=400), st.booleans())
def test_any_text_is_read(text: str, is_html: bool) -> None:
    assert_sound(text, is_html=is_html)


@quick
@given(
    st.binary(max_size=400),
    st.sampled_from([None, "utf-8", "gb18030", "cp1252", "no-such-charset", "utf-16"]),
)
def test_any_bytes_are_read(data: bytes, charset: str | None) -> None:
    text = decode_text(data, charset)
    assert "\r" not in text
    assert_sound(text)


@quick
@given(
    st.text(max_size=200),
    st.sampled_from(
        ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5", "cp1252", "latin-1", "shift_jis"]
    ),
)
def test_encoded_text_is_read(text: str, charset: str) -> None:
    assert_sound(decode_text(text.encode(charset, errors="replace")))


PIECES = (
    "# ", "## ", "### ", "\n", "\n\n", "- ", "  - ", "    - ", "1. ", "* ", "+ ", "> ", "| ", " | ", "|", "---", "|---|---|\n", ":", "：", ",", "、",
    ";", "(", ")", "[", "]", "](", "](https://arxiv.org/abs/2304.08485)", "](https://github.com/a/b)", "](#x)", "![", "`", "```", "```bibtex\n",
    "@misc{a, title={T of Things}, eprint={2304.08485}}", "**", "*", "_", "~~", "<br>", "<li>", "</li>", "<ul>", "<table>", "</table>", "<tr>", "<td>",
    '<td rowspan="2">', "<th colspan=3>", "<details>", "<summary>", "</summary>", "</details>", "<!--", "-->", "<a href='x'>", "</a>", "<b>", "&amp;",
    "&#0;", "&#x110000;", "&#xd800;", "\\", "\\|", "$x_1$", "\\\\(", "\\\\)", "\x00", "\t", "\u200b", "\ufeff", "\u2028", "Model", "Dataset", "Training data",
    "Vision encoder", "Paper", "Name", "Stage", "Used by", "Size", "LLM", "模型", "数据集", "训练数据", "生成模型", "LLaVA-1.5", "CC3M", "COCO", "GPT-4", "7B", "1.2M",
    "None", "undisclosed", "Visual Instruction Tuning: A Thing", "2023-10", "NeurIPS 2023", "SFT: ", "->", "[1]", "[65]", "References", "Abstract", "❓", "✅", "[READ]",
    "---\n", "title: x\n", "tags: [a]\n", "tags: {a: 1}\n", "date: 2024-13-45\n", "=====\n", "~~~", "🔥", "and", " / ", "+", "&", "https://", "http://[",
)  # fmt: skip


@settings(quick, max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
@example("---\ntitle: [x\n---\n", False)
@example("[a](http://[::1)", False)
@example('<table><tr><td rowspan="0">Model</td></tr><tr><td colspan="-1">a</td></tr></table>', True)
def test_any_mixture_of_marks_is_read(text: str, is_html: bool) -> None:
    assert_sound(text, is_html=is_html)


# --- damaged lists

DAMAGE = (
    "|", "||", "[", "]", "](", "![", "`", "```", "```\n", "<li>", "</li>", "<table>", "</table>", "<td>", "<details>", "</details>", "<!--", "-->",
    "\x00", "\n", "\n\n", "\t", "**", "_", "\\", "<", ">", "> ", "- ", "    ", "#", "---", "\n---\n", ":", "：", "$", "&#0;", "\u200b", "\ufffd", "(", ")", '"', "{", "}", "~~~",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A window of a real list with slices deleted, doubled, swapped, and marks put in."""
    text = source(draw(st.sampled_from(BUNDLED + CORPUS)))
    start = draw(st.integers(0, max(0, len(text) - 500)))
    text = text[start : start + draw(st.integers(200, 5000))]
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["delete", "double", "swap", "insert", "cut", "strew"]))
        at = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 200))
        slice_ = text[at : at + length]
        if kind == "delete":
            text = text[:at] + text[at + length :]
        elif kind == "double":
            text = text[: at + length] + slice_ + text[at + length :]
        elif kind == "swap":
            other = draw(st.integers(0, len(text)))
            at, other = min(at, other), max(at, other)
            text = (
                text[:at]
                + text[other : other + length]
                + text[at:other]
                + slice_
                + text[other + length :]
            )
        elif kind == "insert":
            text = text[:at] + draw(st.sampled_from(DAMAGE)) + text[at:]
        elif kind == "cut":
            text = text[:at]
        else:
            mark, rng = draw(st.sampled_from(DAMAGE)), random.Random(at)
            for _ in range(10):
                place = rng.randint(0, len(text))
                text = text[:place] + mark + text[place:]
    return text


@settings(quick, max_examples=350)
@given(damaged(), st.booleans())
def test_damaged_lists_are_read(text: str, is_html: bool) -> None:
    assert_sound(text, is_html=is_html)


@settings(quick, max_examples=40)
@given(damaged())
def test_reading_twice_gives_the_same(text: str) -> None:
    assert read_list(text) == read_list(text)
    assert read_list(text, is_html=True) == read_list(text, is_html=True)


@settings(quick, max_examples=60)
@given(damaged())
def test_damaged_bytes_are_read(text: str) -> None:
    data = bytearray(text.encode())
    rng = random.Random(len(data))
    for _ in range(min(10, len(data))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    assert_sound(decode_text(bytes(data)))


@pytest.mark.parametrize("path", BUNDLED + CORPUS, ids=lambda p: p.stem[:40])
def test_real_lists_are_sound(path: Path) -> None:
    reading = assert_sound(source(path))
    assert reading.claims


BADGE = "[![arXiv](https://img.shields.io/badge/a)](https://arxiv.org/abs/2405.02246)"


@pytest.mark.parametrize(
    "text",
    [
        f"| Model | Paper |\n|---|---|\n| Idefics2 | {BADGE} |\n",
        f"### Idefics2\n\n- Paper: {BADGE}\n- LLM: Vicuna\n",
        f"- Idefics2 {BADGE}\n",
        f"- {BADGE}\n",
    ],
    ids=["table", "headed", "bullet", "alone"],
)
def test_a_paper_behind_a_badge_has_a_quote(text: str) -> None:
    assert assert_sound(text).claims


# --- a line more


def moved(claim: Claim, by: int) -> Claim:
    return replace(claim, line=claim.line + by)


def shifted(reading: Reading, by: int) -> Reading:
    return replace(
        reading,
        claims=tuple(moved(c, by) for c in reading.claims),
        rejected=tuple(replace(r, line=r.line + by) for r in reading.rejected),
        remarks=tuple(replace(r, line=r.line + by) for r in reading.remarks),
    )


def with_line_on_top(text: str, line: str) -> str:
    """Put a line that says nothing on top; below '---' when the text has a YAML head."""
    if text.startswith("---\n"):
        return "---\n# nothing\n" + text[4:]
    return f"{line}\n{text}"


@pytest.mark.parametrize("line", ["", "<!-- -->", "<!-- nothing -->"])
@pytest.mark.parametrize("path", BUNDLED, ids=lambda p: p.stem)
def test_a_line_on_top_moves_every_claim_by_one(path: Path, line: str) -> None:
    text = source(path)
    assert read_list(with_line_on_top(text, line)) == shifted(read_list(text), 1)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda p: p.stem)
def test_lines_below_change_nothing(path: Path) -> None:
    text = source(path)
    assert read_list(text + "\n\n<!-- -->\n\n") == read_list(text)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda p: p.stem)
def test_line_ends_and_byte_order_mark_change_nothing(path: Path) -> None:
    text = source(path)
    windows = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    assert decode_text(windows) == text
    assert read_list(decode_text(windows)) == read_list(text)
    assert read_list(decode_text(text.replace("\n", "\r").encode("utf-16"))) == read_list(text)


# --- size

MEGABYTE = 1_000_000
BY_HAND = float(os.environ.get("LIST_SIZE_MB", "0"))
"""Size for runs by hand: LIST_SIZE_MB=10 pytest tests/test_ingest_fuzz.py -k large -s."""


def filled(unit: str, length: int, head: str = "") -> str:
    return (head + unit * (length // len(unit) + 1))[:length]


LARGE: dict[str, tuple[Callable[[int], str], float]] = {
    "pipes": (lambda n: "|" * n, 2),
    "brackets": (lambda n: "[" * n, 2),
    "li": (lambda n: filled("<li>", n), 2),
    "words": (lambda n: filled("word ", n), 2),
    "brackets-parens": (lambda n: filled("](", n), 2),
    "quotes": (lambda n: filled("> ", n), 2),
    "backticks": (lambda n: "`" * n, 2),
    "bullets": (lambda n: filled("- a\n", n), 0.1),
    "rows": (lambda n: filled("| a | b |\n", n, "| a | b |\n|---|---|\n"), 0.2),
}
"""Name -> (text of a length, megabytes in the test)."""


@pytest.mark.parametrize("form", LARGE)
def test_large_texts_are_read(form: str) -> None:
    write, megabytes = LARGE[form]
    text = write(int((BY_HAND or megabytes) * MEGABYTE))
    assert_sound(text)


LINKED = "[Visual Tuning of Things](https://arxiv.org/abs/2304.08485)"


def test_the_end_of_a_very_long_line_is_read_or_counted() -> None:
    reading = assert_sound("word " * 50_000 + LINKED + "\n")
    assert reading.claims or reading.rejected


def test_deep_nesting_is_read() -> None:
    for text in (
        "".join("  " * i + "- Model: A\n" for i in range(300)),
        "".join("> " * i + "a\n" for i in range(200)),
        "<table><tr><td>" * 12 + "Model" + "</td></tr></table>" * 12,
        "<details>\n<summary>a</summary>\n" * 300,
        "<ul><li>" * 2000,
        "*" * 2001 + "a" + "*" * 2001,
        "[" * 500 + "a" + "](http://b)" * 500,
        "---\n" + "a:\n" + "".join("  " * i + "b:\n" for i in range(1, 150)) + "---\n",
        "---\na: " + "[" * 150 + "]" * 150 + "\n---\n",
    ):
        assert_sound(text)
        assert_sound(text, is_html=True)


def test_a_yaml_head_of_any_kind_is_read() -> None:
    failed = {}
    for head in (
        "title: 3", "title: [a, b]", "title: {a: b}", "title: null", "date: 2024-02-30", "date: 12:30:45", "tags: 3", "tags: [1, null, {a: b}]",
        "tags: {a: b}", "? [a, b]\n: c", "a: &a [*a]", "a: !!python/object:os.system b", "!!binary x: y", "title: '\\0'", "1: 2", "? null\n: 3",
        "a: !!timestamp x", "a: !!bool x", "a: !!int ''", "a: !!float x", "keywords: a, b", "a: 1e999999", "a: 0x", "title: .nan", "a: !!int x", "a: 1_000:60", "<<: 3\na: b", "a: &x {<<: *x}",
    ):  # fmt: skip
        try:
            assert_sound(f"---\nkey: v\n{head}\n---\n# T\n\n## A\n\n- {LINKED}\n")
        except Exception as error:  # noqa: BLE001
            failed[head] = repr(error)
    assert not failed


def test_addresses_of_any_kind_are_read() -> None:
    hosts = (
        "arxiv.org",
        "huggingface.co",
        "github.com",
        "doi.org",
        "openreview.net",
        "aclanthology.org",
        "[::1",
        "[",
        "a:b:c",
        "x:99999999",
        "",
    )
    paths = (
        "abs/2304.08485",
        "abs/",
        "pdf/2304.08485v99.pdf",
        "datasets/",
        "datasets/a",
        "a/b/c",
        "forum?id=",
        "10.1/%zz",
        "%00",
        "?#",
        "P18-1238",
        "//",
    )
    lines = [f"- [Visual Tuning of Things](https://{h}/{p})" for h in hosts for p in paths]
    reading = assert_sound("\n".join(lines))
    assert re.search("2304.08485", repr(reading.claims))


@pytest.mark.parametrize("blank", [" ", "\t", "\u2003", "\u00a0"])
@pytest.mark.parametrize(
    "form",
    [
        "- Otter pond{} notes [paper](https://arxiv.org/abs/2304.08485)",
        "**Otter{} pond** (2023{})",
        "[1] A. Otter{}. Pond notes{} by night. arXiv:2304.08485",
        "| a{} | b |\n|---|---|\n| c{} d | e{}(f |",
    ],
)
def test_a_long_blank_inside_a_line_is_as_good_as_a_short_one(form: str, blank: str) -> None:
    def said(width: int) -> list[tuple[str, str, str]]:
        claims = read_list(form.replace("{}", blank * width)).claims
        return sorted((c.subject.text, str(c.predicate), str(c.values.get("text"))) for c in claims)

    assert said(20_000) == said(9)
