"""What a store must be able to hold and find, so that the engine can work on it.

The line between meaning and database: the engine decides, a `Rows` holds. An implementation has
nothing to decide: no rule about names, no choice between rows, no number of its own.

Rules for all methods:

- They are set-wise: each takes and gives back many rows at a time, because each may be one round
  trip. Any number of arguments is allowed, also none, and arguments may repeat where they are not
  said to differ; cutting them into pieces is the implementation's business.
- What comes out has no order, unless the method states one. The engine sorts by itself, in Python,
  so that databases with other collations give the same.
- A method that reads sees all that the same object has written before it, also inside the open
  transaction. Methods that write are called inside `writing` only, but for `keep_count`.
- Numbers of rows are given by the engine inside the transaction (`last_number` + 1, + 2, ...).
- Texts are kept exactly, whatever characters they have; a text that cannot be kept (half of a
  surrogate pair) is a `StoreError` and nothing of the transaction stays.
- Text compared is compared exactly, by code points: no case, no accents, no trimming.
- Texts given may be of a subclass of `str`; collections may be of any kind, also views of a dict.
- A name is *in use* when its `text` is not ''. A claim is *current* when `withdrawn_load` is None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import ClassVar, NamedTuple, TypeAlias

from kg.identity import NameKey
from kg.model import Rejected, Remark


class DamagedRowError(Exception):
    """A row that cannot be what this program wrote.

    Raised by the engine inside `Rows.reading` or `Rows.writing`, which make of it the `StoreError`
    that says that the store is damaged.
    """


class Numbered(StrEnum):
    """The rows that the engine numbers, each from 1."""

    SOURCE = "source"
    LOAD = "load"
    NAME = "name"
    CLAIM = "claim"
    FACT = "fact"
    REVIEW = "review"
    RECORD = "record"
    NEWS = "news"
    DOUBTED = "doubted"


class SourceRow(NamedTuple):
    """A source, also one that was forgotten."""

    id: int
    name: str
    """Unique among sources."""
    format: str
    content_hash: str
    """'' when the source was forgotten."""
    title: str
    date: str
    last_load: int
    """Number of the load that last changed it; the load's row may come after this one."""
    copy_of: int | None
    """The source whose content it repeats."""
    seen_at: str


class LoadRow(NamedTuple):
    """A numbered load."""

    n: int
    source: int
    at: str
    action: str
    added: int
    edited: int
    withdrawn: int
    unchanged: int


class NameRow(NamedTuple):
    """A name: one kind and folded spelling, and the owner of a generic name. Never removed."""

    id: int
    kind: str
    fold: str
    scope: str
    """'' but for generic names; (kind, fold, scope) is unique."""
    text: str
    """The best spelling of current claims; '' when no current claim uses the name."""
    ident: str
    """The id told to users; unique, also against all former ids."""
    entity: int
    """The name that stands for the whole thing (itself when it stands alone)."""
    heir: int | None
    """Where the id leads while the name is not in use."""


class ClaimRow(NamedTuple):
    """A claim, current or withdrawn."""

    id: int
    source: int
    subject: int
    subject_text: str
    predicate: str
    object: int | None
    object_text: str | None
    qualifiers: str
    """JSON, keys sorted; so are the details."""
    details: str
    stance: str
    line: int
    quote: str
    extractor: str
    confidence: float
    first_load: int
    withdrawn_load: int | None


class HeldClaim(NamedTuple):
    """A `ClaimRow` with what its names are, in the same row."""

    id: int
    source: int
    subject: int
    subject_text: str
    predicate: str
    object: int | None
    object_text: str | None
    qualifiers: str
    details: str
    stance: str
    line: int
    quote: str
    extractor: str
    confidence: float
    first_load: int
    withdrawn_load: int | None
    subject_kind: str
    subject_scope: str
    object_kind: str | None
    object_scope: str | None


class PlaceRow(NamedTuple):
    """Where and how surely a claim is said, when that alone changed."""

    line: int
    quote: str
    extractor: str
    confidence: float
    claim: int


class RecordRow(NamedTuple):
    """A harvested record of a paper, current or withdrawn; it stands for the claims it makes.

    Its identifiers are held as claims too, of the same source and line.
    """

    id: int
    source: int
    arxiv: str
    """One current record of a source has it."""
    name: int
    """The name of its paper, which is its title."""
    line: int
    says: str
    """The properties that it stands for and no claim holds, each between blanks: ' date year '."""
    data: str
    """JSON, see `kg.records`."""
    first_load: int
    withdrawn_load: int | None


class MentionRow(NamedTuple):
    """A thing that a record names; (record, name) is unique."""

    record: int
    name: int
    """Of the model or dataset."""
    place: str
    """'title', 'abstract' or 'title and abstract'."""


class NewsRow(NamedTuple):
    """What a paper was to a watch when it came. Never changed or removed."""

    n: int
    at: str
    watch: str
    what: str
    arxiv: str
    version: int
    """0 where it is not told."""


class DoubtedRow(NamedTuple):
    """A candidate: something found in a source, but not sure enough to be a claim."""

    id: int
    """Of several that were removed, the numbers may come again."""
    source: int
    line: int
    said: str
    """JSON, see `kg.engine.encoding`."""


class RecordView(NamedTuple):
    """A record with its source and what its name is and stands for."""

    source: str
    """Name of the source."""
    line: int
    record: int
    """Its number."""
    data: str
    first_load: int
    withdrawn_load: int | None
    subject: int
    subject_kind: str
    subject_scope: str
    subject_entity: int
    subject_ident: str
    own_name: str | None
    """As in a `ClaimView`."""


class EvidenceRow(NamedTuple):
    """What a current claim says about sameness; (claim, type, value) is unique."""

    claim: int
    name: int
    kind: str
    type: str
    """'identifier', 'target', 'repository', 'repository page' or 'alias'."""
    value: str
    is_entry: bool


EvidencePlace: TypeAlias = tuple[int, str, str, bool, int, int, str]
"""Evidence of a name and where it is given: (name, type, value, is entry, source, line, extractor)."""

ListedRow: TypeAlias = tuple[int, int, int, str, str]
"""A name as an item of what a source lists: (name, source, subject, predicate, qualifiers)."""


class SpellingRow(NamedTuple):
    """A change of a name's best spelling; '' stands for none."""

    name: int
    before: str
    now: str


class ReasonRow(NamedTuple):
    """Why two names of an entity are taken as one; all four are the key."""

    entity: int
    a: int
    b: int
    why: str


class FactRow(NamedTuple):
    """An entry of the user's log."""

    n: int
    at: str
    action: str
    payload: str
    """JSON."""


class RulingRow(NamedTuple):
    """A name of which decisions speak, which no source needs to use; (kind, fold, scope) is the key."""

    kind: str
    fold: str
    scope: str
    number: int
    """Of its group: names that were merged have one number."""
    decisions: str
    """The decisions that made the group, as shown."""


class CopyNote(NamedTuple):
    """How far a store is with becoming a copy of another; it is whole when there is none."""

    origin: str
    """The store that is copied, as people name it."""
    state: str
    """What that store was when the copy was begun; text that the engine compares."""
    stage: str
    """What is being copied."""
    number: int
    """Up to which number that has been copied."""


class SharedPlaceRow(NamedTuple):
    """Evidence of a name at the place of its claim."""

    kind: str
    type: str
    value: str
    name: int
    source: int
    line: int


class ClaimView(NamedTuple):
    """A claim with its source and what its names are and stand for.

    There may be millions: the engine takes them by position, so that plain tuples of this order
    can be given.
    """

    source: str
    """Name of the source."""
    subject_text: str
    subject: int
    subject_kind: str
    subject_scope: str
    subject_entity: int
    subject_ident: str
    """Of the name itself, not of its entity."""
    own_name: str | None
    """The text of the subject where it alone is its entity: it stands for itself, and no other name
    (in use or not) has it as entity. None otherwise; an implementation may always give None, the
    engine then asks `Rows.entities`."""
    object_text: str
    """'' without an object, and so the kind and the scope."""
    object: int | None
    object_kind: str
    object_scope: str
    object_entity: int
    """0 without an object."""
    predicate: str
    qualifiers: str
    details: str
    stance: str
    line: int
    quote: str
    extractor: str
    confidence: float
    first_load: int
    withdrawn_load: int | None
    claim: int
    """Its number."""


NamePair: TypeAlias = tuple[NameKey, NameKey]
"""Two names of one kind, the smaller first."""


_what_it_says = itemgetter(
    *map(
        ClaimView._fields.index,
        (
            "source",
            "line",
            "predicate",
            "subject_text",
            "object_text",
            "qualifiers",
            "details",
            "first_load",
            "claim",
        ),
    )
)


def in_order(rows: Iterable[ClaimView]) -> Iterator[ClaimView]:
    """Put claims that come by source and line into the order of `Rows.claims`, a line at a time."""
    by_line = itemgetter(ClaimView._fields.index("source"), ClaimView._fields.index("line"))
    for _, claims in groupby(rows, key=by_line):
        yield from sorted(claims, key=_what_it_says)


PropertyValue: TypeAlias = (
    str | int | float | bool | list[str] | list[int] | list[float] | list[bool]
)
"""What a property of a shown thing or link may be; whole numbers fit into 64 bits."""


class ThingRow(NamedTuple):
    """A thing as it is shown to people who browse the database itself."""

    number: int
    """Its entity."""
    kind: str
    properties: Mapping[str, PropertyValue]
    """'id', 'name', 'aliases', and what sources say of it."""


class LinkRow(NamedTuple):
    """A link as it is shown: what all claims that join two things in one way add up to."""

    subject: int
    relation: str
    object: int
    properties: Mapping[str, PropertyValue]
    """Qualifiers and values, 'confidence', 'claims' (their numbers) and 'sources' (names)."""


class Rows(ABC):
    """The rows of one store; see the rules of this module."""

    has_front: ClassVar[bool] = False
    """Whether things and links are also held as `show_things` and `show_links` give them, derived
    from all other rows, for people who ask the database itself. The engine then keeps them true,
    in the transaction that changes anything they are derived from."""

    # -- transactions -------------------------------------------------------------------------

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]:
        """Run a block in one write transaction, alone: another process that writes waits or fails.

        It is committed, durably, when the block ends; any exception (also a KeyboardInterrupt)
        undoes all of it and goes on, errors of the database as those of `kg.errors`. Blocks are
        never nested.
        """

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """Run a block that reads; errors of the database come out as those of `kg.errors`.

        Several reads in it need not be of one moment. May be nested, also in `writing`, and may
        stay open while the same object writes.
        """

    def show_things(self, entities: Collection[int] | None, rows: Sequence[ThingRow]) -> None:
        """Show these things, and none other of these entities; None: none other at all.

        Links from and to things that are shown before and after stay. Nothing happens in a store
        without a front.
        """
        return

    def show_links(self, subjects: Collection[int], rows: Sequence[LinkRow]) -> None:
        """Show these links, and none other whose subject is one of these entities.

        All ends are shown. Nothing happens in a store without a front.
        """
        return

    @abstractmethod
    def last_number(self, of: Numbered) -> int:
        """Return the largest number of these rows; 0 when there are none.

        Inside `writing` nobody else can take the next one.
        """

    # -- sources and loads --------------------------------------------------------------------

    @abstractmethod
    def find_sources(
        self,
        *,
        id: int | None = None,
        name: str | None = None,
        content_hash: str | None = None,
        copy_of: int | None = None,
    ) -> list[SourceRow]:
        """Return the sources that fit all that is given; all sources when nothing is."""

    @abstractmethod
    def put_sources(self, rows: Sequence[SourceRow]) -> None:
        """Hold sources: a new id makes one, a known one replaces all that was held of it."""

    @abstractmethod
    def take_history(self, heir: int, source: int) -> None:
        """Give all claims and records (also withdrawn ones) and loads of a source to another.

        The source is removed; it has no rejected lines, remarks, candidates, copies or cursors any
        more.
        """

    @abstractmethod
    def find_loads(self, numbers: Collection[int] | None = None) -> list[LoadRow]:
        """Return the loads of these numbers, each once; all when nothing is given."""

    @abstractmethod
    def add_loads(self, rows: Sequence[LoadRow]) -> None:
        """Hold new loads; their sources are there."""

    @abstractmethod
    def count_of_sources(self, sources: Collection[int]) -> dict[int, tuple[int, int]]:
        """Return for every source given how many current claims and rejected lines it has (0, 0: none).

        Those that its records stand for are not among them: see `count_records`.
        """

    @abstractmethod
    def replace_remains(
        self, source: int, rejected: Sequence[Rejected], remarks: Sequence[Remark]
    ) -> None:
        """Make the rejected lines and remarks of a source exactly these."""

    @abstractmethod
    def rejected(self, source: int) -> list[Rejected]:
        """Return the rejected lines of a source in the order in which they were put."""

    @abstractmethod
    def remarks(self, sources: Collection[int] | None = None) -> list[tuple[int, Remark]]:
        """Return (source, remark) for these sources, or for all.

        Those of one source come in the order in which they were put.
        """

    # -- names --------------------------------------------------------------------------------

    @abstractmethod
    def numbers_of(self, keys: Collection[NameKey]) -> dict[NameKey, int]:
        """Return the number of every (kind, fold, scope) that is a name, in use or not."""

    @abstractmethod
    def names(self, numbers: Collection[int]) -> list[NameRow]:
        """Return the names of these numbers, each once; what is no name is left out."""

    @abstractmethod
    def names_of_idents(self, idents: Collection[str]) -> dict[str, NameRow]:
        """Return the name that has each id at present, or had it (`give_idents`)."""

    @abstractmethod
    def taken_idents(self, idents: Collection[str]) -> set[str]:
        """Return those of the ids that a name has or had."""

    @abstractmethod
    def arxiv_idents(self, names: Collection[int]) -> dict[int, tuple[str, set[str]]]:
        """Return for names that have or had an id beginning with 'paper:arxiv:' (id, former ones).

        The id is the present one, whatever it begins with; of the former ones only those that
        begin so.
        """

    @abstractmethod
    def add_names(self, rows: Sequence[NameRow]) -> None:
        """Hold new names; none of their numbers, keys and ids is there.

        What searches names by their text finds those in use.
        """

    @abstractmethod
    def give_idents(self, idents: Mapping[int, str]) -> None:
        """Give names (number -> id) other ids.

        The present id of each becomes a former id of it. The new one, if it was a former id of it,
        is no former id any more.
        """

    @abstractmethod
    def spell(self, changes: Sequence[SpellingRow]) -> None:
        """Set the text of names, each at most once; `before` is what it is until now.

        What searches names by their text follows: a name not in use is not found by it.
        """

    @abstractmethod
    def set_entities(self, rows: Sequence[tuple[int, int]]) -> None:
        """Set the entity of names: (name, entity); of a name that comes twice the last counts."""

    @abstractmethod
    def set_heirs(self, rows: Sequence[tuple[int, int]]) -> None:
        """Set the heir of names: (name, heir), each name at most once."""

    # -- sameness -----------------------------------------------------------------------------

    @abstractmethod
    def linked_to(self, names: Collection[int]) -> set[int]:
        """Return the names one step away from any of these; these themselves may be among them.

        A name N is one step away from a given name G when

        - both have evidence of the same kind and value, of whichever types;
        - or G has evidence of type 'repository' or 'alias', and N is the name of its kind and with
          scope '' whose fold is its value; or the same with N and G exchanged;
        - or both have the same entity;
        - or both are names of one group of the rulings (same kind, fold and scope as two rows of
          one number).

        Names not in use count too.
        """

    @abstractmethod
    def evidence_of(self, names: Collection[int]) -> list[EvidencePlace]:
        """Return all evidence of these names, each with place and extractor of its claim.

        'is entry' may be 0 or 1 instead of a bool.
        """

    @abstractmethod
    def listed_with(
        self, names: Collection[int], predicates: Collection[str]
    ) -> Iterable[ListedRow]:
        """Return (object, source, subject, predicate, qualifiers) of current claims, as plain tuples.

        Those of these predicates whose object is one of these names, but for claims read from
        running text (`kg.model.FROM_TEXT`); repeated ones may come once.
        """

    @abstractmethod
    def spellings(self, names: Collection[int]) -> Iterable[tuple[int, str, int]]:
        """Return (name, text, count) for the texts by which current claims write these names.

        As subject and as object; the same name and text may come several times, counts then add up.
        A claim whose subject and object is one name counts twice.
        """

    @abstractmethod
    def stated_texts(
        self, names: Collection[int], predicates: Collection[str]
    ) -> list[tuple[int, str]]:
        """Return (subject, details) of current claims of these predicates about these names."""

    @abstractmethod
    def replace_reasons(self, entities: Collection[int], rows: Sequence[ReasonRow]) -> None:
        """Remove all reasons of these entities and hold these instead; equal ones are held once."""

    @abstractmethod
    def replace_rulings(
        self, rows: Sequence[RulingRow], apart: Collection[tuple[int, int]]
    ) -> None:
        """Hold exactly these rulings, and these pairs of groups that were split, in both orders."""

    @abstractmethod
    def rulings_of(self, names: Collection[int]) -> list[tuple[int, int, str]]:
        """Return (name, group, decisions) for those of these names of which a ruling speaks."""

    @abstractmethod
    def ruled_apart(self) -> list[tuple[int, int]]:
        """Return all pairs of groups that were split, in both orders."""

    @abstractmethod
    def parted_folds(self, names: Collection[int]) -> list[tuple[int, str]]:
        """Return (name, fold) for what the things of these names were split from.

        For a given name: all names of its entity, their groups in the rulings, the groups split
        from those, and the folds of all rows of these. Quick where nothing was split.
        """

    # -- claims -------------------------------------------------------------------------------

    @abstractmethod
    def held_claims(self, source: int) -> list[HeldClaim]:
        """Return the current claims of a source, sorted by id."""

    @abstractmethod
    def held_evidence(self, source: int) -> list[EvidenceRow]:
        """Return the evidence that claims of a source give."""

    @abstractmethod
    def add_claims(self, rows: Sequence[ClaimRow], evidence: Sequence[EvidenceRow]) -> None:
        """Hold new claims, and evidence, whose claims are among these; of equal keys the first."""

    @abstractmethod
    def move_claims(self, rows: Sequence[PlaceRow]) -> None:
        """Set line, quote, extractor and confidence of claims."""

    @abstractmethod
    def withdraw_claims(self, claims: Sequence[int], load: int) -> None:
        """Set the load by which claims were withdrawn, and remove their evidence."""

    @abstractmethod
    def held_claims_of(self, source: int, names: Collection[int]) -> list[HeldClaim]:
        """Return the current claims of a source about some names, sorted by id."""

    @abstractmethod
    def held_from_text(self, source: int, lines: Collection[int]) -> list[HeldClaim]:
        """Return the current claims of a source at some lines that were read from running text.

        Those whose extractor begins with `kg.model.FROM_TEXT`, sorted by id.
        """

    # -- candidates ---------------------------------------------------------------------------

    @abstractmethod
    def add_doubted(self, rows: Sequence[DoubtedRow]) -> None:
        """Hold candidates; their sources are there."""

    @abstractmethod
    def remove_doubted(self, source: int, lines: Collection[int] | None) -> None:
        """Hold no candidates of a source any more, or none at these lines."""

    @abstractmethod
    def doubted_at(self, source: int, lines: Collection[int]) -> list[DoubtedRow]:
        """Return the candidates of a source at these lines."""

    @abstractmethod
    def doubted_of(self, source: int) -> Iterator[DoubtedRow]:
        """Yield the candidates of a source, sorted by line; those of one line in any order.

        Not all at once in memory where they are many; the caller may write while it iterates.
        """

    @abstractmethod
    def sources_doubted(self) -> set[int]:
        """Return the sources that have candidates."""

    @abstractmethod
    def count_doubted(self) -> int:
        """Return how many candidates there are."""

    @abstractmethod
    def doubted_numbered(self, after: int, last: int) -> list[DoubtedRow]:
        """Return the candidates of some numbers (see whole copies)."""

    # -- records ------------------------------------------------------------------------------

    @abstractmethod
    def held_records(self, source: int, arxiv: Collection[str] | None) -> list[RecordRow]:
        """Return the current records of a source that have one of these arXiv ids; None: all."""

    @abstractmethod
    def add_records(self, rows: Sequence[RecordRow]) -> None:
        """Hold new records; their sources and names are there."""

    @abstractmethod
    def withdraw_records(self, records: Collection[int], load: int) -> None:
        """Set the load by which records were withdrawn."""

    @abstractmethod
    def records(
        self,
        *,
        subjects: Collection[int] | None,
        predicates: Collection[str],
        source: str | None,
        withdrawn: bool,
    ) -> Iterator[RecordView]:
        """Yield records that fit all that is asked, as `claims` does.

        Sorted by name of the source and line, those of one line in any order. Not all at once in
        memory where they are many; the caller may write while it iterates.

        Parameters
        ----------
        subjects : entities; None: any
        predicates : only records that stand for a property among these; none of them: any
        source : its name; None: any
        withdrawn : whether records that are not current come too
        """

    @abstractmethod
    def records_numbered(self, after: int, last: int) -> list[RecordRow]:
        """Return the records, also withdrawn ones, of some numbers (see whole copies)."""

    @abstractmethod
    def add_mentions(self, rows: Sequence[MentionRow]) -> None:
        """Hold what records name; records and names are there."""

    @abstractmethod
    def mentions_of(self, entities: Collection[int]) -> list[tuple[str, int, str, int]]:
        """Return where current records name these entities.

        As (arXiv id, name of the paper, place, first load of the record).
        """

    @abstractmethod
    def mentions_in(self, records: Collection[int]) -> list[MentionRow]:
        """Return what these records name."""

    @abstractmethod
    def mentions_numbered(self, after: int, last: int) -> list[MentionRow]:
        """Return what the records of some numbers name (see whole copies)."""

    @abstractmethod
    def count_records(self) -> list[tuple[int, str, int]]:
        """Return (source, says, how many) for current records; no zeros."""

    @abstractmethod
    def entities_of_records(self, beside: Collection[str]) -> set[int]:
        """Return entities of which current records speak, and something else too.

        Something else is another current record or a current claim with one of these predicates.
        """

    @abstractmethod
    def cursors(self) -> list[tuple[int, str, str]]:
        """Return (source, place, cursor): how far the harvests of sources have come."""

    @abstractmethod
    def set_cursor(self, source: int, place: str, cursor: str) -> None:
        """Hold how far a harvest has come, instead of what it was; '' removes that."""

    @abstractmethod
    def add_news(self, rows: Sequence[NewsRow]) -> None:
        """Hold what watches brought."""

    @abstractmethod
    def news_of(self, watch: str, arxiv: Collection[str]) -> list[NewsRow]:
        """Return what a watch brought of papers with these arXiv ids."""

    @abstractmethod
    def news_numbered(self, after: int, last: int) -> list[NewsRow]:
        """Return what watches brought, of some numbers (see whole copies)."""

    # -- what the user says -------------------------------------------------------------------

    @abstractmethod
    def facts(self) -> list[FactRow]:
        """Return the user's log, sorted by number."""

    @abstractmethod
    def add_facts(self, rows: Sequence[FactRow]) -> None:
        """Hold new entries of the log."""

    @abstractmethod
    def review_numbers(self, pairs: Collection[NamePair]) -> dict[NamePair, int]:
        """Return the numbers of those pairs that have one."""

    @abstractmethod
    def add_reviews(self, rows: Sequence[tuple[int, NamePair]]) -> None:
        """Hold the numbers of pairs that have none yet."""

    # -- whole copies -------------------------------------------------------------------------
    #
    # Rows as they are, for another store. Those that may be many come by number: all whose number
    # is larger than `after` and at most `last`.

    @abstractmethod
    def names_numbered(self, after: int, last: int) -> list[NameRow]:
        """Return the names, in use or not, of some numbers."""

    @abstractmethod
    def claims_numbered(self, after: int, last: int) -> list[ClaimRow]:
        """Return the claims, also withdrawn ones, of some numbers."""

    @abstractmethod
    def evidence_numbered(self, after: int, last: int) -> list[EvidenceRow]:
        """Return the evidence that claims of some numbers give."""

    @abstractmethod
    def reasons_numbered(self, after: int, last: int) -> list[ReasonRow]:
        """Return the reasons of the entities of some numbers."""

    @abstractmethod
    def reviews_numbered(self, after: int, last: int) -> list[tuple[int, NamePair]]:
        """Return the pairs of names that have some numbers, with these."""

    @abstractmethod
    def former_idents(self) -> list[tuple[str, int]]:
        """Return all (former id, name)."""

    @abstractmethod
    def add_former_idents(self, rows: Sequence[tuple[str, int]]) -> None:
        """Hold (former id, name); the names are there, and no name has or had one of these ids."""

    @abstractmethod
    def rulings(self) -> list[RulingRow]:
        """Return all rulings."""

    @abstractmethod
    def copy_note(self) -> CopyNote | None:
        """Return how far the store is with becoming a copy; None when it is whole."""

    @abstractmethod
    def set_copy_note(self, note: CopyNote | None) -> None:
        """Hold this instead of what `copy_note` gave."""

    # -- answers: names and entities ----------------------------------------------------------

    @abstractmethod
    def names_folded(self, folds: Collection[str]) -> list[NameRow]:
        """Return the names, of all kinds and scopes, in use or not, that have one of these folds."""

    @abstractmethod
    def names_giving(self, type: str, values: Collection[str]) -> list[tuple[str, NameRow]]:
        """Return (value, name) for names with evidence of this type and one of these values.

        Each pair once, however many claims give it.
        """

    @abstractmethod
    def names_sharing(self, grams: Collection[str], limit: int) -> list[tuple[str, str]]:
        """Return (text, kind) of the names in use that share most of these trigrams.

        The grams differ; each is three characters long and without capitals. A name shares a gram
        when its text, in lower case (each character by itself, as Unicode folds it simply),
        contains it. At most `limit` names that share any, in the order of how many they share (most
        first), length of the fold in code points (shortest first), number.
        """

    @abstractmethod
    def names_beginning(self, prefix: str, limit: int) -> list[tuple[str, str]]:
        """Return (text, kind) of the first names in use, by number, whose fold begins so."""

    @abstractmethod
    def names_in_use(
        self, kind: str | None, entity: int | None, *, merged: bool
    ) -> Iterator[tuple[str, str, str, str, str, str]]:
        """Yield (kind, text, scope, id, id of its entity, fold) of the names in use, by number.

        Only those of a kind or an entity, where one is given; with `merged` only those whose
        entity is also that of another name in use. Not all at once in memory where they are many.
        """

    @abstractmethod
    def idents_of(self, keys: Collection[NameKey]) -> dict[NameKey, str]:
        """Return for every (kind, fold, scope) that is a name in use the id of its entity."""

    @abstractmethod
    def entities_in_use(self, kind: str | None) -> list[int]:
        """Return the entities of all names in use, or of those of a kind, each once."""

    @abstractmethod
    def entities_unspoken_of(self) -> list[int]:
        """Return the entities of names in use none of whose names is the subject of a current claim.

        Each once.
        """

    @abstractmethod
    def members(self, entities: Collection[int]) -> list[NameRow]:
        """Return all names, in use or not, whose entity is one of these."""

    @abstractmethod
    def entities(self, numbers: Collection[int]) -> list[tuple[int, str, str, str, int]]:
        """Return (number, id, kind, text, n) of the names of these numbers.

        n is how many names in use have that name as entity.
        """

    @abstractmethod
    def taken_aliases(self, entities: Collection[int]) -> list[tuple[int, str]]:
        """Return (entity, value) for aliases that names of these entities state and others are.

        The value is of evidence of type 'alias' of a name of the entity, and the fold of a name in
        use of the same kind (as the evidence), with scope '' and another entity.
        """

    @abstractmethod
    def shared_places(self, types: Collection[str]) -> list[SharedPlaceRow]:
        """Return the places of evidence that names of several entities share.

        All evidence of these types whose (kind, type, value) names of more than one entity have.
        """

    @abstractmethod
    def taken_alias_places(self) -> list[SharedPlaceRow]:
        """Return the places of all evidence that `taken_aliases` speaks of, whatever the entity."""

    @abstractmethod
    def reasons(self, entity: int) -> list[ReasonRow]:
        """Return the reasons of an entity."""

    # -- answers: claims ----------------------------------------------------------------------

    @abstractmethod
    def claims(
        self,
        *,
        subjects: Collection[int] | None,
        objects: Collection[int] | None,
        predicates: Collection[str],
        source: str | None,
        withdrawn: bool,
        contested: bool,
    ) -> Iterator[ClaimView]:
        """Yield claims that fit all that is asked.

        Sorted by name of the source, line, predicate, text of the subject, text of the object,
        qualifiers, details, first load, number; texts by code points. A database that orders texts
        otherwise can leave all after the line to `in_order`. Not all at once in memory where they
        are many; the caller may write while it iterates.

        Parameters
        ----------
        subjects, objects : entities, one of which the subject or object has; None: any. An empty
            collection fits nothing
        predicates : none of them: any
        source : its name; None: any
        withdrawn : whether claims that are not current come too
        contested : only claims whose (entity of the subject, predicate) is contested: current
            claims about that entity with that predicate have different details
        """

    @abstractmethod
    def identifiers(
        self, entities: Collection[int] | None, without: str | None
    ) -> Iterable[tuple[int, str, str, str, str, str, int, int]]:
        """Return (name, text, fold, id of its entity, value, extractor, source, line).

        For all evidence of type 'identifier', or that of the names of these entities; `without` a
        predicate only of entities none of whose names is the subject of a current claim with it.
        """

    @abstractmethod
    def count_values(self, predicate: str, kind: str) -> list[tuple[str, int]]:
        """Return (details, entities) for current claims of a predicate about names of a kind.

        Only of entities of which all these claims have the same details; each details once.
        """

    @abstractmethod
    def count_subjects(self, predicate: str, stance: str) -> int:
        """Return how many entities are the subject of a current claim of a predicate and stance.

        With the stance 'states' also those of which a current record stands for the predicate.
        """

    @abstractmethod
    def count_entities(self, kind: str | None = None) -> dict[str, int]:
        """Return for each kind, or this one, how many entities its names in use have; no zeros."""

    @abstractmethod
    def count_claims(self) -> dict[str, int]:
        """Return for each predicate how many current claims have it; no zeros."""

    @abstractmethod
    def kept_count(self, what: str, load: int, fact: int) -> int | None:
        """Return a count that was kept as of this load and entry of the log; None when none was."""

    @abstractmethod
    def keep_count(self, what: str, n: int, load: int, fact: int) -> None:
        """Keep a count instead of any older one of what it counts.

        Called outside `writing`, mostly; it may do nothing, and never fails because the store
        cannot be written now.
        """
