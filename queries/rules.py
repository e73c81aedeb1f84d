"""What a question of each form asks for: a list of rules, the first that fits answers.

A rule returns None where the question is not of its form. It must have a place for every name and
every meaning in the question: what it would have to leave out is not its question.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from kg.model import Kind, Property, Relation, Role, Stage
from kg.moments import parse_moment
from kg.store import Entity, Store
from queries.answers import Answer, Answers, Evidence, get_entity
from queries.changes import find_changes
from queries.compare import comparable, compare_things
from queries.conditions import DESCRIBING, Bound, Wanted, value_tokens
from queries.contradictions import find_differing
from queries.english import (
    Question,
    Slot,
)
from queries.lineage import (
    answers_of,
    coverage_of_origins,
    family_of,
    follow,
    things_by_role,
)
from queries.listing import Conditions, find_things
from queries.papers import (
    find_authors,
    find_by_read_mark,
    find_citations,
    find_introduced,
    find_introducing,
    find_papers_by,
    find_papers_on,
    find_shared_papers,
    find_unread_behind,
    find_values,
)
from queries.review import evidence_of_name
from queries.training import (
    add_heirs,
    add_inherited_data,
    find_data_by_stage,
    find_models_by_stage,
    find_models_using,
    find_models_using_data_from,
    find_overlap,
    find_shared_data,
    find_training_data,
    find_use,
)

_LISTED = {"models": Kind.MODEL, "data": Kind.DATASET, "papers": Kind.PAPER}
_DESCRIPTIONS = {
    "preference": frozenset(("preference", "rlhf", "dpo", "reward")),
    "sft": frozenset(("instruction", "sft", "supervised")),
    "pretrain": frozenset(("pretraining", "pre-training", "pretrain")),
    "alignment": frozenset(("alignment",)),
}
"""Words for what data are for, as headings and tables write it."""
_LISTING = (
    *_LISTED, *_DESCRIPTIONS, "section", "about", "documents", "mark", "read", "unread", "come", "not", "both",
    "reference", "only", "@licence", "@venue", "@year", "@date", "%state:to-read", "%state:reading", "%state:skipped",
)  # fmt: skip
"""Meanings that a question for things of a kind may have."""


def listed_kind(asked: Question) -> Kind | None:
    """Return the kind of things that a question asks to list by what is said of them."""
    kinds = [kind for word, kind in _LISTED.items() if asked.has(word)]
    only_topics = all(s.of(Kind.TOPIC) for s in asked.slots)
    return kinds[0] if len(kinds) == 1 and only_topics and _rest_is(asked, *_LISTING) else None


# -- the rules: each returns None where the question is not of its form -------------------------


def _rest_is(asked: Question, *allowed: str) -> bool:
    """Whether nothing else is said than these meanings."""
    return {m for _, m in asked.meanings} <= set(allowed)


def _values(store: Store, asked: Question) -> Answers | None:
    """'What is the arXiv id of the ShareGPT4V paper', 'how big is CC3M'."""
    properties = asked.marked("@")
    if len(properties) != 1 or len(asked.slots) != 1:
        return None
    if not _rest_is(
        asked, f"@{properties[0]}", "papers", "models", "data", "difference", "documents", "where"
    ):
        return None
    predicate = Property(properties[0])
    thing = _thing_with(store, asked, predicate)
    return find_values(store, thing, predicate)


_OF_PAPERS = (Property.ARXIV, Property.DOI, Property.VENUE, Property.YEAR)


def _thing_with(store: Store, asked: Question, predicate: Property) -> Entity:
    """Return the thing of a name that a property is asked of; of a paper where it is a paper's."""
    slot = asked.slots[0]
    of_paper = asked.has("papers") or predicate in _OF_PAPERS
    if of_paper:
        papers = _papers_of(store, slot)
        if papers:
            return papers[0]
    order: tuple[Kind, ...] = (Kind.DATASET, Kind.MODEL, Kind.PAPER)
    if asked.has("models") or predicate is Property.PARAMETERS:
        order = (Kind.MODEL, Kind.DATASET, Kind.PAPER)
    return slot.of(*order)[0]


def _papers_of(store: Store, slot: Slot) -> list[Entity]:
    """Return the papers of a name, and those that introduce what else it stands for."""
    papers = slot.of(Kind.PAPER)
    for thing in slot.of(Kind.MODEL, Kind.DATASET):
        for answer in find_introducing(store, thing).answers:
            papers += store.find_entities(answer.id)
    return papers


def _read_marks(store: Store, asked: Question) -> Answers | None:
    """'Which papers are unread', 'papers marked as read'."""
    if asked.slots or not asked.any("unread", "read"):
        return None
    if not asked.any("papers", "unread") or not _rest_is(
        asked, "papers", "unread", "read", "mark", "documents"
    ):
        return None
    is_read = asked.has("read") and not asked.has("unread")
    return find_by_read_mark(store, read=is_read)


def _shared_papers(store: Store, asked: Question) -> Answers | None:
    """'Which papers of the tutorial's references occur in the other documents too'."""
    if len(asked.documents) != 1 or asked.slots:
        return None
    if not asked.has("reference", "other") or not _rest_is(
        asked, "papers", "reference", "other", "documents", "both", "cite"
    ):
        return None
    return find_shared_papers(store, asked.documents[0])


def _on_topic(store: Store, asked: Question) -> Answers | None:
    """'Which papers does the tutorial list under More Modalities', 'papers about agents'."""
    topics = [e for s in asked.slots for e in s.of(Kind.TOPIC)]
    if not topics or not asked.has("papers") or len(asked.slots) != 1:
        return None
    if not _rest_is(asked, "papers", "section", "about", "documents", "reference"):
        return None
    return find_papers_on(store, topics, sources=asked.documents)


def _role(asked: Question) -> Role | None:
    roles = asked.marked("#")
    if len(roles) == 1 and roles[0] != "component":
        return Role(roles[0])
    return Role.LANGUAGE_MODEL if asked.has("language-model") else None


def _components(store: Store, asked: Question) -> Answers | None:
    """'Which models use Vicuna as language model', 'what vision encoder does LLaVA use'."""
    if len(asked.slots) != 1 or not (asked.marked("#") or asked.has("language-model")):
        return None
    roles = [f"#{r}" for r in asked.marked("#")]
    if not _rest_is(asked, *roles, "language-model", "models", "use", "derive", "come"):
        return None
    things = asked.slots[0].of(Kind.MODEL)
    if not things:
        return None
    role = _role(asked)
    users = asked.has("models")
    answers = things_by_role(store, things[0], role, users=users)
    named = f" as {role}" if role else ""
    understood = (
        f"models DERIVED_FROM {things[0].name}{named}"
        if users
        else f"what {things[0].name} is DERIVED_FROM{named}"
    )
    return Answers(asked.text, understood, answers, coverage_of_origins(store))


def _generated(store: Store, asked: Question) -> Answers | None:
    """'Which datasets were generated by GPT-4', 'datasets made by a model of the GPT-4 family'."""
    makers = [e for s in asked.slots for e in s.of(Kind.MODEL)]
    if not makers or len(makers) != len(asked.slots) or not asked.has("data"):
        return None
    if not asked.any("generate", "come") or not _rest_is(
        asked, "data", "generate", "come", "family", "models", "other", "use"
    ):
        return None
    if asked.has("family"):
        makers = list({m.id: m for head in makers for m in family_of(store, head)}.values())
    steps = follow(
        store,
        [m.id for m in makers],
        up=False,
        roles=(Role.GENERATED_BY,),
        kind=Kind.DATASET,
        depth=1,
    )
    family = f" or its family ({len(makers)} members known)" if asked.has("family") else ""
    understood = f"datasets generated by {asked.slots[0].text}{family}"
    answers = tuple(replace(a, how="direct") for a in answers_of(steps, verb="through"))
    return Answers(asked.text, understood, answers, coverage_of_origins(store))


def _data_from(store: Store, asked: Question) -> Answers | None:
    """'Which models were trained on data that comes from ActivityNet'."""
    if len(asked.slots) != 1 or not asked.has("models", "data"):
        return None
    if not asked.any("come", "derive", "generate") or not asked.any("train", "use"):
        return None
    if not _rest_is(
        asked, "models", "data", "come", "derive", "generate", "train", "use", "through"
    ):
        return None
    found = asked.slots[0].of(Kind.DATASET)
    return find_models_using_data_from(store, found[0]) if found else None


def _lineage(store: Store, asked: Question) -> Answers | None:
    """'From which models is Otter derived', 'descendants of Vicuna', 'what is CC12M made from'."""
    if len(asked.slots) != 1 or not asked.any("derive", "ancestors", "descendants", "come"):
        return None
    if not _rest_is(
        asked,
        "derive",
        "ancestors",
        "descendants",
        "models",
        "data",
        "through",
        "other",
        "come",
        "where",
    ):
        return None
    slot = asked.slots[0]
    kinds = (Kind.DATASET, Kind.MODEL) if asked.has("data") else (Kind.MODEL, Kind.DATASET)
    thing = slot.of(*kinds)
    if not thing:
        return None
    up = asked.has("ancestors") or (
        not asked.has("descendants") and slot.at < asked.where("derive", "come")
    )
    start, kind = thing[0], Kind.MODEL if asked.has("models") else None
    steps = follow(store, [start.id], up=up, kind=kind)
    far = asked.has("through") or asked.any("ancestors", "descendants")
    answers = answers_of(steps, verb="through")
    direct = tuple(a for a in answers if a.how == "direct")
    understood = (
        f"what {start.name} is DERIVED_FROM" if up else f"what is DERIVED_FROM {start.name}"
    ) + (", directly or through others" if far else "")
    indirect = () if far else tuple(a for a in answers if a.how != "direct")
    shown = answers if far else direct
    return Answers(asked.text, understood, shown, coverage_of_origins(store), "", indirect)


def _family(store: Store, asked: Question) -> Answers | None:
    """'Which models belong to the Qwen-VL family'."""
    if (
        len(asked.slots) != 1
        or not asked.has("family")
        or not _rest_is(asked, "family", "models", "data", "derive")
    ):
        return None
    heads = asked.slots[0].of(
        *((Kind.DATASET,) if asked.has("data") else (Kind.MODEL, Kind.DATASET))
    )
    if not heads:
        return None
    members = sorted(family_of(store, heads[0]), key=lambda e: (e.name.casefold(), e.id))
    answers = tuple(
        Answer(e.id, e.kind, e.name, "direct", {}, _lines_of(store, e)) for e in members
    )
    understood = f"members of the family {heads[0].name}, by what lists say and by their names"
    return Answers(asked.text, understood, answers)


def _lines_of(store: Store, entity: Entity) -> tuple[Evidence, ...]:
    name = next(iter(store.iter_names(of=entity.id)))
    return evidence_of_name(store, name, 2)


def _unread_behind(store: Store, asked: Question) -> Answers | None:
    """'Unread papers that introduce datasets LLaVA-1.5 was trained on'."""
    models = [e for s in asked.slots for e in s.of(Kind.MODEL)]
    if len(asked.slots) != 1 or not models:
        return None
    if not asked.has("unread", "papers", "introduce") or not asked.any("train", "use"):
        return None
    if not _rest_is(asked, "unread", "papers", "introduce", "data", "train", "use", "mark"):
        return None
    return find_unread_behind(store, models[0])


def _introduced(store: Store, asked: Question) -> Answers | None:
    """'Which paper introduces LLaVA-1.5', 'what does the paper X introduce'."""
    if len(asked.slots) != 1 or not asked.has("introduce"):
        return None
    if not _rest_is(asked, "introduce", "papers", "models", "data"):
        return None
    slot = asked.slots[0]
    things = (
        slot.of(Kind.DATASET, Kind.MODEL)
        if asked.has("data")
        else slot.of(Kind.MODEL, Kind.DATASET)
    )
    if things and (asked.has("papers") or not slot.of(Kind.PAPER)):
        found = [find_introducing(store, t) for t in things]
        best = next((f for f in found if f.answers), found[0])
        return best
    papers = slot.of(Kind.PAPER)
    return find_introduced(store, papers[0]) if papers else None


def _citations(store: Store, asked: Question) -> Answers | None:
    """'Which papers cite LLaVA', 'what does the paper X cite'."""
    if len(asked.slots) != 1 or not asked.any("cite", "reference"):
        return None
    if not _rest_is(asked, "cite", "reference", "papers"):
        return None
    slot = asked.slots[0]
    papers = _papers_of(store, slot)
    if not papers:
        return None
    citing = slot.at >= asked.where("cite")
    return find_citations(store, papers[0], citing=citing)


def _shared_data(store: Store, asked: Question) -> Answers | None:
    """'Which datasets do Video-LLaMA and Valley share'."""
    models = [s.of(Kind.MODEL) for s in asked.slots]
    if len(models) != 2 or not all(models) or not asked.has("both"):
        return None
    if not _rest_is(asked, "both", "data", "train", "use"):
        return None
    return find_shared_data(store, models[0][0], models[1][0])


_STAGES = {
    "preference": Stage.PREFERENCE, "sft": Stage.SFT, "pretrain": Stage.PRETRAIN,
    "alignment": Stage.ALIGNMENT,
}  # fmt: skip


def _by_stage(store: Store, asked: Question) -> Answers | None:
    """'Which models were trained with preference data', 'what datasets are used for SFT'."""
    stages = [s for word, s in _STAGES.items() if asked.has(word)]
    if asked.slots or len(stages) != 1 or not asked.any("models", "use"):
        return None
    if not asked.any("train", "use", "data") or not _rest_is(
        asked, *_STAGES, "models", "data", "train", "use", "through"
    ):
        return None
    by_data = asked.has("data") and not asked.has("models")
    return (find_data_by_stage if by_data else find_models_by_stage)(store, stages[0])


def _overlap(store: Store, asked: Question) -> Answers | None:
    """'Does the training data of X overlap with what it is evaluated on'."""
    models = [e for s in asked.slots for e in s.of(Kind.MODEL)]
    if len(asked.slots) != 1 or not models or not asked.has("both", "evaluate"):
        return None
    if not _rest_is(asked, "both", "evaluate", "train", "data", "use"):
        return None
    return find_overlap(store, models[0])


def _evaluated(store: Store, asked: Question) -> Answers | None:
    """'Which models were evaluated on ScienceQA', 'what was LLaVA evaluated on'."""
    if len(asked.slots) != 1 or not asked.any("evaluate", "score"):
        return None
    if not _rest_is(asked, "evaluate", "score", "models", "data"):
        return None
    slot = asked.slots[0]
    datasets, models = slot.of(Kind.DATASET), slot.of(Kind.MODEL)
    if datasets and (asked.has("models") or not models):
        return find_models_using(store, datasets[0], relation=Relation.EVALUATED_ON)
    return find_training_data(store, models[0], relation=Relation.EVALUATED_ON) if models else None


def _trained(store: Store, asked: Question) -> Answers | None:
    """'Which models use X', '... X but not Y', '... X (also called Y)', 'what was M trained on'."""
    slots = list(asked.slots)
    if not slots or not asked.any("train", "use"):
        return None
    whole = ("whole", "only", "not") if asked.any("whole", "only") else ()
    stages = [s for word, s in _STAGES.items() if asked.has(word)]
    words = ("train", "use", "models", "data", "not", "same", "who", "both", *whole, *_STAGES)
    if not _rest_is(asked, *words) or len(stages) > 1:
        return None
    if not asked.any("use", "data") and not re.search(r"\b(?:on|with|in|for)\b", asked.text, re.I):
        return None  # 'who trained X' asks for people
    if whole:
        slots = slots[:1]  # 'the whole of COCO, not only its captions' is of COCO itself
    is_told_of = len(slots) == 1 and not slots[0].of(Kind.DATASET) and bool(slots[0].of(Kind.MODEL))
    by_models = asked.has("who") or (
        asked.has("models") and not (is_told_of and slots[0].at < asked.where("models"))
    )
    if by_models or (asked.has("use") and not slots[0].of(Kind.MODEL)):
        if len(slots) == 1 and not slots[0].of(Kind.DATASET) and not stages:
            part, _ = get_entity(store, slots[0].text, Kind.DATASET, Kind.MODEL)
            return _users_of_part(store, asked, part)
        if not all(s.of(Kind.DATASET) for s in slots):
            return None
        found = _users(store, asked, slots, bool(whole))
        if found and asked.inherited:
            return add_heirs(store, found)
        return _at_stage(found, stages[0]) if found and stages else found
    if len(slots) != 1 or asked.any("not", "same"):
        return None
    models = slots[0].of(Kind.MODEL)
    stage = stages[0] if stages else None
    found = find_training_data(store, models[0] if models else slots[0].text, stage=stage)
    return add_inherited_data(store, found, models[0]) if asked.inherited else found


def _at_stage(found: Answers, stage: Stage) -> Answers:
    """Keep the users at one stage of training."""

    def is_at(answer: Answer) -> bool:
        told = answer.attributes.get("stage")
        return str(stage) in (told if isinstance(told, list) else [told])

    return replace(
        found,
        understood=f"{found.understood} at stage {stage}",
        answers=tuple(filter(is_at, found.answers)),
        indirect=tuple(filter(is_at, found.indirect)),
    )


def _users_of_part(store: Store, asked: Question, part: Entity) -> Answers:
    """'Which models use SigLIP': those made with a model."""
    answers = things_by_role(store, part, None, users=True)
    understood = f"models DERIVED_FROM {part.name}"
    return Answers(asked.text, understood, answers, coverage_of_origins(store))


def _whether(store: Store, asked: Question) -> Answers | None:
    """'Does LongVA use LCS-558K', 'is CC3M used by Otter'."""
    if len(asked.slots) != 2 or not asked.any("train", "use"):
        return None
    if not _rest_is(asked, "train", "use") or not _IS_WHETHER.match(asked.text):
        return None
    for one, other in (asked.slots, asked.slots[::-1]):
        models, datasets = one.of(Kind.MODEL), other.of(Kind.DATASET)
        if models and datasets:
            return find_use(store, models[0], datasets[0])
    return None


_IS_WHETHER = re.compile(r"\s*(?:does|did|do|is|was|were|has|have)\b", re.I)


def _authors(store: Store, asked: Question) -> Answers | None:
    """'Papers by Ziwei Liu', 'who wrote the LongVA paper', 'authors of Visual Instruction Tuning'."""
    persons = [s.of(Kind.PERSON) for s in asked.slots]
    if persons and all(persons) and asked.has("papers"):
        if _rest_is(asked, "papers", "author", "generate", "both"):
            return find_papers_by(store, [p[0] for p in persons])
        return None
    if len(asked.slots) != 1 or not asked.has("author"):
        return None
    if not _rest_is(asked, "author", "who", "papers", "models", "data"):
        return None
    papers = _papers_of(store, asked.slots[0])
    return find_authors(store, papers[0]) if papers else None


def _users(store: Store, asked: Question, slots: Sequence[Slot], whole: bool) -> Answers | None:
    """Models that use the datasets of some slots: equated, or with others left out."""
    first = [s.of(Kind.DATASET)[0] for s in slots]
    remark = "; ".join(filter(None, (_remark(s, Kind.DATASET) for s in slots)))
    if len(slots) == 1 and (whole or not asked.any("not", "same")):
        found = find_models_using(store, first[0])
    elif asked.has("not") and not asked.has("same"):
        at = asked.where("not")
        inside = [e for s, e in zip(slots, first, strict=True) if s.at <= at]
        outside = [e for s, e in zip(slots, first, strict=True) if s.at > at]
        if len(inside) != 1 or not outside:
            return None
        found = find_models_using(store, inside[0], without=outside)
    elif asked.has("same") or re.search(r"\s/\s", asked.text):
        found = find_models_using(store, *first)
    elif re.search(r"\band\b", asked.text) and len(slots) == 2:
        found = _users_of_both(store, *first)
    else:
        return None
    return replace(found, remark="; ".join(filter(None, (remark, found.remark))))


def _users_of_both(store: Store, a: Entity, b: Entity) -> Answers:
    """Models that were trained on each of two datasets, with the lines of both."""
    one, two = find_models_using(store, a), find_models_using(store, b)
    others = {x.id: x for x in two.answers}
    both = tuple(
        replace(x, attributes={}, evidence=(*x.evidence, *others[x.id].evidence))
        for x in one.answers
        if x.id in others
    )
    understood = f"models TRAINED_ON {a.name} and {b.name}"
    return replace(one, understood=understood, answers=both, indirect=())


def _remark(slot: Slot, taken: Kind) -> str:
    """Say that a name could be another thing as well."""
    others = [e for e in slot.things if e.kind is not taken and e.kind is not Kind.TOPIC]
    chosen = slot.of(taken)
    if not others or not chosen:
        return ""
    listed = ", ".join(f"for the {e.kind} {e.name} give {e.id}" for e in others)
    return f"taken as the {taken} {chosen[0].name} ({chosen[0].id}); {listed}"


def _listing(store: Store, asked: Question, *, is_whole: bool) -> Answers | None:
    """'CVPR 2024 papers about video', 'Chinese datasets under Apache-2.0', 'papers in A but not in B'."""
    kind = listed_kind(asked)
    if kind is None:
        return None
    inside, outside = _documents_asked(asked)
    if asked.has("not") and not outside:
        return None
    described = [(word, also) for word, also in _DESCRIPTIONS.items() if asked.has(word)]
    states = [m.partition(":")[2] for m in asked.marked("%")]
    states += [s for s in ("unread", "read") if asked.has(s)][:1]
    topics = [s for s in asked.slots if s.of(Kind.TOPIC)]
    of_papers = kind is Kind.PAPER
    # What a model or dataset is about stands in its own row as often as in a heading.
    values = asked.values if of_papers else [*asked.values, *map(_as_described, topics)]
    conditions = Conditions(
        tuple(values),
        tuple(_of_kind(b, kind) for b in asked.bounds),
        tuple(described),
        tuple(t for s in topics for t in s.of(Kind.TOPIC)) if of_papers else (),
        inside,
        outside,
        frozenset(states),
        asked.benchmarks,
    )
    is_whole = is_whole or bool(_WHOLE.search(asked.text) or asked.dates)
    if conditions == Conditions() and not is_whole:
        return None
    return find_things(store, kind, conditions)


def _as_described(topic: Slot) -> Wanted:
    tokens = tuple(value_tokens(topic.text, Property.TASK))
    return Wanted(topic.text, tokens, DESCRIBING, (topic.at,))


_WHOLE = re.compile(r"\b(?:all|every|list|show|are there|is there)\b", re.I)


def _documents_asked(asked: Question) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the documents that things must be in, and those that they must not be in."""
    documents = tuple(asked.documents)
    if not asked.has("not") or len(documents) < 2:
        return documents, ()
    if asked.where("not") < asked.documents_at[0]:
        return documents[1:], documents[:1]  # 'not in B but in A'
    return documents[:1], documents[1:]


def _of_kind(bound: Bound, kind: Kind) -> Bound:
    """Read a number that is said of models without a noun as one of parameters."""
    is_size = bound.predicate is Property.SIZE and not bound.unit
    return (
        replace(bound, predicate=Property.PARAMETERS) if is_size and kind is Kind.MODEL else bound
    )


def _comparison(store: Store, asked: Question) -> Answers | None:
    """'HelpSteer vs HelpSteer2: size, date, licence', 'compare CLIP and SigLIP'."""
    marks = asked.marked("@")
    if (
        len(asked.slots) < 2
        or not asked.has("compare")
        or not _rest_is(
            asked,
            "compare",
            "difference",
            "both",
            "models",
            "data",
            "papers",
            *(f"@{m}" for m in marks),
        )
    ):
        return None
    things = comparable([s.things for s in asked.slots])
    return compare_things(store, things, [Property(m) for m in marks]) if things else None


def _changes(store: Store, asked: Question) -> Answers | None:
    """'What changed since Monday', 'what is new since 2026-11-01 in LLaVA-1.5'."""
    first, last = span_asked(asked)
    if not asked.has("change") or not first or len(asked.slots) > 1:
        return None
    if not _rest_is(asked, "change", "documents", "about", "come"):
        return None
    since = datetime.datetime.combine(
        datetime.date.fromisoformat(first), datetime.time.min, datetime.UTC
    )
    until = parse_moment(last) if last else None
    of = asked.slots[0].things[0] if asked.slots else None
    found = find_changes(store, since, until, of=of)
    if asked.documents:
        among = set(asked.documents)
        kept = [a for a in found.answers if any(e.source in among for e in a.evidence)]
        found = replace(found, answers=tuple(kept))
    return found


def _differing(store: Store, asked: Question) -> Answers | None:
    """'Where do sources differ', 'datasets on whose size the lists disagree'."""
    if asked.slots or not asked.has("difference"):
        return None
    marks = asked.marked("@")
    allowed = ("difference", "documents", "come", "where", *_LISTED, *(f"@{m}" for m in marks))
    if not _rest_is(asked, *allowed) or not (marks or asked.any("documents", "come")):
        return None
    kinds = [kind for word, kind in _LISTED.items() if asked.has(word)]
    properties = [Property(m) for m in marks]
    return find_differing(store, properties, kinds[0] if len(kinds) == 1 else None)


_RULES: tuple[Callable[[Store, Question], Answers | None], ...] = (
    _comparison,
    _changes,
    _differing,
    _authors,
    _whether,
    _read_marks,
    _shared_papers,
    _values,
    _on_topic,
    _overlap,
    _components,
    _generated,
    _data_from,
    _shared_data,
    _by_stage,
    _evaluated,
    _unread_behind,
    _introduced,
    _citations,
    _family,
    _lineage,
    _trained,
)
"""In order: the first that fits answers."""


def first_answer(store: Store, asked: Question, *, is_whole: bool) -> Answers | None:
    """Let the first rule answer that the question fits; None where there is none.

    With `is_whole` a question without any condition is one for all things of a kind.
    """
    if asked.inherited:
        return _trained(store, asked)
    if not asked.values and not asked.bounds:
        for rule in _RULES:
            found = rule(store, asked)
            if found is not None:
                return found
    return _listing(store, asked, is_whole=is_whole)


def span_asked(asked: Question) -> tuple[str, str]:
    """Return the first and the last day that all dates of a question leave open, '' for none."""
    return (
        max((d.since for d in asked.dates), default=""),
        min((d.until for d in asked.dates if d.until), default=""),
    )
