"""Crops and scene tokens of gt words, and their texts read by :func:`read_crops`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.analysis.gt_images import GtImage
from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.recognition.crop_reader import read_crops, read_crops_under
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


def encode_photos(
    encoder: nn.Module,
    photos: Sequence[GtImage],
    batch_size: int = 16,
    report: Callable[[int], Any] = lambda count: None,
) -> Tensor:
    """Scene tokens of I images, (I, S, C) on the CPU.

    Args:
        encoder: Context encoder.
        photos: I images.
        batch_size: Largest number of images in memory.
        report: Called after each batch with its number of images.
    """
    tokens = []
    for i in range(0, len(photos), batch_size):
        images = [photo.load() for photo in photos[i : i + batch_size]]
        tokens.append(encode_images(encoder, images))
        report(len(images))
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


def read_conditions(
    recognizer: ContextRecognizer,
    words: WordCrops,
    conditions: Mapping[str, Tensor | None],
    report: Callable[[int], Any] = lambda count: None,
) -> dict[str, list[str]]:
    """Read all words under several conditions; see :func:`read_crops_under`.

    Args:
        recognizer: Recognizer in evaluation mode.
        words: N words.
        conditions: Name -> (I, S, C) scene tokens, or None to read without context.
        report: Called after each batch with its number of words.

    Returns:
        Name -> N texts.
    """
    index = words.image_index.tolist()
    read = read_crops_under(recognizer, words.crops, conditions, index, report=report)
    return {name: [reading.item for reading in readings] for name, readings in read.items()}
