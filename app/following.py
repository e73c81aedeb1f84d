"""Commands that follow: watch, update, digest."""

from __future__ import annotations

import datetime
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.group import EXIT_FAILED, counted, main, opened, store_option
from app.harvesting import arxiv_client
from kg.errors import BusyError, InputError

if TYPE_CHECKING:
    from ingest.arxiv.harvest import Batch
    from ingest.arxiv.keep import Harvested
    from ingest.update import Updated
    from kg.store import News, Store
    from kg.watches import Watch

EXIT_BUSY = 75
"""Another update is running: EX_TEMPFAIL of sysexits.h, for which schedulers try again later."""
_FIRST_DAYS = 7
"""Days before today from which on papers are news to a new watch that names no day."""


@main.group()
def watch() -> None:
    """Follow searches, authors, categories, things, relations and lists.

    'kg update' reads what is new for all of them, 'kg digest' tells it.

    \b
    Example:
      kg watch add charts --query 'cat:cs.CV AND abs:"chart understanding"'
      kg watch add llava-data --thing LLaVA-665K
      kg watch add awesome --list https://example.org/list.md
    """


@watch.command("add")
@store_option
@click.argument("name")
@click.option("--query", metavar="TEXT", help='A search of arXiv: cat:cs.CV AND abs:"chart".')
@click.option("--author", metavar="NAME", help="Papers of a person: 'Haotian Liu'.")
@click.option("--category", metavar="CAT", help="All of a category: cs.CV, hep-th.")
@click.option("--thing", metavar="NAME", help="A model or dataset of the graph, by all its names.")
@click.option("--relation", metavar="TEXT", help="'trained-on LLaVA-665K': what is newly said so.")
@click.option("--list", "list_", metavar="URL", help="A curated list, read again when it changed.")
@click.option("--since", metavar="DAY", help="Papers from this day on; else of the last 7 days.")
def watch_add(
    name: str,
    query: str | None,
    author: str | None,
    category: str | None,
    thing: str | None,
    relation: str | None,
    list_: str | None,
    since: str | None,
) -> None:
    """Follow one thing under a NAME of yours; nothing is read yet.

    \b
    Example:
      kg watch add vlm-data --relation 'trained-on LLaVA-665K'
      kg watch add liu --author 'Haotian Liu' --since 2026-11-01
    """
    from kg.decisions import Action, watches_of
    from kg.watches import Watch, WatchKind, watch_of, watch_payload
    from queries.digest import begin_telling

    given = {
        WatchKind.QUERY: query,
        WatchKind.AUTHOR: author,
        WatchKind.CATEGORY: category,
        WatchKind.THING: thing,
        WatchKind.RELATION: relation,
        WatchKind.LIST: list_,
    }
    chosen = [(kind, of) for kind, of in given.items() if of is not None]
    if len(chosen) != 1:
        raise InputError(
            "say what to follow, one thing a watch: --query, --author, --category, --thing,"
            " --relation or --list"
        )
    ((kind, of),) = chosen
    today = datetime.datetime.now(datetime.UTC).date()
    day = since or (today - datetime.timedelta(days=_FIRST_DAYS)).isoformat()
    wanted = watch_of(watch_payload(Watch(name, kind, of.strip(), day)))
    if kind is WatchKind.LIST:
        from ingest.fetch import normalise_url

        wanted = replace(wanted, of=normalise_url(of))
    needs_graph = kind in (WatchKind.THING, WatchKind.RELATION)
    with opened(create=not needs_graph) as store:
        if name in watches_of(store.user_facts()):
            raise InputError(
                f"there is a watch {name!r} already; 'kg watch remove {name}' ends it, or give"
                " another name"
            )
        _check_is_known(store, wanted)
        begin_telling(store)
        store.add_user_fact(Action.WATCH, watch_payload(wanted))
    click.echo(f"watching {name}: {wanted.told}; 'kg update' reads what is new")


def _check_is_known(store: Store, wanted: Watch) -> None:
    """See that what a watch is of is in the graph, where it has to be."""
    from kg.model import Kind
    from kg.watches import WatchKind, relation_of
    from queries.answers import get_entity

    if wanted.kind is WatchKind.THING:
        get_entity(store, wanted.of, Kind.MODEL, Kind.DATASET)
    elif wanted.kind is WatchKind.RELATION:
        get_entity(store, relation_of(wanted.of).name)


@watch.command("list")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a watch.")
def watch_list(as_json: bool) -> None:
    """List what is followed, and how far it was read.

    \b
    Example:
      kg watch list
    """
    from app.terminal import clean
    from kg.decisions import watches_of
    from queries.digest import reached

    with opened() as store:
        held = watches_of(store.user_facts())
        told = [(w, reached(store, w), _brought(store, w)) for w in held.values()]
    for of, how_far, brought in told:
        if as_json:
            click.echo(json.dumps(_watch_record(of, how_far, brought), ensure_ascii=False))
            continue
        paused = click.style("  paused", fg="yellow") if of.is_paused else ""
        click.echo(f"{click.style(clean(of.name), bold=True)}: {clean(of.told)}{paused}")
        click.echo(f"  {clean(how_far)}; brought {counted(sum(brought.values()), 'paper')}")
    if not told and not as_json:
        click.echo("nothing is watched yet; 'kg watch add --help' shows how to begin")


def _brought(store: Store, of: Watch) -> dict[str, int]:
    """Count what a watch has brought, by what it was."""
    return _counted_kinds(n for n in store.iter_news() if n.watch == of.name)


def _counted_kinds(news: Iterable[News]) -> dict[str, int]:
    """Count news by what they are, in the order in which each kind came first."""
    return dict(Counter(n.what for n in news))


def _watch_record(of: Watch, how_far: str, brought: dict[str, int]) -> dict[str, Any]:
    return {
        "name": of.name, "kind": str(of.kind), "of": of.of, "since": of.since,
        "paused": of.is_paused, "added": of.at, "reached": how_far, "brought": brought,
    }  # fmt: skip


@watch.command("show")
@store_option
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def watch_show(name: str, as_json: bool) -> None:
    """Show one watch and what it brought last; looking changes nothing.

    \b
    Example:
      kg watch show charts
    """
    from app.terminal import clean, fit
    from kg.decisions import get_watch
    from queries.digest import reached

    with opened() as store:
        of = get_watch(store.user_facts(), name)
        news = [n for n in store.iter_news() if n.watch == name]
        last = news[-_SHOWN:]
        papers = {r.record.arxiv: r for r in store.find_records({n.arxiv for n in last})}
        how_far, brought = reached(store, of), _brought(store, of)
    if as_json:
        record = _watch_record(of, how_far, brought)
        record["last"] = [
            {"at": n.at, "what": n.what, "arxiv": n.arxiv, "version": n.version or None}
            for n in reversed(last)
        ]
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    click.echo(f"{clean(of.name)}: {clean(of.told)}{'  paused' if of.is_paused else ''}")
    click.echo(f"  since {of.since}; {clean(how_far)}")
    told = ", ".join(f"{n} {what}" for what, n in sorted(brought.items())) or "nothing yet"
    click.echo(f"  brought: {told}")
    for n in reversed(last):
        title = papers[n.arxiv].record.title if n.arxiv in papers else "(held no more)"
        click.echo(fit(f"  {n.at[:10]} {n.what:12} {n.arxiv}  {title}", 80))


_SHOWN = 20


@watch.command("pause")
@store_option
@click.argument("name")
def watch_pause(name: str) -> None:
    """Leave a watch out of updates, until 'kg watch resume'.

    \b
    Example:
      kg watch pause charts
    """
    _set_paused(name, is_paused=True)


@watch.command("resume")
@store_option
@click.argument("name")
def watch_resume(name: str) -> None:
    """Let updates read a paused watch again, from where it was.

    \b
    Example:
      kg watch resume charts
    """
    _set_paused(name, is_paused=False)


def _set_paused(name: str, *, is_paused: bool) -> None:
    from app.terminal import clean
    from kg.decisions import Action, get_watch
    from kg.watches import watch_payload

    with opened() as store:
        of = get_watch(store.user_facts(), name)
        if of.is_paused is is_paused:
            click.echo(f"{clean(name)} {'is paused already' if is_paused else 'is not paused'}")
            return
        store.add_user_fact(Action.WATCH, watch_payload(replace(of, is_paused=is_paused)))
    click.echo(f"{clean(name)} {'is paused' if is_paused else 'is read again by the next update'}")


@watch.command("remove")
@store_option
@click.argument("name")
def watch_remove(name: str) -> None:
    """End a watch; what it brought stays in the graph. 'kg undo' brings it back.

    \b
    Example:
      kg watch remove charts
    """
    from app.terminal import clean
    from kg.decisions import Action, get_watch

    with opened() as store:
        facts = store.user_facts()
        get_watch(facts, name)
        held = [
            f.n
            for f in facts
            if f.action is Action.WATCH and f.holds and f.payload.get("name") == name
        ]
        store.add_user_facts([(Action.UNDO, {"of": n}, "") for n in held])
    click.echo(f"{clean(name)} is not watched any more")


# ---------------------------------------------------------------------- updates


_EVERY = re.compile(r"([0-9]{1,4})([mhd])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400}


@main.command()
@store_option
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--every", metavar="TIME", help="Keep doing so: 24h, 90m, 7d.")
@click.option("--allow-private", is_flag=True, help="Also read lists on this machine or network.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a watch.")
def update(names: tuple[str, ...], every: str | None, allow_private: bool, as_json: bool) -> None:
    """Read what is new for all watches, or for those named, once.

    Each page comes with its place: a run that is broken off is gone on with
    by the next. Exits with 0 when all was read, 1 when something could not
    be, 75 when another update of this store is running.

    \b
    Example:
      kg update
      kg update --every 24h
    """
    seconds = _seconds(every) if every else None
    if seconds is None:
        sys.exit(_update_once(names, allow_private=allow_private, as_json=as_json))
    try:
        while True:
            due = time.monotonic() + seconds
            _update_once(names, allow_private=allow_private, as_json=as_json)
            if not as_json:
                at = datetime.datetime.now() + datetime.timedelta(seconds=seconds)
                click.echo(f"next at {at:%Y-%m-%d %H:%M}; Ctrl-C ends this")
            sys.stdout.flush()
            time.sleep(max(0.0, due - time.monotonic()))
    except KeyboardInterrupt:
        click.echo("ended; what was read is kept", err=True)


def _seconds(text: str) -> int:
    match = _EVERY.fullmatch(text.strip())
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if seconds < 60:
        raise InputError(f"{text!r} is no time between updates; write 24h, 90m or 7d")
    return seconds


def _update_once(names: Sequence[str], *, allow_private: bool, as_json: bool) -> int:
    """Run an update and say what it did; the exit code."""
    from app.terminal import clean
    from ingest.arxiv.client import API_URL, OAI_URL
    from ingest.locks import alone
    from ingest.update import update as run
    from kg.decisions import get_watch, watches_of
    from queries.digest import begin_telling

    failed = 0
    try:
        with opened() as store, alone("update", _lock_of(store.url)):
            begin_telling(store)  # a log that was imported has watches and no digest yet
            facts = store.user_facts()
            chosen = [get_watch(facts, n) for n in dict.fromkeys(names)]
            watches = chosen or list(watches_of(facts).values())
            if not watches and not as_json:
                click.echo("nothing is watched yet; 'kg watch add --help' shows how to begin")
            read = 0
            for done in run(
                store,
                watches,
                api_client=arxiv_client("KG_ARXIV_API"),
                oai_client=arxiv_client("KG_ARXIV_OAI"),
                api=os.environ.get("KG_ARXIV_API") or API_URL,
                oai=os.environ.get("KG_ARXIV_OAI") or OAI_URL,
                allow_private=allow_private,
                tell=None if as_json or not sys.stderr.isatty() else _progress,
            ):
                read += 1
                failed += done.error is not None or done.is_left
                if as_json:
                    click.echo(json.dumps(_updated_record(done), ensure_ascii=False))
                else:
                    for line in _updated_lines(done):
                        click.echo(line)
            if read > 1 and not as_json:
                click.echo(
                    f"{read} watches read"
                    + (f", {failed} not to the end" if failed else "")
                    + "; 'kg digest' tells what is new"
                )
    except BusyError as error:
        click.echo(f"kg: {clean(str(error))}", err=True)
        return EXIT_BUSY
    return EXIT_FAILED if failed else 0


def _lock_of(url: str) -> str:
    """Name a store for its lock: one file by one name, a server without its user."""
    if "://" in url and not url.startswith("sqlite://"):
        return url.split("://", 1)[0] + "://" + url.split("://", 1)[1].rpartition("@")[2]
    return str(Path(url.removeprefix("sqlite://")).resolve())


def _progress(of: Watch, batch: Batch, summary: Harvested) -> None:
    from app.terminal import clean

    click.echo(f"{clean(of.name)}: {summary.records:,} records ({clean(batch.source)})", err=True)


def _updated_lines(done: Updated) -> Iterator[str]:
    from app.terminal import clean

    name = click.style(clean(done.watch.name), bold=True)
    if done.is_left:
        yield f"{name}: left for the next time, arXiv cannot be read now"
        return
    if done.report is not None:
        diff = done.report.diff
        yield f"{name}: " + (
            "nothing changed"
            if diff.is_empty
            else f"{diff.added} added, {diff.edited} edited, {diff.withdrawn} withdrawn"
        )
    elif done.watch.kind == "relation":
        yield f"{name}: nothing to read; the digest looks at what sources say"
    elif done.error is None or done.summary.batches:
        kinds = ", ".join(f"{n} {what}" for what, n in sorted(_counted_kinds(done.news).items()))
        yield f"{name}: {kinds or 'nothing new'} ({counted(done.summary.records, 'record')} read)"
    for remark in done.summary.remarks[:5]:
        yield f"  {clean(remark)}"
    if done.summary.conflicts:
        yield (
            f"  lists give {counted(len(done.summary.conflicts), 'id')} to papers with another"
            " title: kept apart, see 'kg doctor'"
        )
    if done.error is not None:
        yield click.style(f"{clean(done.watch.name)}: {clean(str(done.error))}", fg="red")


def _updated_record(done: Updated) -> dict[str, Any]:
    diff = done.report.diff if done.report else None
    return {
        "watch": done.watch.name,
        "kind": str(done.watch.kind),
        "news": _counted_kinds(done.news),
        "records": done.summary.records,
        "rejected": done.summary.rejected,
        "conflicts": done.summary.conflicts,
        "remarks": done.summary.remarks,
        "list": None if diff is None else {"added": diff.added, "edited": diff.edited, "withdrawn": diff.withdrawn},
        "left": done.is_left,
        "error": None if done.error is None else str(done.error),
    }  # fmt: skip


# ---------------------------------------------------------------------- the digest


@main.command()
@store_option
@click.option(
    "--since",
    default="last",
    show_default=True,
    metavar="TIME",
    help="last: since the digest before; or a day, as 2026-11-14, or 7d.",
)
@click.option(
    "--format",
    "format",
    type=click.Choice(["markdown", "html", "json", "atom"]),
    help="How it is written; else by the ending of --output, or Markdown.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to a file instead, whole or not at all.",
)
@click.option("--again", is_flag=True, help="Tell once more what the last digest told.")
@click.option("--keep", is_flag=True, help="Look only: the next digest tells the same again.")
def digest(
    since: str, format: str | None, as_json: bool, output: Path | None, again: bool, keep: bool
) -> None:
    """Tell what is new for each watch: papers, relations, changes of lists.

    Nothing is told twice: what one digest has told the next leaves out, unless
    a day is given. Papers that you skip (kg read ID --state skipped) are left
    out and counted.

    \b
    Example:
      kg digest
      kg digest --since 7d --output week.html
    """
    from queries.digest import get_digest, note_told, since_day, since_last
    from queries.digest_formats import iter_markdown, to_atom, to_html

    if as_json and format not in (None, "json"):
        raise InputError(f"--json and --format {format} contradict each other")
    if again and since != "last":
        raise InputError("--again is about the last digest; with --since leave it out")
    chosen = "json" if as_json else format or _format_of(output)
    now = datetime.datetime.now(datetime.UTC)
    with opened() as store:
        begun = since_last(store, again=again) if since == "last" else since_day(store, since, now)
        found = get_digest(store, begun, now)
        if chosen == "json":
            text = json.dumps(found.to_json(), ensure_ascii=False) + "\n"
        elif chosen == "html":
            text = to_html(found)
        elif chosen == "atom":
            text = to_atom(found)
        else:
            text = "\n".join(iter_markdown(found)) + "\n"
        if output is None:
            click.echo(text, nl=False)
            sys.stdout.flush()
        else:
            _write_whole(output, text)
            n = sum(len(s.papers) + len(s.relations) + len(s.listed) for s in found.sections)
            click.echo(f"{counted(n, 'piece')} of news written to {output}", err=True)
        # Behind the output: who did not get to see it is told again.
        if since == "last" and not again and not keep:
            note_told(store, found)


_FORMATS = {".html": "html", ".htm": "html", ".json": "json", ".xml": "atom", ".atom": "atom"}


def _format_of(output: Path | None) -> str:
    return _FORMATS.get(output.suffix.lower(), "markdown") if output else "markdown"


def _write_whole(path: Path, text: str) -> None:
    """Write a file whole, or leave what was there."""
    from tempfile import NamedTemporaryFile

    try:
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent or Path(), prefix=f".{path.name}.", delete=False
        ) as file:
            part = Path(file.name)
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                part.chmod(0o644)
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", source=str(path)) from error
