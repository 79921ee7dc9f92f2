"""Batches of crops of one width, for recognizers whose crops are as wide as their words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from mmengine.dataset import ConcatDataset, RepeatDataset
from torch.utils.data import Sampler

from pipeline.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class WidthBatchSampler(Sampler[list[int]]):
    """Collects crops of one width and returns them as a batch when it is full.

    Wide crops come in smaller batches, so that all batches take about the same time. No crop is
    padded. Order and batches follow from the sampler's seed only.

    Args:
        sampler: MMEngine's ``InfiniteSampler``.
        batch_size: Number of crops per batch at the width ``at_width``; the Runner passes the
            dataloader's.
        at_width: Width in pixels at which a batch holds ``batch_size`` crops.
        max_batch_size: Largest number of crops in a batch, for narrow ones.

    Raises:
        ValueError: If a number is not positive or the data set has no widths.
    """

    def __init__(
        self, sampler: Any, batch_size: int, at_width: int = 128, max_batch_size: int = 64
    ) -> None:
        if min(batch_size, at_width, max_batch_size) < 1:
            raise ValueError(
                'batch_size, at_width and max_batch_size must be positive, got '
                f'{batch_size}, {at_width} and {max_batch_size}.'
            )
        self.sampler = sampler
        self.batch_size = batch_size
        self.widths = sample_widths(sampler.dataset)
        sizes = batch_size * at_width // np.maximum(self.widths, 1)
        self.sizes = np.clip(sizes, 1, max_batch_size)
        self._stream = self._fill()

    def __iter__(self) -> Iterator[list[int]]:
        """Batches of indices into the data set, without end."""
        for batch in self._stream:  # noqa: UP028  `yield from` would close it with the loader
            yield batch

    def __len__(self) -> int:
        """Number of batches in one pass over the data, about."""
        return int(np.ceil((1 / self.sizes).sum()))

    def _fill(self) -> Iterator[list[int]]:
        waiting: dict[int, list[int]] = {}
        for index in self.sampler:
            same = waiting.setdefault(int(self.widths[index]), [])
            same.append(index)
            if len(same) >= self.sizes[index]:
                yield list(same)
                same.clear()


def sample_widths(dataset: Any) -> np.ndarray:
    """Width in pixels of the crop of each sample, (len(dataset),) int64.

    Args:
        dataset: ``SceneWordsDataset`` of crops whose annotation contains their ``width``
            (``tools/cut_words.py`` writes it), or ``ConcatDataset`` and ``RepeatDataset`` of such.

    Raises:
        ValueError: If a sample has no width.
    """
    if isinstance(dataset, ConcatDataset):
        return np.concatenate([sample_widths(part) for part in dataset.datasets])
    if isinstance(dataset, RepeatDataset):
        return np.tile(sample_widths(dataset.dataset), dataset.times)
    widths = [dataset.get_data_info(i).get('width') for i in range(len(dataset))]
    if None in widths:
        raise ValueError(
            'the annotation contains no width of sample '
            f'{widths.index(None)}: cut the words with tools/cut_words.py.'
        )
    return np.array(widths, dtype=np.int64)
