"""Ends, directions and heights of words, the measures that lines are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.geometry import (
    check_polygon,
    join_sides,
    order_ring,
    resample_polyline,
    ring_size,
    split_sides,
)

_END = 0.3  # Share of a word's length that defines the direction of each of its ends.


@dataclass(frozen=True, eq=False)
class WordFrames:
    """Measures of N words.

    Args:
        starts: (N, 2) midpoints of the ends before the first characters.
        ends: (N, 2) midpoints of the ends after the last characters.
        start_along: (N, 2) unit vectors in reading direction at the starts.
        end_along: (N, 2) unit vectors in reading direction at the ends.
        heights: (N,) heights across the reading direction, in pixels.
    """

    starts: np.ndarray
    ends: np.ndarray
    start_along: np.ndarray
    end_along: np.ndarray
    heights: np.ndarray

    def select(self, index: np.ndarray) -> WordFrames:
        """The words at indices, in their order."""
        return WordFrames(*(values[index] for values in vars(self).values()))

    @property
    def centers(self) -> np.ndarray:
        """(N, 2) midpoints between the two ends."""
        return (self.starts + self.ends) / 2


def measure_words(polygons: Sequence[np.ndarray]) -> WordFrames:
    """Measure words.

    Args:
        polygons: N polygons (K, 2) in pixels, clockwise from the top-left of the first character.

    Raises:
        ValueError: If a polygon is not (K, 2) finite numbers; the message names its index.
    """
    measures = [
        _measure(check_polygon(polygon, f'polygons[{index}]'))
        for index, polygon in enumerate(polygons)
    ]
    columns = [np.array(column, dtype=np.float64) for column in zip(*measures)]
    return WordFrames(*columns)


def word_sides(polygon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Top and bottom of a word (k, 2) in reading direction, for a polygon of any size."""
    return split_sides(order_ring(polygon) if len(polygon) % 2 else polygon)


def _measure(polygon: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    top, bottom = word_sides(polygon)
    middle = (top + bottom) / 2
    inner = resample_polyline(middle, np.array([_END, 1 - _END]))
    height = ring_size(join_sides(top, bottom))[0]
    return (
        middle[0],
        middle[-1],
        _direction(inner[0] - middle[0], bottom[0] - top[0]),
        _direction(middle[-1] - inner[1], bottom[-1] - top[-1]),
        max(height, 1e-6),
    )


def _direction(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Reading direction at an end: (2,) of length 1.

    The upright end defines the direction of a short word, the midline that of a long one.
    """
    direction = along + _END * np.array([across[1], -across[0]])
    length = float(np.hypot(*direction))
    return direction / length if length > 1e-9 else np.array([1.0, 0.0])
