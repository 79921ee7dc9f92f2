from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.datasets.transforms import RandAugment
from pipeline.datasets.transforms.rand_augment import OPERATIONS

GROWING = {'rotate'}


def crop() -> np.ndarray:
    """A word of red letters on a blue-grey gradient with dark and light parts."""
    image = np.empty((40, 120, 3), dtype=np.uint8)
    image[...] = np.linspace(60, 200, 120, dtype=np.uint8)[None, :, None]
    cv2.putText(image, 'Word', (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 40, 220), 2)
    return image


def augment(image: np.ndarray, seed: int = 0, **options) -> dict:
    return RandAugment(**options, seed=seed)({'img': image, 'img_shape': image.shape[:2]})


@pytest.mark.parametrize('name', OPERATIONS)
def test_rand_augment_operations_keep_dtype_and_channels(name):
    before = crop()
    results = augment(before, operations=[name], num_layers=1, prob=1.0)
    after = results['img']
    assert after.dtype == np.uint8 and after.ndim == 3 and after.flags.c_contiguous
    assert results['img_shape'] == after.shape[:2]
    assert (after.shape == before.shape) == (name not in GROWING)
    assert after.shape != before.shape or (after != before).any()
    np.testing.assert_array_equal(before, crop())


@pytest.mark.parametrize('name', sorted({*OPERATIONS} - {'auto_contrast', 'equalize', 'invert'}))
def test_rand_augment_with_magnitude_0_changes_little(name):
    """At magnitude 0 operations only round: blur below a pixel, four bits of colour."""
    before = crop()
    after = augment(before, operations=[name], num_layers=1, prob=1.0, magnitude=0.0)['img']
    assert after.shape == before.shape
    assert np.abs(after.astype(int) - before).max() < 2**4


def test_rand_augment_with_no_layers_or_prob_0_does_nothing():
    for options in ({'num_layers': 0}, {'prob': 0.0}):
        np.testing.assert_array_equal(augment(crop(), **options)['img'], crop())


def test_rand_augment_depends_on_the_seed():
    first, again, other = (augment(crop(), seed, prob=1.0)['img'] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


def test_rand_augment_draws_different_operations():
    transform = RandAugment(num_layers=3, prob=1.0, seed=0)
    for _ in range(50):
        drawn = [name for name, _ in transform._draw()]
        assert len(set(drawn)) == 3


def test_rand_augment_applies_operations_with_prob():
    transform = RandAugment(seed=0)
    done = [len(transform._draw()) for _ in range(2000)]
    assert np.mean(done) == pytest.approx(1.5, abs=0.06)  # 3 times 0.5; 3 sigma are 0.058


def test_rand_augment_treats_channels_as_bgr():
    """Pure red of 200 has a gray of 0.299 * 200 = 60 (ITU-R BT.601); blue would have 23."""
    red = np.zeros((8, 8, 3), dtype=np.uint8)
    red[..., 2] = 200
    only = {'operations': ['color'], 'num_layers': 1, 'prob': 1.0, 'magnitude': 10}
    changed = [augment(red, seed, **only)['img'] for seed in range(8)]  # paler or stronger
    paler = next(image for image in changed if image[0, 0, 2] < 200)
    # A tenth of the color is left: 0.9 * 60 + 0.1 * (0, 0, 200).
    assert paler[0, 0].tolist() == pytest.approx([54, 54, 74], abs=1.5)


def test_rand_augment_rotation_cuts_nothing_off():
    white = np.full((20, 60, 3), 255, dtype=np.uint8)
    turned = augment(white, operations=['rotate'], num_layers=1, prob=1.0)['img']
    # A bounding box of 60 x 20 turned by 15 degrees.
    assert turned.shape[0] == pytest.approx(60 * 0.259 + 20 * 0.966, abs=2)
    assert (turned == 255).all(-1).sum() > 0.9 * 20 * 60


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'operations': ['rotate', 'sharpen']}, r"unknown operations \['sharpen'\]"),
        ({'magnitude': 11}, 'magnitude must be in'),
        ({'num_layers': 2, 'operations': ['rotate']}, 'num_layers=2, but there are 1'),
    ],
)
def test_rand_augment_rejects_invalid_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        RandAugment(**options)
