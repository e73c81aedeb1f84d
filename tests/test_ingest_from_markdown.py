"""Whole lists become claims: entries in every form, topics, remarks, and what is left aside."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.decode import decode_text
from ingest.from_markdown import read_list
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Remark

Told = Callable[..., list[str]]

INTRODUCES, ABOUT, BROADER = Relation.INTRODUCES, Relation.ABOUT, Relation.BROADER
TRAINED, DERIVED, SUPERSEDES = Relation.TRAINED_ON, Relation.DERIVED_FROM, Relation.SUPERSEDES
ARXIV, LINK, READ = Property.ARXIV, Property.LINK, Property.READ


def reading(text: str) -> Reading:
    return read_list(inspect.cleandoc(text))


def papers(text: str) -> set[str]:
    """Names of all papers that any claim speaks of."""
    ends = [e for c in reading(text).claims for e in (c.subject, c.object) if e is not None]
    return {e.text for e in ends if e.kind is Kind.PAPER}


# --- headings with labelled links


HEADING = """
    # Lanterns

    ## Night models

    #### Glimmer: A Lantern for Images [`UNREAD`]

    paper link: [here](https://arxiv.org/pdf/2401.01234v2)

    github link: [here](https://github.com/acme/glimmer)

    dataset link: [glim-set](https://huggingface.co/datasets/acme/glim-set)

    homepage link: [here](https://glimmer.example/)

    model-zoo links: [v1](https://huggingface.co/acme/glimmer-v1) | [v2](https://huggingface.co/acme/glimmer-v2)

    updated version: [here](https://arxiv.org/abs/2405.01234)

    citation:
    ```bibtex
    @misc{doe2024glimmer,
      title={Glimmer: A Lantern for Images},
      author={Jane Doe and Richard Roe},
      year={2024},
      eprint={2401.01234},
      archivePrefix={arXiv}
    }
    ```

    ## Day models
"""


def test_a_heading_with_links_is_a_paper_with_its_topic_and_what_it_introduces(told: Told) -> None:
    assert told(HEADING, INTRODUCES, ABOUT, READ) == [
        "5 paper:Glimmer: A Lantern for Images ABOUT topic:Night models",
        "5 paper:Glimmer: A Lantern for Images INTRODUCES model:Glimmer",
        "5 paper:Glimmer: A Lantern for Images read = unread",
    ]


def test_each_labelled_link_is_claimed_for_what_it_is_on_its_own_line(told: Told) -> None:
    assert told(HEADING, LINK) == sorted([
        "9 paper:Glimmer: A Lantern for Images link rel=code = https://github.com/acme/glimmer",
        "11 paper:Glimmer: A Lantern for Images link rel=dataset = https://huggingface.co/datasets/acme/glim-set",
        "13 paper:Glimmer: A Lantern for Images link rel=homepage = https://glimmer.example/",
        "15 model:Glimmer link rel=model = https://huggingface.co/acme/glimmer-v1",
        "15 model:Glimmer link rel=model = https://huggingface.co/acme/glimmer-v2",
    ])  # fmt: skip


def test_the_id_of_a_paper_stands_on_the_line_of_its_link(told: Told) -> None:
    assert told(HEADING, ARXIV, Property.VERSION) == sorted([
        "7 paper:Glimmer: A Lantern for Images arxiv = 2401.01234",
        "7 paper:Glimmer: A Lantern for Images version = v2",
        "17 paper:arXiv:2405.01234 arxiv = 2405.01234",
        "21 paper:Glimmer: A Lantern for Images arxiv = 2401.01234",
    ])  # fmt: skip


def test_an_updated_version_supersedes_the_paper(told: Told) -> None:
    assert told(HEADING, SUPERSEDES) == [
        "17 paper:arXiv:2405.01234 SUPERSEDES paper:Glimmer: A Lantern for Images"
    ]


def test_bibtex_below_an_entry_speaks_of_its_paper(told: Told) -> None:
    assert told(HEADING, Property.YEAR, Relation.AUTHORED_BY) == sorted([
        "21 paper:Glimmer: A Lantern for Images AUTHORED_BY person:Jane Doe",
        "21 paper:Glimmer: A Lantern for Images AUTHORED_BY person:Richard Roe",
        "21 paper:Glimmer: A Lantern for Images year = 2024",
    ])  # fmt: skip


def test_links_on_one_line_under_a_heading_are_each_their_own(told: Told) -> None:
    assert told("""
        # Lanterns

        ## Night models

        ### Glimmer-7B: A Lantern for Images READ

        [paper](https://arxiv.org/abs/2401.01234) | [Github](https://github.com/acme/glimmer) | [website](https://glimmer.example) [model zoo](https://huggingface.co/acme/glimmer)

        ## Other
    """, *Relation, READ, LINK) == sorted([
        "5 paper:Glimmer-7B: A Lantern for Images ABOUT topic:Night models",
        "5 paper:Glimmer-7B: A Lantern for Images INTRODUCES model:Glimmer-7B",
        "5 paper:Glimmer-7B: A Lantern for Images read = read",
        "7 paper:Glimmer-7B: A Lantern for Images link rel=code = https://github.com/acme/glimmer",
        "7 paper:Glimmer-7B: A Lantern for Images link rel=homepage = https://glimmer.example",
        "7 model:Glimmer-7B link rel=model = https://huggingface.co/acme/glimmer",
    ])  # fmt: skip


def test_a_name_in_brackets_behind_the_title_is_what_the_paper_introduces(told: Told) -> None:
    assert told("""
        # Lanterns

        ### Brighter Light with Visual Tuning (Glimmer-v1.5) [`READ`]

        paper link: [here](https://arxiv.org/pdf/2401.01234.pdf)

        ### A Cleaned Set of Captions for Lanterns (GLIM3M) [`UNREAD`]

        paper link: [here](https://aclanthology.org/P18-1238.pdf)
        dataset link: [glim-3m](https://data.example/glim3m)
    """, INTRODUCES) == [
        "3 paper:Brighter Light with Visual Tuning INTRODUCES model:Glimmer-v1.5",
        "7 paper:A Cleaned Set of Captions for Lanterns INTRODUCES dataset:GLIM3M",
    ]  # fmt: skip


def test_brackets_behind_a_linked_title_name_things_before_they_name_institutes(told: Told) -> None:
    assert told("""
        # Sights

        ## Datasets

        - [Glimmer: Seeing in the Dark](https://arxiv.org/abs/2401.01234) (Glimmer, DuskIT Dataset) (Northfield)
        - [Brighter Light for Dark Rooms](https://arxiv.org/abs/2401.01235) (DawnVL) (Text2Sight)
        - [GoSR: Glow of Sight Reading](https://arxiv.org/abs/2401.01236) (GoS)
        - [Lumen: Refer to Anything](https://arxiv.org/abs/2401.01237) (Lumen-Bench)
        - [DawnPairs: Things in Twos](https://arxiv.org/abs/2401.01238) (DawmPairs, GLO-VL)
    """, INTRODUCES, Property.ALIAS) == [
        "5 paper:Glimmer: Seeing in the Dark INTRODUCES dataset:DuskIT Dataset",
        "5 paper:Glimmer: Seeing in the Dark INTRODUCES model:Glimmer",
        "6 paper:Brighter Light for Dark Rooms INTRODUCES dataset:DawnVL",
        "7 paper:GoSR: Glow of Sight Reading INTRODUCES dataset:GoSR",
        "8 paper:Lumen: Refer to Anything INTRODUCES dataset:Lumen-Bench",
        "8 paper:Lumen: Refer to Anything INTRODUCES model:Lumen",
        "9 dataset:DawnPairs alias = DawmPairs",
        "9 paper:DawnPairs: Things in Twos INTRODUCES dataset:DawnPairs",
        "9 paper:DawnPairs: Things in Twos INTRODUCES dataset:GLO-VL",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "kinds"),
    [
        ("Data, Model", "dataset model"),
        ("Model & Benchmark", "model dataset"),
        ("Benchmark", "dataset dataset"),
    ],
)
def test_a_tag_with_as_many_kinds_as_names_says_which_is_which(tag: str, kinds: str) -> None:
    text = f"- [{tag}] [Brighter Light for Dark Rooms](https://arxiv.org/abs/2401.01234) (DuskSet, DawnVL)"
    names = zip(kinds.split(), ("DuskSet", "DawnVL"), strict=True)
    found = {c.object for c in reading(text).claims if c.predicate is INTRODUCES}
    assert found == {Name(Kind(kind), name) for kind, name in names}


def test_bibtex_without_entry_is_read_for_itself(told: Told) -> None:
    assert told("""
        # Lanterns

        ## Citation

        Please cite us.

        ```
        @article{doe2024, title={Lanterns for Everyone}, author={Doe, Jane}, year={2024}}
        ```
    """, Property.YEAR, Relation.AUTHORED_BY) == [
        "8 paper:Lanterns for Everyone AUTHORED_BY person:Jane Doe",
        "8 paper:Lanterns for Everyone year = 2024",
    ]  # fmt: skip


# --- details


def test_a_summary_with_an_arrow_names_the_dataset_that_the_paper_introduces(told: Told) -> None:
    assert told("""
        # Lanterns

        ## 🔥 Supervised Finetuning

        <details>

          <summary>Visual Lantern Tuning, NIPS 2023 Oral -> Lantern-Instruct-150K</summary>

          [paper](https://arxiv.org/abs/2401.01234) | [Github](https://github.com/acme/lantern) | [website](https://lantern.example/)

        </details>

        ### Training Set

        ## 🔥 Preference Learning

        <details>
          <summary>Glimmer: A Lantern for Images, 2024 -> Glimmer</summary>

          [paper](https://arxiv.org/abs/2402.01234v1)
        </details>
    """, INTRODUCES, ABOUT, LINK, Property.VENUE, Property.YEAR) == sorted([
        "7 paper:Visual Lantern Tuning INTRODUCES dataset:Lantern-Instruct-150K",
        "7 paper:Visual Lantern Tuning ABOUT topic:Supervised Finetuning",
        "9 paper:Visual Lantern Tuning link rel=code = https://github.com/acme/lantern",
        "9 paper:Visual Lantern Tuning link rel=homepage = https://lantern.example/",
        "7 paper:Visual Lantern Tuning venue = NIPS 2023 Oral",
        "7 paper:Visual Lantern Tuning year = 2023",
        "18 paper:Glimmer: A Lantern for Images INTRODUCES dataset:Glimmer",
        "18 paper:Glimmer: A Lantern for Images ABOUT topic:Preference Learning",
        "18 paper:Glimmer: A Lantern for Images year = 2024",
    ])  # fmt: skip


# --- bullets


def test_bullets_with_a_linked_title_are_papers(told: Told) -> None:
    assert told("""
        # Lanterns

        ## Night models

        - [Glimmer: A Lantern for Images](https://arxiv.org/abs/2401.01234), CVPR 2024. [code](https://github.com/acme/glimmer)
        * (2024-02) Dimmer-3B: A Small Lamp [[paper]](https://arxiv.org/abs/2402.01234v2) [[project]](https://dimmer.example)
        + **Lamps for the Many and the Few** (LampMF) (Tsinghua University) | [paper](https://arxiv.org/abs/2403.01234)

        ## Other
    """, INTRODUCES, ABOUT, ARXIV, LINK, Property.VENUE, Property.YEAR, Property.DATE) == sorted([
        "5 paper:Glimmer: A Lantern for Images INTRODUCES model:Glimmer",
        "5 paper:Glimmer: A Lantern for Images ABOUT topic:Night models",
        "5 paper:Glimmer: A Lantern for Images arxiv = 2401.01234",
        "5 paper:Glimmer: A Lantern for Images link rel=code = https://github.com/acme/glimmer",
        "5 paper:Glimmer: A Lantern for Images venue = CVPR 2024",
        "5 paper:Glimmer: A Lantern for Images year = 2024",
        "6 paper:Dimmer-3B: A Small Lamp INTRODUCES model:Dimmer-3B",
        "6 paper:Dimmer-3B: A Small Lamp ABOUT topic:Night models",
        "6 paper:Dimmer-3B: A Small Lamp arxiv = 2402.01234",
        "6 paper:Dimmer-3B: A Small Lamp link rel=homepage = https://dimmer.example",
        "6 paper:Dimmer-3B: A Small Lamp date kind=list = 2024-02",
        "7 paper:Lamps for the Many and the Few INTRODUCES model:LampMF",
        "7 paper:Lamps for the Many and the Few ABOUT topic:Night models",
        "7 paper:Lamps for the Many and the Few arxiv = 2403.01234",
    ])  # fmt: skip


@pytest.mark.parametrize(
    "mark", ["-", "*", "+", "1.", "12)", "- [ ]", "- [x]", "- 📄", "- **2024**"]
)
def test_entries_are_the_same_behind_every_kind_of_bullet(told: Told, mark: str) -> None:
    text = f"# Lanterns\n\n{mark} [Glimmer: A Lantern for Images](https://arxiv.org/abs/2401.01234)"
    assert told(text, INTRODUCES, ARXIV) == [
        "3 paper:Glimmer: A Lantern for Images INTRODUCES model:Glimmer",
        "3 paper:Glimmer: A Lantern for Images arxiv = 2401.01234",
    ]


def test_a_heading_that_is_a_linked_title_is_that_paper_and_no_topic(told: Told) -> None:
    assert told("""
        # Lanterns

        ## Night models

        ### [Glimmer: A Lantern for Images](https://arxiv.org/abs/2401.01234)

        It glows.

        ## Other
    """, INTRODUCES, ABOUT, BROADER, ARXIV) == [
        "5 paper:Glimmer: A Lantern for Images ABOUT topic:Night models",
        "5 paper:Glimmer: A Lantern for Images INTRODUCES model:Glimmer",
        "5 paper:Glimmer: A Lantern for Images arxiv = 2401.01234",
    ]  # fmt: skip


def test_keys_nested_under_a_bullet_speak_of_it(told: Told) -> None:
    assert told("""
        # Lanterns

        ## Night models

        - [Glow-7B](https://huggingface.co/acme/glow-7b)
          - Paper: [Glowing in the Dark](https://arxiv.org/abs/2404.01234)
          - Training data:
            - CC3M
            - 4k from LLaVA-665K
          - Vision encoder: CLIP
          - 语言模型：Vicuna-7B
          - Licence: Apache 2.0

        ## Other
    """, *Relation, ARXIV, Property.LICENCE) == sorted([
        "6 paper:Glowing in the Dark INTRODUCES model:Glow-7B",
        "6 paper:Glowing in the Dark ABOUT topic:Night models",
        "6 paper:Glowing in the Dark arxiv = 2404.01234",
        "8 model:Glow-7B TRAINED_ON dataset:CC3M stage=unknown",
        "9 model:Glow-7B TRAINED_ON dataset:LLaVA-665K stage=unknown amount=4000",
        "10 model:Glow-7B DERIVED_FROM model:CLIP role=vision-encoder",
        "11 model:Glow-7B DERIVED_FROM model:Vicuna-7B role=language-model",
        "12 model:Glow-7B licence = Apache 2.0",
    ])  # fmt: skip


def test_keyed_bullets_and_one_line_entries_say_the_same(told: Told) -> None:
    runs = told("""
        - Model: Glow-7B
        - Training data: CC3M, SBU
        - Vision encoder: CLIP
    """)
    line = told("- Glow-7B; training data: CC3M, SBU; vision encoder: CLIP")
    assert sorted(c.split(" ", 1)[1] for c in runs) == sorted(c.split(" ", 1)[1] for c in line)
    assert sorted(c.split(" ", 1)[1] for c in line) == [
        "model:Glow-7B DERIVED_FROM model:CLIP role=vision-encoder",
        "model:Glow-7B TRAINED_ON dataset:CC3M stage=unknown",
        "model:Glow-7B TRAINED_ON dataset:SBU stage=unknown",
    ]


def test_a_bullet_about_a_dataset_repository_is_a_dataset(told: Told) -> None:
    assert told("""
        # Lanterns

        - [Glim-Set](https://huggingface.co/datasets/acme/glim-set)
          - Used by: Glimmer-7B
          - Size: 52K
    """, TRAINED, Property.SIZE) == [
        "4 model:Glimmer-7B TRAINED_ON dataset:Glim-Set stage=unknown amount=52000",
        "5 dataset:Glim-Set size = 52K",
    ]  # fmt: skip


def test_a_bracket_that_its_repository_is_called_by_is_another_name(told: Told) -> None:
    assert told(
        """
        # Datasets

        [**Lantern Talk Collected Data (LTALK1)**](https://huggingface.co/datasets/acme/ltalk1)

        [**Evening Talk of Lanterns (revised)**](https://huggingface.co/datasets/acme/evening)
    """,
        Property.ALIAS,
    ) == ["3 dataset:Lantern Talk Collected Data alias = LTALK1"]


def test_undisclosed_training_data_in_a_bullet_is_a_stance(told: Told) -> None:
    assert told("""
        - Glow-7B
          - Training data: undisclosed
          - Vision encoder: none
    """) == ["2 model:Glow-7B TRAINED_ON undisclosed stage=unknown"]


# --- paragraphs and addresses


def test_linked_titles_in_paragraphs_are_papers(told: Told) -> None:
    assert told("""
        # Lanterns

        ## Night models

        [A Lantern for Every Image](https://arxiv.org/abs/2401.01234), CVPR 2024
        [Glimmer](https://arxiv.org/abs/2402.01234): A Lantern for Videos

        ## Other
    """, INTRODUCES, ABOUT, ARXIV) == sorted([
        "5 paper:A Lantern for Every Image ABOUT topic:Night models",
        "5 paper:A Lantern for Every Image arxiv = 2401.01234",
        "6 paper:Glimmer: A Lantern for Videos ABOUT topic:Night models",
        "6 paper:Glimmer: A Lantern for Videos INTRODUCES model:Glimmer",
        "6 paper:Glimmer: A Lantern for Videos arxiv = 2402.01234",
    ])  # fmt: skip


def test_bare_addresses_are_papers_of_their_section_without_a_title(told: Told) -> None:
    text = """
        # Lanterns

        ## Night models

        https://arxiv.org/abs/2401.01234
        <https://arxiv.org/abs/2402.01234>

        ## Other
    """
    assert told(text, ABOUT, ARXIV) == sorted([
        "5 paper:arXiv:2401.01234 ABOUT topic:Night models",
        "5 paper:arXiv:2401.01234 arxiv = 2401.01234",
        "6 paper:arXiv:2402.01234 ABOUT topic:Night models",
        "6 paper:arXiv:2402.01234 arxiv = 2402.01234",
    ])  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["https://arxiv.org/abs/2401.01234", "## Videos\n\nhttps://arxiv.org/abs/2401.01234\n\n## Other", "- https://arxiv.org/abs/2401.01234",
     "| Model | Paper |\n|---|---|\n| G-7B | https://arxiv.org/abs/2401.01234 |"],
)  # fmt: skip
def test_an_address_is_no_name_of_a_paper(told: Told, text: str) -> None:
    assert told(text, Property.LABEL, Property.ALIAS) == []
    assert papers(text) == {"arXiv:2401.01234"}


def test_a_paper_mentioned_in_prose_is_kept_with_its_line(told: Told) -> None:
    text = """
        # Lanterns

        Much of this follows the work of [Doe et al.](https://arxiv.org/abs/2401.01234), which
        said it all first, and of others (https://arxiv.org/abs/2402.01234).
    """
    assert told(text, ARXIV) == [
        "3 paper:arXiv:2401.01234 arxiv = 2401.01234",
        "4 paper:arXiv:2402.01234 arxiv = 2402.01234",
    ]
    assert told(text) == []


def test_several_linked_names_with_remarks_between_have_each_their_own_paper(told: Told) -> None:
    remark = "(Sets of Evening Talk | Sets of Evening Talk by Lantern Light | Sets of Quiet Talk | Other)"
    assert told(f"""
        ## Datasets

        - Add **[Glim-Set](https://arxiv.org/abs/2401.01234)** {remark}; **[DuskQA](https://arxiv.org/abs/2401.01235)** {remark}.
    """, INTRODUCES) == [
        "3 paper:arXiv:2401.01234 INTRODUCES dataset:Glim-Set",
        "3 paper:arXiv:2401.01235 INTRODUCES dataset:DuskQA",
    ]  # fmt: skip


def test_a_link_belongs_to_the_name_that_its_address_names(told: Told) -> None:
    assert told("""
        # Lanterns

        ### Glim and Glim-Pro: Seeing in the Dark

        [paper](https://arxiv.org/abs/2401.01234) | [model](https://huggingface.co/acme/Glim-Pro-7B)
    """, LINK) == ["5 model:Glim-Pro link rel=model = https://huggingface.co/acme/Glim-Pro-7B"]  # fmt: skip


def test_a_heading_names_its_dataset_without_the_owner_also_above_a_paper(told: Told) -> None:
    assert told("""
        # Datasets

        ## Glim-Set - Acme

        - [Paper/Project Link](https://arxiv.org/abs/2401.01234)

        ## Other
    """, INTRODUCES) == ["5 paper:arXiv:2401.01234 INTRODUCES dataset:Glim-Set"]  # fmt: skip


def test_a_paper_that_an_entry_only_mentions_is_not_its_own(told: Told) -> None:
    assert told("""
        ## Lanterns

        - [A Book of Evening Lanterns](https://lantern.example) follows [A Survey of All Lanterns](https://arxiv.org/abs/2401.01234).
    """, ARXIV, Property.LABEL) == [
        "3 paper:arXiv:2401.01234 arxiv = 2401.01234",
        "3 paper:arXiv:2401.01234 label = A Survey of All Lanterns",
    ]  # fmt: skip


def test_a_sentence_before_a_link_is_no_title(told: Told) -> None:
    text = """
        ## Datasets

        - Set of talks used to train the [Glimmer of Evening](https://arxiv.org/abs/2401.01234) model.
    """
    assert told(text) == []
    assert told(text, Property.LABEL) == ["3 paper:arXiv:2401.01234 label = Glimmer of Evening"]


# --- front matter, title and topics


FRONT = """
    ---
    title: Lantern notes
    date: 2023-03-15 16:09:00
    tags:
      - multimodal
    categories:
      - notes
    ---
    # 1 Night models

    ### Training Set

    - [Seeing with One Eye Only](https://arxiv.org/abs/2401.01234)

    # 2 🔥 Day models[2]

    ## 2.1 Small ones

    - [Seeing with Both Eyes Open](https://arxiv.org/abs/2402.01234)

    # References
"""


def test_front_matter_gives_the_documents_own_title_and_date(told: Told) -> None:
    found = reading(FRONT)
    assert (found.title, found.date) == ("Lantern notes", "2023-03-15")
    assert told(FRONT, Property.DATE, Property.YEAR) == []


def test_topics_keep_the_path_of_headings_below_the_tags(told: Told) -> None:
    assert told(FRONT, BROADER) == [
        "17 topic:Small ones BROADER topic:Day models",
        "4 topic:Day models BROADER topic:multimodal",
        "4 topic:Night models BROADER topic:multimodal",
    ]


def test_papers_are_about_the_nearest_heading_that_is_a_topic(told: Told) -> None:
    assert told(FRONT, ABOUT) == [
        "13 paper:Seeing with One Eye Only ABOUT topic:Night models",
        "19 paper:Seeing with Both Eyes Open ABOUT topic:Small ones",
    ]


def test_tags_are_topics_also_when_the_only_heading_is_one(told: Told) -> None:
    text = """
        ---
        title: Lantern notes
        tags: [multimodal]
        ---
        # Night models

        - [Seeing with One Eye Only](https://arxiv.org/abs/2401.01234)

        ## Small ones

        - [Seeing with Both Eyes Open](https://arxiv.org/abs/2402.01234)
    """
    assert told(text, ABOUT, BROADER) == [
        "11 paper:Seeing with Both Eyes Open ABOUT topic:Small ones",
        "3 topic:Night models BROADER topic:multimodal",
        "7 paper:Seeing with One Eye Only ABOUT topic:Night models",
        "9 topic:Small ones BROADER topic:Night models",
    ]


def test_the_title_of_a_document_is_no_topic(told: Told) -> None:
    text = """
        # Awesome Lanterns

        - [Seeing with One Eye Only](https://arxiv.org/abs/2401.01234)

        ## Night models

        - [Seeing with Both Eyes Open](https://arxiv.org/abs/2402.01234)
    """
    assert reading(text).title == "Awesome Lanterns"
    assert told(text, ABOUT, BROADER) == [
        "7 paper:Seeing with Both Eyes Open ABOUT topic:Night models"
    ]


@pytest.mark.parametrize(
    "heading",
    ["Training Set", "Evaluation Dataset", "Training Recipe", "Table of Contents", "目录", "Papers", "News", "2023"],
)  # fmt: skip
def test_headings_that_only_group_are_no_topics(told: Told, heading: str) -> None:
    text = f"""
        # Lanterns

        ## Night models

        ### {heading}

        - [Seeing with One Eye Only](https://arxiv.org/abs/2401.01234)

        ## Other
    """
    assert told(text, ABOUT, BROADER) == [
        "7 paper:Seeing with One Eye Only ABOUT topic:Night models"
    ]


def test_a_deep_path_of_topics_is_kept_link_by_link(told: Told) -> None:
    assert told("""
        # Lanterns
        ## Night
        ### Models
        #### Small
        - [Seeing with One Eye Only](https://arxiv.org/abs/2401.01234)
        ## Day
    """, BROADER, ABOUT) == [
        "3 topic:Models BROADER topic:Night",
        "4 topic:Small BROADER topic:Models",
        "5 paper:Seeing with One Eye Only ABOUT topic:Small",
    ]  # fmt: skip


def test_a_bullet_that_is_a_name_linked_to_its_paper_gives_name_and_venue(told: Told) -> None:
    assert told("""
        # List

        ## Lanterns

        - [Glimmer](https://arxiv.org/abs/2401.01234), EMNLP 2023 Findings
        - Dimmer, [paper](https://arxiv.org/abs/2401.05678)
        - see [this](https://arxiv.org/abs/2401.07777) on oil
    """, INTRODUCES, Property.VENUE, Property.LABEL, Property.YEAR) == [
        "5 paper:arXiv:2401.01234 INTRODUCES model:Glimmer",
        "5 paper:arXiv:2401.01234 label = Glimmer",
        "5 paper:arXiv:2401.01234 venue = EMNLP 2023 Findings",
        "5 paper:arXiv:2401.01234 year = 2023",
        "6 paper:arXiv:2401.05678 INTRODUCES model:Dimmer",
        "6 paper:arXiv:2401.05678 label = Dimmer",
    ]  # fmt: skip


# --- remarks


def test_blockquoted_questions_and_answers_become_remarks_with_their_line() -> None:
    found = reading("""
        # Lanterns

        > ❓ why do they glow?
        > ✅ they burn.

        > &#x2753; what is a lamp?

        > a plain quotation
    """)
    assert found.remarks == (
        Remark(3, "why do they glow?", "question"),
        Remark(4, "they burn.", "answer"),
        Remark(6, "what is a lamp?", "question"),
    )


def test_ticks_outside_quotations_are_no_answers() -> None:
    assert reading("- ✅ done\n\n✅ so it is\n\n| a |\n|---|\n| ✅ |").remarks == ()


# --- what is no paper


@pytest.mark.parametrize(
    "text",
    [
        "[![Stars](https://img.shields.io/github/stars/acme/glimmer.svg)](https://github.com/acme/glimmer)",
        "![Star History](https://api.star-history.com/svg?repos=acme/glimmer)",
        "- [Night models](#night-models)\n  - [Training Set](#training-set)\n- [Day models](#day-models)",
        "[back to top](#top)",
        "- [⬆ Back to top](#awesome-lanterns)",
        "[中文](README_zh.md) | [English](README.md)",
        "By [Jane Doe](https://jane.example)",
        "- [Jane Doe](https://jane.example)",
        "- [Jane Doe](https://scholar.google.com/citations?user=abc)",
        "Maintained by [Jane Doe](https://github.com/jane) and [Bob Moe](https://bob.example).",
        "⭐ 1,234 stars",
        "[Join our chat](https://discord.gg/abc) [Website](https://lanterns.example)",
        "<p align='center'><a href='https://github.com/acme'><img src='logo.png'></a></p>",
        "[Contributions](CONTRIBUTING.md) are welcome!",
    ],
)
def test_badges_contents_navigation_and_homepages_are_no_papers(told: Told, text: str) -> None:
    document = f"# Awesome Lanterns\n\n{text}\n\n## Night models\n\ntext\n\n## Day models\n\ntext"
    assert papers(document) == set()
    assert told(document, INTRODUCES, ABOUT, TRAINED) == []


def test_a_badge_with_an_arxiv_address_is_a_link_to_that_paper(told: Told) -> None:
    assert told("""
        # Lanterns

        - **Glimmer: A Lantern for Images** [![arXiv](https://img.shields.io/badge/a.svg)](https://arxiv.org/abs/2401.01234) ![Star](https://img.shields.io/s.svg)
    """, ARXIV, INTRODUCES) == [
        "3 paper:Glimmer: A Lantern for Images INTRODUCES model:Glimmer",
        "3 paper:Glimmer: A Lantern for Images arxiv = 2401.01234",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "# L\n\n## Glow-7B\n\n[![arXiv](https://img.shields.io/a.svg)](https://arxiv.org/abs/2401.01234)\n\n## Other",
        "# L\n\n## Glow-7B\n\n[![Blog](https://img.shields.io/b.svg)](https://glow.example/paper.pdf)\n\n## Other",
        "| Model | Paper |\n|---|---|\n| Lamp-1B | [![arXiv](c.svg)](https://arxiv.org/abs/2402.01234) |",
        "- Model: [Glow-7B](https://arxiv.org/abs/2401.01234)\n- Training data: CC3M",
    ],
)
def test_claims_from_badges_and_bare_keys_still_quote_something(
    told_claim: Callable[[Claim], str], text: str
) -> None:
    claims = read_list(text).claims
    assert claims
    assert [told_claim(c) for c in claims if not c.quote.strip()] == []


# --- every arXiv link

CONTEXTS = [
    "- [{t}]({u})",
    "- {t} [[paper]]({u})",
    "- [paper]({u})",
    "1. [{t}]({u}).",
    "## {t}\n\n[paper]({u})",
    "## [{t}]({u})",
    "### {t} [paper]({u})\n\ntext",
    "**[{t}]({u})**",
    "<details><summary>{t}, 2024 -> Set</summary>\n\n[paper]({u})\n\n</details>",
    "<details><summary>[{t}]({u})</summary>\n\ntext\n\n</details>",
    "| Model | Paper |\n|---|---|\n| Glow-7B | [link]({u}) |",
    "| Model | Data |\n|---|---|\n| [Glow-7B]({u}) | CC3M |",
    "| Model | Data |\n|---|---|\n| Glow-7B | [CC3M]({u}), SBU |",
    "| Model | Data |\n|---|---|\n| Glow-7B | see [here]({u}) |",
    "| Model | Notes |\n|---|---|\n| Glow-7B | as in [this]({u}) |",
    "| Model [x]({u}) | Data |\n|---|---|\n| Glow-7B | CC3M |",
    "| Colour | Shoe |\n|---|---|\n| red | [x]({u}) |",
    "| Model | Data |\n|---|---|\n| - | [x]({u}) |",
    "<table><tr><th>Model</th></tr><tr><td><a href='{u}'>Glow-7B</a></td></tr></table>",
    "<table>\n<tr><td><a href=\"{u}\">{t}</a></td></tr>\n</table>",
    "> as said in [{t}]({u})",
    "> ❓ what of <{u}>?",
    "We follow {u} in this.",
    "We follow [them]({u}) in this, and much else, for a long time.",
    "<a href=\"{u}\">{t}</a>",
    "<p>see <a href='{u}'>this</a></p>",
    "[![badge](b.svg)]({u})",
    "[{t}][1]\n\n[1]: {u}",
    "- one\n  - two\n    - [{t}]({u})",
    "- Glow-7B\n  - Paper: {u}",
    "- Glow-7B\n  - Training data: [CC3M]({u})",
    "- Glow-7B\n\n  see [{t}]({u})",
    "- [Jane]({u}) and [Bob](https://bob.example)",
    "* [{t}]({u}) | [code](https://github.com/acme/x) | [{t}]({u})",
    "text[^1]\n\n[^1]: [{t}]({u})",
    "## References\n\n[1] Jane Doe. {t}. {u}, 2024.",
    "## References\n\n[1] [{t}]({u})",
    "[back to top]({u})",
]  # fmt: skip
ADDRESSES = [
    "https://arxiv.org/abs/2401.01234",
    "http://arxiv.org/pdf/2401.01234",
    "https://arxiv.org/pdf/2401.01234v3.pdf",
    "https://www.arxiv.org/abs/2401.01234v1",
    "https://arxiv.org/abs/cs/0112017",
]


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_arxiv_link_anywhere_is_a_paper(context: str) -> None:
    for address in ADDRESSES:
        text = "# Lanterns\n\n## Night\n\n" + context.format(t="A Title of Four Words", u=address)
        found = read_list(text + "\n\n## Day\n\ntext\n")
        wanted = "cs/0112017" if "cs/" in address else "2401.01234"
        ids = {c.values["text"] for c in found.claims if c.predicate is ARXIV}
        lines = text.split("\n")
        placed = [c.line for c in found.claims if c.predicate is ARXIV]
        assert wanted in ids, address
        assert all(1 <= n <= len(lines) for n in placed)


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize(
    "address", ["https://arxiv.org/abs/2401.123", "https://arxiv.org/pdf/2413.01234"]
)
def test_an_arxiv_link_that_names_no_paper_is_rejected_with_its_line(
    context: str, address: str
) -> None:
    text = "# Lanterns\n\n## Night\n\n" + context.format(t="A Title of Four Words", u=address)
    found = read_list(text + "\n\n## Day\n\ntext\n")
    assert [c for c in found.claims if c.predicate is ARXIV] == []
    assert any(address in r.text + r.reason for r in found.rejected)


@pytest.mark.parametrize(
    "address", ["https://arxiv.org/", "https://arxiv.org/list/cs.CL/recent", "https://info.arxiv.org/help"]
)  # fmt: skip
def test_other_pages_of_arxiv_are_no_papers(address: str) -> None:
    assert papers(f"# Lanterns\n\nSee [arXiv]({address}) for more.") == set()


# --- titles and damage


@pytest.mark.parametrize(
    "title",
    ["“Why Not?” and Other Questions of Lanterns", "Eﬃcient ﬁne-tuning of Small Lanterns", "Lanterns’ Light: Who’s Looking at It",
     "What Do Lanterns See? A Study", "Größe und Licht: Über Lanterns", "Lanterns & Lamps in the Dark"],
)  # fmt: skip
def test_titles_keep_quotes_ligatures_and_question_marks(title: str) -> None:
    assert papers(f"# Lanterns\n\n- [{title}](https://arxiv.org/abs/2401.01234)") == {title}
    assert papers(f"# Lanterns\n\n### {title}\n\n[paper](https://arxiv.org/abs/2401.01234)") == {
        title
    }


def test_a_garbled_list_is_read_as_if_it_were_whole(told: Told) -> None:
    text = decode_text(
        "# Lanterns\n\n## ðŸ”¥ Video-LLM\n\n| Model | Training Data |\n|---|---|\n"
        "| Glow-7B | CC3Mï¼ŒSBU |\n\n- [Seeing â€œNightâ€\x9d with Lanterns](https://arxiv.org/abs/2401.01234)\n\n## Other".encode()
    )  # fmt: skip
    assert told(text) == sorted([
        "7 model:Glow-7B TRAINED_ON dataset:CC3M stage=unknown",
        "7 model:Glow-7B TRAINED_ON dataset:SBU stage=unknown",
        "9 paper:Seeing “Night” with Lanterns ABOUT topic:Video-LLM",
    ])  # fmt: skip


def test_zero_width_characters_do_not_hide_a_link(told: Told) -> None:
    assert told("- [A\u200b Title of\ufffe Words](https://arxiv.org/abs/2401.01234)", ARXIV) == [
        "1 paper:A Title of Words arxiv = 2401.01234"
    ]


# --- HTML pages


def test_an_html_page_says_the_same_as_its_markdown(told: Told) -> None:
    page = """
        <html><head><title>x</title></head><body>
        <h1>Lanterns</h1>
        <h2>Night models</h2>
        <ul>
        <li><a href="https://arxiv.org/abs/2401.01234">Glimmer: A Lantern for Images</a></li>
        </ul>
        <table>
        <tr><th>Model</th><th>Training Data</th></tr>
        <tr><td>Glow-7B</td><td>CC3M, SBU</td></tr>
        </table>
        <h2>Other</h2>
        </body></html>
    """
    assert told(page, *Relation, ARXIV, is_html=True) == sorted([
        "5 paper:Glimmer: A Lantern for Images ABOUT topic:Night models",
        "5 paper:Glimmer: A Lantern for Images INTRODUCES model:Glimmer",
        "5 paper:Glimmer: A Lantern for Images arxiv = 2401.01234",
        "9 model:Glow-7B TRAINED_ON dataset:CC3M stage=unknown",
        "9 model:Glow-7B TRAINED_ON dataset:SBU stage=unknown",
    ])  # fmt: skip


# --- laws

PIECES = st.sampled_from(
    [
        "# Lanterns",
        "## Night models",
        "### Glimmer: A Lantern for Images READ",
        "[paper](https://arxiv.org/abs/2401.01234)",
        "- [Glow-7B](https://huggingface.co/acme/glow)",
        "  - Training data: CC3M, SBU",
        "- Model: Glow-7B",
        "- Vision encoder: CLIP",
        "<details><summary>A Title, CVPR 2024 -> Glim-1M</summary>",
        "</details>",
        "| Model | Training Data | GQA | MME |",
        "|---|---|---|---|",
        "| Glow-7B | PT: CC3M; in-house data | 61.2 | 1,500 |",
        "Glow | undisclosed | best",
        "| Dataset | Used by | Size |",
        "<table>",
        "<tr><td rowspan=2>Glow-7B</td><td>CC3M</td></tr>",
        "</table>",
        "```bibtex",
        "```",
        "@misc{a, title={T}, eprint={2401.01234}}",
        "> ❓ why?",
        "**Abstract**",
        "## References",
        "[1] Jane Doe. Lamps for everyone. In CVPR, 2020. 3",
        "🔎 *Lamps [1]*",
        "---",
        "title: x",
        "tags: [a, b]",
        "",
        "text with https://arxiv.org/abs/2402.01234v2 in it",
        "https://arxiv.org/abs/24",
        "paper link: [here](u)",
        "| a | b",
        "[x]: https://arxiv.org/abs/2403.01234",
        "[x]",
        "\x00",
        "<li>",
        "[![b](i.svg)](https://x.example)",
        "$$\\frac{a}{b}$$",
    ]  # fmt: skip
)
DOCUMENTS = st.lists(
    st.one_of(PIECES, st.text(st.characters(exclude_characters="\n"), max_size=25)), max_size=16
).map("\n".join)


@pytest.mark.parametrize("is_html", [False, True])
@example(text="- Model: Glow-7B\ntext with https://arxiv.org/abs/2402.01234v2 in it")
@given(text=DOCUMENTS)
def test_any_text_is_read_and_every_claim_has_its_line_and_words(is_html: bool, text: str) -> None:
    found = read_list(text, is_html=is_html)
    last = text.count("\n") + 1
    for claim in found.claims:
        assert 1 <= claim.line <= last
        assert claim.quote.strip()
        assert claim.extractor
        assert 0 < claim.confidence <= 1
        for end in (claim.subject, claim.object):
            assert end is None or end.text == end.text.strip() != ""
    assert all(1 <= r.line <= last and r.reason for r in found.rejected)
    assert all(1 <= r.line <= last and r.text and r.kind for r in found.remarks)


@given(DOCUMENTS)
def test_reading_twice_gives_the_same(text: str) -> None:
    assert read_list(text) == read_list(text)


@given(DOCUMENTS, st.integers(1, 5))
def test_blank_lines_before_a_list_move_its_claims_and_nothing_else(text: str, more: int) -> None:
    if re.match(r"\s*(---|\.\.\.)", text):
        return
    before, after = read_list("\n\n" + text), read_list("\n\n" + "\n" * more + text)
    assert [(c.line + more, c.predicate, c.subject, c.object) for c in before.claims] == [
        (c.line, c.predicate, c.subject, c.object) for c in after.claims
    ]


@pytest.mark.parametrize(
    "unit",
    ["- [A Title of Four Words](https://arxiv.org/abs/2401.01234)\n", "## H\n\n[paper](https://arxiv.org/abs/2401.01234)\n\n",
     "| Glow-7B | CC3M, SBU |\n", "  - Training data: CC3M\n", "[1] Jane Doe. Lamps. In CVPR, 2020.\n\n", "text text text\n\n", "> ❓ why\n",
     "- Model: Glow\n", "<details><summary>A Title</summary>\n\n[paper](https://arxiv.org/abs/2401.01234)\n\n"],
)  # fmt: skip
def test_long_lists_are_read_to_their_end(unit: str) -> None:
    head = "# Lanterns\n\n| Model | Training Data |\n|---|---|\n" if unit.startswith("|") else ""
    text = head + unit * (60_000 // len(unit))
    found = read_list(text)
    assert all(1 <= c.line <= text.count("\n") + 1 for c in (*found.claims, *found.rejected))


# --- bold titles with more on their line


@pytest.mark.parametrize(
    ("behind", "more"),
    [
        ("", []),
        (" (NeurIPS 2023)", ["venue = NeurIPS 2023", "year = 2023"]),
        (" NeurIPS 2023", ["venue = NeurIPS 2023", "year = 2023"]),
        (", 2023", ["year = 2023"]),
        (" - Otter et al.", []),
        (". Otter et al., NeurIPS 2023", ["venue = NeurIPS 2023", "year = 2023"]),
        (". Ann Otter, Bo Lamp. NeurIPS 2023", ["venue = NeurIPS 2023", "year = 2023"]),
        (" [code](https://github.com/a/otter)", ["link rel=code = https://github.com/a/otter"]),
    ],
)
@pytest.mark.parametrize(
    "keys",
    [
        "\n- paper link: [here](https://arxiv.org/abs/2404.14219)",
        "paper link: [here](https://arxiv.org/abs/2404.14219)",
        "\n[paper](https://arxiv.org/abs/2404.14219)",
    ],
)
def test_a_bold_title_may_have_more_on_its_line(
    told_claim: Callable[[Claim], str], behind: str, more: list[str], keys: str
) -> None:
    text = f"# List\n\n## Otters\n\n**Otter-VL: A Swimming Model**{behind}\n{keys}\n"
    found = [told_claim(c).split(" ", 1)[1] for c in read_list(text).claims]
    own = "paper:Otter-VL: A Swimming Model"
    assert sorted(found) == sorted(
        [
            f"{own} arxiv = 2404.14219",
            f"{own} ABOUT topic:Otters",
            f"{own} INTRODUCES model:Otter-VL",
            *(f"{own} {m}" for m in more),
        ]
    )


def test_each_bold_title_keeps_its_own_keys(told: Told) -> None:
    text = """
        **Otter-VL: A Swimming Model** (ICML 2024)
        - paper link: [here](https://arxiv.org/abs/2404.14219)

        **Lamp-VL: A Glowing Model**, 2024
        - paper link: [here](https://arxiv.org/abs/2404.14220)
        """
    assert told(text, ARXIV) == [
        "2 paper:Otter-VL: A Swimming Model arxiv = 2404.14219",
        "5 paper:Lamp-VL: A Glowing Model arxiv = 2404.14220",
    ]


def test_a_bold_sentence_in_running_text_is_no_title() -> None:
    text = """
        **All of these otters are large.** They were trained on much data.

        - paper link: [here](https://arxiv.org/abs/2404.14219)
        """
    assert papers(text) == {"arXiv:2404.14219"}


# --- arXiv ids that are no links


OTTER = "paper:Otter-VL: A Swimming Model"


@pytest.mark.parametrize(
    "line",
    [
        "- Otter-VL: A Swimming Model. arXiv:2404.14219",
        "- Otter-VL: A Swimming Model. arXiv 2404.14219.",
        "- Otter-VL: A Swimming Model, arXiv:2404.14219",
        "- Otter-VL: A Swimming Model (arXiv:2404.14219)",
        "- Otter-VL: A Swimming Model [arXiv:2404.14219]",
        "- Otter-VL: A Swimming Model. arXiv preprint arXiv:2404.14219 (2024).",
        "- Otter-VL: A Swimming Model. arXiv:2404.14219 - notes: it swims very well in cold water",
        "- **Otter-VL: A Swimming Model** arXiv:2404.14219",
        "- [x] **Otter-VL: A Swimming Model** arXiv:2404.14219",
        "1. Otter-VL: A Swimming Model. arXiv:2404.14219.",
        "- arXiv:2404.14219 Otter-VL: A Swimming Model",
        "- Otter-VL: A Swimming Model\n  - arXiv: 2404.14219",
        "### Otter-VL: A Swimming Model (arXiv:2404.14219)",
        "### Otter-VL: A Swimming Model. arXiv:2404.14219\n\n- It swims.\n- It dives.",
        "### Otter-VL: A Swimming Model\n\n- arXiv: 2404.14219",
    ],
)
def test_an_arxiv_id_in_words_identifies_the_paper_of_its_entry(
    told_claim: Callable[[Claim], str], line: str
) -> None:
    found = [
        told_claim(c).split(" ", 1)[1]
        for c in read_list(f"# P\n\n## Otters\n\n{line}").claims
        if c.predicate is not READ
    ]
    assert sorted(found) == [
        f"{OTTER} ABOUT topic:Otters",
        f"{OTTER} INTRODUCES model:Otter-VL",
        f"{OTTER} arxiv = 2404.14219",
    ]


def test_what_else_stands_beside_an_arxiv_id_in_words_is_kept(told: Told) -> None:
    text = (
        "- Otter-VL: A Swimming Model. arXiv:2404.14219v2, 2024. [code](https://github.com/a/otter)"
    )
    assert told(text, ARXIV, LINK, Property.VERSION, Property.VENUE, Property.YEAR) == [
        f"1 {OTTER} arxiv = 2404.14219",
        f"1 {OTTER} link rel=code = https://github.com/a/otter",
        f"1 {OTTER} version = v2",
        f"1 {OTTER} year = 2024",
    ]
    text = "- Otter-VL: A Swimming Model (arXiv:2404.14219) (NeurIPS 2024)"
    assert told(text, ARXIV, Property.VENUE) == [
        f"1 {OTTER} arxiv = 2404.14219",
        f"1 {OTTER} venue = NeurIPS 2024",
    ]


def test_a_name_with_an_arxiv_id_in_words_stands_for_its_paper(told: Told) -> None:
    assert told("# P\n\n## Vision models\n\n- Otter-VL (arXiv:2404.14219)", INTRODUCES) == [
        "5 paper:arXiv:2404.14219 INTRODUCES model:Otter-VL"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "- We follow the recipe of Otter (arXiv:2404.14219) for training",
        "- Both arXiv:2404.14219 and arXiv:2404.14220 are about otters",
        "- Otter-VL: A Swimming Model. arXiv:9999.14219",
    ],
)
def test_an_arxiv_id_in_a_sentence_or_of_no_paper_identifies_nothing(told: Told, line: str) -> None:
    assert told(line, ARXIV, Property.VENUE) == []


# --- what is no title of the paper beside it


def test_a_sentence_that_goes_on_in_a_link_is_no_title() -> None:
    found = papers("""
        # News
        - (2024/02/02) Revise the notes of some entries; add [Brookwater](https://arxiv.org/abs/2402.00159).
        - (2024/02/03) We are now listed in [a survey](https://arxiv.org/abs/2402.00160).
        """)
    assert not any("Revise" in name or "listed" in name for name in found)


def test_an_article_and_the_report_beside_it_are_two_papers(told: Told) -> None:
    found = told(
        """
        | Model | Paper/Blog |
        |---|---|
        | Otterling | [Introducing the small Otterling](https://example.org/blog/otterling), [Technical Report](https://arxiv.org/abs/2404.14219) |
        """,
        ARXIV,
        INTRODUCES,
    )
    assert found == [
        "3 paper:Introducing the small Otterling INTRODUCES model:Otterling",
        "3 paper:arXiv:2404.14219 INTRODUCES model:Otterling",
        "3 paper:arXiv:2404.14219 arxiv = 2404.14219",
    ]


def test_the_project_is_no_other_name_of_its_data(told: Told) -> None:
    text = "- [OtterData: A Large Set of Otter Videos](https://arxiv.org/abs/2404.14219) (Otter)"
    assert told(text, Property.ALIAS) == []


def test_a_question_mark_alone_is_no_remark() -> None:
    assert reading("> ❓\n\n> ❓ •\n\n> ❓ Why so?").remarks == (Remark(5, "Why so?", "question"),)
