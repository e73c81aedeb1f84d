"""Documents that are papers, their numbered references, and lists that only have some."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.blocks import parse_document
from ingest.from_markdown import read_list
from ingest.inline import parse_inline
from ingest.references import Reference, find_paper, iter_references, read_reference
from kg.model import Kind, Property, Relation

Told = Callable[..., list[str]]

CITES, AUTHORED, INTRODUCES, ABOUT = (
    Relation.CITES,
    Relation.AUTHORED_BY,
    Relation.INTRODUCES,
    Relation.ABOUT,
)


def reference(text: str) -> Reference:
    """Read one entry of a reference list, its number taken off."""
    found = read_reference(parse_inline(list(enumerate(text.split("\n"), 1))), "1")
    assert found is not None
    return found


PAPER = """
    P1
    ## Lanterns in the Dark:
    ## Notes on a Tutorial

    **Jane Doe**
    Acme Labs, Springfield
    <https://jane.example>

    **Abstract**

    We say how lanterns see.

    ## 1 Prologue

    Lanterns [2] see more than lamps [1].

    ## References

    [1] Jane Doe and Richard Roe. Lamps for everyone. In *NeurIPS*, 2020. 3, 4

    P9
    [2] Ann Poe, Bob Moe, et al. Glimmer: A lantern for images. *arXiv preprint arXiv:2401*.01234*, 2024. 5

    [3] Acme Labs. Introducing Dimmer-3B: A small lamp, 2023. Accessed: 2023-03-28. 10
"""


# --- documents that are papers


def test_a_document_with_abstract_and_references_is_a_paper_and_cites_them(told: Told) -> None:
    assert told(PAPER, CITES) == sorted([
        "19 paper:Lanterns in the Dark: Notes on a Tutorial CITES paper:Lamps for everyone",
        "22 paper:Lanterns in the Dark: Notes on a Tutorial CITES paper:Glimmer: A lantern for images",
        "24 paper:Lanterns in the Dark: Notes on a Tutorial CITES paper:Introducing Dimmer-3B: A small lamp",
    ])  # fmt: skip


def test_the_author_of_a_paper_is_on_the_line_below_its_title() -> None:
    found = find_paper(parse_document(inspect.cleandoc(PAPER)).blocks)
    assert found is not None
    assert found.title == "Lanterns in the Dark: Notes on a Tutorial"
    assert found.authors == ("Jane Doe",)
    assert found.line == 2


def test_references_know_their_number() -> None:
    reading = read_list(inspect.cleandoc(PAPER))
    cited = [c for c in reading.claims if c.predicate is CITES]
    assert [c.values.get("reference") for c in cited] == ["1", "2", "3"]


def test_references_have_their_ids_years_and_authors(told: Told) -> None:
    claims = told(PAPER, Property.ARXIV, Property.YEAR, Property.VENUE)
    assert [c.split(" ", 1)[1] for c in claims] == [
        "paper:Lamps for everyone venue = NeurIPS",
        "paper:Lamps for everyone year = 2020",
        "paper:Glimmer: A lantern for images arxiv = 2401.01234",
        "paper:Glimmer: A lantern for images year = 2024",
        "paper:Introducing Dimmer-3B: A small lamp year = 2023",
    ]


def test_references_introduce_what_their_titles_name(told: Told) -> None:
    claims = told(PAPER, INTRODUCES)
    assert [c.split(" ", 1)[1] for c in claims] == [
        "paper:Glimmer: A lantern for images INTRODUCES model:Glimmer",
        "paper:Introducing Dimmer-3B: A small lamp INTRODUCES model:Dimmer-3B",
    ]


@pytest.mark.parametrize("left_out", ["**Abstract**", "## References"])
def test_a_document_without_abstract_or_references_is_no_paper(told: Told, left_out: str) -> None:
    text = inspect.cleandoc(PAPER).replace(left_out, "Remarks")
    assert find_paper(parse_document(text).blocks) is None
    assert told(text, CITES) == []


def test_a_title_may_stand_in_one_heading() -> None:
    text = inspect.cleandoc(PAPER).replace("the Dark:\n## Notes on", "the Dark: Notes on")
    found = find_paper(parse_document(text).blocks)
    assert found is not None
    assert found.title == "Lanterns in the Dark: Notes on a Tutorial"


def test_a_curated_list_with_references_is_a_source_and_cites_nothing(told: Told) -> None:
    text = """
        # Awesome Lanterns

        A list of lanterns.

        ## Night models

        - [Glimmer: A Lantern for Images](https://arxiv.org/abs/2401.01234)

        ## References

        [1] Jane Doe and Richard Roe. Lamps for everyone. In NeurIPS, 2020.

        [2] Ann Poe. Lanterns for no one. In CVPR, 2021.

        [3] Bob Moe. Lights for all. In ECCV, 2022.
    """
    assert told(text, CITES) == []
    names = {c.subject.text for c in read_list(inspect.cleandoc(text)).claims}
    assert "Awesome Lanterns" not in names
    assert {"Lamps for everyone", "Lanterns for no one", "Lights for all"} <= names


# --- one reference


@pytest.mark.parametrize(
    ("text", "title", "year"),
    [
        ("Jane Doe and Richard Roe. Lamps for everyone. In *NeurIPS*, 2020.", "Lamps for everyone", 2020),
        ("Jane Doe, Richard Roe, et al. Lamps for everyone. *arXiv preprint arXiv:2401.01234*, 2024.", "Lamps for everyone", 2024),
        ("J. K. Doe, R. Roe, and Noah A Smith. Lamps for everyone. In CVPR, 2021.", "Lamps for everyone", 2021),
        ("J.-P. Doe and St. Roe. Lamps for everyone. In CVPR, 2021.", "Lamps for everyone", 2021),
        ("Jane Doe. Lamps for everyone? In CVPR, 2021.", "Lamps for everyone?", 2021),
        ("Jane Doe. Lamps for everyone, 2022.", "Lamps for everyone", 2022),
        ("Jane Doe. Lamps for everyone. 2022.", "Lamps for everyone", 2022),
        ("Jane Doe. Lamps for everyone. Advances in Neural Information Processing Systems, 33:1877–1901, 2020.", "Lamps for everyone", 2020),
        ("Jane Doe. Lamps for everyone. In CVPR, pages 2001–2010, 2019. 3, 14, 15", "Lamps for everyone", 2019),
        ("Jane Doe. Lamps for everyone. In CVPR, 2019. 3", "Lamps for everyone", 2019),
        ("OpenAI. GPT-9 technical report. <https://openai.example/gpt-9,> 2026. 3", "GPT-9 technical report", 2026),
        ("OpenAI. GPT-9 technical report, 2026.", "GPT-9 technical report", 2026),
        ("Acme AI Team. Introducing Dimmer-3B: A small lamp, 2023. Accessed: 2024-03-28. 10", "Introducing Dimmer-3B: A small lamp", 2023),
        ("Vicuna. Vicuna: A lamp with 90%* quality. <https://vicuna.example,> 2023. 9, 10", "Vicuna: A lamp with 90%* quality", 2023),
        ("Jane Doe. Lamps 2.0: Brighter. In CVPR, 2021.", "Lamps 2.0: Brighter", 2021),
        ('Jane Doe. "Lamps for everyone." In CVPR, 2021.', "Lamps for everyone", 2021),
        ("[Lamps for everyone everywhere](https://arxiv.org/abs/2401.01234)", "Lamps for everyone everywhere", None),
        ("《一种新的多模态灯笼模型的研究》", "一种新的多模态灯笼模型的研究", None),
    ],
)  # fmt: skip
def test_title_and_year_are_found(text: str, title: str, year: int | None) -> None:
    found = reference(text)
    assert (found.title, found.year) == (title, year)


@pytest.mark.parametrize(
    "damaged",
    ["*arXiv preprint arXiv:2305*.03726*, 2023. 4", "*arXiv preprint arXiv:2305.03726*, 2023.", "arXiv:2305. 03726, 2023.",
     "<https://arxiv.org/abs/2305.03726,> 2023.", "arXiv preprint **arXiv:2305.03726v2**, 2023.", "abs/2305.03726, 2023",
     "CoRR, abs/2305.03726, 2023."],
)  # fmt: skip
def test_arxiv_ids_are_found_despite_damage(told: Told, damaged: str) -> None:
    assert told(f"# Lanterns\n\n## References\n\n[7] Jane Doe. Lamps for everyone. {damaged}", Property.ARXIV) == [
        "5 paper:Lamps for everyone arxiv = 2305.03726"
    ]  # fmt: skip


def test_a_linked_reference_has_the_id_of_its_link(told: Told) -> None:
    text = "# References\n\n[7] [Lamps for everyone](https://arxiv.org/abs/2305.03726v2), 2023"
    assert told(text, Property.ARXIV) == ["3 paper:Lamps for everyone arxiv = 2305.03726"]


@pytest.mark.parametrize(
    ("damaged", "title"),
    [
        ("\\\\(M^3\\\\)*IT: A large set of lamps*", "M3IT: A large set of lamps"),
        ("Lamps: To\ufffewards brighter light", "Lamps: Towards brighter light"),
        ("Lamps for *every one*", "Lamps for every one"),
        ("Eﬃcient “lamps” for everyone", "Eﬃcient “lamps” for everyone"),
        ("Lamps and auto-matic lights", "Lamps and auto-matic lights"),
    ],
)
def test_titles_survive_markup_and_strange_characters(damaged: str, title: str) -> None:
    assert reference(f"Jane Doe and Bob Moe. {damaged}. arXiv:2306.04387, 2023. 2").title == title


@pytest.mark.parametrize("hyphen", ["-\n", "-", "\ufffe", "\u00ad", "-\ufffe"])
def test_a_word_divided_at_a_line_end_still_finds_its_paper(hyphen: str) -> None:
    """The two spellings must at least be the same name to `kg.names.fold`."""
    from kg.names import fold

    found = reference(f"Jane Doe. Self-instruct: Lamps with instruc{hyphen}tions. In ACL, 2023.")
    assert fold(found.title) == fold("Self-instruct: Lamps with instructions")


@pytest.mark.parametrize(
    ("text", "authors"),
    [
        ("Jane Doe and Richard Roe. Lamps for everyone. In CVPR, 2020.", ("Jane Doe", "Richard Roe")),
        ("Jane Doe, Bob Moe, and Richard Roe. Lamps for everyone. In CVPR, 2020.", ("Jane Doe", "Bob Moe", "Richard Roe")),
        ("Jane K. Doe, Bob Moe, et al. Lamps for everyone. In CVPR, 2020.", ("Jane K. Doe", "Bob Moe")),
        ("OpenAI. Lamps for everyone. In CVPR, 2020.", ("OpenAI",)),
        ("Łukasz Kaiser and Timothée Lacroix. Lamps for everyone. In CVPR, 2020.", ("Łukasz Kaiser", "Timothée Lacroix")),
    ],
)  # fmt: skip
def test_authors_are_kept_in_order(text: str, authors: tuple[str, ...]) -> None:
    assert reference(text).authors == authors


@pytest.mark.parametrize(
    ("text", "venue"),
    [
        ("Jane Doe. Lamps for everyone. In *NeurIPS*, 2020.", "NeurIPS"),
        ("Jane Doe. Lamps for everyone. *arXiv preprint arXiv:2401.01234*, 2024.", ""),
        ("Jane Doe. Lamps for everyone, 2024.", ""),
        ("Jane Doe. Lamps for everyone. Advances in Neural Information Processing Systems, 33, 2020.",
         "Advances in Neural Information Processing Systems"),
    ],
)  # fmt: skip
def test_a_venue_is_kept_and_arxiv_is_none(text: str, venue: str) -> None:
    assert reference(text).venue == venue


@pytest.mark.parametrize("text", ["", "no full stop here", "1. 2. 3.", "<https://a.example>"])
def test_what_has_no_title_is_no_reference(text: str) -> None:
    assert read_reference(parse_inline([(1, text)]), "1") is None


NAMES = st.lists(
    st.from_regex(r"[A-Z][a-z]{3,8} [A-Z][a-z]{3,8}", fullmatch=True), min_size=1, max_size=5
)
TITLES = st.from_regex(r"[A-Z][a-z]{3,8}( [a-z]{3,8}){2,7}", fullmatch=True)


@given(NAMES, TITLES, st.integers(1995, 2029), st.sampled_from(["CVPR", "NeurIPS", "ICLR"]))
def test_a_well_written_reference_is_read_back(
    authors: list[str], title: str, year: int, venue: str
) -> None:
    joined = ", ".join(authors[:-1]) + (" and " if len(authors) > 1 else "") + authors[-1]
    found = reference(f"{joined}. {title}. In *{venue}*, {year}. 3, 12")
    assert (found.authors, found.title, found.year, found.venue) == (
        tuple(authors),
        title,
        year,
        venue,
    )


@given(st.text(st.characters(exclude_characters="\n"), max_size=120))
def test_any_line_is_a_reference_or_none(text: str) -> None:
    found = read_reference(parse_inline([(1, text)]), "1")
    assert found is None or found.title == found.title.strip()


# --- reference lists


def test_references_are_found_with_page_marks_between_and_without_blank_lines() -> None:
    blocks = parse_document(
        inspect.cleandoc("""
        # References
        [1] Jane Doe. Lamps for everyone. In CVPR, 2020.
        [2] Ann Poe. Lanterns for no one.
        In CVPR, 2021.

        P27
        [3] Bob Moe. Lights for all. In ECCV, 2022.

        ## Appendix

        [4] is no reference. It is a remark here, 2022.
    """)
    ).blocks
    found = list(iter_references(blocks))
    assert [(r.number, r.title, r.line) for r in found] == [
        ("1", "Lamps for everyone", 2),
        ("2", "Lanterns for no one", 3),
        ("3", "Lights for all", 7),
    ]


@pytest.mark.parametrize(
    "heading", ["# References", "## 7 References", "# 参考", "## 参考文献", "**References**", "### Bibliography:"]
)  # fmt: skip
def test_reference_lists_have_many_headings(heading: str) -> None:
    blocks = parse_document(f"{heading}\n\n[1] Jane Doe. Lamps for everyone. In CVPR, 2020.").blocks
    assert [r.title for r in iter_references(blocks)] == ["Lamps for everyone"]


def test_ordered_lists_are_references_too() -> None:
    blocks = parse_document(
        "# References\n\n1. Jane Doe. Lamps for everyone. In CVPR, 2020.\n"
        "2. [A Long Title of Lamps](https://arxiv.org/abs/2401.01234)"
    ).blocks
    assert [(r.number, r.title, r.line) for r in iter_references(blocks)] == [
        ("1", "Lamps for everyone", 3),
        ("2", "A Long Title of Lamps", 4),
    ]


# --- names tied to references


def test_a_line_with_a_reference_number_is_that_paper(told: Told) -> None:
    text = """
        # Lanterns

        ## Night models

        🔎 *Glimmer: A Lantern for Images [2]*

        ## References

        [1] Jane Doe. Lamps for everyone. In CVPR, 2020.

        [2] Ann Poe. Glimmer: A lantern for many images. arXiv:2401.01234, 2024.
    """
    assert told(text, ABOUT, INTRODUCES, Property.ALIAS) == sorted([
        "5 paper:Glimmer: A Lantern for Images ABOUT topic:Night models",
        "5 paper:Glimmer: A Lantern for Images INTRODUCES model:Glimmer",
        "5 paper:Glimmer: A Lantern for Images alias = Glimmer: A lantern for many images",
        "11 paper:Glimmer: A lantern for many images INTRODUCES model:Glimmer",
    ])  # fmt: skip


@pytest.mark.parametrize(
    "entry", ["- Glimmer [2]", "🔎 *Glimmer [2]*", "- **Glimmer** [2]", "* Glimmer[2]"]
)
def test_a_name_with_a_reference_number_is_introduced_by_that_paper(entry: str) -> None:
    text = f"""
# Lanterns

## Night models

{entry}

## References

[1] Jane Doe. Lamps for everyone. In CVPR, 2020.

[2] Ann Poe. Glimmer: A lantern for many images. arXiv:2401.01234, 2024.
"""
    reading = read_list(text.strip())
    introduced = {
        c.subject.text
        for c in reading.claims
        if c.predicate is INTRODUCES and c.object and c.object.text == "Glimmer"
    }
    same = {
        frozenset((c.subject.text, str(c.values["text"])))
        for c in reading.claims
        if c.predicate is Property.ALIAS and c.subject.kind is Kind.PAPER
    }
    about = {c.subject.text for c in reading.claims if c.predicate is ABOUT}
    title = "Glimmer: A lantern for many images"
    assert title in introduced
    assert about
    assert all(a == title or frozenset((a, title)) in same for a in about)


def test_a_number_that_has_another_title_ties_nothing(told: Told) -> None:
    text = """
        # Lanterns

        🔎 *Glimmer: A Lantern for Images [1]*

        ## References

        [1] Jane Doe. Curtains against the sun. In CVPR, 2020.
    """
    assert told(text, Property.ALIAS) == []
