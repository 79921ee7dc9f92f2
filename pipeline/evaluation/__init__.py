"""Scores of text spotting by the ICDAR protocols."""

import pipeline.compat  # noqa: F401  makes MMOCR importable
from pipeline.evaluation.caption_retrieval import CaptionRetrievalMetric
from pipeline.evaluation.e2e_hmean_metric import E2EHmeanMetric
from pipeline.evaluation.file_evaluation import LexiconChoice, evaluate_files
from pipeline.evaluation.scores import Score
from pipeline.evaluation.scoring import (
    ImageScore,
    ScoringRules,
    SetScore,
    score_image,
    score_images,
)
from pipeline.evaluation.words import Words
from pipeline.io.submission_lines import polygon_line, quad_line, submission_quad

__all__ = [
    'CaptionRetrievalMetric',
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
