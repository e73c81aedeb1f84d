"""Which names are one thing: small pieces of evidence, and that no order of them matters."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.identity import (
    Group,
    Key,
    NameNode,
    Support,
    chosen_identifiers,
    keys_of,
    marks_agree,
    names_agree,
    resolve,
    titles_agree,
)
from kg.model import Kind, Property
from kg.names import fold

HF = "https://huggingface.co/datasets/liuhaotian/LLaVA-Instruct-150K"
FILE_150K = HF + "/blob/main/llava_instruct_150k.json"
FILE_665K = HF + "/blob/main/llava_v1_5_mix665k.json"


class World:
    """Names and evidence, written as a source would give them."""

    def __init__(self) -> None:
        self.nodes: list[NameNode] = []

    def name(self, kind: Kind, text: str, **more: object) -> NameNode:
        node = NameNode(len(self.nodes) + 1, kind, fold(text), text, **more)  # type: ignore[arg-type]
        self.nodes.append(node)
        return node

    def paper(self, title: str, *ids: tuple[str, int, int]) -> NameNode:
        """Name a paper with arXiv ids, each with its weight and source."""
        node = self.name(Kind.PAPER, title)
        for value, weight, source in ids:
            for key in keys_of(Kind.PAPER, "arxiv", {"text": value}):
                node.keys.setdefault(key, []).append(Support(weight, source, 1))
        return node

    def dataset(self, text: str, *, link: str = "", alias: str = "", **more: Any) -> NameNode:
        return self.thing(Kind.DATASET, text, link=link, alias=alias, **more)

    def thing(
        self,
        kind: Kind,
        text: str,
        *,
        link: str = "",
        alias: str = "",
        source: int = 1,
        **more: Any,
    ) -> NameNode:
        """Name a thing with a link of its own and another name that a source states."""
        node = self.name(kind, text, **more)
        found: list[Key] = []
        if link:
            found += keys_of(kind, "link", {"text": link, "own": True})
        if alias:
            found += keys_of(kind, "alias", {"text": alias})
        for key in found:
            node.keys[key] = [Support(1, source, 1)]
        return node

    def groups(self) -> set[frozenset[str]]:
        return named(self.nodes, resolve(self.nodes))


def named(nodes: Iterable[NameNode], groups: Iterable[Group]) -> set[frozenset[str]]:
    texts = {node.id: node.text for node in nodes}
    return {frozenset(texts[m] for m in group.members) for group in groups}


@pytest.fixture
def world() -> World:
    return World()


def one(*texts: str) -> set[frozenset[str]]:
    return {frozenset(texts)}


def apart(*texts: str) -> set[frozenset[str]]:
    return {frozenset([text]) for text in texts}


# ---------------------------------------------------------------------- what is evidence


def test_a_link_is_evidence_only_where_the_source_gives_it_as_the_things_own() -> None:
    assert not list(keys_of(Kind.DATASET, "link", {"text": FILE_665K}))
    assert {k.type for k in keys_of(Kind.DATASET, "link", {"text": FILE_665K, "own": True})} == {
        "target",
        "repository",
    }


def test_a_dataset_repository_says_nothing_about_a_model_nor_a_model_repository_about_data() -> (
    None
):
    model = "https://huggingface.co/liuhaotian/llava-v1.5-7b"
    assert not list(keys_of(Kind.MODEL, "link", {"text": HF, "own": True}))
    assert not list(keys_of(Kind.DATASET, "link", {"text": model, "own": True}))
    assert list(keys_of(Kind.MODEL, "link", {"text": model, "own": True}))


def test_only_papers_are_known_by_identifiers() -> None:
    assert list(keys_of(Kind.PAPER, "arxiv", {"text": "2304.08485"}))
    for kind in (Kind.MODEL, Kind.DATASET, Kind.TOPIC, Kind.PERSON):
        assert not list(keys_of(kind, "arxiv", {"text": "2304.08485"}))


def test_other_properties_are_no_evidence() -> None:
    for predicate in set(Property) - {"arxiv", "doi", "acl", "openreview", "alias", "link"}:
        for kind in Kind:
            assert not list(keys_of(kind, predicate, {"text": "LLaVA", "own": True}))


# ---------------------------------------------------------------------- papers


def test_spellings_of_one_title_under_one_id_are_one_paper(world: World) -> None:
    titles = (
        "Visual Instruction Tuning",
        "LLaVA: Visual instruction tuning",
        "arXiv:2304.08485",
        "Visual Instruction Tuning (NeurIPS)",
    )
    for source, title in enumerate(titles):
        world.paper(title, ("2304.08485", 1, source))
    assert world.groups() == one(*titles)


def test_unlike_titles_under_one_id_stay_apart(world: World) -> None:
    titles = (
        "PH-LLM: Towards a Personal Health Large Language Model",
        "Med-Gemini: Advancing Multimodal Medicine",
        "Capabilities of Gemini in Radiology",
    )
    for source, title in enumerate(titles):
        world.paper(title, ("2406.06474", 1, source))
    assert world.groups() == apart(*titles)


@pytest.mark.parametrize("weights", [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2)])
def test_a_bare_id_does_not_join_two_unlike_titles(
    world: World, weights: tuple[int, int, int]
) -> None:
    titles = (
        "PH-LLM: Towards a Personal Health Large Language Model",
        "Med-Gemini: Advancing Multimodal Medicine",
        "arXiv:2406.06474",
    )
    for source, (title, weight) in enumerate(zip(titles, weights, strict=True)):
        world.paper(title, ("2406.06474", weight, source))
    assert not any(set(titles[:2]) <= group for group in world.groups())


def test_a_bare_id_is_the_title_that_is_founded_best(world: World) -> None:
    world.paper("A Study of Health", ("2406.06474", 1, 1))
    world.paper("Multimodal Medicine", ("2406.06474", 2, 2))
    world.paper("arXiv:2406.06474", ("2406.06474", 1, 3))
    assert world.groups() == {
        frozenset(["A Study of Health"]),
        frozenset(["Multimodal Medicine", "arXiv:2406.06474"]),
    }


def test_one_title_under_two_ids_is_two_papers(world: World) -> None:
    world.paper("A Survey of Multimodal Models", ("2301.00001", 1, 1))
    world.paper("A Survey of Multimodal Models II", ("2401.00002", 1, 2))
    assert len(world.groups()) == 2


def test_a_wrong_link_loses_against_bibtex_and_another_source(world: World) -> None:
    share = "ShareGPT4V: Improving Large Multi-Modal Models with Better Captions"
    cog = "CogVLM: Visual Expert for Pretrained Language Models"
    # The heading of a list links the paper of CogVLM; its BibTeX and another list are right.
    node = world.paper(share, ("2311.03079", 1, 1), ("2311.12793", 2, 1), ("2311.12793", 1, 2))
    world.paper(cog, ("2311.03079", 1, 2))
    world.paper("arXiv:2311.03079", ("2311.03079", 1, 3))
    world.paper("arXiv:2311.12793", ("2311.12793", 1, 4))
    assert chosen_identifiers(node) == [Key("identifier", "arxiv:2311.12793")]
    assert world.groups() == {
        frozenset([share, "arXiv:2311.12793"]),
        frozenset([cog, "arXiv:2311.03079"]),
    }


def test_bibtex_outweighs_a_link_whichever_id_is_smaller(world: World) -> None:
    first = world.paper("First Paper", ("2301.00001", 1, 1), ("2301.00002", 2, 1))
    second = world.paper("Second Paper", ("2301.00004", 1, 1), ("2301.00003", 2, 1))
    assert [k.value for k in chosen_identifiers(first)] == ["arxiv:2301.00002"]
    assert [k.value for k in chosen_identifiers(second)] == ["arxiv:2301.00003"]


def test_a_source_that_repeats_itself_weighs_no_more_than_once(world: World) -> None:
    repeated = [("2301.00009", 1, 1)] * 5
    node = world.paper("A Paper", *repeated, ("2301.00001", 1, 2), ("2301.00001", 1, 3))
    assert [k.value for k in chosen_identifiers(node)] == ["arxiv:2301.00001"]


def test_a_paper_keeps_one_identifier_of_each_scheme(world: World) -> None:
    node = world.paper("A Paper", ("2301.00001", 1, 1))
    for predicate, text in (("acl", "P18-1238"), ("doi", "10.1145/1")):
        for key in keys_of(Kind.PAPER, predicate, {"text": text}):
            node.keys[key] = [Support(1, 1, 1)]
    assert [k.value for k in chosen_identifiers(node)] == [
        "acl:p18-1238",
        "arxiv:2301.00001",
        "doi:10.1145/1",
    ]


@pytest.mark.parametrize(
    ("a", "b", "agree"),
    [
        ("Visual Instruction Tuning", "LLaVA: Visual instruction tuning", True),
        ("LLaVA", "Visual Instruction Tuning (LLaVA)", True),
        ("arXiv:2304.08485", "Visual Instruction Tuning", True),
        ("https://llava-vl.github.io", "Visual Instruction Tuning", True),
        (
            "ShareGPT4V: Improving Large Multi-Modal Models with Better Captions",
            "CogVLM: Visual Expert for Pretrained Language Models",
            False,
        ),
        ("The Art of Data", "The Art of War and Peace in Modern Times", False),
    ],
)
def test_titles_agree_when_one_holds_the_other_or_most_words_are_shared(
    a: str, b: str, agree: bool
) -> None:
    assert titles_agree(a, b) is agree
    assert titles_agree(b, a) is agree


# ---------------------------------------------------------------------- models and datasets


def test_two_names_of_one_file_are_one_dataset(world: World) -> None:
    world.dataset("llava-665k", link=FILE_665K)
    world.dataset("LLaVA-Instruct-665K", link=FILE_665K.replace("blob", "resolve"))
    assert world.groups() == one("llava-665k", "LLaVA-Instruct-665K")


def test_two_files_of_one_repository_stay_apart(world: World) -> None:
    world.dataset("LLaVA-Instruct-150K", link=FILE_150K)
    world.dataset("LLaVA-Instruct-665K", link=FILE_665K)
    assert world.groups() == apart("LLaVA-Instruct-150K", "LLaVA-Instruct-665K")


def test_two_sizes_under_one_repository_stay_apart(world: World) -> None:
    for name in ("LLaVA-Instruct-150K", "LLaVA-Instruct-665K", "LLaVA-Instruct-80K"):
        world.dataset(name, link=HF)
    assert len(world.groups()) == 3


def test_two_sizes_given_one_file_by_mistake_stay_apart(world: World) -> None:
    world.dataset("LLaVA-Instruct-150K", link=FILE_665K)
    world.dataset("LLaVA-Instruct-665K", link=FILE_665K)
    assert len(world.groups()) == 2


def test_unlike_names_under_one_repository_stay_apart(world: World) -> None:
    hub = "https://huggingface.co/datasets/m-a-p/Matrix"
    world.dataset("FineWeb", link=hub)
    world.dataset("MAP-CC", link=hub)
    assert world.groups() == apart("FineWeb", "MAP-CC")


def test_the_name_of_a_repository_is_another_spelling_where_the_marks_agree(world: World) -> None:
    world.dataset("OpenAI WebGPT", link="https://huggingface.co/datasets/openai/webgpt_comparisons")
    world.dataset("webgpt-comparisons")
    assert world.groups() == one("OpenAI WebGPT", "webgpt-comparisons")


def test_a_stated_alias_joins_the_name_it_states(world: World) -> None:
    world.dataset("Conceptual Captions", alias="CC3M")
    world.dataset("CC3M")
    world.dataset("CC12M")
    assert world.groups() == {
        frozenset(["Conceptual Captions", "CC3M"]),
        frozenset(["CC12M"]),
    }


def test_an_alias_with_another_size_does_not_join(world: World) -> None:
    world.dataset("LLaVA-Instruct-150K", alias="LLaVA-Instruct-665K")
    world.dataset("LLaVA-Instruct-665K")
    assert len(world.groups()) == 2


def test_items_of_one_enumeration_never_join(world: World) -> None:
    row = frozenset({(1, 9, "TRAINED_ON", "{}")})
    world.dataset("llava-665k", link=FILE_665K, listed_with=row)
    world.dataset("LLaVA-Instruct-665K", link=FILE_665K, listed_with=row)
    assert world.groups() == apart("llava-665k", "LLaVA-Instruct-665K")


def test_items_of_one_enumeration_do_not_join_through_a_third_name(world: World) -> None:
    row = frozenset({(1, 9, "TRAINED_ON", "{}")})
    world.dataset("llava-665k", link=FILE_665K, listed_with=row)
    world.dataset("LLaVA-665K-Instruct", link=FILE_665K)
    world.dataset("LLaVA-Instruct-665K", link=FILE_665K, listed_with=row)
    for group in world.groups():
        assert not {"llava-665k", "LLaVA-Instruct-665K"} <= group


def test_items_of_two_enumerations_may_be_one(world: World) -> None:
    rows = [frozenset({(1, model, "TRAINED_ON", "{}")}) for model in (8, 9)]
    world.dataset("llava-665k", link=FILE_665K, listed_with=rows[0])
    world.dataset("LLaVA-Instruct-665K", link=FILE_665K, listed_with=rows[1])
    assert len(world.groups()) == 1


def test_a_model_and_a_dataset_of_one_name_are_two_things(world: World) -> None:
    world.thing(Kind.MODEL, "ShareGPT4V", alias="ShareGPT-4V")
    world.dataset("ShareGPT4V", alias="ShareGPT-4V")
    groups = resolve(world.nodes)
    assert [group.members for group in groups] == [(1,), (2,)]


@pytest.mark.parametrize(
    ("a", "b", "agree"),
    [
        ("OpenAI WebGPT", "webgpt_comparisons", True),
        ("llava-665k", "LLaVA-Instruct-665K", True),
        ("FineWeb", "MAP-CC", False),
        ("COCO", "Visual Genome", False),
    ],
)
def test_names_under_one_address_agree_when_they_share_half_their_letters(
    a: str, b: str, agree: bool
) -> None:
    assert names_agree(a, b) is agree
    assert names_agree(b, a) is agree


# ---------------------------------------------------------------------- a person's word


def test_what_a_person_has_split_stays_apart(world: World) -> None:
    a = world.dataset("llava-665k", link=FILE_665K)
    b = world.dataset("LLaVA-Instruct-665K", link=FILE_665K)
    groups = resolve(world.nodes, apart=frozenset({(a.id, b.id), (b.id, a.id)}))
    assert len(groups) == 2


def test_what_a_person_has_merged_is_one_whatever_the_enumeration(world: World) -> None:
    row = frozenset({(1, 9, "TRAINED_ON", "{}")})
    a = world.dataset("LAION-en", listed_with=row)
    b = world.dataset("LAION-400M", listed_with=row)
    groups = resolve(world.nodes, together=[([a.id, b.id], "decision:1")])
    assert [group.members for group in groups] == [(1, 2)]
    assert groups[0].reasons[0].why == "decision:1"


def test_a_group_says_why_its_names_are_one(world: World) -> None:
    world.dataset("llava-665k", link=FILE_665K)
    world.dataset("LLaVA-Instruct-665K", link=FILE_665K)
    (group,) = resolve(world.nodes)
    (reason,) = group.reasons
    assert {reason.a, reason.b} == {1, 2}
    assert reason.why.startswith("target:hf:datasets/liuhaotian/llava-instruct-150k/")


# ---------------------------------------------------------------------- no order matters

PAPERS = [
    "Visual Instruction Tuning",
    "LLaVA: Visual Instruction Tuning",
    "Improved Baselines with Visual Instruction Tuning",
    "Instruction Tuning",
    "CogVLM: Visual Expert",
    "Visual Expert",
    "arXiv:2304.08485",
    "ShareGPT4V: Better Captions",
    "Better Captions",
]
THINGS = [
    "LLaVA-Instruct-150K",
    "LLaVA-Instruct-665K",
    "llava-665k",
    "llava_v1_5_mix665k",
    "LLaVA-Instruct",
    "Conceptual Captions",
    "CC3M",
    "CC12M",
    "Google CC3M",
    "ShareGPT",
    "ShareGPT4V",
    "InternVid",
    "InternVid-10M",
]
LINKS = [
    HF,
    FILE_150K,
    FILE_665K,
    "https://huggingface.co/datasets/OpenGVLab/InternVid",
    "https://github.com/google/conceptual-captions",
    "https://github.com/google/data/blob/main/cc3m.json",
]
supports = st.lists(
    st.builds(Support, st.integers(1, 2), st.integers(1, 3), st.integers(1, 9)),
    min_size=1,
    max_size=3,
)


def keys_for(kind: Kind) -> st.SearchStrategy[dict[Key, list[Support]]]:
    said: list[tuple[str, str]]
    if kind is Kind.PAPER:
        said = [("arxiv", v) for v in ("2304.08485", "2311.03079", "2311.12793")]
        said += [("acl", v) for v in ("P18-1238", "P18-1239")] + [("alias", t) for t in PAPERS]
    else:
        said = [("link", url) for url in LINKS] + [("alias", text) for text in THINGS]
    keys = [k for p, t in said for k in keys_of(kind, p, {"text": t, "own": True})]
    return st.dictionaries(st.sampled_from(sorted(set(keys), key=str)), supports, max_size=4)


@st.composite
def worlds(draw: st.DrawFn) -> list[NameNode]:
    """Any names with any evidence, also evidence that contradicts itself."""
    nodes: list[NameNode] = []
    for kind, pool in ((Kind.PAPER, PAPERS), (Kind.DATASET, THINGS), (Kind.MODEL, THINGS)):
        for text in draw(st.lists(st.sampled_from(pool), unique_by=fold, max_size=7)):
            rows = draw(st.sets(st.integers(1, 3), max_size=2)) if kind is not Kind.PAPER else ()
            nodes.append(
                NameNode(
                    len(nodes) + 1,
                    kind,
                    fold(text),
                    text,
                    draw(keys_for(kind)),
                    frozenset((1, row, "TRAINED_ON", "{}") for row in rows),
                    frozenset(draw(st.sets(st.integers(1, 2), max_size=1)))
                    if kind is not Kind.PAPER
                    else frozenset(),
                )
            )
    return nodes


def partition(
    nodes: Sequence[NameNode], groups: Iterable[Group]
) -> set[frozenset[tuple[str, str]]]:
    """Groups by kind and spelling, which no numbering of the names can change."""
    said = {node.id: (str(node.kind), node.fold) for node in nodes}
    return {frozenset(said[m] for m in group.members) for group in groups}


@settings(max_examples=40)
@given(worlds())
def test_every_name_is_in_exactly_one_group(nodes: list[NameNode]) -> None:
    groups = resolve(nodes)
    members = [m for group in groups for m in group.members]
    assert sorted(members) == [node.id for node in nodes]
    assert [g.members[0] for g in groups] == sorted(min(g.members) for g in groups)
    kinds = {node.id: node.kind for node in nodes}
    assert all(len({kinds[m] for m in group.members}) == 1 for group in groups)


@given(worlds(), st.randoms(use_true_random=False))
def test_the_groups_do_not_depend_on_the_order_of_names_and_evidence(
    nodes: list[NameNode], rng: random.Random
) -> None:
    wanted = partition(nodes, resolve(nodes))
    numbers = rng.sample(range(1, 1000), len(nodes))
    shuffled = []
    for node, number in zip(nodes, numbers, strict=True):
        keys = list(node.keys.items())
        rng.shuffle(keys)
        evidence = {key: rng.sample(supports, len(supports)) for key, supports in keys}
        shuffled.append(
            NameNode(
                number,
                node.kind,
                node.fold,
                node.text,
                evidence,
                node.listed_with,
                node.entries_in,
            )
        )
    rng.shuffle(shuffled)
    assert partition(shuffled, resolve(shuffled)) == wanted


@settings(max_examples=40)
@given(worlds())
def test_items_of_one_enumeration_are_in_no_group_together(nodes: list[NameNode]) -> None:
    by_id = {node.id: node for node in nodes}
    for group in resolve(nodes):
        for a in group.members:
            for b in group.members:
                assert a == b or not by_id[a].listed_with & by_id[b].listed_with


@settings(max_examples=40)
@given(worlds())
def test_a_name_without_evidence_stands_alone_unless_another_names_it(
    nodes: list[NameNode],
) -> None:
    for node in nodes:
        node.keys = {k: s for k, s in node.keys.items() if k.type != "alias"}
    lonely = {n.id for n in nodes if not n.keys}
    named_by_repository = {k.value for n in nodes for k in n.keys if k.type == "repository"}
    by_id = {node.id: node for node in nodes}
    for group in resolve(nodes):
        for member in group.members:
            if member in lonely and by_id[member].fold not in named_by_repository:
                assert group.members == (member,)


@settings(max_examples=40)
@given(worlds())
def test_two_papers_of_different_arxiv_ids_are_never_one(nodes: list[NameNode]) -> None:
    papers = [node for node in nodes if node.kind is Kind.PAPER]
    chosen = {
        node.id: {k.value for k in chosen_identifiers(node) if k.value.startswith("arxiv:")}
        for node in papers
    }
    for group in resolve(papers):
        assert len(set().union(*(chosen[m] for m in group.members))) <= 1


@settings(max_examples=40)
@given(worlds())
def test_a_pair_joined_by_its_address_has_no_contradicting_marks(nodes: list[NameNode]) -> None:
    by_id = {node.id: node for node in nodes}
    for group in resolve(nodes):
        for reason in group.reasons:
            if reason.why.startswith(("target:", "repository")):
                assert marks_agree(by_id[reason.a].text, by_id[reason.b].text)


@pytest.mark.parametrize(
    ("whole", "other", "address", "is_one"),
    [
        ("TigerBot", "TigerBot-law", "https://github.com/TigerResearch/TigerBot", False),
        ("LAVIS", "InstructBLIP", "https://github.com/salesforce/LAVIS", False),
        ("Alpaca", "Alpaca-Stanford", "https://github.com/tatsu-lab/stanford_alpaca", True),
        ("MeChat", "MeChat data", "https://github.com/qiuhuachuan/smile", True),
        ("InstructionWild", "instinwild", "https://github.com/XueFuzhao/InstructionWild", True),
    ],
)
def test_a_shared_repository_page_joins_only_names_of_what_the_page_is_of(
    world: World, whole: str, other: str, address: str, is_one: bool
) -> None:
    world.dataset(whole, link=address)
    world.dataset(other, link=address, source=2)
    assert (len(resolve(world.nodes)) == 1) is is_one


def test_a_page_that_one_list_gives_to_several_things_joins_only_names_of_its_address(
    world: World,
) -> None:
    page = "https://github.com/Instruction-Tuning-with-GPT-4/GPT-4-LLM"
    world.dataset("Alpaca_GPT4_data", link=page)
    world.dataset("Alpaca_comparison_data", link=page)
    world.dataset("Alpaca_GPT4", link=page, source=2)
    assert len(resolve(world.nodes)) == 3
    world.dataset("GPT-4-LLM", link=page)
    world.dataset("GPT-4-LLM data", link=page, source=2)
    assert len(resolve(world.nodes)) == 4
