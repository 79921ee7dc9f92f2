"""Parsing of lines of ICDAR ground truth and submissions: quads and boxes with a transcript."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

LineKind = Literal['quad', 'ltrb']

_ANY = r'(-?[0-9]+)'
_NOT_NEGATIVE = r'([0-9]+)'
_CONFIDENCE = r'([0-1].?[0-9]*)'
_TRANSCRIPT = r'(.*)$'
_QUOTED = re.compile(r'^\s*"(.*)"\s*$')
_COORDINATES = {'quad': [_ANY] * 8, 'ltrb': [_ANY] * 2 + [_NOT_NEGATIVE] * 2}
_NAMES = {
    'quad': 'x1,y1,x2,y2,x3,y3,x4,y4',
    'ltrb': 'xmin,ymin,xmax,ymax',
}
_MAX_DIGITS = 15  # Larger numbers are not exact as floats.


@dataclass(frozen=True)
class ParsedLine:
    """One word: polygon (K, 2), transcript, and confidence if the line contains one."""

    polygon: np.ndarray
    text: str
    confidence: float | None = None


def parse_line(line: str, kind: LineKind, with_confidence: bool = False) -> ParsedLine:
    """Parse one line of an ICDAR file.

    Coordinates are whole numbers and may be surrounded by blanks. The transcript is everything
    after the comma of the last number, including commas and blanks.

    Args:
        line: Line without its line break.
        kind: ``quad`` for four corners, clockwise on screen; ``ltrb`` for an axis-aligned box.
        with_confidence: Whether a confidence in [0, 1] precedes the transcript.

    Raises:
        ValueError: If the line is malformed. The caller adds the file and line number.
    """
    found = _pattern(kind, with_confidence).match(line)
    if not found:
        raise ValueError(
            f'wanted {line_layout(kind, with_confidence)} with whole-number coordinates'
        )
    fields = found.groups()
    count = len(_COORDINATES[kind])
    points = [_parse_coordinate(value) for value in fields[:count]]
    return ParsedLine(
        polygon=_box_polygon(*points) if kind == 'ltrb' else _quad_polygon(points),
        text=unquote(fields[-1]),
        confidence=_parse_confidence(fields[count]) if with_confidence else None,
    )


def line_layout(kind: LineKind, with_confidence: bool = False) -> str:
    """The layout of a line, for error messages."""
    return _NAMES[kind] + (',confidence' if with_confidence else '') + ',transcription'


def unquote(text: str) -> str:
    r"""Remove double quotes around a transcript, if any, and unescape ``\\`` and ``\"``."""
    quoted = _QUOTED.match(text)
    return quoted[1].replace('\\\\', '\\').replace('\\"', '"') if quoted else text


@lru_cache
def _pattern(kind: LineKind, with_confidence: bool) -> re.Pattern[str]:
    fields = _COORDINATES[kind] + ([_CONFIDENCE] if with_confidence else [])
    return re.compile(r'^\s*' + r'\s*,\s*'.join(fields) + r'\s*,' + _TRANSCRIPT)


def _quad_polygon(points: list[int]) -> np.ndarray:
    polygon = np.array(points, dtype=np.float64).reshape(4, 2)
    following = np.roll(polygon, -1, axis=0)
    doubled_area = ((following[:, 0] - polygon[:, 0]) * (following[:, 1] + polygon[:, 1])).sum()
    if doubled_area > 0:
        raise ValueError('wanted corners in clockwise order on screen (y down)')
    return polygon


def _box_polygon(xmin: int, ymin: int, xmax: int, ymax: int) -> np.ndarray:
    if xmax < xmin or ymax < ymin:
        raise ValueError('wanted xmin <= xmax and ymin <= ymax')
    return np.array([[xmin, ymin], [xmax, ymin], [xmax, ymax], [xmin, ymax]], dtype=np.float64)


def _parse_coordinate(value: str) -> int:
    if len(value) > _MAX_DIGITS:
        raise ValueError(f'wanted coordinates of at most {_MAX_DIGITS} digits, got {len(value)}')
    return int(value)


def _parse_confidence(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ValueError(f'wanted a number as confidence, got {value!r}') from None
