"""What running text says, as claims and candidates: of the titles and abstracts of records.

A claim is what a pattern says that is right often enough (`ingest.text.calibration`); what else was
found is a candidate for review. A name that the graph does not know and the text introduces belongs to
its paper (`Name.scope`) and never joins another: two papers may introduce two things by one short name,
and who is who is not for a pattern to say. It is a stub until somebody merges it with a thing of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.arxiv.again import has_more_records, has_read_all, records_to_reread
from ingest.arxiv.naming import Dictionary
from ingest.load import cycles_left_alone
from ingest.text.calibration import Genre, calibration_of
from ingest.text.extract import Finding, extract
from ingest.text.mentions import Mention
from kg.model import RELATIONS, Claim, Kind, Name, Relation
from kg.records import ARXIV, line_of
from kg.store import Store

EXTRACTOR = "text:"
"""What the extractor of every claim from text begins with; the pattern follows."""


VERSION = "1"
"""Raised whenever the patterns would make other claims of the same text."""

_AT_ONCE = 1_000
_PLACE = "texts"


@dataclass(frozen=True, slots=True)
class TextSays:
    """What one text says."""

    claims: tuple[Claim, ...] = ()
    candidates: tuple[Claim, ...] = ()


def read_record(arxiv: str, title: str, abstract: str, names: Dictionary) -> TextSays:
    """Read what the title and abstract of a paper say of models and datasets.

    Parameters
    ----------
    arxiv : the id of the paper, whose digits are the line of what it says
    names : those that the graph knows
    """
    text = f"{title}\n{abstract}"
    found = extract(text, title_ends=len(title), find=names.find_spans, genre=Genre.ABSTRACT)
    threshold = calibration_of(Genre.ABSTRACT).threshold
    paper = Name(Kind.PAPER, title)
    claims: list[Claim] = []
    candidates: list[Claim] = []
    for claim in _claims(found, paper, arxiv):
        (claims if claim.confidence >= threshold else candidates).append(claim)
    return TextSays(tuple(claims), tuple(candidates))


@dataclass(slots=True)
class TextsRead:
    """What reading the texts of records has brought so far."""

    records: int = 0
    claims: int = 0
    candidates: int = 0
    is_done: bool = False


def read_texts(
    store: Store,
    names: Dictionary,
    *,
    most: int | None = None,
    tell: Callable[[TextsRead], None] | None = None,
) -> TextsRead:
    """Read what the titles and abstracts of all records say, and put it into the store.

    Goes on where an earlier call was broken off; does nothing when all records were read with these
    names and patterns before. Records that name nothing known say nothing of use.

    Parameters
    ----------
    most : do nothing, with `is_done` False, when there are more records
    """
    summary = TextsRead()
    state = f"{VERSION}:{names.digest}"
    if (
        most is not None
        and not has_read_all(store, _PLACE, state)
        and has_more_records(store, most)
    ):
        return summary
    for part, cursor in records_to_reread(store, _PLACE, state, _AT_ONCE):
        with cycles_left_alone():
            said = {
                r.arxiv: read_record(r.arxiv, r.title, r.abstract, names)
                if names.find(r.title, r.abstract)
                else TextSays()
                for r in part
            }
            store.put_said(
                ARXIV,
                {a: s.claims for a, s in said.items()},
                {a: s.candidates for a, s in said.items()},
                cursor=cursor,
                place=_PLACE,
            )
        summary.records += len(part)
        summary.claims += sum(len(s.claims) for s in said.values())
        summary.candidates += sum(len(s.candidates) for s in said.values())
        if part and tell is not None:
            tell(summary)
    summary.is_done = True
    return summary


def _claims(found: list[Finding], paper: Name, arxiv: str) -> Iterator[Claim]:
    """Yield the claims that findings with a subject are."""
    for finding in found:
        if finding.relation is Relation.INTRODUCES:
            subject = paper
        elif finding.subject is not None:
            subject = _named(finding.subject, arxiv)
        else:
            continue  # a thing without a name: nothing could be asked about it
        target = _named(finding.object, arxiv)
        if (subject.kind, target.kind) not in RELATIONS[finding.relation].ends:
            continue
        yield Claim(
            subject,
            finding.relation,
            line_of(arxiv),
            finding.quote,
            target,
            dict(finding.qualifiers),
            stance=finding.stance,
            extractor=f"{EXTRACTOR}{finding.pattern}",
            confidence=finding.confidence,
        )


def _named(mention: Mention, arxiv: str) -> Name:
    """Return what a mention names: a thing of the graph, or one of this paper's own."""
    if mention.is_known:
        return mention.name
    return Name(mention.name.kind, mention.name.text, f"arXiv:{arxiv}")
