"""Words that follow each other on a line, and both as the one word a detector may take them for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.geometry import ring_size, split_sides

_MAX_GAP = 1.2  # All in heights of the word before, where not said otherwise.
_MAX_OVERLAP = 0.3
_MAX_STEP = 0.35
_MAX_HEIGHT_RATIO = 1.6
_MIN_COSINE = 0.94  # of the angle between both: 20 degrees


def next_words(rings: Sequence[np.ndarray]) -> list[int | None]:
    """For each word of a photo the one that follows it closely on its line.

    Args:
        rings: (2k, 2) rings in pixels, clockwise from the top-left of the first character.

    Returns:
        Index of the next word, None where there is none.

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
    """The box (4, 2) around words of a line, as a detector that does not part them finds it.

    Args:
        rings: (2k, 2), in reading order.

    Raises:
        ValueError: As :func:`next_words`.
    """
    points = np.concatenate(rings).astype(np.float64)
    along = _end(rings[-1], -1) - _end(rings[0], 0)
    along /= max(float(np.hypot(*along)), 1e-6)
    axes = np.array([along, [-along[1], along[0]]])
    (x1, y1), (x2, y2) = (points @ axes.T).min(0), (points @ axes.T).max(0)
    return (np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]]) @ axes).astype(np.float32)


def _end(ring: np.ndarray, at: int) -> np.ndarray:
    """The middle of a word's first (0) or last (-1) end."""
    top, bottom = split_sides(ring)
    return (top[at] + bottom[at]) / 2
