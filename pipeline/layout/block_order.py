"""Reading order of blocks, by recursive cuts of the page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def order_blocks(boxes: np.ndarray) -> list[int]:
    """Order blocks as they are read: columns from left to right, rows from top to bottom.

    The page is cut along the widest free strip, horizontal or vertical, and each part is cut in
    the same way (the XY cut of Nagy and Seth, ICPR 1984). If no free strip exists, a block comes
    after the blocks above it that overlap it horizontally, and after the blocks at its left that
    no block above or below separates (Breuel, "High performance document layout analysis", 2003).

    Args:
        boxes: (N, 4) x1, y1, x2, y2 of the blocks, without tilt.

    Returns:
        A permutation of ``range(N)``.
    """
    return _order(boxes, list(range(len(boxes))))


def _order(boxes: np.ndarray, some: list[int]) -> list[int]:
    if len(some) < 2:
        return some
    cuts = [(*_widest_cut(boxes[some][:, axis::2]), axis) for axis in (1, 0)]
    gap, place, axis = max(cuts, key=lambda cut: cut[0])
    if gap <= 0:
        return _order_entwined(boxes, some)
    first = [index for index in some if boxes[index, axis] < place]
    rest = [index for index in some if boxes[index, axis] >= place]
    return _order(boxes, first) + _order(boxes, rest)


def _widest_cut(spans: np.ndarray) -> tuple[float, float]:
    """(width, start of the second part) of the widest free interval between spans (N, 2)."""
    spans = spans[np.argsort(spans[:, 0], kind='stable')]
    free = spans[1:, 0] - np.maximum.accumulate(spans[:, 1])[:-1]
    best = int(free.argmax())
    return float(free[best]), float(spans[best + 1, 0])


def _order_entwined(boxes: np.ndarray, some: list[int]) -> list[int]:
    """Order blocks that no straight cut separates."""
    rest = sorted(some, key=lambda index: (boxes[index, 0] + boxes[index, 1], index))
    before = {b: {a for a in rest if a != b and _precedes(boxes, a, b, rest)} for b in rest}
    order: list[int] = []
    while rest:
        # Blocks that overlap each other may form a cycle; the top-left block breaks it.
        ready = [index for index in rest if not before[index] & set(rest)]
        chosen = (ready or rest)[0]
        order.append(chosen)
        rest.remove(chosen)
    return order


def _precedes(boxes: np.ndarray, a: int, b: int, others: Sequence[int]) -> bool:
    if _overlap(boxes[a, ::2], boxes[b, ::2]):
        return bool(boxes[a, 1] + boxes[a, 3] < boxes[b, 1] + boxes[b, 3])
    if boxes[a, 0] > boxes[b, 0]:
        return False
    middles = sorted((boxes[a, 1] + boxes[a, 3], boxes[b, 1] + boxes[b, 3]))
    return not any(
        middles[0] < boxes[c, 1] + boxes[c, 3] < middles[1]
        and _overlap(boxes[c, ::2], boxes[a, ::2])
        and _overlap(boxes[c, ::2], boxes[b, ::2])
        for c in others
        if c not in (a, b)
    )


def _overlap(first: np.ndarray, second: np.ndarray) -> bool:
    return bool(min(first[1], second[1]) > max(first[0], second[0]))
