"""Which names of models and datasets a title and an abstract hold, and which they only seem to."""

from __future__ import annotations

from contextlib import closing

import pytest

from ingest.arxiv.naming import Dictionary, dictionary_of, ordinary_words
from kg.model import Claim, Kind, Name, Property, Reading
from kg.sqlite.store import SqliteStore

NAMES = (
    "COCO", "COCO-Stuff", "ImageNet", "LLaVA", "LLaVA-1.5", "T5", "GLUE", "Code", "Vision",
    "Flamingo", "Visual Genome", "visual question answering", "RefCOCO", "RefCOCO+", "7B",
    "Straße-10K", "Conceptual Captions",
)  # fmt: skip


def dictionary(*names: str) -> Dictionary:
    return Dictionary((f"dataset:{n}", Name(Kind.DATASET, n), n) for n in names or NAMES)


def found(text: str, *names: str, title: str = "") -> list[str]:
    return [name.text for name, _ in dictionary(*names).find(title, text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We train on COCO.", ["COCO"]),
        ("We train on coco and imagenet.", ["ImageNet"]),
        ("We use COCO-Stuff and Visual Genome.", ["COCO-Stuff", "Visual Genome"]),
        ("(COCO), COCO/ImageNet, COCO's", ["COCO", "ImageNet"]),
        ("a COCO-trained and an ImageNet-pretrained net", ["COCO", "ImageNet"]),
        ("MS-COCO, COCO-QA, COCOA, myCOCO, COCO_2014, #COCO", []),
        ("LLaVA-1.5 is better", ["LLaVA-1.5"]),
        ("LLaVA-1.6 is another", []),
        ("LLaVA. It ends.", ["LLaVA"]),
        ("RefCOCO+ and RefCOCO", ["RefCOCO+", "RefCOCO"]),
        ("T5 and t5", ["T5"]),
        ("GLUE is no glue, nor Glue", ["GLUE"]),
        ("Code and Vision begin sentences", []),
        ("flamingo is a bird", []),
        ("Flamingo is a model", ["Flamingo"]),
        ("visual question answering", []),
        ("a 7B model", ["7B"]),
        ("STRAßE-10K", ["Straße-10K"]),
        ("\u0130\u0130\u0130 on visual genome", []),
        ("\u0130\u0130\u0130 on Conceptual Captions", ["Conceptual Captions"]),
    ],
)
def test_names_count_where_they_stand_alone_and_are_meant(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_ordinary_words_with_capitals_say_nothing_in_a_title() -> None:
    assert dictionary().find("The Visual Genome", "We look.") == []
    assert dictionary().find("GLUE and Straße-10K", "We look.") != []


def test_where_a_name_stands_is_told_and_a_thing_comes_once() -> None:
    said = dictionary().find("ImageNet again", "ImageNet, COCO and COCO")
    assert [(n.text, at) for n, at in said] == [
        ("ImageNet", "title and abstract"),
        ("COCO", "abstract"),
    ]


def test_what_two_things_are_called_alike_counts_only_where_their_case_tells_them_apart() -> None:
    names = [
        ("dataset:a", Name(Kind.DATASET, "OpenChat"), "OpenChat"),
        ("model:b", Name(Kind.MODEL, "Openchat"), "Openchat"),
        ("dataset:c", Name(Kind.DATASET, "ShareGPT"), "ShareGPT"),
        ("model:d", Name(Kind.MODEL, "ShareGPT"), "ShareGPT"),
    ]
    said = Dictionary(names).find("", "OpenChat and openchat and ShareGPT")
    assert [n for n, _ in said] == [Name(Kind.DATASET, "OpenChat")]


def test_nothing_is_found_without_names() -> None:
    assert Dictionary([]).find("A title", "An abstract") == []


def test_the_dictionary_of_a_store_has_aliases_and_no_generic_names() -> None:
    coco = Name(Kind.DATASET, "MS-COCO")
    claims = (
        Claim(coco, Property.ALIAS, 1, "", values={"text": "Common Objects in Context"}),
        Claim(Name(Kind.PAPER, "PaperName"), Property.YEAR, 1, "", values={"text": "2020"}),
    )
    with closing(SqliteStore(":memory:", create=True)) as store:
        store.load("a", "markdown", "1", Reading(claims))
        said = dictionary_of(store).find("", "Common Objects in Context, PaperName")
    assert [name for name, _ in said] == [coco]


def test_ordinary_words_are_words() -> None:
    assert {"code", "vision", "model"} < ordinary_words()
    assert not {"coco", "imagenet", "llava", "flamingo"} & ordinary_words()


def test_every_place_of_a_name_is_given_and_none_overlap() -> None:
    text = "COCO-Stuff, then coco? No: COCO and Visual Genome, COCO."
    spans = dictionary().find_spans(text)
    assert [(text[s.start : s.end], s.name.text, s.thing) for s in spans] == [
        ("COCO-Stuff", "COCO-Stuff", "dataset:COCO-Stuff"),
        ("COCO", "COCO", "dataset:COCO"),
        ("Visual Genome", "Visual Genome", "dataset:Visual Genome"),
        ("COCO", "COCO", "dataset:COCO"),
    ]
    assert dictionary().find_spans("Visual Genome", title_ends=13) == []
