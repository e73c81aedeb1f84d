"""Which names stand for one thing: a pure function of the evidence that sources give.

Nothing is merged in place. A store keeps names (one per kind and folded spelling) and the
evidence for sameness with its source and line; this module says which names form one entity.
The result depends on the evidence alone, never on the order in which it came.

Rules, strongest first: same identifier (papers, where the titles agree), same repository or file
on Hugging Face, stated alias. Each needs size and version marks that do not contradict, and two
items of one enumeration are never the same unless their spelling is.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeAlias

from kg.ids import target_of
from kg.model import IDENTIFIERS, JsonValue, Kind, Name, Property
from kg.names import fold, letters, marks, variants_differ

_IDENTIFYING = frozenset(str(p) for p in IDENTIFIERS)
_DATA_FILE = re.compile(r"\.(?:jsonl?|parquet|csv|tsv|zip|tar|gz|arrow)$", re.I)


Enumeration: TypeAlias = tuple[int, int, str, str]
"""What one source lists of one thing: (source, subject, relation, qualifiers), on any lines."""

NameKey: TypeAlias = tuple[str, str, str]
"""What makes a name that name: kind, folded spelling, owner of a generic name."""


def name_key(name: Name) -> NameKey:
    """Return what makes a name that name.

    Examples
    --------
    >>> name_key(Name(Kind.DATASET, "OK-VQA")) == name_key(Name(Kind.DATASET, "OKVQA"))
    True
    """
    return str(name.kind), folded_name(name.text), name.scope


def pair_key(a: Name, b: Name) -> tuple[NameKey, NameKey]:
    """Return what makes two names that pair, in whichever order they are given."""
    left, right = sorted((name_key(a), name_key(b)))
    return left, right


def folded_name(text: str) -> str:
    """Return the folded spelling; a name of symbols alone stays as it is written."""
    return fold(text) or text.casefold()


@dataclass(frozen=True, slots=True)
class Key:
    """One reason why two names may be one thing: they share this key."""

    type: str
    """'identifier', 'target', 'repository' or 'alias'."""
    value: str

    def __str__(self) -> str:
        """Write it as stores index it."""
        return f"{self.type}:{self.value}"


def keys_of(kind: Kind, predicate: str, values: Mapping[str, JsonValue]) -> Iterator[Key]:
    """Yield the evidence for sameness that a property claim gives.

    A link is evidence only where the source gives it as the thing's own (`values['own']`): a
    download or a page where it is only mentioned says nothing about sameness.
    """
    text = str(values["text"])
    if predicate in _IDENTIFYING and kind is Kind.PAPER:
        yield Key("identifier", f"{predicate}:{text.casefold()}")
    elif predicate == Property.ALIAS:
        if fold(text):
            yield Key("alias", fold(text))
    elif predicate == Property.LINK and kind in (Kind.MODEL, Kind.DATASET) and values.get("own"):
        target = target_of(text)
        if target is None:
            return
        fits = target.is_dataset if kind is Kind.DATASET else target.is_model
        if fits:
            yield Key("target", target.key)
            if fold(target.name):
                yield Key("repository", fold(target.name))
        elif (
            target.key.startswith("github:") and target.depth == "file" and _DATA_FILE.search(text)
        ):
            yield Key("target", target.key)
        elif target.key.startswith("github:") and target.depth == "repository":
            yield Key("repository page", target.key)


@dataclass(frozen=True, slots=True)
class Support:
    """How well a key is founded for one name."""

    weight: int
    """BibTeX counts double."""
    source: int
    line: int


@dataclass(slots=True)
class NameNode:
    """A name with all evidence that concerns it."""

    id: int
    kind: Kind
    fold: str
    text: str
    keys: dict[Key, list[Support]] = field(default_factory=dict)
    listed_with: frozenset[Enumeration] = frozenset()
    """Enumerations it is an item of."""
    entries_in: frozenset[int] = frozenset()
    """Sources that have an entry of this name, with a link of its own."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two names of a group are taken as one."""

    a: int
    b: int
    why: str
    """'identifier', 'target', 'repository' or 'alias', with its value."""


@dataclass(frozen=True, slots=True)
class Group:
    """The names of one entity."""

    members: tuple[int, ...]
    reasons: tuple[Reason, ...] = ()


def resolve(
    nodes: Sequence[NameNode],
    *,
    apart: frozenset[tuple[int, int]] = frozenset(),
    together: Sequence[tuple[Sequence[int], str]] = (),
) -> list[Group]:
    """Group the names of one connected piece of evidence into entities.

    Parameters
    ----------
    nodes : every name that shares a key with another of them
    apart : pairs that a person has split, in both orders
    together : names that a person has merged, and the decisions that did

    Returns
    -------
    list of Group
        Sorted by smallest member; every node is in exactly one.
    """
    union = _Union(nodes, apart)
    for merged, why in together:
        for name in merged[1:]:
            union.join(merged[0], name, why, force=True)
    by_kind: dict[Kind, list[NameNode]] = defaultdict(list)
    for node in sorted(nodes, key=lambda n: (n.kind, n.fold, n.id)):
        by_kind[node.kind].append(node)
    for kind, members in by_kind.items():
        if kind is Kind.PAPER:
            _join_papers(members, union)
        else:
            _join_things(members, union)
    return union.groups()


class _Union:
    """Disjoint sets that refuse to join what must stay apart."""

    def __init__(self, nodes: Sequence[NameNode], apart: frozenset[tuple[int, int]]) -> None:
        self.parent = {n.id: n.id for n in nodes}
        self.members = {n.id: {n.id} for n in nodes}
        self.nodes = {n.id: n for n in nodes}
        self.apart = apart
        self.reasons: list[Reason] = []

    def find(self, a: int) -> int:
        while self.parent[a] != a:
            self.parent[a] = self.parent[self.parent[a]]
            a = self.parent[a]
        return a

    def join(self, a: int, b: int, why: str, *, force: bool = False) -> bool:
        """Put two names into one group unless something says that they differ."""
        root, other = self.find(a), self.find(b)
        if root == other:
            return True
        if self._split(root, other) or (not force and self._listed_together(root, other)):
            return False
        root, other = min(root, other), max(root, other)
        self.parent[other] = root
        self.members[root] |= self.members.pop(other)
        self.reasons.append(Reason(a, b, why))
        return True

    def _split(self, a: int, b: int) -> bool:
        return bool(self.apart) and any(
            (x, y) in self.apart for x in self.members[a] for y in self.members[b]
        )

    def _listed_together(self, a: int, b: int) -> bool:
        """Whether a source itself tells the two groups apart."""
        return any(
            (x.fold != y.fold and x.listed_with & y.listed_with)
            or (x.entries_in & y.entries_in and not _contained(x, y))
            for x in (self.nodes[m] for m in self.members[a])
            for y in (self.nodes[m] for m in self.members[b])
        )

    def groups(self) -> list[Group]:
        reasons: dict[int, list[Reason]] = defaultdict(list)
        for reason in self.reasons:
            reasons[self.find(reason.a)].append(reason)
        return [
            Group(tuple(sorted(m)), tuple(reasons[root]))
            for root, m in sorted(self.members.items(), key=lambda kv: min(kv[1]))
        ]


def _contained(a: NameNode, b: NameNode) -> bool:
    """Whether one name is the other with something added, such as its owner."""
    if a.fold in b.fold or b.fold in a.fold:
        return True
    match = SequenceMatcher(None, a.fold, b.fold, autojunk=False).find_longest_match()
    return match.size >= 6 and not variants_differ(a.text, b.text)


# -- papers -----------------------------------------------------------------------------------


def _join_papers(nodes: Sequence[NameNode], union: _Union) -> None:
    chosen = {n.id: chosen_identifiers(n) for n in nodes}
    owners: dict[Key, list[NameNode]] = defaultdict(list)
    for node in nodes:
        for key in chosen[node.id]:
            owners[key].append(node)
    for key in sorted(owners, key=_key_order):
        ranked = sorted(
            owners[key],
            key=lambda n: (_is_identifier(n), -_weight(n.keys.get(key, ())), n.fold),
        )
        for i, node in enumerate(ranked):
            for other in ranked[:i]:
                if _titles_of_groups_agree(node, other, union) and not _ids_differ(
                    node, other, chosen, union
                ):
                    union.join(other.id, node.id, str(key))
                    break
    folds = {n.fold: n for n in nodes}
    for node in nodes:
        for key in sorted(node.keys, key=_key_order):
            if key.type == "alias" and key.value in folds:
                other = folds[key.value]
                if not _ids_differ(node, other, chosen, union):
                    union.join(node.id, other.id, str(key))


def is_identifier(text: str) -> bool:
    """Say whether a name is no title but an identifier or an address."""
    return _IDENTIFIER_NAME.match(text) is not None


def _is_identifier(node: NameNode) -> bool:
    return is_identifier(node.text)


def _titles_of_groups_agree(a: NameNode, b: NameNode, union: _Union) -> bool:
    """Whether two papers' titles agree; a bare identifier is no bridge between unlike titles."""
    if not titles_agree(a.text, b.text):
        return False
    left, right = (
        [n for m in union.members[union.find(x.id)] if not _is_identifier(n := union.nodes[m])]
        for x in (a, b)
    )
    return not left or not right or any(titles_agree(x.text, y.text) for x in left for y in right)


def chosen_identifiers(node: NameNode) -> list[Key]:
    """For each scheme the identifier of a title that its sources support best.

    A title may be given two arXiv ids by mistake; the one with more weight stands, and where both
    have the same the smaller one, so that the choice never depends on order.
    """
    best: dict[str, Key] = {}
    for key in sorted((k for k in node.keys if k.type == "identifier"), key=_key_order):
        scheme = key.value.split(":", 1)[0]
        held = best.get(scheme)
        if held is None or _weight(node.keys[key]) > _weight(node.keys[held]):
            best[scheme] = key
    return [best[s] for s in sorted(best)]


def _ids_differ(
    a: NameNode, b: NameNode, chosen: Mapping[int, Sequence[Key]], union: _Union
) -> bool:
    """Whether the groups of two papers hold different ids; one that a person joined holds several."""
    left = {k.value for m in union.members[union.find(a.id)] for k in chosen.get(m, ())}
    right = {k.value for m in union.members[union.find(b.id)] for k in chosen.get(m, ())}
    x, y = ({v for v in ids if v.startswith("arxiv:")} for ids in (left, right))
    return bool(x) and bool(y) and x.isdisjoint(y)


def _weight(supports: Iterable[Support]) -> int:
    """Weight of the evidence; one source counts once for each way of saying it."""
    return sum(w for w, _ in {(s.weight, s.source) for s in supports})


def _key_order(key: Key) -> tuple[str, str]:
    return key.type, key.value


_IDENTIFIER_NAME = re.compile(r"^(?:arXiv|doi|ACL|OpenReview):|^https?://")
_STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "for",
        "and",
        "in",
        "on",
        "with",
        "to",
        "from",
        "by",
        "via",
        "towards",
        "toward",
        "is",
        "are",
        "as",
        "at",
    ]
)


def titles_agree(a: str, b: str) -> bool:
    """Say whether two titles under one identifier can be the same paper's.

    One of them is only an identifier or a short name that the other begins with or contains, or
    they share most of their words. Two unlike titles under one id are a mistake in a list.

    Examples
    --------
    >>> titles_agree("Visual Instruction Tuning", "LLaVA: Visual instruction tuning")
    True
    >>> titles_agree("PH-LLM: Towards a Personal Health LLM", "Med_Gemini: Advancing Multimodal Medicine")
    False
    """
    if _IDENTIFIER_NAME.match(a) or _IDENTIFIER_NAME.match(b):
        return True
    left, right = _words(a), _words(b)
    short, long = (left, right) if len(left) <= len(right) else (right, left)
    if not short:
        return False
    if fold(a) in fold(b) or fold(b) in fold(a):
        return True
    shared = sum((Counter(short) & Counter(long)).values())
    # A title that names another version beside its own is a list's heading over several papers.
    needed = 6 if Counter(marks(a)) == Counter(marks(b)) else 8
    return shared * 10 >= len(short) * needed


def _words(title: str) -> list[str]:
    return [w for w in re.findall(r"\w+", title.casefold()) if w not in _STOP]


# -- models and datasets ----------------------------------------------------------------------


def _join_things(nodes: Sequence[NameNode], union: _Union) -> None:
    by_key: dict[Key, list[NameNode]] = defaultdict(list)
    for node in nodes:
        for key in node.keys:
            by_key[key].append(node)
    folds = {n.fold: n for n in nodes}
    for key in sorted((k for k in by_key if k.type == "target"), key=_key_order):
        members = sorted(by_key[key], key=lambda n: (n.fold, n.id))
        for i, node in enumerate(members):
            for other in members[:i]:
                if marks_agree(node.text, other.text) and names_agree(node.text, other.text):
                    union.join(other.id, node.id, str(key))
    for key in sorted((k for k in by_key if k.type == "repository page"), key=_key_order):
        members = sorted(by_key[key], key=lambda n: (n.fold, n.id))
        is_shared = _gives_to_several(key, members)
        for i, node in enumerate(members):
            for other in members[:i]:
                if _name_one_page(node, other, key.value, is_shared=is_shared) and marks_agree(
                    node.text, other.text
                ):
                    union.join(other.id, node.id, str(key))
    for type_ in ("repository", "alias"):
        for key in sorted((k for k in by_key if k.type == type_), key=_key_order):
            named = folds.get(key.value)
            if named is None:
                continue
            for node in sorted(by_key[key], key=lambda n: (n.fold, n.id)):
                if node.id != named.id and (
                    marks_agree(node.text, named.text)
                    if type_ == "repository"
                    else _alias_fits(node.text, named.text)
                ):
                    union.join(named.id, node.id, str(key))


_OF_ANY_DATASET = frozenset(["", "s", "data", "dataset", "datasets", "the"])
"""Words that a page's own dataset may be called with or without."""


def _gives_to_several(key: Key, members: Sequence[NameNode]) -> bool:
    """Whether one source itself gives a page to several things."""
    sources = Counter(source for n in members for source in {s.source for s in n.keys[key]})
    return max(sources.values()) > 1


def _name_one_page(a: NameNode, b: NameNode, page: str, *, is_shared: bool) -> bool:
    """Whether two names that link one repository page both mean what the page is of.

    A page holds many things. Two names are the page's own when one is the name of the page and
    the other looks like it, or when what the longer has more is a word of the page's address or
    one that says 'dataset': TigerBot-law is not TigerBot. The page that a source gives to several
    things joins only names made of words of its address and those.
    """
    short, long = sorted((a.fold, b.fold), key=len)
    before, found, after = long.partition(short)
    address = page.partition(":")[2]
    if not found:
        is_named = fold(address.rpartition("/")[2]) in (short, long)
        return is_named and SequenceMatcher(None, short, long, autojunk=False).ratio() >= 0.7
    allowed = {fold(w) for w in (*address.split("/"), *re.split(r"[\W_]+", address))}
    if is_shared and not {short, short + "s"} & allowed:
        return False
    return {before, after} <= allowed | _OF_ANY_DATASET


def marks_agree(a: str, b: str) -> bool:
    """Say whether the size and version marks of two names do not tell them apart.

    Examples
    --------
    >>> marks_agree("llava-665k", "LLaVA-Instruct-665K"), marks_agree("LLaVA-665K", "LLaVA-150K")
    (True, False)
    >>> marks_agree("InternVid-10M", "InternVid")
    False
    """
    left, right = Counter(marks(a)), Counter(marks(b))
    if left == right and not variants_differ(a, b):
        return fold(a) != fold(b) + "plus" and fold(b) != fold(a) + "plus"
    return False


def names_agree(a: str, b: str) -> bool:
    """Say whether two names under one address share enough to be spellings of one thing.

    Examples
    --------
    >>> names_agree("OpenAI WebGPT", "webgpt_comparisons"), names_agree("FineWeb", "MAP-CC")
    (True, False)
    """
    left, right = fold(a), fold(b)
    match = SequenceMatcher(None, left, right, autojunk=False).find_longest_match()
    return match.size >= max(3, min(len(left), len(right)) * 0.5)


def _alias_fits(a: str, b: str) -> bool:
    """Whether a stated alias is not contradicted by sizes: CC12M is Conceptual 12M."""
    if letters(a) == letters(b):
        return marks_agree(a, b)
    left = {m for m in marks(a) if m[-1:].isalpha()}
    right = {m for m in marks(b) if m[-1:].isalpha()}
    return left == right or not left or not right
