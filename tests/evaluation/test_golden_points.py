"""Scores of points, compared with those of SPTS and MMOCR."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from golden_cases import GOLDEN, read_case

from pipeline.evaluation.lexicon_files import read_lexicon
from pipeline.evaluation.lexicon_rules import apply_lexicon, lexicon_rule
from pipeline.evaluation.point_metric import center_of_vertices, score_points
from pipeline.evaluation.totaltext_files import read_totaltext_gt
from pipeline.evaluation.words import Words

CASE = GOLDEN / 'point_metric_spts'
RUNS = read_case(CASE)['runs']
SPTS = [run for run in RUNS if run['run'].startswith('spts')]
MMOCR = [run for run in RUNS if run['run'].startswith('mmocr')]


def read_points(folder: Path) -> dict[str, Words]:
    photos = {}
    for path in sorted(folder.iterdir()):
        lines = [line.split(',', 3) for line in path.read_text().split('\n') if line]
        photos[path.stem] = Words(
            polygons=[np.array([[float(x), float(y)]]) for x, y, _, _ in lines],
            texts=[text for *_, text in lines],
            confidences=[float(score) for _, _, score, _ in lines],
        )
    return photos


@pytest.mark.parametrize('run', SPTS, ids=lambda run: run['run'])
def test_score_points_equals_spts(run: dict) -> None:
    gt, det = read_totaltext_gt(CASE / 'gt'), read_points(CASE / 'pred')
    if run['settings']['lexicon_rule']:
        level = 'generic' if run['run'].endswith('type0') else 'weak'
        lexicon = read_lexicon(CASE / 'lexicons' / 'pair.txt', level)
        det = apply_lexicon(det, lexicon, lexicon_rule('spts'), level)
    for expected in run['per_threshold']:
        score = score_points(
            gt,
            det,
            spotting=run['settings']['word_spotting'],
            min_score=expected['conf_thres'],
        )

        assert (score.matched, score.gt_care, score.det_care) == (
            expected['ntp'],
            expected['ngt'],
            expected['ndet'],
        )
        for key in ('precision', 'recall', 'hmean'):
            assert getattr(score, key) == pytest.approx(expected[key], abs=1e-9)


@pytest.mark.parametrize('run', MMOCR, ids=lambda run: run['run'])
def test_score_points_equals_mmocr(run: dict) -> None:
    gt, det = read_totaltext_gt(CASE / 'gt'), read_points(CASE / 'pred')
    thresholds = run['settings'].get('text_score_thrs', {'start': 0.8, 'stop': 1, 'step': 0.01})

    scores = [
        score_points(
            gt,
            det,
            center=center_of_vertices,
            spotting=run['settings']['word_spotting'],
            min_score=threshold,
            skip_images_without_gt=True,
        )
        for threshold in np.arange(**thresholds).astype(np.float32)
    ]

    best = max(scores, key=lambda score: score.hmean)
    for key, value in run['metrics'].items():
        assert getattr(best, key) == pytest.approx(value, abs=1e-9)
