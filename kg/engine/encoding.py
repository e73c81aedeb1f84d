"""How rows hold attributes: as JSON text that is equal where they are."""

from __future__ import annotations

import json

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def to_json(value: object) -> str:
    """Write attributes so that equal ones give equal text."""
    return _encode(value) if value else "{}"
