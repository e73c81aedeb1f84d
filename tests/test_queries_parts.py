"""A part of the graph is the same thing in every format: chosen things and what is said with them."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from kg.errors import InputError, NotFoundError
from kg.model import Kind
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.export import iter_claim_records
from queries.narrow import Narrow
from queries.networks import to_networkx
from queries.parts import choose

networkx = pytest.importorskip("networkx")

QUESTION = "which models use LLaVA-665K"
MODELS = ["model:llava-v1.5", "model:video-llama2"]


@pytest.fixture
def bundled(copied: Path) -> Iterator[Store]:
    """Give a store of the bundled lists."""
    with closing(SqliteStore(copied)) as opened:
        yield opened


def run(store: Path, *words: str) -> Any:
    done = CliRunner().invoke(main, ["--store", str(store), "export", *words])
    assert done.exit_code == 0, done.output
    return done


def records(store: Path, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(store, *words).stdout.splitlines()]


def ends(claim: dict[str, Any]) -> tuple[str, str, str]:
    return claim["subject"]["id"], claim["relation"], claim["object"]["id"]


def test_things_are_chosen_by_names_and_by_what_answers_a_question(bundled: Store) -> None:
    assert sorted(choose(bundled, question=QUESTION).ids) == MODELS
    both = choose(bundled, ["llava-665k", "LLaVA-1.5"], QUESTION).ids
    assert sorted(both) == ["dataset:llava-instruct-665k", *MODELS]
    assert "for the dataset Valley give" in choose(bundled, ["Valley"]).remark
    empty = choose(bundled, question="which models were trained on CC3M but not on CC3M")
    assert (empty.ids, empty.remark) == (frozenset(), "nothing answers the question")
    with pytest.raises(NotFoundError):
        choose(bundled, ["No-Such-Thing-7"])


def test_a_claim_is_of_a_part_that_has_one_of_its_ends(copied: Path) -> None:
    every = records(copied, "claims")
    part = records(copied, "claims", "--question", QUESTION)
    assert part == [c for c in every if c["subject"]["id"] in MODELS or c["object"]["id"] in MODELS]
    assert {c["relation"] for c in part} >= {"TRAINED_ON", "INTRODUCES"}
    assert 0 < len(part) < len(every)


def test_the_things_of_a_part_are_the_chosen_ones(copied: Path) -> None:
    assert [e["id"] for e in records(copied, "entities", "--question", QUESTION)] == MODELS
    said = records(copied, "properties", "LLaVA-665K")
    assert {s["subject"]["id"] for s in said} <= {"dataset:llava-instruct-665k"}


def test_narrowing_is_asked_of_the_things_and_of_the_subjects_of_claims(copied: Path) -> None:
    users = records(copied, "claims", "LLaVA-665K", "--kind", "model")
    assert [ends(c) for c in users] == [
        (model, "TRAINED_ON", "dataset:llava-instruct-665k") for model in MODELS
    ]
    assert records(copied, "entities", "LLaVA-665K", "--kind", "model") == []


@pytest.mark.parametrize(
    "words",
    [
        ("--question", QUESTION),
        ("LLaVA-665K", "Silkie"),
        ("LLaVA-665K", "--kind", "model"),
        ("LLaVA-665K", "--source", "references.bib"),
        ("--question", "what was Video-LLaMA2 trained on", "--min-confidence", "0.9"),
        ("--question", "which models were trained on CC3M but not on CC3M"),
    ],
)
def test_all_formats_have_the_same_part(copied: Path, words: tuple[str, ...]) -> None:
    claims = [ends(c) for c in records(copied, "claims", *words)]
    rows = list(csv.DictReader(io.StringIO(run(copied, "csv", *words).stdout, newline="")))
    assert [(r["subject_id"], r["relation"], r["object_id"]) for r in rows] == [
        (a, relation, b or "") for a, relation, b in claims
    ]
    root = ET.fromstring(run(copied, "graphml", *words).stdout)
    space = "{http://graphml.graphdrawing.org/xmlns}"
    nodes = {node.get("id") for node in root.iter(f"{space}node")}
    edges = [(e.get("source"), e.get("target")) for e in root.iter(f"{space}edge")]
    assert edges == [(a, b) for a, _, b in claims if b]
    chosen = {e["id"] for e in records(copied, "entities", *words)}
    assert nodes == chosen.union(*({a, b} - {None} for a, _, b in claims))


@pytest.mark.parametrize(
    "narrow",
    [Narrow(), Narrow(kinds=frozenset({Kind.MODEL})), Narrow(sources=("references.bib",))],
)
@pytest.mark.parametrize("things", [["llava-665k", "Silkie"], MODELS, ["LLaVA-1.5"], []])
def test_the_network_of_a_part_is_what_exports_have(
    bundled: Store, narrow: Narrow, things: list[str]
) -> None:
    sieve = narrow.on(bundled, chosen=choose(bundled, things).ids)
    claims: Any = list(iter_claim_records(bundled, sieve))
    network = to_networkx(bundled, narrow, things=things)
    assert sum(len(d["claims"]) for *_, d in network.edges(data=True)) == len(
        [c for c in claims if c["stance"] == "states"]
    )
    whole = to_networkx(bundled, narrow)
    for a, b, key, data in network.edges(keys=True, data=True):
        assert data == whole.edges[a, b, key]
    inside = {n for n, d in network.nodes(data=True) if d["inside"]}
    wanted = {n for n in sieve.chosen or () if n in whole and whole.nodes[n]["inside"]}
    assert inside == wanted


def test_a_part_is_of_things_or_around_one(bundled: Store) -> None:
    with pytest.raises(InputError, match="give one of them"):
        to_networkx(bundled, around="LLaVA", things=["LLaVA"])
    with pytest.raises(NotFoundError):
        to_networkx(bundled, things=["No-Such-Thing-7"])
    assert isinstance(to_networkx(bundled, things=[]), networkx.MultiDiGraph)
