"""Plain English questions: what a question asks for, by its names and the words that mean something.

`queries.english` takes a question apart; the rules of `queries.rules` say which function answers it.
A question that leaves a word unexplained, or fits no rule, is not answered: never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from kg.errors import InputError
from kg.model import Kind
from kg.store import Store, StoredClaim
from queries.answers import Answer, Answers, get_entity
from queries.english import (
    Question,
    explain_makers,
    explain_values,
    read_question,
    unknown_name,
)
from queries.listing import count_by_time
from queries.narrow import Narrow, Sieve
from queries.rules import first_answer, listed_kind, span_asked

EXAMPLES = (
    "which models use LLaVA-665K",
    "which models were trained on CC3M but not on CC12M",
    "what was Video-LLaMA2 trained on",
    "which datasets do Video-LLaMA and Valley share",
    "which models use Vicuna as language model",
    "from which models is Otter derived",
    "which paper introduces LLaVA-1.5",
    "what is the arXiv id of the ShareGPT4V paper",
    "which papers are unread",
    "which datasets have more than 100k samples",
    "papers published since 2023-10",
    "how many papers came out each year",
    "compare LLaVA-1.5 and MiniGPT-4",
)
"""Questions shown when one cannot be read."""


def ask(store: Store, question: str, narrow: Narrow | None = None) -> Answers:
    """Answer a question in plain English.

    Parameters
    ----------
    store : where to look
    question : the question as a person types it
    narrow : what to keep: claims by source and confidence, answers by the rest

    Raises
    ------
    InputError
        If the question cannot be read; the message shows some that can.
    NotFoundError
        If it is about a name that is not in the store; it carries the nearest names.
    """
    if len(question) > 1000:
        raise _unreadable(question[:80] + " …")
    asked = read_question(store, question)
    counted = asked.take("%count")
    period = next((p for p in ("%yearly", "%monthly") if asked.take(p)), "")
    if asked.take("%amount") and asked.has("data") and not asked.any("train", "use", "evaluate"):
        asked.meanings.append((0, "train"))
    asked.inherited = asked.take("%inherited")
    asked.benchmarks = asked.take("%benchmark")
    kind = listed_kind(asked)
    if kind is not None:
        explain_values(store, asked, kind)
    if asked.unknown:
        explain_makers(store, asked)
    if asked.unknown:
        _say_unknown(store, asked)
        raise _unreadable(question, dict.fromkeys(word for _, word in asked.unknown))
    sieve = _sieve(store, asked, narrow)
    seen = _Narrowed(store, sieve) if sieve is not None and sieve.filters_claims else store
    found = first_answer(cast(Store, seen), asked, is_whole=bool(counted or period))
    if found is None:
        raise _unreadable(question)
    remark = _remarks(asked, found.remark)
    if sieve is not None:
        found = _kept(store, found, sieve)
        remark = "; ".join(filter(None, (remark, sieve.remark)))
        found = replace(found, understood=found.understood + _told_dates(asked))
    if counted and not period:
        remark = "; ".join(filter(None, (f"{len(found.answers)} in all", remark)))
    found = replace(found, question=question, remark=remark)
    if period:
        dates = sieve or Narrow().on(store, whole=True)
        return count_by_time(found, dates, monthly=period == "%monthly")
    return found


def _sieve(store: Store, asked: Question, narrow: Narrow | None) -> Sieve | None:
    """Make what narrows the answers: as asked for beside the question, and in its own words."""
    narrow = narrow or Narrow()
    if asked.dates and not asked.has("change"):
        since, until = span_asked(asked)
        if (since and narrow.since) or (until and narrow.until):
            raise InputError("the question has a date of its own; leave out --since and --until")
        narrow = replace(narrow, since=narrow.since or since, until=narrow.until or until)
    if asked.documents and not (listed_kind(asked) or asked.any("change", "reference")):
        if narrow.sources:
            raise InputError("the question names a list itself; leave out --source")
        narrow = replace(narrow, sources=tuple(asked.documents))
    return None if narrow.is_empty else narrow.on(store)


def _told_dates(asked: Question) -> str:
    """Say from when to when, where the question says so."""
    if not asked.dates or asked.has("change"):
        return ""
    since, until = span_asked(asked)
    told = (f"since {since}" if since else "", f"until {until}" if until else "")
    return ", " + " ".join(filter(None, told))


class _Narrowed:
    """A store in which only claims of some sources, or confident ones, can be seen."""

    def __init__(self, store: Store, sieve: Sieve) -> None:
        self._store, self._sieve = store, sieve

    def iter_claims(self, **wanted: Any) -> Iterator[StoredClaim]:
        """Yield the claims of the store that the sieve keeps."""
        return (c for c in self._store.iter_claims(**wanted) if self._sieve.keeps_claim(c))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def _kept(store: Store, found: Answers, sieve: Sieve) -> Answers:
    """Leave out the answers that are not of the wanted kind, topic, date, state or tag."""

    def kept(answers: Sequence[Answer]) -> tuple[Answer, ...]:
        return tuple(
            a for a in answers if all(sieve.keeps_entity(e) for e in store.find_entities(a.id)[:1])
        )

    return replace(found, answers=kept(found.answers), indirect=kept(found.indirect))


def _remarks(asked: Question, remark: str) -> str:
    """Say, beside what the answer itself says, by which words it was not narrowed."""
    ignored = ", ".join(dict.fromkeys(word for _, word in asked.qualifiers))
    note = f"not narrowed by {ignored!r}: that is not recorded" if ignored else ""
    return "; ".join(filter(None, (remark, note)))


def _unreadable(question: str, unknown: Iterable[str] = ()) -> InputError:
    examples = "\n".join(f'  kg ask "{e}"' for e in EXAMPLES)
    words = [repr(word) for word in unknown]
    if not question.strip(" ?!.,"):
        told = "there is no question"
    else:
        told = f"this question cannot be read: {question!r}"
    if words:
        told += f"; nothing explains {', '.join(words[:5])}{' ...' if words[5:] else ''}"
    return InputError(f"{told}. Questions like these can:\n{examples}")


def _say_unknown(store: Store, asked: Question) -> None:
    """Say that a name is unknown, where the words that nothing explains look like one."""
    name = unknown_name(asked)
    about = asked.any("models", "data", "train", "use", "evaluate", "score", "derive", "introduce")
    if not name or not (about or asked.any("papers", "cite") or asked.marked("@")):
        return
    wanted: tuple[Kind, ...] = (Kind.MODEL, Kind.DATASET, Kind.PAPER)
    if asked.has("models"):
        wanted = (Kind.DATASET, Kind.MODEL)
    if asked.any("derive", "ancestors", "descendants") or asked.marked("#"):
        wanted = (Kind.MODEL, Kind.DATASET)
    get_entity(store, name, *wanted)
