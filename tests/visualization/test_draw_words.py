from __future__ import annotations

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from pipeline.visualization import draw_words
from pipeline.visualization.font_coverage import covered_letters
from pipeline.visualization.label_fonts import LabelFonts, dejavu_sans
from pipeline.visualization.label_placement import place_labels

GROUND = 90


def photo(height=300, width=400):
    return np.full((height, width, 3), GROUND, dtype=np.uint8)


def word(x=150, y=140, width=100, height=24):
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], float)


def changed(drawn):
    """Rows and columns of the pixels that differ from the background."""
    return np.argwhere((drawn != GROUND).any(axis=2))


def test_draw_words_without_words_returns_a_copy():
    image = photo()
    drawn = draw_words(image, [], [], [])
    np.testing.assert_array_equal(drawn, image)
    assert drawn is not image


def test_draw_words_does_not_modify_the_image():
    image = photo()
    draw_words(image, [word()], ['word'], [0.5])
    assert (image == GROUND).all()


def test_draw_words_draws_only_near_the_outline():
    places = changed(draw_words(photo(), [word()]))
    assert places[:, 0].min() in range(134, 141) and places[:, 0].max() in range(163, 171)
    assert places[:, 1].min() in range(144, 151) and places[:, 1].max() in range(249, 257)
    inside = draw_words(photo(), [word()])[150:155, 160:240]
    assert (inside == GROUND).all()


def test_draw_words_puts_the_label_above_the_word():
    drawn = draw_words(photo(), [word()], ['Word'])
    assert (drawn[150:155, 160:240] == GROUND).all()
    above = changed(drawn[:134])
    assert len(above) > 200
    assert above[:, 1].min() >= 140


def test_draw_words_puts_the_label_below_at_the_top_edge():
    drawn = draw_words(photo(), [word(y=2)], ['Word'])
    assert len(changed(drawn[34:])) > 200


def test_draw_words_without_text_draws_the_outline_only():
    np.testing.assert_array_equal(
        draw_words(photo(), [word()], ['']), draw_words(photo(), [word()])
    )


def test_draw_words_shows_scores():
    bare = draw_words(photo(), [word()], ['Word'])
    assert len(changed(draw_words(photo(), [word()], ['Word'], [0.5]))) > len(changed(bare))
    assert len(changed(draw_words(photo(), [word()], None, [0.5]))) > 0


def test_draw_words_scales_labels_with_words():
    small = changed(draw_words(photo(), [word(height=10)], ['Word'])[:130])
    large = changed(draw_words(photo(), [word(height=40)], ['Word'])[:130])
    assert len(large) > 1.5 * len(small)


@pytest.mark.parametrize('text', ['Straße', 'Ωμέγα', 'Привет', 'مرحبا', '€ 5,00', 'a\nb\tc\x00'])
def test_draw_words_supports_many_scripts(text):
    plain = ''.join(letter for letter in text if letter.isprintable())
    assert {ord(letter) for letter in plain} <= covered_letters(dejavu_sans())
    first, second = (draw_words(photo(), [word()], [label]) for label in (text, '\uffff' * 5))
    assert (first != second).any()


@pytest.mark.parametrize('text', ['\U0001f600', '漢字', '\ud800', '\uffff', ' ', 'x' * 500])
def test_draw_words_accepts_any_text(text):
    assert draw_words(photo(), [word()], [text]).shape == (300, 400, 3)


@pytest.mark.parametrize('size', [(1, 1), (5, 300), (300, 5), (40, 60)])
def test_draw_words_accepts_small_images(size):
    drawn = draw_words(photo(*size), [word(), word(2, 2, 10, 4)], ['outside', 'inside'])
    assert drawn.shape == (*size, 3)


@pytest.mark.parametrize(
    'ring',
    [
        np.full((4, 2), 50.0),
        word() * 1e8,
        word() - 1e5,
        np.array([[10, 10], [90, 90], [90, 10], [10, 90], [50, 50]]),
    ],
)
def test_draw_words_accepts_degenerate_polygons(ring):
    assert draw_words(photo(), [ring], ['word']).shape == (300, 400, 3)


def test_draw_words_rejects_invalid_arguments():
    with pytest.raises(ValueError, match='uint8'):
        draw_words(photo().astype(float), [])
    with pytest.raises(ValueError, match='texts must be 1'):
        draw_words(photo(), [word()], ['a', 'b'])
    with pytest.raises(ValueError, match=r'polygons\[0\]'):
        draw_words(photo(), [word() * np.nan])
    with pytest.raises(ValueError, match='font_path'):
        draw_words(photo(), [word()], ['a'], font_path=__file__)


def overlap(first, second):
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    return float(np.prod(np.maximum(high - low, 0)))


def test_place_labels_avoids_words_and_labels():
    words = np.array([[100, 40 + 22 * row, 180, 58 + 22 * row] for row in range(8)])
    labels = place_labels(words, [(16, 60)] * 8, (300, 400))
    for index, label in enumerate(labels):
        assert all(overlap(label, box) == 0 for box in words)
        assert all(overlap(label, other) == 0 for other in labels[:index])


def test_place_labels_stays_inside_the_image():
    rng = np.random.default_rng(0)
    low = rng.uniform(-20, 400, (40, 2))
    words = np.concatenate([low, low + np.array([50, 15])], axis=1)
    labels = place_labels(words, [(14, 50)] * 40, (300, 400))
    assert (labels[:, :2] >= 0).all() and (labels[:, 2:] <= (400, 300)).all()


def test_covered_letters_equals_fonttools():
    assert covered_letters(dejavu_sans()) == set(TTFont(dejavu_sans()).getBestCmap())


def test_covered_letters_of_other_files_is_empty(tmp_path):
    assert covered_letters(str(tmp_path / 'missing.ttf')) == frozenset()
    for content in (b'', b'ttcf', b'\x00\x01\x00\x00\x00\x09', b'no font at all'):
        path = tmp_path / f'{len(content)}.ttf'
        path.write_bytes(content)
        assert covered_letters(str(path)) == frozenset()


def test_label_fonts_keeps_accents_in_one_font():
    runs = LabelFonts().runs('nai\u0308ve café', 20)
    assert [piece for piece, _ in runs] == ['nai\u0308ve café']
