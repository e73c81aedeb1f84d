"""Tables: what each column means in its company, and rows on their way to claims."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.blocks import Row, Table
from ingest.entries import Field, is_paper_address
from ingest.facts import Record, write_claims
from ingest.items import read_cell
from ingest.output import Output, shorten
from ingest.sections import Section
from ingest.titles import is_name
from ingest.values import parse_score
from ingest.vocabulary import (
    COMPONENT_ROLES,
    PLACEHOLDER,
    TRAINING_COLUMNS,
    USER_COLUMNS,
    Column,
    find_role,
    find_stage,
    names_benchmarks,
    names_training,
    unit_of_header,
)
from kg.model import JsonValue, Kind, Name, Relation

_SUBJECTS = (Column.MODEL, Column.DATASET, Column.NAME, Column.PAPER)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the columns of one table are."""

    columns: tuple[Column | None, ...]
    headers: tuple[str, ...]
    scores: tuple[int, ...] = ()
    """Indices of columns that are benchmarks with numbers in the cells."""


def read_table(table: Table, section: Section, out: Output) -> None:
    """Write the claims of a table; a table with no known subject column is reported."""
    shape = table_shape(table, section)
    if not any(c in _SUBJECTS for c in shape.columns):
        headers = " | ".join(h for h in shape.headers if h)
        out.reject(table.line, headers, "table with no column for a paper, model or dataset")
        return
    unknown = [h for i, h in enumerate(shape.headers) if _is_unread(i, table, shape)]
    if unknown:
        what = "columns" if unknown[1:] else "column"
        out.reject(table.line, " | ".join(unknown), f"{what} not read: no known header")
    spaced = _single_names(table, shape)
    for row in table.rows:
        before = len(out.claims)
        fields = _fields(row, shape)
        if not fields or _is_divider(row):
            continue
        record = Record(section, fields, row.line, _row_name(fields), spaced=spaced)
        write_claims(record, out)
        if shape.scores:
            _write_scores(record, row, shape, out)
        if len(out.claims) == before and any(c.text.strip() for c in row.cells):
            text = " | ".join(c.text for c in row.cells)
            if not all(PLACEHOLDER.match(c.text.strip()) for c in row.cells):
                out.reject(row.line, text, "row names no paper, model or dataset")


def _is_unread(i: int, table: Table, shape: Shape) -> bool:
    """Whether a column has a header that means nothing here, and cells that say something."""
    if shape.columns[i] is not None or i in shape.scores or not shape.headers[i]:
        return False
    if find_role(shape.headers[i]) is not None:
        return False
    texts = (row.cells[i].text.strip() for row in table.rows if i < len(row.cells))
    return any(t and not PLACEHOLDER.match(t) for t in texts)


def _row_name(fields: Sequence[Field]) -> str:
    """The text that a row goes by in quotations."""
    for column in _SUBJECTS:
        for f in fields:
            if f.column is column and f.value.text.strip():
                return shorten(f.value.text, 120)
    return shorten(fields[0].value.text, 120) if fields else ""


def _is_divider(row: Row) -> bool:
    """Whether a row only separates others: one text in all cells, or in the first only and bold."""
    texts = {c.text.strip() for c in row.cells}
    filled = [c for c in row.cells if c.text.strip()]
    if len(row.cells) > 2 and len(texts) == 1 and filled[0:1] != []:
        return len(filled) == len(row.cells)
    return bool(
        len(row.cells) > 2
        and len(filled) == 1
        and filled[0].has_mark("bold", 0, len(filled[0].text.strip()))
        and not filled[0].links
    )


def _fields(row: Row, shape: Shape) -> list[Field]:
    fields = []
    for column, header, cell in zip(shape.columns, shape.headers, row.cells, strict=False):
        if column is not None and column is not Column.IGNORED and cell:
            fields.append(Field(column, header, cell, cell.line or row.line))
    return fields


def _single_names(table: Table, shape: Shape) -> dict[Column, frozenset[str]]:
    """For base-model columns, the names that stand alone in a cell."""
    found: dict[Column, frozenset[str]] = {}
    for i, column in enumerate(shape.columns):
        if column is Column.BASE_MODEL:
            words = [r.cells[i].text.strip() for r in table.rows]
            found[column] = frozenset(w for w in words if w and " " not in w)
    return found


# -- what the columns mean --------------------------------------------------------------------


def table_shape(table: Table, section: Section) -> Shape:
    """Decide what each column is, from its header and from its neighbours.

    A 'Language Model' column is the model itself when nothing before it names one; in a table of
    datasets a 'Model' column lists their users, in a table of models a 'Dataset' column lists
    what they were trained on.
    """
    headers = tuple(" ".join(h.text.split()) for h in table.header)
    columns = [find_role(h) for h in headers]
    _settle_language_model(columns)
    _settle_repeats(columns, headers, table)
    _settle_names(columns, headers)
    first = next((c for c in columns if c in _SUBJECTS), None)
    heading = section.kind
    _settle_subjects(columns, headers, first, table)
    _settle_paper_tables(columns, headers, heading)
    _settle_users(columns, headers, section)
    _settle_stages(columns, headers, table)
    if not any(c in _SUBJECTS for c in columns):
        _first_column_by_content(columns, headers, table, heading)
    scores = _score_columns(columns, headers, table)
    return Shape(tuple(columns), headers, scores)


def _settle_language_model(columns: list[Column | None]) -> None:
    if Column.LANGUAGE_MODEL not in columns:
        return
    at = columns.index(Column.LANGUAGE_MODEL)
    if (
        not any(
            c in (Column.MODEL, Column.NAME, Column.PAPER, Column.DATASET) for c in columns[:at]
        )
        and Column.MODEL not in columns
    ):
        columns[at] = Column.MODEL


def _settle_repeats(columns: list[Column | None], headers: Sequence[str], table: Table) -> None:
    """Of two columns with one role the later ones are links or notes."""
    counts: Counter[Column] = Counter()
    for i, column in enumerate(columns):
        if column is None:
            continue
        counts[column] += 1
        if counts[column] > 1 and column in (Column.NAME, Column.MODEL, Column.DATASET):
            columns[i] = None


def _settle_names(columns: list[Column | None], headers: Sequence[str]) -> None:
    """A 'Name' column beside a 'Model' or 'Dataset' column of links takes that kind."""
    if Column.NAME not in columns:
        return
    at = columns.index(Column.NAME)
    if Column.DATASET in columns and columns.index(Column.DATASET) > at:
        columns[columns.index(Column.DATASET)] = Column.DATASET_LINK
        columns[at] = Column.DATASET
    elif (
        Column.MODEL in columns and columns.index(Column.MODEL) > at and Column.PAPER not in columns
    ):
        columns[columns.index(Column.MODEL)] = Column.MODEL_LINK
        columns[at] = Column.MODEL


_BENCHMARK_HEADER = re.compile(r"benchmark|eval|test|评测|评估|测试", re.I)


def _settle_subjects(
    columns: list[Column | None], headers: Sequence[str], first: Column | None, table: Table
) -> None:
    if Column.MODEL in columns and Column.DATASET in columns:
        model, dataset = columns.index(Column.MODEL), columns.index(Column.DATASET)
        if model < dataset or first is Column.MODEL:
            evaluated = _BENCHMARK_HEADER.search(headers[dataset])
            columns[dataset] = Column.EVALUATION_DATA if evaluated else Column.TRAINING_DATA
        else:
            columns[model] = Column.USED_BY
    elif Column.DATASET in columns and Column.PAPER in columns and _has_components(columns):
        dataset = columns.index(Column.DATASET)
        evaluated = _BENCHMARK_HEADER.search(headers[dataset])
        columns[dataset] = Column.EVALUATION_DATA if evaluated else Column.TRAINING_DATA
    about_data = Column.DATASET in columns or (
        Column.MODEL not in columns
        and any(c in (*USER_COLUMNS, Column.GENERATED_BY) for c in columns)
    )
    for i, column in enumerate(columns):
        if column is Column.SOURCE and about_data and _links_papers(table, i):
            columns[i] = Column.PAPER
        elif column is Column.DATA and Column.DATASET in columns:
            columns[i] = Column.DATASET_LINK
        elif column is Column.AMOUNT and _is_parameters(headers[i], columns):
            columns[i] = Column.PARAMETERS


def _settle_users(columns: list[Column | None], headers: Sequence[str], section: Section) -> None:
    """What 'uses' a benchmark is evaluated on it, unless the header or a stage speaks of training."""
    if Column.USED_BY not in columns or Column.STAGE in columns:
        return
    datasets = [h for c, h in zip(columns, headers, strict=True) if c is Column.DATASET]
    if any(map(names_benchmarks, datasets)) or section.is_of_benchmarks:
        for i, column in enumerate(columns):
            if column is Column.USED_BY and not names_training(headers[i]):
                columns[i] = Column.EVALUATED_BY


_METHOD = re.compile(
    r"(?:ppo|dpo|grpo|rlh?aif|rlhf|rlvr|orpo|kto|simpo|q?lora|sft|rl|full|frozen|tuned)\b", re.I
)
"""Ways of training, where a column could have said which data."""


def _settle_stages(columns: list[Column | None], headers: Sequence[str], table: Table) -> None:
    """Beside 'Pretraining data' and 'SFT data', 'RL / preference' is what was used there."""
    if Column.MODEL not in columns or not any(TRAINING_COLUMNS.get(c) for c in columns if c):
        return
    for i, (column, header) in enumerate(zip(columns, headers, strict=True)):
        if column is None and find_stage(header):
            texts = [row.cells[i].text.strip() for row in table.rows]
            if not any(_METHOD.match(t) for t in texts):
                columns[i] = Column.STAGE_DATA


def _has_components(columns: Sequence[Column | None]) -> bool:
    return any(c in COMPONENT_ROLES for c in columns)


def _is_parameters(header: str, columns: Sequence[Column | None]) -> bool:
    """Whether a 'Size' column of a table of models means parameters."""
    return (
        header.strip().casefold() in ("size", "sizes", "scale", "大小", "规模")
        and Column.MODEL in columns
        and not any(c in TRAINING_COLUMNS or c in USER_COLUMNS for c in columns)
    )


def _settle_paper_tables(
    columns: list[Column | None], headers: Sequence[str], heading: Kind | None
) -> None:
    """'Data' beside papers or models is training data, in a section on datasets it is not."""
    for i, column in enumerate(columns):
        if column is Column.DATA and heading is Kind.DATASET and Column.MODEL not in columns:
            columns[i] = None
        elif (
            column is Column.EVALUATION_DATA
            and Column.MODEL not in columns
            and (Column.PAPER not in columns and Column.NAME not in columns)
        ):
            columns[i] = Column.DATASET


def _links_papers(table: Table, i: int) -> bool:
    filled = [r.cells[i] for r in table.rows if r.cells[i].text.strip()]
    linked = [c for c in filled if any(is_paper_address(k.url) for k in c.links)]
    return bool(filled) and len(linked) * 2 >= len(filled)


def _first_column_by_content(
    columns: list[Column | None], headers: Sequence[str], table: Table, heading: Kind | None
) -> None:
    """Take an unnamed first column as the subject when other columns and its cells say so."""
    if not columns or columns[0] is not None:
        return
    named = [r for r in table.rows if read_cell(r.cells[0]).things]
    if len(named) * 2 < len(table.rows):
        return
    if any(
        c in COMPONENT_ROLES or c in TRAINING_COLUMNS or c is Column.EVALUATION_DATA
        for c in columns
    ):
        columns[0] = Column.MODEL
    elif any(c in (*USER_COLUMNS, Column.GENERATED_BY, Column.DATA_SOURCE) for c in columns):
        columns[0] = Column.DATASET


# -- scores -----------------------------------------------------------------------------------

_NO_BENCHMARK = re.compile(
    r"^(?:avg|average|mean|rank|#|overall|total|score|params?|size|year|epochs?|flops|latency|throughput|"
    r"speed|fps|memory|cost|elo|resolution|lr|batch.*|steps?|平均|排名|总分)\b",
    re.I,
)


def _score_columns(
    columns: Sequence[Column | None], headers: Sequence[str], table: Table
) -> tuple[int, ...]:
    if Column.MODEL not in columns or len(table.rows) < 2:
        return ()
    found = []
    for i, (column, header) in enumerate(zip(columns, headers, strict=True)):
        if (
            column not in (None, Column.EVALUATION_DATA)
            or not header
            or _NO_BENCHMARK.match(header)
        ):
            continue
        filled = [
            t
            for r in table.rows
            if (t := r.cells[i].text.strip())
            and not PLACEHOLDER.match(t)
            and not _BEST_MARK.fullmatch(t)
        ]
        scored = [t for t in filled if parse_score(t)]
        if (
            len(filled) >= 2
            and len(scored) * 4 >= len(filled) * 3
            and re.search(r"[^\W\d_]", header)
        ):
            found.append(i)
    return tuple(found) if len(found) >= 2 else ()


_BEST_MARK = re.compile(r"(?:best|second(?: best)?|\d(?:st|nd|rd|th))", re.I)
"""What stands where a score should and is none."""


def _write_scores(record: Record, row: Row, shape: Shape, out: Output) -> None:
    models = [n for n in record.subjects if n.kind is Kind.MODEL]
    if len(models) != 1:
        return
    for i in shape.scores:
        header = shape.headers[i]
        unit = unit_of_header(header)
        score = parse_score(row.cells[i].text.strip("*† "), metric=unit or header)
        name = re.sub(r"\s*[(（\[][^()（）\[\]]*[)）\]]|[↑↓]", "", header).strip()
        if score is None or not (is_name(name) or re.fullmatch(r"[A-Z][\w-]+", name)):
            continue
        qualifiers: dict[str, JsonValue] = {"metric": unit} if unit and unit != "%" else {}
        out.relate(
            models[0], Relation.EVALUATED_ON, Name(Kind.DATASET, name), row.line,
            f"{record.quote} | {header}: {row.cells[i].text}", extractor="score-table",
            qualifiers=qualifiers, values={"score": score},
        )  # fmt: skip
