"""Questions over a graph: who trained on what, with the lines that say so, and never a guess."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingest.load import ingest_file
from kg.errors import InputError, NotFoundError
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Stance
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.answers import Answers, get_entity
from queries.ask import EXAMPLES, ask
from queries.export import claim_record, iter_claim_records, iter_entity_records, shown_value
from queries.show import get_sight
from queries.training import coverage_of, find_models_using, find_training_data

LISTS = Path(__file__).resolve().parents[1] / "ingest" / "lists"
TRAINING_SETS = "multimodal-llm-training-sets.md"


@pytest.fixture(scope="module")
def lists() -> Iterator[Store]:
    """Give a store of the bundled lists; not to be changed."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        for file in sorted(LISTS.iterdir()):
            ingest_file(opened, file, name=file.name)
        yield opened


@pytest.fixture
def graph() -> Iterator[Store]:
    """Give an empty store in memory."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


def trained(model: str, dataset: str | None, line: int = 1, **said: Any) -> Claim:
    target = Name(Kind.DATASET, dataset) if dataset else None
    said.setdefault("qualifiers", {"stage": "unknown"})
    quote = f"{model} | {dataset}"
    return Claim(Name(Kind.MODEL, model), Relation.TRAINED_ON, line, quote, target, **said)


def undisclosed(model: str, line: int = 1) -> Claim:
    return trained(model, None, line, stance=Stance.UNDISCLOSED)


def sized(name: str, text: str, line: int = 1, **more: Any) -> Claim:
    return Claim(Name(Kind.DATASET, name), Property.SIZE, line, text, values={"text": text}, **more)


def put(store: Store, *claims: Claim, source: str = "a") -> None:
    store.load(source, "markdown", f"{source} {len(claims)}", Reading(claims))


def names(found: Answers) -> list[str]:
    return [answer.name for answer in found.answers]


def lines(found: Answers) -> dict[str, list[tuple[str, int]]]:
    return {a.name: [(e.source, e.line) for e in a.evidence] for a in found.answers}


# ---------------------------------------------------------------------- the demo question


def test_the_models_that_use_llava_665k_are_llava_1_5_and_video_llama2(lists: Store) -> None:
    found = ask(lists, "which models use LLaVA-665K")
    assert lines(found) == {
        "LLaVA-1.5": [(TRAINING_SETS, 105)],
        "Video-LLaMA2": [(TRAINING_SETS, 186)],
    }
    assert all(a.kind is Kind.MODEL and a.how == "direct" for a in found.answers)
    assert [a.attributes["stage"] for a in found.answers] == ["sft", "sft"]


def test_the_evidence_is_what_stands_on_that_line(lists: Store) -> None:
    text = (LISTS / TRAINING_SETS).read_text(encoding="utf-8").split("\n")
    for answer in ask(lists, "which models use LLaVA-665K").answers:
        for line in answer.evidence:
            assert answer.name in text[line.line - 1]
            assert "665k" in text[line.line - 1].casefold()
            assert "665k" in line.quote.casefold()
            assert 0 < line.confidence <= 1


@pytest.mark.parametrize(
    "question",
    [
        "Which models use LLaVA-665K?",
        "which models used llava-665k",
        "which models use the LLaVA-Instruct-665K dataset",
        "what models use LLaVA 665K",
        "models trained on LLaVA-665K",
        "Which models were trained on LLaVA-665K?",
        "which models are trained with llava_665k",
        "which models have been trained on LLaVA-665K",
        "which MLLMs were fine-tuned on LLaVA-665K",
        "list all models that use LLaVA-665K",
        "show the models using LLaVA-665K",
        "who uses LLaVA-665K",
        "who trained on LLaVA-665K",
        "  which   models use  “LLaVA-665K” ?  ",
        "which models use llava_v1_5_mix665k",
        "which models use dataset:llava-instruct-665k",
    ],
)
def test_the_question_may_be_put_in_other_words(lists: Store, question: str) -> None:
    found = ask(lists, question)
    assert names(found) == ["LLaVA-1.5", "Video-LLaMA2"]
    assert found.question == question
    assert "LLaVA-Instruct-665K" in found.understood


@pytest.mark.parametrize(
    "question",
    [
        "what was Video-LLaMA2 trained on",
        "What was Video-LLaMA2 trained on?",
        "what data was VideoLLaMA2 trained on",
        "which datasets was video-llama2 trained on",
        "which data did Video-LLaMA2 use",
        "what datasets does Video-LLaMA2 use",
        "training data of Video-LLaMA2",
        "the training data for Video-LLaMA2",
        "what was Video-LLaMA2 fine-tuned on",
    ],
)
def test_the_question_for_training_data_may_be_put_in_other_words(
    lists: Store, question: str
) -> None:
    found = ask(lists, question)
    assert {"LLaVA-Instruct-665K", "Webvid-10M", "Panda-70M"} <= set(names(found))
    stages = {a.name: a.attributes["stage"] for a in found.answers}
    assert stages["Webvid-10M"] == "pretrain"
    assert stages["LLaVA-Instruct-665K"] == "sft"
    assert {e for a in found.answers for e in [(x.source, x.line) for x in a.evidence]} == {
        (TRAINING_SETS, 186)
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_has_an_answer_on_the_bundled_lists(lists: Store, example: str) -> None:
    assert ask(lists, example).answers


# ---------------------------------------------------------------------- no guess


@pytest.mark.parametrize(
    "question",
    [
        "why is the sky blue",
        "LLaVA-665K",
        "which models",
        "which models use",
        "which datasets are large",
        "who likes Visual Instruction Tuning",
        "when was LLaVA-1.5 published",
        "which models do not use LLaVA-665K",
        "which models never use LLaVA-665K",
        "which models not trained on LLaVA-665K",
        "models hardly trained on LLaVA-665K",
        "compare LLaVA-1.5 with the weather",
        "delete LLaVA-665K",
    ],
)
def test_a_question_that_cannot_be_read_is_refused_with_examples(
    lists: Store, question: str
) -> None:
    with pytest.raises(InputError) as caught:
        ask(lists, question)
    assert repr(question) in str(caught.value)
    for example in EXAMPLES:
        assert example in str(caught.value)


@pytest.mark.parametrize("question", ["who trained ShareGPT4V", "what trained ShareGPT4V"])
def test_who_trained_a_model_is_not_read_as_who_trained_on_a_dataset(
    lists: Store, question: str
) -> None:
    # ShareGPT4V is a model and a dataset; those who trained the model are not in the graph.
    with pytest.raises((InputError, NotFoundError)):
        ask(lists, question)


@pytest.mark.parametrize(
    "question",
    [
        "which models use No-Such-Dataset-7",
        "what was LLaVA-Instruct-665K trained on",
    ],
)
def test_a_name_that_is_not_known_is_not_replaced_by_a_known_one(
    lists: Store, question: str
) -> None:
    with pytest.raises(NotFoundError) as caught:
        ask(lists, question)
    assert caught.value.name
    assert caught.value.name in question
    assert repr(caught.value.name) in str(caught.value)


def test_an_unknown_name_comes_with_the_nearest_known_ones(lists: Store) -> None:
    with pytest.raises(NotFoundError, match="did you mean") as caught:
        ask(lists, "which models use LLaVA-Instruct-66K")
    assert caught.value.nearest[0] == "LLaVA-Instruct-665K"
    assert len(caught.value.nearest) <= 3
    for name in caught.value.nearest:
        assert any(e.kind in (Kind.DATASET, Kind.MODEL) for e in lists.find_entities(name))


def test_a_name_of_another_kind_is_told_as_such(lists: Store) -> None:
    with pytest.raises(NotFoundError, match="there is a dataset of that name"):
        ask(lists, "what was LLaVA-Instruct-665K trained on")


@pytest.mark.parametrize("question", ["", "?", " ... "])
def test_no_question_is_told_as_such(lists: Store, question: str) -> None:
    with pytest.raises(InputError, match="there is no question"):
        ask(lists, question)


def test_what_nothing_explains_is_named(lists: Store) -> None:
    with pytest.raises(InputError, match="nothing explains 'frobs', 'grokked'"):
        ask(lists, "which frobs are grokked")


def test_models_made_with_a_model_use_it(lists: Store) -> None:
    found = ask(lists, "which models use Vicuna")
    assert "LLaVA-1.5" in names(found)
    assert found.understood == "models DERIVED_FROM Vicuna"
    assert names(ask(lists, "which LLM does Otter use")) == ["MPT"]


def test_whether_a_model_uses_a_dataset_is_answered_with_the_line(lists: Store) -> None:
    found = ask(lists, "does LLaVA-1.5 use LLaVA-665K")
    assert names(found) == ["LLaVA-1.5"]
    assert found.answers[0].evidence
    assert names(ask(lists, "is LLaVA-665K used by LLaVA-1.5")) == ["LLaVA-1.5"]
    assert ask(lists, "does Otter use CC3M").answers == ()


def test_papers_by_an_author_and_authors_of_a_paper(lists: Store) -> None:
    assert "Visual Instruction Tuning" in names(ask(lists, "papers by Haotian Liu"))
    assert names(ask(lists, "who wrote Visual Instruction Tuning"))[0] == "Haotian Liu"
    both = ask(lists, "papers by Haotian Liu and Yong Jae Lee")
    assert {e.source for a in both.answers for e in a.evidence}


def test_a_stage_narrows_what_was_used_and_by_whom(graph: Store) -> None:
    put(
        graph,
        trained("LLaVA", "CC3M", 1, qualifiers={"stage": "pretrain"}),
        trained("LLaVA", "VQAv2", 2, qualifiers={"stage": "sft"}),
        trained("Otter", "CC3M", 3, qualifiers={"stage": "sft"}),
    )
    assert names(ask(graph, "what was LLaVA trained on in the sft stage")) == ["VQAv2"]
    assert names(ask(graph, "which models use CC3M for pretraining")) == ["LLaVA"]
    assert names(ask(graph, "what datasets are used for SFT")) == ["CC3M", "VQAv2"]


def test_a_model_without_a_record_names_its_recorded_variants(graph: Store) -> None:
    year = Claim(Name(Kind.MODEL, "Apollo"), Property.YEAR, 2, "2024", values={"text": "2024"})
    put(graph, trained("Apollo-7B", "CC3M", 1), year)
    found = ask(graph, "what was Apollo trained on")
    assert found.answers == ()
    assert found.remark == "recorded of its variants: Apollo-7B"


# ---------------------------------------------------------------------- answers


def test_a_name_of_several_kinds_is_told(graph: Store) -> None:
    put(graph, trained("ShareGPT4V", "ShareGPT4V"), trained("LLaVA", "ShareGPT4V"))
    found = ask(graph, "which models use ShareGPT4V")
    assert names(found) == ["LLaVA", "ShareGPT4V"]
    assert "for the model ShareGPT4V give model:sharegpt4v" in found.remark
    assert ask(graph, "what was LLaVA trained on").remark == ""


def test_an_answer_holds_all_stages_amounts_and_lines(graph: Store) -> None:
    stated = [
        trained("LLaVA", "CC3M", 1, qualifiers={"stage": "pretrain"}),
        trained("LLaVA", "CC3M", 2, values={"amount": {"text": "595K"}}),
        trained("LLaVA", "cc-3m", 3, qualifiers={"stage": "sft"}),
    ]
    put(graph, *stated)
    (answer,) = find_models_using(graph, "CC3M").answers
    assert answer.attributes == {"stage": ["pretrain", "sft"], "amount": {"text": "595K"}}
    assert [e.line for e in answer.evidence] == [1, 2, 3]
    assert [e.quote for e in answer.evidence] == [c.quote for c in stated]


def test_a_stage_that_nobody_knows_is_unknown(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M"))
    (answer,) = find_models_using(graph, "CC3M").answers
    assert answer.attributes == {"stage": "unknown"}


def test_what_a_source_denies_is_no_answer(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M"), trained("Otter", "CC3M", stance=Stance.DENIES))
    assert names(find_models_using(graph, "CC3M")) == ["LLaVA"]
    assert names(find_training_data(graph, "Otter")) == []


def test_what_a_forgotten_source_said_is_no_answer(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M"), source="a")
    put(graph, trained("Otter", "CC3M"), source="b")
    graph.forget("b")
    assert names(find_models_using(graph, "CC3M")) == ["LLaVA"]


def test_a_known_name_with_nothing_recorded_has_no_answer_and_is_no_error(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M"), sized("SBU", "1M"))
    found = find_models_using(graph, "SBU")
    assert names(found) == []
    assert found.coverage is not None
    assert (found.coverage.with_record, found.coverage.of) == (1, 1)


def test_not_disclosed_and_none_are_told_apart_from_nothing_recorded(graph: Store) -> None:
    put(
        graph,
        undisclosed("GPT-4V", 1),
        trained("CLIP", None, 2, stance=Stance.DENIES),
        trained("LLaVA", "CC3M", 3),
        Claim(Name(Kind.MODEL, "Otter"), Property.PARAMETERS, 4, "7B", values={"text": "7B"}),
    )
    remarks = {}
    for model in ("GPT-4V", "CLIP", "Otter", "LLaVA"):
        found = ask(graph, f"what was {model} trained on")
        assert names(found) == (["CC3M"] if model == "LLaVA" else [])
        remarks[model] = found.remark
    assert "not disclosed" in remarks["GPT-4V"]
    assert "there are none" in remarks["CLIP"]
    assert remarks["Otter"] == remarks["LLaVA"] == ""


def test_a_source_that_discloses_some_and_not_the_rest_is_told(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M", 1), undisclosed("LLaVA", 2))
    found = ask(graph, "what was LLaVA trained on")
    assert names(found) == ["CC3M"]
    assert "not disclosed" in found.remark


# ---------------------------------------------------------------------- coverage


def test_the_coverage_is_the_models_with_training_data_of_all_models(graph: Store) -> None:
    put(
        graph,
        trained("LLaVA", "CC3M", 1),
        trained("llava", "SBU", 2),
        trained("Otter", "MIMIC-IT", 3),
        Claim(Name(Kind.MODEL, "Blip"), Property.PARAMETERS, 4, "7B", values={"text": "7B"}),
        Claim(
            Name(Kind.MODEL, "Blip"),
            Relation.DERIVED_FROM,
            5,
            "q",
            Name(Kind.MODEL, "Vicuna"),
            {"role": "language-model"},
        ),
    )
    put(graph, trained("LLaVA", "CC12M", 1), source="b")
    coverage = coverage_of(graph, Relation.TRAINED_ON)
    assert (coverage.with_record, coverage.of) == (2, 4)
    assert coverage.what == "models with recorded training data"
    assert find_models_using(graph, "CC3M").coverage == coverage
    assert find_training_data(graph, "Blip").coverage == coverage
    graph.forget("a")
    assert (
        coverage_of(graph, Relation.TRAINED_ON).with_record,
        coverage_of(graph, Relation.TRAINED_ON).of,
    ) == (1, 1)


def test_training_data_that_are_not_disclosed_are_no_recorded_training_data(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M", 1), undisclosed("GPT-4V", 2))
    coverage = coverage_of(graph, Relation.TRAINED_ON)
    assert (coverage.with_record, coverage.of) == (1, 2)


def test_an_empty_graph_covers_nothing(graph: Store) -> None:
    coverage = coverage_of(graph, Relation.TRAINED_ON)
    assert (coverage.with_record, coverage.of) == (0, 0)


def test_the_coverage_of_the_bundled_lists_is_that_of_their_claims(lists: Store) -> None:
    claims = list(iter_claim_records(lists))
    trained_ = {
        str(c["subject"]["id"])  # type: ignore[index, call-overload]
        for c in claims
        if c["relation"] == "TRAINED_ON" and c["stance"] == "states"
    }
    coverage = coverage_of(lists, Relation.TRAINED_ON)
    assert coverage.with_record == len(trained_)
    assert coverage.of == sum(1 for e in iter_entity_records(lists) if e["kind"] == "model")


# ---------------------------------------------------------------------- one thing


def test_a_name_is_taken_as_the_best_of_the_kinds_asked_for(graph: Store) -> None:
    put(graph, trained("ShareGPT4V", "ShareGPT4V"))
    entity, remark = get_entity(graph, "sharegpt-4v", Kind.DATASET, Kind.MODEL)
    assert entity.kind is Kind.DATASET
    assert "model ShareGPT4V" in remark
    assert get_entity(graph, "ShareGPT4V", Kind.MODEL)[0].kind is Kind.MODEL
    assert get_entity(graph, "model:sharegpt4v")[0].kind is Kind.MODEL
    with pytest.raises(NotFoundError, match="no paper called"):
        get_entity(graph, "ShareGPT4V", Kind.PAPER)


def test_everything_about_a_thing_is_shown_in_both_directions(graph: Store) -> None:
    put(
        graph,
        trained("LLaVA", "CC3M", 1),
        sized("CC3M", "3M", 2),
        Claim(Name(Kind.PAPER, "A Paper"), Relation.INTRODUCES, 3, "q", Name(Kind.DATASET, "CC3M")),
        Claim(
            Name(Kind.DATASET, "CC3M"),
            Relation.DERIVED_FROM,
            4,
            "q",
            Name(Kind.DATASET, "Common Crawl"),
            {"role": "source"},
        ),
        Claim(
            Name(Kind.DATASET, "CC3M"), Property.ALIAS, 5, "q", values={"text": "Google Captions"}
        ),
        trained("Otter", "MIMIC-IT", 6),
    )
    sight = get_sight(graph, "google captions")
    assert sight.entity.name == "CC3M"
    assert {name: [c.claim.line for c in cs] for name, cs in sight.properties.items()} == {
        "size": [2],
        "alias": [5],
    }
    assert {name: [c.claim.line for c in cs] for name, cs in sight.outgoing.items()} == {
        "DERIVED_FROM": [4]
    }
    assert {name: [c.claim.line for c in cs] for name, cs in sight.incoming.items()} == {
        "TRAINED_ON": [1],
        "INTRODUCES": [3],
    }
    assert dict(sight.reasons) == {
        "CC3M": "written so",
        "Google Captions": "stated as another name",
    }


# ---------------------------------------------------------------------- exports


def test_an_exported_claim_says_who_says_what_and_where(graph: Store) -> None:
    put(
        graph,
        trained(
            "LLaVA",
            "CC3M",
            7,
            qualifiers={"stage": "sft"},
            values={"amount": {"text": "3M", "value": 3e6, "unit": "samples"}},
            extractor="table",
            confidence=0.5,
        ),
    )
    (stored,) = graph.iter_claims()
    assert claim_record(stored) == {
        "subject": {"id": "model:llava", "kind": "model", "name": "LLaVA", "as_written": "LLaVA"},
        "relation": "TRAINED_ON",
        "object": {"id": "dataset:cc3m", "kind": "dataset", "name": "CC3M", "as_written": "CC3M"},
        "attributes": {
            "stage": "sft",
            "amount": {"text": "3M", "value": 3e6, "unit": "samples"},
        },
        "stance": "states",
        "confidence": 0.5,
        "source": "a",
        "line": 7,
        "quote": "LLaVA | CC3M",
        "extractor": "table",
    }


def test_an_absent_object_is_exported_with_null_id_and_name(graph: Store) -> None:
    put(graph, undisclosed("GPT-4V"))
    (record,) = iter_claim_records(graph)
    assert record["object"] == {"id": None, "kind": None, "name": None, "as_written": None}
    assert record["stance"] == "undisclosed"


def test_the_value_shown_is_the_one_most_sources_give(graph: Store) -> None:
    put(graph, sized("CC3M", "595K", 1), sized("CC3M", "595K", 2), sized("CC3M", "595K", 3))
    put(graph, sized("CC3M", "3M"), source="b")
    put(graph, sized("CC3M", "3M"), source="c")
    (entity,) = iter_entity_records(graph)
    assert entity["properties"] == {"size": "3M"}


def test_among_equally_many_sources_the_more_certain_value_is_shown(graph: Store) -> None:
    put(graph, sized("CC3M", "1M", confidence=0.4), source="a")
    put(graph, sized("CC3M", "3M", confidence=0.9), source="b")
    claims = list(graph.iter_claims())
    assert shown_value(claims) == shown_value(claims[::-1]) == "3M"
    put(graph, sized("CC3M", "1M", confidence=0.9), source="a")
    claims = list(graph.iter_claims())
    assert shown_value(claims) == shown_value(claims[::-1]) == "1M"


def test_the_confidence_of_a_value_is_that_of_its_surest_source(graph: Store) -> None:
    put(
        graph,
        sized("CC3M", "3M", 1, confidence=0.9),
        sized("CC3M", "3M", 2, confidence=0.1),
        sized("CC3M", "1M", 3, confidence=0.5),
    )
    claims = list(graph.iter_claims())
    assert shown_value(claims) == shown_value(claims[::-1]) == "3M"


def test_a_stub_is_a_thing_that_others_name_and_nothing_describes(graph: Store) -> None:
    put(graph, trained("LLaVA", "CC3M"), trained("LLaVA", "SBU"), sized("SBU", "1M"))
    assert {e["name"]: e["stub"] for e in iter_entity_records(graph)} == {
        "LLaVA": False,
        "CC3M": True,
        "SBU": False,
    }


def test_the_export_of_the_bundled_lists_refers_only_to_its_own_entities(lists: Store) -> None:
    known = {str(e["id"]): e["kind"] for e in iter_entity_records(lists)}
    for claim in iter_claim_records(lists):
        for end in (claim["subject"], claim["object"]):
            assert isinstance(end, dict)
            if end["id"] is not None:
                assert known[str(end["id"])] == end["kind"]
        source = LISTS / str(claim["source"])
        line = claim["line"]
        assert isinstance(line, int)
        assert 1 <= line <= len(source.read_text(encoding="utf-8").split("\n"))


def derived(model: str, base: str, line: int, role: str = "base") -> Claim:
    subject, target = Name(Kind.MODEL, model), Name(Kind.MODEL, base)
    quote = f"{model} | {base}"
    return Claim(subject, Relation.DERIVED_FROM, line, quote, target, {"role": role})


@pytest.mark.parametrize(
    "tail", [", also inherited from a base model", " or through its components", ", inherited too"]
)
def test_inherited_uses_are_told_only_when_asked_for(graph: Store, tail: str) -> None:
    put(
        graph,
        trained("Vicuna", "ShareGPT", 1),
        derived("LLaVA", "Vicuna", 2, "language-model"),
        derived("LLaVA-Med", "LLaVA", 3),
        trained("LLaVA", "CC3M", 4),
    )
    assert list(ask(graph, "which models use ShareGPT").indirect) == []
    found = ask(graph, f"which models use ShareGPT{tail}")
    assert names(found) == ["Vicuna"]
    assert [(a.name, a.how) for a in found.indirect] == [
        ("LLaVA", "inherited from Vicuna"),
        ("LLaVA-Med", "inherited from Vicuna → LLaVA"),
    ]
    data = ask(graph, f"what was LLaVA-Med trained on{tail}")
    assert data.answers == ()
    assert [(a.name, a.how) for a in data.indirect] == [
        ("CC3M", "inherited from LLaVA"),
        ("ShareGPT", "inherited from Vicuna → LLaVA"),
    ]
    assert [e.line for e in data.indirect[1].evidence] == [1, 2]
