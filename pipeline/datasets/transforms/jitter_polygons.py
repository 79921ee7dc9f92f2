"""Random errors of polygons, as those of a detector."""

from __future__ import annotations

import numpy as np

from pipeline.datasets.transforms.random_transform import RandomTransform
from pipeline.registry import TRANSFORMS


@TRANSFORMS.register_module()
class JitterPolygons(RandomTransform):
    """Grow or shrink words, and move each of their points, as a detector would.

    Polygons with an odd number of points do not define two sides and stay as they are.

    Required Keys:
        - gt_polygons

    Modified Keys:
        - gt_polygons

    Args:
        amount: Maximum change of corners and size as a share of the word's height. 0 keeps the
            ground truth.
        seed: Random seed; see :class:`RandomTransform`.
    """

    def __init__(self, amount: float, seed: int | None = None) -> None:
        super().__init__(seed)
        self.amount = amount

    def transform(self, results: dict) -> dict:
        """Move the points of ``results['gt_polygons']``."""
        results['gt_polygons'] = [
            self._move(polygon.reshape(-1, 2)).astype(np.float32).flatten()
            for polygon in results['gt_polygons']
        ]
        return results

    def _move(self, ring: np.ndarray) -> np.ndarray:
        if self.amount <= 0 or len(ring) % 2:
            return ring
        top, bottom = ring[: len(ring) // 2], ring[len(ring) // 2 :][::-1]
        height = float(np.hypot(*(top - bottom).T).mean())
        away = (top - bottom) / max(height, 1e-6)
        along = np.array([-away[:, 1].mean(), away[:, 0].mean()])
        grow = self.rng.uniform(-0.5 * self.amount, self.amount, size=2) * height
        slide = self.rng.uniform(-0.5 * self.amount, 1.5 * self.amount, size=2) * height
        top, bottom = top + grow[0] * away, bottom - grow[1] * away
        top[0] -= slide[0] * along
        bottom[0] -= slide[0] * along
        top[-1] += slide[1] * along
        bottom[-1] += slide[1] * along
        moved = np.concatenate([top, bottom[::-1]])
        return moved + self.rng.uniform(-0.3, 0.3, moved.shape) * self.amount * height

    def __repr__(self) -> str:
        return f'{type(self).__name__}(amount={self.amount})'
