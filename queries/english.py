"""Plain English as far as this graph can be asked: known names, and words with a meaning here.

Nothing is guessed: every word of a question must be a name, a word with a meaning, or one of a
list of words that change nothing; otherwise the question is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from kg.identity import folded_name
from kg.model import Kind
from kg.names import fold
from kg.store import Entity, Store

_LEXICON: Mapping[str, str] = MappingProxyType(
    {
        "models": "model models llm llms mllm mllms vlm vlms lmm lmms network networks system systems",
        "data": "data dataset datasets corpus corpora set sets mixture mixtures material",
        "papers": "paper papers article articles publication publications preprint preprints",
        "train": "train trained trains training learn learned learnt finetune finetuned finetuning pretrained tuned tuning",
        "use": "use used uses using employ employs employed utilise utilised utilize utilized used",
        "evaluate": "evaluate evaluated evaluates evaluation evaluations tested test tests benchmarked assessed measured",
        "score": "score scores scored result results performance accuracy",
        "derive": "derive derived derives descend descends descended based built build builds inherit inherits inherited stem stems",
        "ancestors": "ancestor ancestors parent parents origin origins lineage predecessor predecessors",
        "descendants": "descendant descendants successor successors child children offspring derivative derivatives",
        "come": "come comes came taken drawn sourced source sources made",
        "generate": "generate generated generates generating produced synthesised synthesized synthetic created written annotated",
        "introduce": "introduce introduced introduces introducing propose proposed proposes present presented presents describe described describes",
        "cite": "cite cites cited citing citation citations",
        "reference": "reference references bibliography",
        "not": "not never without except excluding exclude minus neither nor but-not",
        "both": "both shared share shares sharing common overlap overlapping intersection jointly",
        "unread": "unread",
        "read": "read",
        "mark": "mark marked marks tag tagged carry carrying carries status",
        "section": "under section sections heading headings header headings chapter topic topics category subject",
        "about": "about concerning regarding covering",
        "whole": "whole full entire complete entirely",
        "only": "only just merely solely alone opposed count counts",
        "other": "other others another elsewhere",
        "documents": "document documents list lists file files note notes",
        "family": "family families series member members line variants",
        "through": "directly indirectly direct indirect originally transitively recursively through via way inclusive eventually",
        "same": "called known aka alias named",
        "preference": "preference preferences rlhf dpo",
        "sft": "sft instruction",
        "pretrain": "pretrain pretraining",
        "alignment": "alignment",
        "language-model": "backbone",
        "who": "who whom",
        "where": "where",
        "unrecorded": (
            "vision-language multimodal multi-modal large small open open-source big tiny recent new chat video image"
            " visual medical chinese english popular famous public vision language"
        ),
        "difference": "differ differs differing disagree disagreement disagreements contradict contradicting",
        "fill": (
            "the a an is are was were be been being has have had do does did that which what whose and or of in"
            " on with for to by from as at into it its their them they there this these those i me you we us my please can"
            " could would should like want need know tell show list give find name get see all any some every each many"
            " ones one also too well if so then looking look mean out kind sort type among part appear appears occur occurs"
            " found gone go goes over between but listed lists-of identifier number im recorded available given named names contain contains include includes included"
            " including incl everything something anything exactly how-many either"
        ),
    }
)
"""What a word means here -> the words; 'fill' changes nothing."""

_PHRASES: tuple[tuple[str, str], ...] = (
    (r"\b(?:arxiv)\s+(?:id|ids|identifier|number|no)\b", " @arxiv "),
    (r"(?<!@)\barxiv\b", " @arxiv "),
    (r"\bdoi\b", " @doi "),
    (r"\b(?:licen[cs]e|licensed)\b", " @licence "),
    (r"\b(?:how (?:big|large)|size|sizes|how many (?:samples|examples|images|pairs|entries))\b", " @size "),
    (r"\b(?:venue|conference|journal)\b", " @venue "),
    (r"\b(?:publication year|what year|which year|year of publication|year)\b", " @year "),
    (r"\b(?:release date|date)\b", " @date "),
    (r"\b(?:parameters|parameter count)\b", " @parameters "),
    (r"\b(?:modality|modalities)\b", " @modality "),
    (r"\b(?:repository|github|code link|homepage|website|link|links)\b", " @link "),
    (r"(?<!their )(?<!as )\b(?:vision[- ])?(?:large )?language models\b", " models "),
    (r"(?<![\w-])(?:language model|language models|llm backbones?|language (?:backbones?|encoders?|decoders?))\b", " #language-model "),
    (r"\b(?:as|have|has|their|its|the)\s+(?:an?\s+|their\s+|its\s+|the\s+)?llms?\b", " #language-model "),
    (r"\b(?:vision|visual|image)\s+(?:encoders?|backbones?|towers?)\b", " #vision-encoder "),
    (r"\baudio encoders?\b", " #audio-encoder "),
    (r"\b(?:base models?|foundation models?)\b", " #base "),
    (r"\b(?:made of|components?|composed of|consists? of|building blocks)\b", " #component "),
    (r"\bfine[- ]?tun(?:ed|ing|e)\b", " finetuned "),
    (r"\bpre[- ]?train(?:ed|ing)\b", " pretrained "),
    (r"\bdata\s?-?\s?sets?\b", " datasets "),
    (r"\b(?:instruction[- ]tun(?:ed|ing)|supervised fine-?tuning)\b", " sft "),
    (r"\b(?:preference (?:data|learning|optimi[sz]ation|datasets?))\b", " preference data "),
    (r"\b(?:not|n't)\s+(?:yet\s+)?read\b", " unread "),
    (r"\bto be read\b", " unread "),
    (r"\b(?:does|do|did) not\b|\b(?:do|does|did)n't\b", " not "),
    (r"\bno\b", " not "),
    (r"\b(?:also (?:called|known as|named)|a\.?k\.?a\.?|alias)\b", " aka "),
    (r"\bas well as\b", " both "),
    (r"\bby way of\b", " through "),
    (r"\bcaption(?:s|[- ]only)?\b", " only "),
    (r"\b(?:more than|at least) one (?:list|source|document)\b", " both documents "),
)  # fmt: skip

_WORDS: Mapping[str, str] = MappingProxyType(
    {word: meaning for meaning, words in _LEXICON.items() for word in words.split()}
)
_TOKEN = re.compile(r"[@#]?[\w.+&'’/-]*[\w+]|[()\[\],;:/?!]")
_LONGEST_NAME = 14
"""Words of the longest name that is looked for; paper titles are longer, and found by their start."""
_KINDS = (Kind.MODEL, Kind.DATASET, Kind.PAPER)


@dataclass(frozen=True, slots=True)
class Slot:
    """A name in a question with the things it can stand for."""

    text: str
    at: int
    """Number of its first word in the question."""
    things: tuple[Entity, ...]
    """Empty for a name that the store does not hold."""

    def of(self, *kinds: Kind) -> list[Entity]:
        """Return what it stands for among kinds, best kind first."""
        return [e for kind in kinds for e in self.things if e.kind is kind]


@dataclass(slots=True)
class Question:
    """A question taken apart: its meanings in order, its names, and what was not understood."""

    text: str
    meanings: list[tuple[int, str]] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    """Words that are no name and have no meaning here."""
    unknown_text: str = ""
    """The part of the question from the first to the last of these words."""
    qualifiers: list[str] = field(default_factory=list)
    """Words that narrow a question by what the graph does not record of models and datasets."""
    documents: list[str] = field(default_factory=list)
    """Sources that it names by a word of their title."""

    def has(self, *meanings: str) -> bool:
        """Whether all of these meanings are in the question."""
        found = {m for _, m in self.meanings}
        return all(m in found for m in meanings)

    def any(self, *meanings: str) -> bool:
        """Whether one of these meanings is in the question."""
        found = {m for _, m in self.meanings}
        return any(m in found for m in meanings)

    def where(self, *meanings: str) -> int:
        """Return where the first of these meanings stands; a large number where none does."""
        return next((at for at, m in self.meanings if m in meanings), 10_000)

    def marked(self, sign: str) -> list[str]:
        """Return the properties ('@') or roles ('#') that it speaks of."""
        return list(dict.fromkeys(m[1:] for _, m in self.meanings if m.startswith(sign)))


def read_question(store: Store, text: str) -> Question:
    """Take a question apart: names first, longest first, then words by their meaning."""
    text = " ".join(text.split())
    question = Question(text)
    quoted: dict[str, str] = {}

    def keep(match: re.Match[str]) -> str:
        # As long as what it stands for, so that places in the text stay true.
        word = f"q{len(quoted)}uoted".ljust(len(match[0]), "x")
        quoted[word] = match[1] or match[2]
        return word

    tail = _TAIL.search(text)
    things = tuple(store.find_entities(tail[1])) if tail and _is_odd(tail[1]) else ()
    if tail and things:
        # A name with marks that end a word elsewhere, or that begins like ordinary English: only
        # as a whole, at the end of a question.
        question.slots.append(Slot(tail[1], 1000, things))
        text = text[: tail.start(1)]
    plain = _QUOTED.sub(keep, text)
    tokens = list(_TOKEN.finditer(plain))
    words = [t[0] for t in tokens]
    taken = _names(store, words, quoted, question)
    _meanings(
        [f" \x00{i} " if i in taken else _protected(w, i) for i, w in enumerate(words)],
        question,
    )
    question.unknown = [(at, words[at] if at < len(words) else w) for at, w in question.unknown]
    _documents(store, question)
    if question.unknown:
        first, last = question.unknown[0][0], question.unknown[-1][0]
        if last < len(tokens):
            question.unknown_text = plain[tokens[first].start() : tokens[last].end()]
    question.slots.sort(key=lambda s: s.at)
    return question


_QUOTED = re.compile(r"[\"“”]([^\"“”]{2,300})[\"“”]|(?<!\w)['‘]([^'’]{3,300})['’](?!\w)")


def _is_odd(name: str) -> bool:
    words = name.casefold().split()
    return bool(re.search(r"[^\w\s.+&'’/-]", name)) or not {words[0], words[-1]}.isdisjoint(_WORDS)


_TAIL = re.compile(r"\b(?:use[sd]?|using|on|with|introduces?|of|is)\s+(\S.*?)\s*\??\s*$", re.I)


def _protected(word: str, at: int) -> str:
    """Keep a word that looks like a name and is none from being read as ordinary words."""
    looks = re.search(r"\d|[A-Z].*[A-Z]|-[A-Z]|[a-z][A-Z]", word)
    if looks and word.casefold() not in _WORDS and not _IS_ORDINARY.match(word):
        return f" \x01{at} "
    return word


_IS_ORDINARY = re.compile(
    r"^(?:(?:llm|vlm|mllm|lmm|sft|dpo|rlhf|doi|arxiv|unread|read|id|ids)s?|(?:fine|pre|post)-?\w+|\w+-(?:trained|tuned|only|tuning))$",
    re.I,
)


def _names(
    store: Store, words: list[str], quoted: Mapping[str, str], question: Question
) -> set[int]:
    """Find the spans that are names of the store, longest first; the words they take."""
    taken: set[int] = set()
    asks_topic = any(_WORDS.get(w.casefold()) in ("section", "about") for w in words)
    asks_topic = asks_topic or any(w.casefold() in ("on", "in") for w in words)
    kinds = (*_KINDS, Kind.TOPIC) if asks_topic else _KINDS
    for i, word in enumerate(words):
        if word in quoted:
            things = tuple(e for e in store.find_entities(quoted[word]))
            question.slots.append(Slot(quoted[word], i, things))
            taken.add(i)
    for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
        for i in range(len(words) - length + 1):
            span = words[i : i + length]
            if any(j in taken for j in range(i, i + length)) or not _may_be_name(span):
                continue
            text = " ".join(span)
            things = tuple(e for e in store.find_entities(text) if e.kind in kinds)
            if things:
                question.slots.append(Slot(text, i, things))
                taken.update(range(i, i + length))
    return taken


def _documents(store: Store, question: Question) -> None:
    """Take words that nothing else explains as the name of a source, where its title has them."""
    sources = store.sources() if question.unknown else []
    for at, word in list(question.unknown):
        wanted = re.sub(r"['’]s$", "", word)
        named = [
            s.id
            for s in sources
            if wanted in re.findall(r"\w+", f"{s.title} {s.id.rpartition('/')[2]}".casefold())
        ]
        if len(wanted) > 3 and len(named) == 1:
            question.unknown.remove((at, word))
            if named[0] not in question.documents:
                question.documents += named


def _may_be_name(span: list[str]) -> bool:
    """Whether words may be a name: they do not begin or end with a word of ordinary English."""
    first, last = span[0].casefold(), span[-1].casefold()
    if not fold(span[0]) or not fold(span[-1]) or span[0] in "([,;:/?!" or span[-1] in ")],;:/?!":
        return len(span) > 1 and fold("".join(span)) != "" and span[-1] == ")" and "(" in span
    if len(span) == 1:
        return first not in _WORDS and len(first) > 1
    if all(w.casefold() in _WORDS for w in span):
        return False
    return not {_WORDS.get(first), _WORDS.get(last)} & {"fill", "models", "papers"}


def _meanings(words: list[str], question: Question) -> None:
    text = " ".join(words).casefold()
    for pattern, meaning in _PHRASES:
        text = re.sub(pattern, meaning, text)
    at = 0
    for token in text.split():
        if token.startswith("\x00"):
            at = int(token[1:]) + 1
            continue
        if token.startswith("\x01"):
            at = int(token[1:]) + 1
            question.unknown.append((at - 1, token))
            continue
        at_word = at + 0
        if token[0] in "@#":
            question.meanings.append((at_word, token))
            continue
        for part in re.split(r"[/]", token) if token.strip("/") else []:
            word = part.strip(".'’-")
            if not word or not re.search(r"\w", word):
                continue
            known = (
                _WORDS.get(re.sub(r"['’](?:m|d|s|re|ve|ll)$", "", word))
                or _WORDS.get(word)
                or _WORDS.get(_corrected(word))
            )
            if known is None:
                question.unknown.append((at_word, word))
            elif known == "unrecorded":
                question.qualifiers.append(word)
            elif known != "fill":
                question.meanings.append((at_word, known))
        at += 1


def _corrected(word: str) -> str:
    """Return the one word of ordinary English that a misspelt one can be; '' when there is none."""
    if len(word) < 5 or re.search(r"\d", word):
        return ""
    found = {
        w for w in _WORDS if abs(len(w) - len(word)) <= 1 and w[0] == word[0] and _one_edit(w, word)
    }
    meanings = {_WORDS[w] for w in found}
    return min(found) if len(meanings) == 1 else ""


def _one_edit(a: str, b: str) -> bool:
    if len(a) > len(b):
        a, b = b, a
    i = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[i:] == b[i + 1 :]
    return a[i + 1 :] == b[i + 1 :] or (
        a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :]
    )


def unknown_name(question: Question) -> str:
    """Return the part of a question that looks like a name which the store does not hold, or ''."""
    text = question.unknown_text.strip(" \"'“”")
    words = text.split()
    if len(words) > 6 or any(_WORDS.get(w.casefold()) == "fill" for w in words):
        return ""
    if not folded_name(text):
        return ""
    if re.search(r"\d|[A-Z].*[A-Z]|[a-z]-?[A-Z]", text) or (len(words) > 1 and text.istitle()):
        return text
    # Ordinary words may be a name only where a name must stand: at the end, behind 'use', 'on' ...
    at_end = re.search(
        r"\b(?:use[sd]?|using|on|with|introduces?|called|of)\W+" + re.escape(text) + r"\W*$",
        question.text,
        re.I,
    )
    return text if at_end and len(words) <= 3 else ""
