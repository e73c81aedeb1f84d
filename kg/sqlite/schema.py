"""Tables of the embedded store, as numbered migrations."""

from __future__ import annotations

APPLICATION_ID = 0x6B673031
"""Marks a SQLite file as a store of this project ('kg01')."""

_FIRST_SCHEMA = """
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    format TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    date TEXT NOT NULL DEFAULT '',
    last_load INTEGER NOT NULL,
    copy_of INTEGER REFERENCES source(id)
);
CREATE TABLE load (
    n INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source(id),
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    added INTEGER NOT NULL, edited INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL, unchanged INTEGER NOT NULL
);
-- A name: one kind and folded spelling (and the owner of a generic name). Never deleted, so that
-- its id stays its own; text is the best spelling of current claims, '' when there is none.
CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    fold TEXT NOT NULL,
    scope TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL,
    ident TEXT NOT NULL UNIQUE,
    entity INTEGER NOT NULL,
    UNIQUE (kind, fold, scope)
);
CREATE INDEX node_entity ON node(entity);
CREATE INDEX node_fold ON node(fold);
-- Who a name is taken to be, and why: derived by kg.identity, rebuilt where evidence changes.
CREATE TABLE reason (
    entity INTEGER NOT NULL,
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (entity, a, b, why)
) WITHOUT ROWID;
-- Relations (object set) and properties (object null), current and withdrawn.
CREATE TABLE claim (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source(id),
    subject INTEGER NOT NULL REFERENCES node(id),
    subject_text TEXT NOT NULL,
    predicate TEXT NOT NULL,
    object INTEGER REFERENCES node(id),
    object_text TEXT,
    qualifiers TEXT NOT NULL,
    details TEXT NOT NULL,
    stance TEXT NOT NULL,
    line INTEGER NOT NULL,
    quote TEXT NOT NULL,
    extractor TEXT NOT NULL,
    confidence REAL NOT NULL,
    first_load INTEGER NOT NULL,
    withdrawn_load INTEGER
);
CREATE INDEX claim_source ON claim(source) WHERE withdrawn_load IS NULL;
CREATE INDEX claim_subject ON claim(subject, predicate) WHERE withdrawn_load IS NULL;
CREATE INDEX claim_object ON claim(object, predicate) WHERE withdrawn_load IS NULL;
-- What a current claim says about sameness.
CREATE TABLE evidence (
    claim INTEGER NOT NULL REFERENCES claim(id),
    node INTEGER NOT NULL REFERENCES node(id),
    kind TEXT NOT NULL,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    is_entry INTEGER NOT NULL,
    PRIMARY KEY (claim, type, value)
) WITHOUT ROWID;
CREATE INDEX evidence_value ON evidence(value, kind);
CREATE INDEX evidence_node ON evidence(node);
CREATE TABLE rejected (
    source INTEGER NOT NULL REFERENCES source(id),
    line INTEGER NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX rejected_source ON rejected(source);
CREATE TABLE remark (
    source INTEGER NOT NULL REFERENCES source(id),
    line INTEGER NOT NULL,
    text TEXT NOT NULL,
    kind TEXT NOT NULL
);
CREATE INDEX remark_source ON remark(source);
-- What the user says; the only thing that cannot be rebuilt from the sources.
CREATE TABLE user_fact (
    n INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    payload TEXT NOT NULL,
    undone_by INTEGER
);
CREATE VIRTUAL TABLE name_search USING fts5(text, tokenize = 'trigram');
"""

_DECISIONS = """
-- When the source was last looked at, changed or not.
ALTER TABLE source ADD COLUMN seen_at TEXT NOT NULL DEFAULT '';
UPDATE source SET seen_at = (SELECT at FROM load WHERE load.source = source.id ORDER BY n DESC);
-- Where the id of a name leads that no source uses any more.
ALTER TABLE node ADD COLUMN heir INTEGER;
-- Ids that a paper had from an identifier which turned out to be another's; they lead to it for good.
CREATE TABLE former_ident (
    ident TEXT PRIMARY KEY,
    node INTEGER NOT NULL
) WITHOUT ROWID;
-- What of the user's merges and splits holds (kg.decisions), made anew at each of them: names that
-- were merged have one number; 'decisions' are theirs. 'ruled_apart' has each pair in both orders.
CREATE TABLE ruled (
    kind TEXT NOT NULL,
    fold TEXT NOT NULL,
    scope TEXT NOT NULL,
    number INTEGER NOT NULL,
    decisions TEXT NOT NULL,
    PRIMARY KEY (kind, fold, scope)
) WITHOUT ROWID;
CREATE INDEX ruled_number ON ruled(number);
CREATE TABLE ruled_apart (
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    PRIMARY KEY (a, b)
) WITHOUT ROWID;
-- Counts of the whole store, which take a second in a large one: as of a load and a decision.
CREATE TABLE tally (
    what TEXT PRIMARY KEY,
    n INTEGER NOT NULL,
    load INTEGER NOT NULL,
    fact INTEGER NOT NULL
) WITHOUT ROWID;
-- Two names that were once shown for review keep their number there.
CREATE TABLE review (
    n INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    fold_a TEXT NOT NULL,
    scope_a TEXT NOT NULL,
    fold_b TEXT NOT NULL,
    scope_b TEXT NOT NULL,
    UNIQUE (kind, fold_a, scope_a, fold_b, scope_b)
);
"""

_HUBS = """
-- A dataset may have thousands of users: how they spell it is counted in the index alone. Properties
-- have no object and are left out, which makes the index smaller than before.
DROP INDEX claim_object;
CREATE INDEX claim_object ON claim(object, predicate, object_text)
    WHERE withdrawn_load IS NULL AND object IS NOT NULL;
-- Few names are one thing with others: whether one is costs next to nothing to look up here.
CREATE INDEX node_merged ON node(entity) WHERE id <> entity;
"""

_COPYING = """
-- One row while the store is a copy that is not complete: of what, and how far it is.
CREATE TABLE copying (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    origin TEXT NOT NULL,
    state TEXT NOT NULL,
    stage TEXT NOT NULL,
    number INTEGER NOT NULL
);
"""

_RECORDS = """
-- One row for each harvested record of a paper, which stands for the claims it makes (kg.records);
-- its identifiers are claims as well.
CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source(id),
    arxiv TEXT NOT NULL,
    name INTEGER NOT NULL REFERENCES node(id),
    line INTEGER NOT NULL,
    says TEXT NOT NULL,
    data TEXT NOT NULL,
    first_load INTEGER NOT NULL,
    withdrawn_load INTEGER
);
CREATE UNIQUE INDEX record_arxiv ON record(source, arxiv) WHERE withdrawn_load IS NULL;
CREATE INDEX record_line ON record(source, line);
CREATE INDEX record_name ON record(name);
-- The models and datasets that a record names in its title or abstract.
CREATE TABLE mention (
    record INTEGER NOT NULL REFERENCES record(id),
    name INTEGER NOT NULL REFERENCES node(id),
    place TEXT NOT NULL,
    PRIMARY KEY (record, name)
) WITHOUT ROWID;
CREATE INDEX mention_name ON mention(name);
-- How far harvests have come: written with the records of a page.
CREATE TABLE harvest (
    source INTEGER NOT NULL REFERENCES source(id),
    place TEXT NOT NULL,
    cursor TEXT NOT NULL,
    PRIMARY KEY (source, place)
) WITHOUT ROWID;
"""

_NEWS = """
-- What a paper was to a watch when it came: written with the records, never changed or removed.
CREATE TABLE news (
    n INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    watch TEXT NOT NULL,
    what TEXT NOT NULL,
    arxiv TEXT NOT NULL,
    version INTEGER NOT NULL
);
CREATE INDEX news_watch ON news(watch, arxiv);
"""

_TEXTS = """
-- Candidates: claims that were found and are not sure enough, as JSON (kg.engine.encoding).
CREATE TABLE doubted (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source(id),
    line INTEGER NOT NULL,
    said TEXT NOT NULL
);
CREATE INDEX doubted_line ON doubted(source, line);
-- Claims that were read from running text are found by their line. All others are left out, so that
-- lists whose lines moved are not written twice.
CREATE INDEX claim_text ON claim(source, line)
    WHERE withdrawn_load IS NULL AND substr(extractor, 1, 5) = 'text:';
"""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    ("first form of the store", _FIRST_SCHEMA),
    ("decisions of the user, numbers of reviews, heirs of ids", _DECISIONS),
    ("spellings of what many name, counted in an index", _HUBS),
    ("copies that are not complete say so", _COPYING),
    (
        "records of papers that stand for their claims and name things, and places of harvests",
        _RECORDS,
    ),
    ("what watches brought", _NEWS),
    ("candidates, and what was read from the texts of records", _TEXTS),
)
"""(what it does, SQL) in order; the schema version is their number. Never edited, only added to."""
