"""Read-only questions over a store."""
