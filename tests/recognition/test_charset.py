"""A charset constrains what is read, while it is read."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from pipeline import TextSpotter
from pipeline.recognition.charset import Charset, check_charset
from pipeline.recognition.ctc_reader import CTCReader
from pipeline.recognition.language.rescorer import LanguageModelRescorer, read_ctc

DEMO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'
CHARACTERS = ['O', '0', 'B', '8', 'é', '.', ' ', '<PAD>']
BLANK = 7


def columns(*shares: dict[str, float]) -> np.ndarray:
    """(1, T, L) log probabilities: the shares of some classes per column."""
    probs = np.full((1, len(shares), len(CHARACTERS)), 1e-7)
    for column, some in enumerate(shares):
        for char, share in some.items():
            probs[0, column, CHARACTERS.index(char)] = share
    return np.log(probs / probs.sum(-1, keepdims=True))


def read(log_probs: np.ndarray, spec: str | None):
    reader = CTCReader(CHARACTERS, BLANK, word_break=6)
    reader.use_charset(spec)
    (reading,) = read_ctc(reader, LanguageModelRescorer(CHARACTERS, [BLANK]), log_probs)
    return reading


O_OR_0 = columns({'O': 0.9, '0': 0.08, '<PAD>': 0.02}, {'<PAD>': 1}, {'B': 0.8, '8': 0.2})


@pytest.mark.parametrize(
    ('spec', 'text'),
    [
        (None, 'OB'), ('digits', '08'), ('letters', 'OB'), ('alphanumeric', 'OB'), ('0B', '0B'),
        ('/[A-Z]+/', 'OB'), ('/[0-9]+/', '08'), ('/0[A-Z]/', '0B'), ('/O8|0B/', 'O8'),
    ],
)  # fmt: skip
def test_charset_decides_between_similar_characters(spec, text):
    assert read(O_OR_0, spec).text == text


def test_charset_of_characters_raises_their_scores():
    reading = read(O_OR_0, 'digits')
    assert reading.char_scores == pytest.approx([0.8, 1.0], abs=1e-3)


@pytest.mark.parametrize('spec', ['digits', '/[0-9]+/'])
def test_charset_keeps_the_places_of_characters(spec):
    first, second = read(O_OR_0, spec).char_places
    assert 0 < first < 0.4 < 0.6 < second < 1


def test_charset_keeps_low_scores_of_other_characters():
    letter = columns({'é': 0.999, '.': 0.0005, '0': 0.0005})
    assert read(letter, '0.').score < 0.06


def test_charset_keeps_spaces_between_words():
    two = columns({'O': 0.9, '0': 0.1}, {' ': 1}, {'B': 0.8, '8': 0.2})
    reading = read(two, 'digits')
    assert (reading.text, len(reading.gaps)) == ('0 8', 1)


def test_charset_without_a_match_reads_nothing():
    reading = read(O_OR_0, '/[0-9]{5}/')
    assert (reading.text, reading.score) == ('', 0.0)


def test_charset_is_pickled():
    reader = CTCReader(CHARACTERS, BLANK)
    reader.use_charset('/[0-9]+/')
    copy = pickle.loads(pickle.dumps(reader))
    assert copy.charset.spec == '/[0-9]+/' and copy.charset.matches('08')


@pytest.mark.parametrize(
    ('spec', 'message'),
    [
        ('0ж', "cannot read 'ж' of the charset '0ж'"),
        ('', 'contains no character: wanted digits'),
        ('/[0-9/', 'not a regular expression'),
    ],
)
def test_charset_rejects_what_cannot_be_read(spec, message):
    with pytest.raises(ValueError, match=message):
        Charset(spec, CHARACTERS, [BLANK])


def draw_crop(text: str) -> np.ndarray:
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), 40)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new('RGB', (right - left + 12, bottom - top + 12), (235, 235, 225))
    ImageDraw.Draw(image).text((6 - left, 6 - top), text, (30, 30, 60), font)
    return np.asarray(image)[..., ::-1].copy()


def test_default_spotter_reads_with_a_charset():
    spotter = TextSpotter.default()
    crops = [draw_crop(text) for text in ('BOO8', 'Tel. 42')]
    assert spotter.charset is None
    results = {}
    for spec in (None, 'letters', '0123456789B', '/[A-Z]{3}[0-9]/', 'digits'):
        spotter.charset = spec
        assert spotter.charset == spec
        results[spec] = [text for text, _ in spotter.read_crops(crops)]
    assert results[None][1] == 'Tel. 42'
    assert results['letters'][0].isalpha()
    assert results['0123456789B'][0] == 'B008'
    assert results['/[A-Z]{3}[0-9]/'][0] == 'BOO8'
    assert results['digits'][0].isdigit() and results['digits'][1].endswith('42')


def test_default_spotter_does_not_rotate_images_with_a_charset(default_spotter):
    spotter = pickle.loads(pickle.dumps(default_spotter))
    spotter.charset = '0123456789.,€'
    words = spotter.read(DEMO)
    assert words.orientation == 0
    assert [word.text for word in words] == ['€4.50', '€6.20']


@pytest.mark.parametrize('spec', ['digit', 'Digits', 'digts', 'letter', 'alphanum', 'alpha'])
def test_charset_rejects_misspelled_names(spec):
    listed = ''.join(sorted(set(spec)))
    with pytest.raises(ValueError, match=f"digits, letters, alphanumeric.*'{listed}'"):
        check_charset(spec)
    check_charset(listed)


@pytest.mark.parametrize('spec', ['digits', 'dgit', '0123456789.,', 'abcdefghijklmnopqrstuvwxyz'])
def test_check_charset_accepts_names_and_lists(spec):
    assert check_charset(spec) is None
