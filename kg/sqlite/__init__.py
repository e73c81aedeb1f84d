"""The embedded store: one SQLite file, standard library only, WAL, FTS5, no extensions."""
