"""What every store promises about the user's decisions, ids for good, and histories."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ingest.from_bibtex import read_bibtex
from ingest.from_markdown import read_list
from ingest.load import ingest_bytes
from kg.decisions import (
    Action,
    State,
    UserFact,
    assertion,
    name_payload,
    pair_payload,
    undone,
)
from kg.errors import InputError, KGError, NotFoundError
from kg.model import Claim, JsonValue, Kind, Name, Property, Reading, Rejected, Relation
from kg.names import fold
from kg.sqlite.store import SqliteStore
from kg.store import LoadReport, Store
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


def trained(model: str, dataset: str, line: int = 1) -> Claim:
    quote, of = f"{model} | {dataset}", Name(Kind.DATASET, dataset)
    return Claim(Name(Kind.MODEL, model), Relation.TRAINED_ON, line, quote, of, {"stage": "sft"})


def said(kind: Kind, name: str, predicate: Property, text: str, line: int = 1) -> Claim:
    return Claim(Name(kind, name), predicate, line, f"{name}: {text}", values={"text": text})


def alias(dataset: str, other: str, line: int = 1) -> Claim:
    return said(Kind.DATASET, dataset, Property.ALIAS, other, line)


def linked(dataset: str, url: str, line: int = 1) -> Claim:
    said: dict[str, JsonValue] = {"text": url, "own": True}
    name = Name(Kind.DATASET, dataset)
    return Claim(name, Property.LINK, line, dataset, None, {"rel": "dataset"}, said)


def paper(title: str, arxiv: str, line: int = 1) -> Claim:
    return said(Kind.PAPER, title, Property.ARXIV, arxiv, line)


_versions = iter(range(10**9))


def load(store: Store, source: str, *claims: Claim, **more: Any) -> LoadReport:
    """Load claims as one source; every call is another version of it."""
    return store.load(source, "markdown", f"version {next(_versions)}", Reading(claims, **more))


def use(store: Store, *datasets: str, source: str = "a") -> None:
    """Load a list that does nothing but use datasets, each on a line of its own."""
    load(store, source, *[trained("Otter", d, i) for i, d in enumerate(datasets, 1)])


# ---------------------------------------------------------------------- decisions


def merge(store: Store, a: str, b: str, kind: Kind = Kind.DATASET) -> int:
    return store.add_user_fact(Action.MERGE, pair_payload(Name(kind, a), Name(kind, b))).n


def split(store: Store, a: str, b: str, kind: Kind = Kind.DATASET) -> int:
    return store.add_user_fact(Action.SPLIT, pair_payload(Name(kind, a), Name(kind, b))).n


def undo(store: Store, n: int) -> int:
    return store.add_user_fact(Action.UNDO, {"of": n}).n


def undo_all(store: Store) -> None:
    """Take back every merge and split, the newest first, whatever was undone before."""
    while open_ := [
        f.n for f in store.user_facts() if f.undone_by is None and f.action is not Action.UNDO
    ]:
        undo(store, open_[-1])


def replay(store: Store, facts: Iterable[UserFact]) -> None:
    for fact in facts:
        store.add_user_fact(fact.action, fact.payload)


# ---------------------------------------------------------------------- what is compared


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
        spellings = " = ".join(sorted([str(e["name"]), *map(str, aliases)]))
        written[str(e["id"])] = f"{e['kind']}:{spellings}"

    def aside(value: JsonValue) -> JsonValue:
        if not isinstance(value, dict):
            return value
        return {
            key: written[str(v)] if key == "id" and v is not None else aside(v)
            for key, v in value.items()
        }

    records = [*iter_claim_records(store), *iter_property_records(store), *entities]
    return sorted(json.dumps(aside(r), ensure_ascii=False) for r in records)


def reasons(store: Store) -> list[list[tuple[str, str]]]:
    """Why each thing has its names; which decisions is left out, their numbers may differ."""
    return sorted(
        sorted((text, why.rstrip("0123456789, ")) for text, why in store.reasons(e.id).items())
        for e in store.iter_entities()
    )


def names(store: Store, name: str, kind: Kind | None = None) -> set[str]:
    """Every spelling of the things of this name, which must be one thing."""
    found = store.find_entities(name, kind)
    assert len(found) == 1, found
    return {found[0].name, *found[0].aliases}


def ident(store: Store, name: str, kind: Kind | None = None) -> str:
    (found,) = store.find_entities(name, kind)
    return found.id


@pytest.fixture
def other() -> Iterator[Store]:
    """Give a second, empty store to compare with."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


# ---------------------------------------------------------------------- merging and splitting


def test_a_merge_makes_two_names_one_thing_and_its_undo_two_again(store: Store) -> None:
    use(store, "CC3M", "Conceptual Captions")
    before = exported(store)
    n = merge(store, "CC3M", "Conceptual Captions")
    assert names(store, "CC3M") == {"CC3M", "Conceptual Captions"}
    assert store.counts()["dataset"] == 1
    merged = exported(store)
    redo = undo(store, n)
    assert exported(store) == before
    undo(store, redo)
    assert exported(store) == merged


def test_a_split_parts_what_the_lists_make_one_and_stays_on_later_loads(store: Store) -> None:
    both = [linked("LLaVA-Instruct-665K", FILE_665K, 1), linked("llava-665k", FILE_665K, 2)]
    load(store, "a", *both)
    assert names(store, "llava-665k") == {"LLaVA-Instruct-665K", "llava-665k"}
    n = split(store, "llava-665k", "LLaVA-Instruct-665K")
    assert names(store, "llava-665k") == {"llava-665k"}
    load(store, "b", *both)
    load(store, "a", *reversed(both))
    load(store, "c", alias("LLaVA-Instruct-665K", "llava-665k"))
    assert names(store, "llava-665k") == {"llava-665k"}
    assert names(store, "LLaVA-Instruct-665K") == {"LLaVA-Instruct-665K"}
    undo(store, n)
    assert names(store, "llava-665k") == {"LLaVA-Instruct-665K", "llava-665k"}


def test_a_merge_of_names_that_nothing_uses_yet_holds_once_they_are_used(
    store: Store, other: Store
) -> None:
    merge(store, "CC3M", "Conceptual Captions")
    assert store.find_entities("CC3M") == []
    assert exported(store) == []
    use(store, "CC3M")
    assert names(store, "CC3M") == {"CC3M"}
    use(store, "Conceptual Captions", source="b")
    assert names(store, "CC3M") == {"CC3M", "Conceptual Captions"}
    use(other, "Conceptual Captions", source="b")
    use(other, "CC3M")
    merge(other, "CC3M", "Conceptual Captions")
    assert exported_without_ids(store) == exported_without_ids(other)


def test_a_merge_by_a_name_that_nothing_uses_any_more_goes_on_joining_the_others(
    store: Store,
) -> None:
    use(store, "CC3M", "Google Captions")
    use(store, "Conceptual Captions", source="b")
    merge(store, "CC3M", "Conceptual Captions")
    merge(store, "Conceptual Captions", "Google Captions")
    store.forget("b")
    assert names(store, "CC3M") == {"CC3M", "Google Captions"}


def test_a_name_that_two_kinds_bear_is_merged_in_the_kind_that_was_meant(store: Store) -> None:
    load(store, "a", trained("ShareGPT4V", "ShareGPT4V"), trained("Share-4V", "Share-4V"))
    merge(store, "ShareGPT4V", "Share-4V", Kind.MODEL)
    assert names(store, "Share-4V", Kind.MODEL) == {"ShareGPT4V", "Share-4V"}
    assert names(store, "Share-4V", Kind.DATASET) == {"Share-4V"}


def test_a_merge_says_more_than_one_enumeration(store: Store) -> None:
    load(store, "a", trained("Otter", "CC3M"), trained("Otter", "Conceptual Captions"))
    merge(store, "CC3M", "Conceptual Captions")
    assert names(store, "CC3M") == {"CC3M", "Conceptual Captions"}


def test_papers_are_merged_and_split_as_well(store: Store) -> None:
    load(store, "a", paper("Visual Instruction Tuning", "2304.08485"))
    load(store, "b", paper("LLaVA: Visual Instruction Tuning", "2304.08485"))
    assert len(names(store, "2304.08485")) == 2
    n = split(store, "Visual Instruction Tuning", "LLaVA: Visual Instruction Tuning", Kind.PAPER)
    assert names(store, "Visual Instruction Tuning") == {"Visual Instruction Tuning"}
    undo(store, n)
    assert len(names(store, "2304.08485")) == 2
    load(store, "c", paper("Something Else Entirely", "2401.00001"))
    merge(store, "Something Else Entirely", "Visual Instruction Tuning", Kind.PAPER)
    assert len(names(store, "2401.00001")) == 3


@pytest.mark.parametrize("of", ["llava-665k", "LLaVA-Instruct-665K"])
def test_an_alias_that_is_only_stated_can_be_split_from_any_name_of_its_thing(
    store: Store, of: str
) -> None:
    both = [linked("LLaVA-Instruct-665K", FILE_665K, 1), linked("llava-665k", FILE_665K, 2)]
    load(store, "a", *both, alias("llava-665k", "LLaVA mix", 3))
    assert "LLaVA mix" in names(store, "llava mix")
    n = split(store, of, "LLaVA mix")
    assert store.find_entities("LLaVA mix") == []
    assert names(store, of) == {"LLaVA-Instruct-665K", "llava-665k"}
    assert "LLaVA mix" not in store.reasons(ident(store, of))
    load(store, "b", alias("LLaVA-Instruct-665K", "LLaVA Mix"))
    assert store.find_entities("LLaVA mix") == []
    use(store, "LLaVA mix", source="c")
    assert names(store, "LLaVA mix") == {"LLaVA mix"}
    undo(store, n)
    assert "llava-665k" in names(store, "LLaVA mix")


def test_every_name_says_which_decision_joined_it(store: Store) -> None:
    use(store, "CC3M", "Conceptual Captions", "Google Captions")
    first = merge(store, "CC3M", "Conceptual Captions")
    second = merge(store, "Google Captions", "Conceptual Captions")
    why = store.reasons(ident(store, "CC3M"))
    assert set(why) == {"CC3M", "Conceptual Captions", "Google Captions"}
    assert set(why.values()) == {f"merged by your decision {first}, {second}"}


# ---------------------------------------------------------------------- the log


def test_the_log_numbers_decisions_and_says_which_hold(store: Store) -> None:
    use(store, "A set", "B set")
    assert store.user_facts() == []
    first = merge(store, "A set", "B set")
    second = split(store, "A set", "B set")
    third = undo(store, second)
    facts = store.user_facts()
    assert [f.n for f in facts] == [first, second, third] == [1, 2, 3]
    assert [f.action for f in facts] == [Action.MERGE, Action.SPLIT, Action.UNDO]
    assert [f.holds for f in facts] == [True, False, True]
    assert facts[1].undone_by == third
    undo(store, third)
    facts = store.user_facts()
    assert [f.holds for f in facts] == [False, True, False, True]
    assert (facts[0].overruled_by, facts[2].undone_by) == (second, 4)
    assert all(f.at.startswith("20") and "T" in f.at for f in facts)


def test_a_decision_keeps_the_time_it_is_given(store: Store) -> None:
    payload = pair_payload(Name(Kind.MODEL, "A"), Name(Kind.MODEL, "B"))
    fact = store.add_user_fact(Action.MERGE, payload, at="2020-01-02T03:04:05+00:00")
    assert store.user_facts() == [fact]
    assert fact.at == "2020-01-02T03:04:05+00:00"
    assert fact.payload == payload


def test_what_cannot_be_undone_is_said_and_leaves_no_entry(store: Store) -> None:
    n = merge(store, "A set", "B set")
    by = undo(store, n)
    before = store.user_facts()
    with pytest.raises(InputError, match=f"by {by}"):
        undo(store, n)
    for unknown in (0, -1, 99):
        with pytest.raises(NotFoundError, match=str(unknown)):
            undo(store, unknown)
    assert store.user_facts() == before


ENDS: dict[str, JsonValue] = {"a": {"text": "A"}, "b": {"text": "B"}}


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        (Action.MERGE, {}),
        (Action.SPLIT, {"kind": "thing", **ENDS}),
        (Action.MERGE, {"kind": "dataset", "a": {"text": "A"}, "b": {"text": "a"}}),
        (Action.SPLIT, {"kind": "dataset", "a": {"text": "A"}, "b": {"text": "a"}}),
        (Action.MERGE, {"kind": "dataset", "a": {"text": ""}, "b": {"text": "a"}}),
        (Action.MERGE, {"kind": "dataset", "a": {"text": "A"}, "b": {"text": "half \ud800"}}),
        (Action.UNDO, {}),
        (Action.UNDO, {"of": "one"}),
        (Action.UNDO, {"of": True}),
    ],
)
def test_a_payload_that_does_not_fit_is_refused_and_leaves_no_entry(
    store: Store, action: Action, payload: dict[str, JsonValue]
) -> None:
    use(store, "A", "B")
    merge(store, "A", "B")
    before, log = exported(store), store.user_facts()
    with pytest.raises(KGError):
        store.add_user_fact(action, payload)
    assert store.user_facts() == log
    assert exported(store) == before
    assert undo(store, 1) == 2


@pytest.mark.parametrize("text", ["'; DROP TABLE node; --", "a\x00b", "多模态 🔥", "\x1b[2J", "%"])
def test_hostile_names_are_merged_like_others(store: Store, text: str) -> None:
    use(store, text, "CC3M")
    merge(store, text, "CC3M")
    assert names(store, "CC3M") == {text, "CC3M"}
    undo(store, 1)
    assert names(store, "CC3M") == {"CC3M"}


# ---------------------------------------------------------------------- ids for good


def test_an_id_merged_away_leads_to_what_took_it_in(store: Store) -> None:
    use(store, "CC3M", "Conceptual Captions")
    first, second = ident(store, "CC3M"), ident(store, "Conceptual Captions")
    n = merge(store, "CC3M", "Conceptual Captions")
    kept = ident(store, "CC3M")
    for old in (first, second):
        assert ident(store, old) == kept
        assert {i.entity for i in store.iter_names(of=old)} == {kept}
        assert len(list(store.iter_claims(object=old))) == 2
        assert len(store.reasons(old)) == 2
    undo(store, n)
    assert (ident(store, first), ident(store, second)) == (first, second)


def test_an_id_whose_name_is_gone_leads_to_what_is_left_and_comes_back_with_it(
    store: Store,
) -> None:
    use(store, "CC3M")
    use(store, "Conceptual Captions", source="b")
    first, second = ident(store, "CC3M"), ident(store, "Conceptual Captions")
    merge(store, "CC3M", "Conceptual Captions")
    store.forget("a")
    assert names(store, first) == names(store, second) == {"Conceptual Captions"}
    assert store.find_entities("CC3M") == []
    use(store, "CC3M", source="c")
    assert names(store, first) == {"CC3M", "Conceptual Captions"}
    undo(store, 1)
    assert (ident(store, first), ident(store, second)) == (first, second)


def test_an_id_leads_on_through_names_that_went_one_after_another(store: Store) -> None:
    sources = {"a": "CC3M", "b": "Conceptual Captions", "c": "Google Captions"}
    for source, name in sources.items():
        use(store, name, source=source)
    first, second, third = (ident(store, name) for name in sources.values())
    merge(store, "CC3M", "Conceptual Captions")
    merge(store, "Google Captions", "Conceptual Captions")
    store.forget("a")
    store.forget("b")
    assert ident(store, first) == ident(store, second) == third
    store.forget("c")
    assert store.find_entities(first) == []
    assert list(store.iter_claims(object=first)) == []


@pytest.mark.parametrize("back", ["CC3M", "Conceptual Captions", "Google Captions"])
def test_ids_find_each_other_again_after_all_of_a_thing_was_gone(store: Store, back: str) -> None:
    load(
        store,
        "a",
        trained("Otter", "CC3M", 1),
        alias("Conceptual Captions", "CC3M", 2),
        alias("Google Captions", "Conceptual Captions", 3),
    )
    given = {i.id for i in store.iter_names(Kind.DATASET)}
    assert len(given) == 3
    assert store.counts()["dataset"] == 1
    store.forget("a")
    assert [store.find_entities(old) for old in given] == [[]] * 3
    use(store, back, source="b")
    assert [names(store, old) for old in given] == [{back}] * 3


def test_an_unknown_id_has_no_names(store: Store) -> None:
    with pytest.raises(NotFoundError):
        list(store.iter_names(of="dataset:unknown"))


def test_a_decision_gives_no_id_and_takes_none(store: Store) -> None:
    merge(store, "CC3M", "CC 3M set")
    split(store, "CC3M", "Captions")
    use(store, "CC 3M set", "CC3M", "Captions")
    assert {i.id for i in store.iter_names(Kind.DATASET)} == {
        "dataset:cc-3m-set",
        "dataset:cc3m",
        "dataset:captions",
    }


# ---------------------------------------------------------------------- names and reviews


def test_names_come_with_their_own_id_and_that_of_their_thing(store: Store) -> None:
    load(store, "a", trained("LLaVA", "CC-3M"), trained("LLaVA", "cc3m", 2), alias("cc3m", "C3", 3))
    use(store, "Conceptual Captions", source="b")
    merge(store, "CC3M", "Conceptual Captions")
    found = {i.name.text: i for i in store.iter_names(Kind.DATASET)}
    assert set(found) == {"CC-3M", "Conceptual Captions"}
    assert {i.entity for i in found.values()} == {ident(store, "CC3M")}
    assert [i.id for i in found.values()] == ["dataset:cc-3m", "dataset:conceptual-captions"]
    assert {i.name.text for i in store.iter_names(of=found["CC-3M"].id)} == set(found)
    assert {i.name.kind for i in store.iter_names()} == {Kind.MODEL, Kind.DATASET}
    store.forget("b")
    assert [i.name.text for i in store.iter_names(Kind.DATASET)] == ["CC-3M"]


def test_a_generic_name_keeps_its_owner(store: Store) -> None:
    own = Name(Kind.DATASET, "In-house data", scope="Otter")
    claim = trained("Otter", "In-house data")
    load(store, "a", Claim(claim.subject, claim.predicate, 1, claim.quote, own, claim.qualifiers))
    (info,) = store.iter_names(Kind.DATASET)
    assert info.name == own
    use(store, "CC3M", source="b")
    payload = pair_payload(own, Name(Kind.DATASET, "CC3M"))
    store.add_user_fact(Action.MERGE, payload)
    assert names(store, "CC3M") == {"In-house data", "CC3M"}


def test_a_pair_of_names_keeps_its_number_for_good(store: Store) -> None:
    a, b, c = (Name(Kind.DATASET, text) for text in ("A set", "B set", "C set"))
    first = store.number_pairs([(a, b), (b, c)])
    assert len(set(first)) == 2
    assert store.number_pairs([]) == []
    assert store.number_pairs([(c, b), (a, b)]) == [first[1], first[0]]
    third = store.number_pairs([(Name(Kind.DATASET, "a-SET"), b), (a, c), (a, c)])
    assert third[0] == first[0]
    assert third[1] == third[2]
    assert third[1] not in first
    other_kind = (Name(Kind.MODEL, "A set"), Name(Kind.MODEL, "B set"))
    scoped = (Name(Kind.DATASET, "A set", "Otter"), b)
    more = store.number_pairs([other_kind, scoped])
    assert len({*first, *third, *more}) == 5
    use(store, "A set", "B set")
    merge(store, "A set", "B set")
    store.forget("a")
    assert store.number_pairs([(b, a)]) == [first[0]]


def test_evidence_that_two_things_share_is_told_with_its_lines(store: Store) -> None:
    assert store.shared_evidence() == []
    load(store, "a", paper("CogVLM: Visual Expert", "2311.03079", 4))
    load(store, "b", paper("ShareGPT4V: Better Captions", "2311.03079", 7))
    (shared,) = store.shared_evidence()
    assert (shared.kind, shared.type) == (Kind.PAPER, "identifier")
    assert shared.value == "arxiv:2311.03079"
    assert [(p.source, p.line) for p in shared.places] == [("a", 4), ("b", 7)]
    assert len({p.name.entity for p in shared.places}) == 2
    merge(store, "CogVLM: Visual Expert", "ShareGPT4V: Better Captions", Kind.PAPER)
    assert store.shared_evidence() == []
    undo(store, 1)
    assert store.shared_evidence() == [shared]
    store.forget("b")
    assert store.shared_evidence() == []


def test_an_alias_that_is_the_name_of_another_thing_is_shared_evidence(store: Store) -> None:
    both = [linked("LLaVA-Instruct-665K", FILE_665K, 1), linked("llava-665k", FILE_665K, 2)]
    load(
        store, "a", *both, alias("Otter set 4K", "Otter set 9K", 5), trained("M", "Otter set 9K", 6)
    )
    split(store, "llava-665k", "LLaVA-Instruct-665K")
    found = {(s.type, s.value): [(p.name.name.text, p.line) for p in s.places]
             for s in store.shared_evidence()}  # fmt: skip
    assert found["alias", fold("Otter set 9K")] == [("Otter set 4K", 5)]
    targets = [places for (type_, _), places in found.items() if type_ == "target"]
    assert targets == [[("LLaVA-Instruct-665K", 1), ("llava-665k", 2)]]


# ---------------------------------------------------------------------- loads and sources


def test_every_load_is_numbered_dated_and_says_what_it_did(store: Store) -> None:
    assert store.loads() == []
    load(store, "a", trained("Otter", "CC3M"))
    load(store, "b", trained("Otter", "CC3M"), trained("Otter", "SBU", 2))
    load(store, "a", trained("Otter", "SBU"))
    store.add_copy("c", "markdown", "hash", "a")
    store.rename_source("b", "d")
    store.forget("a")
    loads = store.loads()
    assert [x.n for x in loads] == sorted({x.n for x in loads})
    assert [(x.source, x.action) for x in loads] == [
        ("a", "load"),
        ("d", "load"),
        ("a", "load"),
        ("c", "copy"),
        ("d", "move"),
        ("c", "load"),
        ("a", "forget"),
    ]
    assert [(x.diff.added, x.diff.withdrawn) for x in loads] == [
        (1, 0), (2, 0), (1, 1), (0, 0), (0, 0), (1, 0), (0, 1),
    ]  # fmt: skip
    assert all(x.at.startswith("20") and "T" in x.at for x in loads)


def test_a_decision_is_no_load(store: Store) -> None:
    use(store, "A set", "B set")
    before = store.loads(), store.sources()
    undo(store, merge(store, "A set", "B set"))
    assert (store.loads(), store.sources()) == before


def test_a_renamed_source_keeps_its_claims_ids_and_history(store: Store) -> None:
    load(store, "a", trained("Otter", "CC3M"), trained("Otter", "SBU", 2))
    changed = load(store, "a", trained("Otter", "SBU", 2), rejected=(Rejected(3, "x", "y"),))
    before = exported(store)
    old = next(s for s in store.iter_claims(withdrawn=True) if s.claim.line == 1)
    store.rename_source("a", "folder/a")
    assert [line.replace('"folder/a"', '"a"') for line in exported(store)] == before
    (info,) = store.sources()
    assert (info.id, info.claims, info.rejected) == ("folder/a", 1, 1)
    assert info.last_load == changed.load
    assert (info.last_diff.added, info.last_diff.withdrawn) == (0, 1)
    withdrawn = [s for s in store.iter_claims(withdrawn=True) if s.withdrawn_load is not None]
    assert [(s.source, s.first_load, s.withdrawn_load) for s in withdrawn] == [
        ("folder/a", old.first_load, old.withdrawn_load)
    ]
    assert load(store, "folder/a", trained("Otter", "SBU", 2)).diff.is_empty


def test_a_source_is_not_renamed_over_another_or_from_nothing(store: Store) -> None:
    use(store, "CC3M")
    use(store, "SBU", source="b")
    before = exported(store), store.sources()
    with pytest.raises(InputError, match="b"):
        store.rename_source("a", "b")
    with pytest.raises(NotFoundError):
        store.rename_source("c", "d")
    assert (exported(store), store.sources()) == before


def test_a_source_can_have_the_name_of_a_forgotten_one_and_its_history(store: Store) -> None:
    use(store, "CC3M")
    use(store, "SBU", source="b")
    store.forget("b")
    store.rename_source("a", "b")
    (info,) = store.sources()
    assert (info.id, info.claims, info.last_diff.added, info.is_forgotten) == ("b", 1, 1, False)
    assert [s.source for s in store.iter_claims(withdrawn=True)] == ["b", "b"]
    assert [(x.source, x.action) for x in store.loads()] == [
        ("b", "load"), ("b", "load"), ("b", "forget"), ("b", "move"),
    ]  # fmt: skip


def test_a_forgotten_copy_that_comes_back_is_a_copy_again(store: Store) -> None:
    store.load("a", "markdown", "one", Reading((trained("Otter", "CC3M"),)))
    for _ in range(2):
        known = store.has_content("b", "one")
        assert known is not None
        assert (known.copy_of, known.is_new) == ("a", True)
        store.add_copy("b", "markdown", "one", "a")
        assert [s.copy_of for s in store.sources()] == ["", "a"]
        store.forget("b")
    assert [s.source for s in store.iter_claims()] == ["a"]


def test_a_source_that_was_seen_again_is_no_new_load(store: Store) -> None:
    use(store, "CC3M")
    (before,) = store.sources()
    loads = store.loads()
    store.note_seen("a")
    (after,) = store.sources()
    assert after.seen_at >= before.seen_at >= before.loaded_at
    assert after.loaded_at == before.loaded_at
    assert store.loads() == loads


def test_a_forgotten_source_is_listed_as_such(store: Store) -> None:
    use(store, "CC3M")
    assert [s.is_forgotten for s in store.sources()] == [False]
    store.forget("a")
    (info,) = store.sources()
    assert (info.is_forgotten, info.claims, info.last_diff.withdrawn) == (True, 0, 1)
    use(store, "CC3M")
    assert [s.is_forgotten for s in store.sources()] == [False]


def test_withdrawn_claims_are_kept_marked_and_given_only_when_asked_for(store: Store) -> None:
    first = load(store, "a", trained("Otter", "CC3M", 1), trained("Otter", "SBU", 2)).load
    second = load(store, "a", trained("Otter", "SBU", 2)).load
    third = store.forget("a").load
    assert list(store.iter_claims()) == []
    found = [
        (s.claim.line, s.object.name if s.object else "", s.first_load, s.withdrawn_load)
        for s in store.iter_claims(withdrawn=True)
    ]
    assert found == [(1, "CC3M", first, second), (2, "SBU", first, third)]
    use(store, "SBU", source="b")
    of_sbu = list(store.iter_claims(object=ident(store, "SBU"), withdrawn=True))
    assert [(s.source, s.withdrawn_load) for s in of_sbu] == [("a", third), ("b", None)]
    assert [s.withdrawn_load for s in store.iter_claims(source="b", withdrawn=True)] == [None]
    assert list(store.iter_claims(predicates=["size"], withdrawn=True)) == []


def test_an_edited_claim_is_kept_as_it_was(store: Store) -> None:
    load(store, "a", said(Kind.DATASET, "CC3M", Property.SIZE, "3M"))
    edit = load(store, "a", said(Kind.DATASET, "CC3M", Property.SIZE, "3.3M"))
    assert (edit.diff.edited, edit.diff.added) == (1, 0)
    found = {s.claim.values["text"]: s.withdrawn_load for s in store.iter_claims(withdrawn=True)}
    assert found == {"3M": edit.load, "3.3M": None}


# ---------------------------------------------------------------------- what the user claims


def assert_(store: Store, model: str, dataset: str, **more: Any) -> int:
    claim = Claim(
        Name(Kind.MODEL, model), Relation.TRAINED_ON, 1, f"{model} on {dataset}",
        Name(Kind.DATASET, dataset), {"stage": "sft"}, more,
    )  # fmt: skip
    return store.add_user_fact(Action.ASSERT, assertion(claim)).n


def add(store: Store, arxiv: str) -> int:
    return store.add_user_fact(Action.ADD, {"scheme": "arxiv", "value": arxiv}).n


def state(store: Store, name: Name, word: str, at: str = "") -> int:
    return store.add_user_fact(Action.STATE, {**name_payload(name), "state": word}, at=at).n


def test_an_assertion_is_a_claim_of_yours_until_it_is_undone(store: Store) -> None:
    use(store, "CC3M")
    before = exported(store)
    n = assert_(store, "Otter", "cc-3m", subset="half")
    (stored,) = store.iter_claims(source="you")
    assert (stored.claim.line, stored.claim.quote) == (n, "Otter on cc-3m")
    assert stored.claim.extractor == "user"
    assert stored.object is not None
    assert stored.object.id == ident(store, "CC3M")
    (source,) = [s for s in store.sources() if s.id == "you"]
    assert (source.format, source.claims, source.is_forgotten) == ("user", 1, False)
    said = exported(store)
    redo = undo(store, n)
    assert exported(store) == before
    assert [s.is_forgotten for s in store.sources() if s.id == "you"] == [True]
    undo(store, redo)
    assert exported(store) == said


def test_an_assertion_keeps_its_claim_when_another_is_added_or_undone(store: Store) -> None:
    first, second = assert_(store, "Otter", "CC3M"), assert_(store, "Valley", "CC3M")
    loads = {c.claim.line: c.first_load for c in store.iter_claims(source="you")}
    assert loads == {first: 1, second: 2}
    undo(store, first)
    (left,) = store.iter_claims(source="you")
    assert (left.claim.line, left.first_load) == (second, 2)
    gone = [c.claim.line for c in store.iter_claims(source="you", withdrawn=True)]
    assert sorted(gone) == [first, second]


def test_the_same_assertion_twice_stays_when_one_is_undone(store: Store) -> None:
    first, second = assert_(store, "Otter", "CC3M"), assert_(store, "Otter", "CC3M")
    undo(store, first)
    assert [c.claim.line for c in store.iter_claims(source="you")] == [second]


def test_a_paper_added_by_its_id_is_completed_by_a_list_and_keeps_its_id(store: Store) -> None:
    n = add(store, "2310.03744")
    (entity,) = store.find_entities("2310.03744")
    assert (entity.id, entity.name) == ("paper:arxiv:2310.03744", "arXiv:2310.03744")
    load(store, "a", paper("Improved Baselines", "2310.03744"))
    (completed,) = store.find_entities("2310.03744")
    assert (completed.id, completed.name) == (entity.id, "Improved Baselines")
    undo(store, n)
    (left,) = store.find_entities(entity.id)
    assert left.name == "Improved Baselines"
    assert left.aliases == ()


def test_an_assertion_about_a_paper_finds_it_by_its_identifier_under_another_title(
    store: Store,
) -> None:
    claim = Claim(
        Name(Kind.PAPER, "Visual Instruction Tuning"), Relation.INTRODUCES, 1, "it does",
        Name(Kind.MODEL, "LLaVA"),
    )  # fmt: skip
    store.add_user_fact(Action.ASSERT, assertion(claim, subject="arXiv:2304.08485"))
    load(store, "a", paper("Visual instruction tuning (LLaVA)", "2304.08485"))
    (stored,) = store.iter_claims(source="you", predicates=[Relation.INTRODUCES])
    assert stored.subject.id == ident(store, "Visual instruction tuning (LLaVA)")


def test_no_list_is_read_as_you_and_what_you_say_is_not_forgotten_as_a_list(store: Store) -> None:
    use(store, "CC3M")
    n = assert_(store, "Otter", "SBU")
    before, log = exported(store), store.user_facts()
    for act in (
        lambda: load(store, "you", trained("Otter", "SBU")),
        lambda: store.forget("you"),
        lambda: store.rename_source("you", "b"),
        lambda: store.rename_source("a", "you"),
        lambda: store.add_copy("you", "markdown", "x", "a"),
    ):
        with pytest.raises(InputError, match="'kg undo N' takes an entry back"):
            act()
    assert (exported(store), store.user_facts()) == (before, log)
    undo(store, n)
    with pytest.raises(InputError, match="'kg undo N'"):
        load(store, "you", trained("Otter", "SBU"))


def test_states_notes_tags_and_what_was_seen_are_no_claims_and_no_loads(store: Store) -> None:
    load(store, "a", paper("Visual Instruction Tuning", "2304.08485"))
    before, loads = exported(store), store.loads()
    name = Name(Kind.PAPER, "Visual Instruction Tuning")
    state(store, name, "reading")
    store.add_user_fact(Action.NOTE, {**name_payload(name), "note": "why?", "open": True})
    store.add_user_fact(Action.TAG, {**name_payload(name, "arXiv:2304.08485"), "tag": "thesis"})
    store.add_user_fact(Action.SEEN, {"load": 1})
    assert exported(store) == before
    assert store.loads() == loads
    assert [f.action for f in store.user_facts() if f.holds] == ["state", "note", "tag", "seen"]


def test_entries_are_put_into_the_log_all_or_none(store: Store) -> None:
    name = name_payload(Name(Kind.MODEL, "Otter"))
    good = (Action.STATE, {**name, "state": "read"}, "")
    for bad in (
        (Action.STATE, {**name, "state": "finished"}, ""),
        (Action.UNDO, {"of": 9}, ""),
        (Action.STATE, {**name, "state": "read"}, "yesterday"),
    ):
        with pytest.raises(KGError):
            store.add_user_facts([good, bad])
        assert store.user_facts() == []
    made = store.add_user_facts([good, (Action.UNDO, {"of": 1}, ""), good])
    assert [(f.n, f.undone_by) for f in made] == [(1, 2), (2, None), (3, None)]
    assert store.add_user_facts([]) == []


def test_what_was_said_earlier_does_not_overrule_what_came_into_the_log_before_it(
    store: Store,
) -> None:
    use(store, "CC3M", "Conceptual Captions")
    pair = pair_payload(Name(Kind.DATASET, "CC3M"), Name(Kind.DATASET, "Conceptual Captions"))
    store.add_user_fact(Action.SPLIT, pair, at="2026-11-21T10:00:00+00:00")
    store.add_user_fact(Action.MERGE, pair, at="2026-11-20T10:00:00+00:00")
    assert names(store, "CC3M") == {"CC3M"}
    assert [f.overruled_by for f in store.user_facts()] == [None, 1]


def test_what_is_said_now_is_never_older_than_what_was_said_before(store: Store) -> None:
    name = Name(Kind.PAPER, "P")
    state(store, name, "read", at="2999-01-01T00:00:00+00:00")
    state(store, name, "new")
    state(store, name, "reading")
    assert [f.at for f in store.user_facts()] == [
        "2999-01-01T00:00:00+00:00",
        "2999-01-01T00:00:00.000001+00:00",
        "2999-01-01T00:00:00.000002+00:00",
    ]


def test_many_names_are_resolved_at_once(store: Store) -> None:
    load(store, "a", paper("Visual Instruction Tuning", "2304.08485"), trained("Otter", "CC3M", 2))
    owned = Name(Kind.DATASET, "in-house data", "Otter")
    load(store, "b", Claim(Name(Kind.MODEL, "Otter"), Relation.TRAINED_ON, 1, "", owned))
    load(store, "c", alias("CC3M", "Conceptual Captions 3M"))
    asked = [
        Name(Kind.DATASET, "cc-3m"),
        Name(Kind.MODEL, "CC3M"),
        Name(Kind.PAPER, "arXiv:2304.08485"),
        Name(Kind.PAPER, "visual instruction tuning"),
        Name(Kind.DATASET, "in-house data"),
        owned,
        Name(Kind.DATASET, "Conceptual Captions 3M"),
        Name(Kind.DATASET, "cc-3m"),
        Name(Kind.PAPER, "arXiv:2401.00001"),
    ]
    cc3m, tuning = ident(store, "CC3M"), ident(store, "2304.08485")
    assert store.entities_of_names(asked) == [
        cc3m, None, tuning, tuning, None, ident(store, "dataset:in-house-data@Otter"), cc3m, cc3m,
        None,
    ]  # fmt: skip
    assert store.entities_of_names([]) == []


def test_a_name_that_no_list_uses_any_more_stands_for_nothing_but_an_identifier_does(
    store: Store,
) -> None:
    load(store, "a", paper("Visual Instruction Tuning", "2304.08485"))
    load(store, "b", paper("LLaVA: Visual Instruction Tuning", "2304.08485"))
    store.forget("a")
    title, identifier = (
        Name(Kind.PAPER, t) for t in ("Visual Instruction Tuning", "arXiv:2304.08485")
    )
    found = ident(store, "LLaVA: Visual Instruction Tuning")
    assert store.entities_of_names([title, identifier]) == [None, found]
    store.forget("b")
    assert store.entities_of_names([title, identifier]) == [None, None]


def test_more_names_than_a_query_takes_are_resolved(store: Store) -> None:
    use(store, *(f"Set {i}" for i in range(1500)))
    found = store.entities_of_names([Name(Kind.DATASET, f"set-{i}") for i in range(1502)])
    assert found[:1500] == [f"dataset:set-{i}" for i in range(1500)]
    assert found[1500:] == [None, None]


def test_a_source_that_was_called_you_before_has_to_give_up_the_name(tmp_path: Path) -> None:
    path = tmp_path / "kg.sqlite"
    with closing(SqliteStore(path, create=True)) as store:
        use(store, "CC3M")
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE source SET name = 'you'")
        db.commit()
    with closing(SqliteStore(path)) as store:
        with pytest.raises(InputError, match="kg forget you"):
            assert_(store, "Otter", "SBU")
        assert store.user_facts() == []
        store.forget("you")
        assert_(store, "Otter", "SBU")
        assert names(store, "SBU") == {"SBU"}
        assert store.find_entities("CC3M") == []


# ---------------------------------------------------------------------- random histories

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
    ("Never Used",),
]
TITLES = [
    ("Visual Instruction Tuning", "Visual instruction tuning"),
    ("LLaVA: Visual Instruction Tuning",),
    ("CogVLM: Visual Expert",),
    ("arXiv:2304.08485",),
]
ADDRESSES = [
    FILE_665K,
    HF,
    "https://huggingface.co/datasets/lab/univi",
    "https://huggingface.co/datasets/openai/webgpt",
    "https://github.com/google/conceptual-captions",
]


def random_claims(rng: random.Random) -> list[Claim]:
    """Invent a small source: names in several spellings, with evidence of every sort."""

    def spelt(pool: Sequence[tuple[str, ...]] = SPELLINGS[:-1]) -> str:
        return rng.choice(rng.choice(pool))

    claims = []
    for line in range(1, rng.randint(2, 8)):
        claims += rng.choice(
            [
                [trained(rng.choice(["LLaVA", "Otter"]), spelt(), line) for _ in "ab"],
                [linked(spelt(), rng.choice(ADDRESSES), line)],
                [alias(spelt(), spelt(), line)],
                [alias(spelt(), rng.choice(["Only Stated", "Never Used"]), line)],
                [paper(spelt(TITLES), rng.choice(["2304.08485", "2311.03079"]), line)],
            ]
        )
    return claims


def random_decision(store: Store, rng: random.Random, pool: Sequence[Name]) -> None:
    """Merge or split two names of one kind, or undo something that can be undone."""
    open_ = [f.n for f in store.user_facts() if f.undone_by is None]
    if open_ and rng.random() < 0.35:
        undo(store, rng.choice(open_))
        return
    a, b = rng.sample(pool, 2)
    if a.kind is not b.kind or fold(a.text) == fold(b.text) or a.scope != b.scope:
        return
    store.add_user_fact(rng.choice([Action.MERGE, Action.SPLIT]), pair_payload(a, b))


POOL = [Name(Kind.DATASET, text) for same in SPELLINGS for text in same] + [
    Name(Kind.PAPER, text) for same in TITLES for text in same
]


def in_force(store: Store) -> list[UserFact]:
    """The merges and splits that are not undone, without the undos between them."""
    facts = store.user_facts()
    by = undone(facts)
    return [f for f in facts if f.n not in by and f.action is not Action.UNDO]


@pytest.mark.parametrize("seed", range(20))
def test_the_graph_is_that_of_its_final_sources_and_decisions_whatever_came_before(
    store: Store, other: Store, seed: int
) -> None:
    rng = random.Random(seed)
    current: dict[str, list[Claim]] = {}
    for _ in range(24):
        source = rng.choice("abcd")
        if rng.random() < 0.5:
            random_decision(store, rng, POOL)
        elif source in current and rng.random() < 0.4:
            store.forget(source)
            del current[source]
        else:
            current[source] = random_claims(rng)
            load(store, source, *current[source])
    order = rng.sample(sorted(current), len(current))
    decide_first = rng.random() < 0.5
    with closing(SqliteStore(":memory:", create=True)) as third:
        if decide_first:
            replay(other, store.user_facts())
        for source in order:
            load(other, source, *current[source])
            load(third, source, *current[source])
        if not decide_first:
            replay(other, store.user_facts())
        replay(third, in_force(store))
        assert exported_without_ids(store) == exported_without_ids(other)
        assert exported_without_ids(store) == exported_without_ids(third)
        assert reasons(store) == reasons(other) == reasons(third)


@pytest.mark.parametrize("seed", range(20))
def test_undoing_all_decisions_leaves_the_graph_of_no_decisions(
    store: Store, other: Store, seed: int
) -> None:
    rng = random.Random(1000 + seed)
    for _ in range(24):
        if rng.random() < 0.6:
            random_decision(store, rng, POOL)
        elif any(not s.is_forgotten for s in store.sources()) and rng.random() < 0.3:
            source = rng.choice([s.id for s in store.sources()])
            store.forget(source)
            other.forget(source)
        else:
            source, claims = rng.choice("abc"), random_claims(rng)
            load(store, source, *claims)
            load(other, source, *claims)
    undo_all(store)
    assert exported(store) == exported(other)
    assert reasons(store) == reasons(other)
    assert not any(f.holds for f in store.user_facts() if f.action is not Action.UNDO)


def random_word(store: Store, rng: random.Random) -> None:
    """Say anything that can be said, or undo something that can be undone."""
    sets = [p for p in POOL if p.kind is Kind.DATASET]
    papers = [p for p in POOL if p.kind is Kind.PAPER]
    open_ = [f.n for f in store.user_facts() if f.undone_by is None]
    choice = rng.random()
    if open_ and choice < 0.3:
        undo(store, rng.choice(open_))
    elif choice < 0.5:
        assert_(store, rng.choice(["LLaVA", "Otter"]), rng.choice(sets).text)
    elif choice < 0.6:
        add(store, rng.choice(["2304.08485", "2311.03079"]))
    elif choice < 0.7:
        cites = Claim(papers[0], Relation.CITES, 1, "", rng.choice(papers))
        store.add_user_fact(Action.ASSERT, assertion(cites, object="arXiv:2311.03079"))
    elif choice < 0.8:
        state(store, rng.choice(POOL), rng.choice(list(State)))
    else:
        random_decision(store, rng, POOL)


def without_lines_of_yours(store: Store) -> list[str]:
    """Give the graph without ids and without the numbers that entries of the log have."""
    return sorted(
        re.sub(r'"line": \d+', "", line) if '"source": "you"' in line else line
        for line in exported_without_ids(store)
    )


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_said_the_graph_is_that_of_final_sources_and_of_what_holds(
    store: Store, other: Store, seed: int
) -> None:
    rng = random.Random(3000 + seed)
    current: dict[str, list[Claim]] = {}
    for _ in range(24):
        source = rng.choice("abc")
        if rng.random() < 0.6:
            random_word(store, rng)
        elif source in current and rng.random() < 0.4:
            store.forget(source)
            del current[source]
        else:
            current[source] = random_claims(rng)
            load(store, source, *current[source])
    decide_first = rng.random() < 0.5
    with closing(SqliteStore(":memory:", create=True)) as third:
        if decide_first:
            replay(other, store.user_facts())
        for source in rng.sample(sorted(current), len(current)):
            load(other, source, *current[source])
            load(third, source, *current[source])
        if not decide_first:
            replay(other, store.user_facts())
        replay(third, in_force(store))
        assert exported_without_ids(store) == exported_without_ids(other)
        assert without_lines_of_yours(store) == without_lines_of_yours(third)
        assert reasons(store) == reasons(other) == reasons(third)


@pytest.mark.parametrize("seed", range(20))
def test_undoing_all_that_was_said_leaves_the_graph_of_the_lists(
    store: Store, other: Store, seed: int
) -> None:
    rng = random.Random(4000 + seed)
    for _ in range(24):
        if rng.random() < 0.6:
            random_word(store, rng)
        else:
            source, claims = rng.choice("abc"), random_claims(rng)
            load(store, source, *claims)
            load(other, source, *claims)
    undo_all(store)
    assert exported_without_ids(store) == exported_without_ids(other)
    assert reasons(store) == reasons(other)
    assert list(store.iter_claims(source="you")) == []


@pytest.mark.parametrize("seed", range(8))
def test_no_id_is_lost_changed_or_given_twice_in_any_history(store: Store, seed: int) -> None:
    rng = random.Random(2000 + seed)
    owner: dict[str, tuple[str, str]] = {}
    for _ in range(24):
        source = rng.choice("abc")
        if rng.random() < 0.5:
            random_decision(store, rng, POOL)
        elif any(s.id == source for s in store.sources()) and rng.random() < 0.3:
            store.forget(source)
        else:
            load(store, source, *random_claims(rng))
        current = {i.id: i for i in store.iter_names()}
        for found in current.values():
            key = (str(found.name.kind), fold(found.name.text))
            assert owner.setdefault(found.id, key) == key
        # Only an arXiv id that sources took back for another one gives a paper a second id.
        lasting = [i for i in owner if i in current or not i.startswith("paper:arxiv:")]
        assert len({owner[i] for i in lasting}) == len(lasting)
        for old in owner:
            things = store.find_entities(old)
            assert len(things) <= 1
            if old in current:
                assert things[0].id == current[old].entity
        assert {e.id for e in store.iter_entities()} == {i.entity for i in current.values()}


TEXTS = [
    "| Model | Training Data |\n|---|---|\n| Otter | CC3M |\n| Silkie | MultiInstruct |\n",
    "| Model | Training Data |\n|---|---|\n| Otter | Conceptual Captions (CC3M), SBU |\n",
    "| Dataset | Size |\n|---|---|\n| cc-3m | 3M |\n| MultiIntruct | 62K |\n",
    "| Dataset | Size |\n|---|---|\n| Conceptual Captions | 12M |\n",
]


@pytest.mark.parametrize("seed", range(12))
def test_copies_and_moves_leave_the_graph_of_what_is_there_at_last(
    store: Store, other: Store, seed: int
) -> None:
    rng = random.Random(4000 + seed)
    decided = [Name(Kind.DATASET, n) for n in ("CC3M", "SBU", "MultiInstruct", "MultiIntruct")]
    current: dict[str, str] = {}

    def ingest(into: Store, source: str, text: str) -> None:
        ingest_bytes(into, source, text.encode(), "markdown", read_list)

    def said_of_texts(into: Store) -> list[str]:
        """Write each source as the text that it holds: which of two copies speaks is chance."""
        found = []
        for line in exported_without_ids(into):
            record = json.loads(line)
            if "source" in record:
                record["source"] = current[record["source"]]
            found.append(json.dumps(record))
        return sorted(found)

    for _ in range(20):
        source, turn = rng.choice("abcde"), rng.random()
        if turn < 0.25:
            random_decision(store, rng, decided)
        elif turn < 0.4 and source in current:
            store.forget(source)
            del current[source]
        elif turn < 0.5 and source in current:
            new = f"{source}{len(store.loads())}"
            store.rename_source(source, new)
            current[new] = current.pop(source)
        else:
            text = rng.choice(TEXTS)
            if source in current and text in current.values():
                source += str(len(store.loads()))  # what says something else is never a copy
            current[source] = text
            ingest(store, source, text)
    for source in rng.sample(sorted(current), len(current)):
        ingest(other, source, current[source])
    replay(other, store.user_facts())
    assert said_of_texts(store) == said_of_texts(other)


# ---------------------------------------------------------------------- the bundled lists

LIST_NAMES = sorted(file.name for file in LISTS.iterdir())


@cache
def bundled(name: str, seed: int | None = None) -> Reading:
    """Read a bundled list; with a seed another version of it, with lines lost and added."""
    text = (LISTS / name).read_text(encoding="utf-8")
    if seed is not None:
        rng = random.Random(f"{name} {seed}")
        lines = [line for line in text.split("\n") if rng.random() > 0.15]
        for _ in range(rng.randint(1, 5)):
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
        text = "\n".join(lines).replace("LLaVA", rng.choice(["LLaVA", "Llava", "LLaVA-X"]))
    return read_bibtex(text) if name.endswith(".bib") else read_list(text)


@cache
def bundled_names() -> tuple[Name, ...]:
    """Names to decide about: those that evidence joins, and as many others."""
    with closing(SqliteStore(":memory:", create=True)) as fresh:
        for name in LIST_NAMES:
            fresh.load(name, "list", name, bundled(name))
        infos = [i for k in (Kind.DATASET, Kind.MODEL, Kind.PAPER) for i in fresh.iter_names(k)]
    members: dict[str, list[Name]] = {}
    for info in infos:
        members.setdefault(info.entity, []).append(info.name)
    joined = [name for group in members.values() if len(group) > 1 for name in group]
    rng = random.Random(7)
    return (*joined, *rng.sample([i.name for i in infos], len(joined)))


def test_the_bundled_lists_join_some_names() -> None:
    assert len(bundled_names()) > 20


@pytest.mark.parametrize("seed", range(6))
def test_the_bundled_lists_and_decisions_give_one_graph_in_any_order(
    store: Store, other: Store, seed: int
) -> None:
    rng = random.Random(3000 + seed)
    current: dict[str, int | None] = {}
    for _ in range(26):
        name = rng.choice(LIST_NAMES)
        if rng.random() < 0.6:
            random_decision(store, rng, bundled_names())
        elif name in current and rng.random() < 0.25:
            store.forget(name)
            del current[name]
        else:
            current[name] = rng.choice([None, rng.randrange(5)])
            reading = bundled(name, current[name])
            store.load(name, "list", f"{name} {next(_versions)}", reading)
    replay(other, store.user_facts()[: len(store.user_facts()) // 2])
    for name in rng.sample(sorted(current), len(current)):
        other.load(name, "list", name, bundled(name, current[name]))
    replay(other, store.user_facts()[len(store.user_facts()) // 2 :])
    assert exported_without_ids(store) == exported_without_ids(other)
    assert reasons(store) == reasons(other)
    plain = rng.sample(sorted(current), len(current))
    undo_all(store)
    with closing(SqliteStore(":memory:", create=True)) as third:
        for name in plain:
            third.load(name, "list", name, bundled(name, current[name]))
        assert exported_without_ids(store) == exported_without_ids(third)
        assert reasons(store) == reasons(third)
