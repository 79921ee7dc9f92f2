"""Neighbouring words on a line, and the box of a merged detection of several words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.geometry import box_along, ring_size, split_sides

# Gap, overlap and step are in heights of the previous word.
_MAX_GAP = 1.2
_MAX_OVERLAP = 0.3
_MAX_STEP = 0.35
_MAX_HEIGHT_RATIO = 1.6
_MIN_COSINE = 0.94  # Cosine of the angle between the two words: 20 degrees.


def next_words(rings: Sequence[np.ndarray]) -> list[int | None]:
    """Find the next word on the same line for each word of an image.

    Args:
        rings: Rings (2k, 2) in pixels, clockwise from the top-left of the first character.

    Returns:
        For each word, the index of the next word, or None if no word follows closely.

    Raises:
        ValueError: If a ring has an odd number of points, or fewer than four.
    """
    if not rings:
        return []
    sizes = np.array([ring_size(ring) for ring in rings])
    starts, ends = (np.array([_end(ring, at) for ring in rings]) for at in (0, -1))
    along = ends - starts
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    away = starts[None] - ends[:, None]  # (before, after, 2)
    height = np.maximum(sizes[:, :1], 1e-6)
    gap = (away * along[:, None]).sum(2) / height
    step = np.abs(away[..., 0] * along[:, None, 1] - away[..., 1] * along[:, None, 0]) / height
    ratio = height.T / height
    fits = (
        (gap > -_MAX_OVERLAP)
        & (gap < _MAX_GAP)
        & (step < _MAX_STEP)
        & (np.maximum(ratio, 1 / ratio) < _MAX_HEIGHT_RATIO)
        & (along @ along.T > _MIN_COSINE)
    )
    np.fill_diagonal(fits, False)
    nearest = np.where(fits, np.abs(gap), np.inf).argmin(1)
    return [int(j) if fits[i, j] else None for i, j in enumerate(nearest)]


def join_words(rings: Sequence[np.ndarray]) -> np.ndarray:
    """The box around words of a line, as from a detector that merges them.

    Args:
        rings: Rings (2k, 2) in reading order.

    Returns:
        (4, 2) float32.

    Raises:
        ValueError: If a ring has an odd number of points, or fewer than four.
    """
    return box_along(np.concatenate(rings), _end(rings[-1], -1) - _end(rings[0], 0))


def _end(ring: np.ndarray, at: int) -> np.ndarray:
    """Midpoint of the left (``at=0``) or right (``at=-1``) end of a word."""
    top, bottom = split_sides(ring)
    return (top[at] + bottom[at]) / 2
