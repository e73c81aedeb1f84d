"""What the user says as text for git, and back: the only thing that lists cannot rebuild.

One JSON object a line: ``{"at", "action", "payload"}``, in the order in which it was said. What was
undone is left out, and so are the undos and what the user has seen of this one store's loads. The
text names things as people do and holds no number of any store, so that it fits a graph that was
built anew from changed lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg.decisions import OF_THIS_STORE, Action, UserFact, check_payload, moment
from kg.errors import InputError
from kg.model import Attributes, JsonValue
from kg.store import Store

_LARGEST_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: tuple[UserFact, ...]
    known: int
    """Lines that the log held already."""
    undone: int
    """Those among them that were undone here, and stay so."""


def iter_user_lines(store: Store) -> Iterator[str]:
    """Yield what the user says and did not take back, oldest first, one line an entry.

    Entries of one moment come in the order of the log, since the last of them holds.
    """
    kept = [f for f in store.user_facts() if _is_kept(f) and f.undone_by is None]
    yield from dict.fromkeys(_line(f) for f in sorted(kept, key=lambda f: (f.at, f.n)))


def _is_kept(fact: UserFact) -> bool:
    return fact.action not in OF_THIS_STORE


def _line(fact: UserFact) -> str:
    return _written(fact.at, fact.action, fact.payload)


def _written(at: str, action: Action, payload: Attributes) -> str:
    head = json.dumps({"at": at, "action": str(action)}, ensure_ascii=False)[:-1]
    return f'{head}, "payload": {json.dumps(payload, ensure_ascii=False, sort_keys=True)}}}'


def import_user(store: Store, lines: Iterable[str], source: str) -> Imported:
    """Put exported entries into the log, all or none; what it holds already is not put twice.

    Raises
    ------
    InputError
        If a line is not one of an export; it names the file and the line, and nothing is written.
    """
    log = {_line(f): f for f in store.user_facts() if _is_kept(f) and f.undone_by is not None}
    log |= {_line(f): f for f in store.user_facts() if _is_kept(f) and f.undone_by is None}
    new: dict[str, tuple[Action, Attributes, str]] = {}
    known = undone = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        at, action, payload = _parsed(line, source, number)
        written = _written(at, action, payload)
        if written in log:
            known += 1
            undone += log[written].undone_by is not None
        else:
            new.setdefault(written, (action, payload, at))
    entries = sorted(new.values(), key=lambda entry: entry[2])
    return Imported(tuple(store.add_user_facts(entries)) if entries else (), known, undone)


def _parsed(line: str, source: str, number: int) -> tuple[str, Action, dict[str, JsonValue]]:
    def refused(why: str) -> InputError:
        return InputError(
            f"{source}:{number}: {why}; nothing was imported", source=source, line=number
        )

    if len(line) > _LARGEST_LINE:
        raise refused(f"more than {_LARGEST_LINE} characters are no entry")
    try:
        record = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise refused(f"this is no JSON ({error})") from error
    if not isinstance(record, dict) or set(record) != {"at", "action", "payload"}:
        raise refused("an entry is an object with 'at', 'action' and 'payload'")
    at, action, payload = record["at"], record["action"], record["payload"]
    try:
        known = Action(action)
    except ValueError as error:
        raise refused(
            f"there is no action {action!r}; it may be of a newer version of this program"
        ) from error
    if known in OF_THIS_STORE:
        raise refused(f"an export holds no {known}")
    try:
        check_payload(known, payload)
        json.dumps(payload, ensure_ascii=False).encode()
        return moment(str(at)), known, payload
    except UnicodeEncodeError as error:
        raise refused("a text in it holds half of a character") from error
    except InputError as error:
        raise refused(str(error)) from error


def _refuse_constant(text: str) -> JsonValue:
    raise ValueError(f"{text} is no number of JSON")
