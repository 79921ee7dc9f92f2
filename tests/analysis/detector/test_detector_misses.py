"""Kinds of missed words, by the boxes around them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.detector.misses import name_miss
from pipeline.evaluation.overlap import measure_overlaps


def box(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=float)


WORD = box(0, 0, 100, 20)


@pytest.mark.parametrize(
    ('boxes', 'kind', 'reason'),
    [
        ([], 'none', 'nothing was found'),
        ([box(200, 0, 300, 20)], 'none', 'only elsewhere'),
        ([box(95, 0, 300, 20)], 'none', 'a twentieth of the word is no box on it'),
        ([box(0, 0, 250, 20)], 'joined', 'all of it, and 2.5 times as large'),
        ([box(-50, -20, 150, 40)], 'joined', 'also where no neighbour is in it'),
        ([box(0, 0, 45, 20), box(55, 0, 100, 20)], 'cut', 'two halves'),
        ([box(0, 0, 45, 20)], 'loose', 'only one half is not a cut'),
        ([box(0, 0, 190, 20)], 'taken', 'IoU 0.53: it fits, and was given to another'),
        ([box(60, 5, 160, 25)], 'loose', 'shifted: IoU 300 / 3700'),
        ([box(40, 0, 250, 20)], 'joined', 'more than half of it, more than twice as large'),
        ([box(60, 0, 290, 20)], 'loose', 'large, but less than half of it'),
    ],
)
def test_name_miss_returns_the_kind(boxes, kind, reason):
    assert name_miss(measure_overlaps([WORD], boxes), 0) == kind, reason


def test_name_miss_of_a_word_without_area_is_none():
    assert name_miss(measure_overlaps([box(5, 5, 5, 5)], [WORD]), 0) == 'none'
