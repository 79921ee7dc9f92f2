"""Formatting of words as lines of an ICDAR submission."""

from __future__ import annotations

import numpy as np

from pipeline.geometry import enclosing_quad
from pipeline.io.line_format import unquote


def submission_quad(polygon: np.ndarray) -> np.ndarray:
    """Round a word polygon to a clockwise quad of whole numbers, as ICDAR 2013 and 2015 require.

    Convention:
        - Pixels, (x, y), y down; corners clockwise on screen.
        - A quad keeps its corners and its first corner. Any other polygon is replaced by the
          smallest rotated rectangle around it.

    Args:
        polygon: (K, 2) with K >= 3.

    Returns:
        (4, 2) float64 of whole numbers.

    Raises:
        ValueError: If ``polygon`` is not (K, 2) with K >= 3, or not finite.
    """
    polygon = np.asarray(polygon, dtype=np.float64)
    if polygon.ndim != 2 or polygon.shape[1] != 2 or len(polygon) < 3:
        raise ValueError(f'polygon must be (K, 2) with K >= 3, got {polygon.shape}.')
    if not np.isfinite(polygon).all():
        raise ValueError('polygon must be finite, got NaN or infinite coordinates.')
    quad = np.rint(enclosing_quad(polygon))
    x, y = quad.T
    if np.dot(x, np.roll(y, -1)) < np.dot(y, np.roll(x, -1)):
        quad = np.roll(quad[::-1], 1, axis=0)
    return quad + 0.0  # Converts -0.0 to 0.0.


def submission_text(text: str) -> str:
    """Escape a transcript so that a scorer parses it back unchanged.

    Line breaks become blanks. A text in double quotes is quoted again, because a scorer removes
    one pair of quotes; see :func:`pipeline.io.line_format.unquote`, whose inverse this is.
    """
    text = text.replace('\r', ' ').replace('\n', ' ')
    if unquote(text) == text:
        return text
    escaped = text.replace('"', '\\"')
    if '\\' in text:  # A scorer first merges pairs of backslashes.
        escaped = escaped.replace('\\', '\\\\')
    return f'"{escaped}"'


def quad_line(polygon: np.ndarray, text: str, confidence: float | None = None) -> str:
    """The line ``x1,y1,...,x4,y4[,confidence],transcription`` of ICDAR 2013 and 2015.

    Args:
        polygon: (K, 2) with K >= 3, pixels; see :func:`submission_quad`.
        text: Transcript.
        confidence: Confidence in [0, 1], written with four decimals. None leaves it out.
    """
    return _line(
        [f'{value:.0f}' for value in submission_quad(polygon).ravel()],
        confidence,
        submission_text(text),
    )


def box_line(polygon: np.ndarray, text: str, confidence: float | None = None) -> str:
    """The line ``xmin,ymin,xmax,ymax[,confidence],transcription`` of ICDAR 2013.

    Args:
        polygon: (K, 2) pixels. The line contains its axis-aligned bounding box in whole,
            non-negative pixels.
        text: Transcript.
        confidence: Confidence in [0, 1], written with four decimals. None leaves it out.
    """
    points = np.rint(np.asarray(polygon, dtype=np.float64)).clip(min=0)
    return _line(
        [f'{v:.0f}' for v in (*points.min(0), *points.max(0))], confidence, submission_text(text)
    )


def polygon_line(polygon: np.ndarray, text: str, confidence: float | None = None) -> str:
    """The line ``x1,y1,...,xn,yn[,confidence],####transcription`` of Total-Text.

    Args:
        polygon: (K, 2) pixels, written with two decimals.
        text: Transcript.
        confidence: Confidence in [0, 1], written with four decimals. None leaves it out.
    """
    fields = [f'{value:.2f}' for value in np.asarray(polygon, dtype=np.float64).ravel()]
    return _line(fields, confidence, '####' + submission_text(text))


def _line(fields: list[str], confidence: float | None, text: str) -> str:
    if confidence is not None:
        fields = [*fields, f'{min(max(confidence, 0.0), 1.0):.4f}']
    return ','.join([*fields, text])
