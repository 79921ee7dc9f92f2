"""Lines of single-point predictions, as SPTS writes them."""

from __future__ import annotations

import math

import numpy as np

from pipeline.io.line_format import ParsedLine


def parse_point_line(line: str) -> ParsedLine:
    """Parse ``x,y,confidence,transcription``; everything after the third comma is the text.

    Args:
        line: Line without its line break.

    Returns:
        A word whose polygon is one point, (1, 2) pixels.

    Raises:
        ValueError: If the line has another layout. The caller adds file and line number.
    """
    fields = line.split(',', 3)
    try:
        x, y, confidence = (float(field) for field in fields[:3])
        finite = math.isfinite(x) and math.isfinite(y)
        if len(fields) < 4 or not finite or not 0 <= confidence <= 1:
            raise ValueError
    except ValueError:
        raise ValueError(
            'wanted x,y,confidence,transcription with a confidence in [0, 1]'
        ) from None
    return ParsedLine(np.array([[x, y]]), fields[3], confidence)
