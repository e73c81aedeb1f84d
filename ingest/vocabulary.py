"""What the words of a list mean: column headers, keys, stages, placeholders, generic names.

Adding a synonym is one word in a literal below; English and Chinese stand side by side. Headers
are matched by `find_role` without case, punctuation, units in brackets and reference marks, and
despite one typing error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from kg.model import Kind, Role, Stage


class Column(StrEnum):
    """The part a column, key or labelled link plays in an entry."""

    PAPER = "paper"
    NAME = "name"
    MODEL = "model"
    DATASET = "dataset"
    TRAINING_DATA = "training data"
    PRETRAINING_DATA = "pre-training data"
    INSTRUCTION_DATA = "instruction data"
    PREFERENCE_DATA = "preference data"
    STAGE_DATA = "data of the stage in its header"
    DATA = "data"
    EVALUATION_DATA = "evaluation data"
    BASE_MODEL = "base model"
    VISION_ENCODER = "vision encoder"
    AUDIO_ENCODER = "audio encoder"
    LANGUAGE_MODEL = "language model"
    PROJECTOR = "projector"
    USED_BY = "used by"
    EVALUATED_BY = "evaluated by"
    DATA_SOURCE = "data source"
    SOURCE = "source"
    GENERATED_BY = "generation model"
    MODALITY = "modality"
    LANGUAGE = "language"
    AMOUNT = "amount"
    PARAMETERS = "parameters"
    STAGE = "stage"
    LICENCE = "licence"
    VENUE = "venue"
    DATE = "date"
    INSTITUTE = "institute"
    TASK = "task"
    DOMAIN = "domain"
    CODE = "code"
    LINK = "link"
    HOMEPAGE = "homepage"
    MODEL_LINK = "model link"
    DATASET_LINK = "dataset link"
    UPDATED = "updated version"
    AUTHORS = "authors"
    NOTE = "note"
    CITATION = "citation"
    IGNORED = "ignored"


SYNONYMS: Mapping[Column, str] = {
    Column.PAPER: "paper; papers; title; titles; paper title; paper link; paper links; paper url; "
    "paper & link; arxiv; arxiv link; pdf; preprint; paper/blog; paper/project link; "
    "paper/project; technical report; tech report; report; article; publication title; "
    "论文; 论文题目; 论文标题; 论文名称; 论文链接; 标题; 题目; 文章; 文献",
    Column.NAME: "name; names; keyword; keywords; abbreviation; acronym; short name; project; "
    "project name; work; nickname; alias; 名称; 名字; 简称; 项目; 项目名称; 关键词",
    Column.MODEL: "model; models; model name; method; methods; method name; approach; system; "
    "architecture; llm name; mllm; vlm; mllms; vlms; agent; agents; network; "
    "模型; 模型名称; 方法; 方法名称; 架构",
    Column.DATASET: "dataset; datasets; dataset name; data set; data sets; datasets name; corpus; "
    "corpora; benchmark; benchmarks; benchmark name; collection; dataset/benchmark; "
    "数据集; 数据集名称; 数据集合; 语料; 语料库; 基准; 评测基准; 基准测试",
    Column.TRAINING_DATA: "training data; train data; training dataset; training datasets; "
    "training set; training sets; training corpus; trained on; tuning data; tuning dataset; "
    "tuning datasets; train set; 训练数据; 训练数据集; 训练集; 训练语料",
    Column.PRETRAINING_DATA: "pretraining data; pre-training data; pretrain data; pretraining "
    "dataset; pretraining datasets; pre-training dataset; pre-training datasets; pretraining "
    "corpus; pre-training corpus; pretrained on; pre-trained on; pt data; stage 1 data; "
    "预训练数据; 预训练数据集; 预训练语料",
    Column.INSTRUCTION_DATA: "instruction data; instruction tuning data; instruction-tuning data; "
    "instruction dataset; instruction datasets; instruction tuning dataset; instruction tuning "
    "datasets; it data; sft data; sft dataset; sft datasets; instruct data; instruction set; "
    "finetuning data; fine-tuning data; fine-tune data; finetune data; fine-tuning dataset; "
    "fine-tuning datasets; fine-tuned on; 微调数据; 微调数据集; 指令数据; 指令微调数据; 指令数据集; 指令微调数据集",
    Column.PREFERENCE_DATA: "preference data; preference dataset; preference datasets; rlhf data; "
    "preference tuning data; "
    "dpo data; human feedback data; reward data; 偏好数据; 偏好数据集",
    Column.STAGE_DATA: "rl data; rl dataset; rl datasets; alignment data; alignment dataset; "
    "alignment datasets; distillation data; distillation dataset; distillation datasets",
    Column.DATA: "data; 数据",
    Column.EVALUATION_DATA: "eval data; evaluation data; evaluation dataset; evaluation datasets; "
    "evaluation; eval; evals; tested on; eval dataset; eval set; evaluation set; evaluation benchmark; evaluation "
    "benchmarks; evaluated on; eval benchmarks; test data; test set; test sets; test datasets; "
    "评测数据; 评估数据; 评测数据集; 评估数据集; 测试集; 测试数据; 评测基准集",
    Column.BASE_MODEL: "base; base model; base models; base llm; backbone; backbones; foundation; "
    "foundation model; backbone model; pretrained model; initialized from; initialised from; "
    "finetuned from; fine-tuned from; parent model; based on; built on; "
    "基座模型; 基础模型; 底座模型; 基座; 底座; 骨干网络; 基模型",
    Column.VISION_ENCODER: "vision encoder; visual encoder; image encoder; vision encoders; "
    "vision backbone; visual backbone; vision tower; vision model; visual model; video encoder; "
    "image backbone; 视觉编码器; 图像编码器; 视觉模型",
    Column.AUDIO_ENCODER: "audio encoder; speech encoder; audio backbone; 音频编码器; 语音编码器",
    Column.LANGUAGE_MODEL: "language model; llm; llms; language encoder; base language model; "
    "language backbone; llm backbone; backbone llm; text decoder; language decoder; text encoder; "
    "large language model; base lm; lm; 语言模型; 大语言模型; 语言编码器",
    Column.PROJECTOR: "projector; vision-llm projector; connector; projection; vl connector; "
    "vision-language projector; vision-language connector; adapter; alignment module; modality "
    "interface; 连接器; 投影层",
    Column.USED_BY: "used by; used in; used for training; models trained; trained models; "
    "adopted by; users; model used by; 使用模型; 使用者; 被使用; 使用该数据的模型",
    Column.EVALUATED_BY: "evaluated by; evaluated models; models evaluated; evaluates; tested by; "
    "tested models; models tested; used to evaluate; 评测模型; 被评测模型",
    Column.DATA_SOURCE: "data source; data sources; source data; source dataset; source datasets; "
    "source corpus; sourced from; image source; video source; raw data; derived from; "
    "数据来源; 数据源; 来源数据; 来源数据集",
    Column.SOURCE: "source; sources; 来源; 出处",
    Column.GENERATED_BY: "generation model; data generation model; generator; generated by; "
    "generation; teacher; teacher model; annotator; annotation model; synthesized by; "
    "generating model; 生成模型; 数据生成模型; 生成方式; 教师模型",
    Column.MODALITY: "modality; modalities; modal; input modality; 模态",
    Column.LANGUAGE: "language; languages; lang; 语言; 语种",
    Column.AMOUNT: "quantity; amount; num; nums; number; count; size; dataset size; data size; "
    "samples; number of instances; instances; number of samples; num samples; # samples; # of "
    "samples; #samples; examples; number of examples; # examples; scale; tokens; number of "
    "tokens; # tokens; entries; volume; statistics; images; videos; hours; total; pairs; "
    "数目; 数量; 规模; 大小; 样本数; 数据量; 条数; 数据规模; 数据大小",
    Column.PARAMETERS: "params; parameters; param; # params; #params; model size; params size; "
    "number of parameters; parameter size; sizes; model sizes; parameter; 参数; 参数量; 模型大小; 参数规模",
    Column.STAGE: "stage; type; training stage; usage; use; purpose; 阶段; 训练阶段; 用途",
    Column.LICENCE: "license; licence; licenses; licences; 许可; 许可证; 协议; 开源协议",
    Column.VENUE: "venue; publication; conference; journal; published in; pub; published; "
    "publication venue; conference/journal; venues; 会议; 期刊; 发表; 会议/期刊",
    Column.DATE: "date; release date; release time; released; release; time; timeline; year; "
    "years; publication date; published date; month; publish date; created; submitted; "
    "年份; 日期; 时间; 发布时间; 发布日期; 年",
    Column.INSTITUTE: "institute; institution; institutes; institutions; org; organization; "
    "organisation; organizations; affiliation; affiliations; publisher; publishers; team; "
    "company; developer; lab; creator; group; owner; provider; released by; 机构; 单位; 发布机构; 团队; 公司; 组织",
    Column.TASK: "task; tasks; category; categories; instruction category; evaluation category; "
    "任务; 任务类型; 类型; 类别",
    Column.DOMAIN: "domain; domains; topic; topics; field; area; focus; 领域",
    Column.CODE: "code; github; github link; repo; repository; github repo; code link; source "
    "code; implementation; codebase; git; code/model; 代码; 代码链接; 仓库",
    Column.LINK: "link; links; url; urls; download; downloads; download link; access; supplement; "
    "resource; resources; demo; demo link; more; related; related work; blog; blog link; "
    "blogs; video; checkpoints link; 链接; 下载; 下载链接; 地址; 博客; 演示",
    Column.HOMEPAGE: "homepage; homepage link; website; project page; page; home page; web; site; "
    "project link; project website; 主页; 项目主页; 网站; 官网",
    Column.MODEL_LINK: "checkpoint; checkpoints; weights; model link; model links; model zoo; "
    "model-zoo link; model-zoo links; model zoo link; huggingface; hugging face; hf; model "
    "weights; pretrained weights; 权重; 模型链接; 模型权重",
    Column.DATASET_LINK: "dataset link; dataset links; data link; dataset-zoo link; dataset zoo "
    "link; dataset url; data links; 数据链接; 数据集链接",
    Column.UPDATED: "updated version; new version; newer version; latest version; follow-up; "
    "followup; successor; 更新版本; 新版本",
    Column.AUTHORS: "author; authors; 作者",
    Column.NOTE: "note; notes; remark; remarks; description; summary; comment; comments; details; "
    "detail; highlights; features; intro; introduction; abstract; tldr; tl;dr; contribution; "
    "key idea; 备注; 说明; 描述; 简介; 介绍; 摘要; 特点",
    Column.CITATION: "citation; bibtex; cite; bib; 引用",
    Column.IGNORED: "context length; resolution; input resolution; recipe; framework; training "
    "paradigm; rank; ranking; stars; star; try it; cost; index; id; no; no.; #; avg length; "
    "duration; timespan; epoch; epochs; gpus; status; public or not; public; construction "
    "method; gen; inst; vision encoder parameter size; llm parameter size; hardware; "
    "序号; 编号; 排名; 成本; 状态",
}

_ROLE_OF: dict[str, Column] = {}


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


for _column, _words in SYNONYMS.items():
    for _word in _words.split("; "):
        if _squeeze(_word):
            _ROLE_OF.setdefault(_squeeze(_word), _column)
del _column, _words, _word

_WORDS_OF_LENGTH: dict[int, list[str]] = {}
for _word in _ROLE_OF:
    if len(_word) >= 6 and _word.isascii():
        _WORDS_OF_LENGTH.setdefault(len(_word), []).append(_word)
del _word

_REFERENCE_MARK = re.compile(r"\[\d{1,3}\]|[⬆↑↓⬇*†‡]+")
_UNIT = re.compile(r"[(（\[]([^()（）\[\]]{0,30})[)）\]]")


@lru_cache(maxsize=4096)
def find_role(header: str) -> Column | None:
    """Say what a header, key or link label means; None when the vocabulary has no word for it.

    Examples
    --------
    >>> find_role("Inst[2]"), find_role("Params (B)"), find_role("Cnstruction Method")
    (<Column.IGNORED: 'ignored'>, <Column.PARAMETERS: 'parameters'>, <Column.IGNORED: 'ignored'>)
    >>> find_role("训练数据"), find_role("Shoe size")
    (<Column.TRAINING_DATA: 'training data'>, None)
    """
    text = _REFERENCE_MARK.sub("", header)
    squeezed = _squeeze(text)
    role = _ROLE_OF.get(squeezed) or _ROLE_OF.get(_squeeze(_UNIT.sub("", text)))
    if role or len(squeezed) < 6 or not squeezed.isascii():
        return role
    for length in (len(squeezed), len(squeezed) - 1, len(squeezed) + 1):
        for known in _WORDS_OF_LENGTH.get(length, ()):
            ends_alike = known[0] == squeezed[0] or known[-1] == squeezed[-1]
            if ends_alike and _one_edit(known, squeezed):
                return _ROLE_OF[known]
    return None


@lru_cache(maxsize=8192)
def unit_of_header(header: str) -> str:
    """Return the unit in a header's brackets: 'B' of 'Params (B)', '' when there is none."""
    match = _UNIT.search(_REFERENCE_MARK.sub("", header))
    return match.group(1).strip() if match else ""


def _one_edit(a: str, b: str) -> bool:
    """Whether one insertion, deletion, exchange or swap of neighbours turns a into b."""
    if len(a) > len(b):
        a, b = b, a
    i = 0
    while i < len(a) and a[i] == b[i]:
        i += 1
    if len(a) < len(b):
        return a[i:] == b[i + 1 :]
    return a[i + 1 :] == b[i + 1 :] or (
        a[i + 2 :] == b[i + 2 :] and a[i : i + 2] == b[i : i + 2][::-1]
    )


_BENCHMARK = re.compile(
    r"benchmark|\beval(?:s|uations?)?\b|\btest(?:ing)?(?: (?:data)?sets?| data)?\b|评测|评估|测试|基准",
    re.I,
)
_TRAINING = re.compile(r"\btrain|\btun(?:e|ed|ing)\b|训练|微调", re.I)


@lru_cache(maxsize=4096)
def names_benchmarks(text: str) -> bool:
    """Say whether a header or heading is about benchmarks alone, whose users do not train on them.

    Examples
    --------
    >>> names_benchmarks("Benchmark"), names_benchmarks("Evaluation Datasets")
    (True, True)
    >>> names_benchmarks("Datasets and Benchmarks"), names_benchmarks("Dataset/Benchmark")
    (False, False)
    """
    parts = [p for p in re.split(r"\s*(?:[&+,/]|\b(?:and|or)\b|和|与)\s*", text) if p.strip()]
    return bool(parts) and all(_BENCHMARK.search(p) and not names_training(p) for p in parts)


def names_training(text: str) -> bool:
    """Say whether a header or heading speaks of training, as 'Used for training' does."""
    return bool(_TRAINING.search(text) or find_stage(text))


COMPONENT_ROLES: Mapping[Column, Role] = {
    Column.VISION_ENCODER: Role.VISION_ENCODER,
    Column.LANGUAGE_MODEL: Role.LANGUAGE_MODEL,
    Column.AUDIO_ENCODER: Role.AUDIO_ENCODER,
    Column.BASE_MODEL: Role.BASE,
    Column.PROJECTOR: Role.COMPONENT,
}
"""Columns that say what a model is made of."""

TRAINING_COLUMNS: Mapping[Column, Stage | None] = {
    Column.TRAINING_DATA: None,
    Column.DATA: None,
    Column.PRETRAINING_DATA: Stage.PRETRAIN,
    Column.INSTRUCTION_DATA: Stage.SFT,
    Column.PREFERENCE_DATA: Stage.PREFERENCE,
    Column.STAGE_DATA: None,
}
"""Columns that say what a model was trained on; None where header, cell or heading give the stage."""

USER_COLUMNS = (Column.USED_BY, Column.EVALUATED_BY)
"""Columns of a dataset that list models."""

_STAGES: tuple[tuple[Stage, re.Pattern[str]], ...] = (
    (
        Stage.PREFERENCE,
        re.compile(
            r"preference|\brlhf\b|\bdpo\b|\brlaif\b|human feedback|reward model|偏好|对齐训练|alignment[- ]tuning",
            re.I,
        ),
    ),
    (
        Stage.SFT,
        re.compile(
            r"\bsft\b|supervised fine-?\s?tun|instruct(?:ion)?[- ]?(?:fine-?)?tun|inst tuning|"
            r"\bmm-?inst\b|\bvlit\b|instruction[- ]follow|fine-?\s?tun(?:e|ing)\b|\bft\b|\bpairs\b|"
            r"\bdialogs?\b|\bit\b stage|\binst\b|微调|指令",
            re.I,
        ),
    ),
    (Stage.ALIGNMENT, re.compile(r"feature alignment|\balignment\b|\bfa\b|warm-?up|对齐", re.I)),
    (Stage.DISTILLATION, re.compile(r"distill?ation|蒸馏", re.I)),
    (Stage.RL, re.compile(r"\brl\b|reinforcement|强化学习", re.I)),
    (
        Stage.PRETRAIN,
        re.compile(r"pre-?\s?train|\bpt\b|预训练|caption(?:ing)? pretrain", re.I),
    ),
)


@lru_cache(maxsize=8192)
def find_stage(text: str) -> Stage | None:
    """Say which training stage a label or heading names; None when it names none or several.

    Examples
    --------
    >>> find_stage("PT video/image-caption"), find_stage("SFT image-video inst tuning")
    (<Stage.PRETRAIN: 'pretrain'>, <Stage.SFT: 'sft'>)
    >>> find_stage("Pre-training and fine-tuning") is None
    True
    """
    text = text.replace("_", " ")
    pretrain = _STAGES[-1][1].search(text)
    for stage, pattern in _STAGES:
        if stage is Stage.PRETRAIN:
            return stage if pretrain else None
        if pattern.search(text):
            if pretrain and stage in (Stage.SFT, Stage.ALIGNMENT, Stage.PREFERENCE):
                return None
            return stage
    return None


STAGE_LABEL = re.compile(
    r"^\s*(?:stage[\s-]*(?:\d|[ivx]{1,3}|one|two|three)\b|phase[\s-]*\d|第?[一二三四1-4]阶段|阶段)",
    re.I,
)
"""A label that numbers a stage without saying which it is."""

PLACEHOLDER = re.compile(
    r"^(?:[\W_]*|n\.?\s?/?\s?a\.?|none|nil|null|tbd|tba|tbc|todo|to do|to be (?:announced|determined|"
    r"released|added)|place[_ -]?holder|coming soon|unknown|未知|无|暂无|待定|待补充|空|see (?:paper|below|above)|"
    r"[x×✗✘❌✓✔✅☑yn]|yes|no|same as .*|same|ditto|同上|link|here|/|—|–|\?+|\.\.\.|…)$",
    re.I,
)
"""Cells that say nothing."""

UNDISCLOSED = re.compile(
    r"\b(?:undisclosed|not (?:publicly )?(?:disclosed|released|public|available)|proprietary|"
    r"confidential|unreleased|closed[- ]source)\b|未公开|不公开|未披露|私有$|闭源",
    re.I,
)
"""Cells that say that something is kept back: a stance of its own."""

DENIED = re.compile(r"^(?:none|no|无|[x×✗✘❌])$", re.I)
"""Cells of a training or evaluation column that say there is none."""

GENERIC_NAME = re.compile(
    r"^(?:our|ours|own|self|in-?house|internal|private|proprietary|custom|web|curated|collected|"
    r"synthetic|synthesized|templated|translated|annotated|generated|labell?ed|unlabell?ed|real|public|open-?source[d]?|various|mixed|mixture|additional|extra|"
    r"self-?(?:built|collected|constructed|made|construct)|crawled?|human|manual(?:ly)?|multiple|"
    r"several|many|some|other|others|image|video|text|audio|instruction|dialogue|caption|"
    r"自建|自有|内部|私有|自采|网络|网页)"
    r"(?:(?:[\s_-]+|(?<=[\u4e00-\u9fff]))(?:data|dataset|datasets|corpus|corpora|collected|crawled?|crawler|built|made|"
    r"sources?|set|sets|images?|videos?|texts?|captions?|pairs?|collection|mixture|mix|"
    r"instructions?|dialogues?|annotations?|annotated|labell?ed|labell?ing|generated|web|public|"
    r"internal|private|source|construct|数据|数据集|语料|\d+(?:\.\d+)?\s?[kmbt]?\+?|and|&))*$",
    re.I,
)
"""Names that mean something else in every row: they belong to their row's model."""

IN_HOUSE = re.compile(
    r"^(?:our|ours|own|in-?house|internal|private|proprietary|custom|self-|web|自建|自有|内部|私有|自采|网络|网页)",
    re.I,
)
"""Generic names that still say that there is such a set (a mixture or 'various' does not)."""

MIXTURE = re.compile(
    r"^(?:a )?(?:data )?(?:mixture|mix|mixed|combination|混合|various|多种)\b", re.I
)

GENERIC_LABEL = re.compile(
    r"^[\W_]*(?:\d{0,2}\s?|v?\d+(?:\.\d+)+ )?(?:the |this |our |(?:un|non-?)?official |project |full |original |source |on )?"
    r"(?:here|link|links|url|paper|papers|pdf|arxiv|preprint|ieee|acl|acm|openreview|html|abs|abstract|"
    r"code|codes|github|git|gitlab|repo|repository|project(?: page)?|page|website|web|site|webpage|"
    r"homepage|home|home page|blog(?: post)?|demo|video|videos|youtube|slides?|poster|data|dataset|datasets|"
    r"model|models|model zoo|checkpoints?|ckpt|weights|huggingface|hugging ?face|hugging|hf|hf model|"
    r"hf dataset|hf spaces?|download|downloads|tweet|twitter|x|news|supp|supplement(?:ary)?|appendix|bibtex|cite|"
    r"citation|docs?|documentation|tutorial|colab|notebook|wechat\S*|zhihu|知乎|leaderboard|space|spaces|api|app|"
    r"report|technical report|tech report|media|discord|doi|article|post|paper & code|paper/(?:code|project|blog|website)|"
    r"star|stars|license|readme|technical-blog|project-page|twitter-page|论文|链接|代码|项目|主页|下载|数据|数据集|模型|博客|官网|地址|"
    r"(?:huggingface|hf|tensorflow|kaggle|github|google drive|modelscope|zenodo) (?:datasets?|repo|link|page|models?)|"
    r"github\s?&\s?download|download\s?link|paper\s?link|code\s?link|dataset\s?link|model\s?card)"
    r"(?: ?(?:link|page|link here|repo|paper|code|here|site|blog|version|\d))?[\W_]*$",
    re.I,
)
"""Link labels that name the kind of link, not the thing."""

_KIND_WORDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        Kind.DATASET,
        re.compile(
            r"\bdata ?sets?\b|\bcorp(?:us|ora)\b|\bbenchmarks?\b|\bbenchmarking\b|\bevals?\b|"
            r"\bevaluations?\b|\bdata\b|数据|语料|评测|基准|\bleaderboards?\b|\bdownstream tasks\b",
            re.I,
        ),
    ),
    (
        Kind.MODEL,
        re.compile(
            r"\bmodels?\b|\b[mv]?llms?\b|\bmllms\b|\bvlms?\b|\bchatllms\b|\bagents?\b|\bencoders?\b|"
            r"\bcheckpoints?\b|\barchitectures?\b|模型|架构",
            re.I,
        ),
    ),
)


@lru_cache(maxsize=8192)
def find_kind(text: str) -> Kind | None:
    """Say whether a heading or header is about datasets or models; None when it does not say.

    Examples
    --------
    >>> find_kind("Open LLM datasets for pre-training"), find_kind("Open ChatLLMs")
    (<Kind.DATASET: 'dataset'>, <Kind.MODEL: 'model'>)
    >>> find_kind("Instruction tuning with established datasets") is None
    True
    >>> find_kind("Applications and Datasets") is None, find_kind("Datasets & Benchmarks")
    (True, <Kind.DATASET: 'dataset'>)
    """
    head = re.split(
        r"\s(?:with|for|in|on|via|using|from|by|through)\s", text, maxsplit=1, flags=re.I
    )[0]
    parts = [
        p for p in re.split(r"\s*(?:&|\+|,|/|\band\b|和|与)\s*", head, flags=re.I) if p.strip()
    ]
    for kind, pattern in _KIND_WORDS:
        if parts and all(pattern.search(p) for p in parts):
            return kind
    return None


NO_TOPIC = re.compile(
    r"^(?:(?:table of )?contents?(?: list)?|toc|目录|index|training sets?|training recipes?|training data|"
    r"evaluation (?:data)?sets?|statistics|数据统计|overview|introduction|news|updates?|what'?s new|"
    r"changelog|latest updates?|citations?|citing.*|cite(?: us)?|references?|bibliography|参考(?:文献|资料)?|"
    r"引用|acknowledg\w+|contribut\w+.*|how to contribute.*|贡献|licen[sc]es?|许可证?|contacts?|contact us|star history|"
    r"stargazers.*|reading list|papers?|paper list|list|lists|more information|bibtex|abstract|摘要|notes?|"
    r"related (?:projects?|resources?|lists?|repos\w*)|resources?|other resources|about|motivation|disclaimer|"
    r"to-?do|roadmap|faq|support|sponsors?|maintainers?|authors?|community|misc(?:ellaneous)?|others?|"
    r"the template|template|20\d\d|previous|latest)$",
    re.I,
)
"""Headings that group lines without being a subject."""

NO_PAPERS = re.compile(
    r"\b(?:workshops?|tutorials?|courses?|lectures?|talks?|books?|tools?|toolkits?|librar(?:y|ies)|software|demos?|"
    r"leaderboards?|communit(?:y|ies)|newsletters?|podcasts?|blogs?|jobs|people|labs?|competitions?)\b|教程|课程|工具|博客",
    re.I,
)
"""Headings under which a linked title is a paper only when its address is one."""

INSTITUTES = frozenset(
    _squeeze(w)
    for w in [
        "google",
        "google research",
        "google deepmind",
        "deepmind",
        "google brain",
        "meta",
        "meta ai",
        "fair",
        "facebook",
        "facebook ai",
        "microsoft",
        "microsoft research",
        "msra",
        "msr",
        "openai",
        "anthropic",
        "nvidia",
        "apple",
        "amazon",
        "aws",
        "adobe",
        "ibm",
        "intel",
        "salesforce",
        "salesforce research",
        "alibaba",
        "alibaba damo",
        "damo",
        "damo academy",
        "damo-nlp",
        "tongyi",
        "ant group",
        "antgroup",
        "baidu",
        "tencent",
        "tencent ai lab",
        "tencentarc",
        "tencent pcg",
        "tencent arc",
        "wechat",
        "wechat ai",
        "bytedance",
        "bytedance seed",
        "by bytedance",
        "by deepseek",
        "deepseek",
        "kuaishou",
        "kling",
        "huawei",
        "noah's ark",
        "sensetime",
        "megvii",
        "baai",
        "shanghai ai lab",
        "shanghai ai laboratory",
        "shanghaiai lab",
        "zhipu",
        "zhipu ai",
        "moonshot ai",
        "stepfun",
        "minimax",
        "xiaomi",
        "oppo",
        "vivo",
        "meituan",
        "jd",
        "skywork",
        "01.ai",
        "mistral",
        "mistral ai",
        "cohere",
        "stability ai",
        "hugging face",
        "huggingface",
        "eleutherai",
        "laion",
        "allen ai",
        "allenai",
        "ai2",
        "allen institute",
        "together",
        "together ai",
        "mosaicml",
        "databricks",
        "snowflake",
        "lg ai",
        "samsung",
        "naver",
        "kakao",
        "sony",
        "nec",
        "bosch",
        "rakuten",
        "cmu",
        "mit",
        "stanford",
        "stanford university",
        "berkeley",
        "uc berkeley",
        "ucb",
        "harvard",
        "princeton",
        "yale",
        "cornell",
        "columbia",
        "nyu",
        "ucla",
        "ucsd",
        "ucsb",
        "uiuc",
        "umd",
        "unc",
        "uw",
        "uw-madison",
        "gatech",
        "georgia tech",
        "caltech",
        "purdue",
        "utexas",
        "ut austin",
        "usc",
        "upenn",
        "umich",
        "msu",
        "osu",
        "asu",
        "uci",
        "ucf",
        "oxford",
        "cambridge",
        "eth",
        "ethz",
        "eth zurich",
        "epfl",
        "tum",
        "inria",
        "mila",
        "mcgill",
        "toronto",
        "u of toronto",
        "uoft",
        "waterloo",
        "kaust",
        "mbzuai",
        "technion",
        "tau",
        "huji",
        "weizmann",
        "thu",
        "tsinghua",
        "pku",
        "peking university",
        "sjtu",
        "fudan",
        "fdu",
        "zju",
        "ustc",
        "nju",
        "hit",
        "buaa",
        "bupt",
        "ruc",
        "sysu",
        "whu",
        "hust",
        "xjtu",
        "nankai",
        "cas",
        "casia",
        "ict",
        "iscas",
        "ucas",
        "hku",
        "hkust",
        "cuhk",
        "cityu",
        "polyu",
        "nus",
        "ntu",
        "smu",
        "astar",
        "a*star",
        "ntu singapore",
        "kaist",
        "snu",
        "postech",
        "yonsei",
        "ut tokyo",
        "tokyo",
        "riken",
        "unsw",
        "anu",
        "monash",
        "adelaide",
        "sydney",
        "melbourne",
        "uts",
        "westlake",
        "bigai",
        "iiit",
        "iit",
        "iisc",
        "rutgers",
        "rutgers univ",
        "gatech",
        "brown",
        "duke",
        "rice",
        "dartmouth",
        "jhu",
        "cas",
        "pjlab",
        "opengvlab",
        "lmsys",
        "nous",
        "nousresearch",
        "fal",
        "tiktok",
        "bilibili",
        "lenovo",
        "tcl",
        "zte",
        "unicom",
        "ucl",
        "imperial",
        "edinburgh",
        "kcl",
        "bristol",
        "surrey",
        "tubingen",
        "mpi",
        "dfki",
        "kit",
        "lmu",
        "leuven",
        "gent",
        "delft",
        "uva",
        "amsterdam",
        "bonn",
        "turin",
        "trento",
        "sapienza",
        "insubria",
        "uet",
        "vinai",
        "ksu",
        "hbku",
        "qcri",
    ]
)
"""Organisations that stand in brackets behind a title; no names of models or datasets."""

_INSTITUTE_WORDS = re.compile(
    r"universit|institut|laborator|\blabs?\b|college|academy|research|school of|\bteam\b|\binc\b|"
    r"\bltd\b|大学|学院|研究院|实验室|公司|\bby \b|et al",
    re.I,
)


@lru_cache(maxsize=8192)
def is_institute(text: str) -> bool:
    """Say whether a bracketed remark names an organisation.

    Examples
    --------
    >>> is_institute("Baidu"), is_institute("Fudan, Shanghai AI Lab"), is_institute("LLaVA-STF")
    (True, True, False)
    """
    parts = [p for p in re.split(r"\s*(?:[,，&+/]| and | x )\s*", text.strip()) if p]
    return bool(parts) and all(
        _squeeze(re.sub(r"^by\s+", "", p)) in INSTITUTES or _INSTITUTE_WORDS.search(p)
        for p in parts
    )


VENUES = re.compile(
    r"\b(?:arxiv|corr|nips|neurips|icml|iclr|cvpr|iccv|eccv|wacv|bmvc|accv|acl|emnlp|naacl|eacl|aacl|coling|"
    r"tacl|conll|aaai|ijcai|kdd|www|sigir|cikm|wsdm|recsys|icra|iros|corl|rss|icassp|interspeech|slt|asru|"
    r"acm ?mm|mm|acmmm|tmm|tpami|pami|ijcv|tip|tmlr|jmlr|jair|tnnls|tcsvt|aistats|uai|colt|colm|miccai|isbi|"
    r"nature|science|cell|nejm|jama|lancet|bmj|jamia|chi|uist|siggraph(?: asia)?|tog|icmi|icmr|lrec|mlhc|chil|"
    r"findings|workshop|preprint|openreview|biorxiv|medrxiv|techrxiv|blog|github|tech(?:nical)? report|"
    r"transactions|journal|proceedings|conference|ieee|springer|elsevier|hri|icdar|3dv|dac|vldb|sigmod|icde|"
    r"tse|icse|fse|ase|oopsla|pldi|usenix|ndss|ccs|sosp|osdi|mlsys|asplos|isca|micro|hpca)\b",
    re.I,
)
"""Abbreviations that a venue is recognised by."""

MODEL_FAMILY = re.compile(
    r"(?<![a-z])(?:chatgpt|gpt[- ]?(?:neo\w*|j|\d(?:\.\d)?[ov]?)(?:-(?:turbo|mini|vision|instruct|preview|\d[\w.]*))*|text-dav\w+-\d+|code-dav\w+-\d+|davinci\S*|"
    r"claude\S*|gemini\S*|bard|palm\S*|llama\S*|vicuna\S*|alpaca-\d+b|qwen\S*|mi[sx]tral\S*|deepseek\S*|"
    r"(?:chat)?glm\S*|codex|opt-iml|flan-t5\S*|blip-?2?\S*|llava\S*|toolformer|internvl\S*|gemma\S*|phi-?\d\S*)(?![a-z])",
    re.I | re.ASCII,
)
"""Families of models that lists name as makers of data."""
