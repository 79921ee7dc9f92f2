"""From DBNet's probability map to word polygons: quads for straight words, else 2k points."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import cv2
import numpy as np
import pyclipper

from pipeline.geometry import CURVED_FILL, fit_arc

FAINT_MASK_THR = 0.15
FAINT_SCORE = 0.2
"""Thresholds of :meth:`DBWords.fainter`. Digits in the boxes of a form have probabilities of 0.3 to
0.9 at one of the sizes of the default detector."""


class DBWords:
    """Convert the kernels of a DBNet (Liao et al., AAAI 2020, arXiv 1911.08947) to words.

    DBNet is trained on text shrunk by ``D = A (1 - r^2) / L`` (area A, perimeter L, ratio
    r). The paper grows a kernel back by ``A' u / L'`` with a fixed u, which leaves long
    words too thin. This class solves for D: with the kernel's area p and half perimeter s,
    the grown rectangle has area ``p + 2 D s + 4 D^2`` and perimeter ``2 s + 8 D``, so

        (8 - 4 q) D^2 + 2 (1 - q) s D - q p = 0   with q = 1 - r^2

    The equation is exact for rectangles and approximate for curved strips. A straight kernel is
    modelled as a rectangle with the kernel's length and area, because the smallest rectangle
    around a wavy border is too thick. For the same reason a curved kernel is modelled as a strip
    of constant thickness along a circular arc (:func:`pipeline.geometry.fit_arc`).

    Args:
        mask_thr: Pixels above this probability belong to a kernel.
        min_text_score: Kernels with a lower mean probability are dropped.
        min_side_px: Minimum short side of a word, in pixels of the map.
        shrink_ratio: The r of the equation, normally the value from training. A larger value
            grows kernels less, which compensates for a low ``mask_thr``.
        curved_shrink_ratio: ``shrink_ratio`` for curved words. None uses ``shrink_ratio``, which
            may be tuned to the loose boxes that annotators draw around straight words.
        end_margin: Extension of a word at each end, as a fraction of its height. It compensates
            for a probability map that fades towards the ends of a word.
        curved_end_margin: ``end_margin`` for words along an arc. None uses ``end_margin``.
        curved_fill: Threshold for curved words that are not arcs, for example waves. Such a word
            is curved if it fills a smaller fraction of its smallest rectangle, and its polygon is
            the grown outline of its kernel. Arcs use the threshold 0.85 of
            :func:`pipeline.geometry.order_ring`. A value near 0.85 here also bends straight words
            with a noisy map; on street images this lost a tenth of the end-to-end matches.
        text_repr_type: ``'quad'`` returns rectangles only, ``'poly'`` also returns polygons for
            curved words.
    """

    def __init__(
        self,
        mask_thr: float = 0.3,
        min_text_score: float = 0.5,
        min_side_px: float = 3.0,
        shrink_ratio: float = 0.4,
        curved_shrink_ratio: float | None = None,
        end_margin: float = 0.0,
        curved_end_margin: float | None = None,
        curved_fill: float = 0.75,
        text_repr_type: str = 'poly',
    ) -> None:
        self.text_repr_type = text_repr_type
        self.mask_thr = mask_thr
        self.min_text_score = min_text_score
        self.min_side_px = min_side_px
        self.shrink_ratio = shrink_ratio
        self.curved_shrink_ratio = (
            shrink_ratio if curved_shrink_ratio is None else curved_shrink_ratio
        )
        self.end_margin = end_margin
        self.curved_end_margin = end_margin if curved_end_margin is None else curved_end_margin
        self.curved_fill = curved_fill

    def __call__(self, prob_map: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Find the words of one map.

        Args:
            prob_map: (H, W) float32 probabilities.

        Returns:
            N polygons (K, 2) float32 in pixels of the map, and scores (N,) float32.
        """
        polygons, scores = [], []
        for contour, score in _find_kernels(prob_map, self.mask_thr):
            if len(contour) < 4 or score < self.min_text_score:
                continue
            polygon = self._grow(contour)
            if polygon is not None:
                polygons.append(polygon.astype(np.float32))
                scores.append(score)
        return polygons, np.array(scores, dtype=np.float32)

    def in_image(
        self, prob_map: np.ndarray, size: tuple[int, int]
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Find the words of one map, with polygons in pixels of an image of (height, width)."""
        polygons, scores = self(prob_map)
        height, width = size
        scale = np.array([width / prob_map.shape[1], height / prob_map.shape[0]], dtype=np.float32)
        return [polygon * scale for polygon in polygons], scores

    def fainter(self) -> DBWords:
        """A copy with low thresholds, which also finds what is hardly visible in the map."""
        words = copy.copy(self)
        words.mask_thr, words.min_text_score = FAINT_MASK_THR, FAINT_SCORE
        return words

    def _grow(self, contour: np.ndarray) -> np.ndarray | None:
        # A contour passes through the centres of the border pixels. So do the outlines from which
        # MMOCR draws training kernels (fillPoly includes the border), so no offset is needed.
        area = cv2.contourArea(contour)
        center, (width, height), angle = cv2.minAreaRect(contour)
        if self.text_repr_type == 'poly':
            curved = self._grow_curved(contour, area, width * height)
            if curved is not None:
                ring, thickness = curved
                return ring if thickness >= self.min_side_px else None
        # The smallest rectangle around a wavy kernel is too thick, so thickness = area / length.
        is_wide = width > height
        length, thickness = max(width, height), min(width, height)
        thickness = _thickness(area, length, thickness)
        distance = _distance(length, thickness, self.shrink_ratio)
        thickness += 2 * distance
        length += 2 * distance + 2 * self.end_margin * thickness
        if thickness < self.min_side_px:
            return None
        size = (length, thickness) if is_wide else (thickness, length)
        return cv2.boxPoints((center, size, angle))

    def _grow_curved(
        self, contour: np.ndarray, area: float, box_area: float
    ) -> tuple[np.ndarray, float] | None:
        """Polygon and thickness of a curved word, or None if the kernel is straight."""
        arc = fit_arc(contour)
        if arc is not None:
            thickness = area / arc.length
            distance = _distance(arc.length, thickness, self.curved_shrink_ratio)
            thickness += 2 * distance
            ring = arc.ring(thickness, distance + self.curved_end_margin * thickness)
            if ring is not None and _fill(ring) < CURVED_FILL:
                return ring, thickness
        if area >= self.curved_fill * box_area:
            return None
        # A strip of length l and thickness t has half perimeter l + t and area l t.
        half = cv2.arcLength(contour, True) / 2
        length = (half + np.sqrt(max(half**2 - 4 * area, 0.0))) / 2
        thickness = half - length
        distance = _distance(length, thickness, self.curved_shrink_ratio)
        outline = cv2.approxPolyDP(contour, 1.0, True).reshape(-1, 2)
        grown = _offset(outline, distance)
        # A noisy kernel can be thin and wavy, so the grown polygon is tested for curvature too.
        if len(grown) < 4 or _fill(grown) >= self.curved_fill:
            return None
        return grown, thickness + 2 * distance


def _fill(polygon: np.ndarray) -> float:
    """Area of a polygon (K, 2) float32 divided by that of its smallest rectangle."""
    _, (width, height), _ = cv2.minAreaRect(polygon)
    return cv2.contourArea(polygon) / max(width * height, 1e-9)


def _distance(length: float, thickness: float, shrink_ratio: float) -> float:
    """Distance D by which a kernel of this size was shrunk in training."""
    q = 1 - shrink_ratio**2
    a, b, c = 8 - 4 * q, 2 * (1 - q) * (length + thickness), -q * length * thickness
    return float((-b + np.sqrt(b * b - 4 * a * c)) / (2 * a))


def _find_kernels(prob_map: np.ndarray, mask_thr: float) -> Iterator[tuple[np.ndarray, float]]:
    """Contour (P, 1, 2) int32 and mean probability of each connected region above a threshold."""
    mask = (prob_map > mask_thr).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for index in range(1, count):
        x, y, width, height = (int(value) for value in stats[index, :4])
        window = (slice(y, y + height), slice(x, x + width))
        inside = (labels[window] == index).astype(np.uint8)
        (contour,), _ = cv2.findContours(
            inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(x, y)
        )
        yield contour, float(cv2.mean(prob_map[window], inside)[0])


def _thickness(area: float, length: float, short_side: float) -> float:
    """Mean thickness of a region, at least 0.3 of its rectangle's short side (L shapes)."""
    return max(area / max(length, 1.0), 0.3 * short_side)


def _offset(outline: np.ndarray, distance: float) -> np.ndarray:
    """Outline (K, 2) grown by a distance in pixels; empty if it does not stay one polygon."""
    offset = pyclipper.PyclipperOffset()
    offset.AddPath(outline, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    grown = offset.Execute(distance)
    return np.array(grown[0] if len(grown) == 1 else [], dtype=np.float32).reshape(-1, 2)
