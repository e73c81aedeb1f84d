"""How rows hold attributes and candidates: as JSON text that is equal where they are."""

from __future__ import annotations

import json

from kg.engine.rows import DamagedRowError
from kg.errors import ClaimError
from kg.model import Claim, Kind, Name, Property, Relation, Stance

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_RELATIONS = frozenset(map(str, Relation))


def to_json(value: object) -> str:
    """Write attributes so that equal ones give equal text."""
    return _encode(value) if value else "{}"


def claim_to_json(claim: Claim) -> str:
    """Write a whole claim so that equal ones give equal text."""
    return _encode(
        [
            _name_to_json(claim.subject), str(claim.predicate),
            _name_to_json(claim.object) if claim.object else None, claim.qualifiers, claim.values,
            str(claim.stance), claim.line, claim.quote, claim.extractor, float(claim.confidence),
        ]
    )  # fmt: skip


def claim_from_json(text: str) -> Claim:
    """Read what `claim_to_json` wrote; `DamagedRowError` if it is something else."""
    try:
        (subject, of, object, qualifiers, values, stance, line, quote, extractor,
         confidence) = json.loads(text)  # fmt: skip
        return Claim(
            _name_from_json(*subject), Relation(of) if of in _RELATIONS else Property(of), line,
            quote, _name_from_json(*object) if object else None, qualifiers, values,
            Stance(stance), extractor, confidence,
        )  # fmt: skip
    except (ValueError, TypeError, AttributeError, ClaimError) as error:
        raise DamagedRowError(f"a candidate ({error})") from error


def _name_to_json(name: Name) -> list[str]:
    return [str(name.kind), name.text, name.scope]


def _name_from_json(kind: str, text: str, scope: str) -> Name:
    return Name(Kind(kind), text, scope)
