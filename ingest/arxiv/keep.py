"""Batches of a harvest into a store: records and the place behind them in one transaction."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.arxiv.again import has_more_records, has_read_all, records_to_reread
from ingest.arxiv.client import API_URL, OAI_URL, ArxivClient
from ingest.arxiv.files import FileCursor, harvest_files
from ingest.arxiv.harvest import Batch, Cursor, harvest
from ingest.arxiv.naming import Dictionary, dictionary_of
from ingest.arxiv.records import ArxivRecord, UnreadableError, read_id
from ingest.arxiv.search import fetch_ids
from ingest.load import cycles_left_alone
from ingest.texts import TextSays, read_record
from kg.errors import InputError, SetupError
from kg.model import Rejected
from kg.records import ARXIV, PaperRecord
from kg.store import HarvestReport, News, Store

SOURCE = ARXIV
_BATCHES_AT_ONCE = 4_000
"""Records that are read from files for one transaction."""
_COMPLETING = "complete"
"""Under which the ids are kept that arXiv does not know."""
_NAMES = "names"
"""Under which it is kept which names were looked for in all records."""
_KEPT = 1_000
"""Rejected records and remarks that a summary tells one by one; all are counted."""


def paper_record(record: ArxivRecord) -> PaperRecord:
    """Write a record of arXiv's as a store keeps it."""
    first = record.primary_category
    categories = record.categories
    if first and categories[:1] != (first,):
        categories = (first, *(c for c in categories if c != first))
    return PaperRecord(
        record.id,
        record.title,
        tuple([a.name for a in record.authors]),
        categories,
        record.abstract,
        record.comments,
        record.dois,
        record.journal_ref,
        record.licence,
        tuple(
            [(v.number, v.submitted.isoformat() if v.submitted else "") for v in record.versions]
        ),
        record.created.isoformat() if record.created else "",
        record.updated.isoformat() if record.updated else "",
        record.is_withdrawn,
    )


@dataclass(slots=True)
class Harvested:
    """What a run has brought so far."""

    batches: int = 0
    records: int = 0
    new: int = 0
    new_versions: int = 0
    cross_listed: int = 0
    changed: int = 0
    withdrawn: int = 0
    gone: int = 0
    unchanged: int = 0
    rejected: int = 0
    conflicts: list[str] = field(default_factory=list)
    examples: list[tuple[str, Rejected]] = field(default_factory=list)
    """(page or file, record) of the first that could not be read."""
    remarks: list[str] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    """What is new to the watch that it is for."""
    missing: list[str] = field(default_factory=list)
    """Ids that were asked for and that arXiv does not know."""
    is_done: bool = False
    """Whether it was read to the end."""

    def add(self, batch: Batch, report: HarvestReport) -> None:
        """Count what one batch did."""
        self.batches += 1
        self.records += len(batch.records)
        self.new += len(report.new)
        self.new_versions += len(report.new_versions)
        self.cross_listed += len(report.cross_listed)
        self.changed += len(report.changed)
        self.withdrawn += len(report.withdrawn)
        self.gone += len(report.gone)
        self.unchanged += report.unchanged
        self.news += report.news
        self.rejected += len(batch.rejected)
        self.conflicts += report.conflicts[: max(0, _KEPT - len(self.conflicts))]
        left = max(0, _KEPT - len(self.examples))
        self.examples += [(batch.source, r) for r in batch.rejected[:left]]
        self.remarks += batch.remarks[: max(0, _KEPT - len(self.remarks))]


def keep(
    store: Store,
    batches: Iterable[Batch],
    *,
    place: str,
    summary: Harvested,
    names: Dictionary | None = None,
    tell: Callable[[Batch, Harvested], None] | None = None,
    watch: str = "",
    found: Callable[[ArxivRecord], str] = lambda record: "new",
    reads_texts: bool = False,
) -> None:
    """Bring batches into a store, each with its place in one transaction.

    Parameters
    ----------
    place : which harvest it is, for `Store.cursor_of`
    summary : counts what was done, also where the batches end with an error
    names : of models and datasets, looked for in titles and abstracts
    tell : called after each batch
    watch : for which this is done; what is new to it is noted in the same transaction
    found : what a record is to the watch where the store cannot tell, as `Store.add_records` takes it
    reads_texts : whether the titles and abstracts that name something known are read for relations,
        which takes some milliseconds each: for the papers of a day, not for all of arXiv
    """
    rest = iter(batches)
    while True:
        with cycles_left_alone():
            batch = next(rest, None)
            if batch is None:
                break
            mentions = {}
            if names is not None:
                for record in batch.records:
                    if named := names.find(record.title, record.abstract):
                        mentions[record.id] = named
            said = {}
            if reads_texts and names is not None:
                said = {
                    r.id: read_record(r.id, r.title, r.abstract, names)
                    if r.id in mentions
                    else TextSays()
                    for r in batch.records
                }
            report = store.add_records(
                SOURCE,
                [paper_record(record) for record in batch.records],
                gone=batch.deleted,
                cursor=batch.cursor,
                place=place,
                mentions=mentions,
                watch=watch,
                found={r.id: found(r) for r in batch.records} if watch else {},
                said={arxiv: s.claims for arxiv, s in said.items()},
                doubted={arxiv: s.candidates for arxiv, s in said.items()},
            )
            summary.add(batch, report)
            if tell is not None:
                tell(batch, summary)
    summary.is_done = True


def keep_files(
    store: Store,
    files: Sequence[Path],
    *,
    summary: Harvested,
    tell: Callable[[Batch, Harvested], None] | None = None,
    again: bool = False,
) -> None:
    """Read saved pages and snapshots into a store, from where an earlier run broke off.

    Parameters
    ----------
    again : read also what was read before

    Raises
    ------
    InputError
        A file cannot be read, or is none of the formats; what came before it is in the store.
    """
    place = "files"
    kept = "" if again else store.cursor_of(SOURCE, place)
    cursor = FileCursor.from_json(kept) if kept else FileCursor()
    # Absolute, so that the same file is known from another folder.
    named = [file.resolve() for file in files]
    batches = harvest_files(named, cursor, batch_records=_BATCHES_AT_ONCE)
    names = names_to_find(store, summary)
    keep(store, batches, place=place, summary=summary, names=names, tell=tell)


def place_of_set(spec: str, format: str) -> str:
    """Name the harvest of a set."""
    return f"{format} {spec or 'all'}"


def keep_set(
    store: Store,
    spec: str,
    *,
    summary: Harvested,
    client: ArxivClient | None = None,
    base: str = OAI_URL,
    format: str = "arXivRaw",
    since: str = "",
    tell: Callable[[Batch, Harvested], None] | None = None,
) -> None:
    """Harvest a set of arXiv's into a store, from where an earlier run ended.

    Parameters
    ----------
    spec : 'cs:cs:CV', 'cs', ...; '' for all of arXiv
    since : a day like 2026-01-31; begins anew from there

    Raises
    ------
    HarvestError
        arXiv cannot be read now; the place is kept, and the same call goes on.
    InputError
        arXiv knows no such set or format.
    """
    place = place_of_set(spec, format)
    kept = "" if since else store.cursor_of(SOURCE, place)
    begun = Cursor.from_json(kept) if kept else Cursor(base, format, spec, since)
    if begun.base != base:
        begun = Cursor(base, format, spec, begun.since)
    asker = client or ArxivClient()
    batches = harvest(begun, asker)
    names = names_to_find(store, summary)
    keep(store, batches, place=place, summary=summary, names=names, tell=tell)


def ids_to_complete(store: Store) -> list[str]:
    """Return the arXiv ids of papers of which no record is held, sorted."""
    held = {stored.record.arxiv for stored in store.iter_records()}
    given = {schemes["arxiv"] for schemes in store.identifiers().values() if "arxiv" in schemes}
    return sorted(a for a in given if a not in held and _is_id(a))


def _is_id(text: str) -> bool:
    """Whether a list's identifier is one that arXiv can be asked for."""
    try:
        read_id(text)
    except UnreadableError:
        return False
    return True


def complete(
    store: Store,
    *,
    summary: Harvested,
    client: ArxivClient | None = None,
    base: str = API_URL,
    again: bool = False,
    tell: Callable[[Batch, Harvested], None] | None = None,
) -> None:
    """Fetch the records of papers that the graph knows by their arXiv id alone.

    What was fetched is in the store with each answer, so that a run that is broken off is gone on
    with by the next. Ids that arXiv does not know are kept and not asked for again.

    Parameters
    ----------
    again : ask also for what arXiv did not know before

    Raises
    ------
    HarvestError
        arXiv cannot be read now.
    SetupError
        The package `arxiv` is not there.
    """
    kept = "" if again else store.cursor_of(SOURCE, _COMPLETING)
    missing = [] if not kept else _missing_of(kept)
    wanted = [a for a in ids_to_complete(store) if a not in set(missing)]

    def placed() -> Iterator[Batch]:
        for batch in fetch_ids(wanted, client=client, base=base):
            missing.extend(batch.missing)
            summary.missing += batch.missing
            yield replace(batch, cursor=json.dumps(missing))

    names = names_to_find(store, summary)
    batches = placed() if wanted else iter(())
    keep(
        store,
        batches,
        place=_COMPLETING,
        summary=summary,
        names=names,
        tell=tell,
        reads_texts=True,
    )


def _missing_of(kept: str) -> list[str]:
    try:
        missing = json.loads(kept)
    except ValueError:
        missing = None
    if not isinstance(missing, list) or not all(isinstance(a, str) for a in missing):
        raise InputError(
            f"what was kept of ids that arXiv does not know is damaged: {kept[:60]!r}; begin anew"
            " with 'kg complete --again'"
        )
    return missing


@dataclass(slots=True)
class Renamed:
    """What looking for names again has brought so far."""

    records: int = 0
    found: int = 0
    """Things that records name and that were not known to be named there."""
    is_done: bool = False


def find_names_again(
    store: Store,
    names: Dictionary,
    *,
    most: int | None = None,
    tell: Callable[[Renamed], None] | None = None,
) -> Renamed:
    """Look in all records for names, where names came to the store after the records.

    Goes on where an earlier call was broken off; does nothing when these very names were looked for
    in all records before.

    Parameters
    ----------
    most : do nothing, with `is_done` False, when there are more records
    """
    summary = Renamed()
    is_read = has_read_all(store, _NAMES, names.digest)
    if most is not None and not is_read and has_more_records(store, most):
        return summary
    for part, cursor in records_to_reread(store, _NAMES, names.digest, _BATCHES_AT_ONCE):
        with cycles_left_alone():
            found = {r.arxiv: names.find(r.title, r.abstract) for r in part}
            summary.found += store.add_mentions(SOURCE, found, cursor=cursor, place=_NAMES)
            summary.records += len(part)
        if part and tell is not None:
            tell(summary)
    summary.is_done = True
    return summary


def names_to_find(store: Store, summary: Harvested) -> Dictionary | None:
    """Return the names to look for; none, and a remark, where that cannot be done."""
    try:
        return dictionary_of(store)
    except SetupError as error:
        summary.remarks.append(f"names were not looked for: {error}")
        return None


def check_day(text: str) -> str:
    """Return a day as OAI-PMH takes it.

    Raises
    ------
    InputError
        It is none.
    """
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(f"{text!r} is no day; write it like 2026-01-31") from None
