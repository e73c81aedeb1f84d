"""How right and how complete relations read from running text are.

    python benchmarks/text_relations.py scier [--dev] [--errors PATTERN] [--without PATTERN ...]
    python benchmarks/text_relations.py end-to-end [--dev]
    python benchmarks/text_relations.py arxiv --store FILE    # findings per relation, speed
    python benchmarks/text_relations.py verdicts [--write]    # precision, reliability, calibration
    python benchmarks/text_relations.py terms                 # abbreviations of no one thing

SciER's full texts (GPL-3.0) are measured where they lie and nothing of them is kept; without them
this part says so and is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from ingest.arxiv.naming import Dictionary, dictionary_of  # noqa: E402
from ingest.text.calibration import Calibration, Genre, calibration_of  # noqa: E402
from ingest.text.cues import read_slots  # noqa: E402 - the path comes first
from ingest.text.extract import extract  # noqa: E402
from ingest.text.mentions import Mention, defined_terms  # noqa: E402
from ingest.text.sentences import Sentence  # noqa: E402
from ingest.text.slots import to_slots  # noqa: E402
from kg.model import Kind, Name, Relation, Stance  # noqa: E402

ARXIV = ROOT.parent / "shared" / "corpora" / "arxiv" / "jsonl"
VERDICTS = Path(__file__).with_name("text_verdicts.tsv")
CALIBRATION = ROOT / "ingest" / "text" / "calibration.json"
SCIER = ROOT.parent / "shared" / "corpora" / "benchmarks" / "SciER"
KINDS = {"Method": Kind.MODEL, "Dataset": Kind.DATASET}
LABELS = {"Trained-With": Relation.TRAINED_ON, "Evaluated-With": Relation.EVALUATED_ON}

Triple = tuple[str, Relation, str]


@dataclass(frozen=True)
class Labelled:
    """One sentence of SciER with its labels, its spacing mended."""

    document: str
    text: str
    entities: tuple[tuple[str, str], ...]
    gold: frozenset[Triple]
    same: tuple[tuple[str, str], ...]
    """Names that are labelled as synonyms."""


def spaced(text: str) -> str:
    """Put back together what SciER's tokens took apart: 'VGG - 1 6' is 'VGG-16'."""
    text = re.sub(r"(?<=\d) (?=\d)", "", text)
    text = re.sub(r"(?<=\d) ?\. (?=\d)", ".", text)
    text = re.sub(r"(?<=\w) - (?=\w)", "-", text)
    return re.sub(r"\s+", " ", text).strip()


def read_scier(part: str) -> Iterator[Labelled]:
    """Yield the sentences of a part: 'train' or 'dev'."""
    with (SCIER / f"LLM_{part}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Labelled(
                row["doc_id"],
                spaced(row["sentence"]),
                tuple((spaced(text), kind) for text, kind in row["ner"]),
                frozenset(
                    (spaced(s), LABELS[label], spaced(o))
                    for s, label, o in row["rel"]
                    if label in LABELS
                ),
                tuple(
                    (spaced(s), spaced(o)) for s, label, o in row["rel"] if label == "Synonym-Of"
                ),
            )


def mentions_of(labelled: Labelled) -> list[Mention]:
    """Give the places of the labelled names; of two at one place, the longer."""
    taken = [False] * len(labelled.text)
    found = []
    for name, label in sorted(set(labelled.entities), key=lambda e: -len(e[0])):
        if label not in KINDS or not name:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", labelled.text):
            if not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                found.append(Mention(match.start(), match.end(), Name(KINDS[label], name)))
    return sorted(found, key=lambda m: m.start)


@dataclass
class Score:
    """What was found of what is there."""

    right: int = 0
    found: int = 0
    gold: int = 0

    def __str__(self) -> str:
        precision = self.right / self.found if self.found else 0.0
        recall = self.right / self.gold if self.gold else 0.0
        f1 = 2 * precision * recall / (precision + recall) if self.right else 0.0
        return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  ({self.right} of {self.found} found, {self.gold} labelled)"


def found_with_gold_names(labelled: Labelled) -> dict[Triple, set[str]]:
    """Read a sentence whose names are given: each relation with the patterns that found it."""
    mentions = mentions_of(labelled)
    slots = to_slots(labelled.text, Sentence(0, len(labelled.text)), mentions)
    found: dict[Triple, set[str]] = defaultdict(set)
    for said in read_slots(slots):
        if said.subject is None or said.stance is not Stance.STATES:
            continue
        subject, other = mentions[said.subject].name, mentions[said.object].name
        if said.relation in LABELS.values():
            found[subject.text, said.relation, other.text].add(said.pattern)
    return found


def synonyms(sentences: Iterable[Labelled]) -> dict[tuple[str, str], str]:
    """Give for each (document, name) the name that stands for all its labelled synonyms."""
    stands_for: dict[tuple[str, str], str] = {}

    def of(document: str, name: str) -> str:
        while (above := stands_for.get((document, name), name)) != name:
            name = above
        return name

    for labelled in sentences:
        for one, other in labelled.same:
            a, b = of(labelled.document, one), of(labelled.document, other)
            if a != b:
                stands_for[labelled.document, a] = b
    return {key: of(*key) for key in list(stands_for)}


def merge(same: dict[tuple[str, str], str], document: str, triple: Triple) -> Triple:
    """Write a relation with the name that stands for its synonyms."""
    subject, relation, other = triple
    return same.get((document, subject), subject), relation, same.get((document, other), other)


def measure_scier(part: str, errors: str, without: Iterable[str]) -> None:
    """Print precision and recall with the labelled names given."""
    scores = {relation: Score() for relation in LABELS.values()}
    merged = {relation: Score() for relation in LABELS.values()}
    same = synonyms(read_scier(part))
    by_pattern: dict[str, Counter[bool]] = defaultdict(Counter)
    alone: dict[str, Counter[bool]] = defaultdict(Counter)
    left_out = set(without)
    for labelled in read_scier(part):
        found = found_with_gold_names(labelled)
        for triple in list(found):
            found[triple] -= left_out
            if not found[triple]:
                del found[triple]
        for relation, score in scores.items():
            score.gold += sum(t[1] is relation for t in labelled.gold)
            said = {merge(same, labelled.document, t) for t in found if t[1] is relation}
            gold = {merge(same, labelled.document, t) for t in labelled.gold if t[1] is relation}
            merged[relation].gold += len(gold)
            merged[relation].found += len(said)
            merged[relation].right += len(said & gold)
        for triple, patterns in found.items():
            right = triple in labelled.gold
            scores[triple[1]].found += 1
            scores[triple[1]].right += right
            for pattern in patterns:
                by_pattern[pattern][right] += 1
            if len(patterns) == 1:
                alone[next(iter(patterns))][right] += 1
            if errors in patterns and not right:
                print(
                    f"WRONG {triple[0]} | {triple[2]} | {sorted(patterns)}\n    {labelled.text}\n    {to_slots(labelled.text, Sentence(0, len(labelled.text)), mentions_of(labelled)).text}"
                )
        if errors == "missed":
            for triple in labelled.gold - set(found):
                print(
                    f"MISSED {triple[1]} {triple[0]} | {triple[2]}\n    {labelled.text}\n    {to_slots(labelled.text, Sentence(0, len(labelled.text)), mentions_of(labelled)).text}"
                )
    print_curve(part)
    for relation, score in scores.items():
        print(f"{part} {relation}: {score}\n    synonyms as one: {merged[relation]}")
    for pattern, counts in sorted(by_pattern.items()):
        n = counts.total()
        print(
            f"  {pattern:24} {counts[True]:4} of {n:4}  {counts[True] / n:.2f}   alone {alone[pattern][True]} of {alone[pattern].total()}"
        )


def print_curve(part: str) -> None:
    """Print what remains of precision and recall where only surer patterns count.

    The confidences are those of prose, which come from the train part.
    """
    table = calibration_of(Genre.PROSE)
    read = [(labelled, found_with_gold_names(labelled)) for labelled in read_scier(part)]
    for least in (0.0, 0.6, 0.7, 0.75, 0.8, 0.85):
        for relation in LABELS.values():
            score = Score()
            for labelled, found in read:
                said = {
                    t
                    for t, patterns in found.items()
                    if t[1] is relation and max(map(table.confidence, patterns)) >= least
                }
                gold = {t for t in labelled.gold if t[1] is relation}
                score.gold += len(gold)
                score.found += len(said)
                score.right += len(said & gold)
            print(f"{part}, confidence from {least:.2f}, {relation}: {score}")


def count_scier(part: str) -> dict[str, tuple[int, int]]:
    """Count for each pattern how many of its findings SciER labels, and how many there are."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for labelled in read_scier(part):
        for triple, patterns in found_with_gold_names(labelled).items():
            for pattern in patterns:
                counts[pattern][0] += triple in labelled.gold
                counts[pattern][1] += 1
    return {pattern: (right, of) for pattern, (right, of) in counts.items()}


def measure_end_to_end(part: str) -> None:
    """Print precision and recall with our own names: those of other documents, and introductions."""
    documents: dict[str, list[Labelled]] = defaultdict(list)
    names: dict[tuple[str, Kind], set[str]] = defaultdict(set)
    for which in ("train", "dev"):
        for labelled in read_scier(which):
            if which == part:
                documents[labelled.document].append(labelled)
            for name, label in labelled.entities:
                if label in KINDS:
                    names[name, KINDS[label]].add(labelled.document)
    for threshold in (0.0, calibration_of(Genre.PROSE).threshold):
        scores = {relation: Score() for relation in LABELS.values()}
        for document, sentences in documents.items():
            known = Dictionary(
                (f"{kind}:{name}", Name(kind, name), name)
                for (name, kind), where in names.items()
                if where - {document}
            )
            text = "\n".join(labelled.text for labelled in sentences)
            found: dict[int, set[Triple]] = defaultdict(set)
            starts = [0]
            for labelled in sentences:
                starts.append(starts[-1] + len(labelled.text) + 1)
            for one in extract(text, find=known.find_spans, genre=Genre.PROSE):
                if one.subject is None or one.relation not in scores:
                    continue
                if one.stance is Stance.STATES and one.confidence >= threshold:
                    at = max(n for n, start in enumerate(starts) if start <= one.object.start)
                    found[at].add((one.subject.text, one.relation, one.object.text))
            for at, labelled in enumerate(sentences):
                for relation, score in scores.items():
                    said = {t for t in found[at] if t[1] is relation}
                    gold = {t for t in labelled.gold if t[1] is relation}
                    score.found += len(said)
                    score.gold += len(gold)
                    score.right += len(said & gold)
        for relation, score in scores.items():
            print(f"{part} end to end, confidence from {threshold:.2f}, {relation}: {score}")


def iter_arxiv() -> Iterator[tuple[str, str, str]]:
    """Yield (id, title, abstract) of the records, each id once, without what feeds put around."""
    seen = set()
    for file in sorted(ARXIV.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                if row["id"] not in seen:
                    seen.add(row["id"])
                    title = re.sub(r"\s*\(arXiv:[^)]*\)\s*$", "", " ".join(row["title"].split()))
                    abstract = row.get("summary") or row.get("abstract") or ""
                    yield (
                        row["id"],
                        re.sub(r"(?<=[^.])\.$", "", title),
                        re.sub(r"^\s*arXiv:\S+ Announce Type: \S+\s*Abstract:\s*", "", abstract),
                    )


def measure_arxiv(store: str) -> None:
    """Print how much is found in the records, by relation and pattern, and how fast."""
    from kg.store import open_store

    opened = open_store(store)
    known = dictionary_of(opened)
    opened.close()
    records = list(iter_arxiv())
    threshold = calibration_of(Genre.ABSTRACT).threshold
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    begun = time.process_time()
    for _, title, abstract in records:
        for one in extract(f"{title}\n{abstract}", title_ends=len(title), find=known.find_spans):
            has_subject = one.subject is not None or one.relation is Relation.INTRODUCES
            what = "no subject" if not has_subject else "claim"
            if has_subject and one.confidence < threshold:
                what = "candidate"
            counts[one.relation][what] += 1
            counts[f"  {one.pattern}"][what] += 1
    spent = time.process_time() - begun
    print(f"{len(records):,} records, {len(records) / spent:,.0f} a second of processor time")
    for name, of in sorted(counts.items()):
        print(f"{name:44} " + ", ".join(f"{n} {what}" for what, n in sorted(of.items())))


def wilson(right: int, judged: int) -> tuple[float, float]:
    """Give the 95 % interval of a share."""
    if not judged:
        return 0.0, 1.0
    z, share = 1.96, right / judged
    middle = (share + z * z / (2 * judged)) / (1 + z * z / judged)
    half = z * math.sqrt(share * (1 - share) / judged + z * z / (4 * judged**2))
    half /= 1 + z * z / judged
    return middle - half, middle + half


def read_verdicts() -> list[dict[str, str]]:
    """Read what was judged."""
    lines = [x for x in VERDICTS.read_text(encoding="utf-8").splitlines() if x[:1] != "#"]
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:]]


def count_verdicts(rows: Iterable[dict[str, str]]) -> dict[str, tuple[int, int]]:
    """Count (right, judged) for each pattern; a fact that two samples drew counts once."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    once = {(r["arxiv"], r["relation"], r["subject"], r["object"], r["pattern"]): r for r in rows}
    for row in once.values():
        counts[row["pattern"]][0] += row["verdict"] == "right"
        counts[row["pattern"]][1] += 1
    return {pattern: (right, of) for pattern, (right, of) in counts.items()}


FEW = 10


def calibrated(
    counts: dict[str, tuple[int, int]], scier: dict[str, tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """Fill up patterns of which fewer than `FEW` were judged.

    With what was judged of the same words about a named subject or about the paper's own, and with
    SciER's labels of the same pattern.
    """
    filled = {}
    for pattern in sorted({*counts, *scier, *(f"own-{p}" for p in scier)}):
        right, of = counts.get(pattern, (0, 0))
        base = pattern.removeprefix("own-")
        if of < FEW:
            twin = f"own-{base}" if base == pattern else base
            for more in (counts.get(twin, (0, 0)), scier.get(base, (0, 0))):
                right, of = right + more[0], of + more[1]
        if of:
            filled[pattern] = (right, of)
    return filled


def judge(write: bool) -> None:
    """Print precision by relation and pattern and how reliable confidences are; store the table."""
    rows = read_verdicts()
    scier = count_scier("train") if SCIER.is_dir() else {}
    everything = calibrated(count_verdicts(rows), scier)
    threshold = calibration_of(Genre.ABSTRACT).threshold
    table = Calibration(threshold, everything)
    for sample in ("first", "last", "all"):
        for relation in sorted({r["relation"] for r in rows}):
            for name, chosen in (
                ("all findings", lambda r: True),
                ("stored by default", lambda r: table.confidence(r["pattern"]) >= threshold),
            ):
                of = [
                    r
                    for r in rows
                    if r["sample"] == sample and r["relation"] == relation and chosen(r)
                ]
                if of:
                    right = sum(r["verdict"] == "right" for r in of)
                    low, high = wilson(right, len(of))
                    print(
                        f"sample {sample}, {relation}, {name}: {right} of {len(of)}"
                        f" {right / len(of):.2f} ({low:.2f} to {high:.2f})"
                    )
    print("by pattern, all samples:")
    for pattern, (right, of) in sorted(count_verdicts(rows).items()):
        low, high = wilson(right, of)
        print(
            f"  {pattern:44} {right:3} of {of:3}  {low:.2f} to {high:.2f}"
            f"  confidence {table.confidence(pattern):.2f}"
        )
    held_out = Calibration(
        threshold, calibrated(count_verdicts(r for r in rows if r["sample"] == "first"), scier)
    )
    bins: dict[str, Counter[bool]] = defaultdict(Counter)
    for row in rows:
        if row["sample"] == "last":
            stated = held_out.confidence(row["pattern"])
            bound = next(b for b in (0.6, 0.7, 0.8, 0.85, 1.0) if stated < b)
            bins[f"below {bound:.2f}"][row["verdict"] == "right"] += 1
    print("confidence from the first sample, share right in the last:")
    for name, counts in sorted(bins.items()):
        print(f"  {name}: {counts[True]} of {counts.total()} {counts[True] / counts.total():.2f}")
    if write:
        stored = json.loads(CALIBRATION.read_text(encoding="utf-8"))
        stored["abstract"] |= {
            "measured": "titles and abstracts of arXiv read by hand (benchmarks/text_verdicts.tsv);"
            f" where fewer than {FEW} were, with labels of SciER's train part; 2026-11-21",
            "patterns": {name: list(counts) for name, counts in everything.items()},
        }
        stored["prose"] |= {
            "measured": "full texts of papers, labels of SciER's train part; 2026-11-21",
            "patterns": {name: list(counts) for name, counts in sorted(scier.items())},
        }
        CALIBRATION.write_text(_as_json(stored), encoding="utf-8")


def _as_json(stored: dict[str, dict[str, object]]) -> str:
    """Write the table with one pattern a line."""
    text = json.dumps(stored, indent=1)
    return re.sub(r"\[\s+(\d+),\s+(\d+)\s+\]", r"[\1, \2]", text) + "\n"


def count_terms() -> None:
    """Print the abbreviations that two or more abstracts explain by words in lower case."""
    counts = Counter(t for _, _, abstract in iter_arxiv() for t in set(defined_terms(abstract)))
    print("\n".join(sorted(term for term, count in counts.items() if count > 1)))


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["scier", "end-to-end", "arxiv", "verdicts", "terms"])
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--errors", default="")
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--store", default="")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    part = "dev" if given.dev else "train"
    needed = {"scier": SCIER, "end-to-end": SCIER, "arxiv": ARXIV, "terms": ARXIV}.get(given.what)
    if needed is not None and not needed.is_dir():
        print(f"there is no {os.path.relpath(needed, ROOT)}; left out")
    elif given.what == "scier":
        measure_scier(part, given.errors, given.without)
    elif given.what == "end-to-end":
        measure_end_to_end(part)
    elif given.what == "arxiv":
        measure_arxiv(given.store)
    elif given.what == "verdicts":
        judge(given.write)
    else:
        count_terms()


if __name__ == "__main__":
    main()
