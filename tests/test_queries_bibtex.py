"""BibTeX written from the graph: read back whole, original entries kept, keys that do not move."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.middlewares import LatexDecodingMiddleware
from bibtexparser.model import Entry
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from app.cli import main
from ingest.from_bibtex import read_bibtex
from ingest.load import ingest_file
from kg.model import Claim, Kind, Name, Property, Reading, Relation
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.bibtex import escaped, iter_bibtex, papers_of, protected, settled

LISTS = Path(__file__).resolve().parents[1] / "ingest" / "lists"


@pytest.fixture
def graph() -> Iterator[Store]:
    """Give an empty store in memory."""
    with closing(SqliteStore(":memory:", create=True)) as opened:
        yield opened


@pytest.fixture
def bundled(copied: Path) -> Iterator[Store]:
    """Give a store of the bundled lists."""
    with closing(SqliteStore(copied)) as opened:
        yield opened


def said(title: str, what: Property, text: str, **more: Any) -> Claim:
    return Claim(Name(Kind.PAPER, title), what, 1, text, values={"text": text}, **more)


def wrote(title: str, author: str, position: int, **more: Any) -> Claim:
    ends = Name(Kind.PAPER, title), Name(Kind.PERSON, author)
    values = {"position": position}
    return Claim(ends[0], Relation.AUTHORED_BY, 1, "q", ends[1], values=values, **more)


def put(store: Store, *claims: Claim, source: str = "a") -> None:
    store.load(source, "markdown", f"{source} {len(claims)}", Reading(claims))


def load(store: Store, text: str, source: str = "a.bib") -> None:
    store.load(source, "bibtex", text, read_bibtex(text))


def read(text: str) -> dict[str, Entry]:
    """Read a file back by bibtexparser; nothing of it may fail."""
    library: Library = parse_string(text)
    assert not library.failed_blocks, [b.raw for b in library.failed_blocks]
    assert not library.comments
    assert balanced(text)
    found = {e.key: e for e in library.entries}
    assert len(found) == len(library.entries) == len({k.casefold() for k in found})
    return found


def balanced(text: str) -> bool:
    """Count braces as BibTeX does: also those after a backslash."""
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def written(store: Store, papers: Any = None) -> dict[str, Entry]:
    return read("\n".join(iter_bibtex(store, papers)))


def fields(entry: Entry) -> dict[str, str]:
    return {f.key.lower(): str(f.value) for f in entry.fields}


def plain(text: str) -> str:
    """Decode LaTeX by bibtexparser."""
    library = parse_string(
        f"@misc{{a, t = {{{text}}}}}", append_middleware=[LatexDecodingMiddleware()]
    )
    assert not library.failed_blocks, text
    return str(library.entries[0].fields_dict["t"].value)


ENTRY = """@inproceedings{liu2023visual,
  title = {Visual Instruction Tuning},
  author = {Liu, Haotian and Li, Chunyuan and Lee, Yong {Jae}},
  booktitle = {NeurIPS},
  pages = "1--2",
  month = dec,
  year = 2023,
  note = {R\\&D at 5\\% {\\"o} \\{x\\}},
}
"""


# ---------------------------------------------------------------------- original entries


def test_an_original_entry_keeps_its_key_its_type_and_all_its_fields(graph: Store) -> None:
    load(graph, ENTRY)
    (entry,) = written(graph).values()
    (before,) = parse_string(ENTRY).entries
    assert (entry.key, entry.entry_type) == (before.key, before.entry_type)
    assert fields(entry) == fields(before)
    assert "month = dec," in "\n".join(iter_bibtex(graph))


def test_folders_of_the_readers_own_disk_are_not_written(graph: Store) -> None:
    where = "file = {PDF:/home/jane/Zotero/1.pdf:application/pdf}, bdsk-file-1 = {YnBs}"
    load(graph, f"@misc{{jane, title = {{Otters at Night}}, keywords = {{otters}}, {where}}}")
    assert set(fields(written(graph)["jane"])) == {"title", "keywords"}


def test_every_entry_of_the_bundled_bibliography_comes_back_with_its_fields(graph: Store) -> None:
    ingest_file(graph, LISTS / "references.bib")
    before = {e.key: e for e in parse_string((LISTS / "references.bib").read_text()).entries}
    after = written(graph)
    assert after.keys() == before.keys()
    assert before
    for key, entry in before.items():
        assert after[key].entry_type == entry.entry_type
        assert fields(entry).items() <= fields(after[key]).items(), key


def test_all_papers_of_the_bundled_lists_are_read_back(bundled: Store) -> None:
    after = written(bundled)
    papers = list(bundled.iter_entities(Kind.PAPER))
    assert len(after) == len(papers)
    titles = sorted(_squeezed(plain(fields(e)["title"])) for e in after.values())
    assert len(set(titles) & {_squeezed(p.name) for p in papers}) > 0.95 * len(papers)


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def test_the_published_version_gives_type_and_venue_and_the_preprint_its_eprint(
    graph: Store,
) -> None:
    preprint = """@article{liu2023arxiv,
  title = {Visual Instruction Tuning}, author = {Liu, Haotian}, journal = {arXiv preprint arXiv:2304.08485},
  eprint = {2304.08485}, archiveprefix = {arXiv}, primaryclass = {cs.CV}, year = {2022},
  url = {https://arxiv.org/abs/2304.08485}, keywords = {vision} }"""
    published = """@inproceedings{liu2023neurips,
  title = {Visual Instruction Tuning}, author = {Liu, Haotian}, booktitle = {NeurIPS},
  year = {2023}, pages = {1--9} }"""
    expected = {
        "title": "Visual Instruction Tuning",
        "author": "Liu, Haotian",
        "booktitle": "NeurIPS",
        "year": "2023",
        "pages": "1--9",
        "eprint": "2304.08485",
        "archiveprefix": "arXiv",
        "primaryclass": "cs.CV",
        "keywords": "vision",
    }
    for order in ((preprint, published), (published, preprint)):
        for n, text in enumerate(order):
            load(graph, text, f"{n}.bib")
        (entry,) = written(graph).values()
        assert (entry.key, entry.entry_type) == ("liu2023neurips", "inproceedings")
        assert fields(entry) == expected


def test_an_arxiv_id_that_only_a_list_gives_becomes_the_eprint(graph: Store) -> None:
    load(graph, ENTRY)
    put(graph, said("Visual Instruction Tuning", Property.ARXIV, "2304.08485"))
    (entry,) = written(graph).values()
    after = fields(entry)
    assert (after["eprint"], after["archiveprefix"]) == ("2304.08485", "arXiv")
    assert after["booktitle"] == "NeurIPS"


@pytest.mark.parametrize(
    "value",
    [
        "a } b", "a { b", "}{", "\\{", "\\}", "\\{ \\}", "a\\", "a\\\\", "{a\\\\}", "{\\\\}{\\\\}", "\\\\{a}",
        "x\n@article{y, title = {z}}", "x\n  @book{", "$\\{x\\}$", "\\\\\\{", "{{{", '"', '{"', "a\0b",
        "\n", "@misc{a}", "50% of", "a#b", "\\\"{o}",
    ],
)  # fmt: skip
def test_a_value_that_would_tear_the_file_is_mended(value: str) -> None:
    text = f"@misc{{a,\n  title = {{{settled(value)}}},\n  year = {{2023}},\n}}\n"
    entry = read(text)["a"]
    assert fields(entry)["year"] == "2023"
    assert settled(settled(value)) == settled(value)


@given(st.text(alphabet='{}\\@\n ,="a#%$', max_size=12))
def test_any_value_is_mended_once_and_read_back_as_it_is_written(value: str) -> None:
    done = settled(value)
    text = f"@misc{{a,\n  title = {{{done}}},\n  year = {{2023}},\n}}\n\n@misc{{b,\n  year = {{1}},\n}}\n"
    found = read(text)
    assert found.keys() == {"a", "b"}
    assert fields(found["a"]) == {"title": done, "year": "2023"}
    assert settled(done) == done


# ---------------------------------------------------------------------- made entries


def test_a_paper_without_an_entry_gets_one_of_what_is_known(graph: Store) -> None:
    title = "R&D of LLaVA at 5%: $k$-NN_x"
    put(
        graph,
        wrote(title, "Bo Zhu", 2),
        wrote(title, "Ana María Łuck", 1),
        wrote(title, "Bread and Butter, Inc.", 3),
        said(title, Property.ARXIV, "2304.08485"),
        said(title, Property.DOI, "10.1000/a_b"),
        said(title, Property.YEAR, "2023"),
        said(title, Property.VENUE, "Computer Vision & Pattern Recognition"),
        said(title, Property.LINK, "https://h.org/p_1%20{x}", qualifiers={"rel": "paper"}),
    )
    (entry,) = written(graph).values()
    assert entry.entry_type == "inproceedings"
    assert fields(entry) == {
        "title": "R\\&D of {LLaVA} at 5\\%: $k$-{NN_x}".replace("_", "\\_"),
        "author": "Ana María Łuck and Bo Zhu and {Bread and Butter, Inc.}",
        "booktitle": "Computer Vision \\& Pattern Recognition",
        "year": "2023",
        "eprint": "2304.08485",
        "archiveprefix": "arXiv",
        "doi": "10.1000/a_b",
        "url": "https://h.org/p_1%20%7Bx%7D",
    }
    assert plain(fields(entry)["title"]) == title
    assert entry.key == "uck2023rd"


@pytest.mark.parametrize(
    ("venue", "kind", "field"),
    [
        ("NeurIPS 2023", "inproceedings", "booktitle"),
        ("Transactions on Machine Learning Research", "article", "journal"),
        ("arXiv", "misc", ""),
        ("", "misc", ""),
    ],
)
def test_the_venue_says_what_kind_of_entry_it_is(
    graph: Store, venue: str, kind: str, field: str
) -> None:
    put(graph, said("A title", Property.YEAR, "2023"))
    if venue:
        put(graph, said("A title", Property.VENUE, venue), source="b")
    (entry,) = written(graph).values()
    assert entry.entry_type == kind
    assert not field or fields(entry)[field] == venue


HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("{}\\@\n\r\t ,=\"#%$&_^~<>'`-:$ABab12\x00\x1b\u2028\u202e\u0301é中"),
        st.characters(exclude_categories=("Cs",)),
    ),
    min_size=1,
    max_size=30,
).filter(lambda text: bool(text.strip()))


@example("{")
@example("}")
@example("\\")
@example("A \\{ B }")
@example("@article{x, title={y}}")
@example("$x{$")
@example("$\\frac{a}{b}$ and $5 or $6")
@example("100% & #1_{x}~^ \\cite{y}")
@given(HOSTILE)
def test_any_title_is_read_back_as_it_was(title: str) -> None:
    for done in (escaped(title), protected(title)):
        text = f"@misc{{a,\n  title = {{{done}}},\n}}\n\n@misc{{b,\n}}\n"
        found = read(text)
        assert found.keys() == {"a", "b"}
        assert fields(found["a"]) == {"title": done} or not done
        assert _seen(plain(done)) == _seen(title)


def _seen(text: str) -> str:
    """Leave out what decoding writes otherwise: quotes, dashes, blanks, the circumflex, controls."""
    text = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", text).replace("ˆ", "^")
    return re.sub(r"[\s'\"`“”‘’\-–—¡¿]+", "", text)


@given(st.lists(st.tuples(HOSTILE, HOSTILE), min_size=1, max_size=4))
def test_any_papers_and_authors_make_a_file_that_is_read_back(found: list[tuple[str, str]]) -> None:
    claims = [wrote(title, author, 1) for title, author in found]
    with closing(SqliteStore(":memory:", create=True)) as store:
        put(store, *claims)
        assert len(written(store)) == len(list(store.iter_entities(Kind.PAPER)))


# ---------------------------------------------------------------------- keys


def test_keys_are_unique_and_say_who_when_and_what(graph: Store) -> None:
    for title in ("The Great Bird", "Great birds again", "Of Great Fish"):
        put(graph, wrote(title, "Eva Müller", 1), said(title, Property.YEAR, "2023"), source=title)
    keys = {plain(fields(e)["title"]): key for key, e in written(graph).items()}
    assert all(key.startswith("muller2023great") for key in keys.values())
    assert all(re.fullmatch(r"muller2023great-[0-9a-f]{6}", key) for key in keys.values())
    put(graph, said("Nobody wrote", Property.YEAR, "2020"), source="d")
    assert "nobody2020" in written(graph)


def test_a_key_that_two_papers_have_is_the_key_of_neither(graph: Store) -> None:
    load(graph, "@misc{k, title = {Of birds}, author = {Ann Bee}, year = 2020}", "1.bib")
    load(graph, "@misc{K, title = {Of fish}, author = {Cid Dee}, year = 2021}", "2.bib")
    load(graph, "@misc{bee2020birds, title = {Else}, author = {Eva Eff}, year = 2021}", "3.bib")
    keys = sorted(written(graph))
    assert [keys[0], keys[2]] == ["bee2020birds", "dee2021fish"]
    assert re.fullmatch("bee2020birds-[0-9a-f]{6}", keys[1])
    assert len(keys) == 3


def test_a_key_with_forbidden_characters_loses_them(graph: Store) -> None:
    load(graph, "@misc{a b'c~d, title = {Of birds}, year = 2020}")
    assert list(written(graph)) == ["abcd"]


def test_keys_do_not_depend_on_the_order_of_loading_or_on_what_is_written(bundled: Store) -> None:
    def keyed(store: Store, papers: Any = None) -> dict[str, str]:
        return {_squeezed(fields(e)["title"]): key for key, e in written(store, papers).items()}

    expected = keyed(bundled)
    assert keyed(bundled) == expected
    papers = sorted(e.id for e in bundled.iter_entities(Kind.PAPER))
    for part in (papers[::3], papers[:1]):
        assert keyed(bundled, part).items() <= expected.items()
        assert len(written(bundled, part)) == len(part)
    files = sorted(LISTS.iterdir())
    for seed in range(3):
        random.Random(seed).shuffle(files)
        with closing(SqliteStore(":memory:", create=True)) as store:
            for file in files:
                ingest_file(store, file, name=file.name)
            assert "\n".join(iter_bibtex(store)) == "\n".join(iter_bibtex(bundled))


# ---------------------------------------------------------------------- which papers


def test_models_stand_for_the_papers_that_introduce_them(graph: Store) -> None:
    title, model = Name(Kind.PAPER, "A paper"), Name(Kind.MODEL, "LLaVA")
    put(
        graph,
        Claim(title, Relation.INTRODUCES, 1, "q", model),
        said("Other", Property.YEAR, "2020"),
    )
    paper = graph.find_entities("A paper")[0].id
    assert papers_of(graph, [graph.find_entities("LLaVA")[0].id]) == {paper}
    assert papers_of(graph, [paper]) == {paper}
    assert papers_of(graph, []) == frozenset()
    assert list(iter_bibtex(graph, [])) == []


def export(store: Path, *words: str) -> Any:
    return CliRunner().invoke(main, ["--store", str(store), "export", "bibtex", *words])


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (("Visual Instruction Tuning",), {"liu2023llava"}),
        (("LLaVA-1.5",), {"liu2023improvedllava"}),
        (("--question", "which models use LLaVA-665K"), {"liu2023improvedllava", "videollama22024"}),
        (("--question", "which models use LLaVA-665K", "--since", "2024"), {"videollama22024"}),
    ],
)  # fmt: skip
def test_the_command_writes_the_papers_asked_for(
    copied: Path, words: tuple[str, ...], keys: set[str]
) -> None:
    done = export(copied, *words)
    assert done.exit_code == 0, done.output
    assert read(done.stdout).keys() == keys


def test_the_command_writes_a_topic_a_state_or_a_source(copied: Path) -> None:
    everything = read(export(copied).stdout)
    parts = [
        read(export(copied, *words).stdout)
        for words in (
            ("--topic", "Later Topics"),
            ("--state", "read"),
            ("--source", "references.bib"),
        )
    ]
    for part in parts:
        assert 0 < len(part) < len(everything)
        assert part.keys() <= everything.keys()
    assert export(copied, "--tag", "nobody-gave-this").stdout == ""


def test_an_unknown_name_or_another_kind_than_papers_ends_the_command(copied: Path) -> None:
    assert export(copied, "No such paper 7").exit_code == 3
    assert export(copied, "--kind", "model").exit_code == 2


# ---------------------------------------------------------------------- real bibliographies


def test_real_bibliographies_are_read_back_with_their_titles(shared: Path) -> None:
    files = sorted((shared / "corpora" / "bib").rglob("*.bib"))
    if not files:
        pytest.skip("no bibliographies there")
    for file in files:
        with closing(SqliteStore(":memory:", create=True)) as store:
            ingest_file(store, file)
            before: dict[str, set[str]] = defaultdict(set)
            for stored in store.iter_claims(predicates=[Property.BIBTEX]):
                entry = stored.claim.values["fields"]
                assert isinstance(entry, dict)
                before[str(stored.claim.values["text"])].add(_squeezed(str(entry["title"])))
            after = written(store)
            assert len(after) == len(list(store.iter_entities(Kind.PAPER))), file
            for key in after.keys() & before.keys():
                assert _squeezed(fields(after[key])["title"]) in before[key], (file, key)
