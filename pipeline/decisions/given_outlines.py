"""Other outlines of words at given polygons, for voting.

A polygon of horizontal and vertical sides may be the upright box of a slanted or curved word, as in
data sets of word crops. Slanted bands are read, and the curved outline that the detector finds in
the box.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from pipeline.decisions.outline_voting import Outline, grown_outlines, is_box, slanted_outlines
from pipeline.detection.detections import Detections
from pipeline.geometry import polygon_area

# Chosen on training images; see docs/experiments.md.
_DETECTOR_PX = 96  # Short side of a box in the detector.
_MARGIN = 0.2  # Surroundings of a box in the detector, in short sides of the box.
_LEAST_SHARE = 0.1  # Least area of a curved word, as a share of the box.
_CURVED_WEIGHT = 2

FindAtScale = Callable[[np.ndarray, float], Detections]
"""Detector at one scale: an image and the scale -> words."""


def given_outlines(
    image: np.ndarray, polygon: np.ndarray, find_at_scale: FindAtScale | None
) -> list[Outline]:
    """Outlines for a word at a given polygon.

    Args:
        image: (H, W, 3) uint8 BGR.
        polygon: (2k, 2), in reading order.
        find_at_scale: Detector. None looks for no curved outline.
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
    """Polygon (2k, 2) of the largest word in an upright box if it is curved, or None."""
    left, top = np.floor(polygon.min(axis=0)).astype(int)
    right, bottom = np.ceil(polygon.max(axis=0)).astype(int)
    side = max(min(right - left, bottom - top), 1)
    margin = round(_MARGIN * side) + 1
    start = np.array([left - margin, top - margin])
    area = _cut(image, *start, right + margin, bottom + margin)
    found = [ring + start for ring in find_at_scale(area, _DETECTOR_PX / side).polygons]
    inside = [ring for ring in found if _contains(polygon, ring.mean(axis=0))]
    if not inside:
        return None
    largest = max(inside, key=polygon_area)
    box_area = (right - left) * (bottom - top)
    is_curved = len(largest) > 4 and polygon_area(largest) >= _LEAST_SHARE * box_area
    return largest.astype(np.float32) if is_curved else None


def _cut(image: np.ndarray, left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """A part of an image; pixels outside of it repeat its border."""
    height, width = image.shape[:2]
    inner = image[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
    outside = (-top, bottom - height, -left, right - width)
    return cv2.copyMakeBorder(inner, *(max(each, 0) for each in outside), cv2.BORDER_REPLICATE)


def _contains(polygon: np.ndarray, point: np.ndarray) -> bool:
    return bool((polygon.min(axis=0) <= point).all() and (point <= polygon.max(axis=0)).all())
