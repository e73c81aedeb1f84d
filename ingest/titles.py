"""What a title says: the name it introduces, and whether that is a model or a dataset."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ingest.inline import drop_emoji
from ingest.vocabulary import GENERIC_LABEL, MODEL_FAMILY, VENUES, is_institute
from kg.model import Kind

_FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "nor",
        "of",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "with",
        "without",
        "into",
        "over",
        "under",
        "via",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "can",
        "could",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "how",
        "why",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whose",
        "that",
        "this",
        "these",
        "those",
        "not",
        "no",
        "it",
        "its",
        "all",
        "you",
        "your",
        "we",
        "our",
        "their",
        "there",
        "than",
        "then",
        "if",
        "while",
        "vs",
        "versus",
        "about",
        "between",
        "across",
        "beyond",
        "through",
        "towards",
        "toward",
        "using",
        "use",
        "uses",
        "introducing",
        "announcing",
        "releasing",
        "exploring",
        "rethinking",
        "revisiting",
        "understanding",
        "improving",
        "learning",
        "training",
        "evaluating",
        "building",
        "making",
        "scaling",
        "measuring",
    ]
)
_COMMON_WORDS = frozenset(
    [
        "large",
        "small",
        "big",
        "multimodal",
        "multi",
        "modal",
        "visual",
        "vision",
        "language",
        "languages",
        "instruction",
        "instructions",
        "tuning",
        "finetuning",
        "learning",
        "model",
        "models",
        "data",
        "dataset",
        "datasets",
        "video",
        "videos",
        "image",
        "images",
        "text",
        "survey",
        "review",
        "overview",
        "tutorial",
        "study",
        "analysis",
        "training",
        "pretraining",
        "generation",
        "understanding",
        "reasoning",
        "evaluation",
        "benchmark",
        "benchmarks",
        "foundation",
        "neural",
        "network",
        "networks",
        "deep",
        "machine",
        "artificial",
        "intelligence",
        "natural",
        "processing",
        "question",
        "answering",
        "retrieval",
        "augmented",
        "representation",
        "representations",
        "alignment",
        "attention",
        "transformer",
        "transformers",
        "agents",
        "agent",
        "open",
        "source",
        "efficient",
        "unified",
        "general",
        "towards",
        "novel",
        "simple",
        "better",
        "cheap",
        "quick",
        "fast",
        "strong",
        "perspective",
        "perspectives",
        "methods",
        "approach",
        "approaches",
        "framework",
        "frameworks",
        "system",
        "systems",
        "task",
        "tasks",
        "challenges",
        "opportunities",
        "trends",
        "progress",
        "introduction",
        "notes",
        "technical",
        "report",
        "case",
        "study",
        "position",
        "paper",
        "chain",
        "thought",
        "prompting",
        "prompt",
        "zero",
        "few",
        "shot",
        "generative",
        "pretrained",
        "llm",
        "llms",
        "mllm",
        "mllms",
        "vlm",
        "vlms",
        "lmm",
        "lmms",
        "nlp",
        "cv",
        "rl",
        "rlhf",
        "ai",
        "agi",
        "medical",
        "clinical",
        "time",
        "series",
        "graph",
        "graphs",
        "knowledge",
        "code",
        "speech",
        "audio",
        "music",
        "emotion",
        "robot",
        "robots",
        "robotics",
        "embodied",
        "world",
        "part",
        "volume",
        "act",
        "editorial",
        "correction",
        "comment",
        "letter",
        "erratum",
        "blog",
        "update",
        "news",
        "scaling",
        "law",
        "laws",
        "state",
        "art",
        "latest",
        "recent",
        "advances",
    ]
)
_SUBTITLE_OF_SURVEY = re.compile(
    r"^\s*(?:an? )?(?:[\w-]+ ){0,6}?(?:survey|review|overview|tutorial|roadmap|perspectives?|retrospective|introduction|"
    r"primer|taxonomy|notes on|position paper|case study|recent advances|综述)\b",
    re.I,
)
_NAME_SHAPE = re.compile(r"[A-Z].*[A-Z]|\d|[a-z][A-Z]|^[A-Z]\S*$")


@lru_cache(maxsize=8192)
def is_name(text: str) -> bool:
    """Say whether a short text has the shape of a proper name rather than of a phrase.

    Examples
    --------
    >>> is_name("LLaVA-1.5"), is_name("Common Crawl"), is_name("Cheap and Quick")
    (True, True, False)
    >>> is_name("Web crawler data"), is_name("llava"), is_name("7B")
    (False, True, False)
    """
    text = text.strip()
    words = text.split()
    if not words or len(words) > 6 or len(text) > 70 or not re.search(r"[^\W\d_]", text):
        return False
    if re.fullmatch(
        r"[~≈]?\d[\d.,]*\s?[kmbtx%+]{0,2}(?:\s?[-–~]\s?\d[\d.,]*\s?[kmbt]?)?", text, re.I
    ):
        return False
    if re.match(r"[~≈]?\d[\d,.]*\s?[kmbt]?\+?\s+[a-z-]+(?:\s[a-z]+)?$", text, re.I):
        return False
    if re.search(r"[()（）❗]", re.sub(r"\s\([^()]*\)$", "", text)):
        return False
    if re.search(r"https?:|[<>{}=|;]|@(?!\d)|\.\.\.|…|[。！？]", text) or text.endswith(
        (".", "!", "?")
    ):
        return False
    lowered = [re.sub(r"[^\w+-]", "", w.casefold()) for w in words]
    if any(w in _FUNCTION_WORDS for w in lowered) and not _titled(words):
        return False
    if all(w in _COMMON_WORDS or w in _FUNCTION_WORDS for w in lowered):
        return False
    if len(words) == 1:
        return len(text) > 1
    named = [w for w in words if _NAME_SHAPE.search(w)]
    return bool(named) and len(named) * 2 >= len(words)


def _titled(words: list[str]) -> bool:
    """Whether all longer words are capitalised: 'The Pile', 'Chain of Thought'."""
    long = [w for w in words if w.casefold() not in _FUNCTION_WORDS]
    return bool(long) and len(words) <= 4 and all(w[:1].isupper() or w[:1].isdigit() for w in long)


@lru_cache(maxsize=8192)
def split_prefix(title: str) -> tuple[str, str] | None:
    """Split 'X: what it is' into the name and the rest; None when X is no name.

    Titles that begin with a phrase ('Learn to explain: ...', 'Visual Instruction Tuning: A
    Survey') introduce nothing.

    Examples
    --------
    >>> split_prefix("Stanford alpaca: An instruction-following llama model")[0]
    'Stanford alpaca'
    >>> split_prefix("Cheap and quick: Efficient tuning") is None
    True
    """
    match = re.match(r"^\W{0,3}([^:：]{1,60}?)\s*[:：]\s*(?=\S)", title)
    if not match:
        match = re.match(r"^(\S{2,30})\s+[-–—]\s+(?=\S)", title)
        if match and not _NAME_SHAPE.search(match.group(1)[1:]):
            return None
    if not match:
        return None
    name, rest = match.group(1).strip(" \"'“”‘’"), title[match.end() :]
    introducing = re.match(
        r"^(?:introducing|announcing|meet|presenting|releasing)\s+(.+)$", name, re.I
    )
    if introducing:
        name = introducing.group(1)
    name = re.sub(r"\s+(?:technical report|tech report|system card)$", "", name, flags=re.I)
    if not name or _SUBTITLE_OF_SURVEY.match(rest) or not _is_introduced(name, rest):
        return None
    return name, rest


_PAIR = re.compile(r"^(\S{2,30}) (?:and|&) (\S{2,30}?)\s*[:：]\s*(?=\S)")


@lru_cache(maxsize=8192)
def split_pair(title: str) -> tuple[str, str] | None:
    """Return the two names of one family in 'X and X-Pro: what they are'; None for other titles.

    Examples
    --------
    >>> split_pair("Point-Bind & Point-LLM: Aligning Point Clouds")
    ('Point-Bind', 'Point-LLM')
    >>> split_pair("Sense and Sensitivity: A Study") is None, split_pair("CLIP and DINO: A Duel") is None
    (True, True)
    """
    match = _PAIR.match(title)
    if match is None:
        return None
    first, second = match.group(1), match.group(2)
    if first[:3].casefold() != second[:3].casefold():
        return None
    extended = second.startswith(first) and re.match(r"[-\d]", second[len(first) :])
    if not (extended or _is_marked(first) or _is_marked(second)):
        return None
    return (first, second) if is_name(first) and is_name(second) else None


def _is_introduced(name: str, rest: str) -> bool:
    words = name.split()
    bare = [re.sub(r"[^\w+*-]", "", w) for w in words]
    if re.search(r"[.!?]$|^\d+$|[<>{}|，,;；]|\s/\s", name) or not re.search(r"[^\W\d_]", name):
        return False
    if name.endswith((" is", " are")) or len(words) > 5:
        return False
    if len(words) == 1:
        word = bare[0].casefold()
        return word not in _FUNCTION_WORDS and (
            word not in _COMMON_WORDS or _has_inner_capital(bare[0])
        )
    if any(w.casefold() in _FUNCTION_WORDS for w in bare):
        return False
    if all(w.casefold() in _COMMON_WORDS for w in bare):
        return False
    if any(_is_marked(w) for w in bare if not _MANY_MODELS.match(w)):
        return len([w for w in bare if w.casefold() in _COMMON_WORDS]) <= len(bare) / 2 + 0.5
    if len(words) <= 3 and _is_doer(bare[-1]) and all(w[:1].isupper() for w in words):
        return True
    return (
        len(words) <= 3
        and bool(re.match(r"(?:an?|the|one|a family)\b", rest, re.I))
        and bare[-1].casefold() not in _COMMON_WORDS
    )


_MANY_MODELS = re.compile(r"[A-Z]{1,3}[LV]Ms$")
"""A plural as in 'LLMs Meet Long Video': its capitals make no name."""

_NO_DOER = re.compile(
    r"(?:matter|together|ever|never|better|stronger|longer|other|another|order|disorder|power|number|letter|chapter|paper|"
    r"center|corner|border|cancer|character|behaviou?r|error|factor|colou?r|vector|tensor|parameter|answer|transfer|"
    r"encounter|wonder|danger|labor|favor|humor|major|minor|prior)s?$",
    re.I,
)


def _is_doer(word: str) -> bool:
    """Whether a word says what does something, as systems are called: Reasoner, Explorer."""
    return (
        bool(re.fullmatch(r"[A-Z][a-z]{3,}[eo]r", word))
        and not _NO_DOER.match(word)
        and word.casefold() not in _COMMON_WORDS
    )


def _is_marked(word: str) -> bool:
    """Whether a word has the capitals or digits that phrases do not have."""
    return _has_inner_capital(word) or bool(re.search(r"\d", word))


def _has_inner_capital(word: str) -> bool:
    """Whether a word has a capital after its first letter, or is joined of capitalised parts."""
    return bool(re.search(r"(?<=\w)[A-Z]|[A-Z][\w.]*-[A-Z\d]", word))


def name_in_report(title: str) -> str | None:
    """Return X of 'X Technical Report' or 'X System Card'; None for other titles."""
    match = re.match(
        r"^(?:the )?(.{2,40}?)\s+(?:technical report|tech report|system card|model card)$",
        title.strip(" ."),
        re.I,
    )
    if match is None:
        return None
    bare = re.sub(r"[(（][^()（）\s]*[)）]$", "", match.group(1))
    return match.group(1) if is_name(bare) else None


_DATASET_TITLE = re.compile(
    r"\b(?:data ?sets?|corpus|corpora|benchmark(?!ed)s?|benchmarking|test ?suite|leaderboard|challenge (?:set|dataset)|testbed|shared task)\b|"
    r"\bevaluating\b|\bevaluation suite\b|\bevaluation of (?:[\w-]+ ){0,4}?(?:models|[a-z]*lms)\b|"
    r"[:：]\s*an? (?:(?!(?:to|for|of|in|on|with)\b)[\w-]+ ){0,5}?challenge\b|\binstruction data\b|\bhow (?:well|close) (?:is|are|do|can)\b|数据集|基准|评测",
    re.I,
)
_DATASET_NAME = re.compile(
    r"(?:bench(?:mark)?|dataset|data|corpus|(?<![a-z])qa|vqa|qa\d*|eval|-it|instruct-?\d+[km]|\d[km]|test|arena|caps|pile|web|set|suite|instructions)$"
    r"|bench\b|^mm(?:bench|mu|vet)|\bQA\b",
    re.I,
)


@lru_cache(maxsize=8192)
def kind_of_introduced(name: str, title: str, heading: Kind | None) -> Kind:
    """Say whether a title introduces a model or a dataset.

    Rule: the name's own ending ('MVBench', 'PMC-VQA'), a family of models it is of, and the words
    of the title decide, the section heading decides where they do not; a model where nothing says
    otherwise.
    """
    rest = title.replace(name, " ", 1)
    by_name = bool(_DATASET_NAME.search(name))
    if not by_name and MODEL_FAMILY.fullmatch(name) and not re.search(r"[-_ ][^\W\d]{2}", name):
        return Kind.MODEL  # the family itself or a version; 'LLaVA-Instruct' may be anything
    by_title = bool(_DATASET_TITLE.search(rest))
    if by_name and (by_title or heading is not Kind.MODEL):
        return Kind.DATASET
    before = rest[: _first(_DATASET_TITLE, rest)]
    if by_title and not re.search(
        r"\b(?:models?|framework|method|approach|network)\b", before, re.I
    ):
        return Kind.DATASET
    if heading is Kind.DATASET and (by_title or not _MODEL_SUBTITLE.match(rest)):
        return Kind.DATASET
    return Kind.MODEL


_MODEL_SUBTITLE = re.compile(
    r"^[\s:：–-]*(?:an?|the|one|our)\s(?:[\w-]+\s){0,7}?(?:models?|framework|network|assistants?|agents?|chatbots?|systems?|"
    r"encoders?|transformers?|[mv]?llms?|mllms?|vlms?)\b",
    re.I,
)


def _first(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.search(text)
    return match.start() if match else len(text)


_ALIAS_WORDS = re.compile(
    r"(?:a\.?k\.?a\.?|(?:is |was )?also (?:known|referred to|written) as|(?:is )?also called|alias(?:es)?(?:\s*[:：]|\s))"
    r"\s*[:：]?\s*(?=\S)|(?:又名|也叫|亦称|别名)\s*[:：]?\s*",
    re.I,
)


def stated_alias(remark: str) -> str | None:
    """Return what a bracket says that a thing is also called; None where it does not say so.

    Examples
    --------
    >>> stated_alias("aka Multimodal Corpus"), stated_alias("also known as SBU Captions")
    ('Multimodal Corpus', 'SBU Captions')
    >>> stated_alias("akatsuki") is None
    True
    """
    match = _ALIAS_WORDS.match(remark)
    if match is None or (remark[match.end() - 1].isalpha() and remark[0].isascii()):
        return None
    return remark[match.end() :].strip(" \"'“”‘’*`.,") or None


def names_in_brackets(remark: str, title: str) -> list[str]:
    """Return the names in a bracketed remark behind a title: '(PVIT, PVIT-3M)', '(LLaVA-v1.5)'.

    Institutes, venues, sizes and descriptions in brackets are no names.

    Examples
    --------
    >>> names_in_brackets("AMP", "Adaptive MLP Pruning for Large Vision Transformers")
    ['AMP']
    >>> names_in_brackets("CMU", "M-LLM Based Video Frame Selection"), names_in_brackets("TiTok, by ByteDance", "")
    ([], ['TiTok'])
    """
    found = []
    remark = stated_alias(remark.strip()) or remark
    for part in re.split(r"\s*[,，;/]\s+|\s*[,，]\s*", remark.strip()):
        part = re.sub(r"\s+(?:series|family)$", "", part.strip(), flags=re.I)
        if not part or len(part) > 40 or part in found:
            continue
        if is_acronym_of(part, title) or (_name_in_brackets(part) and not is_institute(part)):
            found.append(part)
    return found


def is_subject(name: str, titles: Iterable[str]) -> bool:
    """Say whether a keyword is what a title speaks of: plain words that its sentence goes on from.

    Examples
    --------
    >>> is_subject("Emergent Abilities", ["Emergent Abilities of Large Language Models"])
    True
    >>> is_subject("The Pile", ["The Pile: An 800GB Dataset"]), is_subject("GPT-3", ["GPT-3 is here"])
    (False, False)
    """
    plain = " " in name and not any(_is_marked(w) for w in name.split())
    return plain and any(re.search(rf"\b{re.escape(name)}\s[a-z]", t) for t in titles)


_OF_KIND = re.compile(r"^(\S+) (?:[Dd]ataset|[Bb]enchmark|[Cc]orpus)$")


def is_dataset_name(name: str) -> bool:
    """Say whether a name by itself is that of a dataset.

    Examples
    --------
    >>> is_dataset_name("GrIT Dataset"), is_dataset_name("Ferret-Bench"), is_dataset_name("GrIT")
    (True, True, False)
    """
    return bool(_DATASET_NAME.search(name))


def _names_its_kind(name: str) -> bool:
    """Whether a name is called a dataset by the word behind it: 'GrIT Dataset'."""
    match = _OF_KIND.match(name)
    return match is not None and _is_marked(match.group(1))


def _name_in_brackets(part: str) -> bool:
    if re.fullmatch(r"\d+(?:\.\d+)?\s?[kmbt]?|v?\d+(?:\.\d+)*|[A-Z]{1,2}", part, re.I):
        return False
    if not re.match(r"\w", part) or re.search(r"\b(?:19|20)\d\d\b|\bnot\b", part, re.I):
        return False
    venue = VENUES.search(part)
    if venue and venue.group(0).casefold() not in ("rss", "mm", "hit"):
        return False
    words = part.split()
    if GENERIC_LABEL.match(part) or len(words) > 4:
        return False
    if _names_its_kind(part):
        return True
    if any(w.casefold() in _FUNCTION_WORDS for w in words):
        return False
    if len(words) > 1 and not any(_has_inner_capital(w) or re.search(r"\d", w) for w in words):
        return False
    if len(words) > 1 and any(w.casefold() in _COMMON_WORDS for w in words[1:]):
        return False
    return bool(re.search(r"[A-Z\d]", part)) and part.casefold() not in _COMMON_WORDS


@lru_cache(maxsize=8192)
def is_acronym_of(short: str, title: str) -> bool:
    """Say whether a name is made of the first letters of a title's words, in order.

    Examples
    --------
    >>> is_acronym_of("DGMR", "Diversity-Guided MLP Reduction for Efficient Transformers")
    True
    """
    letters = re.sub(r"[^A-Za-z]", "", short)
    if len(letters) < 3 or letters[1:].islower():
        return False
    words = re.findall(r"[A-Za-z]+", re.sub(r"\([^)]*\)", " ", title))
    return any(_spells(letters.casefold(), words[i:]) for i in range(len(words)))


def _spells(letters: str, words: list[str]) -> bool:
    """Whether the letters can be read off the beginnings of the words, each word once."""
    at = 0
    skipped = 0
    for word in words:
        if at == len(letters):
            return True
        word = word.casefold()
        taken = 0
        while taken < min(len(word), 3) and at < len(letters) and word[taken] == letters[at]:
            at, taken = at + 1, taken + 1
            if len(word) > 3 and at < len(letters) and taken == 1:
                break
        if not taken:
            skipped += word not in _FUNCTION_WORDS
            if skipped > 1 or at == 0:
                return False
    return at == len(letters)


NUMBERING = re.compile(
    r"^\s*(?:(?:\d+(?:\.\d+)*[.)]?|[IVX]{1,4}\.|[A-Z]\.)\s+|[一二三四五六七八九十]+[、.]\s*)(?=\S)"
)
_ARROW = re.compile(r"^[\W_]+|[\s:：]+$")


@lru_cache(maxsize=8192)
def clean_heading(text: str) -> str:
    """Return a heading's words without numbering, emoji, marks like [2] and trailing colons.

    Examples
    --------
    >>> clean_heading("🔥 4.2.1 More Modalities (Beyond VL)"), clean_heading("VLIT Data[2]")
    ('More Modalities (Beyond VL)', 'VLIT Data')
    """
    text = drop_emoji(re.sub(r"(?:\s*\[\d{1,3}\])+\s*$", "", text.strip()))
    text = NUMBERING.sub("", _ARROW.sub("", text) if text[:1] not in "([（《" else text)
    return " ".join(text.strip(" *_#:：|").split())


_TITLE_TAG = re.compile(r"^\s*\[([A-Za-z][\w ,/&-]{1,30})\]\s*")
_TRAILER = re.compile(
    r"[\s.,;:]*(?:\b(?:in\s+)?(?:arxiv|corr)\b[^A-Za-z]{0,20}|\[\d{1,3}\]|《|》|\*+)+\s*$", re.I
)


_PROCEEDINGS = re.compile(
    r"(?<=\w[.]) (?:in:? )?(?:advances in neural information processing(?: systems)?|proceedings of [^.]{8,100})"
    r"[\s\d.,()-]*$",
    re.I,
)


def goes_on(text: str) -> bool:
    """Say whether a text cannot end where it does: 'a dataset used in the'."""
    return text.rsplit(" ", 1)[-1] in _GOING_ON


_GOING_ON = frozenset(
    ["a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with", "and", "or", "as", "is", "are", "was",
     "were", "its", "their", "our"]
)  # fmt: skip


@lru_cache(maxsize=8192)
def clean_title(text: str) -> str:
    """Return a title as its paper would print it: no tags, emoji, dangling marks or venue.

    Examples
    --------
    >>> clean_title("✨ [Survey] On Things. arXiv, 2023"), clean_title("*ChatBridge: A Catalyst [65]*")
    ('On Things', 'ChatBridge: A Catalyst')
    """
    text = drop_emoji(text)
    tag = _TITLE_TAG.match(text)
    while tag and len(text) > tag.end():
        text = text[tag.end() :]
        tag = _TITLE_TAG.match(text)
    text = text.strip().strip("*_`~|").strip()
    text = re.sub(r"^[【\[]\s*[\w' -]{2,20}[】\]]\s*(?=\S)", "", text)
    quoted = re.match(r"^[《“\"](.+?)[》”\"]", text)
    if quoted and len(quoted.group(1)) > 12:
        text = quoted.group(1)
    if ". " in text:
        text = _PROCEEDINGS.sub("", text)
    before = None
    while before != text:
        before = text
        text = re.sub(r"(?:\s*\[\d{1,3}\])+\s*$", "", text).strip()
        text = re.sub(
            r"[\s,.;]+(?:arxiv|corr)(?:\s+preprint)?[\s,.]*(?:(?:19|20)\d\d)?[\s.]*$",
            "",
            text,
            flags=re.I,
        )
        text = re.sub(r"\s*[|,;:–—-]+\s*$|\s*[(（\[]\s*[)）\]]?\s*$", "", text)
    text = re.sub(r"(?<!\.)\.$", "", text).replace("|", "/")
    return " ".join(text.split())
