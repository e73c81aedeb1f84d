"""The same facts written as tables, HTML, bullets and keys must be read as the same claims.

A seeded generator invents models and datasets, writes them down in one of several forms with
headers drawn from the vocabulary, and knows which claims a reader must make of them, and on which
line each one stands.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import pytest

from ingest.from_markdown import read_list
from ingest.vocabulary import SYNONYMS, Column, find_role
from kg.model import Claim, Kind, Property, Reading, Relation

SEEDS = range(40)
LANGUAGES = ("en", "zh", "mixed")
COMPARED = (
    Property.SIZE,
    Property.PARAMETERS,
    Property.LANGUAGE,
    Property.LICENCE,
    Property.MODALITY,
)

Fact = tuple[str, ...]
"""(subject kind, subject, relation, object kind, object, qualifiers) or (subject, property, text)."""


# --- what is true


@dataclass
class Thing:
    """A model or dataset and what is known of it, by column, in the order of writing."""

    kind: Kind
    name: str
    training: dict[str, list[str]] = field(default_factory=dict)
    """Stage -> names of datasets; models only."""
    said: dict[Column, list[str]] = field(default_factory=dict)
    """Everything else; properties have one value."""


PROPERTIES = {
    Column.PARAMETERS: Property.PARAMETERS,
    Column.AMOUNT: Property.SIZE,
    Column.LANGUAGE: Property.LANGUAGE,
    Column.LICENCE: Property.LICENCE,
    Column.MODALITY: Property.MODALITY,
}
ROLES = {
    Column.VISION_ENCODER: "vision-encoder",
    Column.LANGUAGE_MODEL: "language-model",
    Column.BASE_MODEL: "base",
}


def relation(
    subject: tuple[Kind, str], what: Relation, target: tuple[Kind, str], **qualifiers: str
) -> Fact:
    said = ",".join(f"{k}={v}" for k, v in sorted(qualifiers.items()))
    return (str(subject[0]), subject[1], str(what), str(target[0]), target[1], said)


def training_facts(thing: Thing, stage: str, name: str) -> Fact:
    return relation(
        (Kind.MODEL, thing.name), Relation.TRAINED_ON, (Kind.DATASET, name), stage=stage
    )


def fact(thing: Thing, column: Column, value: str, stage: str = "unknown") -> Fact:
    """What one value of one column says."""
    if column in PROPERTIES:
        return (thing.name, str(PROPERTIES[column]), value)
    me = (thing.kind, thing.name)
    if column in ROLES:
        return relation(me, Relation.DERIVED_FROM, (Kind.MODEL, value), role=ROLES[column])
    if column is Column.EVALUATION_DATA:
        return relation(me, Relation.EVALUATED_ON, (Kind.DATASET, value))
    if column is Column.USED_BY:
        return relation((Kind.MODEL, value), Relation.TRAINED_ON, me, stage=stage)
    if column is Column.DATA_SOURCE:
        return relation(me, Relation.DERIVED_FROM, (Kind.DATASET, value), role="source")
    assert column is Column.GENERATED_BY
    return relation(me, Relation.DERIVED_FROM, (Kind.MODEL, value), role="generated-by")


def facts_of(reading: Reading) -> list[tuple[Fact, int]]:
    """The compared claims of a reading with their lines."""
    found: list[tuple[Fact, int]] = []
    for claim in reading.claims:
        seen = fact_of_claim(claim)
        if seen is not None:
            found.append((seen, claim.line))
    return found


def fact_of_claim(claim: Claim) -> Fact | None:
    if isinstance(claim.predicate, Relation):
        target = claim.object
        said = ",".join(f"{k}={v}" for k, v in sorted(claim.qualifiers.items()))
        return (
            str(claim.subject.kind),
            claim.subject.text,
            str(claim.predicate),
            str(target.kind) if target else str(claim.stance),
            target.text if target else "",
            said,
        )
    if claim.predicate in COMPARED:
        return (claim.subject.text, str(claim.predicate), str(claim.values["text"]))
    return None


# --- names

REAL_MODELS = (
    "LLaVA-1.5", "LLaVA-NeXT", "MiniGPT-4", "MiniGPT-v2", "InstructBLIP", "Qwen-VL", "BLIP-2", "mPLUG-Owl2",
    "InternVL-1.5", "CogVLM", "Otter", "Kosmos-2", "Emu2", "Shikra", "VILA-13B", "IDEFICS-80B", "Video-LLaMA",
    "DeepSeek-VL", "Yi-VL-34B", "OpenFlamingo", "Video-ChatGPT", "LAMM", "Gemini 1.5 Pro",
)  # fmt: skip
REAL_DATASETS = (
    "CC3M", "CC12M", "COCO", "SBU", "LAION-400M", "LAION-COCO", "VQAv2", "GQA", "OKVQA", "A-OKVQA", "OCR-VQA",
    "TextCaps", "ShareGPT", "ShareGPT4V", "Visual Genome", "RefCOCO", "RefCOCO+", "Flickr30k", "LLaVA-Instruct-150K",
    "LLaVA-665K", "WebVid-2M", "DataComp-1B", "Common Crawl", "Wikipedia", "The Pile", "C4", "MIMIC-IT", "ALLaVA",
    "ActivityNet", "Objects365", "COIG-CQIA", "Wukong", "悟道", "UltraFeedback", "VLFeedback", "GRIT-20M",
)  # fmt: skip
REAL_BENCHMARKS = (
    "MMBench", "MM-Vet", "MMMU", "POPE", "ScienceQA", "MME", "SEED-Bench", "VizWiz", "TextVQA", "DocVQA", "ChartQA",
    "MathVista", "NoCaps", "Video-MME", "MSVD-QA", "C-Eval", "HumanEval", "MMLU",
)  # fmt: skip
ENCODERS = (
    "CLIP ViT-L/14", "CLIP", "EVA-CLIP-g", "SigLIP-SO400M", "InternViT-6B", "DINOv2", "ConvNeXt-XXL", "EVA-02",
    "OpenCLIP", "SAM", "ImageBind", "EvaCLIP ViT-G",
)  # fmt: skip
LANGUAGE_MODELS = (
    "Vicuna-7B", "Vicuna-13B", "LLaMA-2-7B", "LLaMA", "Qwen2-7B", "Mistral-7B-v0.1", "Phi-2", "ChatGLM-6B", "Yi-34B",
    "InternLM2", "OPT", "FLAN-T5", "MPT-7B", "Llama-3.1-8B-Instruct", "Gemma-2B",
)  # fmt: skip
MAKERS = (
    "GPT-4", "GPT-4V", "GPT-4o", "GPT-3.5", "ChatGPT", "Claude 3 Opus", "Gemini 1.5 Pro", "LLaVA-1.5", "Vicuna-13B",
    "text-davinci-003", "Qwen2-VL-72B", "BLIP-2",
)  # fmt: skip
SYLLABLES = (
    "zor",
    "vex",
    "quib",
    "dra",
    "tol",
    "kar",
    "nem",
    "pel",
    "wum",
    "tis",
    "bri",
    "jo",
    "gal",
    "fen",
)


def invented(rng: random.Random, kind: Kind) -> str:
    stem = "".join(rng.sample(SYLLABLES, 2)).capitalize()
    if kind is Kind.MODEL:
        size = rng.choice(("-7B", "-13B", "-1.3B", "-VL", "-VL-7B", "2", "-Chat", "-v1.5", ""))
        return stem + size
    ending = rng.choice(("Data", "Set", "QA", "Caps", "-Bench", "-Instruct", "VQA", "Mix"))
    return stem + ending + rng.choice(("", "", "-120K", "-1.2M", "-v2", "-558K"))


class Pool:
    """Names handed out once per document, so that no fact is said twice."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.used: set[str] = set()

    def one(self, known: Sequence[str], kind: Kind) -> str:
        while True:
            name = invented(self.rng, kind) if self.rng.random() < 0.35 else self.rng.choice(known)
            if name not in self.used:
                self.used.add(name)
                return name

    def some(self, known: Sequence[str], kind: Kind, most: int) -> list[str]:
        """Names that differ from each other and from the things the document is about."""
        found: list[str] = []
        for _ in range(self.rng.randint(1, most)):
            name = invented(self.rng, kind) if self.rng.random() < 0.25 else self.rng.choice(known)
            if name not in self.used and name not in found:
                found.append(name)
        return found or [self.one(known, kind)]


def invent_facts(rng: random.Random) -> tuple[list[Thing], list[Thing]]:
    """Models and datasets; two neighbouring models share their vision encoder."""
    pool = Pool(rng)
    models = [
        Thing(Kind.MODEL, pool.one(REAL_MODELS, Kind.MODEL)) for _ in range(rng.randint(2, 4))
    ]
    datasets = [
        Thing(Kind.DATASET, pool.one(REAL_DATASETS[10:], Kind.DATASET))
        for _ in range(rng.randint(2, 4))
    ]
    stages = rng.choice(
        (
            ["unknown"],
            ["pretrain", "sft"],
            ["sft"],
            ["unknown", "sft", "preference"],
            ["pretrain", "unknown"],
        )
    )
    billions = rng.random() < 0.2
    for model in models:
        for stage in stages:
            if rng.random() < 0.85 or not model.training:
                model.training[stage] = pool.some(REAL_DATASETS, Kind.DATASET, 4)
        # within one model no dataset is used twice
        seen: set[str] = set()
        for stage, names in list(model.training.items()):
            model.training[stage] = [n for n in names if n not in seen]
            seen |= set(names)
            if not model.training[stage]:
                del model.training[stage]
        if rng.random() < 0.8:
            model.said[Column.VISION_ENCODER] = pool.some(ENCODERS, Kind.MODEL, 2)
        if rng.random() < 0.8:
            model.said[Column.LANGUAGE_MODEL] = pool.some(LANGUAGE_MODELS, Kind.MODEL, 2)
        if rng.random() < 0.5:
            model.said[Column.BASE_MODEL] = pool.some(LANGUAGE_MODELS, Kind.MODEL, 1)
        if rng.random() < 0.6:
            model.said[Column.EVALUATION_DATA] = pool.some(REAL_BENCHMARKS, Kind.DATASET, 4)
        if rng.random() < 0.6:
            size = rng.choice(("7", "13", "1.3", "72", "0.5", "34"))
            model.said[Column.PARAMETERS] = [size if billions else size + "B"]
    at = rng.randrange(len(models) - 1)
    models[at].said[Column.VISION_ENCODER] = pool.some(ENCODERS, Kind.MODEL, 2)
    models[at + 1].said[Column.VISION_ENCODER] = list(models[at].said[Column.VISION_ENCODER])
    for dataset in datasets:
        choices = {
            Column.USED_BY: pool.some(REAL_MODELS, Kind.MODEL, 3),
            Column.DATA_SOURCE: pool.some(REAL_DATASETS, Kind.DATASET, 3),
            Column.GENERATED_BY: pool.some(MAKERS, Kind.MODEL, 2),
        }
        kept = [c for c in choices if rng.random() < 0.6] or [rng.choice(list(choices))]
        dataset.said = {c: choices[c] for c in kept}
        amount = rng.choice(
            (
                "120K",
                "1.2M",
                "558,128",
                "52K samples",
                "665K 条",
                "3.3M pairs",
                "1.8B",
                "~60k",
                "12 万",
            )
        )
        spoken = rng.choice(
            (
                "English",
                "Chinese",
                "English, Chinese",
                "英文",
                "中文",
                "中英双语",
                "EN",
                "Multilingual",
            )
        )
        licence = rng.choice(
            (
                "Apache-2.0",
                "MIT",
                "CC BY-NC 4.0",
                "CC BY 4.0",
                "CC-BY-SA-4.0",
                "GPL-3.0",
                "ODC-BY",
                "Llama 2 Community License",
            )
        )
        modality = rng.choice(("Image-Text", "Image, Text", "Video", "图像-文本", "Text", "图文"))
        for column, value in (
            (Column.AMOUNT, amount), (Column.LANGUAGE, spoken), (Column.LICENCE, licence), (Column.MODALITY, modality),
        ):  # fmt: skip
            if rng.random() < 0.6:
                dataset.said[column] = [value]
    return models, datasets


# --- words

SUBJECT_WORDS = {
    Kind.MODEL: {
        "en": ("Model", "Models", "Model name", "Method", "MLLM", "VLM", "Name"),
        "zh": ("模型", "模型名称", "方法", "名称"),
    },
    Kind.DATASET: {
        "en": ("Dataset", "Datasets", "Dataset name", "Data set", "Corpus", "Name"),
        "zh": ("数据集", "数据集名称", "语料库", "名称"),
    },
}
STAGE_COLUMNS = {
    "unknown": Column.TRAINING_DATA,
    "pretrain": Column.PRETRAINING_DATA,
    "sft": Column.INSTRUCTION_DATA,
    "preference": Column.PREFERENCE_DATA,
}
STAGE_LABELS = {
    "pretrain": {"en": ("Pretraining", "PT", "Pre-training"), "zh": ("预训练", "预训练阶段")},
    "sft": {"en": ("SFT", "Instruction tuning", "Fine-tuning"), "zh": ("指令微调", "微调")},
    "preference": {"en": ("RLHF", "DPO", "Preference tuning"), "zh": ("偏好优化", "偏好对齐")},
}
STAGE_VALUES = {
    "pretrain": {"en": ("Pretraining", "Pre-training", "PT"), "zh": ("预训练",)},
    "sft": {"en": ("SFT", "Instruction tuning"), "zh": ("指令微调", "微调")},
    "preference": {"en": ("RLHF", "DPO"), "zh": ("偏好优化",)},
}
SECTIONS = {
    Kind.MODEL: {"en": ("Models", "Open Multimodal Models"), "zh": ("模型", "多模态大模型")},
    Kind.DATASET: {"en": ("Datasets", "Multimodal Datasets"), "zh": ("数据集", "多模态数据集")},
}
NAMES_A_STAGE = re.compile(r"fine-?tun|finetun|微调")
"""Words for training data that say the stage themselves."""


def is_chinese(word: str) -> bool:
    return bool(re.search("[\u4e00-\u9fff]", word))


def words_for(column: Column, language: str, *, in_table: bool) -> list[str]:
    """Synonyms of a column, in one language, that mean nothing else."""
    found = []
    for word in SYNONYMS[column].split("; "):
        if find_role(word) is not column or is_chinese(word) != (language == "zh"):
            continue
        if column is Column.TRAINING_DATA and NAMES_A_STAGE.search(word):
            continue
        if not in_table and (word.startswith("#") or len(word.split()) > 5):
            continue
        found.append(word)
    return found


class Voice:
    """One writer's habits: language, separators, marks."""

    def __init__(self, rng: random.Random, language: str) -> None:
        self.rng = rng
        self.language = language

    def tongue(self) -> str:
        return self.rng.choice(("en", "zh")) if self.language == "mixed" else self.language

    def cased(self, word: str) -> str:
        return self.rng.choice((word, word.capitalize(), word.title(), word.upper()))

    def word(self, column: Column, *, in_table: bool) -> str:
        return self.cased(self.rng.choice(words_for(column, self.tongue(), in_table=in_table)))

    def joined(self, values: Sequence[str], *, inline_break: str = "") -> str:
        """Write a list of names on one line."""
        if len(values) == 1:
            return values[0]
        marks = {"en": [", ", "; ", ","], "zh": ["、", "，", "；"]}[self.tongue()]
        if len(values) == 2 and self.rng.random() < 0.3:
            mark = self.rng.choice(
                (" and ", " + ", " & ") if self.tongue() == "en" else ("和", " 和 ", " + ")
            )
        elif inline_break and self.rng.random() < 0.25:
            mark = inline_break
        else:
            mark = self.rng.choice(marks)
        return mark.join(values)

    def named(self, name: str) -> str:
        """Write the name of the thing itself."""
        return self.rng.choice(
            (
                name,
                name,
                f"**{name}**",
                f"[{name}](https://github.com/{self.rng.choice(('acme', 'nemo'))}/code)",
            )
        )


# --- writing


@dataclass
class Text:
    """Lines written so far, with the facts that stand on each."""

    lines: list[str] = field(default_factory=list)
    facts: list[tuple[Fact, int]] = field(default_factory=list)

    def put(self, line: str, facts: Sequence[Fact] = ()) -> None:
        self.lines.append(line)
        self.facts += [(f, len(self.lines)) for f in facts]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


Values = list[tuple[list[str], list[Fact], str]]
"""Lines of one cell: (names, the facts they state, label of the stage)."""


@dataclass
class Sheet:
    """Facts of one kind laid out as columns; keys and tables are written from it."""

    kind: Kind
    subject: str
    headers: list[str]
    rows: list[tuple[Thing, list[Values]]]


def lay_out(things: Sequence[Thing], kind: Kind, voice: Voice, *, in_table: bool) -> Sheet:
    """Choose columns, their order and their words."""
    rng = voice.rng
    columns: list[tuple[str, Callable[[Thing], Values]]] = []

    def plain(column: Column, stage_of: Callable[[Thing], str]) -> Callable[[Thing], Values]:
        def cell(thing: Thing) -> Values:
            names = thing.said.get(column, [])
            facts = [fact(thing, column, n, stage_of(thing)) for n in names]
            return [(names, facts, "")] if names else []

        return cell

    def staged(stages: Sequence[str], label: Callable[[str], str]) -> Callable[[Thing], Values]:
        def cell(thing: Thing) -> Values:
            found: Values = []
            for stage in sorted(stages, key=lambda s: s != "unknown"):
                names = thing.training.get(stage, [])
                if names:
                    facts = [training_facts(thing, stage, n) for n in names]
                    found.append((names, facts, label(stage)))
            return found

        return cell

    stages = list(dict.fromkeys(s for t in things for s in t.training))
    used_at: dict[str, str] = {}
    if kind is Kind.MODEL:
        one_each = all(len(t.training) <= 1 for t in things)
        way = rng.choice(("columns", "columns", "labels", "stage"))
        if way == "labels":
            labels = {
                s: rng.choice(STAGE_LABELS[s][voice.tongue()]) if s != "unknown" else ""
                for s in stages
            }
            columns.append(
                (
                    voice.word(Column.TRAINING_DATA, in_table=in_table),
                    staged(stages, lambda s: labels[s]),
                )
            )
        elif way == "stage" and one_each and "unknown" not in stages:
            columns.append(
                (voice.word(Column.TRAINING_DATA, in_table=in_table), staged(stages, lambda s: ""))
            )
            columns.append(
                (
                    rng.choice(
                        ("Stage", "Training stage")
                        if voice.tongue() == "en"
                        else ("阶段", "训练阶段")
                    ),
                    _stage_cell(voice),
                )
            )
        else:
            for stage in stages:
                header = voice.word(STAGE_COLUMNS[stage], in_table=in_table)
                if stage == "sft" and "unknown" not in stages and rng.random() < 0.3:
                    header = rng.choice(("Fine-tuning data", "Finetuning data", "微调数据"))
                columns.append((header, staged([stage], lambda s: "")))
    for column in dict.fromkeys(c for t in things for c in t.said):
        header = voice.word(column, in_table=in_table)
        if column is Column.PARAMETERS and all(
            not t.said[column][0].endswith("B") for t in things if column in t.said
        ):
            header += rng.choice((" (B)", "(B)"))
        columns.append((header, plain(column, lambda t: used_at.get(t.name, "unknown"))))
    rng.shuffle(columns)
    subject = rng.choice(SUBJECT_WORDS[kind][voice.tongue()])
    rows = [(t, [cell(t) for _, cell in columns]) for t in things]
    return Sheet(kind, subject, [h for h, _ in columns], rows)


def _stage_cell(voice: Voice) -> Callable[[Thing], Values]:
    def cell(thing: Thing) -> Values:
        for stage in thing.training:
            return [([voice.rng.choice(STAGE_VALUES[stage][voice.tongue()])], [], "")]
        return []

    return cell


def one_line(values: Values, voice: Voice, *, line_break: str) -> str:
    """Write a cell on one line."""
    parts = []
    for names, facts, label in values:
        is_list = len(names) > 1 and len(facts[0]) == 6 if facts else False
        may_break = line_break if len(values) == 1 and not label else ""
        body = voice.joined(names, inline_break=may_break) if is_list else ", ".join(names)
        parts.append(f"{label}{voice.rng.choice((': ', '：'))}{body}" if label else body)
    return line_break.join(parts)


def cell_facts(values: Values) -> list[Fact]:
    return [f for _, facts, _ in values for f in facts]


def empty(voice: Voice) -> str:
    return voice.rng.choice(("", "", "-", "N/A", "—", "/"))


def write_pipe(text: Text, sheet: Sheet, voice: Voice, _: int) -> None:
    rng = voice.rng
    outer = rng.random() < 0.7
    text.put(pipe_row([sheet.subject, *sheet.headers], outer=outer))
    text.put(
        pipe_row(
            [rng.choice(("---", ":--", ":-:", "-----"))] * (len(sheet.headers) + 1), outer=outer
        )
    )
    for thing, cells in sheet.rows:
        written = [one_line(c, voice, line_break="<br>") or empty(voice) for c in cells]
        facts = [f for c in cells for f in cell_facts(c)]
        text.put(pipe_row([voice.named(thing.name), *written], outer=outer), facts)


def pipe_row(cells: Sequence[str], *, outer: bool = True) -> str:
    body = " | ".join(cells)
    return f"| {body} |" if outer else body


def write_html(text: Text, sheet: Sheet, voice: Voice, _: int) -> None:
    """An HTML table, a cell a line; equal neighbours in a column share one cell by rowspan."""
    rng = voice.rng
    tag = rng.choice(("th", "td"))
    text.put(rng.choice(("<table>", '<table border="1" class="models">')))
    text.put("<tr>")
    for header in [sheet.subject, *sheet.headers]:
        text.put(f"  <{tag}>{header}</{tag}>")
    text.put("</tr>")
    spanned: set[tuple[int, int]] = set()
    for r, (thing, cells) in enumerate(sheet.rows):
        text.put("<tr>")
        text.put(f"  <td>{html_name(voice, thing.name)}</td>")
        for c, values in enumerate(cells):
            if (r, c) in spanned:
                continue
            down = 1
            names = [n for v in values for n in v[0]]
            sharing = [cell_facts(values)]
            while (
                names
                and r + down < len(sheet.rows)
                and values
                and (
                    names == [n for v in sheet.rows[r + down][1][c] for n in v[0]]
                    and [v[2] for v in values] == [v[2] for v in sheet.rows[r + down][1][c]]
                    and not any(f[1] == "size" for f in sharing[0])
                )
            ):
                sharing.append(cell_facts(sheet.rows[r + down][1][c]))
                spanned.add((r + down, c))
                down += 1
            span = f' rowspan="{down}"' if down > 1 else ""
            if len(values) == 1 and not values[0][2] and len(sharing[0]) > 1 and rng.random() < 0.4:
                text.put(f"  <td{span}><ul>")
                for i, name in enumerate(names):
                    text.put(f"    <li>{name}</li>", [f[i] for f in sharing if f])
                text.put("  </ul></td>")
                continue
            body = one_line(values, voice, line_break=rng.choice(("<br>", "<br/>"))) or rng.choice(
                ("", "-")
            )
            body = body.replace(" & ", " &amp; ")
            text.put(f"  <td{span}>{body}</td>", [f for facts in sharing for f in facts])
        text.put("</tr>")
    text.put("</table>")


def html_name(voice: Voice, name: str) -> str:
    return voice.rng.choice(
        (name, f"<b>{name}</b>", f'<a href="https://github.com/acme/code">{name}</a>')
    )


def key_line(voice: Voice, key: str, value: str) -> str:
    colon = voice.rng.choice((": ", "：") if is_chinese(key) else (": ", ":  "))
    bold = voice.rng.random()
    if bold < 0.2:
        return f"**{key}**{colon}{value}".rstrip()
    if bold < 0.35:
        return f"**{key}{colon.strip()}** {value}".rstrip()
    return f"{key}{colon}{value}".rstrip()


def write_keys(
    text: Text, headers: Sequence[str], cells: Sequence[Values], voice: Voice, indent: str
) -> None:
    """Write bullets 'Key: value'; a list may stand one deeper, a value a bullet."""
    bullet = voice.rng.choice("-*+")
    for header, values in zip(headers, cells, strict=True):
        if not values:
            continue
        relations = bool(cell_facts(values)) and len(cell_facts(values)[0]) == 6
        labelled = any(label for _, _, label in values)
        if relations and (labelled or len(values) > 1):
            text.put(f"{indent}{bullet} {key_line(voice, header, '')}")
            for one in values:
                text.put(f"{indent}    {bullet} {one_line([one], voice, line_break='')}", one[1])
        elif relations and len(values[0][0]) > 1 and voice.rng.random() < 0.4:
            text.put(f"{indent}{bullet} {key_line(voice, header, '')}")
            for name, said in zip(values[0][0], values[0][1], strict=True):
                text.put(f"{indent}    {bullet} {name}", [said])
        else:
            body = one_line(values, voice, line_break="")
            text.put(f"{indent}{bullet} {key_line(voice, header, body)}", cell_facts(values))


def write_nested(text: Text, sheet: Sheet, voice: Voice, _: int) -> None:
    for thing, cells in sheet.rows:
        text.put(f"- {voice.named(thing.name)}")
        write_keys(text, sheet.headers, cells, voice, voice.rng.choice(("  ", "    ")))
        if voice.rng.random() < 0.3:
            text.put("")


def write_keyed(text: Text, sheet: Sheet, voice: Voice, _: int) -> None:
    """Bullets of one level: the subject's key opens each thing."""
    subject = sheet.subject
    for thing, cells in sheet.rows:
        at = len(text.lines)
        write_keys(text, sheet.headers, cells, voice, "")
        bullet = text.lines[at][0]
        text.lines.insert(at, f"{bullet} {key_line(voice, subject, voice.named(thing.name))}")
        text.facts = [(f, n + (n > at)) for f, n in text.facts]
        if voice.rng.random() < 0.5:
            text.put("")


def write_headed(text: Text, sheet: Sheet, voice: Voice, level: int) -> None:
    """A heading for each thing, keys in bullets or on lines below it."""
    on_lines = voice.rng.random() < 0.25
    for thing, cells in sheet.rows:
        text.put(f"{'#' * level} {voice.named(thing.name)}")
        text.put("")
        if on_lines:
            for header, values in zip(sheet.headers, cells, strict=True):
                if values:
                    if any(label for _, _, label in values) or len(values) > 1:
                        write_keys(text, [header], [values], voice, "")
                    else:
                        body = one_line(values, voice, line_break="")
                        text.put(key_line(voice, header, body), cell_facts(values))
                    text.put("")
        else:
            write_keys(text, sheet.headers, cells, voice, "")
        text.put("")


FORMS: dict[str, Callable[[Text, Sheet, Voice, int], None]] = {
    "pipe": write_pipe,
    "html": write_html,
    "nested": write_nested,
    "keyed": write_keyed,
    "headed": write_headed,
}


def write_document(seed: int, language: str, form: str) -> Text:
    """Write the facts of a seed in one form; the facts do not depend on form or language."""
    models, datasets = invent_facts(random.Random(seed))
    rng = random.Random(f"{seed} {language} {form}")
    voice = Voice(rng, language)
    text = Text()
    if rng.random() < 0.6:
        text.put("# " + ("多模态资源" if voice.tongue() == "zh" else "Multimodal Zoo"))
        text.put("")
    headings = rng.random() < 0.6 or form == "keyed"
    for things, kind in ((models, Kind.MODEL), (datasets, Kind.DATASET)):
        if headings:
            text.put("## " + rng.choice(SECTIONS[kind][voice.tongue()]))
            text.put("")
        sheet = lay_out(things, kind, voice, in_table=form in ("pipe", "html"))
        FORMS[form](text, sheet, voice, 3 if headings else rng.choice((2, 3)))
        text.put("")
    return text


def all_facts(seed: int) -> Counter[Fact]:
    """What a seed says, straight from the facts and not from what was written."""
    models, datasets = invent_facts(random.Random(seed))
    found: list[Fact] = []
    for thing in (*models, *datasets):
        for stage, names in thing.training.items():
            found += [training_facts(thing, stage, n) for n in names]
        for column, values in thing.said.items():
            found += [fact(thing, column, v) for v in values]
    return Counter(found)


def difference(expected: Counter[Fact], got: Counter[Fact], text: str) -> str:
    lost = "\n".join(f"  lost     {f}" for f in (expected - got).elements())
    made = "\n".join(f"  invented {f}" for f in (got - expected).elements())
    return f"\n{lost}\n{made}\n{text}"


def assert_reads(
    text: str, expected: Counter[Fact], *, is_html: bool = False
) -> list[tuple[Fact, int]]:
    found = facts_of(read_list(text, is_html=is_html))
    got = Counter(f for f, _ in found)
    assert got == expected, difference(expected, got, text)
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_form_gives_exactly_its_facts(form: str, language: str, seed: int) -> None:
    written = write_document(seed, language, form)
    expected = all_facts(seed)
    assert Counter(f for f, _ in written.facts) == expected
    found = assert_reads(written.text, expected)
    assert sorted(found) == sorted(written.facts), "a claim has the wrong line\n" + written.text


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_html_page_gives_exactly_its_facts(language: str, seed: int) -> None:
    written = write_document(seed, language, "html")
    body = []
    for line in written.lines:
        heading = re.match(r"(#+) (.*)", line)
        body.append(
            f"<h{len(heading.group(1))}>{heading.group(2)}</h{len(heading.group(1))}>"
            if heading
            else line
        )
    page = [
        "<!DOCTYPE html>",
        "<html><head><title>Zoo</title></head>",
        "<body>",
        *body,
        "</body></html>",
    ]
    found = assert_reads("\n".join(page), all_facts(seed), is_html=True)
    assert sorted(found) == sorted((f, n + 3) for f, n in written.facts), "\n".join(page)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_objects_stand_on_the_line_of_their_claim(language: str, seed: int) -> None:
    written = write_document(seed, language, "pipe")
    for claim in read_list(written.text).claims:
        line = written.lines[claim.line - 1]
        value = claim.object.text if claim.object else str(claim.values["text"])
        assert value in line, (claim, line)
        assert claim.subject.text in line


# --- the same table in other shapes


@dataclass
class Grid:
    """A pipe table as cells, the subject's column first."""

    header: list[str]
    rows: list[list[str]]

    def text(self, *, outer: bool = True, ruler: str = "---") -> str:
        lines = [self.header, [ruler] * len(self.header), *self.rows]
        return "\n".join(pipe_row(r, outer=outer) for r in lines) + "\n"


def grids(seed: int, language: str) -> Iterator[tuple[Grid, Counter[Fact]]]:
    """The two tables of a seed with the facts of each."""
    models, datasets = invent_facts(random.Random(seed))
    voice = Voice(random.Random(f"grid {seed} {language}"), language)
    for things, kind in ((models, Kind.MODEL), (datasets, Kind.DATASET)):
        sheet = lay_out(things, kind, voice, in_table=True)
        rows = [
            [t.name, *(one_line(c, voice, line_break="<br>") or empty(voice) for c in cells)]
            for t, cells in sheet.rows
        ]
        facts = Counter(f for _, cells in sheet.rows for c in cells for f in cell_facts(c))
        yield Grid([sheet.subject, *sheet.headers], rows), facts


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_order_of_rows_and_columns_does_not_matter(language: str, seed: int) -> None:
    rng = random.Random(seed)
    for grid, facts in grids(seed, language):
        assert_reads(grid.text(), facts)
        for _ in range(3):
            order = [0, *rng.sample(range(1, len(grid.header)), len(grid.header) - 1)]
            rows = [[r[i] for i in order] for r in rng.sample(grid.rows, len(grid.rows))]
            assert_reads(Grid([grid.header[i] for i in order], rows).text(), facts)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_outer_pipes_do_not_matter(language: str, seed: int) -> None:
    for grid, facts in grids(seed, language):
        text = grid.text(outer=False, ruler="-----")
        assert_reads(text, facts)
        assert facts_of(read_list(text)) == facts_of(read_list(grid.text()))
        with_left = "\n".join("| " + line for line in text.splitlines())
        assert_reads(with_left, facts)


def squeezed(word: str) -> str:
    return re.sub(r"[\W_]+", "", word.casefold())


@lru_cache(maxsize=4096)
def with_one_edit(word: str) -> frozenset[str]:
    """All words that one slip of the keyboard makes of a word."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    found = set()
    for i in range(len(word) + 1):
        found |= {word[:i] + c + word[i:] for c in letters}
        if i < len(word):
            found.add(word[:i] + word[i + 1 :])
            found |= {word[:i] + c + word[i + 1 :] for c in letters}
        if i + 1 < len(word):
            found.add(word[:i] + word[i + 1] + word[i] + word[i + 2 :])
    return frozenset(found - {word})


KNOWN = {squeezed(w): c for c, words in SYNONYMS.items() for w in words.split("; ")}


def may_be(word: str) -> set[Column]:
    """The columns that a mistyped header could mean: known as it is, or one slip away."""
    return {KNOWN[w] for w in {word, *with_one_edit(word)} if w in KNOWN}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", ["en", "mixed"])
def test_a_slip_in_a_header_does_not_matter(language: str, seed: int) -> None:
    rng = random.Random(seed)
    for grid, facts in grids(seed, language):
        for i, header in enumerate(grid.header):
            if not header.isascii() or len(squeezed(header)) < 7 or "(" in header:
                continue
            slips = sorted(with_one_edit(header))
            for slip in rng.sample(slips, 6):
                if may_be(squeezed(slip)) == {find_role(header)}:
                    changed = [*grid.header[:i], slip, *grid.header[i + 1 :]]
                    assert_reads(Grid(changed, grid.rows).text(), facts)


# --- single cases: one thing said in a way that lists really use


def trained(model: str, *names: str, stage: str = "unknown") -> list[Fact]:
    return [
        relation((Kind.MODEL, model), Relation.TRAINED_ON, (Kind.DATASET, n), stage=stage)
        for n in names
    ]


def part(model: str, name: str, role: str) -> list[Fact]:
    return [relation((Kind.MODEL, model), Relation.DERIVED_FROM, (Kind.MODEL, name), role=role)]


def bullets(name: str, *keys: str) -> str:
    return "\n".join([f"- {name}", *(f"  - {k}" for k in keys)]) + "\n"


def cell(header: str, value: str) -> str:
    return f"| Model | {header} |\n|---|---|\n| Zorvex-7B | {value} |\n"


ABC = trained("Zorvex-7B", "CC3M", "COCO", "GQA")


@pytest.mark.parametrize(
    "value",
    [
        "CC3M, COCO, GQA",
        "CC3M, COCO, and GQA",
        "CC3M, COCO and GQA",
        "CC3M and COCO and GQA",
        "CC3M + COCO + GQA",
        "CC3M, COCO & GQA",
        "CC3M/COCO/GQA",
        "CC3M, COCO, GQA, etc.",
        "CC3M、COCO、GQA 等",
        "CC3M、COCO和GQA",
        "CC3M、COCO 以及 GQA",
        "CC3M，COCO以及GQA。",
        "CC3M[1], COCO[2], GQA[3]",
        "CC3M [1], COCO [2], GQA [3, 4]",
        "`CC3M`, **COCO**, *GQA*",
        "CC3M<br>COCO<br/>GQA",
        "<ul><li>CC3M</li><li>COCO</li><li>GQA</li></ul>",
        "CC3M → COCO → GQA",
        "CC3M (captions), COCO (118K images), GQA",
    ],
)
def test_ways_to_enumerate(value: str) -> None:
    assert_reads(cell("Training data", value), Counter(ABC))
    assert_reads(bullets("Zorvex-7B", f"Training data: {value}"), Counter(ABC))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("悟道和ShareGPT4V", ["悟道", "ShareGPT4V"]),
        ("悟道 和 COIG-CQIA", ["悟道", "COIG-CQIA"]),
        ("WebText, OpenWebText", ["WebText", "OpenWebText"]),
        ("RefCOCO, RefCOCO+, RefCOCOg", ["RefCOCO", "RefCOCO+", "RefCOCOg"]),
        ("Common Crawl, The Pile, C4", ["Common Crawl", "The Pile", "C4"]),
        ("LAION-2B-en, LAION-400M", ["LAION-2B-en", "LAION-400M"]),
        ("中文维基百科、百度百科", ["中文维基百科", "百度百科"]),
    ],
)
def test_names_of_datasets_stay_whole(value: str, names: list[str]) -> None:
    assert_reads(cell("Training data", value), Counter(trained("Zorvex-7B", *names)))


@pytest.mark.parametrize(
    "name",
    [
        "CLIP ViT-L/14",
        "CLIP ViT-L/14@336px",
        "ViT-L/14",
        "EVA-CLIP-g/14",
        "CLIP-ViT-L/14-336px",
        "openai/clip-vit-large-patch14-336",
        "SigLIP-SO400M/14",
        "OpenCLIP ViT-bigG",
        "InternViT-300M",
    ],
)
def test_names_of_encoders_stay_whole(name: str) -> None:
    expected = Counter(part("Zorvex-7B", name, "vision-encoder"))
    assert_reads(cell("Vision encoder", name), expected)
    assert_reads(bullets("Zorvex-7B", f"Vision encoder: {name}"), expected)


def test_a_two_part_name_stays_whole_beside_its_first_part() -> None:
    text = "| Model | Vision encoder |\n|---|---|\n| Zorvex-7B | CLIP |\n| Quibdra | CLIP ViT-L |\n"
    assert_reads(
        text,
        Counter(
            part("Zorvex-7B", "CLIP", "vision-encoder")
            + part("Quibdra", "CLIP ViT-L", "vision-encoder")
        ),
    )


STAGED = Counter(
    trained("Zorvex-7B", "CC3M", "COCO", stage="pretrain")
    + trained("Zorvex-7B", "LLaVA-665K", stage="sft")
)


@pytest.mark.parametrize(
    "text",
    [
        cell("Training data", "Pretraining: CC3M, COCO<br>SFT: LLaVA-665K"),
        cell("Training data", "Pretraining:<br>CC3M<br>COCO<br>SFT:<br>LLaVA-665K"),
        cell("Training data", "<ul><li>Pretraining: CC3M, COCO</li><li>SFT: LLaVA-665K</li></ul>"),
        cell("训练数据", "预训练：CC3M、COCO；微调：LLaVA-665K"),
        cell("Training data", "Pretraining: CC3M, COCO; SFT: LLaVA-665K"),
        "| Model | Pretraining data | SFT data |\n|---|---|---|\n| Zorvex-7B | CC3M, COCO | LLaVA-665K |\n",
        "- Zorvex-7B\n  - Training data:\n    - Pretraining: CC3M, COCO\n    - SFT: LLaVA-665K\n",
        "- Zorvex-7B\n  - Training data:\n    - Pretraining:\n      - CC3M\n      - COCO\n"
        "    - SFT:\n      - LLaVA-665K\n",
        "- Model: Zorvex-7B\n- Training data:\n    - Pretraining:\n        - CC3M\n        - COCO\n"
        "    - SFT:\n        - LLaVA-665K\n",
        "- Model: Zorvex-7B\n- 预训练数据：CC3M、COCO\n- 指令微调数据：LLaVA-665K\n",
    ],
    ids=[
        "br", "br-below", "li", "zh-semicolon", "en-semicolon", "columns", "nested", "nested-deeper", "keyed-deeper", "keyed-zh",
    ],
)  # fmt: skip
def test_ways_to_say_the_stage(text: str) -> None:
    assert_reads(text, STAGED)


@pytest.mark.parametrize(
    "header", ["Fine-tuning data", "Finetuning data", "微调数据", "Fine-tunning data"]
)
@pytest.mark.parametrize("heading", ["", "# Zoo\n\n## Pretrained models\n\n"])
def test_header_says_the_stage_before_the_heading(header: str, heading: str) -> None:
    assert_reads(
        heading + cell(header, "LLaVA-665K"),
        Counter(trained("Zorvex-7B", "LLaVA-665K", stage="sft")),
    )


@pytest.mark.parametrize("name", ["HH-RLHF", "Zorvex-SFT", "Quib-Pretrain-558K"])
def test_stage_of_a_things_own_heading_is_no_stage(name: str) -> None:
    """The name of a dataset is written as a heading or in a cell; that changes nothing."""
    expected = Counter(trained("Qwen-VL", name))
    assert_reads(f"| Dataset | Used by |\n|---|---|\n| {name} | Qwen-VL |\n", expected)
    assert_reads(f"### {name}\n\n- Used by: Qwen-VL\n\n### Other-Set\n\n- Amount: 3K\n", expected)


DATASET_OF_MODEL = Counter(
    trained("Zorvex-7B", "CC3M", "COCO") + part("Zorvex-7B", "CLIP", "vision-encoder")
)


@pytest.mark.parametrize(
    "text",
    [
        "| Model | Dataset | Vision encoder |\n|---|---|---|\n| Zorvex-7B | CC3M, COCO | CLIP |\n",
        bullets("Zorvex-7B", "Dataset: CC3M, COCO", "Vision encoder: CLIP"),
        "- Model: Zorvex-7B\n- Dataset: CC3M, COCO\n- Vision encoder: CLIP\n",
        "### Zorvex-7B\n\n- Dataset: CC3M, COCO\n- Vision encoder: CLIP\n",
    ],
    ids=["table", "nested", "keyed", "headed"],
)
def test_dataset_of_a_model_is_what_it_was_trained_on(text: str) -> None:
    assert_reads(text, DATASET_OF_MODEL)


@pytest.mark.parametrize(
    "text",
    [
        "| Dataset | Model | Data source |\n|---|---|---|\n| QuibSet | Zorvex-7B | COCO |\n",
        bullets("QuibSet", "Model: Zorvex-7B", "Data source: COCO"),
        "- Dataset: QuibSet\n- Model: Zorvex-7B\n- Data source: COCO\n",
        "### QuibSet\n\n- Model: Zorvex-7B\n- Data source: COCO\n",
    ],
    ids=["table", "nested", "keyed", "headed"],
)
def test_model_of_a_dataset_used_it(text: str) -> None:
    source = relation(
        (Kind.DATASET, "QuibSet"), Relation.DERIVED_FROM, (Kind.DATASET, "COCO"), role="source"
    )
    assert_reads(text, Counter([*trained("Zorvex-7B", "QuibSet"), source]))


@pytest.mark.parametrize(
    "text",
    [
        "| Model | Size | LLM |\n|---|---|---|\n| Zorvex-7B | 7B | Vicuna |\n",
        bullets("Zorvex-7B", "Size: 7B", "LLM: Vicuna"),
        "- Model: Zorvex-7B\n- Size: 7B\n- LLM: Vicuna\n",
        "### Zorvex-7B\n\n- Size: 7B\n- LLM: Vicuna\n",
    ],
    ids=["table", "nested", "keyed", "headed"],
)
def test_size_of_a_model_is_its_parameters(text: str) -> None:
    assert_reads(
        text,
        Counter(
            [("Zorvex-7B", "parameters", "7B"), *part("Zorvex-7B", "Vicuna", "language-model")]
        ),
    )


KEYS = ("Training data: CC3M, COCO, GQA",)


@pytest.mark.parametrize(
    "main",
    [
        "Zorvex-7B", "**Zorvex-7B**", "`Zorvex-7B`", "Zorvex-7B:", "**Zorvex-7B**:", "Zorvex-7B (2024)",
        "[Zorvex-7B](https://github.com/acme/zorvex)", "🔥 Zorvex-7B", "[x] Zorvex-7B",
        "**Zorvex-7B** - a simple baseline", "Zorvex-7B: a simple baseline", "Zorvex-7B — 一个简单的基线",
        "[Zorvex-7B](https://github.com/acme/zorvex): the next one",
        "[Zorvex-7B](https://github.com/acme/zorvex) - the next one",
    ],
)  # fmt: skip
def test_ways_to_open_a_nested_entry(main: str) -> None:
    assert_reads(bullets(main, *KEYS), Counter(ABC))


@pytest.mark.parametrize(
    "heading",
    [
        "Zorvex-7B", "**Zorvex-7B**", "`Zorvex-7B`", "Zorvex-7B:", "1. Zorvex-7B", "2.1 Zorvex-7B", "Zorvex-7B (2024)",
        "[Zorvex-7B](https://github.com/acme/zorvex)", "🔥 Zorvex-7B", "Zorvex-7B #", "<b>Zorvex-7B</b>",
    ],
)  # fmt: skip
def test_ways_to_head_an_entry(heading: str) -> None:
    text = f"# Zoo\n\n## Models\n\n### {heading}\n\n- {KEYS[0]}\n\n### Quibdra\n\n- LLM: Vicuna\n"
    assert_reads(text, Counter([*ABC, *part("Quibdra", "Vicuna", "language-model")]))


TWO = Counter(
    [
        *trained("Zorvex-7B", "CC3M", "COCO"),
        *trained("Quibdra", "GQA"),
        *part("Quibdra", "Vicuna", "language-model"),
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        "- Zorvex-7B\n\t- Training data: CC3M, COCO\n- Quibdra\n\t- Training data: GQA\n\t- LLM: Vicuna\n",
        "1. Zorvex-7B\n   1. Training data: CC3M, COCO\n2. Quibdra\n   1. Training data: GQA\n   2. LLM: Vicuna\n",
        "- Zorvex-7B\n\n  - Training data: CC3M,\n    COCO\n\n- Quibdra\n\n  Training data: GQA\n\n  LLM: Vicuna\n",
        "- Zorvex-7B; training data: CC3M, COCO; LLM: -\n- Quibdra; training data: GQA; LLM: Vicuna\n",
        "- Model: Zorvex-7B\n  - Training data: CC3M, COCO\n- Model: Quibdra\n  - Training data: GQA\n  - LLM: Vicuna\n",
        "Model: Zorvex-7B\nTraining data: CC3M, COCO\n\nModel: Quibdra\nTraining data: GQA\nLLM: Vicuna\n",
        "> | Model | Training data | LLM |\n> |---|---|---|\n> | Zorvex-7B | CC3M, COCO | |\n> | Quibdra | GQA | Vicuna |\n",
        "Here they are:\n| Model | Training data | LLM |\n|---|---|---|\n| Zorvex-7B | CC3M, COCO |\n| Quibdra | GQA | Vicuna |\nMore words.\n",
        "| **Model** | [Training data](https://x.org) | `LLM` |\n|:--|:-:|--:|\n| **Zorvex-7B** | *CC3M*, `COCO` | |\n"
        "| Quibdra | [GQA](https://gqa.org) | ~~Vicuna~~ |\n",
    ],
    ids=[
        "tabs", "ordered", "loose", "semicolons", "keyed-nested", "plain-lines", "quoted-table", "unspaced-table", "marked-table",
    ],
)  # fmt: skip
def test_other_writing_habits(text: str) -> None:
    assert_reads(text, TWO)


TABLE = "<table><tr><th>Model</th><th>Training data</th></tr><tr><td>Zorvex-7B</td><td>CC3M, COCO</td></tr></table>"
OTHER = (
    "<table><tr><th>Model</th><th>Training data</th><th>LLM</th></tr>"
    "<tr><td>Quibdra</td><td>GQA</td><td>Vicuna</td></tr></table>"
)


@pytest.mark.parametrize("is_html", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        f"{TABLE}\n\n{OTHER}\n",
        f"{TABLE}\n{OTHER}\n",
        f"{TABLE}{OTHER}\n",
        f"<html><body>{TABLE}<p>and</p>{OTHER}</body></html>",
        f"<TABLE>{TABLE[7:-8]}</TABLE>\n\n{OTHER}".replace("td>", "TD>"),
        f"{TABLE}\n\n{OTHER}".replace("</td>", "").replace("</tr>", ""),
        f"{TABLE}\n\n{OTHER}".replace("<td>", '<td\n  class="a">').replace("<tr>", "<tr\n>"),
    ],
    ids=["apart", "touching", "one-line", "page", "capitals", "unclosed", "broken-tags"],
)
def test_html_tables_in_any_layout(text: str, is_html: bool) -> None:
    assert_reads(text, TWO, is_html=is_html)


@pytest.mark.parametrize("is_html", [False, True])
def test_tables_laid_out_by_a_table_are_read_once(is_html: bool) -> None:
    text = f"<table>\n<tr>\n<td>\n{TABLE}\n</td>\n<td>\n{OTHER}\n</td>\n</tr>\n</table>\n"
    assert_reads(text, TWO, is_html=is_html)


def test_nested_html_list() -> None:
    text = (
        "<html><body><h2>Models</h2>\n<ul>\n<li>Zorvex-7B\n<ul>\n<li>Training data: CC3M, COCO</li>\n</ul>\n</li>\n"
        "<li>Quibdra\n<ul>\n<li>Training data: GQA</li>\n<li>LLM: Vicuna</li>\n</ul>\n</li>\n</ul>\n</body></html>\n"
    )
    assert_reads(text, TWO, is_html=True)


def test_rowspan_of_the_subject_and_spans_beyond_the_end() -> None:
    text = (
        "<table>\n<tr><th>Model</th><th>Stage</th><th>Training data</th></tr>\n"
        '<tr><td rowspan="2">Zorvex-7B</td><td>Pretraining</td><td>CC3M, COCO</td></tr>\n'
        "<tr><td>SFT</td><td>LLaVA-665K</td></tr>\n</table>\n"
    )
    assert_reads(text, STAGED)
    text = (
        "<table>\n<tr><th>Model</th><th>Vision encoder</th><th>LLM</th></tr>\n"
        '<tr><td>Zorvex-7B</td><td rowspan="9">CLIP</td><td>Vicuna</td></tr>\n'
        "<tr><td>Quibdra</td><td>OPT</td></tr>\n</table>\n"
    )
    expected = [
        *part("Zorvex-7B", "CLIP", "vision-encoder"), *part("Zorvex-7B", "Vicuna", "language-model"),
        *part("Quibdra", "CLIP", "vision-encoder"), *part("Quibdra", "OPT", "language-model"),
    ]  # fmt: skip
    assert_reads(text, Counter(expected))


def test_generation_model_stands_on_its_own_line() -> None:
    text = "- QuibSet\n  - Generation model:\n    - GPT-4\n    - ChatGPT\n"
    lines = [c.line for c in read_list(text).claims if isinstance(c.predicate, Relation)]
    assert lines == [3, 4]
