"""The history of a thing: what lists said of it, load by load, and what they took back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from ingest.from_markdown import read_list
from kg.decisions import Action, pair_payload
from kg.errors import NotFoundError
from kg.model import Kind, Name
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.history import get_history


@pytest.fixture
def graph() -> Iterator[Store]:
    """Give an empty store in memory."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


def read(store: Store, text: str, source: str = "list.md") -> int:
    """Read a list as `kg ingest` would; the number of the load."""
    return store.load(source, "markdown", text, read_list(text)).load


def datasets(*rows: str) -> str:
    return "| Dataset | Size |\n|---|---|\n" + "".join(f"| {r} |\n" for r in rows)


def told(store: Store, name: str) -> list[tuple[int, str, str, int]]:
    """Give every event as (load, what, value or object, line)."""
    return [
        (e.load.n, e.what, str(c.values.get("text") or (c.object and c.object.text)), c.line)
        for e in get_history(store, name).events
        for c in [e.stored.claim]
    ]


def test_what_was_said_stands_with_the_load_that_brought_it(graph: Store) -> None:
    first = read(graph, datasets("Zorgle | 150K"))
    second = read(graph, datasets("Plover | 3M", "Zorgle | 160K"), "other.md")
    assert told(graph, "Zorgle") == [
        (first, "said", "150K", 3),
        (second, "said", "160K", 4),
    ]
    history = get_history(graph, "zorgle")
    assert (history.entity.name, history.remark) == ("Zorgle", "")
    assert [e.load.source for e in history.events] == ["list.md", "other.md"]


def test_a_changed_value_stays_as_what_was_withdrawn(graph: Store) -> None:
    first = read(graph, datasets("Zorgle | 150K"))
    second = read(graph, datasets("Plover | 3M", "Zorgle | 158K"))
    assert told(graph, "Zorgle") == [
        (first, "said", "150K", 3),
        (second, "said", "158K", 4),
        (second, "withdrawn", "150K", 3),
    ]


def test_a_moved_line_is_no_event(graph: Store) -> None:
    first = read(graph, datasets("Zorgle | 150K"))
    read(graph, "\n" + datasets("Zorgle | 150K"))
    assert told(graph, "Zorgle") == [(first, "said", "150K", 4)]


@pytest.mark.parametrize("name", ["Zorgle", "zorgle", "dataset:zorgle"])
def test_a_thing_that_no_list_names_any_more_still_has_its_history(graph: Store, name: str) -> None:
    first = read(graph, datasets("Zorgle | 150K", "Plover | 3M"))
    second = graph.forget("list.md").load
    assert told(graph, name) == [(first, "said", "150K", 3), (second, "withdrawn", "150K", 3)]
    history = get_history(graph, name)
    assert (history.entity.id, history.entity.kind) == ("dataset:zorgle", Kind.DATASET)
    assert history.remark == "no list names it any more"
    third = read(graph, datasets("Zorgle | 150K"))
    assert told(graph, name)[-1] == (third, "said", "150K", 3)
    assert get_history(graph, name).remark == ""


def test_what_was_said_with_the_thing_as_object_is_told_too(graph: Store) -> None:
    text = "| Model | Training Data |\n|---|---|\n| Otter | Zorgle |\n"
    first = read(graph, text)
    second = graph.forget("list.md").load
    assert told(graph, "Zorgle") == [
        (first, "said", "Zorgle", 3),
        (second, "withdrawn", "Zorgle", 3),
    ]
    assert told(graph, "Otter") == told(graph, "Zorgle")


def test_merged_names_have_one_history_until_the_merge_is_undone(graph: Store) -> None:
    read(graph, datasets("Zorgle | 150K", "Plover | 3M"))
    pair = Name(Kind.DATASET, "Zorgle"), Name(Kind.DATASET, "Plover")
    graph.add_user_fact(Action.MERGE, pair_payload(*pair))
    both = told(graph, "Plover")
    assert [value for _, _, value, _ in both] == ["150K", "3M"]
    assert told(graph, "dataset:zorgle") == told(graph, "dataset:plover") == both
    graph.add_user_fact(Action.UNDO, {"of": 1})
    assert [value for _, _, value, _ in told(graph, "Plover")] == ["3M"]


def test_a_renamed_list_goes_by_its_new_name(graph: Store) -> None:
    read(graph, datasets("Zorgle | 150K"))
    graph.rename_source("list.md", "moved.md")
    assert [e.load.source for e in get_history(graph, "Zorgle").events] == ["moved.md"]


def test_a_name_that_nobody_ever_wrote_is_unknown(graph: Store) -> None:
    read(graph, datasets("Zorgle | 150K"))
    graph.forget("list.md")
    read(graph, datasets("Plovers-of-the-Sea | 3M"))
    with pytest.raises(NotFoundError) as caught:
        get_history(graph, "Plover-of-the-Sea")
    assert caught.value.nearest == ("Plovers-of-the-Sea",)


def test_an_event_is_written_in_a_stable_form(graph: Store) -> None:
    read(graph, datasets("Zorgle | 150K"))
    (event,) = get_history(graph, "Zorgle").events
    record = event.to_json()
    assert set(record) == {"load", "at", "what", "claim"}
    assert (record["load"], record["what"]) == (1, "said")
    claim = record["claim"]
    assert isinstance(claim, dict)
    assert (claim["property"], claim["value"]) == ("size", "150K")
