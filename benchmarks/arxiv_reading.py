"""How fast arXiv's formats are read, beside bare parsers of the same bytes in the same run."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5


def bench_oai(folder: Path) -> None:
    """Records a second of reading real harvest pages into records, beside parsers alone."""
    from xml.parsers import expat

    from ingest.arxiv.oai import read_oai_page

    pages = [gzip.decompress(path.read_bytes()) for path in sorted(folder.glob("*.xml.gz"))]
    if not pages:
        print("the real harvest pages are not beside the repository; left out")
        return
    peers = {"expat alone": lambda page: expat.ParserCreate().Parse(page, True)}
    try:
        from lxml import etree
    except ImportError:
        print("lxml is not installed (it comes with the extra arxiv); left out as a peer")
    else:
        peers["lxml alone"] = etree.fromstring
    count = sum(len(read_oai_page(page).records) for page in pages)
    times: dict[str, list[float]] = {"ours": [], **{name: [] for name in peers}}
    for _ in range(RUNS):
        for name, read in {"ours": read_oai_page, **peers}.items():
            start = time.process_time()
            for page in pages:
                read(page)
            times[name].append(time.process_time() - start)
    best = {name: min(found) for name, found in times.items()}
    size = sum(map(len, pages)) / 1e6
    print(
        f"reading {count:,} records of {len(pages)} OAI-PMH pages ({size:.1f} MB): best of {RUNS} "
        f"{count / best['ours']:,.0f} records/s of processor time"
        + "".join(f"; {best['ours'] / best[name]:.1f}x {name}" for name in peers)
    )


def iter_snapshot(count: int) -> Iterator[bytes]:
    """Yield lines like those of the snapshot, of the usual size; ids are of years to come."""
    dice = random.Random(1)
    words = ["".join(dice.choices("aeiou" * 3 + "bcdfghklmnprstvz", k=7)) for _ in range(30_000)]
    abstracts = [" ".join(dice.choices(words, k=150)) for _ in range(500)]
    for n in range(count):
        month, number = divmod(n, 99_999)
        title = " ".join(dice.choices(words, k=dice.randint(6, 12))).capitalize()
        yield (
            json.dumps(
                {
                    "id": f"{30 + month // 12:02d}{month % 12 + 1:02d}.{number + 1:05d}",
                    "title": f"{title}\n  of r\\'esum\\'es",
                    "comments": f"{n % 40} pages",
                    "categories": "cs.CV cs.CL",
                    "license": "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
                    "abstract": f"  We study {abstracts[n % 500]} {n}.\n",
                    "versions": [
                        {"version": f"v{v}", "created": "Mon, 2 Apr 2018 19:18:42 GMT"}
                        for v in range(1, 2 + n % 3)
                    ],
                    "update_date": "2018-04-03",
                    "authors": "A. One and B. Two",
                    "authors_parsed": [
                        ["One", "A.", ""],
                        ["Two", "B.", ""],
                        ["Erd\u0151s", "P.", ""],
                    ],
                }
            ).encode()
            + b"\n"
        )


_READ = """
import resource, sys, time
from pathlib import Path
from ingest.arxiv.files import harvest_files
start, count = time.process_time(), 0
for batch in harvest_files([Path(sys.argv[1])]):
    count += len(batch.records)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
status = Path("/proc/self/status")  # what getrusage says on Linux is never less than the parent's
if status.exists():
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0])
print(count, time.process_time() - start, peak)
"""


def bench_snapshot(count: int) -> None:
    """Throughput and peak memory of a whole process that streams a generated snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        for name, opened in (("plain", Path.open), ("gzipped", gzip.open)):
            path = Path(folder) / name
            with opened(path, "wb") as file:
                for line in iter_snapshot(count):
                    file.write(line)
            done = subprocess.run(
                [sys.executable, "-c", _READ, str(path)],
                check=True,
                capture_output=True,
                text=True,
                cwd=ROOT,
            )
            read, took, peak = done.stdout.split()
            peak_bytes = int(peak) * (1 if sys.platform == "darwin" else 1024)
            print(
                f"streaming a generated snapshot, {name}: {int(read):,} records, "
                f"{int(read) / float(took):,.0f} records/s, peak memory {peak_bytes / 1e6:.0f} MB"
            )


def main() -> None:
    """Run both; a number given is how many records the snapshot has."""
    sys.path.insert(0, str(ROOT))
    bench_oai(ROOT.parent / "shared" / "corpora" / "arxiv" / "oai" / "harvest_cs_2016")
    bench_snapshot(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)


if __name__ == "__main__":
    main()
