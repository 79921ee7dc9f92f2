from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import turn_ring
from pipeline.layout import arrange_words

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=np.float32)


def reading_order(polygons):
    return [word for block in arrange_words(polygons) for line in block for word in line]


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
            x += width + rng.uniform(5, 20)
    return words


def text_lines(lines, x=0.0, y=0.0, height=20.0, leading=1.5, space=0.4):
    """Level words of given lengths in characters, in lines below each other."""
    words = []
    for row, lengths in enumerate(lines):
        left, top = x, y + row * leading * height
        for length in lengths:
            width = 0.5 * height * length
            words.append(rectangle(width, height, 0, (left + width / 2, top + height / 2)))
            left += width + space * height
    return words


def turned(polygons, angle_deg, center=(400.0, 300.0)):
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [(np.asarray(polygon) - center) @ turn + center for polygon in polygons]


def arc_words(count, radius, center, height=20.0, points=6, up=True):
    """Words along the top (or the bottom) of a circle, read from left to right."""
    words = []
    step, length = np.radians(22), np.radians(18)
    for index in range(count):
        start = (index - count / 2) * step
        angles = start + np.linspace(0, length, points)
        sign = -1 if up else 1
        direction = np.stack([np.sin(angles), sign * np.cos(angles)], axis=1)
        outer, inner = radius + height / 2, radius - height / 2
        top, bottom = (outer, inner) if up else (inner, outer)
        words.append(
            np.concatenate([center + top * direction, (center + bottom * direction)[::-1]])
        )
    return words


@pytest.mark.parametrize('tilt', [-12, -3, 0, 3, 12])
def test_reading_order_of_tilted_pages(tilt):
    rng = np.random.default_rng(0)
    words = page(6, 7, tilt, rng)
    shuffle = rng.permutation(len(words))
    order = reading_order([words[i] for i in shuffle])
    assert [int(shuffle[i]) for i in order] == list(range(len(words)))


@pytest.mark.parametrize('angle', [0, 20, 90, -90, 180, 137])
def test_arrange_words_of_a_paragraph_at_any_angle(angle):
    words = turned(text_lines([[4, 2, 6], [3, 5], [8, 1, 2, 3]]), angle)
    assert arrange_words(words) == [[[0, 1, 2], [3, 4], [5, 6, 7, 8]]]


def test_arrange_words_that_read_downwards():
    words = [turn_ring(ring, 1) for ring in (
        rectangle(20, 80, 0, (50, 60)), rectangle(20, 60, 0, (50, 140)),
    )]  # fmt: skip
    assert arrange_words(words) == [[[0, 1]]]


@pytest.mark.parametrize('angle', [90, 180, -90])
def test_reading_order_of_rotated_pages(angle):
    words = [
        *text_lines([[4, 3, 6], [5, 7], [3, 3, 5]]),
        *text_lines([[4, 3, 6], [5, 7], [3, 3, 5]], x=250),
        *text_lines([[8, 2]], y=200),
    ]
    assert arrange_words(turned(words, angle)) == arrange_words(words)
    assert reading_order(words) == list(range(18))


@pytest.mark.parametrize('up', [True, False])
def test_arrange_words_of_a_curved_line(up):
    words = arc_words(5, 150, np.array([300.0, 300.0]), up=up)
    assert arrange_words(words) == [[[0, 1, 2, 3, 4]]]


def test_arrange_words_joins_straight_words_with_curved_outlines():
    words = text_lines([[4, 4, 4], [4, 4, 4]], space=0.6, leading=2)
    angles = np.radians(np.linspace(-50, 50, 7))
    arc = np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    for index in (1, 4):
        center = words[index].mean(axis=0) + [0, 26]
        words[index] = np.concatenate([center + 36 * arc, (center + 16 * arc)[::-1]])
    assert arrange_words(words) == [[[0, 1, 2], [3, 4, 5]]]


def test_arrange_words_keeps_columns_apart():
    rows = [[4, 3, 6], [5, 7], [3, 3, 5], [6, 6]]
    left, right = text_lines(rows, x=0), text_lines(rows, x=200)
    blocks = arrange_words([*left, *right])
    assert blocks == [
        [[0, 1, 2], [3, 4], [5, 6, 7], [8, 9]],
        [[10, 11, 12], [13, 14], [15, 16, 17], [18, 19]],
    ]


def test_arrange_words_reads_a_title_before_its_columns():
    title = text_lines([[8, 9, 8, 9]], x=20, y=-60)
    left, right = text_lines([[4, 8], [5, 7]], x=0), text_lines([[4, 8], [6, 6]], x=200)
    blocks = arrange_words([*right, *left, *title])
    assert blocks == [[[8, 9, 10, 11]], [[4, 5], [6, 7]], [[0, 1], [2, 3]]]


def test_arrange_words_keeps_wide_gaps_that_no_column_continues():
    words = text_lines([[4, 6], [3, 3, 9]], space=1.2)
    assert arrange_words(words) == [[[0, 1], [2, 3, 4]]]


def test_arrange_words_joins_words_whose_boxes_overlap():
    words = text_lines([[4, 4, 4]], height=15, space=-0.6)  # A detector's boxes have a margin.
    assert arrange_words(words) == [[[0, 1, 2]]]


def test_arrange_words_separates_sizes_and_distant_lines():
    words = [
        *text_lines([[6]], height=60),
        *text_lines([[5, 5]], y=75),
        *text_lines([[5, 5]], y=180),
    ]
    assert arrange_words(words) == [[[0]], [[1, 2]], [[3, 4]]]


def test_arrange_words_ignores_the_order_of_the_words():
    words = [
        *text_lines([[4, 3, 6], [5, 7]]),
        *arc_words(4, 120, np.array([400.0, 300.0])),
        *text_lines([[4, 4], [4, 4], [4, 4]], x=20, y=200),
    ]
    wanted = arrange_words(words)
    for seed in range(5):
        shuffle = np.random.default_rng(seed).permutation(len(words))
        got = arrange_words([words[i] for i in shuffle])
        assert [[[int(shuffle[i]) for i in line] for line in block] for block in got] == wanted


def test_arrange_words_contains_each_word_once():
    rng = np.random.default_rng(1)
    words = [
        rectangle(*rng.uniform(1, 120, 2), rng.uniform(-180, 180), rng.uniform(0, 400, 2))
        for _ in range(60)
    ]
    assert sorted(reading_order(words)) == list(range(60))


@pytest.mark.parametrize('polygon', [SQUARE[:3], SQUARE * 0, np.repeat(SQUARE[:1], 5, axis=0)])
def test_arrange_words_accepts_degenerate_polygons(polygon):
    assert sorted(reading_order([polygon, SQUARE + 50])) == [0, 1]


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
