"""What loads, decisions and answers mean, written once for every store; no database is known here."""
