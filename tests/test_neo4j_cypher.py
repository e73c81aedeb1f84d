"""Which Cypher texts are let through to a server: judged on their tokens, without a server."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.errors import InputError
from kg.neo4j.cypher import FUNCTIONS, PROCEDURES, TokenKind, judge, marked, tokens

HOSTILE = {
    "LOAD CSV FROM 'file:///secret.csv' AS l RETURN l": "LOAD CSV",
    "LOAD CSV WITH HEADERS FROM 'http://127.0.0.1:1/' AS l RETURN l": "LOAD CSV",
    "MATCH (n) LOAD CSV FROM n.name AS l RETURN l": "LOAD CSV",
    "CALL { LOAD CSV FROM 'file:///x' AS l RETURN l } RETURN l": "LOAD CSV",
    "RETURN 1 AS l UNION LOAD CSV FROM 'file:///x' AS l RETURN l": "LOAD CSV",
    "RETURN COLLECT { LOAD CSV FROM 'file:///x' AS l RETURN l }": "LOAD CSV",
    "USING PERIODIC COMMIT 5 LOAD CSV FROM 'file:///x' AS l CREATE (:A)": "a question begins",
    "CALL dbms.listConfig()": "the procedure dbms.listConfig",
    "CALL dbms.listConfig": "the procedure dbms.listConfig",
    "CALL `dbms`.`listConfig`()": "the procedure dbms.listConfig",
    "CALL `dbms.listConfig`()": "the procedure dbms.listConfig",
    "OPTIONAL CALL dbms.listConfig() YIELD name RETURN name": "the procedure dbms.listConfig",
    "CALL dbms . /* x */ listConfig ( ) YIELD name, value RETURN *": "the procedure",
    "MATCH (n) CALL db.labels() YIELD label CALL dbms.killConnection(label) YIELD message RETURN 1": (
        "the procedure dbms.killConnection"
    ),
    "RETURN 1 AS x UNION CALL db.clearQueryCaches() YIELD value RETURN value AS x": "clearQueryCaches",
    "CALL { CALL { CALL dbms.queryJmx('*:*') YIELD name RETURN name } RETURN name } RETURN 1": "queryJmx",
    "RETURN EXISTS { CALL dbms.listConfig() YIELD name RETURN name }": "the procedure",
    "CALL db.createLabel('Evil')": "the procedure db.createLabel",
    "CALL DB.LABELS()": "the procedure DB.LABELS",
    "CALL $name()": "CALL of what is no name",
    "CALL 'db.labels'()": "CALL of what is no name",
    "CALL apoc.load.json('http://127.0.0.1:1/') YIELD value RETURN value": "the procedure apoc",
    "CALL apoc.cypher.doIt('CREATE (:A)', {}) YIELD value RETURN value": "the procedure apoc",
    "CREATE (:Evil)": "CREATE writes",
    "INSERT (:Evil)": "INSERT writes",
    "MERGE (:Evil {id: 1})": "MERGE writes",
    "MATCH (n) SET n.evil = true": "SET writes",
    "MATCH (n) DETACH DELETE n": "DETACH writes",
    "MATCH (n) NODETACH DELETE n": "NODETACH writes",
    "MATCH ()-[r]->() DELETE r": "DELETE writes",
    "MATCH (n) REMOVE n.name": "REMOVE writes",
    "MATCH (as) WITH as SET as.x = 1": "SET writes",
    "MATCH (n) WHERE n:% SET n.x = 1": "SET writes",
    "MATCH ((a)-->(b))* SET a.x = 1": "SET writes",
    "MATCH (n) WITH * SET n.x = 1": "SET writes",
    "MATCH (n) RETURN n.a SET n.x = 1": "SET writes",
    "MATCH (n) WITH n, 1.5 AS x SET n.x = 1": "SET writes",
    "MATCH (n) WITH n[1..2] AS x SET x.y = 1": "SET writes",
    "MATCH (n) FOREACH (x IN [1] | CREATE (:Evil))": "FOREACH writes",
    "FOREACH (x IN [1] | FOREACH (y IN [1] | MERGE (:Evil)))": "a question begins|FOREACH writes",
    "CALL { CREATE (:Evil) } RETURN 1": "CREATE writes",
    "MATCH (n) CALL (n) { SET n.x = 1 } RETURN n": "SET writes",
    "MATCH (n) CALL (*) { WITH n DETACH DELETE n } RETURN 1": "DETACH writes",
    "MATCH (n) CALL (n) { RETURN 1 AS x } IN TRANSACTIONS OF 10 ROWS RETURN x": "TRANSACTIONS",
    "MATCH (n) CALL { WITH n DELETE n } IN 4 CONCURRENT TRANSACTIONS": "DELETE writes",
    "MATCH (n) WHERE EXISTS { CREATE (:Evil) RETURN 1 } RETURN n": "CREATE writes",
    "RETURN COUNT { MATCH (n) SET n.x = 1 RETURN n }": "SET writes",
    "RETURN 1; CREATE (:Evil)": "more than one statement",
    "RETURN 1;; RETURN 2": "more than one statement",
    "CREATE INDEX evil FOR (n:Name) ON (n.text)": "CREATE writes",
    "DROP INDEX name_search": "DROP writes",
    "DROP CONSTRAINT name_id IF EXISTS": "DROP writes",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'": "ALTER writes",
    "CREATE USER evil SET PASSWORD 'evil-evil'": "CREATE writes",
    "GRANT ROLE admin TO evil": "GRANT is about the server",
    "START DATABASE neo4j": "START is about",
    "STOP DATABASE neo4j": "STOP is about",
    "ENABLE SERVER 'x'": "ENABLE is about",
    "SHOW SETTINGS": "of SHOW only",
    "SHOW USERS": "of SHOW only",
    "SHOW TRANSACTIONS": "of SHOW only",
    "SHOW FUNCTIONS": "of SHOW only",
    "SHOW INDEXES YIELD name SHOW SETTINGS YIELD value RETURN value": "SHOW is about",
    "SHOW INDEXES YIELD name TERMINATE TRANSACTIONS name": "TERMINATE is about",
    "TERMINATE TRANSACTIONS 'neo4j-transaction-1'": "TERMINATE is about",
    "USE system SHOW USERS": "USE leads to another database",
    "MATCH (n) RETURN n UNION USE system MATCH (n) RETURN n": "USE leads to another database",
    "CYPHER 25 MATCH (n) RETURN n": "CYPHER chooses",
    "CYPHER runtime=slotted MATCH (n) RETURN n": "CYPHER chooses",
    "EXPLAIN CYPHER 25 RETURN 1": "CYPHER chooses",
    "EXPLAIN PROFILE RETURN 1": "a question begins",
    "EXPLAIN CREATE (:Evil)": "CREATE writes",
    "PROFILE CREATE (:Evil)": "CREATE writes",
    "RETURN apoc.load.json('http://127.0.0.1:1/')": "the function apoc.load.json",
    "RETURN `apoc`.`load` . json('x')": "the function apoc.load.json",
    "RETURN `apoc.load.json`('x')": "the function apoc.load.json",
    "RETURN {k: apoc.util.sleep(1000)}": "the function apoc.util.sleep",
    "RETURN $p.run('x')": "the function",
    "RETURN graph.byName('system')": "the function graph.byName",
    "\\u004cOAD CSV FROM 'file:///x' AS l RETURN l": "Unicode escape",
    "RETURN '\\u0027 AS x CREATE (:Evil) //'": "Unicode escape",
    "/* \\u002a/ CREATE (:Evil) /* */ RETURN 1": "Unicode escape",
    "RETURN 1 // \\u000a CREATE (:Evil)": "Unicode escape",
    "MATCH (n) RETURN n.`\\u0060 SET n.x = 1 //`": "Unicode escape",
    "RETURN 1 //\rCREATE (:Evil)": "control character",
    "LO\u200bAD CSV FROM 'x' AS l RETURN l": "cannot be read",
    "MATCH (n) \u017fET n.x = 1": "SET writes",
    "RETURN 'open": "does not end",
    "RETURN `open": "does not end",
    "/* open": "does not end",
    "RETURN 1SET": "runs into",
    "RETURN " + "(" * 101 + "1" + ")" * 101: "more than 100 brackets",
    "CALL { " * 101 + "RETURN 1 AS x" + " } RETURN x" * 101: "more than 100 brackets",
    ":param x": "a question begins",
    "": "nothing is asked",
    " // only a comment": "nothing is asked",
}
"""Text -> what the refusal says (a pattern)."""

HONEST = (
    "MATCH (n:Create) RETURN n.set",
    "MATCH (n)-[:SET|DELETE|:REMOVE]->(m:Call&!Drop) RETURN n",
    "RETURN 'CALL dbms.listConfig()' AS text",
    "RETURN \"LOAD CSV FROM 'x'\" AS text",
    "RETURN 1 AS `LOAD CSV`",
    "MATCH (`set`) RETURN `set`",
    "RETURN {use: 1, set: 2, create: 3} AS map",
    "MATCH (n {use: 1}) RETURN n {.set, .create, drop: n.drop}",
    "RETURN 'C:\\\\users' AS path",
    "RETURN 'it\\'s; not the end' AS text;",
    "// CREATE (n)\nRETURN 1 /* SET; */",
    "RETURN $create, $set, $`load csv`",
    "MATCH (load:Load)-[:OF]->(csv) RETURN load, csv",
    "MATCH (start:Model)-->(stop) RETURN start.name, stop.name",
    "EXPLAIN MATCH (n) RETURN n",
    "profile MATCH (n) RETURN n",
    "CALL db.labels",
    "call db.labels() yield label return label",
    "CALL `db`.`labels`() YIELD label RETURN label",
    "CALL { RETURN 1 AS x UNION RETURN 2 AS x } RETURN x",
    "MATCH (n) CALL (n) { RETURN n.name AS x } RETURN x",
    "OPTIONAL MATCH (n) RETURN date.truncate('year', date()), DURATION.inDays(date(), date())",
    "SHOW INDEXES",
    "SHOW VECTOR INDEXES YIELD name RETURN name",
    "SHOW ALL CONSTRAINTS",
    "WITH 1.5e3 AS a, .5 AS b, 0x1F AS c, 1_000 AS d RETURN a, b, c, d, [1, 2, 3][1..2]",
    "MATCH p = (a)-[*1..5]->(b) RETURN p",
    "MATCH (n:模型) WHERE n.名 = '数据' RETURN n",
    "RETURN 'set\u2028' AS x",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_does_more_than_read_is_refused_and_its_place_is_marked(text: str) -> None:
    with pytest.raises(InputError, match=HOSTILE[text]):
        judge(text)


@pytest.mark.parametrize("text", HONEST)
def test_what_reads_is_let_through_whatever_its_names_and_texts_say(text: str) -> None:
    assert len(judge(text).text) == len(text)


def test_a_refusal_marks_the_place() -> None:
    with pytest.raises(InputError) as caught:
        judge("MATCH (n)\n  SET n.x = 1")
    assert str(caught.value).splitlines()[1:] == ["  line 2:   SET n.x = 1", "            ^"]


def test_a_plan_is_asked_for_apart_and_the_semicolon_at_the_end_goes() -> None:
    question = judge("explain MATCH (n) RETURN n; // all")
    assert question.plan == "EXPLAIN"
    assert question.text == "        MATCH (n) RETURN n  // all"


def test_a_mark_stands_below_its_place_in_long_and_wide_lines() -> None:
    line, mark = marked("x" * 500 + "!" + "y" * 500, 1, 501).splitlines()
    assert len(line) <= 80
    assert line[mark.index("^")] == "!"
    assert marked("名n", 1, 2).splitlines()[1] == "    ^"
    assert marked("", 7, 7).splitlines()[1] == "  ^"


def test_nothing_that_writes_is_on_the_lists() -> None:
    assert not [
        name for name in PROCEDURES if re.search("create|clear|stop|kill|load|config", name)
    ]
    assert not [
        name
        for name in FUNCTIONS
        if not re.match(r"(db|date|time|duration|point|local|vector)", name)
    ]


# ---------------------------------------------------------------------- any text

PIECES = st.sampled_from(
    [
        "MATCH",
        "RETURN",
        "CALL",
        "LOAD",
        "CSV",
        "SET",
        "CREATE",
        "db",
        "labels",
        "apoc",
        "x",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ".",
        ":",
        ",",
        ";",
        "|",
        "$",
        "'",
        '"',
        "`",
        "\\",
        "/",
        "*",
        "//",
        "/*",
        "*/",
        "\\u004c",
        "\\u0027",
        "1",
        "1.5",
        "\n",
        "\r",
        "\t",
        "é",
        "模",
        "\u2028",
        "\x00",
        "-",
        ">",
        "=",
        "set",
        "`set`",
        "'x'",
        "$x",
        "IN",
        "TRANSACTIONS",
    ]
)
ANY_TEXT = st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(" ".join))
REFUSED = st.sampled_from([text for text in HOSTILE if "\\" not in text and text.strip()])
WITHIN = st.sampled_from([text for text in HOSTILE if "\\" not in text and "\r" not in text])


@given(ANY_TEXT)
def test_any_text_is_refused_or_let_through_and_nothing_else(text: str) -> None:
    try:
        question = judge(text)
    except InputError as refusal:
        assert str(refusal)  # noqa: PT017 - either is fine
    else:
        assert len(question.text) == len(text)
        assert "\\u" not in re.sub(r"\\\\", "", question.text)


@given(ANY_TEXT)
def test_tokens_stand_where_they_say_and_leave_out_space_and_comments_alone(text: str) -> None:
    end, rest = 0, ""
    try:
        for token in tokens(text):
            assert text.startswith(token.text, token.at)
            assert token.at >= end
            rest += text[end : token.at]
            end = token.at + len(token.text)
    except InputError:
        return
    assert re.fullmatch(r"(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*", rest + text[end:], re.DOTALL)


@given(WITHIN)
def test_refused_text_inside_a_string_a_name_or_a_comment_is_let_through(text: str) -> None:
    escaped = text.replace("'", "\\'")
    judge(f"RETURN '{escaped}' AS x")
    judge('RETURN "' + text.replace('"', '\\"') + '" AS x')
    judge("RETURN 1 AS `" + text.replace("`", "``") + "`")
    judge("// " + text.replace("\n", " ") + "\nRETURN 1")
    judge("/* " + text.replace("*/", "* /") + " */ RETURN 1")


@given(WITHIN, st.sampled_from(["RETURN '", 'RETURN "', "RETURN `", "/*", "//"]))
def test_what_stands_behind_the_end_of_a_string_name_or_comment_is_judged(
    text: str, opened: str
) -> None:
    closed = {"//": "\n", "/*": "*/"}.get(opened, opened[-1])
    before = opened + " MATCH " + closed + ("" if "RETURN" in opened else " RETURN 1")
    with pytest.raises(InputError):
        judge(f"{before} AS x CREATE (:Evil) {text}")


@given(REFUSED, st.data())
def test_refused_text_is_refused_in_any_case_and_with_comments_between_words(
    text: str, data: st.DataObject
) -> None:
    """Names of procedures and functions keep their case: another case is another name."""
    try:
        found = [*tokens(text)]
    except InputError:
        return
    between = st.sampled_from([" ", "\n", "/**/", "/* ' */", "// `\n", "\u00a0", "\t"])
    case = st.sampled_from([str.upper, str.lower, str.title, str])
    again = "".join(
        data.draw(between) + (data.draw(case)(t.text) if t.kind is TokenKind.WORD else t.text)
        for t in found
    )
    with pytest.raises(InputError):
        judge(again)


@given(st.sampled_from(HONEST), st.data())
@example("RETURN 1", None)
def test_a_unicode_escape_is_refused_wherever_it_stands(
    text: str, data: st.DataObject | None
) -> None:
    at = data.draw(st.integers(0, len(text) - 1)) if data else 0
    if text[max(0, at - 1)] == "\\" or text[at] == "\\":
        return
    with pytest.raises(InputError):
        judge(f"{text[:at]}\\u{ord(text[at]) & 0xFFFF:04x}{text[at + 1 :]}")


@pytest.mark.parametrize("many", [100_000])
def test_a_long_text_is_judged_at_once(many: int) -> None:
    judge("RETURN " + "(1) + " * many + "1")
    judge("RETURN '" + "\\'" * many + "'")
    judge("RETURN [" + "a.b.c, " * (many // 5) + "1]")
    with pytest.raises(InputError):
        judge("CALL (" * many)
