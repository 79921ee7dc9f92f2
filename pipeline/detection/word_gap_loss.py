"""DBNet's loss with an additional term for the gaps between words."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from mmocr.models.textdet.module_losses import DBModuleLoss
from mmocr.structures import TextDetDataSample
from torch import Tensor

from pipeline.geometry import polygon_area, split_sides
from pipeline.registry import MODELS

_REACH = 0.4  # Length of a strip beyond the end of its word, in word heights.


@MODELS.register_module()
class WordGapDBModuleLoss(DBModuleLoss):
    """``DBModuleLoss`` plus the cross entropy of the background at both ends of words.

    The probability map of a small DBNet often bridges the gaps of a line, which merges its words.
    A gap has few pixels compared to the outlines of all kernels, so the balanced cross entropy
    and the dice loss hardly depend on it. ``loss_gap`` therefore covers the strip at each end of a
    word: from the end of its kernel to 0.4 word heights beyond the word, over the middle half of
    its height. The target of strip pixels outside all kernels is background. U-Net weights the
    background between touching cells for the same reason (Ronneberger et al., MICCAI 2015,
    arXiv 1505.04597).

    Args:
        weight_gap: Weight of ``loss_gap``.
        hard_share: Fraction of the strip pixels in the mean, those with the largest loss. Most
            words have no neighbour, and their strips are learnt early.
        **kwargs: Arguments of ``DBModuleLoss``.
    """

    def __init__(
        self,
        weight_gap: float = 2.0,
        hard_share: float = 0.25,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.weight_gap = weight_gap
        self.hard_share = hard_share

    def forward(
        self, preds: tuple[Tensor, Tensor, Tensor], data_samples: Sequence[TextDetDataSample]
    ) -> dict[str, Tensor]:
        """DBNet's three losses and ``loss_gap``.

        Args:
            preds: Probability logits, threshold map and binary map, each (I, H, W).
            data_samples: Data samples of the same images.
        """
        # Before super().forward(), which modifies the polygons in place.
        gaps = np.stack([self.draw_gaps(sample) for sample in data_samples])
        losses = super().forward(preds, data_samples)
        inside = preds[0][torch.from_numpy(gaps).to(preds[0].device)]
        errors = F.softplus(inside.float())  # Cross entropy for the target 0 (background).
        hardest = errors.topk(int(np.ceil(self.hard_share * len(errors)))).values
        # sum() of an empty tensor keeps the graph, so backward() works without words.
        losses['loss_gap'] = self.weight_gap * hardest.sum() / max(len(hardest), 1)
        return losses

    def draw_gaps(self, sample: TextDetDataSample) -> np.ndarray:
        """(H, W) bool: the strips at the ends of the words of one image, without kernels."""
        words = sample.gt_instances
        size = tuple(sample.img_shape[:2])
        # The returned flags also ignore words that are too small for a kernel.
        kernels, ignored = self._generate_kernels(
            size, words.polygons, self.shrink_ratio, ignore_flags=words.ignored.clone()
        )
        # Ignored words are don't care regions.
        known = self._generate_effective_mask(size, words[ignored].polygons)
        strips = np.zeros(size, dtype=np.uint8)
        for polygon in words[~ignored].polygons:
            ring = np.asarray(polygon, dtype=np.float32).reshape(-1, 2)
            if len(ring) % 2 == 0:  # The sides of an odd number of points are unknown.
                for strip in self._end_strips(ring):
                    cv2.fillPoly(strips, [np.int32(np.round(strip))], 1)
        # The exact outline of a kernel is arbitrary, so one pixel around it is left out.
        taken = cv2.dilate((kernels > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
        return (strips > 0) & (taken == 0) & (known > 0)

    def _end_strips(self, ring: np.ndarray) -> list[np.ndarray]:
        """Strips (4, 2) at both ends, from the end of the kernel to ``_REACH`` beyond the word."""
        top, bottom = split_sides(ring)
        # Distance by which the kernel is shrunk.
        inwards = polygon_area(ring) * (1 - self.shrink_ratio**2) / cv2.arcLength(ring, True)
        strips = []
        for end, inner in ((0, 1), (-1, -2)):
            out = (top[end] + bottom[end] - top[inner] - bottom[inner]) / 2
            out = out / max(float(np.hypot(*out)), 1e-6)
            down = bottom[end] - top[end]
            beyond = _REACH * float(np.hypot(*down))
            high, low = top[end] + 0.25 * down, top[end] + 0.75 * down
            strips.append(
                np.array(
                    [high - inwards * out, high + beyond * out]
                    + [low + beyond * out, low - inwards * out]
                )
            )
        return strips
