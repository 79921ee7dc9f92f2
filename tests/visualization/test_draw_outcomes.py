from __future__ import annotations

import numpy as np

from pipeline.analysis.detector.draw_outcomes import KIND_COLORS, draw_outcomes
from pipeline.evaluation.word_outcomes import WordOutcome

PHOTO = np.full((500, 1000, 3), 255, dtype=np.uint8)


def box(x: float) -> np.ndarray:
    return np.array([[x, 100], [x + 80, 100], [x + 80, 140], [x, 140]], dtype=np.float32)


def count(picture: np.ndarray, kind: str) -> int:
    return int((picture == KIND_COLORS[kind][::-1]).all(axis=2).sum())


def test_draw_outcomes_colors_image_and_legend():
    outcomes = [
        WordOutcome('matched', gt_polygon=box(50), det_polygon=box(60)),
        WordOutcome('missed', gt_polygon=box(250)),
        WordOutcome('spurious', det_polygon=box(450)),
        WordOutcome('dont_care', gt_polygon=box(650)),
    ]
    drawn = draw_outcomes(PHOTO, outcomes, 'photo.jpg')
    legend, photo = drawn[:-500], drawn[-500:]
    for place, outcome in enumerate(outcomes):
        assert count(legend, outcome.kind) > 20
        assert count(photo, outcome.kind) > 200
        assert count(photo[:, 200 * place : 200 * place + 200], outcome.kind) > 200
    assert (PHOTO == 255).all()


def test_draw_outcomes_draws_matches_at_the_prediction():
    drawn = draw_outcomes(PHOTO, [WordOutcome('matched', gt_polygon=box(50), det_polygon=box(500))])
    assert count(drawn[-500:, :400], 'matched') == 0


def test_draw_outcomes_resizes_small_and_large_images():
    assert draw_outcomes(PHOTO[:50, :100], []).shape[1] == 960
    assert draw_outcomes(np.zeros((1000, 4000, 3), np.uint8), []).shape[1] == 1600
