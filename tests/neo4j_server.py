"""A real Neo4j server, without Docker: for tests, for scripts and for looking around.

``make neo4j`` (this file run as a program) starts one in the foreground. With a command behind it,
the command runs beside an empty server of its own and finds it in ``KG_NEO4J_URL``,
``KG_NEO4J_USER``, ``KG_NEO4J_PASSWORD`` and ``KG_NEO4J_DATABASE``::

    python tests/neo4j_server.py python my_script.py

The server is Neo4j Community from the jars that ``tests/server/pom.xml`` names, on Java 17 or 21.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import os
import random
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import neo4j

POM = Path(__file__).resolve().parent / "server" / "pom.xml"

JAVA_VERSIONS = (17, 21)
"""What Neo4j 5.26 runs on."""

START_SECONDS = 180.0
"""How long a server may take to answer; 5 to 10 are usual."""

STOP_SECONDS = 60.0
"""How long a server may take to stop politely before it is killed."""

FETCH_SECONDS = 600.0
"""How long one try of fetching all jars may take."""

PAUSES = (5.0, 15.0, 30.0, 60.0)
"""Seconds between tries when the place that jars come from says that it is asked too often."""

QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Options of Java that halve what a start costs, and make long work slower."""

OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
"""Packages of java.base that the server reaches into."""


class CannotRunError(Exception):
    """This machine cannot run a server: Java, Maven, the driver or the network is missing."""


class ServerError(Exception):
    """A server did not do what it was asked to; the message ends with the tail of its log."""


# ---------------------------------------------------------------------- the jars


def cache_folder() -> Path:
    """Give the folder that fetched jars are kept in.

    Returns
    -------
    Path
        A folder of the user's cache, outside any checkout.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "research-kg"


def find_java() -> str:
    """Find a Java that the server runs on, in ``JAVA_HOME`` or on the path.

    Returns
    -------
    str
        The command.

    Raises
    ------
    CannotRunError
        When there is none of the right version.
    """
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=os.path.join(home, "bin")) if home else None  # noqa: PTH118
    java = java or shutil.which("java")
    wanted = " or ".join(map(str, JAVA_VERSIONS))
    if java is None:
        raise CannotRunError(f"Neo4j needs Java {wanted}, and no 'java' was found")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version.group(1)) not in JAVA_VERSIONS:
        raise CannotRunError(f"Neo4j needs Java {wanted}, but '{java}' says: {told.strip()}")
    return java


def fetch_jars(cache: Path) -> Path:
    """Give the folder of the server's jars; Maven fetches them the first time.

    The folder is complete or not there. Processes that fetch at the same time wait for each other,
    and one that was killed leaves what it fetched to the next.

    Parameters
    ----------
    cache : Path
        Where to keep them.

    Returns
    -------
    Path
        The folder of jars, named after the content of the pom.

    Raises
    ------
    CannotRunError
        When Maven is missing or cannot fetch them.
    """
    import fcntl

    folder = cache / f"neo4j-jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise CannotRunError("Neo4j's jars are not fetched yet, and no Maven ('mvn') was found")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        part = cache / f"{folder.name}.part"
        shutil.rmtree(part / "lib", ignore_errors=True)
        # A repository of its own: the user's would keep a second copy of every jar.
        command = [maven, "-B", "-q", "-U", "-Dstyle.color=never", "-f", str(POM)]
        command += [f"-Dmaven.repo.local={part / 'repository'}", "dependency:copy-dependencies"]
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={part / 'lib'}"]
        _run_maven(command, lock.fileno())
        (part / "lib").rename(folder)
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _run_maven(command: Sequence[str], lock: int) -> None:
    """Run Maven until it succeeds, or fails for another reason than being asked to wait.

    It holds the lock too: should this process be killed, nobody else fetches beside a Maven that
    is still at work.
    """
    for pause in (*PAUSES, None):
        try:
            done = subprocess.run(
                command,
                pass_fds=[lock],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=FETCH_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CannotRunError("Maven took too long to fetch Neo4j's jars") from None
        if done.returncode == 0:
            return
        if pause is None or not re.search(r"\b429\b|Too Many Requests", done.stdout):
            break
        time.sleep(pause)
    errors = [line for line in done.stdout.splitlines() if "ERROR" in line] or [done.stdout]
    raise CannotRunError(f"Maven could not fetch Neo4j's jars: {errors[0][:400]}")


# ---------------------------------------------------------------------- any server


@dataclass
class Neo4j:
    """A Neo4j to talk to, wherever it runs.

    Attributes
    ----------
    url, user, password, database : str
        What a driver needs to connect.
    """

    url: str
    user: str = "neo4j"
    password: str = field(default="", repr=False)
    database: str = "neo4j"

    def connect(self) -> neo4j.Driver:
        """Make a driver; whoever asked for it closes it.

        Returns
        -------
        neo4j.Driver
            A driver that sends no usage statistics.
        """
        from neo4j import GraphDatabase

        return GraphDatabase.driver(
            self.url,
            auth=(self.user, self.password),
            liveness_check_timeout=0,  # a server of tests is killed and comes back
            telemetry_disabled=True,
        )

    def environment(self) -> dict[str, str]:
        """Give the variables that point the tests, or a script, at this server.

        Returns
        -------
        dict
            ``KG_NEO4J_URL`` and the others.
        """
        return {
            "KG_NEO4J_URL": self.url,
            "KG_NEO4J_USER": self.user,
            "KG_NEO4J_PASSWORD": self.password,
            "KG_NEO4J_DATABASE": self.database,
        }


def named_by(environment: Mapping[str, str]) -> Neo4j | None:
    """Give the server that variables name.

    Parameters
    ----------
    environment : Mapping
        ``KG_NEO4J_URL`` names it; ``KG_NEO4J_USER`` and ``KG_NEO4J_DATABASE`` are ``neo4j`` unless
        they say otherwise; ``KG_NEO4J_PASSWORD``.

    Returns
    -------
    Neo4j or None
        None when no server is named.
    """
    url = environment.get("KG_NEO4J_URL")
    if not url:
        return None
    return Neo4j(
        url,
        environment.get("KG_NEO4J_USER") or "neo4j",
        environment.get("KG_NEO4J_PASSWORD", ""),
        environment.get("KG_NEO4J_DATABASE") or "neo4j",
    )


def is_empty(driver: neo4j.Driver, database: str) -> bool:
    """Say whether a database holds no node, no constraint and no index that somebody made.

    Parameters
    ----------
    driver : neo4j.Driver
        A connected driver.
    database : str
        Which database.

    Returns
    -------
    bool
        Whether nothing would be lost by a wipe.
    """
    with driver.session(database=database) as session:
        return not any(
            session.run(query).peek()
            for query in (
                "MATCH (n) RETURN 1 LIMIT 1",
                "SHOW CONSTRAINTS YIELD name",
                "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'",
            )
        )


def wipe(driver: neo4j.Driver, database: str) -> None:
    """Remove every constraint, index, node and relationship of a database.

    What a fresh database has stays: the two lookup indexes. Names of labels, types and properties
    that were used once stay known to the server, as in every Neo4j.

    Parameters
    ----------
    driver : neo4j.Driver
        A connected driver.
    database : str
        Which database; all of it goes.
    """
    with driver.session(database=database) as session:
        # Rules first: deleting is cheaper without indexes to keep. A constraint takes its own along.
        for name in session.run("SHOW CONSTRAINTS YIELD name").value():
            session.run("DROP CONSTRAINT $name IF EXISTS", name=name).consume()
        for name in session.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'").value():
            session.run("DROP INDEX $name IF EXISTS", name=name).consume()
        session.run(
            "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"
        ).consume()


# ---------------------------------------------------------------------- a server of our own


def free_port() -> int:
    """Find a loopback port that nothing listens on.

    Returns
    -------
    int
        A port below those that systems give to outgoing connections, so that none of these takes
        it while a server is down between a kill and a restart.
    """
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        if _is_free(port):
            return port
    raise ServerError("no free port was found")


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        # As the server does: what is left of connections of a moment ago does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


class Neo4jServer(Neo4j):
    """A Neo4j server of our own on a loopback port, gone when this process is gone.

    Between this process and Java stands a small supervisor that reads a pipe: one byte asks it to
    stop the server politely; the end of the pipe, which the system brings about however this
    process ends, has it kill the server.

    Parameters
    ----------
    folder : Path
        The server's data, configuration and log; a server started there again has the same data
        and password.
    jars : Path
        The folder that `fetch_jars` gave.
    port : int, optional
        Where to listen; without it a free one.
    java_options : sequence of str, optional
        Options of Java; those that start quickly, unless a measurement wants the usual ones: ``()``.
    settings : mapping, optional
        Settings of Neo4j beside, or instead of, those that tests want.
    """

    def __init__(
        self,
        folder: Path,
        jars: Path,
        *,
        port: int | None = None,
        java_options: Sequence[str] = QUICK,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.jars = jars
        self.java = find_java()
        self.java_options = tuple(java_options)
        self.settings = dict(settings or {})
        self._chooses_port = port is None
        self._port = port or free_port()
        self._supervisor: subprocess.Popen[bytes] | None = None
        super().__init__(self._address(), password=self._known_password())

    def _address(self) -> str:
        return f"bolt://127.0.0.1:{self._port}"

    def _known_password(self) -> str:
        """Give the password of this folder, made up the first time; others cannot read it."""
        file = self.folder / "password"
        self.folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(8), encoding="ascii")
        return file.read_text(encoding="ascii").strip()

    @property
    def log(self) -> Path:
        """The file with everything that the server says."""
        return self.folder / "server.log"

    @property
    def is_running(self) -> bool:
        """Whether the server's process is there."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers questions.

        Raises
        ------
        ServerError
            When it ends instead, or does not answer in time.
        """
        if self.is_running:
            return
        self._close_supervisor()
        # Looked at first: a driver would talk to whoever listens there, as if it were our server.
        if not _is_free(self._port):
            if not self._chooses_port:
                raise ServerError(f"Neo4j cannot listen on port {self._port}: somebody else does")
            self._port = free_port()
            self.url = self._address()
        self._chooses_port = False  # drivers know this one from now on
        self._configure()
        self._launch()
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise

    def _configure(self) -> None:
        """Write the configuration; the password is set before the first start only."""
        address = f"127.0.0.1:{self._port}"
        conf = self.folder / "conf"
        conf.mkdir(exist_ok=True)
        settings = {
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": address,
            "server.bolt.advertised_address": address,
            # The jars hold no Neo4j Browser: http would show nothing to look at.
            "server.http.enabled": "false",
            "server.https.enabled": "false",
            "server.memory.pagecache.size": "64m",
            "dbms.usage_report.enabled": "false",
            "db.tx_log.preallocate": "false",  # else every database begins with 256 MiB
            # Else a polite stop takes ten seconds more, waiting for messages that nobody sends.
            "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
            "db.lock.acquisition.timeout": "60s",  # two waiting for each other end with an error
            **self.settings,
        }
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        (conf / "neo4j.conf").write_text("".join(lines), encoding="ascii")
        if (self.folder / "data" / "dbms" / "auth.ini").exists():
            return
        command = [self.java, "-Xmx128m", *QUICK, "-cp", f"{self.jars}/*"]
        command += ["org.neo4j.server.startup.Neo4jAdminCommand", "dbms", "set-initial-password"]
        places = {"NEO4J_HOME": str(self.folder), "NEO4J_CONF": str(conf)}
        done = subprocess.run(
            [*command, self.password],
            env={**os.environ, **places},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise ServerError(f"Neo4j's first password could not be set:\n{done.stdout}")

    def _launch(self) -> None:
        command = [self.java, "-Xms128m", "-Xmx768m", *self.java_options]
        command += [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED]
        command += ["-cp", f"{self.jars}/*", "org.neo4j.server.CommunityEntryPoint"]
        command += [f"--home-dir={self.folder}", f"--config-dir={self.folder / 'conf'}"]
        command += ["--console-mode"]
        with self.log.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, str(Path(__file__).resolve()), "--supervise", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, and we stop it
            )

    def _wait_until_it_answers(self) -> None:
        from neo4j.exceptions import DriverError, Neo4jError

        end = time.monotonic() + START_SECONDS
        while True:
            time.sleep(0.1)
            if not self.is_running:
                raise ServerError(f"Neo4j ended while it started; its log:\n{self._tail()}")
            try:
                with self.connect() as driver:
                    driver.verify_connectivity()
                    driver.execute_query("RETURN 1", database_=self.database)
            except (DriverError, Neo4jError) as error:
                if time.monotonic() > end:
                    raise ServerError(
                        f"Neo4j did not answer within {START_SECONDS:.0f} s: {error}\n"
                        f"its log:\n{self._tail()}"
                    ) from error
            else:
                return

    def _tail(self) -> str:
        text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-30:])

    def stop(self) -> None:
        """Stop the server politely; kill it when that takes too long."""
        if self._supervisor is not None and self._supervisor.stdin is not None:
            with contextlib.suppress(BrokenPipeError, ValueError):
                self._supervisor.stdin.write(b"s")
                self._supervisor.stdin.flush()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._supervisor.wait(STOP_SECONDS)
        self._close_supervisor()

    def kill(self) -> None:
        """Send the server SIGKILL, as a crash would, and wait until it is gone."""
        self._close_supervisor()

    def _close_supervisor(self) -> None:
        if self._supervisor is None:
            return
        if self._supervisor.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._supervisor.stdin.close()
        self._supervisor.wait()
        self._supervisor = None

    def __enter__(self) -> Neo4jServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextlib.contextmanager
def disposable_server(
    cache: Path | None = None,
    *,
    java_options: Sequence[str] = QUICK,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Neo4jServer]:
    """Run an empty server whose data go with it.

    Parameters
    ----------
    cache : Path, optional
        Where the jars are kept; the user's cache without it.
    java_options : sequence of str, optional
        As of `Neo4jServer`.
    settings : mapping, optional
        As of `Neo4jServer`.

    Yields
    ------
    Neo4jServer
        A server that answers.

    Raises
    ------
    CannotRunError
        When this machine cannot run one; the message says what is missing.
    """
    jars = prepare(cache or cache_folder())
    with (
        tempfile.TemporaryDirectory(prefix="kg-neo4j-", ignore_cleanup_errors=True) as name,
        Neo4jServer(Path(name), jars, java_options=java_options, settings=settings) as server,
    ):
        yield server


def prepare(cache: Path) -> Path:
    """Look for everything that a server needs, and fetch the jars when they are missing.

    Parameters
    ----------
    cache : Path
        Where the jars are kept.

    Returns
    -------
    Path
        The folder of jars.

    Raises
    ------
    CannotRunError
        When this machine cannot run a server; the message says what is missing.
    """
    if os.name != "posix":
        raise CannotRunError("Neo4j is started here on Linux and macOS only; name a server instead")
    if importlib.util.find_spec("neo4j") is None:
        raise CannotRunError("Neo4j's driver is missing: pip install 'research-kg[neo4j]'")
    find_java()
    return fetch_jars(cache)


# ---------------------------------------------------------------------- the supervisor


def supervise(command: Sequence[str]) -> int:
    """Run a command until it ends, a byte asks to stop it, or standard input ends.

    Parameters
    ----------
    command : sequence of str
        What to run, in a process group of its own.

    Returns
    -------
    int
        The exit status of the command.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))  # through 'finally' below
    parent = os.getppid()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        while child.poll() is None:
            asked, _, _ = select.select([0], [], [], 0.2)
            # A process forked from the parent may hold the pipe open after the parent has died.
            if os.getppid() != parent or (asked and not os.read(0, 1)):
                break
            if asked:
                child.terminate()
    finally:
        if child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    return child.returncode


# ---------------------------------------------------------------------- for a person


def main() -> int:
    """Start a server in the foreground, or beside a command.

    Returns
    -------
    int
        The exit status.
    """
    if sys.argv[1:2] == ["--supervise"]:
        return supervise(sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, help="keep the data here, until it is removed")
    parser.add_argument("--port", type=int, help="where Bolt listens on 127.0.0.1; else a free one")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="run this beside the server")
    given = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background ignores the second
        signal.signal(number, signal.default_int_handler)
    try:
        with contextlib.ExitStack() as stack:
            print("fetching Neo4j if need be, and starting it ...", file=sys.stderr)
            jars = prepare(cache_folder())
            folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = stack.enter_context(
                Neo4jServer(folder, jars, port=given.port, java_options=())
            )
            if given.command:
                told = {**os.environ, **server.environment()}
                if given.folder is None:
                    told["KG_NEO4J_WIPE"] = "1"  # nothing of anybody's is in there
                return subprocess.run(given.command, env=told, check=False).returncode
            print(f"url       {server.url}")
            print(f"user      {server.user}\npassword  {server.password}")
            print(f"database  {server.database}")
            print(f"log       {server.log}")
            print("Ctrl-C stops it", flush=True)
            while server.is_running:
                time.sleep(0.5)
            print(f"Neo4j ended by itself; its log: {server.log}", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        print("stopped")
        return 0
    except (CannotRunError, ServerError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
