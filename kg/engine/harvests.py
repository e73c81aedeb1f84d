"""Records of papers brought into the store, a batch at a time, with the place behind them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter
from typing import Final

from kg.engine.encoding import to_json
from kg.engine.records import record_of
from kg.engine.rows import (
    ClaimRow,
    EvidenceRow,
    HeldClaim,
    MentionRow,
    NameRow,
    NewsRow,
    Numbered,
    RecordRow,
    SourceRow,
)
from kg.engine.sameness import wished_idents
from kg.engine.texts import TextChanges, Texts, check_said
from kg.errors import InputError
from kg.identity import NameKey, folded_name, name_key
from kg.ids import year_of_arxiv_id
from kg.model import Attributes, Claim, Kind, Name, Property, Reading, Stance
from kg.records import (
    EXTRACTOR,
    RECORDS_FORMAT,
    PaperRecord,
    identifiers_of,
    line_of,
    told_beside,
)
from kg.store import (
    NOTHING_FOUND,
    NOTHING_NAMED,
    NOTHING_SAID,
    Change,
    Diff,
    HarvestReport,
    Named,
    Naming,
    News,
    RecordedPaper,
    StoredRecord,
)

_PAPER = str(Kind.PAPER)
_NEW, _VERSION, _CROSS, _OTHER = "new", "new version", "cross-listed", "changed"
_WITHDRAWN = "withdrawn"
_NEWS = (_NEW, _VERSION, _CROSS, _WITHDRAWN)
"""What can be news to a watch."""
_NEWS_AT_A_TIME = 4000
"""How many are read together."""
_Identifier = tuple[str, str, str]
"""(title, property, details) of an identifier as a claim holds it."""
_Identifying = tuple[str, str, str]
"""(property, details, value of its evidence) of an identifier that a record gives."""


@dataclass(slots=True)
class _Changes:
    """What a batch changes."""

    held: dict[str, RecordRow] = field(default_factory=dict)
    """What was held before it of all papers that it speaks of."""
    added: dict[str, PaperRecord] = field(default_factory=dict)
    """New records and new states of known ones, by arXiv id."""
    gone: dict[str, RecordRow] = field(default_factory=dict)
    """What is held until now of those and of what is no more."""
    what: dict[str, str] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    """Records that say for the first time that their paper was withdrawn."""
    unchanged: int = 0


class Harvests(Texts):
    """The half of the contract that harvests drive."""

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
        """Bring in what a source says now of some papers, with how far its harvest has come."""
        for record in records:
            if not record.title.strip() or not record.arxiv:
                raise InputError(
                    f"a record of {source} has no title or no arXiv id: {record.arxiv!r}; its"
                    " reader has to reject it"
                )
        for arxiv, word in found.items():
            if word and word not in _NEWS:
                raise InputError(
                    f"{word!r}, found of {arxiv} in {source}, is no news; it is"
                    f" {', '.join(map(repr, _NEWS))}, or '' for none"
                )
        check_said(said)
        with self._writing():
            known = self._source(source)
            if known is not None and known.format != RECORDS_FORMAT and known.content_hash:
                raise InputError(
                    f"{source!r} is a list and no harvest; name another source for the records, or"
                    f" forget the list first ('kg forget {source}')"
                )
            changes = self._compared(known, records, gone, found if watch else ())
            brought = {r.arxiv: None for r in records}
            texts = self._compared_texts(known, brought, said, doubted, changes.gone.keys())
            is_other = bool(changes.added or changes.gone or not texts.is_empty)
            load = self._next_load() if is_other else 0
            held = known.last_load if known and not load else load
            digest = f"{RECORDS_FORMAT}:{source}"
            number = self._begin_load(held, source, known, RECORDS_FORMAT, digest, Reading(()))
            conflicts: tuple[str, ...] = ()
            diff = Diff(unchanged=changes.unchanged)
            if load:
                diff = _together(_diff_of(changes), texts.claims.diff)
                self._end_load(number, load, "harvest", diff)
                conflicts = self._bring_in(number, load, changes, mentions, texts)
            news: list[NewsRow] = []
            if watch:
                news = self._news(watch, brought, changes, found)
                self._rows.add_news(news)
            if cursor:
                self._rows.set_cursor(number, place, cursor)
        told = defaultdict[str, list[str]](list)
        for arxiv, what in changes.what.items():
            told[what].append(arxiv)
        return HarvestReport(
            source,
            load,
            diff,
            tuple(told[_NEW]),
            tuple(told[_VERSION]),
            tuple(told[_CROSS]),
            tuple(told[_OTHER]),
            tuple(changes.withdrawn),
            tuple(a for a in changes.gone if a not in changes.added),
            changes.unchanged,
            conflicts,
            tuple(News(*row) for row in news),
        )

    def cursor_of(self, source: str, place: str = "") -> str:
        """Return how far a harvest of a source has come; '' when it has not begun."""
        with self._rows.reading():
            known = self._source(source)
            return next(
                (c for s, p, c in self._rows.cursors() if known and (s, p) == (known.id, place)), ""
            )

    def find_records(self, arxiv: Collection[str]) -> list[RecordedPaper]:
        """Return the current records of some papers, and what they name."""
        with self._rows.reading():
            sources = {
                s.id: s.name for s in self._rows.find_sources() if s.format == RECORDS_FORMAT
            }
            held = [r for s in sources for r in self._rows.held_records(s, arxiv)]
            mentions = self._rows.mentions_in({r.id for r in held})
            own = {r.name for r in held} | {m.name for m in mentions}
            names = {n.id: n for n in self._rows.names(own)}
            things = {n.id: n for n in self._rows.names({n.entity for n in names.values()})}
        named = defaultdict[int, set[Named]](set)
        for m in mentions:
            thing = things[names[m.name].entity]
            named[m.record].add(Named(thing.ident, Kind(thing.kind), names[m.name].text, m.place))
        found = [
            RecordedPaper(
                record_of(r.data),
                sources[r.source],
                things[names[r.name].entity].ident,
                r.first_load,
                tuple(sorted(named[r.id], key=lambda n: (n.kind, n.name.casefold(), n.id))),
            )
            for r in held
        ]
        return sorted(found, key=lambda f: (f.source, f.record.line, f.record.arxiv))

    def iter_news(self, *, after: int = 0) -> Iterator[News]:
        """Yield what watches brought, by number."""
        with self._rows.reading():
            last = self._rows.last_number(Numbered.NEWS)
            for before in range(max(after, 0), last, _NEWS_AT_A_TIME):
                upto = min(before + _NEWS_AT_A_TIME, last)
                for row in sorted(self._rows.news_numbered(before, upto)):
                    yield News(*row)

    def iter_records(
        self, *, source: str | None = None, withdrawn: bool = False
    ) -> Iterator[StoredRecord]:
        """Yield records by source and line."""
        with self._rows.reading():
            views = self._rows.records(
                subjects=None, predicates=(), source=source, withdrawn=withdrawn
            )
            for _, same in groupby(views, key=attrgetter("source", "line")):
                for view in sorted(same, key=attrgetter("first_load", "record")):
                    yield StoredRecord(
                        record_of(view.data), view.source, view.first_load, view.withdrawn_load
                    )

    # -- what changes -------------------------------------------------------------------------

    def _compared(
        self,
        known: SourceRow | None,
        records: Sequence[PaperRecord],
        gone: Collection[str],
        found: Collection[str],
    ) -> _Changes:
        """Say what of a batch is not held yet."""
        newest = {r.arxiv: r for r in records}
        held: dict[str, RecordRow] = {}
        if known is not None:
            asked = {*newest, *gone, *found}
            held = {row.arxiv: row for row in self._rows.held_records(known.id, asked)}
        changes = _Changes(held)
        for arxiv, record in newest.items():
            before = held.get(arxiv)
            if before is None:
                changes.what[arxiv] = _NEW
                changes.added[arxiv] = record
                if record.is_withdrawn:
                    changes.withdrawn.append(arxiv)
                continue
            if before.data == record.to_json():
                changes.unchanged += 1
                continue
            earlier = record_of(before.data)
            record = _with_versions_of(earlier, record)
            if record == earlier:
                changes.unchanged += 1
                continue
            changes.what[arxiv] = _what_changed(earlier, record)
            changes.added[arxiv] = record
            changes.gone[arxiv] = before
            if record.is_withdrawn and not earlier.is_withdrawn:
                changes.withdrawn.append(arxiv)
        for arxiv in sorted(set(gone)):
            if arxiv in held and arxiv not in newest:
                changes.gone[arxiv] = held[arxiv]
        return changes

    def _news(
        self, watch: str, brought: Collection[str], changes: _Changes, found: Mapping[str, str]
    ) -> list[NewsRow]:
        """Say what a batch is to the watch that brought it, as far as that was not noted yet.

        Parameters
        ----------
        brought : the arXiv ids of the records, in order, each once
        """
        stays = changes.held.keys() - (changes.gone.keys() - changes.added.keys())
        papers = [*brought, *sorted(a for a in found if a in stays and a not in brought)]
        noted: dict[str, set[tuple[str, int]]] = defaultdict(set)
        for row in self._rows.news_of(watch, papers):
            noted[row.arxiv].add((row.what, row.version))
        at, number = self._moment(), self._rows.last_number(Numbered.NEWS)
        news: list[NewsRow] = []
        for arxiv in papers:
            record = changes.added.get(arxiv) or record_of(changes.held[arxiv].data)
            told = max((version for _, version in noted[arxiv]), default=None)
            what = _what_came(arxiv, record, changes, found, told)
            if what and (what, record.version) not in noted[arxiv]:
                number += 1
                news.append(NewsRow(number, at, watch, what, arxiv, record.version))
        return news

    def _bring_in(
        self,
        source: int,
        load: int,
        changes: _Changes,
        mentions: Mapping[str, Collection[tuple[Name, str]]],
        texts: TextChanges,
    ) -> tuple[str, ...]:
        """Hold what changed and settle the names around it; the ids that were not attached."""
        kept, touched = self._take_out(source, load, changes)
        given = {arxiv: _identifying(record) for arxiv, record in changes.added.items()}
        names, new, alone = self._names_of(changes, given)
        self._rows.add_names(new)
        records: list[RecordRow] = []
        claims: list[ClaimRow] = []
        evidence: list[EvidenceRow] = []
        number = self._rows.last_number(Numbered.RECORD)
        claim = self._rows.last_number(Numbered.CLAIM)
        spoken_of: set[int] = set()
        for arxiv, record in changes.added.items():
            number += 1
            name = names[folded_name(record.title)]
            spoken_of.add(name)
            for of, details, value in given[arxiv]:
                if (record.title, of, details) in kept.get(arxiv, ()):
                    continue
                claim += 1
                claims.append(
                    ClaimRow(
                        claim, source, name, record.title, of, None, None, "{}", details,
                        _STATES, record.line, record.title, EXTRACTOR, 1.0, load, None,
                    )
                )  # fmt: skip
                evidence.append(EvidenceRow(claim, name, _PAPER, "identifier", value, False))
                touched.add(name)
            records.append(
                RecordRow(
                    number, source, arxiv, name, record.line, record.says, record.to_json(), load,
                    None,
                )
            )  # fmt: skip
        self._rows.add_claims(claims, evidence)
        self._rows.add_records(records)
        # Its names come first: a record may name what only its text speaks of.
        said = self._put_texts(source, load, texts)
        self._name_things({r.arxiv: r.id for r in records}, mentions)
        if alone and (ruled := {name for name, *_ in self._rows.rulings_of(alone)}):
            alone -= ruled
        touched = (touched - alone) | said
        if touched:
            self._settle(touched)
        self._leave_to_new_titles(changes, names)
        if self._rows.has_front:
            # What was settled is shown already; a record may change with nothing to settle.
            self._show({n.entity for n in self._rows.names(spoken_of - touched)})
        return self._conflicts(changes, names, alone)

    def _name_things(
        self,
        records: Mapping[str, int],
        mentions: Mapping[str, Collection[tuple[Name, str]]],
    ) -> None:
        """Hold what new records name, of what has a name in the store."""
        named = {a: {name_key(n): at for n, at in mentions.get(a, ())} for a in records}
        known = self._rows.numbers_of({key for of in named.values() for key in of})
        self._rows.add_mentions(
            [
                MentionRow(records[arxiv], known[key], at)
                for arxiv, of in named.items()
                for key, at in of.items()
                if key in known
            ]
        )

    def add_mentions(
        self,
        source: str,
        mentions: Mapping[str, Collection[tuple[Name, str]]],
        *,
        cursor: str = "",
        place: str = "",
    ) -> int:
        """Hold what current records name beside what is held."""
        with self._writing():
            known = self._known_source(source)
            records = {r.arxiv: r.id for r in self._rows.held_records(known.id, mentions.keys())}
            held = self._rows.mentions_in(set(records.values()))
            numbers = self._rows.numbers_of(
                {name_key(n) for of in mentions.values() for n, _ in of}
            )
            names = {*numbers.values(), *(m.name for m in held)}
            thing = {n.id: n.entity for n in self._rows.names(names)}
            named = {(m.record, thing[m.name]) for m in held}
            rows: list[MentionRow] = []
            for arxiv, record in records.items():
                for name, at in mentions[arxiv]:
                    number = numbers.get(name_key(name))
                    if number is not None and (record, thing[number]) not in named:
                        named.add((record, thing[number]))
                        rows.append(MentionRow(record, number, at))
            self._rows.add_mentions(rows)
            if cursor:
                self._rows.set_cursor(known.id, place, cursor)
        return len(rows)

    def papers_naming(self, of: str) -> list[Naming]:
        """Return the papers whose records name a thing, the newest first."""
        with self._rows.reading():
            found = self._rows.mentions_of(self._entities_of(of))
            names = {n.id: n for n in self._rows.names({name for _, name, *_ in found})}
            papers = {e.id: e for e in self._rows.names({n.entity for n in names.values()})}
        # Several sources may hold one paper: it is told once, as of the first that brought it.
        told: dict[tuple[str, str, str, str], int] = {}
        for arxiv, name, at, load in found:
            said = (papers[names[name].entity].ident, names[name].text, arxiv, at)
            told[said] = min(load, told.get(said, load))
        return sorted((Naming(*said, load) for said, load in told.items()), key=_newest_first)

    def _leave_to_new_titles(self, changes: _Changes, names: Mapping[str, int]) -> None:
        """Let the id of a title that nobody uses any more lead to the one that arXiv gives now."""
        heirs: dict[int, int] = {}
        for arxiv, record in changes.added.items():
            before = changes.gone.get(arxiv)
            if before is not None and before.name != names[folded_name(record.title)]:
                heirs[before.name] = names[folded_name(record.title)]
        if heirs:
            left = [n.id for n in self._rows.names(heirs.keys()) if not n.text]
            self._rows.set_heirs([(name, heirs[name]) for name in sorted(left)])

    def _take_out(
        self, source: int, load: int, changes: _Changes
    ) -> tuple[Mapping[str, set[_Identifier]], set[int]]:
        """Withdraw what is no more; for each id the identifiers that stay, and the names touched."""
        self._rows.withdraw_records([r.id for r in changes.gone.values()], load)
        held: dict[tuple[int, int], list[HeldClaim]] = defaultdict(list)
        for c in self._rows.held_claims_of(source, {r.name for r in changes.gone.values()}):
            held[c.subject, c.line].append(c)
        kept: dict[str, set[_Identifier]] = defaultdict(set)
        ended: dict[int, int] = {}
        for arxiv, row in changes.gone.items():
            before = {(of, d) for of, d, _ in _identifying(record_of(row.data))}
            now = changes.added.get(arxiv)
            wanted = {(now.title, of, d) for of, d, _ in _identifying(now)} if now else set()
            for c in held[row.name, row.line]:
                if (c.predicate, c.details) not in before:
                    continue
                said = (c.subject_text, c.predicate, c.details)
                if said in wanted:
                    kept[arxiv].add(said)
                else:
                    ended[c.id] = c.subject
        self._rows.withdraw_claims(sorted(ended), load)
        return kept, set(ended.values())

    def _names_of(
        self, changes: _Changes, identifying: Mapping[str, Sequence[_Identifying]]
    ) -> tuple[dict[str, int], list[NameRow], set[int]]:
        """Find or make the names of papers.

        Parameters
        ----------
        identifying : what identifies each

        Returns
        -------
        tuple
            Fold -> number; the rows of new names; those of them that stand alone: nobody else has
            their identifiers or speaks of them, so that nothing is to be settled.
        """
        titles: dict[str, list[PaperRecord]] = defaultdict(list)
        given: Counter[str] = Counter()
        for record in changes.added.values():
            titles[folded_name(record.title)].append(record)
            given.update([value for *_, value in identifying[record.arxiv]])
        keys: dict[NameKey, str] = {(_PAPER, folded, ""): folded for folded in titles}
        found = self._rows.numbers_of(keys.keys())
        names = {key[1]: number for key, number in found.items()}
        new = [folded for folded in titles if folded not in names]
        shared = {v for v, n in given.items() if n > 1}
        shared.update(v for v, _ in self._rows.names_giving("identifier", given.keys()))
        spoken_of = {
            folded
            for folded, giver in self._rows.names_giving("alias", new)
            if giver.kind == _PAPER
        }
        idents = self._idents_for([(folded, titles[folded][0]) for folded in new])
        number = self._rows.last_number(Numbered.NAME)
        rows: list[NameRow] = []
        alone: set[int] = set()
        for folded, ident in zip(new, idents, strict=True):
            number += 1
            names[folded] = number
            said = titles[folded]
            values = [value for *_, value in identifying[said[0].arxiv]]
            text = ""
            if len(said) == 1 and folded not in spoken_of and shared.isdisjoint(values):
                alone.add(number)
                text = said[0].title
            rows.append(NameRow(number, _PAPER, folded, "", text, ident, number, None))
        return names, rows, alone

    def _idents_for(self, papers: Sequence[tuple[str, PaperRecord]]) -> list[str]:
        """Choose ids for new names (fold, record): nearly always that of the arXiv id."""
        wished = [f"paper:arxiv:{record.arxiv}" for _, record in papers]
        taken = self._rows.taken_idents(wished)
        others = [
            wished_idents((_PAPER, folded, ""), record.title, record.arxiv)
            for (folded, record), ident in zip(papers, wished, strict=True)
            if ident in taken
        ]
        given = iter(self._free_idents(others) if others else ())
        return [next(given) if ident in taken else ident for ident in wished]

    def _conflicts(
        self, changes: _Changes, names: Mapping[str, int], alone: Collection[int]
    ) -> tuple[str, ...]:
        """Return the ids that a list gives to something with another title, kept apart for that."""
        values = {
            f"arxiv:{arxiv.casefold()}": arxiv
            for arxiv, record in changes.added.items()
            if names[folded_name(record.title)] not in alone
        }
        things: dict[str, set[int]] = defaultdict(set)
        for value, name in self._rows.names_giving("identifier", values.keys()):
            things[value].add(name.entity)
        return tuple(sorted(values[v] for v, entities in things.items() if len(entities) > 1))


_STATES: Final = str(Stance.STATES)


def _newest_first(naming: Naming) -> tuple[int, int, str, str, str, str]:
    """Order papers by the year and number in their arXiv ids."""
    return (
        -(year_of_arxiv_id(naming.arxiv) or 0),
        -line_of(naming.arxiv),
        naming.arxiv,
        naming.place,
        naming.title,
        naming.paper,
    )


def _identifying(record: PaperRecord) -> list[_Identifying]:
    """Return (property, details, value of its evidence) for the identifiers of a record."""
    return [
        (str(of), to_json(values), f"{of}:{str(values['text']).casefold()}")
        for of, values in identifiers_of(record)
    ]


def _with_versions_of(earlier: PaperRecord, record: PaperRecord) -> PaperRecord:
    """Let a record of a format that does not number versions keep those that are known."""
    if record.versions or not earlier.versions:
        return record
    latest = record.updated or record.created
    is_same = bool(latest) and earlier.versions[-1][1].startswith(latest)
    return replace(record, versions=earlier.versions) if is_same else record


def _what_changed(before: PaperRecord, now: PaperRecord) -> str:
    if now.version > before.version or now.updated > before.updated:
        return _VERSION
    if set(now.categories) > set(before.categories):
        return _CROSS
    return _OTHER


def _what_came(
    arxiv: str,
    record: PaperRecord,
    changes: _Changes,
    found: Mapping[str, str],
    told: int | None,
) -> str:
    """Say what a paper is to a watch; '' for no news.

    Parameters
    ----------
    told : the newest version of it that the watch brought; None: nothing of it at all
    """
    what = changes.what.get(arxiv)
    if arxiv in changes.withdrawn:
        return _WITHDRAWN
    if what == _NEW:
        return found.get(arxiv, _NEW)
    if what in (_VERSION, _CROSS):
        return what
    if told is None:
        return found.get(arxiv, "")
    # Something else may have brought the version before the watch did.
    return _VERSION if record.version > told > 0 else ""


def _said(record: PaperRecord) -> dict[tuple[str, str], str]:
    """What a record says: (property, and of an identifier its value) -> details."""
    said = {(of, value): details for of, details, value in _identifying(record)}
    values: Iterable[tuple[Property, Attributes, Attributes]] = told_beside(record)
    said.update({(str(of), ""): to_json(told) for of, _, told in values})
    return said


def _together(a: Diff, b: Diff) -> Diff:
    """Add up what two parts of a load change."""
    return Diff(
        a.added + b.added,
        a.edited + b.edited,
        a.withdrawn + b.withdrawn,
        a.unchanged + b.unchanged,
        a.changes + b.changes,
    )


def _diff_of(changes: _Changes) -> Diff:
    """Count the claims that a batch adds, edits and withdraws; a line for each record."""
    added = edited = withdrawn = unchanged = 0
    told: list[Change] = []
    for arxiv, record in changes.added.items():
        before = changes.gone.get(arxiv)
        what = changes.what[arxiv]
        if before is None:
            added += 1 + len(set(record.dois)) + len(record.says.split())
        else:
            old, now = _said(record_of(before.data)), _said(record)
            same_title = record_of(before.data).title == record.title
            both = old.keys() & now.keys()
            same = sum(old[k] == now[k] for k in both) if same_title else 0
            edited += len(both) - same
            unchanged += same
            added += len(now) - len(both)
            withdrawn += len(old) - len(both)
        kind = "added" if before is None else "edited"
        told.append(Change(kind, f"{record.title} (arXiv:{arxiv}): {what}", record.line))
    for arxiv, row in changes.gone.items():
        if arxiv not in changes.added:
            record = record_of(row.data)
            withdrawn += len(_said(record))
            told.append(Change("withdrawn", f"{record.title} (arXiv:{arxiv})", record.line))
    return Diff(added, edited, withdrawn, unchanged, tuple(told))
