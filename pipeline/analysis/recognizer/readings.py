"""Texts that the recognizer reads at the gt polygons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.analysis.gt_images import GtImage
from pipeline.analysis.gt_words import GtCrop
from pipeline.analysis.word_groups import measure_sharpness
from pipeline.geometry import image_ring
from pipeline.io import read_image
from pipeline.spotter import TextSpotter

_CROPS_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class WordReading:
    """A word with its gt text and its predicted text.

    Attributes:
        path: Path of the image, or of the word crop.
        polygon: (K, 2) pixels of the image, or the outline of the word crop.
        gt_text: gt text.
        text: Predicted text.
        score: Probability of ``text`` by the recognizer, in [0, 1].
        sharpness: Sharpness of the rectified crop; see :func:`measure_sharpness`.
        is_crop: Whether the word comes from a word crop, without its image.
    """

    path: Path
    polygon: np.ndarray
    gt_text: str
    text: str
    score: float
    sharpness: float
    is_crop: bool = False

    def load(self) -> np.ndarray:
        """Read the image or the word crop, (H, W, 3) uint8 BGR."""
        return read_image(self.path)


def read_words_of_photos(
    spotter: TextSpotter,
    photos: Sequence[GtImage],
    progress: Callable[[], None] = lambda: None,
) -> list[WordReading]:
    """Read the words of images that have a text and are not ignored.

    One image is in memory at a time. Words are not dropped by their score.

    Args:
        spotter: Spotter whose rectifier and recognizer read the words.
        photos: Images with their words.
        progress: Callback after each image.
    """
    readings: list[WordReading] = []
    for photo in photos:
        words = photo.readable
        if words:
            image, polygons = photo.load(), [word.polygon for word in words]
            read = spotter.read_polygons([image], [polygons])[0]
            crops = spotter.rectifier(image, polygons)
            readings += [
                WordReading(
                    photo.path, word.polygon, word.text, text, score, measure_sharpness(crop)
                )
                for word, (text, score), crop in zip(words, read, crops, strict=True)
            ]
        progress()
    return readings


def read_word_crops(
    spotter: TextSpotter,
    crops: Sequence[GtCrop],
    progress: Callable[[], None] = lambda: None,
) -> list[WordReading]:
    """Read word crops, without scene context.

    Arguments and result are those of :func:`read_words_of_photos`. 64 crops are in memory.
    """
    readings: list[WordReading] = []
    for start in range(0, len(crops), _CROPS_AT_ONCE):
        some = crops[start : start + _CROPS_AT_ONCE]
        images = [crop.load() for crop in some]
        for crop, image, (text, score) in zip(some, images, spotter.read_crops(images)):
            ring = image_ring(*image.shape[:2])
            sharpness = measure_sharpness(spotter.rectifier(image, [ring])[0])
            readings.append(
                WordReading(crop.path, ring, crop.text, text, score, sharpness, is_crop=True)
            )
            progress()
    return readings
