"""Reads given words of photos with given scene tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline.diagnosis.scene_words import GoldPhoto
from pipeline.rectification import Rectifier
from pipeline.structures import SceneContext


@dataclass(frozen=True, eq=False)
class WordCrops:
    """The readable words of some photos, cut out once for all ways of reading them.

    Attributes:
        crops: (N, height, width, 3) uint8 BGR.
        image_index: (N,) int64, the photo of each.
        texts: What is written.
    """

    crops: np.ndarray
    image_index: np.ndarray
    texts: list[str]


def cut_words(photos: Sequence[GoldPhoto], rectifier: Rectifier) -> WordCrops:
    """Cut all readable words out of their photos, in order."""
    crops, index, texts = [], [], []
    for i, photo in enumerate(photos):
        words = photo.readable
        if words:
            crops.append(rectifier(photo.load(), [word.polygon for word in words]))
            index += [i] * len(words)
            texts += [word.text for word in words]
    joined = np.concatenate(crops) if crops else np.zeros((0, *rectifier.size, 3), np.uint8)
    return WordCrops(joined, np.array(index, dtype=np.int64), texts)


def encode_photos(encoder: nn.Module, photos: Sequence[GoldPhoto], batch_size: int = 16) -> Tensor:
    """Scene tokens of all photos, (I, S, C) on the CPU; ``batch_size`` photos in memory."""
    tokens = [
        encode_images(encoder, [photo.load() for photo in photos[i : i + batch_size]])
        for i in range(0, len(photos), batch_size)
    ]
    return torch.cat(tokens)


@torch.inference_mode()
def encode_images(encoder: nn.Module, images: Sequence[np.ndarray]) -> Tensor:
    """Scene tokens of decoded photos, (I, S, C) on the CPU."""
    return encoder(images).cpu()


@torch.inference_mode()
def read_words(
    recognizer: nn.Module, words: WordCrops, tokens: Tensor | None, batch_size: int = 64
) -> list[str]:
    """Read all words, each with the scene tokens of its row of ``image_index``.

    Args:
        recognizer: A recognizer, in evaluation mode.
        words: N words.
        tokens: (I, S, C), or None to read without a scene.
        batch_size: Words a pass.

    Returns:
        N texts.
    """
    device = next(recognizer.parameters()).device
    preprocessor: Any = recognizer.data_preprocessor
    gray = len(getattr(getattr(preprocessor, 'crop_preprocessor', preprocessor), 'mean', ())) == 1
    texts: list[str] = []
    for start in range(0, len(words.texts), batch_size):
        crops = words.crops[start : start + batch_size]
        if gray:
            crops = np.stack([cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY) for crop in crops])[..., None]
        inputs = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2)
        samples = [_sample(crops.shape[1:3]) for _ in crops]
        data = preprocessor({'inputs': list(inputs), 'data_samples': samples}, False)
        context = {}
        if tokens is not None:
            # Only the photos of this batch go to the device.
            rows, index = np.unique(
                words.image_index[start : start + batch_size], return_inverse=True
            )
            context['context'] = SceneContext(
                tokens[torch.from_numpy(rows)].to(device), torch.from_numpy(index).to(device)
            )
        read = recognizer(data['inputs'], data['data_samples'], mode='predict', **context)
        texts += [sample.pred_text.item for sample in read]
    return texts


def _sample(shape: tuple[int, ...]) -> TextRecogDataSample:
    """What MMOCR's recognizers want to know of a crop that already has their size."""
    sample = TextRecogDataSample()
    sample.set_metainfo({'img_shape': shape, 'ori_shape': shape, 'valid_ratio': 1.0})
    return sample
