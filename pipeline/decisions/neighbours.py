"""Neighbours on a line of text, and other words of the same image."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import shapely

from pipeline.geometry import box_along, join_sides, polygon_shape, ring_size, split_sides
from pipeline.word_reading import ReadWord

_LARGEST_OFFSET = 0.25  # across the line, in mean heights of the two words
_LEAST_HEIGHT_RATIO = 0.6
_LARGEST_OVERLAP = 0.1  # of the new part of an outline with another word
_LEAST_COSINE = float(np.cos(np.radians(20)))


def find_neighbours(
    words: Sequence[ReadWord], min_score: float, least_gap: float, largest_gap: float
) -> list[tuple[int, int]]:
    """Pairs of words on one line, of about the same height and direction.

    Args:
        words: Words of any number of images.
        min_score: Words with a lower ``score`` have no neighbours. Empty words and words with gaps
            have no neighbours.
        least_gap: Least gap between the outlines along the line, in mean heights of the two words.
            Outlines contain a margin, so those of the parts of a word overlap.
        largest_gap: Largest gap, in the same unit.

    Returns:
        Pairs (first, second) of indices in reading direction, by gap from the smallest.
    """
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
        & (gap > least_gap)
        & (gap < largest_gap)
        & (offset < _LARGEST_OFFSET)
        & (ratio > _LEAST_HEIGHT_RATIO)
        & ((own[:, None] * own[None]).sum(-1) > _LEAST_COSINE)
        & ((own[:, None] * along).sum(-1) > _LEAST_COSINE)
    )
    np.fill_diagonal(near, False)
    rows, columns = np.nonzero(near)
    order = np.argsort(gap[rows, columns])
    return [(index[rows[k]], index[columns[k]]) for k in order]


def outline_of_both(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One outline of two neighbours.

    Args:
        first: (2k, 2) polygon in reading order.
        second: (2m, 2) polygon of the next word.

    Returns:
        A box, or both polygons one after the other if one of them is curved.
    """
    (top, bottom), (next_top, next_bottom) = split_sides(first), split_sides(second)
    if len(first) == len(second) == 4:
        along = next_top[-1] + next_bottom[-1] - top[0] - bottom[0]
        return box_along(np.concatenate([first, second]), along)
    return join_sides(np.concatenate([top, next_top]), np.concatenate([bottom, next_bottom]))


def other_shapes(
    words: Sequence[ReadWord], without: Collection[int], image_index: int, min_score: float
) -> list[shapely.Geometry]:
    """Outlines of the other words of an image.

    Args:
        words: Words of any number of images.
        without: Indices of words that are left out.
        image_index: Index of the image.
        min_score: Words with a lower ``score`` and empty words are left out.
    """
    return [
        polygon_shape(word.polygon)
        for number, word in enumerate(words)
        if number not in without
        and word.image_index == image_index
        and word.reading.text
        and word.score >= min_score
    ]


def is_free(
    word: ReadWord, old: ReadWord, index: int, words: Sequence[ReadWord], min_score: float
) -> bool:
    """Whether the new part of a larger outline hardly overlaps other words of the image.

    Args:
        word: The word with the larger outline.
        old: The word with its outline so far.
        index: Index of the word in ``words``.
        words: Words of any number of images.
        min_score: Words with a lower ``score`` do not count.
    """
    added = polygon_shape(word.polygon).difference(polygon_shape(old.polygon))
    others = other_shapes(words, {index}, word.image_index, min_score)
    return all(added.intersection(other).area <= _LARGEST_OVERLAP * added.area for other in others)


def box_contains(polygon: np.ndarray, point: np.ndarray) -> bool:
    """Whether the bounding box of a polygon (K, 2) contains a point (2,)."""
    return bool((polygon.min(axis=0) <= point).all() and (point <= polygon.max(axis=0)).all())


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-6)
