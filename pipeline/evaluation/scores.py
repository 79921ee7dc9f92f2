"""Precision, recall, harmonic mean and average precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Score:
    """Counts and scores of an image or a set. Don't-care words are not counted.

    Attributes:
        matched: Number of correct predictions.
        gt_care: Number of counted gt words.
        det_care: Number of counted predictions.
        precision: ``matched / det_care``, or 0 without predictions.
        recall: ``matched / gt_care``, or 0 without gt words.
        hmean: Harmonic mean of precision and recall, or 0 if both are 0.
        ap: Average precision, or 0 if the predictions have no confidences.
    """

    matched: int
    gt_care: int
    det_care: int
    precision: float
    recall: float
    hmean: float
    ap: float = 0.0


def score_counts(matched: int, gt_care: int, det_care: int, ap: float = 0.0) -> Score:
    """Compute the score of a set from its summed counts."""
    precision = matched / det_care if det_care else 0.0
    recall = matched / gt_care if gt_care else 0.0
    return Score(
        matched, gt_care, det_care, precision, recall, harmonic_mean(precision, recall), ap
    )


def score_image_counts(matched: int, gt_care: int, det_care: int, ap: float = 0.0) -> Score:
    """Compute the score of one image from its counts.

    If the image has no counted gt word, recall is 1, and precision and average precision are 1
    without predictions and 0 with predictions.
    """
    if gt_care:
        return score_counts(matched, gt_care, det_care, ap)
    precision = 0.0 if det_care else 1.0
    return Score(matched, 0, det_care, precision, 1.0, harmonic_mean(precision, 1.0), ap=precision)


def harmonic_mean(precision: float, recall: float) -> float:
    """2PR / (P + R), or 0 if both are 0."""
    total = precision + recall
    return 2.0 * precision * recall / total if total else 0.0


def average_precision(confidences: Sequence[float], correct: Sequence[bool], gt_care: int) -> float:
    """Average precision, as the ICDAR script computes it.

    Args:
        confidences: (N,) confidences of the counted predictions.
        correct: (N,) flags, whether a prediction is correct.
        gt_care: Number of counted gt words.

    Returns:
        The sum of the precision at the rank of each correct prediction, divided by ``gt_care``.
        Predictions are ranked by falling confidence; equal confidences keep their order.
    """
    order = np.argsort(-np.asarray(confidences, dtype=np.float64), kind='stable')
    total, hits = 0.0, 0
    for rank, index in enumerate(order, start=1):
        if correct[index]:
            hits += 1
            total += hits / rank
    return total / gt_care if gt_care else total
