"""Words read where the ground truth has them."""

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
    """A word, what is written and what was read.

    Attributes:
        path: The photo, or the crop.
        polygon: (K, 2) pixels of it; the outline of the whole image where it is a crop.
        gt_text: What is written.
        text: What was read.
        score: The recognizer's probability of ``text``, in [0, 1].
        sharpness: Variance of the Laplacian of the crop that the recognizer sees.
        is_crop: Whether the image is a word crop: what was around the word is not known.
    """

    path: Path
    polygon: np.ndarray
    gt_text: str
    text: str
    score: float
    sharpness: float
    is_crop: bool = False

    def load(self) -> np.ndarray:
        """The photo or the crop, (H, W, 3) uint8 BGR."""
        return read_image(self.path)


def read_words_of_photos(
    spotter: TextSpotter,
    photos: Sequence[GtImage],
    progress: Callable[[], None] = lambda: None,
) -> list[WordReading]:
    """Read the words of photos that are neither ignored nor empty; one photo is in memory.

    Args:
        spotter: Its rectifier cuts them out as it does detected words; nothing is dropped.
        photos: With their words.
        progress: Called after each photo.
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
    """Read images that are words; they have no scene, so that context plays no part.

    Arguments and result are those of :func:`read_words_of_photos`; 64 crops are in memory.
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
