"""Misspelled words pasted into images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from mmengine.structures import LabelData
from toy_reader import ShiftReader, make_subject, write_photos

from pipeline.analysis.context.lettering import hang_plate, typeset_plate
from pipeline.analysis.context.misleading import check_misleading
from pipeline.analysis.context.subject import Subject
from pipeline.analysis.gt_images import read_gt_images
from pipeline.rectification import Rectifier

WORDS = ('CAKE', 'STREETCAR')
CODES: list[str] = []


def plate_of(text: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A plate whose blue value encodes its text."""
    if text not in CODES:
        CODES.append(text)
    plate = np.zeros((40, 120, 3), np.uint8)
    plate[..., 0] = 10 + 4 * CODES.index(text)
    return plate, np.array([[4, 4], [116, 4], [116, 36], [4, 36]], np.float32)


class Corrector(ShiftReader):
    """Reads plates as written, and with context as the original word."""

    def decode(self, blues: Any, data_samples: Sequence[Any], mode: str, context: Any) -> Any:
        for blue, sample in zip(blues.tolist(), data_samples):
            written = CODES[round((blue - 10) / 4)]
            near = min(WORDS, key=lambda word: abs(len(word) - len(written)))
            sample.pred_text = LabelData(item=written if context is None else near, score=[1.0])
        return data_samples


@pytest.fixture
def photos(tmp_path):
    return read_gt_images(
        [write_photos(tmp_path, [(1, [('a', 'b')]), (2, [('a', 'x')]), (0, [('h', 'h')])])]
    )


def test_check_misleading_counts_corrections(photos):
    CODES.clear()
    honest = make_subject()
    subject = Subject(Corrector(), Rectifier(size=(32, 128)), honest.encoder_config)
    result = check_misleading(subject, photos, WORDS, plate_of, count=20, longest=10, seed=0)
    assert result['words'] == 20
    assert result['off'] == {
        'spelled_right': 1.0, 'as_written': 1.0, 'corrected': 0.0, 'otherwise': 0.0,
    }  # fmt: skip
    assert result['on']['corrected'] == 1.0
    assert result['corrected_difference']['value'] == 1.0
    example = result['examples'][0]
    assert example['on'] == example['word'] != example['written'] == example['off']


def test_check_misleading_without_usable_words(photos):
    result = check_misleading(make_subject(), photos, ['a'], plate_of, 20, longest=8, seed=0)
    assert result == {'words': 0}


def test_hang_plate_quad_matches_the_plate():
    photo = np.full((300, 400, 3), 90, np.uint8)
    plate, quad = plate_of('X', np.random.default_rng(0))
    hung, place = hang_plate(photo, plate, quad, np.random.default_rng(1))
    assert (photo == 90).all()
    crop = Rectifier(size=(32, 128))(hung, [place])[0]
    assert (crop == plate[0, 0]).all()
    left, top = place.min(axis=0)
    assert hung[int(top), int(left), 0] == plate[0, 0, 0]


def test_hang_plate_fits_a_small_image():
    plate, quad = typeset_plate('INCOMPREHENSIBLE', np.random.default_rng(0))
    hung, place = hang_plate(np.zeros((30, 40, 3), np.uint8), plate, quad, np.random.default_rng(0))
    assert hung.shape == (30, 40, 3)
    assert (place >= 0).all()
    assert (place <= (40, 30)).all()


def test_typeset_plate_quad_contains_the_text():
    for seed in range(8):
        plate, quad = typeset_plate('Gypsy', np.random.default_rng(seed))
        gray = plate.mean(axis=2)
        ink = np.abs(gray - gray[0, 0]) > 40
        ys, xs = np.nonzero(ink)
        assert quad[0, 0] <= xs.min() and xs.max() < quad[2, 0]
        assert quad[0, 1] <= ys.min() and ys.max() < quad[2, 1]
