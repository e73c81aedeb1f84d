"""Commands that answer: ask, show, lineage, export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.group import main, store_option
from app.narrowing import Narrowing, narrow_options
from kg.errors import InputError, NotFoundError
from kg.model import Kind
from queries.lineage import DEEPEST

if TYPE_CHECKING:
    from kg.store import Store
    from queries.narrow import Sieve


@main.command(name="ask")
@store_option
@click.argument("question", nargs=-1, required=True)
@click.option("--evidence", "all_evidence", is_flag=True, help="Show every line that says so.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@narrow_options
def ask_command(
    question: tuple[str, ...], all_evidence: bool, as_json: bool, narrowing: Narrowing
) -> None:
    """Answer a question in plain English, with the lines that say so.

    \b
    Example:
      kg ask "which models use LLaVA-665K"
      kg ask "what was Video-LLaMA2 trained on" --json
      kg ask "which models use CC3M" --since 2023-06 --as-of 2026-01
    """
    from app.terminal import answer_lines
    from queries.ask import ask

    text = " ".join(question)
    with narrowing.opened() as store:
        try:
            found = ask(store, text, narrowing.narrow)
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
        # Written while the store is open: what fits only through something else is read now.
        if as_json:
            shown = json.dumps(found.to_json(), ensure_ascii=False)
        else:
            shown = "\n".join(answer_lines(found, evidence=None if all_evidence else 2))
    click.echo(shown)


@main.command()
@store_option
@click.argument("name", nargs=-1, required=True)
@click.option("--evidence", "all_evidence", is_flag=True, help="Show every line.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@narrow_options
def show(name: tuple[str, ...], all_evidence: bool, as_json: bool, narrowing: Narrowing) -> None:
    """Show one thing: its names and why, properties, relations, sources.

    \b
    Example:
      kg show Video-LLaMA2
      kg show dataset:llava-instruct-665k
      kg show LLaVA --since 2023-06 --kind model
    """
    from app.terminal import sight_lines
    from queries.show import get_sight

    with narrowing.opened() as store:
        sight = get_sight(store, " ".join(name), narrowing.narrow)
    if as_json:
        click.echo(json.dumps(sight.to_json(), ensure_ascii=False))
    else:
        click.echo("\n".join(sight_lines(sight, evidence=None if all_evidence else 3)))


@main.command()
@store_option
@click.argument("name", nargs=-1, required=True)
@click.option("--up", is_flag=True, help="Only what it is derived from.")
@click.option("--down", is_flag=True, help="Only what is derived from it.")
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    default=DEEPEST,
    show_default=True,
    help="Steps at most.",
)
@click.option("--evidence", "all_evidence", is_flag=True, help="Show every line, with its text.")
@click.option("--json", "as_json", is_flag=True, help="Print nodes and edges as JSON.")
@narrow_options
def lineage(
    name: tuple[str, ...],
    up: bool,
    down: bool,
    depth: int,
    all_evidence: bool,
    as_json: bool,
    narrowing: Narrowing,
) -> None:
    """Show what a model or dataset is derived from, and what from it.

    A tree with roles, amounts, lines and introducing papers. What has a place
    nearer by is not followed again, nor is a cycle.

    \b
    Example:
      kg lineage Vicuna
      kg lineage LLaVA-1.5 --up
      kg lineage "Common Crawl" --down --depth 2 --json
    """
    from app.lineage_lines import lineage_lines
    from queries.ancestry import find_lineage

    both = up == down
    with narrowing.opened() as store:
        found = find_lineage(
            store, " ".join(name), narrowing.narrow, up=up or both, down=down or both, depth=depth
        )
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        click.echo("\n".join(lineage_lines(found, evidence=None if all_evidence else 2)))


@main.command()
@store_option
@click.argument(
    "what",
    type=click.Choice(["claims", "properties", "entities", "csv", "graphml", "bibtex", "user"]),
)
@click.argument("names", nargs=-1)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file."
)
@click.option("--question", metavar="TEXT", help="Only what answers a question.")
@narrow_options
def export(
    what: str,
    names: tuple[str, ...],
    output: Path | None,
    question: str | None,
    narrowing: Narrowing,
) -> None:
    """Print the graph or a part of it: JSON lines, CSV, GraphML or BibTeX.

    Sorted and without load times, so that two exports can be compared. NAMES
    and the answers of a question choose things; the options narrow them.
    ENTITIES has these things. CLAIMS, PROPERTIES, CSV and GRAPHML have what is
    said of them and of others with them: every claim with a chosen thing at
    one end, of a subject that is not narrowed out. BIBTEX has the papers among
    them, and those that introduce the models and datasets among them. USER is
    what you said yourself, for 'kg import user'.

    \b
    Example:
      kg export claims -o claims.jsonl
      kg export graphml LLaVA-1.5 Valley -o two.graphml
      kg export csv --question "which models use LLaVA-665K"
      kg export bibtex --topic "instruction tuning" -o refs.bib
    """
    from queries.parts import choose

    narrow = narrowing.narrow
    if what == "user" and (names or question or not narrow.is_empty):
        raise InputError("kg export user writes all that you said; it cannot be narrowed")
    if what == "bibtex" and narrow.kinds - {Kind.PAPER}:
        raise InputError("kg export bibtex writes papers; leave out --kind")
    with narrowing.opened() as store:
        chosen = choose(store, names, question or "") if names or question else None
        sieve = None
        if chosen is not None or not narrow.is_empty:
            things = chosen.ids if chosen else None
            sieve = narrow.on(store, whole=chosen is None, chosen=things)
        _write_lines(_export_lines(store, sieve, what), output)
        for remark in (chosen and chosen.remark, sieve and sieve.remark):
            if remark:
                click.echo(remark, err=True)


def _write_lines(lines: Iterator[str], output: Path | None) -> None:
    if output is None:
        for line in lines:
            click.echo(line)
        return
    try:
        with output.open("w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(line + "\n")
    except OSError as error:
        raise InputError(f"cannot write {output}: {error.strerror}", source=str(output)) from error


def _export_lines(store: Store, sieve: Sieve | None, what: str) -> Iterator[str]:
    from queries.export import (
        iter_claim_records,
        iter_entity_records,
        iter_property_records,
        to_json_line,
    )
    from queries.formats import iter_claims_csv, iter_graphml

    if what == "claims":
        return map(to_json_line, iter_claim_records(store, sieve))
    if what == "properties":
        return map(to_json_line, iter_property_records(store, sieve))
    if what == "entities":
        return map(to_json_line, iter_entity_records(store, sieve))
    if what == "user":
        from queries.said import iter_user_lines

        return iter_user_lines(store)
    if what == "bibtex":
        from queries.bibtex import iter_bibtex, papers_in

        return iter_bibtex(store, None if sieve is None else papers_in(store, sieve))
    if what == "csv":
        return iter_claims_csv(iter_claim_records(store, sieve))
    entities = iter_entity_records(store, sieve, with_ends=True)
    return iter_graphml(entities, iter_claim_records(store, sieve))
