"""The letters that a font contains, from its character map only.

Supports the ``cmap`` formats 4 and 12 of the OpenType specification, which contain all Unicode
letters of practically every font.
"""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np


@lru_cache(maxsize=4096)
def covered_letters(path: str) -> frozenset[int]:
    """The code points with glyphs in a TrueType or OpenType file.

    For a collection (.ttc), the first font is read. The result is empty for other files.
    """
    try:
        table = _character_map(path)
        covered: set[int] = set()
        (count,) = struct.unpack_from('>H', table, 2)
        for index in range(count):
            platform, encoding, start = struct.unpack_from('>HHI', table, 4 + 8 * index)
            if (platform == 0 and encoding != 5) or (platform, encoding) in ((3, 1), (3, 10)):
                covered.update(_subtable(table[start:]))
        return frozenset(covered)
    except (OSError, struct.error, ValueError, IndexError):
        return frozenset()


def _character_map(path: str) -> bytes:
    with open(path, 'rb') as file:
        if file.read(4) == b'ttcf':
            file.seek(12)
            (start,) = struct.unpack('>I', file.read(4))
        else:
            start = 0
        file.seek(start + 4)
        (count,) = struct.unpack('>H', file.read(2))
        file.seek(start + 12)
        for _ in range(count):
            tag, _, offset, length = struct.unpack('>4sIII', file.read(16))
            if tag == b'cmap':
                file.seek(offset)
                return file.read(length)
    raise ValueError('no character map')


def _subtable(table: bytes) -> list[int]:
    (form,) = struct.unpack_from('>H', table, 0)
    if form == 4:
        return _segments(table)
    if form == 12:
        return _groups(table)
    return []  # Other formats have other encodings or single bytes.


def _segments(table: bytes) -> list[int]:
    """Format 4: segments of the first 65,536 code points."""
    (double,) = struct.unpack_from('>H', table, 6)
    count = double // 2
    words = np.frombuffer(table, dtype='>u2', count=len(table) // 2).astype(np.int64)
    ends, starts = words[7 : 7 + count], words[8 + count : 8 + 2 * count]
    deltas, first_offset = words[8 + 2 * count : 8 + 3 * count], 8 + 3 * count
    covered: list[int] = []
    for index in range(count):
        letters = np.arange(starts[index], min(ends[index], 0xFFFE) + 1)
        shift = words[first_offset + index]
        if shift:  # Offset in bytes from the position of the offset itself.
            positions = first_offset + index + shift // 2 + letters - starts[index]
            inside = positions < len(words)
            letters, glyphs = letters[inside], words[positions[inside]]
            glyphs = np.where(glyphs, (glyphs + deltas[index]) & 0xFFFF, 0)
        else:
            glyphs = (letters + deltas[index]) & 0xFFFF
        covered.extend(letters[glyphs != 0].tolist())  # Glyph 0 means that the letter is missing.
    return covered


def _groups(table: bytes) -> list[int]:
    """Format 12: groups of all of Unicode."""
    (count,) = struct.unpack_from('>I', table, 12)
    covered: list[int] = []
    for index in range(count):
        start, end, glyph = struct.unpack_from('>III', table, 16 + 12 * index)
        first = start + (glyph == 0)
        covered.extend(range(first, min(end, 0x10FFFF) + 1))
    return covered
