"""The reader's own side: marks, queue, notes, statistics, and what the user says as text."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.decisions import Action, State, assertion, check_payload, name_payload, pair_payload
from kg.errors import InputError, KGError, NotFoundError
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Remark, Stance
from kg.snapshot import snapshot
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.assertions import make_assertion
from queries.export import iter_claim_records, iter_entity_records, iter_property_records
from queries.reader import (
    Marks,
    find_entries,
    find_lost,
    find_notes,
    get_mark,
    get_marks,
    get_queue,
    get_thing,
    lasting_name,
    read_identifier,
)
from queries.said import import_user, iter_user_lines
from queries.stats import get_stats, get_status, note_seen

TUNING, IMPROVED, NEXT = (
    "Visual Instruction Tuning",
    "Improved Baselines with Visual Instruction Tuning",
    "LLaVA-NeXT: Stronger Models",
)
IDS = {TUNING: "2304.08485", IMPROVED: "2310.03744", NEXT: "2401.00001"}


def said(name: Name, predicate: Property, text: str, line: int) -> Claim:
    return Claim(name, predicate, line, f"{name.text}: {text}", values={"text": text})


def paper(title: str, line: int = 1, read: str = "") -> list[Claim]:
    name = Name(Kind.PAPER, title)
    claims = [said(name, Property.ARXIV, IDS[title], line)] if title in IDS else []
    return claims + ([said(name, Property.READ, read, line)] if read else [])


def joined(a: Name, relation: Relation, b: Name, line: int = 1) -> Claim:
    qualifiers = {"stage": "sft"} if relation is Relation.TRAINED_ON else {}
    return Claim(a, relation, line, f"{a.text} {b.text}", b, qualifiers)


_versions = iter(range(10**9))


def load(store: Store, source: str, *claims: Claim, **more: Any) -> None:
    store.load(source, "markdown", f"version {next(_versions)}", Reading(claims, **more))


def mark(store: Store, title: str, state: str, *, at: str = "", **more: Any) -> int:
    entity, _ = get_thing(store, title)
    payload = {**lasting_name(store, entity, title), "state": state, **more}
    return store.add_user_fact(Action.STATE, payload, at=at).n


def note(store: Store, title: str, text: str, *, is_open: bool = False) -> int:
    entity, _ = get_thing(store, title)
    payload = {**lasting_name(store, entity, title), "note": text, "open": is_open}
    return store.add_user_fact(Action.NOTE, payload).n


def tag(store: Store, title: str, word: str) -> int:
    entity, _ = get_thing(store, title)
    payload = {**lasting_name(store, entity, title), "tag": word}
    return store.add_user_fact(Action.TAG, payload).n


def ident(store: Store, name: str) -> str:
    return get_thing(store, name)[0].id


def undo(store: Store, n: int) -> None:
    store.add_user_fact(Action.UNDO, {"of": n})


@pytest.fixture
def other() -> Iterator[Store]:
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


# ---------------------------------------------------------------------- states


def test_without_a_word_nothing_is_marked(store: Store) -> None:
    load(store, "a", *paper(TUNING))
    assert get_marks(store) == {}
    assert get_mark(store, ident(store, TUNING)) == Marks()


def test_the_word_of_the_reader_wins_over_a_list_and_both_are_kept(store: Store) -> None:
    load(store, "a", *paper(TUNING, 7, "unread"))
    paper_id = ident(store, TUNING)
    listed = get_marks(store)[paper_id]
    assert (listed.state, listed.said_by, listed.state_at) == ("new", "lists", "")
    n = mark(store, TUNING, "read", at="2026-11-20T08:00:00+00:00")
    both = get_marks(store)[paper_id]
    assert (both.state, both.said_by, both.state_at) == ("read", "you", "2026-11-20")
    assert [(x.state, x.told, x.source, x.line) for x in both.listed] == [("new", "unread", "a", 7)]
    assert get_mark(store, paper_id) == both
    undo(store, n)
    assert get_marks(store)[paper_id] == listed


def test_lists_that_disagree_are_told_and_most_of_them_hold(store: Store) -> None:
    load(store, "a", *paper(TUNING, 1, "read"))
    load(store, "b", *paper(TUNING, 2, "unread"))
    (found,) = get_marks(store).values()
    assert found.lists_disagree
    assert found.state == "new"
    load(store, "c", *paper(TUNING, 3, "read"), *paper(TUNING, 4, "read"))
    (found,) = get_marks(store).values()
    assert found.state == "read"
    assert len(found.listed) == 4


def test_a_list_that_repeats_itself_is_one_voice(store: Store) -> None:
    load(store, "a", *paper(TUNING, 1, "read"), *paper(TUNING, 2, "read"))
    load(store, "b", *paper(TUNING, 2, "unread"))
    assert get_mark(store, ident(store, TUNING)).state == "new"


def test_the_newest_state_of_any_name_of_a_thing_holds(store: Store) -> None:
    load(store, "a", *paper(TUNING))
    load(store, "b", said(Name(Kind.PAPER, "LLaVA: " + TUNING), Property.ARXIV, IDS[TUNING], 1))
    mark(store, TUNING, "to-read", at="2026-11-21T10:00:00+00:00", priority=1)
    mark(store, "LLaVA: " + TUNING, "reading", at="2026-11-21T11:00:00+00:00")
    mark(store, TUNING, "new", at="2026-11-21T09:00:00+00:00")
    (found,) = get_marks(store).values()
    assert (found.state, found.priority) == ("reading", None)


def test_the_last_said_of_one_moment_holds(store: Store) -> None:
    load(store, "a", *paper(TUNING))
    for state in ("read", "new", "skipped"):
        mark(store, TUNING, state, at="2026-11-21T10:00:00+00:00")
    assert get_mark(store, ident(store, TUNING)).state == "skipped"


def test_a_merge_brings_marks_together_and_its_undo_parts_them(store: Store) -> None:
    load(
        store,
        "a",
        *paper("One Title"),
        said(Name(Kind.PAPER, "One Title"), Property.YEAR, "2023", 1),
    )
    load(store, "b", said(Name(Kind.PAPER, "Another"), Property.YEAR, "2023", 1))
    mark(store, "One Title", "read")
    tag(store, "Another", "thesis")
    pair = pair_payload(Name(Kind.PAPER, "One Title"), Name(Kind.PAPER, "Another"))
    n = store.add_user_fact(Action.MERGE, pair).n
    (found,) = get_marks(store).values()
    assert (found.state, found.tags) == ("read", {"thesis"})
    undo(store, n)
    assert {m.state for m in get_marks(store).values()} == {"read", None}


def test_what_is_said_of_a_name_that_no_list_uses_is_kept_and_listed(store: Store) -> None:
    load(
        store,
        "a",
        *paper("Only Here"),
        said(Name(Kind.PAPER, "Only Here"), Property.YEAR, "2020", 1),
    )
    n = mark(store, "Only Here", "read")
    store.forget("a")
    assert get_marks(store) == {}
    assert [f.n for f in find_lost(store)] == [n]
    load(store, "b", said(Name(Kind.PAPER, "only here"), Property.YEAR, "2020", 1))
    assert [m.state for m in get_marks(store).values()] == ["read"]
    assert find_lost(store) == []


def test_a_paper_is_found_by_its_identifier_when_lists_change_its_title(
    store: Store, other: Store
) -> None:
    load(store, "a", *paper(TUNING))
    mark(store, TUNING, "reading")
    import_user(other, iter_user_lines(store), "x")
    load(other, "a", said(Name(Kind.PAPER, "LLaVA"), Property.ARXIV, IDS[TUNING], 1))
    assert [m.state for m in get_marks(other).values()] == ["reading"]


def test_tags_and_notes_gather_and_go_with_their_entries(store: Store) -> None:
    load(store, "a", *paper(TUNING))
    thing = ident(store, TUNING)
    first, second = tag(store, TUNING, "thesis"), tag(store, TUNING, "baseline")
    n = note(store, TUNING, "why?", is_open=True)
    found = get_mark(store, thing)
    assert found.tags == {"thesis", "baseline"}
    assert [(x.n, x.text, x.is_open) for x in found.notes] == [(n, "why?", True)]
    assert [f.n for f in find_entries(store, thing, Action.TAG)] == [first, second]
    undo(store, first)
    undo(store, n)
    assert get_mark(store, thing) == Marks(tags=frozenset({"baseline"}))


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2310.03744", "arXiv:2310.03744"),
        ("arXiv:2310.03744v2", "arXiv:2310.03744"),
        ("https://arxiv.org/pdf/2310.03744v1.pdf", "arXiv:2310.03744"),
        ("10.1000/182", "doi:10.1000/182"),
        ("doi:10.48550/arXiv.2310.03744", "arXiv:2310.03744"),
        ("https://doi.org/10.1000/182", "doi:10.1000/182"),
        ("https://aclanthology.org/P18-1238/", "ACL:P18-1238"),
        ("https://openreview.net/forum?id=abcdef123", "OpenReview:abcdef123"),
        ("https://example.org/2310.03744", None),
        ("LLaVA-1.5", None),
        ("10 papers", None),
        ("", None),
    ],
)
def test_an_identifier_is_read_as_people_write_it(text: str, read: str | None) -> None:
    found = read_identifier(text)
    assert (str(found) if found else None) == read


@pytest.mark.parametrize(
    "given", ["2304.08485", "https://arxiv.org/abs/2304.08485", TUNING.upper()]
)
def test_a_thing_is_found_by_name_identifier_and_address(store: Store, given: str) -> None:
    load(store, "a", *paper(TUNING))
    entity, _ = get_thing(store, given)
    assert entity.name == TUNING
    assert lasting_name(store, entity, given) == {
        "kind": "paper", "text": TUNING, "scope": "", "identifier": "arXiv:2304.08485",
    }  # fmt: skip


def test_an_unknown_identifier_says_how_to_add_it(store: Store) -> None:
    with pytest.raises(NotFoundError, match="'kg add arXiv:2310\\.03744' adds it"):
        get_thing(store, "https://arxiv.org/abs/2310.03744")


# ---------------------------------------------------------------------- notes


def test_open_notes_stand_before_the_questions_of_lists(store: Store) -> None:
    asked, repaired = Remark(12, "Is more data better?", "question"), Remark(1, "x", "repair")
    load(store, "a", *paper(TUNING), remarks=(asked, repaired))
    note(store, TUNING, "read it twice")
    n = note(store, TUNING, "which data?", is_open=True)
    mine, question = find_notes(store, only_open=True)
    assert (mine.n, mine.text, mine.about, mine.id) == (
        n,
        "which data?",
        TUNING,
        ident(store, TUNING),
    )
    assert (question.text, question.source, question.line) == ("Is more data better?", "a", 12)
    assert [x.text for x in find_notes(store)][:2] == ["read it twice", "which data?"]


# ---------------------------------------------------------------------- the queue


def papers(store: Store) -> None:
    """Load three papers of which the third has to do with the first."""
    llava, next_ = Name(Kind.MODEL, "LLaVA"), Name(Kind.MODEL, "LLaVA-NeXT")
    mix = Name(Kind.DATASET, "LLaVA-150K")
    load(
        store, "a", *paper(TUNING), *paper(IMPROVED, 2), *paper(NEXT, 3),
        joined(Name(Kind.PAPER, TUNING), Relation.INTRODUCES, llava),
        joined(Name(Kind.PAPER, TUNING), Relation.INTRODUCES, mix),
        joined(Name(Kind.PAPER, NEXT), Relation.INTRODUCES, next_, 3),
        joined(next_, Relation.TRAINED_ON, mix, 3),
        joined(Name(Kind.PAPER, IMPROVED), Relation.ABOUT, Name(Kind.TOPIC, "Tuning"), 2),
    )  # fmt: skip


def test_nothing_waits_where_nothing_is_marked(store: Store) -> None:
    papers(store)
    assert get_queue(store).items == ()


def test_what_connects_to_what_was_read_waits_with_the_reason(store: Store) -> None:
    papers(store)
    n = mark(store, TUNING, "read")
    (item,) = get_queue(store).items
    assert (item.name, item.state, item.connections) == (NEXT, None, 1)
    assert item.reasons == ("its LLaVA-NeXT is trained on LLaVA-150K",)
    undo(store, n)
    assert get_queue(store).items == ()


def test_the_priority_of_the_reader_comes_before_any_connection(store: Store) -> None:
    papers(store)
    mark(store, TUNING, "read")
    mark(store, NEXT, "to-read")
    mark(store, IMPROVED, "to-read", priority=2)
    first, second = get_queue(store).items
    assert first.name == IMPROVED
    assert first.reasons[0] == "your priority 2"
    assert second.name == NEXT
    assert second.reasons[0].startswith("you want to read it since 20")
    mark(store, NEXT, "to-read", priority=1)
    assert [i.name for i in get_queue(store).items] == [NEXT, IMPROVED]


def test_what_is_read_or_skipped_waits_no_longer(store: Store) -> None:
    papers(store)
    mark(store, TUNING, "read")
    mark(store, NEXT, "skipped")
    assert get_queue(store).items == ()


def test_the_queue_goes_from_the_readers_wish_over_what_they_added_to_what_lists_say(
    store: Store,
) -> None:
    papers(store)
    store.add_user_fact(Action.ADD, {"scheme": "arxiv", "value": "2311.03079"})
    load(store, "b", *paper("Unread Here", 4, "unread"))
    mark(store, IMPROVED, "to-read")
    mark(store, NEXT, "reading")
    found = get_queue(store)
    assert [i.name for i in found.items] == [
        NEXT, IMPROVED, "arXiv:2311.03079", "Unread Here", TUNING,
    ]  # fmt: skip
    assert [i.reasons[0].split(" since")[0] for i in found.items] == [
        "you are reading it", "you want to read it", "you added it", "b:4 marks it unread",
        "LLaVA-NeXT is trained on its LLaVA-150K",
    ]  # fmt: skip
    assert get_queue(store, 1).items == found.items[:1]
    assert get_queue(store, 1).waiting == 5


@pytest.mark.parametrize(
    ("relation", "is_subject", "reason"),
    [
        (Relation.CITES, True, f"cites {TUNING}"),
        (Relation.CITES, False, f"cited by {TUNING}"),
        (Relation.SUPERSEDES, True, f"supersedes {TUNING}"),
    ],
)
def test_papers_connect_directly(
    store: Store, relation: Relation, is_subject: bool, reason: str
) -> None:
    ends = [Name(Kind.PAPER, NEXT), Name(Kind.PAPER, TUNING)]
    load(
        store,
        "a",
        *paper(TUNING),
        *paper(NEXT, 2),
        joined(
            *(ends[:1] if is_subject else ends[1:]),
            relation,
            *(ends[1:] if is_subject else ends[:1]),
        ),
    )
    mark(store, TUNING, "read")
    (item,) = get_queue(store).items
    assert item.reasons == (reason,)


def test_a_denial_connects_nothing(store: Store) -> None:
    papers(store)
    mix, next_ = Name(Kind.DATASET, "LLaVA-150K"), Name(Kind.MODEL, "LLaVA-NeXT")
    load(
        store, "a", *paper(TUNING), *paper(NEXT, 2),
        joined(Name(Kind.PAPER, TUNING), Relation.INTRODUCES, mix),
        joined(Name(Kind.PAPER, NEXT), Relation.INTRODUCES, next_),
        Claim(next_, Relation.TRAINED_ON, 3, "not", mix, {"stage": "sft"}, stance=Stance.DENIES),
    )  # fmt: skip
    mark(store, TUNING, "read")
    assert get_queue(store).items == ()


def test_a_topic_that_everything_is_about_connects_nothing(store: Store) -> None:
    topic = Name(Kind.TOPIC, "Everything")
    titles = [f"Paper number {i}" for i in range(202)]
    load(
        store,
        "a",
        *(joined(Name(Kind.PAPER, t), Relation.ABOUT, topic, i) for i, t in enumerate(titles, 1)),
    )
    mark(store, titles[0], "read")
    assert get_queue(store).items == ()
    load(store, "a", *(joined(Name(Kind.PAPER, t), Relation.ABOUT, topic) for t in titles[:3]))
    assert len(get_queue(store).items) == 2


# ---------------------------------------------------------------------- assertions


def test_an_assertion_takes_the_kinds_that_the_store_knows(store: Store) -> None:
    papers(store)
    made = make_assertion(
        store, "llava-next", Relation.DERIVED_FROM, "LLaVA",
        qualifiers={"role": "base"}, values={}, url="https://example.org/x", quote="built on",
    )  # fmt: skip
    assert made.new_names == ()
    n = store.add_user_fact(Action.ASSERT, made.payload).n
    (stored,) = store.iter_claims(source="you")
    assert stored.object is not None
    assert (stored.subject.id, stored.object.id) == ("model:llava-next", "model:llava")
    assert (stored.claim.line, stored.claim.quote) == (n, "built on [https://example.org/x]")


@pytest.mark.parametrize(
    ("subject", "relation", "object", "role", "wanted", "kinds"),
    [
        ("LLaVA-150K", Relation.DERIVED_FROM, "COCO", "source", None, ("dataset", "dataset")),
        ("LLaVA-150K", Relation.DERIVED_FROM, "GPT-4", "generated-by", None, ("dataset", "model")),
        ("LLaVA", Relation.DERIVED_FROM, "Vicuna", "language-model", None, ("model", "model")),
        ("New", Relation.DERIVED_FROM, "Old", "subset", None, ("dataset", "dataset")),
        ("New", Relation.DERIVED_FROM, "Old", "base", None, ("model", "model")),
        (TUNING, Relation.INTRODUCES, "New", "", None, ("paper", "model")),
        (TUNING, Relation.INTRODUCES, "New", "", Kind.DATASET, ("paper", "dataset")),
        (TUNING, Relation.INTRODUCES, "LLaVA-150K", "", None, ("paper", "dataset")),
        ("2401.99999", Relation.CITES, "2304.08485", "", None, ("paper", "paper")),
    ],
)
def test_new_names_get_the_kinds_that_the_relation_and_role_are_said_of(
    store: Store, subject: str, relation: Relation, object: str, role: str,
    wanted: Kind | None, kinds: tuple[str, str],
) -> None:  # fmt: skip
    papers(store)
    made = make_assertion(
        store, subject, relation, object, qualifiers={"role": role} if role else {}, values={},
        object_kind=wanted,
    )  # fmt: skip
    ends: Any = made.payload["subject"], made.payload["object"]
    assert tuple(end["kind"] for end in ends) == kinds


def test_a_name_that_is_not_known_becomes_a_new_thing_and_is_told(store: Store) -> None:
    papers(store)
    made = make_assertion(
        store, "Otter", Relation.TRAINED_ON, "llava-150k", qualifiers={}, values={}
    )
    assert made.new_names == ("new model 'Otter'",) or made.new_names[0].startswith("new model")
    assert len(made.new_names) == 1


@pytest.mark.parametrize(
    ("subject", "object", "qualifiers", "told"),
    [
        (
            "dataset:llava-150k",
            "LLaVA-150K",
            {},
            "dataset:llava-150k is a dataset; a model is needed",
        ),
        ("model:nothing", "LLaVA-150K", {}, "model:nothing is no id of this store"),
        ("LLaVA", "LLaVA-150K", {"role": "base"}, "TRAINED_ON has no qualifier"),
        ("LLaVA", None, {}, "states no object"),
        (" ", "LLaVA-150K", {}, "a name is empty"),
    ],
)
def test_an_assertion_that_cannot_be_is_refused(
    store: Store, subject: str, object: str | None, qualifiers: dict[str, Any], told: str
) -> None:
    papers(store)
    with pytest.raises(InputError, match=told):
        make_assertion(
            store, subject, Relation.TRAINED_ON, object, qualifiers=qualifiers, values={}
        )


# ---------------------------------------------------------------------- statistics and status


def test_statistics_count_kinds_relations_sources_years_and_states(store: Store) -> None:
    papers(store)
    load(store, "b", said(Name(Kind.PAPER, "No Year"), Property.VENUE, "ACL", 1))
    mark(store, TUNING, "read")
    found = get_stats(store)
    assert found.kinds == {"paper": 4, "model": 2, "dataset": 1, "topic": 1, "person": 0}
    assert found.relations == {"INTRODUCES": 3, "TRAINED_ON": 1, "ABOUT": 1}
    assert found.years == {"2024": 1, "2023": 2, "": 1}
    assert (found.coverage.with_record, found.coverage.of) == (1, 2)
    assert found.states == {"read": 1}
    assert [s[0] for s in found.sources] == ["a", "b"]
    load(store, "c", said(Name(Kind.PAPER, TUNING), Property.YEAR, "2019", 1))
    load(store, "d", said(Name(Kind.PAPER, TUNING), Property.YEAR, "2019", 1))
    assert get_stats(store).years == {"2024": 1, "2023": 1, "2019": 1, "": 1}


def test_news_are_what_loads_brought_since_they_were_last_seen(store: Store) -> None:
    papers(store)
    status = get_status(store)
    assert [(n.source, n.diff.added) for n in status.news] == [("a", 8)]
    assert status.new_since == ""
    note_seen(store, status)
    seen = get_status(store)
    assert seen.news == ()
    assert seen.new_since != ""
    note_seen(store, seen)
    assert [f.action for f in store.user_facts()] == ["seen"]
    load(store, "b", *paper("Late"), said(Name(Kind.PAPER, "Late"), Property.YEAR, "2026", 1))
    load(store, "a", *paper(TUNING))
    store.add_user_fact(Action.ADD, {"scheme": "arxiv", "value": "2311.03079"})
    news = {n.source: (n.diff.added, n.diff.withdrawn) for n in get_status(store).news}
    assert news == {"a": (0, 7), "b": (1, 0)}


# ---------------------------------------------------------------------- as text and back


def everything(store: Store) -> list[str]:
    """The graph without ids, and the marks of its things by their names."""
    records = [*iter_claim_records(store), *iter_property_records(store)]
    entities = {str(e["id"]): str(e["name"]) for e in iter_entity_records(store)}
    marks = [
        (
            entities[thing],
            m.state,
            m.state_at,
            sorted(m.tags),
            [n.text for n in m.notes],
            m.priority,
        )
        for thing, m in get_marks(store).items()
    ]

    def aside(value: Any) -> Any:
        if isinstance(value, dict):
            line = value.get("source") == "you"
            return {
                k: aside(v) for k, v in value.items() if k != "id" and not (line and k == "line")
            }
        return value

    return sorted(json.dumps(aside(r)) for r in records) + sorted(map(repr, marks))


def test_the_text_holds_what_was_not_taken_back_oldest_first_and_no_numbers(store: Store) -> None:
    load(store, "a", *paper(TUNING))
    late = mark(store, TUNING, "read", at="2026-11-21T10:00:00+00:00")
    early = mark(store, TUNING, "to-read", at="2026-11-20T10:00:00+00:00")
    gone = tag(store, TUNING, "thesis")
    undo(store, gone)
    store.add_user_fact(Action.SEEN, {"load": 1})
    assert late < early < gone
    records = [json.loads(line) for line in iter_user_lines(store)]
    assert [r["payload"]["state"] for r in records] == ["to-read", "read"]
    assert all(set(r) == {"at", "action", "payload"} for r in records)


def test_an_overruled_decision_is_kept_so_that_it_holds_again_when_the_other_goes(
    store: Store, other: Store
) -> None:
    pair = pair_payload(Name(Kind.DATASET, "CC3M"), Name(Kind.DATASET, "Captions"))
    store.add_user_fact(Action.MERGE, pair)
    store.add_user_fact(Action.SPLIT, pair)
    done = import_user(other, iter_user_lines(store), "x")
    assert [f.overruled_by for f in other.user_facts()] == [2, None]
    undo(other, done.added[1].n)
    assert other.user_facts()[0].holds


def test_importing_twice_adds_nothing(store: Store, other: Store) -> None:
    load(store, "a", *paper(TUNING))
    mark(store, TUNING, "read")
    tag(store, TUNING, "thesis")
    lines = list(iter_user_lines(store))
    assert len(import_user(other, lines, "x").added) == 2
    again = import_user(other, [*lines, *lines, ""], "x")
    assert (again.added, again.known) == ((), 4)
    assert len(other.user_facts()) == 2
    assert import_user(store, lines, "x").added == ()


@pytest.mark.parametrize(
    "text", ["a\u2028b\x85c", "a\r\nb\tc", '"\\', "💥 é", "=1+1", "\x1b[31m", "x" * 9999]
)
def test_any_text_comes_back_as_it_was(store: Store, other: Store, text: str) -> None:
    load(store, "a", *paper(TUNING))
    note(store, TUNING, text)
    lines = list(iter_user_lines(store))
    assert all("\n" not in line for line in lines)
    import_user(other, "\n".join(lines).split("\n"), "x")
    assert [f.payload for f in other.user_facts()] == [f.payload for f in store.user_facts()]


def test_what_was_undone_here_stays_undone_when_it_is_imported_again(store: Store) -> None:
    load(store, "a", *paper(TUNING))
    n = mark(store, TUNING, "read")
    lines = list(iter_user_lines(store))
    undo(store, n)
    done = import_user(store, lines, "x")
    assert (done.added, done.known, done.undone) == ((), 1, 1)
    assert get_marks(store) == {}


def test_two_logs_come_together_in_the_order_in_which_it_was_said(
    store: Store, other: Store
) -> None:
    for each in (store, other):
        load(each, "a", *paper(TUNING))
    mark(store, TUNING, "to-read", at="2026-11-19T10:00:00+00:00")
    mark(other, TUNING, "read", at="2026-11-20T10:00:00+00:00")
    import_user(other, iter_user_lines(store), "x")
    import_user(store, iter_user_lines(other), "x")
    assert get_marks(store) == get_marks(other)
    assert get_mark(other, ident(other, TUNING)).state == "read"
    assert list(iter_user_lines(store)) == list(iter_user_lines(other))


GOOD = '{"at": "2026-11-21T10:00:00+00:00", "action": "tag", "payload": {"kind": "paper", "text": "P", "scope": "", "tag": "t"}}'


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "no JSON"),
        ("[]", "an object with 'at'"),
        ('{"at": "", "action": "tag"}', "an object with 'at'"),
        (GOOD.replace('"tag", "payload"', '"ponder", "payload"'), "newer version"),
        (GOOD.replace('"action": "tag"', '"action": ["tag"]'), "no action"),
        (GOOD.replace("2026-11-21T10", "2026-13-21T10"), "no time"),
        (GOOD.replace('"2026-11-21T10:00:00+00:00"', "7"), "no time"),
        (GOOD.replace('"paper"', '"poem"'), "names a kind"),
        (GOOD.replace('"text": "P"', '"text": " "'), "names a kind"),
        (GOOD.replace('"tag": "t"', '"tag": "two words"'), "one word"),
        (GOOD.replace('"tag": "t"', '"tag": ""'), "no text under 'tag'"),
        (GOOD.replace('"tag": "t"', '"tag": "t", "more": 1'), "has no 'more'"),
        (GOOD.replace('"text": "P"', '"text": "\\ud800"'), "half of a character"),
        (GOOD.replace('"tag": "t"', '"tag": NaN'), "no JSON"),
        ('{"at": "2026-11-21", "action": "undo", "payload": {"of": 1}}', "holds no undo"),
        ('{"at": "2026-11-21", "action": "seen", "payload": {"load": 1}}', "holds no seen"),
        ('{"at": "2026-11-21", "action": "add", "payload": {"scheme": "arxiv", "value": "x"}}', "no arXiv id"),
        ('{"at": "2026-11-21", "action": "add", "payload": []}', "JSON object"),
        ('{"at": "2026-11-21", "action": "assert", "payload": {"subject": 1}}', "no assertion"),
        ("[" * 100_000, "no JSON"),
    ],
)  # fmt: skip
def test_a_bad_line_is_told_by_file_and_line_and_nothing_is_imported(
    store: Store, bad: str, told: str
) -> None:
    with pytest.raises(InputError, match=told) as caught:
        import_user(store, [GOOD, "", bad], "mine.jsonl")
    assert str(caught.value).startswith("mine.jsonl:3: ")
    assert (caught.value.source, caught.value.line) == ("mine.jsonl", 3)
    assert store.user_facts() == []


def test_numbers_that_json_cannot_write_are_refused() -> None:
    claim = joined(Name(Kind.MODEL, "M"), Relation.TRAINED_ON, Name(Kind.DATASET, "D"))
    payload = assertion(claim)
    check_payload(Action.ASSERT, payload)
    with pytest.raises(InputError):
        check_payload(Action.ASSERT, {**payload, "values": {"amount": {"value": float("inf")}}})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "kind",
                        "text",
                        "scope",
                        "state",
                        "tag",
                        "note",
                        "scheme",
                        "value",
                        "subject",
                        "predicate",
                        "identifier",
                        "qualifiers",
                    ]
                ),
                x,
                max_size=5,
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(list(Action)),
)
@settings(max_examples=300)
def test_no_payload_breaks_the_checks(payload: Any, action: Action) -> None:
    with contextlib.suppress(KGError):
        check_payload(action, payload)


def random_history(store: Store, rng: random.Random) -> None:
    """Say and take back things of every sort."""
    titles = list(IDS)
    for _ in range(25):
        held = [f.n for f in store.user_facts() if f.undone_by is None]
        title = rng.choice(titles)
        choice = rng.randrange(8)
        if choice == 0 and held:
            undo(store, rng.choice(held))
        elif choice in (1, 2):
            mark(store, title, rng.choice(list(State)), date="2026-11-20")
        elif choice == 3:
            tag(store, title, rng.choice(["thesis", "baseline"]))
        elif choice == 4:
            note(store, title, f"note {rng.randrange(3)}", is_open=rng.random() < 0.5)
        elif choice == 5:
            made = make_assertion(
                store, rng.choice(["LLaVA", "Otter"]), Relation.TRAINED_ON,
                rng.choice(["LLaVA-150K", "CC3M"]), qualifiers={"stage": "sft"}, values={},
            )  # fmt: skip
            store.add_user_fact(Action.ASSERT, made.payload)
        elif choice == 6:
            number = rng.choice(["2311.03079", IDS[title]])
            store.add_user_fact(Action.ADD, {"scheme": "arxiv", "value": number})
        else:
            pair = pair_payload(*(Name(Kind.PAPER, t) for t in rng.sample(titles, 2)))
            store.add_user_fact(rng.choice([Action.MERGE, Action.SPLIT]), pair)


@pytest.mark.parametrize("seed", range(12))
def test_what_was_said_has_the_same_effect_on_a_graph_that_was_built_anew(
    store: Store, other: Store, seed: int
) -> None:
    rng = random.Random(seed)
    papers(store)
    random_history(store, rng)
    lines = list(iter_user_lines(store))
    if rng.random() < 0.5:
        import_user(other, lines, "x")
        papers(other)
    else:
        papers(other)
        import_user(other, lines, "x")
    assert everything(other) == everything(store)
    assert list(iter_user_lines(other)) == lines


@pytest.mark.parametrize("seed", range(12))
def test_what_was_said_has_the_same_effect_after_the_lists_changed(
    store: Store, other: Store, seed: int
) -> None:
    rng = random.Random(100 + seed)
    papers(store)
    random_history(store, rng)
    changed = [
        said(Name(Kind.PAPER, "LLaVA: " + TUNING), Property.ARXIV, IDS[TUNING], 9),
        *paper(NEXT, 1, "read"),
        joined(Name(Kind.MODEL, "llava"), Relation.TRAINED_ON, Name(Kind.DATASET, "CC-3M"), 4),
    ]
    import_user(other, iter_user_lines(store), "x")
    load(other, "a", *changed)
    load(store, "a", *changed)
    assert everything(other) == everything(store)
    assert get_marks(store) == {t: m for t in get_marks(store) if (m := get_mark(store, t))}
    assert list(iter_user_lines(other)) == list(iter_user_lines(store))


def test_the_bundled_lists_hold_states_questions_and_a_queue(copied: Path) -> None:
    with closing(SqliteStore(copied)) as store:
        marks = get_marks(store)
        assert {m.state for m in marks.values()} == {"new", "read"}
        assert get_mark(store, ident(store, "2304.08485")).state == "read"
        assert any(n.line for n in find_notes(store, only_open=True))
        names = [i.name for i in get_queue(store, None).items]
        assert names[0] == IMPROVED
        assert len(names) == get_queue(store).waiting
        assert name_payload(Name(Kind.PAPER, "P"), "arXiv:1")["identifier"] == "arXiv:1"


def test_the_store_of_a_moment_holds_what_was_said_by_then(store: Store) -> None:
    papers(store)
    claim = joined(Name(Kind.MODEL, "Otter"), Relation.TRAINED_ON, Name(Kind.DATASET, "CC3M"))
    early, late = "2999-01-01T00:00:00+00:00", "2999-06-01T00:00:00+00:00"
    store.add_user_fact(Action.ASSERT, assertion(claim), at=early)
    mark(store, TUNING, "read", at=early)
    mark(store, TUNING, "skipped", at=late)
    with closing(snapshot(store, "2999-02-01")) as then:
        assert [c.claim.line for c in then.iter_claims(source="you")] == [1]
        assert get_mark(then, ident(then, TUNING)).state == "read"
        assert get_mark(store, ident(store, TUNING)).state == "skipped"


def test_what_an_import_brought_counts_from_when_it_was_said(store: Store, other: Store) -> None:
    for each in (store, other):
        papers(each)
    mark(other, TUNING, "reading", at="2999-01-01T00:00:00+00:00")
    mark(store, TUNING, "read", at="2999-06-01T00:00:00+00:00")
    import_user(store, iter_user_lines(other), "x")
    with closing(snapshot(store, "2999-02-01")) as then:
        assert get_mark(then, ident(then, TUNING)).state == "reading"
