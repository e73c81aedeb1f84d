"""What the readers make of arXiv's formats: real ones, odd ones and hostile ones."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arxiv_server import (
    Paper,
    atom_entry,
    atom_page,
    made_papers,
    oai_page,
    oai_record,
    rss_item,
    rss_page,
    snapshot_line,
)
from ingest.arxiv.authors import from_line, from_parts, person
from ingest.arxiv.feeds import read_atom, read_rss
from ingest.arxiv.oai import OaiReader, category_of_set, read_oai_page
from ingest.arxiv.records import ArxivRecord, Limits, UnreadableError, read_id
from ingest.arxiv.snapshot import read_snapshot_line
from ingest.arxiv.tex import decode_accents, decode_name
from ingest.arxiv.wording import heading, prose, says_withdrawn
from kg.errors import InputError
from kg.model import Rejected

PAPERS = made_papers(30)
LIVE = [p for p in PAPERS if not p.is_deleted]


def page_of(*inner: str) -> bytes:
    return oai_page(f"<ListRecords>\n{''.join(inner)}</ListRecords>\n").encode()


def records(papers: list[Paper], prefix: str = "arXiv") -> list[str]:
    return [oai_record(p, prefix) for p in papers]


# ---------------------------------------------------------------------- names and words


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Erd\H{o}s", "Erdős"), (r"G\"odel", "Gödel"), (r"G{\"o}del", "Gödel"),
        (r"{\'E}variste", "Évariste"), (r"Mar\'\inguez", "Marínguez"), (r"\Oyvind", "Øyvind"),
        (r"Nguy\~ên", "Nguyễn"), (r"\vCaji", "Čaji"), (r"Ti\vno", "Tiňo"), (r"D\kebowski", "Dębowski"),
        (r"Fran\ccois", "François"), (r"\and Michiel", "Michiel"), (r"Yakary\ilmaz", "Yakaryılmaz"),
        (r"\AA ngstr\"om", "Ångström"), (r"Stra{\ss}e", "Straße"), ("van~Gogh", "van Gogh"),
    ],
)  # fmt: skip
def test_names_lose_their_tex(written: str, read: str) -> None:
    assert decode_name(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"B\'ezier and $\'e \o$", r"Bézier and $\'e \o$"),
        (r"\c{C}a \v{s} \'\i \O\ x", r"Ça š í Ø\ x"),
        (r"\cite{x} \omega \lambda \emph{a}", r"\cite{x} \omega \lambda \emph{a}"),
        (r"costs \$5, \'{e}", r"costs \$5, é"),
        (r"l'\'Ecole d\'e-s\'erialisation \`a", "l'École dé-sérialisation à"),
    ],
)
def test_titles_lose_accents_and_keep_all_other_tex(written: str, read: str) -> None:
    assert heading(written) == read


@given(st.text())
def test_decoding_ends_with_every_text(text: str) -> None:
    for done in (decode_accents(text), decode_name(text), heading(text), prose(text)):
        assert isinstance(done, str)
    assert heading(text).isprintable() or not text.isprintable()
    assert "\n" not in heading(text)


def test_an_abstract_has_a_line_for_each_paragraph() -> None:
    assert prose("  One\ntwo.\n  Three\nfour.\n\nFive\n") == "One two.\nThree four.\nFive"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Ada Lovelace and Emmy Noether", ["Ada Lovelace", "Emmy Noether"]),
        ("A. One (1 and 2), B. Two Jr. (2) ((1) Uni X, Y, (2) Uni Z)", ["A. One", "B. Two Jr."]),
        ("A. One, Jr., B. Two", ["A. One Jr.", "B. Two"]),
        ("The BABAR Collaboration: B. Aubert, et al", ["The BABAR Collaboration", "B. Aubert"]),
        ("C. -P. Yuan, X. Li", ["C.-P. Yuan", "X. Li"]),
        ("A. One (Uni of Here, There), B. Two", ["A. One", "B. Two"]),
        ("", []),
        ("((((", ["(((("]),
    ],
)
def test_a_line_of_authors_is_cut_into_names(line: str, names: list[str]) -> None:
    assert [a.name for a in from_line(line)] == names


def test_affiliations_belong_to_whom_they_are_written_behind() -> None:
    one, two = from_line("A. One (1 and 2), B. Two (Uni W) ((1) Uni X, Y, (2) Uni Z)")
    assert one.affiliations == ("Uni X, Y", "Uni Z")
    assert two.affiliations == ("Uni W",)


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("Planck Collaboration", [True]), ("for the DES Collaboration", [True]),
        ("Sinya for JLQCD Collaboration", [False, True]), ("Gemini Team", [True]),
        ("Collab Smith", [False]), ("Teamur Khan", [False]), ("The T2K Beam Group", [True]),
    ],
)  # fmt: skip
def test_collaborations_are_told_from_people(name: str, groups: list[bool]) -> None:
    assert [a.is_collaboration for a in person(name)] == groups


def test_what_stands_before_a_colon_at_the_front_is_a_collaboration() -> None:
    parts = [("Array", "Keck", "", ()), (":", "", "", ()), ("Ade", "P.", "", ())]
    assert [(a.name, a.is_collaboration) for a in from_parts(parts)] == [
        ("Keck Array", True),
        ("P. Ade", False),
    ]


@pytest.mark.parametrize(
    ("comments", "abstract", "withdrawn"),
    [
        ("This paper has been withdrawn by the author(s) for revision", "", True),
        ("12 pages. This submission has been withdrawn by arXiv admins", "", True),
        ("Withdrawn by arXiv administrators", "", True), ("paper withdrawn", "", True),
        ("withdrawn", "", True), ("", "This article has been withdrawn due to an error.", True),
        ("", "We study this paper has been withdrawn as a phrase.", False),
        ("Replaces withdrawn paper arXiv:0704.0001", "", False),
        ("This paper has been withdrawn from the conference", "", False),
        ("10 pages", "Funds were withdrawn by banks; this paper studies it.", False),
        ("I may withdraw this paper", "", False), ("", "", False),
    ],
)  # fmt: skip
def test_a_paper_is_withdrawn_when_its_metadata_say_so_of_itself(
    comments: str, abstract: str, withdrawn: bool
) -> None:
    assert says_withdrawn(comments, abstract) is withdrawn


def test_an_empty_latest_version_counts_only_with_arxivs_mark_or_the_word() -> None:
    paper = next(p for p in LIVE if p.number == 2 and "withdrawn" not in p.comments)
    text = oai_record(paper, "arXivRaw")
    empty = text.replace("<size>2kb</size>", "<size>0kb</size>")
    marked = empty.replace("<size>0kb</size><source_type>D<", "<size>0kb</size><source_type>I<")
    found = [read_oai_page(page_of(t)).records[0].is_withdrawn for t in (text, empty, marked)]
    assert found == [False, False, True]


@pytest.mark.parametrize(
    ("text", "id_", "version"),
    [
        ("oai:arXiv.org:quant-ph/0201082", "quant-ph/0201082", 0),
        ("http://arxiv.org/abs/math.GT/0309136v2", "math/0309136", 2),
        ("2401.00001v12", "2401.00001", 12), ("0704.0001", "0704.0001", 0),
        ("arXiv:2401.00001", "2401.00001", 0),
    ],
)  # fmt: skip
def test_ids_are_read_in_every_form_arxiv_writes(text: str, id_: str, version: int) -> None:
    assert read_id(text) == (id_, version)


@pytest.mark.parametrize(
    "text",
    ["", "2413.00001", "1501.0001", "1412.00001", "../../x", "x" * 10_000, "2401.00001\n../"],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_id(text)


@pytest.mark.parametrize(
    ("spec", "category"), [("cs:cs:AI", "cs.AI"), ("physics:hep-th", "hep-th"), ("cs", "")]
)
def test_sets_name_categories(spec: str, category: str) -> None:
    assert category_of_set(spec) == category


# ---------------------------------------------------------------------- the formats agree


def test_all_formats_say_the_same_of_a_paper() -> None:
    lines = [read_snapshot_line(snapshot_line(p).encode()) for p in LIVE]
    atom = read_atom(atom_page("".join(map(atom_entry, LIVE)), 30, 0).encode()).records
    rss = read_rss(rss_page("".join(rss_item(p, "new") for p in LIVE)).encode()).records
    kinds = [
        read_oai_page(page_of(*records(LIVE, f))).records for f in ("arXiv", "arXivRaw", "oai_dc")
    ]
    for said in zip(lines, atom, rss, *kinds, strict=True):
        assert len({r.id for r in said}) == 1
        assert len({r.title for r in said}) == 1
        assert len({tuple(a.name for a in r.authors) for r in said}) == 1
        assert len({r.abstract for r in said}) == 1
        assert len({r.categories for r in said}) == 1
        assert len({r.is_withdrawn for r in said}) == 1 or not said[2].is_withdrawn
        assert len({r.created for r in said if r.created}) == 1


def test_the_daily_feed_tells_new_papers_from_versions_and_cross_lists() -> None:
    kinds = ["new", "cross", "replace", "replace-cross"]
    items = "".join(rss_item(p, k) for p, k in zip(LIVE, [*kinds, "advert"], strict=False))
    page = read_rss(rss_page(items).encode())
    assert [r.announced for r in page.records] == kinds
    assert [r.versions[0].number for r in page.records] == [p.number for p in LIVE[:4]]
    assert page.records[0].datestamp == datetime.date(2026, 3, 20)
    assert len(page.rejected) == 1


def test_feeds_in_the_specification_are_read(shared: Path) -> None:
    for name, read, unit in (
        ("rss_specifications", read_rss, "item"),
        ("atom_specifications", read_atom, "entry"),
    ):
        text = (shared / f"corpora/arxiv/rss/arXiv__arxiv-docs__{name}.md").read_text()
        blocks = re.findall(
            r"```\s*\n(<.*?)\s*\n```",
            text.partition("Item Elements" if unit == "item" else "Entry Elements")[2],
            re.S,
        )
        inner = f"<{unit}>{''.join(blocks)}</{unit}>"
        whole = (
            rss_page(inner)
            if unit == "item"
            else atom_page(inner, 1, 0).replace(
                "<feed ", '<feed xmlns:dc="http://purl.org/dc/elements/1.1/" '
            )
        )
        (record,) = read(whole.encode()).records
        assert (record.id, record.announced) == ("2203.01250", "replace-cross")
        assert record.versions[0].number == 3
        assert [a.name for a in record.authors] == ["Antonin Monteil", "Paul Pegon"]
        assert record.dois == ("10.5802/jep.257",)
        assert record.journal_ref.startswith("Journal de l'École polytechnique - Mathématiques")


# ---------------------------------------------------------------------- real pages


def test_a_real_harvest_is_read_without_a_loss(shared: Path) -> None:
    count = 0
    for path in sorted((shared / "corpora/arxiv/oai/harvest_cs_2016").glob("*.gz"))[:6]:
        content = gzip.decompress(path.read_bytes())
        page = read_oai_page(content)
        assert page.is_whole
        assert not page.rejected
        assert len(page.records) == content.count(b"<record>")
        assert page.token
        assert page.list_size == 102_538
        assert all(r.authors and r.categories and r.abstract and r.created for r in page.records)
        assert not any("\\" in a.name or "{" in a.name for r in page.records for a in r.authors)
        count += len(page.records)
    assert count == 6000


def test_real_error_replies_are_values(shared: Path) -> None:
    folder = shared / "corpora/arxiv/oai"
    codes = [
        read_oai_page((folder / f"mikesaelim__ErrorResponse{name}.xml").read_bytes()).errors[0].code
        for name in ("IdDoesNotExist", "NoRecordsMatch")
    ]
    assert codes == ["idDoesNotExist", "noRecordsMatch"]


def test_real_answers_of_the_api_are_read(shared: Path) -> None:
    for path in sorted((shared / "corpora/arxiv/api_atom").glob("*.json")):
        given_ = json.loads(path.read_text(encoding="utf-8"))
        page = read_atom(given_["body"].encode())
        assert page.is_whole
        assert not page.rejected
        assert len(page.records) == given_["body"].count("<published>")
        assert bool(page.error) == (given_["status_code"] == 400)


def test_real_lines_of_the_snapshot_name_the_same_authors_twice(shared: Path) -> None:
    lines = next((shared / "corpora/arxiv/kaggle").glob("*.json")).read_bytes().splitlines()
    same = 0
    for line in lines:
        record = read_snapshot_line(line)
        assert record.versions[0].number == 1
        assert record.created == record.versions[0].submitted.date()  # type: ignore[union-attr]
        whole = from_line(json.loads(line)["authors"])
        names = [[a.name.replace(" ", "") for a in said] for said in (whole, record.authors)]
        same += names[0] == names[1]
    assert same >= 0.97 * len(lines)


# ---------------------------------------------------------------------- damage


def test_good_records_around_a_bad_one_are_kept_and_the_bad_one_has_its_line() -> None:
    texts = records(LIVE[:5])
    texts[2] = texts[2].replace("<title>", "<title>&nope; \x01")
    content = page_of(*texts)
    page = read_oai_page(content)
    assert [r.id for r in page.records] == [p.id for p in LIVE[:5] if p is not LIVE[2]]
    (bad,) = page.rejected
    assert LIVE[2].id in bad.text
    line = content.decode().splitlines()[bad.line - 1]
    assert line == "<record>"
    assert page.damage


@settings(max_examples=60)
@given(st.data())
def test_bytes_changed_anywhere_lose_only_what_they_touch(data: st.DataObject) -> None:
    content = page_of(*records(LIVE[:6]))
    at = data.draw(st.integers(150, len(content) - 1))
    what = data.draw(st.binary(max_size=6))
    try:
        page = read_oai_page(content[:at] + what + content[at + len(what) :])
    except InputError:
        return
    known = {r.id for r in page.records} & {p.id for p in LIVE[:6]}
    assert len(known) >= 4 or not page.is_whole or page.damage


@settings(max_examples=40)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_how_the_bytes_arrive_makes_no_difference(steps: list[int]) -> None:
    texts = records(PAPERS[:8])
    texts[3] = texts[3].replace("</title>", "")
    content = page_of(*texts)
    chunks, at = [], 0
    for step in steps * (len(content) // sum(steps) + 1):
        chunks.append(content[at : at + step])
        at += step
    assert read_oai_page(chunks) == read_oai_page(content)


def test_a_page_can_be_read_on_from_behind_any_record() -> None:
    texts = records(PAPERS[:8])
    texts[5] = texts[5].replace("</title>", "")
    content = page_of(*texts)
    whole = list(OaiReader().read([content]))
    for stop in range(1, 8):
        reader = OaiReader()
        first = []
        for found in reader.read([content]):
            first.append(found)
            if len(first) == stop:
                break
        if isinstance(first[-1], Rejected):
            continue
        again = OaiReader(start=reader.place)
        assert first + list(again.read([content[reader.place.byte :]])) == whole


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "aaa">]>', '<!DOCTYPE x SYSTEM "file:///etc/hostname">', "<!DOCTYPE x>",
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>',
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_anything_in_it_counts(
    doctype: str, encoding: str
) -> None:
    text = page_of(*records(LIVE[:2])).decode().partition("?>\n")[2]
    for read in (read_oai_page, read_atom, read_rss):
        with pytest.raises(InputError, match="document type"):
            read((doctype + text).encode(encoding))


def test_hostile_pages_cost_little_time_and_memory() -> None:
    limits = Limits(record_bytes=100_000, page_bytes=2_000_000)
    start = time.process_time()
    good = records(LIVE[:1])[0]
    for inner in (
        f"<record><title>{'x' * 1_500_000}</title></record>",
        f"<record a='{'x' * 1_500_000}'></record>",
        "<record>&;" * 100_000,
        "<record>" * 100_000,
        "<a>" * 300_000,
        "<record " + " ".join(f"a{n}='1'" for n in range(100_000)) + "></record>",
        "\n" * 1_900_000,
        "<!--" + "-" * 1_500_000,
    ):
        try:
            page = read_oai_page(page_of(inner, good), limits=limits)
        except InputError:
            continue
        assert len(page.rejected) <= limits.flaws + 1
    assert time.process_time() - start < 20


def test_a_record_that_is_too_large_is_rejected_and_the_next_ones_are_read() -> None:
    limits = Limits(record_bytes=50_000)
    texts = records(LIVE[:4])
    texts[1] = texts[1].replace("<abstract>", "<abstract>" + "y" * 300_000)
    page = read_oai_page(page_of(*texts), limits=limits)
    assert [r.id for r in page.records] == [LIVE[0].id, LIVE[2].id, LIVE[3].id]
    assert "larger than" in page.rejected[0].reason


def test_a_page_larger_than_allowed_is_refused() -> None:
    with pytest.raises(InputError, match="page_bytes"):
        read_oai_page(page_of(*records(LIVE[:4])), limits=Limits(page_bytes=1_000))


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_the_encoding_is_the_one_the_document_declares(encoding: str) -> None:
    text = page_of(*records(LIVE[:2])).decode().replace("流形", "x").replace("UTF-8", encoding)
    page = read_oai_page(text.encode(encoding))
    assert [r.title for r in page.records] == [
        heading(p.title).replace("流形", "x") for p in LIVE[:2]
    ]


@given(st.binary(max_size=300))
def test_every_reader_ends_with_every_input(content: bytes) -> None:
    for read in (read_oai_page, read_atom, read_rss):
        try:
            read(content)
        except InputError:
            continue
    with contextlib.suppress(UnreadableError):
        assert isinstance(read_snapshot_line(content), ArxivRecord)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(list(json.loads(snapshot_line(LIVE[0])))), _VALUES)
def test_a_snapshot_line_with_any_value_anywhere_is_read_or_refused(
    key: str, value: object
) -> None:
    line = {**json.loads(snapshot_line(LIVE[0])), key: value}
    try:
        record = read_snapshot_line(json.dumps(line).encode())
    except UnreadableError:
        return
    assert record.id
    assert record.title
