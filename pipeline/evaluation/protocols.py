"""Names of the protocols, and the files that each of them reads."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pipeline.evaluation.gt_json import find_gt_json, read_gt_json
from pipeline.evaluation.point_lines import parse_point_line
from pipeline.evaluation.submission import SubmissionError, read_gt, read_predictions
from pipeline.evaluation.totaltext_files import (
    read_numbered_predictions,
    read_totaltext_gt,
    read_totaltext_predictions,
)
from pipeline.evaluation.words import Words
from pipeline.io.line_format import LineKind
from pipeline.io.shifted_fields import LOOKS, ShiftKind, find_shifted_fields

_logger = logging.getLogger(__name__)

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
            predictions that are points with confidences. ``icdar2015`` also reads the ground truth
            of an MMOCR JSON file, or of a folder with ``textspotting.json``.
        with_confidence: Whether prediction lines contain a confidence. Lines of points always do.

    Returns:
        Image name -> gt words, and image name -> predicted words. If their texts contain a
        confidence, coordinates or a script, a warning is logged, once for the ground truth and
        once for the predictions. The texts remain those of the reference scripts.

    Raises:
        SubmissionError: If a file or a line is invalid. The message contains file, line, the
            expected layout and the found text.
        ValueError: If the protocol is unknown.
    """
    gt, det, kind = _read_both(gt_path, det_path, protocol, with_confidence)
    _warn_shifted(gt_path, gt, kind, has_confidence=False, may_have_confidence=False)
    _warn_shifted(det_path, det, kind, with_confidence, protocol not in POINT_PROTOCOLS)
    return gt, det


def _read_both(
    gt_path: str | Path,
    det_path: str | Path,
    protocol: Protocol | PointProtocol,
    with_confidence: bool,
) -> tuple[dict[str, Words], dict[str, Words], LineKind | None]:
    """Ground truth, predictions, and the layout of their lines; None for polygons and points."""
    if protocol == 'totaltext':
        gt = read_totaltext_gt(gt_path)
        return gt, read_totaltext_predictions(det_path, gt, with_confidence), None
    if protocol in POINT_PROTOCOLS:
        gt = read_totaltext_gt(gt_path)
        return gt, read_numbered_predictions(det_path, gt, parse_point_line), None
    if protocol not in PROTOCOLS:
        names = ', '.join((*PROTOCOLS, *POINT_PROTOCOLS))
        raise ValueError(f'protocol must be one of {names}, got {protocol!r}.')
    gt, kind = _read_boxes_or_quads(gt_path) if protocol == 'icdar2013' else _read_quads(gt_path)
    return gt, read_predictions(det_path, gt, kind, with_confidence), kind


def _warn_shifted(
    path: str | Path,
    images: Mapping[str, Words],
    kind: LineKind | None,
    has_confidence: bool,
    may_have_confidence: bool,
) -> None:
    """Log a warning if texts contain other fields of their lines. The words are not changed."""
    texts = [text for words in images.values() for text in words.texts]
    found = find_shifted_fields(texts)
    if found is None:
        return
    lines = [line for words in images.values() for line in words.lines]
    _logger.warning(
        'warning: %s: %d of %d transcriptions %s, which is compared as text. The first is %r in '
        '%s. %s',
        path, found.count, found.total, LOOKS[found.kind], texts[found.first], lines[found.first],
        _advise(found.kind, kind, has_confidence, may_have_confidence),
    )  # fmt: skip


def _advise(
    shift: ShiftKind, kind: LineKind | None, has_confidence: bool, may_have_confidence: bool
) -> str:
    """The option that reads such lines, or what to change in them."""
    if shift == 'script':
        return 'Remove the script from the lines.'
    if shift in ('polygon', 'polygon and confidence') and kind == 'ltrb':
        return 'The ground truth contains boxes, so all lines are read as xmin,ymin,xmax,ymax.'
    options = []
    if shift in ('polygon', 'polygon and confidence') and kind is not None:
        options.append('--protocol totaltext')
    if 'confidence' in shift:
        if has_confidence or not may_have_confidence:
            return 'Remove the confidences from the lines.'
        options.append('--confidences')
    if shift == 'confidence at the end':
        return '--confidences reads confidences that precede the transcription.'
    option = ' '.join(options)
    return f'{option} reads such lines.' if option else 'Remove these numbers from the lines.'


def _read_quads(path: str | Path) -> tuple[dict[str, Words], LineKind]:
    file = find_gt_json(path)
    return (read_gt(path, 'quad') if file is None else read_gt_json(file)), 'quad'


def _read_boxes_or_quads(path: str | Path) -> tuple[dict[str, Words], LineKind]:
    """Read quads, or boxes if no line is a quad. A quad line is also a valid box line."""
    try:
        gt = read_gt(path, 'quad')
        if any(len(words) for words in gt.values()):
            return gt, 'quad'
    except SubmissionError:
        pass
    return read_gt(path, 'ltrb'), 'ltrb'
