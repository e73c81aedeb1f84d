"""How answers look on a terminal: clean text, colour only there, lines that fit."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.group import counted
from kg.decisions import (
    Action,
    UserFact,
    added,
    asserted,
    names_of,
    pair_of,
    rejected,
    seen_until,
    target_of_undo,
    told_until,
)
from kg.model import JsonValue
from kg.store import Entity, StoredClaim
from kg.watches import watch_of
from queries.answers import Answer, Answers, Evidence
from queries.reader import Marks
from queries.show import Sight

if TYPE_CHECKING:
    from queries.candidates import Candidate
    from queries.doctor import Finding
    from queries.history import History
    from queries.review import Review

WIDTH = 80
_NEWEST = 5
"""Papers that are shown of those that name a thing."""
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\x1b\\[[0-9;?]*[A-Za-z]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?"
)


def clean(text: str) -> str:
    """Return text that cannot move the cursor, colour the screen or turn the line around."""
    return _CONTROL.sub("", text.replace("\n", " ").replace("\t", " "))


def short_source(source: str) -> str:
    """Return a source as a person would type it here: relative to the folder, where it is below."""
    if "://" in source:
        return clean(source)
    path = Path(source)
    try:
        return clean(str(path.relative_to(Path.cwd())))
    except ValueError:
        return clean(source)


def shown_time(at: str) -> str:
    """Write a stored time to the minute: 2026-11-21 15:40 UTC."""
    return f"{at[:16].replace('T', ' ')} UTC" if at else "never"


def fit(text: str, width: int, indent: str = "") -> str:
    """Cut a text to one line of a width, with an ellipsis where something is lost."""
    text = clean(text)
    room = width - len(indent)
    return indent + (text if len(text) <= room else text[: max(1, room - 1)].rstrip() + "…")


_LEAST_OF_A_NAME = 24
"""Room that a long name keeps beside what is said of it."""


def fit_name(name: str, said: str, indent: str = "") -> str:
    """Write a name and what is said of it on one line; of the two the name is cut first."""
    room = WIDTH - len(indent) - len(clean(said))
    return fit(fit(name, max(room, _LEAST_OF_A_NAME)) + said, WIDTH, indent)


def place(source: str, line: int, width: int, indent: str = "") -> str:
    """Write where something stands on one line; the file's name and the line always stay."""
    text = f"{short_source(source)}:{line}"
    room = width - len(indent)
    return indent + (text if len(text) <= room else "…" + text[-max(1, room - 1) :])


def wrapped(text: str, indent: str) -> str:
    """Wrap a text to the width, each line indented."""
    return textwrap.fill(clean(text), WIDTH, initial_indent=indent, subsequent_indent=indent)


def told(value: JsonValue) -> str:
    """Write an attribute as people read it: an amount by its text, a list by its members."""
    if isinstance(value, dict):
        return str(value.get("text", value))
    if isinstance(value, list):
        return " / ".join(told(v) for v in value)
    return str(value)


def answer_lines(found: Answers, *, evidence: int | None = 2) -> Iterator[str]:
    """Yield the lines of an answer: what was understood, each answer with its lines, coverage."""
    yield click.style(wrapped(f"{found.understood}:", ""), dim=True)
    if found.remark:
        yield wrapped(f"({found.remark})", "  ")
    if not found.answers:
        yield "  nothing recorded"
    for answer in found.answers:
        yield from _answer_lines(answer, evidence)
    if found.indirect:
        yield "\n" + click.style("only through something else", dim=True)
    for answer in found.indirect:
        yield from _answer_lines(answer, evidence)
    if found.coverage:
        c = found.coverage
        yield click.style(
            wrapped(
                f"{len(found.answers)} found among {c.with_record} {c.what} ({c.of} {c.of_what} in all)",
                "",
            ),
            dim=True,
        )


def _answer_lines(answer: Answer, evidence: int | None) -> Iterator[str]:
    told_of = [f"{k.replace('_', ' ')} {told(v)}" for k, v in answer.attributes.items() if v != "unknown"]  # fmt: skip
    beside = f"  ({clean('; '.join(told_of))})" if told_of else ""
    fits = len(clean(answer.name)) + len(beside) <= WIDTH
    yield "\n" + click.style(clean(answer.name), bold=True) + (beside if fits else "")
    for attribute in () if fits else told_of:
        yield textwrap.fill(clean(attribute), WIDTH, initial_indent="  ", subsequent_indent="    ")
    if answer.how != "direct":
        yield wrapped(answer.how, "  ")
    shown = answer.evidence if evidence is None else answer.evidence[:evidence]
    for line in shown:
        yield from evidence_lines(line)
    if len(shown) < len(answer.evidence):
        left = len(answer.evidence) - len(shown)
        yield f"  … {left} more line{'' if left == 1 else 's'} (--evidence shows all)"


def evidence_lines(evidence: Evidence) -> Iterator[str]:
    """Yield where something is said and the quoted text."""
    if evidence.line:
        yield click.style(place(evidence.source, evidence.line, WIDTH, "  "), fg="cyan")
    else:
        yield click.style(fit(f"said by {evidence.source}", WIDTH, "  "), fg="cyan")
    yield wrapped(f"“{evidence.quote}”", "    ")


def heading_lines(entity: Entity) -> Iterator[str]:
    """Yield name, kind and id of a thing, on one line where they fit."""
    name, rest = clean(entity.name), f"  {entity.kind}  {clean(entity.id)}"
    if len(name) + len(rest) <= WIDTH:
        yield click.style(name, bold=True) + rest
    else:
        yield click.style(wrapped(name, ""), bold=True)
        yield fit(rest.strip(), WIDTH, "  ")


def sight_lines(sight: Sight, *, evidence: int | None = 3) -> Iterator[str]:
    """Yield the lines of `kg show`."""
    entity = sight.entity
    yield from heading_lines(entity)
    if sight.remark:
        yield wrapped(f"({sight.remark})", "  ")
    others = [(n, w) for n, w in sight.reasons if n != entity.name]
    if others:
        yield "\nnames"
        for name, why in others:
            yield fit_name(name, f"  [{why}]", "  ")
    if sight.doubts:
        yield wrapped(f"perhaps also {', '.join(sight.doubts)} ('kg review' decides)", "  ")
    yield from mark_lines(sight.marks)
    if sight.properties:
        yield "\nproperties"
        for name, claims in sight.properties.items():
            if name in ("alias", "label", "bibtex", "abstract"):
                continue
            above = ""
            for stored in claims[: evidence or len(claims)]:
                qualifier = next(iter(stored.claim.qualifiers.values()), "")
                label = f"{name} ({qualifier})" if qualifier else name
                value = fit(f"{label}: {stored.claim.values['text']}", WIDTH - 1, "  ")
                if value != above:
                    yield value
                above = value
                yield click.style(
                    place(stored.source, stored.claim.line, WIDTH, "      "),
                    fg="cyan",
                )
    for title, groups, outgoing in (
        ("relations", sight.outgoing, True),
        ("named by", sight.incoming, False),
    ):
        if groups:
            yield f"\n{title}"
        for relation, claims in groups.items():
            limit = len(claims) if evidence is None else 12
            for stored in claims[:limit]:
                yield from _relation_lines(relation, stored, outgoing)
            if len(claims) > limit:
                yield f"  … {len(claims) - limit} more {relation} (--evidence shows all)"
    if sight.papers:
        few = sight.papers if evidence is None else sight.papers[:_NEWEST]
        yield f"\nnamed in the title or abstract of {counted(len(sight.papers), 'paper')}"
        for naming in few:
            yield fit_name(naming.title, f"  arXiv:{naming.arxiv}  [{naming.place}]", "  ")
        if len(few) < len(sight.papers):
            yield f"  … {len(sight.papers) - len(few)} older (--evidence shows all)"


def mark_lines(marks: Marks) -> Iterator[str]:
    """Yield what the reader says of a thing, and what lists say of its read state."""
    if marks.said_by == "you" or marks.tags or marks.notes:
        yield "\nyour word"
    if marks.said_by == "you":
        priority = f", priority {marks.priority}" if marks.priority else ""
        yield f"  {marks.state} since {marks.state_at}{priority}"
    if marks.tags:
        yield wrapped(f"tags: {', '.join(sorted(marks.tags))}", "  ")
    for note in marks.notes:
        what = "open note" if note.is_open else "note"
        yield wrapped(f"{what} {note.n}: {note.text}", "  ")
    if marks.lists_disagree or (marks.said_by == "you" and marks.listed):
        yield "  lists disagree" if marks.lists_disagree else "  lists say"
        for line in marks.listed:
            yield f"    {line.told}"
            yield click.style(place(line.source, line.line, WIDTH, "      "), fg="cyan")


def _relation_lines(relation: str, stored: StoredClaim, outgoing: bool) -> Iterator[str]:
    claim = stored.claim
    said = {**claim.qualifiers, **claim.values}
    attributes = ", ".join(told(v) for v in said.values() if v != "unknown")
    other = stored.object if outgoing else stored.subject
    name = other.name if other else f"({claim.stance})"
    more = f"  ({attributes})" if attributes else ""
    if outgoing:
        yield fit_name(f"{relation} {name}", more, "  ")
    else:
        yield fit_name(name, f" {relation} this{more}", "  ")
    yield click.style(place(stored.source, claim.line, WIDTH, "      "), fg="cyan")


def review_lines(found: Sequence[Review], *, limit: int | None = 20) -> Iterator[str]:
    """Yield the lines of `kg review`: each pair with its number, reason and both sides' lines."""
    shown = found if limit is None else found[:limit]
    for item in shown:
        sure = "probably one" if item.is_probable else "perhaps one"
        head = f"[{item.n}] "
        yield click.style(head, bold=True) + fit(
            f"{item.a.name.kind}, {sure}: {item.why}", WIDTH - len(head)
        )
        for side in (item.a, item.b):
            yield fit(f"{side.name.text}  ({side.id})", WIDTH, "    ")
            for line in side.evidence[:1]:
                yield click.style(place(line.source, line.line, WIDTH, "      "), fg="cyan")
                yield fit(f"“{line.quote}”", WIDTH, "      ")
    if not found:
        yield "nothing to review"
        return
    if len(shown) < len(found):
        yield f"… {len(found) - len(shown)} more (--all shows them)"
    yield click.style(
        "'kg review accept N' makes two names one, 'kg review reject N' keeps them apart",
        dim=True,
    )


def candidate_lines(found: Sequence[Candidate], *, limit: int | None = 20) -> Iterator[str]:
    """Yield the lines of `kg review --text`: what a sentence may say, how sure, and the sentence."""
    if not found:
        yield "nothing that text may state waits for a decision"
        return
    for item in found[:limit]:
        claim = item.claim
        target = clean(claim.object.text) if claim.object else str(claim.stance)
        said = ", ".join(f"{k} {told(v)}" for k, v in {**claim.qualifiers, **claim.values}.items())
        yield (
            f"{item.id}  {click.style(clean(claim.subject.text), bold=True)} {claim.predicate}"
            f" {target}{f' ({said})' if said else ''}  {claim.confidence:.2f}"
        )
        yield f"    {item.url}" if item.url else place(item.source, claim.line, WIDTH, "    ")
        yield wrapped(f"“{clean(claim.quote)}”", "    ")
    if limit is not None and len(found) > limit:
        yield f"… {len(found) - limit} more (--all shows them)"
    yield "kg review accept ID, kg review reject ID"


def decision_line(fact: UserFact) -> str:
    """Write one entry of the user's log on a line."""
    if fact.action is Action.UNDO:
        what = f"undo {target_of_undo(fact.payload)}"
    elif fact.action not in (Action.MERGE, Action.SPLIT):
        what = _said_line(fact)
    else:
        a, b = pair_of(fact.payload)
        sign = "=" if fact.action is Action.MERGE else "≠"
        left, right = _told_apart(a.text, b.text, 24)
        what = f"{fact.action} {a.kind} {left} {sign} {right}"
    state = ""
    if fact.undone_by is not None:
        state = f"  (undone by {fact.undone_by})"
    elif fact.overruled_by is not None:
        state = f"  (overruled by {fact.overruled_by})"
    head = f"{fact.n:3} {fact.at[:10]} "
    return head + fit(what, WIDTH - len(head) - len(state)) + state


def _said_line(fact: UserFact) -> str:
    """Write what an entry says that is no decision about names."""
    said = fact.payload
    if fact.action is Action.ADD:
        return f"add {added(said)}"
    if fact.action is Action.SEEN:
        return f"seen up to load {seen_until(said)}"
    if fact.action is Action.TOLD:
        return "digest up to load {}, news {}".format(*told_until(said))
    if fact.action is Action.REJECT:
        of = rejected(said)
        target = of.target.text if of.target else ""
        return f"reject {of.subject.text} {of.relation} {target} ({of.source}:{of.line})"
    if fact.action is Action.WATCH:
        watch = watch_of(said)
        return f"watch {watch.name}: {watch.told}{' (paused)' if watch.is_paused else ''}"
    if fact.action is Action.ASSERT:
        claim = asserted(said, fact.n)
        target = claim.object.text if claim.object else told(claim.values.get("text", claim.stance))
        return f"assert {claim.subject.text} {claim.predicate} {target}"
    about = fit(names_of(said)[0].text, 40)
    if fact.action is Action.STATE:
        priority = f" (priority {said['priority']})" if said.get("priority") else ""
        date = f", {said['date']}" if said.get("date") else ""
        return f"{said['state']} {about}{date}{priority}"
    if fact.action is Action.TAG:
        return f"tag {about} {said['tag']}"
    return f"{'open note' if said.get('open') else 'note'} {about}: {said['note']}"


def _told_apart(a: str, b: str, width: int) -> tuple[str, str]:
    """Cut two texts to a width; where they begin alike, what they end with is kept instead."""
    left, right = fit(a, width), fit(b, width)
    if left != right:
        return left, right
    return "…" + clean(a)[1 - width :], "…" + clean(b)[1 - width :]


_MOST_FINDINGS, _MOST_SAID = 12, 4


def finding_lines(findings: Sequence[Finding], *, show_all: bool = False) -> Iterator[str]:
    """Yield the lines of `kg doctor`: a count by section, then each finding with its values."""
    if not findings:
        yield "nothing found: no contradiction, no doubtful name, no repair, no old list"
        return
    sections: dict[str, list[Finding]] = {}
    for finding in findings:
        sections.setdefault(str(finding.section), []).append(finding)
    yield wrapped("; ".join(f"{name}: {_count(found)}" for name, found in sections.items()), "")
    for name, found in sections.items():
        yield "\n" + click.style(name, bold=True)
        for finding in found if show_all else found[:_MOST_FINDINGS]:
            mark = click.style("! ", fg="red") if finding.severity == "high" else "  "
            yield mark + wrapped(finding.what, "  ").lstrip()
            for said in finding.said if show_all else finding.said[:_MOST_SAID]:
                value = f"{said.value} ({said.of})" if said.of else said.value
                if not said.line:
                    yield fit(value, WIDTH, "      ")
                    continue
                if value != finding.what:
                    yield fit(value, WIDTH, "      ")
                yield click.style(place(said.source, said.line, WIDTH, "        "), fg="cyan")
            if not show_all and len(finding.said) > _MOST_SAID:
                yield f"      … {len(finding.said) - _MOST_SAID} more"
            if finding.hint:
                yield click.style(_typed(finding.hint, "      "), dim=True)
        if not show_all and len(found) > _MOST_FINDINGS:
            yield f"  … {len(found) - _MOST_FINDINGS} more {name} (--all shows them)"


def _count(found: Sequence[Finding]) -> int:
    """How many things a section speaks of: stubs stand together in one finding of a kind."""
    return sum(len(f.said) if f.section == "stubs" else 1 for f in found)


def _typed(command: str, indent: str) -> str:
    """Write a command so that it can be typed as it stands, over several lines where it is long."""
    command = clean(command)
    if len(indent) + len(command) <= WIDTH:
        return indent + command
    words = shlex.split(command)
    return f" \\\n{indent}  ".join([indent + shlex.join(words[:2]), *map(shlex.quote, words[2:])])


def history_lines(found: History) -> Iterator[str]:
    """Yield the lines of `kg history`: by load, what was said and what was withdrawn."""
    yield from heading_lines(found.entity)
    if found.remark:
        yield wrapped(f"({found.remark})", "  ")
    load = 0
    for event in found.events:
        if event.load.n != load:
            load = event.load.n
            yield f"\nload {load}, {shown_time(event.load.at)}"
            yield click.style(fit(short_source(event.load.source), WIDTH, "  "), fg="cyan")
        claim = event.stored.claim
        values = {k: v for k, v in {**claim.qualifiers, **claim.values}.items() if k != "text"}
        said = ", ".join(told(v) for v in values.values() if v not in ("unknown", True))
        target = claim.object.text if claim.object else told(claim.values.get("text", claim.stance))
        sign = "+" if event.what == "said" else "-"
        what = f" {claim.predicate} {target}" + (f"  ({said})" if said else "")
        what += f"  line {claim.line}"
        yield fit_name(f"{sign} {claim.subject.text}", what, "  ")
