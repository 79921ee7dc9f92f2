"""Rectifier: word polygons of an image in, straight crops out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from pipeline.geometry import (
    check_polygon,
    grow_ring,
    join_sides,
    make_clockwise,
    min_area_quad,
    order_quad,
    order_ring,
    polygon_area,
    resample_polyline,
    ring_size,
    ring_to_quad,
    split_sides,
    turn_ring,
)
from pipeline.rectification.perspective import is_convex_quad, warp_quad
from pipeline.rectification.sampling import check_image, check_size
from pipeline.rectification.thin_plate_spline import warp_thin_plate_spline
from pipeline.rectification.unroll import unroll_polygon

_MODES = ('auto', 'perspective', 'unroll', 'thin_plate_spline')
_VERTICALS = ('auto', 'keep')
_TALL_RATIO = 1.5
_STRAIGHT = 0.06  # Maximum distance of a straight side from its chord, in word heights.
_LEAST_SIDE_PX = 1e-2
_LEAST_AREA_PX = 1e-2


class Rectifier:
    """Straighten the words of an image into crops of one height.

    Convention:
        - Polygons are in pixels, (x, y), clockwise from the top-left of the first character:
          K/2 points along the top, then K/2 back along the bottom. The first point defines the
          orientation of a word, so crops of rotated and upside-down words are upright. Outlines
          with an unknown first point need ``pipeline.geometry.order_ring`` first.
        - The centre of pixel (i, j) is (i + 0.5, j + 0.5).

    Args:
        size: (height, width) of the crops in pixels, or (height, widths) with widths in
            increasing order. With several widths each crop has the width that distorts its word
            least. Fixed widths need no padding, so the result for a word does not depend on the
            other words of its batch.
        mode: ``'perspective'`` (homography of the four corners, or of the smallest rectangle
            around a curved word), ``'unroll'`` (ruled surface between the long sides),
            ``'thin_plate_spline'``, or ``'auto'``: perspective for words with straight sides,
            unroll for curved ones.
        margin: (along, across) margin around a word, in word heights: before and after it, and
            above and below it.
        vertical: Treatment of words taller than 1.5 times their width. ``'auto'`` rotates the
            crop by 90 degrees counter-clockwise, which suits text that runs downwards on its
            side. ``'keep'`` squeezes the upright word into the crop, which suits narrow single
            characters such as "1" and letters that are stacked.

    Raises:
        ValueError: If an argument is invalid.
    """

    def __init__(
        self,
        size: tuple[int, int | Sequence[int]] = (32, 128),
        mode: str = 'auto',
        margin: tuple[float, float] = (0.0, 0.0),
        vertical: str = 'auto',
    ) -> None:
        self.height, self.widths = _check_sizes(size)
        if mode not in _MODES:
            raise ValueError(f'mode must be one of {_MODES}, got {mode!r}.')
        if len(margin) != 2 or not all(0 <= part < np.inf for part in margin):
            raise ValueError(f'margin must be two numbers >= 0 (along, across), got {margin!r}.')
        self.mode = mode
        self.margin = (float(margin[0]), float(margin[1]))
        self.vertical = _check_vertical(vertical)

    def __call__(
        self,
        image: np.ndarray,
        polygons: Sequence[np.ndarray],
        vertical: str | None = None,
    ) -> list[np.ndarray]:
        """Cut out and straighten words.

        Args:
            image: (H, W, 3) uint8, any channel order. The crops have the same channel order.
            polygons: N polygons (K, 2). A polygon may extend beyond the image (border pixels
                are repeated), cross itself or be counter-clockwise. The crop of a polygon
                without area has a uniform colour.
            vertical: Replaces the ``vertical`` argument of the constructor for this call.

        Returns:
            N crops (height, width, 3) uint8.

        Raises:
            ValueError: If the image has another type, or a polygon is not (K, 2) finite
                numbers with K >= 3; the message names its index.
        """
        check_image(image)
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(
                f'image must be (H, W, 3) uint8, got {image.shape} {image.dtype}. '
                f'pipeline.io.read_image() reads any image file in this format.'
            )
        upright = self.vertical if vertical is None else _check_vertical(vertical)
        crops = []
        for index, polygon in enumerate(polygons):
            ring = self._clean_ring(check_polygon(polygon, f'polygons[{index}]'))
            if upright == 'auto' and _is_tall(ring):
                ring = turn_ring(ring, 1)
            crops.append(self._straighten(image, ring))
        return crops

    def rotations(self, polygon: np.ndarray) -> list[np.ndarray]:
        """Candidate orientations of a word, most likely first.

        ``rectifier(image, polygons, vertical='keep')`` cuts the candidates; the caller keeps the
        one with the highest recognition score. The first candidate gives the same crop as
        ``rectifier(image, [polygon])``.

        Args:
            polygon: (K, 2) polygon in reading order.

        Returns:
            float32 polygons. Wide words have two: unchanged, upside down. Tall words have four:
            read downwards, read upwards, upright, upside down; with ``vertical='keep'`` the order
            is upright, read downwards, read upwards, upside down.
        """
        ring = self._clean_ring(check_polygon(polygon))
        if not _is_tall(ring):
            turns = [0, 2]
        elif self.vertical == 'auto':
            turns = [1, 3, 0, 2]
        else:
            turns = [0, 1, 3, 2]
        return [turn_ring(ring, turn) for turn in turns]

    def cut(self, ring: np.ndarray, places: Sequence[float]) -> list[np.ndarray]:
        """Split the polygon of several words at given positions of its crop.

        The split is exact for perspective and unrolled crops, and approximate for the other
        modes.

        Args:
            ring: (2k, 2) polygon from :meth:`rotations`, whose crop was cut with
                ``vertical='keep'``.
            places: Split positions as fractions of the crop width, from the left, in increasing
                order. Positions in the margin are ignored.

        Returns:
            (2k, 2) float32 polygons in reading order, one more than positions used.

        Raises:
            ValueError: If the number of points is odd or below four.
        """
        top, bottom = split_sides(ring)
        if not len(places) or not _has_body(ring):
            return [ring]
        along = self.places_along(ring, places)  # (2, M)
        inside = ((along > 0) & (along < 1)).all(0)
        edges = np.pad(along[:, inside], ((0, 0), (1, 1)))
        edges[:, -1] = 1
        return [
            join_sides(
                *(
                    resample_polyline(side, np.linspace(start, end, len(side)))
                    for side, start, end in zip((top, bottom), edges[:, i], edges[:, i + 1])
                )
            )
            for i in range(edges.shape[1] - 1)
        ]

    def _choose_width(self, ring: np.ndarray) -> int:
        """The crop width whose ratio to the word's own width is nearest to 1."""
        height, width = ring_size(ring)
        wanted = self.height * max(width, 1e-6) / max(height, 1e-6)
        return min(self.widths, key=lambda offered: abs(math.log(offered / wanted)))

    def places_along(self, ring: np.ndarray, places: Sequence[float]) -> np.ndarray:
        """Convert positions in the crop of a word to positions on its polygon.

        Args:
            ring: (2k, 2) polygon from :meth:`rotations`, whose crop was cut with
                ``vertical='keep'``.
            places: M fractions of the crop width, from the left.

        Returns:
            (2, M) fractions of the lengths of the top and of the bottom side. Positions in the
            margin are below 0 or above 1.

        Raises:
            ValueError: If the number of points is odd or below four.
        """
        shares = np.asarray(places, dtype=np.float64)
        if not len(shares) or not _has_body(ring):
            return np.tile(shares, (2, 1))
        # The crop includes the margin, so straightness is decided with it, as in _straighten.
        grown = self._add_margin(ring)
        if self.mode in ('auto', 'perspective') and _is_straight(grown):
            corners = ring_to_quad(grown)
            unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
            to_photo = cv2.getPerspectiveTransform(unit, corners)
            along = []
            for y, side in enumerate(split_sides(ring)):
                points = np.stack([shares, np.full_like(shares, y)], axis=1)[:, None]
                chord = side[-1] - side[0]
                seen = cv2.perspectiveTransform(points, to_photo)[:, 0]
                along.append((seen - side[0]) @ chord / (chord @ chord))
            return np.stack(along)
        height, width = ring_size(ring)
        room = self.margin[0] * height
        return np.tile((shares * (width + 2 * room) - room) / width, (2, 1))

    def _clean_ring(self, points: np.ndarray) -> np.ndarray:
        """A clockwise polygon of 2k points from any polygon."""
        if len(points) % 2:
            return order_ring(points)
        if len(points) == 4 and not is_convex_quad(points) and _spans_area(points):
            # Repair a crossed or concave quad. Start at the corner nearest to the given start.
            repaired = order_quad(points)
            if not is_convex_quad(repaired):
                repaired = min_area_quad(points)
            start = int(np.argmin(np.hypot(*(repaired - points[0]).T)))
            return np.roll(repaired, -start, axis=0)
        return make_clockwise(points)

    def _add_margin(self, ring: np.ndarray) -> np.ndarray:
        along, across = self.margin
        if along == 0 and across == 0:
            return ring.astype(np.float64)
        return grow_ring(ring, along, along, across)

    def _straighten(self, image: np.ndarray, ring: np.ndarray) -> np.ndarray:
        if not _has_body(ring):
            return _flat_crop(image, ring, (self.height, self.widths[0]))
        ring = self._add_margin(ring)
        size = (self.height, self._choose_width(ring))
        mode = self.mode
        if mode == 'auto':
            mode = 'perspective' if _is_straight(ring) else 'unroll'
        if mode == 'perspective':
            quad = ring_to_quad(ring) if _is_straight(ring) else _box_of(ring)
            if is_convex_quad(quad):
                return warp_quad(image, quad, size)
            mode = 'unroll'
        warp = unroll_polygon if mode == 'unroll' else warp_thin_plate_spline
        return warp(image, ring, size)


def _check_sizes(size: tuple[int, int | Sequence[int]]) -> tuple[int, tuple[int, ...]]:
    if len(size) != 2:
        raise ValueError(f'size must be (height, width) or (height, widths), got {size!r}.')
    height, width = size
    widths: list[Any] = list(width) if isinstance(width, Sequence) else [width]
    if not widths or sorted(set(widths)) != widths:
        raise ValueError(f'widths must be one or more increasing numbers, got {width!r}.')
    checked = [check_size((height, one)) for one in widths]
    return checked[0][0], tuple(one for _, one in checked)


def _check_vertical(vertical: str) -> str:
    if vertical not in _VERTICALS:
        raise ValueError(f'vertical must be one of {_VERTICALS}, got {vertical!r}.')
    return vertical


def _is_tall(ring: np.ndarray) -> bool:
    height, width = ring_size(ring)
    return height > _TALL_RATIO * width


def _spans_area(points: np.ndarray) -> bool:
    return polygon_area(min_area_quad(points)) >= _LEAST_AREA_PX


def _has_body(ring: np.ndarray) -> bool:
    """Whether both sides have a length and the polygon spans an area."""
    sides = split_sides(ring)
    longest = min(float(np.ptp(side, axis=0).max()) for side in sides)
    return longest >= _LEAST_SIDE_PX and _spans_area(ring)


def _is_straight(ring: np.ndarray) -> bool:
    if len(ring) == 4:
        return True
    height, _ = ring_size(ring)
    for side in split_sides(ring):
        chord = side[-1] - side[0]
        length = float(np.hypot(*chord))
        if length < _LEAST_SIDE_PX:
            return False
        offset = side - side[0]
        away = np.abs(offset[:, 0] * chord[1] - offset[:, 1] * chord[0]) / length
        if float(away.max()) > _STRAIGHT * height:
            return False
    return True


def _box_of(ring: np.ndarray) -> np.ndarray:
    """The smallest rectangle around a curved polygon, ordered like the polygon's corners."""
    box, corners = min_area_quad(ring), ring_to_quad(ring)
    rotations = [np.roll(box, -shift, axis=0) for shift in range(4)]
    return min(rotations, key=lambda quad: float(np.hypot(*(quad - corners).T).sum()))


def _flat_crop(image: np.ndarray, ring: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Uniform crop in the colour of the image at the polygon's centre."""
    height, width = image.shape[:2]
    x, y = np.floor(ring.astype(np.float64).mean(axis=0))
    column, row = int(np.clip(x, 0, width - 1)), int(np.clip(y, 0, height - 1))
    return np.broadcast_to(image[row, column], (*size, 3)).copy()
