"""Random changes that make annotated polygons look like detected ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.geometry import min_area_quad, ring_size, ring_to_quad, split_sides


@dataclass(frozen=True)
class BoxNoise:
    """Differences between detected and annotated polygons. Lengths are shares of the word's height.

    Attributes:
        along: Range by which each end of the word is moved outwards.
        across: Range by which the top and the bottom are moved outwards.
        corner: Standard deviation of each point.
        loose_prob: Probability that an end is moved by up to twice as much.
        upright_prob: Probability that the polygon is replaced by its upright bounding box.
        curved_upright_prob: The same for curved polygons; None means ``upright_prob``.
        quad_prob: Probability that a curved polygon is replaced by its smallest rectangle.
    """

    along: tuple[float, float] = (-0.1, 0.25)
    across: tuple[float, float] = (-0.08, 0.18)
    corner: float = 0.03
    loose_prob: float = 0.2
    upright_prob: float = 0.12
    quad_prob: float = 0.15
    curved_upright_prob: float | None = None

    def apply(self, ring: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw a noisy polygon for one word.

        Args:
            ring: (2k, 2) annotated polygon in pixels, clockwise from the first character.
            rng: Random generator.

        Returns:
            (2k, 2) or (4, 2) float32.
        """
        draw, upright_prob = rng.random(), self.upright_prob
        if len(ring) > 4 and self.curved_upright_prob is not None:
            upright_prob = self.curved_upright_prob
        if draw < upright_prob:
            ring = upright_box(ring)
        elif len(ring) > 4 and draw < upright_prob + self.quad_prob:
            ring = smallest_box(ring)
        top, bottom = (side.astype(np.float64) for side in split_sides(ring))
        height = max(ring_size(ring)[0], 1e-6)
        up = (top - bottom) / np.maximum(np.hypot(*(top - bottom).T), 1e-6)[:, None]
        high, low = rng.uniform(*self.across, size=2) * height
        top, bottom = top + high * up, bottom - low * up
        for end in (0, -1):
            amount = rng.uniform(*self.along) * (1 + (rng.random() < self.loose_prob)) * height
            outward = np.array([-up[end, 1], up[end, 0]]) * (1 if end else -1)
            top[end] += amount * outward
            bottom[end] += amount * outward
        moved = np.concatenate([top, bottom[::-1]])
        return (moved + rng.normal(0, self.corner * height, moved.shape)).astype(np.float32)


def upright_box(ring: np.ndarray) -> np.ndarray:
    """Bounding box (4, 2) of a word, clockwise from the corner at its first character.

    Words that run from right to left or steeply keep their reading direction.
    """
    (x1, y1), (x2, y2) = ring.min(0), ring.max(0)
    box = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)
    return _start_near(box, ring)


def smallest_box(ring: np.ndarray) -> np.ndarray:
    """Smallest rectangle (4, 2) around a word, clockwise from its first character."""
    return _start_near(min_area_quad(ring), ring)


def _start_near(box: np.ndarray, ring: np.ndarray) -> np.ndarray:
    corners = ring_to_quad(ring)
    turns = [np.roll(box, -turn, axis=0) for turn in range(4)]
    return min(turns, key=lambda quad: float(np.hypot(*(quad - corners).T).sum()))
