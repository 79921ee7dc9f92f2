"""Progressive scale expansion: text kernels grow through ever larger ones (PSENet).

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
    """Expand the smallest kernels' labels through the larger kernels, one scale at a time.

    A pixel between two words goes to the one that reaches it first. As in PSENet's own code,
    only the pixels that could not expand at one scale try again at the next.

    mmcv 2.0.1's compiled operator reads the largest kernel at every scale (its offsets of the
    other kernels are all zero). With two kernels that is the same; with more, words that touch
    in the largest kernel only are kept apart better here.

    Args:
        kernel_mask: (S, H, W), other than 0 inside the kernels, from the largest scale to the
            smallest.
        internal_kernel_label: (H, W) integers, the labels of the smallest scale, 0 for none.
        min_kernel_area: Labels with fewer pixels are dropped.
        kernel_num: Number of labels, the background's included.

    Returns:
        The expanded label map, (H, W) as nested lists.
    """
    open_pixels = kernel_mask.detach().cpu().numpy() != 0  # (S, H, W)
    labels = internal_kernel_label.detach().cpu().numpy().astype(np.int64)  # a copy to grow
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
    """Grow ``labels`` in place as far as ``open_pixels`` allow.

    Returns:
        The flat indices of the pixels that found nowhere to go, in the order of the queue.
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
