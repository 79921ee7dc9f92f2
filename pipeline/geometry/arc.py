"""Strips along arcs of circles: the shape of words on a bent baseline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.geometry.sides import join_sides

_SIDE_POINTS = 17  # of a ring, along each of its sides
_FIT_POINTS = 96  # at most, of an outline
_STEPS = 5  # of Gauss-Newton


@dataclass(frozen=True)
class Arc:
    """A part of a circle.

    Attributes:
        center: (x, y), pixels.
        radius: In pixels.
        start: Where it starts, radians; an angle a is the direction (cos a, sin a), y down.
        span: How far it goes from there, radians.
    """

    center: tuple[float, float]
    radius: float
    start: float
    span: float

    @property
    def length(self) -> float:
        """In pixels."""
        return self.radius * self.span

    def ring(self, thickness: float, extension: float = 0.0) -> np.ndarray | None:
        """The strip around the arc: (34, 2) float32, 17 points along each side.

        Args:
            thickness: Of the strip, half of it on either side of the arc, in pixels.
            extension: How far the strip goes beyond both ends of the arc, in pixels.

        Returns:
            None where such a strip would reach its own other end, or beyond the circle's centre.
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
    """The arc along the middle of a strip-like outline.

    The circle that is nearest to all points of the outline (least squares of their distances, by
    Gauss-Newton) runs between its two sides, which pull nearly alike. The arc is the part of it
    that the outline covers.

    Args:
        outline: (P, 2), points close to each other, such as a contour by
            ``cv2.CHAIN_APPROX_NONE``.

    Returns:
        None where the outline is straight (bent by less than a fiftieth of its length), shorter
        than one and a half times its thickness, or no strip.
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
    # The sides of a strip lie half of its thickness away from its middle.
    off = float(np.sqrt(np.mean((np.hypot(*rays.T) - radius) ** 2)))
    return arc if arc.length >= 1.5 * thickness and off < thickness else None


def _first_circle(points: np.ndarray) -> tuple[np.ndarray, float] | None:
    """About where the circle lies, centre and radius, for points around (0, 0)."""
    # Axes along and across the points: there, a parabola bends as a circle does.
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
    # More than half a circle is none. |p|^2 = 2 c . p + (r^2 - |c|^2) is linear in what is looked
    # for (I. Kasa, IEEE Trans. Instrum. Meas. 1976).
    columns = np.column_stack([2 * points / length, np.ones(len(points))])
    squares = (points**2).sum(axis=1) / length**2
    x, y, rest = np.linalg.lstsq(columns, squares, rcond=None)[0]
    return length * np.array([x, y]), length * float(np.sqrt(max(rest + x * x + y * y, 0)))
