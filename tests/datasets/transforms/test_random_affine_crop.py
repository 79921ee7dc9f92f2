from __future__ import annotations

import cv2
import numpy as np
import pytest
from toy_spotter import draw_photo

from pipeline.datasets.transforms import RandomAffineCrop

SIZE = (96, 128)
BOXES = {'d': (20, 20, 80, 44), 'k': (200, 30, 280, 60), 'r': (120, 150, 190, 176)}


def sample() -> dict:
    boxes = list(BOXES.values())
    polygons = [np.array([x1, y1, x2, y1, x2, y2, x1, y2]) for x1, y1, x2, y2 in boxes]
    return {
        'img': draw_photo(*BOXES.items(), size=(200, 300)),
        'gt_polygons': [polygon.astype(np.float32) for polygon in polygons],
        'gt_bboxes': np.array(boxes, dtype=np.float32),
        'gt_bboxes_labels': np.array([0, 0, 0]),
        'gt_texts': list(BOXES),
        'gt_ignored': np.zeros(3, dtype=bool),
    }


def crops(count: int = 20, **options) -> list[dict]:
    transform = RandomAffineCrop(SIZE, **options)
    return [transform(sample()) for _ in range(count)]


def inside(polygon: np.ndarray) -> np.ndarray:
    """Mask of the pixels of a polygon, eroded by 3 px."""
    mask = np.zeros(SIZE, dtype=np.uint8)
    cv2.fillPoly(mask, [np.round(polygon.reshape(-1, 2)).astype(np.int32)], 1)
    window = np.ones((7, 7), np.uint8)
    eroded = cv2.erode(mask, window, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return eroded.astype(bool)


def blue_of(letter: str) -> int:
    return (ord(letter) - ord('a')) * 8 + 4


@pytest.mark.parametrize('flip_prob', [0.0, 1.0])
def test_affine_crop_moves_polygons_with_their_words(flip_prob):
    checked = 0
    for results in crops(flip_prob=flip_prob, max_angle_deg=30, scale_range=(0.6, 2.0)):
        assert results['img'].shape == (*SIZE, 3) and results['img_shape'] == SIZE
        for letter, polygon in zip(results['gt_texts'], results['gt_polygons']):
            pixels = results['img'][inside(polygon)]
            checked += len(pixels) > 0
            assert np.abs(pixels[:, 0].astype(int) - blue_of(letter)).max(initial=0) <= 2
    assert checked > 15


@pytest.mark.parametrize('flip_prob', [0.0, 1.0])
def test_affine_crop_keeps_polygons_clockwise(flip_prob):
    for results in crops(flip_prob=flip_prob):
        for polygon in results['gt_polygons']:
            x, y = polygon.reshape(-1, 2).astype(np.float64).T
            assert np.dot(x, np.roll(y, -1)) > np.dot(y, np.roll(x, -1))


def test_affine_crop_keeps_word_fields_aligned():
    for results in crops():
        count = len(results['gt_polygons'])
        assert len(results['gt_texts']) == len(results['gt_ignored']) == count
        assert results['gt_bboxes'].shape == (count, 4)
        assert len(results['gt_bboxes_labels']) == count
        for polygon, box in zip(results['gt_polygons'], results['gt_bboxes']):
            points = polygon.reshape(-1, 2)
            np.testing.assert_allclose([*points.min(0), *points.max(0)], box, rtol=1e-5)


def test_affine_crop_drops_outside_and_ignores_cut_words():
    seen = {'whole': 0, 'cut': 0}
    for results in crops(60, scale_range=(1, 1), max_angle_deg=0, max_aspect=1):
        for polygon, ignored in zip(results['gt_polygons'], results['gt_ignored']):
            x1, y1 = polygon.reshape(-1, 2).min(0)
            x2, y2 = polygon.reshape(-1, 2).max(0)
            width = min(x2, SIZE[1]) - max(x1, 0)
            height = min(y2, SIZE[0]) - max(y1, 0)
            assert width > 0 and height > 0
            share = width * height / ((x2 - x1) * (y2 - y1))
            if abs(share - 0.6) > 0.01:
                assert ignored == (share < 0.6)
            seen['cut' if ignored else 'whole'] += 1
    assert min(seen.values()) > 0


def test_affine_crop_keeps_ignored_words_ignored():
    transform = RandomAffineCrop(SIZE)
    for _ in range(5):
        results = transform({**sample(), 'gt_ignored': np.ones(3, dtype=bool)})
        assert all(results['gt_ignored'])


def test_word_prob_1_always_shows_a_word():
    assert sum(len(results['gt_texts']) > 0 for results in crops(word_prob=1.0)) == 20


def test_affine_crop_works_without_words():
    empty = {
        'img': draw_photo(size=(50, 60)),
        'gt_polygons': [],
        'gt_bboxes': np.zeros((0, 4), np.float32),
        'gt_bboxes_labels': np.zeros(0, int),
        'gt_ignored': np.zeros(0, bool),
    }
    results = RandomAffineCrop(SIZE)(empty)
    assert results['img'].shape == (*SIZE, 3)
    assert results['gt_polygons'] == [] and results['gt_bboxes'].shape == (0, 4)


def test_affine_crop_averages_pixels_when_shrinking():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    results = {'img': stripes, 'gt_polygons': [], 'gt_ignored': np.zeros(0, bool)}
    crop = RandomAffineCrop((40, 40), scale_range=(0.25, 0.25), max_angle_deg=0, max_aspect=1)
    middle = crop(results)['img'][15:25, 15:25].astype(int)
    assert np.abs(middle - 127).max() < 20


def test_affine_crop_depends_only_on_the_seed():
    first, again = [], []
    for drawn in (first, again):
        drawn += [results['img'] for results in crops(3, seed=3)]
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).any()


def test_affine_crop_does_not_modify_its_input():
    given, kept = sample(), sample()
    RandomAffineCrop(SIZE)(dict(given))
    np.testing.assert_array_equal(given['img'], kept['img'])
    np.testing.assert_array_equal(given['gt_polygons'], kept['gt_polygons'])


@pytest.mark.parametrize(
    'options', [{'scale_range': (0, 1)}, {'scale_range': (2, 1)}, {'max_aspect': 0.5}]
)
def test_affine_crop_rejects_invalid_ranges(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        RandomAffineCrop(SIZE, **options)


def test_affine_crop_of_a_large_image_has_no_border():
    photo = {**sample(), 'img': np.full((400, 600, 3), 250, np.uint8)}
    transform = RandomAffineCrop(SIZE, scale_range=(0.5, 1.0), max_angle_deg=0)
    for _ in range(20):
        assert transform(dict(photo))['img'][1:-1, 1:-1].min() == 250


def test_affine_crop_is_placed_on_words_not_ignored():
    for _ in range(20):
        photo = {**sample(), 'gt_ignored': np.array([True, False, True])}
        transform = RandomAffineCrop(SIZE, word_prob=1.0, scale_range=(1.0, 1.0), max_angle_deg=0)
        assert 'k' in transform(photo)['gt_texts']


def test_native_size_undoes_the_stretch():
    transform = RandomAffineCrop(
        SIZE,
        scale_range=(1, 1),
        max_angle_deg=0,
        max_aspect=1,
        native_size=(200, 345),
    )
    for _ in range(5):
        results = transform(sample())
        for letter, polygon in zip(results['gt_texts'], results['gt_polygons']):
            x1, y1, x2, y2 = BOXES[letter]
            ring = polygon.reshape(-1, 2)
            np.testing.assert_allclose(np.ptp(ring, axis=0), [1.15 * (x2 - x1), y2 - y1], rtol=1e-4)


def test_affine_crop_keeps_the_number_of_points():
    for results in crops(5, native_size=(230, 300)):
        assert all(len(polygon) == 8 for polygon in results['gt_polygons'])


@pytest.mark.parametrize('turn_prob, steep', [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_turn_prob_draws_angles_up_to_90_degrees(turn_prob, steep):
    steepest = []
    for results in crops(200, turn_prob=turn_prob, max_angle_deg=10, max_aspect=1.0):
        for polygon in results['gt_polygons'][:1]:
            x, y = polygon.reshape(4, 2)[1] - polygon.reshape(4, 2)[0]
            steepest.append(abs(np.degrees(np.arctan2(y, x))))
    # Eight of nine angles of up to 90 degrees exceed 10.
    assert np.mean(np.array(steepest) > 10.01) == pytest.approx(steep * 8 / 9, abs=0.1)
    assert turn_prob == 0 or 80 < max(steepest) <= 90.01


def test_steep_prob_squeezes_and_shears_horizontal_lines():
    options = dict(scale_range=(1, 1), max_angle_deg=0, max_aspect=1, steep_prob=1.0)
    widths, slopes = [], []
    for results in crops(40, max_slope_deg=30.0, min_squeeze=0.4, **options):
        for letter, polygon in zip(results['gt_texts'], results['gt_polygons']):
            x1, y1, x2, y2 = BOXES[letter]
            top_left, top_right, _, bottom_left = polygon.reshape(-1, 2)
            np.testing.assert_allclose(bottom_left - top_left, [0, y2 - y1], atol=1e-3)
            across = top_right - top_left
            widths.append(across[0] / (x2 - x1))
            slopes.append(np.degrees(np.arctan2(across[1], across[0])))
            pixels = results['img'][inside(polygon)][:, 0].astype(int)
            assert np.abs(pixels - blue_of(letter)).max(initial=0) <= 2
    assert 0.4 <= min(widths) < 0.5 and 0.9 < max(widths) <= 1.0
    assert -30 <= min(slopes) < -15 and 15 < max(slopes) <= 30


def test_affine_crop_averages_pixels_when_squeezing():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    results = {'img': stripes, 'gt_polygons': [], 'gt_ignored': np.zeros(0, bool)}
    crop = RandomAffineCrop(
        (40, 40), scale_range=(0.5, 0.5), max_angle_deg=0, max_aspect=1,
        steep_prob=1.0, max_slope_deg=0.0, min_squeeze=0.3, seed=0,
    )  # fmt: skip
    middle = crop(results)['img'][15:25, 15:25].astype(int)
    assert np.abs(middle - 127).max() < 20


@pytest.mark.parametrize(
    'options', [{'min_squeeze': 0.0}, {'min_squeeze': 1.5}, {'max_slope_deg': 90}]
)
def test_affine_crop_rejects_invalid_steep_options(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        RandomAffineCrop(SIZE, **options)


def polygon_sizes(results: dict) -> dict[str, np.ndarray]:
    """(width, height) of each word's polygon in the crop."""
    polygons = [polygon.reshape(-1, 2) for polygon in results['gt_polygons']]
    return {text: np.ptp(p, axis=0) for text, p in zip(results['gt_texts'], polygons)}


def test_native_size_does_not_stretch_images_of_another_aspect():
    transform = RandomAffineCrop(
        SIZE, scale_range=(1, 1), max_angle_deg=0, max_aspect=1, native_size=(200, 400)
    )
    # (200, 300) to (200, 400) changes the aspect by 1.33, more than 960 x 640 to 16:9.
    with pytest.warns(UserWarning, match=r'own\.jpg.*300x200.*400x200') as caught:
        crops = [transform({**sample(), 'img_path': 'own.jpg'}) for _ in range(5)]
    assert len(caught) == 1
    for results in crops:
        for text, size in polygon_sizes(results).items():
            x1, y1, x2, y2 = BOXES[text]
            np.testing.assert_allclose(size, [x2 - x1, y2 - y1], rtol=1e-4)


def test_native_size_stretches_icdar2015_copies_without_a_warning(recwarn):
    transform = RandomAffineCrop(
        SIZE, scale_range=(1, 1), max_angle_deg=0, max_aspect=1, native_size=(720, 1280)
    )
    for _ in range(5):
        results = transform({**sample(), 'img': np.zeros((640, 960, 3), np.uint8)})
        for text, size in polygon_sizes(results).items():
            x1, y1, x2, y2 = BOXES[text]
            np.testing.assert_allclose(size, [(x2 - x1) * 4 / 3, (y2 - y1) * 9 / 8], rtol=1e-4)
    assert not recwarn.list
