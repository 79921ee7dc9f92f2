from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import reading_order

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=np.float32)


def rectangle(width: float, height: float, angle_deg: float = 0.0, center=(100.0, 100.0)):
    """A ring from the top-left, rotated clockwise on the screen."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return corners @ turn + center


def page(rows, columns, tilt_deg, rng):
    """Words of uneven sizes on tilted lines, in reading order."""
    tilt = np.radians(tilt_deg)
    along = np.array([np.cos(tilt), np.sin(tilt)])
    down = np.array([-along[1], along[0]])
    words = []
    for row in range(rows):
        x = 0.0
        for _ in range(columns):
            width, height = rng.uniform(40, 120), rng.uniform(20, 30)
            center = along * (x + width / 2) + down * (40 * row + rng.uniform(-3, 3))
            words.append(rectangle(width, height, tilt_deg, center + 500))
            x += width + rng.uniform(5, 40)
    return words


@pytest.mark.parametrize('tilt', [-12, -3, 0, 3, 12])
def test_reading_order_of_tilted_pages(tilt):
    rng = np.random.default_rng(0)
    words = page(6, 7, tilt, rng)
    shuffle = rng.permutation(len(words))
    order = reading_order([words[i] for i in shuffle])
    assert [int(shuffle[i]) for i in order] == list(range(len(words)))


def test_reading_order_keeps_lines_apart_next_to_a_tall_word():
    first = [rectangle(50, 20, 0, (30, 20)), rectangle(50, 20, 0, (90, 20))]
    second = [rectangle(50, 20, 0, (30, 50)), rectangle(50, 20, 0, (90, 50))]
    sign = rectangle(60, 60, 0, (160, 35))
    order = reading_order([sign, *second, *first])
    positions = {word: place for place, word in enumerate(order)}
    assert positions[3] + 1 == positions[4] and positions[1] + 1 == positions[2]
    assert positions[4] < positions[1]


def test_reading_order_of_stacked_words():
    assert reading_order([rectangle(60, 20, 0, (50, 80)), rectangle(60, 20, 0, (50, 30))]) == [1, 0]


def test_reading_order_without_words():
    assert reading_order([]) == []


def test_reading_order_error_names_the_invalid_polygon():
    with pytest.raises(ValueError, match=r'polygons\[1\]'):
        reading_order([SQUARE, np.full((4, 2), np.nan)])
