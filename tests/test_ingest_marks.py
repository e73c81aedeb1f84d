"""Read marks, ticked boxes and open questions are taken from the text that they stand in."""

from __future__ import annotations

import inspect

import pytest

from ingest.from_markdown import read_list
from kg.model import Property

LINK = "https://arxiv.org/abs/2401.01234"


def marked(text: str) -> list[tuple[int, str, str]]:
    """The read marks of a list: line, what is marked, and as what."""
    claims = read_list(inspect.cleandoc(text)).claims
    return [
        (c.line, c.subject.text, str(c.values["text"]))
        for c in claims
        if c.predicate is Property.READ
    ]


def questions(text: str) -> list[tuple[int, str]]:
    found = read_list(inspect.cleandoc(text)).remarks
    return [(r.line, r.text) for r in found if r.kind == "question"]


@pytest.mark.parametrize(
    ("bullet", "state"),
    [
        (f"READ [Glimmer: A Lantern for Images]({LINK})", "read"),
        (f"**READ** [Glimmer: A Lantern for Images]({LINK})", "read"),
        (f"[READ] [Glimmer: A Lantern for Images]({LINK})", "read"),
        (f"`UNREAD` [Glimmer: A Lantern for Images]({LINK})", "unread"),
        (f"UNREAD ❓ [Glimmer: A Lantern for Images]({LINK})", "unread"),
        (f"**READ** Glimmer: A Lantern for Images [paper]({LINK})", "read"),
        (f"UNREAD: Glimmer: A Lantern for Images [paper]({LINK})", "unread"),
        (f"TO-READ Glimmer: A Lantern for Images [paper]({LINK})", "toread"),
        (f"[Glimmer: A Lantern for Images]({LINK}) READ", "read"),
        (f"[x] [Glimmer: A Lantern for Images]({LINK})", "read"),
        (f"[ ] [Glimmer: A Lantern for Images]({LINK})", "unread"),
        (f"[ ] READ [Glimmer: A Lantern for Images]({LINK})", "read"),
    ],
)
def test_a_mark_at_either_end_of_a_bullet_or_its_box_says_whether_it_was_read(
    bullet: str, state: str
) -> None:
    assert marked(f"# List\n\n## Lanterns\n\n- {bullet}") == [
        (5, "Glimmer: A Lantern for Images", state)
    ]


@pytest.mark.parametrize(
    ("bullet", "title"),
    [
        (f"[READ: Recurrent Lanterns for Night]({LINK})", "READ: Recurrent Lanterns for Night"),
        (f"READ: Recurrent Lanterns for Night, [paper]({LINK})", "READ: Recurrent Lanterns for Night"),
        (f"[Reading in the Dark of Night]({LINK})", "Reading in the Dark of Night"),
    ],
)  # fmt: skip
def test_a_title_that_starts_with_the_word_has_no_mark(bullet: str, title: str) -> None:
    text = f"# List\n\n## Lanterns\n\n- {bullet}"
    assert marked(text) == []
    assert title in {c.subject.text for c in read_list(text).claims}


def test_boxes_of_a_list_of_tasks_mark_nothing() -> None:
    assert marked(f"# To do\n\n- [x] release code\n- [ ] add <{LINK}> to the related work") == []


def test_a_question_in_a_bullet_or_line_is_a_remark_and_no_part_of_a_title() -> None:
    text = f"""
        # List

        ❓ What of lamps?

        - [Glimmer: A Lantern for Images]({LINK}) ❓ does it glow at night?
        - ❓ Is GlimSet the same as Glim-Set?
        - UNREAD ❓ [Dimmer: Less Light for All](https://arxiv.org/abs/2401.05678)
    """
    assert questions(text) == [
        (3, "What of lamps?"),
        (5, "does it glow at night?"),
        (6, "Is GlimSet the same as Glim-Set?"),
    ]
    titles = {c.subject.text for c in read_list(inspect.cleandoc(text)).claims}
    assert {"Glimmer: A Lantern for Images", "Dimmer: Less Light for All"} <= titles


@pytest.mark.parametrize(
    "text",
    [
        "- Licence: ❓",
        "- ❓ unknown",
        "- ❓ = not disclosed",
        "| a |\n|---|\n| ❓ |",
        "- Glimmer ❓ 7B",
    ],
)
def test_a_sign_that_says_unknown_is_no_question(text: str) -> None:
    assert questions(text) == []
