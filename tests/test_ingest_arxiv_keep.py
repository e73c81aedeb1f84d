"""`kg harvest`: saved files and a server that plays arXiv, into a store, also after a kill."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from app.cli import main
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


def record(n: int) -> str:
    return (
        f"<record><header><identifier>oai:arXiv.org:2401.{n:05}</identifier>"
        f"<datestamp>2024-01-{n // EACH + 1:02}</datestamp><setSpec>cs</setSpec></header>"
        '<metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">'
        f"<id>2401.{n:05}</id><submitter>A</submitter>"
        '<version version="v1"><date>Mon, 1 Jan 2024 00:00:00 GMT</date><size>9kb</size></version>'
        f"<title>Paper number {n}</title><authors>Ada Reed, Ole Marsh</authors>"
        "<categories>cs.CV cs.CL</categories><license>http://example.org/licence</license>"
        f"<abstract>We train model {n}.</abstract></arXivRaw></metadata></record>"
    )


def page(number: int, *, last: bool = False) -> str:
    records = "".join(record(n) for n in range((number - 1) * EACH + 1, number * EACH + 1))
    # The last part of a list has an empty token (OAI-PMH 2.0, 3.5).
    token = "<resumptionToken/>" if last else f"<resumptionToken>after|{number}</resumptionToken>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        "<responseDate>2024-02-01T00:00:00Z</responseDate>"
        '<request verb="ListRecords">http://oai</request>'
        f"<ListRecords>{records}{token}</ListRecords></OAI-PMH>"
    )


class Played(ThreadingHTTPServer):
    """A server that plays arXiv's OAI-PMH: `PAGES` pages, and what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.fails_from = PAGES + 1
        """The first page that is refused."""
        self.is_slow = False
        self.url = f"http://127.0.0.1:{self.server_address[1]}/oai"


class _Handler(BaseHTTPRequestHandler):
    server: Played

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if "id_list" in asked:
            self.server.asked.append(asked["id_list"][0])
            self._answer(200, feed(asked["id_list"][0].split(",")).encode())
            return
        token = asked.get("resumptionToken", [""])[0]
        number = int(token.partition("|")[2]) + 1 if token else 1
        self.server.asked.append(token or f"from {asked.get('from', [''])[0]}")
        if self.server.is_slow:
            time.sleep(0.05)
        status = 403 if number >= self.server.fails_from else 200
        body = page(number, last=number == PAGES).encode() if status == 200 else b""
        self._answer(status, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def arxiv() -> Iterator[Played]:
    """Give a server that plays arXiv on this machine."""
    with Played() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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
            files[-1].write_text(page(number, last=number == PAGES))
        keep_files(store, files, summary=Harvested())
        return told(store)


# ---------------------------------------------------------------------- a set


def test_a_set_is_harvested_page_by_page_and_then_asked_for_what_changed(
    arxiv: Played, tmp_path: Path, undisturbed: list[str]
) -> None:
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        summary = Harvested()
        keep_set(store, "cs", summary=summary, client=asker(tmp_path), base=arxiv.url)
        assert (summary.new, summary.is_done) == (PAGES * EACH, True)
        assert told(store) == undisturbed
        assert arxiv.asked == ["from ", *(f"after|{n}" for n in range(1, PAGES))]
        arxiv.asked.clear()
        again = Harvested()
        keep_set(store, "cs", summary=again, client=asker(tmp_path), base=arxiv.url)
        assert (again.new, again.unchanged) == (0, PAGES * EACH)
        assert arxiv.asked[0] == "from 2024-01-31"
        assert told(store) == undisturbed


def test_a_harvest_that_arxiv_ends_goes_on_where_it_was(
    arxiv: Played, tmp_path: Path, undisturbed: list[str]
) -> None:
    arxiv.fails_from = 3
    with closing(SqliteStore(tmp_path / "kg.sqlite", create=True)) as store:
        summary = Harvested()
        with pytest.raises(HarvestError):
            keep_set(store, "cs", summary=summary, client=asker(tmp_path), base=arxiv.url)
        assert (summary.new, summary.is_done) == (2 * EACH, False)
        arxiv.fails_from = PAGES + 1
        arxiv.asked.clear()
        keep_set(store, "cs", summary=summary, client=asker(tmp_path), base=arxiv.url)
        assert arxiv.asked == ["after|2", "after|3", "after|4"]
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
keep_set(store, "cs", summary=Harvested(), client=client, base=sys.argv[3],
         tell=lambda batch, summary: print(summary.batches, flush=True))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("pages", range(1, PAGES))
def test_a_harvest_killed_between_two_pages_ends_as_an_undisturbed_one(
    arxiv: Played, tmp_path: Path, undisturbed: list[str], pages: int
) -> None:
    path, arxiv.is_slow = tmp_path / "kg.sqlite", True
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(path), arxiv.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) == pages:
                child.send_signal(signal.SIGKILL)
                break
    with closing(SqliteStore(path)) as store:
        assert store.cursor_of(SOURCE, place_of_set("cs", "arXivRaw"))
        assert len([*store.iter_records()]) in (pages * EACH, (pages + 1) * EACH)
        keep_set(store, "cs", summary=Harvested(), client=asker(tmp_path), base=arxiv.url)
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
    packed.write_bytes(gzip.compress(page(2, last=True).encode()))
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


def test_the_command_keeps_its_place_where_arxiv_refuses(arxiv: Played, tmp_path: Path) -> None:
    arxiv.fails_from = 1
    env = {"KG_ARXIV_OAI": arxiv.url, "XDG_CACHE_HOME": str(tmp_path)}
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


def feed(ids: list[str]) -> str:
    """Answer as arXiv's API does, but for the ids that end in 9, which it does not know."""
    known = [i for i in ids if not i.endswith("9")]
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{i}v1</id><title>Paper number {int(i[5:])}</title>"
        "<updated>2024-01-01T00:00:00Z</updated><published>2024-01-01T00:00:00Z</published>"
        f"<summary>We train.</summary><author><name>Ada Reed</name></author>"
        '<category term="cs.CV" scheme="http://arxiv.org/schemas/atom"/></entry>'
        for i in known
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"'
        ' xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        "<title>ArXiv Query</title><id>http://arxiv.org/api/x</id>"
        "<updated>2024-02-01T00:00:00Z</updated>"
        f"<opensearch:totalResults>{len(known)}</opensearch:totalResults>"
        "<opensearch:startIndex>0</opensearch:startIndex>"
        f"<opensearch:itemsPerPage>{len(known)}</opensearch:itemsPerPage>{entries}</feed>"
    )


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
    arxiv: Played, tmp_path: Path
) -> None:
    with closing(SqliteStore(listed(tmp_path, 1, 2, 9))) as store:
        assert len(ids_to_complete(store)) == 4
        summary = Harvested()
        complete(store, summary=summary, client=asker(tmp_path), base=arxiv.url)
        assert (summary.new, summary.missing) == (3, ["2401.00009"])
        assert summary.conflicts == ["2401.00008"]
        (paper,) = store.find_entities("2401.00001")
        said = {str(s.claim.predicate) for s in store.iter_claims(subject=paper.id)}
        assert {"abstract", "authors", "category", "date"} <= said
        asked = len(arxiv.asked)
        complete(store, summary=Harvested(), client=asker(tmp_path), base=arxiv.url)
        assert len(arxiv.asked) == asked
        complete(store, summary=Harvested(), client=asker(tmp_path), base=arxiv.url, again=True)
        assert len(arxiv.asked) > asked


def test_the_command_completes(arxiv: Played, tmp_path: Path) -> None:
    store = listed(tmp_path, 1)
    env = {"KG_ARXIV_API": arxiv.url, "XDG_CACHE_HOME": str(tmp_path)}
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
