"""One database of a Neo4j server: opening, errors in words, transactions, the schema."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import re
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from kg.engine.rows import DamagedRowError
from kg.errors import SchemaVersionError, SetupError, StoreBusyError, StoreError
from kg.neo4j.schema import CONSTRAINTS, INDEXES, META, VERSION

if TYPE_CHECKING:
    import neo4j

SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
"""What an address of a server may begin with; '+s' is TLS, '+ssc' with a certificate of its own."""

_PATIENCE_SECONDS = 30.0
"""How long to wait for another process that writes."""
_INDEX_SECONDS = 300
"""How long a new index may take to be filled."""
_OLDEST: Final = (5, 26)
"""The oldest version of the server that works."""
_FETCHED = 4000
"""Rows that come at a time from a stream; others come all at once."""

_COMPONENTS = "CALL dbms.components() YIELD name, versions RETURN name, versions"
_STATE = (
    "CYPHER 5 OPTIONAL MATCH (m:Meta {id: $id})"
    " RETURN m.schema, m IS NULL AND EXISTS { MATCH (n) WHERE NOT n:Meta }"
)
_LOCK = "CYPHER 5 MATCH (m:Meta {id: $id}) SET m.writes = m.writes + 1 RETURN m.schema"
_WAITING = (
    "CYPHER 5 SHOW TRANSACTIONS YIELD transactionId, metaData"
    " WHERE metaData.writer = $writer RETURN transactionId"
)


class Database:
    """A store's database: reached, checked, brought to the present schema.

    Parameters
    ----------
    url : neo4j://HOST, bolt://HOST, or these with +s or +ssc; HOST:PORT, and /DATABASE behind it
    user, password : without them KG_NEO4J_USER and KG_NEO4J_PASSWORD; without a password nobody
        is named, as a server without authentication wants it
    database : without it the one in the URL, KG_NEO4J_DATABASE, or the server's default
    create : make a store where there is none, in a database that holds nothing else

    Raises
    ------
    SetupError
        If the driver is missing, the address, user or password is wrong, the server is not one
        that works, or holds no store and `create` is false.
    StoreError
        If the server cannot be reached, or the database holds something else.
    SchemaVersionError
        If a newer version of this program made the store.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        database: str | None = None,
        create: bool = False,
    ) -> None:
        try:
            import neo4j
        except ImportError as error:
            raise SetupError(
                f"a store at {url.split('://', 1)[0]}:// needs the driver of Neo4j;"
                " pip install 'research-kg[neo4j]'"
            ) from error
        # What it logs, it also raises, and then it is told in words.
        logging.getLogger("neo4j").addHandler(logging.NullHandler())
        address, named = _address(url)
        database = database or named or os.environ.get("KG_NEO4J_DATABASE") or None
        place, mark, routing = address.partition("?")
        self.url = (f"{place}/{database}" if database else place) + mark + routing
        user = user or os.environ.get("KG_NEO4J_USER") or "neo4j"
        password = password or os.environ.get("KG_NEO4J_PASSWORD") or None
        self._transaction: neo4j.Transaction | None = None
        with self.translated():
            self._driver = neo4j.GraphDatabase.driver(
                address,
                auth=None if password is None else (user, password),
                user_agent="research-kg",
                telemetry_disabled=True,
                # They speak of plans and of names that no node has yet; errors come as errors.
                notifications_min_severity="OFF",
                warn_notification_severity="OFF",
                # A server that was started anew in between is no error for the next statement.
                liveness_check_timeout=60,
                connection_acquisition_timeout=_PATIENCE_SECONDS,
                max_transaction_retry_time=0,
            )
            try:
                self._session_settings: dict[str, Any] = {
                    "database": database,
                    # Of a cluster, whichever member answers has seen what this object wrote.
                    "bookmark_manager": neo4j.GraphDatabase.bookmark_manager(),
                }
                self._check_server(self.ask(_COMPONENTS))
                self._migrate(create)
            except BaseException:
                self._driver.close()
                raise

    def close(self) -> None:
        """Close the connections; a second call does nothing."""
        self._driver.close()

    # -- opening ------------------------------------------------------------------------------

    def _check_server(self, components: Sequence[Sequence[Any]]) -> None:
        """Refuse what is no Neo4j, or one older than what this was made for."""
        with self._driver.session(**self._session_settings) as session:
            told = session.run("RETURN 1").consume()
        # Which database that is, is asked once and not before every statement.
        self._session_settings["database"] = told.database
        agent = told.server.agent
        name, versions = next(iter(components), ("an unknown product", [""]))
        if not str(name).startswith("Neo4j Kernel") or "compatible" in agent:
            raise SetupError(
                f"{self.url} is {agent or name}, not Neo4j; a store needs Neo4j"
                f" {'.'.join(map(str, _OLDEST))} or newer"
            )
        check_server_version(self.url, str(versions[0]))

    def _migrate(self, create: bool) -> None:
        version, holds_other = self._state()
        if version is None and holds_other:
            # Another process may have made the store and put something into it in between.
            version, holds_other = self._state()
        if version is None and holds_other:
            raise StoreError(
                f"the database at {self.url} holds nodes of something else; a store needs a database"
                " of its own: name another with KG_NEO4J_DATABASE, or another server"
            )
        if version is None and not create:
            raise SetupError(
                f"there is no store at {self.url}; 'kg ingest PATH' makes one, or name another with"
                " --store or KG_STORE"
            )
        check_schema_version(self.url, version or 0)
        if version == VERSION:
            return
        for statement in (*CONSTRAINTS, *INDEXES):
            self._make_rule(statement)
        self.ask("CYPHER 5 CALL db.awaitIndexes($seconds)", seconds=_INDEX_SECONDS)
        self.change(
            "CYPHER 5 MERGE (m:Meta {id: $id}) ON CREATE SET m.writes = 0"
            " SET m.schema = $version, m.made_by = 'research-kg'",
            id=META,
            version=VERSION,
        )

    def _make_rule(self, statement: str) -> None:
        """Make a constraint or index; another process may be making it too."""
        from neo4j.exceptions import ClientError, TransientError

        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self.change(statement)
            except (TransientError, ClientError) as error:
                meets_another = isinstance(error, TransientError) or "AlreadyExists" in (
                    error.code or ""
                )
                if not meets_another or time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0.02, 0.2))  # so that they do not meet again
            else:
                return

    def _state(self) -> tuple[int | None, bool]:
        """Return the version of the schema, and without one whether there is something else."""
        ((version, holds_other),) = self.ask(_STATE, id=META)
        return version, bool(holds_other)

    # -- statements ---------------------------------------------------------------------------

    def ask(self, query: str, **given: Any) -> list[list[Any]]:
        """Run a statement that reads, in the open transaction where there is one; all its rows."""
        if self._transaction is not None:
            return self._transaction.run(query, given).values()
        from neo4j.exceptions import ServiceUnavailable, SessionExpired

        try:
            return self._ask_anew(query, given)
        except (ServiceUnavailable, SessionExpired):
            # The connection was an old one, mostly; reading twice does no harm.
            return self._ask_anew(query, given)

    def _ask_anew(self, query: str, given: dict[str, Any]) -> list[list[Any]]:
        with self._driver.session(
            default_access_mode="READ", fetch_size=-1, **self._session_settings
        ) as session:
            return session.run(query, given).values()

    def stream(self, query: str, **given: Any) -> Iterator[Sequence[Any]]:
        """Run a statement that reads and yield its rows, not all at once in memory.

        Inside a transaction they are: others of its statements may be run in between.
        """
        if self._transaction is not None:
            yield from self.ask(query, **given)
            return
        with self._driver.session(
            default_access_mode="READ", fetch_size=_FETCHED, **self._session_settings
        ) as session:
            yield from session.run(query, given)

    def reading_session(self, fetch_size: int) -> neo4j.Session:
        """Open a session of its own that reads, for statements that a person wrote."""
        return self._driver.session(
            default_access_mode="READ", fetch_size=fetch_size, **self._session_settings
        )

    def change(self, query: str, **given: Any) -> None:
        """Run a statement that writes, in the open transaction, or else in one of its own."""
        if self._transaction is not None:
            self._transaction.run(query, given).consume()
            return
        with self._driver.session(**self._session_settings) as session:
            session.run(query, given).consume()

    def try_to_change(self, query: str, **given: Any) -> None:
        """Run a statement that is no more than a help; where it cannot be run, nothing happens."""
        from neo4j.exceptions import DriverError, Neo4jError

        with contextlib.suppress(DriverError, Neo4jError):
            self.change(query, **given)

    @property
    def is_writing(self) -> bool:
        """Whether a write transaction is open."""
        return self._transaction is not None

    # -- transactions -------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block in one write transaction; any exception rolls it back and goes on.

        It begins by locking the store's one `Meta` node, so that writers wait for each other before
        they read anything: what numbers are taken, and who is one thing, cannot change under them,
        and they lock nothing else in different orders.
        """
        from neo4j.exceptions import DriverError, Neo4jError

        with self.translated():
            writer = str(uuid.uuid4())
            with self._driver.session(fetch_size=-1, **self._session_settings) as session:
                transaction = session.begin_transaction(metadata={"writer": writer})
                try:
                    with self._impatient(writer):
                        held = transaction.run(_LOCK, id=META).values()
                    if not held:
                        raise StoreError(f"the store at {self.url} is gone; somebody removed it")
                    check_schema_version(self.url, held[0][0])
                    self._transaction = transaction
                    yield
                    transaction.commit()
                except BaseException as error:
                    if isinstance(error, Exception):
                        # What was said first is what counts; one that broke has rolled back.
                        with contextlib.suppress(DriverError, Neo4jError, OSError):
                            transaction.close()
                    else:
                        # Interrupted perhaps in the middle of an answer, after which the driver
                        # cannot read on: the connection is given up, and the server rolls back.
                        transaction._on_cancel()
                    raise
                finally:
                    self._transaction = None

    @contextlib.contextmanager
    def _impatient(self, writer: str) -> Iterator[None]:
        """End a transaction that waits too long for its first lock; the driver cannot itself."""
        from neo4j.exceptions import DriverError, Neo4jError

        gave_up = threading.Event()

        def give_up() -> None:
            gave_up.set()
            with (
                contextlib.suppress(DriverError, Neo4jError),
                self._driver.session(**self._session_settings) as session,
            ):
                for (waiting,) in session.run(_WAITING, writer=writer).values():
                    session.run("CYPHER 5 TERMINATE TRANSACTIONS $id", id=waiting).consume()

        timer = threading.Timer(_PATIENCE_SECONDS, give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Neo4jError as error:
            if gave_up.is_set():
                raise busy(self.url) from error
            raise
        finally:
            timer.cancel()
            # The lock may have come in the same moment: then the transaction may be ended yet.
            if gave_up.is_set():
                timer.join()

    def translated(self) -> contextlib.AbstractContextManager[None]:
        """Turn the driver's errors into ours."""
        return translated(self.url)


def _address(url: str) -> tuple[str, str]:
    """Return the address of a server without anything secret, and the database named in it.

    Raises
    ------
    SetupError
        If it is no address of a server, or holds a password; it is then not repeated.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if "@" in url:
        raise SetupError(
            "an address like neo4j://USER:PASSWORD@... would show the password to all who see"
            " it; leave both out and set KG_NEO4J_USER and KG_NEO4J_PASSWORD"
        )
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in SCHEMES or not parts.hostname or port == 0 or parts.fragment:
        raise SetupError(
            f"{url} is no address of a Neo4j server; it looks like neo4j://host, bolt://host:7687 or"
            " neo4j+s://host/database"
        )
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{query}", parts.path.strip("/")


def check_server_version(url: str, version: str) -> None:
    """Refuse a server older than `_OLDEST`; what is newer is fine, also '2025.01' and '5.27-aura'."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST:
        raise SetupError(
            f"{url} is Neo4j {version or 'of an unknown version'}; a store needs Neo4j"
            f" {'.'.join(map(str, _OLDEST))} or newer"
        )


def check_schema_version(url: str, version: int) -> None:
    """Refuse what a newer version of this program made."""
    if version > VERSION:
        raise SchemaVersionError(
            f"the store at {url} has schema {version}, this program knows up to {VERSION};"
            " upgrade the program",
            found=version,
            supported=VERSION,
        )


def busy(url: str) -> StoreBusyError:
    """Say that another process is writing."""
    return StoreBusyError(
        f"the store {url} is being written by another process; nothing was changed, try again when"
        " it is done"
    )


@contextlib.contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn the driver's errors about a store into ours, at this one place."""
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        yield
    except (Neo4jError, DriverError) as error:
        raise in_words(url, error) from error
    except DamagedRowError as error:
        raise StoreError(
            f"the store at {url} is damaged: {error}; restore a dump of the database, or empty it and"
            " ingest the lists again"
        ) from error
    except UnicodeEncodeError as error:
        raise StoreError(
            f"a text cannot be stored: {error.object[error.start : error.end]!r} is half of a"
            " character; nothing was changed, repair the encoding of the source"
        ) from error
    except OverflowError as error:
        raise StoreError(
            f"a number cannot be stored: {error}; nothing was changed, repair the source"
        ) from error


_LOST = (
    "; a load is all or nothing, so trying again is safe: what was not committed is loaded then, and"
    " what was is not loaded twice"
)
_WAITED_FOR = ("DeadlockDetected", "LockAcquisitionTimeout", "LockClientStopped", "Outdated")
_ENDED = ("Terminated", "TransactionTimedOut", "TransactionTerminated", "TransactionMarkedAsFailed")


def in_words(url: str, error: Exception) -> SetupError | StoreError:
    """Say what an error of the driver or the server means, and what to do next.

    Parameters
    ----------
    url : of the store, as it may be shown
    error : a `neo4j.exceptions.Neo4jError` or `DriverError`
    """
    from neo4j import exceptions

    code = getattr(error, "code", None) or ""
    text = str(getattr(error, "message", None) or error)
    everything = f"{code} {text} {error.__cause__ or ''}"
    name = code.rpartition(".")[2]
    if name == "AuthenticationRateLimit":
        return SetupError(
            f"{url} was given a wrong password too often and waits; try again in some seconds with"
            " the right one in KG_NEO4J_PASSWORD"
        )
    if isinstance(error, exceptions.AuthError) and name != "Forbidden":
        return SetupError(
            f"{url} does not accept this user and password; set KG_NEO4J_USER and KG_NEO4J_PASSWORD"
        )
    if name == "CredentialsExpired":
        return SetupError(
            f"the password for {url} must be changed before its first use; change it in Neo4j Browser"
            " or with cypher-shell, and set KG_NEO4J_PASSWORD to the new one"
        )
    if name in ("Forbidden", "AccessMode"):
        return SetupError(f"this user may not do that at {url}: {text}; ask for the right to write")
    if name == "DatabaseNotFound":
        return SetupError(
            f"the server has no database for {url}: {text}; name one with KG_NEO4J_DATABASE, or leave"
            " it out for the server's default"
        )
    if name == "ProcedureNotFound":
        return SetupError(
            f"{url} is no Neo4j, or an old one: {text}; a store needs Neo4j"
            f" {'.'.join(map(str, _OLDEST))} or newer"
        )
    if re.search(r"no space left|disk (?:is )?full|out of disk|not enough space", everything, re.I):
        return StoreError(
            f"the disk of the server at {url} is full: {text}; make room there, start the server again"
            f" if it stopped{_LOST}"
        )
    if "MemoryPoolOutOfMemory" in name or "OutOfMemory" in name:
        return StoreError(
            f"the server at {url} has too little memory for this: {text}; nothing was changed. Raise"
            " dbms.memory.transaction.total.max or server.memory.heap.max_size, or load the list in"
            " parts"
        )
    if name in _WAITED_FOR:
        return busy(url)
    if name in _ENDED:
        return StoreError(f"the server at {url} ended what was being done: {text}{_LOST}")
    if name in ("DatabaseUnavailable", "DatabaseNotAvailable") or name.startswith("Unavailable"):
        return StoreError(
            f"the database at {url} is not available now: {text}; look at the server's log{_LOST}"
        )
    if isinstance(error, exceptions.IncompleteCommit):
        return StoreError(
            f"the connection to {url} was lost while the end of the transaction was being written;"
            f" whether it was is not known{_LOST}"
        )
    if isinstance(error, exceptions.SessionExpired) or "defunct" in text.lower():
        return StoreError(f"the connection to {url} was lost: {text}{_LOST}")
    if isinstance(error, exceptions.ServiceUnavailable):
        return StoreError(
            f"no Neo4j server answers at {url}: {_first_line(text)}; start it, or look at the address,"
            " its port and whether it needs TLS (neo4j+s://); a load is all or nothing, so trying again"
            " is safe"
        )
    if isinstance(error, (exceptions.ConfigurationError,)):
        return SetupError(f"{url} cannot be opened: {text}")
    return StoreError(
        f"the store at {url} failed: {_first_line(text)} ({code or type(error).__name__})"
    )


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "it said nothing"
