"""Asking a store in Neo4j in Cypher: a real server answers what reads, and stays as it is."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kg.neo4j.asking
from app.cli import main
from app.tables import table_lines
from conftest import LISTS, ROOT, opened_neo4j
from ingest.load import ingest_file
from kg.errors import InputError, KGError
from kg.neo4j.cypher import Question, judge
from kg.neo4j.store import Neo4jStore
from neo4j_server import Neo4j
from test_neo4j_cypher import HOSTILE

README = (ROOT / "README.md").read_text("utf-8")
SECRET = "what only the server may read"


@pytest.fixture(scope="module")
def bundled(running_neo4j: Neo4j) -> Iterator[Neo4jStore]:
    """Give a store of the bundled lists in a real server; nothing in here may change it."""
    with closing(opened_neo4j(running_neo4j)) as store:
        for file in sorted(LISTS.iterdir()):
            ingest_file(store, file, name=f"ingest/lists/{file.name}")
        yield store


def contents(server: Neo4j) -> list[list[Any]]:
    """Give all that a database holds: nodes, relationships, rules."""
    queries = (
        "MATCH (n) RETURN elementId(n), labels(n), properties(n) ORDER BY elementId(n)",
        "MATCH ()-[r]->() RETURN elementId(r), type(r), properties(r) ORDER BY elementId(r)",
        "SHOW INDEXES YIELD name, state ORDER BY name",
        "SHOW CONSTRAINTS YIELD name ORDER BY name",
        "SHOW USERS YIELD user ORDER BY user",
    )
    with server.connect() as driver:
        found = [driver.execute_query(query, database_=server.database) for query in queries]
    return [[record.values() for record in result.records] for result in found]


def cypher(server: Neo4j, text: str, *options: str, code: int = 0) -> Result:
    """Run the command as a person does; never with a traceback."""
    environment = {
        "KG_STORE": server.url,
        "KG_NEO4J_USER": server.user,
        "KG_NEO4J_PASSWORD": server.password,
        "KG_NEO4J_DATABASE": server.database,
        "COLUMNS": "80",
    }
    result = CliRunner().invoke(main, ["cypher", *options, "--", text], env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result


def rows(server: Neo4j, text: str, *options: str) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(cypher(server, text, "--json", *options).stdout)["rows"]
    return found


class _Listener(HTTPServer):
    """A web server on this machine that counts who asks it."""

    def __init__(self) -> None:
        listener = self
        self.asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"a,b\n")

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def listener() -> Iterator[_Listener]:
    """Give a web server that nobody should ask."""
    with _Listener() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


# ---------------------------------------------------------------------- attacks


def test_hostile_texts_change_nothing_fetch_nothing_and_tell_nothing(
    bundled: Neo4jStore, running_neo4j: Neo4j, listener: _Listener, tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text(f"{SECRET}\n")
    before = contents(running_neo4j)
    for text in HOSTILE:
        aimed = text.replace("http://127.0.0.1:1/", f"http://127.0.0.1:{listener.server_port}/")
        aimed = aimed.replace("file:///", f"{tmp_path.as_uri()}/")
        told = cypher(running_neo4j, aimed, code=2)
        assert SECRET not in told.output
        assert not told.stdout
    assert contents(running_neo4j) == before
    assert listener.asked == []


WITHOUT_TOKENS = [
    text
    for text in HOSTILE
    if re.search(
        r"CREATE|MERGE|SET|DELETE|REMOVE|LOAD CSV|dbms|db\.c|TRANSACTIONS|USERS|SETTINGS", text
    )
    and not re.search(r"apoc|\\u|LO\u200b|\r|\bCYPHER\b|^SHOW|IN TRANSACTIONS OF", text)
]
"""What would reach the server if tokens were not judged, and run there or be refused by it."""


@pytest.mark.parametrize("text", WITHOUT_TOKENS)
def test_if_tokens_let_it_through_the_plan_and_the_read_mode_still_stop_it(
    text: str,
    bundled: Neo4jStore,
    running_neo4j: Neo4j,
    listener: _Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kg.neo4j.asking, "judge", lambda text: Question(text))
    aimed = text.replace("http://127.0.0.1:1/", f"http://127.0.0.1:{listener.server_port}/")
    count = "MATCH (n) RETURN count(n), sum(size(keys(n)))"
    before = rows(running_neo4j, count)
    with pytest.raises(Exception, match=r"refused|cannot answer|failed|may not"):
        bundled.ask_cypher(aimed)
    assert rows(running_neo4j, count) == before
    assert listener.asked == []


def test_a_server_does_run_hostile_texts_in_read_mode(
    bundled: Neo4jStore, running_neo4j: Neo4j, listener: _Listener
) -> None:
    """Why texts are judged at all: what the server lets through without that."""
    with (
        running_neo4j.connect() as driver,
        driver.session(default_access_mode="READ", database=running_neo4j.database) as session,
    ):
        address = f"http://127.0.0.1:{listener.server_port}/"
        session.run("LOAD CSV FROM $address AS l RETURN l", address=address).consume()
        assert listener.asked
        for text in ("CALL dbms.listConfig()", "SHOW SETTINGS", "CALL db.clearQueryCaches()"):
            assert session.run(text).values()


def test_a_question_that_never_ends_is_stopped_in_time(
    bundled: Neo4jStore, running_neo4j: Neo4j
) -> None:
    for text in (
        "MATCH (a), (b), (c), (d) WHERE a.id > b.id RETURN count(*)",
        "UNWIND range(1, 1000000000) AS a UNWIND range(1, 1000000000) AS b RETURN sum(a * b)",
        "MATCH p = (a)-[*]-(b) RETURN count(p)",
        "RETURN range(1, 200000000) AS one_row",
        "UNWIND range(1, 1000000) AS i RETURN range(1, 100000) AS x",
    ):
        began = time.monotonic()
        told = cypher(running_neo4j, text, "--seconds", "1", code=1)
        assert "took longer than 1 seconds" in told.stderr
        assert time.monotonic() - began < 15
    assert rows(running_neo4j, "RETURN 1") == [[1]]
    with running_neo4j.connect() as driver:
        deadline = time.monotonic() + 60
        while driver.execute_query(
            "SHOW TRANSACTIONS YIELD currentQuery, elapsedTime"
            " WHERE elapsedTime > duration('PT3S') AND currentQuery CONTAINS 'range' RETURN 1"
        ).records:
            assert time.monotonic() < deadline, "the server goes on with what nobody waits for"
            time.sleep(0.2)


def test_rows_end_at_the_limit_and_it_is_said(bundled: Neo4jStore, running_neo4j: Neo4j) -> None:
    endless = "UNWIND range(1, 100000000) AS i RETURN i"
    told = cypher(running_neo4j, endless, "--json")
    found = json.loads(told.stdout)
    assert (len(found["rows"]), found["cut"]) == (1000, True)
    assert "only the first 1000 rows" in told.stderr
    found = json.loads(cypher(running_neo4j, endless, "--json", "--limit", "3000").stdout)
    assert [n for (n,) in found["rows"]] == [*range(1, 3001)]
    exact = cypher(running_neo4j, "UNWIND [1, 2] AS i RETURN i", "--json", "--limit", "2")
    assert not json.loads(exact.stdout)["cut"]
    assert not exact.stderr


PIECES = st.sampled_from(
    [
        "MATCH (n)",
        "RETURN n",
        "RETURN 1 AS n",
        "WITH n",
        "WITH *",
        "SET n.x = 1",
        "CREATE (n:X)",
        "DELETE n",
        "CALL {",
        "}",
        "UNION",
        "CALL (n) {",
        "CALL db.labels()",
        "CALL db.info()",
        "YIELD label",
        "YIELD *",
        "AS",
        "SET",
        "as",
        "WHERE n.x",
        "WHERE n:%",
        ".",
        ":",
        "x",
        "(",
        ")",
        "{",
        "|",
        "LOAD CSV FROM 'file:///x' AS l",
        "'",
        "`",
        "/*",
        "*/",
        "//",
        "\n",
        ";",
        "EXISTS {",
        "FOREACH (x IN [1] |",
        "IN TRANSACTIONS",
        "REMOVE n.x",
        "USE neo4j",
        "*",
        "!",
        "[1..2]",
        "1.",
        "1e",
        "$",
        "n",
        ",",
        "SHOW",
        "INDEXES",
        "SETTINGS",
        "CSV",
        "LOAD",
        "\\",
        "ANY",
        "%",
        "+",
        "AS n",
        "DISTINCT",
        "FINISH",
        "OFFSET 1",
        "LIMIT 1",
        "ORDER BY n",
        "DETACH",
        "NODETACH",
        "INSERT (:X)",
    ]
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, max_size=9), between=st.sampled_from([" ", "", "\n"]))
def test_what_tokens_let_through_the_server_never_takes_for_more_than_reading(
    pieces: list[str], between: str, bundled: Neo4jStore
) -> None:
    """The second look at the plan never has anything to refuse."""
    text = "MATCH (n) " + between.join(pieces)
    try:
        judge(text)
    except InputError:
        return
    try:
        bundled.ask_cypher("EXPLAIN " + text)
    except KGError as error:
        assert "refused" not in str(error), text  # noqa: PT017 - not every text is Cypher


# ---------------------------------------------------------------------- honest questions

HONEST = (
    "MATCH (n:Model) RETURN count(n)",
    "MATCH (m:Model)-[l:TRAINED_ON]->(d:Dataset) RETURN m.name, l.stage, d.name LIMIT 5",
    "MATCH (m:Model) WHERE m.name STARTS WITH 'LLaVA' RETURN m.name ORDER BY m.name",
    "OPTIONAL MATCH (m:Model {name: 'nothing'}) RETURN m",
    "MATCH (n:Create) RETURN n.set",
    "RETURN 'CALL dbms.listConfig()' AS text",
    "RETURN 'LOAD CSV; it\\'s a text' AS `LOAD CSV`",
    "UNWIND [1, 2, 3] AS x WITH x WHERE x > 1 RETURN sum(x) AS total",
    "CALL db.labels",
    "CALL db.labels() YIELD label RETURN label ORDER BY label",
    "CALL `db`.`relationshipTypes`() YIELD relationshipType AS t RETURN collect(t)",
    "CALL db.propertyKeys()",
    "CALL db.schema.visualization()",
    "CALL db.schema.nodeTypeProperties()",
    "CALL db.index.fulltext.queryNodes('entity_text', 'llava') YIELD node, score RETURN node.name, score",
    "SHOW INDEXES",
    "SHOW ALL CONSTRAINTS YIELD name RETURN count(name)",
    "MATCH p = (:Model)-[:DERIVED_FROM*1..3]->(:Model) RETURN p LIMIT 3",
    "MATCH p = ANY SHORTEST (a:Model)-[:DERIVED_FROM]->+(b) RETURN length(p) LIMIT 3",
    "MATCH (m:Model) CALL (m) { MATCH (m)-[:TRAINED_ON]->(d) RETURN count(d) AS n } RETURN m.name, n LIMIT 3",
    "MATCH (m:Model) WHERE COUNT { (m)-[:TRAINED_ON]->() } > 3 RETURN m.name",
    "MATCH (m:Model) WHERE EXISTS { MATCH (m)-[:EVALUATED_ON]->(d) WHERE d.name <> '' } RETURN m.name",
    "MATCH (m:Model) RETURN m {.name, use: 1, all: [(m)-[:TRAINED_ON]->(d) | d.name]} LIMIT 2",
    "RETURN date.truncate('month', date('2026-11-21')), duration.inDays(date('2026-01-01'), date())",
    "RETURN vector.similarity.cosine([1.0, 0.0], [1.0, 1.0]), point.distance(point({x: 0, y: 0}), point({x: 3, y: 4}))",
    "MATCH (m:Model) RETURN m.name AS n UNION MATCH (d:Dataset) RETURN d.name AS n",
    "EXPLAIN MATCH (n) RETURN n",
    "PROFILE MATCH (n:Model) RETURN count(n)",
    "MATCH (n:Claim) RETURN n.quote LIMIT 1; // the first line",
    "RETURN reduce(a = 0, x IN [1, 2] | a + x), [x IN range(1, 3) WHERE x > 1 | x * 2], 7 % 4, 2 ^ 3",
    "MATCH (n:!Entity&!Claim) RETURN DISTINCT labels(n)",
    "RETURN CASE WHEN 1 IN [1] THEN 'yes' ELSE 'no' END AS answer, 'C:\\\\users' AS path",
)


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_question_is_answered_in_every_form(
    text: str, bundled: Neo4jStore, running_neo4j: Neo4j
) -> None:
    found = json.loads(cypher(running_neo4j, text, "--json").stdout)
    assert found["columns"] or found["plan"]
    shown = cypher(running_neo4j, text).stdout
    if "plan" not in found:
        assert all(len(line) <= 80 for line in shown.splitlines())
        written = [*csv.reader(io.StringIO(cypher(running_neo4j, text, "--csv").stdout))]
        assert len(written) == 1 + len(found["rows"])


def test_values_of_every_kind_have_one_stable_form(
    bundled: Neo4jStore, running_neo4j: Neo4j
) -> None:
    ((model, link, path),) = rows(
        running_neo4j,
        "MATCH p = (m:Model {name: 'Silkie'})-[l:TRAINED_ON]->() RETURN m, l, p LIMIT 1",
    )
    assert model["labels"] == ["Entity", "Model"]
    assert model["properties"]["name"] == "Silkie"
    assert (link["type"], link["properties"]["stage"]) == ("TRAINED_ON", "preference")
    assert path["nodes"][0] == model
    assert path["relationships"] == [{**link, "from": 0, "to": 1}]
    (found,) = rows(
        running_neo4j,
        "RETURN date('2026-11-21'), time('10:00:00+01:00'), localtime('10:00'),"
        " localdatetime('2026-11-21T10:00'), datetime('2026-11-21T10:00[Europe/Berlin]'),"
        " duration('P1DT2H'), point({longitude: 8.0, latitude: 50.0}), 0.0 / 0.0, 1.0 / 0.0, $b,"
        " {a: [null, true]}, 9007199254740993",
        "--param",
        "b=text",
    )
    assert found == [
        "2026-11-21",
        "10:00:00.000000000+01:00",
        "10:00:00.000000000",
        "2026-11-21T10:00:00.000000000",
        "2026-11-21T10:00:00.000000000+01:00[Europe/Berlin]",
        "P1DT2H",
        {"srid": 4326, "coordinates": [8.0, 50.0]},
        "NaN",
        "Infinity",
        "text",
        {"a": [None, True]},
        9007199254740993,
    ]
    assert bundled.ask_cypher("RETURN $b", {"b": b"\x00\xff"}).rows == (({"base64": "AP8="},),)


def test_a_parameter_is_json_or_else_text(bundled: Neo4jStore, running_neo4j: Neo4j) -> None:
    options = [
        "--param",
        "a=[1, 2]",
        "--param",
        "b=LLaVA = 1",
        "--param",
        'c="3"',
        "--param",
        "d=NaN",
    ]
    assert rows(running_neo4j, "RETURN $a, $b, $c, $d", *options) == [
        [[1, 2], "LLaVA = 1", "3", "NaN"]
    ]
    assert "looks like" in cypher(running_neo4j, "RETURN 1", "--param", "a", code=2).stderr
    assert "--param" in cypher(running_neo4j, "RETURN $a", code=1).stderr
    assert (
        "cannot be sent"
        in cypher(running_neo4j, "RETURN $a", "--param", f"a={10**30}", code=2).stderr
    )


def test_an_error_of_the_server_marks_its_place(bundled: Neo4jStore, running_neo4j: Neo4j) -> None:
    told = cypher(running_neo4j, "MATCH (n)\nRETRN n", code=1).stderr.splitlines()
    assert "Invalid input 'RETRN'" in told[0]
    assert told[-2:] == ["  line 2: RETRN n", "          ^"]
    told = cypher(running_neo4j, "EXPLAIN RETURN foo(1)", code=1).stderr.splitlines()
    assert "Unknown function 'foo' (line 1, column 16)" in told[0]
    assert told[-1].index("^") == told[-2].index("foo")
    assert "zero" in cypher(running_neo4j, "RETURN 1 / 0", code=1).stderr
    assert "toString()" in cypher(running_neo4j, "RETURN date('+99999-01-01')", code=1).stderr
    assert rows(running_neo4j, "RETURN 1") == [[1]]


def test_what_is_too_large_for_the_server_leaves_it_alive(
    bundled: Neo4jStore, running_neo4j: Neo4j
) -> None:
    collected = "UNWIND range(1, 100000000) AS i WITH collect(toString(i)) AS x RETURN size(x)"
    told = cypher(running_neo4j, collected, "--seconds", "60", code=1).stderr
    assert "too little memory" in told or "took longer" in told
    assert rows(running_neo4j, "RETURN 1") == [[1]]


def test_a_table_is_free_of_control_characters(bundled: Neo4jStore, running_neo4j: Neo4j) -> None:
    shown = cypher(
        running_neo4j, "RETURN $x AS x, 1 AS `a\x07b`", "--param", "x=\x1b[31mred\u202e"
    ).stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", shown)
    assert "red" in shown


def test_a_table_fits_any_terminal() -> None:
    wide = [["模型" * 40, "x" * 200, 1], ["a", None, {"k": [1]}]]
    for width in (10, 30, 80, 200):
        lines = [*table_lines(["name", "text", "n"], wide, width)]
        for line in lines:
            plain = re.sub(r"\x1b\[\d+m", "", line)
            assert sum(2 if c in "模型" else 1 for c in plain) <= width
    assert [re.sub(r"\x1b\[\d+m", "", x) for x in table_lines(["a"], [], 80)] == ["a", "no rows"]


def test_a_store_in_a_file_is_told_of_the_alternative(whole: Path) -> None:
    told = CliRunner().invoke(main, ["--store", str(whole), "cypher", "RETURN 1"])
    assert told.exit_code == 2
    assert "--store neo4j://" in told.stderr
    assert "kg ask" in told.stderr


# ---------------------------------------------------------------------- the README


def examples() -> dict[str, str]:
    """Give the queries of the README by the comment above each."""
    section = README.partition("## In Neo4j\n")[2].partition("\n## ")[0]
    block = re.search(r"```cypher\n(.*?)```", section, re.DOTALL)
    assert block is not None
    found = [part.strip() for part in block.group(1).split("\n\n")]
    return {part.partition("\n")[0].removeprefix("// "): part for part in found}


EXAMPLES = examples()
EXPECTED = {
    "which models use a dataset, at which stage": [["LLaVA-1.5", "sft"], ["Video-LLaMA2", "sft"]],
}
"""Comment -> all rows, where they are few."""


def test_the_readme_has_queries_to_begin_with() -> None:
    assert len(EXAMPLES) >= 8
    assert set(EXPECTED) <= set(EXAMPLES)


@pytest.mark.parametrize("what", EXAMPLES)
def test_a_query_of_the_readme_finds_something_in_the_bundled_lists(
    what: str, bundled: Neo4jStore, running_neo4j: Neo4j
) -> None:
    found = rows(running_neo4j, EXAMPLES[what])
    assert found
    assert all(value not in (None, "", []) for value in found[-1])
    if what in EXPECTED:
        assert [row[:2] for row in found] == EXPECTED[what]
