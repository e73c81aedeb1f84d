"""What a text says of models and datasets, each finding with its sentence, pattern and confidence.

No store is touched: known names come from outside (`ingest.arxiv.naming.Dictionary.find_spans`), new
ones from the text's own introductions. A finding whose subject is the paper itself, or what it
introduces without a name, has no subject; what is made of that is for the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest.text.calibration import Genre, calibration_of
from ingest.text.cues import read_slots
from ingest.text.introductions import (
    DATASET,
    METHOD,
    Introduction,
    find_introductions,
)
from ingest.text.markup import without_markup
from ingest.text.mentions import Finder, Mention, known_mentions, merged, named_by_noun, places_of
from ingest.text.sentences import Sentence, split_sentences
from ingest.text.slots import speaks_of_own_model, to_slots
from kg.identity import folded_name
from kg.model import RELATIONS, Kind, Name, Relation, Stance

_TRAINS_IT = frozenset({"train-it-on", "to-train", "train-on-it"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One relation that one sentence states or denies."""

    relation: Relation
    subject: Mention | None
    """None: the paper (that introduces), or what the paper introduces, where it has no one name."""
    object: Mention
    sentence: Sentence
    quote: str
    """The sentence, blanks as one."""
    pattern: str
    """The name of the pattern that is right most often among those that found it."""
    confidence: float
    stance: Stance = Stance.STATES
    qualifiers: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[Relation, tuple[str, str] | None, tuple[str, str], Stance]:
        """What two findings share that say the same."""
        subject = self.subject.key if self.subject else None
        return self.relation, subject, self.object.key, self.stance


def extract(
    text: str,
    *,
    title_ends: int = 0,
    find: Finder | None = None,
    genre: Genre = Genre.ABSTRACT,
) -> list[Finding]:
    """Return what a text says, in the order of its sentences; each relation once, where it is surest.

    Parameters
    ----------
    text : Markdown, TeX or plain text; offsets are into it
    title_ends : where its title ends, when it begins with one on a line of its own
    find : finds the known names; without it only what the text introduces is found
    genre : whose calibration counts
    """
    clean = without_markup(text)
    if title_ends:
        return _extract(clean, title_ends, find, genre)
    found: list[Finding] = []
    for paragraph in _PARAGRAPH.finditer(clean):
        found += [_moved(one, paragraph.start()) for one in _extract(paragraph[0], 0, find, genre)]
    return found


_PARAGRAPH = re.compile(r"\S(?:[^\n]|\n(?!\s*\n))*")
"""What 'our model' and 'it' may reach over: lines up to an empty one."""


def _moved(found: Finding, by: int) -> Finding:
    """Write the places of a finding as those of the whole text."""
    if not by:
        return found

    def moved(mention: Mention) -> Mention:
        return replace(mention, start=mention.start + by, end=mention.end + by)

    return replace(
        found,
        sentence=Sentence(found.sentence.start + by, found.sentence.end + by),
        subject=found.subject and moved(found.subject),
        object=moved(found.object),
    )


def _extract(clean: str, title_ends: int, find: Finder | None, genre: Genre) -> list[Finding]:
    """Read one paragraph, or a title with its abstract, without markup."""
    sentences = _sentences(clean, title_ends)
    introduced = find_introductions(clean, sentences, title_ends)
    known = known_mentions(clean, title_ends, find) if find else []
    own = _own_names(clean, introduced, known)
    mentions = merged([own, known])
    if find:
        mentions = merged([mentions, named_by_noun(clean, mentions)])
    calibration = calibration_of(genre)
    kept: dict[object, Finding] = {}
    for finding in [
        *_introductions(clean, sentences, introduced, mentions, genre),
        *_relations(clean, sentences, introduced, mentions, genre),
    ]:
        had = kept.get(finding.key)
        better = had is None or calibration.confidence(finding.pattern) > had.confidence
        if had is not None and better and not finding.qualifiers.get("stage"):
            better = not had.qualifiers.get("stage")
        if better:
            kept[finding.key] = finding
    return sorted(kept.values(), key=lambda f: (f.sentence.start, f.object.start))


def _sentences(text: str, title_ends: int) -> list[Sentence]:
    if not title_ends:
        return split_sentences(text)
    rest = [
        Sentence(s.start + title_ends, s.end + title_ends)
        for s in split_sentences(text[title_ends:])
    ]
    return [Sentence(0, title_ends), *rest]


def _own_names(
    text: str, introduced: Sequence[Introduction], known: Sequence[Mention]
) -> list[Mention]:
    """Find every place of what the text introduces; a name that is known stays known."""
    names: dict[str, Mention] = {}
    by_name = {(m.name.kind, folded_name(m.name.text)): m for m in known}
    written = {(m.name.kind, text[m.start : m.end]): m for m in known}
    for one in introduced:
        at = by_name.get((one.kind, folded_name(one.text))) or written.get((one.kind, one.text))
        mention = (
            Mention(one.start, one.end, at.name, True, at.thing)
            if at
            else Mention(one.start, one.end, Name(one.kind, one.text), False)
        )
        names.setdefault(one.text, mention)
    return [
        Mention(
            start, end, names[word].name, names[word].is_known, names[word].thing, text[start:end]
        )
        for word, start, end in places_of(text, names)
    ]


def _introductions(
    text: str,
    sentences: Sequence[Sentence],
    introduced: Sequence[Introduction],
    mentions: Sequence[Mention],
    genre: Genre,
) -> Iterator[Finding]:
    """Yield what the paper introduces."""
    calibration = calibration_of(genre)
    at = {m.start: m for m in mentions}
    for one in introduced:
        mention = at.get(one.start)
        if mention is None:
            continue
        sentence = next(s for s in sentences if s.start <= one.start < s.end)
        pattern = f"introduces-{one.pattern}-{one.noun}" + ("-titled" if one.is_titled else "")
        yield Finding(
            Relation.INTRODUCES, None, mention, sentence, _quote(text, sentence), pattern,
            calibration.confidence(pattern),
        )  # fmt: skip


def _relations(
    text: str,
    sentences: Sequence[Sentence],
    introduced: Sequence[Introduction],
    mentions: Sequence[Mention],
    genre: Genre,
) -> Iterator[Finding]:
    """Yield what the sentences say of their mentions."""
    calibration = calibration_of(genre)
    own = {kind: _the_one(introduced, mentions, kind) for kind in (Kind.MODEL, Kind.DATASET)}
    starts = {i.start for i in introduced}
    introduced_names = {m.name for m in mentions if m.start in starts}
    place = 0
    goes_on = False
    for sentence in sentences:
        here = []
        while place < len(mentions) and mentions[place].start < sentence.end:
            if mentions[place].start >= sentence.start and mentions[place].end <= sentence.end:
                here.append(mentions[place])
            place += 1
        if not here:
            goes_on = speaks_of_own_model(text[sentence.start : sentence.end])
            continue
        slots = to_slots(text, sentence, here, goes_on=goes_on)
        speaks_of_own = any(m.name == own[Kind.MODEL].name for m in here if own[Kind.MODEL])  # type: ignore[union-attr]
        goes_on = speaks_of_own or re.search(r"\bS\b", slots.text) is not None
        for said in read_slots(slots):
            kinds = RELATIONS[said.relation].ends
            other = here[said.object]
            if said.subject is None:
                subject = own[said.subject_kind]
                subject_kind = said.subject_kind
                pattern = f"own-{said.pattern}"
            else:
                subject = here[said.subject]
                subject_kind = subject.name.kind
                pattern = said.pattern
            if said.pattern == "we-evaluate-on" and (speaks_of_own or " S" in slots.text):
                pattern += "-named"
            is_another = subject is not None and subject.name not in introduced_names
            if said.pattern in _TRAINS_IT and is_another and said.qualifiers.get("stage") == "sft":
                pattern += "-another"  # the base of what the paper makes of it
            if (subject_kind, other.name.kind) not in kinds:
                continue
            if subject is not None and subject.name == other.name:
                continue
            yield Finding(
                said.relation, subject, other, sentence, _quote(text, sentence), pattern,
                calibration.confidence(pattern), said.stance, said.qualifiers,
            )  # fmt: skip


def _the_one(
    introduced: Sequence[Introduction], mentions: Sequence[Mention], kind: Kind
) -> Mention | None:
    """Return the one thing of a kind that the paper introduces: of the title, else the only one."""
    of_kind = [i for i in introduced if i.kind is kind]
    titled = [i for i in of_kind if i.is_titled]
    chosen = titled or of_kind
    if kind is Kind.MODEL and not titled and any(i.noun == DATASET for i in introduced):
        chosen = [i for i in of_kind if i.noun != METHOD]
    if len(chosen) != 1:
        return None
    return next((m for m in mentions if m.start == chosen[0].start), None)


def _quote(text: str, sentence: Sentence) -> str:
    squeezed = " ".join(text[sentence.start : sentence.end].split())
    return re.sub(r" (?=[,.;:])", "", squeezed).removeprefix("- ")
