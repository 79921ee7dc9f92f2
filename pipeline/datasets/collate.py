"""Batches of scenes with their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.registry import FUNCTIONS
from torch import Tensor


@FUNCTIONS.register_module()
def collate_scene_words(samples: Sequence[dict[str, Any]], multiple_of: int = 1) -> dict[str, Any]:
    """Put the words of several photos into one batch that knows each word's photo.

    Args:
        samples: What ``SceneWordsDataset`` gives: ``inputs`` (crops), ``data_samples``, and for
            the words of a photo ``image`` or ``context_tokens`` (S, C), with ``photo``, its
            name. Samples of one photo are joined, so that it is encoded once. Samples of
            MMOCR's own data sets, one crop and one data sample each, are words without a photo.
        multiple_of: The last words are left out so that their number is a multiple of this, unless
            there are fewer. A GPU's cuDNN plans its convolutions anew for each size of batch.

    Returns:
        ``inputs`` (N, 3, height, width) uint8 and ``data_samples`` (N). Where samples have
        photos also ``images`` (list of I) or ``context_tokens`` (I, S, C), and ``image_index``
        (N,) int64, -1 for words without one.

    Raises:
        ValueError: If crops differ in size, photos come with tokens and without, or ``multiple_of``
            is no number of words.
    """
    if multiple_of < 1:
        raise ValueError(f'multiple_of must be at least 1 word, got {multiple_of}.')
    crops: list[Tensor] = []
    data_samples: list[Any] = []
    index: list[int] = []
    scenes: dict[Any, tuple[Any, Tensor | None]] = {}  # photo -> image, tokens; in order
    for number, sample in enumerate(samples):
        words = sample['inputs']
        if isinstance(words, Tensor):  # one crop, as MMOCR packs it
            words, targets = [words], [sample['data_samples']]
        else:
            targets = sample['data_samples']
        crops += words
        data_samples += targets
        image, tokens = sample.get('image'), sample.get('context_tokens')
        row = -1
        if image is not None or tokens is not None:
            name = sample.get('photo', number)
            scenes.setdefault(name, (image, tokens))
            row = list(scenes).index(name)
        index += [row] * len(words)
    if len(crops) > multiple_of:
        kept = len(crops) - len(crops) % multiple_of
        crops, data_samples, index = crops[:kept], data_samples[:kept], index[:kept]
    batch: dict[str, Any] = {'inputs': _stack_crops(crops), 'data_samples': data_samples}
    if scenes:
        batch.update(_join_scenes(list(scenes.values())))
        batch['image_index'] = torch.tensor(index, dtype=torch.int64)
    return batch


def _stack_crops(crops: list[Tensor]) -> Tensor:
    sizes = {tuple(crop.shape) for crop in crops}
    if len(sizes) > 1:
        raise ValueError(
            f'the crops of a batch need one size, got {sorted(sizes)}: give all data sets that '
            'are joined the same size of rectifier or Resize, or use WidthBatchSampler.'
        )
    return torch.stack(crops)


def _join_scenes(scenes: list[tuple[Any, Tensor | None]]) -> dict[str, Any]:
    images = [image for image, tokens in scenes if tokens is None]
    if len(images) == len(scenes):
        return {'images': images}
    if images:
        raise ValueError(
            f'{len(images)} of {len(scenes)} photos of a batch come without scene tokens: give '
            'all data sets that are joined a context_cache, or none.'
        )
    return {'context_tokens': torch.stack([tokens for _, tokens in scenes if tokens is not None])}
