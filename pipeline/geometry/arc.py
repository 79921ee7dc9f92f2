"""Strips along circular arcs: the shape of words on a curved baseline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.geometry.sides import join_sides

_SIDE_POINTS = 17  # Points along each side of a ring.
_FIT_POINTS = 96  # Maximum number of outline points in a fit.
_STEPS = 5  # Gauss-Newton iterations.


@dataclass(frozen=True)
class Arc:
    """A circular arc.

    Attributes:
        center: Centre of the circle (x, y), in pixels.
        radius: Radius in pixels.
        start: Start angle in radians. Angle a is the direction (cos a, sin a), y down.
        span: Angle from the start to the end of the arc, in radians.
    """

    center: tuple[float, float]
    radius: float
    start: float
    span: float

    @property
    def length(self) -> float:
        """Length in pixels."""
        return self.radius * self.span

    def ring(self, thickness: float, extension: float = 0.0) -> np.ndarray | None:
        """The strip around the arc as a ring.

        Args:
            thickness: Thickness of the strip in pixels, centred on the arc.
            extension: Extension of the strip at each end of the arc, in pixels.

        Returns:
            (34, 2) float32, 17 points along each side. None if the strip would meet its own
            other end or reach the centre of the circle.
        """
        more = extension / self.radius
        if thickness >= 1.9 * self.radius or self.span + 2 * more >= 1.9 * np.pi:
            return None
        angles = np.linspace(self.start - more, self.start + self.span + more, _SIDE_POINTS)
        away = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        outer, inner = (
            np.array(self.center) + (self.radius + side * thickness / 2) * away for side in (1, -1)
        )
        return join_sides(outer, inner)


def fit_arc(outline: np.ndarray) -> Arc | None:
    """Fit an arc to the centre line of a strip-like outline.

    A circle is fitted to all outline points (least squares of the distances, Gauss-Newton). Both
    sides have nearly equal weight, so the circle runs between them. The arc is the part of the
    circle that the outline covers.

    Args:
        outline: (P, 2) dense points, such as a contour by ``cv2.CHAIN_APPROX_NONE``.

    Returns:
        The arc. None if the outline is straight (a sagitta below 1/50 of its length), shorter
        than 1.5 times its thickness, or not a strip.
    """
    points = np.asarray(outline, dtype=np.float64).reshape(-1, 2)
    if len(points) < 8 or not np.isfinite(points).all() or np.ptp(points, axis=0).max() < 4:
        return None
    middle = points.mean(axis=0)
    local = points[:: -(-len(points) // _FIT_POINTS)] - middle
    circle = _first_circle(local)
    if circle is None:
        return None
    center, radius = circle
    for _ in range(_STEPS):
        rays = local - center
        distances = np.maximum(np.hypot(*rays.T), 1e-9)
        jacobian = np.column_stack([-rays / distances[:, None], -np.ones(len(rays))])
        step = np.linalg.lstsq(jacobian, radius - distances, rcond=None)[0]
        center, radius = center + step[:2], radius + float(step[2])
    if not 1 < radius < 1e5:
        return None
    rays = points - middle - center
    base = float(np.arctan2(*rays.mean(axis=0)[::-1]))
    angles = (np.arctan2(rays[:, 1], rays[:, 0]) - base + np.pi) % (2 * np.pi) - np.pi
    low, high = float(angles.min()), float(angles.max())
    x, y = middle + center
    arc = Arc((float(x), float(y)), radius, base + low, high - low)
    thickness = cv2.contourArea(points.astype(np.float32)) / max(arc.length, 1e-9)
    # Outline points of a strip are half its thickness away from the centre line.
    off = float(np.sqrt(np.mean((np.hypot(*rays.T) - radius) ** 2)))
    return arc if arc.length >= 1.5 * thickness and off < thickness else None


def _first_circle(points: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Initial centre and radius of the circle, for points centred at (0, 0)."""
    # Along the principal axes of the points, a parabola approximates a flat arc.
    axes = np.linalg.eigh(points.T @ points)[1].T[::-1]
    along, across = axes @ points.T
    length = max(float(np.ptp(along)), 1e-9)
    bend, slope, offset = np.polyfit(along / length, across / length, 2)
    if abs(bend) / 4 < 0.02:
        return None
    if abs(bend) / 4 < 0.35:
        radius = 1 / (2 * bend)
        center = np.array([-slope * radius, offset - slope**2 * radius / 2 + radius])
        return length * center @ axes, length * abs(radius)
    # A parabola does not fit strongly curved arcs. Instead, solve the linear equation
    # |p|^2 = 2 c . p + (r^2 - |c|^2) for c and r (I. Kasa, IEEE Trans. Instrum. Meas. 1976).
    columns = np.column_stack([2 * points / length, np.ones(len(points))])
    squares = (points**2).sum(axis=1) / length**2
    x, y, rest = np.linalg.lstsq(columns, squares, rcond=None)[0]
    return length * np.array([x, y]), length * float(np.sqrt(max(rest + x * x + y * y, 0)))
