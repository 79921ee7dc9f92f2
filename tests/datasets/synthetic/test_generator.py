from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.datasets.synthetic import SceneGenerator, WordSource, paint
from pipeline.datasets.synthetic.inscription import _Lettering, _make_line
from pipeline.datasets.synthetic.paint import _edges_in_light, _paint_mounting, extrude
from pipeline.datasets.synthetic.placement import Placement
from pipeline.datasets.synthetic.typeset import Line, draw_word, set_lines


@pytest.fixture(scope='module')
def scenes(generator):
    return [generator.draw(np.random.default_rng([5, i])) for i in range(40)]


def test_generator_is_deterministic(generator, fonts):
    other = SceneGenerator(fonts, WordSource(), size=(320, 320))
    for seed in range(6):
        first = generator.draw(np.random.default_rng(seed))
        second = other.draw(np.random.default_rng(seed))
        assert first.image.tobytes() == second.image.tobytes()
        assert [w.text for w in first.words] == [w.text for w in second.words]
        assert all(
            np.array_equal(a.polygon, b.polygon) and a.ignore == b.ignore
            for a, b in zip(first.words, second.words)
        )


def test_generator_depends_on_the_seed(scenes):
    assert len({scene.image.tobytes() for scene in scenes}) == len(scenes)


def test_generator_respects_size_and_word_count(scenes):
    counts = [len(scene.words) for scene in scenes]
    assert all(scene.image.shape == (320, 320, 3) for scene in scenes)
    assert all(scene.image.dtype == np.uint8 for scene in scenes)
    assert max(counts) <= 25
    assert np.median(counts) >= 3


def test_polygons_are_clockwise_and_inside_the_image(scenes):
    words = [word for scene in scenes for word in scene.words]
    assert len(words) > 100
    for word in words:
        assert word.polygon.dtype == np.float32
        assert len(word.polygon) >= 4 and len(word.polygon) % 2 == 0
        assert word.polygon.min() >= 0 and word.polygon.max() <= 320
        if not word.ignore:
            assert cv2.contourArea(word.polygon, oriented=True) > 0


def test_bent_words_have_more_than_four_points(scenes):
    words = [word for scene in scenes for word in scene.words]
    assert any(len(word.polygon) > 4 for word in words)
    assert any(len(word.polygon) == 4 for word in words)


def test_legible_words_do_not_overlap(scenes):
    for scene in scenes:
        cover = np.zeros((320, 320), np.uint8)
        for word in scene.words:
            if not word.ignore:
                mask = np.zeros_like(cover)
                cv2.fillPoly(mask, [word.polygon.round().astype(np.int32)], 1)
                cover += mask
        assert (cover > 1).sum() < 0.25 * max(1, (cover > 0).sum())


def test_most_words_are_legible_and_some_are_not(scenes):
    ignored = np.mean([word.ignore for scene in scenes for word in scene.words])
    assert 0.02 < ignored < 0.5


def test_ink_is_inside_the_polygon(fonts):
    font = fonts[0].open(60)
    sheet = set_lines([Line(['Maple', 'Street'], font, space_px=20.0)], 1.2, 0.0, 10)
    picture = Placement(np.eye(3)).warp(sheet.mask, (0, 0, *sheet.mask.shape[::-1]))
    inside = np.zeros_like(picture)
    for word in sheet.words:
        polygon = Placement(np.eye(3)).box_polygon(word.box, 2)
        cv2.fillPoly(inside, [polygon.astype(np.int32)], 1)
    assert [word.text for word in sheet.words] == ['Maple', 'Street']
    assert picture[inside == 1].sum() > 0.999 * picture.sum()
    assert picture[inside == 1].mean() > 30


def test_polygons_match_large_words_on_plain_backgrounds(fonts, monkeypatch):
    plain = np.full((320, 320, 3), 200, np.uint8)
    generator = SceneGenerator(
        fonts, WordSource(), size=(320, 320), word_count=(1, 3), cap_height_px=(30, 60)
    )
    monkeypatch.setattr(generator, '_draw_ground', lambda rng: plain.copy())
    found, heights = 0, []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        image = plain.copy()
        for item in generator._write(rng, image):
            if item.inscription.plate:
                continue
            changed = np.abs(image.astype(int) - 200).max(axis=2)
            for word in generator._label(item, image, None, 0.0, 0.0):
                if word.ignore:
                    continue
                mask = np.zeros((320, 320), np.uint8)
                cv2.fillPoly(mask, [word.polygon.round().astype(np.int32)], 1)
                ring = cv2.dilate(mask, np.ones((5, 5), np.uint8)) - mask
                assert changed[mask == 1].mean() > 1.5 * changed[ring == 1].mean()
                if item.inscription.bend is None and len(word.text) > 1:
                    heights.append(ink_share(changed * mask, word.polygon))
                found += 1
    assert found >= 10
    # Outlines leave the margin that annotators leave.
    assert np.median(heights) == pytest.approx(0.84, abs=0.05)


def ink_share(changed: np.ndarray, quad: np.ndarray) -> float:
    """Height of the ink in a rectified view of a quad, as a share of the quad's height."""
    corners = np.float32([[0, 0], [200, 0], [200, 100], [0, 100]])
    view = cv2.warpPerspective(
        changed.astype(np.uint8), cv2.getPerspectiveTransform(quad, corners), (200, 100)
    )
    rows = np.flatnonzero((view > 40).any(axis=1))
    return (rows[-1] - rows[0] + 1) / 100 if len(rows) else 0.0


def test_generator_uses_images_as_backgrounds(fonts, tmp_path):
    cv2.imwrite(str(tmp_path / 'red.png'), np.full((90, 140, 3), (0, 0, 220), np.uint8))
    generator = SceneGenerator(
        fonts,
        WordSource(),
        [str(tmp_path / 'red.png')],
        (160, 200),
        word_count=(1, 2),
        drawn_share=0.0,
    )
    image = generator._draw_ground(np.random.default_rng(1))
    assert image.shape == (160, 200, 3)
    assert (np.abs(image.astype(int) - (0, 0, 220)).max(axis=2) < 4).mean() > 0.2


@pytest.mark.parametrize(
    'wrong', [{'size': (20, 20)}, {'word_count': (5, 2)}, {'cap_height_px': (50, 10)}]
)
def test_generator_rejects_empty_ranges(fonts, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SceneGenerator(fonts, WordSource(), **wrong)


def ink_height(columns: np.ndarray) -> int:
    return int(np.flatnonzero(columns.max(axis=1) > 127).size)


def test_initial_font_enlarges_the_first_letter(fonts):
    small, large = fonts[0].open(40), fonts[0].open(60)
    ink, _, top, advance = draw_word(Line(['HE'], small, initial_font=large), 'HE')
    first = round(large.getlength('H'))
    assert ink_height(ink[:, :first]) == pytest.approx(1.5 * ink_height(ink[:, first:]), abs=2)
    assert ink[-1, :first].max() and ink[-1, first:].max()
    assert len(ink) + top == pytest.approx(0, abs=1)
    assert advance == large.getlength('H') + small.getlength('E')


def test_stroke_makes_letters_bolder_but_separate(fonts):
    font = fonts[0].open(60)
    thin, *_ = draw_word(Line(['III'], font), 'III')
    bold, *_ = draw_word(Line(['III'], font, stroke_px=3), 'III')
    assert (bold > 127).sum() > 1.3 * (thin > 127).sum()
    letters = [cv2.connectedComponents((ink > 127).astype(np.uint8))[0] - 1 for ink in (thin, bold)]
    assert letters == [3, 3]


def test_initial_font_leaves_room_for_the_first_letter(fonts):
    font, initial = fonts[0].open(40), fonts[0].open(64)
    lines = [Line(['HE'], font, initial_font=initial)] * 2
    above, below = (word.box for word in set_lines(lines, 1.0, 0.0, 4).words)
    assert above[3] < below[1]


def test_tracking_keeps_word_gaps_wider_than_letter_gaps(fonts):
    line = _make_line(fonts[0], ['III', 'III'], 40, _Lettering(tracking=0.8), 0.3)
    left, right = (word.box for word in set_lines([line], 1.0, 0.0, 4).words)
    ink = draw_word(line, 'III')[0]
    gaps = np.diff(np.flatnonzero(ink.max(axis=0) > 127))
    assert right[0] - left[2] > 1.2 * gaps.max()


@pytest.fixture
def block():
    mask = np.zeros((100, 100), np.uint8)
    cv2.rectangle(mask, (40, 40), (60, 60), 255, -1)
    return mask


def test_extrude_extends_letters_to_one_side(block):
    for angle in np.linspace(0, 2 * np.pi, 13):
        deep = extrude(block, 14, angle)
        assert (deep[block == 255] == 255).all()
        added = np.argwhere((deep == 255) & (block == 0))[:, ::-1] - 50
        toward = -np.array([np.cos(angle), np.sin(angle)])
        assert added.mean(axis=0) @ toward > 5
        assert (added @ toward).max() <= np.abs(toward).sum() * 10 + 14 + 1


def test_mounted_letters_have_sides_and_sometimes_a_shadow(block):
    shadows = two_tone = 0
    for seed in range(30):
        canvas = _paint_mounting(
            np.random.default_rng(seed), np.zeros((100, 100, 4), np.uint8), block, 60, (9, 9, 200)
        )
        alpha = canvas[..., 3]
        sides = (alpha == 255) & (block == 0)
        assert (alpha[block == 255] == 255).all()
        assert 20 < sides.sum() < block.astype(bool).sum() * 2
        shadows += bool(((alpha > 20) & (alpha < 230)).any())
        two_tone += len(np.unique(canvas[sides], axis=0)) > 1
    assert 15 < shadows < 28
    assert two_tone > 20


def test_some_letters_are_mounted_on_a_wall(block, monkeypatch):
    mounted = []

    def mount(rng, canvas, *_):
        mounted.append(rng)
        return canvas

    monkeypatch.setattr(paint, '_paint_mounting', mount)
    for seed in range(100):
        paint.paint_sheet(np.random.default_rng(seed), block, 20, (90, 90, 90), False, 20)
    assert 8 < len(mounted) < 35


def test_slant_leans_letters_right_about_the_baseline(fonts):
    font = fonts[0].open(60)
    upright, left, top, advance = draw_word(Line(['I'], font), 'I')
    slanted, slanted_left, slanted_top, slanted_advance = draw_word(
        Line(['I'], font, slant=0.3), 'I'
    )
    assert slanted_top == pytest.approx(top, abs=1)
    assert slanted_advance == advance
    assert slanted.shape[1] == pytest.approx(upright.shape[1] + 0.3 * upright.shape[0], abs=3)
    # At the baseline they stand where they stood; the head is to the right of it.
    assert slanted_left == pytest.approx(left, abs=2)
    columns = np.arange(slanted.shape[1])
    head, foot = (np.average(columns, weights=slanted[row]) for row in (4, -4))
    assert head - foot == pytest.approx(0.3 * (slanted.shape[0] - 8), abs=2)
    backwards, *_ = draw_word(Line(['I'], font, slant=-0.3), 'I')
    columns = np.arange(backwards.shape[1])
    head, foot = (np.average(columns, weights=backwards[row]) for row in (4, -4))
    assert head < foot


def test_stretch_scales_the_width_of_letters(fonts):
    font = fonts[0].open(60)
    ink, _, _, advance = draw_word(Line(['Bar'], font), 'Bar')
    for stretch in (0.6, 1.5):
        other, _, _, other_advance = draw_word(Line(['Bar'], font, stretch=stretch), 'Bar')
        assert other.shape[0] == pytest.approx(ink.shape[0], abs=1)
        assert other.shape[1] == pytest.approx(stretch * ink.shape[1], abs=3)
        assert other_advance == pytest.approx(stretch * advance)


def test_bounce_moves_letters_off_the_baseline(fonts):
    font = fonts[0].open(60)
    still, *_ = draw_word(Line(['xxxx'], font), 'xxxx')
    dancing, *_ = draw_word(Line(['xxxx'], font, bounce_px=8.0), 'xxxx')
    assert dancing.shape[0] >= still.shape[0] + 6


def test_embossed_letters_are_lit_from_one_side():
    mask = np.zeros((80, 80), np.uint8)
    mask[20:60, 20:60] = 255
    light, dark = _edges_in_light(np.random.default_rng(0), mask, 40.0)
    for edge in (light, dark):
        assert edge.max() > 50
        assert not edge[mask == 0].any()
        assert edge[40, 40] < 10
    assert not np.minimum(light, dark).any()
