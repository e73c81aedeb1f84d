"""Markdown and HTML cut into blocks that know their source lines; no meaning yet.

Block structure comes from markdown-it-py; pipe tables are found here because lists leave out
outer pipes and blank lines that GFM wants, HTML tables are read through selectolax.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.inline import Inline, fold_reference, parse_inline

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode


@dataclass(frozen=True, slots=True)
class Heading:
    """A section heading, or a lone bold line that acts as one (level 7)."""

    level: int
    inline: Inline
    line: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; its lines are kept."""

    inline: Inline
    line: int
    depth: int = 0
    """How many list levels it stands in."""


@dataclass(frozen=True, slots=True)
class Item:
    """One list item's own text; nested items follow with a greater depth."""

    inline: Inline
    line: int
    depth: int
    number: str = ""
    """The number as written in an ordered list."""
    box: str = ""
    """What is in its check box: 'x' where it is ticked, ' ' where not; '' where it has none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One table row, padded to the header's width."""

    cells: tuple[Inline, ...]
    line: int
    written: int | None = None
    """How many cells the source gives, where they are not as many as the header's."""


@dataclass(frozen=True, slots=True)
class Table:
    """A pipe or HTML table; row and column spans are filled in."""

    header: tuple[Inline, ...]
    rows: tuple[Row, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced code block."""

    info: str
    text: str
    line: int
    """Line of the first line of `text`."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One paragraph of a block quotation: a reader's remark more often than content."""

    inline: Inline
    line: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary line of a `<details>` element."""

    inline: Inline
    line: int


@dataclass(frozen=True, slots=True)
class DetailsEnd:
    """Where a `<details>` element closes."""

    line: int


Block: TypeAlias = Heading | Paragraph | Item | Table | Fence | Quote | Summary | DetailsEnd


@dataclass(frozen=True, slots=True)
class Document:
    """A list cut into blocks."""

    blocks: tuple[Block, ...]
    front_matter: Mapping[str, object] = field(default_factory=dict)
    front_lines: Mapping[str, int] = field(default_factory=dict)
    """Line at which each front-matter key stands."""
    lines: tuple[str, ...] = ()
    """The source text, one string a line."""


_MARKDOWN = MarkdownIt("commonmark")
_MARKDOWN.block.ruler.disable(["reference", "code"])
_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]]{1,200})\]:\s*<?(\S+?)>?(?:\s+[\"'(].*)?$")
_PAGE_MARK = re.compile(r"^\s*(?:p|page)\s*\.?\s*\d{1,4}\s*$", re.I)
LONGEST_LINE = 50_000
"""Characters of a line that are read; the reading counts a longer line as rejected."""


_LONG_BLANK = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]{9,}")
"""A run of blanks: inside a line as good as a few, and no work for the patterns behind."""


def _shortened(blank: re.Match[str]) -> str:
    """Return a run of blanks as eight, unless it indents a line."""
    start = blank.start()
    is_indent = start == 0 or blank.string[start - 1] == "\n"
    return blank[0] if is_indent else " " * 8


def parse_document(text: str, *, is_html: bool = False) -> Document:
    """Cut a Markdown (or HTML) text into blocks.

    Never fails: what is no structure is a paragraph. Time grows linearly with the number of
    lines; of a single line no more than `LONGEST_LINE` characters are read.
    """
    lines = _LONG_BLANK.sub(_shortened, text).split("\n")
    front, front_lines, body_at = _front_matter(lines)
    body = ["" if i < body_at else line for i, line in enumerate(lines)]
    references = {
        fold_reference(m.group(1)): m.group(2)
        for m in map(_DEFINITION.match, body)
        if m and not m.group(1).startswith("^")
    }
    reader = _Reader(references)
    blocks = list(reader.html_text(body, 1) if is_html else reader.markdown(body, 1))
    return Document(tuple(blocks), front, front_lines, tuple(lines))


def _front_matter(lines: Sequence[str]) -> tuple[dict[str, object], dict[str, int], int]:
    """Read a YAML head between two '---' lines; (values, lines of keys, first body line)."""
    if not lines or lines[0].strip() != "---":
        return {}, {}, 0
    end = next((i for i, s in enumerate(lines[1:200], 1) if s.strip() in ("---", "...")), 0)
    if not end or not any(re.match(r"[\w-]+\s*:", s) for s in lines[1:end]):
        return {}, {}, 0
    import yaml

    try:
        data = yaml.safe_load("\n".join(lines[1:end]))
    except (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError, TypeError):
        return {}, {}, end + 1
    if not isinstance(data, dict):
        return {}, {}, end + 1
    values: dict[str, object] = {}
    for key, value in data.items():
        if isinstance(value, datetime.date):
            value = value.isoformat()[:10]
        values[str(key).lower()] = value
    where = {}
    for i, line in enumerate(lines[1:end], 2):
        match = re.match(r"([\w-]+)\s*:", line)
        if match:
            where[match.group(1).lower()] = i
    return values, where, end + 1


_DELIMITER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_TABLE_OPEN = re.compile(r"<table\b", re.I)
_TABLE_CLOSE = re.compile(r"</table\s*>", re.I)
_BOLD_LINE = re.compile(r"^\s*(\*\*|__)(?!\s)([^*_|\[\]]{2,80}?)\1\s*:?\s*$")


class _Reader:
    """Turns source lines into blocks; `first` is the line number of the first line given."""

    def __init__(self, references: Mapping[str, str]) -> None:
        self.references = references

    def inline(self, lines: Sequence[tuple[int, str]]) -> Inline:
        return parse_inline([(n, s[:LONGEST_LINE]) for n, s in lines], self.references)

    # -- Markdown ---------------------------------------------------------------------------

    def markdown(self, lines: Sequence[str], first: int, nesting: int = 0) -> Iterator[Block]:
        tables, rest = _cut_html_tables(lines)
        waiting = [(at, t) for at, rows in tables for t in self._html_tables(rows, first + at)]
        waiting.reverse()
        for block in self._blocks(rest, first, nesting):
            while waiting and first + waiting[-1][0] <= block.line:
                yield waiting.pop()[1]
            yield block
        yield from (table for _, table in reversed(waiting))

    def _blocks(self, lines: Sequence[str], first: int, nesting: int) -> Iterator[Block]:
        source = "\n".join(s if len(s) <= LONGEST_LINE else s[:LONGEST_LINE] for s in lines)
        tokens: list[Token] = []
        _MARKDOWN.block.parse(source.replace("\x00", " "), _MARKDOWN, {}, tokens)
        lists: list[str] = []
        pending: list[str] = []
        quotes = 0
        heading = 0
        for token in tokens:
            kind = token.type
            if kind == "inline":
                start = first + (token.map[0] if token.map else 0)
                content = [(start + i, s) for i, s in enumerate(token.content.split("\n"))]
                if heading:
                    yield Heading(heading, self.inline(content), start)
                elif pending and pending[-1] != "used":
                    number, pending[-1] = pending[-1], "used"
                    yield from self._item(content, start, len(lists), number)
                else:
                    yield from self._paragraph(content, quotes, len(lists))
            elif kind == "heading_open":
                heading = int(token.tag[1])
            elif kind == "heading_close":
                heading = 0
            elif kind in ("bullet_list_open", "ordered_list_open"):
                lists.append(kind)
            elif kind in ("bullet_list_close", "ordered_list_close"):
                lists.pop()
            elif kind == "list_item_open":
                pending.append(token.info or "-")
            elif kind == "list_item_close":
                pending.pop()
            elif kind == "blockquote_open":
                quotes += 1
            elif kind == "blockquote_close":
                quotes -= 1
            elif kind == "fence":
                start = first + (token.map[0] if token.map else 0) + 1
                yield Fence(token.info.strip(), token.content, start)
            elif kind == "html_block":
                start = first + (token.map[0] if token.map else 0)
                yield from self._html_lines(token.content.split("\n"), start, nesting)

    def _item(
        self, content: list[tuple[int, str]], start: int, depth: int, number: str
    ) -> Iterator[Block]:
        text = content[0][1]
        if any("|" in s for _, s in content[1:]) and self._delimiter_at(content):
            yield from self._paragraph(content, 0, depth)
            return
        box = re.match(r"\[([ xX])\]\s+", text)
        if box:
            content = [(content[0][0], text[box.end() :]), *content[1:]]
        ticked = box.group(1).lower() if box else ""
        yield Item(self.inline(content), start, depth, "" if number == "-" else number, ticked)

    @staticmethod
    def _delimiter_at(content: Sequence[tuple[int, str]]) -> int:
        """Index of a table's delimiter row, 0 when there is none."""
        for i, (_, line) in enumerate(content):
            if i and "-" in line and "|" in line and _DELIMITER.match(line):
                return i
        return 0

    def _paragraph(
        self, content: list[tuple[int, str]], quotes: int, depth: int
    ) -> Iterator[Block]:
        at = self._delimiter_at(content) if len(content) > 1 else 0
        if at and "|" in content[at - 1][1]:
            if at > 1:
                yield from self._paragraph(content[: at - 1], quotes, depth)
            end = at + 1
            while end < len(content) and "|" in content[end][1]:
                end += 1
            yield self._pipe_table(content[at - 1], content[at + 1 : end])
            if end < len(content):
                yield from self._paragraph(content[end:], quotes, depth)
            return
        content = [
            (n, s) for n, s in content if not (s.lstrip().startswith("[") and _DEFINITION.match(s))
        ]
        content = [(n, s) for n, s in content if not _PAGE_MARK.match(s)]
        if not content:
            return
        line = content[0][0]
        if quotes:
            yield Quote(self.inline(content), line)
        elif len(content) == 1 and not depth and _BOLD_LINE.match(content[0][1]):
            yield Heading(7, self.inline(content), line)
        else:
            yield Paragraph(self.inline(content), line, depth)

    def _pipe_table(self, head: tuple[int, str], rows: Sequence[tuple[int, str]]) -> Table:
        names = split_row(head[1], 0)
        header = tuple(self.inline([(head[0], c)]).strip() for c in names)
        read = []
        for number, line in rows:
            cells = split_row(line, len(header))
            given = len(_cells_of(line, len(header)) if "|" in cells[-1] else cells)
            row = [self.inline([(number, c)]).strip() for c in cells[: len(header)]]
            row += [Inline("", (), (), (0,), (number,))] * (len(header) - len(row))
            read.append(Row(tuple(row), number, given if given != len(header) else None))
        return Table(header, tuple(read), head[0])

    # -- HTML -------------------------------------------------------------------------------

    def html_text(self, lines: Sequence[str], first: int) -> Iterator[Block]:
        """Blocks of a whole HTML document."""
        text = "\n".join(lines)
        for pattern in (r"<(script|style|head|nav|svg)\b.*?</\1\s*>", r"<!--.*?-->"):
            text = re.sub(pattern, lambda m: "\n" * m.group(0).count("\n"), text, flags=re.I | re.S)
        yield from self.markdown(_open_lines(text.split("\n")), first, 1)

    def _html_lines(self, lines: list[str], start: int, nesting: int) -> Iterator[Block]:
        """Blocks of an HTML fragment that markdown-it left raw."""
        text = "\n".join(lines)
        if _NO_CONTENT.fullmatch(text):
            if "</details" in text.lower():
                yield DetailsEnd(start)
            return
        if "<" not in text or nesting > 4:
            if text.strip():
                yield Paragraph(self.inline(list(enumerate(lines, start))), start)
            return
        rest: list[tuple[int, str]] = []
        for number, line in _summaries_joined(lines, start):
            lower = line.lower()
            match = head = None
            if "</summary" in lower:
                match = re.search(r"<summary\b[^<>]*>(.*?)</summary\s*>", line, re.I)
            if "</h" in lower:
                head = re.search(r"<h([1-6])\b[^<>]*>(.*?)</h\1\s*>", line, re.I)
            if match or head:
                yield from self._rest_of_html(rest, nesting)
                rest = []
            if match:
                yield Summary(self.inline([(number, match.group(1))]).strip(), number)
                line = line[: match.start()] + line[match.end() :]
            elif head:
                yield Heading(int(head.group(1)), self.inline([(number, head.group(2))]), number)
                line = line[: head.start()] + line[head.end() :]
            if re.search(r"</details\s*>", line, re.I):
                yield from self._rest_of_html(rest, nesting)
                rest = []
                yield DetailsEnd(number)
            rest.append((number, line))
        yield from self._rest_of_html(rest, nesting)

    def _rest_of_html(self, rest: list[tuple[int, str]], nesting: int) -> Iterator[Block]:
        lines = [(n, s) for n, s in ((n, _BLOCK_TAGS.sub("", s)) for n, s in rest)]
        if not any(s.strip() for _, s in lines):
            return
        start = lines[0][0]
        body = [re.sub(r"^\s*<li\b[^<>]*>", "- ", s, flags=re.I) for _, s in lines]
        yield from self.markdown(
            [s.strip() if nesting == 0 else s for s in body], start, nesting + 1
        )

    def _html_tables(self, lines: Sequence[str], start: int) -> list[Block]:
        """Tables of some lines of HTML, nested ones left to the outer."""
        from selectolax.lexbor import LexborHTMLParser

        marked = "\n".join(
            re.sub(r"<(tr|td|th)\b", rf'<\1 data-line="{n}"', s, flags=re.I)
            for n, s in enumerate(lines, start)
        )
        found: list[Block] = []
        outer = [t for t in LexborHTMLParser(marked).css("table") if _table_around(t) is None]
        for table in outer:
            found += self._html_table(table, start)
        return found

    def _html_table(self, table: LexborNode, start: int, depth: int = 0) -> Iterator[Block]:
        own_rows = list(_own_rows(table))
        if len(own_rows) == 1 and depth < 5:
            nested = [t for t in table.css("table") if t != table and _table_around(t) == table]
            if nested:  # a table of one row around others only lays them out
                for other in nested:
                    yield from self._html_table(other, start, depth + 1)
                return
        grid: list[list[Inline]] = []
        numbers: list[int] = []
        spans: dict[tuple[int, int], Inline] = {}
        for r, row in enumerate(own_rows):
            cells: list[Inline] = []
            for cell in (c for c in row.iter() if c.tag in ("td", "th")):
                while (r, len(cells)) in spans:
                    cells.append(spans.pop((r, len(cells))))
                inner = re.sub(r"^<[^<>]*>|</t[dh]>\s*$", "", cell.html or "")
                number = int(cell.attributes.get("data-line") or start)
                content = [(number + i, s) for i, s in enumerate(inner.split("\n"))]
                value = self.inline(content).strip()
                for _ in range(min(_span(cell.attributes.get("colspan")), 200 - len(cells))):
                    for down in range(1, _span(cell.attributes.get("rowspan"))):
                        spans[r + down, len(cells)] = value
                    cells.append(value)
            while (r, len(cells)) in spans:
                cells.append(spans.pop((r, len(cells))))
            grid.append(cells)
            numbers.append(int(row.attributes.get("data-line") or start))
        grid_rows = [(c, n) for c, n in zip(grid, numbers, strict=True) if any(c)]
        if len(grid_rows) == 1:
            yield from (Paragraph(c, c.line) for c in grid_rows[0][0] if c)
        if len(grid_rows) < 2:
            return
        header = tuple(grid_rows[0][0])
        rows = []
        for cells, number in grid_rows[1:]:
            empty = Inline("", (), (), (0,), (number,))
            padded = (cells + [empty] * len(header))[: len(header)]
            given = len(cells) if len(cells) != len(header) else None
            rows.append(Row(tuple(padded), number, given))
        yield Table(header, tuple(rows), grid_rows[0][1])


def _table_around(node: LexborNode) -> LexborNode | None:
    above = node.parent
    while above is not None and above.tag != "table":
        above = above.parent
    return above


def _own_rows(table: LexborNode) -> Iterator[LexborNode]:
    """Yield the rows of a table, not those of tables in its cells."""
    for child in table.iter():
        if child.tag == "tr":
            yield child
        elif child.tag in ("tbody", "thead", "tfoot"):
            yield from (row for row in child.iter() if row.tag == "tr")


_BLOCK_TAGS = re.compile(
    r"</?(?:p|div|center|ul|ol|dl|section|article|main|body|html|details|span|font|blockquote"
    r"|header|footer|figure|figcaption|picture|source|hr|tbody|thead)\b[^<>]*>",
    re.I,
)


_NO_CONTENT = re.compile(
    r"(?:\s|<!--(?:(?!-->).){0,500}-->|</?(?:p|div|center|details|ul|ol|br|hr|span|a)\b(?![^<>]*href)[^<>]*>"
    r"|<img\b[^<>]*>)*",
    re.I | re.S,
)
"""HTML that shows nothing but pictures."""


def _open_lines(lines: Sequence[str]) -> list[str]:
    """Put blank lines around the block elements of an HTML page's lines, numbers unchanged."""
    opened: list[str] = []
    depth = 0
    for line in lines:
        inner = depth + len(re.findall(r"<[uo]l\b", line, re.I))
        line = _BLOCK_TAGS.sub("", line).strip()
        if re.match(r"<li\b", line, re.I):
            line = "  " * max(0, inner - 1) + re.sub(r"^<li\b[^<>]*>\s*", "- ", line, flags=re.I)
        depth = max(0, inner - len(re.findall(r"</[uo]l\b", lines[len(opened)], re.I)))
        opened.append(re.sub(r"</?(?:li)\b[^<>]*>$", "", line, flags=re.I))
    return opened


def _summaries_joined(lines: Sequence[str], start: int) -> Iterator[tuple[int, str]]:
    """Yield the lines with a summary element that spans several joined into one."""
    held: list[str] = []
    held_at = 0
    for number, line in enumerate(lines, start):
        if held:
            held.append(line)
            if "</summary" in line.lower() or len(held) > 20:
                yield held_at, " ".join(s.strip() for s in held)
                held = []
        elif "<summary" in line.lower() and "</summary" not in line.lower():
            held, held_at = [line], number
        else:
            yield number, line
    if held:
        yield held_at, " ".join(held)


def _cut_html_tables(lines: Sequence[str]) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Take `<table>` elements out of the lines; (index, lines) of each, and the rest."""
    rest, tables = list(lines), []
    i = 0
    fenced = False
    while i < len(rest):
        line = rest[i]
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        opened = None if fenced or "<" not in line else _TABLE_OPEN.search(line)
        if opened:
            end, depth = i, 0
            while end < len(rest):
                depth += len(_TABLE_OPEN.findall(rest[end])) - len(_TABLE_CLOSE.findall(rest[end]))
                if depth <= 0:
                    break
                end += 1
            body = rest[i : end + 1]
            before = line[: opened.start()]
            tables.append((i, [line[opened.start() :], *body[1:]]))
            rest[i : end + 1] = [before] + [""] * (len(body) - 1)
            i = end
        i += 1
    return tables, rest


def _span(value: str | None) -> int:
    """Read a rowspan or colspan; at least 1, at most 200."""
    digits = re.match(r"\s*(\d{1,4})", value or "")
    return max(1, min(200, int(digits.group(1)))) if digits else 1


def split_row(line: str, width: int) -> list[str]:
    r"""Split a table row at its pipes.

    Outer pipes may be missing. Pipes inside links or code split as in GFM unless that gives
    more cells than the header has (`width`, 0 for the header itself).

    Examples
    --------
    >>> split_row("| a | [x|y](u) |", 2)
    [' a ', ' [x|y](u) ']
    """
    cells = _cells_of(line, width)
    if width and len(cells) > width:
        cells = [*cells[: width - 1], "|".join(cells[width - 1 :])]
    return [c.replace("\\|", "|") for c in cells]


def _cells_of(line: str, width: int) -> list[str]:
    """Split a table row as `split_row` does, with all cells that go beyond the width."""
    body = line.strip()
    body = body[1:] if body.startswith("|") else body
    if body.endswith("|") and not body.endswith("\\|"):
        body = body[:-1]
    cells = re.split(r"(?<!\\)\|", body) if "\\" in body else body.split("|")
    return _split_outside_links(body) if width and len(cells) > width else cells


def _split_outside_links(body: str) -> list[str]:
    """Split at pipes that stand outside brackets and code."""
    cells, start, depth, code = [], 0, 0, False
    for match in re.finditer(r"\\.|[\[\]`|]", body):
        token = match.group(0)
        if token == "`":
            code = not code
        elif code or len(token) > 1:
            continue
        elif token == "[":
            depth += 1
        elif token == "]":
            depth = max(0, depth - 1)
        elif depth == 0:
            cells.append(body[start : match.start()])
            start = match.end()
    return [*cells, body[start:]]
