from __future__ import annotations

import numpy as np
import pytest

from pipeline.datasets.transforms import RandomPhotometric

OFF = {
    'light_prob': 0.0, 'blur_prob': 0.0, 'noise_prob': 0.0,
    'gray_prob': 0.0, 'jpeg_prob': 0.0, 'invert_prob': 0.0,
}  # fmt: skip


def photo() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (41, 63, 3), dtype=np.uint8)


def change(image: np.ndarray, **options: float) -> np.ndarray:
    return RandomPhotometric(**{**OFF, **options})({'img': image})['img']


def test_photometric_with_probabilities_0_changes_nothing():
    np.testing.assert_array_equal(change(photo()), photo())


@pytest.mark.parametrize('name', OFF)
def test_photometric_keeps_shape_and_dtype(name):
    before = photo()
    strong = {'max_blur_sigma_px': 30.0, 'max_noise': 300.0}  # drawn from zero up
    after = change(before, **{name: 1.0, **strong})
    assert after.shape == before.shape and after.dtype == np.uint8
    assert (after != before).any()
    np.testing.assert_array_equal(before, photo())


def test_photometric_gray_and_invert():
    gray = change(photo(), gray_prob=1.0)
    assert (gray == gray[..., :1]).all()
    twice = change(change(photo(), invert_prob=1.0), invert_prob=1.0)
    np.testing.assert_array_equal(twice, photo())


def test_photometric_blur_and_noise_change_the_contrast():
    flat = np.full((60, 60, 3), 128, np.uint8)
    assert change(photo(), blur_prob=1.0, max_blur_sigma_px=20.0).std() < photo().std()
    assert change(flat, noise_prob=1.0, max_noise=100.0).std() > 1


def test_photometric_depends_only_on_the_seed():
    images = []
    for _ in range(2):
        transform = RandomPhotometric(light_prob=1, noise_prob=1, max_noise=50, seed=5)
        images.append([transform({'img': photo()})['img'] for _ in range(3)])
    np.testing.assert_array_equal(images[0], images[1])
    assert (images[0][0] != images[0][1]).any()


def test_photometric_changes_only_the_image():
    sample = {'img': photo(), 'gt_polygons': [np.arange(8.0)], 'gt_texts': ['a']}
    results = RandomPhotometric(light_prob=1.0)(sample)
    assert results['gt_texts'] == ['a']
    np.testing.assert_array_equal(results['gt_polygons'][0], np.arange(8.0))
