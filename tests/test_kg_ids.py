"""Identifiers and link targets: what an address stands for, however it is written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.ids import (
    Identifier,
    clean_url,
    find_arxiv_id,
    identify,
    is_arxiv_address,
    parse_arxiv_id,
    parse_doi,
    target_of,
    year_of_arxiv_id,
)
from kg.model import Property


def arxiv(value: str, version: str = "") -> Identifier:
    return Identifier(Property.ARXIV, value, version)


# ---------------------------------------------------------------------- arXiv


@pytest.mark.parametrize(
    ("text", "value", "version"),
    [
        ("2304.08485", "2304.08485", ""),
        ("arXiv:2304.08485", "2304.08485", ""),
        ("ARXIV: 2304.08485", "2304.08485", ""),
        ("2304.08485v2", "2304.08485", "v2"),
        ("2304.08485v12.pdf", "2304.08485", "v12"),
        ("  2304.08485.  ", "2304.08485", ""),
        ("2305*.03726*", "2305.03726", ""),
        ("**2305.03726**", "2305.03726", ""),
        ("`2305.03726`", "2305.03726", ""),
        ("1412.6980", "1412.6980", ""),
        ("0704.0001", "0704.0001", ""),
        ("1501.00001", "1501.00001", ""),
        ("hep-th/9901001", "hep-th/9901001", ""),
        ("hep-th/9901001v3", "hep-th/9901001", "v3"),
        ("cs/0112017", "cs/0112017", ""),
        ("math.GT/0309136", "math/0309136", ""),
        ("arXiv:math.GT/0309136v1", "math/0309136", "v1"),
    ],
)
def test_an_arxiv_id_is_read_and_its_version_split_off(text: str, value: str, version: str) -> None:
    assert parse_arxiv_id(text) == arxiv(value, version)


@pytest.mark.parametrize(
    "text",
    [
        "2402.0376",  # five digits since 2015
        "1501.0001",
        "1412.69801",  # four digits before
        "0704.00010",
        "2313.00001",  # no thirteenth month
        "2300.00001",
        "0701.0001",  # the new form began in April 2007
        "0703.0001",
        "2304.084851",
        "2304-08485",
        "12304.08485",
        "v2",
        "1.2304",
        "hep-th/990100",
        "hep-th/99010011",
        "9901001",
        "10.1145/3292500",
        "",
        "arXiv",
    ],
)
def test_what_is_nearly_an_arxiv_id_is_none(text: str) -> None:
    assert parse_arxiv_id(text) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://arxiv.org/abs/2304.08485",
        "http://arxiv.org/abs/2304.08485/",
        "https://www.arxiv.org/abs/2304.08485",
        "https://arxiv.org/pdf/2304.08485",
        "https://arxiv.org/pdf/2304.08485.pdf",
        "HTTPS://ArXiv.org/pdf/2304.08485.pdf",
        "https://export.arxiv.org/abs/2304.08485",
        "https://cn.arxiv.org/pdf/2304.08485.pdf",
        "https://browse.arxiv.org/html/2304.08485",
        "https://arxiv.org/abs/2304.08485?context=cs.CL",
        "https://arxiv.org/abs/2304.08485#comments",
        "https://www.alphaxiv.org/abs/2304.08485",
        "https://alphaxiv.org/overview/2304.08485",
        "https://ar5iv.org/abs/2304.08485",
        "https://ar5iv.labs.arxiv.org/html/2304.08485",
        "https://www.arxiv-vanity.com/papers/2304.08485/",
        "https://huggingface.co/papers/2304.08485",
        "https://hf.co/papers/2304.08485",
        "https://doi.org/10.48550/arXiv.2304.08485",
        "https://dx.doi.org/10.48550/ARXIV.2304.08485",
        "https://arxiv.org/ftp/arxiv/papers/2304/2304.08485.pdf",
        "  https://arxiv.org/abs/2304.08485  ",
    ],
)
def test_every_address_of_a_paper_on_arxiv_and_its_mirrors_is_that_paper(url: str) -> None:
    assert identify(url) == arxiv("2304.08485")


def test_an_address_with_a_version_is_the_same_paper_with_the_version_beside() -> None:
    found = identify("https://arxiv.org/pdf/2304.08485v2.pdf")
    assert found == arxiv("2304.08485", "v2")
    assert found is not None
    assert str(found) == "arXiv:2304.08485"


def test_an_old_arxiv_address_keeps_its_archive() -> None:
    assert identify("https://arxiv.org/abs/hep-th/9901001v2") == arxiv("hep-th/9901001", "v2")
    assert identify("https://arxiv.org/pdf/math.GT/0309136") == arxiv("math/0309136")


def test_a_broken_arxiv_address_stands_for_no_paper_but_is_known_as_arxivs() -> None:
    url = "https://arxiv.org/abs/2402.0376"
    assert identify(url) is None
    assert is_arxiv_address(url)
    assert not is_arxiv_address("https://arxiv.org/")
    assert not is_arxiv_address("https://example.org/abs/2402.03766")


@pytest.mark.parametrize(
    "url",
    [
        "https://notarxiv.org/abs/2304.08485",
        "https://arxiv.org.example.com/abs/2304.08485",
        "https://example.org/abs/2304.08485",
        "https://evilopenreview.net/forum?id=abcdef123",
        "https://notaclanthology.org/P18-1238",
        "https://doi.org.example.com/10.1145/3292500.3330701",
        "ftp://arxiv.org/abs/2304.08485",
        "file:///abs/2304.08485",
        "javascript:alert(1)",
        "//arxiv.org/abs/2304.08485",
        "arxiv.org",
        "https://",
        "http://[::1",
        "",
    ],
)
def test_a_look_alike_address_is_no_paper(url: str) -> None:
    assert identify(url) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("arXiv preprint arXiv:2304.14178, 2023", "2304.14178"),
        ("see arXiv:2304.14178v2.", "2304.14178"),
        ("CoRR abs/2304.14178", "2304.14178"),
        ("(ArXiv 2305*.*03726)", "2305.03726"),
    ],
)
def test_an_arxiv_id_named_as_such_is_found_in_running_text(text: str, value: str) -> None:
    found = find_arxiv_id(text)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    "text", ["we used 2304.14178 samples", "arXiv:2402.0376", "version 2304.14178", ""]
)
def test_a_number_in_running_text_is_no_arxiv_id(text: str) -> None:
    assert find_arxiv_id(text) is None


@pytest.mark.parametrize(
    ("value", "year"),
    [
        ("2304.08485", 2023),
        ("0704.0001", 2007),
        ("hep-th/9901001", 1999),
        ("hep-th/9108001", 1991),
        ("cs/0112017", 2001),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_year_of_an_arxiv_id_is_that_of_its_first_digits(value: str, year: int | None) -> None:
    assert year_of_arxiv_id(value) == year


months = st.integers(1, 12)
new_ids = st.one_of(
    st.builds("{:02}{:02}.{:04}".format, st.integers(8, 14), months, st.integers(1, 9999)),
    st.builds("{:02}{:02}.{:05}".format, st.integers(15, 60), months, st.integers(1, 99999)),
)
old_ids = st.builds(
    "{}/{:02}{:02}{:03}".format,
    st.sampled_from(["hep-th", "cond-mat", "cs", "math", "astro-ph", "q-bio", "chao-dyn"]),
    st.one_of(st.integers(91, 99), st.integers(0, 6)),
    months,
    st.integers(1, 999),
)
versions = st.one_of(st.just(""), st.integers(1, 99).map("v{}".format))


@given(st.one_of(new_ids, old_ids), versions)
def test_an_arxiv_id_reads_back_from_what_it_is_written_as(value: str, version: str) -> None:
    found = parse_arxiv_id(value + version)
    assert found == arxiv(value, version)
    assert parse_arxiv_id(str(found)) == arxiv(value)
    assert identify(f"https://arxiv.org/abs/{value}{version}") == found
    assert parse_doi(f"https://doi.org/10.48550/arXiv.{value}") == arxiv(value)
    assert year_of_arxiv_id(value) is not None


# ---------------------------------------------------------------------- DOI, ACL, OpenReview


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10.1145/3292500.3330701", "10.1145/3292500.3330701"),
        ("https://doi.org/10.1145/3292500.3330701", "10.1145/3292500.3330701"),
        ("doi:10.1109/CVPR.2018.00636.", "10.1109/cvpr.2018.00636"),
        ("10.1016/0370-2693(91)90001-X", "10.1016/0370-2693(91)90001-x"),
        ("10.1002%2Fasi.23329", "10.1002/asi.23329"),
    ],
)
def test_a_doi_is_read_in_lower_case(text: str, value: str) -> None:
    assert parse_doi(text) == Identifier(Property.DOI, value)


@pytest.mark.parametrize("text", ["", "10.1145", "10.1/x", "11.1145/3292500", "doi"])
def test_what_is_nearly_a_doi_is_none(text: str) -> None:
    assert parse_doi(text) is None


def test_arxivs_own_doi_is_the_arxiv_id_and_acls_own_the_acl_id() -> None:
    assert parse_doi("10.48550/arXiv.2304.08485") == arxiv("2304.08485")
    assert parse_doi("10.18653/v1/P18-1238") == Identifier(Property.ACL, "P18-1238")
    assert parse_doi("10.18653/V1/2023.ACL-LONG.641") == Identifier(
        Property.ACL, "2023.acl-long.641"
    )


@pytest.mark.parametrize(
    ("url", "scheme", "value"),
    [
        ("https://doi.org/10.1109/CVPR.2018.00636", "doi", "10.1109/cvpr.2018.00636"),
        ("https://dl.acm.org/doi/10.1145/3292500.3330701", "doi", "10.1145/3292500.3330701"),
        ("https://dl.acm.org/doi/abs/10.1145/3292500.3330701", "doi", "10.1145/3292500.3330701"),
        ("https://dl.acm.org/doi/pdf/10.1145/3292500.3330701", "doi", "10.1145/3292500.3330701"),
        ("https://aclanthology.org/P18-1238", "acl", "P18-1238"),
        ("https://aclanthology.org/P18-1238.pdf", "acl", "P18-1238"),
        ("https://www.aclweb.org/anthology/D19-1514/", "acl", "D19-1514"),
        ("https://aclanthology.org/2023.acl-long.641/", "acl", "2023.acl-long.641"),
        ("https://aclanthology.org/2023.acl-long.641v2.pdf", "acl", "2023.acl-long.641"),
        ("https://www.aclweb.org/anthology/2020.acl-main.1.pdf", "acl", "2020.acl-main.1"),
        ("https://doi.org/10.18653/v1/P18-1238", "acl", "P18-1238"),
        ("https://openreview.net/forum?id=aBc-1_23xyz", "openreview", "aBc-1_23xyz"),
        ("https://openreview.net/pdf?id=aBc-1_23xyz", "openreview", "aBc-1_23xyz"),
        (
            "https://openreview.net/forum?noteId=q&id=aBc-1_23xyz#all",
            "openreview",
            "aBc-1_23xyz",
        ),
    ],
)
def test_an_address_of_a_publisher_is_the_identifier_it_holds(
    url: str, scheme: str, value: str
) -> None:
    assert identify(url) == Identifier(Property(scheme), value)


@pytest.mark.parametrize(
    "url",
    [
        "https://aclanthology.org/volumes/2023.acl-long/",
        "https://aclanthology.org/events/acl-2023/",
        "https://openreview.net/group?id=ICLR.cc/2024",
        "https://openreview.net/profile?id=~Ada_Lovelace1",
        "https://doi.org/",
        "https://llava-vl.github.io/",
        "https://example.org/paper.pdf",
        "https://github.com/haotian-liu/LLaVA",
    ],
)
def test_a_page_that_is_no_paper_identifies_none(url: str) -> None:
    assert identify(url) is None


def test_an_identifier_is_written_as_people_write_it() -> None:
    assert str(arxiv("2304.08485", "v2")) == "arXiv:2304.08485"
    assert str(Identifier(Property.ACL, "P18-1238")) == "ACL:P18-1238"
    assert str(Identifier(Property.DOI, "10.1145/1")) == "doi:10.1145/1"
    assert str(Identifier(Property.OPENREVIEW, "aBc123")) == "OpenReview:aBc123"


# ---------------------------------------------------------------------- targets

HF = "https://huggingface.co"
OWN = HF + "/datasets/liuhaotian/LLaVA-Instruct-150K"


@pytest.mark.parametrize(
    ("url", "key", "name", "depth"),
    [
        (OWN, "hf:datasets/liuhaotian/llava-instruct-150k", "LLaVA-Instruct-150K", "repository"),
        (
            OWN + "/tree/main",
            "hf:datasets/liuhaotian/llava-instruct-150k",
            "LLaVA-Instruct-150K",
            "repository",
        ),
        (
            OWN + "/blob/main/llava_v1_5_mix665k.json",
            "hf:datasets/liuhaotian/llava-instruct-150k/llava_v1_5_mix665k.json",
            "llava_v1_5_mix665k",
            "file",
        ),
        (
            OWN + "/tree/main/data/train.jsonl.gz",
            "hf:datasets/liuhaotian/llava-instruct-150k/data/train.jsonl.gz",
            "train",
            "file",
        ),
        (
            HF + "/liuhaotian/llava-v1.5-7b",
            "hf:liuhaotian/llava-v1.5-7b",
            "llava-v1.5-7b",
            "repository",
        ),
        (
            "https://github.com/haotian-liu/LLaVA.git",
            "github:haotian-liu/llava",
            "LLaVA",
            "repository",
        ),
        (
            "https://github.com/haotian-liu/LLaVA/blob/main/docs/Data.md",
            "github:haotian-liu/llava/docs/data.md",
            "Data.md",
            "file",
        ),
    ],
)
def test_a_target_is_as_deep_as_its_address(url: str, key: str, name: str, depth: str) -> None:
    found = target_of(url)
    assert found is not None
    assert (found.key, found.name, found.depth) == (key, name, depth)


def test_a_file_is_not_its_repository_and_two_files_are_two_targets() -> None:
    urls = [
        OWN,
        OWN + "/blob/main/llava_instruct_150k.json",
        OWN + "/blob/main/llava_v1_5_mix665k.json",
    ]
    keys = {found.key for found in map(target_of, urls) if found}
    assert len(keys) == 3


@pytest.mark.parametrize(
    "other",
    [
        OWN + "/resolve/main/llava_v1_5_mix665k.json",
        OWN + "/raw/main/llava_v1_5_mix665k.json",
        OWN + "/resolve/main/llava_v1_5_mix665k.json?download=true",
        OWN.replace("huggingface.co", "hf.co") + "/blob/main/llava_v1_5_mix665k.json",
        OWN.replace("//", "//www.") + "/blob/main/LLaVA_v1_5_mix665k.json",
    ],
)
def test_one_file_is_one_target_however_it_is_addressed(other: str) -> None:
    first, second = target_of(OWN + "/blob/main/llava_v1_5_mix665k.json"), target_of(other)
    assert first is not None
    assert second is not None
    assert first.key == second.key


def test_a_dataset_repository_is_told_from_a_model_repository_of_the_same_name() -> None:
    data, model = target_of(HF + "/datasets/a/b"), target_of(HF + "/a/b")
    assert data is not None
    assert model is not None
    assert (data.is_dataset, data.is_model) == (True, False)
    assert (model.is_dataset, model.is_model) == (False, True)
    assert data.key != model.key


@pytest.mark.parametrize(
    "path",
    [
        "/spaces/liuhaotian/LLaVA",
        "/papers/2304.08485",
        "/collections/a/b",
        "/blog/llava/more",
        "/docs/datasets/index",
        "/liuhaotian",
        "/datasets/squad",
    ],
)
def test_other_pages_of_hugging_face_are_neither_model_nor_dataset_repository(path: str) -> None:
    found = target_of(HF + path)
    assert found is not None
    assert not found.is_model
    assert found.depth == "page"


@pytest.mark.parametrize("url", ["", "LLaVA", "ftp://a/b", "mailto:a@b.c", "javascript:1", "http:"])
def test_what_is_no_web_address_is_no_target(url: str) -> None:
    assert target_of(url) is None


# ---------------------------------------------------------------------- addresses made storable


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("https://user:secret@example.org/x", "https://example.org/x"),
        ("https://secret@example.org/x", "https://example.org/x"),
        ("HTTPS://user:secret@example.org", "HTTPS://example.org"),
        ("https://user:p@ss@example.org/x", "https://example.org/x"),
        ("https://example.org/@user/post", "https://example.org/@user/post"),
        ("https://example.org/?mail=a@b.c", "https://example.org/?mail=a@b.c"),
        ("https://example.org?mail=a@b.c", "https://example.org?mail=a@b.c"),
        ("https://example.org#a@b.c", "https://example.org#a@b.c"),
        (" <https://example.org/a b> , ", "https://example.org/ab"),
        ("https://example.org/x,", "https://example.org/x"),
    ],
)
def test_a_written_address_is_stored_without_credentials_and_otherwise_whole(
    written: str, stored: str
) -> None:
    assert clean_url(written) == stored


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "data:text/html,x", "ftp://a/b", "https://", "/abs/1", "x"]
)
def test_only_web_addresses_are_stored(url: str) -> None:
    assert clean_url(url) is None


words = st.text("abcdefghij0123456789.-~", min_size=1)


@given(st.lists(words, min_size=1, max_size=3), st.sampled_from(":@"), words, words)
def test_no_part_of_a_written_secret_is_stored(
    secret: list[str], between: str, host: str, path: str
) -> None:
    marked = between.join(f"SECRET{part}" for part in secret)
    stored = clean_url(f"https://{marked}@{host}/{path}")
    assert stored is not None
    assert "SECRET" not in stored
    assert stored.startswith(f"https://{host}/")


# ---------------------------------------------------------------------- any text at all

hosts = st.sampled_from(
    [
        "arxiv.org",
        "doi.org",
        "aclanthology.org",
        "openreview.net",
        "hf.co",
        "github.com",
        "[::1",
        "",
    ]
)
paths = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ["abs", "pdf", "datasets", "blob", "main", "%00", "%zz", "..", "?id=", "#"]
        ),
    ),
    max_size=6,
).map("/".join)
urls = st.builds("{}://{}/{}".format, st.sampled_from(["http", "https", "HTTP"]), hosts, paths)


@given(st.one_of(st.text(), urls))
def test_any_text_is_read_or_refused_without_an_error(text: str) -> None:
    found = [parse_arxiv_id(text), find_arxiv_id(text), identify(text), parse_doi(text)]
    assert all(i is None or (i.value and i.scheme in Property) for i in found)
    target = target_of(text)
    assert target is None or target.key
    stored = clean_url(text)
    assert stored is None or re.match("https?://", stored, re.IGNORECASE)
    assert is_arxiv_address(text) in {True, False}
    assert year_of_arxiv_id(text) is None or "." in text or "/" in text
