r"""TeX accents as letters: what arXiv's metadata still writes as ``\'e`` and ``{\o}``.

Pure functions. Accents and special letters are those of *The TeXbook*, chapter 9, and of LaTeX's T1
additions; arXiv's own advice on metadata asks authors to write names that way.
"""

from __future__ import annotations

import re
import unicodedata

_MARKS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306",
    ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323",
    "c": "\u0327", "k": "\u0328", "b": "\u0331",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø",
    "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ",
    "th": "þ", "TH": "Þ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
_WORDS = "ss|ae|AE|oe|OE|aa|AA|dh|DH|dj|DJ|th|TH|ng|NG|o|O|l|L|i|j"
_BASE = r"[^\W\d_]"

_SPLIT = re.compile(r"(\$[^$]*\$)")
_ACCENT = re.compile(
    rf"""\{{\\(?P<a>[`'^"~=.])\s*(?:\{{(?P<b>\\[ij]|{_BASE})\}}|(?P<c>\\[ij]|{_BASE}))\}}
    |\\(?P<d>[`'^"~=.])\s*(?:\{{\s*(?P<e>\\[ij]|{_BASE})\s*\}}|(?P<f>\\[ij](?![A-Za-z])|{_BASE}))
    |\{{\\(?P<g>[uvHckrdb])(?:\s*\{{(?P<h>\\[ij]|{_BASE})\}}|\s+(?P<i>\\[ij]|{_BASE}))\}}
    |\\(?P<j>[uvHckrdb])(?:\{{\s*(?P<k>\\[ij]|{_BASE})\s*\}}|\s+(?P<l>\\[ij](?![A-Za-z])|{_BASE}))
    """,
    re.VERBOSE,
)
_LETTER = re.compile(rf"\{{\\({_WORDS})\s*\}}|\\({_WORDS})(?![A-Za-z])(?:\{{\}}|[ \t])?")

# arXiv splits author lists at blanks and joins the pieces without them, so that 'S\o ndergaard'
# arrives as 'S\ondergaard': in a name a command ends where its longest known form ends.
_GLUED_AND = re.compile(r"\\and\b\s*")
_GLUED_ACCENT = re.compile(rf"""\\([`'^"~=.uvHckrdb])\s*(?:\{{\s*)?(\\[ij]|{_BASE})\}}?""")
_GLUED_LETTER = re.compile(rf"\\({_WORDS})\s?(?:\{{\}})?")


def _composed(mark: str, base: str) -> str:
    plain = base[1:] if base.startswith("\\") else base  # an accent over \i is one over i
    return unicodedata.normalize("NFC", plain + _MARKS[mark])


def _accent(match: re.Match[str]) -> str:
    mark, base = (group for group in match.groups() if group is not None)
    return _composed(mark, base)


def _letter(match: re.Match[str]) -> str:
    return _LETTERS[match[1] or match[2]]


def decode_accents(text: str) -> str:
    r"""Write TeX's accents and special letters in running text as letters; formulas stay.

    Only what stands outside ``$...$`` and is written as TeX would understand it is changed; every
    other command is left as it was.

    Examples
    --------
    >>> decode_accents(r"S\'eparation of B\"{u}chi {\O} and $\'e$ in \emph{x}")
    "Séparation of Büchi Ø and $\\\\'e$ in \\\\emph{x}"
    """
    if "\\" not in text:
        return text
    parts = _SPLIT.split(text)
    parts[::2] = [_LETTER.sub(_letter, _ACCENT.sub(_accent, part)) for part in parts[::2]]
    return "".join(parts)


def decode_name(text: str) -> str:
    r"""Write a person's name without TeX, also where arXiv has glued a command to its neighbour.

    Examples
    --------
    >>> decode_name(r"D\kebowski"), decode_name(r"Fran\c{c}ois S\o{}rensen"), decode_name("A.~B")
    ('Dębowski', 'François Sørensen', 'A. B')
    """
    if "\\" in text:
        text = _GLUED_AND.sub("", text)
        text = _GLUED_ACCENT.sub(lambda m: _composed(m[1], m[2]), text)
        text = _GLUED_LETTER.sub(lambda m: _LETTERS[m[1]], text)
    if "{" in text or "}" in text or "~" in text:
        text = text.replace("{", "").replace("}", "").replace("~", " ")
    return text
