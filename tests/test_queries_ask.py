"""Questions in plain English: the labelled ones, other ways to ask them, and what gets no guess.

The paraphrases and the unreadable questions were written before the parser, by somebody who did
not write it. The labels lie in ../shared; without them those tests skip.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingest.from_markdown import read_list
from ingest.load import ingest_bytes, ingest_file
from kg.decisions import Action
from kg.errors import InputError, NotFoundError, StoreError
from kg.model import Kind, Name
from kg.names import fold
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.ask import EXAMPLES, ask
from queries.narrow import Narrow
from queries.training import find_models_using

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = json.loads((ROOT / "tests/data/questions.json").read_text(encoding="utf-8"))
LABELS = ROOT.parent / "shared" / "gold" / "seeds"


@pytest.fixture(scope="module")
def seeds(shared: Path) -> Iterator[Store]:
    """Give a store of the labelled documents; not to be changed."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        for file in sorted((shared / "seeds").glob("*.txt")):
            ingest_file(opened, file, name=file.name)
        yield opened


@pytest.fixture(scope="module")
def bundled() -> Iterator[Store]:
    """Give a store of the bundled lists; not to be changed."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        for file in sorted((ROOT / "ingest/lists").iterdir()):
            ingest_file(opened, file, name=file.name)
        yield opened


def labelled() -> Iterator[Any]:
    """Yield every labelled question as written and in its paraphrases."""
    path = LABELS / "questions.jsonl"
    if not path.is_file():
        yield pytest.param("", {}, marks=pytest.mark.skip("no ../shared beside the repository"))
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for text in (row["question"], *WRITTEN["paraphrases"][str(row["n"])]):
            yield pytest.param(text, row, id=text)


def spellings(store: Store) -> dict[str, set[str]]:
    """Give for every folded name the canonical names of the labels that it may stand for."""
    found: dict[str, set[str]] = {}
    for line in (LABELS / "aliases.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for alias in (row["canonical"], *row["aliases"]):
            found.setdefault(fold(alias), set()).add(fold(row["canonical"]))
    return found


@pytest.mark.parametrize(("text", "row"), list(labelled()))
def test_a_labelled_question_is_answered_in_full_and_with_nothing_else(
    seeds: Store, text: str, row: dict[str, Any]
) -> None:
    known = spellings(seeds)
    try:
        answers = ask(seeds, text).answers
    except NotFoundError:
        answers = ()  # a thing that only prose speaks of
    given = []
    for answer in answers:
        names = {answer.name}
        for entity in seeds.find_entities(answer.id):
            if row["kind"] != "conflict":
                names |= {entity.name, *entity.aliases}
        folded = {fold(n) for n in names}
        given.append(folded.union(*(known.get(f, set()) for f in folded)))
    wanted = {fold(a) for a in row["answer"]}
    optional = {fold(a) for a in row["optional"]}
    missing = {w for w in wanted - optional if not any(w in g for g in given)}
    assert not missing
    assert all(g & wanted for g in given)
    assert not any(g & {fold(w) for w in row["wrong"]} - wanted for g in given)


@pytest.mark.parametrize(
    "row", WRITTEN["unreadable"], ids=[r["text"][:60] for r in WRITTEN["unreadable"]]
)
def test_what_cannot_be_read_gets_no_guess(bundled: Store, row: dict[str, str]) -> None:
    with pytest.raises((InputError, NotFoundError)):
        ask(bundled, row["text"])


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_that_is_offered_has_an_answer(bundled: Store, text: str) -> None:
    assert ask(bundled, text).answers


def test_uses_through_other_data_stand_apart_with_their_path(bundled: Store) -> None:
    found = ask(bundled, "which models use ActivityNet")
    assert found.answers == ()
    assert {a.name for a in found.indirect} == {"Video-ChatGPT", "Video-LLaVA"}
    assert all(a.how == "through data made of it: VideoInstruct100K" for a in found.indirect)
    assert all(len(a.evidence) == 2 for a in found.indirect)


def test_uses_through_other_data_are_found_when_looked_at_while_the_store_is_open(
    tmp_path: Path,
) -> None:
    with SqliteStore(tmp_path / "kg.sqlite", create=True) as store:
        for file in sorted((ROOT / "ingest/lists").iterdir()):
            ingest_file(store, file)
        found = find_models_using(store, "ActivityNet")
        again = find_models_using(store, "ActivityNet")
        assert found.indirect == again.indirect
        assert found.indirect == tuple(again.indirect)
        assert found.indirect[:1] == (found.indirect[0],)
        never_looked_at = find_models_using(store, "ActivityNet")
    assert len(found.indirect) == 2
    with pytest.raises(StoreError, match="closed"):
        len(never_looked_at.indirect)


def test_a_word_that_narrows_by_what_is_not_recorded_is_told(bundled: Store) -> None:
    plain = ask(bundled, "which models use Vicuna as language model")
    narrow = ask(bundled, "which small models use Vicuna as language model")
    assert narrow.answers == plain.answers
    assert "not narrowed by 'small'" in narrow.remark


def test_sources_that_differ_in_a_value_are_told(bundled: Store) -> None:
    found = ask(bundled, "what is the arXiv id of the ShareGPT4V paper")
    assert [a.name for a in found.answers] == ["2311.12793"]
    assert "2311.03079" in found.remark


def test_models_of_two_datasets_are_those_that_use_both(bundled: Store) -> None:
    one, two = (
        {a.name for a in ask(bundled, f"which models use {d}").answers} for d in ("CC3M", "CC12M")
    )
    both = {a.name for a in ask(bundled, "which models use CC3M and CC12M").answers}
    without = {a.name for a in ask(bundled, "which models use CC3M but not CC12M").answers}
    assert both == one & two
    assert without == one - two


@pytest.mark.parametrize(
    ("up", "down"),
    [("from which models is Otter derived", "which models are derived from MPT")],
)
def test_lineage_goes_up_and_down_by_the_order_of_words(bundled: Store, up: str, down: str) -> None:
    assert "MPT" in {a.name for a in ask(bundled, up).answers}
    assert {a.name for a in ask(bundled, down).answers} == {"Otter"}


def test_an_answer_can_be_narrowed_by_source_date_and_kind(bundled: Store) -> None:
    text = "which models use CC3M"
    whole = {a.name for a in ask(bundled, text).answers}
    table = frozenset({"visual-instruction-tuning-methods.md"})
    of_one = ask(bundled, text, Narrow(sources=table))
    assert {a.name for a in of_one.answers} < whole
    assert {e.source for a in of_one.answers for e in a.evidence} == table
    late = ask(bundled, text, Narrow(since="2024-01"))
    assert {a.name for a in late.answers} == {"Video-LLaMA2"}
    assert "left out" in late.remark
    assert ask(bundled, text, Narrow(kinds=frozenset({Kind.DATASET}))).answers == ()


def test_unread_papers_behind_a_models_data_are_found(store: Store) -> None:
    text = """
- [Pondset: Calls of a Thousand Ponds](https://arxiv.org/abs/2401.00001) (Pondset)
- [Reedset: Winds over Reeds](https://arxiv.org/abs/2401.00002) (Reedset)

| Model | Training Data |
|---|---|
| Otterling | Pondset, Reedset |
"""
    ingest_bytes(store, "list.md", text.encode(), "markdown", read_list)
    question = "which unread papers introduce data that Otterling was trained on"
    assert len(ask(store, question).answers) == 2
    pondset = Name(Kind.PAPER, "Pondset: Calls of a Thousand Ponds")
    payload = {"kind": "paper", "text": pondset.text, "scope": "", "state": "read", "date": ""}
    store.add_user_fact(Action.STATE, payload)
    (left,) = ask(store, question).answers
    assert left.name == "Reedset: Winds over Reeds"
    assert left.how == "introduces Reedset"
