from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.middlewares import LatexEncodingMiddleware
from bibtexparser.model import Entry, ParsingFailedBlock, String
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.from_bibtex import BibEntry, entry_claims, parse_bibtex, read_bibtex
from kg.model import IDENTIFIERS, Claim, Kind, Name, Property, Relation

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "bib"


def one(fields: str, kind: str = "article") -> BibEntry:
    """Read one entry with the title 'T' and these fields, which must be readable."""
    title = "" if "title =" in fields else "title = {T}, "
    entries, rejected = parse_bibtex(f"@{kind}{{key, {title}{fields}}}")
    assert not rejected
    assert len(entries) == 1
    return entries[0]


def claims(fields: str, wanted: Property | Relation, kind: str = "article") -> list[Claim]:
    return [c for c in entry_claims(one(fields, kind)) if c.predicate == wanted]


def texts(fields: str, wanted: Property | Relation, kind: str = "article") -> list[object]:
    return [c.values["text"] for c in claims(fields, wanted, kind)]


# --- names and titles


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ("Liu, Haotian and Yong Jae Lee", ("Haotian Liu", "Yong Jae Lee")),
        ("Haotian Liu AND\n   Li, Chunyuan", ("Haotian Liu", "Chunyuan Li")),
        (
            "van der Maaten, Laurens and Ludwig van Beethoven",
            ("Laurens van der Maaten", "Ludwig van Beethoven"),
        ),
        (
            "King, Jr., Martin Luther and Cargill, III, G. S.",
            ("Martin Luther King Jr.", "G. S. Cargill III"),
        ),
        ("{OpenAI}", ("OpenAI",)),
        ("{Gemini Team, Google} and Liu, H.", ("Gemini Team, Google", "H. Liu")),
        ("{Simon and Schuster} and Knuth, D. E.", ("Simon and Schuster", "D. E. Knuth")),
        ("Touvron, Hugo and others", ("Hugo Touvron",)),
        ("Touvron, Hugo and et al.", ("Hugo Touvron",)),
        ("Fu, Chaoyou et al.", ("Chaoyou Fu",)),
        ("Touvron, Hugo and Lavril, Thibaut, et al", ("Hugo Touvron", "Thibaut Lavril")),
        (r"M{\"u}ller, J{\"o}rg and {\L}ukasz Kaiser", ("Jörg Müller", "Łukasz Kaiser")),
        (r"Karla{\v{s}}, Bojan and Fran\c{c}ois Chollet", ("Bojan Karlaš", "François Chollet")),
        (r"Le~Cun, Yann and \'Alvaro {\'\i}nd", ("Yann Le Cun", "Álvaro índ")),
        ("Anna Smith, Bo Li, and Cy Roe", ("Anna Smith", "Bo Li", "Cy Roe")),
        ("Anna Smith, Bo Li, Cy Roe, Di Fu", ("Anna Smith", "Bo Li", "Cy Roe", "Di Fu")),
        ("Potts, Christopher, and Bo Li", ("Christopher Potts", "Bo Li")),
        ("Alexander Anderson and Andy Sandy", ("Alexander Anderson", "Andy Sandy")),
        ("", ()),
        (" and  and ,", ()),
    ],
)
def test_authors_are_written_given_name_first(written: str, authors: tuple[str, ...]) -> None:
    assert one(f"author = {{{written}}}").authors == authors


def test_an_author_claim_has_its_position_and_a_namesake_is_claimed_once() -> None:
    found = claims("author = {Wei Wang and Li, Bo and Wei Wang}", Relation.AUTHORED_BY)
    assert [(c.object, c.values["position"]) for c in found] == [
        (Name(Kind.PERSON, "Wei Wang"), 1),
        (Name(Kind.PERSON, "Bo Li"), 2),
    ]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("{{LLaVA}: Visual\n     Instruction Tuning}", "LLaVA: Visual Instruction Tuning"),
        ("{{Visual {I}nstruction {T}uning}}", "Visual Instruction Tuning"),
        ('"G{\\"{o}}del, {Escher} \\& Bach"', "Gödel, Escher & Bach"),
        (r"{50% of {BERT} at 90\% off}", "50% of BERT at 90% off"),
        (r"{A & B {\'e} C}", "A & B é C"),
        (r"{A\\% of {\'e} C\\D}", "A % of é C D"),
        (r"{$\alpha$-{CLIP}: {\"U}ber $x^{2}$}", r"$\alpha$-CLIP: Über $x^{2}$"),
        (r"{For $5 {\'e}ach}", "For $5 éach"),
        (r"{\texttt{kg}, \textsc{Small} \mbox{and} \emph{fast}}", "kg, Small and fast"),
        (r"{The {\LaTeX} Companion}", "The LaTeX Companion"),
        (r"{\href{https://a.org/b}{Linked} t{\'e}xt}", "Linked téxt"),
        (r"{pages 3--4 ``quoted'' a~b}", "pages 3–4 “quoted” a b"),
        (r"{\unknowncommand}", "unknowncommand"),
        ("{a\x00b\x1f \u2028c}", "ab c"),
    ],
)
def test_a_title_is_one_decoded_line(written: str, title: str) -> None:
    assert one(f"title = {written}").title == title


def test_a_title_nested_deeper_than_the_decoder_goes_loses_its_braces_only() -> None:
    deep = "{" * 3000 + r"\'ab" + "}" * 3000
    assert one(f"title = {{{deep}}}").title == "'ab"


letters = st.characters(categories=("Lu", "Ll", "Lo"), exclude_characters="ªº")
words = st.text(letters, min_size=1, max_size=8).filter(
    lambda word: word.lower() not in ("and", "others", "et")
)
names = st.tuples(
    st.lists(words, min_size=1, max_size=3).map(" ".join),
    st.lists(words, min_size=1, max_size=2).map(" ".join),
)


@given(st.lists(names, min_size=1, max_size=5))
@settings(deadline=None)
def test_both_name_orders_read_the_same(people: list[tuple[str, str]]) -> None:
    expected = tuple(
        unicodedata.normalize("NFC", f"{given_} {family}") for given_, family in people
    )
    first = " and ".join(f"{given_} {family}" for given_, family in people)
    last = " and ".join(f"{family}, {given_}" for given_, family in people)
    assert one(f"author = {{{first}}}").authors == expected
    assert one(f"author = {{{last}}}").authors == expected


@given(
    st.text("abcdeXYZ 0123456789:;,.!?()[]/+*'éüß=<>|^中", min_size=1).map(str.strip).filter(bool),
    st.data(),
)
@settings(deadline=None)
def test_a_title_survives_braces_around_any_of_its_words(title: str, data: st.DataObject) -> None:
    title = " ".join(title.replace("''", "'").split())
    written = " ".join(
        f"{{{word}}}" if data.draw(st.booleans()) else word for word in title.split()
    )
    assert one(f"title = {{{written}}}").title == title.replace("''", "”")


@given(st.text("aeo áàâäãåçčďéèêëěíîïğłñňóôöõøőřśšßťúüýžÁÇÉÖØŁŠŽ&%_#", min_size=1, max_size=30))
@settings(deadline=None)
def test_a_title_encoded_as_latex_reads_as_it_was(text: str) -> None:
    title = " ".join(text.split())
    if not title:
        return
    encoded = LatexEncodingMiddleware().transform_string(String("title", title), Library())
    assert isinstance(encoded, String)
    assert one(f"title = {{{encoded.value}}}").title == unicodedata.normalize("NFC", title)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"On \{a\} sets", "On {a} sets"),
        (r"{On} \{{A}\} s\'et", "On {A} s\u00e9t"),
        (r"\textbf{\{x\}} and $\{y\}$", r"{x} and $\{y\}$"),
        (r"a\\{b}", "a b"),
    ],
)
def test_escaped_braces_are_text_and_others_are_not(written: str, read: str) -> None:
    entries, _ = parse_bibtex(f"@misc{{k, title = {{{written}}}}}")
    assert [e.title for e in entries] == [read]


# --- identifiers


@pytest.mark.parametrize(
    ("fields", "value", "version"),
    [
        ("eprint={2304.08485}, archivePrefix={arXiv}", "2304.08485", ""),
        ("eprint={2304.08485v2}, eprinttype={arxiv}", "2304.08485", "v2"),
        ("eprint={2304.08485 [cs.CV]}", "2304.08485", ""),
        ("eprint={arXiv:2304.08485}", "2304.08485", ""),
        ("eprint={https://arxiv.org/abs/2304.08485v1}", "2304.08485", "v1"),
        ("eprint={hep-th/9901001}, archivePrefix={arXiv}", "hep-th/9901001", ""),
        (
            "eprint={9901001v3}, archivePrefix={arXiv}, primaryClass={hep-th}",
            "hep-th/9901001",
            "v3",
        ),
        ("eprint={hep-th/9901001}, archivePrefix={hep-th}", "hep-th/9901001", ""),
        ("arxivId={1611.06895}", "1611.06895", ""),
        ("publisher={arXiv:2310.03744}", "2310.03744", ""),
        ("journal={arXiv preprint arXiv:2204.14198}", "2204.14198", ""),
        ("journal={arXiv preprint arXiv:2204.14198v2}", "2204.14198", "v2"),
        ("journal={CoRR}, volume={abs/2304.08485}", "2304.08485", ""),
        ("journal={CoRR}, volume={hep-th/9901001}", "hep-th/9901001", ""),
        ("journal={arXiv}, number={2304.08485}", "2304.08485", ""),
        ("journal={arXiv:hep-th/9901001 [hep-th]}", "hep-th/9901001", ""),
        ("howpublished={Preprint, {arXiv}:2312.07321 [math.{DG}] (2023)}", "2312.07321", ""),
        ("howpublished={Preprint, {arXiv}:math/0703311 [math.{KT}]}", "math/0703311", ""),
        ("note={arXiv:2204.14198}", "2204.14198", ""),
        (r"howpublished={\url{https://arxiv.org/pdf/2304.08485v2.pdf}}", "2304.08485", "v2"),
        ("url={http://arxiv.org/abs/2304.08485}", "2304.08485", ""),
        ("doi={10.48550/arXiv.2304.08485}", "2304.08485", ""),
        ("doi={https://doi.org/10.48550/ARXIV.2304.08485}", "2304.08485", ""),
        ("eprint={2304.08485}, url={https://arxiv.org/abs/2304.08485v3}", "2304.08485", "v3"),
        ("eprint={2304.08485}, note={arXiv:1111.11111}", "2304.08485", ""),
    ],
)
def test_arxiv_ids_are_found_where_people_write_them(fields: str, value: str, version: str) -> None:
    assert texts(fields, Property.ARXIV) == [value]
    assert texts(fields, Property.VERSION) == ([version] if version else [])


@pytest.mark.parametrize(
    "fields",
    [
        "eprint={2304.08485}, eprinttype={jstor}",
        "eprint={ZACDOQ}, eprinttype={philpapers}",
        "journal={Nature}, volume={2304.08485}",
        "note={Comment on arXiv:2204.14198}",
        "note={Extended version of arXiv:2204.14198}",
        "eprint={9901001}, archivePrefix={arXiv}",
        "publisher={arXiv}",
    ],
)
def test_what_only_resembles_an_arxiv_id_is_not_claimed(fields: str) -> None:
    assert texts(fields, Property.ARXIV) == []


@pytest.mark.parametrize(
    ("fields", "scheme", "value"),
    [
        ("doi={10.1109/ICCV.2017.310}", Property.DOI, "10.1109/iccv.2017.310"),
        ("url={https://doi.org/10.1109/ICCV.2017.310}", Property.DOI, "10.1109/iccv.2017.310"),
        (r"doi={10.1007/978-3-030-58452-8{\_}13}", Property.DOI, "10.1007/978-3-030-58452-8_13"),
        (r"doi={10.1007/978-3-030-58452-8\_13}", Property.DOI, "10.1007/978-3-030-58452-8_13"),
        (
            "doi={https://doi.org/10.1002/(SICI)1097<1::AID>3.0.CO;2-P}",
            Property.DOI,
            "10.1002/(sici)1097<1::aid>3.0.co;2-p",
        ),
        (
            "doi={10.1002/(SICI)1096-987X(199803)19:4<377::AID-JCC1>3.0.CO;2-P}",
            Property.DOI,
            "10.1002/(sici)1096-987x(199803)19:4<377::aid-jcc1>3.0.co;2-p",
        ),
        ("doi={10.18653/v1/P18-1238}", Property.ACL, "P18-1238"),
        ("doi={10.18653/v1/2020.acl-main.703}", Property.ACL, "2020.acl-main.703"),
        ("url={https://aclanthology.org/2020.acl-main.703.pdf}", Property.ACL, "2020.acl-main.703"),
        ("url={https://www.aclweb.org/anthology/P19-1393}", Property.ACL, "P19-1393"),
        (r"url={https://openreview.net/forum?id=Hk4\_qw5xe}", Property.OPENREVIEW, "Hk4_qw5xe"),
        ("url={https://openreview.net/pdf?id=SJU4ayYgl}", Property.OPENREVIEW, "SJU4ayYgl"),
    ],
)
def test_other_identifiers_are_found(fields: str, scheme: Property, value: str) -> None:
    found = [c for c in entry_claims(one(fields)) if c.predicate in IDENTIFIERS]
    assert [(c.predicate, c.values["text"]) for c in found] == [(scheme, value)]


def test_an_openreview_group_is_no_paper() -> None:
    fields = "url={https://openreview.net/group?id=NeurIPS.cc/2022/Conference}"
    assert texts(fields, Property.OPENREVIEW) == []


def test_each_scheme_gives_one_identifier() -> None:
    fields = (
        "eprint={2304.08485}, archiveprefix={arXiv}, doi={10.1109/5.771073},"
        " url={https://openreview.net/forum?id=SJU4ayYgl}, note={arXiv:1111.11111}"
    )
    found = [c for c in entry_claims(one(fields)) if c.predicate in IDENTIFIERS]
    assert {c.predicate: c.values["text"] for c in found} == {
        Property.ARXIV: "2304.08485",
        Property.DOI: "10.1109/5.771073",
        Property.OPENREVIEW: "SJU4ayYgl",
    }


# --- dates, venues, links


@pytest.mark.parametrize(
    ("fields", "years"),
    [
        ("year={2023}", ["2023"]),
        ("year=2023", ["2023"]),
        ("date={2018-07-04}", ["2018"]),
        ("year={2019b}", ["2019"]),
        ("year={to appear}", []),
        ("year={1877}", []),
        ("year={20233}", []),
        ("year={in press}, date={2021}", ["2021"]),
        ("year={2101}", []),
        ("year={19٣٤}", []),
    ],
)
def test_a_year_is_four_plausible_digits(fields: str, years: list[str]) -> None:
    assert texts(fields, Property.YEAR) == years


@pytest.mark.parametrize(
    ("fields", "value", "precision"),
    [
        ("year={2018}, month=jul", "2018-07", "month"),
        ('year={2018}, month=jul # "~4"', "2018-07", "month"),
        ('year={2018}, month="1~" # jul', "2018-07", "month"),
        ("year={2018}, month=oct # {-} # nov", "2018-10", "month"),
        ("year={2018}, month={September}", "2018-09", "month"),
        ("year={2018}, month={04}", "2018-04", "month"),
        ("year={2018}, month=12", "2018-12", "month"),
        ("year={2018}, month={4 July}", "2018-07", "month"),
        ("date={2018-07}", "2018-07", "month"),
        ("date={2018-07-04}", "2018-07-04", "day"),
        ("date={2018-07/2018-09}", "2018-07", "month"),
    ],
)
def test_a_month_makes_a_date(fields: str, value: str, precision: str) -> None:
    (claim,) = claims(fields, Property.DATE)
    assert (claim.values["value"], claim.values["precision"]) == (value, precision)
    assert claim.qualifiers == {"kind": "published"}
    assert claim.values["text"]


@pytest.mark.parametrize(
    "fields",
    ["month=jul", "year={2018}", "year={2018}, month={25}", "date={2018-21}", "date={2018-02-31}"],
)
def test_without_month_or_year_there_is_no_date(fields: str) -> None:
    assert claims(fields, Property.DATE) == []


@pytest.mark.parametrize(
    ("fields", "venues"),
    [
        ("booktitle={Proc.\n of {CVPR}}", ["Proc. of CVPR"]),
        (
            r"journal={Information processing \& management}",
            ["Information processing & management"],
        ),
        ("journaltitle={JMLR}", ["JMLR"]),
        ("journal={arXiv preprint arXiv:2204.14198}", []),
        ("journal={CoRR}, volume={abs/2304.08485}", []),
        ("journal={arXiv:1703.06114 [cs, stat]}", []),
        ("journal={ArXiv e-prints}", []),
        ("journal={arXiv: Computer Vision and Pattern Recognition}", []),
        ("journal={arXiv (Cornell University)}", []),
        ("journal={arXiv Prepr. arXiv:2204.14198}", []),
        ("journal={Preprints and their readers}", ["Preprints and their readers"]),
        ("booktitle={arXiv}, journal={TMLR}", ["TMLR"]),
    ],
)
def test_a_preprint_server_is_no_venue(fields: str, venues: list[str]) -> None:
    assert texts(fields, Property.VENUE) == venues


@pytest.mark.parametrize(
    ("fields", "kind", "links"),
    [
        (
            r"howpublished={\url{https://llava.github.io/x\_y}}",
            "misc",
            [("other", "https://llava.github.io/x_y")],
        ),
        (
            "url={https://arxiv.org/abs/2304.08485}",
            "misc",
            [("paper", "https://arxiv.org/abs/2304.08485")],
        ),
        ("url={https://github.com/a/b}", "article", [("code", "https://github.com/a/b")]),
        (
            "url={https://papers.nips.cc/p}",
            "inproceedings",
            [("paper", "https://papers.nips.cc/p")],
        ),
        (r"note={See \url{http://a.org/~b}.}", "misc", [("other", "http://a.org/~b")]),
        (r"url={http://a.org/\~{}b}", "misc", [("other", "http://a.org/~b")]),
        (r"url={http://a.org/{\textasciitilde}b}", "misc", [("other", "http://a.org/~b")]),
        (r"note={\verb+http://a.org/b+}", "misc", [("other", "http://a.org/b")]),
        ("howpublished={(https://a.org/b)}", "misc", [("other", "https://a.org/b")]),
        ("url={https://a.org/b_(c)}", "misc", [("other", "https://a.org/b_(c)")]),
        ("url={https://a.org/b}, pdf={https://a.org/b}", "misc", [("other", "https://a.org/b")]),
        ("url={javascript:alert(1)}", "misc", []),
        ("url={ftp://a.org/b}", "misc", []),
        ("url={www.a.org/b}", "misc", []),
        ("url={https://sites.}", "misc", []),
        ("url={https://me:secret@a.org/b}", "misc", [("other", "https://a.org/b")]),
    ],
)
def test_links_are_http_addresses_and_say_what_for(
    fields: str, kind: str, links: list[tuple[str, str]]
) -> None:
    found = claims(fields, Property.LINK, kind)
    assert [(c.qualifiers["rel"], c.values["text"]) for c in found] == links


def test_an_abstract_is_claimed_and_a_long_one_is_not_kept_twice() -> None:
    (short,) = claims(r"abstract={We\n pr{\'e}sent\n it.}".replace(r"\n", "\n"), Property.ABSTRACT)
    assert short.values["text"] == "We présent it."
    for length, kept in ((5000, True), (5001, False)):
        fields = "abstract={" + "x" * length + "}"
        (bibtex,) = claims(fields, Property.BIBTEX)
        raw = bibtex.values["fields"]
        assert isinstance(raw, dict)
        assert ("abstract" in raw) is kept
        assert texts(fields, Property.ABSTRACT) == ["x" * length]


def test_the_entry_can_be_given_back_from_its_bibtex_claim() -> None:
    (claim,) = claims(r"Author = {M{\"u}ller, J.}, YEAR = 2023", Property.BIBTEX, "InProceedings")
    assert claim.values == {
        "text": "key",
        "type": "inproceedings",
        "fields": {"title": "T", "author": r"M{\"u}ller, J.", "year": "2023"},
    }


def test_every_claim_has_subject_line_quote_and_rule() -> None:
    text = "% a comment\n\n@article{k,\n  title =  {{LLaVA}:\n    Tuning},\n  year = 2023}\n"
    (entry,), _ = parse_bibtex(text, first_line=10)
    assert (entry.key, entry.type, entry.line) == ("k", "article", 12)
    assert entry.quote == "title = {{LLaVA}: Tuning}"
    for claim in entry_claims(entry):
        assert claim.subject == Name(Kind.PAPER, "LLaVA: Tuning")
        assert (claim.line, claim.quote, claim.extractor) == (12, entry.quote, "bibtex")
        assert claim.confidence == 0.97
    other = Name(Kind.PAPER, "As the list calls it")
    assert {c.subject for c in entry_claims(entry, subject=other)} == {other}


def test_a_quote_is_at_most_300_characters_and_comes_from_the_title_field() -> None:
    entry = one("booktitle = {Other}, note = {title = no}, title = {" + "word " * 200 + "}")
    assert len(entry.quote) == 300
    assert entry.quote.startswith("title = {word word")


# --- documents


def test_string_names_are_resolved_joined_and_nested() -> None:
    text = (
        '@string{cvpr = "{CVPR}"}\n@STRING(long = "Proc. of " # cvpr)\n'
        "@article{a, title = {A}, booktitle = long # { 2023}, journal = CVPR}\n"
        "@string{cvpr = {changed}}\n"
        "@article{b, title = {B}, journal = cvpr, publisher = unknown}\n"
        "@preamble{{\\newcommand{\\x}{y}}}\n@comment{@article{c, title={C}}}\n"
    )
    entries, rejected = parse_bibtex(text)
    assert not rejected
    assert [e.key for e in entries] == ["a", "b"]
    assert entries[0].fields["booktitle"] == "Proc. of {CVPR} 2023"
    assert entries[0].fields["journal"] == "{CVPR}"
    assert entries[1].fields["journal"] == "changed"
    assert entries[1].fields["publisher"] == "unknown"


def test_a_duplicate_key_loses_no_entry() -> None:
    text = "@misc{k, title={One}}\n@misc{k, title={Two}}\n@misc{, title={3}}\n@misc{, title={4}}"
    entries, rejected = parse_bibtex(text)
    assert [e.title for e in entries] == ["One", "Two", "3", "4"]
    assert not rejected


def test_of_a_duplicate_field_the_first_value_is_kept_and_the_other_rejected() -> None:
    text = "@misc{k,\n title = {One},\n year = 2020,\n TITLE = {Two},\n year = {2021}}"
    (entry,), rejected = parse_bibtex(text)
    assert (entry.title, entry.fields["year"]) == ("One", "2020")
    assert [(r.line, r.text, r.reason) for r in rejected] == [
        (4, "title = {Two}", "field 'title' is given twice; the first is kept"),
        (5, "year = {2021}", "field 'year' is given twice; the first is kept"),
    ]


def test_a_broken_entry_between_two_good_ones_keeps_both_and_is_reported_with_its_line() -> None:
    text = "@misc{a, title={A}}\n\n@misc{b,\n title={unclosed,\n year=2020\n\n@misc{c, title={C}}\n"
    entries, rejected = parse_bibtex(text)
    assert [(e.key, e.line) for e in entries] == [("a", 1), ("c", 7)]
    assert [r.line for r in rejected] == [3]
    assert rejected[0].text.startswith("@misc{b,")
    assert "Unexpected block start" in rejected[0].reason


@pytest.mark.parametrize(
    "broken",
    ["@misc{title = {no key}}", "@misc{b, title}", "@misc{b, {x}, year=1}", "@misc{b, a,}"],
)
def test_other_broken_entries_are_reported_and_their_neighbours_kept(broken: str) -> None:
    entries, rejected = parse_bibtex(
        f"@misc{{a, title={{A}}}}\n{broken}\n@misc{{c, title={{C}}}}\n"
    )
    assert [e.key for e in entries] == ["a", "c"]
    assert [r.line for r in rejected] == [2]
    assert rejected[0].reason.startswith("not readable as BibTeX: ")


@pytest.mark.parametrize("entry", ["@misc{k, year=2020}", "@misc{k}", "@misc{k, title={{ }}}"])
def test_an_entry_without_title_is_rejected(entry: str) -> None:
    entries, rejected = parse_bibtex(f"\n{entry}")
    assert not entries
    assert [(r.line, r.text, r.reason) for r in rejected] == [(2, entry, "the entry has no title")]


def test_a_missing_comma_between_fields_loses_no_field() -> None:
    entry = one("url = {https://a.org}\n year = 2020\n author = {A B}, note = {n}", "misc")
    assert dict(entry.fields) == {
        "title": "T",
        "url": "https://a.org",
        "year": "2020",
        "author": "A B",
        "note": "n",
    }


def test_a_field_behind_a_percent_sign_is_no_field() -> None:
    entry = one("x = {1},\n % title = {Old},\n title = {New}")
    assert entry.title == "New"


def test_lines_stay_right_after_lines_that_end_in_a_backslash() -> None:
    text = "a comment \\\n\\\nmore\n@misc{k, note = {a\\\nb},\n title = {T}}\n@misc{l, title={L}}\n"
    entries, _ = parse_bibtex(text)
    assert [e.line for e in entries] == [4, 7]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(newline: str) -> None:
    text = newline.join(["@misc{a,", "title={A}}", "", "@misc{b, title={B}}"])
    assert [e.line for e in parse_bibtex(text)[0]] == [1, 4]


@given(st.lists(st.sampled_from(["", "text", "back\\", "% x", "a, b = c", '"']), max_size=12))
@settings(deadline=None)
def test_an_entry_is_found_at_its_line_after_any_comment(before: list[str]) -> None:
    text = "\n".join([*before, "@misc{k, title = {T}}"])
    (entry,), _ = parse_bibtex(text, first_line=5)
    assert entry.line == 5 + len(before)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert [e.title for e in parse_bibtex("\ufeff@misc{a, title={A}}")[0]] == ["A"]


# --- hostile text

marks = list('@{},=#$%~()[] \n\r"\\\x00é\ud800')
openings = ["@misc{k,", "@string{", "@comment{", "@preamble(", "title={", "author = {", "doi={"]
fragments = ["title", "month", "date", "url", "eprint", " and ", "jul", "2018-07", "10.1/x", "abs/"]
fragments += ["arXiv:2304.08485", "v2", "http://a.b/c", r"\'e", r"\url{", r"\begin{a}", r"\href{"]
pieces = st.sampled_from([*marks, *openings, *fragments])
random_text = st.one_of(st.text(), st.lists(st.one_of(pieces, st.text(max_size=3))).map("".join))


@given(random_text)
@settings(max_examples=500, deadline=None)
def test_no_text_raises_and_every_entry_is_whole(text: str) -> None:
    reading = read_bibtex(text)
    entries, rejected = parse_bibtex(text)
    assert reading.rejected == rejected
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for entry in entries:
        assert entry.title == " ".join(entry.title.split()) != ""
        assert 1 <= entry.line <= lines
        assert 0 < len(entry.quote) <= 300
        assert all(author == " ".join(author.split()) != "" for author in entry.authors)
    for line in rejected:
        assert 1 <= line.line <= lines
        assert len(line.text) <= 300
        assert line.reason


@given(st.text(), st.sampled_from(["author", "month", "date", "url", "eprint", "note", "doi"]))
@settings(max_examples=300, deadline=None)
def test_no_field_value_raises(value: str, name: str) -> None:
    value = value.translate({ord(character): None for character in "{}\\@"})
    assert list(entry_claims(one(f"{name} = {{{value}}}")))


@pytest.mark.parametrize("unit", ["@", "{", '"', "@a{"])
def test_a_megabyte_of_the_same_is_read_to_its_end(unit: str) -> None:
    entries, _ = parse_bibtex(unit * (1_000_000 // len(unit)))
    assert not entries


@pytest.mark.parametrize(
    "unit",
    [
        "}",
        "@a(",
        "@a{\n",
        "@a{k,",
        "@a{k,x={\n",
        "@a{k,title={x},\n",
        "=",
        ",",
        "@ ",
        "\\",
        "\\\n",
        "$",
        "@string{a=a}\n",
        "@comment{\n",
        "@a(k,x=)",
        "@a{k,title={$",
    ],
)
def test_repeated_fragments_are_read_to_their_end(unit: str) -> None:
    assert not parse_bibtex(unit * (200_000 // len(unit)))[0]


@pytest.mark.parametrize("field", ["title", "author", "abstract", "journal", "note", "url", "doi"])
@pytest.mark.parametrize(
    "unit",
    [" ", "a-", "{a}", r"{\"u} ", "$ \\$ ", "~", " and", "a b,", "http://a.b ", "abs/a", "[a"],
)
def test_a_long_value_is_read_to_its_end(field: str, unit: str) -> None:
    value = unit * (50_000 // len(unit))
    reading = read_bibtex(f"@article{{k, title={{T}}, {field}={{{value}}}}}")
    assert reading.claims


def test_string_names_that_grow_without_bound_reject_only_what_uses_them() -> None:
    doubled = "".join(f"@string{{a{i} = a{i - 1} # a{i - 1}}}\n" for i in range(1, 60))
    text = f'@string{{a0 = "{"x" * 100}"}}\n{doubled}'
    text += "@misc{huge, title={H}, note = a59}\n" + "@misc{k, title={K}, note = a6}\n" * 400
    entries, rejected = parse_bibtex(text + "@misc{l, title={L}}")
    assert {e.key for e in entries} == {"k", "l"}
    assert sum(len(e.fields.get("note", "")) for e in entries) < 2_000_000
    assert len(entries) + len(rejected) == 402
    assert {r.reason for r in rejected} == {
        "its @string names stand for more text than this document may grow to"
    }


def test_nothing_is_printed_about_broken_text() -> None:
    code = (
        "from ingest.from_bibtex import read_bibtex\n"
        r"r = read_bibtex('@misc{a, title={x\n@misc{b, title={\\frac \\v{s}}, author={\\frac}}')"
        "\nassert r.rejected and r.claims"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- real files


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no BibTeX files at {CORPUS}")
def test_every_block_of_the_real_files_is_read_or_rejected() -> None:
    paths = sorted(CORPUS.rglob("*.bib"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
        entries, rejected = parse_bibtex(text)
        assert all(list(entry_claims(entry)) for entry in entries)
        library = parse_string(text)
        reported = [
            block
            for block in library.blocks
            if isinstance(block, Entry)
            or (
                isinstance(block, ParsingFailedBlock)
                and not isinstance(block.ignore_error_block, String)
            )
        ]
        whole = [r for r in rejected if not r.reason.startswith("field ")]
        lines = sorted([e.line for e in entries] + [r.line for r in whole])
        assert lines == sorted((block.start_line or 0) + 1 for block in reported), path
        document = text.split("\n")
        for line in lines:
            assert "@" in document[line - 1], f"{path}:{line}"


# --- what was read otherwise than it is written


def test_a_missing_comma_and_names_without_and_are_told() -> None:
    text = """@misc{a,
  title = {Otters},
  author = {Ann Bee, Cee Dee, Eff Gee, Aitch Eye},
  url = {https://x.org} pdf = {https://x.org/a.pdf}
}
"""
    (entry,), rejected = parse_bibtex(text, first_line=10)
    assert not rejected
    assert [(r.line, r.text, r.kind) for r in entry.repairs] == [
        (
            12,
            "'Ann Bee, Cee Dee, Eff Gee, Aitch Eye' is one name by its commas, read as 4",
            "repair",
        ),
        (13, "no comma between the fields url, pdf, read as if there were", "repair"),
    ]
    assert read_bibtex(text).remarks[0].line == 3


def test_ordinary_bibtex_has_nothing_repaired() -> None:
    text = "@misc{a, title={{Otters} \\& \\'etudes}, author={Bee, Ann and Dee, Jr, Cee and {A, B, and C}}}"
    (entry,), _ = parse_bibtex(text)
    assert entry.repairs == ()
