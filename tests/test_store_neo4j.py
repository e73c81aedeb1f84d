"""What is Neo4j's own: what people browse, that no text is taken for Cypher, errors in words.

What every store promises runs against it in the suites of the contract.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import kg.neo4j.database
from conftest import front_of
from ingest.load import ingest_file
from kg.decisions import Action, pair_payload
from kg.errors import (
    InputError,
    KGError,
    SchemaVersionError,
    SetupError,
    StoreBusyError,
    StoreError,
)
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Stance
from kg.neo4j.database import Database, check_server_version, in_words
from kg.neo4j.rows import Neo4jRows
from kg.neo4j.schema import VERSION
from kg.neo4j.store import Neo4jStore
from kg.records import PaperRecord
from kg.sqlite.store import SqliteStore
from kg.store import Store, has_store, open_store
from neo4j_server import Neo4j, Neo4jServer, free_port
from queries.ask import ask
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "ingest" / "lists"

LIST = """# Models

## LLaVA

| Model | Training data | Vision encoder |
|---|---|---|
| [LLaVA](https://arxiv.org/abs/2304.08485) | CC3M, LLaVA-Instruct-150K | CLIP ViT-L/14 |
"""


def asked(server: Neo4j, query: str, **given: Any) -> list[list[Any]]:
    """Ask the database itself, as people do."""
    with server.connect() as driver:
        found = driver.execute_query(query, given, database_=server.database)
        return [record.values() for record in found.records]


def trained(model: str, dataset: str, line: int = 1, **values: Any) -> Claim:
    return Claim(
        Name(Kind.MODEL, model),
        Relation.TRAINED_ON,
        line,
        f"{model} | {dataset}",
        Name(Kind.DATASET, dataset),
        {"stage": values.pop("stage", "sft")},
        values,
        confidence=values.pop("sure", 1.0) if "sure" in values else 1.0,
    )


def said(kind: Kind, name: str, predicate: Property, text: str, line: int = 1) -> Claim:
    return Claim(Name(kind, name), predicate, line, f"{name}: {text}", None, {}, {"text": text})


_versions = iter(range(10**9))


def load(store: Store, source: str, *claims: Claim) -> None:
    store.load(source, "markdown", f"version {next(_versions)}", Reading(claims))


def exported(store: Store) -> list[str]:
    records = [*iter_claim_records(store), *iter_property_records(store)]
    return [to_json_line(r) for r in [*records, *iter_entity_records(store)]]


# ---------------------------------------------------------------------- what people browse


def test_a_list_is_seen_as_things_joined_by_what_was_said(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j, tmp_path: Path
) -> None:
    file = tmp_path / "list.md"
    file.write_text(LIST, encoding="utf-8")
    ingest_file(neo4j_store, file, name="list.md")
    links = asked(
        running_neo4j,
        "MATCH (m:Model {name: 'LLaVA'})-[l:TRAINED_ON]->(d:Dataset)"
        " RETURN d.name, l.stage, l.sources, size(l.claims) ORDER BY d.name",
    )
    assert [(d, sources, n) for d, _, sources, n in links] == [
        ("CC3M", ["list.md"], 1),
        ("LLaVA-Instruct-150K", ["list.md"], 1),
    ]
    bases = asked(
        running_neo4j,
        "MATCH (:Model {name: 'LLaVA'})-[l:DERIVED_FROM]->(m:Model) RETURN m.name, l.role",
    )
    assert bases == [["CLIP ViT-L/14", "vision-encoder"]]


def test_the_claims_behind_a_link_lead_to_their_source_and_line(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j
) -> None:
    load(neo4j_store, "a", trained("LLaVA", "CC3M", 7))
    load(neo4j_store, "b", trained("LLaVA", "cc3m", 9))
    found = asked(
        running_neo4j,
        "MATCH (:Model {id: 'model:llava'})-[l:TRAINED_ON]->(:Dataset)"
        " UNWIND l.claims AS number MATCH (c:Claim {id: number})-[:SAID_IN]->(s:Source)"
        " RETURN s.name, c.line, c.quote ORDER BY s.name",
    )
    assert found == [["a", 7, "LLaVA | CC3M"], ["b", 9, "LLaVA | cc3m"]]


def test_a_link_shows_what_most_sources_say(neo4j_store: Neo4jStore, running_neo4j: Neo4j) -> None:
    for source, amount in (("a", "595K"), ("b", "3M"), ("c", "3M")):
        said_so = {"text": amount, "value": 3, "unit": "samples"}
        load(neo4j_store, source, trained("LLaVA", "CC3M", amount=said_so))
    ((link,),) = asked(running_neo4j, "MATCH ()-[l:TRAINED_ON]->() RETURN properties(l)")
    del link["claims"]
    assert link == {
        "stage": "sft",
        "amount": "3M",
        "amount_value": 3,
        "amount_unit": "samples",
        "confidence": 1.0,
        "sources": ["a", "b", "c"],
    }


def test_each_kind_is_a_label_and_each_relation_a_type(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j
) -> None:
    from kg.model import RELATIONS

    claims = [
        Claim(Name(subject, f"some {subject}"), relation, 1, "q", Name(target, f"other {target}"))
        for relation, rule in RELATIONS.items()
        for subject, target in rule.ends
    ]
    load(neo4j_store, "a", *claims)
    found = asked(
        running_neo4j,
        "MATCH (a:Entity)-[l]->(b:Entity) RETURN labels(a), type(l), labels(b)",
    )
    seen = {(frozenset(a), relation, frozenset(b)) for a, relation, b in found}
    assert seen == {
        (labels(subject), str(relation), labels(target))
        for relation, rule in RELATIONS.items()
        for subject, target in rule.ends
    }


def labels(kind: Kind) -> frozenset[str]:
    return frozenset({"Entity", str(kind).capitalize()})


def test_what_is_denied_or_not_disclosed_is_no_relationship(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j
) -> None:
    denied = Claim(
        Name(Kind.MODEL, "LLaVA"), Relation.TRAINED_ON, 1, "q", Name(Kind.DATASET, "SBU"),
        stance=Stance.DENIES,
    )  # fmt: skip
    hidden = Claim(
        Name(Kind.MODEL, "GPT-4"), Relation.TRAINED_ON, 2, "q", stance=Stance.UNDISCLOSED
    )
    load(neo4j_store, "a", denied, hidden)
    assert asked(running_neo4j, "MATCH (:Entity)-[l]->(:Entity) RETURN count(l)") == [[0]]
    assert asked(running_neo4j, "MATCH (e:Model) RETURN count(e)") == [[2]]


def test_things_are_shown_with_what_is_said_of_them(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j
) -> None:
    load(
        neo4j_store,
        "a",
        said(Kind.PAPER, "Visual Instruction Tuning", Property.ARXIV, "2304.08485"),
        said(Kind.PAPER, "Visual Instruction Tuning", Property.VENUE, "NeurIPS"),
        said(Kind.PAPER, "Visual Instruction Tuning", Property.LINK, "https://x.org/a"),
        said(Kind.PAPER, "Visual Instruction Tuning", Property.READ, "reading"),
        trained("LLaVA", "CC3M"),
    )
    ((paper,),) = asked(running_neo4j, "MATCH (p:Paper) RETURN properties(p)")
    del paper["number"]
    assert paper == {
        "id": "paper:arxiv:2304.08485",
        "kind": "paper",
        "name": "Visual Instruction Tuning",
        "aliases": [],
        "arxiv": "2304.08485",
        "year": 2023,
        "venue": "NeurIPS",
        "read": "reading",
        "links": ["https://x.org/a"],
    }
    assert asked(running_neo4j, "MATCH (d:Dataset) RETURN d.name, d.stub") == [["CC3M", True]]


def test_a_merge_moves_the_links_and_its_undo_brings_them_back(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j
) -> None:
    load(neo4j_store, "a", trained("LLaVA", "CC3M"), trained("Otter", "Conceptual Captions", 2))
    before = front_of(running_neo4j)
    pair = pair_payload(Name(Kind.DATASET, "CC3M"), Name(Kind.DATASET, "Conceptual Captions"))
    fact = neo4j_store.add_user_fact(Action.MERGE, pair)
    users = "MATCH (m)-[:TRAINED_ON]->(d:Dataset {name: $name}) RETURN m.name ORDER BY m.name"
    merged = asked(running_neo4j, "MATCH (d:Dataset) RETURN d.name, d.aliases")
    assert len(merged) == 1
    assert asked(running_neo4j, users, name=merged[0][0]) == [["LLaVA"], ["Otter"]]
    neo4j_store.add_user_fact(Action.UNDO, {"of": fact.n})
    assert front_of(running_neo4j) == before


def test_what_a_source_takes_back_is_shown_no_more(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j
) -> None:
    load(neo4j_store, "a", trained("LLaVA", "CC3M"))
    load(neo4j_store, "b", trained("LLaVA", "SBU"))
    neo4j_store.forget("a")
    found = asked(running_neo4j, "MATCH (e:Entity) RETURN e.name ORDER BY e.name")
    assert found == [["LLaVA"], ["SBU"]]
    neo4j_store.rename_source("b", "c")
    assert asked(running_neo4j, "MATCH ()-[l:TRAINED_ON]->() RETURN l.sources") == [[["c"]]]


# ---------------------------------------------------------------------- texts stay texts

HOSTILE = [
    "'; MATCH (n) DETACH DELETE n //",
    '"}) DETACH DELETE n //',
    "`]->() MATCH (n) DETACH DELETE n //",
    "$rows {x: 1} \\u0027 \\' \\",
    "a\x00b\x01\x1f",
    "🔥𝔘𝔫𝔦 🏳️‍🌈",
    "\u202eright to left\u202c \u200f",
    "ẞİŉᾈ ǅ ﬀ µ ſ",
    "name\r\nwith\tblanks ",
    "x" * 9_000,
    "y 多" * 20_000,
]


def test_texts_from_outside_come_back_exactly_and_do_nothing_else(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j
) -> None:
    with closing(SqliteStore(":memory:", create=True)) as other:
        for number, text in enumerate(HOSTILE):
            for store in (neo4j_store, other):
                claims = (
                    trained(f"M{number} {text}", f"D{number} {text}", subset=text),
                    said(Kind.MODEL, f"M{number} {text}", Property.ALIAS, f"A{number} {text}"),
                    said(Kind.MODEL, f"M{number} {text}", Property.NOTE, text),
                    said(Kind.MODEL, f"M{number} {text}", Property.LINK, f"https://x/{text}"),
                    Claim(
                        Name(Kind.MODEL, f"M{number} {text}"), Relation.TRAINED_ON, 2, text,
                        Name(Kind.DATASET, f"in-house {text}", scope=text),
                    ),
                )  # fmt: skip
                load(store, f"source {number} {text}", *claims)
        assert exported(neo4j_store) == exported(other)
        for number, text in enumerate(HOSTILE):
            for asking in (f"M{number} {text}", f"A{number} {text}", text):
                assert neo4j_store.find_entities(asking) == other.find_entities(asking)
                assert neo4j_store.find_similar_names(asking[:200]) == other.find_similar_names(
                    asking[:200]
                )
            for question in (f"which models use D{number} {text}", f"what was {text} trained on"):
                try:
                    wanted: object = ask(other, question)
                except KGError as error:
                    with pytest.raises(type(error)):
                        ask(neo4j_store, question)
                else:
                    assert ask(neo4j_store, question) == wanted
    labels = {label for (label,) in asked(running_neo4j, "CALL db.labels()")}
    assert labels <= {
        "Meta", "Source", "Load", "Harvest", "Record", "News", "Doubted", "Rejected", "Remark", "Name", "LongName",
        "FormerId", "Claim", "Key", "UserFact", "Ruling", "RuledApart", "Review", "Tally", "Entity", "Paper", "Model",
        "Dataset", "Topic", "Person", *NOT_OURS,
    }  # fmt: skip


NOT_OURS = {"Wiped", "Other"}
"""Labels of other tests: a server never forgets one."""


def test_half_a_character_is_refused_in_words_and_changes_nothing(neo4j_store: Neo4jStore) -> None:
    load(neo4j_store, "a", trained("LLaVA", "CC3M"))
    before = exported(neo4j_store)
    with pytest.raises(StoreError, match="half of a character"):
        load(neo4j_store, "b", trained("Otter", "SBU"), trained("bad \ud800", "SBU", 2))
    assert exported(neo4j_store) == before


# ---------------------------------------------------------------------- opening


def test_a_database_without_a_store_says_so_and_is_left_alone(empty_neo4j: Neo4j) -> None:
    with pytest.raises(SetupError, match="there is no store at"):
        opened(empty_neo4j, create=False)
    assert asked(empty_neo4j, "MATCH (n) RETURN count(n)") == [[0]]


def opened(server: Neo4j, *, create: bool = True, **other: Any) -> Neo4jStore:
    given = {"user": server.user, "password": server.password, "database": server.database}
    return Neo4jStore(server.url, **{**given, **other}, create=create)


def test_a_database_of_something_else_is_not_touched(empty_neo4j: Neo4j) -> None:
    asked(empty_neo4j, "CREATE (:Other {id: 1})")
    with pytest.raises(StoreError, match="something else"):
        opened(empty_neo4j)
    assert asked(empty_neo4j, "SHOW CONSTRAINTS YIELD name") == []


def test_two_that_make_the_store_at_once_make_one(empty_neo4j: Neo4j) -> None:
    failures: list[BaseException] = []

    def make() -> None:
        try:
            opened(empty_neo4j).close()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert asked(empty_neo4j, "MATCH (m:Meta) RETURN m.schema") == [[VERSION]]


def test_a_store_of_schema_1_gets_what_records_need_and_keeps_what_it_holds(
    empty_neo4j: Neo4j,
) -> None:
    with closing(opened(empty_neo4j)) as store:
        load(store, "a.md", trained("Wren", "OwlHours"))
        before = exported(store)
    asked(empty_neo4j, "DROP CONSTRAINT record_id")
    asked(empty_neo4j, "DROP INDEX record_arxiv")
    asked(empty_neo4j, "MATCH (m:Meta) SET m.schema = 1")
    for _ in range(2):
        with closing(opened(empty_neo4j)) as store:
            assert exported(store) == before
            store.add_records("arxiv", [PaperRecord("2401.00001", "A Paper")])
        assert asked(empty_neo4j, "MATCH (m:Meta) RETURN m.schema") == [[VERSION]]
        names = [name for (name,) in asked(empty_neo4j, "SHOW INDEXES YIELD name")]
        assert {"record_id", "record_arxiv"} <= set(names)
        asked(empty_neo4j, "MATCH (m:Meta) SET m.schema = 1")
        with closing(opened(empty_neo4j)) as store:
            assert store.forget("arxiv").diff.withdrawn == 1
            before = exported(store)


def test_a_store_of_schema_2_gets_what_news_need_and_keeps_what_it_holds(
    empty_neo4j: Neo4j,
) -> None:
    paper = PaperRecord("2401.00001", "A Paper")
    with closing(opened(empty_neo4j)) as store:
        load(store, "a.md", trained("Wren", "OwlHours"))
        store.add_records("arxiv", [paper], cursor="page 1")
        before = exported(store)
    asked(empty_neo4j, "DROP CONSTRAINT news_n")
    asked(empty_neo4j, "DROP INDEX news_key")
    asked(empty_neo4j, "MATCH (m:Meta) SET m.schema = 2")
    with closing(opened(empty_neo4j)) as store:
        assert exported(store) == before
        assert store.cursor_of("arxiv") == "page 1"
        assert [*store.iter_news()] == []
        report = store.add_records("arxiv", [paper], watch="birds", found={paper.arxiv: "new"})
        assert [*store.iter_news()] == [*report.news]
        assert [n.what for n in report.news] == ["new"]
    assert asked(empty_neo4j, "MATCH (m:Meta) RETURN m.schema") == [[VERSION]]
    names = [name for (name,) in asked(empty_neo4j, "SHOW INDEXES YIELD name")]
    assert {"news_n", "news_key"} <= set(names)


def test_a_store_of_schema_3_gets_what_texts_need_and_keeps_what_it_holds(
    empty_neo4j: Neo4j,
) -> None:
    paper = PaperRecord("2401.00001", "A Paper")
    said = {paper.arxiv: [replace(trained("Wren", "OwlHours"), extractor="text:of")]}
    with closing(opened(empty_neo4j)) as store:
        load(store, "a.md", trained("Wren", "OwlHours"))
        store.add_records("arxiv", [paper], watch="birds")
        before = exported(store)
    asked(empty_neo4j, "DROP CONSTRAINT doubted_id")
    for index in ("doubted_line", "claim_text_line"):
        asked(empty_neo4j, f"DROP INDEX {index}")
    asked(empty_neo4j, "MATCH (m:Meta) SET m.schema = 3")
    with closing(opened(empty_neo4j)) as store:
        assert exported(store) == before
        assert len([*store.iter_news()]) == 1
        assert [*store.iter_doubted()] == []
        assert store.put_said("arxiv", said, said).added == 1
        assert len([*store.iter_doubted()]) == 1
        assert store.put_said("arxiv", {paper.arxiv: ()}).withdrawn == 1
        assert (exported(store), [*store.iter_doubted()]) == (before, [])
    assert asked(empty_neo4j, "MATCH (m:Meta) RETURN m.schema") == [[VERSION]]
    names = [name for (name,) in asked(empty_neo4j, "SHOW INDEXES YIELD name")]
    assert {"doubted_id", "doubted_line", "claim_text_line"} <= set(names)


def test_a_store_of_a_newer_program_is_refused(empty_neo4j: Neo4j) -> None:
    opened(empty_neo4j).close()
    asked(empty_neo4j, "MATCH (m:Meta) SET m.schema = 99")
    with pytest.raises(SchemaVersionError, match="upgrade the program") as caught:
        opened(empty_neo4j)
    assert (caught.value.found, caught.value.supported) == (99, VERSION)


def test_a_wrong_password_is_said_and_never_shown(running_neo4j: Neo4j) -> None:
    with pytest.raises(SetupError, match="KG_NEO4J_PASSWORD") as caught:
        opened(running_neo4j, password="not-the-password")
    assert "not-the-password" not in str(caught.value)
    with pytest.raises(SetupError, match="KG_NEO4J_PASSWORD"):
        Neo4jStore(running_neo4j.url, create=True)


def test_an_unknown_database_is_said(running_neo4j: Neo4j) -> None:
    with pytest.raises(SetupError, match="KG_NEO4J_DATABASE"):
        opened(running_neo4j, database="nobody")


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(StoreError, match="no Neo4j server answers"):
        Neo4jStore(f"bolt://127.0.0.1:{free_port()}", password="whatever", create=True)


def test_an_address_is_taken_from_the_environment_and_shown_without_secrets(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(neo4j_store, "a", trained("LLaVA", "CC3M"))
    monkeypatch.setenv("KG_STORE", running_neo4j.url)
    monkeypatch.setenv("KG_NEO4J_USER", running_neo4j.user)
    monkeypatch.setenv("KG_NEO4J_PASSWORD", running_neo4j.password)
    monkeypatch.setenv("KG_NEO4J_DATABASE", running_neo4j.database)
    assert has_store()
    with closing(open_store()) as store:
        assert store.counts()["model"] == 1
        assert store.url == f"{running_neo4j.url}/{running_neo4j.database}"


@pytest.mark.parametrize(
    "url", ["neo4j://me:secret-word@host", "bolt+s://me:secret-word@host:7687"]
)
def test_an_address_with_a_password_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SetupError, match="KG_NEO4J_PASSWORD") as caught:
        open_store(url)
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("url", ["neo4j://", "bolt://host:many", "bolt://host#x", "neo4j://[::1"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(SetupError, match="no address"):
        Neo4jStore(url, create=True)


@pytest.mark.parametrize("version", ["5.26.0", "5.26.31", "5.27-aura", "2025.01.0", "2026.08"])
def test_a_server_new_enough_is_fine(version: str) -> None:
    check_server_version("neo4j://host", version)


@pytest.mark.parametrize("version", ["4.4.40", "5.25.1", "", "nightly"])
def test_a_server_too_old_or_unknown_is_named(version: str) -> None:
    with pytest.raises(SetupError, match=r"5\.26 or newer") as caught:
        check_server_version("neo4j://host", version)
    assert version in str(caught.value)


def test_a_backup_is_refused_with_what_to_do(neo4j_store: Neo4jStore, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="kg copy"):
        neo4j_store.backup(tmp_path / "backup.sqlite")


# ---------------------------------------------------------------------- errors in words


def server_error(code: str, message: str) -> Exception:
    """Give the driver's own error for what a server said."""
    from neo4j.exceptions import Neo4jError

    make = getattr(Neo4jError, "_hydrate_neo4j", None) or Neo4jError.hydrate
    error = make(code=code, message=message)
    assert isinstance(error, Exception)
    return error


@pytest.mark.parametrize(
    ("code", "message", "kind", "words"),
    [
        ("Neo.ClientError.Security.Unauthorized", "no", SetupError, "KG_NEO4J_PASSWORD"),
        ("Neo.ClientError.Security.AuthenticationRateLimit", "no", SetupError, "too often"),
        ("Neo.ClientError.Security.CredentialsExpired", "no", SetupError, "must be changed"),
        ("Neo.ClientError.Security.Forbidden", "no", SetupError, "right to write"),
        ("Neo.ClientError.Database.DatabaseNotFound", "no", SetupError, "KG_NEO4J_DATABASE"),
        ("Neo.ClientError.Procedure.ProcedureNotFound", "no", SetupError, "5.26"),
        ("Neo.TransientError.Transaction.DeadlockDetected", "no", StoreBusyError, "try again"),
        ("Neo.TransientError.Transaction.LockAcquisitionTimeout", "", StoreBusyError, "try again"),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", "no", StoreError, "in parts"),
        (
            "Neo.DatabaseError.Transaction.TransactionCommitFailed",
            "No space left on device",
            StoreError,
            "make room",
        ),
        ("Neo.TransientError.Database.DatabaseUnavailable", "no", StoreError, "trying again"),
        ("Neo.ClientError.Transaction.TransactionTimedOut", "no", StoreError, "trying again"),
        ("Neo.DatabaseError.General.UnknownError", "odd", StoreError, "odd"),
    ],
)
def test_what_a_server_says_is_told_in_words(
    code: str, message: str, kind: type[KGError], words: str
) -> None:
    told = in_words("neo4j://host", server_error(code, message))
    assert type(told) is kind
    assert words in str(told)
    assert "neo4j://host" in str(told)


def test_a_lost_connection_says_that_trying_again_is_safe(killable_neo4j: Neo4jServer) -> None:
    with closing(opened(killable_neo4j)) as store:
        load(store, "a", trained("LLaVA", "CC3M"))
        before = exported(store)

        def lose_it() -> None:
            with store._rows.writing():
                store._rows.withdraw_claims([1], 9)
                killable_neo4j.kill()
                store._rows.facts()

        with pytest.raises(StoreError, match="trying again is safe"):
            lose_it()
        with pytest.raises(StoreError):
            store.counts()
        killable_neo4j.start()
        assert exported(store) == before
        load(store, "b", trained("Otter", "SBU"))
        assert store.counts()["model"] == 2


# ---------------------------------------------------------------------- transactions

LOADING = """
import sys
from kg.model import Claim, Kind, Name, Reading, Relation
from kg.store import open_store
store = open_store(sys.argv[1])
for n in range(int(sys.argv[3])):
    claim = Claim(Name(Kind.MODEL, f"{sys.argv[2]} {n}"), Relation.TRAINED_ON, 1, "q",
                  Name(Kind.DATASET, f"Set {n}"))
    store.load(f"{sys.argv[2]}:{n}", "markdown", f"{sys.argv[2]}:{n}", Reading((claim,)))
store.close()
"""


def test_two_writers_lose_nothing(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in running_neo4j.environment().items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-c", LOADING, running_neo4j.url]
    both = [subprocess.Popen([*command, who, "12"], cwd=ROOT) for who in ("one", "two")]
    assert [process.wait() for process in both] == [0, 0]
    loads = neo4j_store.loads()
    assert [load.n for load in loads] == [*range(1, 25)]
    assert len({load.source for load in loads}) == 24
    assert neo4j_store.counts() == {"dataset": 12, "model": 24, "TRAINED_ON": 24}


def test_a_writer_that_waits_too_long_is_told_and_has_changed_nothing(
    neo4j_store: Neo4jStore, running_neo4j: Neo4j, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kg.neo4j.database, "_PATIENCE_SECONDS", 0.3)
    with closing(opened(running_neo4j)) as other:
        with neo4j_store._rows.writing():
            with pytest.raises(StoreBusyError, match="another process"):
                load(other, "b", trained("Otter", "SBU"))
            neo4j_store._rows.add_facts([])
        load(other, "b", trained("Otter", "SBU"))
    assert [source.id for source in neo4j_store.sources()] == ["b"]


def test_reading_does_not_wait_for_a_writer(neo4j_store: Neo4jStore, running_neo4j: Neo4j) -> None:
    load(neo4j_store, "a", trained("LLaVA", "CC3M"))

    def read_beside() -> None:
        with closing(opened(running_neo4j)) as other, neo4j_store._rows.writing():
            neo4j_store._rows.withdraw_claims([1], 9)
            assert len(list(other.iter_claims())) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_beside()


def test_an_interrupt_undoes_all_and_goes_on(neo4j_store: Neo4jStore) -> None:
    load(neo4j_store, "a", trained("LLaVA", "CC3M"))
    before = exported(neo4j_store)

    def interrupted() -> None:
        with neo4j_store._rows.writing():
            neo4j_store._rows.withdraw_claims([1], 9)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert exported(neo4j_store) == before


def test_an_interrupt_while_the_server_works_undoes_all(neo4j_store: Neo4jStore) -> None:
    claims = [trained(f"M{n}", f"D{n % 50}", n + 1) for n in range(20_000)]
    old = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.4)
        with pytest.raises(KeyboardInterrupt):
            load(neo4j_store, "a", *claims)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    time.sleep(0.1)
    loaded = len(neo4j_store.loads())
    load(neo4j_store, "b", trained("Otter", "SBU"))
    assert len(neo4j_store.loads()) == loaded + 1


# ---------------------------------------------------------------------- the same as in SQLite


@pytest.fixture
def both(neo4j_store: Neo4jStore) -> Iterator[tuple[Store, Store]]:
    """Give an empty store of each kind."""
    with closing(SqliteStore(":memory:", create=True)) as other:
        yield neo4j_store, other


def assert_same(one: Store, other: Store) -> None:
    """See that two stores export and answer the same, byte by byte."""
    assert exported(one) == exported(other)
    written = json.loads((ROOT / "tests" / "data" / "questions.json").read_text("utf-8"))
    for text in strings_in(written):
        assert answered(one, text) == answered(other, text)
    assert one.counts() == other.counts()
    assert one.shared_evidence() == other.shared_evidence()
    assert one.stubs() == other.stubs()
    assert list(one.iter_names()) == list(other.iter_names())
    assert list(one.iter_claims(contested=True)) == list(other.iter_claims(contested=True))
    for asking in ("llava", "LLaVa 665", "conceptual", "vidoe", "q"):
        assert one.find_similar_names(asking, 20) == other.find_similar_names(asking, 20)


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings_in(inner)


def answered(store: Store, question: str) -> object:
    try:
        return ask(store, question)
    except KGError as error:
        return type(error), str(error)


def test_the_bundled_lists_export_and_answer_the_same(both: tuple[Store, Store]) -> None:
    for store in both:
        for file in sorted(LISTS.iterdir()):
            ingest_file(store, file, name=file.name)
    assert_same(*both)


def test_lists_beside_the_repository_export_and_answer_the_same(
    both: tuple[Store, Store], shared: Path
) -> None:
    files = [*(shared / "seeds").rglob("*"), *(shared / "corpora" / "lists").glob("*")]
    files = sorted(f for f in files if f.suffix in {".md", ".txt", ".bib"})
    if not files:
        pytest.skip("no lists beside the repository")
    for file in files:
        for store in both:
            try:
                ingest_file(store, file)
            except InputError:
                continue
    assert_same(*both)


# ---------------------------------------------------------------------- plans

SCANS = ("AllNodesScan", "NodeByLabelScan", "DirectedAllRelationshipsScan", "AllRelationshipsScan")


def test_loads_and_questions_about_things_use_indexes(
    neo4j_store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole-graph answers scan; whatever a load, a decision or a question about one thing does, not."""
    statements: dict[str, dict[str, Any]] = {}
    real_ask, real_change = Database.ask, Database.change

    def noted_ask(self: Database, query: str, **given: Any) -> list[list[Any]]:
        statements[query] = given
        return real_ask(self, query, **given)

    def noted_change(self: Database, query: str, **given: Any) -> None:
        statements[query] = given
        real_change(self, query, **given)

    load(neo4j_store, "before", trained("A", "B"), said(Kind.DATASET, "B", Property.ALIAS, "Bee"))
    monkeypatch.setattr(Database, "ask", noted_ask)
    monkeypatch.setattr(Database, "change", noted_change)
    load(
        neo4j_store, "a", trained("LLaVA", "CC3M"), said(Kind.DATASET, "CC3M", Property.ALIAS, "C")
    )
    load(neo4j_store, "a", trained("LLaVA", "SBU"))
    pair = pair_payload(Name(Kind.DATASET, "SBU"), Name(Kind.DATASET, "B"))
    neo4j_store.add_user_fact(Action.MERGE, pair)
    neo4j_store.add_user_fact(Action.UNDO, {"of": 1})
    neo4j_store.forget("a")
    neo4j_store.find_entities("B")
    list(neo4j_store.iter_claims(subject="model:a"))
    list(neo4j_store.iter_claims(object="dataset:b"))
    neo4j_store.entities_of_names([Name(Kind.DATASET, "Bee")])
    neo4j_store.identifiers("dataset:b")
    neo4j_store.reasons("dataset:b")
    list(neo4j_store.iter_names(of="dataset:b"))
    monkeypatch.undo()
    small = ("Ruling", "RuledApart", "UserFact", "Meta")
    scanning = []
    for query, given in statements.items():
        plan = plan_of(neo4j_store._database, query, given)
        found = [o for o in plan if o[0].split("@")[0] in SCANS]
        if any(not any(f":{label}" in details for label in small) for _, details in found):
            scanning.append((query, found))
    assert scanning == []


def plan_of(database: Database, query: str, given: dict[str, Any]) -> list[tuple[str, str]]:
    """Give the operators by which the server would run a statement, with what they work on."""
    with database._driver.session(**database._session_settings) as session:
        plan = session.run(query.replace("CYPHER 5", "CYPHER 5 EXPLAIN", 1), given).consume().plan
    assert plan is not None
    found, rest = [], [plan]
    while rest:
        at = rest.pop()
        found.append((at["operatorType"], str(at["args"].get("Details", ""))))
        rest += at.get("children", [])
    return found


def test_rows_keep_their_front_and_sqlite_has_none() -> None:
    from kg.sqlite.rows import SqliteRows

    assert Neo4jRows.has_front
    assert not SqliteRows.has_front
