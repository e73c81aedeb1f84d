"""The command line: ``kg ...``. Each command is short; all logic lies in the other packages."""

from __future__ import annotations

from app import keeping, lists, names, questions
from app.group import main

__all__ = ["keeping", "lists", "main", "names", "questions"]

if __name__ == "__main__":
    main()
