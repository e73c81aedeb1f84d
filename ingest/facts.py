"""What an entry means: its names, papers, relations and properties, as claims.

The only place where columns and keys get their meaning; which form the entry had does not matter
any more.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ingest.entries import Entry, Field, role_of_address, role_of_link
from ingest.inline import Inline, drop_emoji
from ingest.items import Cell, Thing, read_cell, split_amounts
from ingest.mains import Main, read_main
from ingest.output import Output
from ingest.sections import Section
from ingest.titles import (
    is_name,
    is_subject,
    kind_of_introduced,
    names_in_brackets,
    split_prefix,
)
from ingest.values import parse_amount, parse_date, parse_venue
from ingest.vocabulary import (
    COMPONENT_ROLES,
    DENIED,
    GENERIC_LABEL,
    MODEL_FAMILY,
    PLACEHOLDER,
    TRAINING_COLUMNS,
    USER_COLUMNS,
    Column,
    find_stage,
    is_institute,
    names_training,
    unit_of_header,
)
from kg.ids import clean_url, identify, is_arxiv_address, parse_arxiv_id, target_of
from kg.model import JsonValue, Kind, Name, Property, Relation, Role, Stage, Stance
from kg.names import fold

# -- from entries to claims -------------------------------------------------------------------


def interpret(entry: Entry, out: Output) -> bool:
    """Turn an entry into claims; False when it says nothing that can be kept."""
    before = len(out.claims)
    main = read_main(entry.main, entry.section)
    has_paper = any(f.column is Column.PAPER for f in entry.fields)
    is_titled = has_paper and bool(main.title)
    if entry.fields and not is_titled and not main.is_paper and not main.papers:
        _prefer_name(main)
    fields = settle_fields(entry.fields, main, entry.section)
    record = Record(entry.section, fields, entry.line, entry.main.text, main, entry.form)
    write_claims(record, out)
    _write_marks(entry, record, out)
    return len(out.claims) > before


def _write_marks(entry: Entry, record: Record, out: Output) -> None:
    """Say which state the owner's marks give; a box is one only before a paper's title or link."""
    subject = record.paper or (record.subjects[0] if record.subjects else None)
    if subject is None:
        return
    for tag in entry.tags:
        is_box = not tag.isupper()
        titled = record.main is not None and bool(record.main.title)
        leads = any(not entry.main.text[: k.start].strip(" *_") for k in entry.main.links)
        if is_box and not (record.paper and (titled or leads)):
            continue
        out.describe(
            subject,
            Property.READ,
            {"x": "read", " ": "unread"}.get(tag, tag.casefold()),
            entry.line,
            entry.main.text + f" [{tag}]",
            extractor=entry.form,
            confidence=0.8 if is_box else 0.95,
        )


def _prefer_name(main: Main) -> None:
    """Take 'X: what it is' above keys as the name X with a remark, not as a title."""
    prefix = split_prefix(main.title or main.name)
    if prefix and main.title:
        main.title, main.name, main.names = "", prefix[0], []
    elif prefix:
        main.name = prefix[0]
    elif (
        not main.title
        and (parts := re.split(r"\s+[-–—]+\s+|[:：]\s+", main.name, maxsplit=1))[1:]
        and is_name(parts[0])
    ):
        main.name = parts[0]


_OF_DATASETS = (Column.DATA_SOURCE, Column.GENERATED_BY, *USER_COLUMNS)


def settle_fields(fields: Sequence[Field], main: Main, section: Section) -> tuple[Field, ...]:
    """Decide what 'Model', 'Dataset' and 'Size' mean beside the entry's other keys.

    As in tables: a dataset's 'Model' used it, a model's 'Dataset' is what it was trained on, a
    model's 'Size' is its parameters, and what uses a benchmark is evaluated on it.
    """
    heading = section.kind
    columns = [f.column for f in fields]
    first: Column | None = next((c for c in columns if c in (Column.MODEL, Column.DATASET)), None)
    if main.name:
        made_of = any(c in COMPONENT_ROLES or c in TRAINING_COLUMNS for c in columns)
        first = (
            Column.DATASET
            if any(c in _OF_DATASETS for c in columns)
            else Column.MODEL
            if made_of
            else None
        )
        first = first or {Kind.MODEL: Column.MODEL, Kind.DATASET: Column.DATASET}.get(
            heading or Kind.TOPIC
        )
    settled = []
    for f in fields:
        column = f.column
        if column is Column.MODEL and first is Column.DATASET:
            column = Column.USED_BY
        elif column is Column.DATASET and first is Column.MODEL:
            column = Column.TRAINING_DATA
        elif (
            column is Column.AMOUNT
            and first is Column.MODEL
            and f.header.strip().casefold() in ("size", "sizes", "scale", "大小", "规模")
            and not any(c in TRAINING_COLUMNS for c in columns)
        ):
            column = Column.PARAMETERS
        if (
            column is Column.USED_BY
            and section.is_of_benchmarks
            and Column.STAGE not in columns
            and not names_training(f.header)
        ):
            column = Column.EVALUATED_BY
        settled.append(replace(f, column=column))
    return tuple(settled)


@dataclass(slots=True)
class Record:
    """An entry or a table row on its way to claims."""

    section: Section
    fields: Sequence[Field]
    line: int
    quote: str
    main: Main | None = None
    form: str = "table"
    spaced: dict[Column, frozenset[str]] = field(default_factory=dict)
    """Names standing alone in the other cells of each column."""
    table_stage: Stage | None = None
    paper: Name | None = None
    papers: list[tuple[Name, int, str]] = field(default_factory=list)
    subjects: list[Name] = field(default_factory=list)

    def of(self, *columns: Column) -> list[Field]:
        """Fields of the given columns, in order."""
        return [f for f in self.fields if f.column in columns]


_DATA_COLUMNS = (*TRAINING_COLUMNS, Column.EVALUATION_DATA)
_MODEL_COLUMNS = (*COMPONENT_ROLES, *_DATA_COLUMNS)


def write_claims(record: Record, out: Output) -> None:
    """Write every claim that a record supports."""
    mains = _mains(record, out)
    named = _named_things(record, mains)
    models = [t for t in named if t[0].kind is Kind.MODEL]
    datasets = [t for t in named if t[0].kind is Kind.DATASET]
    _write_papers(record, mains, named, out)
    for name, thing, how in named:
        _write_thing(name, thing, record.form, out, own="entry" if how == "column" else "item")
    record.subjects = [t[0] for t in named]
    if record.of(*_MODEL_COLUMNS):
        for name, thing, _ in _model_subjects(record, models):
            _write_model(record, name, thing, out)
    for name, thing, _ in datasets:
        _write_dataset(record, name, thing, out, primary=name == datasets[0][0])
    _write_values(record, models, datasets, out)


def _model_subjects(
    record: Record, models: Sequence[tuple[Name, Thing, str]]
) -> Sequence[tuple[Name, Thing, str]]:
    """The models a row's components and training data belong to: those of its own column first."""
    own = [m for m in models if m[2] == "column"]
    return own or models[:1]


def _mains(record: Record, out: Output) -> list[Main]:
    """The papers of a record: its own title, titles in paper fields, and papers known by link."""
    mains: list[Main] = []
    if record.main is not None and record.main.title:
        mains.append(record.main)
    loose: list[tuple[str, int, str]] = []
    for f in record.of(Column.PAPER):
        titled = any(m.title for m in mains)
        for line in f.value.split_lines() or [f.value]:
            parts = _several_titles(line)
            for part in parts:
                main = read_main(part, record.section)
                main.line = part.line or f.line
                # beside a column of titles one word labels the title's link ('2312.github')
                is_label = titled and " " not in main.name
                says_nothing = GENERIC_LABEL.match(main.name) or is_institute(main.name)
                goes_by = "" if is_label or says_nothing else main.name
                if main.title and (
                    main.is_paper or main.papers or main.links or record.form == "table"
                ):
                    mains.append(main)
                elif main.papers and len(parts) > 1 and not goes_by:
                    mains.append(
                        Main(line=main.line, quote=part.text, papers=main.papers, is_paper=True)
                    )
                elif main.papers:
                    loose += [(u, main.line, part.text) for u in main.papers]
                    if goes_by and parse_arxiv_id(goes_by) is None:
                        mains.append(replace(main, title="", is_paper=True))
                        loose = loose[: -len(main.papers)]
                elif main.links and record.form == "table":
                    if goes_by:
                        mains.append(
                            replace(main, title=goes_by, name="", is_paper=True, papers=[])
                        )
                    elif f.column is Column.PAPER:
                        loose += [(u, main.line, part.text) for _, u in main.links[:1]]
                elif (
                    main.name
                    and record.form == "table"
                    and len(main.name.split()) > 1
                    and not PLACEHOLDER.match(main.name)
                ):
                    mains.append(replace(main, title=main.name, name="", is_paper=True))
    if record.main is not None and not record.main.title:
        loose = [(u, record.main.line, record.main.quote) for u in record.main.papers] + loose
    if mains and loose:
        known = {str(identify(u) or u) for m in mains for u in m.papers}
        first = mains[0]
        for url, number, _ in loose:
            if str(identify(url) or url) not in known:
                first.papers.append(url)
                first.places.setdefault(url, number)
                first.is_paper = True
        loose = []
    unnamed = [
        Main(line=number, quote=quote, papers=[url], is_paper=True)
        for url, number, quote in _distinct_papers(loose)
    ]
    own = record.main
    if own is not None and unnamed and unnamed[0].papers[0] in own.papers[:1]:
        first = unnamed[0]
        first.venue, first.year, first.date = own.venue, own.year, own.date
        if not record.fields and _is_label_of_paper(own):
            first.name = own.name
    mains += unnamed
    kept = []
    for main in mains:
        if main.is_paper or main.papers or record.form == "table":
            kept.append(main)
    return kept


def _is_label_of_paper(main: Main) -> bool:
    """Whether a bullet is a name that goes with its paper: '[Otter](https://arxiv.org/abs/..)'."""
    return (
        bool(re.search(r"[A-Z\d]", main.name))
        and is_name(main.name)
        and main.quote.lstrip(" *_").startswith(main.name)
    )


def _several_titles(line: Inline) -> list[Inline]:
    """Split a cell that lists several linked titles by commas, or an article and a report."""
    content = [
        k
        for k in line.links
        if role_of_link(k) is None and not k.is_badge and len(k.label.split()) >= 3
    ]
    if len(content) == 1 and identify(content[0].url) is None:
        reports = (k for k in line.links if _REPORT.search(k.label) and identify(k.url))
        content += [k for k in reports if k is not content[0]]
    if len(content) < 2:
        return [line]
    at = []
    for a, b in itertools.pairwise(content):
        gap = line.text[a.end : b.start]
        comma = re.search("[,，;、]", gap)
        if comma and len(gap) < 40:
            at.append((a.end + comma.start(), a.end + comma.end()))
    return [p.strip() for p in line.cut(at)]


_REPORT = re.compile(r"\breport$", re.I)
"""Label of a paper that is none of what the links beside it are."""


def _distinct_papers(loose: Iterable[tuple[str, int, str]]) -> Iterator[tuple[str, int, str]]:
    """One address for each paper that is known by links only: an arXiv id rather than a page."""
    found = list(loose)
    with_id = [x for x in found if identify(x[0])]
    chosen = with_id or found[:1]
    seen = set()
    for url, line, quote in chosen:
        key = str(identify(url) or url)
        if key not in seen:
            seen.add(key)
            yield url, line, quote


def paper_name(main: Main) -> Name | None:
    """The name a paper goes by: its title, else its identifier, else its address."""
    if main.title:
        return Name(Kind.PAPER, main.title)
    schemes: set[str] = set()
    for url in main.papers:
        found = identify(url)
        if found and found.scheme in schemes:
            continue  # another paper's: kept as a paper of its own, known by its link
        if found:
            schemes.add(found.scheme)
            return Name(Kind.PAPER, str(found))
    address = clean_url(main.papers[0]) if main.papers else None
    if address and is_arxiv_address(address):
        return None
    return Name(Kind.PAPER, address) if address else None


def _named_things(record: Record, mains: Sequence[Main]) -> list[tuple[Name, Thing, str]]:
    """The models and datasets a record is about: (name, thing, 'column' | 'title' | 'label')."""
    named: list[tuple[Name, Thing, str]] = []
    heading = record.section.kind
    titles = [m.title for m in mains if m.title]
    heads_itself = record.main is not None and bool(record.main.title or record.main.name)
    for f in record.of(Column.MODEL, Column.DATASET, Column.NAME):
        cell = read_cell(f.value, spaced=record.spaced.get(f.column, frozenset()))
        if heads_itself and len(cell.things) > 1:
            continue
        for i, thing in enumerate(cell.things):
            if thing.is_generic or (
                i and re.search(r"\b(?:version|ver|download|part|split)\b|^v\d", thing.name, re.I)
            ):
                continue
            if f.column is Column.NAME and (
                not is_name(thing.name) or is_subject(thing.name, titles)
            ):
                continue
            kind = {Column.MODEL: Kind.MODEL, Column.DATASET: Kind.DATASET}.get(f.column)
            if kind is None:
                kind = _kind_of(thing.name, thing.links, " ".join(titles), heading, record)
            if kind:
                named.append((Name(kind, thing.name), thing, "column"))
    main = record.main
    if main is not None and main.name and not main.title:
        thing_kind = _kind_of(
            main.name, tuple(u for _, u in main.links), " ".join(titles), heading, record
        )
        cell = read_cell(_plain(main.name, record.line))
        thing = cell.things[0] if len(cell.things) == 1 else _long_name(main.name, record.line)
        if thing_kind and _can_be_name(main.name):
            urls = tuple(u for _, u in main.links)
            named.append((Name(thing_kind, thing.name), replace(thing, links=urls), "column"))
    if named:
        return named
    for m in mains:
        for given in m.names:
            kind = m.kind_of(given, heading)
            if record.of(*_MODEL_COLUMNS):
                kind = Kind.MODEL
            if m.arrow is not None and fold(given) in {
                fold(t.name) for t in read_cell(m.arrow).things
            }:
                continue
            aliases = m.aliases if given == m.names[0] else ()
            named.append((Name(kind, given), Thing(given, m.line, aliases=aliases), "title"))
        if m.arrow is not None:
            continue
        if not m.title and m.name and is_name(m.name):
            kind = kind_of_introduced(m.name, "", heading)
            named.append((Name(kind, m.name), Thing(m.name, m.line), "title"))
    if titles:
        named = _with_labels(record, named, titles[0], heading)
    return named


def _can_be_name(text: str) -> bool:
    return len(text.split()) <= 8 and "://" not in text and not PLACEHOLDER.match(text)


def _long_name(text: str, line: int) -> Thing:
    """Read a name of many words, its short form in brackets as an alias."""
    match = re.match(r"^(.+?)\s*[(（]([^()（）]+)[)）]\s*$", text)
    if match and (short := names_in_brackets(match.group(2), match.group(1))):
        return Thing(match.group(1), line, aliases=tuple(short[:1]))
    return Thing(text, line)


def _with_labels(
    record: Record, named: list[tuple[Name, Thing, str]], title: str, heading: Kind | None
) -> list[tuple[Name, Thing, str]]:
    """Add the names that stand only as labels of a row's links.

    Under a heading on datasets the labels of downloads are the datasets, also beside a name in
    the title, which is then what the title itself says. Elsewhere a label names the row's thing
    where nothing else does.
    """
    if record.form != "table":
        return named
    is_model = bool(record.of(*_MODEL_COLUMNS))
    if heading is Kind.DATASET and not is_model:
        downloads = record.of(Column.LINK, Column.DATASET_LINK)
        found = [
            (Name(Kind.DATASET, label), thing, "label")
            for f in downloads
            for label, thing in _labels(f)
            if not any(_one_in_other(label, n.text) for n, _, _ in named)
        ]
        if found:
            own = [
                (replace(n, kind=kind_of_introduced(n.text, title, None)), t, how)
                for n, t, how in named
            ]
            return [*own, *found]
    if named:
        return named
    for f in record.of(Column.CODE, Column.LINK, Column.DATASET_LINK, Column.HOMEPAGE):
        for label, thing in _labels(f):
            kind = Kind.MODEL if is_model else kind_of_introduced(label, title, heading)
            return [(Name(kind, label), thing, "label")]
    return named


def _labels(f: Field) -> Iterator[tuple[str, Thing]]:
    """The names in a cell of links, the first of which is a link's label."""
    if all(k.is_badge or role_of_link(k) is not None for k in f.value.links):
        return
    things = read_cell(f.value).things
    for thing in things if things and things[0].links else ():
        for part in re.split(r",\s*", thing.name):
            label = re.sub(r"\s*[(（].*$", "", part)
            if is_name(label) and len(label.split()) <= 3 and not GENERIC_LABEL.match(label):
                yield label, replace(thing, name=label)


def _one_in_other(a: str, b: str) -> bool:
    return fold(a).startswith(fold(b)) or fold(b).startswith(fold(a))


def _plain(text: str, line: int) -> Inline:
    return Inline(text, (), (), (0,), (line,))


def _kind_of(
    name: str, links: Sequence[str], title: str, heading: Kind | None, record: Record
) -> Kind | None:
    """Whether a name without a telling column is a model or a dataset; None when nothing says."""
    targets = [t for t in map(target_of, links) if t]
    if any(t.is_dataset for t in targets):
        return Kind.DATASET
    if any(t.is_model for t in targets):
        return Kind.MODEL
    if record.of(*_MODEL_COLUMNS):
        return Kind.MODEL
    if record.of(*_OF_DATASETS):
        return Kind.DATASET
    if title:
        return kind_of_introduced(name, title, heading)
    if heading is not None:
        return heading
    return Kind.DATASET if kind_of_introduced(name, "", None) is Kind.DATASET else None


def _write_papers(
    record: Record, mains: Sequence[Main], named: Sequence[tuple[Name, Thing, str]], out: Output
) -> None:
    """Claims about the papers of a record and what they introduce."""
    for index, main in enumerate(mains):
        paper = paper_name(main)
        if paper is None:
            if main.papers and is_arxiv_address(main.papers[0]):
                out.reject(main.line, main.quote, f"not an arXiv id: {main.papers[0]}")
            continue
        record.papers.append((paper, main.line, main.quote))
        if index == 0:
            record.paper = paper
        _identify_paper(paper, main, out, record.form)
        if not main.title and main.name and "://" not in main.name:
            out.describe(
                paper, Property.LABEL, main.name, main.line, main.quote, extractor=record.form
            )
        if main.venue:
            out.describe(
                paper, Property.VENUE, main.venue, main.line, main.quote, extractor=record.form
            )
        if main.year:
            out.describe(
                paper, Property.YEAR, str(main.year), main.line, main.quote, extractor=record.form
            )
        write_topic(paper, record.section, main.line, main.quote, out)
        introduced = _introduced(main, named, mains, record)
        for name, how in introduced:
            out.relate(
                paper,
                Relation.INTRODUCES,
                name,
                main.line,
                main.quote,
                extractor=how,
                confidence=0.9 if how == "title" else 0.85 if how == "label" else 0.95,
            )
        if main.arrow is not None:
            for thing in read_cell(main.arrow).things:
                dataset = Name(Kind.DATASET, thing.name)
                out.relate(
                    paper, Relation.INTRODUCES, dataset, main.line, main.quote, extractor="arrow"
                )
                _write_thing(dataset, thing, "arrow", out)
    for name, thing, how in named:
        if how != "column":
            continue
        own = thing.links + (_papers_beside(record) if name == named[0][0] else ())
        for url in dict.fromkeys(own):
            found = identify(url)
            if found and not any(
                str(identify(u) or "") == str(found) for m in mains for u in m.papers
            ):
                paper = Name(Kind.PAPER, str(found))
                out.identify(paper, found, thing.line, record.quote, extractor=record.form)
                out.describe(
                    paper,
                    Property.LABEL,
                    thing.name,
                    thing.line,
                    record.quote,
                    extractor=record.form,
                )
                out.relate(
                    paper, Relation.INTRODUCES, name, thing.line, record.quote, extractor="column"
                )
                write_topic(paper, record.section, thing.line, record.quote, out)


def write_topic(paper: Name, section: Section, line: int, quote: str, out: Output) -> None:
    """Claim that a paper is about the nearest heading above it that is a topic."""
    if section.topics:
        topic = section.topics[-1].name
        out.relate(
            paper,
            Relation.ABOUT,
            Name(Kind.TOPIC, topic),
            line,
            f"{topic} > {quote}",
            extractor="heading",
            confidence=0.9,
        )


def _papers_beside(record: Record) -> tuple[str, ...]:
    """Addresses of papers that stand as '[paper](..)' in the cell that names the row's thing."""
    return tuple(
        link.url
        for f in record.of(Column.MODEL, Column.DATASET, Column.NAME)[:1]
        for link in f.value.links
        if role_of_link(link) is Column.PAPER
    )


def _introduced(
    main: Main,
    named: Sequence[tuple[Name, Thing, str]],
    mains: Sequence[Main],
    record: Record,
) -> list[tuple[Name, str]]:
    """What a paper of the record introduces: the row's names, else the names in its title."""
    own = [t for t in named if t[2] == "column"]
    if own:
        if len(mains) > 1 and main.names and len(own) > 1:
            matching = [t for t in own if fold(t[0].text) in {fold(n) for n in main.names}]
            own = matching or own
        return [(t[0], "column") for t in own[:3]]
    given = {fold(n) for n in main.names} | ({fold(main.name)} if main.name else set())
    found = [(t[0], t[2]) for t in named if fold(t[0].text) in given or t[2] == "label"]
    return found


def _identify_paper(paper: Name, main: Main, out: Output, form: str) -> None:
    schemes: set[str] = set()
    for url in main.papers:
        found = identify(url)
        line = main.places.get(url, main.line)
        if found and found.scheme in schemes:
            continue  # another paper's: kept as a paper of its own, known by its link
        if found:
            schemes.add(found.scheme)
            out.identify(
                paper,
                found,
                line,
                f"{main.quote} <{url}>" if main.title else url,
                extractor=form,
            )
        elif is_arxiv_address(url):
            out.reject(line, f"{main.quote} <{url}>", f"not an arXiv id: {url}")
            out.link(paper, url, "paper", line, main.quote, extractor=form)
        else:
            out.link(paper, url, "paper", line, main.quote, extractor=form)
    for column, url in main.links:
        out.link(paper, url, REL.get(column, "other"), main.line, main.quote, extractor=form)


_OWNED = re.compile(r"[\w.-]+/([\w.-]+)")
"""A repository with its owner: 'laion/OIG'."""

REL = {
    Column.PAPER: "paper",
    Column.CODE: "code",
    Column.HOMEPAGE: "homepage",
    Column.MODEL_LINK: "model",
    Column.DATASET_LINK: "dataset",
    Column.LINK: "other",
    Column.UPDATED: "updated",
}
"""What a link is called in the graph."""


def _write_thing(name: Name, thing: Thing, form: str, out: Output, *, own: str = "item") -> None:
    """Aliases and links of a model or dataset.

    A bracket that the thing's own repository is called by is another name of it.
    """
    aliases = thing.aliases
    if thing.note and any(
        (target := target_of(url)) and fold(target.name) == fold(thing.note) for url in thing.links
    ):
        aliases += (thing.note,)
    for alias in aliases:
        out.describe(
            name,
            Property.ALIAS,
            alias,
            thing.line,
            f"{name.text} ({alias})",
            extractor="brackets",
            confidence=0.9,
        )
    repository = _OWNED.fullmatch(name.text)
    for url in thing.links:
        if identify(url):
            continue
        rel = REL.get(role_of_address(url), "other")
        out.link(
            name,
            url,
            "dataset"
            if own == "entry" and name.kind is Kind.DATASET and rel != "homepage"
            else rel,
            thing.line,
            f"{name.text} <{url}>",
            extractor=form,
            own=own,
        )
    if repository and any(name.text.casefold() in url.casefold() for url in thing.links):
        out.describe(
            name,
            Property.ALIAS,
            repository.group(1),
            thing.line,
            name.text,
            extractor="repository",
            confidence=0.9,
        )


# -- relations of models and datasets ---------------------------------------------------------


def _cell_quote(record: Record, f: Field, around: str = "") -> str:
    """The quoted cell, with the row's own name before it."""
    text = " ".join(f.value.text.replace("\n", " ").replace("•", " ").split())
    if len(text) > 160 and around and around in text:
        at = text.index(around)
        start, end = max(0, at - 70), min(len(text), at + len(around) + 70)
        text = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    name = record.quote if len(record.quote) < 80 else record.quote[:79] + "…"
    return f"{name} | {f.header}: {text}" if record.quote else f"{f.header}: {text}"


def _write_model(record: Record, model: Name, thing: Thing, out: Output) -> None:
    """What a model was trained and evaluated on and what it is made of."""
    for f in record.fields:
        if f.column in TRAINING_COLUMNS:
            _write_training(record, model, f, out)
        elif f.column is Column.EVALUATION_DATA:
            cell = read_cell(f.value)
            _stances(record, model, Relation.EVALUATED_ON, cell, f, out)
            for item in cell.things:
                dataset = Name(Kind.DATASET, item.name, _scope(item, model))
                out.relate(
                    model,
                    Relation.EVALUATED_ON,
                    dataset,
                    item.line or f.line,
                    _cell_quote(record, f, item.name),
                    extractor=record.form,
                )
                _write_thing(dataset, item, record.form, out)
        elif f.column in COMPONENT_ROLES:
            role = COMPONENT_ROLES[f.column]
            cell = read_cell(f.value, spaced=record.spaced.get(f.column, frozenset()))
            for item in cell.things:
                if item.is_generic or _NO_COMPONENT.match(item.name):
                    continue
                part = Name(Kind.MODEL, item.name)
                out.relate(
                    model,
                    Relation.DERIVED_FROM,
                    part,
                    item.line or f.line,
                    _cell_quote(record, f, item.name),
                    extractor=record.form,
                    qualifiers={"role": str(role)},
                )
                _write_thing(part, item, record.form, out)


_NO_COMPONENT = re.compile(
    r"^(?:mlps?|linear|linear (?:layer|projection)|projection|attention|cross-?attention|transformer|scratch|custom|"
    r"from scratch|\d+-?layer mlp|open-?source llms?|any|llms?|lms?|vlms?|cap|x|other|encoder|decoder|none|"
    r"\S+-like)$",
    re.I,
)
"""Parts that are no models."""


def _scope(item: Thing, owner: Name) -> str:
    return fold(owner.text) if item.is_generic else ""


def _stances(
    record: Record, model: Name, relation: Relation, cell: Cell, f: Field, out: Output
) -> None:
    """Claim 'not disclosed' or 'none' where a cell says so."""
    stage_of_column = TRAINING_COLUMNS.get(f.column) or find_stage(f.header)
    stage = (
        {"stage": str(stage_of_column or Stage.UNKNOWN)} if relation is Relation.TRAINED_ON else {}
    )
    if cell.is_undisclosed:
        out.relate(
            model,
            relation,
            None,
            f.line,
            _cell_quote(record, f),
            extractor=record.form,
            stance=Stance.UNDISCLOSED,
            qualifiers=dict(stage),
        )
    elif DENIED.match(f.value.text.strip()):
        out.relate(
            model,
            relation,
            None,
            f.line,
            _cell_quote(record, f),
            extractor=record.form,
            stance=Stance.DENIES,
            qualifiers=dict(stage),
        )


def _write_training(record: Record, model: Name, f: Field, out: Output) -> None:
    cell = read_cell(f.value, with_amounts=True)
    _stances(record, model, Relation.TRAINED_ON, cell, f, out)
    stage_of_row = TRAINING_COLUMNS[f.column] or find_stage(f.header) or _stage_of_record(record)
    amount = _row_amount(record)
    for item in split_amounts(cell.things, out.spellings):
        stage = item.stage or (None if item.stage_text else stage_of_row) or Stage.UNKNOWN
        values: dict[str, JsonValue] = {}
        sized = _SIZED.match(item.name)
        used = item.amount or (sized.group(2) if sized else "")
        own = parse_amount(used) if used else None
        if own or amount:
            values["amount"] = own or amount
        if item.stage_text:
            values["stage_as_written"] = item.stage_text
        name = _named_in_training(record, item)
        dataset = Name(Kind.DATASET, name, _scope(item, model))
        out.relate(
            model,
            Relation.TRAINED_ON,
            dataset,
            item.line or f.line,
            _cell_quote(record, f, item.name),
            extractor=record.form,
            qualifiers={"stage": str(stage)},
            values=values,
        )
        if not item.is_generic:
            _write_thing(dataset, item, record.form, out)


def _named_in_training(record: Record, item: Thing) -> str:
    """A training item's name; one labelled only 'dataset' goes by its repository's name."""
    if item.name.casefold() in ("dataset", "data") and item.links:
        target = target_of(item.links[0])
        if target:
            return target.name
    sized = _SIZED.match(item.name)
    return sized.group(1) if sized else item.name


_SIZED = re.compile(r"^(.+?)\s*[(（](\d[\d.,]*\s*[KM])[)）]$")
"""A training set with how much of it was used: 'CC3M (595K)'."""


def _stage_of_record(record: Record) -> Stage | None:
    for f in record.of(Column.STAGE):
        found = find_stage(f.value.text)
        if found:
            return found
    return record.table_stage or record.section.stage


def _row_amount(record: Record) -> dict[str, JsonValue] | None:
    for f in record.of(Column.AMOUNT):
        amount = parse_amount(f.value.text, unit=unit_of_header(f.header) or _unit_word(f.header))
        if amount:
            return amount
    return None


def _unit_word(header: str) -> str:
    return "tokens" if "token" in header.casefold() else ""


_GENERATED = re.compile(
    r"\b(?:generated|synthesi[sz]ed|distilled|produced|created|annotated)\s+(?:by|using|with|from|via)\s+(?:the\s+|using\s+)?",
    re.I,
)
_ANNOTATED = re.compile(
    r"(\S.*?)[\s-]+(?:annotat(?:ions?|ed)|generat(?:ions?|ed)|synthe(?:sis|sized|sised)|rewrit(?:ing|ten)|label(?:s|l?ing|l?ed))$",
    re.I,
)
"""A way of making in a list of sources: 'WebVid + GPT annotation'."""
_BY_WHOM = re.compile(
    r"(?:human|manual|crowd|expert|auto|self|machine|model|llms?|ai)\w*[\s-]+[a-z]+(?:ing|ment|tions?|ed|sis)$|人工",
    re.I,
)
"""Sources that only say how: 'manual judgment', 'model scoring'."""
_INTRODUCED_IN = re.compile(
    r"\b(?:introduced|proposed|presented|released|described)\s+(?:by|in|with)\b[^.]{0,12}$", re.I
)


def _write_dataset(
    record: Record, dataset: Name, thing: Thing, out: Output, *, primary: bool
) -> None:
    """What a dataset was used for, where it comes from and what made it."""
    amount = _row_amount(record)
    stage = _stage_of_record(record) or Stage.UNKNOWN
    for f in record.of(*USER_COLUMNS):
        is_trained = f.column is Column.USED_BY
        for item in read_cell(f.value).things:
            if item.is_generic:
                continue
            model = Name(Kind.MODEL, item.name)
            out.relate(
                model,
                Relation.TRAINED_ON if is_trained else Relation.EVALUATED_ON,
                dataset,
                item.line or f.line,
                _cell_quote(record, f, item.name),
                extractor=record.form,
                qualifiers={"stage": str(stage)} if is_trained else {},
                values={"amount": amount} if is_trained and amount else {},
            )
            _write_thing(model, item, record.form, out)
    if not primary:
        return
    for f in record.of(Column.GENERATED_BY):
        things = [t for t in read_cell(f.value).things if not t.is_generic]
        is_prose = (
            any(re.search("[\u4e00-\u9fff]", t.name) for t in things) or len(f.value.text) > 160
        )
        named = (
            [(m, f.line) for m in _makers(f.value.text)]
            if is_prose
            else [(t.name, t.line) for t in things]
        )
        for maker, line in named:
            if not re.search(r"human|manual|人工", maker, re.I):
                _generated_by(record, dataset, maker, f, out, line=line)
    for f in record.of(Column.SOURCE, Column.DATA_SOURCE):
        made = (
            _makers(f.value.text)
            if f.column is Column.SOURCE or _GENERATED.search(f.value.text)
            else []
        )
        for maker in made:
            _generated_by(record, dataset, maker, f, out)
        if made:
            continue
        cell = read_cell(f.value)
        if f.column is Column.SOURCE and len(cell.rest.split()) > 3:
            continue
        for item in cell.things:
            if item.is_generic or (f.column is Column.SOURCE and not _is_source_name(item.name)):
                continue
            if _GENERATED.match(item.name) or _BY_WHOM.match(item.name):
                continue
            annotated = _ANNOTATED.match(item.name)
            if annotated:
                _generated_by(record, dataset, annotated.group(1), f, out, line=item.line)
                continue
            origin = Name(Kind.DATASET, item.name)
            out.relate(
                dataset,
                Relation.DERIVED_FROM,
                origin,
                item.line or f.line,
                _cell_quote(record, f, item.name),
                extractor=record.form,
                qualifiers={"role": str(Role.SOURCE)},
                confidence=0.9,
            )
            _write_thing(origin, item, record.form, out)
    for f in record.of(Column.NOTE):
        for match in _GENERATED.finditer(f.value.text):
            maker_match = MODEL_FAMILY.match(f.value.text, match.end())
            if maker_match:
                _generated_by(
                    record, dataset, maker_match.group(0).rstrip(".,;"), f, out, confidence=0.85
                )
        for link in f.value.links:
            found = identify(link.url)
            if found and _INTRODUCED_IN.search(f.value.text[: link.start].rstrip()):
                paper = Name(Kind.PAPER, str(found))
                quote = _cell_quote(record, f, link.label)
                out.identify(paper, found, f.line, quote, extractor="note")
                out.relate(
                    paper,
                    Relation.INTRODUCES,
                    dataset,
                    f.line,
                    quote,
                    extractor="note",
                    confidence=0.9,
                )


def _is_source_name(name: str) -> bool:
    return bool(re.search(r"[A-Z\d]", name)) and not re.search("[\u4e00-\u9fff]", name)


def _makers(text: str) -> list[str]:
    """Models that a source cell names as makers of the data."""
    found = []
    for match in MODEL_FAMILY.finditer(text):
        name = match.group(0).rstrip(".,;:-")
        if len(name) > 2 and name not in found:
            found.append(name)
    return found


def _generated_by(
    record: Record,
    dataset: Name,
    maker: str,
    f: Field,
    out: Output,
    *,
    confidence: float = 0.95,
    line: int = 0,
) -> None:
    model = Name(Kind.MODEL, maker)
    out.relate(
        dataset,
        Relation.DERIVED_FROM,
        model,
        line or f.line,
        _cell_quote(record, f, maker),
        extractor=record.form,
        qualifiers={"role": str(Role.GENERATED_BY)},
        confidence=confidence,
    )


# -- properties -------------------------------------------------------------------------------

_SEVERAL = re.compile(r"^(?:multi|multiple|all|various|general|mixed|any|-)$", re.I)
"""Values that name no task or language."""

_PLAIN_PROPERTIES = {
    Column.MODALITY: Property.MODALITY,
    Column.LANGUAGE: Property.LANGUAGE,
    Column.LICENCE: Property.LICENCE,
    Column.INSTITUTE: Property.INSTITUTE,
    Column.TASK: Property.TASK,
    Column.DOMAIN: Property.DOMAIN,
    Column.PARAMETERS: Property.PARAMETERS,
}


def _write_values(
    record: Record,
    models: Sequence[tuple[Name, Thing, str]],
    datasets: Sequence[tuple[Name, Thing, str]],
    out: Output,
) -> None:
    """Sizes, dates, venues, links and the like of the record's things."""
    things = [t[0] for t in (*datasets, *models) if t[2] == "column"] or [
        t[0] for t in (*models, *datasets)
    ]
    subject = things[0] if things else record.paper
    if subject is None:
        return
    first_dataset = datasets[0][0] if datasets else None
    main = record.main
    headed = next((t[0] for t in (*datasets, *models) if t[2] == "column"), None)
    about = headed or record.paper or subject
    if main is not None and main.date:
        _write_date(about, main.date, record.line, record.quote, record.form, out)
    titled = record.paper is not None and record.paper.text[:6] not in ("arXiv:", "https:")
    for f in record.fields:
        text = " ".join(f.value.text.split()).strip(" |")
        says = bool(text) and not PLACEHOLDER.match(text)
        quote = _cell_quote(record, f)
        if f.column in _PLAIN_PROPERTIES and says:
            if f.column in (Column.TASK, Column.LANGUAGE) and _SEVERAL.match(text):
                continue
            target = about if f.column is Column.INSTITUTE else subject
            if f.column is Column.PARAMETERS and models:
                target = models[0][0]
            unit = unit_of_header(f.header) if f.column is Column.PARAMETERS else ""
            out.describe(
                target,
                _PLAIN_PROPERTIES[f.column],
                drop_emoji(text),
                f.line,
                quote,
                extractor=record.form,
                more={"unit": unit} if unit else None,
            )
        elif f.column is Column.AMOUNT and says:
            target = first_dataset or subject
            amount = parse_amount(
                f.value.text, unit=unit_of_header(f.header) or _unit_word(f.header)
            )
            if amount:
                out.describe(
                    target,
                    Property.SIZE,
                    str(amount["text"]),
                    f.line,
                    quote,
                    extractor=record.form,
                    more={"value": amount["value"], "unit": amount["unit"]},
                )
        elif f.column is Column.VENUE and says and record.paper:
            venue = parse_venue(text)
            name, year = venue if venue else (text, None)
            if name:
                out.describe(
                    record.paper, Property.VENUE, name, f.line, quote, extractor=record.form
                )
            if year:
                out.describe(
                    record.paper, Property.YEAR, str(year), f.line, quote, extractor=record.form
                )
        elif f.column is Column.DATE and says:
            released = "release" in f.header.casefold() or "发布" in f.header
            owner = record.paper if titled and record.paper and not released else about
            _write_date(owner, text, f.line, quote, record.form, out)
        elif f.column is Column.NOTE and says:
            out.describe(
                subject,
                Property.NOTE,
                text[:1000],
                f.line,
                quote,
                extractor=record.form,
                qualifiers={"kind": "list"},
            )
        if f.column is not Column.PAPER:
            _write_links(record, f, subject, models, datasets, out)


def _write_date(subject: Name, text: str, line: int, quote: str, form: str, out: Output) -> None:
    date = parse_date(text)
    if date:
        out.describe(
            subject,
            Property.DATE,
            str(date["text"]),
            line,
            quote,
            extractor=form,
            qualifiers={"kind": "list"},
            more={"value": date["value"], "precision": date["precision"]},
        )


def _only_dataset(record: Record, address: str) -> bool:
    """Whether an entry outside tables has this address as its one dataset repository."""
    if record.form == "table":
        return False
    addresses = {k.url for f in record.of(*_LINK_COLUMNS) for k in f.value.links}
    addresses |= {u for _, u in record.main.links} if record.main else set()
    repositories = {t.key for u in addresses if (t := target_of(u)) and t.is_dataset}
    return len(repositories) == 1


_LINK_COLUMNS = (
    Column.CODE,
    Column.LINK,
    Column.HOMEPAGE,
    Column.MODEL_LINK,
    Column.DATASET_LINK,
    Column.UPDATED,
)


def _addressed(address: str, things: Sequence[tuple[Name, Thing, str]]) -> Name:
    """The thing that an address names most fully, else the first: Janus-Pro of Janus, Janus-Pro."""
    if len(things) == 1:
        return things[0][0]
    page = fold(address)
    return max((n for n, _, _ in things), key=lambda n: len(fold(n.text)) * (fold(n.text) in page))


def _write_links(
    record: Record,
    f: Field,
    subject: Name,
    models: Sequence[tuple[Name, Thing, str]],
    datasets: Sequence[tuple[Name, Thing, str]],
    out: Output,
) -> None:
    """Links of link columns belong to the row's thing; papers elsewhere are only noted."""
    if f.column not in _LINK_COLUMNS:
        return
    for link in f.value.links:
        address = clean_url(link.url)
        if address is None:
            continue
        found = identify(address)
        if found:
            if f.column is Column.UPDATED and record.paper:
                newer = Name(Kind.PAPER, str(found))
                out.identify(newer, found, f.line, f.value.text or address, extractor=record.form)
                out.relate(
                    newer,
                    Relation.SUPERSEDES,
                    record.paper,
                    f.line,
                    f"{f.header}: {address}",
                    extractor=record.form,
                    confidence=0.9,
                )
            continue
        column = f.column if f.column is not Column.LINK else role_of_address(address, link.label)
        target = subject
        if column is Column.DATASET_LINK and datasets:
            target = _addressed(address, datasets)
        elif column is Column.MODEL_LINK and models:
            target = _addressed(address, models)
        elif (column in (Column.DATASET_LINK, Column.MODEL_LINK) and record.paper) or (
            record.paper and not any(t[2] == "column" for t in (*models, *datasets))
        ):
            target = record.paper
        same = fold(link.label) == fold(target.text) or (
            column is Column.DATASET_LINK
            and target.kind is Kind.DATASET
            and len(datasets) == 1
            and _only_dataset(record, address)
        )
        out.link(
            target,
            address,
            REL.get(column, "other"),
            f.line,
            _cell_quote(record, f),
            extractor=record.form,
            own="entry" if same else "",
        )
        if (
            target.kind is not Kind.PAPER
            and (owned := _OWNED.fullmatch(link.label.strip()))
            and fold(owned.group(1)) == fold(target.text)
            and owned.group(0).casefold() in address.casefold()
        ):
            out.describe(
                target,
                Property.ALIAS,
                owned.group(0),
                f.line,
                _cell_quote(record, f),
                extractor="repository",
                confidence=0.9,
            )
