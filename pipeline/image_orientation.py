"""Orientation of whole images, from the words that were read in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.geometry import ring_size
from pipeline.word_reading import ReadWord

ORIENTATIONS = ('auto', 0, 90, 180, 270)
"""``'auto'``, or degrees by which an image is rotated clockwise before it is read."""

_MIN_LENGTH = 2  # Single characters do not show where their top is.
_SAMPLE = 5
_CLEAR = 0.9
_UPRIGHT_BONUS = 0.75
"""Characters by which an upside-down reading must be better: most images are upright. Chosen on
training images; see docs/experiments.md."""

_MAX_TILT_DEG = 60.0  # Wide words of tilted images are not rotated by 90 degrees.
_CLEAR_TILT_DEG = 25.0
"""Tilt up to which certainty shows that a word is upright. The outline of a word that is tilted by
135 degrees is that of one tilted by -45 degrees, and letters upside down can be other letters."""


def rotate_image(image: np.ndarray, degrees: int) -> np.ndarray:
    """Rotate an image clockwise by a multiple of 90 degrees."""
    return np.ascontiguousarray(np.rot90(image, -degrees // 90)) if degrees else image


def choose_image_orientations(
    images: Sequence[np.ndarray],
    read: Sequence[list[ReadWord]],
    min_score: float,
    read_again: Callable[[list[np.ndarray]], list[list[ReadWord]]],
    read_flipped: Callable[[np.ndarray, list[ReadWord]], list[ReadWord]],
) -> tuple[list[list[ReadWord]], list[int]]:
    """Rotate images that are not upright, and read them again. The better result is kept;
    an upside-down one must be clearly better.

    Args:
        images: Images.
        read: Words of each image, read as it is.
        min_score: Words with a lower score do not count.
        read_again: Reads images.
        read_flipped: Reads words of an image upside down.

    Returns:
        The words of each image in its orientation, and the orientations in degrees clockwise.
    """
    chosen, orientations = list(read), []
    for image, words in zip(images, read):
        degrees = vote_orientation(words, min_score)
        sample = [] if degrees else sample_words(words)
        if sample and _sum_scores(read_flipped(image, sample)) > _sum_scores(sample):
            degrees = 180
        orientations.append(degrees)
    rows = [row for row, degrees in enumerate(orientations) if degrees]
    if not rows:
        return chosen, orientations
    again = read_again([rotate_image(images[row], orientations[row]) for row in rows])
    for row, words in zip(rows, again):
        bonus = _UPRIGHT_BONUS if orientations[row] == 180 else 0.0
        if evidence(words, min_score) > evidence(read[row], min_score) + bonus:
            chosen[row] = [replace(word, image_index=row) for word in words]
        else:
            orientations[row] = 0
    return chosen, orientations


def vote_orientation(words: Sequence[ReadWord], min_score: float) -> int:
    """The orientation of most characters of an image.

    Tall words were read in four orientations, so they vote for any of them. Wide words were read
    in one; see :func:`sample_words` for upside-down images.

    Args:
        words: Words of one image.
        min_score: Words with a lower score do not vote.

    Returns:
        Degrees by which the image is to be rotated clockwise. 0 if no orientation has more than
        half of the characters.
    """
    votes = dict.fromkeys((0, 90, 180, 270), 0)
    for word in words:
        if len(word.reading.text) >= _MIN_LENGTH and word.score >= min_score:
            votes[_orientation(word.polygon)] += len(word.reading.text)
    best = max(votes, key=lambda degrees: votes[degrees])
    return best if 2 * votes[best] > sum(votes.values()) else 0


def sample_words(words: Sequence[ReadWord]) -> list[ReadWord]:
    """Words that show whether an image is upside down, if they are read both ways.

    Args:
        words: Words of one image.

    Returns:
        The largest wide words. An empty list if most of them are read with certainty and are
        hardly tilted, since upside-down words are not.
    """
    wide = [
        word
        for word in words
        if len(word.reading.text) >= _MIN_LENGTH and _orientation(word.polygon) == 0
    ]
    largest = sorted(wide, key=lambda word: -ring_size(word.polygon)[1])[:_SAMPLE]
    if not largest:
        return []
    clear = np.median([word.char_score for word in largest]) >= _CLEAR
    tilt = np.median([abs(_angle(word.polygon)) for word in largest])
    return [] if clear and tilt <= _CLEAR_TILT_DEG else largest


def evidence(words: Sequence[ReadWord], min_score: float) -> float:
    """Number of characters of the words of an image, weighted by the scores of the words."""
    return sum(len(w.reading.text) * w.score for w in words if w.score >= min_score)


def _sum_scores(words: Sequence[ReadWord]) -> float:
    return sum(word.char_score for word in words)


def _angle(polygon: np.ndarray) -> float:
    """Direction of a word in degrees: 0 to the right, 90 downwards."""
    half = len(polygon) // 2
    along = (polygon[half - 1] + polygon[half] - polygon[0] - polygon[-1]) / 2
    return float(np.degrees(np.arctan2(along[1], along[0])))


def _orientation(polygon: np.ndarray) -> int:
    angle = _angle(polygon)
    if abs(angle) < _MAX_TILT_DEG:
        return 0
    if abs(angle) > 180 - _MAX_TILT_DEG:
        return 180
    return 270 if angle > 0 else 90
