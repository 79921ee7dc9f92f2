"""Other outlines of words at given polygons, for voting.

A polygon of horizontal and vertical sides may be the upright box of a slanted or curved word, as in
data sets of word crops. Slanted bands are read, and the curved outline that the detector finds in
the box.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.decisions.neighbours import box_contains
from pipeline.decisions.outline_voting import Outline, grown_outlines, is_box, slanted_outlines
from pipeline.detection.detections import Detections
from pipeline.geometry import polygon_area, split_sides, turn_ring

# See docs/experiments.md.
_DETECTOR_PX = 96  # Short side of a box in the detector.
_MARGIN = 0.2  # Surroundings of a box in the detector, in short sides of the box.
_LEAST_SHARE = 0.1  # Least area of a curved word, as a share of the box.
_CURVED_WEIGHT = 2
_LEAST_COSINE = 0.7  # of the directions of the box and of the curved word

FindAtScale = Callable[[np.ndarray, float], Detections]
"""Detector at one scale: an image and the scale -> words."""


def given_outlines(
    image: np.ndarray, polygon: np.ndarray, find_at_scale: FindAtScale | None
) -> list[Outline]:
    """Outlines for a word at a given polygon.

    Args:
        image: (H, W, 3) uint8 BGR.
        polygon: (2k, 2), in reading order.
        find_at_scale: Detector. With None, no curved outline is searched.

    Returns:
        Grown outlines. For an upright box also slanted bands and the curved word that it contains.
    """
    outlines = grown_outlines(polygon)
    if is_box(polygon):
        outlines += slanted_outlines(polygon)
        curved = None if find_at_scale is None else find_curved(image, polygon, find_at_scale)
        outlines += [] if curved is None else [Outline(curved, weight=_CURVED_WEIGHT)]
    return outlines


def find_curved(
    image: np.ndarray, polygon: np.ndarray, find_at_scale: FindAtScale
) -> np.ndarray | None:
    """Polygon (2k, 2) of the largest word in an upright box if it is curved, or None.

    The polygon has the reading direction of the box. Only the part of the box in the image is
    searched.
    """
    size = image.shape[1::-1]
    left, top = np.floor(polygon.min(axis=0).clip(0, size)).astype(int)
    right, bottom = np.ceil(polygon.max(axis=0).clip(0, size)).astype(int)
    side = min(right - left, bottom - top)
    if side < 1:
        return None
    margin = round(_MARGIN * side) + 1
    start = np.array([left - margin, top - margin])
    area = _cut(image, left - margin, top - margin, right + margin, bottom + margin)
    found = [ring + start for ring in find_at_scale(area, _DETECTOR_PX / side).polygons]
    inside = [ring for ring in found if box_contains(polygon, ring.mean(axis=0))]
    if not inside:
        return None
    largest = max(inside, key=polygon_area)
    box_area = (right - left) * (bottom - top)
    if len(largest) == 4 or polygon_area(largest) < _LEAST_SHARE * box_area:
        return None
    cosine = _direction(largest) @ _direction(polygon)
    if abs(cosine) < _LEAST_COSINE:
        return None
    return (largest if cosine > 0 else turn_ring(largest, 2)).astype(np.float32)


def _direction(ring: np.ndarray) -> np.ndarray:
    """Unit vector (2,) from the start to the end of a word."""
    top, bottom = split_sides(ring)
    along = top[-1] + bottom[-1] - top[0] - bottom[0]
    return along / max(float(np.hypot(*along)), 1e-6)


def _cut(image: np.ndarray, left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """A part of an image; pixels outside of the image repeat its border."""
    rows = np.clip(np.arange(top, bottom), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(left, right), 0, image.shape[1] - 1)
    return image[rows[:, None], columns]
