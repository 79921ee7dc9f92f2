from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.rectification import Rectifier, unroll_polygon, warp_quad
from pipeline.registry import TASK_UTILS

MODES = ['auto', 'perspective', 'unroll', 'thin_plate_spline']


def word_image(height=48, width=192):
    """A word on a uniform background, without symmetry under rotation or mirroring."""
    image = np.full((height, width, 3), (230, 235, 240), dtype=np.uint8)
    cv2.putText(image, 'Frag7', (8, height - 12), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (30, 20, 120), 3)
    return image


def scene_with(word, matrix, size=(400, 500)):
    """Draw ``word`` into an image by a (2, 3) matrix between pixel-edge coordinates."""
    height, width = word.shape[:2]
    shift = matrix.copy()
    shift[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from pixel centres.
    photo = cv2.warpAffine(
        word, shift, size[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    return photo, corners @ matrix[:, :2].T + matrix[:, 2]


def turn_matrix(angle_deg, word, center=(250, 200)):
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([word.shape[1], word.shape[0]]) / 2
    return np.concatenate([turn, (center - turn @ middle)[:, None]], axis=1)


def difference(crop, other):
    return float(np.abs(crop.astype(float) - other).mean())


@pytest.mark.parametrize('angle', [0, 20, 90, 135, 180, 250, 300])
@pytest.mark.parametrize('mode', MODES)
def test_rectifier_crops_rotated_words_upright(angle, mode):
    word = word_image()
    photo, ring = scene_with(word, turn_matrix(angle, word))
    crop = Rectifier(size=(48, 192), mode=mode)(photo, [ring])[0]
    assert difference(crop, word) < 3 < difference(np.rot90(crop, 2), word) - 10


def test_rectifier_without_words():
    crops = Rectifier(size=(32, 100))(np.zeros((50, 50, 3), np.uint8), [])
    assert crops == []


def test_rectifier_auto_mode_depends_on_curvature():
    photo = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8), (0, 0), 3
    )
    quad = np.array([[50, 50], [250, 30], [260, 130], [55, 90]])
    straight = np.array(
        [[50, 50], [150, 40], [250, 30], [260, 130], [157.5, 110], [55, 90]], dtype=float
    )
    angles = np.radians(np.linspace(210, 330, 10))
    unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    curved = np.concatenate([unit * 150, unit[::-1] * 100]) + np.array([200, 200])
    crops = Rectifier()(photo, [quad, straight, curved])
    np.testing.assert_array_equal(crops[0], warp_quad(photo, quad, (32, 128)))
    np.testing.assert_array_equal(crops[1], warp_quad(photo, quad, (32, 128)))
    np.testing.assert_array_equal(crops[2], unroll_polygon(photo, curved, (32, 128)))


@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize(
    'ring, reason',
    [
        ([[5, 5]] * 4, 'one point'),
        ([[5, 5]] * 7, 'one point, an odd number of times'),
        ([[0, 0], [5, 5], [10, 10], [15, 15]], 'one line'),
        ([[0, 0], [20, 0], [20, 0], [0, 0]], 'no height'),
        ([[5, 0], [5, 0], [5, 20], [5, 20]], 'no width'),
        ([[5, 5], [20, 5], [5, 15], [20, 15]], 'crosses itself'),
        ([[0, 0], [9, 0], [3, 3], [0, 9]], 'concave'),
        ([[0, 0], [9, 0], [9, 0], [9, 5], [0, 5], [0, 5]], 'repeated points'),
        ([[1, 1], [9, 2], [5, 8]], 'a triangle'),
        ([[0, 0], [20, 20], [20, 0], [0, 20], [5, 5], [9, 30]], 'crosses itself often'),
        ([[-50, -50], [-20, -50], [-20, -40], [-50, -40]], 'outside of the image'),
        ([[-900, -900], [900, -900], [900, 900], [-900, 900]], 'around the whole image'),
        ([[1e7, 1e7], [2e7, 1e7], [2e7, 2e7], [1e7, 2e7]], 'far outside'),
        ([[5, 5], [5.001, 5], [5.001, 5.001], [5, 5.001]], 'next to nothing'),
    ],
)
def test_rectifier_crops_degenerate_polygons(mode, ring, reason):
    photo = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    rectifier = Rectifier(mode=mode, margin=(0.1, 0.1))
    polygon = np.array(ring, dtype=np.float64)
    crops = rectifier(photo, [polygon, *rectifier.rotations(polygon)])
    assert {crop.shape for crop in crops} == {(32, 128, 3)}, reason


def test_rectifier_crop_without_area_has_a_uniform_color():
    photo = np.zeros((50, 60, 3), dtype=np.uint8)
    photo[10, 20] = (1, 2, 3)
    crop = Rectifier()(photo, [np.array([[20.5, 10.5]] * 4)])[0]
    np.testing.assert_array_equal(crop, np.full((32, 128, 3), (1, 2, 3)))


def test_rectifier_does_not_mirror_misordered_quads():
    word = word_image()
    photo, ring = scene_with(word, turn_matrix(10, word))
    rectifier = Rectifier(size=(48, 192))
    for wrong in (ring[[0, 3, 2, 1]], ring[[0, 1, 3, 2]]):
        assert difference(rectifier(photo, [wrong])[0], word) < 3


def test_rectifier_crops_words_beyond_the_image():
    word = word_image()
    photo, ring = scene_with(word, turn_matrix(0, word, center=(404, 200)))  # One half outside.
    crop = Rectifier(size=(48, 192))(photo[:, :404], [ring])[0]
    np.testing.assert_array_equal(crop[:, :94], word[:, :94])


def test_rectifier_rotates_tall_words_unless_kept():
    photo = np.zeros((200, 100, 3), dtype=np.uint8)
    photo[20:180, 40:60] = 255
    photo[20:60, 40:60] = (0, 0, 255)  # The word begins at the top.
    ring = np.array([[40, 20], [60, 20], [60, 180], [40, 180]])
    turned = Rectifier()(photo, [ring])[0]
    assert turned[16, 10].tolist() == [0, 0, 255] and turned[16, 100].tolist() == [255] * 3
    kept = Rectifier(vertical='keep')(photo, [ring])[0]
    assert kept[3, 64].tolist() == [0, 0, 255] and kept[28, 64].tolist() == [255] * 3
    np.testing.assert_array_equal(Rectifier()(photo, [ring], vertical='keep')[0], kept)


def test_rotations_of_a_wide_word():
    word = word_image()
    photo, ring = scene_with(word, turn_matrix(5, word))
    rectifier = Rectifier()
    crops = rectifier(photo, rectifier.rotations(ring), vertical='keep')
    assert len(crops) == 2
    np.testing.assert_array_equal(crops[0], rectifier(photo, [ring])[0])
    assert np.abs(crops[1][::-1, ::-1].astype(int) - crops[0]).max() <= 2


@pytest.mark.parametrize('angle, place', [(90, 0), (-90, 1), (0, 2), (180, 3)])
def test_rotations_of_a_tall_word(angle, place):
    word = word_image() if abs(angle) == 90 else np.ascontiguousarray(word_image()[:, :31])
    photo, ring = scene_with(word, turn_matrix(angle, word))
    # A detected ring always starts at the upright top-left, for any reading direction.
    start = int(np.argmin(ring.sum(axis=1)))
    rectifier = Rectifier(size=(48, word.shape[1]))
    rings = rectifier.rotations(np.roll(ring, -start, axis=0))
    crops = rectifier(photo, rings, vertical='keep')
    assert len(crops) == 4
    assert int(np.argmin([difference(crop, word) for crop in crops])) == place
    np.testing.assert_array_equal(crops[0], rectifier(photo, [np.roll(ring, -start, axis=0)])[0])


@pytest.mark.parametrize('mode', MODES)
def test_rectifier_margins_are_in_word_heights(mode):
    # 2 px along and 4 px across around a 20 px high word: the crop is then a cut-out.
    photo = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (80, 160, 3), dtype=np.uint8), (0, 0), 2
    )
    ring = np.array([[32, 24], [112, 24], [112, 44], [32, 44]])
    rectifier = Rectifier(size=(28, 84), mode=mode, margin=(0.1, 0.2))
    np.testing.assert_array_equal(rectifier(photo, [ring])[0], photo[20:48, 30:114])


@pytest.mark.parametrize('turn', [0, 1])
@pytest.mark.parametrize('margin', [(0.0, 0.0), (0.5, 0.2)])
def test_cut_splits_at_positions_of_the_crop(margin, turn):
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[80:120, 10:60], photo[80:120, 60:110], photo[80:120, 110:150] = 50, 100, 150
    ring = np.array([[10, 80], [150, 80], [150, 120], [10, 120]], np.float32)
    if turn:
        photo, ring = np.rot90(photo, -1).copy(), np.stack([200 - ring[:, 1], ring[:, 0]], 1)
    rectifier = Rectifier(size=(32, 128), margin=margin)
    row = rectifier(photo, [ring], vertical='keep')[0][16, :, 0].astype(int)
    places = [(np.flatnonzero(row >= level)[0]) / 128 for level in (99, 149)]
    parts = rectifier.cut(ring, places)
    tight = Rectifier(size=(32, 128))
    crops = tight(photo, parts, vertical='keep')
    assert [crop[16, 64, 0] for crop in crops] == [50, 100, 150]
    assert all(np.ptp(crop[16, 6:-6].astype(int)) < 5 for crop in crops)
    np.testing.assert_allclose(parts[0][[0, 3]], ring[[0, 3]])
    np.testing.assert_allclose(parts[-1][[1, 2]], ring[[1, 2]])


@pytest.mark.parametrize('margin', [(0.0, 0.0), (0.3, 0.1)])
def test_cut_respects_perspective(margin):
    ring = np.array([[20, 20], [170, 60], [170, 90], [20, 140]], np.float32)
    front = np.zeros((120, 400, 3), np.uint8)
    front[:, :120], front[:, 120:] = 60, 180
    corners = np.float32([[0, 0], [400, 0], [400, 120], [0, 120]])
    to_photo = cv2.getPerspectiveTransform(corners, ring)
    photo = cv2.warpPerspective(front, to_photo, (200, 200), borderValue=(20, 20, 20))
    rectifier = Rectifier(size=(32, 128), margin=margin)
    row = rectifier(photo, [ring], vertical='keep')[0][16, :, 0].astype(int)
    place = (np.flatnonzero(row > 120)[0]) / 128
    left, right = rectifier.cut(ring, [place])
    edge = cv2.perspectiveTransform(np.float32([[[120, 0]], [[120, 120]]]), to_photo)[:, 0]
    np.testing.assert_allclose(left[1:3], edge, atol=4)
    np.testing.assert_allclose(right[[0, 3]], edge, atol=4)


def test_cut_decides_straightness_as_the_crop_does():
    # Curved by 0.066 of the word's height, but only by 0.047 of the height with its margin.
    ring = np.float32([[20, 20], [95, 35], [170, 60], [170, 90], [95, 110], [20, 140]])
    corners = ring[[0, 2, 3, 5]]
    front = np.zeros((120, 400, 3), np.uint8)
    front[:, :120], front[:, 120:] = 60, 180
    to_photo = cv2.getPerspectiveTransform(
        np.float32([[0, 0], [400, 0], [400, 120], [0, 120]]), corners
    )
    photo = cv2.warpPerspective(front, to_photo, (200, 200), borderValue=(20, 20, 20))
    rectifier = Rectifier(size=(32, 128), margin=(0.0, 0.2))
    row = rectifier(photo, [ring], vertical='keep')[0][16, :, 0].astype(int)
    left, _ = rectifier.cut(ring, [np.flatnonzero(row > 120)[0] / 128])
    edge = cv2.perspectiveTransform(np.float32([[[120, 0]], [[120, 120]]]), to_photo)[:, 0]
    np.testing.assert_allclose(left[2:4, 0], edge[:, 0], atol=6)


def test_cut_ignores_margins_and_words_without_area():
    ring = np.array([[10, 80], [150, 80], [150, 120], [10, 120]], np.float32)
    rectifier = Rectifier(margin=(0.5, 0.0))
    assert len(rectifier.cut(ring, [0.05, 0.5, 0.98])) == 2
    assert len(rectifier.cut(ring, [0.05])) == 1
    assert len(rectifier.cut(np.full((4, 2), 7.0), [0.5])) == 1


def test_cut_of_a_curved_word_follows_its_sides():
    x = np.linspace(20, 180, 9)
    top = np.stack([x, 60 + (x - 100) ** 2 / 200], 1)
    ring = np.concatenate([top, (top + [0, 30])[::-1]]).astype(np.float32)
    parts = Rectifier().cut(ring, [0.25, 0.5])
    assert [part.shape for part in parts] == [(18, 2)] * 3
    np.testing.assert_allclose(parts[1][8], [100, 60], atol=0.5)
    np.testing.assert_allclose(parts[0][0], ring[0])
    np.testing.assert_allclose(parts[2][9], ring[9])


def test_rectifier_crops_are_invariant_to_image_scale():
    word = word_image()
    photo, ring = scene_with(word, turn_matrix(15, word))
    double = cv2.resize(photo, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    rectifier = Rectifier()
    crop, other = rectifier(photo, [ring])[0], rectifier(double, [ring * 2])[0]
    assert difference(crop, other) < 2


@pytest.mark.parametrize(
    'arguments, reason',
    [
        ({'mode': 'affine'}, 'mode'),
        ({'vertical': 'turn'}, 'vertical'),
        ({'size': (32,)}, 'size'),
        ({'margin': (-0.1, 0)}, 'margin'),
    ],
)
def test_rectifier_rejects_invalid_arguments(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        Rectifier(**arguments)


def test_rectifier_error_names_the_invalid_polygon():
    photo = np.zeros((50, 60, 3), dtype=np.uint8)
    good = np.array([[5, 5], [20, 5], [20, 15], [5, 15]], dtype=np.float32)
    with pytest.raises(ValueError, match=r'polygons\[1\].*finite'):
        Rectifier()(photo, [good, good * np.nan])


def test_rectifier_requires_uint8_color_images():
    with pytest.raises(ValueError, match='uint8'):
        Rectifier()(np.zeros((50, 60, 3), dtype=np.float32), [])
    with pytest.raises(ValueError, match='uint8'):
        Rectifier()(np.zeros((50, 60), dtype=np.uint8), [])


def test_rectifier_builds_from_a_config():
    built = TASK_UTILS.build({'type': 'Rectifier', 'size': (16, 64), 'mode': 'unroll'})
    assert isinstance(built, Rectifier)
    assert (built.height, built.widths) == (16, (64,)) and built.mode == 'unroll'


LADDER = (32, 64, 96, 128, 192)


@pytest.mark.parametrize(
    ('word', 'width'),
    [
        ((40, 20), 96),  # 2 : 1 at 48 px
        ((44, 20), 96),  # 105.6: nearer to 96 than to 128
        ((50, 20), 128),
        ((400, 20), 192),  # no wider than the ladder
        ((5, 20), 32),  # and no narrower
    ],
)
def test_rectifier_chooses_the_width_that_distorts_least(word, width) -> None:
    w, h = word
    ring = np.array([[10, 10], [10 + w, 10], [10 + w, 10 + h], [10, 10 + h]], np.float32)
    rectifier = Rectifier(size=(48, LADDER))
    image = np.zeros((100, 500, 3), np.uint8)
    (crop,) = rectifier(image, [ring], vertical='keep')
    assert crop.shape == (48, width, 3)


def test_rectifier_width_includes_the_margin() -> None:
    ring = np.array([[50, 50], [90, 50], [90, 70], [50, 70]], np.float32)
    image = np.zeros((200, 200, 3), np.uint8)
    # 20 high and 40 wide, and 10 more at each end: 144 at 48 px.
    (crop,) = Rectifier(size=(48, LADDER), margin=(0.5, 0.0))(image, [ring])
    assert crop.shape[1] == 128


def test_rectifier_gives_one_crop_per_word_and_none_without_words() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    rings = [np.array([[0, 0], [w, 0], [w, 10], [0, 10]], np.float32) for w in (10, 20, 40)]
    crops = Rectifier(size=(48, LADDER))(image, rings)
    assert [crop.shape[1] for crop in crops] == [64, 96, 192]
    assert Rectifier(size=(48, LADDER))(image, []) == []


def test_rectifier_crops_without_area_are_writable() -> None:
    image = np.full((20, 20, 3), 7, np.uint8)
    (crop,) = Rectifier(size=(48, LADDER))(image, [np.full((4, 2), 5, np.float32)])
    crop += 1
    assert crop.shape == (48, 32, 3) and (crop == 8).all()


@pytest.mark.parametrize('widths', [(), (64, 32), (32, 32), (32, 0)])
def test_rectifier_rejects_unsorted_widths(widths) -> None:
    with pytest.raises(ValueError, match=r'widths must be one or more|size must be'):
        Rectifier(size=(48, widths))
