"""Total-Text style lines: a polygon of any number of points with its transcript."""

from __future__ import annotations

import math

import numpy as np

from pipeline.io.line_format import ParsedLine, unquote

_MARK = ',####'


def parse_polygon_line(line: str, with_confidence: bool = False) -> ParsedLine:
    """Read a line of a Total-Text evaluation file.

    Two layouts are in use: ``x1,y1,...,xn,yn,####transcription``, and the one without the mark,
    whose last field is the transcript (which then cannot hold a comma) or, for detection alone,
    a coordinate. Coordinates may have fractions; they are rounded to float32, as the reference
    scripts do. Polygons may run in either direction.

    Args:
        line: Without its line break.
        with_confidence: Whether a confidence stands between the last point and the transcript.

    Raises:
        ValueError: Saying what was wanted; the caller adds file and line.
    """
    layout = 'x1,y1,...,xn,yn' + (',confidence' if with_confidence else '') + ',####transcription'
    fields, text = _split(line.strip(), even=not with_confidence)
    numbers = [_number(field) for field in fields]
    if any(number is None for number in numbers):
        raise ValueError(f'wanted {layout} with numbers as coordinates')
    values = [number for number in numbers if number is not None]
    confidence = values.pop() if with_confidence and len(values) % 2 else None
    if with_confidence and confidence is None:
        raise ValueError(f'wanted {layout}, the confidence is missing')
    if len(values) % 2 or len(values) < 6:
        raise ValueError(f'wanted {layout} with three points or more')
    polygon = np.array(values, dtype=np.float32).astype(np.float64).reshape(-1, 2)
    return ParsedLine(polygon, unquote(text), confidence)


def _split(line: str, even: bool) -> tuple[list[str], str]:
    """Part the numbers from the transcript."""
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
