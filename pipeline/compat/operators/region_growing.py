"""Vectorized breadth-first search over pixels.

PANet and PSENet grow text kernels into text regions with a queue: the first pixel of the queue
offers its label to its four neighbors, and each pixel accepts the first suitable offer. All
queued pixels at the same distance are a wave, which is processed at once: list its offers in the
order of the queue, then accept the first offer of each pixel. The result equals that of the
queue, and the computation is a few hundred times faster than a Python loop over pixels.
"""

from __future__ import annotations

import numpy as np

_STEPS = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])  # (y, x), in the order of the offers.


def offer_to_neighbors(wave: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """List the offers of a wave to the pixels above, below, left and right.

    Args:
        wave: (Q,) flat pixel indices in the order of the queue.
        shape: (height, width) of the map.

    Returns:
        For each offer inside the map, the position in ``wave`` and the flat index of the target
        pixel, both (P,) int64, in the order of the queue.
    """
    height, width = shape
    y, x = np.divmod(wave, width)
    target_y = y[:, None] + _STEPS[:, 0]  # (Q, 4)
    target_x = x[:, None] + _STEPS[:, 1]
    inside = (target_y >= 0) & (target_y < height) & (target_x >= 0) & (target_x < width)
    giver = np.nonzero(inside)[0]
    return giver, (target_y * width + target_x)[inside]


def first_offers(targets: np.ndarray) -> np.ndarray:
    """Positions of the first offer to each pixel, (P',) int64 in the order of the queue."""
    _, first = np.unique(targets, return_index=True)
    return np.sort(first)
