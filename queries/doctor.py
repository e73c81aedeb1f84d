"""What a reader should look at: contradictions, doubtful names, repairs, gaps, old lists.

Nothing is decided here: each finding shows what is said, by whom, at which line.
"""

from __future__ import annotations

import datetime
import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from kg.decisions import YOUR_FORMAT
from kg.identity import marks_agree, names_agree, titles_agree
from kg.model import JsonValue, Kind, Property, Relation, Stance
from kg.names import fold, letters, marks
from kg.nearness import differ_in_size_only, near_keys, size_of
from kg.store import NameInfo, SharedEvidence, Store, StoredClaim, is_missing_file
from queries.review import Review, evidence_of_name, find_reviews

DAYS_UNTIL_OLD = 90
"""Days after which a list counts as not re-read for long."""


class Section(StrEnum):
    """What a finding is about."""

    CONTRADICTION = "contradictions"
    DUPLICATE = "possible duplicates"
    MERGE = "suspicious merges"
    REPAIR = "repairs"
    STUB = "stubs"
    SOURCE = "sources"


class Severity(StrEnum):
    """How much a finding matters to answers."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


_RANK = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


@dataclass(frozen=True, slots=True)
class Said:
    """One value of a finding, with where it stands."""

    value: str
    of: str = ""
    """The name it is said of, where the finding is about several."""
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth a look."""

    section: Section
    severity: Severity
    what: str
    """One sentence: what does not fit."""
    said: tuple[Said, ...] = ()
    hint: str = ""
    """A command that settles it."""

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg doctor --json``."""
        return {
            "section": str(self.section),
            "severity": str(self.severity),
            "what": self.what,
            "values": [
                {"value": s.value, "of": s.of or None, "source": s.source, "line": s.line}
                for s in self.said
            ],
            "hint": self.hint or None,
        }


def find_findings(
    store: Store,
    *,
    today: datetime.date | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Finding]:
    """Look through the whole store; findings by section, the weightiest first.

    Parameters
    ----------
    store : what to look through; about a minute for a million papers
    today : the day from which old lists are counted; the present one without it
    progress : called with what is being looked at
    """
    say = progress or (lambda _: None)
    say("comparing claims")
    found = [*_identifier_conflicts(store), *_property_conflicts(store)]
    found += _relation_conflicts(store)
    introduced = _introduced_by_paper(store)
    found += _linked_otherwise(store, introduced)
    found += _versions_of_one_paper(introduced)
    say("comparing names")
    found += _size_conflicts(store)
    shared = store.shared_evidence()
    found += _shared_identifiers(shared)
    found += _shared_addresses(store)
    found += [_doubt(r) for r in find_reviews(store)]
    found += _suspicious_merges(store)
    say("looking at the sources")
    found += _remarks(store)
    found += _stubs(store)
    found += _old_sources(store, today or datetime.datetime.now(datetime.UTC).date())
    order = list(Section)
    return sorted(
        found,
        key=lambda f: (
            order.index(f.section),
            _RANK[f.severity],
            f.what,
            f.said[:1] and f.said[0].line,
        ),
    )


def _said(stored: StoredClaim, value: str | None = None, of: str = "") -> Said:
    text = value if value is not None else str(stored.claim.values.get("text", ""))
    return Said(text, of, stored.source, stored.claim.line)


def _unique(said: Iterable[Said]) -> tuple[Said, ...]:
    return tuple(dict.fromkeys(said))


# -- contradictions ---------------------------------------------------------------------------


def _identifier_conflicts(store: Store) -> Iterator[Finding]:
    """Papers that are given two identifiers of one scheme."""
    for scheme in (Property.ARXIV, Property.DOI, Property.ACL):
        for claims in _by_subject(store.iter_claims(predicates=[str(scheme)], contested=True)):
            values = {str(c.claim.values["text"]).casefold() for c in claims}
            if len(values) > 1:
                yield Finding(
                    Section.CONTRADICTION,
                    Severity.HIGH,
                    f"{claims[0].subject.name}: {len(values)} different {scheme} ids",
                    _unique(_said(c) for c in claims),
                )


def _by_subject(claims: Iterable[StoredClaim]) -> Iterator[list[StoredClaim]]:
    groups: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in claims:
        groups[stored.subject.id].append(stored)
    return (groups[k] for k in sorted(groups) if len(groups[k]) > 1)


_SINGLE = {
    Property.SIZE: Severity.MEDIUM,
    Property.PARAMETERS: Severity.MEDIUM,
    Property.LICENCE: Severity.MEDIUM,
    Property.READ: Severity.MEDIUM,
    Property.YEAR: Severity.LOW,
    Property.VENUE: Severity.LOW,
}
"""Properties of which a thing has one value -> how much it matters when sources differ."""
_ROUNDING = 0.03
"""Two amounts this close are one amount rounded: 1.2M and 1,177,600 are."""


def _property_conflicts(store: Store) -> Iterator[Finding]:
    for predicate, severity in _SINGLE.items():
        for claims in _by_subject(store.iter_claims(predicates=[str(predicate)], contested=True)):
            stated = [c for c in claims if c.claim.stance is Stance.STATES]
            if any(_values_differ(a, b) for a, b in combinations(_distinct(stated), 2)):
                yield Finding(
                    Section.CONTRADICTION,
                    severity,
                    f"{claims[0].subject.name}: sources differ in "
                    + ("whether it was read" if predicate is Property.READ else f"its {predicate}"),
                    _unique(_said(c) for c in stated),
                )


def _distinct(claims: list[StoredClaim]) -> list[StoredClaim]:
    return list({str(c.claim.values["text"]).casefold(): c for c in claims}.values())[:20]


def _values_differ(a: StoredClaim, b: StoredClaim) -> bool:
    x, y = a.claim.values, b.claim.values
    left, right = x.get("value"), y.get("value")
    if isinstance(left, int | float) and isinstance(right, int | float):
        if x.get("unit") != y.get("unit") and "unknown" not in (x.get("unit"), y.get("unit")):
            return False
        return abs(left - right) > _ROUNDING * max(abs(left), abs(right))
    folded = fold(str(x["text"])), fold(str(y["text"]))
    if a.claim.predicate is Property.READ:
        return folded[0] != folded[1]  # 'unread' holds 'read' and says the contrary
    if a.claim.predicate is Property.VENUE and _is_one_venue(str(x["text"]), str(y["text"])):
        return False
    return folded[0] not in folded[1] and folded[1] not in folded[0]


def _is_one_venue(a: str, b: str) -> bool:
    """Whether one text has the other's abbreviation, and no other year stands in it.

    Examples
    --------
    >>> _is_one_venue("ICLR 2025", "International Conference on Learning Representations")
    True
    >>> _is_one_venue("ICML 2025", "International Conference on Learning Representations")
    False
    """
    years = [set(re.findall(r"\b(?:19|20)\d\d\b", text)) for text in (a, b)]
    if all(years) and not years[0] & years[1]:
        return False
    return _abbreviates(a, b) or _abbreviates(b, a)


def _abbreviates(short: str, full: str) -> bool:
    """Whether the capitals of a word are the initials of words that follow each other."""
    initials = "".join(w[0] for w in re.findall(r"[^\W\d_]{2,}", full) if w[0].isupper())
    capitals = ("".join(re.findall(r"[A-Z]", word)) for word in re.findall(r"[A-Za-z]+", short))
    return any(len(c) > 2 and c in initials for c in capitals)


def _relation_conflicts(store: Store) -> Iterator[Finding]:
    """One link with two amounts or scores, or stated here and denied there."""
    groups: dict[tuple[str, ...], list[StoredClaim]] = defaultdict(list)
    judged = (Relation.TRAINED_ON, Relation.EVALUATED_ON, Relation.DERIVED_FROM)
    for stored in store.iter_claims(predicates=[str(r) for r in judged]):
        if stored.object is None:
            groups[stored.subject.id, str(stored.claim.predicate)].append(stored)
            continue
        qualifiers = sorted((k, str(v)) for k, v in stored.claim.qualifiers.items())
        said = (stored.subject.id, str(stored.claim.predicate), stored.object.id, str(qualifiers))
        groups[said].append(stored)
    for key in sorted(groups):
        claims = groups[key]
        first = claims[0]
        name = f"{first.subject.name} {first.claim.predicate}" + (
            f" {first.object.name}" if first.object else ""
        )
        stances = {c.claim.stance for c in claims}
        if Stance.STATES in stances and Stance.DENIES in stances:
            yield Finding(
                Section.CONTRADICTION, Severity.HIGH, f"{name}: stated and denied",
                _unique(_said(c, str(c.claim.stance)) for c in claims),
            )  # fmt: skip
        for attribute in ("amount", "score", "weight"):
            given = [c for c in claims if isinstance(c.claim.values.get(attribute), dict)]
            if _amounts_differ(given, attribute):
                yield Finding(
                    Section.CONTRADICTION, Severity.MEDIUM, f"{name}: different {attribute}s",
                    _unique(_said(c, _text_of(c.claim.values[attribute])) for c in given),
                )  # fmt: skip


def _text_of(value: JsonValue) -> str:
    return str(value.get("text", "")) if isinstance(value, dict) else str(value)


def _amounts_differ(claims: list[StoredClaim], attribute: str) -> bool:
    amounts = [c.claim.values[attribute] for c in claims]
    numbers = [a["value"] for a in amounts if isinstance(a, dict) and "value" in a]
    known = [float(n) for n in numbers if isinstance(n, int | float)]
    return len(known) > 1 and max(known) - min(known) > _ROUNDING * abs(max(known))


def _introduced_by_paper(store: Store) -> Mapping[str, list[StoredClaim]]:
    introduced: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in store.iter_claims(predicates=[str(Relation.INTRODUCES)]):
        introduced[stored.subject.id].append(stored)
    return introduced


def _linked_otherwise(
    store: Store, introduced: Mapping[str, list[StoredClaim]]
) -> Iterator[Finding]:
    """A paper is said to introduce X, but its own page is that of X-Y, which is known as well."""
    known: dict[str, list[tuple[str, str, Kind]]] = defaultdict(list)
    for kind in (Kind.MODEL, Kind.DATASET):
        for name in store.iter_names(kind):
            folded = fold(name.name.text)
            if len(folded) >= 6:
                known[folded[:6]].append((folded, name.entity, kind))
    pages: dict[str, list[StoredClaim]] = defaultdict(list)
    for stored in store.iter_claims(predicates=[str(Property.LINK)]):
        if stored.subject.kind is Kind.PAPER:
            pages[stored.subject.id].append(stored)
    names: dict[str, Said] = {}
    for paper, claims in sorted(introduced.items()):
        own = {c.object.id for c in claims if c.object}
        for stored in claims:
            if stored.object is None:
                continue
            short = fold(stored.object.name)
            for page in pages[paper]:
                written = fold(str(page.claim.values["text"]).rstrip("/").rsplit("/", 1)[-1])
                for longer, entity, kind in known[short[:6]]:
                    if (
                        kind is stored.object.kind
                        and entity not in own
                        and len(longer) > len(short)
                        and longer.startswith(short)
                        and written.endswith(longer)
                    ):
                        other = names.setdefault(entity, _first_use(store, entity))
                        yield Finding(
                            Section.CONTRADICTION,
                            Severity.MEDIUM,
                            f"{stored.subject.name}: said to introduce {stored.object.name},"
                            f" but its page is that of {other.value}",
                            (
                                _said(stored, stored.object.as_written),
                                _said(page),
                                other,
                            ),
                        )


def _versions_of_one_paper(introduced: Mapping[str, list[StoredClaim]]) -> Iterator[Finding]:
    """One paper is linked for two versions of a thing, and its title does not name both."""
    for claims in introduced.values():
        first = {c.object.id: c for c in claims if c.object}
        versions = {
            end
            for a, b in combinations(list(first.values())[:20], 2)
            if a.object and b.object and a.object.kind is b.object.kind
            and _are_versions(a.object.name, b.object.name)
            for end in (a.object.id, b.object.id)
        }  # fmt: skip
        title = fold(claims[0].subject.name)
        named = [c for c in claims if c.object and c.object.id in versions]
        if named and not all(fold(c.object.name) in title for c in named if c.object):
            names = sorted({c.object.name for c in named if c.object})
            yield Finding(
                Section.CONTRADICTION, Severity.HIGH,
                f"{claims[0].subject.name} is the paper given for {' and '.join(names)}",
                _unique(_said(c, c.subject.as_written, c.object.as_written) for c in named if c.object),
            )  # fmt: skip


def _are_versions(a: str, b: str) -> bool:
    """Whether two names differ in a version number only."""
    unlike = [*(Counter(marks(a)) - Counter(marks(b))), *(Counter(marks(b)) - Counter(marks(a)))]
    return bool(unlike) and letters(a) == letters(b) and all(m[-1].isdigit() for m in unlike)


def _first_use(store: Store, entity: str) -> Said:
    name = next(iter(store.iter_names(of=entity)))
    lines = evidence_of_name(store, name, 1)
    where = (lines[0].source, lines[0].line) if lines else ("", 0)
    return Said(name.name.text, "", *where)


def _size_conflicts(store: Store) -> Iterator[Finding]:
    """Sizes in names: two names that differ in a close size; a stated size unlike the name's."""
    index: dict[str, list[NameInfo]] = defaultdict(list)
    for name in store.iter_names(Kind.DATASET):
        for key in near_keys(Kind.DATASET, name.name.text, name.folded):
            if key.startswith("s:"):
                index[key].append(name)
    told = list(_told_sizes(store))
    for names in index.values():
        for a, b in combinations(names[:30], 2):
            if a.entity != b.entity and differ_in_size_only(a.name.text, b.name.text):
                also = [said for owner, said in told if owner in a.folded or owner in b.folded]
                yield Finding(
                    Section.CONTRADICTION,
                    Severity.MEDIUM,
                    f"{a.name.text} and {b.name.text}: names that differ in a close size only",
                    _unique((*_uses(store, a), *_uses(store, b), *also)),
                    shlex.join(("kg", "merge", a.id, b.id)),
                )
    for stored in store.iter_claims(predicates=[str(Property.SIZE)]):
        value = stored.claim.values.get("value")
        sizes = [m for m in marks(stored.claim.subject.text) if m[-1].isalpha()]
        if not isinstance(value, int | float) or len(sizes) != 1 or value <= 0:
            continue
        ratio = size_of(sizes[0]) / value
        if stored.subject.kind is Kind.DATASET and any(
            abs(ratio / factor - 1) <= 0.25 for factor in (1e3, 1e6, 1e-3, 1e-6)
        ):
            yield Finding(
                Section.CONTRADICTION,
                Severity.HIGH,
                f"{stored.claim.subject.text}: its size is given as {stored.claim.values['text']},"
                f" its name says {sizes[0]}",
                (_said(stored, of=stored.claim.subject.text),),
            )


_TOLD_SIZE = re.compile(r" of ([^:]+): (\S.*)$")


def _told_sizes(store: Store) -> Iterator[tuple[str, Said]]:
    """Yield sizes of unnamed datasets that text tells of a model: its folded name and the size."""
    for source, remark in store.remarks():
        match = _TOLD_SIZE.search(remark.text) if remark.kind == "size" else None
        if match and len(fold(match[1])) >= 4:
            yield fold(match[1]), Said(match[2], match[1], source, remark.line)


def _uses(store: Store, name: NameInfo) -> tuple[Said, ...]:
    lines = evidence_of_name(store, name)
    return tuple(Said(name.name.text, "", e.source, e.line) for e in lines)


def _shared_identifiers(shared: Iterable[SharedEvidence]) -> Iterator[Finding]:
    """One identifier given to papers whose titles do not agree."""
    for evidence in shared:
        if evidence.type != "identifier":
            continue
        titles = Counter(p.name.name.text for p in evidence.places)
        if any(not titles_agree(a, b) for a, b in combinations(sorted(titles), 2)):
            scheme, _, value = evidence.value.partition(":")
            yield Finding(
                Section.CONTRADICTION,
                Severity.HIGH,
                f"{scheme} {value} is given to {len({p.name.entity for p in evidence.places})} papers",
                _unique(Said(value, p.name.name.text, p.source, p.line) for p in evidence.places),
            )


def _shared_addresses(store: Store) -> Iterator[Finding]:
    """One address given as their own to things whose names are alike but for size or version."""
    groups: dict[tuple[Kind, str], list[StoredClaim]] = defaultdict(list)
    for stored in store.iter_claims(predicates=[str(Property.LINK)]):
        if stored.subject.kind is not Kind.PAPER and stored.claim.values.get("own"):
            address = str(stored.claim.values["text"]).rstrip("/")
            groups[stored.subject.kind, address].append(stored)
    for (kind, address), claims in sorted(groups.items()):
        first: dict[str, StoredClaim] = {}
        for stored in claims:
            first.setdefault(stored.subject.id, stored)
        alike = [
            (a, b)
            for a, b in combinations(list(first.values())[:20], 2)
            if letters(a.subject.as_written) == letters(b.subject.as_written)
        ]
        if alike:
            ids = {e.subject.id for pair in alike for e in pair}
            names = sorted({c.subject.as_written for c in claims if c.subject.id in ids})
            yield Finding(
                Section.CONTRADICTION,
                Severity.MEDIUM,
                f"one address for {len(ids)} {kind}s: {', '.join(names)}",
                _unique(
                    Said(address, c.subject.as_written, c.source, c.claim.line)
                    for c in claims
                    if c.subject.id in ids
                ),
            )


# -- names ------------------------------------------------------------------------------------


def _doubt(review: Review) -> Finding:
    a, b = review.a, review.b
    said = [
        Said(side.name.text, "", e.source, e.line) for side in (a, b) for e in side.evidence[:1]
    ]
    return Finding(
        Section.DUPLICATE,
        Severity.MEDIUM if review.is_probable else Severity.LOW,
        f"{a.name.kind} {a.name.text} / {b.name.text}: {review.why}",
        tuple(said),
        f"kg review accept {review.n}",
    )


def _suspicious_merges(store: Store) -> Iterator[Finding]:
    """Things whose names do not agree in letters, sizes or versions, unless the user said so."""
    groups: dict[str, list[NameInfo]] = defaultdict(list)
    for kind in (Kind.PAPER, Kind.MODEL, Kind.DATASET):
        for name in store.iter_names(kind, merged=True):
            groups[name.entity].append(name)
    for entity, names in sorted(groups.items()):
        unlike = next(((a, b) for a, b in combinations(names[:12], 2) if not _agree(a, b)), None)
        if unlike is None:
            continue
        why = store.reasons(entity)
        if any("your decision" in reason for reason in why.values()):
            continue
        a, b = unlike
        yield Finding(
            Section.MERGE,
            Severity.LOW,
            f"{a.name.text} = {b.name.text}: "
            + "; ".join(dict.fromkeys(r for t, r in why.items() if r != "written so")),
            _unique(_uses(store, a)[:1] + _uses(store, b)[:1]),
            shlex.join(("kg", "split", a.id, b.id)),
        )


def _agree(a: NameInfo, b: NameInfo) -> bool:
    x, y = a.name.text, b.name.text
    if a.name.kind is Kind.PAPER:
        return titles_agree(x, y)
    return marks_agree(x, y) and names_agree(x, y)


# -- sources ----------------------------------------------------------------------------------


_LINE = re.compile(r"\bline (\d+)")


def _remarks(store: Store) -> Iterator[Finding]:
    """What readers repaired on the way in, and lists that contradict themselves."""
    repairs: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for source, remark in store.remarks():
        if remark.kind == "repair":
            repairs[source, remark.text].append(Said(remark.text, "", source, remark.line))
        elif remark.kind == "contradiction":
            lines = dict.fromkeys([remark.line, *map(int, _LINE.findall(remark.text))])
            said = tuple(Said(f"line {line}", "", source, line) for line in lines)
            yield Finding(Section.CONTRADICTION, Severity.HIGH, remark.text, said)
    for (_, text), said_so in repairs.items():
        yield Finding(Section.REPAIR, Severity.LOW, text, tuple(said_so))


def _stubs(store: Store) -> Iterator[Finding]:
    """Names about which nothing is known but that something refers to them, counted by kind."""
    by_kind: dict[Kind, list[str]] = defaultdict(list)
    for entity in store.stubs():
        by_kind[entity.kind].append(entity.name)
    for kind in (Kind.PAPER, Kind.MODEL, Kind.DATASET):
        if by_kind[kind]:
            yield Finding(
                Section.STUB,
                Severity.LOW,
                f"{len(by_kind[kind])} {kind}s are only named by others",
                tuple(Said(name) for name in by_kind[kind]),
            )


def _old_sources(store: Store, today: datetime.date) -> Iterator[Finding]:
    for source in store.sources():
        if source.is_forgotten or source.format == YOUR_FORMAT:
            continue
        seen = datetime.datetime.fromisoformat(source.seen_at or source.loaded_at).date()
        said = (Said(seen.isoformat(), "", source.id),)
        if is_missing_file(source.id):
            yield Finding(
                Section.SOURCE, Severity.MEDIUM, f"{source.id}: the file is gone", said,
                shlex.join(("kg", "forget", source.id)),
            )  # fmt: skip
        elif (today - seen).days > DAYS_UNTIL_OLD:
            yield Finding(
                Section.SOURCE, Severity.LOW,
                f"{source.id}: not read again for {(today - seen).days} days", said,
                shlex.join(("kg", "ingest", source.id)),
            )  # fmt: skip
