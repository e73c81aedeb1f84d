"""The command that follows arXiv in bulk: saved files and the harvest of a set."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from app.group import EXIT_FAILED, counted, main, opened, store_option
from kg.errors import FetchError, InputError, KGError

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from ingest.arxiv.client import ArxivClient
    from ingest.arxiv.harvest import Batch
    from ingest.arxiv.keep import Harvested

_STEPS = 1000
_TOLD = 5
"""Rejected records and conflicts that are shown without being asked for all."""


@main.command()
@store_option
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A saved page of OAI-PMH, or the metadata snapshot; also gzipped, also several times.",
)
@click.option("--set", "spec", metavar="SET", help="A set of arXiv's: cs, cs:cs:CV, ...")
@click.option("--from", "since", metavar="DATE", help="Begin anew with what changed since a day.")
@click.option(
    "--format",
    type=click.Choice(["arXiv", "arXivRaw"]),
    default="arXivRaw",
    show_default=True,
    help="With authors parted, or with all versions.",
)
@click.option("--again", is_flag=True, help="Read also files that were read before.")
@click.option("--names", is_flag=True, help="Look in all records for names that came after them.")
@click.option(
    "--texts", is_flag=True, help="Read what the texts of all records say: who used what."
)
@click.option("--rejected", "show_rejected", is_flag=True, help="Show what could not be read.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
def harvest(
    files: tuple[Path, ...],
    spec: str | None,
    since: str | None,
    format: str,
    again: bool,
    names: bool,
    texts: bool,
    show_rejected: bool,
    as_json: bool,
    more: tuple[Path, ...],
) -> None:
    """Bring arXiv's records of papers into the store.

    Every page comes with its place in one transaction: a run that is broken
    off, or that arXiv ends, goes on with the same command.

    \b
    Example:
      kg harvest --file arxiv-metadata-oai-snapshot.json.gz
      kg harvest --set cs:cs:CV --from 2026-01-01
    """
    from ingest.arxiv.keep import Harvested, check_day, keep_files, keep_set

    paths = [*files, *more]
    if names or texts:
        if paths or spec is not None:
            raise InputError(
                f"{'--names' if names else '--texts'} goes alone: it reads the records of the store"
            )
        if names:
            _find_names(as_json)
        if texts:
            _read_texts(as_json)
        return
    if bool(paths) == (spec is not None):
        raise InputError("give either files (--file PATH...) or a set (--set cs:cs:CV)")
    if paths and since:
        raise InputError("--from goes with --set; files are read from where they were left")
    day = check_day(since) if since else ""
    summary = Harvested()
    failure: KGError | None = None
    quiet = as_json or not sys.stderr.isatty()
    with opened(create=True) as store, _progress(quiet=quiet) as progress:
        try:
            if spec is None:
                keep_files(store, paths, summary=summary, tell=progress, again=again)
            else:
                keep_set(
                    store,
                    spec,
                    summary=summary,
                    client=arxiv_client("KG_ARXIV_OAI"),
                    base=_base(),
                    format=format,
                    since=day,
                    tell=progress,
                )
        except KGError as error:
            if isinstance(error, InputError) and not error.source and not summary.batches:
                raise
            failure = error
    _tell(summary, failure, as_json=as_json, show_rejected=show_rejected)
    if failure is not None:
        sys.exit(EXIT_FAILED)


def _find_names(as_json: bool) -> None:
    """Look for names again, and say what was found."""
    from ingest.arxiv.keep import Renamed, find_names_again
    from ingest.arxiv.naming import dictionary_of

    def tell(done: Renamed) -> None:
        click.echo(f"{done.records:,} records, {done.found:,} names found", err=True)

    with opened() as store:
        done = find_names_again(
            store,
            dictionary_of(store),
            tell=None if as_json or not sys.stderr.isatty() else tell,
        )
    if as_json:
        click.echo(json.dumps({"records": done.records, "found": done.found}))
    elif done.records:
        click.echo(
            f"{counted(done.records, 'record')} looked at:"
            f" {counted(done.found, 'name')} found that came after them"
        )
    else:
        click.echo("all names were looked for in all records before")


def _read_texts(as_json: bool) -> None:
    """Read what the texts of all records say, and say how much it is."""
    from ingest.arxiv.naming import dictionary_of
    from ingest.texts import TextsRead, read_texts

    def tell(done: TextsRead) -> None:
        click.echo(f"{done.records:,} records, {done.claims:,} claims", err=True)

    with opened() as store:
        done = read_texts(
            store,
            dictionary_of(store),
            tell=None if as_json or not sys.stderr.isatty() else tell,
        )
    if as_json:
        record = {"records": done.records, "claims": done.claims, "candidates": done.candidates}
        click.echo(json.dumps(record))
    elif done.records:
        click.echo(
            f"{counted(done.records, 'record')} read: {counted(done.claims, 'claim')},"
            f" {counted(done.candidates, 'candidate')} for 'kg review --text'"
        )
    else:
        click.echo("all records were read with these names before")


@main.command()
@store_option
@click.option("--again", is_flag=True, help="Ask also for ids that arXiv did not know before.")
@click.option("--rejected", "show_rejected", is_flag=True, help="Show what could not be read.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def complete(again: bool, show_rejected: bool, as_json: bool) -> None:
    """Fetch arXiv's records of the papers that lists name by arXiv id.

    A title that disagrees with the list's is not attached: 'kg doctor' shows
    it. A run that is broken off goes on with the same command.

    \b
    Example:
      kg complete
    """
    from ingest.arxiv.client import API_URL
    from ingest.arxiv.keep import Harvested
    from ingest.arxiv.keep import complete as complete_papers

    summary = Harvested()
    failure: KGError | None = None
    quiet = as_json or not sys.stderr.isatty()
    with opened() as store, _progress(quiet=quiet) as progress:
        try:
            complete_papers(
                store,
                summary=summary,
                client=arxiv_client("KG_ARXIV_API"),
                base=os.environ.get("KG_ARXIV_API") or API_URL,
                again=again,
                tell=progress,
            )
        except FetchError as error:
            failure = error
    _tell(summary, failure, as_json=as_json, show_rejected=show_rejected)
    if failure is not None:
        sys.exit(EXIT_FAILED)


def _base() -> str:
    """Return where OAI-PMH is asked: arXiv, or what KG_ARXIV_OAI names."""
    from ingest.arxiv.client import OAI_URL

    return os.environ.get("KG_ARXIV_OAI") or OAI_URL


def arxiv_client(named_by: str) -> ArxivClient:
    """Return who asks arXiv; a server that the environment names may be on this machine.

    Parameters
    ----------
    named_by : KG_ARXIV_OAI or KG_ARXIV_API, which name another server
    """
    from app.terminal import clean
    from ingest.arxiv.client import ArxivClient
    from ingest.arxiv.pace import INTERVAL, Pace

    named = os.environ.get(named_by, "")
    # The pace is what arXiv asks for; a server of one's own on this machine does not.
    is_own = urlsplit(named).hostname in ("localhost", "127.0.0.1", "::1") if named else False
    return ArxivClient(
        Pace(interval=0.0 if is_own else INTERVAL),
        allow_private=bool(named),
        tell=lambda line: click.echo(f"kg: {clean(line)}", err=True),
    )


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[Batch, Harvested], None] | None]:
    """Give what shows how far a harvest is: a bar where that is known, else a line a batch."""
    from app.terminal import clean

    if quiet:
        yield None
        return
    shown: ProgressBar[int] = click.progressbar(
        length=_STEPS,
        label="reading",
        file=sys.stderr,
        item_show_func=lambda records: f"{records or 0:,} records",
    )
    with shown as bar:
        bar.hidden = True  # until it is known that there is something to show

        def tell(batch: Batch, summary: Harvested) -> None:
            if batch.share:
                bar.hidden = False
                bar.update(round(batch.share * _STEPS) - bar.pos, summary.records)
            else:
                click.echo(
                    f"{summary.records:,} records, {summary.new:,} new ({clean(batch.source)})",
                    err=True,
                )

        yield tell


def _tell(
    summary: Harvested, failure: KGError | None, *, as_json: bool, show_rejected: bool
) -> None:
    """Say what a run did, and why it ended where it did not come to the end."""
    from app.terminal import clean

    if as_json:
        record = {
            "records": summary.records,
            "new": summary.new,
            "new_versions": summary.new_versions,
            "cross_listed": summary.cross_listed,
            "changed": summary.changed,
            "withdrawn": summary.withdrawn,
            "gone": summary.gone,
            "unchanged": summary.unchanged,
            "rejected": summary.rejected,
            "conflicts": summary.conflicts,
            "missing": summary.missing,
            "remarks": summary.remarks,
            "done": summary.is_done,
            "error": None if failure is None else str(failure),
        }
        click.echo(json.dumps(record, ensure_ascii=False))
    else:
        click.echo(
            f"{counted(summary.records, 'record')}: {summary.new} new,"
            f" {summary.new_versions} of a new version,"
            f" {summary.cross_listed} cross-listed, {summary.changed} changed otherwise,"
            f" {summary.unchanged} unchanged; {summary.withdrawn} withdrawn,"
            f" {summary.gone} gone, {summary.rejected} rejected"
        )
        for remark in summary.remarks[:_TOLD]:
            click.echo(clean(remark))
        for source, r in summary.examples if show_rejected else summary.examples[:_TOLD]:
            click.echo(f"{clean(source)}, line {r.line}: {clean(r.reason)}: {clean(r.text)}")
        if summary.missing:
            shown = ", ".join(summary.missing[:_TOLD])
            click.echo(
                f"arXiv does not know {counted(len(summary.missing), 'id')}: {clean(shown)}"
                f"{', ...' if len(summary.missing) > _TOLD else ''} (not asked for again without"
                " --again)"
            )
        if summary.conflicts:
            shown = ", ".join(summary.conflicts[:_TOLD])
            click.echo(
                f"lists give {counted(len(summary.conflicts), 'id')} to papers with another title"
                f" ({shown}{', ...' if len(summary.conflicts) > _TOLD else ''}): kept apart, see"
                " 'kg doctor'"
            )
    if failure is not None:
        where = "; what came before is kept, the same command goes on from there"
        click.echo(click.style(f"kg: {clean(str(failure))}{where}", fg="red"), err=True)
        if isinstance(failure, FetchError) and not as_json:
            click.echo("arXiv cannot be read now; try again later", err=True)
