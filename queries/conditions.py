"""What narrows a question in its own words: dates, bounds, values of properties, documents.

`queries.english` finds names and meanings; of the words that are left, those are read here that a
date or a number explains (`read_dates`, `read_bounds`), a document's title (`read_documents`) or
what sources give as venue, licence, language and the like (`read_values`). What nothing explains
stays unexplained.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from kg.model import Kind, Property
from kg.moments import Span, parse_span
from kg.store import Store

# -- dates --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DateAsked:
    """A stretch of time in a question."""

    since: str
    """Its first day as ISO 8601; '' where it is open."""
    until: str
    """Its last day; '' where it is open."""
    words: tuple[int, ...]
    """Numbers of the words that say so."""
    is_year: bool = False
    """Whether it is one year, bare or after 'in', which may belong to a venue."""


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
_DATE = (
    r"(?:\d{4}-\d{2}-\d{2}|(?:19|20)\d{2}[-/]\d{1,2}(?![\d.])|"
    + _MONTH
    + r" ?,? ?(?:19|20)\d{2}|(?:19|20)\d{2}|(?:this|last|past|the last|the past) (?:year|month|week)|yesterday|today|(?:last )?(?:"
    + "|".join(_DAYS)
    + r"))"
)
_EDGE = r"(?<![\w.-])"
_DATES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("range", re.compile(rf"{_EDGE}(?:between|from) ({_DATE}) (?:and|to|until|till) ({_DATE})(?![\w-])")),
    ("since", re.compile(rf"{_EDGE}(?:since|starting in|from) ({_DATE})(?: on| onwards)(?![\w-])")),
    ("since", re.compile(rf"{_EDGE}(?:since|starting in) ({_DATE})(?![\w-])")),
    ("after", re.compile(rf"{_EDGE}(?:after|newer than|later than) ({_DATE})(?![\w-])")),
    ("before", re.compile(rf"{_EDGE}(?:before|older than|earlier than) ({_DATE})(?![\w-])")),
    ("until", re.compile(rf"{_EDGE}(?:until|till|up to|by) ({_DATE})(?![\w-])")),
    ("in", re.compile(rf"{_EDGE}(?:in|during|from|of|within) ({_DATE})(?![\w-])")),
    ("bare", re.compile(rf"{_EDGE}({_DATE})(?![\w-])")),
)  # fmt: skip


def read_dates(
    words: Sequence[str], free: Sequence[bool], today: datetime.date | None = None
) -> list[DateAsked]:
    """Find the dates among the words of a question that are still free.

    Parameters
    ----------
    words : the words in order
    free : for each whether nothing else has taken it
    today : what 'last week' is counted from; the present day (UTC) without it
    """
    text, starts = _joined(words, free)
    today = today or datetime.datetime.now(datetime.UTC).date()
    found: list[DateAsked] = []
    for form, pattern in _DATES:
        for match in pattern.finditer(text):
            spans = [_span(g, today) for g in match.groups()]
            if any(s is None for s in spans):
                continue
            dated = [s for s in spans if s is not None]
            since, until = _bounds(form, dated)
            text = text[: match.start()] + "\x00" * len(match[0]) + text[match.end() :]
            at = _words_in(starts, match.span())
            is_year = form in ("bare", "in") and dated[0].precision == "year"
            found.append(DateAsked(since, until, at, is_year))
    return sorted(found, key=lambda d: d.words)


def _span(text: str, today: datetime.date) -> Span | None:
    text = text.strip()
    day = datetime.timedelta(days=1)
    if text in ("today", "yesterday"):
        when = today if text == "today" else today - day
        return Span(when, when)
    if text.split()[-1] in _DAYS:
        back = (today.weekday() - _DAYS.index(text.split()[-1])) % 7 or 7
        when = today - back * day
        return Span(when, when)
    relative = re.fullmatch(r"(?:the )?(this|last|past) (year|month|week)", text)
    if relative:
        return _relative(relative[1], relative[2], today)
    named = re.fullmatch(rf"({_MONTH}) ?,? ?(\d{{4}})", text)
    if named:
        return parse_span(f"{named[2]}-{_MONTHS.index(named[1][:3]) + 1:02d}")
    parts = re.split(r"[-/]", text)
    return parse_span("-".join(p.zfill(2) for p in parts))


def _relative(which: str, unit: str, today: datetime.date) -> Span | None:
    """Read 'this month', 'last year'; 'the past week' ends today."""
    if unit == "week":
        first = today - datetime.timedelta(days=today.weekday())
        if which == "this":
            return Span(first, today)
        return Span(today - datetime.timedelta(days=7), today)
    if unit == "year":
        return parse_span(str(today.year - (which != "this")))
    before = today.replace(day=1) - datetime.timedelta(days=which != "this")
    return parse_span(f"{before.year}-{before.month:02d}")


def _bounds(form: str, spans: Sequence[Span]) -> tuple[str, str]:
    day = datetime.timedelta(days=1)
    first, last = spans[0], spans[-1]
    if form == "since":
        return first.first.isoformat(), ""
    if form == "after":
        return (first.last + day).isoformat(), ""
    if form == "before":
        return "", (first.first - day).isoformat()
    if form == "until":
        return "", first.last.isoformat()
    return first.first.isoformat(), last.last.isoformat()


# -- bounds -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bound:
    """A number that a size or a count of parameters is compared with."""

    predicate: Property
    number: float
    is_lower: bool
    """Whether more is asked for, else less."""
    is_strict: bool
    unit: str
    """'samples', 'tokens', 'bytes' ...; '' for any that counts things."""
    text: str
    words: tuple[int, ...]

    def holds(self, value: float) -> bool:
        """Say whether a value is on the right side."""
        if value == self.number:
            return not self.is_strict
        return (value > self.number) is self.is_lower


_MORE = {
    "more than": True, "over": True, "above": True, "larger than": True, "bigger than": True,
    "greater than": True, "at least": False, "no fewer than": False, "no less than": False,
}  # fmt: skip
_LESS = {
    "less than": True, "fewer than": True, "under": True, "below": True, "smaller than": True,
    "at most": False, "up to": False, "no more than": False,
}  # fmt: skip
_FACTORS: Mapping[str, float] = MappingProxyType(
    {
        "": 1, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "thousand": 1e3, "million": 1e6,
        "billion": 1e9, "trillion": 1e12, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
    }
)  # fmt: skip
_SAMPLES = "samples sample examples instances entries pairs items rows conversations dialogues questions instructions"
_UNITS: Mapping[str, str] = MappingProxyType(
    {
        **{w: "samples" for w in _SAMPLES.split()},
        "images": "images", "tokens": "tokens", "hours": "hours", "bytes": "bytes",
        "kb": "bytes", "mb": "bytes", "gb": "bytes", "tb": "bytes",
    }
)  # fmt: skip
_BOUND = re.compile(
    rf"{_EDGE}({'|'.join(sorted((*_MORE, *_LESS), key=len, reverse=True))}) (\d[\d,]*(?:\.\d+)?) ?"
    r"(k|m|b|t|kb|mb|gb|tb|thousand|million|billion|trillion)?(?: (?:of )?("
    + "|".join(_UNITS)
    + r"|parameters|params))?(?![\w-])"
)


def read_bounds(words: Sequence[str], free: Sequence[bool]) -> list[Bound]:
    """Find numbers that things are compared with: 'more than 1M samples', 'under 3B parameters'.

    Without a noun a number of billions is one of parameters where models are asked for: see
    `Bound.predicate`, which is SIZE then and changed by who knows what is asked.
    """
    text, starts = _joined(words, free)
    found = []
    for match in _BOUND.finditer(text):
        than, digits, factor, noun = match.groups()
        is_lower = than in _MORE
        is_strict = _MORE.get(than, _LESS.get(than, True))
        number = float(digits.replace(",", "")) * _FACTORS[factor or ""]
        of_model = noun in ("parameters", "params")
        predicate = Property.PARAMETERS if of_model else Property.SIZE
        unit = "" if of_model else _UNITS.get(noun or factor or "", "")
        at = _words_in(starts, match.span())
        written = " ".join(words[i] for i in at)
        found.append(Bound(predicate, number, is_lower, is_strict, unit, written, at))
    return found


def _joined(words: Sequence[str], free: Sequence[bool]) -> tuple[str, list[int]]:
    """Join words, those that are not free made unreadable; where each begins in the text."""
    text, starts = "", []
    for word, is_free in zip(words, free, strict=True):
        starts.append(len(text))
        text += (word.casefold() if is_free else "\x00") + " "
    return text.rstrip(" "), starts


def _words_in(starts: Sequence[int], span: tuple[int, int]) -> tuple[int, ...]:
    return tuple(i for i, start in enumerate(starts) if span[0] <= start < span[1])


# -- documents ----------------------------------------------------------------------------------

_OF_DOCUMENTS = frozenset(("list", "lists", "document", "documents", "file", "the", "my", "readme"))
_LONGEST_TITLE = 7


def read_documents(
    store: Store, words: Sequence[str], free: Sequence[bool], unexplained: Iterable[int]
) -> list[tuple[tuple[int, ...], str]]:
    """Find documents that are named by words of their title, file or folder, longest first.

    Only words are looked at that stand around one which nothing else explains, and only a
    document that no other fits as well is taken.

    Returns
    -------
    list of (numbers of the words, source id), in the order of the question
    """
    left = set(unexplained)
    if not left:
        return []
    titles = {s.id: _title_words(s.title, s.id) for s in store.sources() if not s.is_forgotten}
    found: list[tuple[tuple[int, ...], str]] = []
    for length in range(min(_LONGEST_TITLE, len(words)), 0, -1):
        for i in range(len(words) - length + 1):
            at = tuple(range(i, i + length))
            if left.isdisjoint(at) or not all(free[j] for j in at):
                continue
            if {i, i + length - 1} - left and length == 1:
                continue
            if words[i].casefold() in _OF_DOCUMENTS or words[at[-1]].casefold() in _OF_DOCUMENTS:
                continue
            asked = [w for j in at for w in _word_parts(words[j])]
            fitting = [s for s, title in titles.items() if asked and set(asked) <= set(title)]
            if len(fitting) > 1:
                fitting = [s for s in fitting if contains_run(titles[s], asked)]
            if len(fitting) == 1 and max(map(len, asked)) > 3:
                found.append((at, fitting[0]))
                left -= set(at)
                free = [f and j not in at for j, f in enumerate(free)]
    return sorted(found)


def _title_words(title: str, source: str) -> list[str]:
    """Words of a title and of the last three parts of a path, as singulars, in order."""
    path = "/".join(source.rsplit("/", 3)[-3:])
    return [*_word_parts(title), "/", *_word_parts(path)]


def _word_parts(text: str) -> list[str]:
    parts = re.findall(r"[^\W_]+", re.sub(r"['’]s\b", "", text.casefold()))
    return [_singular(p) for p in parts]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


# -- values of properties -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that is asked for: in one of some properties, or as a description of a thing."""

    text: str
    """As the question writes it."""
    tokens: tuple[str, ...]
    properties: tuple[Property, ...]
    """Those that were found to have it."""
    words: tuple[int, ...]

    @property
    def is_description(self) -> bool:
        """Whether topics and titles of documents may say so as well."""
        return self.properties == DESCRIBING

    def fits(self, value: str, predicate: Property) -> bool:
        """Say whether a value contains what is asked for, word by word and in one run."""
        return contains_run(value_tokens(value, predicate), self.tokens)


DESCRIBING = (Property.DOMAIN, Property.TASK, Property.MODALITY)
"""Properties that say what a thing is about."""
_EXACT = (Property.VENUE, Property.LICENCE, Property.LANGUAGE, Property.INSTITUTE)
"""Properties whose values are names of something, in the order in which they are tried."""
_MARKS_OF = {"@licence": (Property.LICENCE,), "@venue": (Property.VENUE,)}
_LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"en": "english", "eng": "english", "cn": "chinese", "zh": "chinese", "chi": "chinese", "ml": "multilingual",
     "jp": "japanese", "ja": "japanese", "kr": "korean", "ko": "korean", "de": "german", "fr": "french", "es": "spanish"}
)  # fmt: skip
"""What tables write for languages, beside ISO 639."""
_OPINIONS = frozenset(
    [
        "best",
        "better",
        "good",
        "worst",
        "bad",
        "top",
        "most",
        "least",
        "favourite",
        "favorite",
        "important",
        "popular",
        "famous",
        "interesting",
        "latest",
        "newest",
        "first",
        "next",
        "right",
        "correct",
        "own",
        "you",
        "i",
        "me",
        "like",
    ]
)
"""Words that no value is looked up for: what they ask for is nobody's record."""


def value_tokens(value: str, predicate: Property) -> list[str]:
    """Take a value apart: letters and digits, languages spelt out, years of venues in full."""
    tokens = re.findall(r"[^\W\d_]+|\d+", value.casefold())
    if predicate is Property.LANGUAGE:
        return [_LANGUAGES.get(t, t) for t in tokens]
    if predicate is Property.VENUE:
        return [
            f"20{t}" if i and len(t) == 2 and t.isdigit() and tokens[i - 1].isalpha() else t
            for i, t in enumerate(tokens)
        ]
    return [_singular(t) for t in tokens]


def contains_run(value: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether words stand in a value in one run, in their order."""
    n = len(asked)
    return any(list(value[i : i + n]) == list(asked) for i in range(len(value) - n + 1))


def read_values(
    store: Store,
    kind: Kind,
    words: Sequence[str],
    left: Iterable[int],
    marked: Mapping[int, str],
    ordinary: Set[int] = frozenset(),
) -> Iterator[Wanted]:
    """Yield what the words that are left ask for, longest runs of neighbours first.

    Parameters
    ----------
    store : its values are what words can mean
    kind : the kind of things that are asked for
    words : all words of the question
    left : numbers of those that nothing else explains, years without a preposition among them
    marked : properties that the question names ('@licence'), by the number of the word; a value
        beside one is looked for in that property only, and others are not looked for there
    ordinary : numbers of words of plain English ('medical'), which are no names of anything: only
        a language or a description can be meant
    """
    free = sorted(i for i in left if words[i].casefold() not in _OPINIONS)
    if not free:
        return
    named = {at: p for at, mark in marked.items() for p in _MARKS_OF.get(mark, ())}
    values = _values_of(store, kind)
    years = {i: words[i] for i in free if _IS_YEAR.fullmatch(words[i])}
    taken: set[int] = set()
    for is_exact in (True, False):
        for length in range(min(5, len(free)), 0, -1):
            for run in _runs(free, length):
                text = " ".join(words[i] for i in run)
                if not taken.isdisjoint(run) or _IS_YEAR.fullmatch(text):
                    continue  # a year alone is a date
                beside = [p for at, p in named.items() if -4 <= at - run[0] <= length + 1]
                tried = beside or [p for p in _EXACT if p not in named.values()]
                if ordinary >= set(run):
                    tried = [p for p in tried if p is Property.LANGUAGE]
                wanted = (
                    _wanted(text, run, values, tried) if is_exact else _described(text, run, values)
                )
                if wanted is not None:
                    if wanted.properties == (Property.VENUE,):
                        wanted = _with_year(wanted, years, values[Property.VENUE])
                    taken.update(wanted.words)
                    yield wanted


_IS_YEAR = re.compile(r"(?:19|20)\d{2}")


def _with_year(wanted: Wanted, years: Mapping[int, str], values: Sequence[Sequence[str]]) -> Wanted:
    """Take the one year of a question as that of the venue, where venues are written with years."""
    left = [i for i in years if i not in wanted.words]
    if len(left) != 1 or len(left) != len(years):
        return wanted
    tokens = (*wanted.tokens, years[left[0]])
    if not any(contains_run(v, tokens) for v in values):
        return wanted
    text = f"{wanted.text} {years[left[0]]}"
    return Wanted(text, tokens, wanted.properties, (*wanted.words, left[0]))


def _runs(free: Sequence[int], length: int) -> Iterator[tuple[int, ...]]:
    for i in range(len(free) - length + 1):
        run = tuple(free[i : i + length])
        if run[-1] - run[0] == length - 1:
            yield run


def _wanted(
    text: str,
    run: tuple[int, ...],
    values: Mapping[Property, Sequence[Sequence[str]]],
    properties: Sequence[Property],
) -> Wanted | None:
    """Return what some words ask for as the value of one of the properties."""
    for predicate in properties:
        tokens = tuple(value_tokens(text, predicate))
        if tokens and any(contains_run(v, tokens) for v in values[predicate]):
            return Wanted(text, tokens, (predicate,), run)
    return None


def _described(
    text: str, run: tuple[int, ...], values: Mapping[Property, Sequence[Sequence[str]]]
) -> Wanted | None:
    """Return what some words ask for as a description of a thing."""
    tokens = tuple(value_tokens(text, Property.TASK))
    if tokens and any(contains_run(v, tokens) for p in DESCRIBING for v in values[p]):
        return Wanted(text, tokens, DESCRIBING, run)
    return None


def _values_of(store: Store, kind: Kind) -> dict[Property, list[list[str]]]:
    """Collect the different values that things of a kind have; of their papers where they have some.

    Topics and titles of documents count among what describes things.
    """
    found: dict[Property, dict[str, None]] = {p: {} for p in (*_EXACT, *DESCRIBING)}
    for stored in store.iter_claims(predicates=list(found)):
        predicate = stored.claim.predicate
        if isinstance(predicate, Property) and (
            stored.subject.kind is kind or predicate is Property.VENUE
        ):
            found[predicate].setdefault(str(stored.claim.values["text"]))
    for topic in store.iter_entities(Kind.TOPIC):
        found[Property.TASK].setdefault(topic.name)
    for source in store.sources():
        found[Property.TASK].setdefault(source.title)
    return {p: [value_tokens(v, p) for v in held] for p, held in found.items()}
