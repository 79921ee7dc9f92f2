"""Crops of the words of an image, and transforms of each crop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform, Compose

from pipeline.registry import TASK_UTILS, TRANSFORMS


@TRANSFORMS.register_module()
class CutWords(BaseTransform):
    """Cut the words of an image with the spotter's ``Rectifier``. Ignored words are dropped.

    A sample without words is dropped, and the data set draws another one.

    Required Keys:
        - img
        - gt_polygons
        - gt_texts
        - gt_ignored

    Modified Keys:
        - gt_polygons
        - gt_texts
        - gt_ignored

    Added Keys:
        - crops

    ``crops`` contains (height, width, 3) uint8 BGR crops in the order of ``gt_texts``.

    Args:
        rectifier: Config of the spotter's ``Rectifier``.
    """

    def __init__(self, rectifier: dict[str, Any]) -> None:
        self.rectifier = TASK_UTILS.build(rectifier)

    def transform(self, results: dict) -> dict | None:
        """Cut all words of ``results`` that are not ignored."""
        used = np.flatnonzero(~results['gt_ignored'])
        if not len(used):
            return None
        results['gt_polygons'] = [results['gt_polygons'][i] for i in used]
        results['gt_texts'] = [results['gt_texts'][i] for i in used]
        results['gt_ignored'] = np.zeros(len(used), dtype=bool)
        rings = [polygon.reshape(-1, 2) for polygon in results['gt_polygons']]
        results['crops'] = list(self.rectifier(results['img'], rings))
        return results


@TRANSFORMS.register_module()
class TransformCrops(BaseTransform):
    """Apply transforms to each crop of an image.

    Each crop is a dict of its own with the keys ``img``, ``img_shape`` and ``gt_texts``, so
    transforms of word crops, such as those of MMOCR, can be used.

    Required Keys:
        - crops
        - gt_texts

    Modified Keys:
        - crops

    Args:
        transforms: Configs of the transforms, in order.
    """

    def __init__(self, transforms: Sequence[dict[str, Any]]) -> None:
        self.transforms = Compose([TRANSFORMS.build(dict(each)) for each in transforms])

    def transform(self, results: dict) -> dict:
        """Transform ``results['crops']``.

        Raises:
            ValueError: If a transform drops a crop.
        """
        results['crops'] = [
            self._apply(crop, text) for crop, text in zip(results['crops'], results['gt_texts'])
        ]
        return results

    def _apply(self, crop: np.ndarray, text: str) -> np.ndarray:
        done = self.transforms({'img': crop, 'img_shape': crop.shape[:2], 'gt_texts': [text]})
        if done is None:
            raise ValueError(
                f'a transform of TransformCrops dropped the crop of {text!r}; it must return '
                'every crop.'
            )
        return done['img']

    def __repr__(self) -> str:
        return f'{type(self).__name__}(transforms={self.transforms})'
