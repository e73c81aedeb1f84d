"""A legend that gives two abbreviations crosswise is told, and no other legend is."""

from __future__ import annotations

import pytest

from ingest.from_markdown import read_list


def contradictions(text: str) -> list[tuple[int, str]]:
    return [(r.line, r.text) for r in read_list(text).remarks if r.kind == "contradiction"]


CROSSED = [
    "'Green Banana' is called RA here, but its initials are GB, which line {} gives to 'Red Apple'",
    "'Red Apple' is called GB here, but its initials are RA, which line {} gives to 'Green Banana'",
]


@pytest.mark.parametrize(
    "form",
    [
        "### {phrase}-> {short}\n",
        "### {phrase} → {short}\n",
        "- **{short}**: {phrase}\n",
        "- {short}: [{phrase}]\n",
        "* `{phrase}` = {short}\n",
        "{short} -&gt; {phrase}\n",
    ],
)
def test_both_lines_of_a_crossed_legend_say_so(form: str) -> None:
    lines = [
        form.format(phrase=p, short=s) for p, s in [("Green Banana", "RA"), ("Red Apple", "GB")]
    ]
    text = "# Fruit\n\n" + "\n".join(lines)
    assert contradictions(text) == [(3, CROSSED[0].format(5)), (5, CROSSED[1].format(3))]


@pytest.mark.parametrize("short", ["RFH", "RH"])
def test_parts_of_a_word_have_initials_and_small_words_may_have_one(short: str) -> None:
    text = f"# L\n\n- Self-Watering -> {short}\n- Reinforcement from Humans -> SW\n"
    assert [line for line, _ in contradictions(text)] == [3, 4]


@pytest.mark.parametrize(
    "legend",
    [
        "- SFT: Supervised Tuning\n- ST: Short Text\n- PT: pretrain",
        "- GB: Green Banana\n- RA: Red Apple",
        "- WW: World Wide\n- WIDE: Water Wheel",
        "- GN: Green Nut\n- NN: Golden Nut",
        "- Licence: MIT\n- Publisher: AA\n- An Apple: BB",
        "- Red Apple: GB",
    ],
)
def test_an_abbreviation_that_only_differs_from_the_initials_is_no_contradiction(
    legend: str,
) -> None:
    assert contradictions(f"# L\n\n{legend}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "```\nGreen Banana = RA\nRed Apple = GB\n```\n",
        "| a | b |\n|---|---|\n| Green Banana: RA | x |\n| Red Apple: GB | x |\n",
        "---\ntitle: L\nGreen Banana: RA\nRed Apple: GB\n---\n\n# L\n",
    ],
)
def test_code_tables_and_front_matter_hold_no_legend(text: str) -> None:
    assert contradictions(text) == []


def test_what_the_document_itself_does_with_the_phrase_is_said_too() -> None:
    text = """# Methods

## Red Apple
+ OtterLM

## Green Banana
+ BeaverLM

| Model | Data | Way |
|---|---|---|
| OtterLM | RiverQA | RA |
| BeaverLM | DamQA | GB+RA |

### Red Apple -> GB
### Green Banana -> RA
"""
    assert contradictions(text) == [
        (
            14,
            CROSSED[1].format(15)
            + "; OtterLM, line 4, stands under 'Red Apple' and has RA in line 11",
        ),
        (
            15,
            CROSSED[0].format(14)
            + "; BeaverLM, line 7, stands under 'Green Banana' and has GB in line 12",
        ),
    ]
