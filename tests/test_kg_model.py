"""The schema of claims: what one source may say about which things, and what is refused."""

from __future__ import annotations

import contextlib
from dataclasses import FrozenInstanceError
from itertools import product

import pytest

from kg.errors import ClaimError
from kg.model import (
    IDENTIFIERS,
    PROPERTY_QUALIFIERS,
    RELATIONS,
    Claim,
    Kind,
    Name,
    Property,
    Relation,
    Role,
    Stage,
    Stance,
)

MODEL = Name(Kind.MODEL, "LLaVA-1.5")
DATASET = Name(Kind.DATASET, "LLaVA-Instruct-665K")


def relation(kinds: tuple[Kind, Kind], predicate: Relation, **said: object) -> Claim:
    subject, target = (Name(kind, f"a {kind}") for kind in kinds)
    return Claim(subject, predicate, 7, "as quoted", target, **said)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- relations and their ends

ALLOWED = {
    Relation.INTRODUCES: {"paper model", "paper dataset"},
    Relation.TRAINED_ON: {"model dataset"},
    Relation.EVALUATED_ON: {"model dataset"},
    Relation.DERIVED_FROM: {"model model", "dataset dataset", "dataset model"},
    Relation.CITES: {"paper paper"},
    Relation.SUPERSEDES: {"paper paper"},
    Relation.ABOUT: {"paper topic"},
    Relation.BROADER: {"topic topic"},
    Relation.AUTHORED_BY: {"paper person"},
}
"""Section 3 of the design, written once more by hand."""


@pytest.mark.parametrize("predicate", Relation)
def test_a_relation_joins_exactly_the_kinds_of_the_design(predicate: Relation) -> None:
    joined = set()
    for kinds in product(Kind, Kind):
        with contextlib.suppress(ClaimError):
            relation(kinds, predicate)
            joined.add(" ".join(kinds))
    assert joined == ALLOWED[predicate]


def test_a_refused_claim_names_the_line_the_relation_and_both_kinds() -> None:
    with pytest.raises(ClaimError, match="line 7: TRAINED_ON cannot join dataset to model"):
        relation((Kind.DATASET, Kind.MODEL), Relation.TRAINED_ON)


def test_a_relation_keeps_the_qualifiers_and_values_of_the_design() -> None:
    said = {str(r): (set(rule.qualifiers), set(rule.values)) for r, rule in RELATIONS.items()}
    assert said["TRAINED_ON"][0] == {"stage"}
    assert said["TRAINED_ON"][1] >= {"amount", "subset"}
    assert said["EVALUATED_ON"] == ({"metric", "split", "protocol"}, {"score", "shots", "judge"})
    assert said["DERIVED_FROM"] == ({"role"}, {"amount", "weight"})
    assert said["AUTHORED_BY"] == (set(), {"position"})
    assert set(said) == {str(r) for r in Relation}


@pytest.mark.parametrize("predicate", Relation)
def test_a_relation_refuses_a_qualifier_it_does_not_know(predicate: Relation) -> None:
    kinds = min(RELATIONS[predicate].ends)
    with pytest.raises(ClaimError, match=r"no qualifier.*colour"):
        relation(kinds, predicate, qualifiers={"colour": "red"})


@pytest.mark.parametrize("predicate", Relation)
def test_a_relation_refuses_a_value_it_does_not_know(predicate: Relation) -> None:
    kinds = min(RELATIONS[predicate].ends)
    with pytest.raises(ClaimError, match=r"no value.*colour"):
        relation(kinds, predicate, values={"colour": "red"})


def test_a_value_is_no_qualifier_and_a_qualifier_is_no_value() -> None:
    ends = (Kind.MODEL, Kind.DATASET)
    assert relation(
        ends,
        Relation.TRAINED_ON,
        qualifiers={"stage": Stage.SFT},
        values={"amount": {"text": "665K", "value": 665000, "unit": "samples"}},
    ).is_relation
    with pytest.raises(ClaimError, match=r"no qualifier.*amount"):
        relation(ends, Relation.TRAINED_ON, qualifiers={"amount": "665K"})
    with pytest.raises(ClaimError, match=r"no value.*stage"):
        relation(ends, Relation.TRAINED_ON, values={"stage": "sft"})


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize("empty", ["", " ", "\t\n", "\u00a0", "\u3000"])
def test_a_claim_needs_names_that_are_not_empty(empty: str) -> None:
    nothing = Name(Kind.DATASET, empty)
    with pytest.raises(ClaimError, match="line 3"):
        Claim(Name(Kind.MODEL, empty), Relation.TRAINED_ON, 3, "q", DATASET)
    with pytest.raises(ClaimError, match="line 3"):
        Claim(MODEL, Relation.TRAINED_ON, 3, "q", nothing)
    with pytest.raises(ClaimError, match="line 3"):
        Claim(nothing, Property.SIZE, 3, "q", values={"text": "665K"})


@pytest.mark.parametrize("stance", [Stance.DENIES, Stance.UNDISCLOSED])
def test_a_source_may_deny_or_not_disclose_without_naming_an_object(stance: Stance) -> None:
    claim = Claim(MODEL, Relation.TRAINED_ON, 3, "not disclosed", stance=stance)
    assert claim.object is None
    assert claim.is_relation


@pytest.mark.parametrize("predicate", Relation)
def test_what_a_source_states_needs_an_object(predicate: Relation) -> None:
    subject = Name(min(RELATIONS[predicate].ends)[0], "somebody")
    with pytest.raises(ClaimError, match=f"{predicate} states no object"):
        Claim(subject, predicate, 3, "q")


@pytest.mark.parametrize("stance", [Stance.DENIES, Stance.UNDISCLOSED])
def test_a_stance_without_an_object_is_still_held_to_the_schema(stance: Stance) -> None:
    with pytest.raises(ClaimError, match="no qualifier"):
        Claim(MODEL, Relation.TRAINED_ON, 3, "q", stance=stance, qualifiers={"metric": "CIDEr"})
    with pytest.raises(ClaimError, match="no value"):
        Claim(MODEL, Relation.TRAINED_ON, 3, "q", stance=stance, values={"score": 1})


@pytest.mark.parametrize("stance", [Stance.DENIES, Stance.UNDISCLOSED])
def test_a_stance_without_an_object_needs_a_subject_the_relation_can_have(stance: Stance) -> None:
    taken = set()
    for predicate, kind in product(Relation, Kind):
        with contextlib.suppress(ClaimError):
            Claim(Name(kind, "somebody"), predicate, 3, "q", stance=stance)
            taken.add((predicate, kind))
    assert taken == {(r, subject) for r, rule in RELATIONS.items() for subject, _ in rule.ends}


# ---------------------------------------------------------------------- properties


@pytest.mark.parametrize("predicate", Property)
def test_a_property_has_a_text_and_no_object(predicate: Property) -> None:
    assert not Claim(DATASET, predicate, 3, "q", values={"text": "x"}).is_relation
    with pytest.raises(ClaimError, match=str(predicate)):
        Claim(DATASET, predicate, 3, "q")
    with pytest.raises(ClaimError, match=str(predicate)):
        Claim(DATASET, predicate, 3, "q", MODEL, values={"text": "x"})


@pytest.mark.parametrize("predicate", Property)
def test_a_property_refuses_a_qualifier_it_does_not_know(predicate: Property) -> None:
    for known in PROPERTY_QUALIFIERS.get(predicate, ()):
        Claim(DATASET, predicate, 3, "q", qualifiers={known: "x"}, values={"text": "x"})
    with pytest.raises(ClaimError, match=r"no qualifier.*colour"):
        Claim(DATASET, predicate, 3, "q", qualifiers={"colour": "red"}, values={"text": "x"})


# ---------------------------------------------------------------------- the whole


def test_the_words_of_the_export_are_those_of_the_design() -> None:
    assert [str(k) for k in Kind] == ["paper", "model", "dataset", "topic", "person"]
    assert [str(s) for s in Stance] == ["states", "denies", "undisclosed"]
    assert set(map(str, Stage)) == set(
        ["pretrain", "alignment", "sft", "preference", "rl", "distillation", "unknown"]
    )
    assert {str(r) for r in Role} == set(
        [
            "vision-encoder",
            "language-model",
            "audio-encoder",
            "base",
            "component",
            "adapter",
            "merge",
            "quantised",
            "distilled",
            "source",
            "subset",
            "part",
            "version",
            "family",
            "filtered",
            "annotated",
            "generated-by",
        ]
    )
    assert [str(p) for p in IDENTIFIERS] == ["arxiv", "doi", "acl", "openreview"]


def test_a_claim_cannot_be_changed_once_made() -> None:
    claim = relation((Kind.MODEL, Kind.DATASET), Relation.TRAINED_ON)
    with pytest.raises(FrozenInstanceError):
        claim.line = 8  # type: ignore[misc]
    with pytest.raises(TypeError):
        RELATIONS[Relation.CITES] = RELATIONS[Relation.ABOUT]  # type: ignore[index]
