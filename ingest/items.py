"""The things enumerated in one cell or value: their names, links, stages, amounts and notes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.inline import Inline, Link, drop_emoji
from ingest.titles import is_name, stated_alias
from ingest.values import parse_amount
from ingest.vocabulary import (
    GENERIC_LABEL,
    GENERIC_NAME,
    IN_HOUSE,
    MIXTURE,
    PLACEHOLDER,
    STAGE_LABEL,
    UNDISCLOSED,
    find_stage,
    is_institute,
)
from kg.model import Stage
from kg.names import fold


@dataclass(frozen=True, slots=True)
class Thing:
    """One named item of a cell."""

    name: str
    line: int
    links: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other spellings the cell equates with the name, in brackets."""
    stage: Stage | None = None
    stage_text: str = ""
    amount: str = ""
    note: str = ""
    is_generic: bool = False
    """An in-house set or the like, which belongs to its row's model."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says: its things, or that nothing is disclosed."""

    things: tuple[Thing, ...] = ()
    is_undisclosed: bool = False
    rest: str = ""
    """Text that is neither (a description)."""


_OPEN, _CLOSE = "([{（【", ")]}）】"


def _depth_map(cell: Inline) -> list[bool]:
    """For each character whether it stands outside brackets and links."""
    free, depth = [], 0
    for c in cell.text:
        if c in _OPEN:
            depth += 1
        free.append(depth == 0)
        if c in _CLOSE and depth:
            depth -= 1
        elif c == "\n":
            depth = 0
    if depth:  # an unclosed bracket hides nothing
        free = [True] * len(free)
    for link in cell.links:
        for i in range(link.start, link.end):
            free[i] = False
    return free


_SEPARATOR = re.compile(
    r"\n+(?:•\s*)?|(?<!\d)[,，、;；]\s*|[,，](?!\d{3}(?!\d))\s*|[、;；]\s*|\s\+\s|\s&\s|\s/\s*|/\s|\s\|\s|"
    r"\s(?:and|or|with)\s|\s?(?:以及|[和与及或])\s?|→"
)


def read_cell(cell: Inline, *, spaced: Iterable[str] = (), with_amounts: bool = False) -> Cell:
    """Read the things that a cell enumerates.

    Separators are line breaks, `<li>`, commas, semicolons, Chinese enumeration commas, and
    '+', '&', '/' and 'and' between two names. Placeholders and descriptions give no things.

    Parameters
    ----------
    cell : the cell without its markup
    spaced : names that stand alone in other cells of the column; 'LLaMA ChatGLM' is two names
        when LLaMA is one of them
    with_amounts : whether 'CC3M: 595K' and '558K LCS' are a name with how much of it is used
    """
    text = cell.text.strip()
    if not text and not cell.links:
        return Cell()
    if UNDISCLOSED.search(text) and len(text) < 60:
        return Cell(is_undisclosed=True)
    if PLACEHOLDER.match(text) and not any(k.is_badge for k in cell.links):
        return Cell()
    things: list[Thing] = []
    rest: list[str] = []
    if _QUANTIFIED.match(text):
        return Cell(rest=text)
    held: tuple[Stage | None, str] = (None, "")
    for line in _staged_lines(cell):
        stage, stage_text, line = _stage_label(line)
        if stage_text and not line:
            held = (stage, stage_text)
            continue
        if stage_text:
            held = (None, "")
        else:
            stage, stage_text = held
        parts = _parts(line, set(spaced))
        for part in _amounts_apart(parts) if with_amounts else parts:
            thing = (_with_amount(part) if with_amounts else None) or _thing(part)
            if isinstance(thing, str):
                rest.append(thing)
            else:
                things += [replace(t, stage=stage, stage_text=stage_text) for t in thing]
    return Cell(tuple(things), rest=" ".join(r for r in rest if r))


def _staged_lines(cell: Inline) -> Iterator[Inline]:
    """Yield the lines of a cell; 'Pretraining: A; SFT: B' on one line are two."""
    for line in cell.split_lines():
        line = line.strip("•-* \t")
        at = [
            (m.start(), m.end())
            for m in re.finditer(r"[;；,，]\s*(?=[^;；:：,，]{1,40}[:：])", line.text)
            if find_stage(label := re.split("[:：]", line.text[m.end() :])[0])
            or STAGE_LABEL.match(label)
        ]
        yield from (p.strip() for p in line.cut(at))


def _stage_label(line: Inline) -> tuple[Stage | None, str, Inline]:
    """Split 'PT video/image-caption: ...' into the stage, the label and what follows."""
    free = _depth_map(line)
    for match in re.finditer(r"[:：]", line.text[:160]):
        at = match.start()
        if not free[at] or line.text[at + 1 : at + 3] == "//":
            continue
        label = re.sub(r"[(（][^()（）]*[)）]", " ", line.text[:at]).strip(" •*-")
        rest = line.slice(at + 1, len(line.text)).strip()
        if not label:
            return None, "", line
        if not rest:
            stage = find_stage(label)
            return (stage, label, rest) if stage or STAGE_LABEL.match(label) else (None, "", line)
        if STAGE_LABEL.match(label):
            return find_stage(label), label, rest
        stage = find_stage(label)
        if stage:
            return stage, label, rest
        if (
            len(label.split()) <= 4
            and re.search("[,，、;]", rest.text)
            and not line.links
            and not re.search("[,，、;；+]", label)  # an enumeration is no label
            and not _AMOUNT_FIRST.match(rest.text)
        ):
            return None, "", rest
        return None, "", line
    return None, "", line


def _parts(line: Inline, spaced: set[str]) -> Iterator[Inline]:
    free = _depth_map(line)
    at: list[tuple[int, int]] = []
    for match in _SEPARATOR.finditer(line.text):
        if all(free[match.start() : match.end()]) and (
            _is_list_mark(match.group(0)) or _between_names(line, match, at)
        ):
            at.append((match.start(), match.end()))
    if not at and len(line.links) > 1:
        gaps = [(a.end, b.start) for a, b in itertools.pairwise(line.links)]
        named = all(k.label and not k.is_badge and is_name(k.label) for k in line.links)
        edges = line.text[: line.links[0].start] + line.text[line.links[-1].end :]
        if named and not edges.strip() and all(line.text[a:b].isspace() for a, b in gaps):
            at = gaps
    for part in line.cut(at):
        part = part.strip(" \t\n.;,，、。；")
        lead = _LEADING_AND.match(part.text)
        if lead:
            part = part.slice(lead.end(), len(part.text))
        if not part:
            continue
        yield from _joined(part, spaced)


_LEADING_AND = re.compile(r"(?:and|or|&)\s+(?=\S)|(?:以及|和|与)\s*(?=[A-Za-z])")


def _is_list_mark(separator: str) -> bool:
    return separator.strip() in ("", ",", "，", "、", ";", "；", "•", "|") and (
        separator.strip() != "" or "\n" in separator
    )


def _between_names(line: Inline, match: re.Match[str], before: list[tuple[int, int]]) -> bool:
    """Whether the words on both sides of a '+', '&', '/' or 'and' are names."""
    start = before[-1][1] if before else 0
    left = line.text[start : match.start()].strip()
    stop = re.search(r"[,，、;；\n]", line.text[match.end() :])
    right = line.text[match.end() : match.end() + stop.start() if stop else None].strip()
    right = re.split(r"\s(?:and|or|\+|&)\s", right)[0]
    right = right.rstrip("。.")
    left, right = (re.sub(r"\s*[(（][^()（）]*[)）]", "", t).strip() for t in (left, right))
    if "和" in match.group(0) or "与" in match.group(0) or "及" in match.group(0):
        return is_name(left) and is_name(right) and bool(re.search("[A-Za-z]", left + right))
    if left in _ANY_MODEL or right in _ANY_MODEL:
        return is_name(left) or is_name(right)
    linked = any(k.start >= match.end() - 1 for k in line.links) or is_name(right)
    if is_name(left) and _is_own_data(right):
        return True
    return is_name(left) and linked and len(left.split()) <= 4 and len(right.split()) <= 4


def _is_own_data(text: str) -> bool:
    return bool(GENERIC_NAME.match(text) and IN_HOUSE.match(text))


_ANY_MODEL = frozenset(("X", "x", "Cap", "?", "*"))
"""What stands in a list of models for 'any other'."""


def _joined(part: Inline, spaced: set[str]) -> Iterator[Inline]:
    """Split names that are joined without spaces: 'Llama2/3', 'CC12M&3M', 'A+B', 'RefCOCO/+/g'."""
    text = part.text
    label = next((k for k in part.links if k.start <= 1 and k.end >= len(text) - 1), None)
    if label is not None:
        yield part
        return
    words = text.split()
    if (
        1 < len(words) <= 3
        and spaced
        and all(_has_inner_capitals(w) for w in words)
        and (words[0] in spaced)
    ):
        for word in words:
            at = text.index(word)
            yield part.slice(at, at + len(word))
        return
    for mark in "/&+":
        pieces = _split_joined(text, mark)
        if pieces:
            for piece in pieces:
                yield (
                    replace(part, text=piece, links=(), marks=())
                    if piece not in text
                    else (part.slice(text.index(piece), text.index(piece) + len(piece)))
                )
            return
    yield part


def _has_inner_capitals(word: str) -> bool:
    return len(re.findall("[A-Z]", word)) >= 2 and bool(re.fullmatch(r"[\w.-]+", word))


def _split_joined(text: str, mark: str) -> list[str]:
    """Return the names that `mark` joins, completed where the later ones are only endings."""
    if mark not in text or len(text) > 80 or " " + mark in text or "://" in text:
        return []
    outside = re.sub(r"[(（][^()（）]*[)）]", lambda m: "\x00" * len(m.group(0)), text)
    if mark not in outside:
        return []
    pieces = outside.split(mark)
    if any("\x00" in p for p in pieces):
        return []
    first, *later = pieces
    if mark == "+":
        pieces = [p for p in pieces if p not in _ANY_MODEL]
        if len(pieces) == 1 and is_name(pieces[0]):
            return pieces
        ok = all(len(p) > 2 and is_name(p) and re.match("[A-Za-z]", p) for p in pieces)
        return pieces if ok else []
    stem = re.search(r"^(.*?[A-Za-z][-\s]?|.*\d[-\s])(\d+(?:\.\d+)?)([A-Za-z]{0,2})$", first)
    endings = [re.fullmatch(r"\d+(?:\.\d+)?([A-Za-z]{0,2})", p) for p in later]
    if stem and all(e and (not stem.group(3) or e.group(1)) for e in endings):
        joint = first[: stem.start(2)]
        return [first, *(joint + p for p in later)]
    if mark == "/" and later and all(re.fullmatch(r"\+|[a-z]", p) for p in later):
        return [first, *(first + p for p in later)]
    adjoining = [
        (a.split()[-1] if a.split() else "", b.split()[0] if b.split() else "")
        for a, b in zip(pieces, later, strict=False)
    ]
    if mark == "/" and re.fullmatch(r"[\w.-]+/[\w.-]+", text) and first == first.lower():
        return []
    if all(_stands_alone(a) and _stands_alone(b) for a, b in adjoining):
        return pieces
    if (
        mark == "/"
        and len(pieces) > 2
        and all(len(p) >= 3 and is_name(p) and p[0].isupper() for p in pieces)
    ):
        return pieces
    return []


def _stands_alone(word: str) -> bool:
    """Whether a word beside a '/' or '&' is a name by itself and no code such as 'L' or 'zh'."""
    if len(word) < 3:
        return False
    if word.isalpha() and word.islower():
        return False
    if word.isupper() and word.isalpha():
        return len(word) >= 3 and word not in (
            "HTML",
            "JSON",
            "LATEX",
            "XML",
            "CSV",
            "PDF",
            "LLM",
            "VLM",
        )
    return bool(re.search(r"[A-Z\u4e00-\u9fff]", word)) and not re.fullmatch(r"\d+[A-Za-z]*", word)


_AMOUNT = r"[~≈]?\d[\d.,]*\s?[KMBkmb]"
_UNIT = r"(?:\s(?:images?|videos?|clips?|samples?|pairs?|captions?|questions?|examples?|instances?|conversations?|hours?|tokens?))*"
_AMOUNT_FIRST = re.compile(rf"{_AMOUNT}{_UNIT}\s*(?:[,，、;；+(（]|$)")
"""What follows the colon of 'CC3M: 595K, ...'."""
_NAME_AND_AMOUNT = re.compile(
    rf"(?P<name>\S.*?)\s*[:：]\s*(?P<amount>{_AMOUNT}{_UNIT})(?:\s*[(（](?P<note>[^()（）]*)[)）])?$",
    re.S,
)
_AMOUNT_AND_NAME = re.compile(rf"(?P<amount>{_AMOUNT})\s+(?P<name>\S.*)$", re.S)
_NAME_BLANK_AMOUNT = re.compile(rf"(?P<name>\S.*?)\s+(?P<amount>{_AMOUNT})$", re.S)
_MEDIA = re.compile(
    r"(?:(?:images?|videos?|texts?|audios?|speech|captions?|web|data|samples?|pairs?|clips?|documents?|dialogu?e?s?|"
    r"instructions?|conversations?|English|Chinese|multilingual|interleaved|synthetic|\w+-text|\w+-image)[\s/-]*)+",
    re.I,
)
"""What is counted, where it has no name: '142M Image Pair'."""
_OWN_SIZE = re.compile(r"\d[KMB]$", re.I)


_LONGEST_ITEM = 200


def _with_amount(part: Inline) -> list[Thing] | None:
    """Read 'CC3M: 595K' and '558K LCS'; None for anything else."""
    part = part.strip(" \t\n.,;•")
    if len(part.text) > _LONGEST_ITEM:
        return None
    match = _NAME_AND_AMOUNT.match(part.text) or _AMOUNT_AND_NAME.match(part.text)
    if (
        match is None
        or part.links
        or _FROM.match(part.text)
        or _MEDIA.fullmatch(match.group("name"))
    ):
        return None
    found = _thing(part.slice(match.start("name"), match.end("name")))
    if not isinstance(found, list) or len(found) != 1 or found[0].is_generic or found[0].amount:
        return None
    note = match.groupdict().get("note") or found[0].note
    return [replace(found[0], amount=match.group("amount").strip(), note=note)]


_JOINT_BEFORE_AMOUNT = re.compile(rf"\s+(?:\+|&|and)\s+(?={_AMOUNT}\s+[^\W\d_])")


def _amounts_apart(parts: Iterable[Inline]) -> Iterator[Inline]:
    """Split '595K CC3M + 1M SBU' before the second amount."""
    for part in parts:
        yield from part.cut([m.span() for m in _JOINT_BEFORE_AMOUNT.finditer(part.text)])


@dataclass(frozen=True, slots=True)
class Spellings:
    """How a document writes names: with a size bound to them, and without any."""

    sized: frozenset[str]
    plain: frozenset[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Spellings:
        """Read the spellings of a document's lines."""
        sized: set[str] = set()
        plain: set[str] = set()
        for line in lines:
            sized.update(map(_squeeze, _BOUND_SIZE.findall(line)))
            sized.update(map(_squeeze, _SET_OFF.findall(line)))
            plain.update(name.rstrip(".-") for name in _NO_SIZE.findall(line))
        return cls(frozenset(sized), frozenset(plain))


_BOUND_SIZE = re.compile(r"(?<![\w.-])[\w.-]*\d[KMB](?!\w)", re.I)
_SET_OFF = re.compile(rf"(?<=[|\[*#`])\s*([^|\[\]*#`,]{{2,60}}?\s{_AMOUNT})\s*(?=[|\]*`]|$)")
_NO_SIZE = re.compile(r"(?<![\w.-])\w[\w.-]*(?![\w.-]|\s*\d)")


def _squeeze(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text).casefold()


def split_amounts(things: Sequence[Thing], spellings: Callable[[], Spellings]) -> tuple[Thing, ...]:
    """Read 'CC3M 595K, SBU 1M' as names with amounts where the cell and its document bear that out.

    'LAION 400M' may be a name. So two things of the cell must have this form, with two names,
    none may stand in the document with its size bound to it ('LAION-400M'), and the part before
    the blank must be seen to be a whole name: one ends in a size of its own, or all stand
    elsewhere without any.

    Parameters
    ----------
    things : what a cell of training data enumerates
    spellings : those of the document
    """
    matches = {
        i: m
        for i, t in enumerate(things)
        if not t.amount and not t.links and (m := _NAME_BLANK_AMOUNT.match(t.name))
    }
    names = [m.group("name") for m in matches.values()]
    if len({fold(n) for n in names}) < max(2, len(names)):
        return tuple(things)
    known = spellings()
    for m in matches.values():
        name, size = m.group("name"), m.group("amount")
        if known.sized & {_squeeze(name + size), _squeeze(name.split()[-1] + size)}:
            return tuple(things)
    if not any(_OWN_SIZE.search(n) for n in names) and not known.plain.issuperset(names):
        return tuple(things)
    return tuple(
        replace(t, name=matches[i].group("name"), amount=matches[i].group("amount"))
        if i in matches
        else t
        for i, t in enumerate(things)
    )


_FROM = re.compile(
    r"^(?P<amount>~?\d[\d.,]*\s*[kmb]?)\s+(?:\w+\s+)?(?:from|of|来自)\s+(?P<rest>.+)$", re.I | re.S
)
_TRAILER = re.compile(
    r"\s*(?:,?\s*(?:etc|et al)\.?|\.\.\.|…|等)+\s*$|\s+(?:series|family|variants?|models?|datasets?|insts?\.?|系列|数据集|数据)$",
    re.I,
)
_BRACKET = re.compile(r"\s*[(（]([^()（）]*)[)）]\s*")


def _thing(part: Inline) -> list[Thing] | str:
    """Read one item; its text when it is no name."""
    part = part.strip(" \t\n.,;•")
    text = part.text
    line = part.line
    from_match = _FROM.match(text)
    if from_match:
        start = from_match.start("rest")
        inner = _thing(part.slice(start, len(text)))
        if isinstance(inner, list):
            return [replace(t, amount=from_match.group("amount").strip()) for t in inner]
        return text
    if MIXTURE.match(text) and (inside := re.search(r"[(（](.+)[)）]", text, re.S)):
        return _in_mixture(part.slice(inside.start(1), inside.end(1)))
    if text[:1] in "(（" and text[-1:] in ")）" and not _BRACKET.search(text[1:-1]):
        part = part.slice(1, len(text) - 1).strip()
        text = part.text
        if not is_name(text) or not re.search(r"[A-Z\d]", text):
            return text
    if _STAGE_WORD.match(text):
        return text
    if _QUANTIFIED.match(text):
        return text
    links = [k for k in part.links if not _is_plain(k, text)]
    first = links[0] if len(links) == 1 and links[0].start == 0 and not links[0].is_badge else None
    if (
        first
        and first.end < len(text)
        and is_name(first.label)
        and re.match(r"\s*[^\w\s(（+&/-]|\s+[a-z]", text[first.end :])
    ):
        part = part.slice(0, first.end)
        text = part.text
    if any(k.label and re.fullmatch(re.escape(k.label), text) for k in links):
        name, aliases, note = _brackets(text.strip())
    else:
        name, aliases, note = _brackets(text)
    name = re.sub(r"\s*\[\d{1,3}(?:\s*[,，–-]\s*\d{1,3})*\]", "", name)
    name = drop_emoji(name.strip(" \t\n\"'“”‘’*•-–—:.,;[]"))
    name = name.replace("|", "/")
    if "://" in name:
        return text
    generic = (
        GENERIC_NAME.match(name) and not _TITLED_MEDIA.match(name) and not _TITLED_NAME.match(name)
    )
    if not generic:
        shorter = re.sub(r"\s*(?:,?\s*(?:etc|et al)\.?|\.\.\.|…|等)+\s*$", "", name)
        without = re.sub(r"\s*(?:[Ss]eries|[Ff]amily|insts?\.?|系列)$", "", shorter).strip()
        if without and without != shorter:
            shorter = _without_owner(without)
        name = without and shorter
    if (
        not name
        or PLACEHOLDER.match(name)
        or (GENERIC_LABEL.match(name) and not _is_own_data(name))
    ):
        return ""
    urls = tuple(dict.fromkeys(k.url for k in links if k.url))
    if generic:
        if IN_HOUSE.match(name) and not MIXTURE.match(name):
            return [Thing(name, line, urls, note=note, is_generic=True)]
        return text
    whole_link = any(k.end - k.start >= len(text) - 2 and not k.is_badge for k in links)
    if not _is_item(name) and not (whole_link and len(name.split()) <= 6 and _linkable(name)):
        return text
    return [Thing(name, line, urls, aliases, note=note)]


def _is_item(name: str) -> bool:
    """Whether an item is a name: a proper name, a short title-cased phrase, or 'X's model'."""
    if is_name(name):
        return True
    words = name.split()
    if len(words) > 4 or GENERIC_NAME.match(name):
        return False
    if re.match(r"\w*[a-z]\w*[A-Z]\w*('s)?$|[A-Z]\w*[A-Z]\w*'s$", words[0]):
        return True
    return 2 <= len(words) <= 3 and all(w[:1].isupper() and w.isalpha() for w in words)


def _without_owner(name: str) -> str:
    """Drop the owner before a family's name: 'tiiuae/falcon', 'Google T5'."""
    owner = re.match(r"^([\w.-]+)(?:/|\s+)(?=\S)", name)
    if owner and ("/" in owner.group(0) or is_institute(owner.group(1))):
        return name[owner.end() :]
    return name


_TITLED_NAME = re.compile(
    r"(?!(?i:our|in-?house|internal|private|web|self)\b)(?:[A-Z][\w-]+\s){2,}[A-Z][\w-]+$"
)
_STAGE_WORD = re.compile(r"(?:FT|PT|SFT|IT|INST|RLHF|DPO)\s+[A-Z][a-z]*[A-Z]?\w{0,4}$")
_TITLED_MEDIA = re.compile(r"(?:Image|Video|Text|Audio)\s(?:[A-Z]\w+\s?)+$")
_QUANTIFIED = re.compile(
    r"^(?:(?:an? (?:variant|version|subset|part) of|some|several|many|other|various|most|all|any|each|different|multiple|numerous|few)\b|.*-like\b.*\bmodels?\b)",
    re.I,
)


def _linkable(name: str) -> bool:
    return bool(re.search(r"[^\W\d_]", name)) and not re.search(r"[.!?]$|https?:", name)


def _is_plain(link: Link, text: str) -> bool:
    """Whether a link is a bare address in the text."""
    return not link.label and not link.is_badge


def _in_mixture(inside: Inline) -> list[Thing] | str:
    """Read 'Mixture (a, b)': the members, unless they are modalities or a remark."""
    parts = [p.strip() for p in re.split("[,，、;+]", inside.text)]
    plain = re.compile(
        r"^(?:audio|video|image|images|videos|text|speech|3d|depth|code|web|in-?house|multi-?modal|mm-?inst|inst|sft|pt|ft|.*\s.*\s.*)$",
        re.I,
    )
    if len(parts) < 2 or any(plain.match(p) for p in parts if p):
        return inside.text
    found = []
    for part in parts:
        name = re.sub(r"\s*(?:,?\s*etc\.?|…)$", "", part).strip()
        if name and "://" not in name:
            found.append(Thing(name, inside.line))
    return found


def _brackets(text: str) -> tuple[str, tuple[str, ...], str]:
    """Take bracketed remarks off a name: (name, aliases, note).

    An alias is the same name in another script or its long form; a short code such as '(SI)'
    stays part of the name; everything else is a note.
    """
    match = _BRACKET.search(text)
    if not match or match.start() == 0:
        return text, (), ""
    name, inside = text[: match.start()].strip(), match.group(1).strip()
    after = text[match.end() :].strip()
    alias = stated_alias(inside)
    if alias:
        others = [a.strip() for a in re.split(r"\s*[,，、;/]\s*|\s+or\s+", alias)]
        return (name if not after else text), tuple(a for a in others if _is_item(a)), ""
    if after and re.fullmatch("[\u4e00-\u9fff·]{1,12}", inside):
        return f"{name} {after}", (inside,), ""
    if after and not _BRACKET.match(text[match.end() :]):
        return text, (), ""
    if bool(re.search("[\u4e00-\u9fff]", inside)) != bool(re.search("[\u4e00-\u9fff]", name)):
        if re.fullmatch("[\u4e00-\u9fff\\w·-]{1,12}", inside) or re.search("[\u4e00-\u9fff]", name):
            return name, (inside,), ""
        return name, (), inside
    if _initials(inside) == re.sub(r"[^A-Za-z]", "", name).casefold() and len(inside.split()) > 1:
        return name, (inside,), ""
    code = re.sub(r"[^A-Za-z]", "", inside).casefold()
    if (
        code
        and code in (_initials(name), _initials(_KIND_WORD.sub("", name)))
        and len(name.split()) > 1
    ):
        return name, (inside,), ""
    if (
        re.fullmatch(r"[A-Z]{2,3}|[vV]\d[\w.]*|\d+(?:\.\d+)?[BMK]", inside)
        and not is_institute(inside)
        and inside not in ("HF", "PT", "FT", "QA", "GPT")
    ):
        return f"{name} ({inside})", (), ""
    return name, (), inside


_KIND_WORD = re.compile(r"(?<=\w)\s+(?:data ?set|corpus|benchmark|collection)s?$", re.I)


def _initials(text: str) -> str:
    return "".join(w[0] for w in re.findall(r"[A-Za-z]+", text)).casefold()


def amount_of(thing: Thing) -> str:
    """Return the amount said with the item ('4k from X'), '' when there is none."""
    return thing.amount if thing.amount and parse_amount(thing.amount) else ""
