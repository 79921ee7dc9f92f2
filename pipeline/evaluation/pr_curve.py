"""Precision-recall curve over the confidence threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.scores import Score, score_counts
from pipeline.evaluation.scoring import SetScore


@dataclass(frozen=True)
class CurvePoint:
    """The score of a set at one confidence threshold.

    Attributes:
        confidence: Lowest confidence of the kept predictions.
        score: Score of the kept predictions. Its ``ap`` is not computed and is 0.
    """

    confidence: float
    score: Score


def precision_recall_points(
    confidences: Sequence[float], correct: Sequence[bool], gt_care: int
) -> list[CurvePoint]:
    """Score a set at every confidence that occurs in it, highest first.

    Each point equals the score of the set without the predictions below that confidence. This
    holds because predictions are matched by falling confidence: a later prediction never takes the
    gt word of an earlier one. Predictions of equal confidence form one point. The last point keeps
    all predictions.

    Args:
        confidences: (N,) confidences of the counted predictions of all images.
        correct: (N,) flags, whether a prediction is correct.
        gt_care: Number of counted gt words.

    Raises:
        ValueError: If the lengths differ.
    """
    if len(confidences) != len(correct):
        raise ValueError(
            f'{len(confidences)} confidences require {len(confidences)} flags, got {len(correct)}.'
        )
    values = np.asarray(confidences, dtype=np.float64)
    order = np.argsort(-values, kind='stable')
    values = values[order]
    matched = np.cumsum(np.asarray(correct, dtype=int)[order])
    last_of_equals = np.flatnonzero(np.append(values[1:] != values[:-1], True)[: len(values)])
    return [
        CurvePoint(float(values[i]), score_counts(int(matched[i]), gt_care, int(i) + 1))
        for i in last_of_equals
    ]


def set_points(result: SetScore) -> list[CurvePoint]:
    """The curve of a scored set, or an empty list if the predictions have no confidences."""
    images = result.images.values()
    return precision_recall_points(
        [c for image in images for c in image.confidences],
        [c for image in images for c in image.correct],
        result.score.gt_care,
    )


def equal_hmean_lines(count: int) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """Lines of equal hmean h = 0.1, 0.2, ..., 0.9 in the precision-recall plane.

    2PR / (P + R) = h gives P = hR / (2R - h), which reaches P = 1 at R = h / (2 - h).

    Args:
        count: Number of points per line.

    Returns:
        (h, recall, precision) of each line; recall and precision are (count,) arrays.
    """
    lines = []
    for h in np.arange(1, 10) / 10:
        recall = np.linspace(h / (2 - h), 1, count)
        lines.append((float(h), recall, h * recall / (2 * recall - h)))
    return lines


def thin_points(points: Sequence[CurvePoint], most: int) -> list[CurvePoint]:
    """At most ``most`` points at equal steps of the ranking, with the first and the last."""
    if most < 2:
        raise ValueError(f'most must be at least 2, got {most}.')
    if len(points) <= most:
        return list(points)
    steps = np.linspace(0, len(points) - 1, most).round().astype(int)
    return [points[i] for i in dict.fromkeys(steps.tolist())]
