"""Questions that a person writes in Cypher: judged, run with limits, answered in plain values."""

from __future__ import annotations

import base64
import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from kg.errors import InputError, KGError, StoreError
from kg.neo4j.cypher import PROCEDURES, Question, judge, marked
from kg.neo4j.database import Database, in_words

if TYPE_CHECKING:
    import neo4j

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
"""What JSON can say."""

_GRACE_SECONDS = 3.0
"""How much longer than the time limit to wait for the server to keep it."""
_LONGEST_SECONDS = 24 * 3600.0
_AT_A_TIME = 1000
_PREFIX = "CYPHER 5 "
"""Newer servers know other versions, in which other words mean something."""
_DOES_MORE = re.compile(
    "LoadCSV|Foreach|Transaction|Create|Insert|Merge|Set|Delete|Detach|Remove|Drop|Lock|Terminate"
)
"""Beginnings of names of operators that do more than read."""


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a question in Cypher."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    is_cut: bool = False
    """Whether there are more rows than were asked for."""
    plan: str = ""
    """For EXPLAIN and PROFILE, how the server answers."""

    def to_json(self) -> dict[str, object]:
        """Return it as one object of plain values."""
        shown: dict[str, object] = {
            "columns": [*self.columns],
            "rows": [[*row] for row in self.rows],
            "cut": self.is_cut,
        }
        return {**shown, "plan": self.plan} if self.plan else shown


def ask_cypher(
    database: Database, text: str, given: Mapping[str, Any], *, rows: int, seconds: float
) -> Table:
    """Answer a question in Cypher, if all that it does is read.

    What the tokens let through is looked at again in the server's plan before it runs, and it runs
    in a transaction that reads, which ends when there are enough rows or the time is over.

    Parameters
    ----------
    database : what is asked
    text : Cypher 5
    given : values of parameters, by name
    rows : how many to return at most
    seconds : how long it may take

    Raises
    ------
    InputError
        If it does more than read, or a limit makes no sense.
    StoreError
        If the server cannot answer it, or not in time.
    """
    if rows < 1 or not 0 < seconds <= _LONGEST_SECONDS:
        raise InputError("the limits of a question are one row and a moment of time at least")
    question = judge(text)
    # In a thread that is left alone: a server sends the whole of a row, however long that takes.
    return _in_time(
        lambda: _run(database, text, question, given, rows=rows, seconds=seconds),
        seconds + _GRACE_SECONDS,
        lambda: StoreError(_too_slow(seconds)),
    )


def _too_slow(seconds: float) -> str:
    return (
        f"the question took longer than {seconds:g} seconds and was stopped; ask for less, or give it"
        " more time with --seconds"
    )


def _in_time(work: Callable[[], Table], seconds: float, late: Callable[[], KGError]) -> Table:
    done: list[Table] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits for it
            failed.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise late()
    return done[0]


def _run(
    database: Database,
    text: str,
    question: Question,
    given: Mapping[str, Any],
    *,
    rows: int,
    seconds: float,
) -> Table:
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        with (
            database.reading_session(min(rows + 1, _AT_A_TIME)) as session,
            session.begin_transaction(timeout=seconds) as transaction,
        ):
            # The prefix has a line of its own, so that columns are those of the text.
            told = transaction.run(f"{_PREFIX}EXPLAIN\n{question.text}", dict(given)).consume()
            _check_plan(told)
            if question.plan == "EXPLAIN":
                return Table((), (), plan=_plan(told))
            result = transaction.run(f"{_PREFIX}{question.plan}\n{question.text}", dict(given))
            columns = tuple(result.keys())
            found: list[tuple[Value, ...]] = []
            is_cut = False
            for record in result:
                is_cut = len(found) == rows
                if is_cut:
                    break
                found.append(tuple(plain(value) for value in record.values()))
            # Of a profile what was not returned counts too; of all else it is thrown away.
            plan = _plan(result.consume()) if question.plan else ""
            return Table(columns, tuple(found), is_cut, plan)
    except (Neo4jError, DriverError) as error:
        raise _told(database.url, text, error, seconds) from error
    except UnicodeEncodeError as error:
        raise InputError("a parameter is not valid Unicode") from error
    except (OverflowError, RecursionError, TypeError, ValueError) as error:
        raise InputError(f"a parameter cannot be sent: {error}") from error


def _check_plan(told: neo4j.ResultSummary) -> None:
    """Refuse what the server itself says does more than read."""
    if told.query_type != "r":
        raise InputError("refused: the server says that this does more than read")
    for name, details in _operators(told.plan or {}):
        called = details.partition("(")[0].strip()
        if _DOES_MORE.match(name) or (name == "ProcedureCall" and called not in PROCEDURES):
            raise InputError(f"refused: the server's plan has the step {name} {called}".rstrip())


def _operators(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name of each step of a plan with its details; deep plans too."""
    waiting = [plan] if plan else []
    while waiting:
        step = waiting.pop()
        name = str(step.get("operatorType", "")).partition("@")[0]
        yield name, str((step.get("args") or {}).get("Details", ""))
        waiting += step.get("children") or []


def _plan(told: neo4j.ResultSummary) -> str:
    plan = told.profile or told.plan or {}
    return str((plan.get("args") or {}).get("string-representation", "")).strip("\n")


def _told(url: str, text: str, error: Exception, seconds: float) -> KGError:
    """Say what the server found wrong with a question, with the place marked."""
    from neo4j.exceptions import BrokenRecordError

    code = str(getattr(error, "code", None) or "")
    said = str(getattr(error, "message", None) or error)
    name = code.rpartition(".")[2]
    if name.startswith("TransactionTimedOut") or name in ("Terminated", "TransactionTerminated"):
        return StoreError(_too_slow(seconds))
    if name in ("AccessMode", "Forbidden"):
        return InputError(f"refused: the server says that this does more than read: {said}")
    if name == "ParameterMissing":
        return StoreError(f"{said.strip()}; give it with --param NAME=VALUE")
    if "OutOfMemory" in name:
        return StoreError(f"the server has too little memory for this question: {said}")
    if isinstance(error, BrokenRecordError):
        return StoreError(
            "a value of the answer cannot be read here, such as a date outside the years 1 to 9999;"
            " return its text with toString()"
        )
    if not code.startswith(("Neo.ClientError.Statement", "Neo.ClientError.Procedure")):
        return in_words(url, error)
    # The server repeats the text with its prefix, and counts lines from there.
    place = re.search(r"\s*\(line (\d+), column (\d+) \(offset: \d+\)\)", said)
    if place is None or int(place[1]) < 2:
        return StoreError(f"the server cannot answer this: {said.strip().splitlines()[0]}")
    what = said[: place.start()].strip()
    line, column = int(place[1]) - 1, int(place[2])
    return StoreError(
        f"the server cannot answer this: {what} (line {line}, column {column})\n"
        f"{marked(text, line, column)}"
    )


# -- values ---------------------------------------------------------------------------------------


def plain(value: Any) -> Value:
    """Write a value of the server as JSON can say it, the same at every time.

    A node becomes its labels and properties, a relationship its type and properties, both without
    the server's own numbers; a path its nodes and, between them, its relationships with the places of
    their ends; a time the text of ISO 8601; a point its reference system and coordinates; bytes their
    Base64; a number that is none its name.

    Parameters
    ----------
    value : what the driver gives for a value in a row
    """
    from neo4j.graph import Node, Path, Relationship
    from neo4j.spatial import Point
    from neo4j.time import Duration

    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, Node):
        return {"labels": [*sorted(value.labels)], "properties": _properties(value)}
    if isinstance(value, Relationship):
        return {"type": value.type, "properties": _properties(value)}
    if isinstance(value, Path):
        places: dict[str, int] = {}
        for node in value.nodes:
            places.setdefault(node.element_id, len(places))
        nodes = {node.element_id: node for node in value.nodes}
        return {
            "nodes": [plain(nodes[key]) for key in places],
            "relationships": [
                {
                    "type": link.type,
                    "properties": _properties(link),
                    "from": places[link.nodes[0].element_id],  # type: ignore[union-attr]
                    "to": places[link.nodes[1].element_id],  # type: ignore[union-attr]
                }
                for link in value.relationships
            ],
        }
    if isinstance(value, Point):
        return {"srid": value.srid, "coordinates": [plain(x) for x in value]}
    if isinstance(value, Duration):
        return value.iso_format()
    if isinstance(value, (bytes, bytearray)):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if hasattr(value, "iso_format"):
        zone = getattr(getattr(value, "tzinfo", None), "zone", None)
        return f"{value.iso_format()}[{zone}]" if zone else str(value.iso_format())
    return str(value)


def _properties(of: neo4j.graph.Entity) -> dict[str, Value]:
    return {name: plain(of[name]) for name in sorted(of.keys())}
