"""Names of results: one for every input, the same ones on the next run."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
_LONGEST_BYTES = 180  # File systems take 255, and endings are added.


class UniqueNames:
    """Gives out names that no file system takes for one another.

    The first input of a stem gets the stem, the next ones ``stem-2``, ``stem-3``: the same inputs
    in the same order get the same names.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last one given to a stem

    def take(self, stem: str) -> str:
        """A new name close to ``stem``, safe as a file name."""
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
    """``stem`` without what file systems refuse, at most 180 bytes, never empty."""
    name = _UNSAFE.sub('_', stem).strip().rstrip('.').lstrip('.')
    name = name.encode('utf-8')[:_LONGEST_BYTES].decode('utf-8', 'ignore')
    return name or 'image'
