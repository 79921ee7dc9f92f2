from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.decisions.single_characters import clear_characters, find_faint_characters
from pipeline.detection.detections import Detections
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import ReadWord

TEXT = '013456789738'
IMAGE = np.full((200, 400, 3), 255, np.uint8)


def box(x: float, y: float, width: float = 24, height: float = 40) -> np.ndarray:
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    return np.array(corners, np.float32)


def read_word(text: str, x: float = 0, score: float = 1.0) -> ReadWord:
    return ReadWord(box(x, 20), Reading(text, [score] * len(text), score), 0.7, 0)


def read_as(*texts: tuple[str, float]):
    """A recognizer that returns these texts, one for all orientations of each word."""

    def read(crops):
        readings = [Reading(text, [score] * len(text), score) for text, score in texts]
        return [readings[word] for word in crops.word_index]

    return read


CLEAR = [read_word(text, 50 * number) for number, text in enumerate('357')]


def test_clear_characters_are_at_least_half_of_the_words() -> None:
    words = [*CLEAR, read_word('word', 200), read_word('other', 250)]
    assert clear_characters(words, 0.5) == CLEAR
    assert clear_characters([*words, read_word('two', 300), read_word('more', 350)], 0.5) == []
    assert clear_characters(CLEAR[:1], 0.5) == CLEAR[:1]
    assert clear_characters([], 0.5) == []


def test_clear_characters_ignores_uncertain_words_and_marks() -> None:
    uncertain = [read_word(text, 0, 0.3) for text in ('a', 'few', 'words', 'more')]
    assert clear_characters([*CLEAR, *uncertain], 0.5) == CLEAR
    assert clear_characters([CLEAR[0], read_word('-', 50), read_word('+', 100)], 0.5) == []


@pytest.mark.parametrize(
    ('polygon', 'text', 'score', 'kept'),
    [
        (box(200, 20), '8', 0.95, True),
        (box(200, 20), '8', 0.85, False),  # uncertain
        (box(200, 20), '80', 0.99, False),
        (box(200, 20), '.', 0.99, False),
        (box(200, 20, 10, 14), '8', 0.99, False),  # much smaller than the clear characters
        (box(102, 22), '8', 0.99, False),  # on a clear character
    ],
)
def test_faint_characters_are_like_the_clear_ones(polygon, text, score, kept) -> None:
    faint = [Detections([polygon], np.array([0.3], np.float32))]
    found = find_faint_characters([IMAGE], CLEAR, faint, Rectifier(), read_as((text, score)))
    assert [word.reading.text for word in found] == ([text] if kept else [])
    assert all(word.det_score == 0.7 and word.image_index == 0 for word in found)


def test_faint_characters_of_several_sizes_are_returned_once() -> None:
    faint = [
        Detections([box(200, 20)], np.array([0.3], np.float32)),
        Detections([box(203, 18, 26, 44)], np.array([0.4], np.float32)),
    ]
    read = read_as(('6', 0.92), ('8', 0.97))
    found = find_faint_characters([IMAGE], CLEAR, faint, Rectifier(), read)
    assert [word.reading.text for word in found] == ['8']


def draw_form() -> np.ndarray:
    image = Image.new('RGB', (600, 400), 'white')
    draw = ImageDraw.Draw(image)
    for number in range(12):
        x, y = 20 + number % 4 * 140, 20 + number // 4 * 120
        draw.rectangle([x, y, x + 120, y + 90], outline='black', width=2)
        draw.text((x + 60, y + 45), TEXT[number], 'black', ImageFont.load_default(48), 'mm')
    return np.asarray(image)[..., ::-1].copy()


def check_form(texts: list[str]) -> None:
    assert not Counter(texts) - Counter(TEXT)
    assert len(texts) >= 11  # 7 without the search for faint characters


def test_spotter_reads_the_digits_of_a_form(default_spotter) -> None:
    check_form([word.text for word in default_spotter.read(draw_form())])


@pytest.mark.slow
def test_torch_spotter_reads_the_digits_of_a_form(float_spotter) -> None:
    check_form([word.text for word in float_spotter.read(draw_form())])
