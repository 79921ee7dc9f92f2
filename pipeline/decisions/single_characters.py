"""Faint characters of images that consist of single characters, such as forms and keypads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.decisions.neighbours import box_contains
from pipeline.detection.detections import Detections
from pipeline.geometry import ring_size
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import (
    CropBatch,
    ReadWord,
    WordBatch,
    choose_orientations,
    rectify_words,
)

_LEAST_SHARE = 0.5  # of the words of the image
_LEAST_SCORE = 0.9  # of the reading
_HEIGHT_RATIOS = (0.6, 1.6)  # to the median of the clear characters
_MOST_CANDIDATES = 300


def clear_characters(words: Sequence[ReadWord], min_score: float) -> list[ReadWord]:
    """The single letters and digits of an image, if it consists of them.

    Args:
        words: Words of one image.
        min_score: Words with a lower ``score`` do not count.

    Returns:
        Single characters, if they are at least half of the words of the image; or none.
    """
    kept = [word for word in words if word.reading.text and word.score >= min_score]
    single = [word for word in kept if _is_character(word)]
    return single if len(single) >= _LEAST_SHARE * len(kept) else []


def find_faint_characters(
    images: Sequence[np.ndarray],
    clear: Sequence[ReadWord],
    faint: Sequence[Detections],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
) -> list[ReadWord]:
    """Read what the detector hardly sees, and keep characters like the clear ones.

    A character is kept if it is read with certainty, is about as high as the clear characters, and
    overlaps none of them. Its ``det_score`` is the lowest one of the clear characters.

    Args:
        images: Images of the batch, each (H, W, 3) uint8 BGR.
        clear: Result of :func:`clear_characters` for one of the images, not empty.
        faint: Detections of the same image with low thresholds, at several sizes.
        rectifier: Rectifier of the recognizer.
        read: Recognizer.

    Returns:
        Further words of the image, without those in ``clear``.
    """
    height = float(np.median([ring_size(word.polygon)[0] for word in clear]))
    low, high = (ratio * height for ratio in _HEIGHT_RATIOS)
    polygons = [
        polygon
        for found in faint
        for polygon in found.polygons
        if low <= max(ring_size(polygon)) <= high
    ][:_MOST_CANDIDATES]
    if not polygons:
        return []
    index = clear[0].image_index
    score = min(word.det_score for word in clear)
    batch = WordBatch(polygons, [score] * len(polygons), [index] * len(polygons))
    crops = rectify_words(images, batch, rectifier)
    words = [
        word
        for word in choose_orientations(crops, read(crops))
        if _is_character(word) and word.reading.score >= _LEAST_SCORE
    ]
    kept = list(clear)
    for word in sorted(words, key=lambda word: -word.reading.score):
        if not any(_overlap(word.polygon, other.polygon) for other in kept):
            kept.append(word)
    return kept[len(clear) :]


def _is_character(word: ReadWord) -> bool:
    return len(word.reading.text) == 1 and word.reading.text.isalnum()


def _overlap(ring: np.ndarray, other: np.ndarray) -> bool:
    """Whether the middle of one polygon is in the bounding box of the other one."""
    return box_contains(ring, other.mean(axis=0)) or box_contains(other, ring.mean(axis=0))
