"""Scores as dictionaries for JSON, with all digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pipeline.evaluation.scores import Score
from pipeline.evaluation.scoring import ImageScore, SetScore, Task


def score_summary(score: Score) -> dict[str, float | int]:
    """Precision, recall, hmean, ap and counts."""
    return asdict(score)


def image_summary(image: ImageScore) -> dict[str, Any]:
    """Scores, pairs and don't-care words of one image.

    If predictions are ordered by confidence, their indices refer to that order, and ``det_order``
    maps them to indices in the submission.
    """
    summary: dict[str, Any] = score_summary(image.score)
    summary['pairs'] = [{'gt': g, 'det': d, 'correct': is_right} for g, d, is_right in image.pairs]
    summary['gt_dont_care'] = image.gt_dont_care
    summary['det_dont_care'] = image.det_dont_care
    summary['gt_texts'] = image.gt_texts
    if image.order:
        summary['det_order'] = image.order
    return summary


def evaluation_summary(scores: Mapping[Task, SetScore], task: Task) -> dict[str, Any]:
    """Scores of ``task``, scores of every task under its name, and scores of each image."""
    summary: dict[str, Any] = score_summary(scores[task].score)
    summary |= {name: score_summary(result.score) for name, result in scores.items()}
    summary['per_image'] = {
        name: image_summary(image) for name, image in scores[task].images.items()
    }
    return summary
