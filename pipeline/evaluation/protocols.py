"""The protocols by name, and the files that each of them reads."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pipeline.evaluation.submission import SubmissionError, read_gt, read_predictions
from pipeline.evaluation.totaltext_files import read_totaltext_gt, read_totaltext_predictions
from pipeline.evaluation.words import Words
from pipeline.io.line_format import LineKind

Protocol = Literal['icdar2015', 'icdar2013', 'totaltext']
PROTOCOLS: tuple[Protocol, ...] = ('icdar2015', 'icdar2013', 'totaltext')


def load_words(
    gt_path: str | Path,
    det_path: str | Path,
    protocol: Protocol,
    with_confidence: bool = False,
) -> tuple[dict[str, Words], dict[str, Words]]:
    """Read ground truth and predictions.

    Args:
        gt_path: Folder or zip of ground truth.
        det_path: Folder or zip of predictions.
        protocol: ``icdar2015`` reads quads. ``icdar2013`` reads axis-aligned boxes, or quads where
            the ground truth has them, as its 2015 edition does. ``totaltext`` reads polygons.
        with_confidence: Whether prediction lines carry a confidence.

    Returns:
        Photo name -> gt words, and photo name -> predicted words.

    Raises:
        SubmissionError: Naming file and line, what was wanted and what was there.
    """
    if protocol == 'totaltext':
        gt = read_totaltext_gt(gt_path)
        return gt, read_totaltext_predictions(det_path, gt, with_confidence)
    if protocol not in PROTOCOLS:
        raise ValueError(f'protocol must be one of {", ".join(PROTOCOLS)}, got {protocol!r}.')
    gt, kind = _read_boxes_or_quads(gt_path) if protocol == 'icdar2013' else _read_quads(gt_path)
    return gt, read_predictions(det_path, gt, kind, with_confidence)


def _read_quads(path: str | Path) -> tuple[dict[str, Words], LineKind]:
    return read_gt(path, 'quad'), 'quad'


def _read_boxes_or_quads(path: str | Path) -> tuple[dict[str, Words], LineKind]:
    """Try quads first: their lines would pass as boxes whose texts begin with numbers."""
    try:
        gt = read_gt(path, 'quad')
        if any(len(words) for words in gt.values()):
            return gt, 'quad'
    except SubmissionError:
        pass
    return read_gt(path, 'ltrb'), 'ltrb'
