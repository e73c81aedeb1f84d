"""Things of one kind by what is said of them: venue, licence, language, topic, document, size, marks."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kg.model import JsonValue, Kind, Property, Relation, Stance
from kg.store import Entity, Store, StoredClaim
from queries.answers import (
    Answer,
    Answers,
    Coverage,
    evidence_of,
)
from queries.conditions import DESCRIBING, Bound, Wanted, contains_run, value_tokens
from queries.narrow import Sieve
from queries.reader import get_marks
from queries.topics import with_subtopics


@dataclass(frozen=True, slots=True)
class Conditions:
    """What things must fulfil; everything given must hold."""

    values: tuple[Wanted, ...] = ()
    bounds: tuple[Bound, ...] = ()
    described: tuple[tuple[str, frozenset[str]], ...] = ()
    """(as asked, words any of which may stand in a topic or description)."""
    topics: tuple[Entity, ...] = ()
    """Papers under any of them, or things that such papers introduce; subtopics count."""
    inside: tuple[str, ...] = ()
    """Sources each of which names the thing."""
    outside: tuple[str, ...] = ()
    """Sources none of which names the thing."""
    states: frozenset[str] = frozenset()
    """Read states, any of them: the reader's word, else a list's; 'unread' is all but read and skipped."""
    evaluated: bool = False
    """Only data that a model is evaluated on."""


_Found = dict[str, list[StoredClaim]]
"""Ids of things with the claims for which they are in."""


def find_things(store: Store, kind: Kind, conditions: Conditions, *, question: str = "") -> Answers:
    """Find the things of a kind that fulfil all conditions, each with the lines that say so.

    A model or dataset has the venue and the topics of the papers that introduce it. It costs one
    pass over the claims of each property that a condition is about.
    """
    found: list[_Found] = []
    told: list[str] = []
    coverages: list[Coverage] = []
    described: list[tuple[str, frozenset[tuple[str, ...]]]] = []
    for wanted in conditions.values:
        if wanted.is_description:
            described.append((wanted.text, frozenset([wanted.tokens])))
            continue
        said = _claims_of(store, kind, wanted.properties)
        fitting = {
            thing: [c for c in claims if wanted.fits(str(c.claim.values["text"]), _of(c))]
            for thing, claims in said.items()
        }
        found.append(_with_claims(fitting))
        told.append(f"{wanted.properties[0]} {wanted.text!r}")
        coverages.append(_covered(store, kind, said, wanted.properties[0]))
    for text, words in conditions.described:
        described.append((text, frozenset(tuple(value_tokens(w, Property.TASK)) for w in words)))
    for text, alternatives in described:
        fitting = _described(store, kind, alternatives)
        found.append(_with_claims(_as_said_in(conditions.inside, fitting)))
        told.append(f"described as {text!r}")
    for bound in conditions.bounds:
        said = _claims_of(store, kind, [bound.predicate])
        within = {t: [c for c in cs if _is_within(c, bound)] for t, cs in said.items()}
        found.append(_with_claims(within))
        told.append(f"{bound.predicate} {bound.text}")
        coverages.append(_covered(store, kind, said, bound.predicate))
    if conditions.topics:
        found.append(_on_topics(store, kind, conditions.topics))
        told.append(f"ABOUT {' or '.join(t.name for t in conditions.topics)}")
    for source in conditions.inside:
        found.append(_named_in(store, kind, source))
        told.append(f"in {_short(source)}")
    for source in conditions.outside:
        told.append(f"not in {_short(source)}")
    if conditions.states:
        found.append({t: [] for t in _in_state(store, conditions.states)})
        told.append(f"marked {' or '.join(sorted(conditions.states))}")
    if conditions.evaluated:
        tested: _Found = defaultdict(list)
        for stored in store.iter_claims(predicates=[Relation.EVALUATED_ON]):
            if stored.object is not None and stored.claim.stance is Stance.STATES:
                tested[stored.object.id].append(stored)
        found.append(dict(tested))
        told.append("that models are EVALUATED_ON")
    barred = {t for s in conditions.outside for t in _named_in(store, kind, s)}
    answers = _answers(store, kind, found, barred)
    least = min(coverages, key=lambda c: c.with_record, default=None)
    named = f"{kind}s {', '.join(told)}" if told else f"all {kind}s"
    return Answers(question, named, answers, least)


def _answers(
    store: Store, kind: Kind, found: Sequence[_Found], barred: set[str]
) -> tuple[Answer, ...]:
    """Return the things that are in every part, with the lines of all."""
    if found:
        ids = set.intersection(*map(set, found)) - barred
    else:
        ids = {e.id for e in store.iter_entities(kind)} - barred
    answers = []
    for ident in sorted(ids):
        for thing in store.find_entities(ident)[:1]:
            if thing.kind is not kind:
                continue
            claims = [c for part in found for c in part.get(ident, ())]
            shown: dict[str, JsonValue] = {}
            for stored in claims:
                if isinstance(stored.claim.predicate, Property):
                    shown.setdefault(str(stored.claim.predicate), str(stored.claim.values["text"]))
            lines = evidence_of(claims)
            answers.append(Answer(thing.id, thing.kind, thing.name, "direct", shown, lines))
    return tuple(sorted(answers, key=lambda a: (a.name.casefold(), a.id)))


def _as_said_in(sources: Sequence[str], found: _Found) -> _Found:
    """Take a document's own word for what its things are, where it says so of any."""
    own = {t: [c for c in claims if c.source in sources] for t, claims in found.items()}
    return own if any(own.values()) else found


def _with_claims(found: _Found) -> _Found:
    return {thing: claims for thing, claims in found.items() if claims}


def _of(stored: StoredClaim) -> Property:
    return Property(stored.claim.predicate)


def _claims_of(store: Store, kind: Kind, predicates: Iterable[Property]) -> _Found:
    """Return what is said of things of a kind; a venue is also said of what its papers introduce."""
    wanted = list(predicates)
    said: _Found = defaultdict(list)
    of_papers: _Found = defaultdict(list)
    for stored in store.iter_claims(predicates=wanted):
        if stored.claim.stance is not Stance.STATES:
            continue
        if stored.subject.kind is kind:
            said[stored.subject.id].append(stored)
        elif stored.subject.kind is Kind.PAPER and stored.claim.predicate is Property.VENUE:
            of_papers[stored.subject.id].append(stored)
    if of_papers and kind in (Kind.MODEL, Kind.DATASET):
        _add(said, _introduced(store, kind, of_papers))
    return dict(said)


def _introduced(store: Store, kind: Kind, of_papers: _Found) -> _Found:
    """Give what is said of papers to the things of a kind that they introduce."""
    found: _Found = defaultdict(list)
    for stored in store.iter_claims(predicates=[Relation.INTRODUCES]):
        thing = stored.object
        if thing is not None and thing.kind is kind and stored.claim.stance is Stance.STATES:
            found[thing.id] += of_papers.get(stored.subject.id, ())
    return _with_claims(found)


def _add(to: _Found, more: _Found) -> None:
    for thing, claims in more.items():
        to.setdefault(thing, [])
        to[thing] += claims


def _fits_any(stored: StoredClaim, alternatives: Iterable[tuple[str, ...]]) -> bool:
    value = value_tokens(str(stored.claim.values["text"]), _of(stored))
    return any(contains_run(value, tokens) for tokens in alternatives)


def _described(store: Store, kind: Kind, alternatives: frozenset[tuple[str, ...]]) -> _Found:
    """Find things with one of some words in a description, or in the name of a topic or document."""
    found = {
        thing: [c for c in claims if _fits_any(c, alternatives)]
        for thing, claims in _claims_of(store, kind, DESCRIBING).items()
    }
    topics = [
        t
        for t in store.iter_entities(Kind.TOPIC)
        if any(contains_run(value_tokens(t.name, Property.TASK), a) for a in alternatives)
    ]
    if topics:
        _add(found, _on_topics(store, kind, topics))
    for source in store.sources():
        title = value_tokens(source.title, Property.TASK)
        if any(contains_run(title, a) for a in alternatives):
            _add(found, _named_in(store, kind, source.id))
    return found


def _on_topics(store: Store, kind: Kind, topics: Sequence[Entity]) -> _Found:
    """Find what lists group under topics or their subtopics, with the lines."""
    papers: _Found = defaultdict(list)
    for topic in sorted(with_subtopics(store, (t.id for t in topics))):
        for stored in store.iter_claims(object=topic, predicates=[Relation.ABOUT]):
            papers[stored.subject.id].append(stored)
    if kind is Kind.PAPER:
        return dict(papers)
    return _introduced(store, kind, papers)


def _named_in(store: Store, kind: Kind, source: str) -> _Found:
    """Find the things of a kind that a source names, with the first line that does."""
    found: _Found = {}
    for stored in store.iter_claims(source=source):
        for end in (stored.subject, stored.object):
            if end is not None and end.kind is kind:
                found.setdefault(end.id, [stored])
    return found


def _in_state(store: Store, states: frozenset[str]) -> set[str]:
    marks = get_marks(store)
    found = {t for t, m in marks.items() if m.state in states}
    if "unread" in states:
        found |= {t for t, m in marks.items() if m.state not in ("read", "skipped", None)}
    return found


_SUFFIX = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def _is_within(stored: StoredClaim, bound: Bound) -> bool:
    """Compare a claim's number; of several numbers ('7B, 13B') one is enough."""
    values = stored.claim.values
    if bound.predicate is Property.PARAMETERS:
        unit = str(values.get("unit") or "")
        return any(bound.holds(n) for n in _parameters(str(values["text"]), unit))
    unit, value = str(values.get("unit", "unknown")), values.get("value")
    if not isinstance(value, int | float):
        return False
    if bound.unit:
        return unit in (bound.unit, "unknown") and bound.holds(value)
    return unit != "bytes" and bound.holds(value)


def _parameters(text: str, unit: str) -> list[float]:
    """Read '7', '7B 13B' and '0.1 - 14' as counts; without a letter they are of the unit."""
    found = []
    for match in re.finditer(r"(\d+(?:\.\d+)?)\s*([KMBT])?\b", text):
        letter = match[2] or unit.upper()
        if letter in _SUFFIX:
            found.append(float(match[1]) * _SUFFIX[letter])
    return found


def _covered(store: Store, kind: Kind, said: _Found, predicate: Property) -> Coverage:
    what = f"{kind}s with a recorded {predicate}"
    return Coverage(len(said), store.count_entities(kind), what, f"{kind}s")


def _short(source: str) -> str:
    return source.rpartition("/")[2]


def count_by_time(things: Answers, sieve: Sieve, *, monthly: bool) -> Answers:
    """Count things by the year or month in which they first appeared.

    Parameters
    ----------
    things : what to count
    sieve : tells the dates; see `Sieve.date_of`
    monthly : by month; what is known by its year alone is then counted as such

    Returns
    -------
    Answers
        One answer a period, newest first, with the number and some of the names; those without a
        date are told in the remark.
    """
    names: dict[str, list[str]] = defaultdict(list)
    kinds: Counter[Kind] = Counter()
    undated = 0
    for answer in things.answers:
        kinds[answer.kind] += 1
        dated = sieve.date_of(Entity(answer.id, answer.kind, answer.name))
        if dated is None:
            undated += 1
            continue
        names[str(dated.span)[: 7 if monthly else 4]].append(answer.name)
    kind = kinds.most_common(1)[0][0] if kinds else Kind.MODEL
    counted = tuple(
        Answer(period, kind, period, "direct", {"count": len(held), "among them": list(held[:3])})
        for period, held in sorted(names.items(), reverse=True)
    )
    in_all = sum(kinds.values())
    period = "month" if monthly else "year"
    missing = f"{undated} of {in_all} without a date" if undated else ""
    return replace(
        things,
        understood=f"{things.understood}, counted by the {period} of their first appearance",
        answers=counted,
        indirect=(),
        coverage=None,
        remark="; ".join(filter(None, (things.remark, missing))),
    )
