from __future__ import annotations

import numpy as np
import pytest

from pipeline.datasets.transforms import RandomDownscale


def crop() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 128, 3), dtype=np.uint8)


def test_downscale_keeps_the_size_and_removes_detail():
    before = crop()
    shrunk = RandomDownscale(prob=1.0, min_height=0.2, min_width=0.2)({'img': before.copy()})['img']
    assert shrunk.shape == before.shape and shrunk.dtype == np.uint8
    assert shrunk.std() < before.std()


@pytest.mark.parametrize('shares', [{'min_height': 1.0}, {'min_width': 1.0}])
def test_downscale_shrinks_height_and_width_independently(shares):
    across = np.tile(np.arange(64, dtype=np.uint8) % 2 * 255, (40, 1))
    striped = across if 'min_width' in shares else across.T
    image = np.repeat(striped[..., None], 3, axis=2)
    options = {'min_height': 0.2, 'min_width': 0.2, **shares}
    for _ in range(5):
        shrunk = RandomDownscale(prob=1.0, **options)({'img': image})['img']
        # Stripes run along the only axis that shrinks: nothing of them is lost.
        np.testing.assert_array_equal(shrunk, image)


def test_downscale_changes_crops_with_its_probability():
    transform = RandomDownscale(prob=0.2, seed=0)
    same = sum(np.array_equal(transform({'img': crop()})['img'], crop()) for _ in range(50))
    assert 30 <= same <= 48


def test_downscale_rejects_invalid_shares():
    with pytest.raises(ValueError, match='min_width'):
        RandomDownscale(min_width=0.0)
