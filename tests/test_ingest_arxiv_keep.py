"""`kg harvest`: saved files and a server that plays arXiv, into a store, also after a kill."""

from __future__ import annotations

import datetime
import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from arxiv_server import TODAY, ArxivServer, Paper, oai_page, oai_record, running
from ingest.arxiv.client import ArxivClient
from ingest.arxiv.keep import (
    SOURCE,
    Harvested,
    complete,
    ids_to_complete,
    keep_files,
    keep_set,
    paper_record,
    place_of_set,
)
from ingest.arxiv.pace import Pace
from ingest.arxiv.records import ArxivRecord
from kg.errors import HarvestError, InputError
from kg.sqlite.store import SqliteStore
from kg.store import Store
from queries.export import iter_entity_records, iter_property_records, to_json_line

PAGES = 5
EACH = 4


def paper(n: int) -> Paper:
    first = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    return Paper(
        f"2401.{n:05}",
        f"Paper number {n}",
        (("Reed", "Ada"), ("Marsh", "Ole")),
        ("cs.CV", "cs.CL"),
        f"We train model {n}.",
        (first,),
        datetime.date(2024, 1, n // EACH + 1),
    )


PAPERS = [paper(n) for n in range(1, PAGES * EACH + 1)]


def page(number: int) -> str:
    """Write a page as people save it."""
    some = PAPERS[(number - 1) * EACH : number * EACH]
    records = "".join(oai_record(p, "arXivRaw") for p in some)
    return oai_page(f"<ListRecords>{records}<resumptionToken>x|9</resumptionToken></ListRecords>")


@pytest.fixture
def arxiv() -> Iterator[ArxivServer]:
    """Give a server that plays arXiv on this machine."""
    with running(ArxivServer(PAPERS, page=EACH)) as server:
        yield server


def asked(server: ArxivServer) -> list[str]:
    """Say what a server was asked for so far: tokens, and from where lists were begun."""
    return [
        given.get("resumptionToken") or f"from {given.get('from', '')}"
        for _, _, given in server.asked
    ]


def asker(folder: Path) -> ArxivClient:
    """Give a client that does not wait three seconds."""
    return ArxivClient(Pace(folder, interval=0), tries=1, allow_private=True)


def told(store: Store) -> list[str]:
    records = [*iter_property_records(store), *iter_entity_records(store)]
    return [to_json_line(r) for r in records]


@pytest.fixture
def undisturbed(tmp_path: Path) -> list[str]:
    """Give what a store says after a run over all pages."""
    with closing(SqliteStore(":memory:", create=True)) as store:
        files = []
        for number in range(1, PAGES + 1):
            files.append(tmp_path / f"page-{number}.xml")
            files[-1].write_text(page(number))
        keep_files(store, files, summary=Harvested())
        return told(store)


# ---------------------------------------------------------------------- a set


def test_a_set_is_harvested_page_by_page_and_then_asked_for_what_changed(
    arxiv: ArxivServer, tmp_path: Path, undisturbed: list[str]
) -> None:
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        summary = Harvested()
        keep_set(store, "cs", summary=summary, client=asker(tmp_path), base=arxiv.url("oai"))
        assert (summary.new, summary.is_done) == (PAGES * EACH, True)
        assert told(store) == undisturbed
        assert asked(arxiv) == ["from ", *(f"list0|{n * EACH}" for n in range(1, PAGES))]
        arxiv.asked.clear()
        arxiv.papers[0] = replace(arxiv.papers[0], title="Another title", datestamp=TODAY)
        again = Harvested()
        keep_set(store, "cs", summary=again, client=asker(tmp_path), base=arxiv.url("oai"))
        assert (again.new, again.changed, again.records) == (0, 1, 1)
        assert asked(arxiv) == [f"from {TODAY - datetime.timedelta(days=1)}"]
        assert [e.name for e in store.find_entities("2401.00001")] == ["Another title"]


def test_a_harvest_that_arxiv_ends_goes_on_where_it_was(
    arxiv: ArxivServer, tmp_path: Path, undisturbed: list[str]
) -> None:
    arxiv.break_("403", at=3)
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        summary = Harvested()
        with pytest.raises(HarvestError):
            keep_set(store, "cs", summary=summary, client=asker(tmp_path), base=arxiv.url("oai"))
        assert (summary.new, summary.is_done) == (2 * EACH, False)
        arxiv.asked.clear()
        arxiv.broken.clear()
        keep_set(store, "cs", summary=summary, client=asker(tmp_path), base=arxiv.url("oai"))
        assert asked(arxiv) == [f"list0|{n * EACH}" for n in (2, 3, 4)]
        assert told(store) == undisturbed


CHILD = """
import sys
from pathlib import Path
from ingest.arxiv.client import ArxivClient
from ingest.arxiv.keep import Harvested, keep_set
from ingest.arxiv.pace import Pace
from kg.sqlite.store import SqliteStore
client = ArxivClient(Pace(Path(sys.argv[1]), interval=0), tries=1, allow_private=True)
store = SqliteStore(sys.argv[2], create=True)
keep_set(store, "cs", summary=Harvested(), client=client, base=sys.argv[3])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("pages", range(1, PAGES))
def test_a_harvest_killed_between_two_pages_ends_as_an_undisturbed_one(
    arxiv: ArxivServer, tmp_path: Path, undisturbed: list[str], pages: int
) -> None:
    path = tmp_path / "kg.sqlite"
    arxiv.break_("a slow trickle", at=pages + 1)  # during which it is killed
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(path), arxiv.url("oai")]
    with subprocess.Popen(command) as child:
        while len(arxiv.asked) <= pages:
            assert child.poll() is None
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
    arxiv.broken.clear()
    with closing(SqliteStore(path)) as store:
        assert store.cursor_of(SOURCE, place_of_set("cs", "arXivRaw"))
        assert len([*store.iter_records()]) == pages * EACH
        keep_set(store, "cs", summary=Harvested(), client=asker(tmp_path), base=arxiv.url("oai"))
        assert told(store) == undisturbed


# ---------------------------------------------------------------------- the command


def kg(*arguments: object, env: dict[str, str] | None = None, code: int = 0) -> str:
    result = CliRunner().invoke(main, [*map(str, arguments)], env=env)
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


def test_files_are_read_once_also_gzipped_and_told_as_json(tmp_path: Path) -> None:
    store, plain = tmp_path / "kg.sqlite", tmp_path / "1.xml"
    plain.write_text(page(1))
    packed = tmp_path / "2.xml.gz"
    packed.write_bytes(gzip.compress(page(2).encode()))
    summary = json.loads(kg("harvest", "--store", store, "--json", "--file", plain, packed))
    assert (summary["new"], summary["done"], summary["error"]) == (2 * EACH, True, None)
    again = kg("harvest", "--store", store, "--file", plain, packed)
    assert again.startswith("0 records: 0 new")
    reread = kg("harvest", "--store", store, "--again", "--file", plain, packed)
    assert f"{2 * EACH} unchanged" in reread
    shown = kg("show", "--store", store, "2401.00001")
    assert "Paper number 1" in shown


def test_a_file_that_is_no_harvest_is_named_and_what_came_before_is_kept(tmp_path: Path) -> None:
    store, good, bad = tmp_path / "kg.sqlite", tmp_path / "1.xml", tmp_path / "2.txt"
    good.write_text(page(1))
    bad.write_text("nothing of arXiv's")
    output = kg("harvest", "--store", store, "--file", good, bad, code=1)
    assert f"{EACH} new" in output
    assert "2.txt" in output
    with closing(SqliteStore(store)) as opened:
        assert len([*opened.iter_records()]) == EACH


def test_the_command_says_what_it_needs(tmp_path: Path) -> None:
    store = tmp_path / "kg.sqlite"
    assert "--set" in kg("harvest", "--store", store, code=2)
    assert "2026-01-31" in kg("harvest", "--store", store, "--set", "cs", "--from", "x", code=2)


def test_the_command_keeps_its_place_where_arxiv_refuses(
    arxiv: ArxivServer, tmp_path: Path
) -> None:
    arxiv.break_("403")
    env = {"KG_ARXIV_OAI": arxiv.url("oai"), "XDG_CACHE_HOME": str(tmp_path)}
    output = kg("harvest", "--store", tmp_path / "kg.sqlite", "--set", "cs", env=env, code=1)
    assert "403" in output
    assert "goes on from there" in output


def test_the_papers_that_name_a_dataset_are_shown_with_it(tmp_path: Path) -> None:
    store, saved = tmp_path / "kg.sqlite", tmp_path / "1.xml"
    listed = tmp_path / "a.md"
    listed.write_text("| Model | Training data |\n|---|---|\n| LLaVA | COCO-Birds |\n")
    kg("ingest", "--store", store, listed)
    saved.write_text(page(1).replace("We train", "On COCO-Birds, we train"))
    kg("harvest", "--store", store, "--file", saved)
    shown = kg("show", "--store", store, "COCO-Birds")
    assert "named in the title or abstract of 4 papers" in shown
    assert shown.index("Paper number 4  arXiv:2401.00004") < shown.index("Paper number 3")
    told = json.loads(kg("show", "--store", store, "--json", "COCO-Birds"))["papers"]
    assert [(p["arxiv"], p["where"]) for p in told][:1] == [("2401.00004", "abstract")]


# ---------------------------------------------------------------------- completing


def listed(tmp_path: Path, *numbers: int) -> Path:
    """Read a list that names papers by their ids."""
    store, given = tmp_path / "kg.sqlite", tmp_path / "a.md"
    rows = "".join(f"- [Paper number {n}](https://arxiv.org/abs/2401.{n:05})\n" for n in numbers)
    given.write_text(
        f"# Papers\n\n{rows}- [A Survey of Birds and their Songs](https://arxiv.org/abs/2401.00008)\n"
    )
    kg("ingest", "--store", store, given)
    return store


def test_papers_of_lists_are_completed_and_what_arxiv_lacks_is_told(
    arxiv: ArxivServer, tmp_path: Path
) -> None:
    arxiv.papers = PAPERS[:8]
    with closing(SqliteStore(listed(tmp_path, 1, 2, 9))) as store:
        assert len(ids_to_complete(store)) == 4
        summary = Harvested()
        complete(store, summary=summary, client=asker(tmp_path), base=arxiv.url("api"))
        assert (summary.new, summary.missing) == (3, ["2401.00009"])
        assert summary.conflicts == ["2401.00008"]
        (paper,) = store.find_entities("2401.00001")
        said = {str(s.claim.predicate) for s in store.iter_claims(subject=paper.id)}
        assert {"abstract", "authors", "category", "date"} <= said
        asked = len(arxiv.asked)
        complete(store, summary=Harvested(), client=asker(tmp_path), base=arxiv.url("api"))
        assert len(arxiv.asked) == asked
        complete(
            store, summary=Harvested(), client=asker(tmp_path), base=arxiv.url("api"), again=True
        )
        assert len(arxiv.asked) > asked


def test_the_command_completes(arxiv: ArxivServer, tmp_path: Path) -> None:
    store = listed(tmp_path, 1)
    env = {"KG_ARXIV_API": arxiv.url("api"), "XDG_CACHE_HOME": str(tmp_path)}
    told = json.loads(kg("complete", "--store", store, "--json", env=env))
    assert (told["new"], told["missing"], told["done"]) == (2, [], True)
    assert kg("complete", "--store", store, env=env).startswith("0 records")


# ---------------------------------------------------------------------- records


def test_a_record_is_kept_with_its_primary_category_first() -> None:
    given = ArxivRecord("2401.00001", "A", primary_category="cs.CL", categories=("cs.AI", "cs.CL"))
    assert paper_record(given).categories == ("cs.CL", "cs.AI")


def test_a_set_that_was_left_by_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        store.add_records(SOURCE, [], cursor="{}x", place="files")
        with pytest.raises(InputError, match="place of a harvest"):
            keep_files(store, [], summary=Harvested())
