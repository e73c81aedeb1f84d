"""Questions about papers: introducing, on a topic, of a document, read or not, citing, meeting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kg.model import IDENTIFIERS, Kind, Property, Relation, Stance
from kg.names import fold
from kg.store import Entity, Store, StoredClaim
from queries.answers import Answer, Answers, Coverage, Evidence, claims_at, evidence_of, grouped
from queries.reader import get_marks
from queries.topics import with_subtopics


def find_introducing(store: Store, thing: Entity, *, question: str = "") -> Answers:
    """Find the papers that introduce a model or dataset."""
    claims = store.iter_claims(object=thing.id, predicates=[Relation.INTRODUCES])
    answers = grouped([c for c in claims if c.claim.stance is Stance.STATES], by_subject=True)
    understood = f"papers that INTRODUCE the {thing.kind} {thing.name}"
    return Answers(question, understood, answers, _coverage(store))


def find_introduced(store: Store, paper: Entity, *, question: str = "") -> Answers:
    """Find the models and datasets that a paper introduces."""
    claims = store.iter_claims(subject=paper.id, predicates=[Relation.INTRODUCES])
    answers = grouped([c for c in claims if c.claim.stance is Stance.STATES], by_subject=False)
    return Answers(question, f"what the paper {paper.name} INTRODUCES", answers)


def _coverage(store: Store) -> Coverage:
    return Coverage(
        store.count_subjects(Relation.INTRODUCES),
        store.count_entities(Kind.PAPER),
        "papers that introduce something",
        "papers",
    )


def find_papers_on(
    store: Store, topics: Sequence[Entity], *, sources: Sequence[str] = (), question: str = ""
) -> Answers:
    """Find the papers that lists group under a topic or one of its subtopics."""
    wanted = with_subtopics(store, (t.id for t in topics))
    about = claims_at(store, wanted, Relation.ABOUT, as_subject=False)
    claims = [
        c for t in sorted(wanted) for c in about.get(t, ()) if not sources or c.source in sources
    ]
    where = f" in {', '.join(s.rpartition('/')[2] for s in sources)}" if sources else ""
    understood = f"papers ABOUT {', '.join(t.name for t in topics)}{where}"
    return Answers(question, understood, grouped(claims, by_subject=True), _about(store))


def _about(store: Store) -> Coverage:
    with_topic = store.count_subjects(Relation.ABOUT)
    return Coverage(with_topic, store.count_entities(Kind.PAPER), "papers under a topic", "papers")


def find_by_read_mark(store: Store, *, read: bool, question: str = "") -> Answers:
    """Find the papers that are read, or not read yet: by the reader's own word, else by lists'.

    Papers of which nobody says anything are in neither answer.
    """
    marks = {ident: m for ident, m in get_marks(store).items() if m.said_by == "you"}
    claims = [
        c
        for c in store.iter_claims(predicates=[Property.READ])
        if c.subject.id not in marks and (str(c.claim.values["text"]).casefold() == "read") is read
    ]
    own = []
    for ident, mark in marks.items():
        if (mark.state == "read") is not read or mark.state == "skipped":
            continue
        for paper in store.find_entities(ident):
            said = Evidence("you", 0, f"{mark.state}, {mark.state_at}", 1.0)
            own.append(
                Answer(ident, paper.kind, paper.name, "direct", {"mark": mark.state}, (said,))
            )
    answers = sorted((*_of_properties(claims), *own), key=lambda a: (a.name.casefold(), a.id))
    coverage = Coverage(
        store.count_subjects(Property.READ),
        store.count_entities(Kind.PAPER),
        "papers with a mark in lists",
        "papers",
    )
    told = f"papers marked as {'read' if read else 'unread'}"
    return Answers(question, told, tuple(answers), coverage)


def find_unread_behind(store: Store, model: Entity, *, question: str = "") -> Answers:
    """Find the papers that introduce the datasets a model was trained on and are not read yet.

    A paper of which nobody says that it is read, or that it is to be skipped, counts as unread.
    """
    marks = get_marks(store)
    done = {ident for ident, m in marks.items() if m.state in ("read", "skipped")}
    found: dict[str, Answer] = {}
    claims = store.iter_claims(subject=model.id, predicates=[Relation.TRAINED_ON])
    for trained in claims:
        if trained.object is None or trained.claim.stance is not Stance.STATES:
            continue
        for paper in find_introducing(store, _thing(store, trained.object.id)).answers:
            if paper.id not in done and paper.id not in found:
                evidence = (*paper.evidence, Evidence.of(trained))
                how = f"introduces {trained.object.name}"
                found[paper.id] = Answer(paper.id, paper.kind, paper.name, how, {}, evidence)
    answers = tuple(sorted(found.values(), key=lambda a: (a.name.casefold(), a.id)))
    understood = f"unread papers that INTRODUCE datasets {model.name} was TRAINED_ON"
    return Answers(question, understood, answers, _coverage(store))


def _thing(store: Store, ident: str) -> Entity:
    return store.find_entities(ident)[0]


_SHOWN_AS = {"read": "mark"}


def _of_properties(claims: Iterable[StoredClaim]) -> tuple[Answer, ...]:
    groups: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in claims:
        groups[stored.subject.id].append(stored)
    answers = [
        Answer(
            ident,
            members[0].subject.kind,
            members[0].subject.name,
            "direct",
            {_SHOWN_AS.get(p, p): str(members[0].claim.values["text"])},
            evidence_of(members),
        )
        for ident, members in groups.items()
        for p in [str(members[0].claim.predicate)]
    ]
    return tuple(sorted(answers, key=lambda a: (a.name.casefold(), a.id)))


def find_papers_by(store: Store, authors: Sequence[Entity], *, question: str = "") -> Answers:
    """Find the papers that have all of some persons among their authors."""
    sides = [
        {
            a.id: a
            for a in grouped(
                store.iter_claims(object=person.id, predicates=[Relation.AUTHORED_BY]),
                by_subject=True,
            )
        }
        for person in authors
    ]
    shared = tuple(
        replace(a, attributes={}, evidence=tuple(e for s in sides for e in s[ident].evidence))
        for ident, a in sides[0].items()
        if all(ident in s for s in sides)
    )
    understood = f"papers AUTHORED_BY {' and '.join(p.name for p in authors)}"
    return Answers(question, understood, shared, _coverage_of_authors(store))


def find_authors(store: Store, paper: Entity, *, question: str = "") -> Answers:
    """Find the authors of a paper, in their order where a source gives it."""
    claims = store.iter_claims(subject=paper.id, predicates=[Relation.AUTHORED_BY])
    answers = grouped(claims, by_subject=False)
    understood = f"authors of {paper.name}"
    ordered = sorted(answers, key=lambda a: (_first_position(a), a.name.casefold()))
    return Answers(question, understood, tuple(ordered), _coverage_of_authors(store))


def _first_position(answer: Answer) -> float:
    position = answer.attributes.get("position")
    found = position if isinstance(position, list) else [position]
    return min((p for p in found if isinstance(p, int | float)), default=float("inf"))


def _coverage_of_authors(store: Store) -> Coverage:
    return Coverage(
        store.count_subjects(Relation.AUTHORED_BY),
        store.count_entities(Kind.PAPER),
        "papers with recorded authors",
        "papers",
    )


def find_citations(store: Store, paper: Entity, *, citing: bool, question: str = "") -> Answers:
    """Find the papers that cite a paper, or those that it cites."""
    claims = list(
        store.iter_claims(
            subject=None if citing else paper.id,
            object=paper.id if citing else None,
            predicates=[Relation.CITES],
        )
    )
    answers = grouped(claims, by_subject=citing)
    understood = f"papers that CITE {paper.name}" if citing else f"papers that {paper.name} CITES"
    coverage = Coverage(
        store.count_subjects(Relation.CITES),
        store.count_entities(Kind.PAPER),
        "papers with recorded references",
        "papers",
    )
    return Answers(question, understood, answers, coverage)


def find_shared_papers(store: Store, source: str, *, question: str = "") -> Answers:
    """Find the papers among one document's references that other documents have too."""
    cited = {
        c.object.id: c
        for c in store.iter_claims(predicates=[Relation.CITES], source=source)
        if c.object is not None
    }
    groups: dict[str, list[StoredClaim]] = defaultdict(list)
    for ident in cited:
        for stored in (*store.iter_claims(subject=ident), *store.iter_claims(object=ident)):
            if stored.source != source:
                groups[ident].append(stored)
    answers = []
    for ident, others in groups.items():
        end = cited[ident].object
        if end is not None:
            lines = dict.fromkeys([Evidence.of(cited[ident]), *map(Evidence.of, others)])
            answers.append(Answer(ident, end.kind, end.name, "direct", {}, tuple(lines)))
    name = source.rpartition("/")[2]
    return Answers(
        question,
        f"papers cited in {name} that other documents have too",
        tuple(sorted(answers, key=lambda a: (a.name.casefold(), a.id))),
        Coverage(len(cited), len(cited), f"papers cited in {name}", "papers cited there"),
    )


def find_values(store: Store, thing: Entity, predicate: Property, *, question: str = "") -> Answers:
    """Tell the values of a property of a thing, the one that is shown first, and who differs."""
    from queries.export import shown_value

    claims = list(store.iter_claims(subject=thing.id, predicates=[predicate]))
    own = store.identifiers(thing.id).get(thing.id, {}) if predicate in IDENTIFIERS else {}
    chosen = own.get(str(predicate)) or (str(shown_value(claims)) if claims else "")
    same = [c for c in claims if fold(str(c.claim.values["text"])) == fold(chosen)]
    others = [c for c in claims if c not in same]
    answers = (
        (
            Answer(
                thing.id,
                thing.kind,
                chosen,
                "direct",
                {"of": thing.name},
                evidence_of(same),
            ),
        )
        if claims
        else ()
    )
    remark = ""
    if others:
        listed = ", ".join(
            dict.fromkeys(
                f"{c.claim.values['text']} ({c.source.rpartition('/')[2]}:{c.claim.line})"
                for c in others
            )
        )
        remark = f"sources differ: also given as {listed}"
    coverage = Coverage(
        store.count_subjects(predicate),
        store.count_entities(thing.kind),
        f"things with a recorded {predicate}",
        f"{thing.kind}s",
    )
    return Answers(
        question, f"{predicate} of the {thing.kind} {thing.name}", answers, coverage, remark
    )
