"""Reading order of the words of an image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.geometry.ring import check_polygon

_MAX_TILT_DEG = 30.0  # Steeper words are left out of the estimate of the tilt.


def reading_order(polygons: Sequence[np.ndarray]) -> list[int]:
    """Sort words into lines: lines from top to bottom, words from left to right in a line.

    A rotation first removes the common tilt of the words. Then each word is linked to the nearest
    word to its right that overlaps it in height. The nearest pairs are linked first. Each chain
    of linked words is a line.

    Args:
        polygons: Rings (K, 2), clockwise from the top-left of the first character.

    Returns:
        A permutation of ``range(len(polygons))``. The order is deterministic.

    Raises:
        ValueError: If a polygon is not (K, 2) finite numbers; the message names its index.
    """
    rings = [check_polygon(ring, f'polygons[{i}]') for i, ring in enumerate(polygons)]
    if len(rings) < 2:
        return list(range(len(rings)))
    boxes = _level_boxes(rings, _common_tilt(rings))  # (N, 4)
    lines = _chain_words(boxes)
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    lines.sort(key=lambda line: (float(np.mean(middle[line])), float(boxes[line[0], 0]), line[0]))
    return [index for line in lines for index in line]


def _common_tilt(rings: list[np.ndarray]) -> float:
    """Median angle of the words' long sides in radians, weighted by their length."""
    angles, weights = [], []
    for ring in rings:
        half = len(ring) // 2
        along = (ring[half - 1] + ring[half] - ring[0] - ring[-1]) / 2
        length = float(np.hypot(*along))
        across = float(np.hypot(*(ring[0] - ring[-1])))
        angle = float(np.arctan2(along[1], along[0]))
        if length > across and abs(angle) < np.radians(_MAX_TILT_DEG):
            angles.append(angle)
            weights.append(length)
    if not angles:
        return 0.0
    order = np.argsort(angles)
    cumulative = np.cumsum(np.array(weights)[order])
    return angles[order[int(np.searchsorted(cumulative, cumulative[-1] / 2))]]


def _level_boxes(rings: list[np.ndarray], tilt: float) -> np.ndarray:
    """Boxes (x1, y1, x2, y2) of the rings after a rotation by -tilt: (N, 4)."""
    cos, sin = np.cos(tilt), np.sin(tilt)
    rotated = [ring @ np.array([[cos, -sin], [sin, cos]]) for ring in rings]
    return np.stack([np.concatenate([ring.min(axis=0), ring.max(axis=0)]) for ring in rotated])


def _chain_words(boxes: np.ndarray) -> list[list[int]]:
    """Link each word to its right-hand neighbour: lists of indices from left to right."""
    count = len(boxes)
    center = (boxes[:, :2] + boxes[:, 2:]) / 2
    height = np.maximum(boxes[:, 3] - boxes[:, 1], 1e-6)
    offset = np.abs(center[:, None, 1] - center[None, :, 1])
    smaller = np.minimum(height[:, None], height[None])
    gap = boxes[None, :, 0] - boxes[:, None, 2]  # From word i's right end to word j's left end.
    fits = (offset < 0.5 * smaller) & (center[None, :, 0] > center[:, None, 0])
    # Words of a line may overlap by up to half of the shorter one.
    fits &= gap > -0.5 * np.minimum(
        boxes[:, None, 2] - boxes[:, None, 0], boxes[None, :, 2] - boxes[None, :, 0]
    )
    left, right = np.nonzero(fits)
    cost = np.maximum(gap[left, right], 0) + 2 * offset[left, right]
    after: dict[int, int] = {}
    before: dict[int, int] = {}
    for pair in np.argsort(cost, kind='stable'):
        i, j = int(left[pair]), int(right[pair])
        if i not in after and j not in before:
            after[i], before[j] = j, i
    lines = []
    for index in range(count):
        if index not in before:
            line = [index]
            while line[-1] in after:
                line.append(after[line[-1]])
            lines.append(line)
    return lines
