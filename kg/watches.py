"""What the user follows: saved searches, authors, categories, things, relations and lists.

A watch is an entry of the user's log, so that it can be undone, exported and put back like all else
that the user says (`kg.decisions.watches_of`). The newest entry of a name holds.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from enum import StrEnum

from kg.errors import InputError
from kg.model import Attributes, JsonValue, Relation


class WatchKind(StrEnum):
    """What a watch follows."""

    QUERY = "query"
    AUTHOR = "author"
    CATEGORY = "category"
    THING = "thing"
    RELATION = "relation"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that is followed.

    Parameters
    ----------
    name : one word, the user's own
    kind : what is followed
    of : the search in arXiv's syntax, a person's name, 'cs.CV', the name of a model or dataset,
        'trained-on LLaVA-665K', or an address
    since : day from which on papers are news, as ISO 8601
    is_paused : whether updates leave it out
    at : when it was said; '' for one that is not in the log yet
    """

    name: str
    kind: WatchKind
    of: str
    since: str
    is_paused: bool = False
    at: str = ""

    @property
    def place(self) -> str:
        """Under which place the store keeps how far it is; another search begins anew."""
        return f"watch {self.name}: {self.kind} {self.of}"

    @property
    def told(self) -> str:
        """What is followed, in words."""
        return _IN_WORDS[self.kind].format(self.of)


_IN_WORDS = {
    WatchKind.QUERY: "papers found by {}",
    WatchKind.AUTHOR: "papers of {}",
    WatchKind.CATEGORY: "papers in {}",
    WatchKind.THING: "papers that name {}, and what is said of it",
    WatchKind.RELATION: "what is newly {}",
    WatchKind.LIST: "the list {}",
}

_NAME = re.compile(r"[^\s/\x00-\x1f\x7f]{1,60}")
_LONGEST = 2000


def watch_payload(watch: Watch) -> dict[str, JsonValue]:
    """Write a watch as the payload of its entry."""
    payload: dict[str, JsonValue] = {
        "name": watch.name,
        "kind": str(watch.kind),
        "of": watch.of,
        "since": watch.since,
    }
    return {**payload, "paused": True} if watch.is_paused else payload


def watch_of(payload: Attributes, at: str = "") -> Watch:
    """Read the watch of an entry.

    Raises
    ------
    InputError
        If the payload is none, or one that cannot be followed.
    """
    extra = set(payload) - {"name", "kind", "of", "since", "paused"}
    name, of, since = (payload.get(key) for key in ("name", "of", "since"))
    paused = payload.get("paused", False)
    if extra or not all(isinstance(v, str) for v in (name, of, since)) or paused not in (0, 1):
        raise InputError(f"a watch has a name, a kind, what it is of and a day: {payload!r}")
    try:
        kind = WatchKind(str(payload.get("kind")))
    except ValueError:
        raise InputError(
            f"{payload.get('kind')!r} cannot be watched; there are {', '.join(WatchKind)}"
        ) from None
    name, of, since = str(name), str(of), str(since)
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name for a watch: give one word without a slash, at most 60 characters"
        )
    try:
        if datetime.date.fromisoformat(since).isoformat() != since:
            raise ValueError(since)
    except ValueError:
        raise InputError(f"{since!r} is no day; write it as 2026-11-21") from None
    _CHECKS.get(kind, _check_text)(of)
    return Watch(name, kind, of, since, bool(paused), at)


# ---------------------------------------------------------------------- what can be followed


def _check_text(of: str) -> None:
    if not of.strip() or of != of.strip() or len(of) > _LONGEST or not of.isprintable():
        raise InputError(
            f"{of[:60]!r} cannot be watched: give one line of text, at most {_LONGEST} characters"
        )


_FIELDS = frozenset({"ti", "au", "abs", "co", "jr", "cat", "rn", "id", "all"})
_FIELD = re.compile(r"\b([A-Za-z_]+):")
_QUOTED = re.compile(r'"[^"]*"')


def _check_query(of: str) -> None:
    """See that arXiv can understand a search, as far as that can be seen from here."""
    _check_text(of)
    if of.count('"') % 2:
        raise InputError(f"the search {of!r} has a quotation mark without its other one")
    bare = _QUOTED.sub('""', of)
    depth = 0
    for c in bare:
        depth += (c == "(") - (c == ")")
        if depth < 0:
            break
    if depth:
        raise InputError(f"the search {of!r} has a bracket without its other one")
    if re.search(r"\b(?:submittedDate|lastUpdatedDate)\b", bare, re.IGNORECASE):
        raise InputError(
            "a watch puts the dates into its search itself: leave them out, and say --since DAY"
        )
    for field in _FIELD.findall(bare):
        if field not in _FIELDS:
            raise InputError(
                f"arXiv has no field {field!r} to search in; there are"
                f' {", ".join(sorted(_FIELDS))} (as in cat:cs.CV AND abs:"visual instruction'
                ' tuning")'
            )


_ALONE = {"cs", "econ", "eess", "math", "q-bio", "q-fin", "stat", "physics"}
_IN_PHYSICS = {
    "astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin",
    "nucl-ex", "nucl-th", "quant-ph",
}  # fmt: skip
_CATEGORY = re.compile(r"([a-z]+(?:-[a-z]+)?)(?:\.([A-Za-z]+(?:-[A-Za-z]+)?))?")


def set_of_category(category: str) -> str:
    """Name the set of OAI-PMH that has the papers of a category.

    Source: https://info.arxiv.org/help/oa/index.html (sets are group:archive:category).

    Raises
    ------
    InputError
        arXiv has no such archive.

    Examples
    --------
    >>> set_of_category("cs.CV"), set_of_category("hep-th"), set_of_category("astro-ph.GA")
    ('cs:cs:CV', 'physics:hep-th', 'physics:astro-ph:GA')
    """
    match = _CATEGORY.fullmatch(category)
    archive, part = match.groups() if match else ("", None)
    if archive in _IN_PHYSICS:
        return ":".join(["physics", archive, *([part] if part else [])])
    if archive in _ALONE:
        return ":".join([archive, archive, part]) if part else archive
    raise InputError(
        f"{category!r} is no category of arXiv's; one looks like cs.CV, stat.ML or hep-th"
    )


def _check_category(of: str) -> None:
    set_of_category(of)


@dataclass(frozen=True, slots=True)
class WatchedRelation:
    """What 'trained-on LLaVA-665K' asks for."""

    relation: Relation
    name: str
    is_object: bool
    """Whether the name is what others relate to; otherwise what relates to others."""


def relation_of(text: str) -> WatchedRelation:
    """Read which relation to what is watched.

    Raises
    ------
    InputError
        It is none.

    Examples
    --------
    >>> relation_of("trained-on LLaVA-665K").is_object, relation_of("LLaVA trained-on").is_object
    (True, False)
    """
    words = text.split()
    known = {str(r).lower().replace("_", "-"): r for r in Relation}

    def relation(word: str) -> Relation | None:
        return known.get(word.lower().replace("_", "-"))

    if len(words) > 1 and (first := relation(words[0])):
        return WatchedRelation(first, " ".join(words[1:]), is_object=True)
    if len(words) > 1 and (last := relation(words[-1])):
        return WatchedRelation(last, " ".join(words[:-1]), is_object=False)
    raise InputError(
        f"{text!r} is no relation to watch: write 'trained-on LLaVA-665K' for what is trained on it,"
        f" or 'LLaVA-1.5 trained-on'; the relations are {', '.join(known)}"
    )


def _check_relation(of: str) -> None:
    _check_text(of)
    relation_of(of)


def _check_address(of: str) -> None:
    _check_text(of)
    if not of.startswith(("http://", "https://")):
        raise InputError(
            f"{of!r} is no address of a list; it begins with https:// (files are read again with"
            " 'kg ingest')"
        )


_CHECKS = {
    WatchKind.QUERY: _check_query,
    WatchKind.CATEGORY: _check_category,
    WatchKind.RELATION: _check_relation,
    WatchKind.LIST: _check_address,
}
