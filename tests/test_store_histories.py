"""A store in a file and one in a server have the same history and then say the same, byte by byte.

A few seeds run each time; `KG_HISTORIES=30` runs that many.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from conftest import front_of
from histories import History, answered, exported, outcome, remembered
from kg.neo4j.store import Neo4jStore
from kg.sqlite.store import SqliteStore
from kg.store import Store
from neo4j_server import Neo4j

SEEDS = range(int(os.environ.get("KG_HISTORIES", "2")))
STEPS = 40


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Give an empty store in a file."""
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        yield store


def assert_same(one: Store, other: Store) -> None:
    """See that two stores export, remember and answer the same."""
    assert exported(one) == exported(other)
    assert remembered(one) == remembered(other)
    theirs = answered(other)
    for what, answer in answered(one).items():
        assert answer == theirs[what], what


@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_history_both_stores_export_and_answer_the_same(
    seed: int, file_store: SqliteStore, neo4j_store: Neo4jStore
) -> None:
    history = History(random.Random(seed), file_store)
    done = []
    for n in range(STEPS):
        what, step = history.step()
        done.append(what)
        assert outcome(file_store, step) == outcome(neo4j_store, step), done
        if n % 8 == 7:
            assert exported(file_store) == exported(neo4j_store), done
    assert_same(file_store, neo4j_store)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_copy_of_any_history_goes_on_as_its_origin_does(
    seed: int, file_store: SqliteStore, neo4j_store: Neo4jStore, running_neo4j: Neo4j
) -> None:
    history = History(random.Random(1000 + seed), file_store)
    for _ in range(STEPS):
        outcome(file_store, history.step()[1])
    neo4j_store.copy_from(file_store)
    assert remembered(neo4j_store, times=True) == remembered(file_store, times=True)
    assert_same(file_store, neo4j_store)
    with closing(SqliteStore(":memory:", create=True)) as back:
        back.copy_from(neo4j_store)
        assert remembered(back, times=True) == remembered(file_store, times=True)
        for _ in range(STEPS // 4):
            _, step = history.step()
            wanted = outcome(file_store, step)
            assert outcome(back, step) == wanted
            assert outcome(neo4j_store, step) == wanted
        assert_same(file_store, back)
        assert_same(file_store, neo4j_store)
    front = front_of(running_neo4j)
    neo4j_store.rebuild_front()
    assert front_of(running_neo4j) == front
