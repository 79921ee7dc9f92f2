"""Converts published word outlines to polygons and instances."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pipeline.datasets.converters.annotation_file import spotting_instance
from pipeline.datasets.converters.json_file import describe
from pipeline.geometry import make_clockwise, order_quad, order_ring, polygon_area, ring_to_quad

Point = tuple[float, float]

_LEAST_WIDTH_PX = 0.01  # Annotation files have two decimals; thinner outlines have no area.
_LEAST_KEPT = 0.95
_logger = logging.getLogger(__name__)


def parse_outline(values: Any, where: str) -> list[Point]:
    """Parse ``[x1, y1, x2, y2, ...]`` or ``[[x1, y1], [x2, y2], ...]``.

    Args:
        values: Value from the file.
        where: File and entry, for error messages.

    Returns:
        K points in pixels, without repeated points and without a closing point.

    Raises:
        ValueError: If ``values`` has neither format, an odd count, or a number that is not finite.
    """
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise ValueError(f'{where}: expected a list of points, got {describe(values)}')
    if values and isinstance(values[0], Sequence) and not isinstance(values[0], str):
        if any(not isinstance(pair, Sequence) or len(pair) != 2 for pair in values):
            raise ValueError(f'{where}: expected pairs [x, y], got {describe(values)}')
        values = [number for pair in values for number in pair]
    if len(values) % 2:
        raise ValueError(
            f'{where}: expected x and y of each point, got an odd count of {len(values)} numbers: '
            f'{describe(values)}'
        )
    for number in values:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ValueError(f'{where}: expected numbers, got {describe(number)}')
        if not math.isfinite(number):
            raise ValueError(f'{where}: expected finite numbers, got {number}')
    points = [(float(x), float(y)) for x, y in zip(values[::2], values[1::2], strict=True)]
    kept = [point for i, point in enumerate(points) if not i or point != points[i - 1]]
    return kept[:-1] if len(kept) > 1 and kept[0] == kept[-1] else kept


def outline_instance(
    points: Sequence[Point], text: str, ignore: bool, start_is_known: bool = True
) -> dict:
    """Make an instance of MMOCR's data sets from an outline.

    If the start is known, points keep their order, and counter-clockwise outlines are reversed with
    the first point first. Otherwise :func:`order_outline` finds the start. An outline without area
    (fewer than three points, or all on a line) cannot be cut out. Its word is kept with a polygon
    one pixel wide, ``ignore`` and ``degenerate``, so that it can be reported.

    Args:
        points: (K, 2) pixels, K >= 0, from :func:`parse_outline`.
        text: Text of the word; a word without text is ignored.
        ignore: Whether the owners mark the word as ignored.
        start_is_known: Whether the first point is the first character's top-left.
    """
    ignore = ignore or not text.strip()
    if _width(points) < _LEAST_WIDTH_PX:
        word = spotting_instance(_strip(points), text, ignore=True)
        return {**word, 'degenerate': True}
    if not start_is_known:
        ring = order_outline(np.array(points))
    elif _signed_area(points) < 0:
        ring = make_clockwise(np.array(points))
    else:
        ring = np.array(points)
    return spotting_instance(ring, text, ignore)


def order_outline(outline: np.ndarray) -> np.ndarray:
    """Find the start of a word's outline, with as few changes to the outline as possible.

    Quads keep their corners. For other outlines, the corners of the word are the points nearest to
    the corners of ``order_ring``. Points along the top and the bottom are kept. Points are inserted
    at the middle of edges until both sides have the same number, because that number defines the
    sides. Points along the two ends are removed, because ends are straight. The result of
    ``order_ring`` is used instead if this would remove more than a twentieth of the area, or if
    corners coincide.

    Args:
        outline: (K, 2), K >= 3, with any start and direction.

    Returns:
        (2k, 2) float32, clockwise from the top-left of the probable first character.
    """
    if len(outline) == 4:
        return order_quad(outline)
    ring = make_clockwise(outline)
    fitted = order_ring(ring)
    corners = ring_to_quad(fitted)
    nearest = np.hypot(*(ring[None] - corners[:, None]).transpose(2, 0, 1)).argmin(axis=1)
    top_end, bottom_start, bottom_end = (nearest[1:] - nearest[0]) % len(ring)
    if not 0 < top_end < bottom_start < bottom_end:
        return fitted
    area = polygon_area(ring)
    ring = np.roll(ring, -nearest[0], axis=0)
    top, bottom = ring[: top_end + 1], ring[bottom_start : bottom_end + 1]
    count = max(len(top), len(bottom))
    ring = np.concatenate([_add_points(top, count), _add_points(bottom, count)])
    return ring if polygon_area(ring) >= _LEAST_KEPT * area else fitted


def report_degenerate(source: str, samples: Iterable[dict]) -> None:
    """Log the number of words whose outline has no area, and the first image with such a word."""
    images = [
        sample['img_path']
        for sample in samples
        for word in sample['instances']
        if word.get('degenerate')
    ]
    if images:
        _logger.warning(
            '%s: words whose outline has no area are marked as ignored: %d, the first in %s',
            source, len(images), images[0],
        )  # fmt: skip


def _add_points(side: np.ndarray, count: int) -> np.ndarray:
    """Split the longest edges of a polyline until it has ``count`` points."""
    while len(side) < count:
        longest = int(np.hypot(*np.diff(side, axis=0).T).argmax())
        middle = side[longest : longest + 2].mean(axis=0)
        side = np.insert(side, longest + 1, middle, axis=0)
    return side


def _signed_area(points: Sequence[Point]) -> float:
    """Same as ``pipeline.geometry.signed_area``, but faster for many short lists."""
    x0, y0 = points[0]
    moved = [(x - x0, y - y0) for x, y in points]
    following = [*moved[1:], moved[0]]
    return sum(x * v - u * y for (x, y), (u, v) in zip(moved, following, strict=True)) / 2


def _width(points: Sequence[Point]) -> float:
    """Maximum distance of points from the line through the first and its farthest point."""
    if len(points) < 3:
        return 0.0
    x0, y0 = points[0]
    ux, uy = max(((x - x0, y - y0) for x, y in points), key=lambda way: math.hypot(*way))
    length = math.hypot(ux, uy)
    if length == 0:
        return 0.0
    return max(abs(ux * (y - y0) - uy * (x - x0)) for x, y in points) / length


def _strip(points: Sequence[Point]) -> np.ndarray:
    """A (4, 2) polygon one pixel wide along points on a line; at the origin without points."""
    line = sorted(points) or [(0.5, 0.5)]
    start, end = np.array(line[0]), np.array(line[-1])
    length = float(np.hypot(*(end - start)))
    along = (end - start) / length if length else np.array([1.0, 0.0])
    if length < 1:
        start, end = start - along / 2, end + along / 2
    down = np.array([-along[1], along[0]]) / 2
    return np.stack([start - down, end - down, end + down, start + down])
