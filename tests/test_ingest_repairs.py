"""What was read otherwise than it is written is told; taking off markup is not."""

from __future__ import annotations

import pytest

from ingest.from_bibtex import read_bibtex
from ingest.from_markdown import read_list
from kg.model import Property


def repairs(text: str) -> list[tuple[int, str]]:
    return [(r.line, r.text) for r in read_list(text).remarks if r.kind == "repair"]


def arxiv_ids(text: str) -> set[object]:
    claims = read_list(text).claims
    return {c.values["text"] for c in claims if c.predicate is Property.ARXIV}


REFERENCES = """# Notes

## References

[1] Ann Bee and Cee Dee. Otters at large: A tale of rivers. *arXiv preprint arXiv:{}, 2023. 3

[2] Eff Gee. Beavers at work. In NeurIPS, 2021.
"""


# --- identifiers


def test_a_mark_inside_the_id_of_a_reference_is_told() -> None:
    text = REFERENCES.format("2301*.01234")
    assert arxiv_ids(text) == {"2301.01234"}
    assert repairs(text) == [
        (5, "'2301*.01234' is an arXiv id with a mark inside, read as 2301.01234")
    ]


def test_a_blank_inside_the_id_of_a_reference_is_told() -> None:
    text = REFERENCES.format("2301. 01234*")
    assert arxiv_ids(text) == {"2301.01234"}
    assert repairs(text) == [
        (5, "'2301. 01234' is an arXiv id with a blank inside, read as 2301.01234")
    ]


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("- [Otters at large in rivers](https://arxiv.org/abs/2301*.01234)", "2301*.01234"),
        ("| [Otters](https://arxiv.org/pdf/2301.01*234.pdf) | x |", "2301.01*234"),
        ("- Otters at large in rivers [paper](https://arxiv.org/abs/2301_.01234)", "2301_.01234"),
    ],
)
def test_a_mark_inside_the_id_of_a_link_is_told_once(line: str, written: str) -> None:
    table = "| Paper | Task |\n|---|---|\n" if line.startswith("|") else "# List\n\n"
    text = f"{table}{line}\n"
    assert arxiv_ids(text) == {"2301.01234"}
    assert repairs(text) == [
        (3, f"'{written}' is an arXiv id with a mark inside, read as 2301.01234")
    ]


BIBTEX = "@misc{a,\n  title={Otters at large},\n  eprint={2301*.01234},\n  year={2023}\n}\n"


def test_a_mark_inside_the_id_of_a_bibtex_entry_is_told_with_its_own_line() -> None:
    said = "'2301*.01234' is an arXiv id with a mark inside, read as 2301.01234"
    assert [(r.line, r.text) for r in read_bibtex(BIBTEX).remarks] == [(3, said)]
    assert repairs(f"# List\n\n```bibtex\n{BIBTEX}```\n") == [(6, said)]


@pytest.mark.parametrize(
    "text",
    [
        REFERENCES.format("2301.01234*"),
        "# List\n\n- [Otters at large](https://arxiv.org/pdf/2301.01234v2.pdf)\n",
        "# List\n\n- **[Otters](https://arxiv.org/abs/2301.01234)** *and* `more`, arXiv:2301\\.01234\n",
        "# List\n\n- [Old otters](https://arxiv.org/abs/cs.CL/0101001)\n",
        f"# List\n\n```bibtex\n{BIBTEX.replace('*', '')}```\n",
    ],
)
def test_an_id_in_ordinary_markup_is_no_repair(text: str) -> None:
    assert repairs(text) == []


# --- dates


def test_a_date_with_a_digit_too_many_is_told() -> None:
    text = "# List\n\n- (20230-10) **Otters at large in rivers** [paper](https://arxiv.org/abs/2310.01234)\n"
    assert repairs(text) == [(3, "'20230-10' is no date, read as 2023")]
    assert repairs(text.replace("20230-10", "2023-10")) == []


# --- marks


def test_a_superscript_that_a_name_lost_is_told() -> None:
    text = "| Dataset | Size |\n|---|---|\n| **Quill<sup>3</sup> Bench** | 52K<sup>†</sup> |\n"
    assert repairs(text) == [
        (3, "'52K<sup>†</sup>' read as '52K', its superscript as a footnote's"),
        (3, "'Quill<sup>3</sup>' read as 'Quill', its superscript as a footnote's"),
    ]


def test_a_superscript_behind_what_is_not_read_is_not_told() -> None:
    assert repairs("# List\n\n*Ann Bee<sup>1</sup>, Cee Dee<sup>2</sup>*\n") == []


def test_a_footnote_mark_on_the_number_of_a_name_is_told() -> None:
    text = "# Notes\n\nWe take *Otter-Questions*-\\\\(80^2\\\\) and a ViT on $10^6$ images of $336^2$.\n"
    assert repairs(text) == [(3, "'\\\\(80^2\\\\)' read as 80, its mark as that of a footnote")]


# --- links and tables


def test_a_link_with_a_blank_before_its_address_is_told() -> None:
    text = "# List\n\n- [Otters at large in rivers] (https://arxiv.org/abs/2301.01234)\n"
    assert arxiv_ids(text) == {"2301.01234"}
    assert repairs(text) == [
        (3, "'Otters at large in rivers' stands apart from its address by a blank, read as a link")
    ]
    assert repairs("# List\n\n```\n[a] (https://arxiv.org/abs/2301.01234)\n```\n") == []


def table(*rows: str) -> str:
    return "\n".join(["| Model | Training Data | Licence |", "|---|---|---|", *rows, ""])


def test_a_row_with_cells_too_few_or_too_many_is_told() -> None:
    text = table(
        "| OtterLM | RiverQA |", "| BeaverLM | DamQA | MIT |", "| SealLM | SeaQA | MIT | new |"
    )
    assert repairs(text) == [
        (3, "2 cells under 3 headings, 'Licence' read as empty"),
        (5, "4 cells under 3 headings, those from 'Licence' on read as one"),
    ]


def test_a_row_is_not_told_for_pipes_inside_its_cells() -> None:
    row = "| OtterLM | [a|b](https://x.org/a) | MIT \\| BSD |"
    assert repairs(table(row)) == []


def test_a_cell_that_many_rows_leave_out_is_told_once() -> None:
    rows = [f"| Otter{i}LM | River{i}QA |" for i in range(20)]
    (remark,) = repairs(table(*rows))
    assert remark == (
        3,
        "2 cells under 3 headings, 'Licence' read as empty;"
        " so in lines 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 and 8 more",
    )


def test_cells_of_an_html_row_beyond_the_headings_are_told() -> None:
    head = "<table><tr><th>Model</th><th>Training Data</th></tr>"
    text = f"{head}\n<tr><td>OtterLM</td><td>RiverQA</td><td>x</td></tr></table>\n"
    assert repairs(text) == [(2, "3 cells under 2 headings, those behind 'Training Data' not read")]


def test_ordinary_markup_is_no_repair() -> None:
    text = """# A **list** of [things](https://x.org)

- **[OtterLM](https://x.org/o)**: *An* `odd` &amp; old one<br>with <b>more</b> ![pic](p.png)
- [BeaverLM][1], ~~gone~~ and a_b_c

| Model | Training Data |
|:--|--:|
| **OtterLM** [3] | RiverQA, DamQA\\* |

[1]: https://x.org/b
"""
    assert repairs(text) == []
