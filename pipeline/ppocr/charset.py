"""The Latin part of PP-OCRv6's dictionary."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

SHARP_S = 'ẞ'
"""Capital sharp s, which the published dictionary does not contain."""

STAND_INS = {SHARP_S: 'ß'}
"""Characters without a published class, and the characters whose classes initialize them."""

_FURTHER = frozenset('™℃℉←↑→↓')


def latin_charset(characters: Iterable[str]) -> list[str]:
    """Select the characters of texts in Latin script.

    The selection contains the letters of Latin script (without full-width and enclosed forms), the
    digits, the printable characters of the Latin-1 block, the punctuation of the General
    Punctuation block, the currency signs, and ™ ℃ ℉ ← ↑ → ↓. The capital sharp s is added.

    Args:
        characters: Dictionary of PP-OCRv6.

    Returns:
        Characters in the order of their code points, without the space.
    """
    return sorted({c for c in characters if _is_latin_text(c)} | {SHARP_S})


def _is_latin_text(character: str) -> bool:
    code = ord(character)
    if 0x20 < code < 0x7F or 0xA0 < code <= 0xFF:
        return True
    if unicodedata.category(character) == 'Sc' or character in _FURTHER:
        return code < 0xFE00  # Excludes full-width forms.
    if 0x2010 <= code <= 0x205E:
        return unicodedata.category(character).startswith(('P', 'S'))
    # Latin Extended-A and B, IPA Extensions, Latin Extended Additional.
    in_blocks = 0x100 <= code <= 0x2AF or 0x1E00 <= code <= 0x1EFF
    return in_blocks and unicodedata.category(character).startswith('L')
