"""Words on their way from polygons to texts: candidate orientations, and merged words split."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from pipeline.geometry import clip_to_image, ring_size, split_sides
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.structures import Word

_UPRIGHT_SHARE = 0.5
_TALLEST_CHARACTER = 3.2  # Height of the outline of a single upright character, in its widths.


@dataclass(frozen=True, eq=False)
class WordBatch:
    """The words of a batch of images, flat.

    Args:
        polygons: N polygons (K, 2) in pixels of their images.
        det_scores: N confidences of the detector.
        image_index: N indices of the images.
    """

    polygons: list[np.ndarray]
    det_scores: list[float]
    image_index: list[int]


@dataclass(frozen=True, eq=False)
class CropBatch:
    """Crops of a ``WordBatch``: one per candidate orientation of each word.

    Args:
        words: N words.
        crops: M >= N crops (height, width, 3), the orientations of a word one after another.
        polygons: M polygons, each starting where its crop starts to be read.
        word_index: M indices of the words.
    """

    words: WordBatch
    crops: list[np.ndarray]
    polygons: list[np.ndarray]
    word_index: list[int]

    @property
    def image_index(self) -> list[int]:
        """Index of the image of each crop."""
        return [self.words.image_index[word] for word in self.word_index]


@dataclass(frozen=True, eq=False)
class ReadWord:
    """A word that has been read.

    Args:
        polygon: (K, 2) polygon in the orientation that was read.
        reading: Text, scores and gaps.
        det_score: Confidence of the detector.
        image_index: Index of the image.
    """

    polygon: np.ndarray
    reading: Reading
    det_score: float
    image_index: int

    @property
    def char_score(self) -> float:
        """Geometric mean of the probabilities of the characters."""
        return float(self.reading.score ** (1 / max(len(self.reading.text), 1)))

    @property
    def score(self) -> float:
        """See :attr:`pipeline.structures.Word.score`."""
        return self.det_score * self.char_score

    def to_word(self, rectifier: Rectifier, size: tuple[int, int]) -> Word:
        """The word, with its polygon inside an image of ``size`` (height, width)."""
        reading, borders = self.reading, None
        if reading.char_places:
            centers = np.asarray(reading.char_places)
            middles = (centers[1:] + centers[:-1]) / 2
            borders = rectifier.places_along(self.polygon, middles).clip(0, 1)
        return Word(
            clip_to_image(self.polygon, size),
            reading.text,
            self.det_score,
            reading.score,
            tuple(reading.char_scores),
            borders,
        )


def rectify_words(
    images: Sequence[np.ndarray], words: WordBatch, rectifier: Rectifier
) -> CropBatch:
    """Cut out each word in its candidate orientations.

    Wide words have one candidate. Tall words have four candidate orientations and no default one.
    """
    batch = CropBatch(words, [], [], [])
    for index, (polygon, image) in enumerate(zip(words.polygons, words.image_index)):
        rotations = rectifier.rotations(polygon)
        candidates = rotations if len(rotations) > 2 else rotations[:1]
        batch.crops.extend(rectifier(images[image], candidates, vertical='keep'))
        batch.polygons.extend(candidates)
        batch.word_index.extend([index] * len(candidates))
    return batch


def rectify_once(images: Sequence[np.ndarray], words: WordBatch, rectifier: Rectifier) -> CropBatch:
    """Cut out each word once, in the orientation of its polygon."""
    crops = [
        rectifier(images[image], [polygon], vertical='keep')[0]
        for polygon, image in zip(words.polygons, words.image_index)
    ]
    return CropBatch(words, crops, words.polygons, list(range(len(crops))))


def read_words(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
) -> list[ReadWord]:
    """Read words again, each once in the orientation of its polygon.

    Args:
        images: Images of the words.
        words: N words. Their readings are not used.
        rectifier: Cuts out the words.
        read: Reads crops. It is not called without words.

    Returns:
        The N words with their new readings.
    """
    if not words:
        return []
    batch = WordBatch(
        [word.polygon for word in words],
        [word.det_score for word in words],
        [word.image_index for word in words],
    )
    readings = read(rectify_once(images, batch, rectifier))
    return [replace(word, reading=reading) for word, reading in zip(words, readings)]


def choose_orientations(crops: CropBatch, readings: Sequence[Reading]) -> list[ReadWord]:
    """Keep the candidate with the highest score of each word, the first one among equals.

    A single character is kept upright unless it is twice as probable in another orientation: a
    rotated 9 is a 6, and a rotated E is an m.

    Args:
        crops: M crops of N words.
        readings: M readings.

    Returns:
        N words, in the order of ``crops.words``.
    """
    best: dict[int, int] = {}
    upright: dict[int, int] = {}
    for row, word in enumerate(crops.word_index):
        if word not in best or readings[row].score > readings[best[word]].score:
            best[word] = row
        if _is_upright(crops.polygons[row]):
            upright[word] = row
    for word, row in upright.items():
        own, other = readings[row], readings[best[word]]
        if len(own.text) == len(other.text) == 1 and own.score >= _UPRIGHT_SHARE * other.score:
            best[word] = row
    words = crops.words
    return [
        ReadWord(
            crops.polygons[row], readings[row], words.det_scores[word], words.image_index[word]
        )
        for word, row in sorted(best.items())
    ]


def _is_upright(polygon: np.ndarray) -> bool:
    """Whether a polygon can be that of an upright character, whose text runs to the right."""
    height, width = ring_size(polygon)
    top, bottom = split_sides(polygon)
    along = top[-1] - top[0] + bottom[-1] - bottom[0]
    return bool(along[0] > abs(along[1])) and height <= _TALLEST_CHARACTER * width


def split_words(words: Sequence[ReadWord], rectifier: Rectifier) -> tuple[WordBatch, list[int]]:
    """Split the polygons of words whose crops show gaps.

    Returns:
        The parts as words of their own, in order, and the number of parts of each word in
        ``words``: 0 for a word without gaps.
    """
    parts = WordBatch([], [], [])
    counts = []
    for word in words:
        gaps = word.reading.gaps
        polygons = rectifier.cut(word.polygon, gaps) if gaps else []
        parts.polygons.extend(polygons)
        parts.det_scores.extend([word.det_score] * len(polygons))
        parts.image_index.extend([word.image_index] * len(polygons))
        counts.append(len(polygons))
    return parts, counts


def choose_splits(
    words: Sequence[ReadWord], parts: Sequence[ReadWord], counts: Sequence[int]
) -> list[ReadWord]:
    """Replace each word by its parts where these are read better.

    Parts are better if none is empty, and the text of the whole contains a space, or they have at
    least its mean score.

    Args:
        words: N words.
        parts: Their parts, in order.
        counts: N numbers of parts.
    """
    rest = iter(parts)
    chosen: list[ReadWord] = []
    for word, count in zip(words, counts):
        own = list(islice(rest, count))
        chosen += own if _read_better(own, word) else [word]
    return chosen


def _read_better(parts: list[ReadWord], whole: ReadWord) -> bool:
    if not parts or not all(part.reading.text for part in parts):
        return False
    if not whole.reading.text or ' ' in whole.reading.text:
        return True
    return _mean_score(parts) >= _mean_score([whole])


def _mean_score(words: list[ReadWord]) -> float:
    """Geometric mean of the probabilities of all characters, as in ``Word.score``."""
    length = sum(len(word.reading.text) for word in words)
    return float(math.prod(word.reading.score for word in words) ** (1 / max(length, 1)))
