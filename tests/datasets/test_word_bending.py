"""Words bent along arcs: where their pixels are, and which words are bent."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from pipeline.datasets.word_bending import bend_word, can_bend
from pipeline.geometry import ring_size, split_sides
from pipeline.rectification import Rectifier

RING = np.float32([[50, 40], [290, 40], [290, 100], [50, 100]])


@pytest.fixture
def image() -> np.ndarray:
    """A gray word box with a red left half and a blue top edge, on white."""
    image = np.full((160, 360, 3), 255, np.uint8)
    cv2.rectangle(image, (50, 40), (289, 99), (128, 128, 128), -1)
    cv2.rectangle(image, (50, 40), (169, 99), (0, 0, 200), -1)
    cv2.rectangle(image, (50, 40), (289, 49), (200, 0, 0), -1)
    return image


@pytest.mark.parametrize('degrees', [40, 120, -40, -120])
def test_unrolling_a_bent_word_gives_the_straight_word(image, degrees) -> None:
    patch, bent = bend_word(image, RING, math.radians(degrees))
    (crop,) = Rectifier(size=(60, 240), mode='unroll')(patch, [bent])
    error = np.abs(crop.astype(int) - image[40:100, 50:290].astype(int)).mean()
    assert error < 12


@pytest.mark.parametrize('degrees', [90, -90])
def test_the_sign_of_the_angle_says_whether_the_middle_is_higher(image, degrees) -> None:
    patch, bent = bend_word(image, RING, math.radians(degrees))
    top, _ = split_sides(bent)
    assert (top[len(top) // 2, 1] < top[0, 1]) == (degrees > 0)
    assert (bent >= 0).all() and (bent <= patch.shape[1::-1]).all()


def test_a_word_is_not_bent_more_tightly_than_its_letters_allow(image) -> None:
    _, gentle = bend_word(image, RING, math.radians(195))
    _, tight = bend_word(image, RING, math.radians(355))
    np.testing.assert_allclose(gentle, tight, atol=1e-3)


def test_large_words_are_bent_at_a_bounded_size(image) -> None:
    large = cv2.resize(image, None, fx=4, fy=4)
    _, bent = bend_word(large, RING * 4, math.radians(60))
    assert ring_size(bent)[0] == pytest.approx(96, rel=0.05)


def test_only_straight_wide_words_are_bent() -> None:
    assert can_bend(RING, 'word')
    assert not can_bend(RING, 'ab')
    assert not can_bend(np.float32([[0, 0], [20, 0], [20, 60], [0, 60]]), 'word')
    assert not can_bend(np.repeat(RING, 2, axis=0), 'word')
