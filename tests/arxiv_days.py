"""arXiv and a list as they are told day by day: what `kg update` meets over weeks, on loopback."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

import arxiv_server
from arxiv_server import Answer, ArxivServer, Handler, Paper, made_papers
from ingest.arxiv.oai import read_oai_page

UTC = datetime.UTC
DAYS = 30
DATASETS = ("MNIST", "WordNet", "ImageNet", "Ising-77")


@dataclass(frozen=True)
class World:
    """All papers with all their versions, and the first day that is simulated."""

    papers: tuple[Paper, ...]
    first: datetime.date

    def day(self, n: int) -> datetime.date:
        return self.first + datetime.timedelta(days=n)

    def papers_on(self, n: int) -> list[Paper]:
        """The papers as arXiv tells them on a day."""
        end = datetime.datetime.combine(self.day(n), datetime.time(23, 59), UTC)
        found = []
        for number, paper in enumerate(self.papers):
            versions = tuple(v for v in paper.versions if v <= end)
            if not versions:
                continue
            changed = versions[-1].date()
            categories = paper.categories
            crossed = versions[0].date() + datetime.timedelta(days=5)
            if number % 17 == 3 and "cs.CL" not in categories and crossed <= self.day(n):
                categories = (*categories, "cs.CL")
                changed = max(changed, crossed)
            comments = ""
            if number % 41 == 7 and len(versions) > 1:
                comments = "This paper has been withdrawn by the authors"
            found.append(
                replace(
                    paper,
                    versions=versions,
                    categories=categories,
                    datestamp=changed,
                    comments=comments,
                )
            )
        return found


class DayHandler(Handler):
    """Answers for pages with their state, so that they need not be sent again."""

    server: DayServer

    def do_GET(self) -> None:  # noqa: N802
        text = self.server.pages.get(self.path.strip("/"))
        if text is None:
            super().do_GET()
            return
        etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:12]}"'
        same = self.headers.get("If-None-Match") == etag
        self.server.page_answers.append(304 if same else 200)
        headers = {"ETag": etag}
        if same:
            self.send(Answer(b"", 304, headers=headers))
        else:
            self.send(Answer(text.encode(), 200, "text/markdown; charset=utf-8", headers))


class DayServer(ArxivServer):
    """Tells what there is on a day: papers by search and by set, and lists."""

    def __init__(self, world: World) -> None:
        super().__init__([], page=40)
        self.RequestHandlerClass = DayHandler
        self.page_answers: list[int] = []
        self.world = world
        self.day = 0
        self.pages: dict[str, str] = {}

    def go_to(self, day: int) -> None:
        self.day = day
        self.papers = self.world.papers_on(day)

    def answer(self, kind: str, asked: dict[str, str]) -> Answer:
        every = self.papers
        try:
            if kind == "oai" and "set" in asked:
                wanted = asked["set"].rpartition("cs:")[2]
                self.papers = [p for p in every if f"cs.{wanted}" in p.categories]
            elif "search_query" in asked:
                self.papers = [p for p in every if finds(asked["search_query"], p)]
            answer = super().answer(kind, asked)
        finally:
            self.papers = every
        today = f"{self.world.day(self.day)}T04:00:00Z".encode()
        return replace(
            answer, body=answer.body.replace(f"{arxiv_server.TODAY}T04:00:00Z".encode(), today)
        )


def finds(query: str, paper: Paper) -> bool:
    """Answer the searches that are made here, as arXiv does: any case, words in order."""
    asked = re.sub(r" AND submittedDate:.*", "", query).strip("()")
    if asked.startswith("cat:"):
        return asked[4:] in paper.categories
    if asked.startswith("au:"):
        last = asked[3:].strip('"').split()[-1]
        return any(last.casefold() in k.casefold() for k, _ in paper.people)
    words = re.findall(r'(?:ti|abs):"([^"]*)"', asked)
    text = f"{paper.title} {paper.abstract}".casefold()
    return any(w.casefold() in text for w in words)


def made() -> World:
    papers = [
        replace(
            p,
            id=f"24{p.versions[0]:%m}.{n + 1:05d}",
            is_deleted=False,
            comments="",
            title=f"{p.title.replace('<b>', 'b')} {number_word(n)}",
            abstract=p.abstract + (f" We use {DATASETS[n % 4]} here." if n % 5 == 0 else ""),
            versions=tuple(
                p.versions[0] + datetime.timedelta(days=9 * k) for k in range(1 + n % 3)
            ),
        )
        for n, p in enumerate(made_papers(220))
    ]
    return World(tuple(papers), datetime.date(2024, 1, 20))


def number_word(n: int) -> str:
    return "".join("abcdefghij"[int(d)] * 3 for d in str(n))


def real(folder: Path) -> World:
    records = {}
    for file in sorted(folder.glob("*.xml.gz")):
        for record in read_oai_page(gzip.decompress(file.read_bytes())).records:
            records[record.id] = record
    first = datetime.date(2013, 3, 1)
    last = first + datetime.timedelta(days=DAYS)
    papers = []
    for record in records.values():
        days = [d for d in (record.created, record.updated) if d is not None]
        if record.created is None or not any(
            first - datetime.timedelta(days=9) <= d <= last for d in days
        ):
            continue
        moments = tuple(datetime.datetime.combine(d, datetime.time(12), UTC) for d in days)
        people = tuple((a.name.split()[-1], " ".join(a.name.split()[:-1])) for a in record.authors)
        papers.append(
            Paper(
                record.id, record.title, people[:3], record.categories, record.abstract, moments,
                moments[-1].date(),
            )
        )  # fmt: skip
    return World(tuple(papers), first)


def list_on(day: int) -> str:
    """A list of datasets that grows, changes and loses a line."""
    names = [n for n in DATASETS if n != "WordNet" or day < 20]
    rows = [f"| {n} | {10 + (day >= 15) * 5}k |" for n in names]
    more = [f"| Model-{d}x | {DATASETS[d % 3]} |" for d in range(0, day, 6)]
    return "\n".join(
        [
            "# Datasets", "", "| Dataset | Size |", "|---|---|", *rows, "",
            "# Models", "", "| Model | Training data |", "|---|---|", *more, "",
        ]
    )  # fmt: skip
