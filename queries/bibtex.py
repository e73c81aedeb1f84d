r"""Papers as BibTeX that every parser reads back: original entries kept, keys that do not move.

Original fields are LaTeX already and are written as they were, but for what would tear the file
apart (a brace without its partner, a backslash before the last brace). Text that comes from
elsewhere is escaped once; Unicode stays, as biber and every TeX of today read it. Braces balance
for BibTeX, which counts ``\{``, and for bibtexparser, which does not.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kg.ids import year_of_arxiv_id
from kg.model import IDENTIFIERS, Kind, Property, Relation, Stance
from kg.store import Entity, Store, StoredClaim
from queries.export import shown_value
from queries.narrow import Sieve, choose_entities

_READ = (Property.YEAR, Property.VENUE, Property.LINK, Relation.AUTHORED_BY)
_ONE_BY_ONE = 10
"""Papers are read one by one where they are fewer than a tenth of all."""


@dataclass(slots=True)
class _Paper:
    """What sources say of one paper that a bibliography needs."""

    entity: Entity
    identifiers: Mapping[str, str]
    entries: list[StoredClaim] = field(default_factory=list)
    said: dict[str, list[StoredClaim]] = field(default_factory=lambda: defaultdict(list))

    def shown(self, name: Property) -> str:
        """Return the value to show of a property; '' when nobody gives one."""
        claims = self.said.get(str(name))
        return str(shown_value(claims)) if claims else ""


def papers_of(store: Store, entities: Iterable[str]) -> frozenset[str]:
    """Return the ids of the papers among things, and of those that introduce the others."""
    found: set[str] = set()
    for entity in entities:
        if entity.startswith("paper:"):
            found.update(e.id for e in store.find_entities(entity) if e.kind is Kind.PAPER)
        else:
            claims = store.iter_claims(object=entity, predicates=[Relation.INTRODUCES])
            found.update(c.subject.id for c in claims if c.claim.stance is Stance.STATES)
    return frozenset(found)


def papers_in(store: Store, sieve: Sieve) -> frozenset[str]:
    """Return the ids of a part's papers; of chosen things those that `papers_of` gives."""
    among = None if sieve.chosen is None else papers_of(store, sieve.chosen)
    return choose_entities(store, sieve, Kind.PAPER, among)


def iter_bibtex(store: Store, papers: Collection[str] | None = None) -> Iterator[str]:
    """Yield an entry for each paper, sorted by key.

    The key of a paper is that of its original entry, where no other paper of the store has it;
    else the first author's family name, the year and the title's first telling word; and where
    several papers would have that, all of them get six letters made of their identifier or title.
    So it depends neither on which papers are written nor on the order of loading.

    Of several original entries the published one gives type, venue and year; the others add what
    it lacks and what is true of both, such as `eprint`.

    Parameters
    ----------
    store : the names, identifiers and original entries of all its papers are read, for the keys
    papers : ids of the papers to write; all when not given
    """
    known, needed = _collect(store, papers)
    wanted = known.keys() if papers is None else known.keys() & set(papers)
    chosen = {ident: _best_entry(paper.entries) for ident, paper in known.items()}
    keys = _keys(known, chosen, needed)
    for ident in sorted(wanted, key=lambda i: (keys[i].casefold(), keys[i])):
        entry = chosen[ident]
        paper = known[ident]
        if entry is None:
            kind, fields = _made_entry(paper)
        else:
            kind, fields = _kept_entry(paper, entry)
        yield _written(kind, keys[ident], fields)


def _collect(
    store: Store, papers: Collection[str] | None
) -> tuple[dict[str, _Paper], Collection[str]]:
    """Read the papers to write, and of all others what keys need; say which were read whole.

    Made keys can only be the same where the titles' telling words are, so papers with others are
    not read beyond their names, identifiers and original entries.
    """
    identifiers = store.identifiers()
    found = {e.id: _Paper(e, identifiers.get(e.id, {})) for e in store.iter_entities(Kind.PAPER)}
    needed: Collection[str] = found
    if papers is not None:
        wanted = found.keys() & set(papers)
        words = {_telling_word(found[i].entity.name) for i in wanted}
        needed = {i for i, p in found.items() if _telling_word(p.entity.name) in words}
    if len(needed) * _ONE_BY_ONE < len(found):
        claims = (c for i in sorted(needed) for c in store.iter_claims(subject=i, predicates=_READ))
    else:
        claims = (c for c in store.iter_claims(predicates=_READ) if c.subject.id in needed)
    for stored in itertools.chain(store.iter_claims(predicates=[Property.BIBTEX]), claims):
        paper = found.get(stored.subject.id)
        if paper is None or stored.claim.stance is not Stance.STATES:
            continue
        if stored.claim.predicate is Property.BIBTEX:
            paper.entries.append(stored)
        else:
            paper.said[str(stored.claim.predicate)].append(stored)
    return found, needed


# -- original entries --------------------------------------------------------------------------

_VENUE_FIELDS = ("journal", "journaltitle", "booktitle")
_PREPRINT = re.compile(r"arxiv|corr\b|e-?print|preprint|biorxiv|openreview", re.I)
_OF_ONE_EDITION = frozenset(
    {"journal", "journaltitle", "booktitle", "volume", "number", "issue", "pages", "publisher"}
    | {"year", "month", "day", "date", "howpublished", "note", "series", "editor", "organization"}
    | {"institution", "school", "address", "location", "chapter", "edition", "title", "author"}
    | {
        "type",
        "key",
        "crossref",
        "shorttitle",
        "eventtitle",
        "eventdate",
        "venue",
        "url",
        "urldate",
    }
    | {"timestamp", "biburl", "bibsource", "bdsk-url-1", "date-added", "date-modified", "owner"}
)
"""Fields that may be right for one edition of a paper and wrong for another."""


def _best_entry(entries: list[StoredClaim]) -> StoredClaim | None:
    """Choose the published entry, then the one most sources give, then the fullest."""
    if not entries:
        return None
    support = Counter(_entry_text(e) for e in {(_entry_text(c), c.source): c for c in entries}.values())  # fmt: skip

    def order(stored: StoredClaim) -> tuple[object, ...]:
        text = _entry_text(stored)
        return (not _is_published(stored), -support[text], -len(_fields(stored)), text)

    return min(entries, key=order)


def _entry_text(stored: StoredClaim) -> str:
    values = stored.claim.values
    return f"{values['text']} {values.get('type')} {sorted(_fields(stored).items())}"


_OF_A_MACHINE = re.compile(r"file|local-?(?:url|file)|bdsk-file-\d+", re.I)
"""Fields that say where a reference manager keeps its copy: folders of one person's disk."""


def _fields(stored: StoredClaim) -> dict[str, str]:
    kept = stored.claim.values.get("fields")
    found = kept.items() if isinstance(kept, dict) else ()
    return {k: str(v) for k, v in found if not _OF_A_MACHINE.fullmatch(k)}


def _is_published(stored: StoredClaim) -> bool:
    fields = _fields(stored)
    venue = next((fields[name] for name in _VENUE_FIELDS if fields.get(name, "").strip()), "")
    if venue:
        return not _PREPRINT.search(venue)
    doi = fields.get("doi", "").lower()
    if doi and "10.48550" not in doi:
        return True
    kind = str(stored.claim.values.get("type"))
    is_preprint = "eprint" in fields or bool(_PREPRINT.search(" ".join(fields.values())))
    return kind not in ("misc", "unpublished", "online", "article") and not is_preprint


def _kept_entry(paper: _Paper, chosen: StoredClaim) -> tuple[str, dict[str, str]]:
    """Return type and fields of the chosen entry, with what only the others have."""
    fields = {name: settled(value) for name, value in _fields(chosen).items()}
    others = sorted(paper.entries, key=_entry_text)
    for other in others:
        for name, value in _fields(other).items():
            if name in _OF_ONE_EDITION or (name == "doi" and "10.48550" in value):
                continue
            if not _is_eprint(name) or "eprint" not in fields:
                fields.setdefault(name, settled(value))
    # The three fields of an eprint belong together, so they come from one entry.
    source = next((o for o in (chosen, *others) if _fields(o).get("eprint")), None)
    if source is not None:
        fields.update((n, settled(v)) for n, v in _fields(source).items() if _is_eprint(n))
    elif "arxiv" in paper.identifiers:
        fields["eprint"] = paper.identifiers["arxiv"]
        fields.setdefault("archiveprefix", "arXiv")
    kind = str(chosen.claim.values.get("type", "")).lower()
    return (kind if re.fullmatch(r"[a-z]+", kind) else "misc"), fields


def _is_eprint(name: str) -> bool:
    return name in ("eprint", "archiveprefix", "primaryclass", "eprinttype", "eprintclass")


# -- entries made of what sources say ----------------------------------------------------------

_JOURNAL = re.compile(
    r"\b(?:journal|transactions|trans\.|letters|magazine|review|annals|nature|science|tmlr|tacl"
    r"|jmlr|jair|ijcv|t?pami|tist|tkde|csur|communications|proceedings of the ieee|pnas)\b",
    re.I,
)


def _made_entry(paper: _Paper) -> tuple[str, dict[str, str]]:
    """Make type and fields of title, authors, year, venue, identifiers and address."""
    fields = {"title": protected(paper.entity.name)}
    authors = _authors(paper)
    if authors:
        fields["author"] = " and ".join(_person(name) for name in authors)
    year = _year(paper)
    venue = paper.shown(Property.VENUE)
    kind = "misc"
    if venue and not _PREPRINT.search(venue):
        kind, name = (
            ("article", "journal") if _JOURNAL.search(venue) else ("inproceedings", "booktitle")
        )
        fields[name] = escaped(venue)
    if year:
        fields["year"] = year
    if "arxiv" in paper.identifiers:
        fields["eprint"] = settled(paper.identifiers["arxiv"])
        fields["archiveprefix"] = "arXiv"
    if "doi" in paper.identifiers:
        fields["doi"] = _address(paper.identifiers["doi"])
    url = _url(paper)
    if url:
        fields["url"] = _address(url)
    return kind, {name: value for name, value in fields.items() if value}


def _authors(paper: _Paper) -> list[str]:
    """Return the authors in order, as the source that names most of them has them."""
    by_source: dict[str, dict[str, StoredClaim]] = defaultdict(dict)
    for stored in paper.said.get(str(Relation.AUTHORED_BY), ()):
        if stored.object is not None:
            by_source[stored.source].setdefault(stored.object.id, stored)
    if not by_source:
        return []
    longest = max(len(named) for named in by_source.values())
    lists = [
        [s.object.as_written for s in sorted(named.values(), key=_position) if s.object]
        for named in by_source.values()
        if len(named) == longest
    ]
    return min(lists)


def _position(stored: StoredClaim) -> tuple[float, str]:
    position = stored.claim.values.get("position")
    place = float(position) if isinstance(position, int | float) else float("inf")
    return place, stored.object.as_written if stored.object else ""


def _person(name: str) -> str:
    """Write a name so that BibTeX takes it for one person: braces where it would cut it."""
    text = escaped(name)
    is_cut = "," in name or re.search(r"(?:^|\s)(?:and|others)(?:\s|$)", name, re.I)
    return f"{{{text}}}" if is_cut else text


def _year(paper: _Paper) -> str:
    match = re.search(r"\d{4}", paper.shown(Property.YEAR), re.ASCII)
    if match:
        return match[0]
    arxiv = paper.identifiers.get("arxiv")
    return str((year_of_arxiv_id(arxiv) if arxiv else None) or "")


def _url(paper: _Paper) -> str:
    links = [c for c in paper.said.get("link", ()) if c.claim.qualifiers.get("rel") == "paper"]
    if links:
        return str(shown_value(links))
    for scheme, address in (
        ("arxiv", "https://arxiv.org/abs/"),
        ("acl", "https://aclanthology.org/"),
        ("openreview", "https://openreview.net/forum?id="),
        ("doi", "https://doi.org/"),
    ):
        if scheme in paper.identifiers:
            return address + paper.identifiers[scheme]
    return ""


# -- keys --------------------------------------------------------------------------------------

_NO_KEY = re.compile(r"[\s{}(),=#%\"'\\~@]|[^\w!-~]")
_NOT_TELLING = frozenset(
    ("a", "an", "the", "on", "of", "in", "for", "to", "and", "with", "from", "by", "at", "as",
     "is", "are", "do", "does", "how", "what", "why", "when", "towards", "toward", "via")
)  # fmt: skip


def _keys(
    known: Mapping[str, _Paper],
    chosen: Mapping[str, StoredClaim | None],
    needed: Collection[str],
) -> dict[str, str]:
    """Give every needed paper its key, and every other one with an original key of its own."""
    wished = {i: _NO_KEY.sub("", str(e.claim.values["text"])) for i, e in chosen.items() if e}
    times = Counter(key.casefold() for key in wished.values())
    keys = {i: key for i, key in wished.items() if key and times[key.casefold()] == 1}
    taken = {key.casefold() for key in keys.values()}
    made = {i: _made_key(known[i], chosen[i]) for i in sorted(needed) if i not in keys}
    times = Counter(key.casefold() for key in made.values())
    again = []
    for ident, key in made.items():
        if times[key.casefold()] == 1 and key.casefold() not in taken:
            keys[ident] = key
        else:
            again.append(ident)
    taken |= {key.casefold() for key in keys.values()}
    marks = {i: hashlib.sha256(_mark(known[i]).encode()).hexdigest() for i in again}
    for ident in sorted(again, key=lambda i: (marks[i], i)):
        length = 6
        while (key := f"{made[ident]}-{marks[ident][:length]}").casefold() in taken:
            length += 1
            if length > len(marks[ident]):
                marks[ident] += hashlib.sha256(f"{marks[ident]}{ident}".encode()).hexdigest()
        keys[ident] = key
        taken.add(key.casefold())
    return keys


def _mark(paper: _Paper) -> str:
    """Return what tells a paper from all others, whatever was loaded when."""
    first = next((s for s in map(str, IDENTIFIERS) if s in paper.identifiers), "")
    return f"{first}:{paper.identifiers[first]}" if first else paper.entity.name.casefold()


def _made_key(paper: _Paper, entry: StoredClaim | None) -> str:
    authors = _authors(paper)
    words = authors[0].split(",")[0].split() if authors else []
    family = _ascii(words[-1]) if words else ""
    fields = _fields(entry) if entry else {}
    match = re.search(r"\d{4}", fields.get("year", ""), re.ASCII)
    year = match[0] if match else _year(paper)
    telling = _telling_word(paper.entity.name)
    # Without authors the word comes first, for a key that begins with a digit is none to some.
    return (family + year + telling if family else telling + year) or "paper"


def _telling_word(title: str) -> str:
    words = [w for word in re.split(r"[\s–—:/]+", title) if (w := _ascii(word))]
    return next((w for w in words if w not in _NOT_TELLING), words[0] if words else "")


def _ascii(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word).casefold()
    return re.sub(r"[^a-z0-9]", "", folded)[:30]


# -- text --------------------------------------------------------------------------------------

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\ensuremath{\lbrace}", "}": r"\ensuremath{\rbrace}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
}  # fmt: skip
_ONE_SPECIAL = re.compile(r"[\\{}~^&%$#_]")
_LIGATURE = re.compile(r"([?!])(?=`)")
"""What TeX would turn into a Spanish mark."""
_FORMULA = re.compile(r"(\$(?=[^\s$])[^$%#&@\"]*(?<=[^\s$\\])\$(?![0-9]))")
_BRACE = re.compile(r"(?<!\\)[{}]")
_TOKEN = re.compile(r"\\[\\{}]|[{}]|\\$")
_LINE_OF_BLOCK = re.compile(r"\s*[\n\r\v\f\x85\u2028\u2029]\s*(?=@)")
_MONTHS = frozenset(
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
)


def escaped(text: str) -> str:
    r"""Write plain text in LaTeX; formulas (``$k$-NN``, as arXiv's titles have them) stay.

    Examples
    --------
    >>> escaped("R&D at 5% of $k$-NN, C_1 {or}")
    'R\\&D at 5\\% of $k$-NN, C\\_1 \\ensuremath{\\lbrace}or\\ensuremath{\\rbrace}'
    """
    text = " ".join(_CONTROL.sub("", text).split())
    pieces = _FORMULA.split(text)
    return "".join(
        piece if i % 2 and _is_balanced(piece) else _plain(piece) for i, piece in enumerate(pieces)
    )


def protected(title: str) -> str:
    """Write a title in LaTeX with braces around words whose capitals a style must keep.

    Examples
    --------
    >>> protected("LLaVA: Visual Instruction Tuning with GPT-4")
    '{LLaVA}: Visual Instruction Tuning with {GPT}-4'
    """
    text = " ".join(_CONTROL.sub("", title).split())
    pieces = _FORMULA.split(text)
    return "".join(
        piece
        if i % 2 and _is_balanced(piece)
        else "".join(
            f"{{{_plain(part)}}}"
            if re.match(r"\w+\Z", part) and _has_capitals(part)
            else _plain(part)
            for part in re.split(r"(\w+)", piece)
        )
        for i, piece in enumerate(pieces)
    )


def _has_capitals(word: str) -> bool:
    return word[1:] != word[1:].lower()


def _plain(text: str) -> str:
    text = _ONE_SPECIAL.sub(lambda match: _SPECIAL[match[0]], text)
    return _LIGATURE.sub(r"\1{}", text)


def settled(value: str) -> str:
    """Return a value that is LaTeX already as it is, or mended so that it cannot end early.

    Braces without partner go, escaped braces without partner get their names, and neither a
    backslash nor what looks like the next entry may stand where it would be taken for one.
    """
    value = _LINE_OF_BLOCK.sub(" ", _CONTROL.sub("", value)).strip()
    if _is_balanced(value):
        return value
    tokens: list[str] = []
    opened: list[int] = []
    end = 0
    for match in _TOKEN.finditer(value):
        tokens.append(value[end : match.start()])
        end = match.end()
        token = match[0]
        if token == "{":
            opened.append(len(tokens))
        elif token == "}":
            if not opened:
                continue
            opened.pop()
        elif token in (r"\{", r"\}"):
            token = _SPECIAL[token[1]]
        elif token == "\\":
            token = ""
        elif value[end : end + 1] in ("{", "}", ""):
            token = r"\newline{}"  # the second backslash would escape the brace
        tokens.append(token)
    tokens.append(value[end:])
    for place in opened:
        tokens[place] = ""
    mended = "".join(tokens).strip()
    # What is gone may leave a backslash last or an '@' first on its line.
    return mended if mended == value else settled(mended)


def _is_balanced(value: str) -> bool:
    """Whether braces balance, both if escaped ones count and if they do not."""
    for braces in (re.findall(r"[{}]", value), _BRACE.findall(value)):
        depth = 0
        for brace in braces:
            depth += 1 if brace == "{" else -1
            if depth < 0:
                return False
        if depth:
            return False
    return not value.endswith("\\")


def _address(url: str) -> str:
    """Write an address: fields for it are verbatim, so only what would tear the file goes."""
    url = _CONTROL.sub("", "".join(url.split()))
    return url.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def _written(kind: str, key: str, fields: Mapping[str, str]) -> str:
    lines = [f"@{kind}{{{key},"]
    for name, value in fields.items():
        if re.fullmatch(r"[^\s{}(),=#%\"'\\~@]+", name):
            is_macro = name == "month" and value in _MONTHS
            lines.append(f"  {name} = {value}," if is_macro else f"  {name} = {{{value}}},")
    return "\n".join([*lines, "}", ""])
