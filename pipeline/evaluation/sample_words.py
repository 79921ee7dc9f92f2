"""Words of MMOCR's data samples as the lines of a submission say them."""

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
    """Write a word as a line of a submission.

    Args:
        polygon: (K, 2) pixels.
        text: Transcript.
        line_format: ``quad`` (ICDAR 2015), ``ltrb`` (ICDAR 2013 boxes) or ``polygon`` (Total-Text).
        confidence: In [0, 1]; left out where None.

    Raises:
        ValueError: If the format is unknown or the polygon has no shape.
    """
    if line_format not in _WRITE:
        raise ValueError(f'line_format must be one of {LINE_FORMATS}, got {line_format!r}.')
    return _WRITE[line_format](polygon, text, confidence)


def predicted_lines(
    instances: Any, line_format: LineFormat, min_score: float = 0.0, confidences: bool = False
) -> list[str]:
    """The submission's lines of one photo.

    Args:
        instances: ``pred_instances``: flat ``polygons``, ``texts``; ``scores`` where ``min_score``
            or confidences are used; ``text_scores`` where there are any.
        line_format: See :func:`submission_line`.
        min_score: Words whose ``scores`` lie below it are left out.
        confidences: Whether lines carry ``scores * text_scores``.
    """
    count = len(instances.get('texts'))
    scores = [1.0] * count
    if min_score > 0 or confidences:
        scores = [float(score) for score in instances.get('scores')]
    certain = instances.get('text_scores')
    certain = [1.0] * count if certain is None else [float(score) for score in certain]
    return [
        submission_line(
            _ring(polygon), plain_text(text), line_format, score * sure if confidences else None
        )
        for polygon, text, score, sure in zip(
            instances.get('polygons'), instances.get('texts'), scores, certain, strict=True
        )
        if score >= min_score
    ]


def words_of_lines(
    lines: Sequence[str], line_format: LineFormat, confidences: bool = False
) -> Words:
    """Read the words back as a scorer reads them from the file."""
    parsed = [_parse(line, line_format, confidences) for line in lines]
    return Words(
        polygons=[word.polygon for word in parsed],
        texts=[word.text for word in parsed],
        confidences=[word.confidence for word in parsed if word.confidence is not None],
    )


def gt_words(instances: Any, line_format: LineFormat) -> Words:
    """The gt words of one photo, at the precision of the format's files.

    Texts in double quotes come out of them: the protocols' scorers take enclosing quotes off gold
    and predicted texts alike, also where they are on the sign.

    Args:
        instances: ``gt_instances``: flat ``polygons``, ``texts`` and, where there are any,
            ``ignored`` flags.
        line_format: See :func:`submission_line`.
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
    """MMOCR's recognizers give a text as ``LabelData`` or ``[text]``; a plain one passes."""
    if isinstance(text, (list, tuple)):
        return text[0] if text else ''
    return getattr(text, 'item', text)


def _parse(line: str, line_format: LineFormat, confidences: bool) -> ParsedLine:
    if line_format == 'polygon':
        return parse_polygon_line(line, confidences)
    return parse_line(line, line_format, confidences)


def _ring(flat: Any) -> np.ndarray:
    return np.asarray(flat, dtype=np.float64).reshape(-1, 2)
