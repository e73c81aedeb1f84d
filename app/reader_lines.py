"""How the reader's own side looks on a terminal: queue, notes, statistics, status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from app.group import counted
from app.terminal import WIDTH, fit, place, short_source, shown_time, wrapped
from queries.reader import OpenNote, Queue
from queries.stats import Stats, Status

_SOURCES_SHOWN = 5
_YEARS_SHOWN = 12


def queue_lines(queue: Queue) -> Iterator[str]:
    """Yield the lines of `kg queue`: each thing with its id and the reasons."""
    for number, item in enumerate(queue.items, 1):
        head = f"{number:2} "
        yield click.style(head, bold=True) + fit(item.name, WIDTH - len(head))
        yield fit(f"{item.id}" + (f"  [{item.state}]" if item.state else ""), WIDTH, "   ")
        for reason in item.reasons:
            yield fit(_with_short_source(reason), WIDTH, "     ")
    if not queue.items:
        yield wrapped(
            "nothing waits; 'kg read NAME --state to-read' puts a paper here, 'kg add' one that no"
            " list names",
            "",
        )
    elif len(queue.items) < queue.waiting:
        yield f"… {queue.waiting - len(queue.items)} more (--all shows them)"


def _with_short_source(reason: str) -> str:
    where, mark, rest = reason.partition(" marks it ")
    return short_source(where) + mark + rest if mark else reason


def note_lines(notes: Sequence[OpenNote]) -> Iterator[str]:
    """Yield the lines of `kg notes`: the user's with their number, questions of lists with a line."""
    for note in notes:
        if note.n is None:
            yield click.style(place(note.source, note.line, WIDTH), fg="cyan")
            yield wrapped(f"❓ {note.text}", "  ")
        else:
            sign = "open " if note.is_open else ""
            head = f"[{note.n}] {sign}{note.at[:10]} "
            yield click.style(head, bold=True) + fit(note.about, WIDTH - len(head))
            yield wrapped(note.text, "  ")
    if not notes:
        yield "no notes; 'kg note NAME TEXT' writes one, --open makes it a question"


def stats_lines(stats: Stats) -> Iterator[str]:
    """Yield the lines of `kg stats`: counts by kind, relation, source and year; coverage."""
    for title, numbers in (
        ("things", stats.kinds),
        ("relations", stats.relations),
        ("properties", stats.properties),
        ("papers by year", _few_years(stats.years)),
        ("read states", stats.states),
    ):
        if numbers:
            yield click.style(title, bold=True)
            yield wrapped(", ".join(f"{k} {n}" for k, n in numbers.items()), "  ")
    yield click.style("sources", bold=True)
    for source, claims, rejected in stats.sources:
        told = counted(claims, "claim")
        told += f", {counted(rejected, 'line rejected')}" if rejected else ""
        room = WIDTH - len(told) - 4
        name = short_source(source)
        name = name if len(name) <= room else "…" + name[-(room - 1) :]
        yield f"  {name}  {told}"
    c = stats.coverage
    yield click.style("coverage", bold=True)
    yield f"  {c.with_record} {c.what}, of {c.of} models"


def _few_years(years: dict[str, int]) -> dict[str, int]:
    known = [y for y in years if y]
    shown = {y: years[y] for y in known[:_YEARS_SHOWN]}
    if known[_YEARS_SHOWN:]:
        shown[f"before {known[_YEARS_SHOWN - 1]}"] = sum(years[y] for y in known[_YEARS_SHOWN:])
    return {**shown, "unknown": years[""]} if years.get("") else shown


def status_lines(status: Status) -> Iterator[str]:
    """Yield the lines of `kg status`: what is here, new, to read, to review; at most 24."""
    things = ", ".join(counted(n, kind) for kind, n in status.kinds.items())
    yield wrapped(f"{things or 'nothing yet'}; {counted(status.sources, 'source')}", "")
    since = f"since {shown_time(status.new_since)}" if status.new_since else "so far"
    if status.news:
        yield click.style(f"new {since}", bold=True)
        for news in status.news[:_SOURCES_SHOWN]:
            d = news.diff
            told = f"+{d.added} ~{d.edited} -{d.withdrawn}"
            name = short_source(news.source)
            room = WIDTH - len(told) - 4
            yield f"  {told}  " + (name if len(name) <= room else "…" + name[-(room - 1) :])
        if len(status.news) > _SOURCES_SHOWN:
            yield f"  … {len(status.news) - _SOURCES_SHOWN} more sources ('kg sources')"
    else:
        yield f"nothing new {since}"
    yield click.style("to read", bold=True) + f"  {status.queue.waiting} ('kg queue' says why)"
    for item in status.queue.items:
        yield fit(item.name, WIDTH, "  ")
    if status.states:
        yield fit(", ".join(f"{s} {n}" for s, n in status.states.items()), WIDTH, "  ")
    if status.open_notes:
        yield f"open questions  {status.open_notes} ('kg notes --open')"
    if status.lost:
        yield f"said of names that no source uses now  {status.lost} ('kg read --lost')"
    if status.to_review is None:
        yield "to review and contradictions: a large store, 'kg review' and 'kg doctor' count"
    else:
        yield f"to review  {status.to_review} ('kg review')"
        yield f"contradictions  {status.contradictions} ('kg doctor')"
