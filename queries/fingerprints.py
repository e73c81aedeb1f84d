"""Whether two stores say the same: what they export, as hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass

from kg.store import Store
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)
from queries.said import iter_user_lines


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What an export is, line by line."""

    lines: int
    sha256: str


def iter_fingerprints(store: Store) -> Iterator[tuple[str, Fingerprint]]:
    """Yield (name, fingerprint) of everything that a store exports, and of its history.

    Exports are sorted, so equal ones have equal hashes. The history are the loads, the sources, the
    lines of them that could not be read, candidates, the whole log of the user, and what watches
    brought.
    """
    exports: dict[str, Callable[[], Iterable[str]]] = {
        "claims": lambda: map(to_json_line, iter_claim_records(store)),
        "properties": lambda: map(to_json_line, iter_property_records(store)),
        "entities": lambda: map(to_json_line, iter_entity_records(store)),
        "user": lambda: iter_user_lines(store),
        "history": lambda: _iter_history_lines(store),
    }
    for name, lines in exports.items():
        yield name, _fingerprint(lines())


def _fingerprint(lines: Iterable[str]) -> Fingerprint:
    hashed, n = hashlib.sha256(), 0
    for line in lines:
        n += 1
        hashed.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return Fingerprint(n, hashed.hexdigest())


def _iter_history_lines(store: Store) -> Iterator[str]:
    for load in store.loads():
        yield json.dumps(asdict(load))
    for source in store.sources():
        yield json.dumps(asdict(source))
        for rejected in store.rejected(source.id):
            yield json.dumps(asdict(rejected))
    for fact in store.user_facts():
        yield json.dumps([fact.n, fact.at, str(fact.action), dict(fact.payload), fact.undone_by])
    for name, remark in store.remarks():
        yield json.dumps([name, asdict(remark)])
    for candidate in store.iter_doubted():
        yield json.dumps(asdict(candidate))
    for news in store.iter_news():
        yield json.dumps(asdict(news))
