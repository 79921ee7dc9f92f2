"""Maps a flat sheet to the image: a bend of the baseline (arc or wave), then a perspective."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Bend:
    """A bent baseline on the sheet.

    Convention:
        Sheet coordinates are (x, y) pixels, y down. Bent points are relative to ``anchor``, the
        middle of the baseline.

    Attributes:
        kind: 'arch' (letters on top of a circle), 'bowl' (letters on the inside of its lower half)
            or 'wave'.
        anchor: (x, y) of the middle of the straight baseline.
        size_px: Radius of the circle, or amplitude of the wave.
        period_px: Wavelength.
        phase: Phase of the wave, in radians.
    """

    kind: str
    anchor: tuple[float, float]
    size_px: float
    period_px: float = 0.0
    phase: float = 0.0

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Bend (N, 2) sheet points."""
        u, v = points[:, 0] - self.anchor[0], points[:, 1] - self.anchor[1]
        if self.kind == 'wave':
            return np.stack([u, v + self._offset(u)], axis=1)
        angle = u / self.size_px
        if self.kind == 'arch':
            radius = self.size_px - v
            return np.stack([radius * np.sin(angle), self.size_px - radius * np.cos(angle)], axis=1)
        radius = self.size_px + v
        return np.stack([radius * np.sin(angle), radius * np.cos(angle) - self.size_px], axis=1)

    def undo(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sheet coordinates of bent points; ``x`` and ``y`` may have any shape."""
        if self.kind == 'wave':
            return x + self.anchor[0], y - self._offset(x) + self.anchor[1]
        down = self.size_px - y if self.kind == 'arch' else self.size_px + y
        radius, angle = np.hypot(x, down), np.arctan2(x, down)
        v = self.size_px - radius if self.kind == 'arch' else radius - self.size_px
        return self.size_px * angle + self.anchor[0], v + self.anchor[1]

    def _offset(self, u: np.ndarray) -> np.ndarray:
        return self.size_px * np.sin(2 * np.pi * u / self.period_px + self.phase)


@dataclass(frozen=True)
class Placement:
    """Mapping from the sheet to the image: first the bend, if any, then the homography."""

    homography: np.ndarray
    bend: Bend | None = None

    def forward(self, points: np.ndarray) -> np.ndarray:
        """Map (N, 2) sheet points to image points, float32."""
        points = np.asarray(points, np.float64)
        if self.bend is not None:
            points = self.bend.apply(points)
        mapped = cv2.perspectiveTransform(points[:, None], self.homography)[:, 0]
        return mapped.astype(np.float32)

    def moved(self, x: float, y: float) -> Placement:
        """The same placement, shifted in the image."""
        shift = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)
        return Placement(shift @ self.homography, self.bend)

    def outline(self, width: int, height: int) -> np.ndarray:
        """Border of the sheet in the image, (K, 2), clockwise."""
        steps = 2 if self.bend is None else 17
        x = np.linspace(0, width, steps)
        top = np.stack([x, np.zeros_like(x)], axis=1)
        bottom = np.stack([x[::-1], np.full_like(x, height)], axis=1)
        return self.forward(np.concatenate([top, bottom]))

    def box_polygon(self, box: tuple[float, float, float, float], points: int) -> np.ndarray:
        """Polygon of a sheet box in the image, with ``points`` along the top and the bottom."""
        x1, y1, x2, y2 = box
        x = np.linspace(x1, x2, points)
        top = np.stack([x, np.full_like(x, y1)], axis=1)
        bottom = np.stack([x[::-1], np.full_like(x, y2)], axis=1)
        return self.forward(np.concatenate([top, bottom]))

    def warp(self, sheet: np.ndarray, window: tuple[int, int, int, int]) -> np.ndarray:
        """Draw a sheet into a window (x1, y1, x2, y2) of the image.

        Convention:
            Integer coordinates are pixel corners; pixel (c, r) is sampled at its center.
        """
        x1, y1, x2, y2 = window
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]], np.float64)
        to_image = half @ np.array([[1, 0, x1], [0, 1, y1], [0, 0, 1]], np.float64)
        if self.bend is None:
            matrix = np.linalg.inv(to_image) @ self.homography @ half
            return cv2.warpPerspective(sheet, matrix, (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR)
        inverse = (np.linalg.inv(self.homography) @ to_image).astype(np.float32)
        columns, rows = np.meshgrid(
            np.arange(x2 - x1, dtype=np.float32), np.arange(y2 - y1, dtype=np.float32)
        )
        depth = inverse[2, 0] * columns + inverse[2, 1] * rows + inverse[2, 2]
        x = (inverse[0, 0] * columns + inverse[0, 1] * rows + inverse[0, 2]) / depth
        y = (inverse[1, 0] * columns + inverse[1, 1] * rows + inverse[1, 2]) / depth
        u, v = self.bend.undo(x, y)
        return cv2.remap(
            sheet, (u - 0.5).astype(np.float32), (v - 0.5).astype(np.float32), cv2.INTER_LINEAR
        )


def tilt_homography(
    center: tuple[float, float],
    scale: float,
    roll: float,
    yaw: float,
    pitch: float,
    focal_px: float,
) -> np.ndarray:
    """Homography of a flat sheet that is rotated in 3D and seen by a camera.

    Args:
        center: (x, y) on the sheet, the rotation center, which is mapped to (0, 0).
        scale: Image pixels per sheet pixel before the rotation.
        roll: Rotation in the image plane in radians, clockwise on the screen.
        yaw: Rotation about the vertical axis, in radians.
        pitch: Rotation about the horizontal axis, in radians.
        focal_px: Distance of the camera; a smaller distance gives a stronger perspective.

    Returns:
        (3, 3) float64.
    """
    cr, sr, cy, sy, cp, sp = (
        np.cos(roll),
        np.sin(roll),
        np.cos(yaw),
        np.sin(yaw),
        np.cos(pitch),
        np.sin(pitch),
    )
    rotation = (
        np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    )
    plane = np.column_stack([rotation[:, 0], rotation[:, 1], [0, 0, focal_px]])
    camera = np.diag([focal_px, focal_px, 1.0])
    sheet = np.array([[scale, 0, -scale * center[0]], [0, scale, -scale * center[1]], [0, 0, 1]])
    matrix = camera @ plane @ sheet
    return matrix / matrix[2, 2]
