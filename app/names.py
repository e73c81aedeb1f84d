"""Commands about who is who and what does not fit: review, merge, split, log, undo, doctor."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from app.group import main, opened, store_option
from kg.errors import InputError

if TYPE_CHECKING:
    from kg.decisions import Action
    from kg.model import Attributes
    from kg.store import Store


def _progress(*, quiet: bool) -> Callable[[str], None] | None:
    """Say on a terminal what is being looked at; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        return None
    return lambda what: click.echo(click.style(f"{what} ...", dim=True), err=True)


@main.group(invoke_without_command=True)
@store_option
@click.option("--text", is_flag=True, help="List relations that sentences may state instead.")
@click.option("--all", "show_all", is_flag=True, help="Show everything, not the first twenty.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def review(context: click.Context, text: bool, show_all: bool, as_json: bool) -> None:
    """List names that may be one thing, or relations that text may state.

    Nothing is joined or said before you accept it. A number always means the
    same two names, an id like t3f09ab1 the same relation, and 'kg undo' takes
    a decision back.

    \b
    Example:
      kg review
      kg review accept 12
      kg review --text
      kg review reject t3f09ab1
    """
    if context.invoked_subcommand is not None:
        return
    if text:
        _list_candidates(show_all=show_all, as_json=as_json)
        return
    from app.terminal import review_lines
    from queries.review import find_reviews

    with opened() as store:
        found = find_reviews(store, _progress(quiet=as_json))
    if as_json:
        for item in found:
            click.echo(json.dumps(item.to_json(), ensure_ascii=False))
    else:
        click.echo("\n".join(review_lines(found, limit=None if show_all else 20)))


@review.command()
@store_option
@click.argument("numbers", nargs=-1, required=True, metavar="N...")
def accept(numbers: tuple[str, ...]) -> None:
    """Say that two names are one thing, or that a relation is true.

    \b
    Example:
      kg review accept 12
    """
    _settle(numbers, accepted=True)


@review.command()
@store_option
@click.argument("numbers", nargs=-1, required=True, metavar="N...")
def reject(numbers: tuple[str, ...]) -> None:
    """Say that two names are two things, or that a sentence says no such thing.

    \b
    Example:
      kg review reject 13 14
    """
    _settle(numbers, accepted=False)


def _settle(given: tuple[str, ...], *, accepted: bool) -> None:
    from kg.decisions import Action, pair_payload, rejection_of, rejection_payload
    from queries.candidates import get_candidates, is_candidate_id
    from queries.review import get_reviews

    found = [g for g in given if is_candidate_id(g)]
    try:
        numbers = [int(g) for g in given if g not in found]
    except ValueError:
        raise InputError(
            "give the numbers of 'kg review', or ids of 'kg review --text' like t3f09ab1"
        ) from None
    with opened() as store:
        pairs = get_reviews(store, numbers) if numbers else []
        candidates = get_candidates(store, found) if found else []
        for item in pairs:
            payload = pair_payload(item.a.name, item.b.name)
            _decide(store, Action.MERGE if accepted else Action.SPLIT, payload)
        for candidate in candidates:
            if accepted:
                _decide(store, Action.ASSERT, candidate.payload)
            else:
                of = rejection_of(candidate.claim, candidate.source)
                _decide(store, Action.REJECT, rejection_payload(of))


def _list_candidates(*, show_all: bool, as_json: bool) -> None:
    from app.terminal import candidate_lines
    from queries.candidates import find_candidates

    with opened() as store:
        found = find_candidates(store)
    if as_json:
        for item in found:
            click.echo(json.dumps(item.to_json(), ensure_ascii=False))
    else:
        click.echo("\n".join(candidate_lines(found, limit=None if show_all else 20)))


@main.command()
@store_option
@click.argument("a")
@click.argument("b")
def merge(a: str, b: str) -> None:
    """Say that two names are one thing.

    \b
    Example:
      kg merge "MultiIntruct" "MultiInstruct"
      kg merge dataset:oig dataset:laion-oig
    """
    from kg.decisions import Action, pair_payload
    from queries.review import get_names_to_merge

    with opened() as store:
        payload = pair_payload(*get_names_to_merge(store, a, b))
        _decide(store, Action.MERGE, payload)


@main.command()
@store_option
@click.argument("name")
@click.argument("alias")
def split(name: str, alias: str) -> None:
    """Say that ALIAS is not NAME; they stay apart, also on later loads.

    \b
    Example:
      kg split "LLaVA-NeXT" "LLaVA-OneVision"
    """
    from kg.decisions import Action, pair_payload
    from queries.review import get_names_to_split

    with opened() as store:
        payload = pair_payload(*get_names_to_split(store, name, alias))
        _decide(store, Action.SPLIT, payload)


def _decide(store: Store, action: Action, payload: Attributes) -> None:
    """Put a decision into the log; say what it did, and which older ones hold no more or again."""
    from app.terminal import decision_line

    before = {fact.n: fact for fact in store.user_facts()}
    made = store.add_user_fact(action, payload)
    click.echo(decision_line(made))
    for fact in store.user_facts():
        old = before.get(fact.n)
        if old is None or fact.action == "undo" or fact.undone_by is not None:
            continue
        if old.holds and not fact.holds:
            click.echo(f"  it overrules decision {fact.n}")
        elif fact.holds and not old.holds:
            click.echo(f"  decision {fact.n} holds again")
        elif old.undone_by is not None:
            click.echo(
                f"  decision {fact.n} has no effect yet: {fact.overruled_by} overrules it;"
                f" 'kg undo {fact.overruled_by}' lets it hold"
            )


@main.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a decision.")
def log(as_json: bool) -> None:
    """List what you said by number, and what of it holds.

    \b
    Example:
      kg log
    """
    from app.terminal import decision_line
    from kg.decisions import Action

    with opened() as store:
        facts = [f for f in store.user_facts() if f.action not in (Action.SEEN, Action.TOLD)]
    if as_json:
        for fact in facts:
            record = {
                "n": fact.n, "at": fact.at, "action": str(fact.action), **fact.payload,
                "holds": fact.holds, "undone_by": fact.undone_by, "overruled_by": fact.overruled_by,
            }  # fmt: skip
            click.echo(json.dumps(record, ensure_ascii=False))
        return
    if not facts:
        click.echo("no decisions yet; 'kg review' lists what there is to decide")
    for fact in facts:
        click.echo(decision_line(fact))


@main.command()
@store_option
@click.argument("n", type=int, required=False)
def undo(n: int | None) -> None:
    """Take back entry N of 'kg log', or the last one that holds.

    What is undone can be brought back by undoing the undo.

    \b
    Example:
      kg undo
      kg undo 3
    """
    from app.terminal import decision_line
    from kg.decisions import OF_THIS_STORE, Action

    with opened() as store:
        facts = store.user_facts()
        if n is None:
            last = [f for f in facts if f.undone_by is None and f.action not in OF_THIS_STORE]
            if not last:
                raise InputError("there is no decision to undo; 'kg log' lists them")
            n = last[-1].n
        before = next((f for f in facts if f.n == n), None)
        _decide(store, Action.UNDO, {"of": n})
        if before is not None and before.overruled_by is not None:
            click.echo(f"  decision {n} was overruled by {before.overruled_by} and had no effect")
        for fact in store.user_facts():
            if fact.n == n and fact.action is not Action.UNDO:
                click.echo(decision_line(fact))


@main.command()
@store_option
@click.option("--all", "show_all", is_flag=True, help="Show every finding in full.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a finding.")
def doctor(show_all: bool, as_json: bool) -> None:
    """Show what does not fit: contradictions, doubtful names, repairs, old lists.

    Nothing is changed; every value stands with its line.

    \b
    Example:
      kg doctor
      kg doctor --json | jq 'select(.severity == "high")'
    """
    from app.terminal import finding_lines
    from queries.doctor import find_findings

    with opened() as store:
        findings = find_findings(store, progress=_progress(quiet=as_json))
    if as_json:
        for finding in findings:
            click.echo(json.dumps(finding.to_json(), ensure_ascii=False))
    else:
        click.echo("\n".join(finding_lines(findings, show_all=show_all)))
