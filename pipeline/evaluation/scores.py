"""Precision, recall, harmonic mean and average precision from counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Score:
    """A result in numbers.

    Attributes:
        matched: Correct predictions.
        gt_care: gt words that count.
        det_care: Predictions that count.
        precision: ``matched / det_care``, 0 without predictions.
        recall: ``matched / gt_care``, 0 without gt words.
        hmean: Their harmonic mean, 0 where both are 0.
        ap: Average precision; 0 where predictions have no confidences.
    """

    matched: int
    gt_care: int
    det_care: int
    precision: float
    recall: float
    hmean: float
    ap: float = 0.0


def score_counts(matched: int, gt_care: int, det_care: int, ap: float = 0.0) -> Score:
    """Score a whole set from its summed counts."""
    precision = matched / det_care if det_care else 0.0
    recall = matched / gt_care if gt_care else 0.0
    return Score(
        matched, gt_care, det_care, precision, recall, harmonic_mean(precision, recall), ap
    )


def score_image_counts(matched: int, gt_care: int, det_care: int, ap: float = 0.0) -> Score:
    """Score one photo; where it has no gt word that counts, staying silent is right.

    Then recall is 1, and precision and average precision are 1 without predictions and 0 with.
    """
    if gt_care:
        return score_counts(matched, gt_care, det_care, ap)
    silent = 0.0 if det_care else 1.0
    return Score(matched, 0, det_care, silent, 1.0, harmonic_mean(silent, 1.0), silent)


def harmonic_mean(precision: float, recall: float) -> float:
    """2PR / (P + R), 0 where both are 0."""
    total = precision + recall
    return 2.0 * precision * recall / total if total else 0.0


def average_precision(confidences: Sequence[float], correct: Sequence[bool], gt_care: int) -> float:
    """Mean over the gt words of the precision at each correct prediction, best first.

    Args:
        confidences: One a counting prediction.
        correct: Whether that prediction is correct.
        gt_care: gt words that count.

    Returns:
        The sum over correct predictions of (correct so far) / (rank), divided by ``gt_care``. Equal
        confidences keep the order given.
    """
    order = np.argsort(-np.asarray(confidences, dtype=np.float64), kind='stable')
    total, hits = 0.0, 0
    for rank, index in enumerate(order, start=1):
        if correct[index]:
            hits += 1
            total += hits / rank
    return total / gt_care if gt_care else total
