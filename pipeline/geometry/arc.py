"""Strips along arcs of circles: the shape of words on a bent baseline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .sides import join_sides

_SIDE_POINTS = 9  # of a ring, along each of its sides
_STEPS = 4  # of Gauss-Newton, from a parabola's curvature


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
        """The strip around the arc: (18, 2) float32, nine points along each side.

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

    The circle that is nearest to all points of the outline (least squares of their distances,
    by Gauss-Newton) runs between its two sides, which pull alike. The arc is the part of it that
    the outline covers.

    Args:
        outline: (P, 2), points close to each other, such as a contour by
            ``cv2.CHAIN_APPROX_NONE``.

    Returns:
        None where the outline is straight (bent by less than a fiftieth of its length), or hardly
        longer than it is thick.
    """
    points = np.asarray(outline, dtype=np.float64).reshape(-1, 2)
    center, size, angle = cv2.minAreaRect(points.astype(np.float32))
    length, thickness = max(size), min(size)
    if len(points) < 8 or length < 1.5 * thickness:
        return None
    angle = np.radians(angle + (90.0 if size[0] < size[1] else 0.0))
    # Axes along and across the strip, so that a parabola says where the circle lies.
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    local = (points - center) @ axes.T
    bend, slope, offset = np.polyfit(local[:, 0], local[:, 1], 2)
    if abs(bend) * (length / 2) ** 2 < 0.02 * length:
        return None
    radius = 1 / (2 * bend)
    middle = np.array([-slope * radius, offset - slope**2 * radius / 2 + radius])
    radius = abs(radius)
    for _ in range(_STEPS):
        rays = local - middle
        distances = np.maximum(np.hypot(*rays.T), 1e-9)
        jacobian = np.column_stack([-rays / distances[:, None], -np.ones(len(rays))])
        step = np.linalg.lstsq(jacobian, radius - distances, rcond=None)[0]
        middle, radius = middle + step[:2], radius + step[2]
    if not np.isfinite(radius) or radius < 1:
        return None
    rays = (local - middle) @ axes
    outwards = rays.mean(axis=0)
    base = float(np.arctan2(outwards[1], outwards[0]))
    angles = (np.arctan2(rays[:, 1], rays[:, 0]) - base + np.pi) % (2 * np.pi) - np.pi
    low, high = float(angles.min()), float(angles.max())
    x, y = np.array(center) + middle @ axes
    return Arc((float(x), float(y)), float(radius), base + low, high - low)
