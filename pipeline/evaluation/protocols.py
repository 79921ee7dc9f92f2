"""The protocols by name: which files they read and which coordinates they compare."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from .submission import read_gt, read_predictions
from .words import Words

Protocol = Literal['icdar2015', 'icdar2013', 'totaltext']


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
        protocol: ``icdar2015``: quads.
        with_confidence: Whether prediction lines carry a confidence.

    Returns:
        Photo name -> gold words, and photo name -> predicted words.

    Raises:
        SubmissionError: Naming file and line, what was wanted and what was there.
    """
    gt = read_gt(gt_path)
    return gt, read_predictions(det_path, gt, with_confidence=with_confidence)
