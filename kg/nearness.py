"""Names that are probably one thing: near spellings with the same size and version marks.

Never certain, so nothing is joined by it: a person is asked. Pure functions of two names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from kg.model import Kind
from kg.names import fold, marks, variants_differ

_GENERIC = frozenset(
    [
        "the",
        "dataset",
        "datasets",
        "data",
        "corpus",
        "corpora",
        "collection",
        "benchmark",
        "benchmarks",
        "model",
        "models",
        "set",
    ]
)
"""Words that say what sort of thing a name is of, and nothing about which."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
_SHORTEST_WORD, _SHORTEST_SUBSTITUTED, _SHORTEST_TITLE = 5, 7, 24
"""Letters from which a word or title can be misspelt: below, one letter makes another name."""


@dataclass(frozen=True, slots=True)
class Near:
    """Why two names are near."""

    why: str
    is_probable: bool
    """Whether they are more likely one thing than two, as long as there is no other candidate."""


def find_nearness(kind: Kind, a: str, b: str) -> Near | None:
    """Say why two names of one kind may be the same; None when they are not near.

    Examples
    --------
    >>> find_nearness(Kind.DATASET, "MultiIntruct", "MultiInstruct").why
    'one letter apart'
    >>> find_nearness(Kind.DATASET, "LLaVA-Instruct-150K", "LLaVA-Instruct-158K")
    >>> find_nearness(Kind.DATASET, "RefCOCO", "RefCOCOg")
    >>> find_nearness(Kind.MODEL, "BLIP", "CLIP")
    """
    left, right = fold(a), fold(b)
    if not left or not right or left == right or Counter(marks(a)) != Counter(marks(b)):
        return None
    if left.replace("plus", "") == right.replace("plus", ""):
        return None
    if kind is Kind.PAPER:
        why = _near_titles(a, b)
        return Near(why, True) if why else None
    if _edits(left, right) == 1 and _one_word_apart(*map(_words, _unlike_parts(a, b))):
        return Near("one letter apart", True)
    if variants_differ(a, b):
        return None
    if _is_named_with_owner(a, b) or _is_named_with_owner(b, a):
        return Near("one is written with its owner before it", True)
    x, y = _words(a), _words(b)
    if any(w in _GENERIC for w in x) and any(w in _GENERIC for w in y):
        return None
    if _bag(a) != _bag(b) or not _bag(a):
        return None
    if [w for w in x if w not in _GENERIC] != [w for w in y if w not in _GENERIC]:
        return Near("the same words in another order", False)
    if len(x) == len(y):
        return Near("size or version in another place", True)
    return Near("one is written with a word such as 'dataset'", True)


def near_keys(kind: Kind, text: str, folded: str) -> Iterator[str]:
    """Yield keys of which two near names share at least one: for finding candidates quickly.

    Parameters
    ----------
    kind : what the name is of
    text : the name as written
    folded : the same folded (`kg.names.fold`), which takes the most time here
    """
    if not folded:
        return
    if kind is Kind.PAPER:
        rest = _after_colon(text) if ":" in text else text
        yield "t:" + (folded if rest is text else fold(rest))
    else:
        yield "b:" + _bag(text)
        yield "l:" + fold(_last_part(text))
        if any(m[-1].isalpha() for m in marks(text)):
            yield "s:" + _letters(text)
    if _SHORTEST_WORD <= len(folded) <= _SHORTEST_WORD + 1:
        # Too short for halves that tell anything: the spellings with one letter less.
        yield "d:" + folded
        for i in range(len(folded)):
            yield "d:" + folded[:i] + folded[i + 1 :]
    # One edit leaves half of a spelling as it is; the halves of lengths n and n + 1 agree in one.
    for half in {len(folded) // 2, (len(folded) - 1) // 2}:
        if half >= 3:
            yield "<" + folded[:half]
            yield ">" + folded[-half:]


def differ_in_size_only(a: str, b: str) -> bool:
    """Say whether two names differ by sizes that are close: 150K and 158K, never 150K and 665K.

    Examples
    --------
    >>> differ_in_size_only("LLaVA-Instruct-150K", "LLaVA-Instruct-158k")
    True
    >>> differ_in_size_only("CC3M", "CC12M"), differ_in_size_only("Vicuna-7B", "Vicuna-13B")
    (False, False)
    """
    left, right = Counter(marks(a)), Counter(marks(b))
    only_left, only_right = list((left - right).elements()), list((right - left).elements())
    sizes = [[m for m in only if m[-1].isalpha()] for only in (only_left, only_right)]
    if [len(s) for s in sizes] != [1, 1] or len(only_left) + len(only_right) > 3:
        return False
    x, y = (size_of(s[0]) for s in sizes)
    if min(x, y) <= 0 or max(x, y) > 1.25 * min(x, y):
        return False
    return _letters(a) == _letters(b)


_SCALE = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}


def size_of(mark: str) -> float:
    """Return the number that a size mark stands for: '158k' is 158,000."""
    return float(mark.rstrip("kmbt")) * _SCALE.get(mark[-1], 1.0)


def _letters(text: str) -> str:
    return "".join(w for w in _words(text) if w not in _GENERIC)


def _words(text: str) -> list[str]:
    text = re.sub(r"(\d)([kmbtKMBT])(?![a-zA-Z])", r"\1", text)
    return [w.casefold() for w in _WORD.findall(text)]


def _bag(text: str) -> str:
    kept = sorted(w for w in _words(text) if w not in _GENERIC)
    return " ".join([*kept, *sorted(marks(text))])


def _last_part(text: str) -> str:
    owner, slash, name = text.rpartition("/")
    return name if slash and re.fullmatch(r"[\w.-]+", owner) else text


def _is_named_with_owner(a: str, b: str) -> bool:
    return "/" in a and "/" not in b and fold(_last_part(a)) == fold(b)


def _after_colon(title: str) -> str:
    head, colon, rest = title.partition(":")
    return (
        rest if colon and len(head.split()) <= 3 and len(fold(rest)) >= _SHORTEST_TITLE else title
    )


def _near_titles(a: str, b: str) -> str:
    left, right = fold(a), fold(b)
    if min(len(left), len(right)) < _SHORTEST_TITLE:
        return ""
    if fold(_after_colon(a)) == fold(_after_colon(b)):
        with_name = (_after_colon(a) != a, _after_colon(b) != b)
        return "the same title with a name before it" if with_name != (True, True) else ""
    return "titles one letter apart" if _edits(left, right) == 1 else ""


def _unlike_parts(a: str, b: str) -> tuple[str, str]:
    """Leave out the parts, set off by punctuation, that are the same: LLaMA and Llama."""
    x, y = (re.split(r"[\W_]+", text) for text in (a, b))
    if len(x) != len(y):
        return a, b
    pairs = [(p, q) for p, q in zip(x, y, strict=True) if p.casefold() != q.casefold()]
    return " ".join(p for p, _ in pairs), " ".join(q for _, q in pairs)


def _one_word_apart(a: list[str], b: list[str]) -> bool:
    """Whether exactly one word differs, by one letter inside it."""
    if len(a) != len(b):
        return False
    unlike = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    if len(unlike) != 1:
        return False
    x, y = unlike[0]
    shortest = (
        _SHORTEST_SUBSTITUTED if len(x) == len(y) and sorted(x) != sorted(y) else _SHORTEST_WORD
    )
    if min(len(x), len(y)) < shortest or x[0] != y[0] or x[-1] != y[-1]:
        return False
    if x.startswith(y) or y.startswith(x):
        return False  # a letter more at the end makes another name, also when it is doubled there
    return _edits(x, y) == 1


def _edits(a: str, b: str) -> int:
    """Return 0 or 1 for no or one insertion, deletion, substitution or swap; 2 for more."""
    if a == b:
        return 0
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return 2
    i = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return 1 if a[i:] == b[i + 1 :] else 2
    if a[i + 1 :] == b[i + 1 :]:
        return 1
    return 1 if a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :] else 2
