"""Who wrote a paper, from the ways in which arXiv writes it; pure functions.

The formats say it in three ways: split into keyname, forenames and suffix (OAI ``arXiv``, the
snapshot's ``authors_parsed``), as one name each (the API, ``oai_dc``), or as one line with
affiliations in parentheses (``arXivRaw``, the daily feeds). The line's grammar is that of arXiv's help
page on the author field: names parted by commas or 'and', affiliations in parentheses behind a name,
or numbered and listed in parentheses of their own at the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.arxiv.tex import decode_name
from ingest.arxiv.wording import one_line

MAX_AUTHORS = 20_000
"""More names than any collaboration has: a longer list is damage."""


@dataclass(frozen=True, slots=True)
class Author:
    """One author as the paper's metadata name them.

    Parameters
    ----------
    name : in reading order, 'Ileana Streinu', without TeX
    affiliations : as written, in order; most records have none
    is_collaboration : a group that signs as one: 'The LIGO Scientific Collaboration'
    """

    name: str
    affiliations: tuple[str, ...] = ()
    is_collaboration: bool = False


_GROUP = re.compile(
    r"\b(?:collaborations?|consorti(?:um|a)|working group|study group|team|task force|experiment)"
    r"\W*$|^(?:the\s.*\s)(?:group|project|array|network|alliance|initiative|community)\W*$"
    r"|\b(?:collaboration|consortium)\b",
    re.IGNORECASE,
)
_MEMBER = re.compile(r"^(?P<who>.+?),?\s+(?:for|on behalf of)\s+(?:the\s+)?(?P<group>.+)$", re.I)
_ET_AL = re.compile(r"(?:^|\s+)et\.? al\.?$", re.IGNORECASE)
_FOR = re.compile(r"^(?:for|on behalf of)\s+(?:the\s+)?", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:jr|sr|junior|senior|ii|iii|iv|v)\.?", re.IGNORECASE)
_LIST_AT_END = re.compile(r"\(\s*\(.*\)\s*\)?\s*$", re.DOTALL)
_NUMBERED = re.compile(r"\(\s*([\w*]{1,3})\s*\)\s*([^()]+(?:\([^()]*\)[^()]*)*)")
_REFERENCE = re.compile(r"[\w*]{1,3}(?:\s*(?:,|and|&|;)\s*[\w*]{1,3})*")


def is_group(name: str) -> bool:
    """Say whether a name is that of a collaboration, by its own words only."""
    return _GROUP.search(name) is not None


def person(name: str, affiliations: tuple[str, ...] = ()) -> list[Author]:
    """Give the author of one written name; two where it says whom somebody wrote for.

    Examples
    --------
    >>> [(a.name, a.is_collaboration) for a in person("Sinya for JLQCD Collaboration")]
    [('Sinya', False), ('JLQCD Collaboration', True)]
    """
    name = one_line(decode_name(name)).strip(" ,;")
    if ". -" in name:  # 'C. -P. Yuan', as arXiv parts initials
        name = name.replace(". -", ".-")
    name = _ET_AL.sub("", name)
    if not name or name in (":", ".", "-"):
        return []
    lower = name.lower()
    if lower.startswith(("for the ", "on behalf of ")) and is_group(name):
        return [Author(_FOR.sub("", name), affiliations, True)]
    if " for " in lower or "behalf of" in lower:
        match = _MEMBER.match(name)
        if match and is_group(match["group"]):
            group = Author(match["group"], (), True)
            return [Author(match["who"], affiliations), group]
    return [Author(name, affiliations, is_group(name))]


def from_parts(parts: list[tuple[str, str, str, tuple[str, ...]]]) -> tuple[Author, ...]:
    """Give the authors of (keyname, forenames, suffix, affiliations).

    An 'author' that is only a colon ends a list of collaborations at the front.
    """
    found: list[Author] = []
    for keyname, forenames, suffix, affiliations in parts:
        name = f"{forenames} {keyname} {suffix}".strip() if forenames or suffix else keyname
        if name == ":":
            if len(found) <= 4 and not any(a.is_collaboration for a in found[4:]):
                found = [Author(a.name, a.affiliations, True) for a in found]
            continue
        plain = (
            name.isprintable()
            and not ("\\" in name or "{" in name or "~" in name or "  " in name or ". -" in name)
            and len(name) < 40
        )
        if plain and " for " not in name and not _MAYBE_GROUP(name):
            found.append(Author(name, affiliations))  # nearly all of them
        else:
            found += person(name, affiliations)
    return tuple(found)


_MAYBE_GROUP = re.compile(
    r"[cC]onsort|[cC]ollab|[tT]eam|[gG]roup|[tT]he |behalf|[eE]xper|[tT]ask"
).search


def _cut(text: str) -> list[str]:
    """Cut at commas, semicolons and 'and' that stand in no parentheses."""
    pieces, depth, start = [], 0, 0
    for match in re.finditer(r"[(){}]|[,;:]|\s(?:and|&)\s", text):
        token = match[0]
        if token in "({":
            depth += 1
        elif token in ")}":
            depth = max(0, depth - 1)
        elif depth == 0:
            pieces.append(text[start : match.start()])
            if token == ":":
                pieces.append(":")
            start = match.end()
    pieces.append(text[start:])
    return pieces


def from_line(line: str) -> tuple[Author, ...]:
    """Give the authors of one line of names.

    Examples
    --------
    >>> [a.name for a in from_line("D.V. Shetty, S.J. Yennello, and G.A. Souliotis")]
    ['D.V. Shetty', 'S.J. Yennello', 'G.A. Souliotis']
    >>> from_line("A. Who (1), B. Else (2) ((1) Uni One, (2) Uni Two)")[1].affiliations
    ('Uni Two',)
    """
    line = " ".join(line.split())
    listed: dict[str, str] = {}
    if (end := _LIST_AT_END.search(line)) and (at := line.find("((")) > 0:
        body = line[at + 1 : end.end()]
        listed = {
            m[1]: one_line(decode_name(m[2])).strip(" ,;.)") for m in _NUMBERED.finditer(body)
        }
        line = line[:at]
    found: list[Author] = []
    for piece in _cut(line)[:MAX_AUTHORS]:
        # a comma and 'and' after it leave an 'and' at the front
        text = re.sub(r"^\s*(?:and|&)\s+", "", piece).strip()
        if text == ":":
            if len(found) <= 4:
                found = [Author(a.name, a.affiliations, True) for a in found]
            continue
        affiliations: list[str] = []
        for inner in re.findall(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text):
            if _REFERENCE.fullmatch(inner.strip()):
                numbers = re.findall(r"[\w*]+", inner)
                affiliations += [listed[n] for n in numbers if n in listed]
            elif inner.strip():
                affiliations.append(one_line(decode_name(inner)))
        name = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", " ", text)
        if found and _SUFFIX.fullmatch(name.strip()):
            last = found[-1]
            found[-1] = Author(f"{last.name} {name.strip()}", last.affiliations)
            continue
        found += person(name, tuple(affiliations))
    return tuple(found)
