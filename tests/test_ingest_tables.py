"""Tables of models, datasets, papers and scores become claims, each cell on its own line."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from ingest.from_markdown import read_list
from kg.model import Property, Relation

Told = Callable[..., list[str]]

TRAINED, DERIVED, EVALUATED = Relation.TRAINED_ON, Relation.DERIVED_FROM, Relation.EVALUATED_ON
INTRODUCES, ABOUT = Relation.INTRODUCES, Relation.ABOUT


def rejected(text: str) -> list[tuple[int, str]]:
    return [(r.line, r.reason) for r in read_list(inspect.cleandoc(text)).rejected]


# --- models


def test_a_table_of_models_says_what_they_are_made_of_and_trained_on(told: Told) -> None:
    assert told("""
        # List

        | Model | Vision Encoder | Language Model | Training Data |
        |-------|----------------|----------------|---------------|
        | Glimmer-7B | CLIP ViT-L/14 | Vicuna-7B | CC3M, LLaVA-665K |
        | Dimmer-3B | SigLIP | Phi-2 | SBU |
    """) == sorted([
        "5 model:Glimmer-7B DERIVED_FROM model:CLIP ViT-L/14 role=vision-encoder",
        "5 model:Glimmer-7B DERIVED_FROM model:Vicuna-7B role=language-model",
        "5 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown",
        "5 model:Glimmer-7B TRAINED_ON dataset:LLaVA-665K stage=unknown",
        "6 model:Dimmer-3B DERIVED_FROM model:SigLIP role=vision-encoder",
        "6 model:Dimmer-3B DERIVED_FROM model:Phi-2 role=language-model",
        "6 model:Dimmer-3B TRAINED_ON dataset:SBU stage=unknown",
    ])  # fmt: skip


def test_headers_with_reference_marks_and_typing_errors_are_understood(told: Told) -> None:
    assert told("""
        | Mdoels | Vison Encoder[2] | Trainning Data [1][3] | Inst[2] |
        |---|---|---|---|
        | Glimmer-7B | CLIP | CC3M | AA |
    """, TRAINED, DERIVED) == [
        "3 model:Glimmer-7B DERIVED_FROM model:CLIP role=vision-encoder",
        "3 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown",
    ]  # fmt: skip


def test_a_language_model_column_with_no_model_before_it_names_the_models(told: Told) -> None:
    assert told("""
        | Language Model | Release Date | Params (B) | Licence |
        |---|---|---|---|
        | Glimmer-7B | 2023/10 | 7 | Apache 2.0 |
    """, Property.DATE, Property.PARAMETERS, Property.LICENCE, DERIVED) == [
        "3 model:Glimmer-7B date kind=list = 2023/10",
        "3 model:Glimmer-7B licence = Apache 2.0",
        "3 model:Glimmer-7B parameters = 7",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "stage"),
    [
        ("Pretraining Data", "pretrain"),
        ("预训练数据", "pretrain"),
        ("SFT Data", "sft"),
        ("Instruction Tuning Data", "sft"),
        ("指令微调数据", "sft"),
        ("Preference Data", "preference"),
        ("Training Data", "unknown"),
    ],
)
def test_the_column_gives_the_stage(told: Told, header: str, stage: str) -> None:
    assert told(f"| Model | {header} |\n|---|---|\n| Glimmer-7B | CC3M |") == [
        f"3 model:Glimmer-7B TRAINED_ON dataset:CC3M stage={stage}"
    ]


@pytest.mark.parametrize(
    ("heading", "stage"),
    [
        ("Pre-training", "pretrain"),
        ("🔥 Supervised Finetuning", "sft"),
        ("Preference Learning", "preference"),
        ("指令微调", "sft"),
        ("Video-LLM", "unknown"),
    ],
)
def test_the_heading_gives_the_stage_where_the_column_does_not(
    told: Told, heading: str, stage: str
) -> None:
    assert told(f"""
        # List

        ## {heading}

        ### Training Recipe

        | Model | Training Data |
        |---|---|
        | Glimmer-7B | CC3M |

        ## Other
    """, TRAINED) == [f"9 model:Glimmer-7B TRAINED_ON dataset:CC3M stage={stage}"]  # fmt: skip


def test_labels_in_the_cell_give_the_stage_before_column_and_heading(told: Told) -> None:
    assert told("""
        # List

        ## Supervised Finetuning

        | Model | Training Data |
        |---|---|
        | Glimmer-7B | PT video/image-caption: CC3M, WebVid-2M<br>SFT image-video inst tuning: LLaVA-665K |
        | Dimmer-3B | Stage1: CC3M<br>Stage2: LLaVA-665K |
        | Lamp-1B | SBU |

        ## Other
    """, TRAINED) == [
        "7 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=pretrain",
        "7 model:Glimmer-7B TRAINED_ON dataset:LLaVA-665K stage=sft",
        "7 model:Glimmer-7B TRAINED_ON dataset:WebVid-2M stage=pretrain",
        "8 model:Dimmer-3B TRAINED_ON dataset:CC3M stage=unknown",
        "8 model:Dimmer-3B TRAINED_ON dataset:LLaVA-665K stage=unknown",
        "9 model:Lamp-1B TRAINED_ON dataset:SBU stage=sft",
    ]  # fmt: skip


def test_the_label_of_a_stage_is_kept_as_written() -> None:
    reading = read_list("| Model | Training Data |\n|---|---|\n| G-7B | Stage1: CC3M<br>SFT: SBU |")
    assert {
        c.object.text: c.values.get("stage_as_written") for c in reading.claims if c.object
    } == {
        "CC3M": "Stage1",
        "SBU": "SFT",
    }


def test_a_row_with_pipes_missing_is_read_like_the_others(told: Told) -> None:
    assert told("""
        Model | Training Data
        --- | ---
        Glimmer-7B | CC3M; SBU
        | Dimmer-3B | CC12M&3M
    """) == [
        "3 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown",
        "3 model:Glimmer-7B TRAINED_ON dataset:SBU stage=unknown",
        "4 model:Dimmer-3B TRAINED_ON dataset:CC12M stage=unknown",
        "4 model:Dimmer-3B TRAINED_ON dataset:CC3M stage=unknown",
    ]


@pytest.mark.parametrize(
    "cell",
    ["CC3M, RefCOCO+, LAION-en&zh", "CC3M；RefCOCO+；LAION-en&zh", "CC3M、RefCOCO+、LAION-en&zh", "CC3M + RefCOCO+ + LAION-en&zh",
     "CC3M & RefCOCO+ & LAION-en&zh", "CC3M<br/>RefCOCO+<br/>LAION-en&zh",
     "<ul><li>CC3M</li><li>RefCOCO+</li><li>LAION-en&amp;zh</li></ul>",
     "[CC3M](https://a.example), [RefCOCO+](https://b.example), [LAION-en&zh](https://c.example)",
     "`CC3M`, **RefCOCO+** and LAION-en&zh", "CC3M (train), RefCOCO+ (filtered), LAION-en&zh"],
)  # fmt: skip
def test_every_way_to_write_a_list_gives_the_same_claims(told: Told, cell: str) -> None:
    assert told(f"| Model | Training Data |\n|---|---|\n| Glimmer-7B | {cell} |") == [
        "3 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown",
        "3 model:Glimmer-7B TRAINED_ON dataset:LAION-en&zh stage=unknown",
        "3 model:Glimmer-7B TRAINED_ON dataset:RefCOCO+ stage=unknown",
    ]


def test_amounts_come_from_the_item_or_from_the_row(told: Told) -> None:
    assert told("""
        | Model | Training Data | Quantity |
        |---|---|---|
        | Glimmer-7B | CC3M | 558K |
        | Dimmer-3B | 4k from ShareGPT, 10k from GQA | |
    """, TRAINED) == [
        "3 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown amount=558000",
        "4 model:Dimmer-3B TRAINED_ON dataset:GQA stage=unknown amount=10000",
        "4 model:Dimmer-3B TRAINED_ON dataset:ShareGPT stage=unknown amount=4000",
    ]  # fmt: skip


def test_a_size_in_brackets_is_no_part_of_a_training_sets_name() -> None:
    reading = read_list(
        "| Model | Training Data |\n|---|---|\n| Glimmer-7B | CC3M (595K), SBU (1M) |"
    )
    assert [c.object.text for c in reading.claims if c.object] == ["CC3M", "SBU"]


def trained(cell: str, beside: str = "") -> list[str]:
    """What a row's training data is read as: 'name' or 'name = amount'; `beside` is another row's."""
    text = f"| Model | Training Data |\n|---|---|\n| Glimmer-7B | {cell} |\n| Other-1B | {beside} |"
    found = [
        (c.object.text, c.values.get("amount"))
        for c in read_list(text).claims
        if c.object and c.line == 3
    ]
    return [f"{n} = {a['text']}" if isinstance(a, dict) else n for n, a in found]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("LAMP-400M: 10M, CC3M: 595K, SBU: 1M", ["LAMP-400M = 10M", "CC3M = 595K", "SBU = 1M"]),
        ("OtterComp, LAMP: 700M, CC3M", ["OtterComp", "LAMP = 700M", "CC3M"]),
        ("LAMP：1.5M images；SBU", ["LAMP = 1.5M images", "SBU"]),
        ("558K LampSet, 1.2M ShareOtter, COCO", ["LampSet = 558K", "ShareOtter = 1.2M", "COCO"]),
        ("CC3M 595K, SBU 1M", ["CC3M = 595K", "SBU = 1M"]),
        ("OtterComp, LAMP (10%), SBU: 1M", ["OtterComp", "LAMP", "SBU = 1M"]),
        ("595K CC3M + 1M SBU", ["CC3M = 595K", "SBU = 1M"]),
        ("LAMP: 100K (by hand), SBU", ["LAMP = 100K", "SBU"]),
        ("Caption sets: LAMP, SBU", ["LAMP", "SBU"]),
    ],
)
def test_an_amount_apart_from_a_training_sets_name_is_how_much_of_it_is_used(
    cell: str, wanted: list[str]
) -> None:
    assert trained(cell) == wanted


def test_a_colon_before_an_amount_leaves_stage_labels_what_they_are(told: Told) -> None:
    found = told("""
        | Model | Training Data |
        |---|---|
        | Glimmer-7B | Pretrain: CC3M: 595K, SBU; SFT: LAMP: 10K |
        """)
    assert found == [
        "3 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=pretrain amount=595000",
        "3 model:Glimmer-7B TRAINED_ON dataset:LAMP stage=sft amount=10000",
        "3 model:Glimmer-7B TRAINED_ON dataset:SBU stage=pretrain",
    ]


def test_numbered_stages_on_one_line_are_two() -> None:
    text = (
        "| Model | Training Data |\n|---|---|\n| Glimmer-7B | Stage 1: CC3M: 595K; Stage 2: LAMP |"
    )
    found = [
        (c.object.text, c.values["stage_as_written"]) for c in read_list(text).claims if c.object
    ]
    assert found == [("CC3M", "Stage 1"), ("LAMP", "Stage 2")]


def test_a_size_behind_a_blank_may_belong_to_the_name() -> None:
    assert trained("LAMP 400M, OTTER 700M") == ["LAMP 400M", "OTTER 700M"]
    assert trained("LAMP 400M, CC3M 595K", "LAMP-400M") == ["LAMP 400M", "CC3M 595K"]
    assert trained("LAMP 400M, LAMP 2B, CC3M 595K") == ["LAMP 400M", "LAMP 2B", "CC3M 595K"]
    assert trained("CC3M 595K, SBU") == ["CC3M 595K", "SBU"]


def test_names_that_stand_elsewhere_without_a_size_show_that_it_is_an_amount() -> None:
    assert trained("LAMP 400K, OTTER 70K", "OTTER, LAMP") == ["LAMP = 400K", "OTTER = 70K"]
    assert trained("LAMP 400K, OTTER 70K", "OTTER") == ["LAMP 400K", "OTTER 70K"]


@pytest.mark.parametrize("cell", ["142M Image Pair", "10M video clips", "5M English captions"])
def test_so_many_of_something_without_a_name_is_no_training_set(cell: str) -> None:
    assert trained(cell) == []


def test_alternative_bases_and_endings_are_all_bases(told: Told) -> None:
    assert told("""
        | Model | Base Model |
        |---|---|
        | Glimmer-7B | Llama2/3 |
        | Dimmer-3B | Vicuna and Qwen2 |
    """) == [
        "3 model:Glimmer-7B DERIVED_FROM model:Llama2 role=base",
        "3 model:Glimmer-7B DERIVED_FROM model:Llama3 role=base",
        "4 model:Dimmer-3B DERIVED_FROM model:Qwen2 role=base",
        "4 model:Dimmer-3B DERIVED_FROM model:Vicuna role=base",
    ]


@pytest.mark.parametrize(
    "cell", ["Alpaca-like models", "BERT-like", "several LLMs", "any LLM", "Transformer", "MLP"]
)
def test_descriptions_and_mere_parts_are_no_base_models(told: Told, cell: str) -> None:
    assert told(
        f"| Model | Base Model |\n|---|---|\n| Glimmer-7B | {cell} |\n| D-3B | Phi-2 |"
    ) == ["4 model:D-3B DERIVED_FROM model:Phi-2 role=base"]


# --- what says nothing, and what keeps something back


@pytest.mark.parametrize(
    "cell", ["/", "—", "-", "–", "?", "N/A", "TBD", "place_holder", "", "...", "same as LLaVA-1.5", "[link](https://a.example)"]
)  # fmt: skip
def test_placeholders_give_no_claims(told: Told, cell: str) -> None:
    assert told(f"""
        | Model | Vision Encoder | Training Data | Eval Data |
        |---|---|---|---|
        | Glimmer-7B | {cell} | {cell} | {cell} |
        | Dimmer-3B | CLIP | CC3M | GQA |
    """) == [
        "4 model:Dimmer-3B DERIVED_FROM model:CLIP role=vision-encoder",
        "4 model:Dimmer-3B EVALUATED_ON dataset:GQA",
        "4 model:Dimmer-3B TRAINED_ON dataset:CC3M stage=unknown",
    ]


@pytest.mark.parametrize(
    ("cell", "stance"),
    [
        ("undisclosed", "undisclosed"),
        ("Proprietary", "undisclosed"),
        ("未公开", "undisclosed"),
        ("**Undisclosed**", "undisclosed"),
        ("none", "denies"),
        ("None", "denies"),
        ("✗", "denies"),
    ],
)
def test_training_data_may_be_kept_back_or_denied(told: Told, cell: str, stance: str) -> None:
    assert told(f"| Model | Training Data |\n|---|---|\n| Glimmer-7B | {cell} |") == [
        f"3 model:Glimmer-7B TRAINED_ON {stance} stage=unknown"
    ]


def test_a_denial_in_a_stage_column_is_about_that_stage(told: Told) -> None:
    assert told("""
        | Model | Pretraining Data | SFT Data |
        |---|---|---|
        | Glimmer-7B | undisclosed | none |
    """) == [
        "3 model:Glimmer-7B TRAINED_ON denies stage=sft",
        "3 model:Glimmer-7B TRAINED_ON undisclosed stage=pretrain",
    ]


def test_generic_names_belong_to_the_model_of_their_row() -> None:
    reading = read_list(inspect.cleandoc("""
        | Model | Training Data |
        |---|---|
        | Glimmer-7B | CC3M, In-house data |
        | Dimmer-3B | In-house data, ours |
        | Lamp-1B | web data |
    """))  # fmt: skip
    generic = [c.object for c in reading.claims if c.object and c.object.scope]
    assert [n.text for n in generic] == ["In-house data", "In-house data", "ours", "web data"]
    scopes = [n.scope for n in generic]
    assert scopes[1] == scopes[2]
    assert len(set(scopes)) == 3


# --- tables that are about nothing known


def test_a_table_with_no_known_role_yields_nothing_and_is_reported(told: Told) -> None:
    text = """
        Some words

        | Colour | Shoe size |
        |---|---|
        | [red](https://a.example) | 42 |
    """
    assert told(text, *Relation, *Property) == []
    assert rejected(text) == [(3, "table with no column for a paper, model or dataset")]


def test_a_row_without_a_name_is_reported_with_its_line() -> None:
    assert rejected("""
        | Model | Training Data |
        |---|---|
        | Glimmer-7B | CC3M |
        |  | SBU |
        |  |  |
        | - | - |
    """) == [(4, "row names no paper, model or dataset")]


def test_rows_that_only_divide_the_others_are_passed_over(told: Told) -> None:
    text = """
        | Model | Base Model | Training Data |
        |---|---|---|
        | **Small ones** |  |  |
        | Glimmer-7B | Vicuna | CC3M |
    """
    assert told(text) == [
        "4 model:Glimmer-7B DERIVED_FROM model:Vicuna role=base",
        "4 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown",
    ]
    assert rejected(text) == []


# --- datasets


def test_a_table_of_datasets_says_who_uses_them_and_what_they_come_from(told: Told) -> None:
    assert told("""
        | Dataset | Used by | Source Data | Generation Model | Size | Language | Type |
        |---|---|---|---|---|---|---|
        | Glim-Instruct | Glimmer-7B, Dimmer-3B | COCO | GPT-4 | 52K | EN | SFT |
    """, *Relation, Property.SIZE, Property.LANGUAGE) == sorted([
        "3 dataset:Glim-Instruct DERIVED_FROM dataset:COCO role=source",
        "3 dataset:Glim-Instruct DERIVED_FROM model:GPT-4 role=generated-by",
        "3 model:Glimmer-7B TRAINED_ON dataset:Glim-Instruct stage=sft amount=52000",
        "3 model:Dimmer-3B TRAINED_ON dataset:Glim-Instruct stage=sft amount=52000",
        "3 dataset:Glim-Instruct size = 52K",
        "3 dataset:Glim-Instruct language = EN",
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("note", "maker"),
    [
        ("Dialogues generated by GPT-4", "GPT-4"),
        ("synthesized with text-davinci-003.", "text-davinci-003"),
        ("Captions annotated by GPT-4V, then checked", "GPT-4V"),
    ],
)
def test_generated_by_in_a_note_is_said_of_the_dataset(told: Told, note: str, maker: str) -> None:
    assert told(f"| Dataset | Notes |\n|---|---|\n| Glim-Instruct | {note} |", DERIVED) == [
        f"3 dataset:Glim-Instruct DERIVED_FROM model:{maker} role=generated-by"
    ]


def test_other_notes_make_nothing(told: Told) -> None:
    text = "| Dataset | Notes |\n|---|---|\n| Glim-Instruct | better than GPT-4, made by hand |"
    assert told(text) == []
    assert told(text, Property.NOTE) == [
        "3 dataset:Glim-Instruct note kind=list = better than GPT-4, made by hand"
    ]


def test_who_annotated_or_generated_stands_among_the_sources_as_a_maker(told: Told) -> None:
    assert told("""
        | Dataset | Size | Source |
        |---|---|---|
        | Glim-Set | 52K | COCO + GPT Annotation |
        | Dim-Set | 1K | COCO, Manual scoring |
        | Dusk-Set | 2K | COCO, Generated by LLMs |
    """, DERIVED) == sorted([
        "3 dataset:Glim-Set DERIVED_FROM dataset:COCO role=source",
        "3 dataset:Glim-Set DERIVED_FROM model:GPT role=generated-by",
        "4 dataset:Dim-Set DERIVED_FROM dataset:COCO role=source",
        "5 dataset:Dusk-Set DERIVED_FROM dataset:COCO role=source",
    ])  # fmt: skip


def test_one_word_beside_a_column_of_titles_labels_the_titles_link(told: Told) -> None:
    assert told("""
        | Title | LLM | Code | Paper |
        |---|---|---|---|
        | Looking into the Dark at Night | GPT, Phi-2 | [Glim](https://github.com/acme/glim) | [2401.lab](https://glim.example/night.pdf) |
    """, INTRODUCES, DERIVED, Property.LINK) == sorted([
        "3 paper:Looking into the Dark at Night INTRODUCES model:Glim",
        "3 paper:Looking into the Dark at Night link rel=code = https://github.com/acme/glim",
        "3 paper:Looking into the Dark at Night link rel=paper = https://glim.example/night.pdf",
        "3 model:Glim DERIVED_FROM model:GPT role=language-model",
        "3 model:Glim DERIVED_FROM model:Phi-2 role=language-model",
        "3 model:Glim link rel=code = https://github.com/acme/glim",
    ])  # fmt: skip


def test_an_institute_that_labels_a_papers_link_is_no_title(told: Told) -> None:
    assert told("""
        | Model | Paper/Blog |
        |---|---|
        | Glimmer-7B | [Acme Research](https://acme.example/glimmer) |
    """, INTRODUCES) == ["3 paper:https://acme.example/glimmer INTRODUCES model:Glimmer-7B"]  # fmt: skip


def test_other_links_beside_a_datasets_name_are_no_datasets(told: Told) -> None:
    assert told("""
        | Dataset | Used by |
        |---|---|
        | [Glim-Set](https://github.com/acme/glim) <br/> [on Huggingface](https://huggingface.co/datasets/acme/glim) <br/> [nonofficial link](https://glim.example) <br/> [V2](https://huggingface.co/datasets/acme/glim_v2) | Glimmer-7B |
    """, TRAINED) == ["3 model:Glimmer-7B TRAINED_ON dataset:Glim-Set stage=unknown"]  # fmt: skip


def test_a_name_beside_a_column_of_dataset_links_is_a_dataset(told: Told) -> None:
    assert told("""
        | Name | Paper | Dataset | Type |
        |---|---|---|---|
        | Glim-Set | [Lanterns for All of Us](https://arxiv.org/abs/2401.01234) | [link](https://huggingface.co/datasets/acme/glim) | SFT |
    """, INTRODUCES, Property.ARXIV, Property.LINK) == [
        "3 dataset:Glim-Set link rel=dataset = https://huggingface.co/datasets/acme/glim",
        "3 paper:Lanterns for All of Us INTRODUCES dataset:Glim-Set",
        "3 paper:Lanterns for All of Us arxiv = 2401.01234",
    ]  # fmt: skip


def test_a_repository_called_as_the_dataset_is_another_name_of_it(told: Told) -> None:
    assert told(
        """
        | Project | Datasets | Org |
        |---|---|---|
        | [Glim](https://glim.example) | [acme/glim](https://huggingface.co/datasets/acme/Glim) | Acme |
        | [Dim](https://dim.example) | [acme/dusk](https://huggingface.co/datasets/acme/dusk) | Acme |
    """,
        Property.ALIAS,
    ) == ["3 dataset:Glim alias = acme/glim"]


# --- papers


def test_a_table_of_papers_says_what_they_introduce_and_are_about(told: Told) -> None:
    assert told("""
        # List

        ## Night models

        | Title | Venue | Date | Code |
        |---|---|---|---|
        | [Glimmer: A Lantern for Images](https://arxiv.org/abs/2401.01234) | CVPR 2024 | 2024-01 | [Github](https://github.com/acme/glimmer) |
        | [Looking into the Dark at Night](https://arxiv.org/abs/2402.01234) | arXiv | 2024-02 | - |

        ## Other
    """, INTRODUCES, ABOUT, Property.ARXIV, Property.VENUE, Property.YEAR, Property.DATE) == sorted([
        "7 paper:Glimmer: A Lantern for Images INTRODUCES model:Glimmer",
        "7 paper:Glimmer: A Lantern for Images ABOUT topic:Night models",
        "7 paper:Glimmer: A Lantern for Images arxiv = 2401.01234",
        "7 paper:Glimmer: A Lantern for Images venue = CVPR 2024",
        "7 paper:Glimmer: A Lantern for Images year = 2024",
        "7 paper:Glimmer: A Lantern for Images date kind=list = 2024-01",
        "8 paper:Looking into the Dark at Night ABOUT topic:Night models",
        "8 paper:Looking into the Dark at Night arxiv = 2402.01234",
        "8 paper:Looking into the Dark at Night date kind=list = 2024-02",
    ])  # fmt: skip


def test_labels_of_downloads_under_a_heading_on_datasets_are_the_datasets(told: Told) -> None:
    assert told("""
        # List

        ## Pre-training corpora

        | Paper | Clips | Download Link |
        |---|---|---|
        | Lanterns: Learning to See from Evening Walks | 18M | [EW-18M](https://ew.example) |
        | One Model for Looking into the Dark | 2M | [Dusk-2M](https://dusk.example), Dusk-10M |
        | GlimQA: A Dataset of Questions about Night | 1M | [GlimQA](https://glim.example)-51 |
        | Glow: A Lamp That Learns from Walks | 1M | [here](https://glow.example) |
    """, INTRODUCES) == sorted([
        "7 paper:Lanterns: Learning to See from Evening Walks INTRODUCES model:Lanterns",
        "7 paper:Lanterns: Learning to See from Evening Walks INTRODUCES dataset:EW-18M",
        "8 paper:One Model for Looking into the Dark INTRODUCES dataset:Dusk-2M",
        "8 paper:One Model for Looking into the Dark INTRODUCES dataset:Dusk-10M",
        "9 paper:GlimQA: A Dataset of Questions about Night INTRODUCES dataset:GlimQA",
        "10 paper:Glow: A Lamp That Learns from Walks INTRODUCES dataset:Glow",
    ])  # fmt: skip


def test_a_keyword_that_its_title_goes_on_from_is_no_name(told: Told) -> None:
    assert told("""
        # Milestones

        | Date | Keywords | Paper |
        |---|---|---|
        | 2024-01 | Evening Hours | [Evening Hours of Lantern Makers](https://arxiv.org/abs/2401.01234) |
        | 2024-02 | Evening Star | [Evening Star: A Lantern Model](https://arxiv.org/abs/2402.01234) |
    """, INTRODUCES) == ["6 paper:Evening Star: A Lantern Model INTRODUCES model:Evening Star"]  # fmt: skip


def test_a_model_beside_its_paper_is_introduced_by_it(told: Told) -> None:
    assert told("""
        | Model | Paper | Code | Institute |
        |---|---|---|---|
        | Glimmer-7B | [Lanterns for All of Us](https://arxiv.org/abs/2401.01234v2) | [code](https://github.com/acme/glimmer) | Acme Labs |
        | Dimmer-3B | [link](https://arxiv.org/abs/2402.01234) | | |
    """, INTRODUCES, Property.ARXIV, Property.VERSION, Property.LABEL) == [
        "3 paper:Lanterns for All of Us INTRODUCES model:Glimmer-7B",
        "3 paper:Lanterns for All of Us arxiv = 2401.01234",
        "3 paper:Lanterns for All of Us version = v2",
        "4 paper:arXiv:2402.01234 INTRODUCES model:Dimmer-3B",
        "4 paper:arXiv:2402.01234 arxiv = 2402.01234",
    ]  # fmt: skip


def test_a_linked_model_name_stands_for_its_paper_only_as_a_label(told: Told) -> None:
    assert told("""
        | Model | Training Data |
        |---|---|
        | [Glimmer-7B](https://arxiv.org/abs/2401.01234) | CC3M |
    """, *Relation, Property.ARXIV, Property.LABEL) == [
        "3 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown",
        "3 paper:arXiv:2401.01234 INTRODUCES model:Glimmer-7B",
        "3 paper:arXiv:2401.01234 arxiv = 2401.01234",
        "3 paper:arXiv:2401.01234 label = Glimmer-7B",
    ]  # fmt: skip


# --- HTML tables


def test_cells_that_span_rows_hold_for_each_of_them(told: Told) -> None:
    assert told("""
        # List

        <table>
          <tr><th>Model</th><th>Language Model</th><th>Training Data</th></tr>
          <tr><td>Glimmer-7B</td><td rowspan="2">Vicuna-7B</td><td>CC3M</td></tr>
          <tr><td>Dimmer-3B</td><td>SBU</td></tr>
          <tr>
            <td>Lamp-1B</td>
            <td colspan="2">undisclosed</td>
          </tr>
        </table>
    """) == sorted([
        "5 model:Glimmer-7B DERIVED_FROM model:Vicuna-7B role=language-model",
        "5 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown",
        "5 model:Dimmer-3B DERIVED_FROM model:Vicuna-7B role=language-model",
        "6 model:Dimmer-3B TRAINED_ON dataset:SBU stage=unknown",
        "9 model:Lamp-1B TRAINED_ON undisclosed stage=unknown",
    ])  # fmt: skip


def test_list_items_in_html_cells_have_their_own_lines(told: Told) -> None:
    assert told("""
        <table>
        <tr><th>Model</th><th>Training Data</th></tr>
        <tr><td>Glimmer-7B</td><td><ul>
          <li>CC3M</li>
          <li><a href="https://sbu.example/about">SBU</a></li>
        </ul></td></tr>
        </table>
    """, TRAINED, Property.LINK) == [
        "4 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown",
        "5 dataset:SBU link rel=other = https://sbu.example/about",
        "5 model:Glimmer-7B TRAINED_ON dataset:SBU stage=unknown",
    ]  # fmt: skip


# --- scores


def test_every_score_of_a_wide_table_is_an_evaluation(told: Told) -> None:
    assert told("""
        | Model | LLM | MMBench | GQA (%) | MME | Avg | Rank |
        |---|---|---|---|---|---|---|
        | Glimmer-7B | Vicuna-7B | 64.3 | **61.9%** | 1,510 | 70.1 | 2 |
        | Dimmer-3B | Phi-2 | 59.8* | - | 1335 | 60.2 | 3 |
        | Lamp-1B | Phi-2 | | 58.0 | 1100 | 60.0 | 1 |
    """, EVALUATED) == sorted([
        "3 model:Glimmer-7B EVALUATED_ON dataset:MMBench score=64.3",
        "3 model:Glimmer-7B EVALUATED_ON dataset:GQA score=61.9 %",
        "3 model:Glimmer-7B EVALUATED_ON dataset:MME score=1510",
        "4 model:Dimmer-3B EVALUATED_ON dataset:MMBench score=59.8",
        "4 model:Dimmer-3B EVALUATED_ON dataset:MME score=1335",
        "5 model:Lamp-1B EVALUATED_ON dataset:GQA score=58 %",
        "5 model:Lamp-1B EVALUATED_ON dataset:MME score=1100",
    ])  # fmt: skip


def test_brackets_of_a_benchmark_may_name_its_metric(told: Told) -> None:
    assert told("""
        | Model | NoCaps (CIDEr) | VQAv2 |
        |---|---|---|
        | Glimmer-7B | 103.5 | 78.1 |
        | Dimmer-3B | 99.1 | 75.0 |
    """, EVALUATED) == sorted([
        "3 model:Glimmer-7B EVALUATED_ON dataset:NoCaps metric=CIDEr score=103.5",
        "3 model:Glimmer-7B EVALUATED_ON dataset:VQAv2 score=78.1",
        "4 model:Dimmer-3B EVALUATED_ON dataset:NoCaps metric=CIDEr score=99.1",
        "4 model:Dimmer-3B EVALUATED_ON dataset:VQAv2 score=75",
    ])  # fmt: skip


def test_scores_above_a_thousand_may_have_decimals(told: Told) -> None:
    assert told("""
        | Model | MME | VQAv2 |
        |---|---|---|
        | Glimmer-7B | 1,510.7 | 78.1 |
        | Dimmer-3B | 1335.1 | 75.0 |
    """, EVALUATED) == sorted([
        "3 model:Glimmer-7B EVALUATED_ON dataset:MME score=1510.7",
        "3 model:Glimmer-7B EVALUATED_ON dataset:VQAv2 score=78.1",
        "4 model:Dimmer-3B EVALUATED_ON dataset:MME score=1335.1",
        "4 model:Dimmer-3B EVALUATED_ON dataset:VQAv2 score=75",
    ])  # fmt: skip


def test_a_best_mark_beside_scores_costs_only_its_own_cell(told: Told) -> None:
    assert told("""
        | Model | MMBench | GQA | MME |
        |---|---|---|---|
        | Glimmer-7B | best | 61.9 | 1510 |
        | Dimmer-3B | 59.8 | 1st | 1335 |
        | Lamp-1B | 55.1 | 58.0 | 1100 |
    """, EVALUATED) == sorted([
        "3 model:Glimmer-7B EVALUATED_ON dataset:GQA score=61.9",
        "3 model:Glimmer-7B EVALUATED_ON dataset:MME score=1510",
        "4 model:Dimmer-3B EVALUATED_ON dataset:MMBench score=59.8",
        "4 model:Dimmer-3B EVALUATED_ON dataset:MME score=1335",
        "5 model:Lamp-1B EVALUATED_ON dataset:MMBench score=55.1",
        "5 model:Lamp-1B EVALUATED_ON dataset:GQA score=58",
        "5 model:Lamp-1B EVALUATED_ON dataset:MME score=1100",
    ])  # fmt: skip


def test_best_marks_and_ranks_are_no_scores(told: Told) -> None:
    assert told("""
        | Model | MMBench | GQA |
        |---|---|---|
        | Glimmer-7B | best | 1st |
        | Dimmer-3B | ✓ | #2 |
    """) == []  # fmt: skip


def test_columns_of_sizes_and_years_are_no_benchmarks(told: Told) -> None:
    assert told("""
        | Model | Params | Year | FLOPs | Epochs | Resolution |
        |---|---|---|---|---|---|
        | Glimmer-7B | 7 | 2023 | 120 | 3 | 336 |
        | Dimmer-3B | 3 | 2024 | 80 | 1 | 224 |
    """, EVALUATED) == []  # fmt: skip


def test_a_column_of_benchmarks_lists_what_a_model_was_evaluated_on(told: Told) -> None:
    assert told("""
        | Model | Evaluation Benchmarks |
        |---|---|
        | Glimmer-7B | MMBench, GQA, RefCOCO/+/g |
    """) == [
        "3 model:Glimmer-7B EVALUATED_ON dataset:GQA",
        "3 model:Glimmer-7B EVALUATED_ON dataset:MMBench",
        "3 model:Glimmer-7B EVALUATED_ON dataset:RefCOCO",
        "3 model:Glimmer-7B EVALUATED_ON dataset:RefCOCO+",
        "3 model:Glimmer-7B EVALUATED_ON dataset:RefCOCOg",
    ]


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("Lanterns", "Benchmark | Used by"),
        ("Lanterns", "Benchmark | Models"),
        ("Lanterns", "Evaluation Dataset | Used by"),
        ("Benchmarks", "Dataset | Used by"),
        ("Evaluation datasets", "Name | Used by"),
        ("Lanterns", "Dataset | Evaluated models"),
        ("Lanterns", "评测基准 | 使用模型"),
    ],
)
def test_models_that_use_a_benchmark_are_evaluated_on_it(
    told: Told, heading: str, columns: str
) -> None:
    assert told(f"""
        # List

        ## {heading}

        | {columns} | Size |
        |-----|-----|-----|
        | GlimBench | Glimmer-7B, Dimmer-3B | 900 videos |
    """) == [
        "7 model:Dimmer-3B EVALUATED_ON dataset:GlimBench",
        "7 model:Glimmer-7B EVALUATED_ON dataset:GlimBench",
    ]


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("Lanterns", "Dataset | Used by"),
        ("Lanterns", "Dataset/Benchmark | Used by"),
        ("Datasets and Benchmarks", "Dataset | Used by"),
        ("Benchmarks", "Dataset | Trained models"),
        ("Benchmarks", "Dataset | Used for training"),
    ],
)
def test_where_training_is_meant_or_possible_its_users_are_trained_on_it(
    told: Told, heading: str, columns: str
) -> None:
    assert told(f"""
        # List

        ## {heading}

        | {columns} |
        |-----|-----|
        | GlimSet | Glimmer-7B |
    """) == ["7 model:Glimmer-7B TRAINED_ON dataset:GlimSet stage=unknown"]


def test_keys_under_a_benchmark_say_who_is_evaluated_on_it(told: Told) -> None:
    assert told("""
        # List

        ## Benchmarks

        - GlimBench
          - Used by: Glimmer-7B
        - GlimSet
          - Used for training: Dimmer-3B
    """) == [
        "6 model:Glimmer-7B EVALUATED_ON dataset:GlimBench",
        "8 model:Dimmer-3B TRAINED_ON dataset:GlimSet stage=unknown",
    ]


@pytest.mark.parametrize(
    ("header", "stage"),
    [
        ("RL data", "rl"),
        ("Alignment dataset", "alignment"),
        ("Preference tuning data", "preference"),
    ],
)
def test_data_of_any_stage_may_have_a_column(told: Told, header: str, stage: str) -> None:
    assert told(f"| Model | {header} |\n|---|---|\n| Glimmer-7B | CC3M |") == [
        f"3 model:Glimmer-7B TRAINED_ON dataset:CC3M stage={stage}"
    ]


def test_a_stage_alone_heads_data_beside_columns_of_the_other_stages(told: Told) -> None:
    assert told("""
        # List

        | Model | Pretraining data | SFT data | RL / preference |
        |-------|------------------|----------|-----------------|
        | Glimmer-7B | CC3M | LLaVA-665K | VLFeedback |
    """) == [
        "5 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=pretrain",
        "5 model:Glimmer-7B TRAINED_ON dataset:LLaVA-665K stage=sft",
        "5 model:Glimmer-7B TRAINED_ON dataset:VLFeedback stage=preference",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "| Model | SFT data | RL |\n|---|---|---|\n| Glimmer-7B | LLaVA-665K | DPO |",
        "| Model | Params | RL |\n|---|---|---|\n| Glimmer-7B | 7B | VLFeedback |",
    ],
)
def test_a_stage_that_heads_methods_or_stands_alone_is_no_data(told: Told, text: str) -> None:
    assert not [t for t in told(text, TRAINED) if "LLaVA-665K" not in t]
    assert rejected(text) == [(1, "column not read: no known header")]


def test_columns_with_unknown_headers_are_reported_and_the_others_are_read(told: Told) -> None:
    text = """
        | Model | Training Data | Mascot | Shoe size | Lamp |
        |-------|---------------|--------|-----------|------|
        | Glimmer-7B | CC3M | Otter | 42 | - |
    """
    assert told(text) == ["3 model:Glimmer-7B TRAINED_ON dataset:CC3M stage=unknown"]
    assert rejected(text) == [(1, "columns not read: no known header")]
