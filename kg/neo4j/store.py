"""The whole of the contract on one database of a Neo4j server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from kg.engine.copying import Copying
from kg.engine.decisions import Decisions
from kg.engine.harvests import Harvests
from kg.engine.reads import Reads
from kg.errors import SetupError
from kg.neo4j.asking import Table, ask_cypher
from kg.neo4j.database import Database
from kg.neo4j.rows import Neo4jRows


class Neo4jStore(Decisions, Harvests, Reads, Copying):
    """A store in Neo4j; see `Database` for what opening it takes and can raise.

    With `completing` it may be a copy that is not complete. Its `url` has no user and password.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        database: str | None = None,
        create: bool = False,
        completing: bool = False,
    ) -> None:
        self._database = Database(
            url, user=user, password=password, database=database, create=create
        )
        try:
            rows = Neo4jRows(self._database)
            super().__init__(rows, self._database.url, completing=completing)
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Close the connections; a second call does nothing."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask_cypher(
        self,
        text: str,
        given: Mapping[str, Any] | None = None,
        *,
        rows: int = 1000,
        seconds: float = 30.0,
    ) -> Table:
        """Answer a question in Cypher; it can only read. See `kg.neo4j.asking.ask_cypher`."""
        return ask_cypher(self._database, text, given or {}, rows=rows, seconds=seconds)

    def backup(self, path: Path) -> None:
        """Refuse: a server's data are no file of ours."""
        raise SetupError(
            f"a store in Neo4j cannot be backed up to a file like that; 'kg copy {self.url} {path}'"
            " writes a copy of it, as a store that every command can use"
        )
