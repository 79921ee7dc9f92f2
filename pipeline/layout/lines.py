"""Lines of an image: words that follow each other."""

from __future__ import annotations

import numpy as np

from pipeline.layout.frames import WordFrames

# Lengths are in heights of the smaller word.
_SURE_GAP = 1.0  # Words this close are always on one line.
_MAX_GAP = 2.0  # Wider gaps are only between words if a word above or below spans them.
_MAX_SPANNED_GAP = 3.5
_MAX_OVERLAP = 1.0  # Also at most half of the shorter word.
_MAX_OFFSET = 0.5
_MAX_HEIGHT_RATIO = 2.2
_MIN_COSINE = 0.85  # Between the directions of facing ends: 32 degrees.
_GUTTER_ROWS = 2  # Rows above and below in which a gutter continues.
_ALIGNED = 0.5  # Distance between the starts of words of one column.
_NEXT_ROW = 0.6  # Least distance across the line of a word in another row.
_REACH = 4.5  # Largest distance of the rows in which a gutter continues,
_SPAN_REACH = 2.6  # and of a word that spans a gap.


def group_lines(words: WordFrames, boxes: WordFrames) -> list[list[int]]:
    """Group words into lines.

    A word is linked to the word that follows it in its own reading direction at a similar height.
    The nearest pairs are linked first. Each chain of linked words is a line. Lines can therefore
    have any angle, and they can be curved. A wide gap that continues through the rows above or
    below is the gutter between two columns, so it ends a line.

    Args:
        words: N words.
        boxes: The same words as straight boxes. Two words may follow each other in either form,
            because detectors give some straight words a curved outline.

    Returns:
        Indices of the words of each line in reading order. Each index occurs once.
    """
    count = len(words.heights)
    after: dict[int, int] = {}
    before: dict[int, int] = {}
    for _, i, j, gap in sorted(_candidates(words) + _candidates(boxes)):
        if i in after or j in before or _leads_to(after, j, i):
            continue
        if gap > _SURE_GAP and _is_gutter(words, i, j, gap):
            continue
        after[i], before[j] = j, i
    lines = []
    for index in range(count):
        if index not in before:
            line = [index]
            while line[-1] in after:
                line.append(after[line[-1]])
            lines.append(line)
    return lines


def _candidates(words: WordFrames) -> list[tuple[float, int, int, float]]:
    """(cost, word, next word, gap) of pairs that may be on one line."""
    # Direction between the facing ends of word i and word j: (N, N, 2).
    along = words.end_along[:, None] + words.start_along[None]
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    cosine = words.end_along @ words.start_along.T
    away = words.starts[None] - words.ends[:, None]
    smaller = np.minimum(words.heights[:, None], words.heights[None])
    ratio = np.maximum(words.heights[:, None], words.heights[None]) / smaller
    gap = (away * along).sum(-1) / smaller
    offset = np.abs(away[..., 0] * along[..., 1] - away[..., 1] * along[..., 0]) / smaller
    forward = ((words.centers[None] - words.centers[:, None]) * along).sum(-1)
    length = np.hypot(*(words.ends - words.starts).T)
    overlap = np.minimum(0.5 * np.minimum(length[:, None], length[None]) / smaller, _MAX_OVERLAP)
    fits = (
        (forward > 0)
        & (gap > -overlap)
        & (gap < _MAX_SPANNED_GAP)
        & (offset < _MAX_OFFSET)
        & (ratio < _MAX_HEIGHT_RATIO)
        & (cosine > _MIN_COSINE)
    )
    np.fill_diagonal(fits, False)
    first, second = np.nonzero(fits)
    cost = np.maximum(gap[fits], 0) + 2 * offset[fits] + 0.2 * ratio[fits]
    return list(zip(cost.tolist(), first.tolist(), second.tolist(), gap[fits].tolist()))


def _leads_to(after: dict[int, int], start: int, target: int) -> bool:
    """Whether a chain of links leads from one word to another."""
    while start in after:
        start = after[start]
        if start == target:
            return True
    return False


def _is_gutter(words: WordFrames, i: int, j: int, gap: float) -> bool:
    """Whether the gap between two words separates columns, or is too wide.

    A gutter continues through rows above and below: words start in line with word j, and no word
    closer to the line spans the gap.
    """
    height = min(words.heights[i], words.heights[j])
    along = words.end_along[i] + words.start_along[j]
    along = along / max(float(np.hypot(*along)), 1e-9)
    middle = (words.ends[i] + words.starts[j]) / 2
    across = (words.centers - middle) @ np.array([-along[1], along[0]]) / height
    starts, ends = ((points - middle) @ along / height for points in (words.starts, words.ends))
    spans = np.minimum(starts, ends) * np.maximum(starts, ends) < 0
    aligned = np.abs(starts - gap / 2) < _ALIGNED
    rows, spanned = 0, False
    for away in (across, -across):
        near = (away > _NEXT_ROW) & (away < _REACH)
        nearest = away[near & spans].min(initial=_REACH)
        rows += int((near & aligned & (away < nearest)).sum())
        spanned |= bool(nearest < _SPAN_REACH)
    return rows >= _GUTTER_ROWS or gap > (_MAX_SPANNED_GAP if spanned else _MAX_GAP)
