"""Narrowing: by date with its precision, topic with what is below, kind, confidence, source, marks."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import kg.engine.loads
from app.cli import main
from kg.errors import InputError, NotFoundError
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Stance
from kg.moments import Span
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.export import iter_claim_records, iter_entity_records, iter_property_records
from queries.narrow import Narrow, Sieve, choose_entities
from queries.show import get_sight


@pytest.fixture
def graph() -> Iterator[Store]:
    """Give an empty store in memory."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


@pytest.fixture
def bundled(copied: Path) -> Iterator[Store]:
    """Give a store of the bundled lists."""
    with closing(SqliteStore(copied)) as opened:
        yield opened


def says(
    kind: Kind, name: str, what: Property, text: str, qualifiers: Any = None, **more: Any
) -> Claim:
    values = {"text": text, **more.pop("values", {})}
    return Claim(
        Name(kind, name), what, 1, text, qualifiers=qualifiers or {}, values=values, **more
    )


def paper(title: str, what: Property, text: str, qualifiers: Any = None, **more: Any) -> Claim:
    return says(Kind.PAPER, title, what, text, qualifiers, **more)


def link(subject: Name, relation: Relation, target: Name, **more: Any) -> Claim:
    return Claim(subject, relation, 1, "q", target, **more)


def about(title: str, topic: str, **more: Any) -> Claim:
    return link(Name(Kind.PAPER, title), Relation.ABOUT, Name(Kind.TOPIC, topic), **more)


def broader(below: str, above: str) -> Claim:
    return link(Name(Kind.TOPIC, below), Relation.BROADER, Name(Kind.TOPIC, above))


def introduces(title: str, model: str) -> Claim:
    return link(Name(Kind.PAPER, title), Relation.INTRODUCES, Name(Kind.MODEL, model))


def trained(model: str, dataset: str, **more: Any) -> Claim:
    qualifiers = {"stage": "unknown"}
    ends = Name(Kind.MODEL, model), Name(Kind.DATASET, dataset)
    return link(ends[0], Relation.TRAINED_ON, ends[1], qualifiers=qualifiers, **more)


def put(store: Store, *claims: Claim, source: str = "a") -> None:
    store.load(source, "markdown", f"{source} {len(claims)}", Reading(claims))


def kept(sieve: Sieve, store: Store, kind: Kind = Kind.PAPER) -> list[str]:
    return [e.name for e in store.iter_entities(kind) if sieve.keeps_entity(e)]


@pytest.fixture(params=[False, True], ids=["one by one", "all at once"])
def at_once(request: pytest.FixtureRequest) -> bool:
    """Give both ways in which a sieve can read the store."""
    return bool(request.param)


# ---------------------------------------------------------------------- dates


def test_a_year_alone_is_in_only_where_all_of_it_is(graph: Store, at_once: bool) -> None:
    put(graph, paper("Of 2023", Property.YEAR, "2023"))
    for narrow, is_kept, is_undecided in (
        (Narrow(since="2023"), True, False),
        (Narrow(since="2023-01-01", until="2023-12-31"), True, False),
        (Narrow(until="2023"), True, False),
        (Narrow(since="2023-02"), False, True),
        (Narrow(until="2023-12-30"), False, True),
        (Narrow(since="2024"), False, False),
        (Narrow(until="2022"), False, False),
    ):
        sieve = narrow.on(graph, whole=at_once)
        assert bool(kept(sieve, graph)) is is_kept, narrow
        assert bool(sieve.undecided) is is_undecided, narrow
        assert not sieve.undated


def test_what_has_no_date_is_left_out_and_counted(graph: Store, at_once: bool) -> None:
    put(
        graph,
        paper("Dated", Property.YEAR, "2023"),
        paper("Undated", Property.VENUE, "CVPR"),
        paper("Nonsense", Property.YEAR, "soon"),
    )
    put(graph, about("Dated", "Vision"), source="b")
    sieve = Narrow(since="2023-06", until="2024").on(graph, whole=at_once)
    assert kept(sieve, graph, Kind.TOPIC) == []
    assert kept(sieve, graph) == []
    assert kept(sieve, graph) == []
    assert len(sieve.undated) == 2
    assert sieve.remark == "left out: 2 without a date, 1 whose date is not exact enough"
    assert Narrow().on(graph).remark == ""


def test_an_arxiv_id_dates_a_paper_to_its_month(graph: Store, at_once: bool) -> None:
    put(
        graph,
        paper("New", Property.ARXIV, "2304.08485"),
        paper("Old", Property.ARXIV, "cs/9901002"),
        paper("Exact", Property.ARXIV, "2304.10592"),
        paper(
            "Exact", Property.DATE, "17 Apr", {"kind": "preprint"}, values={"value": "2023-04-17"}
        ),
        paper("Vague", Property.ARXIV, "2305.06500"),
        paper("Vague", Property.DATE, "2023", {"kind": "preprint"}, values={"value": "2023"}),
        paper("Later", Property.ARXIV, "2305.06355"),
        paper("Later", Property.DATE, "2024-06", {"kind": "published"}),
        paper("Later", Property.YEAR, "2024"),
    )
    sieve = Narrow().on(graph, whole=at_once)
    dated = {e.name: sieve.date_of(e) for e in graph.iter_entities()}
    assert {name: (str(d.span), d.via) for name, d in dated.items() if d} == {
        "New": ("2023-04", "preprint"),
        "Old": ("1999-01", "preprint"),
        "Exact": ("2023-04-17", "preprint"),
        "Vague": ("2023-05", "preprint"),
        "Later": ("2023-05", "preprint"),
    }


def test_a_model_has_its_own_date_or_that_of_its_earliest_paper(
    graph: Store, at_once: bool
) -> None:
    put(
        graph,
        paper("First paper", Property.ARXIV, "2304.08485"),
        paper("Second paper", Property.ARXIV, "2310.03744"),
        introduces("First paper", "Otter"),
        introduces("Second paper", "Otter"),
        introduces("First paper", "Dated"),
        introduces("Nameless paper", "Lost"),
        says(Kind.MODEL, "Dated", Property.YEAR, "2021"),
    )
    sieve = Narrow(since="2021", until="2023").on(graph, whole=at_once)
    assert kept(sieve, graph, Kind.MODEL) == ["Dated", "Otter"]
    dates = {e.name: sieve.date_of(e) for e in graph.iter_entities(Kind.MODEL)}
    otter, own = dates["Otter"], dates["Dated"]
    assert otter is not None
    assert (str(otter.span), otter.via) == ("2023-04", "paper: preprint")
    assert own is not None
    assert (str(own.span), own.via) == ("2021", "year")
    assert dates["Lost"] is None
    assert len(sieve.undated) == 1


@given(
    st.dates(datetime.date(2020, 1, 1), datetime.date(2024, 12, 31)),
    st.integers(1, 3),
    st.dates(datetime.date(2020, 1, 1), datetime.date(2024, 12, 31)),
    st.dates(datetime.date(2020, 1, 1), datetime.date(2024, 12, 31)),
)
def test_a_date_is_in_or_out_or_undecided_as_its_days_are(
    day: datetime.date, parts: int, since: datetime.date, until: datetime.date
) -> None:
    since, until = min(since, until), max(since, until)
    written = "-".join(day.isoformat().split("-")[:parts])
    with closing(SqliteStore(":memory:", create=True)) as store:
        put(store, paper("P", Property.DATE, written, {"kind": "published"}))
        sieve = Narrow(since=since.isoformat(), until=until.isoformat()).on(store)
        (entity,) = store.iter_entities()
        is_kept = sieve.keeps_entity(entity)
        dated = sieve.date_of(entity)
    assert dated is not None
    days = _days(dated.span)
    inside = [since <= d <= until for d in days]
    assert is_kept is all(inside)
    assert bool(sieve.undecided) is (any(inside) and not all(inside))


def _days(span: Span) -> list[datetime.date]:
    count = (span.last - span.first).days + 1
    return [span.first + datetime.timedelta(n) for n in range(count)]


@pytest.mark.parametrize(
    "narrow",
    [
        Narrow(since="yesterday"),
        Narrow(until="2023-13"),
        Narrow(since="2024", until="2023"),
        Narrow(min_confidence=1.5),
        Narrow(min_confidence=-0.1),
    ],
)
def test_what_cannot_be_narrowed_by_is_refused(graph: Store, narrow: Narrow) -> None:
    with pytest.raises(InputError):
        narrow.on(graph)


# ---------------------------------------------------------------------- topics


def test_a_topic_holds_what_is_about_it_and_all_below(graph: Store, at_once: bool) -> None:
    put(
        graph,
        broader("Video", "Vision"),
        broader("Long video", "Video"),
        broader("Vision", "Long video"),
        about("On long video", "Long video"),
        about("On sound", "Sound"),
        about("Not on video", "Video", stance=Stance.DENIES),
        introduces("On long video", "LongVA"),
        introduces("On sound", "Whisper"),
        link(Name(Kind.PAPER, "On sound"), Relation.AUTHORED_BY, Name(Kind.PERSON, "Ann Bee")),
    )
    sieve = Narrow(topics=("vision",)).on(graph, whole=at_once)
    assert kept(sieve, graph) == ["On long video"]
    assert kept(sieve, graph, Kind.MODEL) == ["LongVA"]
    assert kept(sieve, graph, Kind.TOPIC) == ["Long video", "Video", "Vision"]
    assert kept(sieve, graph, Kind.PERSON) == []
    both = Narrow(topics=("Vision", "Sound")).on(graph, whole=at_once)
    assert kept(both, graph, Kind.MODEL) == ["LongVA", "Whisper"]
    assert kept(both, graph, Kind.PERSON) == ["Ann Bee"]


def test_an_unknown_topic_or_source_is_an_error_and_not_an_empty_answer(graph: Store) -> None:
    put(graph, about("P", "Vision"))
    with pytest.raises(NotFoundError, match="did you mean Vision"):
        Narrow(topics=("Visions",)).on(graph)
    with pytest.raises(NotFoundError, match="kg sources"):
        Narrow(sources=("b",)).on(graph)


# ---------------------------------------------------------------------- kinds, claims, marks


def test_kinds_sources_and_confidence_narrow_things_and_claims(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M", confidence=0.9), source="/lists/one.md")
    put(graph, trained("LLaVA", "SBU", confidence=0.5), source="/lists/two.md")
    claims = list(graph.iter_claims())
    for narrow, expected in (
        (Narrow(), ["CC3M", "SBU"]),
        (Narrow(min_confidence=0.9), ["CC3M"]),
        (Narrow(sources=("two.md",)), ["SBU"]),
        (Narrow(sources=("/lists",)), ["CC3M", "SBU"]),
        (Narrow(sources=("/lists/one.md", "two.md"), min_confidence=0.6), ["CC3M"]),
    ):
        sieve = narrow.on(graph)
        found = [c.object.name for c in claims if c.object and sieve.keeps_claim(c)]
        assert found == expected, narrow
    sieve = Narrow(kinds=frozenset({Kind.DATASET})).on(graph)
    assert [e.name for e in graph.iter_entities() if sieve.keeps_entity(e)] == ["CC3M", "SBU"]
    assert [sieve.keeps_entity(c.subject) for c in claims] == [False, False]


def test_a_source_may_be_given_as_a_person_there_writes_it(
    graph: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = (f"{tmp_path}/a/x.md", f"{tmp_path}/b/x.md", "x.md", "http://h/l/y.md")
    for n, source in enumerate(ids):
        put(graph, trained("LLaVA", f"Data {n}"), source=source)
    monkeypatch.chdir(tmp_path)
    for written, expected in (
        ("x.md", [2]),
        ("a/x.md", [0]),
        ("./b", [1]),
        ("b/", [1]),
        (".", [0, 1]),
        ("http://h/l/y.md", [3]),
        ("y.md", [3]),
        ("http://h/l", [3]),
    ):
        sieve = Narrow(sources=(written,)).on(graph)
        found = [c.object.name for c in graph.iter_claims() if c.object and sieve.keeps_claim(c)]
        assert sorted(found) == [f"Data {n}" for n in expected], written
    with pytest.raises(NotFoundError):
        Narrow(sources=("../x.md",)).on(graph)


def test_a_read_state_counts_for_a_paper_and_what_it_introduces(
    graph: Store, at_once: bool
) -> None:
    put(
        graph,
        paper("Read one", Property.READ, "read"),
        paper("Other one", Property.READ, "unread"),
        paper("No mark", Property.YEAR, "2023"),
        introduces("Read one", "Otter"),
        introduces("No mark", "Whale"),
    )
    sieve = Narrow(states=frozenset({"READ"})).on(graph, whole=at_once)
    assert kept(sieve, graph) == ["Read one"]
    assert kept(sieve, graph, Kind.MODEL) == ["Otter"]
    tagged = Narrow(tags=frozenset({"todo"})).on(graph, whole=at_once)
    assert kept(tagged, graph) == []


def test_an_empty_narrow_keeps_everything_and_reads_nothing(bundled: Store) -> None:
    sieve = Narrow().on(bundled, whole=True)
    assert Narrow().is_empty
    assert not Narrow(tags=frozenset({"x"})).is_empty
    assert all(sieve.keeps_entity(e) for e in bundled.iter_entities())
    assert all(sieve.keeps_said(c) for c in bundled.iter_claims())
    assert list(iter_claim_records(bundled, sieve)) == list(iter_claim_records(bundled))
    assert list(iter_property_records(bundled, sieve)) == list(iter_property_records(bundled))
    assert list(iter_entity_records(bundled, sieve)) == list(iter_entity_records(bundled))


@pytest.mark.parametrize(
    "narrow",
    [
        Narrow(since="2023-06"),
        Narrow(until="2023-12", kinds=frozenset({Kind.MODEL})),
        Narrow(topics=("Later Topics",)),
        Narrow(states=frozenset({"read"})),
        Narrow(sources=("references.bib",), min_confidence=0.9),
    ],
)
def test_reading_all_at_once_and_one_by_one_keep_the_same(bundled: Store, narrow: Narrow) -> None:
    one, many = narrow.on(bundled), narrow.on(bundled, whole=True)
    for entity in bundled.iter_entities():
        assert one.keeps_entity(entity) == many.keeps_entity(entity), entity
    assert (one.undated, one.undecided) == (many.undated, many.undecided)
    papers = frozenset(e.id for e in bundled.iter_entities(Kind.PAPER))
    assert choose_entities(bundled, many, Kind.PAPER) == choose_entities(
        bundled, one, Kind.PAPER, papers
    )


# ---------------------------------------------------------------------- show and export


def test_one_thing_is_shown_with_what_is_in_only(graph: Store) -> None:
    put(
        graph,
        trained("LLaVA", "CC3M", confidence=0.9),
        trained("LLaVA", "SBU", confidence=0.5),
        trained("Otter", "CC3M"),
        introduces("A paper", "LLaVA"),
        paper("A paper", Property.YEAR, "2023"),
    )
    sure = get_sight(graph, "LLaVA", Narrow(min_confidence=0.9))
    assert [c.object.name for c in sure.outgoing["TRAINED_ON"] if c.object] == ["CC3M"]
    models = get_sight(graph, "CC3M", Narrow(since="2023"))
    assert [c.subject.name for c in models.incoming["TRAINED_ON"]] == ["LLaVA"]
    assert "1 without a date" in models.remark
    assert get_sight(graph, "LLaVA", Narrow()) == get_sight(graph, "LLaVA")


def test_an_export_of_a_part_says_what_is_said_of_the_things_in_it(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M"), says(Kind.DATASET, "CC3M", Property.SIZE, "3M"))
    put(
        graph,
        trained("Otter", "SBU"),
        says(Kind.DATASET, "CC3M", Property.SIZE, "3.3M"),
        source="b",
    )
    models = Narrow(kinds=frozenset({Kind.MODEL})).on(graph, whole=True)
    assert [r["relation"] for r in iter_claim_records(graph, models)] == ["TRAINED_ON"] * 2
    assert list(iter_property_records(graph, models)) == []
    assert [r["name"] for r in iter_entity_records(graph, models)] == ["LLaVA", "Otter"]
    named = iter_entity_records(graph, models, with_ends=True)
    assert [r["name"] for r in named] == ["CC3M", "SBU", "LLaVA", "Otter"]
    of_b = Narrow(sources=("b",)).on(graph, whole=True)
    records = {str(r["name"]): r["properties"] for r in iter_entity_records(graph, of_b)}
    assert records == {"CC3M": {"size": "3.3M"}, "SBU": {}, "Otter": {}}


def run(store: Path, *words: str) -> Any:
    return CliRunner().invoke(main, ["--store", str(store), *words])


def test_the_command_narrows_what_it_exports_and_says_what_it_left_out(copied: Path) -> None:
    words = ("export", "entities", "--kind", "paper", "--since", "2024")
    done = run(copied, *words)
    assert done.exit_code == 0, done.output
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert records
    for record in records:
        assert record["kind"] == "paper"
        assert int(record["properties"]["year"]) >= 2024 or "arxiv" in record["identifiers"]
    assert "without a date" in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--since", "soon"), 2),
        (("--as-of", "soon"), 2),
        (("--topic", "No such topic"), 3),
        (("--source", "no-such-list.md"), 3),
        (("--kind", "animal"), 2),
        (("--min-confidence", "2"), 2),
    ],
)
def test_what_cannot_be_narrowed_by_ends_the_command_and_spares_the_file(
    copied: Path, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    kept_file = tmp_path / "claims.jsonl"
    kept_file.write_text("as it was", encoding="utf-8")
    for what in ("claims", "bibtex"):
        done = run(copied, "export", what, "-o", str(kept_file), *words)
        assert done.exit_code == code, done.output
    assert kept_file.read_text(encoding="utf-8") == "as it was"


def test_the_command_answers_from_what_was_in_the_store_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kg.sqlite"
    with closing(SqliteStore(path, create=True)) as store:
        for day, dataset in (("2026-01-01", "CC3M"), ("2026-02-01", "SBU")):
            monkeypatch.setattr(kg.engine.loads, "_now", lambda day=day: f"{day}T12:00:00+00:00")
            store.load("a", "markdown", dataset, Reading((trained("LLaVA", dataset),)))
    seen = {}
    for day in ("2026-01-01", "2026-01-31", "2026-02-01", "2026-02-01T11:59"):
        done = run(path, "show", "LLaVA", "--as-of", day, "--json")
        assert done.exit_code == 0, done.output
        seen[day] = [c["object"]["name"] for c in json.loads(done.stdout)["outgoing"]]
    assert seen == {
        "2026-01-01": ["CC3M"],
        "2026-01-31": ["CC3M"],
        "2026-02-01": ["SBU"],
        "2026-02-01T11:59": ["CC3M"],
    }
    done = run(path, "show", "LLaVA", "--as-of", "2025")
    assert done.exit_code == 3
    assert "in the store as of 2025" in done.stderr
    assert run(path, "show", "SBU", "--as-of", "2026-01").exit_code == 3
    assert run(path, "export", "claims", "--as-of", "2025").stdout == ""
