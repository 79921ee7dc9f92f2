"""Precision against recall as the least confidence of predictions rises and falls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.scores import Score, score_counts


@dataclass(frozen=True)
class CurvePoint:
    """A set scored on its predictions of at least one confidence.

    Attributes:
        confidence: The least confidence that is kept.
        score: The set's numbers on what is kept; its ``ap`` is that of the whole ranking so far and
            is left at 0.
    """

    confidence: float
    score: Score


def precision_recall_points(
    confidences: Sequence[float], correct: Sequence[bool], gt_care: int
) -> list[CurvePoint]:
    """Score a set at every confidence that occurs in it, highest first.

    Each point is exactly what scoring the set again without the predictions below that confidence
    would give: predictions are taken by falling confidence, so a gt word that has found its
    partner never loses it to a later one. Equal confidences are one point, since no threshold
    parts them. The last point keeps all predictions.

    Args:
        confidences: One a counting prediction, of all photos.
        correct: Whether that prediction is correct.
        gt_care: gt words that count.

    Raises:
        ValueError: If there is not one flag a confidence.
    """
    if len(confidences) != len(correct):
        raise ValueError(f'{len(confidences)} confidences want as many flags, got {len(correct)}.')
    values = np.asarray(confidences, dtype=np.float64)
    order = np.argsort(-values, kind='stable')
    values = values[order]
    matched = np.cumsum(np.asarray(correct, dtype=int)[order])
    last_of_equals = np.flatnonzero(np.append(values[1:] != values[:-1], True)[: len(values)])
    return [
        CurvePoint(float(values[i]), score_counts(int(matched[i]), gt_care, int(i) + 1))
        for i in last_of_equals
    ]


def thin_points(points: Sequence[CurvePoint], most: int) -> list[CurvePoint]:
    """At most ``most`` points at equal steps along the ranking, the first and the last included."""
    if most < 2:
        raise ValueError(f'most must be at least 2, got {most}.')
    if len(points) <= most:
        return list(points)
    steps = np.linspace(0, len(points) - 1, most).round().astype(int)
    return [points[i] for i in dict.fromkeys(steps.tolist())]
