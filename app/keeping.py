"""Commands about the store itself: history, backup, restore, copy."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.group import EXIT_FAILED, main, opened, password_for, store_option, store_url
from kg.store import is_server, open_store

if TYPE_CHECKING:
    from kg.store import CopyProgress, CopyReport
    from queries.fingerprints import Fingerprint


@main.command()
@store_option
@click.argument("name", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a change.")
def history(name: tuple[str, ...], as_json: bool) -> None:
    """Show what lists said of a thing over time, withdrawn claims too.

    \b
    Example:
      kg history GPT-NeoX-20B
    """
    from app.terminal import history_lines
    from queries.history import get_history

    with opened() as store:
        found = get_history(store, " ".join(name))
    if as_json:
        for event in found.events:
            click.echo(json.dumps(event.to_json(), ensure_ascii=False))
    else:
        click.echo("\n".join(history_lines(found)))


@main.command()
@store_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write a whole copy of the store to FILE, also while others use it.

    \b
    Example:
      kg backup ~/backups/kg-2026-11-21.sqlite
    """
    with opened() as store:
        store.backup(file)
    click.echo(f"written to {file}")


@main.command()
@store_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put the store back as it is in FILE, a backup.

    What the store held before is kept beside it in a file of its own.

    \b
    Example:
      kg restore ~/backups/kg-2026-11-21.sqlite
    """
    from kg.store import restore_store

    kept = restore_store(store_url(), file)
    click.echo(f"restored from {file}" + (f"; what was there before is in {kept}" if kept else ""))


@main.command()
@click.argument("origin", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def copy(origin: str, target: str, as_json: bool) -> None:
    """Copy a whole store: a file or neo4j://HOST, into an empty one of either.

    Lists, claims, candidates, history, ids, all that you said and what watches
    brought go along. A copy that broke off is completed by the same command. At the end both
    are compared.

    \b
    Example:
      kg copy papers.sqlite neo4j://localhost
      kg copy neo4j://localhost papers-2026-11-21.sqlite
    """
    from queries.fingerprints import iter_fingerprints

    origin, target = _whole_address(origin), _whole_address(target)
    begun = time.monotonic()
    with (
        closing(open_store(origin, password=password_for(origin))) as source,
        closing(
            open_store(target, create=True, password=password_for(target), completing=True)
        ) as copied,
    ):
        done = copied.copy_from(source, _telling(begun))
        fingerprints: list[dict[str, Fingerprint]] = []
        for store in (source, copied):
            if time.monotonic() - begun > 1:
                click.echo(f"comparing: what {store.url} exports", err=True)
            fingerprints.append(dict(iter_fingerprints(store)))
    different = [
        name
        for name, fingerprint in fingerprints[0].items()
        if fingerprints[1][name] != fingerprint
    ]
    if as_json:
        record = {
            "from": source.url, "to": copied.url, "copied": done.is_new, "resumed": done.is_resumed,
            "seconds": round(time.monotonic() - begun, 2), "rows": dict(done.rows),
            "exports": {
                name: {"lines": d.lines, "sha256": d.sha256, "same": name not in different}
                for name, d in fingerprints[0].items()
            },
        }  # fmt: skip
        click.echo(json.dumps(record, ensure_ascii=False))
    else:
        click.echo(_told(done))
        for name, fingerprint in fingerprints[0].items():
            verdict = "DIFFERENT" if name in different else "the same"
            click.echo(f"  {name:10} {fingerprint.lines:>9,} lines  {verdict}")
    if different:
        click.echo(
            f"kg: the copy exports other {', '.join(different)} than {source.url}; if nobody wrote"
            " one of the two meanwhile, please report it",
            err=True,
        )
        sys.exit(EXIT_FAILED)


def _whole_address(store: str) -> str:
    """Write a store as its copy may name it wherever it is used."""
    if is_server(store) or "://" in store:
        return store
    return str(Path(store).expanduser().resolve())


def _telling(begun: float) -> Callable[[CopyProgress], None]:
    """Make what says once a second how far a copy is, from its second second on."""
    told = begun

    def tell(progress: CopyProgress) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told > 1:
            told = now
            click.echo(f"copying {progress.what}: {progress.done:,} of {progress.of:,}", err=True)

    return tell


def _told(done: CopyReport) -> str:
    """Say in words what a copy did."""
    rows = done.rows
    held = f"{rows['claim']:,} claims in {rows['load']:,} loads of {rows['source']:,} sources"
    if rows["doubted"]:
        held += f", {rows['doubted']:,} candidates"
    if rows["news"]:
        held += f", {rows['news']:,} news of watches"
    if not done.is_new:
        return f"a copy already: {held}"
    return f"{'completed' if done.is_resumed else 'copied'}: {held}"
