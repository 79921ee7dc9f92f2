"""Stored feature maps are read back, also if the writer was interrupted."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.utils.feature_store import FeatureStore


def test_store_ignores_a_map_that_was_cut_off(tmp_path):
    store = FeatureStore(tmp_path)
    maps = np.arange(12, dtype=np.float16).reshape(3, 2, 2)
    keys = [bytes([i]) * 16 for i in range(3)]
    store.add(keys, maps)
    store.close()
    path = next(tmp_path.glob('*.maps'))
    path.write_bytes(path.read_bytes()[:-1])
    again = FeatureStore(tmp_path)
    assert len(again) == 2
    assert keys[2] not in again
    np.testing.assert_array_equal(again.read([keys[1], keys[0]]), maps[[1, 0]])


def test_two_writers_share_a_store(tmp_path):
    maps = np.ones((1, 2), np.float16)
    stores = [FeatureStore(tmp_path), FeatureStore(tmp_path)]
    for number, store in enumerate(stores):
        store.add([bytes([number]) * 16], number * maps)
    both = FeatureStore(tmp_path)
    np.testing.assert_array_equal(both.read([b'\0' * 16, b'\1' * 16]), [[0, 0], [1, 1]])


def test_store_refuses_maps_of_another_shape(tmp_path):
    store = FeatureStore(tmp_path)
    store.add([b'0' * 16], np.zeros((1, 4, 2), np.float16))
    with pytest.raises(
        ValueError, match=r'wanted float16 maps of \(4, 2\), got float16 of \(4, 3\)'
    ):
        store.add([b'1' * 16], np.zeros((1, 4, 3), np.float16))
