"""Letters that are set wide become one word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.decisions.spaced_letters import join_spaced_letters
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.spotter import TextSpotter
from pipeline.word_reading import CropBatch, ReadWord

IMAGE = np.full((160, 600, 3), 200, dtype=np.uint8)
LISTED = {'market', 'spa', 'hotel', 'sepa', 'spar'}


def letters(text: str, pitch: float = 40, y: float = 10, image: int = 0) -> list[ReadWord]:
    """Letters of 20x30 pixels; nothing is at the place of a space."""
    words = []
    for number, letter in enumerate(text):
        x = 100 + pitch * number
        ring = np.float32([[x, y], [x + 20, y], [x + 20, y + 30], [x, y + 30]])
        words.append(ReadWord(ring, Reading(letter, [0.9], 0.9), 0.8, image))
    return [word for word in words if word.reading.text != ' ']


def join(
    words: list[ReadWord],
    *texts: str,
    min_score: float = 0.0,
    score: float = 0.95,
    seen: list[np.ndarray] | None = None,
) -> list[ReadWord]:
    """Join words where every crop is read as one of the texts, by its number of letters."""

    def read(crops: CropBatch) -> list[Reading]:
        widest = max(crop.shape[1] for crop in crops.crops)
        assert widest < 0.9 * 48 / 30 * (words[-1].polygon.max() - words[0].polygon.min() + 160)
        rows = []
        if seen is not None:
            seen.extend(crops.polygons)
        for ring in crops.polygons:
            count = int((np.linalg.norm(ring[1] - ring[0]) + 21) / 40)
            text = next((text for text in texts if len(text.replace(' ', '')) == count), '')
            places = ((np.arange(len(text)) + 0.5) / max(len(text), 1)).tolist()
            rows.append(Reading(text, [score] * len(text), score ** len(text), char_places=places))
        return rows

    rectifier = Rectifier((48, [32, 64, 96, 128, 192, 256, 384, 512]))
    return join_spaced_letters(
        [IMAGE, IMAGE], words, rectifier, read, lambda text: text.lower() in LISTED, min_score
    )


def texts_of(words: list[ReadWord]) -> list[str]:
    return [word.reading.text for word in words]


@pytest.mark.parametrize('spacing', [0.4, 1.2, 1.8])
def test_wide_letters_of_a_sign_are_read_as_a_word(spacing):
    image = Image.new('RGB', (900, 300), (120, 120, 115))
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 90, 880, 190), fill=(40, 60, 90))
    font = ImageFont.load_default(40)
    x = 60.0
    for letter in 'MARKET':
        draw.text((x, 115), letter, font=font, fill=(240, 240, 230))
        x += font.getlength(letter) + 40 * spacing
    words = TextSpotter.default(engine='onnx', threads=1).read(image)
    assert [word.text for word in words] == ['MARKET']
    assert np.ptp(words[0].polygon[:, 0]) == pytest.approx(x - 40 * spacing - 60, rel=0.1)


def test_listed_words_become_one_word_with_a_place_for_each_letter():
    market = letters('MARKET')
    (word,) = join(market[3:] + market[:3], 'M ARKET')
    assert word.reading.text == 'MARKET'
    np.testing.assert_allclose(
        word.polygon, [[100, 10], [320, 10], [320, 40], [100, 40]], atol=1e-3
    )
    assert word.reading.score == pytest.approx(0.95**6)
    assert len(word.reading.char_places) == 6
    assert (np.diff(word.reading.char_places) > 0.05).all()


def test_a_missing_letter_is_read_if_the_word_is_listed():
    assert texts_of(join(letters('H TEL'), 'HOTEL')) == ['HOTEL']
    assert texts_of(join(letters('MARKE'), 'MARKET')) == ['MARKET']
    assert texts_of(join(letters('H TEX'), 'HOTEX')) == list('HTEX')


def test_letters_that_are_not_a_listed_word_must_be_four_and_be_confirmed():
    assert texts_of(join(letters('GAER'), 'GAER')) == ['GAER']
    assert texts_of(join(letters('GAER'), 'GAEB')) == list('GAER')
    assert texts_of(join(letters('GAE'), 'GAE')) == list('GAE')
    assert texts_of(join(letters('GAER'), 'GAER', score=0.8)) == list('GAER')


def test_a_missing_letter_is_not_at_the_place_of_another_word():
    def other(place: int) -> ReadWord:
        (word,) = letters('X')
        ring = word.polygon + np.float32([40 * place, 0])
        return replace(word, polygon=ring, reading=Reading('X.', [0.9] * 2, 0.81))

    words = [*letters('S PA'), other(1)]
    assert join(words, 'SEPA') == words
    words = [*letters('SPA'), other(-1), other(3)]
    assert texts_of(join(words, 'SPA', 'SPAR')) == ['SPA', 'X.', 'X.']


def test_each_row_is_read_once():
    seen = []
    join(letters('GAER'), 'GAER', seen=seen)
    assert len(seen) == len({polygon.tobytes() for polygon in seen})


def test_lines_below_each_other_stay_apart():
    joined = join(letters('SPA') + letters('GAER', y=90), 'SPA', 'GAER')
    assert texts_of(joined) == ['SPA', 'GAER']


@pytest.mark.parametrize(
    'words',
    [
        letters('1234'),  # digits may be the cells of a table
        letters('AB'),  # too few
        letters('SPA', pitch=120),  # too far apart
        letters('SPA', pitch=20),  # not set wide
        letters('SP') + letters('XXA', y=90)[2:],  # on different lines
        letters('SP') + [letters('XXA', image=1)[2]],  # in another image
    ],
    ids=['digits', 'few', 'far', 'near', 'lines', 'images'],
)
def test_other_characters_stay_apart(words):
    assert join(words, 'SPA', '1234', 'AB') == words


def test_letters_below_min_score_stay_apart():
    words = letters('SPA')
    assert join(words, 'SPA', min_score=0.75) == words
