"""How right and how complete relations read from running text are.

    python benchmarks/text_relations.py scier [--dev] [--errors PATTERN]

SciER's full texts (GPL-3.0) are measured where they lie and nothing of them is kept; without them
this part says so and is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from ingest.text.cues import read_slots  # noqa: E402 - the path comes first
from ingest.text.mentions import Mention  # noqa: E402
from ingest.text.sentences import Sentence  # noqa: E402
from ingest.text.slots import to_slots  # noqa: E402
from kg.model import Kind, Name, Relation, Stance  # noqa: E402

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
    for relation, score in scores.items():
        print(f"{part} {relation}: {score}\n    synonyms as one: {merged[relation]}")
    for pattern, counts in sorted(by_pattern.items()):
        n = counts.total()
        print(
            f"  {pattern:24} {counts[True]:4} of {n:4}  {counts[True] / n:.2f}   alone {alone[pattern][True]} of {alone[pattern].total()}"
        )


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["scier"])
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--errors", default="")
    parser.add_argument("--without", nargs="*", default=[])
    given = parser.parse_args()
    if not SCIER.is_dir():
        print(f"SciER is not at {os.path.relpath(SCIER, ROOT)}; left out")
        return
    measure_scier("dev" if given.dev else "train", given.errors, given.without)


if __name__ == "__main__":
    main()
