"""The whole lineage of one thing: what it is derived from, and what is derived from it.

Each side is followed breadth first, so that a thing has its own lineage where it is nearest; at
every other place, and in a cycle, it is named and not followed again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from kg.errors import InputError
from kg.model import JsonValue, Kind, Relation, Stance
from kg.store import End, Entity, Store, StoredClaim
from queries.answers import (
    Coverage,
    Evidence,
    claims_at,
    evidence_of,
    get_entity,
    merged_attributes,
)
from queries.lineage import DEEPEST, coverage_of_origins
from queries.narrow import Narrow, Sieve


@dataclass(frozen=True, slots=True)
class Said:
    """What sources say of one thing deriving from another in one role."""

    role: str
    """'' where no source gives one."""
    stance: Stance
    attributes: Mapping[str, JsonValue]
    """Amount and weight; a list where sources differ."""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a lineage, from a thing to the next one."""

    other: End
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that introduces a thing of a lineage."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """One thing of one side of a lineage."""

    id: str
    kind: Kind
    name: str
    steps: int
    """How far it is from the thing asked about."""
    found_from: str
    """Id of the thing under which it is followed; '' for the one asked about."""
    links: tuple[Link, ...] = ()
    """Steps on, by name; none where the side ends or was not followed."""
    not_derived: tuple[tuple[End | None, Said], ...] = ()
    """What sources deny, or say not to be disclosed; None where they name nothing."""
    papers: tuple[Paper, ...] = ()
    goes_on: bool = False
    """Whether there is more beyond the depth that was asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree that a side makes."""

    is_last: tuple[bool, ...]
    """For each step on the way here whether it is the last one beside its siblings."""
    link: Link
    member: Member
    place: Literal["here", "elsewhere", "cycle"]
    """Whether the thing is followed here, at another place, or is on the way here itself."""


@dataclass(frozen=True, slots=True)
class Side:
    """All that a thing is derived from (or that is derived from it), by id, nearest first."""

    start: str
    members: Mapping[str, Member]

    def rows(self) -> Iterator[Row]:
        """Yield the steps as a tree, depth first; what was met nearer is not followed again."""
        path: list[tuple[str, bool]] = []  # of the things above: id, and whether it is the last
        waiting = _steps_of(self.members[self.start], 0)
        while waiting:
            parent, link, depth, is_last = waiting.pop()
            del path[depth:]
            member = self.members[link.other.id]
            above = {self.start, *(ident for ident, _ in path)}
            path.append((member.id, is_last))
            marks = tuple(last for _, last in path)
            if member.id in above:
                yield Row(marks, link, member, "cycle")
            elif member.found_from != parent:
                yield Row(marks, link, member, "elsewhere")
            else:
                yield Row(marks, link, member, "here")
                waiting += _steps_of(member, depth + 1)


def _steps_of(member: Member, depth: int) -> list[tuple[str, Link, int, bool]]:
    """List the steps on from a thing, the first at the end, as a stack takes them."""
    return [(member.id, link, depth, n == 0) for n, link in enumerate(reversed(member.links))]


@dataclass(frozen=True, slots=True)
class Lineage:
    """The lineage of one thing; a side that was not asked for is None."""

    entity: Entity
    remark: str
    depth: int
    up: Side | None
    down: Side | None
    coverage: Coverage

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg lineage --json``: nodes and edges, each once.

        `id`, `kind`, `name`, `remark`, `depth` (steps at most) and `coverage` (as of ``kg ask``).
        `nodes`: `id`, `kind`, `name`, `up` and `down` (steps from the thing asked about on each
        side, null where it is not on it), `goes_on` (whether more lies beyond the depth) and
        `introduced_by` (papers with `id` and `name`). `edges`: `subject` and `object` (ids; the
        subject derives from the object, which is null where sources name none), `role` (null
        where none is given), `stance` ('states', 'denies' or 'undisclosed'), `attributes` and
        `evidence` (as of ``kg ask``).
        """
        nodes: dict[str, dict[str, JsonValue]] = {}
        edges: dict[tuple[str, ...], dict[str, JsonValue]] = {}
        for name, side in (("up", self.up), ("down", self.down)):
            for member in side.members.values() if side else ():
                node = nodes.setdefault(member.id, _node(member))
                node[name] = member.steps
                node["goes_on"] = bool(node["goes_on"]) or member.goes_on
                for other, said in _all_said(member):
                    ends = (member.id, other.id if other else "")
                    subject, target = ends if name == "up" else ends[::-1]
                    key = (subject, target, said.role, str(said.stance))
                    edges.setdefault(key, _edge(subject, target, said))
        return {
            "id": self.entity.id,
            "kind": str(self.entity.kind),
            "name": self.entity.name,
            "remark": self.remark,
            "depth": self.depth,
            "nodes": [nodes[i] for i in sorted(nodes)],
            "edges": [edges[k] for k in sorted(edges)],
            "coverage": self.coverage.to_json(),
        }


def _all_said(member: Member) -> Iterator[tuple[End | None, Said]]:
    for link in member.links:
        for said in link.said:
            yield link.other, said
    yield from member.not_derived


def _node(member: Member) -> dict[str, JsonValue]:
    return {
        "id": member.id,
        "kind": str(member.kind),
        "name": member.name,
        "up": None,
        "down": None,
        "goes_on": False,
        "introduced_by": [{"id": p.id, "name": p.name} for p in member.papers],
    }


def _edge(subject: str, target: str, said: Said) -> dict[str, JsonValue]:
    return {
        "subject": subject,
        "object": target or None,
        "role": said.role or None,
        "stance": str(said.stance),
        "attributes": dict(said.attributes),
        "evidence": [e.to_json() for e in said.evidence],
    }


def find_lineage(
    store: Store,
    name: str,
    narrow: Narrow | None = None,
    *,
    up: bool = True,
    down: bool = True,
    depth: int = DEEPEST,
) -> Lineage:
    """Find the whole lineage of a model or dataset.

    Narrowed, only what such sources say as surely counts, and the way leads only over things
    that are in; the thing asked about always is.

    Parameters
    ----------
    store : where to look
    name : name, alias or id of a model or dataset
    narrow : which claims and things count
    up : find what it is derived from
    down : find what is derived from it
    depth : steps at most

    Raises
    ------
    NotFoundError
        If no model or dataset has this name; it carries the nearest names.
    InputError
        If the depth is less than 1, or a date or confidence to narrow by is none.
    """
    if depth < 1:
        raise InputError(f"a lineage is 1 or more steps deep, not {depth}")
    entity, remark = get_entity(store, name, Kind.MODEL, Kind.DATASET)
    sieve = (narrow or Narrow()).on(store)
    sides = [
        _find_side(store, sieve, entity, is_up, depth) if wanted else None
        for is_up, wanted in ((True, up), (False, down))
    ]
    remark = "; ".join(part for part in (remark, sieve.remark) if part)
    return Lineage(entity, remark, depth, sides[0], sides[1], coverage_of_origins(store))


def _find_side(store: Store, sieve: Sieve, start: Entity, up: bool, depth: int) -> Side:
    """Follow one side breadth first; what lies beyond the depth is looked for and not read."""
    found = {start.id: Member(start.id, start.kind, start.name, 0, "")}
    layer = [start.id]
    for steps in range(depth + 1):
        reached: list[str] = []
        claims = claims_at(store, layer, Relation.DERIVED_FROM, as_subject=up)
        introducing = claims_at(store, layer, Relation.INTRODUCES, as_subject=False)
        for ident in layer:
            links, denied = _taken_apart(sieve, claims.get(ident, ()), up)
            is_rim = steps == depth
            found[ident] = replace(
                found[ident],
                links=() if is_rim else links,
                not_derived=denied,
                papers=_papers(sieve, introducing.get(ident, ())),
                goes_on=is_rim and bool(links),
            )
            for other in [] if is_rim else [link.other for link in links]:
                if other.id not in found:
                    found[other.id] = Member(other.id, other.kind, other.name, steps + 1, ident)
                    reached.append(other.id)
        layer = reached
    return Side(start.id, found)


_Denied = tuple[tuple[End | None, Said], ...]


def _taken_apart(
    sieve: Sieve, claims: Iterable[StoredClaim], up: bool
) -> tuple[tuple[Link, ...], _Denied]:
    """Return the steps on from a thing, by name, and what is denied or not disclosed."""
    stated: dict[str, list[StoredClaim]] = defaultdict(list)
    denied: dict[str, list[StoredClaim]] = defaultdict(list)
    ends: dict[str, End | None] = {}
    for stored in claims:
        other = stored.object if up else stored.subject
        if not sieve.keeps_claim(stored) or (other and not sieve.keeps_entity(other)):
            continue
        key = other.id if other else ""
        ends.setdefault(key, other)
        (stated if stored.claim.stance is Stance.STATES else denied)[key].append(stored)
    links = [Link(end, _said(stated[k])) for k, end in ends.items() if end and k in stated]
    links.sort(key=lambda link: (link.other.name.casefold(), link.other.id))
    not_derived = [(ends[k], said) for k in sorted(denied) for said in _said(denied[k])]
    return tuple(links), tuple(not_derived)


def _said(claims: list[StoredClaim]) -> tuple[Said, ...]:
    """Bring together what claims of the same two things say in each role."""
    groups: dict[tuple[str, Stance], list[StoredClaim]] = defaultdict(list)
    for stored in claims:
        role = str(stored.claim.qualifiers.get("role", ""))
        groups[role, stored.claim.stance].append(stored)
    found = []
    for (role, stance), members in sorted(groups.items()):
        attributes = {k: v for k, v in merged_attributes(members).items() if k != "role"}
        evidence = evidence_of(members)
        found.append(Said(role, stance, attributes, evidence))
    return tuple(found)


def _papers(sieve: Sieve, claims: Iterable[StoredClaim]) -> tuple[Paper, ...]:
    papers = {
        c.subject.id: Paper(c.subject.id, c.subject.name)
        for c in claims
        if c.claim.stance is Stance.STATES and sieve.keeps_claim(c)
    }
    return tuple(sorted(papers.values(), key=lambda p: (p.name.casefold(), p.id)))
