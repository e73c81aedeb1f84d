"""Random histories of a store, and everything that a store can be asked: to compare two of them.

A step is chosen once and done to every store, so that all have the same history. What differs
between runs, the moments of loads, is left out of what is compared.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from kg.decisions import Action, State, assertion, name_payload, pair_payload
from kg.errors import KGError
from kg.model import (
    Claim,
    JsonValue,
    Kind,
    Name,
    Property,
    Reading,
    Rejected,
    Relation,
    Remark,
    Stance,
)
from kg.records import PaperRecord
from kg.store import HarvestReport, Store
from queries.ask import ask
from queries.doctor import find_findings
from queries.export import (
    iter_claim_records,
    iter_entity_records,
    iter_property_records,
    to_json_line,
)
from queries.history import get_history
from queries.review import find_reviews
from queries.said import iter_user_lines
from queries.show import get_sight

HF = "https://huggingface.co/datasets/liuhaotian/LLaVA-Instruct-150K"

DATASETS = (
    ("CC3M", "cc-3m", "CC 3M"),
    ("Conceptual Captions", "conceptual captions"),
    ("Google-CC3M",),
    ("LLaVA-Instruct-665K", "llava-instruct-665k"),
    ("llava-665k", "LLaVA-665K"),
    ("LLaVA-Instruct-150K",),
    ("WebGPT", "webgpt"),
    ("OpenAI WebGPT", "openai webgpt"),
    ("Straße-10K", "STRASSE-10K", "straße 10k"),
    ("多模态-1M", "\U0001d53b\U0001d554 set"),
)
MODELS = (("LLaVA", "llava", "Llava"), ("Otter",), ("Chat-UniVi", "chatunivi"), ("UniVi", "univi"))
TITLES = (
    ("Visual Instruction Tuning", "Visual instruction tuning"),
    ("LLaVA: Visual Instruction Tuning",),
    ("CogVLM: Visual Expert",),
    ("arXiv:2304.08485",),
)
ARXIV = ("2304.08485", "2311.03079", "2305.03726")
PLACES = ("", "cs")
ADDRESSES = (
    f"{HF}/blob/main/llava_v1_5_mix665k.json",
    HF,
    "https://huggingface.co/datasets/lab/univi",
    "https://huggingface.co/datasets/openai/webgpt",
    "https://github.com/google/conceptual-captions",
)
NAMES = (
    *(Name(Kind.DATASET, text) for same in DATASETS for text in same),
    *(Name(Kind.MODEL, text) for same in MODELS for text in same),
    *(Name(Kind.PAPER, text) for same in TITLES for text in same),
)
QUESTIONS = (
    "which models use CC3M",
    "which models use llava-665k",
    "what was LLaVA trained on",
    "models trained on CC3M but not on WebGPT",
    "where does Otter come from",
    "what is built on LLaVA",
)


# ---------------------------------------------------------------------- what lists say


def random_reading(rng: random.Random, longest: int = 9) -> Reading:
    """Invent a small list: names in several spellings, with evidence of every sort."""
    claims: list[Claim] = []
    lines = rng.randint(1, longest)
    for line in range(1, lines + 1):
        claims += _random_claims(rng, line)
    rejected = [Rejected(line, f"| {line} |", "no name") for line in range(lines) if line % 4 == 3]
    remarks = [Remark(line, f"why {line}?", "question") for line in range(lines) if line % 5 == 4]
    title, date = rng.choice(["", "A list"]), rng.choice(["", "2024-05"])
    doubted = [replace(c, confidence=0.3) for c in random_texts(rng)]
    return Reading(tuple(claims), tuple(rejected), tuple(remarks), title, date, tuple(doubted))


def random_texts(rng: random.Random, most: int = 2) -> list[Claim]:
    """Invent what is read from the text of a paper: few things, so that papers say the same."""
    models = [Name(Kind.MODEL, text) for text in ("LLaVA", "llava", "Otter", "Only In Text")]
    datasets = [Name(Kind.DATASET, text) for text in ("CC3M", "conceptual captions", "TextSet-9K")]
    papers = [Name(Kind.PAPER, text) for text in (*TITLES[0], "Another Paper Altogether")]
    found = []
    for _ in range(rng.randint(0, most)):
        of, subject, object, qualifiers = rng.choice(
            [
                (Relation.TRAINED_ON, rng.choice(models), rng.choice(datasets), {"stage": "sft"}),
                (Relation.TRAINED_ON, models[0], Name(Kind.DATASET, "our data", "LLaVA"), {}),
                (Relation.INTRODUCES, rng.choice(papers), rng.choice([*models, *datasets]), {}),
                (Relation.DERIVED_FROM, datasets[2], rng.choice(datasets[:2]), {"role": "subset"}),
            ]
        )
        values = {"amount": {"text": "5K", "value": 5000.0}} if rng.random() < 0.2 else {}
        found.append(
            Claim(
                subject, of, rng.randint(1, 3), rng.choice(["We train it.", "We do so."]), object,
                qualifiers, values if of is Relation.TRAINED_ON else {},
                rng.choice([Stance.STATES, Stance.STATES, Stance.DENIES]),
                rng.choice(["text:trained-on", "text:of"]), rng.choice([0.5, 0.85]),
            )
        )  # fmt: skip
    return found


def _random_claims(rng: random.Random, line: int) -> list[Claim]:
    def spelt(pool: Sequence[Sequence[str]]) -> str:
        return rng.choice(rng.choice(pool))

    model, dataset = Name(Kind.MODEL, spelt(MODELS)), Name(Kind.DATASET, spelt(DATASETS))
    paper = Name(Kind.PAPER, spelt(TITLES))
    stage = {"stage": rng.choice(["sft", "pretrain"])}
    amount: dict[str, JsonValue] = {
        "amount": {"text": f"{line}K", "value": line * 1000, "unit": ""}
    }

    def claim(
        subject: Name,
        predicate: Relation | Property,
        object: Name | None = None,
        qualifiers: dict[str, JsonValue] | None = None,
        values: dict[str, JsonValue] | None = None,
        **more: Any,
    ) -> Claim:
        quote = f"{subject.text} | {object.text if object else values}"
        return Claim(
            subject, predicate, line, quote, object, qualifiers or {}, values or {}, **more
        )

    def told(of: Name, predicate: Property, text: str, **more: Any) -> Claim:
        return claim(of, predicate, values={"text": text, **more})

    url = rng.choice(ADDRESSES)
    arxiv = rng.choice(ARXIV)
    return rng.choice(
        [
            [
                claim(model, Relation.TRAINED_ON, dataset, dict(stage), amount),
                claim(model, Relation.TRAINED_ON, Name(Kind.DATASET, spelt(DATASETS)), dict(stage)),
            ],
            [claim(model, Relation.TRAINED_ON, Name(Kind.DATASET, "in-house data", model.text))],
            [claim(model, Relation.TRAINED_ON, stance=Stance.UNDISCLOSED)],
            [claim(model, Relation.TRAINED_ON, dataset, dict(stage), stance=Stance.DENIES)],
            [
                claim(model, Relation.DERIVED_FROM, Name(Kind.MODEL, spelt(MODELS)), {"role": role})
                for role in ("base", "vision-encoder")
            ],
            [claim(paper, Relation.CITES, Name(Kind.PAPER, spelt(TITLES)), confidence=0.5)],
            [claim(paper, Relation.INTRODUCES, rng.choice([model, dataset]))],
            [
                claim(dataset, Property.LINK, None, {"rel": "dataset"}, {"text": url, "own": True}),
                told(dataset, Property.SIZE, f"{rng.randint(1, 3)}K"),
            ],
            [told(dataset, Property.ALIAS, rng.choice([spelt(DATASETS), "Only Stated"]))],
            [
                replace(told(paper, Property.ARXIV, arxiv), extractor=rng.choice(["", "bibtex"])),
                told(paper, Property.YEAR, f"20{arxiv[:2]}"),
            ],
        ]
    )


def random_record(rng: random.Random) -> PaperRecord:
    """Invent a record of arXiv's, also with a title that lists write otherwise."""
    title = rng.choice([*(t for same in TITLES[:3] for t in same), "Another Paper Altogether"])
    versions = tuple((n, f"2023-04-{10 + n}T00:00:00+00:00") for n in range(1, rng.randint(1, 4)))
    return PaperRecord(
        rng.choice([*ARXIV, "2401.00001", "hep-th/9901001", "math/9901001"]),
        title,
        tuple(rng.sample(["Ada Reed", "Ole Marsh", "Bo Lind"], rng.randint(0, 3))),
        tuple(rng.sample(["cs.CV", "cs.CL", "stat.ML"], rng.randint(0, 3))),
        rng.choice(["", "We train a model.\nIt works."]),
        rng.choice(["", "10 pages"]),
        tuple(rng.sample(["10.1000/one", "10.1000/two"], rng.randint(0, 2))),
        rng.choice(["", "J. Irrepr. Res. 5 (2019) 17"]),
        rng.choice(["", "http://creativecommons.org/licenses/by/4.0/"]),
        versions,
        rng.choice(["", "2023-04-11"]),
        "2023-04-12" if len(versions) > 1 else "",
        rng.random() < 0.2,
    )


# ---------------------------------------------------------------------- steps

Step = Callable[[Store], object]
"""Something that is done to a store."""

_versions = count(1)


class History:
    """Chooses steps, given what was done before.

    Parameters
    ----------
    rng : what all is chosen by
    store : one of the stores, to look at before a step is chosen
    """

    def __init__(self, rng: random.Random, store: Store) -> None:
        self._rng = rng
        self._store = store
        self._clock = count(1)

    def step(self) -> tuple[str, Step]:
        """Choose what happens next; give its name and what does it."""
        choices: list[tuple[Callable[[], tuple[str, Step]], int]] = [
            (self._ingest, 8),
            (self._move_lines, 2),
            (self._forget, 3),
            (self._rename, 2),
            (self._copy, 2),
            (self._decide, 5),
            (self._undo, 3),
            (self._review, 2),
            (self._say, 5),
            (self._harvest, 4),
            (self._read_texts, 2),
            (self._follow, 1),
        ]
        actions, weights = zip(*choices, strict=True)
        chosen: Callable[[], tuple[str, Step]] = self._rng.choices(actions, weights)[0]
        return chosen()

    def _sources(self, *, current: bool = True) -> list[str]:
        found = self._store.sources()
        return [s.id for s in found if s.id != "you" and not (current and s.is_forgotten)]

    def _at(self) -> str:
        n = next(self._clock)
        return f"2026-11-21T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}+00:00"

    def _ingest(self) -> tuple[str, Step]:
        source, reading = self._rng.choice("abcde"), random_reading(self._rng)
        version = f"version {next(_versions)}"
        return f"load {source}", lambda s: s.load(source, "markdown", version, reading)

    def _move_lines(self) -> tuple[str, Step]:
        source, version = self._rng.choice("abcde"), f"version {next(_versions)}"
        held = [c.claim for c in self._store.iter_claims(source=source)]
        by = self._rng.randint(1, 3)
        moved = tuple(replace(c, line=c.line + by, quote=f"{c.quote} ") for c in held)
        return f"move {source}", lambda s: s.load(source, "markdown", version, Reading(moved))

    def _forget(self) -> tuple[str, Step]:
        source = self._rng.choice([*self._sources(), "nobody"])
        return f"forget {source}", lambda s: s.forget(source)

    def _rename(self) -> tuple[str, Step]:
        source, new = self._rng.choice([*self._sources(), "nobody"]), self._rng.choice("abcdef")
        return f"rename {source} {new}", lambda s: s.rename_source(source, new)

    def _copy(self) -> tuple[str, Step]:
        original, source = self._rng.choice([*self._sources(), "nobody"]), self._rng.choice("defg")

        def copy(store: Store) -> None:
            store.add_copy(source, "markdown", f"of {original}", original)
            store.note_seen(original)

        return f"copy {original} {source}", copy

    def _harvest(self) -> tuple[str, Step]:
        rng, source = self._rng, self._rng.choice(["arxiv", "arxiv", "g"])
        records = [random_record(rng) for _ in range(rng.randint(0, 4))]
        gone = [a for a in ARXIV if rng.random() < 0.1]
        cursor, place = rng.choice(["", f"page {rng.randint(1, 9)}"]), rng.choice(PLACES)
        things = [n for n in NAMES if n.kind is not Kind.PAPER]
        named = {r.arxiv: [(rng.choice(things), "abstract")] for r in records if rng.random() < 0.6}
        watch = rng.choice(["", "mllm", "später"])
        words = ["", "new", "new version", "cross-listed", "withdrawn"]
        found = {a: rng.choice(words) for a in [*ARXIV, *named] if rng.random() < 0.4}
        ids = [r.arxiv for r in records]
        said = {a: random_texts(rng) for a in [*ids, ARXIV[0]] if rng.random() < 0.6}
        doubted = {a: random_texts(rng) for a in ids if rng.random() < 0.3}

        def harvest(store: Store) -> HarvestReport:
            report = store.add_records(
                source, records, gone=gone, cursor=cursor, place=place, mentions=named,
                watch=watch, found=found, said=said, doubted=doubted,
            )  # fmt: skip
            return replace(report, news=tuple(replace(n, at="") for n in report.news))

        return f"harvest {source} {records} {gone} {watch} {found}", harvest

    def _read_texts(self) -> tuple[str, Step]:
        rng = self._rng
        source = rng.choice(["arxiv", "arxiv", "arxiv", *self._sources(), "nobody"])
        ids = [*ARXIV, "2401.00001", "hep-th/9901001", "2499.99999"]
        said = {a: random_texts(rng) for a in ids if rng.random() < 0.5}
        doubted = {a: random_texts(rng) for a in ids if rng.random() < 0.4}
        cursor, place = rng.choice(["", f"text {rng.randint(1, 9)}"]), rng.choice(PLACES)
        return f"read texts of {source} {said} {doubted}", lambda s: s.put_said(
            source, said, doubted, cursor=cursor, place=place
        )

    def _follow(self) -> tuple[str, Step]:
        source, place = self._rng.choice([*self._sources(), "nobody"]), self._rng.choice(PLACES)
        cursor = self._rng.choice(["", f'W/"{self._rng.randint(1, 9)}"'])
        return f"follow {source} {place!r} {cursor}", lambda s: s.keep_cursor(source, place, cursor)

    def _pair(self) -> tuple[Name, Name]:
        a = self._rng.choice(NAMES)
        return a, self._rng.choice([n for n in NAMES if n.kind is a.kind])

    def _decide(self) -> tuple[str, Step]:
        pair, at = self._pair(), self._at()
        action = self._rng.choice([Action.MERGE, Action.SPLIT])

        def decide(store: Store) -> None:
            store.add_user_fact(action, pair_payload(*pair), at=at)

        return f"{action} {pair}", decide

    def _undo(self) -> tuple[str, Step]:
        log = self._store.user_facts()
        n, at = self._rng.randint(1, len(log) + 1), self._at()
        return f"undo {n}", lambda s: s.add_user_fact(Action.UNDO, {"of": n}, at=at)

    def _review(self) -> tuple[str, Step]:
        pairs = [pair for pair in (self._pair() for _ in range(3)) if len(set(pair)) == 2]
        return f"review {pairs}", lambda s: s.number_pairs(pairs)

    def _say(self) -> tuple[str, Step]:
        rng, at = self._rng, self._at()
        name = rng.choice(NAMES)
        of = name_payload(name)
        said: list[tuple[Action, dict[str, JsonValue]]] = [
            (Action.STATE, {**of, "state": rng.choice([*map(str, State)]), "priority": 2}),
            (Action.TAG, {**of, "tag": rng.choice(["mllm", "später"])}),
            (Action.NOTE, {**of, "note": f"Look at {name.text}\nagain", "open": True}),
            (Action.ADD, {"scheme": "arxiv", "value": rng.choice(ARXIV)}),
            (Action.SEEN, {"load": rng.randint(0, 9)}),
        ]
        model, dataset = Name(Kind.MODEL, "Otter"), Name(Kind.DATASET, rng.choice(DATASETS)[0])
        claim = Claim(model, Relation.TRAINED_ON, 1, "", dataset, {"stage": "sft"})
        said += [(Action.ASSERT, assertion(claim))] * 3
        chosen = rng.sample(said, rng.randint(1, 2))
        entries = [(action, payload, at) for action, payload in chosen]
        return f"say {chosen}", lambda s: s.add_user_facts(entries)


def outcome(store: Store, step: Step) -> object:
    """Do a step; give what came of it, also where it is refused."""
    try:
        return step(store)
    except KGError as error:
        return type(error), str(error)


# ---------------------------------------------------------------------- what is compared


def exported(store: Store) -> dict[str, list[str]]:
    """Everything that a store exports, byte by byte."""
    return {
        "claims": [to_json_line(r) for r in iter_claim_records(store)],
        "properties": [to_json_line(r) for r in iter_property_records(store)],
        "entities": [to_json_line(r) for r in iter_entity_records(store)],
        "user": [*iter_user_lines(store)],
    }


def remembered(store: Store, *, times: bool = False) -> dict[str, object]:
    """Everything that a store knows of its past: loads, sources, withdrawn claims, the log.

    Parameters
    ----------
    times : also when loads were made and news came
    """
    sources, loads, news = store.sources(), store.loads(), [*store.iter_news()]
    if not times:
        news = [replace(n, at="") for n in news]
        sources = [replace(s, loaded_at="", seen_at="") for s in sources]
        loads = [replace(load, at="") for load in loads]
    return {
        "sources": sources,
        "loads": loads,
        "rejected": [store.rejected(s.id) for s in sources],
        "remarks": store.remarks(),
        "candidates": [*store.iter_doubted()],
        "claims": [*store.iter_claims(withdrawn=True)],
        "log": store.user_facts(),
        "records": [*store.iter_records(withdrawn=True)],
        "cursors": [store.cursor_of(s.id, place) for s in sources for place in PLACES],
        "news": news,
        "naming": [store.papers_naming(e.id) for e in store.iter_entities()],
    }


def answered(store: Store) -> dict[str, object]:
    """What a store answers to a set of questions, all of its names and ids among them."""
    found: dict[str, object] = {}

    def note(what: str, answer: Callable[[], object]) -> None:
        try:
            found[what] = answer()
        except KGError as error:
            found[what] = type(error), str(error)

    for question in QUESTIONS:
        note(question, lambda question=question: ask(store, question))  # type: ignore[misc]
    for name in NAMES:
        note(f"find {name}", lambda name=name: store.find_entities(name.text, name.kind))  # type: ignore[misc]
        note(f"like {name}", lambda name=name: store.find_similar_names(name.text, 5))  # type: ignore[misc]
    for entity in [*store.iter_entities()][:12]:
        note(f"show {entity.id}", lambda of=entity.id: get_sight(store, of))  # type: ignore[misc]
        note(f"why {entity.id}", lambda of=entity.id: store.reasons(of))  # type: ignore[misc]
        note(f"past {entity.id}", lambda of=entity.id: _without_times(get_history(store, of)))  # type: ignore[misc]
    found["names"] = [*store.iter_names()]
    found["merged"] = [*store.iter_names(merged=True)]
    found["stand for"] = store.entities_of_names(NAMES)
    found["contested"] = [*store.iter_claims(contested=True)]
    found["shared"] = store.shared_evidence()
    found["stubs"] = store.stubs()
    found["identifiers"] = store.identifiers()
    found["counts"] = store.counts()
    found["sizes"] = store.count_values(Property.SIZE, Kind.DATASET)
    found["trained"] = store.count_subjects("TRAINED_ON")
    found["reviews"] = find_reviews(store)
    found["findings"] = find_findings(store)
    return found


def _without_times(found: Any) -> Any:
    events = tuple(replace(e, load=replace(e.load, at="")) for e in found.events)
    return replace(found, events=events)
