"""What a mention is: a name at a place of a text."""

from __future__ import annotations

from dataclasses import dataclass

from kg.model import Name


@dataclass(frozen=True, slots=True)
class Mention:
    """A model or dataset named at ``text[start:end]``."""

    start: int
    end: int
    name: Name
    """What it is kept under: for an abbreviation the name it stands for."""
    is_known: bool = True
    """Whether it was looked for; else this text introduces it, and nothing else vouches for it."""

    @property
    def key(self) -> tuple[str, str]:
        """What two mentions of one thing share."""
        return str(self.name.kind), self.name.text
