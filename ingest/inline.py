"""One stretch of Markdown or HTML text without its markup, with links and source lines kept.

A tolerant scanner rather than CommonMark's inline rules: curated lists hold half-closed links,
badges inside links, `<li>` inside cells and emphasis inside ids, and every piece must still know
its line. It is linear in the length of the text.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an `Inline`."""

    start: int
    end: int
    """Where its label stands in the text (start == end when the label is an image)."""
    url: str
    label: str
    """What a reader sees; the alt text where the label is an image."""
    is_badge: bool = False
    """Whether the label is an image."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch set off by emphasis: 'bold', 'italic', 'code', 'strike' or 'quiet' (`<sub>`)."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Inline:
    """Text as a reader sees it. Line breaks and `<br>` are newlines, `<li>` starts with '• '."""

    text: str
    links: tuple[Link, ...] = ()
    marks: tuple[Mark, ...] = ()
    starts: tuple[int, ...] = (0,)
    """Offsets at which a new source line begins."""
    lines: tuple[int, ...] = (0,)
    """The 1-based source line at each of `starts`."""

    def __bool__(self) -> bool:
        return bool(self.text.strip()) or bool(self.links)

    @property
    def line(self) -> int:
        """Source line of the first character that is not white space."""
        return self.line_at(len(self.text) - len(self.text.lstrip()))

    def line_at(self, offset: int) -> int:
        """Source line of the character at `offset`."""
        return self.lines[max(0, bisect_right(self.starts, offset) - 1)]

    def slice(self, start: int, end: int) -> Inline:
        """Return the part from `start` to `end`, links and marks that overlap it included."""
        end = min(end, len(self.text))
        if not self.links and not self.marks and len(self.starts) == 1:
            return Inline(self.text[start:end], (), (), (0,), self.lines)
        links = tuple(
            Link(
                max(k.start, start) - start,
                min(k.end, end) - start,
                k.url,
                k.label,
                k.is_badge,
            )
            for k in self.links
            if (k.start < end and k.end > start) or (k.start == k.end and start <= k.start <= end)
        )
        marks = tuple(
            Mark(max(m.start, start) - start, min(m.end, end) - start, m.kind)
            for m in self.marks
            if m.start < end and m.end > start
        )
        first = max(0, bisect_right(self.starts, start) - 1)
        last = max(first, bisect_right(self.starts, max(start, end - 1)) - 1)
        starts = (0, *(s - start for s in self.starts[first + 1 : last + 1]))
        return Inline(self.text[start:end], links, marks, starts, self.lines[first : last + 1])

    def strip(self, characters: str | None = None) -> Inline:
        """Return the text without white space (or `characters`) at both ends; badges stay."""
        start = len(self.text) - len(self.text.lstrip(characters))
        end = max(start, len(self.text.rstrip(characters)))
        if (start, end) == (0, len(self.text)):
            return self
        inner = self.slice(start, end)
        badges = [k for k in self.links if k.start == k.end and not start <= k.start <= end]
        if not badges:
            return inner
        size = end - start
        moved = [
            replace(k, start=0, end=0) if k.start < start else replace(k, start=size, end=size)
            for k in badges
        ]
        return replace(inner, links=tuple(sorted((*inner.links, *moved), key=lambda k: k.start)))

    def cut(self, at: Sequence[tuple[int, int]]) -> Iterator[Inline]:
        """Yield the parts between the given (start, end) separators."""
        before = 0
        for start, end in at:
            yield self.slice(before, start)
            before = end
        yield self.slice(before, len(self.text))

    def split_lines(self) -> list[Inline]:
        """Return the lines of the text, empty ones left out."""
        if "\n" not in self.text:
            whole = self.strip()
            return [whole] if whole else []
        at = [(m.start(), m.end()) for m in re.finditer("\n", self.text)]
        return [part for part in (p.strip() for p in self.cut(at)) if part]

    def has_mark(self, kind: str, start: int, end: int) -> bool:
        """Say whether a mark of that kind covers the stretch."""
        return any(m.kind == kind and m.start <= start and m.end >= end for m in self.marks)


_TOKEN = re.compile(
    r"""
    (?P<math>\\\\\((?P<body>[^\n]{1,200}?)\\\\\)|\$(?P<dollar>[^$\n]{0,60}[\\^_{][^$\n]{0,60})\$)
  | (?P<escape>\\[!-/:-@\[-`{-~])
  | (?P<code>`+)
  | (?P<image>!\[)
  | (?P<open>\[)
  | (?P<close>\])
  | (?P<comment><!--.{0,300}?-->)
  | <(?P<auto>https?://[^\s<>]+)>
  | <(?P<tag>/?[A-Za-z][A-Za-z0-9]*)(?P<attributes>(?:\s[^<>]{0,2000})?)/?\s*>?(?<=>)
  | (?P<entity>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
  | (?P<emphasis>\*+|_+|~~)
  | (?P<url>https?://[^\s<>\[\]|"`]+)
  | (?P<junk>[\u200b-\u200f\u2060\ufeff\ufffe\uffff\ufffc\u00ad\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f\ue000-\uf8ff]+)
  """,
    re.VERBOSE | re.DOTALL,
)
MARKED_NUMBER = re.compile(
    r"[A-Za-z][*_`]{0,3}-?[*_`]{0,3}"
    r"(?P<written>(?:\\\\\(|\$)(?P<number>(?!10\^)\d{2,})\^(?:\d|\{\d\})(?:\\\\\)|\$))"
)
r"""A number joined to a name, with the mark of a footnote: 'Hard-Questions-\\(80^2\\)' has 80."""
_DESTINATION = re.compile(
    r"\(\s{0,3}<?(?P<url>[^()\s<>]*(?:\([^()\s<>]*\)[^()\s<>]*)*)>?"
    r"(?:\s+(?:\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'))?\s{0,3}\)"
)
_REFERENCE = re.compile(r"\[([^\[\]\n]{0,100})\]")
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I)
_LETTER = re.compile(r"(?<![^\W_])[A-Z]$")
"""A letter alone: what stands above it is part of the name (C3), above a word it is a footnote."""
_BOLD_TAGS = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "code": "code",
              "del": "strike", "s": "strike", "sub": "quiet", "sup": "quiet", "ins": "quiet", "u": "quiet"}  # fmt: skip
_SPECIAL = re.compile(
    r"[\\`\[\]<&*_~$\u200b-\u200f\u2060\ufeff\ufffe\uffff\ufffc\u00ad\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f\ue000-\uf8ff]|://"
)


def parse_inline(
    lines: Sequence[tuple[int, str]], references: Mapping[str, str] | None = None
) -> Inline:
    """Read source lines, given as (line number, text), into one `Inline`.

    Parameters
    ----------
    lines : the lines of one paragraph, cell or heading
    references : link definitions of the document, folded label -> address
    """
    if len(lines) == 1 and not _SPECIAL.search(lines[0][1]):
        return Inline(lines[0][1], (), (), (0,), (lines[0][0],))
    return _Scanner(references or {}).scan(lines)


_DEEPEST = 40
"""Brackets open at once; deeper nesting is no link and would cost quadratic time."""


class _Scanner:
    """Collects pieces of text; links and marks refer to pieces until the end."""

    def __init__(self, references: Mapping[str, str]) -> None:
        self.references = references
        self.pieces: list[str] = []
        self.links: list[tuple[int, int, str, str, bool]] = []
        self.marks: list[tuple[int, int, str]] = []
        self.brackets: list[tuple[int, bool]] = []
        self.emphasis: dict[str, list[int]] = {}
        self.tags: dict[str, list[tuple[int, str]]] = {}
        self.alts: list[tuple[int, str]] = []
        self.line_pieces: list[int] = []
        self.line_numbers: list[int] = []

    def scan(self, lines: Sequence[tuple[int, str]]) -> Inline:
        for index, (number, text) in enumerate(lines):
            if index:
                self.pieces.append("\n")
            self.line_pieces.append(len(self.pieces))
            self.line_numbers.append(number)
            self._scan_line(text)
        return self._finish()

    def _scan_line(self, text: str) -> None:
        pieces, position = self.pieces, 0
        while match := _TOKEN.search(text, position):
            if match.start() > position:
                pieces.append(text[position : match.start()])
            position = self._take(match, text)
        if position < len(text):
            pieces.append(text[position:])

    def _take(self, match: re.Match[str], text: str) -> int:
        """Handle one token and return where reading goes on."""
        kind, token, end = match.lastgroup, match.group(0), match.end()
        if match.group("math"):
            body = match.group("body") or match.group("dollar")
            if "^" in body:
                marked = MARKED_NUMBER.search(text, max(0, match.start() - 8), end)
                body = marked["number"] if marked and marked.end() == end else body
            self.pieces.append(re.sub(r"\\[a-zA-Z]+|[\\^{}]", "", body).replace("_", ""))
        elif kind == "escape":
            self.pieces.append(token[1])
        elif kind == "code":
            return self._take_code(token, text, end)
        elif kind in ("image", "open"):
            if len(self.brackets) >= _DEEPEST:
                self.brackets.pop(0)
            self.brackets.append((len(self.pieces), kind == "image"))
            self.pieces.append(token)
        elif kind == "close":
            return self._close_bracket(text, end)
        elif kind == "comment" or kind == "junk":
            pass
        elif match.group("auto"):
            self._bare_link(match.group("auto"))
        elif match.group("tag"):
            self._take_tag(match.group("tag").lower(), match.group("attributes") or "")
        elif kind == "entity":
            self.pieces.append(html.unescape(token).replace("\xa0", " "))
        elif kind == "emphasis":
            self._take_emphasis(token, text, match.start(), end)
        elif kind == "url":
            trimmed = token.rstrip(".,;:!?*'\u3002\uff0c")
            while trimmed.endswith(")") and trimmed.count(")") > trimmed.count("("):
                trimmed = trimmed[:-1]
            self._bare_link(trimmed)
            return match.start() + len(trimmed)
        return end

    def _bare_link(self, url: str) -> None:
        self.pieces.append(url)
        self.links.append((len(self.pieces) - 1, len(self.pieces), url, "", False))

    def _take_code(self, ticks: str, text: str, end: int) -> int:
        close = text.find(ticks, end)
        if close < 0 or close - end > 2000:
            return end
        body = text[end:close].strip()
        self.marks.append((len(self.pieces), len(self.pieces) + 1, "code"))
        self.pieces.append(body)
        return close + len(ticks)

    def _close_bracket(self, text: str, end: int) -> int:
        if not self.brackets:
            self.pieces.append("]")
            return end
        opened, is_image = self.brackets.pop()
        url, after = self._destination(text, end, opened)
        if is_image:
            label = "".join(self.pieces[opened + 1 :]).strip()
            del self.pieces[opened:]
            for i in range(len(self.line_pieces) - 1, -1, -1):
                if self.line_pieces[i] <= opened:
                    break
                self.line_pieces[i] = opened  # the line began inside the image
            while self.links and self.links[-1][0] >= opened:
                self.links.pop()
            while self.marks and self.marks[-1][0] >= opened:
                self.marks.pop()
            self.pieces.append("")
            self.alts.append((opened, label))
            return after
        if url is None:
            self.pieces.append("]")
            return end
        self.pieces[opened] = ""
        label = "".join(self.pieces[opened + 1 :]).replace("\n", " ").strip()
        is_badge = False
        if not label:
            label = self._alt_since(opened + 1)
            is_badge = True
        for i in range(opened + 1, len(self.pieces)):
            if self.pieces[i].startswith("\n"):
                self.pieces[i] = " "
        inner = []
        while self.links and self.links[-1][0] > opened:
            bare = self.links.pop()
            if bare[3]:
                inner.append(bare)
        self.links += reversed(inner)
        self.links.append((opened, len(self.pieces), url, label, is_badge))
        return after

    def _alt_since(self, piece: int) -> str:
        """Alt texts of the images at or after a piece."""
        found: list[str] = []
        for at, alt in reversed(self.alts):
            if at < piece:
                break
            found.append(alt)
        return " ".join(reversed(found))

    def _destination(self, text: str, end: int, opened: int) -> tuple[str | None, int]:
        at = end + 1 if text.startswith(" (http", end) else end
        match = _DESTINATION.match(text, at) if text.startswith("(", at) else None
        if match:
            return html.unescape(match.group("url")), match.end()
        if text.startswith("[", end):
            reference = _REFERENCE.match(text, end)
            if reference:
                label = reference.group(1) or "".join(self.pieces[opened + 1 :][:40])
                url = self.references.get(fold_reference(label))
                if url:
                    return url, reference.end()
        elif self.references and len(self.pieces) - opened < 40:
            url = self.references.get(fold_reference("".join(self.pieces[opened + 1 :])))
            if url:
                return url, end
        return None, end

    def _take_tag(self, tag: str, attributes: str) -> None:
        name = tag.lstrip("/")
        if name == "br":
            self.pieces.append("\n")
        elif tag == "li":
            self.pieces.append("\n• ")
        elif tag in ("/li", "/p", "/div", "/tr", "/ul", "/ol"):
            self.pieces.append("\n")
        elif tag in ("/td", "/th"):
            self.pieces.append(" ")
        elif tag == "img":
            alt = _ALT.search(attributes)
            self.alts.append(
                (len(self.pieces), (alt.group(1) or alt.group(2) or "") if alt else "")
            )
            self.pieces.append("")
        elif tag == "a":
            href = _HREF.search(attributes)
            url = next((g for g in href.groups() if g is not None), "") if href else ""
            self.tags.setdefault("a", []).append((len(self.pieces), html.unescape(url)))
            self.pieces.append("")
        elif tag == "/a" and self.tags.get("a"):
            opened, url = self.tags["a"].pop()
            label = "".join(self.pieces[opened:]).replace("\n", " ").strip()
            badge = "" if label else self._alt_since(opened)
            if url:
                self.links.append((opened, len(self.pieces), url, label or badge, not label))
        elif name in _BOLD_TAGS:
            if tag == name:
                self.tags.setdefault(name, []).append((len(self.pieces), ""))
                self.pieces.append("")
            elif self.tags.get(name):
                opened, _ = self.tags[name].pop()
                body = "".join(self.pieces[opened:])
                before = "".join(self.pieces[max(0, opened - 4) : opened])
                is_power = re.fullmatch("[2-9]", body) and _LETTER.search(before)
                if name == "sup" and not is_power and re.fullmatch(r"[\d,*†‡§ ]{0,12}", body):
                    del self.pieces[opened + 1 :]
                else:
                    self.marks.append((opened, len(self.pieces), _BOLD_TAGS[name]))

    def _take_emphasis(self, token: str, text: str, start: int, end: int) -> None:
        before = text[start - 1] if start else " "
        after = text[end] if end < len(text) else " "
        intraword = token[0] == "_" and before.isalnum() and after.isalnum()
        opened = self.emphasis.setdefault(token, [])
        if intraword:
            self.pieces.append(token)
        elif opened and not before.isspace():
            at = opened.pop()
            if at < len(self.pieces):
                self.pieces[at] = ""
                kind = "strike" if token == "~~" else "italic" if len(token) == 1 else "bold"
                self.marks.append((at, len(self.pieces), kind))
            self.pieces.append("")
        elif not after.isspace():
            opened.append(len(self.pieces))
            self.pieces.append(token)
        else:
            self.pieces.append(token if len(token) == 1 else "")

    def _finish(self) -> Inline:
        for token, opened in self.emphasis.items():
            if len(token) > 1:
                for at in opened:
                    if at < len(self.pieces) and self.pieces[at] == token:
                        self.pieces[at] = ""
        offsets = [0]
        for piece in self.pieces:
            offsets.append(offsets[-1] + len(piece))
        last = len(self.pieces)
        links = tuple(
            sorted(
                (
                    Link(offsets[min(a, last)], offsets[min(b, last)], url, label, badge)
                    for a, b, url, label, badge in self.links
                ),
                key=lambda k: (k.start, k.end),
            )
        )
        marks = tuple(
            Mark(offsets[min(a, last)], offsets[min(b, last)], kind)
            for a, b, kind in self.marks
            if a < last
        )
        starts = tuple(offsets[min(p, last)] for p in self.line_pieces)
        return Inline(
            "".join(self.pieces), links, marks, (0, *starts[1:]), tuple(self.line_numbers)
        )


def fold_reference(label: str) -> str:
    """Fold a link-definition label as CommonMark does: case and white space aside."""
    return " ".join(label.split()).casefold()


_EMOJI = re.compile(
    r"[\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\u2190-\u21FF\u2300-\u23FF\ufe0f\u200d\u20e3\u3030]+"
    r"|:(?:[a-z][a-z0-9_+-]{1,30}):"
)


def drop_emoji(text: str) -> str:
    """Return the text without emoji, arrows, dingbats and ':shortcodes:'."""
    return " ".join(_EMOJI.sub(" ", text).split())
