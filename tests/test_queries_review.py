"""The queue of doubtful names: what gets into it, how sure it is, how it is settled for good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.from_markdown import read_list
from ingest.load import ingest_file
from kg.decisions import Action, pair_payload
from kg.errors import InputError, NotFoundError
from kg.model import Claim, Kind, Name, Property, Reading, Relation
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.review import (
    Review,
    evidence_of_name,
    find_reviews,
    get_names_to_merge,
    get_names_to_split,
    get_reviews,
)

LISTS = Path(__file__).resolve().parents[1] / "ingest" / "lists"


@pytest.fixture
def graph() -> Iterator[Store]:
    """Give an empty store in memory."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


def read(store: Store, text: str, source: str = "list.md") -> None:
    """Read a list as `kg ingest` would."""
    store.load(source, "markdown", text, read_list(text))


def trained(*rows: tuple[str, str]) -> str:
    """Write a table of models and what they were trained on; rows begin on line 3."""
    return "| Model | Training Data |\n|---|---|\n" + "".join(f"| {m} | {d} |\n" for m, d in rows)


def pairs(store: Store) -> dict[frozenset[str], Review]:
    return {frozenset((r.a.name.text, r.b.name.text)): r for r in find_reviews(store)}


def settle(store: Store, review: Review, action: Action) -> int:
    return store.add_user_fact(action, pair_payload(review.a.name, review.b.name)).n


# ---------------------------------------------------------------------- what is asked


def test_a_misspelt_name_is_asked_about_with_the_lines_of_both(graph: Store) -> None:
    read(graph, trained(("Otter-1", "MultiInstruct"), ("Silkie", "MultiIntruct")))
    (review,) = find_reviews(graph)
    assert (review.a.name.text, review.b.name.text) == ("MultiInstruct", "MultiIntruct")
    assert review.why == "one letter apart"
    assert review.is_probable
    assert [(e.source, e.line) for e in review.a.evidence] == [("list.md", 3)]
    assert [(e.source, e.line) for e in review.b.evidence] == [("list.md", 4)]
    assert "Silkie" in review.b.evidence[0].quote
    assert (review.a.id, review.b.id) == ("dataset:multiinstruct", "dataset:multiintruct")
    assert graph.counts()["dataset"] == 2


def test_nothing_is_asked_where_nothing_is_near(graph: Store) -> None:
    assert find_reviews(graph) == []
    read(
        graph,
        trained(
            ("Otter-1", "LLaVA-Instruct-150K"),
            ("Otter-2", "LLaVA-Instruct-665K"),
            ("Otter-3", "RefCOCO"),
            ("Otter-4", "RefCOCO+"),
            ("Otter-5", "RefCOCOg"),
            ("Otter-6", "CC3M"),
            ("Otter-7", "CC12M"),
            ("Otter-8", "ShareGPT"),
            ("Otter-9", "ShareGPT4V"),
            ("MiniGPT-4", "SBU"),
            ("MiniGPT-v2", "SBU"),
            ("LLaVA-v1.5", "SBU"),
            ("LLaVA-v1.6", "SBU"),
        ),
    )
    assert find_reviews(graph) == []


def test_with_several_candidates_nothing_is_probable(graph: Store) -> None:
    read(
        graph,
        trained(
            ("Otter-1", "MultiInstruct"), ("Silkie", "MultiIntruct"), ("Valley", "MultiInstrut")
        ),
    )
    found = pairs(graph)
    assert set(found) == {
        frozenset(("MultiInstruct", "MultiIntruct")),
        frozenset(("MultiInstruct", "MultiInstrut")),
    }
    assert not any(r.is_probable for r in found.values())


def test_two_items_of_one_enumeration_are_not_asked_about(graph: Store) -> None:
    read(graph, trained(("Otter-1", "MultiInstruct, MultiIntruct")))
    assert graph.counts()["dataset"] == 2
    assert find_reviews(graph) == []


BULLETS = """- **Zorgle corpus**
  - Source:
    - MultiInstruct
    - Plover
    - MultiIntruct
"""


def test_items_on_lines_of_their_own_are_one_enumeration_as_well(graph: Store) -> None:
    read(graph, BULLETS)
    assert graph.counts()["DERIVED_FROM"] == 3
    assert find_reviews(graph) == []
    read(graph, BULLETS.replace("    - MultiIntruct\n", ""))
    read(graph, trained(("Otter-1", "MultiIntruct")), "other.md")
    assert len(find_reviews(graph)) == 1


def test_what_one_model_is_said_to_use_far_apart_is_no_enumeration(graph: Store) -> None:
    first, second = trained(("Otter-1", "MultiInstruct")), trained(("Otter-1", "MultiIntruct"))
    read(graph, f"{first}\nSome words between the two.\n\n{second}")
    assert len(find_reviews(graph)) == 1


def test_an_enumeration_elsewhere_outweighs_near_names_too(graph: Store) -> None:
    read(graph, trained(("Otter-1", "MultiInstruct"), ("Silkie", "MultiIntruct")))
    assert len(find_reviews(graph)) == 1
    read(graph, trained(("Valley", "MultiInstruct, MultiIntruct")), "other.md")
    assert find_reviews(graph) == []
    graph.forget("other.md")
    assert len(find_reviews(graph)) == 1


def test_models_are_asked_about_as_well_and_never_beside_datasets(graph: Store) -> None:
    read(graph, trained(("Vicunna-Chatter", "Vicuna-Chatter"), ("Valley", "SBU")))
    assert find_reviews(graph) == []
    read(graph, trained(("Vicuna-Chatter", "CC3M")), "other.md")
    (review,) = find_reviews(graph)
    assert {review.a.name.kind, review.b.name.kind} == {Kind.MODEL}


TITLE = "Teaching Otters to Follow Visual Instructions"


def cited(title: str, link: str = "") -> str:
    return f"## {title}\n" + (f"paper link: [here]({link})\n" if link else "Note: none\n")


def paper(title: str, *said: tuple[Property, str]) -> Reading:
    name = Name(Kind.PAPER, title)
    return Reading(tuple(Claim(name, p, 1, title, values={"text": t}) for p, t in said))


def test_two_papers_with_ids_of_their_own_are_not_asked_about(graph: Store) -> None:
    read(graph, cited(TITLE, "https://arxiv.org/abs/2304.08485"), "a.md")
    misspelt = TITLE.replace("Otters", "Oters")
    graph.load("b.md", "markdown", "b", paper(misspelt, (Property.YEAR, "2023")))
    (review,) = find_reviews(graph)
    assert review.why == "titles one letter apart"
    graph.load("b.md", "markdown", "b2", paper(misspelt, (Property.ARXIV, "2304.08486")))
    assert find_reviews(graph) == []


def test_a_title_with_a_name_before_it_is_probably_the_same(graph: Store) -> None:
    graph.load("a", "markdown", "a", paper(TITLE, (Property.YEAR, "2023")))
    graph.load("b", "markdown", "b", paper(f"OtterLM: {TITLE}", (Property.YEAR, "2023")))
    (review,) = find_reviews(graph)
    assert review.is_probable
    assert "name before it" in review.why


def own_link(dataset: str, url: str, line: int) -> Claim:
    said = {"text": url, "own": "entry"}
    return Claim(
        Name(Kind.DATASET, dataset), Property.LINK, line, dataset, None, {"rel": "dataset"}, said
    )


def test_things_of_unlike_names_under_one_address_are_perhaps_one(graph: Store) -> None:
    url = "https://huggingface.co/datasets/lab/zorgle"
    claims = (own_link("Zorgle-Plover", url, 1), own_link("Zorgle-Quuxen-v2", url, 2))
    graph.load("a", "markdown", "a", Reading(claims))
    (review,) = find_reviews(graph)
    assert review.why.startswith("the same address (")
    assert not review.is_probable
    graph.load("a", "markdown", "b", Reading((claims[0], own_link("Banana", url, 2))))
    assert find_reviews(graph) == []


def test_a_generic_name_is_asked_about_with_its_owner(graph: Store) -> None:
    url = "https://huggingface.co/datasets/lab/zorgle"
    generic = own_link("In-house data 3K", url, 1)
    owned = replace(generic, subject=Name(Kind.DATASET, "In-house data 3K", scope="Otter"))
    graph.load("a", "markdown", "a", Reading((owned, own_link("In-house data 9K", url, 2))))
    (review,) = find_reviews(graph)
    assert [len(side.evidence) for side in (review.a, review.b)] == [1, 1]
    settle(graph, review, Action.MERGE)
    assert graph.counts()["dataset"] == 1


def test_a_stated_alias_that_is_kept_apart_is_perhaps_one(graph: Store) -> None:
    alias = Claim(
        Name(Kind.DATASET, "Zorgle-3M"), Property.ALIAS, 1, "q", values={"text": "Zorgle-4M"}
    )
    used = Claim(
        Name(Kind.MODEL, "Otter"), Relation.TRAINED_ON, 2, "q", Name(Kind.DATASET, "Zorgle-4M")
    )
    graph.load("a", "markdown", "a", Reading((alias, used)))
    (review,) = find_reviews(graph)
    assert review.why == "stated as another name"
    assert not review.is_probable


def test_the_probable_come_first_and_the_order_is_stable(graph: Store) -> None:
    read(
        graph,
        trained(
            ("Otter-1", "Instruct LLaVA"),
            ("Silkie", "LLaVA-Instruct"),
            ("Valley", "MultiInstruct"),
            ("Koala", "MultiIntruct"),
        ),
    )
    found = find_reviews(graph)
    assert [r.is_probable for r in found] == [True, False]
    assert find_reviews(graph) == found


# ---------------------------------------------------------------------- settling


@pytest.mark.parametrize("action", [Action.MERGE, Action.SPLIT])
def test_a_settled_pair_leaves_the_queue_and_comes_back_on_undo_with_its_number(
    graph: Store, action: Action
) -> None:
    text = trained(
        ("Otter-1", "MultiInstruct"),
        ("Silkie", "MultiIntruct"),
        ("Valley", "Conceptual Captions"),
        ("Koala", "Conceptul Captions"),
    )
    read(graph, text)
    before = find_reviews(graph)
    assert len(before) == 2
    n = settle(graph, before[1], action)
    assert find_reviews(graph) == before[:1]
    with pytest.raises(NotFoundError, match=str(before[1].n)):
        get_reviews(graph, [before[0].n, before[1].n])
    read(graph, "\n" + text)
    read(graph, text, "again.md")
    assert [r.n for r in find_reviews(graph)] == [before[0].n]
    graph.forget("again.md")
    read(graph, text)
    undo = graph.add_user_fact(Action.UNDO, {"of": n}).n
    assert find_reviews(graph) == before
    graph.add_user_fact(Action.UNDO, {"of": undo})
    assert find_reviews(graph) == before[:1]


def test_a_number_is_never_that_of_another_pair(graph: Store) -> None:
    read(graph, trained(("Otter-1", "MultiInstruct"), ("Silkie", "MultiIntruct")))
    (first,) = find_reviews(graph)
    graph.forget("list.md")
    assert find_reviews(graph) == []
    read(graph, trained(("Koala", "Conceptual Captions"), ("Valley", "Conceptul Captions")))
    (second,) = find_reviews(graph)
    assert second.n != first.n
    read(graph, trained(("Otter-1", "MultiInstruct"), ("Silkie", "MultiIntruct")), "a.md")
    assert {r.n for r in find_reviews(graph)} == {first.n, second.n}
    (again,) = get_reviews(graph, [first.n, first.n])
    assert (again.a.name, again.b.name) == (first.a.name, first.b.name)


def test_a_pair_that_a_list_joins_is_no_question_any_more(graph: Store) -> None:
    read(graph, trained(("Otter-1", "MultiInstruct"), ("Silkie", "MultiIntruct")))
    alias = Claim(
        Name(Kind.DATASET, "MultiInstruct"), Property.ALIAS, 1, "q", values={"text": "MultiIntruct"}
    )
    graph.load("b", "markdown", "b", Reading((alias,)))
    assert find_reviews(graph) == []


def test_one_rejection_settles_all_spellings_of_the_two_things(graph: Store) -> None:
    rows = [("Otter-1", "MultiInstruct"), ("Silkie", "MultiIntruct"), ("Valley", "MultiInsruct")]
    read(graph, trained(*rows))
    merge(graph, "MultiInstruct", "MultiInsruct")
    found = find_reviews(graph)
    assert len(found) == 2
    for review in found:
        n = settle(graph, review, Action.SPLIT)
        assert find_reviews(graph) == []
        graph.add_user_fact(Action.UNDO, {"of": n})
        assert find_reviews(graph) == found


def test_a_review_is_written_in_a_stable_form(graph: Store) -> None:
    read(graph, trained(("Otter-1", "MultiInstruct"), ("Silkie", "MultiIntruct")))
    (review,) = find_reviews(graph)
    record = review.to_json()
    assert set(record) == {"n", "kind", "why", "probable", "names"}
    assert (record["n"], record["kind"], record["probable"]) == (review.n, "dataset", True)
    assert isinstance(record["names"], list)
    for side in record["names"]:
        assert isinstance(side, dict)
        assert set(side) == {"name", "id", "evidence"}


def test_the_evidence_of_a_name_is_that_of_this_spelling(graph: Store) -> None:
    read(graph, trained(("Otter-1", "MultiInstruct"), ("Silkie", "MultiIntruct")))
    settle(graph, find_reviews(graph)[0], Action.MERGE)
    for info in graph.iter_names(Kind.DATASET):
        (line,) = evidence_of_name(graph, info)
        assert line.line == {"MultiInstruct": 3, "MultiIntruct": 4}[info.name.text]


# ---------------------------------------------------------------------- names of a command


def merge(store: Store, a: str, b: str) -> None:
    store.add_user_fact(Action.MERGE, pair_payload(*get_names_to_merge(store, a, b)))


def split(store: Store, a: str, b: str) -> None:
    store.add_user_fact(Action.SPLIT, pair_payload(*get_names_to_split(store, a, b)))


def aliases(store: Store, name: str) -> set[str]:
    (found,) = store.find_entities(name, Kind.DATASET)
    return {found.name, *found.aliases}


def test_a_merge_takes_names_ids_and_old_ids(graph: Store) -> None:
    read(graph, trained(("Otter-1", "CC3M"), ("Otter-2", "Captions"), ("Otter-3", "SBU")))
    merge(graph, "dataset:cc3m", "captions")
    old = {i.id for i in graph.iter_names(of="dataset:cc3m")}
    for ident in sorted(old):
        merge(graph, ident, "dataset:sbu")
        assert aliases(graph, "SBU") == {"CC3M", "Captions", "SBU"}
        graph.add_user_fact(Action.UNDO, {"of": graph.user_facts()[-1].n})


def test_a_merge_by_a_stated_alias_joins_what_has_it(graph: Store) -> None:
    alias = Claim(
        Name(Kind.DATASET, "Zorgle"), Property.ALIAS, 1, "q", values={"text": "The Z Mix"}
    )
    graph.load("a", "markdown", "a", Reading((alias,)))
    read(graph, trained(("Otter-1", "CC3M")))
    merge(graph, "CC3M", "the z mix")
    assert aliases(graph, "CC3M") == {"CC3M", "Zorgle", "The Z Mix"}


def test_of_a_name_of_two_kinds_the_kind_of_the_other_is_meant(graph: Store) -> None:
    read(graph, trained(("ShareGPT4V", "ShareGPT4V"), ("Otter-1", "Zorgle")))
    a, b = get_names_to_merge(graph, "ShareGPT4V", "Zorgle")
    assert (a.kind, b.kind) == (Kind.DATASET, Kind.DATASET)
    read(graph, trained(("Zorgle", "SBU")), "b.md")
    with pytest.raises(InputError, match="several things"):
        get_names_to_merge(graph, "ShareGPT4V", "Zorgle")


def test_what_cannot_be_merged_is_said(graph: Store) -> None:
    read(graph, trained(("Otter-1", "CC3M"), ("Otter-2", "MultiInstruct")))
    with pytest.raises(InputError, match="two kinds"):
        get_names_to_merge(graph, "Otter-1", "CC3M")
    with pytest.raises(InputError, match="one thing already"):
        get_names_to_merge(graph, "CC3M", "cc-3m")
    with pytest.raises(NotFoundError) as caught:
        get_names_to_merge(graph, "CC3M", "MultiIntruct")
    assert caught.value.nearest == ("MultiInstruct",)


def test_a_split_names_the_alias_or_its_id(graph: Store) -> None:
    read(graph, trained(("Otter-1", "CC3M"), ("Otter-2", "Captions"), ("Otter-3", "SBU")))
    merge(graph, "CC3M", "Captions")
    merge(graph, "SBU", "Captions")
    split(graph, "SBU", "Captions")
    assert aliases(graph, "SBU") == {"SBU"}
    graph.add_user_fact(Action.UNDO, {"of": 3})
    split(graph, "dataset:sbu", "dataset:captions")
    assert aliases(graph, "SBU") == {"SBU"}


def test_a_split_of_the_shown_name_parts_it_from_another(graph: Store) -> None:
    read(graph, trained(("Otter-1", "CC3M"), ("Otter-2", "Captions")))
    merge(graph, "CC3M", "Captions")
    shown = graph.find_entities("CC3M")[0].name
    split(graph, shown, shown)
    assert aliases(graph, "CC3M") == {"CC3M"}


def test_what_cannot_be_split_is_said(graph: Store) -> None:
    read(graph, trained(("Otter-1", "CC3M"), ("Otter-2", "cc-3m")))
    with pytest.raises(InputError, match="one spelling"):
        get_names_to_split(graph, "CC3M", "cc-3m")
    with pytest.raises(NotFoundError, match="no name 'Banana'") as caught:
        get_names_to_split(graph, "CC3M", "Banana")
    assert caught.value.name == "Banana"
    with pytest.raises(NotFoundError, match="Banana"):
        get_names_to_split(graph, "Banana", "CC3M")


# ---------------------------------------------------------------------- the bundled lists


def test_every_pair_of_the_bundled_lists_has_two_sides_with_lines(graph: Store) -> None:
    for file in sorted(LISTS.iterdir()):
        ingest_file(graph, file, name=file.name)
    found = find_reviews(graph)
    assert len({r.n for r in found}) == len(found)
    for review in found:
        assert review.a.id != review.b.id
        assert review.a.name.kind is review.b.name.kind
        for side in (review.a, review.b):
            assert side.evidence
            for line in side.evidence:
                text = (LISTS / line.source).read_text(encoding="utf-8").split("\n")
                assert 1 <= line.line <= len(text)
