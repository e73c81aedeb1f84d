"""The command that asks a store in Neo4j in its own language: cypher."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import Any

import click

from app.group import main, opened, store_option, store_url
from kg.errors import InputError, SetupError
from kg.store import is_server


@main.command()
@store_option
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--param", "given", metavar="NAME=VALUE", multiple=True, help="For $NAME: JSON, or else text."
)
@click.option(
    "--limit", type=click.IntRange(1), default=1000, show_default=True, help="Rows at most."
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86400, min_open=True),
    default=30.0,
    show_default=True,
    help="Time at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print columns and rows as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
def cypher(
    text: tuple[str, ...],
    given: tuple[str, ...],
    limit: int,
    seconds: float,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Ask a store in Neo4j in Cypher; nothing but reading is let through.

    Refused are clauses that write, LOAD CSV, procedures and functions other
    than those that only read, and more than one statement. EXPLAIN and PROFILE
    show the plan. For a store in a file, 'kg ask' answers in English.

    \b
    Example:
      kg cypher "MATCH (m:Model)-[l:TRAINED_ON]->(d:Dataset)
                 WHERE d.name = \\$name RETURN m.name, l.stage" \\
        --param name=LLaVA-Instruct-665K
    """
    if not is_server(store_url()):
        raise SetupError(
            "kg cypher needs a store in Neo4j (--store neo4j://HOST); this one is a file, where"
            " 'kg ask \"which models use X\"' answers in English"
        )
    if as_json and as_csv:
        raise InputError("either --json or --csv, not both")
    from kg.neo4j.cypher import judge
    from kg.neo4j.store import Neo4jStore

    asked = " ".join(text)
    values = _values(given)
    judge(asked)  # what is refused needs no server
    with opened() as store:
        if not isinstance(store, Neo4jStore):
            raise SetupError("kg cypher needs a store in Neo4j (--store neo4j://HOST)")
        found = store.ask_cypher(asked, values, rows=limit, seconds=seconds)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    elif as_csv:
        click.echo(_csv(found.columns, found.rows), nl=False)
    else:
        from app.tables import table_lines

        width = shutil.get_terminal_size().columns
        for line in table_lines(found.columns, found.rows, width):
            click.echo(line)
        if found.plan:
            from app.terminal import clean

            click.echo("\n".join(map(clean, found.plan.split("\n"))))
    if found.is_cut:
        click.echo(f"only the first {limit} rows; --limit gives more", err=True)


def _values(given: tuple[str, ...]) -> dict[str, Any]:
    """Read parameters: what is no JSON is the text itself."""
    values: dict[str, Any] = {}
    for written in given:
        name, sign, text = written.partition("=")
        if not sign or not name:
            raise InputError(f"--param {written} has no name; it looks like --param name=LLaVA")
        try:
            values[name] = json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError):
            values[name] = text
    return values


def _no_number(text: str) -> None:
    raise ValueError(text)


def _csv(columns: tuple[str, ...], rows: tuple[tuple[Any, ...], ...]) -> str:
    from queries.formats import csv_cell

    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(map(csv_cell, columns))
    for row in rows:
        writer.writerow(
            csv_cell(x)
            if isinstance(x, str)
            else ""
            if x is None
            else json.dumps(x, ensure_ascii=False)
            for x in row
        )
    return written.getvalue()
