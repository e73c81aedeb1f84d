"""Bytes to text: UTF-8 first, detection else, and mojibake repaired line by line."""

from __future__ import annotations

import contextlib
import re

from kg.model import Remark

# Characters that UTF-8 bytes turn into when they were read as cp1252 or latin-1.
_SUSPICIOUS = re.compile(
    "[\u00c2\u00c3\u00ce\u00cf\u00d0\u00d1\u00e2\u00e3\u00e4\u00e5\u00e6\u00e7\u00e8\u00e9\u00ef\u00f0]"
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201e"
    "\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]"
)


_KNOWN_CHARSET = re.compile(
    r"utf-?(?:8|16|32)\w*|(?:us-)?ascii|iso-?8859-?\d+|latin-?\d+|windows-?\d+|cp-?\d+|gb\w+|hz|big5\w*|"
    r"shift_?jis\w*|euc-?\w+|iso-?2022\w*|koi8-?\w|mac-?\w+",
    re.I,
)
"""Charsets of text that a server may name; Python's other codecs are not for pages."""


def decode_text(data: bytes, charset: str | None = None) -> str:
    r"""Turn the bytes of a list into text with '\\n' line ends and repaired mojibake.

    Parameters
    ----------
    data : the file or page
    charset : what the server said, tried after UTF-8

    Notes
    -----
    UTF-8 (with or without BOM) and UTF-16 with BOM are recognised exactly; other encodings are
    detected by `charset-normalizer` on the first 64 KiB. Bytes that fit no encoding become U+FFFD.
    """
    return decode_and_tell(data, charset)[0]


def decode_and_tell(data: bytes, charset: str | None = None) -> tuple[str, tuple[Remark, ...]]:
    """Do what `decode_text` does, and tell in remarks of kind 'repair' which lines it repaired."""
    text = _one_line_end(_decode(data, charset))
    remarks: list[Remark] = []
    if "\ufffd" in text:
        remarks += _broken_bytes(data, text)
    if not _SUSPICIOUS.search(text):
        return text, tuple(remarks)
    repaired = repair_mojibake(text)
    if repaired != text:
        lines = zip(text.split("\n"), repaired.split("\n"), strict=True)
        remarks += [
            Remark(number, _told(before, after), "repair")
            for number, (before, after) in enumerate(lines, 1)
            if before != after
        ]
    return repaired, tuple(remarks)


def _one_line_end(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    return re.sub("[\x0b\x0c\x85\x1c-\x1e\u2029]", " ", text)


def _broken_bytes(data: bytes, text: str) -> list[Remark]:
    """Tell the lines with bytes of no encoding; a U+FFFD that the file itself holds is none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return []
    broken = "\ufffd"
    if b"\xef\xbf\xbd" in data:
        text = _one_line_end(data.decode("utf-8-sig", errors="surrogateescape"))
        broken = "[\udc80-\udcff]"
    return [
        Remark(number, "bytes that fit no encoding, read as '\ufffd'", "repair")
        for number, line in enumerate(text.split("\n"), 1)
        if re.search(broken, line)
    ]


_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
_SHOWN = 40
"""Characters shown of one repaired sequence."""


def _told(before: str, after: str) -> str:
    """Say what a line's mojibake was and what it is read as, each sequence once."""
    old, new = _BEYOND_ASCII.findall(before), _BEYOND_ASCII.findall(after)
    if len(old) != len(new) or _BEYOND_ASCII.split(before) != _BEYOND_ASCII.split(after):
        # A blank was part of the sequence: what differs is told as one.
        start = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
        same = zip(reversed(before[start:]), reversed(after[start:]), strict=False)
        end = next((i for i, (a, b) in enumerate(same) if a != b), 0)
        old, new = [before[start : len(before) - end]], [after[start : len(after) - end]]
    told = [
        f"{_shown(a)} is {_origin(a, b)}, read as {_shown(b)}"
        for a, b in dict.fromkeys(zip(old, new, strict=True))
        if a != b
    ]
    text = "; ".join(told[:_SEQUENCES])
    return text if len(told) <= _SEQUENCES else f"{text}; and {len(told) - _SEQUENCES} more"


_SEQUENCES = 8
"""Repaired sequences of one line that are named; the others are counted."""


def _shown(text: str) -> str:
    return f"'{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}'"


def _origin(before: str, after: str) -> str:
    for encoding in ("cp1252", "latin-1"):
        with contextlib.suppress(UnicodeError):
            if before.encode(encoding).decode("utf-8") == after:
                return f"UTF-8 taken for {encoding}"
    return "damaged UTF-8"


def _decode(data: bytes, charset: str | None) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if charset:
        with contextlib.suppress(LookupError, ValueError):
            if _KNOWN_CHARSET.fullmatch(charset.strip()):
                return data.decode(charset.strip())
    if data.count(b"\xef\xbf\xbd") or _mostly_utf8(data):
        return data.decode("utf-8-sig", errors="replace")
    from charset_normalizer import from_bytes

    found = list(from_bytes(data[:65536]))
    if not found:
        return data.decode("utf-8", errors="replace")
    best = found[0]
    # A few accents fit many encodings alike; of those cp1252 is by far the commonest.
    alike = [m for m in found if m.chaos <= best.chaos and m.coherence >= best.coherence]
    common = next((m for m in alike if m.encoding in ("cp1252", "latin_1")), best)
    return data.decode(common.encoding, errors="replace")


def _mostly_utf8(data: bytes) -> bool:
    """Say whether only a few bytes break UTF-8 (a damaged file, not another encoding)."""
    text = data[:1_000_000].decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    beyond_ascii = sum(1 for c in text if c > "\x7f") - broken
    return broken * 4 <= beyond_ascii


def repair_mojibake(text: str) -> str:
    """Repair the lines in which UTF-8 was once read as another encoding; leave all others.

    Quotes and ligatures stay as written.

    Examples
    --------
    >>> repair_mojibake("CC3M\u00ef\u00bc\u0152Valley")
    'CC3M，Valley'
    """
    import ftfy

    config = ftfy.TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
    lines = text.split("\n")
    for i, line in enumerate(lines):
        if len(line) < 100_000 and _SUSPICIOUS.search(line):
            lines[i] = ftfy.fix_text(line, config)
    return "\n".join(lines)
