"""The patterns: what a sentence in slots says of its models and datasets.

Each pattern has a short name that stays, so that how often it was right (`calibration.json`) and what
it found can be told apart for good. A pattern is tried everywhere in a sentence; of what it finds the
negated is denied, the hedged is left out, and so is what stands behind 'unlike', 'following' and the
like unless the name itself is what is said to be trained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.text.slots import D, M, Slotted, W, numbers_of
from kg.model import Kind, Relation, Role, Stage, Stance


@dataclass(frozen=True, slots=True)
class Said:
    """One relation that a pattern reads from a sentence."""

    relation: Relation
    subject: int | None
    """The number of the mention; none: what the paper introduces."""
    subject_kind: Kind
    object: int
    pattern: str
    stance: Stance
    qualifiers: Mapping[str, str]


# -- parts of patterns -----------------------------------------------------------------------------

_X = rf"(?P<m>{M}|S)"
_NAMED = rf"(?P<m>{M})"
_Y = rf"(?P<d>{D})"
_WITH = rf"(?: (?:with|using|based on|plus|on top of|built on|via|equipped with|trained with|by) (?:{W} ){{0,3}}(?:{M}|S))?"
"""What the subject is said to have: 'X with Y achieves' speaks of X."""
_XW = _X + _WITH
_BE = r"(?:is|are|was|were|be|been|being|has been|have been|had been)"
_ADV = (
    r"(?:(?:[a-z]+ly|then|also|first|further|both|only|again|all|once|either|thus|well|end-to-end|not"
    r"|never|jointly|from scratch) ){0,3}"
)
_TRAINED = (
    r"(?P<t>(?:instruction|vision-language|visual instruction|jointly|self-supervised|fully-supervised"
    r"|large-scale)?[ -]?(?:pre|post|fine|instruction|re|co|meta)?[ -]?(?:trained|tuned)"
    r"|preference-tuned|aligned|distilled|learned|learnt|optimized|optimised|rlhf-trained)"
)
_TRAIN = r"(?P<t>(?:(?:pre|re|post|co)?train|fine(?:-)?tune|instruction-tune|tune|align|adapt)(?:s|ed|ing)?|finetuning|instructiontuning|finetuned?|pretraining)"
_HOW = (
    r"(?:(?:from scratch|end-to-end|jointly|solely|exclusively|only|entirely|purely|together"
    r"|separately|directly|initially|simultaneously|models?|network|weights|either"
    r"|(?:in|for|with|by|using|via|as|under|through)(?: (?!on\b|[MDSB]\d|evaluat|test)[a-z0-9.%@-]+){1,7}?"
    r"|on (?:the )?(?:task of )?(?:(?!on\b)[a-z-]+ ){1,4}(?:from|of|using|in)) ){0,2}?"
)
_ON = r"(?:on|with|using|over|from|upon|by using|via|under) (?:top of |both |only |just |either |all of |each of )?"
_OVER = r"(?:on|over|upon|across|using|with|in|for) (?:both |all |all of |each of |either )?"
_NOT_SLOT = r"(?![MDSB]\d|[SB.;?!](?: |$))[^\s]+"


def _gap(least: int, most: int) -> str:
    """Write a few words without a name, none of which begins another thought."""
    return (
        rf"(?:(?!(?:outperform|surpass|exceed|unlike|compar|than|following|whereas|while|but|;|without"
        rf"|however|although|though|because|if)[a-z]*\b|(?:we|they)\b){_NOT_SLOT} ){{{least},{most}}}?"
    )


_ON_WITH = (
    r"(?=(?:,|\(|:|is|are|was|were|has|have|had|that|which|can|by|on|in|with|from|to|and|using|for|when|as|at"
    r"|[a-z-]+ly|[a-z-]+s|[a-z-]+ed|[a-z-]+ing) )"
)
"""How a sentence goes on behind its subject; else the name only describes: 'the CLIP adapter'."""
_BASE_ENDS = (
    r"(?= (?:[,.;:)]|and|for|to|with|that|which|in|on|by|as|using|via|through|while|is|are|but|or|into|under"
    r"|at|through|trained|finetuned|capable|designed|(?!embedding|engineering|reasoning)[a-z]+ing|[a-z]+ed|[a-z]+ly)(?: |$)|$)"
)
"""What may follow a base: 'based on a single CLIP embedding' is based on no CLIP."""
_SCORES = (
    r"(?:achiev|obtain|reach|attain|gain|get|yield|show|demonstrat|outperform|surpass|exceed|improv|perform"
    r"|scor|set|establish|deliver|report|provid|advanc|beat|excel|boost|increas|reduc|rank|produc|exhibit"
    r"|generali[sz]|work|win|match|compet|decreas|rival|push|record|lead|rais|enhanc|give|converg)"
    r"(?:e|es|ed|s|ing|ting|ved|ves|ve|ving|t|ts|te|tes|ting|ation|n)?"
)
_MEASURE = (
    r"(?:performances?|effectiveness|results?|accurac(?:y|ies)|efficacy|superiority|scores?|efficiency"
    r"|generali[sz]ation|robustness|evaluations?|experiments?|behaviou?rs?|comparisons?|abilit(?:y|ies)"
    r"|capabilit(?:y|ies)|advantages?|ablations?|validity|quality|error|errors|f1|map|fid|bleu|ap|test"
    r"|benefits?|utility|potential|impacts?|study|studies|analys[ei]s|improvements?|influence|losses|loss)"
)
_EVALUATED = (
    r"(?:evaluated|tested|validated|benchmarked|assessed|verified|measured|examined|demonstrated"
    r"|compared|applied|investigated|studied|analy[sz]ed|probed|run|conducted)"
)
_EVALUATE = (
    r"(?:evaluat|test|validat|benchmark|assess|verif|measur|examin|demonstrat|compar|apply|investigat|stud"
    r"|analy[sz]|quanti[sz]|run|probe|prun|compress)(?:e|es|ed|s|ing|y|ies|ied|ying)?"
)
_TO_BASE = (
    r"(?:built (?:up)?on(?: top of)?|built (?:with|from|over)|based (?:up)?on(?: top of)?"
    r"|initiali[sz]ed (?:from|with|by|using)(?: the)?(?: pretrained)?(?: weights of)?|derived from"
    r"|finetuned from|adapted from|developed (?:from|on top of|based on)|instantiated (?:with|on|from)"
    r"|started from|trained from|extended from|constructed (?:up)?on|continued from)"
)


@dataclass(frozen=True, slots=True)
class _Pattern:
    name: str
    relation: Relation
    regex: re.Pattern[str]
    role: Role | None = None
    may_be_other: bool = False
    """Whether it holds of the named thing wherever it stands, also behind 'unlike'."""


def _p(name: str, relation: Relation, regex: str, **more: object) -> _Pattern:
    return _Pattern(name, relation, re.compile(rf"(?<!\S){regex}(?!\S)"), **more)  # type: ignore[arg-type]


_T, _E, _F = Relation.TRAINED_ON, Relation.EVALUATED_ON, Relation.DERIVED_FROM

PATTERNS: tuple[_Pattern, ...] = (
    # -- trained on: the name stands at the cue
    _p("trained-beside", _T, rf"{_X} (?:, )?(?:\( )?(?:{_TRAINED}) {_HOW}{_ON}{_Y}", may_be_other=True),
    _p("trained-that-is", _T, rf"{_X} (?:, )?(?:that|which|who)?(?: {_BE})+ {_ADV}{_TRAINED} {_HOW}{_ON}{_Y}", may_be_other=True),
    _p("trained-then", _T, rf"{_X} {_ON_WITH}{_gap(1, 9)}{_TRAINED} {_HOW}{_ON}{_Y}"),
    _p("trained-and-based", _T, rf"{_X} {_ON_WITH}{_gap(0, 14)}(?:{_TO_BASE}|using|utili[sz]ing|leveraging|extending) {_gap(0, 4)}{M}(?: (?!M|D)\S+){{0,6}}? {_TRAINED} {_HOW}{_ON}{_Y}"),
    _p("trained-named", _T, rf"{_TRAIN} (?:{W} |a |an |the ){{0,3}}{M} {_HOW}{_ON}{_Y} {_gap(0, 14)}(?:yielding|resulting in|to obtain|to create|to produce|to build|leading to|to get|which yields) {_gap(0, 3)}{_X}"),
    _p("data-trained", _T, rf"{_Y} (?:- )?(?P<t>(?:pre|fine|instruction|post)?-?(?:trained|tuned|supervised)) {_X}", may_be_other=True),
    _p("trained-data", _T, rf"(?:the |an? )?{_TRAINED} {_Y} {_X}", may_be_other=True),
    # -- we train X on D
    _p("train-it-on", _T, rf"{_TRAIN} {_ADV}(?:up |a |an |the |our |both |pretrained |trained |{W} ){{0,4}}{_X} {_HOW}{_ON}{_Y}"),
    _p("train-on-it", _T, rf"(?:on|for|with|using) {_Y} , (?:we (?:have |then )?|they )?{_gap(0, 4)}{_TRAIN} {_ADV}(?:{W} ){{0,3}}{_X}"),
    _p("to-train", _T, rf"(?:use|uses|used|using|utili[sz]e[sd]?|employ|employs|employed|leverage|leverages|leveraging|with|adopt|on) {_Y} {_gap(0, 5)}(?:to|for) {_TRAIN} {_ADV}(?:{W} ){{0,3}}{_X}"),
    _p("training-set-of", _T, rf"{_X} (?:'s )?(?:uses?|used|utili[sz]e[sd]?|employs?|using|leverages?) {_Y} {_gap(0, 3)}(?:for|as|in|to) {_gap(0, 3)}{_TRAIN}"),
    _p("training-of", _T, rf"{_TRAIN} (?:of|for) {_X} {_HOW}{_ON}{_Y}"),
    _p("its-training", _T, rf"{_X} {_gap(0, 3)}(?P<t>(?:pre|fine|instruction)?-?(?:training|tuning)) {_ON}{_Y}"),
    _p("pretrained-on", _T, rf"{_X} {_ON_WITH}{_gap(1, 14)}{_TRAINED} {_HOW}(?:on|over) {_Y}"),
    _p("trained-when", _T, rf"{_X} (?:(?!M\d|S )\S+ ){{1,24}}?when {_ADV}{_TRAINED} {_HOW}(?:on|with) {_Y}"),
    _p("weights-of", _T, rf"{_X} {_gap(0, 12)}(?:weights?|checkpoints?|parameters?|models?|initiali[sz]ation) (?:{_BE} |that |which ){{0,2}}{_TRAINED} {_HOW}{_ON}{_Y}"),
    _p("trained-on-and-named", _T, rf"{_TRAINED} {_HOW}(?:on|with) {_Y} , {_gap(0, 3)}{_X}"),
    # -- evaluated on
    _p("evaluated-beside", _E, rf"{_X} (?:, )?(?:that |which )?(?:{_BE} )*{_ADV}{_EVALUATED} {_gap(0, 6)}{_OVER}{_Y}"),
    _p("trained-and-evaluated", _E, rf"{_X} (?:(?!M\d)\S+ ){{0,6}}?{_TRAINED} {_HOW}{_ON}{D} (?:, )?(?:and|then|and then) (?:[a-z]+ly )?{_EVALUATED} {_gap(0, 3)}(?:on|across) {_Y}"),
    _p("evaluate-it-on", _E, rf"{_EVALUATE} {_ADV}(?:(?:{W} ){{0,3}}(?:of|for) )?(?:{W} ){{0,3}}{_X} {_gap(0, 5)}{_OVER}{_Y}"),
    _p("evaluate-on-it", _E, rf"(?:on|for|using|over) {_Y} , (?:we |they )?{_gap(0, 3)}{_EVALUATE} {_gap(0, 4)}{_X}"),
    _p("scores-on", _E, rf"{_XW} (?:that |which |, )?(?:[a-z]+ly |can |could |also |still |not only |{_BE} |able to |further |even ){{0,3}}{_SCORES} {_gap(0, 16)}(?:on|over|across|in|for) (?:both |all )?{_Y}"),
    _p("scores-over-others-on", _E, rf"{_XW} {_gap(0, 3)}{_SCORES} {_gap(0, 6)}(?:{M}|S) {_gap(0, 12)}(?:on|over|across|in|for) (?:both |all )?{_Y}"),
    _p("outscored-on", _E, rf"(?:outperform|surpass|exceed|beat)(?:s|ed|ing)? {_gap(0, 4)}{_NAMED} {_gap(0, 10)}(?:on|over|across) (?:both |all )?{_Y}"),
    _p("compared-on", _E, rf"compar(?:ed|e|es|ing|ison|isons) {_gap(0, 4)}(?:with|to|against|of|between|among) {_gap(0, 3)}{_NAMED} {_gap(0, 6)}(?:on|over|across) (?:both |all )?{_Y}"),
    _p("we-score-on", _E, rf"(?P<m>we) (?:also |further |[a-z]+ly |can )?{_SCORES} {_gap(0, 12)}(?:on|across) (?:both |all )?{_Y}"),
    _p("we-evaluate-on", _E, rf"(?P<m>we (?:[a-z]+ly |also |then |further )?(?:evaluat|test|validat|experiment|conduct|benchmark|assess|demonstrat|report|perform|verif)[a-z]*|experiments|results|evaluations?|experimental results) {_gap(0, 5)}(?:on|across) (?:both |all )?{_Y}(?! to train)"),
    _p("compare-both-on", _E, rf"compar(?:ed|e|es|ing|ison|isons|isons) {_gap(0, 4)}{_X} (?:with|to|against|and|versus) {_gap(0, 4)}{M} {_gap(0, 6)}(?:on|over|across|using) (?:both |all )?{_Y}"),
    _p("evaluate-on-using", _E, rf"(?:{_EVALUATE}|results|performance|experiments|evaluation) {_gap(0, 5)}on {_Y} (?:using|with|under|by|for|of) {_gap(0, 4)}{_X}"),
    _p("on-it-scores", _E, rf"(?:on|for|over|across|in) (?:both |all )?{_Y} ,? (?:we (?:can )?(?:see|observe|find|show|note) that )?{_gap(0, 9)}{_XW} {_gap(0, 4)}(?:{_SCORES}|has|have|is|are)"),
    _p("results-show", _E, rf"(?:results?|experiments?|evaluations?|studies|tests|validation|analysis|comparisons?) {_gap(0, 5)}(?:on|over|across|with|using|in) (?:both |all )?{_Y} {_gap(0, 8)}(?:that|of) (?:the )?(?:{W} ){{0,3}}{_X}"),
    _p("measure-of", _E, rf"{_MEASURE} (?:of|for|with|by|from|between|using) {_gap(0, 2)}{_X} {_gap(0, 3)}(?:on|over|across|in|for) (?:both |all )?{_Y}"),
    _p("its-measure", _E, rf"{_X} (?:'s |’ s )?{_gap(0, 3)}{_MEASURE} {_gap(0, 4)}(?:on|over|across|in|for) (?:both |all )?{_Y}"),
    _p("percent-on", _E, rf"{_XW} {_gap(0, 12)}\d[\d.]* (?:%|points|map|ap|bleu|miou|f1|accuracy) {_gap(0, 6)}(?:on|over|across) (?:both |all )?{_Y}"),
    _p("best-on", _E, rf"{_XW} {_gap(0, 10)}(?:sota|best|better|superior|competitive|comparable|strong|higher|lower|consistent|significant|promising|new) {_gap(0, 6)}(?:on|over|across) (?:both |all )?{_Y}"),
    _p("better-than-on", _E, rf"(?:better|higher|lower|worse|more|less|stronger|improvements?|gains?|superior|margin|faster|larger|competitive|results|performance) {_gap(0, 4)}(?:than|over|to|with) {_gap(0, 3)}{_NAMED} {_gap(0, 8)}(?:on|over|across) (?:both |all )?{_Y}"),
    _p("far-on", _E, rf"{_XW} {_gap(0, 14)}(?:on|across) (?:both |all )?{_Y}"),
    _p("on-it-far", _E, rf"(?:on|for) (?:both |all )?{_Y} {_gap(0, 10)}{_XW}"),
    _p("beside-on", _E, rf"{_X} (?:on|over) (?:both |all )?{_Y}"),
    # -- derived from: models
    _p("distilled-from", _F, rf"{_X} (?:, )?(?:that |which )?(?:{_BE} )*{_ADV}(?:distilled|distills|distilling) {_gap(0, 3)}(?:from|using|with) {_gap(0, 3)}(?P<d>{M})", role=Role.DISTILLED),
    _p("distilled-into", _F, rf"distill?(?:s|ed|ing)? {_gap(0, 2)}(?P<d>{M}) (?:in)?to {_gap(0, 3)}{_X}", role=Role.DISTILLED),
    _p("built-on", _F, rf"{_X} (?:, )?(?:that |which )?(?:{_BE} )*{_ADV}{_TO_BASE} {_gap(0, 3)}(?P<d>{M}){_BASE_ENDS}", role=Role.BASE),
    _p("built-on-far", _F, rf"{_X} (?:(?:, |is |are |as )(?=(?:an?|the|our|one) )|: |is |are )(?:(?!,)(?:{W}|of|for|with|and|in|-|an?|the|our) ){{0,11}}?{_TO_BASE} {_gap(0, 3)}(?P<d>{M}){_BASE_ENDS}", role=Role.BASE),
    _p("building-on", _F, rf"(?:building|built|based|build|builds) (?:up)?on(?: top of)? {_gap(0, 2)}(?P<d>{M}) , (?:(?:we|this paper|this work) (?:[a-z]+ly |then |further )?(?:introduce|propose|present|develop|build|release|train|design|construct|create)[a-z]* )(?:{W} ){{0,3}}{_X}", role=Role.BASE),
    _p("builds-on", _F, rf"{_X} (?:[a-z]+ly )?(?:builds (?:up)?on|extends|adapts|finetunes|is an? (?:extension|adaptation|variant|version|finetuned version) of) {_gap(0, 3)}(?P<d>{M}){_BASE_ENDS}", role=Role.BASE),
    _p("finetunes", _F, rf"(?P<m>we|S|{M}) (?:[a-z]+ly |then |further |also |by )?(?:finetun|adapt|instruction-tun|continually pretrain|continue pretrain)(?:e|es|ed|s|ing|ning)? (?:{W} |a |an |the ){{0,3}}(?P<d>{M}){_BASE_ENDS}", role=Role.BASE),
    _p("finetuned-from", _F, rf"{_X} (?:, )?(?:an? |the )?(?:{W} ){{0,4}}(?:obtained by |created by |produced by |developed by |by )(?:finetun|adapt|train|extend|instruction-tun)ing {_gap(0, 2)}(?P<d>{M})", role=Role.BASE),
    _p("based-name", _F, rf"{_X} (?:, )?an? (?:{W} ){{0,3}}(?P<d>{M}) - based", role=Role.BASE),
    _p("its-language-model", _F, rf"{_X} {_gap(0, 10)}(?:uses?|using|with|adopts?|employs?|leverages?|integrates?|combin(?:es|ing)|built with) {_gap(0, 4)}(?P<d>{M}) as (?:{W} |the |its |a |an |our |base ){{0,3}}(?:language|llm|text decoder)", role=Role.LANGUAGE_MODEL),
    _p("its-vision-encoder", _F, rf"{_X} {_gap(0, 10)}(?:uses?|using|with|adopts?|employs?|leverages?|integrates?|combin(?:es|ing)|built with) {_gap(0, 4)}(?P<d>{M}) as (?:{W} |the |its |a |an |our |base ){{0,3}}(?:vision|visual|image|video)(?: {W})? (?:encoder|backbone|tower)", role=Role.VISION_ENCODER),
    # -- derived from: datasets
    _p("generated-by", _F, rf"(?P<m>{D}|B) {_gap(0, 10)}(?:generated|created|synthesi[sz]ed|annotated|produced|constructed|curated|distilled|labell?ed|written|built|collected) (?:automatically )?(?:by|with|using|from|via) (?:prompting |the help of |an? |the |by |large |powerful ){{0,3}}(?P<d>{M})", role=Role.GENERATED_BY),
    _p("generated-name", _F, rf"(?P<d>{M}) - (?:generated|annotated|synthesi[sz]ed|created|labell?ed) {_gap(0, 2)}(?P<m>{D}|B)", role=Role.GENERATED_BY),
    _p("subset-of", _F, rf"(?P<m>{D}|B) (?:, |\( )?(?:which |that )?(?:{_BE} )?(?:an? |the |our )?(?:{W} ){{0,4}}(?:subset|part|portion|split|subsample) (?:of|from) {_gap(0, 2)}(?P<d>{D})", role=Role.SUBSET),
    _p("built-from", _F, rf"(?P<m>{D}|B) {_gap(0, 8)}(?:built (?:up)?on(?: top of)?|built from|constructed from|derived from|based on|created from|sourced from|collected from|drawn from|sampled from|curated from|extracted from|adapted from|compiled from|extends|augments|re-annotates|aggregated from|repurposed from|selected from) {_gap(0, 3)}(?P<d>{D})", role=Role.SOURCE),
    _p("extension-of", _F, rf"(?P<m>{D}|B) (?:, |\( )?(?:which |that )?(?:{_BE} )?(?:an? |the |our )?(?:{W} ){{0,4}}(?:extension|version|variant|re-annotation|augmentation|translation|adaptation|counterpart) (?:of|to) {_gap(0, 2)}(?P<d>{D})", role=Role.SOURCE),
)  # fmt: skip

# -- what a match is not ---------------------------------------------------------------------------

_DENIED = re.compile(
    r"\b(?:not|never|n['’]t|neither|nor)(?: \w+)?(?: been| being)?(?: \w+ly)?"
    r" (?:[a-z-]*trained|[a-z-]*tuned|evaluated|tested|train|finetune|pretrain|built|based|distilled)\b"
    r"|\bwithout (?:any |being |ever |having been |further )*(?:[a-z-]*train(?:ing|ed)|[a-z-]*tun(?:ing|ed)|pretraining|finetuning)\b"
)
_UNSAID = re.compile(
    r"\b(?:not|never|n['’]t|cannot|neither|nor|without|instead of|rather than|no|fails?|prevent"
    r"|can (?:also )?be|could|may|might|would|should|if|whether|plan to|potentially|attempt to"
    r"|in the future|future|had|must|impossible|unable|hard to|difficult to|need to|needs? to be)\b"
)
_LATER = re.compile(r"\b(?:future works?|in the future|future research|remains? to be)\b")
_YIELDS = re.compile(r"\b(?:yielding|resulting in|to obtain|to create|to produce|which yields)\b")
_OTHERS = re.compile(
    r"\b(?:unlike|following|follow|follows|like|similar to|compar(?:ed|able|ison|ing|es?) (?:to|with|against|of)|than"
    r"|over|against|contrary to|in contrast to|contrast with|outperform(?:s|ed|ing)?|surpass(?:es|ed|ing)?"
    r"|beats?|inspired by|exceed(?:s|ed|ing)?|rival(?:s|ing)?|as in)(?: [a-z-]+){0,4} $"
)


def read_slots(sentence: Slotted) -> Iterator[Said]:
    """Yield what the patterns find in a sentence; several may find the same."""
    line = sentence.text
    has_data = "D" in line
    if not has_data and "M" not in line:
        return
    for pattern in PATTERNS:
        if pattern.relation is not _F and not has_data:
            continue
        for match in _each(pattern.regex, line):
            yield from _said(pattern, match, line)


def _each(regex: re.Pattern[str], line: str) -> Iterator[re.Match[str]]:
    """Find matches that begin at different places, also where they overlap."""
    at = 0
    while (match := regex.search(line, at)) is not None:
        yield match
        at = match.start() + 1


def _said(pattern: _Pattern, match: re.Match[str], line: str) -> Iterator[Said]:
    stance = Stance.STATES
    if _LATER.search(line):
        return
    before = line[max(0, match.start() - 60) : match.start()]
    near = " ".join(before.split()[-4:])
    if pattern.name in ("train-it-on", "to-train") and _YIELDS.search(line, match.end()):
        return  # what comes out of it was trained, not what it began with
    if _DENIED.search(f"{near} {match[0]}") and pattern.relation is _T:
        stance = Stance.DENIES
    elif _UNSAID.search(f"{near} {match[0]}"):
        return
    subject_at = line[max(0, match.start("m") - 60) : match.start("m")]
    if not pattern.may_be_other and _OTHERS.search(subject_at) and pattern.name not in _OF_OTHERS:
        return
    if pattern.relation is _T and _BASE_OF.search(subject_at) and pattern.name in _APPOSED:
        return
    if match["m"][0] != "w" and _DESCRIBES.match(line, match.end("m")):
        return
    if pattern.relation is _E and pattern.name != "trained-and-evaluated":
        if _TAIL_OF.search(subject_at):
            return
        if _OF_TRAINING.search(f"{near} {match[0]}" if pattern.name in _LOOSE else match[0]):
            return
    qualifiers: dict[str, str] = {}
    if pattern.relation is _T:
        role = _stage(match["t"], match[0])
        if role:
            qualifiers["stage"] = str(role)
    elif pattern.role is not None:
        qualifiers["role"] = str(pattern.role)
    subjects: list[int | None] = [*numbers_of(match["m"])] or [None]
    kind = Kind.DATASET if match["m"][0] in "DB" else Kind.MODEL
    for subject in subjects:
        for other in numbers_of(match["d"]):
            if subject != other:
                yield Said(pattern.relation, subject, kind, other, pattern.name, stance, qualifiers)


_OF_OTHERS = frozenset({"outscored-on", "compared-on", "better-than-on"})
_LOOSE = frozenset({"beside-on", "far-on", "on-it-far"})
"""Patterns with no word of their own that speaks of evaluation."""
_TAIL_OF = re.compile(
    rf"(?:{M}|S) (?:with|using|based on|plus|equipped with|by|of|via|into|extracted by|for)(?: {W}){{0,3}} $"
)
_BASE_OF = re.compile(
    rf"(?:version|variant|implementation|replication|reproduction) of (?:{W} |the |a |an |' s ){{0,3}}$|(?:based|built) (?:up)?on (?:{W} |the |a |an ){{0,3}}$|(?:using|utili[sz]ing|leveraging|from|upon) (?:{W} |the |a |an ){{0,3}}$"
)
"""What stands before the base of a subject: 'Otter, based on Flamingo, trained on' is not Flamingo."""
_DESCRIBES = re.compile(r" (?:- )?(?:based(?! on)|like)\b")
"""'CLIP-based methods' are no CLIP."""
_APPOSED = frozenset({"trained-beside", "trained-then", "pretrained-on"})
_OF_TRAINING = re.compile(r"\b(?:(?:pre|re)?train|finetun|tun|pretrained|learn|initiali)[a-z]*\b")


def _stage(word: str, said: str) -> Stage | None:
    """Say which stage a word of training names; none where it says nothing of it."""
    if re.search(r"\b(?:rlhf|dpo|preferences?|human feedback)\b", said) or "preference" in word:
        return Stage.PREFERENCE
    if "distil" in word:
        return Stage.DISTILLATION
    if re.match(r"[a-z -]*pre-?train", word):
        return Stage.PRETRAIN
    if re.search(r"tun", word):
        return Stage.SFT
    return None
