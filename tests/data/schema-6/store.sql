-- The store of schema-5, brought to schema 6 as commit b69f139 does, and harvested from for a
-- watch: see tests/test_store_migrations.py.
PRAGMA application_id = 1801924657;
PRAGMA user_version = 6;
BEGIN;
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    format TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    date TEXT NOT NULL DEFAULT '',
    last_load INTEGER NOT NULL,
    copy_of INTEGER REFERENCES source(id)
, seen_at TEXT NOT NULL DEFAULT '');
CREATE TABLE load (
    n INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source(id),
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    added INTEGER NOT NULL, edited INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL, unchanged INTEGER NOT NULL
);
CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    fold TEXT NOT NULL,
    scope TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL,
    ident TEXT NOT NULL UNIQUE,
    entity INTEGER NOT NULL, heir INTEGER,
    UNIQUE (kind, fold, scope)
);
CREATE TABLE reason (
    entity INTEGER NOT NULL,
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (entity, a, b, why)
) WITHOUT ROWID;
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
CREATE TABLE evidence (
    claim INTEGER NOT NULL REFERENCES claim(id),
    node INTEGER NOT NULL REFERENCES node(id),
    kind TEXT NOT NULL,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    is_entry INTEGER NOT NULL,
    PRIMARY KEY (claim, type, value)
) WITHOUT ROWID;
CREATE TABLE rejected (
    source INTEGER NOT NULL REFERENCES source(id),
    line INTEGER NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE remark (
    source INTEGER NOT NULL REFERENCES source(id),
    line INTEGER NOT NULL,
    text TEXT NOT NULL,
    kind TEXT NOT NULL
);
CREATE TABLE user_fact (
    n INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    payload TEXT NOT NULL,
    undone_by INTEGER
);
CREATE TABLE copying (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    origin TEXT NOT NULL,
    state TEXT NOT NULL,
    stage TEXT NOT NULL,
    number INTEGER NOT NULL
);
CREATE VIRTUAL TABLE name_search USING fts5(text, tokenize = 'trigram');
CREATE TABLE former_ident (
    ident TEXT PRIMARY KEY,
    node INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE ruled (
    kind TEXT NOT NULL,
    fold TEXT NOT NULL,
    scope TEXT NOT NULL,
    number INTEGER NOT NULL,
    decisions TEXT NOT NULL,
    PRIMARY KEY (kind, fold, scope)
) WITHOUT ROWID;
CREATE TABLE ruled_apart (
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    PRIMARY KEY (a, b)
) WITHOUT ROWID;
CREATE TABLE tally (
    what TEXT PRIMARY KEY,
    n INTEGER NOT NULL,
    load INTEGER NOT NULL,
    fact INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE review (
    n INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    fold_a TEXT NOT NULL,
    scope_a TEXT NOT NULL,
    fold_b TEXT NOT NULL,
    scope_b TEXT NOT NULL,
    UNIQUE (kind, fold_a, scope_a, fold_b, scope_b)
);
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
CREATE TABLE mention (
    record INTEGER NOT NULL REFERENCES record(id),
    name INTEGER NOT NULL REFERENCES node(id),
    place TEXT NOT NULL,
    PRIMARY KEY (record, name)
) WITHOUT ROWID;
CREATE TABLE harvest (
    source INTEGER NOT NULL REFERENCES source(id),
    place TEXT NOT NULL,
    cursor TEXT NOT NULL,
    PRIMARY KEY (source, place)
) WITHOUT ROWID;
CREATE TABLE news (
    n INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    watch TEXT NOT NULL,
    what TEXT NOT NULL,
    arxiv TEXT NOT NULL,
    version INTEGER NOT NULL
);
INSERT INTO source VALUES (1, 'birds.md', 'markdown', '0a9aa795ebaf590b7ab39d1c7a90476fdf710a8b2f828d43721bec301f044dcb', 'Models that hear birds', '', 4, NULL, '2026-11-21T18:39:58+00:00');
INSERT INTO source VALUES (2, 'birds.bib', 'bibtex', '96000ae41f14f58b6b9f0b790b8ccc18afc8017c7910841928f7cf1fbb89e638', '', '', 2, NULL, '2026-11-21T18:39:58+00:00');
INSERT INTO source VALUES (3, 'ponds.md', 'markdown', '', 'Ponds', '', 6, NULL, '2026-11-21T18:39:58+00:00');
INSERT INTO source VALUES (4, 'birds-copy.md', 'markdown', '0a9aa795ebaf590b7ab39d1c7a90476fdf710a8b2f828d43721bec301f044dcb', '', '', 5, 1, '2026-11-21T18:39:58+00:00');
INSERT INTO source VALUES (5, 'arxiv', 'records', 'records:arxiv', '', '', 9, NULL, '2026-11-21T22:37:01+00:00');
INSERT INTO load VALUES (1, 1, '2026-11-21T18:39:58+00:00', 'load', 14, 0, 0, 0);
INSERT INTO load VALUES (2, 2, '2026-11-21T18:39:58+00:00', 'load', 9, 0, 0, 0);
INSERT INTO load VALUES (3, 3, '2026-11-21T18:39:58+00:00', 'load', 2, 0, 0, 0);
INSERT INTO load VALUES (4, 1, '2026-11-21T18:39:58+00:00', 'load', 5, 0, 7, 7);
INSERT INTO load VALUES (5, 4, '2026-11-21T18:39:58+00:00', 'copy', 0, 0, 0, 0);
INSERT INTO load VALUES (6, 3, '2026-11-21T18:39:58+00:00', 'forget', 0, 0, 2, 0);
INSERT INTO load VALUES (7, 5, '2026-11-21T21:41:37+00:00', 'harvest', 14, 0, 0, 0);
INSERT INTO load VALUES (8, 5, '2026-11-21T21:41:37+00:00', 'harvest', 0, 1, 0, 5);
INSERT INTO load VALUES (9, 5, '2026-11-21T22:37:01+00:00', 'harvest', 0, 1, 0, 5);
INSERT INTO node VALUES (1, 'model', 'wren7b', '', 'Wren-7B', 'model:wren-7b', 1, NULL);
INSERT INTO node VALUES (2, 'dataset', 'meadowcalls120k', '', 'MeadowCalls-120K', 'dataset:meadowcalls-120k', 2, NULL);
INSERT INTO node VALUES (3, 'dataset', 'owlhours', '', 'OwlHours', 'dataset:owlhours', 3, NULL);
INSERT INTO node VALUES (4, 'model', 'wren7bchat', '', 'Wren-7B-Chat', 'model:wren-7b-chat', 4, NULL);
INSERT INTO node VALUES (5, 'dataset', 'wrentalk40k', '', '', 'dataset:wrentalk-40k', 5, NULL);
INSERT INTO node VALUES (6, 'model', 'heron', '', 'Heron', 'model:heron', 6, NULL);
INSERT INTO node VALUES (7, 'model', 'bittern', '', '', 'model:bittern', 7, NULL);
INSERT INTO node VALUES (8, 'dataset', 'duskchorus', '', '', 'dataset:duskchorus', 8, NULL);
INSERT INTO node VALUES (9, 'paper', 'wrenlisteningtomeadowswithsmallmodels', '', 'Wren: Listening to Meadows with Small Models', 'paper:arxiv:2401.01234', 9, NULL);
INSERT INTO node VALUES (10, 'model', 'wren', '', 'Wren', 'model:wren', 10, NULL);
INSERT INTO node VALUES (11, 'paper', 'bitternsoundatdusk', '', '', 'paper:arxiv:2402.05678', 11, NULL);
INSERT INTO node VALUES (12, 'person', 'adareed', '', 'Ada Reed', 'person:ada-reed', 12, NULL);
INSERT INTO node VALUES (13, 'person', 'olemarsh', '', 'Ole Marsh', 'person:ole-marsh', 13, NULL);
INSERT INTO node VALUES (14, 'paper', 'heronwaitslongrecordingsaspretrainingdata', '', 'Heron Waits: Long Recordings as Pretraining Data', 'paper:heron-waits-long-recordings-as-pretraining-data', 14, NULL);
INSERT INTO node VALUES (15, 'model', 'newt', '', '', 'model:newt', 15, NULL);
INSERT INTO node VALUES (16, 'dataset', 'pondlife9k', '', '', 'dataset:pondlife-9k', 16, NULL);
INSERT INTO node VALUES (17, 'dataset', 'wrentalk45k', '', 'WrenTalk-45K', 'dataset:wrentalk-45k', 17, NULL);
INSERT INTO node VALUES (18, 'model', 'heron2', '', 'Heron-2', 'model:heron-2', 6, NULL);
INSERT INTO node VALUES (19, 'paper', 'dawnchorusesatscale', '', 'Dawn Choruses at Scale', 'paper:dawn-choruses-at-scale', 19, NULL);
INSERT INTO reason VALUES (6, 6, 18, 'decision:1');
INSERT INTO claim VALUES (1, 1, 1, 'Wren-7B', 'TRAINED_ON', 2, 'MeadowCalls-120K', '{"stage":"pretrain"}', '{}', 'states', 7, 'Wren-7B | Training Data: MeadowCalls-120K, OwlHours', 'table', 0.95, 1, NULL);
INSERT INTO claim VALUES (2, 1, 1, 'Wren-7B', 'TRAINED_ON', 3, 'OwlHours', '{"stage":"pretrain"}', '{}', 'states', 7, 'Wren-7B | Training Data: MeadowCalls-120K, OwlHours', 'table', 0.95, 1, NULL);
INSERT INTO claim VALUES (3, 1, 4, 'Wren-7B-Chat', 'TRAINED_ON', 5, 'WrenTalk-40K', '{"stage":"sft"}', '{}', 'states', 8, 'Wren-7B-Chat | Training Data: WrenTalk-40K', 'table', 0.95, 1, 4);
INSERT INTO claim VALUES (4, 1, 6, 'Heron', 'TRAINED_ON', 2, 'MeadowCalls-120K', '{"stage":"pretrain"}', '{}', 'states', 9, 'Heron | Training Data: MeadowCalls-120K', 'table', 0.95, 1, 4);
INSERT INTO claim VALUES (5, 1, 2, 'MeadowCalls-120K', 'link', NULL, NULL, '{"rel":"dataset"}', '{"own":"item","text":"https://huggingface.co/datasets/reedbed/MeadowCalls-120K"}', 'states', 9, 'MeadowCalls-120K <https://huggingface.co/datasets/reedbed/MeadowCalls-120K>', 'table', 0.95, 1, 4);
INSERT INTO claim VALUES (6, 1, 7, 'Bittern', 'TRAINED_ON', 8, 'DuskChorus', '{"stage":"sft"}', '{}', 'states', 10, 'Bittern | Training Data: DuskChorus', 'table', 0.95, 1, 4);
INSERT INTO claim VALUES (7, 1, 9, 'Wren: Listening to Meadows with Small Models', 'arxiv', NULL, NULL, '{}', '{"text":"2401.01234"}', 'states', 16, 'Wren: Listening to Meadows with Small Models (Wren-7B) <https://arxiv.org/abs/2401.01234>', 'heading', 0.95, 1, NULL);
INSERT INTO claim VALUES (8, 1, 9, 'Wren: Listening to Meadows with Small Models', 'INTRODUCES', 10, 'Wren', '{}', '{}', 'states', 14, 'Wren: Listening to Meadows with Small Models (Wren-7B)', 'title', 0.9, 1, NULL);
INSERT INTO claim VALUES (9, 1, 9, 'Wren: Listening to Meadows with Small Models', 'INTRODUCES', 1, 'Wren-7B', '{}', '{}', 'states', 14, 'Wren: Listening to Meadows with Small Models (Wren-7B)', 'title', 0.9, 1, NULL);
INSERT INTO claim VALUES (10, 1, 9, 'Wren: Listening to Meadows with Small Models', 'link', NULL, NULL, '{"rel":"dataset"}', '{"text":"https://huggingface.co/datasets/reedbed/MeadowCalls-120K"}', 'states', 18, 'Wren: Listening to Meadows with Small Models (Wren-7B) | dataset link: MeadowCalls-120K', 'heading', 0.95, 1, NULL);
INSERT INTO claim VALUES (11, 1, 9, 'Wren: Listening to Meadows with Small Models', 'read', NULL, NULL, '{}', '{"text":"read"}', 'states', 14, 'Wren: Listening to Meadows with Small Models (Wren-7B) [READ]', 'heading', 0.95, 1, NULL);
INSERT INTO claim VALUES (12, 1, 11, 'Bittern: Sound at Dusk', 'arxiv', NULL, NULL, '{}', '{"text":"2402.05678"}', 'states', 22, 'Bittern: Sound at Dusk <https://arxiv.org/abs/2402.05678>', 'heading', 0.95, 1, 4);
INSERT INTO claim VALUES (13, 1, 11, 'Bittern: Sound at Dusk', 'INTRODUCES', 7, 'Bittern', '{}', '{}', 'states', 20, 'Bittern: Sound at Dusk', 'title', 0.9, 1, 4);
INSERT INTO claim VALUES (14, 1, 11, 'Bittern: Sound at Dusk', 'read', NULL, NULL, '{}', '{"text":"unread"}', 'states', 20, 'Bittern: Sound at Dusk [UNREAD]', 'heading', 0.95, 1, 4);
INSERT INTO claim VALUES (15, 2, 9, 'Wren: Listening to Meadows with Small Models', 'arxiv', NULL, NULL, '{}', '{"text":"2401.01234"}', 'states', 1, 'title = {Wren: Listening to Meadows with Small Models}', 'bibtex', 0.97, 2, NULL);
INSERT INTO claim VALUES (16, 2, 9, 'Wren: Listening to Meadows with Small Models', 'year', NULL, NULL, '{}', '{"text":"2024"}', 'states', 1, 'title = {Wren: Listening to Meadows with Small Models}', 'bibtex', 0.97, 2, NULL);
INSERT INTO claim VALUES (17, 2, 9, 'Wren: Listening to Meadows with Small Models', 'bibtex', NULL, NULL, '{}', '{"fields":{"archiveprefix":"arXiv","author":"Reed, Ada and Marsh, Ole","eprint":"2401.01234","title":"Wren: Listening to Meadows with Small Models","year":"2024"},"text":"wren2024","type":"article"}', 'states', 1, 'title = {Wren: Listening to Meadows with Small Models}', 'bibtex', 0.97, 2, NULL);
INSERT INTO claim VALUES (18, 2, 9, 'Wren: Listening to Meadows with Small Models', 'AUTHORED_BY', 12, 'Ada Reed', '{}', '{"position":1}', 'states', 1, 'title = {Wren: Listening to Meadows with Small Models}', 'bibtex', 0.97, 2, NULL);
INSERT INTO claim VALUES (19, 2, 9, 'Wren: Listening to Meadows with Small Models', 'AUTHORED_BY', 13, 'Ole Marsh', '{}', '{"position":2}', 'states', 1, 'title = {Wren: Listening to Meadows with Small Models}', 'bibtex', 0.97, 2, NULL);
INSERT INTO claim VALUES (20, 2, 14, 'Heron Waits: Long Recordings as Pretraining Data', 'year', NULL, NULL, '{}', '{"text":"2025"}', 'states', 8, 'title = {Heron Waits: Long Recordings as Pretraining Data}', 'bibtex', 0.97, 2, NULL);
INSERT INTO claim VALUES (21, 2, 14, 'Heron Waits: Long Recordings as Pretraining Data', 'venue', NULL, NULL, '{}', '{"text":"Workshop on Quiet Places"}', 'states', 8, 'title = {Heron Waits: Long Recordings as Pretraining Data}', 'bibtex', 0.97, 2, NULL);
INSERT INTO claim VALUES (22, 2, 14, 'Heron Waits: Long Recordings as Pretraining Data', 'bibtex', NULL, NULL, '{}', '{"fields":{"author":"Marsh, Ole","booktitle":"Workshop on Quiet Places","title":"Heron Waits: Long Recordings as Pretraining Data","year":"2025"},"text":"heron2025","type":"inproceedings"}', 'states', 8, 'title = {Heron Waits: Long Recordings as Pretraining Data}', 'bibtex', 0.97, 2, NULL);
INSERT INTO claim VALUES (23, 2, 14, 'Heron Waits: Long Recordings as Pretraining Data', 'AUTHORED_BY', 13, 'Ole Marsh', '{}', '{"position":1}', 'states', 8, 'title = {Heron Waits: Long Recordings as Pretraining Data}', 'bibtex', 0.97, 2, NULL);
INSERT INTO claim VALUES (24, 3, 15, 'Newt', 'TRAINED_ON', 16, 'PondLife-9K', '{"stage":"unknown"}', '{}', 'states', 5, 'Newt | Training Data: PondLife-9K', 'table', 0.95, 3, 6);
INSERT INTO claim VALUES (25, 3, 1, 'Wren-7B', 'TRAINED_ON', 16, 'PondLife-9K', '{"stage":"unknown"}', '{}', 'states', 6, 'Wren-7B | Training Data: PondLife-9K', 'table', 0.95, 3, 6);
INSERT INTO claim VALUES (26, 1, 4, 'Wren-7B-Chat', 'TRAINED_ON', 17, 'WrenTalk-45K', '{"stage":"sft"}', '{}', 'states', 8, 'Wren-7B-Chat | Training Data: WrenTalk-45K, OwlHours', 'table', 0.95, 4, NULL);
INSERT INTO claim VALUES (27, 1, 4, 'Wren-7B-Chat', 'TRAINED_ON', 3, 'OwlHours', '{"stage":"sft"}', '{}', 'states', 8, 'Wren-7B-Chat | Training Data: WrenTalk-45K, OwlHours', 'table', 0.95, 4, NULL);
INSERT INTO claim VALUES (28, 1, 6, 'Heron', 'TRAINED_ON', 2, 'meadow-calls-120k', '{"stage":"pretrain"}', '{}', 'states', 9, 'Heron | Training Data: meadow-calls-120k', 'table', 0.95, 4, NULL);
INSERT INTO claim VALUES (29, 1, 2, 'meadow-calls-120k', 'link', NULL, NULL, '{"rel":"dataset"}', '{"own":"item","text":"https://huggingface.co/datasets/reedbed/MeadowCalls-120K"}', 'states', 9, 'meadow-calls-120k <https://huggingface.co/datasets/reedbed/MeadowCalls-120K>', 'table', 0.95, 4, NULL);
INSERT INTO claim VALUES (30, 1, 18, 'Heron-2', 'TRAINED_ON', 2, 'meadow_calls_120k', '{"stage":"pretrain"}', '{}', 'states', 10, 'Heron-2 | Training Data: meadow_calls_120k', 'table', 0.95, 4, NULL);
INSERT INTO claim VALUES (31, 5, 9, 'Wren: Listening to Meadows with Small Models', 'arxiv', NULL, NULL, '{}', '{"text":"2401.01234"}', 'states', 240101234, 'Wren: Listening to Meadows with Small Models', 'arxiv', 1.0, 7, NULL);
INSERT INTO claim VALUES (32, 5, 19, 'Dawn Choruses at Scale', 'arxiv', NULL, NULL, '{}', '{"text":"2402.05678"}', 'states', 240205678, 'Dawn Choruses at Scale', 'arxiv', 1.0, 7, NULL);
INSERT INTO claim VALUES (33, 5, 19, 'Dawn Choruses at Scale', 'doi', NULL, NULL, '{}', '{"text":"10.1000/dawn"}', 'states', 240205678, 'Dawn Choruses at Scale', 'arxiv', 1.0, 7, NULL);
INSERT INTO evidence VALUES (15, 9, 'paper', 'identifier', 'arxiv:2401.01234', 0);
INSERT INTO evidence VALUES (29, 2, 'dataset', 'repository', 'meadowcalls120k', 0);
INSERT INTO evidence VALUES (29, 2, 'dataset', 'target', 'hf:datasets/reedbed/meadowcalls-120k', 0);
INSERT INTO evidence VALUES (31, 9, 'paper', 'identifier', 'arxiv:2401.01234', 0);
INSERT INTO evidence VALUES (32, 19, 'paper', 'identifier', 'arxiv:2402.05678', 0);
INSERT INTO evidence VALUES (33, 19, 'paper', 'identifier', 'doi:10.1000/dawn', 0);
INSERT INTO evidence VALUES (7, 9, 'paper', 'identifier', 'arxiv:2401.01234', 0);
INSERT INTO rejected VALUES (2, 14, '@article{broken2020,
  title = {A title that never', 'not readable as BibTeX: Unexpectedly reached end of file.');
INSERT INTO user_fact VALUES (1, '2026-11-21T18:39:58+00:00', 'merge', '{"a":{"scope":"","text":"Heron"},"b":{"scope":"","text":"Heron-2"},"kind":"model"}', NULL);
INSERT INTO name_search (rowid, text) VALUES (1, 'Wren-7B');
INSERT INTO name_search (rowid, text) VALUES (2, 'MeadowCalls-120K');
INSERT INTO name_search (rowid, text) VALUES (3, 'OwlHours');
INSERT INTO name_search (rowid, text) VALUES (4, 'Wren-7B-Chat');
INSERT INTO name_search (rowid, text) VALUES (6, 'Heron');
INSERT INTO name_search (rowid, text) VALUES (9, 'Wren: Listening to Meadows with Small Models');
INSERT INTO name_search (rowid, text) VALUES (10, 'Wren');
INSERT INTO name_search (rowid, text) VALUES (12, 'Ada Reed');
INSERT INTO name_search (rowid, text) VALUES (13, 'Ole Marsh');
INSERT INTO name_search (rowid, text) VALUES (14, 'Heron Waits: Long Recordings as Pretraining Data');
INSERT INTO name_search (rowid, text) VALUES (17, 'WrenTalk-45K');
INSERT INTO name_search (rowid, text) VALUES (18, 'Heron-2');
INSERT INTO name_search (rowid, text) VALUES (19, 'Dawn Choruses at Scale');
INSERT INTO ruled VALUES ('model', 'heron', '', 0, '1');
INSERT INTO ruled VALUES ('model', 'heron2', '', 0, '1');
INSERT INTO record VALUES (1, 5, '2401.01234', 9, 240101234, ' abstract authors category date version ', '["2401.01234","Wren: Listening to Meadows with Small Models",["Ada Reed","Ole Marsh"],["cs.SD","cs.LG"],"We train Wren-7B on MeadowCalls-120K.","",[],"","",[[1,"2024-01-02T10:00:00+00:00"]],"2024-01-02","",0]', 7, 8);
INSERT INTO record VALUES (2, 5, '2402.05678', 19, 240205678, ' abstract authors category date licence version ', '["2402.05678","Dawn Choruses at Scale",["Bo Lind"],["cs.SD"],"Recordings of 40 ponds.","8 pages",["10.1000/dawn"],"","http://creativecommons.org/licenses/by/4.0/",[[1,"2024-02-08T09:00:00+00:00"],[2,"2024-03-01T09:00:00+00:00"]],"2024-02-08","2024-03-01",0]', 7, NULL);
INSERT INTO record VALUES (3, 5, '2401.01234', 9, 240101234, ' abstract authors category date version ', '["2401.01234","Wren: Listening to Meadows with Small Models",["Ada Reed","Ole Marsh"],["cs.SD","cs.LG"],"We train Wren-7B on MeadowCalls-120K.","",[],"","",[[1,"2024-01-02T10:00:00+00:00"],[2,"2024-05-02T10:00:00+00:00"]],"2024-01-02","2024-05-02",0]', 8, 9);
INSERT INTO record VALUES (4, 5, '2401.01234', 9, 240101234, ' abstract authors category date version ', '["2401.01234","Wren: Listening to Meadows with Small Models",["Ada Reed","Ole Marsh"],["cs.SD","cs.LG"],"We train Wren-7B on MeadowCalls-120K.","",[],"","",[[1,"2024-01-02T10:00:00+00:00"],[2,"2024-05-02T10:00:00+00:00"],[3,"2024-06-01T00:00:00+00:00"]],"2024-01-02","2024-06-01",0]', 9, NULL);
INSERT INTO mention VALUES (1, 2, 'abstract');
INSERT INTO mention VALUES (3, 2, 'abstract');
INSERT INTO harvest VALUES (5, 'cs', 'page 3');
INSERT INTO news VALUES (1, '2026-11-21T22:37:01+00:00', 'birds', 'new version', '2401.01234', 3);
INSERT INTO news VALUES (2, '2026-11-21T22:37:01+00:00', 'birds', 'new', '2402.05678', 2);
CREATE INDEX node_entity ON node(entity);
CREATE INDEX node_fold ON node(fold);
CREATE INDEX claim_source ON claim(source) WHERE withdrawn_load IS NULL;
CREATE INDEX claim_subject ON claim(subject, predicate) WHERE withdrawn_load IS NULL;
CREATE INDEX claim_object ON claim(object, predicate, object_text)
    WHERE withdrawn_load IS NULL AND object IS NOT NULL;
CREATE INDEX node_merged ON node(entity) WHERE id <> entity;
CREATE INDEX evidence_value ON evidence(value, kind);
CREATE INDEX evidence_node ON evidence(node);
CREATE INDEX rejected_source ON rejected(source);
CREATE INDEX remark_source ON remark(source);
CREATE INDEX ruled_number ON ruled(number);
CREATE UNIQUE INDEX record_arxiv ON record(source, arxiv) WHERE withdrawn_load IS NULL;
CREATE INDEX record_line ON record(source, line);
CREATE INDEX record_name ON record(name);
CREATE INDEX mention_name ON mention(name);
CREATE INDEX news_watch ON news(watch, arxiv);
COMMIT;
