"""A document cut into headings, items, tables and the rest, each on its own source line."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.blocks import (
    Block,
    DetailsEnd,
    Document,
    Fence,
    Heading,
    Item,
    Quote,
    Table,
    parse_document,
    split_row,
)


def document(text: str, **more: bool) -> Document:
    return parse_document(inspect.cleandoc(text), **more)


def told(block: Block) -> str:
    """A block as 'line kind text', details in brackets."""
    what = type(block).__name__
    if isinstance(block, Heading):
        what += f"{block.level}"
    elif isinstance(block, Item):
        what += f"{block.depth}{block.number}"
    elif isinstance(block, Fence):
        return f"{block.line} Fence {block.info}: {block.text!r}"
    elif isinstance(block, DetailsEnd):
        return f"{block.line} DetailsEnd"
    elif isinstance(block, Table):
        rows = [f"{r.line}: {' | '.join(c.text for c in r.cells)}" for r in block.rows]
        header = " | ".join(c.text for c in block.header)
        return f"{block.line} Table {header} || " + " || ".join(rows)
    return f"{block.line} {what} {block.inline.text!r}"


def blocks(text: str, **more: bool) -> list[str]:
    return [told(b) for b in document(text, **more).blocks]


def table(text: str) -> Table:
    found = [b for b in document(text).blocks if isinstance(b, Table)]
    assert len(found) == 1
    return found[0]


def rows(text: str) -> list[list[str]]:
    """The texts of header and rows of the one table."""
    found = table(text)
    return [[c.text for c in cells] for cells in (found.header, *(r.cells for r in found.rows))]


# --- blocks of Markdown


def test_blocks_stand_on_their_lines() -> None:
    assert blocks("""
        # Title

        Some *text*
        over two lines.

        ## 🔥 Section ##
        - one
          - two
        - [ ] open task
        1. first
        2) second

        > a remark

        Setext
        ------
        last
    """) == [
        "1 Heading1 'Title'",
        "3 Paragraph 'Some text\\nover two lines.'",
        "6 Heading2 '🔥 Section'",
        "7 Item1 'one'",
        "8 Item2 'two'",
        "9 Item1 'open task'",
        "10 Item11 'first'",
        "11 Item12 'second'",
        "13 Quote 'a remark'",
        "15 Heading2 'Setext'",
        "17 Paragraph 'last'",
    ]


def test_a_lone_bold_line_is_a_heading_below_all_others() -> None:
    assert blocks("""
        **Stage one**

        text with **bold** in it

        **[linked](https://a.example)**
    """) == [
        "1 Heading7 'Stage one'",
        "3 Paragraph 'text with bold in it'",
        "5 Paragraph 'linked'",
    ]


def test_a_fence_keeps_its_text_and_first_line() -> None:
    assert blocks("""
        before
        ```bibtex
        @misc{a,
          title={X}
        }
        ```
        after
    """) == [
        "1 Paragraph 'before'",
        "3 Fence bibtex: '@misc{a,\\n  title={X}\\n}\\n'",
        "7 Paragraph 'after'",
    ]


def test_markup_in_a_fence_is_text() -> None:
    assert blocks("""
        ```
        # no heading
        <table><tr><td>no table</td></tr></table>
        | a | b |
        |---|---|
        ```
    """) == [
        "2 Fence : '# no heading\\n<table><tr><td>no table</td></tr></table>\\n| a | b |\\n|---|---|\\n'"
    ]


def test_details_give_their_summary_body_and_end() -> None:
    assert blocks("""
        <details>

          <summary>Title, CVPR 2024 -> Set</summary>

          [paper](https://a.example)

        </details>

        <details><summary>On one line</summary>
        [paper](https://b.example)
        </details>
        <details>
        <summary>
        Over three
        </summary>
        </details>
    """) == [
        "3 Summary 'Title, CVPR 2024 -> Set'",
        "5 Paragraph 'paper'",
        "7 DetailsEnd",
        "9 Summary 'On one line'",
        "10 Paragraph 'paper'",
        "11 DetailsEnd",
        "13 Summary 'Over three'",
        "16 DetailsEnd",
    ]


def test_html_headings_are_headings() -> None:
    assert blocks("""
        <h2 align="center">Models</h2>

        text
    """) == ["1 Heading2 'Models'", "3 Paragraph 'text'"]


def test_page_marks_and_link_definitions_are_no_paragraphs() -> None:
    assert blocks("""
        P12
        text [x][1]

        Page 13

        [1]: https://a.example
    """) == ["2 Paragraph 'text x'"]


def test_links_are_resolved_by_definitions_anywhere() -> None:
    found = document("""
        - [Glimmer][g]

        [g]: https://a.example "title"
        [^1]: no definition
    """)
    item = found.blocks[0]
    assert isinstance(item, Item)
    assert [k.url for k in item.inline.links] == ["https://a.example"]


def test_a_quotation_keeps_the_lines_of_its_remarks() -> None:
    found = document("""
        > &#x2753; why?
        > &#x2705; so.
    """).blocks[0]
    assert isinstance(found, Quote)
    assert [(p.line, p.text) for p in found.inline.split_lines()] == [(1, "❓ why?"), (2, "✅ so.")]


# --- front matter


def test_front_matter_is_taken_off_with_the_lines_of_its_keys() -> None:
    found = document("""
        ---
        title: A List
        date: 2023-03-15 16:09:00
        tags:
          - multimodal
          - data
        ---
        # Heading
    """)
    assert found.front_matter == {
        "title": "A List",
        "date": "2023-03-15",
        "tags": ["multimodal", "data"],
    }
    assert found.front_lines == {"title": 2, "date": 3, "tags": 4}
    assert [told(b) for b in found.blocks] == ["8 Heading1 'Heading'"]


@pytest.mark.parametrize(
    "head",
    ["---\n: [broken\nkey: {\n---\n", "---\nkey: &a [*a]\n---\n", "---\n- a list\nkey: x\n---\n", "---\nx: 2023-99-99\n---\n",
     "---\n!!python/object/apply:os.system ['x']: 1\nkey: 2\n---\n"],
)  # fmt: skip
def test_broken_front_matter_is_passed_over(head: str) -> None:
    found = parse_document(head + "# Heading")
    headings = [b for b in found.blocks if isinstance(b, Heading)]
    assert headings[-1].inline.text == "Heading"
    assert headings[-1].line == head.count("\n") + 1


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    found = parse_document("---\n\ntext\n\n---\n")
    assert found.front_matter == {}
    assert [told(b) for b in found.blocks] == ["3 Paragraph 'text'"]


# --- pipe tables


def test_a_table_knows_the_lines_of_its_rows() -> None:
    found = table("""
        text

        | Model | Data |
        |:-----:|------|
        | A     | CC3M |
        | B     | SBU  |
    """)
    assert found.line == 3
    assert [r.line for r in found.rows] == [5, 6]
    assert [c.line for c in found.rows[1].cells] == [6, 6]


@pytest.mark.parametrize(
    "text",
    [
        "| Model | Data |\n|---|---|\n| A | CC3M |\n| B | SBU |",
        "Model | Data\n---|---\nA | CC3M\nB | SBU",
        "| Model | Data\n|---|---\n| A | CC3M\n| B | SBU",
        "Model | Data |\n--- | --- |\nA | CC3M |\nB | SBU |",
        "| Model | Data |\n|:--|--:|\n| A | CC3M |\nB | SBU",
        "|Model|Data|\n|-|-|\n|A|CC3M|\n|B|SBU|",
        "text before it\n| Model | Data |\n|---|---|\n| A | CC3M |\n| B | SBU |",
        "| Model | Data |\n|---|---|\n| A | CC3M |\n| B | SBU |\nand text after",
        "| **Model** | *Data* |\n|---|---|\n| `A` | **CC3M** |\n| B | SBU |",
        "- an item\n\n| Model | Data |\n|---|---|\n| A | CC3M |\n| B | SBU |",
    ],
)
def test_tables_may_leave_out_pipes_and_blank_lines(text: str) -> None:
    assert rows(text) == [["Model", "Data"], ["A", "CC3M"], ["B", "SBU"]]


def test_short_rows_are_filled_and_long_ones_lose_no_text() -> None:
    assert rows("""
        | a | b | c |
        |---|---|---|
        | 1 |
        | 1 | 2 | 3 | 4 |
    """) == [["a", "b", "c"], ["1", "", ""], ["1", "2", "3 | 4"]]


def test_pipes_in_links_code_and_escapes_belong_to_their_cell() -> None:
    assert rows(r"""
        | a | b |
        |---|---|
        | [x|y](https://a.example) | 2 |
        | `x|y` | 2 |
        | x \| y | 2 |
    """) == [["a", "b"], ["x|y", "2"], ["x|y", "2"], ["x | y", "2"]]


def test_a_line_of_pipes_without_a_rule_is_a_paragraph() -> None:
    assert blocks("[paper](https://a.example) | [code](https://b.example)") == [
        "1 Paragraph 'paper | code'"
    ]


@pytest.mark.parametrize(
    ("line", "width", "cells"),
    [
        ("| a | b |", 0, [" a ", " b "]),
        ("a|b", 2, ["a", "b"]),
        ("|a||c|", 3, ["a", "", "c"]),
        ("||", 0, [""]),
        ("| a | [x|y](u) |", 2, [" a ", " [x|y](u) "]),
        ("| a | `x|y` |", 2, [" a ", " `x|y` "]),
        (r"| a \| b | c |", 2, [" a | b ", " c "]),
        (r"| a | b \|", 2, [" a ", " b |"]),
        ("| a | b | c |", 2, [" a ", " b | c "]),
    ],
)
def test_rows_are_split_at_their_pipes(line: str, width: int, cells: list[str]) -> None:
    assert split_row(line, width) == cells


CELLS = st.lists(
    st.text(st.characters(exclude_characters="|\\\n[]`", exclude_categories=["Z", "C"])),
    min_size=1,
    max_size=8,
)


@given(CELLS)
def test_a_row_gives_back_its_cells(cells: list[str]) -> None:
    assert split_row("|" + "|".join(cells) + "|", len(cells)) == cells
    assert split_row("| " + " | ".join(cells) + " |", 0) == [f" {c} " for c in cells]


@given(st.text(st.sampled_from("|\\[]`ab (")), st.integers(0, 6))
def test_any_row_has_at_least_one_cell_and_at_most_the_width(line: str, width: int) -> None:
    found = split_row(line, width)
    assert found
    assert not width or len(found) <= width


# --- HTML tables


def test_spans_of_rows_and_columns_are_filled_in() -> None:
    assert rows("""
        <table>
          <tr><th>Model</th><th colspan="2">Encoders</th><th>Data</th></tr>
          <tr><td rowspan="2">A</td><td>CLIP</td><td>Vicuna</td><td>CC3M</td></tr>
          <tr><td colspan="2">EVA</td><td>SBU</td></tr>
          <tr><td>B</td><td rowspan=2 colspan=2>SigLIP</td><td>GQA</td></tr>
          <tr><td>C</td><td>COCO</td></tr>
        </table>
    """) == [
        ["Model", "Encoders", "Encoders", "Data"],
        ["A", "CLIP", "Vicuna", "CC3M"],
        ["A", "EVA", "EVA", "SBU"],
        ["B", "SigLIP", "SigLIP", "GQA"],
        ["C", "SigLIP", "SigLIP", "COCO"],
    ]


def test_cells_of_an_html_table_know_their_line() -> None:
    found = table("""
        before

        <table>
          <thead><tr><th>Model</th><th>Data</th></tr></thead>
          <tbody>
            <tr>
              <td>A</td>
              <td><ul><li>CC3M</li>
                <li>SBU</li></ul></td>
            </tr>
          </tbody>
        </table>
    """)
    assert found.rows[0].line == 6
    assert [c.line for c in found.rows[0].cells] == [7, 8]
    lines = found.rows[0].cells[1].split_lines()
    assert [(p.strip("• ").text, p.line) for p in lines] == [("CC3M", 8), ("SBU", 9)]


def test_html_and_other_blocks_keep_their_order() -> None:
    found = blocks("""
        # One
        <table><tr><th>a</th></tr><tr><td>b</td></tr></table>

        ## Two
        <table>
        <tr><th>c</th></tr>
        <tr><td>d</td></tr>
        </table>
        text
    """)
    assert [f.split(" ")[1] for f in found] == [
        "Heading1",
        "Table",
        "Heading2",
        "Table",
        "Paragraph",
    ]


@pytest.mark.parametrize("span", ["0", "-1", "x", "", "100000000000"])
def test_mad_spans_do_no_harm(span: str) -> None:
    found = rows(f"""
        <table>
        <tr><th>a</th><th>b</th></tr>
        <tr><td rowspan="{span}">1</td><td>2</td></tr>
        <tr><td colspan="{span}">3</td><td>4</td></tr>
        </table>
    """)
    assert found[0] == ["a", "b"]
    assert found[1] == ["1", "2"]


def test_an_html_table_without_end_takes_the_rest() -> None:
    assert rows("<table>\n<tr><th>a</th></tr>\n<tr><td>b</td></tr>\n") == [["a"], ["b"]]


def test_a_whole_html_page_is_cut_into_the_same_blocks() -> None:
    found = blocks(
        """
        <html><head><title>no</title><style>h1 {}</style></head>
        <body>
        <nav>menu</nav>
        <script>alert("<h1>no</h1>")</script>
        <h1>List</h1>
        <p>Some <b>text</b></p>
        <ul>
        <li><a href="https://a.example">A long linked title</a></li>
        </ul>
        <table>
        <tr><th>Model</th></tr>
        <tr><td>A</td></tr>
        </table>
        </body></html>
        """,
        is_html=True,
    )
    assert found == [
        "5 Heading1 'List'",
        "6 Paragraph 'Some text'",
        "8 Item1 'A long linked title'",
        "11 Table Model || 12: A",
    ]


# --- laws

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "# a",
                "## b",
                "- x",
                "  - y",
                "1. z",
                "> q",
                "| a | b |",
                "|---|---|",
                "a|b",
                "---",
                "===",
                "```",
                "~~~",
                "",
                "<table>",
                "</table>",
                "<tr><td rowspan=3 colspan=2>x</td>",
                "<td>",
                "<details>",
                "<summary>s</summary>",
                "<summary>",
                "</summary>",
                "</details>",
                "</ul><li>x",
                "<h2>h</h2>",
                "**bold**",
                "[r]: https://a.example",
                "[r]",
                "P3",
                "\ttab",
                "    code",
                "***",
                "<!--",
                "-->",
                "key: value",
                "<p>",
                "<div>x",
                "\x00",
                "$$",
            ]  # fmt: skip
        ),
        st.text(st.characters(exclude_characters="\n"), max_size=20),
    ),
    max_size=14,
)


def all_inlines(found: Document) -> list[tuple[int, list[int]]]:
    """(line of the block, lines of its texts) of every block."""
    told: list[tuple[int, list[int]]] = []
    for block in found.blocks:
        if isinstance(block, Table):
            told.append((block.line, [c.line for c in block.header]))
            told += [(r.line, [c.line for c in r.cells]) for r in block.rows]
        elif isinstance(block, Fence | DetailsEnd):
            told.append((block.line, []))
        else:
            told.append((block.line, [block.inline.line]))
    return told


@pytest.mark.parametrize("is_html", [False, True])
@given(LINES)
def test_any_text_is_cut_into_blocks_on_lines_that_exist(is_html: bool, lines: list[str]) -> None:
    found = parse_document("\n".join(lines), is_html=is_html)
    last = max(1, len(lines)) + 1
    for line, inner in all_inlines(found):
        assert 1 <= line <= last
        assert all(1 <= n <= last for n in inner)
    for block in found.blocks:
        if isinstance(block, Table):
            assert {len(r.cells) for r in block.rows} <= {len(block.header)}


@given(st.lists(st.from_regex(r"[A-Z][a-z]{2,8}( [a-z]{2,8}){0,3}", fullmatch=True), max_size=8))
def test_headings_and_paragraphs_come_back_on_their_lines(words: list[str]) -> None:
    lines: list[str] = []
    wanted: list[str] = []
    for i, word in enumerate(words):
        lines += [f"# {word}" if i % 2 else word, ""]
        wanted.append(f"{len(lines) - 1} {'Heading1' if i % 2 else 'Paragraph'} {word!r}")
    assert [told(b) for b in parse_document("\n".join(lines)).blocks] == wanted


@pytest.mark.parametrize(
    "unit",
    ["> ", "- ", "|", "<table>", "<tr>\n", "<details>\n<summary>\n", "```\n", "# x\n", "- x\n", "|a|b|\n|-|-|\n", "<p>\n\n",
     "[a]: https://a.example\n", "<summary>\n", "a\n"],
)  # fmt: skip
def test_text_of_one_mark_is_read_to_its_end(unit: str) -> None:
    text = unit * (30_000 // len(unit))
    last = text.count("\n") + 1
    assert all(1 <= block.line <= last for block in parse_document(text).blocks)


def test_tables_in_tables_are_one_table() -> None:
    found = parse_document("<table><tr><td>\n" * 1000).blocks
    assert len([b for b in found if isinstance(b, Table)]) <= 1


def test_a_table_inside_a_cell_adds_no_rows_to_the_outer_one() -> None:
    found = rows("""
        <table>
        <tr><th>Model</th><th>Data</th></tr>
        <tr><td>A</td><td><table><tr><td>CC3M</td></tr><tr><td>SBU</td></tr></table></td></tr>
        <tr><td>B</td><td>GQA</td></tr>
        </table>
    """)
    assert [row[0] for row in found] == ["Model", "A", "B"]
    assert found[1][1].split() == ["CC3M", "SBU"]


def test_deep_nesting_does_not_overflow() -> None:
    lines = ["  " * i + "- item" for i in range(300)]
    found = parse_document("\n".join(lines))
    assert found.blocks
    assert parse_document("> " * 2000 + "deep").blocks is not None
