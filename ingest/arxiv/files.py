"""Saved pages and snapshots of arXiv's, read as a harvest is: in batches, each with its place.

Pages of OAI-PMH, answers of the API, daily feeds, and the snapshot in JSON lines; each also gzipped.
What a file is is told by its first bytes, not by its name. Memory is bounded by one batch and the
limits, whatever the size of the file, also expanded; a gzipped file is read from its start again to
go on in its middle, because gzip knows no other way, but its records are not.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from ingest.arxiv.feeds import read_atom, read_rss
from ingest.arxiv.harvest import Batch, each_once, read_cursor
from ingest.arxiv.markup import Place
from ingest.arxiv.oai import OaiReader
from ingest.arxiv.records import ArxivRecord, Limits, UnreadableError, shown
from ingest.arxiv.snapshot import read_snapshot_line
from kg.errors import InputError
from kg.model import Rejected

_STEP = 65_536
_HEAD = 4_096


@dataclass(frozen=True, slots=True)
class FileCursor:
    """How far the reading of files has come.

    Parameters
    ----------
    file : the name of the file being read, as given; those given before it are done
    mark : tells whether it is still the same file, by its first bytes
    byte, line : where to go on, counted in what the file holds expanded
    within, encoding : what is open there, for XML
    done : the names and marks of the files that were read to their end
    """

    file: str = ""
    mark: str = ""
    byte: int = 0
    line: int = 1
    within: tuple[str, ...] = ()
    encoding: str = ""
    done: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> FileCursor:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            It is something else.
        """
        return read_cursor(cls, text)


def harvest_files(
    files: Iterable[Path],
    cursor: FileCursor | None = None,
    *,
    batch_records: int = 1_000,
    limits: Limits | None = None,
) -> Iterator[Batch]:
    """Read saved pages and snapshots, in the order given, in batches.

    A file that the cursor calls done is left out, unless its first bytes have changed.

    Parameters
    ----------
    files : in an order that stays the same when reading goes on
    cursor : a kept one to go on
    batch_records : how many records a batch has at most; the last batch of each file `is_last`

    Raises
    ------
    InputError
        A file cannot be read, is none of the formats, has a document type or entities, or is larger
        than allowed where it has to be read whole.
    """
    cursor = cursor or FileCursor()
    files = list(files)
    sizes = [path.stat().st_size if path.is_file() else 0 for path in files]
    for number, path in enumerate(files):
        name = str(path)
        try:
            with path.open("rb") as file:
                saved = _Saved(file, name)
                if (name, saved.mark) in cursor.done:
                    continue
                if cursor.file != name or cursor.mark != saved.mark:
                    cursor = replace(FileCursor(name, saved.mark), done=cursor.done)
                reading = _read(saved, cursor, batch_records, limits or Limits())
                for batch, reached in reading:
                    cursor = reached
                    read = sum(sizes[:number]) + file.tell()
                    yield replace(batch, share=min(1.0, read / max(1, sum(sizes))))
        except OSError as error:
            raise InputError(
                f"{name} cannot be read: {error.strerror or error}", source=name
            ) from error


class _Saved:
    """A file's bytes, expanded as they are read."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file, self.name = file, name
        head = file.read(_HEAD)
        self.mark = hashlib.sha256(head).hexdigest()[:16]
        self.is_gzip = head[:2] == b"\x1f\x8b"
        file.seek(0)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """Give the expanded bytes from a place on.

        Raises
        ------
        InputError
            The gzip file is damaged; what came before was given.
        """
        if not self.is_gzip:
            self.file.seek(start)
            while chunk := self.file.read(_STEP):
                yield chunk
            return
        self.file.seek(0)
        to_skip = start
        for piece in self._expanded():
            if to_skip >= len(piece):
                to_skip -= len(piece)
                continue
            yield piece[to_skip:]
            to_skip = 0

    def _expanded(self) -> Iterator[bytes]:
        engine = zlib.decompressobj(16 + zlib.MAX_WBITS)
        data = self.file.read(_STEP)
        begun = False
        try:
            while data:
                piece = engine.decompress(data, _STEP)
                begun = True
                if piece:
                    yield piece
                data = engine.unconsumed_tail
                if engine.eof:  # one more member, or the zeros that pad a file
                    data = engine.unused_data.lstrip(b"\0")
                    while not data and (more := self.file.read(_STEP)):
                        data = more.lstrip(b"\0")
                    engine = zlib.decompressobj(16 + zlib.MAX_WBITS)
                    begun = bool(data)
                elif not data:
                    data = self.file.read(_STEP)
                    while not data and (piece := engine.decompress(b"", _STEP)):
                        yield piece
        except zlib.error as error:
            raise InputError(
                f"{self.name} is damaged gzip ({error}): fetch it anew; the records before the damage "
                "were read",
                source=self.name,
            ) from error
        if begun and not engine.eof:
            raise InputError(
                f"{self.name} ends in the middle of its gzip data: fetch it anew; the records before "
                "were read",
                source=self.name,
            )


_ROOT = re.compile(rb"<(?:[A-Za-z][\w.-]*:)?(OAI-PMH|feed|rss|RDF)[\s>]")
_KINDS = {b"OAI-PMH": "oai", b"feed": "atom", b"rss": "rss", b"RDF": "rss"}


def _kind(saved: _Saved) -> str:
    head = bytearray()
    for chunk in saved.chunks():
        head += chunk
        if len(head) >= _HEAD:
            break
    start = bytes(head[:_HEAD]).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"{":
        return "lines"
    if start[:1] == b"<":
        match = _ROOT.search(start)
        if match:
            return _KINDS[match[1]]
        if b"<!DOCTYPE" in start and b"<html" not in start.lower():
            return "oai"  # refused by its reader, which says why
    raise InputError(
        f"{saved.name} is none of what is read: expected a page of OAI-PMH, an answer of the API, a "
        "daily feed, or the metadata snapshot in JSON lines, each also gzipped; the file begins with "
        f"{start[:40].decode('utf-8', 'replace')!a}",
        source=saved.name,
    )


@dataclass(slots=True)
class _Gathered:
    records: list[ArxivRecord] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def add(self, found: ArxivRecord | Rejected) -> int:
        if isinstance(found, Rejected):
            self.rejected.append(found)
        else:
            self.records.append(found)
        return len(self.records) + len(self.rejected)

    def batch(self, cursor: FileCursor, remarks: tuple[str, ...] = (), *, last: bool) -> Batch:
        records, deleted = each_once(tuple(self.records))
        rejected = tuple(self.rejected)
        self.records, self.rejected = [], []
        return Batch(
            records, deleted, rejected, cursor.to_json(), cursor.file, remarks, is_last=last
        )


def _read(
    saved: _Saved, cursor: FileCursor, size: int, limits: Limits
) -> Iterator[tuple[Batch, FileCursor]]:
    gathered = _Gathered()
    done = (*cursor.done, (saved.name, saved.mark))
    finished = FileCursor(done=done)
    kind = _kind(saved)
    remarks: tuple[str, ...] = ()
    if kind == "lines":
        byte, line = cursor.byte, cursor.line
        try:
            for found, byte, line in _lines(saved, cursor, limits):
                if gathered.add(found) >= size:
                    cursor = replace(cursor, byte=byte, line=line)
                    yield gathered.batch(cursor, last=False), cursor
        except InputError:  # damaged gzip: what came before it is good
            cursor = replace(cursor, byte=byte, line=line)
            yield gathered.batch(cursor, last=False), cursor
            raise
    elif kind == "oai":
        start = Place(cursor.byte, cursor.line, cursor.within, cursor.encoding)
        reader = OaiReader(saved.name, limits, start)
        for record in reader.read(saved.chunks(cursor.byte)):
            place = reader.place
            # Behind a damaged record nothing is known of the place, so a batch ends at a good one.
            if gathered.add(record) >= size and not isinstance(record, Rejected):
                cursor = replace(
                    cursor,
                    byte=place.byte,
                    line=place.line,
                    within=place.within,
                    encoding=place.encoding,
                )
                yield gathered.batch(cursor, last=False), cursor
        scan = reader.scan
        if scan.damage or not scan.is_whole:
            remarks = (f"{saved.name}: {scan.damage or 'it ends before its end'}",)
        remarks += tuple(
            f"{saved.name}: the answer is the error {a.get('code', '')!r}"
            for name, _, a in scan.outside
            if name == "error"
        )
    else:
        read = read_atom if kind == "atom" else read_rss
        page = read(saved.chunks(), source=saved.name, limits=limits)
        gathered.records.extend(page.records)
        gathered.rejected.extend(page.rejected)
        if page.damage or not page.is_whole or page.error:
            why = page.error or page.damage or "it ends before its end"
            remarks = (f"{saved.name}: {why}",)
    yield gathered.batch(finished, remarks, last=True), finished


def _lines(
    saved: _Saved, cursor: FileCursor, limits: Limits
) -> Iterator[tuple[ArxivRecord | Rejected, int, int]]:
    """Give the records of the snapshot, each with byte and line of the place behind it."""
    byte, line = cursor.byte, cursor.line
    for text, length in _cut_lines(saved.chunks(cursor.byte), limits.record_bytes):
        found: ArxivRecord | Rejected | None = None
        if length > limits.record_bytes:
            reason = f"larger than {limits.record_bytes:,} bytes (record_bytes)"
            found = Rejected(line, shown(text.decode("utf-8", "replace")), reason)
        elif stripped := (text[3:] if byte == 0 and text[:3] == b"\xef\xbb\xbf" else text).strip():
            try:
                found = read_snapshot_line(stripped)
            except UnreadableError as error:
                found = Rejected(line, shown(stripped[:400].decode("utf-8", "replace")), str(error))
        byte, line = byte + length, line + 1
        if found is not None:
            yield found, byte, line


def _cut_lines(chunks: Iterator[bytes], limit: int) -> Iterator[tuple[bytes, int]]:
    """Give each line and its length in bytes; of one that is too long only the start."""
    rest, length = b"", 0
    for chunk in chunks:
        pieces = chunk.split(b"\n")
        for piece in pieces[:-1]:
            length += len(piece) + 1
            yield (rest + piece if length <= limit else rest[:400] or piece[:400]), length
            rest, length = b"", 0
        length += len(pieces[-1])
        rest = rest + pieces[-1] if length <= limit else rest[:400] or pieces[-1][:400]
    if length:
        yield rest, length
