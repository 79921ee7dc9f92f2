"""Uncertain words are read from several outlines, and the readings vote."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.decisions.outline_voting import (
    choose_by_vote,
    grown_outlines,
    slanted_outlines,
    straighten_words,
    vote_on_words,
)
from pipeline.geometry import polygon_area, ring_size
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.spotter_settings import check_settings
from pipeline.word_reading import ReadWord

RING = np.array([[10, 10], [110, 10], [110, 30], [10, 30]], dtype=np.float32)


def reading(text: str, score: float) -> Reading:
    return Reading(text, [score] * len(text), score ** len(text))


def per_char(read: Reading) -> float:
    return read.score ** (1 / len(read.text))


def test_vote_prefers_the_text_of_most_readings():
    chosen = choose_by_vote(reading('RETAI', 0.8), [reading('RETAIL', 0.9)] * 3)
    assert chosen.text == 'RETAIL'


def test_vote_keeps_the_first_reading_on_a_tie():
    first = reading('loma', 0.8)
    assert choose_by_vote(first, [reading('ioma', 0.9)]) is first


def test_vote_groups_readings_that_differ_in_case():
    others = [reading('Ayam', 0.8), reading('AYAM', 0.85), reading('AYAM', 0.8)]
    assert choose_by_vote(reading('AHAM', 0.8), others).text == 'AYAM'


def test_vote_does_not_raise_the_score():
    chosen = choose_by_vote(reading('cat', 0.6), [reading('oats', 0.99)] * 3)
    assert chosen.text == 'oats'
    assert per_char(chosen) == pytest.approx(0.6)


def test_vote_ignores_readings_with_more_words():
    first = reading('GRAPHIC', 0.8)
    assert choose_by_vote(first, [reading('GRAPHIC TEE', 0.99)] * 3) is first


@pytest.mark.parametrize('outline', grown_outlines(RING))
def test_grown_outlines_contain_the_word_and_convert_places(outline):
    assert polygon_area(outline.polygon) > polygon_area(RING)
    (left, top), (right, bottom) = outline.polygon.min(0), outline.polygon.max(0)
    assert left <= 10 and top <= 10 and right >= 110 and bottom >= 30
    for x in (10.0, 60.0, 110.0):
        share = (x - left) / (right - left)
        assert outline.place(share) == pytest.approx((x - 10) / 100, abs=1e-5)


def test_slanted_outlines_are_bands_inside_the_word():
    outlines = slanted_outlines(RING)
    heights = [ring_size(outline.polygon)[0] for outline in outlines]
    assert heights == pytest.approx([17, 17, 14, 14, 11, 11, 8, 8])
    for outline in outlines:
        assert (outline.polygon.min(0) >= 10).all() and (outline.polygon.max(0) <= (110, 30)).all()
    rising = [outline.polygon[0, 1] - outline.polygon[1, 1] for outline in outlines]
    assert rising == pytest.approx([3, -3, 6, -6, 9, -9, 12, -12])


def test_vote_on_words_reads_only_uncertain_words_that_are_kept():
    read_rings = []

    def read(crops):
        read_rings.extend(crops.polygons)
        return [reading('RETAIL', 0.9)] * len(crops.crops)

    images = [np.full((40, 120, 3), 200, dtype=np.uint8)]
    words = [
        ReadWord(RING, reading('SURE', 0.95), 1.0, 0),
        ReadWord(RING, reading('RETAI', 0.8), 1.0, 0),
        ReadWord(RING, reading('dropped', 0.8), 0.2, 0),
        ReadWord(RING, Reading('', [], 0.0), 1.0, 0),
    ]
    voted = vote_on_words(
        images, words, lambda _, ring: grown_outlines(ring), Rectifier((48, 96)), read, 0.9, 0.5
    )
    assert [word.reading.text for word in voted] == ['SURE', 'RETAIL', 'dropped', '']
    assert len(read_rings) == len(grown_outlines(RING))
    assert all(word.polygon is RING for word in voted)


@pytest.mark.parametrize(
    ('score', 'box_score', 'straight'), [(0.5, 0.995, True), (0.5, 0.9, False), (0.95, 1.0, False)]
)
def test_straighten_words_replaces_uncertain_curves(score, box_score, straight):
    arch = np.float32([[10, 20], [60, 10], [110, 20], [110, 40], [60, 30], [10, 40]])
    words = [ReadWord(arch, reading('BUB', score), 0.8, 0), ReadWord(RING, reading('x', 0.1), 1, 0)]
    image = np.full((60, 120, 3), 200, dtype=np.uint8)

    def read(crops):
        assert len(crops.crops) == 1
        return [reading('PUB', box_score)]

    first, second = straighten_words([image], words, Rectifier((48, 96)), read, 0.9)
    assert second is words[1]
    if straight:
        assert first.reading.text == 'PUB'
        np.testing.assert_allclose(first.polygon, [[10, 10], [110, 10], [110, 40], [10, 40]])
    else:
        assert first is words[0]


@pytest.mark.parametrize('text, straight', [('1', True), ('17', False)])
def test_straighten_words_sets_tilted_characters_upright(text, straight):
    """The smallest rectangle around a 7 is tilted; it contains a stroke only."""
    tilted = np.float32([[20, 10], [50, 20], [40, 50], [10, 40]])
    word = ReadWord(tilted, reading(text, 0.5), 0.8, 0)

    def read(crops):
        return [reading('7', 0.999)]

    image = np.full((60, 120, 3), 200, dtype=np.uint8)
    (found,) = straighten_words([image], [word], Rectifier((48, 96)), read, 0.9)
    if straight:
        assert found.reading.text == '7'
        np.testing.assert_allclose(found.polygon, [[10, 10], [50, 10], [50, 50], [10, 50]])
    else:
        assert found is word


def draw_slanted(text: str, degrees: float) -> np.ndarray:
    """The upright box of a word that rises."""
    image = np.full((700, 700, 3), 235, dtype=np.uint8)
    cv2.putText(image, text, (60, 350), cv2.FONT_HERSHEY_COMPLEX, 2, (40, 40, 40), 3, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((350, 350), degrees, 1)
    image = cv2.warpAffine(image, turn, (700, 700), borderValue=(235, 235, 235))
    ys, xs = np.nonzero(image.min(2) < 215)
    return image[ys.min() - 2 : ys.max() + 3, xs.min() - 2 : xs.max() + 3].copy()


@pytest.mark.parametrize('degrees', [36, -40])
def test_read_crops_reads_slanted_words_of_upright_boxes(default_spotter, degrees):
    expected = ['HARBOURSIDE', 'restaurants', 'PHARMACY', 'Boulangerie']
    readings = default_spotter.read_crops([draw_slanted(text, degrees) for text in expected])
    assert [text for text, _ in readings] == expected


def test_check_settings_rejects_a_vote_threshold_outside_0_to_1():
    with pytest.raises(ValueError, match='vote_below must be in'):
        check_settings(0.5, 1, 1.5)
