"""Blocks of an image: lines below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Lengths are in heights of the smaller line.
_MAX_GAP = 1.0
_MIN_STEP = 0.4
_SAME_ROW = 0.5
_RIVAL = 0.5  # Share of the longest common length.
_MAX_HEIGHT_RATIO = 2.0
_MIN_COSINE = 0.94  # 20 degrees.
_MIN_OVERLAP = 0.3  # Share of the shorter line.


@dataclass(frozen=True, eq=False)
class LineFrame:
    """Measures of one line.

    Args:
        points: (M, 2) points of the polygons of its words, in pixels.
        along: (2,) unit vector in reading direction.
        height: Median height of its words.
    """

    points: np.ndarray
    along: np.ndarray
    height: float

    def extent(self, along: np.ndarray) -> tuple[float, float, float, float]:
        """(low, high) of the line along a direction, then (low, high) across it."""
        x, y = self.points @ along, self.points @ np.array([-along[1], along[0]])
        return float(x.min()), float(x.max()), float(y.min()), float(y.max())


def group_blocks(lines: Sequence[LineFrame]) -> list[list[int]]:
    """Group lines into blocks.

    A line is linked to the line below it that has a similar direction and height and is close. A
    line above two lines that are side by side is linked to neither of them, unless one is much
    shorter, such as a number beside a row. Each chain of linked lines is a block.

    Args:
        lines: N lines.

    Returns:
        Indices of the lines of each block from top to bottom. Each index occurs once.
    """
    gaps = np.full((len(lines), len(lines)), np.inf)  # From the line of a row to that of a column.
    shared = np.zeros(gaps.shape)  # Length in pixels that is common to both lines.
    for a, b in _close_pairs(lines):
        gaps[a, b], shared[a, b] = _compare(lines[a], lines[b])
    below = [_partner(gaps[a], shared[a]) for a in range(len(lines))]
    above = [_partner(gaps[:, b], shared[:, b]) for b in range(len(lines))]
    after = {a: b for a, b in enumerate(below) if b is not None and above[b] == a}
    blocks = []
    for index in sorted(set(range(len(lines))) - set(after.values())):
        block = [index]
        while block[-1] in after:
            block.append(after[block[-1]])
        blocks.append(block)
    return blocks


def _close_pairs(lines: Sequence[LineFrame]) -> list[tuple[int, int]]:
    """Ordered pairs of lines whose bounding boxes are close."""
    margin = _MAX_GAP * np.array([line.height for line in lines])[:, None]
    low = np.array([line.points.min(0) for line in lines]) - margin
    high = np.array([line.points.max(0) for line in lines]) + margin
    close = ((low[:, None] <= high[None]) & (low[None] <= high[:, None])).all(-1)
    return [(int(a), int(b)) for a, b in np.argwhere(close) if a != b]


def _compare(upper: LineFrame, lower: LineFrame) -> tuple[float, float]:
    """The gap if the second line may continue the first one, else inf; the shared length."""
    along = upper.along + lower.along
    along = along / max(float(np.hypot(*along)), 1e-9)
    height = min(upper.height, lower.height)
    x1, x2, top, bottom = upper.extent(along)
    x3, x4, low_top, low_bottom = lower.extent(along)
    shared = min(x2, x4) - max(x1, x3)
    gap = (low_top - bottom) / height
    fits = (
        float(upper.along @ lower.along) > _MIN_COSINE
        and max(upper.height, lower.height) < _MAX_HEIGHT_RATIO * height
        and shared > _MIN_OVERLAP * min(x2 - x1, x4 - x3)
        and gap < _MAX_GAP
        and (low_top + low_bottom - top - bottom) / 2 > _MIN_STEP * height
    )
    return (gap if fits else np.inf), shared


def _partner(gaps: np.ndarray, shared: np.ndarray) -> int | None:
    """The line of the nearest row that shares most, or None if another one shares as much."""
    row = np.flatnonzero(gaps <= gaps.min() + _SAME_ROW)
    if not np.isfinite(gaps[row[0]]):
        return None
    best = row[shared[row].argmax()]
    rivals = row[shared[row] > _RIVAL * shared[best]]
    return int(best) if len(rivals) == 1 else None
