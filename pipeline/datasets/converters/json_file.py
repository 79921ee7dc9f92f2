"""Reads ground truth in JSON files and checks its fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pipeline.datasets.converters.files import read_text

Kind = TypeVar('Kind')
_NAMES = {dict: 'an object', list: 'a list', str: 'a text', bool: 'true or false'}


def read_json_object(path: Path) -> dict[str, Any]:
    """Read a UTF-8 JSON file that contains an object; a byte order mark is removed.

    Raises:
        ValueError: If the file is not JSON (the message contains the line) or not an object.
    """
    try:
        value = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(
            f'{path}, line {error.lineno}, column {error.colno}: invalid JSON, {error.msg}. '
            'If the file is truncated, download it again.'
        ) from None
    if not isinstance(value, dict):
        raise ValueError(f'{path}: expected a JSON object, got {describe(value)}')
    return value


def get_field(entry: dict[str, Any], key: str, kind: type[Kind], where: str) -> Kind:
    """Return ``entry[key]`` after checking that it exists and has the given type.

    Args:
        entry: JSON object.
        key: Key of the field.
        kind: Expected type: dict, list, str or bool.
        where: File and entry, for error messages.

    Raises:
        ValueError: If the key is missing or its value has another type.
    """
    if key not in entry:
        raise ValueError(f'{where}: expected {key!r}, got only {sorted(entry)}')
    return check_kind(entry[key], kind, f'{where}, {key!r}')


def check_kind(value: Any, kind: type[Kind], where: str) -> Kind:
    """Return ``value`` after checking its type.

    Raises:
        ValueError: If it has another type.
    """
    if not isinstance(value, kind):
        raise ValueError(f'{where}: expected {_NAMES[kind]}, got {describe(value)}')
    return value


def describe(value: Any) -> str:
    """A shortened ``repr`` for messages."""
    words = repr(value)
    return words if len(words) <= 80 else f'{words[:77]}...'
