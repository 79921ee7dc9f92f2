"""Matching functions, combined as in MMOCR's detection metric and compared with its scores."""

from __future__ import annotations

import numpy as np
import pytest
from golden_cases import GOLDEN, read_case

from pipeline.evaluation.matching import (
    find_dont_care_detections,
    match_polygons,
    match_polygons_maximum,
)
from pipeline.evaluation.overlap import measure_overlaps
from pipeline.evaluation.protocols import load_words
from pipeline.evaluation.scores import Score, score_counts
from pipeline.evaluation.transcription import texts_match
from pipeline.evaluation.words import Words

CASE = GOLDEN / 'detection_iou_mmocr_hmean'
RUNS = [run for run in read_case(CASE)['runs'] if run['run'].startswith('mmocr')]


def score_at(
    gt: dict[str, Words], det: dict[str, Words], threshold: float, strategy: str, read: bool
) -> Score:
    match = match_polygons_maximum if strategy == 'max_matching' else match_polygons
    matched = gt_care = det_care = 0
    for name, gt_words in gt.items():
        words = det.get(name, Words())
        overlaps = measure_overlaps(gt_words.polygons, words.polygons)
        illegible = gt_words.dont_care()
        left_out = find_dont_care_detections(overlaps.det_coverage(), illegible)
        left_out |= np.array([score < threshold for score in words.confidences], dtype=bool)
        pairs = match(overlaps.iou(), illegible, left_out)
        if read:
            pairs = [(g, d) for g, d in pairs if texts_match(gt_words.texts[g], words.texts[d])]
        matched += len(pairs)
        gt_care += int((~illegible).sum())
        det_care += int((~left_out).sum())
    return score_counts(matched, gt_care, det_care)


@pytest.mark.parametrize('run', RUNS, ids=lambda run: run['run'])
def test_matching_scores_equal_mmocr(run: dict) -> None:
    gt, det = load_words(CASE / 'gt', CASE / 'pred', 'icdar2015', with_confidence=True)
    settings = run['settings']
    thresholds = settings.get('pred_score_thrs', {'start': 0.3, 'stop': 0.9, 'step': 0.1})
    strategy, read = settings.get('strategy', 'vanilla'), 'E2E' in run['run']

    scores = [score_at(gt, det, t, strategy, read) for t in np.arange(**thresholds)]

    best = max(scores, key=lambda score: score.hmean)  # The first of equals, as in MMOCR.
    for key, value in run['metrics'].items():
        assert getattr(best, key) == pytest.approx(value, abs=1e-9)
