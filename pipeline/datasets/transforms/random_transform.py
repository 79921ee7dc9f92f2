"""Base class of transforms that draw random numbers."""

from __future__ import annotations

import os

import numpy as np
import torch
from mmcv.transforms import BaseTransform


class RandomTransform(BaseTransform):
    """A transform that draws from a generator of its own, not from the global ``np.random``.

    Each process creates its generator at the first draw, so workers draw different numbers.

    Args:
        seed: Random seed. None draws a seed from torch's generator, which MMEngine seeds in each
            worker. A run with a fixed ``randomness.seed`` is then reproducible.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._rng: np.random.Generator | None = None
        self._process = -1

    @property
    def rng(self) -> np.random.Generator:
        """The generator of this transform in the current process."""
        if self._rng is None or self._process != os.getpid():
            self._process = os.getpid()
            worker = torch.utils.data.get_worker_info()
            if self.seed is None:
                self._rng = np.random.default_rng(int(torch.randint(2**62, ())))
            else:
                self._rng = np.random.default_rng([self.seed, 0 if worker is None else worker.id])
        return self._rng
