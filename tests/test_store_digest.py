"""What a digest tells, from news and loads of every kind of store."""

from __future__ import annotations

import datetime
from dataclasses import replace

from kg.decisions import Action, name_payload
from kg.model import Claim, Kind, Name, Reading, Relation
from kg.records import PaperRecord
from kg.store import Store
from kg.watches import Watch, WatchKind, watch_payload
from queries.digest import (
    Digest,
    Section,
    begin_telling,
    get_digest,
    note_told,
    since_day,
    since_last,
)

UTC = datetime.UTC
NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=UTC)
ONE = PaperRecord("2401.00001", "One", ("Ada Reed",), ("cs.CV",), "On COCO.", created="2024-01-01")
TWO = PaperRecord("2401.00002", "Two", ("Ole Marsh",), ("cs.CL",), created="2024-01-02")
COCO = Name(Kind.DATASET, "COCO")


def watch(store: Store, name: str, kind: WatchKind, of: str) -> None:
    store.add_user_fact(Action.WATCH, watch_payload(Watch(name, kind, of, "2024-01-01")))


def read(store: Store, source: str, version: int, *claims: Claim) -> None:
    store.load(source, "markdown", f"{source} {version}", Reading(claims))


def trained(model: str, line: int, **values: str) -> Claim:
    subject = Name(Kind.MODEL, model)
    quote = f"{model} | COCO"
    return Claim(subject, Relation.TRAINED_ON, line, quote, COCO, {"stage": "sft"}, dict(values))


def section(digest: Digest, name: str) -> Section:
    (found,) = (s for s in digest.sections if s.watch.name == name)
    return found


def tell(store: Store) -> Digest:
    digest = get_digest(store, since_last(store), NOW)
    note_told(store, digest)
    return digest


def test_a_paper_is_told_under_the_first_of_the_watches_that_brought_it(store: Store) -> None:
    read(store, "a.md", 1, trained("A", 1))
    begin_telling(store)
    watch(store, "b", WatchKind.QUERY, "cat:cs.CV")
    watch(store, "a", WatchKind.AUTHOR, "Ada Reed")
    mentions = {ONE.arxiv: [(COCO, "abstract")]}
    store.add_records("arxiv", [ONE, TWO], watch="b", found={}, mentions=mentions)
    store.add_records("arxiv", [ONE], watch="a", found={ONE.arxiv: "new"})
    first = tell(store)
    (one,) = section(first, "a").papers
    assert (one.arxiv, one.what, one.also) == (ONE.arxiv, ("new",), ("b",))
    assert [n.name for n in one.named] == ["COCO"]
    assert [p.arxiv for p in section(first, "b").papers] == [TWO.arxiv]
    second = replace(ONE, versions=((1, "2024-01-01"), (2, "2024-02-01")), updated="2024-02-01")
    store.add_records("arxiv", [second], watch="b")
    store.add_records("arxiv", [second], watch="a")
    again = tell(store)
    assert [(p.arxiv, p.what) for s in again.sections for p in s.papers] == [
        (ONE.arxiv, ("new version",))
    ]
    assert tell(store).is_empty


def test_what_another_watch_told_before_is_counted_and_not_told_again(store: Store) -> None:
    begin_telling(store)
    watch(store, "a", WatchKind.QUERY, "cat:cs.CV")
    store.add_records("arxiv", [ONE], watch="a")
    assert not tell(store).is_empty
    watch(store, "b", WatchKind.QUERY, "all:one")
    store.add_records("arxiv", [ONE], watch="b", found={ONE.arxiv: "new"})
    digest = tell(store)
    assert digest.is_empty
    assert section(digest, "b").told_before == 1


def test_relations_are_new_changed_or_gone(store: Store) -> None:
    read(store, "a.md", 1, trained("Old", 1), trained("Edited", 2, amount="5k"))
    begin_telling(store)
    watch(store, "users", WatchKind.RELATION, "trained-on COCO")
    assert tell(store).is_empty
    read(store, "a.md", 2, trained("Edited", 1, amount="6k"), trained("Fresh", 2))
    told = section(tell(store), "users").relations
    assert [(r.what, r.subject) for r in told] == [
        ("new", "Fresh"),
        ("changed", "Edited"),
        ("gone", "Old"),
    ]
    assert all(r.evidence for r in told)
    read(store, "b.md", 1, trained("Fresh", 9))
    (more,) = section(tell(store), "users").relations
    assert (more.what, more.subject) == ("changed", "Fresh")
    store.forget("b.md")
    assert tell(store).is_empty  # the other list goes on saying so


def test_a_list_tells_what_it_gained_lost_and_changed(store: Store) -> None:
    url = "https://example.org/list.md"
    begin_telling(store)
    watch(store, "list", WatchKind.LIST, url)
    read(store, url, 1, trained("Stays", 1), trained("Goes", 2), trained("Edited", 3, amount="5k"))
    first = section(tell(store), "list")
    assert first.listed == ()
    assert first.first_read is not None
    assert first.first_read.added == 3
    read(store, url, 2, trained("Edited", 1, amount="6k"), trained("Stays", 2), trained("New", 3))
    told = section(tell(store), "list")
    assert [(t.what, t.name) for t in told.listed] == [
        ("new", "New"),
        ("changed", "Edited"),
        ("gone", "Goes"),
    ]
    (change,) = told.listed[1].changes
    assert change[0] == "edited"
    assert "6k" in change[1]
    assert "before" in change[1]
    read(store, url, 3, trained("Edited", 7, amount="6k"), trained("Stays", 8), trained("New", 9))
    assert tell(store).is_empty  # lines alone have moved


def test_sources_that_nobody_watches_are_told_in_numbers(store: Store) -> None:
    begin_telling(store)
    watch(store, "a", WatchKind.QUERY, "cat:cs.CV")
    read(store, "mine.md", 1, trained("A", 1))
    digest = tell(store)
    assert [(s, d.added) for s, d in digest.others] == [("mine.md", 1)]
    assert tell(store).others == ()


def test_what_the_reader_skips_is_left_out_and_a_removed_watch_is_silent(store: Store) -> None:
    begin_telling(store)
    watch(store, "a", WatchKind.QUERY, "cat:cs.CV")
    watch(store, "b", WatchKind.QUERY, "cat:cs.CL")
    store.add_records("arxiv", [ONE], watch="a")
    store.add_records("arxiv", [TWO], watch="b")
    payload = {**name_payload(Name(Kind.PAPER, "One"), "arXiv:2401.00001"), "state": "skipped"}
    store.add_user_fact(Action.STATE, payload)
    last = max(f.n for f in store.user_facts() if f.payload.get("name") == "b")
    store.add_user_fact(Action.UNDO, {"of": last})
    digest = tell(store)
    assert [s.watch.name for s in digest.sections] == ["a"]
    assert (digest.is_empty, section(digest, "a").dismissed) == (True, 1)


def test_a_digest_undone_is_told_again(store: Store) -> None:
    begin_telling(store)
    watch(store, "a", WatchKind.QUERY, "cat:cs.CV")
    store.add_records("arxiv", [ONE], watch="a")
    first = tell(store)
    assert get_digest(store, since_last(store, again=True), NOW).sections == first.sections
    told = max(f.n for f in store.user_facts() if f.action is Action.TOLD)
    store.add_user_fact(Action.UNDO, {"of": told})
    assert get_digest(store, since_last(store), NOW).sections == first.sections


def test_a_day_is_told_whatever_was_told_before(store: Store) -> None:
    begin_telling(store)
    watch(store, "a", WatchKind.QUERY, "cat:cs.CV")
    store.add_records("arxiv", [ONE], watch="a")
    tell(store)
    now = datetime.datetime.now(UTC)
    for given in ("1d", f"{now:%Y-%m}", f"{now:%Y-%m-%d}", "2020"):
        papers = section(get_digest(store, since_day(store, given, now), now), "a").papers
        assert [p.arxiv for p in papers] == [ONE.arxiv]
    later = since_day(store, "2999-01-01", now)
    assert get_digest(store, later, now).is_empty
