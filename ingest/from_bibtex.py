r"""BibTeX becomes entries, and entries become claims about the papers they name.

Each step is linear in the text, bibtexparser's included (a megabyte of ``{`` takes half a
second): it splits, this module reads the values. References to ``@string`` names and ``#`` are
resolved here, because bibtexparser resolves neither concatenations nor names inside names, and
because a long name used often would grow without bound.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bibtexparser.entrypoint import parse_string
from bibtexparser.exceptions import BlockAbortedException, ParsingException
from bibtexparser.library import Library
from bibtexparser.middlewares import LatexDecodingMiddleware
from bibtexparser.model import Entry, ParsingFailedBlock, String

from ingest.repairs import broken_values
from kg.ids import (
    Identifier,
    clean_url,
    find_arxiv_id,
    identify,
    is_arxiv_address,
    parse_arxiv_id,
    parse_doi,
    target_of,
)
from kg.model import (
    IDENTIFIERS,
    Attributes,
    Claim,
    JsonValue,
    Kind,
    Name,
    Property,
    Reading,
    Rejected,
    Relation,
    Remark,
)

# What these two report about a block is returned as `Rejected`; their own lines on the
# terminal would say it a second time.
for _logger in ("bibtexparser", "pylatexenc"):
    logging.getLogger(_logger).setLevel(logging.CRITICAL + 1)

_SHOWN = 300
"""Characters of a source shown as evidence."""
_DECODED = 20_000
"""Longest value given to the LaTeX decoder (eight microseconds a character)."""
_ABSTRACT_KEPT = 5_000
"""Longest abstract that is also kept among the raw fields."""
_CONFIDENCE = 0.97


@dataclass(frozen=True, slots=True)
class BibEntry:
    """One entry of a bibliography, its text decoded."""

    key: str
    type: str
    """In lower case: 'article', 'inproceedings', 'misc'."""
    line: int
    """1-based line of the '@' in the whole document."""
    title: str
    """In one line, LaTeX accents as Unicode, braces only where escaped; formulas (``$...$``) as
    written."""
    authors: tuple[str, ...]
    """In order and as 'Given Family'; a corporate author in braces is one name."""
    fields: Mapping[str, str]
    """Every field as written, `@string` names resolved; field names in lower case."""
    quote: str
    """The title field as written, at most 300 characters."""
    repairs: tuple[Remark, ...] = ()
    """What was read otherwise than it is written."""


def parse_bibtex(
    text: str, *, first_line: int = 1
) -> tuple[tuple[BibEntry, ...], tuple[Rejected, ...]]:
    """Read every entry of a BibTeX text.

    A key used twice loses no entry; of a field given twice the first value is kept and the
    other one rejected (its reason begins with 'field'). What cannot be read, and an entry
    without title, is rejected with its line; its neighbours are kept.

    Parameters
    ----------
    first_line
        Line of the document at which the text begins.

    Examples
    --------
    >>> entries, _ = parse_bibtex("@misc{a, title={Lla{VA}}, author={Liu, Haotian and others}}")
    >>> entries[0].title, entries[0].authors
    ('LlaVA', ('Haotian Liu',))
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\\\n", "\\ \n")  # bibtexparser would not count this line
    starts = sum(1 for _ in _BLOCK_START.finditer(text))
    if starts > 1000 and starts * 12 > len(text):
        return _all_rejected(
            text, first_line, f"no bibliography: {starts} entries begin in {len(text)} characters"
        )
    try:
        blocks = parse_string(text, parse_stack=[]).blocks
    except (ParsingException, ValueError, LookupError, RecursionError) as error:
        return _all_rejected(text, first_line, f"bibtexparser cannot read this text: {error}")

    macros = _Macros(1_000_000 + 4 * len(text))
    entries: list[BibEntry] = []
    rejected: list[Rejected] = []
    for block in blocks:
        entry = block.ignore_error_block if isinstance(block, ParsingFailedBlock) else block
        if isinstance(entry, Entry):
            read = _read_entry(entry, macros, first_line, rejected)
            if read is not None:
                entries.append(read)
        elif isinstance(entry, String):
            macros.define(entry)
        elif isinstance(block, ParsingFailedBlock):
            reason = f"not readable as BibTeX: {_reason(block.error)}"
            line = first_line + (block.start_line or 0)
            rejected.append(Rejected(line, _shown(block.raw), reason))
    return tuple(entries), tuple(rejected)


_BLOCK_START = re.compile(r"@\w*[ \t]*[{(]")


def _all_rejected(
    text: str, first_line: int, reason: str
) -> tuple[tuple[BibEntry, ...], tuple[Rejected, ...]]:
    return (), (Rejected(first_line, _shown(text), reason),)


def _shown(text: str | None) -> str:
    return (text or "").strip()[:_SHOWN]


def _reason(error: Exception) -> str:
    text = error.abort_reason if isinstance(error, BlockAbortedException) else str(error)
    return " ".join(text.split())[:200]


# ---------------------------------------------------------------------------------------------
# Values: {braces}, "quotes", numbers and @string names, joined by '#'


class _TooMuchTextError(Exception):
    """An entry's `@string` names stand for more text than the document may grow to."""


class _Macros:
    """The `@string` names of one document and how much text they may still bring in."""

    def __init__(self, budget: int) -> None:
        self._texts: dict[str, str | None] = {}
        self._budget = budget

    def define(self, block: String) -> None:
        """Take in a definition; as in BibTeX it holds from here on, until the next one."""
        try:
            self._texts[block.key.lower()] = _read_value(block.value, 0, self)[0]
        except _TooMuchTextError:
            self._texts[block.key.lower()] = None

    def expand(self, word: str) -> str:
        """Return what a bare word stands for; an unknown one (a month) stands for itself."""
        text = self._texts.get(word.lower(), word)
        if text is None or len(text) > self._budget:
            raise _TooMuchTextError
        self._budget -= len(text)
        return text


_PART = re.compile(r"\s*(?:([{\"])|([^\s#{}\",=]+))")
_GLUE = re.compile(r"\s*(#)?")
_BRACE = re.compile(r"(?<!\\)[{}]")
_BRACE_OR_QUOTE = re.compile(r"(?<!\\)[{}\"]")
_NEXT_FIELD = re.compile(r"([A-Za-z][\w-]*)\s*=\s*")


def _read_value(raw: str, start: int, macros: _Macros) -> tuple[str, int]:
    """Return the value that starts there and where the text after it begins.

    What follows no rule is taken as written, to the end.
    """
    parts: list[str] = []
    at = start
    while True:
        match = _PART.match(raw, at)
        if match is None:
            return raw[start:].strip(), len(raw)
        if match[1]:
            end = (_closing_brace if match[1] == "{" else _closing_quote)(raw, match.end())
            if end < 0:
                return raw[start:].strip(), len(raw)
            parts.append(raw[match.end() : end])
            at = end + 1
        else:
            parts.append(macros.expand(match[2]))
            at = match.end()
        glue = _GLUE.match(raw, at)
        if glue is not None:
            at = glue.end()
        if glue is None or not glue[1]:
            break
    if at < len(raw) and not _NEXT_FIELD.match(raw, at):
        return raw[start:].strip(), len(raw)
    return parts[0] if len(parts) == 1 else "".join(parts), at


def _closing_brace(raw: str, at: int) -> int:
    depth = 1
    for mark in _BRACE.finditer(raw, at):
        depth += 1 if mark[0] == "{" else -1
        if depth == 0:
            return mark.start()
    return -1


def _closing_quote(raw: str, at: int) -> int:
    """Place of the quote that ends a string: one outside braces, else the first one."""
    depth = 0
    first = -1
    for mark in _BRACE_OR_QUOTE.finditer(raw, at):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}":
            depth = max(0, depth - 1)
        elif depth == 0:
            return mark.start()
        elif first < 0:
            first = mark.start()
    return first


def _read_entry(
    entry: Entry, macros: _Macros, first_line: int, rejected: list[Rejected]
) -> BibEntry | None:
    line = first_line + (entry.start_line or 0)
    raw = entry.raw or ""
    fields: dict[str, str] = {}
    written_title = ""
    repairs: list[Remark] = []
    try:
        for field in entry.fields:
            at = first_line + (field.start_line or 0)
            parts = list(_fields_of(field.key, field.value, macros))
            if len(parts) > 1:
                names = ", ".join(name for name, _, _ in parts)
                text = f"no comma between the fields {names}, read as if there were"
                repairs.append(Remark(at, text[:_SHOWN], "repair"))
            for name, value, written in parts:
                if name == "author" and "author" not in fields:
                    repairs += _author_repairs(value, at)
                if name in fields or not name:
                    what = "is given twice; the first is kept" if name else "has no name"
                    rejected.append(
                        Rejected(
                            at,
                            _shown(f"{name} = {written}"),
                            f"field {name[:60]!r} {what}",
                        )
                    )
                    continue
                fields[name] = value
                if name == "title":
                    written_title = written
    except _TooMuchTextError:
        reason = "its @string names stand for more text than this document may grow to"
        rejected.append(Rejected(line, _shown(raw), reason))
        return None
    title = _text(fields.get("title", ""))
    if not title:
        rejected.append(Rejected(line, _shown(raw), "the entry has no title"))
        return None
    return BibEntry(
        key=entry.key,
        type=entry.entry_type,
        line=line,
        title=title,
        authors=_authors(fields.get("author", "")),
        fields=fields,
        quote=_quote(raw, written_title) or title[:_SHOWN],
        repairs=tuple(repairs),
    )


def _fields_of(key: str, written: str, macros: _Macros) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and value as written: several when commas between fields are missing.

    A field that a '%' comments out is none.
    """
    last_line = key.rsplit("\n", 1)[-1]
    if "%" in last_line:
        return
    words = last_line.split()
    name = words[-1].lower() if words else ""
    at = 0
    while True:
        value, end = _read_value(written, at, macros)
        yield name, value, written[at:end].strip()
        following = _NEXT_FIELD.match(written, end)
        if following is None:
            return
        name, at = following[1].lower(), following.end()


_TITLE_FIELD = re.compile(r"(?<![\w-])title\s*=\s*", re.I)


def _quote(raw: str, written_title: str) -> str:
    """Return the title field as the source has it, in one line."""
    for match in _TITLE_FIELD.finditer(raw):
        if raw.startswith(written_title[:_SHOWN], match.end()):
            field = raw[match.start() : match.end() + min(len(written_title), 2 * _SHOWN)]
            return " ".join(field.split())[:_SHOWN]
    return ""


# ---------------------------------------------------------------------------------------------
# LaTeX


_MARKUP = re.compile(r"[\\{}~$`]|--|''")
_FORMULA = re.compile(r"((?<!\\)\$(?:[^$\\]|\\.)++\$)", re.S)
_ESCAPED = re.compile(r"(?<!\\)\\([%&#_])")
_UNESCAPED = re.compile(r"(?<!\\)([%&$])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
# What the decoder would drop with its argument, or fail on.
_UNKNOWN_GROUP = re.compile(
    r"\\(?:texttt|textsf|textmd|textup|mbox)\s*(?=\{)|\\href\s*\{[^{}]*\}\s*(?=\{)|\\[-/]"
)
_SYMBOLS = {
    "LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX", "textless": "<", "textgreater": ">",
    "slash": "/", "textunderscore": "_", "textbar": "|", "pounds": "£", "S": "§", "P": "¶",
    "ddag": "‡", "copyright": "©",
}  # fmt: skip
_SYMBOL = re.compile(rf"\\({'|'.join(_SYMBOLS)})(?![A-Za-z])(?:\{{\}}|\s+)?")


def _text(raw: str) -> str:
    """Return what a value reads as: in one line, no braces but escaped ones, accents as Unicode.

    Formulas stay as written, for so do arXiv's titles. Only what needs the LaTeX decoder is
    given to it, being many times slower than the parser; a text too long for it loses braces
    and backslashes.
    """
    if len(raw) > _DECODED:
        text = re.sub(r"[{}\\]", "", raw)
    elif _MARKUP.search(raw):
        pieces = _FORMULA.split(raw) if "$" in raw else [raw]
        text = "".join(p if i % 2 else _decoded(p) for i, p in enumerate(pieces))
        if not _CONTROL.sub("", text).strip():  # all of it was unknown commands
            text = re.sub(r"[{}\\]", " ", raw)
    else:
        text = raw
    text = _CONTROL.sub("", " ".join(text.split()))
    return " ".join(unicodedata.normalize("NFC", text).split())


_KEPT = {"\\{": "\x01", "\\}": "\x02"}
"""Escaped braces, which are text, and what stands for them while the others are taken away."""


def _decoded(text: str) -> str:
    text = _ESCAPED.sub(r"\1", _CONTROL.sub("", text).replace("\\\\", " "))
    for written, mark in _KEPT.items():
        text = text.replace(written, mark)
    if "\\" in text:
        text = _latex(text)
    text = text.replace("{", "").replace("}", "").replace("~", " ")
    text = text.replace("---", "\u2014").replace("--", "\u2013")
    for written, mark in _KEPT.items():
        text = text.replace(mark, written[-1])
    return text.replace("``", "\u201c").replace("''", "\u201d")


def _latex(text: str) -> str:
    """Decode LaTeX commands; text that cannot be decoded loses its backslashes only.

    A bare '%' would be taken for a comment, a bare '&' for a column, a bare '$' for a formula.
    """
    text = _UNKNOWN_GROUP.sub("", text)
    text = _SYMBOL.sub(lambda match: _SYMBOLS[match[1]], text)
    if "\\" not in text:
        return text
    decoder, library = _decoder()
    block = String("text", _UNESCAPED.sub(r"\\\1", text))
    decoded = decoder.transform_string(block, library)
    if isinstance(decoded, String) and isinstance(decoded.value, str):
        return decoded.value
    return text.replace("\\", "")


@lru_cache(maxsize=1)
def _decoder() -> tuple[LatexDecodingMiddleware, Library]:
    return LatexDecodingMiddleware(), Library()


_AND = re.compile(r"\\.|[{}]| and(?= )", re.I | re.S)
_COMMA = re.compile(r"\\.|[{},]", re.S)
_JUNIOR = re.compile(r"(?:jr|sr|[ivx]+)\.?$", re.I)
_OTHERS = frozenset({"others", "et al", "et al."})


_AND_OTHERS = re.compile(r"(?<=[^\s,])[\s,]+et\.?\s+al\b\.?$", re.I)
"""The rest of the authors, without the 'and' that BibTeX wants: 'Fu, Chaoyou et al.'."""


def _authors(raw: str) -> tuple[str, ...]:
    names: list[str] = []
    for written in _cut(f" {' '.join(raw.split())} ", _AND):
        names.extend(_person_names(_AND_OTHERS.sub("", written.strip())))
    return tuple(name for name in names if name and name.lower() not in _OTHERS)


def _author_repairs(raw: str, line: int) -> Iterator[Remark]:
    """Tell that names joined by commas only were read as several."""
    for written in _cut(f" {' '.join(raw.split())} ", _AND):
        names = _person_names(written.strip()) if written.count(",") > 1 else []
        if len(names) > 1:
            text = f"'{written.strip()[:100]}' is one name by its commas, read as {len(names)}"
            yield Remark(line, text, "repair")


def _cut(text: str, separator: re.Pattern[str]) -> list[str]:
    """Cut a text where the separator matches outside braces."""
    pieces: list[str] = []
    depth = begin = 0
    for mark in separator.finditer(text):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}":
            depth = max(0, depth - 1)
        elif depth == 0 and mark[0][0] != "\\":
            pieces.append(text[begin : mark.start()])
            begin = mark.end()
    pieces.append(text[begin:])
    return pieces


def _person_names(written: str) -> list[str]:
    """Write a name as 'Given Family'; more than one when a list was written with commas."""
    parts = [part.strip() for part in _cut(written, _COMMA)]
    ends_in_comma = len(parts) > 1 and not parts[-1]
    parts = [part for part in parts if part]
    if len(parts) > 1:
        is_list = ends_in_comma or len(parts) > 3 or (len(parts) == 3 and not _is_junior(parts[1]))
        if is_list and all(len(part.split()) > 1 for part in parts):
            return [_text(part) for part in parts]
        family, *middle, given = parts
        parts = [given, family, *middle]
    return [_text(" ".join(parts))]


def _is_junior(part: str) -> bool:
    return bool(_JUNIOR.match(part.strip("{} ")))


# ---------------------------------------------------------------------------------------------
# Claims


def read_bibtex(text: str) -> Reading:
    """Read a whole .bib file as claims about the papers it names."""
    entries, rejected = parse_bibtex(text)
    claims = tuple(claim for entry in entries for claim in entry_claims(entry))
    repairs = [remark for entry in entries for remark in entry.repairs]
    repairs += broken_values(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), claims)
    return Reading(claims, rejected, tuple(repairs))


def entry_claims(entry: BibEntry, *, subject: Name | None = None) -> Iterator[Claim]:
    """Yield what an entry says about its paper: identifiers, date, venue, links, authors.

    Of each identifier only the best placed is claimed (eprint before DOI before address before
    running text), for a note may name another paper.

    Parameters
    ----------
    subject
        The paper, when the text around the entry names it; otherwise it is the entry's title.
    """
    paper = Name(Kind.PAPER, entry.title) if subject is None else subject

    def claim(
        predicate: Property | Relation,
        values: Attributes,
        *,
        to: Name | None = None,
        qualifiers: Attributes | None = None,
    ) -> Claim:
        return Claim(
            subject=paper,
            predicate=predicate,
            line=entry.line,
            quote=entry.quote,
            object=to,
            qualifiers=qualifiers or {},
            values=values,
            extractor="bibtex",
            confidence=_CONFIDENCE,
        )

    fields = entry.fields
    for identifier in _identifiers(fields):
        yield claim(identifier.scheme, {"text": identifier.value})
        if identifier.version:
            yield claim(Property.VERSION, {"text": identifier.version})
    year = _year(fields.get("year", "")) or _year(fields.get("date", ""))
    if year:
        yield claim(Property.YEAR, {"text": year})
    published = _published(fields, year)
    if published:
        yield claim(Property.DATE, published, qualifiers={"kind": "published"})
    venue = _venue(fields)
    if venue:
        yield claim(Property.VENUE, {"text": venue})
    for rel, url in _links(entry):
        yield claim(Property.LINK, {"text": url}, qualifiers={"rel": rel})
    abstract = _text(fields.get("abstract", ""))
    if abstract:
        yield claim(Property.ABSTRACT, {"text": abstract})
    kept: dict[str, JsonValue] = {
        name: value
        for name, value in fields.items()
        if name != "abstract" or len(value) <= _ABSTRACT_KEPT
    }
    yield claim(Property.BIBTEX, {"text": entry.key, "type": entry.type, "fields": kept})
    seen: set[str] = set()
    for position, author in enumerate(entry.authors, start=1):
        if author not in seen:  # two namesakes on one paper are one claim
            seen.add(author)
            yield claim(Relation.AUTHORED_BY, {"position": position}, to=Name(Kind.PERSON, author))


_ARXIV_OLD = re.compile(
    r"(?:arxiv\s*[:.\s]\s*|abs/|pdf/)([a-z]+(?:-[a-z]+)?(?:\.[a-z]{2})?/\d{7}(?:v\d+)?)", re.I
)
_OTHER_PAPER = re.compile(
    r"\b(?:comment\w*|reply|repl\w+|response|erratum|extend\w*|extension|follow\w*|based|builds?"
    r"|companion|versions? of|supersed\w*|see|cf|compare|unlike)\b",
    re.I,
)
_ARXIV_TEXT = ("journal", "publisher", "volume", "number", "howpublished")
_ARXIV_BARE = ("volume", "number", "pages", "eid")


def _identifiers(fields: Mapping[str, str]) -> list[Identifier]:
    """Return one identifier a scheme, best placed first; a version comes from any place."""
    found = list(_identifier_candidates(fields))
    chosen: list[Identifier] = []
    for scheme in IDENTIFIERS:
        same = [identifier for identifier in found if identifier.scheme == scheme]
        if same:
            value = same[0].value
            versions = [i.version for i in same if i.value == value and i.version]
            chosen.append(Identifier(scheme, value, versions[0] if versions else ""))
    return chosen


def _identifier_candidates(fields: Mapping[str, str]) -> Iterator[Identifier]:
    yield from _eprint(fields)
    found = _doi(re.sub(r"[{}\\]", "", fields.get("doi", "")).strip())
    if found:
        yield found
    for name in ("url", "eprint", "ee", "link", "pdf", "arxiv", "howpublished"):
        yield from _addressed(fields.get(name, ""))
    for name in _ARXIV_TEXT:
        text = _unbraced(fields.get(name, ""))
        found = _arxiv_in(text)
        if found:
            yield found
    if _is_arxiv_only(_unbraced(fields.get("journal", "") or fields.get("publisher", ""))):
        for name in _ARXIV_BARE:
            found = parse_arxiv_id(_unbraced(fields.get(name, ""))[:80])
            if found:
                yield found
    note = _unbraced(fields.get("note", ""))[:_DECODED]
    if note and not _OTHER_PAPER.search(note):
        yield from _addressed(fields["note"])
        found = _arxiv_in(note)
        if found:
            yield found


def _eprint(fields: Mapping[str, str]) -> Iterator[Identifier]:
    for name in ("eprint", "arxivid", "arxiv"):
        text = re.sub(r"\s*\[[\w.-]*\]\s*$", "", _unbraced(fields.get(name, ""))[:120]).strip()
        if not text:
            continue
        if name == "eprint":
            archive = _unbraced(fields.get("archiveprefix") or fields.get("eprinttype") or "")
            archive = archive.strip().lower()
            is_class = "/" in text and text.lower().startswith(archive)
            if archive and archive != "arxiv" and not is_class:
                continue
            group = _unbraced(fields.get("primaryclass", "")).strip()
            if re.fullmatch(r"\d{7}(?:v\d+)?", text) and group:
                text = f"{group}/{text}"
        found = parse_arxiv_id(text)
        if found:
            yield found


def _doi(text: str) -> Identifier | None:
    """Read a DOI field; one of the SICI form holds '<' and '>' and would be cut short."""
    bare = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", text, flags=re.I)
    if re.fullmatch(r"10\.[0-9]{4,9}/[^\s<>]*<\S*", bare):
        return Identifier(Property.DOI, bare.lower())
    return parse_doi(text)


def _addressed(value: str) -> Iterator[Identifier]:
    for url in _urls(value):
        found = identify(url)
        if found is None:
            continue
        if found.scheme is Property.OPENREVIEW and not re.search(r"\.net/(?:forum|pdf)\?", url):
            continue  # the id of a venue, a person or a review
        yield found


def _arxiv_in(text: str) -> Identifier | None:
    found = find_arxiv_id(text[:_DECODED])
    if found is None:
        old = _ARXIV_OLD.search(text[:_DECODED])
        found = parse_arxiv_id(old[1]) if old else None
    return found


def _unbraced(value: str) -> str:
    return value.replace("{", "").replace("}", "")


_YEAR = re.compile(r"(?<!\d)(?:19[0-9]{2}|20[0-9]{2}|2100)(?!\d)")
_DATE = re.compile(r"\s*([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = re.compile(rf"\b({'|'.join(_MONTHS)})[a-z]*", re.I)
_MONTH_NUMBER = re.compile(r"(?:[0-9]{4}-)?(0?[1-9]|1[0-2])(?!\d)")


def _year(value: str) -> str:
    match = _YEAR.search(value)
    return match[0] if match else ""


def _published(fields: Mapping[str, str], year: str) -> dict[str, JsonValue] | None:
    """Return the date of publication when at least its month is given."""
    written = _text(fields.get("date", ""))
    match = _DATE.match(written)
    if match and _year(match[1]):
        try:
            day = date(int(match[1]), int(match[2]), int(match[3] or 1))
        except ValueError:
            pass  # a season (2018-21) or no day: the month field may know
        else:
            if match[3]:
                return {"text": written, "value": day.isoformat(), "precision": "day"}
            return {"text": written, "value": f"{day:%Y-%m}", "precision": "month"}
    month = _text(fields.get("month", ""))
    named = _MONTH_NAME.search(month)
    if named:
        number = _MONTHS.index(named[1].lower()) + 1
    else:
        numbered = _MONTH_NUMBER.match(month)
        number = int(numbered[1]) if numbered else 0
    if not (number and year):
        return None
    return {"text": f"{month} {year}", "value": f"{year}-{number:02}", "precision": "month"}


_ARXIV_WORDS = re.compile(
    r"\b(?:arxiv(?:\.org)?|corr|computing research repository|e-?prints?|preprints?|prepr|abs"
    r"|[a-z-]{2,20}/\d{7}|\d{4}\.\d{4,5}(?:v\d+)?)\b"
    r"|\[[^\][]{0,60}\]|\((?:\d{4}|cornell university)\)",
    re.I,
)
_ARXIV_GROUP = re.compile(r"\s*arxiv\s*:[^\d]*", re.I)


def _is_arxiv_only(venue: str) -> bool:
    """Say whether a venue is no more than the preprint server, a subject group and an id."""
    if _ARXIV_GROUP.fullmatch(venue):
        return True
    rest, count = _ARXIV_WORDS.subn(" ", venue)
    return count > 0 and not re.search(r"[^\W\d_]", rest)


def _venue(fields: Mapping[str, str]) -> str:
    for name in ("booktitle", "journal", "journaltitle"):
        venue = _text(fields.get(name, "")).strip(" ,;")
        if venue and not _is_arxiv_only(venue):
            return venue
    return ""


_TILDE = re.compile(r"\{?\\textasciitilde(?![A-Za-z])(?:\{\})?\}?|\$\\sim\$|\\~(?:\{\})?")
_URL = re.compile(r"https?://[^\s{}<>\"\\^`|/]+\.[^\s{}<>\"\\^`|]+", re.I)
_VERBATIM = re.compile(r"\\verb\*?([^\w\s{*])(.*?)\1")
_CODE_TARGET = re.compile(
    r"https?://(?:www\.)?(?:github\.com|gitlab\.[\w.-]+|bitbucket\.org|codeberg\.org"
    r"|sourceforge\.net|gitee\.com)/",
    re.I,
)
_PUBLISHED_TYPES = frozenset(
    {"article", "inproceedings", "conference", "incollection", "inbook", "proceedings", "book"}
    | {"techreport", "report", "phdthesis", "mastersthesis", "thesis", "unpublished"}
)


def _urls(value: str) -> Iterator[str]:
    r"""Yield the http(s) addresses in a field, ``\url{}`` and LaTeX escapes undone."""
    if "http" not in value.lower():
        return
    value = _TILDE.sub("~", _VERBATIM.sub(r"{\2}", value))
    value = re.sub(r"\\([{}_%#&$^])", r"\1", value)
    value = re.sub(r"\{([_%#&~])\}", r"\1", value)
    for match in _URL.finditer(value):
        written = match[0].rstrip(".,;:'")
        if "(" not in written:
            written = written.rstrip(")")
        url = clean_url(written)
        if url is not None and target_of(url) is not None:
            yield url


def _links(entry: BibEntry) -> Iterator[tuple[str, str]]:
    """Yield (what the address is for, address), each address once."""
    seen: set[str] = set()
    for name in ("url", "pdf", "link", "code", "howpublished", "note"):
        for url in _urls(entry.fields.get(name, "")):
            if url in seen:
                continue
            seen.add(url)
            if name == "code" or _CODE_TARGET.match(url):
                yield "code", url
            elif (
                name == "pdf"
                or identify(url) is not None
                or is_arxiv_address(url)
                or url.lower().endswith(".pdf")
                or (name in ("url", "link") and entry.type in _PUBLISHED_TYPES)
            ):
                yield "paper", url
            else:
                yield "other", url
