"""Batches of scenes with their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.registry import FUNCTIONS


@FUNCTIONS.register_module()
def collate_scene_words(samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Put the words of several photos into one batch that knows each word's photo.

    Args:
        samples: What ``SceneWordsDataset`` gives: ``inputs`` (crops), ``data_samples``
            and ``image`` (the photo or None).

    Returns:
        ``inputs`` (N, 3, height, width) uint8 and ``data_samples`` (N). Where a sample has a
        photo also ``images`` (list of I) and ``image_index`` (N,) int64, -1 for words
        without one.
    """
    images: list[Any] = []
    index: list[int] = []
    for sample in samples:
        photo = sample.get('image')
        index += [-1 if photo is None else len(images)] * len(sample['inputs'])
        if photo is not None:
            images.append(photo)
    batch: dict[str, Any] = {
        'inputs': torch.stack([crop for sample in samples for crop in sample['inputs']]),
        'data_samples': [data for sample in samples for data in sample['data_samples']],
    }
    if images:
        batch['images'] = images
        batch['image_index'] = torch.tensor(index, dtype=torch.int64)
    return batch
