"""Sources into a store: find the files, read each by its kind, load it with its difference."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.decode import decode_and_tell
from kg.errors import InputError
from kg.model import Reading
from kg.store import Diff, LoadReport, Store, is_missing_file

if TYPE_CHECKING:
    from ingest.fetch import Fetched

READER_VERSION = "5"
"""Raised whenever a reader would make other claims of the same text."""


def _read_markdown(text: str) -> Reading:
    from ingest.from_markdown import read_list

    return read_list(text)


def _read_html(text: str) -> Reading:
    from ingest.from_markdown import read_list

    return read_list(text, is_html=True)


def _read_bibtex(text: str) -> Reading:
    from ingest.from_bibtex import read_bibtex

    return read_bibtex(text)


READERS: dict[str, tuple[str, Callable[[str], Reading]]] = {
    ".md": ("markdown", _read_markdown),
    ".markdown": ("markdown", _read_markdown),
    ".txt": ("markdown", _read_markdown),
    ".html": ("html", _read_html),
    ".htm": ("html", _read_html),
    ".bib": ("bibtex", _read_bibtex),
}
"""File ending -> (name of the format, reader)."""

LARGEST = 64 * 1024 * 1024
"""Bytes above which a file is refused: no curated list is that long."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read, or one that was passed over and why."""

    path: Path
    skipped: str = ""


def find_files(path: Path) -> Iterator[Found]:
    """Yield the readable files of a folder (or the file itself) in order, and what was skipped.

    Symbolic links that lead out of the folder are not followed; pipes and devices are not opened.

    Raises
    ------
    InputError
        If there is nothing at the path, or it is no file that can be read.
    """
    try:
        is_there = path.exists()
    except OSError as error:
        raise InputError(
            f"{path} cannot be looked up: {error.strerror}", source=str(path)
        ) from error
    if not is_there:
        raise InputError(
            f"there is no file or folder {path}; give a list (.md, .bib, ...), a folder or an http(s) address",
            source=str(path),
        )
    if path.is_file():
        yield Found(path)
        return
    if not path.is_dir():
        raise InputError(
            f"{path} is neither a file nor a folder; pipes and devices are not read",
            source=str(path),
        )
    root = path.resolve()
    for file in _walk(path):
        outside = _leads_out(file, root)
        if outside:
            yield Found(file, outside)
        elif not file.is_file():
            yield Found(file, "no ordinary file")
        elif file.suffix.lower() not in READERS:
            yield Found(
                file, f"ending {file.suffix or 'missing'} is not one of {', '.join(READERS)}"
            )
        else:
            yield Found(file)


def _leads_out(file: Path, root: Path) -> str:
    """Say why a symbolic link is not followed; '' when it may be."""
    if not file.is_symlink():
        return ""
    try:
        inside = file.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    return "" if inside else "a link that leads out of the folder"


def _walk(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder and below, sorted, without following links to folders."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        else:
            yield entry


def source_id(path: Path) -> str:
    """Return the id of a file as a source: its absolute, normalised path."""
    return path.resolve().as_posix()


def ingest_file(store: Store, path: Path, *, name: str | None = None) -> LoadReport:
    """Read one file and load it.

    Raises
    ------
    InputError
        If the file cannot be read, is too large, or has no known ending.
    StoreError
        If the store cannot be written; it is left as it was.
    """
    ending = path.suffix.lower()
    if ending not in READERS:
        raise InputError(
            f"{path}: the ending {ending or '(none)'} is not one of {', '.join(READERS)}",
            source=str(path),
        )
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(
                f"{path} has more than {LARGEST // 2**20} MiB, too large for a curated list",
                source=str(path),
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", source=str(path)) from error
    format, reader = READERS[ending]
    return ingest_bytes(store, name or source_id(path), data, format, reader)


def ingest_bytes(
    store: Store,
    source: str,
    data: bytes,
    format: str,
    reader: Callable[[str], Reading],
    charset: str | None = None,
) -> LoadReport:
    """Read bytes by a reader and load them under a source id; known content changes nothing."""
    content_hash = hashlib.sha256(f"{READER_VERSION}:{format}:".encode() + data).hexdigest()
    try:
        source.encode()
    except UnicodeEncodeError as error:
        written = source.encode("utf-8", "backslashreplace").decode()
        raise InputError(
            f"the name {written} is not UTF-8 and cannot stand for a source; rename the file",
            source=written,
        ) from error
    known = store.has_content(source, content_hash)
    if known is not None:
        return _keep_known(store, source, format, content_hash, known)
    with cycles_left_alone():
        text, repairs = decode_and_tell(data, charset)
        reading = reader(text)
        if repairs:
            reading = replace(reading, remarks=(*repairs, *reading.remarks))
        return store.load(source, format, content_hash, reading)


def _keep_known(
    store: Store, source: str, format: str, content_hash: str, known: LoadReport
) -> LoadReport:
    """Note that known content was read again: unchanged, moved here, or copied here."""
    if not known.copy_of:
        store.note_seen(source)
        return known
    if not known.is_new:
        store.note_seen(source)
    elif is_missing_file(known.copy_of):
        store.rename_source(known.copy_of, source)
        return replace(known, copy_of="", moved_from=known.copy_of)
    else:
        store.add_copy(source, format, content_hash, known.copy_of)
    return known


def find_vanished(store: Store, folder: Path) -> list[str]:
    """Return the sources that were files in a folder or below and are no longer there."""
    root = folder.resolve()
    return [
        s.id
        for s in store.sources()
        if not s.is_forgotten and is_missing_file(s.id) and Path(s.id).is_relative_to(root)
    ]


@contextlib.contextmanager
def cycles_left_alone() -> Iterator[None]:
    """Keep the cycle collector off while one source, or a piece of one, is read and loaded.

    Claims are many small objects without cycles; looking through them again and again costs an
    eighth of the time (benchmarks/RESULTS.md).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


_FORMAT_OF_TYPE = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/x-bibtex": ".bib",
    "text/x-bibtex": ".bib",
}


def ingest_url(
    store: Store, url: str, *, name: str | None = None, allow_private: bool = False
) -> LoadReport:
    """Read a web page and load it; a repository's blob and raw pages are one source.

    Raises
    ------
    FetchError
        If the page cannot be read, or its address is not allowed.
    InputError
        If the address cannot be used.
    """
    from ingest.fetch import fetch_page

    return _ingest_page(store, fetch_page(url, allow_private=allow_private), name)


def reread_url(store: Store, url: str, *, allow_private: bool = False) -> LoadReport:
    """Read a web page again if it has changed since this was last called for it, and load it.

    The server is told which state is held (ETag, Last-Modified), so that an unchanged page is not
    sent again.

    Raises
    ------
    FetchError, InputError
        As `ingest_url`.
    """
    from ingest.fetch import fetch_page, normalise_url

    source = normalise_url(url)
    held = next((s for s in store.sources() if s.id == source and not s.is_forgotten), None)
    state = _page_state(store.cursor_of(source, _PAGE)) if held else {}
    page = fetch_page(
        url,
        allow_private=allow_private,
        etag=state.get("etag"),
        last_modified=state.get("last_modified"),
    )
    if page.not_modified and held:
        store.note_seen(source)
        return LoadReport(
            source, 0, Diff(unchanged=held.claims), held.rejected, held.copy_of, is_new=False
        )
    report = _ingest_page(store, page, None)
    # Behind the load: whoever is killed in between reads the page once more, and changes nothing.
    told = {"etag": page.etag, "last_modified": page.last_modified, "reader": READER_VERSION}
    store.keep_cursor(source, _PAGE, json.dumps(told))
    return report


_PAGE = "page"


def _page_state(kept: str) -> dict[str, str]:
    """Return what to tell the server; nothing where a reader of before read the page."""
    try:
        state = json.loads(kept or "{}")
    except ValueError:
        return {}
    if not isinstance(state, dict) or state.get("reader") != READER_VERSION:
        return {}
    return {k: v for k, v in state.items() if k in ("etag", "last_modified") and v}


def _ingest_page(store: Store, page: Fetched, name: str | None) -> LoadReport:
    ending = Path(page.url.split("?")[0].split("#")[0]).suffix.lower()
    chosen = _FORMAT_OF_TYPE.get(page.content_type) or (ending if ending in READERS else ".md")
    format, reader = READERS[chosen]
    return ingest_bytes(store, name or page.source, page.content, format, reader, page.charset)
