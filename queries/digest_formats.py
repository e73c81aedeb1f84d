"""A digest as Markdown, as one HTML page and as an Atom feed; all of its text is foreign.

Whatever titles, names and quotes hold stays text: Markdown signs are escaped, HTML and XML are
written by their rules, and only addresses of http and https become links.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import uuid
from collections.abc import Iterator, Sequence
from urllib.parse import quote
from xml.etree import ElementTree

from kg.store import Named
from queries.answers import Evidence
from queries.digest import Digest, ListedThing, PaperNews, RelationNews, Section

MOST_LISTED = 50
"""Things of a list that are written one by one; all are counted, and JSON has them all."""
_ABSTRACT = 600
"""Characters of an abstract that are shown."""
_AUTHORS = 4

_NO_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_SIGNS = re.compile(r"([\\`*_\[\]<>#|~!&$])")
_BEGINS = re.compile(r"^(\s*)([-+=]|\d+[.)])(?=\s|$)")


def _plain(text: str) -> str:
    """Write a text on one line, without what a terminal or a page would act on."""
    return " ".join(_NO_TEXT.sub("", text).split())


def _cut(text: str, length: int = _ABSTRACT) -> str:
    text = _plain(text)
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + "…"


def _head(what: Sequence[str]) -> str:
    return ", ".join(what)


def _who(paper: PaperNews) -> str:
    shown = [_plain(a) for a in paper.authors[:_AUTHORS]]
    more = len(paper.authors) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _where(evidence: Evidence) -> str:
    return f"{_plain(evidence.source)}:{evidence.line}"


def _told(relation: RelationNews) -> str:
    target = relation.object or relation.stance
    said = ", ".join(
        f"{key} {value.get('text', '') if isinstance(value, dict) else value}"
        for key, value in relation.attributes.items()
        if value not in ("", None, "unknown")
    )
    return _plain(
        f"{relation.subject} {relation.relation} {target}" + (f" ({said})" if said else "")
    )


def _counts(section: Section) -> str:
    """Say in numbers what a section has, and what it leaves out."""
    parts = []
    for what in ("new", "new version", "cross-listed", "withdrawn"):
        n = sum(what in p.what for p in section.papers)
        if n:
            parts.append(f"{n} {what}")
    for what in ("new", "changed", "gone"):
        n = sum(r.what == what for r in section.relations)
        if n:
            parts.append(f"{n} {what} relation{'s' if n > 1 else ''}")
    for what in ("new", "changed", "gone"):
        n = sum(t.what == what for t in section.listed)
        if n:
            parts.append(f"{n} {what} in the list")
    if section.first_read:
        parts.append(f"read for the first time, {section.first_read.added} claims")
    if section.dismissed:
        parts.append(f"{section.dismissed} left out that you skip")
    if section.told_before:
        parts.append(f"{section.told_before} told before")
    return "; ".join(parts) or "nothing new"


def title_of(digest: Digest) -> str:
    """Return the heading of a digest."""
    return f"New since {digest.since.told}"


# ---------------------------------------------------------------------- Markdown


def _md(text: str) -> str:
    return _BEGINS.sub(r"\1\\\2", _SIGNS.sub(r"\\\1", _plain(text)))


def _md_link(text: str, url: str) -> str:
    return f"[{_md(text)}](<{quote(url, safe=_URL)}>)"


_URL = "/:?#[]@!$&'*+,;=%~"


def iter_markdown(digest: Digest) -> Iterator[str]:
    """Yield the lines of a digest in Markdown."""
    yield f"# {_md(title_of(digest))}"
    yield ""
    if not digest.sections:
        yield "Nothing is watched yet: `kg watch add` begins."
    for section in digest.sections:
        paused = ", paused" if section.watch.is_paused else ""
        yield f"## {_md(section.watch.name)}: {_md(section.watch.told)}"
        yield ""
        yield f"{_md(_counts(section))} ({_md(section.reached)}{paused})"
        yield ""
        for paper in section.papers:
            yield from _paper_md(paper)
        for relation in section.relations:
            yield f"- **{relation.what}**: {_md(_told(relation))}"
            for evidence in relation.evidence[:2]:
                yield f"  - {_md(_where(evidence))}: “{_md(_cut(evidence.quote, 200))}”"
        for thing in section.listed[:MOST_LISTED]:
            yield f"- **{thing.what}**: {_md(thing.name)} ({thing.kind})"
            for line in _change_lines(thing):
                yield f"  - {_md(line)}"
        if len(section.listed) > MOST_LISTED:
            yield f"- … and {len(section.listed) - MOST_LISTED} more (`kg digest --json` has all)"
        if section.relations or section.listed:
            yield ""
    if digest.others:
        yield "## Other sources"
        yield ""
        for source, diff in digest.others:
            yield (
                f"- {_md(source)}: {diff.added} added, {diff.edited} edited,"
                f" {diff.withdrawn} withdrawn"
            )
        yield ""


def _paper_md(paper: PaperNews) -> Iterator[str]:
    yield f"- **{_head(paper.what)}**: {_md_link(paper.title, paper.url)}"
    for line in _about(paper):
        yield f"  {_md(line)}  "
    if paper.named:
        yield f"  names {', '.join(_md(n.name) for n in paper.named)}"
    if paper.abstract:
        yield ""
        yield f"  {_md(_cut(paper.abstract))}"
    yield ""


def _about(paper: PaperNews) -> Iterator[str]:
    """Yield who wrote a paper, where it is, and how far the reader is with it."""
    if who := _who(paper):
        yield who
    parts = [f"arXiv:{paper.arxiv}" + (f"v{paper.version}" if paper.version else "")]
    parts += [paper.date] if paper.date else []
    parts += [" ".join(paper.categories)] if paper.categories else []
    parts += [f"you: {paper.state}"] if paper.state else []
    parts += [f"tagged {', '.join(paper.tags)}"] if paper.tags else []
    parts += [f"also in {', '.join(paper.also)}"] if paper.also else []
    yield ", ".join(parts)


_MOST_CHANGES = 6


def _change_lines(thing: ListedThing) -> Iterator[str]:
    for what, fact, line in thing.changes[:_MOST_CHANGES]:
        yield f"{what}: {_cut(fact, 200)} (line {line})"
    if len(thing.changes) > _MOST_CHANGES:
        yield f"… and {len(thing.changes) - _MOST_CHANGES} more"


# ---------------------------------------------------------------------- HTML


def _h(text: str) -> str:
    return html.escape(_plain(text), quote=True)


def _a(text: str, url: str) -> str:
    if not url.startswith(("http://", "https://")):
        return _h(text)
    return f'<a href="{html.escape(url, quote=True)}" rel="noreferrer">{_h(text)}</a>'


_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#767676}
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem;border-top:1px solid var(--line);
padding-top:1rem}
article,li{overflow-wrap:anywhere}article{margin:1.1rem 0}article h3{font-size:1rem;margin:0}
.what{font-size:.75rem;border:1px solid currentColor;border-radius:.6rem;padding:0 .45rem;
margin-right:.4rem;white-space:nowrap}
.soft,.reached{color:var(--soft);font-size:.9rem}p{margin:.25rem 0}
ul.names{list-style:none;padding:0;margin:.25rem 0}ul.names li{display:inline-block;font-size:.85rem;
border-bottom:2px solid var(--line);margin-right:.6rem}
details summary{cursor:pointer;font-size:.9rem}
@media (prefers-color-scheme:dark){:root{--soft:#a0a0a0}}
"""


def to_html(digest: Digest) -> str:
    """Write a digest as one page that loads nothing and runs nothing."""
    style = hashlib.sha256(_STYLE.encode()).digest()
    policy = f"default-src 'none'; style-src 'sha256-{base64.b64encode(style).decode()}'"
    title = _h(title_of(digest))
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy, quote=True)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
    ]
    if not digest.sections:
        parts.append("<p>Nothing is watched yet: <code>kg watch add</code> begins.</p>")
    for section in digest.sections:
        parts += _section_html(section)
    if digest.others:
        parts.append("<section><h2>Other sources</h2><ul>")
        parts += [
            f"<li>{_h(source)}: {d.added} added, {d.edited} edited, {d.withdrawn} withdrawn</li>"
            for source, d in digest.others
        ]
        parts.append("</ul></section>")
    parts.append("</body></html>")
    return "\n".join(parts) + "\n"


def _section_html(section: Section) -> Iterator[str]:
    paused = ", paused" if section.watch.is_paused else ""
    yield f"<section><h2>{_h(section.watch.name)}: {_h(section.watch.told)}</h2>"
    yield f'<p class="reached">{_h(_counts(section))} ({_h(section.reached)}{paused})</p>'
    for paper in section.papers:
        yield from _paper_html(paper)
    if section.relations or section.listed:
        yield "<ul>"
        for relation in section.relations:
            yield f'<li><span class="what">{_h(relation.what)}</span>{_h(_told(relation))}'
            for evidence in relation.evidence[:2]:
                where, said = _h(_where(evidence)), _h(_cut(evidence.quote, 200))
                yield f'<p class="soft">{where}: <q>{said}</q></p>'
            yield "</li>"
        for thing in section.listed[:MOST_LISTED]:
            yield f'<li><span class="what">{_h(thing.what)}</span>{_h(thing.name)} ({thing.kind})'
            for line in _change_lines(thing):
                yield f'<p class="soft">{_h(line)}</p>'
            yield "</li>"
        if len(section.listed) > MOST_LISTED:
            yield f"<li>… and {len(section.listed) - MOST_LISTED} more</li>"
        yield "</ul>"
    yield "</section>"


def _paper_html(paper: PaperNews) -> Iterator[str]:
    yield "<article><h3>"
    for what in paper.what:
        yield f'<span class="what">{_h(what)}</span>'
    yield f"{_a(paper.title, paper.url)}</h3>"
    for line in _about(paper):
        yield f'<p class="soft">{_h(line)}</p>'
    if paper.named:
        yield f'<ul class="names">{"".join(map(_name_html, paper.named))}</ul>'
    if paper.abstract:
        yield f"<details><summary>Abstract</summary><p>{_h(paper.abstract)}</p></details>"
    yield "</article>"


def _name_html(named: Named) -> str:
    return f'<li title="{_h(str(named.kind))} in the {_h(named.place)}">{_h(named.name)}</li>'


# ---------------------------------------------------------------------- Atom


_ATOM = "http://www.w3.org/2005/Atom"
_SPACE = uuid.UUID("5b1d6f0e-6f2c-5a64-9c0c-3f5b7a1f2d10")
"""Under which the ids of entries are made (RFC 4122, version 5): the same news has the same id."""


def to_atom(digest: Digest) -> str:
    """Write a digest as an Atom feed (RFC 4287), an entry for each paper, relation and list.

    The same piece of news has the same id in every feed, so that a reader shows it once.
    """
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    watched = ",".join(s.watch.name for s in digest.sections)

    def put(parent: ElementTree.Element, tag: str, text: str = "", **given: str) -> None:
        child = ElementTree.SubElement(parent, f"{{{_ATOM}}}{tag}", given)
        if text:
            child.text = _NO_TEXT.sub("", text)

    put(feed, "id", f"urn:uuid:{uuid.uuid5(_SPACE, 'feed')}")
    put(feed, "title", "kg: what is new")
    put(feed, "subtitle", _plain(f"{title_of(digest)}; watched: {watched or 'nothing yet'}"))
    put(feed, "updated", digest.at)
    author = ElementTree.SubElement(feed, f"{{{_ATOM}}}author")
    put(author, "name", "kg")
    for section in digest.sections:
        for entry in _entries(section, digest.at):
            ident, title, updated, url, authors, content = entry
            node = ElementTree.SubElement(feed, f"{{{_ATOM}}}entry")
            put(node, "id", f"urn:uuid:{uuid.uuid5(_SPACE, ident)}")
            put(node, "title", _plain(title))
            put(node, "updated", updated)
            for name in authors:
                person = ElementTree.SubElement(node, f"{{{_ATOM}}}author")
                put(person, "name", _plain(name) or "unknown")
            put(node, "category", term=_plain(section.watch.name))
            if url:
                put(node, "link", rel="alternate", href=url)
            put(node, "content", content, type="html")
    ElementTree.register_namespace("", _ATOM)
    body = ElementTree.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _listed_html(thing: ListedThing) -> str:
    changes = "; ".join(map(_h, _change_lines(thing)))
    return f"<li>{_h(thing.what)}: {_h(thing.name)} ({thing.kind}): {changes}</li>"


_Entry = tuple[str, str, str, str, Sequence[str], str]
"""(what makes its id, title, moment, address, authors, content)."""


def _entries(section: Section, at: str) -> Iterator[_Entry]:
    """Yield (what makes its id, title, moment, address, authors, content) for each entry."""
    for paper in section.papers:
        lines = "".join(f"<p>{_h(line)}</p>" for line in _about(paper))
        names = ", ".join(_h(n.name) for n in paper.named)
        lines += f"<p>names {names}</p>" if names else ""
        lines += f"<p>{_h(paper.abstract)}</p>" if paper.abstract else ""
        key = f"{paper.arxiv} {_head(paper.what)} {paper.version}"
        title = f"{_head(paper.what)}: {paper.title}"
        yield key, title, paper.at, paper.url, paper.authors, lines
    for relation in section.relations:
        said = "".join(
            f"<p>{_h(_where(e))}: <q>{_h(_cut(e.quote, 300))}</q></p>" for e in relation.evidence
        )
        title = f"{relation.what}: {_told(relation)}"
        key = f"{title} {[(e.source, e.line) for e in relation.evidence]}"
        yield key, title, at, "", (), said
    if section.listed or section.first_read:
        title = f"{section.watch.name}: {_counts(section)}"
        body = f"<ul>{''.join(map(_listed_html, section.listed[:MOST_LISTED]))}</ul>"
        key = f"{section.watch.of} {title} {body}"
        yield key, title, at, section.watch.of, (), body
