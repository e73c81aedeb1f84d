"""One request at a time and one in three seconds, for all processes of the machine."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from arxiv_server import ArxivServer, Clock, made_papers, running
from ingest.arxiv.pace import MAX_REST, Pace
from kg.errors import FetchError


@pytest.fixture
def clock() -> Clock:
    return Clock()


def paced(folder: Path, clock: Clock, **given: float) -> Pace:
    return Pace(folder, wall=clock.wall, steady=clock.steady, sleep=clock.sleep, **given)


def take(pace: Pace, clock: Clock, *, lasting: float = 0.0) -> tuple[float, float]:
    """Take a turn that lasts some seconds; say when it began and ended."""
    with pace.turn():
        began = clock.now
        clock.now += lasting
    return began, clock.now


def test_turns_are_three_seconds_apart_from_the_end_of_one_to_the_start_of_the_next(
    tmp_path: Path, clock: Clock
) -> None:
    _, ended = take(paced(tmp_path, clock), clock, lasting=1.5)
    began, _ = take(paced(tmp_path, clock), clock)  # another process, with the same file
    assert began - ended == pytest.approx(3.0)


def test_nobody_waits_when_the_last_request_is_long_ago(tmp_path: Path, clock: Clock) -> None:
    take(paced(tmp_path, clock), clock)
    clock.now += 60
    take(paced(tmp_path, clock), clock)
    assert clock.slept == []


@pytest.mark.parametrize("jump", [-86_400.0, -1.0, 2.0, 86_400.0, 1e9])
def test_a_wall_clock_that_jumps_neither_hurries_nor_holds_up(
    tmp_path: Path, clock: Clock, jump: float
) -> None:
    _, ended = take(paced(tmp_path, clock), clock)
    clock.offset += jump
    began, _ = take(paced(tmp_path, clock), clock)
    assert began - ended == pytest.approx(3.0)


@pytest.mark.parametrize("jump", [-86_400.0, 0.0, 1.0, 86_400.0])
def test_after_a_restart_of_the_machine_at_most_one_interval_is_waited(
    tmp_path: Path, clock: Clock, jump: float
) -> None:
    take(paced(tmp_path, clock), clock)
    again = Clock()
    again.now = 5.0  # counts from the start of the machine
    again.offset = clock.wall() - again.now + jump
    take(paced(tmp_path, again), again)
    assert sum(again.slept) <= 3.0


@pytest.mark.parametrize(("seconds", "waited"), [(60.0, 60.0), (1.0, 3.0), (1e12, MAX_REST)])
def test_a_rest_that_arxiv_asked_for_holds_for_all_processes(
    tmp_path: Path, clock: Clock, seconds: float, waited: float
) -> None:
    pace = paced(tmp_path, clock)
    with pace.turn():
        pace.rest(seconds)
    take(paced(tmp_path, clock), clock)
    assert sum(clock.slept) == pytest.approx(waited)
    take(paced(tmp_path, clock), clock)
    assert sum(clock.slept) == pytest.approx(waited + 3.0)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "null",
        "[1]",
        "[1, 2, 3, 4]",
        '["x", 1, 1]',
        "[NaN, NaN, NaN]",
        "[1e999, 1, 1]",
        "\0" * 99,
        "[" * 5000,
    ],
)
def test_a_file_that_was_torn_costs_one_interval_and_is_mended(
    tmp_path: Path, clock: Clock, text: str
) -> None:
    (tmp_path / "arxiv-turn").write_text(text)
    take(paced(tmp_path, clock), clock)
    assert sum(clock.slept) <= 3.0
    clock.now += 60
    take(paced(tmp_path, clock), clock)
    assert sum(clock.slept) <= 3.0


def test_without_a_folder_that_can_be_written_the_process_keeps_the_pace_for_itself(
    tmp_path: Path, clock: Clock
) -> None:
    (tmp_path / "file").write_text("")
    pace = paced(tmp_path / "file" / "below", clock)
    _, ended = take(pace, clock)
    began, _ = take(paced(tmp_path / "file" / "below", clock), clock)
    assert not pace.is_shared
    assert began - ended == pytest.approx(3.0)


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path, clock: Clock) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / "arxiv-turn").symlink_to(target)
    take(paced(tmp_path, clock), clock)
    assert target.read_text() == "precious"


def test_an_error_inside_a_turn_gives_it_back(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(ZeroDivisionError), paced(tmp_path, clock).turn():
        _ = 1 / 0
    take(paced(tmp_path, clock), clock)


def test_whoever_waits_too_long_for_the_others_says_so(tmp_path: Path, clock: Clock) -> None:
    with paced(tmp_path, clock).turn(), pytest.raises(FetchError, match="another process"):
        take(paced(tmp_path, clock, patience=5.0), clock)


# ---------------------------------------------------------------------- real processes

_ASK = """
import sys
from pathlib import Path
from ingest.arxiv.client import ArxivClient
from ingest.arxiv.pace import Pace
client = ArxivClient(Pace(Path(sys.argv[2]), interval=float(sys.argv[3])), allow_private=True)
for number in range(int(sys.argv[4])):
    client.get(f"{sys.argv[1]}&n={number}")
"""


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with running(ArxivServer(made_papers(5))) as server:
        yield server


def asking(
    server: ArxivServer,
    folder: Path,
    interval: float,
    count: int,
    *,
    what: str = "oai?verb=Identify",
) -> subprocess.Popen[bytes]:
    given = [server.url(what), str(folder), str(interval), str(count)]
    return subprocess.Popen([sys.executable, "-c", _ASK, *given])


def test_two_processes_at_once_keep_the_pace_as_the_server_sees_it(
    server: ArxivServer, tmp_path: Path
) -> None:
    interfaces = ("oai?verb=Identify", "api?id_list=2401.00002")
    processes = [asking(server, tmp_path, 0.2, 5, what=what) for what in interfaces]
    assert [p.wait(60) for p in processes] == [0, 0]
    assert Counter(kind for _, kind, _ in server.asked) == {"oai": 5, "api": 5}
    assert min(server.gaps) >= 0.2
    assert server.most_running == 1


def test_a_process_that_is_killed_in_its_turn_holds_up_nobody(
    server: ArxivServer, tmp_path: Path
) -> None:
    server.break_("a slow trickle", at=1)
    first = asking(server, tmp_path, 0.2, 1)
    while not server.asked:
        assert first.poll() is None
    first.kill()
    first.wait()
    assert asking(server, tmp_path, 0.2, 2).wait(60) == 0
    assert min(server.gaps) >= 0.2
