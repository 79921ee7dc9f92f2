"""The two long sides of a ring, and resampling along them."""

from __future__ import annotations

import numpy as np

from pipeline.geometry.ring import check_polygon


def split_sides(ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split a ring of 2k points into its top and bottom, both in reading direction.

    Args:
        ring: (2k, 2), k points along the top and k back along the bottom.

    Returns:
        top and bottom, both (k, 2) float64.

    Raises:
        ValueError: If the number of points is odd or below four.
    """
    points = check_polygon(ring, 'ring', min_points=4)
    if len(points) % 2:
        raise ValueError(
            f'ring must have an even number of points (k along the top, k along the bottom), '
            f'got {len(points)}. order_ring() converts any polygon to such a ring.'
        )
    half = len(points) // 2
    return points[:half], points[: half - 1 : -1]


def join_sides(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """The inverse of :func:`split_sides`: (2k, 2) float32."""
    return np.concatenate([top, bottom[::-1]]).astype(np.float32)


def polyline_length(points: np.ndarray) -> float:
    """Length of an open polyline (K, 2), in pixels."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def resample_polyline(points: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Points of an open polyline at the given fractions of its length.

    Args:
        points: (K, 2), K at least 1. Points may be repeated.
        fractions: (M,), 0 is the first point and 1 the last.

    Returns:
        (M, 2) float64. For a polyline of length 0, the first point M times.
    """
    points = np.asarray(points, dtype=np.float64)
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.asarray(fractions, dtype=np.float64) * lengths[-1]
    return np.stack([np.interp(at, lengths, points[:, axis]) for axis in (0, 1)], axis=1)


def ring_to_quad(ring: np.ndarray) -> np.ndarray:
    """The four corners of a ring of 2k points: (4, 2) float32."""
    top, bottom = split_sides(ring)
    return np.stack([top[0], top[-1], bottom[-1], bottom[0]]).astype(np.float32)


def ring_size(ring: np.ndarray) -> tuple[float, float]:
    """(height, width) of a word in pixels: mean length of its two ends and of its two sides."""
    top, bottom = split_sides(ring)
    height = (np.hypot(*(top[0] - bottom[0])) + np.hypot(*(top[-1] - bottom[-1]))) / 2
    return float(height), (polyline_length(top) + polyline_length(bottom)) / 2


def grow_ring(ring: np.ndarray, start: float, end: float, across: float) -> np.ndarray:
    """Extend the ends of a ring and move its two sides apart.

    Args:
        ring: (2k, 2).
        start: Extension before the first character, as a share of the word's height. Negative
            values shorten the word.
        end: The same after the last character.
        across: Extension above and below the word, as a share of its local height.

    Returns:
        (2k, 2) float64.
    """
    top, bottom = split_sides(ring)
    height, _ = ring_size(ring)
    top, bottom = top + across * (top - bottom), bottom + across * (bottom - top)
    for side in (top, bottom):
        # The end points may be repeated, so the direction is taken towards a point 10% inside.
        inner = resample_polyline(side, np.array([0.1, 0.9]))
        for corner, toward, along in ((0, inner[0], start), (-1, inner[1], end)):
            away = side[corner] - toward
            side[corner] += along * height * away / max(float(np.hypot(*away)), 1e-9)
    return np.concatenate([top, bottom[::-1]])


def turn_ring(ring: np.ndarray, quarter_turns: int) -> np.ndarray:
    """Change the first corner of a ring, which rotates the crop of its word.

    The outline stays the same.

    Args:
        ring: (2k, 2).
        quarter_turns: Number of rotations of the *crop* by 90 degrees counter-clockwise. Use 2
            for upside-down words, 1 for words that read downwards, 3 for words that read upwards.

    Returns:
        (2k, 2) float32 for an even number of quarter turns. (4, 2) float32 for an odd number:
        the sides become ends, and ends are straight.
    """
    quarter_turns %= 4
    if quarter_turns % 2 == 0:
        points = check_polygon(ring, 'ring', min_points=4).astype(np.float32)
        return np.roll(points, -(quarter_turns // 2) * (len(points) // 2), axis=0)
    return np.roll(ring_to_quad(ring), -quarter_turns, axis=0)


def box_along(points: np.ndarray, along: np.ndarray) -> np.ndarray:
    """The smallest box around points with sides along a direction.

    Args:
        points: (M, 2) in pixels.
        along: (2,) direction of the top side, of any length.

    Returns:
        (4, 2) float32, clockwise from the start of the top side.
    """
    points, along = np.asarray(points, dtype=np.float64), np.asarray(along, dtype=np.float64)
    along = along / max(float(np.hypot(*along)), 1e-6)
    axes = np.array([along, [-along[1], along[0]]])
    (x1, y1), (x2, y2) = (points @ axes.T).min(0), (points @ axes.T).max(0)
    return (np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]]) @ axes).astype(np.float32)
