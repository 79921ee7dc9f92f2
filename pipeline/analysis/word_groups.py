"""Groups of words by vocabulary, length, size and sharpness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.analysis.agreement import normalize
from pipeline.geometry import ring_size

_LENGTHS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, None))
_HEIGHTS_PX = (0, 12, 20, 32, 64)


@dataclass(frozen=True, eq=False)
class WordGroup:
    """A group of words.

    Attributes:
        name: Name of the group in reports.
        rows: (N,) bool, members of the group.
    """

    name: str
    rows: np.ndarray


def group_by_vocabulary(texts: Sequence[str], train_words: Iterable[str]) -> list[WordGroup]:
    """Groups of words in and out of the training vocabulary; see :func:`normalize`."""
    known = {normalize(word) for word in train_words}
    inside = np.array([normalize(text) in known for text in texts], dtype=bool)
    return [WordGroup('in vocabulary', inside), WordGroup('out of vocabulary', ~inside)]


def group_by_length(texts: Sequence[str]) -> list[WordGroup]:
    """Groups by the number of characters."""
    lengths = np.array([len(text) for text in texts])
    groups = []
    for low, high in _LENGTHS:
        rows = (lengths >= low) & (lengths <= (high or np.inf))
        name = f'{low} and more' if high is None else f'{low} to {high}'
        groups.append(WordGroup(f'{name} characters', rows))
    return groups


def group_by_height(polygons: Sequence[np.ndarray]) -> list[WordGroup]:
    """Groups by the height of the word, in pixels of the image."""
    return group_by_edges([ring_height(polygon) for polygon in polygons], _HEIGHTS_PX, 'px')


def group_by_edges(
    values: Sequence[float] | np.ndarray, edges: Sequence[float], unit: str
) -> list[WordGroup]:
    """Groups by intervals of a value: [edge, next edge), the last one without an upper bound.

    Args:
        values: (N,) value of each word, at least the first edge.
        edges: Lower bounds of the groups, ascending.
        unit: Unit of values and edges, for the group names.
    """
    numbers = np.asarray(values, dtype=np.float64)
    groups = []
    for low, high in zip(edges, [*edges[1:], np.inf]):
        rows = (numbers >= low) & (numbers < high)
        last = not np.isfinite(high)
        name = f'{low:g} {unit} and more' if last else f'{low:g} to under {high:g} {unit}'
        groups.append(WordGroup(name, rows))
    return groups


def group_by_blur(crops: Sequence[np.ndarray] | np.ndarray) -> list[WordGroup]:
    """Thirds by the sharpness of the crops; see :func:`measure_sharpness`.

    The group names contain the bounds. Words of equal sharpness are in the same group.
    """
    return group_by_sharpness([measure_sharpness(crop) for crop in crops])


def group_by_sharpness(values: Sequence[float] | np.ndarray) -> list[WordGroup]:
    """Thirds by (N,) values of :func:`measure_sharpness`; see :func:`group_by_blur`."""
    sharpness = np.asarray(values, dtype=np.float64)
    if not len(sharpness):
        return []
    low, high = np.quantile(sharpness, [1 / 3, 2 / 3])
    blurred, sharp = sharpness < low, sharpness >= high
    return [
        WordGroup(f'blurred (under {low:.0f})', blurred),
        WordGroup(f'between ({low:.0f} to under {high:.0f})', ~blurred & ~sharp),
        WordGroup(f'sharp ({high:.0f} and more)', sharp),
    ]


def ring_height(polygon: np.ndarray) -> float:
    """Height of a word in pixels."""
    points = np.asarray(polygon, dtype=np.float64)
    if len(points) % 2:
        # A polygon of odd length has no defined top and bottom, so the shorter side is the height.
        return float(min(cv2.minAreaRect(points.astype(np.float32))[1]))
    return float(ring_size(points)[0])


def measure_sharpness(crop: np.ndarray) -> float:
    """Variance of the Laplacian of a (height, width, 3) uint8 BGR crop."""
    return float(cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())
