"""Seeds of random transforms, in one process and in the workers of a loader."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from pipeline.datasets.transforms.random_transform import RandomTransform


class Draw(RandomTransform):
    """Replaces the sample by one random number."""

    def transform(self, results: dict) -> dict:
        return {'number': float(self.rng.random())}


class Numbers(Dataset):
    def __init__(self, seed: int | None) -> None:
        self.draw = Draw(seed)
        self.draw({})  # a generator that workers must not share

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> float:
        return self.draw({})['number']


def numbers(transform: Draw, count: int = 3) -> list[float]:
    return [transform({})['number'] for _ in range(count)]


def test_random_transform_follows_its_own_seed_only():
    first = numbers(Draw(seed=5))
    np.random.seed(1)
    torch.manual_seed(1)
    assert numbers(Draw(seed=5)) == first
    assert numbers(Draw(seed=6)) != first


def test_random_transform_without_seed_follows_torch():
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(numbers(Draw()) + numbers(Draw()))
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 6  # two transforms draw different numbers


def test_random_transform_leaves_numpys_generator_unchanged():
    state = np.random.get_state()[1].copy()
    numbers(Draw())
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_workers_draw_different_numbers():
    for seed in (None, 3):
        loader = DataLoader(Numbers(seed), batch_size=1, num_workers=2)
        assert len({batch.item() for batch in loader}) == 4
