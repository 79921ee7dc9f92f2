"""Kernels of a probability map, parted where the map says that words only touch."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np


def find_kernels(
    prob_map: np.ndarray,
    mask_thr: float,
    split_levels: Sequence[float] = (),
    thin_px: float = 10.0,
    min_share: float = 0.1,
    min_area_px: int = 12,
) -> list[tuple[np.ndarray, float]]:
    """Connected regions above a threshold, split where a higher one falls into several words.

    The gap between two words of a line is narrow, and an unsure map bridges it: at the threshold
    that finds faint words, clear ones run together into lines. So each region is looked at again at
    rising levels. Where it falls into two parts or more that are large enough, every pixel of the
    region goes to the nearest part, and the parts are looked at further up.

    Large words dip between their letters, and their gaps are wide enough to be seen: the thicker a
    region, the clearer a gap has to be. One of ``t`` pixels is split at levels up to
    ``mask_thr + (highest - mask_thr) * min(1, thin_px / t)``.

    Args:
        prob_map: (H, W) float in [0, 1].
        mask_thr: Pixels above it belong to a kernel.
        split_levels: Rising levels above ``mask_thr``; none leaves regions whole.
        thin_px: Regions up to this thickness, in pixels of the map, are split at every level.
        min_share: A part smaller than this share of its region is no word of its own.
        min_area_px: Nor is one of fewer pixels.

    Returns:
        Contour (P, 1, 2) int32 and mean probability of each kernel.
    """
    mask = (prob_map > mask_thr).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    levels = [level for level in sorted(split_levels) if level > mask_thr]
    kernels = []
    for index in range(1, count):
        x, y, width, height = stats[index, :4]
        window = (slice(y, y + height), slice(x, x + width))
        region = np.where(labels[window] == index, prob_map[window], 0).astype(np.float32)
        for part in _split(region, mask_thr, levels, thin_px, min_share, min_area_px):
            inside = (part > 0).astype(np.uint8)
            contours, _ = cv2.findContours(
                inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(int(x), int(y))
            )
            contour = max(contours, key=len)  # a part cut by its neighbours may have crumbs
            kernels.append((contour, float(cv2.mean(part, inside)[0])))
    return kernels


def _split(
    region: np.ndarray,
    mask_thr: float,
    levels: Sequence[float],
    thin_px: float,
    min_share: float,
    min_area_px: int,
) -> list[np.ndarray]:
    """Parts of a region, each as probabilities that are 0 outside of it."""
    if not levels:
        return [region]
    thinness = min(1.0, thin_px / _thickness(region))
    highest = mask_thr + (levels[-1] - mask_thr) * thinness
    wanted = max(min_area_px, min_share * cv2.countNonZero(region))
    for place, level in enumerate(levels):
        if level > highest:
            break
        above = (region > level).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
        seeds = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= wanted]
        if len(seeds) < 2:
            continue
        nearest = _nearest_seed(labels, seeds)
        parts = []
        for seed in seeds:
            part = np.where(nearest == seed, region, 0)
            parts += _split(part, mask_thr, levels[place + 1 :], thin_px, min_share, min_area_px)
        return parts
    return [region]


def _thickness(region: np.ndarray) -> float:
    """Short side of the smallest rectangle around a region, in pixels, at least 1."""
    points = cv2.findNonZero((region > 0).astype(np.uint8))
    return max(1.0, *sorted(cv2.minAreaRect(points)[1])[:1])


def _nearest_seed(labels: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
    """(H, W) the seed that each pixel is nearest to."""
    is_seed = np.isin(labels, seeds)
    _, zones = cv2.distanceTransformWithLabels(
        (~is_seed).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP
    )
    # OpenCV numbers the zones in its own order.
    seed_of_zone = np.zeros(zones.max() + 1, dtype=np.int32)
    seed_of_zone[zones[is_seed]] = labels[is_seed]
    return seed_of_zone[zones]
