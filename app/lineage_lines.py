"""How a lineage looks on a terminal: a tree for each side, every step with what says so."""

from __future__ import annotations

from collections.abc import Iterator

import click

from app.terminal import WIDTH, clean, fit, heading_lines, place, told, wrapped
from kg.model import Stance
from queries.ancestry import Lineage, Link, Member, Row, Said, Side
from queries.answers import Evidence

_BRANCHES = 40
"""Columns that branches take at most, so that there is room for names however deep it goes."""


def lineage_lines(found: Lineage, *, evidence: int | None = 2) -> Iterator[str]:
    """Yield the lines of `kg lineage`; of each step so many places, or all with their text."""
    yield from heading_lines(found.entity)
    if found.remark:
        yield wrapped(f"({found.remark})", "  ")
    start = next(side for side in (found.up, found.down) if side).members[found.entity.id]
    yield from _paper_line(start, "  ")
    for title, side, is_up in (
        ("derived from", found.up, True),
        ("derived from it", found.down, False),
    ):
        if side is not None:
            yield "\n" + click.style(title, bold=True)
            yield from _side_lines(side, is_up, found.depth, evidence)
    covered = found.coverage
    yield "\n" + click.style(
        wrapped(
            f"{covered.with_record} {covered.what} ({covered.of} {covered.of_what} in all)", ""
        ),
        dim=True,
    )


def _side_lines(side: Side, is_up: bool, depth: int, evidence: int | None) -> Iterator[str]:
    start = side.members[side.start]
    yield from _denied_lines(start, is_up, "  ", evidence)
    if not start.links and not start.not_derived:
        yield "  nothing recorded"
    shown: set[str] = set()
    for row in side.rows():
        yield from _row_lines(row, is_up, shown, evidence)
    if any(member.goes_on for member in side.members.values()):
        yield click.style(f"  … goes on after {depth} steps (--depth shows more)", dim=True)


def _row_lines(row: Row, is_up: bool, shown: set[str], evidence: int | None) -> Iterator[str]:
    above = "".join("   " if last else "│  " for last in row.is_last[:-1])
    branch = _shortened("  " + above + ("└─ " if row.is_last[-1] else "├─ "))
    below = _shortened("  " + above + ("   " if row.is_last[-1] else "│  "))
    mark = {
        "here": " …" if row.member.goes_on else "",
        "cycle": " (a cycle)",
        "elsewhere": " (see above)" if row.member.id in shown else " (see below)",
    }[row.place]
    roles = "; ".join(filter(None, map(_told_role, row.link.said)))
    room = WIDTH - len(branch) - len(mark)
    name = fit(row.member.name, room)
    roles = fit(f"  ({roles})", room - len(name)) if roles and room - len(name) > 7 else ""
    yield branch + click.style(name, bold=row.place == "here") + roles + mark
    yield from _places(_evidence_of(row.link), below, evidence)
    if row.place == "here":
        shown.add(row.member.id)
        yield from _paper_line(row.member, below)
        follows = "│  " if row.member.links else "   "
        yield from _denied_lines(row.member, is_up, below + follows, evidence)


def _shortened(branches: str) -> str:
    return branches if len(branches) <= _BRANCHES else "…" + branches[1 - _BRANCHES :]


def _told_role(said: Said) -> str:
    values = (told(v) for v in said.attributes.values())
    return ", ".join([said.role, *values] if said.role else values)


def _evidence_of(link: Link) -> list[Evidence]:
    """List the lines of all roles, each line once."""
    return list({(e.source, e.line): e for said in link.said for e in said.evidence}.values())


def _places(found: list[Evidence], indent: str, limit: int | None) -> Iterator[str]:
    for line in found[:limit]:
        yield indent + click.style(place(line.source, line.line, WIDTH - len(indent)), fg="cyan")
        if limit is None:
            yield indent + fit(f"  “{line.quote}”", WIDTH - len(indent))
    if limit is not None and len(found) > limit:
        yield fit(f"… {len(found) - limit} more lines (--evidence shows all)", WIDTH, indent)


def _paper_line(member: Member, indent: str) -> Iterator[str]:
    if member.papers:
        more = f" and {len(member.papers) - 1} more" if len(member.papers) > 1 else ""
        title = fit(f"introduced by {member.papers[0].name}", WIDTH - len(indent) - len(more))
        yield indent + click.style(title + more, dim=True)


def _denied_lines(member: Member, is_up: bool, indent: str, evidence: int | None) -> Iterator[str]:
    """Say what sources deny or do not disclose, which is not the same as nothing recorded."""
    for other, said in member.not_derived:
        name = clean(other.name) if other else ""
        if said.stance is Stance.UNDISCLOSED:
            what = "not disclosed" + (f" whether {name}" if name else "")
        elif not name:
            what = "none, a source says"
        else:
            what = f"not from {name}" if is_up else f"not {name}"
        role = _told_role(said)
        yield fit(what + (f"  ({role})" if role else ""), WIDTH, indent)
        yield from _places(list(said.evidence), indent + "  ", evidence)
