"""Commands about the store itself: history, backup, restore."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.group import main, opened, store_option, store_url


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
