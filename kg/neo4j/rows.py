"""The rows of a store in Neo4j: all of its Cypher, and nothing of what rows mean.

Every statement is constant text; what comes from outside is only ever a parameter.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from kg.engine.rows import (
    ClaimRow,
    ClaimView,
    CopyNote,
    DoubtedRow,
    EvidencePlace,
    EvidenceRow,
    FactRow,
    HeldClaim,
    LinkRow,
    ListedRow,
    LoadRow,
    MentionRow,
    NamePair,
    NameRow,
    NewsRow,
    Numbered,
    PlaceRow,
    ReasonRow,
    RecordRow,
    RecordView,
    Rows,
    RulingRow,
    SharedPlaceRow,
    SourceRow,
    SpellingRow,
    ThingRow,
    in_order,
)
from kg.identity import NameKey
from kg.model import Kind, Rejected, Relation, Remark
from kg.neo4j.database import Database
from kg.neo4j.fresh import Fresh
from kg.neo4j.schema import KIND_LABELS, META

_AT_ONCE = 5000
"""How many values or rows go with one statement: 10,000 are a tenth faster and take the
server twice the memory; 1,000 an eighth slower (benchmarks/RESULTS.md)."""
_STREAMED = 20_000
"""How many claims are sorted here and not in the server, where sources are many and small."""
_INDEXED_BYTES = 30_000
"""What a text index takes is a little more; longer names are looked through one by one."""

_SHOWN_LENGTH = 1000
"""Characters of an id or name that a shown thing has: a range index takes 8 kB, at most 4 for each."""

_LAST = {
    Numbered.SOURCE: "CYPHER 5 MATCH (n:Source) WHERE n.id > 0 RETURN n.id ORDER BY n.id DESC LIMIT 1",
    Numbered.LOAD: "CYPHER 5 MATCH (n:Load) WHERE n.n > 0 RETURN n.n ORDER BY n.n DESC LIMIT 1",
    Numbered.NAME: "CYPHER 5 MATCH (n:Name) WHERE n.id > 0 RETURN n.id ORDER BY n.id DESC LIMIT 1",
    Numbered.CLAIM: "CYPHER 5 MATCH (n:Claim) WHERE n.id > 0 RETURN n.id ORDER BY n.id DESC LIMIT 1",
    Numbered.FACT: "CYPHER 5 MATCH (n:UserFact) WHERE n.n > 0 RETURN n.n ORDER BY n.n DESC LIMIT 1",
    Numbered.REVIEW: "CYPHER 5 MATCH (n:Review) WHERE n.n > 0 RETURN n.n ORDER BY n.n DESC LIMIT 1",
    Numbered.RECORD: "CYPHER 5 MATCH (n:Record) WHERE n.id > 0 RETURN n.id ORDER BY n.id DESC LIMIT 1",
    Numbered.NEWS: "CYPHER 5 MATCH (n:News) WHERE n.n > 0 RETURN n.n ORDER BY n.n DESC LIMIT 1",
    Numbered.DOUBTED: "CYPHER 5 MATCH (n:Doubted) WHERE n.id > 0 RETURN n.id ORDER BY n.id DESC LIMIT 1",
}

_SOURCE = " RETURN s.id, s.name, s.format, s.content_hash, s.title, s.date, s.last_load, s.copy_of, s.seen_at"
_LOAD = " RETURN n.n, n.source, n.at, n.action, n.added, n.edited, n.withdrawn, n.unchanged"
_NAME = " n.id, n.kind, n.fold, n.scope, n.text, n.ident, n.entity, n.heir"
_CLAIM = (
    " c.id, c.source, c.subject, c.subject_text, c.predicate, c.object, c.object_text, c.qualifiers,"
    " c.details, c.stance, c.line, c.quote, c.extractor, c.confidence, c.first_load, c.withdrawn_load"
)
_RECORD = " r.id, r.source, r.arxiv, r.name, r.line, r.says, r.data, r.first_load, r.withdrawn_load"
_DOUBTED = " RETURN d.id, d.source, d.line, d.said"
_NEWS = " RETURN n.n, n.at, n.watch, n.what, n.arxiv, n.version"
_RECORD_VIEW = (
    " WHERE ($withdrawn OR r.withdrawn_load IS NULL) AND ($told IS NULL OR"
    " any(of IN $told WHERE r.says CONTAINS of)) MATCH (r)-[:HARVESTED_FROM]->(src:Source)"
    " WHERE $source IS NULL OR src.name = $source"
)
_RECORD_TOLD = (
    " RETURN src.name, r.line, r.id, r.data, r.first_load, r.withdrawn_load, s.id, s.kind, s.scope,"
    " s.entity, s.ident, null"
)
_BY_ID = "CYPHER 5 UNWIND $values AS id MATCH (n:Name {id: id}) USING INDEX n:Name(id)"
_BY_ENTITY = "CYPHER 5 UNWIND $values AS e MATCH (n:Name {entity: e}) USING INDEX n:Name(entity)"

_RULED = (
    " MATCH (r:Ruling {key: n.key}) USING INDEX r:Ruling(key)"
    " MATCH (q:Ruling {number: r.number}) USING INDEX q:Ruling(number)"
    " MATCH (m:Name {key: q.key}) USING INDEX m:Name(key) RETURN m.id AS id"
)
_AGAIN = " UNION UNWIND $values AS v MATCH (n:Name {id: v}) USING INDEX n:Name(id)"
_LINKED = (
    f"{_BY_ID} MATCH (n)<-[:SUBJECT]-(:Claim)-[:GIVES]->(k:Key)"
    " WITH DISTINCT k WHERE COUNT { (k)<-[:GIVES]-() } > 1"
    " MATCH (k)<-[:GIVES]-(:Claim)-[:SUBJECT]->(m:Name) RETURN m.id AS id"
    # The key of a name without scope is the id of the evidence that has its spelling.
    f"{_AGAIN} MATCH (n)<-[:SUBJECT]-(:Claim)-[g:GIVES]->(k:Key)"
    " WHERE g.type IN ['repository', 'alias']"
    " WITH DISTINCT k MATCH (m:Name {key: k.id}) USING INDEX m:Name(key) RETURN m.id AS id"
    f"{_AGAIN} MATCH (k:Key {{id: n.key}}) USING INDEX k:Key(id) MATCH (k)<-[g:GIVES]-(c:Claim)"
    " WHERE g.type IN ['repository', 'alias'] MATCH (c)-[:SUBJECT]->(m:Name) RETURN m.id AS id"
    f"{_AGAIN} WITH DISTINCT n.entity AS e MATCH (m:Name {{entity: e}})"
    " USING INDEX m:Name(entity) RETURN m.id AS id"
    f"{_AGAIN}{_RULED}"
)
_RULED_WITH = _BY_ID + _RULED
_BY_KEY = "CYPHER 5 UNWIND $values AS key MATCH (k:Key {id: key}) USING INDEX k:Key(id)"
_GIVERS = f"{_BY_KEY} MATCH (k)<-[:GIVES]-(:Claim)-[:SUBJECT]->(m:Name) RETURN DISTINCT m.id"
_GIVERS_OF_NAME = (
    f"{_BY_KEY} MATCH (k)<-[g:GIVES]-(c:Claim) WHERE g.type IN ['repository', 'alias']"
    " MATCH (c)-[:SUBJECT]->(m:Name) RETURN DISTINCT m.id"
)

_CREATE_CLAIM = (
    "CREATE (c:Claim {id: r[0], source: r[1], subject: r[2], subject_text: r[3], predicate: r[4],"
    " object: r[5], object_text: r[6], qualifiers: r[7], details: r[8], stance: r[9], line: r[10],"
    " quote: r[11], extractor: r[12], confidence: r[13], first_load: r[14], withdrawn_load: r[15],"
    " text_line: CASE WHEN r[12] STARTS WITH 'text:' THEN r[10] END}),"
    " (c)-[:SAID_IN]->(source), (c)-[:SUBJECT]->(subject)"
)
_ADD_PROPERTIES = (
    "CYPHER 5 UNWIND $rows AS r MATCH (source:Source {id: r[1]}) MATCH (subject:Name {id: r[2]})"
    f" {_CREATE_CLAIM}"
)
_ADD_RELATIONS = (
    "CYPHER 5 UNWIND $rows AS r MATCH (source:Source {id: r[1]}) MATCH (subject:Name {id: r[2]})"
    f" MATCH (object:Name {{id: r[5]}}) {_CREATE_CLAIM}, (c)-[:OBJECT]->(object)"
)

_VIEW = (
    " RETURN src.name, c.subject_text, s.id, s.kind, s.scope, s.entity, s.ident, null,"
    " coalesce(c.object_text, ''), o.id, coalesce(o.kind, ''), coalesce(o.scope, ''),"
    " coalesce(o.entity, 0), c.predicate, c.qualifiers, c.details, c.stance, c.line, c.quote,"
    " c.extractor, c.confidence, c.first_load, c.withdrawn_load, c.id"
)
_FITS = (
    " WHERE ($withdrawn OR c.withdrawn_load IS NULL)"
    " AND ($predicates IS NULL OR c.predicate IN $predicates)"
    " AND ($source IS NULL OR c.source = $source)"
)
_CLAIMS_BY_SUBJECT = (
    "CYPHER 5 UNWIND $values AS e MATCH (s:Name {entity: e}) USING INDEX s:Name(entity)"
    f" MATCH (s)<-[:SUBJECT]-(c:Claim){_FITS} MATCH (c)-[:SAID_IN]->(src:Source)"
    f" OPTIONAL MATCH (c)-[:OBJECT]->(o:Name) WITH src, c, s, o"
    f" WHERE $objects IS NULL OR o.entity IN $objects{_VIEW}"
)
_CLAIMS_BY_OBJECT = (
    "CYPHER 5 UNWIND $values AS e MATCH (o:Name {entity: e}) USING INDEX o:Name(entity)"
    f" MATCH (o)<-[:OBJECT]-(c:Claim){_FITS} MATCH (c)-[:SAID_IN]->(src:Source)"
    f" MATCH (c)-[:SUBJECT]->(s:Name){_VIEW}"
)
_CLAIMS_BY_SOURCE = (
    "CYPHER 5 UNWIND $sources AS id MATCH (src:Source {id: id}) USING INDEX src:Source(id)"
    f" MATCH (src)<-[:SAID_IN]-(c:Claim){_FITS}"
    f" MATCH (c)-[:SUBJECT]->(s:Name) OPTIONAL MATCH (c)-[:OBJECT]->(o:Name){_VIEW}"
)
_CONTESTED = (
    "CYPHER 5 MATCH (c:Claim) WHERE c.withdrawn_load IS NULL"
    " AND ($predicates IS NULL OR c.predicate IN $predicates) MATCH (c)-[:SUBJECT]->(n:Name)"
    " WITH n.entity AS e, c.predicate AS p, min(c.details) AS a, max(c.details) AS z"
    " WHERE a <> z RETURN e, p"
)
_SHOW_THINGS = {
    kind: "CYPHER 5 UNWIND $rows AS r MERGE (e:Entity {number: r[0]})"
    f" SET e = r[1], e.number = r[0], e:{label}"
    for kind, label in KIND_LABELS.items()
}
_SHOW_NEW_THINGS = {
    kind: "CYPHER 5 UNWIND $rows AS r MATCH (n:Name {id: r[0]}) USING INDEX n:Name(id)"
    f" CREATE (n)-[:NAME_OF]->(e:Entity:{label}) SET e = r[1], e.number = r[0]"
    for kind, label in KIND_LABELS.items()
}
_SHOW_LINKS = {
    str(relation): "CYPHER 5 UNWIND $rows AS r MATCH (a:Entity {number: r[0]})"
    " USING INDEX a:Entity(number) MATCH (b:Entity {number: r[1]}) USING INDEX b:Entity(number)"
    f" CREATE (a)-[l:{relation}]->(b) SET l = r[2]"
    for relation in Relation
}
_BY_PLACE = itemgetter(ClaimView._fields.index("source"), ClaimView._fields.index("line"))


class Neo4jRows(Rows):
    """The rows in one database of a Neo4j server; see `Rows` for what each method promises."""

    has_front = True

    def __init__(self, database: Database) -> None:
        self._db = database
        self._fresh = Fresh()
        self._is_ruled = self._is_parted = True
        """Whether there may be rulings, and splits among them."""

    def _each(self, query: str, values: Iterable[Any], **given: Any) -> Iterator[list[Any]]:
        """Run a query for all values, some at a time; they are its $values."""
        for piece in _pieces(values):
            yield from self._db.ask(query, values=piece, **given)

    def _put(self, query: str, rows: Iterable[Any], **given: Any) -> None:
        """Run a statement that writes for all rows, some at a time; they are its $rows."""
        for piece in _pieces(rows):
            self._db.change(query, rows=piece, **given)

    # -- transactions -------------------------------------------------------------------------

    def writing(self) -> AbstractContextManager[None]:
        """Run a block in one write transaction."""
        return self._alone()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self._db.transaction():
            # Asked before anything is written: the server counts what was through one by one.
            self._is_ruled = self._db.ask("CYPHER 5 MATCH (r:Ruling) RETURN count(r)") != [[0]]
            self._is_parted = self._db.ask("CYPHER 5 MATCH (x:RuledApart) RETURN count(x)") != [[0]]
            try:
                yield
            finally:
                self._fresh = Fresh()
                self._is_ruled = self._is_parted = True

    def reading(self) -> AbstractContextManager[None]:
        """Run a block that reads."""
        return self._db.translated()

    def last_number(self, of: Numbered) -> int:
        """Return the largest number of these rows."""
        found = self._db.ask(_LAST[of])
        return int(found[0][0]) if found else 0

    # -- the front ----------------------------------------------------------------------------

    def show_things(self, entities: Collection[int] | None, rows: Sequence[ThingRow]) -> None:
        """Show these things, and none other of these entities."""
        shown = {row.number for row in rows}
        if entities is None:
            self._db.change("CYPHER 5 MATCH (e:Entity) DETACH DELETE e")
            entities = shown
        gone = set(entities) - shown
        new = self._fresh.unshown & shown
        self._fresh.unshown -= shown | gone
        shown -= new
        self._put("CYPHER 5 UNWIND $rows AS n MATCH (e:Entity {number: n}) DETACH DELETE e", gone)
        for statements, among in ((_SHOW_NEW_THINGS, new), (_SHOW_THINGS, shown)):
            for kind, statement in statements.items():
                self._put(
                    statement,
                    (
                        [r.number, _indexed(r.properties)]
                        for r in rows
                        if r.kind == kind and r.number in among
                    ),
                )
        self._put(
            "CYPHER 5 UNWIND $rows AS number MATCH (e:Entity {number: number})<-[r:NAME_OF]-(n:Name)"
            " WHERE n.entity <> number OR n.text = '' DELETE r",
            shown,
        )
        self._put(
            "CYPHER 5 UNWIND $rows AS number MATCH (e:Entity {number: number})"
            " MATCH (n:Name {entity: number}) USING INDEX n:Name(entity)"
            " WHERE n.text <> '' AND NOT EXISTS { (n)-[:NAME_OF]->(e) } CREATE (n)-[:NAME_OF]->(e)",
            shown,
        )

    def show_links(self, subjects: Collection[int], rows: Sequence[LinkRow]) -> None:
        """Show these links, and none other whose subject is one of these entities."""
        self._put(
            "CYPHER 5 UNWIND $rows AS n MATCH (e:Entity {number: n}) USING INDEX e:Entity(number)"
            " MATCH (e)-[l]->(:Entity) DELETE l",
            set(subjects) - self._fresh.unlinked,
        )
        self._fresh.unlinked.difference_update(subjects)
        for relation, statement in _SHOW_LINKS.items():
            self._put(
                statement,
                ([r.subject, r.object, dict(r.properties)] for r in rows if r.relation == relation),
            )

    # -- sources and loads --------------------------------------------------------------------

    def find_sources(
        self,
        *,
        id: int | None = None,
        name: str | None = None,
        content_hash: str | None = None,
        copy_of: int | None = None,
    ) -> list[SourceRow]:
        """Return the sources that fit all that is given."""
        if id is not None:
            found = self._db.ask(f"CYPHER 5 MATCH (s:Source {{id: $id}}){_SOURCE}", id=id)
        elif name is not None:
            found = self._db.ask(
                f"CYPHER 5 MATCH (s:Source {{key: $key}}){_SOURCE}", key=_digest(name)
            )
        elif content_hash is not None:
            found = self._db.ask(
                f"CYPHER 5 MATCH (s:Source {{hash_key: $key}}){_SOURCE}", key=_digest(content_hash)
            )
        elif copy_of is not None:
            found = self._db.ask(
                f"CYPHER 5 MATCH (s:Source {{copy_of: $copy_of}}){_SOURCE}", copy_of=copy_of
            )
        else:
            found = self._db.ask(f"CYPHER 5 MATCH (s:Source){_SOURCE}")
        asked = {"id": id, "name": name, "content_hash": content_hash, "copy_of": copy_of}
        given = {column: value for column, value in asked.items() if value is not None}
        return [
            source
            for source in map(SourceRow._make, found)
            if all(getattr(source, column) == value for column, value in given.items())
        ]

    def put_sources(self, rows: Sequence[SourceRow]) -> None:
        """Hold sources, new or changed."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r MERGE (s:Source {id: r[0]}) SET s.name = r[1],"
            " s.format = r[2], s.content_hash = r[3], s.title = r[4], s.date = r[5],"
            " s.last_load = r[6], s.copy_of = r[7], s.seen_at = r[8], s.key = r[9],"
            " s.hash_key = r[10]",
            ([*r, _digest(r.name), _digest(r.content_hash)] for r in rows),
        )

    def take_history(self, heir: int, source: int) -> None:
        """Give the claims and loads of a source to another, and remove it."""
        self._fresh = Fresh()
        self._db.change(
            "CYPHER 5 MATCH (h:Source {id: $heir}) MATCH (:Source {id: $source})<-[r:SAID_IN]-(c)"
            " DELETE r CREATE (c)-[:SAID_IN]->(h) SET c.source = $heir",
            heir=heir,
            source=source,
        )
        self._db.change(
            "CYPHER 5 MATCH (h:Source {id: $heir}) MATCH (:Source {id: $source})<-[r:OF]-(n)"
            " DELETE r CREATE (n)-[:OF]->(h) SET n.source = $heir",
            heir=heir,
            source=source,
        )
        self._db.change(
            "CYPHER 5 MATCH (h:Source {id: $heir})"
            " MATCH (:Source {id: $source})<-[of:HARVESTED_FROM]-(r)"
            " DELETE of CREATE (r)-[:HARVESTED_FROM]->(h) SET r.source = $heir",
            heir=heir,
            source=source,
        )
        self._db.change(
            "CYPHER 5 MATCH (:Source {id: $source})<-[:OF_SOURCE]-(h:Harvest) DETACH DELETE h",
            source=source,
        )
        self.remove_doubted(source, None)
        self._db.change("CYPHER 5 MATCH (s:Source {id: $source}) DETACH DELETE s", source=source)

    def find_loads(self, numbers: Collection[int] | None = None) -> list[LoadRow]:
        """Return loads by number, or all."""
        if numbers is None:
            found = iter(self._db.ask(f"CYPHER 5 MATCH (n:Load){_LOAD}"))
        else:
            found = self._each(
                f"CYPHER 5 UNWIND $values AS v MATCH (n:Load {{n: v}}){_LOAD}", set(numbers)
            )
        return [*map(LoadRow._make, found)]

    def add_loads(self, rows: Sequence[LoadRow]) -> None:
        """Hold new loads."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (s:Source {id: r[1]}) CREATE (n:Load {n: r[0],"
            " source: r[1], at: r[2], action: r[3], added: r[4], edited: r[5], withdrawn: r[6],"
            " unchanged: r[7]})-[:OF]->(s)",
            map(list, rows),
        )

    def count_of_sources(self, sources: Collection[int]) -> dict[int, tuple[int, int]]:
        """Return how many current claims and rejected lines sources have."""
        found = dict.fromkeys(sources, (0, 0))
        for source, claims, rejected in self._each(
            "CYPHER 5 UNWIND $values AS id MATCH (s:Source {id: id}) RETURN s.id,"
            " COUNT { (s)<-[:SAID_IN]-(c) WHERE c.withdrawn_load IS NULL },"
            " COUNT { (s)<-[:IN]-(:Rejected) }",
            found,
        ):
            found[source] = (claims, rejected)
        return found

    def replace_remains(
        self, source: int, rejected: Sequence[Rejected], remarks: Sequence[Remark]
    ) -> None:
        """Make the rejected lines and remarks of a source exactly these."""
        self._db.change(
            "CYPHER 5 MATCH (:Source {id: $source})<-[:IN]-(n) DETACH DELETE n", source=source
        )
        self._put(
            "CYPHER 5 MATCH (s:Source {id: $source}) UNWIND $rows AS r"
            " CREATE (:Rejected {place: r[0], line: r[1], text: r[2], reason: r[3]})-[:IN]->(s)",
            ([place, r.line, r.text, r.reason] for place, r in enumerate(rejected)),
            source=source,
        )
        self._put(
            "CYPHER 5 MATCH (s:Source {id: $source}) UNWIND $rows AS r"
            " CREATE (:Remark {place: r[0], line: r[1], text: r[2], kind: r[3]})-[:IN]->(s)",
            ([place, r.line, r.text, r.kind] for place, r in enumerate(remarks)),
            source=source,
        )

    def rejected(self, source: int) -> list[Rejected]:
        """Return the rejected lines of a source in their order."""
        found = self._db.ask(
            "CYPHER 5 MATCH (:Source {id: $source})<-[:IN]-(n:Rejected)"
            " RETURN n.line, n.text, n.reason ORDER BY n.place",
            source=source,
        )
        return [Rejected(*row) for row in found]

    def remarks(self, sources: Collection[int] | None = None) -> list[tuple[int, Remark]]:
        """Return the remarks of sources, those of one in their order."""
        said = " RETURN s.id, n.line, n.text, n.kind ORDER BY s.id, n.place"
        if sources is None:
            found = iter(self._db.ask(f"CYPHER 5 MATCH (s:Source)<-[:IN]-(n:Remark){said}"))
        else:
            found = self._each(
                "CYPHER 5 UNWIND $values AS id MATCH (s:Source {id: id})<-[:IN]-(n:Remark)" + said,
                set(sources),
            )
        return [(source, Remark(*rest)) for source, *rest in found]

    # -- names --------------------------------------------------------------------------------

    def numbers_of(self, keys: Collection[NameKey]) -> dict[NameKey, int]:
        """Return the numbers of names."""
        asked = {_digest(*key): key for key in keys}
        found = self._each(
            "CYPHER 5 UNWIND $values AS key MATCH (n:Name {key: key}) USING INDEX n:Name(key)"
            " RETURN n.key, n.id",
            asked,
        )
        return {asked[key]: number for key, number in found}

    def names(self, numbers: Collection[int]) -> list[NameRow]:
        """Return names by number."""
        fresh, rest = self._fresh.parted(numbers)
        found = self._each(f"{_BY_ID} RETURN{_NAME}", rest)
        return [*(self._fresh.names[n] for n in fresh), *map(NameRow._make, found)]

    def names_of_idents(self, idents: Collection[str]) -> dict[str, NameRow]:
        """Return the names that have or had ids."""
        fresh = {
            i: self._fresh.names[self._fresh.idents[i]] for i in idents if i in self._fresh.idents
        }
        asked = {_digest(ident): ident for ident in idents if ident not in fresh}
        found = self._each(
            "CYPHER 5 UNWIND $values AS key MATCH (n:Name {ident_key: key})"
            f" USING INDEX n:Name(ident_key) RETURN key,{_NAME} UNION ALL"
            " UNWIND $values AS key MATCH (f:FormerId {key: key}) USING INDEX f:FormerId(key)"
            f" MATCH (f)-[:LEADS_TO]->(n:Name) RETURN key,{_NAME}",
            asked,
        )
        return fresh | {asked[key]: NameRow._make(row) for key, *row in found}

    def taken_idents(self, idents: Collection[str]) -> set[str]:
        """Return those of the ids that a name has or had."""
        asked = {_digest(ident): ident for ident in idents}
        found = self._each(
            "CYPHER 5 UNWIND $values AS key MATCH (n:Name {ident_key: key})"
            " USING INDEX n:Name(ident_key) RETURN key UNION ALL"
            " UNWIND $values AS key MATCH (f:FormerId {key: key}) USING INDEX f:FormerId(key)"
            " RETURN key",
            asked,
        )
        return {asked[key] for (key,) in found}

    def arxiv_idents(self, names: Collection[int]) -> dict[int, tuple[str, set[str]]]:
        """Return the present and former ids of names that have or had an arXiv id in one."""
        fresh, rest = self._fresh.parted(names)
        present: dict[int, tuple[str, set[str]]] = {}
        for name in fresh:
            ident = self._fresh.names[name].ident
            if ident.startswith("paper:arxiv:"):
                present[name] = (ident, set())
        found = self._each(
            f"{_BY_ID} WITH n, [(f:FormerId)-[:LEADS_TO]->(n)"
            " WHERE f.ident STARTS WITH 'paper:arxiv:' | f.ident] AS formers"
            " WHERE n.ident STARTS WITH 'paper:arxiv:' OR size(formers) > 0"
            " RETURN n.id, n.ident, formers",
            rest,
        )
        return present | {name: (ident, set(formers)) for name, ident, formers in found}

    def add_names(self, rows: Sequence[NameRow]) -> None:
        """Hold new names."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r CREATE (:Name {id: r[0], kind: r[1], fold: r[2],"
            " scope: r[3], ident: r[5], entity: r[6], heir: r[7], key: r[8], ident_key: r[9],"
            " folded: r[10], fold_length: r[11], text: r[4]})",
            (
                [
                    *r,
                    _digest(r.kind, r.fold, r.scope),
                    _digest(r.ident),
                    _digest(r.fold),
                    len(r.fold),
                ]
                for r in rows
            ),
        )
        self._fresh.add_names(rows)
        self.spell([SpellingRow(r.id, "", r.text) for r in rows if r.text])

    def give_idents(self, idents: Mapping[int, str]) -> None:
        """Give names other ids; their present ones become former ones."""
        self._fresh.leave_to_the_server(idents)
        rows = [[name, ident, _digest(ident)] for name, ident in idents.items()]
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (f:FormerId {key: r[2]})-[:LEADS_TO]->(:Name {id: r[0]})"
            " DETACH DELETE f",
            rows,
        )
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (n:Name {id: r[0]})"
            " CREATE (:FormerId {key: n.ident_key, ident: n.ident})-[:LEADS_TO]->(n)"
            " SET n.ident = r[1], n.ident_key = r[2]",
            rows,
        )

    def spell(self, changes: Sequence[SpellingRow]) -> None:
        """Set the text of names, here and where they are searched."""
        self._fresh.spell(changes)
        searched = ((c.name, c.now, _lowered(c.now)) for c in changes)
        rows = [[*r, len(r[2].encode()) > _INDEXED_BYTES] for r in searched]
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (n:Name {id: r[0]}) SET n.text = r[1],"
            " n.search = CASE WHEN r[1] = '' OR r[3] THEN null ELSE r[2] END",
            rows,
        )
        # Rare: names of many pages. Those without the label are left alone.
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (n:LongName {id: r[0]})"
            " REMOVE n:LongName, n.long_search",
            [r for r, c in zip(rows, changes, strict=True) if len(c.before) * 4 > _INDEXED_BYTES],
        )
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (n:Name {id: r[0]})"
            " SET n:LongName, n.long_search = r[2]",
            [r for r in rows if r[3]],
        )

    def set_entities(self, rows: Sequence[tuple[int, int]]) -> None:
        """Set the entity of names."""
        self._fresh.leave_to_the_server(number for row in rows for number in row)
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (n:Name {id: r[0]}) SET n.entity = r[1]",
            map(list, dict(rows).items()),
        )

    def set_heirs(self, rows: Sequence[tuple[int, int]]) -> None:
        """Set the heir of names."""
        self._fresh.leave_to_the_server(name for name, _ in rows)
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (n:Name {id: r[0]}) SET n.heir = r[1]",
            map(list, rows),
        )

    # -- sameness -----------------------------------------------------------------------------

    def linked_to(self, names: Collection[int]) -> set[int]:
        """Return the names one step away from any of these."""
        fresh, rest = self._fresh.parted(names)
        found = {row[0] for row in self._each(_LINKED, rest)}
        known, evidence, spelt = self._fresh.sharing(fresh)
        named, fresh_keys = self._fresh.giving_the_name(fresh)
        found |= known | named
        found.update(row[0] for row in self._each(_GIVERS, {_digest(*k) for k in evidence}))
        found.update(self.numbers_of(spelt).values())
        found.update(
            row[0] for row in self._each(_GIVERS_OF_NAME, {_digest(*k) for k in fresh_keys})
        )
        if self._is_ruled:
            found.update(row[0] for row in self._each(_RULED_WITH, fresh))
        return found

    def evidence_of(self, names: Collection[int]) -> list[EvidencePlace]:
        """Return the evidence of names with its places."""
        fresh, rest = self._fresh.parted(names)
        found = self._each(
            f"{_BY_ID} MATCH (n)<-[:SUBJECT]-(c:Claim)-[g:GIVES]->(k:Key)"
            " RETURN n.id, g.type, k.value, g.is_entry, c.source, c.line, c.extractor",
            rest,
        )
        return [*self._fresh.evidence_of(fresh), *((*row,) for row in found)]

    def listed_with(
        self, names: Collection[int], predicates: Collection[str]
    ) -> Iterable[ListedRow]:
        """Return what sources list these names with."""
        fresh, rest = self._fresh.parted(names)
        yield from self._fresh.listed_with(fresh, set(map(str, predicates)))
        found = self._each(
            f"{_BY_ID} MATCH (n)<-[:OBJECT]-(c:Claim)"
            " WHERE c.withdrawn_load IS NULL AND c.predicate IN $predicates"
            " AND NOT c.extractor STARTS WITH 'text:'"
            " RETURN DISTINCT n.id, c.source, c.subject, c.predicate, c.qualifiers",
            rest,
            predicates=[*map(str, predicates)],
        )
        for row in found:
            yield (*row,)

    def spellings(self, names: Collection[int]) -> Iterable[tuple[int, str, int]]:
        """Return how often current claims spell names in which way."""
        fresh, rest = self._fresh.parted(names)
        yield from self._fresh.spellings(fresh)
        found = self._each(
            f"{_BY_ID} MATCH (n)<-[:SUBJECT]-(c:Claim) WHERE c.withdrawn_load IS NULL"
            " RETURN id, c.subject_text AS text, count(*) AS times UNION ALL"
            " UNWIND $values AS id MATCH (n:Name {id: id}) USING INDEX n:Name(id)"
            " MATCH (n)<-[:OBJECT]-(c:Claim) WHERE c.withdrawn_load IS NULL"
            " RETURN id, c.object_text AS text, count(*) AS times",
            rest,
        )
        for row in found:
            yield (*row,)

    def stated_texts(
        self, names: Collection[int], predicates: Collection[str]
    ) -> list[tuple[int, str]]:
        """Return the details of current claims of these predicates about names."""
        fresh, rest = self._fresh.parted(names)
        asked = [*map(str, predicates)]
        stated = [
            (c.subject, c.details) for c in self._fresh.claims_of(fresh) if c.predicate in asked
        ]
        found = self._each(
            f"{_BY_ID} MATCH (n)<-[:SUBJECT]-(c:Claim)"
            " WHERE c.withdrawn_load IS NULL AND c.predicate IN $predicates"
            " RETURN n.id, c.details",
            rest,
            predicates=asked,
        )
        return [*stated, *((name, details) for name, details in found)]

    def replace_reasons(self, entities: Collection[int], rows: Sequence[ReasonRow]) -> None:
        """Hold these reasons instead of all of these entities."""
        self._put(
            "CYPHER 5 UNWIND $rows AS e MATCH ()-[r:SAME_AS {entity: e}]->()"
            " USING INDEX r:SAME_AS(entity) DELETE r",
            set(entities) - self._fresh.names.keys(),
        )
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (a:Name {id: r[1]}) MATCH (b:Name {id: r[2]})"
            " CREATE (a)-[:SAME_AS {entity: r[0], why: r[3]}]->(b)",
            map(list, dict.fromkeys(rows)),
        )

    def replace_rulings(
        self, rows: Sequence[RulingRow], apart: Collection[tuple[int, int]]
    ) -> None:
        """Hold exactly these rulings."""
        self._is_ruled, self._is_parted = bool(rows), bool(apart)
        self._db.change("CYPHER 5 MATCH (n:Ruling) DELETE n")
        self._db.change("CYPHER 5 MATCH (n:RuledApart) DELETE n")
        self._put(
            "CYPHER 5 UNWIND $rows AS r CREATE (:Ruling {kind: r[0], fold: r[1], scope: r[2],"
            " number: r[3], decisions: r[4], key: r[5]})",
            ([*r, _digest(r.kind, r.fold, r.scope)] for r in rows),
        )
        self._put(
            "CYPHER 5 UNWIND $rows AS r CREATE (:RuledApart {a: r[0], b: r[1]})", map(list, apart)
        )

    def rulings_of(self, names: Collection[int]) -> list[tuple[int, int, str]]:
        """Return the groups of names."""
        if not self._is_ruled:
            return []
        found = self._each(
            f"{_BY_ID} MATCH (r:Ruling {{key: n.key}}) USING INDEX r:Ruling(key)"
            " RETURN n.id, r.number, r.decisions",
            set(names),
        )
        return [(name, number, decisions) for name, number, decisions in found]

    def ruled_apart(self) -> list[tuple[int, int]]:
        """Return all pairs of groups that were split."""
        return [(a, b) for a, b in self._db.ask("CYPHER 5 MATCH (x:RuledApart) RETURN x.a, x.b")]

    def parted_folds(self, names: Collection[int]) -> list[tuple[int, str]]:
        """Return what the things of names were split from."""
        if not self._is_parted:
            return []
        found = self._each(
            f"{_BY_ID} MATCH (m:Name {{entity: n.entity}}) USING INDEX m:Name(entity)"
            " MATCH (r:Ruling {key: m.key}) USING INDEX r:Ruling(key)"
            " MATCH (x:RuledApart {a: r.number}) USING INDEX x:RuledApart(a)"
            " MATCH (q:Ruling {number: x.b}) USING INDEX q:Ruling(number) RETURN n.id, q.fold",
            set(names),
        )
        return [(name, folded) for name, folded in found]

    # -- claims -------------------------------------------------------------------------------

    def held_claims(self, source: int) -> list[HeldClaim]:
        """Return the current claims of a source, sorted by id."""
        found = self._db.ask(
            "CYPHER 5 MATCH (:Source {id: $source})<-[:SAID_IN]-(c:Claim)"
            " WHERE c.withdrawn_load IS NULL MATCH (c)-[:SUBJECT]->(s:Name)"
            f" OPTIONAL MATCH (c)-[:OBJECT]->(o:Name) RETURN{_CLAIM},"
            " s.kind, s.scope, o.kind, o.scope ORDER BY c.id",
            source=source,
        )
        return [*map(HeldClaim._make, found)]

    def held_evidence(self, source: int) -> list[EvidenceRow]:
        """Return the evidence that claims of a source give."""
        found = self._db.ask(
            "CYPHER 5 MATCH (:Source {id: $source})<-[:SAID_IN]-(c:Claim)-[g:GIVES]->(k:Key)"
            " RETURN c.id, c.subject, k.kind, g.type, k.value, g.is_entry",
            source=source,
        )
        return [*map(EvidenceRow._make, found)]

    def add_claims(self, rows: Sequence[ClaimRow], evidence: Sequence[EvidenceRow]) -> None:
        """Hold new claims and their evidence."""
        self._put(_ADD_PROPERTIES, ([*r] for r in rows if r.object is None))
        self._put(_ADD_RELATIONS, ([*r] for r in rows if r.object is not None))
        first = {(e.claim, e.type, e.value): e for e in reversed(evidence)}
        given = [
            (_digest(e.kind, e.value, ""), e.kind, e.value, e.claim, e.type, bool(e.is_entry))
            for e in first.values()
        ]
        keys = {key: (kind, value) for key, kind, value, *_ in given}
        known = {row[0] for row in self._each(f"{_BY_KEY} RETURN key", keys)}
        self._fresh.add_claims(rows, first.values())
        self._fresh.new_keys.update(pair for key, pair in keys.items() if key not in known)
        self._put(
            "CYPHER 5 UNWIND $rows AS r CREATE (:Key {id: r[0], kind: r[1], value: r[2]})",
            ([key, *pair] for key, pair in keys.items() if key not in known),
        )
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (c:Claim {id: r[3]}) USING INDEX c:Claim(id)"
            " MATCH (k:Key {id: r[0]}) USING INDEX k:Key(id)"
            " CREATE (c)-[:GIVES {type: r[4], is_entry: r[5]}]->(k)",
            map(list, given),
        )

    def move_claims(self, rows: Sequence[PlaceRow]) -> None:
        """Set where claims are said."""
        if rows:
            self._fresh = Fresh()
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (c:Claim {id: r[4]}) SET c.line = r[0],"
            " c.quote = r[1], c.extractor = r[2], c.confidence = r[3],"
            " c.text_line = CASE WHEN r[2] STARTS WITH 'text:' THEN r[0] END",
            map(list, rows),
        )

    def withdraw_claims(self, claims: Sequence[int], load: int) -> None:
        """Withdraw claims."""
        if claims:
            self._fresh = Fresh()
        self._put(
            "CYPHER 5 UNWIND $rows AS id MATCH (c:Claim {id: id}) SET c.withdrawn_load = $load",
            claims,
            load=load,
        )
        self._put(
            "CYPHER 5 UNWIND $rows AS id MATCH (c:Claim {id: id})-[g:GIVES]->(k:Key) DELETE g"
            " WITH DISTINCT k WHERE NOT EXISTS { (k)<-[:GIVES]-() } DELETE k",
            claims,
        )

    def held_claims_of(self, source: int, names: Collection[int]) -> list[HeldClaim]:
        """Return the current claims of a source about names, sorted by id."""
        found = self._each(
            f"{_BY_ID} MATCH (n)<-[:SUBJECT]-(c:Claim)"
            " WHERE c.source = $source AND c.withdrawn_load IS NULL"
            f" OPTIONAL MATCH (c)-[:OBJECT]->(o:Name) RETURN{_CLAIM}, n.kind, n.scope, o.kind, o.scope",
            set(names),
            source=source,
        )
        return sorted(map(HeldClaim._make, found), key=itemgetter(0))

    def held_from_text(self, source: int, lines: Collection[int]) -> list[HeldClaim]:
        """Return the current claims of a source at lines that were read from running text."""
        found = self._each(
            "CYPHER 5 UNWIND $values AS v MATCH (c:Claim {text_line: v}) USING INDEX c:Claim(text_line)"
            " WHERE c.source = $source AND c.withdrawn_load IS NULL MATCH (c)-[:SUBJECT]->(s:Name)"
            f" OPTIONAL MATCH (c)-[:OBJECT]->(o:Name) RETURN{_CLAIM}, s.kind, s.scope, o.kind, o.scope",
            set(lines),
            source=source,
        )
        return sorted(map(HeldClaim._make, found), key=itemgetter(0))

    # -- candidates ---------------------------------------------------------------------------

    def add_doubted(self, rows: Sequence[DoubtedRow]) -> None:
        """Hold candidates."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (s:Source {id: r[1]})"
            " CREATE (:Doubted {id: r[0], source: r[1], line: r[2], said: r[3]})-[:FOUND_IN]->(s)",
            map(list, rows),
        )

    def remove_doubted(self, source: int, lines: Collection[int] | None) -> None:
        """Hold no candidates of a source any more, or none at these lines."""
        if lines is None:
            self._db.change(
                "CYPHER 5 MATCH (:Source {id: $source})<-[:FOUND_IN]-(d:Doubted) DETACH DELETE d",
                source=source,
            )
        else:
            self._put(
                "CYPHER 5 UNWIND $rows AS line MATCH (d:Doubted {line: line})"
                " USING INDEX d:Doubted(line) WHERE d.source = $source DETACH DELETE d",
                set(lines),
                source=source,
            )

    def doubted_at(self, source: int, lines: Collection[int]) -> list[DoubtedRow]:
        """Return the candidates of a source at lines."""
        found = self._each(
            "CYPHER 5 UNWIND $values AS line MATCH (d:Doubted {line: line})"
            f" USING INDEX d:Doubted(line) WHERE d.source = $source{_DOUBTED}",
            set(lines),
            source=source,
        )
        return [*map(DoubtedRow._make, found)]

    def doubted_of(self, source: int) -> Iterator[DoubtedRow]:
        """Yield the candidates of a source by line."""
        rows = self._db.stream(
            "CYPHER 5 MATCH (:Source {id: $source})<-[:FOUND_IN]-(d:Doubted)"
            f"{_DOUBTED} ORDER BY d.line",
            source=source,
        )
        yield from map(DoubtedRow._make, rows)

    def sources_doubted(self) -> set[int]:
        """Return the sources that have candidates."""
        found = self._db.ask(
            "CYPHER 5 MATCH (s:Source) WHERE EXISTS { (s)<-[:FOUND_IN]-() } RETURN s.id"
        )
        return {row[0] for row in found}

    def count_doubted(self) -> int:
        """Return how many candidates there are."""
        ((n,),) = self._db.ask("CYPHER 5 MATCH (d:Doubted) RETURN count(d)")
        return int(n)

    def doubted_numbered(self, after: int, last: int) -> list[DoubtedRow]:
        """Return the candidates of some numbers."""
        found = self._db.ask(
            f"CYPHER 5 MATCH (d:Doubted) WHERE d.id > $after AND d.id <= $last{_DOUBTED}",
            after=after,
            last=last,
        )
        return [*map(DoubtedRow._make, found)]

    # -- records ------------------------------------------------------------------------------

    def held_records(self, source: int, arxiv: Collection[str] | None) -> list[RecordRow]:
        """Return the current records of a source."""
        if arxiv is None:
            found: Iterator[Sequence[Any]] = self._db.stream(
                "CYPHER 5 MATCH (:Source {id: $source})<-[:HARVESTED_FROM]-(r:Record)"
                f" WHERE r.withdrawn_load IS NULL RETURN{_RECORD}",
                source=source,
            )
        else:
            found = self._each(
                "CYPHER 5 UNWIND $values AS v MATCH (r:Record {arxiv: v}) USING INDEX r:Record(arxiv)"
                f" WHERE r.source = $source AND r.withdrawn_load IS NULL RETURN{_RECORD}",
                set(arxiv),
                source=source,
            )
        return [*map(RecordRow._make, found)]

    def add_records(self, rows: Sequence[RecordRow]) -> None:
        """Hold new records."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (s:Source {id: r[1]}) MATCH (n:Name {id: r[3]})"
            " CREATE (e:Record {id: r[0], source: r[1], arxiv: r[2], name: r[3], line: r[4],"
            " says: r[5], data: r[6], first_load: r[7], withdrawn_load: r[8]}),"
            " (e)-[:HARVESTED_FROM]->(s), (e)-[:SPEAKS_OF]->(n)",
            map(list, rows),
        )

    def withdraw_records(self, records: Collection[int], load: int) -> None:
        """Withdraw records."""
        self._put(
            "CYPHER 5 UNWIND $rows AS id MATCH (r:Record {id: id}) SET r.withdrawn_load = $load",
            records,
            load=load,
        )

    def records(
        self,
        *,
        subjects: Collection[int] | None,
        predicates: Collection[str],
        source: str | None,
        withdrawn: bool,
    ) -> Iterator[RecordView]:
        """Yield records by source and line."""
        given: dict[str, Any] = {
            "withdrawn": withdrawn,
            "told": [f" {p} " for p in predicates] or None,
            "source": source,
        }
        if subjects is not None:
            found = self._each(
                "CYPHER 5 UNWIND $values AS e MATCH (s:Name {entity: e}) USING INDEX s:Name(entity)"
                f" MATCH (s)<-[:SPEAKS_OF]-(r:Record){_RECORD_VIEW}{_RECORD_TOLD}",
                set(subjects),
                **given,
            )
            yield from sorted(map(RecordView._make, found), key=itemgetter(0, 1))
            return
        names = self._db.ask(
            "CYPHER 5 MATCH (src:Source) WHERE ($source IS NULL OR src.name = $source)"
            " AND EXISTS { (src)<-[:HARVESTED_FROM]-() } RETURN src.name, src.id",
            source=source,
        )
        for _, number in sorted(names):
            rows = self._db.stream(
                f"CYPHER 5 MATCH (:Source {{id: $number}})<-[:HARVESTED_FROM]-(r:Record){_RECORD_VIEW}"
                f" MATCH (r)-[:SPEAKS_OF]->(s:Name){_RECORD_TOLD} ORDER BY r.line",
                number=number,
                **given,
            )
            yield from map(RecordView._make, rows)

    def records_numbered(self, after: int, last: int) -> list[RecordRow]:
        """Return the records of some numbers."""
        found = self._db.ask(
            f"CYPHER 5 MATCH (r:Record) WHERE r.id > $after AND r.id <= $last RETURN{_RECORD}",
            after=after,
            last=last,
        )
        return [*map(RecordRow._make, found)]

    def add_mentions(self, rows: Sequence[MentionRow]) -> None:
        """Hold what records name."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (e:Record {id: r[0]}) MATCH (n:Name {id: r[1]})"
            " CREATE (e)-[:NAMES {place: r[2]}]->(n)",
            map(list, rows),
        )

    def mentions_of(self, entities: Collection[int]) -> list[tuple[str, int, str, int]]:
        """Return where current records name entities."""
        found = self._each(
            f"{_BY_ENTITY} MATCH (n)<-[m:NAMES]-(r:Record) WHERE r.withdrawn_load IS NULL"
            " RETURN r.arxiv, r.name, m.place, r.first_load",
            set(entities),
        )
        return [(arxiv, name, place, load) for arxiv, name, place, load in found]

    def mentions_in(self, records: Collection[int]) -> list[MentionRow]:
        """Return what these records name."""
        found = self._each(
            "CYPHER 5 UNWIND $values AS id MATCH (r:Record {id: id})-[m:NAMES]->(n:Name)"
            " RETURN r.id, n.id, m.place",
            set(records),
        )
        return [*map(MentionRow._make, found)]

    def mentions_numbered(self, after: int, last: int) -> list[MentionRow]:
        """Return what records of some numbers name."""
        found = self._db.ask(
            "CYPHER 5 MATCH (r:Record)-[m:NAMES]->(n:Name) WHERE r.id > $after AND r.id <= $last"
            " RETURN r.id, n.id, m.place",
            after=after,
            last=last,
        )
        return [*map(MentionRow._make, found)]

    def count_records(self) -> list[tuple[int, str, int]]:
        """Return how many current records of sources say what."""
        found = self._db.ask(
            "CYPHER 5 MATCH (r:Record) WHERE r.withdrawn_load IS NULL"
            " RETURN r.source, r.says, count(*)"
        )
        return [(source, says, n) for source, says, n in found]

    def entities_of_records(self, beside: Collection[str]) -> set[int]:
        """Return the entities of which not only one record speaks."""
        found = self._db.ask(
            "CYPHER 5 MATCH (r:Record)-[:SPEAKS_OF]->(n:Name) WHERE r.withdrawn_load IS NULL"
            " WITH n.entity AS e, count(*) AS records"
            " WHERE records > 1 OR EXISTS { MATCH (:Name {entity: e})<-[:SUBJECT]-(c:Claim)"
            " WHERE c.withdrawn_load IS NULL AND c.predicate IN $beside } RETURN e",
            beside=[*map(str, beside)],
        )
        return {row[0] for row in found}

    def cursors(self) -> list[tuple[int, str, str]]:
        """Return how far harvests have come."""
        found = self._db.ask(
            "CYPHER 5 MATCH (h:Harvest)-[:OF_SOURCE]->(s:Source) RETURN s.id, h.place, h.cursor"
        )
        return [(source, place, cursor) for source, place, cursor in found]

    def set_cursor(self, source: int, place: str, cursor: str) -> None:
        """Hold how far a harvest has come."""
        self._db.change(
            "CYPHER 5 MATCH (:Source {id: $source})<-[:OF_SOURCE]-(h:Harvest {place: $place})"
            " DETACH DELETE h",
            source=source,
            place=place,
        )
        if cursor:
            self._db.change(
                "CYPHER 5 MATCH (s:Source {id: $source})"
                " CREATE (:Harvest {place: $place, cursor: $cursor})-[:OF_SOURCE]->(s)",
                source=source,
                place=place,
                cursor=cursor,
            )

    def add_news(self, rows: Sequence[NewsRow]) -> None:
        """Hold what watches brought."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r CREATE (:News {n: r[0], at: r[1], watch: r[2], what: r[3],"
            " arxiv: r[4], version: r[5], key: r[6]})",
            ([*r, _digest(r.watch, r.arxiv)] for r in rows),
        )

    def news_of(self, watch: str, arxiv: Collection[str]) -> list[NewsRow]:
        """Return what a watch brought of papers."""
        found = self._each(
            "CYPHER 5 UNWIND $values AS key MATCH (n:News {key: key}) USING INDEX n:News(key)"
            + _NEWS,
            {_digest(watch, of) for of in arxiv},
        )
        return [*map(NewsRow._make, found)]

    def news_numbered(self, after: int, last: int) -> list[NewsRow]:
        """Return what watches brought, of some numbers."""
        found = self._db.ask(
            f"CYPHER 5 MATCH (n:News) WHERE n.n > $after AND n.n <= $last{_NEWS}",
            after=after,
            last=last,
        )
        return [*map(NewsRow._make, found)]

    # -- what the user says -------------------------------------------------------------------

    def facts(self) -> list[FactRow]:
        """Return the user's log."""
        found = self._db.ask(
            "CYPHER 5 MATCH (f:UserFact) RETURN f.n, f.at, f.action, f.payload ORDER BY f.n"
        )
        return [*map(FactRow._make, found)]

    def add_facts(self, rows: Sequence[FactRow]) -> None:
        """Hold new entries of the log."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r"
            " CREATE (:UserFact {n: r[0], at: r[1], action: r[2], payload: r[3]})",
            map(list, rows),
        )

    def review_numbers(self, pairs: Collection[NamePair]) -> dict[NamePair, int]:
        """Return the numbers of pairs."""
        asked = {_digest(*a, *b): (a, b) for a, b in pairs}
        found = self._each(
            "CYPHER 5 UNWIND $values AS key MATCH (r:Review {key: key}) RETURN key, r.n", asked
        )
        return {asked[key]: n for key, n in found}

    def add_reviews(self, rows: Sequence[tuple[int, NamePair]]) -> None:
        """Hold the numbers of pairs."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r CREATE (:Review {n: r[0], kind: r[1], fold_a: r[2],"
            " scope_a: r[3], fold_b: r[4], scope_b: r[5], key: r[6]})",
            ([n, a[0], *a[1:], *b[1:], _digest(*a, *b)] for n, (a, b) in rows),
        )

    # -- whole copies -------------------------------------------------------------------------

    def names_numbered(self, after: int, last: int) -> list[NameRow]:
        """Return the names of some numbers."""
        found = self._db.ask(
            f"CYPHER 5 MATCH (n:Name) WHERE n.id > $after AND n.id <= $last RETURN{_NAME}",
            after=after,
            last=last,
        )
        return [*map(NameRow._make, found)]

    def claims_numbered(self, after: int, last: int) -> list[ClaimRow]:
        """Return the claims of some numbers."""
        found = self._db.ask(
            f"CYPHER 5 MATCH (c:Claim) WHERE c.id > $after AND c.id <= $last RETURN{_CLAIM}",
            after=after,
            last=last,
        )
        return [*map(ClaimRow._make, found)]

    def evidence_numbered(self, after: int, last: int) -> list[EvidenceRow]:
        """Return the evidence of claims of some numbers."""
        found = self._db.ask(
            "CYPHER 5 MATCH (c:Claim) WHERE c.id > $after AND c.id <= $last"
            " MATCH (c)-[g:GIVES]->(k:Key)"
            " RETURN c.id, c.subject, k.kind, g.type, k.value, g.is_entry",
            after=after,
            last=last,
        )
        return [*map(EvidenceRow._make, found)]

    def reasons_numbered(self, after: int, last: int) -> list[ReasonRow]:
        """Return the reasons of entities of some numbers."""
        found = self._db.ask(
            "CYPHER 5 MATCH (a:Name)-[r:SAME_AS]->(b:Name)"
            " WHERE r.entity > $after AND r.entity <= $last RETURN r.entity, a.id, b.id, r.why",
            after=after,
            last=last,
        )
        return [*map(ReasonRow._make, found)]

    def reviews_numbered(self, after: int, last: int) -> list[tuple[int, NamePair]]:
        """Return the pairs of names of some numbers."""
        found = self._db.ask(
            "CYPHER 5 MATCH (r:Review) WHERE r.n > $after AND r.n <= $last"
            " RETURN r.n, r.kind, r.fold_a, r.scope_a, r.fold_b, r.scope_b",
            after=after,
            last=last,
        )
        return [(n, ((kind, a, of_a), (kind, b, of_b))) for n, kind, a, of_a, b, of_b in found]

    def former_idents(self) -> list[tuple[str, int]]:
        """Return all former ids."""
        found = self._db.ask(
            "CYPHER 5 MATCH (f:FormerId)-[:LEADS_TO]->(n:Name) RETURN f.ident, n.id"
        )
        return [(ident, name) for ident, name in found]

    def add_former_idents(self, rows: Sequence[tuple[str, int]]) -> None:
        """Hold former ids."""
        self._put(
            "CYPHER 5 UNWIND $rows AS r MATCH (n:Name {id: r[1]})"
            " CREATE (:FormerId {key: r[2], ident: r[0]})-[:LEADS_TO]->(n)",
            ([ident, name, _digest(ident)] for ident, name in rows),
        )

    def rulings(self) -> list[RulingRow]:
        """Return all rulings."""
        found = self._db.ask(
            "CYPHER 5 MATCH (r:Ruling) RETURN r.kind, r.fold, r.scope, r.number, r.decisions"
        )
        return [*map(RulingRow._make, found)]

    def copy_note(self) -> CopyNote | None:
        """Return how far the store is with becoming a copy."""
        found = self._db.ask(
            "CYPHER 5 MATCH (m:Meta {id: $id}) WHERE m.copy_of IS NOT NULL"
            " RETURN m.copy_of, m.copy_state, m.copy_stage, m.copy_number",
            id=META,
        )
        return CopyNote._make(found[0]) if found else None

    def set_copy_note(self, note: CopyNote | None) -> None:
        """Hold how far the store is with becoming a copy."""
        self._db.change(
            "CYPHER 5 MATCH (m:Meta {id: $id}) SET m.copy_of = $note[0], m.copy_state = $note[1],"
            " m.copy_stage = $note[2], m.copy_number = $note[3]",
            id=META,
            note=[*(note or (None,) * 4)],
        )

    # -- answers: names and entities ----------------------------------------------------------

    def names_folded(self, folds: Collection[str]) -> list[NameRow]:
        """Return the names that have one of these folds."""
        found = self._each(
            "CYPHER 5 UNWIND $values AS key MATCH (n:Name {folded: key}) USING INDEX n:Name(folded)"
            f" RETURN{_NAME}",
            {_digest(folded) for folded in folds},
        )
        return [*map(NameRow._make, found)]

    def names_giving(self, type: str, values: Collection[str]) -> list[tuple[str, NameRow]]:
        """Return the names with evidence of a type and values."""
        found = self._each(
            "CYPHER 5 UNWIND $values AS key MATCH (k:Key {id: key}) USING INDEX k:Key(id)"
            " MATCH (k)<-[g:GIVES]-(c:Claim) WHERE g.type = $type MATCH (c)-[:SUBJECT]->(n:Name)"
            f" WITH DISTINCT k, n RETURN k.value,{_NAME}",
            {_digest(kind, value, "") for value in values for kind in Kind},
            type=type,
        )
        return [(value, NameRow._make(row)) for value, *row in found]

    def names_sharing(self, grams: Collection[str], limit: int) -> list[tuple[str, str]]:
        """Return the names in use that share most of these trigrams."""
        found = self._db.ask(
            "CYPHER 5 CALL () { UNWIND $grams AS gram MATCH (n:Name)"
            " USING TEXT INDEX n:Name(search) WHERE n.search CONTAINS gram RETURN n UNION ALL"
            " UNWIND $grams AS gram MATCH (n:LongName) WHERE n.long_search CONTAINS gram RETURN n }"
            " WITH n, count(*) AS shared RETURN n.text, n.kind"
            " ORDER BY shared DESC, n.fold_length, n.id LIMIT $limit",
            grams=[*grams],
            limit=limit,
        )
        return [(text, kind) for text, kind in found]

    def names_beginning(self, prefix: str, limit: int) -> list[tuple[str, str]]:
        """Return the first names in use whose fold begins so."""
        found = self._db.ask(
            "CYPHER 5 MATCH (n:Name) WHERE n.id > 0 AND n.text <> '' AND n.fold STARTS WITH $prefix"
            " RETURN n.text, n.kind ORDER BY n.id LIMIT $limit",
            prefix=prefix,
            limit=limit,
        )
        return [(text, kind) for text, kind in found]

    def names_in_use(
        self, kind: str | None, entity: int | None, *, merged: bool
    ) -> Iterator[tuple[str, str, str, str, str, str]]:
        """Yield the names in use, by number."""
        fitting = (
            " AND n.text <> '' AND ($kind IS NULL OR n.kind = $kind) AND (NOT $merged OR EXISTS"
            " { MATCH (m:Name {entity: n.entity}) WHERE m.text <> '' AND m.id <> n.id })"
            " MATCH (e:Name {id: n.entity})"
            " RETURN n.kind, n.text, n.scope, n.ident, e.ident, n.fold ORDER BY n.id"
        )
        of = None if kind is None else str(kind)
        if entity is None:
            found = self._db.stream(
                f"CYPHER 5 MATCH (n:Name) WHERE n.id > 0{fitting}", kind=of, merged=merged
            )
        else:
            found = self._db.stream(
                f"CYPHER 5 MATCH (n:Name) WHERE n.entity = $entity{fitting}",
                kind=of,
                merged=merged,
                entity=entity,
            )
        for row in found:
            yield (*row,)

    def idents_of(self, keys: Collection[NameKey]) -> dict[NameKey, str]:
        """Return the ids of the entities of names in use."""
        asked = {_digest(*key): key for key in keys}
        found = self._each(
            "CYPHER 5 UNWIND $values AS key MATCH (n:Name {key: key}) USING INDEX n:Name(key)"
            " WHERE n.text <> '' MATCH (e:Name {id: n.entity}) USING INDEX e:Name(id)"
            " RETURN key, e.ident",
            asked,
        )
        return {asked[key]: ident for key, ident in found}

    def entities_in_use(self, kind: str | None) -> list[int]:
        """Return the entities of names in use."""
        found = self._db.ask(
            "CYPHER 5 MATCH (n:Name) WHERE n.text <> '' AND ($kind IS NULL OR n.kind = $kind)"
            " RETURN DISTINCT n.entity",
            kind=None if kind is None else str(kind),
        )
        return [row[0] for row in found]

    def entities_unspoken_of(self) -> list[int]:
        """Return the entities that are no subject of a current claim."""
        found = self._db.ask(
            "CYPHER 5 MATCH (n:Name) WHERE n.text <> '' WITH DISTINCT n.entity AS e WHERE NOT EXISTS"
            " { MATCH (m:Name {entity: e})<-[:SUBJECT]-(c:Claim) WHERE c.withdrawn_load IS NULL }"
            " RETURN e"
        )
        return [row[0] for row in found]

    def members(self, entities: Collection[int]) -> list[NameRow]:
        """Return all names of entities."""
        fresh, rest = self._fresh.parted(entities)
        found = self._each(f"{_BY_ENTITY} RETURN{_NAME}", rest)
        return [*(self._fresh.names[n] for n in fresh), *map(NameRow._make, found)]

    def entities(self, numbers: Collection[int]) -> list[tuple[int, str, str, str, int]]:
        """Return what entities are called by their first names, and how many names they have."""
        found = self._each(
            f"{_BY_ID} RETURN n.id, n.ident, n.kind, n.text,"
            " COUNT { MATCH (m:Name {entity: n.id}) WHERE m.text <> '' }",
            set(numbers),
        )
        return [(*row,) for row in found]

    def taken_aliases(self, entities: Collection[int]) -> list[tuple[int, str]]:
        """Return the aliases of entities that are names of others."""
        fresh, rest = self._fresh.parted(entities)
        rest.update(name for name, *_ in self._fresh.evidence_of(fresh, "alias"))
        found = self._each(
            f"{_BY_ENTITY} MATCH (n)<-[:SUBJECT]-(:Claim)-[g:GIVES]->(k:Key) WHERE g.type = 'alias'"
            " MATCH (h:Name {key: k.id}) USING INDEX h:Name(key)"
            " WHERE h.text <> '' AND h.entity <> e RETURN e, k.value",
            rest,
        )
        return [(entity, value) for entity, value in found]

    def shared_places(self, types: Collection[str]) -> list[SharedPlaceRow]:
        """Return the places of evidence that several entities share."""
        found = self._db.ask(
            "CYPHER 5 MATCH (k:Key) WHERE COUNT { (k)<-[:GIVES]-() } > 1"
            " MATCH (k)<-[g:GIVES]-(c:Claim)-[:SUBJECT]->(n:Name) WHERE g.type IN $types"
            " WITH k, g.type AS type, count(DISTINCT n.entity) AS things,"
            " collect([n.id, c.source, c.line]) AS places WHERE things > 1"
            " UNWIND places AS p RETURN k.kind, type, k.value, p[0], p[1], p[2]",
            types=[*types],
        )
        return [*map(SharedPlaceRow._make, found)]

    def taken_alias_places(self) -> list[SharedPlaceRow]:
        """Return the places of aliases that are names of others."""
        found = self._db.ask(
            "CYPHER 5 MATCH (k:Key) MATCH (h:Name {key: k.id}) USING INDEX h:Name(key)"
            " WHERE h.text <> '' MATCH (k)<-[g:GIVES]-(c:Claim)-[:SUBJECT]->(n:Name)"
            " WHERE g.type = 'alias' AND h.entity <> n.entity"
            " RETURN k.kind, g.type, k.value, n.id, c.source, c.line"
        )
        return [*map(SharedPlaceRow._make, found)]

    def reasons(self, entity: int) -> list[ReasonRow]:
        """Return the reasons of an entity."""
        found = self._db.ask(
            "CYPHER 5 MATCH (a:Name)-[r:SAME_AS {entity: $entity}]->(b:Name)"
            " USING INDEX r:SAME_AS(entity) RETURN r.entity, a.id, b.id, r.why",
            entity=entity,
        )
        return [*map(ReasonRow._make, found)]

    # -- answers: claims ----------------------------------------------------------------------

    def claims(
        self,
        *,
        subjects: Collection[int] | None,
        objects: Collection[int] | None,
        predicates: Collection[str],
        source: str | None,
        withdrawn: bool,
        contested: bool,
    ) -> Iterator[ClaimView]:
        """Yield claims in their order: those of some things sorted here, all source by source."""
        return in_order(self._by_place(subjects, objects, predicates, source, withdrawn, contested))

    def _by_place(
        self,
        subjects: Collection[int] | None,
        objects: Collection[int] | None,
        predicates: Collection[str],
        source: str | None,
        withdrawn: bool,
        contested: bool,
    ) -> Iterator[ClaimView]:
        """Yield claims by source and line."""
        given: dict[str, Any] = {
            "withdrawn": withdrawn,
            "predicates": [*map(str, predicates)] or None,
            "source": None,
        }
        names: dict[int, str] = {}
        if source is not None:
            names = {s.id: s.name for s in self.find_sources(name=source)}
            if not names:
                return
            (given["source"],) = names
        among: set[tuple[int, str]] | None = None
        if contested:
            found = self._db.ask(_CONTESTED, predicates=given["predicates"])
            among = {(entity, predicate) for entity, predicate in found}
            spoken_of = {entity for entity, _ in among}
            subjects = spoken_of if subjects is None else spoken_of.intersection(subjects)
        if subjects is None and objects is None:
            yield from self._claims_by_source(given, names)
            return
        rows: list[ClaimView] = []
        if subjects is not None:
            rest = set(subjects)
            if objects is None and source is None:
                fresh, rest = self._fresh.parted(subjects)
                rows = self._fresh_claims(fresh, given["predicates"])
            held = self._each(
                _CLAIMS_BY_SUBJECT,
                rest,
                objects=None if objects is None else [*objects],
                **given,
            )
        else:
            held = self._each(_CLAIMS_BY_OBJECT, set(objects or ()), **given)
        rows += map(ClaimView._make, held)
        if among is not None:
            rows = [r for r in rows if (r.subject_entity, r.predicate) in among]
        rows.sort(key=_BY_PLACE)
        yield from rows

    def _fresh_claims(
        self, names: Sequence[int], predicates: Collection[str] | None
    ) -> list[ClaimView]:
        """Return the claims about names that this transaction has added."""
        claims = [
            c
            for c in self._fresh.claims_of(names)
            if predicates is None or c.predicate in predicates
        ]
        objects = {n.id: n for n in self.names({c.object for c in claims if c.object is not None})}
        sources = {
            s.id: s.name for id in {c.source for c in claims} for s in self.find_sources(id=id)
        }
        found = []
        for c in claims:
            own = self._fresh.names[c.subject]
            of = objects[c.object] if c.object is not None else None
            found.append(
                ClaimView(
                    sources[c.source], c.subject_text, own.id, own.kind, own.scope, own.entity,
                    own.ident, None, c.object_text or "", c.object, of.kind if of else "",
                    of.scope if of else "", of.entity if of else 0, c.predicate, *c[7:14], c.first_load,
                    c.withdrawn_load, c.id,
                )
            )  # fmt: skip
        return found

    def _claims_by_source(
        self, given: Mapping[str, Any], names: Mapping[int, str]
    ) -> Iterator[ClaimView]:
        """Yield all claims that fit; sources are sorted here: the server has another order."""
        sized = self._db.ask(
            "CYPHER 5 MATCH (s:Source) WHERE $some IS NULL OR s.id IN $some"
            " RETURN s.name, s.id, COUNT { (s)<-[:SAID_IN]-() }",
            some=[*names] or None,
        )
        together: list[int] = []
        held = 0
        for _, number, claims in sorted(sized):
            if together and held + claims > _STREAMED:
                yield from self._claims_of(together, given)
                together, held = [], 0
            together.append(number)
            held += claims
            if held > _STREAMED:
                rows = self._db.stream(
                    f"{_CLAIMS_BY_SOURCE} ORDER BY c.line", sources=together, **given
                )
                yield from map(ClaimView._make, rows)
                together, held = [], 0
        yield from self._claims_of(together, given)

    def _claims_of(self, sources: Sequence[int], given: Mapping[str, Any]) -> list[ClaimView]:
        if not sources:
            return []
        found = self._db.ask(_CLAIMS_BY_SOURCE, sources=sources, **given)
        return sorted(map(ClaimView._make, found), key=_BY_PLACE)

    def identifiers(
        self, entities: Collection[int] | None, without: str | None
    ) -> Iterable[tuple[int, str, str, str, str, str, int, int]]:
        """Return the identifiers that are given to names."""
        fresh: list[int] = []
        rest: Collection[int] | None = entities
        if entities is not None and without is None:
            fresh, rest = self._fresh.parted(entities)
        for name, _, value, _, source, line, extractor in self._fresh.evidence_of(
            fresh, "identifier"
        ):
            own = self._fresh.names[name]
            yield name, own.text, own.fold, own.ident, value, extractor, source, line
        given = (
            " WHERE g.type = 'identifier' AND ($without IS NULL OR NOT EXISTS {"
            " MATCH (:Name {entity: n.entity})<-[:SUBJECT]-(d:Claim)"
            " WHERE d.predicate = $without AND d.withdrawn_load IS NULL })"
            " MATCH (t:Name {id: n.entity}) USING INDEX t:Name(id)"
            " RETURN n.id, n.text, n.fold, t.ident, k.value, c.extractor, c.source, c.line"
        )
        if rest is None:
            found: Iterator[Sequence[Any]] = self._db.stream(
                f"CYPHER 5 MATCH (k:Key)<-[g:GIVES]-(c:Claim)-[:SUBJECT]->(n:Name){given}",
                without=without,
            )
        else:
            found = self._each(
                f"{_BY_ENTITY} MATCH (n)<-[:SUBJECT]-(c:Claim)-[g:GIVES]->(k:Key){given}",
                set(rest),
                without=without,
            )
        for row in found:
            yield (*row,)

    def count_values(self, predicate: str, kind: str) -> list[tuple[str, int]]:
        """Return how many entities have which details of a predicate, where there is just one."""
        found = self._db.ask(
            "CYPHER 5 MATCH (c:Claim) WHERE c.predicate = $predicate AND c.withdrawn_load IS NULL"
            " MATCH (c)-[:SUBJECT]->(n:Name) WHERE n.kind = $kind"
            " WITH n.entity AS e, min(c.details) AS a, max(c.details) AS z WHERE a = z"
            " RETURN a, count(*)",
            predicate=str(predicate),
            kind=str(kind),
        )
        return [(details, n) for details, n in found]

    def count_subjects(self, predicate: str, stance: str) -> int:
        """Return how many entities a current claim or record says this of."""
        ((n,),) = self._db.ask(
            "CYPHER 5 CALL () { MATCH (c:Claim) WHERE c.predicate = $predicate"
            " AND c.stance = $stance AND c.withdrawn_load IS NULL"
            " MATCH (c)-[:SUBJECT]->(n:Name) RETURN n.entity AS e UNION"
            " MATCH (r:Record) WHERE r.says CONTAINS $said AND $stance = 'states'"
            " AND r.withdrawn_load IS NULL MATCH (r)-[:SPEAKS_OF]->(n:Name) RETURN n.entity AS e }"
            " RETURN count(DISTINCT e)",
            predicate=str(predicate),
            stance=str(stance),
            said=f" {predicate} ",
        )
        return int(n)

    def count_entities(self, kind: str | None = None) -> dict[str, int]:
        """Return how many entities of each kind there are."""
        found = self._db.ask(
            "CYPHER 5 MATCH (n:Name) WHERE n.text <> '' AND ($kind IS NULL OR n.kind = $kind)"
            " RETURN n.kind, count(DISTINCT n.entity)",
            kind=None if kind is None else str(kind),
        )
        return {of: n for of, n in found}

    def count_claims(self) -> dict[str, int]:
        """Return how many current claims of each predicate there are."""
        found = self._db.ask(
            "CYPHER 5 MATCH (c:Claim) WHERE c.withdrawn_load IS NULL RETURN c.predicate, count(*)"
        )
        return {predicate: n for predicate, n in found}

    def kept_count(self, what: str, load: int, fact: int) -> int | None:
        """Return a count that was kept."""
        found = self._db.ask(
            "CYPHER 5 MATCH (t:Tally {what: $what}) WHERE t.load = $load AND t.fact = $fact"
            " RETURN t.n",
            what=what,
            load=load,
            fact=fact,
        )
        return int(found[0][0]) if found else None

    def keep_count(self, what: str, n: int, load: int, fact: int) -> None:
        """Keep a count, where the database can be written now."""
        if not self._db.is_writing:
            self._db.try_to_change(
                "CYPHER 5 MERGE (t:Tally {what: $what}) SET t.n = $n, t.load = $load, t.fact = $fact",
                what=what,
                n=n,
                load=load,
                fact=fact,
            )


def _pieces(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Cut what goes with a statement into pieces that one transaction state takes easily."""
    held = [*values]
    for i in range(0, len(held), _AT_ONCE):
        yield held[i : i + _AT_ONCE]


def _indexed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Cut what people look things up by to what an index takes; the exact texts are in the names."""
    cut = {name: str(properties[name])[:_SHOWN_LENGTH] for name in ("id", "name")}
    return {**properties, **cut}


def _digest(*texts: str) -> str:
    """Return what stands for texts of any length in an index; the exact texts are beside it."""
    parts = [text.encode() for text in texts]
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return blake2b(framed, digest_size=16).hexdigest()


def _lowered(text: str) -> str:
    """Write a text in lower case, each character by itself (simple case folding of Unicode)."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded_simply, text))


def _folded_simply(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character
