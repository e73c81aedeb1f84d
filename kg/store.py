"""The contract of every store, and the values that go through it.

Nothing here speaks SQL or Cypher; `open_store` finds the implementation.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from kg.decisions import Action, UserFact
from kg.errors import SetupError
from kg.model import Attributes, Claim, Kind, Name, Property, Reading, Rejected, Remark
from kg.records import PaperRecord


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing of the graph with its id and all its spellings."""

    id: str
    """Given once, never changed or reused: 'paper:arxiv:2304.08485', 'dataset:llava-665k'."""
    kind: Kind
    name: str
    """The spelling shown: the most frequent one that somebody wrote."""
    aliases: tuple[str, ...] = ()
    """All other spellings, most frequent first."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a stored claim."""

    id: str
    kind: Kind
    name: str
    as_written: str


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """A claim with its source and the entities its names stand for."""

    claim: Claim
    source: str
    subject: End
    object: End | None
    first_load: int
    withdrawn_load: int | None = None


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """One source of the store."""

    id: str
    """Normalised path or URL, or the name given with --as."""
    format: str
    title: str
    date: str
    last_load: int
    loaded_at: str
    """When a load last changed it: ISO 8601, UTC."""
    seen_at: str
    """When it was last read, changed or not."""
    claims: int
    rejected: int
    copy_of: str
    """The source whose content it repeats word for word; '' when it is none."""
    is_forgotten: bool
    """Whether everything it said was withdrawn with `Store.forget`."""
    last_diff: Diff


@dataclass(frozen=True, slots=True)
class LoadInfo:
    """One numbered load."""

    n: int
    at: str
    source: str
    action: str
    """'load', 'copy', 'forget', 'move' or 'harvest'."""
    diff: Diff


@dataclass(frozen=True, slots=True)
class NameInfo:
    """One name of a thing: a kind and a spelling (whatever its case and punctuation)."""

    name: Name
    """As current claims write it best."""
    id: str
    """The id of this name, which is its own for good."""
    entity: str
    """The id of the thing that it stands for at present."""
    folded: str
    """The spelling without case and punctuation, which makes it this name."""


@dataclass(frozen=True, slots=True)
class SharedPlace:
    """A line that gives a name an identifier, an address or an alias."""

    name: NameInfo
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class SharedEvidence:
    """Evidence for sameness between things that were kept apart all the same."""

    kind: Kind
    type: str
    """'identifier', 'target', 'repository page' or 'alias' (which is another thing's name)."""
    value: str
    places: tuple[SharedPlace, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One claim that a load added, edited or withdrew."""

    what: str
    """'added', 'edited' or 'withdrawn'."""
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Diff:
    """What a load changed in the current claims."""

    added: int = 0
    edited: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    changes: tuple[Change, ...] = field(default=(), compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing but line numbers changed."""
        return not (self.added or self.edited or self.withdrawn)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What one load did."""

    source: str
    load: int
    """Number of the load; 0 when the text was the same as before and nothing was done."""
    diff: Diff
    rejected: int
    copy_of: str = ""
    """Another source with the same content; then nothing was added."""
    is_new: bool = True
    """Whether the source was unknown before."""
    moved_from: str = ""
    """Where the file was when its claims were loaded; it keeps them."""


@dataclass(frozen=True, slots=True)
class Doubted:
    """A candidate: something found in a source, but not sure enough to be a claim."""

    claim: Claim
    source: str


@dataclass(frozen=True, slots=True)
class News:
    """Something of arXiv's that a watch brought."""

    n: int
    """Ascending without gaps, never reused."""
    at: str
    """When it came: ISO 8601, UTC."""
    watch: str
    """Name of the watch."""
    what: str
    """'new', 'new version', 'cross-listed' or 'withdrawn'."""
    arxiv: str
    version: int
    """Of the record then; 0 where it is not told."""


@dataclass(frozen=True, slots=True)
class HarvestReport:
    """What a batch of records did; papers by their arXiv ids."""

    source: str
    load: int
    """Number of the load; 0 when nothing but the place of the harvest changed."""
    diff: Diff
    """Of the claims that the records stand for."""
    new: tuple[str, ...] = ()
    new_versions: tuple[str, ...] = ()
    cross_listed: tuple[str, ...] = ()
    """Categories came to a paper that is otherwise of the same version."""
    changed: tuple[str, ...] = ()
    """Anything else is said otherwise."""
    withdrawn: tuple[str, ...] = ()
    """Of those above, what is said to be withdrawn and was not before."""
    gone: tuple[str, ...] = ()
    """Records that the source holds no more."""
    unchanged: int = 0
    conflicts: tuple[str, ...] = ()
    """Ids that a list gives to something with another title: not attached, and for review."""
    news: tuple[News, ...] = ()
    """What the batch is to the watch that brought it, as far as that was not known."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A paper whose record names a thing."""

    paper: str
    """The id of the paper."""
    title: str
    arxiv: str
    place: str
    """'title', 'abstract' or 'title and abstract'."""
    first_load: int
    """Number of the load with which the record that says so came."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record of a paper with its source."""

    record: PaperRecord
    source: str
    first_load: int
    withdrawn_load: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that a record names."""

    id: str
    kind: Kind
    name: str
    place: str
    """'title', 'abstract' or 'title and abstract'."""


@dataclass(frozen=True, slots=True)
class RecordedPaper:
    """A current record with the paper that it speaks of, and what its text names."""

    record: PaperRecord
    source: str
    paper: str
    """The id of the paper."""
    first_load: int
    named: tuple[Named, ...]
    """By kind and name."""


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """How far a copy of a store is with what it is copying."""

    what: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What a copy of a store holds, by number of rows of each kind."""

    rows: Mapping[str, int]
    is_new: bool = True
    """Whether anything was copied: False where it was that copy already."""
    is_resumed: bool = False
    """Whether an earlier try had broken off."""


NOTHING_NAMED: Mapping[str, Collection[tuple[Name, str]]] = MappingProxyType({})
"""The mentions of records in which nobody has looked for names."""
NOTHING_FOUND: Mapping[str, str] = MappingProxyType({})
"""What a watch says of papers that it knows nothing of."""
NOTHING_SAID: Mapping[str, Sequence[Claim]] = MappingProxyType({})
"""What was read from the texts of records that nobody has read."""


class Store(Protocol):
    """Where facts are kept. Every load is all or nothing."""

    url: str

    def close(self) -> None:
        """Release the store; a second call does nothing."""

    def load(self, source: str, format: str, content_hash: str, reading: Reading) -> LoadReport:
        """Make the claims and candidates of a source exactly those of a reading, in one transaction."""

    def add_records(
        self,
        source: str,
        records: Sequence[PaperRecord],
        *,
        gone: Collection[str] = (),
        cursor: str = "",
        place: str = "",
        mentions: Mapping[str, Collection[tuple[Name, str]]] = NOTHING_NAMED,
        watch: str = "",
        found: Mapping[str, str] = NOTHING_FOUND,
        said: Mapping[str, Sequence[Claim]] = NOTHING_SAID,
        doubted: Mapping[str, Sequence[Claim]] = NOTHING_SAID,
    ) -> HarvestReport:
        """Bring in what a source says now of some papers, in one transaction.

        A record stands for the claims of `kg.records.claims_of`, which `iter_claims` and all else
        give like any others. What the source said of other papers stays. A batch that changes
        something is one load.

        With the records goes what they are to the watch that brought them (`iter_news`): 'withdrawn'
        where that is said for the first time; of a paper that was not held, what was `found`, or
        'new'; 'new version' and 'cross-listed' as the report says; of any other that is held, what
        was `found`, if the watch never brought anything of that paper. The same of the same version
        is noted once for each watch.

        What was `said` in the text of a record, read by rules for running text, become claims of
        the source at the line of the record, instead of those that were read there before: what is
        said as before stays as it is, another value is an edit, the rest is withdrawn. Where nothing
        is `said` of a record, not even (), one that changed or went loses what its text said, and
        any other keeps it. Records of one line, of before 2007 from several archives, share what is
        read there: the last that was read counts.

        Parameters
        ----------
        source : one that only harvests fill
        records : of each paper the last one counts
        gone : arXiv ids that the source holds no more; unknown ones change nothing
        cursor : how far the harvest has come behind this batch; '' leaves what was kept
        place : which harvest of the source, where it has several
        mentions : by arXiv id the models and datasets that a record names, and where ('title',
            'abstract' or 'title and abstract'); names that the store does not know are left out,
            and what a record that did not change names stays as it was
        watch : name of the watch that brought the batch; '' notes nothing
        found : by arXiv id what a paper is to the watch where the store cannot tell: 'new', 'new
            version', 'cross-listed', 'withdrawn' or '' for no news; also of papers that are held
            and not among the records. Of a paper of which the watch has brought something, only a
            version counts that is newer than all it brought: something else may have been first
        said : by arXiv id the claims read from the text of a record, about any names; of papers
            that are not among the records they are left out
        doubted : by arXiv id the candidates found in the text of a record; they replace those of
            before wherever something is `said` or `doubted` of it, and go where claims would

        Raises
        ------
        InputError
            If the source is a list, a record has no title, another word was `found`, or what was
            `said` has an extractor that is not for text, or says who is who.
        """

    def put_said(
        self,
        source: str,
        said: Mapping[str, Sequence[Claim]],
        doubted: Mapping[str, Sequence[Claim]] = NOTHING_SAID,
        *,
        cursor: str = "",
        place: str = "",
    ) -> Diff:
        """Hold what is read now from the texts of records that are held, as `add_records` takes it.

        For texts that are read again. Records that are not held are left out. One transaction, with
        the `cursor` of the `place`; one load if a claim, its quote or a candidate changes.

        Raises
        ------
        NotFoundError
            For an unknown source, or a `cursor` in one that was forgotten.
        InputError
            As `add_records`.
        """

    def iter_doubted(self, source: str | None = None) -> Iterator[Doubted]:
        """Candidates of all sources or one, sorted by source, line and what they say."""

    def iter_news(self, *, after: int = 0) -> Iterator[News]:
        """All that watches brought, by number; only what has a larger one than `after`."""

    def cursor_of(self, source: str, place: str = "") -> str:
        """Return how far a harvest of a source has come; '' when it has not begun."""

    def keep_cursor(self, source: str, place: str, cursor: str) -> None:
        """Keep how far something that follows a source has come, for `cursor_of`; '' forgets it.

        It goes along when the source gets another id, and is forgotten with it.

        Raises
        ------
        NotFoundError
            For an unknown source, or where the source was forgotten and there is nothing to follow.
        """

    def add_mentions(
        self,
        source: str,
        mentions: Mapping[str, Collection[tuple[Name, str]]],
        *,
        cursor: str = "",
        place: str = "",
    ) -> int:
        """Hold what current records name beside what is held, as `add_records` takes it.

        For names that came to the store after the records. Things that a record is known to name,
        records that are not held and names that the store does not know are left out; what was said
        before stays. One transaction, with the `cursor` of the `place`.

        Returns
        -------
        int
            How many were new.

        Raises
        ------
        NotFoundError
            For an unknown source.
        """

    def papers_naming(self, of: str) -> list[Naming]:
        """Papers whose records name a thing (id), the newest first; none for an unknown id."""

    def find_records(self, arxiv: Collection[str]) -> list[RecordedPaper]:
        """Current records of some papers (arXiv ids), by source and id; unknown ones are left out."""

    def iter_records(
        self, *, source: str | None = None, withdrawn: bool = False
    ) -> Iterator[StoredRecord]:
        """Records of papers, sorted by source and the digits of their arXiv ids.

        Current ones only, unless those that changed or went are asked for too (`withdrawn`).
        """

    def add_copy(self, source: str, format: str, content_hash: str, original: str) -> None:
        """Note that a source says what another says, so that it still does when that one changes."""

    def has_content(self, source: str, content_hash: str) -> LoadReport | None:
        """Say that this very content is already loaded (here or as a copy); None when it is not."""

    def note_seen(self, source: str) -> None:
        """Note that a source was read just now and had not changed."""

    def rename_source(self, source: str, new: str) -> None:
        """Give a source another id; its claims, history and numbers stay.

        Raises
        ------
        NotFoundError
            For an unknown source.
        InputError
            If the new id is another source's.
        """

    def forget(self, source: str) -> LoadReport:
        """Withdraw everything a source says. Raises `NotFoundError` for an unknown source."""

    def sources(self) -> list[SourceInfo]:
        """All sources, sorted by id."""

    def loads(self) -> list[LoadInfo]:
        """Every load that changed something, oldest first."""

    def rejected(self, source: str) -> list[Rejected]:
        """Lines of a source that could not be read, in order."""

    def remarks(self, source: str | None = None) -> list[tuple[str, Remark]]:
        """Readers' remarks with their source."""

    def find_entities(self, name: str, kind: Kind | None = None) -> list[Entity]:
        """Entities that have this name, alias or (old) id; empty when there are none."""

    def find_similar_names(self, name: str, limit: int = 3, kind: Kind | None = None) -> list[str]:
        """Names of the store that are spelt most like this one."""

    def iter_entities(self, kind: Kind | None = None) -> Iterator[Entity]:
        """All current entities, sorted by id."""

    def iter_claims(
        self,
        *,
        subject: str | Collection[str] | None = None,
        object: str | Collection[str] | None = None,
        predicates: Iterable[str] = (),
        source: str | None = None,
        withdrawn: bool = False,
        contested: bool = False,
    ) -> Iterator[StoredClaim]:
        """Claims about the given entities (ids), sorted by source, line and what they say.

        Several ids at once ask for the claims about any of them, none at all for no claim. Current ones only, unless those that sources have `withdrawn` are asked for too. With
        `contested` only those of things to which one predicate gives more than one value.
        """

    def entities_of_names(self, names: Sequence[Name]) -> list[str | None]:
        """For each name the id of the thing that it stands for; None where nothing does.

        'arXiv:2304.08485' stands for the paper of that identifier. Only what sources say now
        counts, so that a graph built anew gives the same.
        """

    def stubs(self) -> list[Entity]:
        """Entities that others refer to and nothing is said of, sorted by id."""

    def iter_names(
        self, kind: Kind | None = None, *, of: str | None = None, merged: bool = False
    ) -> Iterator[NameInfo]:
        """All current names, or those of one entity (id), each with the entity it stands for.

        With `merged` only the names of things that have several. Raises `NotFoundError` for an unknown id.
        """

    def shared_evidence(self) -> list[SharedEvidence]:
        """Evidence that two or more things share which were nevertheless kept apart, sorted."""

    def identifiers(
        self, of: str | Collection[str] | None = None, *, without: Property | None = None
    ) -> Mapping[str, Mapping[str, str]]:
        """For every paper id the identifiers that stand for it: scheme -> value.

        Only those of some papers (ids), or only of papers `without` any claim of a property.
        """

    def count_subjects(self, predicate: str) -> int:
        """How many entities are the subject of a current claim with this predicate."""

    def count_values(self, predicate: Property, kind: Kind) -> Mapping[str, int]:
        """How many things of a kind have which value of a property, where claims give just one.

        Those with several are what `iter_claims` calls contested.
        """

    def count_entities(self, kind: Kind) -> int:
        """How many entities of a kind current claims speak of."""

    def reasons(self, entity: str) -> Mapping[str, str]:
        """Each spelling of an entity with the reason why it is taken as this thing."""

    def counts(self) -> Mapping[str, int]:
        """How many entities of each kind and claims of each predicate there are."""

    def add_user_fact(self, action: Action, payload: Attributes, *, at: str = "") -> UserFact:
        """Put one entry of the user into the log and let it hold at once.

        A merge or split names two names (`kg.decisions.pair_payload`), which no source needs to
        use yet or any more; an undo names the number of the entry that it takes back. Without
        `at` it is said now. See `kg.decisions` for the other payloads.

        Raises
        ------
        InputError
            If the payload does not fit, or the entry to undo is undone already.
        NotFoundError
            If there is no entry of the number to undo.
        """

    def add_user_facts(self, entries: Sequence[tuple[Action, Attributes, str]]) -> list[UserFact]:
        """Put several entries (action, payload, at) into the log at once, all or none.

        Assertions and added papers become claims of the source `kg.decisions.YOU`, which no list
        can be read as. Raises as `add_user_fact`.
        """

    def user_facts(self) -> list[UserFact]:
        """The user's log, oldest first, each entry with whether it holds."""

    def number_pairs(self, pairs: Sequence[tuple[Name, Name]]) -> list[int]:
        """Give each pair of names its number for reviewing: always the same, never reused."""

    def copy_from(
        self, origin: Store, tell: Callable[[CopyProgress], None] | None = None
    ) -> CopyReport:
        """Become a copy of another store, whatever that is made of; this one is empty.

        Everything is copied: sources, loads, claims, also withdrawn ones, candidates, ids, decisions,
        news. It is done in pieces, each all or nothing; one that broke off is refused by `open_store`
        but to complete it, and goes on from where it was. Nothing happens to what is that copy already.

        Parameters
        ----------
        origin : read, never changed
        tell : called after each piece

        Raises
        ------
        InputError
            If this store holds something else, or part of what the origin was before it changed.
        StoreError
            If the origin is changed meanwhile, or one of the two cannot be read or written.
        """

    def backup(self, path: Path) -> None:
        """Write a whole copy of the store to a file, also while others use it.

        Raises `StoreError` where the file cannot be written, is a store in use, or would hold a
        damaged store; there is then no half of one, and a backup of before stays. Raises
        `SetupError` where the store is in a server, whose data are no file: `kg copy URL FILE`
        makes a copy of that.
        """


def is_missing_file(source: str) -> bool:
    """Say whether a source is a file that is no longer there (an address or a given name is not)."""
    return "://" not in source and Path(source).is_absolute() and not Path(source).exists()


def default_store_path() -> Path:
    """Path of the store used when neither --store nor KG_STORE names one."""
    from platformdirs import user_data_path

    return user_data_path("kg", appauthor=False) / "kg.sqlite"


_SERVERS = re.compile(r"(?:neo4j|bolt)(?:\+s|\+ssc)?://", re.IGNORECASE)


def is_server(url: str | None = None) -> bool:
    """Say whether a store is in a server, so that opening it may take a user and a password.

    Parameters
    ----------
    url : as `open_store` takes it
    """
    return _SERVERS.match(_store_url(url)) is not None


def has_store(url: str | None = None) -> bool:
    """Say whether there is something where `open_store` would look for the store.

    What cannot be looked up counts as there, so that opening it says what is wrong; so does a
    server, which is not asked.
    """
    try:
        return is_server(url) or _store_file(url).exists()
    except (SetupError, OSError):
        return True


def open_store(
    url: str | None = None,
    *,
    create: bool = False,
    password: str | None = None,
    completing: bool = False,
) -> Store:
    """Open the store at a path or URL.

    Parameters
    ----------
    url : a file path, or neo4j://HOST, bolt://HOST (also with +s and +ssc); without it KG_STORE,
        else a per-user path
    create : make a new store where there is none
    password : of a server; without it KG_NEO4J_PASSWORD
    completing : open also a copy that is not complete, for `Store.copy_from`

    Raises
    ------
    SetupError
        For a URL of a kind this version cannot open, a store that is not there, a wrong password or
        a server that does not fit.
    StoreError
        If the file is no store of this project, or cannot be opened; if a server does not answer;
        if it is a copy that is not complete.
    """
    if is_server(url):
        from kg.neo4j.store import Neo4jStore

        return Neo4jStore(_store_url(url), password=password, create=create, completing=completing)
    from kg.sqlite.store import SqliteStore

    return SqliteStore(_store_file(url), create=create, completing=completing)


def restore_store(url: str | None, backup: Path) -> Path | None:
    """Put a store back as it is in a backup, all or nothing; others may go on using it.

    Returns
    -------
    Path or None
        The file in which what was there before is kept, where there was something.

    Raises
    ------
    InputError
        If the backup is not there, is damaged, or is no store.
    SchemaVersionError
        If a newer version of this program wrote the backup.
    StoreError
        If the store cannot be written, or is a file of another program; it is then as it was.
    """
    from kg.sqlite.copies import restore

    return restore(_store_file(url), backup)


def _store_url(url: str | None) -> str:
    return url or os.environ.get("KG_STORE") or str(default_store_path())


def _store_file(url: str | None) -> Path:
    url = _store_url(url)
    if is_server(url):
        raise SetupError(
            f"a store at {url.split('://', 1)[0]}:// is in a server and no file; give a file path,"
            " for example --store papers.sqlite"
        )
    if "://" in url and not url.startswith("sqlite://"):
        scheme = url.split("://", 1)[0]
        raise SetupError(
            f"a store at {scheme}:// cannot be opened by this version; give a file path or an address"
            " of Neo4j, for example --store papers.sqlite or --store neo4j://localhost"
        )
    return Path(url.removeprefix("sqlite://")).expanduser()
