from __future__ import annotations

import logging

import numpy as np
import pytest

from pipeline.datasets.converters.outlines import (
    order_outline,
    outline_instance,
    parse_outline,
    report_degenerate,
)
from pipeline.geometry import is_clockwise, polygon_iou, split_sides

BOX = [(10.0, 10.0), (50.0, 10.0), (50.0, 20.0), (10.0, 20.0)]


def arc(along_top: int, along_bottom: int) -> np.ndarray:
    """A word bent over the top of a circle, with unequal numbers of points on its sides."""
    top = np.linspace(1.2 * np.pi, 1.8 * np.pi, along_top)
    bottom = np.linspace(1.8 * np.pi, 1.2 * np.pi, along_bottom)
    angles = np.concatenate([top, bottom])
    radii = np.repeat([150.0, 110.0], [along_top, along_bottom])
    return 200 + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


@pytest.mark.parametrize(
    ('values', 'points'),
    [
        ([1, 2, 3, 4.5, 5, 6], [(1, 2), (3, 4.5), (5, 6)]),
        ([[1, 2], [3, 4], [5, 6]], [(1, 2), (3, 4), (5, 6)]),
        ([[1, 2], [3, 4], [5, 6], [1, 2]], [(1, 2), (3, 4), (5, 6)]),  # drawn back to its start
        ([1, 2, 1, 2, 3, 4], [(1, 2), (3, 4)]),  # a double click
        ([], []),
    ],
)
def test_parse_outline_accepts_flat_lists_and_pairs(values, points):
    assert parse_outline(values, 'file, word 3') == points


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ([1, 2, 3, 4, 5, 6, 7], 'odd count of 7'),
        ([[1, 2], [3, 4], [5]], r'pairs \[x, y\]'),
        ([[1, 2], 3], r'pairs \[x, y\]'),
        ([1, 2, 3, '4'], "expected numbers, got '4'"),
        ([1, 2, True, 4], 'expected numbers, got True'),
        ([1, 2, float('nan'), 4], 'finite'),
        ('1,2,3,4', 'list of points'),
        (None, 'list of points'),
    ],
)
def test_parse_outline_names_a_malformed_outline(values, message):
    with pytest.raises(ValueError, match=f'^file, word 3: .*{message}'):
        parse_outline(values, 'file, word 3')


def test_outline_instance_keeps_a_known_start():
    upside_down = BOX[2:] + BOX[:2]
    flat = [value for point in upside_down for value in point]
    assert outline_instance(upside_down, 'a', False)['polygon'] == flat
    backwards = [upside_down[0], *upside_down[:0:-1]]
    assert outline_instance(backwards, 'a', False)['polygon'] == flat
    assert outline_instance(arc(5, 3).tolist(), 'a', False)['polygon'][:2] == [
        round(float(value), 2) for value in arc(5, 3)[0]
    ]


@pytest.mark.parametrize('turn', range(4))
@pytest.mark.parametrize('step', [1, -1])
def test_order_outline_finds_the_start_of_a_quad(turn, step):
    corners = [BOX[(turn + step * i) % 4] for i in range(4)]
    word = outline_instance(corners, 'a', False, start_is_known=False)
    assert word['polygon'] == [10, 10, 50, 10, 50, 20, 10, 20]


@pytest.mark.parametrize('turn', [0, 2, 5, 8])
@pytest.mark.parametrize('step', [1, -1])
def test_order_outline_finds_the_start_of_a_curved_word(turn, step):
    outline = arc(7, 4)
    ring = order_outline(np.roll(outline, turn, axis=0)[::step])
    assert np.allclose(ring[0], outline[0], atol=1e-3)
    assert is_clockwise(ring)
    assert polygon_iou(ring, outline) > 0.999
    top, bottom = split_sides(ring)
    assert np.allclose([top[-1], bottom[-1], bottom[0]], outline[[6, 7, 10]], atol=1e-3)


@pytest.mark.parametrize(
    'outline',
    [
        [(0, 0), (40, 0), (40, 12)],
        [(0, 5), (3, 0), (40, 0), (43, 5), (40, 10), (3, 10)],
        [(0, 0), (20, 1), (40, 0), (40, 10), (0, 10)],
        [(0, 0), (9, 0), (12, 5), (9, 10), (0, 10)],
    ],
)
def test_order_outline_returns_two_equal_sides(outline):
    ring = order_outline(np.array(outline, dtype=float))
    assert len(ring) >= 4
    assert len(ring) % 2 == 0
    assert is_clockwise(ring)
    assert ring[0][0] < 10


@pytest.mark.parametrize(
    ('points', 'bbox'),
    [
        ([], [0, 0, 1, 1]),
        ([(7.0, 8.0)], [6.5, 7.5, 7.5, 8.5]),
        ([(4.0, 8.0), (9.0, 8.0)], [4, 7.5, 9, 8.5]),
        ([(4.0, 8.0), (9.0, 8.0), (6.0, 8.0), (4.0, 8.0)], [4, 7.5, 9, 8.5]),
        ([(4.0, 3.0), (4.0, 9.0), (4.0, 5.0)], [3.5, 3, 4.5, 9]),
    ],
)
def test_outline_instance_ignores_words_without_area(points, bbox):
    word = outline_instance(points, 'word', ignore=False)
    assert word['bbox'] == bbox
    assert len(word['polygon']) == 8
    assert (word['ignore'], word['degenerate'], word['text']) == (True, True, 'word')


def test_report_degenerate_logs_the_count(caplog):
    words = [outline_instance([], 'a', False), outline_instance(BOX, 'b', False)]
    with caplog.at_level(logging.WARNING):
        report_degenerate('labels.json', [{'img_path': 'photo.jpg', 'instances': words}])
    assert 'labels.json: words' in caplog.text
    assert 'ignored: 1, the first in photo.jpg' in caplog.text


@pytest.mark.parametrize('text', ['', '  '])
def test_outline_instance_ignores_words_without_text(text):
    assert outline_instance(BOX, text, ignore=False)['ignore']
