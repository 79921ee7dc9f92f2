from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.rectification import unroll_polygon, warp_quad, warp_thin_plate_spline

WARPS = [warp_quad, unroll_polygon, warp_thin_plate_spline]


def smooth_image(height, width, seed=0, blur=3.0):
    noise = np.random.default_rng(seed).uniform(0, 1, (height, width, 3))
    image = cv2.GaussianBlur(noise, (0, 0), blur)
    image = (image - image.min()) / np.ptp(image)
    return (image * 255).astype(np.uint8)


def whole(image):
    height, width = image.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)


def color_at(x, y):
    """A smooth image that is known at every point, so the expectation needs no resampling."""
    return 128 + 60 * np.sin(x / 9) * np.cos(y / 7) + 40 * np.sin((x + y) / 13)


def pixel_centers(height, width):
    return np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)


@pytest.mark.parametrize('warp', WARPS)
@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'float32'])
def test_warp_of_the_whole_image_is_the_identity(warp, dtype):
    image = smooth_image(40, 150).astype(dtype)
    crop = warp(image, whole(image), (40, 150))
    assert crop.dtype == image.dtype
    np.testing.assert_array_equal(crop, image)


@pytest.mark.parametrize('warp', WARPS)
def test_warp_keeps_gray_images_gray(warp):
    image = smooth_image(40, 150)[..., 0]
    np.testing.assert_array_equal(warp(image, whole(image), (40, 150)), image)


@pytest.mark.parametrize('warp', WARPS)
def test_warp_from_another_corner_rotates_the_crop(warp):
    image = smooth_image(40, 150)
    ring = whole(image)
    upside_down = warp(image, np.roll(ring, 2, axis=0), (40, 150))
    np.testing.assert_array_equal(upside_down, image[::-1, ::-1])
    turned = warp(image, np.roll(ring, -1, axis=0), (150, 40))
    np.testing.assert_array_equal(turned, np.rot90(image))


@pytest.mark.parametrize('warp', WARPS)
def test_warp_is_equivariant_to_mirroring(warp):
    image = smooth_image(60, 200)
    ring = np.array([[12.3, 10.1], [160.7, 14.2], [158, 50.5], [10, 44]])
    mirrored = ring.copy()
    mirrored[:, 0] = 200 - mirrored[:, 0]
    mirrored = mirrored[[1, 0, 3, 2]]
    crop = warp(image, ring, (32, 128)).astype(int)
    other = warp(np.ascontiguousarray(image[:, ::-1]), mirrored, (32, 128)).astype(int)
    assert np.abs(crop[:, ::-1] - other).max() <= 2


def test_warp_quad_inverts_a_known_homography():
    # The picture is drawn through the homography exactly, at every pixel's centre.
    quad = np.array([[60, 40], [250, 75], [235, 130], [50, 110]], dtype=np.float32)
    size = (32, 128)
    source = np.array([[0, 0], [128, 0], [128, 32], [0, 32]], dtype=np.float32)
    to_word = cv2.getPerspectiveTransform(quad, source)
    x, y = pixel_centers(180, 320)
    u, v, w = to_word @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    photo = color_at(u / w, v / w).reshape(180, 320).astype(np.float32)
    u, v = pixel_centers(*size)
    crop = warp_quad(photo, quad, size)
    error = crop - color_at(u, v)
    # One pixel of shift would change the picture by up to 8 or so.
    assert np.abs(color_at(u + 1, v) - color_at(u, v)).max() > 6
    assert np.abs(error).max() < 0.8
    assert abs(best_shift(crop, size)) < 0.05


def best_shift(crop, size):
    """Shift of the crop along x, by least squares on the known derivative."""
    u, v = pixel_centers(*size)
    slope = (color_at(u + 0.01, v) - color_at(u - 0.01, v)) / 0.02
    return float(((crop - color_at(u, v)) * slope).sum() / (slope**2).sum())


@pytest.mark.parametrize(
    'warp, tolerance, shift',
    [
        (unroll_polygon, 1.0, 0.1),
        # Exact on both sides only: in the middle the spline is a third of a pixel off.
        (warp_thin_plate_spline, 3.0, 0.4),
    ],
)
def test_curved_warps_invert_a_known_arc(warp, tolerance, shift):
    start, end, radius, height = np.radians(205), np.radians(335), 150.0, 50.0
    size = (32, 200)
    x, y = pixel_centers(400, 440)
    dx, dy = x - 220, y - 250
    turn = (np.mod(np.arctan2(dy, dx), 2 * np.pi) - start) / (end - start)
    depth = (radius + height - np.hypot(dx, dy)) / height
    photo = color_at(turn * size[1], depth * size[0]).astype(np.float32)
    angles = np.linspace(start, end, 40)
    unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ring = np.concatenate([unit * (radius + height), unit[::-1] * radius]) + np.array([220, 250])
    crop = warp(photo, ring, size)
    u, v = pixel_centers(*size)
    error = np.abs(crop - color_at(u, v))
    assert error.mean() < tolerance
    assert abs(best_shift(crop, size)) < shift


def test_all_warps_of_a_parallelogram_agree():
    image = smooth_image(120, 300)
    ring = np.array([[30, 20], [250, 50], [255, 95], [35, 65]])
    plain = warp_quad(image, ring, (32, 128)).astype(int)
    for warp in (unroll_polygon, warp_thin_plate_spline):
        assert np.abs(warp(image, ring, (32, 128)) - plain).max() <= 3


@pytest.mark.parametrize('warp', WARPS)
@pytest.mark.parametrize('factor', [2, 3, 5, 8, 13])
def test_warp_averages_large_words(warp, factor):
    # Fine noise of mean 128: picked pixels would keep its spread, averages lose it.
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (32 * factor, 128 * factor, 3), dtype=np.uint8)
    crop = warp(photo, whole(photo), (32, 128)).astype(float)
    spread = 74 / factor  # Of the mean of factor^2 even draws from 0..255.
    assert abs(crop.mean() - photo.mean()) < 1
    assert crop.std() < 1.4 * spread


@pytest.mark.parametrize('warp', WARPS)
def test_warp_by_a_whole_factor_is_the_area_average(warp):
    photo = smooth_image(32 * 4, 128 * 4, blur=2)
    crop = warp(photo, whole(photo), (32, 128)).astype(int)
    average = cv2.resize(photo, (128, 32), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(crop - average).max() <= 3


@pytest.mark.parametrize('warp', WARPS)
def test_warp_repeats_the_border_outside_of_the_image(warp):
    photo = np.zeros((40, 40, 3), dtype=np.uint8)
    photo[:, 0], photo[:, -1] = (10, 20, 30), (200, 210, 220)
    ring = np.array([[-40, 5], [0, 5], [0, 35], [-40, 35]])
    np.testing.assert_array_equal(warp(photo, ring, (8, 8)), np.full((8, 8, 3), (10, 20, 30)))
    np.testing.assert_array_equal(
        warp(photo, ring + np.array([80, 0]), (8, 8)), np.full((8, 8, 3), (200, 210, 220))
    )


@pytest.mark.parametrize('warp', WARPS)
def test_warp_does_not_modify_the_image(warp):
    image = smooth_image(40, 150)
    before = image.copy()
    warp(image, whole(image) * 1.2 - 5, (16, 16))
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    'image, ring, size, reason',
    [
        (np.zeros((0, 5, 3), np.uint8), np.eye(4)[:, :2], (8, 8), 'image'),
        (np.zeros((5, 5, 3), bool), np.eye(4)[:, :2], (8, 8), 'bool'),
        (np.zeros((5, 5, 3), np.uint8), np.zeros((3, 2)), (8, 8), 'at least 4 points'),
        (np.zeros((5, 5, 3), np.uint8), np.zeros((4, 2)), (8, 8), 'longer than|convex'),
        (np.zeros((5, 5, 3), np.uint8), np.eye(4)[:, :2], (0, 8), 'size'),
        (np.zeros((5, 5, 3), np.uint8), np.eye(4)[:, :2], (8.5, 8), 'size'),
    ],
)
@pytest.mark.parametrize('warp', WARPS)
def test_warp_rejects_invalid_arguments(warp, image, ring, size, reason):
    with pytest.raises(ValueError, match=reason):
        warp(image, ring, size)


@pytest.mark.parametrize('warp', [warp_quad, unroll_polygon, warp_thin_plate_spline])
def test_warp_supports_images_beyond_opencv_limits(warp):
    ramp = np.linspace(0, 255, 70000).astype(np.uint8)
    image = np.broadcast_to(ramp, (20, 70000)).copy()
    ring = np.array([[0, 0], [70000, 0], [70000, 20], [0, 20]], np.float32)
    crop = warp(image, ring, (8, 64))
    np.testing.assert_allclose(crop[4], np.linspace(2, 253, 64), atol=3)
