"""What the store keeps in Neo4j, and its constraints and indexes.

Behind, one node for each row of `kg.engine.rows`:

- ``(:Source)``; ``(:Load)-[:OF]->(:Source)``; ``(:Rejected)``, ``(:Remark)`` ``-[:IN]->(:Source)``
- ``(:Name)``: a kind and folded spelling; its former ids ``(:FormerId)-[:LEADS_TO]->(:Name)``;
  ``(:Name)-[:SAME_AS {why, entity}]->(:Name)``: why two names are taken as one thing
- ``(:Claim)``, also withdrawn ones, with all columns as properties, and
  ``-[:SAID_IN]->(:Source)``, ``-[:SUBJECT]->(:Name)``, ``-[:OBJECT]->(:Name)``
- ``(:Claim)-[:GIVES {type, is_entry}]->(:Key {kind, value})``: evidence of sameness, a key for
  each value, so that names that share one are two steps apart; it is evidence of the claim's subject
- ``(:Record)-[:HARVESTED_FROM]->(:Source)``, ``-[:SPEAKS_OF]->(:Name)``: what arXiv holds of a
  paper, which stands for the claims it makes; ``-[:NAMES {place}]->(:Name)``: the models and datasets
  in its title and abstract; ``(:Harvest)-[:OF_SOURCE]->(:Source)``: how far
  harvests have come
- ``(:News {n, at, watch, what, arxiv, version})``: what watches brought
- ``(:Doubted {id, source, line, said})-[:FOUND_IN]->(:Source)``: candidates, not sure enough to be
  claims; of claims that were read from running text 'text_line' is the line too, to find them by
- ``(:UserFact)``, ``(:Ruling)``, ``(:RuledApart)``, ``(:Review)``: what the user says
- ``(:Tally)``: counts that were kept; ``(:Meta)``: the schema's version, and what writers lock

In front, derived from it in the same transactions (`kg.engine.front`), for people who look and ask:
one node for each thing, ``(:Entity:Model {id, name, aliases, ...})``, with
``(:Name)-[:NAME_OF]->(:Entity)``, and one relationship for each link,
``(:Model)-[:TRAINED_ON {stage, amount, confidence, claims, sources}]->(:Dataset)``.

Texts from outside have any length, and a range index takes some 8 kB: what must be unique or is
looked up by such a text has a digest of it beside the exact text ('key', 'ident_key', 'folded').
"""

from __future__ import annotations

from kg.model import Kind

VERSION = 4
"""Version of the schema, held by the one `Meta` node; another one is a migration."""

META = "research-kg"
"""The id of that node."""

KIND_LABELS = {str(kind): str(kind).capitalize() for kind in Kind}
"""Kind -> label of the things of that kind."""

_UNIQUE = (
    ("Meta", "id"),
    ("Source", "id"),
    ("Source", "key"),
    ("Load", "n"),
    ("Name", "id"),
    ("Name", "key"),
    ("Name", "ident_key"),
    ("FormerId", "key"),
    ("Claim", "id"),
    ("Record", "id"),
    ("News", "n"),
    ("Doubted", "id"),
    ("Key", "id"),
    ("UserFact", "n"),
    ("Ruling", "key"),
    ("Review", "n"),
    ("Review", "key"),
    ("Tally", "what"),
    ("Entity", "number"),
)
_LOOKED_UP = (
    ("Source", "hash_key"),
    ("Source", "copy_of"),
    ("Name", "folded"),
    ("Name", "entity"),
    ("Record", "arxiv"),
    ("News", "key"),
    ("Claim", "text_line"),
    ("Doubted", "line"),
    ("Ruling", "number"),
    ("RuledApart", "a"),
    *((label, of) for label in KIND_LABELS.values() for of in ("id", "name")),
)

CONSTRAINTS: tuple[str, ...] = tuple(
    f"CYPHER 5 CREATE CONSTRAINT {label.lower()}_{of} IF NOT EXISTS"
    f" FOR (n:{label}) REQUIRE n.{of} IS UNIQUE"
    for label, of in _UNIQUE
)
"""Statements that make the constraints; nothing happens where they are there."""

INDEXES: tuple[str, ...] = (
    *(
        f"CYPHER 5 CREATE INDEX {label.lower()}_{of} IF NOT EXISTS FOR (n:{label}) ON (n.{of})"
        for label, of in _LOOKED_UP
    ),
    "CYPHER 5 CREATE INDEX same_as_entity IF NOT EXISTS FOR ()-[r:SAME_AS]-() ON (r.entity)",
    # Trigrams, exactly: what `Rows.names_sharing` asks for.
    "CYPHER 5 CREATE TEXT INDEX name_search IF NOT EXISTS FOR (n:Name) ON (n.search)",
    "CYPHER 5 CREATE FULLTEXT INDEX entity_text IF NOT EXISTS"
    " FOR (n:Entity) ON EACH [n.name, n.aliases]",
)
"""Statements that make the indexes; nothing happens where they are there."""
