"""Relations that were found in running text and are not sure enough to be claims: for review."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from kg.decisions import Action, asserted, assertion, rejected, rejection_of
from kg.errors import InputError, NotFoundError
from kg.identity import name_key
from kg.model import Attributes, Claim, JsonValue
from kg.records import ARXIV, arxiv_of_line
from kg.store import Store


@dataclass(frozen=True, slots=True)
class Candidate:
    """A relation that a sentence may state."""

    id: str
    """Known by what it says and where: the same in every store, 't' and seven letters or digits."""
    claim: Claim
    source: str

    @property
    def url(self) -> str:
        """The page of the paper that says it, where it is one of arXiv's."""
        arxiv = arxiv_of_line(self.claim.line) if self.source == ARXIV else ""
        return f"https://arxiv.org/abs/{arxiv}" if arxiv else ""

    @property
    def payload(self) -> Attributes:
        """The assertion that accepting it puts into the log."""
        return assertion(self.claim, self.url)

    def to_json(self) -> dict[str, JsonValue]:
        """Write it in the stable form of ``kg review --text --json``."""
        claim = self.claim
        target = claim.object
        return {
            "id": self.id,
            "subject": {"kind": str(claim.subject.kind), "name": claim.subject.text},
            "relation": str(claim.predicate),
            "object": {"kind": str(target.kind), "name": target.text} if target else None,
            "attributes": {**claim.qualifiers, **claim.values},
            "stance": str(claim.stance),
            "confidence": claim.confidence,
            "source": self.source,
            "line": claim.line,
            "quote": claim.quote,
            "extractor": claim.extractor,
            "url": self.url or None,
        }


def find_candidates(store: Store) -> list[Candidate]:
    """Return what waits for a decision, the surest first.

    What the user rejected there, or asserts of the same things, is left out.
    """
    facts = [f for f in store.user_facts() if f.holds]
    settled = {rejected(f.payload).key for f in facts if f.action is Action.REJECT}
    said = {
        _key(asserted(f.payload, f.n))
        for f in facts
        if f.action is Action.ASSERT and str(f.payload.get("predicate", "")).isupper()
    }
    found = [
        Candidate(_id(d.claim, d.source), d.claim, d.source)
        for d in store.iter_doubted()
        if rejection_of(d.claim, d.source).key not in settled and _key(d.claim) not in said
    ]
    once = {c.id: c for c in found}
    return sorted(once.values(), key=lambda c: (-c.claim.confidence, c.source, c.claim.line, c.id))


def get_candidates(store: Store, ids: Sequence[str]) -> list[Candidate]:
    """Return the candidates of some ids, in their order.

    Raises
    ------
    InputError
        An id has not the form of one.
    NotFoundError
        Nothing of this id waits for a decision.
    """
    waiting = {c.id: c for c in find_candidates(store)}
    for ident in ids:
        if not is_candidate_id(ident):
            raise InputError(f"{ident!r} is no id of 'kg review --text'; one looks like t3f09ab1")
        if ident not in waiting:
            raise NotFoundError(
                f"nothing called {ident} waits for a decision; 'kg review --text' lists what does",
                name=ident,
            )
    return [waiting[ident] for ident in dict.fromkeys(ids)]


_DIGITS = 7


def is_candidate_id(text: str) -> bool:
    """Say whether a text has the form of a candidate's id."""
    return (
        len(text) == 1 + _DIGITS
        and text[0] == "t"
        and all(c in "0123456789abcdef" for c in text[1:])
    )


def _key(claim: Claim) -> tuple[object, ...]:
    target = name_key(claim.object) if claim.object else None
    return (name_key(claim.subject), str(claim.predicate), target)


def _id(claim: Claim, source: str) -> str:
    said = [source, claim.line, *(str(part) for part in _key(claim))]
    digest = hashlib.sha256(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return "t" + digest.hexdigest()[:_DIGITS]
