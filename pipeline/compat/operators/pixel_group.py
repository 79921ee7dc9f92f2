"""Pixel aggregation: text kernels grow over the pixels around them (PANet).

Wang et al., "Efficient and Accurate Arbitrary-Shaped Text Detection with Pixel Aggregation
Network", ICCV 2019.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from pipeline.compat.operators.region_growing import first_offers, offer_to_neighbors


def pixel_group(
    score: Tensor,
    mask: Tensor,
    embedding: Tensor,
    kernel_label: Tensor,
    kernel_contour: Tensor,
    kernel_region_num: int,
    distance_threshold: float,
) -> list[list[float]]:
    """Grow each kernel over masked pixels whose embedding is near the kernel's mean embedding.

    Args:
        score: (H, W) foreground scores.
        mask: (H, W) bool, True for pixels that may be text.
        embedding: (H, W, E).
        kernel_label: (H, W) integers, 0 for background, else 1 to ``kernel_region_num - 1``.
        kernel_contour: (H, W), nonzero on the borders of the kernels, where the growth starts.
        kernel_region_num: Number of labels, including the background.
        distance_threshold: Euclidean distance below which a pixel is added.

    Returns:
        ``kernel_region_num`` lists [mean score, number of pixels, x, y, x, y, ...], with pixels
        in row-major order. The first list, for the background, is [0, 0].
    """
    height, width = score.shape
    scores = score.detach().cpu().numpy().reshape(-1)
    open_pixels = mask.detach().cpu().numpy().astype(bool).reshape(-1)
    embeddings = embedding.detach().cpu().numpy().reshape(height * width, -1)
    labels = kernel_label.detach().cpu().numpy().astype(np.int64).reshape(-1)  # A copy.
    contour = kernel_contour.detach().cpu().numpy().reshape(-1)

    kernel_means = _kernel_means(embeddings, labels, kernel_region_num)
    wave = np.flatnonzero((labels > 0) & (contour != 0))
    while wave.size:
        giver, pixel = offer_to_neighbors(wave, (height, width))
        label = labels[wave[giver]]
        free = open_pixels[pixel] & (labels[pixel] <= 0)
        pixel, label = pixel[free], label[free]
        squared_distance = np.square(kernel_means[label] - embeddings[pixel]).sum(axis=1)
        near = squared_distance < distance_threshold**2
        pixel, label = pixel[near], label[near]
        taken = first_offers(pixel)
        wave = pixel[taken]
        labels[wave] = label[taken]

    return [_describe(labels, scores, width, label) for label in range(kernel_region_num)]


def _kernel_means(embeddings: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Mean embedding of the pixels of each label, (count, E) float32. Zero for empty labels."""
    sums = np.zeros((count, embeddings.shape[1]))
    in_kernel = labels > 0
    np.add.at(sums, labels[in_kernel], embeddings[in_kernel])
    pixels = np.bincount(labels[in_kernel], minlength=count)
    return (sums / np.maximum(pixels, 1)[:, None]).astype(np.float32)


def _describe(labels: np.ndarray, scores: np.ndarray, width: int, label: int) -> list[float]:
    if label == 0:
        return [0.0, 0.0]
    pixels = np.flatnonzero(labels == label)
    if not pixels.size:
        return [0.0, 0.0]
    y, x = np.divmod(pixels, width)
    coordinates = np.stack([x, y], axis=1).astype(np.float64).reshape(-1)
    return [float(scores[pixels].mean()), float(pixels.size), *coordinates.tolist()]
