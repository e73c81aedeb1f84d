"""A curated list (Markdown or HTML) read into claims."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from ingest.blocks import (
    LONGEST_LINE,
    Block,
    Document,
    Fence,
    Heading,
    Item,
    Paragraph,
    Quote,
    Row,
    Table,
    parse_document,
)
from ingest.entries import Entry, Loose, is_bibtex, iter_entries, role_of_link
from ingest.facts import interpret, write_topic
from ingest.from_bibtex import entry_claims, parse_bibtex
from ingest.inline import Inline, Link
from ingest.legend import find_contradictions
from ingest.marks import find_question, take_mark
from ingest.output import Output, shorten
from ingest.plain import read_plain_item
from ingest.prose import write_sizes
from ingest.references import (
    PaperDocument,
    Reference,
    find_paper,
    iter_references,
    write_references,
)
from ingest.repairs import find_repairs
from ingest.sections import Section, Topic, is_topic
from ingest.tables import read_table
from ingest.titles import clean_title, kind_of_introduced, split_prefix
from kg.ids import identify, is_arxiv_address
from kg.model import Kind, Name, Property, Reading, Rejected, Relation, Remark
from kg.names import fold


def read_list(text: str, *, is_html: bool = False) -> Reading:
    """Read a curated list into claims, rejected lines and the reader's remarks.

    Parameters
    ----------
    text : the document, mojibake repaired (`ingest.decode`)
    is_html : whether it is an HTML page rather than Markdown

    Notes
    -----
    Never fails and never guesses from a file's name. Time is linear in the number of
    lines; of a line longer than `ingest.blocks.LONGEST_LINE` the rest is counted as rejected.
    """
    document = parse_document(text, is_html=is_html)
    out = Output(document.lines)
    paper = find_paper(document.blocks)
    references = list(iter_references(document.blocks))
    topics: dict[tuple[str, str], tuple[Topic, Topic]] = {}
    _write_own_paper(paper, out)
    reference_lines = {r.line for r in references}
    for part in iter_entries(document.blocks, has_title=_has_title(document)):
        if isinstance(part, Entry):
            _note_topics(part.section, topics)
            if part.line not in reference_lines:
                _read_entry(part, references, out)
        else:
            _note_topics(part.section, topics)
            _read_loose(part, out, reference_lines)
    write_references(references, paper, out)
    sizes = list(write_sizes(document.blocks, out))
    _write_topics(document, topics, out)
    links = _iter_links(document)
    _write_stray_papers(links, out)
    for number, line in enumerate(document.lines, 1):
        if len(line) > LONGEST_LINE:
            out.reject(
                number, line, f"only the first {LONGEST_LINE} characters of the line are read"
            )
    return Reading(
        tuple(out.claims),
        tuple(_distinct(out.rejected)),
        (
            *_remarks(document),
            *find_repairs(
                text,
                document.lines,
                tables=(b for b in document.blocks if isinstance(b, Table)),
                claims=out.claims,
                links=((link, line) for link, line, _ in links),
            ),
            *find_contradictions(document),
            *sizes,
            *out.remarks,
        ),
        *_head(document, paper),
    )


def _has_title(document: Document) -> bool:
    """Whether the front matter names the document, in other words than its first heading."""
    title = fold(str(document.front_matter.get("title") or ""))
    first = next((b for b in document.blocks if isinstance(b, Heading)), None)
    return bool(title) and (first is None or fold(first.inline.text) != title)


def _write_own_paper(paper: PaperDocument | None, out: Output) -> None:
    if paper is None:
        return
    own = Name(Kind.PAPER, paper.title)
    for position, author in enumerate(paper.authors, 1):
        out.relate(
            own,
            Relation.AUTHORED_BY,
            Name(Kind.PERSON, author),
            paper.line,
            f"{paper.title} | {author}",
            extractor="document",
            confidence=0.9,
            values={"position": position},
        )


def _note_topics(section: Section, topics: dict[tuple[str, str], tuple[Topic, Topic]]) -> None:
    path = section.topics
    for above, below in itertools.pairwise(path):
        topics.setdefault((above.name, below.name), (above, below))


def _read_entry(entry: Entry, references: Sequence[Reference], out: Output) -> None:
    if entry.main.links and not entry.fields and _is_navigation(entry.main):
        return
    before = len(out.claims)
    kept = interpret(entry, out)
    _tie_to_reference(entry, references, before, out)
    subject = next((c.subject for c in out.claims[before:] if c.subject.kind is Kind.PAPER), None)
    for fence in entry.fences:
        _read_fence(fence, subject, out)
        kept = True
    if kept:
        return
    if not entry.main.links:
        read_plain_item(entry, out)
    if not entry.main.links or _is_navigation(entry.main):
        return
    if not any(identify(k.url) for k in entry.main.links):
        reason = "nothing says whether this is a paper, a model or a dataset"
        out.reject(entry.line, entry.main.text, reason)


def _tie_to_reference(
    entry: Entry, references: Sequence[Reference], before: int, out: Output
) -> None:
    """'Title [65]' is the paper of reference 65: claim the reference's title as an alias."""
    match = re.search(r"\[(\d{1,3})\]\W*$", entry.main.text)
    if not match or not references:
        return
    target = next((r for r in references if r.number == match.group(1)), None)
    text = re.sub(r"\[\d{1,3}\]\W*$", "", entry.main.text)
    title = clean_title(text)
    if target is None or not (_alike(title, target.title) or fold(title) in fold(target.title)):
        return
    paper = next((c.subject for c in out.claims[before:] if c.subject.kind is Kind.PAPER), None)
    if paper is None and title:
        paper = Name(Kind.PAPER, title)
        write_topic(paper, entry.section, entry.line, entry.main.text, out)
        prefix = split_prefix(title)
        if prefix:
            kind = kind_of_introduced(prefix[0], title, None)
            out.relate(
                paper,
                Relation.INTRODUCES,
                Name(kind, prefix[0]),
                entry.line,
                entry.main.text,
                extractor="title",
                confidence=0.9,
            )
    if paper is not None and fold(paper.text) != fold(target.title):
        out.describe(
            paper,
            Property.ALIAS,
            target.title,
            entry.line,
            entry.main.text,
            extractor="reference",
            confidence=0.9,
        )


def _read_fence(fence: Fence, subject: Name | None, out: Output) -> None:
    """Read BibTeX beside an entry: it speaks of the entry's paper, under its own title too."""
    entries, rejected = parse_bibtex(fence.text, first_line=fence.line)
    out.rejected += rejected
    for bib in entries:
        out.remarks += bib.repairs
        paper = Name(Kind.PAPER, bib.title)
        if (
            subject is not None
            and len(entries) == 1
            and fold(bib.title) != fold(subject.text)
            and _alike(bib.title, subject.text)
        ):
            out.describe(
                subject, Property.ALIAS, bib.title, bib.line, bib.quote, extractor="bibtex"
            )
        for claim in entry_claims(bib, subject=paper):
            out.claims.append(claim)
            if claim.predicate is Property.ARXIV:
                out.papers_seen.add(f"arXiv:{claim.values['text']}")


def _alike(a: str, b: str) -> bool:
    """Whether two titles share most of their words, or one is known by its link only."""
    if re.match(r"(?:arXiv|doi|ACL|OpenReview|https?):", b):
        return True
    left, right = ({w for w in re.findall(r"\w+", t.casefold())} for t in (a, b))
    return len(left & right) * 2 > min(len(left), len(right))


def _read_loose(part: Loose, out: Output, reference_lines: set[int]) -> None:
    block = part.block
    if isinstance(block, Table):
        read_table(block, part.section, out)
    elif isinstance(block, Fence) and is_bibtex(block):
        _read_fence(block, None, out)


def _is_navigation(main: Inline) -> bool:
    """Whether a line only links inside the document or to a person's page, a badge, a star count."""
    return all(
        not k.url.startswith("http")
        or "shields.io" in k.url
        or (k.is_badge and not identify(k.url))
        for k in main.links
    )


def _write_topics(
    document: Document, topics: dict[tuple[str, str], tuple[Topic, Topic]], out: Output
) -> None:
    """Claim the heading path of topics, below the tags of the front matter."""
    for above, below in topics.values():
        out.relate(
            Name(Kind.TOPIC, below.name),
            Relation.BROADER,
            Name(Kind.TOPIC, above.name),
            below.line,
            f"{above.name} > {below.name}",
            extractor="heading",
        )
    tags = document.front_matter.get("tags") or document.front_matter.get("keywords") or []
    names = [tags] if isinstance(tags, str) else tags if isinstance(tags, list) else []
    line = document.front_lines.get("tags", document.front_lines.get("keywords", 1))
    below_any = {b.name for _, b in topics.values()}
    tops = list(dict.fromkeys(a for a, _ in topics.values() if a.name not in below_any))
    names_of_tops = dict.fromkeys(a.name for a in tops)
    for claim in out.claims:
        if claim.predicate is Relation.ABOUT and claim.object is not None:
            names_of_tops.setdefault(claim.object.text)
    for tag in names:
        tag = str(tag).strip()
        if tag and is_topic(tag):
            for top in (t for t in names_of_tops if t not in below_any):
                out.relate(
                    Name(Kind.TOPIC, top),
                    Relation.BROADER,
                    Name(Kind.TOPIC, tag),
                    line,
                    f"tags: {tag}",
                    extractor="front-matter",
                    confidence=0.8,
                )


def _iter_links(document: Document) -> list[tuple[Link, int, Inline]]:
    """Every link of the document with its line and the text around it."""
    found: list[tuple[Link, int, Inline]] = []

    def take(inline: Inline) -> None:
        found.extend((k, inline.line_at(k.start), inline) for k in inline.links)

    for block in document.blocks:
        if isinstance(block, Table):
            for row in (Row(block.header, block.line), *block.rows):
                for cell in row.cells:
                    take(cell)
        elif not isinstance(block, Fence) and hasattr(block, "inline"):
            take(block.inline)
    return found


def _write_stray_papers(links: Sequence[tuple[Link, int, Inline]], out: Output) -> None:
    """Keep every arXiv paper that is linked anywhere, also where no entry was recognised."""
    for link, line, around in links:
        found = identify(link.url)
        if found is None or found.scheme is not Property.ARXIV:
            if is_arxiv_address(link.url) and re.search(r"\d{4}", link.url) and found is None:
                out.reject(line, f"{link.label} <{link.url}>", f"not an arXiv id: {link.url}")
            continue
        if str(found) in out.papers_seen:
            continue
        label = link.label.strip() if role_of_link(link) is None else ""
        paper = Name(Kind.PAPER, str(found))
        at = max(0, link.start - 100)
        quote = around.text[at : link.end + 60]
        out.identify(
            paper,
            found,
            line,
            quote if quote.strip() else link.url,
            extractor="link",
            confidence=0.9,
        )
        if label and len(label) < 200:
            out.describe(
                paper,
                Property.LABEL,
                " ".join(label.split()),
                line,
                quote,
                extractor="link",
                confidence=0.6,
            )


def _distinct(rejected: Sequence[Rejected]) -> list[Rejected]:
    """Leave out a rejection that repeats a line and reason."""
    seen: dict[tuple[int, str], Rejected] = {}
    for r in rejected:
        seen.setdefault((r.line, r.reason), r)
    return list(seen.values())


_QUESTION = re.compile(r"^\W*[❓❔？]|\u2753|\u2754")
_ANSWER = re.compile(r"\u2705|✔|☑|\u2714")


def _remarks(document: Document) -> list[Remark]:
    """The reader's blockquoted remarks, and the questions in bullets and paragraphs."""
    found = []
    for block in document.blocks:
        if isinstance(block, Item | Paragraph):
            for line in block.inline.split_lines():
                asked = find_question(take_mark(line)[0])
                if asked:
                    found.append(Remark(line.line, shorten(asked.text, 1000), "question"))
        if not isinstance(block, Quote):
            continue
        for line in block.inline.split_lines():
            kind = (
                "question"
                if _QUESTION.search(line.text)
                else "answer"
                if _ANSWER.search(line.text)
                else ""
            )
            if kind:
                text = shorten(re.sub(r"^[\W_]*[❓❔✅✔☑]\s*", "", line.text), 1000)
                if text:
                    found.append(Remark(line.line, text, kind))
    return found


def _head(document: Document, paper: PaperDocument | None) -> tuple[str, str]:
    """The document's own title and date: front matter, a paper's title, or the first heading."""
    title = document.front_matter.get("title") or (paper.title if paper else "")
    date = document.front_matter.get("date")
    if not title:
        first: Block | None = next((b for b in document.blocks if isinstance(b, Heading)), None)
        title = first.inline.text if isinstance(first, Heading) else ""
    return shorten(str(title or ""), 200), str(date or "")
