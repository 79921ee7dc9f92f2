"""A spotter without networks, for tests of what is around a spotter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pipeline.image_stream import ImageStream
from pipeline.structures import ImageWords, Word

QUAD = np.array([[10, 10], [50, 10], [50, 30], [10, 30]], np.float32)


class LightSpotter(ImageStream):
    """Reads one letter per image: the blue of the pixel (20, 20). White images have no word."""

    min_score = 0.0
    default_workers = 1

    def read_batch(self, images: Sequence[np.ndarray]) -> list[ImageWords]:
        """The word of each image."""
        blues = [int(image[20, 20, 0]) for image in images]
        return [
            ImageWords([Word(QUAD, chr(blue), 0.9, 0.8)] if blue < 255 else []) for blue in blues
        ]


def write_letter(path: Path | str, letter: str = '') -> None:
    """Write a PNG that :class:`LightSpotter` reads as a letter, or as no word."""
    image = np.full((60, 80, 3), 255, np.uint8)
    if letter:
        image[10:30, 10:50] = (ord(letter), 40, 40)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)
