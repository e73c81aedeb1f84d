"""What a list's owner marked: read and unread, ticked boxes, questions left open."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.inline import Inline

_MARK = r"(?P<mark>UN-?READ|READ|TO-?READ|READING|SKIPPED)\b"
_CLOSING = re.compile(rf"\s*\[?\s*`?\b{_MARK}`?\s*\]?\s*$")
_OPENING = re.compile(rf"[\s(\[（【]*\b{_MARK}[\s)\]）】]*(?:[:：–—-]\s+)?")
_SAYS_SO = re.compile(r"UN-?READ|TO-?READ")
"""Marks that no title starts with."""


@dataclass(frozen=True, slots=True)
class Question:
    """Where a question mark sign stands in a text, and the question behind it."""

    start: int
    text: str


def take_mark(main: Inline) -> tuple[Inline, str]:
    """Take a READ / UNREAD mark off either end of an entry's text; '' where there is none.

    Examples: ``Title [`READ`]``, ``**READ** Title``, ``READ [Title](u)``, ``UNREAD Title``. A
    title that starts with the word ('READ: Recurrent Adapters') has no mark.
    """
    found = _CLOSING.search(main.text)
    if found and found.start() > 0:
        return main.slice(0, found.start()), _written(found)
    found = _OPENING.match(main.text)
    if found and _is_set_off(main, found) and re.search(r"[^\W_]", main.text[found.end() :]):
        return main.slice(found.end(), len(main.text)), _written(found)
    return main, ""


def _written(found: re.Match[str]) -> str:
    return found["mark"].replace("-", "")


def _is_set_off(main: Inline, found: re.Match[str]) -> bool:
    """Whether a word before a title is a mark on it and not the title's first word."""
    start, end = found.span("mark")
    if any(k.start < end and k.end > start for k in main.links):
        return False
    if _SAYS_SO.fullmatch(found["mark"]) or re.search(r"[(\[（【]", found.group()[:start]):
        return True
    if any(m.start == start and m.end <= end + 1 for m in main.marks):
        return True
    link = next((k for k in main.links if k.label.strip() and not k.is_badge), None)
    return link is not None and not re.search(r"[^\W_]|[:：]", main.text[end : link.start])


_QUESTION = re.compile(r"[\u2753\u2754]\ufe0f?\s*(?=[^\W_]|[\"'“‘(¿@`])")


def find_question(text: Inline) -> Question | None:
    """Find the question behind ❓ in a bullet or a line: one that starts it, or ends in '?'.

    The sign alone or before a word says 'unknown', and before a link it marks what is linked.
    """
    found = _QUESTION.search(text.text)
    if found is None:
        return None
    line = text.text[found.end() :].split("\n")[0].strip()
    opens = not re.search(r"[^\W_]", text.text[: found.start()]) and not any(
        k.start <= found.end() < k.end for k in text.links
    )
    if not line.endswith(("?", "？")) and not (opens and len(line.split()) > 1):
        return None
    return Question(found.start(), line)
