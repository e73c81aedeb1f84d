"""What an entry's own text says before its fields are looked at: title or name, and what hangs on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ingest.entries import (
    SPELT_ID,
    bold_title,
    is_paper_address,
    is_remark,
    role_of_address,
    role_of_link,
    spelt_id,
)
from ingest.inline import Inline, Link
from ingest.sections import Section
from ingest.titles import (
    clean_title,
    goes_on,
    is_acronym_of,
    is_dataset_name,
    is_name,
    kind_of_introduced,
    name_in_report,
    names_in_brackets,
    split_pair,
    split_prefix,
)
from ingest.values import parse_venue
from ingest.vocabulary import (
    GENERIC_LABEL,
    NO_PAPERS,
    Column,
    is_institute,
)
from kg.identity import names_agree
from kg.ids import is_arxiv_address, target_of
from kg.model import Kind
from kg.names import fold, variants_differ


@dataclass(slots=True)
class Main:
    """What an entry's own text says, before its fields are looked at."""

    title: str = ""
    name: str = ""
    """Set when the text is a name rather than a title."""
    line: int = 0
    quote: str = ""
    names: list[str] = field(default_factory=list)
    """Names given in brackets behind (or before) the title, or before a colon."""
    papers: list[str] = field(default_factory=list)
    """Addresses of the paper."""
    places: dict[str, int] = field(default_factory=dict)
    """Lines of those addresses that stand on another line."""
    links: list[tuple[Column, str]] = field(default_factory=list)
    arrow: Inline | None = None
    """What stands behind '->'."""
    venue: str = ""
    year: int | None = None
    date: str = ""
    is_paper: bool = False
    reference: str = ""
    tagged: tuple[Kind, ...] = ()
    """Kinds in a tag before the title: '[Dataset, Model]'."""
    aliases: tuple[str, ...] = ()

    def kind_of(self, name: str, heading: Kind | None) -> Kind:
        """Say what one of the names is; where one is called a dataset the heading says no more."""
        if len(self.tagged) == len(self.names):
            return self.tagged[self.names.index(name)]
        if self.tagged and Kind.MODEL not in self.tagged:
            return Kind.DATASET
        if any(n != name and is_dataset_name(n) for n in self.names):
            heading = None
        return kind_of_introduced(name, self.title, heading)


_LEADING_DATE = re.compile(
    r"^\W{0,4}((?:19|20)\d{2,3}(?:\s?[-./年]\s?(?:\d{1,2}(?!\d)|X))(?:\s?[-./月]\s?\d{1,2}(?!\d)日?)?)\s*[)\]）】]?[\s:,：|]*"
)
_TRAILING_DATE = re.compile(r"[\s,(（]+((?:19|20)\d{2}\s?[-./]\s?(?:\d{1,2}|X))\)?\s*$")
_ARROW = re.compile(r"\s*(?:->|-&gt;|=>|→)\s*")
_TITLE_TAG = re.compile(r"^\W*\[([A-Za-z][\w .,+/&-]{1,30})\]\s*(?=\S)")
_TAG_WORDS = re.compile(
    r"^(?:(?:survey|model|models|dataset|datasets|data|benchmark|benchmarks|paper|code|project|blog|new|oral|"
    r"spotlight|highlight|best paper|review|tutorial|tool|method|demo|report|position|image|video|text|audio)"
    r"(?:\s*[,/&]\s*|\s+and\s+|\s*$))+$",
    re.I,
)
_TAGGED_KINDS = {
    "model": Kind.MODEL, "models": Kind.MODEL, "dataset": Kind.DATASET, "datasets": Kind.DATASET, "data": Kind.DATASET,
    "benchmark": Kind.DATASET, "benchmarks": Kind.DATASET,
}  # fmt: skip
_FIRST_BRACKETS = re.compile(r"^\W{0,3}[(（]([^()（）]{2,30})[)）]\s*(?=[A-Z])")


def read_main(text: Inline, section: Section) -> Main:
    """Read an entry's own text: title or name, bracketed names, links, venue, date.

    Examples: ``(2023-09) Title [paper](u)``, ``[Title](u), NeurIPS 2023``, ``[Name](u): Subtitle``,
    ``Title (Name) (Institute)``, ``Title, Venue Year -> Dataset``.
    """
    main = Main(line=text.line, quote=text.text)
    text, spelt = _without_spelt_id(text)
    arrow = _ARROW.search(text.text)
    if arrow and arrow.start() > 0 and not any(k.start < arrow.start() < k.end for k in text.links):
        main.arrow = text.slice(arrow.end(), len(text.text)).strip()
        text = text.slice(0, arrow.start())
    text = _without_tags(text, main)
    first = _content_link(text)
    for link in text.links:
        role = role_of_link(link)
        if link is first or (
            role is None and link.label and first is not None and link.start < first.end
        ):
            continue
        if role is None:
            role = role_of_address(link.url, link.label)
            if role is Column.PAPER and first is not None and not parse_venue(link.label):
                continue  # another paper, only mentioned
        if role is Column.PAPER:
            main.papers.append(link.url)
        else:
            main.links.append((role, link.url))
    if spelt and not any(is_arxiv_address(u) for u in main.papers):
        main.papers.append(spelt)
    if first is not None:
        _from_link(text, first, main)
    else:
        _from_text(text, main)
    if (
        main.name
        and not main.title
        and not GENERIC_LABEL.match(main.name)
        and (
            main.arrow is not None
            or (
                len(main.name.split()) >= 3
                and not is_name(main.name)
                and (main.papers or main.venue)
            )
        )
    ):
        main.title, main.name = clean_title(main.name), ""
        main.is_paper = True
    if main.is_paper and not main.papers and any(NO_PAPERS.search(t) for _, t, _ in section.path):
        main.is_paper = False
    _names_of_title(main)
    return main


def _without_spelt_id(text: Inline) -> tuple[Inline, str]:
    """Blank the arXiv id that the text spells out; the paper's address is given beside it."""
    found = spelt_id(text)
    if found is None:
        return text, ""
    start, end, value = found
    after = SPELT_ID.sub(lambda m: " " * len(m.group(0)), text.text[end:])
    if is_remark(after):
        after = " " * len(after)
    body = text.text[:start].rstrip(" \t.,;:：，|–—-")
    body += " " * (end - len(body)) + after
    body = re.sub(r"(?<! )( +)([,，])", r"\2\1", body)
    stop = next((k.start for k in text.links if k.start >= end), len(body))
    body = re.sub(r"\.(\s*)$", r" \1", body[:stop]) + body[stop:]
    return replace(text, text=body), f"https://arxiv.org/abs/{value}"


def _without_tags(text: Inline, main: Main) -> Inline:
    """Take dates, '[Survey]' tags, code tags and reference numbers off both ends."""
    date = _LEADING_DATE.match(text.text)
    if date:
        main.date = date.group(1)
        text = text.slice(date.end(), len(text.text))
    code = (
        next(
            (
                m
                for m in text.marks
                if m.kind == "code" and not re.search(r"\w", text.text[: m.start])
            ),
            None,
        )
        if text.marks
        else None
    )
    if (
        code
        and len(text.text[code.start : code.end].split()) <= 3
        and len(text.text) > code.end + 12
        and not any(k.start <= code.start < k.end for k in text.links)
    ):
        text = text.slice(code.end, len(text.text))
    tag = _TITLE_TAG.match(text.text)
    if tag and not any(k.start < tag.end() for k in text.links):
        hint = tag.group(1).casefold()
        main.tagged = tuple(
            kind for word in re.split(r"\W+", hint) if (kind := _TAGGED_KINDS.get(word))
        )
        if not _TAG_WORDS.match(hint) and is_name(tag.group(1)) and not parse_venue(tag.group(1)):
            main.names.append(tag.group(1))
        text = text.slice(tag.end(), len(text.text))
    reference = re.search(r"\[(\d{1,3})\]\W*$", text.text)
    if reference:
        main.reference = reference.group(1)
        text = text.slice(0, reference.start())
    return text.strip()


def _content_link(text: Inline) -> Link | None:
    """The link whose label is the title or name itself."""
    for link in text.links:
        if link.is_badge or not link.label.strip() or role_of_link(link) is not None:
            continue
        before = re.sub(r"[\W_]+", " ", text.text[: link.start]).strip()
        if len(before.split()) <= 2 and len(before) <= 24:
            return link
        return None
    return None


def _from_link(text: Inline, link: Link, main: Main) -> None:
    label = " ".join(link.label.split())
    after = text.slice(link.end, len(text.text))
    rest = after.text.split("\n")[0]
    joined = re.match(r"^\s*(?:[:：]|\s[-–—]\s|[-–—]\s)\s*[–—-]?\s*(\S.*)$", rest)
    paperish = is_paper_address(link.url)
    if paperish:
        main.papers.insert(0, link.url)
    else:
        main.links.insert(0, (role_of_address(link.url, ""), link.url))
    if (
        len(label.split()) <= 4
        and not _is_title(label)
        and (joined or (paperish and re.match(r"\s+[A-Z]\w+ing\b|\s+[A-Z]\w+ \w+ \w+", rest)))
    ):
        tail = joined.group(1) if joined else rest.strip()
        cut = next((k.start - link.end for k in text.links if k.start > link.end), len(rest))
        offset = joined.start(1) if joined else 0
        tail = tail[: max(0, cut - offset)] if cut < len(rest) else tail
        title = clean_title(tail)
        separator = (
            ": " if joined and joined.group(0).lstrip()[:1] in ":：" else " - " if joined else " "
        )
        if len(title.split()) >= 3:
            main.title = clean_title(f"{label}{separator}{title}")
            main.names.append(label)
            main.is_paper = paperish
            return
    target = target_of(link.url)
    hosted = target is not None and (target.is_dataset or target.is_model)
    if hosted and len(label.split()) <= 8 and not split_prefix(label):
        main.name = label
    elif _is_title(label) or (paperish and _is_short_title(label)):
        main.title = clean_title(label)
        main.is_paper = paperish
    else:
        main.name = label
    _after_title(after, main)
    if paperish and main.name and main.venue and len(main.name.split()) > 1:
        main.title, main.name = clean_title(main.name), ""


_VENUE_AND_YEAR = re.compile(r"^\s*[,，]\s*([A-Z][\w &@/'-]{1,40}?),?\s+((?:19|20)\d\d)\b")
"""A venue that the vocabulary does not know, behind a linked title."""


def _after_title(after: Inline, main: Main) -> None:
    """Read what follows a linked title: '(Name) (Institute), Venue Year'."""
    text = after.text.split("\n")[0]
    stop = next((k.start for k in after.links), len(text))
    text = text[:stop]
    for match in re.finditer(r"[(（]([^()（）]{1,80})[)）]", text):
        if not text[: match.start()].strip(" \t()（）") or "(" in text[: match.start()]:
            found = names_in_brackets(match.group(1), main.title)
            main.names += [n for n in found if n not in main.names]
            if found:
                break  # what follows the names is an institute or a remark
    remark = re.sub(r"[(（][^()（）]*[)）]", " ", text).strip(" ,;|.-–—")
    venue = parse_venue(remark)
    unknown = _VENUE_AND_YEAR.match(text) if venue is None else None
    if unknown:
        venue = (f"{unknown.group(1)} {unknown.group(2)}", int(unknown.group(2)))
    if venue:
        main.venue, main.year = venue
        main.is_paper = main.is_paper or bool(main.title)


_UNFINISHED = re.compile(
    r"\s(?:adds?|added|adding|updates?|updated|includes?|including|see|of|in|the|a|an|with|by|from|and|or|to|on|for|"
    r"using|via|at|our|their|its|is|are|was|were|as|than|like)$"
)
"""The end of a sentence that goes on in a link; no title or name ends so."""


def _from_text(text: Inline, main: Main) -> None:
    """Read a title or name that is plain text, up to the first labelled link."""
    body = text.text
    bold = bold_title(text)
    if bold and body[bold:].strip() and not any(k.start < bold for k in text.links):
        _from_bold(text, bold, main)
        return
    cuts = [k.start for k in text.links if role_of_link(k) is not None or k.start > 0]
    cuts += [m.start for m in text.marks if m.kind == "quiet" and m.start > 5]
    bar = body.find(" | ")
    if bar > 0:
        cuts.append(bar)
    end = min([c for c in cuts if c > 0], default=len(body))
    quiet = next((text.text[m.start : m.end] for m in text.marks if m.kind == "quiet"), "")
    venue = parse_venue(quiet) if quiet else None
    head = body[:end].split("\n")[0].rstrip(" \t[(（|,:：-–—*")
    if _UNFINISHED.search(head):
        main.papers.clear()  # what a sentence speaks of is only mentioned
        return
    date = _TRAILING_DATE.search(head)
    if date:
        main.date = main.date or date.group(1)
        head = head[: date.start()]
    first = _FIRST_BRACKETS.match(head)
    if first and len(head[first.end() :].split()) >= 3:
        main.names += names_in_brackets(first.group(1), head[first.end() :])
        head = head[first.end() :]
    comma = re.match(r"^(.*\S),\s*([^,]{2,40})$", head)
    if comma and not venue:
        venue = parse_venue(comma.group(2))
        year = re.fullmatch(r"\s*((?:19|20)\d\d)\s*", comma.group(2))
        if year:
            venue = ("", int(year.group(1)))
        if venue:
            head = comma.group(1)
    if venue:
        main.venue, main.year = venue
    brackets = list(re.finditer(r"\s*[(（]([^()（）]{1,60})[)）]\s*$", head))
    while brackets and brackets[-1].start() > 0:
        match = brackets[-1]
        if parse_venue(match.group(1)) and not main.venue:
            main.venue, main.year = parse_venue(match.group(1)) or ("", None)
        else:
            found = names_in_brackets(match.group(1), head[: match.start()])
            main.names += [n for n in found if n not in main.names]
            if not found and not _droppable(match.group(1)):
                break
        head = head[: match.start()]
        brackets = list(re.finditer(r"\s*[(（]([^()（）]{1,60})[)）]\s*$", head))
    title = clean_title(head)
    if goes_on(title) and end < len(body):
        main.papers, main.links = [], []  # a sentence that only mentions what it links
        return
    if _is_title(title) or (main.names and len(title.split()) >= 3):
        main.title = title
        main.is_paper = bool(main.papers) or bool(main.venue) or bool(main.year)
    elif title:
        main.name = title


def _from_bold(text: Inline, end: int, main: Main) -> None:
    """Read a title that its bold type sets off from what follows it: '**Title** (NeurIPS 2023)'."""
    main.title = clean_title(text.text[:end].strip())
    after = text.slice(end, len(text.text))
    authors = _AUTHORS.match(after.text)
    if authors:
        after = after.slice(authors.end(), len(after.text))
    _after_title(after, main)
    bracketed = re.match(r"\s*[(（\[]([^()（）\[\]]{2,60})[)）\]]", after.text)
    if bracketed and not main.venue:
        main.venue, main.year = parse_venue(bracketed.group(1)) or ("", None)
    parts = [p.strip() for p in re.split(r"[.,，;|](?:\s+|$)", main.venue)]
    if len(parts) > 1:  # authors may stand before it
        known = (v for i in range(len(parts)) if (v := parse_venue(", ".join(parts[-1 - i :]))))
        main.venue = next(known, (main.venue, None))[0]
    year = re.match(r"[\s,.(（|–—-]*((?:19|20)\d\d)\b", after.text)
    if year and not main.year:
        main.year = int(year.group(1))
    main.is_paper = bool(main.papers) or bool(main.venue) or bool(main.year)


_AUTHORS = re.compile(r"[\s,.|–—-]*(?:by\s+)?[A-Z][^\n()\[\]]{0,80}?\bet al\b\.?")


def _droppable(remark: str) -> bool:
    return is_institute(remark) or bool(re.fullmatch(r"[\w .'-]{1,24}", remark))


def _is_title(text: str) -> bool:
    """Whether a text is a title rather than a name."""
    words = text.split()
    if split_prefix(text) and len(words) >= 4:
        return True
    if len(words) >= 5:
        return True
    return len(words) == 4 and not is_name(text)


def is_short_for(short: str, name: str, title: str) -> bool:
    """Say whether a bracketed name is another form of the title's own name.

    Examples
    --------
    >>> is_short_for("CC12M", "Conceptual 12M", ""), is_short_for("CC3M", "Conceptual Captions", "")
    (True, True)
    >>> is_short_for("BLIP-3", "xGen-MM", "xGen-MM: A family of models")
    False
    """
    if re.fullmatch(re.escape(short) + r"[ _-]?(?:data(?:set)?|corpus)", name, re.I):
        return False  # the project or model of which the name is the data
    if is_acronym_of(short, title):
        return True
    if names_agree(short, name):
        return not variants_differ(short, name) and not fold(short).startswith(fold(name))
    initials = "".join(w[0] for w in re.findall(r"[A-Za-z]+", name)).casefold()
    return len(initials) > 1 and re.sub(r"\d+[kmbt]?\b|[^a-z]", "", short.casefold()) == initials


def _is_part_of(short: str, name: str, rest: str) -> bool:
    """Whether a bracket is only what the title's name begins with, and the title spells it out."""
    return fold(name).startswith(fold(short)) and is_acronym_of(short, rest)


def _is_remark(name: str) -> bool:
    """Whether a bracket behind a title that has its own name is more likely a remark."""
    return not re.search(r"\d|(?<=[\w-])[A-Z]", name) or len(name.split()) > 1


def _is_short_title(text: str) -> bool:
    """Whether the label of a paper's address is a title of few words rather than a name."""
    return len(text.split()) >= 3 or bool(name_in_report(text))


def _names_of_title(main: Main) -> None:
    prefix = split_prefix(main.title) if main.title else None
    if prefix:
        inner = re.match(r"^(.+?)\s*[(（]([^()（）]+)[)）]$", prefix[0])
        name = inner.group(1) if inner else prefix[0]
        others = names_in_brackets(inner.group(2), prefix[1]) if inner else []
        known = {fold(n) for n in main.names}
        if fold(name) not in known:
            given = [n for n in [*others, *main.names] if not _is_part_of(n, name, prefix[1])]
            main.aliases = tuple(n for n in given if is_short_for(n, name, main.title))
            others = [n for n in given if n not in main.aliases and not _is_remark(n)]
            main.names = [name, *others]
    pair = split_pair(main.title) if main.title and not prefix else None
    if pair:
        known = {fold(n) for n in pair}
        main.names = [*pair, *(n for n in main.names if fold(n) not in known)]
    report = name_in_report(main.title)
    if report and not main.names:
        main.names.append(report)
