"""Unique, deterministic names for result files."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
_MAX_BYTES = 180  # File systems allow 255, and suffixes are added.


class UniqueNames:
    """Generator of file names that differ also on case-insensitive file systems.

    The first input with a stem has the name ``stem``, the next inputs ``stem-2``, ``stem-3``. The
    same inputs in the same order have the same names.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}  # Last number of each stem.

    def take(self, stem: str) -> str:
        """A new name based on ``stem`` that is a valid file name."""
        base = safe_name(stem)
        number = self._numbers.get(base.casefold(), 0) + 1
        name = base if number == 1 else f'{base}-{number}'
        while name.casefold() in self._taken:
            number += 1
            name = f'{base}-{number}'
        self._numbers[base.casefold()] = number
        self._taken.add(name.casefold())
        return name


def safe_name(stem: str) -> str:
    """``stem`` without characters that file systems forbid, at most 180 bytes, never empty."""
    name = _UNSAFE.sub('_', stem).strip().rstrip('.').lstrip('.')
    name = name.encode('utf-8')[:_MAX_BYTES].decode('utf-8', 'ignore')
    return name or 'image'
