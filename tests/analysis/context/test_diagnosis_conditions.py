"""Control conditions of the scene tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.analysis.context.conditions import (
    mean_tokens,
    random_encoder_config,
    swap_groups,
    swap_photos,
)


@pytest.mark.parametrize('count', [2, 3, 10, 101])
def test_swap_photos_is_a_permutation_without_fixed_points(count):
    for seed in range(5):
        other = swap_photos(count, seed)
        assert sorted(other) == list(range(count))
        assert (other != np.arange(count)).all()


def test_swap_photos_depends_on_the_seed():
    assert np.array_equal(swap_photos(20, 3), swap_photos(20, 3))
    assert not np.array_equal(swap_photos(20, 3), swap_photos(20, 4))


def test_swap_photos_rejects_one_image():
    with pytest.raises(ValueError, match='at least 2 images'):
        swap_photos(1, 0)


def test_swap_groups_uses_all_other_groups():
    groups = ['a', 'b', 'c'] * 20
    other = swap_groups(groups, 0)
    pairs = [(group, groups[i]) for group, i in zip(groups, other)]
    assert all(own != given for own, given in pairs)
    counts = {pair: pairs.count(pair) for pair in set(pairs)}
    assert len(counts) == 6
    assert set(counts.values()) == {10}


def test_swap_groups_rejects_one_group():
    with pytest.raises(ValueError, match='at least 2 groups'):
        swap_groups(['a', 'a'], 0)


def test_build_random_encoder_keeps_tower_and_preprocessing():
    config = {
        'type': 'ClipImageEncoder',
        'arch': 'ViT-B-32',
        'pretrained': 'openai',
        'checksum': '01234567',
        'pooling': {'kernel': 2},
    }
    random = random_encoder_config(config, seed=5)
    assert random == {
        'type': 'ClipImageEncoder',
        'arch': 'ViT-B-32',
        'pretrained': None,
        'allow_random': True,
        'seed': 5,
        'pooling': {'kernel': 2},
    }
    assert config['pretrained'] == 'openai'


def test_mean_tokens_averages_over_images():
    tokens = torch.tensor([[[1.0, 2.0]], [[3.0, 6.0]]])
    assert torch.equal(mean_tokens(tokens), torch.tensor([[[2.0, 4.0]], [[2.0, 4.0]]]))
