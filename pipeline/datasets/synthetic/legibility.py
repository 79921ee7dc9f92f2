"""Decides which words are legible; the others are marked as ignored."""

from __future__ import annotations

import cv2
import numpy as np

MIN_HEIGHT_PX = 7.0
MAX_HIDDEN = 0.2
MAX_CUT = 0.1
MAX_BLUR = 0.115


def polygon_height(polygon: np.ndarray) -> float:
    """Median distance between corresponding points of the two long sides, in pixels."""
    half = len(polygon) // 2
    sides = np.linalg.norm(polygon[:half] - polygon[half:][::-1], axis=1)
    return float(np.median(sides))


def share_inside(polygon: np.ndarray, size: tuple[int, int]) -> float:
    """Share of a polygon's area inside an image of (height, width)."""
    height, width = size
    area = abs(cv2.contourArea(polygon.astype(np.float32)))
    if area < 1e-3:
        return 0.0
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    if low.min() >= 0 and high[0] <= width and high[1] <= height:
        return 1.0
    origin = np.floor(low)
    canvas = np.zeros(np.ceil(high - origin).astype(int)[::-1] + 1, np.uint8)
    cv2.fillPoly(canvas, [np.round(polygon - origin).astype(np.int32)], 1)
    total = int(canvas.sum())
    x1, y1 = np.maximum(-origin, 0).astype(int)
    x2, y2 = (np.array([width, height]) - origin).astype(int)
    inside = int(canvas[y1 : max(y2, y1), x1 : max(x2, x1)].sum())
    return inside / max(total, 1)


def measure_contrast(
    image: np.ndarray,
    polygon: np.ndarray,
    ink: np.ndarray,
    origin: tuple[int, int],
) -> tuple[float, float]:
    """Contrast between a word's ink and the background in its polygon.

    Args:
        image: (H, W, 3) uint8, blurred, without noise.
        polygon: (K, 2) image pixels.
        ink: (h, w) uint8 ink coverage of the whole inscription.
        origin: (x, y) of the ink mask's top-left in the image.

    Returns:
        Difference of means in the channel with the largest difference, and standard deviation of
        the background in that channel, in gray levels.
    """
    low = np.floor(polygon.min(axis=0)).astype(int)
    high = np.ceil(polygon.max(axis=0)).astype(int) + 1
    x1, y1 = max(low[0], origin[0]), max(low[1], origin[1])
    x2 = min(high[0], origin[0] + ink.shape[1])
    y2 = min(high[1], origin[1] + ink.shape[0])
    if x2 - x1 < 2 or y2 - y1 < 2:
        return 0.0, 0.0
    inside = np.zeros((y2 - y1, x2 - x1), np.uint8)
    cv2.fillPoly(inside, [np.round(polygon - (x1, y1)).astype(np.int32)], 255)
    coverage = cv2.min(
        ink[y1 - origin[1] : y2 - origin[1], x1 - origin[0] : x2 - origin[0]], inside
    )
    _, marked = cv2.threshold(coverage, 127, 255, cv2.THRESH_BINARY)
    _, bare = cv2.threshold(cv2.subtract(inside, coverage), 220, 255, cv2.THRESH_BINARY)
    if not marked.any() or not bare.any():
        return 0.0, 0.0
    window = image[y1:y2, x1:x2]
    ink_mean = np.array(cv2.mean(window, marked)[:3])
    mean, deviation = cv2.meanStdDev(window, mask=bare)
    channel = int(np.abs(ink_mean - mean[:, 0]).argmax())
    return float(abs(ink_mean[channel] - mean[channel, 0])), float(deviation[channel, 0])


def is_illegible(
    polygon: np.ndarray,
    size: tuple[int, int],
    contrast: float,
    ground_deviation: float,
    blur_px: float,
    noise: float,
    hidden: float,
) -> bool:
    """Whether a word is too small, cut off, hidden, blurred or faint to be read.

    Args:
        polygon: (K, 2) image pixels around the ink, not clipped to the image.
        size: (height, width) of the image.
        contrast: Contrast between ink and background, in gray levels.
        ground_deviation: Standard deviation of the background, in gray levels.
        blur_px: Standard deviation of all blurs, in pixels.
        noise: Standard deviation of the noise, in gray levels.
        hidden: Share of the polygon that is occluded.
    """
    height = polygon_height(polygon)
    half = len(polygon) // 2
    length = float(np.linalg.norm(np.diff(polygon[:half], axis=0), axis=1).sum())
    return bool(
        height < MIN_HEIGHT_PX
        or max(height, length) < MIN_HEIGHT_PX + 1
        or share_inside(polygon, size) < 1 - MAX_CUT
        or hidden > MAX_HIDDEN
        or blur_px > MAX_BLUR * height
        or contrast < max(16.0, 1.0 * noise, 0.5 * ground_deviation)
    )
