"""Spotting evaluation on the ICDAR protocols."""

from .e2e_hmean_metric import E2EHmeanMetric
from .scores import Score
from .scoring import ImageScore, ScoringRules, SetScore, score_image, score_images
from .submission_polygon import submission_quad
from .words import Words

__all__ = [
    'E2EHmeanMetric',
    'ImageScore',
    'Score',
    'ScoringRules',
    'SetScore',
    'Words',
    'score_image',
    'score_images',
    'submission_quad',
]
