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


def test_with_everything_off_nothing_changes():
    np.testing.assert_array_equal(change(photo()), photo())


@pytest.mark.parametrize('name', OFF)
def test_each_change_changes_the_picture_and_not_its_kind(name):
    before = photo()
    strong = {'max_blur_sigma_px': 30.0, 'max_noise': 300.0}  # drawn from zero up
    after = change(before, **{name: 1.0, **strong})
    assert after.shape == before.shape and after.dtype == np.uint8
    assert (after != before).any()
    np.testing.assert_array_equal(before, photo())


def test_gray_has_one_tone_and_inverting_twice_is_nothing():
    gray = change(photo(), gray_prob=1.0)
    assert (gray == gray[..., :1]).all()
    twice = change(change(photo(), invert_prob=1.0), invert_prob=1.0)
    np.testing.assert_array_equal(twice, photo())


def test_blur_flattens_and_noise_roughens():
    flat = np.full((60, 60, 3), 128, np.uint8)
    assert change(photo(), blur_prob=1.0, max_blur_sigma_px=20.0).std() < photo().std()
    assert change(flat, noise_prob=1.0, max_noise=100.0).std() > 1


def test_the_same_seed_draws_the_same_change():
    images = []
    for _ in range(2):
        np.random.seed(5)
        transform = RandomPhotometric(light_prob=1, noise_prob=1, max_noise=50)
        images.append([transform({'img': photo()})['img'] for _ in range(3)])
    np.testing.assert_array_equal(images[0], images[1])
    assert (images[0][0] != images[0][1]).any()


def test_all_else_in_the_sample_is_left_alone():
    sample = {'img': photo(), 'gt_polygons': [np.arange(8.0)], 'gt_texts': ['a']}
    results = RandomPhotometric(light_prob=1.0)(sample)
    assert results['gt_texts'] == ['a']
    np.testing.assert_array_equal(results['gt_polygons'][0], np.arange(8.0))
