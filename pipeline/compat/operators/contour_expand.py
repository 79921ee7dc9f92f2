"""Progressive scale expansion: text kernels grow through increasingly larger kernels (PSENet).

Wang et al., "Shape Robust Text Detection with Progressive Scale Expansion Network", CVPR 2019.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from pipeline.compat.operators.region_growing import first_offers, offer_to_neighbors


def contour_expand(
    kernel_mask: Tensor,
    internal_kernel_label: Tensor,
    min_kernel_area: int,
    kernel_num: int,
) -> list[list[int]]:
    """Expand the labels of the smallest kernels through the larger kernels, scale by scale.

    A pixel between two words belongs to the word that reaches it first. As in PSENet's code, the
    next scale starts only from pixels that could not expand at the current scale.

    mmcv 2.0.1's compiled operator uses the largest kernel at each scale, because its offsets of
    the other kernels are all zero. For two kernels the results are equal. For more kernels, this
    function better separates words that touch in the largest kernel only.

    Args:
        kernel_mask: (S, H, W), nonzero inside the kernels, from the largest scale to the
            smallest.
        internal_kernel_label: (H, W) integer labels of the smallest scale, 0 for background.
        min_kernel_area: Labels with fewer pixels are dropped.
        kernel_num: Number of labels, including the background.

    Returns:
        The expanded label map, (H, W) as nested lists.
    """
    open_pixels = kernel_mask.detach().cpu().numpy() != 0  # (S, H, W)
    labels = internal_kernel_label.detach().cpu().numpy().astype(np.int64)  # A copy.
    shape = labels.shape
    labels = labels.reshape(-1)

    areas = np.bincount(labels, minlength=kernel_num)
    labels[areas[labels] < min_kernel_area] = 0
    waiting = np.flatnonzero(labels)
    for scale in reversed(range(len(open_pixels) - 1)):
        waiting = _expand(labels, open_pixels[scale].reshape(-1), waiting, shape)
    return [row.tolist() for row in labels.reshape(shape)]


def _expand(
    labels: np.ndarray, open_pixels: np.ndarray, wave: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Grow ``labels`` over ``open_pixels``, in place.

    Returns:
        Flat indices of the pixels that could not expand, in the order of the queue.
    """
    stuck = [wave[:0]]
    while wave.size:
        giver, pixel = offer_to_neighbors(wave, shape)
        free = open_pixels[pixel] & (labels[pixel] == 0)
        giver, pixel = giver[free], pixel[free]
        taken = first_offers(pixel)
        giver, pixel = giver[taken], pixel[taken]
        labels[pixel] = labels[wave[giver]]
        stuck.append(np.delete(wave, giver))
        wave = pixel
    return np.concatenate(stuck)
