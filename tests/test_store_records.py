"""Harvested records of papers: one row that answers like the claims it stands for, in every store."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import InputError, NotFoundError, StoreError
from kg.model import Claim, Kind, Name, Property, Reading
from kg.records import PaperRecord, claims_of, line_of
from kg.snapshot import snapshot
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.doctor import find_findings
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)
from queries.history import get_history

TUNING = PaperRecord(
    "2304.08485",
    "Visual Instruction Tuning",
    ("Haotian Liu", "Chunyuan Li"),
    ("cs.CV", "cs.AI"),
    "Instruction tuning large language models.",
    "NeurIPS 2023 Oral",
    ("10.1000/tuning",),
    "NeurIPS 36 (2023)",
    "http://creativecommons.org/licenses/by/4.0/",
    ((1, "2023-04-17T17:59:25+00:00"),),
    "2023-04-17",
)
EXPERT = PaperRecord(
    "2311.03079", "CogVLM: Visual Expert", ("Weihan Wang",), ("cs.CV",), created="2023-11-06"
)
OLD = PaperRecord("quant-ph/0201082", "Quantum Things", categories=("quant-ph",))
SECOND = replace(
    TUNING,
    versions=(*TUNING.versions, (2, "2023-12-11T17:46:14+00:00")),
    updated="2023-12-11",
)


def exported(store: Store) -> list[str]:
    records = [*iter_claim_records(store), *iter_property_records(store)]
    return [to_json_line(r) for r in [*records, *iter_entity_records(store)]]


def read(store: Store, source: str, *claims: Claim) -> None:
    store.load(source, "markdown", f"{source} {random.random()}", Reading(claims))


def listed(title: str, of: Property, text: str, line: int = 1) -> Claim:
    return Claim(Name(Kind.PAPER, title), of, line, title, values={"text": text}, extractor="list")


@pytest.fixture
def other() -> Iterator[Store]:
    """Give a second, empty store to compare with."""
    with closing(SqliteStore(":memory:", create=True)) as store:
        yield store


# ---------------------------------------------------------------------- what a record says


def test_a_record_answers_as_the_claims_it_stands_for(store: Store) -> None:
    store.add_records("arxiv", [TUNING, OLD, EXPERT])
    said = [s.claim for s in store.iter_claims()]
    assert sorted(said, key=repr) == sorted(
        [c for r in (OLD, TUNING, EXPERT) for c in claims_of(r)], key=repr
    )
    assert [c.line for c in said] == sorted(c.line for c in said)
    assert {s.source for s in store.iter_claims()} == {"arxiv"}


def test_claims_of_a_record_and_a_list_are_the_same_but_for_the_source(
    store: Store, other: Store
) -> None:
    store.add_records("arxiv", [TUNING, OLD, EXPERT])
    read(other, "arxiv", *(c for r in (TUNING, OLD, EXPERT) for c in claims_of(r)))
    assert exported(store) == exported(other)
    assert dict(store.counts()) == dict(other.counts())
    assert [s.claims for s in store.sources()] == [s.claims for s in other.sources()]
    for of in (Property.DATE, Property.CATEGORY, Property.ARXIV, Property.YEAR):
        assert store.count_subjects(of) == other.count_subjects(of)
        assert store.count_values(of, Kind.PAPER) == other.count_values(of, Kind.PAPER)
        ours, theirs = store.iter_claims(predicates=[of]), other.iter_claims(predicates=[of])
        assert [c.claim for c in ours] == [c.claim for c in theirs]
    assert store.stubs() == other.stubs() == []
    (paper,) = store.find_entities("arXiv:2304.08485")
    assert paper.id == "paper:arxiv:2304.08485"
    about = [s.claim.predicate for s in store.iter_claims(subject=paper.id)]
    assert about == [s.claim.predicate for s in other.iter_claims(subject=paper.id)]
    assert store.find_entities("10.1000/tuning") == [paper]


def test_a_record_without_anything_but_its_title_says_its_id(store: Store) -> None:
    store.add_records("arxiv", [PaperRecord("2401.00001", "Bare")])
    assert [s.claim.predicate for s in store.iter_claims()] == [Property.ARXIV]
    assert PaperRecord.from_json(TUNING.to_json()) == TUNING
    assert line_of("quant-ph/0201082") == 201082


def test_what_no_reader_should_give_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="no title"):
        store.add_records("arxiv", [PaperRecord("2401.00001", " ")])
    assert store.sources() == []


# ---------------------------------------------------------------------- batches


def test_new_papers_versions_and_cross_lists_are_told_apart(store: Store) -> None:
    first = store.add_records("arxiv", [TUNING, EXPERT, OLD])
    assert first.new == ("2304.08485", "2311.03079", "quant-ph/0201082")
    crossed = replace(EXPERT, categories=("cs.CV", "cs.CL"))
    withdrawn = replace(OLD, is_withdrawn=True)
    report = store.add_records("arxiv", [SECOND, crossed, withdrawn])
    assert report.new_versions == ("2304.08485",)
    assert report.cross_listed == ("2311.03079",)
    assert report.changed == report.withdrawn == ("quant-ph/0201082",)
    assert report.load == first.load + 1
    assert (report.diff.added, report.diff.edited, report.diff.withdrawn) == (1, 2, 0)
    last = store.loads()[-1]
    assert (last.action, last.source, last.diff.edited) == ("harvest", "arxiv", 2)
    again = store.add_records("arxiv", [SECOND, crossed, withdrawn])
    assert (again.load, again.unchanged, again.diff.is_empty) == (0, 3, True)
    gone = store.add_records("arxiv", [], gone=["2311.03079", "2401.99999"])
    assert gone.gone == ("2311.03079",)
    assert store.find_entities("2311.03079") == []
    assert len(store.loads()) == 3


def test_the_place_of_a_harvest_moves_with_its_records_or_alone(store: Store) -> None:
    assert store.cursor_of("arxiv") == ""
    store.add_records("arxiv", [], cursor="page 1")
    store.add_records("arxiv", [TUNING], cursor="page 2", place="cs")
    assert (store.cursor_of("arxiv"), store.cursor_of("arxiv", "cs")) == ("page 1", "page 2")
    store.add_records("arxiv", [TUNING], cursor="page 3")
    assert store.cursor_of("arxiv") == "page 3"
    assert len(store.loads()) == 1
    store.add_records("arxiv", [EXPERT])
    assert store.cursor_of("arxiv") == "page 3"


def test_a_batch_that_fails_leaves_records_and_place_as_they_were(
    store: Store,
) -> None:
    store.add_records("arxiv", [TUNING], cursor="page 1")
    before = exported(store)
    bad = replace(EXPERT, abstract="half a character: \ud800")
    with pytest.raises(StoreError, match="half of a character"):
        store.add_records("arxiv", [OLD, bad], cursor="page 2")
    assert (exported(store), store.cursor_of("arxiv")) == (before, "page 1")


def test_a_format_without_versions_does_not_take_them_away(store: Store) -> None:
    store.add_records("arxiv", [SECOND])
    report = store.add_records("arxiv", [replace(SECOND, versions=())])
    assert report.unchanged == 1


def test_a_changed_title_changes_the_paper_s_name(store: Store) -> None:
    store.add_records("arxiv", [TUNING])
    store.add_records("arxiv", [replace(TUNING, title="Visual Instruction Tuning, Revised")])
    (paper,) = store.find_entities("2304.08485")
    assert paper.name == "Visual Instruction Tuning, Revised"
    assert store.find_entities("paper:arxiv:2304.08485") == [paper]
    assert len([*store.iter_entities()]) == 1


def test_two_records_with_one_title_are_one_name(store: Store) -> None:
    twin = replace(EXPERT, title="visual instruction tuning", arxiv="2401.00001")
    store.add_records("arxiv", [TUNING, twin])
    assert len([*store.iter_entities()]) == 1
    store.add_records("arxiv", [], gone=["2304.08485"])
    assert [e.name for e in store.iter_entities()] == ["visual instruction tuning"]


# ---------------------------------------------------------------------- lists and arXiv


def test_a_list_s_paper_and_arxiv_s_meet_and_both_wordings_stay(store: Store) -> None:
    read(store, "a.md", listed("Visual Instruction Tuning (LLaVA)", Property.ARXIV, "2304.08485"))
    report = store.add_records("arxiv", [TUNING])
    assert report.conflicts == ()
    (paper,) = store.find_entities("2304.08485")
    assert {paper.name, *paper.aliases} == {
        "Visual Instruction Tuning",
        "Visual Instruction Tuning (LLaVA)",
    }
    (when,) = store.iter_claims(subject=paper.id, predicates=[Property.DATE])
    assert when.claim.values["text"] == "2023-04-17"


def test_another_title_for_the_same_id_is_not_attached_and_is_for_review(store: Store) -> None:
    read(store, "a.md", listed("GPT-NeoX-20B: A Language Model", Property.ARXIV, "2304.08485"))
    report = store.add_records("arxiv", [TUNING, EXPERT])
    assert report.conflicts == ("2304.08485",)
    assert len([*store.iter_entities(Kind.PAPER)]) == 3
    (shared,) = store.shared_evidence()
    assert (shared.type, shared.value) == ("identifier", "arxiv:2304.08485")
    assert any("2304.08485" in str(f) for f in find_findings(store))


def test_values_of_lists_that_differ_from_arxiv_s_are_contested(store: Store) -> None:
    store.add_records("arxiv", [TUNING, EXPERT])
    read(
        store,
        "a.md",
        listed("Visual Instruction Tuning", Property.LICENCE, "MIT"),
        listed("CogVLM: Visual Expert", Property.AUTHORS, "Weihan Wang"),
    )
    found = [s for s in store.iter_claims(contested=True, predicates=[Property.LICENCE])]
    assert [(s.source, s.claim.values["text"]) for s in found] == [
        ("a.md", "MIT"),
        ("arxiv", TUNING.licence),
    ]
    assert store.count_values(Property.LICENCE, Kind.PAPER) == {}


def test_any_order_of_harvests_and_lists_gives_the_same_graph(store: Store) -> None:
    steps = [
        lambda s: s.add_records("arxiv", [TUNING, OLD]),
        lambda s: s.add_records("arxiv", [EXPERT, replace(EXPERT, arxiv="2401.00001")]),
        lambda s: read(
            s, "a.md", listed("Visual instruction tuning", Property.ARXIV, "2304.08485")
        ),
        lambda s: read(s, "b.md", listed("Something Else", Property.ARXIV, "2311.03079")),
        lambda s: read(s, "c.md", listed("Another Title", Property.DOI, "10.1000/tuning")),
    ]

    def told(of: Store) -> list[str]:
        said = [(s.source, repr(s.claim)) for s in of.iter_claims()]
        things = sorted(sorted([e.name, *e.aliases]) for e in of.iter_entities())
        return [*map(str, said), *map(str, things)]

    for step in steps:
        step(store)
    for seed in range(6):
        order = random.Random(seed).sample(steps, len(steps))
        with closing(SqliteStore(":memory:", create=True)) as fresh:
            for step in order:
                step(fresh)
            assert told(fresh) == told(store)


def test_exports_do_not_depend_on_what_the_store_is_made_of(store: Store, other: Store) -> None:
    for each in (store, other):
        read(each, "a.md", listed("Visual instruction tuning", Property.ARXIV, "2304.08485"))
        each.add_records("arxiv", [TUNING, OLD, EXPERT])
        each.add_records("arxiv", [SECOND], gone=["2311.03079"])
    assert exported(store) == exported(other)


# ---------------------------------------------------------------------- names in texts


def test_papers_that_name_a_thing_are_told_the_newest_first(store: Store) -> None:
    coco = Name(Kind.DATASET, "COCO")
    read(store, "a.md", Claim(coco, Property.SIZE, 1, "COCO", values={"text": "330K"}))
    named = {
        "2304.08485": [(Name(Kind.DATASET, "coco"), "abstract"), (Name(Kind.MODEL, "X"), "title")],
        "2311.03079": [(coco, "title")],
    }
    store.add_records("arxiv", [TUNING, EXPERT, OLD], mentions=named)
    found = store.papers_naming("dataset:coco")
    assert [(n.arxiv, n.place, n.title) for n in found] == [
        ("2311.03079", "title", "CogVLM: Visual Expert"),
        ("2304.08485", "abstract", "Visual Instruction Tuning"),
    ]
    assert store.papers_naming("dataset:nothing") == []
    store.add_records("arxiv", [SECOND], gone=["2311.03079"], mentions=named)
    assert [n.arxiv for n in store.papers_naming("dataset:coco")] == ["2304.08485"]
    with closing(SqliteStore(":memory:", create=True)) as copy:
        copy.copy_from(store)
        assert copy.papers_naming("dataset:coco") == store.papers_naming("dataset:coco")


def test_what_names_a_thing_tells_the_load_that_brought_it(store: Store) -> None:
    coco = Name(Kind.DATASET, "COCO")
    said = Claim(coco, Property.SIZE, 1, "COCO", values={"text": "330K"})
    read(store, "a.md", said)
    named = {a: [(coco, "abstract")] for a in ("2304.08485", "2311.03079")}
    store.add_records("arxiv", [TUNING, EXPERT], mentions=named)
    store.add_records("arxiv", [SECOND], mentions=named)
    loads = {n.arxiv: n.first_load for n in store.papers_naming("dataset:coco")}
    assert loads == {"2304.08485": 3, "2311.03079": 2}


def test_a_paper_that_two_sources_hold_names_a_thing_once_as_of_the_first(store: Store) -> None:
    coco = Name(Kind.DATASET, "COCO")
    read(store, "a.md", Claim(coco, Property.SIZE, 1, "COCO", values={"text": "330K"}))
    for source in ("mirror", "arxiv"):
        store.add_records(source, [TUNING], mentions={"2304.08485": [(coco, "title")]})
    assert [n.first_load for n in store.papers_naming("dataset:coco")] == [2]


# ---------------------------------------------------------------------- over time


def test_history_tells_only_what_a_changed_record_says_otherwise(store: Store) -> None:
    store.add_records("arxiv", [TUNING])
    store.add_records("arxiv", [SECOND])
    history = get_history(store, "Visual Instruction Tuning")
    later = [(e.what, str(e.stored.claim.predicate)) for e in history.events if e.load.n == 2]
    assert later == [("said", "version"), ("withdrawn", "version")]


def test_a_harvest_can_be_forgotten_and_begun_anew(store: Store) -> None:
    store.add_records("arxiv", [TUNING, EXPERT], cursor="page 1")
    said = len([*store.iter_claims()])
    assert store.forget("arxiv").diff.withdrawn == said
    assert [*store.iter_claims()] == [*store.iter_entities()] == []
    assert store.cursor_of("arxiv") == ""
    store.add_records("arxiv", [TUNING])
    assert [e.name for e in store.iter_entities()] == ["Visual Instruction Tuning"]


def test_a_list_is_not_read_into_a_harvest_nor_the_reverse(store: Store) -> None:
    store.add_records("arxiv", [TUNING])
    with pytest.raises(InputError, match="harvest"):
        read(store, "arxiv", listed("A", Property.YEAR, "2020"))
    read(store, "a.md", listed("A", Property.YEAR, "2020"))
    with pytest.raises(InputError, match="list"):
        store.add_records("a.md", [TUNING])
    with pytest.raises(InputError, match="harvest"):
        store.add_copy("b.md", "markdown", "x", "arxiv")


def test_a_harvest_goes_by_another_name_with_its_place(store: Store) -> None:
    store.add_records("arxiv", [TUNING], cursor="page 1")
    store.rename_source("arxiv", "mirror")
    assert {s.source for s in store.iter_claims()} == {"mirror"}
    assert (store.cursor_of("mirror"), store.cursor_of("arxiv")) == ("page 1", "")
    with pytest.raises(NotFoundError):
        store.forget("arxiv")


def test_a_snapshot_has_the_records_of_its_moment(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        read(store, "a.md", listed("A", Property.YEAR, "2020"))
        store.add_records("arxiv", [TUNING, EXPERT])
        with closing(snapshot(store, "2999-01-01")) as taken:
            assert exported(taken) == exported(store)
            assert len([*taken.iter_records()]) == 2


def test_records_are_copied_and_backed_up(store: Store, tmp_path: Path) -> None:
    store.add_records("arxiv", [TUNING, OLD], cursor="page 1", place="cs")
    store.add_records("arxiv", [SECOND])
    with closing(SqliteStore(tmp_path / "copy.sqlite", create=True)) as copy:
        copy.copy_from(store)
        assert exported(copy) == exported(store)
        assert [*copy.iter_records(withdrawn=True)] == [*store.iter_records(withdrawn=True)]
        assert copy.cursor_of("arxiv", "cs") == "page 1"
        copy.backup(tmp_path / "backup.sqlite")
        with closing(SqliteStore(tmp_path / "backup.sqlite")) as backup:
            assert exported(backup) == exported(store)


# ---------------------------------------------------------------------- following a source


def test_how_far_one_has_followed_a_list_is_kept_until_it_is_taken_back(store: Store) -> None:
    read(store, "https://x.org/list", listed("A Paper", Property.YEAR, "2023"))
    loads = store.loads()
    store.keep_cursor("https://x.org/list", "etag", 'W/"1"')
    store.keep_cursor("https://x.org/list", "etag", 'W/"2"')
    store.keep_cursor("https://x.org/list", "", "other")
    assert store.cursor_of("https://x.org/list", "etag") == 'W/"2"'
    assert store.cursor_of("https://x.org/list") == "other"
    store.keep_cursor("https://x.org/list", "etag", "")
    assert store.cursor_of("https://x.org/list", "etag") == ""
    assert store.cursor_of("https://x.org/list") == "other"
    assert store.loads() == loads


def test_how_far_a_harvest_has_come_can_be_kept_alone(store: Store) -> None:
    store.add_records("arxiv", [TUNING], cursor="page 1", place="cs")
    store.keep_cursor("arxiv", "cs", "page 2")
    assert store.cursor_of("arxiv", "cs") == "page 2"
    store.keep_cursor("arxiv", "cs", "")
    assert store.cursor_of("arxiv", "cs") == ""


def test_nothing_is_kept_of_a_source_that_is_unknown_or_was_forgotten(store: Store) -> None:
    with pytest.raises(NotFoundError, match=r"no source is called 'a\.md'"):
        store.keep_cursor("a.md", "", "x")
    read(store, "a.md", listed("A Paper", Property.YEAR, "2023"))
    store.keep_cursor("a.md", "", "x")
    store.forget("a.md")
    assert store.cursor_of("a.md") == ""
    with pytest.raises(NotFoundError, match="was forgotten"):
        store.keep_cursor("a.md", "", "y")
    store.keep_cursor("a.md", "", "")
    read(store, "a.md", listed("A Paper", Property.YEAR, "2023"))
    assert store.cursor_of("a.md") == ""


def test_how_far_one_has_followed_goes_along_with_another_name(store: Store) -> None:
    for source in ("a.md", "b.md"):
        read(store, source, listed(f"Paper of {source}", Property.YEAR, "2023"))
        store.keep_cursor(source, "etag", f"of {source}")
    store.forget("b.md")
    store.rename_source("a.md", "b.md")
    assert store.cursor_of("b.md", "etag") == "of a.md"
    assert store.cursor_of("a.md", "etag") == ""


def test_how_far_one_has_followed_is_copied_also_without_any_record(
    store: Store, tmp_path: Path
) -> None:
    read(store, "a.md", listed("A Paper", Property.YEAR, "2023"))
    store.keep_cursor("a.md", "etag", 'W/"1"')
    with closing(SqliteStore(tmp_path / "copy.sqlite", create=True)) as copy:
        copy.copy_from(store)
        assert copy.cursor_of("a.md", "etag") == 'W/"1"'


def test_records_are_found_with_the_paper_they_speak_of_and_what_they_name(store: Store) -> None:
    coco, clip = Name(Kind.DATASET, "COCO"), Name(Kind.MODEL, "CLIP")
    read(
        store,
        "a.md",
        Claim(coco, Property.SIZE, 1, "COCO", values={"text": "330K"}),
        Claim(clip, Property.SIZE, 2, "CLIP", values={"text": "400M"}),
        listed("Visual instruction tuning", Property.ARXIV, "2304.08485", 3),
    )
    named = {"2304.08485": [(coco, "abstract"), (clip, "title")]}
    store.add_records("arxiv", [TUNING, EXPERT, OLD], mentions=named)
    tuning, expert = store.find_records(["2311.03079", "2304.08485", "1234.56789"])
    assert (tuning.record, expert.record) == (TUNING, EXPERT)
    assert tuning.paper == "paper:arxiv:2304.08485"
    assert [(n.id, n.kind, n.name, n.place) for n in tuning.named] == [
        ("dataset:coco", Kind.DATASET, "COCO", "abstract"),
        ("model:clip", Kind.MODEL, "CLIP", "title"),
    ]
    assert expert.named == ()
    store.add_records("arxiv", [SECOND], gone=["2311.03079"], mentions=named)
    (now,) = store.find_records(["2311.03079", "2304.08485"])
    assert now.record == SECOND
    assert now.first_load > tuning.first_load
    assert store.find_records([]) == []


def test_names_that_come_later_are_added_to_what_records_name(store: Store) -> None:
    coco, clip = Name(Kind.DATASET, "COCO"), Name(Kind.MODEL, "CLIP")
    read(store, "a.md", Claim(coco, Property.SIZE, 1, "COCO", values={"text": "330K"}))
    store.add_records("arxiv", [TUNING], mentions={"2304.08485": [(coco, "title")]})
    read(store, "b.md", Claim(clip, Property.SIZE, 2, "CLIP", values={"text": "400M"}))
    now = {
        "2304.08485": [(coco, "abstract"), (clip, "abstract"), (Name(Kind.MODEL, "X"), "title")],
        "2311.03079": [(clip, "title")],
    }
    assert store.add_mentions("arxiv", now, cursor="up to b", place="names") == 1
    (held,) = store.find_records(["2304.08485"])
    assert [(n.name, n.place) for n in held.named] == [("COCO", "title"), ("CLIP", "abstract")]
    assert store.cursor_of("arxiv", "names") == "up to b"
    assert store.add_mentions("arxiv", now) == 0
    assert store.cursor_of("arxiv", "names") == "up to b"
    with pytest.raises(NotFoundError, match="no source is called 'elsewhere'"):
        store.add_mentions("elsewhere", now)
