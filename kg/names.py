"""When two spellings are the same name: folding, and the marks that tell names apart.

Pure functions. Which names stand for one entity is decided in `kg.identity`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LATEX = re.compile(r"\\\\?[()\[\]]|\$|\\(?:text|mathrm|mathbf|mathcal|emph|textit|textbf)\b")
_DOT = re.compile(r"(?<=\d)[.](?=\d)")
_VERSION_V = re.compile(
    r"(?:(?<=[^\W\d_]{2})|(?<=\d[kmbt])|(?<=[\s_\-.,(/]))v(?=[\W_]?\d{1,2}(?!\d|[kmbt](?![a-z])))"
)
"""The v of a version: after a word, a size or a separator, before a small number (not TV-360)."""
_SEPARATORS = re.compile(r"[\W_]+")


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Reduce a name to what makes it that name: case, punctuation and Unicode forms aside.

    A '+' counts (RefCOCO+ is not RefCOCO), so does the point between digits (1.3B is not 13B);
    the 'v' of a version does not (VQA-v2 is VQAv2, LLaVA-v1.5 is LLaVA-1.5).

    Examples
    --------
    >>> fold("OK-VQA") == fold("OKVQA"), fold("RefCOCO+") == fold("RefCOCO")
    (True, False)
    >>> fold("LLaVA-v1.5") == fold("LLaVA-1.5"), fold("13B") == fold("1.3B")
    (True, False)
    """
    text = _LATEX.sub("", text)
    if text.isascii():
        text = text.lower()  # all that the normal forms make of it, at a tenth of the time
    else:
        text = unicodedata.normalize("NFKC", text).casefold()
        decomposed = unicodedata.normalize("NFD", text)
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
        text = unicodedata.normalize("NFC", text)
    text = text.replace("+", " plus ").replace("&", " and ")
    text = _DOT.sub("point", text)
    text = _VERSION_V.sub("", text)
    return _SEPARATORS.sub("", text)


_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@lru_cache(maxsize=65536)
def marks(text: str) -> tuple[str, ...]:
    """Return the size, version and other numbers of a name, in order.

    Names whose marks differ are different things, however alike their letters: 150K is not
    665K, v1.5 is not v1.6, CC3M is not CC12M.

    Examples
    --------
    >>> marks("LLaVA-Instruct-150K"), marks("llava_v1_5_mix665k"), marks("MiniGPT-v2")
    (('150k',), ('1.5', '665k'), ('2',))
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"(?<=v\d)_(?=\d)", ".", text)
    found: list[str] = []
    for match in re.finditer(r"(\d+(?:\.\d+)?)\s?([kmbt](?![a-z]))?", text):
        found.append(match.group(1) + (match.group(2) or ""))
    return tuple(found)


VARIANT_WORDS = frozenset(
    [
        "zh",
        "cn",
        "chinese",
        "en",
        "english",
        "ja",
        "jp",
        "japanese",
        "ko",
        "korean",
        "de",
        "german",
        "fr",
        "french",
        "es",
        "ru",
        "vi",
        "multilingual",
        "super",
        "mini",
        "tiny",
        "nano",
        "small",
        "base",
        "medium",
        "large",
        "huge",
        "giant",
        "xl",
        "xxl",
        "chat",
        "instruct",
        "it",
        "sft",
        "rlhf",
        "dpo",
        "pt",
        "pretrain",
        "pretraining",
        "ft",
        "finetune",
        "finetuned",
        "pro",
        "plus",
        "ultra",
        "lite",
        "turbo",
        "max",
        "flash",
        "cleaned",
        "clean",
        "filtered",
        "raw",
        "dedup",
        "train",
        "training",
        "test",
        "val",
        "valid",
        "dev",
        "eval",
        "video",
        "image",
        "audio",
        "text",
        "code",
        "math",
        "med",
        "medical",
        "bench",
        "redux",
        "reasoning",
        "thinking",
        "vision",
        "vl",
        "omni",
        "next",
        "ov",
        "live",
        "hard",
        "easy",
        "full",
        "ext",
        "extended",
        "mixed",
        "static",
        "synthetic",
        "sampled",
        "human",
        "lora",
        "adapter",
        "quantized",
        "int4",
        "int8",
        "gguf",
        "j",
        "neo",
        "x",
    ]
)
"""Words that tell two otherwise alike names apart: HC3-Chinese is not HC3."""


_STAGE_WORDS = frozenset(
    ["instruct", "it", "sft", "pt", "pretrain", "ft", "finetune", "mixed", "train", "training"]
)
"""Variant words that a shared size outweighs: llava-665k is LLaVA-Instruct-665K."""


def words(text: str) -> frozenset[str]:
    """Return the words of a name, split at case changes, punctuation and digits.

    Examples
    --------
    >>> sorted(words("HC3-Chinese")), sorted(words("OpenAI WebGPT"))
    (['chinese', 'hc'], ['ai', 'gpt', 'open', 'web'])
    """
    text = unicodedata.normalize("NFKC", text)
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[\u4e00-\u9fff]+", text)
    return frozenset(p.casefold() for p in parts)


def variants_differ(a: str, b: str) -> bool:
    """Say whether one of two names has a word that makes it another variant.

    Examples
    --------
    >>> variants_differ("HC3", "HC3-Chinese"), variants_differ("OpenAI WebGPT", "webgpt_comparisons")
    (True, False)
    """
    left = {w for w in re.split(r"[\W_\d]+", unicodedata.normalize("NFKC", a).casefold()) if w}
    right = {w for w in re.split(r"[\W_\d]+", unicodedata.normalize("NFKC", b).casefold()) if w}
    left |= words(a)
    right |= words(b)
    sized = {m for m in marks(a) if m[-1].isalpha()} & {m for m in marks(b) if m[-1].isalpha()}
    telling = VARIANT_WORDS - _STAGE_WORDS if sized else VARIANT_WORDS
    return bool(
        {w for w in left - right if w in telling and w not in fold(b)}
        or {w for w in right - left if w in telling and w not in fold(a)}
    )


def letters(text: str) -> str:
    """Return the folded name without its numbers: what near names have in common."""
    return _NUMBER.sub("", re.sub(r"point", "", fold(text)))


def slug(text: str) -> str:
    """Write a name as a readable part of an id: lower case, words joined by '-'.

    Examples
    --------
    >>> slug("LLaVA-665K"), slug("RefCOCO+"), slug("流萤")
    ('llava-665k', 'refcoco-plus', '流萤')
    """
    text = _LATEX.sub("", text)
    text = unicodedata.normalize("NFKC", text).casefold().replace("+", " plus ")
    text = re.sub(r"(?<=\d)\.(?=\d)", "\x00", text)
    text = re.sub(r"[^\w\x00]+|_", "-", text).strip("-").replace("\x00", ".")
    return text[:80].rstrip("-") or "unnamed"


_FIRST_WORD = re.compile(r"[^\W\d_]+")


def is_shouted(text: str) -> bool:
    """Say whether a title is written all in capitals (so that another spelling reads better)."""
    found = _FIRST_WORD.findall(text)
    return len(found) > 2 and text.upper() == text
