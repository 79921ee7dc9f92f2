"""Batches that are bounded by their words, since photos hold one word or two hundred."""

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
    """Joins samples to batches of at most ``max_words`` words and ``batch_size`` photos.

    Samples come in the order of ``sampler`` and are packed one after another: a batch ends where
    the next sample does not fit. All words of a sample stay together, so a photo with
    more words than a batch may hold has to be split by its data set (``split_words``).

    In a distributed run every rank packs the same order of the whole data set and takes every
    ``world_size``-th batch. No two ranks meet the same batch, and all get the same number: where
    a finite sampler with ``round_up`` does not come out even, the first batches are repeated.

    Works on MMEngine's ``InfiniteSampler``, whose batches run on across the end of the data, and
    ``DefaultSampler``, whose every epoch ends with a batch of what is left. Order and batches
    follow from the sampler's seed and epoch alone, so a resumed run goes on as MMEngine's do.

    Args:
        sampler: ``InfiniteSampler`` or ``DefaultSampler``.
        batch_size: Most photos of a batch; the Runner hands over the loader's. It bounds what
            the context encoder sees; word crops do not count.
        max_words: Most words of a batch.

    Raises:
        ValueError: If a sample alone holds more words, or a limit is not at least 1.
    """

    def __init__(self, sampler: Any, batch_size: int, max_words: int) -> None:
        if batch_size < 1 or max_words < 1:
            raise ValueError(
                f'batch_size (photos) and max_words must be at least 1, got {batch_size} and '
                f'{max_words}.'
            )
        self.sampler = sampler
        self.batch_size = batch_size
        self.max_words = max_words
        self.words, self.photos = sample_sizes(sampler.dataset)
        if len(self.words) and self.words.max() > max_words:
            raise ValueError(
                f'sample {int(self.words.argmax())} holds {self.words.max()} words, but '
                f'max_words={max_words}. Set split_words={max_words} in its data set, or raise '
                'max_words.'
            )
        self._endless = isinstance(sampler, InfiniteSampler)
        self._stream = self._deal(self._pack(_whole_order(sampler))) if self._endless else None

    def __iter__(self) -> Iterator[list[int]]:
        """The batches of this rank, lists of indices into the data set."""
        if self._stream is not None:
            for batch in self._stream:  # noqa: UP028  `yield from` would close it with the loader
                yield batch
        else:
            yield from self._epoch_batches()

    def __len__(self) -> int:
        """Batches of this rank in the current epoch; of an endless sampler, in one pass."""
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
        """Every ``world_size``-th batch, beginning at this rank's."""
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
    """How many words and how many photos each sample of a data set brings.

    Args:
        dataset: One with ``sample_sizes``, as ``SceneWordsDataset`` has it; one of word crops,
            one a sample; or ``ConcatDataset`` and ``RepeatDataset`` of such.

    Returns:
        (len(dataset),) int64 each.

    Raises:
        ValueError: If it is another kind of wrapper, which may reorder its samples.
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
            f'cannot count the words of a {type(dataset).__name__}: wrap data sets in '
            'ConcatDataset or RepeatDataset, or give it a method sample_sizes.'
        )
    return np.ones(len(dataset), dtype=np.int64), np.zeros(len(dataset), dtype=np.int64)


def _whole_order(sampler: Any) -> Iterator[int]:
    """The indices of all ranks together, in the order that the sampler deals them out."""
    whole = copy.copy(sampler)
    whole.rank, whole.world_size = 0, 1
    if isinstance(sampler, InfiniteSampler):
        return whole._indices_of_rank()  # its __iter__ shares a generator with the copy
    whole.round_up, whole.total_size = False, len(sampler.dataset)
    return iter(whole)
