"""The real Neo4j that tests run on: it answers, is wiped, comes back, and never stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from neo4j_server import Neo4j, Neo4jServer, ServerError, free_port, is_empty, wipe

PATIENCE = 120.0
"""Seconds after which something will never happen."""


def ask(server: Neo4j, query: str, **given: Any) -> list[Any]:
    """Give the first value of each row."""
    with server.connect() as driver:
        found = driver.execute_query(query, given, database_=server.database)
        return [record[0] for record in found.records]


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def port_of(server: Neo4j) -> int:
    return int(server.url.rpartition(":")[2])


def test_it_is_community_5_26(killable_neo4j: Neo4jServer) -> None:
    query = "CALL dbms.components() YIELD name, versions, edition RETURN [name, versions, edition]"
    [(name, [version], edition)] = ask(killable_neo4j, query)
    assert (name, version.rpartition(".")[0], edition) == ("Neo4j Kernel", "5.26", "community")


def test_a_wrong_password_does_not_open_it(killable_neo4j: Neo4jServer) -> None:
    from neo4j.exceptions import AuthError

    with pytest.raises(AuthError):
        ask(Neo4j(killable_neo4j.url, password="something else"), "RETURN 1")


# ---------------------------------------------------------------------- it is wiped

FILLING = (
    "CREATE CONSTRAINT one FOR (n:Wiped) REQUIRE n.id IS UNIQUE",
    "CREATE CONSTRAINT `ein ``Name``` FOR (n:Wiped) REQUIRE (n.a, n.b) IS UNIQUE",
    "CREATE INDEX two FOR ()-[r:WIPED]-() ON (r.since)",
    "CREATE FULLTEXT INDEX three FOR (n:Wiped) ON EACH [n.title]",
    "CREATE VECTOR INDEX four FOR (n:Wiped) ON (n.vector) OPTIONS {indexConfig: "
    "{`vector.dimensions`: 2, `vector.similarity_function`: 'cosine'}}",
    "UNWIND range(1, 12000) AS i CREATE (n:Wiped {id: i, title: 'Title', vector: [i, 1.0]}) "
    "WITH n MATCH (m:Wiped {id: n.id - 1}) CREATE (m)-[:WIPED {since: 1}]->(n)",
)
"""More nodes than one batch of a wipe, and every kind of rule that Community has."""


def test_a_wipe_leaves_a_database_as_it_was_made(empty_neo4j: Neo4j) -> None:
    server = empty_neo4j
    rules = "SHOW INDEXES YIELD name, type RETURN type + ' ' + name ORDER BY name"
    before = ask(server, rules)
    for query in FILLING:
        ask(server, query)
    assert ask(server, "MATCH (:Wiped)-[r:WIPED]->() RETURN count(r)") == [11999]
    assert len(ask(server, rules)) == len(before) + 5
    with server.connect() as driver:
        assert not is_empty(driver, server.database)
        wipe(driver, server.database)
        assert is_empty(driver, server.database)
    assert ask(server, rules) == before
    for query in FILLING[:5]:  # no name is taken any more
        ask(server, query)


def test_the_next_test_finds_nothing_of_the_last(empty_neo4j: Neo4j) -> None:
    with empty_neo4j.connect() as driver:
        assert is_empty(driver, empty_neo4j.database)


@pytest.mark.parametrize("left", [*FILLING[:5], "CREATE (:Left)"])
def test_whatever_somebody_made_is_not_empty(empty_neo4j: Neo4j, left: str) -> None:
    ask(empty_neo4j, left)
    with empty_neo4j.connect() as driver:
        assert not is_empty(driver, empty_neo4j.database)


# ---------------------------------------------------------------------- it goes and comes back


@pytest.mark.parametrize("way", ["kill", "stop"])
def test_it_comes_back_with_its_data(killable_neo4j: Neo4jServer, way: str) -> None:
    server = killable_neo4j
    address = server.url, server.password
    with server.connect() as driver:  # one driver lives through it
        for number in range(3):
            driver.execute_query("CREATE (:Kept {id: $n})", n=number, database_=server.database)
        getattr(server, way)()
        assert not server.is_running
        assert not is_listening(port_of(server))
        server.start()
        assert server.is_running
        assert (server.url, server.password) == address
        found = driver.execute_query("MATCH (n:Kept) RETURN n.id AS id", database_=server.database)
        assert sorted(record["id"] for record in found.records) == [0, 1, 2]


def test_stopping_twice_and_starting_twice_is_no_harm(killable_neo4j: Neo4jServer) -> None:
    killable_neo4j.stop()
    killable_neo4j.stop()
    killable_neo4j.kill()
    killable_neo4j.start()
    killable_neo4j.start()
    assert ask(killable_neo4j, "RETURN 1") == [1]


def test_a_server_left_killed_runs_for_the_next_test(killable_neo4j: Neo4jServer) -> None:
    killable_neo4j.kill()


def test_it_runs_after_that(empty_neo4j: Neo4j) -> None:
    assert ask(empty_neo4j, "RETURN 1") == [1]


def test_a_server_that_cannot_start_says_why(killable_neo4j: Neo4jServer, tmp_path: Path) -> None:
    taken = port_of(killable_neo4j)
    second = Neo4jServer(tmp_path / "second", killable_neo4j.jars, port=taken)
    with pytest.raises(ServerError, match=f"cannot listen on port {taken}"):
        second.start()
    assert not second.is_running
    third = Neo4jServer(killable_neo4j.folder, killable_neo4j.jars)
    with pytest.raises(ServerError, match=r"(?s)ended while it started; its log:.*lock"):
        third.start()
    assert not third.is_running
    assert ask(killable_neo4j, "RETURN 1") == [1]


# ---------------------------------------------------------------------- it never stays behind

PARENT = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from neo4j_server import Neo4jServer
server = Neo4jServer(Path(sys.argv[2]), Path(sys.argv[3]), port=int(sys.argv[4]))
server.start()
child = 0
if sys.argv[5] == "with a child":
    child = os.fork()  # it holds everything open that its parent has open
if child or sys.argv[5] != "with a child":
    print(child, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", ["alone", "with a child"])
def test_it_is_gone_when_its_parent_is_killed(
    killable_neo4j: Neo4jServer, tmp_path: Path, how: str
) -> None:
    port = free_port()
    places = [str(Path(__file__).parent), str(tmp_path / "its"), str(killable_neo4j.jars)]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *places, str(port), how], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        try:
            assert is_listening(port)
            parent.kill()
            parent.wait()
            end = time.monotonic() + PATIENCE
            while is_listening(port) and time.monotonic() < end:
                time.sleep(0.1)
            assert not is_listening(port)
        finally:
            parent.kill()
            if child:
                os.kill(child, signal.SIGKILL)


# ---------------------------------------------------------------------- where it cannot run


def run_one_test(repo_root: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one small test in a process of its own."""
    test = f"{Path(__file__).relative_to(repo_root)}::test_the_next_test_finds_nothing_of_the_last"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rsfE", "-p", "no:cacheprovider", test],
        cwd=repo_root,
        env={**os.environ, "COLUMNS": "400", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_java_tests_skip_and_say_so(repo_root: Path, tmp_path: Path) -> None:
    done = run_one_test(repo_root, PATH=str(tmp_path), JAVA_HOME="")
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert "no 'java' was found" in done.stdout


def test_without_maven_and_jars_tests_skip_and_say_so(
    repo_root: Path, tmp_path: Path, killable_neo4j: Neo4jServer
) -> None:
    (tmp_path / "java").symlink_to(Path(killable_neo4j.java).resolve())
    done = run_one_test(
        repo_root, PATH=str(tmp_path), JAVA_HOME="", XDG_CACHE_HOME=str(tmp_path / "cache")
    )
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert "no Maven ('mvn') was found" in done.stdout


# ---------------------------------------------------------------------- somebody's server


def test_a_named_server_that_is_empty_is_used(repo_root: Path, empty_neo4j: Neo4j) -> None:
    done = run_one_test(repo_root, **empty_neo4j.environment())
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_named_server_that_holds_something_is_not_wiped_unasked(
    repo_root: Path, empty_neo4j: Neo4j
) -> None:
    ask(empty_neo4j, "CREATE (:Precious)")
    done = run_one_test(repo_root, **empty_neo4j.environment())
    assert done.returncode != 0
    assert "is not empty" in done.stdout
    assert "KG_NEO4J_WIPE=1" in done.stdout
    assert ask(empty_neo4j, "MATCH (n:Precious) RETURN count(n)") == [1]
    done = run_one_test(repo_root, **empty_neo4j.environment(), KG_NEO4J_WIPE="1")
    assert done.returncode == 0, done.stdout
    assert ask(empty_neo4j, "MATCH (n) RETURN count(n)") == [0]


def test_a_command_runs_beside_a_server_of_its_own(
    repo_root: Path, killable_neo4j: Neo4jServer, tmp_path: Path
) -> None:
    cache = tmp_path / "research-kg"
    cache.mkdir()
    (cache / killable_neo4j.jars.name).symlink_to(killable_neo4j.jars)
    code = "import os; print(os.environ['KG_NEO4J_URL']); raise SystemExit(3)"
    done = subprocess.run(
        [sys.executable, "tests/neo4j_server.py", sys.executable, "-c", code],
        cwd=repo_root,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    url = done.stdout.splitlines()[-1]
    assert url != killable_neo4j.url
    assert not is_listening(int(url.rpartition(":")[2]))
