"""A sentence as the patterns see it: names are typed slots, lists of names one slot, clutter gone.

Ordinary words are in lower case, so a capital always begins a slot: ``M0`` is a model, ``D1+2`` two
datasets named together, ``S`` the model that the paper introduces and ``B`` its dataset. 'On three
challenging benchmarks (A, B and C) [12]' becomes ``on D0+1+2``. All rewriting is by patterns whose
reach is bounded, over sentences whose length is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.text.mentions import Mention
from ingest.text.sentences import Sentence
from kg.model import Kind

_CITATION = re.compile(
    r"\[\s*\d{1,4}(?:\s*[,;–-]\s*\d{1,4}){0,20}\s*\]"
    r"|\([^()]{0,200}?\bet al\b[^()]{0,300}\)"
    r"|\((?:[A-Z][^()\d]{1,60},? (?:19|20)\d\d[a-z]?(?:; )?){1,6}\)"
    r"|\((?:19|20)\d\d[a-z]?\)"
)
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|%|[^\w\s]", re.UNICODE)

# -- words -----------------------------------------------------------------------------------------

_SAME = (
    (re.compile(r"\bpre - (?=train)"), "pre"),
    (re.compile(r"\bpost - (?=train)"), "post"),
    (re.compile(r"\b(?:fine|instruction|prompt|visual instruction|sft) - (?=tun)"), "fine"),
    (re.compile(r"\bfine (?=tun)"), "fine"),
    (re.compile(r"\binstruction (?=tuned|tuning)"), "instruction"),
    (re.compile(r"\bre - (?=train)"), "re"),
    (re.compile(r"\bstate - of - the - arts?\b|\bstate of the art\b|\bsota\b"), "sota"),
    (re.compile(r"\bwell - known\b"), "wellknown"),
    (re.compile(r"\bopen - source\b"), "opensource"),
    (re.compile(r"(?<![MD]\d)(?<![MD]\d\d)(?<![MD]\d\d\d)(?<=[a-z0-9]) - (?=[a-z0-9])"), "-"),
    (re.compile(r"(?<=\d) [.,] (?=\d)"), "."),
    (re.compile(r"\bi \. e \. ,?"), "namely"),
    (re.compile(r"\be \. g \. ,?"), "suchas"),
    (re.compile(r"\bsuch as\b"), "suchas"),
    (re.compile(r"\bas well as\b|\balong with\b|\btogether with\b"), "and"),
    (re.compile(r" {2,}"), " "),
)
_STOP = (
    "on|in|at|of|for|with|from|to|by|into|over|under|between|across|using|via|than|as|through|against"
    "|and|or|but|while|when|where|which|that|who|whose|is|are|was|were|be|been|being|has|have|had|do"
    "|does|did|can|could|may|might|will|would|should|we|they|it|our|not|no|without|unlike|like|if"
    "|because|since|after|before|during|only|trained|pretrained|finetuned|training|pretraining|finetuning"
    "|train|finetune|pretrain|trains|evaluate|evaluated|evaluating|evaluation|test|tested|testing"
    "|achieves|achieve|achieved|achieving|outperforms|outperform|show|shows|use|uses|used|suchas"
    "|namely|including|include|includes|based|built|called|named|then|also|tuned|tuning|distilled"
    "|initialized|initialised|results|result|performance|accuracy|experiments|both|compared|compares"
    "|compare|comparing|conduct|conducted|perform|performed|performs|present|presents|presented|report"
    "|reports|reported|validate|validated|verify|verified|consider|create|created|construct|constructed"
    "|collect|collected|examine|examined|apply|applied|applying|employ|employed|adopt|adopted|combine"
    "|introduce|introduces|introduced|propose|proposes|release|released|select|selected|choose|demonstrate"
    "|demonstrates|contain|contains|containing|cover|covers|obtain|obtains|obtained|reach|reaches|see|find"
    "|found|get|gets|need|needs|require|requires|make|makes|take|takes|given|improve|improves|improved"
    "|improving|surpass|surpasses|surpassing|exceed|exceeds|outperforming|outperformed|beat|beats|run"
    "|show|shown|showing|develop|developed|build|extend|extends|extended|augment|evaluates|tests|studied"
    "|study|explore|analyze|analyzed|scores|scored|yield|yields|provide|provides|report|such|respectively"
    "|i|you|he|she|there|here|et|al|s|table|figure|fig|section|datasets|benchmarks|corpora|so|it|them"
    "|learned|learnt|initialize|initializes|initializing|pretraining|let|set|sets|out|up|off|about|e"
    "|distill|distilling|distills|adapt|adapting|adapted|generated|derived|generate|sourced|annotated"
)
W = rf"(?!(?:{_STOP})\b)[a-z0-9][a-z0-9.'’-]*"
"""A word that may describe a name."""
_DET = (
    r"(?:the|a|an|this|these|those|both|all|its|their|each|every|several|multiple|various|different|many"
    r"|some|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?<!table )(?<!figure )(?<!fig )(?<!\. )\d{1,3}|other|another|diverse"
    r"|existing|publicly available|public|standard|popular|challenging|widely-used|widely used|common"
    r"|large-scale|real-world|benchmark|well-established|established|prominent|famous|wellknown|numerous)"
)
_DATA_HEAD = (
    r"(?:datasets?|data ?sets?|data|data-sets?|benchmarks?|corpus|corpora|databases?|suites?|challenges?"
    r"|collections?|leaderboards?|testbeds?)"
)
_DATA_PLURAL = r"(?:datasets|data sets|benchmarks|corpora|databases|challenges|tasks|testbeds|data)"
_PART_OF_DATA = (
    r"(?:classification|detection|segmentation|recognition|captioning|retrieval|generation|reasoning"
    r"|test|val|validation|training|train|dev|test-dev|test-std|test-standard|minival|1k|21k|22k|1000"
    r"|images?|videos?|object|semantic|instance|splits?|sets?|tasks?|subsets?|partitions?|tracks?"
    r"|samples|examples|text|speech|question answering|understanding|2012|2014|2015|2017|english|v1|v2"
    r"|dialogues?|conversations?|instructions?|caption|captions|series|scenes?|domain|dumps?)"
)
_MODEL_HEAD = (
    r"(?:models?|networks?|nets?|architectures?|backbones?|detectors?|encoders?|decoders?|baselines?"
    r"|variants?|transformers?|llms?|mllms?|vlms?|cnns?|frameworks?|methods?|approach|approaches"
    r"|algorithms?|systems?|classifiers?|features|representations|modules?|checkpoints?|series|family|families|agents?)"
)
_COUNT = rf"(?:{W} ){{0,4}}(?:images?|pairs|samples|examples|sentences|videos|tokens|documents|clips|hours|frames|instances|questions|annotations|data|articles|captions|scenes|subset|part|portion|split|splits|version|mixture|combination|collection|concatenation|union|training set|test set|training data|validation set|test split|set|sets|subsets|partition|dev set|test sets|training sets|parts)"
_MEASURED_AFTER = ("on", "with", "using", "from", "over", "and", "across", "use", "uses", "used")
_AFTER = "(?:" + "|".join(f"(?<={w} )" for w in _MEASURED_AFTER) + ")"
"""Where a count of data only measures: 'on 1M samples from X', but not 'is a subset of X'."""
D, M = r"D\d+(?:\+\d+)*", r"M\d+(?:\+\d+)*"
_AND = r"(?:, and|, or|and|or|,|/|&|;|\+|, then|followed by|and also|versus|vs \.|/ or|\|)"

_SELF_MODEL = re.compile(
    r"\b(?:our|(?:the|this|these)(?: newly)? (?:proposed|presented|introduced|resulting|final|new)|this"
    r"|these)"
    rf"(?: (?!(?:{_STOP})\b)[a-z][a-z-]*){{0,3}}?"
    r" (?:models?|networks?|method|methods|approach|framework|architecture|system|algorithm|llms?|vlms?"
    r"|mllms?|detector|agent|pipeline|variants?|technique|technology|series|scheme|paradigm|encoder)\b"
    r"|\b(?:the|our) (?:model|method|framework|approach)\b"
)
_SELF_DATA = re.compile(
    r"\b(?:our|(?:the|this|these)(?: newly)? (?:proposed|presented|introduced|resulting|new)|this)"
    rf"(?: (?!(?:{_STOP})\b)[a-z][a-z-]*){{0,3}}?"
    r" (?:datasets?|benchmarks?|corpus|corpora|test suite|database)\b|\bthe (?:dataset|corpus)\b"
)


def _rules(
    slot: str, heads: str, plural: str, extra: str
) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(pattern), to)
        for pattern, to in (
            # the X dataset; X ImageNet classification dataset
            (rf"({slot})(?: {extra}){{0,3}} {heads}\b", r"\1"),
            # several benchmarks: X; three corpora such as X; datasets (X)
            (
                rf"\b(?:{_DET} )?(?:{W} ){{0,4}}{plural}"
                rf"(?: {_DET}| of)?(?: [,:(—])?(?: (?:suchas|including|include|namely|like|both|named|called"
                rf"|of|from|specifically|i.e.|for example ,|eg))? ?,? ?(?:the |both )?({slot})(?: \))?",
                r"\1",
            ),
            (rf"\b{_DET} (?:{W} ){{0,4}}?({slot})", r"\1"),
            (rf"({slot}) {_AND} (?:the |both |on |our )?{slot[0]}(\d[\d+]*)", r"\1+\2"),
            (rf"({slot}) {slot[0]}(\d[\d+]*)(?= and )", r"\1+\2"),
            (rf"({slot}) \( (?:namely |suchas |or )?{slot[0]}(\d[\d+]*) \)", r"\1+\2"),
            (rf"({slot}) ['’] s {heads}", r"\1"),
            (rf"({slot}) ['’]s?(?= |$)", r"\1"),
        )
    )


_REWRITES = (
    *_rules(D, _DATA_HEAD, _DATA_PLURAL, _PART_OF_DATA),
    (re.compile(rf"({D})(?: {_PART_OF_DATA}){{1,3}}(?= |$)"), r"\1"),
    (re.compile(rf"{_AFTER}(?:the |a |an |our )?{_COUNT} (?:from|of|in|on)(?: both)? (?={D})"), ""),
    *_rules(M, _MODEL_HEAD, r"(?:models|networks|architectures|llms|mllms|vlms|backbones|methods|baselines)", r"(?:\d+(?:\.\d+)?[bm]|large|base|small|tiny|chat|instruct|"
        + W
        + ")"),
)  # fmt: skip
_SIDE_NOTE = re.compile(
    rf"({M}) \( (?!(?:[^()]*\b)?(?:train|pretrain|finetun|tun|evaluat|distil|bas|built))[^()]{{0,200}} \)"
)
_PAREN = re.compile(r"\( [^()MDSB]{0,160} \)")
_IT = re.compile(
    r"^(?:(?:[a-z-]+ ){0,3}, |specifically |finally )?it\b(?! is (?:\w+ )?(?:that|to|shown|important))"
)


@dataclass(frozen=True, slots=True)
class Slotted:
    """A sentence in slots."""

    text: str
    mentions: tuple[Mention, ...]
    """The mentions by the numbers that the slots have."""


def to_slots(
    text: str, sentence: Sentence, mentions: Sequence[Mention], *, goes_on: bool = False
) -> Slotted:
    """Write a sentence in slots.

    Parameters
    ----------
    text : the whole text
    sentence : its place
    mentions : those that lie in the sentence, in order and not overlapping
    goes_on : whether a sentence before it spoke of what the paper introduces, so that 'it' may
    """
    tokens: list[str] = []
    at = sentence.start
    cited = [
        (m.start() + sentence.start, m.end() + sentence.start)
        for m in _CITATION.finditer(text[sentence.start : sentence.end])
    ]
    cited = [(a, b) for a, b in cited if not any(a < m.end and m.start < b for m in mentions)]
    for number, mention in enumerate(mentions):
        tokens += _words(text, at, mention.start, cited)
        tokens.append(f"{'D' if mention.name.kind is Kind.DATASET else 'M'}{number}")
        at = mention.end
    tokens += _words(text, at, sentence.end, cited)
    line = " ".join(tokens)
    for pattern, to in _SAME:
        line = pattern.sub(to, line)
    line = _PAREN.sub("", line)
    line = _SELF_MODEL.sub("S", line)
    line = _SELF_DATA.sub("B", line)
    if goes_on:
        line = _IT.sub("S", line)
    line = re.sub(" {2,}", " ", line)
    for _ in range(6):
        before = line
        for pattern, to in _REWRITES:
            line = pattern.sub(to, line)
        line = _SIDE_NOTE.sub(r"\1", line)
        line = re.sub(" {2,}", " ", line)
        if line == before:
            break
    return Slotted(line.strip(), tuple(mentions))


def speaks_of_own_model(sentence: str) -> bool:
    """Say whether a sentence speaks of the model that the paper introduces without naming it."""
    return _SELF_MODEL.search(sentence.lower()) is not None


def _words(text: str, start: int, end: int, cited: list[tuple[int, int]]) -> list[str]:
    """Give the words between two places in lower case, citations left out."""
    for a, b in cited:
        if start <= a and b <= end:
            return [*_words(text, start, a, []), *_words(text, b, end, cited)]
    # lower() may leave capitals of no lower case, and those would be slots
    return [w for w in (t.lower() for t in _TOKEN.findall(text[start:end])) if not _has_capital(w)]


def _has_capital(word: str) -> bool:
    return any("A" <= c <= "Z" for c in word)


def numbers_of(slot: str) -> list[int]:
    """Return the numbers of the mentions in a slot: ``D0+2`` has 0 and 2.

    Examples
    --------
    >>> numbers_of("D0+2"), numbers_of("S")
    ([0, 2], [])
    """
    return [int(n) for n in slot[1:].split("+")] if slot[0] in "DM" else []
