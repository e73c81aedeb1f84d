"""What a fact is: kinds, relations, properties, names as written, claims, and their schema.

Nothing here reads text or touches a store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from kg.errors import ClaimError

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"


class Kind(StrEnum):
    """What sort of thing an entity is. A benchmark is a dataset; a model is never its paper."""

    PAPER = "paper"
    MODEL = "model"
    DATASET = "dataset"
    TOPIC = "topic"
    PERSON = "person"


class Relation(StrEnum):
    """What one entity can be said to have to do with another."""

    INTRODUCES = "INTRODUCES"
    TRAINED_ON = "TRAINED_ON"
    EVALUATED_ON = "EVALUATED_ON"
    DERIVED_FROM = "DERIVED_FROM"
    CITES = "CITES"
    SUPERSEDES = "SUPERSEDES"
    ABOUT = "ABOUT"
    BROADER = "BROADER"
    AUTHORED_BY = "AUTHORED_BY"


class Property(StrEnum):
    """What can be said of one entity alone.

    The first group identifies (`IDENTIFIERS`), the second names, the rest describes.
    """

    ARXIV = "arxiv"
    DOI = "doi"
    ACL = "acl"
    OPENREVIEW = "openreview"

    ALIAS = "alias"
    LABEL = "label"

    VERSION = "version"
    YEAR = "year"
    DATE = "date"
    VENUE = "venue"
    LINK = "link"
    SIZE = "size"
    PARAMETERS = "parameters"
    LICENCE = "licence"
    LANGUAGE = "language"
    MODALITY = "modality"
    TASK = "task"
    DOMAIN = "domain"
    INSTITUTE = "institute"
    READ = "read"
    NOTE = "note"
    BIBTEX = "bibtex"
    ABSTRACT = "abstract"
    AUTHORS = "authors"
    CATEGORY = "category"
    JOURNAL = "journal"
    WITHDRAWN = "withdrawn"


IDENTIFIERS = (Property.ARXIV, Property.DOI, Property.ACL, Property.OPENREVIEW)
"""Properties whose value stands for exactly one paper, strongest first."""


class Stage(StrEnum):
    """When in a model's training a dataset was used."""

    PRETRAIN = "pretrain"
    ALIGNMENT = "alignment"
    SFT = "sft"
    PREFERENCE = "preference"
    RL = "rl"
    DISTILLATION = "distillation"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """As what one model or dataset derives from another."""

    VISION_ENCODER = "vision-encoder"
    LANGUAGE_MODEL = "language-model"
    AUDIO_ENCODER = "audio-encoder"
    BASE = "base"
    COMPONENT = "component"
    ADAPTER = "adapter"
    MERGE = "merge"
    QUANTISED = "quantised"
    DISTILLED = "distilled"
    SOURCE = "source"
    SUBSET = "subset"
    PART = "part"
    VERSION = "version"
    FAMILY = "family"
    FILTERED = "filtered"
    ANNOTATED = "annotated"
    GENERATED_BY = "generated-by"


class Stance(StrEnum):
    """How a source takes the claim: it states it, denies it, or says that it is not disclosed."""

    STATES = "states"
    DENIES = "denies"
    UNDISCLOSED = "undisclosed"


@dataclass(frozen=True, slots=True)
class RelationRule:
    """Which ends a relation may join and what may be said with it."""

    ends: frozenset[tuple[Kind, Kind]]
    """Allowed (subject kind, object kind)."""
    qualifiers: tuple[str, ...] = ()
    """Attributes that are part of what is said: two claims that differ in one are two links."""
    values: tuple[str, ...] = ()
    """Attributes that describe the link: another value is an edit of the same claim."""


_P, _M, _D, _T = Kind.PAPER, Kind.MODEL, Kind.DATASET, Kind.TOPIC

RELATIONS: Mapping[Relation, RelationRule] = MappingProxyType(
    {
        Relation.INTRODUCES: RelationRule(frozenset({(_P, _M), (_P, _D)})),
        Relation.TRAINED_ON: RelationRule(
            frozenset({(_M, _D)}), ("stage",), ("amount", "subset", "stage_as_written")
        ),
        Relation.EVALUATED_ON: RelationRule(
            frozenset({(_M, _D)}), ("metric", "split", "protocol"), ("score", "shots", "judge")
        ),
        Relation.DERIVED_FROM: RelationRule(
            frozenset({(_M, _M), (_D, _D), (_D, _M)}), ("role",), ("amount", "weight")
        ),
        Relation.CITES: RelationRule(frozenset({(_P, _P)}), (), ("reference",)),
        Relation.SUPERSEDES: RelationRule(frozenset({(_P, _P)})),
        Relation.ABOUT: RelationRule(frozenset({(_P, _T)})),
        Relation.BROADER: RelationRule(frozenset({(_T, _T)})),
        Relation.AUTHORED_BY: RelationRule(frozenset({(_P, Kind.PERSON)}), (), ("position",)),
    }
)

PROPERTY_QUALIFIERS: Mapping[Property, tuple[str, ...]] = MappingProxyType(
    {Property.LINK: ("rel",), Property.DATE: ("kind",), Property.NOTE: ("kind",)}
)
"""Qualifiers of properties: what a link is for, which date is meant, whose note it is."""


@dataclass(frozen=True, slots=True)
class Name:
    """A thing as a source writes it; `kg.identity` decides which entity it stands for."""

    kind: Kind
    text: str
    """As written, without markup."""
    scope: str = ""
    """Owner of a generic name ('in-house data' of one model); such names never meet elsewhere."""


FROM_TEXT = "text:"
"""What the extractor of a claim begins with that was read from running text. Such claims say nothing
of who is who: things that sentences name together are not told apart by that."""

Attributes: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Claim:
    """One source saying one thing: a relation between two names, or a property of one.

    A relation has an `object` (none is needed when the stance is not 'states'); a property has
    its text in `values['text']`. Raises `ClaimError` when it breaks `RELATIONS`.
    """

    subject: Name
    predicate: Relation | Property
    line: int
    """1-based line of the source."""
    quote: str
    """The text of the source that says so, without markup."""
    object: Name | None = None
    qualifiers: Attributes = field(default_factory=dict)
    values: Attributes = field(default_factory=dict)
    stance: Stance = Stance.STATES
    extractor: str = ""
    """Name of the reader's rule, e.g. 'table' or 'title-prefix'."""
    confidence: float = 1.0
    """0 to 1: how sure the rule is, before any source disagrees."""

    def __post_init__(self) -> None:
        if not self.subject.text.strip():
            raise ClaimError(f"line {self.line}: a claim needs a subject: {self.quote[:80]!r}")
        if isinstance(self.predicate, Property):
            if self.object is not None or "text" not in self.values:
                raise ClaimError(
                    f"line {self.line}: property {self.predicate} needs values['text'] and no object"
                )
            allowed = PROPERTY_QUALIFIERS.get(self.predicate, ())
        else:
            rule = RELATIONS[self.predicate]
            allowed = rule.qualifiers
            if self.object is None:
                if self.stance is Stance.STATES:
                    raise ClaimError(f"line {self.line}: {self.predicate} states no object")
                if self.subject.kind not in {subject for subject, _ in rule.ends}:
                    raise ClaimError(
                        f"line {self.line}: {self.predicate} is not said of a {self.subject.kind}"
                    )
            elif (self.subject.kind, self.object.kind) not in rule.ends:
                raise ClaimError(
                    f"line {self.line}: {self.predicate} cannot join"
                    f" {self.subject.kind} to {self.object.kind}"
                )
            elif not self.object.text.strip():
                raise ClaimError(f"line {self.line}: {self.predicate} has an empty object")
            self._check_known("value", self.values, rule.values)
        self._check_known("qualifier", self.qualifiers, allowed)

    def _check_known(self, what: str, given: Attributes, allowed: tuple[str, ...]) -> None:
        for key in given:
            if key not in allowed:
                extra = sorted(set(given) - set(allowed))
                raise ClaimError(f"line {self.line}: {self.predicate} has no {what} {extra}")

    @property
    def is_relation(self) -> bool:
        """Whether the claim joins two things (else it describes one)."""
        return isinstance(self.predicate, Relation)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that looked like an entry and could not be read; always counted, never dropped."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What a list should be looked at for: its reader's own words, or what reading it showed."""

    line: int
    text: str
    kind: str
    """'question' and 'answer' are what the list's owner wrote: a question left open, an answer.
    The others are the readers': 'repair' says what stood there and what was read instead,
    'contradiction' that a legend contradicts itself, 'size' how large a set without a name is."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything one reader made of one document."""

    claims: tuple[Claim, ...]
    rejected: tuple[Rejected, ...] = ()
    remarks: tuple[Remark, ...] = ()
    title: str = ""
    """The document's own title."""
    date: str = ""
    """The document's own date; never a paper's."""
    doubted: tuple[Claim, ...] = ()
    """Candidates: found, but not sure enough to be claims."""
