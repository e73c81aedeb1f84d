"""Plays arXiv on loopback: OAI-PMH, the API and the daily feeds, and what goes wrong with them.

`World` is what there is to tell, `ArxivServer` tells it, and `FAULTS` are the ways in which it tells
it badly. A fault meets some requests (`ArxivServer.break_`), counted from 1 for each interface.
"""

from __future__ import annotations

import contextlib
import datetime
import gzip
import http.server
import itertools
import json
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

TODAY = datetime.date(2026, 3, 20)
UTC = datetime.UTC


class Clock:
    """A clock that only sleeping moves; the wall clock can be set."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.offset = 1_773_000_000.0
        self.slept: list[float] = []

    def steady(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.offset

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass(frozen=True)
class Paper:
    """One paper of the made-up archive."""

    id: str
    title: str
    people: tuple[tuple[str, str], ...]
    categories: tuple[str, ...]
    abstract: str
    versions: tuple[datetime.datetime, ...]
    datestamp: datetime.date
    comments: str = ""
    doi: str = ""
    is_deleted: bool = False

    @property
    def number(self) -> int:
        return len(self.versions)


_WORDS = [
    "sparse", "visual", "models", "of", "graphs", "with", "$\\alpha$-stable", "B\\'ezier", "tuning",
    "datasets", "for", "naïve", "learning", "audio", "&", "<b>", "from", "流形", "benchmarks",
]  # fmt: skip
_NAMES = [
    ("Lovelace", "Ada"),
    ("Erd\\H{o}s", "P."),
    ("Noether", "Emmy"),
    ("Wang", "Hao"),
    ("Müller", "K.-R."),
]


def made_papers(count: int, seed: int = 1) -> list[Paper]:
    """Make papers of the last years, one in nine deleted, in the order of their ids."""
    dice = random.Random(seed)
    papers = []
    for n in range(count):
        first = datetime.datetime(2024, 1, 1, 12, tzinfo=UTC) + datetime.timedelta(hours=7 * n)
        versions = [first + datetime.timedelta(days=40 * k) for k in range(1 + n % 3)]
        id_ = f"{first:%y%m}.{n + 1:05d}" if n % 10 else f"quant-ph/{first:%y%m}{n % 1000:03d}"
        stamp = versions[-1].date() + datetime.timedelta(days=dice.randrange(5))
        papers.append(
            Paper(
                id_,
                f"{' '.join(dice.choices(_WORDS, k=6))} {n}",
                tuple(dice.sample(_NAMES, 1 + n % 3)),
                ("cs.CV", "cs.CL")[: 1 + n % 2],
                f"  We study {' '.join(dice.choices(_WORDS, k=30))}.\n  Second paragraph {n}.\n",
                tuple(versions),
                min(stamp, TODAY),
                "This paper has been withdrawn" if n % 13 == 5 else f"{n} pages",
                f"10.1000/made.{n}" if n % 4 == 0 else "",
                n % 9 == 8,
            )
        )
    return papers


# ---------------------------------------------------------------------- how it is written


def oai_record(paper: Paper, prefix: str) -> str:
    status = ' status="deleted"' if paper.is_deleted else ""
    sets = "".join(f"<setSpec>cs:{c.replace('.', ':')}</setSpec>" for c in paper.categories)
    header = (
        f"<header{status}>\n <identifier>oai:arXiv.org:{paper.id}</identifier>\n"
        f" <datestamp>{paper.datestamp}</datestamp>{sets}\n</header>\n"
    )
    if paper.is_deleted:
        return f"<record>\n{header}</record>\n"
    said = {"arXiv": _split, "arXivRaw": _raw, "oai_dc": _dublin}[prefix](paper)
    return f"<record>\n{header}<metadata>\n{said}\n</metadata>\n</record>\n"


def _common(paper: Paper) -> str:
    doi = f"<doi>{paper.doi}</doi>" if paper.doi else ""
    return (
        f"<title>{escape(paper.title)}</title><categories>{' '.join(paper.categories)}</categories>"
        f"<comments>{escape(paper.comments)}</comments>{doi}"
        f"<license>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</license>"
        f"<abstract>{escape(paper.abstract)}</abstract>"
    )


def _split(paper: Paper) -> str:
    people = "".join(
        f"<author><keyname>{k}</keyname><forenames>{f}</forenames></author>"
        for k, f in paper.people
    )
    updated = f"<updated>{paper.versions[-1].date()}</updated>" if paper.number > 1 else ""
    return (
        f'<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{paper.id}</id>'
        f"<created>{paper.versions[0].date()}</created>{updated}<authors>{people}</authors>"
        f"{_common(paper)}</arXiv>"
    )


def _raw(paper: Paper) -> str:
    versions = "".join(
        f'<version version="v{n}"><date>{format_datetime(moment, usegmt=True)}</date>'
        f"<size>{n}kb</size><source_type>D</source_type></version>"
        for n, moment in enumerate(paper.versions, 1)
    )
    people = " and ".join(f"{f} {k}" for k, f in paper.people)
    return (
        f'<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{paper.id}</id>'
        f"<submitter>Somebody</submitter>{versions}<authors>{people}</authors>{_common(paper)}</arXivRaw>"
    )


def _dublin(paper: Paper) -> str:
    people = "".join(f"<dc:creator>{k}, {f}</dc:creator>" for k, f in paper.people)
    doi = f"<dc:identifier>doi:{paper.doi}</dc:identifier>" if paper.doi else ""
    return (
        '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(paper.title)}</dc:title>{people}<dc:subject>Computer Science</dc:subject>"
        f"<dc:description>{escape(paper.abstract)}</dc:description>"
        f"<dc:description>Comment: {escape(paper.comments)}</dc:description>"
        f"<dc:date>{paper.versions[0].date()}</dc:date><dc:type>text</dc:type>"
        f"<dc:identifier>http://arxiv.org/abs/{paper.id}</dc:identifier>{doi}</oai_dc:dc>"
    )


def oai_page(inner: str, date: str = f"{TODAY}T04:00:00Z") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">\n'
        f"<responseDate>{date}</responseDate>\n<request>http://export.arxiv.org/oai2</request>\n"
        f"{inner}</OAI-PMH>\n"
    )


def oai_error(code: str, message: str = "made up") -> str:
    return oai_page(f'<error code="{code}">{message}</error>\n')


def atom_entry(paper: Paper) -> str:
    people = "".join(f"<author><name>{f} {k}</name></author>" for k, f in paper.people)
    doi = f"<arxiv:doi>{paper.doi}</arxiv:doi>" if paper.doi else ""
    categories = "".join(f'<category term="{c}"/>' for c in paper.categories)
    return (
        f"<entry><id>http://arxiv.org/abs/{paper.id}v{paper.number}</id>"
        f"<title>{escape(paper.title)}</title><updated>{paper.versions[-1]:%Y-%m-%dT%H:%M:%SZ}</updated>"
        f'<link href="https://arxiv.org/pdf/{paper.id}" rel="related" title="pdf"/>'
        f"<summary>{escape(paper.abstract)}</summary>{categories}"
        f"<published>{paper.versions[0]:%Y-%m-%dT%H:%M:%SZ}</published>"
        f"<arxiv:comment>{escape(paper.comments)}</arxiv:comment>{doi}"
        f'<arxiv:primary_category term="{paper.categories[0]}"/>{people}</entry>\n'
    )


def atom_page(entries: str, total: int, start: int) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"'
        ' xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
        ' xmlns:arxiv="http://arxiv.org/schemas/atom">\n<id>made</id><title>made</title>'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"<opensearch:startIndex>{start}</opensearch:startIndex>\n{entries}</feed>\n"
    )


def rss_item(paper: Paper, announced: str) -> str:
    people = ", ".join(f"{f} {k}" for k, f in paper.people)
    version = f"{paper.id}v{paper.number}"
    return (
        f"<item><title>{escape(paper.title)}</title><link>https://arxiv.org/abs/{paper.id}</link>"
        f"<description>arXiv:{version} Announce Type: {announced} \nAbstract: {escape(paper.abstract)}"
        f'</description><guid isPermaLink="false">oai:arXiv.org:{version}</guid>'
        + "".join(f"<category>{c}</category>" for c in paper.categories)
        + f"<pubDate>Fri, 20 Mar 2026 00:00:00 -0400</pubDate>"
        f"<arxiv:announce_type>{announced}</arxiv:announce_type>"
        f"<dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>"
        f"<dc:creator>{people}</dc:creator></item>\n"
    )


def rss_page(items: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:arxiv="http://arxiv.org/schemas/atom"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>cs.CV</title>'
        f"<lastBuildDate>Fri, 20 Mar 2026 04:00:00 +0000</lastBuildDate>\n{items}</channel></rss>\n"
    )


def snapshot_line(paper: Paper) -> str:
    versions = [
        {"version": f"v{n}", "created": format_datetime(moment, usegmt=True)}
        for n, moment in enumerate(paper.versions, 1)
    ]
    return json.dumps(
        {
            "id": paper.id,
            "submitter": "Somebody",
            "authors": " and ".join(f"{f} {k}" for k, f in paper.people),
            "title": paper.title,
            "comments": paper.comments,
            "doi": paper.doi or None,
            "categories": " ".join(paper.categories),
            "license": None,
            "abstract": paper.abstract,
            "versions": versions,
            "update_date": str(paper.datestamp),
            "authors_parsed": [[k, f, ""] for k, f in paper.people],
        }
    )


# ---------------------------------------------------------------------- the server


@dataclass
class Answer:
    """One answer as it is about to be sent."""

    body: bytes
    status: int = 200
    content_type: str = "text/xml; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


Send = Callable[["Handler", Answer], None]
Change = Callable[[str], str]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request, well or badly."""

    protocol_version = "HTTP/1.1"
    server: ArxivServer

    def do_GET(self) -> None:
        server = self.server
        parts = urlsplit(self.path)
        asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
        kind = parts.path.strip("/").partition("/")[0]
        with server.lock:
            server.running += 1
            server.most_running = max(server.most_running, server.running)
            number = sum(1 for _, k, _ in server.asked if k == kind) + 1
            server.asked.append((time.monotonic(), kind, asked))
            fault = server.broken.get((kind, number))
        try:
            with contextlib.suppress(OSError):
                FAULTS[fault](self, asked) if fault else self.send(server.answer(kind, asked))
        finally:
            with server.lock:
                server.running -= 1
                server.finished.append(time.monotonic())

    def send(self, answer: Answer, *, length: int | None = None) -> None:
        """Send an answer; its Content-Length may lie."""
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) if length is None else length))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def good(self, asked: dict[str, str]) -> Answer:
        return self.server.answer(urlsplit(self.path).path.strip("/").partition("/")[0], asked)

    def reset(self) -> None:
        """Hang up with a reset, as overloaded servers do."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        pass


class ArxivServer(http.server.ThreadingHTTPServer):
    """arXiv on loopback.

    `asked` has when each request came, for which interface, and its parameters.
    """

    daemon_threads = True

    def __init__(self, papers: list[Paper], *, page: int = 7, order: str = "datestamp") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.papers = list(papers)
        self.page = page
        self.order = order
        self.has_sizes = True
        self.lock = threading.Lock()
        self.running = self.most_running = 0
        self.asked: list[tuple[float, str, dict[str, str]]] = []
        self.finished: list[float] = []
        self.broken: dict[tuple[str, int], str] = {}
        self.lists: dict[str, list[Paper]] = {}
        self.stopping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"

    def break_(self, fault: str, *, kind: str = "oai", at: int = 1, times: int = 1) -> None:
        """Let a fault meet some requests, counted from 1 for each interface."""
        for number in range(at, at + times):
            self.broken[kind, number] = fault

    def answer(self, kind: str, asked: dict[str, str]) -> Answer:
        if kind == "oai":
            return Answer(self.oai(asked).encode())
        if kind == "api":
            return self.api(asked)
        items = "".join(
            rss_item(p, ("new", "cross", "replace", "replace-cross")[n % 4])
            for n, p in enumerate(self.papers)
            if not p.is_deleted
        )
        return Answer(rss_page(items).encode())

    def oai(
        self, asked: dict[str, str], change: Callable[[list[Paper]], list[Paper]] | None = None
    ) -> str:
        if token := asked.get("resumptionToken"):
            name, _, offset = token.partition("|")
            if name not in self.lists or not offset.isdigit():
                return oai_error("badResumptionToken", "expired")
            start = int(offset)
        else:
            since = asked.get("from", "")
            wanted = [p for p in self.papers if str(p.datestamp) >= since]
            if asked.get("set") == "moo" or not wanted:
                return oai_error("noRecordsMatch")
            if self.order == "datestamp":
                wanted.sort(key=lambda p: (p.datestamp, p.id))
            name = f"list{len(self.lists)}"
            with self.lock:
                self.lists[name] = wanted
            start = 0
            self.prefix = asked.get("metadataPrefix", "arXiv")
        whole = self.lists[name]
        part = whole[start : start + self.page]
        records = "".join(oai_record(p, self.prefix) for p in (change(part) if change else part))
        end = start + self.page
        size = f' cursor="{start}" completeListSize="{len(whole)}"' if self.has_sizes else ""
        next_token = f"{name}|{end}" if end < len(whole) else ""
        token = f"<resumptionToken{size}>{next_token}</resumptionToken>\n"
        return oai_page(f"<ListRecords>\n{records}{token}</ListRecords>\n")

    def api(self, asked: dict[str, str]) -> Answer:
        start, most = int(asked.get("start", 0)), int(asked.get("max_results", 10))
        found = [p for p in self.papers if not p.is_deleted]
        if ids := asked.get("id_list"):
            names = [i.partition("v")[0] if "/" not in i else i for i in ids.split(",")]
            if bad := [n for n in names if not re.fullmatch(r"[\w.-]+(?:/\d{7})?", n)]:
                entry = (
                    f"<entry><id>https://arxiv.org/api/errors#x</id><title>Error</title>"
                    f"<summary>incorrect id format for {bad[0]}</summary></entry>"
                )
                return Answer(atom_page(entry, 1, 0).encode(), 400)
            found = [p for p in found if p.id in names]
        elif match := re.search(r"submittedDate:\[(\d{12}) TO (\d{12})\]", asked["search_query"]):
            found = [p for p in found if match[1] <= f"{p.versions[0]:%Y%m%d%H%M}" <= match[2]]
        entries = "".join(atom_entry(p) for p in found[start : start + min(most, 2000)])
        return Answer(
            atom_page(entries, len(found), start).encode(), content_type="application/atom+xml"
        )

    @property
    def gaps(self) -> list[float]:
        """Seconds between the starts of requests, as this server saw them."""
        times = sorted(moment for moment, _, _ in self.asked)
        return [b - a for a, b in itertools.pairwise(times)]


@contextlib.contextmanager
def running(server: ArxivServer) -> Iterator[ArxivServer]:
    """Let a server run, and stop it."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


# ---------------------------------------------------------------------- what goes wrong

FAULTS: dict[str, Callable[[Handler, dict[str, str]], None]] = {}

OAI_ONLY: set[str] = set()
"""Faults that only OAI-PMH can have."""

_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("bcdefgh", "cdefghi", strict=True)
)
_QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"A" * 50_000}">]>'


def _status(name: str, status: int, body: bytes = b"", **headers: str) -> None:
    def fault(handler: Handler, asked: dict[str, str]) -> None:
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        handler.send(Answer(body, status, "text/html", sent))

    FAULTS[name] = fault


def _text(name: str, change: Change, *, oai_only: bool = False) -> None:
    """Change the text of a good answer."""

    def fault(handler: Handler, asked: dict[str, str]) -> None:
        answer = handler.good(asked)
        changed = change(answer.body.decode()).encode("utf-8", "surrogatepass")
        handler.send(replace(answer, body=changed))

    FAULTS[name] = fault
    if oai_only:
        OAI_ONLY.add(name)


def _papers(name: str, change: Callable[[list[Paper]], list[Paper]]) -> None:
    """Change what papers a page of OAI-PMH has."""

    def fault(handler: Handler, asked: dict[str, str]) -> None:
        handler.send(Answer(handler.server.oai(asked, change).encode()))

    FAULTS[name] = fault
    OAI_ONLY.add(name)


def _named(name: str) -> Callable[[Callable[[Handler, dict[str, str]], None]], None]:
    def keep(fault: Callable[[Handler, dict[str, str]], None]) -> None:
        FAULTS[name] = fault

    return keep


_HTML = b"<html><head><title>Sorry</title></head><body><p>Rate exceeded.<br></body></html>"
_status("429 with Retry-After in seconds", 429, _HTML, Retry_After="17")
_status("429 with Retry-After as a date", 429, _HTML, Retry_After="Fri, 20 Mar 2099 05:00:00 GMT")
_status("429 with a Retry-After that is nonsense", 429, _HTML, Retry_After="soon")
_status("429 without Retry-After", 429, _HTML)
_status("503 with an HTML body", 503, _HTML, Retry_After="5")
_status("503 without a word", 503)
_status("500", 500, b"Internal error")
_status("502 from a proxy", 502, _HTML)
_status("504 from a proxy", 504, _HTML)
_status("406", 406, _HTML)
_status("408", 408)
_status("403", 403, _HTML)
_status("a redirect elsewhere", 302, Location="http://127.0.0.2:9/oai")
_status("a redirect to a name elsewhere", 301, Location="https://arxiv.org.example.net/oai")
_status("a redirect without a place", 302)
_status("a redirect to a file", 302, Location="file:///etc/hostname")


@_named("a redirect in a circle")
def _circle(handler: Handler, asked: dict[str, str]) -> None:
    handler.send(Answer(b"", 302, headers={"Location": handler.path}))


@_named("301 to https of the same host")
def _to_https(handler: Handler, asked: dict[str, str]) -> None:
    place = handler.server.url(handler.path.lstrip("/")).replace("http:", "https:")
    handler.send(Answer(b"", 301, headers={"Location": place}))


@_named("429 by a clock that jumped")
def _jumped(handler: Handler, asked: dict[str, str]) -> None:
    handler.send_response_only(429)
    handler.send_header("Date", "Mon, 01 Jan 2035 00:00:00 GMT")
    handler.send_header("Retry-After", "Mon, 01 Jan 2035 00:00:20 GMT")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@_named("a reset before the answer")
def _reset(handler: Handler, asked: dict[str, str]) -> None:
    handler.reset()


@_named("a reset in the middle of the body")
def _reset_inside(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.good(asked)
    half = replace(answer, body=answer.body[: len(answer.body) // 2])
    handler.send(half, length=len(answer.body))
    handler.wfile.flush()
    handler.reset()


@_named("closed without an answer")
def _closed(handler: Handler, asked: dict[str, str]) -> None:
    handler.close_connection = True


@_named("a body shorter than its Content-Length")
def _short_body(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.good(asked)
    handler.send(replace(answer, body=answer.body[:-90]), length=len(answer.body))
    handler.close_connection = True


@_named("a Content-Length that cuts the body")
def _cut_body(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.good(asked)
    handler.send(answer, length=len(answer.body) - 90)
    handler.close_connection = True


@_named("a slow trickle")
def _trickle(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.good(asked)
    handler.send(replace(answer, body=answer.body[:10]), length=len(answer.body))
    for byte in answer.body[10:]:
        if handler.server.stopping.wait(0.02):
            break
        handler.wfile.write(bytes([byte]))


@_named("a gzip bomb")
def _bomb(handler: Handler, asked: dict[str, str]) -> None:
    body = gzip.compress(b" " * 30_000_000)
    handler.send(Answer(body, headers={"Content-Encoding": "gzip"}))


@_named("damaged gzip")
def _bad_gzip(handler: Handler, asked: dict[str, str]) -> None:
    body = gzip.compress(handler.good(asked).body)
    handler.send(Answer(body[:40] + b"\0" * 9 + body[49:], headers={"Content-Encoding": "gzip"}))


@_named("gzip that ends early")
def _short_gzip(handler: Handler, asked: dict[str, str]) -> None:
    body = gzip.compress(handler.good(asked).body)
    handler.send(Answer(body[:-20], headers={"Content-Encoding": "gzip"}))


@_named("gzip as it should be")
def _good_gzip(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.good(asked)
    handler.send(
        replace(answer, body=gzip.compress(answer.body), headers={"Content-Encoding": "gzip"})
    )


@_named("HTTP/1.0 without a length")
def _old(handler: Handler, asked: dict[str, str]) -> None:
    handler.wfile.write(
        b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + handler.good(asked).body
    )
    handler.close_connection = True


@_named("keep-alive that is closed")
def _closing(handler: Handler, asked: dict[str, str]) -> None:
    handler.send(replace(handler.good(asked), headers={"Connection": "keep-alive"}))
    handler.close_connection = True


@_named("chunks")
def _chunks(handler: Handler, asked: dict[str, str]) -> None:
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = handler.good(asked).body
    for at in range(0, len(body), 777):
        part = body[at : at + 777]
        handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


@_named("chunks that end early")
def _short_chunks(handler: Handler, asked: dict[str, str]) -> None:
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"40\r\n" + handler.good(asked).body[:64] + b"\r\n"
    )
    handler.close_connection = True


@_named("no HTTP at all")
def _garbage(handler: Handler, asked: dict[str, str]) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    handler.close_connection = True


@_named("another charset in the header")
def _other_charset(handler: Handler, asked: dict[str, str]) -> None:
    handler.send(replace(handler.good(asked), content_type="text/xml; charset=iso-8859-1"))


@_named("bytes that are not UTF-8")
def _latin(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.good(asked)
    body = answer.body.replace("流形".encode(), "流形".encode("gb2312"))
    body = body.replace("ï".encode(), b"\xef")
    handler.send(replace(answer, body=body.replace(b"<title>", b"<title>\xfc ", 1)))


@_named("a type that is no text")
def _octets(handler: Handler, asked: dict[str, str]) -> None:
    handler.send(replace(handler.good(asked), content_type="application/pdf"))


def _cut(text: str, share: float) -> str:
    return text[: int(len(text) * share)]


def _in_first(text: str, what: str) -> str:
    """Put something into the first title of a record."""
    at = text.rindex("<title>") + 7
    return text[:at] + what + text[at:]


def _unclosed(text: str) -> str:
    for end in ("</record>", "</entry>"):
        if text.count(end) > 1:
            at = text.index(end)
            return text[:at] + text[at + len(end) :]
    return _cut(text, 0.7)


def _declared(text: str, doctype: str) -> str:
    head, _, rest = text.partition("?>\n")
    return f"{head}?>\n{doctype}{rest}"


_text("torn XML in an answer that seems whole", lambda t: _cut(t, 0.6))
_text("torn XML behind the last record", lambda t: t[: t.rindex("</")].rstrip()[:-3])
_text("an HTML page with status 200", lambda t: _HTML.decode())
_text("an empty body", lambda t: "")
_text("only blanks", lambda t: " \n" * 50)
_text("JSON with an error", lambda t: '{"error": "try later"}')
_text("control characters", lambda t: _in_first(t, "\x01\x1b[2J"))
_text("an entity that nobody declared", lambda t: _in_first(t, "&eacute;"))
_text("half a surrogate pair", lambda t: _in_first(t, "\ud800"))
_text("a record that is never closed", _unclosed)
_text("a bare ampersand", lambda t: _in_first(t, "R & D <"))
_text("a million laughs", lambda t: _in_first(_declared(t, _LAUGHS + "]>"), "&i;"))
_text(
    "an external entity",
    lambda t: _in_first(
        _declared(t, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'), "&e;"
    ),
)
_text(
    "an external document type",
    lambda t: _declared(t, '<!DOCTYPE x SYSTEM "http://127.0.0.2:9/x.dtd">'),
)
_text("quadratic entities", lambda t: _in_first(_declared(t, _QUADRATIC), "&a;" * 1000))
_text("a huge record", lambda t: _in_first(t, "x" * 400_000))
_text("a huge attribute", lambda t: t.replace("<title>", f'<title a="{"y" * 400_000}">', 1))
_text(
    "ten thousand attributes",
    lambda t: t.replace(
        "<title>", "<title " + " ".join(f'a{n}=""' for n in range(10_000)) + ">", 1
    ),
)
_text("elements a thousand deep", lambda t: _in_first(t, "<a>" * 1000 + "</a>" * 1000))
_text("a byte order mark", lambda t: "\ufeff" + t)
_text("no XML declaration", lambda t: t.partition("?>\n")[2])
_text("a comment and an instruction", lambda t: _in_first(t, "<!-- x --><?x y?>"))
_text(
    "text in CDATA",
    lambda t: re.sub(r"<title>([^<&]*)</title>", r"<title><![CDATA[\1]]></title>", t),
)

_text(
    "the token is the one it was asked with",
    lambda t: re.sub(r"(\|)(\d+)</res", lambda m: f"|{max(0, int(m[2]) - 7)}</res", t),
    oai_only=True,
)
_text("the list ends in its middle", lambda t: re.sub(r">[^<]*</resu", "></resu", t), oai_only=True)
_text(
    "the token is missing",
    lambda t: re.sub(r"<resumptionToken.*?</resumptionToken>", "", t),
    oai_only=True,
)
_text(
    "a token that leads nowhere", lambda t: re.sub(r">list\d+\|\d+<", ">gone|7<", t), oai_only=True
)
_text(
    "no response date", lambda t: re.sub(r"<responseDate>.*?</responseDate>", "", t), oai_only=True
)
_text(
    "a response date in the future", lambda t: t.replace(f"{TODAY}T", "2031-01-01T"), oai_only=True
)
_text(
    "a response date that is nonsense", lambda t: t.replace(f"{TODAY}T", "yesterday"), oai_only=True
)
_text("no datestamps", lambda t: re.sub(r"<datestamp>.*?</datestamp>", "", t), oai_only=True)
_text(
    "datestamps in the future",
    lambda t: re.sub(r"<datestamp>\d{4}", "<datestamp>2044", t),
    oai_only=True,
)
_text(
    "a header without an id",
    lambda t: re.sub(r"<identifier>.*?</identifier>", "", t, count=1),
    oai_only=True,
)
_text(
    "an id that is none",
    lambda t: re.sub(
        r"<identifier>.*?</identifier>",
        "<identifier>oai:arXiv.org:../../x</identifier>",
        t,
        count=1,
    ),
    oai_only=True,
)
_text(
    "metadata of another paper",
    lambda t: re.sub(r"<id>.*?</id>", "<id>2401.99999</id>", t, count=1),
    oai_only=True,
)
_text(
    "a record without metadata",
    lambda t: re.sub(r"<metadata>.*?</metadata>", "", t, count=1, flags=re.S),
    oai_only=True,
)
_text("badResumptionToken", lambda t: oai_error("badResumptionToken"), oai_only=True)
_text("noRecordsMatch", lambda t: oai_error("noRecordsMatch"), oai_only=True)
_text("an error nobody knows", lambda t: oai_error("serverIsTired"), oai_only=True)
_text("badArgument", lambda t: oai_error("badArgument"), oai_only=True)
_text(
    "an empty page with a token",
    lambda t: re.sub(r"<record>.*</record>\s*", "", t, flags=re.S),
    oai_only=True,
)
_text("an empty list", lambda t: oai_page("<ListRecords></ListRecords>"), oai_only=True)
_text(
    "a namespace with a prefix",
    lambda t: re.sub(
        r"<(/?)(OAI-PMH|ListRecords|record|header|metadata|resumptionToken)\b", r"<\1oai:\2", t
    ),
    oai_only=True,
)
_status("400 for a token", 400, _HTML)
_status("404", 404, _HTML)
OAI_ONLY.update({"400 for a token"})


_papers("the same ids twice in a page", lambda part: [*part, *part[:3]])
_papers("records of the page out of order", lambda part: part[::-1])


@_named("the page before once more")
def _repeated(handler: Handler, asked: dict[str, str]) -> None:
    name, _, offset = asked.get("resumptionToken", "").partition("|")
    before = int(offset or 0) - handler.server.page
    again = {**asked, "resumptionToken": f"{name}|{before}"} if before >= 0 else asked
    handler.send(Answer(handler.server.oai(again).encode()))


@_named("the records of the page before with the next token")
def _stale(handler: Handler, asked: dict[str, str]) -> None:
    server = handler.server
    name, _, offset = asked.get("resumptionToken", "").partition("|")
    if offset:
        start = max(0, int(offset) - server.page)
        part = server.lists[name][start : start + server.page]
        handler.send(Answer(server.oai(asked, lambda _: part).encode()))
    else:
        handler.send(handler.good(asked))


@_named("all tokens expire")
def _expire(handler: Handler, asked: dict[str, str]) -> None:
    handler.server.lists = {f"old{n}": [] for n in range(len(handler.server.lists))}
    handler.send(handler.good(asked))


OAI_ONLY.update(
    {
        "the page before once more",
        "the records of the page before with the next token",
        "all tokens expire",
    }
)


# of the API


@_named("fewer entries than asked for")
def _short_page(handler: Handler, asked: dict[str, str]) -> None:
    few = {**asked, "max_results": str(max(1, int(asked.get("max_results", 10)) // 3))}
    handler.send(handler.server.api(few))


@_named("an empty page that claims results")
def _claims(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.server.api(asked)
    handler.send(replace(answer, body=re.sub(rb"<entry>.*</entry>", b"", answer.body, flags=re.S)))


@_named("a total that shrinks")
def _shrinks(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.server.api(asked)
    body = re.sub(rb"<opensearch:totalResults>\d+", b"<opensearch:totalResults>3", answer.body)
    handler.send(replace(answer, body=body))


@_named("no results at all")
def _nothing(handler: Handler, asked: dict[str, str]) -> None:
    handler.send(Answer(atom_page("", 0, 0).encode()))


@_named("an entry without a date")
def _undated(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.server.api(asked)
    body = re.sub(rb"<published>.*?</published>", b"", answer.body, count=1)
    handler.send(replace(answer, body=body))


@_named("entries twice in a page")
def _twice(handler: Handler, asked: dict[str, str]) -> None:
    answer = handler.server.api(asked)
    entries = re.findall(rb"<entry>.*?</entry>", answer.body, flags=re.S)
    body = answer.body.replace(b"</feed>", b"".join(entries[:2]) + b"</feed>")
    handler.send(replace(answer, body=body))


API_ONLY = {
    "fewer entries than asked for",
    "an empty page that claims results",
    "a total that shrinks",
    "no results at all",
    "an entry without a date",
    "entries twice in a page",
}
"""Faults that only the API can have."""
