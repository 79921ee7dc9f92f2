"""Spotting evaluation on the ICDAR protocols."""

from .e2e_hmean_metric import E2EHmeanMetric
from .file_evaluation import LexiconChoice, evaluate_files
from .scores import Score
from .scoring import ImageScore, ScoringRules, SetScore, score_image, score_images
from .submission_lines import polygon_line, quad_line, submission_quad
from .words import Words

__all__ = [
    'E2EHmeanMetric',
    'ImageScore',
    'LexiconChoice',
    'Score',
    'ScoringRules',
    'SetScore',
    'Words',
    'evaluate_files',
    'polygon_line',
    'quad_line',
    'score_image',
    'score_images',
    'submission_quad',
]
