"""Outlines of words as owners publish them -> rings and instances."""

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

_LEAST_WIDTH_PX = 0.01  # Annotation files keep two decimals; what is thinner has no area in them.
_LEAST_KEPT = 0.95
_logger = logging.getLogger(__name__)


def parse_outline(values: Any, where: str) -> list[Point]:
    """Read ``[x1, y1, x2, y2, ...]`` or ``[[x1, y1], [x2, y2], ...]``.

    Args:
        values: As it came from a file.
        where: What errors call it: file and entry.

    Returns:
        K points in pixels; repeats and a last point that closes the outline are dropped.

    Raises:
        ValueError: If it is neither, a count is odd, or a number is not finite.
    """
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise ValueError(f'{where}: wanted a list of points, got {describe(values)}')
    if values and isinstance(values[0], Sequence) and not isinstance(values[0], str):
        if any(not isinstance(pair, Sequence) or len(pair) != 2 for pair in values):
            raise ValueError(f'{where}: wanted pairs [x, y], got {describe(values)}')
        values = [number for pair in values for number in pair]
    if len(values) % 2:
        raise ValueError(
            f'{where}: wanted x and y of each point, got an odd count of {len(values)} numbers: '
            f'{describe(values)}'
        )
    for number in values:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ValueError(f'{where}: wanted numbers, got {describe(number)}')
        if not math.isfinite(number):
            raise ValueError(f'{where}: wanted finite numbers, got {number}')
    points = [(float(x), float(y)) for x, y in zip(values[::2], values[1::2], strict=True)]
    kept = [point for i, point in enumerate(points) if not i or point != points[i - 1]]
    return kept[:-1] if len(kept) > 1 and kept[0] == kept[-1] else kept


def outline_instance(
    points: Sequence[Point], text: str, ignore: bool, start_is_known: bool = True
) -> dict:
    """A word as an instance of MMOCR's data sets.

    Where the start is known, points keep their order; counter-clockwise outlines are turned
    about their first point. Where it is not, :func:`order_outline` finds it. An outline
    without area (fewer than three points, or all in a line) cannot be cut out: the word is kept
    with a strip one pixel wide, ignored, and has ``degenerate``, so that it is not lost in silence.

    Args:
        points: (K, 2) pixels, K >= 0, from :func:`parse_outline`.
        text: The transcript; a word without one is ignored.
        ignore: True where the owners say that the word does not count.
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
    """Find where the word of an outline starts, changing the outline as little as can be.

    Quadrangles keep their corners. Of others, the corners of the word are the points nearest to
    those of ``order_ring``. The points along the top and the bottom stay, and points are added in
    the middle of edges until both have as many, which is what tells the two apart; those at the
    two ends go, for ends are straight. Where this would cut away more than a twentieth of the
    area, or the corners cannot be told apart, the ring is that of ``order_ring``.

    Args:
        outline: (K, 2), K >= 3, any start and direction.

    Returns:
        (2k, 2) float32, clockwise from the top-left of the likely first character.
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
    """Log how many words have outlines without area, naming the first photo of them."""
    photos = [
        sample['img_path']
        for sample in samples
        for word in sample['instances']
        if word.get('degenerate')
    ]
    if photos:
        _logger.warning(
            '%s: words whose outline has no area are marked as ignored: %d, the first in %s',
            source, len(photos), photos[0],
        )  # fmt: skip


def _add_points(side: np.ndarray, count: int) -> np.ndarray:
    """Halve the longest edges of a polyline until it has ``count`` points."""
    while len(side) < count:
        longest = int(np.hypot(*np.diff(side, axis=0).T).argmax())
        middle = side[longest : longest + 2].mean(axis=0)
        side = np.insert(side, longest + 1, middle, axis=0)
    return side


def _signed_area(points: Sequence[Point]) -> float:
    """As ``pipeline.geometry.signed_area``, but quick for a million short lists."""
    x0, y0 = points[0]
    moved = [(x - x0, y - y0) for x, y in points]
    following = [*moved[1:], moved[0]]
    return sum(x * v - u * y for (x, y), (u, v) in zip(moved, following, strict=True)) / 2


def _width(points: Sequence[Point]) -> float:
    """How far points reach from the line through the first one and the one farthest from it."""
    if len(points) < 3:
        return 0.0
    x0, y0 = points[0]
    ux, uy = max(((x - x0, y - y0) for x, y in points), key=lambda way: math.hypot(*way))
    length = math.hypot(ux, uy)
    if length == 0:
        return 0.0
    return max(abs(ux * (y - y0) - uy * (x - x0)) for x, y in points) / length


def _strip(points: Sequence[Point]) -> np.ndarray:
    """A (4, 2) ring one pixel wide along points in a line; at the origin where there are none."""
    line = sorted(points) or [(0.5, 0.5)]
    start, end = np.array(line[0]), np.array(line[-1])
    length = float(np.hypot(*(end - start)))
    along = (end - start) / length if length else np.array([1.0, 0.0])
    if length < 1:
        start, end = start - along / 2, end + along / 2
    down = np.array([-along[1], along[0]]) / 2
    return np.stack([start - down, end - down, end + down, start + down])
