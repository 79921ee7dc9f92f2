"""Tokens that are not the photo's own."""

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
def test_each_photo_gets_another_ones_tokens_and_each_is_used_once(count):
    for seed in range(5):
        other = swap_photos(count, seed)
        assert sorted(other) == list(range(count))
        assert (other != np.arange(count)).all()


def test_the_exchange_is_that_of_its_seed():
    assert np.array_equal(swap_photos(20, 3), swap_photos(20, 3))
    assert not np.array_equal(swap_photos(20, 3), swap_photos(20, 4))


def test_one_photo_cannot_be_exchanged():
    with pytest.raises(ValueError, match='at least 2 photos'):
        swap_photos(1, 0)


def test_photos_of_another_group_are_taken_from_all_other_groups():
    groups = ['a', 'b', 'c'] * 20
    other = swap_groups(groups, 0)
    pairs = [(group, groups[i]) for group, i in zip(groups, other)]
    assert all(own != given for own, given in pairs)
    counts = {pair: pairs.count(pair) for pair in set(pairs)}
    assert len(counts) == 6
    assert set(counts.values()) == {10}


def test_one_group_cannot_be_exchanged():
    with pytest.raises(ValueError, match='at least 2 groups'):
        swap_groups(['a', 'a'], 0)


def test_a_random_encoder_is_the_same_tower_without_its_weights():
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


def test_the_mean_token_is_that_of_all_photos():
    tokens = torch.tensor([[[1.0, 2.0]], [[3.0, 6.0]]])
    assert torch.equal(mean_tokens(tokens), torch.tensor([[[2.0, 4.0]], [[2.0, 4.0]]]))
