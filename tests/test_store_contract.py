"""What every store promises, whatever it is made of; the `store` fixture runs all of it on each."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ingest.from_bibtex import read_bibtex
from ingest.from_markdown import read_list
from kg.errors import KGError, NotFoundError, SetupError
from kg.model import (
    Claim,
    JsonValue,
    Kind,
    Name,
    Property,
    Reading,
    Rejected,
    Relation,
    Remark,
    Stance,
)
from kg.names import fold, slug
from kg.sqlite.store import SqliteStore
from kg.store import LoadReport, Store, open_store
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)

LISTS = Path(__file__).resolve().parents[1] / "ingest" / "lists"

HF = "https://huggingface.co/datasets/liuhaotian/LLaVA-Instruct-150K"
FILE_665K = HF + "/blob/main/llava_v1_5_mix665k.json"


# ---------------------------------------------------------------------- claims by hand


def trained(
    model: str, dataset: str, line: int = 1, *, stage: str = "sft", amount: str = ""
) -> Claim:
    return Claim(
        Name(Kind.MODEL, model),
        Relation.TRAINED_ON,
        line,
        f"{model} | {dataset}",
        Name(Kind.DATASET, dataset),
        {"stage": stage},
        {"amount": {"text": amount}} if amount else {},
        extractor="table",
    )


def said(
    kind: Kind,
    name: str,
    predicate: Property,
    text: str,
    line: int = 1,
    *,
    extractor: str = "table",
    rel: str = "",
    **values: JsonValue,
) -> Claim:
    return Claim(
        Name(kind, name),
        predicate,
        line,
        f"{name}: {text}",
        None,
        {"rel": rel} if rel else {},
        {"text": text, **values},
        extractor=extractor,
    )


def linked(dataset: str, url: str, line: int = 1) -> Claim:
    return said(Kind.DATASET, dataset, Property.LINK, url, line, rel="dataset", own=True)


def alias(dataset: str, other: str, line: int = 1) -> Claim:
    return said(Kind.DATASET, dataset, Property.ALIAS, other, line)


def paper(title: str, arxiv: str, line: int = 1, *, extractor: str = "heading") -> Claim:
    return said(Kind.PAPER, title, Property.ARXIV, arxiv, line, extractor=extractor)


_versions = iter(range(10**9))


def load(store: Store, source: str, *claims: Claim, **more: Any) -> LoadReport:
    """Load claims as one source; every call is another version of it."""
    return store.load(source, "markdown", f"version {next(_versions)}", Reading(claims, **more))


# ---------------------------------------------------------------------- exports, ids aside

Record = dict[str, JsonValue]


def exported(store: Store) -> list[str]:
    """Everything a store exports, byte by byte."""
    records = [*iter_claim_records(store), *iter_property_records(store)]
    return [to_json_line(r) for r in [*records, *iter_entity_records(store)]]


def exported_without_ids(store: Store) -> list[str]:
    """Everything a store exports, each id replaced by kind and spellings."""
    entities = list(iter_entity_records(store))
    written: dict[str, str] = {}
    for e in entities:
        aliases = e["aliases"]
        assert isinstance(aliases, list)
        names = sorted([str(e["name"]), *map(str, aliases)])
        written[str(e["id"])] = f"{e['kind']}:{' = '.join(names)}"

    def aside(value: JsonValue) -> JsonValue:
        if not isinstance(value, dict):
            return value
        return {
            key: written[str(v)] if key == "id" and v is not None else aside(v)
            for key, v in value.items()
        }

    def lines(records: Iterable[Record]) -> list[str]:
        return [json.dumps(aside(r), ensure_ascii=False) for r in records]

    return [
        *lines(iter_claim_records(store)),
        *lines(iter_property_records(store)),
        *sorted(lines(entities)),
    ]


@pytest.fixture
def other() -> Iterator[Store]:
    """Give a second, empty store to compare with."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


def names(store: Store, name: str, kind: Kind | None = None) -> set[str]:
    """Every spelling of the things of this name, which must be one thing."""
    found = store.find_entities(name, kind)
    assert len(found) == 1, found
    return {found[0].name, *found[0].aliases}


def ids(store: Store, name: str, kind: Kind | None = None) -> set[str]:
    return {entity.id for entity in store.find_entities(name, kind)}


# ---------------------------------------------------------------------- loading


def test_loading_a_reading_adds_its_claims(store: Store) -> None:
    report = load(store, "a", trained("LLaVA", "CC3M", 4), paper("A Title", "2304.08485", 2))
    assert (report.source, report.copy_of, report.rejected) == ("a", "", 0)
    assert report.load > 0
    diff = report.diff
    assert (diff.added, diff.edited, diff.withdrawn, diff.unchanged) == (2, 0, 0, 0)
    assert {(c.what, c.line) for c in diff.changes} == {("added", 4), ("added", 2)}
    (stored,) = store.iter_claims(predicates=["TRAINED_ON"])
    assert stored.claim == trained("LLaVA", "CC3M", 4)
    assert stored.source == "a"
    assert (stored.subject.name, stored.subject.as_written) == ("LLaVA", "LLaVA")
    assert stored.object is not None
    assert stored.object.kind is Kind.DATASET
    assert stored.first_load == report.load
    assert stored.withdrawn_load is None


def test_a_claim_comes_back_exactly_as_it_was_made(store: Store) -> None:
    claim = Claim(
        Name(Kind.MODEL, "mPLUG-Owl «7B» \t\x00 '\"; DROP TABLE node; --"),
        Relation.EVALUATED_ON,
        2**40,
        "quoted 多模态 🔥",
        Name(Kind.DATASET, "in-house data", scope="mplug"),
        {"metric": "CIDEr", "split": "val"},
        {"score": {"text": "1,2", "value": 1.2, "unit": None}, "shots": [0, 4]},
        Stance.DENIES,
        "key-value",
        0.25,
    )
    load(store, "a", claim)
    (stored,) = store.iter_claims()
    assert stored.claim == claim


def test_loading_the_same_reading_again_changes_nothing(store: Store) -> None:
    claims = (trained("LLaVA", "CC3M"), trained("LLaVA", "CC3M", stage="pretrain"))
    load(store, "a", *claims)
    before = exported(store)
    report = load(store, "a", *claims)
    assert report.diff.is_empty
    assert report.diff.unchanged == 2
    assert not report.diff.changes
    assert exported(store) == before


def test_the_same_claims_in_another_order_are_no_change(store: Store) -> None:
    claims = [trained("LLaVA", f"D{i}", i + 1) for i in range(9)]
    load(store, "a", *claims)
    before = exported(store)
    assert load(store, "a", *reversed(claims)).diff.is_empty
    assert exported(store) == before


def test_a_moved_line_changes_nothing_but_the_line(store: Store) -> None:
    first = load(store, "a", trained("LLaVA", "CC3M", 4)).load
    report = load(store, "a", replace(trained("LLaVA", "CC3M", 9), quote="other words"))
    assert report.diff.is_empty
    assert report.diff.unchanged == 1
    (stored,) = store.iter_claims()
    assert (stored.claim.line, stored.claim.quote) == (9, "other words")
    assert stored.first_load == first


def test_another_value_is_one_edit(store: Store) -> None:
    load(store, "a", trained("LLaVA", "CC3M", amount="595K"), trained("LLaVA", "SBU"))
    report = load(store, "a", trained("LLaVA", "CC3M", amount="3M"), trained("LLaVA", "SBU"))
    diff = report.diff
    assert (diff.added, diff.edited, diff.withdrawn, diff.unchanged) == (0, 1, 0, 1)
    assert [c.what for c in diff.changes] == ["edited"]
    values = [s.claim.values for s in store.iter_claims() if s.object and s.object.name == "CC3M"]
    assert values == [{"amount": {"text": "3M"}}]


def test_another_stance_is_an_edit_and_another_qualifier_is_another_claim(store: Store) -> None:
    load(store, "a", trained("LLaVA", "CC3M"), trained("LLaVA", "SBU"))
    changed = [
        replace(trained("LLaVA", "CC3M"), stance=Stance.DENIES),
        trained("LLaVA", "SBU", stage="pretrain"),
    ]
    diff = load(store, "a", *changed).diff
    assert (diff.added, diff.edited, diff.withdrawn, diff.unchanged) == (1, 1, 1, 0)


def test_a_claim_that_is_gone_leaves_the_exports(store: Store) -> None:
    load(store, "a", trained("LLaVA", "CC3M"), trained("LLaVA", "SBU"))
    report = load(store, "a", trained("LLaVA", "SBU"))
    assert (report.diff.withdrawn, report.diff.unchanged) == (1, 1)
    assert [c.what for c in report.diff.changes] == ["withdrawn"]
    assert "CC3M" not in "".join(exported(store))


def test_a_withdrawn_claim_stays_in_the_file_with_the_load_that_withdrew_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "kg.sqlite"
    with closing(SqliteStore(path, create=True)) as store:
        first = load(store, "a", trained("LLaVA", "CC3M"), trained("LLaVA", "SBU")).load
        second = load(store, "a", trained("LLaVA", "SBU")).load
        third = store.forget("a").load
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT object_text, first_load, withdrawn_load FROM claim").fetchall()
    assert sorted(rows) == [("CC3M", first, second), ("SBU", first, third)]


def test_two_claims_known_by_the_same_with_two_values_both_live(store: Store) -> None:
    both = (trained("LLaVA", "CC3M", 4, amount="595K"), trained("LLaVA", "CC3M", 5, amount="3M"))
    assert load(store, "a", *both).diff.added == 2
    assert [s.claim.line for s in store.iter_claims()] == [4, 5]
    assert load(store, "a", *both).diff.is_empty
    diff = load(store, "a", both[1]).diff
    assert (diff.added, diff.edited, diff.withdrawn, diff.unchanged) == (0, 0, 1, 1)
    assert [s.claim.line for s in store.iter_claims()] == [5]


def test_a_claim_said_twice_is_there_twice(store: Store) -> None:
    twice = (trained("LLaVA", "CC3M", 4), trained("LLaVA", "CC3M", 8))
    load(store, "a", *twice)
    assert [s.claim.line for s in store.iter_claims()] == [4, 8]
    diff = load(store, "a", twice[1]).diff
    assert (diff.withdrawn, diff.unchanged) == (1, 1)


def test_two_sources_that_say_the_same_are_both_kept(store: Store) -> None:
    load(store, "b", trained("LLaVA", "CC3M"))
    load(store, "a", trained("LLaVA", "CC3M"))
    assert [s.source for s in store.iter_claims()] == ["a", "b"]
    load(store, "b")
    assert [s.source for s in store.iter_claims()] == ["a"]


def test_a_load_that_fails_changes_nothing(store: Store) -> None:
    load(store, "a", trained("LLaVA", "CC3M"))
    before, sources = exported(store), store.sources()
    broken = replace(trained("LLaVA", "SBU"), values={"amount": object()})  # type: ignore[dict-item]
    with pytest.raises((TypeError, KGError)):
        load(store, "a", trained("Otter", "MIMIC-IT"), broken)
    with pytest.raises((TypeError, KGError)):
        load(store, "new", broken)
    assert exported(store) == before
    assert store.sources() == sources
    assert load(store, "a", trained("LLaVA", "CC3M")).diff.is_empty


def test_a_text_that_no_file_can_hold_is_refused_as_an_error_of_ours(store: Store) -> None:
    load(store, "a", trained("LLaVA", "CC3M"))
    before = exported(store)
    with pytest.raises(KGError):
        load(store, "a", trained("LLaVA", "half a surrogate \ud800"))
    assert exported(store) == before


# ---------------------------------------------------------------------- sources


def test_forgetting_a_source_withdraws_all_it_says(store: Store) -> None:
    load(store, "a", trained("LLaVA", "CC3M"), paper("A Title", "2304.08485"))
    load(store, "b", trained("Otter", "MIMIC-IT"))
    report = store.forget("a")
    assert (report.source, report.diff.withdrawn) == ("a", 2)
    assert {s.source for s in store.iter_claims()} == {"b"}
    assert {e.name for e in store.iter_entities()} == {"Otter", "MIMIC-IT"}
    assert store.forget("a").diff.is_empty


def test_a_forgotten_source_can_be_loaded_again(store: Store) -> None:
    reading = Reading((trained("LLaVA", "CC3M"),))
    store.load("a", "markdown", "one hash", reading)
    before = exported(store)
    store.forget("a")
    assert store.has_content("a", "one hash") is None
    assert store.load("a", "markdown", "one hash", reading).diff.added == 1
    assert exported(store) == before


def test_forgetting_an_unknown_source_names_the_known_ones(store: Store) -> None:
    for source in ("a", "b"):
        load(store, source, trained("LLaVA", "CC3M"))
    with pytest.raises(NotFoundError, match="'c'") as caught:
        store.forget("c")
    assert caught.value.name == "c"
    assert set(caught.value.nearest) == {"a", "b"}
    assert len(store.sources()) == 2


def test_the_sources_say_what_they_hold_and_what_last_changed(store: Store) -> None:
    load(store, "b", trained("LLaVA", "CC3M"), title="A List", date="2024-05-06")
    load(store, "a", trained("LLaVA", "CC3M"))
    last = load(store, "b", trained("LLaVA", "SBU"), rejected=(Rejected(3, "x", "y"),))
    a, b = store.sources()
    assert (a.id, b.id) == ("a", "b")
    assert (b.title, b.date) == ("", "")
    assert (b.format, b.claims, b.rejected) == ("markdown", 1, 1)
    assert b.last_load == last.load
    assert b.last_diff == last.diff
    assert b.loaded_at.startswith("20")


def test_a_source_keeps_its_title_and_date(store: Store) -> None:
    load(store, "a", title="A List", date="2024-05-06")
    (info,) = store.sources()
    assert (info.title, info.date, info.claims) == ("A List", "2024-05-06", 0)


def test_known_content_is_recognised_and_a_copy_adds_nothing(store: Store) -> None:
    reading = Reading((trained("LLaVA", "CC3M"),), (Rejected(3, "x", "y"),))
    store.load("a", "markdown", "one hash", reading)
    same = store.has_content("a", "one hash")
    assert same is not None
    assert (same.load, same.copy_of, same.rejected) == (0, "", 1)
    assert same.diff.is_empty
    assert same.diff.unchanged == 1
    copy = store.has_content("b", "one hash")
    assert copy is not None
    assert (copy.source, copy.copy_of) == ("b", "a")
    assert copy.diff.is_empty
    assert store.has_content("a", "another hash") is None
    assert store.has_content("b", "another hash") is None
    assert [s.id for s in store.sources()] == ["a"]


def test_a_copy_goes_on_saying_what_it_says_when_the_first_changes(store: Store) -> None:
    store.load("a", "markdown", "one hash", Reading((trained("LLaVA", "CC3M"),), title="A List"))
    for copy in ("c", "b"):
        store.add_copy(copy, "markdown", "one hash", "a")
        found = store.has_content(copy, "one hash")
        assert found is not None
        assert found.copy_of == "a"
    assert [s.source for s in store.iter_claims()] == ["a"]
    assert load(store, "a", trained("Otter", "SBU")).diff.added == 1
    said = [(s.source, s.object.name) for s in store.iter_claims() if s.object]
    assert said == [("a", "SBU"), ("b", "CC3M")]
    copy_of_b = store.has_content("c", "one hash")
    assert copy_of_b is not None
    assert copy_of_b.copy_of == "b"
    store.forget("b")
    assert [s.source for s in store.iter_claims()] == ["a", "c"]
    assert {s.id: s.title for s in store.sources()}["c"] == "A List"
    store.forget("c")
    store.forget("a")
    assert exported(store) == []


def test_a_source_that_becomes_like_another_is_no_copy_but_a_change(store: Store) -> None:
    store.load("a", "markdown", "hash a", Reading((trained("LLaVA", "CC3M"),)))
    store.load("b", "markdown", "hash b", Reading((trained("Otter", "CC3M"),)))
    assert store.has_content("b", "hash a") is None


def test_rejected_lines_and_remarks_are_those_of_the_last_load(store: Store) -> None:
    rejected = (Rejected(9, "| x", "no header"), Rejected(3, "", "empty"))
    remarks = (Remark(7, "which stage?", "question"), Remark(8, "the second", "answer"))
    load(store, "a", rejected=rejected, remarks=remarks)
    load(store, "b", remarks=(Remark(1, "why?", "question"),))
    assert store.rejected("a") == [rejected[1], rejected[0]]
    assert store.remarks("a") == [("a", r) for r in remarks]
    assert [source for source, _ in store.remarks()] == ["a", "a", "b"]
    assert store.rejected("b") == []
    load(store, "a")
    assert store.rejected("a") == []
    assert store.remarks("a") == []
    store.forget("b")
    assert store.remarks() == []


# ---------------------------------------------------------------------- reading


def test_a_new_store_is_empty(store: Store) -> None:
    assert list(store.iter_claims()) == []
    assert list(store.iter_entities()) == []
    assert store.sources() == []
    assert store.remarks() == []
    assert store.rejected("a") == []
    assert dict(store.counts()) == {}
    assert dict(store.identifiers()) == {}
    assert dict(store.count_values(Property.YEAR, Kind.PAPER)) == {}
    assert store.count_subjects("TRAINED_ON") == 0
    assert store.find_entities("LLaVA") == []
    assert store.find_similar_names("LLaVA") == []
    assert exported(store) == []


def test_claims_are_found_by_either_end_by_predicate_and_by_source(store: Store) -> None:
    load(store, "a", trained("LLaVA", "CC3M", 1), trained("Otter", "MIMIC-IT", 2))
    load(store, "b", trained("Otter", "CC3M", 1), paper("A Title", "2304.08485", 2))
    (llava,), (cc3m,) = ids(store, "LLaVA"), ids(store, "CC3M")

    def found(**which: Any) -> list[tuple[str, int]]:
        return [(s.source, s.claim.line) for s in store.iter_claims(**which)]

    assert found() == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert found(subject=llava) == [("a", 1)]
    assert found(object=cc3m) == [("a", 1), ("b", 1)]
    assert found(object=cc3m, source="b") == [("b", 1)]
    assert found(predicates=["arxiv"]) == [("b", 2)]
    assert found(predicates=["arxiv", "TRAINED_ON"], source="b") == [("b", 1), ("b", 2)]
    assert found(subject="model:unknown") == []
    assert found(source="c") == []
    assert found(subject=llava, object=llava) == []


def test_a_thing_is_found_by_any_spelling_alias_id_and_kind(store: Store) -> None:
    load(
        store,
        "a",
        trained("LLaVA-v1.5", "Conceptual Captions"),
        trained("llava-1.5", "VQA-v2"),
        alias("Conceptual Captions", "CC3M"),
        trained("ShareGPT4V", "ShareGPT4V"),
    )
    assert names(store, "LLAVA 1.5") == {"LLaVA-v1.5", "llava-1.5"}
    assert names(store, "cc-3m") == {"Conceptual Captions", "CC3M"}
    (ident,) = ids(store, "VQAv2")
    assert ident == "dataset:vqa-v2"
    assert ids(store, ident) == {ident}
    assert ids(store, "ShareGPT4V") == {"model:sharegpt4v", "dataset:sharegpt4v"}
    assert ids(store, "ShareGPT4V", Kind.MODEL) == {"model:sharegpt4v"}
    assert ids(store, "sharegpt-4v", Kind.DATASET) == {"dataset:sharegpt4v"}
    assert store.find_entities("ShareGPT4V", Kind.PAPER) == []
    assert store.find_entities("ShareGPT") == []


@pytest.mark.parametrize("written", ["2304.08485", "arXiv:2304.08485", "ARXIV:2304.08485"])
def test_a_paper_is_found_by_its_arxiv_id(store: Store, written: str) -> None:
    load(store, "a", paper("Visual Instruction Tuning", "2304.08485"), paper("Other", "2304.08486"))
    assert names(store, written) == {"Visual Instruction Tuning"}
    assert names(store, written, Kind.PAPER) == {"Visual Instruction Tuning"}
    assert store.find_entities(written, Kind.MODEL) == []


def test_a_paper_is_found_by_its_other_identifiers(store: Store) -> None:
    load(
        store,
        "a",
        said(Kind.PAPER, "Conceptual Captions: A Dataset", Property.ACL, "P18-1238"),
        said(Kind.PAPER, "Another", Property.DOI, "10.1145/3292500.3330701"),
        said(Kind.PAPER, "A Third", Property.OPENREVIEW, "aBc-1_23xyz"),
    )
    assert names(store, "ACL:P18-1238") == {"Conceptual Captions: A Dataset"}
    assert names(store, "10.1145/3292500.3330701") == {"Another"}
    assert names(store, "doi:10.1145/3292500.3330701") == {"Another"}
    assert names(store, "OpenReview:aBc-1_23xyz") == {"A Third"}


def test_a_name_of_symbols_is_found_as_it_is_written(store: Store) -> None:
    written = ["C++", "🔥", "∞", "→"]
    load(store, "a", *[trained(name, "CC3M") for name in written])
    assert {name: len(store.find_entities(name)) for name in written} == dict.fromkeys(written, 1)


def test_a_thing_is_found_by_the_name_of_its_own_file(store: Store) -> None:
    load(store, "a", linked("LLaVA-Instruct-665K", FILE_665K), linked("LLaVA-Instruct-150K", HF))
    assert names(store, "llava_v1_5_mix665k") == {"LLaVA-Instruct-665K"}


def test_names_spelt_alike_are_found_nearest_first(store: Store) -> None:
    datasets = ["LLaVA-665K", "LLaVA-150K", "MIMIC-IT", "VQAv2", "ShareGPT4V"]
    load(store, "a", *[trained("Otter", d) for d in datasets])
    assert store.find_similar_names("LLaVA-66K")[0] == "LLaVA-665K"
    assert store.find_similar_names("llava665")[0] == "LLaVA-665K"
    assert store.find_similar_names("MIMICIT")[0] == "MIMIC-IT"
    assert store.find_similar_names("otter", kind=Kind.DATASET) == []
    assert len(store.find_similar_names("llava", limit=1)) == 1
    for odd in ("", "x", '"', "*", "' OR 1", "NEAR(", "%", "a\x00b", "多模"):
        assert isinstance(store.find_similar_names(odd), list)


def test_a_name_that_no_source_holds_any_more_is_not_offered(store: Store) -> None:
    load(store, "a", trained("Otter", "LLaVA-665K"))
    load(store, "b", trained("Otter", "LLaVA-665K-old"))
    store.forget("b")
    assert store.find_similar_names("LLaVA-665") == ["LLaVA-665K"]


def test_the_name_shown_is_the_most_frequent_spelling(store: Store) -> None:
    claims = [trained("Otter", text, i) for i, text in enumerate(["vqa-v2", "VQAv2", "VQAv2"])]
    load(store, "a", *claims)
    (entity,) = store.iter_entities(Kind.DATASET)
    assert (entity.name, entity.aliases) == ("VQAv2", ("vqa-v2",))


def test_entities_come_sorted_and_by_kind(store: Store) -> None:
    load(store, "a", trained("Otter", "MIMIC-IT"), trained("LLaVA", "CC3M"))
    found = [e.id for e in store.iter_entities()]
    assert found == sorted(found)
    assert {e.name for e in store.iter_entities(Kind.MODEL)} == {"Otter", "LLaVA"}


def test_counts_are_of_current_things_and_claims(store: Store) -> None:
    load(store, "a", trained("Otter", "MIMIC-IT"), trained("Otter", "CC3M"))
    load(store, "b", trained("LLaVA", "CC3M"), paper("A Title", "2304.08485"))
    assert dict(store.counts()) == {
        "model": 2,
        "dataset": 2,
        "paper": 1,
        "TRAINED_ON": 3,
        "arxiv": 1,
    }
    assert store.count_subjects("TRAINED_ON") == 2
    store.forget("a")
    assert dict(store.counts()) == {
        "model": 1,
        "dataset": 1,
        "paper": 1,
        "TRAINED_ON": 1,
        "arxiv": 1,
    }
    assert store.count_subjects("TRAINED_ON") == 1
    store.forget("b")
    assert dict(store.counts()) == {}


def test_two_names_of_one_thing_are_counted_once(store: Store) -> None:
    load(store, "a", trained("Otter", "Conceptual Captions"), trained("LLaVA", "CC3M"))
    load(store, "b", alias("Conceptual Captions", "CC3M"))
    assert store.counts()["dataset"] == 1


def test_generic_names_of_two_owners_never_meet(store: Store) -> None:
    def own(model: str) -> Claim:
        claim = trained(model, "In-house data")
        return replace(claim, object=Name(Kind.DATASET, "In-house data", scope=model))

    load(store, "a", own("Qwen-VL"), own("Video-LLaMA2"), trained("LLaVA", "in-house data"))
    assert store.counts()["dataset"] == 3
    objects = {s.object.id for s in store.iter_claims() if s.object}
    assert len(objects) == 3


def test_every_spelling_of_a_thing_has_a_reason(store: Store) -> None:
    load(store, "a", linked("LLaVA-Instruct-665K", FILE_665K), linked("llava-665k", FILE_665K))
    load(store, "b", alias("LLaVA-Instruct-665K", "LLaVA mix"), trained("LLaVA", "LLAVA 665K"))
    (ident,) = ids(store, "llava-665k")
    reasons = store.reasons(ident)
    assert set(reasons) == {"LLaVA-Instruct-665K", "llava-665k", "LLAVA 665K", "LLaVA mix"}
    assert "same repository or file" in reasons["llava-665k"]
    assert reasons["LLaVA mix"] == "stated as another name"
    with pytest.raises(NotFoundError):
        store.reasons("dataset:unknown")


# ---------------------------------------------------------------------- whose identifier


def share_and_cog() -> tuple[Claim, ...]:
    share = "ShareGPT4V: Improving Large Multi-Modal Models with Better Captions"
    return (
        paper(share, "2311.03079", 1),
        paper(share, "2311.12793", 9, extractor="bibtex"),
        paper("CogVLM: Visual Expert for Pretrained Language Models", "2311.03079", 12),
    )


def test_a_wrong_link_gives_no_paper_anothers_identifier(store: Store) -> None:
    load(store, "a", *share_and_cog())
    shown = {
        str(e["name"]).split(":")[0]: e["identifiers"]
        for e in iter_entity_records(store)
        if e["kind"] == "paper"
    }
    assert shown == {"ShareGPT4V": {"arxiv": "2311.12793"}, "CogVLM": {"arxiv": "2311.03079"}}


def test_an_arxiv_id_finds_the_paper_that_owns_it(store: Store) -> None:
    load(store, "a", *share_and_cog())
    for written, owner in (("2311.03079", "CogVLM"), ("2311.12793", "ShareGPT4V")):
        (found,) = store.find_entities(written)
        assert found.name.startswith(owner)


def test_an_id_made_of_an_arxiv_id_is_of_the_paper_that_owns_it(store: Store) -> None:
    load(store, "a", *share_and_cog())
    for ident, found in store.identifiers().items():
        if ident.startswith("paper:arxiv:"):
            assert ident == f"paper:arxiv:{found['arxiv']}"


def test_the_identifiers_of_some_papers_are_those_that_they_have_among_all(store: Store) -> None:
    load(store, "a", *share_and_cog(), said(Kind.PAPER, "Untold", Property.YEAR, "2023", 20))
    every = store.identifiers()
    assert len(every) == 2
    for ident in every:
        assert store.identifiers(ident) == {ident: every[ident]}
    assert store.identifiers(list(every)) == every
    (untold,) = ids(store, "Untold")
    assert store.identifiers([]) == store.identifiers(untold) == {}


def test_identifiers_can_be_asked_of_papers_without_a_property(store: Store) -> None:
    load(store, "a", *share_and_cog())
    every = dict(store.identifiers())
    (dated,) = ids(store, "CogVLM: Visual Expert for Pretrained Language Models")
    load(store, "b", said(Kind.PAPER, "CogVLM: Visual Expert for Pretrained Language Models",
                          Property.YEAR, "2023"))  # fmt: skip
    assert store.identifiers(without=Property.YEAR) == {
        i: found for i, found in every.items() if i != dated
    }
    store.forget("b")
    assert store.identifiers(without=Property.YEAR) == every


def test_things_are_counted_by_the_one_value_that_claims_give_them(store: Store) -> None:
    def year(title: str, text: str) -> Claim:
        return said(Kind.PAPER, title, Property.YEAR, text)

    load(store, "a", year("Wren", "2023"), year("Owl", "2023"), year("Heron", "2024"))
    load(store, "b", year("Wren", "2023"), year("Owl", "2024"))
    load(store, "c", said(Kind.MODEL, "Wren-7B", Property.YEAR, "2023"))
    assert store.count_values(Property.YEAR, Kind.PAPER) == {"2023": 1, "2024": 1}
    differing = store.iter_claims(predicates=[Property.YEAR], contested=True)
    assert {c.subject.name for c in differing} == {"Owl"}
    store.forget("b")
    assert store.count_values(Property.YEAR, Kind.PAPER) == {"2023": 2, "2024": 1}
    assert store.count_values(Property.YEAR, Kind.MODEL) == {"2023": 1}


def test_claims_about_several_things_are_those_about_each_in_one_order(store: Store) -> None:
    load(store, "b", trained("LLaVA", "CC3M", 2), trained("Otter", "LAION-400M", 1))
    load(store, "a", trained("Otter", "CC3M", 7), trained("LLaVA", "LAION-400M", 3))
    load(store, "c", trained("LLaVA", "OBELICS"), alias("CC3M", "Conceptual Captions"))
    (first,), (second,), (model,) = (ids(store, n) for n in ("CC3M", "LAION-400M", "Otter"))
    both = list(store.iter_claims(object=[second, first, second]))
    assert [(c.source, c.claim.line) for c in both] == [("a", 3), ("a", 7), ("b", 1), ("b", 2)]
    each = [c for ident in (first, second) for c in store.iter_claims(object=ident)]
    assert sorted(map(repr, each)) == sorted(map(repr, both))
    assert [
        c.source for c in store.iter_claims(subject={model, "model:unknown"}, object=[first])
    ] == ["a"]
    assert list(store.iter_claims(subject=[])) == list(store.iter_claims(object=())) == []


def test_ids_of_the_past_are_followed_among_several(store: Store) -> None:
    load(store, "a", trained("Otter", "Conceptual Captions"), trained("LLaVA", "CC3M"))
    past = {*ids(store, "Conceptual Captions"), *ids(store, "CC3M")}
    assert len(past) == 2
    load(store, "b", alias("Conceptual Captions", "CC3M"))
    (kept,) = ids(store, "CC3M")
    found = list(store.iter_claims(object=past))
    assert [c.subject.name for c in found] == ["LLaVA", "Otter"]
    assert {c.object.id for c in found if c.object} == {kept}


# ---------------------------------------------------------------------- ids for good


def test_an_id_never_changes_when_names_merge_and_part_again(store: Store) -> None:
    load(store, "a", trained("Otter", "Conceptual Captions"), trained("LLaVA", "CC3M"))
    (first,), (second,) = ids(store, "Conceptual Captions"), ids(store, "CC3M")
    assert first != second
    load(store, "b", alias("Conceptual Captions", "CC3M"))
    assert names(store, first) == names(store, second) == {"Conceptual Captions", "CC3M"}
    (kept,) = ids(store, "CC3M")
    assert kept in {first, second}
    assert ids(store, "Conceptual Captions") == ids(store, first) == ids(store, second) == {kept}
    assert {s.object.id for s in store.iter_claims() if s.object} == {kept}
    store.forget("b")
    assert ids(store, "Conceptual Captions") == {first}
    assert ids(store, "CC3M") == {second}


def test_an_id_is_not_given_to_another_thing_when_its_own_is_gone(store: Store) -> None:
    load(store, "a", trained("LLaVA", "CC3M"))
    (before,) = ids(store, "CC3M")
    store.forget("a")
    load(store, "b", trained("LLaVA", "CC.3M"), trained("LLaVA", "CC_3M"))
    assert ids(store, "CC3M") == {before}
    load(store, "a", trained("LLaVA", "CC3M"))
    assert ids(store, "CC3M") == {before}


def test_two_names_with_one_slug_have_two_ids(store: Store) -> None:
    load(store, "a", trained("LLaVA", "Caf\u00e9"), trained("LLaVA", "x" * 90 + "1"))
    load(store, "b", trained("LLaVA", "x" * 90 + "2"), trained("🔥", "CC3M"), trained("∞", "CC3M"))
    found = [e.id for e in store.iter_entities()]
    assert len(found) == len(set(found)) == 7


# ---------------------------------------------------------------------- history leaves no trace


def test_a_forgotten_name_does_not_join_two_others(store: Store, other: Store) -> None:
    final = {
        "a": [trained("Otter", "Conceptual Captions"), alias("Conceptual Captions", "CC3M")],
        "b": [trained("LLaVA", "Google Captions"), alias("Google Captions", "CC3M")],
    }
    load(store, "c", trained("Blip", "CC3M"))
    for source, claims in final.items():
        load(store, source, *claims)
        load(other, source, *claims)
    store.forget("c")
    assert exported_without_ids(store) == exported_without_ids(other)


def test_a_name_that_no_source_holds_any_more_is_unknown(store: Store) -> None:
    load(store, "a", trained("Otter", "LLaVA-665K"))
    load(store, "b", trained("Otter", "CC3M"))
    store.forget("b")
    assert store.find_entities("CC3M") == []
    assert names(store, "LLaVA-665K") == {"LLaVA-665K"}


def test_a_forgotten_spelling_is_not_shown(store: Store, other: Store) -> None:
    final = [trained("Otter", "Conceptual Captions"), alias("Conceptual Captions", "CC3M")]
    load(store, "b", trained("Blip", "cc-3m"))
    load(store, "a", *final)
    store.forget("b")
    load(other, "a", *final)
    assert "cc-3m" not in "".join(exported(store))
    assert exported_without_ids(store) == exported_without_ids(other)


def test_the_first_spelling_of_a_name_does_not_decide_what_it_is(
    store: Store, other: Store
) -> None:
    # 'Chat' tells Chat-UniVi from UniVi; in 'chatunivi' it cannot be seen.
    url = "https://huggingface.co/datasets/lab/univi"
    sources = {
        "a": [linked("chatunivi", url)],
        "b": [trained("LLaVA", "Chat-UniVi")],
        "c": [linked("UniVi", url)],
    }
    for source in "abc":
        load(store, source, *sources[source])
    for source in "bac":
        load(other, source, *sources[source])
    assert exported_without_ids(store) == exported_without_ids(other)


def test_an_enumeration_tells_its_items_apart_on_one_line_and_on_several(
    store: Store, other: Store
) -> None:
    both = [linked("LLaVA-Instruct-665K", FILE_665K, 7), linked("llava-665k", FILE_665K, 8)]
    apart = [trained("LLaVA", "LLaVA-Instruct-665K", 1), trained("LLaVA", "llava-665k", 2)]
    together = [replace(claim, line=1) for claim in apart]
    load(store, "a", *both, *apart)
    for name in ("LLaVA-Instruct-665K", "llava-665k"):
        assert [e.aliases for e in store.find_entities(name)] == [()]
    assert load(store, "a", *both, *together).diff.is_empty
    load(other, "a", *both, *together)
    assert exported_without_ids(store) == exported_without_ids(other)


def test_an_identifier_weighs_what_its_present_place_weighs(store: Store, other: Store) -> None:
    title = "ShareGPT4V: Improving Large Multi-Modal Models with Better Captions"
    before = [paper(title, "2311.03079", 1), paper(title, "2311.12793", 2)]
    after = [paper(title, "2311.03079", 1), paper(title, "2311.12793", 2, extractor="bibtex")]
    twin = [paper("Better Captions", "2311.12793", 3)]
    load(store, "b", *twin)
    load(store, "a", *before)
    assert load(store, "a", *after).diff.is_empty
    load(other, "a", *after)
    load(other, "b", *twin)
    assert exported_without_ids(store) == exported_without_ids(other)


SPELLINGS = [
    ("CC3M", "cc-3m", "CC 3M"),
    ("Conceptual Captions", "conceptual captions"),
    ("Google-CC3M",),
    ("LLaVA-Instruct-665K", "llava-instruct-665k"),
    ("llava-665k", "LLaVA-665K"),
    ("LLaVA-Instruct-150K",),
    ("Chat-UniVi", "chatunivi"),
    ("UniVi", "univi"),
    ("WebGPT", "webgpt"),
    ("OpenAI WebGPT", "openai webgpt"),
]
ADDRESSES = [
    FILE_665K,
    HF,
    "https://huggingface.co/datasets/lab/univi",
    "https://huggingface.co/datasets/openai/webgpt",
    "https://github.com/google/conceptual-captions",
]
TITLES = [
    ("Visual Instruction Tuning", "Visual instruction tuning"),
    ("LLaVA: Visual Instruction Tuning",),
    ("CogVLM: Visual Expert",),
    ("arXiv:2304.08485",),
]


def random_claims(rng: random.Random) -> list[Claim]:
    """Invent a small source: names in several spellings, with evidence of every sort."""

    def spelt(pool: list[tuple[str, ...]]) -> str:
        return rng.choice(rng.choice(pool))

    claims = []
    for line in range(1, rng.randint(2, 8)):
        claims += rng.choice(
            [
                [trained(rng.choice(["LLaVA", "Otter"]), spelt(SPELLINGS), line) for _ in "ab"],
                [linked(spelt(SPELLINGS), rng.choice(ADDRESSES), line)],
                [alias(spelt(SPELLINGS), spelt(SPELLINGS), line)],
                [
                    paper(
                        spelt(TITLES),
                        rng.choice(["2304.08485", "2311.03079"]),
                        line,
                        extractor=rng.choice(["heading", "bibtex"]),
                    )
                ],
                [said(Kind.DATASET, spelt(SPELLINGS), Property.SIZE, f"{line}K", line)],
            ]
        )
    return claims


@pytest.mark.parametrize("seed", range(20))
def test_the_graph_is_that_of_its_final_sources_whatever_came_before(
    store: Store, other: Store, seed: int
) -> None:
    rng = random.Random(seed)
    sources = ["a", "b", "c", "d"]
    current: dict[str, list[Claim]] = {}
    for _ in range(10):
        source = rng.choice(sources)
        if source in current and rng.random() < 0.4:
            store.forget(source)
            del current[source]
        else:
            current[source] = random_claims(rng)
            load(store, source, *current[source])
    for source in sorted(current):
        load(other, source, *current[source])
    assert exported_without_ids(store) == exported_without_ids(other)


@pytest.mark.parametrize("seed", range(10))
def test_an_id_once_given_finds_its_name_after_any_history(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    spelling_of = {f"dataset:{slug(text)}": text for same in SPELLINGS for text in same}
    given: set[str] = set()
    for _ in range(10):
        source = rng.choice("abc")
        if any(s.id == source for s in store.sources()) and rng.random() < 0.4:
            store.forget(source)
        else:
            load(store, source, *random_claims(rng))
        given |= {entity.id for entity in store.iter_entities(Kind.DATASET)}
        ends = [e for s in store.iter_claims() for e in (s.subject, s.object) if e]
        current = {fold(end.as_written) for end in ends if end.kind is Kind.DATASET}
        for ident in given:
            found = ids(store, ident)
            assert len(found) <= 1
            if fold(spelling_of[ident]) in current:
                assert found
                assert found <= ids(store, spelling_of[ident], Kind.DATASET)
    assert given


# ---------------------------------------------------------------------- the bundled lists


@cache
def bundled(name: str, seed: int | None = None) -> Reading:
    """Read a bundled list; with a seed another version of it, with lines lost and words changed."""
    text = (LISTS / name).read_text(encoding="utf-8")
    if seed is not None:
        rng = random.Random(f"{name} {seed}")
        lines = [line for line in text.split("\n") if rng.random() > 0.15]
        text = "\n".join(lines).replace("LLaVA", rng.choice(["LLaVA", "Llava", "LLaVA-X"]))
    return read_bibtex(text) if name.endswith(".bib") else read_list(text)


LIST_NAMES = sorted(file.name for file in LISTS.iterdir())


@cache
def bundled_export() -> list[str]:
    """Give the export of the bundled lists, loaded once and in order, ids aside."""
    with closing(SqliteStore(":memory:", create=True)) as fresh:
        for name in LIST_NAMES:
            fresh.load(name, "list", name, bundled(name))
        return exported_without_ids(fresh)


@pytest.mark.parametrize("seed", range(6))
def test_the_bundled_lists_give_one_graph_in_any_order_after_any_change(
    store: Store, seed: int
) -> None:
    rng = random.Random(seed)
    order = rng.sample(LIST_NAMES, len(LIST_NAMES))
    forgotten = rng.choice(LIST_NAMES)
    store.load("forgotten", "list", "forgotten", bundled(forgotten, seed + 100))
    for name in order:
        if rng.random() < 0.5:
            store.load(name, "list", f"{name} before", bundled(name, seed))
    for name in rng.sample(order, len(order)):
        store.load(name, "list", name, bundled(name))
    store.forget("forgotten")
    assert exported_without_ids(store) == bundled_export()


def test_the_bundled_lists_keep_their_ids_through_changes(store: Store) -> None:
    for name in LIST_NAMES:
        store.load(name, "list", name, bundled(name))
    before = exported(store)
    for name in LIST_NAMES:
        store.load(name, "list", f"{name} changed", bundled(name, 1))
    for name in reversed(LIST_NAMES):
        store.load(name, "list", name, bundled(name))
    assert exported(store) == before


def test_the_bundled_lists_loaded_again_change_nothing(store: Store) -> None:
    for name in LIST_NAMES:
        store.load(name, "list", name, bundled(name))
    before = exported(store)
    for name in LIST_NAMES:
        report = store.load(name, "list", f"{name} again", bundled(name))
        assert report.diff.is_empty
        assert report.diff.unchanged == len(bundled(name).claims)
    assert exported(store) == before


# ---------------------------------------------------------------------- opening and closing


def test_closing_twice_does_nothing(store: Store) -> None:
    store.close()
    store.close()


def test_a_store_is_opened_by_path_address_or_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "er" / "kg.sqlite"
    with closing(open_store(str(path), create=True)) as made:
        load(made, "a", trained("LLaVA", "CC3M"))
    monkeypatch.setenv("KG_STORE", str(path))
    for url in (str(path), f"sqlite://{path}", None):
        with closing(open_store(url)) as opened:
            assert opened.counts()["model"] == 1


def test_a_store_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    with pytest.raises(SetupError, match=r"kg\.sqlite"):
        open_store(str(path))
    assert not path.exists()


@pytest.mark.parametrize("url", ["http://host/kg.sqlite", "mysql://host"])
def test_an_address_that_cannot_be_opened_says_so(url: str) -> None:
    with pytest.raises(SetupError, match=url.split(":", maxsplit=1)[0]):
        open_store(url, create=True)
