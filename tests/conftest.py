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
from typing import Any

import pytest
from hypothesis import settings

from ingest.from_markdown import read_list
from ingest.load import ingest_file
from kg.errors import KGError
from kg.model import Claim, Property, Relation, Stance
from kg.sqlite.store import SqliteStore
from kg.store import Store

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("default", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("default")

LISTS = ROOT / "ingest" / "lists"

STORES: dict[str, Callable[[Path], Store]] = {
    "sqlite-file": lambda folder: SqliteStore(folder / "kg.sqlite", create=True),
    "sqlite-memory": lambda folder: SqliteStore(":memory:", create=True),
}
"""Kind of store -> how to make an empty one, given an empty folder; one line for each kind."""


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


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Give an empty store of every kind, closed after the test."""
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


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
    if sock.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
        # Not an Exception: the code under test cannot take it for an ordinary network failure.
        pytest.fail(f"a test tried to reach {address[0]}, but tests are offline")


_real_lookup = socket.getaddrinfo


def _needs_name_server(host: Any) -> bool:
    """Whether looking this host up would ask a name server."""
    if host is None or _is_loopback(host):
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
