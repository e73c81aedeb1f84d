"""What watches brought: noted with the records that bring it, in every store."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from histories import ARXIV, random_record
from kg.engine import harvests
from kg.errors import InputError, StoreError
from kg.moments import parse_moment
from kg.records import PaperRecord
from kg.sqlite.store import SqliteStore
from kg.store import HarvestReport, News, Store
from neo4j_server import Neo4j
from test_store_neo4j_faults import connected

TUNING = PaperRecord(
    "2304.08485",
    "Visual Instruction Tuning",
    categories=("cs.CV",),
    versions=((1, "2023-04-17T17:59:25+00:00"),),
    created="2023-04-17",
)
SECOND = replace(
    TUNING,
    versions=(*TUNING.versions, (2, "2023-12-11T17:46:14+00:00")),
    updated="2023-12-11",
)
CROSSED = replace(SECOND, categories=("cs.CV", "cs.CL"))
EXPERT = PaperRecord("2311.03079", "CogVLM: Visual Expert", categories=("cs.CV",))
OLD = PaperRecord("quant-ph/0201082", "Quantum Things")


def told(news: Sequence[News]) -> list[tuple[int, str, str, str, int]]:
    """Tell news but for the moment when they came."""
    return [(n.n, n.watch, n.what, n.arxiv, n.version) for n in news]


def noted(store: Store, *, after: int = 0) -> list[tuple[int, str, str, str, int]]:
    return told([*store.iter_news(after=after)])


def brought(report: HarvestReport) -> list[tuple[str, str, int]]:
    """Tell what a batch brought: what, of which paper, of which version."""
    return [(n.what, n.arxiv, n.version) for n in report.news]


# ---------------------------------------------------------------------- what a batch is to a watch


def test_a_batch_of_no_watch_notes_nothing(store: Store) -> None:
    report = store.add_records("arxiv", [TUNING], found={"2304.08485": "new"})
    assert report.news == ()
    assert [*store.iter_news()] == []


def test_what_was_not_held_is_new_and_later_states_are_what_the_store_finds(store: Store) -> None:
    first = store.add_records("arxiv", [TUNING, EXPERT], watch="mllm")
    assert brought(first) == [("new", "2304.08485", 1), ("new", "2311.03079", 0)]
    assert brought(store.add_records("arxiv", [SECOND], watch="mllm")) == [
        ("new version", "2304.08485", 2)
    ]
    assert brought(store.add_records("arxiv", [CROSSED], watch="mllm")) == [
        ("cross-listed", "2304.08485", 2)
    ]
    taken_back = replace(CROSSED, is_withdrawn=True)
    assert brought(store.add_records("arxiv", [taken_back], watch="mllm")) == [
        ("withdrawn", "2304.08485", 2)
    ]
    assert noted(store) == [
        (1, "mllm", "new", "2304.08485", 1),
        (2, "mllm", "new", "2311.03079", 0),
        (3, "mllm", "new version", "2304.08485", 2),
        (4, "mllm", "cross-listed", "2304.08485", 2),
        (5, "mllm", "withdrawn", "2304.08485", 2),
    ]


def test_the_report_tells_the_news_as_they_are_noted_with_their_moment(store: Store) -> None:
    report = store.add_records("arxiv", [TUNING, EXPERT], watch="mllm")
    assert [*store.iter_news()] == [*report.news]
    assert all(parse_moment(n.at).utcoffset() is not None for n in report.news)
    assert len({n.at for n in report.news}) == 1


def test_a_paper_that_comes_withdrawn_or_in_a_withdrawn_version_is_withdrawn(store: Store) -> None:
    gone = replace(TUNING, is_withdrawn=True)
    found = {"2304.08485": "new", "2311.03079": "new version"}
    assert brought(store.add_records("arxiv", [gone], watch="mllm", found=found)) == [
        ("withdrawn", "2304.08485", 1)
    ]
    store.add_records("arxiv", [EXPERT])
    second = replace(EXPERT, updated="2024-01-01", is_withdrawn=True)
    report = store.add_records("arxiv", [second], watch="mllm", found=found)
    assert report.new_versions == report.withdrawn == ("2311.03079",)
    assert brought(report) == [("withdrawn", "2311.03079", 0)]


def test_what_was_found_counts_where_the_store_cannot_tell(store: Store) -> None:
    found = {"2304.08485": "new version", "2311.03079": "cross-listed", "quant-ph/0201082": ""}
    report = store.add_records("arxiv", [TUNING, EXPERT, OLD], watch="mllm", found=found)
    assert brought(report) == [("new version", "2304.08485", 1), ("cross-listed", "2311.03079", 0)]
    # What is held is compared: that is what counts.
    found = {"2304.08485": "new"}
    assert brought(store.add_records("arxiv", [SECOND], watch="mllm", found=found)) == [
        ("new version", "2304.08485", 2)
    ]


def test_what_is_held_and_did_not_change_is_news_to_a_watch_that_never_had_any_of_it(
    store: Store,
) -> None:
    store.add_records("arxiv", [TUNING, EXPERT])
    found = {"2304.08485": "new"}
    report = store.add_records("arxiv", [TUNING, EXPERT], watch="mllm", found=found)
    assert (report.load, report.unchanged) == (0, 2)
    assert brought(report) == [("new", "2304.08485", 1)]
    other = {"2304.08485": "new version", "2311.03079": "cross-listed"}
    report = store.add_records("arxiv", [TUNING, EXPERT], watch="mllm", found=other)
    assert brought(report) == [("cross-listed", "2311.03079", 0)]
    report = store.add_records(
        "arxiv", [TUNING], watch="video", found={"2304.08485": "new version"}
    )
    assert brought(report) == [("new version", "2304.08485", 1)]
    assert len(store.loads()) == 1


def test_a_version_that_something_else_brought_first_is_still_news_to_the_watch(
    store: Store,
) -> None:
    store.add_records("arxiv", [TUNING], watch="mllm")
    store.add_records("arxiv", [SECOND])
    for _ in range(2):
        store.add_records("arxiv", [SECOND], watch="mllm", found={SECOND.arxiv: "new"})
    assert [(n.what, n.version) for n in store.iter_news()] == [("new", 1), ("new version", 2)]


def test_what_changed_otherwise_is_news_only_where_it_was_found_and_for_the_first_time(
    store: Store,
) -> None:
    store.add_records("arxiv", [TUNING, EXPERT])
    again = [replace(r, comments="9 pages") for r in (TUNING, EXPERT)]
    report = store.add_records("arxiv", again, watch="mllm", found={"2304.08485": "new"})
    assert report.changed == ("2304.08485", "2311.03079")
    assert brought(report) == [("new", "2304.08485", 1)]
    again = [replace(r, comments="10 pages") for r in (TUNING, EXPERT)]
    report = store.add_records("arxiv", again, watch="mllm", found={"2304.08485": "new version"})
    assert report.changed
    assert report.news == ()


def test_papers_found_beside_the_records_are_news_where_they_are_held(store: Store) -> None:
    store.add_records("arxiv", [SECOND, OLD, EXPERT])
    store.add_records("arxiv", [], gone=["2311.03079"])
    found = {a: "new" for a in ("quant-ph/0201082", "2401.99999", "2311.03079", "2304.08485")}
    report = store.add_records("arxiv", [], watch="mllm", found=found)
    assert (report.load, report.diff.is_empty) == (0, True)
    assert brought(report) == [("new", "2304.08485", 2), ("new", "quant-ph/0201082", 0)]
    assert store.add_records("arxiv", [], watch="mllm", found=found).news == ()
    assert [n.n for n in store.iter_news()] == [1, 2]
    # What goes with this very batch is held no more.
    report = store.add_records(
        "arxiv", [], gone=["2304.08485"], watch="video", found={"2304.08485": "new"}
    )
    assert report.news == ()


def test_papers_found_in_a_source_that_holds_nothing_are_no_news(store: Store) -> None:
    assert store.add_records("arxiv", [], watch="mllm", found={"2304.08485": "new"}).news == ()
    store.add_records("arxiv", [TUNING])
    store.forget("arxiv")
    assert store.add_records("arxiv", [], watch="mllm", found={"2304.08485": "new"}).news == ()


def test_news_come_in_the_order_of_the_records_and_then_of_the_ids(store: Store) -> None:
    held = [replace(EXPERT, arxiv=a, title=f"Paper {a}") for a in ("2401.00003", "2401.00001")]
    store.add_records("arxiv", held)
    found = {"2401.00003": "new", "2401.00001": "new"}
    report = store.add_records("arxiv", [OLD, EXPERT, TUNING], watch="mllm", found=found)
    assert [n.arxiv for n in report.news] == [
        "quant-ph/0201082",
        "2311.03079",
        "2304.08485",
        "2401.00001",
        "2401.00003",
    ]
    assert [n.n for n in report.news] == [1, 2, 3, 4, 5]


def test_of_a_paper_that_comes_twice_in_a_batch_the_last_record_counts(store: Store) -> None:
    report = store.add_records("arxiv", [TUNING, EXPERT, SECOND], watch="mllm")
    assert brought(report) == [("new", "2304.08485", 2), ("new", "2311.03079", 0)]


def test_the_same_of_the_same_version_is_noted_once_for_each_watch(store: Store) -> None:
    for watch in ("mllm", "video", "mllm"):
        store.add_records("arxiv", [TUNING], watch=watch, found={"2304.08485": "new"})
    store.add_records("arxiv", [], gone=["2304.08485"])
    assert store.add_records("arxiv", [TUNING], watch="mllm").news == ()
    assert store.add_records("arxiv", [SECOND], watch="mllm").news[0].what == "new version"
    store.add_records("arxiv", [TUNING], watch="mllm")
    report = store.add_records("arxiv", [SECOND], watch="mllm")
    assert (report.new_versions, report.news) == (("2304.08485",), ())
    assert noted(store) == [
        (1, "mllm", "new", "2304.08485", 1),
        (2, "video", "new", "2304.08485", 1),
        (3, "mllm", "new version", "2304.08485", 2),
    ]


def test_another_word_is_refused_before_anything_is_written(store: Store) -> None:
    with pytest.raises(InputError, match=r"'updated', found of 2304\.08485 in arxiv, is no news"):
        store.add_records(
            "arxiv", [TUNING], cursor="page 1", watch="mllm", found={"2304.08485": "updated"}
        )
    with pytest.raises(InputError, match="no news"):
        store.add_records("arxiv", [TUNING], found={"2304.08485": "New"})
    assert store.sources() == []
    assert [*store.iter_news()] == []


# ---------------------------------------------------------------------- reading them


def test_news_are_read_from_a_number_on_some_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = [replace(EXPERT, arxiv=f"2401.{n:05}", title=f"Paper {n}") for n in range(1, 9)]
    store.add_records("arxiv", papers, watch="mllm")
    for size in (1, 3, 8, 4000):
        monkeypatch.setattr(harvests, "_NEWS_AT_A_TIME", size)
        assert [n.n for n in store.iter_news()] == [*range(1, 9)]
        assert [n.n for n in store.iter_news(after=5)] == [6, 7, 8]
        assert [n.n for n in store.iter_news(after=-3)] == [*range(1, 9)]
        assert [*store.iter_news(after=8)] == [*store.iter_news(after=99)] == []


def test_who_reads_news_may_bring_others_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harvests, "_NEWS_AT_A_TIME", 1)
    store.add_records("arxiv", [TUNING, EXPERT], watch="mllm")
    seen = []
    for news in store.iter_news():
        found = {"2304.08485": "new", "2311.03079": "new"}
        store.add_records("arxiv", [], watch=f"after {news.n}", found=found)
        seen.append(news.n)
    assert seen == [1, 2]
    assert [n.n for n in store.iter_news()] == [*range(1, 7)]


@pytest.mark.parametrize(
    "watch", ["später 多 \U0001f525", "'; DETACH DELETE n //", "y 多" * 20_000, "Mllm", " mllm "]
)
def test_a_watch_may_have_any_name_and_is_known_by_all_of_it(store: Store, watch: str) -> None:
    store.add_records("arxiv", [TUNING], watch="mllm")
    for _ in range(2):
        store.add_records("arxiv", [TUNING], watch=watch, found={"2304.08485": "new"})
    assert [n.watch for n in store.iter_news()] == ["mllm", watch]


def test_news_stay_when_their_source_is_renamed_or_forgotten(store: Store) -> None:
    store.add_records("arxiv", [TUNING, EXPERT], watch="mllm")
    before = [*store.iter_news()]
    store.rename_source("arxiv", "mirror")
    assert store.add_records("mirror", [TUNING], watch="mllm").news == ()
    store.forget("mirror")
    store.add_records("arxiv", [OLD])
    store.rename_source("arxiv", "mirror")  # it has the past of the forgotten one
    assert [*store.iter_news()] == before


# ---------------------------------------------------------------------- all or nothing


def test_a_batch_that_fails_leaves_neither_news_nor_records_nor_its_place(store: Store) -> None:
    store.add_records("arxiv", [TUNING], cursor="page 1", watch="mllm")
    before = noted(store)
    bad = replace(EXPERT, abstract="half a character: \ud800")
    for records, watch in (([SECOND, bad], "mllm"), ([SECOND, EXPERT], "half \ud800")):
        with pytest.raises(StoreError, match="half of a character"):
            store.add_records("arxiv", records, cursor="page 2", watch=watch)
        assert (noted(store), store.cursor_of("arxiv")) == (before, "page 1")
        assert [s.record for s in store.iter_records()] == [TUNING]


def test_a_batch_broken_off_after_its_news_leaves_nothing_and_is_brought_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(store, harvests.Harvests)
    store.add_records("arxiv", [TUNING], cursor="page 1", watch="mllm")
    before = noted(store)
    add_news = store._rows.add_news

    def breaking_off(rows: Sequence[object]) -> None:
        add_news(rows)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store._rows, "add_news", breaking_off)
        with pytest.raises(KeyboardInterrupt):
            store.add_records("arxiv", [SECOND, EXPERT], cursor="page 2", watch="mllm")
    assert (noted(store), store.cursor_of("arxiv")) == (before, "page 1")
    assert [s.record for s in store.iter_records()] == [TUNING]
    report = store.add_records("arxiv", [SECOND, EXPERT], cursor="page 2", watch="mllm")
    assert told(report.news) == [
        (2, "mllm", "new version", "2304.08485", 2),
        (3, "mllm", "new", "2311.03079", 0),
    ]
    assert store.cursor_of("arxiv") == "page 2"


# ---------------------------------------------------------------------- kept and copied


def test_news_and_places_are_copied_and_backed_up(store: Store, tmp_path: Path) -> None:
    store.add_records("arxiv", [TUNING, OLD], cursor="page 1", watch="mllm")
    store.add_records("arxiv", [SECOND], watch="später")
    before = [*store.iter_news()]
    assert len(before) == 3
    with closing(SqliteStore(tmp_path / "copy.sqlite", create=True)) as copy:
        assert copy.copy_from(store).rows["news"] == 3
        assert [*copy.iter_news()] == before
        assert copy.add_records("arxiv", [SECOND], watch="später").news == ()
        copy.backup(tmp_path / "backup.sqlite")
    with closing(SqliteStore(tmp_path / "backup.sqlite")) as backup:
        assert [*backup.iter_news()] == before
        [news] = backup.add_records("arxiv", [], watch="x", found={"2304.08485": "new"}).news
        assert news.n == 4


def test_news_go_into_a_server_and_back(neo4j_store: Store, tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "origin.sqlite", create=True)) as origin:
        origin.add_records("arxiv", [TUNING, OLD], watch="mllm")
        origin.add_records("arxiv", [SECOND], watch="später")
        before = [*origin.iter_news()]
        neo4j_store.copy_from(origin)
    assert [*neo4j_store.iter_news()] == before
    with closing(SqliteStore(":memory:", create=True)) as back:
        back.copy_from(neo4j_store)
        assert [*back.iter_news()] == before
    assert neo4j_store.add_records("arxiv", [SECOND], watch="später").news == ()


def test_a_copy_that_lacks_news_or_has_others_is_no_copy(store: Store, tmp_path: Path) -> None:
    store.add_records("arxiv", [TUNING])
    with closing(SqliteStore(tmp_path / "copy.sqlite", create=True)) as copy:
        copy.copy_from(store)
        assert not copy.copy_from(store).is_new
        store.add_records("arxiv", [], watch="mllm", found={"2304.08485": "new"})
        with pytest.raises(InputError, match="no copy"):
            copy.copy_from(store)
        copy.add_records("arxiv", [], watch="video", found={"2304.08485": "new"})
        with pytest.raises(InputError, match="no copy"):
            copy.copy_from(store)


def test_news_are_there_when_a_file_is_opened_again(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        before = store.add_records("arxiv", [TUNING, OLD], watch="mllm").news
    with closing(SqliteStore(tmp_path / "kg.sqlite")) as store:
        assert [*store.iter_news()] == [*before]
        assert [n.n for n in store.add_records("arxiv", [EXPERT], watch="mllm").news] == [3]


def test_news_are_there_when_a_server_is_opened_again(
    neo4j_store: Store, running_neo4j: Neo4j
) -> None:
    before = neo4j_store.add_records("arxiv", [TUNING, OLD], watch="mllm").news
    with closing(connected(running_neo4j)) as store:
        assert [*store.iter_news()] == [*before]
        assert [n.n for n in store.add_records("arxiv", [EXPERT], watch="mllm").news] == [3]


# ---------------------------------------------------------------------- batches brought again


@dataclass(frozen=True)
class Batch:
    """Something that a watch, or nobody, brings."""

    records: Sequence[PaperRecord]
    watch: str
    found: Mapping[str, str] = field(default_factory=dict)
    gone: Sequence[str] = ()

    def bring(self, store: Store) -> HarvestReport:
        return store.add_records(
            "arxiv", self.records, gone=self.gone, watch=self.watch, found=self.found
        )


WATCHES = ("", "mllm", "video")
WORDS = ("", "new", "new version", "cross-listed", "withdrawn")


def any_batches(rng: random.Random) -> list[Batch]:
    """Make batches in which papers also lose versions and categories, go, and come back."""

    def batch() -> Batch:
        records = [random_record(rng) for _ in range(rng.randint(0, 4))]
        ids = {*ARXIV, "2401.00001", "2401.99999", "hep-th/9901001"}
        found = {a: rng.choice(WORDS) for a in sorted(ids) if rng.random() < 0.4}
        gone = [a for a in ARXIV if rng.random() < 0.15]
        return Batch(records, rng.choice(WATCHES), found, gone)

    return [batch() for _ in range(12)]


def growing_batches(rng: random.Random) -> list[Batch]:
    """Make batches as arXiv gives them: papers get versions and categories, or are withdrawn."""
    now: dict[str, PaperRecord] = {}

    def next_state(arxiv: str) -> PaperRecord:
        paper = now.get(arxiv)
        if paper is None:
            paper = PaperRecord(arxiv, f"Paper {arxiv}", categories=("cs.CV",))
        if not paper.versions or rng.random() < 0.4:
            number = paper.version + 1
            versions = (*paper.versions, (number, f"2024-01-{number:02}T00:00:00+00:00"))
            updated = f"2024-01-{number:02}" if number > 1 else ""
            paper = replace(paper, versions=versions, updated=updated)
            paper = replace(paper, is_withdrawn=rng.random() < 0.2)
        if rng.random() < 0.3:
            other = (*paper.categories, f"x.{len(paper.categories)}")
            paper = replace(paper, categories=other)
        if rng.random() < 0.3:
            paper = replace(paper, comments=f"{rng.randint(1, 99)} pages")
        now[arxiv] = paper
        return paper

    def batch() -> Batch:
        records = [next_state(a) for a in ARXIV if rng.random() < 0.6]
        found = {r.arxiv: rng.choice(WORDS) for r in records if rng.random() < 0.5}
        return Batch(records, rng.choice(WATCHES), found)

    return [batch() for _ in range(12)]


@pytest.fixture
def once() -> Iterator[Store]:
    """Give a store to which every batch is brought once."""
    with closing(SqliteStore(":memory:", create=True)) as store:
        yield store


@pytest.mark.parametrize("seed", range(40))
def test_any_batches_each_brought_twice_give_the_news_of_once(
    store: Store, once: Store, seed: int
) -> None:
    for batch in any_batches(random.Random(seed)):
        first = batch.bring(once)
        assert told(batch.bring(store).news) == told(first.news)
        assert batch.bring(store).news == ()
    assert noted(store) == noted(once)
    assert [n.n for n in store.iter_news()] == [*range(1, len(noted(store)) + 1)]
    assert len({line[1:] for line in noted(store)}) == len(noted(store))


@pytest.mark.parametrize("seed", range(40))
def test_batches_in_which_papers_only_get_newer_give_no_news_when_all_are_brought_again(
    store: Store, seed: int
) -> None:
    batches = growing_batches(random.Random(seed))
    for batch in batches:
        batch.bring(store)
    before = noted(store)
    for batch in batches:
        assert batch.bring(store).news == ()
    assert noted(store) == before
