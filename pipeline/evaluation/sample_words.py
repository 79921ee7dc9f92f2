"""Words of MMOCR data samples, converted to the precision of submission lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.evaluation.polygon_lines import parse_polygon_line
from pipeline.evaluation.words import Words
from pipeline.io.line_format import ParsedLine, parse_line, unquote
from pipeline.io.submission_lines import box_line, polygon_line, quad_line

LineFormat = Literal['quad', 'ltrb', 'polygon']

_WRITE: dict[str, Callable[[np.ndarray, str, float | None], str]] = {
    'quad': quad_line,
    'ltrb': box_line,
    'polygon': polygon_line,
}
LINE_FORMATS = tuple(_WRITE)


def submission_line(
    polygon: np.ndarray, text: str, line_format: LineFormat, confidence: float | None = None
) -> str:
    """Format a word as a line of a submission.

    Args:
        polygon: (K, 2) pixels.
        text: Text of the word.
        line_format: ``quad`` (ICDAR 2015), ``ltrb`` (boxes of ICDAR 2013) or ``polygon``
            (Total-Text).
        confidence: Confidence in [0, 1], or None for a line without one.

    Raises:
        ValueError: If the format is unknown or the polygon is invalid.
    """
    if line_format not in _WRITE:
        raise ValueError(f'line_format must be one of {LINE_FORMATS}, got {line_format!r}.')
    return _WRITE[line_format](polygon, text, confidence)


def predicted_lines(
    instances: Any, line_format: LineFormat, min_score: float = 0.0, confidences: bool = False
) -> list[str]:
    """Format the predictions of one image as submission lines.

    Args:
        instances: ``pred_instances`` with flat ``polygons`` and ``texts``; ``scores`` if
            ``min_score`` or ``confidences`` is set; optional ``text_scores``.
        line_format: Format of the lines; see :func:`submission_line`.
        min_score: Lowest ``scores`` of the words to keep.
        confidences: Whether lines contain the confidence ``scores * text_scores``.
    """
    count = len(instances.get('texts'))
    scores = [1.0] * count
    if min_score > 0 or confidences:
        scores = [float(score) for score in instances.get('scores')]
    text_scores = instances.get('text_scores')
    text_scores = [1.0] * count if text_scores is None else [float(s) for s in text_scores]
    return [
        submission_line(
            _ring(polygon),
            plain_text(text),
            line_format,
            score * text_score if confidences else None,
        )
        for polygon, text, score, text_score in zip(
            instances.get('polygons'), instances.get('texts'), scores, text_scores, strict=True
        )
        if score >= min_score
    ]


def words_of_lines(
    lines: Sequence[str], line_format: LineFormat, confidences: bool = False
) -> Words:
    """Parse submission lines, as the scorer parses them from a file."""
    parsed = [_parse(line, line_format, confidences) for line in lines]
    return Words(
        polygons=[word.polygon for word in parsed],
        texts=[word.text for word in parsed],
        confidences=[word.confidence for word in parsed if word.confidence is not None],
    )


def gt_words(instances: Any, line_format: LineFormat) -> Words:
    """The gt words of one image, at the precision of the line format.

    Enclosing double quotes are removed from the texts. The ICDAR scripts remove them from gt and
    predicted texts, even if the quotes are part of the word in the image.

    Args:
        instances: ``gt_instances`` with flat ``polygons``, ``texts`` and optional ``ignored``.
        line_format: Format of the lines; see :func:`submission_line`.
    """
    lines = [
        submission_line(_ring(polygon), '', line_format) for polygon in instances.get('polygons')
    ]
    ignored = instances.get('ignored')
    return Words(
        polygons=[_parse(line, line_format, False).polygon for line in lines],
        texts=[unquote(plain_text(text)) for text in instances.get('texts')],
        ignored=[] if ignored is None else [bool(flag) for flag in ignored],
    )


def plain_text(text: Any) -> str:
    """Convert a text of an MMOCR recognizer, ``LabelData`` or ``[text]``, to a string."""
    if isinstance(text, (list, tuple)):
        return text[0] if text else ''
    return getattr(text, 'item', text)


def _parse(line: str, line_format: LineFormat, confidences: bool) -> ParsedLine:
    if line_format == 'polygon':
        return parse_polygon_line(line, confidences)
    return parse_line(line, line_format, confidences)


def _ring(flat: Any) -> np.ndarray:
    return np.asarray(flat, dtype=np.float64).reshape(-1, 2)
