"""Plain English as far as this graph can be asked: known names, and words with a meaning here.

Nothing is guessed: every word of a question must be a name, a word with a meaning, or one of a
list of words that change nothing; otherwise the question is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from kg.identity import folded_name
from kg.model import Kind, Property
from kg.names import fold
from kg.store import Entity, Store
from queries.conditions import (
    Bound,
    DateAsked,
    Wanted,
    read_bounds,
    read_dates,
    read_documents,
    read_values,
    value_tokens,
)

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
        "not": "not never without except excluding exclude minus neither nor but-not missing lacks lack lacking absent",
        "both": "meet meets both shared share shares sharing common overlap overlapping intersection jointly",
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
        "author": "author authors wrote authored",
        "who": "who whom",
        "where": "where",
        "described": (
            "vision-language multimodal multi-modal chat video image visual medical chinese english public vision language"
        ),
        "degree": "large small open open-source big tiny recent new popular famous",
        "compare": "compare compared compares comparing comparison versus vs",
        "change": "change changed changes changing happened",
        "difference": "differ differs differing difference differences agree disagree disagreement disagreements contradict contradicting",
        "fill": (
            "the a an is are was were be been being has have had do does did that which what whose and or of in"
            " on with for to by from as at into it its their them they there this these those i me you we us my please can"
            " could would should like want need know tell show list give find name get see all any some every each many"
            " ones one also too well if so then yet exist exists existing stage stages phase phases looking look mean out kind sort type among part appear appears appeared published publish released release came-out went occur occurs"
            " found gone go goes over between but listed lists-of identifier number im recorded available given named names contain contains include includes included"
            " including incl everything something anything exactly how-many either"
        ),
    }
)
"""What a word means here -> the words; 'fill' changes nothing."""

_PHRASES: tuple[tuple[str, str], ...] = (
    (r"\b(?:per|in each|each|in every|every|by) year\b|\bover (?:time|the years)\b|\byearly\b", " %yearly "),
    (r"\b(?:per|in each|each|in every|every|by) month\b|\bmonthly\b", " %monthly "),
    (r"\b(?:also |or |and |even )?(?:inherited|through|via|including|incl\.?|counting) (?:what |those |from |by |of |through |a |its |their |the )*(?:base models?|bases?|components?|parents?|backbones?|parts)\b", " %inherited "),
    (r"(?<!%)\b(?:also |or |and )?(?:directly or )?inherited(?: (?:uses?|data|ones?)(?: too)?)?\b|\bby inheritance\b", " %inherited "),
    (r"\bwritten by\b", " by "),
    (r"\b(?:which|what) (?:llm|language model) (?=(?:does|do|is|was|did)\b)", " #language-model "),
    (r"\bcode (?=(?:of|for)\b)|\bcode repository\b", " @link "),
    (r"\bbenchmarks?\b", " datasets %benchmark "),
    (r"\bdifferences? between\b", " compare "),
    (r"\b(?:what(?:'s| is| was)?|anything) new\b", " change "),
    (r"\bhow much(?: of (?:which|what))?\b", " %amount "),
    (r"\bto[- ]read\b", " %state:to-read "),
    (r"\b(?:i am|i'm|am i|currently) reading\b", " %state:reading "),
    (r"\b(?:i )?skipped\b", " %state:skipped "),
    (r"\b(?:arxiv)\s+(?:id|ids|identifier|number|no)\b", " @arxiv "),
    (r"(?<!@)\barxiv\b", " @arxiv "),
    (r"\bdoi\b", " @doi "),
    (r"\b(?:licen[cs]e|licensed)\b", " @licence "),
    (r"\b(?:how (?:big|large)|size|sizes|how many (?:samples|examples|images|pairs|entries|comparisons|instances|conversations|tokens|rows))\b(?:(?: are)? (?:in|of|does|do)\b)?", " @size "),
    (r"\bhow many\b|\b(?:the )?number of\b|\bcount of\b", " %count "),
    (r"\b(?:venue|conference|journal)\b", " @venue "),
    (r"\b(?:publication year|what year|which year|year of publication|year)\b", " @year "),
    (r"\b(?:release date|date)\b", " @date "),
    (r"\b(?:parameters|parameter count)\b", " @parameters "),
    (r"\b(?:modality|modalities)\b", " @modality "),
    (r"(?<!@)\b(?:repository|github|code link|homepage|website|link|links)\b", " @link "),
    (r"(?<!their )(?<!as )\b(?:vision[- ])?(?:large )?language models\b", " models "),
    (r"(?<![\w-])(?:language model|language models|llm backbones?|language (?:backbones?|encoders?|decoders?))\b", " #language-model "),
    (r"\b(?:as|have|has|their|its|the)\s+(?:an?\s+|their\s+|its\s+|the\s+)?llms?\b", " #language-model "),
    (r"\b(?:vision|visual|image)\s+(?:encoders?|backbones?|towers?)\b", " #vision-encoder "),
    (r"\baudio encoders?\b", " #audio-encoder "),
    (r"\b(?:base models?|foundation models?)\b", " #base "),
    (r"\b(?:made of|components?|composed of|consists? of|building blocks)\b", " #component "),
    (r"\bfine[- ]?tun(?:ed|ing|e)\b", " finetuned "),
    (r"\bdata\s?-?\s?sets?\b", " datasets "),
    (r"\bpre-?\s?training (?=(?:data|datasets?|corp(?:us|ora)|sets?|stages?|phase)\b)", " pretrain "),
    (r"\b(?:for|in|during) pre-?\s?training\b", " pretrain "),
    (r"\bpre[- ]?train(?:ed|ing)\b", " pretrained "),
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
_TOKEN = re.compile(r"[\w.+&'’/-]*[\w+]|[()\[\],;:/?!]")
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
    qualifiers: list[tuple[int, str]] = field(default_factory=list)
    """Words that say of what kind things are ('medical'), which only some lists record."""
    words: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    """Sources that it names by words of their title, in order."""
    documents_at: list[int] = field(default_factory=list)
    """Numbers of the first words of these."""
    dates: list[DateAsked] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    inherited: bool = False
    """Whether what went into the parts of a model counts as well."""
    benchmarks: bool = False
    """Whether only such data are meant that something is evaluated on."""
    values: list[Wanted] = field(default_factory=list)
    """Values of properties that the words left mean; see `explain_values`."""

    def take(self, meaning: str) -> bool:
        """Say whether it has a meaning, and leave that out for all who look further."""
        has = self.has(meaning)
        self.meanings = [m for m in self.meanings if m[1] != meaning]
        return has

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
        """Return the properties ('@'), roles ('#') or other marks ('%') that it speaks of."""
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
    question.words = words
    taken = _names(store, words, quoted, question)
    question.dates = read_dates(words, [i not in taken for i in range(len(words))])
    taken |= {i for d in question.dates for i in d.words}
    question.bounds = read_bounds(words, [i not in taken for i in range(len(words))])
    taken |= {i for b in question.bounds for i in b.words}
    marked = [f" \x00{i} " if i in taken else _protected(w, i) for i, w in enumerate(words)]
    _meanings(marked, question)
    question.unknown = [(at, words[at]) for at, _ in question.unknown]
    _documents(store, question, taken)
    if question.unknown:
        first, last = question.unknown[0][0], question.unknown[-1][0]
        question.unknown_text = plain[tokens[first].start() : tokens[last].end()]
    question.slots.sort(key=lambda s: s.at)
    return question


_QUOTED = re.compile(r"[\"“”]([^\"“”]{2,300})[\"“”]|(?<!\w)['‘]([^'’]{3,300})['’](?!\w)")


def _is_odd(name: str) -> bool:
    words = name.casefold().split()
    return bool(re.search(r"[^\w\s.+&'’/-]", name)) or not {words[0], words[-1]}.isdisjoint(_WORDS)


_TAIL = re.compile(
    r"\b(?:wrote|authored|use[sd]?|using|on|with|introduces?|of|is)\s+(\S.*?)\s*\??\s*$", re.I
)


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
    if any(w.casefold() in ("by", "author", "authors", "wrote", "authored", "from") for w in words):
        kinds = (*kinds, Kind.PERSON)
    for i, word in enumerate(words):
        if word in quoted:
            things = tuple(e for e in store.find_entities(quoted[word]))
            question.slots.append(Slot(quoted[word], i, things))
            taken.add(i)
    for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
        for i in range(len(words) - length + 1):
            span = words[i : i + length]
            if any(j in taken for j in range(i, i + length)):
                continue
            # Behind 'on' or 'under' ordinary words may be a topic: 'papers on multimodal pretraining'.
            before = words[i - 1].casefold() if i else ""
            is_topic = length > 1 and (before in _BEFORE_TOPIC) and not _may_be_name(span)
            if not is_topic and not _may_be_name(span):
                continue
            text = " ".join(span)
            wanted = (Kind.TOPIC,) if is_topic else kinds
            things = tuple(e for e in store.find_entities(text) if e.kind in wanted)
            if things:
                question.slots.append(Slot(text, i, things))
                taken.update(range(i, i + length))
    return taken


def _documents(store: Store, question: Question, taken: set[int]) -> None:
    """Take words that nothing else explains as names of sources, where their titles have them."""
    free = [i not in taken for i in range(len(question.words))]
    unexplained = [at for at, _ in question.unknown]
    for words, source in read_documents(store, question.words, free, unexplained):
        question.unknown = [u for u in question.unknown if u[0] not in words]
        question.qualifiers = [q for q in question.qualifiers if q[0] not in words]
        question.meanings = [m for m in question.meanings if m[0] not in words]
        if source not in question.documents:
            question.documents.append(source)
            question.documents_at.append(words[0])


_BEFORE_TOPIC = frozenset(["on", "about", "under", "in", "regarding", "concerning"])


def explain_makers(store: Store, question: Question) -> None:
    """Take a word before a name as its maker's where sources say so: 'Anthropic's HH-RLHF'."""
    for at, word in list(question.unknown):
        maker = tuple(value_tokens(re.sub(r"['’]s$", "", word), Property.INSTITUTE))
        for slot in question.slots:
            if slot.at == at + 1 and any(
                maker
                == tuple(
                    value_tokens(str(c.claim.values["text"]), Property.INSTITUTE)[: len(maker)]
                )
                for thing in slot.things
                for c in store.iter_claims(subject=thing.id, predicates=[Property.INSTITUTE])
            ):
                question.unknown.remove((at, word))
                break


def explain_values(store: Store, question: Question, kind: Kind) -> None:
    """Read the words that nothing else explains as values that things of a kind have."""
    ordinary = {at for at, word in question.qualifiers if _WORDS.get(word) == "described"}
    left = ordinary.union(at for at, _ in question.unknown)
    years = {d.words[-1] for d in question.dates if d.is_year}
    marked = {at: m for at, m in question.meanings if m.startswith("@")}
    found = read_values(store, kind, question.words, left | years, marked, ordinary)
    for wanted in found:
        question.values.append(wanted)
        said = set(wanted.words)
        question.unknown = [u for u in question.unknown if u[0] not in said]
        question.qualifiers = [q for q in question.qualifiers if q[0] not in said]
        question.dates = [d for d in question.dates if said.isdisjoint(d.words)]


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
    for at, token in _phrased(words):
        if token.startswith("\x00"):
            continue
        if token.startswith("\x01"):
            question.unknown.append((at, token))
            continue
        if token[0] in "@#%":
            question.meanings.append((at, token))
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
                question.unknown.append((at, word))
            elif known in ("described", "degree"):
                question.qualifiers.append((at, word))
            elif known != "fill":
                question.meanings.append((at, known))


def _phrased(words: Sequence[str]) -> list[tuple[int, str]]:
    """Put what phrases mean in their place; each word with its number in the question."""
    text, owners = "", list[int]()
    for i, word in enumerate(words):
        shown = word.strip().casefold() + " "
        text += shown
        owners += [i] * len(shown)
    for pattern, meaning in _PHRASES:
        pieces, held, last = [], list[int](), 0
        for match in re.finditer(pattern, text):
            pieces += [text[last : match.start()], meaning]
            held += owners[last : match.start()] + [owners[match.start()]] * len(meaning)
            last = match.end()
        if pieces:
            text = "".join(pieces) + text[last:]
            owners = held + owners[last:]
    return [(owners[m.start()], m[0]) for m in re.finditer(r"\S+", text)]


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
    if re.search(r"\d|[A-Z].*[A-Z]|[a-z]-?[A-Z]", text) or text.istitle():
        return text
    # Ordinary words may be a name only where a name must stand: at the end, behind 'use', 'on' ...
    at_end = re.search(
        r"\b(?:use[sd]?|using|on|with|introduces?|called|of)\W+" + re.escape(text) + r"\W*$",
        question.text,
        re.I,
    )
    return text if at_end and len(words) <= 3 else ""
