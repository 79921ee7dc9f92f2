from __future__ import annotations

import builtins
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from shapely.geometry import Polygon, box

from pipeline import Block, Line, Page, Word
from pipeline.geometry import clip_to_image
from pipeline.visualization.label_fonts import dejavu_sans

QUAD = np.array([[10, 20], [50, 20], [50, 40], [10, 40]], dtype=np.float32)


def word(text: str, x: float = 0.0, y: float = 0.0) -> Word:
    return Word(QUAD + np.float32([x, y]), text, det_score=0.9, rec_score=0.8)


def small_page() -> Page:
    words = [
        word('line', 50, 28),
        word('two'),
        word('second', 0, 28),
        word('lines', 50),
        word('x', 300, 200),
    ]
    return Page.from_words(words, (300, 400))


def test_page_contains_blocks_lines_and_words():
    page = small_page()
    assert [[line.text for line in block.lines] for block in page.blocks] == [
        ['two lines', 'second line'], ['x'],
    ]  # fmt: skip
    assert page.text == 'two lines\nsecond line\n\nx'
    assert [w.text for w in page.words] == ['two', 'lines', 'second', 'line', 'x']
    assert page.line_numbers == [0, 0, 1, 1, 2] and page.block_numbers == [0, 0, 0, 0, 1]
    assert isinstance(page.blocks[0], Block) and isinstance(page.lines[0], Line)


def test_page_without_words():
    page = Page.from_words([], (30, 40))
    assert (page.blocks, page.text, page.rows()) == ((), '', [])
    assert page.to_dict() == {'width': 40, 'height': 30, 'orientation': 0, 'words': []}


def test_line_and_block_polygons_contain_their_words():
    page = small_page()
    assert page.lines[0].polygon.tolist() == [[10, 20], [100, 20], [100, 40], [10, 40]]
    assert page.blocks[0].polygon.tolist() == [[10, 20], [100, 20], [100, 68], [10, 68]]


def test_curved_line_keeps_the_sides_of_its_words():
    x = np.linspace(0, 100, 7)
    top = np.stack([x, 60 - 0.8 * np.sqrt(x * (200 - x)) * 0.5], axis=1)
    ring = np.concatenate([top, (top + [0, 15])[::-1]]).astype(np.float32)
    page = Page.from_words([Word(ring, 'bent', 0.9, 0.9)], (300, 300))
    assert len(page.lines[0].polygon) == 14
    assert np.allclose(page.lines[0].polygon, ring, atol=1e-3)


def test_page_clips_polygons_to_the_image():
    rng = np.random.default_rng(0)
    limit = box(0, 0, 120, 90)
    for _ in range(200):
        polygon = rng.uniform(-60, 180, (rng.integers(3, 9), 2))
        page = Page.from_words([Word(polygon.astype(np.float32), 'a', 0.9, 0.9)], (90, 120))
        for element in (page.words[0], page.lines[0], page.blocks[0]):
            points = element.polygon
            assert (points >= 0).all() and (points <= [120, 90]).all()
    outside = np.array([[-10, -10], [60, -10], [60, 30], [-10, 30]])
    assert Polygon(clip_to_image(outside, (90, 120))).equals(Polygon(outside) & limit)


def test_clip_to_image_keeps_polygons_valid():
    rng = np.random.default_rng(3)
    tried = 0
    for _ in range(400):
        angles = np.sort(rng.uniform(0, 2 * np.pi, 8))
        radius = rng.uniform(5, 80, (8, 1))
        star = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1) + rng.uniform(0, 90, 2)
        visible = Polygon(star) & box(0, 0, 120, 90) if Polygon(star).is_valid else Polygon()
        if visible.area < 50:
            continue
        tried += 1
        assert Polygon(clip_to_image(star, (90, 120))).is_valid
    assert tried > 100


def test_elements_convert_to_plain_values():
    page = small_page()
    record = json.loads(page.to_json())
    assert record == page.to_dict()
    assert record['words'][3] == {
        'polygon': [[60, 48], [100, 48], [100, 68], [60, 68]], 'text': 'line',
        'score': round(0.9 * 0.8 ** 0.25, 4), 'det_score': 0.9, 'rec_score': 0.8,
        'line': 1, 'block': 0,
    }  # fmt: skip
    block = json.loads(page.blocks[0].to_json())
    assert block['text'] == 'two lines\nsecond line'
    assert block['lines'][1] == page.lines[1].to_dict()
    assert block['lines'][1]['words'][1] == page.words[3].to_dict()


def test_rows_name_the_corners_of_words():
    row = small_page().rows()[4]
    assert (row['block'], row['line'], row['text']) == (1, 2, 'x')
    assert [row[name] for name in ('x1', 'y1', 'x3', 'y3')] == [310, 220, 350, 240]
    assert 'block' not in word('a').rows()[0]


def test_to_dataframe_has_one_row_per_word():
    pandas = pytest.importorskip('pandas')
    frame = small_page().to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.text.tolist() == ['two', 'lines', 'second', 'line', 'x']
    assert frame.line.tolist() == [0, 0, 1, 1, 2]


def test_to_dataframe_without_pandas_names_the_package(monkeypatch):
    real = builtins.__import__

    def no_pandas(name, *args, **kwargs):
        if name == 'pandas':
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', no_pandas)
    with pytest.raises(ImportError, match='pip install pandas'):
        word('a').to_dataframe()


def test_draw_gives_the_words_of_a_line_one_color():
    image = np.zeros((300, 400, 3), dtype=np.uint8)
    page = small_page()
    drawn = page.draw(image)
    first, second, below = (drawn[y, x].tolist() for x, y in ((30, 40), (80, 40), (30, 68)))
    assert first == second != below
    assert not image.any() and (page.words[0].draw(image) != image).any()


def test_read_page_has_the_words_of_read(default_spotter, demo_words):
    page = default_spotter.read_page(Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg')
    assert [w.text for w in page.words] == [w.text for w in demo_words]
    assert all(np.array_equal(a.polygon, b.polygon) for a, b in zip(page.words, demo_words))
    assert any(line.text.startswith('ROSA BAKERY') for line in page.lines)


def test_page_of_an_upside_down_image_has_the_order_of_the_text():
    upright = [(10, 10, 'one'), (60, 10, 'two'), (10, 150, 'three')]
    words = []
    for x, y, text in upright:
        x1, y1, x2, y2 = 400 - x, 300 - y, 360 - x, 280 - y
        ring = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)
        words.append(Word(ring, text, 0.9, 0.9))
    page = Page.from_words(words[::-1], (300, 400), orientation=180)
    assert page.text == 'one two\n\nthree'
    assert page.to_dict()['orientation'] == 180
    np.testing.assert_array_equal(page.words[0].polygon, words[0].polygon)


def test_chars_cut_the_polygon_of_a_word():
    borders = np.array([[0.25, 0.5], [0.25, 0.5]])
    whole = Word(QUAD, 'abc', 0.9, 0.5, (0.9, 0.8, 0.7), borders)
    chars = whole.chars
    assert [(char.text, char.score) for char in chars] == [('a', 0.9), ('b', 0.8), ('c', 0.7)]
    assert [char.polygon[:, 0].min() for char in chars] == [10, 20, 30]
    assert chars[2].polygon.tolist() == [[30, 20], [50, 20], [50, 40], [30, 40]]
    assert whole.to_dict(chars=True)['chars'][1] == {
        'text': 'b', 'score': 0.8, 'polygon': [[20, 20], [30, 20], [30, 40], [20, 40]],
    }  # fmt: skip
    assert 'chars' not in whole.to_dict() and word('abc').chars == ()


def test_chars_of_a_drawn_word_are_at_its_letters(default_spotter):
    font = ImageFont.truetype(dejavu_sans(), 48)
    picture = Image.new('RGB', (420, 120), 'white')
    ImageDraw.Draw(picture).text((40, 30), 'STATION', font=font, fill='black')
    (read,) = default_spotter.read(picture)
    assert read.text == 'STATION' and len(read.chars) == 7
    for index, char in enumerate(read.chars):
        left = 40 + font.getlength('STATION'[:index])
        right = 40 + font.getlength('STATION'[: index + 1])
        center = char.polygon[:, 0].mean()
        assert abs(center - (left + right) / 2) < 0.5 * (right - left), char.text
        assert 0 < char.score <= 1
