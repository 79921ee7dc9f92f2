"""Confidence intervals by resampling images."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.bootstrap import ImageBootstrap


def test_image_bootstrap_value_is_the_mean_over_words():
    bootstrap = ImageBootstrap(np.array([0, 0, 0, 1]), num_photos=2, seed=0)
    estimate = bootstrap.mean(np.array([1, 1, 1, 0]))
    assert estimate.value == 0.75


def test_image_bootstrap_is_equal_for_equal_seeds():
    index, values = np.arange(997), np.random.default_rng(0).random(997)
    first = ImageBootstrap(index, 997, seed=1).mean(values)
    again = ImageBootstrap(index, 997, seed=1).mean(values)
    other = ImageBootstrap(index, 997, seed=2).mean(values)
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


def test_image_bootstrap_agrees_with_the_binomial():
    values = np.repeat([1, 0], [300, 100])
    estimate = ImageBootstrap(np.arange(400), 400, seed=0).mean(values)
    half_width = 1.96 * (0.75 * 0.25 / 400) ** 0.5  # normal approximation
    assert estimate.low == pytest.approx(0.75 - half_width, abs=0.006)
    assert estimate.high == pytest.approx(0.75 + half_width, abs=0.006)


def test_image_bootstrap_is_wider_for_shared_images():
    values = np.repeat([1, 0] * 10, 20)  # 20 images, each all right or all wrong
    together = ImageBootstrap(np.repeat(np.arange(20), 20), 20, seed=0).mean(values)
    apart = ImageBootstrap(np.arange(400), 400, seed=0).mean(values)
    assert together.high - together.low > 3 * (apart.high - apart.low)


def test_image_bootstrap_pairs_differences():
    """Both means vary with the resample, but their paired difference does not."""
    off = np.array([0.0, 1.0] * 30)
    bootstrap = ImageBootstrap(np.arange(60), 60, seed=0)
    difference = bootstrap.mean((off + 1) - off)
    assert (difference.value, difference.low, difference.high) == (1.0, 1.0, 1.0)


def test_image_bootstrap_of_an_empty_group_is_none():
    bootstrap = ImageBootstrap(np.arange(3), 3, seed=0)
    estimate = bootstrap.mean(np.ones(3), np.zeros(3, bool))
    assert estimate.as_dict() == {'value': None, 'low': None, 'high': None}


def test_image_bootstrap_skips_images_without_the_group():
    rows = np.arange(30) < 2  # many draws hold neither of the two
    estimate = ImageBootstrap(np.arange(30), 30, seed=0).mean(np.ones(30), rows)
    assert (estimate.value, estimate.low, estimate.high) == (1.0, 1.0, 1.0)


def test_image_bootstrap_rejects_zero_images():
    with pytest.raises(ValueError, match='image'):
        ImageBootstrap(np.zeros(0, int), 0, seed=0)
