"""Markup taken off one stretch of text: what stays, where its links point and on which line."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.inline import Inline, Link, drop_emoji, fold_reference, parse_inline


def read(*lines: str, references: dict[str, str] | None = None) -> Inline:
    """Read lines that begin at source line 1."""
    return parse_inline(list(enumerate(lines, 1)), references)


# --- text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain words", "plain words"),
        ("**LLaVA-1.5** and *CC3M*", "LLaVA-1.5 and CC3M"),
        ("__bold__ and _slanted_", "bold and slanted"),
        ("~~gone~~ and `code`", "gone and code"),
        ("a `` code with ` inside `` b", "a code with ` inside b"),
        ("llava_v1_5_mix665k", "llava_v1_5_mix665k"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("a * b", "a * b"),
        ("half **open", "half open"),
        ("arXiv:2305*.03726*", "arXiv:2305.03726"),
        (r"*Hard-Questions*-\\(80^2\\) [4]", "Hard-Questions-80 [4]"),
        (r"1\. a \| b \* c \[d\]", "1. a | b * c [d]"),
        ("CC12M&amp;3M", "CC12M&3M"),
        ("&#x2753; why &#8212; so", "❓ why — so"),
        ("a&nbsp;b", "a b"),
        ("AT&T and R&D;", "AT&T and R&D;"),
        ("To\ufffewards, auto\u00admatic, zero\u200bwidth", "Towards, automatic, zerowidth"),
        ("CC3M<br>CC12M<br/>SBU<BR />COCO", "CC3M\nCC12M\nSBU\nCOCO"),
        ("<b>bold</b> <i>x</i> <font color='red'>red</font>", "bold x red"),
        ("Name<sup>1</sup>, Other<sup>*†</sup>", "Name, Other"),
        ("10<sup>th</sup>", "10th"),
        ("**C<sup>3</sup> Bench** and M<sup>2</sup>IT", "C3 Bench and M2IT"),
        ("before<!-- hidden -->after", "beforeafter"),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
        (r"\\(M^3\\)IT", "M3IT"),
        ("$M^3$IT", "M3IT"),
        ("it costs $5 and $10", "it costs $5 and $10"),
        ("![a picture](x.png) caption", " caption"),
        ("<img src='x.png' alt='a'> caption", " caption"),
        ("[1] is no link", "[1] is no link"),
        ("what ]( is ) this", "what ]( is ) this"),
        ("", ""),
    ],
)
def test_text_is_what_a_reader_sees(source: str, text: str) -> None:
    assert read(source).text == text


def test_list_items_in_a_cell_are_lines_that_begin_with_a_bullet() -> None:
    found = read("<ul><li>CC3M</li><li>[SBU](https://sbu.example)</li></ul>")
    assert [part.strip("• ").text for part in found.split_lines()] == ["CC3M", "SBU"]


def test_marks_cover_the_emphasised_stretch() -> None:
    found = read("see **LLaVA-1.5** and `code` and <sub>small</sub>")
    told = {mark.kind: found.text[mark.start : mark.end] for mark in found.marks}
    assert told == {"bold": "LLaVA-1.5", "code": "code", "quiet": "small"}
    assert found.has_mark("bold", 4, 13)
    assert not found.has_mark("bold", 0, 13)


# --- links


def links(inline: Inline) -> list[tuple[str, str, str]]:
    """(text under the link, label, address) of every link."""
    return [(inline.text[k.start : k.end], k.label, k.url) for k in inline.links]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[paper](https://a.example/p)", [("paper", "paper", "https://a.example/p")]),
        ("[paper] (https://a.example/p)", [("paper", "paper", "https://a.example/p")]),
        ("[**bold** name](https://a.example)", [("bold name", "bold name", "https://a.example")]),
        ("[x](<https://a.example> 'title')", [("x", "x", "https://a.example")]),
        ('[x](https://a.example "a title")', [("x", "x", "https://a.example")]),
        ("[x](https://a.example/f_(b))", [("x", "x", "https://a.example/f_(b)")]),
        ("[x](https://a.example?p=1&amp;q=2)", [("x", "x", "https://a.example?p=1&q=2")]),
        ("[x](#anchor)", [("x", "x", "#anchor")]),
        (
            "[a](https://a.example) | [b](https://b.example)",
            [("a", "a", "https://a.example"), ("b", "b", "https://b.example")],
        ),
        ("[[paper](https://a.example)]", [("paper", "paper", "https://a.example")]),
        ('<a href="https://a.example">site</a>', [("site", "site", "https://a.example")]),
        ("<a href=https://a.example>site</a>", [("site", "site", "https://a.example")]),
        ("<https://a.example/x>", [("https://a.example/x", "", "https://a.example/x")]),
        ("see https://a.example/x.", [("https://a.example/x", "", "https://a.example/x")]),
        ("(https://a.example/x)", [("https://a.example/x", "", "https://a.example/x")]),
        (
            "https://a.example/f_(b), more",
            [("https://a.example/f_(b)", "", "https://a.example/f_(b)")],
        ),
        (
            "[https://a.example](https://a.example)",
            [("https://a.example", "https://a.example", "https://a.example")],
        ),
        ("half [open](https://a.example", [("https://a.example", "", "https://a.example")]),
    ],
)
def test_links_have_their_label_and_address(
    source: str, expected: list[tuple[str, str, str]]
) -> None:
    assert links(read(source)) == expected


def test_a_badge_is_a_link_without_text_named_by_its_image() -> None:
    markdown = read("[![Star](https://img.shields.io/s.svg)](https://github.com/acme/glimmer) x")
    html = read('<a href="https://github.com/acme/glimmer"><img src="s.svg" alt="Star"></a> x')
    for found in (markdown, html):
        assert found.text == " x"
        assert found.links == (Link(0, 0, "https://github.com/acme/glimmer", "Star", True),)


def test_reference_links_take_the_address_of_their_definition() -> None:
    references = {"glim paper": "https://a.example/1", "2": "https://a.example/2"}
    found = read("[Glimmer][2], [Glim  Paper], [Glim Paper][] and [3]", references=references)
    assert [k.url for k in found.links] == [
        "https://a.example/2",
        "https://a.example/1",
        "https://a.example/1",
    ]
    assert found.text == "Glimmer, Glim  Paper, Glim Paper and [3]"


def test_labels_of_link_definitions_fold_case_and_white_space() -> None:
    assert fold_reference("  Glim\t PAPER ") == fold_reference("glim paper")


def test_a_label_that_goes_over_a_line_end_is_one_label() -> None:
    found = read("[a long", "title](https://a.example) after")
    assert links(found) == [("a long title", "a long title", "https://a.example")]


# --- lines


def test_every_character_knows_its_line() -> None:
    found = parse_inline([(7, "**CC3M**,"), (8, "[SBU](https://sbu.example)"), (10, "COCO")])
    assert found.text == "CC3M,\nSBU\nCOCO"
    assert [found.line_at(found.text.index(w)) for w in ("CC3M", "SBU", "COCO")] == [7, 8, 10]
    assert [part.line for part in found.split_lines()] == [7, 8, 10]


def test_breaks_inside_a_line_stay_on_that_line() -> None:
    assert [p.line for p in parse_inline([(5, "CC3M<br>SBU<li>COCO")]).split_lines()] == [5, 5, 5]


def test_line_of_a_text_is_that_of_its_first_word() -> None:
    assert parse_inline([(3, "  "), (4, " word")]).line == 4


def test_an_inline_without_text_and_links_is_false() -> None:
    assert not read("  ")
    assert read("[![x](i.png)](https://a.example)")
    assert read("x")


# --- laws

FRAGMENTS = st.sampled_from(
    [
        "[",
        "]",
        "](",
        ")",
        "(",
        "![",
        "<",
        ">",
        "<li>",
        "</li>",
        "<br>",
        "<a href='https://a.example'>",
        "</a>",
        "<b>",
        "</b>",
        "<img alt='x'>",
        "<sup>",
        "</sup>",
        "*",
        "**",
        "_",
        "__",
        "~~",
        "`",
        "``",
        "\\",
        "\\\\(",
        "\\\\)",
        "$",
        "^",
        "&",
        "&amp;",
        "&#10;",
        "&#0;",
        "&#1114112;",
        "<!--",
        "-->",
        "https://a.example/x",
        "http://",
        "://",
        "|",
        "#",
        " ",
        "\t",
        "\ufffe",
        "\u200b",
        "\x00",
        "CC3M",
        "数据",
        "🔥",
        "a",
        "1",
        ".",
        ",",
        "[x](https://b.example)",
        "[![y](i.png)](https://c.example)",
        "[z]",
        "<https://d.example>",
        "\ud800",
    ]  # fmt: skip
)
LINES = st.lists(
    st.one_of(
        st.lists(FRAGMENTS, max_size=12).map("".join),
        st.text(st.characters(exclude_characters="\n"), max_size=30),
    ),
    min_size=1,
    max_size=4,
)


def inlines() -> st.SearchStrategy[Inline]:
    """Everything that markup can become."""
    return LINES.map(lambda lines: parse_inline(list(enumerate(lines, 5)), {"z": "https://z.e"}))


@given(inlines())
@example(parse_inline([(5, "!["), (6, ""), (7, "]"), (8, "[")]))
def test_any_text_is_read_and_its_links_lie_inside(found: Inline) -> None:
    assert all(0 <= k.start <= k.end <= len(found.text) for k in (*found.links, *found.marks))
    assert all(k.url for k in found.links if k.is_badge)
    assert len(found.starts) == len(found.lines)
    assert found.starts[0] == 0
    assert list(found.starts) == sorted(found.starts)
    assert list(found.lines) == sorted(found.lines)


@given(LINES)
def test_no_more_lines_are_named_than_there_are(lines: list[str]) -> None:
    found = parse_inline(list(enumerate(lines, 5)))
    assert {found.line_at(i) for i in range(len(found.text))} <= set(range(5, 5 + len(lines)))


@given(inlines(), st.data())
def test_parts_between_separators_make_up_the_text(found: Inline, data: st.DataObject) -> None:
    points = sorted(data.draw(st.lists(st.integers(0, len(found.text)), max_size=6)))
    if len(points) % 2:
        points.pop()
    at = list(zip(points[::2], points[1::2], strict=True))
    parts = list(found.cut(at))
    assert len(parts) == len(at) + 1
    separators = [found.text[a:b] for a, b in at] + [""]
    pairs = zip(parts, separators, strict=True)
    assert "".join(p.text + s for p, s in pairs) == found.text


@given(inlines(), st.data())
def test_a_text_cut_at_points_loses_nothing(found: Inline, data: st.DataObject) -> None:
    points = sorted(data.draw(st.lists(st.integers(0, len(found.text)), max_size=5)))
    parts = list(found.cut([(p, p) for p in points]))
    assert "".join(p.text for p in parts) == found.text
    assert {k.url for p in parts for k in p.links} == {k.url for k in found.links}
    at = 0
    for part in parts:
        for link in part.links:
            assert 0 <= link.start <= link.end <= len(part.text)
            assert any(
                k.url == link.url and k.start <= at + link.start and at + link.end <= k.end
                for k in found.links
            )
        for i in range(len(part.text)):
            assert part.line_at(i) == found.line_at(at + i)
        at += len(part.text)


@given(inlines(), st.data())
def test_a_slice_holds_exactly_its_links_and_marks(found: Inline, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(found.text)))
    end = data.draw(st.integers(start, len(found.text)))
    part = found.slice(start, end)
    assert part.text == found.text[start:end]
    wanted = [
        (max(k.start, start) - start, min(k.end, end) - start, k.url)
        for k in found.links
        if max(k.start, start) < min(k.end, end)
    ]
    assert [(k.start, k.end, k.url) for k in part.links if k.start < k.end] == wanted
    assert all(0 <= m.start <= m.end <= len(part.text) for m in part.marks)


@given(inlines())
def test_stripping_is_the_strip_of_strings(found: Inline) -> None:
    assert found.strip().text == found.text.strip()
    assert found.strip(" *•").text == found.text.strip(" *•")


@given(inlines())
def test_lines_of_a_text_are_its_lines_that_say_something(found: Inline) -> None:
    parts = found.split_lines()
    texts = [line.strip() for line in found.text.split("\n")]
    assert [p.text for p in parts if p.text] == [t for t in texts if t]
    assert all(p.text or p.links for p in parts)


@given(st.text(st.characters(exclude_characters="\n")))
def test_emoji_are_dropped_and_words_stay(text: str) -> None:
    words = [w for w in text.split() if w.isascii() and w.isalnum()]
    assert [w for w in drop_emoji(text).split() if w in words] == words


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("🔥 Video-LLM", "Video-LLM"),
        (":fire: News", "News"),
        ("✨⬆️ a → b", "a b"),
        ("👩‍💻 Code", "Code"),
        ("中文 标题", "中文 标题"),
        ("ratio 1:2:3", "ratio 1:2:3"),
    ],
)
def test_emoji_arrows_and_shortcodes_are_dropped(text: str, bare: str) -> None:
    assert drop_emoji(text) == bare


@pytest.mark.parametrize(
    "unit",
    ["[", "]", "![", "[a](", "[a](x", "*", "**a ", "_a", "`", "``a`", "<a ", "<b>", "<b></b>", "<!--", "&", "\\", "$^",
     "https://a.example ", "|", "<a href='https://a.example'>x", "[x](https://a.example)", "(", "\\\\("],
)  # fmt: skip
def test_text_of_one_mark_is_read_to_its_end(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    found = read(text)
    assert len(found.text) <= len(text)
    assert all(line.text in found.text for line in found.split_lines())


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("[", "](https://a.example)"), ("<b>", "</b>"), ("<a href='u'>", "</a>"), ("**a", "b**")],
)
def test_any_nesting_is_read_to_its_end(opening: str, closing: str) -> None:
    depth = 100_000 // (len(opening) + len(closing))
    text = opening * depth + closing * depth
    assert len(read(text).text) <= len(text)
