"""Names of the protocols, and the files that each of them reads."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pipeline.evaluation.point_lines import parse_point_line
from pipeline.evaluation.submission import SubmissionError, read_gt, read_predictions
from pipeline.evaluation.totaltext_files import (
    read_numbered_predictions,
    read_totaltext_gt,
    read_totaltext_predictions,
)
from pipeline.evaluation.words import Words
from pipeline.io.line_format import LineKind

Protocol = Literal['icdar2015', 'icdar2013', 'totaltext']
PROTOCOLS: tuple[Protocol, ...] = ('icdar2015', 'icdar2013', 'totaltext')
PointProtocol = Literal['points-spts', 'points-mmocr']
POINT_PROTOCOLS: tuple[PointProtocol, ...] = ('points-spts', 'points-mmocr')
"""Protocols whose predictions are single points; see :func:`score_points`."""


def load_words(
    gt_path: str | Path,
    det_path: str | Path,
    protocol: Protocol | PointProtocol,
    with_confidence: bool = False,
) -> tuple[dict[str, Words], dict[str, Words]]:
    """Read ground truth and predictions.

    Args:
        gt_path: Folder or zip of ground truth.
        det_path: Folder or zip of predictions.
        protocol: ``icdar2015`` reads quads. ``icdar2013`` reads axis-aligned boxes, or quads if
            the ground truth contains quads, as in its 2015 edition. ``totaltext`` reads polygons.
            ``points-spts`` and ``points-mmocr`` read the ground truth of Total-Text, and
            predictions that are points with confidences.
        with_confidence: Whether prediction lines contain a confidence. Lines of points always do.

    Returns:
        Image name -> gt words, and image name -> predicted words.

    Raises:
        SubmissionError: If a file or a line is invalid. The message contains file, line, the
            expected layout and the found text.
        ValueError: If the protocol is unknown.
    """
    if protocol == 'totaltext':
        gt = read_totaltext_gt(gt_path)
        return gt, read_totaltext_predictions(det_path, gt, with_confidence)
    if protocol in POINT_PROTOCOLS:
        gt = read_totaltext_gt(gt_path)
        return gt, read_numbered_predictions(det_path, gt, parse_point_line)
    if protocol not in PROTOCOLS:
        names = ', '.join((*PROTOCOLS, *POINT_PROTOCOLS))
        raise ValueError(f'protocol must be one of {names}, got {protocol!r}.')
    gt, kind = _read_boxes_or_quads(gt_path) if protocol == 'icdar2013' else _read_quads(gt_path)
    return gt, read_predictions(det_path, gt, kind, with_confidence)


def _read_quads(path: str | Path) -> tuple[dict[str, Words], LineKind]:
    return read_gt(path, 'quad'), 'quad'


def _read_boxes_or_quads(path: str | Path) -> tuple[dict[str, Words], LineKind]:
    """Read quads, or boxes if there are none. A quad line is also a valid box line."""
    try:
        gt = read_gt(path, 'quad')
        if any(len(words) for words in gt.values()):
            return gt, 'quad'
    except SubmissionError:
        pass
    return read_gt(path, 'ltrb'), 'ltrb'
