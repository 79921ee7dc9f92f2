"""Where labels go: near their words, over none of them, and over no other label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_OVER_LABEL, _OVER_WORD, _AWAY = 10.0, 4.0, 0.25  # What a placement costs.


def place_labels(
    word_boxes: np.ndarray, label_sizes: Sequence[tuple[int, int]], image_size: tuple[int, int]
) -> np.ndarray:
    """Choose a place for every label, one after the other.

    Every label tries places around its word, above first, then farther and farther ones, and takes
    the cheapest: shares of it that cover labels already placed, or words, cost the most, then
    its distance in label heights.

    Args:
        word_boxes: (N, 4) x1, y1, x2, y2 of the words.
        label_sizes: N (height, width) in pixels.
        image_size: (height, width) of the photo; labels stay inside where they fit.

    Returns:
        (N, 4) boxes x1, y1, x2, y2 of the labels, whole pixels.
    """
    words = np.asarray(word_boxes, dtype=np.float64).reshape(-1, 4)
    placed = np.zeros((0, 4))
    for index, (height, width) in enumerate(label_sizes):
        boxes = _candidates(words[index], height, width, image_size)  # (M, 4)
        area = height * width
        cost = _OVER_LABEL * _overlap(boxes, placed).sum(axis=1) / area
        cost += _OVER_WORD * np.minimum(_overlap(boxes, words).sum(axis=1) / area, 2.0)
        cost += _AWAY * gap_between(boxes, words[index]) / height
        cost += 0.01 * np.arange(len(boxes))  # Of equals, the place that is named first.
        placed = np.concatenate([placed, boxes[int(np.argmin(cost))][None]])
    return placed.astype(int)


def _candidates(
    word: np.ndarray, height: int, width: int, image_size: tuple[int, int]
) -> np.ndarray:
    x1, y1, x2, y2 = word
    middle_x, middle_y = (x1 + x2 - width) / 2, (y1 + y2 - height) / 2
    corners = []
    for step in (0, 1, 2, 4):
        above, below = y1 - height - step * height, y2 + step * height
        corners += [(x1, above), (x1, below), (middle_x, above), (middle_x, below)]
        corners += [(x2 - width, above), (x2 - width, below)]
        corners += [(x2 + step * height, middle_y), (x1 - width - step * height, middle_y)]
        corners += [(x2 + step * height, above), (x2 + step * height, below)]
        corners += [(x1 - width - step * height, above), (x1 - width - step * height, below)]
    corners.append((middle_x, middle_y))  # On the word itself, where nothing else is left.
    low = np.round(corners)
    limit = np.array([image_size[1] - width, image_size[0] - height])
    low = np.clip(low, 0, np.maximum(limit, 0))
    return np.concatenate([low, low + np.array([width, height])], axis=1)


def _overlap(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Shared areas of (M, 4) and (N, 4) boxes: (M, N)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.prod(np.maximum(high - low, 0), axis=-1)


def gap_between(boxes: np.ndarray, word: np.ndarray) -> np.ndarray:
    """Distances of (M, 4) boxes from one box (4,): (M,), 0 where they touch."""
    away = np.maximum(np.maximum(word[:2] - boxes[:, 2:], boxes[:, :2] - word[2:]), 0)
    return np.hypot(*away.T)
