"""Batches with a limited number of words, because images contain from one to hundreds of words."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from mmengine.dataset import ConcatDataset, InfiniteSampler, RepeatDataset
from torch.utils.data import Sampler

from pipeline.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class WordBatchSampler(Sampler[list[int]]):
    """Packs samples into batches of at most ``max_words`` words and ``batch_size`` images.

    Samples are packed in the order of ``sampler``. A batch ends where the next sample does not fit.
    The words of a sample stay together, so an image with more than ``max_words`` words has to be
    split by its data set (``split_words``).

    In a distributed run every rank packs the same order of the whole data set and takes every
    ``world_size``-th batch. Ranks therefore get different batches. If a finite sampler has
    ``round_up``, the first batches are repeated so that all ranks get the same number.

    Supports MMEngine's ``InfiniteSampler``, whose batches continue across the end of the data, and
    ``DefaultSampler``, whose epochs end with a partial batch. Order and batches depend only on the
    sampler's seed and epoch, so resuming a run works as with MMEngine's own samplers.

    Args:
        sampler: ``InfiniteSampler`` or ``DefaultSampler``.
        batch_size: Maximum number of images per batch; the Runner passes the dataloader's. It
            limits the input of the context encoder. Word crops do not count.
        max_words: Maximum number of words per batch.

    Raises:
        ValueError: If one sample has more words than ``max_words``, or if a limit is below 1.
    """

    def __init__(self, sampler: Any, batch_size: int, max_words: int) -> None:
        if batch_size < 1 or max_words < 1:
            raise ValueError(
                f'batch_size (images) and max_words must be at least 1, got {batch_size} and '
                f'{max_words}.'
            )
        self.sampler = sampler
        self.batch_size = batch_size
        self.max_words = max_words
        self.words, self.photos = sample_sizes(sampler.dataset)
        if len(self.words) and self.words.max() > max_words:
            raise ValueError(
                f'sample {int(self.words.argmax())} has {self.words.max()} words, but '
                f'max_words={max_words}. Set split_words={max_words} in its data set, or '
                'increase max_words.'
            )
        self._endless = isinstance(sampler, InfiniteSampler)
        self._stream = self._deal(self._pack(_whole_order(sampler))) if self._endless else None

    def __iter__(self) -> Iterator[list[int]]:
        """Iterate over the batches of this rank, lists of indices into the data set."""
        if self._stream is not None:
            for batch in self._stream:  # noqa: UP028  `yield from` would close the stream
                yield batch
        else:
            yield from self._epoch_batches()

    def __len__(self) -> int:
        """Number of batches of this rank per epoch, or per pass of an endless sampler."""
        if not self._endless:
            return len(self._epoch_batches())
        one_pass = sum(1 for _ in self._pack(range(len(self.words))))
        return -(-one_pass // self.sampler.world_size)

    def _epoch_batches(self) -> list[list[int]]:
        batches = list(self._pack(_whole_order(self.sampler)))
        world_size = self.sampler.world_size
        if self.sampler.round_up:
            missing = -len(batches) % world_size
            batches += [batches[i % len(batches)] for i in range(missing)]
        return batches[self.sampler.rank :: world_size]

    def _deal(self, batches: Iterable[list[int]]) -> Iterator[list[int]]:
        """Every ``world_size``-th batch, starting with this rank's first one."""
        for number, batch in enumerate(batches):
            if number % self.sampler.world_size == self.sampler.rank:
                yield batch

    def _pack(self, order: Iterable[int]) -> Iterator[list[int]]:
        batch: list[int] = []
        words = photos = 0
        for idx in order:
            words += self.words[idx]
            photos += self.photos[idx]
            if batch and (words > self.max_words or photos > self.batch_size):
                yield batch
                batch, words, photos = [], self.words[idx], self.photos[idx]
            batch.append(idx)
        if batch:
            yield batch


def sample_sizes(dataset: Any) -> tuple[np.ndarray, np.ndarray]:
    """Number of words and number of images of each sample of a data set.

    Args:
        dataset: Data set with a method ``sample_sizes``, such as ``SceneWordsDataset``; data set
            with one word crop per sample; or ``ConcatDataset`` and ``RepeatDataset`` of such data
            sets.

    Returns:
        Words and images, (len(dataset),) int64 each.

    Raises:
        ValueError: If ``dataset`` is another wrapper, which may reorder its samples.
    """
    if isinstance(dataset, ConcatDataset):
        parts = [sample_sizes(part) for part in dataset.datasets]
        return np.concatenate([w for w, _ in parts]), np.concatenate([p for _, p in parts])
    if isinstance(dataset, RepeatDataset):
        words, photos = sample_sizes(dataset.dataset)
        return np.tile(words, dataset.times), np.tile(photos, dataset.times)
    if hasattr(dataset, 'sample_sizes'):
        return dataset.sample_sizes()
    if hasattr(dataset, 'dataset'):
        raise ValueError(
            f'cannot count the words of a {type(dataset).__name__}: use ConcatDataset or '
            'RepeatDataset, or implement a method sample_sizes.'
        )
    return np.ones(len(dataset), dtype=np.int64), np.zeros(len(dataset), dtype=np.int64)


def _whole_order(sampler: Any) -> Iterator[int]:
    """The indices of all ranks together, in the order in which the sampler distributes them."""
    whole = copy.copy(sampler)
    whole.rank, whole.world_size = 0, 1
    if isinstance(sampler, InfiniteSampler):
        return whole._indices_of_rank()  # its __iter__ shares a generator with the copy
    whole.round_up, whole.total_size = False, len(sampler.dataset)
    return iter(whole)
