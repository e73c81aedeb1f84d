"""When two spellings are the same name: folding, and the marks that tell names apart.

Pure functions. Which names stand for one entity is decided in `kg.identity`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LATEX = re.compile(r"\\\\?[()\[\]]|\$|\\(?:text|mathrm|mathbf|mathcal|emph|textit|textbf)\b")
_DOT = re.compile(r"(?<=\d)[.](?=\d)")
_VERSION_V = re.compile(r"(?<=[^\W_])v(?=\d)|(?<=[\s_\-.,(/])v(?=\d)")
_SEPARATORS = re.compile(r"[\W_]+")


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Reduce a name to what makes it that name: case, punctuation and Unicode forms aside.

    A '+' counts (RefCOCO+ is not RefCOCO), so does the point between digits (1.3B is not 13B);
    a 'v' before a version number does not (VQA-v2 is VQAv2, LLaVA-v1.5 is LLaVA-1.5).

    Examples
    --------
    >>> fold("OK-VQA") == fold("OKVQA"), fold("RefCOCO+") == fold("RefCOCO")
    (True, False)
    >>> fold("LLaVA-v1.5") == fold("LLaVA-1.5"), fold("13B") == fold("1.3B")
    (True, False)
    """
    text = _LATEX.sub("", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = unicodedata.normalize("NFC", text).replace("+", " plus ").replace("&", " and ")
    text = _DOT.sub("point", text)
    text = _VERSION_V.sub("", text)
    return _SEPARATORS.sub("", text)


_SIZE = re.compile(r"(?<![\d.a-z])(\d+(?:\.\d+)?)\s*([kmbt])(?![a-z])", re.I)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@lru_cache(maxsize=65536)
def marks(text: str) -> tuple[str, ...]:
    """Return the size, version and other numbers of a name, in order.

    Names whose marks differ are different things, however alike their letters: 150K is not
    665K, v1.5 is not v1.6, CC3M is not CC12M.

    Examples
    --------
    >>> marks("LLaVA-Instruct-150K"), marks("llava_v1_5_mix665k"), marks("MiniGPT-v2")
    (('150k',), ('1.5', '665k'), ('2',))
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"(?<=v\d)_(?=\d)", ".", text)
    found: list[str] = []
    for match in re.finditer(r"(\d+(?:\.\d+)?)\s?([kmbt](?![a-z]))?", text):
        found.append(match.group(1) + (match.group(2) or ""))
    return tuple(found)


def letters(text: str) -> str:
    """Return the folded name without its numbers: what near names have in common."""
    return _NUMBER.sub("", re.sub(r"point", "", fold(text)))


def slug(text: str) -> str:
    """Write a name as a readable part of an id: lower case, words joined by '-'.

    Examples
    --------
    >>> slug("LLaVA-665K"), slug("RefCOCO+"), slug("流萤")
    ('llava-665k', 'refcoco-plus', '流萤')
    """
    text = _LATEX.sub("", text)
    text = unicodedata.normalize("NFKC", text).casefold().replace("+", " plus ")
    text = re.sub(r"(?<=\d)\.(?=\d)", "\x00", text)
    text = re.sub(r"[^\w\x00]+|_", "-", text).strip("-").replace("\x00", ".")
    return text[:80].rstrip("-") or "unnamed"


_FIRST_WORD = re.compile(r"[^\W\d_]+")


def is_shouted(text: str) -> bool:
    """Say whether a title is written all in capitals (so that another spelling reads better)."""
    found = _FIRST_WORD.findall(text)
    return len(found) > 2 and text.upper() == text
