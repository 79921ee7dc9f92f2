"""Random changes that make polygons look like detected ones."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.datasets.word_boxes import BoxNoise, smallest_box, upright_box
from pipeline.geometry import polygon_iou, ring_size

WORD = np.array([[10, 20], [90, 20], [90, 40], [10, 40]], dtype=np.float32)
ARCH = np.array(
    [[0, 40], [20, 10], [50, 0], [80, 10], [100, 40]]
    + [[80, 50], [70, 35], [50, 28], [30, 35], [20, 50]],
    dtype=np.float32,
)
STILL = dict(along=(0, 0), across=(0, 0), corner=0.0, loose_prob=0.0)


def test_box_noise_without_noise_keeps_the_outline() -> None:
    noise = BoxNoise(**STILL, upright_prob=0.0, quad_prob=0.0)
    np.testing.assert_allclose(noise.apply(ARCH, np.random.default_rng(0)), ARCH)


@pytest.mark.parametrize('angle', [0, 30, 90, 200])
def test_box_noise_moves_sides_by_shares_of_the_height(angle: float) -> None:
    radians = np.deg2rad(angle)
    turn = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    word = (WORD @ turn.T).astype(np.float32)
    grown = BoxNoise(
        along=(0.5, 0.5), across=(0.1, 0.1), corner=0.0, loose_prob=0.0, upright_prob=0.0
    ).apply(word, np.random.default_rng(0))
    # 20 high and 80 wide; 0.5 heights at each end, 0.1 above and below.
    assert ring_size(grown) == pytest.approx((24, 100), rel=1e-4)
    np.testing.assert_allclose(grown.mean(0), word.mean(0), atol=1e-3)


def test_box_noise_stays_near_the_word_and_follows_the_seed() -> None:
    noise = BoxNoise(upright_prob=0.0)
    outlines = [noise.apply(WORD, np.random.default_rng(seed)) for seed in range(50)]
    assert min(polygon_iou(outline, WORD) for outline in outlines) > 0.5
    np.testing.assert_array_equal(outlines[3], noise.apply(WORD, np.random.default_rng(3)))


def test_upright_box_bounds_the_word() -> None:
    np.testing.assert_allclose(upright_box(ARCH), [[0, 0], [100, 0], [100, 50], [0, 50]])


def test_upright_box_of_an_upside_down_word_keeps_its_direction() -> None:
    upside_down = np.roll(WORD, 2, axis=0)
    np.testing.assert_allclose(upright_box(upside_down), upside_down)


def test_smallest_box_starts_at_the_first_character() -> None:
    box = smallest_box(ARCH)
    assert box.shape == (4, 2)
    assert np.hypot(*(box[0] - ARCH[0])) < 45


def test_curved_words_have_their_own_share_of_upright_boxes() -> None:
    still = dict(along=(0, 0), across=(0, 0), corner=0.0, loose_prob=0.0, quad_prob=0.0)
    noise = BoxNoise(**still, upright_prob=0.0, curved_upright_prob=1.0)
    rng = np.random.default_rng(0)
    curved = np.float32([[0, 10], [20, 0], [40, 10], [40, 30], [20, 20], [0, 30]])
    np.testing.assert_allclose(noise.apply(curved, rng), [[0, 0], [40, 0], [40, 30], [0, 30]])
    straight = np.float32([[0, 10], [40, 0], [40, 20], [0, 30]])
    np.testing.assert_allclose(noise.apply(straight, rng), straight, atol=1e-5)
