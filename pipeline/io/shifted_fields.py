"""Recognition of transcripts that begin with fields of another line layout.

A reader of ``x1,y1,...,x4,y4,transcription`` takes all that follows the eighth number as the
transcript, as the reference scripts do. If the lines contain a confidence or a larger polygon, its
numbers become part of the transcript.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ShiftKind = Literal[
    'confidence', 'polygon', 'polygon and confidence', 'script', 'confidence at the end'
]

LOOKS: dict[ShiftKind, str] = {
    'confidence': 'begin with a confidence',
    'polygon': 'begin with coordinates, as those of a polygon with more points',
    'polygon and confidence': 'begin with coordinates and a confidence',
    'script': 'begin with the name of a script, as in MLT',
    'confidence at the end': 'end with a confidence',
}
"""What the transcripts of each kind look like."""

_NUMBER = re.compile(r'\s*-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*')
_GROUPED = re.compile(r'\s*\d{1,3}(,\d{3})+\s*')  # 5,000,000 is a transcript
_SCRIPT = re.compile(
    r'(Arabic|Latin|Chinese|Japanese|Korean|Bangla|Hindi|Symbols|Mixed|None),', re.ASCII
)


@dataclass(frozen=True)
class ShiftedFields:
    """Transcripts of a set of files that contain other fields.

    Attributes:
        kind: Most frequent kind of these fields.
        count: Number of transcripts with fields of any kind.
        total: Number of all transcripts.
        first: Index of the first transcript with such fields.
    """

    kind: ShiftKind
    count: int
    total: int
    first: int


def find_shifted_fields(texts: Sequence[str]) -> ShiftedFields | None:
    """Find transcripts that contain fields of another line layout.

    A decimal fraction before a comma, or three numbers, are hardly ever words, so one of them is
    enough. Other forms, such as ``1,WORD``, must be in half of the transcripts.

    Args:
        texts: Transcripts of a set of files. Empty ones are not counted.

    Returns:
        The finding, or None if the transcripts look like words.
    """
    found = [(i, *shift) for i, text in enumerate(texts) if (shift := _shift_of(text))]
    total = sum(map(bool, texts))
    if not found or (not any(sure for *_, sure in found) and 2 * len(found) < total):
        return None
    kind = Counter(kind for _, kind, _ in found).most_common(1)[0][0]
    return ShiftedFields(kind, len(found), total, found[0][0])


def _shift_of(text: str) -> tuple[ShiftKind, bool] | None:
    """Kind of the other fields in a transcript, and whether a word hardly ever looks so."""
    if _SCRIPT.match(text):
        return 'script', False
    fields = text.split(',')
    if len(fields) == 1 or _GROUPED.fullmatch(text):
        return None
    count = next((i for i, f in enumerate(fields[:-1]) if not _NUMBER.fullmatch(f)), -1)
    count = len(fields) - 1 if count < 0 else count
    if count == 1 and _is_share(fields[0]):
        return 'confidence', '.' in fields[0]
    if count >= 2:
        return ('polygon' if count % 2 == 0 else 'polygon and confidence'), count >= 3
    if count == 0 and '.' in fields[-1] and _is_share(fields[-1]):
        return 'confidence at the end', False
    return None


def _is_share(field: str) -> bool:
    return bool(_NUMBER.fullmatch(field)) and 0 <= float(field) <= 1
