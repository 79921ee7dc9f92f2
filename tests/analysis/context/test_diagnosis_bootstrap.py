"""Intervals of the diagnosis: photos are drawn, not words."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.bootstrap import ImageBootstrap


def test_the_value_is_the_mean_over_words_and_not_over_photos():
    bootstrap = ImageBootstrap(np.array([0, 0, 0, 1]), num_photos=2, seed=0)
    estimate = bootstrap.mean(np.array([1, 1, 1, 0]))
    assert estimate.value == 0.75


def test_the_same_seed_gives_the_same_interval():
    index, values = np.arange(997), np.random.default_rng(0).random(997)
    first = ImageBootstrap(index, 997, seed=1).mean(values)
    again = ImageBootstrap(index, 997, seed=1).mean(values)
    other = ImageBootstrap(index, 997, seed=2).mean(values)
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


def test_intervals_agree_with_the_binomial_where_each_photo_has_one_word():
    values = np.repeat([1, 0], [300, 100])
    estimate = ImageBootstrap(np.arange(400), 400, seed=0).mean(values)
    half_width = 1.96 * (0.75 * 0.25 / 400) ** 0.5  # normal approximation
    assert estimate.low == pytest.approx(0.75 - half_width, abs=0.006)
    assert estimate.high == pytest.approx(0.75 + half_width, abs=0.006)


def test_words_that_share_photos_make_intervals_wider():
    values = np.repeat([1, 0] * 10, 20)  # 20 photos, each all right or all wrong
    together = ImageBootstrap(np.repeat(np.arange(20), 20), 20, seed=0).mean(values)
    apart = ImageBootstrap(np.arange(400), 400, seed=0).mean(values)
    assert together.high - together.low > 3 * (apart.high - apart.low)


def test_a_difference_that_every_word_shares_is_sure():
    """Paired: both numbers vary with the photos drawn, their difference does not."""
    off = np.array([0.0, 1.0] * 30)
    bootstrap = ImageBootstrap(np.arange(60), 60, seed=0)
    difference = bootstrap.mean((off + 1) - off)
    assert (difference.value, difference.low, difference.high) == (1.0, 1.0, 1.0)


def test_a_group_without_words_has_no_number():
    bootstrap = ImageBootstrap(np.arange(3), 3, seed=0)
    estimate = bootstrap.mean(np.ones(3), np.zeros(3, bool))
    assert estimate.as_dict() == {'value': None, 'low': None, 'high': None}


def test_photos_without_words_of_a_group_do_not_spoil_its_interval():
    rows = np.arange(30) < 2  # many draws hold neither of the two
    estimate = ImageBootstrap(np.arange(30), 30, seed=0).mean(np.ones(30), rows)
    assert (estimate.value, estimate.low, estimate.high) == (1.0, 1.0, 1.0)


def test_no_photos_are_refused():
    with pytest.raises(ValueError, match='photos'):
        ImageBootstrap(np.zeros(0, int), 0, seed=0)
