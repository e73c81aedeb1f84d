"""What one cell enumerates: names, stages, amounts, notes, or that something is kept back."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.inline import parse_inline
from ingest.items import Cell, Thing, amount_of, read_cell
from kg.model import Stage


def cell(source: str, **more: frozenset[str]) -> Cell:
    """Read the source of a cell on line 1 (and following lines)."""
    return read_cell(parse_inline(list(enumerate(source.split("\n"), 1))), **more)


def names(source: str, **more: frozenset[str]) -> list[str]:
    return [thing.name for thing in cell(source, **more).things]


def only(source: str) -> Thing:
    things = cell(source).things
    assert len(things) == 1
    return things[0]


# --- lists


@pytest.mark.parametrize(
    "source",
    [
        "CC3M, CC12M, SBU",
        "CC3M,CC12M,SBU",
        "CC3M, CC12M, SBU.",
        "CC3M; CC12M; SBU",
        "CC3M；CC12M；SBU",
        "CC3M、CC12M、SBU",
        "CC3M，CC12M，SBU",
        "CC3M<br>CC12M<br/>SBU",
        "CC3M,<br>CC12M,<br>SBU",
        "<ul><li>CC3M</li><li>CC12M</li><li>SBU</li></ul>",
        "<li>CC3M<li>CC12M<li>SBU",
        "• CC3M<br>• CC12M<br>• SBU",
        "- CC3M<br>- CC12M<br>- SBU",
        "CC3M + CC12M + SBU",
        "CC3M+CC12M, SBU",
        "CC3M & CC12M & SBU",
        "CC3M &amp; CC12M, SBU",
        "CC3M, CC12M and SBU",
        "CC3M, CC12M, and SBU",
        "CC3M / CC12M / SBU",
        "CC3M\nCC12M\nSBU",
        "`CC3M`, `CC12M`, `SBU`",
        "**CC3M**, *CC12M*, SBU",
        "[CC3M](https://a.example), [CC12M](https://b.example), SBU",
        "[CC3M](https://a.example) [CC12M](https://b.example) [SBU](https://c.example)",
        "CC3M, CC12M, SBU, etc.",
        "CC3M, CC12M, SBU, ...",
        "CC3M、CC12M、SBU等",
        "CC3M和CC12M、SBU",
    ],
)
def test_lists_are_split_however_they_are_written(source: str) -> None:
    assert names(source) == ["CC3M", "CC12M", "SBU"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("CC12M&3M", ["CC12M", "CC3M"]),
        ("Llama2/3", ["Llama2", "Llama3"]),
        ("Llama-2/3", ["Llama-2", "Llama-3"]),
        ("LLaMA2/Vicuna", ["LLaMA2", "Vicuna"]),
        ("RefCOCO/+/g", ["RefCOCO", "RefCOCO+", "RefCOCOg"]),
        ("RefCOCO, RefCOCO+, RefCOCOg", ["RefCOCO", "RefCOCO+", "RefCOCOg"]),
        ("LLaVA and ShareGPT", ["LLaVA", "ShareGPT"]),
        ("LLaVA-1.5 和 ShareGPT", ["LLaVA-1.5", "ShareGPT"]),
        ("COCO+VQAv2", ["COCO", "VQAv2"]),
        ("COCO&SBU", ["COCO", "SBU"]),
        ("Vicuna-7B/13B", ["Vicuna-7B", "Vicuna-13B"]),
        ("Qwen2-7B/72B", ["Qwen2-7B", "Qwen2-72B"]),
        ("Visual Genome + Flickr30k", ["Visual Genome", "Flickr30k"]),
        ("Mixture (CC3M, CC12M)", ["CC3M", "CC12M"]),
        ("Mixture（CC3M、CC12M）", ["CC3M", "CC12M"]),
        ("A mixture of data", []),
    ],
)
def test_joined_names_are_taken_apart_and_completed(source: str, expected: list[str]) -> None:
    assert names(source) == expected


@pytest.mark.parametrize(
    "source",
    ["RefCOCO+", "LLaVA+", "LAION-en&zh", "SynthDoG-en&zh", "Common Crawl pdf&HTML", "CLIP ViT-L/14", "AT&T-Corpus",
     "A-OKVQA", "LLaVA-1.5", "Conceptual Captions", "The Pile", "Visual Genome", "LAION 400M", "OK-VQA", "RefCOCO+ (val)",
     "Science, Inc-QA".replace(", ", "-"), "C4", "悟道", "Flickr30k Dataset"],
)  # fmt: skip
def test_one_name_stays_one(source: str) -> None:
    assert len(names(source)) == 1
    assert names(source)[0] == source.removesuffix(" (val)")


def test_a_plus_that_belongs_to_a_name_stays_beside_one_that_joins() -> None:
    assert names("RefCOCO+, RefCOCO + GQA") == ["RefCOCO+", "RefCOCO", "GQA"]
    assert names("LLaVA+ & ShareGPT") == ["LLaVA+", "ShareGPT"]


def test_reference_marks_behind_names_are_no_part_of_them() -> None:
    assert names("CC3M[12]") == ["CC3M"]
    assert names("CC3M [12], SBU [13][14]; COCO") == ["CC3M", "SBU", "COCO"]


def test_thousands_commas_do_not_split() -> None:
    assert names("1,000 samples") == []
    assert names("CC3M, 1,234 images, SBU") == ["CC3M", "SBU"]


def test_commas_inside_brackets_and_labels_do_not_split() -> None:
    assert names("COCO (train, val), SBU") == ["COCO", "SBU"]
    assert names("[Foo, Bar-QA](https://a.example), SBU")[-1] == "SBU"
    assert len(names("[Foo, Bar-QA](https://a.example), SBU")) == 2


def test_names_that_stand_alone_elsewhere_in_the_column_are_split_at_spaces() -> None:
    assert names("LLaMA ChatGLM", spaced=frozenset({"LLaMA"})) == ["LLaMA", "ChatGLM"]
    assert len(names("LLaMA ChatGLM")) < 2


def test_an_unclosed_bracket_hides_nothing() -> None:
    assert names("CC3M (filtered, SBU, COCO")[-1] == "COCO"


# --- nothing


@pytest.mark.parametrize(
    "source",
    ["", " ", "/", "—", "–", "-", "?", "N/A", "TBD", "place_holder", "...", "same as LLaVA-1.5", "Same as above", "同上",
     "image and video", "a mixture of public data", "several datasets", "trained with care on what we had", "100 hours",
     "1.2M", "[link](https://a.example)", "[here](https://a.example)", "Mixture (image, video)", "**-**"],
)  # fmt: skip
def test_placeholders_and_descriptions_are_no_things(source: str) -> None:
    assert cell(source).things == ()
    assert not cell(source).is_undisclosed


@pytest.mark.parametrize(
    "source", ["undisclosed", "Proprietary", "未公开", "**Not disclosed**", "closed-source data"]
)
def test_a_cell_may_say_that_nothing_is_disclosed(source: str) -> None:
    assert cell(source) == Cell(is_undisclosed=True)


@pytest.mark.parametrize(
    "source", ["in-house data", "In-house Data", "ours", "our data", "web data", "自建数据集"]
)
def test_generic_names_are_marked_as_such(source: str) -> None:
    assert only(source).is_generic


@pytest.mark.parametrize("joint", [", ", "; ", "、", " + ", " & ", " and ", "<br>"])
def test_a_name_beside_a_generic_one_is_not_lost(joint: str) -> None:
    found = cell(f"CC3M{joint}in-house data").things
    assert [(t.name, t.is_generic) for t in found] == [("CC3M", False), ("in-house data", True)]


def test_a_generic_name_among_others_is_marked_alone() -> None:
    found = {t.name: t.is_generic for t in cell("CC3M, in-house data, SBU").things}
    assert found == {"CC3M": False, "in-house data": True, "SBU": False}


# --- what stands beside a name


@pytest.mark.parametrize(
    ("source", "name", "amount"),
    [
        ("4k from ShareGPT", "ShareGPT", "4k"),
        ("~10K from GQA", "GQA", "~10K"),
        ("1,000 from OK-VQA", "OK-VQA", "1,000"),
        ("4k samples from ShareGPT", "ShareGPT", "4k"),
        ("52k 来自 ShareGPT", "ShareGPT", "52k"),
    ],
)
def test_so_many_from_a_dataset_is_an_amount_of_it(source: str, name: str, amount: str) -> None:
    found = only(source)
    assert (found.name, found.amount, amount_of(found)) == (name, amount, amount)


@pytest.mark.parametrize(
    ("source", "name", "note"),
    [
        ("LLaVA-665K (filtered)", "LLaVA-665K", "filtered"),
        ("COCO（仅训练集）", "COCO", "仅训练集"),
        ("CC3M (a subset of 1%)", "CC3M", "a subset of 1%"),
        ("CC3M", "CC3M", ""),
    ],
)
def test_brackets_behind_a_name_are_a_note(source: str, name: str, note: str) -> None:
    found = only(source)
    assert found.name == name
    assert note in (found.note, *found.aliases)


@pytest.mark.parametrize(
    ("source", "name", "alias"),
    [
        ("VG (Visual Genome)", "VG", "Visual Genome"),
        ("Visual Genome (VG)", "Visual Genome", "VG"),
        ("WuDao (悟道)", "WuDao", "悟道"),
        ("悟道（WuDao）", "悟道", "WuDao"),
        ("Dusk Evening Lantern Dataset (DEL)", "Dusk Evening Lantern Dataset", "DEL"),
    ],
)
def test_brackets_with_the_long_or_other_form_are_another_name(
    source: str, name: str, alias: str
) -> None:
    found = only(source)
    assert (found.name, found.aliases) == (name, (alias,))


@pytest.mark.parametrize(
    ("source", "name", "aliases"),
    [
        ("OTC4 (aka Otter Corpus)", "OTC4", ("Otter Corpus",)),
        ("OTC4 (a.k.a. Otter Corpus)", "OTC4", ("Otter Corpus",)),
        ("OTC4 (also known as Otter Corpus)", "OTC4", ("Otter Corpus",)),
        ("OTC4 (also called `Otter Corpus`)", "OTC4", ("Otter Corpus",)),
        ("LAMPICS (alias: Lampisk)", "LAMPICS", ("Lampisk",)),
        ("LAMPICS (aliases: Lampisk, LMP)", "LAMPICS", ("Lampisk", "LMP")),
        ("LAMPICS（又名 Lampisk）", "LAMPICS", ("Lampisk",)),
        ("LAMPICS (akademisk)", "LAMPICS", ()),
    ],
)
def test_brackets_may_say_what_a_thing_is_also_called(
    source: str, name: str, aliases: tuple[str, ...]
) -> None:
    assert (only(source).name, only(source).aliases) == (name, aliases)


def test_links_belong_to_the_name_they_lie_on() -> None:
    source = "[CC3M](https://a.example), SBU, [COCO](https://b.example) (train)"
    assert {t.name: t.links for t in cell(source).things} == {
        "CC3M": ("https://a.example",),
        "SBU": (),
        "COCO": ("https://b.example",),
    }


def test_a_linked_name_is_one_thing_even_with_signs_of_a_list_in_it() -> None:
    assert names("[CC12M&3M](https://a.example)") == ["CC12M&3M"]
    assert names("[llava instruct set](https://a.example)") == ["llava instruct set"]


# --- stages


def staged(source: str) -> list[tuple[str, str, str]]:
    return [(t.name, str(t.stage or ""), t.stage_text) for t in cell(source).things]


def test_labels_give_the_stage_of_what_follows_on_their_line() -> None:
    source = "PT video/image-caption: CC3M, CC12M<br>SFT image-video inst tuning: LLaVA-665K; GQA<br>COCO"
    assert staged(source) == [
        ("CC3M", "pretrain", "PT video/image-caption"),
        ("CC12M", "pretrain", "PT video/image-caption"),
        ("LLaVA-665K", "sft", "SFT image-video inst tuning"),
        ("GQA", "sft", "SFT image-video inst tuning"),
        ("COCO", "", ""),
    ]


@pytest.mark.parametrize("separator", ["; ", "；", ", "])
def test_labels_may_follow_each_other_on_one_line(separator: str) -> None:
    assert staged(f"PT: CC3M{separator}SFT: GQA") == [
        ("CC3M", "pretrain", "PT"),
        ("GQA", "sft", "SFT"),
    ]


@pytest.mark.parametrize(
    "label", ["Stage1", "Stage 2", "stage-3", "Stage II", "第一阶段", "Phase 1"]
)
def test_a_numbered_stage_is_kept_as_written_without_guessing_which_it_is(label: str) -> None:
    assert staged(f"{label}: CC3M, SBU") == [("CC3M", "", label), ("SBU", "", label)]


def test_a_numbered_stage_may_say_which_it_is() -> None:
    assert staged("Stage 1 (pre-training): CC3M<br>Stage-2 SFT: GQA")[1][1] == "sft"
    assert staged("Stage 1 pre-training: CC3M") == [("CC3M", "pretrain", "Stage 1 pre-training")]


@pytest.mark.parametrize(
    ("label", "stage"),
    [
        ("Pretrain", "pretrain"),
        ("**PT**", "pretrain"),
        ("预训练", "pretrain"),
        ("SFT", "sft"),
        ("Instruction tuning", "sft"),
        ("指令微调", "sft"),
        ("DPO", "preference"),
        ("Alignment", "alignment"),
    ],
)
@pytest.mark.parametrize("colon", [": ", "：", " : "])
def test_labels_are_read_in_both_languages(label: str, stage: str, colon: str) -> None:
    assert staged(f"{label}{colon}CC3M") == [("CC3M", stage, label.strip("*"))]


def test_a_label_that_is_no_stage_is_no_name() -> None:
    assert names("Images: CC3M, SBU") == ["CC3M", "SBU"]
    assert [t.stage for t in cell("Images: CC3M, SBU").things] == [None, None]


def test_things_know_their_line() -> None:
    found = cell("CC3M,\nSBU, COCO\nGQA").things
    assert [(t.name, t.line) for t in found] == [("CC3M", 1), ("SBU", 2), ("COCO", 2), ("GQA", 3)]


# --- laws

KNOWN = ("CC3M", "CC12M", "SBU", "RefCOCO+", "LLaVA-1.5", "ShareGPT4V", "Visual Genome", "OK-VQA", "C4", "The Pile",
         "LAION-en&zh", "Common Crawl", "悟道", "A-OKVQA", "GRIT-20M")  # fmt: skip
SEPARATORS = (
    ", ",
    ",",
    "，",
    "、",
    "; ",
    "；",
    "<br>",
    "<br/>",
    "\n",
    "<li>",
    " + ",
    " & ",
    ",<br>",
)


@given(st.lists(st.sampled_from(KNOWN), min_size=1, max_size=6), st.data())
def test_any_mix_of_separators_gives_back_the_names(chosen: list[str], data: st.DataObject) -> None:
    source = chosen[0]
    for name in chosen[1:]:
        source += data.draw(st.sampled_from(SEPARATORS)) + name
    assert names(source) == chosen


@given(st.lists(st.sampled_from(KNOWN), min_size=1, max_size=5), st.sampled_from(["PT", "SFT"]))
def test_a_stage_label_holds_for_all_names_of_its_line(chosen: list[str], label: str) -> None:
    stage = Stage.PRETRAIN if label == "PT" else Stage.SFT
    found = cell(f"{label}: {', '.join(chosen)}").things
    assert [(t.name, t.stage) for t in found] == [(n, stage) for n in chosen]


PIECES = st.sampled_from(
    ["CC3M", "SBU", "a", "data", "和", "、", ",", ";", ":", "：", "+", "&", "/", "(", ")", "（", "）", "[", "]", "](https://a.e)",
     "<br>", "<li>", " ", "**", "`", "PT", "Stage1", "4k from ", "Mixture", "etc", "...", "-", "无", "1,000", "\n", "|"]
)  # fmt: skip


@given(st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=80)))
@example("Mixture](https://a.e)、)")
def test_any_cell_is_read_into_clean_names(source: str) -> None:
    found = cell(source)
    for thing in found.things:
        assert thing.name
        assert thing.name == thing.name.strip()
        assert "\n" not in thing.name
        assert "://" not in thing.name
        assert 1 <= thing.line <= source.count("\n") + 1
    assert not (found.is_undisclosed and found.things)
