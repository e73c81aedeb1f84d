"""Markdown and TeX blanked out of a text, every character at its place, so that offsets stay true."""

from __future__ import annotations

import re

_BLANKED = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"^(?:```|~~~)[^\n]*\n(?:(?!```|~~~)[^\n]*\n){0,2000}(?:```|~~~)?[^\n]*", re.MULTILINE),
        (r"<!--[^>]{0,2000}-->|</?[A-Za-z][^<>]{0,300}>", 0),
        (r"^[^\S\n]*\|[^\n]*", re.MULTILINE),
        (r"(?<=\])\([^()\s]{0,400}(?:\([^()\s]{0,100}\)[^()\s]{0,200})?\)", 0),
        (r"\bhttps?://[^\s<>\")\]]{1,400}", 0),
        (r"\\(?:textbf|textit|emph|texttt|textsc|textsf|mathrm|text|bf|it|em|sc|tt|xspace|url|cite[tp]?)\b(?=[\s{}])", 0),
    )
)  # fmt: skip
_MARKS = re.compile(
    r"!?\[(?=[^\[\]\d][^\[\]]{0,200}\])|\*{1,3}|(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w)|`|[{}$]|\\(?=[%&_#$\\])|~"
)
_LINK_ENDS = re.compile(r"\](?= {2,})")


def without_markup(text: str) -> str:
    """Return a text of the same length in which markup, addresses and tables are blanks.

    Examples
    --------
    >>> without_markup("**LLaVA** uses [CLIP](https://x.org/c).")
    '  LLaVA   uses  CLIP                  .'
    """
    for pattern in _BLANKED:
        text = pattern.sub(_blanks, text)
    return _LINK_ENDS.sub(" ", _MARKS.sub(_blanks, text))


def _blanks(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])
