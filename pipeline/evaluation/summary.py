"""Scores as plain dictionaries, ready for JSON, with all their digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pipeline.evaluation.scores import Score
from pipeline.evaluation.scoring import ImageScore, SetScore, Task


def score_summary(score: Score) -> dict[str, float | int]:
    """Precision, recall, hmean, ap and the counts."""
    return asdict(score)


def image_summary(image: ImageScore) -> dict[str, Any]:
    """One photo's numbers, its pairs, and what was left out.

    Where predictions are taken by confidence, indices of predictions count in that order;
    ``det_order`` gives each one's place in the submission.
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
    """The numbers of ``task`` at the top, every task's under its name, then each photo's."""
    summary: dict[str, Any] = score_summary(scores[task].score)
    summary |= {name: score_summary(result.score) for name, result in scores.items()}
    summary['per_image'] = {
        name: image_summary(image) for name, image in scores[task].images.items()
    }
    return summary
