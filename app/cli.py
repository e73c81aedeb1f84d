"""The command line: ``kg ...``. Each command is short; all logic lies in the other packages."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kg.errors import InputError, KGError, NotFoundError, SetupError
from kg.store import default_store_path, open_store

if TYPE_CHECKING:
    from kg.store import LoadReport, Store

_F = TypeVar("_F", bound=Callable[..., Any])

EXIT_FAILED, EXIT_USAGE, EXIT_UNKNOWN = 1, 2, 3
"""Exit codes beside 0 (done, also with rejected lines)."""


def _store_option(command: _F) -> _F:
    """Let ``--store`` stand before or after the subcommand."""

    def remember(context: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.meta["kg.store"] = value

    return click.option(
        "--store",
        metavar="FILE",
        expose_value=False,
        callback=remember,
        is_eager=True,
        help="The store to use; before or after the command.",
    )(command)


@contextmanager
def _opened(*, create: bool = False) -> Iterator[Store]:
    url = click.get_current_context().meta.get("kg.store")
    with closing(open_store(url, create=create)) as store:
        yield store


class _Group(click.Group):
    """Translates the project's errors to a message and an exit code, at this one place."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NotFoundError as error:
            _fail(error, EXIT_UNKNOWN)
        except SetupError as error:
            _fail(error, EXIT_USAGE)
        except KGError as error:
            _fail(
                error,
                EXIT_USAGE if isinstance(error, InputError) and not error.source else EXIT_FAILED,
            )
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(0)


def _fail(error: KGError, code: int) -> None:
    from app.terminal import clean

    lines = str(error).splitlines() or [type(error).__name__]
    click.echo(
        "\n".join(
            click.style(f"kg: {clean(lines[0])}", fg="red") if i == 0 else clean(x)
            for i, x in enumerate(lines)
        ),
        err=True,
    )
    sys.exit(code)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog=f"Without --store and KG_STORE the store is {default_store_path()}.",
)
@_store_option
@click.version_option(package_name="research-kg", prog_name="kg")
def main() -> None:
    """Papers, models and datasets from curated lists, every fact with its line.

    \b
    Example:
      kg ingest my-lists/
      kg ask "which models use LLaVA-665K"
    """


@main.command()
@_store_option
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
    from ingest.load import find_files, ingest_file, ingest_url

    if name and len(paths) > 1:
        raise InputError("--as names one source; give one file or address with it")
    failed: list[str] = []
    reports: list[LoadReport] = []
    with _opened(create=True) as store:
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
        if not as_json and len(reports) > 1:
            rejected = sum(r.rejected for r in reports)
            counts = store.counts()
            click.echo(
                f"{len(reports)} sources; {counts.get('paper', 0)} papers, {counts.get('model', 0)} models,"
                f" {counts.get('dataset', 0)} datasets in the store; {rejected} lines rejected"
                + (" (kg sources --rejected shows them)" if rejected else "")
            )
    if failed:
        sys.exit(EXIT_FAILED)


def _told(report: LoadReport) -> str:
    """Say in words what a load did."""
    if report.copy_of:
        from app.terminal import short_source

        return f"a copy of {short_source(report.copy_of)}, adds nothing"
    diff = report.diff
    if diff.is_empty:
        what = f"nothing changed ({diff.unchanged} claims)"
    else:
        what = f"{diff.added} claims added"
        if diff.edited or diff.withdrawn or diff.unchanged:
            what += (
                f", {diff.edited} edited, {diff.withdrawn} withdrawn, {diff.unchanged} unchanged"
            )
    return what + (f", {report.rejected} lines rejected" if report.rejected else "")


def _report_record(report: LoadReport) -> dict[str, Any]:
    diff = report.diff
    return {
        "source": report.source, "load": report.load, "added": diff.added, "edited": diff.edited,
        "withdrawn": diff.withdrawn, "unchanged": diff.unchanged, "rejected": report.rejected, "copy_of": report.copy_of or None,
    }  # fmt: skip


@main.command(name="ask")
@_store_option
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

    with _opened() as store:
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
@_store_option
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

    with _opened() as store:
        sight = get_sight(store, " ".join(name))
    if as_json:
        click.echo(json.dumps(sight.to_json(), ensure_ascii=False))
    else:
        click.echo("\n".join(sight_lines(sight, evidence=None if all_evidence else 3)))


@main.command()
@_store_option
@click.option(
    "--rejected", "show_rejected", is_flag=True, help="Show the lines that could not be read."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a source.")
def sources(show_rejected: bool, as_json: bool) -> None:
    """List the sources: when loaded, how many claims, what last changed.

    \b
    Example:
      kg sources --rejected
    """
    from app.terminal import clean, short_source

    with _opened() as store:
        for s in store.sources():
            d = s.last_diff
            if as_json:
                record = {
                    "source": s.id, "format": s.format, "title": s.title, "date": s.date, "last_load": s.last_load, "loaded_at": s.loaded_at,
                    "claims": s.claims, "rejected": s.rejected, "added": d.added, "edited": d.edited, "withdrawn": d.withdrawn,
                }  # fmt: skip
                click.echo(json.dumps(record, ensure_ascii=False))
                continue
            click.echo(
                f"{short_source(s.id)}\n  {s.claims} claims, {s.rejected} lines rejected; load {s.last_load} at {s.loaded_at}:"
                f" {d.added} added, {d.edited} edited, {d.withdrawn} withdrawn"
            )
            if show_rejected:
                for r in store.rejected(s.id):
                    click.echo(f"    line {r.line}: {clean(r.reason)}: {clean(r.text)}")


@main.command()
@_store_option
@click.argument("source")
def forget(source: str) -> None:
    """Withdraw everything that one source says; its history stays.

    \b
    Example:
      kg forget my-lists/old.md
    """
    from ingest.load import source_id

    with _opened() as store:
        known = {s.id for s in store.sources()}
        chosen = source if source in known or "://" in source else source_id(Path(source))
        report = store.forget(chosen)
    click.echo(f"{report.diff.withdrawn} claims withdrawn")


@main.command()
@_store_option
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
    with _opened() as store:
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


if __name__ == "__main__":
    main()
