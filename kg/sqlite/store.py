"""The whole of the contract on one SQLite file."""

from __future__ import annotations

from kg.sqlite.copies import Copies
from kg.sqlite.decisions import Decisions
from kg.sqlite.reads import Reads


class SqliteStore(Decisions, Reads, Copies):
    """A store in one SQLite file; see `Database` for what opening it can raise."""
