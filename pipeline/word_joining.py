"""Words that the detector has cut in two are joined.

Neighbours on a line with hardly any gap are read together. If the recognizer sees no space between
them and is certain, they are one word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.geometry import box_along, join_sides, ring_size, split_sides
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import CropBatch, ReadWord, WordBatch, rectify_once

# Limits for two parts of a word, lengths in mean heights of the two. They were chosen on training
# images (docs/experiments.md). Outlines contain a margin, so those of parts usually overlap.
_LEAST_GAP, _LARGEST_GAP = -0.8, 0.2
_LARGEST_OFFSET = 0.25
_LEAST_HEIGHT_RATIO = 0.6
_LEAST_COSINE = float(np.cos(np.radians(20)))
_LEAST_CHAR_SCORE = 0.9
_SEPARATORS = '.,:;'


def join_words(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    min_score: float = 0.0,
) -> list[ReadWord]:
    """Join words that were detected in parts.

    Args:
        images: Images of the words.
        words: N words, before merged words are split.
        rectifier: Cuts out the joined words.
        read: Reads crops.
        min_score: Words with a lower ``score`` are not joined.

    Returns:
        At most N words, in order. A joined word replaces its first part.
    """
    current = list(words)
    tried: set[tuple[ReadWord, ReadWord]] = set()
    while True:
        pairs = [
            (first, second)
            for first, second in _neighbours(current, min_score)
            if (current[first], current[second]) not in tried
        ]
        if not pairs:
            return current
        tried |= {(current[first], current[second]) for first, second in pairs}
        polygons = [_join_polygons(current[a].polygon, current[b].polygon) for a, b in pairs]
        index = [current[first].image_index for first, _ in pairs]
        batch = WordBatch(polygons, [1.0] * len(polygons), index)
        readings = read(rectify_once(images, batch, rectifier))
        used: set[int] = set()
        gone: set[int] = set()
        for (first, second), polygon, reading in zip(pairs, polygons, readings):
            parts = current[first], current[second]
            if used & {first, second} or not _is_one_word(reading, *parts):
                continue
            score = max(part.det_score for part in parts)
            current[first] = ReadWord(polygon, reading, score, parts[0].image_index)
            used |= {first, second}
            gone.add(second)
        if not gone:
            return current
        current = [word for number, word in enumerate(current) if number not in gone]


def _neighbours(words: Sequence[ReadWord], min_score: float) -> list[tuple[int, int]]:
    """Pairs of words that may be the parts of one, by gap from the smallest."""
    index = [
        number
        for number, word in enumerate(words)
        if word.reading.text and not word.reading.gaps and word.score >= min_score
    ]
    if len(index) < 2:
        return []
    sides = [split_sides(words[number].polygon) for number in index]
    starts = np.stack([(top[0] + bottom[0]) / 2 for top, bottom in sides])
    ends = np.stack([(top[-1] + bottom[-1]) / 2 for top, bottom in sides])
    heights = np.array([ring_size(words[number].polygon)[0] for number in index])
    image = np.array([words[number].image_index for number in index])
    own = _unit(ends - starts)
    # [i, j]: word j after word i.
    along = _unit(ends[None] - starts[:, None])
    between = starts[None] - ends[:, None]
    height = (heights[:, None] + heights[None]) / 2
    gap = (between * along).sum(-1) / height
    offset = np.abs(between[..., 0] * along[..., 1] - between[..., 1] * along[..., 0]) / height
    ratio = np.minimum(heights[:, None], heights[None]) / np.maximum(heights[:, None], heights)
    near = (
        (image[:, None] == image)
        & (gap > _LEAST_GAP)
        & (gap < _LARGEST_GAP)
        & (offset < _LARGEST_OFFSET)
        & (ratio > _LEAST_HEIGHT_RATIO)
        & ((own[:, None] * own[None]).sum(-1) > _LEAST_COSINE)
        & ((own[:, None] * along).sum(-1) > _LEAST_COSINE)
    )
    np.fill_diagonal(near, False)
    rows, columns = np.nonzero(near)
    order = np.argsort(gap[rows, columns])
    return [(index[rows[k]], index[columns[k]]) for k in order]


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-6)


def _join_polygons(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One outline of two words: a box, or both polygons one after the other if one is curved."""
    (top, bottom), (next_top, next_bottom) = split_sides(first), split_sides(second)
    if len(first) == len(second) == 4:
        along = next_top[-1] + next_bottom[-1] - top[0] - bottom[0]
        return box_along(np.concatenate([first, second]), along)
    return join_sides(np.concatenate([top, next_top]), np.concatenate([bottom, next_bottom]))


def _is_one_word(reading: Reading, first: ReadWord, second: ReadWord) -> bool:
    """Whether the reading of two words together shows a single word."""
    apart = first.reading.text + second.reading.text
    text = reading.text
    return (
        not reading.gaps
        and ' ' not in text
        and len(text) >= max(len(apart) - 1, 2)
        and all(text.count(mark) <= apart.count(mark) for mark in _SEPARATORS)
        and reading.score ** (1 / len(text)) >= _LEAST_CHAR_SCORE
    )
