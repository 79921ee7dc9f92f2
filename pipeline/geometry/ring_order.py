"""Reading order of the points of an outline: detector contours and boxes."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.geometry.ring import check_polygon, make_clockwise, next_points, polygon_area
from pipeline.geometry.sides import join_sides, resample_polyline, ring_size, turn_ring

CURVED_FILL = 0.85  # Outlines that fill less of their smallest rectangle are curved words.
TALL_RATIO = 1.5  # Words with a larger height / width are vertical.
_STEEPEST_DEG = 75.0  # Words steeper than this are ordered as tall words.
_CURVED_ASPECT = 2.0  # Minimum width / height of a curved word.
_CONTOUR_POINTS = 80
_MATCHED_POINTS = 9


def min_area_quad(polygon: np.ndarray) -> np.ndarray:
    """The smallest rectangle around a polygon, in :func:`order_quad`'s order: (4, 2) float32."""
    points = check_polygon(polygon, min_points=1)
    origin = points.mean(axis=0)  # Keeps the precision of OpenCV's float32.
    corners = cv2.boxPoints(cv2.minAreaRect((points - origin).astype(np.float32)))
    return order_quad(corners + origin)


def enclosing_quad(polygon: np.ndarray) -> np.ndarray:
    """A quad around a word that starts at the same corner: (4, 2) float64.

    Quads are returned unchanged. Any other polygon is replaced by the smallest rotated rectangle
    around it, from the corner nearest to the first point.
    """
    points = check_polygon(polygon)
    if len(points) == 4:
        return points
    quad = cv2.boxPoints(cv2.minAreaRect(points.astype(np.float32))).astype(np.float64)
    # OpenCV's first corner depends on the angle.
    return np.roll(quad, -int(np.abs(quad - points[0]).sum(1).argmin()), axis=0)


def order_quad(quad: np.ndarray) -> np.ndarray:
    """Order the corners of a quad so that its word most likely reads left to right.

    The corners are sorted clockwise. The top of a long word is a long side, and the first corner
    is the left end of this side. The first corner of a short or tall word (long axis steeper
    than 75 degrees) is the upright top-left corner, so the top of a tall word is a short side.

    Args:
        quad: (4, 2), corners in any order.

    Returns:
        (4, 2) float32.

    Raises:
        ValueError: If ``quad`` is not (4, 2) finite numbers.
    """
    points = check_polygon(quad, 'quad', min_points=4)
    if len(points) != 4:
        raise ValueError(f'quad must have shape (4, 2), got {points.shape}.')
    angles = np.arctan2(*(points - points.mean(axis=0)).T[::-1])
    ring = points[np.argsort(angles, kind='stable')]  # Growing angle is clockwise with y down.
    sides = next_points(ring) - ring
    lengths = np.hypot(*sides.T)
    longer = int(lengths[1] + lengths[3] > lengths[0] + lengths[2])  # First of the long sides.
    long_length = (lengths[longer] + lengths[longer + 2]) / 2
    short_length = (lengths[1 - longer] + lengths[3 - longer]) / 2
    starts = []  # The side of each pair that runs to the right, or downwards if vertical.
    for pair in (longer, 1 - longer):
        direction = sides[pair] - sides[(pair + 2) % 4]
        starts.append(pair if (direction[0], direction[1]) > (0.0, 0.0) else (pair + 2) % 4)
    direction = sides[starts[0]] - sides[(starts[0] + 2) % 4]
    steepness = np.degrees(np.arctan2(abs(direction[1]), abs(direction[0])))
    # Longer words read along their long axis up to a steeper angle.
    elongation = np.clip((long_length / max(short_length, 1e-9) - 1) / (TALL_RATIO - 1), 0, 1)
    steepest = 45.0 + (_STEEPEST_DEG - 45.0) * elongation
    start = starts[0] if steepness <= steepest else starts[1]
    return np.roll(ring, -start, axis=0).astype(np.float32)


def order_ring(polygon: np.ndarray, num_points: int = 20) -> np.ndarray:
    """Convert an outline with an unknown first point to a ring in reading order.

    Quads keep their corners (:func:`order_quad`). Other outlines that nearly fill their smallest
    rectangle are replaced by this rectangle. For curved outlines, :func:`fit_sides` finds the two
    ends and resamples the sides.

    Args:
        polygon: (K, 2), K >= 3, any start and direction, such as a detector's contour.
        num_points: Number of points of a curved ring, even and at least 4.

    Returns:
        (4, 2) or (num_points, 2) float32, clockwise. Curved words read left to right, or
        downwards if one end is above the other. A tall quad starts at its upright top-left;
        ``vertical`` of ``Rectifier`` defines how it is read.

    Raises:
        ValueError: If ``polygon`` is not (K, 2) finite numbers, or ``num_points`` is odd.
    """
    points = check_polygon(polygon)
    if num_points < 4 or num_points % 2:
        raise ValueError(f'num_points must be even and at least 4, got {num_points}.')
    if len(points) == 4:
        return order_quad(points)
    box = min_area_quad(points)
    box_area = polygon_area(box)
    if box_area < 1e-6 or polygon_area(points) / box_area >= CURVED_FILL:
        return box
    ring = fit_sides(points, num_points)
    height, width = ring_size(ring)
    if width < _CURVED_ASPECT * height:
        return box
    return _start_left(ring)


def _start_left(ring: np.ndarray) -> np.ndarray:
    half = len(ring) // 2
    ends = (ring[[0, -1]].mean(axis=0), ring[[half - 1, half]].mean(axis=0))
    dx, dy = ends[1] - ends[0]
    steep = abs(dy) > np.tan(np.radians(_STEEPEST_DEG)) * abs(dx)
    backwards = dy < 0 if steep else dx < 0
    return turn_ring(ring, 2) if backwards else ring


def fit_sides(polygon: np.ndarray, num_points: int) -> np.ndarray:
    """Find the two short ends of a strip-like outline and resample its two long sides.

    A strip of perimeter P and area A has ends of width w with (P / 2 - w) w = A. Each candidate
    is a pair of outline pieces of length w. Its cost is the mean distance between matching
    points of the two remaining sides (equal fractions of arc length), plus the difference between
    the pieces' lengths and their chords. The candidate with the lowest cost is used.

    Args:
        polygon: (K, 2), any start and direction.
        num_points: Number of points of the result, even and at least 4.

    Returns:
        (num_points, 2) float32, clockwise, starting at either end.
    """
    points = make_clockwise(polygon).astype(np.float64)
    outline = np.concatenate([points, points[:1]])
    # Resampling removes the stairs of a pixel contour, which overestimate its length.
    outline = resample_polyline(outline, np.linspace(0.0, 1.0, _CONTOUR_POINTS + 1))
    perimeter = max(float(np.hypot(*np.diff(outline, axis=0).T).sum()), 1e-9)
    area = polygon_area(points)
    gap = (1 - np.sqrt(max(1 - 16 * area / perimeter**2, 0.0))) / 4  # w / P

    # The ends start at fractions a and b of the perimeter, which differ by about 0.5.
    step = 1 / _CONTOUR_POINTS
    a, b = np.meshgrid(np.arange(0, 1, step), np.arange(0, 1, step), indexing='ij')
    apart = np.abs(b - a - 0.5)
    candidates = np.stack([a, b], axis=-1)[apart <= max(0.2 - gap, 0.0) + 1e-9]
    best = _best_ends(outline, candidates, gap, perimeter)
    for finer in (step / 2, step / 4, step / 8):
        around = np.stack(np.meshgrid([-finer, 0.0, finer], [-finer, 0.0, finer]), axis=-1)
        best = _best_ends(outline, best + around.reshape(-1, 2), gap, perimeter)
    top, bottom = _sides_between(outline, best[None], gap, num_points // 2)
    return join_sides(top[0], bottom[0])


def _best_ends(
    outline: np.ndarray, candidates: np.ndarray, gap: float, perimeter: float
) -> np.ndarray:
    """The pair of end positions (2,) among ``candidates`` (M, 2) with the lowest cost."""
    top, bottom = _sides_between(outline, candidates, gap, _MATCHED_POINTS)
    across = np.hypot(*np.moveaxis(top - bottom, -1, 0))  # (M, matched points)
    # The chord of an end that contains a corner is shorter than its length along the outline.
    bent = 2 * gap * perimeter - across[:, 0] - across[:, -1]
    return candidates[int(np.argmin(across.mean(axis=1) + bent))]


def _sides_between(
    outline: np.ndarray, starts: np.ndarray, gap: float, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points of the two sides between ends of length ``gap`` at fractions ``starts`` (M, 2).

    Returns:
        top and bottom, both (M, count, 2), in the same direction.
    """
    steps = np.linspace(0.0, 1.0, count)
    a, b = starts[:, :1], starts[:, 1:]
    fractions = np.stack([a + gap + (b - a - gap) * steps, a + 1 - (a + 1 - b - gap) * steps])
    points = resample_polyline(outline, np.mod(fractions, 1.0).reshape(-1))
    top, bottom = points.reshape(2, len(starts), count, 2)
    return top, bottom
