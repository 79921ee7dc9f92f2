"""Regions of an image that can contain text, as a pass at a smaller size shows them.

Most of a photo contains no text. A DBNet sees words that are too small to be outlined in a coarse
pass as faint spots of its probability map. The finest pass, which takes most of the time, searches
only around these spots.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.detection.tiles import Tile

# Chosen on training images; see docs/experiments.md.
_TEXT_ABOVE = 0.05  # Probability of pixels that may be text.
_MARGIN_PX = 64  # Around these pixels.
_CALL_PX = 6 * 32**2  # Pixels that take as long as one more call of the network.
_LARGEST_SHARE = 0.75  # Regions of a larger share of the image are not worthwhile.
_MOST_REGIONS = 40


def find_regions(
    prob_map: np.ndarray, size: tuple[int, int], divisor: int, side_px: int | None = None
) -> list[Tile]:
    """The parts of a network input in which a coarser pass has seen text.

    Args:
        prob_map: (h, w) probabilities of text of the coarser pass.
        size: (height, width) of the network input, multiples of ``divisor``.
        divisor: Borders of regions are multiples of this.
        side_px: Sides of regions are multiples of this or those of the input, so regions have few
            different sizes. It is rounded up to a multiple of ``divisor``; None is ``divisor``.

    Returns:
        Regions, from top to bottom, with a margin around the text; none if no text is seen, and
        one region that is the whole input if the text is everywhere. Regions can overlap.
    """
    height, width = size
    rows, columns = height // divisor, width // divisor
    whole = Tile(0, 0, height, width, size)
    seen = (prob_map > _TEXT_ABOVE).astype(np.float32)
    cells = cv2.resize(seen, (columns, rows), interpolation=cv2.INTER_AREA) > 0
    side = 2 * -(-_MARGIN_PX // divisor) + 1
    grown = cv2.dilate(cells.astype(np.uint8), np.ones((side, side), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
    if count - 1 > _MOST_REGIONS:
        return [whole]
    step = -(-(side_px or divisor) // divisor)
    call = _CALL_PX / divisor**2
    boxes = _merge(
        [
            (*_extend(x, x + w, step, columns), *_extend(y, y + h, step, rows))
            for x, y, w, h, _ in stats[1:].tolist()
        ],
        call,
        (step, columns, rows),
    )
    if sum(_cost(box, call) for box in boxes) > _LARGEST_SHARE * rows * columns:
        return [whole]
    return [
        Tile(y1 * divisor, x1 * divisor, y2 * divisor, x2 * divisor, size)
        for x1, x2, y1, y2 in sorted(boxes, key=lambda box: (box[2], box[0]))
    ]


_Box = tuple[int, int, int, int]  # left, right, top, bottom


def _extend(start: int, end: int, step: int, most: int) -> tuple[int, int]:
    """Extend a range to a multiple of a step, within 0 to ``most``."""
    length = min(-(-(end - start) // step) * step, most)
    start = min(start, most - length)
    return start, start + length


def _merge(boxes: list[_Box], call: float, grid: tuple[int, int, int]) -> list[_Box]:
    """Merge boxes while their common box takes less time than both.

    Args:
        boxes: Boxes in cells.
        call: Cells that take as long as one more call.
        grid: Step of the sides, columns and rows of the input.
    """
    step, columns, rows = grid
    merged = True
    while merged:
        merged = False
        for i in range(len(boxes)):
            for j in range(len(boxes) - 1, i, -1):
                x1, x2, y1, y2 = _around(boxes[i], boxes[j])
                both = (*_extend(x1, x2, step, columns), *_extend(y1, y2, step, rows))
                if _cost(both, call) <= _cost(boxes[i], call) + _cost(boxes[j], call):
                    boxes[i] = both
                    del boxes[j]
                    merged = True
    return boxes


def _around(a: _Box, b: _Box) -> _Box:
    return min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3])


def _cost(box: _Box, call: float) -> float:
    return (box[1] - box[0]) * (box[3] - box[2]) + call
