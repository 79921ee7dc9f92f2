"""Calibration of word scores."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.recognizer.calibration import (
    expected_calibration_error,
    keep_words,
    reliability_bins,
)

SCORES = [0.95, 0.95, 0.85, 0.05]
RIGHT = np.array([True, False, True, False])


def test_reliability_bins_contain_count_accuracy_and_score():
    bins = reliability_bins(SCORES, RIGHT)
    assert [entry.count for entry in bins] == [1, 0, 0, 0, 0, 0, 0, 0, 1, 2]
    assert (bins[9].accuracy, bins[9].confidence) == (0.5, pytest.approx(0.95))
    assert np.isnan(bins[1].accuracy)


def test_expected_calibration_error_is_the_weighted_gap():
    # (2 * |0.5 - 0.95| + |1 - 0.85| + |0 - 0.05|) / 4
    error = expected_calibration_error(reliability_bins(SCORES, RIGHT))
    assert error == pytest.approx((0.9 + 0.15 + 0.05) / 4)


def test_expected_calibration_error_of_true_scores_is_zero():
    right = np.array([True] * 3 + [False])
    assert expected_calibration_error(reliability_bins([0.75] * 4, right)) == pytest.approx(0)
    assert expected_calibration_error(reliability_bins([], np.zeros(0, bool))) == 0


@pytest.mark.parametrize(('score', 'index'), [(0, 0), (0.1, 0), (0.11, 1), (0.3, 2), (1, 9)])
def test_reliability_bins_include_the_upper_edge(score, index):
    bins = reliability_bins([score], np.array([True]))
    assert [entry.count for entry in bins].index(1) == index


def test_reliability_bins_rejects_invalid_scores():
    with pytest.raises(ValueError, match=r'must be in \[0, 1\]'):
        reliability_bins([1.5], np.array([True]))
    with pytest.raises(ValueError, match='2 scores require 2 flags, got 1'):
        reliability_bins([0.1, 0.2], np.array([True]))
    assert reliability_bins([1.000001], np.array([True]))[9].count == 1  # float32 at work


def test_keep_words_raises_accuracy_and_lowers_coverage():
    low, high, none = keep_words(SCORES, RIGHT, [0.1, 0.85, 0.99])
    assert (low.count, low.coverage, low.accuracy) == (3, 0.75, pytest.approx(2 / 3))
    assert (high.count, high.accuracy) == (3, pytest.approx(2 / 3))  # 0.85 itself is kept
    assert (none.count, none.coverage) == (0, 0) and np.isnan(none.accuracy)
