"""How a text of arXiv's metadata is written down, and how it says that a paper was withdrawn."""

from __future__ import annotations

import re

from ingest.arxiv.tex import decode_accents

_UNWRITABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
    "\ud800-\udfff]"
)
"""Control characters, halves of surrogate pairs, and marks that turn the direction of writing."""


def one_line(text: str) -> str:
    """Write a text on one line, without control characters."""
    text = " ".join(text.split())
    if text.isprintable():
        return text
    return " ".join(_UNWRITABLE.sub("", text).split())


def heading(text: str) -> str:
    r"""Write a title, a comment or a reference: one line, accents as letters, other TeX as it is.

    Formulas and commands stay, because a title is shown as its authors wrote it and `kg.names.fold`
    sets them aside where names are compared; accents do not, because they are letters.

    Examples
    --------
    >>> heading("Discrete Fr\\'echet\n  distance in $\\mathbb{R}^2$")
    'Discrete Fréchet distance in $\\mathbb{R}^2$'
    """
    return decode_accents(one_line(text))


_PARAGRAPH = re.compile(r"\n[ \t]*\n|\n[ \t]+(?=\S)")


def prose(text: str) -> str:
    """Write an abstract: a line for each paragraph, accents as letters.

    arXiv breaks lines at 80 characters and indents the first line of a paragraph.
    """
    text = text.strip()
    if "\n" not in text:
        return heading(text)
    if "\n " in text or "\n\n" in text or "\n\t" in text:
        return "\n".join(p for part in _PARAGRAPH.split(text) if (p := heading(part)))
    return heading(text)


_WHAT = (
    r"(?:paper|papers|article|submission|manuscript|preprint|pre-print|e-?print|note|work|document"
    r"|report|draft|thesis)"
)
_SAID = re.compile(
    rf"(?:^|[.;,:(\n]\s*|\b)(?:this|the|our|present|\(this)\s+(?:\w+\s+)?{_WHAT}\s+"
    r"(?:has\s+been|have\s+been|is|was|is\s+being|is\s+now)\s+(?:temporarily\s+)?withdrawn\b"
    r"|^\W*this\s+(?:has\s+been|is)\s+withdrawn\b"
    rf"|^\W*(?:{_WHAT}\s+)?(?:(?:has|have)\s+been\s+|is\s+|was\s+)?withdrawn\b"
    rf"|[.;,(]\s*(?:{_WHAT}\s+)?withdrawn\s+by\s+(?:the\s+)?(?:author|arxiv|submitter)"
    r"|\bwithdrawn\s+by\s+arxiv\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"withdrawn\s+from\s+(?!arxiv|the\s+archive)|(?:replace\w*|supersede\w*|version\s+of)\s[^.]{0,40}withdrawn",
    re.IGNORECASE,
)


def says_withdrawn(comments: str, abstract: str) -> bool:
    """Say whether comments or an abstract call this paper withdrawn.

    The rule: the comments say of this paper that it has been withdrawn (`This paper has been
    withdrawn`, `Paper withdrawn`, `Withdrawn by arXiv admins`), or the abstract begins so. arXiv
    puts such words there itself when an author withdraws (https://info.arxiv.org/help/withdraw.html),
    and there is no other mark in most formats. A paper withdrawn from a conference or a journal, or
    one that replaces a withdrawn one, is not meant; in doubt it is not withdrawn.

    Examples
    --------
    >>> says_withdrawn("12 pages; this paper has been withdrawn by the author", "")
    True
    >>> says_withdrawn("Replaces withdrawn paper arXiv:0704.0001", "Funds were withdrawn.")
    False
    """
    if (comments and "ithdraw" in comments) or "ITHDRAW" in comments:
        match = _SAID.search(comments)
        if match and not _OTHER.search(comments):
            return True
    start = abstract[:120]
    if "ithdraw" in start or "ITHDRAW" in start:
        match = _SAID.search(start)
        return match is not None and match.start() <= 2 and not _OTHER.search(start)
    return False
