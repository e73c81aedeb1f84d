"""The line between the engine and the stores."""

from __future__ import annotations

import inspect
import itertools
import random

from kg.engine import reads
from kg.engine.rows import ClaimView, Rows, in_order
from kg.sqlite.rows import SqliteRows


def claim(source: str, line: int, number: int, **said: str) -> ClaimView:
    """Make a claim as a store gives it."""
    told = {"predicate": "TRAINED_ON", "subject_text": "Otter", "object_text": "CC3M", **said}
    return ClaimView(
        source, told["subject_text"], 1, "model", "", 1, "model:otter", None, told["object_text"],
        2, "dataset", "", 2, told["predicate"], "{}", "{}", "states", line, "q", "table", 1.0, 1,
        None, number,
    )  # fmt: skip


def test_claims_of_a_line_come_by_what_they_say_in_the_order_of_code_points() -> None:
    texts = ["", "Z", "a", "é", "多", "\ufb01", "\U0001f600", "\U00020000"]
    numbers = itertools.count(1)
    wanted = [
        claim(source, line, next(numbers), predicate=predicate, subject_text=s, object_text=o)
        for source in ("a", "b")
        for line in (1, 2, 10)
        for predicate in ("DERIVED_FROM", "TRAINED_ON", "alias")
        for s in sorted(texts)
        for o in sorted(texts)
    ]
    shuffled = random.Random(1).sample(wanted, len(wanted))
    by_line = sorted(shuffled, key=lambda c: (c.source, c.line))
    assert list(in_order(by_line)) == wanted


def test_positions_in_a_claim_are_those_of_its_names() -> None:
    for position in ("SUBJECT_KIND", "SUBJECT_ENTITY", "OWN_NAME", "OBJECT_ENTITY"):
        assert ClaimView._fields[getattr(reads, f"_{position}")] == position.lower()


def test_the_store_in_a_file_takes_what_the_engine_gives() -> None:
    for name, method in inspect.getmembers(Rows, inspect.isfunction):
        ours = inspect.signature(getattr(SqliteRows, name))
        assert str(ours) == str(inspect.signature(method)), name
