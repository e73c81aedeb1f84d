"""Texts of harvested records in a store: claims, stubs of their own paper, candidates and their review."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from ingest.arxiv.naming import Dictionary, dictionary_of
from ingest.texts import EXTRACTOR, TextSays, read_record, read_texts
from kg.model import Kind, Name, Relation
from kg.records import PaperRecord
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.candidates import find_candidates
from queries.training import find_models_using

NAMES = Dictionary(
    [
        ("model:owlnet", Name(Kind.MODEL, "OwlNet"), "OwlNet"),
        ("dataset:birdqa", Name(Kind.DATASET, "BirdQA"), "BirdQA"),
        ("dataset:songset-2k", Name(Kind.DATASET, "SongSet-2K"), "SongSet-2K"),
    ]
)
LIST = """# Models

| Model | Training data |
|---|---|
| OwlNet | SongSet-2K |

# Datasets

| Dataset | Size |
|---|---|
| BirdQA | 4k |
"""
ABSTRACT = (
    "Counting birds is hard. OwlNet is trained on the BirdQA dataset. We introduce NestBench, a new"
    " benchmark for nests."
)


def read(abstract: str, title: str = "Counting birds from afar") -> TextSays:
    return read_record("2401.00001", title, abstract, NAMES)


def told(says: TextSays) -> set[tuple[str, str, str]]:
    return {
        (c.subject.text, str(c.predicate), c.object.text if c.object else "") for c in says.claims
    }


def test_what_a_sentence_states_of_known_things_is_a_claim_with_the_sentence() -> None:
    says = read(ABSTRACT)
    assert ("OwlNet", "TRAINED_ON", "BirdQA") in told(says)
    (claim,) = (c for c in says.claims if c.predicate is Relation.TRAINED_ON)
    assert claim.quote == "OwlNet is trained on the BirdQA dataset."
    assert claim.extractor.startswith(EXTRACTOR)
    assert 0.8 <= claim.confidence < 0.9
    assert claim.line == 240100001


def test_a_name_that_a_paper_introduces_is_that_papers_own() -> None:
    says = read(ABSTRACT)
    (claim,) = (c for c in says.claims if c.predicate is Relation.INTRODUCES)
    assert claim.subject == Name(Kind.PAPER, "Counting birds from afar")
    assert claim.object == Name(Kind.DATASET, "NestBench", "arXiv:2401.00001")


@pytest.mark.parametrize(
    "sentence",
    [
        "OwlNet is not trained on BirdQA.",
        "OwlNet works without training on BirdQA.",
        "OwlNet could be trained on BirdQA.",
        "Nobody has looked at OwlNet and BirdQA together.",
    ],
)
def test_what_a_sentence_does_not_state_is_no_claim(sentence: str) -> None:
    says = read(sentence)
    assert not [c for c in says.claims if str(c.stance) == "states" and c.object is not None]


def test_a_text_that_names_nothing_says_nothing() -> None:
    assert read("Birds sing in the morning.") == TextSays()


# ---------------------------------------------------------------------- in a store


def record(n: int, abstract: str = ABSTRACT) -> PaperRecord:
    return PaperRecord(f"2401.{n:05}", f"Counting birds, part {'x' * n}", abstract=abstract)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "list.md").write_text(LIST)
    kg(tmp_path, "ingest", str(tmp_path / "list.md"))
    return tmp_path


@pytest.fixture
def held(folder: Path) -> Iterator[Store]:
    with closing(SqliteStore(folder / "kg.sqlite")) as store:
        yield store


def kg(folder: Path, *args: str, code: int = 0) -> str:
    env = {"KG_STORE": str(folder / "kg.sqlite"), "XDG_CACHE_HOME": str(folder)}
    result = CliRunner().invoke(main, args, env=env)
    assert result.exit_code == code, result.output
    return result.output


def test_all_records_are_read_once_for_the_names_that_there_are(held: Store) -> None:
    held.add_records("arxiv", [record(n) for n in range(1, 6)])
    names = dictionary_of(held)
    done = read_texts(held, names)
    assert (done.records, done.is_done) == (5, True)
    assert done.claims >= 5
    assert read_texts(held, names).records == 0
    assert [a.name for a in find_models_using(held, "BirdQA").answers] == ["OwlNet"]


def test_reading_that_was_broken_off_is_gone_on_with_and_says_the_same(
    folder: Path, held: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.texts._AT_ONCE", 2)
    held.add_records("arxiv", [record(n) for n in range(1, 8)])
    names = dictionary_of(held)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_texts(held, names, tell=stop)
    rest = read_texts(held, names)
    assert rest.records == 5
    broken = kg(folder, "export", "claims")
    held.put_said("arxiv", {}, cursor="none", place="texts")
    read_texts(held, names)
    assert kg(folder, "export", "claims") == broken


def test_a_new_version_of_a_text_says_what_it_says_now(held: Store) -> None:
    held.add_records("arxiv", [record(1)])
    names = dictionary_of(held)
    read_texts(held, names)
    held.add_records("arxiv", [record(1, "OwlNet is evaluated on BirdQA.")])
    assert not find_models_using(held, "BirdQA").answers
    held.put_said("arxiv", {}, cursor="none", place="texts")
    read_texts(held, names)
    said = {
        str(c.claim.predicate) for c in held.iter_claims(source="arxiv", object="dataset:birdqa")
    }
    assert "TRAINED_ON" not in said


def test_two_papers_that_introduce_one_name_introduce_two_things(held: Store) -> None:
    held.add_records("arxiv", [record(1), record(2)])
    read_texts(held, dictionary_of(held))
    introduced = {
        c.object.id
        for c in held.iter_claims(source="arxiv", predicates=[Relation.INTRODUCES])
        if c.object and c.object.name == "NestBench"
    }
    assert len(introduced) == 2


# ---------------------------------------------------------------------- candidates


def doubted(store: Store) -> None:
    """Put a candidate into the store, whatever the patterns are sure of at present."""
    (claim,) = (c for c in read(ABSTRACT).claims if c.predicate is Relation.TRAINED_ON)
    store.add_records("arxiv", [record(1)], doubted={"2401.00001": [claim]})


def test_a_candidate_is_no_claim_until_it_is_accepted(folder: Path, held: Store) -> None:
    doubted(held)
    assert not find_models_using(held, "BirdQA").answers
    (item,) = map(json.loads, kg(folder, "review", "--text", "--json").splitlines())
    assert item["url"] == "https://arxiv.org/abs/2401.00001"
    assert item["quote"] == "OwlNet is trained on the BirdQA dataset."
    kg(folder, "review", "accept", item["id"])
    assert [a.name for a in find_models_using(held, "BirdQA").answers] == ["OwlNet"]
    assert find_candidates(held) == []
    kg(folder, "undo")
    assert not find_models_using(held, "BirdQA").answers
    assert [c.id for c in find_candidates(held)] == [item["id"]]


def test_a_rejected_candidate_stays_rejected_when_the_text_is_read_again(
    folder: Path, held: Store
) -> None:
    doubted(held)
    (candidate,) = find_candidates(held)
    assert candidate.id in kg(folder, "review", "--text")
    kg(folder, "review", "reject", candidate.id)
    doubted(held)
    assert find_candidates(held) == []
    assert "reject OwlNet TRAINED_ON BirdQA (arxiv:240100001)" in kg(folder, "log")
    assert "waits for a decision" in kg(folder, "review", "--text")
    assert "nothing called" in kg(folder, "review", "accept", candidate.id, code=3)
    saved = folder / "me.jsonl"
    saved.write_text(kg(folder, "export", "user"))
    assert '"action": "reject"' in saved.read_text()
    kg(folder, "undo")
    assert find_candidates(held) == [candidate]


def test_what_is_no_id_says_what_one_looks_like(folder: Path) -> None:
    for wrong in ("t12", "tzzzzzzz", "x"):
        assert "like t3f09ab1" in kg(folder, "review", "accept", wrong, code=2)


def test_the_command_reads_all_texts_and_says_how_much(folder: Path, held: Store) -> None:
    held.add_records("arxiv", [record(1)])
    told_ = json.loads(kg(folder, "harvest", "--texts", "--json"))
    assert told_["records"] == 1
    assert told_["claims"] >= 2
    assert "read with these names before" in kg(folder, "harvest", "--texts")
