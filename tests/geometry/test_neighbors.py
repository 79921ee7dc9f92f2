from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import polygon_iou
from pipeline.geometry.neighbors import join_words, next_words


def box(x: float, y: float, width: float, height: float, degrees: float = 0.0) -> np.ndarray:
    """The ring of a word, rotated clockwise about the origin."""
    ring = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    angle = np.deg2rad(degrees)
    return ring @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize('degrees', [0, 30, -80, 180])
def test_next_words_of_a_rotated_line(degrees):
    rings = [box(x, 0, 50, 20, degrees) for x in (120, 0, 60)]
    assert next_words(rings) == [None, 2, 0]


@pytest.mark.parametrize(
    ('follower', 'follows'),
    [
        (box(60, 0, 50, 20), True),
        (box(60, 6, 50, 20), True),
        (box(60, -2, 30, 30), True),
        (box(80, 0, 50, 20), False),  # too far away
        (box(60, 12, 50, 20), False),  # on another line
        (box(60, -10, 90, 40), False),  # of another size
        (box(0, 0, 50, 20, 40) + [60, 0], False),  # on a line of another direction
        (box(-60, 0, 50, 20), False),  # before it
    ],
)
def test_next_words_requires_similar_adjacent_words(follower, follows):
    assert next_words([box(0, 0, 50, 20), follower])[0] == (1 if follows else None)


def test_next_words_without_words():
    assert next_words([]) == []


def test_next_words_of_curved_words():
    x = np.linspace(0, 50, 5)
    top = np.stack([x, (x - 25) ** 2 / 100], 1)
    bent = np.concatenate([top, (top + [0, 20])[::-1]])
    assert next_words([bent, bent + [60, 0]]) == [1, None]


@pytest.mark.parametrize('degrees', [0, 25, 90])
def test_join_words_returns_the_smallest_box_along_the_line(degrees):
    joined = join_words([box(0, 4, 50, 16, degrees), box(60, 0, 30, 24, degrees)])
    assert polygon_iou(joined, box(0, 0, 90, 24, degrees)) > 0.9
    assert np.hypot(*(joined[0] - box(0, 0, 90, 24, degrees)[0])) < 5
