"""Ground truth in JSON files: reading one, and saying what is wrong with an entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pipeline.datasets.converters.files import read_text

Kind = TypeVar('Kind')
_NAMES = {dict: 'an object', list: 'a list', str: 'a text', bool: 'true or false'}


def read_json_object(path: Path) -> dict[str, Any]:
    """The object that a UTF-8 JSON file holds; a byte order mark is dropped.

    Raises:
        ValueError: If the file is no JSON (names the line), or holds something else.
    """
    try:
        value = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(
            f'{path}, line {error.lineno}, column {error.colno}: wanted JSON, got {error.msg}. '
            'A file that was cut off must be fetched again.'
        ) from None
    if not isinstance(value, dict):
        raise ValueError(f'{path}: wanted a JSON object, got {describe(value)}')
    return value


def get_field(entry: dict[str, Any], key: str, kind: type[Kind], where: str) -> Kind:
    """``entry[key]``, which must be there and of a kind.

    Args:
        entry: A JSON object.
        key: Its key.
        kind: dict, list, str or bool.
        where: What errors call the object: file and entry.

    Raises:
        ValueError: If there is no such key, or its value is of another kind.
    """
    if key not in entry:
        raise ValueError(f'{where}: wanted {key!r}, got only {sorted(entry)}')
    return check_kind(entry[key], kind, f'{where}, {key!r}')


def check_kind(value: Any, kind: type[Kind], where: str) -> Kind:
    """The value itself where it is of the kind.

    Raises:
        ValueError: If it is not.
    """
    if not isinstance(value, kind):
        raise ValueError(f'{where}: wanted {_NAMES[kind]}, got {describe(value)}')
    return value


def describe(value: Any) -> str:
    """A value in few words, for messages."""
    words = repr(value)
    return words if len(words) <= 80 else f'{words[:77]}...'
