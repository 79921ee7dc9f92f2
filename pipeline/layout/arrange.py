"""Arrangement of the words of an image in blocks and lines, from their polygons only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.geometry import box_along
from pipeline.layout.block_order import order_blocks
from pipeline.layout.blocks import LineFrame, group_blocks
from pipeline.layout.frames import WordFrames, measure_words
from pipeline.layout.lines import group_lines

_MAX_TILT_DEG = 30.0  # Steeper lines are left out of the estimate of the page's tilt.


def arrange_words(polygons: Sequence[np.ndarray]) -> list[list[list[int]]]:
    """Arrange words in blocks and lines, in reading order.

    Words of a line follow each other in their own reading direction, so lines can be tilted,
    vertical, upside down or curved. Lines of a block are below each other. Blocks are ordered by
    cuts of the page, so columns are read one after the other.

    Args:
        polygons: N polygons (K, 2) in pixels, clockwise from the top-left of the first character.

    Returns:
        Blocks of lines of indices of words. Each index occurs once. The arrangement does not
        depend on the order of the words.

    Raises:
        ValueError: If a polygon is not (K, 2) finite numbers; the message names its index.
    """
    if not len(polygons):
        return []
    frames = measure_words(polygons)
    # A fixed order of the words makes ties independent of the order in which they are given.
    given = np.lexsort((*frames.ends.T, *frames.starts.T))
    words = frames.select(given)
    straight = measure_words(
        [
            polygon if len(polygon) == 4 else box_along(polygon, along)
            for polygon, along in zip(polygons, frames.ends - frames.starts)
        ]
    ).select(given)
    points = [np.asarray(polygons[index], dtype=np.float64).reshape(-1, 2) for index in given]

    lines = group_lines(words, straight)
    line_frames = [_measure_line(words, points, line) for line in lines]
    blocks = group_blocks(line_frames)
    tilt = _common_tilt(line_frames)
    boxes = np.array([_level_box(line_frames, block, tilt) for block in blocks])
    return [
        [[int(given[word]) for word in lines[line]] for line in blocks[block]]
        for block in order_blocks(boxes)
    ]


def _measure_line(words: WordFrames, points: list[np.ndarray], line: list[int]) -> LineFrame:
    along = words.start_along[line].sum(0) + words.end_along[line].sum(0)
    if len(line) > 1:
        along = words.ends[line[-1]] - words.starts[line[0]]
    return LineFrame(
        np.concatenate([points[word] for word in line]),
        along / max(float(np.hypot(*along)), 1e-9),
        float(np.median(words.heights[line])),
    )


def _common_tilt(lines: Sequence[LineFrame]) -> float:
    """Angle of the page in radians: the median of its lines, weighted by their length.

    Most lines of a page that is rotated by a quarter or half turn have this turn. Lines that are
    turned otherwise, such as vertical signs, are left out.
    """
    angles = np.array([np.arctan2(line.along[1], line.along[0]) for line in lines])
    lengths = [np.subtract(*line.extent(line.along)[1::-1]) for line in lines]
    turns = np.rint(angles / (np.pi / 2)) % 4
    weights = np.bincount(turns.astype(int), lengths, minlength=4)
    turn = int(weights.argmax()) if weights.max() > weights.sum() / 2 else 0
    off = (angles - turn * np.pi / 2 + np.pi) % (2 * np.pi) - np.pi
    kept = np.flatnonzero(np.abs(off) < np.radians(_MAX_TILT_DEG))
    if not len(kept):
        return turn * np.pi / 2
    kept = kept[np.argsort(off[kept])]
    cumulative = np.cumsum(np.array(lengths)[kept])
    middle = kept[int(np.searchsorted(cumulative, cumulative[-1] / 2))]
    return turn * np.pi / 2 + float(off[middle])


def _level_box(lines: Sequence[LineFrame], block: list[int], tilt: float) -> list[float]:
    """Box (x1, y1, x2, y2) of a block after a rotation by -tilt."""
    along = np.array([np.cos(tilt), np.sin(tilt)])
    x1, x2, y1, y2 = np.array([lines[line].extent(along) for line in block]).T
    return [x1.min(), y1.min(), x2.max(), y2.max()]
