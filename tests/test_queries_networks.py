"""The graph in networkx: one edge a link, a part by narrowing, a neighbourhood without the rest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kg.errors import InputError, NotFoundError, SetupError
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Stance
from kg.sqlite.store import SqliteStore
from kg.store import Store, StoredClaim
from queries.export import iter_claim_records
from queries.narrow import Narrow
from queries.networks import to_networkx

networkx = pytest.importorskip("networkx")

MODEL, DATASET = Kind.MODEL, Kind.DATASET


@pytest.fixture
def graph() -> Iterator[Store]:
    """Give an empty store in memory."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


@pytest.fixture
def bundled(copied: Path) -> Iterator[Store]:
    """Give a store of the bundled lists."""
    with closing(SqliteStore(copied)) as opened:
        yield opened


def trained(model: str, dataset: str, line: int = 1, stage: str = "unknown", **more: Any) -> Claim:
    ends = Name(MODEL, model), Name(DATASET, dataset)
    qualifiers = {"stage": stage}
    quote = f"{model} {dataset}"
    return Claim(ends[0], Relation.TRAINED_ON, line, quote, ends[1], qualifiers, **more)


def derived(a: str, b: str, role: str) -> Claim:
    ends = Name(MODEL, a), Name(MODEL, b)
    return Claim(ends[0], Relation.DERIVED_FROM, 1, "q", ends[1], {"role": role})


def sized(dataset: str, text: str) -> Claim:
    return Claim(Name(DATASET, dataset), Property.SIZE, 1, text, values={"text": text})


def put(store: Store, *claims: Claim, source: str = "a") -> None:
    store.load(source, "markdown", f"{source} {len(claims)}", Reading(claims))


def edges(network: Any) -> list[tuple[str, str, str]]:
    return sorted(
        (network.nodes[a]["name"], key, network.nodes[b]["name"])
        for a, b, key in network.edges(keys=True)
    )


def test_a_link_is_one_edge_with_all_its_claims(graph: Store) -> None:
    amounts = [{"text": text, "value": n, "unit": "samples"} for text, n in (("5k", 5), ("6k", 6))]
    put(
        graph,
        trained("LLaVA", "CC3M", 1, "sft", values={"amount": amounts[0]}),
        trained("LLaVA", "CC3M", 2, "pretrain"),
    )
    put(graph, trained("llava", "cc-3m", 7, "sft", values={"amount": amounts[1]}), source="b")
    network = to_networkx(graph)
    assert isinstance(network, networkx.MultiDiGraph)
    assert edges(network) == [
        ("LLaVA", "TRAINED_ON stage=pretrain", "CC3M"),
        ("LLaVA", "TRAINED_ON stage=sft", "CC3M"),
    ]
    (sft,) = (d for _, _, d in network.edges(data=True) if d["stage"] == "sft")
    assert (sft["relation"], sft["amount"]) == ("TRAINED_ON", amounts)
    assert [(c["source"], c["line"], c["quote"], c["confidence"]) for c in sft["claims"]] == [
        ("a", 1, "LLaVA CC3M", 1.0),
        ("b", 7, "llava cc-3m", 1.0),
    ]


def test_one_derives_from_another_in_each_role(graph: Store) -> None:
    put(
        graph,
        derived("MultiInstruct", "OFA", "vision-encoder"),
        derived("MultiInstruct", "OFA", "base"),
    )
    network = to_networkx(graph)
    assert edges(network) == [
        ("MultiInstruct", "DERIVED_FROM role=base", "OFA"),
        ("MultiInstruct", "DERIVED_FROM role=vision-encoder", "OFA"),
    ]


def test_what_is_denied_or_not_disclosed_is_no_edge(graph: Store) -> None:
    put(
        graph,
        trained("LLaVA", "CC3M", stance=Stance.DENIES),
        Claim(Name(MODEL, "GPT-4V"), Relation.TRAINED_ON, 1, "q", stance=Stance.UNDISCLOSED),
    )
    network = to_networkx(graph)
    assert network.number_of_edges() == 0
    assert {d["name"] for _, d in network.nodes(data=True)} == {"LLaVA", "CC3M", "GPT-4V"}


def test_nodes_are_all_things_with_kind_name_and_properties(graph: Store) -> None:
    put(graph, sized("CC3M", "3M"), sized("Lonely", "1M"), trained("LLaVA", "CC3M"))
    network = to_networkx(graph)
    assert {d["name"]: (d["kind"], d["properties"], d["inside"]) for _, d in network.nodes(data=True)} == {
        "CC3M": ("dataset", {"size": "3M"}, True),
        "Lonely": ("dataset", {"size": "1M"}, True),
        "LLaVA": ("model", {}, True),
    }  # fmt: skip


def test_the_bundled_lists_are_there_whole(bundled: Store) -> None:
    network = to_networkx(bundled)
    assert set(network) == {e.id for e in bundled.iter_entities()}
    stated = [r for r in iter_claim_records(bundled) if r["stance"] == "states"]
    claims = [c for _, _, d in network.edges(data=True) for c in d["claims"]]
    assert len(claims) == len(stated)
    assert len(stated) > 900


def test_a_part_has_the_things_in_it_and_marks_those_only_named(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M", confidence=0.9), trained("Otter", "SBU", confidence=0.4))
    put(graph, sized("SBU", "1M"), source="b")
    models = to_networkx(graph, Narrow(kinds=frozenset({MODEL})))
    assert {d["name"]: d["inside"] for _, d in models.nodes(data=True)} == {
        "LLaVA": True,
        "Otter": True,
        "CC3M": False,
        "SBU": False,
    }
    sure = to_networkx(graph, Narrow(min_confidence=0.5))
    assert edges(sure) == [("LLaVA", "TRAINED_ON stage=unknown", "CC3M")]
    assert {d["name"] for _, d in sure.nodes(data=True)} == {"LLaVA", "CC3M", "SBU"}
    of_b = to_networkx(graph, Narrow(sources=("b",)))
    assert [d["name"] for _, d in of_b.nodes(data=True)] == ["SBU"]


def chain(store: Store) -> None:
    put(
        store,
        trained("A", "one"),
        trained("B", "one"),
        trained("B", "two"),
        trained("C", "two"),
        trained("C", "three"),
        derived("A", "B", "base"),
        derived("B", "A", "merge"),
    )


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 4, 9])
@pytest.mark.parametrize("start", ["A", "B", "one", "three"])
def test_a_neighbourhood_is_that_of_the_whole_graph(graph: Store, start: str, depth: int) -> None:
    chain(graph)
    whole = to_networkx(graph)
    (center,) = (n for n, d in whole.nodes(data=True) if d["name"] == start)
    near = set(networkx.ego_graph(whole.to_undirected(), center, radius=depth))
    expected = whole.subgraph(near)
    found = to_networkx(graph, around=start, depth=depth)
    assert dict(found.nodes(data=True)) == dict(expected.nodes(data=True))
    assert sorted(found.edges(keys=True)) == sorted(expected.edges(keys=True))
    for a, b, key, data in found.edges(keys=True, data=True):
        assert data == expected.edges[a, b, key]


def test_the_neighbourhoods_of_the_bundled_lists_are_those_of_the_whole(bundled: Store) -> None:
    whole = to_networkx(bundled)
    loose = whole.to_undirected()
    for name in ("model:video-llava", "dataset:llava-instruct-150k", "topic:benchmarks"):
        for depth in (1, 2):
            expected = whole.subgraph(networkx.ego_graph(loose, name, radius=depth))
            found = to_networkx(bundled, around=name, depth=depth)
            assert dict(found.nodes(data=True)) == dict(expected.nodes(data=True))
            assert sorted(found.edges(keys=True)) == sorted(expected.edges(keys=True))
            for a, b, key, data in found.edges(keys=True, data=True):
                assert data == expected.edges[a, b, key]


def test_a_neighbourhood_leads_on_only_through_what_is_in(graph: Store) -> None:
    chain(graph)
    found = to_networkx(graph, Narrow(kinds=frozenset({MODEL})), around="one", depth=5)
    names = {d["name"]: d["inside"] for _, d in found.nodes(data=True)}
    assert names == {"one": False, "A": True, "B": True}


def test_a_neighbourhood_never_reads_all_claims(
    bundled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bundled.iter_claims

    def watched(**asked: Any) -> Iterator[StoredClaim]:
        assert asked.get("subject") or asked.get("object"), asked
        return real(**asked)

    monkeypatch.setattr(bundled, "iter_claims", watched)
    monkeypatch.setattr(bundled, "iter_entities", lambda *_: pytest.fail("all were read"))
    narrow = Narrow(since="2020", topics=("Video-LLM",))
    assert len(to_networkx(bundled, around="Video-LLaVA", depth=2)) > 5
    assert len(to_networkx(bundled, narrow, around="Video-LLaVA", depth=2)) > 1


def test_two_runs_give_the_same_graph_in_the_same_order(bundled: Store) -> None:
    one, two = to_networkx(bundled), to_networkx(bundled)
    assert list(one.nodes(data=True)) == list(two.nodes(data=True))
    assert list(one.edges(keys=True, data=True)) == list(two.edges(keys=True, data=True))


def test_what_cannot_be_is_told(graph: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(graph, trained("LLaVA", "CC3M"))
    with pytest.raises(NotFoundError, match="did you mean LLaVA"):
        to_networkx(graph, around="LLaVAs")
    with pytest.raises(InputError, match="depth"):
        to_networkx(graph, around="LLaVA", depth=-1)
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(SetupError, match=r"research-kg\[analysis\]"):
        to_networkx(graph)
