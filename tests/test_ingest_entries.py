"""Headings, summaries, bullets and paragraphs that are entries, with what stands beside them."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.blocks import Document, Fence, parse_document
from ingest.entries import (
    Entry,
    Loose,
    fields_of,
    is_bibtex,
    is_entry_line,
    is_paper_address,
    iter_entries,
    labelled_links,
    role_of_address,
    role_of_link,
    split_key,
)
from ingest.inline import Inline, parse_inline
from ingest.vocabulary import Column

ARXIV = "https://arxiv.org/abs/2401.01234"
GITHUB = "https://github.com/acme/glimmer"


def inline(source: str) -> Inline:
    return parse_inline(list(enumerate(source.split("\n"), 1)))


def entries(text: str) -> list[Entry]:
    document = parse_document(inspect.cleandoc(text))
    return [e for e in iter_entries(document.blocks) if isinstance(e, Entry)]


def told(text: str) -> list[str]:
    """Every entry as 'line form main', then its fields as '  line column: text <links>'."""
    found: list[str] = []
    for entry in entries(text):
        tags = "".join(f" [{t}]" for t in entry.tags)
        fences = "".join(f" fence@{f.line}" for f in entry.fences)
        found.append(f"{entry.line} {entry.form} {entry.main.text.strip()}{tags}{fences}".strip())
        for f in entry.fields:
            links = "".join(f" <{k.url}>" for k in f.value.links)
            found.append(f"  {f.line} {f.column.name}: {f.value.text}{links}".rstrip())
    return found


# --- what links are for


@pytest.mark.parametrize(
    ("source", "role"),
    [
        (f"[paper]({ARXIV})", Column.PAPER),
        (f"[here]({ARXIV})", Column.PAPER),
        (f"[arXiv:2401.01234]({ARXIV})", Column.PAPER),
        (f"[2401.01234v2]({ARXIV}v2)", Column.PAPER),
        (f"[Github]({GITHUB})", Column.CODE),
        (f"[code]({GITHUB})", Column.CODE),
        (f"[dataset]({GITHUB})", Column.DATASET_LINK),
        ("[dataset](https://huggingface.co/datasets/acme/glim)", Column.DATASET_LINK),
        ("[model zoo](https://huggingface.co/acme/glimmer)", Column.MODEL_LINK),
        ("[homepage](https://glimmer.example)", Column.HOMEPAGE),
        ("[website](https://glimmer.example)", Column.HOMEPAGE),
        ("[project page](https://glimmer.example)", Column.HOMEPAGE),
        (f"[updated version]({ARXIV})", Column.UPDATED),
        ("[Paper](https://glimmer.example/x.html)", Column.PAPER),
        ("[pdf](https://glimmer.example/x.pdf)", Column.PAPER),
        (f"[![Stars](https://img.shields.io/x.svg)]({GITHUB})", Column.CODE),
        (f"[Glimmer: A Lantern for Images]({ARXIV})", None),
        (f"[LLaVA-1.5]({GITHUB})", None),
    ],
)
def test_a_label_says_what_its_link_is_for_unless_it_has_content(
    source: str, role: Column | None
) -> None:
    assert role_of_link(inline(source).links[0]) is role


@pytest.mark.parametrize(
    ("url", "role"),
    [
        (ARXIV, Column.PAPER),
        ("https://doi.org/10.1000/xyz123", Column.PAPER),
        ("https://aclanthology.org/2023.acl-long.1/", Column.PAPER),
        ("https://openreview.net/forum?id=abcDEF123", Column.PAPER),
        (GITHUB, Column.CODE),
        ("https://huggingface.co/datasets/acme/glim", Column.DATASET_LINK),
        ("https://huggingface.co/acme/glimmer-7b", Column.MODEL_LINK),
        ("https://glimmer.example", Column.LINK),
    ],
)
def test_an_address_says_what_it_is_for(url: str, role: Column) -> None:
    assert role_of_address(url) is role


def test_a_publishers_page_that_is_called_a_website_is_no_paper() -> None:
    assert role_of_address("https://www.nature.com/lanterns", "Website") is Column.HOMEPAGE
    assert role_of_address("https://www.nature.com/lanterns", "here") is Column.PAPER
    assert role_of_address(ARXIV, "Website") is Column.PAPER


def test_a_link_to_paper_or_project_is_for_what_its_address_is() -> None:
    assert role_of_address(GITHUB, "Paper/Project Link") is Column.CODE
    assert role_of_address(ARXIV, "Paper/Project Link") is Column.PAPER


@pytest.mark.parametrize(
    "url",
    [ARXIV, "http://arxiv.org/pdf/2401.01234v2.pdf", "https://doi.org/10.1000/xyz123", "https://glimmer.example/paper.pdf",
     "https://papers.nips.cc/paper/1-a", "https://openaccess.thecvf.com/content/x.html", "https://www.nature.com/articles/1"],
)  # fmt: skip
def test_publishers_pages_and_pdfs_are_papers(url: str) -> None:
    assert is_paper_address(url)


@pytest.mark.parametrize(
    "url",
    ["", "#anchor", GITHUB, "https://github.com/acme/glimmer/blob/main/slides.pdf", "https://jane.example", "ftp://x/y.pdf",
     "https://huggingface.co/acme/glimmer-7b", "mailto:jane@example.org"],
)  # fmt: skip
def test_code_homepages_and_anchors_are_no_papers(url: str) -> None:
    assert not is_paper_address(url)


# --- keys


@pytest.mark.parametrize(
    ("line", "column", "header", "value"),
    [
        (f"paper link: [here]({ARXIV})", Column.PAPER, "paper link", "here"),
        ("Training data: CC3M, SBU", Column.TRAINING_DATA, "Training data", "CC3M, SBU"),
        ("**Training data**: CC3M", Column.TRAINING_DATA, "Training data", "CC3M"),
        ("**Training data:** CC3M", Column.TRAINING_DATA, "Training data", "CC3M"),
        ("`Vision encoder`: CLIP", Column.VISION_ENCODER, "Vision encoder", "CLIP"),
        ("训练数据：CC3M、SBU", Column.TRAINING_DATA, "训练数据", "CC3M、SBU"),
        ("Size:", Column.AMOUNT, "Size", ""),
        ("Trainning data : CC3M", Column.TRAINING_DATA, "Trainning data", "CC3M"),
    ],
)
def test_a_known_key_and_its_value_are_a_field(
    line: str, column: Column, header: str, value: str
) -> None:
    found = split_key(inline(line))
    assert found is not None
    assert (found.column, found.header, found.value.text) == (column, header, value)


@pytest.mark.parametrize(
    "line",
    ["", "no key here", "Colour: red", "https://a.example", f"[paper]({ARXIV}): yes", "Glimmer: A Lantern for Images",
     "this is a long sentence about many things and its model: CLIP"],
)  # fmt: skip
def test_other_lines_are_no_fields(line: str) -> None:
    assert split_key(inline(line)) is None


def test_running_text_behind_a_key_is_a_note() -> None:
    found = split_key(
        inline(
            "Training data: We gathered what we could find on the web. Then we filtered it by hand for many weeks."
        )
    )
    assert found is not None
    assert found.column is Column.NOTE


# --- lines of links


def test_several_links_on_a_line_are_each_their_own_thing() -> None:
    line = inline(
        f"[paper]({ARXIV}) | [Github]({GITHUB}) | [dataset](https://huggingface.co/datasets/acme/glim)"
        " [model zoo](https://huggingface.co/acme/glimmer), [homepage](https://glimmer.example) and"
        " [updated version](https://arxiv.org/abs/2402.04321)"
    )
    assert [(f.column, f.value.links[0].url) for f in labelled_links(line)] == [
        (Column.PAPER, ARXIV),
        (Column.CODE, GITHUB),
        (Column.DATASET_LINK, "https://huggingface.co/datasets/acme/glim"),
        (Column.MODEL_LINK, "https://huggingface.co/acme/glimmer"),
        (Column.HOMEPAGE, "https://glimmer.example"),
        (Column.UPDATED, "https://arxiv.org/abs/2402.04321"),
    ]


def test_a_row_of_badges_is_a_line_of_links() -> None:
    line = inline(f"[![arXiv](a.svg)]({ARXIV}) [![Code](c.svg)]({GITHUB})")
    assert [f.column for f in labelled_links(line)] == [Column.PAPER, Column.CODE]
    assert [f.value.links[0].url for f in labelled_links(line)] == [ARXIV, GITHUB]


@pytest.mark.parametrize(
    "line",
    ["", "text", f"see the [paper]({ARXIV}) of our friends", f"[Glimmer: A Lantern]({ARXIV})", f"a text [code]({GITHUB})"],
)  # fmt: skip
def test_lines_with_other_words_are_no_lines_of_links(line: str) -> None:
    assert labelled_links(inline(line)) == []


def test_a_paragraph_is_fields_only_when_every_line_is() -> None:
    both = f"paper: [here]({ARXIV})\n[code]({GITHUB})"
    assert [(f.column, f.line) for f in fields_of(inline(both))] == [
        (Column.PAPER, 1),
        (Column.CODE, 2),
    ]
    assert fields_of(inline(both + "\nand a remark")) == []


# --- headings


def test_a_heading_with_labelled_links_and_bibtex_is_an_entry() -> None:
    assert told(f"""
        # List

        ## Night models

        #### Glimmer: A Lantern [`UNREAD`]

        paper link: [here]({ARXIV})

        github link: [here]({GITHUB})

        model-zoo links: [v1](https://huggingface.co/acme/g1) | [v2](https://huggingface.co/acme/g2)

        citation:
        ```bibtex
        @misc{{a, title={{Glimmer}}}}
        ```

        #### Another Heading
    """) == [
        "5 heading Glimmer: A Lantern [UNREAD] fence@15",
        f"  7 PAPER: here <{ARXIV}>",
        f"  9 CODE: here <{GITHUB}>",
        "  11 MODEL_LINK: v1 | v2 <https://huggingface.co/acme/g1> <https://huggingface.co/acme/g2>",
        "  13 CITATION:",
    ]


def test_the_title_and_plain_sections_are_no_entries() -> None:
    assert (
        told(f"""
        # My list

        [paper]({ARXIV}) | [code]({GITHUB})

        ## A section

        Some words about it.

        ## Other

        text
    """)
        == []
    )


@pytest.mark.parametrize(
    ("heading", "main", "tags"),
    [
        ("Glimmer READ", "Glimmer", ("READ",)),
        ("Glimmer [READ]", "Glimmer", ("READ",)),
        ("Glimmer [`READ`]", "Glimmer", ("READ",)),
        ("Glimmer `UNREAD`", "Glimmer", ("UNREAD",)),
        ("Glimmer UN-READ", "Glimmer", ("UNREAD",)),
        ("Reading in the Dark", "Reading in the Dark", ()),
        ("How Models READ Text", "How Models READ Text", ()),
    ],
)
def test_read_tags_are_taken_off_the_end(heading: str, main: str, tags: tuple[str, ...]) -> None:
    found = entries(f"# List\n\n## {heading}\n\n[paper]({ARXIV})")[0]
    assert (found.main.text.strip(), found.tags) == (main, tags)


# --- summaries


def test_a_summary_with_its_links_is_an_entry() -> None:
    assert told(f"""
        # List

        <details>

          <summary>Lanterns for All, CVPR 2024 -> Glim-1M</summary>

          [paper]({ARXIV}) | [Github]({GITHUB})

        </details>

        <details><summary>More remarks</summary>

        only text

        </details>
    """) == [
        "5 summary Lanterns for All, CVPR 2024 -> Glim-1M",
        f"  7 PAPER: paper <{ARXIV}>",
        f"  7 CODE: Github <{GITHUB}>",
    ]


def test_a_section_of_few_summaries_is_no_entry_itself() -> None:
    assert told(f"""
        # List

        ## Night models

        <details>
        <summary>Lanterns for All, CVPR 2024 -> Glim-1M</summary>

        [paper]({ARXIV})

        </details>

        ## Day models

        <details>
        <summary>Lamps for Some, 2023 -> Dim-1M</summary>

        [paper]({ARXIV})

        </details>
    """) == [
        "6 summary Lanterns for All, CVPR 2024 -> Glim-1M",
        f"  8 PAPER: paper <{ARXIV}>",
        "15 summary Lamps for Some, 2023 -> Dim-1M",
        f"  17 PAPER: paper <{ARXIV}>",
    ]


def test_entries_inside_a_folded_section_are_entries() -> None:
    assert told(f"""
        # List

        <details><summary>Older papers</summary>

        - [A Long Title of Old]({ARXIV})
        - [Another Title of Old]({ARXIV})

        </details>
    """) == [
        "5 item A Long Title of Old",
        "6 item Another Title of Old",
    ]


# --- bullets


def test_bullets_keep_the_keys_nested_in_them() -> None:
    assert told(f"""
        # List

        - [Glimmer-7B]({GITHUB})
          - Training data: CC3M, SBU
          - Vision encoder: CLIP
          - [paper]({ARXIV})
        - **Dimmer-3B**
          - Datasets:
            - CC12M
            - COCO
    """) == [
        "3 item Glimmer-7B",
        "  4 TRAINING_DATA: CC3M, SBU",
        "  5 VISION_ENCODER: CLIP",
        f"  6 PAPER: paper <{ARXIV}>",
        "7 item Dimmer-3B",
        "  9 DATASET: CC12M\nCOCO",
    ]


def test_bullets_nested_under_a_group_are_entries_of_their_own() -> None:
    assert told(f"""
        - Night models
          - [Glimmer-7B]({GITHUB})
            - Training data: CC3M
          - [Dimmer-3B]({GITHUB}-dim)
    """) == [
        "1 item Night models",
        "2 item Glimmer-7B",
        "  3 TRAINING_DATA: CC3M",
        "4 item Dimmer-3B",
    ]


def test_a_run_of_keyed_bullets_opens_an_entry_at_each_first_key() -> None:
    assert told("""
        - Model: Glimmer-7B
        - Training data: CC3M
        - Model: Dimmer-3B
        - Training data: SBU
    """) == [
        "1 item",
        "  1 MODEL: Glimmer-7B",
        "  2 TRAINING_DATA: CC3M",
        "3 item",
        "  3 MODEL: Dimmer-3B",
        "  4 TRAINING_DATA: SBU",
    ]


def test_keys_may_stand_in_one_bullet() -> None:
    assert told("""
        - Glimmer-7B; training data: CC3M, SBU; vision encoder: CLIP
    """) == [
        "1 item Glimmer-7B",
        "  1 TRAINING_DATA: CC3M, SBU",
        "  1 VISION_ENCODER: CLIP",
    ]


# --- paragraphs


@pytest.mark.parametrize(
    "line",
    [
        f"[A Lantern for Images]({ARXIV}), NeurIPS 2023",
        f"[Glimmer]({ARXIV}): A Lantern for Images",
        f"A Lantern for Images. [paper]({ARXIV}) [code]({GITHUB})",
        f"(2024) [A Lantern for Images]({ARXIV})",
        "🔎 *A Lantern for Images [65]*",
    ],
)
def test_a_line_with_a_linked_title_is_an_entry(line: str) -> None:
    assert is_entry_line(inline(line))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "plain words without a link",
        "[up](#top)",
        f"We follow the recipe of our friends, who wrote it all down. See [this]({ARXIV}) for more of it.",
        "short",
    ],
)
def test_running_text_is_no_entry(line: str) -> None:
    assert not is_entry_line(inline(line))


def test_lines_of_a_paragraph_are_entries_of_their_own() -> None:
    assert told(f"""
        [A Lantern for Images]({ARXIV}), CVPR 2024
        [Another Lamp for Videos](https://arxiv.org/abs/2402.04321), ECCV 2024
    """) == [
        "1 paragraph A Lantern for Images, CVPR 2024",
        "2 paragraph Another Lamp for Videos, ECCV 2024",
    ]


# --- the rest


@pytest.mark.parametrize(
    ("info", "text", "expected"),
    [
        ("bibtex", "@misc{a,}", True),
        ("", "  @article{a,\n}", True),
        ("python", "@decorator(a)", False),
        ("", "no entry", False),
        ("bib", "x@y.org {", False),
    ],
)
def test_fences_with_bibtex_are_told_from_others(info: str, text: str, expected: bool) -> None:
    assert is_bibtex(Fence(info, text, 1)) is expected


BLOCKS = st.lists(
    st.sampled_from(
        [
            "# A list",
            "## Models",
            f"### Glimmer: A Lantern\n\n[paper]({ARXIV})",
            "- one",
            "  - Training data: CC3M",
            "- Model: G",
            f"- [Glimmer]({GITHUB})",
            "<details><summary>T -> D</summary>",
            "</details>",
            "text",
            f"[paper]({ARXIV})",
            "**bold**",
            "| Model | Data |\n|---|---|\n| A | CC3M |",
            "```bibtex\n@misc{a, title={T}}\n```",
            "> remark",
            "1. first",
            "paper:",
        ]  # fmt: skip
    ),
    max_size=10,
)


def parsed(parts: list[str], glue: str) -> Document:
    return parse_document(glue.join(parts))


@given(BLOCKS, st.sampled_from(["\n", "\n\n"]))
def test_blocks_become_entries_or_stay_loose_in_order(parts: list[str], glue: str) -> None:
    document = parsed(parts, glue)
    last = len(document.lines)
    found = list(iter_entries(document.blocks))
    for part in found:
        if isinstance(part, Entry):
            assert 1 <= part.line <= last
            assert all(1 <= f.line <= last for f in part.fields)
    tables = [b for b in document.blocks if type(b).__name__ == "Table"]
    loose = [p.block for p in found if isinstance(p, Loose) and type(p.block).__name__ == "Table"]
    assert loose == tables
