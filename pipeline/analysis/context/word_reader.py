"""Crops and scene tokens of gt words, and their texts read by :func:`read_crops`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.analysis.gt_images import GtImage
from pipeline.recognition.crop_reader import read_crops
from pipeline.rectification import Rectifier


@dataclass(frozen=True, eq=False)
class WordCrops:
    """Crops of the readable words of some images.

    Attributes:
        crops: N crops (height, width, 3) uint8 BGR.
        image_index: (N,) int64, image index of each crop.
        texts: N gt texts.
    """

    crops: list[np.ndarray]
    image_index: np.ndarray
    texts: list[str]


def cut_words(photos: Sequence[GtImage], rectifier: Rectifier) -> WordCrops:
    """Rectify all readable words of the images, in order."""
    crops: list[np.ndarray] = []
    index: list[int] = []
    texts: list[str] = []
    for i, photo in enumerate(photos):
        words = photo.readable
        if words:
            crops += rectifier(photo.load(), [word.polygon for word in words])
            index += [i] * len(words)
            texts += [word.text for word in words]
    return WordCrops(crops, np.array(index, dtype=np.int64), texts)


def encode_photos(encoder: nn.Module, photos: Sequence[GtImage], batch_size: int = 16) -> Tensor:
    """Scene tokens of I images, (I, S, C) on the CPU. ``batch_size`` images are in memory."""
    tokens = [
        encode_images(encoder, [photo.load() for photo in photos[i : i + batch_size]])
        for i in range(0, len(photos), batch_size)
    ]
    return torch.cat(tokens)


@torch.inference_mode()
def encode_images(encoder: nn.Module, images: Sequence[np.ndarray]) -> Tensor:
    """Scene tokens of I decoded images (H, W, 3) uint8 BGR, (I, S, C) on the CPU."""
    return encoder(images).cpu()


@torch.inference_mode()
def read_words(
    recognizer: nn.Module, words: WordCrops, tokens: Tensor | None, batch_size: int = 64
) -> list[str]:
    """Read all words, each with the scene tokens of its image.

    Args:
        recognizer: Recognizer in evaluation mode.
        words: N words.
        tokens: (I, S, C) scene tokens, or None to read without context.
        batch_size: Largest number of words per forward pass.

    Returns:
        N texts.
    """
    index = words.image_index.tolist()
    return [r.item for r in read_crops(recognizer, words.crops, tokens, index, batch_size)]
