"""Plain English questions, understood by a short literal list of forms; never a guess."""

from __future__ import annotations

import re
from collections.abc import Callable

from kg.errors import InputError
from kg.store import Store
from queries.answers import Answers
from queries.training import find_models_using, find_training_data

EXAMPLES = (
    "which models use LLaVA-665K",
    "which models were trained on CC3M",
    "what was Video-LLaMA2 trained on",
)
"""Questions shown when one cannot be read."""

_USE = (
    r"(?:use[sd]?|using|trained? (?:on|with)|were trained (?:on|with)|was trained (?:on|with)|are trained (?:on|with)|"
    r"have been trained (?:on|with)|fine-?tuned (?:on|with)|were fine-?tuned (?:on|with)|pre-?trained (?:on|with)|"
    r"were pre-?trained (?:on|with)|make use of|that use|that used|which use|learn(?:ed|t)? from|built with)"
)

_FORMS: tuple[tuple[re.Pattern[str], Callable[..., Answers]], ...] = tuple(
    (re.compile(pattern, re.I), function)
    for pattern, function in (
        (rf"^(?:which|what|list|show|find)?\s*(?:are the |all |the )?(?:models?|llms?|mllms?|vlms?)\s+(?:(?:that|which|are|were|have|been|also|all)\s+)*{_USE}\s+(?:the )?(?P<name>.+)$", find_models_using),
        (r"^(?:who|what)\s+(?:uses?|used|(?:trains?|trained)\s+on)\s+(?:the )?(?P<name>.+)$", find_models_using),
        (r"^(?:which|what)\s+(?:models?|llms?)\s+(?:is|are|was|were)\s+(?P<name>.+?)\s+used\s+(?:by|in|for)\W*$", find_models_using),
        (r"^(?:what|which (?:data|data ?sets?|corpora))\s+(?:data |data ?sets? )?(?:was|were|is|has|did)\s+(?P<name>.+?)\s+(?:been )?(?:fine-?tuned|pre-?trained|trained)(?:\s+(?:on|with))?$", find_training_data),
        (r"^(?:what|which)\s+(?:data|data ?sets?)\s+(?:does|did|do)\s+(?P<name>.+?)\s+(?:use|train on|learn from)$", find_training_data),
        (r"^(?:the )?training (?:data|sets?)\s+(?:of|for|behind)\s+(?P<name>.+)$", find_training_data),
    )
)  # fmt: skip


def ask(store: Store, question: str) -> Answers:
    """Answer a question in plain English.

    Raises
    ------
    InputError
        If the question has none of the known forms; the message shows some that have.
    NotFoundError
        If it is about a name that is not in the store; it carries the nearest names.
    """
    text = " ".join(question.split()).strip(" ?.!")
    for pattern, function in _FORMS:
        match = pattern.match(text)
        if match:
            name = re.sub(
                r"\s+(?:data ?set|corpus|data|benchmark)$", "", match.group("name").strip(" \"'“”")
            )
            return function(store, name, question=question)
    examples = "\n".join(f'  kg ask "{e}"' for e in EXAMPLES)
    raise InputError(
        f"this question cannot be read: {question!r}. Questions like these can:\n{examples}"
    )
