"""The lineage of one thing: both sides, each thing followed once, what is denied, a tree that fits."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.lineage_lines import lineage_lines
from kg.errors import InputError, NotFoundError
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Stance
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.ancestry import Lineage, Side, find_lineage
from queries.narrow import Narrow

networkx = pytest.importorskip("networkx")

LONG = "An-exceptionally-long-name-that-does-not-fit-on-a-line-of-a-terminal-beside-its-branches"


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


def derived(a: str, b: str, role: str = "source", line: int = 1, **more: Any) -> Claim:
    ends = Name(Kind.DATASET, a), Name(Kind.DATASET, b)
    quote = f"{a} of {b}"
    return Claim(ends[0], Relation.DERIVED_FROM, line, quote, ends[1], {"role": role}, **more)


def introduces(title: str, dataset: str) -> Claim:
    ends = Name(Kind.PAPER, title), Name(Kind.DATASET, dataset)
    return Claim(ends[0], Relation.INTRODUCES, 1, title, ends[1])


def put(store: Store, *claims: Claim, source: str = "a") -> None:
    store.load(source, "markdown", f"{source} {len(claims)}", Reading(claims))


def tree(side: Side | None) -> list[str]:
    """Write the rows of a side: two blanks a step, and where a thing stands that is not here."""
    assert side is not None
    return [
        "  " * (len(row.is_last) - 1)
        + row.member.name
        + ("" if row.place == "here" else f" ({row.place})")
        for row in side.rows()
    ]


def lines(found: Lineage, evidence: int | None = 2) -> list[str]:
    told = click.unstyle("\n".join(lineage_lines(found, evidence=evidence))).split("\n")
    assert max(map(len, told)) <= 80
    return told


# ---------------------------------------------------------------------- what is followed


def test_both_sides_are_followed_to_their_ends(graph: Store) -> None:
    put(graph, derived("C4", "Common Crawl"), derived("T5 data", "C4"), derived("C4 en", "C4"))
    put(graph, derived("Dolma", "C4 en"), source="b")
    found = find_lineage(graph, "c4")
    assert tree(found.up) == ["Common Crawl"]
    assert tree(found.down) == ["C4 en", "  Dolma", "T5 data"]
    assert tree(find_lineage(graph, "Dolma").up) == ["C4 en", "  C4", "    Common Crawl"]


def test_one_side_alone_is_found_where_one_is_asked_for(graph: Store) -> None:
    put(graph, derived("C4", "Common Crawl"), derived("Dolma", "C4"))
    found = find_lineage(graph, "C4", down=False)
    assert (tree(found.up), found.down) == (["Common Crawl"], None)
    found = find_lineage(graph, "C4", up=False)
    assert (found.up, tree(found.down)) == (None, ["Dolma"])


def test_a_thing_is_followed_where_it_is_nearest_and_named_elsewhere(graph: Store) -> None:
    put(
        graph,
        derived("A", "B"),
        derived("A", "D"),
        derived("B", "C"),
        derived("C", "D"),
        derived("D", "E"),
    )
    found = find_lineage(graph, "A")
    assert tree(found.up) == ["B", "  C", "    D (elsewhere)", "D", "  E"]
    told = [line for line in lines(found) if "D" in line and "─" in line]
    assert told == ["  │     └─ D  (source) (see below)", "  └─ D  (source)"]
    assert "(see above)" in "\n".join(lines(find_lineage(graph, "E")))


def test_a_cycle_is_marked_and_ends(graph: Store) -> None:
    put(graph, derived("A", "B"), derived("B", "C"), derived("C", "A"), derived("C", "C"))
    found = find_lineage(graph, "A")
    assert tree(found.up) == ["B", "  C", "    A (cycle)", "    C (cycle)"]
    assert tree(found.down) == ["C", "  B", "    A (cycle)", "  C (cycle)"]
    assert sum("(a cycle)" in line for line in lines(found)) == 4


def test_a_depth_ends_the_tree_and_says_that_it_goes_on(graph: Store) -> None:
    put(graph, derived("A", "B"), derived("B", "C"))
    found = find_lineage(graph, "A", depth=1)
    assert tree(found.up) == ["B"]
    assert "  … goes on after 1 steps (--depth shows more)" in lines(found)
    assert not any("goes on" in line for line in lines(find_lineage(graph, "A", depth=2)))
    with pytest.raises(InputError, match="1 or more"):
        find_lineage(graph, "A", depth=0)


def test_a_step_has_every_role_with_its_amount_and_lines(graph: Store) -> None:
    amount = {"text": "558k", "value": 558000, "unit": "samples"}
    put(
        graph,
        derived("Mix", "Part", "part", 3, values={"amount": amount}),
        derived("Mix", "Part", "source", 4),
        introduces("Parts of Mixtures", "Part"),
    )
    put(graph, derived("mix", "part", "part", 9, values={"amount": amount}), source="b")
    found = find_lineage(graph, "Mix")
    assert found.up is not None
    (link,) = found.up.members[found.entity.id].links
    assert [(s.role, [(e.source, e.line) for e in s.evidence]) for s in link.said] == [
        ("part", [("a", 3), ("b", 9)]),
        ("source", [("a", 4)]),
    ]
    assert lines(found)[3:8] == [
        "  └─ Part  (part, 558k; source)",
        "     a:3",
        "     b:9",
        "     … 1 more lines (--evidence shows all)",
        "     introduced by Parts of Mixtures",
    ]
    assert "       “Mix of Part”" in lines(found, None)


def test_what_is_not_disclosed_or_denied_is_told_apart_from_nothing_recorded(graph: Store) -> None:
    def undisclosed(name: str, stance: Stance) -> Claim:
        return Claim(Name(Kind.MODEL, name), Relation.DERIVED_FROM, 1, "q", stance=stance)

    put(
        graph,
        undisclosed("Closed", Stance.UNDISCLOSED),
        undisclosed("Own", Stance.DENIES),
        derived("X", "Y", stance=Stance.DENIES),
    )
    assert lines(find_lineage(graph, "Closed"))[3:5] == ["  not disclosed", "    a:1"]
    assert "  nothing recorded" in lines(find_lineage(graph, "Closed", up=False))
    assert "  none, a source says" in lines(find_lineage(graph, "Own"))
    assert "  not from Y  (source)" in lines(find_lineage(graph, "X"))
    assert "  not X  (source)" in lines(find_lineage(graph, "Y"))
    assert lines(find_lineage(graph, "Y")).count("  nothing recorded") == 1


def test_narrowing_keeps_out_claims_and_what_lies_behind_things(graph: Store) -> None:
    put(graph, derived("A", "B"), derived("B", "C"))
    put(graph, derived("A", "D", confidence=0.5), source="b")
    assert tree(find_lineage(graph, "A", Narrow(sources=("a",))).up) == ["B", "  C"]
    assert tree(find_lineage(graph, "A", Narrow(min_confidence=0.9)).up) == ["B", "  C"]
    assert tree(find_lineage(graph, "C", Narrow(sources=("b",))).down) == []
    found = find_lineage(graph, "A", Narrow(since="2020"))
    assert tree(found.up) == []
    assert "left out: 2 without a date" in found.remark


def test_only_models_and_datasets_have_a_lineage(graph: Store) -> None:
    put(graph, introduces("A Paper", "CC3M"))
    with pytest.raises(NotFoundError, match="there is a paper of that name") as caught:
        find_lineage(graph, "A Paper")
    assert "A Paper" not in caught.value.nearest
    with pytest.raises(NotFoundError, match="did you mean CC3M"):
        find_lineage(graph, "CC3MM")


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24), st.integers(1, 9))
def test_in_any_graph_every_thing_in_reach_is_followed_once_and_every_step_is_there(
    pairs: list[tuple[int, int]], depth: int
) -> None:
    expected: Any = networkx.DiGraph([("T0", "T1"), *((f"T{a}", f"T{b}") for a, b in pairs)])
    with closing(SqliteStore(":memory:", create=True)) as store:
        put(store, *(derived(a, b, line=n + 1) for n, (a, b) in enumerate(expected.edges)))
        found = find_lineage(store, "T0", depth=depth)
    for side, reach in ((found.up, expected), (found.down, expected.reverse())):
        assert side is not None
        steps = networkx.single_source_shortest_path_length(reach, "T0", cutoff=depth)
        assert {m.name: m.steps for m in side.members.values()} == steps
        rows = list(side.rows())
        here = [row.member.name for row in rows if row.place == "here"]
        assert sorted(here) == sorted(set(steps) - {"T0"})
        inner = [name for name, far in steps.items() if far < depth]
        assert len(rows) == sum(reach.out_degree(name) for name in inner)
    lines(found)


# ---------------------------------------------------------------------- how it is shown


def test_long_names_and_deep_trees_fit_the_terminal(graph: Store) -> None:
    names = [f"{LONG}-{n}" for n in range(40)]
    put(
        graph,
        *(derived(a, b, f"role {LONG}") for a, b in itertools.pairwise(names)),
        *(introduces(f"{LONG} {LONG} {n}", name) for n, name in enumerate(names)),
        Claim(Name(Kind.DATASET, names[0]), Property.SIZE, 1, "1M", values={"text": "1M"}),
    )
    found = find_lineage(graph, names[0], depth=50)
    assert len(tree(found.up)) == 39
    lines(found)
    lines(found, None)


def kg(store: Path, *words: str) -> Any:
    done = CliRunner().invoke(main, ["--store", str(store), "lineage", *words])
    assert done.exit_code == 0, done.output
    return done


def test_the_command_shows_both_sides_or_one(copied: Path) -> None:
    both = kg(copied, "LLaVA-1.5").stdout
    assert both.index("derived from\n") < both.index("Vicuna  (language-model)")
    assert both.index("Vicuna  (language-model)") < both.index(
        "derived from it\n  nothing recorded"
    )
    assert "visual-instruction-tuning-methods.md:48" in both
    assert "introduced by Improved Baselines" in both
    assert kg(copied, "LLaVA-1.5", "--up", "--down").stdout == both
    assert "derived from it" not in kg(copied, "LLaVA-1.5", "--up").stdout
    assert "derived from\n" not in kg(copied, "LLaVA-1.5", "--down").stdout
    assert (
        kg(copied, "LLaVA-1.5", "--source", "references.bib").stdout.count("nothing recorded") == 2
    )


def test_as_json_nodes_and_edges_stand_once_with_their_lines(copied: Path, bundled: Store) -> None:
    found = json.loads(kg(copied, "Vicuna", "--json").stdout)
    assert set(found) == {
        *("id", "kind", "name", "remark", "depth"), "nodes", "edges", "coverage",
    }  # fmt: skip
    nodes = {node["id"]: node for node in found["nodes"]}
    assert (nodes[found["id"]]["up"], nodes[found["id"]]["down"]) == (0, 0)
    for node in found["nodes"]:
        assert set(node) == {"id", "kind", "name", "up", "down", "goes_on", "introduced_by"}
    claims = list(bundled.iter_claims(object=found["id"], predicates=[Relation.DERIVED_FROM]))
    assert {e["subject"] for e in found["edges"]} == {c.subject.id for c in claims}
    for edge in found["edges"]:
        assert set(edge) == {"subject", "object", "role", "stance", "attributes", "evidence"}
        assert (edge["object"], edge["role"]) == (found["id"], "language-model")
        assert all(set(e) == {"source", "line", "quote", "confidence"} for e in edge["evidence"])
        assert edge["evidence"]


def test_an_edge_of_a_cycle_stands_once_in_the_json(graph: Store) -> None:
    put(graph, derived("A", "B"), derived("B", "A"))
    found: Any = find_lineage(graph, "A").to_json()
    assert [(n["name"], n["up"], n["down"]) for n in found["nodes"]] == [("A", 0, 0), ("B", 1, 1)]
    assert len(found["edges"]) == 2
