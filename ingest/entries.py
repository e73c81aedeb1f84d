"""Entries of a list: one paper, model or dataset with what stands beside it, whatever the form.

Table rows, headings with labelled links, `<details>` summaries, bullets with nested keys and
plain paragraphs all become the same `Entry`; `ingest.facts` says what an entry means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from ingest.blocks import (
    Block,
    DetailsEnd,
    Fence,
    Heading,
    Item,
    Paragraph,
    Summary,
    Table,
)
from ingest.inline import Inline, Link
from ingest.marks import find_question, take_mark
from ingest.sections import Section, title_line
from ingest.titles import NUMBERING, is_name, split_prefix
from ingest.vocabulary import GENERIC_LABEL, VENUES, Column, find_role
from kg.ids import identify, is_arxiv_address, parse_arxiv_id, target_of


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled value of an entry."""

    column: Column
    header: str
    value: Inline
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What a list says about one thing (or one paper and its things)."""

    form: str
    """'heading', 'summary', 'item' or 'paragraph' (rows of tables are read in `ingest.tables`)."""
    main: Inline
    line: int
    section: Section
    fields: tuple[Field, ...] = ()
    fences: tuple[Fence, ...] = ()
    tags: tuple[str, ...] = ()
    """'READ', 'UNREAD', ... as written, or the ticked or empty box before it: 'x', ' '."""
    is_nested: bool = False
    """Whether it is a bullet under another bullet."""


@dataclass(frozen=True, slots=True)
class Loose:
    """A block that belongs to no entry."""

    block: Block
    section: Section


@dataclass(slots=True)
class _Draft:
    form: str
    main: Inline
    line: int
    section: Section
    fields: list[Field] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    is_nested: bool = False
    box: str = ""

    def entry(self) -> Entry:
        main, mark = take_mark(self.main)
        asked = find_question(main)
        if asked and re.search(r"[^\W_]", main.text[: asked.start]):
            main = main.slice(0, asked.start).strip()
        tags = tuple(t for t in (mark or self.box,) if t)
        return Entry(
            self.form,
            main,
            self.line,
            self.section,
            tuple(self.fields),
            tuple(self.fences),
            tags,
            self.is_nested,
        )


_BIBTEX = re.compile(r"^\s*@[A-Za-z]+\s*[{(]", re.M)


def is_bibtex(fence: Fence) -> bool:
    """Say whether a fenced block holds BibTeX entries."""
    return fence.info.lower() in ("bibtex", "bib", "latex", "tex", "") and bool(
        _BIBTEX.search(fence.text[:2000])
    )


def _fences_at(blocks: Sequence[Block], i: int) -> list[Fence]:
    """Return the BibTeX blocks that stand at an index and right after it."""
    found: list[Fence] = []
    while i < len(blocks) and isinstance(fence := blocks[i], Fence) and is_bibtex(fence):
        found.append(fence)
        i += 1
    return found


def iter_entries(blocks: Sequence[Block], *, has_title: bool = False) -> Iterator[Entry | Loose]:
    """Yield the entries of a document in order, and the blocks that belong to none.

    With a title of its own in the front matter (`has_title`) no heading is the document's title.
    """
    section = Section(title_line=0 if has_title else title_line(blocks))
    blocks = _with_bold_titles(blocks)
    i = 0
    while i < len(blocks):
        block = blocks[i]
        if isinstance(block, Heading):
            outer = section.above(block)
            section = section.under(block)
            taken, draft = _heading_entry(blocks, i, block, outer)
            if draft:
                section = outer
                yield draft.entry()
                for other in taken[1]:
                    yield Loose(other, outer)
                i = taken[0]
                continue
        elif isinstance(block, Summary):
            end, draft = _summary_entry(blocks, i, block, section)
            if draft:
                yield draft.entry()
                i = end
                continue
        elif isinstance(block, Item):
            end, drafts = _item_entries(blocks, i, block, section)
            yield from (d.entry() for d in drafts)
            i = end
            continue
        elif isinstance(block, Paragraph):
            drafts = list(_paragraph_entries(block, section))
            end = i + 1
            if len(drafts) == 1:
                fences = _fences_at(blocks, end)
                drafts[0].fences += fences
                end += len(fences)
            if drafts:
                yield from (d.entry() for d in drafts)
                i = end
                continue
            yield Loose(block, section)
        else:
            yield Loose(block, section)
        i += 1


def _with_bold_titles(blocks: Sequence[Block]) -> Sequence[Block]:
    """Make headings of the bold titles that have more on their line and a paper's key under them.

    '**Title** (NeurIPS 2023)' above '- paper link: [here](..)' is what '**Title**' is alone.
    """
    made: dict[int, list[Block]] = {}
    for i, block in enumerate(blocks):
        if not isinstance(block, Paragraph) or block.depth or not block.inline.marks:
            continue
        if len(block.inline.text) > 2000 or not bold_title(block.inline):
            continue
        first, *rest = block.inline.split_lines()
        if rest:
            last = block.inline.text.index("\n", block.inline.marks[0].end) + 1
            below = block.inline.slice(last, len(block.inline.text))
            under: list[Block] = [Paragraph(below, rest[0].line)]
            keyed = fields_of(below)
        else:
            under, keyed = [], _keys_at(blocks, i + 1)
        if any(f.column is Column.PAPER for f in keyed):
            made[i] = [Heading(7, first, first.line), *under]
    if not made:
        return blocks
    return [b for i, block in enumerate(blocks) for b in made.get(i, [block])]


def _keys_at(blocks: Sequence[Block], i: int) -> list[Field]:
    """The keys of the bullets or the paragraph at an index."""
    found: list[Field] = []
    for block in blocks[i : i + 8]:
        if isinstance(block, Paragraph) and not found:
            return fields_of(block.inline)
        keyed = split_key(block.inline) if isinstance(block, Item) else None
        if keyed is None:
            break
        found.append(keyed)
    return found


def bold_title(inline: Inline) -> int:
    """Return where the bold title ends with which a text begins; 0 when it begins with none."""
    bold = next((m for m in inline.marks if m.kind == "bold"), None)
    if bold is None or inline.text[: bold.start].strip():
        return 0
    text = inline.text[bold.start : bold.end].strip()
    words = len(text.split())
    if "\n" in text or text.endswith((":", "：")) or len(text) > 250:
        return 0
    behind = inline.text[bold.end :].split("\n")[0].split()
    small = sum(w[0].islower() for w in behind)
    if small > 2 and small * 2 > len(behind):
        return 0  # a sentence goes on
    return bold.end if words >= 5 or (words >= 4 and split_prefix(text)) else 0


SPELT_ID = re.compile(
    r"(?P<open>[(（\[]\s*)?\b(?:arxiv(?:\s{1,3}preprint)?(?:\s{1,3}arxiv)?\s{0,3}[:：.]?\s{0,3})"
    r"(?P<id>\d{4}\.\d{4,5}(?:v\d+)?)(?!\d|\.\d)(?:\s*\[[a-z-]{2,8}(?:\.[A-Z]{2})?\])?(?(open)\s*[)）\]])",
    re.I,
)
"""An arXiv id that is no link: 'arXiv:2308.12966', '(arXiv 2308.12966)'."""


_LONGEST_BEHIND_ID = 500


def spelt_id(text: Inline) -> tuple[int, int, str] | None:
    """Find the one arXiv id that an entry's text spells out beside its title: (start, end, id).

    An id in the course of a sentence is that of something the sentence mentions.

    Examples: ``Title. arXiv:2308.12966``, ``Title (arXiv 2308.12966), NeurIPS 2023 [code](..)``.
    """
    if "arxiv" not in text.text.casefold():
        return None
    found = list(SPELT_ID.finditer(text.text))
    if len({m.group("id") for m in found}) != 1:
        return None
    match = found[0]
    start, end = match.span()
    if any(k.start < end and k.end > start for k in text.links):
        return None
    if parse_arxiv_id(match.group("id")) is None:
        return None
    before, after = text.text[:start].strip(" .,:-"), text.text[end:]
    if len(after) > _LONGEST_BEHIND_ID:
        return None
    first = re.search(r"[^\W\d_]", after)
    goes_on = first is not None and first.group(0).islower()
    if before and is_remark(after):
        return (start, end, match.group("id")) if split_prefix(before) else None
    if goes_on and not any(k.start < end + first.end() <= k.end for k in text.links if first):
        return None
    if before and len(_words(after, text, end)) > 4:
        return None
    return start, end, match.group("id")


def _words(after: str, text: Inline, end: int) -> list[str]:
    """The words behind an id that are no labels of links and no venue."""
    for link in text.links:
        if link.start >= end:
            after = after.replace(link.label, " ", 1)
    return [w for w in re.findall(r"[^\W\d_]{2,}", after) if not VENUES.fullmatch(w)]


def is_remark(after: str) -> bool:
    """Say whether what stands behind an id is set off from it and is more than a venue."""
    return bool(re.match(r"\s*[.:;–—-]", after)) and len(re.findall(r"[^\W\d_]{2,}", after)) > 4


# -- links and keys ---------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def role_of_link(link: Link) -> Column | None:
    """Say what a link is for by its label, else by its address; None for a link with content."""
    label = link.label.strip(" []()|:：,.`")
    if not link.is_badge and label and not GENERIC_LABEL.match(label):
        role = find_role(label) if len(label) < 30 else None
        if role in (Column.LINK, Column.HOMEPAGE, Column.CODE, Column.UPDATED):
            return role
        if not re.fullmatch(r"[\W\d_]*|(?:arxiv:?\s*)?\d{4}\.\d{4,5}(?:v\d+)?", label, re.I):
            return None
    return role_of_address(link.url, label)


@lru_cache(maxsize=8192)
def role_of_address(url: str, label: str = "") -> Column:
    """Say what an address is for: a paper, code, a dataset, a model, or just a page."""
    if identify(url) or is_arxiv_address(url):
        return Column.PAPER
    target = target_of(url)
    words = label.casefold()
    if re.search(r"github\.com/[^/]+/awesome[-_]", url, re.I):
        return Column.LINK
    if "huggingface.co/collections/" in url:
        return Column.MODEL_LINK
    if re.search(r"\bpaper\b|\bpdf\b|arxiv|\breport\b|论文|\bpreprint\b", words) and not (
        re.search(r"\bpaper/|/paper\b", words) and not is_paper_address(url)
    ):
        return Column.PAPER
    if target and target.key.startswith("github:"):
        return Column.DATASET_LINK if re.search(r"\bdata(?:set)?s?\b|数据", words) else Column.CODE
    if target and target.is_dataset:
        return Column.DATASET_LINK
    if target and target.is_model:
        return Column.MODEL_LINK
    if re.search(r"\bdata(?:set)?s?\b|数据", words):
        return Column.DATASET_LINK
    if re.search(r"\bcode\b|github|\brepo", words):
        return Column.CODE
    if re.search(r"\bweb ?(?:site|page)|\bhome ?page|主页|官网", words) and not url.endswith(
        ".pdf"
    ):
        return Column.HOMEPAGE
    if is_paper_address(url):
        return Column.PAPER
    if re.search(r"model|checkpoint|weights|模型", words):
        return Column.MODEL_LINK
    if re.search(r"home|web|project|page|site|主页|官网", words):
        return Column.HOMEPAGE
    return Column.LINK


_PAPER_HOSTS = re.compile(
    r"(?:^|\.)(?:papers\.nips\.cc|papers\.neurips\.cc|proceedings\.neurips\.cc|proceedings\.mlr\.press|"
    r"openaccess\.thecvf\.com|ecva\.net|dl\.acm\.org|ieeexplore\.ieee\.org|link\.springer\.com|nature\.com|"
    r"science\.org|sciencedirect\.com|jmlr\.org|isca-speech\.org|isca-archive\.org|semanticscholar\.org|"
    r"biorxiv\.org|medrxiv\.org|aaai\.org|ojs\.aaai\.org|cambridge\.org|direct\.mit\.edu|mitpressjournals\.org|"
    r"onlinelibrary\.wiley\.com|academic\.oup\.com|pubs\.acs\.org|thelancet\.com|nejm\.org|jamanetwork\.com|"
    r"ncbi\.nlm\.nih\.gov|pubmed\.ncbi\.nlm\.nih\.gov|mdpi\.com|frontiersin\.org|plos\.org|journals\.plos\.org|"
    r"researchgate\.net|ssrn\.com|papers\.ssrn\.com|ceur-ws\.org|lrec-conf\.org|ijcai\.org|usenix\.org|"
    r"citeseerx\.ist\.psu\.edu|techrxiv\.org|aclweb\.org|aclanthology\.org|openreview\.net|icml\.cc|bmva\.org|"
    r"cdn\.openai\.com|vldb\.org|tandfonline\.com|cell\.com|bmj\.com|nips\.cc|neurips\.cc)$"
)


@lru_cache(maxsize=8192)
def is_paper_address(url: str) -> bool:
    """Say whether an address is that of a paper: an identifier, a publisher's page, or a PDF."""
    if identify(url):
        return True
    match = re.match(r"https?://([^/:?#]+)([^?#]*)", url, re.I)
    if not match:
        return False
    host, path = match.group(1).lower(), match.group(2).lower()
    if _PAPER_HOSTS.search(host):
        return True
    return path.endswith(".pdf") and not host.endswith("github.com")


_KEY = re.compile(r"^\s*[*_`]{0,2}([^:：|\n]{1,40}?)[*_`]{0,2}\s*[:：]\s*[*_`]{0,2}")


def split_key(line: Inline) -> Field | None:
    """Read 'key: value' when the vocabulary knows the key; the value may be empty."""
    match = _KEY.match(line.text)
    if not match or line.text[match.end() - 1 : match.end() + 2] == "://":
        return None
    if any(k.start < match.end() and k.end > k.start for k in line.links):
        return None
    key = match.group(1).strip(" -•")
    column = find_role(key)
    if column is None or len(key.split()) > 5:
        return None
    value = line.slice(match.end(), len(line.text)).strip()
    number = _ARXIV_NUMBER.match(value.text) if column is Column.PAPER else None
    if number and key.casefold() == "arxiv" and len(value.text[number.end() :].split()) > 2:
        return None  # a title with its id before it
    if _is_prose(value.text):
        column = Column.NOTE
    elif number and "arxiv" in key.casefold():
        value = line.slice(match.start(1), len(line.text)).strip()  # the key says what it is
    return Field(column, key, value, line.line_at(match.start(1)))


_ARXIV_NUMBER = re.compile(r"\d{4}\.\d{4,5}(?:v\d+)?")


def _is_prose(text: str) -> bool:
    """Whether a value is running text rather than a name or an enumeration."""
    words = len(text.split())
    if words < 14:
        return False
    marks = len(re.findall(r"[,，、;；|+&\n]", text))
    return bool(re.search(r"[a-z)]\.\s+[A-Z]", text)) or marks * 6 < words


def labelled_links(line: Inline) -> list[Field]:
    """Read a line that holds only links whose labels say what they are for.

    Examples: ``[paper](..) | [Github](..)``, a row of badges.
    """
    if not line.links:
        return []
    left = list(line.text)
    for link in line.links:
        for i in range(link.start, link.end):
            left[i] = " "
    if re.search(
        r"[^\W_]",
        re.sub(r"\b(?:and|or|links?|see|also|paper|code|project)\b", "", "".join(left), flags=re.I),
    ):
        return []
    fields = []
    for link in line.links:
        role = role_of_link(link)
        if role is None:
            return []
        fields.append(
            Field(role, link.label, line.slice(link.start, link.end), line.line_at(link.start))
        )
    return [
        f
        if f.value.links
        else Field(f.column, f.header, Inline("", (k,), (), (0,), (f.line,)), f.line)
        for f, k in zip(fields, line.links, strict=True)
    ]


def fields_of(inline: Inline) -> list[Field]:
    """Read every line of a paragraph as key/value or labelled links; [] when one is neither."""
    found: list[Field] = []
    for line in inline.split_lines():
        keyed = split_key(line)
        if keyed:
            found.append(keyed)
            continue
        links = labelled_links(line)
        if not links:
            return []
        found += links
    return found


# -- headings and summaries -------------------------------------------------------------------


def _heading_entry(
    blocks: Sequence[Block], i: int, heading: Heading, section: Section
) -> tuple[tuple[int, list[Block]], _Draft | None]:
    """Read a heading with link lines, keys or BibTeX right under it.

    Returns (index after the entry, blocks inside it that are something else) and the draft,
    which is None when the heading is a plain section heading.
    """
    nothing: tuple[int, list[Block]] = (i + 1, [])
    if not heading.inline or heading.line == section.title_line:
        return nothing, None
    numbering = NUMBERING.match(heading.inline.text)
    main = (
        heading.inline.slice(numbering.end(), len(heading.inline.text))
        if numbering
        else heading.inline
    )
    draft = _Draft("heading", main, heading.line, section)
    loose: list[Block] = []
    j, keyed, plain = i + 1, 0, 0
    while j < len(blocks):
        block = blocks[j]
        if isinstance(block, Heading | Table | Summary):
            break
        if isinstance(block, Paragraph):
            found = fields_of(block.inline)
            keyed += len(found)
            draft.fields += found
            if not found:
                lines, rest = _keyed_lines(block.inline)
                keyed += len(lines)
                draft.fields += lines
                if rest:
                    loose.append(block)
        elif isinstance(block, Fence) and is_bibtex(block):
            keyed += 1
            draft.fences.append(block)
        elif isinstance(block, Item):
            end, field_ = _keyed_item(blocks, j, block)
            if field_ is None:
                plain += 1
                loose.append(block)
            else:
                keyed += 1
                draft.fields.append(field_)
            j = end
            continue
        else:
            loose.append(block)
        j += 1
    has_id = spelt_id(main) is not None and len(main.text.split()) > 3
    if (has_id or _is_linked_title(main)) and not keyed:
        return nothing, draft
    subject = {f.column for f in draft.fields} - {Column.NOTE, Column.LINK, Column.UPDATED}
    names_one = [
        f
        for f in draft.fields
        if f.column in (Column.MODEL, Column.DATASET, Column.NAME) and f.value.text
    ]
    if plain > keyed or not (subject or draft.fences) or len(names_one) > 1:
        return nothing, None
    if not has_id and not draft.fences and not _says_something(draft):
        return nothing, None
    papers = [f for f in draft.fields if f.column is Column.PAPER]
    bare = [f for f in papers if f.value.text.startswith("http")]
    if len(papers) > 4 or len(bare) > 1:
        return nothing, None
    return (j, loose), draft


def _is_linked_title(main: Inline) -> bool:
    """Whether a heading is nothing but the linked title of a paper."""
    return (
        len(main.links) == 1
        and not main.links[0].is_badge
        and main.links[0].label == main.text.strip()
        and role_of_link(main.links[0]) is None
        and is_paper_address(main.links[0].url)
    )


def _says_something(draft: _Draft) -> bool:
    """Whether the fields under a heading make it an entry and not a section with remarks."""
    strong = {
        Column.PAPER, Column.GENERATED_BY, Column.TRAINING_DATA, Column.PRETRAINING_DATA, Column.INSTRUCTION_DATA,
        Column.PREFERENCE_DATA, Column.STAGE_DATA, Column.EVALUATION_DATA, Column.VISION_ENCODER, Column.LANGUAGE_MODEL, Column.BASE_MODEL,
        Column.AUDIO_ENCODER, Column.DATA_SOURCE, Column.USED_BY, Column.EVALUATED_BY, Column.DATASET_LINK,
    }  # fmt: skip
    columns = [f.column for f in draft.fields]
    if any(c in strong for c in columns):
        return True
    return len(set(columns)) >= 3 and any(
        c in (Column.AMOUNT, Column.SOURCE, Column.DATE) for c in columns
    )


def _keyed_lines(inline: Inline) -> tuple[list[Field], bool]:
    """Pick the key/value and link lines out of a paragraph; whether other text is left."""
    found, rest = [], False
    for line in inline.split_lines():
        keyed = split_key(line)
        links = [] if keyed else labelled_links(line)
        if keyed:
            found.append(keyed)
        elif links:
            found += links
        else:
            rest = True
    return found, rest


def _children(blocks: Sequence[Block], i: int, item: Item) -> int:
    """Index after the item at i and everything nested in it."""
    j = i + 1
    while j < len(blocks):
        block = blocks[j]
        if (isinstance(block, Item) and block.depth > item.depth) or (
            isinstance(block, Paragraph) and block.depth >= item.depth
        ):
            j += 1
        else:
            break
    return j


def _keyed_item(blocks: Sequence[Block], i: int, item: Item) -> tuple[int, Field | None]:
    """Read a bullet 'key: value'; an empty value is made of the bullets nested in it."""
    end = _children(blocks, i, item)
    keyed = split_key(item.inline)
    nested = [b for b in blocks[i + 1 : end] if isinstance(b, Item)]
    if keyed is None:
        column = find_role(item.inline.text.strip(" :：*"))
        link = item.inline.links[0] if len(item.inline.links) == 1 else None
        if link and link.label.strip() == item.inline.text.strip():
            role = role_of_link(link)
            if role is not None:
                return end, Field(role, link.label, item.inline, item.line)
            return end, None
        if column is None or not nested or item.inline.links:
            return end, None
        keyed = Field(column, item.inline.text.strip(" :：*"), Inline(""), item.line)
    if not keyed.value and nested:
        value = _join([b.inline for b in nested])
        keyed = Field(keyed.column, keyed.header, value, nested[0].line)
    return end, keyed


def _join(parts: Sequence[Inline]) -> Inline:
    """Join the texts of nested bullets into one value, a line each."""
    text, links, starts, lines = "", [], [], []
    for part in parts:
        if text:
            text += "\n"
        at = len(text)
        starts.append(at)
        lines.append(part.line)
        links += [Link(k.start + at, k.end + at, k.url, k.label, k.is_badge) for k in part.links]
        text += part.text.replace("\n", " ")
    return Inline(text, tuple(links), (), (0, *starts[1:]), tuple(lines))


def _summary_entry(
    blocks: Sequence[Block], i: int, summary: Summary, section: Section
) -> tuple[int, _Draft | None]:
    """Read `<details>` whose summary is an entry and whose body holds its links."""
    draft = _Draft("summary", summary.inline, summary.line, section)
    j = i + 1
    while j < len(blocks):
        block = blocks[j]
        if isinstance(block, DetailsEnd):
            j += 1
            break
        if isinstance(block, Paragraph):
            draft.fields += _keyed_lines(block.inline)[0]
        elif isinstance(block, Fence) and is_bibtex(block):
            draft.fences.append(block)
        elif isinstance(block, Item):
            end, keyed = _keyed_item(blocks, j, block)
            if keyed is None:
                return i + 1, None
            draft.fields.append(keyed)
            j = end
            continue
        elif isinstance(block, Heading | Summary | Table):
            return i + 1, None
        j += 1
    has_paper = any(f.column is Column.PAPER for f in draft.fields)
    arrow = re.search(r"->|→|=>", summary.inline.text)
    words = len(summary.inline.text.split())
    if (
        not (arrow and draft.fields)
        and not (has_paper and words >= 2)
        and not (draft.fences and words >= 3)
    ):
        return i + 1, None
    return j, draft


# -- bullets and paragraphs -------------------------------------------------------------------


def _item_entries(
    blocks: Sequence[Block], i: int, item: Item, section: Section
) -> tuple[int, list[_Draft]]:
    """Read a bullet with what is nested in it, or a run of 'key: value' bullets."""
    end = _children(blocks, i, item)
    first = split_key(item.inline)
    if first is not None and first.column in _OPENING_KEYS and first.value:
        return _keyed_run(blocks, i, item, section)
    several = _several_names(item.inline)
    if several and end == i + 1:
        return end, [_Draft("item", part, part.line, section) for part in several]
    draft = _Draft("item", item.inline, item.line, section, box=item.box)
    nested: list[_Draft] = []
    inline_fields = _inline_keys(item.inline) or _said_of_name(item.inline)
    if inline_fields:
        draft.main = inline_fields[0]
        draft.fields += inline_fields[1]
    j = i + 1
    while j < end:
        block = blocks[j]
        if isinstance(block, Item):
            after, keyed = _keyed_item(blocks, j, block)
            if keyed is not None:
                draft.fields.append(keyed)
                j = after
                continue
            after, inner = _item_entries(blocks, j, block, section)
            nested += inner
            j = after
            continue
        if isinstance(block, Paragraph):
            draft.fields += fields_of(block.inline)
        j += 1
    draft.fences += _fences_at(blocks, end)
    end += len(draft.fences)
    for inner_draft in nested:
        inner_draft.is_nested = True
    return end, [draft, *nested]


def _several_names(inline: Inline) -> list[Inline]:
    """Split a bullet that lists several linked names: '[A](u) (remark); [B](v) (remark)'."""
    named = [
        k for k in inline.links if not k.is_badge and k.label.strip() and role_of_link(k) is None
    ]
    if len(named) < 2 or any(len(k.label.split()) > 6 for k in named):
        return []
    at: list[tuple[int, int]] = []
    for a, b in pairwise(named):
        gap = inline.text[a.end : b.start]
        if "(" in gap or "（" in gap:
            gap = re.sub(r"[(（][^()（）]*[)）]", lambda m: " " * len(m.group(0)), gap)
        marks = list(re.finditer(r"\s*[;；,，、]\s*", gap))
        if not marks or len(gap.split()) > 15:
            return []
        at.append((a.end + marks[-1].start(), a.end + marks[-1].end()))
    parts = [p.strip() for p in inline.cut(at)]
    return [_from_first_link(parts[0]), *parts[1:]]


def _from_first_link(part: Inline) -> Inline:
    """Drop a lead such as 'Add ' before the first link of a list."""
    first = next((k for k in part.links if k.label.strip()), None)
    return part.slice(first.start, len(part.text)) if first and first.start <= 24 else part


_OPENING_KEYS = (Column.MODEL, Column.DATASET, Column.NAME, Column.PAPER)


def _keyed_run(
    blocks: Sequence[Block], i: int, first: Item, section: Section
) -> tuple[int, list[_Draft]]:
    """Read consecutive bullets 'Model: X', 'Training data: Y', ...; the first key opens entries."""
    drafts: list[_Draft] = []
    opening: Column | None = None
    j = i
    while j < len(blocks):
        block = blocks[j]
        if not isinstance(block, Item) or block.depth != first.depth:
            break
        end, keyed = _keyed_item(blocks, j, block)
        if keyed is None:
            break
        if opening is None or keyed.column is opening:
            opening = keyed.column
            drafts.append(
                _Draft("item", Inline("", (), (), (0,), (block.line,)), block.line, section)
            )
        drafts[-1].fields.append(keyed)
        for nested in blocks[j + 1 : end]:
            if isinstance(nested, Item):
                inner = split_key(nested.inline)
                if inner:
                    drafts[-1].fields.append(inner)
        j = end
    return j, drafts


def _inline_keys(inline: Inline) -> tuple[Inline, list[Field]] | None:
    """Read 'LLaVA-1.5; training data: A, B; vision encoder: C' in one bullet."""
    at = [(m.start(), m.end()) for m in re.finditer(r"\s*[;；|]\s*|\n\s*", inline.text)]
    if not at:
        return None
    head, *parts = list(inline.cut(at))
    keyed = [split_key(p.strip()) for p in parts if p.strip()]
    found = [f for f in keyed if f is not None]
    if len(found) < 2 or len(found) < len(keyed):
        return None
    return head, found


_SAID_OF_NAME = re.compile(
    r"\s*(?P<name>\S.{0,60}?)\s+(?:(?:is|was|are|were)\s+)?"
    r"(?P<key>(?:evaluated|tested|(?:pre-?|fine-?)?(?:trained|tuned))\s+on)\s*[:：]\s*(?=\S)",
    re.I,
)


def _said_of_name(inline: Inline) -> tuple[Inline, list[Field]] | None:
    """Read 'LLaVA-1.5 evaluated on: A, B' in one bullet."""
    match = _SAID_OF_NAME.match(inline.text)
    if match is None or not is_name(match.group("name")):
        return None
    key = match.group("key")
    column = Column.EVALUATION_DATA if key.startswith("test") else find_role(key)
    if column is None:
        return None
    value = inline.slice(match.end(), len(inline.text)).strip()
    if _is_prose(value.text) or not re.search(r"[A-Z\d]", value.text):
        return None
    head = inline.slice(match.start("name"), match.end("name"))
    return head, [Field(column, key, value, inline.line_at(match.end()))]


def _paragraph_entries(block: Paragraph, section: Section) -> Iterator[_Draft]:
    """Read a paragraph whose every line (or whose only line) is an entry."""
    lines = block.inline.split_lines()
    keyed = [split_key(line) for line in lines]
    if len(keyed) > 1 and all(keyed) and keyed[0] and keyed[0].column in _OPENING_KEYS:
        opening = keyed[0].column
        drafts: list[_Draft] = []
        for found in keyed:
            if found is None:
                continue
            if found.column is opening:
                drafts.append(
                    _Draft(
                        "paragraph", Inline("", (), (), (0,), (found.line,)), found.line, section
                    )
                )
            drafts[-1].fields.append(found)
        yield from drafts
        return
    entries = [line for line in lines if is_entry_line(line)]
    if not entries or len(entries) * 2 < len(lines):
        return
    for line in entries:
        yield _Draft("paragraph", line, line.line, section)


_ENTRY_BULLET = re.compile(r"^\s*(?:[\U0001F300-\U0001FAFF\u2600-\u27bf•▪▸►‣◦·*-]\ufe0f?\s*)+")


def is_entry_line(line: Inline) -> bool:
    """Say whether a line of running text is an entry: a linked title, or a marked italic one.

    Examples: ``[Title](url), NeurIPS 2023``, ``🔎 *Title [65]*``.
    """
    text = line.text.strip()
    if len(line.links) == 1 and text == line.links[0].url and is_paper_address(text):
        return True
    if len(text) < 6 or len(text) > 600:
        return False
    bullet = _ENTRY_BULLET.match(line.text)
    if bullet and re.search(r"\[\d{1,3}\]\s*$", text):
        return True
    if not line.links or all(not k.url.startswith("http") for k in line.links):
        return False
    first = next((k for k in line.links if not k.is_badge and k.label), None)
    if first is None:
        return False
    lead = re.sub(r"[\W\d_]|\[[^\]]*\]", "", line.text[: first.start])
    if len(lead) > 12:
        paper = next((k for k in line.links if role_of_link(k) is Column.PAPER), None)
        return bool(
            paper
            and len(line.text[: paper.start].split()) <= 30
            and len(text[paper.end :]) < 80
            and not re.search(r"[.!?]\s+\S", line.text[: paper.start].strip(" .")[:-1])
        )
    after = line.text[first.end :].strip()
    if len(first.label.split()) >= 3:
        return len(after) < 160
    if is_name(first.label) and not after:
        return True
    return (
        bool(re.match(r"[:：–—-]\s*\S", after)) and len(after) < 250 and is_paper_address(first.url)
    )
