"""A store as it was: the snapshot at the moment of each load says what the store said then."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kg.engine.loads
from ingest.load import ingest_file
from kg.decisions import Action, UserFact, pair_payload
from kg.errors import InputError
from kg.identity import name_key
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Stance
from kg.moments import parse_moment, parse_span
from kg.snapshot import is_present, snapshot
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.export import iter_claim_records, iter_entity_records, iter_property_records

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def clock(step: datetime.timedelta = datetime.timedelta(hours=1)) -> Iterator[str]:
    for n in itertools.count():
        yield (START + n * step).isoformat(timespec="seconds")


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an hour pass between any two things that a store does."""
    ticks = clock()
    monkeypatch.setattr(kg.engine.loads, "_now", lambda: next(ticks))


def trained(model: str, dataset: str, line: int = 1, **said: Any) -> Claim:
    said.setdefault("qualifiers", {"stage": "unknown"})
    target = Name(Kind.DATASET, dataset)
    return Claim(Name(Kind.MODEL, model), Relation.TRAINED_ON, line, "q", target, **said)


def described(kind: Kind, name: str, what: Property, text: str, line: int = 1) -> Claim:
    return Claim(Name(kind, name), what, line, text, values={"text": text})


def without_ids(value: Any) -> Any:
    """Leave out ids and what a store forgets when a line moves."""
    if isinstance(value, dict):
        gone = {"id", "line", "quote", "extractor", "confidence"}
        return {k: without_ids(v) for k, v in value.items() if k not in gone}
    return [without_ids(v) for v in value] if isinstance(value, list) else value


def exported(store: Store) -> list[str]:
    records = itertools.chain(
        iter_claim_records(store), iter_property_records(store), iter_entity_records(store)
    )
    return sorted(json.dumps(without_ids(r), sort_keys=True) for r in records)


def exported_as_of(store: Store, at: str) -> list[str]:
    with closing(snapshot(store, at)) as then:
        return exported(then)


# ---------------------------------------------------------------------- moments


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21", "2026-11-21T23:59:59.999999+00:00"),
        ("2026-02", "2026-02-28T23:59:59.999999+00:00"),
        ("2024-02", "2024-02-29T23:59:59.999999+00:00"),
        ("2026", "2026-12-31T23:59:59.999999+00:00"),
        ("9999", "9999-12-31T23:59:59.999999+00:00"),
        ("2026-11-21T10:00", "2026-11-21T10:00:00+00:00"),
        ("2026-11-21T10:00:05Z", "2026-11-21T10:00:05+00:00"),
        ("2026-11-21 01:00+02:00", "2026-11-20T23:00:00+00:00"),
    ],
)
def test_a_date_without_time_is_its_end_in_utc(text: str, moment: str) -> None:
    assert parse_moment(text).isoformat() == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13", "2026-02-30", "21.11.2026", "26"])
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="2026-11-21"):
        parse_moment(text)


@given(st.dates())
def test_a_span_knows_how_exact_it_is(day: datetime.date) -> None:
    written = day.isoformat()
    for length, precision in ((4, "year"), (7, "month"), (10, "day")):
        span = parse_span(written[:length])
        assert span is not None
        assert span.precision == precision
        assert str(span) == written[:length]
        assert span.first <= day <= span.last


# ---------------------------------------------------------------------- what was said then


@pytest.mark.usefixtures("hours")
def test_a_snapshot_has_what_was_said_then_and_not_what_came_later(store: Store) -> None:
    moments = []
    for claims in ((trained("LLaVA", "CC3M"),), (trained("LLaVA", "SBU"),), ()):
        store.load("a", "markdown", str(claims), Reading(claims))
        moments.append(store.loads()[-1].at)
    said = []
    for at in ("2025-12-31", *moments):
        with closing(snapshot(store, at)) as then:
            said.append([c.object.name for c in then.iter_claims() if c.object])
    assert said == [[], ["CC3M"], ["SBU"], []]
    assert [c.object.name for c in store.iter_claims(withdrawn=True) if c.object] == ["CC3M", "SBU"]


@pytest.mark.usefixtures("hours")
def test_names_stand_for_what_they_stood_for_then(store: Store) -> None:
    store.load("a", "markdown", "1", Reading((trained("LLaVA", "Captions X"),)))
    store.load("b", "markdown", "1", Reading((trained("Otter", "XCap"),)))
    apart = store.loads()[-1].at
    alias = described(Kind.DATASET, "Captions X", Property.ALIAS, "XCap")
    store.load("c", "markdown", "1", Reading((alias,)))
    assert len(store.find_entities("XCap", Kind.DATASET)[0].aliases) == 1
    with closing(snapshot(store, apart)) as then:
        assert [e.name for e in then.find_entities("XCap", Kind.DATASET)] == ["XCap"]
        assert len(list(then.iter_entities(Kind.DATASET))) == 2


def test_a_decision_counts_from_its_own_date_until_it_is_undone(store: Store) -> None:
    store.load(
        "a", "markdown", "1", Reading((trained("LLaVA", "A set"), trained("Otter", "B set")))
    )
    pair = pair_payload(Name(Kind.DATASET, "A set"), Name(Kind.DATASET, "B set"))
    merge = store.add_user_fact(Action.MERGE, pair, at="2100-01-01T00:00:00+00:00")
    store.add_user_fact(Action.UNDO, {"of": merge.n}, at="2100-01-03T00:00:00+00:00")
    counted = {}
    for day in ("2099-12-31", "2100-01-01", "2100-01-02", "2100-01-03"):
        with closing(snapshot(store, day)) as then:
            counted[day] = len(list(then.iter_entities(Kind.DATASET)))
    assert counted == {"2099-12-31": 2, "2100-01-01": 1, "2100-01-02": 1, "2100-01-03": 2}


class Gapped(SqliteStore):
    """A store whose log has numbers missing, as after an import."""

    def user_facts(self) -> list[UserFact]:
        """Number each entry three times what it was."""
        return [
            replace(
                f,
                n=3 * f.n,
                payload={"of": 3 * int(str(f.payload["of"]))} if "of" in f.payload else f.payload,
            )
            for f in super().user_facts()
        ]


def test_an_undo_finds_its_decision_whatever_the_numbers() -> None:
    with closing(Gapped(":memory:", create=True)) as store:
        pair = pair_payload(Name(Kind.DATASET, "A set"), Name(Kind.DATASET, "B set"))
        for _ in range(2):
            store.add_user_fact(Action.MERGE, pair, at="2100-01-01T00:00:00+00:00")
        store.add_user_fact(Action.UNDO, {"of": 2}, at="2100-01-01T00:00:00+00:00")
        with closing(snapshot(store, "2100")) as then:
            assert [f.holds for f in then.user_facts()] == [True, False, True]


@pytest.mark.usefixtures("hours")
def test_a_snapshot_keeps_titles_and_sources_and_leaves_the_store_alone(store: Store) -> None:
    reading = Reading((trained("LLaVA", "CC3M"),), title="My list", date="2023-01-01")
    store.load("a", "markdown", "1", reading)
    store.load("b", "markdown", "1", Reading(()))
    before = (store.sources(), store.loads(), exported(store))
    with closing(snapshot(store, "2027")) as then:
        assert [(s.id, s.title, s.date, s.claims) for s in then.sources()] == [
            ("a", "My list", "2023-01-01", 1),
            ("b", "", "", 0),
        ]
        assert then.find_entities("LLaVA")[0].id == store.find_entities("LLaVA")[0].id
    assert (store.sources(), store.loads(), exported(store)) == before


@pytest.mark.usefixtures("hours")
def test_a_store_is_its_own_snapshot_from_its_last_change_on(store: Store) -> None:
    assert is_present(store, "1999")
    store.load("a", "markdown", "1", Reading((trained("LLaVA", "CC3M"),)))
    assert is_present(store, "2026-01-01")
    assert not is_present(store, "2025-12-31")
    pair = pair_payload(Name(Kind.DATASET, "A set"), Name(Kind.DATASET, "B set"))
    store.add_user_fact(Action.SPLIT, pair, at="2026-03-01T00:00:00+00:00")
    assert not is_present(store, "2026-02-28")
    assert is_present(store, "2026-03")


def test_the_bundled_lists_are_the_same_through_a_snapshot(whole: Path) -> None:
    with closing(SqliteStore(whole)) as store, closing(snapshot(store, "9999")) as then:
        assert exported(then) == exported(store)
        assert sorted(e.id for e in then.iter_entities()) == sorted(
            e.id for e in store.iter_entities()
        )
        assert then.identifiers() == store.identifiers()


@pytest.mark.usefixtures("hours")
def test_the_bundled_lists_are_there_one_after_the_other(store: Store, repo_root: Path) -> None:
    seen = []
    for file in sorted((repo_root / "ingest" / "lists").iterdir())[:4]:
        ingest_file(store, file, name=file.name)
        seen.append((store.loads()[-1].at, exported(store)))
    store.forget(store.sources()[0].id)
    for at, then in seen:
        assert exported_as_of(store, at) == then


# ---------------------------------------------------------------------- any history

NAMES = ("Alpha", "alpha", "Beta set", "BetaSet", "Gamma-7B", "Gamma 13B", "Delta")
TITLES = ("A paper on birds", "A Paper on Birds", "Fish and more fish", "Of trees")


def some_claims() -> st.SearchStrategy[tuple[Claim, ...]]:
    names, titles = st.sampled_from(NAMES), st.sampled_from(TITLES)
    claim = st.one_of(
        st.builds(
            trained,
            names,
            names,
            st.integers(1, 9),
            stance=st.sampled_from([Stance.STATES, Stance.DENIES]),
            values=st.sampled_from([{}, {"amount": {"text": "5k"}}, {"amount": {"text": "6k"}}]),
        ),
        st.builds(
            described,
            st.just(Kind.DATASET),
            names,
            st.sampled_from([Property.ALIAS, Property.SIZE]),
            names,
            st.integers(1, 9),
        ),
        st.builds(
            described,
            st.just(Kind.PAPER),
            titles,
            st.just(Property.ARXIV),
            st.sampled_from(["2304.08485", "2304.08486"]),
            st.integers(1, 9),
        ),
        st.builds(
            lambda title, name, line: Claim(
                Name(Kind.PAPER, title), Relation.INTRODUCES, line, "q", Name(Kind.MODEL, name)
            ),
            titles,
            names,
            st.integers(1, 9),
        ),
    )
    return st.lists(claim, max_size=5).map(tuple)


def some_pairs() -> st.SearchStrategy[tuple[str, str]]:
    def are_two(pair: tuple[str, str]) -> bool:
        return name_key(Name(Kind.DATASET, pair[0])) != name_key(Name(Kind.DATASET, pair[1]))

    return st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(are_two)


STEP = st.one_of(
    st.tuples(st.just("load"), st.sampled_from("abc"), some_claims()),
    st.tuples(st.just("forget"), st.sampled_from("abc"), st.none()),
    st.tuples(st.just("copy"), st.sampled_from("abc"), st.sampled_from("abc")),
    st.tuples(st.sampled_from([Action.MERGE, Action.SPLIT]), st.just(""), some_pairs()),
    st.tuples(st.just(Action.UNDO), st.just(""), st.integers(1, 4)),
)


def take(store: Store, step: tuple[Any, str, Any], at: str, n: int) -> None:
    what, source, more = step
    known = {s.id for s in store.sources()}
    facts = {f.n: f for f in store.user_facts()}
    if what == "load":
        store.load(source, "markdown", f"content {n}", Reading(more))
    elif what == "forget" and source in known:
        store.forget(source)
    elif what == "copy" and more in known and more != source:
        store.add_copy(source, "markdown", f"copied {n}", more)
    elif what in (Action.MERGE, Action.SPLIT):
        pair = pair_payload(*(Name(Kind.DATASET, name) for name in more))
        store.add_user_fact(what, pair, at=at)
    elif what is Action.UNDO and more in facts and facts[more].undone_by is None:
        store.add_user_fact(what, {"of": more}, at=at)


@settings(max_examples=60)
@given(st.lists(STEP, min_size=1, max_size=8))
def test_the_snapshot_of_any_moment_exports_what_the_store_did_then(
    steps: list[tuple[Any, str, Any]],
) -> None:
    ticks = [at for at, _ in zip(clock(), range(len(steps)), strict=False)]
    with pytest.MonkeyPatch.context() as patch, closing(SqliteStore(":memory:", create=True)) as s:
        seen = []
        for n, (step, at) in enumerate(zip(steps, ticks, strict=True)):
            patch.setattr(kg.engine.loads, "_now", lambda at=at: at)
            take(s, step, at, n)
            seen.append((at, exported(s)))
        for at, then in seen:
            assert exported_as_of(s, at) == then, at
        assert exported_as_of(s, "2025") == []
