"""Names that a text brings into the world: 'we introduce X, a dataset', 'a model called X', titles.

What a name is said to be is read from the noun: 'a large-scale benchmark for ...' is a dataset, 'a
vision-language model' a model; a method or framework is found too, since what it is trained and
evaluated on is of interest, but under patterns of its own: it may be no model at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.arxiv.naming import ordinary_words
from ingest.text.mentions import general_terms
from ingest.text.sentences import Sentence
from kg.model import Kind

DATASET, MODEL, METHOD = "dataset", "model", "method"


def _words(text: str) -> list[str]:
    return text.split()


_NOUNS = {
    **dict.fromkeys(
        _words(
            "dataset datasets benchmark benchmarks corpus corpora database databases testbed leaderboard"
            " testset dataset/benchmark treebank collection"
        ),
        DATASET,
    ),
    **dict.fromkeys(
        _words(
            "model models llm llms vlm vlms mllm mllms lmm lmms vla plm network networks transformer"
            " transformers encoder encoders decoder autoencoder detector chatbot assistant generator tokenizer"
            " backbone backbones cnn gan gnn vae unet classifier segmenter reranker retriever rnn lstm"
            " embedding embeddings vit nerf moe"
        ),
        MODEL,
    ),
    **dict.fromkeys(
        _words(
            "framework frameworks method methods approach approaches algorithm algorithms system systems"
            " pipeline agent agents architecture architectures technique paradigm scheme module policy"
            " optimizer strategy planner"
        ),
        METHOD,
    ),
}
_HOLDERS = frozenset(
    _words(
        "family families series suite suites collection set class group version variant pair kind type"
        " couple number"
    )
)
_PHRASE_ENDS = frozenset(
    _words(
        "that which who whose for to with designed in on from using based built capable trained where by"
        " as tailored comprising containing consisting covering specifically aimed and or but via is are"
        " spanning featuring derived created constructed collected including over under through enabling"
        " leveraging comprised composed intended targeting focused able when while at specialized"
        " across within into onto incorporating combining without among between than called named termed dubbed"
    )
)
_GENERIC = frozenset(
    _words(
        "LLM LLMs MLLM MLLMs VLM VLMs LVLM LVLMs LMM LMMs CNN CNNs GAN GANs GNN GNNs DNN DNNs RNN RNNs AI NLP"
        " RL RLHF ML CV API SOTA GPU VQA QA RAG OCR NER ASR TTS MT NMT IR KG KGs LM LMs PLM PLMs ViT ViTs SSL"
        " CoT ICL SFT DPO PPO LoRA Transformer Transformers Network Model Dataset Benchmark The A An Our We In"
        " This These It Python GitHub PyTorch arXiv English Chinese Hugging Internet Twitter Wikipedia Deep"
        " Large METHOD MODEL DATASET Ours Introducing Towards Bayesian Gaussian Markov Monte NeRF VAE VLA MoE I II III IV"
    )
)

_NO_NAMES = frozenset(_words("RGB EEG ECG MRI LiDAR CT IMU GPS UAV DNA RNA COVID-19 RGB-D SOTA"))

_AMOUNT = re.compile(r"\d[\d.]*[KMBDk]?")
_TOKEN = (
    r"(?:[A-Z][A-Za-z0-9]*|[a-z]{1,5}[A-Z][A-Za-z0-9]*|\d[A-Za-z0-9]*[A-Z][A-Za-z0-9]*)"
    r"(?:[-+./$^&'’]+[A-Za-z0-9]+)*\+{0,2}"
)
_NAME = rf"(?P<name>{_TOKEN}(?:[ \n](?:{_TOKEN}|\d+(?:\.\d+)?[BbMm]?)){{0,4}})"
_LONG_NAME = rf"(?P<long>(?:(?:{_TOKEN}|[a-z][a-z-]+)\s){{1,9}}?)\(\s?(?P<name>{_TOKEN}(?:[ ]{_TOKEN})?)\s?\)"
_VERB = (
    r"(?:introduc|present|propos|releas|develop|build|construct|creat|contribut|describ|collect|curat"
    r"|open-sourc|unveil|announc|design|publish|offer|establish|compil)(?:es|e|ed|s|ing)?\b"
)
_WHO = (
    r"(?:\b[Ww]e|\b[Tt]his\s(?:paper|work|report|article|study|technical\sreport|letter|research)"
    r"|\b[Tt]he\s(?:paper|authors?)|\bI)"
)
_ADVERB = (
    r"(?:\s(?:also|then|further|first|therefore|thus|here|next|hence|now|\w+ly|aim\sto|and\s\w+))?"
)
_SAYS = rf"{_WHO}{_ADVERB}\s{_VERB}(?:\s(?:and|or)\s(?:publicly\s)?{_VERB})?\s"
_ARTICLE = r"(?:an?|the|our|one|two|three|several|some|another)"

_AS = re.compile(
    rf"{_SAYS}(?P<the>(?:the|our)\s)?{_NAME}(?:\s?\([^()]{{2,120}}\))?"
    rf"\s?(?:,|--+|—|–|:|\(|\sas|\bis)\s?(?:which\sis\s|namely\s|i\.e\.,?\s)?{_ARTICLE}\s(?P<what>[^.;]{{3,160}})"
)
_SHORT = re.compile(
    rf"{_SAYS}(?:(?:an?|the|our|novel|new)\s){{0,2}}{_LONG_NAME}(?P<after>[^.;]{{0,120}})"
)
_CALLED = re.compile(
    rf"{_SAYS}{_ARTICLE}\s(?P<what>[^.;:]{{3,220}}?),?\s?\(?(?:which\swe\s|that\swe\s|we\s)?"
    rf"(?:call(?:ed)?|named?|termed?|dubbed|dub|coined|denoted(?:\sas)?|denominated|referred\sto\sas|refer\sto\sas"
    rf"|namely|entitled|titled|abbreviated\sas)\s(?:the\s|as\s)?{_NAME}"
)
_APPOSED = re.compile(
    rf"{_SAYS}{_ARTICLE}\s(?P<what>[^.;:,()]{{3,120}}?)\s?(?P<mark>,|:|--+|—|–|\()\s?{_NAME}(?=\s?[),.;:—–-]|\s(?:that|which|to|for|with|,|in|consisting|is|based)\b|$)"
)
_NOUN_AFTER = re.compile(
    rf"{_SAYS}(?:the|our)\s(?:\w[\w-]*\s){{0,2}}?{_NAME}\s(?P<what>(?:[a-z][\w-]*\s){{0,2}}?"
    r"(?:dataset|benchmark|corpus|database|model|models|network|framework|architecture|method|family)\b)"
)
_PASSIVE = re.compile(
    rf"{_NAME}(?:\s?\([^()]{{2,80}}\))?,\s{_ARTICLE}\s(?P<what>[^.;,()]{{3,140}})[^.;]{{0,80}}?,?\s(?:is|are)\s"
    r"(?:introduced|proposed|presented|released|developed)\b"
)
_SPEAKS, _IS_INTRODUCED = (
    re.compile(_SAYS),
    re.compile(r"\b(?:introduced|proposed|presented|released|developed)\b"),
)
_TITLE = re.compile(
    rf"\s*{_NAME}(?:\s?\([^()]{{2,60}}\))?\s?(?::|--+|—|–)\s?(?P<what>[^\n]{{3,250}})"
)
_IS = r"(?:\s?\([^()]{2,120}\))?(?:\sis|\sare|,|\sas|\s--+|\s—|\s–)\s(?:also\s|thus\s|essentially\s)?(?:an?|the\sfirst|the|our)\s(?P<what>[^.;()]{3,160})"


@dataclass(frozen=True, slots=True)
class Introduction:
    """A name that the text says is its own."""

    start: int
    end: int
    text: str
    """The name, on one line."""
    kind: Kind
    noun: str
    """What it is called: 'dataset', 'model' or 'method'."""
    pattern: str
    long: str = ""
    """The words that the text says it stands for."""
    is_titled: bool = False


def find_introductions(
    text: str, sentences: Sequence[Sentence], title_ends: int
) -> list[Introduction]:
    """Return what a text introduces, each name once, that of the title first."""
    found: dict[str, Introduction] = {}
    for introduction in _all(text, sentences, title_ends):
        had = found.get(introduction.text)
        if had is None or (had.noun == METHOD and introduction.noun != METHOD):
            found[introduction.text] = introduction
    title = text[:title_ends]
    named = _TITLE.match(title)
    if named and is_name(named["name"]) and not _is_phrase(named["name"]):
        name = _one_line(named["name"])
        said = found.get(name)
        noun = noun_of(named["what"], is_title=True)
        pattern = "title"
        if said is not None:
            # the sentence says better than a subtitle what it is
            noun, pattern = said.noun, said.pattern
        elif noun is None or noun == METHOD:
            is_a = re.compile(rf"(?<![\w-]){re.escape(name)}{_IS}").search(text, title_ends)
            noun_said = noun_of(is_a["what"]) if is_a else None
            noun, pattern = noun_said or noun, "title-is" if noun_said else pattern
        if noun is not None:
            start, end = named.span("name")
            if said is not None:
                start, end = said.start, said.end
            found[name] = Introduction(
                start, end, name, _kind(noun), noun, f"{pattern.split('-titled')[0]}",
                said.long if said else "", True,
            )  # fmt: skip
    return sorted(found.values(), key=lambda i: (not i.is_titled, i.start))


def _is_phrase(name: str) -> bool:
    """Say whether a name is but several common words: 'Enhancing Infrared Vision: ...'."""
    words = re.findall(r"[A-Za-z]+", name)
    return len(words) > 1 and all(
        w.lower() in ordinary_words() and (w.istitle() or w.islower()) for w in words
    )


def _all(text: str, sentences: Sequence[Sentence], title_ends: int) -> Iterator[Introduction]:
    for sentence in sentences:
        if sentence.start < title_ends:
            continue
        part, places = _squeezed(text, sentence)
        says, is_passive = _SPEAKS.search(part), _IS_INTRODUCED.search(part)
        for form, pattern in _FORMS:
            if not (is_passive if form == "passive" else says):
                continue
            for match in pattern.finditer(part):
                introduction = _introduction(form, match, places)
                if introduction is not None:
                    yield introduction


def _squeezed(text: str, sentence: Sentence) -> tuple[str, list[int]]:
    """Write a sentence with one space for blanks, and give the place of each character."""
    places = [
        at
        for at in range(sentence.start, sentence.end)
        if not text[at].isspace() or not text[at - 1].isspace()
    ]
    return "".join(" " if text[at].isspace() else text[at] for at in places), places


_FORMS = (
    ("as", _AS),
    ("short", _SHORT),
    ("called", _CALLED),
    ("apposed", _APPOSED),
    ("noun", _NOUN_AFTER),
    ("passive", _PASSIVE),
)


def _introduction(form: str, match: re.Match[str], places: Sequence[int]) -> Introduction | None:
    name, long = _one_line(match["name"]), ""
    if not is_name(match["name"]):
        return None
    if form == "short":
        long = _one_line(match["long"])
        short = re.sub(r"[^a-z0-9]", "", name.lower())
        if not short or not _stand_for(short, long):
            return None
        after = re.match(
            rf"\s?(?:,|--+|—|–|:)\s?{_ARTICLE}\s(.{{3,100}})", match["after"], re.DOTALL
        )
        noun = noun_of(match["after"], at_once=True) or noun_of(long)
        if noun is None and after:
            noun = noun_of(after[1])
    else:
        noun = noun_of(_AND_ANOTHER.split(match["what"])[-1])
    if form == "apposed" and match["mark"] == "(" and _CLAUSE.search(match["what"]):
        return None  # 'a model that integrates BERT (mBERT)'
    if (
        form == "passive"
        and name.istitle()
        and (name.endswith("ly") or name.lower() in ordinary_words())
    ):
        return None  # 'Lastly, a model is proposed'
    if noun is None:
        return None
    start, end = match.span("name")
    return Introduction(places[start], places[end - 1] + 1, name, _kind(noun), noun, form, long)


_AND_ANOTHER = re.compile(rf"\s(?:and|,)\s(?:\w+\s)?{_VERB}\s{_ARTICLE}\s")
"""What begins another thing: 'two datasets, and developed a model named'."""
_CLAUSE = re.compile(r"\s(?:that|which|for|with|using|based|of|in|on|by|from|to)\s")


def _stand_for(short: str, long: str) -> bool:
    """Say whether the letters of a short name come in order in the long one."""
    rest = iter(long.lower())
    return all(c in rest for c in short[: len(short) - short.endswith("s")] if c.isalpha())


def is_name(text: str) -> bool:
    """Say whether a text can be a thing's name: no generic abbreviation, no common word.

    Examples
    --------
    >>> [is_name(t) for t in ("LLaVA-1.5", "LLMs", "The Model")]
    [True, False, False]
    """
    words = text.split()
    if not words or words[0] in _GENERIC or len(text) < 3 or len(text) > 60:
        return False
    if text in general_terms() or text in _NO_NAMES:
        return False
    return any(c.isupper() for c in text) and not _AMOUNT.fullmatch(text)


def noun_of(phrase: str, *, is_title: bool = False, at_once: bool = False) -> str | None:
    """Say what a noun phrase is about: 'dataset', 'model', 'method' or none of them.

    Examples
    --------
    >>> noun_of("large-scale benchmark for charts"), noun_of("family of open models")
    ('dataset', 'model')
    """
    words = re.findall(r"[A-Za-z][\w/-]*|[,.;:()]", re.sub(r"\([^()]*\)", "", phrase))
    if is_title and words and words[0].lower().endswith("ing"):
        return None  # 'Synthesizing questions across corpora' says what is done
    if at_once:
        return _NOUNS.get(words[0].lower()) if words else None
    head = ""
    for number, word in enumerate(words):
        low = word.lower()
        if low == "of" and head in _HOLDERS:
            head = ""
            continue
        if head in _NOUNS and low.endswith(("ed", "ing")):
            break  # 'a dataset generated by'
        if low in _PHRASE_ENDS or low == "of" or not word[0].isalpha():
            if low == "," and number + 1 < len(words) and not head:
                continue
            if low == "," and number < 3:
                continue  # adjectives: 'a large, open dataset'
            if (low == "and" or low == ",") and _NOUNS.get(head) is None:
                continue  # 'a training and test corpus'
            break
        if is_title and low in ("a", "an", "the"):
            head = ""
            continue
        head = low
    found = _NOUNS.get(head)
    if re.search(r"\b(?:threat|world|user|mental|business|data|cost|system) model", phrase[:60]):
        return None
    if found is None and "-" in head:
        found = _NOUNS.get(head.rpartition("-")[2])
    return found


def _kind(noun: str) -> Kind:
    return Kind.DATASET if noun == DATASET else Kind.MODEL


def _one_line(text: str) -> str:
    return " ".join(text.split())
