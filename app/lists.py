"""Commands about sources: reading, listing and forgetting lists."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.group import EXIT_FAILED, counted, main, opened, store_option
from kg.errors import InputError, KGError

if TYPE_CHECKING:
    from kg.store import LoadReport


@main.command()
@store_option
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--as", "name", metavar="NAME", help="Id of the source, instead of its path or address."
)
@click.option(
    "--allow-private", is_flag=True, help="Also read addresses on this machine or network."
)
@click.option(
    "--rejected", "show_rejected", is_flag=True, help="Show every line that could not be read."
)
@click.option("--changes", "show_changes", is_flag=True, help="Show every claim that changed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a source.")
def ingest(
    paths: tuple[str, ...],
    name: str | None,
    allow_private: bool,
    show_rejected: bool,
    show_changes: bool,
    as_json: bool,
) -> None:
    """Read lists into the store: files, folders or http(s) addresses.

    Reads .md, .markdown, .txt, .html and .bib. Reading a list again changes
    exactly what changed in it.

    \b
    Example:
      kg ingest notes/ https://github.com/owner/list/blob/main/README.md
    """
    from app.terminal import clean, short_source
    from ingest.load import READERS, find_files, find_vanished, ingest_file, ingest_url

    if name and len(paths) > 1:
        raise InputError("--as names one source; give one file or address with it")
    failed: list[str] = []
    reports: list[LoadReport] = []
    with opened(create=True) as store:
        jobs: list[tuple[str, Callable[[], LoadReport]]] = []
        for path in paths:
            if path.startswith(("http://", "https://")):
                jobs.append(
                    (path, partial(ingest_url, store, path, name=name, allow_private=allow_private))
                )
                continue
            for found in find_files(Path(path)):
                if found.skipped:
                    click.echo(
                        f"skipped {clean(str(found.path))}: {clean(found.skipped)}", err=True
                    )
                else:
                    jobs.append(
                        (str(found.path), partial(ingest_file, store, found.path, name=name))
                    )
        if name and len(jobs) > 1:
            raise InputError("--as names one source; the folder holds several")
        with click.progressbar(
            jobs,
            label="reading",
            file=sys.stderr,
            hidden=len(jobs) < 2 or not sys.stderr.isatty() or as_json,
        ) as bar:
            for shown, job in bar:
                try:
                    report = job()
                except KGError as error:
                    failed.append(shown)
                    click.echo(click.style(f"kg: {clean(str(error))}", fg="red"), err=True)
                    continue
                reports.append(report)
                if as_json:
                    click.echo(json.dumps(_report_record(report), ensure_ascii=False))
                else:
                    click.echo(f"{short_source(report.source)}: {_told(report)}")
                if show_changes:
                    for change in report.diff.changes:
                        click.echo(f"  {change.what:9} {clean(change.text)}  (line {change.line})")
                if show_rejected:
                    for r in store.rejected(report.source):
                        click.echo(f"  line {r.line}: {clean(r.reason)}: {clean(r.text)}")
        for folder in (p for p in paths if "://" not in p and Path(p).is_dir()):
            for gone in find_vanished(store, Path(folder)):
                click.echo(
                    f"{short_source(gone)} is gone; to withdraw its claims:"
                    f" kg forget {shlex.quote(short_source(gone))}",
                    err=True,
                )
        if not reports and not failed and not as_json:
            click.echo("no list was found; files of these endings are read: " + ", ".join(READERS))
        if not as_json and len(reports) > 1:
            rejected = sum(r.rejected for r in reports)
            counts = store.counts()
            click.echo(
                f"{counted(len(reports), 'source read')}; {counted(counts.get('paper', 0), 'paper')},"
                f" {counted(counts.get('model', 0), 'model')},"
                f" {counted(counts.get('dataset', 0), 'dataset in the store')};"
                f" {counted(rejected, 'line rejected')}"
                + (" (kg sources --rejected shows them)" if rejected else "")
            )
    if failed:
        sys.exit(EXIT_FAILED)


def _told(report: LoadReport) -> str:
    """Say in words what a load did."""
    if report.moved_from:
        from app.terminal import short_source

        return (
            f"moved here from {short_source(report.moved_from)}, keeps its"
            f" {counted(report.diff.unchanged, 'claim')}"
        )
    if report.copy_of:
        from app.terminal import short_source

        return f"a copy of {short_source(report.copy_of)}, adds nothing"
    diff = report.diff
    if diff.is_empty and report.load and not diff.unchanged:
        what = "nothing in it could be read as a fact"
    elif diff.is_empty:
        what = f"nothing changed ({counted(diff.unchanged, 'claim')})"
    else:
        what = counted(diff.added, "claim added")
        if diff.edited or diff.withdrawn or diff.unchanged:
            what += (
                f", {diff.edited} edited, {diff.withdrawn} withdrawn, {diff.unchanged} unchanged"
            )
    return what + (f", {counted(report.rejected, 'line rejected')}" if report.rejected else "")


def _report_record(report: LoadReport) -> dict[str, Any]:
    diff = report.diff
    return {
        "source": report.source, "load": report.load, "added": diff.added, "edited": diff.edited,
        "withdrawn": diff.withdrawn, "unchanged": diff.unchanged, "rejected": report.rejected, "copy_of": report.copy_of or None,
        "moved_from": report.moved_from or None,
    }  # fmt: skip


@main.command()
@store_option
@click.option(
    "--rejected",
    "show_rejected",
    is_flag=True,
    help="Show only sources with lines that could not be read, and those.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a source.")
def sources(show_rejected: bool, as_json: bool) -> None:
    """List the sources: when loaded, how many claims, what last changed.

    \b
    Example:
      kg sources --rejected
    """
    from app.terminal import clean, short_source, shown_time
    from kg.store import is_missing_file

    with opened() as store:
        found = [s for s in store.sources() if s.rejected or as_json or not show_rejected]
        if show_rejected and not found and not as_json:
            click.echo("no line was rejected")
        for s in found:
            d = s.last_diff
            if as_json:
                record = {
                    "source": s.id, "format": s.format, "title": s.title, "date": s.date, "last_load": s.last_load, "loaded_at": s.loaded_at, "seen_at": s.seen_at, "copy_of": s.copy_of or None,
                    "forgotten": s.is_forgotten, "missing": is_missing_file(s.id),
                    "claims": s.claims, "rejected": s.rejected, "added": d.added, "edited": d.edited, "withdrawn": d.withdrawn,
                }  # fmt: skip
                click.echo(json.dumps(record, ensure_ascii=False))
                continue
            state = (
                "forgotten" if s.is_forgotten
                else f"a copy of {short_source(s.copy_of)}" if s.copy_of
                else "the file is gone ('kg forget' withdraws its claims)" if is_missing_file(s.id)
                else ""
            )  # fmt: skip
            click.echo(
                f"{short_source(s.id)}" + (f"  [{state}]" if state else "") + "\n"
                f"  {counted(s.claims, 'claim')}, {counted(s.rejected, 'line rejected')}; last read {shown_time(s.seen_at)}\n"
                f"  load {s.last_load} at {shown_time(s.loaded_at)}:"
                f" {d.added} added, {d.edited} edited, {d.withdrawn} withdrawn"
            )
            if show_rejected:
                for r in store.rejected(s.id):
                    click.echo(f"    line {r.line}: {clean(r.reason)}: {clean(r.text)}")


@main.command()
@store_option
@click.argument("source")
def forget(source: str) -> None:
    """Withdraw everything that one source says; its history stays.

    \b
    Example:
      kg forget my-lists/old.md
    """
    from ingest.load import source_id
    from kg.decisions import YOU

    with opened() as store:
        known = {s.id for s in store.sources()}
        is_id = source in known or "://" in source or source == YOU
        chosen = source if is_id else source_id(Path(source))
        report = store.forget(chosen)
    click.echo(counted(report.diff.withdrawn, "claim withdrawn"))
