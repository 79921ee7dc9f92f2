"""Lines of Total-Text files: a polygon of any number of points with its text."""

from __future__ import annotations

import math

import numpy as np

from pipeline.io.line_format import ParsedLine, unquote

_MARK = ',####'


def parse_polygon_line(line: str, with_confidence: bool = False) -> ParsedLine:
    """Parse a line of a Total-Text evaluation file.

    Two layouts are in use. The first is ``x1,y1,...,xn,yn,####transcription``. The second has no
    ``####``: its last field is the text, which cannot contain a comma. Detection results have no
    text. Coordinates may be fractions and are rounded to float32, as in the reference scripts. The
    polygon may be clockwise or counter-clockwise.

    Args:
        line: Line without its line break.
        with_confidence: Whether a confidence is between the last point and the text.

    Raises:
        ValueError: If the line has another layout. The caller adds file and line number.
    """
    layout = 'x1,y1,...,xn,yn' + (',confidence' if with_confidence else '') + ',####transcription'
    fields, text = _split(line.strip(), even=not with_confidence)
    numbers = [_number(field) for field in fields]
    if any(number is None for number in numbers):
        raise ValueError(f'wanted {layout} with numbers as coordinates')
    values = [number for number in numbers if number is not None]
    confidence = values.pop() if with_confidence and len(values) % 2 else None
    if with_confidence and confidence is None:
        raise ValueError(f'wanted {layout}, got no confidence')
    if len(values) % 2 or len(values) < 6:
        is_share = len(values) % 2 == 1 and not with_confidence and 0 <= values[-1] <= 1
        hint = ' (--confidences reads a confidence before the text)' if is_share else ''
        raise ValueError(f'wanted {layout} with three points or more{hint}')
    polygon = np.array(values, dtype=np.float32).astype(np.float64).reshape(-1, 2)
    return ParsedLine(polygon, unquote(text), confidence)


def _split(line: str, even: bool) -> tuple[list[str], str]:
    """Split a line into numbers and text."""
    before, mark, after = line.partition(_MARK)
    if mark:
        return before.split(','), after.split(_MARK)[0].strip()
    fields = line.split(',')
    numeric = all(_number(field) is not None for field in fields)
    if numeric and (len(fields) % 2 == 0) is even:
        return fields, ''
    return fields[:-1], fields[-1].strip()


def _number(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
