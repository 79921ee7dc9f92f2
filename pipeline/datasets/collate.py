"""Collation of images with their word crops into batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.registry import FUNCTIONS
from torch import Tensor


@FUNCTIONS.register_module()
def collate_scene_words(samples: Sequence[dict[str, Any]], multiple_of: int = 1) -> dict[str, Any]:
    """Collate the words of several images into one batch with the image index of each word.

    Args:
        samples: Samples of ``SceneWordsDataset``: ``inputs`` (crops), ``data_samples``, and for
            words of an image ``image`` or ``context_tokens`` (S, C), and ``photo``, a key of the
            image. Samples with the same key share one image in the batch, so that it is encoded
            once. Samples of MMOCR's own data sets (one crop, one data sample) are words without an
            image.
        multiple_of: The last words are dropped so that the number of words is a multiple of this,
            unless there are fewer words. cuDNN plans its convolutions again for each batch size.

    Returns:
        ``inputs`` (N, 3, height, width) uint8 and ``data_samples`` (N). If samples have images,
        also ``images`` (list of I) or ``context_tokens`` (I, S, C), and ``image_index`` (N,) int64,
        -1 for words without an image.

    Raises:
        ValueError: If crops differ in size, if only some of the images have tokens, or if
            ``multiple_of`` is below 1.
    """
    if multiple_of < 1:
        raise ValueError(f'multiple_of must be at least 1 word, got {multiple_of}.')
    crops: list[Tensor] = []
    data_samples: list[Any] = []
    index: list[int] = []
    scenes: dict[Any, tuple[Any, Tensor | None]] = {}  # key -> image, tokens; in batch order
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
            f'all crops of a batch must have the same size, got {sorted(sizes)}: set the same '
            'size in the rectifier or Resize of all data sets, or use WidthBatchSampler.'
        )
    return torch.stack(crops)


def _join_scenes(scenes: list[tuple[Any, Tensor | None]]) -> dict[str, Any]:
    images = [image for image, tokens in scenes if tokens is None]
    if len(images) == len(scenes):
        return {'images': images}
    if images:
        raise ValueError(
            f'{len(images)} of {len(scenes)} images of a batch have no scene tokens: set '
            'context_cache in PackSceneWords of all data sets, or of none.'
        )
    return {'context_tokens': torch.stack([tokens for _, tokens in scenes if tokens is not None])}
