"""Batches of crops of the same width, for recognizers with variable crop width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from mmengine.dataset import ConcatDataset, RepeatDataset
from torch.utils.data import Sampler

from pipeline.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class WidthBatchSampler(Sampler[list[int]]):
    """Collects crops of the same width and returns them as a batch when it is full.

    Batches of wide crops are smaller, so that all batches take about the same time. No crop is
    padded. Order and batches depend only on the sampler's seed.

    Args:
        sampler: MMEngine's ``InfiniteSampler``.
        batch_size: Number of crops per batch at the width ``at_width``; the Runner passes the
            dataloader's.
        at_width: Width in pixels at which a batch contains ``batch_size`` crops.
        max_batch_size: Maximum number of crops per batch, for narrow crops.

    Raises:
        ValueError: If a number is not positive, or if the data set has no widths.
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
        """Endless iterator over batches of indices into the data set."""
        for batch in self._stream:  # noqa: UP028  `yield from` would close the stream
            yield batch

    def __len__(self) -> int:
        """Approximate number of batches in one pass over the data."""
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
    """Crop width in pixels of each sample, (len(dataset),) int64.

    Args:
        dataset: ``SceneWordsDataset`` of crops whose annotation contains ``width`` (written by
            ``clipter cut-words``), or ``ConcatDataset`` and ``RepeatDataset`` of such data sets.

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
            f'the annotation has no width for sample {widths.index(None)}: cut the words with '
            'clipter cut-words.'
        )
    return np.array(widths, dtype=np.int64)
