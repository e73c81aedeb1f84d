"""The command line: ``kg ...``. Each command is short; all logic lies in the other packages."""

from __future__ import annotations

from app import cypher, extracting, following, harvesting, keeping, lists, names, questions, reader
from app.group import main

__all__ = [
    "cypher",
    "extracting",
    "following",
    "harvesting",
    "keeping",
    "lists",
    "main",
    "names",
    "questions",
    "reader",
]

if __name__ == "__main__":
    main()
