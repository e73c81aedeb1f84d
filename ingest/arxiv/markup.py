"""Records out of XML as it arrives: bounded, without DTD and entities, good ones kept among bad.

Why expat by hand (the parser of the standard library) and not lxml: lxml comes with an extra only; a
document type can be refused when it begins, before anything in it counts; positions are those of
bytes, so that reading can go on at any record; and after damage a new parser is started at the next
record, where lxml either stops or, with ``recover=True``, drops what it likes without a word. The
price is measured in ``benchmarks/``.

Names are compared without their prefixes: real pages use undeclared ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from ingest.arxiv.records import Limits, shown
from kg.errors import InputError
from kg.model import Rejected

Field = tuple[str, str, dict[str, str]]
"""Name, text and attributes of one element, in the order in which elements end."""

_MAX_DEPTH = 64
_STEP = 65_536


@dataclass(frozen=True, slots=True)
class Unit:
    """One record's elements as they stood there.

    Parameters
    ----------
    fields : of what is inside, the unit's own element last
    line, end_line : where it begins and ends
    resume : the byte from which reading can go on behind it, with `Scan(start=...)`
    """

    fields: list[Field]
    line: int
    end_line: int
    resume: int


@dataclass(slots=True)
class Place:
    """Where in a document reading goes on: a byte, its line, and what is open around it."""

    byte: int = 0
    line: int = 1
    within: tuple[str, ...] = ()
    encoding: str = ""


class _RefusedError(Exception):
    """The document holds what is never read."""


@dataclass(slots=True)
class Scan:
    """A reader of one document that gives its units as they are complete.

    Parameters
    ----------
    unit : the element that is a record: 'record', 'entry', 'item'
    also : elements outside records at which reading may go on after damage
    source : what the document is called in messages
    start : where to begin: of an earlier `Place`, for a document given from that byte on
    """

    unit: str
    also: tuple[str, ...] = ()
    source: str = ""
    limits: Limits = field(default_factory=Limits)
    start: Place = field(default_factory=Place)

    outside: list[Field] = field(default_factory=list)
    """The elements that stand in no record, so far."""
    roots: list[str] = field(default_factory=list)
    """The outermost element, once it has begun."""
    damage: str = ""
    """What was wrong with the document's form, the first of it; '' when nothing was."""
    is_whole: bool = False
    """The outermost element was closed."""
    flaws: int = 0

    _parser: expat.XMLParserType | None = None
    _base: int = 0
    _base_line: int = 1
    _window: bytearray = field(default_factory=bytearray)
    _window_at: int = 0
    _fed: int = 0
    _path: list[str] = field(default_factory=list)
    _unit_at: int = -1
    _unit_line: int = 0
    _oversized: bool = False
    _done: list[Unit | Rejected] = field(default_factory=list)
    _encoding: str = ""
    _searching: bool = False
    _over: bool = False

    def __post_init__(self) -> None:
        place = self.start
        self._window_at = self._fed = self._base = place.byte
        self._base_line = place.line
        self._encoding = place.encoding
        if place.byte:
            self._path, self._searching = list(place.within), True
        else:
            self._begin(b"")

    def read(self, chunks: Iterable[bytes]) -> Iterator[Unit | Rejected]:
        """Give units, and what could not be read, as the bytes arrive.

        Raises
        ------
        InputError
            The document has a document type or entities, or it is larger than allowed.
        """
        for chunk in chunks:
            for at in range(0, len(chunk), _STEP):
                self._feed(chunk[at : at + _STEP])
                if self._done:
                    done, self._done = self._done, []
                    yield from done
                if self._over:
                    return
        self._finish()
        yield from self._done

    def place(self, unit: Unit) -> Place:
        """Say where reading goes on behind a unit just given."""
        return Place(unit.resume, unit.end_line, tuple(self._path), self._encoding)

    # ------------------------------------------------------------------ feeding

    def _feed(self, data: bytes) -> None:
        self._window += data
        self._fed += len(data)
        if self._fed - self.start.byte > self.limits.page_bytes:
            raise self._error(
                f"is larger than the {self.limits.page_bytes:,} bytes allowed for one page, "
                "expanded: check that it is a page of arXiv's, or allow more with page_bytes"
            )
        if self._searching and not self._found_next():
            return
        self._parse(data if not self._searching else bytes(self._window))

    def _parse(self, data: bytes) -> None:
        self._searching = False
        parser = self._parser
        while True:
            try:
                parser.Parse(data, False)  # type: ignore[union-attr]
                break
            except _RefusedError as refused:
                raise self._error(str(refused)) from None
            except expat.ExpatError as error:
                self._note_damage(error)
                if self._over or not self._found_next():
                    return
                self._searching = False
                parser, data = self._parser, bytes(self._window)
        # Nothing before the record that is being read is needed any more, and of markup that does
        # not end only so much is waited for: a parser looks through all of it again each time.
        reached = self._base + parser.CurrentByteIndex  # type: ignore[union-attr]
        if self._fed - reached > self.limits.record_bytes:
            raise self._error(
                f"has a piece of markup larger than {self.limits.record_bytes:,} bytes (record_bytes)"
            )
        keep = self._unit_at if self._unit_at >= 0 and not self._oversized else reached
        if self._unit_at >= 0 and self._fed - self._unit_at > self.limits.record_bytes:
            self._oversized = True
            parser.CharacterDataHandler = None  # type: ignore[union-attr]
            keep = reached
        if keep > self._window_at:
            del self._window[: keep - self._window_at]
            self._window_at = keep

    def _finish(self) -> None:
        if self._searching or self._over:
            return
        parser = self._parser
        try:
            parser.Parse(b"", True)  # type: ignore[union-attr]
        except _RefusedError as refused:
            raise self._error(str(refused)) from None
        except expat.ExpatError as error:
            self._note_damage(error)
            if not self._over and self._found_next():
                rest = bytes(self._window)
                self._window = bytearray()
                self._window_at = self._fed
                self._parse(rest)
                if not self._searching:
                    self._finish()

    def _note_damage(self, error: expat.ExpatError) -> None:
        line = self._base_line + error.lineno - 1
        reason = f"not well-formed XML: {expat.ErrorString(error.code)}"
        self.damage = self.damage or f"{reason} (line {line})"
        if self._unit_at >= 0:
            self._reject(reason)
        else:
            # Where no record was open, the search goes on behind the place of the error.
            behind = max(self._window_at, self._base + self._parser.ErrorByteIndex)  # type: ignore[union-attr]
            del self._window[: behind - self._window_at]
            self._window_at = behind
            self._unit_line = line
        self._searching = True
        self.is_whole = False
        self._count_flaw()

    def _count_flaw(self) -> None:
        self.flaws += 1
        if self.flaws > self.limits.flaws:
            self.damage = f"more than {self.limits.flaws} damaged records; the rest was not read"
            self._over = True

    def _reject(self, reason: str) -> None:
        at = max(0, self._unit_at - self._window_at)
        text = bytes(self._window[at : at + 400]).decode("utf-8", "replace")
        self._done.append(Rejected(self._unit_line, shown(text), reason))
        self._unit_at = -1

    def _found_next(self) -> bool:
        """Go to the next element at which reading can go on, and start a parser there."""
        wanted = _openings((self.unit, *self.also))
        # From 1: the damaged record's own opening tag stands first.
        match = wanted.search(self._window, 1 if self._window_at > self.start.byte else 0)
        if match is None:
            keep = max(0, len(self._window) - 64)
            self._unit_line += self._window.count(b"\n", 0, keep)
            del self._window[:keep]
            self._window_at += keep
            return False
        line = self._unit_line or self.start.line
        line += self._window.count(b"\n", 0, match.start())
        del self._window[: match.start()]
        self._window_at += match.start()
        self._base_line = line
        self._begin("".join(f"<{name}>" for name in self._path).encode())
        return True

    # ------------------------------------------------------------------ one parser

    def _begin(self, prologue: bytes) -> None:
        parser = expat.ParserCreate(self._encoding or None)
        parser.buffer_text = True
        parser.buffer_size = _STEP
        path, outside, roots = self._path, self.outside, self.roots
        unit_name = self.unit
        open_attributes: list[dict[str, str]] = []
        text: list[str] = []
        fields: list[Field] = []
        self._unit_at = -1
        self._oversized = False
        first = True
        in_unit = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal fields, in_unit
            if ":" in name:
                full, name = name, name.partition(":")[2]
            else:
                full = name
            if name == unit_name:
                if in_unit:
                    self._reject("a record begins inside it: it is never closed")
                    self._count_flaw()
                    self.damage = self.damage or f"a record in a record (line {self._unit_line})"
                    open_attributes.clear()
                in_unit = True
                self._unit_at = self._base + parser.CurrentByteIndex
                self._unit_line = self._base_line + parser.CurrentLineNumber - 1
                fields = []
            elif not in_unit:
                if not path and not first:
                    roots.append(name)
                path.append(full)
            open_attributes.append(attributes)
            if len(open_attributes) > _MAX_DEPTH:
                raise _RefusedError(f"nests elements more than {_MAX_DEPTH} deep")
            text.clear()

        def end(name: str) -> None:
            nonlocal in_unit, fields
            if ":" in name:
                name = name.partition(":")[2]
            attributes = open_attributes.pop()
            if in_unit:
                fields.append((name, "".join(text) if text else "", attributes))
                if name == unit_name:
                    in_unit = False
                    line = self._base_line + parser.CurrentLineNumber - 1
                    self._end_unit(fields, self._base + parser.CurrentByteIndex, line)
                    parser.CharacterDataHandler = text.append
            else:
                path.pop()
                if len(outside) < 10_000:
                    outside.append((name, "".join(text), attributes))
                if not path:
                    self.is_whole = True
            text.clear()

        def forbidden(*_: object) -> None:
            raise _RefusedError(
                "has a document type or entities, which arXiv's answers never have and which are "
                "never read: it is not a page of arXiv's, or somebody changed it on the way"
            )

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text.append
        parser.StartDoctypeDeclHandler = forbidden
        parser.EntityDeclHandler = forbidden
        parser.XmlDeclHandler = self._declared
        self._parser = parser
        if prologue:
            opened, path[:] = list(path), []
            parser.Parse(prologue, False)
            path[:] = opened
            if not roots and opened:
                roots.append(opened[0].rpartition(":")[2])
        first = False
        # Byte positions are those of the document: the prologue is none of it.
        self._base = self._window_at - len(prologue)

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding and not encoding.lower().startswith("utf-16"):
            self._encoding = encoding

    def _end_unit(self, fields: list[Field], at: int, line: int) -> None:
        if self._oversized or at - self._unit_at > self.limits.record_bytes:
            self._reject(f"larger than {self.limits.record_bytes:,} bytes (record_bytes)")
            self._oversized = False
        else:
            self._done.append(Unit(fields, self._unit_line, line, at))
        self._unit_at = -1

    def _error(self, what: str) -> InputError:
        return InputError(f"{self.source or 'the document'} {what}", source=self.source)


def _openings(names: tuple[str, ...]) -> re.Pattern[bytes]:
    pattern = "|".join(map(re.escape, names)).encode()
    return re.compile(rb"<(?:[A-Za-z][\w.-]*:)?(?:" + pattern + rb")(?=[\s>/])")
