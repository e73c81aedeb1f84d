"""The doctor: each sort of finding where there is one, and silence where there is none."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingest.from_bibtex import read_bibtex
from ingest.from_markdown import read_list
from ingest.load import ingest_file
from kg.decisions import Action, pair_payload
from kg.model import Claim, Kind, Name, Property, Reading, Relation, Remark, Stance
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.doctor import DAYS_UNTIL_OLD, Finding, Section, Severity, find_findings

LISTS = Path(__file__).resolve().parents[1] / "ingest" / "lists"


@pytest.fixture
def graph() -> Iterator[Store]:
    """Give an empty store in memory."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


def read(store: Store, text: str, source: str = "list.md") -> None:
    """Read a list as `kg ingest` would."""
    reading = read_bibtex(text) if source.endswith(".bib") else read_list(text)
    assert reading.claims
    store.load(source, "markdown", text, reading)


def put(store: Store, *claims: Claim, source: str = "list.md", **more: Any) -> None:
    """Load claims that lists seldom make."""
    store.load(source, "markdown", str(claims) + str(more), Reading(claims, **more))


def table(head: str, *rows: str) -> str:
    """Write a table; its rows begin on line 3."""
    return "\n".join((head, "|---" * (head.count("|") - 1) + "|", *rows, ""))


def datasets(*rows: str) -> str:
    return table("| Dataset | Size | License |", *rows)


def models(*rows: str) -> str:
    return table("| Model | Training Data | Params |", *rows)


def papers(*rows: str) -> str:
    return table("| Paper | Venue | Model |", *rows)


def found(store: Store, section: Section = Section.CONTRADICTION) -> list[Finding]:
    return [f for f in find_findings(store) if f.section is section]


def values(finding: Finding) -> set[tuple[str, str, int]]:
    return {(s.value, s.source, s.line) for s in finding.said}


TITLE = "Teaching Otters to Follow Visual Instructions"
LINKED = f"[{TITLE}](https://arxiv.org/abs/2304.08485)"


# ---------------------------------------------------------------------- contradictions


def test_a_paper_with_two_arxiv_ids_is_a_contradiction(graph: Store) -> None:
    bib = "@article{a, title={%s}, eprint={%s}, archivePrefix={arXiv}}"
    read(graph, papers(f"| {LINKED} | CVPR | Otter-1 |"))
    read(graph, bib % (TITLE, "2304.08485"), "refs.bib")
    assert found(graph) == []
    read(graph, bib % (TITLE, "2304.08499"), "refs.bib")
    (finding,) = found(graph)
    assert finding.severity is Severity.HIGH
    assert "2 different arxiv ids" in finding.what
    assert values(finding) == {("2304.08485", "list.md", 3), ("2304.08499", "refs.bib", 1)}


@pytest.mark.parametrize(
    ("first", "second", "is_found"),
    [
        ("| Zorgle | 150K | |", "| Zorgle | 665K | |", True),
        ("| Zorgle | 1.2M | |", "| Zorgle | 1,177,600 | |", False),
        ("| Zorgle | 150K | |", "| zorgle | 150k | |", False),
        ("| Zorgle | 150K | |", "| Plover | 665K | |", False),
        ("| Zorgle | | MIT |", "| Zorgle | | Apache 2.0 |", True),
        ("| Zorgle | | MIT |", "| Zorgle | | MIT License |", False),
    ],
)
def test_values_of_which_a_thing_has_one_contradict_when_they_differ(
    graph: Store, first: str, second: str, is_found: bool
) -> None:
    read(graph, datasets(first), "a.md")
    read(graph, datasets(second), "b.md")
    findings = found(graph)
    assert len(findings) == is_found
    for finding in findings:
        assert {(s, line) for _, s, line in values(finding)} == {("a.md", 3), ("b.md", 3)}
        assert finding.severity is Severity.MEDIUM


def test_two_counts_of_parameters_contradict(graph: Store) -> None:
    read(graph, models("| Otter | SBU | 7B |"), "a.md")
    read(graph, models("| Otter | SBU | 7B |"), "b.md")
    assert found(graph) == []
    read(graph, models("| Otter | SBU | 13B |"), "b.md")
    (finding,) = found(graph)
    assert values(finding) == {("7B", "a.md", 3), ("13B", "b.md", 3)}


def test_two_years_matter_less_than_two_sizes(graph: Store) -> None:
    bib = "@article{a, title={%s}, year={%s}}"
    read(graph, bib % (TITLE, 2023), "a.bib")
    read(graph, bib % (TITLE, 2023) + "\n", "b.bib")
    assert found(graph) == []
    read(graph, bib % (TITLE, 2024), "b.bib")
    (finding,) = found(graph)
    assert finding.severity is Severity.LOW
    assert values(finding) == {("2023", "a.bib", 1), ("2024", "b.bib", 1)}


def trained(stance: Stance = Stance.STATES, line: int = 1, **values: Any) -> Claim:
    return Claim(
        Name(Kind.MODEL, "Otter"), Relation.TRAINED_ON, line, "q", Name(Kind.DATASET, "SBU"),
        {"stage": "sft"}, values, stance,
    )  # fmt: skip


def test_what_one_list_states_and_another_denies_is_a_contradiction(graph: Store) -> None:
    put(graph, trained(), source="a.md")
    put(graph, trained(Stance.STATES, 5), source="b.md")
    assert found(graph) == []
    put(graph, trained(Stance.DENIES, 5), source="b.md")
    (finding,) = found(graph)
    assert finding.severity is Severity.HIGH
    assert "stated and denied" in finding.what
    assert values(finding) == {("states", "a.md", 1), ("denies", "b.md", 5)}


def amount(text: str, value: float) -> dict[str, Any]:
    return {"amount": {"text": text, "value": value, "unit": "samples"}}


def test_two_amounts_of_one_training_contradict(graph: Store) -> None:
    put(graph, trained(**amount("595K", 595e3)), source="a.md")
    put(graph, trained(line=2, **amount("0.6M", 600e3)), source="b.md")
    assert found(graph) == []
    put(graph, trained(line=2, **amount("3M", 3e6)), source="b.md")
    (finding,) = found(graph)
    assert "different amounts" in finding.what
    assert values(finding) == {("595K", "a.md", 1), ("3M", "b.md", 2)}


def scored(value: float, line: int, **qualifiers: str) -> Claim:
    return Claim(
        Name(Kind.MODEL, "Otter"), Relation.EVALUATED_ON, line, "q", Name(Kind.DATASET, "VQAv2"),
        dict(qualifiers), {"score": {"text": str(value), "value": value}},
    )  # fmt: skip


def test_two_scores_of_one_evaluation_contradict_and_of_two_splits_do_not(graph: Store) -> None:
    put(graph, scored(61.2, 1, split="val"), scored(78.5, 2, split="test"))
    assert found(graph) == []
    put(graph, scored(61.2, 1, split="val"), scored(78.5, 2, split="val"))
    (finding,) = found(graph)
    assert "different scores" in finding.what
    assert values(finding) == {("61.2", "list.md", 1), ("78.5", "list.md", 2)}


def introduces(title: str, what: str, line: int) -> Claim:
    return Claim(Name(Kind.PAPER, title), Relation.INTRODUCES, line, "q", Name(Kind.MODEL, what))


def page(title: str, url: str, line: int) -> Claim:
    return Claim(
        Name(Kind.PAPER, title), Property.LINK, line, "q", None, {"rel": "homepage"}, {"text": url}
    )


def test_a_paper_whose_page_is_that_of_a_longer_name_is_found(graph: Store) -> None:
    used = introduces("Another Title", "Zorgle-Interleave", 9)
    wrong = introduces(TITLE, "Zorgle", 3)
    put(graph, wrong, page(TITLE, "https://lab.io/zorgle/", 4), used)
    assert found(graph) == []
    put(graph, wrong, page(TITLE, "https://lab.io/blog-zorgle-interleave/", 4), used)
    (finding,) = found(graph)
    assert "said to introduce Zorgle, but its page is that of Zorgle-Interleave" in finding.what
    assert {line for _, _, line in values(finding)} == {3, 4, 9}
    put(
        graph, wrong, page(TITLE, "https://lab.io/zorgle-interleave", 4), used,
        introduces(TITLE, "Zorgle-Interleave", 5),
    )  # fmt: skip
    assert found(graph) == []


def test_one_paper_given_for_two_versions_is_found_unless_it_names_both(graph: Store) -> None:
    read(graph, papers(f"| {LINKED} | | VideoOtter |", f"| {LINKED} | | VideoOtter2 |"))
    (finding,) = found(graph)
    assert finding.severity is Severity.HIGH
    assert "VideoOtter and VideoOtter2" in finding.what
    assert {line for _, _, line in values(finding)} == {3, 4}
    read(graph, papers(f"| {LINKED} | | VideoOtter |", f"| {LINKED} | | AudioPlover |"))
    assert found(graph) == []
    both = "VideoOtter and VideoOtter2: Teaching Otters to See"
    put(graph, introduces(both, "VideoOtter", 1), introduces(both, "VideoOtter2", 2))
    assert found(graph) == []


def test_names_that_differ_in_a_close_size_only_are_found(graph: Store) -> None:
    read(graph, models("| Otter | Zorgle-Instruct-150K | |", "| Silkie | Zorgle-Instruct-158K | |"))
    (finding,) = found(graph)
    assert "close size" in finding.what
    assert {line for _, _, line in values(finding)} == {3, 4}
    assert finding.hint == "kg merge dataset:zorgle-instruct-150k dataset:zorgle-instruct-158k"
    read(graph, models("| Otter | Zorgle-Instruct-150K | |", "| Silkie | Zorgle-Instruct-665K | |"))
    assert found(graph) == []
    read(graph, models("| Otter | CC3M | |", "| Silkie | CC12M | |"))
    assert found(graph) == []


def test_a_size_a_thousandfold_off_its_name_is_found(graph: Store) -> None:
    read(graph, datasets("| Zorgle-158K | 158 | |"))
    (finding,) = found(graph)
    assert finding.severity is Severity.HIGH
    assert "its name says 158k" in finding.what
    read(graph, datasets("| Zorgle-158K | 158K | |", "| Plover-3M | 595K | |"))
    assert found(graph) == []


def test_one_identifier_of_two_unlike_papers_is_found(graph: Store) -> None:
    other = "[A Survey of Large Plovers](https://arxiv.org/abs/{}) | | Plover-1 |"
    read(graph, papers(f"| {LINKED} | | Otter-1 |", "| " + other.format("2304.08485")))
    (finding,) = found(graph)
    assert finding.severity is Severity.HIGH
    assert finding.what == "arxiv 2304.08485 is given to 2 papers"
    assert values(finding) == {("2304.08485", "list.md", 3), ("2304.08485", "list.md", 4)}
    assert {s.of for s in finding.said} == {TITLE, "A Survey of Large Plovers"}
    read(graph, papers(f"| {LINKED} | | Otter-1 |", "| " + other.format("2304.08486")))
    assert found(graph) == []


def test_one_address_of_two_versions_is_found(graph: Store) -> None:
    def own(dataset: str, line: int) -> Claim:
        said: dict[str, Any] = {"text": "https://maxb.io/webzorgle", "own": True}
        name = Name(Kind.DATASET, dataset)
        return Claim(name, Property.LINK, line, "q", None, {"rel": "dataset"}, said)

    put(graph, own("Webzorgle-2.5M", 4), own("Webzorgle-10M", 6))
    (finding,) = found(graph)
    assert finding.what == "one address for 2 datasets: Webzorgle-10M, Webzorgle-2.5M"
    assert {line for _, _, line in values(finding)} == {4, 6}
    put(graph, own("Webzorgle-2.5M", 4), own("Plover", 6))
    assert found(graph) == []


def test_a_list_that_contradicts_itself_is_found(graph: Store) -> None:
    put(graph, trained(), remarks=(Remark(7, "AA and SI are swapped", "contradiction"),))
    (finding,) = found(graph)
    assert finding.severity is Severity.HIGH
    assert [(s.source, s.line) for s in finding.said] == [("list.md", 7)]


# ---------------------------------------------------------------------- names


def test_a_doubtful_pair_is_a_possible_duplicate_until_it_is_settled(graph: Store) -> None:
    read(graph, models("| Otter | MultiInstruct | |", "| Silkie | MultiIntruct | |"))
    (finding,) = found(graph, Section.DUPLICATE)
    assert finding.hint == "kg review accept 1"
    assert {line for _, _, line in values(finding)} == {3, 4}
    pair = Name(Kind.DATASET, "MultiInstruct"), Name(Kind.DATASET, "MultiIntruct")
    graph.add_user_fact(Action.SPLIT, pair_payload(*pair))
    assert found(graph, Section.DUPLICATE) == []


def alias(name: str, other: str, line: int) -> Claim:
    return Claim(Name(Kind.DATASET, name), Property.ALIAS, line, "q", values={"text": other})


def test_names_joined_although_they_are_unlike_are_suspicious(graph: Store) -> None:
    read(graph, models("| Otter | CC3M | |", "| Silkie | Conceptual Captions | |"))
    assert found(graph, Section.MERGE) == []
    put(graph, alias("Conceptual Captions", "CC3M", 1), source="b.md")
    (finding,) = found(graph, Section.MERGE)
    assert "stated as another name" in finding.what
    assert {line for _, _, line in values(finding)} >= {3}
    assert finding.hint.startswith("kg split dataset:")
    graph.forget("b.md")
    pair = Name(Kind.DATASET, "CC3M"), Name(Kind.DATASET, "Conceptual Captions")
    graph.add_user_fact(Action.MERGE, pair_payload(*pair))
    assert graph.counts()["dataset"] == 1
    assert found(graph, Section.MERGE) == []


def test_names_that_agree_are_not_suspicious(graph: Store) -> None:
    read(graph, models("| Otter | Zorgle-665K | |", "| Silkie | Zorgle-Instruct-665K | |"))
    put(graph, alias("Zorgle-665K", "Zorgle-Instruct-665K", 1), source="b.md")
    assert graph.counts()["dataset"] == 1
    assert found(graph, Section.MERGE) == []


def test_things_that_are_only_named_are_stubs(graph: Store) -> None:
    read(graph, models("| Otter | SBU, CC3M | 7B |"))
    (finding,) = found(graph, Section.STUB)
    assert finding.what == "2 datasets are only named by others"
    assert {s.value for s in finding.said} == {"SBU", "CC3M"}
    read(graph, datasets("| SBU | 1M | |", "| CC3M | 3M | |"), "b.md")
    assert found(graph, Section.STUB) == []


# ---------------------------------------------------------------------- repairs and sources


def test_what_a_reader_repaired_is_listed(graph: Store) -> None:
    put(graph, trained(), remarks=(Remark(3, "broken emoji", "repair"), Remark(4, "?", "question")))
    (finding,) = found(graph, Section.REPAIR)
    assert (finding.what, finding.severity) == ("broken emoji", Severity.LOW)
    assert [(s.source, s.line) for s in finding.said] == [("list.md", 3)]


def test_a_list_not_read_for_long_is_found_and_a_forgotten_one_is_not(graph: Store) -> None:
    read(graph, models("| Otter | SBU | 7B |"))
    seen = datetime.datetime.now(datetime.UTC).date()

    def old(days: int) -> list[Finding]:
        today = seen + datetime.timedelta(days)
        return [f for f in find_findings(graph, today=today) if f.section is Section.SOURCE]

    assert old(DAYS_UNTIL_OLD - 1) == []
    (finding,) = old(DAYS_UNTIL_OLD + 2)
    assert "not read again for" in finding.what
    assert finding.hint == "kg ingest list.md"
    graph.forget("list.md")
    assert old(DAYS_UNTIL_OLD + 2) == []


def test_a_file_that_is_gone_is_found(graph: Store, tmp_path: Path) -> None:
    path = tmp_path / "my list.md"
    path.write_text(models("| Otter | SBU | 7B |"))
    ingest_file(graph, path)
    assert found(graph, Section.SOURCE) == []
    path.unlink()
    (finding,) = found(graph, Section.SOURCE)
    assert "the file is gone" in finding.what
    assert finding.hint == f"kg forget '{path.resolve()}'"


# ---------------------------------------------------------------------- all of it


def test_an_empty_store_has_nothing_to_find(graph: Store) -> None:
    assert find_findings(graph) == []


def test_findings_come_by_section_the_weightiest_first_and_always_alike(graph: Store) -> None:
    for file in sorted(LISTS.iterdir()):
        ingest_file(graph, file, name=file.name)
    looked: list[str] = []
    findings = find_findings(graph, progress=looked.append)
    assert looked
    sections = [list(Section).index(f.section) for f in findings]
    assert sections == sorted(sections)
    for section in Section:
        rank = [list(Severity).index(f.severity) for f in findings if f.section is section]
        assert rank == sorted(rank)
    assert find_findings(graph) == findings


def test_looking_changes_nothing_that_is_exported(graph: Store) -> None:
    read(graph, models("| Otter | MultiInstruct | |", "| Silkie | MultiIntruct | |"))
    before = list(graph.iter_claims()), list(graph.iter_entities()), graph.loads()
    find_findings(graph)
    assert (list(graph.iter_claims()), list(graph.iter_entities()), graph.loads()) == before


def test_a_finding_is_written_in_a_stable_form(graph: Store) -> None:
    read(graph, datasets("| Zorgle | 150K | |", "| Zorgle | 665K | |"))
    (finding,) = found(graph)
    assert finding.to_json() == {
        "section": "contradictions",
        "severity": "medium",
        "what": "Zorgle: sources differ in its size",
        "values": [
            {"value": "150K", "of": None, "source": "list.md", "line": 3},
            {"value": "665K", "of": None, "source": "list.md", "line": 4},
        ],
        "hint": None,
    }


# ---------------------------------------------------------------------- the labelled conflicts

CONFLICTS = Path(__file__).resolve().parents[2] / "shared" / "gold" / "seeds" / "conflicts.jsonl"


def conflicts() -> Iterator[Any]:
    """Yield the labelled conflicts that matter; most machines have none."""
    if not CONFLICTS.is_file():
        yield pytest.param(
            {}, id="none", marks=pytest.mark.skip("no ../shared beside the repository")
        )
        return
    for line in CONFLICTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["severity"] in ("high", "medium"):
            yield pytest.param(row, id=row["what"])


@pytest.fixture(scope="module")
def seeds(shared: Path) -> Iterator[Store]:
    """Give a store of the labelled lists; not to be changed."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        for file in sorted((shared / "seeds").glob("*.txt")):
            ingest_file(opened, file, name=file.name)
        yield opened


@pytest.mark.parametrize("row", list(conflicts()))
def test_every_labelled_conflict_that_matters_is_found(seeds: Store, row: dict[str, Any]) -> None:
    places = {(v["source"], v["line"]) for v in row["values"]}
    hits = [places & {(s.source, s.line) for s in finding.said} for finding in find_findings(seeds)]
    assert max(map(len, hits)) >= min(2, len(places)), row["what"]


# ---------------------------------------------------------------------- the reader's own side


def test_lists_that_disagree_whether_a_paper_was_read_are_listed(graph: Store) -> None:
    for n, word in enumerate(("read", "unread", "read")):
        tag = Claim(Name(Kind.PAPER, TITLE), Property.READ, n + 1, word, values={"text": word})
        put(graph, tag, source=f"{n}.md")
    (finding,) = found(graph)
    assert finding.what == f"{TITLE}: sources differ in whether it was read"
    assert values(finding) == {("read", "0.md", 1), ("unread", "1.md", 2), ("read", "2.md", 3)}


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("ICLR 2025", "International Conference on Learning Representations", False),
        ("NeurIPS 2023 Oral", "Advances in Neural Information Processing Systems", False),
        (
            "CVPR",
            "{IEEE/CVF} Conference on Computer Vision and Pattern Recognition, {CVPR} 2024",
            False,
        ),
        ("EMNLP 2023 Findings", "Empirical Methods in Natural Language Processing", False),
        ("ICML 2025", "International Conference on Learning Representations", True),
        ("ICLR 2024", "International Conference on Learning Representations, 2025", True),
        ("ICLR 2025", "NeurIPS 2024", True),
    ],
)
def test_an_abbreviated_venue_does_not_contradict_its_full_name(
    graph: Store, one: str, other: str, differ: bool
) -> None:
    for n, venue in enumerate((one, other)):
        said = Claim(Name(Kind.PAPER, TITLE), Property.VENUE, n + 1, venue, values={"text": venue})
        put(graph, said, source=f"{n}.md")
    assert [f.what for f in found(graph)] == [f"{TITLE}: sources differ in its venue"] * differ


def test_what_the_user_says_is_no_list_that_grows_old(graph: Store) -> None:
    graph.add_user_fact(Action.ADD, {"scheme": "arxiv", "value": "2304.08485"})
    late = datetime.date(2999, 1, 1)
    assert [f for f in find_findings(graph, today=late) if f.section is Section.SOURCE] == []
