"""What every test shares: folders, stores, and the guards that keep tests offline and harmless."""

from __future__ import annotations

import contextlib
import inspect
import ipaddress
import itertools
import os
import pickle
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import settings

from ingest.from_markdown import read_list
from ingest.load import ingest_file
from kg.errors import KGError
from kg.model import Claim, Property, Relation, Stance
from kg.sqlite.store import SqliteStore
from kg.store import Store
from neo4j_server import (
    CannotRunError,
    Neo4j,
    Neo4jServer,
    cache_folder,
    is_empty,
    named_by,
    prepare,
    wipe,
)

if TYPE_CHECKING:
    from kg.neo4j.store import Neo4jStore

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("default", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("default")

LISTS = ROOT / "ingest" / "lists"

# Looked up here: the fixtures below move the user's folders and remove the variables.
NEO4J_CACHE = cache_folder()
NAMED_NEO4J = named_by(os.environ)
MAY_WIPE_NAMED_NEO4J = os.environ.get("KG_NEO4J_WIPE", "") not in {"", "0"}

STORES: dict[str, Callable[[Path], Store]] = {
    "sqlite-file": lambda folder: SqliteStore(folder / "kg.sqlite", create=True),
    "sqlite-memory": lambda folder: SqliteStore(":memory:", create=True),
}
"""Kind of store -> how to make an empty one, given an empty folder; one line for each kind."""


NEO4J_SEEDS = 2
"""Of each random history so many run on Neo4j, where every step is some round trips."""
ALL_ON_NEO4J = os.environ.get("KG_NEO4J_ALL", "") not in {"", "0"}
"""Whether every test of a store runs on Neo4j too, which takes half an hour more."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long on Neo4j: most random histories, large lists, questions on any store."""

    def is_beyond(item: pytest.Item) -> bool:
        params = getattr(getattr(item, "callspec", None), "params", {})
        if ALL_ON_NEO4J:
            return False
        if item.name.startswith("test_lists_beside_the_repository"):
            return True
        if params.get("store") != "neo4j":
            return False
        seed = params.get("seed", 0)
        is_history = isinstance(seed, int) and seed >= NEO4J_SEEDS
        is_of_stores = item.path.name.startswith("test_store_")
        return is_history or not is_of_stores or item.path.name == "test_store_changed_lists.py"

    beyond = [item for item in items if is_beyond(item)]
    config.hook.pytest_deselected(items=beyond)
    items[:] = [item for item in items if not is_beyond(item)]


# ---------------------------------------------------------------------- folders


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """Give the root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared(repo_root: Path) -> Path:
    """Give the folder of corpora beside the repository; most machines have none."""
    folder = repo_root.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared beside the repository")
    return folder


# ---------------------------------------------------------------------- stores


@pytest.fixture(params=[*sorted(STORES), "neo4j"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Give an empty store of every kind, closed after the test."""
    if request.param == "neo4j":
        yield request.getfixturevalue("neo4j_store")
        return
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def neo4j_store(running_neo4j: Neo4j) -> Iterator[Neo4jStore]:
    """Give an empty store in a real Neo4j, closed after the test.

    Its constraints and indexes stay from test to test: making them takes a second. Whatever a test
    did, what people browse must be what follows from what sources and the user said.
    """
    with contextlib.closing(opened_neo4j(running_neo4j)) as opened:
        yield opened
    with contextlib.closing(opened_neo4j(running_neo4j, wiped=False)) as again:
        before = front_of(running_neo4j)
        again.rebuild_front()
        assert front_of(running_neo4j) == before


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store of the bundled lists; copy it before doing anything to it."""
    path = tmp_path_factory.mktemp("whole") / "kg.sqlite"
    with contextlib.closing(SqliteStore(path, create=True)) as store:
        for file in sorted(LISTS.iterdir()):
            ingest_file(store, file, name=file.name)
    return path


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    """Give a copy of the store of the bundled lists."""
    return Path(shutil.copy(whole, tmp_path / "copied.sqlite"))


# ---------------------------------------------------------------------- what a list says


def _told_claim(claim: Claim) -> str:
    words = [f"{claim.line} {claim.subject.kind}:{claim.subject.text} {claim.predicate}"]
    if claim.object is not None:
        scope = f"@{claim.object.scope}" if claim.object.scope else ""
        words.append(f"{claim.object.kind}:{claim.object.text}{scope}")
    if claim.stance is not Stance.STATES:
        words.append(str(claim.stance))
    words += [f"{k}={v}" for k, v in sorted(claim.qualifiers.items())]
    for key in ("amount", "score"):
        value = claim.values.get(key)
        if isinstance(value, dict):
            unit = "" if value["unit"] == "unknown" else f" {value['unit']}"
            words.append(f"{key}={value['value']:.12g}{unit}")
    if isinstance(claim.predicate, Property):
        words.append(f"= {claim.values['text']}")
    return " ".join(words)


@pytest.fixture(scope="session")
def told_claim() -> Callable[[Claim], str]:
    """Give what tells a claim as 'line kind:subject PREDICATE kind:object key=value ...'."""
    return _told_claim


@pytest.fixture(scope="session")
def told() -> Callable[..., list[str]]:
    """Give what tells a list's claims, sorted: those with one of the predicates, or all relations."""

    def tell(text: str, *predicates: Relation | Property, is_html: bool = False) -> list[str]:
        reading = read_list(inspect.cleandoc(text), is_html=is_html)
        wanted = predicates or tuple(Relation)
        return sorted(_told_claim(c) for c in reading.claims if c.predicate in wanted)

    return tell


# ---------------------------------------------------------------------- Neo4j


@pytest.fixture(scope="session")
def running_neo4j(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4j]:
    """Give a real Neo4j that the tests may wipe: the one KG_NEO4J_URL names, or one of our own."""
    if NAMED_NEO4J is not None:
        with NAMED_NEO4J.connect() as driver:
            if not MAY_WIPE_NAMED_NEO4J and not is_empty(driver, NAMED_NEO4J.database):
                pytest.fail(
                    f"the database '{NAMED_NEO4J.database}' of {NAMED_NEO4J.url} is not empty, and "
                    "tests wipe it: name another, or set KG_NEO4J_WIPE=1 if all of it may go"
                )
            yield NAMED_NEO4J
            wipe(driver, NAMED_NEO4J.database)  # as empty as it was
        return
    try:
        jars = prepare(NEO4J_CACHE)
    except CannotRunError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("neo4j")
    with Neo4jServer(folder, jars) as server:
        yield server
    shutil.rmtree(folder / "data", ignore_errors=True)  # the log stays, as pytest's folders do


def opened_neo4j(server: Neo4j, *, wiped: bool = True) -> Neo4jStore:
    """Open a store in a server; unless it is to stay, all that was held there before is gone."""
    from kg.neo4j.store import Neo4jStore

    if isinstance(server, Neo4jServer):
        server.start()  # a test may have left it killed
    if wiped:
        _empty(server)
    return Neo4jStore(
        server.url,
        user=server.user,
        password=server.password,
        database=server.database,
        create=True,
    )


def _empty(server: Neo4j) -> None:
    from kg.neo4j.schema import VERSION

    with server.connect() as driver:
        current = "MATCH (m:Meta {schema: $version}) WHERE m.copy_of IS NULL RETURN 1"
        if driver.execute_query(current, version=VERSION, database_=server.database).records:
            query = "MATCH (n) WHERE NOT n:Meta CALL (n) { DETACH DELETE n } IN TRANSACTIONS"
            with driver.session(database=server.database) as session:
                session.run(query).consume()
        else:
            wipe(driver, server.database)


def front_of(server: Neo4j) -> list[list[Any]]:
    """Give all that people browse in a store's database: things, their names, links."""
    queries = (
        "MATCH (e:Entity) RETURN e.number, labels(e) AS labels, properties(e) ORDER BY e.number",
        "MATCH (n:Name)-[:NAME_OF]->(e) RETURN n.id, e.number ORDER BY n.id, e.number",
        "MATCH (a:Entity)-[l]->(b) RETURN a.number, type(l), b.number, properties(l)"
        " ORDER BY a.number, type(l), b.number, l.claims[0]",
    )
    with server.connect() as driver:
        found = [driver.execute_query(query, database_=server.database) for query in queries]
    return [[record.values() for record in result.records] for result in found]


@pytest.fixture
def empty_neo4j(running_neo4j: Neo4j) -> Neo4j:
    """Give a real Neo4j whose database is empty: no node, no constraint, no index."""
    if isinstance(running_neo4j, Neo4jServer):
        running_neo4j.start()  # a test may have left it killed
    with running_neo4j.connect() as driver:
        wipe(driver, running_neo4j.database)
    return running_neo4j


@pytest.fixture
def killable_neo4j(empty_neo4j: Neo4j) -> Neo4jServer:
    """Give an empty Neo4j that may be killed, stopped and started again."""
    if not isinstance(empty_neo4j, Neo4jServer):
        pytest.skip("the server that KG_NEO4J_URL names is not ours to kill")
    return empty_neo4j


# ---------------------------------------------------------------------- a small disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 4 MiB of its own, gone afterwards."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield folder
    finally:
        if subprocess.run(["umount", str(folder)], capture_output=True).returncode:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def fill(disk: Path) -> Callable[..., Path]:
    """Give what fills the small disk but for some bytes, with a file to remove afterwards."""

    def filled(*, leave: int) -> Path:
        ballast = disk / "ballast"
        with ballast.open("wb") as file, contextlib.suppress(OSError):
            while shutil.disk_usage(disk).free > leave:
                file.write(b"x" * 4096)
                file.flush()
        return ballast

    return filled


# ---------------------------------------------------------------------- permissions that bind


class OrdinaryUser:
    """Somebody whom permissions bind, unlike root, with a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def error_of(self, action: Callable[[], object]) -> KGError | None:
        """Do something as this user in a child process; give the error of ours it ends with."""
        is_root = os.geteuid() == 0
        if is_root:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, 65534, 65534)
        read, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests, from 3.12
            child = os.fork()
        if child == 0:
            told: object = None
            try:
                if is_root:
                    os.setgroups([])
                    os.setresgid(65534, 65534, 65534)
                    os.setresuid(65534, 65534, 65534)
                action()
            except BaseException as error:  # noqa: BLE001 - the parent looks at it
                told = error if isinstance(error, KGError) else repr(error)
            os.write(write, pickle.dumps(told))
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            told = pickle.loads(pipe.read())
        os.waitpid(child, 0)
        assert told is None or isinstance(told, KGError), told
        return told


@pytest.fixture
def ordinary_user() -> Iterator[OrdinaryUser]:
    """Give a user whom permissions bind, with an empty folder that they may reach."""
    if not hasattr(os, "fork"):
        pytest.skip("needs another user")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield OrdinaryUser(folder)
        for inner in folder.rglob("*"):
            if inner.is_dir():
                inner.chmod(0o755)


@pytest.fixture(scope="session", autouse=True)
def _nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Move the user's folders into an empty one: settings, caches and the default store."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        for name in list(os.environ):
            if name.startswith(("XDG_", "KG_")):
                patch.delenv(name)
        yield home


_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _own_default_store(_nobodys_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let KG_STORE name a store of this test alone, which is not there yet."""
    monkeypatch.setenv("KG_STORE", str(_nobodys_home / f"store-{next(_numbers)}" / "kg.sqlite"))


# ---------------------------------------------------------------------- the network


def _hosts_of(server: Neo4j | None) -> set[str]:
    """Name the host of a server that the tests were pointed at, and its addresses."""
    host = urlsplit(server.url).hostname if server is not None else None
    if host is None:
        return set()
    addresses: set[str] = set()
    with contextlib.suppress(OSError):  # the driver says it better
        addresses = {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    return {host, *addresses}


NEO4J_HOSTS = _hosts_of(NAMED_NEO4J)


def _is_loopback(host: object) -> bool:
    """Whether a host of a socket address is this machine; no name but 'localhost' is looked up."""
    text = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    if text in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _check_address(sock: socket.socket, address: Any) -> None:
    if sock.family not in {socket.AF_INET, socket.AF_INET6} or address[0] in NEO4J_HOSTS:
        return
    if not _is_loopback(address[0]):
        # Not an Exception: the code under test cannot take it for an ordinary network failure.
        pytest.fail(f"a test tried to reach {address[0]}, but tests are offline")


_real_lookup = socket.getaddrinfo


def _needs_name_server(host: Any) -> bool:
    """Whether looking this host up would ask a name server."""
    if host is None or host in NEO4J_HOSTS or _is_loopback(host):
        return False
    try:
        _real_lookup(host, None, flags=socket.AI_NUMERICHOST)
    except UnicodeError:
        return False  # no possible name ('a..b'): the lookup itself says so
    except OSError:
        return True
    return False  # an address in some form, for example '127.1'


@pytest.fixture(scope="session", autouse=True)
def _offline() -> Iterator[None]:
    """Fail every connection, datagram and name lookup that would leave this machine.

    A subprocess is not guarded. A test that puts its own functions in place of these (a name that
    stands for a local server) still ends here when it passes a foreign address on.
    """
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex
    real_sendto = socket.socket.sendto

    def connect(sock: socket.socket, address: Any) -> None:
        _check_address(sock, address)
        real_connect(sock, address)

    def connect_ex(sock: socket.socket, address: Any) -> int:
        _check_address(sock, address)
        return real_connect_ex(sock, address)

    def sendto(sock: socket.socket, data: Any, *rest: Any) -> int:
        _check_address(sock, rest[-1])
        return real_sendto(sock, data, *rest)

    def offline(real: Callable[..., Any]) -> Callable[..., Any]:
        def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
            if _needs_name_server(host):
                pytest.fail(f"a test looked up {host!r}, but tests are offline")
            return real(host, *args, **kwargs)

        return lookup

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        patch.setattr(socket.socket, "sendto", sendto)
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            patch.setattr(socket, name, offline(getattr(socket, name)))
        yield
