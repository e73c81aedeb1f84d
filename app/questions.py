"""Commands that answer: ask, show, export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.group import main, opened, store_option
from kg.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from kg.store import Store


@main.command(name="ask")
@store_option
@click.argument("question", nargs=-1, required=True)
@click.option("--evidence", "all_evidence", is_flag=True, help="Show every line that says so.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def ask_command(question: tuple[str, ...], all_evidence: bool, as_json: bool) -> None:
    """Answer a question in plain English, with the lines that say so.

    \b
    Example:
      kg ask "which models use LLaVA-665K"
      kg ask "what was Video-LLaMA2 trained on" --json
    """
    from app.terminal import answer_lines
    from queries.ask import ask

    with opened() as store:
        text = " ".join(question)
        try:
            found = ask(store, text)
        except NotFoundError as error:
            if as_json:
                click.echo(
                    json.dumps(
                        {
                            "question": text,
                            "understood": "",
                            "answers": [],
                            "indirect": [],
                            "coverage": None,
                            "remark": str(error),
                            "nearest": list(error.nearest),
                        },
                        ensure_ascii=False,
                    )
                )
            raise
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        click.echo("\n".join(answer_lines(found, evidence=None if all_evidence else 2)))


@main.command()
@store_option
@click.argument("name", nargs=-1, required=True)
@click.option("--evidence", "all_evidence", is_flag=True, help="Show every line.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(name: tuple[str, ...], all_evidence: bool, as_json: bool) -> None:
    """Show one thing: its names and why, properties, relations, sources.

    \b
    Example:
      kg show Video-LLaMA2
      kg show dataset:llava-instruct-665k
    """
    from app.terminal import sight_lines
    from queries.show import get_sight

    with opened() as store:
        sight = get_sight(store, " ".join(name))
    if as_json:
        click.echo(json.dumps(sight.to_json(), ensure_ascii=False))
    else:
        click.echo("\n".join(sight_lines(sight, evidence=None if all_evidence else 3)))


@main.command()
@store_option
@click.argument("what", type=click.Choice(["claims", "properties", "entities", "csv", "graphml"]))
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file."
)
def export(what: str, output: Path | None) -> None:
    """Print the whole graph: JSON lines, CSV or GraphML.

    Sorted and without load times, so that two exports can be compared.

    \b
    Example:
      kg export claims -o claims.jsonl
    """
    with opened() as store:
        lines = _export_lines(store, what)
        if output is None:
            for line in lines:
                click.echo(line)
            return
        try:
            with output.open("w", encoding="utf-8", newline="\n") as file:
                for line in lines:
                    file.write(line + "\n")
        except OSError as error:
            raise InputError(
                f"cannot write {output}: {error.strerror}", source=str(output)
            ) from error


def _export_lines(store: Store, what: str) -> Iterator[str]:
    from queries.export import (
        iter_claim_records,
        iter_entity_records,
        iter_property_records,
        to_json_line,
    )
    from queries.formats import iter_claims_csv, iter_graphml

    if what == "claims":
        return map(to_json_line, iter_claim_records(store))
    if what == "properties":
        return map(to_json_line, iter_property_records(store))
    if what == "entities":
        return map(to_json_line, iter_entity_records(store))
    if what == "csv":
        return iter_claims_csv(iter_claim_records(store))
    return iter_graphml(iter_entity_records(store), iter_claim_records(store))
