"""A month of daily updates and digests against a server that plays arXiv: everything told once.

The papers are real records of a harvest where the corpora lie beside the repository, and made ones
anywhere. What must be told is worked out here from what the server tells on each day.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arxiv_days import DATASETS, DAYS, DayServer, World, list_on, made, real
from arxiv_server import Clock, running
from ingest.arxiv.client import ArxivClient
from ingest.arxiv.naming import Dictionary
from ingest.arxiv.pace import Pace
from ingest.load import ingest_url
from ingest.update import is_by, update
from kg.decisions import Action, watches_of
from kg.model import Kind, Name
from kg.sqlite.store import SqliteStore
from kg.store import Store
from kg.watches import Watch, WatchKind, watch_payload
from queries.digest import Digest, begin_telling, get_digest, note_told, since_last

UTC = datetime.UTC
MISSED = (11, 19)
CLOCKS = {5: 400, 6: -3000, 14: 1, 22: -40}
"""Day -> by how many days the clock of this machine is wrong on it."""
KILLED = (3, 12, 25)
"""Days on which the first try is killed between two pages."""


@pytest.fixture(params=["made", "real"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "made":
        return made()
    folder = request.getfixturevalue("shared") / "corpora" / "arxiv" / "oai" / "harvest_cs_2016"
    if not folder.is_dir():
        pytest.skip("the real harvest is not among the corpora")
    return real(folder)


# ---------------------------------------------------------------------- the month


class Killed(BaseException):
    """What a kill between two pages is here: nothing behind it runs."""


@dataclass
class Told:
    """What digests have told, over all days."""

    new: Counter[str]
    versions: Counter[tuple[str, int]]
    crossed: Counter[str]
    withdrawn: Counter[str]
    relations: Counter[tuple[str, str]]
    listed: Counter[tuple[str, str]]

    def hear(self, digest: Digest) -> None:
        for section in digest.sections:
            for paper in section.papers:
                self.new[paper.arxiv] += "new" in paper.what
                # A version that takes the paper back is told as that.
                is_version = {"new version", "withdrawn"}.intersection(paper.what)
                self.versions[paper.arxiv, paper.version] += bool(is_version)
                self.crossed[paper.arxiv] += "cross-listed" in paper.what
                self.withdrawn[paper.arxiv] += "withdrawn" in paper.what
            for relation in section.relations:
                self.relations[relation.subject, relation.what] += 1
            for thing in section.listed:
                self.listed[thing.name, thing.what] += 1


def asker(folder: Path) -> ArxivClient:
    clock = Clock()
    pace = Pace(folder, interval=0, sleep=clock.sleep)
    return ArxivClient(pace, tries=2, allow_private=True, sleep=clock.sleep)


def run_day(store: Store, server: DayServer, folder: Path, day: int, *, kill: bool = False) -> None:
    wrong = datetime.timedelta(days=CLOCKS.get(day, 0))
    now = datetime.datetime.combine(server.world.day(day), datetime.time(23), UTC) + wrong
    pages = 0

    def tell(*_: Any) -> None:
        nonlocal pages
        pages += 1
        if kill and pages == 2:
            raise Killed

    client = asker(folder)
    for done in update(
        store,
        watches_of(store.user_facts()).values(),
        api_client=client,
        oai_client=client,
        api=server.url("api"),
        oai=server.url("oai"),
        allow_private=True,
        now=lambda: now,
        tell=tell,
    ):
        assert done.error is None, done.error
        assert not done.is_left


def watch(store: Store, name: str, kind: WatchKind, of: str, since: datetime.date) -> None:
    store.add_user_fact(Action.WATCH, watch_payload(Watch(name, kind, of, since.isoformat())))


@pytest.fixture
def month(world: World, tmp_path: Path) -> Iterator[tuple[World, DayServer, Store]]:
    with (
        running(DayServer(world)) as server,
        closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store,
    ):
        assert isinstance(server, DayServer)
        server.go_to(0)
        server.pages["datasets.md"] = list_on(0)
        ingest_url(store, server.url("datasets.md"), allow_private=True)
        begin_telling(store)
        author = Counter(p.people[0] for p in world.papers).most_common(1)[0][0]
        watch(store, "vision", WatchKind.QUERY, "cat:cs.CV", world.first)
        watch(store, "person", WatchKind.AUTHOR, f"{author[1]} {author[0]}", world.first)
        watch(store, "language", WatchKind.CATEGORY, "cs.CL", world.first)
        watch(store, "digits", WatchKind.THING, "MNIST", world.first)
        watch(store, "trained", WatchKind.RELATION, "trained-on MNIST", world.first)
        watch(store, "list", WatchKind.LIST, server.url("datasets.md"), world.first)
        yield world, server, store


def expected_papers(world: World, store: Store) -> dict[str, set[str]]:
    """Watch -> ids of the papers of the month that it must tell, by other means than the code's."""
    (author,) = (w.of for w in watches_of(store.user_facts()).values() if w.name == "person")
    names = Dictionary([("d", Name(Kind.DATASET, "MNIST"), "MNIST")])
    wanted: dict[str, set[str]] = defaultdict(set)
    for paper in world.papers_on(DAYS):
        if paper.versions[0].date() < world.first:
            continue
        if "cs.CV" in paper.categories:
            wanted["vision"].add(paper.id)
        if "cs.CL" in paper.categories:
            wanted["language"].add(paper.id)
        if any(f"{f} {k}" == author for k, f in paper.people):
            wanted["person"].add(paper.id)
        if names.find(paper.title, paper.abstract):
            wanted["digits"].add(paper.id)
    return wanted


def test_every_paper_of_a_month_is_told_exactly_once(
    month: tuple[World, DayServer, Store], tmp_path: Path
) -> None:
    world, server, store = month
    told = Told(Counter(), Counter(), Counter(), Counter(), Counter(), Counter())
    seen_versions: set[tuple[str, int]] = set()
    for day in range(DAYS + 1):
        server.go_to(day)
        server.pages["datasets.md"] = list_on(day)
        if day in MISSED:
            continue
        if day in KILLED:
            with pytest.raises(Killed):
                run_day(store, server, tmp_path, day, kill=True)
        run_day(store, server, tmp_path, day)
        now = datetime.datetime.now(UTC)
        digest = get_digest(store, since_last(store), now)
        told.hear(digest)
        note_told(store, digest)
        assert get_digest(store, since_last(store), now).is_empty
        for paper in server.papers:
            if "cs.CL" in paper.categories and len(paper.versions) > 1:
                seen_versions.add((paper.id, len(paper.versions)))

    wanted = expected_papers(world, store)
    assert all(wanted.values()), "a month in which nothing is to be told shows nothing"
    every = set().union(*wanted.values())
    held = {r.record.arxiv: r.record for r in store.iter_records()}
    assert every <= set(held)
    crossed_late = {
        p.id
        for p in world.papers_on(DAYS)
        if p.versions[0].date() < world.first and "cs.CL" in p.categories
    }
    news = {arxiv for arxiv, n in told.new.items() if n}
    assert news - crossed_late == every
    assert set(told.new.values()) <= {0, 1}
    assert set(told.crossed.values()) <= {0, 1}
    assert set(told.withdrawn.values()) <= {0, 1}
    assert set(told.versions.values()) <= {0, 1}
    # Of what a category is followed for, every version that there was on a day of an update.
    first_seen = {p.id for p in world.papers_on(DAYS) if p.versions[0].date() >= world.first}
    for arxiv, version in sorted(seen_versions):
        if arxiv in first_seen and arxiv in wanted["language"]:
            moment = next(p for p in world.papers if p.id == arxiv).versions[version - 1].date()
            known_before = first_told(world, arxiv) < moment
            if known_before and day_of(world, moment) not in MISSED:
                assert told.versions[arxiv, version] == 1, (arxiv, version)
    withdrawn = {a for a, r in held.items() if r.is_withdrawn}
    told_so = {a for a, n in told.withdrawn.items() if n}
    assert withdrawn & wanted["language"] <= told_so <= withdrawn

    # The list: what it gained, changed and lost, each once.
    assert told.listed["WordNet", "gone"] == 1
    assert told.listed["MNIST", "changed"] == 1
    models = [f"Model-{d}x" for d in range(0, DAYS, 6)]
    assert {n for (n, what), c in told.listed.items() if what == "new" and c == 1} >= set(models)
    on_mnist = {f"Model-{d}x" for d in range(0, DAYS, 6) if DATASETS[d % 3] == "MNIST"}
    assert {s for (s, what), c in told.relations.items() if what == "new" and c == 1} == on_mnist


def day_of(world: World, date: datetime.date) -> int:
    return (date - world.first).days


def first_told(world: World, arxiv: str) -> datetime.date:
    """The day of the first update that can have brought a paper."""
    paper = next(p for p in world.papers if p.id == arxiv)
    day = max(0, day_of(world, paper.versions[0].date()))
    while day in MISSED:
        day += 1
    return world.day(day)


def test_a_month_that_is_asked_once_tells_the_same_papers_as_daily_updates(
    month: tuple[World, DayServer, Store], tmp_path: Path
) -> None:
    world, server, store = month
    server.go_to(DAYS)
    run_day(store, server, tmp_path, DAYS)
    told = Told(Counter(), Counter(), Counter(), Counter(), Counter(), Counter())
    told.hear(get_digest(store, since_last(store), datetime.datetime.now(UTC)))
    every = set().union(*expected_papers(world, store).values())
    late = {p.id for p in world.papers_on(DAYS) if p.versions[0].date() < world.first}
    assert {a for a, n in told.new.items() if n} - late == every


def test_authors_are_told_apart_by_their_first_names() -> None:
    from ingest.arxiv.authors import Author
    from ingest.arxiv.records import ArxivRecord

    record = ArxivRecord("2401.00001", authors=(Author("Haotian Liu"), Author("José Á. Pérez")))
    assert is_by(record, "Haotian Liu")
    assert is_by(record, "H. Liu")
    assert is_by(record, "J. A. Perez")
    assert not is_by(record, "Hao Liu")
    assert not is_by(record, "Haotian Li")
