"""Placement of labels near their words, with little overlap with words and other labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Weights of the cost of a placement.
_LABEL_OVERLAP, _WORD_OVERLAP, _DISTANCE = 10.0, 4.0, 0.25


def place_labels(
    word_boxes: np.ndarray, label_sizes: Sequence[tuple[int, int]], image_size: tuple[int, int]
) -> np.ndarray:
    """Choose a place for each label, one after the other.

    The candidates of a label are at increasing distances around its word. The cost of a candidate
    is a weighted sum of the fraction that covers previously placed labels, the fraction that
    covers words, and the distance from the word in label heights. Among equal costs the first
    candidate wins, which is above the word.

    Args:
        word_boxes: (N, 4) x1, y1, x2, y2 of the words.
        label_sizes: (height, width) in pixels of the labels of the first M words, M at most N.
        image_size: (height, width) of the image. Labels that fit stay inside.

    Returns:
        (M, 4) boxes x1, y1, x2, y2 of the labels, whole pixels.
    """
    words = np.asarray(word_boxes, dtype=np.float64).reshape(-1, 4)
    placed = np.zeros((0, 4))
    for index, (height, width) in enumerate(label_sizes):
        boxes = _candidates(words[index], height, width, image_size)  # (M, 4)
        area = height * width
        cost = _LABEL_OVERLAP * _overlap(boxes, placed).sum(axis=1) / area
        cost += _WORD_OVERLAP * np.minimum(_overlap(boxes, words).sum(axis=1) / area, 2.0)
        cost += _DISTANCE * gap_between(boxes, words[index]) / height
        cost += 0.01 * np.arange(len(boxes))  # Prefers earlier candidates.
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
    corners.append((middle_x, middle_y))  # On the word itself, if all other candidates overlap.
    low = np.round(corners)
    limit = np.array([image_size[1] - width, image_size[0] - height])
    low = np.clip(low, 0, np.maximum(limit, 0))
    return np.concatenate([low, low + np.array([width, height])], axis=1)


def _overlap(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection areas of (M, 4) and (N, 4) boxes: (M, N)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.prod(np.maximum(high - low, 0), axis=-1)


def gap_between(boxes: np.ndarray, word: np.ndarray) -> np.ndarray:
    """Distances of (M, 4) boxes from one box (4,): (M,), 0 for boxes that touch or overlap it."""
    away = np.maximum(np.maximum(word[:2] - boxes[:, 2:], boxes[:, :2] - word[2:]), 0)
    return np.hypot(*away.T)
