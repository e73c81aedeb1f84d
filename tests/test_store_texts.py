"""What was read from running text: claims beside the records they were read from, and candidates."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from histories import History, exported, outcome, random_texts, remembered
from kg.decisions import Action, pair_payload
from kg.engine import harvests
from kg.engine.encoding import claim_from_json, claim_to_json
from kg.engine.rows import DamagedRowError
from kg.errors import InputError, NotFoundError, StoreError
from kg.model import (
    Claim,
    JsonValue,
    Kind,
    Name,
    Property,
    Reading,
    Relation,
    Stance,
)
from kg.records import PaperRecord, line_of
from kg.snapshot import snapshot
from kg.sqlite.store import SqliteStore
from kg.store import Doubted, Store
from queries.fingerprints import iter_fingerprints
from queries.history import get_history
from test_store_contract import exported_without_ids

TUNING = PaperRecord("2304.08485", "Visual Instruction Tuning", categories=("cs.CV",))
SECOND = replace(TUNING, updated="2023-12-11", created="2023-04-17")
EXPERT = PaperRecord("2311.03079", "CogVLM: Visual Expert", categories=("cs.CV",))
OTTER = PaperRecord("2305.03726", "Otter")
A, B, C = TUNING.arxiv, EXPERT.arxiv, OTTER.arxiv


def trained(model: str, dataset: str, **more: object) -> Claim:
    """Say that a text says what a model was trained on."""
    claim = Claim(
        Name(Kind.MODEL, model), Relation.TRAINED_ON, 1, f"We train {model} on {dataset}.",
        Name(Kind.DATASET, dataset), {"stage": "sft"}, {}, extractor="text:trained-on",
        confidence=0.85,
    )  # fmt: skip
    return replace(claim, **more)  # type: ignore[arg-type]


def amount(text: str) -> dict[str, JsonValue]:
    return {"amount": {"text": text}}


def from_text(store: Store, source: str = "arxiv") -> list[Claim]:
    found = [s.claim for s in store.iter_claims(source=source)]
    return [c for c in found if c.extractor.startswith("text:")]


def told(store: Store) -> list[tuple[int, str, str]]:
    """Tell what texts say: line, subject, object."""
    return [(c.line, c.subject.text, c.object.text if c.object else "") for c in from_text(store)]


def doubted(store: Store, source: str | None = None) -> list[tuple[str, int, str]]:
    """Tell the candidates: source, line, subject."""
    return [(d.source, d.claim.line, d.claim.subject.text) for d in store.iter_doubted(source)]


def read(store: Store, source: str, *claims: Claim, **more: Sequence[Claim]) -> None:
    store.load(source, "markdown", f"{source} {random.random()}", Reading(claims, **more))  # type: ignore[arg-type]


@pytest.fixture
def other() -> Iterator[Store]:
    """Give a second, empty store to compare with."""
    with closing(SqliteStore(":memory:", create=True)) as store:
        yield store


# ---------------------------------------------------------------------- claims of texts


def test_what_the_text_of_a_record_says_is_a_claim_at_its_line(store: Store) -> None:
    claim = trained("LLaVA", "CC3M", values=amount("595K"), stance=Stance.STATES)
    report = store.add_records("arxiv", [TUNING, EXPERT], said={A: [claim]})
    assert from_text(store) == [replace(claim, line=line_of(A))]
    assert report.diff.added == store.loads()[0].diff.added == 5
    assert store.sources()[0].claims == 5
    assert store.counts()["TRAINED_ON"] == 1
    [model] = store.find_entities("LLaVA")
    [stored] = store.iter_claims(subject=model.id)
    assert (stored.source, stored.first_load) == ("arxiv", 1)
    assert stored.object is not None
    assert [e.id for e in store.find_entities("CC3M")] == [stored.object.id]
    assert stored.object.id in {s.id for s in store.stubs()}
    assert any("TRAINED_ON" in line for line in exported(store)["claims"])
    [event] = get_history(store, model.id).events
    assert event.load.n == 1


def test_claims_of_texts_are_as_claims_of_a_list_would_be(store: Store, other: Store) -> None:
    said = {A: [trained("LLaVA", "CC3M")], B: [trained("CogVLM", "CC3M", stance=Stance.DENIES)]}
    store.add_records("arxiv", [TUNING, EXPERT], said=said)
    other.add_records("arxiv", [TUNING, EXPERT])
    held = [s.claim for s in other.iter_claims()]
    other.forget("arxiv")
    moved = [replace(c, line=line_of(a)) for a, cs in said.items() for c in cs]
    read(other, "arxiv", *held, *moved)
    assert exported(store) == exported(other)
    assert dict(store.counts()) == dict(other.counts())


def test_the_same_again_changes_nothing(store: Store) -> None:
    said, maybe = {A: [trained("LLaVA", "CC3M")], B: ()}, {B: [trained("CogVLM", "LAION")]}
    store.add_records("arxiv", [TUNING, EXPERT], said=said, doubted=maybe)
    before = remembered(store)
    report = store.add_records("arxiv", [TUNING, EXPERT], said=said, doubted=maybe)
    assert (report.load, report.unchanged, report.diff.is_empty) == (0, 2, True)
    diff = store.put_said("arxiv", said, maybe)
    assert (diff.is_empty, diff.unchanged) == (True, 1)
    assert remembered(store) == before


def test_texts_of_records_that_did_not_change_are_compared_too(store: Store) -> None:
    first = [trained("LLaVA", "CC3M"), trained("LLaVA", "LAION"), trained("LLaVA", "COCO")]
    store.add_records("arxiv", [TUNING], said={A: first})
    now = [
        first[0],
        replace(first[1], values=amount("5K")),
        trained("LLaVA", "VQAv2"),
    ]
    report = store.add_records("arxiv", [TUNING], said={A: now})
    assert (report.load, report.unchanged) == (2, 1)
    diff = report.diff
    assert (diff.added, diff.edited, diff.withdrawn, diff.unchanged) == (1, 1, 1, 1)
    assert store.loads()[-1].diff == diff
    assert store.sources()[0].last_load == 2
    at = {
        s.object.name: (s.first_load, s.withdrawn_load)
        for s in store.iter_claims(predicates=["TRAINED_ON"])
        if s.object
    }
    assert at == {"CC3M": (1, None), "LAION": (2, None), "VQAv2": (2, None)}
    gone = [s for s in store.iter_claims(withdrawn=True) if s.withdrawn_load == 2]
    assert len(gone) == 2
    assert store.find_entities("COCO") == []


def test_another_sentence_moves_a_claim_and_keeps_its_age(store: Store) -> None:
    claim = trained("LLaVA", "CC3M")
    store.add_records("arxiv", [TUNING], said={A: [claim]})
    better = replace(claim, quote="LLaVA sees CC3M.", confidence=0.6, extractor="text:sees")
    diff = store.put_said("arxiv", {A: [better]})
    assert (diff.is_empty, diff.unchanged) == (True, 1)
    assert [load.n for load in store.loads()] == [1, 2]
    assert from_text(store) == [replace(better, line=line_of(A))]
    assert [s.first_load for s in store.iter_claims(predicates=["TRAINED_ON"])] == [1]


def test_what_two_papers_say_is_two_claims_and_each_has_its_own(store: Store) -> None:
    claim = trained("LLaVA", "CC3M")
    store.add_records("arxiv", [TUNING, EXPERT], said={A: [claim], B: [claim]})
    assert told(store) == [(line_of(A), "LLaVA", "CC3M"), (line_of(B), "LLaVA", "CC3M")]
    store.put_said("arxiv", {A: ()})
    assert told(store) == [(line_of(B), "LLaVA", "CC3M")]
    # It is not that claim at another line: nobody takes what another paper says.
    diff = store.put_said("arxiv", {A: [claim], B: ()})
    assert (diff.added, diff.withdrawn, diff.unchanged) == (1, 1, 0)


def test_a_record_that_changed_and_was_not_read_loses_what_its_text_said(store: Store) -> None:
    said = {a: [trained("LLaVA", a)] for a in (A, B, C)}
    store.add_records("arxiv", [TUNING, EXPERT, OTTER], said=said, doubted=said)
    report = store.add_records("arxiv", [SECOND, EXPERT], gone=[C])
    assert told(store) == [(line_of(B), "LLaVA", B)]
    assert doubted(store) == [("arxiv", line_of(B), "LLaVA")]
    assert report.diff.withdrawn == 2 + 1  # two of texts, and the id of what went
    assert store.find_entities(A, Kind.DATASET) == store.find_entities(C, Kind.DATASET) == []


def test_a_record_that_changed_and_was_read_keeps_what_it_still_says(store: Store) -> None:
    claim = trained("LLaVA", "CC3M")
    store.add_records("arxiv", [TUNING], said={A: [claim, trained("LLaVA", "COCO")]})
    store.add_records("arxiv", [SECOND], said={A: [claim]})
    assert told(store) == [(line_of(A), "LLaVA", "CC3M")]
    assert [s.first_load for s in store.iter_claims(predicates=["TRAINED_ON"])] == [1]


def test_what_is_said_of_papers_that_are_not_brought_is_left_out(store: Store) -> None:
    claim = trained("LLaVA", "CC3M")
    store.add_records("arxiv", [TUNING])
    report = store.add_records(
        "arxiv", [EXPERT], said={A: [claim], C: [claim]}, doubted={A: [claim]}
    )
    assert (told(store), doubted(store), report.load) == ([], [], 2)
    assert store.put_said("arxiv", {C: [claim]}, {C: [claim]}).added == 0
    assert (told(store), doubted(store), len(store.loads())) == ([], [], 2)
    assert store.find_entities("CC3M") == []


def test_what_a_text_brings_can_be_named_by_the_record(store: Store) -> None:
    named = {A: [(Name(Kind.MODEL, "LLaVA"), "abstract"), (Name(Kind.MODEL, "No"), "abstract")]}
    store.add_records("arxiv", [TUNING], mentions=named, said={A: [trained("LLaVA", "CC3M")]})
    [found] = store.find_records([A])
    assert [n.name for n in found.named] == ["LLaVA"]


def test_a_paper_that_its_own_text_speaks_of_is_the_paper_of_its_record(store: Store) -> None:
    subject = Name(Kind.PAPER, TUNING.title)
    claim = Claim(subject, Relation.INTRODUCES, 1, "We introduce LLaVA.", Name(Kind.MODEL, "LLaVA"),
                  extractor="text:introduce", confidence=0.8)  # fmt: skip
    late = replace(claim, subject=Name(Kind.PAPER, EXPERT.title))
    store.add_records("arxiv", [TUNING], said={A: [claim, late]})
    store.add_records("arxiv", [EXPERT])
    ends = [s.subject.id for s in store.iter_claims(predicates=["INTRODUCES"])]
    [paper], [expert] = store.find_entities(A), store.find_entities(B)
    assert sorted(ends) == sorted([paper.id, expert.id])
    assert paper.id == f"paper:arxiv:{A}"


def test_records_of_one_line_share_what_is_read_there(store: Store) -> None:
    high, maths = PaperRecord("hep-th/9901001", "Strings"), PaperRecord("math/9901001", "Knots")
    said = {high.arxiv: [trained("H", "X")], maths.arxiv: [trained("M", "X")]}
    store.add_records("arxiv", [high, maths], said=said)
    assert [model for _, model, _ in told(store)] == ["H", "M"]
    store.put_said("arxiv", {maths.arxiv: said[maths.arxiv]})
    assert [model for _, model, _ in told(store)] == ["M"]


def test_what_texts_say_ends_with_the_source_and_does_not_come_back(store: Store) -> None:
    said = {A: [trained("LLaVA", "CC3M")]}
    store.add_records("arxiv", [TUNING], said=said, doubted=said)
    report = store.forget("arxiv")
    assert report.diff.withdrawn == 3
    assert (from_text(store), doubted(store)) == ([], [])
    assert store.find_entities("LLaVA") == []
    assert store.put_said("arxiv", said, said).added == 0
    with pytest.raises(NotFoundError, match="forgotten"):
        store.put_said("arxiv", said, cursor="all")
    store.add_records("arxiv", [TUNING])
    assert (from_text(store), doubted(store)) == ([], [])


def test_a_source_with_another_name_keeps_what_texts_say(store: Store) -> None:
    said = {A: [trained("LLaVA", "CC3M")]}
    store.add_records("arxiv", [TUNING], said=said, doubted=said)
    store.rename_source("arxiv", "papers")
    assert doubted(store) == doubted(store, "papers") == [("papers", line_of(A), "LLaVA")]
    assert len(from_text(store, "papers")) == 1
    assert store.put_said("papers", said, said).unchanged == 1


# ---------------------------------------------------------------------- reading texts again


def test_texts_that_are_read_again_are_one_load_with_the_place(store: Store) -> None:
    store.add_records("arxiv", [TUNING, EXPERT, OTTER])
    said = {A: [trained("LLaVA", "CC3M")], B: [trained("CogVLM", "LAION")]}
    diff = store.put_said(
        "arxiv", said, {C: [trained("Otter", "MIMIC")]}, cursor="B", place="texts"
    )
    assert diff.added == 2
    assert sorted(c.text for c in diff.changes) == [
        "CogVLM TRAINED_ON LAION",
        "LLaVA TRAINED_ON CC3M",
    ]
    assert store.cursor_of("arxiv", "texts") == "B"
    assert [(n.n, n.action, n.diff.added) for n in store.loads()][1:] == [(2, "harvest", 2)]
    assert store.put_said("arxiv", {}, cursor="C", place="texts").is_empty
    assert (store.cursor_of("arxiv", "texts"), len(store.loads())) == ("C", 2)
    assert [s.record for s in store.iter_records()] == sorted(
        [TUNING, EXPERT, OTTER], key=lambda r: r.line
    )


def test_a_change_of_candidates_alone_is_a_load_that_says_nothing_else(store: Store) -> None:
    store.add_records("arxiv", [TUNING])
    diff = store.put_said("arxiv", {}, {A: [trained("LLaVA", "CC3M")]})
    assert (diff.is_empty, len(store.loads())) == (True, 2)
    assert store.put_said("arxiv", {}, {A: [trained("LLaVA", "CC3M")]}).is_empty
    assert len(store.loads()) == 2


def test_an_unknown_source_is_told(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no source is called 'arxiv'"):
        store.put_said("arxiv", {})


def test_a_list_has_no_texts_of_records(store: Store) -> None:
    read(store, "a.md", trained("LLaVA", "CC3M", line=line_of(A)))
    assert store.put_said("a.md", {A: ()}, {A: [trained("LLaVA", "CC3M")]}).is_empty
    assert (len(from_text(store, "a.md")), doubted(store)) == (1, [])


# ---------------------------------------------------------------------- no evidence of who is who


@pytest.mark.parametrize("of", [Property.ARXIV, Property.ALIAS, Property.LABEL, Property.LINK])
def test_text_does_not_say_who_is_who(store: Store, of: Property) -> None:
    claim = Claim(Name(Kind.PAPER, "A"), of, 1, "A", values={"text": "B"}, extractor="text:is")
    with pytest.raises(InputError, match="who is who"):
        store.add_records("arxiv", [TUNING], said={A: [claim]})
    assert store.sources() == []


def test_what_no_rule_for_text_read_is_refused(store: Store) -> None:
    claim = trained("LLaVA", "CC3M", extractor="table")
    with pytest.raises(InputError, match="'table'"):
        store.add_records("arxiv", [TUNING], said={A: [claim]})
    store.add_records("arxiv", [TUNING])
    with pytest.raises(InputError, match="'table'"):
        store.put_said("arxiv", {A: [claim]})
    assert told(store) == []


def test_things_that_texts_name_together_are_not_told_apart_by_that(store: Store) -> None:
    cc, conceptual = Name(Kind.DATASET, "CC3M"), Name(Kind.DATASET, "Conceptual Captions")
    alias = Claim(cc, Property.ALIAS, 1, "CC3M", values={"text": conceptual.text}, extractor="list")
    read(store, "a.md", alias)
    assert len(store.find_entities("CC3M")) == 1
    said = {A: [trained("LLaVA", cc.text)], B: [trained("LLaVA", conceptual.text)]}
    store.add_records("arxiv", [TUNING, EXPERT], said=said)
    assert store.find_entities(cc.text) == store.find_entities(conceptual.text)
    # A list that has both as items tells them apart.
    read(store, "b.md", *(trained("LLaVA", n.text, extractor="table") for n in (cc, conceptual)))
    assert store.find_entities(cc.text) != store.find_entities(conceptual.text)


def test_identifiers_of_a_record_are_not_touched_by_its_text(store: Store) -> None:
    store.add_records("arxiv", [TUNING], said={A: [trained("LLaVA", "CC3M")]})
    store.put_said("arxiv", {A: ()})
    assert [s.claim.predicate for s in store.iter_claims()] == [Property.ARXIV, Property.CATEGORY]
    assert [e.id for e in store.find_entities(A)] == [f"paper:arxiv:{A}"]


def test_a_merge_is_undone_where_only_texts_use_the_names(store: Store) -> None:
    said = {A: [trained("LLaVA", "CC3M"), trained("Llava-1", "CC3M")]}
    store.add_records("arxiv", [TUNING], said=said)
    before = exported(store)
    a, b = Name(Kind.MODEL, "LLaVA"), Name(Kind.MODEL, "Llava-1")
    store.add_user_fact(Action.MERGE, pair_payload(a, b))
    assert store.find_entities("LLaVA") == store.find_entities("Llava-1")
    store.add_user_fact(Action.UNDO, {"of": 1})
    assert exported(store)["entities"] == before["entities"]


# ---------------------------------------------------------------------- candidates

EVERYTHING = Claim(
    Name(Kind.MODEL, 'Straße\n"7B" \U0001f600', "owner, with scope"),
    Relation.TRAINED_ON,
    2304_08485,
    "We train\tit; on 'data'.",
    Name(Kind.DATASET, "in-house data", "LLaVA"),
    {"stage": "sft"},
    {"amount": {"text": "5K", "value": 5000.5, "unit": ""}, "subset": ["a", 1, None, True, 2**70]},
    Stance.DENIES,
    "text:trained-on",
    0.1 + 0.2,
)
"""A claim with something in every field."""
BARE = Claim(Name(Kind.MODEL, "LLaVA"), Relation.TRAINED_ON, 1, "", stance=Stance.UNDISCLOSED)
TOLD = Claim(Name(Kind.DATASET, "X"), Property.SIZE, 3, "5K", values={"text": "5K"}, confidence=0)


@pytest.mark.parametrize("claim", [EVERYTHING, BARE, TOLD])
def test_a_candidate_comes_back_exactly(store: Store, claim: Claim) -> None:
    assert claim_from_json(claim_to_json(claim)) == claim
    read(store, "a.md", doubted=(claim,))
    assert [*store.iter_doubted()] == [Doubted(claim, "a.md")]
    assert [*store.iter_claims()] == []
    assert [*store.iter_entities()] == []


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[1,2,3,4,5,6,7,8,9,10]", '["a"'])
def test_what_is_no_candidate_is_damage(text: str, tmp_path: Path) -> None:
    with pytest.raises(DamagedRowError):
        claim_from_json(text)
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        read(store, "a.md", doubted=(BARE,))
        store._file.connection.execute("UPDATE doubted SET said = ?", (text,))
        with pytest.raises(StoreError, match="damaged"):
            [*store.iter_doubted()]


def test_candidates_come_by_source_line_and_what_they_say(store: Store) -> None:
    found = [
        trained("B", "X", line=10), trained("A", "Y", line=10), trained("A", "X", line=10),
        trained("A", "X", line=10, values=amount("1")), trained("Z", "Z", line=2), TOLD,
        trained("A", "X", line=10),
    ]  # fmt: skip
    random.Random(1).shuffle(found)
    read(store, "b.md", doubted=found)
    read(store, "a.md", doubted=found[:1])
    read(store, "c.md", trained("A", "X"))
    assert [d.source for d in store.iter_doubted()] == ["a.md"] + ["b.md"] * 7
    said = [d.claim for d in store.iter_doubted("b.md")]
    wanted = [(2, "Z", "{}"), (3, "X", ""), *[(10, "A", "")] * 4, (10, "B", "")]
    assert [(c.line, c.subject.text) for c in said] == [w[:2] for w in wanted]
    objects = [(c.object.text, bool(c.values)) for c in said if c.object and c.subject.text == "A"]
    assert objects == [("X", True), ("X", False), ("X", False), ("Y", False)]
    assert [*store.iter_doubted("nobody")] == [*store.iter_doubted("c.md")] == []


def test_a_list_that_is_read_again_has_other_candidates(store: Store) -> None:
    read(store, "a.md", trained("LLaVA", "CC3M"), doubted=(trained("A", "X"), trained("B", "X")))
    read(store, "b.md", doubted=(trained("C", "X"),))
    read(store, "a.md", trained("LLaVA", "CC3M"), doubted=(trained("D", "X"),))
    assert doubted(store) == [("a.md", 1, "D"), ("b.md", 1, "C")]
    read(store, "a.md", trained("LLaVA", "CC3M"))
    store.forget("b.md")
    assert doubted(store) == []


def test_a_copy_of_a_list_inherits_its_candidates(store: Store) -> None:
    read(store, "a.md", trained("LLaVA", "CC3M"), doubted=(trained("A", "X"),))
    store.add_copy("b.md", "markdown", "of a", "a.md")
    assert doubted(store) == [("a.md", 1, "A")]
    store.forget("a.md")
    assert doubted(store) == [("b.md", 1, "A")]


def test_the_name_of_a_forgotten_source_brings_no_candidates_back(store: Store) -> None:
    read(store, "a.md", doubted=(trained("A", "X"),))
    read(store, "b.md", doubted=(trained("B", "X"),))
    store.forget("a.md")
    store.rename_source("b.md", "a.md")
    assert doubted(store) == [("a.md", 1, "B")]


def test_candidates_are_replaced_where_something_is_said_or_doubted(store: Store) -> None:
    maybe = {a: [trained(a, "X")] for a in (A, B, C)}
    store.add_records("arxiv", [TUNING, EXPERT, OTTER], doubted=maybe)
    assert [line for _, line, _ in doubted(store)] == sorted(map(line_of, (A, B, C)))
    said = {A: [trained("LLaVA", "CC3M")]}
    store.add_records("arxiv", [TUNING, EXPERT], said=said, doubted={B: [trained("Y", "X")]})
    left = [(line_of(C), C), (line_of(B), "Y")]
    assert [d[1:] for d in doubted(store)] == sorted(left)
    # What was only doubted anew did not read the claims away.
    store.put_said("arxiv", {}, {A: [trained("Y", "X")]})
    assert told(store) == [(line_of(A), "LLaVA", "CC3M")]


# ---------------------------------------------------------------------- all or nothing


def test_a_batch_that_fails_leaves_what_texts_say_as_it_was(store: Store) -> None:
    said = {A: [trained("LLaVA", "CC3M")]}
    store.add_records("arxiv", [TUNING], said=said, doubted=said, cursor="1")
    before = remembered(store), exported(store)
    half = [trained("LLaVA", "half a character: \ud800")]
    with pytest.raises(StoreError, match="half of a character"):
        store.add_records("arxiv", [SECOND], said={A: half}, cursor="2")
    with pytest.raises(StoreError, match="half of a character"):
        store.add_records("arxiv", [SECOND], said={A: ()}, doubted={A: half}, cursor="2")
    with pytest.raises(StoreError, match="half of a character"):
        store.put_said("arxiv", {A: half}, cursor="2")
    with pytest.raises(StoreError, match="half of a character"):
        store.put_said("arxiv", {A: ()}, {A: half}, cursor="2")
    assert (remembered(store), exported(store)) == before


def test_an_interrupt_before_the_end_undoes_all_of_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {A: [trained("LLaVA", "CC3M")]}
    store.add_records("arxiv", [TUNING], said=said, doubted=said)
    before = remembered(store), exported(store)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(harvests.Harvests, "_settle", interrupt)
        with pytest.raises(KeyboardInterrupt):
            store.add_records("arxiv", [SECOND], said={A: [trained("LLaVA", "COCO")]})
        with pytest.raises(KeyboardInterrupt):
            store.put_said("arxiv", {A: ()}, {A: ()}, cursor="2")
    assert (remembered(store), exported(store)) == before


# ---------------------------------------------------------------------- the same by any way

RECORDS = (TUNING, EXPERT, OTTER, PaperRecord("2401.00001", "Bare"))
"""No two of one line: those would share what is read there."""


def bring(
    store: Store,
    rng: random.Random,
    final: Mapping[str, tuple[PaperRecord, list[Claim], list[Claim]]],
) -> None:
    """Bring records with their texts: in pieces, some twice, or texts by themselves."""
    ids = sorted(final, key=lambda _: rng.random())
    while ids:
        piece, ids = ids[: rng.randint(1, 3)], ids[rng.randint(1, 3) :]
        said, maybe = {a: final[a][1] for a in piece}, {a: final[a][2] for a in piece}
        records = [final[a][0] for a in piece]
        for _ in range(rng.randint(1, 2)):
            if rng.random() < 0.5:
                store.add_records("arxiv", records, said=said, doubted=maybe)
            else:
                store.add_records("arxiv", records)
                store.put_said("arxiv", said, maybe)


@pytest.mark.parametrize("seed", range(12))
def test_after_any_batches_a_store_says_what_a_fresh_one_does(
    seed: int, store: Store, other: Store
) -> None:
    rng = random.Random(seed)
    state: dict[str, tuple[PaperRecord, list[Claim], list[Claim]]] = {}
    for n in range(rng.randint(1, 4)):
        state = {
            r.arxiv: (
                replace(r, updated=rng.choice(["", f"2024-01-0{n + 1}"])),
                random_texts(rng, 4),
                random_texts(rng),
            )
            for r in RECORDS
            if rng.random() < 0.8
        }
        gone = [r.arxiv for r in RECORDS if r.arxiv not in state]
        store.add_records("arxiv", [], gone=gone)
        bring(store, rng, state)
        # A second bringing of pieces skips some of them: all are there at the end.
        store.add_records(
            "arxiv",
            [r for r, *_ in state.values()],
            said={a: s for a, (_, s, _) in state.items()},
            doubted={a: d for a, (*_, d) in state.items()},
        )
    other.add_records(
        "arxiv",
        [r for r, *_ in state.values()],
        said={a: s for a, (_, s, _) in state.items()},
        doubted={a: d for a, (*_, d) in state.items()},
    )
    # A title that a text says before its record came has an id without the number, for good.
    assert exported_without_ids(store) == exported_without_ids(other)
    assert [*store.iter_doubted()] == [*other.iter_doubted()]
    assert [s.claims for s in store.sources()] == [s.claims for s in other.sources()]
    store.forget("arxiv")
    assert exported(store)["claims"] == exported(store)["entities"] == []
    assert [*store.iter_doubted()] == []


@pytest.mark.parametrize("seed", range(int(os.environ.get("KG_HISTORIES", "8"))))
def test_after_any_history_a_fresh_store_of_what_is_said_now_says_the_same(seed: int) -> None:
    with closing(SqliteStore(":memory:", create=True)) as store:
        history = History(random.Random(seed), store)
        for _ in range(50):
            outcome(store, history.step()[1])
        with closing(snapshot(store, "2100-01-01")) as fresh:
            assert exported_without_ids(fresh) == exported_without_ids(store)


# ---------------------------------------------------------------------- copies and the past


def test_copies_and_backups_hold_what_texts_say(store: Store, other: Store, tmp_path: Path) -> None:
    said = {A: [trained("LLaVA", "CC3M"), EVERYTHING], B: [trained("CogVLM", "CC3M")]}
    store.add_records("arxiv", [TUNING, EXPERT], said=said, doubted=said)
    read(store, "a.md", trained("Otter", "MIMIC", line=4), doubted=(BARE, BARE))
    store.put_said("arxiv", {B: ()})
    report = other.copy_from(store)
    assert report.rows["doubted"] == 4
    assert remembered(other, times=True) == remembered(store, times=True)
    assert dict(iter_fingerprints(other)) == dict(iter_fingerprints(store))
    assert not other.copy_from(store).is_new
    other.backup(tmp_path / "backup.sqlite")
    with closing(SqliteStore(tmp_path / "backup.sqlite")) as kept:
        assert remembered(kept, times=True) == remembered(store, times=True)
        kept.put_said("arxiv", {}, {A: ()})
        before = dict(iter_fingerprints(store))["history"]
        assert dict(iter_fingerprints(kept))["history"] != before
        for of in (other, kept):
            of.put_said("arxiv", said, said)
        assert exported(kept) == exported(other)


def test_the_store_of_then_says_what_texts_said_then(store: Store) -> None:
    store.add_records("arxiv", [TUNING, EXPERT], said={A: [trained("LLaVA", "CC3M")]})
    then = exported(store)
    assert len(then["claims"]) == 1
    [load] = store.loads()
    store.put_said("arxiv", {A: (), B: [trained("CogVLM", "LAION")]})
    with closing(SqliteStore(":memory:", create=True)) as dated:
        dated.copy_from(store)
        dated._file.connection.execute(
            "UPDATE load SET at = '2030-01-01T00:00:00+00:00' WHERE n > 1"
        )
        with closing(snapshot(dated, load.at)) as past:
            assert exported(past) == then
        with closing(snapshot(dated, "2031-01-01")) as now:
            assert exported(now) == exported(store)


# ---------------------------------------------------------------------- what it costs


def statements_of(store: SqliteStore, *records: PaperRecord, **more: object) -> list[str]:
    """Name the statements that a batch takes."""
    told: list[str] = []
    store._file.connection.set_trace_callback(told.append)
    try:
        store.add_records("arxiv", records, **more)  # type: ignore[arg-type]
    finally:
        store._file.connection.set_trace_callback(None)
    return told


def about_texts(statements: Sequence[str]) -> list[str]:
    return [s for s in statements if "doubted" in s or "text:" in s]


def test_batches_that_nobody_read_ask_nothing_about_texts() -> None:
    with closing(SqliteStore(":memory:", create=True)) as store:
        assert about_texts(statements_of(store, TUNING, EXPERT)) == []
        assert about_texts(statements_of(store, TUNING, EXPERT)) == []
        # What changed may have said something: that is looked up once for all, and nothing is done.
        changed = statements_of(store, SECOND, replace(EXPERT, created="2023-11-06"), gone=[C])
        assert [s.split()[0] for s in about_texts(changed)] == ["SELECT", "SELECT"]


def test_claims_of_texts_are_found_by_an_index() -> None:
    with closing(SqliteStore(":memory:", create=True)) as store:
        store.add_records("arxiv", [TUNING], said={A: [trained("LLaVA", "CC3M")]})
        asked = about_texts(statements_of(store, SECOND))
        plans = [
            row[-1]
            for s in asked
            if s.startswith("SELECT")
            for row in store._file.connection.execute(f"EXPLAIN QUERY PLAN {s}")
        ]
        assert any("claim_text (source=? AND line=?)" in step for step in plans)
        assert any("doubted_line (source=? AND line=?)" in step for step in plans)
