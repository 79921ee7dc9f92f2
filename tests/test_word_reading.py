"""Candidate orientations of words."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import turn_ring
from pipeline.recognition.ctc_reader import Reading
from pipeline.word_reading import CropBatch, WordBatch, choose_orientations

TALL = np.array([[10, 10], [30, 10], [30, 70], [10, 70]], dtype=np.float32)


@pytest.mark.parametrize(
    ('upright', 'flipped', 'chosen'),
    [
        (('9', 0.90), ('6', 0.99), '9'),
        (('9', 0.30), ('6', 0.99), '6'),
        (('I', 0.90), ('TO', 0.99), 'TO'),
        (('TO', 0.90), ('I', 0.99), 'I'),
    ],
)
def test_choose_orientations_keeps_single_characters_upright(upright, flipped, chosen):
    words = WordBatch([TALL], [0.8], [0])
    rings = [turn_ring(TALL, turns) for turns in (2, 0)]
    crops = CropBatch(words, [], rings, [0, 0])
    readings = [Reading(text, [score] * len(text), score) for text, score in (flipped, upright)]
    (word,) = choose_orientations(crops, readings)
    assert word.reading.text == chosen
