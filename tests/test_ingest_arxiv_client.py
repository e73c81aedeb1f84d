"""How arXiv is asked: again when that may help, later when it says so, and nowhere else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from arxiv_server import FAULTS, Answer, ArxivServer, Clock, made_papers, running
from ingest.arxiv.client import ArxivClient
from ingest.arxiv.pace import Pace
from kg.errors import FetchError


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with running(ArxivServer(made_papers(12))) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(tmp_path: Path, clock: Clock) -> ArxivClient:
    return ArxivClient(
        Pace(tmp_path, wall=clock.wall, steady=clock.steady, sleep=clock.sleep),
        tries=6,
        deadline_seconds=2,
        allow_private=True,
        wall=clock.wall,
        sleep=clock.sleep,
        chance=lambda: 1.0,
    )


def test_waits_grow_to_minutes_and_no_further(
    server: ArxivServer, client: ArxivClient, clock: Clock
) -> None:
    server.break_("503 without a word", times=50)
    client.tries, client.ceiling = 12, 600
    with pytest.raises(FetchError) as error:
        client.get(server.url("oai"))
    assert error.value.status == 503
    assert [s for s in clock.slept if s > 3] == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600]


def test_waits_are_uneven_so_that_clients_do_not_come_back_together(client: ArxivClient) -> None:
    client.chance = lambda: 0.0
    assert client._backoff(1) == 2.5


@pytest.mark.parametrize(
    ("fault", "least"),
    [
        ("429 with Retry-After in seconds", 17),
        ("429 by a clock that jumped", 20),
        ("429 with a Retry-After that is nonsense", 5),
        ("429 with Retry-After as a date", 3600),
    ],
)
def test_the_server_is_asked_again_when_it_wants(
    server: ArxivServer, client: ArxivClient, clock: Clock, fault: str, least: float
) -> None:
    server.break_(fault)
    client.get(server.url("oai"))
    assert least <= sum(clock.slept) <= least + 5


@pytest.mark.parametrize("fault", ["403", "404", "a redirect elsewhere", "a redirect to a file"])
def test_what_will_not_get_better_is_not_asked_again(
    server: ArxivServer, client: ArxivClient, fault: str
) -> None:
    server.break_(fault, times=9)
    with pytest.raises(FetchError):
        client.get(server.url("oai"))
    assert len(server.asked) == 1


def test_a_redirect_on_the_same_host_is_followed_in_a_turn_of_its_own(
    server: ArxivServer, client: ArxivClient, clock: Clock
) -> None:
    FAULTS["moved"] = lambda handler, asked: handler.send(
        Answer(b"", 301, headers={"Location": "/rss/cs.CV"})
    )
    try:
        server.break_("moved")
        assert b"<rss" in client.get(server.url("oai")).content
    finally:
        del FAULTS["moved"]
    assert sum(clock.slept) == pytest.approx(3.0)


def test_every_retry_is_told(server: ArxivServer, client: ArxivClient) -> None:
    told: list[str] = []
    client.tell = told.append
    server.break_("429 without Retry-After", times=2)
    client.get(server.url("oai"))
    assert len(told) == 2
    assert "429" in told[0]


@pytest.mark.parametrize(
    ("location", "followed"),
    [
        ("https://oaipmh.arxiv.org/oai2", True),
        ("https://export.arxiv.org/oai2?a=b", True),
        ("https://arxiv.org.evil.example/", False),
        ("https://evilarxiv.org/", False),
        ("https://arxiv.org:8443/", False),
        ("http://oaipmh.arxiv.org/oai", False),
        ("https://user@evil.example/", False),
        ("https://[::1/", False),
        ("//evil.example/x", False),
    ],
)
def test_redirects_lead_only_to_arxiv_and_never_away_from_https(
    client: ArxivClient, location: str, followed: bool
) -> None:
    error = FetchError("moved", status=301, location=location)
    if followed:
        assert client._checked(["https://oaipmh.arxiv.org/oai"], error) == location
    else:
        with pytest.raises(FetchError, match="not followed"):
            client._checked(["https://oaipmh.arxiv.org/oai"], error)


def test_without_a_network_it_gives_up_after_some_seconds(
    client: ArxivClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    lines: list[str] = []
    client.tell = lines.append
    with pytest.raises(FetchError, match="does not resolve"):
        client.get(f"https://export.arxiv.org/api/query?search_query={'x' * 200}")
    assert sum(clock.slept) < 30
    assert len(lines) == 2
    assert all(len(line) < 260 and "xxx" not in line for line in lines)
