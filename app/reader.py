"""Commands of the reader's own side: read, tag, note, queue, add, assert, import, stats, status."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.group import counted, main, opened, store_option
from kg.errors import InputError, NotFoundError
from kg.model import JsonValue, Kind, Relation, Role, Stage, Stance

if TYPE_CHECKING:
    from kg.decisions import Action, UserFact
    from kg.model import Attributes
    from kg.store import Entity, Store
    from queries.reader import Marks

_STATES = ["new", "to-read", "reading", "read", "skipped"]
_RELATIONS = {str(r).lower().replace("_", "-"): r for r in Relation}


def _json_line(record: JsonValue) -> None:
    click.echo(json.dumps(record, ensure_ascii=False))


def _say(store: Store, entries: list[tuple[Action, Attributes, str]]) -> list[UserFact]:
    """Put entries into the log and print each as 'kg log' does."""
    from app.terminal import decision_line

    made = store.add_user_facts(entries)
    for fact in made:
        click.echo(decision_line(fact))
    return made


@main.command()
@store_option
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option(
    "--state",
    type=click.Choice(_STATES),
    default="read",
    show_default=True,
    help="How far you are.",
)
@click.option("--date", default="", metavar="DAY", help="Since when, as 2026-11-21; else today.")
@click.option("--priority", type=click.IntRange(1, 9), help="1 is read first.")
@click.option("--lost", is_flag=True, help="List what you said of names that no source uses now.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a thing.")
def read(
    names: tuple[str, ...],
    state: str,
    date: str,
    priority: int | None,
    lost: bool,
    as_json: bool,
) -> None:
    """Say how far you are with papers: ids, titles, arXiv ids, DOIs, addresses.

    The name of a model or dataset stands for the paper that introduces it.
    Your word wins over READ and UNREAD in lists; 'kg show' has both. All names
    are marked or, where one is unknown, none. 'kg undo' takes it back.

    \b
    Example:
      kg read 2310.03744 2304.08485 --state to-read --priority 1
      kg read "Visual Instruction Tuning" --date 2026-11-20
    """
    from app.terminal import wrapped
    from kg.decisions import Action
    from queries.reader import Marks, get_marks, get_readable, lasting_name

    if lost:
        _show_lost(as_json)
        return
    if not names:
        raise InputError("name what you read: kg read 2310.03744 --state reading")
    with opened() as store:
        entries: list[tuple[Action, Attributes, str]] = []
        things: list[Entity] = []
        marks = get_marks(store)
        for given in dict.fromkeys(names):
            entity, remark = get_readable(store, given)
            if entity.id in [e.id for e in things]:
                continue
            things.append(entity)
            before = marks.get(entity.id, Marks())
            held = before.priority if state in _STATES[:3] else None
            payload = {**lasting_name(store, entity, given), "state": state}
            if date:
                payload["date"] = date
            if priority or held:
                payload["priority"] = priority or held
            entries.append((Action.STATE, payload, ""))
            if remark:
                click.echo(wrapped(f"({remark})", ""), err=True)
        if as_json:
            store.add_user_facts(entries)
            marks = get_marks(store)
            for entity in things:
                _json_line({"id": entity.id, "name": entity.name, **marks[entity.id].to_json()})
            return
        _say(store, entries)
        for entity in things:
            _tell_lists(marks.get(entity.id, Marks()), state)


def _tell_lists(marks: Marks, state: str) -> None:
    """Say where lists say otherwise than the user."""
    from app.terminal import place

    for line in marks.listed:
        if line.state != state:
            click.echo(place(line.source, line.line, 60, "      ") + f" says {line.told}")


def _show_lost(as_json: bool) -> None:
    from app.terminal import decision_line
    from queries.reader import find_lost

    with opened() as store:
        facts = find_lost(store)
    for fact in facts:
        if as_json:
            _json_line({"n": fact.n, "at": fact.at, "action": str(fact.action), **fact.payload})
        else:
            click.echo(decision_line(fact))
    if not facts and not as_json:
        click.echo("every name that you said something of is known")


@main.command()
@store_option
@click.argument("name", required=False)
@click.argument("words", nargs=-1, metavar="TEXT...")
@click.option("--open", "is_open", is_flag=True, help="A question, listed by 'kg notes --open'.")
@click.option("--done", type=int, metavar="N", help="Close open note N; its text stays.")
def note(name: str | None, words: tuple[str, ...], is_open: bool, done: int | None) -> None:
    """Write a note about a thing, or close an open one.

    \b
    Example:
      kg note 2310.03744 "resolution matters more than data" --open
      kg note --done 12
    """
    from kg.decisions import Action
    from queries.reader import get_thing, lasting_name

    with opened() as store:
        if done is not None:
            _close_note(store, done)
            return
        text = " ".join(words)
        if not name or not text.strip():
            raise InputError('give a name and the note: kg note 2310.03744 "what I think of it"')
        entity, _ = get_thing(store, name)
        payload = {**lasting_name(store, entity, name), "note": text, "open": is_open}
        _say(store, [(Action.NOTE, payload, "")])


def _close_note(store: Store, n: int) -> None:
    from kg.decisions import Action

    fact = next((f for f in store.user_facts() if f.n == n), None)
    if fact is None or fact.action is not Action.NOTE or not fact.holds:
        raise NotFoundError(f"there is no note {n}; 'kg notes' lists them", name=str(n))
    if not fact.payload.get("open"):
        raise InputError(f"note {n} is not open")
    closed = {**fact.payload, "open": False}
    _say(store, [(Action.UNDO, {"of": n}, ""), (Action.NOTE, closed, "")])


@main.command()
@store_option
@click.option("--open", "only_open", is_flag=True, help="Only open notes and lists' questions.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a note.")
def notes(only_open: bool, as_json: bool) -> None:
    """List your notes, and the questions that lists leave open, with lines.

    \b
    Example:
      kg notes --open
    """
    from app.reader_lines import note_lines
    from queries.reader import find_notes

    with opened() as store:
        found = find_notes(store, only_open=only_open)
    if as_json:
        for item in found:
            _json_line(item.to_json())
    else:
        click.echo("\n".join(note_lines(found)))


@main.command()
@store_option
@click.argument("name")
@click.argument("tags", nargs=-1, required=True, metavar="TAG...")
@click.option("--remove", is_flag=True, help="Take the tags off.")
def tag(name: str, tags: tuple[str, ...], remove: bool) -> None:
    """Put tags on a thing, or take them off.

    \b
    Example:
      kg tag 2310.03744 baseline thesis
      kg tag 2310.03744 thesis --remove
    """
    from kg.decisions import Action
    from queries.reader import find_entries, get_thing, lasting_name

    with opened() as store:
        entity, _ = get_thing(store, name)
        held = find_entries(store, entity.id, Action.TAG)
        entries: list[tuple[Action, Attributes, str]] = []
        for one in dict.fromkeys(tags):
            of = [f.n for f in held if f.payload["tag"] == one]
            if remove and not of:
                known = ", ".join(sorted({str(f.payload["tag"]) for f in held})) or "none"
                raise InputError(f"{entity.name} has no tag {one!r}; its tags: {known}")
            if remove:
                entries += [(Action.UNDO, {"of": n}, "") for n in of]
            elif not of:
                named = lasting_name(store, entity, name)
                entries.append((Action.TAG, {**named, "tag": one}, ""))
        if entries:
            _say(store, entries)
        else:
            click.echo("nothing to do: it has these tags already")


@main.command()
@store_option
@click.option("-n", "limit", type=click.IntRange(1), default=10, help="How many; 10 without it.")
@click.option("--all", "show_all", is_flag=True, help="Show everything that waits.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a paper.")
def queue(limit: int, show_all: bool, as_json: bool) -> None:
    """Say what to read next, with the reasons.

    First by your priority, then by how much it has to do with what you read.

    \b
    Example:
      kg queue
      kg queue -n 3 --json
    """
    from app.reader_lines import queue_lines
    from queries.reader import get_queue

    with opened() as store:
        found = get_queue(store, None if show_all else limit)
    if as_json:
        for item in found.items:
            _json_line(item.to_json())
    else:
        click.echo("\n".join(queue_lines(found)))


@main.command()
@store_option
@click.argument("what", nargs=-1, required=True, metavar="ID|URL|FILE.bib...")
def add(what: tuple[str, ...]) -> None:
    """Add papers by arXiv id, DOI, or address of either; or those of a .bib file.

    Nothing is fetched: a list that names the paper later completes it.

    \b
    Example:
      kg add 2310.03744 https://aclanthology.org/P18-1238
      kg add refs.bib
    """
    from app.terminal import WIDTH, clean, fit, short_source
    from ingest.load import ingest_file
    from kg.decisions import Action
    from queries.reader import read_identifier

    files: list[Path] = []
    payloads: dict[str, Attributes] = {}
    for given in what:
        identifier = read_identifier(given)
        if given.lower().endswith(".bib") and "://" not in given:
            files.append(Path(given))
        elif identifier is not None:
            payloads[str(identifier)] = {
                "scheme": str(identifier.scheme),
                "value": identifier.value,
            }
        elif "://" in given:
            raise InputError(
                f"{given} is no address of a paper on arXiv, DOI, ACL Anthology or OpenReview;"
                f" 'kg ingest {shlex.quote(given)}' reads a page as a list"
            )
        else:
            raise InputError(
                f"{given!r} is no arXiv id, DOI, address of a paper or .bib file; an arXiv id"
                " looks like 2310.03744, a DOI like 10.1000/182"
            )
    with opened(create=True) as store:
        for file in files:
            report = ingest_file(store, file)
            told = (
                f"a copy of {short_source(report.copy_of)}"
                if report.copy_of
                else f"{counted(report.diff.added, 'claim added')}, {counted(report.rejected, 'line rejected')}"
            )
            click.echo(f"{short_source(report.source)}: {told}")
        held = {
            (f.payload["scheme"], f.payload["value"])
            for f in store.user_facts()
            if f.holds and f.action is Action.ADD
        }
        entries: list[tuple[Action, Attributes, str]] = []
        for name, payload in payloads.items():
            known = store.find_entities(name)
            if (payload["scheme"], payload["value"]) in held:
                click.echo(f"{clean(name)} was added before")
                continue
            entries.append((Action.ADD, payload, ""))
            if known:
                click.echo(fit(f"{name} is known: {known[0].name}", WIDTH))
        if entries:
            _say(store, entries)


@main.command(name="assert")
@store_option
@click.argument("subject")
@click.argument(
    "relation", type=click.Choice(list(_RELATIONS), case_sensitive=False), metavar="RELATION"
)
@click.argument("object", required=False)
@click.option(
    "--stage",
    type=click.Choice([str(s) for s in Stage]),
    metavar="STAGE",
    help=f"When in training: {', '.join(Stage)}.",
)
@click.option(
    "--role",
    type=click.Choice([str(r) for r in Role]),
    metavar="ROLE",
    help=f"As what it derives: {', '.join(Role)}.",
)
@click.option(
    "--kind",
    type=click.Choice([str(Kind.MODEL), str(Kind.DATASET)]),
    help="What OBJECT is, where that is open.",
)
@click.option("--amount", help="How much of it, as '665K samples'.")
@click.option("--subset", help="Which part of it.")
@click.option("--metric", help="By which metric it was evaluated.")
@click.option("--split", help="On which split.")
@click.option("--protocol", help="By which protocol.")
@click.option("--score", help="The score, as '63.5%'.")
@click.option("--denies", is_flag=True, help="Say that it is not so.")
@click.option("--undisclosed", is_flag=True, help="Say that it is not disclosed.")
@click.option("--source", "url", default="", metavar="URL", help="Where it is said.")
@click.option("--quote", default="", help="The words that say so.")
def assert_command(
    subject: str,
    relation: str,
    object: str | None,
    denies: bool,
    undisclosed: bool,
    url: str,
    quote: str,
    kind: str | None,
    **said: str | None,
) -> None:
    """State a fact yourself; it is marked as yours and 'kg undo' takes it back.

    RELATION is introduces, trained-on, evaluated-on, derived-from, cites,
    supersedes, about, broader or authored-by. Names that are not known yet
    become new things.

    \b
    Example:
      kg assert LLaVA-1.5 trained-on LLaVA-665K --stage sft \\
        --source https://arxiv.org/abs/2310.03744 --quote "665K mixture"
    """
    from app.terminal import wrapped
    from ingest.values import parse_amount, parse_score
    from kg.decisions import Action
    from kg.ids import clean_url
    from queries.assertions import make_assertion

    if denies and undisclosed:
        raise InputError("--denies and --undisclosed exclude each other")
    stance = Stance.DENIES if denies else Stance.UNDISCLOSED if undisclosed else Stance.STATES
    chosen = _RELATIONS[relation.lower()]
    qualifiers: dict[str, JsonValue] = {
        key: text for key in ("stage", "role", "metric", "split", "protocol") if (text := said[key])
    }
    if chosen is Relation.TRAINED_ON:
        qualifiers.setdefault("stage", str(Stage.UNKNOWN))
    values: dict[str, JsonValue] = {}
    for key, parse in (("amount", parse_amount), ("score", parse_score)):
        text = said[key]
        if text:
            values[key] = _parsed(key, text, parse(text))
    if said["subset"]:
        values["subset"] = said["subset"]
    if url and "://" in url:
        address = clean_url(url)
        if address is None:
            raise InputError(f"{url!r} is no http(s) address; --source says where it is written")
        url = address
    with opened(create=True) as store:
        made = make_assertion(
            store, subject, chosen, object,
            qualifiers=qualifiers, values=values, stance=stance, quote=quote, url=url,
            object_kind=None if kind is None else Kind(kind),
        )  # fmt: skip
        _say(store, [(Action.ASSERT, made.payload, "")])
        for name in made.new_names:
            click.echo(wrapped(name, "  "))


def _parsed(key: str, text: str, value: JsonValue) -> JsonValue:
    if value is None:
        example = {"amount": "665K samples", "score": "63.5%"}[key]
        raise InputError(f"{text!r} is no {key}; one looks like '{example}'")
    return value


@main.command(name="import")
@store_option
@click.argument("what", type=click.Choice(["user"]))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def import_command(what: str, file: Path) -> None:
    """Put back what 'kg export user' wrote: states, notes, tags, decisions, claims.

    All of it or, where a line is wrong, nothing; what is there already is not
    put twice. 'kg export user -o mine.jsonl' writes such a file.

    \b
    Example:
      kg import user mine.jsonl
    """
    from app.terminal import decision_line
    from queries.reader import find_lost
    from queries.said import import_user

    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}", source=str(file)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text ({error.reason})", source=str(file)) from error
    with opened(create=True) as store:
        done = import_user(store, text.split("\n"), str(file))
        click.echo(
            f"{len(done.added)} entries added, {done.known} known"
            + (f", {done.undone} of them undone here" if done.undone else "")
        )
        new = {f.n for f in done.added}
        lost = [f for f in find_lost(store) if f.n in new]
        if lost:
            click.echo(f"{len(lost)} are of names that no source uses now; they are kept:")
            for fact in lost[:10]:
                click.echo(decision_line(fact))
        if len(lost) > 10:
            click.echo(f"… {len(lost) - 10} more ('kg read --lost')")


@main.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def stats(as_json: bool) -> None:
    """Count what is in here: by kind, relation, source and year; and coverage.

    \b
    Example:
      kg stats
    """
    from app.reader_lines import stats_lines
    from queries.stats import get_stats

    with opened() as store:
        found = get_stats(store)
    if as_json:
        _json_line(found.to_json())
    else:
        click.echo("\n".join(stats_lines(found)))


@main.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(as_json: bool) -> None:
    """Show on one screen what is new, to read, to review and contradicted.

    'kg' alone does the same. New is what loads brought since you last looked
    (--json looks without counting as that).

    \b
    Example:
      kg status
    """
    show_status(as_json=as_json)


def show_status(*, as_json: bool) -> None:
    """Print the status of the store, and note that its loads were seen."""
    from app.reader_lines import status_lines
    from queries.stats import get_status, note_seen

    with opened() as store:
        found = get_status(store)
        if as_json:
            _json_line(found.to_json())
            return
        click.echo("\n".join(status_lines(found)))
        sys.stdout.flush()
        note_seen(store, found)
