"""The user's log: what is undone, what holds, and which decision forbids another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.decisions import (
    Action,
    Rulings,
    UserFact,
    assertion,
    check_payload,
    claims_of,
    moment,
    name_payload,
    pair_of,
    pair_payload,
    rulings,
    target_of_undo,
    undone,
)
from kg.errors import InputError
from kg.identity import NameKey, name_key
from kg.model import Claim, Kind, Name, Property, Relation

LETTERS = "ABCDEF"


def name(text: str) -> Name:
    return Name(Kind.DATASET, f"Set {text}")


def key(text: str) -> NameKey:
    return name_key(name(text))


def entry(n: int, action: Action, a: str, b: str) -> UserFact:
    return UserFact(n, "2026-11-21", action, pair_payload(name(a), name(b)))


def log(*written: str) -> list[UserFact]:
    """Write a log as 'A=B' (merge), 'A≠B' (split), '-3' (undo of 3); numbers count from 1."""
    facts = []
    for n, text in enumerate(written, 1):
        if text.startswith("-"):
            facts.append(UserFact(n, "", Action.UNDO, {"of": int(text[1:])}))
        else:
            facts.append(entry(n, Action.MERGE if "=" in text else Action.SPLIT, text[0], text[2]))
    return facts


def holding(facts: list[UserFact]) -> Rulings:
    by = undone(facts)
    return rulings(f for f in facts if f.n not in by)


def is_one(held: Rulings, a: str, b: str) -> bool:
    return key(a) in held.group and held.group[key(a)] == held.group.get(key(b))


def is_apart(held: Rulings, a: str, b: str) -> bool:
    return (held.group.get(key(a), -1), held.group.get(key(b), -1)) in held.apart


@st.composite
def logs(draw: st.DrawFn, *, undos: bool = True) -> list[UserFact]:
    """Draw a log as a user can write it: an undo names an earlier entry that is not undone."""
    facts: list[UserFact] = []
    for n in range(1, draw(st.integers(0, 14)) + 1):
        open_ = [f.n for f in facts if f.n not in undone(facts)]
        if undos and open_ and draw(st.integers(0, 2)) == 0:
            facts.append(UserFact(n, "", Action.UNDO, {"of": draw(st.sampled_from(open_))}))
            continue
        a, b = draw(st.lists(st.sampled_from(LETTERS), min_size=2, max_size=2, unique=True))
        facts.append(entry(n, draw(st.sampled_from([Action.MERGE, Action.SPLIT])), a, b))
    return facts


# ---------------------------------------------------------------------- undone


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([], {}),
        (["A=B"], {}),
        (["A=B", "-1"], {1: 2}),
        (["A=B", "-1", "-2"], {2: 3}),
        (["A=B", "-1", "-2", "-3"], {1: 2, 3: 4}),
        (["A=B", "-1", "-2", "-1"], {2: 3, 1: 4}),
        (["A=B", "A≠C", "-1", "B=C"], {1: 3}),
        (["A=B", "-1", "-2", "-1", "-4"], {2: 3, 4: 5}),
    ],
)
def test_an_undo_takes_back_one_entry_and_can_itself_be_taken_back(
    written: list[str], expected: dict[int, int]
) -> None:
    assert undone(log(*written)) == expected


@given(logs(), st.randoms())
def test_what_is_undone_does_not_depend_on_the_order_the_log_is_given_in(
    facts: list[UserFact], rng: Any
) -> None:
    mixed = list(facts)
    rng.shuffle(mixed)
    assert undone(mixed) == undone(facts)
    assert rulings(mixed) == rulings(facts)


@given(logs())
def test_an_entry_is_undone_exactly_if_an_undo_that_stands_names_it(facts: list[UserFact]) -> None:
    by = undone(facts)
    for fact in facts:
        standing = [
            u.n
            for u in facts
            if u.action is Action.UNDO and u.payload["of"] == fact.n and u.n not in by
        ]
        assert (fact.n in by) == bool(standing)
        assert by.get(fact.n) == max(standing, default=None)


@given(logs())
def test_undoing_the_last_undo_brings_back_what_held_before(facts: list[UserFact]) -> None:
    n = len(facts) + 1
    for fact in facts:
        if fact.n in undone(facts):
            continue
        once = [*facts, UserFact(n, "", Action.UNDO, {"of": fact.n})]
        twice = [*once, UserFact(n + 1, "", Action.UNDO, {"of": n})]
        assert holding(twice) == holding(facts)


@given(logs())
def test_undoing_everything_leaves_nothing(facts: list[UserFact]) -> None:
    facts = list(facts)
    while open_ := [f.n for f in facts if f.n not in undone(facts) and f.action is not Action.UNDO]:
        facts.append(UserFact(len(facts) + 1, "", Action.UNDO, {"of": open_[-1]}))
    assert holding(facts) == rulings([])
    assert not rulings([]).group


# ---------------------------------------------------------------------- rulings


def test_merging_is_transitive() -> None:
    held = rulings(log("A=B", "C=D", "B=C"))
    assert is_one(held, "A", "D")
    (number,) = {held.group[key(letter)] for letter in "ABCD"}
    assert held.merges[number] == (1, 2, 3)
    assert not held.overruled


def test_a_split_parts_everything_that_was_merged_with_either_side() -> None:
    held = rulings(log("A=B", "C=D", "A≠C"))
    assert all(is_apart(held, x, y) and is_apart(held, y, x) for x in "AB" for y in "CD")
    assert not is_apart(held, "A", "B")
    later = rulings(log("A≠C", "A=B", "C=D"))
    assert all(is_apart(later, x, y) for x in "AB" for y in "CD")


def test_a_split_is_not_transitive() -> None:
    held = rulings(log("A≠B", "B≠C"))
    assert not is_apart(held, "A", "C")
    assert not rulings(log("A≠B", "B≠C", "A=C")).overruled


@pytest.mark.parametrize(
    ("written", "overruled"),
    [
        (["A=B", "A≠B"], {1: 2}),
        (["A≠B", "A=B"], {1: 2}),
        (["A=B", "A≠B", "B=A"], {2: 3}),
        (["A=B", "B=C", "A≠C"], {1: 3}),
        (["A≠C", "A=B", "B=C"], {1: 3}),
        (["A≠B", "A=C", "C=B", "C=D"], {1: 3}),
        (["A≠B", "A=B", "A=C", "C=B"], {1: 2}),
        (["A=B", "C≠D", "A=C", "B=D"], {1: 2}),
        (["A=B", "A=B"], {}),
        (["A≠B", "B≠A"], {}),
    ],
)
def test_of_two_that_cannot_hold_together_the_newer_holds(
    written: list[str], overruled: dict[int, int]
) -> None:
    assert rulings(log(*written)).overruled == overruled


def test_what_overrules_is_undone_and_what_was_overruled_holds_again() -> None:
    held = holding(log("A=B", "A≠B", "-2"))
    assert is_one(held, "A", "B")
    assert not held.overruled


@given(logs(undos=False))
def test_no_two_decisions_that_hold_contradict(facts: list[UserFact]) -> None:
    held = rulings(facts)
    assert all(a != b for a, b in held.apart)
    assert all((b, a) in held.apart for a, b in held.apart)
    for fact in facts:
        a, b = (name_key(n) for n in pair_of(fact.payload))
        one = held.group[a] == held.group[b]
        apart = (held.group[a], held.group[b]) in held.apart
        assert not (one and apart)
        if fact.n not in held.overruled:
            assert one if fact.action is Action.MERGE else apart
        else:
            assert not one if fact.action is Action.MERGE else one


@given(logs(undos=False))
def test_names_are_one_exactly_if_merges_that_hold_lead_from_one_to_the_other(
    facts: list[UserFact],
) -> None:
    held = rulings(facts)
    reached = {key(letter): {key(letter)} for letter in LETTERS}
    for fact in facts:
        if fact.action is Action.MERGE and fact.n not in held.overruled:
            a, b = (name_key(n) for n in pair_of(fact.payload))
            both = reached[a] | reached[b]
            for member in both:
                reached[member] = both
    for a in held.group:
        for b in held.group:
            assert (held.group[a] == held.group[b]) == (b in reached[a])
    counted = sorted(n for merged in held.merges.values() for n in merged)
    assert counted == [f.n for f in facts if f.action is Action.MERGE and f.n not in held.overruled]


@given(logs(undos=False))
def test_the_newest_decision_always_holds(facts: list[UserFact]) -> None:
    held = rulings(facts)
    assert not facts or facts[-1].n not in held.overruled
    assert all(by > n for n, by in held.overruled.items())


@given(logs(undos=False))
def test_what_forbids_a_decision_holds_itself_and_is_of_the_other_sort(
    facts: list[UserFact],
) -> None:
    held = rulings(facts)
    action = {f.n: f.action for f in facts}
    for n, by in held.overruled.items():
        assert by not in held.overruled
        assert action[by] is not action[n]


@given(logs(undos=False))
def test_a_split_held_until_the_merge_that_is_said_to_overrule_it(facts: list[UserFact]) -> None:
    held = rulings(facts)
    for n, by in held.overruled.items():
        if facts[by - 1].action is Action.MERGE:
            stood = [f for f in facts if f.n == n or f.n not in held.overruled]
            assert n not in rulings(f for f in stood if f.n < by).overruled
            assert rulings(f for f in stood if f.n <= by).overruled[n] == by


# ---------------------------------------------------------------------- payloads


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip), st.text())
def test_two_names_come_back_from_a_payload_as_they_were(a: str, b: str, scope: str) -> None:
    left, right = Name(Kind.MODEL, a, scope), Name(Kind.MODEL, b)
    if name_key(left) == name_key(right):
        with pytest.raises(InputError):
            pair_payload(left, right)
    else:
        assert pair_of(pair_payload(left, right)) == (left, right)


def test_things_of_two_kinds_are_never_one() -> None:
    with pytest.raises(InputError, match=r"'LLaVA' is a model and 'LLaVA-150K' a dataset"):
        pair_payload(Name(Kind.MODEL, "LLaVA"), Name(Kind.DATASET, "LLaVA-150K"))


def test_spellings_of_one_name_are_neither_merged_nor_split() -> None:
    with pytest.raises(InputError, match="one spelling"):
        pair_payload(Name(Kind.DATASET, "OK-VQA"), Name(Kind.DATASET, "OKVQA"))


def test_the_same_generic_words_of_two_owners_are_two_names() -> None:
    payload = pair_payload(
        Name(Kind.DATASET, "in-house data", "Qwen"), Name(Kind.DATASET, "in-house data", "LLaVA")
    )
    assert [n.scope for n in pair_of(payload)] == ["Qwen", "LLaVA"]


ENDS: dict[str, Any] = {"a": {"text": "A", "scope": ""}, "b": {"text": "B", "scope": ""}}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        ENDS,
        {"kind": "thing", **ENDS},
        {"kind": "dataset", "a": ENDS["a"]},
        {"kind": "dataset", "a": "A", "b": "B"},
        {"kind": "dataset", "a": {"text": 1}, "b": ENDS["b"]},
        {"kind": "dataset", "a": {"text": " "}, "b": ENDS["b"]},
        {"kind": "dataset", "a": {"text": "A", "scope": None}, "b": ENDS["b"]},
        {"kind": "dataset", "a": {"text": "B"}, "b": {"text": "b"}},
        {"of": 1},
        ["dataset", "A", "B"],
    ],
)
def test_a_merge_or_split_names_a_kind_and_two_names(payload: Any) -> None:
    for action in (Action.MERGE, Action.SPLIT):
        with pytest.raises(InputError):
            check_payload(action, payload)


@pytest.mark.parametrize("payload", [{}, {"of": "1"}, {"of": None}, {"of": True}, {"of": 1.5}, [1]])
def test_an_undo_names_a_number(payload: Any) -> None:
    with pytest.raises(InputError, match="number of a decision"):
        target_of_undo(payload)
    with pytest.raises(InputError):
        check_payload(Action.UNDO, payload)


def test_names_that_are_one_spelling_by_now_decide_nothing() -> None:
    old: dict[str, Any] = {"kind": "dataset", "a": {"text": "OK-VQA"}, "b": {"text": "OKVQA"}}
    for action in (Action.MERGE, Action.SPLIT):
        assert rulings([UserFact(1, "", action, old)]) == rulings([])


# ---------------------------------------------------------------------- what is claimed


def said(n: int, action: Action, **payload: Any) -> UserFact:
    return UserFact(n, "2026-11-21T10:00:00+00:00", action, payload)


OTTER = Name(Kind.MODEL, "Otter")
ASSERTED = Claim(
    OTTER, Relation.TRAINED_ON, 1, "the words", name("A"), {"stage": "sft"}, {"subset": "half"}
)


def test_an_assertion_is_read_as_it_was_written_with_its_number_as_line() -> None:
    payload = assertion(ASSERTED, "https://example.org")
    check_payload(Action.ASSERT, payload)
    (claim,) = claims_of([said(7, Action.ASSERT, **payload)])
    assert claim == replace(
        ASSERTED, line=7, quote="the words [https://example.org]", extractor="user"
    )


def test_a_paper_in_an_assertion_says_its_identifier_as_well() -> None:
    paper = Name(Kind.PAPER, "A Title")
    claim = Claim(paper, Relation.INTRODUCES, 1, "", OTTER)
    payload = assertion(claim, subject="doi:10.1000/x")
    relation, identifier = claims_of([said(2, Action.ASSERT, **payload)])
    assert relation.predicate is Relation.INTRODUCES
    assert (identifier.subject, identifier.predicate) == (paper, Property.DOI)
    assert identifier.values == {"text": "10.1000/x"}


def test_an_added_paper_goes_by_its_identifier_until_somebody_knows_its_title() -> None:
    (claim,) = claims_of([said(3, Action.ADD, scheme="arxiv", value="2304.08485")])
    assert claim.subject == Name(Kind.PAPER, "arXiv:2304.08485")
    assert (claim.predicate, claim.line) == (Property.ARXIV, 3)


def test_only_assertions_and_added_papers_are_claims() -> None:
    named = name_payload(OTTER)
    facts = [
        said(1, Action.STATE, **named, state="read"),
        said(2, Action.TAG, **named, tag="x"),
        said(3, Action.NOTE, **named, note="x"),
        said(4, Action.SEEN, load=1),
        said(5, Action.UNDO, of=1),
        entry(6, Action.MERGE, "A", "B"),
    ]
    assert claims_of(facts) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"predicate": "EATS"},
        {"predicate": "CITES"},
        {"object": None},
        {"object": {"kind": "dataset", "text": ""}},
        {"subject": {"kind": "poem", "text": "x"}},
        {"subject": {"kind": "model", "text": "x", "identifier": "arXiv:2304.08485"}},
        {"qualifiers": {"stage": "dessert"}},
        {"qualifiers": {"stage": 1}},
        {"qualifiers": []},
        {"values": {"colour": "red"}},
        {"values": {"amount": {"value": float("nan")}}},
        {"stance": "maybe"},
        {"url": 1},
        {"quote": None},
        {"more": 1},
    ],
)
def test_an_assertion_that_breaks_the_schema_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        check_payload(Action.ASSERT, {**assertion(ASSERTED), **change})


@pytest.mark.parametrize(
    "change",
    [
        {"state": "finished"},
        {"state": None},
        {"date": "2026-13-01"},
        {"date": "21 November"},
        {"priority": 0},
        {"priority": 10},
        {"priority": True},
        {"priority": "1"},
        {"tag": "x"},
        {"scope": 1},
        {"identifier": "arXiv:1"},
    ],
)
def test_a_state_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    good = {**name_payload(Name(Kind.PAPER, "P")), "state": "read"}
    check_payload(Action.STATE, {**good, "date": "2026-11-21", "priority": 9})
    with pytest.raises(InputError):
        check_payload(Action.STATE, {**good, **change})


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-21", "2026-11-21T00:00:00+00:00"),
        ("2026-11-21T10:00:00+02:00", "2026-11-21T08:00:00+00:00"),
        ("2026-11-21T10:00:00.5Z", "2026-11-21T10:00:00.500000+00:00"),
    ],
)
def test_a_moment_is_written_in_utc(at: str, told: str) -> None:
    assert moment(at) == told


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z", "then", ""]
)
def test_a_moment_before_or_at_the_end_of_the_calendar_is_refused(at: str) -> None:
    with pytest.raises(InputError, match="no time like"):
        moment(at)
